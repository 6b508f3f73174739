/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/base/xml.h"

#include <stddef.h>

const char *ptt_xml_entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&apos;";
	default:
		return NULL;
	}
}

void ptt_xml_write(struct ptt_writer *wr, const char *text)
{
	for (; *text; text++) {
		const char *entity = ptt_xml_entity(*text);

		if (entity)
			ptt_write_bytes(wr, ptt_bytes_of_str(entity));
		else
			ptt_write_u8(wr, (uint8_t)*text);
	}
}
