ops_test_libs = module/ops/libptt-ops.la module/core/libptt-core.la crypto/libptt-crypto.la \
	$(SOFIA_LIBS) $(MHD_LIBS) $(JANSSON_LIBS) $(CONFIG_LIBS) $(CRYPTO_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/test_config
TESTS += tests/unit/test_config
tests_unit_test_config_SOURCES = tests/unit/test_config.c
tests_unit_test_config_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_config_LDADD = $(ops_test_libs)
