/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file config_fixture.h
 * A configuration file in a folder of its own, and the parts it is made of.
 */
#ifndef PTT_TEST_CONFIG_FIXTURE_H
#define PTT_TEST_CONFIG_FIXTURE_H

#include "module/config/config.h"

extern char config_dir[64];
extern char config_path[96];   /**< of the file */
extern char config_text[1024]; /**< what load() said */

void config_set_up(void);
void config_tear_down(void);
void put_file(const char *name, const void *bytes, size_t len);
/** Writes the file and reads it as the server does. */
enum ptt_err load(struct ptt_config **out, const char *settings);

/* The example of the manual, line by line. */
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
#define V6(address_, more) \
	"groups = ( { " ALPHA "channel = { address = \"" address_ \
	"\"; audio_port = 4; floor_port = 6; " more " }; } );\n"

#endif
