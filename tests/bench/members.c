/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Simulates the members of one group, and callers that come and go beside it: see usage below. */
#include <arpa/inet.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/callers.h"
#include "tests/bench/measure.h"
#include "tests/bench/probe.h"

#define SOCKETS       8
#define OPEN_SLICE    16
#define OPEN_BUSY     2
#define MS            1000000LL
#define RTP_PERIOD_NS (20 * MS)
#define FLOOR_EACH    25 /* packets between two requests, until it is granted */
#define RTP_LEN       45 /* header, and 33 bytes of AMR 12.2 */

static const char usage[] =
	"usage: members [options] CSV GROUP-URI SERVER-IP PORT CHANNEL-IP KEY-PORT "
	"AUDIO-PORT COUNT\n"
	"  the CSV of `pttkey lab bootstrap`; the first COUNT lines are members of the group\n"
	"  --tcp                  all behind one TCP connection with a Record-Route (an S-CSCF)\n"
	"  --callers N            the next N lines are callers, who come and go\n"
	"  --caller-group URI     in this group\n"
	"  --probe-port PORT      where the OPTIONS of `probe` go\n"
	"  --script \"WHAT FIRST COUNT [MS]\"   COUNT members from FIRST on are, to re-INVITEs:\n"
	"      dead   say nothing any more\n"
	"      lost   the first 200 to each is lost\n"
	"      slow   answer MS late (one value for all)\n"
	"      glare  491 first, and 200 when it is tried again\n"
	"      well   answer at once\n"
	"commands on stdin, one a line; one line of JSON on stdout for each:\n"
	"  join COUNT RATE        so many more members, at most RATE a second\n"
	"  mark VICTIM EXPECTED   VICTIM is to be expelled (-1: none), EXPECTED open; resets\n"
	"  wait MS                until EXPECTED opened one new MSK, all ACKs and its MTK came;\n"
	"                         if a member talks, audio under it as well\n"
	"  script WHAT FIRST COUNT [MS]   as above\n"
	"  call RATE HOLD-MS      RATE callers a second (0: 128 at once) join, open, stay, leave\n"
	"  count                  what they do is counted from here on\n"
	"  hang                   starts no further callers; prints a line when all have left\n"
	"  talk INDEX 0|1         sends one RTP packet each 20 ms\n"
	"  probe 0|1              1: sends an OPTIONS each ms, from outside the group; 0: reports\n"
	"  quit\n";

static struct {
	struct ptt_bench_world world;
	struct ptt_bench_watch watch;
	struct ptt_bench_measure measure;
	struct ptt_bench_udp udp[SOCKETS];
	struct sockaddr_in probe_at;
	const char *caller_group, *scripts[16];
	int64_t resend_ns, talk_ns;
	int socket_count, script_count, talker;
	bool tcp, ended;
	uint16_t rtp_seq;
	char line[256];
	size_t line_len;
} sim = {.talker = -1, .world = {.victim = UINT32_MAX, .transport = "UDP", .record_route = ""}};

/* --- the members' file --- */

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
	if (ptt_hex_get(member->muk.b, &len, sizeof(member->muk.b), muk, strlen(muk)) != PTT_OK)
		exit(2);
	free(muk);
}

static void *room(uint32_t count, size_t size)
{
	void *at = calloc(count, size);

	if (!at)
		exit(2);
	return at;
}

static void read_csv(const char *name, const char *group)
{
	struct ptt_bench_world *world = &sim.world;
	uint32_t wanted = world->count + world->caller_count, i = 0;
	FILE *file = fopen(name, "r");
	char line[1024];

	world->members = room(wanted, sizeof(*world->members));
	world->pending = room(wanted, sizeof(*world->pending));
	world->join_us = room(wanted, sizeof(*world->join_us));
	world->answer_us = room(wanted, sizeof(*world->answer_us));
	if (!file || !fgets(line, sizeof(line), file))
		exit(2);
	for (; i < wanted && fgets(line, sizeof(line), file); i++) {
		struct ptt_bench_member *member = &world->members[i];

		member->udp = &sim.udp[i % (uint32_t)sim.socket_count];
		member->group = i < world->count ? group : sim.caller_group;
		read_member(member, line);
	}
	fclose(file);
	if (i < wanted) {
		fprintf(stderr, "members: %s has %u lines, not %u\n", name, i, wanted);
		exit(2);
	}
}

/* --- talking --- */

/* Talk Burst Request: an RTCP APP packet of subtype 0. */
static void ask_for_the_floor(const struct ptt_bench_member *member)
{
	static const uint8_t request[] = {0x80, 204, 0, 2, 0, 0, 0, 1, 'P', 'o', 'C', '1'};
	struct sockaddr_in to = sim.world.server;

	to.sin_port = htons(member->pf_floor_port);
	ptt_bench_udp_send_copy(member->udp, &to, request, sizeof(request));
}

static void talk(void)
{
	struct ptt_bench_member *member = &sim.world.members[sim.talker];
	struct sockaddr_in to = sim.world.server;
	uint8_t packet[RTP_LEN] = {0x80, 97, (uint8_t)(sim.rtp_seq >> 8), (uint8_t)sim.rtp_seq};
	uint32_t time_stamp = sim.rtp_seq * 160u;

	if (sim.rtp_seq % FLOOR_EACH == 0)
		ask_for_the_floor(member);
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
	ptt_bench_udp_send_copy(member->udp, &to, packet, sizeof(packet));
}

/* --- commands --- */

static void set_talker(long index, bool on)
{
	sim.talker = on && index < (long)sim.world.count ? (int)index : -1;
	sim.measure.talks = sim.talker >= 0;
	printf("{\"event\":\"talk\"}\n");
}

static void command(const char *line)
{
	long a = 0, b = 0;
	char name[16] = "";

	if (sscanf(line, "%15s %ld %ld", name, &a, &b) < 1)
		return;
	if (strcmp(name, "join") == 0)
		ptt_bench_measure_joins(&sim.measure, (uint32_t)a, (uint32_t)b);
	else if (strcmp(name, "mark") == 0)
		ptt_bench_measure_mark(&sim.measure, a, (uint32_t)b);
	else if (strcmp(name, "wait") == 0)
		ptt_bench_measure_wait(&sim.measure, (uint32_t)a);
	else if (strcmp(name, "script") == 0)
		printf("{\"event\":\"script\",\"count\":%ld}\n",
			ptt_bench_script(&sim.world, line + strlen("script ")));
	else if (strcmp(name, "call") == 0)
		ptt_bench_callers_start((uint32_t)a, (uint32_t)b);
	else if (strcmp(name, "count") == 0)
		ptt_bench_callers_count();
	else if (strcmp(name, "hang") == 0)
		ptt_bench_callers_hang();
	else if (strcmp(name, "talk") == 0)
		set_talker(a, b != 0);
	else if (strcmp(name, "probe") == 0)
		ptt_bench_probe_set(a != 0);
	else
		sim.ended = true;
}

static void read_commands(void)
{
	ssize_t n =
		read(STDIN_FILENO, sim.line + sim.line_len, sizeof(sim.line) - 1 - sim.line_len);
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
	if (sim.measure.doing == PTT_BENCH_JOINING || ptt_bench_probe_on() ||
		ptt_bench_callers_busy())
		return 1;
	return sim.talker >= 0 ? 2 : 20;
}

static bool read_sockets(void)
{
	bool any = false;

	for (int i = 0; i < sim.socket_count; i++)
		any |= ptt_bench_udp_read(&sim.udp[i], ptt_bench_on_sip, &sim.world) > 0;
	ptt_bench_watch_read(&sim.watch);
	return any;
}

static void flush(void)
{
	for (int i = 0; i < sim.socket_count; i++)
		ptt_bench_udp_flush(&sim.udp[i]);
}

static void turn(struct pollfd *wait)
{
	int64_t now;

	(void)poll(wait, (nfds_t)sim.socket_count + 3, wait_ms());
	if (wait[2].revents)
		read_commands();
	/* In a storm the socket never runs dry. */
	(void)ptt_bench_open_pending(&sim.world, read_sockets() ? OPEN_BUSY : OPEN_SLICE);
	flush(); /* later writes may overwrite queued datagrams */
	now = ptt_bench_now_ns();
	ptt_bench_measure_pace(&sim.measure);
	ptt_bench_callers_turn(now);
	if (sim.talker >= 0 && now - sim.talk_ns >= RTP_PERIOD_NS)
		talk();
	ptt_bench_probe_turn(&sim.probe_at, now);
	if (now - sim.resend_ns > 50 * MS) {
		sim.resend_ns = now;
		ptt_bench_resend(&sim.world, now);
	}
	flush();
	ptt_bench_measure_end(&sim.measure);
}

/* --- start --- */

static bool take_option(int c, uint16_t *probe_port)
{
	if (c == 't')
		sim.tcp = true;
	else if (c == 'n')
		sim.world.caller_count = (uint32_t)atoi(optarg);
	else if (c == 'g')
		sim.caller_group = optarg;
	else if (c == 'p')
		*probe_port = (uint16_t)atoi(optarg);
	else if (c == 's' && sim.script_count < 16)
		sim.scripts[sim.script_count++] = optarg;
	else
		return false;
	return true;
}

static void open_sockets(struct pollfd *wait)
{
	static char route[96];

	sim.socket_count = sim.tcp ? 1 : SOCKETS;
	for (int i = 0; i < sim.socket_count; i++) {
		bool good = sim.tcp ? ptt_bench_stream_open(&sim.udp[0], &sim.world.server)
				    : ptt_bench_udp_open(&sim.udp[i], 0) &&
					      ptt_bench_udp_stamp(&sim.udp[i]);

		if (!good) {
			perror("members: socket");
			exit(2);
		}
		wait[3 + i] = (struct pollfd){.fd = sim.udp[i].fd, .events = POLLIN};
	}
	if (!sim.tcp)
		return;
	snprintf(route, sizeof(route), "Record-Route: <sip:127.0.0.1:%u;transport=tcp;lr>\r\n",
		sim.udp[0].port);
	sim.world.transport = "TCP";
	sim.world.record_route = route;
}

static void open_all(struct pollfd *wait, char **argv, uint16_t probe_port)
{
	struct ptt_bench_world *world = &sim.world;

	world->server = (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[3]))};
	world->count = (uint32_t)atoi(argv[7]);
	if (inet_pton(AF_INET, argv[2], &world->server.sin_addr) != 1 ||
		ptt_mikey_ctx_init(&world->mikey) != PTT_OK ||
		!ptt_bench_watch_open(
			&sim.watch, argv[4], (uint16_t)atoi(argv[5]), (uint16_t)atoi(argv[6])) ||
		!ptt_bench_probe_open())
		exit(2);
	sim.probe_at = world->server;
	if (probe_port)
		sim.probe_at.sin_port = htons(probe_port);
	sim.measure.world = world;
	sim.measure.watch = &sim.watch;
	wait[0] = (struct pollfd){.fd = sim.watch.key.fd, .events = POLLIN};
	wait[1] = (struct pollfd){.fd = sim.watch.audio.fd, .events = POLLIN};
	wait[2] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
	open_sockets(wait);
	read_csv(argv[0], argv[1]);
	ptt_bench_callers_init(world);
	for (int i = 0; i < sim.script_count; i++) {
		if (ptt_bench_script(world, sim.scripts[i]) < 0) {
			fprintf(stderr, "members: bad script: %s\n", sim.scripts[i]);
			exit(2);
		}
	}
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"tcp", no_argument, NULL, 't'},
		{"callers", required_argument, NULL, 'n'},
		{"caller-group", required_argument, NULL, 'g'},
		{"probe-port", required_argument, NULL, 'p'},
		{"script", required_argument, NULL, 's'}, {"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0}};
	struct pollfd wait[SOCKETS + 3];
	uint16_t probe_port = 0;
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (!take_option(c, &probe_port)) {
			fputs(usage, c == 'h' ? stdout : stderr);
			return c == 'h' ? 0 : 2;
		}
	}
	if (argc - optind != 8 || (sim.world.caller_count && !sim.caller_group)) {
		fputs(usage, stderr);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	open_all(wait, argv + optind, probe_port);
	printf("{\"event\":\"ready\",\"members\":%u,\"callers\":%u}\n", sim.world.count,
		sim.world.caller_count);
	while (!sim.ended)
		turn(wait);
	return 0;
}
