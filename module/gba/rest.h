/* SPDX-License-Identifier: LGPL-2.1-or-later */
/** @file rest.h  The NAF source that asks a BSF by Nbsp_GBA. Spec: TS 29.309. */
#ifndef PTT_REST_H
#define PTT_REST_H

#include "module/gba/zn_source.h"

struct ptt_rest_param {
	struct ptt_zn_source_param zn;
	const char *url;     /**< root of the API: "http://bsf:8081", "https://bsf/prefix" */
	const char *ca_file; /**< https: PEM; NULL = the system's */
};

/**
 * Opens the source on the root of @p param; it never blocks. Keeps: @p param's root and store.
 * Errors: MALFORMED (URL, FQDN), SYSTEM.
 */
enum ptt_err ptt_naf_rest_new(
	struct ptt_naf_source **out, const struct ptt_rest_param *param) PTT_MUST_CHECK;

#endif
