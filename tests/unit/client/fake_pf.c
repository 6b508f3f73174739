/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/client/fake_pf.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NTA_LEG_MAGIC_T      struct fake_pf
#define NTA_OUTGOING_MAGIC_T struct fake_pf
#define NTA_INCOMING_MAGIC_T struct fake_pf
#include <sofia-sip/nta.h>
#include <sofia-sip/nta_tag.h>
#include <sofia-sip/sip_extra.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>

#include "crypto/digest.h"

struct fake_pf {
	su_home_t home[1];
	su_root_t *root;
	nta_agent_t *agent;
	nta_leg_t *stray, *leg;
	nta_outgoing_t *invite;
	su_timer_t *timer;
	struct fake_pf_plan plan;
	struct fake_pf_seen seen;
	struct fix_pf *keys;
	const char *password;
	char uri[128], body[2048];
	unsigned version;
	struct ptt_sdp_lines lines;
};

static const char *param(su_home_t *home, const sip_authorization_t *au, const char *name)
{
	const char *value = msg_params_find(au->au_params, name);

	if (!value)
		return "";
	return value[0] == '"' ? msg_unquote(su_alloc(home, (isize_t)strlen(value) + 1), value)
			       : value;
}

static bool password_good(struct fake_pf *pf, const sip_t *sip)
{
	const sip_authorization_t *au = sip->sip_authorization;
	const char *alg = param(pf->home, au, "algorithm="), *qop = param(pf->home, au, "qop=");
	struct ptt_digest_user user = {
		.name = ptt_bytes_of_str(param(pf->home, au, "username=")),
		.realm = ptt_bytes_of_str(param(pf->home, au, "realm=")),
		.password = ptt_bytes_of_str(pf->password),
	};
	struct ptt_digest_request req = {
		.alg = strcmp(alg, "SHA-256") == 0 ? PTT_HASH_SHA256 : PTT_HASH_MD5,
		.qop = qop[0] ? PTT_DIGEST_QOP_AUTH : PTT_DIGEST_QOP_NONE,
		.method = ptt_bytes_of_str("INVITE"),
		.uri = ptt_bytes_of_str(param(pf->home, au, "uri=")),
		.nonce = ptt_bytes_of_str(param(pf->home, au, "nonce=")),
		.nc = ptt_bytes_of_str(param(pf->home, au, "nc=")),
		.cnonce = ptt_bytes_of_str(param(pf->home, au, "cnonce=")),
	};
	const char *uri = url_as_string(pf->home, sip->sip_request->rq_url);
	char ha1[PTT_DIGEST_HEX_SIZE];

	snprintf(pf->seen.btid, sizeof(pf->seen.btid), "%s", param(pf->home, au, "username="));
	ck_assert_str_eq(uri, param(pf->home, au, "uri="));
	ck_assert_int_eq(ptt_digest_ha1(ha1, req.alg, &user), PTT_OK);
	return ptt_digest_verify(&req, ha1, ptt_bytes_of_str(param(pf->home, au, "response="))) ==
	       PTT_OK;
}

static void challenge(struct fake_pf *pf, nta_incoming_t *irq, bool stale)
{
	char texts[2][256] = {"", ""};

	for (int i = 0; i < 2 && pf->plan.challenges[i]; i++)
		snprintf(texts[i], sizeof(texts[i]), "%s%s", pf->plan.challenges[i],
			stale ? ", stale=true" : "");
	nta_incoming_treply(irq, SIP_401_UNAUTHORIZED, SIPTAG_WWW_AUTHENTICATE_STR(texts[0]),
		TAG_IF(texts[1][0], SIPTAG_WWW_AUTHENTICATE_STR(texts[1])), TAG_END());
}

/* True if the request may go on. */
static bool authenticate(struct fake_pf *pf, nta_incoming_t *irq, const sip_t *sip)
{
	bool good;

	if (!pf->plan.challenges[0])
		return true;
	good = sip->sip_authorization && password_good(pf, sip);
	pf->seen.authorized += good;
	if (good && pf->plan.stale == 0 && pf->plan.wrong == 0)
		return true;
	challenge(pf, irq, good && pf->plan.stale > 0);
	if (good && pf->plan.stale > 0)
		pf->plan.stale--;
	else if (good)
		pf->plan.wrong--;
	return false;
}

static int on_ack(struct fake_pf *pf, nta_incoming_t *irq, const sip_t *sip)
{
	if (sip && sip->sip_request->rq_method == sip_method_ack) {
		pf->seen.acks++;
		if (sip->sip_payload)
			snprintf(pf->seen.ack_body, sizeof(pf->seen.ack_body), "%.*s",
				(int)sip->sip_payload->pl_len, sip->sip_payload->pl_data);
	}
	nta_incoming_destroy(irq);
	return 0;
}

static struct ptt_bytes next_key(struct fake_pf *pf)
{
	struct ptt_bytes key = fix_msk(pf->keys, (uint16_t)(pf->version + 1), 0, 65535);

	if (pf->plan.bad_key)
		pf->keys->out[key.len - 1] ^= 1;
	pf->plan.bad_key = false;
	return key;
}

static size_t answer_make(struct fake_pf *pf, const sip_t *sip)
{
	struct ptt_bytes in = {(const uint8_t *)sip->sip_payload->pl_data,
				 sip->sip_payload->pl_len},
			 key;
	struct ptt_media_plan plan = {0};
	struct ptt_channel_sdp channel;
	struct ptt_sdp_local local = {.audio_port = 20000, .floor_port = 20001};
	struct ptt_sdp_body body = {.plan = &plan,
		.codec = &local.codec,
		.channel = &channel,
		.from_server = true,
		.session_id = 99,
		.version = ++pf->version};
	enum ptt_channel_verdict verdict;
	size_t len = 0;

	fix_channel(&channel);
	local.codec = channel.codec;
	ck_assert(ptt_sdp_addr_get(&local.address, "127.0.0.1"));
	ck_assert_int_eq(ptt_sdp_lines_get(&pf->lines, in), PTT_OK);
	ck_assert_int_eq(
		ptt_media_plan_on_offer(&plan, &verdict, &pf->lines, &local, &channel), PTT_OK);
	if (verdict == PTT_VERDICT_ACCEPTED && pf->plan.key_in_200) {
		key = next_key(pf);
		body.mikey = key;
	}
	ck_assert_int_eq(
		ptt_sdp_answer_put(pf->body, &len, sizeof(pf->body), &body, &pf->lines), PTT_OK);
	return len;
}

static void hear_again(su_root_magic_t *magic, su_timer_t *timer, su_timer_arg_t *arg)
{
	struct fake_pf *pf = (struct fake_pf *)(void *)arg;

	(void)magic;
	(void)timer;
	nta_agent_set_params(pf->agent, NTATAG_DEBUG_DROP_PROB(0), TAG_END());
}

static void accept_invite(struct fake_pf *pf, nta_incoming_t *irq, const sip_t *sip)
{
	sip_payload_t *payload;
	struct ptt_bytes key;
	size_t len;

	if (sip->sip_payload) {
		len = answer_make(pf, sip);
	} else {
		key = next_key(pf);
		len = fix_offer(pf->body, sizeof(pf->body), &key, ++pf->version);
	}
	payload = sip_payload_create(pf->home, pf->body, (issize_t)len);
	nta_incoming_bind(irq, on_ack, pf);
	nta_incoming_treply(irq, SIP_200_OK, SIPTAG_CONTACT(nta_agent_contact(pf->agent)),
		SIPTAG_CONTENT_TYPE_STR("application/sdp"), SIPTAG_PAYLOAD(payload), TAG_END());
	if (pf->plan.deaf_once) {
		pf->plan.deaf_once = false;
		nta_agent_set_params(pf->agent, NTATAG_DEBUG_DROP_PROB(1000), TAG_END());
		su_timer_set_interval(pf->timer, hear_again, (su_timer_arg_t *)(void *)pf, 300);
	}
}

static int on_dialog(struct fake_pf *pf, nta_leg_t *leg, nta_incoming_t *irq, const sip_t *sip)
{
	int status = pf->plan.pull_status;

	(void)leg;
	if (sip->sip_request->rq_method == sip_method_ack)
		return 0;
	if (sip->sip_request->rq_method == sip_method_bye) {
		pf->seen.byes++;
		return 200;
	}
	ck_assert_int_eq(sip->sip_request->rq_method, sip_method_invite);
	if (!authenticate(pf, irq, sip)) {
		nta_incoming_destroy(irq);
		return 0;
	}
	pf->seen.reinvites++;
	ck_assert(!sip->sip_payload);
	pf->plan.pull_status = 0;
	if (status)
		return status;
	accept_invite(pf, irq, sip);
	return 0;
}

static int on_stray(struct fake_pf *pf, nta_leg_t *leg, nta_incoming_t *irq, const sip_t *sip)
{
	(void)leg;
	if (sip->sip_request->rq_method == sip_method_ack)
		return 0;
	if (sip->sip_request->rq_method != sip_method_invite || sip->sip_to->a_tag)
		return 481;
	pf->seen.invites++;
	if (!authenticate(pf, irq, sip)) {
		nta_incoming_destroy(irq);
		return 0;
	}
	if (pf->plan.refuse)
		return pf->plan.refuse;
	if (pf->leg)
		nta_leg_destroy(pf->leg);
	pf->leg = nta_leg_tcreate(pf->agent, on_dialog, pf, SIPTAG_CALL_ID(sip->sip_call_id),
		SIPTAG_FROM(sip->sip_to), SIPTAG_TO(sip->sip_from),
		NTATAG_REMOTE_CSEQ(sip->sip_cseq->cs_seq), TAG_END());
	ck_assert_ptr_nonnull(pf->leg);
	nta_leg_tag(pf->leg, nta_incoming_tag(irq, NULL));
	nta_leg_server_route(pf->leg, sip->sip_record_route, sip->sip_contact);
	accept_invite(pf, irq, sip);
	return 0;
}

struct fake_pf *fake_pf_new(su_root_t *root, const char *transport, const struct fake_pf_plan *plan,
	struct fix_pf *keys, const char *password)
{
	struct fake_pf *pf = calloc(1, sizeof(*pf));
	char url[64];

	su_home_init(pf->home);
	pf->root = root;
	pf->plan = *plan;
	pf->keys = keys;
	pf->password = password;
	snprintf(url, sizeof(url), "sip:127.0.0.1:*;transport=%s", transport);
	pf->agent =
		nta_agent_create(root, URL_STRING_MAKE(url), NULL, NULL, NTATAG_UA(1), TAG_END());
	ck_assert_ptr_nonnull(pf->agent);
	pf->stray = nta_leg_tcreate(pf->agent, on_stray, pf, NTATAG_NO_DIALOG(1), TAG_END());
	pf->timer = su_timer_create(su_root_task(root), 300);
	snprintf(pf->uri, sizeof(pf->uri), "sip:127.0.0.1:%s;transport=%s",
		nta_agent_contact(pf->agent)->m_url->url_port, transport);
	return pf;
}

void fake_pf_free(struct fake_pf *pf)
{
	if (pf->invite)
		nta_outgoing_destroy(pf->invite);
	if (pf->leg)
		nta_leg_destroy(pf->leg);
	nta_leg_destroy(pf->stray);
	nta_agent_destroy(pf->agent);
	su_timer_destroy(pf->timer);
	su_home_deinit(pf->home);
	free(pf);
}

const char *fake_pf_uri(const struct fake_pf *pf)
{
	return pf->uri;
}

const struct fake_pf_seen *fake_pf_seen(const struct fake_pf *pf)
{
	return &pf->seen;
}

static int on_answer(struct fake_pf *pf, nta_outgoing_t *orq, const sip_t *sip)
{
	struct fake_pf_seen *seen = &pf->seen;
	nta_outgoing_t *ack;

	if (nta_outgoing_status(orq) < 200)
		return 0;
	seen->answers++;
	seen->answer_status = nta_outgoing_status(orq);
	seen->warning = sip && sip->sip_warning ? (int)sip->sip_warning->w_code : 0;
	seen->answer_body[0] = '\0';
	if (sip && sip->sip_payload)
		snprintf(seen->answer_body, sizeof(seen->answer_body), "%.*s",
			(int)sip->sip_payload->pl_len, sip->sip_payload->pl_data);
	if (seen->answer_status < 300 && nta_outgoing_method(orq) == sip_method_invite) {
		ack = nta_outgoing_tcreate(pf->leg, NULL, NULL, NULL, SIP_METHOD_ACK, NULL,
			SIPTAG_CSEQ(
				sip_cseq_create(pf->home, nta_outgoing_cseq(orq), SIP_METHOD_ACK)),
			TAG_END());
		nta_outgoing_destroy(ack);
	}
	if (orq == pf->invite)
		pf->invite = NULL;
	nta_outgoing_destroy(orq);
	return 0;
}

void fake_pf_offer(struct fake_pf *pf, const struct ptt_bytes *mikey)
{
	size_t len = fix_offer(pf->body, sizeof(pf->body), mikey, ++pf->version);

	pf->invite = nta_outgoing_tcreate(pf->leg, on_answer, pf, NULL,
		pf->plan.by_update ? sip_method_update : sip_method_invite,
		pf->plan.by_update ? "UPDATE" : "INVITE", NULL,
		SIPTAG_CONTACT(nta_agent_contact(pf->agent)),
		SIPTAG_CONTENT_TYPE_STR("application/sdp"),
		SIPTAG_PAYLOAD(sip_payload_create(pf->home, pf->body, (issize_t)len)), TAG_END());
	ck_assert_ptr_nonnull(pf->invite);
}

void fake_pf_bye(struct fake_pf *pf, const char *reason)
{
	ck_assert_ptr_nonnull(nta_outgoing_tcreate(pf->leg, on_answer, pf, NULL, SIP_METHOD_BYE,
		NULL, TAG_IF(reason, SIPTAG_REASON_STR(reason)), TAG_END()));
}

void fake_pf_info(struct fake_pf *pf)
{
	ck_assert_ptr_nonnull(nta_outgoing_tcreate(
		pf->leg, on_answer, pf, NULL, SIP_METHOD_INFO, NULL, TAG_END()));
}
