/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A group's multicast channel in the configuration. */
#include <arpa/inet.h>
#include <net/if.h>
#include <string.h>
#include <strings.h>

#include "module/config/config_read.h"

#define KEY_PORT 2269 /* UDP port of MTK messages, TS 33.246 */

const struct ptt_config_channel ptt_config_channel_default = {.key_port = KEY_PORT,
	.interface = "",
	.source = "",
	.ttl = 1,
	.codec = PTT_CODEC_AMR,
	.codec_rtpmap = "AMR/8000/1",
	.map_srtp = true,
	.sdp_ids = true};

/* Numeric text as an address of either family; 0 = neither. */
static int family_of(struct in6_addr *out, const char *text)
{
	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, text, out) == 1)
		return AF_INET;
	return inet_pton(AF_INET6, text, out) == 1 ? AF_INET6 : 0;
}

static bool is_multicast(int family, const struct in6_addr *addr)
{
	return family == AF_INET ? (addr->s6_addr[0] & 0xf0) == 0xe0 : addr->s6_addr[0] == 0xff;
}

static enum ptt_err check_multicast(
	struct ptt_config_reader *reader, void *base, const config_setting_t *setting)
{
	const char *address = ((struct ptt_config_channel *)base)->address;
	struct in6_addr in;
	int family = family_of(&in, address);

	if (family == 0 || !is_multicast(family, &in))
		return ptt_config_fail(reader, setting,
			"\"%s\" is no multicast address; accepted: IPv4, 224.0.0.0 to 239.255.255.255, or "
			"IPv6, ff00::/8",
			address);
	return PTT_OK;
}

static enum ptt_err check_source(
	struct ptt_config_reader *reader, void *base, const config_setting_t *setting)
{
	const char *address = ((struct ptt_config_channel *)base)->source;
	struct in6_addr in, any = IN6ADDR_ANY_INIT;
	int family = family_of(&in, address);

	if (family == 0 || is_multicast(family, &in) || memcmp(&in, &any, sizeof(in)) == 0)
		return ptt_config_fail(reader, setting,
			"bad source \"%s\"; accepted: a unicast address, IPv4 or IPv6", address);
	return PTT_OK;
}

static enum ptt_err check_interface(
	struct ptt_config_reader *reader, void *base, const config_setting_t *setting)
{
	if (strlen(((struct ptt_config_channel *)base)->interface) >= IF_NAMESIZE)
		return ptt_config_fail(reader, setting,
			"bad interface; accepted: a name of up to %d bytes", IF_NAMESIZE - 1);
	return PTT_OK;
}

static enum ptt_err read_codec(
	struct ptt_config_reader *reader, void *base, const config_setting_t *setting)
{
	/* the name alone, or the whole of its rtpmap */
	static const char *const rtpmaps[] = {
		"AMR/8000/1", "PCMU/8000/1", "AMR-WB/16000/1", "opus/48000/2"};
	struct ptt_config_channel *channel = base;
	const char *text = config_setting_get_string(setting);

	for (size_t i = 0; text && i < sizeof(rtpmaps) / sizeof(rtpmaps[0]); i++) {
		size_t name = strcspn(rtpmaps[i], "/");
		size_t mono = strlen(rtpmaps[i]) - 2;
		size_t len = strlen(text);

		if ((len == name || len == mono || len == mono + 2) &&
			strncasecmp(text, rtpmaps[i], len) == 0) {
			channel->codec = (enum ptt_channel_codec)i;
			channel->codec_rtpmap = rtpmaps[i];
			return PTT_OK;
		}
	}
	return ptt_config_fail(reader, setting,
		"bad value for \"codec\"; accepted: AMR/8000/1, PCMU/8000/1, AMR-WB/16000/1, opus/48000/2");
}

static enum ptt_err read_map(
	struct ptt_config_reader *reader, void *base, const config_setting_t *setting)
{
	const char *text = config_setting_get_string(setting);

	if (!text || (strcmp(text, "srtp") != 0 && strcmp(text, "empty") != 0))
		return ptt_config_fail(
			reader, setting, "bad value for \"map\"; accepted: srtp, empty");
	((struct ptt_config_channel *)base)->map_srtp = text[0] == 's';
	return PTT_OK;
}

#define AT(member) offsetof(struct ptt_config_channel, member)
static const struct ptt_config_field channel_fields[] = {
	{"address", PTT_FIELD_TEXT, .required = true, .offset = AT(address), .fn = check_multicast},
	{"audio_port", PTT_FIELD_U16, .required = true, .offset = AT(audio_port), .min = 1,
		.max = 65535},
	{"floor_port", PTT_FIELD_U16, .required = true, .offset = AT(floor_port), .min = 1,
		.max = 65535},
	{"key_port", PTT_FIELD_U16, .offset = AT(key_port), .min = 1, .max = 65535},
	{"interface", PTT_FIELD_TEXT, .offset = AT(interface), .fn = check_interface},
	{"ttl", PTT_FIELD_U8, .offset = AT(ttl), .min = 1, .max = 255},
	{"source", PTT_FIELD_TEXT, .offset = AT(source), .fn = check_source},
	{"dscp", PTT_FIELD_U8, .offset = AT(dscp), .min = 0, .max = 63},
	{"suite", PTT_FIELD_CHOICE, .offset = AT(suite),
		.words = "AES_CM_128_HMAC_SHA1_80|AEAD_AES_128_GCM|AEAD_AES_256_GCM"},
	{"codec", PTT_FIELD_OTHER, .fn = read_codec},
	{"map", PTT_FIELD_OTHER, .fn = read_map},
	{"sdp_ids", PTT_FIELD_BOOL, .offset = AT(sdp_ids)},
	{.name = NULL},
};
#undef AT

/* What several settings say together. */
static enum ptt_err check_channel(struct ptt_config_reader *reader,
	const struct ptt_config_channel *channel, const config_setting_t *setting)
{
	struct in6_addr group, source;
	int family = family_of(&group, channel->address);

	if (channel->source[0] != '\0' && family_of(&source, channel->source) != family)
		return ptt_config_fail(reader, setting,
			"\"address\" and \"source\" of two families; accepted: both IPv4 or both IPv6");
	if (family == AF_INET6 && (group.s6_addr[1] & 0x0f) <= 2 && channel->interface[0] == '\0')
		return ptt_config_fail(reader, setting,
			"\"%s\" means another group on every link; accepted: with an \"interface\"",
			channel->address);
	if (!channel->map_srtp && channel->suite != ptt_mbms_profile.default_suite)
		return ptt_config_fail(reader, setting,
			"suite %s cannot be told with map = \"empty\"; accepted: map = \"srtp\"",
			ptt_suite_def(channel->suite)->name);
	return PTT_OK;
}

enum ptt_err ptt_config_read_channel(
	struct ptt_config_reader *reader, void *base, const config_setting_t *setting)
{
	struct ptt_config_channel *channel = &((struct ptt_config_group *)base)->channel;

	PTT_TRY(ptt_config_read_fields(reader, channel, channel_fields, setting));
	if (channel->audio_port == channel->floor_port ||
		channel->audio_port == channel->key_port ||
		channel->floor_port == channel->key_port)
		return ptt_config_fail(reader, setting,
			"two streams on one port; accepted: audio_port, "
			"floor_port and key_port (default 2269), all different");
	return check_channel(reader, channel, setting);
}

bool ptt_config_channel_shares(
	const struct ptt_config_channel *a, const struct ptt_config_channel *b)
{
	const uint16_t left[] = {a->audio_port, a->floor_port, a->key_port};
	const uint16_t right[] = {b->audio_port, b->floor_port, b->key_port};

	struct in6_addr x, y;

	if (family_of(&x, a->address) != family_of(&y, b->address) ||
		memcmp(&x, &y, sizeof(x)) != 0)
		return false;
	for (size_t i = 0; i < 9; i++) {
		if (left[i / 3] == right[i % 3])
			return true;
	}
	return false;
}
