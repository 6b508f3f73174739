/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RFC 3261 19.1.4 and RFC 3966 say which texts are one URI. */
#include <string.h>

#include "module/base/uri.h"
#include "tests/unit/check_main.h"

static const struct {
	const char *text, *form; /* NULL: MALFORMED */
} forms[] = {
	{"sip:alice@example.org", "sip:alice@example.org"},
	{"SIP:alice@EXAMPLE.org", "sip:alice@example.org"},
	{"sips:alice@example.org", "sip:alice@example.org"},
	{"sip:alice@example.org:5060", "sip:alice@example.org"},
	{"sips:alice@example.org:5061", "sip:alice@example.org"},
	{"sip:alice@example.org:5061", "sip:alice@example.org:5061"},
	{"sip:alice@example.org:05070", "sip:alice@example.org:5070"},
	{"sip:alice@example.org.", "sip:alice@example.org"},
	{"sip:Alice@example.org", "sip:Alice@example.org"},
	{"sip:%61lice@example.org", "sip:alice@example.org"},
	{"sip:al%2fice%3b@example.org", "sip:al%2Fice%3B@example.org"},
	{"sip:%2561lice@example.org", "sip:%2561lice@example.org"},
	{"sip:a%00b@example.org", "sip:a%00b@example.org"},
	{"sip:alice@example.org;transport=tcp;x=1", "sip:alice@example.org"},
	{"sip:alice@example.org?Subject=x", "sip:alice@example.org"},
	{"sip:+358-55;phone-context=X@example.org;user=phone",
		"sip:+358-55;phone-context=X@example.org"},
	{"sip:alice:secret@example.org", "sip:alice:secret@example.org"},
	{"sip:alice@[2001:DB8::1]:5060", "sip:alice@[2001:db8::1]"},
	{"sip:example.org", "sip:example.org"},
	{"tel:+358-555-1234567", "tel:+3585551234567"},
	{"TEL:+358(555)1234.567", "tel:+3585551234567"},
	{"tel:863-1234;phone-context=EXAMPLE.com", "tel:8631234;phone-context=example.com"},
	{"", NULL},
	{"alice", NULL},
	{"sip:", NULL},
	{"sip:@example.org", NULL},
	{"sip:alice@", NULL},
	{"sip:alice@.", NULL},
	{"sip:al ice@example.org", NULL},
	{"sip:al%6@example.org", NULL},
	{"sip:al%zz@example.org", NULL},
	{"sip:alice@example.org:0", NULL},
	{"sip:alice@example.org:65536", NULL},
	{"sip:alice@example.org>", NULL},
	{"sip:alice@exa\xc3\xa4mple.org", NULL},
	{"sip:alice@bob@example.org", NULL},
	{"sip:alice@[::1", NULL},
	{"tel:", NULL},
	{"tel:--", NULL},
	{"tel:12+3", NULL},
	{"http://example.org", NULL},
};

START_TEST(has_one_form)
{
	char out[PTT_URI_SIZE] = "unchanged";
	enum ptt_err err = ptt_uri_canonical(out, sizeof(out), forms[_i].text);

	if (forms[_i].form) {
		ck_assert_int_eq(err, PTT_OK);
		ck_assert_str_eq(out, forms[_i].form);
		ck_assert_int_eq(ptt_uri_canonical(out, sizeof(out), out), PTT_OK);
		ck_assert_str_eq(out, forms[_i].form);
		ck_assert(ptt_uri_same(forms[_i].text, forms[_i].form));
	} else {
		ck_assert_int_eq(err, PTT_ERR_MALFORMED);
		ck_assert_str_eq(out, "unchanged");
	}
}
END_TEST

START_TEST(tells_users_apart)
{
	ck_assert(!ptt_uri_same("sip:alice@example.org", "sip:Alice@example.org"));
	ck_assert(!ptt_uri_same("sip:a;x=1@example.org", "sip:a@example.org"));
	ck_assert(!ptt_uri_same("sip:alice@example.org", "tel:+1"));
	ck_assert(!ptt_uri_same("no uri", "no uri"));
}
END_TEST

START_TEST(ends_with_its_space)
{
	char out[PTT_URI_SIZE], text[PTT_URI_SIZE + 32] = "sip:";

	ck_assert_int_eq(ptt_uri_canonical(out, 21, "sip:a@example.org"), PTT_OK);
	ck_assert_int_eq(ptt_uri_canonical(out, 17, "sip:a@example.org"), PTT_ERR_NO_SPACE);
	memset(text + 4, 'a', PTT_URI_SIZE);
	strcpy(text + 4 + PTT_URI_SIZE, "@x");
	ck_assert_int_eq(ptt_uri_canonical(out, sizeof(out), text), PTT_ERR_NO_SPACE);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("uri");

	tcase_add_loop_test(tc, has_one_form, 0, sizeof(forms) / sizeof(forms[0]));
	tcase_add_test(tc, tells_users_apart);
	tcase_add_test(tc, ends_with_its_space);
	return check_run_case("uri", tc);
}
