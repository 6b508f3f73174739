# Known answers and unit tests of crypto/, and the offline commands of pttkey.
KAT_SOURCES = tests/kat/kat.c tests/kat/kat.h
EXTRA_DIST += tests/kat/milenage.txt tests/kat/kdf.txt tests/kat/mikey_prf.txt tests/kat/srtp.txt \
	tests/kat/mbms.txt tests/kat/rfc4567.txt tests/fuzz/corpus/mikey

CRYPTO_TESTS = tests/unit/test_bytes tests/unit/test_milenage tests/unit/test_aka \
	tests/unit/test_gba_kdf tests/unit/test_digest tests/unit/test_mbms_profile \
	tests/unit/test_mikey tests/unit/test_mikey_seal tests/unit/test_mikey_prf \
	tests/unit/test_keyring tests/unit/test_keyring_refused tests/unit/test_replay tests/unit/test_kek
check_PROGRAMS += $(CRYPTO_TESTS)
TESTS += $(CRYPTO_TESTS)

CRYPTO_TEST_LDADD = crypto/libptt-crypto.la $(CRYPTO_LIBS) $(CHECK_LIBS)
tests_unit_test_bytes_SOURCES = tests/unit/test_bytes.c $(KAT_SOURCES)
tests_unit_test_bytes_LDADD = $(CRYPTO_TEST_LDADD)
tests_unit_test_milenage_SOURCES = tests/unit/test_milenage.c $(KAT_SOURCES)
tests_unit_test_milenage_LDADD = $(CRYPTO_TEST_LDADD)
tests_unit_test_aka_SOURCES = tests/unit/test_aka.c $(KAT_SOURCES)
tests_unit_test_aka_LDADD = $(CRYPTO_TEST_LDADD)
tests_unit_test_gba_kdf_SOURCES = tests/unit/test_gba_kdf.c $(KAT_SOURCES)
tests_unit_test_gba_kdf_LDADD = $(CRYPTO_TEST_LDADD)
tests_unit_test_digest_SOURCES = tests/unit/test_digest.c $(KAT_SOURCES)
tests_unit_test_digest_LDADD = $(CRYPTO_TEST_LDADD)
tests_unit_test_mbms_profile_SOURCES = tests/unit/test_mbms_profile.c $(KAT_SOURCES)
tests_unit_test_mbms_profile_LDADD = $(CRYPTO_TEST_LDADD)
tests_unit_test_mikey_SOURCES = tests/unit/test_mikey.c $(KAT_SOURCES)
tests_unit_test_mikey_LDADD = $(CRYPTO_TEST_LDADD)
tests_unit_test_mikey_seal_SOURCES = tests/unit/test_mikey_seal.c $(KAT_SOURCES)
tests_unit_test_mikey_seal_LDADD = $(CRYPTO_TEST_LDADD)
tests_unit_test_mikey_prf_SOURCES = tests/unit/test_mikey_prf.c $(KAT_SOURCES)
tests_unit_test_mikey_prf_LDADD = $(CRYPTO_TEST_LDADD)
KEYRING_FIXTURE = tests/unit/keyring_fixture.c tests/unit/keyring_fixture.h $(KAT_SOURCES)
tests_unit_test_keyring_SOURCES = tests/unit/test_keyring.c $(KEYRING_FIXTURE)
tests_unit_test_keyring_LDADD = $(CRYPTO_TEST_LDADD)
tests_unit_test_keyring_refused_SOURCES = tests/unit/test_keyring_refused.c $(KEYRING_FIXTURE)
tests_unit_test_keyring_refused_LDADD = $(CRYPTO_TEST_LDADD)
tests_unit_test_replay_SOURCES = tests/unit/test_replay.c $(KAT_SOURCES)
tests_unit_test_replay_LDADD = $(CRYPTO_TEST_LDADD)
tests_unit_test_kek_SOURCES = tests/unit/test_kek.c $(KAT_SOURCES)
tests_unit_test_kek_LDADD = $(CRYPTO_TEST_LDADD)

check_PROGRAMS += tests/fuzz/fuzz_mikey
TESTS += tests/fuzz/fuzz_mikey
tests_fuzz_fuzz_mikey_SOURCES = tests/fuzz/fuzz_mikey.c $(FUZZ_MAIN)
tests_fuzz_fuzz_mikey_LDADD = crypto/libptt-crypto.la $(CRYPTO_LIBS)

dist_check_SCRIPTS += tests/kat/pttkey_offline.py
TESTS += tests/kat/pttkey_offline.py
