/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Taken and Idle to members without the channel: which, and how often. */
#include <sys/socket.h>

#include "module/base/clock.h"
#include "tests/unit/check_main.h"
#include "tests/unit/media/media_fixture.h"

enum { LISTENERS = 70, CHANGES = 150 }; /* more listeners than one while serves */

/* Reads all that waits on a member's floor port. @return how many; @p last: type of the last */
static int drain(const struct member *m, enum ptt_tbcp_type *last)
{
	uint8_t packet[PTT_TBCP_MAX_LEN];
	struct ptt_tbcp msg;
	ssize_t n;
	int count = 0;

	while ((n = recv(m->floor, packet, sizeof(packet), MSG_DONTWAIT)) > 0) {
		ck_assert_int_eq(ptt_tbcp_get(&msg, (struct ptt_bytes){packet, (size_t)n}), PTT_OK);
		*last = msg.type;
		count++;
	}
	return count;
}

/* One asks and releases as fast as he is answered: the others are told
 * at a bounded rate, and the last of it. */
START_TEST(a_restless_talker_is_not_passed_on)
{
	static struct member talker, listener[LISTENERS];
	static int told[LISTENERS];
	static enum ptt_tbcp_type last[LISTENERS];
	int64_t began_ms, took_ms;
	int most = 0, all = 0;

	start();
	set_mtk(1, mki1, "m1");
	join(&talker, 0, true, false);
	for (int i = 0; i < LISTENERS; i++)
		join(&listener[i], 3, true, true);
	UNTIL(find_event(PTT_MEDIA_CUTOVER) != NULL);
	began_ms = ptt_clock_ms();
	for (int i = 0; i < CHANGES; i++) {
		tbcp_send(&talker, PTT_TBCP_REQUEST);
		tbcp_wait_for(&talker, PTT_TBCP_GRANTED);
		tbcp_send(&talker, PTT_TBCP_RELEASE);
		tbcp_wait_for(&talker, PTT_TBCP_IDLE);
	}
	took_ms = ptt_clock_ms() - began_ms;
	for (int i = 0; i < LISTENERS; i++) {
		told[i] = drain(&listener[i], &last[i]);
		most = told[i] > most ? told[i] : most;
	}
	/* Four at once, then one each 100 ms; T7 repeats Idle three times. */
	ck_assert_msg(
		most <= 4 + 3 + (took_ms + 99) / 100, "%d in %lld ms", most, (long long)took_ms);
	for (int i = 0; i < LISTENERS; i++)
		UNTIL((told[i] += drain(&listener[i], &last[i])) > 0 && last[i] == PTT_TBCP_IDLE);
	for (int i = 0; i < LISTENERS; i++)
		all += told[i];
	ck_assert_uint_ge(stats().floor_merged + (uint64_t)all, (uint64_t)LISTENERS * CHANGES * 2);
	ck_assert_uint_gt(stats().floor_merged, LISTENERS * CHANGES);
	for (int i = 0; i < LISTENERS; i++)
		leave(&listener[i]);
	leave(&talker);
	stop();
}
END_TEST

/* A member that leaves the line gets nothing more; the others do. */
START_TEST(one_who_waits_goes)
{
	static struct member talker, listener[LISTENERS];
	enum ptt_tbcp_type last;

	start();
	set_mtk(1, mki1, "m1");
	join(&talker, 0, true, false);
	for (int i = 0; i < LISTENERS; i++)
		join(&listener[i], 3, true, true);
	UNTIL(find_event(PTT_MEDIA_CUTOVER) != NULL);
	for (int i = 0; i < 10; i++) { /* now they wait */
		tbcp_send(&talker, PTT_TBCP_REQUEST);
		tbcp_wait_for(&talker, PTT_TBCP_GRANTED);
		tbcp_send(&talker, PTT_TBCP_RELEASE);
		tbcp_wait_for(&talker, PTT_TBCP_IDLE);
	}
	for (int i = 0; i < LISTENERS; i += 2) /* among them the first, and others in the midst */
		leave(&listener[i]);
	leave(&listener[LISTENERS - 1]); /* and the last */
	for (int i = 1; i < LISTENERS - 1; i += 2) {
		last = PTT_TBCP_TAKEN;
		UNTIL(drain(&listener[i], &last) > 0 && last == PTT_TBCP_IDLE);
		leave(&listener[i]);
	}
	leave(&talker);
	stop();
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("announce");

	lab_enter();
	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_restless_talker_is_not_passed_on);
	tcase_add_test(t, one_who_waits_goes);
	return check_run_case("announce", t);
}
