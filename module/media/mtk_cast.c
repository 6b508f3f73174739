/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/media/mtk_cast.h"

#include <string.h>

void ptt_mtk_cast_init(struct ptt_mtk_cast *cast, uint32_t lead_ms, uint32_t repeat_ms)
{
	memset(cast, 0, sizeof(*cast));
	cast->lead_ms = lead_ms;
	cast->repeat_ms = repeat_ms;
}

void ptt_mtk_cast_wipe(struct ptt_mtk_cast *cast)
{
	uint32_t lead_ms = cast->lead_ms, repeat_ms = cast->repeat_ms;

	ptt_wipe(cast, sizeof(*cast));
	ptt_mtk_cast_init(cast, lead_ms, repeat_ms);
}

void ptt_mtk_cast_switched(struct ptt_mtk_cast *cast)
{
	if (cast->pending_count == 0)
		return;
	cast->pending_count--;
	memmove(cast->pending, cast->pending + 1, cast->pending_count * sizeof(cast->pending[0]));
	ptt_wipe(cast->pending + cast->pending_count, sizeof(cast->pending[0]));
}

void ptt_mtk_cast_set(struct ptt_mtk_cast *cast, const struct ptt_mtk_item *item)
{
	if (cast->pending_count == PTT_MTK_CAST_PENDING)
		ptt_mtk_cast_switched(cast);
	cast->pending[cast->pending_count] = *item;
	cast->pending[cast->pending_count].first_ms = 0;
	cast->pending_count++;
}

void ptt_mtk_cast_send_now(struct ptt_mtk_cast *cast, int64_t now_ms)
{
	int64_t allowed_ms = cast->sent_ms + PTT_MEDIA_MTK_NOW_MIN_GAP_MS;

	if (cast->message_len > 0 && cast->asked_ms == 0)
		cast->asked_ms = allowed_ms > now_ms ? allowed_ms : now_ms;
}

/* Messages leave in the order of their ptt_mtk_cast_set(). */
static struct ptt_mtk_item *first_unsent(struct ptt_mtk_cast *cast)
{
	for (size_t i = 0; i < cast->pending_count; i++) {
		if (cast->pending[i].first_ms == 0)
			return &cast->pending[i];
	}
	return NULL;
}

static int64_t min_ms(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t switch_ms(const struct ptt_mtk_cast *cast)
{
	if (cast->pending_count == 0 || cast->pending[0].first_ms == 0)
		return INT64_MAX;
	return cast->pending[0].first_ms + cast->lead_ms;
}

/* The newest message is due again: its second copy, send_now, or the repeat. */
static int64_t resend_ms(const struct ptt_mtk_cast *cast)
{
	int64_t due = INT64_MAX;

	if (cast->message_len == 0)
		return due;
	if (cast->again_ms != 0)
		due = min_ms(due, cast->again_ms);
	if (cast->asked_ms != 0)
		due = min_ms(due, cast->asked_ms);
	if (cast->repeat_ms != 0)
		due = min_ms(due, cast->sent_ms + cast->repeat_ms);
	return due;
}

static void take_message(struct ptt_mtk_cast *cast, struct ptt_mtk_item *item, int64_t now_ms)
{
	item->first_ms = now_ms;
	memcpy(cast->message, item->message, item->message_len);
	cast->message_len = item->message_len;
	cast->again_ms = now_ms + PTT_MTK_CAST_AGAIN_MS;
}

struct ptt_mtk_cast_action ptt_mtk_cast_next(struct ptt_mtk_cast *cast, int64_t now_ms)
{
	struct ptt_mtk_cast_action action = {.what = PTT_MTK_CAST_NOTHING};
	struct ptt_mtk_item *item = first_unsent(cast);

	if (now_ms >= switch_ms(cast)) {
		action.what = PTT_MTK_CAST_SWITCH;
		action.item = &cast->pending[0];
		return action;
	}
	if (item && now_ms >= item->not_before_ms) {
		take_message(cast, item, now_ms);
		action.item = item;
	} else if (now_ms < resend_ms(cast)) {
		return action;
	} else if (cast->again_ms != 0 && now_ms >= cast->again_ms) {
		cast->again_ms = 0;
	} else {
		action.repeat = true;
	}
	action.what = PTT_MTK_CAST_SEND;
	action.message = (struct ptt_bytes){cast->message, cast->message_len};
	cast->sent_ms = now_ms;
	cast->asked_ms = 0;
	return action;
}

int64_t ptt_mtk_cast_due_ms(const struct ptt_mtk_cast *cast)
{
	int64_t due = min_ms(switch_ms(cast), resend_ms(cast));

	for (size_t i = 0; i < cast->pending_count; i++) {
		if (cast->pending[i].first_ms == 0)
			return min_ms(due, cast->pending[i].not_before_ms);
	}
	return due;
}
