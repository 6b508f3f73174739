# Survival: the server killed at every fault point, steps that fail, and what must hold afterwards (docs/faults.md).
FAULT_TESTS = tests/e2e/run_fault_points.sh tests/e2e/run_fault_errors.sh tests/e2e/run_swarm.sh tests/e2e/run_system_faults.sh tests/e2e/run_hostile.sh \
	tests/e2e/run_kill_storm.sh tests/fault_strings.sh tests/e2e/test_fault_rows.py
TESTS += $(FAULT_TESTS)
dist_check_SCRIPTS += $(FAULT_TESTS) tests/e2e/outside_group.py tests/e2e/outside_swarm.py tests/e2e/outside_witness.py \
	tests/e2e/test_fault_points.py tests/e2e/test_fault_errors.py tests/e2e/test_swarm.py tests/e2e/test_system_faults.py tests/e2e/test_hostile.py \
	tests/e2e/test_kill_storm.py tests/e2e/soak.py tests/e2e/soak.sh

# The system's own faults, preloaded: before the sanitizers' library nothing of theirs may be in it.
check_LTLIBRARIES += tests/e2e/libptt-faults.la
tests_e2e_libptt_faults_la_SOURCES = tests/e2e/libfaults.c
tests_e2e_libptt_faults_la_CFLAGS = $(WARN_CFLAGS)
tests_e2e_libptt_faults_la_LDFLAGS = -module -avoid-version -shared -rpath /nowhere
tests_e2e_libptt_faults_la_LIBADD = -ldl
