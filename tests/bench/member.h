/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file member.h
 * One simulated member: joins with Digest, answers re-INVITEs, and opens the MSK messages they
 * bring.
 *
 * world.h: all members. member.c: incoming messages, and the keys. member_call.c: the member's
 * requests (INVITE, ACK, BYE). member_answer.c: requests to the member, and its scripts. callers.c:
 * members that come and go.
 *
 * A member opens its messages only when the socket is empty (ptt_bench_open_pending()), so that
 * many members on one core do not delay each other's responses. Each message is really opened,
 * under the member's own MUK.
 */
#ifndef PTT_BENCH_MEMBER_H
#define PTT_BENCH_MEMBER_H

#include "crypto/mikey_seal.h"
#include "tests/bench/sip_text.h"
#include "tests/bench/udp.h"

#define PTT_BENCH_MIKEY_MAX 512
#define PTT_BENCH_TEXT_MAX  1900

/** A format; its argument is the session's id. */
#define PTT_BENCH_UNICAST \
	"v=0\r\no=- %u 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n" \
	"m=audio 9 RTP/AVP 97\r\na=rtpmap:97 AMR/8000/1\r\na=fmtp:97 octet-align=1\r\n" \
	"m=application 9 udp TBCP\r\na=fmtp:TBCP queuing=0;tb_priority=1;timestamp=0\r\n"

enum ptt_bench_state {
	PTT_BENCH_OUT,
	PTT_BENCH_AGAIN,   /**< refused (503): calls again soon */
	PTT_BENCH_CALLING, /**< first INVITE sent */
	PTT_BENCH_PROVING, /**< INVITE with credentials sent */
	PTT_BENCH_IN,      /**< 200 came, ACK sent */
	PTT_BENCH_LEAVING, /**< BYE sent */
	PTT_BENCH_GONE,    /**< BYE came, or the call was refused */
};

/** How the member behaves. */
enum ptt_bench_script {
	PTT_BENCH_WELL,
	PTT_BENCH_DEAD,  /**< answers nothing from now on */
	PTT_BENCH_LOST,  /**< loses its first 200 to each re-INVITE */
	PTT_BENCH_SLOW,  /**< answers re-INVITEs late */
	PTT_BENCH_GLARE, /**< answers 491 first, then 200 */
};

struct ptt_bench_member {
	char *uri, *btid, *password;
	const char *group;
	struct ptt_muk muk;
	enum ptt_bench_state state;
	enum ptt_bench_script script;
	bool is_caller;      /**< one of callers.c: not in the measured group */
	uint32_t call;       /**< number of its dialog */
	uint32_t cseq;       /**< of its own requests */
	uint32_t their_cseq; /**< of the last re-INVITE answered */
	uint16_t pf_audio_port, pf_floor_port;
	bool acked, got_bye, glared;
	char target[128]; /**< the PF's Contact */
	char to_tag[80];
	struct sockaddr_in to;
	struct ptt_bench_udp *udp;
	char *answer; /**< to resend: the 200 to the last re-INVITE, or its own request */
	size_t answer_len;
	int64_t sent_ns, first_sent_ns,
		invite_ns; /**< of answer; of the join; of the INVITE that got the 200 */
	int64_t due_ns;    /**< SLOW: of the answer; a caller: of its BYE, 0 before it has a key */
	int tries;
	size_t mikey_len; /**< 0: nothing to open */
	uint8_t mikey[PTT_BENCH_MIKEY_MAX];
	uint32_t msk_id; /**< of the last MSK opened */
};

struct ptt_bench_world;

/* member.c */
void ptt_bench_on_sip(void *ctx, struct ptt_bench_udp *udp, const struct ptt_bench_datagram *in);
void ptt_bench_send_kept(struct ptt_bench_member *member, const struct sockaddr_in *to);

/* member_call.c */
void ptt_bench_member_join(struct ptt_bench_world *world, struct ptt_bench_member *member);
void ptt_bench_member_leave(struct ptt_bench_world *world, struct ptt_bench_member *member);
/** Handles a final response, which came at @p at_ns. */
void ptt_bench_on_final(struct ptt_bench_world *world, struct ptt_bench_member *member,
	const struct ptt_bench_sip *sip, int64_t at_ns);

/* member_answer.c */
void ptt_bench_on_request(struct ptt_bench_world *world, struct ptt_bench_member *member,
	const struct ptt_bench_sip *sip, const struct sockaddr_in *from);
/** "dead FIRST COUNT", "lost FIRST COUNT", "slow FIRST COUNT MS",
 * "glare FIRST COUNT", "well FIRST COUNT".
 *  @return the number of members with this behaviour from now on; -1: unknown command */
long ptt_bench_script(struct ptt_bench_world *world, const char *text);

#endif
