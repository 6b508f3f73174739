/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file key_log.h
 * The traffic keys of a laboratory in a file, so that outside players and
 * analysers can read the channel.
 *
 * Off unless configured (`lab.key_log`, --key-log), and then loud: a warning in the log at every
 * start. This is the one place where a key is written in the clear. One line a key, fields apart by
 * one blank:
 *
 *     MTK <MKI> <suite> <key> <salt> <time> <group>
 *
 * MKI: 12 hex digits, MSK ID (8) || MTK ID (4). Suite: RFC 4568, RFC 7714 name. Key, salt: hex.
 * Time: UTC seconds with three decimals, when the key was made or taken. Group: SIP URI, last.
 * Lines that begin with '#' are comments; readers pass over words they do not know. docs/lab.md has
 * the same for users.
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
 * Appends to @p path, made with mode 0600; NULL or "" = off. Warns in the log.
 * Errors, logged: AUTH (others may read it), SYSTEM (cannot be written, no regular file).
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

/** One line in one write; does nothing while off. A failure is logged: the session goes on. */
void ptt_key_log_put(struct ptt_key_log *log, const uint8_t mki[PTT_MBMS_MKI_LEN],
	const struct ptt_mtk *mtk, const char *group);
/** A line of the file. Errors: NO_KEY (a comment, an unknown word: pass over it), MALFORMED. */
enum ptt_err ptt_key_log_get(struct ptt_key_log_entry *out, const char *line) PTT_MUST_CHECK;

#endif
