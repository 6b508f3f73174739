#!/bin/sh
# Runs a server in the foreground, with its state in ./serve-state; prints how to join it.
# usage: serve.sh STAGE
set -eu
stage=$1
here=$(cd "$(dirname "$0")" && pwd)
state=$(pwd)/serve-state
mkdir -p "$state" && chmod 700 "$state"
cd "$state"
[ -f kek ] || (umask 077 && head -c 32 /dev/urandom >kek)
[ -f pttkeyd.conf ] || cp "$here/../../docs/pttkeyd.conf.example" pttkeyd.conf
k=465b5ce8b199b49faa5f0a2ee238a6bc opc=cd63cb71954a9f4e48a5994e37a02baf
for name in alice bob boss; do
	"$stage/bin/pttkey" subscriber list --config pttkeyd.conf 2>/dev/null | grep -q "$name@" ||
		"$stage/bin/pttkey" subscriber add --config pttkeyd.conf \
			--impi "$name@poc.example.org" \
			--impu "sip:$name@poc.example.org" --k $k --opc $opc
done
cat <<EOT
state: $state        subscribers: alice bob boss (@poc.example.org), one lab key for all
join, in another terminal:
  $stage/bin/pttkey-ue --impi alice@poc.example.org --impu sip:alice@poc.example.org \\
      --k $k --opc $opc --sqn-file alice.sqn --bsf http://127.0.0.1:8080/ \\
      --server sip:127.0.0.1:5060 \\
      --group sip:alpha@poc.example.org --interface lo --talk tone
list the members, and expel one:
  $stage/bin/pttkey members --config $state/pttkeyd.conf sip:alpha@poc.example.org
  $stage/bin/pttkey expel --config $state/pttkeyd.conf sip:alpha@poc.example.org \\
      sip:alice@poc.example.org
(once, for multicast on lo: ip link set lo multicast on; ip route add 233.252.0.0/24 dev lo)
stop with Ctrl-C
EOT
exec "$stage/bin/pttkeyd" -c pttkeyd.conf --foreground
