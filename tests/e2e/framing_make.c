/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes a capture of three packets: a re-INVITE whose SDP carries an MSK message, as we send it;
 * the same with the key-mgmt line at session level, as tshark 4.0 looks into it only there; and the
 * MTK message on the channel. framing_tshark.sh lets tshark decode them.
 *
 *   pcap header | { record header | IPv4 | UDP | payload } x 3       link type 101, raw IP
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/mikey_seal.h"
#include "sdp/channel.h"

#define LINKTYPE_RAW 101
#define IP_UDP_LEN   28

static void must(enum ptt_err err, const char *what)
{
	if (err == PTT_OK)
		return;
	fprintf(stderr, "%s: %s\n", what, ptt_err_str(err));
	exit(EXIT_FAILURE);
}

static void put(FILE *out, struct ptt_bytes in)
{
	if (fwrite(in.data, 1, in.len, out) != in.len) {
		perror("write");
		exit(EXIT_FAILURE);
	}
}

static void put_pcap_header(FILE *out)
{
	const uint32_t words[6] = {0xa1b2c3d4u, 2u | 4u << 16, 0, 0, 65535, LINKTYPE_RAW};

	put(out, (struct ptt_bytes){(const uint8_t *)words, sizeof(words)});
}

/* From 127.0.0.1 to dst; checksums are 0, because tshark does not check them by default. */
static void put_packet(FILE *out, const uint8_t dst[4], uint16_t port, struct ptt_bytes payload)
{
	uint32_t total = (uint32_t)payload.len + IP_UDP_LEN;
	const uint32_t record[4] = {1700000000u, 0, total, total};
	uint8_t head[IP_UDP_LEN];
	struct ptt_writer wr = ptt_writer_of(head, sizeof(head));
	size_t len;

	ptt_write_u16(&wr, 0x4500);
	ptt_write_u16(&wr, (uint16_t)total);
	ptt_write_u32(&wr, 0);
	ptt_write_u16(&wr, 0x0111); /* TTL 1, UDP */
	ptt_write_u16(&wr, 0);
	ptt_write_u32(&wr, 0x7f000001);
	ptt_write_bytes(&wr, (struct ptt_bytes){dst, 4});
	ptt_write_u16(&wr, 5060);
	ptt_write_u16(&wr, port);
	ptt_write_u16(&wr, (uint16_t)(payload.len + 8));
	ptt_write_u16(&wr, 0);
	must(ptt_writer_end(&wr, &len), "packet");
	put(out, (struct ptt_bytes){(const uint8_t *)record, sizeof(record)});
	put(out, PTT_BYTES_OF(head));
	put(out, payload);
}

/* Constants that framing_tshark.sh expects. */
static struct ptt_mikey_ids ids_of_test(void)
{
	struct ptt_mikey_ids ids = {.csb_id = 0x11223344,
		.key_domain = {0x00, 0xf1, 0x10},
		.msk_id = 0x00010001,
		.mtk_id = 1,
		.counter = 7,
		.sdp_ids = true};

	for (unsigned i = 0; i < sizeof(ids.rand); i++)
		ids.rand[i] = (uint8_t)(0xa0 + i);
	ids.idi = ptt_bytes_of_str("pf1.poc.example.org");
	ids.idr = ptt_bytes_of_str("AAECAwQFBgcICQoLDA0ODw==@bsf.poc.example.org");
	return ids;
}

static void make_body(char *out, size_t *len, size_t size, struct ptt_bytes mikey)
{
	struct ptt_channel_sdp ch = {
		.ttl = 1, .audio_port = 40000, .floor_port = 40002, .key_port = 2269};
	struct ptt_sdp_local local = {.audio_port = 16384, .floor_port = 16386};
	struct ptt_media_plan plan;
	struct ptt_sdp_body body = {.plan = &plan,
		.codec = &ch.codec,
		.channel = &ch,
		.from_server = true,
		.session_id = 1,
		.version = 2,
		.mikey = mikey};

	if (!ptt_sdp_addr_get(&ch.group, "233.252.0.17") ||
		!ptt_sdp_addr_get(&ch.source, "127.0.0.1"))
		exit(EXIT_FAILURE);
	local.address = ch.source;
	must(ptt_sdp_codec_get(&ch.codec, "AMR/8000/1"), "codec");
	local.codec = ch.codec;
	ptt_media_plan_init(&plan, &local);
	must(ptt_media_plan_add_channel(&plan), "plan");
	must(ptt_sdp_offer_put(out, len, size, &body), "offer");
}

/* Moves the key-mgmt line to the session's attributes; the length stays. */
static void move_key_up(char *body, size_t len)
{
	char copy[PTT_SDP_BODY_SIZE];
	char *to = strstr(body, "a=source-filter"), *from = strstr(body, "a=key-mgmt");
	size_t line_len = (size_t)(strstr(from, "\r\n") + 2 - from);

	memcpy(copy, body, len);
	memcpy(to, copy + (from - body), line_len);
	memcpy(to + line_len, copy + (to - body), (size_t)(from - to));
}

static struct ptt_bytes make_invite(char *out, size_t size, struct ptt_bytes mikey, bool key_up)
{
	char body[PTT_SDP_BODY_SIZE];
	size_t len = 0;
	int n;

	make_body(body, &len, sizeof(body), mikey);
	if (key_up)
		move_key_up(body, len);
	n = snprintf(out, size,
		"INVITE sip:alice@127.0.0.1:5070 SIP/2.0\r\n"
		"v:SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK1\r\nMax-Forwards:70\r\n"
		"f:<sip:alpha@poc.example.org>;tag=1\r\nt:<sip:alice@poc.example.org>;tag=2\r\n"
		"i:1@127.0.0.1\r\nCSeq:2 INVITE\r\nm:<sip:alpha@127.0.0.1:5060>\r\n"
		"c:application/sdp\r\nl:%zu\r\n\r\n%s",
		len, body);
	if (n < 0 || (size_t)n >= size)
		exit(EXIT_FAILURE);
	return (struct ptt_bytes){(const uint8_t *)out, (size_t)n};
}

int main(int argc, char **argv)
{
	static const uint8_t unicast[4] = {127, 0, 0, 1}, group[4] = {233, 252, 0, 17};
	static const struct ptt_muk muk = {{1}};
	static const struct ptt_mikey_msk msk = {.msk = {{2}}, .seql = 0, .sequ = 65535};
	static const struct ptt_mtk mtk = {.key = {3}, .salt = {4}, .key_len = 16, .salt_len = 14};
	struct ptt_mikey_ids ids = ids_of_test();
	struct ptt_mikey_ctx ctx = {0};
	uint8_t msk_text[PTT_MIKEY_SEALED_MAX], mtk_text[PTT_MIKEY_SEALED_MAX];
	struct ptt_writer msk_wr = ptt_writer_of(msk_text, sizeof(msk_text));
	struct ptt_writer mtk_wr = ptt_writer_of(mtk_text, sizeof(mtk_text));
	struct ptt_bytes sealed;
	char invite[4096];
	FILE *out = argc == 2 ? fopen(argv[1], "wb") : NULL;

	if (!out) {
		fprintf(stderr, "usage: framing_make FILE.pcap\n");
		return EXIT_FAILURE;
	}
	must(ptt_mikey_ctx_init(&ctx), "context");
	must(ptt_mikey_seal_msk(&ctx, &msk_wr, &ids, &msk, &muk), "MSK message");
	must(ptt_mikey_seal_mtk(&ctx, &mtk_wr, &ids, &mtk, &msk.msk), "MTK message");
	ptt_mikey_ctx_wipe(&ctx);
	put_pcap_header(out);
	sealed = (struct ptt_bytes){msk_text, ptt_writer_len(&msk_wr)};
	put_packet(out, unicast, 5070, make_invite(invite, sizeof(invite), sealed, false));
	put_packet(out, unicast, 5070, make_invite(invite, sizeof(invite), sealed, true));
	put_packet(out, group, 2269, (struct ptt_bytes){mtk_text, ptt_writer_len(&mtk_wr)});
	printf("MSK message %zu bytes, MTK message %zu bytes\n", ptt_writer_len(&msk_wr),
		ptt_writer_len(&mtk_wr));
	return fclose(out) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
