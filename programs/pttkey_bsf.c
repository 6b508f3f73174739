/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A BSF of its own: Ub for clients, Zn for NAFs (REST; Diameter), subscribers from the store or a
 * CSV file. The same code as the BSF inside pttkeyd.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <sofia-sip/su.h>

#include "module/gba/bsf.h"
#include "module/gba/diameter.h"
#include "module/gba/nbsp_http.h"
#include "module/config/config.h"
#include "module/base/log.h"
#include "module/base/metrics.h"
#include "module/base/steady.h"
#include "module/store/store.h"
#include "programs/daemon.h"
#include "programs/open_store.h"
#include "programs/subscriber_csv.h"

struct daemon {
	struct ptt_config *config;
	su_root_t *root;
	struct ptt_store *store;
	struct ptt_bsf *bsf;
	struct ptt_zn_server zn;
	struct ptt_nbsp_http *rest;
	struct ptt_diameter_server *diameter;
	struct ptt_metrics_http *metrics;
	struct ptt_daemon_signals signals;
};

static const char help[] =
	"usage: pttkey-bsf -c FILE [--check] [--foreground]\n"
	"  -c, --config FILE   the configuration: bsf, zn, store; subscribers, metrics, log\n"
	"  --check             check the configuration, and exit (0: good)\n"
	"  --foreground        accepted for service managers: it never leaves the foreground\n"
	"  --version, --help\n"
	"signals: HUP reads the subscribers' CSV file again, TERM ends\n"
	"Subscribers: subscribers = \"FILE.csv\" in FILE, or pttkey subscriber --config FILE\n";

/* --- subscribers --- */

static int import(const struct daemon *bsf)
{
	const char *path = bsf->config->subscribers;
	struct ptt_store_batch *batch;
	size_t count = 0;
	FILE *file;
	bool good;

	if (!path)
		return 0;
	file = fopen(path, "re");
	if (!file) {
		ptt_log(PTT_LOG_ERROR, "subscribers-not-read", "file=%s text=%s", path,
			strerror(errno));
		return -1;
	}
	batch = ptt_store_batch_new(bsf->store);
	good = ptt_subscriber_csv(batch, &count, file, path);
	fclose(file);
	if (!good)
		ptt_store_batch_free(batch);
	else
		good = ptt_store_commit_sync(batch, PTT_STORE_FULL) == PTT_OK;
	ptt_log(good ? PTT_LOG_INFO : PTT_LOG_ERROR, good ? "subscribers" : "subscribers-refused",
		"file=%s count=%zu", path, count);
	return good ? 0 : -1;
}

/* --- signals --- */

static void on_signal(void *ctx, uint32_t signo)
{
	struct daemon *bsf = ctx;

	if (signo == SIGHUP)
		(void)import(bsf); /* a bad file is logged and changes nothing */
	else
		su_root_break(bsf->root);
}

/* --- start --- */

static int failed(const char *part, enum ptt_err err, const char *text)
{
	ptt_log(PTT_LOG_ERROR, "not-started", "part=%s error=%s text=%s", part, ptt_err_str(err),
		text);
	return -1;
}

static int open_store(struct daemon *bsf)
{
	char text[512] = "";
	enum ptt_err err = ptt_open_store(&bsf->store, bsf->root, bsf->config, text, sizeof(text));

	return err == PTT_OK ? 0 : failed("store", err, text);
}

static int open_ub(struct daemon *bsf)
{
	const struct ptt_config *config = bsf->config;
	enum ptt_err err = ptt_bsf_open(&bsf->bsf, bsf->root, bsf->store, config);

	return err == PTT_OK ? 0 : failed("ub", err, config->bsf.listen);
}

static int open_zn(struct daemon *bsf)
{
	const struct ptt_config *config = bsf->config;
	struct ptt_nbsp_http_param rest = {config->zn.listen, config->zn.cert, config->zn.key};
	enum ptt_err err = PTT_OK;

	bsf->zn = (struct ptt_zn_server){
		.store = bsf->store,
		.bsf = bsf->bsf,
		.nafs = config->zn.nafs,
		.naf_count = config->zn.naf_count,
	};
	if (rest.listen)
		err = ptt_nbsp_http_new(&bsf->rest, bsf->root, &bsf->zn, &rest);
	if (err != PTT_OK)
		return failed("zn", err, rest.listen);
	if (config->zn.diameter)
		err = ptt_diameter_server_new(
			&bsf->diameter, bsf->root, &bsf->zn, config->zn.diameter);
	return err == PTT_OK ? 0 : failed("zn", err, config->zn.diameter);
}

static int open_metrics(struct daemon *bsf)
{
	char text[512] = "";
	enum ptt_err err = PTT_OK;

	if (bsf->config->metrics)
		err = ptt_metrics_http_open(
			&bsf->metrics, bsf->root, bsf->config->metrics, text, sizeof(text));
	return err == PTT_OK ? 0 : failed("metrics", err, text);
}

static void set_url(
	json_t *event, const char *name, const char *listen, const char *scheme, unsigned int port)
{
	char host[256], url[320];
	uint16_t ignored;

	if (ptt_config_split_address(host, sizeof(host), &ignored, listen) != PTT_OK)
		return;
	snprintf(url, sizeof(url), strchr(host, ':') ? "%s://[%s]:%u/" : "%s://%s:%u/", scheme,
		host, port);
	json_object_set_new(event, name, json_string(url));
}

static void print_ready(const struct daemon *bsf)
{
	const struct ptt_config *config = bsf->config;
	json_t *event = ptt_daemon_ready();

	set_url(event, "ub", config->bsf.listen, config->bsf.cert ? "https" : "http",
		ptt_bsf_port(bsf->bsf));
	if (bsf->rest)
		set_url(event, "zn", config->zn.listen, config->zn.cert ? "https" : "http",
			ptt_nbsp_http_port(bsf->rest));
	if (bsf->metrics)
		set_url(event, "metrics", config->metrics, "http",
			ptt_metrics_http_port(bsf->metrics));
	ptt_daemon_print(event);
}

static int start(struct daemon *bsf)
{
	bsf->root = su_root_create(NULL);
	bsf->signals =
		(struct ptt_daemon_signals){.root = bsf->root, .take = on_signal, .ctx = bsf};
	if (!bsf->root || ptt_daemon_watch(&bsf->signals) != 0)
		return failed("root", PTT_ERR_SYSTEM, strerror(errno));
	if (open_store(bsf) != 0 || import(bsf) != 0 || open_ub(bsf) != 0 || open_zn(bsf) != 0 ||
		open_metrics(bsf) != 0)
		return -1;
	return 0;
}

static void stop(struct daemon *bsf)
{
	ptt_metrics_http_close(bsf->metrics);
	ptt_nbsp_http_free(bsf->rest);
	ptt_diameter_server_free(bsf->diameter);
	ptt_bsf_free(bsf->bsf);
	ptt_store_close(bsf->store);
	ptt_daemon_unwatch(&bsf->signals);
	if (bsf->root)
		su_root_destroy(bsf->root);
	ptt_config_free(bsf->config);
}

static int run(struct daemon *bsf)
{
	int status = 1;

	ptt_log_set(bsf->config->log.format, bsf->config->log.level);
	ptt_daemon_keep_private();
	ptt_steady_time();
	su_init();
	if (start(bsf) == 0) {
		print_ready(bsf);
		su_root_run(bsf->root);
		status = 0;
	}
	stop(bsf);
	su_deinit();
	return status;
}

static int check(const struct ptt_config *config)
{
	if (ptt_daemon_check(config) != 0)
		return 1;
	printf("%s: good\n", config->file);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"config", required_argument, NULL, 'c'},
		{"check", no_argument, NULL, 'k'}, {"foreground", no_argument, NULL, 'f'},
		{"version", no_argument, NULL, 'v'}, {"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0}};
	static struct daemon bsf;
	const char *file = NULL;
	bool only_check = false;
	char text[512];
	int c, status;

	ptt_subscriber_who = "pttkey-bsf";
	while ((c = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			file = optarg;
			break;
		case 'k':
			only_check = true;
			break;
		case 'f':
			break;
		case 'v':
			puts("pttkey-bsf " PACKAGE_VERSION);
			return 0;
		case 'h':
			fputs(help, stdout);
			return 0;
		default:
			fputs(help, stderr);
			return 2;
		}
	}
	if (!file || optind != argc) {
		fputs(help, stderr);
		return 2;
	}
	if (ptt_config_load_as(&bsf.config, PTT_CONFIG_BSF, file, text, sizeof(text)) != PTT_OK ||
		!bsf.config) {
		fprintf(stderr, "%s\n", text);
		return 1;
	}
	if (!only_check)
		return run(&bsf);
	status = check(bsf.config);
	ptt_config_free(bsf.config);
	return status;
}
