/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file sip_internal.h
 * What the files of the SIP server share; nobody else includes it.
 *
 * In layers: a file calls those below it only (sip_request.c and sip_dialog.c each other).
 * - sip_server.c: entry points, one function a method, start and stop
 * - sip_auth.c: digest
 * - sip_deliver.c: identity; an authenticated request goes to the group
 * - sip_subscribe.c: SUBSCRIBE and NOTIFY
 * - sip_respond.c: the final response to a request
 * - sip_offer.c: our offers in a dialog
 * - sip_request.c: life of a request that waits; sip_dialog.c: dialogs: INVITE, ACK, BYE, restart
 * - sip_load.c: measures overload; sip_shed.c: refuses at the socket
 * - sip_overload.c: decides whom to turn away
 * - sip_session.c: session timers
 * - sip_send.c: BYE and NOTIFY
 * - listener.c: our addresses; sip_io.c: how offers leave by UDP, and how responses come
 * - sip_checks.c: form and order of a request
 * - sip_reply.c, sip_text.c, sip_turn.c: refusals; URIs and texts out of messages; the loop's hook
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
#define PTT_SIP_BODY_MAX     32768 /**< bytes; 413 beyond */
#define PTT_SIP_SESSION_MAX  86400 /**< s; a longer session timer is shortened */
#define PTT_SIP_ENDS_A_MS    4     /**< sessions that end for want of a refresh: some 100 us each */
#define PTT_SIP_SESSION_SIZE 32    /**< text of a Session-Expires header, with NUL */
/** What a BYE says whose session was not refreshed. */
#define PTT_SIP_REASON_EXPIRED "SIP;cause=408;text=\"session expired\""
#define PTT_SIP_URI_SIZE       256 /**< with NUL; a longer URI of a peer is refused */

struct ptt_sip_out;  /* sip_send.c */
struct ptt_sip_load; /* sip_overload.c */

/** What a session timer that went off asks of the dialog's owner. */
enum ptt_sip_session_due {
	PTT_SIP_SESSION_NOTHING,
	PTT_SIP_SESSION_REFRESH, /**< an offer of ours is due */
	PTT_SIP_SESSION_EXPIRED  /**< nobody refreshed: the dialog ends */
};

/** The final status of a request of ours; 408: none came. */
typedef void ptt_sip_out_done_fn(void *ctx, int status);

struct ptt_sip {
	su_root_t *root;
	nta_agent_t *agent;
	struct ptt_naf_source *naf;
	const struct ptt_sip_events *events;
	void *ctx;
	void (*on_session_due)(struct ptt_dialog *dialog, enum ptt_sip_session_due due);
	void (*on_turn)(struct ptt_sip *sip); /**< in each turn of the loop, before it waits */
	struct ptt_digest_auth *digest;
	struct ptt_offer_tx *offers;
	struct ptt_sip_load *load;
	struct ptt_overload overload;
	nta_outgoing_t *own_default; /**< NULL: the host's */
	struct ptt_table dialogs;
	struct ptt_table watches; /**< dialogs of subscriptions */
	struct ptt_listener *listeners;
	struct ptt_sip_request *requests; /**< those that wait */
	struct ptt_sip_out *outs;         /**< BYE and NOTIFY under way */
	char **trusted;
	size_t trusted_count;
	size_t unacked; /**< 2xx that wait for their ACK */
	uint64_t ended; /**< counts dialogs freed: a callback may have freed the one at hand */
	uint32_t draining_s;
	enum ptt_udp_io udp_io;
	uint32_t session_min_s; /**< shorter session timers get 422 */
	int64_t next_end; /**< when the next expired session may end, in PTT_SIP_ENDS_A_MS of a ms */
	bool hooked;      /**< our prepoll hook is in the root */
	bool closing;
};

struct ptt_sip_request {
	struct ptt_sip_request *next, **link;
	struct ptt_sip *sip;
	nta_incoming_t *irq;
	msg_t *msg; /**< a reference */
	const sip_t *in;
	struct ptt_dialog *dialog; /**< NULL: initial INVITE before authentication, REFER outside */
	const msg_auth_t *cred_next; /**< Authorization to try next */
	struct ptt_digest_cred cred; /**< under test */
	uint8_t creds_tried;
	bool stale;      /**< one had the right password and an old nonce */
	bool unknown;    /**< none had a B-TID that is known */
	bool looking_up; /**< the NAF source has it */
	bool delivered;  /**< the conference has it */
};

/* sip_text.c */
/** scheme:user@host[:port]. Errors: MALFORMED: no SIP URI; NO_SPACE. */
enum ptt_err ptt_sip_uri_put(char out[PTT_SIP_URI_SIZE], const url_t *url) PTT_MUST_CHECK;
/** With parameters, without headers, as a remote target. Errors: as above. */
enum ptt_err ptt_sip_target_put(char *out, size_t size, const url_t *url) PTT_MUST_CHECK;
/** Route set from Record-Route, in that order. Errors: NO_SPACE. */
enum ptt_err ptt_sip_route_put(
	char *out, size_t size, const sip_record_route_t *list) PTT_MUST_CHECK;
/** "host:port" the message came from. */
void ptt_sip_peer_put(char *out, size_t size, msg_t *msg);
/** Body and type. */
void ptt_sip_body_get(struct ptt_sip_info *info, const sip_t *in);

/* listener.c */
/** The listener of a transport (primary or connection); made if it is new. NULL: no memory. */
const struct ptt_listener *ptt_sip_listener(struct ptt_sip *sip, tport_t *tport);
void ptt_sip_find_listeners(struct ptt_sip *sip);
void ptt_sip_free_listeners(struct ptt_sip *sip);

/* sip_send.c */
/** A request in @p dialog that is sent and forgotten: BYE, NOTIFY. @p tags: more headers. */
void ptt_sip_send(struct ptt_sip *sip, struct ptt_dialog *dialog, sip_method_t method,
	const char *name, tag_type_t tag, tag_value_t value, ...);
/** A NOTIFY whose final status @p done gets. NULL: not sent. */
struct ptt_sip_out *ptt_sip_send_notify(struct ptt_dialog *dialog, ptt_sip_out_done_fn *done,
	void *ctx, tag_type_t tag, tag_value_t value, ...);
/** The NOTIFY goes on, but its done function is not called any more. */
void ptt_sip_forget_notify(struct ptt_sip_out *out);
void ptt_sip_free_outs(struct ptt_sip *sip);
size_t ptt_sip_out_count(const struct ptt_sip *sip);

/* sip_io.c */
/** How re-keys leave by a UDP listener, and how their answers come: chosen, counted, and logged. */
void ptt_sip_io_open(struct ptt_sip *sip, struct ptt_listener *listener);
void ptt_sip_io_close(struct ptt_listener *listener);
/** In each turn: takes the responses to offers from the sockets. */
void ptt_sip_io_turn(struct ptt_sip *sip);

/* sip_turn.c */
/** From now on sip->on_turn is called in each turn. False: the root has another's hook. */
bool ptt_sip_turn_hook(struct ptt_sip *sip);
void ptt_sip_turn_unhook(struct ptt_sip *sip);

/* sip_request.c */
struct ptt_sip_request *ptt_sip_request_new(
	struct ptt_sip *sip, nta_incoming_t *irq, struct ptt_dialog *dialog);
/** Unlinked, look-up cancelled; the transaction is not touched. */
void ptt_sip_request_free(struct ptt_sip_request *req);
/** Final response without body; the request is gone. */
void ptt_sip_request_refuse(struct ptt_sip_request *req, int status, const char *phrase);
/** It is being worked on. */
bool ptt_sip_request_waits(const struct ptt_sip *sip, struct ptt_bytes call_id);
/** Did the request make its dialog? */
bool ptt_sip_request_is_initial(const struct ptt_sip_request *req);
uint32_t ptt_sip_request_count(const struct ptt_sip *sip);

/* sip_deliver.c */
/** Who sent it is proven; goes on by its method. */
void ptt_sip_request_proven(struct ptt_sip_request *req, const struct ptt_naf_keys *keys);

/* sip_reply.c */
/** Final response without body to a transaction nobody waits on. */
void ptt_sip_refuse(nta_incoming_t *irq, int status, const char *phrase, tag_type_t tag,
	tag_value_t value, ...);

/* sip_checks.c; true: it is answered */
bool ptt_sip_refused_form(nta_incoming_t *irq, const sip_t *in);
bool ptt_sip_refused_order(nta_incoming_t *irq, struct ptt_dialog *dialog, const sip_t *in);

/* sip_load.c */
/** Errors: SYSTEM. Free it in any case. */
enum ptt_err ptt_sip_load_open(
	struct ptt_sip *sip, const struct ptt_overload_limits *limits) PTT_MUST_CHECK;
void ptt_sip_load_free(struct ptt_sip *sip);
/** In each turn of the loop, before it waits: while overloaded, the sockets are looked at. */
void ptt_sip_load_turn(struct ptt_sip *sip);

/* sip_overload.c */
/** Answers an initial INVITE or SUBSCRIBE with 503 while draining or overloaded. True: it is. */
bool ptt_sip_turned_away(struct ptt_sip *sip, nta_incoming_t *irq, const sip_t *in);
/** Whether a join is turned away for overload now. */
bool ptt_sip_sheds(const struct ptt_sip *sip, bool has_credentials);
/** A join without credentials is challenged; one with credentials has its final answer. */
void ptt_sip_let_in(struct ptt_sip *sip);
void ptt_sip_join_done(struct ptt_sip *sip);
/** One is turned away for overload; @return his Retry-After */
uint32_t ptt_sip_count_shed(struct ptt_sip *sip, bool is_join);

/* sip_shed.c */
struct ptt_sip_shed;
/** New joins that come to @p fd, a descriptor of ours for a datagram socket of the agent's, are answered
 *  before Sofia sees them: when something comes while the loop waits, and whenever it is run. NULL:
 *  Sofia's messages are answered one by one, as on TCP. Keeps: @p fd. */
struct ptt_sip_shed *ptt_sip_shed_begin(struct ptt_sip *sip, const int *fd);
/** NULL is fine, here and below. */
void ptt_sip_shed_run(struct ptt_sip_shed *shed);
void ptt_sip_shed_end(struct ptt_sip_shed *shed);

/* sip_session.c */
/** Session-Expires below what we take: answered 422. */
bool ptt_sip_session_refused(const struct ptt_sip *sip, nta_incoming_t *irq, const sip_t *in);
/** INVITE or UPDATE of the peer: what is agreed once our 2xx goes. */
void ptt_sip_session_take_request(struct ptt_dialog *dialog, const sip_t *in);
/** Is it a 422 (Session Interval Too Small)? The next offer asks for what it says. @return true if it goes at once. */
bool ptt_sip_session_too_short(struct ptt_dialog *dialog, const sip_t *answer);
/** Final answer to an offer of ours. */
void ptt_sip_session_take_answer(struct ptt_dialog *dialog, const sip_t *answer);
/** The value of Session-Expires, or "". @p uac: in a request of ours */
void ptt_sip_session_put(char out[PTT_SIP_SESSION_SIZE], const struct ptt_dialog *dialog, bool uac);
/** A 2xx is sent, or has come: the time begins anew. */
void ptt_sip_session_arm(struct ptt_dialog *dialog);
/** After a restart. */
void ptt_sip_session_restore(struct ptt_dialog *dialog);

/* sip_subscribe.c */
/** The dialog of a subscription, or NULL. */
struct ptt_dialog *ptt_sip_watch_of(const struct ptt_sip *sip, const sip_t *in);
/** Checks a SUBSCRIBE of good form. True: it is refused. */
bool ptt_sip_refused_subscribe(
	struct ptt_sip *sip, nta_incoming_t *irq, const struct ptt_dialog *dialog, const sip_t *in);
/** Sets what on_subscribe needs of @p info. */
void ptt_sip_watch_info(struct ptt_sip_info *info, const struct ptt_sip_request *req);
void ptt_sip_free_watches(struct ptt_sip *sip);

/* sip_auth.c */
/** Digest, then ptt_sip_request_proven(). */
void ptt_sip_authenticate(struct ptt_sip *sip, nta_incoming_t *irq, struct ptt_dialog *dialog);
/** @p req NULL (no memory): 500 */
void ptt_sip_authenticate_request(struct ptt_sip_request *req, nta_incoming_t *irq);

/* sip_dialog.c */
struct ptt_dialog *ptt_sip_dialog_of(const struct ptt_sip *sip, const sip_t *in);
/** Makes the dialog of an initial INVITE. False: it is refused, @p req is gone. */
bool ptt_sip_invite_new(struct ptt_sip_request *req, const struct ptt_sip_info *info);
/** Notes where a proven request in a dialog came from. */
void ptt_sip_invite_came(struct ptt_dialog *dialog, const struct ptt_sip_request *req);
/** A dialog from a request, in no table: of an INVITE, of a SUBSCRIBE, of a REFER outside (@p info
 *  NULL). Errors: MALFORMED: no Contact; NO_SPACE; SYSTEM. */
enum ptt_err ptt_sip_dialog_make(struct ptt_dialog **out, const struct ptt_sip_request *req,
	const struct ptt_sip_info *info) PTT_MUST_CHECK;
/** Requests in @p dialog that wait for keys or an answer; it is about to end. */
void ptt_sip_refuse_waiting(struct ptt_dialog *dialog, int status, const char *phrase);
/** The listener that a request came in on; NULL: no memory. */
const struct ptt_listener *ptt_sip_listener_of(const struct ptt_sip_request *req);
/** Binds a 2xx to its ACK. */
void ptt_sip_invite_answered(struct ptt_dialog *dialog, nta_incoming_t *irq);
void ptt_sip_bye_received(struct ptt_sip *sip, struct ptt_dialog *dialog, nta_incoming_t *irq);
/** The peer's INVITE is over. */
void ptt_sip_uas_idle(struct ptt_dialog *dialog);
/** Out of the table and freed, with all that is under way on it. */
void ptt_sip_dialog_end(struct ptt_dialog *dialog);
/** Sends a BYE that waited, and ends an ended dialog, once no INVITE is under way. */
void ptt_sip_dialog_end_if_quiet(struct ptt_dialog *dialog);
/** Is struct ptt_sip's on_session_due. */
void ptt_sip_on_session_due(struct ptt_dialog *dialog, enum ptt_sip_session_due due);

/* sip_offer.c */
/** Is a ptt_offer_done_fn. */
void ptt_sip_offer_done(void *ctx, struct ptt_dialog *dialog, uint32_t cookie,
	const struct ptt_sip_result *result, const sip_t *answer);

#endif
