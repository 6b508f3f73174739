# Unit and property tests of module/core, and the layering of the house.
CORE_TESTS = tests/unit/test_policy tests/unit/test_roster tests/unit/test_tracker \
	tests/unit/test_tracker_member tests/unit/test_overload
check_PROGRAMS += $(CORE_TESTS) tests/unit/prop_tracker
TESTS += $(CORE_TESTS) tests/unit/prop_tracker

CORE_TEST_LDADD = module/core/libptt-core.la $(CHECK_LIBS)
tests_unit_test_policy_SOURCES = tests/unit/test_policy.c
tests_unit_test_policy_LDADD = $(CORE_TEST_LDADD)
tests_unit_test_overload_SOURCES = tests/unit/test_overload.c
tests_unit_test_overload_LDADD = $(CORE_TEST_LDADD)
tests_unit_test_roster_SOURCES = tests/unit/test_roster.c
tests_unit_test_roster_LDADD = $(CORE_TEST_LDADD)
PLAY_SOURCES = tests/unit/tracker_play.c tests/unit/tracker_play.h
tests_unit_test_tracker_SOURCES = tests/unit/test_tracker.c $(PLAY_SOURCES)
tests_unit_test_tracker_LDADD = $(CORE_TEST_LDADD)
tests_unit_test_tracker_member_SOURCES = tests/unit/test_tracker_member.c $(PLAY_SOURCES)
tests_unit_test_tracker_member_LDADD = $(CORE_TEST_LDADD)
# Random orders of events: PTT_PROP_ORDERS and PTT_PROP_SEED.
tests_unit_prop_tracker_SOURCES = tests/unit/prop_tracker.c tests/unit/prop_actions.c \
	tests/unit/prop_world.c tests/unit/prop_world.h
tests_unit_prop_tracker_LDADD = module/core/libptt-core.la

# The model of the re-key (spin), and the tracker's rules broken one by one (./dev model).
dist_check_SCRIPTS += tests/layering.sh tests/model/run.sh tests/model/mutants.sh
EXTRA_DIST += tests/model/rekey.pml
TESTS += tests/layering.sh tests/model/run.sh
