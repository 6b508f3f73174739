/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/config/config.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "module/config/config_read.h"

/** sip:HOST[:PORT][;transport=udp|tcp|tls] or sips:HOST[:PORT]. */
static bool is_listen_uri(const char *uri, bool *tls)
{
	bool sips = strncasecmp(uri, "sips:", 5) == 0;
	const char *host = uri + (sips ? 5 : 4);
	const char *params = strchr(uri, ';');
	size_t len = !params ? strlen(host) : (size_t)(params - host);
	char address[256];
	char name[256];
	uint16_t port;

	*tls = sips || (params != NULL && strcasecmp(params, ";transport=tls") == 0);
	if ((!sips && strncasecmp(uri, "sip:", 4) != 0) || len == 0 || len > 200)
		return false;
	if (params && strcasecmp(params, ";transport=udp") != 0 &&
		strcasecmp(params, ";transport=tcp") != 0 &&
		strcasecmp(params, ";transport=tls") != 0)
		return false;
	snprintf(address, sizeof(address), "%.*s%s", (int)len, host, "");
	if (strchr(address, '@') || strpbrk(address, " <>\"/?&"))
		return false;
	if (ptt_config_split_address(name, sizeof(name), &port, address) == PTT_OK)
		return true;
	/* without a port */
	snprintf(address, sizeof(address), "%.*s:0", (int)len, host);
	return ptt_config_split_address(name, sizeof(name), &port, address) == PTT_OK;
}

static enum ptt_err read_listen(
	struct ptt_config_reader *reader, void *base, const config_setting_t *setting)
{
	struct ptt_config *config = base;
	int count = ptt_config_is_sequence(setting) ? config_setting_length(setting) : 0;
	bool tls;

	if (count < 1 || count > PTT_CONFIG_LISTEN_MAX)
		return ptt_config_fail(reader, setting,
			"bad value for \"listen\"; accepted: [ 1 to %d SIP URIs ]",
			PTT_CONFIG_LISTEN_MAX);
	PTT_TRY(ptt_config_read_texts(reader, config->listen, setting));
	config->listen_count = (size_t)count;
	for (int i = 0; i < count; i++) {
		if (!is_listen_uri(config->listen[i], &tls))
			return ptt_config_fail(reader,
				config_setting_get_elem(setting, (unsigned)i),
				"bad entry \"%s\" in \"listen\"; accepted: sip:ADDRESS:PORT;transport=udp|tcp|tls "
				"or sips:ADDRESS:PORT",
				config->listen[i]);
	}
	return PTT_OK;
}

static enum ptt_err check_metrics(
	struct ptt_config_reader *reader, void *base, const config_setting_t *setting)
{
	return ptt_config_check_address(reader, ((struct ptt_config *)base)->metrics, setting);
}

static enum ptt_err read_plmn(
	struct ptt_config_reader *reader, void *base, const config_setting_t *setting)
{
	uint8_t *out = ((struct ptt_config *)base)->key_domain;
	const char *text = config_setting_get_string(setting);
	size_t len = !text ? 0 : strlen(text);
	uint8_t digit[7] = {0};

	if ((len != 6 && len != 7) || text[3] != '-' || strspn(text, "0123456789") != 3 ||
		strspn(text + 4, "0123456789") != len - 4)
		return ptt_config_fail(reader, setting,
			"bad value for \"plmn\"; accepted: \"MCC-MNC\", as \"001-01\"");
	for (size_t i = 0; i < len; i++)
		digit[i] = (uint8_t)(text[i] - '0');
	/* TS 24.008 10.5.1.3: MCC 2,1; MNC 3 (F if there is none), MCC 3; MNC 2,1 */
	out[0] = (uint8_t)(digit[1] << 4 | digit[0]);
	out[1] = (uint8_t)((len == 7 ? digit[6] : 0xF) << 4 | digit[2]);
	out[2] = (uint8_t)(digit[5] << 4 | digit[4]);
	return PTT_OK;
}

static enum ptt_err read_ports(
	struct ptt_config_reader *reader, void *base, const config_setting_t *setting)
{
	struct ptt_config *config = base;
	int64_t port[2] = {0, 0};

	if (!ptt_config_is_sequence(setting) || config_setting_length(setting) != 2)
		return ptt_config_fail(
			reader, setting, "bad value for \"ports\"; accepted: [ LOWEST, HIGHEST ]");
	for (unsigned i = 0; i < 2; i++)
		PTT_TRY(ptt_config_read_int(
			reader, &port[i], 1024, 65535, config_setting_get_elem(setting, i)));
	if (port[0] >= port[1])
		return ptt_config_fail(
			reader, setting, "bad value for \"ports\"; accepted: LOWEST below HIGHEST");
	config->media.port_min = (uint16_t)port[0];
	config->media.port_max = (uint16_t)port[1];
	return PTT_OK;
}

static enum ptt_err check_media_address(
	struct ptt_config_reader *reader, void *base, const config_setting_t *setting)
{
	struct in_addr in;

	if (inet_pton(AF_INET, ((struct ptt_config *)base)->media.address, &in) == 1 &&
		!IN_MULTICAST(ntohl(in.s_addr)))
		return PTT_OK;
	return ptt_config_fail(
		reader, setting, "bad media address; accepted: a unicast IPv4 address");
}

/* Less than what lies between two measurements is not measured. */
static enum ptt_err read_lag(
	struct ptt_config_reader *reader, void *base, const config_setting_t *setting)
{
	struct ptt_config *config = base;
	int64_t lag_ms;

	PTT_TRY(ptt_config_read_int(reader, &lag_ms, 0, 60000, setting));
	if (lag_ms != 0 && lag_ms < PTT_OVERLOAD_TICK_MS)
		return ptt_config_fail(reader, setting,
			"lag_ms: accepted: 0 (off), or %d to 60000 (it is measured each %d ms)",
			PTT_OVERLOAD_TICK_MS, PTT_OVERLOAD_TICK_MS);
	config->overload.lag_ms = (uint32_t)lag_ms;
	return PTT_OK;
}

static enum ptt_err check_store_type(
	struct ptt_config_reader *reader, void *base, const config_setting_t *setting)
{
	if (strcmp(((struct ptt_config *)base)->store.type, "sqlite") == 0)
		return PTT_OK;
	return ptt_config_fail(reader, setting, "this build has no \"%s\" store; accepted: sqlite",
		((struct ptt_config *)base)->store.type);
}

#define AT(member) offsetof(struct ptt_config, member)
#define END \
	{ \
		.name = NULL \
	}

static const struct ptt_config_field tls_fields[] = {
	{"cert", PTT_FIELD_PATH, .required = true, .offset = AT(tls.cert)},
	{"key", PTT_FIELD_PATH, .required = true, .offset = AT(tls.key)},
	{"ca", PTT_FIELD_PATH, .offset = AT(tls.ca)},
	{"verify", PTT_FIELD_BOOL, .offset = AT(tls.verify)},
	END,
};
static const struct ptt_config_field store_fields[] = {
	{"type", PTT_FIELD_TEXT, .offset = AT(store.type), .fn = check_store_type},
	{"path", PTT_FIELD_PATH, .required = true, .offset = AT(store.path)},
	{"conninfo", PTT_FIELD_TEXT, .offset = AT(store.conninfo)},
	{"kek_file", PTT_FIELD_PATH, .required = true, .offset = AT(store.kek_file)},
	END,
};
static const struct ptt_config_field media_fields[] = {
	{"address", PTT_FIELD_TEXT, .offset = AT(media.address), .fn = check_media_address},
	{"ports", PTT_FIELD_OTHER, .fn = read_ports},
	END,
};
static const struct ptt_config_field overload_fields[] = {
	{"lag_ms", PTT_FIELD_OTHER, .fn = read_lag},
	{"waiting", PTT_FIELD_U32, .offset = AT(overload.waiting), .min = 0, .max = 1000000},
	{"retry_after_s", PTT_FIELD_U32, .offset = AT(overload.retry_after_s), .min = 1,
		.max = 3600},
	END,
};
static const struct ptt_config_field lab_fields[] = {
	{"key_log", PTT_FIELD_PATH, .offset = AT(lab.key_log)},
	END,
};
static const struct ptt_config_field log_fields[] = {
	{"format", PTT_FIELD_CHOICE, .offset = AT(log.format), .words = "text|json"},
	{"level", PTT_FIELD_CHOICE, .offset = AT(log.level), .words = "debug|info|warn|error"},
	END,
};

/** A setting that is a group of settings of struct ptt_config itself. */
static enum ptt_err read_section(
	struct ptt_config_reader *reader, void *base, const config_setting_t *setting)
{
	static const struct {
		const char *name;
		const struct ptt_config_field *fields;
	} sections[] = {{"tls", tls_fields}, {"naf", ptt_config_naf_fields},
		{"bsf", ptt_config_bsf_fields}, {"zn", ptt_config_zn_fields},
		{"store", store_fields}, {"media", media_fields}, {"overload", overload_fields},
		{"log", log_fields}, {"lab", lab_fields}};
	size_t i = 0;

	while (strcmp(sections[i].name, config_setting_name(setting)) != 0)
		i++;
	return ptt_config_read_fields(reader, base, sections[i].fields, setting);
}

static enum ptt_err read_max_members(
	struct ptt_config_reader *reader, void *base, const config_setting_t *setting)
{
	int64_t number;

	(void)base;
	PTT_TRY(ptt_config_read_int(reader, &number, 0, PTT_CONFIG_MEMBERS_MAX, setting));
	reader->loaded->max_members = (uint32_t)number;
	return PTT_OK;
}

static const struct ptt_config_field top_fields[] = {
	{"listen", PTT_FIELD_OTHER, .required = true, .fn = read_listen},
	{"tls", PTT_FIELD_OTHER, .fn = read_section},
	{"naf", PTT_FIELD_OTHER, .required = true, .fn = read_section},
	{"bsf", PTT_FIELD_OTHER, .fn = read_section},
	{"plmn", PTT_FIELD_OTHER, .required = true, .fn = read_plmn},
	{"store", PTT_FIELD_OTHER, .required = true, .fn = read_section},
	{"control", PTT_FIELD_PATH, .offset = AT(control)},
	{"metrics", PTT_FIELD_TEXT, .offset = AT(metrics), .fn = check_metrics},
	{"media", PTT_FIELD_OTHER, .fn = read_section},
	{"drain_s", PTT_FIELD_U32, .offset = AT(drain_s), .min = 0, .max = 3600},
	{"over_mtu", PTT_FIELD_CHOICE, .offset = AT(over_mtu), .words = "tcp|refuse"},
	{"session_min_s", PTT_FIELD_U32, .offset = AT(session_min_s), .min = 1, .max = 86400},
	{"overload", PTT_FIELD_OTHER, .fn = read_section},
	{"udp_io", PTT_FIELD_CHOICE, .offset = AT(udp_io), .words = "batch|tport|peek"},
	{"log", PTT_FIELD_OTHER, .fn = read_section},
	{"lab", PTT_FIELD_OTHER, .fn = read_section},
	{"max_members", PTT_FIELD_OTHER, .fn = read_max_members},
	{"groups", PTT_FIELD_OTHER, .fn = ptt_config_read_groups},
	END,
};

/* A CHOICE is stored as the place of its word. */
static_assert(PTT_LOG_TEXT == 0 && PTT_LOG_JSON == 1, "words of log.format");
static_assert(PTT_LOG_DEBUG == 0 && PTT_LOG_ERROR == 3, "words of log.level");
static_assert(PTT_CONFIG_OVER_MTU_TCP == 0 && PTT_CONFIG_OVER_MTU_REFUSE == 1, "words of over_mtu");
static_assert(PTT_UDP_BATCH == 0 && PTT_UDP_TPORT == 1 && PTT_UDP_PEEK == 2, "words of udp_io");

/* The file of pttkey-bsf, recognised by its "zn". */
static const struct ptt_config_field bsf_top_fields[] = {
	{"bsf", PTT_FIELD_OTHER, .required = true, .fn = read_section},
	{"zn", PTT_FIELD_OTHER, .required = true, .fn = read_section},
	{"naf", PTT_FIELD_OTHER, .fn = read_section},
	{"store", PTT_FIELD_OTHER, .required = true, .fn = read_section},
	{"subscribers", PTT_FIELD_PATH, .offset = AT(subscribers)},
	{"metrics", PTT_FIELD_TEXT, .offset = AT(metrics), .fn = check_metrics},
	{"log", PTT_FIELD_OTHER, .fn = read_section},
	END,
};
#undef AT
#undef END

/** What concerns two sections. */
static enum ptt_err check_whole(struct ptt_config_reader *reader, struct ptt_config *config)
{
	const config_setting_t *root = config_root_setting(&reader->loaded->raw);
	struct ptt_config_group *groups = (struct ptt_config_group *)config->groups;
	bool tls;

	for (size_t i = 0; i < config->group_count; i++) {
		if (groups[i].max_members == UINT32_MAX)
			groups[i].max_members = reader->loaded->max_members;
	}
	PTT_TRY(ptt_config_check_gba(reader, config));
	for (size_t i = 0; i < config->listen_count; i++) {
		if (is_listen_uri(config->listen[i], &tls) && tls && !config->tls.cert)
			return ptt_config_fail(reader, config_setting_get_member(root, "listen"),
				"\"tls\" is missing for %s; accepted: tls = { cert, key, ca, verify }",
				config->listen[i]);
	}
	return PTT_OK;
}

static void set_defaults(struct ptt_config *config)
{
	config->naf.digest[0] = PTT_DIGEST_MD5;
	config->naf.digest[1] = PTT_DIGEST_SHA256;
	config->naf.digest_count = 2;
	config->bsf.lifetime_s = 86400;
	config->naf.timeout_ms = 2000;
	config->store.type = "sqlite";
	config->media.port_min = 16384;
	config->media.port_max = 32767;
	config->drain_s = 5;
	config->session_min_s = 90;
	config->overload =
		(struct ptt_overload_limits){.lag_ms = 100, .waiting = 1000, .retry_after_s = 5};
	config->log.format = PTT_LOG_TEXT;
	config->log.level = PTT_LOG_INFO;
}

static enum ptt_err load(
	struct ptt_config_reader *reader, enum ptt_config_kind kind, const char *path)
{
	struct ptt_config *config = &reader->loaded->config;
	const config_setting_t *root;
	char *file = ptt_config_alloc(reader, strlen(path) + 1);

	if (!file)
		return PTT_ERR_SYSTEM;
	strcpy(file, path);
	config->file = file;
	set_defaults(config);
	PTT_TRY(ptt_config_parse(reader, path));
	root = config_root_setting(&reader->loaded->raw);
	if (kind == PTT_CONFIG_ANY)
		kind = config_setting_get_member(root, "zn") ? PTT_CONFIG_BSF : PTT_CONFIG_SERVER;
	config->kind = kind;
	PTT_TRY(ptt_config_read_fields(
		reader, config, kind == PTT_CONFIG_BSF ? bsf_top_fields : top_fields, root));
	return kind == PTT_CONFIG_BSF ? ptt_config_check_bsf(reader, config)
				      : check_whole(reader, config);
}

enum ptt_err ptt_config_load(
	struct ptt_config **out, const char *path, char *text, size_t text_size)
{
	return ptt_config_load_as(out, PTT_CONFIG_SERVER, path, text, text_size);
}

enum ptt_err ptt_config_load_as(struct ptt_config **out, enum ptt_config_kind kind,
	const char *path, char *text, size_t text_size)
{
	struct ptt_config_loaded *loaded = calloc(1, sizeof(*loaded));
	struct ptt_config_reader reader = {loaded, text, text_size};
	enum ptt_err err;

	*out = NULL;
	snprintf(text, text_size, "%s: out of memory", path);
	if (!loaded)
		return PTT_ERR_SYSTEM;
	config_init(&loaded->raw);
	err = load(&reader, kind, path);
	if (err != PTT_OK) {
		ptt_config_free(&loaded->config);
		return err;
	}
	text[0] = '\0';
	*out = &loaded->config;
	return PTT_OK;
}

void ptt_config_free(struct ptt_config *config)
{
	struct ptt_config_loaded *loaded = (struct ptt_config_loaded *)config;

	if (!loaded)
		return;
	while (loaded->allocs) {
		struct ptt_config_alloc *next = loaded->allocs->next;

		free(loaded->allocs);
		loaded->allocs = next;
	}
	config_destroy(&loaded->raw);
	free(loaded);
}
