/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "module/config/config_read.h"

#define QUEUE_MAX 32 /* requests that wait for the floor */

static enum ptt_err check_group_uri(
	struct ptt_config_reader *reader, void *base, const config_setting_t *setting)
{
	const char *uri = ((struct ptt_config_group *)base)->uri;
	const char *at = strchr(uri, '@');

	if (strncasecmp(uri, "sip:", 4) != 0 || !at || at == uri + 4 || at[1] == '\0' ||
		strpbrk(uri, " <>\"\t\r\n;?") || strlen(uri) > 200)
		return ptt_config_fail(reader, setting,
			"bad group URI \"%s\"; accepted: sip:user@host without parameters, 200 bytes",
			uri);
	return PTT_OK;
}

static bool is_user_uri(const char *uri)
{
	size_t len = strlen(uri);

	return (strncasecmp(uri, "sip:", 4) == 0 || strncasecmp(uri, "sips:", 5) == 0 ||
		       strncasecmp(uri, "tel:", 4) == 0) &&
	       len > 5 && len < 256 && !strpbrk(uri, " <>\"\t\r\n");
}

int ptt_config_uri_compare(const char *a, const char *b)
{
	bool user = false;

	for (;; a++, b++) {
		int x = (unsigned char)*a;
		int y = (unsigned char)*b;

		/* parameters and headers do not tell users apart */
		x = x == ';' || x == '?' ? 0 : x;
		y = y == ';' || y == '?' ? 0 : y;
		if (!user) {
			x = tolower(x);
			y = tolower(y);
		}
		if (x != y)
			return x - y;
		if (x == 0)
			return 0;
		/*
		 * the user part, between the scheme's colon and the at sign, is compared as it
		 * stands
		 */
		user = x == '@' ? false : x == ':' ? strchr(a, '@') != NULL : user;
	}
}

static int compare_entries(const void *a, const void *b)
{
	return ptt_config_uri_compare(*(const char *const *)a, *(const char *const *)b);
}

static enum ptt_err read_users(struct ptt_config_reader *reader, const char *const **out,
	size_t *count, bool *any, const config_setting_t *setting)
{
	size_t max = any ? PTT_CONFIG_MEMBERS_MAX : PTT_CONFIG_OWNERS_MAX;
	size_t total =
		ptt_config_is_sequence(setting) ? (size_t)config_setting_length(setting) : max + 1;
	const char **users;
	size_t used = 0;

	if (total > max)
		return ptt_config_fail(reader, setting,
			"bad value for \"%s\"; accepted: a list of up to %zu URIs",
			config_setting_name(setting), max);
	users = ptt_config_alloc(reader, (total + 1) * sizeof(*users));
	if (!users)
		return PTT_ERR_SYSTEM;
	PTT_TRY(ptt_config_read_texts(reader, users, setting));
	for (size_t i = 0; i < total; i++) {
		if (any && strcmp(users[i], "*") == 0) {
			*any = true;
			continue;
		}
		if (!is_user_uri(users[i]))
			return ptt_config_fail(reader,
				config_setting_get_elem(setting, (unsigned)i),
				"bad entry \"%s\" in \"%s\"; accepted: %sa sip:, sips: or tel: URI",
				users[i], config_setting_name(setting), any ? "\"*\" or " : "");
		users[used++] = users[i];
	}
	qsort(users, used, sizeof(*users), compare_entries);
	*out = users;
	*count = used;
	return PTT_OK;
}

static enum ptt_err read_members(
	struct ptt_config_reader *reader, void *base, const config_setting_t *setting)
{
	struct ptt_config_group *group = base;

	return read_users(
		reader, &group->members, &group->member_count, &group->members_any, setting);
}

static enum ptt_err read_owners(
	struct ptt_config_reader *reader, void *base, const config_setting_t *setting)
{
	struct ptt_config_group *group = base;

	return read_users(reader, &group->owners, &group->owner_count, NULL, setting);
}

/* What a setting of the policy takes, where one of another type was
 * given: NULL if there is no such setting. */
static const char *policy_takes(struct ptt_policy *policy, const char *name)
{
	const char *why = NULL;
	enum ptt_err err = ptt_policy_set_str(&why, policy, name, "");

	if (err == PTT_ERR_NO_KEY)
		err = ptt_policy_set_int(&why, policy, name, -1);
	return err == PTT_ERR_NO_KEY ? NULL : why;
}

static enum ptt_err read_policy(
	struct ptt_config_reader *reader, void *base, const config_setting_t *setting)
{
	struct ptt_policy *policy = &((struct ptt_config_group *)base)->policy;
	const char *why = NULL;
	int count = config_setting_length(setting);

	if (!config_setting_is_group(setting))
		return ptt_config_fail(
			reader, setting, "bad value for \"policy\"; accepted: settings in braces");
	for (int i = 0; i < count; i++) {
		const config_setting_t *one = config_setting_get_elem(setting, (unsigned)i);
		const char *name = config_setting_name(one);
		const char *word = config_setting_get_string(one);
		bool number = config_setting_type(one) == CONFIG_TYPE_INT ||
			      config_setting_type(one) == CONFIG_TYPE_INT64;
		enum ptt_err err = PTT_ERR_NO_KEY;

		why = NULL;
		if (word)
			err = ptt_policy_set_str(&why, policy, name, word);
		else if (number)
			err = ptt_policy_set_int(&why, policy, name, config_setting_get_int64(one));
		if (err == PTT_ERR_NO_KEY)
			why = policy_takes(policy, name);
		if (err != PTT_OK)
			return ptt_config_fail(reader, one,
				"bad policy setting \"%s\"; accepted: %s", name,
				why ? why : "the policy settings of pttkeyd.conf(5)");
	}
	if (ptt_policy_check(&why, policy) != PTT_OK)
		return ptt_config_fail(
			reader, setting, "bad policy; accepted: %s", why ? why : "-");
	return PTT_OK;
}

/* ---- the floor of a group ---- */

static const struct ptt_config_floor floor_default = {
	.max_burst_s = 30, .retry_after_s = 3, .queue = 8, .priority = 2, .talkers = {.any = true}};

static enum ptt_err read_talkers(
	struct ptt_config_reader *reader, void *base, const config_setting_t *setting)
{
	struct ptt_config_users *users = &((struct ptt_config_floor *)base)->talkers;

	users->any = false; /* all, if nothing is said */
	return read_users(reader, &users->list, &users->count, &users->any, setting);
}

static enum ptt_err read_pre_emptive(
	struct ptt_config_reader *reader, void *base, const config_setting_t *setting)
{
	struct ptt_config_users *users = &((struct ptt_config_floor *)base)->pre_emptive;

	users->any = false;
	return read_users(reader, &users->list, &users->count, &users->any, setting);
}

#define AT(member) offsetof(struct ptt_config_floor, member)
static const struct ptt_config_field floor_fields[] = {
	{"max_burst_s", PTT_FIELD_U32, .offset = AT(max_burst_s), .min = 1, .max = 3600},
	{"retry_after_s", PTT_FIELD_U32, .offset = AT(retry_after_s), .min = 0, .max = 600},
	{"queue", PTT_FIELD_U8, .offset = AT(queue), .min = 0, .max = QUEUE_MAX},
	{"priority", PTT_FIELD_U8, .offset = AT(priority), .min = 1,
		.max = PTT_CONFIG_PRIORITY_MAX},
	{"pre_emptive", PTT_FIELD_OTHER, .fn = read_pre_emptive},
	{"talkers", PTT_FIELD_OTHER, .fn = read_talkers},
	{"talk_alone", PTT_FIELD_BOOL, .offset = AT(talk_alone)},
	{.name = NULL},
};
#undef AT

static enum ptt_err read_floor(
	struct ptt_config_reader *reader, void *base, const config_setting_t *setting)
{
	return ptt_config_read_fields(
		reader, &((struct ptt_config_group *)base)->floor, floor_fields, setting);
}

/* ---- groups ---- */

#define AT(member) offsetof(struct ptt_config_group, member)
static const struct ptt_config_field group_fields[] = {
	{"uri", PTT_FIELD_TEXT, .required = true, .offset = AT(uri), .fn = check_group_uri},
	{"members", PTT_FIELD_OTHER, .required = true, .fn = read_members},
	{"owners", PTT_FIELD_OTHER, .fn = read_owners},
	{"channel", PTT_FIELD_OTHER, .required = true, .fn = ptt_config_read_channel},
	{"floor", PTT_FIELD_OTHER, .fn = read_floor},
	{"policy", PTT_FIELD_OTHER, .fn = read_policy},
	{"key_group", PTT_FIELD_U16, .offset = AT(key_group), .min = 1, .max = 65535},
	{"max_members", PTT_FIELD_U32, .offset = AT(max_members), .min = 0,
		.max = PTT_CONFIG_MEMBERS_MAX},
	{.name = NULL},
};
#undef AT

static enum ptt_err check_against(struct ptt_config_reader *reader,
	const struct ptt_config_group *group, const struct ptt_config_group *earlier,
	const config_setting_t *setting)
{
	if (ptt_config_uri_compare(group->uri, earlier->uri) == 0)
		return ptt_config_fail(reader, setting,
			"two groups with the URI %s; accepted: one each", group->uri);
	if (ptt_config_channel_shares(&group->channel, &earlier->channel))
		return ptt_config_fail(reader, setting,
			"%s and %s have one address and port of %s in common; "
			"accepted: an address or ports of its own",
			earlier->uri, group->uri, group->channel.address);
	if (group->key_group != 0 && group->key_group == earlier->key_group)
		return ptt_config_fail(reader, setting,
			"%s and %s have one key_group, %u; accepted: one each", earlier->uri,
			group->uri, group->key_group);
	return PTT_OK;
}

enum ptt_err ptt_config_read_groups(
	struct ptt_config_reader *reader, void *base, const config_setting_t *setting)
{
	struct ptt_config *config = base;
	int count = ptt_config_is_sequence(setting) ? config_setting_length(setting) : -1;
	struct ptt_config_group *groups;

	if (count < 0 || count > PTT_CONFIG_GROUPS_MAX)
		return ptt_config_fail(reader, setting,
			"bad value for \"groups\"; accepted: ( { ... }, { ... } ), up to %d",
			PTT_CONFIG_GROUPS_MAX);
	groups = ptt_config_alloc(reader, ((size_t)count + 1) * sizeof(*groups));
	if (!groups)
		return PTT_ERR_SYSTEM;
	for (int i = 0; i < count; i++) {
		const config_setting_t *one = config_setting_get_elem(setting, (unsigned)i);

		groups[i].policy = ptt_policy_default();
		groups[i].floor = floor_default;
		groups[i].channel = ptt_config_channel_default;
		groups[i].max_members = UINT32_MAX;
		PTT_TRY(ptt_config_read_fields(reader, &groups[i], group_fields, one));
		for (int j = 0; j < i; j++)
			PTT_TRY(check_against(reader, &groups[i], &groups[j], one));
	}
	config->groups = groups;
	config->group_count = (size_t)count;
	return PTT_OK;
}
