# SPDX-License-Identifier: LGPL-2.1-or-later
noinst_LTLIBRARIES += module/config/libptt-config.la
module_config_libptt_config_la_SOURCES = \
	module/config/config.c module/config/config.h module/config/config_change.c \
	module/config/config_change.h module/config/config_channel.c \
	module/config/config_gba.c module/config/config_group.h module/config/config_groups.c \
	module/config/config_read.c module/config/config_read.h module/config/config_use.c
