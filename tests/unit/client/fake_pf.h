/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A PF in the test's own process: a second NTA agent that challenges,
 * responds and offers as the test configures it. */
#ifndef PTT_FAKE_PF_H
#define PTT_FAKE_PF_H

#include <sofia-sip/su_wait.h>

#include "tests/unit/client/client_fixture.h"

struct fake_pf;

struct fake_pf_plan {
	const char
		*challenges[3]; /* WWW-Authenticate values, NULL-terminated; none: no challenge */
	int refuse;             /* status for an authenticated INVITE, 0: 200 */
	int stale;              /* so many good answers are called stale first */
	int wrong;              /* so many good answers are called wrong first */
	int pull_status;        /* for the first re-INVITE of the UE, 0: 200 */
	bool key_in_200;        /* to an offer that names the channel */
	bool bad_key;           /* the first key given in a 200 has a bad MAC */
	bool by_update;         /* offers come by UPDATE */
	bool deaf_once;         /* drops messages for 300 ms after its first 200 */
};

struct fake_pf_seen {
	int invites, reinvites, authorized, acks, byes, answers;
	int answer_status, warning; /* of the last answer to our re-INVITE */
	char ack_body[2048], answer_body[2048], btid[128];
};

struct fake_pf *fake_pf_new(su_root_t *root, const char *transport, const struct fake_pf_plan *plan,
	struct fix_pf *keys, const char *password);
void fake_pf_free(struct fake_pf *pf);
const char *fake_pf_uri(const struct fake_pf *pf);
const struct fake_pf_seen *fake_pf_seen(const struct fake_pf *pf);
/* re-INVITE with this MSK message, or without a key-mgmt line. */
void fake_pf_offer(struct fake_pf *pf, const struct ptt_bytes *mikey);
void fake_pf_bye(struct fake_pf *pf, const char *reason);
/* A method the UE does not know. */
void fake_pf_info(struct fake_pf *pf);

#endif
