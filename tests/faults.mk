# Survival: the server killed at every fault point, steps that fail, and what must hold afterwards (docs/faults.md).
FAULT_TESTS = tests/e2e/run_fault_points.sh tests/e2e/run_fault_errors.sh tests/fault_strings.sh tests/e2e/test_fault_rows.py
TESTS += $(FAULT_TESTS)
dist_check_SCRIPTS += $(FAULT_TESTS) tests/e2e/outside_group.py tests/e2e/test_fault_points.py tests/e2e/test_fault_errors.py
