/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "programs/subscriber_csv.h"

#include <string.h>

#include "crypto/milenage.h"

#define LABEL_SIZE   320
#define CSV_LINE_MAX 2048
#define CSV_ROWS_MAX 200000

const char *ptt_subscriber_who = "pttkey subscriber";

/** A hex value of exactly @p len bytes; the text itself is never shown, it may be a key. */
bool ptt_subscriber_get_hex(uint8_t *out, size_t len, const char *what, const char *hex)
{
	size_t got = 0;

	if (strlen(hex) == 2 * len && ptt_hex_get(out, &got, len, hex, strlen(hex)) == PTT_OK &&
		got == len)
		return true;
	fprintf(stderr, "%s: bad %s (%zu characters); accepted: %zu hex digits\n",
		ptt_subscriber_who, what, strlen(hex), 2 * len);
	return false;
}

bool ptt_subscriber_get_sqn(uint64_t *out, const char *what, const char *hex)
{
	uint8_t bytes[PTT_AKA_SQN_LEN];

	if (!ptt_subscriber_get_hex(bytes, sizeof(bytes), what, hex))
		return false;
	*out = 0;
	for (size_t i = 0; i < sizeof(bytes); i++)
		*out = *out << 8 | bytes[i];
	return true;
}

bool ptt_subscriber_copy_id(char out[PTT_STORE_ID_MAX], const char *what, const char *text)
{
	if (text[0] != '\0' && strlen(text) < PTT_STORE_ID_MAX && !strpbrk(text, " \t\r\n")) {
		strcpy(out, text);
		return true;
	}
	fprintf(stderr, "%s: bad %s; accepted: 1 to %d bytes without white space\n",
		ptt_subscriber_who, what, PTT_STORE_ID_MAX - 1);
	return false;
}

bool ptt_subscriber_add_impu(struct ptt_subscriber_row *row, const char *what, const char *impu)
{
	bool uri = strncmp(impu, "sip:", 4) == 0 || strncmp(impu, "sips:", 5) == 0 ||
		   strncmp(impu, "tel:", 4) == 0;

	if (!uri || row->impu_count == PTT_STORE_IMPUS_MAX) {
		fprintf(stderr, "%s: bad %s; accepted: up to %d sip:, sips: or tel: URIs\n",
			ptt_subscriber_who, what, PTT_STORE_IMPUS_MAX);
		return false;
	}
	return ptt_subscriber_copy_id(row->impu[row->impu_count], what, impu) &&
	       ++row->impu_count > 0;
}

static const char *label(char out[LABEL_SIZE], const char *where, const char *field)
{
	snprintf(out, LABEL_SIZE, "%s: %s", where, field);
	return out;
}

/** One line of a CSV file; @p where is "FILE:LINE" for the errors. */
static bool csv_row(struct ptt_subscriber_row *row, char *line, const char *where)
{
	char *fields[6] = {NULL};
	char *rest = line;
	size_t count = 0;
	char what[LABEL_SIZE];

	line[strcspn(line, "\r\n")] = '\0';
	while (rest && count < 6)
		fields[count++] = strsep(&rest, ",");
	if (count < 4 || rest) {
		fprintf(stderr, "%s: %s: %s fields; accepted: impi,impu,k,opc[,sqn[,amf]]\n",
			ptt_subscriber_who, where, count < 4 ? "too few" : "too many");
		return false;
	}
	memset(row, 0, sizeof(*row));
	row->sqn = PTT_SUBSCRIBER_FIRST_SQN;
	row->amf[0] = 0x80;
	return ptt_subscriber_copy_id(row->impi, label(what, where, "impi"), fields[0]) &&
	       ptt_subscriber_add_impu(row, label(what, where, "impu"), fields[1]) &&
	       ptt_subscriber_get_hex(
		       row->k.b, sizeof(row->k.b), label(what, where, "k"), fields[2]) &&
	       ptt_subscriber_get_hex(
		       row->opc.b, sizeof(row->opc.b), label(what, where, "opc"), fields[3]) &&
	       (count < 5 || fields[4][0] == '\0' ||
		       ptt_subscriber_get_sqn(&row->sqn, label(what, where, "sqn"), fields[4])) &&
	       (count < 6 || fields[5][0] == '\0' ||
		       ptt_subscriber_get_hex(
			       row->amf, sizeof(row->amf), label(what, where, "amf"), fields[5]));
}

bool ptt_subscriber_csv(struct ptt_store_batch *batch, size_t *count, FILE *file, const char *name)
{
	PTT_SECRET(struct ptt_subscriber_row, row);
	char line[CSV_LINE_MAX];
	char where[256];
	bool good = true;

	for (unsigned number = 1; good && fgets(line, sizeof(line), file); number++) {
		bool head = number == 1 && strncmp(line, "impi,", 5) == 0;

		if (head || line[0] == '#' || line[strspn(line, " \t\r\n")] == '\0')
			continue;
		snprintf(where, sizeof(where), "%.200s:%u", name, number);
		good = csv_row(&row, line, where) && ++*count <= CSV_ROWS_MAX;
		if (good)
			ptt_batch_put_subscriber(batch, &row);
	}
	ptt_wipe(line, sizeof(line));
	return good && ferror(file) == 0;
}
