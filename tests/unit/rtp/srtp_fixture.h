/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file srtp_fixture.h
 * A relay that protects and an opener that opens, with nothing between them.
 */
#ifndef PTT_TEST_SRTP_FIXTURE_H
#define PTT_TEST_SRTP_FIXTURE_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "module/rtp/srtp_open.h"
#include "module/media/srtp_relay.h"
#include "module/rtp/tbcp.h"
#include "tests/unit/media/media_lab.h"

struct packet {
	_Alignas(8) uint8_t b[PTT_RTP_MAX_LEN];
	size_t len;
	struct ptt_rtp rtp; /* as sent, plain */
};

extern const uint8_t srtp_mki1[PTT_MKI_LEN], srtp_mki2[PTT_MKI_LEN];
extern struct ptt_srtp_relay relay;
extern struct ptt_srtp_open *op;
extern size_t opened;
extern uint8_t plain[PTT_RTP_MAX_LEN];
extern size_t plain_len;
extern uint8_t opened_mki[PTT_MKI_LEN];

void on_opened(void *ctx, struct ptt_bytes packet, const uint8_t mki[PTT_MKI_LEN], int64_t now_ms);
void new_open(bool rtcp, bool hostile);
void srtp_set_up(void);
void teardown(void);
void set_key(const struct ptt_mtk *mtk, const uint8_t mki[PTT_MKI_LEN]);
/* The talker's packet number seq, all the way to the wire. */
struct packet protect(uint16_t seq);
void give(const struct packet *p, int64_t now_ms);
void add(const struct ptt_mtk *mtk, const uint8_t mki[PTT_MKI_LEN], int64_t now_ms);
struct ptt_srtp_open_stats srtp_stats(void);

#endif
