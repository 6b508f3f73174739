/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file dialog.h
 * A SIP dialog of the server. One block of memory holds the struct and its fixed texts.
 *
 * module/sip makes, finds and frees dialogs. Others read the fields, and write @ref user and, by
 * the functions here, the reservations. URIs stand as on the wire, without angle brackets.
 * Thread: SIP. Spec: RFC 3261 section 12.
 */
#ifndef PTT_DIALOG_H
#define PTT_DIALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sofia-sip/sip.h>
#include <sofia-sip/su_wait.h>
#include <sofia-sip/tport.h>

#include "crypto/bytes.h"
#include "crypto/err.h"
#include "module/base/table.h"
#include "module/store/rows.h"

struct ptt_sip;
struct ptt_offer; /* offer_tx.h */
struct ptt_udp_batch;
struct ptt_udp_peek;

/** State of the peer's INVITE, or UPDATE with an offer. */
enum ptt_dialog_uas {
	PTT_UAS_IDLE,
	PTT_UAS_PENDING, /**< received, no final response yet */
	PTT_UAS_UNACKED, /**< 2xx sent, no ACK yet */
};

/** A local address and transport. A dialog points to the listener its last request came in on. */
struct ptt_listener {
	struct ptt_listener *next;
	tport_t *tport;        /**< primary transport of the agent */
	const char *contact;   /**< "sip:127.0.0.1:5060" or "sip:127.0.0.1:5060;transport=tcp" */
	const char *via;       /**< "SIP/2.0/UDP 127.0.0.1:5060" */
	const char *transport; /**< "udp", "tcp", "tls" */
	const char *address;   /**< "127.0.0.1"; the Contact of TLS may have a name instead */
	struct ptt_udp_batch *batch; /**< offers leave by it; NULL: by tport */
	struct ptt_udp_peek *peek;   /**< responses to offers are read by it; NULL: by Sofia */
};

/** The session timer of a dialog (RFC 4028). */
struct ptt_dialog_session {
	su_timer_t *timer;
	uint32_t interval_s; /**< 0: no timer */
	uint32_t min_s;      /**< largest Min-SE seen; 0: none above the default of 90 */
	bool refresher;      /**< we refresh, not the peer */
	bool refresh_asked;  /**< on_refresh was called in this interval */
	bool end_is_due;     /**< nobody refreshed; the dialog waits for its turn to end */
	bool peer_timer;     /**< the peer's last request lists the extension "timer" */
	bool had_422;        /**< the peer or a proxy has refused the interval once */
};

struct ptt_dialog {
	struct ptt_table_node node; /**< first member; by Call-ID and local tag */
	struct ptt_sip *sip;
	void *user;                  /**< the owner's own data */
	struct ptt_sip_watch *watch; /**< subscription of this dialog; NULL: the dialog is a call */

	/* names: fixed texts behind the struct */
	const char *call_id, *local_tag, *remote_tag;
	const char *local_uri, *remote_uri;
	const char *route_set;           /**< "<sip:..;lr>,<..>" in the order of Route; "" = none */
	const char *impi, *impu, *group; /**< group: the Request-URI of the initial INVITE */
	char *btid;                      /**< of the last successful digest in the dialog */

	/* where the peer is */
	char *remote_target; /**< of the last Contact */
	char peer[64]; /**< "host:port" of the last request; the next hop if the target is a name */
	const struct ptt_listener *listener;
	tport_t *tport; /**< open connection of a TCP or TLS member; NULL: UDP, or connect first */

	/* numbers; those below the reserved ones may be used */
	uint32_t cseq; /**< the next local CSeq */
	uint32_t cseq_reserved;
	uint32_t cseq_acked; /**< of the last offer whose 2xx got an ACK; 0: none in this process */
	uint32_t cseq_former; /**< smaller ones were used by a former process; 0: none */
	uint32_t o_version;   /**< the next o= version */
	uint32_t o_version_reserved;
	uint32_t remote_cseq;

	/* offers of either side */
	struct ptt_offer *offer;       /**< ours under way, or NULL */
	struct nta_incoming_s *invite; /**< the peer's, while uas is UNACKED */
	enum ptt_dialog_uas uas;
	bool was_busy;      /**< ptt_sip_can_offer() returned false: on_ready is due */
	bool allows_update; /**< the peer's Allow lists UPDATE */
	bool wants_update;  /**< set by ptt_sip_want_update() */

	/* life */
	bool caller;      /**< we sent the initial INVITE: Call-ID is ours */
	bool confirmed;   /**< the ACK has come, or the dialog was restored */
	bool ended;       /**< our BYE is sent or due; only the INVITEs under way keep the dialog */
	char *bye_reason; /**< of a BYE that waits for the ACK; NULL: none */
	struct ptt_dialog_session session;
};

/** Uses up the next o= version. After a restart it starts above every version that may have been
 *  sent.
 *  Errors: EXHAUSTED: reserve first. */
enum ptt_err ptt_dialog_next_version(struct ptt_dialog *dialog, uint32_t *out) PTT_MUST_CHECK;
/** True if less than a tenth of a block of CSeq or o= versions is left. Reserve more in the store,
 *  then call ptt_dialog_set_reserved(). */
bool ptt_dialog_needs_reserve(const struct ptt_dialog *dialog);
/** Call it once the new reservations are durable. Lower values than the present ones are
 *  ignored. */
void ptt_dialog_set_reserved(struct ptt_dialog *dialog, uint32_t cseq, uint32_t o_version);

/** The Request-URI and the Route header of a request in the dialog. */
struct ptt_route {
	struct ptt_bytes uri;
	const char *routes; /**< the part of the route set that stands in Route; "": none */
	bool strict;        /**< the first router is strict: append the remote target to routes */
};
/** RFC 3261 12.2.1.1. Borrowed from the dialog. */
struct ptt_route ptt_dialog_route(const struct ptt_dialog *dialog);

/** Is the next offer an UPDATE? The owner wants it, the peer allows it, and the ACK has come. */
bool ptt_dialog_by_update(const struct ptt_dialog *dialog) __attribute__((pure));

/** Fills @p row, borrowing from the dialog. The caller adds joined_utc_s, flags and media. The
 *  row's transport text is written to @p transport, 128 bytes. */
void ptt_dialog_save(
	const struct ptt_dialog *dialog, struct ptt_dialog_row *row, char transport[128]);

/* The rest is for module/sip itself. */

/** The texts of a new dialog; ptt_dialog_new() copies them. */
struct ptt_dialog_texts {
	const char *call_id, *local_tag, *remote_tag, *local_uri, *remote_uri, *route_set;
	const char *impi, *impu, *btid, *group;
	const char *remote_target;
};
/** The new dialog is in no table yet. Errors: SYSTEM. */
enum ptt_err ptt_dialog_new(
	struct ptt_dialog **out, const struct ptt_dialog_texts *texts) PTT_MUST_CHECK;
/** The dialog must be in no table and have no transaction under way. NULL is fine. */
void ptt_dialog_free(struct ptt_dialog *dialog);
uint32_t ptt_dialog_hash(const char *call_id, const char *local_tag);
/** @p remote_tag NULL: not compared. @return NULL: not found */
struct ptt_dialog *ptt_dialog_find(const struct ptt_table *table, const char *call_id,
	const char *local_tag, const char *remote_tag);
/** Target refresh: copies a new remote target. Errors: SYSTEM: the old one stays. */
enum ptt_err ptt_dialog_set_target(struct ptt_dialog *dialog, const char *target) PTT_MUST_CHECK;
/** The open connection of a TCP or TLS member, or NULL. Drops a closed connection. */
tport_t *ptt_dialog_connection(struct ptt_dialog *dialog);
/** The member has bootstrapped again: copies its new B-TID. Errors: SYSTEM: the old one stays. */
enum ptt_err ptt_dialog_set_btid(struct ptt_dialog *dialog, const char *btid) PTT_MUST_CHECK;

#endif
