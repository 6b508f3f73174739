/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The client's speech payloads (RFC 4867, G.711) and WAV files. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "module/ue/codec.h"
#include "module/ue/wav.h"
#include "tests/unit/check_main.h"

START_TEST(names)
{
	ck_assert_int_eq(ptt_codec_by_name("AMR/8000/1"), PTT_CODEC_AMR);
	ck_assert_int_eq(ptt_codec_by_name("amr/8000"), PTT_CODEC_AMR);
	ck_assert_int_eq(ptt_codec_by_name("PCMU"), PTT_CODEC_PCMU);
	ck_assert_int_eq(ptt_codec_by_name("AMR-WB/16000"), PTT_CODEC_NONE);
	ck_assert_int_eq(ptt_codec_by_name("AMR/16000"), PTT_CODEC_NONE);
	ck_assert_int_eq(ptt_codec_by_name(""), PTT_CODEC_NONE);
}
END_TEST

/*
 * ITU-T G.711 table 2a: ends, zero and the first decision values; every code comes back as itself.
 */
START_TEST(mu_law)
{
	struct ptt_codec_state st;
	int16_t in[PTT_CODEC_FRAME] = {0, 32767, -32768, 8, -8, 1000, -1000},
		out[PTT_CODEC_SAMPLES_MAX];
	uint8_t payload[PTT_CODEC_PAYLOAD_MAX], again[PTT_CODEC_PAYLOAD_MAX];
	size_t len, count;

	ptt_codec_init(&st, PTT_CODEC_PCMU);
	ck_assert_int_eq(ptt_codec_encode(&st, payload, &len, sizeof(payload), in), PTT_OK);
	ck_assert_uint_eq(len, 160);
	ck_assert_uint_eq(payload[0], 0xff);
	ck_assert_uint_eq(payload[1], 0x80);
	ck_assert_uint_eq(payload[2], 0x00);
	ck_assert_int_eq(
		ptt_codec_decode(&st, out, &count, (struct ptt_bytes){payload, len}), PTT_OK);
	ck_assert_int_eq(out[0], 0);
	ck_assert_int_eq(out[1], 32124);
	ck_assert_int_eq(out[2], -32124);
	ck_assert_int_eq(out[3], 8);
	ck_assert_int_lt(abs(out[5] - 1000), 32);
	for (int code = 0; code < 256; code++) {
		uint8_t byte = (uint8_t)code;

		if (byte == 0x7f) /* minus zero */
			continue;
		ck_assert_int_eq(
			ptt_codec_decode(&st, in, &count, (struct ptt_bytes){&byte, 1}), PTT_OK);
		ck_assert_int_eq(ptt_codec_encode(&st, again, &len, sizeof(again), in), PTT_OK);
		ck_assert_uint_eq(again[0], byte);
	}
	ck_assert_int_eq(ptt_codec_encode(&st, payload, &len, 159, in), PTT_ERR_NO_SPACE);
	ptt_codec_wipe(&st);
	ck_assert_int_eq(ptt_codec_encode(&st, payload, &len, 160, in), PTT_ERR_UNSUPPORTED);
	ck_assert_int_eq(
		ptt_codec_decode(&st, in, &count, PTT_BYTES_OF(payload)), PTT_ERR_UNSUPPORTED);
}
END_TEST

static double energy(const int16_t *samples, size_t count)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += (double)samples[i] * samples[i];
	return sqrt(sum / (double)count);
}

START_TEST(amr)
{
	struct ptt_codec_state st;
	int16_t in[PTT_CODEC_FRAME], out[PTT_CODEC_SAMPLES_MAX];
	uint8_t payload[PTT_CODEC_PAYLOAD_MAX], two[128] = {0xf0, 0x80 | 0x3c, 0x3c};
	size_t len = 0, count = 0;

	ptt_codec_init(&st, PTT_CODEC_AMR);
	for (int n = 0; n < 10; n++) {
		for (int i = 0; i < PTT_CODEC_FRAME; i++)
			in[i] = (int16_t)(8000 * sin((n * PTT_CODEC_FRAME + i) * 0.3456));
		ck_assert_int_eq(ptt_codec_encode(&st, payload, &len, sizeof(payload), in), PTT_OK);
		/*
		 * RFC 4867 4.3.1, 4.3.2: no mode asked for; F = 0, FT = 7 (12.2), Q = 1; 31 bytes
		 */
		ck_assert_uint_eq(len, 33);
		ck_assert_uint_eq(payload[0], 0xf0);
		ck_assert_uint_eq(payload[1], 0x3c);
		ck_assert_int_eq(
			ptt_codec_decode(&st, out, &count, (struct ptt_bytes){payload, len}),
			PTT_OK);
		ck_assert_uint_eq(count, 160);
	}
	ck_assert(energy(out, count) > 0.5 * energy(in, PTT_CODEC_FRAME));
	memcpy(two + 3, payload + 2, 31);
	memcpy(two + 34, payload + 2, 31);
	ck_assert_int_eq(ptt_codec_decode(&st, out, &count, (struct ptt_bytes){two, 65}), PTT_OK);
	ck_assert_uint_eq(count, 320);
	for (size_t cut = 0; cut < 65; cut++)
		ck_assert_int_eq(ptt_codec_decode(&st, out, &count, (struct ptt_bytes){two, cut}),
			PTT_ERR_MALFORMED);
	ck_assert_int_eq(
		ptt_codec_decode(&st, out, &count, (struct ptt_bytes){two, 66}), PTT_ERR_MALFORMED);
	memset(two, 0xfc, sizeof(two)); /* frames without end */
	ck_assert_int_eq(ptt_codec_decode(&st, out, &count, PTT_BYTES_OF(two)), PTT_ERR_MALFORMED);
	two[1] = 9 << 3; /* a frame type of another codec */
	ck_assert_int_eq(ptt_codec_decode(&st, out, &count, PTT_BYTES_OF(two)), PTT_ERR_MALFORMED);
	ck_assert_int_eq(ptt_codec_encode(&st, payload, &len, 32, in), PTT_ERR_NO_SPACE);
	ptt_codec_wipe(&st);
}
END_TEST

static char path[] = "/tmp/ptt-wav-XXXXXX";

static void setup(void)
{
	int fd;

	memcpy(path, "/tmp/ptt-wav-XXXXXX", sizeof(path));
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void teardown(void)
{
	unlink(path);
}

static void write_file(const void *data, size_t len)
{
	FILE *f = fopen(path, "wb");

	ck_assert_uint_eq(fwrite(data, 1, len, f), len);
	fclose(f);
}

START_TEST(wav_there_and_back)
{
	struct ptt_wav wav;
	int16_t in[300], out[400];
	uint8_t head[44];
	FILE *f;

	for (int i = 0; i < 300; i++)
		in[i] = (int16_t)(i * 217 - 32768);
	ck_assert_int_eq(ptt_wav_create(&wav, path), PTT_OK);
	ck_assert_int_eq(ptt_wav_write(&wav, in, 100), PTT_OK);
	ck_assert_int_eq(ptt_wav_write(&wav, in + 100, 200), PTT_OK);
	ck_assert_int_eq(ptt_wav_close(&wav), PTT_OK);
	ck_assert_int_eq(ptt_wav_close(&wav), PTT_OK);
	f = fopen(path, "rb");
	ck_assert_uint_eq(fread(head, 1, sizeof(head), f), sizeof(head));
	fclose(f);
	ck_assert_mem_eq(head,
		"RIFF\x7c\x02\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0"
		"data\x58\x02\0\0",
		44);
	ck_assert_int_eq(ptt_wav_open(&wav, path), PTT_OK);
	ck_assert_uint_eq(wav.samples, 300);
	ck_assert_uint_eq(ptt_wav_read(&wav, out, 160), 160);
	ck_assert_uint_eq(ptt_wav_read(&wav, out + 160, 160), 140);
	ck_assert_uint_eq(ptt_wav_read(&wav, out, 0), 0);
	ck_assert_mem_eq(in, out, sizeof(in));
	ptt_wav_rewind(&wav);
	ck_assert_uint_eq(ptt_wav_read(&wav, out, 1), 1);
	ck_assert_int_eq(out[0], in[0]);
	ck_assert_int_eq(ptt_wav_close(&wav), PTT_OK);
}
END_TEST

#define WAV_HEAD(fmt) \
	"RIFF\0\0\0\0WAVELIST\x03\0\0\0abc\0fmt \x10\0\0\0" fmt "data\x04\0\0\0\x01\0\x02\0"

START_TEST(wav_refused)
{
	static const char good[] = WAV_HEAD("\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0");
	static const char wide[] = WAV_HEAD("\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0");
	static const char stereo[] = WAV_HEAD("\x01\0\x02\0\x40\x1f\0\0\0\x7d\0\0\x04\0\x10\0");
	static const char mulaw[] = WAV_HEAD("\x07\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0");
	struct ptt_wav wav;
	int16_t out[8];

	write_file(good, sizeof(good) - 1);
	ck_assert_int_eq(ptt_wav_open(&wav, path), PTT_OK);
	ck_assert_uint_eq(ptt_wav_read(&wav, out, 8), 2);
	ck_assert_int_eq(out[1], 2);
	ck_assert_int_eq(ptt_wav_close(&wav), PTT_OK);
	for (size_t len = 0; len < sizeof(good) - 1 - 4; len++) {
		write_file(good, len);
		ck_assert_int_eq(ptt_wav_open(&wav, path), PTT_ERR_MALFORMED);
	}
	write_file(good, sizeof(good) - 3); /* samples missing: the rest is read */
	ck_assert_int_eq(ptt_wav_open(&wav, path), PTT_OK);
	ck_assert_uint_eq(ptt_wav_read(&wav, out, 8), 1);
	ck_assert_int_eq(ptt_wav_close(&wav), PTT_OK);
	write_file(wide, sizeof(wide) - 1);
	ck_assert_int_eq(ptt_wav_open(&wav, path), PTT_ERR_UNSUPPORTED);
	write_file(stereo, sizeof(stereo) - 1);
	ck_assert_int_eq(ptt_wav_open(&wav, path), PTT_ERR_UNSUPPORTED);
	write_file(mulaw, sizeof(mulaw) - 1);
	ck_assert_int_eq(ptt_wav_open(&wav, path), PTT_ERR_UNSUPPORTED);
	ck_assert_int_eq(ptt_wav_open(&wav, "/nonexistent/x.wav"), PTT_ERR_NO_KEY);
	ck_assert_int_eq(ptt_wav_create(&wav, "/nonexistent/x.wav"), PTT_ERR_SYSTEM);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("payloads");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, names);
	tcase_add_test(t, mu_law);
	tcase_add_test(t, amr);
	tcase_add_test(t, wav_there_and_back);
	tcase_add_test(t, wav_refused);
	return check_run_case("codec", t);
}
