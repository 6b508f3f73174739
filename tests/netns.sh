#!/bin/sh
# Runs a command in a network namespace of its own: loopback up, IPv4 multicast on it, nothing else there.
# usage: tests/netns.sh COMMAND ...
[ "$(id -u)" = 0 ] && map= || map=-r
exec unshare $map -n sh -c '
	ip link set lo up multicast on &&
	ip route add 224.0.0.0/4 dev lo &&
	exec "$@"' netns "$@"
