/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/client/usim.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/aka.h"
#include "crypto/gba_kdf.h"

_Static_assert(PTT_CARD_RES_LEN == PTT_AKA_RES_LEN && PTT_CARD_AUTS_LEN == PTT_AKA_AUTS_LEN,
	"a card answers with what MILENAGE gives");

/* TS 33.102 C.1.1.1, C.2: SQN = SEQ || IND */
#define IND_BITS  5
#define IND_COUNT ((size_t)1 << IND_BITS)
#define SEQ_DELTA (UINT64_C(1) << 28)
/* C.2.2: the optional age limit L; an attacker may hold back a vector until it is that old. */
#define SEQ_AGE_LIMIT 1024

/* The file: the magic line, then the highest SQN accepted for each IND as 12 hex digits a line. */
#define FILE_MAGIC    "pttkey-sqn 1\n"
#define FILE_LINE_LEN 13
#define FILE_LEN      (sizeof(FILE_MAGIC) - 1 + IND_COUNT * FILE_LINE_LEN)

struct ptt_usim {
	struct ptt_card card;
	struct ptt_k k;
	struct ptt_opc opc;
	uint64_t seq[IND_COUNT];
	char *sqn_file, *tmp_file, *dir;
	int write_errno;
};

uint64_t ptt_usim_sqn_ms(const struct ptt_usim *usim)
{
	uint64_t highest = 0;

	for (unsigned int ind = 0; ind < IND_COUNT; ind++)
		if (usim->seq[ind] && (usim->seq[ind] << IND_BITS | ind) > highest)
			highest = usim->seq[ind] << IND_BITS | ind;
	return highest;
}

static enum ptt_err line_get(uint64_t *sqn, const char *line)
{
	uint8_t raw[PTT_AKA_SQN_LEN];
	size_t len;

	PTT_TRY(ptt_hex_get(raw, &len, sizeof(raw), line, FILE_LINE_LEN - 1));
	*sqn = ptt_aka_sqn_get(raw);
	return PTT_OK;
}

static enum ptt_err text_get(struct ptt_usim *usim, const char *text, size_t len)
{
	const char *line = text + sizeof(FILE_MAGIC) - 1;
	uint64_t sqn;

	if (len == 0) /* mktemp or touch made it; the USIM never writes an empty file */
		return PTT_OK;
	if (len != FILE_LEN || memcmp(text, FILE_MAGIC, sizeof(FILE_MAGIC) - 1) != 0)
		return PTT_ERR_MALFORMED;
	for (unsigned int ind = 0; ind < IND_COUNT; ind++, line += FILE_LINE_LEN) {
		PTT_TRY(line_get(&sqn, line));
		if (line[FILE_LINE_LEN - 1] != '\n' || (sqn && (sqn & (IND_COUNT - 1)) != ind))
			return PTT_ERR_MALFORMED;
		usim->seq[ind] = sqn >> IND_BITS;
	}
	return PTT_OK;
}

static enum ptt_err file_read(struct ptt_usim *usim)
{
	char text[FILE_LEN + 1];
	FILE *file = fopen(usim->sqn_file, "re");
	size_t len;
	bool bad;

	if (!file)
		return errno == ENOENT ? PTT_OK : PTT_ERR_SYSTEM;
	len = fread(text, 1, sizeof(text), file);
	bad = ferror(file) != 0;
	fclose(file);
	return bad ? PTT_ERR_SYSTEM : text_get(usim, text, len);
}

static size_t text_put(char text[FILE_LEN + 1], const struct ptt_usim *usim)
{
	size_t len = sizeof(FILE_MAGIC) - 1;

	memcpy(text, FILE_MAGIC, len);
	for (unsigned int ind = 0; ind < IND_COUNT; ind++) {
		uint64_t sqn = usim->seq[ind] ? usim->seq[ind] << IND_BITS | ind : 0;

		len += (size_t)snprintf(
			text + len, FILE_LEN + 1 - len, "%012llx\n", (unsigned long long)sqn);
	}
	return len;
}

static bool write_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t got = write(fd, text, len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		text += got;
		len -= (size_t)got;
	}
	return fsync(fd) == 0;
}

/* The rename must be durable too, or a power cut could restore the old numbers. */
static bool sync_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good;

	if (fd < 0)
		return false;
	good = fsync(fd) == 0;
	close(fd);
	return good;
}

static enum ptt_err file_write(const struct ptt_usim *usim)
{
	char text[FILE_LEN + 1];
	size_t len = text_put(text, usim);
	int fd;
	bool good;

	if (!usim->sqn_file)
		return PTT_OK;
	fd = open(usim->tmp_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return PTT_ERR_SYSTEM;
	good = write_all(fd, text, len);
	good = close(fd) == 0 && good;
	if (!good || rename(usim->tmp_file, usim->sqn_file) != 0) {
		unlink(usim->tmp_file);
		return PTT_ERR_SYSTEM;
	}
	return sync_dir(usim->dir) ? PTT_OK : PTT_ERR_SYSTEM;
}

/* TS 33.102 C.2.1, C.2.2. A USIM that has accepted no SQN yet accepts any. */
static bool is_fresh(const struct ptt_usim *usim, uint64_t sqn)
{
	uint64_t seq = sqn >> IND_BITS, highest = ptt_usim_sqn_ms(usim) >> IND_BITS;

	if (seq <= usim->seq[sqn & (IND_COUNT - 1)])
		return false;
	if (seq <= highest)
		return highest - seq < SEQ_AGE_LIMIT;
	return highest == 0 || seq - highest <= SEQ_DELTA;
}

/* TS 33.102 6.3.3: AUTS = SQN_MS ^ AK* || MAC-S, with AMF 0000. */
static enum ptt_err auts_put(struct ptt_card_result *out, const struct ptt_usim *usim,
	const struct ptt_milenage_in *in, const uint8_t *ak_star)
{
	static const uint8_t amf[PTT_AKA_AMF_LEN] = {0, 0};
	PTT_SECRET(struct ptt_milenage_macs, macs);
	uint8_t sqn[PTT_AKA_SQN_LEN];

	ptt_aka_sqn_put(sqn, ptt_usim_sqn_ms(usim));
	PTT_TRY(ptt_milenage_f1(&macs, in, sqn, amf));
	for (size_t i = 0; i < PTT_AKA_SQN_LEN; i++)
		out->auts[i] = sqn[i] ^ ak_star[i];
	memcpy(out->auts + PTT_AKA_SQN_LEN, macs.mac_s, PTT_AKA_MAC_LEN);
	return PTT_ERR_REPLAY;
}

static enum ptt_err accept_sqn(struct ptt_usim *usim, uint64_t sqn)
{
	unsigned int ind = (unsigned int)(sqn & (IND_COUNT - 1));
	uint64_t before = usim->seq[ind];
	enum ptt_err err;

	usim->seq[ind] = sqn >> IND_BITS;
	errno = 0;
	err = file_write(usim);
	usim->write_errno = err != PTT_OK ? errno : 0;
	if (err != PTT_OK)
		usim->seq[ind] = before;
	return err;
}

static enum ptt_err authenticate(
	void *ctx, struct ptt_card_result *out, const uint8_t *rand, const uint8_t *autn)
{
	struct ptt_usim *usim = ctx;
	struct ptt_aka_subscriber sub = {&usim->k, &usim->opc};
	struct ptt_milenage_in in = {&usim->k, &usim->opc, rand};
	PTT_SECRET(struct ptt_milenage_keys, keys);
	PTT_SECRET(struct ptt_aka_result, answer);
	uint8_t sqn_raw[PTT_AKA_SQN_LEN];
	uint64_t sqn;
	enum ptt_err err;

	memset(out, 0, sizeof(*out));
	PTT_TRY(ptt_milenage_f2345(&keys, &in));
	for (size_t i = 0; i < PTT_AKA_SQN_LEN; i++)
		sqn_raw[i] = autn[i] ^ keys.ak[i];
	sqn = ptt_aka_sqn_get(sqn_raw);
	/* With sqn - 1 as the highest SQN only the MAC decides here; is_fresh() checks the SEQ of
	 * this IND below. */
	err = ptt_aka_result_make(&answer, &sub, sqn ? sqn - 1 : 0, rand, autn);
	if (err != PTT_OK && err != PTT_ERR_REPLAY)
		return err;
	if (!is_fresh(usim, sqn))
		return auts_put(out, usim, &in, keys.ak_star);
	PTT_TRY(accept_sqn(usim, sqn));
	memcpy(out->res, answer.res, sizeof(out->res));
	ptt_gba_ks(&out->ks, answer.ck, answer.ik);
	return PTT_OK;
}

static enum ptt_err set_file(struct ptt_usim *usim, const char *sqn_file)
{
	char *copy;

	if (asprintf(&usim->sqn_file, "%s", sqn_file) < 0) {
		usim->sqn_file = NULL;
		return PTT_ERR_SYSTEM;
	}
	if (asprintf(&usim->tmp_file, "%s.new", sqn_file) < 0) {
		usim->tmp_file = NULL;
		return PTT_ERR_SYSTEM;
	}
	copy = strdup(sqn_file); /* dirname() may write into its argument */
	if (copy)
		usim->dir = strdup(dirname(copy));
	free(copy);
	return usim->dir ? file_read(usim) : PTT_ERR_SYSTEM;
}

enum ptt_err ptt_usim_open(struct ptt_usim **out, const struct ptt_usim_param *param)
{
	struct ptt_usim *usim = calloc(1, sizeof(*usim));
	enum ptt_err err = PTT_OK;

	*out = NULL;
	if (!usim)
		return PTT_ERR_SYSTEM;
	usim->card = (struct ptt_card){authenticate, usim};
	usim->k = *param->k;
	usim->opc = *param->opc;
	if (param->sqn_file)
		err = set_file(usim, param->sqn_file);
	if (err != PTT_OK) {
		ptt_usim_close(usim);
		return err;
	}
	*out = usim;
	return PTT_OK;
}

void ptt_usim_close(struct ptt_usim *usim)
{
	if (!usim)
		return;
	free(usim->sqn_file);
	free(usim->tmp_file);
	free(usim->dir);
	ptt_wipe(usim, sizeof(*usim));
	free(usim);
}

const struct ptt_card *ptt_usim_card(struct ptt_usim *usim)
{
	return &usim->card;
}

int ptt_usim_write_errno(const struct ptt_usim *usim)
{
	return usim->write_errno;
}
