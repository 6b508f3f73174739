bin_PROGRAMS += pttkeyd pttkey pttkey-ue pttkey-bsf

DAEMON = programs/daemon.c programs/daemon.h
pttkeyd_SOURCES = programs/pttkeyd.c $(DAEMON)
pttkeyd_LDADD = module/ops/libptt-ops.la module/core/libptt-core.la crypto/libptt-crypto.la \
	$(SOFIA_LIBS) $(CONFIG_LIBS) $(JANSSON_LIBS) $(MHD_LIBS) $(CRYPTO_LIBS) $(JEMALLOC_LIBS) -ldl

pttkey_SOURCES = programs/pttkey.c programs/pttkey_args.c programs/pttkey_args.h programs/pttkey_mikey_decode.c \
	programs/pttkey_mikey.c programs/pttkey_mikey.h programs/pttkey_gba.c programs/pttkey_gba.h \
	programs/pttkey_online.c programs/pttkey_online.h \
	programs/pttkey_subscriber.c programs/pttkey_subscriber.h \
	programs/subscriber_csv.c programs/subscriber_csv.h \
	programs/pttkey_lab.c programs/pttkey_lab.h programs/pttkey_capture.c programs/pttkey_capture.h
# The client's library is there for its USIM alone: no sound card for the tool.
pttkey_LDFLAGS = $(AM_LDFLAGS) -Wl,--as-needed
pttkey_LDADD = module/gba/libptt-gba.la module/client/libptt-client.la $(SERVER_LIBS)

pttkey_ue_SOURCES = programs/pttkey_ue.c
pttkey_ue_LDADD = module/client/libptt-client.la $(SERVER_LIBS)

pttkey_bsf_SOURCES = programs/pttkey_bsf.c $(DAEMON) programs/subscriber_csv.c programs/subscriber_csv.h
pttkey_bsf_LDADD = $(SERVER_LIBS)
