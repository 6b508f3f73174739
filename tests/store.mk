check_PROGRAMS += tests/unit/test_msk_numbers tests/unit/test_store tests/unit/test_store_faults tests/unit/test_store_close \
	tests/unit/test_store_schema
TESTS += tests/unit/test_msk_numbers tests/unit/test_store tests/unit/test_store_faults tests/unit/test_store_close \
	tests/unit/test_store_schema
STORE_FIXTURE = tests/unit/store_fixture.c tests/unit/store_fixture.h
STORE_TEST_LIBS = module/store/libptt-store.la module/ops/libptt-ops.la \
	crypto/libptt-crypto.la $(SQLITE_LIBS) $(SOFIA_LIBS) $(CRYPTO_LIBS) $(CHECK_LIBS)
tests_unit_test_store_SOURCES = tests/unit/test_store.c $(STORE_FIXTURE)
tests_unit_test_store_LDADD = $(STORE_TEST_LIBS)
tests_unit_test_store_faults_SOURCES = tests/unit/test_store_faults.c $(STORE_FIXTURE)
tests_unit_test_store_faults_LDADD = $(STORE_TEST_LIBS)
tests_unit_test_store_close_SOURCES = tests/unit/test_store_close.c $(STORE_FIXTURE)
tests_unit_test_store_close_LDADD = $(STORE_TEST_LIBS)
tests_unit_test_store_schema_SOURCES = tests/unit/test_store_schema.c $(STORE_FIXTURE)
tests_unit_test_store_schema_LDADD = $(STORE_TEST_LIBS)

tests_unit_test_msk_numbers_SOURCES = tests/unit/test_msk_numbers.c module/server/msk_numbers.c $(STORE_FIXTURE)
tests_unit_test_msk_numbers_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_msk_numbers_LDADD = $(STORE_TEST_LIBS)
