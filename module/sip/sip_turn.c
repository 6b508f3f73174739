/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/sip/sip_internal.h"

/* Runs before the loop waits, so sip->on_turn may read the sockets before Sofia does. */
static void on_prepoll(su_prepoll_magic_t *magic, su_root_t *root)
{
	struct ptt_sip *sip = (struct ptt_sip *)magic;

	(void)root;
	if (!sip->closing)
		sip->on_turn(sip);
}

/* Sofia has one prepoll hook per root. */
bool ptt_sip_turn_hook(struct ptt_sip *sip)
{
	if (!sip->hooked)
		sip->hooked =
			su_root_add_prepoll(sip->root, on_prepoll, (su_prepoll_magic_t *)sip) == 0;
	return sip->hooked;
}

void ptt_sip_turn_unhook(struct ptt_sip *sip)
{
	if (sip->hooked)
		su_root_remove_prepoll(sip->root);
	sip->hooked = false;
}
