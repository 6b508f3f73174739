/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file dialog.h
 * Inside of the UE's SIP: what sip_client.c (our requests) and dialog.c
 * (the PF's requests, ends) share.
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

#include "module/client/sip_client.h"
#include "module/client/sip_digest.h"

#define PTT_UE_ALLOW     "INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE"
#define PTT_SDP_TYPE     "application/sdp"
#define PTT_SESSION_SIZE 32 /* text of a Session-Expires header, with NUL */

enum ptt_sip_state {
	PTT_SIP_IDLE,
	PTT_SIP_JOINING,
	PTT_SIP_JOINED,
	PTT_SIP_LEAVING,
	PTT_SIP_ENDED,
};

/* A newer bootstrapping, which the PF learns by a re-INVITE under it. */
enum ptt_sip_renewal {
	PTT_SIP_RENEWAL_NONE,
	PTT_SIP_RENEWAL_WANTED,
	PTT_SIP_RENEWAL_SENT, /* the INVITE that is out, or the next one, is under it */
};

/* What has been tried to authenticate the INVITE that is out. */
struct ptt_auth_tries {
	bool answered, stale, again;
};

/* Session timer, RFC 4028. */
struct ptt_session_timer {
	uint32_t wanted_s, s, min_s; /* asked for in the first INVITE; agreed; of a 422. 0: none */
	bool we_refresh;
	int64_t refresh_ms, end_ms; /* INT64_MAX: never */
};

struct ptt_sip_client {
	su_home_t home[1];
	struct ptt_sip_client_param param;
	nta_agent_t *agent;
	nta_leg_t *stray, *leg;
	sip_contact_t *contact;
	nta_outgoing_t *invite, *bye, *update;
	struct ptt_session_timer timer;
	nta_incoming_t *unacked; /* the last INVITE we accepted, until its ACK */
	bool we_offered;         /* our 200 to it was an offer: the ACK answers */
	enum ptt_sip_state state;
	enum ptt_sip_renewal renewal;
	bool tls; /* the server is reached by it */
	su_timer_t *tls_timer;
	char tls_error[256]; /* "": none */
	bool pulling;        /* the INVITE that is out is a re-INVITE without SDP */
	struct ptt_auth_tries tries;
	struct ptt_sip_challenge challenge;
	struct ptt_sip_password password;
	uint32_t nc; /* 0: no challenge yet */
	char offer[PTT_SDP_BODY_SIZE];
	size_t offer_len;
	int64_t pull_at_ms, pulled_ms, leave_by_ms;
	struct ptt_ue_result result; /* of the body at hand; too large for the stack */
};

/** sc->agent and sc->contact. Errors: MALFORMED (the server's URI), SYSTEM. */
enum ptt_err ptt_ue_dialog_agent(struct ptt_sip_client *sc);
/** After everything that lives on it. */
void ptt_ue_dialog_agent_free(struct ptt_sip_client *sc);
/** Our state is ENDED, and the owner knows. */
void ptt_ue_dialog_end(
	struct ptt_sip_client *sc, enum ptt_sip_end why, int status, const char *text);
/** The password of the newer bootstrapping, for the re-INVITE that goes out now. */
void ptt_ue_dialog_renew(struct ptt_sip_client *sc);
/** A fresh leg: Call-ID, tag, From and To. Errors: SYSTEM. */
enum ptt_err ptt_ue_dialog_start(struct ptt_sip_client *sc);
/** ACK to a 200, with the answer of sc->result if there is one. */
void ptt_ue_dialog_ack(struct ptt_sip_client *sc, uint32_t cseq, const char *branch);
/** BYE; its answer ends the dialog. */
void ptt_ue_dialog_bye(struct ptt_sip_client *sc);
/** The SDP body of a message, or an empty one. */
struct ptt_bytes ptt_ue_dialog_sdp(const sip_t *sip);
/** Tells the owner of sc->result, and pulls if it asks for that. */
void ptt_ue_dialog_report(struct ptt_sip_client *sc);
/** Callback of our dialog's leg. */
int ptt_ue_dialog_on_request(
	struct ptt_sip_client *sc, nta_leg_t *leg, nta_incoming_t *irq, const sip_t *sip);
/** Callback of the default leg. */
int ptt_ue_dialog_on_stray(
	struct ptt_sip_client *sc, nta_leg_t *leg, nta_incoming_t *irq, const sip_t *sip);
/* sip_session.c */
void ptt_session_tick(struct ptt_sip_client *sc, int64_t now_ms);
int64_t ptt_session_due_ms(const struct ptt_sip_client *sc);
void ptt_session_stop(struct ptt_sip_client *sc);
/** What a 2xx to our INVITE or UPDATE, or one of the PF's that we take, says of the timer. */
void ptt_session_take_answer(struct ptt_sip_client *sc, const sip_t *answer);
void ptt_session_take_request(struct ptt_sip_client *sc, const sip_t *request);
/** The value of Session-Expires, or "". @p uac: in a request of ours */
void ptt_session_put(char out[PTT_SESSION_SIZE], const struct ptt_sip_client *sc, bool uac);
/** A 422: the next one asks for what it says. */
bool ptt_session_too_short(struct ptt_sip_client *sc, int status, const sip_t *answer);

#endif
