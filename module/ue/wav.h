/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file wav.h
 * WAV files: 8 kHz, 16 bit, mono, PCM only; other formats are refused.
 */
#ifndef PTT_WAV_H
#define PTT_WAV_H

#include <stdio.h>

#include "crypto/bytes.h"

struct ptt_wav {
	FILE *file;
	uint32_t samples; /**< reading: in the file; writing: written so far */
	uint32_t pos;     /**< reading: the next sample */
	long data_at;     /**< offset of the first sample */
};

/**
 * Errors: NO_KEY (cannot be opened), MALFORMED (no WAV, truncated), UNSUPPORTED (rate, width,
 * channels, coding).
 */
enum ptt_err ptt_wav_open(struct ptt_wav *wav, const char *path) PTT_MUST_CHECK;
/** @return the samples read; fewer than @p count only at the end. */
size_t ptt_wav_read(struct ptt_wav *wav, int16_t *out, size_t count);
void ptt_wav_rewind(struct ptt_wav *wav);
/** Creates or empties @p path. Errors: SYSTEM. */
enum ptt_err ptt_wav_create(struct ptt_wav *wav, const char *path) PTT_MUST_CHECK;
/** Errors: SYSTEM, EXHAUSTED (2 GiB). */
enum ptt_err ptt_wav_write(struct ptt_wav *wav, const int16_t *in, size_t count) PTT_MUST_CHECK;
/** Closes; of a created file it first writes the lengths into the header. A second call does
 *  nothing. Errors: SYSTEM. */
enum ptt_err ptt_wav_close(struct ptt_wav *wav) PTT_MUST_CHECK;

#endif
