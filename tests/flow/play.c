/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/flow/play.h"

#include <check.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <sofia-sip/su_log.h>

#include "crypto/gba_kdf.h"
#include "crypto/random.h"
#include "module/base/clock.h"
#include "module/base/log.h"
#include "tests/unit/media/media_lab.h"

static const char config_text[] =
	"listen = [ \"sip:127.0.0.1:5060;transport=udp\" ];\n" /* the host's business: this one takes a free port */
	"naf = { fqdn = \"" PLAY_NAF "\"; source = \"embedded\"; };\n"
	"bsf = { listen = \"127.0.0.1:0\"; host = \"bsf.poc.example.org\"; lifetime_s = 86400; };\n"
	"plmn = \"001-01\";\n"
	"store = { type = \"sqlite\"; path = \"state.db\"; kek_file = \"kek\"; };\n"
	"drain_s = 1;\nsession_min_s = 2;\n"
	"overload = { lag_ms = 5000; };\n" /* the host of a test may be busy */
	"groups = ( { uri = \"" PLAY_GROUP
	"\"; members = [ \"*\" ]; owners = [ \"sip:u0@poc.example.org\" ];\n"
	"  channel = { address = \"" LAB_GROUP
	"\"; audio_port = %u; floor_port = %u; key_port = %u;\n"
	"    interface = \"lo\"; ttl = 1; };\n"
	"  policy = { %s }; } );\n";

/* --- before the server: files, subscribers --- */

static void write_file(const struct play *play, const char *name, const void *data, size_t len)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", play->dir, name);
	fd = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, data, len), (ssize_t)len);
	close(fd);
}

static void write_config(struct play *play, const char *policy)
{
	char text[4096];
	uint16_t first = lab_ports();

	play->key_port = (uint16_t)(first + 4);
	snprintf(text, sizeof(text), config_text, first, first + 2, play->key_port, policy);
	write_file(play, "conf", text, strlen(text));
	snprintf(play->config, sizeof(play->config), "%s/conf", play->dir);
	ck_assert_int_eq(ptt_random_key(&play->kek, sizeof(play->kek)), PTT_OK);
	write_file(play, "kek", play->kek.b, sizeof(play->kek.b));
}

static void make_subscriber(struct subscriber *sub, int number)
{
	struct ptt_gba_naf in = {.rand = sub->rand, .fqdn = ptt_bytes_of_str(PLAY_NAF)};
	struct ptt_naf_key ks_naf;

	snprintf(sub->impi, sizeof(sub->impi), "u%d@poc.example.org", number);
	snprintf(sub->impu, sizeof(sub->impu), "sip:u%d@poc.example.org", number);
	in.impi = ptt_bytes_of_str(sub->impi);
	ck_assert_int_eq(ptt_random_key(&sub->k, sizeof(sub->k)), PTT_OK);
	ck_assert_int_eq(ptt_random_key(&sub->opc, sizeof(sub->opc)), PTT_OK);
	ck_assert_int_eq(ptt_random_key(&sub->ks, sizeof(sub->ks)), PTT_OK);
	ck_assert_int_eq(ptt_random_bytes(sub->rand, sizeof(sub->rand)), PTT_OK);
	ck_assert_int_eq(
		ptt_gba_btid_put(sub->btid, sizeof(sub->btid), sub->rand, "bsf.poc.example.org"),
		PTT_OK);
	ck_assert_int_eq(ptt_gba_naf_key(&ks_naf, &sub->ks, PTT_GBA_ME, &in), PTT_OK);
	ck_assert_int_eq(ptt_mbms_keys_me(&sub->muk, &sub->mrk, &ks_naf), PTT_OK);
	ptt_mrk_password(sub->password, &sub->mrk);
}

static void put_subscriber(struct ptt_store_batch *batch, const struct subscriber *sub)
{
	struct ptt_subscriber_row *row = calloc(1, sizeof(*row));
	struct ptt_bootstrap_row boot = {.ks = sub->ks, .expires_utc_s = time(NULL) + 86400};

	snprintf(row->impi, sizeof(row->impi), "%s", sub->impi);
	snprintf(row->impu[0], sizeof(row->impu[0]), "%s", sub->impu);
	row->impu_count = 1;
	row->k = sub->k;
	row->opc = sub->opc;
	ptt_batch_put_subscriber(batch, row);
	free(row);
	snprintf(boot.btid, sizeof(boot.btid), "%s", sub->btid);
	snprintf(boot.impi, sizeof(boot.impi), "%s", sub->impi);
	memcpy(boot.rand, sub->rand, sizeof(boot.rand));
	ptt_batch_put_bootstrap(batch, &boot);
}

static void fill_store(struct play *play)
{
	char path[128], text[256] = "";
	struct ptt_store_options options = {.path = path, .kek = &play->kek};
	struct ptt_store_batch *batch;
	struct ptt_store *store;

	snprintf(path, sizeof(path), "%s/state.db", play->dir);
	ck_assert_msg(ptt_store_open(&store, &options, text, sizeof(text)) == PTT_OK, "%s", text);
	batch = ptt_store_batch_new(store);
	for (int i = 0; i < PLAY_ACTORS; i++) {
		make_subscriber(&play->subscriber[i], i);
		put_subscriber(batch, &play->subscriber[i]);
	}
	ck_assert_int_eq(ptt_store_commit_sync(batch, PTT_STORE_FULL), PTT_OK);
	ptt_store_close(store);
}

/* --- the host --- */

static int on_request(nta_leg_magic_t *magic, nta_leg_t *leg, nta_incoming_t *irq, const sip_t *sip)
{
	struct play *play = (struct play *)magic;

	(void)leg;
	return play->server && ptt_sip_on_request(play->server->env.sip, irq, sip) ? 0 : 404;
}

/* Sofia's own log joins ours. */
static void sofia_log(void *stream, const char *format, va_list ap)
{
	struct play *play = stream;

	vdprintf(play->log_fd, format, ap);
}

static void open_log(struct play *play)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/log", play->dir);
	play->log_fd = open(path, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
	ck_assert_int_ge(play->log_fd, 0);
	ptt_log_set_fd(play->log_fd);
	ptt_log_set(PTT_LOG_TEXT, PTT_LOG_DEBUG);
	su_log_redirect(NULL, sofia_log, play);
}

void play_start_server(struct play *play)
{
	play->server = calloc(1, sizeof(*play->server));
	ck_assert_ptr_nonnull(play->server);
	play->server->env.root = play->root;
	play->server->agent = play->agent;
	play->server->host = &play->host;
	ck_assert_msg(ptt_server_start(play->server) == 0, "see %s/log", play->dir);
}

void play_stop_server(struct play *play)
{
	struct ptt_server *server = play->server;

	play->server = NULL;
	ptt_server_stop(server);
}

void play_open(struct play *play, const char *policy)
{
	memset(play, 0, sizeof(*play));
	strcpy(play->dir, "/tmp/pttkey-flow-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(play->dir));
	ck_assert_int_eq(su_init(), 0);
	open_log(play);
	write_config(play, policy);
	fill_store(play);
	play->root = su_root_create(NULL);
	su_root_threading(play->root, 1);
	play->agent = nta_agent_create(play->root, URL_STRING_MAKE("sip:127.0.0.1:*;transport=udp"),
		NULL, NULL, NTATAG_UA(1), NTATAG_SERVER_RPORT(1), TAG_END());
	ck_assert_ptr_nonnull(play->agent);
	play->port = (uint16_t)atoi(nta_agent_contact(play->agent)->m_url->url_port);
	play->leg = nta_leg_tcreate(
		play->agent, on_request, (nta_leg_magic_t *)play, NTATAG_NO_DIALOG(1), TAG_END());
	play->host = (struct pttkey_host){.abi_version = PTTKEY_ABI_VERSION,
		.size = sizeof(play->host),
		.config_file = play->config};
	play_start_server(play);
}

/** The tracker met no state and event that its table does not mention. */
static void check_log(const struct play *play)
{
	char path[128], line[1024];
	FILE *log;

	snprintf(path, sizeof(path), "%s/log", play->dir);
	log = fopen(path, "r");
	ck_assert_ptr_nonnull(log);
	while (fgets(line, sizeof(line), log))
		ck_assert_msg(!strstr(line, "tracker-unexpected"), "%s", line);
	fclose(log);
}

static void remove_files(const struct play *play)
{
	static const char *const names[] = {
		"conf", "kek", "log", "state.db", "state.db-wal", "state.db-shm"};
	char path[128];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", play->dir, names[i]);
		unlink(path);
	}
	ck_assert_int_eq(rmdir(play->dir), 0);
}

static void free_actor(struct actor *actor)
{
	ptt_sip_client_free(actor->sc);
	ptt_ue_session_free(actor->session);
	if (!actor->rc_borrowed)
		ptt_rekey_client_free(actor->rc);
	tap_close(&actor->tap);
	close(actor->mtk_fd);
}

void play_close(struct play *play)
{
	for (int i = play->actors; i-- > 0;)
		free_actor(&play->actor[i]);
	if (play->server)
		play_stop_server(play);
	nta_leg_destroy(play->leg);
	nta_agent_destroy(play->agent);
	su_root_destroy(play->root);
	ptt_log_set_fd(-1);
	su_log_redirect(NULL, NULL, NULL);
	close(play->log_fd);
	check_log(play);
	remove_files(play);
	su_deinit();
	ptt_wipe(play, sizeof(*play));
}

void play_step(struct play *play)
{
	su_root_step(play->root, 10);
	for (int i = 0; i < play->actors; i++) {
		struct actor *actor = &play->actor[i];

		actor_read_keys(actor);
		if (ptt_sip_client_due_ms(actor->sc) <= ptt_clock_ms())
			ptt_sip_client_tick(actor->sc, ptt_clock_ms());
	}
}

/* --- what the server thinks --- */

struct ptt_group *play_group(const struct play *play)
{
	return ptt_groups_find(&play->server->env, PLAY_GROUP);
}

bool play_is_stable(const struct play *play)
{
	return ptt_tracker_is_idle(play_group(play)->tracker);
}

uint32_t play_current(const struct play *play)
{
	return play_group(play)->keys.current.msk_id;
}

void play_rekey(struct play *play)
{
	struct ptt_tracker_event event = {.kind = PTT_EV_OPERATOR};
	const struct ptt_tracker *tracker = play_group(play)->tracker;
	uint32_t before = ptt_tracker_newest(tracker);

	ck_assert_int_eq(ptt_group_feed(play_group(play), &event), PTT_OK);
	PLAY_UNTIL(play, ptt_tracker_newest(tracker) > before);
}

static void on_expelled(void *ctx, enum ptt_err err)
{
	*(int *)ctx = err == PTT_OK ? 1 : -1;
}

void play_expel(struct play *play, int who)
{
	struct ptt_group *group = play_group(play);
	int done = 0;
	struct ptt_expel_wait wait = {.fn = on_expelled, .ctx = &done};

	ptt_group_expel(group, ptt_group_find_subject(group, play->subscriber[who].impu),
		"operator", &wait);
	PLAY_UNTIL(play, done != 0);
	ck_assert_int_eq(done, 1);
}
