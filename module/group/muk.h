/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file muk.h
 * The MUKs of the members in session, by B-TID: muk, and the lease to use it.
 *
 * One MSK message is outstanding per MUK: a lost first and an early second one would look like a replay to
 * the UE. A holder that gets no answer within PTT_MUK_LEASE_MS loses its lease (the UE then refuses the
 * older message with 488, and it is sealed again).
 * T never repeats under a MUK, because no number of a message does (msk_numbers.h).
 * Spec: docs/wire.md 3; TS 33.246 6.4.
 */
#ifndef PTT_MUK_H
#define PTT_MUK_H

#include "crypto/secret.h"
#include "module/gba/naf_source.h"
#include "module/base/table.h"

#define PTT_MUK_LEASE_MS 4000

#define PTT_MUK_WARN_S  30   /**< so long before its end an expiry is logged */
#define PTT_MUK_GRACE_S 5    /**< for a re-authentication on its way when the muk ends */
#define PTT_MUK_SLOTS   4096 /**< one a second; a later end is passed over once a lap */

/** Whose muk it is, and who waits for a lease: one in every member. */
struct ptt_muk_lease {
	struct ptt_muk_lease *next;
	struct ptt_muk_lease *sibling, **sibling_link; /**< who has the same muk */
	void *owner;
};

struct ptt_session_muk {
	struct ptt_table_node node; /**< first member; by B-TID */
	char *btid;
	struct ptt_muk muk;
	int64_t expires_utc_s;
	uint64_t counter_base; /**< ptt_counter_t() */
	uint32_t refs;
	void *holder;    /**< whose message is outstanding; NULL: free */
	int64_t held_ms; /**< since then */
	struct ptt_muk_lease *first, **last;
	struct ptt_muk_lease *owners;
	struct ptt_session_muk *due_next, **due_link; /**< due_link NULL: in no slot */
	int64_t due_utc_s;
	bool warned, wanted; /**< its end is logged; an MSK was due after it */
};

/** All zero is empty. */
struct ptt_muk_table {
	struct ptt_table table;
	struct ptt_session_muk *due[PTT_MUK_SLOTS]; /**< by the second at which to look at it */
	int64_t visited_utc_s;
};

/** The MUK behind @p btid, one reference more; @p from: as looked up. Errors: SYSTEM. */
enum ptt_err ptt_muk_ref(struct ptt_session_muk **out, struct ptt_muk_table *muks, const char *btid,
	const struct ptt_naf_keys *from) PTT_MUST_CHECK;
/** One reference less; the last one wipes it. NULL is fine. */
void ptt_muk_unref(struct ptt_muk_table *muks, struct ptt_session_muk *muk);

/** @p lease's owner has this muk from now on; see ptt_muk_remove_owner(). */
void ptt_muk_add_owner(struct ptt_session_muk *muk, struct ptt_muk_lease *lease);
void ptt_muk_remove_owner(struct ptt_muk_lease *lease);
/** Looks at it again at @p utc_s, or in the next second if that is over. */
void ptt_muk_due_at(struct ptt_muk_table *muks, struct ptt_session_muk *muk, int64_t utc_s);
/** The next one that is to be looked at, taken out of its slot; NULL: none any more. No scan over all. */
struct ptt_session_muk *ptt_muk_table_due(struct ptt_muk_table *muks, int64_t utc_s);

/**
 * Takes the lease, or lines up. True: the owner holds it now (or did already).
 * False: the owner is called back by whoever gives the lease on; see ptt_muk_release().
 */
bool ptt_muk_acquire(struct ptt_session_muk *muk, struct ptt_muk_lease *lease, int64_t now_ms);
/** Gives the lease back, or leaves the line. @return the owner whose lease it is now, or NULL. */
void *ptt_muk_release(struct ptt_session_muk *muk, struct ptt_muk_lease *lease, int64_t now_ms);
/** Takes the lease from a holder that is silent for too long. @return the next owner, or NULL. */
void *ptt_muk_lease_expire(struct ptt_session_muk *muk, int64_t now_ms);

#endif
