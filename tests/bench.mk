# Benchmarks (`make bench`, `./dev bench`): they print ratios and are no tests. See docs/performance.md.
BENCHES = tests/bench/floor tests/bench/members tests/bench/wrap
EXTRA_PROGRAMS = $(BENCHES)
CLEANFILES += $(BENCHES)
EXTRA_DIST += tests/bench/run.py tests/bench/bench_lab.py tests/bench/profile.py
tests_bench_floor_SOURCES = tests/bench/floor.c
tests_bench_floor_LDADD = $(CRYPTO_LIBS)
tests_bench_members_SOURCES = tests/bench/members.c tests/bench/member.c tests/bench/member.h tests/bench/udp.c \
	tests/bench/udp.h tests/bench/sip_text.c tests/bench/sip_text.h tests/bench/channel_watch.c \
	tests/bench/channel_watch.h tests/bench/probe.c tests/bench/probe.h
tests_bench_members_LDADD = crypto/libptt-crypto.la $(CRYPTO_LIBS)
tests_bench_wrap_SOURCES = tests/bench/wrap.c
tests_bench_wrap_LDADD = crypto/libptt-crypto.la $(CRYPTO_LIBS)

.PHONY: bench
bench: $(BENCHES) $(bin_PROGRAMS) $(pkglib_LTLIBRARIES)
	$(srcdir)/tests/netns.sh /usr/bin/python3 $(srcdir)/tests/bench/run.py '$(abs_builddir)' $(BENCH_ARGS)
