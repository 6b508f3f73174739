/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file event_text.h
 * Documents of the conference event package, as far as a group has something to say: who is in,
 * since when, and how he went. Pure text.
 * Spec: RFC 4575 (sections 4 and 5).
 */
#ifndef PTT_EVENT_TEXT_H
#define PTT_EVENT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PTT_EVENT_DOC_SIZE  20000 /**< bytes of a document, at most */
#define PTT_EVENT_DOC_USERS 64    /**< in one document */

/** How an endpoint is, or has gone. RFC 4575 5.7.3: a BYE of his, a BYE of ours, lost. */
enum ptt_event_how { PTT_EVENT_IN, PTT_EVENT_DEPARTED, PTT_EVENT_BOOTED, PTT_EVENT_FAILED };

/** One endpoint, that is one dialog. Borrowed. */
struct ptt_event_user {
	const char *impu;  /**< the user's entity */
	uint32_t endpoint; /**< tells his endpoints apart */
	enum ptt_event_how how;
	int64_t joined_utc_s;
	int64_t left_utc_s; /**< not PTT_EVENT_IN */
};

struct ptt_event_doc {
	char text[PTT_EVENT_DOC_SIZE];
	size_t len;
	size_t limit; /**< what len should not pass, but for the first user */
	const char *users[PTT_EVENT_DOC_USERS];
	size_t count;
};

/** What stands at the top of a document. */
struct ptt_event_head {
	const char *entity; /**< of the group */
	uint32_t version;
	bool full;    /**< it replaces what the watcher has; else it adds to it */
	size_t limit; /**< bytes wanted at most */
};
void ptt_event_doc_begin(struct ptt_event_doc *doc, const struct ptt_event_head *head);
/** Adds an endpoint. Keeps: user->impu until the end. False: it belongs into the next document: this
 *  one is full, or has this user already (a user's entity is the key of his element). The first
 *  always goes in. */
bool ptt_event_doc_add(struct ptt_event_doc *doc, const struct ptt_event_user *user);
void ptt_event_doc_end(struct ptt_event_doc *doc);

#endif
