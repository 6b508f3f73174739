/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The floor of a re-key: only the work that each member needs. One wrap of an MSK
 * under the member's own MUK (PRF, AES-CM, HMAC-SHA1: RFC 3830 4.1.4, 4.2.3, 4.2.4), base64, a
 * re-INVITE of some 1,270 bytes out, the 200 in, the ACK out; UDP, sendmmsg and recvmmsg, a
 * window of offers in flight. No SIP stack, no state, no store.
 *
 * It shares no code with the product, so a change of the product does not move the floor. The
 * floor itself may only get faster.
 *
 * usage: floor N [ROUNDS [SERVER-CPU MEMBER-CPU]]
 * One JSON line a round: {"us": CPU a member, "wall_ms": ...}
 */
#define OPENSSL_SUPPRESS_DEPRECATED /* SHA1_Init and its kin: the only states that can be copied */
#include <errno.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BATCH      64
#define WINDOW     256
#define INVITE_LEN 1270
#define OK_LEN     1000
#define ACK_LEN    400
#define ROOM       2048
#define MUK_LEN    32
#define MIKEY_LEN  213 /* an MSK message: 284 characters of base64 */
#define MAC_AT     (MIKEY_LEN - SHA_DIGEST_LENGTH)
#define KEY_AT     160
#define KEY_LEN    26 /* type, lengths, MSK, validity */
#define KEY_TEXT   900

struct batch {
	struct mmsghdr msg[BATCH];
	struct iovec iov[BATCH];
	char buf[BATCH][ROOM];
	struct sockaddr_in at[BATCH];
};

static struct batch in, out;
static uint8_t (*muks)[MUK_LEN];
static char offer[INVITE_LEN], ack[ACK_LEN];

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static double clock_us(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

/* --- the wrap --- */

struct hmac {
	SHA_CTX inner, outer;
};

static void hmac_key(struct hmac *key, const uint8_t *secret, size_t len)
{
	uint8_t pad[SHA_CBLOCK];

	memset(pad, 0x36, sizeof(pad));
	for (size_t i = 0; i < len; i++)
		pad[i] ^= secret[i];
	SHA1_Init(&key->inner);
	SHA1_Update(&key->inner, pad, sizeof(pad));
	for (size_t i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36 ^ 0x5c;
	SHA1_Init(&key->outer);
	SHA1_Update(&key->outer, pad, sizeof(pad));
}

static void hmac(uint8_t *mac, const struct hmac *key, const uint8_t *data, size_t len)
{
	SHA_CTX sha = key->inner;

	SHA1_Update(&sha, data, len);
	SHA1_Final(mac, &sha);
	sha = key->outer;
	SHA1_Update(&sha, mac, SHA_DIGEST_LENGTH);
	SHA1_Final(mac, &sha);
}

/* One block of P(MUK, constant || FF || CSB ID || RAND) is enough for each of the three keys. */
static void derive(uint8_t *key, const struct hmac *muk, const uint8_t *constant)
{
	uint8_t text[SHA_DIGEST_LENGTH + 25] = {0};

	memcpy(text + SHA_DIGEST_LENGTH, constant, 4);
	text[SHA_DIGEST_LENGTH + 4] = 0xff;
	hmac(text, muk, text + SHA_DIGEST_LENGTH, 25);
	hmac(key, muk, text, sizeof(text));
}

static void wrap(
	EVP_CIPHER_CTX *aes, uint8_t message[MIKEY_LEN], const uint8_t *muk, uint32_t counter)
{
	static const uint8_t encr[] = {0x15, 0x05, 0x33, 0xe1}, auth[] = {0x2d, 0x22, 0xac, 0x75},
			     salt[] = {0x29, 0xb8, 0x89, 0x16};
	uint8_t key[SHA_DIGEST_LENGTH], iv[SHA_DIGEST_LENGTH], mac_key[SHA_DIGEST_LENGTH];
	struct hmac prf, mac;
	int len;

	hmac_key(&prf, muk, MUK_LEN);
	derive(key, &prf, encr);
	derive(iv, &prf, salt);
	derive(mac_key, &prf, auth);
	memcpy(message + 30, &counter, sizeof(counter));
	for (size_t i = 0; i < sizeof(counter); i++)
		iv[10 + i] ^= message[30 + i];
	iv[14] = iv[15] = 0;
	if (EVP_EncryptInit_ex2(aes, NULL, key, iv, NULL) != 1 ||
		EVP_EncryptUpdate(aes, message + KEY_AT, &len, message + KEY_AT, KEY_LEN) != 1)
		die("aes");
	hmac_key(&mac, mac_key, sizeof(mac_key));
	hmac(message + MAC_AT, &mac, message, MAC_AT);
}

/* --- the server --- */

static void prepare(struct batch *batch)
{
	for (int i = 0; i < BATCH; i++) {
		batch->iov[i] = (struct iovec){batch->buf[i], ROOM};
		batch->msg[i].msg_hdr = (struct msghdr){.msg_name = &batch->at[i],
			.msg_namelen = sizeof(batch->at[i]),
			.msg_iov = &batch->iov[i],
			.msg_iovlen = 1};
	}
}

static void send_batch(int fd, struct batch *batch, unsigned int count)
{
	for (unsigned int done = 0; done < count;) {
		int n = sendmmsg(fd, batch->msg + done, count - done, 0);

		if (n > 0)
			done += (unsigned int)n;
		else if (errno != EAGAIN && errno != EINTR && errno != ENOBUFS)
			die("sendmmsg");
	}
}

static unsigned int offer_some(int fd, EVP_CIPHER_CTX *aes, uint32_t first, unsigned int count)
{
	uint8_t message[MIKEY_LEN] = {1};

	for (unsigned int i = 0; i < count; i++) {
		uint32_t member = first + i;

		memcpy(out.buf[i], offer, sizeof(offer));
		wrap(aes, message, muks[member], member);
		EVP_EncodeBlock((unsigned char *)out.buf[i] + KEY_TEXT, message, MIKEY_LEN);
		memcpy(out.buf[i], &member, sizeof(member));
		out.iov[i].iov_len = INVITE_LEN;
	}
	send_batch(fd, &out, count);
	return count;
}

static unsigned int acknowledge(int fd, uint8_t *settled)
{
	unsigned int count = 0;
	int n = recvmmsg(fd, in.msg, BATCH, MSG_DONTWAIT, NULL);

	for (int i = 0; i < n; i++) {
		uint32_t member;

		memcpy(&member, in.buf[i], sizeof(member));
		if (settled[member])
			continue;
		settled[member] = 1;
		memcpy(out.buf[count], ack, sizeof(ack));
		memcpy(out.buf[count], &member, sizeof(member));
		out.iov[count++].iov_len = ACK_LEN;
	}
	if (count > 0)
		send_batch(fd, &out, count);
	return count;
}

static void rekey(int fd, EVP_CIPHER_CTX *aes, uint32_t members)
{
	uint8_t *settled = calloc(members, 1);
	double wall = clock_us(CLOCK_MONOTONIC), cpu = clock_us(CLOCK_PROCESS_CPUTIME_ID);
	uint32_t sent = 0, done = 0;

	while (done < members) {
		struct pollfd wait = {.fd = fd, .events = POLLIN};
		uint32_t room = WINDOW - (sent - done), left = members - sent;
		unsigned int count = room < BATCH ? room : BATCH;

		if (count > left)
			count = left;
		if (count == BATCH || (count > 0 && count == left))
			sent += offer_some(fd, aes, sent, count);
		else if (poll(&wait, 1, 2000) == 0)
			die("lost a datagram: the run is void");
		done += acknowledge(fd, settled);
	}
	cpu = clock_us(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	wall = clock_us(CLOCK_MONOTONIC) - wall;
	printf("{\"us\":%.3f,\"wall_ms\":%.3f}\n", cpu / members, wall / 1e3);
	free(settled);
}

/* --- the members --- */

static void answer_all(int fd)
{
	for (;;) {
		unsigned int count = 0;
		int n = recvmmsg(fd, in.msg, BATCH, MSG_WAITFORONE, NULL);

		for (int i = 0; i < n; i++) {
			if (in.msg[i].msg_len != INVITE_LEN)
				continue;
			memcpy(out.buf[count], in.buf[i], sizeof(uint32_t));
			out.iov[count++].iov_len = OK_LEN;
		}
		if (count > 0)
			send_batch(fd, &out, count);
	}
}

static int open_socket(struct sockaddr_in *at)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0), size = 8 << 20;
	socklen_t len = sizeof(*at);

	*at = (struct sockaddr_in){.sin_family = AF_INET};
	at->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)at, sizeof(*at)) != 0 ||
		getsockname(fd, (struct sockaddr *)at, &len) != 0)
		die("socket");
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return fd;
}

static void pin(const char *cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)atoi(cpu), &set);
	if (sched_setaffinity(0, sizeof(set), &set) != 0)
		die("sched_setaffinity");
}

int main(int argc, char **argv)
{
	uint32_t members = argc > 1 ? (uint32_t)atoi(argv[1]) : 0;
	int rounds = argc > 2 ? atoi(argv[2]) : 1;
	struct sockaddr_in server_at, member_at;
	int server = open_socket(&server_at), member = open_socket(&member_at);
	EVP_CIPHER *ctr = EVP_CIPHER_fetch(NULL, "AES-128-CTR", NULL);
	EVP_CIPHER_CTX *aes = EVP_CIPHER_CTX_new();
	pid_t child;

	muks = calloc(members, sizeof(*muks));
	if (members == 0 || !muks || !aes || EVP_EncryptInit_ex2(aes, ctr, NULL, NULL, NULL) != 1 ||
		RAND_bytes((uint8_t *)muks, (int)(members * sizeof(*muks))) != 1)
		die("usage: floor N [ROUNDS [SERVER-CPU MEMBER-CPU]]");
	memset(offer, 'o', sizeof(offer));
	memset(ack, 'a', sizeof(ack));
	prepare(&in);
	prepare(&out);
	for (int i = 0; i < BATCH; i++)
		out.at[i] = member_at;
	child = fork();
	if (child == 0) {
		for (int i = 0; i < BATCH; i++)
			out.at[i] = server_at;
		if (argc > 4)
			pin(argv[4]);
		answer_all(member);
	}
	if (argc > 4)
		pin(argv[3]);
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 0; i < rounds; i++)
		rekey(server, aes, members);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	EVP_CIPHER_CTX_free(aes);
	EVP_CIPHER_free(ctr);
	free(muks);
	return 0;
}
