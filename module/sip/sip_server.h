/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file sip_server.h
 * The SIP edge of the server: requests, responses, dialogs, digest, and offers on the wire.
 *
 * The host owns the agent (made with NTATAG_UA(1)), its default leg and its default outgoing, and
 * forwards their messages to this file. The owner of struct ptt_sip is called through struct
 * ptt_sip_events. It gets authenticated requests only and never reads a SIP header.
 * Thread: every function here runs on the SIP thread.
 * Spec: RFC 3261, 3311 (UPDATE), 3515/4488 (REFER), 8760 (digest); docs/wire.md sections 2 and 4.
 */
#ifndef PTT_SIP_SERVER_H
#define PTT_SIP_SERVER_H

#include <sofia-sip/nta.h>

#include "crypto/digest.h"
#include "module/core/overload.h"
#include "module/gba/naf_source.h"
#include "module/config/config.h"
#include "module/sip/dialog.h"
#include "module/sip/sip_events.h"

struct ptt_sip;

struct ptt_sip_options {
	/* the host */
	su_root_t *root;
	nta_agent_t *agent;
	bool own_default; /**< the host has no default outgoing: ptt_sip_new() makes one */

	/* the owner */
	const struct ptt_sip_events *events;
	void *ctx; /**< first argument of each event */

	/* who may send requests */
	struct ptt_naf_source *naf;
	const char *naf_fqdn;        /**< the digest realm is 3GPP-bootstrapping@ this */
	enum ptt_hash_alg digest[2]; /**< challenges, in this order */
	size_t digest_count;         /**< 0 = MD5 and SHA-256 */
	uint32_t nonce_life_s;       /**< 0 = 300 */
	const char *const *trusted;  /**< addresses whose P-Asserted-Identity counts */
	size_t trusted_count;
	struct ptt_overload_limits overload; /**< all zero: no request is shed */

	/* how offers leave, and how long a session lasts */
	enum ptt_udp_io udp_io;
	enum ptt_sip_over_mtu over_mtu;
	uint32_t t1_ms;         /**< RFC 3261 T1; 0 = 500 */
	uint32_t session_min_s; /**< Min-SE (RFC 4028); 0 = 90 */
};

/** Call it before the process makes its first agent, and once: later, Sofia no longer reports the
 *  descriptors of its sockets. False: too late; offers leave by Sofia's transport. */
bool ptt_sip_preinit(void);
/** Keeps: agent, root, naf, events, ctx; the texts are copied. Errors: SYSTEM; BUSY: own_default is
 *  set and the agent has a default outgoing already. */
enum ptt_err ptt_sip_new(
	struct ptt_sip **out, const struct ptt_sip_options *options) PTT_MUST_CHECK;
/** Frees the dialogs without a BYE and without an event. NULL is fine. */
void ptt_sip_free(struct ptt_sip *sip);

/** A request from the host's default leg. True: it is handled here, and so is @p irq. False: the
 *  request is for another service, or for none. */
bool ptt_sip_on_request(struct ptt_sip *sip, nta_incoming_t *irq, const sip_t *msg);
/** A response from the host's default outgoing: it matches no transaction of NTA. True: it is
 *  handled here. */
bool ptt_sip_on_response(struct ptt_sip *sip, nta_outgoing_t *orq, const sip_t *msg);
/** From now on an initial INVITE gets 503 with Retry-After @p retry_after_s; 0 ends the drain. */
void ptt_sip_set_draining(struct ptt_sip *sip, uint32_t retry_after_s);
/** New limits after a reload of the configuration. */
void ptt_sip_set_overload(struct ptt_sip *sip, const struct ptt_overload_limits *limits);
/** From now on every request gets 503 and every response is dropped: the owner is being freed. */
void ptt_sip_set_closing(struct ptt_sip *sip);
/** Requests under way in either direction. A drain may end when it is 0. */
size_t ptt_sip_pending(const struct ptt_sip *sip);

struct ptt_sip_response {
	uint16_t status;
	const char *phrase;     /**< NULL: the phrase of RFC 3261 */
	struct ptt_bytes body;  /**< application/sdp */
	uint32_t retry_after_s; /**< 0: no Retry-After */
	uint32_t expires_s;     /**< 200 to SUBSCRIBE: the granted duration */
	const char *warning;    /**< the whole Warning value, or NULL */
};
/** Sends the final response and frees @p req. NTA repeats a 2xx to an INVITE until its ACK.
 *  Errors: SYSTEM: not sent. */
enum ptt_err ptt_sip_respond(struct ptt_sip_request *req, const struct ptt_sip_response *response);

/** True if ptt_sip_offer() would not return BUSY: no offer of either side is under way. Call it
 *  before work on the body. False: on_ready or on_offer_result follows. */
bool ptt_sip_can_offer(struct ptt_dialog *dialog);
/** Send offers of this dialog by UPDATE (RFC 3311) if the peer's Allow lists it. */
void ptt_sip_want_update(struct ptt_dialog *dialog, bool wanted);
/**
 * Sends @p body in a re-INVITE or UPDATE, repeats the same bytes until the final response, and
 * sends the ACK. on_offer_result gets @p cookie back.
 * Errors: BUSY: an offer is under way (on_ready or on_offer_result follows); EXHAUSTED: reserve
 * CSeq first; NO_SPACE: over 1300 bytes, and the configuration refuses that; SYSTEM: not sent.
 */
enum ptt_err ptt_sip_offer(
	struct ptt_dialog *dialog, const char *body, size_t len, uint32_t cookie) PTT_MUST_CHECK;
/** Sends BYE with @p reason ("SIP;cause=403;text=\"expelled\"" or NULL). No event follows, and the
 *  caller must not use @p dialog any more. */
void ptt_sip_bye(struct ptt_dialog *dialog, const char *reason);
/** Frees a dialog that is gone (408, 481): no BYE, no event. */
void ptt_sip_drop(struct ptt_dialog *dialog);
/** Restores a dialog after a restart. Errors: MALFORMED; BUSY: it exists already; SYSTEM. */
enum ptt_err ptt_sip_restore(struct ptt_sip *sip, struct ptt_dialog **out,
	const struct ptt_dialog_row *row) PTT_MUST_CHECK;

#endif
