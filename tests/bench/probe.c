/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/bench/probe.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/sip_text.h"

#define PERIOD_NS 1000000
#define PROBES    8192

static struct {
	struct ptt_bench_udp udp;
	bool on;
	int64_t asked_ns, sent_ns[PROBES];
	uint32_t us[PROBES], sent, back;
} probe;

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

void ptt_bench_sort(uint32_t *samples, uint32_t count)
{
	qsort(samples, count, sizeof(*samples), by_value);
}

uint32_t ptt_bench_percentile(const uint32_t *samples, uint32_t count, uint32_t percent)
{
	return count ? samples[(uint64_t)(count - 1) * percent / 100] : 0;
}

bool ptt_bench_probe_open(void)
{
	return ptt_bench_udp_open(&probe.udp, 0) && ptt_bench_udp_stamp(&probe.udp);
}

bool ptt_bench_probe_on(void)
{
	return probe.on;
}

void ptt_bench_probe_set(bool on)
{
	if (on)
		probe.sent = probe.back = 0;
	probe.on = on;
	ptt_bench_sort(probe.us, probe.back);
	printf("{\"event\":\"probe\",\"sent\":%u,\"back\":%u,\"p50_us\":%u,\"p99_us\":%u,"
	       "\"max_us\":%u}\n",
		probe.sent, probe.back, ptt_bench_percentile(probe.us, probe.back, 50),
		ptt_bench_percentile(probe.us, probe.back, 99),
		ptt_bench_percentile(probe.us, probe.back, 100));
}

static void ask(const struct sockaddr_in *server)
{
	uint32_t n = probe.sent++ % PROBES;
	char text[512];
	int len = snprintf(text, sizeof(text),
		"OPTIONS sip:nobody@127.0.0.1 SIP/2.0\r\n"
		"Via: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bKp%u;rport\r\n"
		"From: <sip:probe@127.0.0.1>;tag=p\r\nTo: <sip:nobody@127.0.0.1>\r\n"
		"Call-ID: probe-%u\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n"
		"Content-Length: 0\r\n\r\n",
		probe.udp.port, probe.sent, n);

	probe.asked_ns = probe.sent_ns[n] = ptt_bench_now_ns();
	ptt_bench_udp_send_copy(&probe.udp, server, text, (size_t)len);
	ptt_bench_udp_flush(&probe.udp);
}

static void on_answer(void *ctx, struct ptt_bench_udp *udp, const struct ptt_bench_datagram *in)
{
	struct ptt_bench_text text = {in->data, (int)in->len};
	long n = ptt_bench_number_after(text, "probe-");

	(void)ctx;
	(void)udp;
	if (n < 0 || n >= PROBES || probe.sent_ns[n] == 0 || probe.back == PROBES)
		return;
	probe.us[probe.back++] = (uint32_t)((in->at_ns - probe.sent_ns[n]) / 1000);
	probe.sent_ns[n] = 0;
}

void ptt_bench_probe_turn(const struct sockaddr_in *server, int64_t now_ns)
{
	(void)ptt_bench_udp_read(&probe.udp, on_answer, NULL);
	if (probe.on && now_ns - probe.asked_ns >= PERIOD_NS)
		ask(server);
}
