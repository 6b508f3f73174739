/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/group/media_row.h"

#include <string.h>

_Static_assert(sizeof(struct ptt_media_plan) == 118,
	"a plan of another layout needs a new version; get() must still read this one");

void ptt_media_row_put(uint8_t out[PTT_MEDIA_ROW_LEN], const struct ptt_media_row *row)
{
	out[0] = PTT_MEDIA_ROW_VERSION;
	memcpy(out + 1, &row->plan, sizeof(row->plan));
	memcpy(out + 1 + sizeof(row->plan), &row->fingerprint, sizeof(row->fingerprint));
}

enum ptt_err ptt_media_row_get(struct ptt_media_row *row, struct ptt_bytes in)
{
	bool has_version = in.len > 0 && in.data[0] == PTT_MEDIA_ROW_VERSION;
	size_t at = has_version ? 1 : 0, end = at + sizeof(row->plan);
	bool has_fingerprint = in.len == end + sizeof(row->fingerprint);

	if (!has_fingerprint && (has_version || in.len != end))
		return PTT_ERR_MALFORMED;
	if (!has_version && in.data[0] > PTT_LINE_CHANNEL_KEYS)
		return PTT_ERR_MALFORMED;
	*row = (struct ptt_media_row){0};
	memcpy(&row->plan, in.data + at, sizeof(row->plan));
	if (has_fingerprint)
		memcpy(&row->fingerprint, in.data + end, sizeof(row->fingerprint));
	return PTT_OK;
}
