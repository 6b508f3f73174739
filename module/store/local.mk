# SPDX-License-Identifier: LGPL-2.1-or-later
noinst_LTLIBRARIES += module/store/libptt-store.la
module_store_libptt_store_la_SOURCES = \
	module/store/batch.c module/store/batch.h module/store/checkpointer.c module/store/db.c \
	module/store/db.h module/store/read.c \
	module/store/rows.h module/store/schema.c module/store/schema.h module/store/sqlite.c \
	module/store/store.h module/store/store_impl.h module/store/store_read.h
