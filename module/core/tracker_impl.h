/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file tracker_impl.h
 * The tracker's inside, shared by tracker.c (table, step), tracker_member.c (one member: containers
 * and verbs), tracker_write.c (the intent), tracker_rekey.c (staging, cut-over), tracker_state.c
 * (what only looks and marks), tracker_query.c (asking), tracker_trace.c and tracker_words.c. No
 * other file includes it.
 */
#ifndef PTT_TRACKER_IMPL_H
#define PTT_TRACKER_IMPL_H

#include "module/core/tracker.h"

#define PTT_NO_SLOT UINT32_MAX

/** States of three machines in one enum, so that one table can hold them all. */
enum ptt_state {
	/* the channel */
	C_NEW,
	C_STABLE,
	C_REKEYING,
	C_SWITCHING,
	/* the intent's writer */
	W_IDLE,
	W_BUSY,
	/* One member. NONE is a free slot; BLOCKED waits for an expulsion's verdict or (on_join =
	 * msk) for the next MSK; UNICAST_ONLY has refused the channel. Each container below belongs
	 * to one state. */
	M_NONE,
	M_IDLE,
	M_NEED,
	M_BLOCKED,
	M_OFFERED,
	M_GLARE,
	M_RETRYING,
	M_UNICAST_ONLY,
	PTT_STATE_COUNT
};

#define PTT_REASON_BIT(reason) (1u << (reason))

static inline bool ptt_tracker_event_in(const struct ptt_tracker_event *ev,
	enum ptt_tracker_event_kind first, enum ptt_tracker_event_kind last)
{
	return ev->kind >= first && ev->kind <= last;
}

static inline uint64_t ptt_min_ms(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/** What the events of tracker_io.h turn into; numbered after them. */
enum ptt_inner_event {
	X_JOIN_WITH_KEY = PTT_EV_COUNT, /**< JOIN whose answer has the key in it */
	X_JOIN_BLOCKED,                 /**< JOIN that must wait for a new MSK */
	X_REKEY,                        /**< another MSK is on offer */
	X_BEHIND,                       /**< the member answered an MSK older than the newest */
	X_OFFER,                        /**< the window has room */
	X_DUE,                          /**< a member's waiting time is over */
	X_GIVE_UP,                      /**< retries used up */
	X_BLOCK,                        /**< the subject's expulsion is being written */
	X_UNBLOCK,                      /**< ... and was refused */
	X_EXPELLED,                     /**< ... and is durable */
	X_START,
	X_RESUME_PENDING,
	X_RESUME_STABLE, /* RESUME, by what it found */
	X_LEFT,          /**< a holder of the newest MSK left, and on_leave = always */
	X_BATCH,         /**< leave_batch_ms is over */
	X_WRITE,         /**< something must be made durable */
	X_STAGED,        /**< a new MSK is durable */
	X_SETTLED,
	X_DEADLINE,    /* all members have answered, or the deadline is near */
	X_SILENCE_DUE, /**< an expulsion's deadline without a cut-over */
	X_RETRY_CUTOVER,
	X_SKIP, /* a failed cut-over: once more, or skip to a newer MSK */
	X_COUNT
};

#define PTT_MEMBER_AWAITED 1 /**< the cut-over waits for the member */
#define PTT_MEMBER_FRESH   2 /**< may get only an MSK made after its join */

struct ptt_tracker_member {
	uint32_t handle, subject; /**< 0 = free; the subject's slot */
	uint32_t sibling;         /**< next member of the subject */
	/** in the worklist (NEED); prev is the index in the heap (GLARE, RETRYING) */
	uint32_t prev, next;
	uint32_t offered, answered;
	uint8_t state, tries, flags;
};

#define PTT_SUBJECT_BANNED    1
#define PTT_SUBJECT_EXPELLING 2 /**< asked, not durable yet */

struct ptt_tracker_subject {
	uint32_t handle;
	uint32_t sent[2]; /**< generations sent to the subject; used while they live, at most two */
	uint32_t first;   /**< member */
	uint8_t flags;
};

struct ptt_tracker_wait {
	uint64_t due_ms;
	uint32_t slot;
};

/** A re-key: the one being written or kept, or the one in flight. */
struct ptt_tracker_rekey {
	uint32_t generation; /**< 0 = none */
	uint32_t reasons;    /**< bits of enum ptt_rekey_reason */
	bool urgent;         /**< an accepted expulsion waits for its cut-over */
	uint64_t started_ms, deadline_ms, accepted_ms;
};

/** The channel, and the MSKs by their generation. */
struct ptt_tracker_channel {
	enum ptt_state state;
	bool silent, draining;
	uint32_t previous, current; /**< previous lives while SWITCHING */
	uint32_t last_generation;   /**< the newest ever made; the next one is above it */
	uint32_t sent_unknown;      /**< every subject counts as sent this one and older ones */
};

/** The writer: the PERSIST under way. */
struct ptt_tracker_write {
	enum ptt_state state;
	bool fresh;          /**< it contains a new MSK */
	uint32_t generation; /**< of PERSIST */
	uint32_t len;        /**< how many of the expulsions asked for are in it */
	uint64_t deadline_ms;
	uint64_t retry_ms; /**< no write for a new MSK before; set by a failed one */
};

struct ptt_tracker_rekeys {
	struct ptt_tracker_rekey staged; /**< being written, or durable and kept */
	struct ptt_tracker_rekey flight; /**< its MSK is `next`, and current while SWITCHING */
	bool staged_durable;             /**< kept until the cut-over under way is done */
	bool restart;                    /**< the MSK in flight must be replaced */
	uint32_t wanted;                 /**< reasons for a re-key not begun yet */
};

/** When what is due; PTT_TRACKER_NEVER: not. */
struct ptt_tracker_clock {
	uint64_t cutover_retry_ms, leave_ms, period_ms, mtk_ms, mtk_join_ms;
	uint64_t mtk_last_ms;      /**< when the newest MTK was asked for */
	uint32_t leave_generation; /**< newest MSK that a leaver of the batch holds */
};

/** A transition in the ring, packed. */
struct ptt_tracker_mark {
	uint64_t at_ms;
	uint32_t member, subject, generation;
	uint8_t state, event, next, reason;
};

struct ptt_tracker {
	struct ptt_policy policy;
	ptt_tracker_fault_fn *fault;
	void *fault_ctx;
	uint64_t now_ms;
	struct ptt_tracker_channel channel;
	struct ptt_tracker_write write;
	struct ptt_tracker_rekeys rekey;
	struct ptt_tracker_clock clock;

	struct {
		uint64_t count; /**< since the tracker was made */
		struct ptt_tracker_mark ring[PTT_TRACKER_TRACE_LEN];
	} trace;

	/* Containers. The slots of members and subjects are those of their handles. */
	struct ptt_tracker_member *members;
	struct ptt_tracker_subject *subjects;
	uint32_t members_size, subjects_size;
	uint32_t top, members_len; /**< slots ever used; members present */
	struct {
		uint32_t first, last;
	} need; /**< the worklist of members in NEED */
	struct {
		struct ptt_tracker_wait *heap; /**< earliest first */
		uint32_t size, len;
	} wait;
	struct {
		uint32_t *list; /**< subject slots, EXPELLING, oldest first */
		uint32_t size, len;
	} expel;
	struct {
		uint32_t window, in_flight;
		uint32_t unsettled; /**< members that the cut-over waits for */
	} offers;
};

/** One step under way. */
struct ptt_step {
	struct ptt_tracker *t;
	const struct ptt_tracker_event *ev;
	struct ptt_tracker_actions *out;
	uint32_t slot;                /**< the member concerned */
	enum ptt_rekey_reason reason; /**< of the rule being run */
	uint64_t due_ms;              /**< when a member in GLARE or RETRYING is due */
};

typedef void ptt_tracker_verb(struct ptt_step *step);

/* tracker.c */
/*
 * Each runs the table's rule for this event in the state of its machine. A pair that no rule
 * mentions is a fault: it goes to the hook of ptt_tracker_set_fault() and changes nothing.
 */
void ptt_tracker_fire_member(struct ptt_step *step, uint32_t slot, unsigned int event);
void ptt_tracker_fire_channel(struct ptt_step *step, unsigned int event);
void ptt_tracker_fire_writer(struct ptt_step *step, unsigned int event);
/** A new action, zeroed; room has been reserved before the step. */
struct ptt_tracker_action *ptt_tracker_emit(
	struct ptt_step *step, enum ptt_tracker_action_kind kind);

/* tracker_words.c */
const char *ptt_tracker_machine_str(enum ptt_state state);
const char *ptt_tracker_state_str(enum ptt_state state);
/** @p event  of tracker_io.h, or one of enum ptt_inner_event */
const char *ptt_tracker_word_of(unsigned int event);

/* tracker_trace.c */
/** Keeps a copy, with the time of the step. */
void ptt_tracker_mark(struct ptt_tracker *t, const struct ptt_tracker_mark *mark);
/** What the newest mark, of a write that has just been planned, is about. */
void ptt_tracker_mark_write(
	struct ptt_tracker *t, uint32_t generation, enum ptt_rekey_reason reason);

/* tracker_state.c */
void ptt_tracker_make_urgent(
	struct ptt_tracker *t, struct ptt_tracker_rekey *rekey, uint64_t deadline_ms);
enum ptt_rekey_reason ptt_tracker_reason_top(uint32_t reasons);
struct ptt_tracker_subject *ptt_tracker_subject_find(const struct ptt_tracker *t, uint32_t handle);
/** The subject was sent it, or may have been. */
bool ptt_tracker_subject_holds(
	const struct ptt_tracker *t, const struct ptt_tracker_subject *sub, uint32_t generation);
bool ptt_tracker_subject_holds_live(
	const struct ptt_tracker *t, const struct ptt_tracker_subject *sub);
void ptt_tracker_subject_mark_sent(
	const struct ptt_tracker *t, struct ptt_tracker_subject *sub, uint32_t generation);

/* tracker_member.c */
enum ptt_err ptt_tracker_member_reserve(struct ptt_tracker *t, uint32_t handle) PTT_MUST_CHECK;
/** Makes room for one more member that waits. */
enum ptt_err ptt_tracker_wait_reserve(struct ptt_tracker *t) PTT_MUST_CHECK;
enum ptt_err ptt_tracker_subject_reserve(struct ptt_tracker *t, uint32_t handle) PTT_MUST_CHECK;
void ptt_tracker_member_set_state(struct ptt_step *step, enum ptt_state next);
void ptt_tracker_subject_fire(struct ptt_step *step, uint32_t subject_slot, unsigned int event);
void ptt_tracker_members_due(struct ptt_step *step);
void ptt_tracker_members_offer(struct ptt_step *step);
ptt_tracker_verb ptt_tracker_member_admit, ptt_tracker_member_admit_with_key,
	ptt_tracker_member_restore, ptt_tracker_member_await, ptt_tracker_member_answer;
ptt_tracker_verb ptt_tracker_member_offer, ptt_tracker_member_try, ptt_tracker_member_forget,
	ptt_tracker_member_bye, ptt_tracker_member_bye_failed;
ptt_tracker_verb ptt_tracker_member_settle, ptt_tracker_member_pulled, ptt_tracker_member_catch_up;

/* tracker_write.c */
bool ptt_tracker_wants_key(const struct ptt_tracker *t);
bool ptt_tracker_wants_fresh(const struct ptt_tracker *t);

/* tracker_rekey.c */
void ptt_tracker_poll(struct ptt_step *step); /**< what is due or can go on, after each event */
void ptt_tracker_departed(struct ptt_step *step, const struct ptt_tracker_subject *sub);
void ptt_tracker_new_mtk(struct ptt_step *step);
ptt_tracker_verb ptt_tracker_want, ptt_tracker_restart, ptt_tracker_write, ptt_tracker_accept,
	ptt_tracker_refuse;
ptt_tracker_verb ptt_tracker_stage, ptt_tracker_keep, ptt_tracker_promote, ptt_tracker_silence_due,
	ptt_tracker_done;
ptt_tracker_verb ptt_tracker_cut_failed, ptt_tracker_cut_again, ptt_tracker_resume;
ptt_tracker_verb ptt_tracker_joined, ptt_tracker_skip;
ptt_tracker_verb ptt_tracker_drain, ptt_tracker_batch, ptt_tracker_ask_expel,
	ptt_tracker_admit_subject;

#endif
