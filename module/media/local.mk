noinst_LTLIBRARIES += module/media/libptt-media.la
module_media_libptt_media_la_SOURCES = \
	module/media/amr_pack.c module/media/amr_pack.h module/media/announce.c \
	module/media/capture_open.c module/media/capture_open.h \
	module/media/channel.c \
	module/media/channel_floor.c \
	module/media/channel_rx.c module/media/channel_rx.h \
	module/media/codec.c module/media/codec.h \
	module/media/floor.c module/media/floor.h module/media/floor_judge.c \
	module/media/floor_queue.c module/media/floor_queue.h module/media/floor_table.c module/media/floor_table.h \
	module/media/leg.c module/media/leg.h module/media/list.h \
	module/media/media.c module/media/media.h module/media/media_count.h module/media/media_event.h \
	module/media/media_int.h module/media/media_stats.h \
	module/media/media_run.h \
	module/media/mtk_cast.c module/media/mtk_cast.h \
	module/media/net.c module/media/net.h module/media/ntp.h \
	module/media/net_batch.c module/media/net_batch.h module/media/pcapng.c module/media/pcapng.h \
	module/media/rtp.c module/media/rtp.h \
	module/media/srtp_open.c module/media/srtp_open.h \
	module/media/srtp_policy.c module/media/srtp_policy.h \
	module/media/srtp_relay.c module/media/srtp_relay.h \
	module/media/talk.c module/media/talk.h module/media/talk_floor.c module/media/talk_floor.h \
	module/media/talk_source.c module/media/talk_source.h \
	module/media/tbcp.c module/media/tbcp.h \
	module/media/uplink.c \
	module/media/wav.c module/media/wav.h
