/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file sip_watch.h
 * The SIP part of a subscription to the event package of RFC 4575: a dialog made by SUBSCRIBE, and
 * one NOTIFY at a time in it. The event package decides who may subscribe, for how long, and what
 * the NOTIFY contains.
 * Thread: SIP. Spec: RFC 6665.
 */
#ifndef PTT_SIP_WATCH_H
#define PTT_SIP_WATCH_H

#include "module/sip/sip_server.h"

#define PTT_SIP_WATCH_MIN_S   60   /**< a shorter duration gets 423 */
#define PTT_SIP_WATCH_MAX_S   3600 /**< also the default */
#define PTT_SIP_EVENT_ID_SIZE 64   /**< bytes of Event's id parameter, with NUL */

struct ptt_sip_out; /* sip_send.c */

struct ptt_sip_watch {
	struct ptt_dialog *dialog;
	void *user; /**< the event package's own data */
	struct ptt_sip_out
		*notify; /**< NOTIFY under way: the next waits for on_notified; or NULL */
	char id[PTT_SIP_EVENT_ID_SIZE];
};

/**
 * Responds to a SUBSCRIBE with 200 and info->expires_s. A NOTIFY is due then.
 * @param out  info->watch, or the new subscription
 * Errors: MALFORMED, NO_SPACE, SYSTEM: a new subscription was refused here. @p req is freed in
 * every case.
 */
enum ptt_err ptt_sip_watch_accept(struct ptt_sip_watch **out, struct ptt_sip_request *req,
	const struct ptt_sip_info *info) PTT_MUST_CHECK;
/** Bytes that the body of a NOTIFY may have: the NOTIFY fits a datagram of 1300 bytes (RFC 3261
 *  18.1.1). On a connection it is 16,000. */
size_t ptt_sip_watch_room(const struct ptt_sip_watch *watch);
/** Sends a NOTIFY, active for @p expires_s more. None may be under way. False: not sent. */
bool ptt_sip_notify(struct ptt_sip_watch *watch, uint32_t expires_s, struct ptt_bytes body);
/** Frees @p watch without an event. With @p reason (of Subscription-State: terminated) a last
 *  NOTIFY is sent, with @p body unless that is empty; with NULL none is sent. */
void ptt_sip_watch_end(struct ptt_sip_watch *watch, const char *reason, struct ptt_bytes body);

#endif
