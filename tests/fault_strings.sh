#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What is given to users holds no fault point (module/base/fault_point.h); a build for tests does.
# usage: fault_strings.sh [FOLDER]    the folder of a release build or its installation; default: the build under test
set -u
has() { # the binaries below FOLDER in which a fault point was found
	find "$1" \( -name 'mod_pttkey.so' -o -name 'pttkeyd' -o -name 'pttkey-bsf' -o -name 'pttkey' -o -name 'pttkey-ue' \) \
		-type f -exec grep -lE 'PTT_FAULT|intent-durable|ptt_fault' {} +
}

folder=${1:-$builddir}
[ -n "$(find "$folder" -name mod_pttkey.so -type f)" ] || { echo "no mod_pttkey.so in $folder"; exit 1; }
found=$(has "$folder")
if [ $# = 0 ] && [ "${PTT_HAS_FAULT_POINTS:-}" = yes ]; then
	case $found in *mod_pttkey.so*) exit 0 ;; esac
	echo "a build with fault points, and none is found: this test sees nothing"
	exit 1
fi
[ -z "$found" ] && exit 0
echo "fault points in:" $found
exit 1
