/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Chooses how offers leave by UDP, and how their responses are read. */
#include <stdlib.h>

#include "module/base/log.h"
#include "module/base/metrics.h"
#include "module/sip/fast_200.h"
#include "module/sip/sip_internal.h"
#include "module/sip/sip_sockets.h"
#include "module/sip/udp_batch.h"
#include "module/sip/udp_peek.h"

static bool on_datagram(void *ctx, struct ptt_bytes datagram, const struct sockaddr_in6 *from)
{
	const struct ptt_sip *sip = ctx;
	struct ptt_fast_200 reply;

	(void)from;
	return ptt_fast_200_get(&reply, datagram) == PTT_OK &&
	       ptt_offer_tx_fast_200(sip->offers, &reply);
}

void ptt_sip_io_turn(struct ptt_sip *sip)
{
	if (ptt_offer_tx_pending(sip->offers) == 0)
		return;
	for (struct ptt_listener *listener = sip->listeners; listener; listener = listener->next) {
		if (listener->peek && ptt_udp_peek_run(listener->peek) > 0)
			ptt_udp_batch_flush(listener->batch);
	}
}

void ptt_sip_io_open(struct ptt_sip *sip, struct ptt_listener *listener)
{
	const int *fd = sip->udp_io == PTT_UDP_TPORT ? NULL : ptt_sip_socket_of(listener->tport);
	const char *io = "tport";

	if (fd && ptt_udp_batch_new(&listener->batch, sip->root, fd) == PTT_OK)
		io = "batch";
	if (listener->batch && sip->udp_io == PTT_UDP_PEEK && ptt_sip_turn_hook(sip) &&
		ptt_udp_peek_new(&listener->peek, fd, on_datagram, sip) == PTT_OK)
		io = "peek";
	ptt_metric_inc_label(PTT_METRIC_UDP_LISTENERS, io);
	ptt_log(PTT_LOG_INFO, "udp-io", "listener=%s io=%s", listener->contact, io);
}

void ptt_sip_io_close(struct ptt_listener *listener)
{
	ptt_udp_peek_free(listener->peek);
	ptt_udp_batch_free(listener->batch);
}
