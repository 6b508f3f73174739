/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file tracker.h
 * Decides when a group gets a new MSK, who is offered which one, and when the channel cuts over.
 *
 * Pure: state + event + now -> state + actions. It knows no key, no SIP, no clock. Members are
 * dialogs, subjects are subscribers (roster.h). MSK generations count 1, 2, 3 ... for ever; the
 * group maps them to Key Numbers. The group's loop:
 *
 *     ptt_tracker_step(t, &event, now_ms, &actions);   // clears and fills actions
 *     for each action in order: execute it             // never step inside: queue what it causes
 *     arm one timer for ptt_tracker_next_ms(t); when it fires feed PTT_EV_TIMER
 *
 * A re-key, as actions -> and reports <- :
 *   -> NEW_MSK g, BAN s ..., PERSIST g   one transaction with bans, key, reason, deadline
 *   <- PERSISTED g                       or PERSIST_FAILED g (if NEW_MSK failed: skip PERSIST)
 *   -> EXPEL_ACCEPTED s, BYE m ..., STAGE g, OFFER m g ...   OFFERs in a window, refilled by
 *   <- ANSWERED m g, GLARE m, ...        answers; each offer ends in one of the member events
 *                                        ANSWERED ... LEAVE (Timer B at the latest: GONE)
 *   -> PROMOTE g                         all answered, or the deadline less mtk_lead_ms: MTK 1
 *   <- CUT_OVER g                        under g sent, MKI switched; or CUTOVER_FAILED g (then
 *                                        NEW_MTK g comes each second until CUT_OVER g, and
 *                                        SILENCE at the deadline if an expulsion waits)
 *   -> UNSILENCE?, RETIRE old, DONE g
 * Three MSK slots: `staged` (never sent), `next` (offered), `current` (MTKs go under it); at most
 * current and next live. Between STAGE and PROMOTE a joiner gets `next` only and hears nothing
 * until the cut-over. The joiner needs that MSK's MTK message, so send the message again when the
 * joiner settles.
 *
 * Joining: ask ptt_tracker_msk_for_answer(t, s, true), put that generation into the 200 (0: unicast
 * only, an OFFER follows), then feed JOIN with that very value. For a pull or the UE's own offer ask
 * with false, then feed PULL or SENT. PTT_ERR_BUSY: an offer of ours is outstanding, respond 491.
 * Ask and feed in one turn. The tracker forgets a member at once when it leaves (LEAVE, GONE, BYE
 * action): later events give NO_KEY.
 * Not thread-safe. O(members) work only when a re-key starts. About 52 bytes a member.
 */
#ifndef PTT_TRACKER_H
#define PTT_TRACKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/err.h"
#include "module/core/handle.h"
#include "module/core/policy.h"
#include "module/core/tracker_io.h"

#define PTT_TRACKER_WINDOW         200   /**< offers in flight, unless set otherwise */
#define PTT_TRACKER_RETRY_MS       1000  /**< after a failed PERSIST or cut-over */
#define PTT_TRACKER_BACKOFF_MS     500   /**< after a 500 or another refusal */
#define PTT_TRACKER_RETRY_AFTER_MS 30000 /**< a longer Retry-After counts as this */
#define PTT_TRACKER_MTK_GAP_MS     100   /**< between two NEW_MTK for joiners (on_join = mtk) */
#define PTT_TRACKER_NEVER          UINT64_MAX

struct ptt_tracker;

/** Keeps: a copy of the policy. Feed the RESTOREs and RESUME first. Errors: SYSTEM. */
enum ptt_err ptt_tracker_new(
	struct ptt_tracker **out, const struct ptt_policy *policy) PTT_MUST_CHECK;
void ptt_tracker_free(struct ptt_tracker *t);
/** After a reload. Running deadlines stay. */
void ptt_tracker_set_policy(
	struct ptt_tracker *t, const struct ptt_policy *policy, uint64_t now_ms);
void ptt_tracker_set_window(struct ptt_tracker *t, uint32_t window);

/**
 * A state and an event that no rule of the table mentions: an error in the tracker or in its
 * caller. The event changed nothing. Words as in the logs; @ref member is 0 for the channel and the
 * writer.
 */
struct ptt_tracker_fault {
	const char *machine, *state, *event;
	uint32_t member;
};

typedef void ptt_tracker_fault_fn(void *ctx, const struct ptt_tracker_fault *fault);
/** Who hears of faults, from within a step. Keeps: @p ctx. Without a hook nobody does. */
void ptt_tracker_set_fault(struct ptt_tracker *t, ptt_tracker_fault_fn *fn, void *ctx);

/**
 * One event. On an error nothing has changed and @p out is empty.
 * @param now_ms  monotonic; a value below an earlier one counts as that one
 * Errors: NO_KEY no such member or subject, or a report on what is not under way; BUSY an offer to
 * the member is outstanding; AUTH banned or being expelled; MISMATCH not possible now; SYSTEM no
 * memory.
 */
enum ptt_err ptt_tracker_step(struct ptt_tracker *t, const struct ptt_tracker_event *ev,
	uint64_t now_ms, struct ptt_tracker_actions *out) PTT_MUST_CHECK;
/** When to feed PTT_EV_TIMER; PTT_TRACKER_NEVER: nothing is due. */
uint64_t ptt_tracker_next_ms(const struct ptt_tracker *t);

/**
 * The generation a 200 OK of ours may carry to this subject now, 0 = none: no MSK yet, banned or
 * being expelled, or (@p joining with on_join = msk) the re-key that the join starts comes first.
 */
uint32_t ptt_tracker_msk_for_answer(const struct ptt_tracker *t, uint32_t subject, bool joining);
/** The MSK that protects MTK messages; 0 before the first PROMOTE. */
uint32_t ptt_tracker_current(const struct ptt_tracker *t);
/** The MSK on offer: the staged one until its cut-over begins, else the current one. */
uint32_t ptt_tracker_newest(const struct ptt_tracker *t);
/**
 * Whether an MTK with a new id may be sent under the current MSK: not between the acceptance of an
 * expulsion and its cut-over, nor while a cut-over is under way. The present MTK may be repeated at
 * any time.
 */
bool ptt_tracker_may_rotate_mtk(const struct ptt_tracker *t);
/** The subject was sent an MSK that lives: keep it in the roster; its expulsion re-keys. */
bool ptt_tracker_holds_key(const struct ptt_tracker *t, uint32_t subject);

/** Those MSKs, for the store when the subject's dialog ends. @return how many */
size_t ptt_tracker_sent(const struct ptt_tracker *t, uint32_t subject, uint32_t generation[2]);

/** One rule that ran: what `pttkey trace` shows. The words are static. */
struct ptt_tracker_transition {
	uint64_t at_ms;      /**< the step's now_ms */
	const char *machine; /**< "channel", "writer" or "member" */
	const char *state, *event, *next;
	enum ptt_rekey_reason reason; /**< of the re-key concerned; NONE outside of one */
	uint32_t member, subject;     /**< handles; 0 for the channel and the writer */
	uint32_t generation;          /**< of the MSK concerned; 0 = none */
};

#define PTT_TRACKER_TRACE_LEN 64

/**
 * How many transitions there were so far. They are numbered from 0; the tracker keeps the last
 * PTT_TRACKER_TRACE_LEN. Of members it counts changes of state only.
 */
uint64_t ptt_tracker_trace_count(const struct ptt_tracker *t);
/** @return false: @p number is no longer kept, or was not reached yet; @p out is as it was. */
bool ptt_tracker_trace_get(
	const struct ptt_tracker *t, uint64_t number, struct ptt_tracker_transition *out);

struct ptt_tracker_status {
	const char *state; /**< "stable", "rekeying" or "switching" */
	enum ptt_rekey_reason reason;
	uint64_t deadline_ms; /**< 0 if no re-key is under way */
	uint32_t members, unsettled, in_flight;
	bool silent, draining, writing;
};

struct ptt_tracker_status ptt_tracker_status(const struct ptt_tracker *t);
/** The generation this member has answered last (0 none or unknown), for `pttkey members`. */
uint32_t ptt_tracker_member_generation(const struct ptt_tracker *t, uint32_t member);
/** No re-key, no write and no offer in flight. For draining. */
bool ptt_tracker_is_idle(const struct ptt_tracker *t);

#endif
