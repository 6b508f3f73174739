#!/bin/sh
exec timeout -k 10 240 "$srcdir/tests/netns.sh" unshare -m /usr/bin/python3 "$srcdir/tests/e2e/test_faults.py" "$@"
