/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/config/config_change.h"

#include <stddef.h>
#include <string.h>

/* A setting, and where it is; size 0: a text, or NULL. */
struct place {
	const char *name;
	size_t offset, size;
};

#define TEXT(name, member) \
	{ \
		name, offsetof(struct PLACES_OF, member), 0 \
	}
#define BYTES(name, member) \
	{ \
		name, offsetof(struct PLACES_OF, member), sizeof(((struct PLACES_OF *)0)->member) \
	}

#define PLACES_OF ptt_config
static const struct place server_places[] = {
	TEXT("tls.cert", tls.cert),
	TEXT("tls.key", tls.key),
	TEXT("tls.ca", tls.ca),
	BYTES("tls.verify", tls.verify),
	BYTES("naf.source", naf.source),
	TEXT("naf.url", naf.url),
	TEXT("naf.ca", naf.ca),
	TEXT("naf.diameter", naf.diameter),
	TEXT("naf.bsf_realm", naf.bsf_realm),
	TEXT("naf.bsf_host", naf.bsf_host),
	BYTES("naf.timeout_ms", naf.timeout_ms),
	TEXT("bsf.listen", bsf.listen),
	TEXT("bsf.host", bsf.host),
	TEXT("bsf.cert", bsf.cert),
	TEXT("bsf.key", bsf.key),
	BYTES("bsf.lifetime_s", bsf.lifetime_s),
	BYTES("plmn", key_domain),
	TEXT("store.type", store.type),
	TEXT("store.path", store.path),
	TEXT("store.conninfo", store.conninfo),
	TEXT("store.kek_file", store.kek_file),
	TEXT("control", control),
	TEXT("metrics", metrics),
	TEXT("media.address", media.address),
	BYTES("media.ports", media.port_min),
	BYTES("media.ports", media.port_max),
	BYTES("over_mtu", over_mtu),
	BYTES("session_min_s", session_min_s),
	BYTES("udp_io", udp_io),
	TEXT("lab.key_log", lab.key_log),
};
#undef PLACES_OF
#define PLACES_OF ptt_config_group
static const struct place group_places[] = {
	BYTES("key_group", key_group),
	TEXT("channel.address", channel.address),
	BYTES("channel.audio_port", channel.audio_port),
	BYTES("channel.floor_port", channel.floor_port),
	BYTES("channel.key_port", channel.key_port),
	TEXT("channel.interface", channel.interface),
	TEXT("channel.source", channel.source),
	BYTES("channel.ttl", channel.ttl),
	BYTES("channel.dscp", channel.dscp),
	BYTES("channel.suite", channel.suite),
	TEXT("channel.codec", channel.codec_rtpmap),
	BYTES("channel.map", channel.map_srtp),
	BYTES("channel.sdp_ids", channel.sdp_ids),
};
#undef PLACES_OF

static bool texts_differ(const char *a, const char *b)
{
	return !a || !b ? a != b : strcmp(a, b) != 0;
}

static bool differs(const struct place *place, const void *a, const void *b)
{
	const char *left = (const char *)a + place->offset;
	const char *right = (const char *)b + place->offset;

	if (place->size != 0)
		return memcmp(left, right, place->size) != 0;
	return texts_differ(*(const char *const *)(const void *)left,
		*(const char *const *)(const void *)right);
}

static void add(struct ptt_config_changes *out, const char *name)
{
	for (size_t i = 0; i < out->count; i++)
		if (strcmp(out->name[i], name) == 0)
			return;
	if (out->count < PTT_CONFIG_CHANGES_MAX)
		out->name[out->count++] = name;
}

static bool listen_differs(const struct ptt_config *a, const struct ptt_config *b)
{
	bool differ = a->listen_count != b->listen_count;

	for (size_t i = 0; i < a->listen_count && !differ; i++)
		differ = texts_differ(a->listen[i], b->listen[i]);
	return differ;
}

static bool digest_differs(const struct ptt_config *a, const struct ptt_config *b)
{
	return a->naf.digest_count != b->naf.digest_count ||
	       memcmp(a->naf.digest, b->naf.digest,
		       a->naf.digest_count * sizeof(a->naf.digest[0])) != 0;
}

void ptt_config_restart_needed(struct ptt_config_changes *out, const struct ptt_config *running,
	const struct ptt_config *file)
{
	out->count = 0;
	if (listen_differs(running, file))
		add(out, "listen");
	if (digest_differs(running, file))
		add(out, "naf.digest");
	for (size_t i = 0; i < sizeof(server_places) / sizeof(server_places[0]); i++)
		if (differs(&server_places[i], running, file))
			add(out, server_places[i].name);
	for (size_t g = 0; g < running->group_count; g++) {
		const struct ptt_config_group *group = &running->groups[g];
		const struct ptt_config_group *other = ptt_config_find_group(file, group->uri);

		for (size_t i = 0; i < sizeof(group_places) / sizeof(group_places[0]) && other; i++)
			if (differs(&group_places[i], group, other))
				add(out, group_places[i].name);
	}
}
