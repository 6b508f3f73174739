# A client of another author and language, written from docs/wire.md alone, against the programs as they are.
OUTSIDE_TESTS = tests/e2e/run_outside_vectors.sh tests/e2e/run_outside_join.sh tests/e2e/run_outside_rekey.sh \
	tests/e2e/run_outside_odd.sh tests/e2e/run_outside_restart.sh tests/e2e/run_outside_tool.sh \
	tests/e2e/run_outside_policy.sh tests/e2e/run_outside_tls.sh tests/e2e/run_outside_proxy.sh \
	tests/e2e/run_outside_overload.sh tests/e2e/run_outside_reasons.sh tests/e2e/run_floor.sh
TESTS += $(OUTSIDE_TESTS)
dist_check_SCRIPTS += $(OUTSIDE_TESTS) tests/e2e/outside.py tests/e2e/outside_channel.py \
	tests/e2e/outside_dialog.py tests/e2e/outside_gcm.py tests/e2e/outside_keys.py \
	tests/e2e/outside_mikey.py tests/e2e/outside_sip.py tests/e2e/outside_ub.py tests/e2e/outside_world.py \
	tests/e2e/test_outside_vectors.py tests/e2e/test_outside_join.py tests/e2e/test_outside_rekey.py \
	tests/e2e/test_outside_odd.py tests/e2e/test_outside_restart.py tests/e2e/test_outside_tool.py \
	tests/e2e/test_outside_policy.py tests/e2e/test_outside_tls.py tests/e2e/test_outside_proxy.py \
	tests/e2e/test_outside_overload.py tests/e2e/test_outside_reasons.py tests/e2e/test_floor.py
EXTRA_DIST += tests/e2e/vectors_outside.txt
