/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file prop_world.h
 * A small world around a tracker: members, a store, a channel, and an adversary that keeps every
 * key it was sent. The world executes the tracker's actions and says which invariant or rule
 * (profile 6)
 * an action breaks. The caller chooses what happens next. The invariants that the tracker can
 * break, and where the world checks them:
 *   I1 no expelled subject reads what goes out after a cut-over  world_check, UNSILENCE
 *   I2 no key id is ever bound to two keys                            NEW_MSK
 *   I3 no (key, counter) pair comes twice, restarts included          PROMOTE, world_key_sent
 *   I4 a member marked current has answered the current MSK           world_check
 *   I5 once faults end every live member becomes current              world_settle
 *   I6 concurrent expulsions end with all of them outside             world_key_sent, world_settle
 *   I7 no member is offered a key older than one it has used             world_key_sent
 * I8 no MTK goes out under an MSK that an expelled subject was sent PROMOTE, NEW_MTK, world_check
 */
#ifndef PTT_PROP_WORLD_H
#define PTT_PROP_WORLD_H

#include "module/core/roster.h"
#include "module/core/tracker.h"

#define WORLD_SUBJECTS    5
#define WORLD_MEMBERS     10
#define WORLD_GENERATIONS 256

struct world_member {
	uint32_t handle; /**< 0 = none */
	uint32_t subject;
	uint32_t outstanding, answered;
	uint32_t used; /**< newest MSK whose MTK the member received and opened */
	uint32_t failures;
	bool mute;
};

struct world_subject {
	uint32_t handle;
	bool asked, expelled; /**< command not answered yet; accepted and not admitted since */
	uint64_t accepted_ms;
	bool ever[WORLD_GENERATIONS]; /**< MSKs that were sent to the subject */
};

struct world {
	struct ptt_policy policy;
	struct ptt_tracker *tracker;
	struct ptt_roster *roster;
	struct ptt_tracker_actions actions;
	struct world_member members[WORLD_MEMBERS];
	struct world_subject subjects[WORLD_SUBJECTS];
	uint64_t now_ms;
	uint32_t window;
	/* the server's keys */
	uint32_t staged, next, current, previous, newest,
		air; /**< air: MSK of the MTK in use, 0 = none */
	bool durable[WORLD_GENERATIONS], promoted[WORLD_GENERATIONS];
	bool writing, switching, silent;
	/* what PERSIST asked for, and the disk */
	struct ptt_tracker_action write;
	bool write_bans[WORLD_SUBJECTS];
	struct ptt_tracker_action disk_intent;
	uint32_t disk_current, disk_newest;
	uint32_t sent_unknown; /**< the "sent to" of these and older ones were lost */
	bool disk_bans[WORLD_SUBJECTS];
	bool leaver_held_next; /**< a holder of `next` left, and on_leave = always */
	bool restoring, draining;
	const char *broken; /**< the first thing that went wrong */
	bool trace;
};

/* prop_actions.c: executing and checking */
void world_expect(struct world *w, bool holds, const char *what);
uint32_t world_newest_key(const struct world *w);
/**
 * A key is sent to this member: it is durable and the newest, the subject is not expelled, no offer
 * is outstanding.
 */
void world_key_sent(struct world *w, struct world_member *mem, uint32_t generation);
void world_air(struct world *w, uint32_t generation);
void world_forget(struct world *w, struct world_member *mem);
void world_check(struct world *w);
void world_feed_ok(struct world *w, struct ptt_tracker_event ev);

/* prop_world.c: what happens */
bool world_init(struct world *w, const struct ptt_policy *policy, uint32_t window);
void world_wipe(struct world *w);
/** Feeds one event and executes what it causes. @return false if the tracker refused it. */
bool world_feed(struct world *w, struct ptt_tracker_event ev);
void world_join(struct world *w, uint32_t subject, bool carried);
void world_pull(struct world *w, uint32_t member, bool carried);
/** A final response, or none, to the member's outstanding offer; any member event. */
void world_answer(
	struct world *w, uint32_t member, enum ptt_tracker_event_kind kind, uint64_t wait_ms);
void world_expel(struct world *w, uint32_t subject);
void world_admit(struct world *w, uint32_t subject);
void world_persisted(struct world *w, bool ok);
void world_cut_over(struct world *w, bool ok);
void world_advance(struct world *w, uint64_t ms);
/** SIGHUP: another policy for the running group; its cut-over stays, by which I1 is measured. */
void world_reload(struct world *w, uint32_t choice);
/** SIGTERM: no joins, no re-keys but by expulsion, until a restart. */
void world_drain(struct world *w);
/** kill -9 and a new process; @p write_landed tells whether a write under way had become durable.
 */
void world_restart(struct world *w, bool write_landed, bool same_boot, bool answers_kept);
/** Faults end: everything is answered; then I5 and I6 must hold. */
void world_settle(struct world *w);

#endif
