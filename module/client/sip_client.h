/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file sip_client.h
 * All SIP of the UE: one dialog with its group, over NTA with our own dialog state.
 *
 *   IDLE --join--> JOINING --200--> JOINED --BYE in, leave--> LEAVING --> ENDED
 *                     ^                | re-INVITE in: answered     |
 *                     +---- 481 -------+ pull: re-INVITE out, 491: random delay (RFC 3261 14.1)
 *
 * Bodies and keys are ue_session.h's; passwords come from the owner when a challenge names the NAF.
 * One thread, that of the root. Callbacks may call everything but ptt_sip_client_free().
 * Spec: profile sections 2 (Ua over SIP) and 4; RFC 3261 12-15, 22.
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
	PTT_SIP_END_LEFT,     /**< our BYE is answered, or nobody answered it in time */
	PTT_SIP_END_BYE,      /**< the PF hung up for another reason */
	PTT_SIP_END_EXPELLED, /**< the PF's BYE with cause 403 */
	PTT_SIP_END_ERROR,    /**< no dialog came about, or it broke: status tells */
};

/** Password of a B-TID; wiped by whoever holds it. */
struct ptt_sip_password {
	char btid[PTT_REKEY_BTID_SIZE];
	char text[64];
};

struct ptt_sip_client_ops {
	/** A challenge of that NAF: which B-TID and password. @p again:
	 * those given last were refused, bootstrap anew. */
	enum ptt_err (*get_password)(
		void *ctx, struct ptt_sip_password *out, const char *naf, bool again);
	/** The first 200 OK of a dialog, acknowledged. */
	void (*on_joined)(void *ctx, const char *call_id);
	/** A body of the PF was taken or refused; our answer goes out after this. */
	void (*on_result)(void *ctx, const struct ptt_ue_result *result);
	/** Over; called once. @p status: of SIP, 0 if none. */
	void (*on_end)(void *ctx, enum ptt_sip_end end, int status, const char *text);
};

struct ptt_sip_client_param {
	su_root_t *root;
	struct ptt_ue_session *session; /**< kept, borrowed */
	/** next hop of the first INVITE: "sip:127.0.0.1:5060;transport=tcp"; with "sips:" or
	 * transport=tls its certificate must be of an authority in tls.ca, and for the name in
	 * here */
	const char *server;
	const char *address;      /**< our numeric address for SIP */
	struct ptt_tls_files tls; /**< borrowed for the call; ca NULL or "": the system's */
	const char *impu, *group;
	uint32_t session_s;                   /**< session timer to ask for (RFC 4028); 0: none */
	const struct ptt_sip_client_ops *ops; /**< kept, borrowed */
	void *ctx;
};

/** Binds a free port. Errors: MALFORMED (a URI), SYSTEM (sockets; files
 * of TLS, and that is logged). */
enum ptt_err ptt_sip_client_new(
	struct ptt_sip_client **out, const struct ptt_sip_client_param *param) PTT_MUST_CHECK;
/** Without a BYE: see ptt_sip_client_leave(). NULL is fine. */
void ptt_sip_client_free(struct ptt_sip_client *sc);

/** Sends the first INVITE. Errors: BUSY (already joining or joined), SYSTEM. */
enum ptt_err ptt_sip_client_join(struct ptt_sip_client *sc) PTT_MUST_CHECK;
/** An MSK is missing: a re-INVITE without SDP, the first after 0-1 s, at most one per 2 s. */
void ptt_sip_client_pull(struct ptt_sip_client *sc, int64_t now_ms);
/** There is a new bootstrapping: a re-INVITE without SDP under it tells
 * the PF, as soon as none is under way. */
void ptt_sip_client_renew(struct ptt_sip_client *sc, int64_t now_ms);
/** BYE, or CANCEL while joining; on_end follows. */
void ptt_sip_client_leave(struct ptt_sip_client *sc, int64_t now_ms);
bool ptt_sip_client_joined(const struct ptt_sip_client *sc);

/** Sends what is due. */
void ptt_sip_client_tick(struct ptt_sip_client *sc, int64_t now_ms);
/** When to tick next; INT64_MAX = nothing waits. */
int64_t ptt_sip_client_due_ms(const struct ptt_sip_client *sc);

#endif
