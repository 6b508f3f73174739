# SPDX-License-Identifier: LGPL-2.1-or-later
# A fuzz target replays its corpus in make check; `./dev fuzz` links the same file with libFuzzer.
FUZZ_TARGETS = tests/fuzz/fuzz_bootstrapping_info tests/fuzz/fuzz_channel \
	tests/fuzz/fuzz_client_offer tests/fuzz/fuzz_floor tests/fuzz/fuzz_key_mgmt \
	tests/fuzz/fuzz_mikey tests/fuzz/fuzz_nbsp tests/fuzz/fuzz_pcapng \
	tests/fuzz/fuzz_fast_200 tests/fuzz/fuzz_relay tests/fuzz/fuzz_rtp \
	tests/fuzz/fuzz_sip_shed tests/fuzz/fuzz_tbcp tests/fuzz/fuzz_ub_auth
if HAVE_FREEDIAMETER
FUZZ_TARGETS += tests/fuzz/fuzz_diameter
endif
check_PROGRAMS += $(FUZZ_TARGETS)
TESTS += $(FUZZ_TARGETS)
EXTRA_DIST += tests/fuzz/corpus

# `make tests/fuzz/fuzz_x.fuzz` (clang, --enable-fuzz): the target with libFuzzer's main().
tests/fuzz/%.fuzz: $(top_srcdir)/tests/fuzz/%.c $(noinst_LTLIBRARIES)
	$(LIBTOOL) --tag=CC --mode=link $(CC) $(DEFS) $(AM_CPPFLAGS) $(AM_CFLAGS) $(CFLAGS) -fsanitize=fuzzer \
		-o $@ $< $(UE_LIBS)
