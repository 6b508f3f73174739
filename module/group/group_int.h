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
/** Forgets subjects without members and keys, a few at a time. */
void ptt_group_sweep(struct ptt_group *group);

/* rekey_actions.c */
/** The expulsion of @p subject is decided: calls back everybody who waits for it. */
void ptt_group_expel_decided(struct ptt_group *group, uint32_t subject, enum ptt_err err);
void ptt_rekey_execute(struct ptt_group *group, const struct ptt_tracker_action *action);

/* offer.c */
#define PTT_OFFER_RETRY_MS 1000
/** Lets the member's offer go as far as it can. Never starts a second offer. May free the member. */
void ptt_offer_advance(struct ptt_member *member);
/** The tracker wants the MSK of @p generation offered. */
void ptt_offer_want_msk(struct ptt_member *member, uint32_t generation);
/** The window sends the member's offer now. @p generation: wanted when the window took it. */
void ptt_offer_on_turn(struct ptt_member *member, uint32_t generation);
/** An offer with an MSK is wanted, or an offer has no final response yet. */
bool ptt_offer_is_under_way(const struct ptt_member *member);

/* offer_window.c */
/** Puts the member, in state WAITS_COUNTERS, into the window that gathers. */
void ptt_offer_window_add(struct ptt_member *member);
/** Writes the counters of the gathered offers. While a window is out, others gather until its end, or
 *  until a window is full: one fsync for many offers. */
void ptt_offer_window_flush(struct ptt_group *group);
/** Sends the next few queued offers. The group's timer calls it in each turn while there are any. */
void ptt_offer_window_send(struct ptt_group *group);
/** A response took @p took_ms: adapts how many offers may be in flight. */
void ptt_offer_window_pace(struct ptt_group *group, uint32_t took_ms);
/** @return offers in flight for a response time of @p took_ms8, in 1/8 ms */
uint32_t ptt_offer_window_size(uint32_t took_ms8);
void ptt_offer_windows_free(struct ptt_group *group);
/** Advances every member's offer, after a failure of the store. */
void ptt_offer_window_retry(struct ptt_group *group);

/* join_response.c */
/** Makes the row durable, then responds to member->req with 200. @p lines: the offer that it answers;
 *  NULL: the 200 is our offer. */
void ptt_join_respond(struct ptt_member *member, const struct ptt_sdp_lines *lines);

/* refuse.c */
/** Sends a final response that refuses, and logs it with @p why. */
void ptt_refuse(struct ptt_sip_request *req, const struct ptt_sip_info *info, uint16_t status,
	const char *why);

/* sip_status.c */
/** The SIP status for an error of ours: the one place that maps them. */
uint16_t ptt_group_sip_status(enum ptt_err err);

/* join.c */
void ptt_join_on_invite(void *ctx, struct ptt_sip_request *req, const struct ptt_sip_info *info);
void ptt_join_on_reinvite(void *ctx, struct ptt_sip_request *req, const struct ptt_sip_info *info);

/* muk_expiry.c */
/** Logs MUKs about to expire and ends members whose MUK has expired, a few per call.
 *  @return true: more are left for the next turn of the loop */
bool ptt_muk_expiry_some(struct ptt_group_env *env, int64_t utc_s);
/** After a restart: ends members without a MUK. */
void ptt_muk_expiry_resume(struct ptt_group *group);

/* departures.c */
/** The member leaves: counts it as @p label, feeds @p kind, frees the member. The dialog stays. */
void ptt_departure_end(
	struct ptt_member *member, enum ptt_tracker_event_kind kind, const char *label);
/** The member's MUK has expired: BYE, and a leave like any other. Frees the member. */
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
