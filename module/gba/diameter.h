/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file diameter.h
 * Diameter Zn through freeDiameter: a NAF source, and the BSF's side. One of them a process.
 *
 * freeDiameter has threads of its own and one state a process. Its threads post messages to the
 * root and nothing else; what could wait (sending) is done by a thread of ours, never by the root.
 * Spec: TS 29.109, application 16777220, command 310.
 */
#ifndef PTT_DIAMETER_H
#define PTT_DIAMETER_H

#include "module/gba/zn_source.h"

struct ptt_diameter_param {
	struct ptt_zn_source_param zn;
	const char *file;      /**< freeDiameter's own configuration: identity, peers, TLS */
	const char *bsf_realm; /**< Destination-Realm; NULL: our own */
	const char *bsf_host;  /**< Destination-Host; NULL: any of the realm */
};

/**
 * Errors: UNSUPPORTED (a build without freeDiameter), BUSY (it was used in this process before),
 * MALFORMED (file), SYSTEM; the log has freeDiameter's own words.
 */
enum ptt_err ptt_naf_diameter_new(
	struct ptt_naf_source **out, const struct ptt_diameter_param *param) PTT_MUST_CHECK;

struct ptt_diameter_server;
/** Serves @p zn on the root. Errors as above. Keeps: @p root, @p zn. */
enum ptt_err ptt_diameter_server_new(struct ptt_diameter_server **out, su_root_t *root,
	struct ptt_zn_server *zn, const char *file) PTT_MUST_CHECK;
void ptt_diameter_server_free(struct ptt_diameter_server *server);

#endif
