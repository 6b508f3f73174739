/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "programs/open_store.h"

enum ptt_err ptt_open_store(struct ptt_store **out, su_root_t *root,
	const struct ptt_config *config, char *text, size_t text_size)
{
	PTT_SECRET(struct ptt_kek, kek);
	struct ptt_store_options options = {.path = config->store.path, .kek = &kek, .root = root};

	*out = NULL;
	PTT_TRY(ptt_config_load_kek(&kek, config, text, text_size));
	return ptt_store_open(out, &options, text, text_size);
}
