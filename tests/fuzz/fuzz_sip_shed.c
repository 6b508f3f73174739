/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The response to a datagram refused at the socket is one message of whole lines with our tag. */
#include <stdlib.h>
#include <string.h>

#include "module/sip/sip_shed_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *text, size_t len, const char *tag)
{
	if (len < 4 || memcmp(text, "SIP/2.0 503 ", 12) != 0 ||
		!memmem(text, len, tag, strlen(tag)))
		abort();
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\0' || (text[i] == '\n') != (i > 0 && text[i - 1] == '\r'))
			abort();
		if (i >= 3 && memcmp(text + i - 3, "\r\n\r\n", 4) == 0 && i + 1 != len)
			abort(); /* the head ends early */
	}
	if (memcmp(text + len - 4, "\r\n\r\n", 4) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char tag[] = "shed0123456789abcdef";
	static char text[PTT_SHED_OUT_MAX];
	const struct ptt_shed_response response = {.status = "503 Service Unavailable",
		.headers = "Retry-After: 3600\r\n",
		.tag = tag,
		.from_host = "2001:db8::9",
		.from_port = 65535};
	struct ptt_shed_request request;
	size_t len = 0;

	if (ptt_shed_read(&request, (struct ptt_bytes){data, size}, tag) == PTT_SHED_INVITE &&
		ptt_shed_put(text, &len, &request, &response) == PTT_OK)
		check(text, len, tag);
	return 0;
}
