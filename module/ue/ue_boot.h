/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file ue_boot.h
 * Private to the UE: its bootstrappings, and password and keys of the present one.
 */
#ifndef PTT_UE_BOOT_H
#define PTT_UE_BOOT_H

#include "module/ue/ue_setup.h"

/** Bootstraps and waits for the result: before there is a dialog, or when the PF has refused the
 *  present bootstrapping. Writes an event; an error there is fatal. */
enum ptt_err ptt_ue_boot(struct ptt_ue *ue) PTT_MUST_CHECK;
/** Starts a due bootstrapping in the background and handles one that has finished (ue_renew.h); the
 *  dialog then makes it known to the PF. */
void ptt_ue_boot_tick(struct ptt_ue *ue, int64_t now_ms);
/** get_password of struct ptt_sip_client_ops; also sets the MUK for that NAF in the UE's keys.
 *  @p ctx: the UE. */
enum ptt_err ptt_ue_boot_password(
	void *ctx, struct ptt_sip_password *out, const char *naf, bool again);

#endif
