/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where Sofia sends a response, told by the copy of the Via that it answers by. */
#include <string.h>

#include <sofia-sip/msg_addr.h>
#include <sofia-sip/msg_header.h>
#include <sofia-sip/msg_buffer.h>
#include <sofia-sip/nta.h>
#include <sofia-sip/nta_tport.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/su_wait.h>

#include "module/base/via_class.h"
#include "tests/unit/check_main.h"

static su_root_t *root;
static nta_agent_t *agent;

static void set_up(void)
{
	su_init();
	root = su_root_create(NULL);
	agent = nta_agent_create(root, (url_string_t *)-1, NULL, NULL, TAG_END());
	ck_assert_ptr_nonnull(agent);
	ck_assert_ptr_nonnull(ptt_via_class());
	ck_assert_int_eq(nta_agent_set_params(agent, NTATAG_MCLASS(ptt_via_class()), TAG_END()), 1);
}

static void tear_down(void)
{
	nta_agent_destroy(agent);
	su_root_destroy(root);
	su_deinit();
}

/* The message with these Via lines, as the agent reads it. */
static msg_t *read_message(const char *vias)
{
	char text[1024];
	int len = snprintf(text, sizeof(text),
		"OPTIONS sip:x@192.0.2.1 SIP/2.0\r\n%sFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\n"
		"Call-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
		vias);
	msg_t *msg = nta_msg_create(agent, 0);
	su_iovec_t iov[1];

	ck_assert_int_gt(msg_recv_iovec(msg, iov, 1, (usize_t)len, 1), 0);
	memcpy(iov[0].siv_base, text, (size_t)len);
	msg_recv_commit(msg, (usize_t)len, 1);
	ck_assert_int_gt(msg_extract(msg), 0);
	return msg;
}

static const struct {
	const char *vias;
	const char *maddr[3]; /* of each, as read */
	size_t count;
} cases[] = {
	{"Via: SIP/2.0/UDP h:1;branch=z9hG4bKa\r\n", {NULL}, 1},
	{"Via: SIP/2.0/UDP h:1;branch=z9hG4bKa;maddr=evil.example.com\r\n", {NULL}, 1},
	{"v: SIP/2.0/UDP h:1;MADDR=192.0.2.9;branch=z9hG4bKa;rport\r\n", {NULL}, 1},
	{"Via: SIP/2.0/UDP h:1;maddr=a;branch=z9hG4bKa;maddr=b;maddr\r\n", {NULL}, 1},
	{"Via: SIP/2.0/UDP h:1;branch=z9hG4bKa;maddr=a\r\nVia: SIP/2.0/UDP p;maddr=b\r\n",
		{NULL, "b"}, 2},
	{"Via: SIP/2.0/UDP h:1;branch=z9hG4bKa;maddr=a, SIP/2.0/UDP p;maddr=b,SIP/2.0/TCP "
	 "q;maddr=c\r\n",
		{NULL, "b", "c"}, 3},
	{"Via: SIP/2.0/UDP h:1;branch=z9hG4bKa;xmaddr=a;maddrx=b\r\n", {NULL}, 1},
};

START_TEST(topmost_loses_maddr)
{
	msg_t *msg = read_message(cases[_i].vias);
	const sip_t *sip = sip_object(msg);
	su_home_t home[1] = {SU_HOME_INIT(home)};
	const sip_via_t *via = sip_via_copy(home, sip->sip_via);

	for (size_t i = 0; i < cases[_i].count; i++, via = via->v_next) {
		ck_assert_ptr_nonnull(via);
		if (cases[_i].maddr[i])
			ck_assert_str_eq(via->v_maddr, cases[_i].maddr[i]);
		else
			ck_assert_ptr_null(via->v_maddr);
		if (i == 0)
			ck_assert_str_eq(via->v_branch, "z9hG4bKa");
	}
	ck_assert_ptr_null(via);
	su_home_deinit(home);
	msg_destroy(msg);
}
END_TEST

START_TEST(own_headers_go_in_too)
{
	msg_t *msg = read_message("Via: SIP/2.0/UDP h:1;branch=z9hG4bKa\r\n"), *copy;
	sip_t *sip = sip_object(msg);
	sip_via_t *own = sip_via_make(msg_home(msg), "SIP/2.0/UDP o;branch=z9hG4bKo");

	ck_assert_int_eq(msg_header_insert(msg, (msg_pub_t *)sip, (msg_header_t *)own), 0);
	ck_assert_str_eq(sip->sip_via->v_host, "o");
	ck_assert_str_eq(sip->sip_via->v_next->v_host, "h");
	copy = msg_dup(msg);
	ck_assert_str_eq(sip_object(copy)->sip_via->v_next->v_host, "h");
	msg_destroy(copy);
	msg_destroy(msg);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("via_class");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_loop_test(tc, topmost_loses_maddr, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tc, own_headers_go_in_too);
	return check_run_case("via_class", tc);
}
