/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file mtk_cast.h
 * When MTK messages leave and when the MKI is switched. Pure: time is an argument.
 *
 *     set        +20 ms       +lead_ms          every repeat_ms
 *     SEND       SEND         SWITCH            SEND (newest message only)
 *
 * Once a newer message has left, an older one is not sent again, because receivers would refuse it.
 * Its switch stays.
 * Spec: docs/wire.md 5.4 (order on a change), TS 33.246 6.4.
 */
#ifndef PTT_MTK_CAST_H
#define PTT_MTK_CAST_H

#include "crypto/bytes.h"
#include "crypto/secret.h"
#include "module/media/media.h"

#define PTT_MTK_CAST_PENDING  4
#define PTT_MTK_CAST_AGAIN_MS 20

/** One MTK that is not in use yet. */
struct ptt_mtk_item {
	struct ptt_mtk mtk;
	uint8_t mki[PTT_MKI_LEN];
	uint8_t message[PTT_MTK_MESSAGE_MAX];
	size_t message_len;
	int64_t not_before_ms;
	int64_t first_ms; /**< the first copy left then; 0 = not yet */
};

struct ptt_mtk_cast {
	uint32_t lead_ms, repeat_ms;
	struct ptt_mtk_item pending[PTT_MTK_CAST_PENDING]; /**< not in use yet, in order */
	size_t pending_count;
	uint8_t message[PTT_MTK_MESSAGE_MAX]; /**< the newest one sent */
	size_t message_len;                   /**< 0 = none */
	int64_t sent_ms;                      /**< last copy of any message */
	int64_t again_ms, asked_ms;           /**< second copy, send_now are due then; 0 = none */
};

enum ptt_mtk_cast_what {
	PTT_MTK_CAST_NOTHING,
	PTT_MTK_CAST_SEND,   /**< send .message; with an .item it is the first copy */
	PTT_MTK_CAST_SWITCH, /**< protect with .item from now on, then ptt_mtk_cast_switched() */
};

struct ptt_mtk_cast_action {
	enum ptt_mtk_cast_what what;
	struct ptt_bytes message;        /**< borrowed from the cast */
	const struct ptt_mtk_item *item; /**< SWITCH, first SEND; borrowed until the next call */
	bool repeat;                     /**< SEND: neither the first nor the second copy */
};

void ptt_mtk_cast_init(struct ptt_mtk_cast *cast, uint32_t lead_ms, uint32_t repeat_ms);
/** Forgets all messages and wipes all keys; as after init. */
void ptt_mtk_cast_wipe(struct ptt_mtk_cast *cast);
/**
 * Queues a copy. If PTT_MTK_CAST_PENDING wait already, the oldest one is dropped: no switch to it.
 */
void ptt_mtk_cast_set(struct ptt_mtk_cast *cast, const struct ptt_mtk_item *item);
/** Sends the newest message again, at the earliest 100 ms after the last copy. */
void ptt_mtk_cast_send_now(struct ptt_mtk_cast *cast, int64_t now_ms);
/** The next action that is due, a SEND marked as done; call until NOTHING. */
struct ptt_mtk_cast_action ptt_mtk_cast_next(struct ptt_mtk_cast *cast, int64_t now_ms);
/** The channel uses the item of the last SWITCH: wipes the copy here. */
void ptt_mtk_cast_switched(struct ptt_mtk_cast *cast);
/** INT64_MAX = nothing waits. */
int64_t ptt_mtk_cast_due_ms(const struct ptt_mtk_cast *cast);

#endif
