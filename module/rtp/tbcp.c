/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/rtp/tbcp.h"

#define VERSION       2
#define PADDING       0x20
#define PT_FIRST      192 /* of RTCP: RFC 5761 4 */
#define PT_LAST       223
#define PT_APP        204
#define NAME_POC1     0x506f4331u /* "PoC1" */
#define FIXED_LEN     12
#define IGNORE_SEQ    0x8000
#define ACK_TYPE_BITS 11 /* the acknowledged subtype stands in the top five of sixteen bits */

/* OMA PoC User Plane: codes of optional fields and SDES items. */
enum {
	SDES_CNAME = 1,
	SDES_NAME = 2,
	FIELD_PARTICIPANTS = 100,
	FIELD_STOP_TALKING = 101,
	FIELD_PRIORITY = 102,
	FIELD_TIMESTAMP = 103,
};

static const bool known_types[] = {
	[PTT_TBCP_REQUEST] = true,
	[PTT_TBCP_GRANTED] = true,
	[PTT_TBCP_TAKEN] = true,
	[PTT_TBCP_DENY] = true,
	[PTT_TBCP_RELEASE] = true,
	[PTT_TBCP_IDLE] = true,
	[PTT_TBCP_REVOKE] = true,
	[PTT_TBCP_ACK] = true,
	[PTT_TBCP_QUEUE_REQUEST] = true,
	[PTT_TBCP_QUEUE_STATUS] = true,
	[PTT_TBCP_DISCONNECT] = true,
	[PTT_TBCP_CONNECT] = true,
	[PTT_TBCP_TAKEN_ACK] = true,
};

static bool type_known(unsigned int type)
{
	return type < sizeof(known_types) / sizeof(known_types[0]) && known_types[type];
}

static const char *const deny_names[] = {
	[PTT_TBCP_DENY_OTHER_TALKS] = "other-talks",
	[PTT_TBCP_DENY_INTERNAL] = "internal",
	[PTT_TBCP_DENY_ONLY_ONE] = "only-one",
	[PTT_TBCP_DENY_RETRY_AFTER] = "retry-after",
	[PTT_TBCP_DENY_LISTEN_ONLY] = "listen-only",
};
_Static_assert(sizeof(deny_names) / sizeof(deny_names[0]) == PTT_TBCP_DENY_REASONS,
	"a word for each reason of Deny");

static const char *const revoke_names[] = {
	[PTT_TBCP_REVOKE_ONLY_ONE] = "only-one",
	[PTT_TBCP_REVOKE_TOO_LONG] = "too-long",
	[PTT_TBCP_REVOKE_NO_PERMISSION] = "no-permission",
	[PTT_TBCP_REVOKE_PREEMPTED] = "pre-empted",
};
_Static_assert(sizeof(revoke_names) / sizeof(revoke_names[0]) == PTT_TBCP_REVOKE_REASONS,
	"a word for each reason of Revoke");

const char *ptt_tbcp_deny_str(unsigned int reason)
{
	return reason < PTT_TBCP_DENY_REASONS && deny_names[reason] ? deny_names[reason] : "?";
}

const char *ptt_tbcp_revoke_str(unsigned int reason)
{
	return reason < PTT_TBCP_REVOKE_REASONS && revoke_names[reason] ? revoke_names[reason]
									: "?";
}

/* One optional field: code, length, value. A zero code is padding and ends the list. */
static void read_field(struct ptt_tbcp *out, struct ptt_reader *rd, uint8_t code)
{
	struct ptt_bytes value = ptt_read_bytes(rd, ptt_read_u8(rd));
	struct ptt_reader in = ptt_reader_of(value);

	if (code == SDES_CNAME)
		out->uri = value;
	else if (code == SDES_NAME)
		out->name = value;
	else if (code == FIELD_PARTICIPANTS && value.len == 2)
		out->participants = ptt_read_u16(&in);
	else if (code == FIELD_STOP_TALKING && value.len == 2)
		out->seconds = ptt_read_u16(&in);
	else if (code == FIELD_PRIORITY && value.len == 2)
		out->priority = ptt_read_u16(&in);
	else if (code == FIELD_TIMESTAMP && value.len == 8)
		out->timestamp = (uint64_t)ptt_read_u32(&in) << 32 | ptt_read_u32(&in);
	else if (code >= FIELD_PARTICIPANTS && code <= FIELD_TIMESTAMP)
		ptt_reader_fail(rd, PTT_ERR_MALFORMED);
}

/* Zero bytes between fields are padding: a field may begin on a word. */
static void read_fields(struct ptt_tbcp *out, struct ptt_reader *rd)
{
	while (ptt_reader_left(rd) > 0 && rd->err == PTT_OK) {
		uint8_t code = ptt_read_u8(rd);

		if (code != 0)
			read_field(out, rd, code);
	}
}

static void write_field(struct ptt_writer *wr, uint8_t code, uint16_t value)
{
	if (value == 0)
		return;
	ptt_write_u8(wr, code);
	ptt_write_u8(wr, 2);
	ptt_write_u16(wr, value);
}

static void write_text(struct ptt_writer *wr, uint8_t code, struct ptt_bytes text)
{
	ptt_write_u8(wr, code);
	ptt_write_u8(wr, (uint8_t)text.len);
	ptt_write_bytes(wr, text);
}

static void pad_to_word(struct ptt_writer *wr)
{
	ptt_write_zeros(wr, (4 - ptt_writer_len(wr) % 4) % 4);
}

static void read_body(struct ptt_tbcp *out, struct ptt_reader *rd)
{
	uint16_t word;

	switch (out->type) {
	case PTT_TBCP_TAKEN:
	case PTT_TBCP_TAKEN_ACK:
		out->talker_ssrc = ptt_read_u32(rd);
		read_fields(out, rd);
		break;
	case PTT_TBCP_REQUEST:
	case PTT_TBCP_GRANTED:
		read_fields(out, rd);
		break;
	case PTT_TBCP_DENY:
		out->reason = ptt_read_u8(rd);
		out->name = ptt_read_bytes(rd, ptt_read_u8(rd));
		break;
	case PTT_TBCP_RELEASE:
		out->last_seq = ptt_read_u16(rd);
		out->last_seq_unknown = (ptt_read_u16(rd) & IGNORE_SEQ) != 0;
		break;
	case PTT_TBCP_REVOKE:
		out->reason = ptt_read_u16(rd);
		out->extra = ptt_read_u16(rd);
		break;
	case PTT_TBCP_ACK:
		word = ptt_read_u16(rd);
		out->acked = (uint8_t)(word >> ACK_TYPE_BITS);
		out->reason = word & ((1u << ACK_TYPE_BITS) - 1);
		break;
	case PTT_TBCP_QUEUE_STATUS:
		out->priority = ptt_read_u8(rd);
		out->position = ptt_read_u16(rd);
		break;
	default: /* no fields, or none that PTTKey uses */
		break;
	}
	(void)ptt_read_bytes(rd, ptt_reader_left(rd));
}

static void write_timestamp(struct ptt_writer *wr, uint64_t timestamp)
{
	if (timestamp == 0)
		return;
	ptt_write_u8(wr, FIELD_TIMESTAMP);
	ptt_write_u8(wr, 8);
	ptt_write_u32(wr, (uint32_t)(timestamp >> 32));
	ptt_write_u32(wr, (uint32_t)timestamp);
}

static void write_taken(struct ptt_writer *wr, const struct ptt_tbcp *msg)
{
	ptt_write_u32(wr, msg->talker_ssrc);
	write_text(wr, SDES_CNAME, msg->uri);
	if (msg->name.len > 0)
		write_text(wr, SDES_NAME, msg->name);
	if (msg->participants != 0)
		pad_to_word(wr);
	write_field(wr, FIELD_PARTICIPANTS, msg->participants);
}

static void write_body(struct ptt_writer *wr, const struct ptt_tbcp *msg)
{
	switch (msg->type) {
	case PTT_TBCP_TAKEN:
	case PTT_TBCP_TAKEN_ACK:
		write_taken(wr, msg);
		break;
	case PTT_TBCP_REQUEST:
		write_field(wr, FIELD_PRIORITY, msg->priority);
		write_timestamp(wr, msg->timestamp);
		break;
	case PTT_TBCP_GRANTED:
		write_field(wr, FIELD_STOP_TALKING, msg->seconds);
		write_field(wr, FIELD_PARTICIPANTS, msg->participants);
		break;
	case PTT_TBCP_DENY:
		write_text(wr, (uint8_t)msg->reason, msg->name);
		break;
	case PTT_TBCP_RELEASE:
		ptt_write_u16(wr, msg->last_seq);
		ptt_write_u16(wr, msg->last_seq_unknown ? IGNORE_SEQ : 0);
		break;
	case PTT_TBCP_REVOKE:
		ptt_write_u16(wr, msg->reason);
		ptt_write_u16(wr, msg->extra);
		break;
	case PTT_TBCP_ACK:
		ptt_write_u16(wr, (uint16_t)(msg->acked << ACK_TYPE_BITS | msg->reason));
		break;
	case PTT_TBCP_QUEUE_STATUS:
		ptt_write_u8(wr, (uint8_t)msg->priority);
		ptt_write_u16(wr, msg->position);
		break;
	default:
		break;
	}
}

enum ptt_err ptt_tbcp_get(struct ptt_tbcp *out, struct ptt_bytes in)
{
	struct ptt_reader rd = ptt_reader_of(in);
	uint8_t first = ptt_read_u8(&rd), pt = ptt_read_u8(&rd);
	size_t len = 4 * ((size_t)ptt_read_u16(&rd) + 1);

	*out = (struct ptt_tbcp){0};
	out->ssrc = ptt_read_u32(&rd);
	if (first >> 6 != VERSION || len != in.len || (first & PADDING))
		return PTT_ERR_MALFORMED;
	if (pt != PT_APP)
		return PTT_ERR_UNSUPPORTED;
	if (in.len < FIXED_LEN)
		return PTT_ERR_MALFORMED;
	if (ptt_read_u32(&rd) != NAME_POC1 || !type_known(first & 0x1f))
		return PTT_ERR_UNSUPPORTED;
	out->type = (enum ptt_tbcp_type)(first & 0x1f);
	read_body(out, &rd);
	return ptt_reader_end(&rd);
}

bool ptt_rtcp_next(struct ptt_bytes *out, struct ptt_bytes *rest)
{
	struct ptt_reader rd = ptt_reader_of(*rest);
	uint8_t first = ptt_read_u8(&rd), pt = ptt_read_u8(&rd);
	size_t len = 4 * ((size_t)ptt_read_u16(&rd) + 1);

	if (rd.err != PTT_OK || first >> 6 != VERSION || pt < PT_FIRST || pt > PT_LAST ||
		len > rest->len)
		return false;
	*out = (struct ptt_bytes){rest->data, len};
	*rest = (struct ptt_bytes){rest->data + len, rest->len - len};
	return true;
}

enum ptt_err ptt_tbcp_put(uint8_t *out, size_t *len, size_t size, const struct ptt_tbcp *msg)
{
	struct ptt_writer wr = ptt_writer_of(out, size);

	if (!type_known(msg->type))
		return PTT_ERR_UNSUPPORTED;
	if (msg->uri.len > PTT_TBCP_NAME_MAX || msg->name.len > PTT_TBCP_NAME_MAX)
		return PTT_ERR_MALFORMED;
	ptt_write_u8(&wr, (uint8_t)(VERSION << 6 | msg->type));
	ptt_write_u8(&wr, PT_APP);
	ptt_write_u16(&wr, 0); /* the length, set below */
	ptt_write_u32(&wr, msg->ssrc);
	ptt_write_u32(&wr, NAME_POC1);
	write_body(&wr, msg);
	pad_to_word(&wr);
	PTT_TRY(ptt_writer_end(&wr, len));
	out[2] = (uint8_t)((*len / 4 - 1) >> 8);
	out[3] = (uint8_t)(*len / 4 - 1);
	return PTT_OK;
}
