/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "crypto/err.h"

#include <stddef.h>

static const char *const texts[] = {
	[PTT_OK] = "ok",
	[PTT_ERR_MALFORMED] = "malformed",
	[PTT_ERR_AUTH] = "bad MAC or digest",
	[PTT_ERR_REPLAY] = "replayed or too old",
	[PTT_ERR_UNSUPPORTED] = "unsupported algorithm, version or type",
	[PTT_ERR_NO_KEY] = "not found",
	[PTT_ERR_MISMATCH] = "not what was agreed",
	[PTT_ERR_NO_SPACE] = "too long or too many",
	[PTT_ERR_EXHAUSTED] = "counter or id space used up",
	[PTT_ERR_BUSY] = "busy",
	[PTT_ERR_SYSTEM] = "system failure",
};
_Static_assert(sizeof(texts) / sizeof(texts[0]) == PTT_ERR_SYSTEM + 1, "each error has a text");

const char *ptt_err_str(enum ptt_err err)
{
	size_t i = (size_t)err;

	return i < sizeof(texts) / sizeof(texts[0]) && texts[i] ? texts[i] : "unknown error";
}
