#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The style of the tree: clang-format's layout, 100 columns, one dialect of C, 600 lines a file and
# 60 lines a function. Prints each violation as file:line: text; exits 1 if there is any.
# Looks at the files as they are, committed or not.
# Lines of patterns may be longer. So may files in `later`, whose comments are being rewritten: take
# a file or folder out of `later` when it fits.
set -u
cd "${srcdir:-$(dirname "$0")/..}" || exit 1
found=$(mktemp) || exit 1
trap 'rm -f "$found"' EXIT INT TERM
export LC_ALL=C.UTF-8 # columns are characters, not bytes

patterns='^tests/(model/mutants|layering)[.]sh$'
later='^module/(abi|base|config|core|group|server|sip|store)/'
later="$later|^(programs|tests/unit|tests/flow)/|^tests/(circles[.]py|model/run[.]sh)\$"

files() { # the sources with these endings; what a build makes beside them is not the tree's
	{
		find crypto sdp module programs tests -type f
		echo dev
		echo .ci/run
	} | grep -E "$1" | grep -vE '/(\.libs|\.deps|__pycache__)/' | sort
}
c=$(files '\.[ch]$')
all=$(files '\.(c|h|py|sh)$|^dev$|^\.ci/run$')

if command -v clang-format >/dev/null; then
	# shellcheck disable=SC2086 # no name here has a blank
	echo $c | xargs -n 64 -P "$(nproc)" clang-format --dry-run -Werror >>"$found" 2>&1
else
	echo "style: no clang-format here, so the layout is not checked"
fi

# shellcheck disable=SC2086
awk -v patterns="$patterns" -v later="$later" '
FNR == 1 { inside = 0 }
{
	text = $0
	while (match(text, /\t/)) # as wide as it is shown
		text = substr(text, 1, RSTART - 1) substr("        ", 1, 8 - (RSTART - 1) % 8) \
			substr(text, RSTART + 1)
	if (length(text) > 100 && FILENAME !~ patterns && FILENAME !~ later)
		print FILENAME ":" FNR ": " length(text) " columns, more than 100"
}
FILENAME !~ /\.[ch]$/ { next }
FNR == 601 { print FILENAME ":601: more than 600 lines" }
/sizeof +[A-Za-z_*(]/ && !/sizeof\(/ { print FILENAME ":" FNR ": write sizeof(x): " $0 }
/^[{]$/ { inside = FNR }
/^[}]/ {
	if (inside && FNR - inside - 1 > 60)
		print FILENAME ":" inside ": " FNR - inside - 1 " lines in a function, more than 60"
	inside = 0
}' $all >>"$found"

# shellcheck disable=SC2086
grep -n '== NULL' /dev/null $c | sed 's/$/   [write !p]/' >>"$found"

cat "$found"
count=$(grep -cE '^[^ :]+:[0-9]+:' "$found")
echo "style: $(echo "$all" | wc -l) files, $count violations"
[ "$count" = 0 ] && ! [ -s "$found" ]
