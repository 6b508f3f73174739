/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file diameter.h
 * Diameter Zn through freeDiameter: a NAF source, and the BSF's side. A process can start one of
 * them, once.
 *
 * freeDiameter has its own threads and one state in a process. Its threads only post messages to
 * the root. Sending may block, so a thread of this room sends, never the root.
 * Spec: TS 29.109, application 16777220, command 310.
 */
#ifndef PTT_DIAMETER_H
#define PTT_DIAMETER_H

#include "module/gba/zn_source.h"

struct ptt_diameter_param {
	struct ptt_zn_source_param zn;
	const char *file;      /**< path of freeDiameter's configuration: identity, peers, TLS */
	const char *bsf_realm; /**< Destination-Realm; NULL: the realm of @c file */
	const char *bsf_host;  /**< Destination-Host; NULL: any host of the realm */
};

/**
 * Keeps: @p param's root and store. Errors: UNSUPPORTED (a build without freeDiameter), BUSY (it
 * was started in this process before), MALFORMED (file), SYSTEM; the log has freeDiameter's
 * message.
 */
enum ptt_err ptt_naf_diameter_new(
	struct ptt_naf_source **out, const struct ptt_diameter_param *param) PTT_MUST_CHECK;

struct ptt_diameter_server;
/** Serves @p zn on the root. Keeps: @p root, @p zn. Errors: as ptt_naf_diameter_new(). */
enum ptt_err ptt_diameter_server_new(struct ptt_diameter_server **out, su_root_t *root,
	struct ptt_zn_server *zn, const char *file) PTT_MUST_CHECK;
void ptt_diameter_server_free(struct ptt_diameter_server *server);

#endif
