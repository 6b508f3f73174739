#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The table of docs/architecture.md ("may include" / "may not"), checked by includes and identifiers.
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
sofia='sofia-sip/[a-z0-9_]+\.h'

only crypto "$pure|openssl/[a-z0-9_]+\\.h|crypto/[a-z0-9_]+\\.h"
only sdp "$pure|arpa/inet\\.h|sofia-sip/(sdp|su|su_[a-z0-9_]+)\\.h|crypto/(err|bytes)\\.h|sdp/[a-z0-9_]+\\.h"
only module/core "$pure|crypto/err\\.h|module/core/[a-z_]+\\.h"

# The four at the edges see crypto, core, and what another of them offers, not its insides.
edge="$os|sofia-sip/su[a-z0-9_]*\\.h|crypto/[a-z0-9_]+\\.h|module/core/[a-z_]+\\.h|module/ops/(log|metrics|config|fault_point)\\.h"
only module/media "$edge|srtp[a-z0-9/_]*\\.h|opencore-amr[a-z/_-]+\\.h|module/media/[a-z0-9_]+\\.h"
only module/gba "$edge|(microhttpd|curl/curl|expat|jansson|freeDiameter/[a-z-]+)\\.h|module/store/(store|store_read|rows)\\.h|module/gba/[a-z0-9_]+\\.h"
only module/store "$edge|(sqlite3|libpq-fe)\\.h|module/store/[a-z0-9_]+\\.h"
only module/ops "$edge|(libconfig|microhttpd|jansson|systemd/[a-z-]+)\\.h|module/store/(store|store_read|rows)\\.h|module/ops/[a-z0-9_]+\\.h"

below="$os|$sofia|(libconfig|jansson)\\.h|crypto/[a-z0-9_]+\\.h|sdp/[a-z0-9_]+\\.h|module/(abi|core|gba|media|store|ops)/[a-z0-9_]+\\.h"
only module/abi "$below|module/server/[a-z0-9_]+\\.h"
only module/server "$below|module/server/[a-z0-9_]+\\.h"
only module/client "$below|alsa/asoundlib\\.h|opencore-amr[a-z/_-]+\\.h|module/client/[a-z0-9_]+\\.h"
only programs "$below|module/(server|client)/[a-z0-9_]+\\.h|programs/[a-z0-9_]+\\.h"

all=$(sources crypto sdp module/abi module/core module/gba module/media module/ops module/server \
	module/client module/store programs)
but() { # all files but those whose path matches
	printf '%s\n' "$all" | grep -vE "^($1)\$"
}

# sip_server.c and its parts (sip_*), the dialog, the thin transaction and its sender; the host.
sip='module/server/(sip_[a-z]+|dialog|rekey_tx|rekey_send)\.[ch]|module/client/(sip_client|sip_agent|sip_session|dialog)\.[ch]|programs/pttkeyd\.c'
# The module's contract and its entry hand the host's agent and transactions through by name of type.
contract='module/abi/[a-z_]+\.[ch]|module/server/pf\.[ch]'
never "$(but "$sip|$contract")" '(nta|tport)_[a-z]' 'nta_ and tport_ belong to the SIP files'
never "$(printf '%s\n' "$all" | grep -E "^($contract)\$")" \
	'(tport_[a-z]|nta_[a-z_]+[ ]*\()' 'the contract names nta_ types, it calls nothing'
never "$(but 'crypto/.*')" '(EVP|HMAC|RAND)_[A-Za-z]' 'OpenSSL belongs to crypto'
never "$(but 'module/media/.*')" 'srtp_(create|protect|unprotect|init|dealloc|policy_t|t)([^A-Za-z0-9_]|$)' 'libsrtp belongs to module/media'
never "$(but 'module/store/.*')" '(sqlite3_[a-z]|PQ[a-z]+\()' 'SQL belongs to module/store'
never "$(sources module/server)" '(MHD|curl)_[a-z]' 'no HTTP in module/server'
never "$(sources module/client)" '(MHD|curl)_[a-z]' 'no HTTP in module/client'

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
