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

/** Why there is a new MSK; logged and counted. Of several the last in this order is named. */
enum ptt_rekey_reason {
	PTT_REASON_NONE,
	PTT_REASON_START, /**< the group's first MSK */
	PTT_REASON_JOIN,
	PTT_REASON_PERIOD,
	PTT_REASON_LEAVE,
	PTT_REASON_MTK_EXHAUSTED,
	PTT_REASON_OPERATOR,
	PTT_REASON_RESUME, /**< taken up after a restart */
	PTT_REASON_EXPELLED,
};

#define PTT_REASON_LAST PTT_REASON_EXPELLED

/** BYE cause: `Reason: SIP;cause=403;text="expelled"`, or retries used up. */
enum ptt_bye_cause { PTT_BYE_NONE, PTT_BYE_EXPELLED, PTT_BYE_FAILED };

enum ptt_tracker_event_kind {
	/* After a restart, in this order, before anything else; a new group starts with RESUME
	   alone. */
	PTT_EV_RESTORE_BAN,    /**< s: is banned */
	PTT_EV_RESTORE_SENT,   /**< s, g: was sent g (g current or next of RESUME) */
	PTT_EV_RESTORE_MEMBER, /**< m, s, g: dialog that answered g (0 = not known: offered again);
				* follow with CHANNEL_REFUSED if he had refused the channel */
	PTT_EV_RESUME, /**< g current, next, newest, doubted, reason, at_ms deadline; all 0 = new group */
	/* Members. A member unknown to the tracker gives NO_KEY and changes nothing. */
	PTT_EV_JOIN, /**< m, s, g: g travels in our own 200/INVITE (from carry()), 0 = please OFFER
		      */
	PTT_EV_SENT, /**< m, g: a key went out in a 200 OK to the UE's own offer */
	PTT_EV_PULL, /**< m, g: re-INVITE without usable key; g = carry() goes in the 200, 0 = OFFER
		      */
	PTT_EV_ANSWERED,     /**< m, g: 200 to our offer, or the ACK that answers it */
	PTT_EV_STALE_ANSWER, /**< m: 200 of the former process; does not settle */
	PTT_EV_GLARE,        /**< m, at_ms: 491; try again then (RFC 3261 14.1, caller's random) */
	PTT_EV_UNSENT,      /**< m, at_ms: the OFFER could not leave (its MSK was replaced); then */
	PTT_EV_REFUSED_KEY, /**< m: 488 */
	PTT_EV_SERVER_ERROR,    /**< m: 500 */
	PTT_EV_UNAVAILABLE,     /**< m, at_ms: 503; try again then (kept within 30 s) */
	PTT_EV_OTHER_FAIL,      /**< m: any other final answer that leaves the dialog alive */
	PTT_EV_CHANNEL_REFUSED, /**< m: port 0; stays by unicast, gets no MSK until SENT or PULL */
	PTT_EV_GONE,            /**< m: 408, 481, Timer B, connection refused */
	PTT_EV_LEAVE,           /**< m: BYE from the UE */
	/* The group. */
	PTT_EV_EXPEL,    /**< s: ban and end all his dialogs; EXPEL_ACCEPTED or _REFUSED answers */
	PTT_EV_ADMIT,    /**< s: ban lifted (already durable). Errors: BUSY expulsion undecided */
	PTT_EV_PERIOD,   /**< re-key now, reason period (the tracker keeps period_s itself) */
	PTT_EV_OPERATOR, /**< re-key now, by command */
	PTT_EV_MTK_EXHAUSTED, /**< MTK ids under the MSK are used up */
	PTT_EV_MTK_DUE,       /**< mtk_packets reached: NEW_MTK, if one is allowed */
	PTT_EV_TIMER,         /**< ptt_tracker_next_ms() has come (early or late is fine) */
	PTT_EV_DRAIN,         /**< no re-key is begun any more, but by an expulsion */
	/* The conference's reports. */
	PTT_EV_PERSISTED,      /**< g as in PERSIST: durable */
	PTT_EV_PERSIST_FAILED, /**< g as in PERSIST, err: it, or its NEW_MSK, failed */
	PTT_EV_CUT_OVER,       /**< g as in PROMOTE (or NEW_MTK after a failure): MKI is switched */
	PTT_EV_CUTOVER_FAILED, /**< g as in PROMOTE, err: no MTK could be made (store, RAND, memory)
				*/
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
	uint32_t
		sent_unknown; /**< of these and older ones RESTORE_SENT may be incomplete: everybody counts as
			   * sent them, and if it is the newest a fresh one follows at once */
	enum ptt_rekey_reason
		reason; /**< of the intent; EXPELLED: its deadline is a security bound */
};

enum ptt_tracker_action_kind {
	PTT_ACT_NEW_MSK, /**< g: make the MSK, its RAND; keep it aside as `staged` (tracker.h) */
	PTT_ACT_BAN,     /**< s: belongs into the transaction of the PERSIST that follows */
	PTT_ACT_PERSIST, /**< g, reason, at_ms deadline replace the intent (g 0: bans only, it
			    stays) */
	PTT_ACT_DROP,    /**< g: wipe the staged MSK, it will not be used; alarm */
	PTT_ACT_EXPEL_ACCEPTED, /**< s: durable; answer the command, ban him in the roster */
	PTT_ACT_EXPEL_REFUSED,  /**< s, err: answer the command */
	PTT_ACT_BYE,            /**< m, cause: send BYE; the tracker has forgotten m already */
	PTT_ACT_STAGE,     /**< g, reason: staged becomes `next`; a `next` there was is wiped, and a
			* cut-over that still fails is given up */
	PTT_ACT_OFFER,     /**< m, g: seal with a fresh counter and send; his row is in the store */
	PTT_ACT_PROMOTE,   /**< g, reason, at_ms (first acceptance, 0 = none): MTK 1 under g, switch
			      MKI */
	PTT_ACT_SILENCE,   /**< err: nothing goes to the channel from now on; alarm */
	PTT_ACT_UNSILENCE, /**< the channel may speak again */
	PTT_ACT_RETIRE,    /**< g: wipe this MSK, with all its MTKs */
	PTT_ACT_DONE, /**< g, reason: re-key over; record g as current, delete the intent if it is
			 g's */
	PTT_ACT_NEW_MTK, /**< g: next MTK under the current MSK g */
	PTT_ACT_ALARM,   /**< err, reason: a re-key could not begin; tried again in a second */
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

/** Owned by the caller, who zeroes it first and wipes it last; a step clears it and fills it anew.
 */
struct ptt_tracker_actions {
	struct ptt_tracker_action *list;
	size_t len, size;
};

void ptt_tracker_actions_wipe(struct ptt_tracker_actions *actions);
/** Words for logs and metrics ("expel", "exhausted"): the same in both; "?" for an unknown value. */
const char *ptt_rekey_reason_str(enum ptt_rekey_reason reason);
const char *ptt_tracker_event_str(enum ptt_tracker_event_kind kind);
const char *ptt_tracker_action_str(enum ptt_tracker_action_kind kind);

#endif
