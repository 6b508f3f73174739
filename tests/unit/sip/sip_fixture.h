/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file sip_fixture.h
 * A server on a real agent, a stub conference that writes down what it hears, and a UE that is a
 * bare socket.
 */
#ifndef PTT_TEST_SIP_FIXTURE_H
#define PTT_TEST_SIP_FIXTURE_H

#include <sofia-sip/nta.h>

#include "module/sip/sip_server.h"

#define FIXTURE_NAF   "pf1.poc.example.org"
#define FIXTURE_BTID  "cmFuZA==@bsf.example.org"
#define FIXTURE_GROUP "sip:alpha@poc.example.org"
#define FIXTURE_USER  "sip:u1@example.org"

/** Of FIXTURE_BTID. */
extern const struct ptt_mrk fixture_mrk;

struct fixture {
	su_root_t *root;
	nta_agent_t *agent;
	nta_leg_t *leg;
	nta_outgoing_t *outgoing;
	struct ptt_sip *sip;
	struct ptt_naf_source naf;
	/* The NAF source: one subscriber; slow: the answer waits for fixture_naf_answer(). */
	bool naf_slow;
	ptt_naf_cb *naf_cb;
	void *naf_ctx;
	/* The UE. */
	int sock;
	unsigned port, server_port, server_tcp_port;
	bool tcp;
	char in[8192]; /* the last message that came */
	size_t in_len;
	char btid[256];
	uint32_t nc;
	/* The conference: what it heard, in order: "invite ack bye ..." */
	char heard[512];
	struct ptt_sip_request *waiting; /* if it holds answers back */
	bool hold;
	bool rekeying; /* what it says when it is asked */
	struct ptt_dialog *dialog;
	struct ptt_sip_result result;
	uint32_t cookie;
	char ack_body[2048];
	char target[256];
	int responses;   /* that came by Sofia's default outgoing */
	uint16_t answer; /* status for invite, reinvite, refer; 0: the good one */
};

/** @p options may be NULL; root, agent, naf, naf_fqdn are filled in;
 * events and ctx too unless they are given. */
void fixture_open(struct fixture *fx, const struct ptt_sip_options *options);
void fixture_close(struct fixture *fx);

/** From now on the UE talks over TCP: a connection from any port; its Contact is @p
 *  contact_port. */
void ue_connect(struct fixture *fx, unsigned contact_port);
/** Sends text as it is. */
void ue_send(struct fixture *fx, const char *text);
/** A request; @p headers: more header lines, each with CRLF, or "". @p to_tag: "" outside. */
struct ue_request {
	const char *method, *uri, *call_id, *to_tag, *headers, *body;
	unsigned cseq;
	const char *branch; /* NULL: of Call-ID, CSeq, method */
	const char *from;   /* NULL: FIXTURE_USER */
};
void ue_request(struct fixture *fx, const struct ue_request *rq);
/** The same with credentials for the challenge in fx->in. @p password NULL: the right one. */
void ue_request_auth(struct fixture *fx, const struct ue_request *rq, const char *password);
/** Sends it without credentials, takes the 401, and sends it with them and the next CSeq. */
void ue_challenged(struct fixture *fx, struct ue_request *rq);
/** Turns the loop until a message comes that is no 100; false after two seconds. */
bool ue_recv(struct fixture *fx);
/** Status of fx->in, or 0 if it is a request or nothing came in time. */
int ue_status(struct fixture *fx);
/** Receives and compares. */
void ue_expect(struct fixture *fx, int status);
/** The same after copies of an answer that was not acknowledged yet. */
void ue_expect_after(struct fixture *fx, int repeated, int status);
/** True if nothing comes for a while (@p ms). */
bool ue_silent(struct fixture *fx, int ms);
/** Value of a header of fx->in (full or compact name as given), "" if absent; in a static
 *  buffer. */
const char *ue_header(struct fixture *fx, const char *name);
/** To tag of fx->in; static buffer. */
const char *ue_to_tag(struct fixture *fx);
const char *ue_body(struct fixture *fx);
/** Answers the request in fx->in. @p headers may be "". */
void ue_answer(struct fixture *fx, int status, const char *headers, const char *body);
void ue_answer_to(
	struct fixture *fx, const char *request, int status, const char *headers, const char *body);
/** INVITE, 401, INVITE, 200, ACK: a dialog. Call-ID @p call_id; the local tag (server's) is in
 *  @p tag. */
void ue_join(struct fixture *fx, const char *call_id, char tag[64]);
/** Answers the look-up that waits. */
void fixture_naf_answer(struct fixture *fx);
/** Turns the loop. */
void fixture_step(struct fixture *fx, int ms);

#endif
