noinst_LTLIBRARIES += module/store/libptt-store.la
module_store_libptt_store_la_SOURCES =
