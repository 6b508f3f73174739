/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file tbcp.h
 * Talk Burst Control Protocol messages: RTCP APP packets named "PoC1". Pure.
 *
 *     |V=2|P| subtype |   PT = 204    |      length (words - 1)       |
 *     |                        SSRC of the sender                     |
 *     |       'P'              'o'            'C'            '1'      |
 *     | fields of the subtype, padded with zeros to a multiple of four |
 *
 * Spec: OMA PoC User Plane (TBCP messages), RFC 3550 section 6.7 (APP); docs/wire.md 5.3.
 */
#ifndef PTT_TBCP_H
#define PTT_TBCP_H

#include "crypto/bytes.h"

#define PTT_TBCP_NAME_MAX 127
#define PTT_TBCP_MAX_LEN  320 /**< bytes of any message we write */

enum ptt_tbcp_type {
	PTT_TBCP_REQUEST = 0,
	PTT_TBCP_GRANTED = 1,
	PTT_TBCP_TAKEN = 2, /**< asks for no Ack; used on the channel */
	PTT_TBCP_DENY = 3,
	PTT_TBCP_RELEASE = 4,
	PTT_TBCP_IDLE = 5,
	PTT_TBCP_REVOKE = 6,
	PTT_TBCP_ACK = 7,
	PTT_TBCP_QUEUE_REQUEST = 8,
	PTT_TBCP_QUEUE_STATUS = 9,
	PTT_TBCP_DISCONNECT = 11,
	PTT_TBCP_CONNECT = 15,
	PTT_TBCP_TAKEN_ACK = 18, /**< Taken that asks for an Ack */
};

/** Reasons of Deny and Revoke: two registries of the specification. */
enum ptt_tbcp_deny {
	PTT_TBCP_DENY_OTHER_TALKS = 1,
	PTT_TBCP_DENY_INTERNAL = 2,
	PTT_TBCP_DENY_ONLY_ONE = 3,
	PTT_TBCP_DENY_RETRY_AFTER = 4,
	PTT_TBCP_DENY_LISTEN_ONLY = 5,
	PTT_TBCP_DENY_REASONS,
};
enum ptt_tbcp_revoke {
	PTT_TBCP_REVOKE_ONLY_ONE = 1,
	PTT_TBCP_REVOKE_TOO_LONG = 2, /**< extra = seconds until a new request is allowed */
	PTT_TBCP_REVOKE_NO_PERMISSION = 3,
	PTT_TBCP_REVOKE_PREEMPTED = 4,
	PTT_TBCP_REVOKE_REASONS,
};

struct ptt_tbcp {
	enum ptt_tbcp_type type;
	uint32_t ssrc;         /**< of the sender */
	uint32_t talker_ssrc;  /**< Taken */
	uint16_t reason;       /**< Deny, Revoke; Ack: of a Connect */
	uint16_t extra;        /**< Revoke TOO_LONG: seconds */
	uint16_t seconds;      /**< Granted: longest burst; 0 = not there */
	uint16_t participants; /**< Granted, Taken; 0 = not there */
	uint16_t priority;     /**< Request, Queue Status; 0 = not there */
	uint16_t position;     /**< Queue Status */
	uint64_t timestamp;    /**< Request: NTP; 0 = not there */
	uint16_t last_seq;     /**< Release: of the last RTP packet */
	bool last_seq_unknown; /**< Release: no RTP packet was sent, or ignore last_seq */
	uint8_t acked;         /**< Ack: subtype acknowledged */
	struct ptt_bytes uri;  /**< Taken: talker's SIP URI. Borrowed */
	struct ptt_bytes name; /**< Taken: talker's display name; Deny: phrase. Borrowed */
};

/**
 * Reads one message. Unknown optional fields are skipped. Errors: MALFORMED, UNSUPPORTED (not PoC1,
 * unknown subtype).
 */
enum ptt_err ptt_tbcp_get(struct ptt_tbcp *out, struct ptt_bytes in) PTT_MUST_CHECK;
/**
 * Cuts the next RTCP packet from a compound (RFC 3550 6.1); @p out borrows, @p rest is the rest.
 * @return false at the end; bytes that are not RTCP end it, too, and stay in @p rest
 */
bool ptt_rtcp_next(struct ptt_bytes *out, struct ptt_bytes *rest);
/** Writes one message. Errors: NO_SPACE, UNSUPPORTED (type), MALFORMED (a text over 127 bytes). */
enum ptt_err ptt_tbcp_put(
	uint8_t *out, size_t *len, size_t size, const struct ptt_tbcp *msg) PTT_MUST_CHECK;
/** Reasons of Deny and of Revoke: "other-talks", "too-long" ...; "?" for others. */
const char *ptt_tbcp_deny_str(unsigned int reason);
const char *ptt_tbcp_revoke_str(unsigned int reason);

#endif
