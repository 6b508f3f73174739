# SPDX-License-Identifier: LGPL-2.1-or-later
noinst_LTLIBRARIES += module/lab/libptt-lab.la
module_lab_libptt_lab_la_SOURCES = \
	module/lab/capture_open.c module/lab/capture_open.h module/lab/key_log.c \
	module/lab/key_log.h module/lab/pcapng.c module/lab/pcapng.h
