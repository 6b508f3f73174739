/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/lab/pcapng.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/bytes.h"

#define SHB         0x0a0d0d0au
#define IDB         1u
#define EPB         6u
#define ORDER_MAGIC 0x1a2b3c4du
#define BLOCK_MAX   (1u << 20)
#define BLOCK_MIN   12u /* type, length, length again */
#define EPB_HEAD    20u /* interface, time (8), captured and original length */
#define INTERFACES  64
#define UDP         17
#define UDP_HEAD    8u
#define IPV6_HEAD   40u

/* Link types, https://www.tcpdump.org/linktypes.html */
enum {
	LINK_NULL = 0,
	LINK_ETHERNET = 1,
	LINK_RAW = 101,
	LINK_LOOP = 108,
	LINK_COOKED = 113,
	LINK_COOKED2 = 276,
};

struct filter {
	FILE *in, *out;
	ptt_pcapng_udp_f *fn;
	void *ctx;
	struct ptt_pcapng_counts *counts;
	uint16_t link[INTERFACES]; /* link types of the section */
	size_t links;
	uint8_t *block; /* BLOCK_MAX */
	uint32_t type, len;
};

static uint32_t host32(const uint8_t *p)
{
	uint32_t value;

	memcpy(&value, p, sizeof(value));
	return value;
}

static void host32_put(uint8_t *p, uint32_t value)
{
	memcpy(p, &value, sizeof(value));
}

static uint16_t net16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static void net16_put(uint8_t *p, size_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static uint32_t sum16(uint32_t sum, const uint8_t *p, size_t len)
{
	for (; len > 1; p += 2, len -= 2)
		sum += net16(p);
	return len ? sum + ((uint32_t)p[0] << 8) : sum;
}

static uint16_t folded(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* Offset of the IP header by link type; *ok false: no IP, or an unknown link type. */
static size_t ip_at(uint16_t link, const uint8_t *p, size_t len, bool *ok)
{
	static const struct {
		uint16_t link, proto_at, ip_at;
	} links[] = {
		{.link = LINK_ETHERNET, .proto_at = 12, .ip_at = 14},
		{.link = LINK_COOKED, .proto_at = 14, .ip_at = 16},
		{.link = LINK_COOKED2, .proto_at = 0, .ip_at = 20},
	};
	size_t at = 0;

	*ok = link == LINK_RAW || link == LINK_NULL || link == LINK_LOOP;
	if (*ok)
		return link == LINK_RAW ? 0 : 4;
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		if (links[i].link != link || len < links[i].ip_at)
			continue;
		at = links[i].ip_at;
		*ok = net16(p + links[i].proto_at) == 0x0800 ||
		      net16(p + links[i].proto_at) == 0x86dd;
	}
	return at;
}

struct datagram {
	uint8_t *ip, *udp;
	bool v6;
	size_t room; /* from udp to the end of the packet */
};

static bool datagram_find(struct datagram *out, uint16_t link, uint8_t *p, size_t len)
{
	bool ok;
	size_t at = ip_at(link, p, len, &ok), head;

	if (!ok || len < at + 20 + UDP_HEAD)
		return false;
	out->ip = p + at;
	out->v6 = out->ip[0] >> 4 == 6;
	head = out->v6 ? IPV6_HEAD : (size_t)(out->ip[0] & 15) * 4;
	if (!out->v6 && (out->ip[0] >> 4 != 4 || head < 20 || (net16(out->ip + 6) & 0x3fff) != 0))
		return false;
	if (out->ip[out->v6 ? 6 : 9] != UDP || len < at + head + UDP_HEAD)
		return false;
	out->udp = out->ip + head;
	out->room = len - at - head;
	return net16(out->udp + 4) >= UDP_HEAD && net16(out->udp + 4) <= out->room;
}

/* Corrects lengths and checksums for @p len bytes of UDP with its header. */
static void datagram_mend(const struct datagram *d, size_t len)
{
	uint32_t sum;

	net16_put(d->udp + 4, len);
	net16_put(d->udp + 6, 0);
	if (!d->v6) { /* IPv4: the checksum of UDP is optional */
		net16_put(d->ip + 2, (size_t)(d->udp - d->ip) + len);
		net16_put(d->ip + 10, 0);
		net16_put(d->ip + 10, folded(sum16(0, d->ip, (size_t)(d->udp - d->ip))));
		return;
	}
	net16_put(d->ip + 4, len);
	sum = folded(sum16(sum16((uint32_t)len + UDP, d->ip + 8, 32), d->udp, len));
	net16_put(d->udp + 6, sum ? sum : 0xffff);
}

static enum ptt_err block_write(struct filter *f)
{
	uint8_t head[8];

	host32_put(head, f->type);
	host32_put(head + 4, f->len);
	host32_put(f->block + f->len - BLOCK_MIN, f->len);
	return fwrite(head, 1, 8, f->out) == 8 &&
			       fwrite(f->block, 1, f->len - 8, f->out) == f->len - 8
		       ? PTT_OK
		       : PTT_ERR_SYSTEM;
}

/* Shortens the packet by @p less bytes; padding and options behind it move up. */
static void packet_shorten(struct filter *f, uint32_t captured, uint32_t less)
{
	uint8_t *data = f->block + EPB_HEAD;
	uint32_t was = (captured + 3) & ~3u, is = (captured - less + 3) & ~3u;
	uint32_t behind = f->len - BLOCK_MIN - EPB_HEAD - was;

	memset(data + captured - less, 0, is - (captured - less));
	memmove(data + is, data + was, behind);
	host32_put(f->block + 12, captured - less);
	host32_put(f->block + 16, host32(f->block + 16) - less);
	f->len -= was - is;
}

static enum ptt_err on_packet(struct filter *f)
{
	bool whole = f->len >= BLOCK_MIN + EPB_HEAD;
	uint32_t interface = whole ? host32(f->block) : 0;
	uint32_t captured = whole ? host32(f->block + 12) : 0;
	struct datagram d;
	size_t len, was;

	if (!whole || captured > f->len - BLOCK_MIN - EPB_HEAD || host32(f->block + 16) < captured)
		return PTT_ERR_MALFORMED;
	f->counts->packets++;
	if (interface >= f->links ||
		!datagram_find(&d, f->link[interface], f->block + EPB_HEAD, captured))
		return PTT_OK;
	f->counts->datagrams++;
	len = was = net16(d.udp + 4) - UDP_HEAD;
	/* A frame with padding behind the datagram is not shortened. */
	if (was + UDP_HEAD != d.room || !f->fn(f->ctx, d.udp + UDP_HEAD, &len) || len > was)
		return PTT_OK;
	f->counts->changed++;
	datagram_mend(&d, len + UDP_HEAD);
	packet_shorten(f, captured, (uint32_t)(was - len));
	return PTT_OK;
}

static enum ptt_err on_block(struct filter *f)
{
	if (f->type == SHB)
		f->links = 0;
	if (f->type == SHB && (f->len < 28 || host32(f->block) != ORDER_MAGIC))
		return PTT_ERR_UNSUPPORTED;
	if (f->type == IDB && f->len >= BLOCK_MIN + 8 && f->links < INTERFACES) {
		uint16_t link;

		memcpy(&link, f->block, sizeof(link));
		f->link[f->links++] = link;
	}
	return f->type == EPB ? on_packet(f) : PTT_OK;
}

static enum ptt_err run(struct filter *f)
{
	uint8_t head[8];
	bool first = true;
	size_t got;

	while ((got = fread(head, 1, sizeof(head), f->in)) == sizeof(head)) {
		f->type = host32(head);
		f->len = host32(head + 4);
		if (first && f->type != SHB)
			return PTT_ERR_UNSUPPORTED;
		first = false;
		if (f->len < BLOCK_MIN || f->len % 4 != 0 || f->len > BLOCK_MAX)
			return f->type == SHB ? PTT_ERR_UNSUPPORTED : PTT_ERR_MALFORMED;
		if (fread(f->block, 1, f->len - 8, f->in) != f->len - 8)
			return PTT_ERR_MALFORMED;
		PTT_TRY(on_block(f));
		PTT_TRY(block_write(f));
	}
	return got == 0 && !first ? PTT_OK : PTT_ERR_MALFORMED;
}

enum ptt_err ptt_pcapng_filter(
	FILE *in, FILE *out, ptt_pcapng_udp_f *fn, void *ctx, struct ptt_pcapng_counts *counts)
{
	struct filter f = {.in = in, .out = out, .fn = fn, .ctx = ctx, .counts = counts};
	enum ptt_err err;

	memset(counts, 0, sizeof(*counts));
	f.block = malloc(BLOCK_MAX);
	if (!f.block)
		return PTT_ERR_SYSTEM;
	err = run(&f);
	free(f.block);
	return err == PTT_OK && fflush(out) != 0 ? PTT_ERR_SYSTEM : err;
}
