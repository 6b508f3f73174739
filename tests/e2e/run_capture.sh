#!/bin/sh
for program in dumpcap tshark; do
	command -v $program >/dev/null || { echo "$program is missing: install tshark"; exit 1; }
done
exec timeout -k 10 150 "$srcdir/tests/netns.sh" /usr/bin/python3 "$srcdir/tests/e2e/test_capture.py"
