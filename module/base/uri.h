/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file uri.h
 * The one canonical form of a URI that names a user or a group.
 *
 * Each door (SIP, configuration, control socket, store of subscribers) makes the form once; everything behind a door
 * compares by strcmp(). Two URIs that SIP calls equal must never be two members, and a ban of one must hold for both.
 *
 * Form: `sip:USER@HOST[:PORT]`, or `tel:NUMBER[;PARAMETERS]`.
 * - `sips:` becomes `sip:`: an identity is the same over TLS. A default port (sip 5060, sips 5061) goes.
 * - USER is the whole user part with its own parameters and its case. An escape of an unreserved character is
 *   decoded; any other escape gets capitals.
 * - HOST is in lower case, without a last dot. URI parameters and headers behind it go.
 * - A tel: number loses its visual separators; its parameters are in lower case.
 * Spec: RFC 3261 19.1.4, RFC 3986 6.2.2, RFC 3966 section 4.
 */
#ifndef PTT_URI_H
#define PTT_URI_H

#include <stdbool.h>
#include <stddef.h>

#include "crypto/err.h"

#define PTT_URI_SIZE 256 /**< bytes of a canonical URI, with NUL */

/**
 * Writes the canonical form of @p text into @p out; @p out may be @p text.
 * Errors: MALFORMED: no sip:, sips: or tel: URI, or a character that no URI has; NO_SPACE.
 */
enum ptt_err ptt_uri_canonical(char *out, size_t size, const char *text) PTT_MUST_CHECK;
/** Whether two texts have one canonical form; false if either has none. */
bool ptt_uri_same(const char *a, const char *b) __attribute__((pure));

#endif
