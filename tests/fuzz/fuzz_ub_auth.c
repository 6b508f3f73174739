/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The Digest headers of Ub: a parsed header can be written, and parses to the same fields again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "module/gba/ub_digest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_header(enum ptt_ub_header header, const char *in, size_t len)
{
	struct ptt_ub_digest first, again;
	uint8_t rand[PTT_UB_RAND_LEN], autn[PTT_UB_AUTN_LEN];
	char text[4 * PTT_UB_HEADER_MAX];

	if (ptt_ub_digest_get(&first, header, in, len) != PTT_OK)
		return;
	if (ptt_ub_nonce_get(rand, autn, first.nonce) == PTT_OK && strlen(first.nonce) < 44)
		abort();
	if (ptt_ub_digest_put(text, sizeof(text), header, &first) != PTT_OK)
		return; /* a quoted value that cannot be written as a token */
	if (strlen(text) >= PTT_UB_HEADER_MAX)
		return;
	if (ptt_ub_digest_get(&again, header, text, strlen(text)) != PTT_OK)
		abort();
	if (strcmp(first.username, again.username) != 0 || strcmp(first.uri, again.uri) != 0 ||
		strcmp(first.nonce, again.nonce) != 0 ||
		strcmp(first.response, again.response) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_header(PTT_UB_AUTHORIZATION, (const char *)data, size);
	try_header(PTT_UB_WWW_AUTHENTICATE, (const char *)data, size);
	try_header(PTT_UB_AUTHENTICATION_INFO, (const char *)data, size);
	return 0;
}
