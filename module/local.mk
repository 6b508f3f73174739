# SPDX-License-Identifier: LGPL-2.1-or-later
# A room is a folder: docs/architecture.md says what lives in it and what it may use.
include module/base/local.mk
include module/config/local.mk
include module/core/local.mk
include module/store/local.mk
include module/gba/local.mk
include module/rtp/local.mk
include module/media/local.mk
include module/sip/local.mk
include module/group/local.mk
include module/ops/local.mk
include module/lab/local.mk
include module/server/local.mk
include module/client/local.mk
include module/ue/local.mk

VENDOR_LIBS = $(SOFIA_LIBS) $(MHD_LIBS) $(CURL_LIBS) $(SQLITE_LIBS) $(SRTP_LIBS) $(CONFIG_LIBS) $(JANSSON_LIBS) \
	$(DIAMETER_LIBS) $(EXPAT_LIBS) $(CRYPTO_LIBS) -lm
# Each library after those that use it.
SERVER_LIBS = module/server/libptt-server.la module/group/libptt-group.la module/sip/libptt-sip.la \
	module/gba/libptt-gba.la module/media/libptt-media.la module/ops/libptt-ops.la module/lab/libptt-lab.la \
	module/rtp/libptt-rtp.la module/store/libptt-store.la module/config/libptt-config.la \
	module/base/libptt-base.la module/core/libptt-core.la sdp/libptt-sdp.la crypto/libptt-crypto.la \
	$(VENDOR_LIBS)
UE_LIBS = module/ue/libptt-ue.la module/client/libptt-client.la $(SERVER_LIBS) $(AMR_LIBS)

# The loadable module: everything a host needs, with one exported symbol.
pkglib_LTLIBRARIES += module/mod_pttkey.la
module_mod_pttkey_la_SOURCES = module/abi/pttkey_module.h module/server/entry.c
module_mod_pttkey_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared \
	-export-symbols-regex '^pttkey_module$$'
module_mod_pttkey_la_LIBADD = $(SERVER_LIBS)
if FAULT_POINTS
module_mod_pttkey_la_SOURCES += module/base/fault_alloc.c
module_mod_pttkey_la_LDFLAGS += -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=reallocarray,--wrap=strdup \
	-Wl,--wrap=RAND_bytes,--wrap=RAND_priv_bytes
endif
