# SPDX-License-Identifier: LGPL-2.1-or-later
noinst_LTLIBRARIES += module/base/libptt-base.la
module_base_libptt_base_la_SOURCES = \
	module/base/clock.c module/base/clock.h module/base/fault_point.h module/base/list.h \
	module/base/log.c module/base/log.h module/base/log_value.c module/base/log_value.h \
	module/base/metrics.c module/base/metrics.h module/base/steady.c module/base/steady.h \
	module/base/table.c module/base/table.h module/base/tls_folder.c module/base/tls_folder.h \
	module/base/uri.c module/base/uri.h module/base/via_class.c module/base/via_class.h \
	module/base/xml.c module/base/xml.h
if FAULT_POINTS
module_base_libptt_base_la_SOURCES += module/base/fault_point.c
endif
EXTRA_DIST += module/base/fault_point.c module/base/fault_alloc.c
