/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each setting of a file changed alone: what a reload takes is not named, all else is. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "module/config/config_change.h"
#include "tests/unit/check_main.h"

/* Every setting of docs/configuration.md but naf.fqdn and the groups'
 * uri, each on a line of its own. */
static const char file_text[] =
	"listen = [ \"sip:127.0.0.1:5060\", \"sip:127.0.0.1:5061;transport=tls\" ];\n"
	"tls = {\ncert = \"a\";\nkey = \"b\";\nca = \"c\";\nverify = false;\n};\n"
	"naf = { fqdn = \"pf1.poc.example.org\";\nsource = \"rest\";\ndigest = [ \"MD5\" ];\n"
	"url = \"http://127.0.0.1:8081\";\nca = \"d\";\ndiameter = \"e\";\nbsf_realm = \"f\";\nbsf_host = \"g\";\n"
	"timeout_ms = 1000;\n};\n"
	"plmn = \"001-01\";\n"
	"store = {\ntype = \"sqlite\";\npath = \"state.db\";\nconninfo = \"h\";\nkek_file = \"kek\";\n};\n"
	"control = \"pttkey.sock\";\nmetrics = \"127.0.0.1:9464\";\n"
	"media = {\naddress = \"127.0.0.1\";\nports = [ 20000, 30000 ];\n};\n"
	"max_members = 100;\nover_mtu = \"tcp\";\nsession_min_s = 90;\ndrain_s = 5;\nudp_io = \"batch\";\n"
	"overload = {\nlag_ms = 100;\nwaiting = 1000;\nretry_after_s = 5;\n};\n"
	"log = {\nformat = \"text\";\nlevel = \"info\";\n};\n"
	"lab = {\nkey_log = \"keys\";\n};\n"
	"groups = ( { uri = \"sip:alpha@poc.example.org\";\nmembers = [ \"sip:m@poc.example.org\" ];\n"
	"owners = [ \"sip:o@poc.example.org\" ];\nkey_group = 7;\nmax_members = 50;\n"
	"channel = {\naddress = \"233.252.0.17\";\naudio_port = 40000;\nfloor_port = 40002;\nkey_port = 2269;\n"
	"interface = \"lo\";\nsource = \"127.0.0.1\";\nttl = 1;\ndscp = 46;\nsuite = \"AES_CM_128_HMAC_SHA1_80\";\n"
	"codec = \"AMR/8000/1\";\nmap = \"srtp\";\nsdp_ids = true;\n};\n"
	"floor = {\nqueue = 8;\n};\n"
	"policy = {\non_leave = \"batch\";\nperiod_s = 3600;\nrekey_method = \"invite\";\n};\n} );\n";

/* A line, what stands there instead, and the setting's name; NULL: a reload takes it. */
static const struct {
	const char *from, *to, *name;
} changes[] = {
	{"listen = [ \"sip:127.0.0.1:5060\"", "listen = [ \"sip:127.0.0.1:5062\"", "listen"},
	{"listen = [ \"sip:127.0.0.1:5060\",", "listen = [", "listen"},
	{"\ncert = \"a\"", "\ncert = \"x\"", "tls.cert"},
	{"\nkey = \"b\"", "\nkey = \"x\"", "tls.key"},
	{"\nca = \"c\";", "\n", "tls.ca"},
	{"verify = false", "verify = true", "tls.verify"},
	{"\"MD5\"", "\"SHA-256\"", "naf.digest"},
	{"\"MD5\"", "\"MD5\", \"SHA-256\"", "naf.digest"},
	{"127.0.0.1:8081", "127.0.0.1:8082", "naf.url"},
	{"ca = \"d\"", "ca = \"x\"", "naf.ca"},
	{"diameter = \"e\"", "diameter = \"x\"", "naf.diameter"},
	{"bsf_realm = \"f\"", "bsf_realm = \"x\"", "naf.bsf_realm"},
	{"bsf_host = \"g\"", "bsf_host = \"x\"", "naf.bsf_host"},
	{"source = \"rest\"", "source = \"diameter\"", "naf.source"},
	{"timeout_ms = 1000", "timeout_ms = 1001", "naf.timeout_ms"},
	{"001-01", "001-02", "plmn"},
	{"state.db", "other.db", "store.path"},
	{"conninfo = \"h\"", "conninfo = \"x\"", "store.conninfo"},
	{"kek_file = \"kek\"", "kek_file = \"x\"", "store.kek_file"},
	{"control = \"pttkey.sock\";\n", "", "control"},
	{"127.0.0.1:9464", "127.0.0.1:9465", "metrics"},
	{"\naddress = \"127.0.0.1\"", "\naddress = \"127.0.0.2\"", "media.address"},
	{"[ 20000, 30000 ]", "[ 20002, 30000 ]", "media.ports"},
	{"[ 20000, 30000 ]", "[ 20000, 30002 ]", "media.ports"},
	{"max_members = 100", "max_members = 101", NULL},
	{"over_mtu = \"tcp\"", "over_mtu = \"refuse\"", "over_mtu"},
	{"session_min_s = 90", "session_min_s = 91", "session_min_s"},
	{"drain_s = 5", "drain_s = 6", NULL},
	{"udp_io = \"batch\"", "udp_io = \"peek\"", "udp_io"},
	{"lag_ms = 100", "lag_ms = 101", NULL},
	{"waiting = 1000", "waiting = 1001", NULL},
	{"\nretry_after_s = 5", "\nretry_after_s = 6", NULL},
	{"format = \"text\"", "format = \"json\"", NULL},
	{"level = \"info\"", "level = \"warn\"", NULL},
	{"key_log = \"keys\";", "", "lab.key_log"},
	{"sip:m@", "sip:n@", NULL},
	{"sip:o@", "sip:p@", NULL},
	{"key_group = 7", "key_group = 8", "key_group"},
	{"max_members = 50", "max_members = 51", NULL},
	{"233.252.0.17", "233.252.0.18", "channel.address"},
	{"audio_port = 40000", "audio_port = 40004", "channel.audio_port"},
	{"floor_port = 40002", "floor_port = 40006", "channel.floor_port"},
	{"key_port = 2269", "key_port = 2270", "channel.key_port"},
	{"interface = \"lo\";", "", "channel.interface"},
	{"source = \"127.0.0.1\";", "", "channel.source"},
	{"ttl = 1", "ttl = 2", "channel.ttl"},
	{"dscp = 46", "dscp = 0", "channel.dscp"},
	{"AES_CM_128_HMAC_SHA1_80", "AEAD_AES_128_GCM", "channel.suite"},
	{"AMR/8000/1", "PCMU/8000/1", "channel.codec"},
	{"map = \"srtp\"", "map = \"empty\"", "channel.map"},
	{"sdp_ids = true", "sdp_ids = false", "channel.sdp_ids"},
	{"queue = 8", "queue = 0", NULL},
	{"on_leave = \"batch\"", "on_leave = \"always\"", NULL},
	{"period_s = 3600", "period_s = 60", NULL},
	{"rekey_method = \"invite\"", "rekey_method = \"update\"", NULL},
	/* What is the default all the same is no change. */
	{"session_min_s = 90;", "", NULL},
	{"udp_io = \"batch\";", "", NULL},
	{"verify = false;", "", NULL},
};

static char path[64];

static struct ptt_config *load(const char *text)
{
	struct ptt_config *config;
	char error[512];
	FILE *file = fopen(path, "we");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_msg(ptt_config_load(&config, path, error, sizeof(error)) == PTT_OK, "%s", error);
	return config;
}

static void set_up(void)
{
	int fd;

	strcpy(path, "/tmp/ptt-change-XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void tear_down(void)
{
	unlink(path);
}

/* file_text with the first @p from replaced. */
static const char *changed(const char *from, const char *to)
{
	static char text[sizeof(file_text) + 256];
	const char *at = strstr(file_text, from);

	ck_assert_msg(at != NULL, "no %s in the file", from);
	snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - file_text), file_text, to,
		at + strlen(from));
	return text;
}

START_TEST(each_alone)
{
	struct ptt_config *running = load(file_text);
	struct ptt_config *file = load(changed(changes[_i].from, changes[_i].to));
	struct ptt_config_changes found;

	ptt_config_restart_needed(&found, running, file);
	ck_assert_msg(found.count == (changes[_i].name != NULL), "%s: %zu named, first %s",
		changes[_i].from, found.count, found.count > 0 ? found.name[0] : "none");
	if (changes[_i].name)
		ck_assert_str_eq(found.name[0], changes[_i].name);
	ptt_config_free(running);
	ptt_config_free(file);
}
END_TEST

static const char embedded[] =
	"listen = [ \"sip:127.0.0.1:5060\" ]; naf = { fqdn = \"pf1.poc.example.org\"; source = \"embedded\"; };\n"
	"bsf = { listen = \"127.0.0.1:%d\"; host = \"%s\"; lifetime_s = %d; %s };\n"
	"plmn = \"001-01\"; store = { path = \"state.db\"; kek_file = \"kek\"; }; groups = ( %s %s );\n";
#define GROUP(name, port) \
	"{ uri = \"sip:" name \
	"@poc.example.org\"; members = [ \"*\" ]; channel = { address = \"233.252.0." name \
	"\"; audio_port = " port "; floor_port = 2; key_port = 3; }; }"

START_TEST(several)
{
	struct ptt_config_changes found;
	struct ptt_config *running, *file;
	char text[2048];

	snprintf(text, sizeof(text), embedded, 8080, "bsf.example.org", 60, "", GROUP("1", "4") ",",
		GROUP("2", "4"));
	running = load(text);
	/* In another order; the port of both, which is named once. */
	snprintf(text, sizeof(text), embedded, 8081, "bsf2.example.org", 61,
		"cert = \"a\"; key = \"b\";", GROUP("2", "5") ",", GROUP("1", "5"));
	file = load(text);
	ptt_config_restart_needed(&found, running, file);
	ck_assert_uint_eq(found.count, 6);
	ck_assert_str_eq(found.name[0], "bsf.listen");
	ck_assert_str_eq(found.name[1], "bsf.host");
	ck_assert_str_eq(found.name[2], "bsf.cert");
	ck_assert_str_eq(found.name[3], "bsf.key");
	ck_assert_str_eq(found.name[4], "bsf.lifetime_s");
	ck_assert_str_eq(found.name[5], "channel.audio_port");
	ptt_config_free(running);
	ptt_config_free(file);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_loop_test(tc, each_alone, 0, sizeof(changes) / sizeof(changes[0]));
	tcase_add_test(tc, several);
	return check_run_case("config_change", tc);
}
