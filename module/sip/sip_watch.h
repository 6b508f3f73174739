/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file sip_watch.h
 * Subscriptions to the conference event package, as far as they are SIP: a dialog that SUBSCRIBE
 * makes and keeps, and one NOTIFY at a time in it. Who may follow, what is said and for how long is
 * the event package's.
 * Spec: RFC 6665.
 */
#ifndef PTT_SIP_WATCH_H
#define PTT_SIP_WATCH_H

#include "module/sip/sip_server.h"

#define PTT_SIP_WATCH_MIN_S   60   /**< shorter: 423 */
#define PTT_SIP_WATCH_MAX_S   3600 /**< the default too */
#define PTT_SIP_EVENT_ID_SIZE 64   /**< of Event's id parameter, with NUL */

struct ptt_sip_out; /* sip_send.c */

struct ptt_sip_watch {
	struct ptt_dialog *dialog;
	void *user;                 /**< the event package's */
	struct ptt_sip_out *notify; /**< under way: the next must wait for on_notified; or NULL */
	char id[PTT_SIP_EVENT_ID_SIZE];
};

/**
 * Answers a SUBSCRIBE with 200 and info->expires_s.
 * @param out  info->watch, or the new one; the first NOTIFY is due
 * Errors: MALFORMED, NO_SPACE, SYSTEM: a new one is refused here and @p req is gone.
 */
enum ptt_err ptt_sip_watch_accept(struct ptt_sip_watch **out, struct ptt_sip_request *req,
	const struct ptt_sip_info *info) PTT_MUST_CHECK;
/** Bytes a body may have so that its NOTIFY fits a datagram of 1300 (RFC 3261 18.1.1); much more
 *  on a connection. */
size_t ptt_sip_watch_room(const struct ptt_sip_watch *watch);
/** NOTIFY, active for @p expires_s more. None may be under way. False: it could not be sent. */
bool ptt_sip_notify(struct ptt_sip_watch *watch, uint32_t expires_s, struct ptt_bytes body);
/** Ends it. @p reason of Subscription-State: terminated, in a last NOTIFY with @p body if it is not
 *  empty; NULL: nothing is sent. No callback; @p watch is freed. */
void ptt_sip_watch_end(struct ptt_sip_watch *watch, const char *reason, struct ptt_bytes body);

#endif
