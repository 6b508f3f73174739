/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file muk.h
 * The MUKs of the members in session, by B-TID, and the lease to use each.
 *
 * One MSK message is outstanding per MUK: if the first were lost and the second came early, the UE
 * would take the repeated first one for a replay. A holder that does not respond within
 * PTT_MUK_LEASE_MS loses the lease; the UE then refuses the older message with 488, and the server
 * seals it again. T never repeats under a MUK, because the number of a message never repeats
 * (msk_numbers.h). Thread: SIP.
 * Spec: docs/wire.md section 3.3; TS 33.246 6.4.
 */
#ifndef PTT_MUK_H
#define PTT_MUK_H

#include "crypto/secret.h"
#include "module/gba/naf_source.h"
#include "module/base/table.h"

#define PTT_MUK_LEASE_MS 4000

#define PTT_MUK_WARN_S  30   /**< log an expiry so long before */
#define PTT_MUK_GRACE_S 5    /**< time after the expiry for a renewal that is on its way */
#define PTT_MUK_SLOTS   4096 /**< one slot a second; a later expiry is skipped once a lap */

/** A member's place among those that share a MUK. One in every member. */
struct ptt_muk_lease {
	struct ptt_muk_lease *next;                    /**< in the line for the lease */
	struct ptt_muk_lease *sibling, **sibling_link; /**< others with the same MUK */
	void *owner;                                   /**< struct ptt_member */
};

struct ptt_session_muk {
	struct ptt_table_node node; /**< first member; by B-TID */
	char *btid;
	struct ptt_muk muk;
	int64_t expires_utc_s;
	uint64_t counter_base; /**< ptt_counter_t() */
	uint32_t refs;
	struct ptt_muk_lease *owners;

	/* the lease */
	void *holder;    /**< the owner whose message is outstanding; NULL: free */
	int64_t held_ms; /**< when the holder got the lease */
	struct ptt_muk_lease *first, **last; /**< the line */

	/* the expiry */
	struct ptt_session_muk *due_next, **due_link; /**< due_link NULL: in no slot */
	int64_t due_utc_s;
	bool warned; /**< the coming expiry is logged */
	bool wanted; /**< an MSK was due after the expiry: no grace */
};

/** Zeroed: empty. */
struct ptt_muk_table {
	struct ptt_table table;
	struct ptt_session_muk *due[PTT_MUK_SLOTS]; /**< by the second of the next look */
	int64_t visited_utc_s;
};

/** Finds or adds the MUK behind @p btid, and takes a reference. @p from: its lookup. Errors: SYSTEM. */
enum ptt_err ptt_muk_ref(struct ptt_session_muk **out, struct ptt_muk_table *muks, const char *btid,
	const struct ptt_naf_keys *from) PTT_MUST_CHECK;
/** Gives a reference back; the last one wipes the MUK. @p muk may be NULL. */
void ptt_muk_unref(struct ptt_muk_table *muks, struct ptt_session_muk *muk);

/** Adds the owner of @p lease to the owners of @p muk. */
void ptt_muk_add_owner(struct ptt_session_muk *muk, struct ptt_muk_lease *lease);
void ptt_muk_remove_owner(struct ptt_muk_lease *lease);
/** Puts the next look at @p muk at @p utc_s, or at the next second if that is past. */
void ptt_muk_due_at(struct ptt_muk_table *muks, struct ptt_session_muk *muk, int64_t utc_s);
/** Takes the next MUK to look at out of its slot. NULL: none is left. Does not scan all MUKs. */
struct ptt_session_muk *ptt_muk_table_due(struct ptt_muk_table *muks, int64_t utc_s);

/**
 * Takes the lease, or joins the line. True: the owner holds the lease now, or did already. False:
 * a caller of ptt_muk_release() or ptt_muk_lease_expire() gets the owner when its turn has come.
 */
bool ptt_muk_acquire(struct ptt_session_muk *muk, struct ptt_muk_lease *lease, int64_t now_ms);
/** Gives the lease back, or leaves the line. @return the owner that holds the lease now, or NULL */
void *ptt_muk_release(struct ptt_session_muk *muk, struct ptt_muk_lease *lease, int64_t now_ms);
/** Takes the lease from a holder that has not responded in time. @return the next owner, or NULL */
void *ptt_muk_lease_expire(struct ptt_session_muk *muk, int64_t now_ms);

#endif
