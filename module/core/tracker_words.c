/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words for the tracker's enums, in logs, metrics and traces. */
#include "module/core/tracker_impl.h"

#define LEN_OF(words) (sizeof(words) / sizeof((words)[0]))

static const char *const reasons[] = {
	[PTT_REASON_NONE] = "none",
	[PTT_REASON_START] = "start",
	[PTT_REASON_JOIN] = "join",
	[PTT_REASON_PERIOD] = "period",
	[PTT_REASON_LEAVE] = "leave",
	[PTT_REASON_MTK_EXHAUSTED] = "exhausted",
	[PTT_REASON_OPERATOR] = "operator",
	[PTT_REASON_RESUME] = "resume",
	[PTT_REASON_EXPELLED] = "expel",
};
_Static_assert(LEN_OF(reasons) == PTT_REASON_LAST + 1, "each reason has its word");

static const char *const events[] = {
	[PTT_EV_RESTORE_BAN] = "restore-ban",
	[PTT_EV_RESTORE_SENT] = "restore-sent",
	[PTT_EV_RESTORE_MEMBER] = "restore-member",
	[PTT_EV_RESUME] = "resume",
	[PTT_EV_JOIN] = "join",
	[PTT_EV_SENT] = "sent",
	[PTT_EV_PULL] = "pull",
	[PTT_EV_ANSWERED] = "answered",
	[PTT_EV_STALE_ANSWER] = "stale-answer",
	[PTT_EV_GLARE] = "glare",
	[PTT_EV_UNSENT] = "unsent",
	[PTT_EV_REFUSED_KEY] = "refused-key",
	[PTT_EV_SERVER_ERROR] = "server-error",
	[PTT_EV_UNAVAILABLE] = "unavailable",
	[PTT_EV_OTHER_FAIL] = "other-fail",
	[PTT_EV_CHANNEL_REFUSED] = "channel-refused",
	[PTT_EV_GONE] = "gone",
	[PTT_EV_LEAVE] = "leave",
	[PTT_EV_EXPEL] = "expel",
	[PTT_EV_ADMIT] = "admit",
	[PTT_EV_PERIOD] = "period",
	[PTT_EV_OPERATOR] = "operator",
	[PTT_EV_MTK_EXHAUSTED] = "mtk-exhausted",
	[PTT_EV_MTK_DUE] = "mtk-due",
	[PTT_EV_TIMER] = "timer",
	[PTT_EV_DRAIN] = "drain",
	[PTT_EV_PERSISTED] = "persisted",
	[PTT_EV_PERSIST_FAILED] = "persist-failed",
	[PTT_EV_CUT_OVER] = "cut-over",
	[PTT_EV_CUTOVER_FAILED] = "cutover-failed",
	/* inside */
	[X_JOIN_WITH_KEY] = "join-with-key",
	[X_JOIN_BLOCKED] = "join-blocked",
	[X_REKEY] = "rekey",
	[X_BEHIND] = "behind",
	[X_OFFER] = "offer",
	[X_DUE] = "due",
	[X_GIVE_UP] = "give-up",
	[X_BLOCK] = "block",
	[X_UNBLOCK] = "unblock",
	[X_EXPELLED] = "expelled",
	[X_START] = "start",
	[X_RESUME_PENDING] = "resume-pending",
	[X_RESUME_STABLE] = "resume-stable",
	[X_LEFT] = "left",
	[X_BATCH] = "batch",
	[X_WRITE] = "write",
	[X_STAGED] = "staged",
	[X_SETTLED] = "settled",
	[X_DEADLINE] = "deadline",
	[X_SILENCE_DUE] = "silence-due",
	[X_RETRY_CUTOVER] = "retry-cutover",
	[X_SKIP] = "skip",
};
_Static_assert(LEN_OF(events) == X_COUNT, "each event has its word");

static const char *const actions[] = {
	[PTT_ACT_NEW_MSK] = "new-msk",
	[PTT_ACT_BAN] = "ban",
	[PTT_ACT_PERSIST] = "persist",
	[PTT_ACT_DROP] = "drop",
	[PTT_ACT_EXPEL_ACCEPTED] = "expel-accepted",
	[PTT_ACT_EXPEL_REFUSED] = "expel-refused",
	[PTT_ACT_BYE] = "bye",
	[PTT_ACT_STAGE] = "stage",
	[PTT_ACT_OFFER] = "offer",
	[PTT_ACT_PROMOTE] = "promote",
	[PTT_ACT_SILENCE] = "silence",
	[PTT_ACT_UNSILENCE] = "unsilence",
	[PTT_ACT_RETIRE] = "retire",
	[PTT_ACT_DONE] = "done",
	[PTT_ACT_NEW_MTK] = "new-mtk",
	[PTT_ACT_ALARM] = "alarm",
};
_Static_assert(LEN_OF(actions) == PTT_ACT_LAST + 1, "each action has its word");

static const struct {
	const char *machine, *state;
} states[] = {
	[C_NEW] = {"channel", "new"},
	[C_STABLE] = {"channel", "stable"},
	[C_REKEYING] = {"channel", "rekeying"},
	[C_SWITCHING] = {"channel", "switching"},
	[W_IDLE] = {"writer", "idle"},
	[W_BUSY] = {"writer", "busy"},
	[M_NONE] = {"member", "none"},
	[M_IDLE] = {"member", "idle"},
	[M_NEED] = {"member", "need"},
	[M_BLOCKED] = {"member", "blocked"},
	[M_OFFERED] = {"member", "offered"},
	[M_GLARE] = {"member", "glare"},
	[M_RETRYING] = {"member", "retrying"},
	[M_UNICAST_ONLY] = {"member", "unicast-only"},
};
_Static_assert(LEN_OF(states) == PTT_STATE_COUNT, "each state has its word");

static const char *word(const char *const *words, size_t len, unsigned int index)
{
	return index < len && words[index] ? words[index] : "?";
}

const char *ptt_rekey_reason_str(enum ptt_rekey_reason reason)
{
	return word(reasons, LEN_OF(reasons), (unsigned int)reason);
}

const char *ptt_tracker_event_str(enum ptt_tracker_event_kind kind)
{
	return word(events, PTT_EV_COUNT, (unsigned int)kind);
}

const char *ptt_tracker_word_of(unsigned int event)
{
	return word(events, LEN_OF(events), event);
}

const char *ptt_tracker_action_str(enum ptt_tracker_action_kind kind)
{
	return word(actions, LEN_OF(actions), (unsigned int)kind);
}

const char *ptt_tracker_machine_str(enum ptt_state state)
{
	return states[state].machine;
}

const char *ptt_tracker_state_str(enum ptt_state state)
{
	return states[state].state;
}
