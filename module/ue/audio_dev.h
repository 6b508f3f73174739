/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file audio_dev.h
 * A sound card: what is heard goes out, what is said comes in. 8 kHz, 16 bit, mono; never waits.
 *
 * ALSA, where the build has it; its rate conversion and its plugins ("plughw:0", "default", or a
 * PCM of ~/.asoundrc of type file or null, without hardware) are behind the name. A device that can
 * only do one of the two directions is fine. One thread.
 */
#ifndef PTT_AUDIO_DEV_H
#define PTT_AUDIO_DEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/err.h"

struct ptt_audio_dev;

/** Errors: UNSUPPORTED (a build without ALSA), NO_KEY (no direction of
 * it can be opened; logged), SYSTEM. */
enum ptt_err ptt_audio_dev_open(struct ptt_audio_dev **out, const char *name) PTT_MUST_CHECK;
/** NULL is fine. */
void ptt_audio_dev_close(struct ptt_audio_dev *dev);
/**
 * Plays what has been decoded. After a silence it begins with 60 ms of it, against jitter; what the
 * device has no room for is dropped.
 */
void ptt_audio_dev_play(struct ptt_audio_dev *dev, const int16_t *samples, size_t count);
/** The microphone on: what it heard before is forgotten; or off. */
void ptt_audio_dev_listen(struct ptt_audio_dev *dev, bool on);
/** The next @p count samples said; silence where there are none. */
void ptt_audio_dev_read(struct ptt_audio_dev *dev, int16_t *out, size_t count);

#endif
