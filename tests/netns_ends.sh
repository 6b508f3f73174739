#!/bin/sh
# All processes of a command in tests/netns.sh end with it, where PID namespaces are permitted.
# A process left behind would hold its lock for a minute.
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
[ "$("$srcdir/tests/netns.sh" sh -c 'echo $PPID')" = 1 ] || {
	echo "skipped: no PID namespace here"
	exit 77
}
"$srcdir/tests/netns.sh" sh -c '
	flock "$0" sh -c "echo up >\"$0.up\"; sleep 60" &
	until [ -s "$0.up" ]; do :; done
	flock -n "$0" true && exit 1 # the lock must be held
	exit 5' "$folder/lock"
status=$?
[ $status = 5 ] || { echo "FAILED: exit status $status"; exit 1; }
flock -w 10 "$folder/lock" true || { echo "FAILED: a process has outlived its test"; exit 1; }
echo "1 passed"
