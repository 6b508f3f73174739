/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "programs/pttkey_gba.h"

#include <stdio.h>
#include <string.h>

#include "crypto/gba_kdf.h"
#include "programs/pttkey_args.h"

#define IMPI_MAX 512
#define HOST_MAX 255

static const char help[] =
	"usage: pttkey gba derive --k HEX (--op HEX | --opc HEX) --rand HEX --sqn HEX --amf HEX\n"
	"                         --impi STR --naf FQDN [--ua HEX] [--bsf HOST] [--json]\n"
	"\n"
	"One AKA run (MILENAGE) and the keys of GBA and MBMS that follow from it.\n"
	"  --ua   Ua security protocol id, 10 digits; default 0100000001 (MBMS).\n"
	"         ks_naf, ks_int_naf and mrk are those of this id.\n"
	"  --bsf  host name in the B-TID; without it btid is null\n";

/** Everything the command was given. */
struct input {
	struct ptt_k k;
	struct ptt_opc opc;
	uint8_t op[PTT_AKA_OP_LEN], sqn[PTT_AKA_SQN_LEN], ua[PTT_GBA_UA_ID_LEN];
	struct ptt_aka_challenge challenge;
	struct ptt_bytes impi, naf, bsf;
	bool json;
};

/** Everything it prints. */
struct output {
	struct ptt_aka_vector aka;
	struct ptt_naf_key ks_naf, ks_int_naf;
	struct ptt_muk muk;
	struct ptt_mrk mrk;
	char password[PTT_MRK_PASSWORD_LEN + 1];
	char btid[PTT_BASE64_LEN(PTT_AKA_RAND_LEN) + 1 + HOST_MAX + 1];
};

static enum ptt_err derive(struct output *out, const struct input *in)
{
	const struct ptt_aka_subscriber sub = {&in->k, &in->opc};
	const struct ptt_gba_naf naf = {in->challenge.rand, in->impi, in->naf, in->ua};
	PTT_SECRET(struct ptt_ks, ks);

	PTT_TRY(ptt_aka_vector_make(&out->aka, &sub, &in->challenge));
	ptt_gba_ks(&ks, out->aka.ck, out->aka.ik);
	PTT_TRY(ptt_gba_naf_key(&out->ks_naf, &ks, PTT_GBA_ME, &naf));
	PTT_TRY(ptt_gba_naf_key(&out->ks_int_naf, &ks, PTT_GBA_U, &naf));
	PTT_TRY(ptt_mbms_keys_me(&out->muk, &out->mrk, &out->ks_naf));
	ptt_mrk_password(out->password, &out->mrk);
	if (in->bsf.len != 0)
		PTT_TRY(ptt_gba_btid_put(out->btid, sizeof(out->btid), in->challenge.rand,
			(const char *)in->bsf.data));
	return PTT_OK;
}

static int print(const struct output *out, bool as_json)
{
	json_t *obj = json_object();

	ptt_json_set_hex(obj, "res", PTT_BYTES_OF(out->aka.res));
	ptt_json_set_hex(obj, "ck", PTT_BYTES_OF(out->aka.ck));
	ptt_json_set_hex(obj, "ik", PTT_BYTES_OF(out->aka.ik));
	ptt_json_set_hex(obj, "ak", PTT_BYTES_OF(out->aka.ak));
	ptt_json_set_hex(obj, "autn", PTT_BYTES_OF(out->aka.autn));
	json_object_set_new(
		obj, "btid", out->btid[0] != '\0' ? json_string(out->btid) : json_null());
	ptt_json_set_hex(obj, "ks_naf", PTT_BYTES_OF(out->ks_naf.b));
	ptt_json_set_hex(obj, "ks_int_naf", PTT_BYTES_OF(out->ks_int_naf.b));
	ptt_json_set_hex(obj, "mrk", PTT_BYTES_OF(out->mrk.b));
	json_object_set_new(obj, "mrk_password", json_string(out->password));
	return ptt_print(obj, as_json);
}

/** OP or OPc, one of them. */
static int opc_choose(struct input *in, const struct ptt_arg *args)
{
	bool op = ptt_args_given(args, "op");

	if (op == ptt_args_given(args, "opc")) {
		fputs("pttkey: one of --op and --opc is needed, and not both\n", stderr);
		return PTT_EXIT_USAGE;
	}
	if (op && ptt_milenage_opc(&in->opc, &in->k, in->op) != PTT_OK)
		return PTT_EXIT_REFUSED;
	return 0;
}

static int cmd_derive(int argc, char **argv)
{
	PTT_SECRET(struct input, in);
	PTT_SECRET(struct output, out);
	struct ptt_arg args[] = {
		{"k", PTT_ARG_HEX, true, sizeof(in.k.b), in.k.b, false},
		{"op", PTT_ARG_HEX, false, sizeof(in.op), in.op, false},
		{"opc", PTT_ARG_HEX, false, sizeof(in.opc.b), in.opc.b, false},
		{"rand", PTT_ARG_HEX, true, PTT_AKA_RAND_LEN, in.challenge.rand, false},
		{"sqn", PTT_ARG_HEX, true, PTT_AKA_SQN_LEN, in.sqn, false},
		{"amf", PTT_ARG_HEX, true, PTT_AKA_AMF_LEN, in.challenge.amf, false},
		{"impi", PTT_ARG_TEXT, true, IMPI_MAX, &in.impi, false},
		{"naf", PTT_ARG_TEXT, true, PTT_GBA_NAF_FQDN_MAX, &in.naf, false},
		{"ua", PTT_ARG_HEX, false, PTT_GBA_UA_ID_LEN, in.ua, false},
		{"bsf", PTT_ARG_TEXT, false, HOST_MAX, &in.bsf, false},
		{"json", PTT_ARG_FLAG, false, 0, &in.json, false},
		{NULL, PTT_ARG_FLAG, false, 0, NULL, false},
	};
	enum ptt_err err;
	int status;

	memcpy(in.ua, ptt_gba_ua_mbms, sizeof(in.ua));
	status = ptt_args_read(args, NULL, argc, argv);
	if (status < 0)
		return fputs(help, stdout) < 0;
	if (status == 0)
		status = opc_choose(&in, args);
	if (status != 0)
		return status;
	in.challenge.sqn = ptt_aka_sqn_get(in.sqn);
	err = derive(&out, &in);
	if (err == PTT_OK)
		return print(&out, in.json);
	fprintf(stderr, "pttkey: gba derive: %s\n", ptt_err_str(err));
	return PTT_EXIT_REFUSED;
}

int ptt_cmd_gba(int argc, char **argv)
{
	if (argc >= 2 && strcmp(argv[1], "derive") == 0)
		return cmd_derive(argc - 1, argv + 1);
	if (argc >= 2 && strcmp(argv[1], "--help") == 0)
		return fputs(help, stdout) < 0;
	fputs(help, stderr);
	return PTT_EXIT_USAGE;
}
