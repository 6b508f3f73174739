/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/ue/ue_boot.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "crypto/gba_kdf.h"
#include "module/base/clock.h"
#include "module/ue/ue_event.h"

static void failed(struct ptt_ue *ue, enum ptt_err err, bool fatal)
{
	int write_errno = ptt_usim_write_errno(ue->usim);

	if (write_errno != 0) {
		errno = write_errno;
		ptt_ue_event_error(
			ue->events, "sqn-file", ue->config->sqn_file, PTT_ERR_SYSTEM, false);
	}
	ptt_ue_event_failure(ue->events, "bootstrap", 0, ptt_ub_err_text(err), fatal);
}

static void succeeded(struct ptt_ue *ue, const struct ptt_bootstrap *boot)
{
	ue->boot = *boot;
	ptt_ue_event(ue->events, "bootstrapped",
		json_pack("{s:s, s:I}", "btid", ue->boot.btid, "expires",
			(json_int_t)ue->boot.expires_utc_s));
	ptt_ue_renew_plan(
		&ue->renew, (boot->expires_utc_s - ptt_clock_utc_s()) * 1000, ptt_clock_ms());
}

/* Handles the result of a bootstrapping in the background. */
static enum ptt_err renewed(struct ptt_ue *ue)
{
	enum ptt_err err = ue->renew.err;

	if (err == PTT_OK)
		succeeded(ue, &ue->renew.boot);
	else
		failed(ue, err, false);
	ptt_wipe(&ue->renew.boot, sizeof(ue->renew.boot));
	return err;
}

enum ptt_err ptt_ue_boot(struct ptt_ue *ue)
{
	PTT_SECRET(struct ptt_bootstrap, boot);
	enum ptt_err err;

	if (ptt_ue_renew_wait(&ue->renew, ptt_clock_ms()) && renewed(ue) == PTT_OK)
		return PTT_OK;
	ue->renew.param = (struct ptt_ub_param){
		.bsf_url = ue->config->bsf,
		.bsf_host = ue->config->bsf_host[0] ? ue->config->bsf_host : NULL,
		.impi = ue->config->impi,
		.card = ptt_usim_card(ue->usim),
	};
	err = ptt_ub_bootstrap(&boot, &ue->renew.param);
	if (err == PTT_OK)
		succeeded(ue, &boot);
	else
		failed(ue, err, true);
	return err;
}

void ptt_ue_boot_tick(struct ptt_ue *ue, int64_t now_ms)
{
	if (ue->dialog_over || ue->stopping)
		return;
	if (ptt_ue_renew_tick(&ue->renew, now_ms) && renewed(ue) == PTT_OK)
		ptt_sip_client_renew(ue->sip, now_ms);
}

/* Ks -> Ks_NAF of that NAF -> MUK for MIKEY, MRK as password: docs/wire.md section 2.2. */
static enum ptt_err keys_derive(struct ptt_ue *ue, struct ptt_sip_password *out, const char *naf)
{
	struct ptt_gba_naf in = {
		.rand = ue->boot.rand,
		.impi = ptt_bytes_of_str(ue->config->impi),
		.fqdn = ptt_bytes_of_str(naf),
	};
	PTT_SECRET(struct ptt_naf_key, ks_naf);
	PTT_SECRET(struct ptt_muk, muk);
	PTT_SECRET(struct ptt_mrk, mrk);

	PTT_TRY(ptt_gba_naf_key(&ks_naf, &ue->boot.ks, PTT_GBA_ME, &in));
	PTT_TRY(ptt_mbms_keys_me(&muk, &mrk, &ks_naf));
	PTT_TRY(ptt_rekey_client_set_muk(ue->keys, ue->boot.btid, naf, &muk));
	ptt_mrk_password(out->text, &mrk);
	snprintf(out->btid, sizeof(out->btid), "%s", ue->boot.btid);
	return PTT_OK;
}

enum ptt_err ptt_ue_boot_password(
	void *ctx, struct ptt_sip_password *out, const char *naf, bool again)
{
	struct ptt_ue *ue = ctx;

	if (ue->config->naf[0] && strcasecmp(ue->config->naf, naf) != 0)
		return PTT_ERR_MISMATCH;
	/* Tries a bootstrapping newer than the refused one before it bootstraps again. */
	if (again && strcmp(out->btid, ue->boot.btid) == 0)
		PTT_TRY(ptt_ue_boot(ue));
	return keys_derive(ue, out, naf);
}
