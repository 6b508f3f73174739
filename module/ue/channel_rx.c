/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/ue/channel_rx.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "module/rtp/net.h"

#define DATAGRAMS_A_READ 64
#define DATAGRAM_MAX     2048

enum { AUDIO, FLOOR, KEY, SOCKETS };

struct ptt_channel_rx {
	struct ptt_channel_rx_config config; /* its strings are NULL after open */
	struct ptt_addr source;              /* len 0 = any */
	int fd[SOCKETS];
	bool filtered;
	struct ptt_srtp_open *audio, *floor;
	struct ptt_channel_rx_stats stats;
};

static void on_audio(
	void *ctx, struct ptt_bytes packet, const uint8_t mki[PTT_MKI_LEN], int64_t now_ms)
{
	struct ptt_channel_rx *rx = ctx;
	struct ptt_rtp rtp;

	ptt_srtp_open_good(rx->floor, mki, now_ms);
	if (ptt_rtp_get(&rtp, packet) == PTT_OK && rx->config.on_audio)
		rx->config.on_audio(rx->config.ctx, &rtp, mki, now_ms);
}

static void on_floor(
	void *ctx, struct ptt_bytes packet, const uint8_t mki[PTT_MKI_LEN], int64_t now_ms)
{
	struct ptt_channel_rx *rx = ctx;
	struct ptt_tbcp msg;

	ptt_srtp_open_good(rx->audio, mki, now_ms);
	if (ptt_tbcp_get(&msg, packet) == PTT_OK && rx->config.on_tbcp)
		rx->config.on_tbcp(rx->config.ctx, &msg, mki, now_ms);
}

static enum ptt_err open_sockets(
	struct ptt_channel_rx *rx, struct ptt_net_group *group, const uint16_t ports[SOCKETS])
{
	rx->filtered = true;
	for (int i = 0; i < SOCKETS; i++) {
		bool filtered;

		ptt_addr_set_port(&group->group, ports[i]);
		PTT_TRY(ptt_net_cast_in(&rx->fd[i], &filtered, group));
		rx->filtered = rx->filtered && filtered;
	}
	return PTT_OK;
}

static enum ptt_err open_group(
	struct ptt_channel_rx *rx, const struct ptt_channel_rx_config *config)
{
	const uint16_t ports[SOCKETS] = {config->audio_port, config->floor_port, config->key_port};
	struct ptt_net_group group = {0};

	PTT_TRY(ptt_addr_get(&group.group, config->address, 0));
	if (!ptt_addr_is_multicast(&group.group))
		return PTT_ERR_MALFORMED;
	if (config->source) {
		PTT_TRY(ptt_addr_get(&group.source, config->source, 0));
		if (group.source.ss.ss_family != group.group.ss.ss_family)
			return PTT_ERR_MALFORMED;
	}
	PTT_TRY(ptt_net_interface(&group.interface, config->interface));
	rx->source = group.source;
	PTT_TRY(ptt_srtp_open_new(&rx->audio, false, config->hostile, on_audio, rx));
	PTT_TRY(ptt_srtp_open_new(&rx->floor, true, config->hostile, on_floor, rx));
	return open_sockets(rx, &group, ports);
}

enum ptt_err ptt_channel_rx_open(
	struct ptt_channel_rx **out, const struct ptt_channel_rx_config *config)
{
	struct ptt_channel_rx *rx = calloc(1, sizeof(*rx));
	enum ptt_err err;

	if (!rx)
		return PTT_ERR_SYSTEM;
	for (int i = 0; i < SOCKETS; i++)
		rx->fd[i] = -1;
	rx->config = *config;
	err = open_group(rx, config);
	rx->config.address = rx->config.source = rx->config.interface = NULL;
	if (err != PTT_OK)
		ptt_channel_rx_close(rx);
	else
		*out = rx;
	return err;
}

void ptt_channel_rx_close(struct ptt_channel_rx *rx)
{
	if (!rx)
		return;
	for (int i = 0; i < SOCKETS; i++) {
		if (rx->fd[i] >= 0)
			close(rx->fd[i]);
	}
	ptt_srtp_open_free(rx->audio);
	ptt_srtp_open_free(rx->floor);
	free(rx);
}

bool ptt_channel_rx_source_joined(const struct ptt_channel_rx *rx)
{
	return rx->filtered;
}

void ptt_channel_rx_fds(const struct ptt_channel_rx *rx, int fds[3])
{
	memcpy(fds, rx->fd, sizeof(rx->fd));
}

static void tell_heard(struct ptt_channel_rx *rx, struct ptt_bytes packet, int64_t now_ms)
{
	const uint8_t *mki = ptt_srtp_open_mki(rx->audio, packet);
	struct ptt_reader rd = ptt_reader_of(packet);
	uint16_t seq;
	uint32_t ssrc;

	if (!rx->config.on_heard || !mki)
		return;
	(void)ptt_read_u16(&rd);
	seq = ptt_read_u16(&rd);
	(void)ptt_read_u32(&rd);
	ssrc = ptt_read_u32(&rd);
	rx->config.on_heard(rx->config.ctx, ssrc, seq, mki, now_ms);
}

static void on_datagram(struct ptt_channel_rx *rx, int fd, struct ptt_bytes packet, int64_t now_ms)
{
	if (fd == rx->fd[AUDIO]) {
		tell_heard(rx, packet, now_ms);
		ptt_srtp_open_packet(rx->audio, packet, now_ms);
	} else if (fd == rx->fd[FLOOR]) {
		ptt_srtp_open_packet(rx->floor, packet, now_ms);
	} else {
		rx->stats.mtk_messages++;
		if (rx->config.on_mtk_message)
			rx->config.on_mtk_message(rx->config.ctx, packet, now_ms);
	}
}

void ptt_channel_rx_read(struct ptt_channel_rx *rx, int fd, int64_t now_ms)
{
	uint8_t buf[DATAGRAM_MAX];
	struct ptt_addr from;

	for (int i = 0; i < DATAGRAMS_A_READ; i++) {
		size_t len = ptt_net_recv(fd, buf, sizeof(buf), &from);

		if (len == 0)
			return;
		if (rx->source.len != 0 && !ptt_addr_same_host(&from, &rx->source))
			rx->stats.stray++;
		else
			on_datagram(rx, fd, (struct ptt_bytes){buf, len}, now_ms);
	}
}

void ptt_channel_rx_tick(struct ptt_channel_rx *rx, int64_t now_ms)
{
	ptt_srtp_open_tick(rx->audio, now_ms);
	ptt_srtp_open_tick(rx->floor, now_ms);
}

int64_t ptt_channel_rx_due_ms(const struct ptt_channel_rx *rx)
{
	int64_t audio = ptt_srtp_open_due_ms(rx->audio), floor = ptt_srtp_open_due_ms(rx->floor);

	return audio < floor ? audio : floor;
}

enum ptt_err ptt_channel_rx_add_mtk(struct ptt_channel_rx *rx, const struct ptt_mtk *mtk,
	const uint8_t mki[PTT_MKI_LEN], int64_t now_ms)
{
	PTT_TRY(ptt_srtp_open_add(rx->floor, mtk, mki, now_ms));
	return ptt_srtp_open_add(rx->audio, mtk, mki, now_ms);
}

void ptt_channel_rx_revoke(struct ptt_channel_rx *rx, uint32_t msk_id)
{
	ptt_srtp_open_revoke(rx->audio, msk_id);
	ptt_srtp_open_revoke(rx->floor, msk_id);
}

void ptt_channel_rx_drop_keys(struct ptt_channel_rx *rx)
{
	ptt_srtp_open_drop_keys(rx->audio);
	ptt_srtp_open_drop_keys(rx->floor);
}

void ptt_channel_rx_get_stats(const struct ptt_channel_rx *rx, struct ptt_channel_rx_stats *out)
{
	struct ptt_srtp_open_stats floor;

	*out = rx->stats;
	ptt_srtp_open_get_stats(rx->audio, &out->audio);
	ptt_srtp_open_get_stats(rx->floor, &floor);
	out->floor_opened = floor.opened;
	out->floor_undecryptable = floor.undecryptable;
}
