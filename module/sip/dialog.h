/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file dialog.h
 * A SIP dialog of the server, lean: one block of memory with its texts behind the struct.
 *
 * The SIP server makes, finds and frees dialogs; others read the fields, and write only @ref user
 * and, through the functions here, the reservations. Texts are URIs as they go on the wire, without
 * angle brackets.
 * Spec: RFC 3261 section 12.
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

/** The INVITE, or UPDATE with an offer, of the peer that is under way. */
enum ptt_dialog_uas {
	PTT_UAS_IDLE,
	PTT_UAS_UNANSWERED,
	PTT_UAS_UNACKED, /**< 2xx sent, no ACK yet */
};

/** An address of ours that members reach; dialogs point to the one their INVITE came in on. */
struct ptt_listener {
	struct ptt_listener *next;
	tport_t *tport;        /**< primary */
	const char *contact;   /**< "sip:127.0.0.1:5060" or "sip:127.0.0.1:5060;transport=tcp" */
	const char *via;       /**< "SIP/2.0/UDP 127.0.0.1:5060" */
	const char *transport; /**< "udp", "tcp", "tls" */
	struct ptt_udp_batch *batch; /**< the requests of a re-key leave by it; NULL: by tport */
	const char *address;         /**< "127.0.0.1"; the Contact of TLS may have a name */
	struct ptt_udp_peek *peek;   /**< the answers to them come by it; NULL: by Sofia */
};

struct ptt_dialog {
	struct ptt_table_node node; /**< first member; by Call-ID and local tag */
	struct ptt_sip *sip;
	void *user; /**< the conference's */
	const char *call_id, *local_tag, *remote_tag;
	const char *local_uri, *remote_uri;
	const char *route_set;           /**< "<sip:..;lr>,<..>" in the order of Route; "" = none */
	const char *impi, *impu, *group; /**< group: the Request-URI of the initial INVITE */
	char *remote_target;             /**< of the last Contact */
	char *btid;                      /**< of the last successful digest in the dialog */
	const struct ptt_listener *listener;
	tport_t *tport; /**< connection of a TCP or TLS member; NULL: dial, or UDP */
	char peer[64];  /**< "host:port" the last request came from; for a target that is a name */
	struct nta_incoming_s *invite; /**< of the peer, while uas is UNACKED */
	struct ptt_offer *offer;       /**< ours under way */
	struct ptt_sip_watch *watch;   /**< it is a subscription's, no call's; NULL: a call's */
	uint32_t cseq;                 /**< the next local CSeq */
	uint32_t cseq_reserved; /**< those below may be used (durable, or with the first row) */
	uint32_t cseq_acked;  /**< of the last offer whose 2xx was ACKed; 0: none by this process */
	uint32_t cseq_former; /**< those below are of a former process; 0: none */
	uint32_t o_version;   /**< the next o= version */
	uint32_t o_version_reserved;
	uint32_t remote_cseq;
	enum ptt_dialog_uas uas;
	bool caller;        /**< we made the call: Call-ID is ours */
	bool confirmed;     /**< ACK seen, or restored */
	bool allows_update; /**< the peer's Allow lists UPDATE */
	bool wants_update;  /**< the conference would have its offers go by UPDATE */
	bool was_busy;      /**< an offer was refused: on_ready is due */
	bool refresher;     /**< the session timer's refreshes are ours */
	bool refresh_asked; /**< ... and one is due */
	bool end_is_due;    /**< it was not refreshed, and waits for its turn to end */
	bool peer_timer;    /**< the peer's last request supports timers */
	bool told_422;      /**< the peer, or a proxy, has found it too short once */
	uint32_t session_s; /**< RFC 4028; 0: no timer */
	uint32_t min_se_s;  /**< the largest that it was said must be; 0: none above the default */
	su_timer_t *session_timer;
	bool ended; /**< a BYE of ours is sent or due; kept only until the INVITEs under way end */
	char *bye_reason; /**< of a BYE that waits for the ACK; NULL: none, or sent */
};

/** The next o= version, using it up. After a restart it has jumped past all that may have been
 *  sent.
 *  Errors: EXHAUSTED: reserve first. */
enum ptt_err ptt_dialog_next_version(struct ptt_dialog *dialog, uint32_t *out) PTT_MUST_CHECK;
/** Fewer than a tenth of a block of CSeq or o= versions is left: reserve more by the store, then
 *  set_reserved. */
bool ptt_dialog_needs_reserve(const struct ptt_dialog *dialog);
/** New reservations are durable. Lower values than now are ignored. */
void ptt_dialog_set_reserved(struct ptt_dialog *dialog, uint32_t cseq, uint32_t o_version);

/** The Request-URI, and what stands in Route. */
struct ptt_route {
	struct ptt_bytes uri;
	const char *routes; /**< of the dialog's route set; "": none of it */
	bool strict; /**< the first router is a strict one: the remote target goes behind @ref routes */
};
/** RFC 3261 12.2.1.1. Borrowed from the dialog. */
struct ptt_route ptt_dialog_route(const struct ptt_dialog *dialog);

/** May the next offer be an UPDATE? It is wanted, and the peer takes it. */
bool ptt_dialog_by_update(const struct ptt_dialog *dialog) __attribute__((pure));

/** Everything the dialog knows, borrowed from it; the caller adds joined_utc_s, flags, media. @p
 *  transport takes the text of the row's transport field (size 128). */
void ptt_dialog_save(
	const struct ptt_dialog *dialog, struct ptt_dialog_row *row, char transport[128]);

/* What follows is for the SIP server itself. */

/** The texts of a new dialog; borrowed, copied by ptt_dialog_new(). */
struct ptt_dialog_texts {
	const char *call_id, *local_tag, *remote_tag, *local_uri, *remote_uri, *route_set;
	const char *impi, *impu, *btid, *group;
	const char *remote_target;
};
/** Not in any table yet. Errors: SYSTEM. */
enum ptt_err ptt_dialog_new(
	struct ptt_dialog **out, const struct ptt_dialog_texts *texts) PTT_MUST_CHECK;
/** Out of any table already, no transaction under way. NULL is fine. */
void ptt_dialog_free(struct ptt_dialog *dialog);
uint32_t ptt_dialog_hash(const char *call_id, const char *local_tag);
/** remote_tag NULL: not compared. NULL: none. */
struct ptt_dialog *ptt_dialog_find(const struct ptt_table *table, const char *call_id,
	const char *local_tag, const char *remote_tag);
/** Takes a new remote target (target refresh). Errors: SYSTEM: the old one stays. */
enum ptt_err ptt_dialog_set_target(struct ptt_dialog *dialog, const char *target) PTT_MUST_CHECK;
/** The open connection of a TCP or TLS member, or NULL: a closed one is let go. */
tport_t *ptt_dialog_connection(struct ptt_dialog *dialog);
/** He has bootstrapped again. Errors: SYSTEM: the old one stays. */
enum ptt_err ptt_dialog_set_btid(struct ptt_dialog *dialog, const char *btid) PTT_MUST_CHECK;

#endif
