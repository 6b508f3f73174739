/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Framing, RFC 3830 6 and RFC 4563: literal bytes, cuts, lengths off by one, put(get(x)) = x. */
#include <string.h>

#include "crypto/mikey.h"
#include "tests/kat/kat.h"
#include "tests/unit/check_main.h"

#define MAX 1024

/* 20 bytes for a MAC or a hash, 128 bytes for a DH value. */
#define H20  "000102030405060708090a0b0c0d0e0f10111213"
#define B16  "000102030405060708090a0b0c0d0e0f"
#define B128 B16 B16 B16 B16 B16 B16 B16 B16

/* clang-format off */
static const char *const good[] = {
	/* HDR alone */
	"0100000012345678" "0000",
	/* HDR with one CS, T NTP-UTC, RAND, SP of two parameters, KEMAC NULL/NULL: TEK + SPI */
	"0100050012345678" "0100" "01deadbeef00000007" "0b00c8e350ea00000000" "0a10" B16
	"0100000006" "000101" "0b010a" "00000015" "002100" "10" B16 "00" "00",
	/* the same with TGK+SALT, KV SPI, HMAC-SHA-1 */
	"0100050012345678" "0000" "01020000002a" "0000001f" "0011" "0010" B16 "0004" "01020304"
	"04" "a1a2a3a4" "01" H20,
	/* vendor extension, unknown extension 77, SDP IDs, Key ID, in that order */
	"0100150012345678" "0001" "1500000161" "154d0000" "15010005" "6d696b6579" "0003000f"
	"000300f110" "010400010002" "02020003",
	/* verification: T, ID, V */
	"0101050012345678" "0000" "060200000001" "0900000161" "0001" H20,
	/* verification with a NULL MAC */
	"0101090012345678" "0000" "0000",
	/* error message: T, two ERR, V */
	"0106050012345678" "0000" "0c0200000001" "0c010000" "09050000" "0001" H20,
	/* public key: T, RAND, CERT, ID, KEMAC, CHASH, PKE, SIGN */
	"0102050012345678" "0000" "0b01c8e350ea00000000" "0710" B16 "0601000430820100"
	"010100036e6169" 	"08010003aabbcc" "01" H20 "0200" H20 "044003112233" "2004deadbeef",
	/* Diffie-Hellman, group 2 (128 bytes), KV null; SIGN */
	"0104050012345678" "0000" "030200000001" "0402" B128 "00" "0002beef",
	/* the same, KV interval */
	"0104030012345678" "0000" "0002" B128 "02" "020102" "020304",
};
/* clang-format on */

static struct ptt_bytes unhex(uint8_t out[MAX], const char *hex)
{
	size_t len = 0;

	ck_assert_int_eq(ptt_hex_get(out, &len, MAX, hex, strlen(hex)), PTT_OK);
	return (struct ptt_bytes){out, len};
}

/** Decodes and encodes. @return false when it does not decode */
static bool round_trip(struct ptt_bytes in)
{
	struct ptt_mikey_msg msg;
	uint8_t out[MAX];
	struct ptt_writer wr = ptt_writer_of(out, sizeof(out));

	if (ptt_mikey_decode(&msg, in) != PTT_OK)
		return false;
	ck_assert_int_eq(ptt_mikey_encode(&wr, &msg), PTT_OK);
	ck_assert_uint_eq(ptt_writer_len(&wr), in.len);
	ck_assert_mem_eq(out, in.data, in.len);
	return true;
}

static void hard_time(uint8_t *bytes, size_t len)
{
	static const uint8_t values[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
	size_t at, v;

	ck_assert(round_trip((struct ptt_bytes){bytes, len}));
	for (at = 0; at < len; at++)
		ck_assert_msg(!round_trip((struct ptt_bytes){bytes, at}), "cut at %zu", at);
	bytes[len] = 0;
	ck_assert_msg(!round_trip((struct ptt_bytes){bytes, len + 1}), "one byte more");
	for (at = 0; at < len; at++) {
		uint8_t kept = bytes[at];

		for (v = 0; v < sizeof(values); v++) {
			bytes[at] = kept ^ values[v];
			(void)round_trip((struct ptt_bytes){bytes, len});
		}
		bytes[at] = kept;
	}
}

START_TEST(literal_messages)
{
	uint8_t buf[MAX + 1];
	struct ptt_bytes in = unhex(buf, good[_i]);

	hard_time(buf, in.len);
}
END_TEST

START_TEST(known_messages)
{
	static const char *const names[] = {"msk_message", "msk_message_v", "verification_message",
		"msk_message_empty_map", "msk_message_sdp_ids", "mtk_message"};
	uint8_t buf[MAX + 1];
	struct kat kat;
	size_t i;

	kat_open(&kat, "mbms.txt");
	while (kat_next(&kat)) {
		for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			hard_time(buf, kat_hex(&kat, names[i], buf, MAX));
	}
}
END_TEST

START_TEST(rfc4567_example)
{
	struct ptt_mikey_msg msg;
	uint8_t buf[MAX + 1];
	struct kat kat;
	size_t len = 0;
	const char *text;

	kat_open(&kat, "rfc4567.txt");
	ck_assert(kat_next(&kat));
	text = kat_text(&kat, "base64");
	ck_assert_int_eq(ptt_base64_get(buf, &len, MAX, text, strlen(text)), PTT_OK);
	hard_time(buf, len);
	ck_assert_int_eq(ptt_mikey_decode(&msg, (struct ptt_bytes){buf, len}), PTT_OK);
	ck_assert_uint_eq(msg.csb_id, 0xcd177e50);
	ck_assert(msg.verify && msg.has_t && msg.has_rand && msg.has_kemac && !msg.has_key_id);
	ck_assert_uint_eq(msg.cs_count, 1);
	ck_assert_uint_eq(msg.t_type, PTT_MIKEY_TS_NTP_UTC);
	kat_check(&kat, "t", msg.t.data, msg.t.len);
	kat_check(&kat, "rand", msg.rand.data, msg.rand.len);
	ck_assert(ptt_bytes_equal(msg.id[0].value, ptt_bytes_of_str(kat_text(&kat, "id"))));
	ck_assert_uint_eq(msg.kemac.encr.len, 36);
	ck_assert_uint_eq(msg.signed_len, len - PTT_MIKEY_MAC_LEN);

	ck_assert(kat_next(&kat)); /* the block of the response */
	text = kat_text(&kat, "base64");
	ck_assert_int_eq(ptt_base64_get(buf, &len, MAX, text, strlen(text)), PTT_OK);
	hard_time(buf, len);
	fclose(kat.file);
}
END_TEST

START_TEST(fields_of_a_literal)
{
	struct ptt_mikey_key_data keys[PTT_MIKEY_MAX_KEYS];
	struct ptt_mikey_msg msg;
	struct ptt_bytes value;
	struct ptt_reader params;
	uint8_t buf[MAX], type = 9;
	size_t count = 0;

	ck_assert_int_eq(ptt_mikey_decode(&msg, unhex(buf, good[1])), PTT_OK);
	ck_assert_uint_eq(msg.item_count, 4);
	params = ptt_reader_of(msg.sp[0].params);
	ck_assert(ptt_mikey_sp_next(&params, &type, &value) && type == 0 && value.data[0] == 1);
	ck_assert(ptt_mikey_sp_next(&params, &type, &value) && type == 11 && value.data[0] == 10);
	ck_assert(!ptt_mikey_sp_next(&params, &type, &value));
	ck_assert_int_eq(ptt_mikey_key_data_get(keys, &count, msg.kemac.encr), PTT_OK);
	ck_assert_uint_eq(count, 1);
	ck_assert(keys[0].type == PTT_MIKEY_KEY_TEK && keys[0].kv == PTT_MIKEY_KV_SPI);
	ck_assert_int_eq(ptt_mikey_decode(&msg, unhex(buf, good[3])), PTT_OK);
	ck_assert(msg.has_key_id && msg.has_sdp_ids && msg.ext_count == 4);
	ck_assert_uint_eq(msg.key_id.msk_id, 0x00010002);
	ck_assert_uint_eq(msg.key_id.mtk_id, 3);
	ck_assert_mem_eq(msg.key_id.domain.data, "\x00\xf1\x10", 3);
}
END_TEST

/* Length fields at offsets of good[message]: one more or less must not decode. */
static const struct {
	size_t message, at;
} lengths[] = {{1, 30}, {1, 51}, {1, 61}, {2, 19}, {3, 13}, {3, 17}, {3, 21}, {3, 30}, {3, 32},
	{3, 37}, {3, 43}, {4, 19}, {7, 21}, {7, 41}, {7, 49}, {7, 56}, {7, 105}, {7, 110}, {8, 148},
	{9, 141}, {9, 144}};

START_TEST(length_off_by_one)
{
	uint8_t buf[MAX];
	struct ptt_mikey_msg msg;
	struct ptt_bytes in = unhex(buf, good[lengths[_i].message]);
	uint8_t *at = &buf[lengths[_i].at];

	++*at;
	ck_assert_msg(ptt_mikey_decode(&msg, in) != PTT_OK, "%d: +1", _i);
	*at = (uint8_t)(*at - 2);
	ck_assert_msg(ptt_mikey_decode(&msg, in) != PTT_OK, "%d: -1", _i);
	*at = 0xff;
	ck_assert_msg(ptt_mikey_decode(&msg, in) != PTT_OK, "%d: max", _i);
}
END_TEST

static const struct {
	const char *hex;
	enum ptt_err err;
} bad[] = {
	/* clang-format off */
	{"", PTT_ERR_MALFORMED},
	{"0200000012345678" "0000", PTT_ERR_UNSUPPORTED}, /* version */
	{"0107000012345678" "0000", PTT_ERR_UNSUPPORTED}, /* data type */
	{"0100000112345678" "0000", PTT_ERR_UNSUPPORTED}, /* PRF */
	{"0100000012345678" "0002", PTT_ERR_UNSUPPORTED}, /* GENERIC-ID map */
	{"0100000012345678" "0101" "000000000000000000", PTT_ERR_MALFORMED}, /* Empty map, 1 CS */
	{"01000a0012345678" "0001" "0000000000", PTT_ERR_MALFORMED}, /* Empty map with SP */
	{"0100630012345678" "0000" "00", PTT_ERR_UNSUPPORTED}, /* payload 99 */
	{"0100140012345678" "0000" "00200001aa", PTT_ERR_UNSUPPORTED}, /* key data outside */
	{"0100050012345678" "0000" "050200000001" "000200000001", PTT_ERR_MALFORMED}, /* T twice */
	{"01000b0012345678" "0000" "0b01aa" "0001aa", PTT_ERR_MALFORMED}, /* RAND twice */
	{"0100010012345678" "0000" "0100000000" "0000000000", PTT_ERR_MALFORMED}, /* KEMAC twice */
	{"0100010012345678" "0000" "0500000000" "000200000001", PTT_ERR_MALFORMED}, /* T last */
	{"0101090012345678" "0000" "0500" "000200000001", PTT_ERR_MALFORMED}, /* T behind V */
	{"0100060012345678" "0000" "0600000161" "0600000161" "0000000161", PTT_ERR_NO_SPACE},
	{"0100060012345678" "0000" "0003000161", PTT_ERR_UNSUPPORTED}, /* ID type */
	{"0100050012345678" "0000" "000300000001", PTT_ERR_UNSUPPORTED}, /* T type */
	{"0100010012345678" "0000" "0003000000", PTT_ERR_UNSUPPORTED}, /* cipher */
	{"0100010012345678" "0000" "0000000002", PTT_ERR_UNSUPPORTED}, /* MAC */
	{"01000a0012345678" "0000" "0000010000", PTT_ERR_UNSUPPORTED}, /* SP not SRTP */
	{"01000a0012345678" "0000" "0000000003" "000201", PTT_ERR_MALFORMED}, /* too long */
	{"01000a0012345678" "0000" "0000000001" "00", PTT_ERR_MALFORMED},
	{"0100150012345678" "0000" "15030000" "00030000", PTT_ERR_MALFORMED}, /* Key ID twice */
	{"0100150012345678" "0000" "15010000" "00010000", PTT_ERR_MALFORMED}, /* SDP IDs twice */
	{"0100150012345678" "0000" "00030004" "00020000", PTT_ERR_MALFORMED}, /* domain, 2 */
	{"0100150012345678" "0000" "00030006" "000400000000", PTT_ERR_MALFORMED},
	{"0100150012345678" "0000" "00030005" "0103000000", PTT_ERR_MALFORMED},
	{"0100150012345678" "0000" "00030003" "020100", PTT_ERR_MALFORMED},
	{"0100150012345678" "0000" "00030008" "0202000102020002", PTT_ERR_MALFORMED}, /* twice */
	{"0100150012345678" "0000" "00030003" "070100", PTT_ERR_UNSUPPORTED}, /* Key ID type 7 */
	{"0102080012345678" "0000" "0002" H20, PTT_ERR_UNSUPPORTED}, /* hash function */
	{"0104030012345678" "0000" "0003" B128 "00", PTT_ERR_UNSUPPORTED}, /* DH group */
	{"0104030012345678" "0000" "0002" B128 "03", PTT_ERR_UNSUPPORTED}, /* KV */
	{"0100150012345678" "0000" "15ee0000" "15ee0000" "15ee0000" "15ee0000" "15ee0000" "15ee0000"
	 "15ee0000" "15ee0000" "00ee0000", PTT_ERR_NO_SPACE},
}; /* clang-format on */

START_TEST(refusals)
{
	struct ptt_mikey_msg msg;
	uint8_t buf[MAX];

	ck_assert_int_eq(ptt_mikey_decode(&msg, unhex(buf, bad[_i].hex)), bad[_i].err);
}
END_TEST

/* 200 SPs of 5 bytes: bounded arrays, one pass, an error. */
START_TEST(too_many_payloads)
{
	uint8_t buf[10 + 200 * 5] = {1, 0, PTT_MIKEY_SP};
	struct ptt_mikey_msg msg;
	size_t i;

	for (i = 0; i < 200; i++)
		buf[10 + 5 * i] = i == 199 ? PTT_MIKEY_LAST : PTT_MIKEY_SP;
	ck_assert_int_eq(ptt_mikey_decode(&msg, PTT_BYTES_OF(buf)), PTT_ERR_NO_SPACE);
}
END_TEST

static const struct {
	const char *hex;
	enum ptt_err err;
} key_data[] = {
	{"00000010" B16, PTT_OK}, /* TGK */
	{"00020010" B16 "020001"
	 "02ffff",
		PTT_OK}, /* TGK, interval */
	{"00300010" B16 "000e"
	 "000102030405060708090a0b0c0d",
		PTT_OK}, /* TEK+SALT */
	{"1400000100"
	 "0021000103"
	 "04aabbccdd",
		PTT_OK}, /* two keys */
	{"", PTT_ERR_MALFORMED},
	{"00000010" B16 "00", PTT_ERR_MALFORMED},
	{"00400010" B16, PTT_ERR_UNSUPPORTED}, /* key type 4 */
	{"00030010" B16, PTT_ERR_UNSUPPORTED}, /* KV 3 */
	{"05000010" B16, PTT_ERR_UNSUPPORTED}, /* next is T */
	{"00020010" B16 "020001"
	 "03ffff",
		PTT_ERR_MALFORMED},
	{"00300010" B16 "000e"
	 "0001020304",
		PTT_ERR_MALFORMED},
	{"1400000100"
	 "1400000100"
	 "1400000100"
	 "1400000100"
	 "0000000100",
		PTT_ERR_NO_SPACE},
};

START_TEST(key_data_forms)
{
	struct ptt_mikey_key_data keys[PTT_MIKEY_MAX_KEYS];
	uint8_t buf[MAX], out[MAX];
	struct ptt_writer wr = ptt_writer_of(out, sizeof(out));
	struct ptt_bytes in = unhex(buf, key_data[_i].hex);
	size_t count = 0, i, len;

	ck_assert_int_eq(ptt_mikey_key_data_get(keys, &count, in), key_data[_i].err);
	if (key_data[_i].err != PTT_OK)
		return;
	for (i = 0; i < count; i++)
		ptt_mikey_key_data_put(
			&wr, &keys[i], i + 1 < count ? PTT_MIKEY_KEY_DATA : PTT_MIKEY_LAST);
	ck_assert_uint_eq(ptt_writer_len(&wr), in.len);
	ck_assert_mem_eq(out, in.data, in.len);
	for (len = 0; len < in.len; len++)
		ck_assert_int_ne(
			ptt_mikey_key_data_get(keys, &count, (struct ptt_bytes){buf, len}), PTT_OK);
}
END_TEST

START_TEST(encode_refuses_nonsense)
{
	struct ptt_mikey_msg msg = {.item_count = 1, .items = {{99, 0}}};
	uint8_t out[MAX];
	struct ptt_writer wr = ptt_writer_of(out, sizeof(out));

	ck_assert_int_eq(ptt_mikey_encode(&wr, &msg), PTT_ERR_MALFORMED);
	msg.item_count = PTT_MIKEY_MAX_ITEMS + 1;
	ck_assert_int_eq(ptt_mikey_encode(&wr, &msg), PTT_ERR_MALFORMED);
	msg.item_count = 0;
	wr = ptt_writer_of(out, 9);
	ck_assert_int_eq(ptt_mikey_encode(&wr, &msg), PTT_ERR_NO_SPACE);
	ck_assert_str_eq(ptt_mikey_payload_name(PTT_MIKEY_KEMAC), "KEMAC");
	ck_assert_str_eq(ptt_mikey_payload_name(99), "unknown");
}
END_TEST

#define COUNT(array) (int)(sizeof(array) / sizeof((array)[0]))

int main(void)
{
	TCase *tc = tcase_create("all");

	tcase_add_loop_test(tc, literal_messages, 0, COUNT(good));
	tcase_add_test(tc, known_messages);
	tcase_add_test(tc, rfc4567_example);
	tcase_add_test(tc, fields_of_a_literal);
	tcase_add_loop_test(tc, length_off_by_one, 0, COUNT(lengths));
	tcase_add_loop_test(tc, refusals, 0, COUNT(bad));
	tcase_add_test(tc, too_many_payloads);
	tcase_add_loop_test(tc, key_data_forms, 0, COUNT(key_data));
	tcase_add_test(tc, encode_refuses_nonsense);
	return check_run_case("mikey", tc);
}
