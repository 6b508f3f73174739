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
#include "crypto/secret.h"
#include "module/core/overload.h"
#include "module/config/config_group.h"
#include "module/base/log.h"

#define PTT_CONFIG_LISTEN_MAX 16
#define PTT_CONFIG_GROUPS_MAX 1000
#define PTT_CONFIG_NAFS_MAX   64

enum ptt_naf_source_kind { PTT_NAF_EMBEDDED, PTT_NAF_DIAMETER, PTT_NAF_REST };
enum ptt_digest_alg { PTT_DIGEST_MD5, PTT_DIGEST_SHA256 };

/** How the requests of a re-key leave by UDP. */
enum ptt_udp_io {
	PTT_UDP_BATCH, /**< many with one system call; by tport where the host did not let us */
	PTT_UDP_TPORT, /**< one by one, by Sofia's transport */
	PTT_UDP_PEEK,  /**< as batch; and plain answers are read many at a time, past Sofia */
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
