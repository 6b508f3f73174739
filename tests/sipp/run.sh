#!/bin/sh
# The SIPp scenarios against the real server, in a private network namespace.
# Arguments: names of plays (default: all).
command -v sipp >/dev/null || { echo "no sipp here (Debian: sip-tester)"; exit 77; }
limit_s=$((300 + ${PTT_SIPP_MEMBERS:-0} + 4 * ${PTT_SIPP_LEAVES:-0}))
exec timeout -s KILL $limit_s "$srcdir/tests/netns.sh" \
	/usr/bin/python3 "$srcdir/tests/sipp/run.py" "$builddir" "$@"
