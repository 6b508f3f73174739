# SPDX-License-Identifier: LGPL-2.1-or-later
GBA_TESTS = tests/unit/test_lru tests/unit/test_ub_digest tests/unit/test_ub_exchange \
	tests/unit/test_usim tests/unit/test_bsf tests/unit/test_bsf_state
GBA_FUZZ = tests/fuzz/fuzz_ub_auth tests/fuzz/fuzz_bootstrapping_info
GBA_LIBS = module/gba/libptt-gba.la module/store/libptt-store.la module/ops/libptt-ops.la \
	module/core/libptt-core.la crypto/libptt-crypto.la $(SOFIA_LIBS) $(MHD_LIBS) $(CURL_LIBS) \
	$(SQLITE_LIBS) $(CONFIG_LIBS) $(JANSSON_LIBS) $(DIAMETER_LIBS) $(EXPAT_LIBS) $(CRYPTO_LIBS)
check_PROGRAMS += $(GBA_TESTS) $(GBA_FUZZ)
TESTS += $(GBA_TESTS) $(GBA_FUZZ)
EXTRA_DIST += tests/fuzz/corpus/ub_auth tests/fuzz/corpus/bootstrapping_info

tests_unit_test_lru_SOURCES = tests/unit/test_lru.c
tests_unit_test_lru_LDADD = $(GBA_LIBS) $(CHECK_LIBS)

tests_unit_test_ub_digest_SOURCES = tests/unit/test_ub_digest.c
tests_unit_test_ub_digest_LDADD = $(GBA_LIBS) $(CHECK_LIBS)

tests_unit_test_ub_exchange_SOURCES = tests/unit/test_ub_exchange.c
tests_unit_test_ub_exchange_LDADD = $(GBA_LIBS) $(CHECK_LIBS)

tests_unit_test_usim_SOURCES = tests/unit/test_usim.c
tests_unit_test_usim_LDADD = module/client/libptt-client.la $(SERVER_LIBS) $(CHECK_LIBS)

tests_unit_test_bsf_SOURCES = tests/unit/test_bsf.c tests/unit/bsf_fixture.c tests/unit/bsf_fixture.h
tests_unit_test_bsf_LDADD = module/client/libptt-client.la $(SERVER_LIBS) $(CHECK_LIBS)

tests_unit_test_bsf_state_SOURCES = tests/unit/test_bsf_state.c tests/unit/bsf_fixture.c \
	tests/unit/bsf_fixture.h
tests_unit_test_bsf_state_LDADD = module/client/libptt-client.la $(SERVER_LIBS) $(CHECK_LIBS)

tests_fuzz_fuzz_ub_auth_SOURCES = tests/fuzz/fuzz_ub_auth.c $(FUZZ_MAIN)
tests_fuzz_fuzz_ub_auth_LDADD = $(GBA_LIBS)

tests_fuzz_fuzz_bootstrapping_info_SOURCES = tests/fuzz/fuzz_bootstrapping_info.c $(FUZZ_MAIN)
tests_fuzz_fuzz_bootstrapping_info_LDADD = $(GBA_LIBS)
