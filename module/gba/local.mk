# SPDX-License-Identifier: LGPL-2.1-or-later
noinst_LTLIBRARIES += module/gba/libptt-gba.la
module_gba_libptt_gba_la_SOURCES = \
	module/gba/boot_info.c module/gba/boot_info.h module/gba/bsf.c module/gba/bsf.h \
	module/gba/bsf_find.h module/gba/bsf_jobs.c module/gba/bsf_jobs.h module/gba/bsf_state.c \
	module/gba/bsf_state.h module/gba/bsf_ub.c module/gba/bsf_ub.h module/gba/card.h \
	module/gba/curl_root.c module/gba/curl_root.h module/gba/diameter.h module/gba/embedded.c \
	module/gba/http_root.c module/gba/http_root.h module/gba/lru.c module/gba/lru.h \
	module/gba/naf_source.c module/gba/naf_source.h module/gba/nbsp.c module/gba/nbsp.h \
	module/gba/nbsp_http.c module/gba/nbsp_http.h module/gba/rest.c module/gba/rest.h \
	module/gba/ub_client.c module/gba/ub_client.h module/gba/ub_digest.c \
	module/gba/ub_digest.h module/gba/ub_exchange.c module/gba/ub_exchange.h \
	module/gba/ub_http.c module/gba/ub_http.h module/gba/ub_many.c module/gba/ub_many.h \
	module/gba/uss.c module/gba/uss.h module/gba/utc.c module/gba/utc.h module/gba/zn.h \
	module/gba/zn_server.c module/gba/zn_source.c module/gba/zn_source.h
# Diameter Zn is there where freeDiameter is.
DIAMETER_SOURCES = module/gba/diameter.c module/gba/diameter_dict.c module/gba/diameter_dict.h \
	module/gba/diameter_msg.c module/gba/diameter_msg.h module/gba/diameter_node.c \
	module/gba/diameter_node.h module/gba/diameter_server.c
DIAMETER_NONE_SOURCES = module/gba/diameter_none.c module/gba/diameter_server_none.c
if HAVE_FREEDIAMETER
module_gba_libptt_gba_la_SOURCES += $(DIAMETER_SOURCES)
else
module_gba_libptt_gba_la_SOURCES += $(DIAMETER_NONE_SOURCES)
endif
EXTRA_DIST += $(DIAMETER_SOURCES) $(DIAMETER_NONE_SOURCES)
