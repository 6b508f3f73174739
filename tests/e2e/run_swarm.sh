#!/bin/sh
exec timeout -k 10 300 "$srcdir/tests/netns.sh" \
	/usr/bin/python3 "$srcdir/tests/e2e/test_swarm.py" "$@"
