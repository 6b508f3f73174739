/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/gba/ub_client.h"

#include <stdlib.h>
#include <string.h>

#include "module/base/clock.h"
#include "module/gba/ub_http.h"

#define TIMEOUT_MS 10000

static enum ptt_err run(struct ptt_ub_http *http, const struct ptt_ub_param *param)
{
	int64_t end_ms = ptt_clock_ms() + (param->timeout_ms > 0 ? param->timeout_ms : TIMEOUT_MS);
	enum ptt_ub_step step;

	PTT_TRY(ptt_ub_http_init(http, param));
	do {
		long left_ms = (long)(end_ms - ptt_clock_ms());

		if (left_ms <= 0)
			return PTT_ERR_BUSY;
		PTT_TRY(ptt_ub_http_prepare(http));
		if (curl_easy_setopt(http->easy, CURLOPT_TIMEOUT_MS, left_ms) != CURLE_OK)
			return PTT_ERR_SYSTEM;
		step = ptt_ub_http_finish(http, curl_easy_perform(http->easy));
	} while (step == PTT_UB_STEP_SEND);
	return step == PTT_UB_STEP_DONE ? PTT_OK : http->exchange.err;
}

enum ptt_err ptt_ub_bootstrap(struct ptt_bootstrap *out, const struct ptt_ub_param *param)
{
	struct ptt_ub_http *http = calloc(1, sizeof(*http));
	enum ptt_err err;

	memset(out, 0, sizeof(*out));
	if (!http)
		return PTT_ERR_SYSTEM;
	err = run(http, param);
	if (err == PTT_OK)
		*out = http->exchange.result;
	ptt_ub_http_wipe(http);
	free(http);
	return err;
}

const char *ptt_ub_err_text(enum ptt_err err)
{
	switch (err) {
	case PTT_ERR_BUSY:
		return "the BSF does not answer";
	case PTT_ERR_NO_KEY:
		return "the BSF does not know this IMPI";
	case PTT_ERR_AUTH:
		return "the BSF has another K or OPc than we";
	default:
		return ptt_err_str(err);
	}
}
