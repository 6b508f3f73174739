/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file sip_events.h
 * The events that module/sip reports to the owner of struct ptt_sip.
 * Thread: the SIP thread calls all of them.
 */
#ifndef PTT_SIP_EVENTS_H
#define PTT_SIP_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/bytes.h"
#include "module/gba/naf_source.h"

struct ptt_dialog;
struct ptt_sip_watch; /* sip_watch.h */
/** A request that waits for ptt_sip_respond(). Freed by a final response and after on_cancel. */
struct ptt_sip_request;

/** The content of a request. Everything is borrowed and valid during the call only. */
struct ptt_sip_info {
	/** The group: scheme:user@host[:port], no parameters. */
	const char *request_uri;
	const char *from_uri;     /**< an authenticated URI of the subscriber, in the same form */
	const char *content_type; /**< "" if absent */
	struct ptt_bytes body;
	/** The authenticated subscriber, as the NAF source knows it. NULL in on_ack. */
	const struct ptt_naf_keys *keys;
	const char *btid;
	const char *call_id;       /**< of the request; NULL in on_ack */
	struct ptt_dialog *dialog; /**< NULL: a REFER outside a dialog, or a SUBSCRIBE */
	bool is_update;
	/** REFER: the URI to send BYE to. Another method than BYE gets 501 without an event. */
	const char *target;
	struct ptt_sip_watch *watch; /**< SUBSCRIBE: its subscription; NULL: a new one */
	/** SUBSCRIBE: the requested duration, at most PTT_SIP_WATCH_MAX_S; 0: end */
	uint32_t expires_s;
};

/** What the final status of an offer means. */
enum ptt_offer_outcome {
	PTT_OFFER_ACCEPTED,          /**< 2xx */
	PTT_OFFER_GLARED,            /**< 491: both sides sent an offer */
	PTT_OFFER_SESSION_TOO_SHORT, /**< 422 */
	PTT_OFFER_UPDATE_REFUSED,    /**< 405 or 501 to an UPDATE: the peer takes INVITE only */
	PTT_OFFER_REFUSED,           /**< any other status, or no response */
};

/** The end of an offer: its final response, or none. Borrowed and valid during the call only. */
struct ptt_sip_result {
	enum ptt_offer_outcome outcome;
	uint16_t status; /**< 408 with @ref timed_out */
	bool timed_out;  /**< Timer B or F ended, or the connection broke */
	bool gone;       /**< the dialog no longer exists (RFC 5057 section 5.1), or timed_out */
	/** A 2xx to an offer sent before a restart: it got its ACK but settles no member; the
	 *  cookie is 0. */
	bool from_former_process;
	const char *content_type;
	struct ptt_bytes body;
	uint32_t took_ms;       /**< since the offer left; 0 also if it was sent more than once */
	uint32_t retry_after_s; /**< 0: none */
	uint32_t glare_ms;      /**< GLARED: the random wait before the next try (RFC 3261 14.1) */
	uint16_t warning;       /**< code of the Warning header (306), or 0 */
	bool session_raised;    /**< the first 422: offer again at once, with a longer session */
};

enum ptt_sip_gone {
	PTT_SIP_GONE_BYE,
	PTT_SIP_GONE_NO_ACK,
	PTT_SIP_GONE_STOPPED,
	PTT_SIP_GONE_EXPIRED
};

struct ptt_sip_events {
	/** Initial INVITE. Respond now or later. info->dialog exists; a response other than 2xx
	 *  frees it. */
	void (*on_invite)(void *ctx, struct ptt_sip_request *req, const struct ptt_sip_info *info);
	/** A re-INVITE with or without a body (pull), or an UPDATE with a body. During an offer the
	 *  peer gets 491 and there is no event. */
	void (*on_reinvite)(
		void *ctx, struct ptt_sip_request *req, const struct ptt_sip_info *info);
	/** The ACK of a 2xx to an INVITE, with its body if any. Once for each 2xx. */
	void (*on_ack)(void *ctx, struct ptt_dialog *dialog, const struct ptt_sip_info *info);
	/** CANCEL of an INVITE without a final response: 487 is sent. After return @p req is freed,
	 *  and the dialog too if the INVITE was initial. */
	void (*on_cancel)(void *ctx, struct ptt_sip_request *req, struct ptt_dialog *dialog);
	/** The dialog has ended. The peer's BYE has its 200; after a lost ACK or an expired session
	 *  we send a BYE. After return the owner must not use @p dialog. */
	void (*on_gone)(void *ctx, struct ptt_dialog *dialog, enum ptt_sip_gone why);
	/** The session timer is due: send any offer. May be NULL. */
	void (*on_refresh)(void *ctx, struct ptt_dialog *dialog);
	/** REFER ...;method=BYE. Respond with 202 once the expulsion is durable, or with 403 or
	 *  404. module/sip sends the NOTIFY. */
	void (*on_refer)(void *ctx, struct ptt_sip_request *req, const struct ptt_sip_info *info);
	/** Once for each ptt_sip_offer() that returned OK, unless the dialog ended before. Never
	 *  from within ptt_sip_offer(). */
	void (*on_offer_result)(void *ctx, struct ptt_dialog *dialog, uint32_t cookie,
		const struct ptt_sip_result *result);
	/** A request outside a dialog, before authentication: is there a group with this URI? No:
	 *  the host may ask another service. NULL: every URI is ours. */
	bool (*is_ours)(void *ctx, const char *request_uri);
	/** Is a burst of offers under way or about to begin? May be NULL. */
	bool (*is_rekeying)(void *ctx);
	/** An offer that was BUSY can be sent now: the peer's own INVITE is over. May be NULL. */
	void (*on_ready)(void *ctx, struct ptt_dialog *dialog);
	/** SUBSCRIBE to the event package of RFC 4575: call ptt_sip_watch_accept(), or refuse by
	 *  ptt_sip_respond(). NULL: every SUBSCRIBE gets 489. */
	void (*on_subscribe)(
		void *ctx, struct ptt_sip_request *req, const struct ptt_sip_info *info);
	/** The NOTIFY has its final response and the next may be sent. Not @p good: it was refused
	 *  or lost, and @p watch is freed after return. */
	void (*on_notified)(void *ctx, struct ptt_sip_watch *watch, bool good);
};

/** What happens to a request over 1300 bytes to a peer on UDP (RFC 3261 18.1.1). Each is
 *  counted. */
enum ptt_sip_over_mtu { PTT_SIP_OVER_MTU_SEND, PTT_SIP_OVER_MTU_TCP, PTT_SIP_OVER_MTU_REFUSE };

#endif
