/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sofia's parser accepts each response that ptt_fast_200_get() accepts, and reads the same values.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <sofia-sip/msg_addr.h>
#include <sofia-sip/msg_mclass.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_parser.h>
#include <sofia-sip/su.h>

#include "module/sip/fast_200.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool good)
{
	if (!good)
		abort();
}

static bool same(struct ptt_bytes ours, const char *theirs)
{
	return theirs && ptt_bytes_equal(ours, ptt_bytes_of_str(theirs));
}

static void compare(const struct ptt_fast_200 *reply, const sip_t *sip)
{
	must(sip && sip->sip_status && sip->sip_status->st_status == 200 && !sip->sip_error);
	must(sip->sip_via && !sip->sip_via->v_next && same(reply->branch, sip->sip_via->v_branch));
	must(sip->sip_from && same(reply->from_tag, sip->sip_from->a_tag));
	must(sip->sip_to && same(reply->to_tag, sip->sip_to->a_tag));
	must(sip->sip_call_id && same(reply->call_id, sip->sip_call_id->i_id));
	must(sip->sip_cseq && sip->sip_cseq->cs_seq == reply->cseq &&
		sip->sip_cseq->cs_method == sip_method_invite);
	must((sip->sip_contact != NULL) == (reply->target.len > 0));
	must(!sip->sip_contact || !sip->sip_contact->m_next);
	must((sip->sip_allow != NULL) == reply->has_allow);
	must(!sip->sip_allow || (msg_params_find(sip->sip_allow->k_items, "UPDATE") != NULL) ==
					reply->allows_update);
	must(!sip->sip_session_expires && !sip->sip_require && !sip->sip_retry_after);
	must(sip->sip_payload
			? ptt_bytes_equal(reply->body,
				  (struct ptt_bytes){(const uint8_t *)sip->sip_payload->pl_data,
					  sip->sip_payload->pl_len})
			: reply->body.len == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ptt_fast_200 reply;
	msg_t *msg;

	if (ptt_fast_200_get(&reply, (struct ptt_bytes){data, size}) != PTT_OK)
		return 0;
	msg = msg_make(sip_default_mclass(), 0, data, (ssize_t)size);
	must(msg != NULL);
	compare(&reply, sip_object(msg));
	msg_destroy(msg);
	return 0;
}
