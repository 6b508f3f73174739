#!/bin/sh
command -v baresip >/dev/null || { echo "baresip is missing: install baresip-core"; exit 1; }
exec timeout -k 10 120 "$srcdir/tests/netns.sh" /usr/bin/python3 "$srcdir/tests/e2e/test_baresip.py"
