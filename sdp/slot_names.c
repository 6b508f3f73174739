/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sdp/slot_names.h"

#include <stddef.h>
#include <strings.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Stored in the database as numbers: append only. */
static const char *const media_names[] = {
	"application", "audio", "video", "text", "message", "image"};
static const char *const proto_names[] = {"udp", "RTP/AVP", "RTP/SAVP", "RTP/AVPF", "RTP/SAVPF",
	"UDP/TLS/RTP/SAVPF", "TCP", "TCP/MSRP", "TCP/TLS/MSRP", "udptl", "TCP/BFCP"};

static uint8_t index_of(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcasecmp(names[i], name) == 0)
			return (uint8_t)i;
	return 0;
}

uint8_t ptt_slot_media_index(const char *media)
{
	return index_of(media_names, COUNT(media_names), media);
}

uint8_t ptt_slot_proto_index(const char *proto)
{
	return index_of(proto_names, COUNT(proto_names), proto);
}

const char *ptt_slot_media_name(uint8_t index)
{
	return media_names[index < COUNT(media_names) ? index : 0];
}

const char *ptt_slot_proto_name(uint8_t index)
{
	return proto_names[index < COUNT(proto_names) ? index : 0];
}
