/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file ue_media.h
 * The UE's media: channel receiver, talker, recorder and statistics, on one su_root.
 *
 * Passes MTK messages of the channel to rekey_client.h, and their MTKs to the receiver. Writes
 * events to the stream given. One thread.
 */
#ifndef PTT_UE_MEDIA_H
#define PTT_UE_MEDIA_H

#include <jansson.h>
#include <sofia-sip/su_wait.h>

#include "module/client/rekey_client.h"
#include "module/ue/ue_config.h"
#include "module/ue/ue_event.h"

struct ptt_ue_media;

struct ptt_ue_media_param {
	su_root_t *root;
	FILE *events;
	const struct ptt_ue_config *config; /**< kept, borrowed */
	struct ptt_rekey_client *keys;      /**< kept, borrowed */
	const char *address;                /**< ours, numeric */
	void (*on_key_missing)(void *ctx);  /**< an MTK message under an MSK we do not hold */
	void *ctx;
};

/** Binds the unicast ports and opens the files. @p at gets the step that failed.
 *  Errors: those of ptt_talk_open(), ptt_wav_create(), ptt_key_log_open(), ptt_audio_dev_open(). */
enum ptt_err ptt_ue_media_new(struct ptt_ue_media **out, const struct ptt_ue_media_param *param,
	struct ptt_ue_step *at) PTT_MUST_CHECK;
/** Ends the recording. NULL is fine. */
void ptt_ue_media_free(struct ptt_ue_media *media);
/** Our unicast ports. */
void ptt_ue_media_ports(const struct ptt_ue_media *media, uint16_t *audio, uint16_t *floor);

/** Sets the negotiated unicast lines; the first ones start talking if the configuration says so. */
void ptt_ue_media_set_plan(struct ptt_ue_media *media, const struct ptt_media_plan *plan);
/** Joins that channel instead of the present one; NULL: none. Errors: those of
 *  ptt_channel_rx_open(). */
enum ptt_err ptt_ue_media_set_channel(
	struct ptt_ue_media *media, const struct ptt_channel_sdp *channel) PTT_MUST_CHECK;
/** Wipes the MTKs under a revoked MSK. A hostile UE keeps them. */
void ptt_ue_media_revoke(struct ptt_ue_media *media, uint32_t msk_id);
/** After leave or expulsion: stops talking and receiving, and wipes keys. A hostile UE goes on
 *  receiving. */
void ptt_ue_media_stop(struct ptt_ue_media *media, int64_t now_ms);

/*
 * The floor by command (keyboard, stdin). The results are events: talk-start, talk-stop, and
 * "floor" for all others (denied, queued, ...).
 */
/**
 * Asks for the floor. Once it is granted the UE sends what the configuration names, or a tone.
 * @param priority 1 normal, 2 high, 3 pre-emptive; 0 = as configured
 * Errors: those of ptt_talk_start(): BUSY (asked already, or talking), MISMATCH (no session) ...
 */
enum ptt_err ptt_ue_media_request(
	struct ptt_ue_media *media, uint8_t priority, int64_t now_ms) PTT_MUST_CHECK;
/** Releases the floor, or cancels a pending or queued request. */
void ptt_ue_media_release(struct ptt_ue_media *media, int64_t now_ms);
/** Asks for our position in the queue. */
void ptt_ue_media_query(struct ptt_ue_media *media);

void ptt_ue_media_tick(struct ptt_ue_media *media, int64_t now_ms);
/** INT64_MAX = nothing waits. */
int64_t ptt_ue_media_due_ms(const struct ptt_ue_media *media);

/** Adds heard, opened, undecryptable, lost, sent, last_opened_t, opened_by_mki ... to @p out. */
void ptt_ue_media_stats(const struct ptt_ue_media *media, json_t *out);

#endif
