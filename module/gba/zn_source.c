/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/gba/zn_source.h"

#include <stdlib.h>
#include <string.h>

#include "module/base/clock.h"
#include "module/base/list.h"
#include "module/base/log.h"
#include "module/store/store_read.h"

#define TIMEOUT_MS    2000
#define PENDING_MAX   256
#define HELD_MAX      16384
#define CHECK_MS      50 /* how often deadlines are checked */
#define PURGE_EVERY_S 600

struct ptt_zn_lookup {
	struct ptt_zn_source *source; /* NULL: the source was freed */
	struct ptt_zn_lookup *next, **link;
	uint32_t id;
	int64_t deadline_ms;
	ptt_naf_cb *cb; /* NULL: cancelled */
	void *ctx;
	bool saving; /* the store writes the row; its completion frees the look-up */
	char btid[PTT_ZN_ID_MAX];
	struct ptt_naf_keys keys;
};

static void unlink_lookup(struct ptt_zn_lookup *look)
{
	if (!look->source)
		return;
	PTT_LIST_REMOVE(look, next, link);
	look->source->pending--;
	look->source = NULL;
}

static void free_lookup(struct ptt_zn_lookup *look)
{
	unlink_lookup(look);
	ptt_wipe(look, sizeof(*look));
	free(look);
}

static void call_back(struct ptt_zn_lookup *look, enum ptt_err err)
{
	ptt_naf_cb *cb = look->cb;
	void *ctx = look->ctx;
	PTT_SECRET(struct ptt_naf_keys, keys);

	if (err == PTT_OK)
		keys = look->keys;
	keys.err = err;
	free_lookup(look); /* before the callback, which may ask again or free the source */
	if (cb)
		cb(ctx, &keys);
}

static void fail(struct ptt_naf_keys *keys, ptt_naf_cb *cb, void *ctx, enum ptt_err err)
{
	memset(keys, 0, sizeof(*keys));
	keys->err = err;
	cb(ctx, keys);
}

/* --- the row --- */

/* Errors: NO_KEY (there is no row yet); MISMATCH (the row has another key or subscriber). */
static enum ptt_err check_row(struct ptt_store *store, struct ptt_zn_lookup *look)
{
	PTT_SECRET(struct ptt_bootstrap_row, row);

	PTT_TRY(ptt_store_get_bootstrap(store, &row, look->btid));
	look->keys.counter_base = row.counter_base;
	return strcmp(row.impi, look->keys.impi) == 0 &&
			       ptt_secret_equal(row.ks.b, look->keys.muk.b, sizeof(row.ks.b))
		       ? PTT_OK
		       : PTT_ERR_MISMATCH;
}

static void hold(struct ptt_zn_source *source, const struct ptt_zn_lookup *look)
{
	struct ptt_naf_keys *held = ptt_lru_add(source->held, NULL, look->btid);

	if (held)
		*held = look->keys;
}

static void finish(struct ptt_zn_lookup *look, enum ptt_err err)
{
	if (err == PTT_OK)
		hold(look->source, look);
	else
		ptt_log_limited(PTT_LOG_ERROR, "zn-store-failed", "btid=%s error=%s", look->btid,
			ptt_err_str(err));
	call_back(look, err == PTT_OK ? PTT_OK : PTT_ERR_SYSTEM);
}

static void on_saved(void *ctx, enum ptt_err err)
{
	struct ptt_zn_lookup *look = ctx;

	look->saving = false;
	if (!look->source) {
		free_lookup(look);
		return;
	}
	if (err == PTT_ERR_MISMATCH) /* another look-up of the same B-TID wrote the row before */
		err = check_row(look->source->store, look);
	finish(look, err);
}

static void save(struct ptt_zn_lookup *look)
{
	struct ptt_store *store = look->source->store;
	struct ptt_store_batch *batch;
	PTT_SECRET(struct ptt_bootstrap_row, row);
	enum ptt_err err = check_row(store, look);

	if (err != PTT_ERR_NO_KEY) {
		finish(look, err);
		return;
	}
	memcpy(row.btid, look->btid, sizeof(row.btid));
	memcpy(row.impi, look->keys.impi, sizeof(row.impi));
	memcpy(row.ks.b, look->keys.muk.b, sizeof(row.ks.b));
	row.expires_utc_s = look->keys.expires_utc_s;
	row.gba_u = look->keys.gba_u;
	if (ptt_store_get_numbers(store, &row.counter_base) != PTT_OK)
		row.counter_base = 0;
	look->keys.counter_base = row.counter_base;
	batch = ptt_store_batch_new(store);
	ptt_batch_put_bootstrap(batch, &row);
	err = ptt_store_commit(batch, PTT_STORE_NORMAL, on_saved, look);
	look->saving = err == PTT_OK;
	if (err != PTT_OK)
		finish(look, err);
}

/* --- answers --- */

static enum ptt_err derive(struct ptt_naf_keys *out, const struct ptt_zn_answer *answer)
{
	if (!*answer->impi) /* bans and expulsions are by IMPI */
		return PTT_ERR_MALFORMED;
	memcpy(out->impi, answer->impi, sizeof(out->impi));
	memcpy(out->impus, answer->impus, sizeof(out->impus));
	out->impu_count = answer->impu_count;
	out->expires_utc_s = answer->expires_utc_s;
	out->gba_u = answer->has_uicc;
	if (!answer->has_uicc)
		return ptt_mbms_keys_me(&out->muk, &out->mrk, &answer->me);
	ptt_mbms_keys_u(&out->muk, &out->mrk, &answer->uicc, &answer->me);
	return PTT_OK;
}

static void log_failure(const struct ptt_zn_lookup *look, enum ptt_err err)
{
	enum ptt_log_level level = err == PTT_ERR_NO_KEY ? PTT_LOG_INFO
				   : err == PTT_ERR_BUSY ? PTT_LOG_WARN
							 : PTT_LOG_ERROR;

	ptt_log_limited(level, "zn-lookup-failed", "zn=%s btid=%s reason=%s",
		look->source->transport->name, look->btid,
		err == PTT_ERR_AUTH ? "the BSF does not serve this NAF" : ptt_err_str(err));
}

/* @return the error as the SIP side may see it */
static enum ptt_err outside(enum ptt_err err)
{
	return err == PTT_ERR_NO_KEY || err == PTT_ERR_BUSY ? err : PTT_ERR_SYSTEM;
}

void ptt_zn_source_done(
	struct ptt_zn_source *source, uint32_t id, const struct ptt_zn_answer *found)
{
	struct ptt_zn_lookup *look = source->lookups;
	enum ptt_err err = found->err;

	while (look && look->id != id)
		look = look->next;
	if (!look || look->saving)
		return;
	if (err == PTT_OK)
		err = derive(&look->keys, found);
	if (err == PTT_OK && look->keys.expires_utc_s == 0) /* the BSF gave no expiry: take a day */
		look->keys.expires_utc_s = ptt_clock_utc_s() + 86400;
	if (err == PTT_OK && look->keys.expires_utc_s <= ptt_clock_utc_s())
		err = PTT_ERR_NO_KEY;
	if (err == PTT_OK) {
		save(look);
		return;
	}
	log_failure(look, err);
	call_back(look, outside(err));
}

static void purge(struct ptt_zn_source *source)
{
	int64_t now = ptt_clock_utc_s();
	struct ptt_store_batch *batch;

	if (now - source->purge_utc_s < PURGE_EVERY_S && now >= source->purge_utc_s)
		return;
	source->purge_utc_s = now;
	batch = ptt_store_batch_new(source->store);
	ptt_batch_purge_bootstraps(batch, now);
	if (ptt_store_commit(batch, PTT_STORE_NORMAL, NULL, NULL) != PTT_OK)
		ptt_log_limited(PTT_LOG_WARN, "zn-purge-failed", "at=%lld", (long long)now);
}

static void on_timer(su_root_magic_t *magic, su_timer_t *timer, su_timer_arg_t *arg)
{
	struct ptt_zn_source *source = arg;
	int64_t now = ptt_clock_ms();
	struct ptt_zn_lookup *look = source->lookups, *late = NULL;

	(void)magic;
	for (; look; look = look->next)
		if (!look->saving && look->deadline_ms <= now)
			late = look;
	if (late) {
		/*
		 * One look-up in a turn of the loop: its callback may change the list, or free the
		 * source.
		 */
		su_timer_set_interval(timer, on_timer, source, 0);
		source->transport->give_up(source, late->id);
		log_failure(late, PTT_ERR_BUSY);
		call_back(late, PTT_ERR_BUSY);
	} else if (source->lookups) {
		su_timer_set_interval(timer, on_timer, source, CHECK_MS);
	}
}

/* --- the source's operations --- */

static struct ptt_zn_lookup *add_lookup(
	struct ptt_zn_source *source, const char *btid, ptt_naf_cb *cb, void *ctx)
{
	struct ptt_zn_lookup *look =
		source->pending < source->pending_max ? calloc(1, sizeof(*look)) : NULL;

	if (!look)
		return NULL;
	look->source = source;
	look->id = ++source->next_id;
	look->deadline_ms = ptt_clock_ms() + source->timeout_ms;
	look->cb = cb;
	look->ctx = ctx;
	strcpy(look->btid, btid);
	PTT_LIST_ADD(source->lookups, look, next, link);
	if (source->pending++ == 0)
		su_timer_set_interval(source->timer, on_timer, source, CHECK_MS);
	return look;
}

static bool call_back_from_memory(
	struct ptt_zn_source *source, const char *btid, ptt_naf_cb *cb, void *ctx)
{
	const struct ptt_naf_keys *held = ptt_lru_get(source->held, btid);
	PTT_SECRET(struct ptt_naf_keys, keys);

	if (!held)
		return false;
	if (held->expires_utc_s <= ptt_clock_utc_s()) {
		ptt_lru_del(source->held, btid);
		return false;
	}
	keys = *held;
	ptt_lru_touch(source->held, btid);
	cb(ctx, &keys);
	return true;
}

static void lookup(struct ptt_naf_source *base, const char *btid, ptt_naf_cb *cb, void *ctx)
{
	struct ptt_zn_source *source = (struct ptt_zn_source *)(void *)base;
	struct ptt_zn_query query = {.gba_u_aware = true};
	PTT_SECRET(struct ptt_naf_keys, none);
	struct ptt_zn_lookup *look;
	enum ptt_err err;

	if (strlen(btid) >= sizeof(query.btid)) {
		fail(&none, cb, ctx, PTT_ERR_NO_KEY);
		return;
	}
	if (call_back_from_memory(source, btid, cb, ctx))
		return;
	purge(source);
	look = add_lookup(source, btid, cb, ctx);
	if (!look) {
		ptt_log_limited(PTT_LOG_WARN, "zn-too-many", "zn=%s btid=%s",
			source->transport->name, btid);
		fail(&none, cb, ctx, PTT_ERR_BUSY);
		return;
	}
	strcpy(query.btid, btid);
	strcpy(query.naf_fqdn, source->naf_fqdn);
	memcpy(query.ua_id, ptt_gba_ua_mbms, sizeof(query.ua_id));
	err = source->transport->ask(source, look->id, &query);
	if (err != PTT_OK) {
		log_failure(look, err);
		call_back(look, outside(err));
	}
}

static void cancel(struct ptt_naf_source *base, void *ctx)
{
	struct ptt_zn_source *source = (struct ptt_zn_source *)(void *)base;
	struct ptt_zn_lookup *next;

	for (struct ptt_zn_lookup *look = source->lookups; look; look = next) {
		next = look->next;
		if (ctx && look->ctx != ctx)
			continue;
		look->cb = NULL;
		if (look->saving)
			continue;
		source->transport->give_up(source, look->id);
		free_lookup(look);
	}
}

static void recall(struct ptt_naf_source *base, const char *btid, ptt_naf_cb *cb, void *ctx)
{
	struct ptt_zn_source *source = (struct ptt_zn_source *)(void *)base;
	PTT_SECRET(struct ptt_bootstrap_row, row);
	PTT_SECRET(struct ptt_naf_keys, keys);

	if (call_back_from_memory(source, btid, cb, ctx))
		return;
	keys.err = strlen(btid) < PTT_ZN_ID_MAX ? ptt_store_get_bootstrap(source->store, &row, btid)
						: PTT_ERR_NO_KEY;
	if (keys.err == PTT_OK && row.expires_utc_s <= ptt_clock_utc_s())
		keys.err = PTT_ERR_NO_KEY;
	if (keys.err == PTT_OK) {
		memcpy(keys.impi, row.impi, sizeof(row.impi));
		memcpy(keys.muk.b, row.ks.b, sizeof(row.ks.b));
		keys.expires_utc_s = row.expires_utc_s;
		keys.gba_u = row.gba_u;
		keys.counter_base = row.counter_base;
	}
	cb(ctx, &keys);
}

static void free_source(struct ptt_naf_source *base)
{
	struct ptt_zn_source *source = (struct ptt_zn_source *)(void *)base;

	source->transport->free(source);
}

static const struct ptt_naf_ops ops = {
	.lookup = lookup, .cancel = cancel, .free = free_source, .recall = recall};

enum ptt_err ptt_zn_source_init(struct ptt_zn_source *source,
	const struct ptt_zn_transport *transport, const struct ptt_zn_source_param *param)
{
	size_t len = strlen(param->naf_fqdn);

	source->source.ops = &ops;
	source->transport = transport;
	source->root = param->root;
	source->store = param->store;
	source->timeout_ms = param->timeout_ms ? param->timeout_ms : TIMEOUT_MS;
	source->pending_max = param->pending_max ? param->pending_max : PENDING_MAX;
	if (len == 0 || len > PTT_GBA_NAF_FQDN_MAX)
		return PTT_ERR_MALFORMED;
	memcpy(source->naf_fqdn, param->naf_fqdn, len + 1);
	source->held = ptt_lru_new(HELD_MAX, sizeof(struct ptt_naf_keys));
	source->timer = su_timer_create(su_root_task(param->root), CHECK_MS);
	return source->held && source->timer ? PTT_OK : PTT_ERR_SYSTEM;
}

void ptt_zn_source_wipe(struct ptt_zn_source *source)
{
	for (struct ptt_zn_lookup *look = source->lookups, *next; look; look = next) {
		next = look->next;
		look->cb = NULL;
		if (look->saving)
			unlink_lookup(look); /* the store's callback frees it */
		else
			free_lookup(look);
	}
	ptt_lru_free(source->held);
	if (source->timer)
		su_timer_destroy(source->timer);
}
