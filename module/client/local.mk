# SPDX-License-Identifier: LGPL-2.1-or-later
noinst_LTLIBRARIES += module/client/libptt-client.la
module_client_libptt_client_la_SOURCES = \
	module/client/rekey_client.c module/client/rekey_client.h module/client/session_timer.c \
	module/client/session_timer.h module/client/sip_agent.c module/client/sip_client.c \
	module/client/sip_client.h module/client/sip_digest.c module/client/sip_digest.h \
	module/client/ue_dialog.c module/client/ue_dialog.h module/client/ue_session.c \
	module/client/ue_session.h module/client/usim.c module/client/usim.h
