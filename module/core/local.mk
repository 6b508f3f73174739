noinst_LTLIBRARIES += module/core/libptt-core.la
module_core_libptt_core_la_SOURCES =
