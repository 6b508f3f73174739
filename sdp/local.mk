noinst_LTLIBRARIES += sdp/libptt-sdp.la
sdp_libptt_sdp_la_SOURCES = \
	sdp/addr.c sdp/addr.h \
	sdp/body_parts.c \
	sdp/channel.c sdp/channel.h \
	sdp/client_offer.c sdp/client_offer.h sdp/tbcp_params.c sdp/tbcp_params.h \
	sdp/key_mgmt.c sdp/key_mgmt.h \
	sdp/media_lines.c sdp/media_lines.h \
	sdp/media_plan.c sdp/media_plan.h \
	sdp/slot_names.c sdp/slot_names.h \
	sdp/text.c sdp/text.h \
	sdp/uri_list.c
sdp_libptt_sdp_la_LIBADD = $(SOFIA_LIBS) $(EXPAT_LIBS)
