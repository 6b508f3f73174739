/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file group_int.h
 * What the files of module/group ask of each other. No other room includes this header.
 */
#ifndef PTT_GROUP_INT_H
#define PTT_GROUP_INT_H

#include "module/group/group.h"

/* groups.c */
/** One event for everybody who runs `pttkey watch`; see struct ptt_group_hooks. */
void ptt_group_announce(const struct ptt_group *group, const char *event, const char *member);

/* group.c */
/** Forgets subjects that nobody needs any more; a little at a time. */
void ptt_group_sweep(struct ptt_group *group);

/* rekey_actions.c */
/** The expulsion of @p subject is decided: answers everybody who waits for it. */
void ptt_group_expel_decided(struct ptt_group *group, uint32_t subject, enum ptt_err err);
void ptt_rekey_execute(struct ptt_group *group, const struct ptt_tracker_action *action);

/* offer.c */
#define PTT_OFFER_RETRY_MS 1000
/** Lets the member's offer go as far as it can. Does not wait, never starts a second offer; may free the member. */
void ptt_offer_advance(struct ptt_member *member);
/** The tracker wants the MSK of @p generation offered. */
void ptt_offer_want_msk(struct ptt_member *member, uint32_t generation);
/** The window's turn has come for the member, whose MSK was of @p generation when the window took it. */
void ptt_offer_on_turn(struct ptt_member *member, uint32_t generation);
/** An offer with an MSK is wanted, or any offer is sent and has no final response yet. */
bool ptt_offer_is_under_way(const struct ptt_member *member);

/* offer_window.c */
/** Into the window that gathers; its state is WAITS_COUNTERS. */
void ptt_offer_window_add(struct ptt_member *member);
/** Hands the offers gathered to the store; they leave when it is durable. While a batch is on its way, further
 *  ones gather until it is, or until a window is full: one fsync for many. */
void ptt_offer_window_flush(struct ptt_group *group);
/** Sends the next few of the offers that are durable; the timer calls it in each turn while there are any. */
void ptt_offer_window_send(struct ptt_group *group);
/** An answer took so long: how many offers may be in flight from now on. */
void ptt_offer_window_pace(struct ptt_group *group, uint32_t took_ms);
/** So many; @p took_ms8 in eighths of a ms. */
uint32_t ptt_offer_window_size(uint32_t took_ms8);
void ptt_offer_windows_free(struct ptt_group *group);
/** Everything that is due, once more (the store works again). */
void ptt_offer_window_retry(struct ptt_group *group);

/* join_response.c */
/** The 200 to member->req, once what it says is durable. @p lines: the offer it answers; NULL: it is our offer. */
void ptt_join_respond(struct ptt_member *member, const struct ptt_sdp_lines *lines);

/* refuse.c */
/** A final response that refuses, with a log line. */
void ptt_refuse(struct ptt_sip_request *req, const struct ptt_sip_info *info, uint16_t status,
	const char *why);

/* sip_status.c */
/** The status for our error: the one place that maps them. */
uint16_t ptt_group_sip_status(enum ptt_err err);

/* join.c */
void ptt_join_on_invite(void *ctx, struct ptt_sip_request *req, const struct ptt_sip_info *info);
void ptt_join_on_reinvite(void *ctx, struct ptt_sip_request *req, const struct ptt_sip_info *info);

/* muk_expiry.c */
/** MUKs that end soon are logged, and who has one that is over is put out. @return true: some are left for the next turn */
bool ptt_muk_expiry_some(struct ptt_group_env *env, int64_t utc_s);
/** After a restart: who has no key any more is put out. */
void ptt_muk_expiry_resume(struct ptt_group *group);

/* departures.c */
/** The member leaves: counted as @p label, told to the tracker as @p kind, and freed. Its dialog stays. */
void ptt_departure_end(
	struct ptt_member *member, enum ptt_tracker_event_kind kind, const char *label);
/** Ends the dialog for want of a key: BYE, and a leave like any other. The member is freed. */
void ptt_departure_expire_key(struct ptt_member *member);

/* The events of sip_events.h; ctx: struct ptt_group_env. */
void ptt_departure_on_cancel(void *ctx, struct ptt_sip_request *req, struct ptt_dialog *dialog);
void ptt_departure_on_gone(void *ctx, struct ptt_dialog *dialog, enum ptt_sip_gone why);
void ptt_offer_on_ack(void *ctx, struct ptt_dialog *dialog, const struct ptt_sip_info *info);
void ptt_offer_on_ready(void *ctx, struct ptt_dialog *dialog);
void ptt_offer_on_refresh(void *ctx, struct ptt_dialog *dialog);
void ptt_offer_on_result(
	void *ctx, struct ptt_dialog *dialog, uint32_t cookie, const struct ptt_sip_result *result);
void ptt_refer_on_refer(void *ctx, struct ptt_sip_request *req, const struct ptt_sip_info *info);

#endif
