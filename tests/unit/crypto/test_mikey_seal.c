/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sealing and opening against the chains of another implementation; every bit changed, every cut.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/mikey_seal.h"
#include "tests/kat/kat.h"
#include "tests/unit/check_main.h"

static struct ptt_mikey_ctx ctx;
static const uint8_t plain_rand[PTT_MBMS_RAND_LEN];

/** One chain of mbms.txt. */
struct chain {
	struct ptt_mikey_ids ids;
	struct ptt_mikey_msk msk;
	struct ptt_muk muk;
	struct ptt_mtk mtk;
};

static uint32_t u32(const struct kat *kat, const char *name)
{
	ck_assert_uint_eq(strlen(kat_text(kat, name)), 8);
	return (uint32_t)strtoul(kat_text(kat, name), NULL, 16);
}

static uint32_t number(const struct kat *kat, const char *name)
{
	return (uint32_t)strtoul(kat_text(kat, name), NULL, 10);
}

static void chain_read(struct chain *c, const struct kat *kat)
{
	memset(c, 0, sizeof(*c));
	c->ids.csb_id = u32(kat, "csb_id");
	c->ids.msk_id = u32(kat, "msk_id");
	c->ids.mtk_id = (uint16_t)number(kat, "mtk_id");
	c->ids.counter = number(kat, "counter");
	kat_hex(kat, "key_domain_id", c->ids.key_domain, sizeof(c->ids.key_domain));
	kat_hex(kat, "mikey_rand", c->ids.rand, sizeof(c->ids.rand));
	c->ids.idi = ptt_bytes_of_str(kat_text(kat, "naf_fqdn"));
	c->ids.idr = ptt_bytes_of_str(kat_text(kat, "btid"));
	c->msk.seql = (uint16_t)number(kat, "seql");
	c->msk.sequ = (uint16_t)number(kat, "sequ");
	kat_hex(kat, "msk", c->msk.msk.b, sizeof(c->msk.msk.b));
	kat_hex(kat, "ks_naf", c->muk.b, sizeof(c->muk.b));
	c->mtk.key_len = (uint8_t)kat_hex(kat, "mtk", c->mtk.key, sizeof(c->mtk.key));
	c->mtk.salt_len = (uint8_t)kat_hex(kat, "mtk_salt", c->mtk.salt, sizeof(c->mtk.salt));
}

static void chain_first(struct chain *c, struct kat *kat)
{
	kat_open(kat, "mbms.txt");
	ck_assert(kat_next(kat));
	chain_read(c, kat);
	fclose(kat->file);
}

static struct ptt_bytes sealed(const struct ptt_writer *wr)
{
	return (struct ptt_bytes){wr->start, ptt_writer_len(wr)};
}

static void msk_check(const struct kat *kat, const char *name, const struct chain *c)
{
	uint8_t buf[PTT_MIKEY_SEALED_MAX];
	struct ptt_writer wr = ptt_writer_of(buf, sizeof(buf));
	struct ptt_mikey_ids got;
	struct ptt_mikey_msk msk;
	struct ptt_bytes in;

	ck_assert_int_eq(ptt_mikey_seal_msk(&ctx, &wr, &c->ids, &c->msk, &c->muk), PTT_OK);
	in = (struct ptt_bytes){buf, ptt_writer_len(&wr)};
	kat_check(kat, name, in.data, in.len);
	ck_assert_int_eq(ptt_mikey_peek(&got, in), PTT_OK);
	ck_assert_int_eq(got.kind, PTT_MIKEY_KIND_MSK);
	ck_assert(got.csb_id == c->ids.csb_id && got.msk_id == c->ids.msk_id);
	ck_assert(got.counter == c->ids.counter && got.suite == c->ids.suite);
	ck_assert(got.verify == c->ids.verify && got.empty_map == c->ids.empty_map);
	ck_assert(got.sdp_ids == c->ids.sdp_ids);
	ck_assert_mem_eq(got.rand, c->ids.rand, sizeof(got.rand));
	ck_assert_mem_eq(got.key_domain, c->ids.key_domain, sizeof(got.key_domain));
	ck_assert(ptt_bytes_equal(got.idi, c->ids.idi) && ptt_bytes_equal(got.idr, c->ids.idr));
	ck_assert_int_eq(ptt_mikey_open_msk(&ctx, &msk, in, &c->muk), PTT_OK);
	ck_assert_mem_eq(msk.msk.b, c->msk.msk.b, sizeof(msk.msk.b));
	ck_assert(msk.seql == c->msk.seql && msk.sequ == c->msk.sequ);
}

static void verify_check(const struct kat *kat, const struct chain *c)
{
	uint8_t buf[PTT_MIKEY_SEALED_MAX];
	struct ptt_writer wr = ptt_writer_of(buf, sizeof(buf));
	struct ptt_mikey_ids got;

	ck_assert_int_eq(ptt_mikey_seal_verify(&ctx, &wr, &c->ids, &c->muk), PTT_OK);
	kat_check(kat, "verification_message", buf, ptt_writer_len(&wr));
	ck_assert_int_eq(ptt_mikey_peek(&got, sealed(&wr)), PTT_OK);
	ck_assert_int_eq(got.kind, PTT_MIKEY_KIND_VERIFY);
	ck_assert_int_eq(ptt_mikey_open_verify(&ctx, sealed(&wr), &c->ids, &c->muk), PTT_OK);
}

START_TEST(chains_msk)
{
	struct chain c;
	struct kat kat;
	int checked = 0;

	kat_open(&kat, "mbms.txt");
	while (kat_next(&kat)) {
		chain_read(&c, &kat);
		msk_check(&kat, "msk_message", &c);
		c.ids.counter++;
		c.ids.verify = true;
		msk_check(&kat, "msk_message_v", &c);
		verify_check(&kat, &c);
		c.ids.verify = false;
		c.ids.counter++;
		c.ids.empty_map = true;
		msk_check(&kat, "msk_message_empty_map", &c);
		c.ids.counter++;
		c.ids.empty_map = false;
		c.ids.sdp_ids = true;
		msk_check(&kat, "msk_message_sdp_ids", &c);
		checked++;
	}
	ck_assert_int_eq(checked, 3);
}
END_TEST

START_TEST(chains_mtk)
{
	uint8_t buf[PTT_MIKEY_SEALED_MAX];
	struct ptt_mikey_ids got;
	struct ptt_mtk mtk;
	struct chain c;
	struct kat kat;

	kat_open(&kat, "mbms.txt");
	while (kat_next(&kat)) {
		const struct ptt_mikey_mtk_key key = {&c.msk.msk, c.ids.rand};
		struct ptt_writer wr = ptt_writer_of(buf, sizeof(buf));
		struct ptt_bytes in;

		chain_read(&c, &kat);
		ck_assert_int_eq(ptt_mikey_seal_mtk(&ctx, &wr, &c.ids, &c.mtk, &c.msk.msk), PTT_OK);
		in = (struct ptt_bytes){buf, ptt_writer_len(&wr)};
		kat_check(&kat, "mtk_message", in.data, in.len);
		ck_assert_int_eq(ptt_mikey_peek(&got, in), PTT_OK);
		ck_assert_int_eq(got.kind, PTT_MIKEY_KIND_MTK);
		ck_assert_uint_eq(got.mtk_id, c.ids.mtk_id);
		ck_assert_int_eq(ptt_mikey_open_mtk(&ctx, &mtk, in, &key), PTT_OK);
		ck_assert_mem_eq(&mtk, &c.mtk, sizeof(mtk));
	}
}
END_TEST

/** Changes every bit of a message and tries every cut: refused, and the output is unchanged. */
static void tamper(uint8_t *buf, size_t len, const struct chain *c, bool is_msk)
{
	const struct ptt_mikey_mtk_key key = {&c->msk.msk, c->ids.rand};
	struct ptt_mikey_msk msk, msk_before;
	struct ptt_mtk mtk, mtk_before;
	enum ptt_err err;
	size_t i;

	memset(&msk, 0x5a, sizeof(msk));
	memset(&mtk, 0x5a, sizeof(mtk));
	msk_before = msk;
	mtk_before = mtk;
	for (i = 0; i < 8 * len + len; i++) {
		bool cut = i >= 8 * len;
		struct ptt_bytes in = {buf, cut ? i - 8 * len : len};

		if (!cut)
			buf[i / 8] ^= (uint8_t)(1 << i % 8);
		err = is_msk ? ptt_mikey_open_msk(&ctx, &msk, in, &c->muk)
			     : ptt_mikey_open_mtk(&ctx, &mtk, in, &key);
		ck_assert_msg(err != PTT_OK, "bit %zu", i);
		if (!cut)
			buf[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	ck_assert_mem_eq(&msk, &msk_before, sizeof(msk));
	ck_assert_mem_eq(&mtk, &mtk_before, sizeof(mtk));
}

START_TEST(tampered)
{
	static const char *const names[] = {"msk_message", "msk_message_v", "msk_message_empty_map",
		"msk_message_sdp_ids", "mtk_message"};
	uint8_t buf[PTT_MIKEY_SEALED_MAX];
	struct chain c;
	struct kat kat;

	chain_first(&c, &kat);
	tamper(buf, kat_hex(&kat, names[_i], buf, sizeof(buf)), &c, _i != 4);
}
END_TEST

START_TEST(tampered_verification)
{
	uint8_t buf[PTT_MIKEY_SEALED_MAX];
	struct chain c;
	struct kat kat;
	size_t len, i;

	chain_first(&c, &kat);
	c.ids.counter++;
	len = kat_hex(&kat, "verification_message", buf, sizeof(buf));
	for (i = 0; i < 8 * len; i++) {
		buf[i / 8] ^= (uint8_t)(1 << i % 8);
		ck_assert_int_ne(
			ptt_mikey_open_verify(&ctx, (struct ptt_bytes){buf, len}, &c.ids, &c.muk),
			PTT_OK);
		buf[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	/* the MAC covers IDi and RAND too, which the message does not carry */
	c.ids.idi = ptt_bytes_of_str("other.example.org");
	ck_assert_int_eq(ptt_mikey_open_verify(&ctx, (struct ptt_bytes){buf, len}, &c.ids, &c.muk),
		PTT_ERR_AUTH);
	c.ids.counter++;
	ck_assert_int_eq(ptt_mikey_open_verify(&ctx, (struct ptt_bytes){buf, len}, &c.ids, &c.muk),
		PTT_ERR_MISMATCH);
}
END_TEST

START_TEST(wrong_key)
{
	uint8_t buf[PTT_MIKEY_SEALED_MAX];
	struct ptt_mikey_mtk_key key;
	struct ptt_mikey_msk msk;
	struct ptt_mtk mtk;
	struct chain c;
	struct kat kat;
	size_t len;

	chain_first(&c, &kat);
	key = (struct ptt_mikey_mtk_key){&c.msk.msk, plain_rand};
	len = kat_hex(&kat, "mtk_message", buf, sizeof(buf));
	ck_assert_int_eq(
		ptt_mikey_open_mtk(&ctx, &mtk, (struct ptt_bytes){buf, len}, &key), PTT_ERR_AUTH);
	ck_assert_int_eq(ptt_mikey_open_msk(&ctx, &msk, (struct ptt_bytes){buf, len}, &c.muk),
		PTT_ERR_MISMATCH);
	len = kat_hex(&kat, "msk_message", buf, sizeof(buf));
	ck_assert_int_eq(ptt_mikey_open_mtk(&ctx, &mtk, (struct ptt_bytes){buf, len}, &key),
		PTT_ERR_MISMATCH);
	c.muk.b[31] ^= 1;
	ck_assert_int_eq(
		ptt_mikey_open_msk(&ctx, &msk, (struct ptt_bytes){buf, len}, &c.muk), PTT_ERR_AUTH);
}
END_TEST

START_TEST(suites)
{
	const struct ptt_suite_def *def = ptt_suite_def((enum ptt_suite)_i);
	uint8_t buf[PTT_MIKEY_SEALED_MAX];
	struct ptt_writer wr = ptt_writer_of(buf, sizeof(buf));
	struct ptt_mikey_mtk_key key;
	struct ptt_mikey_ids got;
	struct ptt_mtk mtk;
	struct chain c;
	struct kat kat;

	chain_first(&c, &kat);
	key = (struct ptt_mikey_mtk_key){&c.msk.msk, c.ids.rand};
	c.ids.suite = (enum ptt_suite)_i;
	ck_assert_int_eq(ptt_mikey_seal_msk(&ctx, &wr, &c.ids, &c.msk, &c.muk), PTT_OK);
	ck_assert_int_eq(ptt_mikey_peek(&got, sealed(&wr)), PTT_OK);
	ck_assert_int_eq(got.suite, _i);
	c.mtk.key_len = def->key_len;
	c.mtk.salt_len = def->salt_len;
	wr = ptt_writer_of(buf, sizeof(buf));
	ck_assert_int_eq(ptt_mikey_seal_mtk(&ctx, &wr, &c.ids, &c.mtk, &c.msk.msk), PTT_OK);
	ck_assert_int_eq(ptt_mikey_open_mtk(&ctx, &mtk, sealed(&wr), &key), PTT_OK);
	ck_assert(mtk.key_len == def->key_len && mtk.salt_len == def->salt_len);
	c.mtk.salt_len--;
	ck_assert_int_eq(
		ptt_mikey_seal_mtk(&ctx, &wr, &c.ids, &c.mtk, &c.msk.msk), PTT_ERR_UNSUPPORTED);
}
END_TEST

START_TEST(seal_refusals)
{
	uint8_t buf[PTT_MIKEY_SEALED_MAX], name[256];
	struct ptt_writer wr = ptt_writer_of(buf, sizeof(buf));
	struct ptt_mikey_ids ids;
	struct chain c;
	struct kat kat;

	chain_first(&c, &kat);
	memset(name, 'x', sizeof(name));
	ids = c.ids;
	ids.empty_map = true;
	ids.suite = PTT_SUITE_AEAD_AES_128_GCM;
	ck_assert_int_eq(ptt_mikey_seal_msk(&ctx, &wr, &ids, &c.msk, &c.muk), PTT_ERR_UNSUPPORTED);
	ids = c.ids;
	ids.msk_id &= 0xffff0000;
	ck_assert_int_eq(ptt_mikey_seal_msk(&ctx, &wr, &ids, &c.msk, &c.muk), PTT_ERR_UNSUPPORTED);
	ck_assert_int_eq(
		ptt_mikey_seal_mtk(&ctx, &wr, &ids, &c.mtk, &c.msk.msk), PTT_ERR_UNSUPPORTED);
	ids = c.ids;
	ids.idr = PTT_BYTES_OF(name);
	ck_assert_int_eq(ptt_mikey_seal_msk(&ctx, &wr, &ids, &c.msk, &c.muk), PTT_ERR_NO_SPACE);
	ids.idr.len = ids.idi.len = PTT_MIKEY_ID_MAX;
	ids.idi.data = name;
	ids.sdp_ids = true;
	ids.suite = PTT_SUITE_AEAD_AES_256_GCM;
	ck_assert_int_eq(ptt_mikey_seal_msk(&ctx, &wr, &ids, &c.msk, &c.muk), PTT_OK);
	wr = ptt_writer_of(buf, 100);
	ck_assert_int_eq(ptt_mikey_seal_msk(&ctx, &wr, &ids, &c.msk, &c.muk), PTT_ERR_NO_SPACE);
	ck_assert_uint_eq(ptt_writer_len(&wr), 0);
}
END_TEST

/* The NULL algorithms decode, but no key is opened with them (bidding down). */
START_TEST(null_algorithms)
{
	uint8_t buf[PTT_MIKEY_SEALED_MAX];
	struct ptt_mikey_ids ids;
	struct chain c;
	struct kat kat;
	size_t len;

	chain_first(&c, &kat);
	len = kat_hex(&kat, "msk_message", buf, sizeof(buf));
	buf[len - 50] = 0; /* cipher: 1 + 2 + 26 + 1 + 20 bytes before the end */
	ck_assert_int_eq(ptt_mikey_peek(&ids, (struct ptt_bytes){buf, len}), PTT_ERR_UNSUPPORTED);
	buf[len - 50] = 1;
	ck_assert_int_eq(ptt_mikey_peek(&ids, (struct ptt_bytes){buf, len}), PTT_OK);
	buf[len - 21] = 0; /* MAC, and without its bytes */
	ck_assert_int_eq(
		ptt_mikey_peek(&ids, (struct ptt_bytes){buf, len - 20}), PTT_ERR_UNSUPPORTED);
}
END_TEST

START_TEST(foreign_forms)
{
	static const struct {
		const char *hex;
		enum ptt_err err;
		enum ptt_mikey_kind kind;
	} cases[] = {
		{"01000000123456780000", PTT_OK, PTT_MIKEY_KIND_OTHER},
		{"01060c001234567800000001"
		 "0000",
			PTT_OK, PTT_MIKEY_KIND_ERROR},
		/* Key ID but no KEMAC */
		{"01001500123456780000"
		 "0003000b000300f110010400010002",
			PTT_ERR_UNSUPPORTED, 0},
	};
	uint8_t buf[64];
	struct ptt_mikey_ids ids;
	size_t len = 0;

	ck_assert_int_eq(
		ptt_hex_get(buf, &len, sizeof(buf), cases[_i].hex, strlen(cases[_i].hex)), PTT_OK);
	ck_assert_int_eq(ptt_mikey_peek(&ids, (struct ptt_bytes){buf, len}), cases[_i].err);
	if (cases[_i].err == PTT_OK)
		ck_assert_int_eq(ids.kind, cases[_i].kind);
}
END_TEST

START_TEST(other_sdp_ids)
{
	uint8_t buf[PTT_MIKEY_SEALED_MAX], *at;
	struct ptt_mikey_ids ids;
	struct chain c;
	struct kat kat;
	size_t len;

	chain_first(&c, &kat);
	len = kat_hex(&kat, "msk_message_sdp_ids", buf, sizeof(buf));
	at = memmem(buf, len, "mikey", 5);
	ck_assert_ptr_nonnull(at);
	at[4] = 'x';
	ck_assert_int_eq(ptt_mikey_peek(&ids, (struct ptt_bytes){buf, len}), PTT_ERR_MISMATCH);
}
END_TEST

static void setup(void)
{
	ck_assert_int_eq(ptt_mikey_ctx_init(&ctx), PTT_OK);
}

static void teardown(void)
{
	ptt_mikey_ctx_wipe(&ctx);
}

int main(void)
{
	TCase *tc = tcase_create("all");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, chains_msk);
	tcase_add_test(tc, chains_mtk);
	tcase_add_loop_test(tc, tampered, 0, 5);
	tcase_add_test(tc, tampered_verification);
	tcase_add_test(tc, wrong_key);
	tcase_add_loop_test(tc, suites, 0, PTT_SUITE_COUNT);
	tcase_add_test(tc, seal_refusals);
	tcase_add_test(tc, null_algorithms);
	tcase_add_loop_test(tc, foreign_forms, 0, 3);
	tcase_add_test(tc, other_sdp_ids);
	return check_run_case("mikey_seal", tc);
}
