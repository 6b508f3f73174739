/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "module/gba/diameter.h"
#include "module/gba/naf_source.h"
#include "module/gba/rest.h"
#include "module/config/config.h"

enum ptt_err ptt_naf_source_open(struct ptt_naf_source **out, const struct ptt_naf_place *place,
	char *text, size_t text_size)
{
	const struct ptt_config *config = place->config;
	struct ptt_zn_source_param zn = {
		.root = place->root,
		.store = place->store,
		.naf_fqdn = config->naf.fqdn,
		.timeout_ms = config->naf.timeout_ms,
	};
	struct ptt_rest_param rest = {zn, config->naf.url, config->naf.ca};

	struct ptt_diameter_param diameter = {
		zn, config->naf.diameter, config->naf.bsf_realm, config->naf.bsf_host};

	*out = NULL;
	text[0] = '\0';
	switch (config->naf.source) {
	case PTT_NAF_EMBEDDED:
		return ptt_naf_embedded_new(out, place->store, place->bsf, config->naf.fqdn);
	case PTT_NAF_REST:
		snprintf(text, text_size, "naf.url %s", rest.url);
		return ptt_naf_rest_new(out, &rest);
	case PTT_NAF_DIAMETER:
		break;
	}
	snprintf(text, text_size, "naf.diameter %s", diameter.file);
	return ptt_naf_diameter_new(out, &diameter);
}
