/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file sip_internal.h
 * What the files of module/sip share. No other room includes it.
 *
 * The files stand in layers: each calls only files further down, but sip_request.c and sip_dialog.c
 * call each other.
 * - sip_server.c: entry points, one function a method, start and stop
 * - sip_load.c: measures overload; sip_shed.c: refuses at the socket
 * - sip_auth.c: digest
 * - sip_deliver.c: checks the identity, calls the owner's event
 * - sip_subscribe.c: SUBSCRIBE and NOTIFY
 * - sip_respond.c: the final response to a request; sip_offer.c: our offers in a dialog
 * - sip_request.c: life of a request that waits; sip_dialog.c: INVITE, ACK, BYE, restart
 * - sip_overload.c: which requests are shed; sip_session.c: session timers
 * - sip_send.c: BYE and NOTIFY
 * - listener.c: local addresses; sip_io.c: how offers leave by UDP, how responses are read
 * - sip_checks.c: form and order of a request
 * - sip_reply.c: refusals; sip_text.c: texts out of messages; sip_turn.c: the loop's hook
 */
#ifndef PTT_SIP_INTERNAL_H
#define PTT_SIP_INTERNAL_H

#include <sofia-sip/msg_addr.h>
#include <sofia-sip/nta_tport.h>
#include <sofia-sip/sip_extra.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_protos.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/su_string.h>
#include <sofia-sip/su_tagarg.h>

#include "module/sip/digest_auth.h"
#include "module/sip/offer_tx.h"
#include "module/sip/sip_server.h"
#include "module/sip/sip_watch.h"

#define PTT_SIP_ALLOW        "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, REFER, SUBSCRIBE"
#define PTT_SIP_EVENTS       "conference"
#define PTT_SIP_SUPPORTED    "norefersub, timer"
#define PTT_SIP_ACCEPT       "application/sdp, multipart/mixed, application/resource-lists+xml"
#define PTT_SIP_BODY_MAX     32768 /**< bytes; a larger body gets 413 */
#define PTT_SIP_SESSION_MAX  86400 /**< seconds; a longer session timer is shortened */
#define PTT_SIP_ENDS_A_MS    4     /**< expired sessions ended per ms; each costs about 100 us */
#define PTT_SIP_SESSION_SIZE 32    /**< bytes of a Session-Expires value, with NUL */
/** Reason header of the BYE that ends an expired session. */
#define PTT_SIP_REASON_EXPIRED "SIP;cause=408;text=\"session expired\""
#define PTT_SIP_URI_SIZE       256 /**< bytes, with NUL; a longer URI of a peer is refused */

struct ptt_sip_out;  /* sip_send.c */
struct ptt_sip_load; /* sip_load.c */

/** What the expiry of a session timer asks sip_dialog.c to do. */
enum ptt_sip_session_due {
	PTT_SIP_SESSION_NOTHING,
	PTT_SIP_SESSION_REFRESH, /**< send an offer */
	PTT_SIP_SESSION_EXPIRED  /**< nobody refreshed: end the dialog */
};

/** Gets the final status of a request of ours; 408: no response. */
typedef void ptt_sip_out_done_fn(void *ctx, int status);

struct ptt_sip {
	/* the host's and the owner's */
	su_root_t *root;
	nta_agent_t *agent;
	nta_outgoing_t *own_default; /**< NULL: the host has its own */
	const struct ptt_sip_events *events;
	void *ctx;

	/* parts */
	struct ptt_naf_source *naf;
	struct ptt_digest_auth *digest;
	struct ptt_offer_tx *offers;
	struct ptt_sip_load *load;
	struct ptt_overload overload;

	/* calls of a lower layer into a higher one */
	void (*on_session_due)(struct ptt_dialog *dialog, enum ptt_sip_session_due due);
	void (*on_turn)(struct ptt_sip *sip); /**< in each turn of the loop, before it waits */

	/* contents */
	struct ptt_table dialogs;
	struct ptt_table watches; /**< dialogs of subscriptions */
	struct ptt_listener *listeners;
	struct ptt_sip_request *requests; /**< requests without a final response */
	struct ptt_sip_out *outs;         /**< BYE and NOTIFY under way */
	size_t unacked;                   /**< dialogs in PTT_UAS_UNACKED */
	uint64_t ended; /**< number of ended dialogs; shows if an event ended the present one */

	/* configuration */
	char **trusted;
	size_t trusted_count;
	enum ptt_udp_io udp_io;
	uint32_t session_min_s; /**< a shorter session timer gets 422 */
	uint32_t draining_s;    /**< Retry-After while draining; 0: not draining */

	/* state */
	int64_t next_end; /**< next free place for an expired session: ms * PTT_SIP_ENDS_A_MS */
	bool hooked;      /**< the prepoll hook is in the root */
	bool closing;     /**< by ptt_sip_set_closing() */
};

struct ptt_sip_request {
	struct ptt_sip_request *next, **link;
	struct ptt_sip *sip;
	nta_incoming_t *irq;
	msg_t *msg; /**< a reference */
	const sip_t *in;
	struct ptt_dialog *dialog; /**< NULL: initial INVITE before authentication, or no dialog */
	bool delivered;            /**< the owner has it by an event */

	/* digest */
	const msg_auth_t *cred_next; /**< next Authorization to try */
	struct ptt_digest_cred cred; /**< the one being tried */
	uint8_t creds_tried;
	bool stale;      /**< one had the right password and an old nonce */
	bool unknown;    /**< no B-TID so far is known */
	bool looking_up; /**< the NAF source is looking up the keys */
};

/* sip_text.c */
/** Writes scheme:user@host[:port]. Errors: MALFORMED: no SIP URI; NO_SPACE. */
enum ptt_err ptt_sip_uri_put(char out[PTT_SIP_URI_SIZE], const url_t *url) PTT_MUST_CHECK;
/** Writes a remote target: with parameters, without headers. Errors: as ptt_sip_uri_put(). */
enum ptt_err ptt_sip_target_put(char *out, size_t size, const url_t *url) PTT_MUST_CHECK;
/** Writes the route set from Record-Route, in that order. Errors: MALFORMED, NO_SPACE. */
enum ptt_err ptt_sip_route_put(
	char *out, size_t size, const sip_record_route_t *list) PTT_MUST_CHECK;
/** Writes the source address of the message as "host:port". */
void ptt_sip_peer_put(char *out, size_t size, msg_t *msg);
/** Sets body and content_type of @p info. */
void ptt_sip_body_get(struct ptt_sip_info *info, const sip_t *in);

/* listener.c */
/** The listener of a transport (primary or connection). Makes it if it is new. NULL: no memory. */
const struct ptt_listener *ptt_sip_listener(struct ptt_sip *sip, tport_t *tport);
void ptt_sip_find_listeners(struct ptt_sip *sip);
void ptt_sip_free_listeners(struct ptt_sip *sip);

/* sip_send.c */
/** Sends a BYE or NOTIFY in @p dialog and ignores its response. @p tag: more headers. */
void ptt_sip_send(struct ptt_sip *sip, struct ptt_dialog *dialog, sip_method_t method,
	const char *name, tag_type_t tag, tag_value_t value, ...);
/** Sends a NOTIFY; @p done gets its final status. NULL: not sent. */
struct ptt_sip_out *ptt_sip_send_notify(struct ptt_dialog *dialog, ptt_sip_out_done_fn *done,
	void *ctx, tag_type_t tag, tag_value_t value, ...);
/** The NOTIFY goes on, but without a call of its done function. */
void ptt_sip_forget_notify(struct ptt_sip_out *out);
void ptt_sip_free_outs(struct ptt_sip *sip);
size_t ptt_sip_out_count(const struct ptt_sip *sip);

/* sip_io.c */
/** Chooses how offers leave by a UDP listener and how their responses are read; counts and logs the
 *  choice. */
void ptt_sip_io_open(struct ptt_sip *sip, struct ptt_listener *listener);
void ptt_sip_io_close(struct ptt_listener *listener);
/** In each turn: reads the responses to offers from the sockets. */
void ptt_sip_io_turn(struct ptt_sip *sip);

/* sip_turn.c */
/** From now on sip->on_turn is called in each turn. False: another hook is in the root. */
bool ptt_sip_turn_hook(struct ptt_sip *sip);
void ptt_sip_turn_unhook(struct ptt_sip *sip);

/* sip_request.c */
struct ptt_sip_request *ptt_sip_request_new(
	struct ptt_sip *sip, nta_incoming_t *irq, struct ptt_dialog *dialog);
/** Unlinks and frees the request and cancels its look-up. The transaction is not touched. */
void ptt_sip_request_free(struct ptt_sip_request *req);
/** Sends a final response without a body and frees the request. */
void ptt_sip_request_refuse(struct ptt_sip_request *req, int status, const char *phrase);
/** Is there a request with this Call-ID that has no final response yet? */
bool ptt_sip_request_waits(const struct ptt_sip *sip, struct ptt_bytes call_id);
/** Is it an INVITE without a To tag? It makes a dialog, and a response other than 2xx frees
 *  that. */
bool ptt_sip_request_is_initial(const struct ptt_sip_request *req);
uint32_t ptt_sip_request_count(const struct ptt_sip *sip);

/* sip_deliver.c */
/** The digest of the request is good: checks its identity and calls the owner's event. */
void ptt_sip_request_proven(struct ptt_sip_request *req, const struct ptt_naf_keys *keys);

/* sip_reply.c */
/** Sends a final response without a body, with the headers @p tag, and destroys @p irq. */
void ptt_sip_refuse(nta_incoming_t *irq, int status, const char *phrase, tag_type_t tag,
	tag_value_t value, ...);

/* sip_checks.c; true: the request was refused */
bool ptt_sip_refused_form(nta_incoming_t *irq, const sip_t *in);
bool ptt_sip_refused_order(nta_incoming_t *irq, struct ptt_dialog *dialog, const sip_t *in);

/* sip_load.c */
/** Errors: SYSTEM. Call ptt_sip_load_free() in any case. */
enum ptt_err ptt_sip_load_open(
	struct ptt_sip *sip, const struct ptt_overload_limits *limits) PTT_MUST_CHECK;
void ptt_sip_load_free(struct ptt_sip *sip);
/** In each turn of the loop, before it waits: during an overload, measures and sheds. */
void ptt_sip_load_turn(struct ptt_sip *sip);

/* sip_overload.c */
/** Refuses an initial INVITE or SUBSCRIBE with 503 during a drain or an overload. True: refused. */
bool ptt_sip_turned_away(struct ptt_sip *sip, nta_incoming_t *irq, const sip_t *in);
/** Would a join be shed now? */
bool ptt_sip_sheds(const struct ptt_sip *sip, bool has_credentials);
/** Counts a join without credentials that gets a challenge. */
void ptt_sip_let_in(struct ptt_sip *sip);
/** Counts a join with credentials that got its final response. */
void ptt_sip_join_done(struct ptt_sip *sip);
/** Counts a shed request. @return seconds for its Retry-After */
uint32_t ptt_sip_count_shed(struct ptt_sip *sip, bool is_join);

/* sip_shed.c */
struct ptt_sip_shed;
/** From now on new joins that come to @p fd get their response before Sofia reads them: when a
 *  datagram wakes the loop, and in ptt_sip_shed_run(). @p fd: a duplicate of a datagram socket of
 *  the agent. NULL: not possible; Sofia reads them one by one, as on TCP. Keeps: @p fd. */
struct ptt_sip_shed *ptt_sip_shed_begin(struct ptt_sip *sip, const int *fd);
/** NULL is fine, also for ptt_sip_shed_end(). */
void ptt_sip_shed_run(struct ptt_sip_shed *shed);
void ptt_sip_shed_end(struct ptt_sip_shed *shed);

/* sip_session.c */
/** True: Session-Expires is below our minimum, and the request got 422. */
bool ptt_sip_session_refused(const struct ptt_sip *sip, nta_incoming_t *irq, const sip_t *in);
/** Sets the session timer that our 2xx to the peer's INVITE or UPDATE agrees to. */
void ptt_sip_session_take_request(struct ptt_dialog *dialog, const sip_t *in);
/** A 422 (Session Interval Too Small): the next offer names the interval it asks for. @return
 *  whether to offer again at once */
bool ptt_sip_session_too_short(struct ptt_dialog *dialog, const sip_t *response);
/** A 2xx to our offer: sets and starts the session timer. */
void ptt_sip_session_take_response(struct ptt_dialog *dialog, const sip_t *response);
/** Writes the value of Session-Expires, or "". @p uac: for a request of ours */
void ptt_sip_session_put(char out[PTT_SIP_SESSION_SIZE], const struct ptt_dialog *dialog, bool uac);
/** Restarts the timer after a 2xx in either direction. */
void ptt_sip_session_arm(struct ptt_dialog *dialog);
/** Starts the timer of a dialog restored after a restart. */
void ptt_sip_session_restore(struct ptt_dialog *dialog);

/* sip_subscribe.c */
/** The dialog of a subscription, or NULL. */
struct ptt_dialog *ptt_sip_watch_of(const struct ptt_sip *sip, const sip_t *in);
/** Checks a SUBSCRIBE. True: it was refused. */
bool ptt_sip_refused_subscribe(
	struct ptt_sip *sip, nta_incoming_t *irq, const struct ptt_dialog *dialog, const sip_t *in);
/** Sets the fields of @p info for on_subscribe. */
void ptt_sip_watch_info(struct ptt_sip_info *info, const struct ptt_sip_request *req);
void ptt_sip_free_watches(struct ptt_sip *sip);

/* sip_auth.c */
/** Makes a request that waits, checks its digest, and calls ptt_sip_request_proven(). */
void ptt_sip_authenticate(struct ptt_sip *sip, nta_incoming_t *irq, struct ptt_dialog *dialog);
/** The same for a request made already. @p req NULL: no memory, 500. */
void ptt_sip_authenticate_request(struct ptt_sip_request *req, nta_incoming_t *irq);

/* sip_dialog.c */
struct ptt_dialog *ptt_sip_dialog_of(const struct ptt_sip *sip, const sip_t *in);
/** Makes the dialog of an initial INVITE. False: it was refused, and @p req is freed. */
bool ptt_sip_invite_new(struct ptt_sip_request *req, const struct ptt_sip_info *info);
/** Sets listener, connection and peer of the dialog by an authenticated request in it. */
void ptt_sip_invite_came(struct ptt_dialog *dialog, const struct ptt_sip_request *req);
/** Makes a dialog from an INVITE, a SUBSCRIBE, or a REFER outside a dialog (@p info NULL). It is in
 *  no table yet. Errors: MALFORMED: no Contact; NO_SPACE; SYSTEM. */
enum ptt_err ptt_sip_dialog_make(struct ptt_dialog **out, const struct ptt_sip_request *req,
	const struct ptt_sip_info *info) PTT_MUST_CHECK;
/** Refuses the requests that wait in @p dialog, which is about to end. A REFER that the owner has
 *  stays. */
void ptt_sip_refuse_waiting(struct ptt_dialog *dialog, int status, const char *phrase);
/** The listener that the request came in on. NULL: no memory. */
const struct ptt_listener *ptt_sip_listener_of(const struct ptt_sip_request *req);
/** A 2xx was sent: waits for its ACK. */
void ptt_sip_invite_accepted(struct ptt_dialog *dialog, nta_incoming_t *irq);
/** A BYE of the peer: ends the dialog at once, without waiting for a response to our offer. */
void ptt_sip_bye_received(struct ptt_sip *sip, struct ptt_dialog *dialog, nta_incoming_t *irq);
/** The peer's INVITE or UPDATE is over: ends an ended dialog, or calls on_ready. */
void ptt_sip_uas_idle(struct ptt_dialog *dialog);
/** Frees the dialog, its offer, and the requests that wait in it. */
void ptt_sip_dialog_end(struct ptt_dialog *dialog);
/** Sends a BYE that waited, and ends an ended dialog, once no INVITE is under way. */
void ptt_sip_dialog_end_if_quiet(struct ptt_dialog *dialog);
/** Implements on_session_due of struct ptt_sip. */
void ptt_sip_on_session_due(struct ptt_dialog *dialog, enum ptt_sip_session_due due);

/* sip_offer.c */
/** Implements ptt_offer_done_fn. */
void ptt_sip_offer_done(void *ctx, struct ptt_dialog *dialog, uint32_t cookie,
	const struct ptt_sip_result *result, const sip_t *response);

#endif
