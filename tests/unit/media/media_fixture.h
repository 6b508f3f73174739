/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file media_fixture.h
 * The media thread from outside: real sockets and multicast on lo, members by ptt_talk and plain
 * sockets, receivers by ptt_channel_rx. Profile sections 5 and 6.
 */
#ifndef PTT_TEST_MEDIA_FIXTURE_H
#define PTT_TEST_MEDIA_FIXTURE_H

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "module/base/clock.h"
#include "module/ue/channel_rx.h"
#include "module/ue/talk.h"
#include "tests/unit/media/media_lab.h"

#define WAIT_MS  3000
#define PT       97
#define EVENTS   64
#define MESSAGES 64

struct heard {
	struct ptt_media_event event[EVENTS];
	size_t events;
	struct {
		uint8_t data[64];
		size_t len;
		int64_t at_ms;
	} message[MESSAGES];
	size_t messages;
	size_t audio, taken, idle;
	uint8_t audio_mki[PTT_MKI_LEN];
	uint32_t audio_ssrc, taken_ssrc;
	char taken_uri[128];
	uint16_t audio_seq;
	uint8_t payload[8];
};

/* Turns until the condition holds; fails after WAIT_MS. */
#define UNTIL(condition) \
	do { \
		int64_t end_ms_ = ptt_clock_ms() + WAIT_MS; \
		while (!(condition)) { \
			ck_assert_msg(ptt_clock_ms() < end_ms_, "waited for " #condition); \
			turn(); \
		} \
	} while (0)

/* A member by two plain sockets. */
struct member {
	struct ptt_endpoint *endpoint;
	int audio, floor;
	uint16_t audio_port, floor_port, seq;
};

extern const uint8_t mki1[PTT_MKI_LEN], mki2[PTT_MKI_LEN];
extern su_root_t *root;
extern struct ptt_media *media;
extern struct ptt_media_channel *channel;
extern struct ptt_channel_rx *rx, *hostile;
extern uint16_t base_port;
extern uint32_t lead_ms;
extern struct ptt_media_channel *scratch;
extern size_t barriers;
extern int channel_mark, scratch_mark, endpoint_mark[4];
extern struct heard seen;

void on_event(void *ctx, const struct ptt_media_event *event);
void on_mtk_message(void *ctx, struct ptt_bytes message, int64_t now_ms);
void on_audio(void *ctx, const struct ptt_rtp *rtp, const uint8_t mki[PTT_MKI_LEN], int64_t now_ms);
void on_tbcp(void *ctx, const struct ptt_tbcp *msg, const uint8_t mki[PTT_MKI_LEN], int64_t now_ms);
void turn(void);
const struct ptt_media_event *find_event(enum ptt_media_event_type type);
struct ptt_channel_rx *open_rx(bool bad, const char *source);
/** Waits until all commands are done: one more, on a scratch channel, has come back. */
void barrier(void);
void add_channel(uint32_t repeat_ms, uint64_t mtk_packets);
void start_with(uint32_t repeat_ms, uint64_t mtk_packets, uint16_t ports);
void start(void);
void stop(void);
void set_mtk(uint8_t fill, const uint8_t mki[PTT_MKI_LEN], const char *message);
void give_mtk(struct ptt_channel_rx *to, uint8_t fill, const uint8_t mki[PTT_MKI_LEN]);
/** Numbers 1 and 2 may be queued, number 2 may pre-empt. */
void join(struct member *m, int number, bool tbcp, bool forward);
void leave(struct member *m);
void say_from(struct member *m, int fd, uint8_t pt);
void say(struct member *m);
struct ptt_media_stats stats(void);
/** TBCP of a member, from its floor port. */
void tbcp_send_msg(struct member *m, struct ptt_tbcp msg);
void tbcp_send(struct member *m, enum ptt_tbcp_type type);
struct ptt_tbcp tbcp_wait(struct member *m);
/** Waits for the next message of that type; skips others. */
struct ptt_tbcp tbcp_wait_for(struct member *m, enum ptt_tbcp_type type);

#endif
