#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The table "Rooms" of docs/architecture.md, checked by includes and identifiers.
# Prints each violation as file:line: text [rule]; exits 1 if there is any. A folder that is not there
# yet is passed over. What is let through against the table stands in docs/architecture.md, one a line:
#	exempt: FILE WORD -- reason
# and every use of such a line is printed too, so that nothing is exempt silently.
set -u
cd "${srcdir:-$(dirname "$0")/..}" || exit 1
hits=$(mktemp) || exit 1
trap 'rm -f "$hits"' EXIT INT TERM

sources() { # the C files of these folders, not of those below them
	for dir; do
		find "$dir" -maxdepth 1 \( -name '*.c' -o -name '*.h' \) 2>/dev/null
	done | LC_ALL=C sort
}

# only FOLDER ALLOWED: every #include there matches the extended regular expression ALLOWED.
only() {
	files=$(sources "$1")
	[ -z "$files" ] && return
	# shellcheck disable=SC2086 # no name here has a blank
	grep -nE '^[[:space:]]*#[[:space:]]*include' /dev/null $files |
		grep -vE "include[[:space:]]*[<\"]($2)[>\"]" | sed "s|\$|   [$1 may not include this]|" >>"$hits"
}

# never FILES WORD RULE: nothing that matches WORD in code; comments and strings are not code.
never() {
	[ -z "$1" ] && return
	# shellcheck disable=SC2086
	awk -v word="(^|[^A-Za-z0-9_])$2" -v rule="$3" '
		FNR == 1 { comment = 0 }
		{
			line = $0
			if (comment) {
				if (!sub(/^.*\*\//, "", line)) next
				comment = 0
			}
			if (line !~ /#[ \t]*include/) gsub(/"([^"\\]|\\.)*"/, "\"\"", line)
			gsub(/\/\*([^*]|\*+[^*\/])*\*+\//, "", line)
			if (sub(/\/\*.*$/, "", line)) comment = 1
			sub(/\/\/.*$/, "", line)
			if (line ~ word) print FILENAME ":" FNR ":" $0 "   [" rule "]"
		}' $1 >>"$hits"
}

pure='(assert|ctype|errno|inttypes|limits|stdalign|stdarg|stdbool|stddef|stdint|stdio|stdlib|string|strings|math|threads)\.h'
os='(fcntl|signal|stdatomic|time|unistd|pthread|poll|netdb|ifaddrs|locale|getopt|dlfcn|sched|semaphore|fnmatch|libgen)\.h'
os="$pure|$os|(endian|pwd|grp|dirent|spawn|termios|glob|sys/[a-z]+|net/[a-z]+|netinet/[a-z_]+|arpa/[a-z]+|linux/[a-z_]+)\\.h"

# A room is a row: what it may include of libc (pure or os), of vendors, of other rooms. Its own headers it may.
room() { # ROOM LIBC VENDORS ROOMS
	only "$1" "$2|$1/[a-z0-9_]+\\.h${3:+|($3)\\.h}${4:+|($4)\\.h}"
}

# doors ROOM N: at most N headers of a room are included from outside of it; tests do not count.
doors() {
	seen=$(seen_from_outside "$1")
	count=$(printf '%s\n' "$seen" | grep -c .)
	[ "$count" -le "$2" ] || printf '%s\n' "$seen" |
		sed "s|^|$1:0: seen from outside: |; s|\$|   [of $1 at most $2 headers are seen from outside]|" >>"$hits"
}
seen_from_outside() {
	find crypto sdp module programs -name '*.[ch]' ! -path "$1/*" -print0 |
		xargs -0 sed -nE "s|^[[:space:]]*#[[:space:]]*include[[:space:]]*\"($1/[a-z0-9_]+\.h)\".*|\1|p" | LC_ALL=C sort -u
}

su='sofia-sip/su[a-z0-9_]*'
base='module/base/[a-z0-9_]+'
crypto='crypto/[a-z0-9_]+'
sdp='sdp/[a-z0-9_]+'
core='module/core/[a-z0-9_]+'
config='module/config/config(_change|_group)?'
store='module/store/(store|store_read|rows)'
rtp='module/rtp/[a-z0-9_]+'
sip='module/sip/(dialog|sip_events|sip_server|sip_watch)'
group='module/group/[a-z0-9_]+'
media='module/media/media'
naf='module/gba/naf_source'

room crypto "$pure" 'openssl/[a-z0-9_]+' ''
room sdp "$pure|arpa/inet\\.h" "sofia-sip/sdp|$su" 'crypto/(err|bytes)'
room module/core "$pure" '' 'crypto/err'
room module/base "$os" "$su|sofia-sip/(msg|sip)[a-z0-9_]*" 'crypto/(err|bytes|random|secret)'
room module/config "$os" 'libconfig' "$base|module/core/(policy|overload)|crypto/(err|bytes|mbms_profile|secret)|$sdp"
room module/store "$os" "sqlite3|libpq-fe|$su" "$base|$crypto"
room module/gba "$os" "microhttpd|curl/curl|expat|jansson|freeDiameter/[a-z-]+|$su" "$base|$config|$store|$crypto"
room module/sip "$os" 'sofia-sip/[a-z0-9_]+' "$base|$config|module/core/overload|$naf|module/store/rows|crypto/(err|bytes|digest|random|secret)"
room module/group "$os" "$su" "$sip|$media|$core|$store|$crypto|$sdp|$base|$config|$naf"
room module/server "$os" "sofia-sip/(su[a-z0-9_]*|nta)|jansson" \
	"$group|$sip|$media|$core|$store|$crypto|$sdp|$base|$config|module/(gba|ops|lab|abi)/[a-z0-9_]+"
room module/rtp "$os" 'srtp[a-z0-9/_]*' "$crypto|$base"
room module/media "$os" "$su|srtp[a-z0-9/_]*" "$rtp|$crypto|$base"
room module/client "$os" 'sofia-sip/[a-z0-9_]+' "$rtp|module/gba/(card|ub_client)|$sdp|$crypto|$base"
room module/ue "$os" "$su|sofia-sip/url|libconfig|jansson|alsa/asoundlib|opencore-amr[a-z/_-]+" \
	"module/client/[a-z0-9_]+|$rtp|$sdp|$crypto|$base|module/gba/ub_client|module/lab/key_log"
room module/ops "$os" "microhttpd|jansson|systemd/[a-z-]+|$su" "$base|$config|crypto/(err|bytes)"
room module/lab "$os" '' "$rtp|$base|$crypto"
room module/abi "$pure" 'sofia-sip/[a-z0-9_]+' ''
room programs "$os" "sofia-sip/[a-z0-9_]+|libconfig|jansson|jemalloc/jemalloc" \
	"$crypto|$base|$config|$store|module/(gba|lab|ops|client)/[a-z0-9_]+|module/ue/ue|module/abi/pttkey_module|$core"

doors module/config 2
doors module/store 3
doors module/sip 3
doors module/group 4
doors module/server 1
doors module/rtp 6
doors module/media 1
doors module/client 4
doors module/ue 1
doors module/ops 2
doors module/lab 3
doors module/abi 1

count=$(sources module/server | grep -c '\.c$')
[ "$count" -le 12 ] || echo "module/server:0: $count files   [module/server has at most 12 .c files]" >>"$hits"

all=$(sources crypto sdp module/abi module/base module/config module/core module/store module/gba module/sip \
	module/group module/server module/rtp module/media module/client module/ue module/ops module/lab programs)
but() { # all files but those whose path matches
	printf '%s\n' "$all" | grep -vE "^($1)\$"
}

# Sofia's transactions and transports belong to the SIP edge of each end, and to the host.
nta='module/(sip|client)/[a-z0-9_]+\.[ch]|programs/pttkeyd\.c'
# The module's contract and its entry hand the host's agent and transactions through by name of type.
contract='module/abi/[a-z_]+\.[ch]|module/server/(server|server_start|entry)\.[ch]'
never "$(but "$nta|$contract")" '(nta|tport)_[a-z]' 'nta_ and tport_ belong to module/sip and module/client'
never "$(printf '%s\n' "$all" | grep -E "^($contract)\$")" \
	'(tport_[a-z]|nta_[a-z_]+[ ]*\()' 'the contract names nta_ types, it calls nothing'
never "$(sources module/sip)" 'ptt_(group|tracker|msk|mtk|muk|mikey|media|keyring)(_[a-z0-9_]*)?' 'module/sip knows no group and no key'
never "$(but 'crypto/.*')" '(EVP|HMAC|RAND)_[A-Za-z]' 'OpenSSL belongs to crypto'
never "$(but 'module/(media|rtp)/.*')" 'srtp_(create|protect|unprotect|init|dealloc|policy_t|t)([^A-Za-z0-9_]|$)' 'libsrtp belongs to module/rtp and module/media'
never "$(but 'module/store/.*')" '(sqlite3_[a-z]|PQ[a-z]+\()' 'SQL belongs to module/store'
never "$(but 'module/(gba|ops)/.*')" '(MHD|curl)_[a-z]' 'HTTP belongs to module/gba and module/ops'

# crypto allocates nothing and asks nobody; the tracker asks neither a clock nor the system.
world='(socket|connect|bind|sendto|recvfrom|open|fopen|read|write|time|gettimeofday|clock_gettime|getenv)[ ]*\('
never "$(sources crypto)" '(malloc|calloc|realloc|free|strdup)[ ]*\(' 'crypto never allocates'
never "$(sources crypto)" "$world" 'no files, sockets or clock in crypto'
never "$(sources module/core)" "$world" 'module/core is pure'
never "$(sources module/core)" '(printf|fprintf|puts|syslog|ptt_log)[ ]*\(' 'module/core does not log'

files=$(printf '%s\n' "$all" | grep -c .)
if [ "$files" -eq 0 ]; then
	echo "layering: no source file found in $(pwd)" >&2
	exit 1
fi
grep -h '^[[:space:]]*exempt: ' docs/architecture.md 2>/dev/null |
	awk -v hits="$hits" -v files="$files" '
	{ file[++n] = $2; word[n] = $3; reason[n] = (index($0, "--") != 0) }
	END {
		while ((getline line < hits) > 0) {
			let = 0
			for (i = 1; i <= n; i++)
				if (reason[i] && index(line, file[i] ":") == 1 && index(line, word[i])) let = 1
			if (let) exempt++; else found++
			print (let ? "exempt by docs/architecture.md: " : "") line
		}
		printf "layering: %d files, %d violations, %d exempt\n", files, found, exempt
		exit found > 0
	}'
