/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/media/floor_stage.h"

#include <stdio.h>

static const struct ptt_floor_policy policy = {.max_burst_ms = 30000,
	.quiet_ms = 4000,
	.talk_end_ms = 600,
	.late_ms = 500,
	.grace_ms = 1000,
	.retry_ms = 3000,
	.idle_again_ms = 250,
	.revoke_again_ms = 400,
	.grant_again_ms = 500,
	.repeats = 3,
	.queue_max = 2};

static const char names[] = "hoqrpvsl";
static const char *const verbs[] = {
	[PTT_FLOOR_DO_DENY] = "deny",
	[PTT_FLOOR_DO_QUEUE] = "queue",
	[PTT_FLOOR_DO_REVOKE] = "revoke",
	[PTT_FLOOR_DO_END] = "end",
	[PTT_FLOOR_DO_GRANT] = "grant",
	[PTT_FLOOR_DO_BEGIN] = "begin",
	[PTT_FLOOR_DO_TELL] = "tell",
	[PTT_FLOOR_DO_STATE] = "state",
};

struct ptt_floor fl;
struct ptt_floor_member cast[CAST];

void stage_setup(void)
{
	memset(cast, 0, sizeof(cast));
	ptt_floor_init(&fl, &policy);
	for (int i = 0; i < CAST; i++) {
		cast[i].tbcp = i != S;
		cast[i].queuing = i == Q || i == R || i == P;
		cast[i].priority = i == P || i == V ? 3 : 2;
		cast[i].listen_only = i == L;
		ck_assert_str_eq(step(PTT_FLOOR_JOIN, i, 0), "");
	}
}

static char *put(char *at, const char *end, const struct ptt_floor_act *act)
{
	unsigned int number = act->reason + act->position;
	char who = act->member ? names[act->member - cast] : '-';
	bool numbered = act->what == PTT_FLOOR_DO_DENY || act->what == PTT_FLOOR_DO_REVOKE ||
			act->what == PTT_FLOOR_DO_QUEUE;

	at += snprintf(at, (size_t)(end - at), "%s%s", " ", verbs[act->what]);
	if (numbered)
		at += snprintf(at, (size_t)(end - at), "%u", number);
	return at + snprintf(at, (size_t)(end - at), ":%c%s", who, act->again ? "*" : "");
}

const char *run(const struct ptt_floor_event *event, int64_t now_ms)
{
	static char text[512];
	struct ptt_floor_out out;
	char *at = text;

	ptt_floor_step(&fl, &out, event, now_ms);
	text[0] = '\0';
	for (size_t i = 0; i < out.count; i++)
		at = put(at, text + sizeof(text), &out.act[i]);
	return text[0] == ' ' ? text + 1 : text;
}

const char *step(enum ptt_floor_event_type type, int who, int64_t now_ms)
{
	return run(&(struct ptt_floor_event){.type = type, .member = &cast[who]}, now_ms);
}

const char *ask(int who, uint8_t priority, uint64_t timestamp, int64_t now_ms)
{
	return run(&(struct ptt_floor_event){.type = PTT_FLOOR_REQUEST,
			   .member = &cast[who],
			   .priority = priority,
			   .timestamp = timestamp},
		now_ms);
}

const char *release(int who, int seq, int64_t now_ms)
{
	return run(&(struct ptt_floor_event){.type = PTT_FLOOR_RELEASE,
			   .member = &cast[who],
			   .seq_known = seq >= 0,
			   .seq = (uint16_t)seq},
		now_ms);
}

const char *floor_media(int who, uint16_t seq, int64_t now_ms)
{
	return run(
		&(struct ptt_floor_event){
			.type = PTT_FLOOR_MEDIA, .member = &cast[who], .seq = seq},
		now_ms);
}

const char *tick(int64_t now_ms)
{
	return run(&(struct ptt_floor_event){.type = PTT_FLOOR_TICK}, now_ms);
}
