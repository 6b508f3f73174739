/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/gba/ub_many.h"

#include <stdlib.h>

#include "module/gba/ub_http.h"

#define PARALLEL_MAX 256
#define TIMEOUT_MS   20000L
#define POLL_MS      1000

/* One handle, and the bootstrapping that runs on it. */
struct slot {
	struct ptt_ub_http http; /* first: libcurl's private pointer is this */
	void *job;
	bool is_ready, is_busy;
};

struct run {
	const struct ptt_ub_many *many;
	CURLM *multi;
	struct slot *slots;
	unsigned int busy;
};

static enum ptt_err send_request(struct run *run, struct slot *slot)
{
	PTT_TRY(ptt_ub_http_prepare(&slot->http));
	if (curl_easy_setopt(slot->http.easy, CURLOPT_TIMEOUT_MS, TIMEOUT_MS) != CURLE_OK)
		return PTT_ERR_SYSTEM;
	return curl_multi_add_handle(run->multi, slot->http.easy) == CURLM_OK ? PTT_OK
									      : PTT_ERR_SYSTEM;
}

static enum ptt_err start(struct run *run, struct slot *slot, const struct ptt_ub_param *param)
{
	if (slot->is_ready) {
		PTT_TRY(ptt_ub_http_restart(&slot->http, param));
	} else {
		slot->is_ready = true; /* even if init fails, abandon() wipes it */
		PTT_TRY(ptt_ub_http_init(&slot->http, param));
	}
	return send_request(run, slot);
}

/* Starts the next bootstrapping on the slot. One that cannot be started is done with its error. */
static void refill(struct run *run, struct slot *slot)
{
	const struct ptt_ub_many *many = run->many;
	struct ptt_ub_param param = {0};

	while (!slot->is_busy && many->next(many->ctx, &param, &slot->job)) {
		enum ptt_err err = start(run, slot, &param);

		slot->is_busy = err == PTT_OK;
		run->busy += slot->is_busy;
		if (err != PTT_OK)
			many->done(many->ctx, slot->job, err, NULL);
	}
}

static void on_finished(struct run *run, const CURLMsg *message)
{
	const struct ptt_ub_many *many = run->many;
	char *private = NULL;
	struct slot *slot;
	enum ptt_ub_step step;

	curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
	slot = (struct slot *)(void *)private;
	step = ptt_ub_http_finish(&slot->http, message->data.result);
	curl_multi_remove_handle(run->multi, slot->http.easy);
	if (step == PTT_UB_STEP_SEND) {
		enum ptt_err err = send_request(run, slot);

		if (err == PTT_OK)
			return;
		slot->http.exchange.err = err;
	}
	many->done(many->ctx, slot->job, slot->http.exchange.err,
		step == PTT_UB_STEP_DONE ? &slot->http.exchange.result : NULL);
	slot->is_busy = false;
	run->busy--;
	refill(run, slot);
}

static enum ptt_err turn(struct run *run)
{
	const CURLMsg *message;
	int running, left;

	if (curl_multi_perform(run->multi, &running) != CURLM_OK)
		return PTT_ERR_SYSTEM;
	while ((message = curl_multi_info_read(run->multi, &left)))
		if (message->msg == CURLMSG_DONE)
			on_finished(run, message);
	if (run->busy && curl_multi_poll(run->multi, NULL, 0, POLL_MS, NULL) != CURLM_OK)
		return PTT_ERR_SYSTEM;
	return PTT_OK;
}

/* Ends the bootstrappings that run when libcurl itself fails, and wipes all slots. */
static void abandon(struct run *run, unsigned int parallel)
{
	const struct ptt_ub_many *many = run->many;

	for (unsigned int i = 0; i < parallel; i++) {
		struct slot *slot = &run->slots[i];

		if (slot->is_busy) {
			curl_multi_remove_handle(run->multi, slot->http.easy);
			many->done(many->ctx, slot->job, PTT_ERR_SYSTEM, NULL);
		}
		if (slot->is_ready)
			ptt_ub_http_wipe(&slot->http);
	}
}

enum ptt_err ptt_ub_many_run(const struct ptt_ub_many *many)
{
	unsigned int parallel = many->parallel < PARALLEL_MAX ? many->parallel : PARALLEL_MAX;
	struct run run = {.many = many};
	enum ptt_err err = PTT_ERR_SYSTEM;

	parallel = parallel ? parallel : 1;
	run.multi = curl_multi_init();
	run.slots = calloc(parallel, sizeof(*run.slots));
	if (run.multi && run.slots) {
		err = PTT_OK;
		for (unsigned int i = 0; i < parallel; i++)
			refill(&run, &run.slots[i]);
		while (err == PTT_OK && run.busy)
			err = turn(&run);
		abandon(&run, parallel);
	}
	free(run.slots);
	if (run.multi)
		curl_multi_cleanup(run.multi);
	return err;
}
