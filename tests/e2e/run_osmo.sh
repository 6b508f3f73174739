#!/bin/sh
exec timeout -k 10 120 /usr/bin/python3 "$srcdir/tests/e2e/test_osmo.py"
