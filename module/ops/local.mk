# SPDX-License-Identifier: LGPL-2.1-or-later
noinst_LTLIBRARIES += module/ops/libptt-ops.la
module_ops_libptt_ops_la_SOURCES = \
	module/ops/control.c module/ops/control.h module/ops/control_client.c \
	module/ops/metrics_http.c
