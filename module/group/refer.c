/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* REFER: an owner expels a member. */
#include <stdlib.h>

#include "module/base/log.h"
#include "module/group/group_int.h"

static bool is_owner(const struct ptt_group *group, const struct ptt_naf_keys *keys)
{
	for (size_t i = 0; i < keys->impu_count; i++)
		if (ptt_config_is_owner(group->config, keys->impus[i]))
			return true;
	return false;
}

struct refer {
	struct ptt_sip_request *req;
};

static void on_refer_decided(void *ctx, enum ptt_err err)
{
	struct refer *refer = ctx;
	struct ptt_sip_response response = {
		.status = err == PTT_OK ? 202 : ptt_group_sip_status(err)};

	if (ptt_sip_respond(refer->req, &response) != PTT_OK)
		ptt_log_limited(PTT_LOG_WARN, "answer-not-sent", "status=%u", response.status);
	free(refer);
}

void ptt_refer_on_refer(void *ctx, struct ptt_sip_request *req, const struct ptt_sip_info *info)
{
	struct ptt_member *member = info->dialog ? info->dialog->user : NULL;
	struct ptt_group *group = member ? member->group : ptt_groups_find(ctx, info->request_uri);
	struct ptt_expel_wait wait = {.fn = on_refer_decided};
	uint32_t subject;

	if (!group || !is_owner(group, info->keys)) {
		ptt_refuse(req, info, !group ? 404 : 403,
			!group ? "REFER: no such group" : "REFER: not an owner");
		return;
	}
	subject = ptt_group_find_subject(group, info->target);
	if (subject == PTT_HANDLE_NONE) {
		ptt_refuse(req, info, 404, "REFER: nobody of that name");
		return;
	}
	wait.ctx = malloc(sizeof(struct refer));
	if (!wait.ctx) {
		ptt_refuse(req, info, 500, "REFER");
		return;
	}
	*(struct refer *)wait.ctx = (struct refer){.req = req};
	ptt_group_expel(group, subject, "refer", &wait);
}
