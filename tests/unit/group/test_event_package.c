/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Subscriptions to the conference event package as a watcher on a
 * socket sees them (RFC 6665, 4575). */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "module/base/clock.h"
#include "tests/unit/check_main.h"
#include "tests/unit/group/event_group.h"
#include "tests/unit/sip/sip_fixture.h"

#define EVENT "Event: conference\r\n"

static const struct ptt_sip_events events = {
	.on_subscribe = ptt_event_on_subscribe,
	.on_notified = ptt_event_on_notified,
};

static struct fixture fx;
static char tag[64];
static unsigned cseq;

static void set_up(void)
{
	struct ptt_sip_options options = {.events = &events, .ctx = &event_group.env};

	event_group_open(FIXTURE_GROUP);
	fixture_open(&fx, &options);
	event_group.env.root = fx.root;
	tag[0] = '\0';
	cseq = 0;
}

static void tear_down(void)
{
	event_group_close();
	fixture_close(&fx);
}

/* SUBSCRIBE in the dialog that tag says, or a new one; challenged once. */
static void subscribe(const char *call_id, const char *headers, int status)
{
	struct ue_request rq = {
		.method = "SUBSCRIBE", .call_id = call_id, .headers = headers, .to_tag = tag};

	rq.cseq = ++cseq;
	fx.in[0] = '\0';
	ue_challenged(&fx, &rq);
	cseq = rq.cseq;
	ue_expect(&fx, status);
	if (status == 200)
		snprintf(tag, sizeof(tag), "%s", ue_to_tag(&fx));
}

/* The next NOTIFY, answered. */
static void expect_notify(const char *state, int answer)
{
	ck_assert_msg(ue_recv(&fx), "no NOTIFY");
	ck_assert_msg(strncmp(fx.in, "NOTIFY ", 7) == 0, "no NOTIFY but:\n%s", fx.in);
	ck_assert_msg(strncmp(ue_header(&fx, "Subscription-State"), state, strlen(state)) == 0,
		"%s expected, but:\n%s", state, fx.in);
	ue_answer(&fx, answer, "", "");
}

static void has(const char *text)
{
	ck_assert_msg(strstr(ue_body(&fx), text) != NULL, "%s expected, but:\n%s", text, fx.in);
}

static void follow(const char *call_id)
{
	subscribe(call_id, EVENT "Expires: 600\r\n", 200);
	expect_notify("active;expires=600", 200);
	has("state=\"full\" version=\"1\"");
}

START_TEST(sees_all)
{
	struct ptt_member *anna = event_group_join("sip:anna@x"), *ben;

	subscribe("all", EVENT "Expires: 600\r\nAccept: application/conference-info+xml\r\n", 200);
	ck_assert_str_eq(ue_header(&fx, "Expires"), "600");
	ck_assert_str_eq(ue_header(&fx, "Allow-Events"), "conference");
	expect_notify("active;expires=600", 200);
	ck_assert_str_eq(ue_header(&fx, "Event"), "conference");
	ck_assert_str_eq(ue_header(&fx, "Content-Type"), "application/conference-info+xml");
	ck_assert_ptr_nonnull(strstr(ue_header(&fx, "To"), "tag=ue"));
	ck_assert_ptr_nonnull(strstr(ue_header(&fx, "From"), tag));
	has("state=\"full\" version=\"1\"");
	has("\"sip:anna@x\"");
	ben = event_group_join("sip:ben@x");
	expect_notify("active", 200);
	has("state=\"partial\" version=\"2\"");
	has("<status>connected</status>");
	has("<when>2023-11-14T22:13:20Z</when>");
	ck_assert_ptr_null(strstr(ue_body(&fx), "anna"));
	event_group_leave(anna, PTT_EVENT_DEPARTED);
	expect_notify("active", 200);
	has("version=\"3\"");
	has("<disconnection-method>departed<");
	event_group_leave(ben, PTT_EVENT_BOOTED);
	expect_notify("active", 200);
	has("version=\"4\"");
	has("<disconnection-method>booted<");
	ck_assert(ue_silent(&fx, 300));
}
END_TEST

/* RFC 6665 4.2.1: each SUBSCRIBE is followed by the whole state; Expires 0 ends it. */
START_TEST(refresh_and_end)
{
	struct ue_request again = {.method = "SUBSCRIBE", .call_id = "refresh", .headers = EVENT};

	follow("refresh");
	event_group_join("sip:anna@x");
	expect_notify("active", 200);
	subscribe("refresh", EVENT, 200);
	ck_assert_str_eq(ue_header(&fx, "Expires"), "3600");
	expect_notify("active;expires=3600", 200);
	has("state=\"full\" version=\"3\"");
	has("anna");
	subscribe("refresh", EVENT "Expires: 0\r\n", 200);
	ck_assert_str_eq(ue_header(&fx, "Expires"), "0");
	expect_notify("terminated;reason=timeout", 200);
	has("state=\"full\" version=\"4\"");
	event_group_join("sip:ben@x");
	ck_assert(ue_silent(&fx, 300));
	again.to_tag = tag;
	again.cseq = ++cseq;
	ue_request(&fx, &again);
	ue_expect(&fx, 481);
	ck_assert_uint_eq(ptt_sip_pending(fx.sip), 0);
}
END_TEST

/* RFC 6665 4.4.3: the state once. */
START_TEST(fetch)
{
	char name[10][24];

	for (size_t i = 0; i < 10; i++) {
		snprintf(name[i], sizeof(name[i]), "sip:member-%zu@x", i);
		event_group_join(name[i]);
	}
	subscribe("fetch", "Event: conference;id=a1\r\nExpires: 0\r\n", 200);
	expect_notify("terminated;reason=timeout", 200);
	ck_assert_str_eq(ue_header(&fx, "Event"), "conference;id=a1");
	for (size_t i = 0; i < 10; i++)
		has(name[i]);
	event_group_join("sip:late@x");
	ck_assert(ue_silent(&fx, 300));
}
END_TEST

START_TEST(refused)
{
	static const struct {
		const char *headers;
		int status;
		const char *name, *value;
	} want[] = {
		{EVENT "Expires: 59\r\n", 423, "Min-Expires", "60"},
		{"Event: presence\r\n", 489, "Allow-Events", "conference"},
		{"", 489, "Allow-Events", "conference"},
		{EVENT "Accept: application/pidf+xml\r\n", 406, "Accept",
			"application/conference-info+xml"},
		{"Event: conference;id=\"a\"\r\n", 400, "Event", ""},
	};
	struct ue_request rq = {
		.method = "SUBSCRIBE", .call_id = "odd", .cseq = 1, .headers = want[_i].headers};

	ue_request(&fx, &rq);
	ue_expect(&fx, want[_i].status);
	ck_assert_str_eq(ue_header(&fx, want[_i].name), want[_i].value);
	ck_assert(ue_silent(&fx, 50));
}
END_TEST

START_TEST(not_allowed)
{
	uint32_t subject;

	if (_i == 0) {
		event_group.config.members_any = false;
	} else {
		ck_assert_int_eq(
			ptt_roster_subject(&subject, event_group.group.roster, "u1@example.org"),
			PTT_OK);
		ptt_roster_set_ban(event_group.group.roster, subject, true);
	}
	subscribe("stranger", EVENT, 403);
	ck_assert(ue_silent(&fx, 50));
}
END_TEST

START_TEST(options_say_so)
{
	struct ue_request rq = {.method = "OPTIONS", .call_id = "options", .cseq = 1};

	ue_request(&fx, &rq);
	ue_expect(&fx, 200);
	ck_assert_str_eq(ue_header(&fx, "Allow-Events"), "conference");
}
END_TEST

/* The watcher is put out of the group, or out of its configuration. */
START_TEST(watcher_goes)
{
	uint32_t subject;

	follow("expel");
	ck_assert_int_eq(
		ptt_roster_subject(&subject, event_group.group.roster, "u1@example.org"), PTT_OK);
	if (_i == 0) {
		ptt_event_expelled(&event_group.group, subject);
		expect_notify("terminated;reason=rejected", 200);
	} else {
		event_group.config.members_any = false;
		ptt_event_reconfigured(&event_group.group);
		expect_notify("terminated;reason=deactivated", 200);
	}
	event_group_join("sip:anna@x");
	ck_assert(ue_silent(&fx, 300));
}
END_TEST

/* RFC 6665 4.2.2: one that knows nothing of it is told nothing more;
 * nor is one that never answers. */
START_TEST(notify_refused)
{
	unsigned copies = 0;

	follow("gone");
	event_group_join("sip:anna@x");
	if (_i == 0) {
		expect_notify("active", 481);
	} else {
		while (ue_recv(&fx))
			ck_assert_uint_lt(++copies, 20);
		ck_assert_uint_gt(copies, 1);
	}
	fixture_step(&fx, 300);
	event_group_join("sip:ben@x");
	ck_assert(ue_silent(&fx, 300));
	ck_assert_uint_eq(ptt_sip_pending(fx.sip), 0);
}
END_TEST

static size_t users_of(const char *text)
{
	size_t count = 0;

	for (; (text = strstr(text, "<user ")) != NULL; text++)
		count++;
	return count;
}

/* A storm: few datagrams, none over 1300 bytes, nothing lost, versions without a gap. */
START_TEST(storm)
{
	char name[24], version[24];
	size_t users = 0;
	unsigned notifies = 0;
	int64_t begin, took;

	follow("storm");
	begin = ptt_clock_ms();
	for (unsigned i = 0; i < 12; i++) {
		snprintf(name, sizeof(name), "sip:member-%u@x", i);
		event_group_join(name);
	}
	while (users < 12) {
		expect_notify("active", 200);
		ck_assert_uint_le(fx.in_len, 1300);
		snprintf(version, sizeof(version), "version=\"%u\"", 2 + notifies++);
		has(version);
		users += users_of(ue_body(&fx));
	}
	took = ptt_clock_ms() - begin;
	ck_assert_uint_eq(users, 12);
	ck_assert_uint_lt(notifies, 12);
	ck_assert_int_ge(took, (notifies - 1) * PTT_EVENT_INTERVAL_MS);
}
END_TEST

/* Who falls behind gets the whole list again. */
START_TEST(log_overflows)
{
	struct ptt_member *last = NULL;

	follow("behind");
	for (unsigned i = 0; i <= PTT_EVENT_LOG; i++) {
		if (last)
			event_group_leave(last, PTT_EVENT_DEPARTED);
		last = event_group_join("sip:restless@x");
	}
	expect_notify("active", 200);
	has("state=\"full\" version=\"2\"");
	ck_assert_uint_eq(users_of(ue_body(&fx)), 1);
	ck_assert(ue_silent(&fx, 600));
}
END_TEST

/* His fifth ends his first. */
START_TEST(too_many_of_one)
{
	char call_id[8];

	for (unsigned i = 0; i < PTT_EVENT_OF_ONE_MAX; i++) {
		snprintf(call_id, sizeof(call_id), "many-%u", i);
		tag[0] = '\0';
		follow(call_id);
	}
	tag[0] = '\0';
	cseq++;
	fx.in[0] = '\0';
	ue_request(&fx,
		&(struct ue_request){
			.method = "SUBSCRIBE", .call_id = "more", .cseq = cseq, .headers = EVENT});
	ue_expect(&fx, 401);
	cseq++;
	ue_request_auth(&fx,
		&(struct ue_request){
			.method = "SUBSCRIBE", .call_id = "more", .cseq = cseq, .headers = EVENT},
		NULL);
	expect_notify("terminated;reason=rejected", 200);
	ck_assert_str_eq(ue_header(&fx, "Call-ID"), "many-0");
	ue_expect(&fx, 200);
	expect_notify("active", 200);
	ck_assert_str_eq(ue_header(&fx, "Call-ID"), "more");
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("event_package");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, sees_all);
	tcase_add_test(tc, refresh_and_end);
	tcase_add_test(tc, fetch);
	tcase_add_loop_test(tc, refused, 0, 5);
	tcase_add_loop_test(tc, not_allowed, 0, 2);
	tcase_add_test(tc, options_say_so);
	tcase_add_loop_test(tc, watcher_goes, 0, 2);
	tcase_add_loop_test(tc, notify_refused, 0, 2);
	tcase_add_test(tc, storm);
	tcase_add_test(tc, log_overflows);
	tcase_add_test(tc, too_many_of_one);
	return check_run_case("event_package", tc);
}
