# SPDX-License-Identifier: LGPL-2.1-or-later
noinst_LTLIBRARIES += module/sip/libptt-sip.la
module_sip_libptt_sip_la_SOURCES = \
	module/sip/dialog.c module/sip/dialog.h module/sip/digest_auth.c module/sip/digest_auth.h \
	module/sip/fast_200.c module/sip/fast_200.h module/sip/nonce_table.c \
	module/sip/nonce_table.h module/sip/offer_response.c module/sip/offer_response.h \
	module/sip/offer_send.c module/sip/offer_send.h module/sip/offer_text.c \
	module/sip/offer_text.h module/sip/offer_tx.c module/sip/offer_tx.h module/sip/sip_auth.c \
	module/sip/sip_checks.c module/sip/sip_events.h module/sip/sip_internal.h \
	module/sip/listener.c module/sip/sip_deliver.c module/sip/sip_dialog.c module/sip/sip_io.c module/sip/sip_load.c module/sip/sip_offer.c module/sip/sip_reply.c module/sip/sip_overload.c \
	module/sip/sip_request.c module/sip/sip_respond.c module/sip/sip_turn.c module/sip/sip_send.c \
	module/sip/sip_server.c module/sip/sip_server.h module/sip/sip_session.c \
	module/sip/sip_shed.c module/sip/sip_shed_text.c module/sip/sip_shed_text.h \
	module/sip/sip_sockets.c module/sip/sip_sockets.h module/sip/sip_subscribe.c \
	module/sip/sip_text.c module/sip/sip_watch.h module/sip/udp_batch.c \
	module/sip/udp_batch.h module/sip/udp_peek.c module/sip/udp_peek.h
