/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/gba/ub_digest.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "crypto/digest.h"
#include "crypto/secret.h"

enum form { QUOTED, TOKEN };

#define A (1u << PTT_UB_AUTHORIZATION)
#define W (1u << PTT_UB_WWW_AUTHENTICATE)
#define I (1u << PTT_UB_AUTHENTICATION_INFO)

struct field {
	const char *name;
	size_t offset, size;
	enum form form;        /* how the field is written; both forms are read */
	unsigned int in;       /* headers that have the field */
	unsigned int required; /* headers that are malformed without it */
	unsigned int always;   /* headers that have the field even if it is empty */
};

#define FIELD(member) \
	offsetof(struct ptt_ub_digest, member), sizeof(((struct ptt_ub_digest *)0)->member)

/* TS 24.109 annex A quotes qop and leaves algorithm bare; RFC 2617 wants qop bare in a request. */
static const struct field fields[] = {
	{"username", FIELD(username), QUOTED, A, A, A},
	{"realm", FIELD(realm), QUOTED, A | W, A | W, A | W},
	{"nonce", FIELD(nonce), QUOTED, A | W, A | W, A | W},
	{"algorithm", FIELD(algorithm), TOKEN, A | W, W, 0},
	{"uri", FIELD(uri), QUOTED, A, A, A},
	{"response", FIELD(response), QUOTED, A, A, A},
	{"rspauth", FIELD(response), QUOTED, I, I, I},
	{"qop", FIELD(qop), TOKEN, A | I, 0, 0},
	{"qop", FIELD(qop), QUOTED, W, 0, 0},
	{"nc", FIELD(nc), TOKEN, A | I, 0, 0},
	{"cnonce", FIELD(cnonce), QUOTED, A | I, 0, 0},
	{"opaque", FIELD(opaque), QUOTED, A | W, 0, 0},
	{"auts", FIELD(auts), QUOTED, A, 0, 0},
	{"stale", FIELD(stale), TOKEN, W, 0, 0},
};
#define FIELD_COUNT (sizeof(fields) / sizeof(fields[0]))
_Static_assert(FIELD_COUNT <= 32, "ptt_ub_digest.present has a bit for each field");

struct scan {
	const char *pos, *end;
};

static bool is_token_char(char c)
{
	return c > 0x20 && c < 0x7f && !strchr("()<>@,;:\\\"/[]?={}", c);
}

static void skip_space(struct scan *sc)
{
	while (sc->pos < sc->end && (*sc->pos == ' ' || *sc->pos == '\t'))
		sc->pos++;
}

static void skip_commas(struct scan *sc)
{
	skip_space(sc);
	while (sc->pos < sc->end && *sc->pos == ',') {
		sc->pos++;
		skip_space(sc);
	}
}

static struct ptt_bytes get_token(struct scan *sc)
{
	const char *start = sc->pos;

	while (sc->pos < sc->end && is_token_char(*sc->pos))
		sc->pos++;
	return (struct ptt_bytes){(const uint8_t *)start, (size_t)(sc->pos - start)};
}

static enum ptt_err put_char(char *out, size_t size, size_t *len, char c)
{
	if ((unsigned char)c < 0x20 || c == 0x7f)
		return PTT_ERR_MALFORMED;
	if (!out) /* an unknown parameter is checked and not kept */
		return PTT_OK;
	if (*len + 1 >= size)
		return PTT_ERR_MALFORMED;
	out[(*len)++] = c;
	out[*len] = '\0';
	return PTT_OK;
}

static enum ptt_err get_quoted(struct scan *sc, char *out, size_t size)
{
	size_t len = 0;

	sc->pos++;
	while (sc->pos < sc->end && *sc->pos != '"') {
		if (*sc->pos == '\\' && ++sc->pos == sc->end)
			return PTT_ERR_MALFORMED;
		PTT_TRY(put_char(out, size, &len, *sc->pos++));
	}
	if (sc->pos == sc->end)
		return PTT_ERR_MALFORMED;
	sc->pos++;
	return PTT_OK;
}

static enum ptt_err get_bare(struct scan *sc, char *out, size_t size)
{
	struct ptt_bytes token = get_token(sc);
	size_t len = 0;

	if (token.len == 0)
		return PTT_ERR_MALFORMED;
	for (size_t i = 0; i < token.len; i++)
		PTT_TRY(put_char(out, size, &len, (char)token.data[i]));
	return PTT_OK;
}

static const struct field *find_field(struct ptt_bytes name, unsigned int header_bit)
{
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		if ((fields[i].in & header_bit) && strlen(fields[i].name) == name.len &&
			strncasecmp(fields[i].name, (const char *)name.data, name.len) == 0)
			return &fields[i];
	}
	return NULL;
}

static enum ptt_err get_param(struct ptt_ub_digest *out, struct scan *sc, unsigned int header_bit)
{
	struct ptt_bytes name = get_token(sc);
	const struct field *field = find_field(name, header_bit);
	char *value = field ? (char *)out + field->offset : NULL;
	size_t size = field ? field->size : 0;

	skip_space(sc);
	if (name.len == 0 || sc->pos == sc->end || *sc->pos != '=')
		return PTT_ERR_MALFORMED;
	sc->pos++;
	skip_space(sc);
	if (field) {
		uint32_t bit = 1u << (field - fields);

		if (out->present & bit)
			return PTT_ERR_MALFORMED;
		out->present |= bit;
	}
	if (sc->pos < sc->end && *sc->pos == '"')
		return get_quoted(sc, value, size);
	return get_bare(sc, value, size);
}

static enum ptt_err get_scheme(struct scan *sc)
{
	struct ptt_bytes scheme = get_token(sc);

	if (scheme.len == 0)
		return PTT_ERR_MALFORMED;
	if (scheme.len != 6 || strncasecmp((const char *)scheme.data, "Digest", 6) != 0)
		return PTT_ERR_UNSUPPORTED;
	if (sc->pos == sc->end || (*sc->pos != ' ' && *sc->pos != '\t'))
		return PTT_ERR_MALFORMED;
	return PTT_OK;
}

/* An empty token counts as absent: algorithm="" names no algorithm. */
static enum ptt_err check_required(const struct ptt_ub_digest *digest, unsigned int header_bit)
{
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		bool empty = ((const char *)digest)[fields[i].offset] == '\0';

		if ((fields[i].required & header_bit) &&
			(!(digest->present & (1u << i)) || (fields[i].form == TOKEN && empty)))
			return PTT_ERR_MALFORMED;
	}
	return PTT_OK;
}

enum ptt_err ptt_ub_digest_get(
	struct ptt_ub_digest *out, enum ptt_ub_header header, const char *in, size_t in_len)
{
	struct scan sc = {in, in + in_len};
	unsigned int header_bit = 1u << header;

	memset(out, 0, sizeof(*out));
	if (in_len >= PTT_UB_HEADER_MAX)
		return PTT_ERR_MALFORMED;
	skip_space(&sc);
	if (header != PTT_UB_AUTHENTICATION_INFO)
		PTT_TRY(get_scheme(&sc));
	skip_commas(&sc);
	while (sc.pos < sc.end) {
		PTT_TRY(get_param(out, &sc, header_bit));
		skip_space(&sc);
		if (sc.pos < sc.end && *sc.pos != ',')
			return PTT_ERR_MALFORMED;
		skip_commas(&sc);
	}
	return check_required(out, header_bit);
}

static void put_text(struct ptt_writer *wr, const char *text)
{
	ptt_write_bytes(wr, ptt_bytes_of_str(text));
}

static void put_field(struct ptt_writer *wr, const struct field *field, const char *value)
{
	if (field->form == TOKEN) {
		put_text(wr, value);
		return;
	}
	ptt_write_u8(wr, '"');
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			ptt_write_u8(wr, '\\');
		ptt_write_u8(wr, (uint8_t)*value);
	}
	ptt_write_u8(wr, '"');
}

static bool is_writable(const struct field *field, const char *value)
{
	for (; *value; value++) {
		if ((unsigned char)*value < 0x20 || *value == 0x7f)
			return false;
		if (field->form == TOKEN && !is_token_char(*value))
			return false;
	}
	return true;
}

enum ptt_err ptt_ub_digest_put(
	char *out, size_t size, enum ptt_ub_header header, const struct ptt_ub_digest *in)
{
	struct ptt_writer wr = ptt_writer_of((uint8_t *)out, size);
	unsigned int header_bit = 1u << header;
	const char *separator = header == PTT_UB_AUTHENTICATION_INFO ? "" : "Digest ";
	size_t len = 0;

	for (size_t i = 0; i < FIELD_COUNT; i++) {
		const struct field *field = &fields[i];
		const char *value = (const char *)in + field->offset;

		if (!(field->in & header_bit) || (!*value && !(field->always & header_bit)))
			continue;
		if (!is_writable(field, value))
			return PTT_ERR_MALFORMED;
		put_text(&wr, separator);
		put_text(&wr, field->name);
		ptt_write_u8(&wr, '=');
		put_field(&wr, field, value);
		separator = ", ";
	}
	ptt_write_u8(&wr, '\0');
	return ptt_writer_end(&wr, &len);
}

static struct ptt_digest_request request_of(
	const struct ptt_ub_digest *in, const char *method, struct ptt_bytes body)
{
	return (struct ptt_digest_request){
		.alg = PTT_HASH_MD5,
		.qop = PTT_DIGEST_QOP_AUTH_INT,
		.method = ptt_bytes_of_str(method),
		.uri = ptt_bytes_of_str(in->uri),
		.nonce = ptt_bytes_of_str(in->nonce),
		.nc = ptt_bytes_of_str(in->nc),
		.cnonce = ptt_bytes_of_str(in->cnonce),
		.body = body,
	};
}

static enum ptt_err ha1_of(
	char ha1[PTT_DIGEST_HEX_SIZE], const struct ptt_ub_digest *in, struct ptt_bytes password)
{
	struct ptt_digest_user user = {
		ptt_bytes_of_str(in->username), ptt_bytes_of_str(in->realm), password};

	return ptt_digest_ha1(ha1, PTT_HASH_MD5, &user);
}

struct ha1_text {
	char b[PTT_DIGEST_HEX_SIZE];
};

enum ptt_err ptt_ub_digest_make(char out[36], const struct ptt_ub_digest *in, const char *method,
	struct ptt_bytes password, struct ptt_bytes body)
{
	struct ptt_digest_request request = request_of(in, method, body);
	PTT_SECRET(struct ha1_text, ha1);
	char hex[PTT_DIGEST_HEX_SIZE];

	PTT_TRY(ha1_of(ha1.b, in, password));
	PTT_TRY(ptt_digest_response(hex, &request, ha1.b));
	memcpy(out, hex, 33);
	return PTT_OK;
}

enum ptt_err ptt_ub_digest_check(const struct ptt_ub_digest *in, const char *method,
	struct ptt_bytes password, struct ptt_bytes body)
{
	struct ptt_digest_request request = request_of(in, method, body);
	PTT_SECRET(struct ha1_text, ha1);

	PTT_TRY(ha1_of(ha1.b, in, password));
	return ptt_digest_verify(&request, ha1.b, ptt_bytes_of_str(in->response));
}

enum ptt_err ptt_ub_nonce_put(char *out, size_t size, const uint8_t rand[PTT_UB_RAND_LEN],
	const uint8_t autn[PTT_UB_AUTN_LEN])
{
	uint8_t both[PTT_UB_RAND_LEN + PTT_UB_AUTN_LEN];

	memcpy(both, rand, PTT_UB_RAND_LEN);
	memcpy(both + PTT_UB_RAND_LEN, autn, PTT_UB_AUTN_LEN);
	return ptt_base64_put(out, size, PTT_BYTES_OF(both));
}

enum ptt_err ptt_ub_nonce_get(
	uint8_t rand[PTT_UB_RAND_LEN], uint8_t autn[PTT_UB_AUTN_LEN], const char *nonce)
{
	uint8_t raw[PTT_UB_NONCE_MAX];
	size_t len = 0;

	PTT_TRY(ptt_base64_get(raw, &len, sizeof(raw), nonce, strlen(nonce)));
	if (len < PTT_UB_RAND_LEN + PTT_UB_AUTN_LEN)
		return PTT_ERR_MALFORMED;
	memcpy(rand, raw, PTT_UB_RAND_LEN);
	memcpy(autn, raw + PTT_UB_RAND_LEN, PTT_UB_AUTN_LEN);
	return PTT_OK;
}

bool ptt_ub_list_has(const char *list, const char *token)
{
	size_t len = strlen(token);

	while (*list) {
		size_t item = strcspn(list, ", \t");

		if (item == len && strncasecmp(list, token, len) == 0)
			return true;
		list += item;
		list += strspn(list, ", \t");
	}
	return false;
}

bool ptt_ub_is_hash(const char *text)
{
	return strspn(text, "0123456789abcdefABCDEF") == 32 && text[32] == '\0';
}
