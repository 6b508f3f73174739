/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Simulates the members of one group. Commands on stdin, one a line; one JSON line on stdout
 * for each:
 *
 *   join COUNT RATE        so many more members, at most RATE a second
 *   mark VICTIM EXPECTED   counts from here: VICTIM will be expelled (-1: nobody), EXPECTED
 *                          members have to open
 *   wait MS                until EXPECTED opened one new MSK, all ACKs came and an MTK under it
 *                          was heard; if somebody talks, audio under it as well
 *   dead FIRST COUNT       they answer nothing any more
 *   talk INDEX 0|1         sends one RTP packet each 20 ms
 *   probe 0|1              an OPTIONS each ms, as somebody outside the group; 0 reports
 *   quit
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/channel_watch.h"
#include "tests/bench/probe.h"

#define SOCKETS       8
#define CALLS_MAX     64 /* joins under way at a time */
#define OPEN_SLICE    16
#define MS            1000000LL
#define RTP_PERIOD_NS (20 * MS)
#define RTP_LEN       45 /* header, and 33 bytes of AMR 12.2 */

static struct {
	struct ptt_bench_world world;
	struct ptt_bench_watch watch;
	struct ptt_bench_udp udp[SOCKETS];
	int64_t mark_ns, deadline_ns, resend_ns, join_start_ns, last_done_ns, talk_ns;
	uint32_t join_from, join_next, join_end, join_rate, expected, old_msk;
	int talker;
	uint16_t rtp_seq;
	enum { IDLE, JOINING, WAITING } doing;
	char line[256];
	size_t line_len;
	bool ended;
} sim;

static char *field(char **rest)
{
	char *start = *rest, *end = start + strcspn(start, ";\r\n");

	*rest = *end ? end + 1 : end;
	*end = '\0';
	return strdup(start);
}

static void read_member(struct ptt_bench_member *member, char *line)
{
	char *muk;
	size_t len;

	member->uri = field(&line);
	member->btid = field(&line);
	member->password = field(&line);
	muk = field(&line);
	if (ptt_hex_get(member->muk.b, &len, sizeof member->muk.b, muk, strlen(muk)) != PTT_OK)
		exit(2);
	free(muk);
}

static void read_csv(const char *name, uint32_t max)
{
	struct ptt_bench_world *world = &sim.world;
	FILE *file = fopen(name, "r");
	char line[1024];

	world->members = calloc(max, sizeof *world->members);
	world->pending = calloc(max, sizeof *world->pending);
	world->join_us = calloc(max, sizeof *world->join_us);
	world->answer_us = calloc(max, sizeof *world->answer_us);
	if (!file || !world->members || !world->pending || !world->join_us || !world->answer_us ||
		!fgets(line, sizeof line, file))
		exit(2);
	while (world->count < max && fgets(line, sizeof line, file)) {
		world->members[world->count].udp = &sim.udp[world->count % SOCKETS];
		read_member(&world->members[world->count++], line);
	}
	fclose(file);
}

/* --- joins --- */

static void pace_joins(void)
{
	struct ptt_bench_world *world = &sim.world;
	int64_t due = (ptt_bench_now_ns() - sim.join_start_ns) * sim.join_rate / 1000000000 + 1;

	while (sim.join_next < sim.join_end && sim.join_next - sim.join_from < due &&
		sim.join_next - sim.join_from - world->counts.joined - world->counts.join_failed <
			CALLS_MAX)
		ptt_bench_member_join(world, &world->members[sim.join_next++]);
}

static void end_joins(void)
{
	struct ptt_bench_world *world = &sim.world;
	const struct ptt_bench_counts *counts = &world->counts;
	uint32_t wanted = sim.join_end - sim.join_from;
	bool all = counts->joined + counts->join_failed == wanted &&
		   counts->acks >= counts->joined && world->pending_count == 0 &&
		   counts->opened >= counts->joined;

	if (!all && ptt_bench_now_ns() < sim.deadline_ns)
		return;
	ptt_bench_sort(world->join_us, world->sample_count);
	ptt_bench_sort(world->answer_us, world->sample_count);
	printf("{\"event\":\"joined\",\"all\":%s,\"count\":%u,\"failed\":%u,\"resent\":%u,\"opened\":%u,"
	       "\"open_failed\":%u,\"repeats\":%u,\"ms\":%.1f,\"join_p50_us\":%u,\"join_p99_us\":%u,"
	       "\"answer_p50_us\":%u,\"answer_p99_us\":%u}\n",
		all ? "true" : "false", counts->joined, counts->join_failed, counts->join_resent,
		counts->opened, counts->open_failed, counts->repeats,
		(double)(ptt_bench_now_ns() - sim.join_start_ns) / MS,
		ptt_bench_percentile(world->join_us, world->sample_count, 50),
		ptt_bench_percentile(world->join_us, world->sample_count, 99),
		ptt_bench_percentile(world->answer_us, world->sample_count, 50),
		ptt_bench_percentile(world->answer_us, world->sample_count, 99));
	sim.doing = IDLE;
}

/* --- a re-key --- */

/* A client that keeps all it ever had: how many older MSKs open the newest one's MTK. */
static uint32_t hostile_opens(uint32_t newest)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < sim.world.msk_count; i++)
		count += sim.world.msk[i].msk_id != newest &&
			 ptt_bench_mtk_opens(
				 &sim.watch, newest, &sim.world.mikey, &sim.world.msk[i]);
	return count;
}

static double since_mark(int64_t at_ns)
{
	return at_ns ? (double)(at_ns - sim.mark_ns) / MS : -1;
}

static void end_wait(void)
{
	struct ptt_bench_world *world = &sim.world;
	const struct ptt_bench_counts *counts = &world->counts;
	const struct ptt_bench_msk *newest =
		world->msk_count ? &world->msk[world->msk_count - 1] : NULL;
	bool is_new = newest && newest->msk_id != sim.old_msk;
	int64_t mtk_ns = is_new ? ptt_bench_first_mtk(&sim.watch, newest->msk_id) : 0;
	bool switched =
		sim.talker < 0 || (is_new && ptt_bench_last_audio(&sim.watch, newest->msk_id) != 0);
	bool all = mtk_ns && switched && counts->opened >= sim.expected &&
		   counts->acks >= sim.expected && !world->pending_count;

	if (counts->opened >= sim.expected && !sim.last_done_ns)
		sim.last_done_ns = ptt_bench_now_ns();
	if (!all && ptt_bench_now_ns() < sim.deadline_ns)
		return;
	printf("{\"event\":\"rekeyed\",\"all\":%s,\"msk_id\":%u,\"opened\":%u,\"open_failed\":%u,\"other_key\":%u,"
	       "\"invites\":%u,\"repeats\":%u,\"acks\":%u,\"resent_200\":%u,\"byes\":%u,\"victim_offered\":%u,"
	       "\"hostile_opens\":%u,\"mtk_opens\":%s,\"mark_ns\":%lld,\"mtk_ms\":%.3f,\"last_ack_ms\":%.3f,"
	       "\"opened_ms\":%.3f,\"last_old_audio_ms\":%.3f}\n",
		all ? "true" : "false", newest ? newest->msk_id : 0, counts->opened,
		counts->open_failed, counts->other_key, counts->invites, counts->repeats,
		counts->acks, counts->resent_200, counts->byes, counts->victim_offered,
		is_new ? hostile_opens(newest->msk_id) : 0,
		is_new && ptt_bench_mtk_opens(&sim.watch, newest->msk_id, &world->mikey, newest)
			? "true"
			: "false",
		(long long)sim.mark_ns, since_mark(mtk_ns), since_mark(world->last_ack_ns),
		since_mark(sim.last_done_ns),
		since_mark(ptt_bench_last_audio(&sim.watch, sim.old_msk)));
	sim.doing = IDLE;
}

static void mark(long victim, long expected)
{
	struct ptt_bench_world *world = &sim.world;

	world->counts = (struct ptt_bench_counts){0};
	world->victim = victim < 0 ? UINT32_MAX : (uint32_t)victim;
	world->last_ack_ns = sim.last_done_ns = 0;
	sim.expected = (uint32_t)expected;
	sim.old_msk = world->msk_count ? world->msk[world->msk_count - 1].msk_id : 0;
	sim.mark_ns = ptt_bench_now_ns();
	printf("{\"event\":\"marked\",\"at_ns\":%lld}\n", (long long)sim.mark_ns);
}

/* --- talking --- */

static void talk(void)
{
	struct ptt_bench_member *member = &sim.world.members[sim.talker];
	struct sockaddr_in to = sim.world.server;
	uint8_t packet[RTP_LEN] = {0x80, 97, (uint8_t)(sim.rtp_seq >> 8), (uint8_t)sim.rtp_seq};
	uint32_t time_stamp = sim.rtp_seq * 160u;

	packet[4] = (uint8_t)(time_stamp >> 24);
	packet[5] = (uint8_t)(time_stamp >> 16);
	packet[6] = (uint8_t)(time_stamp >> 8);
	packet[7] = (uint8_t)time_stamp;
	packet[11] = 1;
	packet[12] = 0xf0; /* no mode request */
	packet[13] = 0x3c; /* one frame of 12.2, good */
	sim.rtp_seq++;
	sim.talk_ns = ptt_bench_now_ns();
	to.sin_port = htons(member->pf_audio_port);
	ptt_bench_udp_send_copy(member->udp, &to, packet, sizeof packet);
}

/* --- commands --- */

static void command(const char *line)
{
	long a = 0, b = 0;
	char name[16] = "";
	int64_t now = ptt_bench_now_ns();

	if (sscanf(line, "%15s %ld %ld", name, &a, &b) < 1)
		return;
	if (strcmp(name, "join") == 0) {
		sim.join_from = sim.join_next;
		sim.join_end = sim.join_next + (uint32_t)a;
		if (sim.join_end > sim.world.count)
			sim.join_end = sim.world.count;
		sim.join_rate = (uint32_t)b;
		mark(-1, a);
		sim.world.sample_count = 0;
		sim.join_start_ns = now;
		sim.deadline_ns = now + (60 + 4 * a / (b ? b : 1)) * 1000 * MS;
		sim.doing = JOINING;
	} else if (strcmp(name, "mark") == 0) {
		mark(a, b);
	} else if (strcmp(name, "wait") == 0) {
		sim.deadline_ns = now + a * MS;
		sim.doing = WAITING;
	} else if (strcmp(name, "dead") == 0) {
		for (long i = a; i < a + b && i < (long)sim.world.count; i++)
			sim.world.members[i].dead = true;
		printf("{\"event\":\"dead\",\"count\":%ld}\n", b);
	} else if (strcmp(name, "talk") == 0) {
		sim.talker = b ? (int)a : -1;
		printf("{\"event\":\"talk\"}\n");
	} else if (strcmp(name, "probe") == 0) {
		ptt_bench_probe_set(a != 0);
	} else {
		sim.ended = true;
	}
}

static void read_commands(void)
{
	ssize_t n = read(STDIN_FILENO, sim.line + sim.line_len, sizeof sim.line - 1 - sim.line_len);
	char *end;

	if (n <= 0) {
		sim.ended = true;
		return;
	}
	sim.line_len += (size_t)n;
	sim.line[sim.line_len] = '\0';
	while ((end = strchr(sim.line, '\n'))) {
		*end = '\0';
		command(sim.line);
		sim.line_len -= (size_t)(end + 1 - sim.line);
		memmove(sim.line, end + 1, sim.line_len + 1);
	}
}

/* --- the loop --- */

static int wait_ms(void)
{
	if (sim.world.pending_count)
		return 0;
	return sim.doing == JOINING || ptt_bench_probe_on() ? 1 : sim.talker >= 0 ? 2 : 20;
}

static bool read_sockets(void)
{
	bool any = false;

	for (int i = 0; i < SOCKETS; i++)
		any |= ptt_bench_udp_read(&sim.udp[i], ptt_bench_on_sip, &sim.world) > 0;
	ptt_bench_watch_read(&sim.watch);
	return any;
}

static void turn(struct pollfd *wait)
{
	int64_t now;

	(void)poll(wait, SOCKETS + 3, wait_ms());
	if (wait[SOCKETS + 2].revents)
		read_commands();
	if (!read_sockets())
		(void)ptt_bench_open_pending(&sim.world, OPEN_SLICE);
	now = ptt_bench_now_ns();
	if (sim.doing == JOINING)
		pace_joins();
	if (sim.talker >= 0 && now - sim.talk_ns >= RTP_PERIOD_NS)
		talk();
	ptt_bench_probe_turn(&sim.world.server, now);
	if (now - sim.resend_ns > 50 * MS) {
		sim.resend_ns = now;
		ptt_bench_resend(&sim.world, now);
	}
	for (int i = 0; i < SOCKETS; i++)
		ptt_bench_udp_flush(&sim.udp[i]);
	if (sim.doing == JOINING)
		end_joins();
	else if (sim.doing == WAITING)
		end_wait();
}

static void open_all(struct pollfd *wait, char **argv)
{
	struct ptt_bench_world *world = &sim.world;

	world->group = argv[2];
	world->server = (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[4]))};
	world->victim = UINT32_MAX;
	sim.talker = -1;
	if (inet_pton(AF_INET, argv[3], &world->server.sin_addr) != 1 ||
		ptt_mikey_ctx_init(&world->mikey) != PTT_OK ||
		!ptt_bench_watch_open(
			&sim.watch, argv[5], (uint16_t)atoi(argv[6]), (uint16_t)atoi(argv[7])))
		exit(2);
	for (int i = 0; i < SOCKETS; i++) {
		if (!ptt_bench_udp_open(&sim.udp[i], 0))
			exit(2);
		wait[i] = (struct pollfd){.fd = sim.udp[i].fd, .events = POLLIN};
	}
	if (!ptt_bench_probe_open())
		exit(2);
	wait[SOCKETS] = (struct pollfd){.fd = sim.watch.key.fd, .events = POLLIN};
	wait[SOCKETS + 1] = (struct pollfd){.fd = sim.watch.audio.fd, .events = POLLIN};
	wait[SOCKETS + 2] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
}

int main(int argc, char **argv)
{
	struct pollfd wait[SOCKETS + 3];

	if (argc != 9) {
		fprintf(stderr,
			"usage: members CSV GROUP-URI SERVER-IP PORT CHANNEL-IP KEY-PORT AUDIO-PORT COUNT\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	open_all(wait, argv);
	read_csv(argv[1], (uint32_t)atoi(argv[8]));
	printf("{\"event\":\"ready\",\"members\":%u}\n", sim.world.count);
	while (!sim.ended)
		turn(wait);
	return 0;
}
