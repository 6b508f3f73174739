/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/gba/naf_source.h"

void ptt_naf_lookup(struct ptt_naf_source *source, const char *btid, ptt_naf_cb *cb, void *ctx)
{
	source->ops->lookup(source, btid, cb, ctx);
}

void ptt_naf_recall(struct ptt_naf_source *source, const char *btid, ptt_naf_cb *cb, void *ctx)
{
	source->ops->recall(source, btid, cb, ctx);
}

void ptt_naf_cancel(struct ptt_naf_source *source, void *ctx)
{
	if (source)
		source->ops->cancel(source, ctx);
}

void ptt_naf_source_free(struct ptt_naf_source *source)
{
	if (source)
		source->ops->free(source);
}
