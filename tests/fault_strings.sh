#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Users' binaries hold no fault point (module/base/fault_point.h); a build for tests does.
# usage: fault_strings.sh [FOLDER]
# FOLDER: a release build or its installation; default: the build under test
set -u
has() { # prints the binaries below FOLDER that have a fault point
	find "$1" \( -name 'mod_pttkey.so' -o -name 'pttkeyd' -o -name 'pttkey-bsf' -o \
		-name 'pttkey' -o -name 'pttkey-ue' \) -type f \
		-exec grep -lE 'PTT_FAULT|intent-durable|ptt_fault' {} +
}

folder=${1:-$builddir}
[ -n "$(find "$folder" -name mod_pttkey.so -type f)" ] || {
	echo "no mod_pttkey.so in $folder"
	exit 1
}
found=$(has "$folder")
if [ $# = 0 ] && [ "${PTT_HAS_FAULT_POINTS:-}" = yes ]; then
	case $found in *mod_pttkey.so*) exit 0 ;; esac
	echo "no fault point found in a build with fault points: this test is blind"
	exit 1
fi
[ -z "$found" ] && exit 0
echo "fault points in:" $found
exit 1
