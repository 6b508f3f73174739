/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The settings of GBA: naf, bsf, zn. */
#include <string.h>
#include <strings.h>

#include "module/config/config_read.h"

enum ptt_err ptt_config_check_address(
	struct ptt_config_reader *reader, const char *text, const config_setting_t *setting)
{
	char host[256];
	uint16_t port;

	if (ptt_config_split_address(host, sizeof(host), &port, text) == PTT_OK)
		return PTT_OK;
	return ptt_config_fail(reader, setting, "bad value for \"%s\"; accepted: ADDRESS:PORT",
		config_setting_name(setting));
}

static enum ptt_err check_bsf_listen(
	struct ptt_config_reader *reader, void *base, const config_setting_t *setting)
{
	return ptt_config_check_address(reader, ((struct ptt_config *)base)->bsf.listen, setting);
}

static enum ptt_err check_host(
	struct ptt_config_reader *reader, const char *host, const config_setting_t *setting)
{
	size_t len = strlen(host);

	if (len <= 200 &&
		strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") ==
			len)
		return PTT_OK;
	return ptt_config_fail(reader, setting,
		"bad value for \"%s\"; accepted: a host name of up to 200 bytes",
		config_setting_name(setting));
}

static enum ptt_err check_fqdn(
	struct ptt_config_reader *reader, void *base, const config_setting_t *setting)
{
	return check_host(reader, ((struct ptt_config *)base)->naf.fqdn, setting);
}

static enum ptt_err check_bsf_host(
	struct ptt_config_reader *reader, void *base, const config_setting_t *setting)
{
	return check_host(reader, ((struct ptt_config *)base)->bsf.host, setting);
}

static enum ptt_err read_digest(
	struct ptt_config_reader *reader, void *base, const config_setting_t *setting)
{
	struct ptt_config *config = base;
	int count = ptt_config_is_sequence(setting) ? config_setting_length(setting) : 0;
	const char *texts[2] = {"", ""};
	bool good = count >= 1 && count <= 2;

	if (good)
		PTT_TRY(ptt_config_read_texts(reader, texts, setting));
	for (int i = 0; good && i < count; i++) {
		good = strcasecmp(texts[i], "MD5") == 0 || strcasecmp(texts[i], "SHA-256") == 0;
		config->naf.digest[i] = texts[i][0] == 'M' || texts[i][0] == 'm'
						? PTT_DIGEST_MD5
						: PTT_DIGEST_SHA256;
	}
	if (!good || (count == 2 && config->naf.digest[0] == config->naf.digest[1]))
		return ptt_config_fail(reader, setting,
			"bad value for \"digest\"; accepted: \"MD5\", \"SHA-256\", each once, in order of preference");
	config->naf.digest_count = (size_t)count;
	return PTT_OK;
}

static enum ptt_err check_zn_listen(
	struct ptt_config_reader *reader, void *base, const config_setting_t *setting)
{
	return ptt_config_check_address(reader, ((struct ptt_config *)base)->zn.listen, setting);
}

static enum ptt_err check_bsf_realm(
	struct ptt_config_reader *reader, void *base, const config_setting_t *setting)
{
	return check_host(reader, ((struct ptt_config *)base)->naf.bsf_realm, setting);
}

static enum ptt_err check_peer(
	struct ptt_config_reader *reader, void *base, const config_setting_t *setting)
{
	return check_host(reader, ((struct ptt_config *)base)->naf.bsf_host, setting);
}

static enum ptt_err check_url(
	struct ptt_config_reader *reader, void *base, const config_setting_t *setting)
{
	const char *url = ((struct ptt_config *)base)->naf.url;
	bool plain = strncasecmp(url, "http://", 7) == 0;

	if ((plain || strncasecmp(url, "https://", 8) == 0) && strlen(url) < 400 &&
		url[plain ? 7 : 8] != '\0' && !strpbrk(url, " \t\r\n\"<>?#@"))
		return PTT_OK;
	return ptt_config_fail(reader, setting,
		"bad value for \"url\"; accepted: http://HOST[:PORT][/PREFIX] or https://...");
}

static enum ptt_err read_nafs(
	struct ptt_config_reader *reader, void *base, const config_setting_t *setting)
{
	struct ptt_config *config = base;
	int count = ptt_config_is_sequence(setting) ? config_setting_length(setting) : 0;
	const char **nafs;

	if (count < 1 || count > PTT_CONFIG_NAFS_MAX)
		return ptt_config_fail(reader, setting,
			"bad value for \"nafs\"; accepted: [ 1 to %d host names ], or no such setting: all",
			PTT_CONFIG_NAFS_MAX);
	nafs = ptt_config_alloc(reader, (size_t)count * sizeof(*nafs));
	if (!nafs)
		return PTT_ERR_SYSTEM;
	PTT_TRY(ptt_config_read_texts(reader, nafs, setting));
	for (int i = 0; i < count; i++)
		PTT_TRY(check_host(reader, nafs[i], setting));
	config->zn.nafs = nafs;
	config->zn.naf_count = (size_t)count;
	return PTT_OK;
}

#define AT(member) offsetof(struct ptt_config, member)
#define END \
	{ \
		.name = NULL \
	}
const struct ptt_config_field ptt_config_naf_fields[] = {
	{"fqdn", PTT_FIELD_TEXT, .required = true, .offset = AT(naf.fqdn), .fn = check_fqdn},
	{"source", PTT_FIELD_CHOICE, .offset = AT(naf.source), .words = "embedded|diameter|rest"},
	{"digest", PTT_FIELD_OTHER, .fn = read_digest},
	{"url", PTT_FIELD_TEXT, .offset = AT(naf.url), .fn = check_url},
	{"ca", PTT_FIELD_PATH, .offset = AT(naf.ca)},
	{"diameter", PTT_FIELD_PATH, .offset = AT(naf.diameter)},
	{"bsf_realm", PTT_FIELD_TEXT, .offset = AT(naf.bsf_realm), .fn = check_bsf_realm},
	{"bsf_host", PTT_FIELD_TEXT, .offset = AT(naf.bsf_host), .fn = check_peer},
	{"timeout_ms", PTT_FIELD_U32, .offset = AT(naf.timeout_ms), .min = 100, .max = 30000},
	END,
};
const struct ptt_config_field ptt_config_bsf_fields[] = {
	{"listen", PTT_FIELD_TEXT, .required = true, .offset = AT(bsf.listen),
		.fn = check_bsf_listen},
	{"host", PTT_FIELD_TEXT, .required = true, .offset = AT(bsf.host), .fn = check_bsf_host},
	{"lifetime_s", PTT_FIELD_U32, .offset = AT(bsf.lifetime_s), .min = 1, .max = 31536000},
	{"cert", PTT_FIELD_PATH, .offset = AT(bsf.cert)},
	{"key", PTT_FIELD_PATH, .offset = AT(bsf.key)},
	END,
};
const struct ptt_config_field ptt_config_zn_fields[] = {
	{"listen", PTT_FIELD_TEXT, .offset = AT(zn.listen), .fn = check_zn_listen},
	{"cert", PTT_FIELD_PATH, .offset = AT(zn.cert)},
	{"key", PTT_FIELD_PATH, .offset = AT(zn.key)},
	{"diameter", PTT_FIELD_PATH, .offset = AT(zn.diameter)},
	{"nafs", PTT_FIELD_OTHER, .fn = read_nafs},
	END,
};
#undef AT
#undef END

static enum ptt_err check_pair(
	struct ptt_config_reader *reader, const char *section, const char *cert, const char *key)
{
	const config_setting_t *root = config_root_setting(&reader->loaded->raw);

	if (!cert == !key)
		return PTT_OK;
	return ptt_config_fail(reader, config_setting_get_member(root, section),
		"\"%s\" is missing in %s; accepted: cert and key (HTTPS), or neither",
		!cert ? "cert" : "key", section);
}

enum ptt_err ptt_config_check_gba(struct ptt_config_reader *reader, struct ptt_config *config)
{
	const config_setting_t *root = config_root_setting(&reader->loaded->raw);
	const config_setting_t *naf = config_setting_get_member(root, "naf");
	bool embedded = config->naf.source == PTT_NAF_EMBEDDED;

	if (embedded && !config->bsf.listen)
		return ptt_config_fail(reader, naf,
			"\"bsf\" is missing; accepted: bsf = { listen, host } beside source = \"embedded\"");
	if (!embedded && config->bsf.listen)
		return ptt_config_fail(reader, config_setting_get_member(root, "bsf"),
			"\"bsf\" beside source = \"%s\"; accepted: with source = \"embedded\" only",
			config->naf.source == PTT_NAF_REST ? "rest" : "diameter");
	if (config->naf.source == PTT_NAF_REST && !config->naf.url)
		return ptt_config_fail(reader, naf,
			"\"url\" is missing in naf; accepted: the BSF's http://HOST:PORT beside source = \"rest\"");
	if (config->naf.source == PTT_NAF_DIAMETER && !config->naf.diameter)
		return ptt_config_fail(reader, naf,
			"\"diameter\" is missing in naf; accepted: a file of freeDiameter beside source = \"diameter\"");
	return check_pair(reader, "bsf", config->bsf.cert, config->bsf.key);
}

enum ptt_err ptt_config_check_bsf(struct ptt_config_reader *reader, struct ptt_config *config)
{
	const config_setting_t *root = config_root_setting(&reader->loaded->raw);

	if (!config->zn.listen && !config->zn.diameter)
		return ptt_config_fail(reader, config_setting_get_member(root, "zn"),
			"zn is empty; accepted: listen (REST), diameter, or both");
	PTT_TRY(check_pair(reader, "bsf", config->bsf.cert, config->bsf.key));
	return check_pair(reader, "zn", config->zn.cert, config->zn.key);
}
