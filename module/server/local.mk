# SPDX-License-Identifier: LGPL-2.1-or-later
noinst_LTLIBRARIES += module/server/libptt-server.la
module_server_libptt_server_la_SOURCES = \
	module/server/commands.c module/server/naf_open.c module/server/server.c \
	module/server/server.h module/server/server_start.c
