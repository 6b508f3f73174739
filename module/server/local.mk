noinst_LTLIBRARIES += module/server/libptt-server.la
module_server_libptt_server_la_SOURCES =
