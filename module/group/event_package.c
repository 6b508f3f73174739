/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/group/event_package.h"

#include <stdlib.h>
#include <string.h>

#include "module/base/clock.h"
#include "module/base/log.h"
#include "module/group/group_int.h"

struct subscription {
	struct subscription *next;
	struct ptt_event_package *package;
	struct ptt_sip_watch *watch;
	bool listing;    /* the whole list is under way... */
	bool first;      /* ...and its first document is the next */
	uint32_t cursor; /* ...behind this member */
	uint64_t changes_sent;
	uint32_t version;
	int64_t next_ms; /* not before */
	int64_t expires_ms;
};

struct ptt_event_package {
	struct ptt_group *group;
	su_timer_t *timer;
	int64_t due_ms;            /* of the timer; 0: it is not set */
	struct subscription *list; /* the newest first */
	size_t count;
	uint64_t changes; /* ever; the last PTT_EVENT_LOG are in the log, which owns their IMPUs */
	struct ptt_event_user log[PTT_EVENT_LOG];
};

/* One document at a time is written, on the one SIP thread; it is too large for the stack. */
static struct ptt_event_doc doc;
static const struct ptt_bytes no_body;

static void run(struct ptt_event_package *package);

static void on_timer(su_root_magic_t *magic, su_timer_t *timer, su_timer_arg_t *arg)
{
	struct ptt_event_package *package = (struct ptt_event_package *)arg;

	(void)magic;
	(void)timer;
	package->due_ms = 0;
	run(package);
}

static void wake_at(struct ptt_event_package *package, int64_t at_ms)
{
	int64_t wait = at_ms - ptt_clock_ms();

	if (package->due_ms != 0 && package->due_ms <= at_ms)
		return;
	package->due_ms = at_ms;
	su_timer_set_interval(package->timer, on_timer, (su_timer_arg_t *)package,
		(su_duration_t)(wait > 1 ? wait : 1));
}

/* --- subscriptions --- */

static void forget_changes(struct ptt_event_package *package)
{
	for (size_t i = 0; i < PTT_EVENT_LOG; i++)
		free((char *)(uintptr_t)package->log[i].impu);
	memset(package->log, 0, sizeof(package->log));
}

static void unlink_subscription(struct subscription *sub)
{
	struct ptt_event_package *package = sub->package;
	struct subscription **link = &package->list;

	while (*link != sub)
		link = &(*link)->next;
	*link = sub->next;
	free(sub);
	if (--package->count > 0)
		return;
	forget_changes(package);
	su_timer_reset(package->timer);
	package->due_ms = 0;
}

/* reason: of Subscription-State, or NULL: the watch ends by itself. */
static void end(struct subscription *sub, const char *reason, struct ptt_bytes body)
{
	const char *group = sub->package->group->uri;

	ptt_log(PTT_LOG_INFO, "subscription-ended", "group=%s member=%s reason=%s call_id=%s",
		group, sub->watch->dialog->impi, reason ? reason : "notify-failed",
		sub->watch->dialog->call_id);
	if (reason)
		ptt_sip_watch_end(sub->watch, reason, body);
	unlink_subscription(sub);
}

static void list_anew(struct subscription *sub)
{
	sub->listing = sub->first = true;
	sub->cursor = PTT_HANDLE_NONE;
	sub->changes_sent = sub->package->changes;
}

static bool has_news(const struct subscription *sub)
{
	return sub->listing || sub->changes_sent < sub->package->changes;
}

/* --- documents --- */

static void put_list(struct subscription *sub)
{
	struct ptt_group *group = sub->package->group;
	uint32_t handle = sub->cursor;

	while ((handle = ptt_roster_next_member(group->roster, handle)) != PTT_HANDLE_NONE) {
		const struct ptt_member *member = ptt_member_of(group, handle);
		struct ptt_event_user user = {
			.impu = ptt_member_name(member),
			.endpoint = handle,
			.joined_utc_s = member->joined_utc_s,
		};

		if (member->acked && !ptt_event_doc_add(&doc, &user))
			return;
		sub->cursor = handle;
	}
	sub->listing = false;
}

static void put_changes(struct subscription *sub)
{
	const struct ptt_event_package *package = sub->package;

	while (sub->changes_sent < package->changes &&
		ptt_event_doc_add(&doc, &package->log[sub->changes_sent % PTT_EVENT_LOG]))
		sub->changes_sent++;
}

static struct ptt_bytes next_document(struct subscription *sub, size_t limit)
{
	struct ptt_event_head head = {
		.entity = sub->package->group->uri,
		.limit = limit,
	};

	if (!sub->listing && sub->package->changes - sub->changes_sent > PTT_EVENT_LOG)
		list_anew(sub);
	head.version = ++sub->version;
	head.full = sub->first;
	ptt_event_doc_begin(&doc, &head);
	if (sub->listing)
		put_list(sub);
	else
		put_changes(sub);
	sub->first = false;
	ptt_event_doc_end(&doc);
	return (struct ptt_bytes){(const uint8_t *)doc.text, doc.len};
}

/* --- the turn --- */

/* True: it is still there. */
static bool run_one(struct subscription *sub, int64_t now)
{
	uint32_t left_s = (uint32_t)((sub->expires_ms - now + 999) / 1000);

	if (now >= sub->expires_ms) {
		end(sub, "timeout", no_body);
		return false;
	}
	if (!has_news(sub) || sub->watch->notify || now < sub->next_ms)
		return true;
	sub->next_ms = now + PTT_EVENT_INTERVAL_MS;
	if (ptt_sip_notify(sub->watch, left_s, next_document(sub, ptt_sip_watch_room(sub->watch))))
		return true;
	ptt_sip_watch_end(sub->watch, NULL, no_body);
	unlink_subscription(sub);
	return false;
}

static void run(struct ptt_event_package *package)
{
	int64_t now = ptt_clock_ms(), due = INT64_MAX;
	struct subscription *sub, *next;

	if (package->group->stopped)
		return;
	for (sub = package->list; sub; sub = next) {
		next = sub->next;
		if (!run_one(sub, now))
			continue;
		if (sub->expires_ms < due)
			due = sub->expires_ms;
		if (has_news(sub) && !sub->watch->notify && sub->next_ms < due)
			due = sub->next_ms;
	}
	if (package->list)
		wake_at(package, due);
}

void ptt_event_on_notified(void *ctx, struct ptt_sip_watch *watch, bool good)
{
	struct subscription *sub = watch->user;

	(void)ctx;
	if (!sub)
		return;
	if (!good)
		end(sub, NULL, no_body);
	else if (has_news(sub))
		wake_at(sub->package, sub->next_ms);
}

/* --- SUBSCRIBE --- */

static bool is_listed(const struct ptt_group *group, const char *impu)
{
	return group->config->members_any || ptt_config_is_member(group->config, impu) ||
	       ptt_config_is_owner(group->config, impu);
}

static bool may_follow(const struct ptt_group *group, const struct ptt_naf_keys *keys)
{
	uint32_t subject = ptt_roster_find(group->roster, keys->impi);

	if (subject != PTT_HANDLE_NONE && ptt_roster_is_banned(group->roster, subject))
		return false;
	for (size_t i = 0; i < keys->impu_count; i++)
		if (is_listed(group, keys->impus[i]))
			return true;
	return false;
}

static struct ptt_event_package *package_of(struct ptt_group *group)
{
	struct ptt_event_package *package = group->events;

	if (package)
		return package;
	package = calloc(1, sizeof(*package));
	if (!package)
		return NULL;
	package->group = group;
	package->timer = su_timer_create(su_root_task(group->env->root), 1000);
	if (!package->timer) {
		free(package);
		return NULL;
	}
	group->events = package;
	return package;
}

/* A device that forgot its subscriptions must not lock its owner out. */
static void make_room(struct ptt_event_package *package, const char *impi)
{
	struct subscription *oldest = NULL;
	unsigned count = 0;

	for (struct subscription *sub = package->list; sub; sub = sub->next) {
		if (strcmp(sub->watch->dialog->impi, impi) != 0)
			continue;
		oldest = sub;
		count++;
	}
	if (count >= PTT_EVENT_OF_ONE_MAX)
		end(oldest, "rejected", no_body);
}

static void grant(
	struct subscription *sub, struct ptt_sip_request *req, const struct ptt_sip_info *info)
{
	struct ptt_event_package *package = sub->package;
	int64_t now = ptt_clock_ms();

	if (ptt_sip_watch_accept(&sub->watch, req, info) != PTT_OK) {
		unlink_subscription(sub);
		return;
	}
	sub->watch->user = sub;
	sub->expires_ms = now + (int64_t)info->expires_s * 1000;
	if (!info->watch)
		ptt_log(PTT_LOG_INFO, "subscribed", "group=%s member=%s expires_s=%u call_id=%s",
			package->group->uri, info->from_uri, info->expires_s,
			sub->watch->dialog->call_id);
	list_anew(sub);
	if (info->expires_s ==
		0) /* the state as it is, once (RFC 6665 4.4.3), or a farewell: no second NOTIFY */
		end(sub, "timeout", next_document(sub, PTT_EVENT_DOC_SIZE));
	else
		wake_at(package, now + 1);
}

void ptt_event_on_subscribe(void *ctx, struct ptt_sip_request *req, const struct ptt_sip_info *info)
{
	struct subscription *sub = info->watch ? info->watch->user : NULL;
	struct ptt_group *group = ptt_groups_find(ctx, info->request_uri);
	struct ptt_event_package *package;

	if (!group || !may_follow(group, info->keys)) {
		ptt_refuse(req, info, !group ? 404 : 403,
			!group ? "SUBSCRIBE: no such group" : "SUBSCRIBE: may not follow");
		if (sub)
			end(sub, "rejected", no_body);
		return;
	}
	if (sub) {
		grant(sub, req, info);
		return;
	}
	package = package_of(group);
	if (package)
		make_room(package, info->keys->impi);
	if (package && package->count < PTT_EVENT_WATCHERS_MAX)
		sub = calloc(1, sizeof(*sub));
	if (!sub) {
		ptt_refuse(req, info, 503, "SUBSCRIBE: too many follow");
		return;
	}
	sub->package = package;
	sub->next = package->list;
	package->list = sub;
	package->count++;
	grant(sub, req, info);
}

/* --- what happens in the group --- */

static void note(const struct ptt_member *member, enum ptt_event_how how)
{
	struct ptt_event_package *package = member->group->events;
	struct ptt_event_user *slot;

	if (!package || package->count == 0 || member->group->stopped || !member->acked)
		return;
	slot = &package->log[package->changes++ % PTT_EVENT_LOG];
	free((char *)(uintptr_t)slot->impu);
	*slot = (struct ptt_event_user){
		.impu = strdup(ptt_member_name(member)),
		.endpoint = member->handle,
		.how = how,
		.joined_utc_s = member->joined_utc_s,
		.left_utc_s = ptt_clock_utc_s(),
	};
	if (!slot->impu) /* who comes to it gets the whole list */
		package->changes += PTT_EVENT_LOG;
	wake_at(package, ptt_clock_ms() + PTT_EVENT_GATHER_MS);
}

void ptt_event_joined(const struct ptt_member *member)
{
	note(member, PTT_EVENT_IN);
}

void ptt_event_left(const struct ptt_member *member, enum ptt_event_how how)
{
	note(member, how);
}

static struct subscription *first_of(const struct ptt_group *group)
{
	return group->events ? group->events->list : NULL;
}

void ptt_event_expelled(struct ptt_group *group, uint32_t subject)
{
	const char *impi = ptt_roster_impi(group->roster, subject);

	for (struct subscription *sub = first_of(group), *next; sub; sub = next) {
		next = sub->next;
		if (impi && strcmp(sub->watch->dialog->impi, impi) == 0)
			end(sub, "rejected", no_body);
	}
}

void ptt_event_reconfigured(struct ptt_group *group)
{
	for (struct subscription *sub = first_of(group), *next; sub; sub = next) {
		next = sub->next;
		if (!is_listed(group, sub->watch->dialog->impu))
			end(sub, "deactivated", no_body);
	}
}

void ptt_event_package_free(struct ptt_event_package *package)
{
	if (!package)
		return;
	for (struct subscription *sub = package->list, *next; sub; sub = next) {
		next = sub->next;
		sub->watch->user = NULL;
		unlink_subscription(sub);
	}
	su_timer_destroy(package->timer);
	forget_changes(package);
	free(package);
}
