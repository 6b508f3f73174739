/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a relayed packet costs: the media thread (receive, check, floor, re-stamp, protect,
 * multicast) against bare libsrtp and sendto() of the same bytes to the same group.
 * usage: relay PAIRS PACKETS
 * Prints one JSON object: lists of ns of CPU a packet, one value a turn,
 * in the order floor, relay, floor, relay ...
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "module/media/media.h"
#include "module/rtp/net.h"
#include "module/rtp/rtp.h"
#include "module/rtp/srtp_policy.h"

#define GROUP       "233.252.0.17"
#define HOST        "127.0.0.1"
#define AUDIO       40000
#define PAYLOAD_LEN 33 /* AMR 12.2, octet-aligned */
#define BURST       32
#define PAIRS_MAX   64

static const uint8_t mki[PTT_MKI_LEN] = {0, 1, 0, 2, 0, 1};
static struct ptt_mtk mtk = {.key = {1}, .salt = {2}, .key_len = 16, .salt_len = 14};
static su_root_t *root;
static struct ptt_media *media;
static uint16_t to_port, relay_seq, floor_seq;
static int talker;
static srtp_t session;
static int out_fd;
static struct ptt_addr out_to;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* This process has two threads: CPU time that is not ours is the media thread's. */
static int64_t media_ns(void)
{
	return clock_ns(CLOCK_PROCESS_CPUTIME_ID) - clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

static uint64_t relayed(void)
{
	struct ptt_media_stats stats;

	ptt_media_get_stats(media, &stats);
	if (stats.send_errors != 0 || stats.rtp_dropped != 0) {
		fprintf(stderr, "relay: %u send errors", (unsigned)stats.send_errors);
		for (unsigned i = 0; i < PTT_DROPS; i++)
			if (stats.dropped[i] != 0)
				fprintf(stderr, ", %u dropped: %s", (unsigned)stats.dropped[i],
					ptt_media_drop_name((enum ptt_media_drop)i));
		fputs("\n", stderr);
		exit(1);
	}
	return stats.srtp_protected;
}

static size_t make_rtp(uint8_t *out, uint16_t seq, uint32_t ssrc)
{
	static const uint8_t payload[PAYLOAD_LEN] = {0xf0, 0x3c};
	struct ptt_rtp rtp = {.pt = 97,
		.seq = seq,
		.timestamp = seq * 160u,
		.ssrc = ssrc,
		.payload = PTT_BYTES_OF(payload)};
	size_t len;

	if (ptt_rtp_put(out, &len, PTT_RTP_MAX_LEN, &rtp) != PTT_OK)
		die("rtp");
	return len;
}

static void say(size_t count)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(to_port)};
	uint8_t packet[PTT_RTP_MAX_LEN];

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (size_t i = 0; i < count; i++) {
		size_t len = make_rtp(packet, relay_seq++, 7);

		if (sendto(talker, packet, len, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
			die("sendto");
	}
}

/* @return ns a packet of the media thread, @p burst packets at a time */
static double relay_turn(size_t packets, size_t burst)
{
	int64_t begin = media_ns();

	for (size_t done = 0; done < packets; done += burst) {
		uint64_t until = relayed() + burst;

		say(burst);
		while (relayed() < until)
			(void)poll(NULL, 0, 0);
	}
	return (double)(media_ns() - begin) / (double)packets;
}

/* @return ns a packet of libsrtp and sendto() alone. */
static double floor_turn(size_t packets)
{
	_Alignas(8) uint8_t packet[PTT_RTP_MAX_LEN];
	int64_t begin = clock_ns(CLOCK_THREAD_CPUTIME_ID);

	for (size_t i = 0; i < packets; i++) {
		int len = (int)make_rtp(packet, floor_seq++, 9);

		if (srtp_protect_mki(session, packet, &len, 1, 0) != srtp_err_status_ok ||
			!ptt_net_send(out_fd, (struct ptt_bytes){packet, (size_t)len}, &out_to))
			die("floor");
	}
	return (double)(clock_ns(CLOCK_THREAD_CPUTIME_ID) - begin) / (double)packets;
}

static void open_floor(void)
{
	struct ptt_srtp_policy policy;
	struct ptt_net_group group = {.ttl = 1};

	if (ptt_srtp_policy_fill(&policy, &mtk, mki, false) != PTT_OK ||
		srtp_create(&session, &policy.policy) != srtp_err_status_ok ||
		ptt_addr_get(&group.group, GROUP, AUDIO + 10) != PTT_OK ||
		ptt_net_interface(&group.interface, "lo") != PTT_OK ||
		ptt_net_cast_out(&out_fd, &group) != PTT_OK)
		die("floor");
	out_to = group.group;
}

static void open_relay(void)
{
	struct ptt_media_config config = {.address = HOST, .port_min = 20000, .port_max = 20100};
	struct ptt_media_channel_config channel_config = {.address = GROUP,
		.interface = "lo",
		.ttl = 1,
		.audio_port = AUDIO,
		.floor_port = AUDIO + 2,
		.key_port = 2269,
		.pt = 97,
		.mtk_repeat_ms = 1000};
	struct ptt_media_peer peer = {.address = HOST, .pt = 97, .name = "sip:a@b"};
	struct ptt_media_peer other = {.address = HOST, .audio_port = 9, .pt = 97};
	struct ptt_media_mtk set = {.mtk = &mtk, .message = ptt_bytes_of_str("mtk")};
	struct ptt_media_channel *channel = NULL;
	struct ptt_endpoint *endpoint = NULL, *listener = NULL; /* a lone member gets no floor */
	struct ptt_addr self;

	memcpy(set.mki, mki, sizeof(mki));
	if (su_init() != 0 || !(root = su_root_create(NULL)) ||
		ptt_media_start(&media, root, &config) != PTT_OK ||
		ptt_media_channel_add(media, &channel, &channel_config) != PTT_OK ||
		ptt_endpoint_open(media, &endpoint, NULL, NULL) != PTT_OK ||
		ptt_endpoint_open(media, &listener, NULL, NULL) != PTT_OK ||
		ptt_addr_get(&self, HOST, 0) != PTT_OK || ptt_net_unicast(&talker, &self) != PTT_OK)
		die("relay");
	peer.audio_port = ptt_addr_port(&self);
	to_port = ptt_endpoint_audio_port(endpoint);
	if (ptt_endpoint_set_peer(endpoint, channel, &peer) != PTT_OK ||
		ptt_endpoint_set_peer(listener, channel, &other) != PTT_OK ||
		ptt_media_set_mtk(channel, &set) != PTT_OK)
		die("relay");
	for (struct ptt_media_stats stats = {0}; stats.cutovers == 0; su_root_step(root, 1))
		ptt_media_get_stats(media, &stats);
}

static void print_list(const char *name, const double *values, size_t count, const char *end)
{
	printf("\"%s\": [", name);
	for (size_t i = 0; i < count; i++)
		printf("%s%.1f", i > 0 ? ", " : "", values[i]);
	printf("]%s", end);
}

int main(int argc, char **argv)
{
	static double floor_ns[PAIRS_MAX], again_ns[PAIRS_MAX], burst_ns[PAIRS_MAX],
		one_ns[PAIRS_MAX];
	size_t pairs = argc > 1 ? strtoul(argv[1], NULL, 10) : 11;
	size_t packets = argc > 2 ? strtoul(argv[2], NULL, 10) : 3200;

	if (pairs == 0 || pairs > PAIRS_MAX || packets < BURST || packets % BURST != 0) {
		fprintf(stderr, "usage: relay PAIRS PACKETS (a multiple of %d)\n", BURST);
		return 2;
	}
	open_relay();
	open_floor();
	(void)relay_turn(packets, BURST); /* warm-up */
	(void)floor_turn(packets);
	for (size_t i = 0; i < pairs; i++) {
		floor_ns[i] = floor_turn(packets);
		burst_ns[i] = relay_turn(packets, BURST);
		again_ns[i] = floor_turn(packets);
		one_ns[i] = relay_turn(packets / 8, 1);
	}
	printf("{");
	print_list("floor_ns", floor_ns, pairs, ", ");
	print_list("again_ns", again_ns, pairs, ", ");
	print_list("burst_ns", burst_ns, pairs, ", ");
	print_list("one_ns", one_ns, pairs, "}\n");
	ptt_media_stop(media);
	return 0;
}
