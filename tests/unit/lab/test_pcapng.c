/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A capture copied with datagrams changed: every kind of link, lengths
 * and checksums. Broken files are fuzz_pcapng's. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "module/lab/pcapng.h"
#include "tests/unit/check_main.h"

#define PAYLOAD 11

static uint8_t file[4096];
static size_t file_len;
static char *copy;
static size_t copy_len;
static struct ptt_pcapng_counts counts;

static void put32(uint32_t value)
{
	memcpy(file + file_len, &value, 4);
	file_len += 4;
}

static void block(uint32_t type, const void *body, size_t len)
{
	uint32_t total = (uint32_t)(12 + ((len + 3) & ~(size_t)3));

	put32(type);
	put32(total);
	memset(file + file_len, 0, total - 12);
	memcpy(file + file_len, body, len);
	file_len += total - 12;
	put32(total);
}

static void section(uint16_t link)
{
	const uint32_t head[] = {0x1a2b3c4d, 1, 0xffffffff, 0xffffffff};
	const uint16_t interface[] = {link, 0, 0, 1};

	file_len = 0;
	block(0x0a0d0d0a, head, sizeof(head));
	block(1, interface, sizeof(interface));
}

/* An EPB with an option behind the packet. */
static void packet(const uint8_t *data, size_t len)
{
	uint8_t body[512] = {0};
	const uint32_t sizes[] = {0, 7, 8, (uint32_t)len, (uint32_t)len};
	size_t padded = (len + 3) & ~(size_t)3;

	memcpy(body, sizes, sizeof(sizes));
	memcpy(body + 20, data, len);
	memcpy(body + 20 + padded, "\2\0\4\0abcd\0\0\0\0", 12); /* epb_flags, end */
	block(6, body, 20 + padded + 12);
}

/* UDP with PAYLOAD bytes behind @p link_head. */
static size_t datagram(uint8_t *out, const char *link_head, size_t link_len, bool v6)
{
	static const uint8_t ip4[20] = {0x45, 0, 0, 28 + PAYLOAD, 0, 0, 0x40, 0, 64, 17, 0, 0, 127,
		0, 0, 1, 233, 252, 0, 17};
	static const uint8_t ip6[40] = {
		0x60, 0, 0, 0, 0, 8 + PAYLOAD, 17, 1, 0xfe, 0x80, [23] = 1, 0xff, 0x02, [39] = 1};
	static const uint8_t udp[8 + PAYLOAD] = {0x9c, 0x40, 0x9c, 0x40, 0, 8 + PAYLOAD, 0, 0, 'h',
		'e', 'a', 'r', ' ', 'm', 'e', '!', '!', '!', '!'};
	size_t head = v6 ? sizeof(ip6) : sizeof(ip4);

	memcpy(out, link_head, link_len);
	memcpy(out + link_len, v6 ? ip6 : ip4, head);
	memcpy(out + link_len + head, udp, sizeof(udp));
	return link_len + head + sizeof(udp);
}

/* Cuts the payload to the length in ctx, and writes it in capitals. */
static bool shout(void *ctx, uint8_t *payload, size_t *len)
{
	if (*len < 4 || memcmp(payload, "hear", 4) != 0)
		return false;
	memcpy(payload, "HEAR", 4);
	*len = *(const size_t *)ctx;
	return true;
}

static enum ptt_err filter(size_t cut_to)
{
	FILE *in = fmemopen(file, file_len, "r"), *out;
	enum ptt_err err;

	free(copy);
	copy = NULL;
	out = open_memstream(&copy, &copy_len);
	ck_assert(in && out);
	err = ptt_pcapng_filter(in, out, shout, &cut_to, &counts);
	fclose(in);
	fclose(out);
	return err;
}

static uint32_t sum_of(const uint8_t *p, size_t len, uint32_t sum)
{
	for (size_t i = 0; i < len; i++)
		sum += (uint32_t)p[i] << (i % 2 ? 0 : 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static const struct {
	uint16_t link;
	const char *head;
	size_t len;
	bool v6;
} links[] = {
	{1, "\1\2\3\4\5\6\1\2\3\4\5\6\x08\0", 14, false},
	{1, "\1\2\3\4\5\6\1\2\3\4\5\6\x86\xdd", 14, true},
	{113, "\0\0\3\4\0\6\0\0\0\0\0\0\0\0\x08\0", 16, false},
	{276, "\x86\xdd\0\0\0\0\0\1\3\4\0\6\0\0\0\0\0\0\0\0", 20, true},
	{101, "", 0, false},
	{101, "", 0, true},
	{0, "\2\0\0\0", 4, false},
};

/* From 11 bytes to 5: packet, lengths, checksums, the option behind it. */
START_TEST(test_links)
{
	uint8_t data[256];
	const uint8_t *epb, *ip, *udp;
	size_t len = datagram(data, links[_i].head, links[_i].len, links[_i].v6), head;
	uint32_t sizes[5];

	section(links[_i].link);
	head = file_len;
	packet(data, len);
	ck_assert_int_eq(filter(5), PTT_OK);
	ck_assert_uint_eq(counts.packets, 1);
	ck_assert_uint_eq(counts.changed, 1);
	ck_assert_mem_eq(copy, file, head);
	epb = (const uint8_t *)copy + head + 8;
	memcpy(sizes, epb, sizeof(sizes));
	ck_assert_uint_eq(sizes[3], len - 6);
	ck_assert_uint_eq(sizes[4], len - 6);
	ip = epb + 20 + links[_i].len;
	udp = ip + (links[_i].v6 ? 40 : 20);
	ck_assert_mem_eq(udp + 8, "HEAR ", 5);
	ck_assert_uint_eq(udp[5], 13);
	if (links[_i].v6) {
		ck_assert_uint_eq(ip[5], 13);
		ck_assert_uint_eq(sum_of(udp, 13, sum_of(ip + 8, 32, 13 + 17)), 0xffff);
	} else {
		ck_assert_uint_eq(ip[3], 33);
		ck_assert_uint_eq(sum_of(ip, 20, 0), 0xffff);
	}
	len = (len - 6 + 3) & ~(size_t)3;
	ck_assert_mem_eq(epb + 20 + len, "\2\0\4\0abcd\0\0\0\0", 12);
	ck_assert_uint_eq(copy_len, head + 12 + 20 + len + 12);
}
END_TEST

/* Fragments, another protocol, a snapped packet, an unknown link and
 * unknown blocks stay as they are. */
START_TEST(test_left_alone)
{
	uint8_t data[256], other[256];
	size_t len = datagram(data, links[0].head, 14, false);

	section(1);
	memcpy(other, data, len);
	other[14 + 6] = 0x20; /* more fragments */
	packet(other, len);
	memcpy(other, data, len);
	other[14 + 9] = 6;
	packet(other, len);
	packet(data, len - 1);
	packet(data, 20);
	packet(data, 3);
	block(0xbad, "whatever", 8);
	ck_assert_int_eq(filter(5), PTT_OK);
	ck_assert_uint_eq(counts.packets, 5);
	ck_assert_uint_eq(counts.changed, 0);
	ck_assert_uint_eq(copy_len, file_len);
	ck_assert_mem_eq(copy, file, file_len);
	section(147);
	packet(data, len);
	ck_assert_int_eq(filter(5), PTT_OK);
	ck_assert_uint_eq(counts.changed, 0);
}
END_TEST

START_TEST(test_refused)
{
	uint8_t data[256];
	size_t len = datagram(data, links[0].head, 14, false);

	section(1);
	packet(data, len);
	file[8] ^= 0x57; /* the other byte order, or none */
	ck_assert_int_eq(filter(5), PTT_ERR_UNSUPPORTED);
	memcpy(file, "\xd4\xc3\xb2\xa1", 4); /* classic pcap */
	ck_assert_int_eq(filter(5), PTT_ERR_UNSUPPORTED);
	section(1);
	packet(data, len);
	file[file_len - 68 + 8 + 12] = 0xff; /* captured: more than there is */
	ck_assert_int_ne(filter(5), PTT_ERR_SYSTEM);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("pcapng");

	tcase_add_loop_test(tc, test_links, 0, sizeof(links) / sizeof(links[0]));
	tcase_add_test(tc, test_left_alone);
	tcase_add_test(tc, test_refused);
	return check_run_case("pcapng", tc);
}
