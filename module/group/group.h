/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file group.h
 * One group: its roster, its tracker, its keys, its channel and its members.
 *
 *   SIP, media, control, store  --events-->  ptt_group_feed()  --actions-->  rekey_actions.c
 *
 * group.c runs the tracker's loop. rekey_actions.c executes the tracker's actions. join.c,
 * offer_results.c and departures.c turn SIP into events. member.h: what a dialog is to the group.
 * Thread: SIP.
 */
#ifndef PTT_GROUP_H
#define PTT_GROUP_H

#include "module/core/roster.h"
#include "module/core/tracker.h"
#include "module/config/config.h"
#include "module/group/env.h"
#include "module/group/group_keys.h"
#include "module/group/member.h"
#include "sdp/client_offer.h"

#define PTT_WINDOW_MAX PTT_TRACKER_WINDOW
/** Reason header of a BYE to an expelled member (RFC 3326). */
#define PTT_REASON_HEADER_EXPELLED "SIP;cause=403;text=\"expelled\""

/** Reason header of a BYE to a member whose MUK has expired without a renewal. */
#define PTT_REASON_HEADER_EXPIRED "SIP;cause=401;text=\"bootstrapping expired\""

/** Called once, when an expulsion or an admission is durable, or is refused. */
typedef void ptt_expel_fn(void *ctx, enum ptt_err err);
struct ptt_expel_wait {
	struct ptt_expel_wait *next;
	uint32_t subject;
	ptt_expel_fn *fn; /**< may be NULL */
	void *ctx;
};

struct ptt_event_queue {
	struct ptt_tracker_event *list;
	size_t len, size;
};

struct ptt_group {
	struct ptt_group *next_group;
	struct ptt_group_env *env;
	const struct ptt_config_group *config;
	char uri[PTT_STORE_ID_MAX];
	bool stopped; /**< the module stops: the group sends nothing and decides nothing */

	/* members and decisions: group.c */
	struct ptt_roster *roster;
	struct ptt_tracker *tracker;
	struct ptt_tracker_actions actions;
	struct ptt_event_queue queue; /**< events fed by an action of the step under way */
	bool stepping;
	su_timer_t *timer;
	struct ptt_tracker_event resume; /**< the re-key that the store says is under way */

	/* keys and channel */
	struct ptt_group_keys keys;
	struct ptt_media_channel *channel;
	struct ptt_channel_sdp sdp;
	bool mtk_owed; /**< an MTK was due and could not be made: the next tick tries again */
	bool silent;

	/* offers: offer_window.c */
	struct ptt_window *window;  /**< gathers offers */
	struct ptt_window *sending; /**< a list: counters durable, the first is being sent */
	uint32_t windows_out;       /**< on their way to the store, or in @ref sending */
	uint32_t offers_a_turn;     /**< most offers sent in one turn of the loop */
	uint32_t sent_in_turn;      /**< offers sent in this turn */
	uint32_t took_ms8;          /**< mean time of late from offer to response, in 1/8 ms */
	bool window_failed;         /**< the store refused a window: all is tried at retry_ms */
	int64_t retry_ms;

	/* the re-key: rekey_actions.c */
	uint32_t *bans; /**< subjects for the next PERSIST */
	size_t ban_count, ban_size;
	enum ptt_err msk_err;       /**< of NEW_MSK or BAN, for the PERSIST after it */
	bool msk_to_write;          /**< NEW_MSK came since the last PERSIST */
	uint32_t intent_generation; /**< of the intent in the store */
	bool cutover_pending;
	bool switch_unrecorded;       /**< the store has not recorded the last cut-over */
	int64_t rekey_decided_ms;     /**< when the re-key under way was decided; 0: none */
	int64_t expel_accepted_ms;    /**< first expulsion of the cut-over under way; 0: none */
	struct ptt_expel_wait *waits; /**< owned; callers that wait for an expulsion */

	struct ptt_event_package *events; /**< NULL until the first subscription */
};

/** Opens a group and reads its state from the store. Keeps: env, config. */
enum ptt_err ptt_group_new(struct ptt_group **out, struct ptt_group_env *env,
	const struct ptt_config_group *config) PTT_MUST_CHECK;
/** Ends all activity and writes the rows of the dialogs. The store is closed before
 *  ptt_group_free(). */
void ptt_group_stop(struct ptt_group *group);
/** Wipes the keys and frees the group and its members. Sends nothing. */
void ptt_group_free(struct ptt_group *group);
/** The floor's configuration, as the media thread takes it. */
struct ptt_floor_policy ptt_group_floor(const struct ptt_config_floor *config);
/** Applies the configuration after a reload. Expels members that it no longer lists. */
void ptt_group_reconfigure(struct ptt_group *group, const struct ptt_config_group *config);
/** Restores a member from its row. On an error the row is deleted and a BYE sent, or the dialog is
 *  not restored at all. */
enum ptt_err ptt_group_restore(
	struct ptt_group *group, const struct ptt_dialog_row *row) PTT_MUST_CHECK;
/** Goes on with the re-key that was under way, once all dialogs are restored. */
void ptt_group_resume(struct ptt_group *group);

/** Feeds one event into the tracker and executes the actions. From inside an action: queues the
 *  event. Errors: of ptt_tracker_step(); BUSY: the group is stopped. */
enum ptt_err ptt_group_feed(struct ptt_group *group, const struct ptt_tracker_event *event);
/** As feed(), but logs an error: for callers that cannot react to one. */
void ptt_group_feed_or_log(struct ptt_group *group, const struct ptt_tracker_event *event);

/** The subject with this IMPU or IMPI, in the roster or in the store. PTT_HANDLE_NONE: none. */
uint32_t ptt_group_find_subject(struct ptt_group *group, const char *impu_or_impi);
/**
 * Expels a subject: ban, BYE, re-key. May call wait->fn before it returns.
 * @param source label of the metric: refer operator config focus
 */
void ptt_group_expel(struct ptt_group *group, uint32_t subject, const char *source,
	const struct ptt_expel_wait *wait);
/** Lifts the ban. wait->fn must not be NULL; it is called as in ptt_group_expel(). */
void ptt_group_admit(struct ptt_group *group, uint32_t subject, const struct ptt_expel_wait *wait);
void ptt_group_on_media(struct ptt_group *group, const struct ptt_media_event *event);

/** sip_binding.c: the SIP server's events, for ptt_sip_new(). ctx: struct ptt_group_env */
extern const struct ptt_sip_events ptt_group_sip_events;

#endif
