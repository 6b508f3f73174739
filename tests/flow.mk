# SPDX-License-Identifier: LGPL-2.1-or-later
# Flows: the server side and real clients in one process, as plays.
FLOW_TESTS = tests/flow/test_flow_answers tests/flow/test_flow_ends tests/flow/test_flow_faults \
	tests/flow/test_flow_join tests/flow/test_flow_rekey tests/flow/test_flow_secrets \
	tests/flow/test_flow_session tests/flow/test_flow_statuses tests/flow/test_flow_update \
	tests/flow/test_flow_window
check_PROGRAMS += $(FLOW_TESTS)
TESTS += $(FLOW_TESTS)
