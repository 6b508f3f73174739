/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file open_store.h
 * The store that a configuration names.
 */
#ifndef PTT_OPEN_STORE_H
#define PTT_OPEN_STORE_H

#include "module/config/config.h"
#include "module/store/store.h"

/**
 * Opens it under the key-encryption key that the configuration names; @p root as in struct
 * ptt_store_options. Errors: as of ptt_config_load_kek() and ptt_store_open(); @p text says what.
 */
enum ptt_err ptt_open_store(struct ptt_store **out, su_root_t *root,
	const struct ptt_config *config, char *text, size_t text_size) PTT_MUST_CHECK;

#endif
