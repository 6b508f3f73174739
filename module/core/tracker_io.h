/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file tracker_io.h
 * What goes into the tracker (events) and what comes out (actions). The loop is in tracker.h.
 * Fields an event or action does not name are 0. "m" member, "s" subject, "g" generation.
 */
#ifndef PTT_TRACKER_IO_H
#define PTT_TRACKER_IO_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/err.h"

/**
 * Why there is a new MSK; logged and counted. If several apply, the last one in this enum is
 * reported.
 */
enum ptt_rekey_reason {
	PTT_REASON_NONE,
	PTT_REASON_START, /**< the group's first MSK */
	PTT_REASON_JOIN,
	PTT_REASON_PERIOD,
	PTT_REASON_LEAVE,
	PTT_REASON_MTK_EXHAUSTED,
	PTT_REASON_OPERATOR,
	PTT_REASON_RESUME, /**< continued after a restart */
	PTT_REASON_EXPELLED,
};

#define PTT_REASON_LAST PTT_REASON_EXPELLED

/** BYE cause: `Reason: SIP;cause=403;text="expelled"`, or retries used up. */
enum ptt_bye_cause { PTT_BYE_NONE, PTT_BYE_EXPELLED, PTT_BYE_FAILED };

enum ptt_tracker_event_kind {
	/* After a restart, in this order, before anything else; a new group starts with RESUME
	   alone. */
	PTT_EV_RESTORE_BAN,  /**< s: is banned */
	PTT_EV_RESTORE_SENT, /**< s, g: was sent g (g current or next of RESUME) */
	/** m, s, g: dialog that answered g (0 = not known: offered again); feed CHANNEL_REFUSED
	 * next if the member had refused the channel */
	PTT_EV_RESTORE_MEMBER,
	/** g current, next, newest, sent_unknown, reason, at_ms deadline; all 0 = new group */
	PTT_EV_RESUME,
	/* Members. A member unknown to the tracker gives NO_KEY and changes nothing. */
	/** m, s, g: g travels in our 200 to the INVITE (ptt_tracker_msk_for_answer()); 0 = OFFER
	 * follows */
	PTT_EV_JOIN,
	PTT_EV_SENT, /**< m, g: a key went out in a 200 OK to the UE's own offer */
	/** m, g: re-INVITE without usable key; g as in JOIN goes in the 200, 0 = OFFER follows */
	PTT_EV_PULL,
	PTT_EV_ANSWERED,     /**< m, g: 200 to our offer, or the ACK that answers it */
	PTT_EV_STALE_ANSWER, /**< m: 200 of the former process; does not settle */
	/** m, at_ms: 491; offer again then (RFC 3261 14.1; the caller draws the time) */
	PTT_EV_GLARE,
	/** m, at_ms: the OFFER could not be sent (its MSK was replaced); offer again then */
	PTT_EV_UNSENT,
	PTT_EV_REFUSED_KEY,     /**< m: 488 */
	PTT_EV_SERVER_ERROR,    /**< m: 500 */
	PTT_EV_UNAVAILABLE,     /**< m, at_ms: 503; offer again then, within 30 s */
	PTT_EV_OTHER_FAIL,      /**< m: any other final answer that leaves the dialog alive */
	PTT_EV_CHANNEL_REFUSED, /**< m: port 0; stays by unicast, gets no MSK until SENT or PULL */
	PTT_EV_GONE,            /**< m: 408, 481, Timer B, connection refused */
	PTT_EV_LEAVE,           /**< m: BYE from the UE */
	/* The group. */
	/** s: ban the subject, end its dialogs; EXPEL_ACCEPTED or _REFUSED reports */
	PTT_EV_EXPEL,
	/** s: its ban is lifted (already durable). Errors: BUSY its expulsion is undecided */
	PTT_EV_ADMIT,
	PTT_EV_PERIOD,        /**< re-key now, reason period (the tracker keeps period_s itself) */
	PTT_EV_OPERATOR,      /**< re-key now, by command */
	PTT_EV_MTK_EXHAUSTED, /**< MTK ids under the MSK are used up */
	PTT_EV_MTK_DUE,       /**< mtk_packets reached: NEW_MTK, if one is allowed */
	PTT_EV_TIMER,         /**< ptt_tracker_next_ms() has come (early or late is fine) */
	PTT_EV_DRAIN,         /**< from now on only an expulsion begins a re-key */
	/* The group's reports. */
	PTT_EV_PERSISTED,      /**< g as in PERSIST: durable */
	PTT_EV_PERSIST_FAILED, /**< g as in PERSIST, err: PERSIST, or its NEW_MSK, failed */
	PTT_EV_CUT_OVER,       /**< g as in PROMOTE (or NEW_MTK after a failure): MKI is switched */
	PTT_EV_CUTOVER_FAILED, /**< g as in PROMOTE, err: no MTK (store, RAND, memory) */
	PTT_EV_COUNT,
	/* The classes above, as ranges; JOIN is in none of them. */
	PTT_EV_RESTORE_FIRST = PTT_EV_RESTORE_BAN,
	PTT_EV_RESTORE_LAST = PTT_EV_RESUME,
	PTT_EV_MEMBER_FIRST = PTT_EV_SENT,
	PTT_EV_MEMBER_LAST = PTT_EV_LEAVE,
	PTT_EV_GROUP_FIRST = PTT_EV_EXPEL,
	PTT_EV_GROUP_LAST = PTT_EV_DRAIN,
	PTT_EV_WRITE_FIRST = PTT_EV_PERSISTED,
	PTT_EV_WRITE_LAST = PTT_EV_PERSIST_FAILED,
	PTT_EV_SWITCH_FIRST = PTT_EV_CUT_OVER,
	PTT_EV_SWITCH_LAST = PTT_EV_CUTOVER_FAILED
};

struct ptt_tracker_event {
	enum ptt_tracker_event_kind kind;
	uint32_t member, subject;
	uint32_t generation;
	uint64_t at_ms;
	enum ptt_err err;
	/* RESUME only */
	uint32_t next;   /**< generation of a pending intent's MSK, 0 = none */
	uint32_t newest; /**< highest generation ever used; the next one is above it */
	/** RESTORE_SENT may be incomplete for this generation and older ones: every subject counts
	 * as sent them. If it is the newest, a new MSK follows at once */
	uint32_t sent_unknown;
	enum ptt_rekey_reason reason; /**< of the intent; EXPELLED: a security bound */
};

enum ptt_tracker_action_kind {
	PTT_ACT_NEW_MSK, /**< g: make the MSK, its RAND; keep it aside as `staged` (tracker.h) */
	PTT_ACT_BAN,     /**< s: part of the transaction of the PERSIST that follows */
	/** g, reason, at_ms deadline replace the intent (g 0: bans only, the intent stays) */
	PTT_ACT_PERSIST,
	PTT_ACT_DROP, /**< g: wipe the staged MSK, it is never used; alarm */
	/** s: durable; answer the command, ban the subject in the roster */
	PTT_ACT_EXPEL_ACCEPTED,
	PTT_ACT_EXPEL_REFUSED, /**< s, err: answer the command */
	PTT_ACT_BYE,           /**< m, cause: send BYE; the tracker has forgotten m already */
	/** g, reason: staged becomes `next`; a `next` there was is wiped, and a cut-over that
	 * still fails is abandoned */
	PTT_ACT_STAGE,
	/** m, g: seal with a new counter and send; the member's row is in the store */
	PTT_ACT_OFFER,
	PTT_ACT_PROMOTE,   /**< g, reason, at_ms (first acceptance, 0 = none): MTK 1 under g, switch
			      MKI */
	PTT_ACT_SILENCE,   /**< err: nothing goes to the channel from now on; alarm */
	PTT_ACT_UNSILENCE, /**< the channel may speak again */
	PTT_ACT_RETIRE,    /**< g: wipe this MSK, with all its MTKs */
	PTT_ACT_DONE, /**< g, reason: re-key over; record g as current, delete the intent if it is
			 g's */
	PTT_ACT_NEW_MTK, /**< g: next MTK under the current MSK g */
	/** err, reason: a re-key could not begin; the tracker tries again in a second */
	PTT_ACT_ALARM,
};

#define PTT_ACT_LAST PTT_ACT_ALARM

struct ptt_tracker_action {
	enum ptt_tracker_action_kind kind;
	enum ptt_rekey_reason reason;
	enum ptt_bye_cause cause;
	enum ptt_err err;
	uint32_t member, subject;
	uint32_t generation;
	uint64_t at_ms;
};

/** The caller owns it, zeroes it first and wipes it last; a step clears and refills it.
 */
struct ptt_tracker_actions {
	struct ptt_tracker_action *list;
	size_t len, size;
};

void ptt_tracker_actions_wipe(struct ptt_tracker_actions *actions);
/**
 * Words for logs and metrics ("expel", "exhausted"): the same in both; "?" for an unknown value.
 */
const char *ptt_rekey_reason_str(enum ptt_rekey_reason reason);
const char *ptt_tracker_event_str(enum ptt_tracker_event_kind kind);
const char *ptt_tracker_action_str(enum ptt_tracker_action_kind kind);

#endif
