# Flows: the server side and real clients in one process, as plays.
FLOW_STAGE = tests/flow/actor.c tests/flow/play.c tests/flow/play.h tests/flow/tap.c tests/flow/tap.h \
	tests/unit/media_lab.c tests/unit/media_lab.h
FLOW_TWO = tests/flow/two.c tests/flow/two.h $(FLOW_STAGE)
FLOW_LIBS = module/client/libptt-client.la $(SERVER_LIBS) $(CHECK_LIBS)
FLOW_TESTS = tests/flow/test_flow_rekey tests/flow/test_flow_faults tests/flow/test_flow_window \
	tests/flow/test_flow_secrets \
	tests/flow/test_flow_answers tests/flow/test_flow_join tests/flow/test_flow_update \
	tests/flow/test_flow_statuses tests/flow/test_flow_session tests/flow/test_flow_ends

check_PROGRAMS += $(FLOW_TESTS) tests/unit/test_group_keys
TESTS += $(FLOW_TESTS) tests/unit/test_group_keys
tests_unit_test_group_keys_SOURCES = tests/unit/test_group_keys.c $(STORE_FIXTURE)
tests_unit_test_group_keys_LDADD = $(SERVER_LIBS) $(CHECK_LIBS)
tests_flow_test_flow_rekey_SOURCES = tests/flow/test_flow_rekey.c $(FLOW_STAGE)
tests_flow_test_flow_rekey_LDADD = $(FLOW_LIBS)
tests_flow_test_flow_faults_SOURCES = tests/flow/test_flow_faults.c $(FLOW_TWO)
tests_flow_test_flow_faults_LDADD = $(FLOW_LIBS)
tests_flow_test_flow_window_SOURCES = tests/flow/test_flow_window.c $(FLOW_TWO)
tests_flow_test_flow_window_LDADD = $(FLOW_LIBS)
tests_flow_test_flow_secrets_SOURCES = tests/flow/test_flow_secrets.c $(FLOW_STAGE)
tests_flow_test_flow_secrets_LDADD = $(FLOW_LIBS)
tests_flow_test_flow_answers_SOURCES = tests/flow/test_flow_answers.c $(FLOW_TWO)
tests_flow_test_flow_answers_LDADD = $(FLOW_LIBS)
tests_flow_test_flow_join_SOURCES = tests/flow/test_flow_join.c $(FLOW_STAGE)
tests_flow_test_flow_join_LDADD = $(FLOW_LIBS)
tests_flow_test_flow_update_SOURCES = tests/flow/test_flow_update.c $(FLOW_TWO)
tests_flow_test_flow_update_LDADD = $(FLOW_LIBS)
tests_flow_test_flow_statuses_SOURCES = tests/flow/test_flow_statuses.c $(FLOW_STAGE)
tests_flow_test_flow_statuses_LDADD = $(FLOW_LIBS)
tests_flow_test_flow_ends_SOURCES = tests/flow/test_flow_ends.c $(FLOW_STAGE)
tests_flow_test_flow_ends_LDADD = $(FLOW_LIBS)
tests_flow_test_flow_session_SOURCES = tests/flow/test_flow_session.c $(FLOW_STAGE)
tests_flow_test_flow_session_LDADD = $(FLOW_LIBS)

# Faults between real processes.
TESTS += tests/e2e/run_faults.sh
dist_check_SCRIPTS += tests/e2e/run_faults.sh tests/e2e/test_faults.py
