/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/client/client_fixture.h"

#include <check.h>
#include <string.h>

static const uint8_t key_domain[PTT_MBMS_KEY_DOMAIN_LEN] = {0x00, 0xf1, 0x10};

void fix_pf_init(struct fix_pf *pf)
{
	memset(pf, 0, sizeof(*pf));
	ck_assert_int_eq(ptt_mikey_ctx_init(&pf->ctx), PTT_OK);
	memset(&pf->muk, 0x5a, sizeof(pf->muk));
	pf->btid = FIX_BTID;
	pf->naf = FIX_NAF;
	pf->counter = pf->mtk_counter = 1;
}

void fix_pf_wipe(struct fix_pf *pf)
{
	ptt_mikey_ctx_wipe(&pf->ctx);
}

static struct ptt_mikey_ids ids_of(const struct fix_pf *pf, uint16_t number)
{
	struct ptt_mikey_ids ids = {
		.csb_id = 0x23bfa812,
		.msk_id = ptt_msk_id_make(7, number),
		.idi = ptt_bytes_of_str(pf->naf),
		.idr = ptt_bytes_of_str(pf->btid),
		.verify = pf->verify,
		.suite = pf->suite,
		.sdp_ids = true,
	};

	memcpy(ids.key_domain, key_domain, sizeof(key_domain));
	memset(ids.rand, number, sizeof(ids.rand));
	return ids;
}

struct ptt_bytes fix_msk(struct fix_pf *pf, uint16_t number, uint16_t seql, uint16_t sequ)
{
	struct ptt_writer wr = ptt_writer_of(pf->out, sizeof(pf->out));
	struct ptt_mikey_ids ids = ids_of(pf, number);
	struct ptt_mikey_msk in = {.seql = seql, .sequ = sequ};
	size_t len = 0;

	memset(&in.msk, number, sizeof(in.msk));
	ids.counter = pf->counter++;
	ck_assert_int_eq(ptt_mikey_seal_msk(&pf->ctx, &wr, &ids, &in, &pf->muk), PTT_OK);
	ck_assert_int_eq(ptt_writer_end(&wr, &len), PTT_OK);
	return (struct ptt_bytes){pf->out, len};
}

struct ptt_bytes fix_mtk(struct fix_pf *pf, uint16_t number, uint16_t mtk_id)
{
	struct ptt_writer wr = ptt_writer_of(pf->out, sizeof(pf->out));
	struct ptt_mikey_ids ids = ids_of(pf, number);
	struct ptt_mtk in = {.key_len = ptt_suite_def(pf->suite)->key_len,
		.salt_len = ptt_suite_def(pf->suite)->salt_len};
	struct ptt_msk msk;
	size_t len = 0;

	memset(&msk, number, sizeof(msk));
	memset(in.key, mtk_id, in.key_len);
	ids.mtk_id = mtk_id;
	ids.verify = false;
	ids.sdp_ids = false;
	ids.counter = pf->mtk_counter++;
	ck_assert_int_eq(ptt_mikey_seal_mtk(&pf->ctx, &wr, &ids, &in, &msk), PTT_OK);
	ck_assert_int_eq(ptt_writer_end(&wr, &len), PTT_OK);
	return (struct ptt_bytes){pf->out, len};
}

void fix_channel(struct ptt_channel_sdp *out)
{
	memset(out, 0, sizeof(*out));
	ck_assert(ptt_sdp_addr_get(&out->group, "233.252.0.17"));
	ck_assert(ptt_sdp_addr_get(&out->source, "127.0.0.1"));
	out->ttl = 1;
	out->audio_port = 40000;
	out->floor_port = 40002;
	out->key_port = 2269;
	ck_assert_int_eq(ptt_sdp_codec_get(&out->codec, "AMR/8000/1"), PTT_OK);
}

size_t fix_offer(char *out, size_t size, const struct ptt_bytes *mikey, unsigned version)
{
	struct ptt_media_plan plan;
	struct ptt_sdp_local local = {.audio_port = 20000, .floor_port = 20001};
	struct ptt_channel_sdp channel;
	struct ptt_sdp_body body = {.plan = &plan,
		.codec = &local.codec,
		.channel = &channel,
		.from_server = true,
		.session_id = 99,
		.version = version};
	size_t len = 0;

	fix_channel(&channel);
	local.codec = channel.codec;
	ck_assert(ptt_sdp_addr_get(&local.address, "127.0.0.1"));
	ptt_media_plan_init(&plan, &local);
	if (mikey) {
		body.mikey = *mikey;
		ck_assert_int_eq(ptt_media_plan_add_channel(&plan), PTT_OK);
	}
	ck_assert_int_eq(ptt_sdp_offer_put(out, &len, size, &body), PTT_OK);
	return len;
}

void fix_client_init(struct fix_client *ue, enum ptt_ue_join join, bool refuse_channel)
{
	struct ptt_ue_session_param param = {.join = join,
		.session_id = 1,
		.refuse_channel = refuse_channel,
		.local = {.audio_port = 30000, .floor_port = 30001}};
	size_t len;

	memset(ue, 0, sizeof(*ue));
	fix_pf_init(&ue->pf);
	ck_assert_int_eq(ptt_rekey_client_new(&ue->keys, false), PTT_OK);
	ck_assert_int_eq(
		ptt_rekey_client_set_muk(ue->keys, FIX_BTID, FIX_NAF, &ue->pf.muk), PTT_OK);
	param.keys = ue->keys;
	fix_channel(&param.channel);
	param.local.codec = param.channel.codec;
	ck_assert(ptt_sdp_addr_get(&param.local.address, "127.0.0.1"));
	ck_assert_int_eq(ptt_ue_session_new(&ue->session, &param), PTT_OK);
	ck_assert_int_eq(
		ptt_ue_session_offer(ue->session, ue->body, &len, sizeof(ue->body)), PTT_OK);
}

void fix_client_wipe(struct fix_client *ue)
{
	ptt_ue_session_free(ue->session);
	ptt_rekey_client_free(ue->keys);
	fix_pf_wipe(&ue->pf);
}

struct ptt_bytes fix_client_write_offer(struct fix_client *ue, uint16_t number, unsigned version)
{
	struct ptt_bytes key = fix_msk(&ue->pf, number, 0, 65535);

	return (struct ptt_bytes){
		(const uint8_t *)ue->body, fix_offer(ue->body, sizeof(ue->body), &key, version)};
}
