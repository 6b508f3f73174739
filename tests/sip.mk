# SIP of the server. The fixture stands in for the NAF source, so libptt-gba is not linked.
SIP_TEST_LIBS = module/server/libptt-sip.la module/ops/libptt-ops.la crypto/libptt-crypto.la \
	$(SOFIA_LIBS) $(MHD_LIBS) $(CONFIG_LIBS) $(JANSSON_LIBS) $(CRYPTO_LIBS) $(CHECK_LIBS)
SIP_FIXTURE = tests/unit/sip_fixture.c tests/unit/sip_fixture.h

check_PROGRAMS += tests/unit/test_sip_flow tests/unit/test_rekey_tx
TESTS += tests/unit/test_sip_flow tests/unit/test_rekey_tx
tests_unit_test_sip_flow_SOURCES = tests/unit/test_sip_flow.c $(SIP_FIXTURE)
tests_unit_test_sip_flow_LDADD = $(SIP_TEST_LIBS)
tests_unit_test_sip_flow_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_rekey_tx_SOURCES = tests/unit/test_rekey_tx.c $(SIP_FIXTURE)
tests_unit_test_rekey_tx_LDADD = $(SIP_TEST_LIBS)
tests_unit_test_rekey_tx_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
