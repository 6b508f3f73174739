#!/bin/sh
exec timeout -k 10 240 "$srcdir/tests/netns.sh" \
	/usr/bin/python3 "$srcdir/tests/e2e/test_outside_tls.py"
