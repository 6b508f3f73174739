# The user plane: real sockets in a network namespace of the test's own.
media_test_ldadd = module/media/libptt-media.la crypto/libptt-crypto.la $(CHECK_LIBS) $(SOFIA_LIBS) \
	$(SRTP_LIBS) $(AMR_LIBS) $(CRYPTO_LIBS) -lpthread -lm
media_tests = tests/unit/test_floor tests/unit/test_announce tests/unit/test_media tests/unit/test_media_members \
	tests/unit/test_media_relay tests/unit/test_mtk_cast tests/unit/test_rtp tests/unit/test_srtp \
	tests/unit/test_srtp_keys tests/unit/test_pcapng tests/unit/test_floor_orders tests/unit/test_floor_table \
	tests/unit/test_talk tests/unit/test_talk_floor tests/unit/test_tbcp
check_PROGRAMS += $(media_tests)
TESTS += $(media_tests)

FLOOR_STAGE = tests/unit/floor_stage.c tests/unit/floor_stage.h
tests_unit_test_floor_SOURCES = tests/unit/test_floor.c $(FLOOR_STAGE)
tests_unit_test_floor_LDADD = $(media_test_ldadd)
tests_unit_test_floor_orders_SOURCES = tests/unit/test_floor_orders.c
tests_unit_test_floor_orders_LDADD = $(media_test_ldadd)
tests_unit_test_floor_table_SOURCES = tests/unit/test_floor_table.c $(FLOOR_STAGE)
tests_unit_test_floor_table_LDADD = $(media_test_ldadd)
MEDIA_FIXTURE = tests/unit/media_fixture.c tests/unit/media_fixture.h tests/unit/media_lab.c tests/unit/media_lab.h
tests_unit_test_media_SOURCES = tests/unit/test_media.c $(MEDIA_FIXTURE)
tests_unit_test_media_LDADD = $(media_test_ldadd)
tests_unit_test_announce_SOURCES = tests/unit/test_announce.c $(MEDIA_FIXTURE)
tests_unit_test_announce_LDADD = $(media_test_ldadd)
tests_unit_test_media_members_SOURCES = tests/unit/test_media_members.c $(MEDIA_FIXTURE)
tests_unit_test_media_members_LDADD = $(media_test_ldadd)
tests_unit_test_media_relay_SOURCES = tests/unit/test_media_relay.c $(MEDIA_FIXTURE)
tests_unit_test_media_relay_LDADD = $(media_test_ldadd)
tests_unit_test_mtk_cast_SOURCES = tests/unit/test_mtk_cast.c tests/unit/media_lab.c tests/unit/media_lab.h
tests_unit_test_mtk_cast_LDADD = $(media_test_ldadd)
tests_unit_test_pcapng_SOURCES = tests/unit/test_pcapng.c
tests_unit_test_pcapng_LDADD = $(media_test_ldadd)
tests_unit_test_rtp_SOURCES = tests/unit/test_rtp.c
tests_unit_test_rtp_LDADD = $(media_test_ldadd)
SRTP_FIXTURE = tests/unit/srtp_fixture.c tests/unit/srtp_fixture.h tests/unit/media_lab.c tests/unit/media_lab.h
tests_unit_test_srtp_SOURCES = tests/unit/test_srtp.c $(SRTP_FIXTURE)
tests_unit_test_srtp_LDADD = $(media_test_ldadd)
tests_unit_test_srtp_keys_SOURCES = tests/unit/test_srtp_keys.c $(SRTP_FIXTURE)
tests_unit_test_srtp_keys_LDADD = $(media_test_ldadd)
tests_unit_test_talk_SOURCES = tests/unit/test_talk.c tests/unit/media_lab.c tests/unit/media_lab.h
tests_unit_test_talk_LDADD = $(media_test_ldadd)
tests_unit_test_talk_floor_SOURCES = tests/unit/test_talk_floor.c
tests_unit_test_talk_floor_LDADD = $(media_test_ldadd)
tests_unit_test_tbcp_SOURCES = tests/unit/test_tbcp.c
tests_unit_test_tbcp_LDADD = $(media_test_ldadd)

MEDIA_E2E = tests/e2e/run_moving.sh tests/e2e/run_moving_long.sh tests/e2e/run_multicast.sh tests/e2e/run_suites.sh
TESTS += $(MEDIA_E2E)
dist_check_SCRIPTS += $(MEDIA_E2E) tests/e2e/mangler.py tests/e2e/test_moving.py tests/e2e/test_multicast.py \
	tests/e2e/test_suites.py tests/e2e/wire.py

media_fuzz = tests/fuzz/fuzz_floor tests/fuzz/fuzz_tbcp tests/fuzz/fuzz_relay tests/fuzz/fuzz_rtp tests/fuzz/fuzz_pcapng
check_PROGRAMS += $(media_fuzz)
TESTS += $(media_fuzz)
EXTRA_DIST += tests/fuzz/corpus/floor tests/fuzz/corpus/tbcp tests/fuzz/corpus/relay tests/fuzz/corpus/rtp tests/fuzz/corpus/pcapng
tests_fuzz_fuzz_floor_SOURCES = tests/fuzz/fuzz_floor.c $(FUZZ_MAIN)
tests_fuzz_fuzz_floor_LDADD = $(media_test_ldadd)
tests_fuzz_fuzz_tbcp_SOURCES = tests/fuzz/fuzz_tbcp.c $(FUZZ_MAIN)
tests_fuzz_fuzz_tbcp_LDADD = $(media_test_ldadd)
tests_fuzz_fuzz_relay_SOURCES = tests/fuzz/fuzz_relay.c $(FUZZ_MAIN)
tests_fuzz_fuzz_relay_LDADD = $(media_test_ldadd)
tests_fuzz_fuzz_rtp_SOURCES = tests/fuzz/fuzz_rtp.c $(FUZZ_MAIN)
tests_fuzz_fuzz_rtp_LDADD = $(media_test_ldadd)
tests_fuzz_fuzz_pcapng_SOURCES = tests/fuzz/fuzz_pcapng.c $(FUZZ_MAIN)
tests_fuzz_fuzz_pcapng_LDADD = $(media_test_ldadd)
