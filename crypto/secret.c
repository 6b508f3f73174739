/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "crypto/secret.h"

#include <openssl/crypto.h>
#include <string.h>

void ptt_wipe(void *mem, size_t len)
{
	if (mem && len != 0)
		explicit_bzero(mem, len); /* takes a third of the time of OPENSSL_cleanse() */
}

bool ptt_secret_equal(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}

void ptt_wipe_ref_run(struct ptt_wipe_ref *ref)
{
	ptt_wipe(ref->mem, ref->len);
}
