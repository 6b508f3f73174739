/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file play.h
 * A stage for flows: the real server side and up to four real clients, each with its own Sofia
 * agent, on one su_root in one process. Between each client and the server is a tap.
 *
 * The server is what mod_pttkey.so has in it, with a host of a few lines. The clients are the
 * product's sip_client, ue_session and rekey_client. Bootstrappings are in the store beforehand.
 */
#ifndef PTT_TEST_PLAY_H
#define PTT_TEST_PLAY_H

#include "module/base/clock.h"
#include "module/client/sip_client.h"
#include "module/server/server.h"
#include "tests/flow/tap.h"

#define PLAY_GROUP   "sip:alpha@poc.example.org"
#define PLAY_NAF     "pf1.poc.example.org"
#define PLAY_ACTORS  4
#define PLAY_WAIT_MS 8000

struct subscriber {
	char impi[64], impu[64], btid[128], password[64];
	struct ptt_k k;
	struct ptt_opc opc;
	struct ptt_ks ks;
	uint8_t rand[16];
	struct ptt_muk muk;
	struct ptt_mrk mrk;
};

struct actor {
	struct play *play;
	struct subscriber *who;
	struct tap tap;
	struct ptt_rekey_client *rc;
	bool rc_borrowed; /**< the keys of another actor: two dialogs of one client */
	struct ptt_ue_session *session;
	struct ptt_sip_client *sc;
	int mtk_fd;
	struct {
		int joined, results, msks, refused, ended, end_status, mtks;
		enum ptt_sip_end end;
		bool channel;
	} seen;
	uint32_t msk_id;          /**< of the last MSK message that was taken */
	struct ptt_rekey_mtk mtk; /**< the last MTK that was new */
	uint8_t mtk_message[512]; /**< and its message */
	size_t mtk_message_len;
};

struct play {
	su_root_t *root;
	nta_agent_t *agent;
	nta_leg_t *leg;
	struct pttkey_host host;
	struct ptt_server *server;
	struct ptt_kek kek;
	char dir[64], config[96];
	uint16_t port, key_port;
	int log_fd;
	struct subscriber subscriber[PLAY_ACTORS]; /**< u0 to u3 @poc.example.org */
	struct actor actor[PLAY_ACTORS];
	int actors;
};

/** @p policy: what stands in policy = { }. */
void play_open(struct play *play, const char *policy);
void play_close(struct play *play);
/** The server goes, as by SIGTERM but at once, and comes back from its store. */
void play_stop_server(struct play *play);
void play_start_server(struct play *play);

struct actor_way {
	enum ptt_ue_join join;
	bool refuse_channel;
	struct actor *shares; /**< NULL, or whose keys these are too */
	uint32_t session_s;   /**< session timer to ask for; 0: none */
	tap_rule *rule;       /**< of his tap, from the first message on */
};
/** A client of subscriber @p who; joins. @p way may be NULL. */
struct actor *play_enter(struct play *play, int who, const struct actor_way *way);
/** One turn of all loops. */
void play_step(struct play *play);
/** Turns the loops until it is so; fails the test after PLAY_WAIT_MS. */
#define PLAY_UNTIL(play, what) \
	do { \
		int64_t end_ms_ = ptt_clock_ms() + PLAY_WAIT_MS; \
		while (!(what)) { \
			ck_assert_msg(ptt_clock_ms() < end_ms_, "not in time: %s (log: %s/log)", \
				#what, (play)->dir); \
			play_step(play); \
		} \
	} while (0)

struct ptt_group *play_group(const struct play *play);
/** Is no re-key under way? */
bool play_is_stable(const struct play *play);
uint32_t play_current(const struct play *play);
/** Enters, and waits until the client has its MSK, and an MTK under it. */
struct actor *play_enter_settled(struct play *play, int who);
/** A new MSK, as an operator asks for it; returns when it is decided. */
void play_rekey(struct play *play);
/** Expels a subscriber as an operator would. */
void play_expel(struct play *play, int who);
/** Takes the MTK messages that have come. */
void actor_read_keys(struct actor *actor);
/** Has he an MTK under this MSK? */
bool actor_is_on(const struct actor *actor, uint32_t msk_id);
/** The MSK message in a body, opened with the key of the subscriber it is for. */
struct opened {
	uint32_t msk_id, counter, o_version, cseq;
	struct ptt_mikey_msk msk;
};
struct opened play_open_msk(const struct tap_message *message, const struct subscriber *who);
/** The same MSK message, put to the client once more. */
enum ptt_err actor_take_again(struct actor *actor, const struct tap_message *message);

#endif
