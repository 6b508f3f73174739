/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file sip_events.h
 * What the SIP server tells the conference. All calls are on the SIP thread.
 */
#ifndef PTT_SIP_EVENTS_H
#define PTT_SIP_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/bytes.h"
#include "module/gba/naf_source.h"

struct ptt_dialog;
struct ptt_sip_watch; /* sip_watch.h */
/** A request that waits for ptt_sip_respond(). Gone after a final answer and after on_cancel. */
struct ptt_sip_request;

/** What a request says. All borrowed, for the call only. */
struct ptt_sip_info {
	/** The group: scheme:user@host[:port], no parameters. */
	const char *request_uri;
	const char *from_uri;     /**< proven to be one of the subscriber's; the same form */
	const char *content_type; /**< "" if absent */
	struct ptt_bytes body;
	/** The authenticated subscriber: IMPI, IMPUs, MUK. NULL in on_ack and on_bye. */
	const struct ptt_naf_keys *keys;
	const char *btid;
	const char *call_id;       /**< of the request; NULL in on_ack and on_bye */
	struct ptt_dialog *dialog; /**< NULL for a REFER outside */
	bool is_update;
	/** REFER: the victim's URI; its method is BYE (anything else is answered here, 501). */
	const char *target;
	struct ptt_sip_watch *watch; /**< SUBSCRIBE in a subscription; NULL: a new one */
	uint32_t expires_s;          /**< SUBSCRIBE: what is asked for and can be had; 0: the end */
};

/** The end of an offer: final answer, or none. Borrowed, for the call only. */
struct ptt_sip_result {
	uint16_t status; /**< 408 with @ref timed_out; 503 if it could not be sent */
	bool timed_out;  /**< Timer B, or F */
	bool gone; /**< the dialog is no more: timed out, 408, 481, 404 .. (RFC 5057 section 5.1) */
	/** 200 to an offer of before a restart: it is ACKed and settles nobody; the cookie is 0. */
	bool from_former_process;
	const char *content_type;
	struct ptt_bytes body;
	uint32_t took_ms;       /**< since the offer left; 0 also if it was sent again meanwhile */
	uint32_t retry_after_s; /**< 0: none */
	uint32_t glare_ms;      /**< 491: try again after so long (RFC 3261 14.1; already random) */
	uint16_t warning;       /**< code of the Warning header (306), or 0 */
	bool session_raised; /**< 422, the first: the next offer names a longer session, at once */
};

enum ptt_sip_gone {
	PTT_SIP_GONE_BYE,
	PTT_SIP_GONE_NO_ACK,
	PTT_SIP_GONE_STOPPED,
	PTT_SIP_GONE_EXPIRED
};

struct ptt_sip_events {
	/** Initial INVITE. Answer now or later; info->dialog exists, and ends by itself if the
	 *  answer is not 2xx. */
	void (*on_invite)(void *ctx, struct ptt_sip_request *req, const struct ptt_sip_info *info);
	/** re-INVITE with or without body (pull), or UPDATE with body. A re-INVITE during an
	 *  offer is answered 491 here. */
	void (*on_reinvite)(
		void *ctx, struct ptt_sip_request *req, const struct ptt_sip_info *info);
	/** ACK of a 2xx to an INVITE, with its body if any. Once for each 2xx. */
	void (*on_ack)(void *ctx, struct ptt_dialog *dialog, const struct ptt_sip_info *info);
	/** CANCEL of an unanswered INVITE: 487 is sent; @p req, and the dialog if it was
	 *  initial, end on return. */
	void (*on_cancel)(void *ctx, struct ptt_sip_request *req, struct ptt_dialog *dialog);
	/** The dialog has ended (200 to BYE is sent; after a lost ACK, or a session that was not
	 *  refreshed, a BYE of ours goes); it is freed on return. */
	void (*on_gone)(void *ctx, struct ptt_dialog *dialog, enum ptt_sip_gone why);
	/** The session timer wants a refresh of ours: an offer, any. May be NULL. */
	void (*on_refresh)(void *ctx, struct ptt_dialog *dialog);
	/** REFER ...;method=BYE. Answer 202 once the expulsion is durable, or 403, 404. NOTIFY
	 *  is sent here. */
	void (*on_refer)(void *ctx, struct ptt_sip_request *req, const struct ptt_sip_info *info);
	/** Once for each ptt_sip_offer() that returned OK, unless the dialog ended before. Never
	 *  from within it. */
	void (*on_offer_result)(void *ctx, struct ptt_dialog *dialog, uint32_t cookie,
		const struct ptt_sip_result *result);
	/** Request outside a dialog, before authentication: is this URI ours? No: the host may ask
	 *  others. NULL: all are ours. */
	bool (*is_ours)(void *ctx, const char *request_uri);
	/** A re-key is under way, or about to be. May be NULL. */
	bool (*is_rekeying)(void *ctx);
	/** An offer that was BUSY can go now (the peer's own INVITE is over). May be NULL. */
	void (*on_ready)(void *ctx, struct ptt_dialog *dialog);
	/** SUBSCRIBE to the conference event package: ptt_sip_watch_accept(), or refuse it by
	 *  ptt_sip_respond(). NULL: 489 to all. */
	void (*on_subscribe)(
		void *ctx, struct ptt_sip_request *req, const struct ptt_sip_info *info);
	/** The NOTIFY is answered, the next may go; not @p good: refused or lost, and @p watch is
	 *  freed on return. */
	void (*on_notified)(void *ctx, struct ptt_sip_watch *watch, bool good);
};

/** What a request over 1300 bytes to a peer on UDP does (RFC 3261 18.1.1); it is counted in
 *  every case. */
enum ptt_sip_over_mtu { PTT_SIP_OVER_MTU_SEND, PTT_SIP_OVER_MTU_TCP, PTT_SIP_OVER_MTU_REFUSE };

#endif
