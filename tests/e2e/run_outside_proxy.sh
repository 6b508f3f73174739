#!/bin/sh
command -v kamailio >/dev/null || PATH=$PATH:/usr/sbin
command -v kamailio >/dev/null || { echo "kamailio is not installed"; exit 77; }
exec timeout -k 10 240 "$srcdir/tests/netns.sh" \
	/usr/bin/python3 "$srcdir/tests/e2e/test_outside_proxy.py"
