#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# An outside decoder reads our framing: tshark takes the MSK message out of the SDP of a re-INVITE,
# and the MTK message off UDP port 2269. It knows HDR, T, RAND, ID, SP, KEMAC and the SDP IDs
# extension; to the Key ID extension of RFC 4563 it can give length and bytes only.
set -eu
builddir=${builddir:-.}
command -v tshark >/dev/null || { echo "SKIP: no tshark"; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT INT TERM

"$builddir/tests/e2e/framing_make" "$dir/cap.pcap"

# fields FRAME NAME...: one line, fields separated by |, values of one field by a comma
fields() {
	frame=$1
	shift
	for name; do
		set -- "$@" -e "$name"
		shift
	done
	timeout -s KILL 60 tshark -n -r "$dir/cap.pcap" -Y "frame.number == $frame" \
		-T fields -E separator='|' "$@" 2>"$dir/err" || { cat "$dir/err" >&2; exit 1; }
}
failed=0
is() { # is WHAT GOT WANTED
	if [ "$2" = "$3" ]; then
		echo "ok: $1: $2"
	else
		echo "FAILED: $1: got \"$2\", wanted \"$3\""
		failed=1
	fi
}
hdr="mikey.version mikey.type mikey.v.set mikey.prf_func mikey.csb_id mikey.cs_count"
map="mikey.cs_id_map_type mikey.srtp_id.policy_no mikey.srtp_id.ssrc mikey.srtp_id.roc"

is "as sent, media level" "$(fields 1 sdp.media_attribute.field sdp.media_attribute.value |
	sed 's/.*\(key-mgmt\).*\(mikey AQAV\).*/\1 \2/')" "key-mgmt mikey AQAV"
# shellcheck disable=SC2086
{
is "MSK: HDR" "$(fields 2 $hdr)" "1|0|0|0|0x11223344|2"
is "MSK: SRTP-ID map" "$(fields 2 $map)" "0|0,0|0x00000000,0x00000000|0x00000000,0x00000000"
is "MTK: HDR" "$(fields 3 $hdr)" "1|0|0|0|0x11223344|2"
is "MTK: SRTP-ID map" "$(fields 3 $map)" "0|0,0|0x00000000,0x00000000|0x00000000,0x00000000"
}
# EXT EXT T RAND IDi IDr SP KEMAC, last; and EXT T KEMAC, last
is "MSK: order" "$(fields 2 mikey.next_payload)" "21,21,5,11,6,6,10,1,0"
is "MTK: order" "$(fields 3 mikey.next_payload)" "21,5,1,0"
is "MSK: Key ID and SDP IDs" \
	"$(fields 2 mikey.ext.type mikey.ext.len mikey.ext.data mikey.ext.value)" \
	"3,1|11,5|000300f110010400010001|mikey"
is "MTK: Key ID" "$(fields 3 mikey.ext.type mikey.ext.len mikey.ext.data)" \
	"3|15|000300f11001040001000102020001"
is "MSK: T is a counter" "$(fields 2 mikey.t.ts_type)" "2"
is "MTK: T is a counter" "$(fields 3 mikey.t.ts_type)" "2"
is "MSK: RAND" "$(fields 2 mikey.rand.len mikey.rand.data)" "16|a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
is "MSK: IDi, IDr" "$(fields 2 mikey.id.type mikey.id.len mikey.id.data)" \
	"1,0|19,44|pf1.poc.example.org,AAECAwQFBgcICQoLDA0ODw==@bsf.poc.example.org"
is "MSK: SP" "$(fields 2 mikey.sp.no mikey.sp.proto_type mikey.sp.param_len)" "0|0|0"
is "MSK: KEMAC" \
	"$(fields 2 mikey.kemac.encr_alg mikey.kemac.key_data_len mikey.kemac.mac_alg)" "1|26|1"
is "MTK: KEMAC" \
	"$(fields 3 mikey.kemac.encr_alg mikey.kemac.key_data_len mikey.kemac.mac_alg)" "1|36|1"
for frame in 2 3; do
	mac=$(fields $frame mikey.kemac.mac)
	is "frame $frame: MAC length" "${#mac}" 40
done
is "nothing malformed" \
	"$(timeout -s KILL 60 tshark -n -r "$dir/cap.pcap" -Y _ws.malformed 2>/dev/null)" ""
exit $failed
