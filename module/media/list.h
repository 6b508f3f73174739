/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file list.h
 * Lists that one leaves without a walk: @p link is what points at the item. A member that leaves
 * must not cost more the more members there are. Private to the files of media_int.h.
 */
#ifndef PTT_LIST_H
#define PTT_LIST_H

#define PTT_MEDIA_LINK(head, item, next, link) \
	do { \
		(item)->next = (head); \
		(item)->link = &(head); \
		if ((head)) \
			(head)->link = &(item)->next; \
		(head) = (item); \
	} while (0)
#define PTT_MEDIA_UNLINK(item, next, link) \
	do { \
		*(item)->link = (item)->next; \
		if ((item)->next) \
			(item)->next->link = (item)->link; \
	} while (0)

#endif
