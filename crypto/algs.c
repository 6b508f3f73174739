/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "crypto/algs.h"

#include <threads.h>

static struct ptt_algs algs;
static once_flag once = ONCE_FLAG_INIT;

static void fetch(void)
{
	algs.aes_128_ecb = EVP_CIPHER_fetch(NULL, "AES-128-ECB", NULL);
	algs.aes_128_ctr = EVP_CIPHER_fetch(NULL, "AES-128-CTR", NULL);
	algs.aes_256_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	algs.md5 = EVP_MD_fetch(NULL, "MD5", NULL);
	algs.sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
	algs.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	algs.hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
}

const struct ptt_algs *ptt_algs(void)
{
	/* never freed here: libcrypto frees its algorithms at exit */
	call_once(&once, fetch);
	return &algs;
}
