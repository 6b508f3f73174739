/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "crypto/mikey_seal.h"

#include <string.h>

#include "crypto/mikey.h"
#include "crypto/mikey_keys.h"

#define KEY_ID_MAX   (3 * 2 + PTT_MBMS_KEY_DOMAIN_LEN + PTT_MBMS_MSK_ID_LEN + PTT_MBMS_MTK_ID_LEN)
#define KEY_DATA_MAX 64

static const uint8_t
	no_mac[PTT_MIKEY_MAC_LEN]; /* a placeholder until the bytes before it are known */

/** A message to be encoded, and the bytes that it borrows. */
struct draft {
	struct ptt_mikey_msg msg;
	uint8_t key_id[KEY_ID_MAX];
	uint8_t counter[4];
};

/** Key data in the clear until it is encrypted in place. */
struct key_data {
	uint8_t b[KEY_DATA_MAX];
	size_t len;
};

static void item_add(struct ptt_mikey_msg *msg, uint8_t type, uint8_t index)
{
	msg->items[msg->item_count++] = (struct ptt_mikey_item){type, index};
}

/** The Key ID extension, with the MTK's id in an MTK message. Spec: RFC 4563 3 */
static void key_id_make(struct draft *dr, const struct ptt_mikey_ids *ids, bool with_mtk)
{
	struct ptt_writer wr = ptt_writer_of(dr->key_id, sizeof(dr->key_id));

	ptt_write_u8(&wr, PTT_MIKEY_KID_DOMAIN);
	ptt_write_u8(&wr, PTT_MBMS_KEY_DOMAIN_LEN);
	ptt_write_bytes(&wr, PTT_BYTES_OF(ids->key_domain));
	ptt_write_u8(&wr, PTT_MIKEY_KID_MSK);
	ptt_write_u8(&wr, PTT_MBMS_MSK_ID_LEN);
	ptt_write_u32(&wr, ids->msk_id);
	if (with_mtk) {
		ptt_write_u8(&wr, PTT_MIKEY_KID_MTK);
		ptt_write_u8(&wr, PTT_MBMS_MTK_ID_LEN);
		ptt_write_u16(&wr, ids->mtk_id);
	}
	dr->msg.ext[0] =
		(struct ptt_mikey_blob){PTT_MIKEY_EXT_KEY_ID, {dr->key_id, ptt_writer_len(&wr)}};
}

static void head_make(struct draft *dr, const struct ptt_mikey_ids *ids, uint8_t type)
{
	const struct ptt_mbms_profile *prof = &ptt_mbms_profile;
	struct ptt_writer wr = ptt_writer_of(dr->counter, sizeof(dr->counter));
	struct ptt_mikey_msg *msg = &dr->msg;

	msg->type = type;
	msg->prf = PTT_MIKEY_PRF_1;
	msg->csb_id = ids->csb_id;
	msg->map_type = ids->empty_map ? PTT_MIKEY_MAP_EMPTY : PTT_MIKEY_MAP_SRTP_ID;
	msg->cs_count = ids->empty_map ? 0 : prof->cs_count;
	msg->map = ids->empty_map ? (struct ptt_bytes){NULL, 0} : prof->srtp_id_map;
	ptt_write_u32(&wr, ids->counter);
	msg->t_type = prof->ts_type;
	msg->t = PTT_BYTES_OF(dr->counter);
	msg->kemac.encr_alg = prof->encr_alg;
	msg->kemac.mac_alg = msg->v_alg = prof->mac_alg;
	msg->kemac.mac = msg->v_mac = PTT_BYTES_OF(no_mac);
}

/** Lists the payloads of @p order, without an SP if the map is empty, with SDP IDs if wanted. */
static void items_make(struct ptt_mikey_msg *msg, struct ptt_bytes order)
{
	uint8_t ids = 0, type;
	size_t i;

	for (i = 0; i < order.len; i++) {
		type = order.data[i];
		if (type == PTT_MIKEY_SP && msg->map_type == PTT_MIKEY_MAP_EMPTY)
			continue;
		item_add(msg, type, type == PTT_MIKEY_ID ? ids++ : 0);
		if (type == PTT_MIKEY_EXT && msg->has_sdp_ids)
			item_add(msg, type, 1); /* right behind the Key ID */
	}
}

/**
 * Encodes the message, then writes its MAC over the placeholder. @p out advances only if nothing
 * failed.
 */
static enum ptt_err finish(struct ptt_writer *out, const struct draft *dr,
	const struct ptt_mikey_keys *keys, const struct ptt_mikey_ids *ids)
{
	struct ptt_writer wr = *out;
	uint8_t *start = wr.pos;
	struct ptt_bytes text;

	PTT_TRY(ptt_mikey_encode(&wr, &dr->msg));
	text = (struct ptt_bytes){start, (size_t)(wr.pos - start) - PTT_MIKEY_MAC_LEN};
	if (dr->msg.type == PTT_MIKEY_PSK_VERIFY)
		PTT_TRY(ptt_mikey_verify_mac(start + text.len, keys, text, ids));
	else
		PTT_TRY(ptt_hmac_sha1(start + text.len, &keys->auth, &text, 1));
	*out = wr;
	return PTT_OK;
}

static enum ptt_err seal(struct ptt_mikey_ctx *ctx, struct ptt_writer *out, struct draft *dr,
	struct key_data *data, const struct ptt_mikey_keys *keys)
{
	const struct ptt_mikey_session ses = {.csb_id = dr->msg.csb_id,
		.counter = (uint32_t)dr->counter[0] << 24 | (uint32_t)dr->counter[1] << 16 |
			   (uint32_t)dr->counter[2] << 8 | dr->counter[3]};
	struct ptt_bytes plain = {data->b, data->len};

	PTT_TRY(ptt_mikey_crypt(ctx, data->b, keys, &ses, plain));
	dr->msg.kemac.encr = plain;
	return finish(out, dr, keys, NULL);
}

static struct ptt_mikey_session session_of(const struct ptt_mikey_ids *ids)
{
	return (struct ptt_mikey_session){ids->csb_id, PTT_BYTES_OF(ids->rand), ids->counter};
}

static enum ptt_err key_data_make(struct key_data *out, const struct ptt_mikey_key_data *in)
{
	struct ptt_writer wr = ptt_writer_of(out->b, sizeof(out->b));

	ptt_mikey_key_data_put(&wr, in, PTT_MIKEY_LAST);
	return ptt_writer_end(&wr, &out->len);
}

/** The payloads that only an MSK message has. */
static void msk_draft(struct draft *dr, const struct ptt_mikey_ids *ids)
{
	const struct ptt_mbms_profile *prof = &ptt_mbms_profile;
	struct ptt_mikey_msg *msg = &dr->msg;

	head_make(dr, ids, PTT_MIKEY_PSK_INIT);
	msg->verify = ids->verify;
	key_id_make(dr, ids, false);
	msg->has_sdp_ids = ids->sdp_ids;
	msg->ext[1] = (struct ptt_mikey_blob){PTT_MIKEY_EXT_SDP_IDS, prof->sdp_ids};
	msg->rand = PTT_BYTES_OF(ids->rand);
	msg->id[0] = (struct ptt_mikey_id_payload){prof->idi_type, ids->idi};
	msg->id[1] = (struct ptt_mikey_id_payload){prof->idr_type, ids->idr};
	msg->sp[0] = (struct ptt_mikey_sp){
		prof->sp_policy, PTT_MIKEY_PROTO_SRTP, ptt_suite_def(ids->suite)->sp};
	items_make(msg, prof->msk_order);
}

enum ptt_err ptt_mikey_seal_msk(struct ptt_mikey_ctx *ctx, struct ptt_writer *out,
	const struct ptt_mikey_ids *ids, const struct ptt_mikey_msk *in, const struct ptt_muk *muk)
{
	const uint8_t from[] = {(uint8_t)(in->seql >> 8), (uint8_t)in->seql};
	const uint8_t to[] = {(uint8_t)(in->sequ >> 8), (uint8_t)in->sequ};
	const struct ptt_mikey_key_data key = {.type = ptt_mbms_profile.msk_key_type,
		.kv = ptt_mbms_profile.msk_kv,
		.key = PTT_BYTES_OF(in->msk.b),
		.from = PTT_BYTES_OF(from),
		.to = PTT_BYTES_OF(to)};
	const struct ptt_mikey_session ses = session_of(ids);
	PTT_SECRET(struct ptt_mikey_keys, keys);
	PTT_SECRET(struct key_data, data);
	struct draft dr = {0};

	if (!ptt_suite_def(ids->suite) || ptt_msk_id_number(ids->msk_id) == 0 ||
		(ids->empty_map && ids->suite != ptt_mbms_profile.default_suite))
		return PTT_ERR_UNSUPPORTED;
	if (ids->idi.len > PTT_MIKEY_ID_MAX || ids->idr.len > PTT_MIKEY_ID_MAX)
		return PTT_ERR_NO_SPACE;
	PTT_TRY(key_data_make(&data, &key));
	PTT_TRY(ptt_mikey_keys_derive(&keys, PTT_BYTES_OF(muk->b), &ses));
	msk_draft(&dr, ids);
	return seal(ctx, out, &dr, &data, &keys);
}

static bool is_of_suite(const struct ptt_mtk *mtk, enum ptt_suite suite)
{
	const struct ptt_suite_def *def = ptt_suite_def(suite);

	return def && mtk->key_len == def->key_len && mtk->salt_len == def->salt_len;
}

enum ptt_err ptt_mikey_seal_mtk(struct ptt_mikey_ctx *ctx, struct ptt_writer *out,
	const struct ptt_mikey_ids *ids, const struct ptt_mtk *in, const struct ptt_msk *msk)
{
	const struct ptt_mikey_key_data key = {.type = ptt_mbms_profile.mtk_key_type,
		.kv = ptt_mbms_profile.mtk_kv,
		.key = {in->key, in->key_len},
		.salt = {in->salt, in->salt_len}};
	const struct ptt_mikey_session ses = session_of(ids);
	PTT_SECRET(struct ptt_mikey_keys, keys);
	PTT_SECRET(struct key_data, data);
	struct draft dr = {0};

	if (!is_of_suite(in, ids->suite) || ptt_msk_id_number(ids->msk_id) == 0 ||
		(ids->empty_map && ids->suite != ptt_mbms_profile.default_suite))
		return PTT_ERR_UNSUPPORTED;
	PTT_TRY(key_data_make(&data, &key));
	PTT_TRY(ptt_mikey_keys_derive(&keys, PTT_BYTES_OF(msk->b), &ses));
	head_make(&dr, ids, PTT_MIKEY_PSK_INIT);
	key_id_make(&dr, ids, true);
	items_make(&dr.msg, ptt_mbms_profile.mtk_order);
	return seal(ctx, out, &dr, &data, &keys);
}

enum ptt_err ptt_mikey_seal_verify(struct ptt_mikey_ctx *ctx, struct ptt_writer *out,
	const struct ptt_mikey_ids *ids, const struct ptt_muk *muk)
{
	const struct ptt_mikey_session ses = session_of(ids);
	PTT_SECRET(struct ptt_mikey_keys, keys);
	struct draft dr = {0};

	(void)ctx;
	PTT_TRY(ptt_mikey_keys_derive(&keys, PTT_BYTES_OF(muk->b), &ses));
	head_make(&dr, ids, PTT_MIKEY_PSK_VERIFY);
	dr.msg.id[0] = (struct ptt_mikey_id_payload){ptt_mbms_profile.idr_type, ids->idr};
	items_make(&dr.msg, ptt_mbms_profile.verify_order);
	return finish(out, &dr, &keys, ids);
}
