client_test_libs = module/client/libptt-client.la $(SERVER_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/test_bid_down tests/unit/test_key_life tests/unit/test_rekey_client tests/unit/test_sip_client \
	tests/unit/test_sip_digest \
	tests/unit/test_ue_config tests/unit/test_ue_input tests/unit/test_ue_session tests/unit/test_ue_stats
TESTS += tests/unit/test_bid_down tests/unit/test_key_life tests/unit/test_rekey_client tests/unit/test_sip_client \
	tests/unit/test_sip_digest \
	tests/unit/test_ue_config tests/unit/test_ue_input tests/unit/test_ue_session tests/unit/test_ue_stats

tests_unit_test_bid_down_SOURCES = tests/unit/test_bid_down.c \
	tests/unit/client_fixture.c tests/unit/client_fixture.h
tests_unit_test_bid_down_LDADD = $(client_test_libs)

tests_unit_test_key_life_SOURCES = tests/unit/test_key_life.c
tests_unit_test_key_life_LDADD = $(client_test_libs)

tests_unit_test_rekey_client_SOURCES = tests/unit/test_rekey_client.c \
	tests/unit/client_fixture.c tests/unit/client_fixture.h
tests_unit_test_rekey_client_LDADD = $(client_test_libs)

tests_unit_test_sip_client_SOURCES = tests/unit/test_sip_client.c \
	tests/unit/sip_client_fixture.c tests/unit/sip_client_fixture.h tests/unit/fake_pf.c tests/unit/fake_pf.h \
	tests/unit/client_fixture.c tests/unit/client_fixture.h
tests_unit_test_sip_client_LDADD = $(client_test_libs)

tests_unit_test_sip_digest_SOURCES = tests/unit/test_sip_digest.c
tests_unit_test_sip_digest_LDADD = $(client_test_libs)

tests_unit_test_ue_config_SOURCES = tests/unit/test_ue_config.c
tests_unit_test_ue_config_LDADD = $(client_test_libs)

tests_unit_test_ue_stats_SOURCES = tests/unit/test_ue_stats.c
tests_unit_test_ue_stats_LDADD = $(client_test_libs)

tests_unit_test_ue_session_SOURCES = tests/unit/test_ue_session.c \
	tests/unit/client_fixture.c tests/unit/client_fixture.h
tests_unit_test_ue_session_LDADD = $(client_test_libs)

tests_unit_test_ue_input_SOURCES = tests/unit/test_ue_input.c
tests_unit_test_ue_input_LDADD = $(client_test_libs) -lutil
