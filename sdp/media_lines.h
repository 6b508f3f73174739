/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file media_lines.h
 * A session description as flat structs of fixed size: its m= lines in order.
 *
 * Sofia's parser reads the text; its lists are then copied into these structs, and no other file
 * handles them. c= and direction of the session level are applied to each line. Any bytes may be
 * passed in.
 *
 * Spec: RFC 4566, RFC 3264, RFC 4570; names of TBCP lines: OMA PoC User Plane.
 */
#ifndef PTT_MEDIA_LINES_H
#define PTT_MEDIA_LINES_H

#include "sdp/addr.h"
#include "sdp/key_mgmt.h"

#define PTT_SDP_MAX_LINES   16
#define PTT_SDP_MAX_FORMATS 16
#define PTT_SDP_MAX_LEN     16384 /**< bytes; a longer description is refused */

/** The direction as seen by the writer of the line (RFC 3264); the values are bits. */
enum ptt_direction {
	PTT_DIR_INACTIVE = 0,
	PTT_DIR_SENDONLY = 1,
	PTT_DIR_RECVONLY = 2,
	PTT_DIR_SENDRECV = 3,
};

/** @return the widest direction that an answer may have: sendonly and recvonly are swapped */
enum ptt_direction ptt_direction_mirror(enum ptt_direction dir);

/** The use of a line. A channel's line keeps its kind at port 0. */
enum ptt_line_kind {
	PTT_LINE_OTHER = 0,     /**< unknown: rejected */
	PTT_LINE_AUDIO,         /**< m=audio P RTP/AVP, unicast */
	PTT_LINE_FLOOR,         /**< m=application P udp TBCP (or MBCP), unicast */
	PTT_LINE_CHANNEL_AUDIO, /**< m=audio P RTP/SAVP on the group address */
	PTT_LINE_CHANNEL_FLOOR, /**< m=application P udp TBCP on the group address */
	PTT_LINE_CHANNEL_KEYS,  /**< m=application P udp mikey on the group address */
};

/** One audio format. A static payload type without rtpmap has the codec of RFC 3551. */
struct ptt_sdp_format {
	char codec[24]; /**< "AMR/8000/1": the channels are always written out */
	char fmtp[64];  /**< of this payload type; cut if longer */
	uint8_t payload_type;
};

struct ptt_sdp_line {
	enum ptt_line_kind kind;
	enum ptt_direction direction;
	uint16_t port; /**< 0: rejected */
	uint8_t ttl;   /**< of a multicast c=; 0: not given */
	struct ptt_sdp_addr address;
	char media[16], proto[24], format[24]; /**< as written; format is the line's first */
	char fmtp[96];                         /**< of a TBCP line; cut if longer */
	uint8_t format_count;
	struct ptt_sdp_format
		formats[PTT_SDP_MAX_FORMATS]; /**< audio only; further formats are ignored */
};

/** Array elements beyond a count or a length are not set. */
struct ptt_sdp_lines {
	uint8_t count;
	struct ptt_sdp_addr group, source; /**< of the incl source-filter; family 0: none */
	uint64_t mbms_mode;                /**< a=mbms-mode:broadcast N; 0: none */
	uint64_t session_id, version;      /**< o= */
	size_t mikey_len;                  /**< 0: none */
	/** of the key line, else of the session, else of the channel's audio line */
	uint8_t mikey[PTT_MIKEY_MAX_LEN];
	struct ptt_sdp_line line[PTT_SDP_MAX_LINES];
};

/**
 * Reads a description (an application/sdp body). About 40 kB: keep it off small stacks.
 * Errors: MALFORMED, also for more than PTT_SDP_MAX_LINES lines, and for a key-mgmt:mikey line that
 * is no base64 (RFC 4567 4.1.4: a bad key must not count as none); SYSTEM.
 */
enum ptt_err ptt_sdp_lines_get(struct ptt_sdp_lines *out, struct ptt_bytes text) PTT_MUST_CHECK;

/** A copy without the unused lines. @return NULL: no memory; the caller frees it by free() */
struct ptt_sdp_lines *ptt_sdp_lines_dup(const struct ptt_sdp_lines *lines);

/** @return index of the first line of that kind, or -1 */
int ptt_sdp_lines_find(const struct ptt_sdp_lines *lines, enum ptt_line_kind kind);

#endif
