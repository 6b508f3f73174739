/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The clients of a play. */
#include <arpa/inet.h>
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/flow/play.h"
#include "tests/unit/media/media_lab.h"

static enum ptt_err get_password(
	void *ctx, struct ptt_sip_password *out, const char *naf, bool again)
{
	struct actor *actor = ctx;

	ck_assert_str_eq(naf, PLAY_NAF);
	ck_assert(!again);
	snprintf(out->btid, sizeof(out->btid), "%s", actor->who->btid);
	snprintf(out->text, sizeof(out->text), "%s", actor->who->password);
	return ptt_rekey_client_set_muk(actor->rc, out->btid, naf, &actor->who->muk);
}

static void on_joined(void *ctx, const char *call_id)
{
	struct actor *actor = ctx;

	ck_assert_uint_gt(strlen(call_id), 0);
	actor->seen.joined++;
}

static void on_result(void *ctx, const struct ptt_ue_result *result)
{
	struct actor *actor = ctx;

	actor->seen.results++;
	actor->seen.refused += result->status != 200 || result->warning != 0;
	actor->seen.channel = ptt_ue_session_channel(actor->session) != NULL;
	if (!result->has_msk || result->status != 200)
		return;
	actor->seen.msks++;
	actor->msk_id = result->msk.msk_id;
}

static void on_end(void *ctx, enum ptt_sip_end end, int status, const char *text)
{
	struct actor *actor = ctx;

	(void)text;
	actor->seen.ended++;
	actor->seen.end = end;
	actor->seen.end_status = status;
}

static const struct ptt_sip_client_ops ops = {get_password, on_joined, on_result, on_end};

static void open_keys(struct actor *actor)
{
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(actor->play->key_port)};
	struct ip_mreqn group = {0};
	int on = 1;

	ck_assert_int_eq(inet_pton(AF_INET, LAB_GROUP, &addr.sin_addr), 1);
	group.imr_multiaddr = addr.sin_addr;
	group.imr_address.s_addr = htonl(INADDR_LOOPBACK);
	actor->mtk_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	ck_assert_int_ge(actor->mtk_fd, 0);
	ck_assert_int_eq(setsockopt(actor->mtk_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
	ck_assert_int_eq(bind(actor->mtk_fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	ck_assert_int_eq(
		setsockopt(actor->mtk_fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof(group)), 0);
}

void actor_read_keys(struct actor *actor)
{
	uint8_t message[512];
	struct ptt_rekey_mtk mtk;
	ssize_t n;

	while ((n = recv(actor->mtk_fd, message, sizeof(message), 0)) > 0) {
		if (ptt_rekey_client_on_mtk(
			    actor->rc, &mtk, (struct ptt_bytes){message, (size_t)n}) != PTT_OK)
			continue;
		actor->mtk = mtk;
		actor->seen.mtks += mtk.change != PTT_KEYRING_REPEATED;
		memcpy(actor->mtk_message, message, (size_t)n);
		actor->mtk_message_len = (size_t)n;
	}
}

static void open_session(struct actor *actor, const struct actor_way *way)
{
	struct ptt_ue_session_param param = {
		.keys = actor->rc,
		.join = way->join,
		.refuse_channel = way->refuse_channel,
		.session_id = 1,
		.local = {.audio_port = 30000, .floor_port = 30002},
	};

	ck_assert_int_eq(ptt_sdp_codec_get(&param.local.codec, "AMR/8000/1"), PTT_OK);
	ck_assert(ptt_sdp_addr_get(&param.local.address, "127.0.0.1"));
	param.channel = play_group(actor->play)->sdp;
	ck_assert_int_eq(ptt_ue_session_new(&actor->session, &param), PTT_OK);
}

struct actor *play_enter(struct play *play, int who, const struct actor_way *way)
{
	static const struct actor_way plain;
	struct actor *actor = &play->actor[play->actors];
	struct ptt_sip_client_param sip = {.root = play->root,
		.address = "127.0.0.1",
		.group = PLAY_GROUP,
		.ops = &ops,
		.ctx = actor};
	char server[64];

	if (!way)
		way = &plain;
	ck_assert_int_lt(play->actors++, PLAY_ACTORS);
	actor->play = play;
	actor->who = &play->subscriber[who];
	tap_open(&actor->tap, play->root, play->port);
	actor->tap.rule = way->rule;
	sip.session_s = way->session_s;
	open_keys(actor);
	actor->rc_borrowed = way->shares != NULL;
	if (actor->rc_borrowed)
		actor->rc = way->shares->rc;
	else
		ck_assert_int_eq(ptt_rekey_client_new(&actor->rc, false), PTT_OK);
	open_session(actor, way);
	snprintf(server, sizeof(server), "sip:127.0.0.1:%u", actor->tap.port);
	sip.session = actor->session;
	sip.server = server;
	sip.impu = actor->who->impu;
	ck_assert_int_eq(ptt_sip_client_new(&actor->sc, &sip), PTT_OK);
	ck_assert_int_eq(ptt_sip_client_join(actor->sc), PTT_OK);
	return actor;
}

struct actor *play_enter_settled(struct play *play, int who)
{
	struct actor *actor = play_enter(play, who, NULL);

	PLAY_UNTIL(play, actor->seen.msks > 0 && play_is_stable(play) &&
				 actor_is_on(actor, play_current(play)));
	return actor;
}

bool actor_is_on(const struct actor *actor, uint32_t msk_id)
{
	return actor->msk_id == msk_id && actor->mtk.msk_id == msk_id;
}

static struct ptt_bytes mikey_of(uint8_t *out, size_t size, const struct tap_message *message)
{
	const char *text = tap_line(message, "a=key-mgmt:mikey ");
	size_t len = 0;

	ck_assert_ptr_nonnull(text);
	ck_assert_int_eq(ptt_base64_get(out, &len, size, text, strlen(text)), PTT_OK);
	return (struct ptt_bytes){out, len};
}

struct opened play_open_msk(const struct tap_message *message, const struct subscriber *who)
{
	uint8_t bytes[PTT_MIKEY_SEALED_MAX];
	struct ptt_bytes in = mikey_of(bytes, sizeof(bytes), message);
	struct opened out = {0};
	struct ptt_mikey_ids ids;
	struct ptt_mikey_ctx ctx;
	unsigned long session;

	ck_assert_int_eq(ptt_mikey_ctx_init(&ctx), PTT_OK);
	ck_assert_int_eq(ptt_mikey_peek(&ids, in), PTT_OK);
	ck_assert_int_eq(ptt_mikey_open_msk(&ctx, &out.msk, in, &who->muk), PTT_OK);
	ptt_mikey_ctx_wipe(&ctx);
	out.msk_id = ids.msk_id;
	out.counter = ids.counter;
	ck_assert_int_eq(
		sscanf(tap_line(message, "o="), "%*s %lu %u", &session, &out.o_version), 2);
	ck_assert_int_eq(sscanf(tap_line(message, "CSeq:"), "%u", &out.cseq), 1);
	return out;
}

enum ptt_err actor_take_again(struct actor *actor, const struct tap_message *message)
{
	uint8_t bytes[PTT_MIKEY_SEALED_MAX];
	struct ptt_rekey_msk msk;

	return ptt_rekey_client_on_msk(actor->rc, &msk, mikey_of(bytes, sizeof(bytes), message));
}
