/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/gba/nbsp.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "module/gba/utc.h"

/* Wipes the text of a key inside jansson's object: jansson frees without wiping. */
static void wipe_text(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);
	const char *text = json_string_value(value);

	if (text)
		ptt_wipe((void *)(uintptr_t)text, json_string_length(value));
}

static enum ptt_err dump(char *out, size_t size, json_t *json)
{
	size_t len = json ? json_dumpb(json, out, size, JSON_COMPACT) : 0;

	if (!json)
		return PTT_ERR_SYSTEM;
	if (len == 0)
		return PTT_ERR_MALFORMED;
	if (len >= size)
		return PTT_ERR_NO_SPACE;
	out[len] = '\0';
	return PTT_OK;
}

/* Parses an object of a peer: bounded, each name once. @return NULL: @p err says why */
static json_t *parse(enum ptt_err *err, struct ptt_bytes body)
{
	json_t *json = NULL;

	*err = body.len > PTT_NBSP_BODY_MAX ? PTT_ERR_NO_SPACE : PTT_ERR_MALFORMED;
	if (*err == PTT_ERR_MALFORMED && body.len > 0)
		json = json_loadb((const char *)body.data, body.len, JSON_REJECT_DUPLICATES, NULL);
	if (json && !json_is_object(json)) {
		json_decref(json);
		json = NULL;
	}
	if (json)
		*err = PTT_OK;
	return json;
}

/*
 * Reads a text for headers, logs and keys: printable, not empty, without blanks, below @p size
 * bytes.
 */
static enum ptt_err id_get(char *out, size_t size, const json_t *value)
{
	const char *text = json_string_value(value);
	size_t len = text ? json_string_length(value) : 0;

	if (len == 0 || len >= size)
		return PTT_ERR_MALFORMED;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f)
			return PTT_ERR_MALFORMED;
	memcpy(out, text, len + 1);
	return PTT_OK;
}

static enum ptt_err hex_get(uint8_t *out, size_t out_len, const json_t *value)
{
	const char *text = json_string_value(value);
	size_t len = 0;

	if (!text || json_string_length(value) != 2 * out_len)
		return PTT_ERR_MALFORMED;
	PTT_TRY(ptt_hex_get(out, &len, out_len, text, 2 * out_len));
	return len == out_len ? PTT_OK : PTT_ERR_MALFORMED;
}

enum ptt_err ptt_nbsp_request_put(char *out, size_t size, const struct ptt_zn_query *query)
{
	char ua_id[2 * PTT_GBA_UA_ID_LEN + 1];
	enum ptt_err err;
	json_t *json;

	PTT_TRY(ptt_hex_put(ua_id, sizeof(ua_id), PTT_BYTES_OF(query->ua_id)));
	json = json_pack("{s:s, s:{s:s, s:s}, s:b, s:[i]}", "btId", query->btid, "nafId", "nafFqdn",
		query->naf_fqdn, "uaSecProtId", ua_id, "gbaUAware", query->gba_u_aware, "gsIds",
		PTT_ZN_MBMS_GSID);
	err = json ? dump(out, size, json) : PTT_ERR_MALFORMED;
	json_decref(json);
	return err;
}

static const char *find_fault(struct ptt_zn_query *out, const json_t *json)
{
	const json_t *naf = json_object_get(json, "nafId");
	const json_t *aware = json_object_get(json, "gbaUAware");

	if (id_get(out->btid, sizeof(out->btid), json_object_get(json, "btId")) != PTT_OK)
		return "btId";
	if (id_get(out->naf_fqdn, sizeof(out->naf_fqdn), json_object_get(naf, "nafFqdn")) != PTT_OK)
		return "nafId.nafFqdn";
	if (hex_get(out->ua_id, sizeof(out->ua_id), json_object_get(naf, "uaSecProtId")) != PTT_OK)
		return "nafId.uaSecProtId";
	if (aware && !json_is_boolean(aware))
		return "gbaUAware";
	out->gba_u_aware = json_is_true(aware);
	return NULL;
}

enum ptt_err ptt_nbsp_request_get(
	struct ptt_zn_query *out, const char **what, struct ptt_bytes body)
{
	enum ptt_err err;
	json_t *json = parse(&err, body);

	memset(out, 0, sizeof(*out));
	*what = "body";
	if (!json)
		return err;
	*what = find_fault(out, json);
	json_decref(json);
	return *what ? PTT_ERR_MALFORMED : PTT_OK;
}

static json_t *uss_of(const struct ptt_zn_answer *answer)
{
	json_t *ids = json_array();

	for (size_t i = 0; i < answer->impu_count; i++)
		json_array_append_new(ids, json_pack("{s:s}", "ueId", answer->impus[i]));
	return json_pack("[{s:{s:i, s:i, s:o}}]", "uss", "gsId", PTT_ZN_MBMS_GSID, "gsType",
		PTT_ZN_MBMS_GSID, "ueIds", ids);
}

static void set_key(json_t *json, const char *name, const struct ptt_naf_key *key)
{
	char hex[2 * PTT_NAF_KEY_LEN + 1] = "";

	if (ptt_hex_put(hex, sizeof(hex), PTT_BYTES_OF(key->b)) == PTT_OK)
		json_object_set_new(json, name, json_string(hex));
	ptt_wipe(hex, sizeof(hex));
}

enum ptt_err ptt_nbsp_response_put(char *out, size_t size, const struct ptt_zn_answer *answer)
{
	char expires[PTT_UTC_SIZE];
	enum ptt_err err;
	json_t *json;

	PTT_TRY(ptt_utc_put(expires, answer->expires_utc_s));
	json = json_pack("{s:s, s:s, s:s*}", "keyExpiryTime", expires, "gbaType", "3G_GBA", "impi",
		*answer->impi ? answer->impi : NULL);
	if (!json)
		return PTT_ERR_MALFORMED;
	set_key(json, "meKeyMaterial", &answer->me);
	if (answer->has_uicc)
		set_key(json, "uiccKeyMaterial", &answer->uicc);
	if (answer->impu_count > 0)
		json_object_set_new(json, "ussList", uss_of(answer));
	err = dump(out, size, json);
	wipe_text(json, "meKeyMaterial");
	wipe_text(json, "uiccKeyMaterial");
	json_decref(json);
	return err;
}

/*
 * Reads the public identities: the UE ids of all services. Ids beyond PTT_ZN_IMPUS_MAX are ignored.
 */
static enum ptt_err uss_get(struct ptt_zn_answer *out, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *ids =
			json_object_get(json_object_get(json_array_get(list, i), "uss"), "ueIds");

		for (size_t j = 0; j < json_array_size(ids); j++) {
			const json_t *id = json_object_get(json_array_get(ids, j), "ueId");

			if (out->impu_count == PTT_ZN_IMPUS_MAX)
				return PTT_OK;
			PTT_TRY(id_get(out->impus[out->impu_count], PTT_ZN_ID_MAX, id));
			out->impu_count++;
		}
	}
	return PTT_OK;
}

static enum ptt_err response_fill(struct ptt_zn_answer *out, const json_t *json)
{
	const json_t *uicc = json_object_get(json, "uiccKeyMaterial");
	const json_t *expires = json_object_get(json, "keyExpiryTime");
	const json_t *impi = json_object_get(json, "impi");

	PTT_TRY(hex_get(out->me.b, sizeof(out->me.b), json_object_get(json, "meKeyMaterial")));
	if (uicc)
		PTT_TRY(hex_get(out->uicc.b, sizeof(out->uicc.b), uicc));
	out->has_uicc = uicc != NULL;
	if (expires && !json_is_string(expires))
		return PTT_ERR_MALFORMED;
	if (expires)
		PTT_TRY(ptt_utc_get(&out->expires_utc_s, json_string_value(expires)));
	if (impi)
		PTT_TRY(id_get(out->impi, sizeof(out->impi), impi));
	return uss_get(out, json_object_get(json, "ussList"));
}

enum ptt_err ptt_nbsp_response_get(struct ptt_zn_answer *out, struct ptt_bytes body)
{
	enum ptt_err err;
	json_t *json = parse(&err, body);

	memset(out, 0, sizeof(*out));
	if (json)
		err = response_fill(out, json);
	wipe_text(json, "meKeyMaterial");
	wipe_text(json, "uiccKeyMaterial");
	json_decref(json);
	if (err != PTT_OK)
		ptt_wipe(out, sizeof(*out));
	out->err = err;
	return err;
}

struct ptt_nbsp_problem ptt_nbsp_problem_of(enum ptt_err err)
{
	switch (err) {
	case PTT_ERR_NO_KEY:
		return (struct ptt_nbsp_problem){
			404, "CONTEXT_NOT_FOUND", "B-TID unknown or expired"};
	case PTT_ERR_AUTH:
		return (struct ptt_nbsp_problem){403, "NOT_AUTHORIZED", "this NAF may not ask"};
	case PTT_ERR_MALFORMED:
		return (struct ptt_nbsp_problem){400, "INVALID_MSG_FORMAT", "malformed request"};
	case PTT_ERR_NO_SPACE:
		return (struct ptt_nbsp_problem){413, "INVALID_MSG_FORMAT", "the body is too long"};
	default:
		return (struct ptt_nbsp_problem){500, "SYSTEM_FAILURE", "the BSF's store failed"};
	}
}

enum ptt_err ptt_nbsp_problem_put(char *out, size_t size, const struct ptt_nbsp_problem *problem)
{
	json_t *json = json_pack("{s:i, s:s, s:s}", "status", (int)problem->status, "cause",
		problem->cause, "detail", problem->detail);
	enum ptt_err err = dump(out, size, json);

	json_decref(json);
	return err;
}

/* TS 29.500 5.2.7.2: a 404 with this cause is about the path, not about the B-TID. */
static bool is_wrong_path(struct ptt_bytes body)
{
	enum ptt_err err;
	json_t *json = parse(&err, body);
	const char *cause = json_string_value(json_object_get(json, "cause"));
	bool wrong = cause && strcmp(cause, "RESOURCE_URI_STRUCTURE_NOT_FOUND") == 0;

	json_decref(json);
	return wrong;
}

enum ptt_err ptt_nbsp_status_get(long status, struct ptt_bytes body)
{
	if (status == 404)
		return is_wrong_path(body) ? PTT_ERR_SYSTEM : PTT_ERR_NO_KEY;
	if (status == 401 || status == 403)
		return PTT_ERR_AUTH;
	return status == 429 || status >= 500 ? PTT_ERR_BUSY : PTT_ERR_SYSTEM;
}
