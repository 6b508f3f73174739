/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file algs.h
 * Private to crypto: libcrypto's algorithms, fetched once per process. A fetch takes some 2 us,
 * longer than sealing a MIKEY message.
 */
#ifndef PTT_ALGS_H
#define PTT_ALGS_H

#include <openssl/evp.h>

struct ptt_algs {
	EVP_CIPHER *aes_128_ecb, *aes_128_ctr, *aes_256_gcm;
	EVP_MD *md5, *sha1, *sha256;
	EVP_MAC *hmac;
};

/** Threads: any. @return never NULL; a member is NULL where libcrypto has no such algorithm */
const struct ptt_algs *ptt_algs(void);

#endif
