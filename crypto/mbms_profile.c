/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "crypto/mbms_profile.h"

#include <string.h>
#include <strings.h>

#define BYTES(...) \
	{ \
		(const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}) \
	}
#define TEXT(str) \
	{ \
		(const uint8_t *)(str), sizeof(str) - 1 \
	}

/** Policy number 0, SSRC 0, ROC 0, once for each crypto session. */
static const uint8_t zero_map[PTT_MBMS_CS_COUNT * PTT_MIKEY_SRTP_ID_LEN];

const struct ptt_mbms_profile ptt_mbms_profile = {
	.msk_key_type = PTT_MIKEY_KEY_TGK,
	.msk_kv = PTT_MIKEY_KV_INTERVAL,
	.mtk_key_type = PTT_MIKEY_KEY_TEK_SALT,
	.mtk_kv = PTT_MIKEY_KV_NULL,
	.seq_len = 2,
	.idi_type = PTT_MIKEY_ID_URI,
	.idr_type = PTT_MIKEY_ID_NAI,
	.ts_type = PTT_MIKEY_TS_COUNTER,
	.encr_alg = PTT_MIKEY_ENCR_AES_CM_128,
	.mac_alg = PTT_MIKEY_MAC_HMAC_SHA1_160,
	.sp_policy = 0,
	.cs_count = PTT_MBMS_CS_COUNT,
	.srtp_id_map = {zero_map, sizeof(zero_map)},
	.sdp_ids = TEXT("mikey"),
	.msk_order = BYTES(PTT_MIKEY_EXT, PTT_MIKEY_T, PTT_MIKEY_RAND, PTT_MIKEY_ID, PTT_MIKEY_ID,
		PTT_MIKEY_SP, PTT_MIKEY_KEMAC),
	.mtk_order = BYTES(PTT_MIKEY_EXT, PTT_MIKEY_T, PTT_MIKEY_KEMAC),
	.verify_order = BYTES(PTT_MIKEY_T, PTT_MIKEY_ID, PTT_MIKEY_V),
	.mrk_label = TEXT("mbms-mrk"),
	.mrk_fc = 0x01,
	.default_suite = PTT_SUITE_AES_CM_128_SHA1_80,
};

/** An SP lists only what differs from RFC 3711's defaults (RFC 7714 14.2). */
static const struct ptt_suite_def suites[PTT_SUITE_COUNT] = {
	[PTT_SUITE_AES_CM_128_SHA1_80] = {"AES_CM_128_HMAC_SHA1_80", 16, 14, {NULL, 0}},
	[PTT_SUITE_AEAD_AES_128_GCM] = {"AEAD_AES_128_GCM", 16, 12,
		BYTES(PTT_MIKEY_SRTP_ENCR, 1, PTT_MIKEY_SRTP_ENCR_AES_GCM,
			PTT_MIKEY_SRTP_ENCR_KEY_LEN, 1, 16, PTT_MIKEY_SRTP_SALT_LEN, 1, 12,
			PTT_MIKEY_SRTP_AEAD_TAG_LEN, 1, 16)},
	[PTT_SUITE_AEAD_AES_256_GCM] = {"AEAD_AES_256_GCM", 32, 12,
		BYTES(PTT_MIKEY_SRTP_ENCR, 1, PTT_MIKEY_SRTP_ENCR_AES_GCM,
			PTT_MIKEY_SRTP_ENCR_KEY_LEN, 1, 32, PTT_MIKEY_SRTP_SALT_LEN, 1, 12,
			PTT_MIKEY_SRTP_AEAD_TAG_LEN, 1, 16)},
};

const struct ptt_suite_def *ptt_suite_def(enum ptt_suite suite)
{
	return (unsigned)suite < PTT_SUITE_COUNT ? &suites[suite] : NULL;
}

enum ptt_err ptt_suite_by_name(enum ptt_suite *out, const char *name)
{
	for (unsigned i = 0; i < PTT_SUITE_COUNT; i++) {
		if (strcasecmp(suites[i].name, name) == 0) {
			*out = (enum ptt_suite)i;
			return PTT_OK;
		}
	}
	return PTT_ERR_UNSUPPORTED;
}

#define PARAMS (PTT_MIKEY_SRTP_AEAD_TAG_LEN + 1)

/** The parameters' values by type: defaults of RFC 3711, or of RFC 7714 if the cipher is GCM. */
struct policy {
	uint8_t value[PARAMS];
};

static const struct policy cm_defaults = {{
	[PTT_MIKEY_SRTP_ENCR] = PTT_MIKEY_SRTP_ENCR_AES_CM,
	[PTT_MIKEY_SRTP_ENCR_KEY_LEN] = 16,
	[PTT_MIKEY_SRTP_AUTH] = 1,
	[PTT_MIKEY_SRTP_AUTH_KEY_LEN] = 20,
	[PTT_MIKEY_SRTP_SALT_LEN] = 14,
	[PTT_MIKEY_SRTP_RTP_ENCR_ON] = 1,
	[PTT_MIKEY_SRTP_RTCP_ENCR_ON] = 1,
	[PTT_MIKEY_SRTP_AUTH_ON] = 1,
	[PTT_MIKEY_SRTP_TAG_LEN] = 10,
}};

/**
 * Overwrites @p out with the parameters listed. Errors: UNSUPPORTED (an unknown type or length),
 * MALFORMED.
 */
static enum ptt_err policy_read(struct policy *out, struct ptt_bytes params)
{
	struct ptt_reader rd = ptt_reader_of(params);

	while (ptt_reader_left(&rd) != 0) {
		uint8_t type = ptt_read_u8(&rd), len = ptt_read_u8(&rd);
		struct ptt_bytes value = ptt_read_bytes(&rd, len);

		if (type >= PARAMS || value.len != 1)
			return PTT_ERR_UNSUPPORTED;
		out->value[type] = value.data[0];
	}
	return ptt_reader_end(&rd);
}

static bool is_gcm(const struct policy *pol, uint8_t key_len)
{
	const uint8_t *v = pol->value;

	/* GCM has a tag of its own, so the policy's HMAC parameters do not apply (RFC 7714 14.2) */
	return v[PTT_MIKEY_SRTP_ENCR] == PTT_MIKEY_SRTP_ENCR_AES_GCM &&
	       v[PTT_MIKEY_SRTP_ENCR_KEY_LEN] == key_len && v[PTT_MIKEY_SRTP_SALT_LEN] == 12 &&
	       v[PTT_MIKEY_SRTP_AEAD_TAG_LEN] == 16 && v[PTT_MIKEY_SRTP_RTP_ENCR_ON] == 1 &&
	       v[PTT_MIKEY_SRTP_RTCP_ENCR_ON] == 1 && v[PTT_MIKEY_SRTP_KDR] == 0;
}

enum ptt_err ptt_suite_from_sp(enum ptt_suite *out, struct ptt_bytes params)
{
	struct policy pol = cm_defaults;

	PTT_TRY(policy_read(&pol, params));
	if (memcmp(&pol, &cm_defaults, sizeof(pol)) == 0)
		*out = PTT_SUITE_AES_CM_128_SHA1_80;
	else if (is_gcm(&pol, 16))
		*out = PTT_SUITE_AEAD_AES_128_GCM;
	else if (is_gcm(&pol, 32))
		*out = PTT_SUITE_AEAD_AES_256_GCM;
	else
		return PTT_ERR_UNSUPPORTED;
	return PTT_OK;
}

void ptt_mki_put(uint8_t out[PTT_MBMS_MKI_LEN], uint32_t msk_id, uint16_t mtk_id)
{
	struct ptt_writer wr = ptt_writer_of(out, PTT_MBMS_MKI_LEN);

	ptt_write_u32(&wr, msk_id);
	ptt_write_u16(&wr, mtk_id);
}

void ptt_mki_get(uint32_t *msk_id, uint16_t *mtk_id, const uint8_t in[PTT_MBMS_MKI_LEN])
{
	struct ptt_reader rd = ptt_reader_of((struct ptt_bytes){in, PTT_MBMS_MKI_LEN});

	*msk_id = ptt_read_u32(&rd);
	*mtk_id = ptt_read_u16(&rd);
}
