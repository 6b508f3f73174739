/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file group.h
 * One group at work: who is in (roster), what is decided (tracker), the keys, the channel, the dialogs.
 *
 *   SIP, media, control and store  --events-->  ptt_group_feed()  --actions-->  rekey_actions.c
 *
 * group.c runs the tracker's loop; rekey_actions.c executes its actions; join.c turns SIP into events;
 * member.c is what a dialog has besides SIP. All on the SIP thread.
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
/** What a BYE to an expelled member says (RFC 3326). */
#define PTT_REASON_HEADER_EXPELLED "SIP;cause=403;text=\"expelled\""

/** What one gets whose bootstrapping is over, and who did not authenticate with a new one. */
#define PTT_REASON_HEADER_EXPIRED "SIP;cause=401;text=\"bootstrapping expired\""

/** Somebody who waits for an expulsion to be durable. */
typedef void ptt_expel_fn(void *ctx, enum ptt_err err);
struct ptt_expel_wait {
	struct ptt_expel_wait *next;
	uint32_t subject;
	ptt_expel_fn *fn;
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
	struct ptt_roster *roster;
	struct ptt_tracker *tracker;
	struct ptt_tracker_actions actions;
	struct ptt_event_queue queue;
	bool stepping;
	bool stopped; /**< the module stops: nothing is sent or decided any more */
	su_timer_t *timer;
	struct ptt_group_keys keys;
	struct ptt_tracker_event resume; /**< what the store says is under way */
	struct ptt_media_channel *channel;
	struct ptt_channel_sdp sdp;
	char uri[PTT_STORE_ID_MAX];

	struct ptt_window *window; /**< offers gathered; offer_window.c */
	struct ptt_window *
		sending; /**< their counters are durable, not all are sent: the first is being sent */
	uint32_t offers_a_turn; /**< that are sent in a turn of the loop; more would block it */
	uint32_t sent_in_turn;  /**< sent in this one */
	uint32_t took_ms8;      /**< that an answer takes of late, in eighths of a ms */
	uint32_t windows_out;   /**< on their way to the store, or being sent */
	bool window_failed; /**< the store refused one: all that is due is tried again at retry_ms */
	int64_t retry_ms;
	uint32_t *bans; /**< subjects for the next PERSIST */
	size_t ban_count, ban_size;
	enum ptt_err msk_err; /**< of NEW_MSK, for the PERSIST behind it */
	bool msk_to_write;    /**< NEW_MSK went before the next PERSIST */
	struct ptt_expel_wait *waits;
	uint32_t intent_generation; /**< of the intent in the store */
	bool switch_unrecorded;     /**< the store did not take the switch to the current MSK */
	bool cutover_pending;
	bool mtk_owed; /**< one was due and could not be made: the next tick tries again */
	bool silent;
	int64_t rekey_decided_ms;         /**< when the re-key under way was decided; 0: none */
	struct ptt_event_package *events; /**< for who follows the group; NULL: nobody ever did */
	int64_t expel_accepted_ms; /**< the first expulsion of the cut-over under way; 0: none */
};

/** Reads the group's state from the store, and takes it up. Keeps: env, config. */
enum ptt_err ptt_group_new(struct ptt_group **out, struct ptt_group_env *env,
	const struct ptt_config_group *config) PTT_MUST_CHECK;
/** Ends all activity and hands the dialogs to the store; the store is closed between this and free. */
void ptt_group_stop(struct ptt_group *group);
/** Wipes, frees. Sends nothing. */
void ptt_group_free(struct ptt_group *group);
/** The floor of a group as the media thread knows it. */
struct ptt_floor_policy ptt_group_floor(const struct ptt_config_floor *config);
/** After a reload: the new configuration; members it does not list any more are expelled. */
void ptt_group_reconfigure(struct ptt_group *group, const struct ptt_config_group *config);
/** Takes a dialog of a former process up again. */
enum ptt_err ptt_group_restore(
	struct ptt_group *group, const struct ptt_dialog_row *row) PTT_MUST_CHECK;
/** All dialogs are restored: what was under way goes on. */
void ptt_group_resume(struct ptt_group *group);

/** One event into the tracker, and its actions executed; from inside an action it is queued. Errors: the step's. */
enum ptt_err ptt_group_feed(struct ptt_group *group, const struct ptt_tracker_event *event);
/** The same with the error logged: for events that cannot be refused in a way the caller could use. */
void ptt_group_feed_or_log(struct ptt_group *group, const struct ptt_tracker_event *event);

/** The subject with this IMPU or IMPI, in the group or known to the store; PTT_HANDLE_NONE if nobody has it. */
uint32_t ptt_group_find_subject(struct ptt_group *group, const char *impu_or_impi);
/**
 * Expels: ban, BYE, new keys. @p fn is called when it is durable (or refused), maybe before this returns.
 * @param source  for the metrics: refer operator config focus
 */
void ptt_group_expel(struct ptt_group *group, uint32_t subject, const char *source,
	const struct ptt_expel_wait *wait);
/** Lifts the ban; @p fn as above. */
void ptt_group_admit(struct ptt_group *group, uint32_t subject, const struct ptt_expel_wait *wait);
void ptt_group_on_media(struct ptt_group *group, const struct ptt_media_event *event);

/** sip_binding.c: the SIP server's events, for ptt_sip_new(). ctx: struct ptt_group_env */
extern const struct ptt_sip_events ptt_group_sip_events;

#endif
