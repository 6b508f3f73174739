# SPDX-License-Identifier: LGPL-2.1-or-later
noinst_LTLIBRARIES += module/rtp/libptt-rtp.la
module_rtp_libptt_rtp_la_SOURCES = \
	module/rtp/net.c module/rtp/net.h module/rtp/ntp.h module/rtp/rtp.c module/rtp/rtp.h \
	module/rtp/srtp_open.c module/rtp/srtp_open.h module/rtp/srtp_policy.c \
	module/rtp/srtp_policy.h module/rtp/tbcp.c module/rtp/tbcp.h
