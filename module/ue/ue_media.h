/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file ue_media.h
 * The UE's ears and mouth: channel receiver, talker, recorder and statistics, tied to one su_root.
 *
 * MTK messages of the channel end here in rekey_client.h, and their MTKs in the receiver. Events
 * are written to the stream given. One thread.
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

/** Binds the unicast ports, opens the files. @p at: what is being done, for who reports an error.
 *  Errors: those of ptt_talk_open(), ptt_wav_create(), ptt_key_log_open(), ptt_audio_dev_open(). */
enum ptt_err ptt_ue_media_new(struct ptt_ue_media **out, const struct ptt_ue_media_param *param,
	struct ptt_ue_step *at) PTT_MUST_CHECK;
/** Ends the recording. NULL is fine. */
void ptt_ue_media_free(struct ptt_ue_media *media);
/** Our unicast ports. */
void ptt_ue_media_ports(const struct ptt_ue_media *media, uint16_t *audio, uint16_t *floor);

/** The dialog's lines are agreed: talk there, if we are to talk. */
void ptt_ue_media_set_plan(struct ptt_ue_media *media, const struct ptt_media_plan *plan);
/** Joins that channel instead of the present one; NULL: none. Errors:
 * those of ptt_channel_rx_open(). */
enum ptt_err ptt_ue_media_set_channel(
	struct ptt_ue_media *media, const struct ptt_channel_sdp *channel) PTT_MUST_CHECK;
/** That MSK is revoked: deaf to what its MTKs protect. A hostile one goes on hearing. */
void ptt_ue_media_revoke(struct ptt_ue_media *media, uint32_t msk_id);
/** Left or expelled: silent, deaf, keys wiped. A hostile one goes on hearing. */
void ptt_ue_media_stop(struct ptt_ue_media *media, int64_t now_ms);

/*
 * The floor by hand (keyboard, stdin). What comes of it is told by events: talk-start, talk-stop,
 * and one named "floor" for what happens in between (denied, queued, ...).
 */
/**
 * Asks for the floor; with it, what the configuration names is sent (a tone if it names nothing).
 * @param priority 1 normal, 2 high, 3 pre-emptive; 0 = as configured
 * Errors: those of ptt_talk_start(): BUSY (asked already, or talking), MISMATCH (no session) ...
 */
enum ptt_err ptt_ue_media_request(
	struct ptt_ue_media *media, uint8_t priority, int64_t now_ms) PTT_MUST_CHECK;
/** Gives the floor back, or takes the request back while it is pending or queued. */
void ptt_ue_media_release(struct ptt_ue_media *media, int64_t now_ms);
/** Asks for our place in the queue. */
void ptt_ue_media_query(struct ptt_ue_media *media);

void ptt_ue_media_tick(struct ptt_ue_media *media, int64_t now_ms);
/** INT64_MAX = nothing waits. */
int64_t ptt_ue_media_due_ms(const struct ptt_ue_media *media);

/** Adds heard, opened, undecryptable, lost, sent, last_opened_t, opened_by_mki ... to @p out. */
void ptt_ue_media_stats(const struct ptt_ue_media *media, json_t *out);

#endif
