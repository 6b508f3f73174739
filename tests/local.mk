# A fuzz target replays its corpus in make check; `./dev fuzz` links the same file with libFuzzer.
FUZZ_MAIN = tests/fuzz/replay.c
EXTRA_DIST += tests/unit/check_main.h

# A program's own CFLAGS are only there for other flags, or to compile a file of a library once more: automake wants to
# know the two objects apart. Without them a fixture is compiled once for all its tests.
include tests/crypto.mk
include tests/sdp.mk
include tests/core.mk
include tests/store.mk
include tests/ops.mk
include tests/gba.mk
include tests/zn.mk
include tests/media.mk
include tests/sip.mk
include tests/client.mk
include tests/conf.mk
include tests/docs.mk
include tests/flow.mk
include tests/sipp.mk
include tests/bench.mk
include tests/outside.mk
include tests/listen.mk
include tests/faults.mk

# `make tests/fuzz/fuzz_x.fuzz` (clang, --enable-fuzz): the target with libFuzzer's main().
FUZZ_LIBS = module/client/libptt-client.la $(SERVER_LIBS)
tests/fuzz/%.fuzz: $(top_srcdir)/tests/fuzz/%.c $(noinst_LTLIBRARIES)
	$(LIBTOOL) --tag=CC --mode=link $(CC) $(DEFS) $(AM_CPPFLAGS) $(AM_CFLAGS) $(CFLAGS) -fsanitize=fuzzer \
		-o $@ $< $(FUZZ_LIBS)
