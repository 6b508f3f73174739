/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/ue/audio_dev.h"

#include <stdlib.h>
#include <string.h>

#ifdef HAVE_ALSA
#include <alsa/asoundlib.h>

#include "module/ue/codec.h"
#include "module/base/log.h"

#define LATENCY_US 200000                /* the device's own buffer */
#define LEAD       (3 * PTT_CODEC_FRAME) /* samples of silence before the first ones */
#define MONO       1

struct ptt_audio_dev {
	snd_pcm_t *out, *in; /* NULL: the device lacks that direction */
};

static snd_pcm_t *open_one(const char *name, snd_pcm_stream_t stream)
{
	snd_pcm_t *pcm = NULL;
	int err = snd_pcm_open(&pcm, name, stream, SND_PCM_NONBLOCK);

	if (err == 0)
		err = snd_pcm_set_params(pcm, SND_PCM_FORMAT_S16_LE, SND_PCM_ACCESS_RW_INTERLEAVED,
			MONO, PTT_CODEC_RATE, 1, LATENCY_US);
	if (err == 0)
		return pcm;
	ptt_log(PTT_LOG_WARN, "audio-device", "name=%s direction=%s error=%s", name,
		snd_pcm_stream_name(stream), snd_strerror(err));
	if (pcm)
		snd_pcm_close(pcm);
	return NULL;
}

enum ptt_err ptt_audio_dev_open(struct ptt_audio_dev **out, const char *name)
{
	struct ptt_audio_dev *dev = calloc(1, sizeof(*dev));

	if (!dev)
		return PTT_ERR_SYSTEM;
	dev->out = open_one(name, SND_PCM_STREAM_PLAYBACK);
	dev->in = open_one(name, SND_PCM_STREAM_CAPTURE);
	if (!dev->out && !dev->in) {
		free(dev);
		return PTT_ERR_NO_KEY;
	}
	*out = dev;
	return PTT_OK;
}

void ptt_audio_dev_close(struct ptt_audio_dev *dev)
{
	if (!dev)
		return;
	if (dev->out) {
		(void)snd_pcm_nonblock(
			dev->out, 0); /* blocking, so that the last samples are played */
		(void)snd_pcm_drain(dev->out);
		snd_pcm_close(dev->out);
	}
	if (dev->in)
		snd_pcm_close(dev->in);
	free(dev);
	(void)snd_config_update_free_global();
}

void ptt_audio_dev_play(struct ptt_audio_dev *dev, const int16_t *samples, size_t count)
{
	static const int16_t silence[LEAD];
	snd_pcm_state_t state;

	if (!dev->out)
		return;
	state = snd_pcm_state(dev->out);
	if (state == SND_PCM_STATE_RUNNING) {
		if (snd_pcm_writei(dev->out, samples, count) != -EPIPE)
			return;
		state = SND_PCM_STATE_XRUN; /* the buffer ran empty: start again */
	}
	if (state != SND_PCM_STATE_PREPARED)
		(void)snd_pcm_prepare(dev->out);
	(void)snd_pcm_writei(dev->out, silence, LEAD);
	(void)snd_pcm_writei(dev->out, samples, count);
	(void)snd_pcm_start(dev->out);
}

void ptt_audio_dev_listen(struct ptt_audio_dev *dev, bool on)
{
	if (!dev->in)
		return;
	(void)snd_pcm_drop(dev->in);
	if (on && snd_pcm_prepare(dev->in) == 0)
		(void)snd_pcm_start(dev->in);
}

void ptt_audio_dev_read(struct ptt_audio_dev *dev, int16_t *out, size_t count)
{
	snd_pcm_sframes_t got = dev->in ? snd_pcm_readi(dev->in, out, count) : 0;

	if (got < 0) { /* overrun, or no samples yet */
		if (got != -EAGAIN)
			ptt_audio_dev_listen(dev, true);
		got = 0;
	}
	memset(out + got, 0, (count - (size_t)got) * sizeof(*out));
}

#else

enum ptt_err ptt_audio_dev_open(struct ptt_audio_dev **out, const char *name)
{
	(void)name;
	*out = NULL;
	return PTT_ERR_UNSUPPORTED;
}

void ptt_audio_dev_close(struct ptt_audio_dev *dev)
{
	(void)dev;
}

void ptt_audio_dev_play(struct ptt_audio_dev *dev, const int16_t *samples, size_t count)
{
	(void)dev;
	(void)samples;
	(void)count;
}

void ptt_audio_dev_listen(struct ptt_audio_dev *dev, bool on)
{
	(void)dev;
	(void)on;
}

void ptt_audio_dev_read(struct ptt_audio_dev *dev, int16_t *out, size_t count)
{
	(void)dev;
	memset(out, 0, count * sizeof(*out));
}

#endif
