# SIP of the server. The fixture stands in for the NAF source, so libptt-gba is not linked.
SIP_TEST_LIBS = module/server/libptt-sip.la module/ops/libptt-ops.la module/core/libptt-core.la crypto/libptt-crypto.la \
	$(SOFIA_LIBS) $(MHD_LIBS) $(CONFIG_LIBS) $(JANSSON_LIBS) $(CRYPTO_LIBS) $(CHECK_LIBS)
SIP_FIXTURE = tests/unit/sip_fixture.c tests/unit/sip_fixture_ue.c tests/unit/sip_fixture.h
SIP_ONE = tests/unit/sip_one.c tests/unit/sip_one.h $(SIP_FIXTURE)
REKEY_FIXTURE = tests/unit/rekey_fixture.c tests/unit/rekey_fixture.h $(SIP_FIXTURE)
SIP_TESTS = tests/unit/test_sip_flow tests/unit/test_sip_identity tests/unit/test_rekey_tx tests/unit/test_rekey_update \
	tests/unit/test_rekey_size tests/unit/test_udp_batch tests/unit/test_rekey_reply tests/unit/test_sip_overload tests/unit/test_sip_torture \
	tests/unit/test_sip_shed tests/fuzz/fuzz_sip_shed \
	tests/unit/test_sip_nua tests/unit/test_digest_auth tests/unit/test_dialog \
	tests/unit/test_event_text tests/unit/test_event_package

check_PROGRAMS += $(SIP_TESTS) tests/fuzz/fuzz_rekey_reply
TESTS += $(SIP_TESTS) tests/fuzz/fuzz_rekey_reply
EXTRA_DIST += tests/fuzz/corpus/rekey_reply
tests_fuzz_fuzz_rekey_reply_SOURCES = tests/fuzz/fuzz_rekey_reply.c $(FUZZ_MAIN)
tests_fuzz_fuzz_rekey_reply_LDADD = $(SIP_TEST_LIBS)
tests_unit_test_sip_flow_SOURCES = tests/unit/test_sip_flow.c $(SIP_ONE)
tests_unit_test_sip_flow_LDADD = $(SIP_TEST_LIBS)
tests_unit_test_rekey_tx_SOURCES = tests/unit/test_rekey_tx.c $(REKEY_FIXTURE)
tests_unit_test_rekey_tx_LDADD = $(SIP_TEST_LIBS)
tests_unit_test_rekey_update_SOURCES = tests/unit/test_rekey_update.c $(REKEY_FIXTURE)
tests_unit_test_rekey_update_LDADD = $(SIP_TEST_LIBS)
tests_unit_test_sip_identity_SOURCES = tests/unit/test_sip_identity.c $(SIP_ONE)
tests_unit_test_sip_identity_LDADD = $(SIP_TEST_LIBS)
tests_unit_test_rekey_size_SOURCES = tests/unit/test_rekey_size.c $(REKEY_FIXTURE)
tests_unit_test_rekey_size_LDADD = $(SIP_TEST_LIBS)
tests_unit_test_sip_overload_SOURCES = tests/unit/test_sip_overload.c $(SIP_ONE)
tests_unit_test_sip_overload_LDADD = $(SIP_TEST_LIBS)
tests_unit_test_rekey_reply_SOURCES = tests/unit/test_rekey_reply.c $(REKEY_FIXTURE)
tests_unit_test_rekey_reply_LDADD = $(SIP_TEST_LIBS)
tests_unit_test_udp_batch_SOURCES = tests/unit/test_udp_batch.c
tests_unit_test_udp_batch_LDADD = $(SIP_TEST_LIBS)
# No Sofia in these two.
tests_unit_test_sip_shed_SOURCES = tests/unit/test_sip_shed.c module/server/sip_shed_text.c
tests_unit_test_sip_shed_LDADD = crypto/libptt-crypto.la $(CHECK_LIBS)
tests_unit_test_sip_shed_CFLAGS = $(AM_CFLAGS)
tests_fuzz_fuzz_sip_shed_SOURCES = tests/fuzz/fuzz_sip_shed.c module/server/sip_shed_text.c $(FUZZ_MAIN)
tests_fuzz_fuzz_sip_shed_LDADD = crypto/libptt-crypto.la
tests_fuzz_fuzz_sip_shed_CFLAGS = $(AM_CFLAGS)
EXTRA_DIST += tests/fuzz/corpus/sip_shed
tests_unit_test_sip_torture_SOURCES = tests/unit/test_sip_torture.c $(SIP_ONE)
tests_unit_test_sip_torture_LDADD = $(SIP_TEST_LIBS)
tests_unit_test_sip_nua_SOURCES = tests/unit/test_sip_nua.c $(SIP_FIXTURE)
tests_unit_test_sip_nua_LDADD = $(SIP_TEST_LIBS)
tests_unit_test_digest_auth_SOURCES = tests/unit/test_digest_auth.c
tests_unit_test_digest_auth_LDADD = $(SIP_TEST_LIBS)
tests_unit_test_dialog_SOURCES = tests/unit/test_dialog.c
tests_unit_test_dialog_LDADD = $(SIP_TEST_LIBS)
tests_unit_test_event_text_SOURCES = tests/unit/test_event_text.c module/server/event_text.c
tests_unit_test_event_text_LDADD = $(CHECK_LIBS)
tests_unit_test_event_text_CFLAGS = $(AM_CFLAGS)
# The package as it is, on real SIP, above a group that is only a roster.
tests_unit_test_event_package_SOURCES = tests/unit/test_event_package.c tests/unit/event_group.c tests/unit/event_group.h \
	module/server/event_package.c module/server/event_text.c $(SIP_FIXTURE)
tests_unit_test_event_package_LDADD = $(SIP_TEST_LIBS)
tests_unit_test_event_package_CFLAGS = $(AM_CFLAGS)
# The same between real processes, with a client written apart.
TESTS += tests/e2e/run_events.sh
dist_check_SCRIPTS += tests/e2e/run_events.sh tests/e2e/test_events.py
