# SPDX-License-Identifier: LGPL-2.1-or-later
noinst_LTLIBRARIES += module/ue/libptt-ue.la
module_ue_libptt_ue_la_SOURCES = \
	module/ue/audio_dev.c module/ue/audio_dev.h module/ue/channel_rx.c module/ue/channel_rx.h \
	module/ue/codec.c module/ue/codec.h module/ue/talk.c module/ue/talk.h \
	module/ue/talk_floor.c module/ue/talk_floor.h module/ue/talk_source.c \
	module/ue/talk_source.h module/ue/ue.c module/ue/ue.h module/ue/ue_boot.c \
	module/ue/ue_boot.h module/ue/ue_config.c module/ue/ue_config.h module/ue/ue_event.c \
	module/ue/ue_event.h module/ue/ue_input.c module/ue/ue_input.h module/ue/ue_media.c \
	module/ue/ue_media.h module/ue/ue_media_int.h module/ue/ue_renew.c module/ue/ue_renew.h \
	module/ue/ue_setup.c module/ue/ue_setup.h module/ue/ue_stats.c module/ue/ue_stats.h \
	module/ue/ue_talk.c module/ue/ue_watch.c module/ue/ue_watch.h module/ue/wav.c \
	module/ue/wav.h
module_ue_libptt_ue_la_LIBADD = $(ALSA_LIBS)
dist_man_MANS += docs/man/pttkey-ue.1
