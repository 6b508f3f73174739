#!/bin/sh
# The full disk is a small tmpfs in a private mount namespace. In a chroot the root cannot
# be private.
how=private
unshare -m true 2>/dev/null || how=unchanged
exec timeout -k 10 240 "$srcdir/tests/netns.sh" unshare -m --propagation $how \
	/usr/bin/python3 "$srcdir/tests/e2e/test_faults.py" "$@"
