/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The configuration file, read: every setting arrives where it belongs. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/unit/check_main.h"
#include "tests/unit/config/config_fixture.h"

START_TEST(test_manual)
{
	struct ptt_config *config;
	const struct ptt_config_group *group;
	char want[160];

	ck_assert_msg(load(&config, HEAD REST GROUPS) == PTT_OK, "%s", config_text);
	ck_assert_uint_eq(config->listen_count, 2);
	ck_assert_str_eq(config->naf.fqdn, "pf1.poc.example.org");
	ck_assert_uint_eq(config->naf.digest_count, 2);
	ck_assert_int_eq(config->naf.digest[0], PTT_DIGEST_MD5);
	ck_assert_str_eq(config->bsf.listen, "127.0.0.1:8080");
	ck_assert_uint_eq(config->bsf.lifetime_s, 86400);
	ck_assert_int_eq(memcmp(config->key_domain, "\x00\xf1\x10", 3), 0);
	snprintf(want, sizeof(want), "%s/state.db", config_dir);
	ck_assert_str_eq(config->store.path, want);
	snprintf(want, sizeof(want), "%s/pttkey.sock", config_dir);
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

START_TEST(test_channel)
{
	struct ptt_config *config;
	const struct ptt_config_channel *channel;

	ck_assert_msg(load(&config, HEAD V6("ff3e::8000:17",
					    "source = \"2001:db8::30\"; ttl = 7; dscp = 46; "
					    "suite = \"AEAD_AES_256_GCM\";")) == PTT_OK,
		"%s", config_text);
	channel = &config->groups[0].channel;
	ck_assert_str_eq(channel->address, "ff3e::8000:17");
	ck_assert_str_eq(channel->source, "2001:db8::30");
	ck_assert_uint_eq(channel->ttl, 7);
	ck_assert_uint_eq(channel->dscp, 46);
	ck_assert_int_eq(channel->suite, PTT_SUITE_AEAD_AES_256_GCM);
	ptt_config_free(config);
	ck_assert_msg(load(&config, HEAD V6("ff02::17", "interface = \"lo\";")) == PTT_OK, "%s",
		config_text);
	ck_assert_uint_eq(config->groups[0].channel.dscp, 0);
	ck_assert_int_eq(config->groups[0].channel.suite, PTT_SUITE_AES_CM_128_SHA1_80);
	ptt_config_free(config);
}
END_TEST

static const char everything[] =
	"listen = ( \"sips:[::1]:5061\", \"sip:pf.example.org\" );\n"
	"tls = { cert = \"/c\"; key = \"k\"; ca = \"ca\"; verify = true; };\n"
	"naf = { fqdn = \"pf\"; digest = [ \"SHA-256\" ]; };\n" BSF "plmn = \"310-260\";\n" STORE
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
	"channel = { address = \"239.1.2.3\"; audio_port = 3; floor_port = 4; key_port = 5; }; } );\n";

START_TEST(test_everything_of_the_server)
{
	struct ptt_config *config;

	ck_assert_msg(load(&config, everything) == PTT_OK, "%s", config_text);
	ck_assert_str_eq(config->tls.cert, "/c");
	ck_assert(config->tls.verify);
	ck_assert_uint_eq(config->naf.digest_count, 1);
	ck_assert_int_eq(config->naf.digest[0], PTT_DIGEST_SHA256);
	ck_assert_int_eq(memcmp(config->key_domain, "\x13\x00\x62", 3), 0);
	ck_assert_uint_eq(config->media.port_max, 20100);
	ck_assert_int_eq(config->log.format, PTT_LOG_JSON);
	ck_assert_int_eq(config->log.level, PTT_LOG_DEBUG);
	ck_assert_uint_eq(config->overload.lag_ms, 0);
	ck_assert_uint_eq(config->overload.waiting, 8);
	ck_assert_uint_eq(config->overload.retry_after_s, 9);
	ptt_config_free(config);
}
END_TEST

START_TEST(test_everything_of_groups)
{
	struct ptt_config *config;
	const struct ptt_config_group *group;

	ck_assert_msg(load(&config, everything) == PTT_OK, "%s", config_text);
	group = &config->groups[0];
	ck_assert_uint_eq(group->key_group, 65535);
	ck_assert_uint_eq(group->max_members, 7);
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

START_TEST(test_no_file)
{
	struct ptt_config *config;

	ck_assert_int_eq(ptt_config_load(&config, "/nonexistent", config_text, sizeof(config_text)),
		PTT_ERR_SYSTEM);
	ck_assert_int_eq(ptt_config_load(&config, config_dir, config_text, sizeof(config_text)),
		PTT_ERR_SYSTEM);
	ck_assert_ptr_nonnull(strstr(config_text, "regular file"));
}
END_TEST

/* every truncation of a good file is refused or read, never a crash */
START_TEST(test_truncated)
{
	static const char whole[] = HEAD REST GROUPS;
	struct ptt_config *config;

	for (size_t len = 0; len < sizeof(whole) - 1; len += 3) {
		put_file(config_path, whole, len);
		if (ptt_config_load(&config, config_path, config_text, sizeof(config_text)) ==
			PTT_OK)
			ptt_config_free(config);
		else
			ck_assert_uint_gt(strlen(config_text), strlen(config_path));
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
	snprintf(name, sizeof(name), "%s/kek", config_dir);
	ck_assert_int_eq(ptt_config_load_kek(&kek, config, config_text, sizeof(config_text)),
		PTT_ERR_SYSTEM);
	put_file(name, bytes, 32);
	ck_assert_int_eq(chmod(name, 0644), 0);
	ck_assert_int_eq(
		ptt_config_load_kek(&kek, config, config_text, sizeof(config_text)), PTT_ERR_AUTH);
	ck_assert_ptr_nonnull(strstr(config_text, "0600"));
	ck_assert_int_eq(chmod(name, 0600), 0);
	ck_assert_int_eq(
		ptt_config_load_kek(&kek, config, config_text, sizeof(config_text)), PTT_OK);
	ck_assert_int_eq(memcmp(kek.b, bytes, 32), 0);
	put_file(name, bytes, 33);
	ck_assert_int_eq(ptt_config_load_kek(&kek, config, config_text, sizeof(config_text)),
		PTT_ERR_MALFORMED);
	put_file(name, bytes, 31);
	ck_assert_int_eq(ptt_config_load_kek(&kek, config, config_text, sizeof(config_text)),
		PTT_ERR_MALFORMED);
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

	tcase_add_checked_fixture(c, config_set_up, config_tear_down);
	tcase_add_test(c, test_manual);
	tcase_add_test(c, test_everything_of_the_server);
	tcase_add_test(c, test_everything_of_groups);
	tcase_add_test(c, test_channel);
	tcase_add_test(c, test_no_file);
	tcase_add_test(c, test_truncated);
	tcase_add_test(c, test_kek);
	tcase_add_test(c, test_split_address);
	return check_run_case("config", c);
}
