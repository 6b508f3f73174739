/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/media/srtp_relay.h"

#include <string.h>

#include "crypto/random.h"

#define FIRST_SEQ_MASK 0x7fff
#define MAX_JUMP       1000 /* packets; a larger jump is a new burst, after the trial */
#define MAX_LATE       64

/* A bijection of 32 bits (odd multipliers and xor-shifts): a counter gives no value twice. */
static uint32_t scramble(uint32_t x)
{
	x ^= x >> 16;
	x *= 0x7feb352du;
	x ^= x >> 15;
	x *= 0x846ca68bu;
	return x ^ x >> 16;
}

static uint32_t fresh_ssrc(struct ptt_srtp_relay *relay)
{
	return scramble(relay->ssrc_seed + relay->ssrc_count++);
}

enum ptt_err ptt_srtp_relay_init(struct ptt_srtp_relay *relay, uint8_t pt)
{
	memset(relay, 0, sizeof(*relay));
	PTT_TRY(ptt_random_bytes(&relay->ssrc_seed, sizeof(relay->ssrc_seed)));
	relay->pt = pt;
	relay->floor_ssrc = fresh_ssrc(relay);
	return ptt_srtp_relay_begin(relay);
}

void ptt_srtp_relay_drop_key(struct ptt_srtp_relay *relay)
{
	if (relay->session)
		srtp_dealloc(relay->session); /* libsrtp zeroes its key material */
	relay->session = NULL;
	relay->burst.used = false;
	memset(relay->mki, 0, sizeof(relay->mki));
}

/* The SRTCP index and the streams of the old session are lost: so the floor gets another SSRC. */
static enum ptt_err new_session(struct ptt_srtp_relay *relay, const srtp_policy_t *policy)
{
	srtp_t session;

	if (srtp_create(&session, policy) != srtp_err_status_ok)
		return PTT_ERR_SYSTEM;
	ptt_srtp_relay_drop_key(relay);
	relay->session = session;
	relay->floor_ssrc = fresh_ssrc(relay);
	return PTT_OK;
}

enum ptt_err ptt_srtp_relay_set_key(
	struct ptt_srtp_relay *relay, const struct ptt_mtk *mtk, const uint8_t mki[PTT_MKI_LEN])
{
	PTT_SECRET(struct ptt_srtp_policy, policy);
	bool same_suite = relay->key_len == mtk->key_len && relay->salt_len == mtk->salt_len;

	PTT_TRY(ptt_srtp_policy_fill(&policy, mtk, mki, false));
	/* srtp_update() keeps roll-over counters and SRTCP indices, as RFC 3711 8.1 asks for */
	if (!relay->session || !same_suite ||
		srtp_update(relay->session, &policy.policy) != srtp_err_status_ok)
		PTT_TRY(new_session(relay, &policy.policy));
	relay->key_len = mtk->key_len;
	relay->salt_len = mtk->salt_len;
	memcpy(relay->mki, mki, PTT_MKI_LEN);
	return PTT_OK;
}

enum ptt_err ptt_srtp_relay_begin(struct ptt_srtp_relay *relay)
{
	uint16_t seq;

	PTT_TRY(ptt_random_bytes(&seq, sizeof(seq)));
	PTT_TRY(ptt_random_bytes(&relay->burst.ts_shift, sizeof(relay->burst.ts_shift)));
	if (relay->session && relay->burst.used)
		(void)srtp_remove_stream(relay->session, relay->burst.ssrc);
	relay->burst.ssrc = fresh_ssrc(relay);
	relay->burst.out_seq = relay->burst.low_seq = seq & FIRST_SEQ_MASK;
	relay->burst.started = false;
	relay->burst.used = false;
	relay->burst.on_trial = false;
	return PTT_OK;
}

static int step_of(const struct ptt_srtp_relay *relay, const struct ptt_rtp *in)
{
	return (int16_t)(uint16_t)(in->seq - relay->burst.in_seq);
}

/* The talker's SSRC, near its last number. */
static bool is_of_talker(const struct ptt_srtp_relay *relay, const struct ptt_rtp *in)
{
	int step = step_of(relay, in);

	return in->ssrc == relay->burst.in_ssrc && step <= MAX_JUMP && step >= -MAX_LATE;
}

/* RFC 3550 A.1: one stray packet must not end a burst. */
static bool is_believed(struct ptt_srtp_relay *relay, const struct ptt_rtp *in)
{
	bool good = relay->burst.on_trial && in->ssrc == relay->burst.trial_ssrc &&
		    in->seq == relay->burst.trial_seq;

	relay->burst.on_trial = true;
	relay->burst.trial_ssrc = in->ssrc;
	relay->burst.trial_seq = (uint16_t)(in->seq + 1);
	return good;
}

/* Begins a new burst if the old one cannot go on. */
static enum ptt_err renew(struct ptt_srtp_relay *relay, const struct ptt_rtp *in)
{
	if (!is_of_talker(relay, in) && !is_believed(relay, in))
		return PTT_ERR_MISMATCH;
	if (is_of_talker(relay, in))
		relay->burst.on_trial = false;
	if (!is_of_talker(relay, in) || relay->burst.out_seq + step_of(relay, in) > UINT16_MAX)
		return ptt_srtp_relay_begin(relay);
	return PTT_OK;
}

static void start(struct ptt_srtp_relay *relay, struct ptt_rtp *out, const struct ptt_rtp *in)
{
	relay->burst.started = true;
	relay->burst.in_ssrc = in->ssrc;
	relay->burst.in_seq = in->seq;
	out->seq = relay->burst.out_seq;
	out->marker = true;
}

enum ptt_err ptt_srtp_relay_stamp(
	struct ptt_srtp_relay *relay, struct ptt_rtp *out, const struct ptt_rtp *in)
{
	int step;

	if (relay->burst.started)
		PTT_TRY(renew(relay, in));
	*out = *in;
	if (!relay->burst.started) {
		start(relay, out, in);
	} else {
		step = step_of(relay, in);
		if (relay->burst.out_seq + step < relay->burst.low_seq)
			return PTT_ERR_REPLAY;
		out->seq = (uint16_t)(relay->burst.out_seq + step);
		if (step > 0) {
			relay->burst.in_seq = in->seq;
			relay->burst.out_seq = out->seq;
		}
	}
	out->pt = relay->pt;
	out->timestamp = in->timestamp + relay->burst.ts_shift;
	out->ssrc = relay->burst.ssrc;
	return PTT_OK;
}

static enum ptt_err err_of(srtp_err_status_t status)
{
	switch (status) {
	case srtp_err_status_ok:
		return PTT_OK;
	case srtp_err_status_replay_fail:
	case srtp_err_status_replay_old:
		return PTT_ERR_REPLAY;
	default:
		return PTT_ERR_SYSTEM;
	}
}

enum ptt_err ptt_srtp_relay_protect(struct ptt_srtp_relay *relay, uint8_t *out, size_t *len,
	size_t size, const struct ptt_rtp *rtp)
{
	size_t plain_len;
	int protected_len;

	if (!relay->session)
		return PTT_ERR_NO_KEY;
	if (size < PTT_SRTP_RELAY_ROOM)
		return PTT_ERR_NO_SPACE;
	PTT_TRY(ptt_rtp_put(out, &plain_len, size - PTT_SRTP_RELAY_ROOM, rtp));
	protected_len = (int)plain_len;
	PTT_TRY(err_of(srtp_protect_mki(relay->session, out, &protected_len, 1, 0)));
	relay->burst.used = true;
	*len = (size_t)protected_len;
	return PTT_OK;
}

enum ptt_err ptt_srtp_relay_protect_rtcp(
	struct ptt_srtp_relay *relay, uint8_t *out, size_t *len, size_t size, struct ptt_bytes rtcp)
{
	int protected_len = (int)rtcp.len;

	if (!relay->session)
		return PTT_ERR_NO_KEY;
	if (size < PTT_SRTP_RELAY_ROOM || rtcp.len > size - PTT_SRTP_RELAY_ROOM)
		return PTT_ERR_NO_SPACE;
	memcpy(out, rtcp.data, rtcp.len);
	PTT_TRY(err_of(srtp_protect_rtcp_mki(relay->session, out, &protected_len, 1, 0)));
	*len = (size_t)protected_len;
	return PTT_OK;
}
