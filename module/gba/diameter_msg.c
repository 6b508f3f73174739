/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/gba/diameter_msg.h"

#include <stdio.h>
#include <string.h>

#include "module/gba/diameter_dict.h"
#include "module/gba/uss.h"

#define NO_STATE_MAINTAINED      1
#define SUCCESS                  2001
#define EXPERIMENTAL_RESULT_CODE 298
/* Seconds from 1900 to 1970, and one era of the 32-bit clock (RFC 6733 4.3.1). */
#define NTP_EPOCH INT64_C(2208988800)
#define NTP_ERA   (INT64_C(1) << 32)

/* --- put --- */

static int add(msg_or_avp *parent, enum ptt_diameter_avp_id id, union avp_value *value)
{
	struct avp_hdr *hdr;
	struct avp *avp;

	if (fd_msg_avp_new(ptt_diameter_avp(id), 0, &avp) != 0)
		return -1;
	if (fd_msg_avp_hdr(avp, &hdr) == 0)
		hdr->avp_flags |= AVP_FLAG_MANDATORY;
	if ((value && fd_msg_avp_setvalue(avp, value) != 0) ||
		fd_msg_avp_add(parent, MSG_BRW_LAST_CHILD, avp) != 0) {
		fd_msg_free(avp);
		return -1;
	}
	return 0;
}

static int add_os(msg_or_avp *parent, enum ptt_diameter_avp_id id, const void *data, size_t len)
{
	union avp_value value = {.os = {.data = (uint8_t *)(uintptr_t)data, .len = len}};

	return add(parent, id, &value);
}

static int add_u32(msg_or_avp *parent, enum ptt_diameter_avp_id id, uint32_t number)
{
	union avp_value value = {.u32 = number};

	return add(parent, id, &value);
}

static int add_time(msg_or_avp *parent, enum ptt_diameter_avp_id id, int64_t utc_s)
{
	uint32_t ntp = (uint32_t)(utc_s + NTP_EPOCH);
	uint8_t bytes[4] = {
		(uint8_t)(ntp >> 24), (uint8_t)(ntp >> 16), (uint8_t)(ntp >> 8), (uint8_t)ntp};

	return add_os(parent, id, bytes, sizeof(bytes));
}

/* Adds a grouped AVP of a vendor and a number as the last child. */
static int add_group(struct msg *msg, enum ptt_diameter_avp_id group,
	enum ptt_diameter_avp_id member, uint32_t number)
{
	struct avp *avp;

	if (add(msg, group, NULL) != 0 || fd_msg_browse(msg, MSG_BRW_LAST_CHILD, &avp, NULL) != 0)
		return -1;
	return add_u32(avp, PTT_AVP_VENDOR_ID, PTT_DIAMETER_3GPP) | add_u32(avp, member, number);
}

/* Adds the AVPs of the application, which both messages have. */
static int add_application(struct msg *msg)
{
	return add_group(msg, PTT_AVP_VENDOR_APP, PTT_AVP_AUTH_APP, PTT_DIAMETER_ZN) |
	       add_u32(msg, PTT_AVP_AUTH_STATE, NO_STATE_MAINTAINED);
}

static int fill_request(
	struct msg *msg, const struct ptt_zn_query *query, const struct ptt_diameter_to *to)
{
	uint8_t naf_id[PTT_GBA_NAF_FQDN_MAX + PTT_GBA_UA_ID_LEN];
	size_t fqdn_len = strlen(query->naf_fqdn);
	char gsid[8];
	int bad = fd_msg_new_session(msg, NULL, 0);

	bad |= add_application(msg) | fd_msg_add_origin(msg, 0);
	bad |= add_os(msg, PTT_AVP_TO_REALM, to->realm, strlen(to->realm));
	if (to->host)
		bad |= add_os(msg, PTT_AVP_TO_HOST, to->host, strlen(to->host));
	snprintf(gsid, sizeof(gsid), "%d", PTT_ZN_MBMS_GSID);
	bad |= add_os(msg, PTT_AVP_GAA_SERVICE, gsid, strlen(gsid));
	bad |= add_os(msg, PTT_AVP_TRANSACTION_ID, query->btid, strlen(query->btid));
	memcpy(naf_id, query->naf_fqdn, fqdn_len);
	memcpy(naf_id + fqdn_len, query->ua_id, sizeof(query->ua_id));
	bad |= add_os(msg, PTT_AVP_NAF_ID, naf_id, fqdn_len + sizeof(query->ua_id));
	return bad | add_u32(msg, PTT_AVP_GBA_U_AWARE, query->gba_u_aware);
}

enum ptt_err ptt_diameter_request_put(
	struct msg **out, const struct ptt_zn_query *query, const struct ptt_diameter_to *to)
{
	*out = NULL;
	if (fd_msg_new(ptt_diameter_command(), MSGFL_ALLOC_ETEID, out) != 0)
		return PTT_ERR_SYSTEM;
	if (fill_request(*out, query, to) == 0)
		return PTT_OK;
	fd_msg_free(*out);
	*out = NULL;
	return PTT_ERR_SYSTEM;
}

static int add_success(struct msg *msg, const struct ptt_zn_answer *from)
{
	char uss[PTT_USS_MAX];
	int bad = fd_msg_rescode_set(msg, (char *)"DIAMETER_SUCCESS", NULL, NULL, 1);

	bad |= add_application(msg);
	bad |= add_os(msg, PTT_AVP_USER_NAME, from->impi, strlen(from->impi));
	bad |= add_os(msg, PTT_AVP_ME_KEY, from->me.b, sizeof(from->me.b));
	if (from->has_uicc)
		bad |= add_os(msg, PTT_AVP_UICC_KEY, from->uicc.b, sizeof(from->uicc.b));
	bad |= add_time(msg, PTT_AVP_KEY_EXPIRY, from->expires_utc_s);
	if (from->impu_count > 0) {
		bad |= ptt_uss_put(uss, sizeof(uss), from) != PTT_OK;
		bad |= add_os(msg, PTT_AVP_USER_SEC_SETTINGS, uss, strlen(uss));
	}
	return bad | add_u32(msg, PTT_AVP_GBA_TYPE, 0); /* 3G GBA */
}

static int add_experimental(struct msg *msg, uint32_t code)
{
	return add_group(msg, PTT_AVP_EXPERIMENTAL, PTT_AVP_EXPERIMENTAL_CODE, code) |
	       fd_msg_add_origin(msg, 0) | add_application(msg);
}

enum ptt_err ptt_diameter_answer_put(struct msg *answer, const struct ptt_zn_answer *from)
{
	int bad;

	switch (from->err) {
	case PTT_OK:
		bad = add_success(answer, from);
		break;
	case PTT_ERR_NO_KEY:
		bad = add_experimental(answer, PTT_DIAMETER_BTID);
		break;
	case PTT_ERR_AUTH:
		bad = add_experimental(answer, PTT_DIAMETER_NOT_AUTH);
		break;
	case PTT_ERR_MALFORMED:
		bad = fd_msg_rescode_set(answer, (char *)"DIAMETER_MISSING_AVP", NULL, NULL, 1);
		break;
	default:
		bad = fd_msg_rescode_set(
			answer, (char *)"DIAMETER_UNABLE_TO_COMPLY", NULL, NULL, 1);
		break;
	}
	return bad ? PTT_ERR_SYSTEM : PTT_OK;
}

/* --- get --- */

/* @return the first such child; NULL: there is none, or it has no value of its type */
static struct avp_hdr *find(msg_or_avp *parent, avp_code_t code, vendor_id_t vendor)
{
	struct avp *avp = NULL;

	if (fd_msg_browse(parent, MSG_BRW_FIRST_CHILD, &avp, NULL) != 0)
		return NULL;
	while (avp) {
		struct avp_hdr *hdr;

		if (fd_msg_avp_hdr(avp, &hdr) != 0)
			return NULL;
		if (hdr->avp_code == code &&
			vendor == ((hdr->avp_flags & AVP_FLAG_VENDOR) ? hdr->avp_vendor : 0))
			return hdr->avp_value ? hdr : NULL;
		if (fd_msg_browse(avp, MSG_BRW_NEXT, &avp, NULL) != 0)
			return NULL;
	}
	return NULL;
}

static struct ptt_bytes find_os(struct msg *msg, avp_code_t code, vendor_id_t vendor)
{
	const struct avp_hdr *hdr = find(msg, code, vendor);

	return hdr ? (struct ptt_bytes){hdr->avp_value->os.data, hdr->avp_value->os.len}
		   : (struct ptt_bytes){NULL, 0};
}

/* Reads a text for logs and keys: printable, not empty, without blanks, below @p size bytes. */
static enum ptt_err text_get(char *out, size_t size, struct ptt_bytes in)
{
	if (in.len == 0 || in.len >= size)
		return PTT_ERR_MALFORMED;
	for (size_t i = 0; i < in.len; i++)
		if (in.data[i] <= ' ' || in.data[i] == 0x7f)
			return PTT_ERR_MALFORMED;
	memcpy(out, in.data, in.len);
	out[in.len] = '\0';
	return PTT_OK;
}

enum ptt_err ptt_diameter_request_get(struct ptt_zn_query *out, struct msg *request)
{
	struct ptt_bytes naf_id = find_os(request, 402, PTT_DIAMETER_3GPP);
	const struct avp_hdr *aware = find(request, 407, PTT_DIAMETER_3GPP);

	memset(out, 0, sizeof(*out));
	PTT_TRY(text_get(out->btid, sizeof(out->btid), find_os(request, 401, PTT_DIAMETER_3GPP)));
	if (naf_id.len <= sizeof(out->ua_id))
		return PTT_ERR_MALFORMED;
	naf_id.len -= sizeof(out->ua_id);
	memcpy(out->ua_id, naf_id.data + naf_id.len, sizeof(out->ua_id));
	PTT_TRY(text_get(out->naf_fqdn, sizeof(out->naf_fqdn), naf_id));
	out->gba_u_aware = aware && aware->avp_value->i32 == 1;
	return PTT_OK;
}

/* A grouped AVP has no value, so find() does not return it. */
static uint32_t experimental_code(struct msg *msg)
{
	struct avp *avp = NULL;
	const struct avp_hdr *code = NULL;

	if (fd_msg_search_avp(msg, ptt_diameter_avp(PTT_AVP_EXPERIMENTAL), &avp) == 0 && avp)
		code = find(avp, EXPERIMENTAL_RESULT_CODE, 0);
	return code ? code->avp_value->u32 : 0;
}

static enum ptt_err result_get(struct msg *msg)
{
	const struct avp_hdr *result = find(msg, AC_RESULT_CODE, 0);
	uint32_t code = result ? result->avp_value->u32 : 0;

	if (code == SUCCESS)
		return PTT_OK;
	if (code != 0) /* 3xxx and 4xxx are transient: the peer is away or too busy */
		return code >= 3000 && code < 5000 ? PTT_ERR_BUSY : PTT_ERR_SYSTEM;
	switch (experimental_code(msg)) {
	case SUCCESS:
		return PTT_OK;
	case PTT_DIAMETER_IMPI:
	case PTT_DIAMETER_BTID:
		return PTT_ERR_NO_KEY;
	case PTT_DIAMETER_NOT_AUTH:
		return PTT_ERR_AUTH;
	default:
		return PTT_ERR_MALFORMED;
	}
}

static enum ptt_err key_get(struct ptt_naf_key *out, struct msg *msg, avp_code_t code)
{
	struct ptt_bytes key = find_os(msg, code, PTT_DIAMETER_3GPP);

	if (key.len != sizeof(out->b))
		return PTT_ERR_MALFORMED;
	memcpy(out->b, key.data, key.len);
	ptt_wipe((void *)(uintptr_t)key.data, key.len); /* freeDiameter frees keys without wiping */
	return PTT_OK;
}

static enum ptt_err time_get(int64_t *out, struct ptt_bytes in)
{
	struct ptt_reader rd = ptt_reader_of(in);
	int64_t ntp = ptt_read_u32(&rd);

	if (ntp < NTP_ERA / 2)
		ntp += NTP_ERA;
	*out = ntp - NTP_EPOCH;
	return ptt_reader_end(&rd);
}

static enum ptt_err fill(struct ptt_zn_answer *out, struct msg *msg)
{
	struct ptt_bytes expires = find_os(msg, 404, PTT_DIAMETER_3GPP);
	struct ptt_bytes uss = find_os(msg, 400, PTT_DIAMETER_3GPP);

	PTT_TRY(result_get(msg));
	PTT_TRY(key_get(&out->me, msg, 405));
	out->has_uicc = find(msg, 406, PTT_DIAMETER_3GPP) != NULL;
	if (out->has_uicc)
		PTT_TRY(key_get(&out->uicc, msg, 406));
	PTT_TRY(text_get(out->impi, sizeof(out->impi), find_os(msg, AC_USER_NAME, 0)));
	if (expires.len > 0)
		PTT_TRY(time_get(&out->expires_utc_s, expires));
	return uss.len > 0 ? ptt_uss_get(out, uss) : PTT_OK;
}

enum ptt_err ptt_diameter_answer_get(struct ptt_zn_answer *out, struct msg *answer)
{
	enum ptt_err err;

	memset(out, 0, sizeof(*out));
	err = fill(out, answer);
	if (err != PTT_OK)
		ptt_wipe(out, sizeof(*out));
	out->err = err;
	return err;
}
