noinst_LTLIBRARIES += module/client/libptt-client.la
module_client_libptt_client_la_SOURCES = \
	module/client/audio_dev.c module/client/audio_dev.h \
	module/client/rekey_client.c module/client/rekey_client.h \
	module/client/sip_digest.c module/client/sip_digest.h \
	module/client/ue_session.c module/client/ue_session.h \
	module/client/sip_client.c module/client/sip_client.h \
	module/client/dialog.c module/client/dialog.h module/client/sip_agent.c \
	module/client/sip_session.c \
	module/client/ue_config.c module/client/ue_config.h \
	module/client/ue_stats.c module/client/ue_stats.h \
	module/client/ue_event.c module/client/ue_event.h \
	module/client/ue_input.c module/client/ue_input.h \
	module/client/ue_media.c module/client/ue_media.h module/client/ue_media_int.h module/client/ue_talk.c \
	module/client/ue_watch.c module/client/ue_watch.h \
	module/client/ue_boot.c module/client/ue_boot.h \
	module/client/ue_renew.c module/client/ue_renew.h \
	module/client/ue_setup.c module/client/ue_setup.h \
	module/client/ue.c module/client/ue.h \
	module/client/usim.c module/client/usim.h
module_client_libptt_client_la_LIBADD = $(ALSA_LIBS)
dist_man_MANS += docs/man/pttkey-ue.1
