/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file config_group.h
 * What the configuration file says of one group: its channel, members, floor, policy. Part of
 * config.h, which keeps it.
 */
#ifndef PTT_CONFIG_GROUP_H
#define PTT_CONFIG_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/mbms_profile.h"
#include "module/core/policy.h"

#define PTT_CONFIG_MEMBERS_MAX  200000 /**< a group */
#define PTT_CONFIG_OWNERS_MAX   64
#define PTT_CONFIG_PRIORITY_MAX 3 /**< of a request for the floor: pre-emptive */

enum ptt_channel_codec { PTT_CODEC_AMR, PTT_CODEC_PCMU, PTT_CODEC_AMR_WB, PTT_CODEC_OPUS };

struct ptt_config_channel {
	const char *address; /**< multicast, IPv4 or IPv6, numeric */
	uint16_t audio_port, floor_port, key_port;
	const char *interface; /**< name; "" = the system's choice */
	const char *source;    /**< address packets come from; "" = the interface's address */
	uint8_t ttl;           /**< IPv6: the hop limit */
	uint8_t dscp;          /**< 0 to 63 */
	enum ptt_suite suite;
	enum ptt_channel_codec codec;
	const char *codec_rtpmap; /**< "AMR/8000/1" */
	bool map_srtp;            /**< SRTP-ID map; false: Empty map */
	bool sdp_ids;
};

/** Users by their URIs, sorted. */
struct ptt_config_users {
	const char *const *list;
	size_t count;
	bool any; /**< "*" is among them */
};

/** Who talks, and how long: docs/floor.md. */
struct ptt_config_floor {
	uint32_t max_burst_s, retry_after_s;
	uint8_t queue;    /**< so many wait at most; 0 = nobody */
	uint8_t priority; /**< the highest of who is not in pre_emptive */
	bool talk_alone;
	struct ptt_config_users talkers, pre_emptive;
};

struct ptt_config_group {
	const char *uri;
	const char *const *members; /**< IMPUs, as written */
	size_t member_count;
	bool members_any; /**< "*" is among them */
	const char *const *owners;
	size_t owner_count;
	struct ptt_config_channel channel;
	struct ptt_config_floor floor;
	uint16_t key_group;   /**< 0 = assigned, kept in the store */
	uint32_t max_members; /**< 0 = no limit */
	struct ptt_policy policy;
};

/** True if @p impu is a configured member ("*", or its URI in the list). */
bool ptt_config_is_member(const struct ptt_config_group *group, const char *impu);
bool ptt_config_is_owner(const struct ptt_config_group *group, const char *impu);
/** May he be given the floor? */
bool ptt_config_is_talker(const struct ptt_config_group *group, const char *impu);
/** The highest priority he may ask for it with, 1 .. 3. */
uint8_t ptt_config_priority(const struct ptt_config_group *group, const char *impu);

#endif
