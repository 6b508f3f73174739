# SPDX-License-Identifier: LGPL-2.1-or-later
# Zn: a BSF of its own, and servers that ask it.
ZN_TESTS = tests/e2e/run_zn.sh tests/e2e/run_zn_diameter.sh tests/e2e/run_bsf_tls.sh tests/e2e/run_osmo.sh
TESTS += $(ZN_TESTS)
dist_check_SCRIPTS += $(ZN_TESTS) tests/e2e/test_zn.py tests/e2e/test_zn_diameter.py tests/e2e/zn_lab.py \
	tests/e2e/zn_plays.py tests/e2e/outside_invite.py tests/e2e/test_bsf_tls.py tests/e2e/test_osmo.py
EXTRA_DIST += tests/e2e/freediameter.supp

ZN_UNIT = tests/unit/test_nbsp tests/unit/test_rest
ZN_FUZZ = tests/fuzz/fuzz_nbsp
check_PROGRAMS += $(ZN_UNIT) $(ZN_FUZZ)
TESTS += $(ZN_UNIT) $(ZN_FUZZ)
EXTRA_DIST += tests/fuzz/corpus/nbsp
tests_unit_test_nbsp_SOURCES = tests/unit/test_nbsp.c
tests_unit_test_nbsp_LDADD = $(GBA_LIBS) $(CHECK_LIBS)
tests_unit_test_rest_SOURCES = tests/unit/test_rest.c tests/unit/bsf_fixture.c tests/unit/bsf_fixture.h
tests_unit_test_rest_LDADD = module/client/libptt-client.la $(SERVER_LIBS) $(CHECK_LIBS)
tests_fuzz_fuzz_nbsp_SOURCES = tests/fuzz/fuzz_nbsp.c $(FUZZ_MAIN)
tests_fuzz_fuzz_nbsp_LDADD = $(GBA_LIBS)

if HAVE_FREEDIAMETER
check_PROGRAMS += tests/unit/test_diameter_msg tests/fuzz/fuzz_diameter
TESTS += tests/unit/test_diameter_msg tests/fuzz/fuzz_diameter
endif
EXTRA_DIST += tests/fuzz/corpus/diameter
tests_unit_test_diameter_msg_SOURCES = tests/unit/test_diameter_msg.c
tests_unit_test_diameter_msg_LDADD = $(GBA_LIBS) $(CHECK_LIBS)
tests_fuzz_fuzz_diameter_SOURCES = tests/fuzz/fuzz_diameter.c $(FUZZ_MAIN)
tests_fuzz_fuzz_diameter_LDADD = $(GBA_LIBS)
