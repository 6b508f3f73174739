/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/group/event_group.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

struct event_group event_group;

/* ---- what the package asks of the rest of the server ---- */

struct ptt_group *ptt_groups_find(const struct ptt_group_env *env, const char *group_uri)
{
	ck_assert_ptr_eq(env, &event_group.env);
	return strcmp(group_uri, event_group.group.uri) == 0 ? &event_group.group : NULL;
}

struct ptt_member *ptt_member_of(const struct ptt_group *group, uint32_t handle)
{
	return ptt_roster_dialog(group->roster, handle);
}

const char *ptt_member_name(const struct ptt_member *member)
{
	return member->dialog->impu;
}

void ptt_refuse(struct ptt_sip_request *req, const struct ptt_sip_info *info, uint16_t status,
	const char *why)
{
	struct ptt_sip_response answer = {.status = status};

	(void)info;
	(void)why;
	ck_assert_int_eq(ptt_sip_respond(req, &answer), PTT_OK);
}

/* ---- the group ---- */

void event_group_open(const char *uri)
{
	memset(&event_group, 0, sizeof(event_group));
	event_group.group.env = &event_group.env;
	event_group.group.config = &event_group.config;
	event_group.config.members_any = true;
	strcpy(event_group.group.uri, uri);
	ck_assert_int_eq(ptt_roster_new(&event_group.group.roster, 0), PTT_OK);
}

static void member_free(struct ptt_member *member)
{
	ptt_roster_leave(event_group.group.roster, member->handle);
	ptt_dialog_free(member->dialog);
	free(member);
}

void event_group_close(void)
{
	uint32_t handle = PTT_HANDLE_NONE;

	event_group.group.stopped = true;
	while ((handle = ptt_roster_next_member(event_group.group.roster, handle)) !=
		PTT_HANDLE_NONE)
		member_free(ptt_member_of(&event_group.group, handle));
	ptt_event_package_free(event_group.group.events);
	ptt_roster_free(event_group.group.roster);
}

struct ptt_member *event_group_join(const char *impu)
{
	struct ptt_dialog_texts texts = {.impi = impu, .impu = impu};
	struct ptt_member *member = calloc(1, sizeof(*member));
	uint32_t subject;

	ck_assert_ptr_nonnull(member);
	ck_assert_int_eq(ptt_dialog_new(&member->dialog, &texts), PTT_OK);
	member->group = &event_group.group;
	member->acked = true;
	member->joined_utc_s = 1700000000;
	ck_assert_int_eq(ptt_roster_subject(&subject, event_group.group.roster, impu), PTT_OK);
	ck_assert_int_eq(
		ptt_roster_join(&member->handle, event_group.group.roster, subject, member),
		PTT_OK);
	ptt_event_joined(member);
	return member;
}

void event_group_leave(struct ptt_member *member, enum ptt_event_how how)
{
	ptt_event_left(member, how);
	member_free(member);
}
