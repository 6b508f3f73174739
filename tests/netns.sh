#!/bin/sh
# Runs a command in a private network namespace: only the loopback, up, with IPv4 multicast on it.
# Where that is permitted, also in a PID namespace: all processes of the command end with it.
# usage: tests/netns.sh COMMAND ...
[ "$(id -u)" = 0 ] && map= || map=-r
pids='--pid --fork --kill-child --mount-proc'
unshare $map -n $pids true 2>/dev/null || pids=
exec unshare $map -n $pids sh -c '
	ip link set lo up multicast on &&
	ip route add 224.0.0.0/4 dev lo &&
	"$@"
	exit $?' netns "$@" # the shell is process 1, so signals keep their effect on the command
