/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/ue/ue_media.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "module/base/clock.h"
#include "module/ue/ue_event.h"
#include "module/ue/ue_media_int.h"
#include "module/base/log.h"

static int on_rx_readable(su_root_magic_t *magic, su_wait_t *wait, su_wakeup_arg_t *arg)
{
	struct ptt_ue_watch *watch = (struct ptt_ue_watch *)(void *)arg;

	(void)magic;
	(void)wait;
	ptt_channel_rx_read(((struct ptt_ue_media *)watch->owner)->rx, watch->fd, ptt_clock_ms());
	return 0;
}

static int on_talk_readable(su_root_magic_t *magic, su_wait_t *wait, su_wakeup_arg_t *arg)
{
	struct ptt_ue_watch *watch = (struct ptt_ue_watch *)(void *)arg;

	(void)magic;
	(void)wait;
	ptt_talk_read(((struct ptt_ue_media *)watch->owner)->talk, watch->fd, ptt_clock_ms());
	return 0;
}

/* --- hearing --- */

static void on_heard(
	void *ctx, uint32_t ssrc, uint16_t seq, const uint8_t mki[PTT_MKI_LEN], int64_t now_ms)
{
	struct ptt_ue_media *media = ctx;

	(void)ssrc;
	(void)seq;
	ptt_ue_stats_heard(&media->stats, mki, now_ms);
}

static void record(struct ptt_ue_media *media, const int16_t *samples, size_t count)
{
	enum ptt_err err;

	if (!media->recording)
		return;
	errno = 0;
	err = ptt_wav_write(&media->wav, samples, count);
	if (err == PTT_OK)
		return;
	ptt_ue_event_error(media->param.events, "record", media->param.config->record, err, false);
	media->recording = false;
	if (ptt_wav_close(&media->wav) != PTT_OK)
		return; /* the error has been reported */
}

static void hear(
	struct ptt_ue_media *media, struct ptt_codec_state *decoder, const struct ptt_rtp *rtp)
{
	int16_t samples[PTT_CODEC_SAMPLES_MAX];
	size_t count = 0;

	if (media->on_air || (!media->recording && !media->audio_dev))
		return;
	if (ptt_codec_decode(decoder, samples, &count, rtp->payload) != PTT_OK)
		return;
	record(media, samples, count);
	if (media->audio_dev)
		ptt_audio_dev_play(media->audio_dev, samples, count);
}

static void on_audio(
	void *ctx, const struct ptt_rtp *rtp, const uint8_t mki[PTT_MKI_LEN], int64_t now_ms)
{
	struct ptt_ue_media *media = ctx;

	ptt_ue_stats_opened(&media->stats, mki, now_ms);
	ptt_ue_stats_sequence(&media->stats, rtp->ssrc, rtp->seq);
	ptt_ue_stats_arrival(&media->stats, rtp->ssrc, rtp->timestamp, now_ms);
	ptt_rekey_client_packet_good(media->param.keys, mki, (uint64_t)now_ms);
	hear(media, &media->decoder, rtp);
}

/* A member without the channel gets the audio by unicast. */
static void on_unicast_audio(void *ctx, const struct ptt_rtp *rtp, int64_t now_ms)
{
	struct ptt_ue_media *media = ctx;

	media->unicast_heard++;
	ptt_ue_stats_sequence(&media->stats, rtp->ssrc, rtp->seq);
	ptt_ue_stats_arrival(&media->stats, rtp->ssrc, rtp->timestamp, now_ms);
	hear(media, &media->unicast_decoder, rtp);
}

static void on_source(void *ctx, int16_t frame[PTT_CODEC_FRAME])
{
	ptt_audio_dev_read(((struct ptt_ue_media *)ctx)->audio_dev, frame, PTT_CODEC_FRAME);
}

static void on_channel_tbcp(
	void *ctx, const struct ptt_tbcp *msg, const uint8_t mki[PTT_MKI_LEN], int64_t now_ms)
{
	(void)mki;
	(void)now_ms;
	ptt_ue_talk_floor_state(ctx, msg);
}

static void mtk_events(
	struct ptt_ue_media *media, const struct ptt_rekey_mtk *news, uint32_t former_msk)
{
	char id[9], was[9];

	snprintf(id, sizeof(id), "%08x", (unsigned)news->msk_id);
	snprintf(was, sizeof(was), "%08x", (unsigned)former_msk);
	memcpy(media->last_mki, news->mki, sizeof(media->last_mki));
	ptt_key_log_put(&media->key_log, news->mki, &news->mtk, media->param.config->group);
	ptt_ue_event(media->param.events, "mtk",
		json_pack("{s:s, s:i, s:o}", "msk_id", id, "mtk_id", (int)news->mtk_id, "mki",
			ptt_ue_event_hex(news->mki, sizeof(news->mki))));
	if (news->change == PTT_KEYRING_PROMOTED && former_msk != 0 && former_msk != news->msk_id)
		ptt_ue_event(media->param.events, "rekeyed",
			json_pack("{s:s, s:s, s:o}", "msk_id", id, "former_msk_id", was, "mki",
				ptt_ue_event_hex(news->mki, sizeof(news->mki))));
}

static void on_mtk_message(void *ctx, struct ptt_bytes message, int64_t now_ms)
{
	struct ptt_ue_media *media = ctx;
	uint32_t former_msk = ptt_rekey_client_current_msk_id(media->param.keys);
	PTT_SECRET(struct ptt_rekey_mtk, news);
	enum ptt_err err = ptt_rekey_client_on_mtk(media->param.keys, &news, message);

	if (err == PTT_ERR_NO_KEY)
		media->param.on_key_missing(media->param.ctx);
	if (err != PTT_OK) {
		ptt_log_limited(PTT_LOG_INFO, "mtk-refused", "reason=\"%s\"", ptt_err_str(err));
		return;
	}
	/* A receiver reopened since the first copy of this message does not have the MTK. */
	err = ptt_channel_rx_add_mtk(media->rx, &news.mtk, news.mki, now_ms);
	if (err != PTT_OK)
		ptt_log_limited(PTT_LOG_WARN, "mtk-not-used", "reason=\"%s\"", ptt_err_str(err));
	else if (memcmp(media->last_mki, news.mki, sizeof(news.mki)) != 0)
		mtk_events(media, &news, former_msk);
}

static void rx_close(struct ptt_ue_media *media)
{
	struct ptt_channel_rx_stats now;

	if (!media->rx)
		return;
	ptt_channel_rx_get_stats(media->rx, &now);
	media->former.audio.heard += now.audio.heard;
	media->former.audio.undecryptable += now.audio.undecryptable + now.audio.held;
	media->former.audio.replayed += now.audio.replayed;
	media->former.stray += now.stray;
	for (int i = 0; i < RX_FDS; i++)
		ptt_ue_watch_drop(&media->rx_watch[i]);
	ptt_channel_rx_close(media->rx);
	media->rx = NULL;
}

static enum ptt_err rx_open(struct ptt_ue_media *media, const struct ptt_channel_sdp *channel)
{
	char address[PTT_SDP_ADDR_TEXT_LEN], source[PTT_SDP_ADDR_TEXT_LEN];
	const char *interface = media->param.config->interface;
	struct ptt_channel_rx_config config = {
		.address = ptt_sdp_addr_text(address, &channel->group),
		.source =
			channel->source.family ? ptt_sdp_addr_text(source, &channel->source) : NULL,
		.interface = interface[0] ? interface : NULL,
		.audio_port = channel->audio_port,
		.floor_port = channel->floor_port,
		.key_port = channel->key_port,
		.hostile = media->param.config->hostile,
		.ctx = media,
		.on_mtk_message = on_mtk_message,
		.on_audio = on_audio,
		.on_heard = on_heard,
		.on_tbcp = on_channel_tbcp,
	};
	int fds[RX_FDS];

	PTT_TRY(ptt_channel_rx_open(&media->rx, &config));
	ptt_channel_rx_fds(media->rx, fds);
	for (int i = 0; i < RX_FDS; i++)
		PTT_TRY(ptt_ue_watch_add(
			&media->rx_watch[i], media->param.root, fds[i], on_rx_readable));
	return PTT_OK;
}

enum ptt_err ptt_ue_media_set_channel(
	struct ptt_ue_media *media, const struct ptt_channel_sdp *channel)
{
	enum ptt_err err;

	rx_close(media);
	memset(media->last_mki, 0, sizeof(media->last_mki));
	if (!channel)
		return PTT_OK;
	ptt_codec_wipe(&media->decoder);
	ptt_codec_init(&media->decoder, ptt_codec_by_name(channel->codec.name));
	err = rx_open(media, channel);
	if (err != PTT_OK)
		rx_close(media);
	return err;
}

/* --- life --- */

static enum ptt_err setup(struct ptt_ue_media *media, struct ptt_ue_step *at)
{
	struct ptt_talk_config config = {
		.address = media->param.address,
		.ctx = media,
		.on_event = ptt_ue_talk_on_event,
		.on_audio = on_unicast_audio,
	};
	const char *device = media->param.config->audio_device;
	const char *file = media->param.config->record;
	int fds[TALK_FDS];

	ptt_ue_step_begin(at, "key-log", media->param.config->key_log);
	PTT_TRY(ptt_key_log_open(&media->key_log, media->param.config->key_log));
	ptt_ue_step_begin(at, "media", "");
	PTT_TRY(ptt_srtp_prepare()); /* libsrtp starts now, so that the first MTK is not delayed */
	ptt_ue_step_begin(at, "audio-device", device);
	if (device[0])
		PTT_TRY(ptt_audio_dev_open(&media->audio_dev, device));
	if (media->audio_dev)
		config.on_source = on_source;
	ptt_ue_step_begin(at, "media", media->param.address);
	PTT_TRY(ptt_talk_open(&media->talk, &config));
	ptt_talk_fds(media->talk, fds);
	for (int i = 0; i < TALK_FDS; i++)
		PTT_TRY(ptt_ue_watch_add(
			&media->talk_watch[i], media->param.root, fds[i], on_talk_readable));
	if (file[0] == '\0')
		return PTT_OK;
	ptt_ue_step_begin(at, "record", file);
	PTT_TRY(ptt_wav_create(&media->wav, file));
	media->recording = true;
	return PTT_OK;
}

enum ptt_err ptt_ue_media_new(
	struct ptt_ue_media **out, const struct ptt_ue_media_param *param, struct ptt_ue_step *at)
{
	struct ptt_ue_media *media = calloc(1, sizeof(*media));
	enum ptt_err err;

	if (!media)
		return PTT_ERR_SYSTEM;
	media->param = *param;
	media->by_hand = param->config->commands || !param->config->talk[0];
	media->talk_at_ms = INT64_MAX;
	ptt_codec_init(&media->decoder, PTT_CODEC_NONE);
	ptt_codec_init(&media->unicast_decoder, ptt_codec_by_name(media->param.config->codec));
	for (int i = 0; i < RX_FDS; i++)
		media->rx_watch[i] = (struct ptt_ue_watch){.owner = media, .index = -1};
	for (int i = 0; i < TALK_FDS; i++)
		media->talk_watch[i] = (struct ptt_ue_watch){.owner = media, .index = -1};
	err = setup(media, at);
	if (err != PTT_OK)
		ptt_ue_media_free(media);
	else
		*out = media;
	return err;
}

void ptt_ue_media_free(struct ptt_ue_media *media)
{
	if (!media)
		return;
	media->stopped = true;
	rx_close(media);
	for (int i = 0; i < TALK_FDS; i++)
		ptt_ue_watch_drop(&media->talk_watch[i]);
	ptt_talk_close(media->talk);
	if (media->recording && ptt_wav_close(&media->wav) != PTT_OK)
		ptt_ue_event_error(media->param.events, "record", media->param.config->record,
			PTT_ERR_SYSTEM, false);
	ptt_audio_dev_close(media->audio_dev);
	ptt_codec_wipe(&media->decoder);
	ptt_codec_wipe(&media->unicast_decoder);
	ptt_key_log_close(&media->key_log);
	ptt_wipe(media, sizeof(*media));
	free(media);
}

void ptt_ue_media_ports(const struct ptt_ue_media *media, uint16_t *audio, uint16_t *floor)
{
	*audio = ptt_talk_audio_port(media->talk);
	*floor = ptt_talk_floor_port(media->talk);
}

void ptt_ue_media_revoke(struct ptt_ue_media *media, uint32_t msk_id)
{
	if (media->rx)
		ptt_channel_rx_revoke(media->rx, msk_id);
}

void ptt_ue_media_stop(struct ptt_ue_media *media, int64_t now_ms)
{
	media->stopped = true;
	media->talk_at_ms = INT64_MAX;
	if (ptt_talk_active(media->talk))
		ptt_talk_stop(media->talk, now_ms);
	if (media->rx)
		ptt_channel_rx_drop_keys(media->rx);
	if (!media->param.config->hostile)
		rx_close(media);
}

void ptt_ue_media_tick(struct ptt_ue_media *media, int64_t now_ms)
{
	if (media->talk_at_ms <= now_ms)
		ptt_ue_talk_try(media, now_ms);
	ptt_talk_tick(media->talk, now_ms);
	if (media->rx)
		ptt_channel_rx_tick(media->rx, now_ms);
	(void)ptt_rekey_client_tick(media->param.keys, (uint64_t)now_ms);
}

int64_t ptt_ue_media_due_ms(const struct ptt_ue_media *media)
{
	int64_t due = ptt_talk_due_ms(media->talk);

	if (media->talk_at_ms < due)
		due = media->talk_at_ms;
	if (media->rx && ptt_channel_rx_due_ms(media->rx) < due)
		due = ptt_channel_rx_due_ms(media->rx);
	return due;
}

void ptt_ue_media_stats(const struct ptt_ue_media *media, json_t *out)
{
	struct ptt_channel_rx_stats now = {0};
	const struct ptt_channel_rx_stats *was = &media->former;

	if (media->rx)
		ptt_channel_rx_get_stats(media->rx, &now);
	now.audio.heard += was->audio.heard;
	now.audio.undecryptable += now.audio.held + was->audio.undecryptable;
	now.audio.replayed += was->audio.replayed;
	now.stray += was->stray;
	json_object_set_new(out, "heard", json_integer((json_int_t)now.audio.heard));
	json_object_set_new(
		out, "undecryptable", json_integer((json_int_t)now.audio.undecryptable));
	json_object_set_new(out, "replayed", json_integer((json_int_t)now.audio.replayed));
	json_object_set_new(out, "unicast", json_integer((json_int_t)media->unicast_heard));
	json_object_set_new(out, "stray", json_integer((json_int_t)now.stray));
	json_object_set_new(
		out, "sent", json_integer((json_int_t)ptt_talk_packets_sent(media->talk)));
	ptt_ue_stats_put(&media->stats, out);
}
