# Survival: the server killed at every fault point, steps that fail, and what must hold afterwards (docs/faults.md).
FAULT_TESTS = tests/e2e/run_fault_points.sh tests/e2e/run_fault_errors.sh tests/e2e/run_swarm.sh \
	tests/e2e/run_kill_storm.sh tests/fault_strings.sh tests/e2e/test_fault_rows.py
TESTS += $(FAULT_TESTS)
dist_check_SCRIPTS += $(FAULT_TESTS) tests/e2e/outside_group.py tests/e2e/outside_swarm.py tests/e2e/outside_witness.py \
	tests/e2e/test_fault_points.py tests/e2e/test_fault_errors.py tests/e2e/test_swarm.py \
	tests/e2e/test_kill_storm.py tests/e2e/soak.py tests/e2e/soak.sh
