noinst_LTLIBRARIES += module/ops/libptt-ops.la
module_ops_libptt_ops_la_SOURCES = \
	module/ops/config.c module/ops/config.h module/ops/config_group.h \
	module/ops/config_change.c module/ops/config_change.h \
	module/ops/config_channel.c module/ops/config_floor.c module/ops/config_gba.c \
	module/ops/config_groups.c module/ops/config_read.c \
	module/ops/config_read.h module/ops/config_use.c \
	module/ops/control.c module/ops/control.h module/ops/control_client.c module/ops/control_impl.h \
	module/ops/control_peer.c module/ops/fault_point.h \
	module/ops/key_log.c module/ops/key_log.h \
	module/ops/log.c module/ops/log.h module/ops/log_value.c module/ops/log_value.h \
	module/ops/metrics.c module/ops/metrics.h module/ops/metrics_http.c module/ops/steady.c module/ops/steady.h \
	module/ops/tls_folder.c module/ops/tls_folder.h
module_ops_libptt_ops_la_LIBADD = $(SOFIA_LIBS) $(MHD_LIBS) $(JANSSON_LIBS) $(CONFIG_LIBS) -lm
if FAULT_POINTS
module_ops_libptt_ops_la_SOURCES += module/ops/fault_point.c
endif
EXTRA_DIST += module/ops/fault_point.c module/ops/fault_alloc.c
