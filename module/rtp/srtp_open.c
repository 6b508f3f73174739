/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/rtp/srtp_open.h"

#include <stdlib.h>
#include <string.h>

#include "module/rtp/rtp.h"
#include "module/rtp/srtp_policy.h"

#define KEYS_MAX       4
#define AES_CM_TAG_LEN 10
#define STREAMS_MAX    64 /* SSRCs libsrtp keeps for one key; the oldest goes first */

struct key {
	srtp_t session;
	struct ptt_mtk mtk;
	uint8_t mki[PTT_MKI_LEN];
	size_t tag_len, after_mki_len;
	int64_t retire_ms; /* 0 = never */
	uint32_t ssrc[STREAMS_MAX];
	size_t ssrcs;
};

struct held {
	int64_t since_ms;
	size_t len;
	uint8_t data[PTT_RTP_MAX_LEN];
};

struct ptt_srtp_open {
	bool rtcp, hostile;
	ptt_srtp_opened_f *on_opened;
	void *ctx;
	struct key **keys; /* in order of arrival */
	size_t key_count;
	struct held *held[PTT_SRTP_HOLD_MAX]; /* in order of arrival */
	size_t held_count;
	struct ptt_srtp_open_stats stats;
};

enum ptt_err ptt_srtp_open_new(struct ptt_srtp_open **out, bool rtcp, bool hostile,
	ptt_srtp_opened_f *on_opened, void *ctx)
{
	struct ptt_srtp_open *op = calloc(1, sizeof(*op));

	if (!op)
		return PTT_ERR_SYSTEM;
	op->rtcp = rtcp;
	op->hostile = hostile;
	op->on_opened = on_opened;
	op->ctx = ctx;
	*out = op;
	return PTT_OK;
}

static void key_free(struct key *key)
{
	if (key->session)
		srtp_dealloc(key->session);
	ptt_wipe(key, sizeof(*key));
	free(key);
}

static void drop_key(struct ptt_srtp_open *op, size_t at)
{
	key_free(op->keys[at]);
	op->key_count--;
	memmove(op->keys + at, op->keys + at + 1, (op->key_count - at) * sizeof(struct key *));
}

static void drop_held(struct ptt_srtp_open *op, size_t at)
{
	free(op->held[at]);
	op->held_count--;
	memmove(op->held + at, op->held + at + 1, (op->held_count - at) * sizeof(struct held *));
}

static void wipe_all(struct ptt_srtp_open *op)
{
	while (op->key_count > 0)
		drop_key(op, op->key_count - 1);
	for (; op->held_count > 0; op->stats.undecryptable++)
		drop_held(op, op->held_count - 1);
}

void ptt_srtp_open_free(struct ptt_srtp_open *op)
{
	if (!op)
		return;
	wipe_all(op);
	free(op->keys);
	free(op);
}

void ptt_srtp_open_drop_keys(struct ptt_srtp_open *op)
{
	if (!op->hostile)
		wipe_all(op);
}

static struct key *find_key(const struct ptt_srtp_open *op, const uint8_t mki[PTT_MKI_LEN])
{
	for (size_t i = 0; i < op->key_count; i++) {
		if (memcmp(op->keys[i]->mki, mki, PTT_MKI_LEN) == 0)
			return op->keys[i];
	}
	return NULL;
}

/*
 * Where the MKI stands if the packet is of this key's suite; NULL = too short. Header, tag and MKI
 * must fit: libsrtp (Debian 12: 2.5) subtracts tag and MKI from the length of a shorter one, and
 * then decrypts 4 GB of stack.
 */
static const uint8_t *mki_at(const struct key *key, struct ptt_bytes packet)
{
	if (packet.len <= PTT_RTP_HEADER_LEN + key->tag_len + PTT_MKI_LEN)
		return NULL;
	return packet.data + packet.len - key->after_mki_len - PTT_MKI_LEN;
}

static bool mki_matches(const struct key *key, struct ptt_bytes packet)
{
	const uint8_t *mki = mki_at(key, packet);

	return mki && memcmp(mki, key->mki, PTT_MKI_LEN) == 0;
}

/* Bounds the streams: libsrtp keeps one for every SSRC. */
static void note_ssrc(struct ptt_srtp_open *op, struct key *key, const uint8_t *packet)
{
	const uint8_t *p = packet + (op->rtcp ? 4 : 8);
	uint32_t ssrc = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];

	for (size_t i = key->ssrcs; i-- > 0;) {
		if (key->ssrc[i] == ssrc)
			return;
	}
	if (key->ssrcs == STREAMS_MAX) {
		(void)srtp_remove_stream(key->session, key->ssrc[0]);
		key->ssrcs--;
		memmove(key->ssrc, key->ssrc + 1, key->ssrcs * sizeof(key->ssrc[0]));
	}
	key->ssrc[key->ssrcs++] = ssrc;
}

/* The @p count oldest keys begin their last second, if they have not yet. */
static void retire(struct ptt_srtp_open *op, size_t count, int64_t now_ms)
{
	if (op->hostile)
		return;
	for (size_t i = 0; i < count; i++) {
		if (op->keys[i]->retire_ms == 0)
			op->keys[i]->retire_ms = now_ms + PTT_SRTP_RETIRE_MS;
	}
}

void ptt_srtp_open_good(struct ptt_srtp_open *op, const uint8_t mki[PTT_MKI_LEN], int64_t now_ms)
{
	for (size_t i = 0; i < op->key_count; i++) {
		if (memcmp(op->keys[i]->mki, mki, PTT_MKI_LEN) == 0)
			retire(op, i, now_ms);
	}
}

void ptt_srtp_open_revoke(struct ptt_srtp_open *op, uint32_t msk_id)
{
	uint8_t id[4] = {(uint8_t)(msk_id >> 24), (uint8_t)(msk_id >> 16), (uint8_t)(msk_id >> 8),
		(uint8_t)msk_id};

	for (size_t i = op->key_count; i-- > 0 && !op->hostile;) {
		if (memcmp(op->keys[i]->mki, id, sizeof(id)) == 0)
			drop_key(op, i);
	}
}

static void deliver(
	struct ptt_srtp_open *op, struct key *key, struct ptt_bytes plain, int64_t now_ms)
{
	uint8_t mki[PTT_MKI_LEN];

	memcpy(mki, key->mki, PTT_MKI_LEN); /* the callback may drop the key */
	note_ssrc(op, key, plain.data);
	op->stats.opened++;
	ptt_srtp_open_good(op, mki, now_ms);
	op->on_opened(op->ctx, plain, mki, now_ms);
}

const uint8_t *ptt_srtp_open_mki(const struct ptt_srtp_open *op, struct ptt_bytes packet)
{
	struct key aes_cm = {.tag_len = AES_CM_TAG_LEN, .after_mki_len = AES_CM_TAG_LEN};

	for (size_t i = 0; i < op->key_count; i++) {
		if (mki_matches(op->keys[i], packet))
			return mki_at(op->keys[i], packet);
	}
	return mki_at(&aes_cm, packet);
}

enum outcome { OPENED, REPLAYED, FAILED };

/* The MKI is not authenticated: a hostile opener writes that of the key it tries. */
static enum outcome try_key(
	struct ptt_srtp_open *op, struct key *key, struct ptt_bytes packet, int64_t now_ms)
{
	_Alignas(8) uint8_t buf[PTT_RTP_MAX_LEN];
	const uint8_t *mki = mki_at(key, packet);
	int len = (int)packet.len;
	srtp_err_status_t status;

	if (!mki)
		return FAILED;
	memcpy(buf, packet.data, packet.len);
	memcpy(buf + (mki - packet.data), key->mki, PTT_MKI_LEN);
	status = op->rtcp ? srtp_unprotect_rtcp_mki(key->session, buf, &len, 1)
			  : srtp_unprotect_mki(key->session, buf, &len, 1);
	if (status == srtp_err_status_replay_fail || status == srtp_err_status_replay_old)
		return REPLAYED;
	if (status != srtp_err_status_ok || len < PTT_RTP_HEADER_LEN)
		return FAILED;
	deliver(op, key, (struct ptt_bytes){buf, (size_t)len}, now_ms);
	return OPENED;
}

static enum outcome try_all(struct ptt_srtp_open *op, struct ptt_bytes packet, int64_t now_ms)
{
	enum outcome outcome = FAILED;

	for (size_t i = op->key_count; i-- > 0 && outcome == FAILED;)
		outcome = try_key(op, op->keys[i], packet, now_ms);
	return outcome;
}

static void hold(struct ptt_srtp_open *op, struct ptt_bytes packet, int64_t now_ms)
{
	struct held *held = malloc(sizeof(*held));

	if (!held) {
		op->stats.undecryptable++;
		return;
	}
	if (op->held_count == PTT_SRTP_HOLD_MAX) {
		drop_held(op, 0);
		op->stats.undecryptable++;
	}
	held->since_ms = now_ms;
	held->len = packet.len;
	memcpy(held->data, packet.data, packet.len);
	op->held[op->held_count++] = held;
}

/* @return false if no key fits: the packet may wait. */
static bool open_now(struct ptt_srtp_open *op, struct ptt_bytes packet, int64_t now_ms)
{
	struct key *key = NULL;
	enum outcome outcome;

	for (size_t i = 0; i < op->key_count && !key; i++)
		key = mki_matches(op->keys[i], packet) ? op->keys[i] : NULL;
	if (!key && !op->hostile)
		return false;
	outcome = key ? try_key(op, key, packet, now_ms) : FAILED;
	if (outcome == FAILED && op->hostile) {
		outcome = try_all(op, packet, now_ms);
		if (outcome == FAILED && !key)
			return false;
	}
	op->stats.replayed += outcome == REPLAYED;
	op->stats.undecryptable += outcome == FAILED;
	return true;
}

void ptt_srtp_open_packet(struct ptt_srtp_open *op, struct ptt_bytes packet, int64_t now_ms)
{
	ptt_srtp_open_tick(op, now_ms);
	op->stats.heard++;
	if (packet.len > PTT_RTP_MAX_LEN || packet.len < PTT_RTP_HEADER_LEN + PTT_MKI_LEN)
		op->stats.undecryptable++;
	else if (!open_now(op, packet, now_ms))
		hold(op, packet, now_ms);
}

static void try_held(struct ptt_srtp_open *op, int64_t now_ms)
{
	size_t i = 0;

	while (i < op->held_count) {
		struct held *held = op->held[i];

		if (!open_now(op, (struct ptt_bytes){held->data, held->len}, now_ms))
			i++;
		else if (i < op->held_count && op->held[i] == held) /* no callback dropped it */
			drop_held(op, i);
	}
}

static enum ptt_err new_key(struct key **out, const struct ptt_mtk *mtk, const uint8_t *mki)
{
	PTT_SECRET(struct ptt_srtp_policy, policy);
	struct key *key;

	PTT_TRY(ptt_srtp_policy_fill(&policy, mtk, mki, true));
	key = calloc(1, sizeof(*key));
	if (!key)
		return PTT_ERR_SYSTEM;
	if (srtp_create(&key->session, &policy.policy) != srtp_err_status_ok) {
		free(key);
		return PTT_ERR_SYSTEM;
	}
	key->mtk = *mtk;
	key->tag_len = ptt_srtp_tag_len(mtk);
	key->after_mki_len = ptt_srtp_after_mki_len(mtk);
	memcpy(key->mki, mki, PTT_MKI_LEN);
	*out = key;
	return PTT_OK;
}

static bool same_mtk(const struct ptt_mtk *a, const struct ptt_mtk *b)
{
	return a->key_len == b->key_len && a->salt_len == b->salt_len &&
	       ptt_secret_equal(a->key, b->key, a->key_len) &&
	       ptt_secret_equal(a->salt, b->salt, a->salt_len);
}

enum ptt_err ptt_srtp_open_add(struct ptt_srtp_open *op, const struct ptt_mtk *mtk,
	const uint8_t mki[PTT_MKI_LEN], int64_t now_ms)
{
	struct key *key = find_key(op, mki), **keys;

	if (key && same_mtk(&key->mtk, mtk))
		return PTT_OK;
	if (key && !op->hostile)
		return PTT_ERR_MISMATCH;
	PTT_TRY(new_key(&key, mtk, mki));
	if (op->key_count == KEYS_MAX && !op->hostile)
		drop_key(op, 0);
	keys = realloc(op->keys, (op->key_count + 1) * sizeof(*keys));
	if (!keys) {
		key_free(key);
		return PTT_ERR_SYSTEM;
	}
	op->keys = keys;
	op->keys[op->key_count++] = key;
	/* If nobody talks, no packet retires keys: keep the previous one only. */
	retire(op, op->key_count > 2 ? op->key_count - 2 : 0, now_ms);
	ptt_srtp_open_tick(op, now_ms);
	try_held(op, now_ms);
	return PTT_OK;
}

void ptt_srtp_open_tick(struct ptt_srtp_open *op, int64_t now_ms)
{
	for (size_t i = op->key_count; i-- > 0;) {
		if (op->keys[i]->retire_ms != 0 && now_ms >= op->keys[i]->retire_ms)
			drop_key(op, i);
	}
	while (op->held_count > 0 && now_ms >= op->held[0]->since_ms + PTT_SRTP_HOLD_MS) {
		drop_held(op, 0);
		op->stats.undecryptable++;
	}
}

int64_t ptt_srtp_open_due_ms(const struct ptt_srtp_open *op)
{
	int64_t due = INT64_MAX;

	if (op->held_count > 0)
		due = op->held[0]->since_ms + PTT_SRTP_HOLD_MS;
	for (size_t i = 0; i < op->key_count; i++) {
		if (op->keys[i]->retire_ms != 0 && op->keys[i]->retire_ms < due)
			due = op->keys[i]->retire_ms;
	}
	return due;
}

void ptt_srtp_open_get_stats(const struct ptt_srtp_open *op, struct ptt_srtp_open_stats *out)
{
	*out = op->stats;
	out->held = op->held_count;
}

size_t ptt_srtp_open_keys(const struct ptt_srtp_open *op)
{
	return op->key_count;
}
