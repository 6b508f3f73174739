#!/bin/sh
# Without freeDiameter there is no Diameter.
grep -q "^DIAMETER_LIBS = ." "$builddir/Makefile" || exit 77
export LSAN_OPTIONS="suppressions=$srcdir/tests/e2e/freediameter.supp"
exec timeout -k 10 240 "$srcdir/tests/netns.sh" \
	/usr/bin/python3 "$srcdir/tests/e2e/test_zn_diameter.py"
