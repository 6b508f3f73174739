/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bad configuration files: the line that is wrong, and what is accepted there. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/check_main.h"
#include "tests/unit/config/config_fixture.h"

/** A bad file, the line the error must name, and a part of its text. */
static const struct bad {
	const char *settings;
	unsigned line; /**< 0: none */
	const char *part;
} bads[] = {
	{"", 0, "\"listen\" is missing"},
	{LISTEN BSF PLMN STORE, 0, "\"naf\" is missing"},
	{LISTEN NAF BSF STORE, 0, "\"plmn\" is missing"},
	{LISTEN NAF BSF PLMN, 0, "\"store\" is missing"},
	{LISTEN NAF PLMN STORE, 2, "\"bsf\" is missing"},
	{HEAD "colour = 3;\n", 6, "unknown setting \"colour\"; accepted: listen, tls, naf"},
	{HEAD "listen = [ \"sip:1.2.3.4\" ];\n", 6, "duplicate"},
	{HEAD "drain_s = \"5\";\n", 6, "accepted: a number, 0 to 3600"},
	{HEAD "overload = { retry_after_s = 0; };\n", 6, "accepted: a number, 1 to 3600"},
	{HEAD "overload = { lag_ms = 19; };\n", 6, "accepted: 0 (off), or 20 to 60000"},
	{HEAD "overload = { lag_ms = 60001; };\n", 6, "accepted: a number, 0 to 60000"},
	{HEAD "udp_io = \"fast\";\n", 6, "accepted: batch|tport|peek"},
	{HEAD "drain_s = -1;\n", 6, "accepted: a number, 0 to 3600"},
	{HEAD "drain_s = 99999999999L;\n", 6, "accepted: a number"},
	{HEAD "drain_s = \n", 0, "syntax error"},
	{HEAD "log = { level = \"loud\"; };\n", 6, "accepted: debug|info|warn|error"},
	{HEAD "log = 3;\n", 6, "accepted: settings in braces"},
	{HEAD "metrics = \"9464\";\n", 6, "accepted: ADDRESS:PORT"},
	{HEAD "metrics = \"127.0.0.1:99999\";\n", 6, "accepted: ADDRESS:PORT"},
	{HEAD "control = \"\";\n", 6, "not empty"},
	{HEAD "media = { ports = [ 3000 ]; };\n", 6, "LOWEST, HIGHEST"},
	{HEAD "media = { ports = [ 3000, 2000 ]; };\n", 6, "LOWEST below HIGHEST"},
	{HEAD "media = { ports = [ 3000, 70000 ]; };\n", 6, "1024 to 65535"},
	{HEAD "media = { address = \"233.252.0.1\"; };\n", 6, "unicast"},
	{HEAD "groups = 3;\n", 6, "groups"},
	{HEAD "groups = ( 3 );\n", 6, "accepted: settings in braces"},
	{HEAD "groups = (\n{ uri = \"sip:a@x\"; members = []; } );\n", 7, "\"channel\" is missing"},
	{HEAD "groups = ( { uri = \"alpha\"; } );\n", 6, "accepted: sip:user@host"},
	{"listen = [];\n", 1, "1 to 16 SIP URIs"},
	{"listen = [ \"127.0.0.1:5060\" ];\n", 1, "sip:ADDRESS:PORT"},
	{"listen = [ \"sip:127.0.0.1:5060;transport=sctp\" ];\n", 1, "sip:ADDRESS:PORT"},
	{"listen = [ \"sip:127.0.0.1:5060000\" ];\n", 1, "sip:ADDRESS:PORT"},
	{"listen = [ 3 ];\n", 1, "a text in quotes"},
	{"listen = [ \"sips:127.0.0.1\" ];\n" NAF BSF PLMN STORE, 1, "\"tls\" is missing"},
	{LISTEN "naf = { fqdn = \"pf 1\"; };\n", 2, "a host name"},
	{LISTEN "naf = { };\n", 2, "\"fqdn\" is missing in naf"},
	{LISTEN "naf = { fqdn = \"pf\"; source = \"smoke\"; };\n", 2, "embedded|diameter|rest"},
	{LISTEN "naf = { fqdn = \"pf\"; source = \"diameter\"; };\n" PLMN STORE, 2,
		"\"diameter\" is missing"},
	{LISTEN "naf = { fqdn = \"pf\"; source = \"rest\"; };\n" PLMN STORE, 2,
		"\"url\" is missing"},
	{LISTEN "naf = { fqdn = \"pf\"; source = \"rest\"; url = \"ftp://x\"; };\n" PLMN STORE, 2,
		"http://HOST"},
	{LISTEN "naf = { fqdn = \"pf\"; source = \"rest\"; url = \"http://x\"; };\n" BSF PLMN STORE,
		3, "\"embedded\" only"},
	{LISTEN "naf = { fqdn = \"pf\"; digest = [ \"MD5\", \"MD5\" ]; };\n", 2, "each once"},
	{LISTEN "naf = { fqdn = \"pf\"; digest = [ \"SHA-1\" ]; };\n", 2, "\"SHA-256\""},
	{LISTEN NAF BSF "plmn = \"00101\";\n", 4, "MCC-MNC"},
	{LISTEN NAF BSF "plmn = \"00a-01\";\n", 4, "MCC-MNC"},
	{LISTEN NAF BSF PLMN
		"store = { type = \"postgresql\"; path = \"x\"; kek_file = \"y\"; };\n",
		5, "sqlite"},
	{LISTEN NAF BSF PLMN "store = { path = \"x\"; };\n", 5, "\"kek_file\" is missing"},
	{ONE_GROUP("policy = { on_leave = \"perhaps\"; };\n"), 9, "on_leave"},
	{ONE_GROUP("policy = { cutover_ms = -1; };\n"), 9, "cutover_ms"},
	{ONE_GROUP("policy = { colour = 1; };\n"), 9, "\"colour\"; accepted: the policy settings"},
	{ONE_GROUP("policy = { period_s = \"3\"; };\n"), 9, "period_s must be 0 to 31536000"},
	{ONE_GROUP("policy = { period_s = 3600.5; };\n"), 9, "period_s must be 0 to 31536000"},
	{ONE_GROUP("policy = { on_leave = 1; };\n"), 9, "on_leave must be"},
	{ONE_GROUP("policy = 4;\n"), 9, "braces"},
	{ONE_GROUP("owners = [ \"boss\" ];\n"), 9, "bad entry \"boss\""},
	{ONE_GROUP("owners = \"sip:boss@x\";\n"), 9, "a list"},
	{ONE_GROUP("key_group = 0;\n"), 9, "1 to 65535"},
	{ONE_GROUP("floor = { queue = 33; };\n"), 9, "0 to 32"},
	{ONE_GROUP("floor = { priority = 4; };\n"), 9, "1 to 3"},
	{ONE_GROUP("floor = { max_burst_s = 0; };\n"), 9, "1 to 3600"},
	{ONE_GROUP("floor = { colour = 1; };\n"), 9, "talk_alone"},
	{ONE_GROUP("floor = { talkers = [ \"boss\" ]; };\n"), 9, "\"*\" or a sip:"},
	{HEAD "groups = ( { " ALPHA
	      "channel = { address = \"10.0.0.1\"; audio_port = 4; floor_port = 6; }; } );\n",
		7, "no multicast address"},
	{HEAD "groups = ( { " ALPHA
	      "channel = { address = \"239.0.0.1\"; audio_port = 0; floor_port = 6; }; } );\n",
		7, "1 to 65535"},
	{HEAD "groups = ( { " ALPHA
	      "channel = { address = \"239.0.0.1\"; audio_port = 6; floor_port = 6; }; } );\n",
		7, "on one port"},
	{HEAD "groups = ( { " ALPHA
	      "channel = { address = \"239.0.0.1\"; audio_port = 4; floor_port = 6; ttl = 256; }; } );\n",
		7, "1 to 255"},
	{HEAD "groups = ( { " ALPHA
	      "channel = { address = \"239.0.0.1\"; audio_port = 4; floor_port = 6; codec = \"G729\"; }; } );\n",
		7, "AMR/8000/1"},
	{HEAD V6("ff3e::8000:17", "dscp = 64;"), 7, "0 to 63"},
	{HEAD V6("2001:db8::1", ""), 7, "no multicast address"},
	{HEAD V6("ff3e::8000:17", "source = \"127.0.0.1\";"), 7, "two families"},
	{HEAD V6("ff3e::8000:17", "source = \"ff3e::1\";"), 7, "unicast"},
	{HEAD V6("ff3e::8000:17", "source = \"::\";"), 7, "unicast"},
	{HEAD V6("ff02::17", ""), 7, "with an \"interface\""},
	{HEAD V6("ff3e::8000:17", "suite = \"NULL\";"), 7, "AEAD_AES_256_GCM"},
	{HEAD V6("ff3e::8000:17", "suite = \"AEAD_AES_128_GCM\"; map = \"empty\";"), 7,
		"map = \"srtp\""},
	{HEAD "groups = ( { " ALPHA CHANNEL "},\n{ " ALPHA CHANNEL "} );\n", 9,
		"two groups with the URI"},
	{HEAD "groups = ( { " ALPHA CHANNEL "},\n{ uri = \"sip:b@x\"; members = [];\n" CHANNEL
	      "} );\n",
		9, "one address and port"},
	{HEAD "groups = ( { key_group = 5; " ALPHA CHANNEL
	      "},\n{ uri = \"sip:b@x\"; members = []; key_group = 5;\n"
	      "channel = { address = \"239.0.0.1\"; audio_port = 4; floor_port = 6; }; } );\n",
		9, "one key_group, 5"},
};

START_TEST(test_bad)
{
	const struct bad *bad = &bads[_i];
	struct ptt_config *config;
	char want[160];

	ck_assert_int_eq(load(&config, bad->settings), PTT_ERR_MALFORMED);
	ck_assert_ptr_null(config);
	snprintf(want, sizeof(want), "%s:%u: ", config_path, bad->line);
	if (bad->line != 0)
		ck_assert_msg(strncmp(config_text, want, strlen(want)) == 0, "%s (wanted line %u)",
			config_text, bad->line);
	ck_assert_msg(
		strncmp(config_text, config_path, strlen(config_path)) == 0, "%s", config_text);
	ck_assert_msg(strstr(config_text, bad->part) != NULL, "\"%s\" has no \"%s\"", config_text,
		bad->part);
}
END_TEST

int main(void)
{
	TCase *c = tcase_create("errors");

	tcase_add_checked_fixture(c, config_set_up, config_tear_down);
	tcase_add_loop_test(c, test_bad, 0, (int)(sizeof(bads) / sizeof(bads[0])));
	return check_run_case("config_errors", c);
}
