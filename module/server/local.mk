# All SIP of the server, apart so that its tests need nothing above it.
noinst_LTLIBRARIES += module/server/libptt-sip.la module/server/libptt-server.la
module_server_libptt_sip_la_SOURCES = \
	module/server/dialog.c module/server/dialog.h \
	module/server/digest_auth.c module/server/digest_auth.h \
	module/server/nonce_table.c module/server/nonce_table.h \
	module/server/rekey_answer.c module/server/rekey_answer.h \
	module/server/rekey_reply.c module/server/rekey_reply.h \
	module/server/rekey_send.c module/server/rekey_send.h \
	module/server/rekey_text.c module/server/rekey_text.h \
	module/server/rekey_tx.c module/server/rekey_tx.h \
	module/server/sip_auth.c module/server/sip_checks.c module/server/sip_events.h module/server/sip_internal.h \
	module/server/sip_invite.c module/server/sip_overload.c module/server/sip_request.c module/server/sip_restore.c \
	module/server/sip_send.c module/server/sip_server.c module/server/sip_server.h \
	module/server/sip_io.c module/server/sip_sockets.c \
	module/server/sip_sockets.h module/server/sip_shed.c module/server/sip_shed_text.c \
	module/server/sip_shed_text.h module/server/sip_session.c \
	module/server/sip_subscribe.c module/server/sip_text.c module/server/sip_watch.h \
	module/server/table.c module/server/table.h module/server/udp_batch.c module/server/udp_batch.h \
	module/server/udp_peek.c module/server/udp_peek.h

# The conference above it.
module_server_libptt_server_la_SOURCES = \
	module/server/answers.c module/server/commands.c \
	module/server/conference.c module/server/conference.h \
	module/server/conference_control.c module/server/conference_start.c \
	module/server/event_package.c module/server/event_package.h \
	module/server/event_text.c module/server/event_text.h \
	module/server/group_keys.c module/server/group_keys.h \
	module/server/join.c module/server/join_answer.c module/server/key_life.c module/server/member.c module/server/member.h \
	module/server/msk_numbers.c module/server/msk_numbers.h \
	module/server/pf.c module/server/pf.h module/server/pf_start.c \
	module/server/rekey_offer.c module/server/rekey_server.c \
	module/server/user_key.c module/server/user_key.h
module_server_libptt_server_la_LIBADD = module/server/libptt-sip.la
