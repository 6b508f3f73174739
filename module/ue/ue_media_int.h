/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file ue_media_int.h
 * The struct that the receiving half (ue_media.c) and the talking half (ue_talk.c) share.
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
	bool stopped; /* the UE has left or was expelled */

	/* receiving */
	struct ptt_channel_rx *rx; /* NULL: no channel */
	struct ptt_ue_watch rx_watch[RX_FDS];
	struct ptt_channel_rx_stats former; /* totals of receivers closed before */
	struct ptt_codec_state decoder, unicast_decoder;
	struct ptt_ue_stats stats;
	uint64_t unicast_heard;
	uint8_t last_mki[PTT_MKI_LEN];
	struct ptt_key_log key_log;
	struct ptt_wav wav;
	bool recording;

	/* talking */
	struct ptt_talk *talk;
	struct ptt_ue_watch talk_watch[TALK_FDS];
	bool has_peer;
	bool by_hand; /* only commands ask for the floor */
	bool on_air;  /* this UE has the floor and mutes the channel: docs/wire.md section 5 */
	int64_t talk_at_ms; /* when to ask for the floor; INT64_MAX: never */
	char talker[160];   /* talker of the last talk-start event; "": nobody talks */

	struct ptt_audio_dev *audio_dev; /* NULL: none */
};

void ptt_ue_talk_on_event(
	void *ctx, enum ptt_talk_event event, const struct ptt_tbcp *msg, int64_t now_ms);
/** Writes an event if this Idle or Taken changes the talker. */
void ptt_ue_talk_floor_state(struct ptt_ue_media *media, const struct ptt_tbcp *msg);
/** Asks for the floor as configured; a failure becomes an error event. */
void ptt_ue_talk_try(struct ptt_ue_media *media, int64_t now_ms);

#endif
