/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "module/base/log.h"
#include "tests/unit/check_main.h"

static int fds[2];
static char out[65536];

static void set_up(void)
{
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	ptt_log_set_fd(fds[1]);
}

static void tear_down(void)
{
	ptt_log_set_fd(-1);
	close(fds[0]);
	close(fds[1]);
}

static const char *taken(void)
{
	ssize_t len = read(fds[0], out, sizeof(out) - 1);

	out[len < 0 ? 0 : len] = '\0';
	return out;
}

START_TEST(test_json)
{
	static const char bad[] = "q\"b\\n\n\x01\xff\xc3\xa9\xed\xa0\x80";
	json_t *line;

	ptt_log_set(PTT_LOG_JSON, PTT_LOG_INFO);
	ptt_log(PTT_LOG_WARN, "member-joined",
		"group=%s n=%u big=%llu neg=%d hex=%08x at=%s:%d cut=%.*s v=%s", "sip:a b@x", 7u,
		18446744073709551615ull >> 1, -3, 0xabu, "host", 5060, 2, "xyz", bad);
	line = json_loads(taken(), 0, NULL);
	ck_assert_ptr_nonnull(line);
	ck_assert_str_eq(json_string_value(json_object_get(line, "level")), "warn");
	ck_assert_str_eq(json_string_value(json_object_get(line, "event")), "member-joined");
	ck_assert_str_eq(json_string_value(json_object_get(line, "group")), "sip:a b@x");
	ck_assert_int_eq(json_integer_value(json_object_get(line, "n")), 7);
	ck_assert_int_eq(json_integer_value(json_object_get(line, "big")), 9223372036854775807ll);
	ck_assert_int_eq(json_integer_value(json_object_get(line, "neg")), -3);
	ck_assert_str_eq(json_string_value(json_object_get(line, "hex")), "000000ab");
	ck_assert_str_eq(json_string_value(json_object_get(line, "at")), "host:5060");
	ck_assert_str_eq(json_string_value(json_object_get(line, "cut")), "xy");
	/* every byte that is no UTF-8 becomes U+FFFD */
	ck_assert_str_eq(json_string_value(json_object_get(line, "v")),
		"q\"b\\n\n\x01\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	json_decref(line);
}
END_TEST

START_TEST(test_text)
{
	const char *volatile none = NULL;

	ptt_log_set(PTT_LOG_TEXT, PTT_LOG_INFO);
	ptt_log(PTT_LOG_INFO, "ev", "a=%s b=%s c=%s lit=x pct=5%%", "plain", "two words", none);
	ck_assert_ptr_nonnull(
		strstr(taken(), "Z info ev a=plain b=\"two words\" c=- lit=x pct=5%\n"));
	/* a value cannot make a line or a field of its own */
	ptt_log(PTT_LOG_INFO, "ev", "a=%s", "x\n2026 error ev b=1");
	ck_assert_ptr_nonnull(strstr(taken(), "a=\"x\\u000a2026 error ev b=1\"\n"));
	ck_assert_ptr_eq(strchr(out, '\n'), out + strlen(out) - 1);
}
END_TEST

START_TEST(test_level)
{
	enum ptt_log_level level;

	ptt_log_set(PTT_LOG_TEXT, PTT_LOG_WARN);
	ptt_log(PTT_LOG_INFO, "ev", "a=%d", 1);
	ck_assert_str_eq(taken(), "");
	ptt_log_set_level(PTT_LOG_DEBUG);
	ptt_log(PTT_LOG_DEBUG, "ev", "a=%d", 1);
	ck_assert_ptr_nonnull(strstr(taken(), "debug ev a=1"));
	ck_assert_int_eq(ptt_log_level_of(&level, "error"), PTT_OK);
	ck_assert_int_eq(level, PTT_LOG_ERROR);
	ck_assert_int_eq(ptt_log_level_of(&level, "loud"), PTT_ERR_MALFORMED);
}
END_TEST

START_TEST(test_long)
{
	char big[1500];
	json_t *line;

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	ptt_log_set(PTT_LOG_JSON, PTT_LOG_INFO);
	ptt_log(PTT_LOG_INFO, "ev", "a=%s b=%s c=%d", big, big, 1);
	line = json_loads(taken(), 0, NULL);
	ck_assert_ptr_nonnull(line);
	ck_assert(json_is_true(json_object_get(line, "cut")));
	ck_assert_uint_lt(strlen(out), 2100);
	json_decref(line);
	memset(big, '\x01', sizeof(big) - 1);
	ptt_log(PTT_LOG_INFO, "ev", "a=%s", big);
	line = json_loads(taken(), 0, NULL);
	ck_assert_ptr_nonnull(line);
	json_decref(line);
}
END_TEST

START_TEST(test_limit)
{
	struct ptt_log_limit limit = {0};
	uint32_t dropped;
	unsigned passed = 0;

	for (int i = 0; i < 1000; i++)
		passed += ptt_log_limit_pass(&limit, &dropped);
	/* the second may turn once in the loop */
	ck_assert_uint_ge(passed, PTT_LOG_LIMIT);
	ck_assert_uint_le(passed, 2 * PTT_LOG_LIMIT);
	limit.second = 0;
	ck_assert(ptt_log_limit_pass(&limit, &dropped));
	ck_assert_uint_gt(dropped, 0);
}
END_TEST

static void tap(void *ctx, enum ptt_log_level level, const char *json, unsigned len)
{
	(void)level;
	memcpy(ctx, json, len);
}

START_TEST(test_tap)
{
	char seen[4096] = {0};

	ptt_log_set(PTT_LOG_TEXT, PTT_LOG_INFO);
	ptt_log_set_tap(tap, seen);
	ptt_log(PTT_LOG_INFO, "ev", "a=%s n=%d", "v", 3);
	ptt_log_set_tap(NULL, NULL);
	ck_assert_ptr_nonnull(strstr(seen, "\"event\":\"ev\",\"a\":\"v\",\"n\":3}\n"));
	ck_assert_ptr_nonnull(strstr(taken(), "ev a=v n=3\n"));
}
END_TEST

static void *chatter(void *arg)
{
	for (int i = 0; i < 100; i++)
		ptt_log(PTT_LOG_INFO, "ev", "who=%s i=%d", (const char *)arg, i);
	return NULL;
}

START_TEST(test_threads)
{
	pthread_t threads[2];
	unsigned lines = 0;
	char *rest = out;
	char *line;

	ptt_log_set(PTT_LOG_JSON, PTT_LOG_INFO);
	ck_assert_int_eq(pthread_create(&threads[0], NULL, chatter, "a"), 0);
	ck_assert_int_eq(pthread_create(&threads[1], NULL, chatter, "b"), 0);
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	taken();
	while ((line = strsep(&rest, "\n")) && *line != '\0') {
		json_t *json = json_loads(line, 0, NULL);

		ck_assert_ptr_nonnull(json);
		json_decref(json);
		lines++;
	}
	ck_assert_uint_eq(lines, 200);
}
END_TEST

int main(void)
{
	TCase *c = tcase_create("log");

	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, test_json);
	tcase_add_test(c, test_text);
	tcase_add_test(c, test_level);
	tcase_add_test(c, test_long);
	tcase_add_test(c, test_limit);
	tcase_add_test(c, test_tap);
	tcase_add_test(c, test_threads);
	return check_run_case("log", c);
}
