/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A listener on libsrtp2's public API and two sockets. Of PTTKey it knows only the key log's format
 * (docs/lab.md). It opens the channel's audio and floor messages and counts them, until its
 * standard input ends.
 * usage: listen_srtp GROUP INTERFACE AUDIO-PORT FLOOR-PORT KEY-LOG
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <poll.h>
#include <srtp2/srtp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MKI 6

struct key {
	char mki_hex[2 * MKI + 1];
	unsigned char mki[MKI], master[46];
	srtp_profile_t profile;
	srtp_t rtp, rtcp; /* an opener each: their SSRCs and replay windows are apart */
	unsigned long heard, opened, floor;
	struct key *next;
};

static struct key *keys;
static long read_to; /* read position in the key log */
static unsigned long heard, unknown, bad;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int unhex(unsigned char *out, const char *hex)
{
	int n = 0;

	while (hex[2 * n] && sscanf(hex + 2 * n, "%2hhx", &out[n]) == 1)
		n++;
	return n;
}

static srtp_t opener(struct key *key)
{
	srtp_master_key_t master = {key->master, key->mki, MKI}, *masters[] = {&master};
	srtp_policy_t policy = {.ssrc = {ssrc_any_inbound, 0},
		.keys = masters,
		.num_master_keys = 1,
		.window_size = 128};
	srtp_t session = NULL;

	if (srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, key->profile) ||
		srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, key->profile) ||
		srtp_create(&session, &policy))
		die("srtp_create");
	return session;
}

/* "MTK <MKI> <suite> <key> <salt> <time> <group>" */
static void key_add(const char *line)
{
	struct key *key = calloc(1, sizeof(*key));
	char suite[32], master[65], salt[29];
	int len;

	if (!key ||
		sscanf(line, "MTK %12s %31s %64s %28s", key->mki_hex, suite, master, salt) != 4) {
		free(key);
		return;
	}
	len = unhex(key->master, master);
	unhex(key->master + len, salt);
	unhex(key->mki, key->mki_hex);
	key->profile = strncmp(suite, "AEAD", 4) ? srtp_profile_aes128_cm_sha1_80
		       : len == 16               ? srtp_profile_aead_aes_128_gcm
						 : srtp_profile_aead_aes_256_gcm;
	key->rtp = opener(key);
	key->rtcp = opener(key);
	key->next = keys;
	keys = key;
}

static void key_log_follow(const char *path)
{
	char line[1024];
	FILE *log = fopen(path, "r");

	if (!log || fseek(log, read_to, SEEK_SET))
		die(path);
	while (fgets(line, sizeof(line), log) && strchr(line, '\n')) {
		key_add(line);
		read_to = ftell(log);
	}
	fclose(log);
}

/* The MKI stands before the tag, or last with GCM. */
static struct key *key_of(const unsigned char *packet, int len)
{
	for (struct key *key = keys; key; key = key->next) {
		int behind = MKI + (key->profile == srtp_profile_aes128_cm_sha1_80 ? 10 : 0);

		if (len > behind && memcmp(packet + len - behind, key->mki, MKI) == 0)
			return key;
	}
	return NULL;
}

static void on_packet(int floor, unsigned char *packet, int len, const char *key_log)
{
	struct key *key = key_of(packet, len);
	srtp_err_status_t status;

	heard += floor ? 0 : 1;
	if (!key) {
		key_log_follow(key_log);
		key = key_of(packet, len);
	}
	if (!key) {
		unknown++;
		return;
	}
	key->heard += floor ? 0 : 1;
	status = floor ? srtp_unprotect_rtcp_mki(key->rtcp, packet, &len, 1)
		       : srtp_unprotect_mki(key->rtp, packet, &len, 1);
	if (status)
		bad++;
	else if (!floor)
		key->opened++;
	else if (len >= 12 && memcmp(packet + 8, "PoC1", 4) == 0)
		key->floor++;
}

static int join(const char *group, const char *interface, const char *port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
	struct ip_mreqn mreq = {.imr_ifindex = (int)if_nametoindex(interface)};
	int fd = socket(AF_INET, SOCK_DGRAM, 0), on = 1, room = 1 << 20;

	if (inet_pton(AF_INET, group, &at.sin_addr) != 1)
		die(group);
	mreq.imr_multiaddr = at.sin_addr;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)) ||
		bind(fd, (struct sockaddr *)&at, sizeof(at)) ||
		setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &mreq, sizeof(mreq)))
		die("join");
	return fd;
}

int main(int argc, char **argv)
{
	_Alignas(8) unsigned char packet[2048];
	struct pollfd wait[3] = {{.fd = 0, .events = POLLIN}};

	if (argc != 6 || srtp_init())
		return 2;
	for (int i = 1; i < 3; i++)
		wait[i] = (struct pollfd){
			.fd = join(argv[1], argv[2], argv[2 + i]), .events = POLLIN};
	puts("{\"event\":\"ready\"}");
	fflush(stdout);
	while (wait[0].revents == 0 && poll(wait, 3, -1) >= 0) {
		for (int i = 1; i < 3; i++) {
			if (wait[i].revents)
				on_packet(i == 2, packet,
					(int)recv(wait[i].fd, packet, sizeof(packet), 0), argv[5]);
		}
	}
	printf("{\"event\":\"end\",\"heard\":%lu,\"unknown\":%lu,\"bad\":%lu,\"keys\":{", heard,
		unknown, bad);
	for (struct key *key = keys; key; key = key->next)
		printf("\"%s\":{\"heard\":%lu,\"opened\":%lu,\"floor\":%lu}%s", key->mki_hex,
			key->heard, key->opened, key->floor, key->next ? "," : "");
	puts("}}");
	while (keys) {
		struct key *key = keys;

		keys = key->next;
		srtp_dealloc(key->rtp);
		srtp_dealloc(key->rtcp);
		free(key);
	}
	return srtp_shutdown() != 0;
}
