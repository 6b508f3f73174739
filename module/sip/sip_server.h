/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file sip_server.h
 * The SIP of the server: requests in, answers out, dialogs, digest, the offers of a re-key.
 *
 * The host owns the agent (made with NTATAG_UA(1)), its default leg and its default outgoing; both
 * hand over here. The conference sits above, sees only authenticated requests and never a SIP
 * header. All on the SIP thread.
 * Spec: RFC 3261, 3311 (UPDATE), 3515/4488 (REFER), 8760 (digest); wire profile sections 2 and 4.
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
	su_root_t *root;
	nta_agent_t *agent;
	const char *naf_fqdn;        /**< the digest realm is 3GPP-bootstrapping@ this */
	enum ptt_hash_alg digest[2]; /**< challenges, in this order; count 0 = MD5, SHA-256 */
	size_t digest_count;
	struct ptt_naf_source *naf;
	const struct ptt_sip_events *events;
	void *ctx;
	const char *const *trusted; /**< addresses whose P-Asserted-Identity counts */
	size_t trusted_count;
	enum ptt_sip_over_mtu over_mtu;
	bool own_default; /**< the host has no default outgoing: this makes and ends one */
	enum ptt_udp_io udp_io;
	uint32_t t1_ms;                      /**< of offers; 0 = 500 */
	uint32_t nonce_life_s;               /**< 0 = 300 */
	uint32_t session_min_s;              /**< Min-SE (RFC 4028); 0 = 90 */
	struct ptt_overload_limits overload; /**< zeroed: nobody is turned away */
};

/** To be called before the process makes its first agent; once is enough. Sofia does not tell the
 *  descriptors of its sockets later. False: offers go by Sofia's transport. */
bool ptt_sip_preinit(void);
/** Keeps: agent, root, naf, events, ctx; copies the texts. Errors: SYSTEM, BUSY (own_default:
 *  there is one). */
enum ptt_err ptt_sip_new(
	struct ptt_sip **out, const struct ptt_sip_options *options) PTT_MUST_CHECK;
/** No BYE is sent and no callback is made; dialogs are freed. NULL is fine. */
void ptt_sip_free(struct ptt_sip *sip);

/** From the host's default leg. True: ours (the transaction too); false: another service's or
 *  nobody's. */
bool ptt_sip_on_request(struct ptt_sip *sip, nta_incoming_t *irq, const sip_t *msg);
/** From the host's default outgoing: a response that matches no transaction of NTA. */
bool ptt_sip_on_response(struct ptt_sip *sip, nta_outgoing_t *orq, const sip_t *msg);
/** Initial INVITEs are answered 503 with @p retry_after_s from now on; 0 ends it. */
void ptt_sip_set_draining(struct ptt_sip *sip, uint32_t retry_after_s);
/** After a reload. */
void ptt_sip_set_overload(struct ptt_sip *sip, const struct ptt_overload_limits *limits);
/** From now on every request gets 503 and every response is dropped: the conference is being taken down. */
void ptt_sip_set_closing(struct ptt_sip *sip);
/** INVITEs, offers and BYEs under way; for the end of a drain. */
size_t ptt_sip_pending(const struct ptt_sip *sip);

struct ptt_sip_response {
	uint16_t status;
	const char *phrase;     /**< NULL: the usual one */
	struct ptt_bytes body;  /**< application/sdp */
	uint32_t retry_after_s; /**< 0: none */
	uint32_t expires_s;     /**< 200 to SUBSCRIBE: what is granted */
	const char *warning;    /**< whole Warning value, or NULL */
};
/** The final answer; @p req is gone. A 2xx to an INVITE is repeated until its ACK. Errors:
 *  SYSTEM: not sent. */
enum ptt_err ptt_sip_respond(struct ptt_sip_request *req, const struct ptt_sip_response *answer);

/** True if ptt_sip_offer() would not be BUSY: no offer of either side is under way. Ask before
 *  sealing a key. False: on_ready or on_offer_result follows. */
bool ptt_sip_can_offer(struct ptt_dialog *dialog);
/** Offers of this dialog are to go by UPDATE (RFC 3311) where the peer's Allow has it. */
void ptt_sip_want_update(struct ptt_dialog *dialog, bool wanted);
/**
 * Sends @p body in a re-INVITE or UPDATE; identical bytes are repeated until the final answer, which is ACKed
 * here.
 * Errors: BUSY: an offer is under way (on_ready or on_offer_result follows); EXHAUSTED: reserve
 * CSeq first; NO_SPACE: over 1300 bytes and refused by configuration; SYSTEM: not sent.
 */
enum ptt_err ptt_sip_offer(
	struct ptt_dialog *dialog, const char *body, size_t len, uint32_t cookie) PTT_MUST_CHECK;
/** Sends BYE with @p reason ("SIP;cause=403;text=\"expelled\"" or NULL); the dialog is freed, no
 *  callback. */
void ptt_sip_bye(struct ptt_dialog *dialog, const char *reason);
/** Forgets a dialog that is gone (408, 481): no BYE, no callback. */
void ptt_sip_drop(struct ptt_dialog *dialog);
/** Takes a dialog up again after a restart. Errors: MALFORMED, BUSY (it exists), SYSTEM. */
enum ptt_err ptt_sip_restore(struct ptt_sip *sip, struct ptt_dialog **out,
	const struct ptt_dialog_row *row) PTT_MUST_CHECK;

#endif
