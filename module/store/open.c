/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>

#include "crypto/secret.h"
#include "module/config/config.h"
#include "module/store/store.h"

enum ptt_err ptt_store_open_config(struct ptt_store **out, su_root_t *root,
	const struct ptt_config *config, char *text, size_t text_size)
{
	PTT_SECRET(struct ptt_kek, kek);
	struct ptt_store_options options = {.path = config->store.path, .kek = &kek, .root = root};

	*out = NULL;
	if (strcmp(config->store.type, "sqlite") != 0) {
		snprintf(text, text_size, "store.type: %s; this build has \"sqlite\" only",
			config->store.type);
		return PTT_ERR_UNSUPPORTED;
	}
	PTT_TRY(ptt_config_load_kek(&kek, config, text, text_size));
	return ptt_store_open(out, &options, text, text_size);
}
