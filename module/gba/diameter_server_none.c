/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The server diameter_server.c in a build without freeDiameter: it is refused. */
#include <stddef.h>

#include "module/gba/diameter.h"

enum ptt_err ptt_diameter_server_new(struct ptt_diameter_server **out, su_root_t *root,
	struct ptt_zn_server *zn, const char *file)
{
	(void)root;
	(void)zn;
	(void)file;
	*out = NULL;
	return PTT_ERR_UNSUPPORTED;
}

void ptt_diameter_server_free(struct ptt_diameter_server *server)
{
	(void)server;
}
