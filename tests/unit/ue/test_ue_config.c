/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options and configuration file of pttkey-ue: product.md "Programs". */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "module/ue/ue_config.h"
#include "tests/unit/check_main.h"

#define NEEDED \
	"--impi", "alice@poc.example.org", "--impu", "sip:alice@poc.example.org", "--k", \
		"465b5ce8b199b49faa5f0a2ee238a6bc", "--opc", "cd63cb71954a9f4e48a5994e37a02baf", \
		"--sqn-file", "alice.sqn", "--bsf", "http://127.0.0.1:8080/", "--server", \
		"sip:127.0.0.1:5060;transport=tcp", "--group", "sip:alpha@poc.example.org"

static struct ptt_ue_config config;
static char text[256];

static enum ptt_err get(const char *const *args)
{
	char *argv[64] = {(char *)(uintptr_t) "pttkey-ue"};
	int argc = 1;

	for (; args[argc - 1]; argc++)
		argv[argc] = (char *)(uintptr_t)args[argc - 1];
	text[0] = '\0';
	return ptt_ue_config_get(&config, text, sizeof(text), argc, argv);
}

START_TEST(test_options)
{
	const char *args[] = {NEEDED, "--talk", "tone", "--record", "a.wav", "--for", "2.5",
		"--interface", "lo", "--hostile", "--queue", "--priority", "2", NULL};

	ck_assert_int_eq(get(args), PTT_OK);
	ck_assert_str_eq(config.impi, "alice@poc.example.org");
	ck_assert_str_eq(config.server, "sip:127.0.0.1:5060;transport=tcp");
	ck_assert_uint_eq(config.k.b[0], 0x46);
	ck_assert_uint_eq(config.opc.b[15], 0xaf);
	ck_assert_double_eq(config.for_s, 2.5);
	ck_assert(config.hostile && !config.offerless && config.queue);
	ck_assert_uint_eq(config.priority, 2);
	ck_assert_str_eq(config.talk, "tone");
	ck_assert_str_eq(config.codec, "AMR/8000/1");
	ck_assert_int_eq(config.join, PTT_UE_JOIN_SDP);
	ptt_ue_config_wipe(&config);
	ck_assert_uint_eq(config.k.b[0], 0);
}
END_TEST

START_TEST(test_tls)
{
	const char *good[] = {NEEDED, "--ca", "ca.pem", "--cert", "c.pem", "--key", "c.key", NULL};
	const char *half[] = {NEEDED, "--cert", "c.pem", NULL};

	ck_assert_int_eq(get(good), PTT_OK);
	ck_assert_str_eq(config.ca, "ca.pem");
	ck_assert_str_eq(config.key, "c.key");
	ck_assert_int_eq(get(half), PTT_ERR_MALFORMED);
	ck_assert_ptr_nonnull(strstr(text, "--key"));
}
END_TEST

START_TEST(test_join_modes)
{
	const char *channel[] = {NEEDED, "--channel", "233.252.0.17:40000/40002/2269", NULL};
	const char *offerless[] = {NEEDED, "--offerless", "--tone", NULL};
	const char *both[] = {
		NEEDED, "--offerless", "--channel", "233.252.0.17:40000/40002/2269", NULL};

	ck_assert_int_eq(get(channel), PTT_OK);
	ck_assert_int_eq(config.join, PTT_UE_JOIN_CHANNEL);
	ck_assert_uint_eq(config.own_channel.floor_port, 40002);
	ck_assert_int_eq(get(offerless), PTT_OK);
	ck_assert_int_eq(config.join, PTT_UE_JOIN_OFFERLESS);
	ck_assert_str_eq(config.talk, "tone");
	ck_assert_int_eq(get(both), PTT_ERR_MALFORMED);
}
END_TEST

START_TEST(test_ipv6_channel_and_suite)
{
	const char *args[] = {NEEDED, "--channel", "[ff3e::8000:17]:40000/40002/2269",
		"--min-suite", "aead_aes_128_gcm", NULL};
	const char *plain[] = {NEEDED, NULL};
	struct ptt_sdp_addr group;

	ck_assert_msg(get(args) == PTT_OK, "%s", text);
	ck_assert(ptt_sdp_addr_get(&group, "ff3e::8000:17"));
	ck_assert(ptt_sdp_addr_equal(&config.own_channel.group, &group));
	ck_assert_uint_eq(config.own_channel.key_port, 2269);
	ck_assert_int_eq(config.least_suite, PTT_SUITE_AEAD_AES_128_GCM);
	ck_assert_int_eq(get(plain), PTT_OK);
	ck_assert_int_eq(config.least_suite, PTT_SUITE_AES_CM_128_SHA1_80);
}
END_TEST

START_TEST(test_bad_options)
{
	const char *missing[] = {"--impi", "a", NULL};
	const char *unknown[] = {NEEDED, "--frobnicate", NULL};
	const char *novalue[] = {NEEDED, "--talk", NULL};
	const char *extra[] = {NEEDED, "more", NULL};
	const char *seconds[] = {NEEDED, "--for", "soon", NULL};
	const char *priority[] = {NEEDED, "--priority", "4", NULL};
	const char *priorities[] = {NEEDED, "--priority", "12", NULL};
	const char *key[] = {NEEDED, "--k", "465b", NULL};
	const char *suite[] = {NEEDED, "--min-suite", "NULL", NULL};
	const char *bsf[] = {NEEDED, "--bsf", "127.0.0.1:8080", NULL};
	const char *server[] = {NEEDED, "--server", "127.0.0.1", NULL};
	const char *group[] = {NEEDED, "--group", "alpha", NULL};
	const char *codec[] = {NEEDED, "--codec", "G729", NULL};
	const char *address[] = {NEEDED, "--address", "here", NULL};
	const char *talk[] = {NEEDED, "--talk", "no/such.wav", NULL};
	const char *const *all[] = {missing, unknown, novalue, extra, seconds, priority, priorities,
		key, suite, bsf, server, group, codec, address, talk};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		ck_assert_int_eq(get(all[i]), PTT_ERR_MALFORMED);
		ck_assert_uint_gt(strlen(text), 0);
	}
}
END_TEST

START_TEST(test_bad_channels)
{
	static const char *const bad[] = {"", "233.252.0.17", "10.0.0.1:40000/40002/2269",
		"233.252.0.17:0/40002/2269", "233.252.0.17:40000/40000/2269",
		"233.252.0.17:40000/40002/99999", "233.252.0.17:1/2/3x", "[2001:db8::1]:1/2/3",
		"[ff3e::1:1/2/3", "ff3e::1:1/2/3", "[ff3e::1]:1/2/3x", "[ff3e::1%lo]:1/2/3"};
	struct ptt_channel_sdp out;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_int_eq(
			ptt_ue_config_channel_get(&out, bad[i], "AMR/8000/1"), PTT_ERR_MALFORMED);
}
END_TEST

static void file_write(char *path, const char *content)
{
	int fd;

	strcpy(path, "ue_config.XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, content, strlen(content)), (ssize_t)strlen(content));
	close(fd);
}

START_TEST(test_file)
{
	char path[32];
	const char *args[] = {"--config", path, "--for", "3", NULL};

	file_write(path,
		"impi = \"bob@poc.example.org\";\nimpu = \"sip:bob@poc.example.org\";\n"
		"k = \"465b5ce8b199b49faa5f0a2ee238a6bc\";\nopc = \"cd63cb71954a9f4e48a5994e37a02baf\";\n"
		"sqn_file = \"bob.sqn\";\nbsf = \"http://127.0.0.1:8080/\";\nserver = \"sip:127.0.0.1\";\n"
		"group = \"sip:alpha@poc.example.org\";\nfor = 10;\nhostile = true;\ntalk = \"tone\";\n");
	ck_assert_msg(get(args) == PTT_OK, "%s", text);
	unlink(path);
	ck_assert_str_eq(config.sqn_file, "./bob.sqn");
	ck_assert_double_eq(config.for_s, 3);
	ck_assert(config.hostile);
	ck_assert_str_eq(config.talk, "tone");
}
END_TEST

START_TEST(test_bad_files)
{
	static const char *const bad[] = {"impi = \"x\";\nfrobnicate = 1;\n",
		"impi = \"x\";\nfor = \"soon\";\n", "\nimpi = ;\n"};
	char path[32], where[64];
	const char *args[] = {"--config", path, NULL};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		file_write(path, bad[i]);
		ck_assert_int_eq(get(args), PTT_ERR_MALFORMED);
		unlink(path);
		snprintf(where, sizeof(where), "%s:2: ", path);
		ck_assert_msg(strncmp(text, where, strlen(where)) == 0, "%s", text);
	}
	strcpy(path, "/nowhere");
	ck_assert_int_eq(get(args), PTT_ERR_MALFORMED);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("options");

	tcase_add_test(tc, test_options);
	tcase_add_test(tc, test_tls);
	tcase_add_test(tc, test_join_modes);
	tcase_add_test(tc, test_ipv6_channel_and_suite);
	tcase_add_test(tc, test_bad_options);
	tcase_add_test(tc, test_bad_channels);
	tcase_add_test(tc, test_file);
	tcase_add_test(tc, test_bad_files);
	return check_run_case("ue_config", tc);
}
