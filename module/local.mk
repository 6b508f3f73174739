include module/core/local.mk
include module/store/local.mk
include module/ops/local.mk
include module/gba/local.mk
include module/media/local.mk
include module/server/local.mk
include module/client/local.mk

# The loadable module: everything a host needs, with one exported symbol.
pkglib_LTLIBRARIES += module/mod_pttkey.la
module_mod_pttkey_la_SOURCES = module/abi/pttkey_module.h module/abi/entry.c
module_mod_pttkey_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared \
	-export-symbols-regex '^pttkey_module$$'
SERVER_LIBS = \
	module/server/libptt-server.la module/gba/libptt-gba.la module/media/libptt-media.la \
	module/store/libptt-store.la module/ops/libptt-ops.la module/core/libptt-core.la \
	sdp/libptt-sdp.la crypto/libptt-crypto.la \
	$(SOFIA_LIBS) $(MHD_LIBS) $(CURL_LIBS) $(SQLITE_LIBS) $(SRTP_LIBS) $(CONFIG_LIBS) \
	$(JANSSON_LIBS) $(DIAMETER_LIBS) $(EXPAT_LIBS) $(CRYPTO_LIBS) $(AMR_LIBS) -lm
module_mod_pttkey_la_LIBADD = $(SERVER_LIBS)
if FAULT_POINTS
module_mod_pttkey_la_SOURCES += module/ops/fault_alloc.c
module_mod_pttkey_la_LDFLAGS += -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=reallocarray,--wrap=strdup \
	-Wl,--wrap=RAND_bytes,--wrap=RAND_priv_bytes
endif
