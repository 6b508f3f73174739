/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a dialog has besides its SIP: key, media leg, plan, its place in the roster, its row in the store. */
#include <stdlib.h>
#include <string.h>

#include "module/base/log.h"
#include "module/group/group_int.h"

struct ptt_member *ptt_member_new(struct ptt_group *group, struct ptt_dialog *dialog)
{
	struct ptt_member *member = calloc(1, sizeof(*member));

	if (!member)
		return NULL;
	member->group = group;
	member->dialog = dialog;
	member->lease.owner = member;
	dialog->user = member;
	return member;
}

struct ptt_member *ptt_member_of(const struct ptt_group *group, uint32_t handle)
{
	return ptt_roster_dialog(group->roster, handle);
}

const char *ptt_member_name(const struct ptt_member *member)
{
	return member->dialog->impu[0] != '\0' ? member->dialog->impu : member->dialog->impi;
}

/* The most he may have of TBCP: an offer or an answer says no more. */
static struct ptt_tbcp_params tbcp_of(const struct ptt_member *member)
{
	const struct ptt_config_group *group = member->group->config;

	return (struct ptt_tbcp_params){.given = true,
		.queuing = group->floor.queue > 0,
		.tb_priority = ptt_config_priority(group, ptt_member_name(member)),
		.timestamp = group->floor.queue > 0};
}

enum ptt_err ptt_member_local(const struct ptt_member *member, struct ptt_sdp_local *local)
{
	const char *address = member->group->env->started->media.address;

	if (!address)
		address = member->dialog->listener->address;
	*local = (struct ptt_sdp_local){
		.audio_port = ptt_endpoint_audio_port(member->endpoint),
		.floor_port = ptt_endpoint_floor_port(member->endpoint),
		.codec = member->group->sdp.codec,
		.tbcp = tbcp_of(member),
	};
	return ptt_sdp_addr_get(&local->address, address) ? PTT_OK : PTT_ERR_MALFORMED;
}

enum ptt_err ptt_member_open_endpoint(struct ptt_member *member, struct ptt_sdp_local *local)
{
	struct ptt_group_env *env = member->group->env;
	struct ptt_endpoint_at at = {
		.address = env->started->media.address ? NULL : member->dialog->listener->address,
		.audio_port = member->plan.our_audio_port,
		.floor_port = member->plan.our_floor_port,
	};

	PTT_TRY(ptt_endpoint_open_at(env->media, &member->endpoint, &at, member));
	return ptt_member_local(member, local);
}

void ptt_member_set_peer(struct ptt_member *member)
{
	const struct ptt_config_group *group = member->group->config;
	const struct ptt_media_plan *plan = &member->plan;
	struct ptt_tbcp_params may = tbcp_of(member), tbcp;
	char address[PTT_SDP_ADDR_TEXT_LEN];
	bool hold = (plan->direction & PTT_DIR_SENDONLY) == 0 || plan->peer_audio_port == 0;
	struct ptt_media_peer peer = {
		.address = ptt_sdp_addr_text(address, &plan->peer_audio_address),
		.audio_port = plan->peer_audio_port,
		.floor_port = plan->peer_floor_port,
		.pt = plan->audio_pt,
		.forward = plan->channel != PTT_CHANNEL_ON && !hold,
		.packed = plan->audio_octet_align == 0 &&
			  strncmp(member->group->sdp.codec.name, "AMR", 3) == 0,
		.wideband = strncmp(member->group->sdp.codec.name, "AMR-WB/", 7) == 0,
		.listen_only = !ptt_config_is_talker(group, ptt_member_name(member)),
		.name = ptt_member_name(member),
	};

	/* agreed once, and still so by the configuration of now */
	tbcp = ptt_tbcp_params_agree(&plan->tbcp, &may);
	peer.queuing = tbcp.queuing != 0;
	peer.priority = tbcp.tb_priority;
	peer.timestamps = tbcp.timestamp != 0;
	if (address[0] == '\0')
		peer.address = NULL;
	if (ptt_endpoint_set_peer(member->endpoint, member->group->channel, &peer) != PTT_OK)
		ptt_log_limited(PTT_LOG_WARN, "media-peer-refused", "group=%s member=%s address=%s",
			member->group->uri, peer.name, address);
}
