# SPDX-License-Identifier: LGPL-2.1-or-later
noinst_LTLIBRARIES += module/media/libptt-media.la
module_media_libptt_media_la_SOURCES = \
	module/media/amr_pack.c module/media/amr_pack.h module/media/announce.c \
	module/media/channel.c module/media/channel_floor.c module/media/endpoint.c \
	module/media/floor.c module/media/floor.h \
	module/media/floor_policy.h module/media/floor_queue.c module/media/floor_queue.h \
	module/media/floor_table.c module/media/floor_table.h \
	module/media/media.c module/media/media.h module/media/media_count.h \
	module/media/media_int.h module/media/media_out.c module/media/media_run.h \
	module/media/media_stats.h module/media/media_thread.c module/media/mtk_cast.c \
	module/media/mtk_cast.h module/media/net_batch.c module/media/net_batch.h \
	module/media/srtp_relay.c module/media/srtp_relay.h module/media/uplink.c
