# Benchmarks (`make bench`, `./dev bench`): they print ratios and are no tests. See docs/performance.md.
BENCHES = tests/bench/floor tests/bench/members tests/bench/relay tests/bench/state tests/bench/wrap
check_PROGRAMS += $(BENCHES)
TESTS += tests/bench/smoke.sh
dist_check_SCRIPTS += tests/bench/smoke.sh tests/bench/smoke.py
CLEANFILES += bench.svg
EXTRA_DIST += tests/bench/run.py tests/bench/scenarios.py tests/bench/against.py tests/bench/picture.py \
	tests/bench/bench_lab.py tests/bench/profile.py tests/bench/relay_part.py
tests_bench_floor_SOURCES = tests/bench/floor.c
tests_bench_floor_LDADD = $(CRYPTO_LIBS)
tests_bench_members_SOURCES = tests/bench/members.c tests/bench/measure.c tests/bench/measure.h \
	tests/bench/member.c tests/bench/member_answer.c tests/bench/member_call.c tests/bench/member.h \
	tests/bench/world.h \
	tests/bench/callers.c tests/bench/callers.h tests/bench/udp.c tests/bench/stream.c tests/bench/udp.h \
	tests/bench/sip_text.c tests/bench/sip_text.h tests/bench/channel_watch.c tests/bench/channel_watch.h \
	tests/bench/probe.c tests/bench/probe.h
tests_bench_members_LDADD = crypto/libptt-crypto.la $(CRYPTO_LIBS)
tests_bench_state_SOURCES = tests/bench/state.c
tests_bench_state_LDADD = $(SERVER_LIBS)
tests_bench_relay_SOURCES = tests/bench/relay.c
tests_bench_relay_LDADD = $(SERVER_LIBS) -lpthread
tests_bench_wrap_SOURCES = tests/bench/wrap.c
tests_bench_wrap_LDADD = crypto/libptt-crypto.la $(CRYPTO_LIBS)

.PHONY: bench
bench: $(BENCHES) $(bin_PROGRAMS) $(pkglib_LTLIBRARIES)
	$(srcdir)/tests/netns.sh /usr/bin/python3 $(srcdir)/tests/bench/run.py '$(abs_builddir)' $(BENCH_ARGS)
