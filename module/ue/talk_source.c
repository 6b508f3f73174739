/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/ue/talk_source.h"

#include <math.h>
#include <string.h>

#define TONE_HZ    440.0
#define TONE_LEVEL 8000.0
#define TONE_CYCLE 200 /* samples: 440 Hz fits 11 times */

enum ptt_err ptt_talk_source_open(struct ptt_talk_source *source, const char *wav, bool loop)
{
	source->loop = loop;
	if (!wav || strcmp(wav, "tone") == 0)
		return PTT_OK;
	PTT_TRY(ptt_wav_open(&source->wav, wav));
	source->from_file = true;
	return PTT_OK;
}

void ptt_talk_source_close(struct ptt_talk_source *source)
{
	enum ptt_err closed = source->from_file ? ptt_wav_close(&source->wav) : PTT_OK;

	(void)closed; /* closing a file that was only read cannot fail in a way that matters */
	source->from_file = false;
}

static void tone(struct ptt_talk_source *source, int16_t frame[PTT_CODEC_FRAME])
{
	const double step = 2 * 3.14159265358979 * TONE_HZ / PTT_CODEC_RATE;

	for (size_t i = 0; i < PTT_CODEC_FRAME; i++) {
		frame[i] = (int16_t)(TONE_LEVEL * sin(step * source->tone_at));
		source->tone_at = (source->tone_at + 1) % TONE_CYCLE;
	}
}

bool ptt_talk_source_next(struct ptt_talk_source *source, int16_t frame[PTT_CODEC_FRAME])
{
	size_t n;

	if (!source->from_file) {
		tone(source, frame);
		return true;
	}
	memset(frame, 0, PTT_CODEC_FRAME * sizeof(frame[0]));
	n = ptt_wav_read(&source->wav, frame, PTT_CODEC_FRAME);
	if (n == 0 && source->loop) {
		ptt_wav_rewind(&source->wav);
		n = ptt_wav_read(&source->wav, frame, PTT_CODEC_FRAME);
	}
	return n > 0;
}
