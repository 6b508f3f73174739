/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file member.h
 * One simulated member: joins with Digest, answers re-INVITEs, and opens the MSK messages they
 * bring.
 *
 * Opening is put off until nothing more is to be read (ptt_bench_open_pending()), so that many
 * members on one core do not delay each other's answers; it is the real opening, of every
 * message, under the member's own MUK.
 */
#ifndef PTT_BENCH_MEMBER_H
#define PTT_BENCH_MEMBER_H

#include "crypto/mikey_seal.h"
#include "tests/bench/sip_text.h"
#include "tests/bench/udp.h"

#define PTT_BENCH_MIKEY_MAX 512

enum ptt_bench_state {
	PTT_BENCH_OUT,
	PTT_BENCH_CALLING, /**< first INVITE sent */
	PTT_BENCH_PROVING, /**< INVITE with credentials sent */
	PTT_BENCH_IN,      /**< 200 came, ACK sent */
	PTT_BENCH_GONE,    /**< BYE came, or refused */
};

struct ptt_bench_member {
	char *uri, *btid, *password;
	struct ptt_muk muk;
	enum ptt_bench_state state;
	uint32_t cseq;       /**< of the own INVITE */
	uint32_t their_cseq; /**< of the last re-INVITE answered */
	uint16_t pf_audio_port;
	bool dead, acked, got_bye;
	char target[128]; /**< the PF's Contact */
	char to_tag[80];
	struct sockaddr_in to;
	struct ptt_bench_udp *udp;
	char *answer; /**< what is sent again: the 200 to the last re-INVITE, or the own INVITE */
	size_t answer_len;
	int64_t sent_ns, first_sent_ns,
		invite_ns; /**< of answer; of the join; of the INVITE that got the 200 */
	int tries;
	size_t mikey_len; /**< 0: nothing to open */
	uint8_t mikey[PTT_BENCH_MIKEY_MAX];
	uint32_t msk_id; /**< of the last MSK opened */
};

/** One MSK as somebody opened it. */
struct ptt_bench_msk {
	uint32_t msk_id;
	struct ptt_msk msk;
	uint8_t rand[PTT_MBMS_RAND_LEN];
};

/** What is counted since the last mark. */
struct ptt_bench_counts {
	uint32_t invites, repeats, acks, byes, opened, open_failed, other_key, victim_offered,
		resent_200;
	uint32_t joined, join_failed, join_resent;
};

#define PTT_BENCH_MSKS 64

struct ptt_bench_world {
	struct ptt_bench_member *members;
	uint32_t count;
	const char *group;
	struct sockaddr_in server;
	struct ptt_mikey_ctx mikey;
	struct ptt_bench_counts counts;
	struct ptt_bench_msk msk[PTT_BENCH_MSKS]; /**< every MSK anybody opened; the newest last */
	uint32_t msk_count;
	uint32_t victim; /**< who is to be expelled, or UINT32_MAX */
	uint32_t *pending, pending_count;
	uint32_t *join_us, *answer_us; /**< samples: join to 200; INVITE with credentials to 200 */
	uint32_t sample_count;
	int64_t last_ack_ns;
};

void ptt_bench_member_join(struct ptt_bench_world *world, struct ptt_bench_member *member);
void ptt_bench_on_sip(void *ctx, struct ptt_bench_udp *udp, const struct ptt_bench_datagram *in);
/** Opens up to @p max messages; @return how many are left */
uint32_t ptt_bench_open_pending(struct ptt_bench_world *world, uint32_t max);
/** Resends what was not answered (RFC 3261 17.1.1, 13.3.1.4). */
void ptt_bench_resend(struct ptt_bench_world *world, int64_t now_ns);
/** NULL if nobody opened that one. */
const struct ptt_bench_msk *ptt_bench_find_msk(
	const struct ptt_bench_world *world, uint32_t msk_id);

#endif
