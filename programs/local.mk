# SPDX-License-Identifier: LGPL-2.1-or-later
bin_PROGRAMS += pttkeyd pttkey pttkey-ue pttkey-bsf

DAEMON = programs/daemon.c programs/daemon.h
pttkeyd_SOURCES = programs/pttkeyd.c $(DAEMON)
pttkeyd_LDADD = module/ops/libptt-ops.la module/config/libptt-config.la module/base/libptt-base.la \
	module/core/libptt-core.la crypto/libptt-crypto.la \
	$(SOFIA_LIBS) $(CONFIG_LIBS) $(JANSSON_LIBS) $(MHD_LIBS) $(CRYPTO_LIBS) $(JEMALLOC_LIBS) -ldl -lm

# The tool's commands, apart so that tests can link them.
noinst_LTLIBRARIES += programs/libptt-tool.la
programs_libptt_tool_la_SOURCES = \
	programs/open_store.c programs/open_store.h programs/pttkey_args.c programs/pttkey_args.h programs/pttkey_mikey_decode.c \
	programs/pttkey_mikey.c programs/pttkey_mikey.h programs/pttkey_gba.c programs/pttkey_gba.h \
	programs/pttkey_online.c programs/pttkey_online.h \
	programs/pttkey_subscriber.c programs/pttkey_subscriber.h \
	programs/subscriber_csv.c programs/subscriber_csv.h \
	programs/pttkey_lab.c programs/pttkey_lab.h programs/pttkey_capture.c programs/pttkey_capture.h
pttkey_SOURCES = programs/pttkey.c
pttkey_LDADD = programs/libptt-tool.la $(UE_LIBS)

pttkey_ue_SOURCES = programs/pttkey_ue.c
pttkey_ue_LDADD = $(UE_LIBS)

pttkey_bsf_SOURCES = programs/pttkey_bsf.c $(DAEMON)
pttkey_bsf_LDADD = programs/libptt-tool.la $(SERVER_LIBS)
