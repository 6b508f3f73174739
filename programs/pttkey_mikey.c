/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "programs/pttkey_mikey.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "crypto/mikey_seal.h"
#include "programs/pttkey_args.h"

#define MESSAGE_MAX 65536
#define TEXT_MAX    (2 * MESSAGE_MAX)

static const char help[] =
	"usage: pttkey mikey decode [--json] MESSAGE\n"
	"       pttkey mikey open --psk HEX [--rand HEX] [--json] MESSAGE\n"
	"       pttkey mikey seal-msk --psk HEX --csb HEX --rand HEX --key-domain HEX\n"
	"           --msk-id HEX --counter N --msk HEX --seql N --sequ N --idi TEXT --idr TEXT\n"
	"           [--verify] [--empty-map] [--sdp-ids] [--json]\n"
	"       pttkey mikey seal-mtk --psk HEX --csb HEX --rand HEX --key-domain HEX\n"
	"           --msk-id HEX --mtk-id N --counter N --mtk HEX --salt HEX\n"
	"           [--empty-map] [--json]\n"
	"\n"
	"MESSAGE is hex if it is all hex digits and of even length, else base64; '-' reads it\n"
	"from standard input. --psk is the MUK (32 bytes) for MSK messages and the MSK (16) for\n"
	"MTK messages; those take --rand, that of their MSK. --mtk and --salt: 16 and 14 bytes\n"
	"(AES-CM), 16 and 12, 32 and 12 (AES-GCM). Exit status: 1 refused, 2 wrong usage.\n";

static int refuse(const char *command, enum ptt_err err)
{
	fprintf(stderr, "pttkey: mikey %s: refused: %s\n", command, ptt_err_str(err));
	return PTT_EXIT_REFUSED;
}

/** Standard input without the white space around it. Errors: NO_SPACE, SYSTEM. */
static enum ptt_err stdin_read(char *text, size_t size, size_t *from, size_t *to)
{
	*from = 0;
	*to = fread(text, 1, size, stdin);
	if (ferror(stdin))
		return PTT_ERR_SYSTEM;
	if (*to == size)
		return PTT_ERR_NO_SPACE;
	while (*to > 0 && isspace((unsigned char)text[*to - 1]))
		--*to;
	while (*from < *to && isspace((unsigned char)text[*from]))
		++*from;
	return PTT_OK;
}

static bool is_hex(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (!isxdigit((unsigned char)text[i]))
			return false;
	}
	return len % 2 == 0;
}

/** The message out of the argument, or out of standard input. Keeps: until the next call. */
static enum ptt_err message_get(struct ptt_bytes *out, const char *arg)
{
	static char text[TEXT_MAX + 2];
	static uint8_t bytes[MESSAGE_MAX];
	size_t from = 0, to = strlen(arg), len = 0;
	const char *in = arg;

	if (strcmp(arg, "-") == 0) {
		PTT_TRY(stdin_read(text, sizeof(text), &from, &to));
		in = text;
	}
	if (is_hex(in + from, to - from))
		PTT_TRY(ptt_hex_get(bytes, &len, sizeof(bytes), in + from, to - from));
	else
		PTT_TRY(ptt_base64_get(bytes, &len, sizeof(bytes), in + from, to - from));
	*out = (struct ptt_bytes){bytes, len};
	return PTT_OK;
}

static int need_message(const char *arg)
{
	if (arg)
		return 0;
	fputs("pttkey: the message is missing: BASE64, HEX or - for standard input\n", stderr);
	return PTT_EXIT_USAGE;
}

static enum ptt_err decode(json_t *obj, const char *arg)
{
	static struct ptt_mikey_msg msg;
	struct ptt_bytes in;

	PTT_TRY(message_get(&in, arg));
	PTT_TRY(ptt_mikey_decode(&msg, in));
	return ptt_mikey_json(obj, &msg);
}

static int cmd_decode(int argc, char **argv)
{
	const char *message = NULL;
	bool as_json = false;
	struct ptt_arg args[] = {
		{"json", PTT_ARG_FLAG, false, 0, &as_json, false},
		{NULL, PTT_ARG_FLAG, false, 0, NULL, false},
	};
	int status = ptt_args_read(args, &message, argc, argv);
	enum ptt_err err;
	json_t *obj;

	if (status < 0)
		return fputs(help, stdout) < 0;
	if (status == 0)
		status = need_message(message);
	if (status != 0)
		return status;
	obj = json_object();
	err = decode(obj, message);
	if (err == PTT_OK && as_json)
		return ptt_print(obj, true);
	status = err == PTT_OK ? ptt_mikey_print_lines(obj) : refuse("decode", err);
	json_decref(obj);
	return status;
}

/** What `open` was given. */
struct opening {
	struct ptt_arg_hex psk;
	uint8_t rand[PTT_MBMS_RAND_LEN];
	bool has_rand;
};

static enum ptt_err msk_json(
	json_t *obj, struct ptt_mikey_ctx *ctx, struct ptt_bytes in, const struct opening *op)
{
	PTT_SECRET(struct ptt_mikey_msk, msk);
	PTT_SECRET(struct ptt_muk, muk);

	/* a key of the other kind cannot fit its MAC */
	if (op->psk.len != sizeof(muk.b))
		return PTT_ERR_AUTH;
	memcpy(muk.b, op->psk.b, sizeof(muk.b));
	PTT_TRY(ptt_mikey_open_msk(ctx, &msk, in, &muk));
	json_object_set_new(obj, "mac_ok", json_true());
	ptt_json_set_hex(obj, "msk", PTT_BYTES_OF(msk.msk.b));
	json_object_set_new(obj, "seql", json_integer(msk.seql));
	json_object_set_new(obj, "sequ", json_integer(msk.sequ));
	return PTT_OK;
}

static enum ptt_err mtk_json(
	json_t *obj, struct ptt_mikey_ctx *ctx, struct ptt_bytes in, const struct opening *op)
{
	PTT_SECRET(struct ptt_mtk, mtk);
	PTT_SECRET(struct ptt_msk, msk);
	const struct ptt_mikey_mtk_key key = {&msk, op->rand};

	if (op->psk.len != sizeof(msk.b))
		return PTT_ERR_AUTH;
	memcpy(msk.b, op->psk.b, sizeof(msk.b));
	PTT_TRY(ptt_mikey_open_mtk(ctx, &mtk, in, &key));
	json_object_set_new(obj, "mac_ok", json_true());
	ptt_json_set_hex(obj, "mtk", (struct ptt_bytes){mtk.key, mtk.key_len});
	ptt_json_set_hex(obj, "salt", (struct ptt_bytes){mtk.salt, mtk.salt_len});
	return PTT_OK;
}

static enum ptt_err open_json(json_t *obj, const char *arg, const struct opening *op)
{
	struct ptt_mikey_ctx ctx = {0};
	struct ptt_mikey_ids ids;
	struct ptt_bytes in;
	enum ptt_err err;

	PTT_TRY(message_get(&in, arg));
	PTT_TRY(ptt_mikey_peek(&ids, in));
	if (ids.kind == PTT_MIKEY_KIND_MTK && !op->has_rand)
		return PTT_ERR_NO_KEY;
	if (ids.kind == PTT_MIKEY_KIND_MSK && op->has_rand &&
		memcmp(ids.rand, op->rand, sizeof(ids.rand)) != 0)
		return PTT_ERR_MISMATCH;
	err = ptt_mikey_ctx_init(&ctx);
	if (err == PTT_OK && ids.kind == PTT_MIKEY_KIND_MSK)
		err = msk_json(obj, &ctx, in, op);
	else if (err == PTT_OK && ids.kind == PTT_MIKEY_KIND_MTK)
		err = mtk_json(obj, &ctx, in, op);
	else if (err == PTT_OK)
		err = PTT_ERR_UNSUPPORTED;
	ptt_mikey_ctx_wipe(&ctx);
	return err;
}

/** Says why, and for JSON readers that nothing was opened. */
static int open_refuse(json_t *obj, enum ptt_err err, bool as_json)
{
	json_object_clear(obj);
	json_object_set_new(obj, "mac_ok", json_false());
	(void)ptt_print(obj, as_json);
	if (err == PTT_ERR_NO_KEY) {
		fputs("pttkey: --rand: missing: an MTK message carries none, give its MSK's\n",
			stderr);
		return PTT_EXIT_USAGE;
	}
	return refuse("open", err);
}

static int cmd_open(int argc, char **argv)
{
	PTT_SECRET(struct opening, op);
	const char *message = NULL;
	bool as_json = false;
	struct ptt_arg args[] = {
		{"psk", PTT_ARG_HEX_UP, true, 0, &op.psk, false},
		{"rand", PTT_ARG_HEX, false, sizeof(op.rand), op.rand, false},
		{"json", PTT_ARG_FLAG, false, 0, &as_json, false},
		{NULL, PTT_ARG_FLAG, false, 0, NULL, false},
	};
	int status = ptt_args_read(args, &message, argc, argv);
	enum ptt_err err;
	json_t *obj;

	if (status < 0)
		return fputs(help, stdout) < 0;
	if (status == 0)
		status = need_message(message);
	if (status != 0)
		return status;
	if (op.psk.len != PTT_NAF_KEY_LEN && op.psk.len != PTT_MSK_LEN) {
		fputs("pttkey: --psk: 64 hex digits (MUK) or 32 (MSK) expected\n", stderr);
		return PTT_EXIT_USAGE;
	}
	op.has_rand = ptt_args_given(args, "rand");
	obj = json_object();
	err = open_json(obj, message, &op);
	return err == PTT_OK ? ptt_print(obj, as_json) : open_refuse(obj, err, as_json);
}

/** What the two sealing commands share. */
struct sealing {
	struct ptt_mikey_ids ids;
	uint8_t csb[4], msk_id[PTT_MBMS_MSK_ID_LEN];
	bool json;
};

static uint32_t u32_of(const uint8_t in[4])
{
	struct ptt_reader rd = ptt_reader_of((struct ptt_bytes){in, 4});

	return ptt_read_u32(&rd);
}

static int sealed_print(const char *command, struct ptt_writer *wr, enum ptt_err err, bool as_json)
{
	char base64[PTT_BASE64_LEN(PTT_MIKEY_SEALED_MAX) + 1];
	size_t len = 0;
	json_t *obj;

	if (err == PTT_OK)
		err = ptt_writer_end(wr, &len);
	if (err == PTT_OK)
		err = ptt_base64_put(base64, sizeof(base64), (struct ptt_bytes){wr->start, len});
	if (err != PTT_OK)
		return refuse(command, err);
	if (!as_json)
		return puts(base64) < 0 || fflush(stdout) != 0;
	obj = json_object();
	ptt_json_set_hex(obj, "hex", (struct ptt_bytes){wr->start, len});
	json_object_set_new(obj, "base64", json_string(base64));
	return ptt_print(obj, true);
}

static int cmd_seal_msk(int argc, char **argv)
{
	PTT_SECRET(struct ptt_muk, muk);
	PTT_SECRET(struct ptt_mikey_msk, msk);
	struct ptt_mikey_ctx ctx = {0};
	struct sealing s = {0};
	uint8_t buf[PTT_MIKEY_SEALED_MAX];
	struct ptt_writer wr = ptt_writer_of(buf, sizeof(buf));
	uint32_t seql = 0, sequ = 0;
	struct ptt_arg args[] = {
		{"psk", PTT_ARG_HEX, true, sizeof(muk.b), muk.b, false},
		{"csb", PTT_ARG_HEX, true, sizeof(s.csb), s.csb, false},
		{"rand", PTT_ARG_HEX, true, sizeof(s.ids.rand), s.ids.rand, false},
		{"key-domain", PTT_ARG_HEX, true, sizeof(s.ids.key_domain), s.ids.key_domain,
			false},
		{"msk-id", PTT_ARG_HEX, true, sizeof(s.msk_id), s.msk_id, false},
		{"counter", PTT_ARG_NUMBER, true, UINT32_MAX, &s.ids.counter, false},
		{"msk", PTT_ARG_HEX, true, sizeof(msk.msk.b), msk.msk.b, false},
		{"seql", PTT_ARG_NUMBER, true, PTT_MBMS_SEQ_MAX, &seql, false},
		{"sequ", PTT_ARG_NUMBER, true, PTT_MBMS_SEQ_MAX, &sequ, false},
		{"idi", PTT_ARG_TEXT, true, PTT_MIKEY_ID_MAX, &s.ids.idi, false},
		{"idr", PTT_ARG_TEXT, true, PTT_MIKEY_ID_MAX, &s.ids.idr, false},
		{"verify", PTT_ARG_FLAG, false, 0, &s.ids.verify, false},
		{"empty-map", PTT_ARG_FLAG, false, 0, &s.ids.empty_map, false},
		{"sdp-ids", PTT_ARG_FLAG, false, 0, &s.ids.sdp_ids, false},
		{"json", PTT_ARG_FLAG, false, 0, &s.json, false},
		{NULL, PTT_ARG_FLAG, false, 0, NULL, false},
	};
	int status = ptt_args_read(args, NULL, argc, argv);
	enum ptt_err err;

	if (status != 0)
		return status < 0 ? fputs(help, stdout) < 0 : status;
	s.ids.csb_id = u32_of(s.csb);
	s.ids.msk_id = u32_of(s.msk_id);
	msk.seql = (uint16_t)seql;
	msk.sequ = (uint16_t)sequ;
	err = ptt_mikey_ctx_init(&ctx);
	if (err == PTT_OK)
		err = ptt_mikey_seal_msk(&ctx, &wr, &s.ids, &msk, &muk);
	ptt_mikey_ctx_wipe(&ctx);
	return sealed_print("seal-msk", &wr, err, s.json);
}

/** The suite that an MTK and a salt of these lengths belong to. */
static int suite_choose(enum ptt_suite *out, struct ptt_mtk *mtk, const struct ptt_arg_hex *key,
	const struct ptt_arg_hex *salt)
{
	const struct ptt_suite_def *def;
	int i;

	for (i = 0; (def = ptt_suite_def((enum ptt_suite)i)) != NULL; i++) {
		if (key->len != def->key_len || salt->len != def->salt_len)
			continue;
		*out = (enum ptt_suite)i;
		memcpy(mtk->key, key->b, key->len);
		memcpy(mtk->salt, salt->b, salt->len);
		mtk->key_len = def->key_len;
		mtk->salt_len = def->salt_len;
		return 0;
	}
	fputs("pttkey: --mtk and --salt: 16 and 14 bytes, 16 and 12, or 32 and 12 expected\n",
		stderr);
	return PTT_EXIT_USAGE;
}

static int cmd_seal_mtk(int argc, char **argv)
{
	PTT_SECRET(struct ptt_msk, msk);
	PTT_SECRET(struct ptt_mtk, mtk);
	PTT_SECRET(struct ptt_arg_hex, key);
	PTT_SECRET(struct ptt_arg_hex, salt);
	struct ptt_mikey_ctx ctx = {0};
	struct sealing s = {0};
	uint8_t buf[PTT_MIKEY_SEALED_MAX];
	struct ptt_writer wr = ptt_writer_of(buf, sizeof(buf));
	uint32_t mtk_id = 0;
	struct ptt_arg args[] = {
		{"psk", PTT_ARG_HEX, true, sizeof(msk.b), msk.b, false},
		{"csb", PTT_ARG_HEX, true, sizeof(s.csb), s.csb, false},
		{"rand", PTT_ARG_HEX, true, sizeof(s.ids.rand), s.ids.rand, false},
		{"key-domain", PTT_ARG_HEX, true, sizeof(s.ids.key_domain), s.ids.key_domain,
			false},
		{"msk-id", PTT_ARG_HEX, true, sizeof(s.msk_id), s.msk_id, false},
		{"mtk-id", PTT_ARG_NUMBER, true, PTT_MBMS_SEQ_MAX, &mtk_id, false},
		{"counter", PTT_ARG_NUMBER, true, UINT32_MAX, &s.ids.counter, false},
		{"mtk", PTT_ARG_HEX_UP, true, 0, &key, false},
		{"salt", PTT_ARG_HEX_UP, true, 0, &salt, false},
		{"empty-map", PTT_ARG_FLAG, false, 0, &s.ids.empty_map, false},
		{"json", PTT_ARG_FLAG, false, 0, &s.json, false},
		{NULL, PTT_ARG_FLAG, false, 0, NULL, false},
	};
	int status = ptt_args_read(args, NULL, argc, argv);
	enum ptt_err err;

	if (status == 0)
		status = suite_choose(&s.ids.suite, &mtk, &key, &salt);
	if (status != 0)
		return status < 0 ? fputs(help, stdout) < 0 : status;
	s.ids.csb_id = u32_of(s.csb);
	s.ids.msk_id = u32_of(s.msk_id);
	s.ids.mtk_id = (uint16_t)mtk_id;
	err = ptt_mikey_ctx_init(&ctx);
	if (err == PTT_OK)
		err = ptt_mikey_seal_mtk(&ctx, &wr, &s.ids, &mtk, &msk);
	ptt_mikey_ctx_wipe(&ctx);
	return sealed_print("seal-mtk", &wr, err, s.json);
}

int ptt_cmd_mikey(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv);
	} commands[] = {{"decode", cmd_decode}, {"open", cmd_open}, {"seal-msk", cmd_seal_msk},
		{"seal-mtk", cmd_seal_mtk}};
	size_t i;

	for (i = 0; argc >= 2 && i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	}
	if (argc >= 2 && strcmp(argv[1], "--help") == 0)
		return fputs(help, stdout) < 0;
	fputs(help, stderr);
	return PTT_EXIT_USAGE;
}
