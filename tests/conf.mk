# What needs the whole: real processes in a namespace of their own (tests/netns.sh).
check_PROGRAMS += tests/flow/tiny_host
tests_flow_tiny_host_SOURCES = tests/flow/tiny_host.c
tests_flow_tiny_host_LDADD = $(SOFIA_LIBS) -ldl

E2E_TESTS = tests/netns_ends.sh tests/e2e/run_tiny_host.sh tests/e2e/run_demo.sh tests/e2e/run_renew.sh
TESTS += $(E2E_TESTS)
dist_check_SCRIPTS += $(E2E_TESTS) tests/e2e/lab.py tests/e2e/demo.py tests/e2e/demo.sh tests/e2e/serve.sh \
	tests/e2e/test_tiny_host.py tests/e2e/test_renew.py tests/netns.sh
