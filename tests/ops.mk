ops_test_libs = module/ops/libptt-ops.la module/core/libptt-core.la crypto/libptt-crypto.la \
	$(SOFIA_LIBS) $(MHD_LIBS) $(JANSSON_LIBS) $(CONFIG_LIBS) $(CRYPTO_LIBS) $(CHECK_LIBS)

OPS_TESTS = tests/unit/test_config tests/unit/test_config_change tests/unit/test_config_errors tests/unit/test_key_log tests/unit/test_log \
	tests/unit/test_metrics tests/unit/test_control
check_PROGRAMS += $(OPS_TESTS)
TESTS += $(OPS_TESTS)
tests_unit_test_key_log_SOURCES = tests/unit/test_key_log.c
tests_unit_test_key_log_LDADD = $(ops_test_libs)
tests_unit_test_config_change_SOURCES = tests/unit/test_config_change.c
tests_unit_test_config_change_LDADD = $(ops_test_libs)
CONFIG_FIXTURE = tests/unit/config_fixture.c tests/unit/config_fixture.h
tests_unit_test_config_SOURCES = tests/unit/test_config.c $(CONFIG_FIXTURE)
tests_unit_test_config_LDADD = $(ops_test_libs)
tests_unit_test_config_errors_SOURCES = tests/unit/test_config_errors.c $(CONFIG_FIXTURE)
tests_unit_test_config_errors_LDADD = $(ops_test_libs)
tests_unit_test_log_SOURCES = tests/unit/test_log.c
tests_unit_test_log_LDADD = $(ops_test_libs)
tests_unit_test_metrics_SOURCES = tests/unit/test_metrics.c
tests_unit_test_metrics_LDADD = $(ops_test_libs)
tests_unit_test_control_SOURCES = tests/unit/test_control.c
tests_unit_test_control_LDADD = $(ops_test_libs)

check_PROGRAMS += tests/unit/test_control_tool
TESTS += tests/unit/test_control_tool
tests_unit_test_control_tool_SOURCES = tests/unit/test_control_tool.c \
	programs/pttkey_online.c programs/pttkey_online.h \
	programs/pttkey_subscriber.c programs/pttkey_subscriber.h \
	programs/subscriber_csv.c programs/subscriber_csv.h
tests_unit_test_control_tool_CFLAGS = $(AM_CFLAGS)
tests_unit_test_control_tool_LDADD = module/store/libptt-store.la $(ops_test_libs) $(SQLITE_LIBS)
