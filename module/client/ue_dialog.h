/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file ue_dialog.h
 * Private to the UE's SIP: the dialog as a struct, shared by sip_client.c (requests of the UE),
 * ue_dialog.c (requests of the PF, and ends) and sip_agent.c (transport).
 */
#ifndef PTT_UE_DIALOG_H
#define PTT_UE_DIALOG_H

#define NTA_LEG_MAGIC_T      struct ptt_sip_client
#define NTA_OUTGOING_MAGIC_T struct ptt_sip_client
#define NTA_INCOMING_MAGIC_T struct ptt_sip_client
#include <sofia-sip/nta.h>
#include <sofia-sip/nta_tag.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>

#include "module/client/session_timer.h"
#include "module/client/sip_client.h"
#include "module/client/sip_digest.h"

#define PTT_UE_ALLOW       "INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE"
#define PTT_SDP_TYPE       "application/sdp"
#define PTT_UE_PULL_GAP_MS 2000 /* between two pulls, at least */

enum ptt_sip_state {
	PTT_SIP_IDLE,
	PTT_SIP_JOINING,
	PTT_SIP_JOINED,
	PTT_SIP_LEAVING,
	PTT_SIP_ENDED,
};

/* A newer bootstrapping; a re-INVITE authenticated with it makes it known to the PF. */
enum ptt_sip_renewal {
	PTT_SIP_RENEWAL_NONE,
	PTT_SIP_RENEWAL_WANTED,
	PTT_SIP_RENEWAL_SENT, /* the pending INVITE, or the next one, uses it */
};

/* Ways already tried to authenticate the pending INVITE. */
struct ptt_auth_tries {
	bool responded;    /* with the credentials at hand */
	bool stale_nonce;  /* once more, after stale=true */
	bool bootstrapped; /* with a new bootstrapping */
};

struct ptt_sip_client {
	su_home_t home[1];
	struct ptt_sip_client_param param;
	enum ptt_sip_state state;
	int64_t leave_by_ms; /* give up waiting for the response to our BYE or CANCEL */
	struct ptt_session_timer timer;

	nta_agent_t *agent;
	nta_leg_t *stray, *leg; /* requests outside the dialog; the dialog */
	sip_contact_t *contact;

	/* our pending requests */
	nta_outgoing_t *invite, *bye, *update;
	char offer[PTT_SDP_BODY_SIZE]; /* body of our INVITE */
	size_t offer_len;

	/* the PF's requests */
	nta_incoming_t *unacked;     /* the last INVITE we accepted, until its ACK */
	bool we_offered;             /* our 200 to it was an offer: the ACK answers */
	struct ptt_ue_result result; /* of the body at hand; too large for the stack */

	struct {
		struct ptt_auth_tries tries;
		struct ptt_sip_challenge challenge;
		struct ptt_sip_password password;
		uint32_t nc; /* next nonce count; 0: no challenge yet */
	} auth;
	enum ptt_sip_renewal renewal;

	struct {
		bool sent;              /* the pending INVITE is a re-INVITE without SDP */
		int64_t at_ms, last_ms; /* the next one; INT64_MAX: none. The last one; 0: none */
	} pull;

	struct {
		bool used; /* the server is reached by TLS */
		su_timer_t *timer;
		char error[256]; /* why the handshake failed; "": it did not */
	} tls;
};

/** Creates sc->agent and sc->contact. Errors: MALFORMED (the server's URI), SYSTEM. */
enum ptt_err ptt_ue_dialog_agent(struct ptt_sip_client *sc);
/** Frees the agent; its legs and transactions must be gone. */
void ptt_ue_dialog_agent_free(struct ptt_sip_client *sc);
/** Enters ENDED and reports the end to the owner, once. */
void ptt_ue_dialog_end(
	struct ptt_sip_client *sc, enum ptt_sip_end why, int status, const char *text);
/** Gets the password of a newer bootstrapping for the re-INVITE that is sent next. */
void ptt_ue_dialog_renew(struct ptt_sip_client *sc);
/** Replaces sc->leg by a fresh one: Call-ID, tag, From and To. Errors: SYSTEM. */
enum ptt_err ptt_ue_dialog_start(struct ptt_sip_client *sc);
/** Sends the ACK to a 200, with sc->result's answer if it has one. */
void ptt_ue_dialog_ack(struct ptt_sip_client *sc, uint32_t cseq, const char *branch);
/** Sends BYE; the response to it ends the dialog. */
void ptt_ue_dialog_bye(struct ptt_sip_client *sc);
/** The SDP body of a message, or an empty one. */
struct ptt_bytes ptt_ue_dialog_sdp(const sip_t *sip);
/** Reports sc->result to the owner, and schedules a pull if the result asks for one. */
void ptt_ue_dialog_report(struct ptt_sip_client *sc);
/** Schedules a pull unless one is scheduled or an INVITE is pending. */
void ptt_ue_dialog_pull(struct ptt_sip_client *sc, int64_t now_ms);
/** Callback of the default leg: requests outside the dialog. */
int ptt_ue_dialog_on_stray(
	struct ptt_sip_client *sc, nta_leg_t *leg, nta_incoming_t *irq, const sip_t *sip);

#endif
