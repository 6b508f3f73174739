# SPDX-License-Identifier: LGPL-2.1-or-later
# Every test program without SOURCES of its own is built from NAME.c and linked with this; the archives give it what
# it uses, so a fixture costs a test nothing.
AM_DEFAULT_SOURCE_EXT = .c
LDADD = tests/libptt-test.la programs/libptt-tool.la $(UE_LIBS) $(CHECK_LIBS) -lutil -lpthread

# Fixtures, known answers, the stage of the flow tests, and the main() that replays a fuzz target's corpus.
check_LTLIBRARIES += tests/libptt-test.la
tests_libptt_test_la_SOURCES = tests/flow/actor.c tests/flow/play.c tests/flow/play.h \
	tests/flow/tap.c tests/flow/tap.h tests/flow/two.c tests/flow/two.h tests/kat/kat.c \
	tests/kat/kat.h tests/unit/client/client_fixture.c tests/unit/client/client_fixture.h \
	tests/unit/client/fake_pf.c tests/unit/client/fake_pf.h \
	tests/unit/client/sip_client_fixture.c tests/unit/client/sip_client_fixture.h \
	tests/unit/config/config_fixture.c tests/unit/config/config_fixture.h \
	tests/unit/core/tracker_play.c tests/unit/core/tracker_play.h \
	tests/unit/crypto/keyring_fixture.c tests/unit/crypto/keyring_fixture.h \
	tests/unit/gba/bsf_fixture.c tests/unit/gba/bsf_fixture.h  tests/unit/media/floor_stage.c \
	tests/unit/media/floor_stage.h tests/unit/media/media_fixture.c \
	tests/unit/media/media_fixture.h tests/unit/media/media_lab.c tests/unit/media/media_lab.h \
	tests/unit/rtp/srtp_fixture.c tests/unit/rtp/srtp_fixture.h \
	tests/unit/sdp/channel_fixture.c tests/unit/sdp/channel_fixture.h \
	tests/unit/sip/offer_fixture.c tests/unit/sip/offer_fixture.h tests/unit/sip/sip_fixture.c \
	tests/unit/sip/sip_fixture.h tests/unit/sip/sip_fixture_ue.c tests/unit/sip/sip_one.c \
	tests/unit/sip/sip_one.h tests/unit/store/store_fixture.c tests/unit/store/store_fixture.h \
	tests/fuzz/replay.c tests/unit/check_main.h

include tests/unit.mk
include tests/flow.mk
include tests/fuzz.mk
include tests/e2e.mk
include tests/bench.mk
