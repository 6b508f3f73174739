/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file event_package.h
 * Who follows a group hears who joins it, leaves it and is put out of it.
 *
 * A subscription has the whole list first, then each change. It is told at most four times a
 * second, one NOTIFY at a time; what comes in between goes together. Changes are kept in a log of
 * bounded length; who falls behind it gets the whole list again. Nothing of this is in the store: a
 * refresh after a restart is answered 481, and the watcher subscribes anew. A group that nobody
 * follows costs nothing. All on the SIP thread.
 * Spec: RFC 6665, RFC 4575.
 */
#ifndef PTT_EVENT_PACKAGE_H
#define PTT_EVENT_PACKAGE_H

#include "module/group/event_text.h"
#include "module/sip/sip_watch.h"

struct ptt_group;
struct ptt_event_package; /**< of one group, made by the first who follows it */
struct ptt_member;

#define PTT_EVENT_WATCHERS_MAX 256 /**< of one group; 503 beyond */
#define PTT_EVENT_OF_ONE_MAX   4   /**< of one subscriber in one group: his oldest ends */
#define PTT_EVENT_LOG          512 /**< changes kept */
#define PTT_EVENT_INTERVAL_MS  250 /**< from one NOTIFY to the next of a subscription */
#define PTT_EVENT_GATHER_MS    20  /**< after a change, for those that come with it */

/* The two of struct ptt_sip_events; ctx: struct ptt_group_env. */
void ptt_event_on_subscribe(
	void *ctx, struct ptt_sip_request *req, const struct ptt_sip_info *info);
void ptt_event_on_notified(void *ctx, struct ptt_sip_watch *watch, bool good);

/** His dialog is confirmed. */
void ptt_event_joined(const struct ptt_member *member);
/** He is about to be freed. One who never was in is no news. */
void ptt_event_left(const struct ptt_member *member, enum ptt_event_how how);
/** His own subscriptions end. */
void ptt_event_expelled(struct ptt_group *group, uint32_t subject);
/** The lists of members and owners may have changed: who is not in them by the name that he used
 *  has to subscribe again, and is looked at anew. */
void ptt_event_reconfigured(struct ptt_group *group);
/** Nothing is sent; the watches are left to the SIP server. NULL is fine. */
void ptt_event_package_free(struct ptt_event_package *package);

#endif
