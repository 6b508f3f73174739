#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The model of the re-key (rekey.pml) checked by spin: three members, first as designed, where no error may be
# found, then with one rule left out, where the error must be found and be one of the invariant expected.
#   tests/model/run.sh          what `make check` runs
#   tests/model/run.sh all      every rule left out, and larger bounds (minutes, some GB)
#   tests/model/run.sh play X   how leaving out rule X goes wrong, step by step
set -eu
model=$(cd "$(dirname "$0")" && pwd)/rekey.pml
command -v spin >/dev/null || { echo "no spin: skipped"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
cd "$work"
failed=0

small="-DCRASHES=1 -DEXPELS=4 -DTIMEOUTS=0" # one expulsion, a crash, a failing store
few="-DTIMEOUTS=0 -DFAULTS=0 -DROTATIONS=0"
calm="-DCRASHES=0 -DFAULTS=0 -DROTATIONS=0" # two expulsions, a member that times out

explore() { # OPTIONS: fills out; spin's own exit status says nothing about errors found
	rm -f pan* ./*.trail
	cp -f "$model" rekey.pml
	# shellcheck disable=SC2086
	spin -a $1 rekey.pml >spin.log || { cat spin.log; exit 1; }
	${CC:-cc} -O2 -w -DSAFETY -DMEMLIM=8000 -o pan pan.c
	./pan -m100000 >out 2>&1 || true
	grep -q 'errors: [0-9]' out || { cat out; exit 1; }
	if grep -qE 'max search depth too small|out of memory|reached -DMEMLIM' out; then cat out; exit 1; fi
}

designed() { # WHAT OPTIONS
	explore "$2"
	states=$(awk '/states, stored/ { print $1 }' out)
	if grep -q 'errors: 0' out; then
		printf '%-64s holds in %s states\n' "$1" "$states"
	else
		printf '%-64s FAILED\n' "$1"
		# shellcheck disable=SC2086
		spin -t -p $2 rekey.pml | tail -n 60
		failed=1
	fi
}

found() { # the invariant whose assertion failed, from the comment in its line
	# shellcheck disable=SC2086
	line=$(spin -t $1 rekey.pml | sed -n 's/^spin: rekey.pml:\([0-9]*\), Error: assertion violated.*/\1/p' | head -n 1)
	[ -n "$line" ] || { echo nothing; return; }
	sed -n "${line}s,.*/\* \(I[0-9]\) \*/.*,\1,p;${line}s,.*assert(\(I1\)).*,\1,p" rekey.pml
}

broken() { # RULE INVARIANT(S) WHAT OPTIONS
	[ -z "${only:-}" ] || [ "$only" = "$1" ] || return 0
	options="$4 -DBREAK_$1"
	explore "$options"
	if [ -n "${only:-}" ]; then
		# shellcheck disable=SC2086
		spin -t -p -g $options rekey.pml
		return
	fi
	what=none
	[ ! -e rekey.pml.trail ] || what=$(found "$options")
	if echo "$what" | grep -qxE "$2"; then
		printf '%-64s fails, as it must: %s\n' "$3" "$what"
	else
		printf '%-64s FOUND %s, not %s\n' "$3" "$what" "$2"
		failed=1
	fi
}

broken_all() {
	broken DURABLE "I2|I7" "offered before the MSK is durable" "-DCRASHES=1 -DEXPELS=0 -DOPERATORS=2 $few"
	broken EXPELLED I6 "offered to an expelled member" "$small -DOPERATORS=0"
	broken RING I7 "MTKs taken under a former MSK" "$small -DOPERATORS=0"
	[ "${1:-}" = all ] || return 0
	broken MTK_RESERVE I3 "MTK id used before it is reserved" "$small -DOPERATORS=0"
	broken COUNTER I3 "counter used before it is reserved" "$small"
	broken BAN I6 "ban not in the batch" "$small -DOPERATORS=0"
	broken SETTLE I4 "settled without an answer" "$small -DOPERATORS=0"
	broken SENT I8 "no record of members sent the MSK" "-DCRASHES=0 -DEXPELS=4 $few"
	broken RESUME I8 "the intent forgotten in a crash" "$small -DOPERATORS=0"
	broken ROTATE I8 "new MTK before an expulsion's cut-over" "$small -DOPERATORS=0"
	broken DONE I8 "a switch the store did not take is not written again" "$small -DROTATIONS=0"
	broken AFTER I5 "no offers after the cut-over" "$calm -DOPERATORS=0"
}

case "${1:-}" in
play)
	only=${2:?which rule}
	broken_all all
	exit 0 ;;
all)
	designed "two expulsions, an operator, a timeout" "$calm"
	designed "two expulsions, a crash, a failing store" "-DCRASHES=1 -DTIMEOUTS=0 -DOPERATORS=0 -DROTATIONS=0"
	designed "an expulsion, an operator, a crash, a failing store" "$small -DROTATIONS=0"
	designed "an expulsion, a timeout, two crashes" "-DCRASHES=2 -DEXPELS=4 -DOPERATORS=0 -DFAULTS=0 -DROTATIONS=0" ;;
esac
designed "an expulsion, a crash, a failing store, a new MTK" "$small -DOPERATORS=0"
designed "two expulsions, a timeout" "$calm -DOPERATORS=0"
designed "two expulsions, a crash" "-DCRASHES=1 -DOPERATORS=0 $few"
broken_all "${1:-}"
exit $failed
