# SPDX-License-Identifier: LGPL-2.1-or-later
# Zn: a BSF of its own, and servers that ask it.
ZN_TESTS = tests/e2e/run_zn.sh tests/e2e/run_zn_diameter.sh
TESTS += $(ZN_TESTS)
dist_check_SCRIPTS += $(ZN_TESTS) tests/e2e/test_zn.py tests/e2e/test_zn_diameter.py tests/e2e/zn_lab.py \
	tests/e2e/outside_invite.py
EXTRA_DIST += tests/e2e/freediameter.supp
