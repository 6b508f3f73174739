/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reader and the writer of each payload. mikey.c reads and writes the next-payload octet. */
#include "crypto/mikey_payload.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/** Marks a payload that may stand once; the second one fails the reader. */
static void once(bool *has, struct ptt_reader *rd)
{
	if (*has)
		ptt_reader_fail(rd, PTT_ERR_MALFORMED);
	*has = true;
}

/** @return the next free place of an array; place 0 and a failed reader when it is full */
static uint8_t place(uint8_t *count, size_t max, struct ptt_reader *rd)
{
	if (*count >= max) {
		ptt_reader_fail(rd, PTT_ERR_NO_SPACE);
		return 0;
	}
	return (*count)++;
}

static void need(struct ptt_reader *rd, bool known)
{
	if (!known)
		ptt_reader_fail(rd, PTT_ERR_UNSUPPORTED);
}

static size_t mac_len(struct ptt_reader *rd, uint8_t alg)
{
	need(rd, alg <= PTT_MIKEY_MAC_HMAC_SHA1_160);
	return alg == PTT_MIKEY_MAC_HMAC_SHA1_160 ? PTT_MIKEY_MAC_LEN : 0;
}

static void mark_signed(struct ptt_mikey_msg *out, const struct ptt_reader *rd)
{
	if (rd->err == PTT_OK)
		out->signed_len = (size_t)(rd->pos - out->raw.data);
}

/*  KEMAC  | encr alg | encr len (2) | encr data | mac alg | MAC (0 or 20) |   RFC 3830 6.2 */
static void kemac_get(struct ptt_mikey_msg *out, uint8_t *index, struct ptt_reader *rd)
{
	struct ptt_mikey_kemac *k = &out->kemac;

	(void)index;
	once(&out->has_kemac, rd);
	k->encr_alg = ptt_read_u8(rd);
	need(rd, k->encr_alg <= PTT_MIKEY_ENCR_AES_KW_128);
	k->encr = ptt_read_bytes(rd, ptt_read_u16(rd));
	k->mac_alg = ptt_read_u8(rd);
	mark_signed(out, rd);
	k->mac = ptt_read_bytes(rd, mac_len(rd, k->mac_alg));
}

static void kemac_put(struct ptt_writer *out, const struct ptt_mikey_msg *in, uint8_t index)
{
	(void)index;
	ptt_write_u8(out, in->kemac.encr_alg);
	ptt_write_u16(out, (uint16_t)in->kemac.encr.len);
	ptt_write_bytes(out, in->kemac.encr);
	ptt_write_u8(out, in->kemac.mac_alg);
	ptt_write_bytes(out, in->kemac.mac);
}

/*  T  | type | value (8 or 4) |   RFC 3830 6.6 */
static void t_get(struct ptt_mikey_msg *out, uint8_t *index, struct ptt_reader *rd)
{
	(void)index;
	once(&out->has_t, rd);
	out->t_type = ptt_read_u8(rd);
	need(rd, out->t_type <= PTT_MIKEY_TS_COUNTER);
	out->t = ptt_read_bytes(rd, out->t_type == PTT_MIKEY_TS_COUNTER ? 4 : 8);
}

static void t_put(struct ptt_writer *out, const struct ptt_mikey_msg *in, uint8_t index)
{
	(void)index;
	ptt_write_u8(out, in->t_type);
	ptt_write_bytes(out, in->t);
}

/*  RAND  | len (1) | bytes |   RFC 3830 6.11 */
static void rand_get(struct ptt_mikey_msg *out, uint8_t *index, struct ptt_reader *rd)
{
	(void)index;
	once(&out->has_rand, rd);
	out->rand = ptt_read_bytes(rd, ptt_read_u8(rd));
}

static void rand_put(struct ptt_writer *out, const struct ptt_mikey_msg *in, uint8_t index)
{
	(void)index;
	ptt_write_u8(out, (uint8_t)in->rand.len);
	ptt_write_bytes(out, in->rand);
}

/*  ID  | type | len (2) | bytes |   RFC 3830 6.7 */
static void id_get(struct ptt_mikey_msg *out, uint8_t *index, struct ptt_reader *rd)
{
	struct ptt_mikey_id_payload *id;

	*index = place(&out->id_count, COUNT_OF(out->id), rd);
	id = &out->id[*index];
	id->type = ptt_read_u8(rd);
	need(rd, id->type <= PTT_MIKEY_ID_BYTES);
	id->value = ptt_read_bytes(rd, ptt_read_u16(rd));
}

static void id_put(struct ptt_writer *out, const struct ptt_mikey_msg *in, uint8_t index)
{
	ptt_write_u8(out, in->id[index].type);
	ptt_write_u16(out, (uint16_t)in->id[index].value.len);
	ptt_write_bytes(out, in->id[index].value);
}

bool ptt_mikey_sp_next(struct ptt_reader *params, uint8_t *type, struct ptt_bytes *value)
{
	if (ptt_reader_left(params) == 0)
		return false;
	*type = ptt_read_u8(params);
	*value = ptt_read_bytes(params, ptt_read_u8(params));
	return params->err == PTT_OK;
}

/*  SP  | policy no | prot type | len (2) | { type (1) len (1) value }* |   RFC 3830 6.10 */
static void sp_get(struct ptt_mikey_msg *out, uint8_t *index, struct ptt_reader *rd)
{
	struct ptt_mikey_sp *sp;
	struct ptt_reader params;
	struct ptt_bytes value;
	uint8_t type;

	*index = place(&out->sp_count, COUNT_OF(out->sp), rd);
	sp = &out->sp[*index];
	sp->policy = ptt_read_u8(rd);
	sp->proto = ptt_read_u8(rd);
	need(rd, sp->proto == PTT_MIKEY_PROTO_SRTP);
	sp->params = ptt_read_bytes(rd, ptt_read_u16(rd));
	params = ptt_reader_of(sp->params);
	while (ptt_mikey_sp_next(&params, &type, &value))
		continue;
	if (ptt_reader_end(&params) != PTT_OK)
		ptt_reader_fail(rd, PTT_ERR_MALFORMED);
}

static void sp_put(struct ptt_writer *out, const struct ptt_mikey_msg *in, uint8_t index)
{
	ptt_write_u8(out, in->sp[index].policy);
	ptt_write_u8(out, in->sp[index].proto);
	ptt_write_u16(out, (uint16_t)in->sp[index].params.len);
	ptt_write_bytes(out, in->sp[index].params);
}

/*  V  | auth alg | MAC (0 or 20) |   RFC 3830 6.9 */
static void v_get(struct ptt_mikey_msg *out, uint8_t *index, struct ptt_reader *rd)
{
	(void)index;
	once(&out->has_v, rd);
	out->v_alg = ptt_read_u8(rd);
	mark_signed(out, rd);
	out->v_mac = ptt_read_bytes(rd, mac_len(rd, out->v_alg));
}

static void v_put(struct ptt_writer *out, const struct ptt_mikey_msg *in, uint8_t index)
{
	(void)index;
	ptt_write_u8(out, in->v_alg);
	ptt_write_bytes(out, in->v_mac);
}

/*  Key ID  { | type | len (1) | id | }*   domain 3, MSK 4, MTK 2 bytes; RFC 4563 3.1 */
static void key_id_one(struct ptt_mikey_key_id *out, struct ptt_reader *rd)
{
	uint8_t type = ptt_read_u8(rd), len = ptt_read_u8(rd);
	struct ptt_bytes id = ptt_read_bytes(rd, len);
	struct ptt_reader in = ptt_reader_of(id);

	switch (type) {
	case PTT_MIKEY_KID_DOMAIN:
		once(&out->has_domain, rd);
		out->domain = ptt_read_bytes(&in, PTT_MIKEY_KEY_DOMAIN_LEN);
		break;
	case PTT_MIKEY_KID_MSK:
		once(&out->has_msk, rd);
		out->msk_id = ptt_read_u32(&in);
		break;
	case PTT_MIKEY_KID_MTK:
		once(&out->has_mtk, rd);
		out->mtk_id = ptt_read_u16(&in);
		break;
	default:
		need(rd, false);
		return;
	}
	if (ptt_reader_end(&in) != PTT_OK)
		ptt_reader_fail(rd, PTT_ERR_MALFORMED);
}

/* EXT  | type | len (2) | data |   RFC 3830 6.15; an unknown type is kept as bytes */
static void ext_get(struct ptt_mikey_msg *out, uint8_t *index, struct ptt_reader *rd)
{
	struct ptt_mikey_blob *ext;
	struct ptt_reader in;

	*index = place(&out->ext_count, COUNT_OF(out->ext), rd);
	ext = &out->ext[*index];
	ext->type = ptt_read_u8(rd);
	ext->value = ptt_read_bytes(rd, ptt_read_u16(rd));
	if (ext->type == PTT_MIKEY_EXT_SDP_IDS) {
		once(&out->has_sdp_ids, rd);
		out->sdp_ids = ext->value;
	} else if (ext->type == PTT_MIKEY_EXT_KEY_ID) {
		once(&out->has_key_id, rd);
		in = ptt_reader_of(ext->value);
		while (ptt_reader_left(&in) != 0)
			key_id_one(&out->key_id, &in);
		if (in.err != PTT_OK)
			ptt_reader_fail(rd, in.err);
	}
}

static void ext_put(struct ptt_writer *out, const struct ptt_mikey_msg *in, uint8_t index)
{
	ptt_write_u8(out, in->ext[index].type);
	ptt_write_u16(out, (uint16_t)in->ext[index].value.len);
	ptt_write_bytes(out, in->ext[index].value);
}

/* Payloads of modes other than pre-shared key: decoded, never used. */

static struct ptt_mikey_blob *misc_place(
	struct ptt_mikey_msg *out, uint8_t *index, struct ptt_reader *rd)
{
	*index = place(&out->misc_count, COUNT_OF(out->misc), rd);
	return &out->misc[*index];
}

/*  ERR  | error no | reserved (2) |   RFC 3830 6.12 */
static void err_get(struct ptt_mikey_msg *out, uint8_t *index, struct ptt_reader *rd)
{
	struct ptt_mikey_blob *b = misc_place(out, index, rd);

	b->type = ptt_read_u8(rd);
	b->value = ptt_read_bytes(rd, 2);
}

/*  CHASH  | hash func | SHA-1 (20) or MD5 (16) |   RFC 3830 6.8 */
static void chash_get(struct ptt_mikey_msg *out, uint8_t *index, struct ptt_reader *rd)
{
	struct ptt_mikey_blob *b = misc_place(out, index, rd);

	b->type = ptt_read_u8(rd);
	need(rd, b->type <= 1);
	b->value = ptt_read_bytes(rd, b->type == 0 ? 20 : 16);
}

/*  KV data  SPI: | len | SPI |   interval: | len | VF | len | VT |   RFC 3830 6.14 */
void ptt_mikey_kv_get(struct ptt_mikey_key_data *out, struct ptt_reader *rd)
{
	switch (out->kv) {
	case PTT_MIKEY_KV_NULL:
		break;
	case PTT_MIKEY_KV_SPI:
		out->spi = ptt_read_bytes(rd, ptt_read_u8(rd));
		break;
	case PTT_MIKEY_KV_INTERVAL:
		out->from = ptt_read_bytes(rd, ptt_read_u8(rd));
		out->to = ptt_read_bytes(rd, ptt_read_u8(rd));
		break;
	default:
		ptt_reader_fail(rd, PTT_ERR_UNSUPPORTED);
	}
}

/*  DH  | group | value (192, 96 or 128) | reserved 4, KV 4 | KV data |   RFC 3830 6.4 */
static void dh_get(struct ptt_mikey_msg *out, uint8_t *index, struct ptt_reader *rd)
{
	static const uint8_t group_len[] = {192, 96, 128}; /* OAKLEY 5, 1, 2 */
	struct ptt_mikey_blob *b = misc_place(out, index, rd);
	struct ptt_mikey_key_data kv = {0};
	const uint8_t *from;

	b->type = ptt_read_u8(rd);
	need(rd, b->type < COUNT_OF(group_len));
	from = rd->pos;
	(void)ptt_read_bytes(rd, b->type < COUNT_OF(group_len) ? group_len[b->type] : 0);
	kv.kv = ptt_read_u8(rd) & 15;
	ptt_mikey_kv_get(&kv, rd);
	if (rd->err == PTT_OK)
		b->value = (struct ptt_bytes){from, (size_t)(rd->pos - from)};
}

static void fixed_put(struct ptt_writer *out, const struct ptt_mikey_msg *in, uint8_t index)
{
	ptt_write_u8(out, in->misc[index].type);
	ptt_write_bytes(out, in->misc[index].value);
}

/*  CERT  | type | len (2) | certificate |   RFC 3830 6.7 */
static void cert_get(struct ptt_mikey_msg *out, uint8_t *index, struct ptt_reader *rd)
{
	struct ptt_mikey_blob *b = misc_place(out, index, rd);

	b->type = ptt_read_u8(rd);
	b->value = ptt_read_bytes(rd, ptt_read_u16(rd));
}

static void cert_put(struct ptt_writer *out, const struct ptt_mikey_msg *in, uint8_t index)
{
	ptt_write_u8(out, in->misc[index].type);
	ptt_write_u16(out, (uint16_t)in->misc[index].value.len);
	ptt_write_bytes(out, in->misc[index].value);
}

/*  PKE  | C 2, len 14 | data |   RFC 3830 6.3 */
static void pke_get(struct ptt_mikey_msg *out, uint8_t *index, struct ptt_reader *rd)
{
	struct ptt_mikey_blob *b = misc_place(out, index, rd);
	uint16_t head = ptt_read_u16(rd);

	b->type = (uint8_t)(head >> 14);
	b->value = ptt_read_bytes(rd, head & 0x3fff);
}

static void pke_put(struct ptt_writer *out, const struct ptt_mikey_msg *in, uint8_t index)
{
	const struct ptt_mikey_blob *b = &in->misc[index];

	ptt_write_u16(out, (uint16_t)((unsigned)b->type << 14 | (b->value.len & 0x3fff)));
	ptt_write_bytes(out, b->value);
}

/*  SIGN  | S type 4, len 12 | signature |   RFC 3830 6.5; always last, without a next payload */
static void sign_get(struct ptt_mikey_msg *out, uint8_t *index, struct ptt_reader *rd)
{
	struct ptt_mikey_blob *b = misc_place(out, index, rd);
	uint16_t head = ptt_read_u16(rd);

	b->type = (uint8_t)(head >> 12);
	b->value = ptt_read_bytes(rd, head & 0x0fff);
}

static void sign_put(struct ptt_writer *out, const struct ptt_mikey_msg *in, uint8_t index)
{
	const struct ptt_mikey_blob *b = &in->misc[index];

	ptt_write_u16(out, (uint16_t)((unsigned)b->type << 12 | (b->value.len & 0x0fff)));
	ptt_write_bytes(out, b->value);
}

static const struct ptt_mikey_payload_def defs[] = {
	[PTT_MIKEY_KEMAC] = {PTT_MIKEY_KEMAC, "KEMAC", kemac_get, kemac_put},
	[PTT_MIKEY_PKE] = {PTT_MIKEY_PKE, "PKE", pke_get, pke_put},
	[PTT_MIKEY_DH] = {PTT_MIKEY_DH, "DH", dh_get, fixed_put},
	[PTT_MIKEY_SIGN] = {PTT_MIKEY_SIGN, "SIGN", sign_get, sign_put},
	[PTT_MIKEY_T] = {PTT_MIKEY_T, "T", t_get, t_put},
	[PTT_MIKEY_ID] = {PTT_MIKEY_ID, "ID", id_get, id_put},
	[PTT_MIKEY_CERT] = {PTT_MIKEY_CERT, "CERT", cert_get, cert_put},
	[PTT_MIKEY_CHASH] = {PTT_MIKEY_CHASH, "CHASH", chash_get, fixed_put},
	[PTT_MIKEY_V] = {PTT_MIKEY_V, "V", v_get, v_put},
	[PTT_MIKEY_SP] = {PTT_MIKEY_SP, "SP", sp_get, sp_put},
	[PTT_MIKEY_RAND] = {PTT_MIKEY_RAND, "RAND", rand_get, rand_put},
	[PTT_MIKEY_ERR] = {PTT_MIKEY_ERR, "ERR", err_get, fixed_put},
	[PTT_MIKEY_EXT] = {PTT_MIKEY_EXT, "EXT", ext_get, ext_put},
};
_Static_assert(COUNT_OF(defs) == PTT_MIKEY_EXT + 1, "each payload has an entry");

const struct ptt_mikey_payload_def *ptt_mikey_payload_def(uint8_t type)
{
	return type < COUNT_OF(defs) && defs[type].name ? &defs[type] : NULL;
}
