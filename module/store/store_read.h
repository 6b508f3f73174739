/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file store_read.h
 * Reads of the store: by primary key, and whole tables at start-up. They run in the calling thread.
 *
 * Errors of all: NO_KEY: no such row; AUTH: a wrapped key does not open (another KEK, or a row
 * moved or altered); SYSTEM: disk; MALFORMED: a row that no version of ours writes.
 */
#ifndef PTT_STORE_READ_H
#define PTT_STORE_READ_H

#include "module/store/store.h"

/**
 * @p out NULL: only whether there is such a one; his keys are not opened.
 * Keeps: the caller wipes @p out (ptt_wipe).
 */
enum ptt_err ptt_store_get_subscriber(
	struct ptt_store *store, struct ptt_subscriber_row *out, const char *impi) PTT_MUST_CHECK;
/** By one of his public identities. Keeps: the caller wipes @p out. */
enum ptt_err ptt_store_find_subscriber(
	struct ptt_store *store, struct ptt_subscriber_row *out, const char *impu) PTT_MUST_CHECK;
/** Expired ones too: the caller compares expires_utc_s. Keeps: the caller wipes @p out. */
enum ptt_err ptt_store_get_bootstrap(
	struct ptt_store *store, struct ptt_bootstrap_row *out, const char *btid) PTT_MUST_CHECK;
/** The newest bootstrapping of @p impi. Keeps: the caller wipes @p out. */
enum ptt_err ptt_store_find_bootstrap(
	struct ptt_store *store, struct ptt_bootstrap_row *out, const char *impi) PTT_MUST_CHECK;
/** The public identities of subscriber @p impi alone. */
enum ptt_err ptt_store_get_impus(struct ptt_store *store,
	char out[PTT_STORE_IMPUS_MAX][PTT_STORE_ID_MAX], size_t *count,
	const char *impi) PTT_MUST_CHECK;
/** How far the numbers of MSK messages are reserved, by whichever process. */
enum ptt_err ptt_store_get_numbers(struct ptt_store *store, uint64_t *out) PTT_MUST_CHECK;
enum ptt_err ptt_store_get_group(
	struct ptt_store *store, struct ptt_group_row *out, const char *uri) PTT_MUST_CHECK;
/** A key group (1..65535) that no group ever had. Errors: EXHAUSTED. */
enum ptt_err ptt_store_free_key_group(struct ptt_store *store, uint16_t *out) PTT_MUST_CHECK;
/** PTT_OK: banned, since then; NO_KEY: not banned. @p since_utc_s may be NULL. */
enum ptt_err ptt_store_get_ban(struct ptt_store *store, int64_t *since_utc_s, const char *group,
	const char *impi) PTT_MUST_CHECK;

/**
 * Callbacks return PTT_OK to go on; an error ends the walk and is handed back. They must not write.
 */
typedef enum ptt_err ptt_subscriber_fn(void *ctx, const struct ptt_subscriber_row *row);
typedef enum ptt_err ptt_msk_fn(void *ctx, const struct ptt_msk_row *row);
typedef enum ptt_err ptt_sent_fn(void *ctx, uint32_t generation, const char *impi);
typedef enum ptt_err ptt_ban_fn(
	void *ctx, const char *group, const char *impi, int64_t since_utc_s);
typedef enum ptt_err ptt_intent_fn(void *ctx, const struct ptt_intent_row *row);
typedef enum ptt_err ptt_dialog_fn(void *ctx, const struct ptt_dialog_row *row);

enum ptt_err ptt_store_each_subscriber(
	struct ptt_store *store, ptt_subscriber_fn *fn, void *ctx) PTT_MUST_CHECK;
/**
 * The live MSKs of @p group, oldest generation first; the rows' keys are wiped after the callback.
 */
enum ptt_err ptt_store_each_msk(
	struct ptt_store *store, const char *group, ptt_msk_fn *fn, void *ctx) PTT_MUST_CHECK;
/** Who was sent a live MSK of @p group and has no dialog any more, or not that one. */
enum ptt_err ptt_store_each_sent(
	struct ptt_store *store, const char *group, ptt_sent_fn *fn, void *ctx) PTT_MUST_CHECK;
/** @p group NULL: of all groups. */
enum ptt_err ptt_store_each_ban(
	struct ptt_store *store, const char *group, ptt_ban_fn *fn, void *ctx) PTT_MUST_CHECK;
enum ptt_err ptt_store_each_intent(
	struct ptt_store *store, ptt_intent_fn *fn, void *ctx) PTT_MUST_CHECK;
enum ptt_err ptt_store_each_dialog(
	struct ptt_store *store, ptt_dialog_fn *fn, void *ctx) PTT_MUST_CHECK;

#endif
