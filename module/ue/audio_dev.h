/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file audio_dev.h
 * A sound card for playback and capture: 8 kHz, 16 bit, mono. No call blocks, except close, which
 * plays the rest.
 *
 * ALSA, if the build has it. The name may select its rate conversion and plugins: "plughw:0",
 * "default", or a PCM of ~/.asoundrc (type file or null needs no hardware). A device with one
 * direction only is accepted. One thread.
 */
#ifndef PTT_AUDIO_DEV_H
#define PTT_AUDIO_DEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/err.h"

struct ptt_audio_dev;

/** Errors: UNSUPPORTED (build without ALSA), NO_KEY (neither direction opens; logged), SYSTEM. */
enum ptt_err ptt_audio_dev_open(struct ptt_audio_dev **out, const char *name) PTT_MUST_CHECK;
/** NULL is fine. */
void ptt_audio_dev_close(struct ptt_audio_dev *dev);
/**
 * Plays decoded samples. After a pause the device plays 60 ms of silence first, against jitter.
 * Samples for which the device has no room are dropped.
 */
void ptt_audio_dev_play(struct ptt_audio_dev *dev, const int16_t *samples, size_t count);
/** Starts or stops capture. Starting drops samples captured before. */
void ptt_audio_dev_listen(struct ptt_audio_dev *dev, bool on);
/** Reads the next @p count captured samples; silence where there are none. */
void ptt_audio_dev_read(struct ptt_audio_dev *dev, int16_t *out, size_t count);

#endif
