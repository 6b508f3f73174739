/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file pttkeyd_tls.h
 * Sofia reads certificates from a folder with fixed names (agent.pem, cafile.pem); the configuration names
 * files. A private folder (0700) stands between them while the transports are opened.
 */
#ifndef PTTKEYD_TLS_H
#define PTTKEYD_TLS_H

#include "module/ops/config.h"

struct ptt_tls_folder {
	char path[256]; /**< "" = the configuration has no tls */
};

/** @return 0; -1 after a log line */
int ptt_tls_folder_make(struct ptt_tls_folder *folder, const struct ptt_config *config);
void ptt_tls_folder_remove(struct ptt_tls_folder *folder);

#endif
