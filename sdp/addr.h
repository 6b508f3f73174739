/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file addr.h
 * IPv4 and IPv6 addresses as SDP writes them, without a port.
 */
#ifndef PTT_SDP_ADDR_H
#define PTT_SDP_ADDR_H

#include <stdbool.h>
#include <stdint.h>

#define PTT_SDP_ADDR_TEXT_LEN 46 /**< the longest IPv6 address as text, with NUL */

/** Family 0: no address, or a host name. SDP's host names are never resolved. */
struct ptt_sdp_addr {
	uint8_t family;    /**< 4, 6 or 0 */
	uint8_t bytes[16]; /**< network order; IPv4 uses the first 4, the others are 0 */
};

/** Reads a numeric address. @return false, with family 0, for any other text and for NULL */
bool ptt_sdp_addr_get(struct ptt_sdp_addr *addr, const char *text);
/** @return out: the numeric address; "" for family 0 */
const char *ptt_sdp_addr_text(char out[PTT_SDP_ADDR_TEXT_LEN], const struct ptt_sdp_addr *addr);
bool ptt_sdp_addr_equal(const struct ptt_sdp_addr *a, const struct ptt_sdp_addr *b);
bool ptt_sdp_addr_is_multicast(const struct ptt_sdp_addr *addr);
/** 0.0.0.0 or ::, the old form of hold (RFC 3264 8.4). */
bool ptt_sdp_addr_is_any(const struct ptt_sdp_addr *addr);

#endif
