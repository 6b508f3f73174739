/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "programs/pttkey_subscriber.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "crypto/milenage.h"
#include "module/config/config.h"
#include "module/base/log.h"
#include "module/store/store_read.h"
#include "programs/open_store.h"
#include "programs/subscriber_csv.h"

enum status { DONE = 0, REFUSED = 1, USAGE = 2 };

static const char usage[] =
	"usage: pttkey subscriber add --config FILE --impi STR --impu SIPURI... --k HEX (--op HEX|--opc HEX)\n"
	"                             [--sqn HEX] [--amf HEX] [--gba-u]\n"
	"       pttkey subscriber list --config FILE\n"
	"       pttkey subscriber import --config FILE CSV      lines of impi,impu,k,opc[,sqn[,amf]]\n"
	"       pttkey subscriber remove --config FILE IMPI\n"
	"  all take --json; they work on the store, with the server running or not\n"
	"  exit status: 0 done, 1 refused, 2 usage or configuration\n";

enum option_id { CONFIG, IMPI, K, OP, OPC, SQN, AMF, TEXTS, IMPU, GBA_U, JSON, HELP };

struct options {
	char *text[TEXTS];   /**< by option_id; NULL: not given */
	const char *operand; /**< the CSV, or the IMPI to remove */
	bool json;
	struct ptt_subscriber_row row;
};

static int fail(const struct options *options, const char *text)
{
	json_t *line = json_pack("{s:s}", "error", text);

	fprintf(stderr, "pttkey subscriber: %s\n", text);
	if (options->json && json_dumpf(line, stdout, JSON_COMPACT) == 0)
		fputc('\n', stdout);
	json_decref(line);
	return REFUSED;
}

static int finish(const struct options *options, struct ptt_store_batch *batch, const char *what,
	size_t count)
{
	char text[160];
	enum ptt_err err = ptt_store_commit_sync(batch, PTT_STORE_FULL);

	if (err == PTT_OK) {
		printf(options->json ? "{\"%2$s\":%1$zu}\n" : "%zu %s\n", count, what);
		return DONE;
	}
	snprintf(text, sizeof(text), "nothing changed: %s%s", ptt_err_str(err),
		err == PTT_ERR_MISMATCH ? " (no such subscriber, or an IMPU that another one has)"
					: "");
	return fail(options, text);
}

static int add(struct options *options, struct ptt_store *store)
{
	struct ptt_subscriber_row *row = &options->row;
	struct ptt_store_batch *batch;
	uint8_t op[PTT_AKA_OP_LEN];
	bool good;

	if (!options->text[IMPI] || row->impu_count == 0 || !options->text[K] ||
		!options->text[OP] == !options->text[OPC])
		return fputs(usage, stderr), USAGE;
	good = ptt_subscriber_copy_id(row->impi, "--impi", options->text[IMPI]) &&
	       ptt_subscriber_get_hex(row->k.b, sizeof(row->k.b), "--k", options->text[K]);
	if (good && options->text[OPC])
		good = ptt_subscriber_get_hex(
			row->opc.b, sizeof(row->opc.b), "--opc", options->text[OPC]);
	if (good && options->text[OP])
		good = ptt_subscriber_get_hex(op, sizeof(op), "--op", options->text[OP]) &&
		       ptt_milenage_opc(&row->opc, &row->k, op) == PTT_OK;
	if (good && options->text[SQN])
		good = ptt_subscriber_get_sqn(&row->sqn, "--sqn", options->text[SQN]);
	if (good && options->text[AMF])
		good = ptt_subscriber_get_hex(
			row->amf, sizeof(row->amf), "--amf", options->text[AMF]);
	ptt_wipe(op, sizeof(op));
	if (!good)
		return USAGE;
	batch = ptt_store_batch_new(store);
	ptt_batch_put_subscriber(batch, row);
	return finish(options, batch, "added", 1);
}

static enum ptt_err list_one(void *ctx, const struct ptt_subscriber_row *row)
{
	json_t *impus = json_array();
	char sqn[16];
	char amf[8];

	for (size_t i = 0; i < row->impu_count; i++)
		json_array_append_new(impus, json_string(row->impu[i]));
	snprintf(sqn, sizeof(sqn), "%012llx", (unsigned long long)row->sqn);
	snprintf(amf, sizeof(amf), "%02x%02x", row->amf[0], row->amf[1]);
	return json_array_append_new(
		       ctx, json_pack("{s:s, s:o, s:s, s:s, s:b}", "impi", row->impi, "impu", impus,
				    "sqn", sqn, "amf", amf, "gba_u", row->gba_u)) == 0
		       ? PTT_OK
		       : PTT_ERR_SYSTEM;
}

static int list(struct options *options, struct ptt_store *store)
{
	json_t *all = json_array();
	enum ptt_err err = ptt_store_each_subscriber(store, list_one, all);
	json_t *one;
	size_t i;

	if (err == PTT_OK && options->json) {
		json_t *out = json_pack("{s:O}", "subscribers", all);

		json_dumpf(out, stdout, JSON_COMPACT);
		fputc('\n', stdout);
		json_decref(out);
	}
	json_array_foreach(all, i, one)
	{
		const json_t *impus = json_object_get(one, "impu");

		if (options->json || err != PTT_OK)
			break;
		printf("%-40s sqn %s amf %s", json_string_value(json_object_get(one, "impi")),
			json_string_value(json_object_get(one, "sqn")),
			json_string_value(json_object_get(one, "amf")));
		for (size_t j = 0; j < json_array_size(impus); j++)
			printf(" %s", json_string_value(json_array_get(impus, j)));
		fputc('\n', stdout);
	}
	json_decref(all);
	return err == PTT_OK ? DONE : fail(options, ptt_err_str(err));
}

static int import(struct options *options, struct ptt_store *store)
{
	struct ptt_store_batch *batch = ptt_store_batch_new(store);
	FILE *file = fopen(options->operand, "re");
	size_t count = 0;
	bool good;

	if (!file) {
		ptt_store_batch_free(batch);
		fprintf(stderr, "pttkey subscriber: %s: %s\n", options->operand, strerror(errno));
		return USAGE;
	}
	good = ptt_subscriber_csv(batch, &count, file, options->operand);
	fclose(file);
	if (good)
		return finish(options, batch, "imported", count);
	ptt_store_batch_free(batch);
	return fail(options, "nothing imported");
}

static int del(struct options *options, struct ptt_store *store)
{
	struct ptt_store_batch *batch = ptt_store_batch_new(store);

	ptt_batch_del_subscriber(batch, options->operand);
	return finish(options, batch, "removed", 1);
}

static const struct command {
	const char *name;
	bool operand; /**< takes a CSV file or an IMPI */
	int (*fn)(struct options *options, struct ptt_store *store);
} commands[] = {{"add", false, add}, {"list", false, list}, {"import", true, import},
	{"remove", true, del}};

/** @return -1 to go on, or the exit status. */
static int take_option(struct options *options, int id)
{
	if (id >= 0 && id < TEXTS) {
		options->text[id] = optarg;
		return -1;
	}
	switch (id) {
	case IMPU:
		return ptt_subscriber_add_impu(&options->row, "--impu", optarg) ? -1 : USAGE;
	case GBA_U:
		options->row.gba_u = true;
		return -1;
	case JSON:
		options->json = true;
		return -1;
	case HELP:
		fputs(usage, stdout);
		return DONE;
	default:
		fputs(usage, stderr);
		return USAGE;
	}
}

static int parse(struct options *options, int argc, char **argv)
{
	static const struct option longs[] = {{"config", required_argument, NULL, CONFIG},
		{"impi", required_argument, NULL, IMPI}, {"impu", required_argument, NULL, IMPU},
		{"k", required_argument, NULL, K}, {"op", required_argument, NULL, OP},
		{"opc", required_argument, NULL, OPC}, {"sqn", required_argument, NULL, SQN},
		{"amf", required_argument, NULL, AMF}, {"gba-u", no_argument, NULL, GBA_U},
		{"json", no_argument, NULL, JSON}, {"help", no_argument, NULL, HELP},
		{NULL, 0, NULL, 0}};
	int status = -1;
	int id;

	optind = 0;
	while (status < 0 && (id = getopt_long(argc, argv, "", longs, NULL)) != -1)
		status = take_option(options, id);
	if (status >= 0)
		return status;
	if (optind < argc)
		options->operand = argv[optind++];
	if (optind < argc || !options->text[CONFIG]) {
		fputs(usage, stderr);
		return USAGE;
	}
	return -1;
}

/** The store of the configuration, under its KEK. */
static int open_store(struct ptt_store **out, const struct options *options)
{
	struct ptt_config *config;
	char text[1024];
	enum ptt_err err = ptt_config_load_as(
		&config, PTT_CONFIG_ANY, options->text[CONFIG], text, sizeof(text));

	*out = NULL;
	if (err == PTT_OK)
		err = ptt_open_store(out, NULL, config, text, sizeof(text));
	ptt_config_free(config);
	if (err == PTT_OK)
		return DONE;
	(void)fail(options, text);
	return USAGE;
}

static int run(struct options *options, const struct command *command, int argc, char **argv)
{
	struct ptt_store *store;
	int status = parse(options, argc, argv);

	if (status >= 0)
		return status;
	if (command->fn == del && !options->operand)
		options->operand = options->text[IMPI];
	if (command->operand != (options->operand != NULL))
		return fputs(usage, stderr), USAGE;
	status = open_store(&store, options);
	if (status == DONE)
		status = command->fn(options, store);
	ptt_store_close(store);
	/* keys on a command line are seen by all users of the machine: at least not for long */
	for (int i = K; i <= OPC; i++) {
		if (options->text[i])
			ptt_wipe(options->text[i], strlen(options->text[i]));
	}
	return status;
}

int ptt_cmd_subscriber(int argc, char **argv)
{
	PTT_SECRET(struct options, options);

	options.row.sqn = PTT_SUBSCRIBER_FIRST_SQN;
	options.row.amf[0] = 0x80;
	if (argc > 1 && strcmp(argv[1], "--help") == 0)
		return fputs(usage, stdout), DONE;
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[1], commands[i].name) == 0)
			return run(&options, &commands[i], argc - 1, argv + 1);
	}
	fputs(usage, stderr);
	return USAGE;
}
