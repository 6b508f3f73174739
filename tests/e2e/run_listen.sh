#!/bin/sh
# Needs GStreamer's elements. The test names a missing element, and fails.
[ -x "$builddir/tests/e2e/listen_gst" ] || {
	echo "listen_gst was not built: install libgstreamer1.0-dev and configure again"
	exit 1
}
for element in udpsrc:good srtpdec:bad rtpjitterbuffer:good rtpamrdepay:good rtppcmudepay:good \
	amrnbdec:ugly mulawdec:good audioconvert:base wavenc:good; do
	gst-inspect-1.0 --exists "${element%:*}" || {
		echo "GStreamer has no ${element%:*}:" \
			"install gstreamer1.0-tools and gstreamer1.0-plugins-${element#*:}"
		exit 1
	}
done
# two codecs, a burst of 5 s each
LSAN_OPTIONS="suppressions=$srcdir/tests/e2e/gstreamer.supp:print_suppressions=0"
export LSAN_OPTIONS
exec timeout -k 10 180 "$srcdir/tests/netns.sh" /usr/bin/python3 "$srcdir/tests/e2e/test_listen.py"
