/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file roster.h
 * The members of one group (dialogs), the subjects behind them (subscribers, by IMPI), and bans.
 *
 * A subject may have several members at once, or none: the roster also keeps a subject that is
 * banned or was sent an MSK that still lives. Member and subject handles stay valid until leave()
 * and
 * sweep(); after that every function treats them as unknown (handle.h). All look-ups are O(1). Not
 * thread-safe. Names are compared as bytes: the caller brings SIP URIs into one form first.
 */
#ifndef PTT_ROSTER_H
#define PTT_ROSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/err.h"
#include "module/core/handle.h"

struct ptt_roster;

/** @param max_members 0 = no limit of the group (PTT_HANDLE_MAX_SLOTS still). Errors: SYSTEM. */
enum ptt_err ptt_roster_new(struct ptt_roster **out, uint32_t max_members) PTT_MUST_CHECK;
void ptt_roster_free(struct ptt_roster *roster);
/** After a reload. A lower limit ends no dialog. */
void ptt_roster_set_max(struct ptt_roster *roster, uint32_t max_members);

/** Finds or adds the subject of this IMPI (copied). Errors: MALFORMED empty; NO_SPACE; SYSTEM. */
enum ptt_err ptt_roster_subject(
	uint32_t *subject, struct ptt_roster *roster, const char *impi) PTT_MUST_CHECK;
/**
 * Gives the subject one more public identity (copied); a second time changes nothing.
 * Errors: MISMATCH another subject has it.
 */
enum ptt_err ptt_roster_add_impu(
	struct ptt_roster *roster, uint32_t subject, const char *impu) PTT_MUST_CHECK;
/** @return the subject with this IMPU or IMPI, or PTT_HANDLE_NONE. */
uint32_t ptt_roster_find(const struct ptt_roster *roster, const char *impu_or_impi);
/** @return the IMPI, or NULL for an unknown handle. Borrowed until the subject is swept. */
const char *ptt_roster_impi(const struct ptt_roster *roster, uint32_t subject);
/** @return the @p index-th public identity in the order they were added, or NULL. Borrowed. */
const char *ptt_roster_impu(const struct ptt_roster *roster, uint32_t subject, size_t index);

void ptt_roster_set_ban(struct ptt_roster *roster, uint32_t subject, bool banned);
bool ptt_roster_is_banned(const struct ptt_roster *roster, uint32_t subject);

/**
 * Adds a dialog of the subject.
 * @param dialog  the pointer that ptt_roster_dialog() returns. Keeps: the pointer only.
 * Errors: AUTH banned; NO_KEY unknown subject; NO_SPACE max_members reached (486); SYSTEM.
 */
enum ptt_err ptt_roster_join(
	uint32_t *member, struct ptt_roster *roster, uint32_t subject, void *dialog) PTT_MUST_CHECK;
/** The dialog is over; unknown handles are ignored. The subject stays until sweep(). */
void ptt_roster_leave(struct ptt_roster *roster, uint32_t member);
/** @return PTT_HANDLE_NONE for an unknown member. */
uint32_t ptt_roster_subject_of(const struct ptt_roster *roster, uint32_t member);
/** @return NULL for an unknown member. */
void *ptt_roster_dialog(const struct ptt_roster *roster, uint32_t member);

/**
 * Members in slot order: start with PTT_HANDLE_NONE, ends with it. A member may leave during the
 * walk.
 */
uint32_t ptt_roster_next_member(const struct ptt_roster *roster, uint32_t after);
/** The same for subjects. */
uint32_t ptt_roster_next_subject(const struct ptt_roster *roster, uint32_t after);
/** The members of one subject, newest first: start with PTT_HANDLE_NONE. */
uint32_t ptt_roster_next_of(const struct ptt_roster *roster, uint32_t subject, uint32_t after);

uint32_t ptt_roster_members(const struct ptt_roster *roster);
uint32_t ptt_roster_subjects(const struct ptt_roster *roster);
uint32_t ptt_roster_bans(const struct ptt_roster *roster);
/** Bytes allocated, names included. */
size_t ptt_roster_size(const struct ptt_roster *roster);

/**
 * Forgets subjects without a member and without a ban for which @p held returns false (ask
 * ptt_tracker_holds_key()). Examines at most @p budget slots and continues there at the next call.
 * Call it with about 64 after each join, and with more after a re-key.
 */
void ptt_roster_sweep(struct ptt_roster *roster, bool (*held)(const void *arg, uint32_t subject),
	const void *arg, uint32_t budget);

#endif
