noinst_LTLIBRARIES += module/media/libptt-media.la
module_media_libptt_media_la_SOURCES =
