check_PROGRAMS += tests/unit/test_key_mgmt tests/unit/test_channel tests/unit/test_channel_answers \
	tests/unit/test_client_offer \
	tests/fuzz/fuzz_key_mgmt tests/fuzz/fuzz_channel tests/fuzz/fuzz_client_offer
TESTS += tests/unit/test_key_mgmt tests/unit/test_channel tests/unit/test_channel_answers \
	tests/unit/test_client_offer \
	tests/fuzz/fuzz_key_mgmt tests/fuzz/fuzz_channel tests/fuzz/fuzz_client_offer

SDP_TEST_LIBS = sdp/libptt-sdp.la crypto/libptt-crypto.la $(SOFIA_LIBS) $(EXPAT_LIBS)

tests_unit_test_key_mgmt_SOURCES = tests/unit/test_key_mgmt.c
tests_unit_test_key_mgmt_LDADD = $(SDP_TEST_LIBS) $(CHECK_LIBS)
CHANNEL_FIXTURE = tests/unit/channel_fixture.c tests/unit/channel_fixture.h
tests_unit_test_channel_SOURCES = tests/unit/test_channel.c $(CHANNEL_FIXTURE)
tests_unit_test_channel_LDADD = $(SDP_TEST_LIBS) $(CHECK_LIBS)
tests_unit_test_channel_answers_SOURCES = tests/unit/test_channel_answers.c $(CHANNEL_FIXTURE)
tests_unit_test_channel_answers_LDADD = $(SDP_TEST_LIBS) $(CHECK_LIBS)
tests_unit_test_client_offer_SOURCES = tests/unit/test_client_offer.c
tests_unit_test_client_offer_LDADD = $(SDP_TEST_LIBS) $(CHECK_LIBS)

tests_fuzz_fuzz_key_mgmt_SOURCES = tests/fuzz/fuzz_key_mgmt.c $(FUZZ_MAIN)
tests_fuzz_fuzz_key_mgmt_LDADD = $(SDP_TEST_LIBS)
tests_fuzz_fuzz_channel_SOURCES = tests/fuzz/fuzz_channel.c $(FUZZ_MAIN)
tests_fuzz_fuzz_channel_LDADD = $(SDP_TEST_LIBS)
tests_fuzz_fuzz_client_offer_SOURCES = tests/fuzz/fuzz_client_offer.c $(FUZZ_MAIN)
tests_fuzz_fuzz_client_offer_LDADD = $(SDP_TEST_LIBS)

EXTRA_DIST += tests/fuzz/corpus/key_mgmt tests/fuzz/corpus/channel tests/fuzz/corpus/client_offer

# Outside decoders read our framing.
check_PROGRAMS += tests/e2e/framing_make
tests_e2e_framing_make_SOURCES = tests/e2e/framing_make.c
tests_e2e_framing_make_LDADD = $(SDP_TEST_LIBS)
dist_check_SCRIPTS += tests/e2e/framing_tshark.sh
TESTS += tests/e2e/framing_tshark.sh
if HAVE_GSTSDP
check_PROGRAMS += tests/e2e/framing_gstsdp
TESTS += tests/e2e/framing_gstsdp
endif
tests_e2e_framing_gstsdp_SOURCES = tests/e2e/framing_gstsdp.c
tests_e2e_framing_gstsdp_CFLAGS = $(AM_CFLAGS) $(GSTSDP_CFLAGS)
tests_e2e_framing_gstsdp_LDADD = crypto/libptt-crypto.la $(CHECK_LIBS) $(GSTSDP_LIBS)
