/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file ue_setup.h
 * Private to the UE: all of its parts in one struct, created and freed by ue_setup.c, run by ue.c.
 */
#ifndef PTT_UE_SETUP_H
#define PTT_UE_SETUP_H

#include <sofia-sip/su_wait.h>

#include "module/client/sip_client.h"
#include "module/ue/ue.h"
#include "module/ue/ue_input.h"
#include "module/ue/ue_media.h"
#include "module/ue/ue_renew.h"
#include "module/client/usim.h"
#include "module/gba/ub_client.h"

#define PTT_UE_TICK_MS 50 /**< longest time between two ticks: see channel_rx.h */

struct ptt_ue {
	const struct ptt_ue_config *config;
	FILE *events;
	char address[PTT_SDP_ADDR_TEXT_LEN]; /* local, numeric */

	/* the loop */
	su_root_t *root;
	su_timer_t *timer;
	int signal_fd, signal_index; /* index < 0: not registered */
	struct ptt_ue_input input;

	/* keys */
	struct ptt_usim *usim;
	struct ptt_bootstrap boot;
	struct ptt_ue_renew renew;
	struct ptt_rekey_client *keys;

	/* the session */
	struct ptt_ue_session *session;
	struct ptt_sip_client *sip;
	struct ptt_ue_media *media;

	/* the end */
	int64_t stop_at_ms; /* --for; INT64_MAX: never */
	bool stopping, dialog_over, over;
	enum ptt_ue_exit exit;
};

/** What the UE does when something happens; each @c ctx is the UE. */
struct ptt_ue_hooks {
	const struct ptt_sip_client_ops *sip;
	void (*on_key_missing)(void *ctx);
	void (*on_command)(
		void *ctx, enum ptt_ue_command command, uint8_t priority, const char *text);
	su_wakeup_f on_signal;
};

/** Binds and allocates everything but the dialog. @p at gets the step that failed. The caller calls
 *  ptt_ue_teardown() also after an error. Keeps: hooks->sip. */
enum ptt_err ptt_ue_setup(
	struct ptt_ue *ue, const struct ptt_ue_hooks *hooks, struct ptt_ue_step *at) PTT_MUST_CHECK;
void ptt_ue_teardown(struct ptt_ue *ue);

#endif
