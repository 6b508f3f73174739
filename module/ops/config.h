/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file config.h
 * The configuration file of pttkeyd and the tool (libconfig syntax), read and checked as a whole.
 *
 * Nothing is half applied: a file is good, or there is one text "FILE:LINE: what; accepted values".
 * Unknown settings are errors. Relative paths are taken from the file's folder; the struct holds
 * the resolved ones. All texts belong to the struct and live as long as it.
 */
#ifndef PTT_CONFIG_H
#define PTT_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/err.h"
#include "crypto/mbms_profile.h"
#include "crypto/secret.h"
#include "module/core/overload.h"
#include "module/core/policy.h"
#include "module/ops/log.h"

#define PTT_CONFIG_LISTEN_MAX   16
#define PTT_CONFIG_GROUPS_MAX   1000
#define PTT_CONFIG_MEMBERS_MAX  200000 /**< a group */
#define PTT_CONFIG_OWNERS_MAX   64
#define PTT_CONFIG_NAFS_MAX     64
#define PTT_CONFIG_PRIORITY_MAX 3 /**< of a request for the floor: pre-emptive */

enum ptt_naf_source_kind { PTT_NAF_EMBEDDED, PTT_NAF_DIAMETER, PTT_NAF_REST };
enum ptt_digest_alg { PTT_DIGEST_MD5, PTT_DIGEST_SHA256 };
enum ptt_channel_codec { PTT_CODEC_AMR, PTT_CODEC_PCMU, PTT_CODEC_AMR_WB, PTT_CODEC_OPUS };

/** How the requests of a re-key leave by UDP. */
enum ptt_udp_io {
	PTT_UDP_BATCH, /**< many with one system call; by tport where the host did not let us */
	PTT_UDP_TPORT, /**< one by one, by Sofia's transport */
	PTT_UDP_PEEK,  /**< as batch; and plain answers are read many at a time, past Sofia */
};

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

/** Whose file it is. */
enum ptt_config_kind { PTT_CONFIG_SERVER, PTT_CONFIG_BSF, PTT_CONFIG_ANY /**< told by "zn" */ };

struct ptt_config {
	const char *file; /**< as given */
	enum ptt_config_kind kind;
	const char *listen[PTT_CONFIG_LISTEN_MAX];
	size_t listen_count;
	struct {
		const char *cert, *key, *ca;
		bool verify;
	} tls; /**< paths; NULL where absent */
	struct {
		const char *fqdn;
		enum ptt_naf_source_kind source;
		enum ptt_digest_alg digest[2];
		size_t digest_count;
		const char *url, *ca; /**< rest; ca NULL: the system's */
		const char *diameter, *bsf_realm,
			*bsf_host;   /**< file of freeDiameter; names or NULL */
		uint32_t timeout_ms; /**< of a look-up elsewhere */
	} naf;
	struct {
		const char *listen, *host, *cert, *key; /**< cert NULL: HTTP */
		uint32_t lifetime_s;
	} bsf; /**< listen NULL: no embedded BSF */
	struct {
		const char *listen, *cert, *key, *diameter; /**< NULL where absent */
		const char *const *nafs;                    /**< NULL: all may ask */
		size_t naf_count;
	} zn;                    /**< BSF only */
	const char *subscribers; /**< BSF only: a CSV file, or NULL */
	uint8_t key_domain[3];   /**< MCC || MNC, TS 24.008 nibble order: "001-01" is 00 f1 10 */
	struct {
		const char *type, *path, *conninfo, *kek_file;
	} store;
	const char *control; /**< NULL = none */
	const char *metrics; /**< "host:port"; NULL = none */
	struct {
		const char *address;
		uint16_t port_min, port_max;
	} media; /**< address NULL: that of the INVITE */
	uint32_t drain_s;
	uint32_t session_min_s; /**< Min-SE of RFC 4028 */
	/** What a re-key does with a request over 1300 bytes to a member on UDP. */
	enum ptt_config_over_mtu { PTT_CONFIG_OVER_MTU_TCP, PTT_CONFIG_OVER_MTU_REFUSE } over_mtu;
	struct ptt_overload_limits overload;
	enum ptt_udp_io udp_io;
	struct {
		enum ptt_log_format format;
		enum ptt_log_level level;
	} log;
	struct {
		const char *key_log; /**< path; NULL = none, as it should be */
	} lab;
	const struct ptt_config_group *groups;
	size_t group_count;
};

/** Errors: MALFORMED with @p text; SYSTEM: cannot read. Does not open the KEK file. */
enum ptt_err ptt_config_load(
	struct ptt_config **out, const char *path, char *text, size_t text_size) PTT_MUST_CHECK;
/** A server's file, that of pttkey-bsf, or either (tools that work on the store). */
enum ptt_err ptt_config_load_as(struct ptt_config **out, enum ptt_config_kind kind,
	const char *path, char *text, size_t text_size) PTT_MUST_CHECK;
void ptt_config_free(struct ptt_config *config);
/** The group with that URI (scheme and host in any case, parameters apart), or NULL. */
const struct ptt_config_group *ptt_config_find_group(
	const struct ptt_config *config, const char *uri);
/** True if @p impu is a configured member ("*", or its URI in the list). */
bool ptt_config_is_member(const struct ptt_config_group *group, const char *impu);
bool ptt_config_is_owner(const struct ptt_config_group *group, const char *impu);
/** May he be given the floor? */
bool ptt_config_is_talker(const struct ptt_config_group *group, const char *impu);
/** The highest priority he may ask for it with, 1 .. 3. */
uint8_t ptt_config_priority(const struct ptt_config_group *group, const char *impu);

/**
 * Reads the KEK: 32 raw bytes, a regular file of mode 0600 or less. Errors: MALFORMED, AUTH (mode),
 * SYSTEM.
 */
enum ptt_err ptt_config_load_kek(struct ptt_kek *out, const struct ptt_config *config, char *text,
	size_t text_size) PTT_MUST_CHECK;
/** "127.0.0.1:8080" or "[::1]:8080" in two; @p host without brackets. Errors: MALFORMED. */
enum ptt_err ptt_config_split_address(
	char *host, size_t host_size, uint16_t *port, const char *text) PTT_MUST_CHECK;

#endif
