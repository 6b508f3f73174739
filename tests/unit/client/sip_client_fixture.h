/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A UE's SIP and a PF in one process, and a record of the UE's callbacks. */
#ifndef PTT_SIP_CLIENT_FIXTURE_H
#define PTT_SIP_CLIENT_FIXTURE_H

#include "tests/unit/client/fake_pf.h"
#include "module/client/sip_client.h"

#define MD5 \
	"Digest realm=\"3GPP-bootstrapping@" FIX_NAF \
	"\", nonce=\"n1\", algorithm=MD5, qop=\"auth,auth-int\""
#define SHA256 \
	"Digest realm=\"3GPP-bootstrapping@" FIX_NAF \
	"\", nonce=\"n2\", algorithm=SHA-256, qop=\"auth\""

struct fix_ue {
	su_root_t *root;
	struct fix_pf keys;
	struct fake_pf *pf;
	struct ptt_rekey_client *rc;
	struct ptt_ue_session *session;
	struct ptt_sip_client *sc;
	struct {
		int joined, results, passwords, again, msks, bad, ended, status;
		enum ptt_sip_end end;
		char text[64];
		uint32_t msk_id;
		bool channel;
	} seen;
};

extern struct fix_ue fix_ue;

/* Sends the first INVITE. */
void fix_ue_begin(const struct fake_pf_plan *plan, const char *transport, enum ptt_ue_join join);
void fix_ue_finish(void);
/* Steps both agents until *counter has reached least. */
void fix_ue_until(const int *counter, int least);
/* The PF offers MSK `number`; returns when the UE has answered. */
void fix_ue_offer(uint16_t number);

#endif
