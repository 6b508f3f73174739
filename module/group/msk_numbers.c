/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/group/msk_numbers.h"

#include "module/base/fault_point.h"
#include "module/base/log.h"
#include "module/store/store_read.h"

#define OPEN_TRIES 100 /* other processes may reserve in the same store */

static struct ptt_store_batch *block(struct ptt_msk_numbers *numbers)
{
	struct ptt_store_batch *batch = ptt_store_batch_new(numbers->store);
	struct ptt_reservation reservation = {
		.counter = PTT_COUNTER_NUMBERS, .expected = numbers->stored};

	numbers->reserving = numbers->stored + PTT_MSK_NUMBERS_BLOCK;
	reservation.reserved = numbers->reserving;
	ptt_batch_reserve(batch, &reservation);
	PTT_FAULT("numbers-write");
	return batch;
}

/* If another process has reserved a block in between, our numbers skip that block. */
static void taken(struct ptt_msk_numbers *numbers)
{
	if (numbers->stored != numbers->counter.reserved)
		ptt_counter_init(&numbers->counter, numbers->stored);
	numbers->stored = numbers->reserving;
	ptt_counter_reserved(&numbers->counter, numbers->stored);
	PTT_FAULT("numbers-durable");
}

static void on_durable(void *ctx, enum ptt_err err)
{
	struct ptt_msk_numbers *numbers = ctx;

	if (err == PTT_OK)
		taken(numbers);
	else if (err != PTT_ERR_MISMATCH ||
		 ptt_store_get_numbers(numbers->store, &numbers->stored) != PTT_OK)
		ptt_log_limited(PTT_LOG_ERROR, "numbers-not-reserved", "left=%llu error=%s",
			(unsigned long long)ptt_counter_left(&numbers->counter), ptt_err_str(err));
	numbers->reserving = 0;
}

static void reserve(struct ptt_msk_numbers *numbers)
{
	enum ptt_err err = ptt_store_commit(block(numbers), PTT_STORE_FULL, on_durable, numbers);

	if (err != PTT_OK)
		on_durable(numbers, err);
}

enum ptt_err ptt_msk_numbers_open(struct ptt_msk_numbers *numbers, struct ptt_store *store)
{
	enum ptt_err err = PTT_ERR_MISMATCH;

	*numbers = (struct ptt_msk_numbers){.store = store};
	for (int i = 0; i < OPEN_TRIES && err == PTT_ERR_MISMATCH; i++) {
		PTT_TRY(ptt_store_get_numbers(store, &numbers->stored));
		err = ptt_store_commit_sync(block(numbers), PTT_STORE_FULL);
	}
	if (err == PTT_OK)
		taken(numbers);
	numbers->reserving = 0;
	return err == PTT_ERR_MISMATCH ? PTT_ERR_BUSY : err;
}

enum ptt_err ptt_msk_numbers_take(struct ptt_msk_numbers *numbers, uint64_t *out)
{
	enum ptt_err err = ptt_counter_take(&numbers->counter, out);

	if (numbers->reserving == 0 &&
		ptt_counter_left(&numbers->counter) < PTT_MSK_NUMBERS_BLOCK / 2)
		reserve(numbers);
	return err;
}
