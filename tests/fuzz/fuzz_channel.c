/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any description as offer and as answer, at both ends: each body that is written for it must be
 * readable.
 */
#include <stdlib.h>
#include <string.h>

#include "sdp/channel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ptt_channel_sdp channel;
static struct ptt_sdp_local local;
static struct ptt_sdp_lines lines, check;
static const uint8_t blob[] = {1, 2, 3, 4};

static void set_up(void)
{
	channel.ttl = 1;
	channel.audio_port = 40000;
	channel.floor_port = 40002;
	channel.key_port = 2269;
	local.audio_port = 16384;
	local.floor_port = 16386;
	if (!ptt_sdp_addr_get(&channel.group, "233.252.0.17") ||
		!ptt_sdp_addr_get(&channel.source, "127.0.0.1") ||
		!ptt_sdp_addr_get(&local.address, "127.0.0.1") ||
		ptt_sdp_codec_get(&channel.codec, "AMR/8000/1") != PTT_OK)
		abort();
	local.codec = channel.codec;
}

/* Long names in many lines may need more than the buffer: NO_SPACE is fine. */
static void must_read(enum ptt_err put, const char *text, size_t len, unsigned count)
{
	if (put == PTT_ERR_NO_SPACE)
		return;
	if (put != PTT_OK || strlen(text) != len ||
		ptt_sdp_lines_get(&check, ptt_bytes_of_str(text)) != PTT_OK || check.count != count)
		abort();
}

static void as_offer(const struct ptt_channel_sdp *ch)
{
	struct ptt_media_plan plan = {.slot_count = 0};
	struct ptt_sdp_body body = {.plan = &plan,
		.codec = &local.codec,
		.channel = ch,
		.from_server = true,
		.session_id = 1,
		.version = 1,
		.mikey = PTT_BYTES_OF(blob)};
	static char text[PTT_SDP_BODY_SIZE];
	enum ptt_channel_verdict verdict;
	enum ptt_err err;
	size_t len = 0;

	if (ptt_media_plan_on_offer(&plan, &verdict, &lines, &local, ch) != PTT_OK)
		return;
	err = ptt_sdp_answer_put(text, &len, sizeof(text), &body, &lines);
	must_read(err, text, len, plan.slot_count);
	if (!ch || ptt_media_plan_add_channel(&plan) != PTT_OK)
		return;
	err = ptt_sdp_offer_put(text, &len, sizeof(text), &body);
	must_read(err, text, len, plan.slot_count);
	if (err == PTT_OK && ptt_channel_sdp_match(ch, &check) != PTT_OK)
		abort();
}

static void as_answer(void)
{
	struct ptt_media_plan plan, before;
	enum ptt_channel_verdict verdict;

	ptt_media_plan_init(&plan, &local);
	if (ptt_media_plan_add_channel(&plan) != PTT_OK)
		abort();
	before = plan;
	if (ptt_media_plan_on_answer(&plan, &verdict, &lines, &channel) != PTT_OK &&
		memcmp(&before, &plan, sizeof(plan)) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ptt_channel_sdp seen;

	set_up();
	if (ptt_sdp_lines_get(&lines, (struct ptt_bytes){data, size}) != PTT_OK)
		return 0;
	as_offer(&channel);
	as_offer(NULL);
	if (ptt_channel_sdp_get(&seen, &lines) == PTT_OK)
		as_offer(&seen);
	as_answer();
	return 0;
}
