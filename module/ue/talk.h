/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file talk.h
 * Client side of the unicast user plane: asks for the floor by TBCP and sends RTP from a WAV file
 * or a tone.
 *
 * One thread. Open binds the audio and floor ports for the SDP; the owner waits for the two
 * descriptors and calls ptt_talk_read(), and ptt_talk_tick() at ptt_talk_due_ms(). Callbacks run
 * inside read, tick, start and stop.
 */
#ifndef PTT_TALK_H
#define PTT_TALK_H

#include "module/ue/codec.h"
#include "module/rtp/rtp.h"
#include "module/rtp/tbcp.h"

struct ptt_talk;

enum ptt_talk_event {
	PTT_TALK_STARTED, /**< the floor is granted, or there is no floor control: RTP is sent */
	PTT_TALK_STOPPED, /**< ptt_talk_stop() was called or the file has ended */
	PTT_TALK_DENIED,  /**< msg->reason */
	PTT_TALK_REVOKED, /**< sending has stopped: msg revokes the floor or shows its loss */
	PTT_TALK_QUEUED,  /**< msg->position */
	PTT_TALK_TBCP,    /**< any other message on the unicast floor port (Taken, Idle ...) */
};

struct ptt_talk_config {
	const char *address; /**< numeric local address; not kept */
	uint16_t audio_port; /**< 0 = any free one */
	uint16_t floor_port; /**< 0 = any free one */
	void *ctx;
	void (*on_event)(
		void *ctx, enum ptt_talk_event event, const struct ptt_tbcp *msg, int64_t now_ms);
	/** RTP received by unicast (members without the channel); may be NULL. */
	void (*on_audio)(void *ctx, const struct ptt_rtp *rtp, int64_t now_ms);
	/** Captures the next frame (a microphone); NULL: a tone is sent instead. */
	void (*on_source)(void *ctx, int16_t frame[PTT_CODEC_FRAME]);
};

struct ptt_talk_peer {
	const char *address;             /**< numeric, from the PF's SDP */
	uint16_t audio_port, floor_port; /**< floor 0 = no TBCP: talk without asking */
	uint8_t pt;
	enum ptt_codec codec;
	uint8_t priority; /**< the highest negotiated for requests; 0 = 1 */
	bool timestamps;  /**< negotiated: requests carry their time */
};

/** Errors: MALFORMED (address), SYSTEM (bind). */
enum ptt_err ptt_talk_open(
	struct ptt_talk **out, const struct ptt_talk_config *config) PTT_MUST_CHECK;
/** Releases the floor if it is held. NULL is fine. */
void ptt_talk_close(struct ptt_talk *talk);
uint16_t ptt_talk_audio_port(const struct ptt_talk *talk);
uint16_t ptt_talk_floor_port(const struct ptt_talk *talk);
/** Audio and floor descriptors; non-blocking; closed by ptt_talk_close(). */
void ptt_talk_fds(const struct ptt_talk *talk, int fds[2]);
/** Errors: MALFORMED, UNSUPPORTED (codec), SYSTEM. */
enum ptt_err ptt_talk_set_peer(
	struct ptt_talk *talk, const struct ptt_talk_peer *peer) PTT_MUST_CHECK;
/**
 * Asks for the floor (three times, 500 ms apart), waits in the queue, and then sends a frame every
 * 20 ms.
 * @param wav   8 kHz, 16 bit, mono; "tone" = an endless 440 Hz tone; NULL = on_source, or the tone
 * @param loop  start the file again at its end
 * Errors: NO_KEY (no such file), UNSUPPORTED (not such a WAV), MALFORMED, BUSY (talking or asking),
 * MISMATCH (no peer), SYSTEM.
 */
enum ptt_err ptt_talk_start(
	struct ptt_talk *talk, const char *wav, bool loop, int64_t now_ms) PTT_MUST_CHECK;
/** Priority of later requests: 1 normal, 2 high, 3 pre-emptive; capped at the negotiated one. */
void ptt_talk_set_priority(struct ptt_talk *talk, uint8_t priority);
/** Asks for our position in the queue; the PF's message is reported as PTT_TALK_TBCP. */
void ptt_talk_query(struct ptt_talk *talk);
/** Stops sending and releases the floor, or cancels the request. */
void ptt_talk_stop(struct ptt_talk *talk, int64_t now_ms);
bool ptt_talk_active(const struct ptt_talk *talk); /**< asking, queued or sending */
void ptt_talk_read(struct ptt_talk *talk, int fd, int64_t now_ms);
void ptt_talk_tick(struct ptt_talk *talk, int64_t now_ms);
/** INT64_MAX = nothing waits. */
int64_t ptt_talk_due_ms(const struct ptt_talk *talk);
uint64_t ptt_talk_packets_sent(const struct ptt_talk *talk);

#endif
