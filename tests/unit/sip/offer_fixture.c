/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/sip/offer_fixture.h"

#include "tests/unit/check_main.h"

struct fixture offers_fx;
char tag[64];
enum ptt_udp_io udp_io;

void open_with(const struct ptt_sip_options *options)
{
	struct ptt_sip_options opt = *options;

	opt.udp_io = udp_io;
	fixture_open(&offers_fx, &opt);
	ue_join(&offers_fx, "c1", tag);
	offers_fx.heard[0] = '\0';
}

void offers_set_up(void)
{
	/* T1 is long enough for a busy host. */
	const struct ptt_sip_options options = {.t1_ms = 100};

	open_with(&options);
}

void set_up_tport(void)
{
	udp_io = PTT_UDP_TPORT;
	offers_set_up();
}

void set_up_peek(void)
{
	udp_io = PTT_UDP_PEEK;
	offers_set_up();
}

void offers_tear_down(void)
{
	fixture_close(&offers_fx);
}

void offer(const char *body, uint32_t cookie)
{
	ck_assert_int_eq(ptt_sip_offer(offers_fx.dialog, body, strlen(body), cookie), PTT_OK);
}

void expect_method(const char *method)
{
	size_t len = strlen(method);

	ck_assert_msg(ue_recv(&offers_fx), "%s expected, nothing came", method);
	/* T1 is short here, so copies of the INVITE may come before its ACK. */
	while (strcmp(method, "ACK") == 0 && strncmp(offers_fx.in, "INVITE ", 7) == 0)
		ck_assert_msg(ue_recv(&offers_fx), "%s expected, but copies came", method);
	ck_assert_msg(strncmp(offers_fx.in, method, len) == 0 && offers_fx.in[len] == ' ',
		"%s expected, but:\n%s", method, offers_fx.in);
}

void offer_seen(char request[sizeof(offers_fx.in)])
{
	offer("v=0\r\n", 1);
	expect_method("INVITE");
	memcpy(request, offers_fx.in, sizeof(offers_fx.in));
}

void offer_taken(char request[sizeof(offers_fx.in)])
{
	offer_seen(request);
	ue_answer_to(&offers_fx, request, 100, "", "");
	fixture_step(&offers_fx, 10);
}

int offer_given_up(const char *copy)
{
	int copies = 0;

	while (!offers_fx.heard[0] && ue_recv(&offers_fx)) {
		if (copy)
			ck_assert_mem_eq(offers_fx.in, copy, offers_fx.in_len);
		copies++;
	}
	while (!ue_silent(&offers_fx, 10)) {
		ue_recv(&offers_fx);
		copies++;
	}
	fixture_step(&offers_fx, 100);
	ck_assert_str_eq(offers_fx.heard, "offer-408");
	ck_assert(offers_fx.result.timed_out);
	ptt_sip_drop(offers_fx.dialog);
	ck_assert_uint_eq(ptt_sip_pending(offers_fx.sip), 0);
	return copies;
}

int run_each_way(const char *name, void (*add)(TCase *tc))
{
	static const struct {
		const char *name;
		void (*open)(void);
	} ways[] = {{"batch", offers_set_up}, {"tport", set_up_tport}, {"peek", set_up_peek}};
	Suite *s = suite_create(name);

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		TCase *tc = tcase_create(ways[i].name);

		tcase_set_timeout(tc, 30);
		tcase_add_checked_fixture(tc, ways[i].open, offers_tear_down);
		add(tc);
		suite_add_tcase(s, tc);
	}
	return check_run(s);
}
