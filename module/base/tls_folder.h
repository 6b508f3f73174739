/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file tls_folder.h
 * Sofia reads certificates from a folder with fixed names (agent.pem, cafile.pem); settings name
 * files. A private folder (0700) stands between them while the transports are opened.
 */
#ifndef PTT_TLS_FOLDER_H
#define PTT_TLS_FOLDER_H

struct ptt_tls_folder {
	char path[256]; /**< "": there is none */
};

/** PEM files; NULL where there is none. */
struct ptt_tls_files {
	const char *cert, *key, *ca;
};

/** @return 0; -1 after a log line */
int ptt_tls_folder_make(struct ptt_tls_folder *folder, const struct ptt_tls_files *files);
void ptt_tls_folder_remove(struct ptt_tls_folder *folder);

#endif
