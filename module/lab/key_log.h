/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file key_log.h
 * Writes the traffic keys of a laboratory to a file, so that outside players and analysers can read
 * the channel.
 *
 * Off unless configured (`lab.key_log`, --key-log); then every start logs a warning. No other code
 * writes a key in the clear. One line a key, fields separated by one blank:
 *
 *     MTK <MKI> <suite> <key> <salt> <time> <group>
 *
 * MKI: 12 hex digits, MSK ID (8) || MTK ID (4). Suite: RFC 4568, RFC 7714 name. Key, salt: hex.
 * Time: UTC seconds with three decimals; the server made, or the client accepted the key then.
 * Group: SIP URI, last. Lines that begin with '#' are comments. Readers skip lines with an unknown
 * first word. docs/lab.md has the same for users.
 */
#ifndef PTT_KEY_LOG_H
#define PTT_KEY_LOG_H

#include "crypto/err.h"
#include "crypto/mbms_profile.h"
#include "crypto/secret.h"

#define PTT_KEY_LOG_LINE_MAX  1024
#define PTT_KEY_LOG_GROUP_MAX 512

struct ptt_key_log {
	bool on; /**< zeroed: off */
	int fd;
};

/**
 * Opens @p path to append, creates it with mode 0600; NULL or "" = off. Logs a warning.
 * Errors, logged: AUTH (others may read it), SYSTEM (not writable, no regular file).
 */
enum ptt_err ptt_key_log_open(struct ptt_key_log *out, const char *path) PTT_MUST_CHECK;
void ptt_key_log_close(struct ptt_key_log *log);

/** One line of the file. Holds a key: the caller wipes it. */
struct ptt_key_log_entry {
	uint8_t mki[PTT_MBMS_MKI_LEN];
	enum ptt_suite suite;
	struct ptt_mtk mtk;
	char group[PTT_KEY_LOG_GROUP_MAX];
};

/** Appends one line in one write; does nothing while off. Logs a failure, and goes on. */
void ptt_key_log_put(struct ptt_key_log *log, const uint8_t mki[PTT_MBMS_MKI_LEN],
	const struct ptt_mtk *mtk, const char *group);
/** Reads a line of the file. Errors: NO_KEY (comment or unknown word: skip it), MALFORMED. */
enum ptt_err ptt_key_log_get(struct ptt_key_log_entry *out, const char *line) PTT_MUST_CHECK;

#endif
