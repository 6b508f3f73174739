noinst_LTLIBRARIES += module/client/libptt-client.la
module_client_libptt_client_la_SOURCES =
