#!/bin/sh
exec timeout -k 10 180 /usr/bin/python3 "$srcdir/tests/e2e/test_outside_vectors.py"
