/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/rekey_fixture.h"

#include "tests/unit/check_main.h"

struct fixture fx;
char tag[64];
enum ptt_udp_io udp_io;

void open_with(const struct ptt_sip_options *options)
{
	struct ptt_sip_options opt = *options;

	opt.udp_io = udp_io;
	fixture_open(&fx, &opt);
	ue_join(&fx, "c1", tag);
	fx.heard[0] = '\0';
}

void set_up(void)
{
	/* Copies come late enough for a busy host. */
	const struct ptt_sip_options options = {.t1_ms = 100};

	open_with(&options);
}

void set_up_tport(void)
{
	udp_io = PTT_UDP_TPORT;
	set_up();
}

void set_up_peek(void)
{
	udp_io = PTT_UDP_PEEK;
	set_up();
}

void tear_down(void)
{
	fixture_close(&fx);
}

void offer(const char *body, uint32_t cookie)
{
	ck_assert_int_eq(ptt_sip_offer(fx.dialog, body, strlen(body), cookie), PTT_OK);
}

void expect_method(const char *method)
{
	size_t len = strlen(method);

	ck_assert_msg(ue_recv(&fx), "%s expected, nothing came", method);
	/* Copies of the request that it acknowledges may have been on their way: T1 is short here. */
	while (strcmp(method, "ACK") == 0 && strncmp(fx.in, "INVITE ", 7) == 0)
		ck_assert_msg(ue_recv(&fx), "%s expected, but copies came", method);
	ck_assert_msg(strncmp(fx.in, method, len) == 0 && fx.in[len] == ' ',
		"%s expected, but:\n%s", method, fx.in);
}

void offer_seen(char request[sizeof fx.in])
{
	offer("v=0\r\n", 1);
	expect_method("INVITE");
	memcpy(request, fx.in, sizeof fx.in);
}

void offer_taken(char request[sizeof fx.in])
{
	offer_seen(request);
	ue_answer_to(&fx, request, 100, "", "");
	fixture_step(&fx, 10);
}

int offer_given_up(const char *copy)
{
	int copies = 0;

	while (!fx.heard[0] && ue_recv(&fx)) {
		if (copy != NULL)
			ck_assert_mem_eq(fx.in, copy, fx.in_len);
		copies++;
	}
	while (!ue_silent(&fx, 10)) {
		ue_recv(&fx);
		copies++;
	}
	fixture_step(&fx, 100);
	ck_assert_str_eq(fx.heard, "offer-408");
	ck_assert(fx.result.timed_out);
	ptt_sip_drop(fx.dialog);
	ck_assert_uint_eq(ptt_sip_pending(fx.sip), 0);
	return copies;
}

int run_each_way(const char *name, void (*add)(TCase *tc))
{
	static const struct {
		const char *name;
		void (*open)(void);
	} ways[] = {{"batch", set_up}, {"tport", set_up_tport}, {"peek", set_up_peek}};
	Suite *s = suite_create(name);

	for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
		TCase *tc = tcase_create(ways[i].name);

		tcase_set_timeout(tc, 30);
		tcase_add_checked_fixture(tc, ways[i].open, tear_down);
		add(tc);
		suite_add_tcase(s, tc);
	}
	return check_run(s);
}
