/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The channel: MTK messages, keys and their switch, silence. docs/wire.md 5 and 6. */
#include "module/base/clock.h"
#include "tests/unit/check_main.h"
#include "tests/unit/media/media_fixture.h"

static void turn_for(int64_t ms)
{
	int64_t end_ms = ptt_clock_ms() + ms;

	while (ptt_clock_ms() < end_ms)
		turn();
}

/*
 * docs/wire.md 5.4: the message twice, byte for byte the same, then repeats; the MKI 50 ms after
 * the first.
 */
START_TEST(mtk_goes_out_twice_then_repeats)
{
	const struct ptt_media_event *sent, *cut;

	start_with(200, 0, 40);
	ck_assert_str_eq(ptt_media_channel_source(channel), LAB_SOURCE);
	ck_assert(ptt_channel_rx_source_joined(rx));
	turn_for(60);
	ck_assert_uint_eq(seen.messages, 0); /* nothing before the first key */
	set_mtk(1, mki1, "first");
	UNTIL(seen.messages >= 4);
	for (size_t i = 0; i < 4; i++) {
		ck_assert_uint_eq(seen.message[i].len, 5);
		ck_assert_mem_eq(seen.message[i].data, "first", 5);
	}
	/* to the millisecond in test_mtk_cast; here only that the thread keeps time */
	ck_assert_int_lt(seen.message[1].at_ms - seen.message[0].at_ms, 150);
	ck_assert_int_gt(seen.message[2].at_ms - seen.message[1].at_ms, 100);
	sent = find_event(PTT_MEDIA_MTK_SENT);
	cut = find_event(PTT_MEDIA_CUTOVER);
	ck_assert_ptr_nonnull(sent);
	ck_assert_ptr_nonnull(cut);
	ck_assert_ptr_eq(cut->channel_ctx, &channel_mark);
	ck_assert_mem_eq(cut->mki, mki1, PTT_MKI_LEN);
	ck_assert_int_eq(cut->first_ms, sent->at_ms);
	ck_assert_int_ge(cut->at_ms - cut->first_ms, 50);
	ck_assert_int_eq(cut->last_old_ms, 0);
	stop();
}
END_TEST

START_TEST(relayed_audio_is_opened)
{
	struct member a;

	start();
	join(&a, 0, false, false);
	say(&a); /* no key yet: dropped */
	UNTIL(stats().rtp_dropped == 1);
	set_mtk(1, mki1, "m1");
	give_mtk(rx, 1, mki1);
	UNTIL(find_event(PTT_MEDIA_CUTOVER) != NULL);
	for (int i = 0; i < 10; i++)
		say(&a);
	UNTIL(seen.audio == 10);
	ck_assert_mem_eq(seen.payload, "payload", 7);
	ck_assert_mem_eq(seen.audio_mki, mki1, PTT_MKI_LEN);
	ck_assert_uint_eq(seen.taken_ssrc, seen.audio_ssrc);
	ck_assert_str_eq(seen.taken_uri, "sip:a@b");
	ck_assert_uint_lt(seen.audio_seq, 32768 + 20);
	ck_assert_uint_ne(seen.audio_ssrc, 0x1234);
	ck_assert_ptr_nonnull(find_event(PTT_MEDIA_TALK_START));
	ck_assert_ptr_eq(find_event(PTT_MEDIA_TALK_START)->endpoint_ctx, &endpoint_mark[0]);
	UNTIL(find_event(PTT_MEDIA_TALK_STOP) != NULL); /* the talker fell silent */
	UNTIL(seen.idle >= 1);
	leave(&a);
	stop();
}
END_TEST

START_TEST(the_old_key_ends_at_the_switch)
{
	struct ptt_srtp_open_stats audio;
	struct ptt_channel_rx_stats all;
	const struct ptt_media_event *cut = NULL;
	struct member a;
	uint32_t ssrc;

	lead_ms = 400; /* long enough to talk in it on a busy machine */
	start();
	join(&a, 0, false, false);
	set_mtk(1, mki1, "m1");
	give_mtk(rx, 1, mki1);
	give_mtk(hostile, 1, mki1);
	UNTIL(find_event(PTT_MEDIA_CUTOVER) != NULL);
	say(&a);
	UNTIL(seen.audio == 1);
	ssrc = seen.audio_ssrc;
	seen.events = 0;
	set_mtk(2, mki2, "m2");
	give_mtk(rx, 2, mki2);
	UNTIL(seen.messages >= 3);
	say(&a);
	UNTIL(seen.audio == 2);
	ck_assert_mem_eq(seen.audio_mki, mki1, PTT_MKI_LEN); /* lead time: still the old one */
	UNTIL((cut = find_event(PTT_MEDIA_CUTOVER)) != NULL);
	ck_assert_int_gt(cut->last_old_ms, 0);
	ck_assert_int_le(cut->last_old_ms, cut->at_ms);
	for (int i = 0; i < 5; i++)
		say(&a);
	UNTIL(seen.audio == 7);
	ck_assert_mem_eq(seen.audio_mki, mki2, PTT_MKI_LEN);
	ck_assert_uint_eq(seen.audio_ssrc, ssrc); /* in mid-burst nothing else changes */
	turn_for(PTT_SRTP_HOLD_MS + 50);
	ptt_channel_rx_get_stats(hostile, &all);
	audio = all.audio;
	ck_assert_uint_eq(audio.heard, 7);
	ck_assert_uint_eq(audio.opened, 2);
	ck_assert_uint_eq(audio.undecryptable, 5);
	leave(&a);
	stop();
}
END_TEST

START_TEST(sets_in_a_row_switch_in_order)
{
	start();
	set_mtk(1, mki1, "m1");
	set_mtk(2, mki2, "m2");
	UNTIL(seen.events >= 4);
	ck_assert_int_eq(seen.event[0].type, PTT_MEDIA_MTK_SENT);
	ck_assert_int_eq(seen.event[2].type, PTT_MEDIA_CUTOVER);
	ck_assert_mem_eq(seen.event[2].mki, mki1, PTT_MKI_LEN);
	ck_assert_int_eq(seen.event[3].type, PTT_MEDIA_CUTOVER);
	ck_assert_mem_eq(seen.event[3].mki, mki2, PTT_MKI_LEN);
	UNTIL(seen.messages >= 3);
	ck_assert_mem_eq(seen.message[2].data, "m2", 2);
	stop();
}
END_TEST

START_TEST(send_now_is_limited)
{
	start();
	set_mtk(1, mki1, "m1");
	UNTIL(seen.messages == 2);
	for (int i = 0; i < 20; i++)
		ptt_media_send_mtk_now(channel);
	UNTIL(seen.messages == 3);
	ck_assert_int_gt(seen.message[2].at_ms - seen.message[1].at_ms, 50);
	turn_for(150);
	ck_assert_uint_eq(seen.messages, 3);
	stop();
}
END_TEST

START_TEST(silence_is_silent)
{
	struct member a;
	struct ptt_media_stats before;

	start_with(100, 0, 40);
	join(&a, 0, false, false);
	set_mtk(1, mki1, "m1");
	give_mtk(rx, 1, mki1);
	UNTIL(find_event(PTT_MEDIA_CUTOVER) != NULL);
	say(&a);
	UNTIL(seen.audio == 1);
	set_mtk(2, mki2, "m2"); /* on its way: must not switch any more */
	ck_assert_int_eq(ptt_media_silence(channel), PTT_OK);
	UNTIL(find_event(PTT_MEDIA_SILENT) != NULL);
	ck_assert_int_gt(find_event(PTT_MEDIA_SILENT)->last_old_ms, 0);
	before = stats();
	for (int i = 0; i < 5; i++)
		say(&a);
	turn_for(250);
	ck_assert_uint_eq(seen.audio, 1);
	ck_assert_uint_eq(stats().mtk_messages_sent, before.mtk_messages_sent);
	ck_assert_uint_eq(stats().srtcp_protected, before.srtcp_protected);
	ck_assert_uint_eq(stats().cutovers, 1);
	set_mtk(3, mki2, "m3"); /* and it ends */
	UNTIL(stats().cutovers == 2);
	leave(&a);
	stop();
}
END_TEST

START_TEST(a_spent_key_is_reported_once)
{
	struct member a;
	size_t spent = 0;

	start_with(1000, 5, 40);
	join(&a, 0, false, false);
	set_mtk(1, mki1, "m1");
	give_mtk(rx, 1, mki1);
	UNTIL(find_event(PTT_MEDIA_CUTOVER) != NULL);
	for (int i = 0; i < 20; i++)
		say(&a);
	UNTIL(seen.audio == 20);
	turn_for(20);
	for (size_t i = 0; i < seen.events; i++)
		spent += seen.event[i].type == PTT_MEDIA_MTK_SPENT;
	ck_assert_uint_eq(spent, 1);
	leave(&a);
	stop();
}
END_TEST

START_TEST(bad_arguments_are_refused)
{
	struct ptt_media_channel_config config = {.address = "10.0.0.1", .interface = "lo"};
	struct ptt_media_channel *ch;
	struct ptt_mtk mtk = lab_mtk(1);
	struct ptt_media_mtk set = {.mtk = &mtk, .message = ptt_bytes_of_str("x")};
	uint8_t big[PTT_MTK_MESSAGE_MAX + 1] = {0};
	struct ptt_endpoint *endpoint;

	start();
	ck_assert_int_eq(ptt_media_channel_add(media, &ch, &config), PTT_ERR_MALFORMED);
	config.address = LAB_GROUP;
	config.interface = "nosuch0";
	ck_assert_int_eq(ptt_media_channel_add(media, &ch, &config), PTT_ERR_NO_KEY);
	set.message = PTT_BYTES_OF(big);
	ck_assert_int_eq(ptt_media_set_mtk(channel, &set), PTT_ERR_NO_SPACE);
	set.message.len = 3;
	mtk.key_len = 24;
	ck_assert_int_eq(ptt_media_set_mtk(channel, &set), PTT_ERR_UNSUPPORTED);
	ck_assert_int_eq(ptt_endpoint_open(media, &endpoint, "nonsense", NULL), PTT_ERR_MALFORMED);
	ck_assert_int_eq(ptt_endpoint_open(media, &endpoint, "192.0.2.7", NULL), PTT_ERR_SYSTEM);
	stop();
}
END_TEST

/* After remove and close no event comes, and stopping frees what is left. */
START_TEST(removed_objects_are_quiet)
{
	struct member a, b;

	start();
	join(&a, 0, false, false);
	join(&b, 1, false, false);
	set_mtk(1, mki1, "m1");
	ptt_media_channel_remove(channel);
	turn_for(80);
	ck_assert_uint_eq(seen.events, 0);
	say(&a);
	UNTIL(stats().rtp_dropped == 1);
	leave(&a);
	add_channel(1000, 0);
	set_mtk(1, mki1, "m1");
	turn();
	close(b.audio);
	close(b.floor);
	stop();
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("thread");

	lab_enter();
	tcase_add_test(t, mtk_goes_out_twice_then_repeats);
	tcase_add_test(t, relayed_audio_is_opened);
	tcase_add_test(t, the_old_key_ends_at_the_switch);
	tcase_add_test(t, sets_in_a_row_switch_in_order);
	tcase_add_test(t, send_now_is_limited);
	tcase_add_test(t, silence_is_silent);
	tcase_add_test(t, a_spent_key_is_reported_once);
	tcase_add_test(t, bad_arguments_are_refused);
	tcase_add_test(t, removed_objects_are_quiet);
	return check_run_case("media", t);
}
