/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file sip_server.h
 * The SIP of the server: requests in, answers out, dialogs, digest, the offers of a re-key.
 *
 * The host owns the agent (made with NTATAG_UA(1)), its default leg and its default outgoing; both hand over
 * here. The conference sits above, sees only authenticated requests and never a SIP header. All on the SIP thread.
 * Spec: RFC 3261, 3311 (UPDATE), 3515/4488 (REFER), 8760 (digest); wire profile sections 2 and 4.
 */
#ifndef PTT_SIP_SERVER_H
#define PTT_SIP_SERVER_H

#include <sofia-sip/nta.h>

#include "crypto/digest.h"
#include "module/gba/naf_source.h"
#include "module/server/dialog.h"

struct ptt_sip;
/** A request that waits for ptt_sip_answer(). Gone after a final answer and after on_cancel. */
struct ptt_sip_request;

/** What a request says. All borrowed, for the call only. */
struct ptt_sip_info {
	const char *request_uri;  /**< initial INVITE: the group: scheme:user@host[:port], no parameters */
	const char *from_uri;     /**< proven to be one of the subscriber's; the same form */
	const char *content_type; /**< "" if absent */
	struct ptt_bytes body;
	/** The authenticated subscriber: IMPI, IMPUs, MUK. NULL in on_ack and on_bye. */
	const struct ptt_naf_keys *keys;
	const char *btid;
	struct ptt_dialog *dialog; /**< NULL for a REFER outside */
	bool is_update;
	const char *target; /**< REFER: the victim's URI; its method is BYE (anything else is answered here: 501) */
};

/** The end of an offer: final answer, or none. Borrowed, for the call only. */
struct ptt_sip_result {
	uint16_t status;          /**< 408 with @ref timed_out; 503 if it could not be sent */
	bool timed_out;           /**< Timer B */
	bool from_former_process; /**< 200 to an offer of before a restart: ACKed, settles nobody; cookie is 0 */
	const char *content_type;
	struct ptt_bytes body;
	uint32_t retry_after_s; /**< 0: none */
	uint32_t glare_ms;      /**< 491: try again after so long (RFC 3261 14.1; already random) */
	uint16_t warning;       /**< code of the Warning header (306), or 0 */
};

enum ptt_sip_gone { PTT_SIP_GONE_BYE, PTT_SIP_GONE_NO_ACK, PTT_SIP_GONE_STOPPED };

struct ptt_sip_events {
	/** Initial INVITE. Answer now or later; info->dialog exists, and ends by itself if the answer is not 2xx. */
	void (*on_invite)(void *ctx, struct ptt_sip_request *req, const struct ptt_sip_info *info);
	/** re-INVITE with or without body (pull), or UPDATE with body. A re-INVITE during an offer is answered 491 here. */
	void (*on_reinvite)(void *ctx, struct ptt_sip_request *req, const struct ptt_sip_info *info);
	/** ACK of a 2xx to an INVITE, with its body if any. Once for each 2xx. */
	void (*on_ack)(void *ctx, struct ptt_dialog *dialog, const struct ptt_sip_info *info);
	/** CANCEL of an unanswered INVITE: 487 is sent; @p req, and the dialog if it was initial, end on return. */
	void (*on_cancel)(void *ctx, struct ptt_sip_request *req, struct ptt_dialog *dialog);
	/** The dialog has ended (200 to BYE is sent; after a lost ACK our BYE is sent); it is freed on return. */
	void (*on_gone)(void *ctx, struct ptt_dialog *dialog, enum ptt_sip_gone why);
	/** REFER ...;method=BYE. Answer 202 once the expulsion is durable, or 403, 404. NOTIFY is sent here. */
	void (*on_refer)(void *ctx, struct ptt_sip_request *req, const struct ptt_sip_info *info);
	/** Once for each ptt_sip_offer() that returned OK, unless the dialog ended before. Never from within it. */
	void (*on_offer_result)(void *ctx, struct ptt_dialog *dialog, uint32_t cookie,
				const struct ptt_sip_result *result);
	/** An offer that was BUSY can go now (the peer's own INVITE is over). May be NULL. */
	void (*on_ready)(void *ctx, struct ptt_dialog *dialog);
};

/** What a request over 1300 bytes to a peer on UDP does (RFC 3261 18.1.1); it is counted in every case. */
enum ptt_sip_over_mtu { PTT_SIP_OVER_MTU_SEND, PTT_SIP_OVER_MTU_TCP, PTT_SIP_OVER_MTU_REFUSE };

struct ptt_sip_options {
	su_root_t *root;
	nta_agent_t *agent;
	const char *naf_fqdn; /**< the digest realm is 3GPP-bootstrapping@ this */
	enum ptt_hash_alg digest[2]; /**< challenges, in this order; count 0 = MD5, SHA-256 */
	size_t digest_count;
	struct ptt_naf_source *naf;
	const struct ptt_sip_events *events;
	void *ctx;
	const char *const *trusted; /**< addresses whose P-Asserted-Identity counts */
	size_t trusted_count;
	enum ptt_sip_over_mtu over_mtu;
	uint32_t t1_ms;        /**< of offers; 0 = 500 */
	uint32_t nonce_life_s; /**< 0 = 300 */
};

/** Keeps: agent, root, naf, events, ctx; copies the texts. Errors: SYSTEM. */
enum ptt_err ptt_sip_new(struct ptt_sip **out, const struct ptt_sip_options *options) PTT_MUST_CHECK;
/** No BYE is sent and no callback is made; dialogs are freed. NULL is fine. */
void ptt_sip_free(struct ptt_sip *sip);

/** From the host's default leg. True: ours (the transaction too); false: another service's or nobody's. */
bool ptt_sip_on_request(struct ptt_sip *sip, nta_incoming_t *irq, const sip_t *msg);
/** From the host's default outgoing: a response that matches no transaction of NTA. */
bool ptt_sip_on_response(struct ptt_sip *sip, nta_outgoing_t *orq, const sip_t *msg);
/** Initial INVITEs are answered 503 with @p retry_after_s from now on; 0 ends it. */
void ptt_sip_set_draining(struct ptt_sip *sip, uint32_t retry_after_s);
/** INVITEs, offers and BYEs under way; for the end of a drain. */
size_t ptt_sip_pending(const struct ptt_sip *sip);

struct ptt_sip_answer {
	uint16_t status;
	const char *phrase; /**< NULL: the usual one */
	struct ptt_bytes body; /**< application/sdp */
	uint32_t retry_after_s; /**< 0: none */
	const char *warning;    /**< whole Warning value, or NULL */
};
/** The final answer; @p req is gone. A 2xx to an INVITE is repeated until its ACK. Errors: SYSTEM: not sent. */
enum ptt_err ptt_sip_answer(struct ptt_sip_request *req, const struct ptt_sip_answer *answer);

/** True if ptt_sip_offer() would not be BUSY: no INVITE of either side is under way. Ask before sealing a key. */
bool ptt_sip_can_offer(const struct ptt_dialog *dialog);
/**
 * Sends @p body in a re-INVITE; identical bytes are repeated until the final answer, which is ACKed here.
 * Errors: BUSY: an INVITE is under way (on_ready or on_offer_result follows); EXHAUSTED: reserve CSeq first;
 * NO_SPACE: over 1300 bytes and refused by configuration; SYSTEM: not sent.
 */
enum ptt_err ptt_sip_offer(struct ptt_dialog *dialog, const char *body, size_t len, uint32_t cookie)
	PTT_MUST_CHECK;
/** Sends BYE with @p reason ("SIP;cause=403;text=\"expelled\"" or NULL); the dialog is freed, no callback. */
void ptt_sip_bye(struct ptt_dialog *dialog, const char *reason);
/** Forgets a dialog that is gone (408, 481): no BYE, no callback. */
void ptt_sip_drop(struct ptt_dialog *dialog);
/** Takes a dialog up again after a restart. Errors: MALFORMED, BUSY (it exists), SYSTEM. */
enum ptt_err ptt_sip_restore(struct ptt_sip *sip, struct ptt_dialog **out, const struct ptt_dialog_row *row)
	PTT_MUST_CHECK;

#endif
