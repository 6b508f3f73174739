#!/bin/sh
# Random events and faults, then a storm of kills in a large group. usage: soak.sh MINUTES [SEED]
set -u
"$srcdir/tests/netns.sh" /usr/bin/python3 "$srcdir/tests/e2e/soak.py" "$@" || exit
"$srcdir/tests/netns.sh" /usr/bin/python3 "$srcdir/tests/e2e/test_kill_storm.py" "${2:-$$}" 20 1000
