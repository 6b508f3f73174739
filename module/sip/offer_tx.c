/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/sip/offer_tx.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/random.h"
#include "module/base/clock.h"
#include "module/base/log.h"
#include "module/base/metrics.h"
#include "module/sip/offer_response.h"
#include "module/sip/offer_send.h"
#include "module/sip/sip_internal.h"

/*
 * Timers A and B of an INVITE, E and F of an UPDATE. An offer waits in one of these queues. All
 * waits in one queue have the same length, so each queue is a FIFO.
 *
 * Timer A repeats the INVITE at 1, 3, 7 .. 63 T1; on a connection it only checks that the
 * connection is still open. Timer B ends the offer at 64 T1. A 1xx moves the INVITE to QUEUE_QUIET.
 * Timer E grows to 8 T1 (T2) and stays there; a 1xx takes an UPDATE there at once.
 */
enum {
	QUEUE_FIRST = 0,
	QUEUE_LAST_E = 3,
	QUEUE_LAST_A = 5,
	QUEUE_B = 6,
	QUEUE_QUIET = 7,
	QUEUE_FAILED = 8, /* the connection broke: ends in the next turn of the timer */
	QUEUES
};
/* The wait in each queue, in units of T1. */
static const uint8_t queue_t1s[] = {
	[QUEUE_FIRST] = 1,
	[QUEUE_FIRST + 1] = 2,
	[QUEUE_FIRST + 2] = 4,
	[QUEUE_LAST_E] = 8,
	[QUEUE_LAST_E + 1] = 16,
	[QUEUE_LAST_A] = 32,
	[QUEUE_B] = 1,
	[QUEUE_QUIET] = 64,
	[QUEUE_FAILED] = 0,
};
static_assert(sizeof(queue_t1s) / sizeof(queue_t1s[0]) == QUEUES, "one wait a queue");

struct ptt_offer {
	struct ptt_table_node node; /* first member; by branch */
	struct ptt_offer *next, *prev;
	struct ptt_offer_tx *tx;
	struct ptt_dialog *dialog;
	const struct ptt_listener *via;
	struct ptt_offer_packet sent;
	int64_t due_ms;  /* end of the wait in its queue */
	int64_t sent_ms; /* first sent; Timer F counts from here, Timer B is a queue */
	uint32_t cookie, cseq;
	uint8_t queue;
	bool update;     /* an UPDATE, not an INVITE: no ACK */
	bool proceeding; /* a 1xx has come */
	char branch[PTT_BRANCH_SIZE];
	struct ptt_hop hop;
	tport_t *used; /* the connection it was sent on; NULL: sent as a datagram */
	int wait;      /* returned by tport_pend() */
};

struct queue {
	struct ptt_offer *head, *tail;
};

struct ptt_offer_tx {
	struct ptt_offer_tx_options opt;
	struct ptt_table offers;
	struct queue queue[QUEUES];
	su_timer_t *timer;
	int64_t armed_ms; /* when the timer expires; 0: it is not set */
};

static void on_timer(su_root_magic_t *magic, su_timer_t *timer, su_timer_arg_t *arg);

enum ptt_err ptt_offer_tx_new(struct ptt_offer_tx **out, const struct ptt_offer_tx_options *options)
{
	struct ptt_offer_tx *tx = calloc(1, sizeof(*tx));

	if (!tx)
		return PTT_ERR_SYSTEM;
	tx->opt = *options;
	tx->opt.t1_ms = options->t1_ms ? options->t1_ms : 500;
	tx->timer = su_timer_create(su_root_task(options->root), 0);
	if (!tx->timer) {
		free(tx);
		return PTT_ERR_SYSTEM;
	}
	*out = tx;
	return PTT_OK;
}

size_t ptt_offer_tx_pending(const struct ptt_offer_tx *tx)
{
	return tx->offers.count;
}

static void unqueue(struct ptt_offer_tx *tx, struct ptt_offer *offer)
{
	struct queue *queue = &tx->queue[offer->queue];

	*(offer->prev ? &offer->prev->next : &queue->head) = offer->next;
	*(offer->next ? &offer->next->prev : &queue->tail) = offer->prev;
	offer->next = offer->prev = NULL;
}

static void enqueue(struct ptt_offer_tx *tx, struct ptt_offer *offer, uint8_t index)
{
	struct queue *queue = &tx->queue[index];

	offer->queue = index;
	offer->due_ms = ptt_clock_ms() + (int64_t)queue_t1s[index] * tx->opt.t1_ms;
	offer->prev = queue->tail;
	*(queue->tail ? &queue->tail->next : &queue->head) = offer;
	queue->tail = offer;
}

/* One timer for all queues. A spurious expiry is cheaper than setting the timer for each offer. */
static void set_timer(struct ptt_offer_tx *tx)
{
	int64_t first = INT64_MAX, wait;

	for (int i = 0; i < QUEUES; i++) {
		if (tx->queue[i].head && tx->queue[i].head->due_ms < first)
			first = tx->queue[i].head->due_ms;
	}
	if (first == INT64_MAX || (tx->armed_ms != 0 && first >= tx->armed_ms))
		return;
	tx->armed_ms = first;
	wait = first - ptt_clock_ms();
	su_timer_set_interval(tx->timer, on_timer, (su_timer_arg_t *)tx, wait > 1 ? wait : 1);
}

static void stop_waiting(struct ptt_offer *offer)
{
	if (!offer->used)
		return;
	tport_release(offer->used, offer->wait, offer->sent.msg, NULL, (tp_client_t *)offer, 0);
	tport_unref(offer->used);
	offer->used = NULL;
}

void ptt_offer_tx_drop(struct ptt_offer_tx *tx, struct ptt_offer *offer)
{
	unqueue(tx, offer);
	ptt_table_remove(&tx->offers, &offer->node);
	offer->dialog->offer = NULL;
	stop_waiting(offer);
	ptt_offer_packet_wipe(&offer->sent);
	free(offer);
}

void ptt_offer_tx_free(struct ptt_offer_tx *tx)
{
	struct ptt_table_node *node;

	if (!tx)
		return;
	while ((node = ptt_table_any(&tx->offers)))
		ptt_offer_tx_drop(tx, (struct ptt_offer *)node);
	ptt_table_wipe(&tx->offers);
	su_timer_destroy(tx->timer);
	free(tx);
}

static enum ptt_err build(struct ptt_offer_tx *tx, struct ptt_offer *offer, struct ptt_bytes body)
{
	struct ptt_offer_head head = {
		offer->dialog, NULL, offer->branch, offer->cseq, offer->update};
	char text[PTT_OFFER_TEXT_MAX];
	size_t len;

	PTT_TRY(ptt_hop_get(&offer->hop, offer->dialog));
	PTT_TRY(ptt_offer_branch(offer->branch));
	offer->via = head.via = ptt_offer_via(*tx->opt.listeners, offer->dialog, &offer->hop);
	PTT_TRY(ptt_offer_invite_put(text, &len, &head, body));
	PTT_TRY(ptt_offer_size(
		&offer->via, offer->dialog, len, *tx->opt.listeners, tx->opt.over_mtu));
	if (offer->via != head.via) {
		head.via = offer->via;
		PTT_TRY(ptt_offer_invite_put(text, &len, &head, body));
	}
	PTT_TRY(ptt_offer_packet_set(&offer->sent, text, len));
	return ptt_offer_send(offer->dialog, offer->via, &offer->hop, &offer->sent, &offer->used);
}

/* The connection was refused or broke. Only queue the offer: finishing it from within the
 * transport's own loop is not safe. */
static void on_broken(tp_stack_t *stack, tp_client_t *client, tport_t *tport, msg_t *msg, int error)
{
	struct ptt_offer *offer = (struct ptt_offer *)client;

	(void)stack, (void)tport, (void)msg, (void)error;
	if (offer->queue == QUEUE_FAILED)
		return;
	unqueue(offer->tx, offer);
	enqueue(offer->tx, offer, QUEUE_FAILED);
	set_timer(offer->tx);
}

static void start_waiting(struct ptt_offer_tx *tx, struct ptt_offer *offer)
{
	if (offer->used && !tport_is_reliable(offer->via->tport))
		offer->used = NULL;
	if (offer->used) {
		tport_ref(offer->used);
		offer->wait =
			tport_pend(offer->used, offer->sent.msg, on_broken, (tp_client_t *)offer);
	}
	offer->sent_ms = ptt_clock_ms();
	enqueue(tx, offer, 0);
	set_timer(tx);
}

/* RFC 3261 18.1.1: the offer is too large for UDP and TCP failed. Send it by UDP, and log that. */
static enum ptt_err back_to_udp(struct ptt_offer_tx *tx, struct ptt_offer *offer)
{
	struct ptt_offer_head head = {
		offer->dialog, offer->dialog->listener, offer->branch, offer->cseq, offer->update};
	char text[PTT_OFFER_TEXT_MAX];
	size_t len;

	PTT_TRY(ptt_offer_invite_put(text, &len, &head, ptt_offer_packet_body(&offer->sent)));
	ptt_log_limited(PTT_LOG_WARN, "offer-over-mtu-by-udp",
		"member=%s group=%s call_id=%s bytes=%zu", offer->dialog->impi,
		offer->dialog->group, offer->dialog->call_id, len);
	ptt_metric_inc(PTT_METRIC_OVER_MTU);
	stop_waiting(offer);
	PTT_TRY(ptt_offer_packet_set(&offer->sent, text, len));
	offer->via = head.via;
	PTT_TRY(ptt_offer_send(offer->dialog, offer->via, &offer->hop, &offer->sent, &offer->used));
	unqueue(tx, offer);
	start_waiting(tx, offer);
	return PTT_OK;
}

enum ptt_err ptt_offer_tx_send(
	struct ptt_offer_tx *tx, struct ptt_dialog *dialog, struct ptt_bytes body, uint32_t cookie)
{
	struct ptt_offer *offer;
	enum ptt_err err;

	if (dialog->offer)
		return PTT_ERR_BUSY;
	if (dialog->cseq >= dialog->cseq_reserved)
		return PTT_ERR_EXHAUSTED;
	offer = calloc(1, sizeof(*offer));
	if (!offer)
		return PTT_ERR_SYSTEM;
	offer->tx = tx;
	offer->dialog = dialog;
	offer->cookie = cookie;
	offer->cseq = dialog->cseq++;
	offer->update = ptt_dialog_by_update(dialog);
	offer->sent.agent = tx->opt.agent;
	err = build(tx, offer, body);
	if (err == PTT_OK)
		err = ptt_table_add(&tx->offers, &offer->node, ptt_table_hash(0, offer->branch));
	if (err != PTT_OK) {
		ptt_offer_packet_wipe(&offer->sent);
		free(offer);
		return err == PTT_ERR_MALFORMED ? PTT_ERR_SYSTEM : err;
	}
	dialog->offer = offer;
	start_waiting(tx, offer);
	ptt_metric_inc_label(PTT_METRIC_OFFERS, "sent");
	return PTT_OK;
}

void ptt_offer_tx_silence(struct ptt_offer_tx *tx, struct ptt_offer *offer)
{
	if (offer->update) {
		ptt_offer_tx_drop(tx, offer);
		return;
	}
	unqueue(tx, offer);
	enqueue(tx, offer, QUEUE_QUIET);
	set_timer(tx);
}

/* Frees the offer before the call of done, so that done may send the next one. */
static void finish(struct ptt_offer_tx *tx, struct ptt_offer *offer, struct ptt_sip_result result,
	const sip_t *response)
{
	struct ptt_dialog *dialog = offer->dialog;
	uint32_t cookie = offer->cookie;

	if (offer->queue == 0)
		result.took_ms = (uint32_t)(ptt_clock_ms() - offer->sent_ms);
	ptt_offer_tx_drop(tx, offer);
	tx->opt.done(tx->opt.ctx, dialog, cookie, &result, response);
}

/* Timer F is checked when a copy is due. After a 1xx copies are 8 T1 apart, so Timer F may be late
 * by two T1. */
static uint8_t next_wait(const struct ptt_offer_tx *tx, const struct ptt_offer *offer)
{
	if (!offer->update)
		return offer->queue + 1;
	if (ptt_clock_ms() - offer->sent_ms > (int64_t)tx->opt.t1_ms * 125 / 2) /* 64 less 1.5 */
		return QUEUE_B;
	return offer->proceeding || offer->queue >= QUEUE_LAST_E ? QUEUE_LAST_E : offer->queue + 1;
}

static void on_due(struct ptt_offer_tx *tx, struct ptt_offer *offer)
{
	static const struct ptt_sip_result timed_out = {
		.outcome = PTT_OFFER_REFUSED, .status = 408, .timed_out = true, .gone = true};
	/* Sofia does not report a failed TLS handshake, so look at the transport. */
	bool broken = offer->queue == QUEUE_FAILED || (offer->used && tport_is_closed(offer->used));

	if (broken && !offer->dialog->ended &&
		strcmp(offer->dialog->listener->transport, "udp") == 0 &&
		strcmp(offer->via->transport, "tcp") == 0 && !offer->hop.transport[0] &&
		back_to_udp(tx, offer) == PTT_OK)
		return;
	if (broken || offer->queue >= QUEUE_B) {
		finish(tx, offer, timed_out, NULL);
		return;
	}
	unqueue(tx, offer);
	enqueue(tx, offer, next_wait(tx, offer));
	if (offer->used)
		return; /* nothing is lost on a connection */
	ptt_metric_inc_label(PTT_METRIC_OFFERS, "retried");
	if (ptt_offer_send(offer->dialog, offer->via, &offer->hop, &offer->sent, NULL) != PTT_OK)
		ptt_log_limited(PTT_LOG_WARN, "offer-not-sent", "member=%s call_id=%s",
			offer->dialog->impi, offer->dialog->call_id);
}

static void on_timer(su_root_magic_t *magic, su_timer_t *timer, su_timer_arg_t *arg)
{
	struct ptt_offer_tx *tx = (struct ptt_offer_tx *)arg;
	int64_t now = ptt_clock_ms();

	(void)magic, (void)timer;
	tx->armed_ms = 0;
	for (int i = 0; i < QUEUES; i++) {
		while (tx->queue[i].head && tx->queue[i].head->due_ms <= now)
			on_due(tx, tx->queue[i].head);
	}
	set_timer(tx);
}

/* Updates the dialog by a final response (NULL: a plain 200) and sends the ACK. The hop is worked
 * out again only if a 2xx changed the target. The ACK of any other status follows the INVITE's
 * path. */
static void acknowledge(struct ptt_offer_tx *tx, struct ptt_offer *offer, const sip_t *response)
{
	struct ptt_offer_head head = {.via = offer->via, .cseq = offer->cseq};
	bool accepted = !response || ptt_offer_outcome_of(response) == PTT_OFFER_ACCEPTED;
	bool moved = false;

	if (response && accepted)
		moved = ptt_offer_take_target(offer->dialog, response);
	if (offer->update)
		return;
	if (accepted)
		offer->dialog->cseq_acked = offer->cseq;
	else
		head.branch = offer->branch;
	if (!moved || ptt_hop_get(&offer->hop, offer->dialog) == PTT_OK)
		ptt_offer_send_ack(tx->opt.agent, offer->dialog, head, &offer->hop);
}

static struct ptt_offer *offer_of(const struct ptt_offer_tx *tx, struct ptt_bytes branch)
{
	char key[PTT_BRANCH_SIZE] = "";
	struct ptt_table_node *node;

	if (branch.len >= sizeof(key))
		return NULL;
	memcpy(key, branch.data, branch.len);
	node = ptt_table_first(&tx->offers, ptt_table_hash(0, key));
	while (node && strcmp(((struct ptt_offer *)node)->branch, key) != 0)
		node = ptt_table_next(node);
	return (struct ptt_offer *)node;
}

bool ptt_offer_tx_fast_200(struct ptt_offer_tx *tx, const struct ptt_fast_200 *reply)
{
	struct ptt_sip_result result = {
		.status = 200, .content_type = "application/sdp", .body = reply->body};
	struct ptt_offer *offer = offer_of(tx, reply->branch);

	if (!offer || offer->update || reply->cseq != offer->cseq ||
		!ptt_fast_200_is_plain(offer->dialog, reply))
		return false;
	acknowledge(tx, offer, NULL);
	finish(tx, offer, result, NULL);
	return true;
}

bool ptt_offer_tx_response(struct ptt_offer_tx *tx, const sip_t *response)
{
	struct ptt_offer *offer;
	int status = response->sip_status->st_status;

	if (!response->sip_via || !response->sip_via->v_branch)
		return false;
	offer = offer_of(tx, ptt_bytes_of_str(response->sip_via->v_branch));
	if (!offer)
		return false;
	if (response->sip_cseq->cs_seq != offer->cseq ||
		response->sip_cseq->cs_method !=
			(offer->update ? sip_method_update : sip_method_invite) ||
		!ptt_offer_response_is_of(offer->dialog, response))
		return true; /* stray or forged; Timer B bounds the wait for the real one */
	if (status < 200) {
		offer->proceeding = true;
		if (offer->queue < QUEUE_QUIET && !offer->update)
			ptt_offer_tx_silence(tx, offer);
		return true;
	}
	acknowledge(tx, offer, response);
	finish(tx, offer, ptt_offer_result_of(offer->dialog, response), response);
	return true;
}
