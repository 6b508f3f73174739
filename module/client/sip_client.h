/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file sip_client.h
 * All SIP of the UE: one dialog with its group, over NTA with our own dialog state.
 *
 *   IDLE --join--> JOINING --200--> JOINED --BYE in, leave--> LEAVING --> ENDED
 *                     ^                | re-INVITE in: answered     |
 *                     +---- 481 -------+ pull: re-INVITE out, 491: random delay (RFC 3261 14.1)
 *
 * Bodies and keys belong to ue_session.h. The owner gives the password when a challenge names a
 * NAF. One thread, that of the root. Callbacks may call every function but ptt_sip_client_free().
 * Spec: docs/wire.md sections 2.4 and 4; RFC 3261 12-15, 22.
 */
#ifndef PTT_SIP_CLIENT_H
#define PTT_SIP_CLIENT_H

#include <sofia-sip/su_wait.h>

#include "crypto/secret.h"
#include "module/client/ue_session.h"
#include "module/base/tls_folder.h"

struct ptt_sip_client;

/** Why the dialog is over. */
enum ptt_sip_end {
	PTT_SIP_END_LEFT,     /**< our BYE has a response, or the wait for one has timed out */
	PTT_SIP_END_BYE,      /**< a BYE of the PF with another cause */
	PTT_SIP_END_EXPELLED, /**< the PF's BYE with cause 403 */
	PTT_SIP_END_ERROR,    /**< the join or the dialog failed: see status */
};

/** Password of a B-TID; each holder wipes its copy. */
struct ptt_sip_password {
	char btid[PTT_REKEY_BTID_SIZE];
	char text[64];
};

struct ptt_sip_client_ops {
	/** Gives B-TID and password for a challenge of @p naf. @p again: the PF refused the
	 *  last ones, so bootstrap again if there are no newer ones. */
	enum ptt_err (*get_password)(
		void *ctx, struct ptt_sip_password *out, const char *naf, bool again);
	/** The first 200 OK of a dialog, acknowledged. */
	void (*on_joined)(void *ctx, const char *call_id);
	/** A body of the PF was accepted or refused; the response or ACK is sent after this
	 *  call. */
	void (*on_result)(void *ctx, const struct ptt_ue_result *result);
	/** The dialog has ended; called once. @p status: SIP status, 0: none. */
	void (*on_end)(void *ctx, enum ptt_sip_end end, int status, const char *text);
};

struct ptt_sip_client_param {
	su_root_t *root;
	struct ptt_ue_session *session; /**< kept, borrowed */
	/** Next hop of the first INVITE: "sip:127.0.0.1:5060;transport=tcp". With "sips:" or
	 *  transport=tls the server's certificate must be issued by an authority in tls.ca, for the
	 *  host named here. */
	const char *server;
	const char *address;      /**< our numeric address for SIP */
	struct ptt_tls_files tls; /**< borrowed for the call; ca NULL or "": the system's */
	const char *impu, *group;
	uint32_t session_s;                   /**< session timer to ask for (RFC 4028); 0: none */
	const struct ptt_sip_client_ops *ops; /**< kept, borrowed */
	void *ctx;
};

/** Binds a free port. Errors: MALFORMED (a URI), SYSTEM (sockets; TLS files, which are logged). */
enum ptt_err ptt_sip_client_new(
	struct ptt_sip_client **out, const struct ptt_sip_client_param *param) PTT_MUST_CHECK;
/** Frees without sending a BYE: see ptt_sip_client_leave(). NULL is fine. */
void ptt_sip_client_free(struct ptt_sip_client *sc);

/** Sends the first INVITE. Errors: BUSY (already joining or joined), SYSTEM. */
enum ptt_err ptt_sip_client_join(struct ptt_sip_client *sc) PTT_MUST_CHECK;
/** Schedules a re-INVITE without SDP to get an MSK: after 0 to 1 s, at most one in 2 s. */
void ptt_sip_client_pull(struct ptt_sip_client *sc, int64_t now_ms);
/** Makes a new bootstrapping known to the PF by a re-INVITE without SDP, once no INVITE is
 *  pending. */
void ptt_sip_client_renew(struct ptt_sip_client *sc, int64_t now_ms);
/** Sends BYE, or CANCEL while joining; on_end follows. */
void ptt_sip_client_leave(struct ptt_sip_client *sc, int64_t now_ms);
bool ptt_sip_client_joined(const struct ptt_sip_client *sc);

/** Sends pulls, refreshes and BYEs that are due. */
void ptt_sip_client_tick(struct ptt_sip_client *sc, int64_t now_ms);
/** When to tick next; INT64_MAX = nothing waits. */
int64_t ptt_sip_client_due_ms(const struct ptt_sip_client *sc);

#endif
