#!/bin/sh
# The SIPp scenarios against the real server, in a network of their own. Arguments: names of plays (default: all).
command -v sipp >/dev/null || { echo "no sipp here (Debian: sip-tester)"; exit 77; }
exec timeout -s KILL $((300 + ${PTT_SIPP_MEMBERS:-0} + 4 * ${PTT_SIPP_LEAVES:-0})) "$srcdir/tests/netns.sh" /usr/bin/python3 "$srcdir/tests/sipp/run.py" "$builddir" "$@"
