/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/rtp/rtp.h"

#define VERSION   2
#define PADDING   0x20
#define EXTENSION 0x10

/* The last byte of a padded packet counts the padding, itself included. */
static void cut_padding(struct ptt_reader *rd, struct ptt_bytes *payload)
{
	uint8_t count = payload->len > 0 ? payload->data[payload->len - 1] : 0;

	if (count == 0 || count > payload->len) {
		ptt_reader_fail(rd, PTT_ERR_MALFORMED);
		return;
	}
	payload->len -= count;
}

enum ptt_err ptt_rtp_get(struct ptt_rtp *out, struct ptt_bytes in)
{
	struct ptt_reader rd = ptt_reader_of(in);
	uint8_t first = ptt_read_u8(&rd), second = ptt_read_u8(&rd);

	if (first >> 6 != VERSION)
		ptt_reader_fail(&rd, PTT_ERR_MALFORMED);
	out->marker = (second & 0x80) != 0;
	out->pt = second & 0x7f;
	out->seq = ptt_read_u16(&rd);
	out->timestamp = ptt_read_u32(&rd);
	out->ssrc = ptt_read_u32(&rd);
	(void)ptt_read_bytes(&rd, 4 * (size_t)(first & 0x0f));
	if (first & EXTENSION) {
		(void)ptt_read_u16(&rd);
		(void)ptt_read_bytes(&rd, 4 * (size_t)ptt_read_u16(&rd));
	}
	out->payload = ptt_read_bytes(&rd, ptt_reader_left(&rd));
	if (first & PADDING)
		cut_padding(&rd, &out->payload);
	return ptt_reader_end(&rd);
}

enum ptt_err ptt_rtp_put(uint8_t *out, size_t *len, size_t size, const struct ptt_rtp *rtp)
{
	struct ptt_writer wr = ptt_writer_of(out, size);

	ptt_write_u8(&wr, VERSION << 6);
	ptt_write_u8(&wr, (uint8_t)((rtp->marker ? 0x80 : 0) | (rtp->pt & 0x7f)));
	ptt_write_u16(&wr, rtp->seq);
	ptt_write_u32(&wr, rtp->timestamp);
	ptt_write_u32(&wr, rtp->ssrc);
	ptt_write_bytes(&wr, rtp->payload);
	return ptt_writer_end(&wr, len);
}
