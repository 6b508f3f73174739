/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/sip/offer_send.h"

#include <sofia-sip/msg_addr.h>
#include <sofia-sip/msg_header.h>
#include <sofia-sip/nta_tport.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_protos.h>
#include <sofia-sip/tport_tag.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/random.h"
#include "module/base/log.h"
#include "module/base/metrics.h"
#include "module/sip/offer_response.h"
#include "module/sip/udp_batch.h"

static const struct ptt_listener *first_with(
	const struct ptt_listener *listener, const char *transport)
{
	while (listener && strcmp(listener->transport, transport) != 0)
		listener = listener->next;
	return listener;
}

const struct ptt_listener *ptt_offer_via(const struct ptt_listener *listeners,
	const struct ptt_dialog *dialog, const struct ptt_hop *hop)
{
	const struct ptt_listener *other;

	if (dialog->tport || !hop->transport[0] ||
		strcmp(hop->transport, dialog->listener->transport) == 0)
		return dialog->listener;
	other = first_with(listeners, hop->transport);
	return other ? other : dialog->listener;
}

enum ptt_err ptt_offer_packet_set(struct ptt_offer_packet *packet, const char *text, size_t len)
{
	char *copy = malloc(len);

	if (!copy)
		return PTT_ERR_SYSTEM;
	memcpy(copy, text, len);
	ptt_offer_packet_wipe(packet);
	packet->text = copy;
	packet->len = len;
	return PTT_OK;
}

void ptt_offer_packet_wipe(struct ptt_offer_packet *packet)
{
	msg_destroy(packet->msg);
	free(packet->text);
	packet->msg = NULL;
	packet->text = NULL;
	packet->len = 0;
}

struct ptt_bytes ptt_offer_packet_body(const struct ptt_offer_packet *packet)
{
	const char *end = memmem(packet->text, packet->len, "\r\n\r\n", 4);
	size_t head = end ? (size_t)(end + 4 - packet->text) : packet->len;

	return (struct ptt_bytes){(const uint8_t *)packet->text + head, packet->len - head};
}

/* A message of one fragment: the finished text. Without msg_serialize() tport_tsend() would
 * assert. */
static msg_t *message_of(nta_agent_t *agent, const char *text, size_t len)
{
	msg_t *msg = nta_msg_create(agent, 0);
	msg_header_t *line;
	char *copy;

	if (!msg)
		return NULL;
	line = msg_header_alloc(msg_home(msg), sip_request_class, 0);
	copy = su_alloc(msg_home(msg), (isize_t)len);
	if (line && copy) {
		memcpy(copy, text, len);
		line->sh_data = copy;
		line->sh_len = (usize_t)len;
		if (msg_header_insert(msg, NULL, line) >= 0 && msg_serialize(msg, NULL) >= 0)
			return msg;
	}
	msg_destroy(msg);
	return NULL;
}

static void keep_connection(struct ptt_dialog *dialog, tport_t *used)
{
	if (!tport_is_secondary(used) || used == dialog->tport)
		return;
	if (dialog->tport)
		tport_unref(dialog->tport);
	dialog->tport = tport_ref(used);
}

/* False: the batch cannot send to this address. A datagram that the batch drops counts as sent, for
 * Timer A repeats it. */
static bool send_batched(const struct ptt_listener *via, const struct ptt_hop *hop,
	const struct ptt_offer_packet *packet)
{
	return via->batch && hop->to.sin6_family != 0 &&
	       ptt_udp_batch_add(via->batch, &hop->to,
		       (struct ptt_bytes){(const uint8_t *)packet->text, packet->len}) !=
		       PTT_ERR_UNSUPPORTED;
}

/* Sends by Sofia's transport. A datagram that the full socket refuses counts as sent, too. */
static enum ptt_err send_msg(struct ptt_dialog *dialog, const struct ptt_listener *via,
	const struct ptt_hop *hop, msg_t *msg, tport_t **out)
{
	tp_name_t to = {
		.tpn_proto = via->transport,
		.tpn_canon = hop->host,
		.tpn_host = hop->host,
		.tpn_port = hop->port,
		.tpn_ident = tport_name(via->tport)->tpn_ident,
	};
	tport_t *open = ptt_dialog_connection(dialog);
	tport_t *used;

	used = tport_tsend(open && via == dialog->listener ? open : via->tport, msg, &to,
		TPTAG_MTU(INT_MAX), TAG_END());
	if (used) {
		if (via == dialog->listener)
			keep_connection(dialog, used);
		if (out)
			*out = used;
		return PTT_OK;
	}
	switch (msg_errno(msg)) {
	case EAGAIN:
	case ENOBUFS:
	case ENOMEM:
	case ECONNREFUSED:
		return strcmp(via->transport, "udp") == 0 ? PTT_OK : PTT_ERR_SYSTEM;
	default:
		return PTT_ERR_SYSTEM;
	}
}

enum ptt_err ptt_offer_send(struct ptt_dialog *dialog, const struct ptt_listener *via,
	const struct ptt_hop *hop, struct ptt_offer_packet *packet, tport_t **used)
{
	if (send_batched(via, hop, packet))
		return PTT_OK;
	if (!packet->msg)
		packet->msg = message_of(packet->agent, packet->text, packet->len);
	return packet->msg ? send_msg(dialog, via, hop, packet->msg, used) : PTT_ERR_SYSTEM;
}

/* Draws random numbers in blocks, because one call of the generator costs as much as the rest of an
 * ACK. The static block is safe: only the SIP thread runs this, and branches are no secrets. */
enum ptt_err ptt_offer_branch(char out[PTT_BRANCH_SIZE])
{
	static uint64_t block[64];
	static size_t left;

	if (left == 0) {
		PTT_TRY(ptt_random_bytes(block, sizeof(block)));
		left = sizeof(block) / sizeof(block[0]);
	}
	memcpy(out, "z9hG4bK", sizeof("z9hG4bK"));
	return ptt_hex_put(out + 7, PTT_BRANCH_SIZE - 7,
		(struct ptt_bytes){(const uint8_t *)&block[--left], sizeof(block[0])});
}

void ptt_offer_send_ack(nta_agent_t *agent, struct ptt_dialog *dialog, struct ptt_offer_head head,
	const struct ptt_hop *hop)
{
	char text[PTT_OFFER_TEXT_MAX], own[PTT_BRANCH_SIZE];
	struct ptt_offer_packet packet = {.agent = agent, .text = text};

	head.dialog = dialog;
	if (!head.branch) {
		if (ptt_offer_branch(own) != PTT_OK)
			return;
		head.branch = own;
	}
	if (ptt_offer_ack_put(text, &packet.len, &head) != PTT_OK)
		return;
	if (ptt_offer_send(dialog, head.via, hop, &packet, NULL) != PTT_OK)
		ptt_log_limited(PTT_LOG_WARN, "ack-not-sent", "call_id=%s", dialog->call_id);
	msg_destroy(packet.msg);
}

void ptt_offer_ack_again(nta_agent_t *agent, const struct ptt_listener *listeners,
	struct ptt_dialog *dialog, const sip_t *response)
{
	struct ptt_offer_head head = {.cseq = response->sip_cseq->cs_seq};
	struct ptt_hop hop;

	if (!dialog->listener || ptt_hop_get(&hop, dialog) != PTT_OK)
		return;
	if (ptt_offer_outcome_of(response) != PTT_OFFER_ACCEPTED) {
		head.branch = response->sip_via->v_branch;
		if (!head.branch || strlen(head.branch) > 64)
			return;
	}
	head.via = ptt_offer_via(listeners, dialog, &hop);
	ptt_offer_send_ack(agent, dialog, head, &hop);
}

enum ptt_err ptt_offer_size(const struct ptt_listener **via, const struct ptt_dialog *dialog,
	size_t len, const struct ptt_listener *listeners, enum ptt_sip_over_mtu rule)
{
	const struct ptt_listener *tcp = first_with(listeners, "tcp");

	if (len <= PTT_SIP_UDP_MAX || strcmp((*via)->transport, "udp") != 0)
		return PTT_OK;
	ptt_metric_inc(PTT_METRIC_OVER_MTU);
	ptt_log_limited(PTT_LOG_WARN, "offer-over-mtu", "member=%s group=%s call_id=%s bytes=%zu",
		dialog->impi, dialog->group, dialog->call_id, len);
	if (rule == PTT_SIP_OVER_MTU_REFUSE)
		return PTT_ERR_NO_SPACE;
	if (rule == PTT_SIP_OVER_MTU_TCP && tcp)
		*via = tcp;
	return PTT_OK;
}
