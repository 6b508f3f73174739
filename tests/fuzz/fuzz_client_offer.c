/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The first line is the Content-Type, the rest the body. */
#include <stdlib.h>
#include <string.h>

#include "sdp/client_offer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ptt_client_offer offer;
	char type[128] = "";
	const uint8_t *eol = size > 0 ? memchr(data, '\n', size) : NULL;
	size_t type_len = eol ? (size_t)(eol - data) : 0, used = eol ? type_len + 1 : 0;

	if (type_len >= sizeof(type))
		type_len = sizeof(type) - 1;
	if (type_len > 0)
		memcpy(type, data, type_len);
	if (ptt_client_offer_get(&offer, type, (struct ptt_bytes){data + used, size - used}) !=
		PTT_OK)
		return 0;
	if (offer.lines.count > PTT_SDP_MAX_LINES || offer.invited.count > PTT_OFFER_MAX_URIS)
		abort();
	for (int i = 0; i < offer.invited.count; i++)
		if (!memchr(offer.invited.uri[i], 0, PTT_OFFER_URI_SIZE))
			abort();
	return 0;
}
