/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file ue_media_int.h
 * The UE's ears (ue_media.c) and mouth (ue_talk.c) in one struct. Private to the two.
 */
#ifndef PTT_UE_MEDIA_INT_H
#define PTT_UE_MEDIA_INT_H

#include "module/ue/audio_dev.h"
#include "module/ue/ue_media.h"
#include "module/ue/ue_stats.h"
#include "module/ue/ue_watch.h"
#include "module/ue/channel_rx.h"
#include "module/ue/talk.h"
#include "module/ue/wav.h"
#include "module/lab/key_log.h"

#define RX_FDS   3
#define TALK_FDS 2

struct ptt_ue_media {
	struct ptt_ue_media_param param;
	struct ptt_talk *talk;
	struct ptt_channel_rx *rx;
	struct ptt_ue_watch talk_watch[TALK_FDS], rx_watch[RX_FDS];
	struct ptt_ue_stats stats;
	struct ptt_channel_rx_stats former; /* of receivers closed before */
	struct ptt_codec_state decoder, unicast_decoder;
	uint64_t unicast_heard;
	struct ptt_audio_dev *audio_dev; /* NULL: none */
	struct ptt_wav wav;
	bool recording, has_peer, stopped;
	bool by_hand;     /* the floor is asked for by commands alone */
	char talker[160]; /* who has the channel's floor, as last told; "": nobody */
	bool on_air;      /* we hold the floor: the channel is muted, profile section 5 */
	int64_t talk_at_ms;
	uint8_t last_mki[PTT_MKI_LEN];
	struct ptt_key_log key_log;
};

void ptt_ue_talk_on_event(
	void *ctx, enum ptt_talk_event event, const struct ptt_tbcp *msg, int64_t now_ms);
/** Writes an event if this Idle or Taken changes the talker. */
void ptt_ue_talk_floor_state(struct ptt_ue_media *media, const struct ptt_tbcp *msg);
/** Asks for the floor, as configured; what fails is an event. */
void ptt_ue_talk_try(struct ptt_ue_media *media, int64_t now_ms);

#endif
