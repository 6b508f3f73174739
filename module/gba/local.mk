noinst_LTLIBRARIES += module/gba/libptt-gba.la
module_gba_libptt_gba_la_SOURCES =
