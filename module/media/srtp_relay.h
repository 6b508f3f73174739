/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file srtp_relay.h
 * Re-stamps a talker's RTP and protects it under the channel's MTK; protects floor messages, too.
 * No sockets.
 *
 * Every talk burst has a fresh SSRC and begins below sequence number 32768. Before the number would
 * wrap, the SSRC changes again. So the roll-over counter is 0 for a late joiner. SSRCs come from a
 * bijection of a counter with a random seed: none repeats within one relay. A new key resets
 * neither sequence numbers nor SRTCP indices.
 * Spec: RFC 3711 sections 3.3.1, 8.1, 9.1; docs/wire.md 5.1.
 */
#ifndef PTT_SRTP_RELAY_H
#define PTT_SRTP_RELAY_H

#include "module/rtp/rtp.h"
#include "module/rtp/srtp_policy.h"

#define PTT_SRTP_RELAY_ROOM 64 /**< bytes of room for MKI, tag and index after a plain packet */

struct ptt_srtp_relay {
	srtp_t session; /**< NULL = no key: nothing can be protected */
	uint8_t mki[PTT_MKI_LEN];
	uint8_t key_len, salt_len; /**< the suite in use */
	uint8_t pt;
	uint32_t ssrc_seed, ssrc_count;
	uint32_t floor_ssrc; /**< of all floor messages */
	struct {
		uint32_t ssrc, in_ssrc;
		bool started;              /**< a packet came in this burst */
		bool used;                 /**< libsrtp holds a stream of this SSRC */
		uint16_t in_seq;           /**< the talker's newest */
		uint16_t out_seq, low_seq; /**< our newest and first */
		uint32_t trial_ssrc; /**< SSRC on trial: another one, or the same after a jump */
		uint16_t trial_seq;  /**< the number that must follow to end the trial */
		bool on_trial;
		uint32_t ts_shift;
	} burst;
};

/** Random seed; no key yet. Errors: SYSTEM. */
enum ptt_err ptt_srtp_relay_init(struct ptt_srtp_relay *relay, uint8_t pt) PTT_MUST_CHECK;
/** Wipes the key. */
void ptt_srtp_relay_drop_key(struct ptt_srtp_relay *relay);
/**
 * Protects with this key from now on and wipes the old one.
 * Errors: UNSUPPORTED, SYSTEM (the old key stays).
 */
enum ptt_err ptt_srtp_relay_set_key(struct ptt_srtp_relay *relay, const struct ptt_mtk *mtk,
	const uint8_t mki[PTT_MKI_LEN]) PTT_MUST_CHECK;
/** A new burst begins: new relay->burst.ssrc, to be named in Taken. Errors: SYSTEM. */
enum ptt_err ptt_srtp_relay_begin(struct ptt_srtp_relay *relay) PTT_MUST_CHECK;
/**
 * Re-stamps a talker's packet; does not protect it. Changes burst.ssrc before the number wraps, and
 * when the talker goes on under another SSRC or far from its last number. Such a change needs a
 * second packet in sequence (RFC 3550 A.1); the first one is lost.
 * Errors: MISMATCH (not believed yet), REPLAY (older than the burst), SYSTEM.
 * Keeps: the payload stays borrowed from @p in.
 */
enum ptt_err ptt_srtp_relay_stamp(
	struct ptt_srtp_relay *relay, struct ptt_rtp *out, const struct ptt_rtp *in) PTT_MUST_CHECK;
/**
 * Protects a stamped packet into @p out. Errors: NO_KEY, NO_SPACE, REPLAY (sent before), SYSTEM.
 */
enum ptt_err ptt_srtp_relay_protect(struct ptt_srtp_relay *relay, uint8_t *out, size_t *len,
	size_t size, const struct ptt_rtp *rtp) PTT_MUST_CHECK;
/** Protects one RTCP packet (E = 1). Errors: NO_KEY, NO_SPACE, SYSTEM. */
enum ptt_err ptt_srtp_relay_protect_rtcp(struct ptt_srtp_relay *relay, uint8_t *out, size_t *len,
	size_t size, struct ptt_bytes rtcp) PTT_MUST_CHECK;

#endif
