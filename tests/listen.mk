# SPDX-License-Identifier: LGPL-2.1-or-later
# The channel to ears of other makers, with keys from the key log.
check_PROGRAMS += tests/e2e/listen_srtp
tests_e2e_listen_srtp_SOURCES = tests/e2e/listen_srtp.c
tests_e2e_listen_srtp_CFLAGS = $(AM_CFLAGS) $(SRTP_CFLAGS)
tests_e2e_listen_srtp_LDADD = $(SRTP_LIBS)
if HAVE_GST
check_PROGRAMS += tests/e2e/listen_gst
endif
tests_e2e_listen_gst_SOURCES = tests/e2e/listen_gst.c
tests_e2e_listen_gst_CFLAGS = $(AM_CFLAGS) $(GST_CFLAGS)
tests_e2e_listen_gst_LDADD = $(GST_LIBS)

LISTEN_TESTS = tests/e2e/run_listen.sh tests/e2e/run_baresip.sh tests/e2e/run_ue.sh tests/e2e/run_capture.sh
TESTS += $(LISTEN_TESTS)
dist_check_SCRIPTS += $(LISTEN_TESTS) tests/e2e/test_listen.py tests/e2e/test_baresip.py tests/e2e/test_ue.py tests/e2e/test_capture.py tests/e2e/sound.py
EXTRA_DIST += tests/e2e/gstreamer.supp
