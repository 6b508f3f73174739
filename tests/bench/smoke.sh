#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The benchmark itself, with a handful of members: every scenario runs, every re-key counts, the
# JSON and the picture are readable. The test judges no figure.
set -eu
out=$(mktemp)
trap 'rm -f "$out"' EXIT INT TERM
timeout -k 10 240 "$srcdir/tests/netns.sh" \
	/usr/bin/python3 "$srcdir/tests/bench/run.py" "$builddir" --smoke --json \
	--only "${1:-state,scale,calls,restart,tcp,storm,exposure,scripts,memory,huge}" >"$out"
/usr/bin/python3 "$srcdir/tests/bench/smoke.py" "$out"
