/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/rekey_fixture.h"

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
	const struct ptt_sip_options options = {.t1_ms = 100}; /* copies come late enough for a busy host */

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
	ck_assert_msg(strncmp(fx.in, method, len) == 0 && fx.in[len] == ' ',
		"%s expected, but:\n%s", method, fx.in);
}
