/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file sip_fixture.h
 * A server on a real agent, a stub of a group that records its events, and a UE that is a bare
 * socket.
 */
#ifndef PTT_TEST_SIP_FIXTURE_H
#define PTT_TEST_SIP_FIXTURE_H

#include <sofia-sip/nta.h>

#include "module/sip/sip_server.h"

#define FIXTURE_NAF   "pf1.poc.example.org"
#define FIXTURE_BTID  "cmFuZA==@bsf.example.org"
#define FIXTURE_GROUP "sip:alpha@poc.example.org"
#define FIXTURE_USER  "sip:u1@example.org"

/** The MRK of FIXTURE_BTID. */
extern const struct ptt_mrk fixture_mrk;

struct fixture {
	su_root_t *root;
	nta_agent_t *agent;
	nta_leg_t *leg;
	nta_outgoing_t *outgoing;
	struct ptt_sip *sip;
	struct ptt_naf_source naf;
	/* The NAF source: one subscriber. Slow: the keys wait for fixture_naf_answer(). */
	bool naf_slow;
	ptt_naf_cb *naf_cb;
	void *naf_ctx;
	/* The UE. */
	int sock;
	unsigned port, server_port, server_tcp_port;
	bool tcp;
	char in[8192]; /* the last message received */
	size_t in_len;
	char btid[256];
	uint32_t nc;
	/* The group: its events in order, "invite ack bye ..." */
	char heard[512];
	struct ptt_sip_request *waiting; /* the request, if the group does not respond at once */
	bool hold;
	bool rekeying; /* returned by is_rekeying */
	struct ptt_dialog *dialog;
	struct ptt_sip_result result;
	uint32_t cookie;
	char ack_body[2048];
	char target[256];
	int responses;   /* responses seen by Sofia's default outgoing */
	uint16_t answer; /* status of the response to invite, reinvite, refer; 0: 2xx */
};

/** Starts the server. @p options may be NULL. root, agent, naf and naf_fqdn are set here, and
 *  events and ctx if they are NULL. */
void fixture_open(struct fixture *fx, const struct ptt_sip_options *options);
void fixture_close(struct fixture *fx);

/**
 * From now on the UE uses a TCP connection from any port, and its Contact names @p contact_port.
 */
void ue_connect(struct fixture *fx, unsigned contact_port);
/** Sends the text unchanged. */
void ue_send(struct fixture *fx, const char *text);
/** A request. headers: more header lines, each with CRLF, or "". to_tag: "" outside a dialog. */
struct ue_request {
	const char *method, *uri, *call_id, *to_tag, *headers, *body;
	unsigned cseq;
	const char *branch; /* NULL: made of Call-ID, CSeq and method */
	const char *from;   /* NULL: FIXTURE_USER */
};
void ue_request(struct fixture *fx, const struct ue_request *rq);
/** As above, with credentials for the challenge in fx->in. @p password NULL: the right one. */
void ue_request_auth(struct fixture *fx, const struct ue_request *rq, const char *password);
/** Sends it without credentials, reads the 401, and sends it again with credentials and the next
 * CSeq. */
void ue_challenged(struct fixture *fx, struct ue_request *rq);
/** Turns the loop until a message other than a 100 comes. False: none came in two seconds. */
bool ue_recv(struct fixture *fx);
/** Status of fx->in; 0: it is a request, or no message came in time. */
int ue_status(struct fixture *fx);
/** Receives a message and compares its status. */
void ue_expect(struct fixture *fx, int status);
/** As above, but skips copies of an earlier response without an ACK. */
void ue_expect_after(struct fixture *fx, int repeated, int status);
/** True if no message comes for @p ms. */
bool ue_silent(struct fixture *fx, int ms);
/**
 * Value of a header of fx->in, by the name as given, full or compact. "" if absent. Static buffer.
 */
const char *ue_header(struct fixture *fx, const char *name);
/** To tag of fx->in, in a static buffer. */
const char *ue_to_tag(struct fixture *fx);
const char *ue_body(struct fixture *fx);
/** Responds to the request in fx->in. @p headers may be "". */
void ue_answer(struct fixture *fx, int status, const char *headers, const char *body);
void ue_answer_to(
	struct fixture *fx, const char *request, int status, const char *headers, const char *body);
/** Makes a dialog with Call-ID @p call_id: INVITE, 401, INVITE, 200, ACK. @p tag gets the server's
 *  tag. */
void ue_join(struct fixture *fx, const char *call_id, char tag[64]);
/** Ends the look-up that waits. */
void fixture_naf_answer(struct fixture *fx);
/** Turns the loop. */
void fixture_step(struct fixture *fx, int ms);

#endif
