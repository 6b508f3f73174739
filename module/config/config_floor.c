/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A group's floor in the configuration: who may talk, how long, and who before whom. */
#include "module/config/config_read.h"

#define QUEUE_MAX 32

const struct ptt_config_floor ptt_config_floor_default = {
	.max_burst_s = 30, .retry_after_s = 3, .queue = 8, .priority = 2, .talkers = {.any = true}};

static enum ptt_err read_talkers(
	struct ptt_config_reader *reader, void *base, const config_setting_t *setting)
{
	struct ptt_config_users *users = &((struct ptt_config_floor *)base)->talkers;

	users->any = false; /* all, if nothing is said */
	return ptt_config_read_users(reader, &users->list, &users->count, &users->any, setting);
}

static enum ptt_err read_pre_emptive(
	struct ptt_config_reader *reader, void *base, const config_setting_t *setting)
{
	struct ptt_config_users *users = &((struct ptt_config_floor *)base)->pre_emptive;

	return ptt_config_read_users(reader, &users->list, &users->count, &users->any, setting);
}

#define AT(member) offsetof(struct ptt_config_floor, member)
static const struct ptt_config_field fields[] = {
	{"max_burst_s", PTT_FIELD_U32, false, AT(max_burst_s), 1, 3600, NULL, NULL},
	{"retry_after_s", PTT_FIELD_U32, false, AT(retry_after_s), 0, 600, NULL, NULL},
	{"queue", PTT_FIELD_U8, false, AT(queue), 0, QUEUE_MAX, NULL, NULL},
	{"priority", PTT_FIELD_U8, false, AT(priority), 1, PTT_CONFIG_PRIORITY_MAX, NULL, NULL},
	{"pre_emptive", PTT_FIELD_OTHER, false, 0, 0, 0, NULL, read_pre_emptive},
	{"talkers", PTT_FIELD_OTHER, false, 0, 0, 0, NULL, read_talkers},
	{"talk_alone", PTT_FIELD_BOOL, false, AT(talk_alone), 0, 0, NULL, NULL},
	{NULL, PTT_FIELD_OTHER, false, 0, 0, 0, NULL, NULL},
};
#undef AT

enum ptt_err ptt_config_read_floor(
	struct ptt_config_reader *reader, void *base, const config_setting_t *setting)
{
	return ptt_config_read_fields(
		reader, &((struct ptt_config_group *)base)->floor, fields, setting);
}
