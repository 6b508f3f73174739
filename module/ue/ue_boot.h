/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file ue_boot.h
 * Inside of ue.h: the UE's bootstrappings, and the password and keys of the present one.
 */
#ifndef PTT_UE_BOOT_H
#define PTT_UE_BOOT_H

#include "module/ue/ue_setup.h"

/** Here and now: before there is a dialog, or when the PF refused what we have. An event tells. */
enum ptt_err ptt_ue_boot(struct ptt_ue *ue) PTT_MUST_CHECK;
/** Begins in the background what is due, and takes what has ended (ue_renew.h): the dialog hears
 *  of it. */
void ptt_ue_boot_tick(struct ptt_ue *ue, int64_t now_ms);
/** get_password of struct ptt_sip_client_ops; the MUK for that NAF goes to the UE's keys.
 *  @p ctx: the UE. */
enum ptt_err ptt_ue_boot_password(
	void *ctx, struct ptt_sip_password *out, const char *naf, bool again);

#endif
