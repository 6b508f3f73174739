/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file check_main.h
 * The end of a unit test's main().
 */
#ifndef PTT_TEST_CHECK_MAIN_H
#define PTT_TEST_CHECK_MAIN_H

#include <check.h>
#include <stdlib.h>

/** Runs @p suite as @p fork says, which ends with it. @return the program's exit status */
static inline int check_run_as(Suite *suite, enum fork_status fork)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_set_fork_status(runner, fork);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/** The same with a process for each test, or as CK_FORK in the environment says. */
static inline int check_run(Suite *suite)
{
	return check_run_as(suite, CK_FORK_GETENV);
}

/** The same with a suite of one case. */
static inline int check_run_case(const char *name, TCase *tc)
{
	Suite *suite = suite_create(name);

	suite_add_tcase(suite, tc);
	return check_run(suite);
}

#endif
