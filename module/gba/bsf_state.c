/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/gba/bsf_state.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "crypto/aka.h"
#include "crypto/gba_kdf.h"
#include "crypto/random.h"

#define SUBS_MAX          65536
#define BOOTS_MAX         16384
#define CHALLENGES_MAX    8192
#define CHALLENGE_LIFE_MS 30000
#define LIFETIME_S        86400
/* A B-TID is base64(RAND) "@" host: the host must fit behind the rest. */
#define HOST_LEN_MAX (PTT_STORE_ID_MAX - 1 - PTT_BASE64_LEN(PTT_UB_RAND_LEN) - 1)

/* TS 33.102 C.1.1.1: SQN = SEQ || IND. A block is 32 SEQ: one durable write for 32 challenges. */
#define IND_BITS  5
#define IND_MASK  ((UINT64_C(1) << IND_BITS) - 1)
#define BLOCK_SEQ 32

/* TS 33.220 B.4, H.3: the Ua id of TMPI, and 24 octets of the KDF. */
#define TMPI_LEN 24
static const uint8_t tmpi_ua_id[PTT_GBA_UA_ID_LEN] = {1, 0, 0, 1, 0};
static const char tmpi_domain[] = "@tmpi.bsf.3gppnetwork.org";

static bool is_host(const char *host)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
	size_t len = strlen(host);

	return len > 0 && len <= HOST_LEN_MAX && strspn(host, allowed) == len;
}

enum ptt_err ptt_bsf_state_init(struct ptt_bsf_state *state, const struct ptt_bsf_param *param)
{
	memset(state, 0, sizeof(*state));
	if (!is_host(param->host))
		return PTT_ERR_MALFORMED;
	memcpy(state->host, param->host, strlen(param->host));
	state->lifetime_s = param->lifetime_s ? param->lifetime_s : LIFETIME_S;
	state->challenge_life_ms =
		param->challenge_life_ms ? param->challenge_life_ms : CHALLENGE_LIFE_MS;
	state->subs = ptt_lru_new(SUBS_MAX, sizeof(struct ptt_bsf_sub));
	state->boots = ptt_lru_new(BOOTS_MAX, sizeof(struct ptt_bootstrap_row));
	state->challenges =
		ptt_lru_new(param->max_challenges ? param->max_challenges : CHALLENGES_MAX,
			sizeof(struct ptt_bsf_challenge));
	state->tmpis = ptt_lru_new(SUBS_MAX, PTT_UB_NAME_MAX);
	return state->subs && state->boots && state->challenges && state->tmpis ? PTT_OK
										: PTT_ERR_SYSTEM;
}

void ptt_bsf_state_wipe(struct ptt_bsf_state *state)
{
	ptt_lru_free(state->subs);
	ptt_lru_free(state->boots);
	ptt_lru_free(state->tmpis);
	ptt_lru_free(state->challenges);
	memset(state, 0, sizeof(*state));
}

struct ptt_bsf_sub *ptt_bsf_sub_of(struct ptt_bsf_state *state, const char *impi)
{
	struct ptt_bsf_sub *sub = ptt_lru_get(state->subs, impi);

	if (!sub)
		return ptt_lru_add(state->subs, NULL, impi);
	ptt_lru_touch(state->subs, impi);
	return sub;
}

/* SEQ rises by one each time and IND cycles, so that USIMs accept challenges out of order. */
static uint64_t sqn_after(uint64_t sqn)
{
	return ((sqn >> IND_BITS) + 1) << IND_BITS | ((sqn + 1) & IND_MASK);
}

enum ptt_err ptt_bsf_sqn_take(struct ptt_bsf_sub *sub, uint64_t *sqn)
{
	uint64_t next = sqn_after(sub->sqn_last);

	if (next >= sub->sqn_reserved)
		return PTT_ERR_NO_KEY;
	sub->sqn_last = *sqn = next;
	return PTT_OK;
}

enum ptt_err ptt_bsf_sqn_block(uint64_t *reserved, uint64_t base)
{
	uint64_t end = ((base >> IND_BITS) + 1 + BLOCK_SEQ) << IND_BITS;

	if (base > PTT_AKA_SQN_MAX || end > PTT_AKA_SQN_MAX)
		return PTT_ERR_EXHAUSTED;
	*reserved = end;
	return PTT_OK;
}

static enum ptt_err make_vector(
	struct ptt_aka_vector *out, const struct ptt_subscriber_row *row, uint64_t sqn)
{
	struct ptt_aka_subscriber sub = {&row->k, &row->opc};
	struct ptt_aka_challenge in = {.sqn = sqn, .amf = {row->amf[0], row->amf[1]}};

	PTT_TRY(ptt_random_bytes(in.rand, sizeof(in.rand)));
	return ptt_aka_vector_make(out, &sub, &in);
}

static enum ptt_err remember(struct ptt_bsf_state *state, const char *nonce, const char *impi,
	const struct ptt_aka_vector *vector, int64_t now_ms)
{
	bool evicted;
	struct ptt_bsf_challenge *challenge = ptt_lru_add(state->challenges, &evicted, nonce);

	if (!challenge)
		return PTT_ERR_SYSTEM;
	state->stats.evicted += evicted;
	memcpy(challenge->impi, impi, strlen(impi));
	memcpy(challenge->rand, vector->rand, sizeof(challenge->rand));
	memcpy(challenge->res, vector->res, sizeof(challenge->res));
	ptt_gba_ks(&challenge->ks, vector->ck, vector->ik);
	challenge->expires_ms = now_ms + state->challenge_life_ms;
	return PTT_OK;
}

enum ptt_err ptt_bsf_challenge_make(struct ptt_bsf_state *state, struct ptt_ub_digest *out,
	const struct ptt_subscriber_row *row, uint64_t sqn, int64_t now_ms)
{
	PTT_SECRET(struct ptt_aka_vector, vector);

	memset(out, 0, sizeof(*out));
	PTT_TRY(make_vector(&vector, row, sqn));
	PTT_TRY(ptt_ub_nonce_put(out->nonce, sizeof(out->nonce), vector.rand, vector.autn));
	PTT_TRY(remember(state, out->nonce, row->impi, &vector, now_ms));
	snprintf(out->realm, sizeof(out->realm), "%s", state->host);
	strcpy(out->algorithm, "AKAv1-MD5");
	strcpy(out->qop, "auth-int");
	state->stats.challenges++;
	return PTT_OK;
}

enum ptt_err ptt_bsf_challenge_take(struct ptt_bsf_state *state, struct ptt_bsf_challenge *out,
	const char *nonce, int64_t now_ms)
{
	const struct ptt_bsf_challenge *challenge = ptt_lru_get(state->challenges, nonce);
	bool live = challenge && now_ms < challenge->expires_ms;

	if (live)
		*out = *challenge;
	ptt_lru_del(state->challenges, nonce);
	return live ? PTT_OK : PTT_ERR_NO_KEY;
}

void ptt_bsf_state_expire(struct ptt_bsf_state *state, int64_t now_ms)
{
	const struct ptt_bsf_challenge *oldest;

	while ((oldest = ptt_lru_oldest(state->challenges)) && now_ms >= oldest->expires_ms)
		ptt_lru_drop_oldest(state->challenges);
}

enum ptt_err ptt_bsf_tmpi_put(
	char out[PTT_UB_NAME_MAX], const struct ptt_bootstrap_row *row, const char *bsf_host)
{
	struct ptt_gba_naf bsf_id = {
		.rand = row->rand,
		.impi = ptt_bytes_of_str(row->impi),
		.fqdn = ptt_bytes_of_str(bsf_host),
		.ua_id = tmpi_ua_id,
	};
	char temp[PTT_BASE64_LEN(TMPI_LEN) + 1];
	PTT_SECRET(struct ptt_naf_key, key);

	PTT_TRY(ptt_gba_naf_key(&key, &row->ks, PTT_GBA_ME, &bsf_id));
	PTT_TRY(ptt_base64_put(temp, sizeof(temp), (struct ptt_bytes){key.b, TMPI_LEN}));
	snprintf(out, PTT_UB_NAME_MAX, "%s%s", temp, tmpi_domain);
	return PTT_OK;
}

enum ptt_err ptt_bsf_impi_of(
	struct ptt_bsf_state *state, char out[PTT_UB_NAME_MAX], const char *username)
{
	const char *at = strchr(username, '@');
	const char *impi = username;

	if (at && strcasecmp(at, tmpi_domain) == 0)
		impi = ptt_lru_get(state->tmpis, username);
	if (!impi)
		return PTT_ERR_NO_KEY;
	strcpy(out, impi);
	return PTT_OK;
}

/* The table is bounded and not stored: a UE whose TMPI is gone uses its IMPI. */
static void add_tmpi(struct ptt_bsf_state *state, const struct ptt_bootstrap_row *row)
{
	char tmpi[PTT_UB_NAME_MAX], *impi;

	if (ptt_bsf_tmpi_put(tmpi, row, state->host) != PTT_OK)
		return;
	impi = ptt_lru_add(state->tmpis, NULL, tmpi);
	if (impi)
		memcpy(impi, row->impi, strlen(row->impi) + 1);
}

void ptt_bsf_boot_add(struct ptt_bsf_state *state, const struct ptt_bootstrap_row *row)
{
	struct ptt_bootstrap_row *held = ptt_lru_add(state->boots, NULL, row->btid);

	if (held)
		*held = *row;
	add_tmpi(state, row);
}
