noinst_LTLIBRARIES += module/ops/libptt-ops.la
module_ops_libptt_ops_la_SOURCES =
