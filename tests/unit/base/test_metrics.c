/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sofia-sip/su.h>

#include "module/base/metrics.h"
#include "tests/unit/check_main.h"

START_TEST(test_values)
{
	ptt_metrics_reset();
	ptt_metric_inc(PTT_METRIC_MTKS_SENT);
	ptt_metric_add(PTT_METRIC_MTKS_SENT, 4);
	ptt_metric_inc_label(PTT_METRIC_REKEYS, "expel");
	ptt_metric_inc_label(PTT_METRIC_REKEYS, "expel");
	ptt_metric_inc_label(PTT_METRIC_REKEYS, "a label nobody listed");
	ptt_metric_set(PTT_METRIC_MEMBERS, 12);
	ck_assert_int_eq(ptt_metric_get(PTT_METRIC_MTKS_SENT, NULL), 5);
	ck_assert_int_eq(ptt_metric_get(PTT_METRIC_REKEYS, "expel"), 2);
	ck_assert_int_eq(ptt_metric_get(PTT_METRIC_REKEYS, "other"), 1);
	ck_assert_int_eq(ptt_metric_get(PTT_METRIC_REKEYS, NULL), 3);
	ck_assert_int_eq(ptt_metric_get(PTT_METRIC_MEMBERS, NULL), 12);
}
END_TEST

/**
 * Every line is a comment or `name{labels} number`, and every family has HELP and TYPE before its
 * samples.
 */
static void check_format(char *text)
{
	char family[128] = "";
	char *rest = text;
	char *line;

	ck_assert_uint_gt(strlen(text), 0);
	ck_assert_int_eq(text[strlen(text) - 1], '\n');
	while ((line = strsep(&rest, "\n")) && *line != '\0') {
		char *end;

		if (strncmp(line, "# HELP ", 7) == 0) {
			ck_assert_int_eq(sscanf(line, "# HELP %127s", family), 1);
			ck_assert_uint_gt(strlen(line), 8 + strlen(family));
			line = strsep(&rest, "\n");
			ck_assert(strncmp(line, "# TYPE ", 7) == 0);
			ck_assert(strncmp(line + 7, family, strlen(family)) == 0);
			continue;
		}
		ck_assert_msg(strncmp(line, family, strlen(family)) == 0, "%s in %s", line, family);
		ck_assert_ptr_nonnull(strrchr(line, ' '));
		(void)strtod(strrchr(line, ' ') + 1, &end);
		ck_assert_msg(*end == '\0', "%s", line);
	}
}

START_TEST(test_text)
{
	size_t len;
	char *text;

	ptt_metrics_reset();
	ptt_metric_observe_us(PTT_METRIC_REKEY_SECONDS, 1000);
	ptt_metric_observe_us(PTT_METRIC_REKEY_SECONDS, 30000);
	ptt_metric_observe_us(PTT_METRIC_REKEY_SECONDS, 60000000);
	ptt_metric_inc_label(PTT_METRIC_JOINS, "accepted");
	text = ptt_metrics_text(&len);
	ck_assert_ptr_nonnull(text);
	ck_assert_uint_eq(strlen(text), len);
	ck_assert_ptr_nonnull(strstr(text, "# TYPE pttkey_rekey_seconds histogram\n"));
	ck_assert_ptr_nonnull(strstr(text, "pttkey_rekey_seconds_bucket{le=\"0.0005\"} 0\n"));
	ck_assert_ptr_nonnull(strstr(text, "pttkey_rekey_seconds_bucket{le=\"0.001\"} 1\n"));
	ck_assert_ptr_nonnull(strstr(text, "pttkey_rekey_seconds_bucket{le=\"0.05\"} 2\n"));
	ck_assert_ptr_nonnull(strstr(text, "pttkey_rekey_seconds_bucket{le=\"10\"} 2\n"));
	ck_assert_ptr_nonnull(strstr(text, "pttkey_rekey_seconds_bucket{le=\"+Inf\"} 3\n"));
	ck_assert_ptr_nonnull(strstr(text, "pttkey_rekey_seconds_sum 60.031000\n"));
	ck_assert_ptr_nonnull(strstr(text, "pttkey_rekey_seconds_count 3\n"));
	ck_assert_ptr_nonnull(strstr(text, "pttkey_joins_total{result=\"accepted\"} 1\n"));
	check_format(text);
	free(text);
}
END_TEST

static int dial(uint16_t port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

/** One request, in two pieces; the whole answer until the server closes. */
static size_t ask(su_root_t *root, uint16_t port, char *out, size_t size, const char *request)
{
	int fd = dial(port);
	size_t half = strlen(request) / 2;
	size_t len = 0;
	ssize_t n;

	ck_assert_int_eq(send(fd, request, half, MSG_NOSIGNAL), (ssize_t)half);
	su_root_step(root, 10);
	ck_assert_int_gt(send(fd, request + half, strlen(request) - half, MSG_NOSIGNAL), 0);
	for (int i = 0; i < 1000; i++) {
		su_root_step(root, 10);
		n = recv(fd, out + len, size - 1 - len, MSG_DONTWAIT);
		if (n == 0)
			break;
		len += n > 0 ? (size_t)n : 0;
	}
	out[len] = '\0';
	close(fd);
	return len;
}

START_TEST(test_http)
{
	static char out[65536];
	char text[256];
	struct ptt_metrics_http *http;
	su_root_t *root;
	uint16_t port;

	su_init();
	root = su_root_create(NULL);
	ck_assert_int_eq(ptt_metrics_http_open(&http, root, "localhost:1", text, sizeof(text)),
		PTT_ERR_MALFORMED);
	ck_assert_int_eq(ptt_metrics_http_open(&http, root, "192.0.2.1:1", text, sizeof(text)),
		PTT_ERR_SYSTEM);
	ck_assert_int_eq(
		ptt_metrics_http_open(&http, root, "127.0.0.1:0", text, sizeof(text)), PTT_OK);
	port = ptt_metrics_http_port(http);
	ck_assert_uint_ne(port, 0);
	ask(root, port, out, sizeof(out),
		"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	ck_assert(strncmp(out, "HTTP/1.1 200 ", 13) == 0);
	ck_assert_ptr_nonnull(strstr(out, "text/plain; version=0.0.4"));
	check_format(strstr(out, "\r\n\r\n") + 4);
	ptt_metric_set(PTT_METRIC_STORE_FAILING, 0);
	ask(root, port, out, sizeof(out), "GET /healthz HTTP/1.0\r\n\r\n");
	ck_assert(strstr(out, " 200 ") != NULL && strstr(out, "ok\n") != NULL);
	ptt_metric_set(PTT_METRIC_STORE_FAILING, 1);
	ask(root, port, out, sizeof(out), "GET /healthz HTTP/1.0\r\n\r\n");
	ck_assert_ptr_nonnull(strstr(out, " 503 "));
	ask(root, port, out, sizeof(out), "GET /x HTTP/1.0\r\n\r\n");
	ck_assert_ptr_nonnull(strstr(out, " 404 "));
	ask(root, port, out, sizeof(out), "DELETE /metrics HTTP/1.0\r\n\r\n");
	ck_assert_ptr_nonnull(strstr(out, " 405 "));
	ptt_metrics_http_close(http);
	su_root_destroy(root);
	su_deinit();
}
END_TEST

int main(void)
{
	TCase *c = tcase_create("metrics");

	tcase_set_timeout(c, 60);
	tcase_add_test(c, test_values);
	tcase_add_test(c, test_text);
	tcase_add_test(c, test_http);
	return check_run_case("metrics", c);
}
