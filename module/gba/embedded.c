/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include "crypto/gba_kdf.h"
#include "module/base/clock.h"
#include "module/gba/bsf_find.h"
#include "module/gba/naf_source.h"
#include "module/base/log.h"
#include "module/store/store_read.h"

_Static_assert(PTT_STORE_IMPUS_MAX == PTT_NAF_IMPU_MAX && PTT_STORE_ID_MAX == PTT_NAF_IMPU_LEN_MAX,
	"a subscriber's record fits into the answer");

struct embedded {
	struct ptt_naf_source source; /* first */
	struct ptt_store *store;
	struct ptt_bsf *bsf;
	char naf_fqdn[PTT_GBA_NAF_FQDN_MAX + 1];
};

static enum ptt_err find_bootstrap(
	const struct embedded *self, struct ptt_bootstrap_row *out, const char *btid)
{
	const struct ptt_bootstrap_row *held = self->bsf ? ptt_bsf_find(self->bsf, btid) : NULL;

	if (strlen(btid) >= PTT_STORE_ID_MAX)
		return PTT_ERR_NO_KEY;
	if (held)
		*out = *held;
	else
		PTT_TRY(ptt_store_get_bootstrap(self->store, out, btid));
	return out->expires_utc_s > ptt_clock_utc_s() ? PTT_OK : PTT_ERR_NO_KEY;
}

static struct ptt_gba_naf naf_of(const struct embedded *self, const struct ptt_bootstrap_row *row)
{
	return (struct ptt_gba_naf){
		.rand = row->rand,
		.impi = ptt_bytes_of_str(row->impi),
		.fqdn = ptt_bytes_of_str(self->naf_fqdn),
	};
}

/* TS 33.246: GBA_ME: MUK = Ks_NAF; GBA_U: MUK = Ks_int_NAF, MRK = Ks_ext_NAF. */
static enum ptt_err derive(
	const struct embedded *self, struct ptt_naf_keys *out, const struct ptt_bootstrap_row *row)
{
	struct ptt_gba_naf naf = naf_of(self, row);
	PTT_SECRET(struct ptt_naf_key, external);
	PTT_SECRET(struct ptt_naf_key, internal);

	PTT_TRY(ptt_gba_naf_key(&external, &row->ks, PTT_GBA_ME, &naf));
	if (!row->gba_u)
		return ptt_mbms_keys_me(&out->muk, &out->mrk, &external);
	PTT_TRY(ptt_gba_naf_key(&internal, &row->ks, PTT_GBA_U, &naf));
	ptt_mbms_keys_u(&out->muk, &out->mrk, &internal, &external);
	return PTT_OK;
}

/* Copies what the row holds. */
static void take_row(struct ptt_naf_keys *out, const struct ptt_bootstrap_row *row)
{
	memcpy(out->impi, row->impi, sizeof(row->impi));
	out->expires_utc_s = row->expires_utc_s;
	out->counter_base = row->counter_base;
	out->gba_u = row->gba_u;
}

static enum ptt_err fill(const struct embedded *self, struct ptt_naf_keys *out, const char *btid)
{
	PTT_SECRET(struct ptt_bootstrap_row, row);

	PTT_TRY(find_bootstrap(self, &row, btid));
	/*
	 * The subscriber's record is read each time, so a removed subscriber gets no keys from then
	 * on.
	 */
	PTT_TRY(ptt_store_get_impus(self->store, out->impus, &out->impu_count, row.impi));
	PTT_TRY(derive(self, out, &row));
	take_row(out, &row);
	return PTT_OK;
}

/* The MUK alone: Ks_NAF (GBA_ME) or Ks_int_NAF (GBA_U). */
static enum ptt_err derive_muk(
	const struct embedded *self, struct ptt_muk *out, const struct ptt_bootstrap_row *row)
{
	struct ptt_gba_naf naf = naf_of(self, row);
	PTT_SECRET(struct ptt_naf_key, key);

	_Static_assert(sizeof(out->b) == sizeof(key.b), "one is the other");
	PTT_TRY(ptt_gba_naf_key(&key, &row->ks, row->gba_u ? PTT_GBA_U : PTT_GBA_ME, &naf));
	memcpy(out->b, key.b, sizeof(out->b));
	return PTT_OK;
}

/* A start recalls thousands of B-TIDs, so only what a resumed session needs is derived. */
static enum ptt_err refill(const struct embedded *self, struct ptt_naf_keys *out, const char *btid)
{
	PTT_SECRET(struct ptt_bootstrap_row, row);

	PTT_TRY(find_bootstrap(self, &row, btid));
	PTT_TRY(ptt_store_get_subscriber(self->store, NULL, row.impi));
	PTT_TRY(derive_muk(self, &out->muk, &row));
	take_row(out, &row);
	return PTT_OK;
}

typedef enum ptt_err fill_fn(
	const struct embedded *self, struct ptt_naf_keys *out, const char *btid);

static void look_up(
	struct ptt_naf_source *source, fill_fn *fn, const char *btid, ptt_naf_cb *cb, void *ctx)
{
	PTT_SECRET(struct ptt_naf_keys, keys);
	enum ptt_err err = fn((const struct embedded *)(void *)source, &keys, btid);

	if (err != PTT_OK) {
		ptt_wipe(&keys, sizeof(keys));
		if (err != PTT_ERR_NO_KEY)
			ptt_log_limited(PTT_LOG_ERROR, "naf-lookup-failed", "btid=%s error=%s",
				btid, ptt_err_str(err));
		keys.err = err == PTT_ERR_NO_KEY ? PTT_ERR_NO_KEY : PTT_ERR_SYSTEM;
	}
	cb(ctx, &keys);
}

static void lookup(struct ptt_naf_source *source, const char *btid, ptt_naf_cb *cb, void *ctx)
{
	look_up(source, fill, btid, cb, ctx);
}

static void recall(struct ptt_naf_source *source, const char *btid, ptt_naf_cb *cb, void *ctx)
{
	look_up(source, refill, btid, cb, ctx);
}

static void cancel(struct ptt_naf_source *source, void *ctx)
{
	(void)source; /* every look-up calls back before it returns */
	(void)ctx;
}

static void free_embedded(struct ptt_naf_source *source)
{
	free(source);
}

static const struct ptt_naf_ops ops = {
	.lookup = lookup, .cancel = cancel, .free = free_embedded, .recall = recall};

enum ptt_err ptt_naf_embedded_new(struct ptt_naf_source **out, struct ptt_store *store,
	struct ptt_bsf *bsf, const char *naf_fqdn)
{
	struct embedded *self;

	*out = NULL;
	if (!*naf_fqdn || strlen(naf_fqdn) > PTT_GBA_NAF_FQDN_MAX)
		return PTT_ERR_MALFORMED;
	self = calloc(1, sizeof(*self));
	if (!self)
		return PTT_ERR_SYSTEM;
	self->source.ops = &ops;
	self->store = store;
	self->bsf = bsf;
	memcpy(self->naf_fqdn, naf_fqdn, strlen(naf_fqdn) + 1);
	*out = &self->source;
	return PTT_OK;
}
