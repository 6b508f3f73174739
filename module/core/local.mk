# SPDX-License-Identifier: LGPL-2.1-or-later
noinst_LTLIBRARIES += module/core/libptt-core.la
module_core_libptt_core_la_SOURCES = \
	module/core/handle.h module/core/names.c module/core/names.h module/core/overload.c \
	module/core/overload.h module/core/policy.c module/core/policy.h module/core/roster.c \
	module/core/roster.h module/core/tracker.c module/core/tracker.h \
	module/core/tracker_impl.h module/core/tracker_io.h module/core/tracker_member.c \
	module/core/tracker_query.c module/core/tracker_rekey.c module/core/tracker_state.c \
	module/core/tracker_trace.c module/core/tracker_words.c module/core/tracker_write.c
