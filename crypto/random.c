/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "crypto/random.h"

#include <limits.h>

#include <openssl/rand.h>

#include "crypto/secret.h"

/** Maps a generator's result. Bytes that a failed generator left behind are wiped. */
static enum ptt_err result(int ok, void *out, size_t len)
{
	if (ok == 1)
		return PTT_OK;
	ptt_wipe(out, len);
	return PTT_ERR_SYSTEM;
}

enum ptt_err ptt_random_key(void *out, size_t len)
{
	if (len > INT_MAX)
		return PTT_ERR_SYSTEM;
	return result(RAND_priv_bytes(out, (int)len), out, len);
}

enum ptt_err ptt_random_bytes(void *out, size_t len)
{
	if (len > INT_MAX)
		return PTT_ERR_SYSTEM;
	return result(RAND_bytes(out, (int)len), out, len);
}
