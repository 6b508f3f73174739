/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "module/ops/config.h"
#include "tests/unit/check_main.h"

static char dir[64], path[96], text[1024];

static void set_up(void)
{
	strcpy(dir, "/tmp/ptt-config-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/pttkeyd.conf", dir);
}

static void tear_down(void)
{
	char name[160];

	unlink(path);
	snprintf(name, sizeof(name), "%s/kek", dir);
	unlink(name);
	rmdir(dir);
}

static void put_file(const char *name, const void *bytes, size_t len)
{
	FILE *file = fopen(name, "we");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(bytes, 1, len, file), len);
	ck_assert_int_eq(fclose(file), 0);
}

static enum ptt_err load(struct ptt_config **out, const char *settings)
{
	put_file(path, settings, strlen(settings));
	return ptt_config_load(out, path, text, sizeof(text));
}

/* the example of the manual, line by line */
#define LISTEN \
	"listen = [ \"sip:127.0.0.1:5060;transport=udp\", \"sip:127.0.0.1:5060;transport=tcp\" ];\n"
#define NAF "naf = { fqdn = \"pf1.poc.example.org\"; source = \"embedded\"; };\n"
#define BSF \
	"bsf = { listen = \"127.0.0.1:8080\"; host = \"bsf.poc.example.org\"; lifetime_s = 86400; };\n"
#define PLMN  "plmn = \"001-01\";\n"
#define STORE "store = { type = \"sqlite\"; path = \"state.db\"; kek_file = \"kek\"; };\n"
#define REST  "control = \"pttkey.sock\";\nmetrics = \"127.0.0.1:9464\";\n"
#define HEAD  LISTEN NAF BSF PLMN STORE
#define ALPHA "uri = \"sip:alpha@poc.example.org\"; members = [ \"*\" ];\n"
#define CHANNEL \
	"channel = { address = \"233.252.0.17\"; audio_port = 40000; floor_port = 40002; key_port = 2269;" \
	" interface = \"lo\"; ttl = 1; };\n"
#define POLICY \
	"policy = { on_leave = \"batch\"; leave_batch_ms = 2000; on_join = \"never\"; period_s = 3600;" \
	" cutover_ms = 2000; retries = 3; mtk_period_s = 0; mtk_repeat_ms = 1000; };\n"
#define GROUPS \
	"groups = ( {\n" ALPHA "owners = [ \"sip:boss@poc.example.org\" ];\n" CHANNEL POLICY \
	"} );\n"
#define ONE_GROUP(more) HEAD "groups = ( {\n" ALPHA CHANNEL more "} );\n"

START_TEST(test_manual)
{
	struct ptt_config *config;
	const struct ptt_config_group *group;
	char want[160];

	ck_assert_msg(load(&config, HEAD REST GROUPS) == PTT_OK, "%s", text);
	ck_assert_uint_eq(config->listen_count, 2);
	ck_assert_str_eq(config->naf.fqdn, "pf1.poc.example.org");
	ck_assert_uint_eq(config->naf.digest_count, 2);
	ck_assert_int_eq(config->naf.digest[0], PTT_DIGEST_MD5);
	ck_assert_str_eq(config->bsf.listen, "127.0.0.1:8080");
	ck_assert_uint_eq(config->bsf.lifetime_s, 86400);
	ck_assert_int_eq(memcmp(config->key_domain, "\x00\xf1\x10", 3), 0);
	snprintf(want, sizeof(want), "%s/state.db", dir);
	ck_assert_str_eq(config->store.path, want);
	snprintf(want, sizeof(want), "%s/pttkey.sock", dir);
	ck_assert_str_eq(config->control, want);
	ck_assert_uint_eq(config->media.port_min, 16384);
	ck_assert_uint_eq(config->drain_s, 5);
	ck_assert_uint_eq(config->overload.lag_ms, 100);
	ck_assert_uint_eq(config->overload.waiting, 1000);
	ck_assert_uint_eq(config->overload.retry_after_s, 5);
	ck_assert_int_eq(config->udp_io, PTT_UDP_BATCH);
	ck_assert_uint_eq(config->group_count, 1);
	group = &config->groups[0];
	ck_assert(group->members_any);
	ck_assert_uint_eq(group->member_count, 0);
	ck_assert_uint_eq(group->channel.key_port, 2269);
	ck_assert_uint_eq(group->channel.ttl, 1);
	ck_assert_str_eq(group->channel.source, "");
	ck_assert_str_eq(group->channel.codec_rtpmap, "AMR/8000/1");
	ck_assert(group->channel.map_srtp && group->channel.sdp_ids);
	ck_assert_uint_eq(group->policy.cutover_ms, 2000);
	ck_assert_uint_eq(group->max_members, 0);
	ck_assert_ptr_eq(
		ptt_config_find_group(config, "SIP:alpha@POC.example.org;transport=udp"), group);
	ck_assert_ptr_null(ptt_config_find_group(config, "sip:Alpha@poc.example.org"));
	ck_assert(ptt_config_is_owner(group, "sip:boss@poc.example.org"));
	ck_assert(!ptt_config_is_owner(group, "sip:worker@poc.example.org"));
	ptt_config_free(config);
}
END_TEST

#define V6(address_, more) \
	"groups = ( { " ALPHA "channel = { address = \"" address_ \
	"\"; audio_port = 4; floor_port = 6; " more " }; } );\n"

START_TEST(test_channel)
{
	struct ptt_config *config;
	const struct ptt_config_channel *channel;

	ck_assert_msg(load(&config, HEAD V6("ff3e::8000:17",
					    "source = \"2001:db8::30\"; ttl = 7; dscp = 46; "
					    "suite = \"AEAD_AES_256_GCM\";")) == PTT_OK,
		"%s", text);
	channel = &config->groups[0].channel;
	ck_assert_str_eq(channel->address, "ff3e::8000:17");
	ck_assert_str_eq(channel->source, "2001:db8::30");
	ck_assert_uint_eq(channel->ttl, 7);
	ck_assert_uint_eq(channel->dscp, 46);
	ck_assert_int_eq(channel->suite, PTT_SUITE_AEAD_AES_256_GCM);
	ptt_config_free(config);
	ck_assert_msg(
		load(&config, HEAD V6("ff02::17", "interface = \"lo\";")) == PTT_OK, "%s", text);
	ck_assert_uint_eq(config->groups[0].channel.dscp, 0);
	ck_assert_int_eq(config->groups[0].channel.suite, PTT_SUITE_AES_CM_128_SHA1_80);
	ptt_config_free(config);
}
END_TEST

START_TEST(test_everything)
{
	struct ptt_config *config;
	const struct ptt_config_group *group;

	ck_assert_msg(
		load(&config,
			"listen = ( \"sips:[::1]:5061\", \"sip:pf.example.org\" );\n"
			"tls = { cert = \"/c\"; key = \"k\"; ca = \"ca\"; verify = true; };\n"
			"naf = { fqdn = \"pf\"; digest = [ \"SHA-256\" ]; };\n" BSF
			"plmn = \"310-260\";\n" STORE
			"media = { address = \"127.0.0.1\"; ports = [ 20000, 20100 ]; };\n"
			"log = { format = \"json\"; level = \"debug\"; };\ndrain_s = 0;\nmax_members = 7;\n"
			"overload = { lag_ms = 0; waiting = 8; retry_after_s = 9; };\n"
			"groups = ( { uri = \"sip:a@x\"; owners = []; key_group = 65535; policy = {};\n"
			"members = [ \"sip:z@x\", \"tel:+1\", \"sip:A@x\" ];\n"
			"channel = { address = \"239.1.2.3\"; audio_port = 1; floor_port = 2; source = \"10.0.0.1\";"
			" codec = \"PCMU\"; map = \"empty\"; sdp_ids = false; ttl = 255; }; },\n"
			"{ uri = \"sip:b@x\"; members = []; max_members = 9;\n"
			"floor = { max_burst_s = 5; retry_after_s = 0; queue = 0; priority = 1; talk_alone = true;"
			" pre_emptive = [ \"sip:Boss@x\" ]; talkers = [ \"sip:Boss@x\", \"sip:a@x\" ]; };\n"
			"channel = { address = \"239.1.2.3\"; audio_port = 3; floor_port = 4; key_port = 5; }; } );\n") ==
			PTT_OK,
		"%s", text);
	ck_assert_str_eq(config->tls.cert, "/c");
	ck_assert(config->tls.verify);
	ck_assert_uint_eq(config->naf.digest_count, 1);
	ck_assert_int_eq(config->naf.digest[0], PTT_DIGEST_SHA256);
	ck_assert_int_eq(memcmp(config->key_domain, "\x13\x00\x62", 3), 0);
	ck_assert_uint_eq(config->media.port_max, 20100);
	ck_assert_int_eq(config->log.format, PTT_LOG_JSON);
	ck_assert_int_eq(config->log.level, PTT_LOG_DEBUG);
	group = &config->groups[0];
	ck_assert_uint_eq(group->key_group, 65535);
	ck_assert_uint_eq(group->max_members, 7);
	ck_assert_uint_eq(config->overload.lag_ms, 0);
	ck_assert_uint_eq(config->overload.waiting, 8);
	ck_assert_uint_eq(config->overload.retry_after_s, 9);
	ck_assert_int_eq(group->channel.codec, PTT_CODEC_PCMU);
	ck_assert(!group->channel.map_srtp && !group->channel.sdp_ids);
	ck_assert(ptt_config_is_member(group, "sip:z@X;user=phone"));
	ck_assert(ptt_config_is_member(group, "TEL:+1"));
	ck_assert(ptt_config_is_member(group, "sip:A@x"));
	ck_assert(!ptt_config_is_member(group, "sip:a@x"));
	ck_assert(!ptt_config_is_member(group, "*"));
	ck_assert_uint_eq(group->floor.max_burst_s, 30);
	ck_assert_uint_eq(group->floor.queue, 8);
	ck_assert(ptt_config_is_talker(group, "sip:anybody@x") && !group->floor.talk_alone);
	ck_assert_uint_eq(ptt_config_priority(group, "sip:anybody@x"), 2);
	group = &config->groups[1];
	ck_assert_uint_eq(group->max_members, 9);
	ck_assert_uint_eq(group->floor.max_burst_s, 5);
	ck_assert_uint_eq(group->floor.retry_after_s, 0);
	ck_assert_uint_eq(group->floor.queue, 0);
	ck_assert(group->floor.talk_alone);
	ck_assert(ptt_config_is_talker(group, "sip:a@X") &&
		  ptt_config_is_talker(group, "sip:Boss@x"));
	ck_assert(!ptt_config_is_talker(group, "sip:b@x"));
	ck_assert_uint_eq(ptt_config_priority(group, "sip:Boss@X"), 3);
	ck_assert_uint_eq(ptt_config_priority(group, "sip:a@x"), 1);
	ptt_config_free(config);
}
END_TEST

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
	snprintf(want, sizeof(want), "%s:%u: ", path, bad->line);
	if (bad->line != 0)
		ck_assert_msg(strncmp(text, want, strlen(want)) == 0, "%s (wanted line %u)", text,
			bad->line);
	ck_assert_msg(strncmp(text, path, strlen(path)) == 0, "%s", text);
	ck_assert_msg(strstr(text, bad->part) != NULL, "\"%s\" has no \"%s\"", text, bad->part);
}
END_TEST

START_TEST(test_no_file)
{
	struct ptt_config *config;

	ck_assert_int_eq(
		ptt_config_load(&config, "/nonexistent", text, sizeof(text)), PTT_ERR_SYSTEM);
	ck_assert_int_eq(ptt_config_load(&config, dir, text, sizeof(text)), PTT_ERR_SYSTEM);
	ck_assert_ptr_nonnull(strstr(text, "regular file"));
}
END_TEST

/* every truncation of a good file is refused or read, never a crash */
START_TEST(test_truncated)
{
	static const char whole[] = HEAD REST GROUPS;
	struct ptt_config *config;

	for (size_t len = 0; len < sizeof(whole) - 1; len += 3) {
		put_file(path, whole, len);
		if (ptt_config_load(&config, path, text, sizeof(text)) == PTT_OK)
			ptt_config_free(config);
		else
			ck_assert_uint_gt(strlen(text), strlen(path));
	}
}
END_TEST

START_TEST(test_kek)
{
	struct ptt_config *config;
	struct ptt_kek kek;
	char name[160];
	static const uint8_t bytes[33] = {5, [31] = 6};

	ck_assert_int_eq(load(&config, HEAD), PTT_OK);
	snprintf(name, sizeof(name), "%s/kek", dir);
	ck_assert_int_eq(ptt_config_load_kek(&kek, config, text, sizeof(text)), PTT_ERR_SYSTEM);
	put_file(name, bytes, 32);
	ck_assert_int_eq(chmod(name, 0644), 0);
	ck_assert_int_eq(ptt_config_load_kek(&kek, config, text, sizeof(text)), PTT_ERR_AUTH);
	ck_assert_ptr_nonnull(strstr(text, "0600"));
	ck_assert_int_eq(chmod(name, 0600), 0);
	ck_assert_int_eq(ptt_config_load_kek(&kek, config, text, sizeof(text)), PTT_OK);
	ck_assert_int_eq(memcmp(kek.b, bytes, 32), 0);
	put_file(name, bytes, 33);
	ck_assert_int_eq(ptt_config_load_kek(&kek, config, text, sizeof(text)), PTT_ERR_MALFORMED);
	put_file(name, bytes, 31);
	ck_assert_int_eq(ptt_config_load_kek(&kek, config, text, sizeof(text)), PTT_ERR_MALFORMED);
	ptt_config_free(config);
}
END_TEST

START_TEST(test_split_address)
{
	static const char *const wrong[] = {"", ":", "h", "h:", ":1", "h:65536", "h:1x", "h: 1",
		"a:b:1", "[]:1", "[::1:1", "a b:1", "h:-1"};
	char host[16];
	uint16_t port;

	ck_assert_int_eq(ptt_config_split_address(host, sizeof(host), &port, "[::1]:8080"), PTT_OK);
	ck_assert_str_eq(host, "::1");
	ck_assert_uint_eq(port, 8080);
	ck_assert_int_eq(ptt_config_split_address(host, sizeof(host), &port, "h:0"), PTT_OK);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ck_assert_int_eq(ptt_config_split_address(host, sizeof(host), &port, wrong[i]),
			PTT_ERR_MALFORMED);
	ck_assert_int_eq(ptt_config_split_address(host, 4, &port, "host:1"), PTT_ERR_MALFORMED);
}
END_TEST

int main(void)
{
	TCase *c = tcase_create("config");

	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, test_manual);
	tcase_add_test(c, test_everything);
	tcase_add_test(c, test_channel);
	tcase_add_loop_test(c, test_bad, 0, (int)(sizeof(bads) / sizeof(bads[0])));
	tcase_add_test(c, test_no_file);
	tcase_add_test(c, test_truncated);
	tcase_add_test(c, test_kek);
	tcase_add_test(c, test_split_address);
	return check_run_case("config", c);
}
