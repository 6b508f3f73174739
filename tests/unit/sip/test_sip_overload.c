/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which requests are shed when too many wait, and which never are. */
#include <stdlib.h>
#include <string.h>

#include "module/base/metrics.h"
#include "tests/unit/check_main.h"
#include "tests/unit/sip/sip_one.h"

static void open_with(uint32_t waiting)
{
	const struct ptt_sip_options options = {
		.overload = {.waiting = waiting, .retry_after_s = 5}};

	fixture_open(&fx, &options);
}

static void close_one(void)
{
	fixture_close(&fx);
}

/* Turns the loop until the measured level is this one. */
static void expect_level(int level)
{
	for (int i = 0; i < 500 && ptt_metric_get(PTT_METRIC_OVERLOADED, NULL) != level; i++)
		fixture_step(&fx, 10);
	ck_assert_int_eq(ptt_metric_get(PTT_METRIC_OVERLOADED, NULL), level);
}

/* An INVITE to which the group does not respond yet. */
static void hold_one(const char *call_id)
{
	struct ue_request rq = {.method = "INVITE", .call_id = call_id, .cseq = 1};

	fx.hold = true;
	ue_challenged(&fx, &rq);
	for (int i = 0; i < 500 && !fx.waiting; i++)
		fixture_step(&fx, 10);
	ck_assert_ptr_nonnull(fx.waiting);
}

/* On a busy host a 401 without an ACK is repeated. */
static void expect(int status)
{
	int got = 0;

	for (int i = 0; i < 20 && got != status; i++) {
		ck_assert(ue_recv(&fx));
		got = ue_status(&fx);
		ck_assert_msg(got == status || got == 401, "%d expected, but:\n%s", status, fx.in);
	}
	ck_assert_int_eq(got, status);
}

/* As above, for this call. */
static void expect_of(const char *call_id, int status)
{
	do
		expect(status);
	while (strcmp(ue_header(&fx, "Call-ID"), call_id) != 0);
}

static void expect_shed(void)
{
	int after;

	expect(503);
	after = atoi(ue_header(&fx, "Retry-After"));
	ck_assert_int_ge(after, 5);
	ck_assert_int_le(after, 10);
}

static void end_hold(void)
{
	const struct ptt_sip_response busy = {.status = 486};

	ck_assert_int_eq(ptt_sip_respond(fx.waiting, &busy), PTT_OK);
	expect(486);
	fx.hold = false;
}

START_TEST(new_joins_are_shed_and_nothing_else)
{
	struct ue_request new = {.method = "INVITE", .call_id = "new", .cseq = 1};
	struct ue_request again = {.method = "INVITE", .call_id = "in", .cseq = 3};
	struct ue_request bye = {.method = "BYE", .call_id = "in", .cseq = 4};
	struct ue_request options = {.method = "OPTIONS", .call_id = "options", .cseq = 1};
	int64_t shed = ptt_metric_get(PTT_METRIC_JOINS, "shed");
	char tag[64];

	open_with(2);
	ue_join(&fx, "in", tag);
	hold_one("held");
	expect_level(1);
	ue_request(&fx, &new);
	expect_shed();
	ck_assert_int_eq(ptt_metric_get(PTT_METRIC_JOINS, "shed"), shed + 1);
	again.to_tag = bye.to_tag = tag;
	ue_request(&fx, &again);
	expect(401);
	ue_request(&fx, &bye);
	expect(200);
	ue_request(&fx, &options);
	expect(200);
	ck_assert_str_eq(fx.heard, "invite ack invite bye");
	end_hold();
	expect_level(0);
	new.cseq++;
	ue_request(&fx, &new);
	expect(401);
	ck_assert_int_eq(ptt_metric_get(PTT_METRIC_JOINS, "shed"), shed + 1);
}
END_TEST

/* A join challenged before the overload is admitted at the first level, but not at the second. */
START_TEST(who_was_challenged)
{
	struct ue_request rq = {.method = "INVITE", .call_id = "early", .cseq = 1};
	char challenge[sizeof(fx.in)];

	open_with(_i ? 1 : 2);
	ue_request(&fx, &rq);
	expect(401);
	memcpy(challenge, fx.in, sizeof(challenge));
	hold_one("held");
	expect_level(_i ? 2 : 1);
	memcpy(fx.in, challenge, sizeof(challenge));
	rq.cseq = 2;
	if (_i == 0)
		fx.hold = false;
	ue_request_auth(&fx, &rq, NULL);
	if (_i)
		expect_shed();
	else
		expect(200);
	fx.hold = false;
}
END_TEST

static bool at_the_socket(void)
{
	return strncmp(ue_to_tag(&fx), "shed", 4) == 0;
}

/* Too many requests waited, and no longer do: an admitted join gets its challenge at the socket,
 * without Sofia, and joins like any other. */
START_TEST(who_is_let_in_is_challenged_at_the_socket)
{
	struct ue_request rq = {.method = "INVITE", .call_id = "new", .cseq = 1};
	int64_t challenged = ptt_metric_get(PTT_METRIC_JOINS, "challenged");

	open_with(2);
	hold_one("held");
	expect_level(1);
	end_hold();
	fixture_step(&fx, 2 * PTT_OVERLOAD_TICK_MS);
	ue_request(&fx, &rq);
	expect_of("new", 401);
	ck_assert(at_the_socket());
	ck_assert_int_eq(ptt_metric_get(PTT_METRIC_JOINS, "challenged"), challenged + 2);
	ck_assert_ptr_nonnull(strstr(fx.in, "algorithm=MD5"));
	ck_assert_ptr_nonnull(strstr(fx.in, "algorithm=SHA-256"));
	rq.cseq = 2;
	ue_request_auth(&fx, &rq, NULL);
	expect_of("new", 200);
	ck_assert(!at_the_socket());
}
END_TEST

/* A repeat of a request that waits is not refused. */
START_TEST(a_repeated_invite_is_no_new_one)
{
	struct ue_request rq = {.method = "INVITE", .call_id = "held", .cseq = 1};
	int64_t shed = ptt_metric_get(PTT_METRIC_JOINS, "shed");

	open_with(1);
	ue_request(&fx, &rq);
	ue_expect(&fx, 401);
	rq.cseq = 2;
	fx.hold = true;
	ue_request_auth(&fx, &rq, NULL);
	expect_level(2);
	fx.nc--; /* the same request again */
	ue_request_auth(&fx, &rq, NULL);
	end_hold();
	ck_assert_int_eq(ptt_metric_get(PTT_METRIC_JOINS, "shed"), shed);
}
END_TEST

/* A re-key sheds all joins but no request in a dialog, and only while it is under way. */
START_TEST(a_rekey_has_the_thread)
{
	struct ue_request new = {.method = "INVITE", .call_id = "new", .cseq = 1};
	struct ue_request again = {.method = "INVITE", .call_id = "in", .cseq = 3};
	char challenge[sizeof(fx.in)], tag[64];

	open_with(2);
	ue_join(&fx, "in", tag);
	ue_request(&fx, &new);
	expect(401);
	memcpy(challenge, fx.in, sizeof(challenge));
	fx.rekeying = true; /* without an overload nothing is shed */
	hold_one("held");
	expect_level(1);
	memcpy(fx.in, challenge, sizeof(challenge));
	new.cseq = 2;
	ue_request_auth(&fx, &new, NULL);
	expect_shed();
	ck_assert(at_the_socket());
	again.to_tag = tag;
	ue_request(&fx, &again);
	expect_of("in", 401);
	fx.rekeying = false;
	new.cseq = 3;
	end_hold();
	fixture_step(&fx, 2 * PTT_OVERLOAD_TICK_MS);
	memcpy(fx.in, challenge, sizeof(challenge));
	ue_request_auth(&fx, &new, NULL);
	expect(200);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("sip overload");

	tcase_add_checked_fixture(tc, NULL, close_one);
	tcase_add_test(tc, new_joins_are_shed_and_nothing_else);
	tcase_add_loop_test(tc, who_was_challenged, 0, 2);
	tcase_add_test(tc, who_is_let_in_is_challenged_at_the_socket);
	tcase_add_test(tc, a_repeated_invite_is_no_new_one);
	tcase_add_test(tc, a_rekey_has_the_thread);
	return check_run_case("sip overload", tc);
}
