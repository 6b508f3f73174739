/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/core/policy.h"

#include <string.h>

#define NUMBERS(X) \
	X(leave_batch_ms, 2000, 0, 60000) \
	X(period_s, 3600, 0, 31536000) \
	X(cutover_ms, 2000, 20, 60000) \
	X(retries, 3, 0, 20) \
	X(mtk_period_s, 0, 0, 31536000) \
	X(mtk_repeat_ms, 1000, 20, 60000) \
	X(mtk_lead_ms, 50, 0, 1000) \
	X(mtk_packets, 0, 0, 2147483647)

struct number {
	const char *name, *why;
	size_t offset;
	uint32_t preset, min, max;
};

#define NUMBER(name, preset, min, max) \
	{#name, #name " must be " #min " to " #max, offsetof(struct ptt_policy, name), preset, \
		min, max},
static const struct number numbers[] = {NUMBERS(NUMBER)};

/** All the words of one setting; a word's index is its value. */
struct choice {
	const char *name, *why;
	const char *words[4];
};

enum choice_index { ON_LEAVE, ON_JOIN, REKEY_METHOD, N_CHOICES };

static const struct choice choices[] = {
	[ON_LEAVE] = {"on_leave", "on_leave must be \"never\", \"batch\" or \"always\"",
		{[PTT_ON_LEAVE_NEVER] = "never",
			[PTT_ON_LEAVE_BATCH] = "batch",
			[PTT_ON_LEAVE_ALWAYS] = "always"}},
	[ON_JOIN] = {"on_join", "on_join must be \"never\", \"mtk\" or \"msk\"",
		{[PTT_ON_JOIN_NEVER] = "never",
			[PTT_ON_JOIN_MTK] = "mtk",
			[PTT_ON_JOIN_MSK] = "msk"}},
	[REKEY_METHOD] = {"rekey_method", "rekey_method must be \"invite\" or \"update\"",
		{[PTT_REKEY_INVITE] = "invite", [PTT_REKEY_UPDATE] = "update"}},
};
_Static_assert(sizeof(choices) / sizeof(choices[0]) == N_CHOICES, "each choice has its words");

#define N_NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

static uint32_t *number_at(struct ptt_policy *policy, const struct number *num)
{
	return (uint32_t *)(void *)((char *)policy + num->offset);
}

static uint32_t number_get(const struct ptt_policy *policy, const struct number *num)
{
	return *(const uint32_t *)(const void *)((const char *)policy + num->offset);
}

struct ptt_policy ptt_policy_default(void)
{
	struct ptt_policy policy = {
		.on_leave = PTT_ON_LEAVE_BATCH,
		.on_join = PTT_ON_JOIN_NEVER,
		.rekey_method = PTT_REKEY_INVITE,
	};

	for (size_t i = 0; i < N_NUMBERS; i++)
		*number_at(&policy, &numbers[i]) = numbers[i].preset;
	return policy;
}

enum ptt_err ptt_policy_set_int(
	const char **why, struct ptt_policy *policy, const char *name, long long value)
{
	*why = NULL;
	for (size_t i = 0; i < N_NUMBERS; i++) {
		if (strcmp(name, numbers[i].name) != 0)
			continue;
		if (value < (long long)numbers[i].min || value > (long long)numbers[i].max) {
			*why = numbers[i].why;
			return PTT_ERR_MISMATCH;
		}
		*number_at(policy, &numbers[i]) = (uint32_t)value;
		return PTT_OK;
	}
	return PTT_ERR_NO_KEY;
}

static void choice_put(struct ptt_policy *policy, enum choice_index which, unsigned int value)
{
	switch (which) {
	case ON_LEAVE:
		policy->on_leave = (enum ptt_on_leave)value;
		break;
	case ON_JOIN:
		policy->on_join = (enum ptt_on_join)value;
		break;
	case REKEY_METHOD:
		policy->rekey_method = (enum ptt_rekey_method)value;
		break;
	case N_CHOICES:
		break;
	}
}

enum ptt_err ptt_policy_set_str(
	const char **why, struct ptt_policy *policy, const char *name, const char *value)
{
	*why = NULL;
	for (size_t i = 0; i < N_CHOICES; i++) {
		if (strcmp(name, choices[i].name) != 0)
			continue;
		for (unsigned int word = 0; choices[i].words[word] != NULL; word++) {
			if (strcmp(value, choices[i].words[word]) == 0) {
				choice_put(policy, (enum choice_index)i, word);
				return PTT_OK;
			}
		}
		*why = choices[i].why;
		return PTT_ERR_MISMATCH;
	}
	return PTT_ERR_NO_KEY;
}

enum ptt_err ptt_policy_check(const char **why, const struct ptt_policy *policy)
{
	*why = NULL;
	for (size_t i = 0; i < N_NUMBERS; i++) {
		uint32_t value = number_get(policy, &numbers[i]);

		if (value < numbers[i].min || value > numbers[i].max)
			*why = numbers[i].why;
	}
	if (!*why && policy->mtk_lead_ms >= policy->cutover_ms)
		*why = "mtk_lead_ms must be below cutover_ms";

	return !*why ? PTT_OK : PTT_ERR_MISMATCH;
}

const char *ptt_policy_name(size_t index)
{
	if (index < N_NUMBERS)
		return numbers[index].name;
	return index < N_NUMBERS + N_CHOICES ? choices[index - N_NUMBERS].name : NULL;
}

static const char *choice_str(enum choice_index which, unsigned int value)
{
	for (unsigned int word = 0; choices[which].words[word] != NULL; word++)
		if (word == value)
			return choices[which].words[word];
	return "?";
}

const char *ptt_on_leave_str(enum ptt_on_leave on_leave)
{
	return choice_str(ON_LEAVE, (unsigned int)on_leave);
}

const char *ptt_on_join_str(enum ptt_on_join on_join)
{
	return choice_str(ON_JOIN, (unsigned int)on_join);
}

const char *ptt_rekey_method_str(enum ptt_rekey_method method)
{
	return choice_str(REKEY_METHOD, (unsigned int)method);
}
