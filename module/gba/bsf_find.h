/* SPDX-License-Identifier: LGPL-2.1-or-later */
/** @file bsf_find.h The BSF's table of bootstrappings, for the embedded NAF source and Zn. */
#ifndef PTT_BSF_FIND_H
#define PTT_BSF_FIND_H

#include "module/gba/bsf.h"
#include "module/store/rows.h"

/**
 * @return the bootstrapping in memory, valid until the next turn of the loop; NULL: ask the store
 */
const struct ptt_bootstrap_row *ptt_bsf_find(const struct ptt_bsf *bsf, const char *btid);

#endif
