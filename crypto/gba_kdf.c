/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "crypto/gba_kdf.h"

#include <string.h>

#include "crypto/digest.h"
#include "crypto/mbms_profile.h"

#define KDF_INPUT_MAX 1024
#define FC_NAF        0x01 /* TS 33.220 B.3 */

const uint8_t ptt_gba_ua_mbms[PTT_GBA_UA_ID_LEN] = {1, 0, 0, 0, 1};
const uint8_t ptt_gba_ua_http_digest[PTT_GBA_UA_ID_LEN] = {1, 0, 0, 0, 2};

/*  S = FC (1) | P0 | L0 (2) | ... | Pn | Ln (2)      TS 33.220 B.2 */
enum ptt_err ptt_gba_kdf(uint8_t out[PTT_NAF_KEY_LEN], struct ptt_bytes key, uint8_t fc,
	const struct ptt_bytes *params, size_t count)
{
	uint8_t buf[KDF_INPUT_MAX];
	struct ptt_writer wr = ptt_writer_of(buf, sizeof(buf));
	size_t i, len = 0;

	ptt_write_u8(&wr, fc);
	for (i = 0; i < count; i++) {
		if (params[i].len > UINT16_MAX)
			return PTT_ERR_NO_SPACE;
		ptt_write_bytes(&wr, params[i]);
		ptt_write_u16(&wr, (uint16_t)params[i].len);
	}
	PTT_TRY(ptt_writer_end(&wr, &len));
	return ptt_hmac_sha256(out, key, (struct ptt_bytes){buf, len});
}

void ptt_gba_ks(
	struct ptt_ks *out, const uint8_t ck[PTT_AKA_CK_LEN], const uint8_t ik[PTT_AKA_IK_LEN])
{
	memcpy(out->b, ck, PTT_AKA_CK_LEN);
	memcpy(out->b + PTT_AKA_CK_LEN, ik, PTT_AKA_IK_LEN);
}

enum ptt_err ptt_gba_naf_key(struct ptt_naf_key *out, const struct ptt_ks *ks,
	enum ptt_gba_kind kind, const struct ptt_gba_naf *in)
{
	uint8_t naf_id[PTT_GBA_NAF_FQDN_MAX + PTT_GBA_UA_ID_LEN];
	struct ptt_writer wr = ptt_writer_of(naf_id, sizeof(naf_id));
	const uint8_t *ua_id = in->ua_id ? in->ua_id : ptt_gba_ua_mbms;
	size_t naf_id_len = 0;

	ptt_write_bytes(&wr, in->fqdn);
	ptt_write_bytes(&wr, (struct ptt_bytes){ua_id, PTT_GBA_UA_ID_LEN});
	PTT_TRY(ptt_writer_end(&wr, &naf_id_len));
	{
		const struct ptt_bytes params[] = {
			ptt_bytes_of_str(kind == PTT_GBA_ME ? "gba-me" : "gba-u"),
			{in->rand, PTT_AKA_RAND_LEN},
			in->impi,
			{naf_id, naf_id_len},
		};

		return ptt_gba_kdf(out->b, PTT_BYTES_OF(ks->b), FC_NAF, params, 4);
	}
}

enum ptt_err ptt_mbms_keys_me(
	struct ptt_muk *muk, struct ptt_mrk *mrk, const struct ptt_naf_key *ks_naf)
{
	const struct ptt_mbms_profile *prof = &ptt_mbms_profile;

	PTT_TRY(ptt_gba_kdf(mrk->b, PTT_BYTES_OF(ks_naf->b), prof->mrk_fc, &prof->mrk_label, 1));
	memcpy(muk->b, ks_naf->b, sizeof(muk->b));
	return PTT_OK;
}

void ptt_mbms_keys_u(struct ptt_muk *muk, struct ptt_mrk *mrk, const struct ptt_naf_key *ks_int_naf,
	const struct ptt_naf_key *ks_ext_naf)
{
	memcpy(muk->b, ks_int_naf->b, sizeof(muk->b));
	memcpy(mrk->b, ks_ext_naf->b, sizeof(mrk->b));
}

void ptt_mrk_password(char out[PTT_MRK_PASSWORD_LEN + 1], const struct ptt_mrk *mrk)
{
	_Static_assert(PTT_BASE64_LEN(sizeof(mrk->b)) == PTT_MRK_PASSWORD_LEN, "length");

	if (ptt_base64_put(out, PTT_MRK_PASSWORD_LEN + 1, PTT_BYTES_OF(mrk->b)) != PTT_OK)
		out[0] = '\0'; /* cannot happen: both sizes are constants */
}

enum ptt_err ptt_gba_btid_put(
	char *out, size_t size, const uint8_t rand[PTT_AKA_RAND_LEN], const char *bsf_host)
{
	const size_t head = PTT_BASE64_LEN(PTT_AKA_RAND_LEN), host_len = strlen(bsf_host);

	if (size < head + 1 + host_len + 1)
		return PTT_ERR_NO_SPACE;
	PTT_TRY(ptt_base64_put(out, size, (struct ptt_bytes){rand, PTT_AKA_RAND_LEN}));
	out[head] = '@';
	memcpy(out + head + 1, bsf_host, host_len + 1);
	return PTT_OK;
}
