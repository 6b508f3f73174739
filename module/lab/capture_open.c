/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/lab/capture_open.h"

#include <stdlib.h>
#include <string.h>

#include "module/rtp/rtp.h"
#include "module/rtp/srtp_policy.h"

#define RTCP_FIRST 192 /* of the packet types that are RTCP, RFC 5761 section 4 */
#define RTCP_LAST  223

struct key {
	uint8_t mki[PTT_MKI_LEN];
	size_t behind; /* bytes from the MKI to the end */
	struct ptt_mtk mtk;
	struct ptt_srtp_open *rtp, *rtcp; /* NULL: no packet yet */
	struct key *next;
};

struct ptt_capture_open {
	struct key *keys;
	struct ptt_capture_open_counts counts;
	uint8_t *plain; /* where on_opened() writes the present packet */
	size_t plain_len;
};

enum ptt_err ptt_capture_open_new(struct ptt_capture_open **out)
{
	*out = calloc(1, sizeof(**out));
	return *out ? PTT_OK : PTT_ERR_SYSTEM;
}

void ptt_capture_open_free(struct ptt_capture_open *open)
{
	while (open && open->keys) {
		struct key *key = open->keys;

		open->keys = key->next;
		ptt_srtp_open_free(key->rtp);
		ptt_srtp_open_free(key->rtcp);
		ptt_wipe(key, sizeof(*key));
		free(key);
	}
	free(open);
}

static struct key *key_of(const struct ptt_capture_open *open, const uint8_t *payload, size_t len)
{
	for (struct key *key = open->keys; key; key = key->next) {
		if (len >= PTT_RTP_HEADER_LEN + key->behind &&
			memcmp(payload + len - key->behind, key->mki, PTT_MKI_LEN) == 0)
			return key;
	}
	return NULL;
}

enum ptt_err ptt_capture_open_add(
	struct ptt_capture_open *open, const uint8_t mki[PTT_MKI_LEN], const struct ptt_mtk *mtk)
{
	struct key *key;

	if (!ptt_srtp_suite_known(mtk))
		return PTT_ERR_UNSUPPORTED;
	for (key = open->keys; key; key = key->next) {
		if (memcmp(key->mki, mki, PTT_MKI_LEN) == 0)
			return PTT_OK;
	}
	key = calloc(1, sizeof(*key));
	if (!key)
		return PTT_ERR_SYSTEM;
	memcpy(key->mki, mki, PTT_MKI_LEN);
	key->mtk = *mtk;
	key->behind = PTT_MKI_LEN + ptt_srtp_after_mki_len(mtk);
	key->next = open->keys;
	open->keys = key;
	return PTT_OK;
}

static void on_opened(
	void *ctx, struct ptt_bytes packet, const uint8_t mki[PTT_MKI_LEN], int64_t now_ms)
{
	struct ptt_capture_open *open = ctx;

	(void)mki;
	(void)now_ms;
	memmove(open->plain, packet.data, packet.len);
	open->plain_len = packet.len;
}

static enum ptt_err opener_make(
	struct ptt_srtp_open **op, struct ptt_capture_open *open, const struct key *key, bool rtcp)
{
	enum ptt_err err;

	PTT_TRY(ptt_srtp_open_new(op, rtcp, false, on_opened, open));
	err = ptt_srtp_open_add(*op, &key->mtk, key->mki, 0);
	if (err != PTT_OK) {
		ptt_srtp_open_free(*op);
		*op = NULL;
	}
	return err;
}

bool ptt_capture_open_packet(struct ptt_capture_open *open, uint8_t *payload, size_t *len)
{
	struct key *key = *len <= PTT_RTP_MAX_LEN ? key_of(open, payload, *len) : NULL;
	struct ptt_srtp_open **op;
	enum ptt_err err = PTT_OK;
	bool rtcp;

	if (!key || payload[0] >> 6 != 2)
		return false;
	rtcp = payload[1] >= RTCP_FIRST && payload[1] <= RTCP_LAST;
	op = rtcp ? &key->rtcp : &key->rtp;
	if (!*op)
		err = opener_make(op, open, key, rtcp);
	open->plain = payload;
	open->plain_len = 0;
	if (err == PTT_OK)
		ptt_srtp_open_packet(*op, (struct ptt_bytes){payload, *len}, 0);
	if (open->plain_len == 0) {
		open->counts.failed++;
		return false;
	}
	open->counts.srtp += rtcp ? 0 : 1;
	open->counts.srtcp += rtcp ? 1 : 0;
	*len = open->plain_len;
	return true;
}

void ptt_capture_open_counts(
	const struct ptt_capture_open *open, struct ptt_capture_open_counts *out)
{
	*out = open->counts;
}
