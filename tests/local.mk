# A fuzz target replays its corpus in make check; `./dev fuzz` links the same file with libFuzzer.
FUZZ_MAIN = tests/fuzz/replay.c

include tests/crypto.mk
include tests/sdp.mk
include tests/core.mk
include tests/store.mk
include tests/ops.mk
include tests/gba.mk
include tests/media.mk
include tests/sip.mk
include tests/client.mk
include tests/conf.mk
