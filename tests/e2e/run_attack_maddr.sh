#!/bin/sh
exec timeout -k 10 120 "$srcdir/tests/netns.sh" \
	/usr/bin/python3 "$srcdir/tests/e2e/attack_maddr.py" "$@"
