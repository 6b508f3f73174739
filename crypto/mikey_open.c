/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Peeking and opening: the receiver's half of mikey_seal.h. */
#include "crypto/mikey_seal.h"

#include <string.h>

#include "crypto/mikey.h"
#include "crypto/mikey_keys.h"

#define KEY_DATA_MAX 64

static bool is_sealed(const struct ptt_mikey_msg *msg)
{
	return msg->has_kemac && msg->kemac.encr_alg == ptt_mbms_profile.encr_alg &&
	       msg->kemac.mac_alg == ptt_mbms_profile.mac_alg;
}

static enum ptt_mikey_kind kind_of(const struct ptt_mikey_msg *msg)
{
	const struct ptt_mikey_key_id *kid = &msg->key_id;

	if (msg->type == PTT_MIKEY_ERROR)
		return PTT_MIKEY_KIND_ERROR;
	if (msg->type == PTT_MIKEY_PSK_VERIFY)
		return PTT_MIKEY_KIND_VERIFY;
	if (msg->type != PTT_MIKEY_PSK_INIT || !kid->has_domain || !kid->has_msk)
		return PTT_MIKEY_KIND_OTHER;
	return kid->has_mtk ? PTT_MIKEY_KIND_MTK : PTT_MIKEY_KIND_MSK;
}

/** Checks what an MSK message must have besides its Key ID. */
static enum ptt_err msk_check(struct ptt_mikey_ids *out, const struct ptt_mikey_msg *msg)
{
	if (msg->rand.len != PTT_MBMS_RAND_LEN || msg->id_count != 2)
		return PTT_ERR_MISMATCH;
	if (msg->sp_count > 1)
		return PTT_ERR_UNSUPPORTED;
	if (msg->has_sdp_ids && !ptt_bytes_equal(msg->sdp_ids, ptt_mbms_profile.sdp_ids))
		return PTT_ERR_MISMATCH;
	if (msg->sp_count == 1)
		PTT_TRY(ptt_suite_from_sp(&out->suite, msg->sp[0].params));
	memcpy(out->rand, msg->rand.data, sizeof(out->rand));
	out->idi = msg->id[0].value;
	out->idr = msg->id[1].value;
	return PTT_OK;
}

/**
 * An MTK message has no RAND, ID or SP: a message of another profile must not be understood in
 * part.
 */
static enum ptt_err mtk_check(const struct ptt_mikey_msg *msg)
{
	bool lean = !msg->has_rand && msg->id_count == 0 && msg->sp_count == 0 && !msg->verify;

	return lean ? PTT_OK : PTT_ERR_MISMATCH;
}

static enum ptt_err ids_get(struct ptt_mikey_ids *out, const struct ptt_mikey_msg *msg)
{
	struct ptt_reader t = ptt_reader_of(msg->t);

	*out = (struct ptt_mikey_ids){.kind = kind_of(msg),
		.csb_id = msg->csb_id,
		.msk_id = msg->key_id.msk_id,
		.mtk_id = msg->key_id.mtk_id,
		.verify = msg->verify,
		.empty_map = msg->map_type == PTT_MIKEY_MAP_EMPTY,
		.sdp_ids = msg->has_sdp_ids,
		.suite = ptt_mbms_profile.default_suite};
	if (msg->has_t && msg->t_type == ptt_mbms_profile.ts_type)
		out->counter = ptt_read_u32(&t);
	if (out->kind != PTT_MIKEY_KIND_MSK && out->kind != PTT_MIKEY_KIND_MTK) {
		out->idr = msg->id_count != 0 ? msg->id[0].value : out->idr;
		return PTT_OK;
	}
	memcpy(out->key_domain, msg->key_id.domain.data, sizeof(out->key_domain));
	if (!is_sealed(msg) || !msg->has_t || msg->t_type != ptt_mbms_profile.ts_type)
		return PTT_ERR_UNSUPPORTED;
	return out->kind == PTT_MIKEY_KIND_MSK ? msk_check(out, msg) : mtk_check(msg);
}

enum ptt_err ptt_mikey_peek(struct ptt_mikey_ids *out, struct ptt_bytes in)
{
	struct ptt_mikey_msg msg;

	PTT_TRY(ptt_mikey_decode(&msg, in));
	return ids_get(out, &msg);
}

struct key_data {
	uint8_t b[KEY_DATA_MAX];
};

/** Checks the MAC, then decrypts, then reads the only key. Keeps: @p key points into @p data. */
static enum ptt_err kemac_open(struct ptt_mikey_ctx *ctx, struct ptt_mikey_key_data *key,
	struct key_data *data, const struct ptt_mikey_msg *msg, const struct ptt_mikey_keys *keys)
{
	const struct ptt_bytes text = {msg->raw.data, msg->signed_len};
	struct ptt_reader t = ptt_reader_of(msg->t);
	struct ptt_mikey_session ses = {.csb_id = msg->csb_id, .counter = ptt_read_u32(&t)};
	struct ptt_mikey_key_data all[PTT_MIKEY_MAX_KEYS];
	uint8_t mac[PTT_MIKEY_MAC_LEN];
	size_t count = 0;

	PTT_TRY(ptt_hmac_sha1(mac, &keys->auth, &text, 1));
	if (msg->kemac.mac.len != sizeof(mac) ||
		!ptt_secret_equal(mac, msg->kemac.mac.data, sizeof(mac)))
		return PTT_ERR_AUTH;
	if (msg->kemac.encr.len > sizeof(data->b))
		return PTT_ERR_UNSUPPORTED;
	PTT_TRY(ptt_mikey_crypt(ctx, data->b, keys, &ses, msg->kemac.encr));
	PTT_TRY(ptt_mikey_key_data_get(
		all, &count, (struct ptt_bytes){data->b, msg->kemac.encr.len}));
	if (count != 1)
		return PTT_ERR_UNSUPPORTED;
	*key = all[0];
	return PTT_OK;
}

static uint16_t seq_get(struct ptt_bytes in)
{
	struct ptt_reader rd = ptt_reader_of(in);

	return ptt_read_u16(&rd);
}

enum ptt_err ptt_mikey_open_msk(struct ptt_mikey_ctx *ctx, struct ptt_mikey_msk *out,
	struct ptt_bytes in, const struct ptt_muk *muk)
{
	const struct ptt_mbms_profile *prof = &ptt_mbms_profile;
	PTT_SECRET(struct ptt_mikey_keys, keys);
	PTT_SECRET(struct key_data, data);
	struct ptt_mikey_session ses = {0};
	struct ptt_mikey_key_data key;
	struct ptt_mikey_ids ids;
	struct ptt_mikey_msg msg;

	PTT_TRY(ptt_mikey_decode(&msg, in));
	PTT_TRY(ids_get(&ids, &msg));
	if (ids.kind != PTT_MIKEY_KIND_MSK)
		return PTT_ERR_MISMATCH;
	ses = (struct ptt_mikey_session){ids.csb_id, msg.rand, ids.counter};
	PTT_TRY(ptt_mikey_keys_derive(&keys, PTT_BYTES_OF(muk->b), &ses));
	PTT_TRY(kemac_open(ctx, &key, &data, &msg, &keys));
	if (key.type != prof->msk_key_type || key.kv != prof->msk_kv ||
		key.key.len != sizeof(out->msk.b) || key.from.len != prof->seq_len ||
		key.to.len != prof->seq_len)
		return PTT_ERR_UNSUPPORTED;
	memcpy(out->msk.b, key.key.data, sizeof(out->msk.b));
	out->seql = seq_get(key.from);
	out->sequ = seq_get(key.to);
	return PTT_OK;
}

/** @return true if a suite has these lengths. The caller compares them with the channel's suite. */
static bool mtk_lengths_known(const struct ptt_mikey_key_data *key)
{
	const struct ptt_suite_def *def;
	int s;

	for (s = 0; (def = ptt_suite_def((enum ptt_suite)s)) != NULL; s++) {
		if (key->key.len == def->key_len && key->salt.len == def->salt_len)
			return true;
	}
	return false;
}

enum ptt_err ptt_mikey_open_mtk(struct ptt_mikey_ctx *ctx, struct ptt_mtk *out, struct ptt_bytes in,
	const struct ptt_mikey_mtk_key *with)
{
	PTT_SECRET(struct ptt_mikey_keys, keys);
	PTT_SECRET(struct key_data, data);
	struct ptt_mikey_session ses = {0};
	struct ptt_mikey_key_data key;
	struct ptt_mikey_ids ids;
	struct ptt_mikey_msg msg;

	PTT_TRY(ptt_mikey_decode(&msg, in));
	PTT_TRY(ids_get(&ids, &msg));
	if (ids.kind != PTT_MIKEY_KIND_MTK)
		return PTT_ERR_MISMATCH;
	ses = (struct ptt_mikey_session){ids.csb_id, {with->rand, PTT_MBMS_RAND_LEN}, ids.counter};
	PTT_TRY(ptt_mikey_keys_derive(&keys, PTT_BYTES_OF(with->msk->b), &ses));
	PTT_TRY(kemac_open(ctx, &key, &data, &msg, &keys));
	if (key.type != ptt_mbms_profile.mtk_key_type || key.kv != ptt_mbms_profile.mtk_kv ||
		!mtk_lengths_known(&key))
		return PTT_ERR_UNSUPPORTED;
	memset(out, 0, sizeof(*out));
	memcpy(out->key, key.key.data, key.key.len);
	memcpy(out->salt, key.salt.data, key.salt.len);
	out->key_len = (uint8_t)key.key.len;
	out->salt_len = (uint8_t)key.salt.len;
	return PTT_OK;
}

enum ptt_err ptt_mikey_open_verify(struct ptt_mikey_ctx *ctx, struct ptt_bytes in,
	const struct ptt_mikey_ids *ids, const struct ptt_muk *muk)
{
	const struct ptt_mikey_session ses = {ids->csb_id, PTT_BYTES_OF(ids->rand), ids->counter};
	PTT_SECRET(struct ptt_mikey_keys, keys);
	uint8_t mac[PTT_MIKEY_MAC_LEN];
	struct ptt_mikey_ids got;
	struct ptt_mikey_msg msg;

	(void)ctx;
	PTT_TRY(ptt_mikey_decode(&msg, in));
	PTT_TRY(ids_get(&got, &msg));
	if (got.kind != PTT_MIKEY_KIND_VERIFY || !msg.has_v)
		return PTT_ERR_MISMATCH;
	if (msg.v_alg != ptt_mbms_profile.mac_alg)
		return PTT_ERR_UNSUPPORTED;
	if (got.csb_id != ids->csb_id || got.counter != ids->counter || !msg.has_t ||
		(msg.id_count != 0 && !ptt_bytes_equal(got.idr, ids->idr)))
		return PTT_ERR_MISMATCH;
	PTT_TRY(ptt_mikey_keys_derive(&keys, PTT_BYTES_OF(muk->b), &ses));
	PTT_TRY(ptt_mikey_verify_mac(mac, &keys, (struct ptt_bytes){in.data, msg.signed_len}, ids));
	return ptt_secret_equal(mac, msg.v_mac.data, sizeof(mac)) ? PTT_OK : PTT_ERR_AUTH;
}
