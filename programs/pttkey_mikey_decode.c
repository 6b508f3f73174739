/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A MIKEY message as JSON or indented lines. Needs no key, and opens nothing. */
#include <stdio.h>
#include <stdlib.h>

#include "crypto/mikey.h"
#include "programs/pttkey_args.h"
#include "programs/pttkey_mikey.h"

static const char *const type_names[PTT_MIKEY_TYPE_COUNT] = {
	[PTT_MIKEY_PSK_INIT] = "psk-init",
	[PTT_MIKEY_PSK_VERIFY] = "psk-verify",
	[PTT_MIKEY_PK_INIT] = "pk-init",
	[PTT_MIKEY_PK_VERIFY] = "pk-verify",
	[PTT_MIKEY_DH_INIT] = "dh-init",
	[PTT_MIKEY_DH_RESP] = "dh-response",
	[PTT_MIKEY_ERROR] = "error",
};

static void set_number(json_t *obj, const char *name, uint64_t value)
{
	json_object_set_new(obj, name, json_integer((json_int_t)value));
}

/** As text where it is UTF-8, and always as hex. */
static void set_text(json_t *obj, const char *name, struct ptt_bytes in)
{
	json_t *text = json_stringn(in.data ? (const char *)in.data : "", in.len);

	json_object_set_new(obj, name, text ? text : json_null());
	ptt_json_set_hex(obj, "hex", in);
}

static void set_u32_hex(json_t *obj, const char *name, uint32_t value)
{
	char hex[9];

	snprintf(hex, sizeof(hex), "%08x", (unsigned)value);
	json_object_set_new(obj, name, json_string(hex));
}

static uint64_t be_number(struct ptt_bytes in)
{
	uint64_t value = 0;
	size_t i;

	for (i = 0; i < in.len && i < 8; i++)
		value = value << 8 | in.data[i];
	return value;
}

static json_t *map_json(const struct ptt_mikey_msg *msg)
{
	struct ptt_reader rd = ptt_reader_of(msg->map);
	json_t *list = json_array();

	while (ptt_reader_left(&rd) != 0) {
		json_t *cs = json_object();

		set_number(cs, "policy", ptt_read_u8(&rd));
		set_u32_hex(cs, "ssrc", ptt_read_u32(&rd));
		set_number(cs, "roc", ptt_read_u32(&rd));
		json_array_append_new(list, cs);
	}
	return list;
}

/** The Key ID split into its parts (RFC 4563 3.1, TS 31.102 for the halves of an MSK ID). */
static void key_id_json(json_t *obj, const struct ptt_mikey_key_id *kid)
{
	if (kid->has_domain)
		ptt_json_set_hex(obj, "key_domain", kid->domain);
	if (kid->has_msk) {
		set_u32_hex(obj, "msk_id", kid->msk_id);
		set_number(obj, "key_group", kid->msk_id >> 16);
		set_number(obj, "key_number", kid->msk_id & 0xffff);
	}
	if (kid->has_mtk)
		set_number(obj, "mtk_id", kid->mtk_id);
}

static void key_json(json_t *list, const struct ptt_mikey_key_data *key)
{
	static const char *const names[] = {"TGK", "TGK+SALT", "TEK", "TEK+SALT"};
	json_t *obj = json_object();

	json_object_set_new(obj, "type", json_string(names[key->type & 3]));
	ptt_json_set_hex(obj, "key", key->key);
	if (key->salt.data)
		ptt_json_set_hex(obj, "salt", key->salt);
	set_number(obj, "kv", key->kv);
	if (key->kv == PTT_MIKEY_KV_SPI)
		ptt_json_set_hex(obj, "spi", key->spi);
	if (key->kv == PTT_MIKEY_KV_INTERVAL) {
		ptt_json_set_hex(obj, "from", key->from);
		ptt_json_set_hex(obj, "to", key->to);
	}
	json_array_append_new(list, obj);
}

/**
 * With the NULL cipher the keys lie open; that is what such messages (RTSP cameras, tests) are
 * for.
 */
static enum ptt_err kemac_json(json_t *obj, const struct ptt_mikey_msg *msg)
{
	static const char *const encr[] = {"NULL", "AES-CM-128", "AES-KW-128"};
	static const char *const mac[] = {"NULL", "HMAC-SHA-1-160"};
	struct ptt_mikey_key_data keys[PTT_MIKEY_MAX_KEYS];
	size_t count = 0, i;
	json_t *list;

	json_object_set_new(obj, "encr_alg", json_string(encr[msg->kemac.encr_alg]));
	set_number(obj, "encr_len", msg->kemac.encr.len);
	ptt_json_set_hex(obj, "encr_data", msg->kemac.encr);
	json_object_set_new(obj, "mac_alg", json_string(mac[msg->kemac.mac_alg]));
	ptt_json_set_hex(obj, "mac", msg->kemac.mac);
	if (msg->kemac.encr_alg != PTT_MIKEY_ENCR_NULL || msg->type != PTT_MIKEY_PSK_INIT ||
		msg->kemac.encr.len == 0)
		return PTT_OK;
	PTT_TRY(ptt_mikey_key_data_get(keys, &count, msg->kemac.encr));
	list = json_array();
	for (i = 0; i < count; i++)
		key_json(list, &keys[i]);
	json_object_set_new(obj, "keys", list);
	return PTT_OK;
}

static void t_json(json_t *obj, const struct ptt_mikey_msg *msg)
{
	static const char *const names[] = {"NTP-UTC", "NTP", "COUNTER"};

	json_object_set_new(obj, "type", json_string(names[msg->t_type]));
	if (msg->t_type == PTT_MIKEY_TS_COUNTER)
		set_number(obj, "counter", be_number(msg->t));
	else
		set_number(obj, "seconds", be_number((struct ptt_bytes){msg->t.data, 4}));
	ptt_json_set_hex(obj, "value", msg->t);
}

static void id_json(json_t *obj, const struct ptt_mikey_msg *msg, uint8_t index)
{
	static const char *const names[] = {"NAI", "URI", "byte-string"};
	const struct ptt_mikey_id_payload *id = &msg->id[index];
	bool answer = msg->type == PTT_MIKEY_PSK_VERIFY;

	json_object_set_new(obj, "type", json_string(names[id->type]));
	json_object_set_new(obj, "role", json_string(index == 0 && !answer ? "IDi" : "IDr"));
	set_text(obj, "value", id->value);
}

static void sp_json(json_t *obj, const struct ptt_mikey_sp *sp)
{
	static const char *const names[PTT_MIKEY_SRTP_AEAD_TAG_LEN + 1] = {"encr_alg",
		"encr_key_len", "auth_alg", "auth_key_len", "salt_key_len", "prf",
		"key_derivation_rate", "srtp_encr", "srtcp_encr", "fec_order", "srtp_auth",
		"auth_tag_len", "srtp_prefix_len", [PTT_MIKEY_SRTP_AEAD_TAG_LEN] = "aead_tag_len"};
	struct ptt_reader rd = ptt_reader_of(sp->params);
	json_t *list = json_array();
	struct ptt_bytes value;
	uint8_t type;

	set_number(obj, "policy", sp->policy);
	json_object_set_new(obj, "protocol", json_string("SRTP"));
	while (ptt_mikey_sp_next(&rd, &type, &value)) {
		json_t *param = json_object();

		set_number(param, "type", type);
		if (type <= PTT_MIKEY_SRTP_AEAD_TAG_LEN && names[type])
			json_object_set_new(param, "name", json_string(names[type]));
		if (value.len <= 4)
			set_number(param, "value", be_number(value));
		ptt_json_set_hex(param, "hex", value);
		json_array_append_new(list, param);
	}
	json_object_set_new(obj, "params", list);
}

static void ext_json(json_t *obj, const struct ptt_mikey_msg *msg, uint8_t index)
{
	const struct ptt_mikey_blob *ext = &msg->ext[index];

	set_number(obj, "type", ext->type);
	if (ext->type == PTT_MIKEY_EXT_KEY_ID) {
		json_object_set_new(obj, "name", json_string("key-id"));
		key_id_json(obj, &msg->key_id);
	} else if (ext->type == PTT_MIKEY_EXT_SDP_IDS) {
		json_object_set_new(obj, "name", json_string("sdp-ids"));
		set_text(obj, "value", ext->value);
		return;
	} else {
		json_object_set_new(obj, "name",
			json_string(ext->type == PTT_MIKEY_EXT_VENDOR ? "vendor-id" : "unknown"));
	}
	ptt_json_set_hex(obj, "hex", ext->value);
}

static enum ptt_err item_json(
	json_t *obj, const struct ptt_mikey_msg *msg, const struct ptt_mikey_item *item)
{
	json_object_set_new(obj, "payload", json_string(ptt_mikey_payload_name(item->type)));
	switch (item->type) {
	case PTT_MIKEY_KEMAC:
		return kemac_json(obj, msg);
	case PTT_MIKEY_T:
		t_json(obj, msg);
		break;
	case PTT_MIKEY_RAND:
		ptt_json_set_hex(obj, "rand", msg->rand);
		break;
	case PTT_MIKEY_ID:
		id_json(obj, msg, item->index);
		break;
	case PTT_MIKEY_SP:
		sp_json(obj, &msg->sp[item->index]);
		break;
	case PTT_MIKEY_EXT:
		ext_json(obj, msg, item->index);
		break;
	case PTT_MIKEY_V:
		set_number(obj, "auth_alg", msg->v_alg);
		ptt_json_set_hex(obj, "mac", msg->v_mac);
		break;
	default:
		set_number(obj, "type", msg->misc[item->index].type);
		ptt_json_set_hex(obj, "hex", msg->misc[item->index].value);
	}
	return PTT_OK;
}

static void hdr_json(json_t *obj, const struct ptt_mikey_msg *msg)
{
	set_number(obj, "version", PTT_MIKEY_VERSION);
	set_number(obj, "type", msg->type);
	json_object_set_new(obj, "type_name", json_string(type_names[msg->type]));
	json_object_set_new(obj, "v", json_boolean(msg->verify));
	set_number(obj, "prf", msg->prf);
	set_u32_hex(obj, "csb_id", msg->csb_id);
	set_number(obj, "cs_count", msg->cs_count);
	json_object_set_new(obj, "cs_map_type",
		json_string(msg->map_type == PTT_MIKEY_MAP_EMPTY ? "empty" : "srtp-id"));
	json_object_set_new(obj, "cs_map", map_json(msg));
}

/** What one looks for first, once more at the top. */
static void summary_json(json_t *obj, const struct ptt_mikey_msg *msg)
{
	if (msg->has_key_id)
		key_id_json(obj, &msg->key_id);
	if (msg->has_t && msg->t_type == PTT_MIKEY_TS_COUNTER)
		set_number(obj, "counter", be_number(msg->t));
	if (msg->has_rand)
		ptt_json_set_hex(obj, "rand", msg->rand);
}

enum ptt_err ptt_mikey_json(json_t *obj, const struct ptt_mikey_msg *msg)
{
	json_t *list = json_array();
	size_t i;

	hdr_json(obj, msg);
	summary_json(obj, msg);
	json_object_set_new(obj, "payloads", list);
	for (i = 0; i < msg->item_count; i++) {
		json_t *item = json_object();

		json_array_append_new(list, item);
		PTT_TRY(item_json(item, msg, &msg->items[i]));
	}
	return PTT_OK;
}

static void print_value(const char *name, json_t *value, const char *indent)
{
	char *text = json_dumps(value, JSON_ENCODE_ANY);

	if (text)
		printf("%s%s = %s\n", indent, name, text);
	free(text);
}

int ptt_mikey_print_lines(json_t *obj)
{
	const char *name;
	json_t *value, *item;
	size_t i;

	json_object_foreach(obj, name, value)
	{
		if (!json_is_array(value) || json_array_size(value) == 0)
			print_value(name, value, "");
	}
	json_array_foreach(json_object_get(obj, "payloads"), i, item)
	{
		printf("%s\n", json_string_value(json_object_get(item, "payload")));
		json_object_del(item, "payload");
		json_object_foreach(item, name, value)
		{
			print_value(name, value, "    ");
		}
	}
	return fflush(stdout) != 0;
}
