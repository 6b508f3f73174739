/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/base/fault_point.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RULES_MAX 8
#define TEXT_MAX  512

struct rule {
	char name[40], what[40];
	unsigned int hit, hits;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char last_text[TEXT_MAX]; /* what the rules were read from */
static struct rule rules[RULES_MAX];
static size_t rule_count;
static atomic_int alloc_left, random_left; /* 0: none fails */

static void read_text(char text[TEXT_MAX])
{
	const char *value = getenv("PTT_FAULT");
	ssize_t len = 0;
	int fd;

	text[0] = '\0';
	if (!value)
		return;
	if (value[0] != '@') {
		snprintf(text, TEXT_MAX, "%s", value);
		return;
	}
	fd = open(value + 1, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		len = read(fd, text, TEXT_MAX - 1);
		close(fd);
	}
	text[len > 0 ? len : 0] = '\0';
}

static void parse(const char *text)
{
	char copy[TEXT_MAX], *save = NULL;

	snprintf(copy, sizeof(copy), "%s", text);
	rule_count = 0;
	for (char *word = strtok_r(copy, ", \n", &save); word && rule_count < RULES_MAX;
		word = strtok_r(NULL, ", \n", &save)) {
		struct rule *rule = &rules[rule_count];

		rule->hits = 0;
		if (sscanf(word, "%39[^:]:%u:%39s", rule->name, &rule->hit, rule->what) == 3)
			rule_count++;
		else
			dprintf(STDERR_FILENO, "fault point: not a rule: %s\n", word);
	}
}

static enum ptt_err fire(const struct rule *rule)
{
	dprintf(STDERR_FILENO, "fault point: %s %u %s\n", rule->name, rule->hits, rule->what);
	if (strcmp(rule->what, "kill") == 0)
		kill(getpid(), SIGKILL);
	if (strncmp(rule->what, "alloc=", 6) == 0)
		atomic_store(&alloc_left, atoi(rule->what + 6));
	if (strncmp(rule->what, "random=", 7) == 0)
		atomic_store(&random_left, atoi(rule->what + 7));
	return strcmp(rule->what, "error") == 0 ? PTT_ERR_SYSTEM : PTT_OK;
}

/* Under the lock. */
static void refresh(void)
{
	char text[TEXT_MAX];

	read_text(text);
	if (strcmp(text, last_text) == 0)
		return;
	memcpy(last_text, text, sizeof(text));
	parse(text);
	atomic_store(&alloc_left, 0);
	atomic_store(&random_left, 0);
}

enum ptt_err ptt_fault_point(const char *name)
{
	enum ptt_err err = PTT_OK;

	pthread_mutex_lock(&lock);
	refresh();
	for (size_t i = 0; i < rule_count && err == PTT_OK; i++) {
		if (strcmp(rules[i].name, name) != 0)
			continue;
		rules[i].hits++;
		if (rules[i].hit == 0 || rules[i].hits == rules[i].hit)
			err = fire(&rules[i]);
	}
	pthread_mutex_unlock(&lock);
	return err;
}

/* Counts down to the one that fails, which is told, so that a test
 * knows when there is no K-th any more. */
static bool is_the_one(atomic_int *left, const char *what)
{
	if (atomic_load(left) == 0)
		return false;
	pthread_mutex_lock(&lock);
	refresh();
	pthread_mutex_unlock(&lock);
	if (atomic_load(left) == 0 || atomic_fetch_sub(left, 1) != 1)
		return false;
	dprintf(STDERR_FILENO, "fault point: %s refused\n", what);
	return true;
}

bool ptt_fault_alloc(void)
{
	return is_the_one(&alloc_left, "allocation");
}

bool ptt_fault_random(void)
{
	return is_the_one(&random_left, "random bytes");
}
