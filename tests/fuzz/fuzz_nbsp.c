/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Zn's JSON, both bodies, and the XML of security settings. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "module/gba/nbsp.h"
#include "module/gba/uss.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ptt_bytes body = {data, size};
	struct ptt_zn_answer answer = {0};
	struct ptt_zn_query query, again;
	char out[PTT_NBSP_BODY_MAX];
	const char *what;

	if (ptt_nbsp_request_get(&query, &what, body) == PTT_OK &&
		(ptt_nbsp_request_put(out, sizeof(out), &query) != PTT_OK ||
			ptt_nbsp_request_get(&again, &what, ptt_bytes_of_str(out)) != PTT_OK))
		abort();
	(void)ptt_nbsp_status_get(404, body);
	if (ptt_nbsp_response_get(&answer, body) != PTT_OK)
		(void)!ptt_uss_get(&answer, body);
	else if (answer.expires_utc_s > 0 && answer.expires_utc_s < INT64_C(250000000000) &&
		 (ptt_nbsp_response_put(out, sizeof(out), &answer) != PTT_OK ||
			 ptt_nbsp_response_get(&answer, ptt_bytes_of_str(out)) != PTT_OK))
		abort();
	return 0;
}
