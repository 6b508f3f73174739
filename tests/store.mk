check_PROGRAMS += tests/unit/test_store
TESTS += tests/unit/test_store
tests_unit_test_store_SOURCES = tests/unit/test_store.c
tests_unit_test_store_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_store_LDADD = module/store/libptt-store.la module/ops/libptt-ops.la \
	crypto/libptt-crypto.la $(SQLITE_LIBS) $(SOFIA_LIBS) $(CRYPTO_LIBS) $(CHECK_LIBS)
