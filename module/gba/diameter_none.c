/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The NAF source diameter.c in a build without freeDiameter: it is refused. */
#include <stddef.h>

#include "module/gba/diameter.h"

enum ptt_err ptt_naf_diameter_new(
	struct ptt_naf_source **out, const struct ptt_diameter_param *param)
{
	(void)param;
	*out = NULL;
	return PTT_ERR_UNSUPPORTED;
}
