/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <strings.h>

#include "module/base/clock.h"
#include "module/gba/bsf_find.h"
#include "module/gba/zn.h"
#include "module/base/log.h"
#include "module/store/store_read.h"

_Static_assert(PTT_STORE_IMPUS_MAX <= PTT_ZN_IMPUS_MAX && PTT_STORE_ID_MAX <= PTT_ZN_ID_MAX,
	"a subscriber's record fits into the answer");

static bool may_ask(const struct ptt_zn_server *server, const char *naf_fqdn)
{
	if (!server->nafs)
		return true;
	for (size_t i = 0; i < server->naf_count; i++)
		if (strcasecmp(server->nafs[i], naf_fqdn) == 0)
			return true;
	return false;
}

static enum ptt_err find_bootstrap(
	const struct ptt_zn_server *server, struct ptt_bootstrap_row *out, const char *btid)
{
	const struct ptt_bootstrap_row *held = server->bsf ? ptt_bsf_find(server->bsf, btid) : NULL;

	if (held)
		*out = *held;
	else
		PTT_TRY(ptt_store_get_bootstrap(server->store, out, btid));
	return out->expires_utc_s > ptt_clock_utc_s() ? PTT_OK : PTT_ERR_NO_KEY;
}

static enum ptt_err derive(struct ptt_zn_answer *out, const struct ptt_bootstrap_row *row,
	const struct ptt_zn_query *query)
{
	struct ptt_gba_naf naf = {
		.rand = row->rand,
		.impi = ptt_bytes_of_str(row->impi),
		.fqdn = ptt_bytes_of_str(query->naf_fqdn),
		.ua_id = query->ua_id,
	};

	PTT_TRY(ptt_gba_naf_key(&out->me, &row->ks, PTT_GBA_ME, &naf));
	out->has_uicc = row->gba_u && query->gba_u_aware;
	return out->has_uicc ? ptt_gba_naf_key(&out->uicc, &row->ks, PTT_GBA_U, &naf) : PTT_OK;
}

static enum ptt_err fill(const struct ptt_zn_server *server, struct ptt_zn_answer *out,
	const struct ptt_zn_query *query)
{
	PTT_SECRET(struct ptt_bootstrap_row, row);
	PTT_SECRET(struct ptt_subscriber_row, sub);

	if (!may_ask(server, query->naf_fqdn))
		return PTT_ERR_AUTH;
	PTT_TRY(find_bootstrap(server, &row, query->btid));
	PTT_TRY(ptt_store_get_subscriber(server->store, &sub, row.impi));
	PTT_TRY(derive(out, &row, query));
	memcpy(out->impi, row.impi, sizeof(row.impi));
	memcpy(out->impus, sub.impu, sizeof(sub.impu));
	out->impu_count = sub.impu_count;
	out->expires_utc_s = row.expires_utc_s;
	return PTT_OK;
}

void ptt_zn_serve(
	struct ptt_zn_server *server, struct ptt_zn_answer *out, const struct ptt_zn_query *query)
{
	enum ptt_err err;

	memset(out, 0, sizeof(*out));
	err = fill(server, out, query);
	if (err == PTT_OK) {
		server->answered++;
		ptt_log_limited(PTT_LOG_INFO, "zn-answered", "btid=%s naf=%s impi=%s", query->btid,
			query->naf_fqdn, out->impi);
		return;
	}
	server->refused++;
	ptt_wipe(out, sizeof(*out));
	out->err = err == PTT_ERR_NO_KEY || err == PTT_ERR_AUTH ? err : PTT_ERR_SYSTEM;
	ptt_log_limited(out->err == PTT_ERR_SYSTEM ? PTT_LOG_ERROR : PTT_LOG_WARN, "zn-refused",
		"btid=%s naf=%s reason=%s", query->btid, query->naf_fqdn,
		err == PTT_ERR_AUTH ? "this NAF may not ask" : ptt_err_str(err));
}
