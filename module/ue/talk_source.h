/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file talk_source.h
 * The samples that a talker sends: a WAV file, once or in a loop, or a tone.
 */
#ifndef PTT_TALK_SOURCE_H
#define PTT_TALK_SOURCE_H

#include "module/ue/codec.h"
#include "module/ue/wav.h"

/** Zeroed: no file is open, and ptt_talk_source_next() gives the tone. */
struct ptt_talk_source {
	bool from_file, loop;
	struct ptt_wav wav;
	uint32_t tone_at;
};

/** @param wav NULL or "tone": the tone. Errors: those of ptt_wav_open(). */
enum ptt_err ptt_talk_source_open(
	struct ptt_talk_source *source, const char *wav, bool loop) PTT_MUST_CHECK;
void ptt_talk_source_close(struct ptt_talk_source *source);
/** @return false at the end of the file */
bool ptt_talk_source_next(struct ptt_talk_source *source, int16_t frame[PTT_CODEC_FRAME]);

#endif
