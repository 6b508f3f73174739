/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file list.h
 * Intrusive lists. An item leaves its list in constant time: its member @p link points at the
 * pointer that points at the item, which is the head or the member @p next of the item before.
 * An item of zeros is in no list. Head and items stay where they are while the item is listed.
 */
#ifndef PTT_LIST_H
#define PTT_LIST_H

/** Puts @p item in front. Shape: `struct item *head; struct item { struct item *next, **link; }`. */
#define PTT_LIST_ADD(head, item, next, link) \
	do { \
		(item)->next = (head); \
		(item)->link = &(head); \
		if ((head)) \
			(head)->link = &(item)->next; \
		(head) = (item); \
	} while (0)
/** Nothing happens if @p item is in no list. Keeps its next. */
#define PTT_LIST_REMOVE(item, next, link) \
	do { \
		if (!(item)->link) \
			break; \
		*(item)->link = (item)->next; \
		if ((item)->next) \
			(item)->next->link = (item)->link; \
		(item)->link = NULL; \
	} while (0)

#endif
