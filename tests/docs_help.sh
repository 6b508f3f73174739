#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The documents against the programs. A man page and --help name the same options, and pttkey.1 the
# same commands as pttkey. docs/configuration.md and pttkeyd.conf(5) name exactly the settings that
# the configuration reads, docs/metrics.md exactly the metrics that the server keeps.
set -u
top=${srcdir:-$(dirname "$0")/..}
build=${builddir:-.}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT INT TERM
export LC_ALL=C
failed=0

# same WHAT FILE FILE: checks that both files have the same lines, in any order
same() {
	sort -u "$2" >"$2.sorted"; sort -u "$3" >"$3.sorted"
	if [ ! -s "$2.sorted" ]; then
		echo "FAIL: $1: nothing found"; failed=1
	elif ! diff "$2.sorted" "$3.sorted" >"$work/diff"; then
		echo "FAIL: $1"; cat "$work/diff"; failed=1
	else
		echo "ok: $1 ($(wc -l <"$2.sorted"))"
	fi
}

help_of() { # what the program prints about itself
	case $1 in
	pttkey)
		"$build/pttkey" --help
		for command in status groups members expel admit rekey drain reload \
			log-level watch trace \
			subscriber mikey gba lab; do
			"$build/pttkey" "$command" --help || return 1
		done ;;
	*) "$build/$1" --help ;;
	esac
}

options() { grep -oE -e '--[a-z][a-z0-9-]*' | grep -vE -e '^--(help|version)$'; }

for file in "$top"/docs/man/*.[18]; do
	page=${file##*/}
	program=${page%.*}
	help_of "$program" >"$work/help" || { echo "FAIL: $program --help"; failed=1; }
	"$build/$program" --version >"$work/version" || {
		echo "FAIL: $program --version"
		failed=1
	}
	options <"$work/help" >"$work/in-help"
	sed 's/\\-/-/g' "$file" | options >"$work/in-page"
	same "options of $program: --help < > $page" "$work/in-help" "$work/in-page"
done

"$build/pttkey" --help | sed -nE 's/^  ([a-z][a-z-]*)( .*|$)/\1/p' >"$work/commands"
sed -nE 's/\\-/-/g; s/^\.BI? "pttkey ([a-z-]+) .*/\1/p' "$top/docs/man/pttkey.1" >"$work/in-page"
same "commands of pttkey: --help < > pttkey.1" "$work/commands" "$work/in-page"

{
	sed -nE 's/^[[:space:]]*\{"([a-z_]+)", PTT_FIELD_.*/\1/p' "$top"/module/config/config*.c
	sed -nE -e 's/^[[:space:]]*X\(([a-z_]+), .*/\1/p' \
		-e 's/^[[:space:]]*\[[A-Z_]+\] = \{"([a-z_]+)", "[a-z_]+ must be .*/\1/p' \
		"$top"/module/core/policy.c
} >"$work/read"
sed -nE 's/^\| `([a-z_]+)` \|.*/\1/p' "$top/docs/configuration.md" >"$work/documented"
same "settings read < > configuration.md" "$work/read" "$work/documented"
sed -nE 's/^\.B ([a-z_]+)$/\1/p' "$top/docs/man/pttkeyd.conf.5" |
	grep -vE '^_(s|ms)$' >"$work/in-page"
same "settings read < > pttkeyd.conf(5)" "$work/read" "$work/in-page"

sed -nE 's/.*\.name = "(pttkey_[a-z_]+)".*/\1/p' "$top/module/base/metrics.c" >"$work/kept"
sed -nE 's/^\| `(pttkey_[a-z_]+)` \|.*/\1/p' "$top/docs/metrics.md" >"$work/documented"
same "metrics kept < > metrics.md" "$work/kept" "$work/documented"

exit $failed
