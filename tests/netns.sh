#!/bin/sh
# Runs a command in a network namespace of its own: loopback up, IPv4 multicast on it, nothing else there; where that
# is permitted, in a PID namespace, too: whatever the command has started ends with it.
# usage: tests/netns.sh COMMAND ...
[ "$(id -u)" = 0 ] && map= || map=-r
pids='--pid --fork --kill-child --mount-proc'
unshare $map -n $pids true 2>/dev/null || pids=
exec unshare $map -n $pids sh -c '
	ip link set lo up multicast on &&
	ip route add 224.0.0.0/4 dev lo &&
	"$@"
	exit $?  # by the shell, the namespace'"'"'s first process: a signal ends the command as it would elsewhere' netns "$@"
