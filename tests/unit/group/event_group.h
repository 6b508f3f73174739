/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A group that is only a roster and a configuration, for the event package to follow. */
#ifndef PTT_TEST_EVENT_GROUP_H
#define PTT_TEST_EVENT_GROUP_H

#include "module/group/event_package.h"
#include "module/group/group_int.h"

struct event_group {
	struct ptt_group group;
	struct ptt_config_group config;
	struct ptt_group_env env;
};
extern struct event_group event_group;

void event_group_open(const char *uri);
void event_group_close(void);
/* A member that is in, and the event of it. */
struct ptt_member *event_group_join(const char *impu);
/* He goes, with the event. */
void event_group_leave(struct ptt_member *member, enum ptt_event_how how);

#endif
