noinst_LTLIBRARIES += sdp/libptt-sdp.la
sdp_libptt_sdp_la_SOURCES =
