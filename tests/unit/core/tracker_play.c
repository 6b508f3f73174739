/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/core/tracker_play.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/check_main.h"

struct ptt_policy policy;
struct ptt_tracker *tracker;
struct ptt_tracker_actions actions;
uint64_t now_ms;
static char said[4096];
static unsigned int faults;
static char fault_text[64];

static void on_fault(void *ctx, const struct ptt_tracker_fault *fault)
{
	(void)ctx;
	faults++;
	(void)snprintf(fault_text, sizeof(fault_text), "%s %s: %s", fault->machine, fault->state,
		fault->event);
}

static void setup(void)
{
	policy = ptt_policy_default();
	policy.period_s = 0;
	policy.on_leave = PTT_ON_LEAVE_NEVER;
	now_ms = 10000;
	ck_assert_int_eq(ptt_tracker_new(&tracker, &policy), PTT_OK);
	ptt_tracker_set_fault(tracker, on_fault, NULL);
	faults = 0;
}

static void teardown(void)
{
	ptt_tracker_free(tracker);
	ptt_tracker_actions_wipe(&actions);
}

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *format, ...)
{
	size_t len = strlen(said);
	va_list args;

	va_start(args, format);
	(void)vsnprintf(said + len, sizeof(said) - len, format, args);
	va_end(args);
}

/** "offer 2 g3; " - the action's word, then member, subject, generation and reason where it has
 * them. */
static void say_action(const struct ptt_tracker_action *act)
{
	say("%s%s", said[0] == '\0' ? "" : "; ", ptt_tracker_action_str(act->kind));
	if (act->member != 0)
		say(" %u", ptt_handle_index(act->member));
	else if (act->subject != 0)
		say(" s%u", ptt_handle_index(act->subject));
	if (act->generation != 0 && act->kind != PTT_ACT_UNSILENCE)
		say(" g%u", act->generation);
	if (act->kind == PTT_ACT_PERSIST || act->kind == PTT_ACT_PROMOTE)
		say(" %s", ptt_rekey_reason_str(act->reason));
	if (act->cause != PTT_BYE_NONE)
		say(" %s", act->cause == PTT_BYE_EXPELLED ? "expelled" : "failed");
}

/* The words by which a play names an error. */
static const char *error_word(enum ptt_err err)
{
	switch (err) {
	case PTT_ERR_AUTH:
		return ERROR_AUTH;
	case PTT_ERR_BUSY:
		return ERROR_BUSY;
	case PTT_ERR_MISMATCH:
		return ERROR_MISMATCH;
	case PTT_ERR_NO_KEY:
		return ERROR_NO_KEY;
	default:
		return ptt_err_str(err);
	}
}

uint32_t handle(uint32_t number)
{
	return number == 0 ? PTT_HANDLE_NONE : ptt_handle_of(1, number);
}

void tracker_play(int line, struct ptt_tracker_event ev, const char *expected)
{
	enum ptt_err err;

	ev.member = handle(ev.member);
	ev.subject = handle(ev.subject);
	said[0] = '\0';
	err = ptt_tracker_step(tracker, &ev, now_ms, &actions);
	if (err != PTT_OK)
		say("%s", error_word(err));
	if (faults > 0)
		say("%sfault %s", said[0] == '\0' ? "" : ", ", fault_text);
	faults = 0;
	for (size_t i = 0; i < actions.len; i++)
		say_action(&actions.list[i]);
	ck_assert_msg(strcmp(said, expected) == 0, "line %d: %s\n said     %s\n expected %s", line,
		ptt_tracker_event_str(ev.kind), said, expected);
}

void new_policy(void)
{
	ptt_tracker_set_policy(tracker, &policy, now_ms);
}

void group_of(uint32_t count)
{
	char expected[64];

	PLAY("new-msk g1; persist g1 start", RESUME, G(0));
	PLAY("stage g1; promote g1 start", PERSISTED, G(1));
	PLAY("done g1", CUT_OVER, G(1));
	for (uint32_t i = 1; i <= count; i++) {
		(void)snprintf(expected, sizeof(expected), "offer %u g1", i);
		PLAY(expected, JOIN, M(i), S(i));
		PLAY("", ANSWERED, M(i), G(1));
	}
	ck_assert_uint_eq(ptt_tracker_status(tracker).members, count);
	ck_assert(ptt_tracker_is_idle(tracker));
}

int play_all(const char *name, const TTest *const *plays, size_t count)
{
	TCase *tcase = tcase_create(name);

	tcase_add_checked_fixture(tcase, setup, teardown);
	for (size_t i = 0; i < count; i++)
		tcase_add_test(tcase, plays[i]);
	return check_run_case(name, tcase);
}
