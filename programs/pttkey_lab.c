/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "programs/pttkey_lab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/gba_kdf.h"
#include "crypto/random.h"
#include "module/base/clock.h"
#include "module/client/usim.h"
#include "module/gba/ub_many.h"
#include "module/config/config.h"
#include "module/base/log.h"
#include "module/store/store_read.h"
#include "programs/open_store.h"
#include "programs/pttkey_args.h"
#include "programs/pttkey_capture.h"

#define EXIT_NO_SERVER   3
#define PARALLEL         64
#define ADD_CHUNK        1000
#define COUNT_MAX        1000000
#define PROBE_TIMEOUT_MS 5000L
#define TRIES            3

static const char help[] =
	"usage: pttkey lab bootstrap --config FILE --count N --domain D --csv FILE [--prefix TEXT]\n"
	"                            [--json]\n"
	"\n"
	"Makes N test subscribers TEXTnnnnnn@D (TEXT is lab), those the store has not got with random\n"
	"keys, and bootstraps each through Ub of the running server. The CSV is for sipp -inf:\n"
	"SEQUENTIAL, then uri;btid;password;muk. It holds keys: mode 0600.\n";

/* One test subscriber. */
struct member {
	struct ptt_k k;
	struct ptt_opc opc;
	bool gba_u, is_done;
	unsigned int tries;
	char impi[PTT_STORE_ID_MAX], impu[PTT_STORE_ID_MAX];
	struct ptt_usim *usim; /* while he bootstraps */
	char *btid;
	struct ptt_muk muk;
	struct ptt_mrk mrk;
};

struct lab {
	struct ptt_bytes config_file, domain, csv, prefix;
	uint32_t count;
	bool json;
	struct ptt_config *config;
	struct ptt_store *store;
	struct member *members;
	struct member *again; /* one that the server was too busy for */
	char url[PTT_STORE_ID_MAX];
	uint32_t next, done, failed;
	int64_t start_ms, shown_ms;
};

static int complain(int status, const char *what, const char *detail)
{
	fprintf(stderr, "pttkey lab bootstrap: %s%s%s\n", what, *detail ? ": " : "", detail);
	return status;
}

/* "0.0.0.0:8080" is where it listens, not where one calls. */
static enum ptt_err make_url(struct lab *lab)
{
	char host[PTT_STORE_ID_MAX];
	const char *to = host;
	uint16_t port;
	int len;

	PTT_TRY(ptt_config_split_address(host, sizeof(host), &port, lab->config->bsf.listen));
	if (strcmp(host, "0.0.0.0") == 0)
		to = "127.0.0.1";
	if (strcmp(host, "::") == 0)
		to = "::1";
	len = snprintf(lab->url, sizeof(lab->url),
		strchr(to, ':') ? "http://[%s]:%u/" : "http://%s:%u/", to, port);
	return len > 0 && (size_t)len < sizeof(lab->url) ? PTT_OK : PTT_ERR_NO_SPACE;
}

/* Asks for somebody who does not exist: whatever is answered, somebody is there. */
static bool is_answered(const struct lab *lab)
{
	struct ptt_ub_param param = {.bsf_url = lab->url,
		.bsf_host = lab->config->bsf.host,
		.impi = "nobody@invalid",
		.timeout_ms = PROBE_TIMEOUT_MS};
	struct ptt_bootstrap result;

	return ptt_ub_bootstrap(&result, &param) != PTT_ERR_BUSY;
}

static enum ptt_err new_keys(struct ptt_subscriber_row *row)
{
	static const uint8_t amf[] = {0x80, 0x00};

	PTT_TRY(ptt_random_key(&row->k, sizeof(row->k)));
	PTT_TRY(ptt_random_key(&row->opc, sizeof(row->opc)));
	memcpy(row->amf, amf, sizeof(amf));
	row->impu_count = 1;
	return PTT_OK;
}

/* Finds his record, or puts a new one into the batch. */
static enum ptt_err enrol(
	struct lab *lab, struct member *member, struct ptt_store_batch *batch, uint32_t number)
{
	PTT_SECRET(struct ptt_subscriber_row, row);
	int len = snprintf(row.impi, sizeof(row.impi), "%s%06u@%s", (const char *)lab->prefix.data,
		number, (const char *)lab->domain.data);
	enum ptt_err err;

	if (len < 0 || (size_t)len + sizeof("sip:") > sizeof(row.impi))
		return PTT_ERR_NO_SPACE;
	memcpy(member->impi, row.impi, sizeof(member->impi));
	err = ptt_store_get_subscriber(lab->store, &row, member->impi);
	if (err == PTT_ERR_NO_KEY) {
		memcpy(row.impi, member->impi, sizeof(row.impi));
		memcpy(row.impu[0], "sip:", sizeof("sip:"));
		strcat(row.impu[0], member->impi);
		PTT_TRY(new_keys(&row));
		ptt_batch_put_subscriber(batch, &row);
	} else if (err != PTT_OK) {
		return err;
	}
	memcpy(member->impu, row.impu[0], sizeof(member->impu));
	member->k = row.k;
	member->opc = row.opc;
	member->gba_u = row.gba_u;
	return PTT_OK;
}

static enum ptt_err enrol_all(struct lab *lab)
{
	for (uint32_t i = 0; i < lab->count;) {
		struct ptt_store_batch *batch = ptt_store_batch_new(lab->store);
		uint32_t end = lab->count - i > ADD_CHUNK ? i + ADD_CHUNK : lab->count;

		for (; i < end; i++) {
			enum ptt_err err = enrol(lab, &lab->members[i], batch, i + 1);

			if (err != PTT_OK) {
				ptt_store_batch_free(batch);
				return err;
			}
		}
		PTT_TRY(ptt_store_commit_sync(batch, PTT_STORE_NORMAL));
	}
	return PTT_OK;
}

static bool on_next(void *ctx, struct ptt_ub_param *param, void **job)
{
	struct lab *lab = ctx;
	struct member *member = lab->again;
	struct ptt_usim_param usim = {0};

	lab->again = NULL;
	if (!member && lab->next < lab->count)
		member = &lab->members[lab->next++];
	if (!member)
		return false;
	usim.k = &member->k;
	usim.opc = &member->opc;
	member->tries++;
	*job = member;
	*param = (struct ptt_ub_param){
		.bsf_url = lab->url, .bsf_host = lab->config->bsf.host, .impi = member->impi};
	if (!member->usim && ptt_usim_open(&member->usim, &usim) != PTT_OK) {
		lab->failed++;
		return false;
	}
	param->card = ptt_usim_card(member->usim);
	return true;
}

static enum ptt_err keep_result(
	const struct lab *lab, struct member *member, const struct ptt_bootstrap *result)
{
	struct ptt_gba_naf naf = {.rand = result->rand,
		.impi = ptt_bytes_of_str(result->impi),
		.fqdn = ptt_bytes_of_str(lab->config->naf.fqdn)};
	PTT_SECRET(struct ptt_naf_key, external);
	PTT_SECRET(struct ptt_naf_key, internal);

	PTT_TRY(ptt_gba_naf_key(&external, &result->ks, PTT_GBA_ME, &naf));
	PTT_TRY(ptt_gba_naf_key(&internal, &result->ks, PTT_GBA_U, &naf));
	PTT_TRY(ptt_mbms_keys_me(&member->muk, &member->mrk, &external));
	if (member->gba_u)
		ptt_mbms_keys_u(&member->muk, &member->mrk, &internal, &external);
	member->btid = strdup(result->btid);
	member->is_done = member->btid != NULL;
	return member->is_done ? PTT_OK : PTT_ERR_SYSTEM;
}

static void show_progress(struct lab *lab, bool last)
{
	int64_t now_ms = ptt_clock_ms(), spent_ms = now_ms - lab->start_ms;

	if (!last && now_ms - lab->shown_ms < 1000)
		return;
	lab->shown_ms = now_ms;
	fprintf(stderr, "bootstrapped %u of %u, %u failed, %.0f/s\n", lab->done, lab->count,
		lab->failed, lab->done * 1000.0 / (double)(spent_ms > 0 ? spent_ms : 1));
}

static void on_done(void *ctx, void *job, enum ptt_err err, const struct ptt_bootstrap *result)
{
	struct lab *lab = ctx;
	struct member *member = job;

	if (err == PTT_ERR_BUSY && member->tries < TRIES && !lab->again) {
		lab->again = member; /* its slot asks for the next one right after this */
		return;
	}
	ptt_usim_close(member->usim);
	member->usim = NULL;
	if (err == PTT_OK)
		err = keep_result(lab, member, result);
	lab->done += err == PTT_OK;
	lab->failed += err != PTT_OK;
	if (err != PTT_OK && lab->failed <= 10)
		complain(1, member->impi, ptt_err_str(err));
	show_progress(lab, false);
}

static bool write_line(FILE *file, const struct member *member)
{
	char password[PTT_MRK_PASSWORD_LEN + 1], muk[2 * sizeof(member->muk) + 1];
	bool good;

	ptt_mrk_password(password, &member->mrk);
	good = ptt_hex_put(muk, sizeof(muk), PTT_BYTES_OF(member->muk.b)) == PTT_OK &&
	       fprintf(file, "%s;%s;%s;%s\n", member->impu, member->btid, password, muk) > 0;
	ptt_wipe(password, sizeof(password));
	ptt_wipe(muk, sizeof(muk));
	return good;
}

static bool write_lines(const struct lab *lab, FILE *file)
{
	bool good = fputs("SEQUENTIAL\n", file) >= 0;

	for (uint32_t i = 0; good && i < lab->count; i++)
		if (lab->members[i].is_done)
			good = write_line(file, &lab->members[i]);
	return good;
}

/* Under another name first: nobody reads half of it, and nobody's mode is kept. */
static int write_csv(const struct lab *lab)
{
	const char *path = (const char *)lab->csv.data;
	char *temporary;
	FILE *file = NULL;
	bool good;
	int fd;

	if (asprintf(&temporary, "%s.new", path) < 0)
		return complain(1, "out of memory", "");
	unlink(temporary);
	fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0)
		file = fdopen(fd, "w");
	if (fd >= 0 && !file)
		close(fd);
	good = file && write_lines(lab, file);
	if (file)
		good = fclose(file) == 0 && good;
	good = good && rename(temporary, path) == 0;
	if (!good) {
		complain(1, path, strerror(errno));
		unlink(temporary);
	}
	free(temporary);
	return good ? 0 : 1;
}

static int report(struct lab *lab)
{
	int64_t spent_ms = ptt_clock_ms() - lab->start_ms;
	double seconds = (double)(spent_ms > 0 ? spent_ms : 1) / 1000.0;
	int status = write_csv(lab);

	show_progress(lab, true);
	if (status == 0 && lab->json)
		status = ptt_print(
			json_pack("{s:i, s:i, s:f, s:f, s:s}", "bootstrapped", (int)lab->done,
				"failed", (int)lab->failed, "seconds", seconds, "rate",
				lab->done / seconds, "csv", (const char *)lab->csv.data),
			true);
	else if (status == 0)
		printf("%u bootstrapped, %u failed, %.1f s, %.0f/s, %s\n", lab->done, lab->failed,
			seconds, lab->done / seconds, (const char *)lab->csv.data);
	return status || lab->failed ? 1 : 0;
}

static int bootstrap_all(struct lab *lab)
{
	struct ptt_ub_many many = {on_next, on_done, lab, PARALLEL};
	enum ptt_err err;

	if (!is_answered(lab))
		return complain(
			EXIT_NO_SERVER, "no BSF answers there; is pttkeyd running?", lab->url);
	lab->members = calloc(lab->count, sizeof(*lab->members));
	err = lab->members ? enrol_all(lab) : PTT_ERR_SYSTEM;
	if (err != PTT_OK)
		return complain(1, "the subscribers could not be added", ptt_err_str(err));
	lab->start_ms = lab->shown_ms = ptt_clock_ms();
	err = ptt_ub_many_run(&many);
	if (err != PTT_OK)
		return complain(1, "HTTP client", ptt_err_str(err));
	return report(lab);
}

static int open_all(struct lab *lab)
{
	char text[512] = "";

	if (ptt_config_load_as(&lab->config, PTT_CONFIG_ANY, (const char *)lab->config_file.data,
		    text, sizeof(text)) != PTT_OK)
		return complain(PTT_EXIT_USAGE, text, "");
	if (!lab->config->naf.fqdn)
		return complain(
			PTT_EXIT_USAGE, "no naf.fqdn, which the MUKs need", lab->config->file);
	if (!lab->config->bsf.listen)
		return complain(PTT_EXIT_USAGE, "no bsf section", lab->config->file);
	if (make_url(lab) != PTT_OK)
		return complain(PTT_EXIT_USAGE, "bsf.listen", lab->config->bsf.listen);
	if (ptt_open_store(&lab->store, NULL, lab->config, text, sizeof(text)) != PTT_OK)
		return complain(PTT_EXIT_USAGE, text, "");
	return 0;
}

static void close_all(struct lab *lab)
{
	for (uint32_t i = 0; lab->members && i < lab->count; i++) {
		ptt_usim_close(lab->members[i].usim);
		free(lab->members[i].btid);
	}
	if (lab->members)
		ptt_wipe(lab->members, lab->count * sizeof(*lab->members));
	free(lab->members);
	ptt_store_close(lab->store);
	ptt_config_free(lab->config);
}

static int bootstrap(int argc, char **argv)
{
	struct lab lab = {.prefix = ptt_bytes_of_str("lab")};
	struct ptt_arg args[] = {
		{"config", PTT_ARG_TEXT, true, 4096, &lab.config_file, false},
		{"count", PTT_ARG_NUMBER, true, COUNT_MAX, &lab.count, false},
		{"domain", PTT_ARG_TEXT, true, 200, &lab.domain, false},
		{"csv", PTT_ARG_TEXT, true, 4096, &lab.csv, false},
		{"prefix", PTT_ARG_TEXT, false, 32, &lab.prefix, false},
		{"json", PTT_ARG_FLAG, false, 0, &lab.json, false},
		{NULL, PTT_ARG_FLAG, false, 0, NULL, false},
	};
	int status = ptt_args_read(args, NULL, argc, argv);

	if (status != 0)
		return status < 0 ? fputs(help, stdout) < 0 : status;
	ptt_log_set_level(PTT_LOG_WARN);
	status = open_all(&lab);
	if (status == 0)
		status = bootstrap_all(&lab);
	close_all(&lab);
	return status;
}

int ptt_cmd_lab(int argc, char **argv)
{
	if (argc >= 2 && strcmp(argv[1], "bootstrap") == 0)
		return bootstrap(argc - 1, argv + 1);
	if (argc >= 2 && strcmp(argv[1], "capture") == 0)
		return ptt_cmd_lab_capture(argc - 1, argv + 1);
	if (argc >= 2 && strcmp(argv[1], "decrypt") == 0)
		return ptt_cmd_lab_decrypt(argc - 1, argv + 1);
	if (argc >= 2 && strcmp(argv[1], "--help") == 0)
		return fputs(help, stdout) < 0 || ptt_cmd_lab_capture(2, argv) ||
		       ptt_cmd_lab_decrypt(2, argv);
	fputs(help, stderr);
	return PTT_EXIT_USAGE;
}
