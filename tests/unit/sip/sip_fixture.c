/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/sip/sip_fixture.h"

#include <arpa/inet.h>
#include <check.h>
#include <poll.h>
#include <sofia-sip/nta_tport.h>
#include <sofia-sip/tport.h>
#include <sofia-sip/su.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "module/sip/sip_sockets.h"

const struct ptt_mrk fixture_mrk = {{1, 2, 3, 4}};

/* ---- NAF source ---- */

static void tell_keys(struct fixture *fx, bool known)
{
	struct ptt_naf_keys keys = {.err = known ? PTT_OK : PTT_ERR_NO_KEY};
	ptt_naf_cb *cb = fx->naf_cb;

	fx->naf_cb = NULL;
	if (known) {
		strcpy(keys.impi, "u1@example.org");
		strcpy(keys.impus[0], FIXTURE_USER);
		keys.impu_count = 1;
		keys.mrk = fixture_mrk;
	}
	cb(fx->naf_ctx, &keys);
}

static void naf_lookup(struct ptt_naf_source *source, const char *btid, ptt_naf_cb *cb, void *ctx)
{
	struct fixture *fx = (struct fixture *)((char *)source - offsetof(struct fixture, naf));

	fx->naf_cb = cb;
	fx->naf_ctx = ctx;
	if (!fx->naf_slow)
		tell_keys(fx, strcmp(btid, FIXTURE_BTID) == 0);
}

static void naf_cancel(struct ptt_naf_source *source, void *ctx)
{
	struct fixture *fx = (struct fixture *)((char *)source - offsetof(struct fixture, naf));

	ck_assert_ptr_eq(fx->naf_ctx, ctx);
	fx->naf_cb = NULL;
}

void fixture_naf_answer(struct fixture *fx)
{
	ck_assert(fx->naf_cb != NULL);
	tell_keys(fx, true);
}

/* ---- group ---- */

static void hear(struct fixture *fx, const char *what)
{
	size_t used = strlen(fx->heard);

	snprintf(fx->heard + used, sizeof(fx->heard) - used, "%s%s", used ? " " : "", what);
}

static void answer(struct fixture *fx, struct ptt_sip_request *req, uint16_t good, const char *body)
{
	struct ptt_sip_response ans = {.status = fx->answer ? fx->answer : good};

	if (ans.status < 300)
		ans.body = ptt_bytes_of_str(body);
	fx->waiting = NULL;
	if (fx->hold)
		fx->waiting = req;
	else
		ck_assert_int_eq(ptt_sip_respond(req, &ans), PTT_OK);
}

static void on_invite(void *ctx, struct ptt_sip_request *req, const struct ptt_sip_info *info)
{
	struct fixture *fx = ctx;

	hear(fx, "invite");
	ck_assert_str_eq(info->request_uri, FIXTURE_GROUP);
	ck_assert_str_eq(info->from_uri, FIXTURE_USER);
	ck_assert_str_eq(info->btid, FIXTURE_BTID);
	ck_assert_ptr_nonnull(info->dialog);
	fx->dialog = info->dialog;
	answer(fx, req, 200, "v=0\r\n");
}

static void on_reinvite(void *ctx, struct ptt_sip_request *req, const struct ptt_sip_info *info)
{
	hear(ctx, info->is_update ? "update" : info->body.len ? "reinvite" : "pull");
	answer(ctx, req, 200, "v=0\r\n");
}

static void on_ack(void *ctx, struct ptt_dialog *dialog, const struct ptt_sip_info *info)
{
	struct fixture *fx = ctx;

	(void)dialog;
	hear(fx, "ack");
	snprintf(fx->ack_body, sizeof(fx->ack_body), "%.*s", (int)info->body.len,
		info->body.len ? (const char *)info->body.data : "");
}

static void on_cancel(void *ctx, struct ptt_sip_request *req, struct ptt_dialog *dialog)
{
	struct fixture *fx = ctx;

	(void)dialog;
	ck_assert_ptr_eq(req, fx->waiting);
	fx->waiting = NULL;
	hear(fx, "cancel");
}

static void on_gone(void *ctx, struct ptt_dialog *dialog, enum ptt_sip_gone why)
{
	struct fixture *fx = ctx;

	if (fx->dialog == dialog)
		fx->dialog = NULL;
	hear(fx, why == PTT_SIP_GONE_BYE ? "bye" : "no-ack");
}

static void on_refer(void *ctx, struct ptt_sip_request *req, const struct ptt_sip_info *info)
{
	struct fixture *fx = ctx;

	hear(fx, info->dialog ? "refer-in" : "refer");
	strcpy(fx->target, info->target);
	answer(fx, req, 202, "");
}

static void on_offer_result(
	void *ctx, struct ptt_dialog *dialog, uint32_t cookie, const struct ptt_sip_result *result)
{
	struct fixture *fx = ctx;
	char what[32];

	(void)dialog;
	snprintf(what, sizeof(what), result->from_former_process ? "former" : "offer-%u",
		result->status);
	hear(fx, what);
	fx->result = *result;
	fx->cookie = cookie;
}

static void on_ready(void *ctx, struct ptt_dialog *dialog)
{
	(void)dialog;
	hear(ctx, "ready");
}

static bool is_rekeying(void *ctx)
{
	return ((struct fixture *)ctx)->rekeying;
}

static const struct ptt_sip_events events = {
	.on_invite = on_invite,
	.on_reinvite = on_reinvite,
	.on_ack = on_ack,
	.on_cancel = on_cancel,
	.on_gone = on_gone,
	.on_refer = on_refer,
	.on_offer_result = on_offer_result,
	.on_ready = on_ready,
	.is_rekeying = is_rekeying,
};

/* ---- host ---- */

static int on_request(nta_leg_magic_t *magic, nta_leg_t *leg, nta_incoming_t *irq, const sip_t *msg)
{
	struct fixture *fx = (struct fixture *)magic;

	(void)leg;
	return ptt_sip_on_request(fx->sip, irq, msg) ? 0 : 404;
}

static int on_response(nta_outgoing_magic_t *magic, nta_outgoing_t *orq, const sip_t *msg)
{
	struct fixture *fx = (struct fixture *)magic;

	fx->responses++;
	ptt_sip_on_response(fx->sip, orq, msg);
	return 0;
}

static void open_ue(struct fixture *fx)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(addr);

	fx->sock = socket(AF_INET, SOCK_DGRAM, 0);
	ck_assert_int_eq(bind(fx->sock, (struct sockaddr *)&addr, sizeof(addr)), 0);
	ck_assert_int_eq(getsockname(fx->sock, (struct sockaddr *)&addr, &len), 0);
	fx->port = ntohs(addr.sin_port);
	strcpy(fx->btid, FIXTURE_BTID);
}

void ue_connect(struct fixture *fx, unsigned contact_port)
{
	struct sockaddr_in addr = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)fx->server_tcp_port)};

	close(fx->sock);
	fx->sock = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(connect(fx->sock, (struct sockaddr *)&addr, sizeof(addr)), 0);
	fx->port = contact_port;
	fx->tcp = true;
}

static unsigned port_of(const struct fixture *fx, const char *proto)
{
	tport_t *tport = tport_primaries(nta_agent_tports(fx->agent));

	while (strcmp(tport_name(tport)->tpn_proto, proto) != 0)
		tport = tport_next(tport);
	return (unsigned)atoi(tport_name(tport)->tpn_port);
}

void fixture_open(struct fixture *fx, const struct ptt_sip_options *options)
{
	static const struct ptt_naf_ops ops = {.lookup = naf_lookup, .cancel = naf_cancel};
	struct ptt_sip_options opt = options ? *options : (struct ptt_sip_options){0};

	memset(fx, 0, sizeof(*fx));
	fx->naf.ops = &ops;
	ck_assert_int_eq(su_init(), 0);
	fx->root = su_root_create(NULL);
	su_root_threading(fx->root, 0);
	ck_assert(ptt_sip_sockets_watch());
	fx->agent = nta_agent_create(fx->root, URL_STRING_MAKE("sip:127.0.0.1:*;transport=udp"),
		NULL, NULL, NTATAG_UA(1), NTATAG_SIP_T1(100), NTATAG_SIP_T1X64(1500),
		NTATAG_SIP_T2(400), NTATAG_SIP_T4(500), TAG_END());
	ck_assert_ptr_nonnull(fx->agent);
	ck_assert_int_eq(nta_agent_add_tport(fx->agent,
				 URL_STRING_MAKE("sip:127.0.0.1:*;transport=tcp"), TAG_END()),
		0);
	fx->leg = nta_leg_tcreate(
		fx->agent, on_request, (nta_leg_magic_t *)fx, NTATAG_NO_DIALOG(1), TAG_END());
	if (!opt.own_default)
		fx->outgoing =
			nta_outgoing_default(fx->agent, on_response, (nta_outgoing_magic_t *)fx);
	opt.root = fx->root;
	opt.agent = fx->agent;
	opt.naf_fqdn = FIXTURE_NAF;
	opt.naf = &fx->naf;
	if (!opt.events) {
		opt.events = &events;
		opt.ctx = fx;
	}
	ck_assert_int_eq(ptt_sip_new(&fx->sip, &opt), PTT_OK);
	fx->server_port = port_of(fx, "udp");
	fx->server_tcp_port = port_of(fx, "tcp");
	open_ue(fx);
}

void fixture_close(struct fixture *fx)
{
	ptt_sip_free(fx->sip);
	nta_outgoing_destroy(fx->outgoing);
	nta_leg_destroy(fx->leg);
	nta_agent_destroy(fx->agent);
	su_root_destroy(fx->root);
	su_deinit();
	close(fx->sock);
}
