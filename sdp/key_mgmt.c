/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sdp/key_mgmt.h"

#include <string.h>
#include <strings.h>

#include "sdp/text.h"

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/*
 * RFC 4567 3.1: key-mgmt-attribute = "key-mgmt:" prtcl-id keymgmt-data,
 * where the ABNF has blanks before and after prtcl-id and the examples have none before.
 */
enum ptt_err ptt_key_mgmt_value_get(uint8_t *out, size_t *len, size_t size, struct ptt_bytes value)
{
	static const char mikey[] = "mikey";
	const uint8_t *pos = value.data, *end = value.data + value.len, *id;

	*len = 0;
	while (pos < end && is_blank(*pos))
		pos++;
	for (id = pos; pos < end && !is_blank(*pos);)
		pos++;
	if (pos == id)
		return PTT_ERR_MALFORMED;
	if ((size_t)(pos - id) != strlen(mikey) || strncasecmp((const char *)id, mikey, 5) != 0)
		return PTT_ERR_UNSUPPORTED;
	while (pos < end && is_blank(*pos))
		pos++;
	while (end > pos && is_blank(end[-1]))
		end--;
	if (pos == end)
		return PTT_ERR_MALFORMED;
	return ptt_base64_get(out, len, size, (const char *)pos, (size_t)(end - pos));
}

static enum ptt_err list_get(uint8_t *out, size_t *len, size_t size, const sdp_attribute_t *list)
{
	for (const sdp_attribute_t *a = list; a; a = a->a_next) {
		enum ptt_err err;

		if (!a->a_name || strcasecmp(a->a_name, "key-mgmt") != 0)
			continue;
		err = ptt_key_mgmt_value_get(
			out, len, size, ptt_bytes_of_str(a->a_value ? a->a_value : ""));
		if (err != PTT_ERR_UNSUPPORTED)
			return err;
	}
	*len = 0;
	return PTT_ERR_NO_KEY;
}

enum ptt_err ptt_key_mgmt_get(
	uint8_t *out, size_t *len, size_t size, const sdp_session_t *sdp, int media_index)
{
	const sdp_media_t *media = sdp->sdp_media;
	enum ptt_err err = PTT_ERR_NO_KEY;

	for (int i = 0; media && i < media_index; i++)
		media = media->m_next;
	if (media_index >= 0 && media)
		err = list_get(out, len, size, media->m_attributes);
	if (err == PTT_ERR_NO_KEY)
		err = list_get(out, len, size, sdp->sdp_attributes);
	return err;
}

void ptt_key_mgmt_put(struct ptt_writer *wr, struct ptt_bytes mikey)
{
	if (mikey.len > PTT_MIKEY_MAX_LEN) {
		(void)ptt_writer_fail(wr, PTT_ERR_NO_SPACE);
		return;
	}
	ptt_write_str(wr, "a=key-mgmt:mikey ");
	ptt_write_base64(wr, mikey);
	ptt_write_str(wr, "\r\n");
}
