/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file env.h
 * What all groups of one server share: the parts that the server opened, and the groups themselves.
 *
 * module/server fills it before it opens the first group, and closes the parts after it has freed
 * the last one. Thread: SIP.
 */
#ifndef PTT_GROUP_ENV_H
#define PTT_GROUP_ENV_H

#include <sofia-sip/su_wait.h>

#include "crypto/mikey_seal.h"
#include "module/config/config.h"
#include "module/group/msk_numbers.h"
#include "module/group/muk.h"
#include "module/media/media.h"
#include "module/sip/sip_server.h"
#include "module/store/store.h"

struct ptt_group;

/** What belongs to the server or to the laboratory. Each may be NULL. */
struct ptt_group_hooks {
	/** For `pttkey watch`. @p event: joined left expelled admitted rekeyed; @p member: its name,
	 *  or NULL. */
	void (*on_event)(
		void *ctx, const struct ptt_group *group, const char *event, const char *member);
	/** For `pttkey trace`: a step of the tracker made transitions, from number @p from on
	 *  (ptt_tracker_trace_get()). Called before the step's actions are executed, so the members
	 *  that the transitions name still exist. */
	void (*on_transitions)(void *ctx, const struct ptt_group *group, uint64_t from);
	/** For the laboratory's key log: a new MTK of @p group, before the media thread has it.
	 *  @p mki: PTT_MBMS_MKI_LEN bytes. */
	void (*on_mtk)(void *ctx, const struct ptt_group *group, const uint8_t *mki,
		const struct ptt_mtk *mtk);
	void *ctx;
};

struct ptt_group_env {
	/* the server's parts, borrowed */
	su_root_t *root;
	struct ptt_store *store;
	struct ptt_naf_source *naf;
	struct ptt_sip *sip;
	struct ptt_media *media;
	const struct ptt_config *config; /**< as last loaded */
	const struct ptt_config
		*started; /**< as loaded at the start: a reload does not change it */
	char boot_id[PTT_STORE_BOOT_ID_MAX]; /**< of this boot of the machine; "": not known */
	struct ptt_group_hooks hooks;

	/* keys that are no group's own */
	struct ptt_mikey_ctx mikey;
	struct ptt_muk_table muks;
	struct ptt_msk_numbers numbers;
	size_t lease_slot; /**< the tick goes on to end leases at this slot of muks.table */

	unsigned int ends_a_turn; /**< most members that one turn of the loop ends for their MUK */
	struct ptt_group *groups;
};

/** The group with this URI (RFC 3261 19.1.4); NULL: none. */
struct ptt_group *ptt_groups_find(const struct ptt_group_env *env, const char *group_uri);
int64_t ptt_groups_member_count(const struct ptt_group_env *env);
/** A re-key is under way, or about to be, in some group. */
bool ptt_groups_are_rekeying(const struct ptt_group_env *env);
/** No group has anything under way. */
bool ptt_groups_are_idle(const struct ptt_group_env *env);

/**
 * Once a second: ends the leases of MUK holders that do not respond, ends members whose MUK has
 * expired, makes owed MTKs. Work that grows with the number of members is done in parts.
 * @return true: ptt_groups_tick_more() is due in the next turn of the loop.
 */
bool ptt_groups_tick(struct ptt_group_env *env);
/** The next part. @return as above */
bool ptt_groups_tick_more(struct ptt_group_env *env);

#endif
