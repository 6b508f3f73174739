/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/ue/ue_config.h"

#include <getopt.h>
#include <libconfig.h>
#include <libgen.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0"
#endif

enum kind { TEXT, PATH, SECONDS, FLAG };

struct option_def {
	const char *name, *arg, *help;
	enum kind kind;
	size_t offset, size;
	bool needed;
};

#define ENTRY(n, a, k, f, h, needs) \
	{ \
		.name = (n), .arg = (a), .help = (h), .kind = (k), .needed = (needs), \
		.offset = offsetof(struct ptt_ue_config, f), \
		.size = sizeof(((struct ptt_ue_config *)0)->f) \
	}
#define OPTION(name, arg, kind, field, help) ENTRY(name, arg, kind, field, help, false)
#define NEEDED(name, arg, kind, field, help) ENTRY(name, arg, kind, field, help, true)

static const struct option_def option_table[] = {
	NEEDED("impi", "ID", TEXT, impi, "private identity"),
	NEEDED("impu", "SIPURI", TEXT, impu, "public identity"),
	NEEDED("k", "HEX", TEXT, k_hex, "subscriber key K, 32 digits"),
	NEEDED("opc", "HEX", TEXT, opc_hex, "OPc, 32 digits"),
	NEEDED("sqn-file", "FILE", PATH, sqn_file, "file of the USIM's sequence numbers"),
	NEEDED("bsf", "URL", TEXT, bsf, "URL of the BSF, http://127.0.0.1:8080/"),
	OPTION("bsf-host", "NAME", TEXT, bsf_host, "host name of the BSF (default: from the URL)"),
	OPTION("naf", "FQDN", TEXT, naf, "refuse challenges of any other NAF"),
	NEEDED("server", "SIPURI", TEXT, server,
		"next hop, sip:127.0.0.1:5060;transport=tcp or sips:NAME"),
	OPTION("ca", "PEM", PATH, ca, "authorities for SIP over TLS (default: the system's)"),
	OPTION("cert", "PEM", PATH, cert,
		"certificate of this client for SIP over TLS, with --key"),
	OPTION("key", "PEM", PATH, key, "private key of --cert"),
	NEEDED("group", "SIPURI", TEXT, group, "group to join"),
	OPTION("address", "ADDRESS", TEXT, address, "local address (default: by route)"),
	OPTION("interface", "IF", TEXT, interface, "interface of the multicast channel"),
	OPTION("channel", "ADDR:AUDIO/FLOOR/KEY", TEXT, channel, "offer this channel when joining"),
	OPTION("min-suite", "NAME", TEXT, min_suite,
		"refuse keys of a lesser SRTP suite (default: accept all)"),
	OPTION("codec", "NAME", TEXT, codec, "unicast codec (default AMR/8000/1)"),
	OPTION("talk", "WAV|tone", PATH, talk, "ask for the floor and send this audio"),
	OPTION("priority", "1|2|3", TEXT, priority_text,
		"priority of floor requests: normal, high, pre-emptive"),
	OPTION("record", "WAV", PATH, record, "record received audio"),
	OPTION("audio-device", "NAME", TEXT, audio_device,
		"play and capture through this ALSA device"),
	OPTION("key-log", "FILE", PATH, key_log,
		"for laboratories only: append every MTK to this file"),
	OPTION("log-level", "LEVEL", TEXT, log_level,
		"debug, info, warn (default) or error, on stderr"),
	OPTION("for", "SECONDS", SECONDS, for_s, "leave after this time"),
	OPTION("stdin", NULL, FLAG, commands,
		"read commands, one a line: talk, release, queue, pull, stats, leave"),
	OPTION("session", "SECONDS", SECONDS, session_s, "ask for a session timer (RFC 4028)"),
	OPTION("tone", NULL, FLAG, tone, "as --talk tone"),
	OPTION("queue", NULL, FLAG, queue, "offer to wait in the floor's queue"),
	OPTION("loop", NULL, FLAG, loop, "repeat the WAV at its end"),
	OPTION("offerless", NULL, FLAG, offerless, "join by an INVITE without SDP"),
	OPTION("refuse-channel", NULL, FLAG, refuse_channel,
		"stay on unicast: answer the channel's lines with port 0"),
	OPTION("hostile", NULL, FLAG, hostile, "for tests: ignore BYE, keep all keys and try each"),
};
#define OPTION_COUNT (sizeof(option_table) / sizeof(option_table[0]))

static void usage_put(FILE *out)
{
	fputs("usage: pttkey-ue --config FILE | --impi ID --impu SIPURI --k HEX --opc HEX\n"
	      "                 --sqn-file FILE --bsf URL --server SIPURI --group SIPURI"
	      " [options]\n"
	      "Joins a group, follows its keys, receives and talks.\n"
	      "Writes one JSON event a line to stdout.\n",
		out);
	for (size_t i = 0; i < OPTION_COUNT; i++)
		fprintf(out, "  --%-15s %-22s%s\n", option_table[i].name,
			option_table[i].arg ? option_table[i].arg : "", option_table[i].help);
	fputs("  --config        FILE                  read options from a file:"
	      " sqn_file = \"...\";\n"
	      "  --version, --help\n",
		out);
}

void ptt_ue_config_wipe(struct ptt_ue_config *config)
{
	ptt_wipe(config, sizeof(*config));
}

/* A path in a configuration file is relative to that file; "tone" is no path. */
static enum ptt_err path_put(char *out, size_t size, const char *value, const char *dir)
{
	bool as_is = !dir || value[0] == '/' || value[0] == '\0' || strcmp(value, "tone") == 0;
	int len =
		as_is ? snprintf(out, size, "%s", value) : snprintf(out, size, "%s/%s", dir, value);

	return len >= 0 && (size_t)len < size ? PTT_OK : PTT_ERR_NO_SPACE;
}

static enum ptt_err seconds_put(double *out, const char *value)
{
	char *rest;
	double s = strtod(value, &rest);

	if (rest == value || *rest || !isfinite(s) || s < 0 || s > 1e9)
		return PTT_ERR_MALFORMED;
	*out = s;
	return PTT_OK;
}

static enum ptt_err option_set(
	struct ptt_ue_config *out, const struct option_def *def, const char *value, const char *dir)
{
	void *field = (char *)out + def->offset;

	switch (def->kind) {
	case FLAG:
		if (value && strcmp(value, "false") != 0 && strcmp(value, "true") != 0)
			return PTT_ERR_MALFORMED;
		*(bool *)field = !value || strcmp(value, "true") == 0;
		return PTT_OK;
	case SECONDS:
		return seconds_put(field, value);
	case PATH:
		return path_put(field, def->size, value, dir);
	case TEXT:
		break;
	}
	return path_put(field, def->size, value, NULL);
}

/* Converts a setting of a file to the text of the same option on the command line. */
static enum ptt_err setting_text(char *out, size_t size, const config_setting_t *setting)
{
	int len = -1;

	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_STRING:
		len = snprintf(out, size, "%s", config_setting_get_string(setting));
		break;
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		len = snprintf(out, size, "%lld", config_setting_get_int64(setting));
		break;
	case CONFIG_TYPE_FLOAT:
		len = snprintf(out, size, "%.9g", config_setting_get_float(setting));
		break;
	case CONFIG_TYPE_BOOL:
		len = snprintf(
			out, size, "%s", config_setting_get_bool(setting) ? "true" : "false");
		break;
	default:
		break;
	}
	return len >= 0 && (size_t)len < size ? PTT_OK : PTT_ERR_MALFORMED;
}

static const struct option_def *option_find(const char *name)
{
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const char *a = option_table[i].name, *b = name;

		while (*a && (*a == *b || (*a == '-' && *b == '_')))
			a++, b++;
		if (!*a && !*b)
			return &option_table[i];
	}
	return NULL;
}

static enum ptt_err file_apply(struct ptt_ue_config *out, char *text, size_t text_size,
	const char *path, const config_t *file)
{
	const config_setting_t *root = config_root_setting(file);
	char copy[PTT_UE_TEXT_SIZE], value[PTT_UE_TEXT_SIZE];
	const char *dir;

	PTT_TRY(path_put(copy, sizeof(copy), path, NULL));
	dir = dirname(copy);
	for (int i = 0; i < config_setting_length(root); i++) {
		const config_setting_t *setting = config_setting_get_elem(root, (unsigned)i);
		const char *name = config_setting_name(setting);
		const struct option_def *def = option_find(name);

		if (def && setting_text(value, sizeof(value), setting) == PTT_OK &&
			option_set(out, def, value, dir) == PTT_OK)
			continue;
		snprintf(text, text_size, "%s:%u: %s %s", path, config_setting_source_line(setting),
			def ? "bad value of" : "unknown setting", name);
		return PTT_ERR_MALFORMED;
	}
	return PTT_OK;
}

static enum ptt_err file_read(
	struct ptt_ue_config *out, char *text, size_t text_size, const char *path)
{
	config_t file;
	enum ptt_err err;

	config_init(&file);
	if (config_read_file(&file, path)) {
		err = file_apply(out, text, text_size, path, &file);
	} else {
		snprintf(text, text_size, "%s:%d: %s", path, config_error_line(&file),
			config_error_text(&file));
		err = PTT_ERR_MALFORMED;
	}
	config_destroy(&file);
	return err;
}

enum ptt_err ptt_ue_config_channel_get(
	struct ptt_channel_sdp *out, const char *text, const char *codec)
{
	char address[PTT_SDP_ADDR_TEXT_LEN], rest;
	unsigned audio, floor, key;

	memset(out, 0, sizeof(*out));
	if (sscanf(text, "%45[0-9.]:%5u/%5u/%5u%c", address, &audio, &floor, &key, &rest) != 4 &&
		sscanf(text, "[%45[0-9a-fA-F:.]]:%5u/%5u/%5u%c", address, &audio, &floor, &key,
			&rest) != 4)
		return PTT_ERR_MALFORMED;
	if (audio > 65535 || floor > 65535 || key > 65535 ||
		!ptt_sdp_addr_get(&out->group, address))
		return PTT_ERR_MALFORMED;
	out->audio_port = (uint16_t)audio;
	out->floor_port = (uint16_t)floor;
	out->key_port = (uint16_t)key;
	out->ttl = 1;
	PTT_TRY(ptt_sdp_codec_get(&out->codec, codec));
	return ptt_channel_sdp_check(out);
}

static enum ptt_err key_get(uint8_t out[PTT_AKA_KEY_LEN], const char *hex)
{
	size_t len = 0;

	PTT_TRY(ptt_hex_get(out, &len, PTT_AKA_KEY_LEN, hex, strlen(hex)));
	return len == PTT_AKA_KEY_LEN ? PTT_OK : PTT_ERR_MALFORMED;
}

static bool begins(const char *text, const char *one, const char *other)
{
	return strncmp(text, one, strlen(one)) == 0 || strncmp(text, other, strlen(other)) == 0;
}

/* Checks values whose later failure would be hard to understand. @return the error, or NULL */
static const char *value_wrong(const struct ptt_ue_config *config)
{
	struct ptt_sdp_codec codec;
	struct ptt_sdp_addr address;

	if (!begins(config->bsf, "http://", "https://"))
		return "--bsf takes http://HOST[:PORT]/ or https://...";
	if (!begins(config->server, "sip:", "sips:"))
		return "--server takes a SIP URI, sip:HOST[:PORT][;transport=tcp] or sips:HOST";
	if (!begins(config->group, "sip:", "sips:"))
		return "--group takes a SIP URI, sip:NAME@DOMAIN";
	if (ptt_sdp_codec_get(&codec, config->codec) != PTT_OK)
		return "--codec takes NAME/RATE/CHANNELS, AMR/8000/1 or PCMU/8000/1";
	if (config->address[0] && !ptt_sdp_addr_get(&address, config->address))
		return "--address takes an IPv4 or IPv6 address";
	if (config->talk[0] && strcmp(config->talk, "tone") != 0 && access(config->talk, R_OK) != 0)
		return "--talk: the file cannot be read";
	return NULL;
}

/* Checks options that depend on each other, and fills in defaults. */
static enum ptt_err config_finish(struct ptt_ue_config *out, char *text, size_t text_size)
{
	const char *wrong;

	for (size_t i = 0; i < OPTION_COUNT; i++) {
		if (!option_table[i].needed || *((const char *)out + option_table[i].offset))
			continue;
		snprintf(text, text_size, "--%s is missing", option_table[i].name);
		return PTT_ERR_MALFORMED;
	}
	if (key_get(out->k.b, out->k_hex) != PTT_OK ||
		key_get(out->opc.b, out->opc_hex) != PTT_OK) {
		snprintf(text, text_size, "--k and --opc take 32 hex digits");
		return PTT_ERR_MALFORMED;
	}
	if (out->min_suite[0] && ptt_suite_by_name(&out->least_suite, out->min_suite) != PTT_OK) {
		snprintf(text, text_size,
			"--min-suite takes AES_CM_128_HMAC_SHA1_80, AEAD_AES_128_GCM or "
			"AEAD_AES_256_GCM");
		return PTT_ERR_MALFORMED;
	}
	if (!out->cert[0] != !out->key[0]) {
		snprintf(text, text_size, "--cert and --key must be given together");
		return PTT_ERR_MALFORMED;
	}
	if (out->priority_text[0]) {
		out->priority = (uint8_t)(out->priority_text[0] - '0');
		if (strspn(out->priority_text, "123") != 1 || out->priority_text[1]) {
			snprintf(text, text_size, "--priority takes 1, 2 or 3");
			return PTT_ERR_MALFORMED;
		}
	}
	if (!out->codec[0])
		strcpy(out->codec, "AMR/8000/1");
	if (out->tone && !out->talk[0])
		strcpy(out->talk, "tone");
	wrong = value_wrong(out);
	if (wrong) {
		snprintf(text, text_size, "%s", wrong);
		return PTT_ERR_MALFORMED;
	}
	if (out->offerless && out->channel[0]) {
		snprintf(text, text_size, "--offerless and --channel exclude each other");
		return PTT_ERR_MALFORMED;
	}
	out->join = out->offerless    ? PTT_UE_JOIN_OFFERLESS
		    : out->channel[0] ? PTT_UE_JOIN_CHANNEL
				      : PTT_UE_JOIN_SDP;
	if (out->channel[0] &&
		ptt_ue_config_channel_get(&out->own_channel, out->channel, out->codec) != PTT_OK) {
		snprintf(text, text_size,
			"--channel takes ADDRESS:AUDIO/FLOOR/KEY: "
			"a multicast address and three ports");
		return PTT_ERR_MALFORMED;
	}
	return PTT_OK;
}

enum { OPT_CONFIG = 1000, OPT_HELP, OPT_VERSION };

static void long_options_make(struct option out[OPTION_COUNT + 4])
{
	for (size_t i = 0; i < OPTION_COUNT; i++)
		out[i] = (struct option){option_table[i].name,
			option_table[i].kind == FLAG ? no_argument : required_argument, NULL,
			(int)i};
	out[OPTION_COUNT] = (struct option){"config", required_argument, NULL, OPT_CONFIG};
	out[OPTION_COUNT + 1] = (struct option){"help", no_argument, NULL, OPT_HELP};
	out[OPTION_COUNT + 2] = (struct option){"version", no_argument, NULL, OPT_VERSION};
	out[OPTION_COUNT + 3] = (struct option){0};
}

/* Applies one option. The first round applies only --config, so that options override the file. */
static enum ptt_err option_take(
	struct ptt_ue_config *out, char *text, size_t text_size, int opt, bool file_round)
{
	if (opt == OPT_HELP || opt == OPT_VERSION) {
		if (opt == OPT_HELP)
			usage_put(stdout);
		else
			puts("pttkey-ue " PACKAGE_VERSION);
		return PTT_ERR_NO_KEY;
	}
	if (opt == OPT_CONFIG)
		return file_round ? file_read(out, text, text_size, optarg) : PTT_OK;
	if (opt < 0 || (size_t)opt >= OPTION_COUNT) {
		snprintf(text, text_size, "unknown option, or its value is missing (see --help)");
		return PTT_ERR_MALFORMED;
	}
	if (file_round || option_set(out, &option_table[opt], optarg, NULL) == PTT_OK)
		return PTT_OK;
	snprintf(text, text_size, "--%s: bad value", option_table[opt].name);
	return PTT_ERR_MALFORMED;
}

enum ptt_err ptt_ue_config_get(
	struct ptt_ue_config *out, char *text, size_t text_size, int argc, char **argv)
{
	struct option options[OPTION_COUNT + 4];
	int opt;

	memset(out, 0, sizeof(*out));
	long_options_make(options);
	opterr = 0;
	for (int round = 0; round < 2; round++) {
		optind = 0; /* glibc: restart the scan */
		while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1)
			PTT_TRY(option_take(out, text, text_size, opt, round == 0));
	}
	if (optind < argc) {
		snprintf(text, text_size, "unexpected argument %s", argv[optind]);
		return PTT_ERR_MALFORMED;
	}
	return config_finish(out, text, text_size);
}
