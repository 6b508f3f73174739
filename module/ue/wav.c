/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/ue/wav.h"

#include <string.h>

#define HEADER_LEN  44
#define MAX_SAMPLES 0x3fffff00u
#define FORMAT_PCM  1
#define RATE        8000
#define MAX_CHUNKS  64

static uint32_t le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint16_t le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static void put_le32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static enum ptt_err check_format(const uint8_t fmt[16])
{
	if (le16(fmt) != FORMAT_PCM || le16(fmt + 2) != 1 || le32(fmt + 4) != RATE ||
		le16(fmt + 14) != 16)
		return PTT_ERR_UNSUPPORTED;
	return PTT_OK;
}

/* Reads a chunk's head: checks "fmt ", skips others, and sets *done at "data". */
static enum ptt_err read_chunk(struct ptt_wav *wav, bool *format_seen, bool *done)
{
	uint8_t head[8], fmt[16];
	uint32_t len;

	if (fread(head, 1, sizeof(head), wav->file) != sizeof(head))
		return PTT_ERR_MALFORMED;
	len = le32(head + 4);
	if (memcmp(head, "data", 4) == 0) {
		wav->data_at = ftell(wav->file);
		wav->samples = len / 2;
		*done = true;
		return *format_seen && wav->data_at > 0 ? PTT_OK : PTT_ERR_MALFORMED;
	}
	if (memcmp(head, "fmt ", 4) == 0) {
		if (len < sizeof(fmt) || fread(fmt, 1, sizeof(fmt), wav->file) != sizeof(fmt))
			return PTT_ERR_MALFORMED;
		PTT_TRY(check_format(fmt));
		*format_seen = true;
		len -= (uint32_t)sizeof(fmt);
	}
	/* RIFF pads chunks to an even length */
	return fseek(wav->file, (long)len + (long)(len & 1), SEEK_CUR) == 0 ? PTT_OK
									    : PTT_ERR_MALFORMED;
}

static enum ptt_err read_header(struct ptt_wav *wav)
{
	uint8_t riff[12];
	bool format_seen = false, done = false;

	if (fread(riff, 1, sizeof(riff), wav->file) != sizeof(riff) ||
		memcmp(riff, "RIFF", 4) != 0 || memcmp(riff + 8, "WAVE", 4) != 0)
		return PTT_ERR_MALFORMED;
	for (int i = 0; i < MAX_CHUNKS && !done; i++)
		PTT_TRY(read_chunk(wav, &format_seen, &done));
	return done ? PTT_OK : PTT_ERR_MALFORMED;
}

enum ptt_err ptt_wav_open(struct ptt_wav *wav, const char *path)
{
	enum ptt_err err;

	memset(wav, 0, sizeof(*wav));
	wav->file = fopen(path, "rb");
	if (!wav->file)
		return PTT_ERR_NO_KEY;
	err = read_header(wav);
	if (err != PTT_OK) {
		fclose(wav->file);
		wav->file = NULL;
	}
	return err;
}

size_t ptt_wav_read(struct ptt_wav *wav, int16_t *out, size_t count)
{
	uint8_t raw[2];
	size_t n;

	for (n = 0; n < count && wav->pos < wav->samples; n++, wav->pos++) {
		if (fread(raw, 1, 2, wav->file) != 2) {
			wav->samples = wav->pos; /* a truncated file ends here */
			break;
		}
		out[n] = (int16_t)le16(raw);
	}
	return n;
}

void ptt_wav_rewind(struct ptt_wav *wav)
{
	if (fseek(wav->file, wav->data_at, SEEK_SET) == 0)
		wav->pos = 0;
}

static enum ptt_err write_header(struct ptt_wav *wav)
{
	uint8_t head[HEADER_LEN] = "RIFF....WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0"
				   "\x02\0\x10\0data";

	put_le32(head + 4, wav->samples * 2 + HEADER_LEN - 8);
	put_le32(head + 40, wav->samples * 2);
	if (fseek(wav->file, 0, SEEK_SET) != 0 ||
		fwrite(head, 1, HEADER_LEN, wav->file) != HEADER_LEN)
		return PTT_ERR_SYSTEM;
	return PTT_OK;
}

enum ptt_err ptt_wav_create(struct ptt_wav *wav, const char *path)
{
	memset(wav, 0, sizeof(*wav));
	wav->file = fopen(path, "wb");
	if (!wav->file)
		return PTT_ERR_SYSTEM;
	if (write_header(wav) != PTT_OK) {
		fclose(wav->file);
		wav->file = NULL;
		return PTT_ERR_SYSTEM;
	}
	return PTT_OK;
}

enum ptt_err ptt_wav_write(struct ptt_wav *wav, const int16_t *in, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint8_t raw[2] = {(uint8_t)in[i], (uint8_t)((uint16_t)in[i] >> 8)};

		if (wav->samples >= MAX_SAMPLES)
			return PTT_ERR_EXHAUSTED;
		if (fwrite(raw, 1, 2, wav->file) != 2)
			return PTT_ERR_SYSTEM;
		wav->samples++;
	}
	return PTT_OK;
}

enum ptt_err ptt_wav_close(struct ptt_wav *wav)
{
	enum ptt_err err = PTT_OK;

	if (!wav->file)
		return PTT_OK;
	if (wav->data_at == 0) /* the file is being written */
		err = write_header(wav);
	if (fclose(wav->file) != 0)
		err = PTT_ERR_SYSTEM;
	wav->file = NULL;
	return err;
}
