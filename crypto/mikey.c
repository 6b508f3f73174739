/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "crypto/mikey.h"

#include <string.h>

#include "crypto/mikey_payload.h"

#define V_BIT 0x80

/*  HDR | version | type | next | V 1, PRF 7 | CSB ID (4) | #CS | map type | map |   RFC 3830 6.1 */
static uint8_t hdr_get(struct ptt_mikey_msg *out, struct ptt_reader *rd)
{
	uint8_t version = ptt_read_u8(rd), next, flags;

	out->type = ptt_read_u8(rd);
	next = ptt_read_u8(rd);
	flags = ptt_read_u8(rd);
	out->verify = (flags & V_BIT) != 0;
	out->prf = flags & (V_BIT - 1);
	out->csb_id = ptt_read_u32(rd);
	out->cs_count = ptt_read_u8(rd);
	out->map_type = ptt_read_u8(rd);
	if (version != PTT_MIKEY_VERSION || out->type >= PTT_MIKEY_TYPE_COUNT ||
		out->prf != PTT_MIKEY_PRF_1 || out->map_type > PTT_MIKEY_MAP_EMPTY)
		ptt_reader_fail(rd, PTT_ERR_UNSUPPORTED);
	if (out->map_type == PTT_MIKEY_MAP_SRTP_ID)
		out->map = ptt_read_bytes(rd, (size_t)out->cs_count * PTT_MIKEY_SRTP_ID_LEN);
	else if (out->cs_count != 0)
		ptt_reader_fail(rd, PTT_ERR_MALFORMED); /* RFC 4563 4: the Empty map has none */
	return next;
}

static void hdr_put(struct ptt_writer *out, const struct ptt_mikey_msg *in, uint8_t next)
{
	ptt_write_u8(out, PTT_MIKEY_VERSION);
	ptt_write_u8(out, in->type);
	ptt_write_u8(out, next);
	ptt_write_u8(out, (uint8_t)((in->verify ? V_BIT : 0) | in->prf));
	ptt_write_u32(out, in->csb_id);
	ptt_write_u8(out, in->cs_count);
	ptt_write_u8(out, in->map_type);
	ptt_write_bytes(out, in->map);
}

/** Reads a payload of @p type. @return the type of the payload behind it */
static uint8_t payload_get(struct ptt_mikey_msg *out, struct ptt_reader *rd, uint8_t type)
{
	const struct ptt_mikey_payload_def *def = ptt_mikey_payload_def(type);
	struct ptt_mikey_item item = {type, 0};
	uint8_t next = PTT_MIKEY_LAST;

	if (!def) {
		ptt_reader_fail(rd, PTT_ERR_UNSUPPORTED);
		return PTT_MIKEY_LAST;
	}
	if (out->item_count == PTT_MIKEY_MAX_ITEMS) {
		ptt_reader_fail(rd, PTT_ERR_NO_SPACE);
		return PTT_MIKEY_LAST;
	}
	if (type != PTT_MIKEY_SIGN)
		next = ptt_read_u8(rd);
	def->get(out, &item.index, rd);
	out->items[out->item_count++] = item;
	return next;
}

/** Checks what depends on more than one payload. */
static enum ptt_err whole_check(const struct ptt_mikey_msg *msg)
{
	uint8_t last = msg->item_count != 0 ? msg->items[msg->item_count - 1].type : PTT_MIKEY_LAST;

	/* The MAC covers what stands before it: bytes behind it could be changed by anybody. */
	if (msg->has_v && last != PTT_MIKEY_V)
		return PTT_ERR_MALFORMED;
	if (msg->type == PTT_MIKEY_PSK_INIT && msg->has_kemac && last != PTT_MIKEY_KEMAC)
		return PTT_ERR_MALFORMED;
	/* RFC 4563 4: the Empty map goes without security policies */
	if (msg->map_type == PTT_MIKEY_MAP_EMPTY && msg->sp_count != 0)
		return PTT_ERR_MALFORMED;
	return PTT_OK;
}

enum ptt_err ptt_mikey_decode(struct ptt_mikey_msg *out, struct ptt_bytes in)
{
	struct ptt_reader rd = ptt_reader_of(in);
	uint8_t next;

	memset(out, 0, sizeof(*out));
	out->raw = in;
	next = hdr_get(out, &rd);
	while (next != PTT_MIKEY_LAST && rd.err == PTT_OK)
		next = payload_get(out, &rd, next);
	PTT_TRY(ptt_reader_end(&rd));
	return whole_check(out);
}

enum ptt_err ptt_mikey_encode(struct ptt_writer *out, const struct ptt_mikey_msg *in)
{
	size_t i, len;

	if (in->item_count > PTT_MIKEY_MAX_ITEMS)
		return PTT_ERR_MALFORMED;
	hdr_put(out, in, in->item_count != 0 ? in->items[0].type : PTT_MIKEY_LAST);
	for (i = 0; i < in->item_count; i++) {
		const struct ptt_mikey_payload_def *def = ptt_mikey_payload_def(in->items[i].type);
		bool last = i + 1 == in->item_count;

		if (!def)
			return PTT_ERR_MALFORMED;
		if (def->type != PTT_MIKEY_SIGN)
			ptt_write_u8(out, last ? PTT_MIKEY_LAST : in->items[i + 1].type);
		def->put(out, in, in->items[i].index);
	}
	return ptt_writer_end(out, &len);
}

static void kv_put(struct ptt_writer *out, const struct ptt_mikey_key_data *in)
{
	if (in->kv == PTT_MIKEY_KV_SPI) {
		ptt_write_u8(out, (uint8_t)in->spi.len);
		ptt_write_bytes(out, in->spi);
	} else if (in->kv == PTT_MIKEY_KV_INTERVAL) {
		ptt_write_u8(out, (uint8_t)in->from.len);
		ptt_write_bytes(out, in->from);
		ptt_write_u8(out, (uint8_t)in->to.len);
		ptt_write_bytes(out, in->to);
	}
}

static bool has_salt(uint8_t type)
{
	return type == PTT_MIKEY_KEY_TGK_SALT || type == PTT_MIKEY_KEY_TEK_SALT;
}

/*
 *  | next | type 4, KV 4 | len (2) | key | [ salt len (2) | salt ] | [ KV data ] |   RFC 3830 6.13
 */
static uint8_t key_get(struct ptt_mikey_key_data *out, struct ptt_reader *rd)
{
	uint8_t next = ptt_read_u8(rd), kinds = ptt_read_u8(rd);

	*out = (struct ptt_mikey_key_data){.type = kinds >> 4, .kv = kinds & 15};
	if (out->type > PTT_MIKEY_KEY_TEK_SALT)
		ptt_reader_fail(rd, PTT_ERR_UNSUPPORTED);
	out->key = ptt_read_bytes(rd, ptt_read_u16(rd));
	if (has_salt(out->type))
		out->salt = ptt_read_bytes(rd, ptt_read_u16(rd));
	ptt_mikey_kv_get(out, rd);
	return next;
}

void ptt_mikey_key_data_put(
	struct ptt_writer *out, const struct ptt_mikey_key_data *in, uint8_t next)
{
	ptt_write_u8(out, next);
	ptt_write_u8(out, (uint8_t)(in->type << 4 | in->kv));
	ptt_write_u16(out, (uint16_t)in->key.len);
	ptt_write_bytes(out, in->key);
	if (has_salt(in->type)) {
		ptt_write_u16(out, (uint16_t)in->salt.len);
		ptt_write_bytes(out, in->salt);
	}
	kv_put(out, in);
}

enum ptt_err ptt_mikey_key_data_get(
	struct ptt_mikey_key_data *out, size_t *count, struct ptt_bytes in)
{
	struct ptt_reader rd = ptt_reader_of(in);
	uint8_t next = PTT_MIKEY_KEY_DATA;
	size_t n = 0;

	while (next == PTT_MIKEY_KEY_DATA && rd.err == PTT_OK && n < PTT_MIKEY_MAX_KEYS)
		next = key_get(&out[n++], &rd);
	if (rd.err == PTT_OK && next != PTT_MIKEY_LAST)
		return next == PTT_MIKEY_KEY_DATA ? PTT_ERR_NO_SPACE : PTT_ERR_UNSUPPORTED;
	PTT_TRY(ptt_reader_end(&rd));
	*count = n;
	return PTT_OK;
}

const char *ptt_mikey_payload_name(uint8_t type)
{
	const struct ptt_mikey_payload_def *def = ptt_mikey_payload_def(type);

	return def ? def->name : "unknown";
}
