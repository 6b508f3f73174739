/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file channel_rx.h
 * Client side of the multicast channel: joins the group, opens SRTP and SRTCP by MKI.
 *
 * One thread. The owner waits for the three descriptors (su_root_register, poll) and calls
 * ptt_channel_rx_read() when one is readable, and ptt_channel_rx_tick() at least every 50 ms or at
 * ptt_channel_rx_due_ms(). Callbacks run inside read, tick and add_mtk. Several clients on one host
 * share the ports (SO_REUSEADDR); the kernel gives each client a copy of every packet.
 */
#ifndef PTT_CHANNEL_RX_H
#define PTT_CHANNEL_RX_H

#include "module/rtp/rtp.h"
#include "module/rtp/srtp_open.h"
#include "module/rtp/tbcp.h"

struct ptt_channel_rx;

struct ptt_channel_rx_config {
	const char *address;   /**< numeric group address. Strings are not kept after open */
	const char *source;    /**< numeric; drops packets of other sources; NULL = any source */
	const char *interface; /**< name; NULL = by route */
	uint16_t audio_port, floor_port, key_port;
	bool hostile; /**< keeps every key and tries each on every packet */
	void *ctx;
	/** Each SRTP packet before it is opened, for counting. This and all callbacks may be
	 *  NULL. */
	void (*on_heard)(void *ctx, uint32_t ssrc, uint16_t seq, const uint8_t mki[PTT_MKI_LEN],
		int64_t now_ms);
	/** Each MTK message, unchecked. The owner typically calls ptt_channel_rx_add_mtk(). */
	void (*on_mtk_message)(void *ctx, struct ptt_bytes message, int64_t now_ms);
	/** One opened RTP packet, in order of arrival. */
	void (*on_audio)(void *ctx, const struct ptt_rtp *rtp, const uint8_t mki[PTT_MKI_LEN],
		int64_t now_ms);
	/** One opened floor message (Taken, Idle). */
	void (*on_tbcp)(void *ctx, const struct ptt_tbcp *msg, const uint8_t mki[PTT_MKI_LEN],
		int64_t now_ms);
};

struct ptt_channel_rx_stats {
	uint64_t stray;        /**< packets of another source */
	uint64_t mtk_messages; /**< datagrams on the key port */
	uint64_t floor_opened, floor_undecryptable;
	struct ptt_srtp_open_stats audio; /**< heard, opened, undecryptable, replayed, held now */
};

/** Errors: MALFORMED (addresses), NO_KEY (interface), SYSTEM (socket, bind, join; see errno). */
enum ptt_err ptt_channel_rx_open(
	struct ptt_channel_rx **out, const struct ptt_channel_rx_config *config) PTT_MUST_CHECK;
/** Leaves the group, wipes the keys. NULL is fine. */
void ptt_channel_rx_close(struct ptt_channel_rx *rx);
/** False if the kernel refused the source filter; then only this module checks the source. */
bool ptt_channel_rx_source_joined(const struct ptt_channel_rx *rx);

/** The three descriptors: audio, floor, key. Non-blocking; closed by ptt_channel_rx_close(). */
void ptt_channel_rx_fds(const struct ptt_channel_rx *rx, int fds[3]);
/** Reads @p fd, at most 64 datagrams a call (level-triggered: call again). */
void ptt_channel_rx_read(struct ptt_channel_rx *rx, int fd, int64_t now_ms);
/** Retires keys and drops held packets that are due. */
void ptt_channel_rx_tick(struct ptt_channel_rx *rx, int64_t now_ms);
/** When to tick next; INT64_MAX = nothing waits. */
int64_t ptt_channel_rx_due_ms(const struct ptt_channel_rx *rx);

/** As ptt_srtp_open_add(), for audio and floor. Delivers packets held for this MKI. */
enum ptt_err ptt_channel_rx_add_mtk(struct ptt_channel_rx *rx, const struct ptt_mtk *mtk,
	const uint8_t mki[PTT_MKI_LEN], int64_t now_ms) PTT_MUST_CHECK;
/** Wipes the MTKs under a revoked MSK; a hostile receiver ignores it. */
void ptt_channel_rx_revoke(struct ptt_channel_rx *rx, uint32_t msk_id);
/** Wipes every MTK at once (left, expelled); a hostile receiver ignores it. */
void ptt_channel_rx_drop_keys(struct ptt_channel_rx *rx);
void ptt_channel_rx_get_stats(const struct ptt_channel_rx *rx, struct ptt_channel_rx_stats *out);

#endif
