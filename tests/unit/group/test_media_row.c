/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The media column of a dialog's row: the present version, and the rows of builds before it. */
#include <check.h>
#include <string.h>

#include "module/group/media_row.h"
#include "tests/unit/check_main.h"

#define PLAN_LEN 118

/* A version-less row as a little-endian build before the version byte wrote it: plan, then fingerprint. */
/* clang-format off */
static const uint8_t old_row[PLAN_LEN + 8] = {
	/* slots: audio, floor, and the channel's three */
	0x01, 0x00, 0x00, 0x02, 0x00, 0x00, 0x03, 0x00, 0x00, 0x04, 0x00, 0x00,
	0x05, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	/* slot count, channel on, sendrecv, payload type 97, octet-aligned; TBCP; padding */
	0x05, 0x01, 0x03, 0x61, 0x01, 0x01, 0x01, 0x02, 0x01, 0x00,
	/* ports: ours 40000 and 40002, the peer's 50000 and 50002 */
	0x40, 0x9c, 0x42, 0x9c, 0x50, 0xc3, 0x52, 0xc3,
	/* 192.0.2.1, 192.0.2.9, 2001:db8::9 */
	0x04, 0xc0, 0x00, 0x02, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x04, 0xc0, 0x00, 0x02, 0x09, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x06, 0x20, 0x01, 0x0d, 0xb8, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x09,
	0x00,
	/* fingerprint */
	0xef, 0xcd, 0xab, 0x89, 0x67, 0x45, 0x23, 0x01,
};
/* clang-format on */

static void check_plan(const struct ptt_media_plan *plan)
{
	char text[PTT_SDP_ADDR_TEXT_LEN];

	ck_assert_uint_eq(plan->slot_count, 5);
	ck_assert_uint_eq(plan->slot[4].kind, PTT_LINE_CHANNEL_KEYS);
	ck_assert_uint_eq(plan->channel, PTT_CHANNEL_ON);
	ck_assert_uint_eq(plan->direction, PTT_DIR_SENDRECV);
	ck_assert_uint_eq(plan->audio_pt, 97);
	ck_assert_uint_eq(plan->tbcp.tb_priority, 2);
	ck_assert_uint_eq(plan->our_audio_port, 40000);
	ck_assert_uint_eq(plan->our_floor_port, 40002);
	ck_assert_uint_eq(plan->peer_audio_port, 50000);
	ck_assert_uint_eq(plan->peer_floor_port, 50002);
	ck_assert_str_eq(ptt_sdp_addr_text(text, &plan->our_address), "192.0.2.1");
	ck_assert_str_eq(ptt_sdp_addr_text(text, &plan->peer_audio_address), "192.0.2.9");
	ck_assert_str_eq(ptt_sdp_addr_text(text, &plan->peer_floor_address), "2001:db8::9");
}

START_TEST(rows_without_a_version_are_read)
{
	struct ptt_media_row row;

	ck_assert_int_eq(
		ptt_media_row_get(&row, (struct ptt_bytes){old_row, sizeof(old_row)}), PTT_OK);
	check_plan(&row.plan);
	ck_assert_uint_eq(row.fingerprint, 0x0123456789abcdefu);
}
END_TEST

/* Still older: no fingerprint. */
START_TEST(rows_without_a_fingerprint_are_read)
{
	struct ptt_media_row row = {.fingerprint = 7};

	ck_assert_int_eq(ptt_media_row_get(&row, (struct ptt_bytes){old_row, PLAN_LEN}), PTT_OK);
	check_plan(&row.plan);
	ck_assert_uint_eq(row.fingerprint, 0);
}
END_TEST

START_TEST(the_present_version_has_its_byte_first)
{
	uint8_t bytes[PTT_MEDIA_ROW_LEN];
	struct ptt_media_row row;

	ck_assert_int_eq(
		ptt_media_row_get(&row, (struct ptt_bytes){old_row, sizeof(old_row)}), PTT_OK);
	ptt_media_row_put(bytes, &row);
	ck_assert_uint_eq(bytes[0], 0x81);
	ck_assert_mem_eq(bytes + 1, old_row, sizeof(old_row));
	memset(&row, 0, sizeof(row));
	ck_assert_int_eq(ptt_media_row_get(&row, (struct ptt_bytes){bytes, sizeof(bytes)}), PTT_OK);
	check_plan(&row.plan);
	ck_assert_uint_eq(row.fingerprint, 0x0123456789abcdefu);
}
END_TEST

START_TEST(other_lengths_and_versions_are_refused)
{
	uint8_t bytes[PTT_MEDIA_ROW_LEN + 1] = {PTT_MEDIA_ROW_VERSION};
	uint8_t other[sizeof(old_row)];
	struct ptt_media_row row;

	for (size_t len = 0; len <= sizeof(bytes); len++)
		if (len != PTT_MEDIA_ROW_LEN)
			ck_assert_int_eq(ptt_media_row_get(&row, (struct ptt_bytes){bytes, len}),
				PTT_ERR_MALFORMED);
	memcpy(other, old_row, sizeof(other));
	for (size_t len = 0; len <= sizeof(other); len++)
		if (len != PLAN_LEN && len != sizeof(old_row))
			ck_assert_int_eq(ptt_media_row_get(&row, (struct ptt_bytes){other, len}),
				PTT_ERR_MALFORMED);
	other[0] = 0x82;
	ck_assert_int_eq(ptt_media_row_get(&row, (struct ptt_bytes){other, sizeof(other)}),
		PTT_ERR_MALFORMED);
	bytes[0] = 0x82;
	ck_assert_int_eq(ptt_media_row_get(&row, (struct ptt_bytes){bytes, PTT_MEDIA_ROW_LEN}),
		PTT_ERR_MALFORMED);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, rows_without_a_version_are_read);
	tcase_add_test(tcase, rows_without_a_fingerprint_are_read);
	tcase_add_test(tcase, the_present_version_has_its_byte_first);
	tcase_add_test(tcase, other_lengths_and_versions_are_refused);
	return check_run_case("media row", tcase);
}
