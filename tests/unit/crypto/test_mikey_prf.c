/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RFC 3830 4.1.2 against OpenSSL's TLS1-PRF, and the AES-CM key stream of RFC 3711 B.2. */
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "crypto/mikey_keys.h"
#include "tests/kat/kat.h"
#include "tests/unit/check_main.h"

START_TEST(file_vectors)
{
	uint8_t key[64], label[16], out[64];
	struct ptt_mikey_ctx ctx = {0};
	struct kat kat;

	kat_open(&kat, "mikey_prf.txt");
	ck_assert(kat_next(&kat));
	{
		struct ptt_bytes k = {key, kat_hex(&kat, "inkey", key, sizeof(key))};
		struct ptt_bytes l = {label, kat_hex(&kat, "label", label, sizeof(label))};
		struct ptt_writer wr = ptt_writer_of(out, sizeof(out));

		ck_assert_int_eq(ptt_mikey_prf(&ctx, &wr, 40, k, l), PTT_OK);
		kat_check(&kat, "out", out, 40);
	}
	fclose(kat.file);
}
END_TEST

/** P_SHA1 of one block, by OpenSSL: TLS 1.0's PRF with SHA1 alone is just that. */
static void tls1_prf(uint8_t *out, size_t out_len, struct ptt_bytes key, struct ptt_bytes label)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "TLS1-PRF", NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	char digest[] = "SHA1";
	OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_octet_string(
			OSSL_KDF_PARAM_SECRET, (void *)(uintptr_t)key.data, key.len),
		OSSL_PARAM_construct_octet_string(
			OSSL_KDF_PARAM_SEED, (void *)(uintptr_t)label.data, label.len),
		OSSL_PARAM_construct_end()};

	ck_assert_int_eq(EVP_KDF_derive(ctx, out, out_len, params), 1);
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
}

/* Loop: input key lengths; odd last blocks and all output lengths up to 64. */
START_TEST(equals_tls1_prf)
{
	uint8_t key[256], label[25], want[64], part[64], got[64];
	struct ptt_mikey_ctx ctx = {0};
	size_t key_len = (size_t)_i, out_len = (size_t)_i % 64 + 1, at, i;
	struct ptt_writer wr = ptt_writer_of(got, sizeof(got));

	for (i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)(7 * i + 3);
	memset(label, 0xa5, sizeof(label));
	memset(want, 0, sizeof(want));
	for (at = 0; at < key_len; at += 32) {
		size_t len = key_len - at < 32 ? key_len - at : 32;

		tls1_prf(part, out_len, (struct ptt_bytes){key + at, len}, PTT_BYTES_OF(label));
		for (i = 0; i < out_len; i++)
			want[i] ^= part[i];
	}
	ck_assert_int_eq(ptt_mikey_prf(&ctx, &wr, out_len, (struct ptt_bytes){key, key_len},
				 PTT_BYTES_OF(label)),
		PTT_OK);
	ck_assert_mem_eq(got, want, out_len);
}
END_TEST

START_TEST(refusals)
{
	uint8_t key[257] = {0}, out[8];
	struct ptt_mikey_ctx ctx = {0};
	struct ptt_writer wr = ptt_writer_of(out, sizeof(out));
	struct ptt_bytes label = {key, 4};

	ck_assert_int_eq(ptt_mikey_prf(&ctx, &wr, 8, (struct ptt_bytes){key, 0}, label),
		PTT_ERR_UNSUPPORTED);
	ck_assert_int_eq(
		ptt_mikey_prf(&ctx, &wr, 8, PTT_BYTES_OF(key), label), PTT_ERR_UNSUPPORTED);
	ck_assert_int_eq(ptt_mikey_prf(&ctx, &wr, 9, label, label), PTT_ERR_NO_SPACE);
}
END_TEST

/* With CSB ID 0 and T 0 the IV is the salt, so RFC 3711's key stream must come out. */
START_TEST(aes_cm_keystream)
{
	uint8_t iv[16], stream[48] = {0};
	struct ptt_mikey_session ses = {0};
	struct ptt_mikey_keys keys;
	struct ptt_mikey_ctx ctx;
	struct kat kat;

	kat_open(&kat, "srtp.txt");
	ck_assert(kat_next(&kat));
	kat_hex(&kat, "key", keys.encr, sizeof(keys.encr));
	kat_hex(&kat, "iv", iv, sizeof(iv));
	memcpy(keys.salt, iv, sizeof(keys.salt));
	ck_assert_int_eq(ptt_mikey_ctx_init(&ctx), PTT_OK);
	ck_assert_int_eq(ptt_mikey_crypt(&ctx, stream, &keys, &ses, PTT_BYTES_OF(stream)), PTT_OK);
	kat_check(&kat, "keystream", stream, sizeof(stream));
	ptt_mikey_ctx_wipe(&ctx);
	ptt_mikey_ctx_wipe(&ctx);
	fclose(kat.file);
}
END_TEST

/* RFC 2202 section 3, cases 1 to 3 */
START_TEST(hmac_sha1_rfc2202)
{
	static const struct {
		const char *key, *data, *mac;
	} cases[] = {{"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
			     "b617318655057264e28bc0b6fb378c8ef146be00"},
		{"4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
			"effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
		{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
			"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
			"dddddddddddddddddddddddddddd",
			"125d7342b9ac11cd91a39af48aa17b4f63f175d3"}};
	uint8_t key[64], data[64], mac[20], got[20];
	struct ptt_bytes parts[2];
	struct ptt_hmac_sha1 state;
	size_t key_len, len, n;

	ck_assert_int_eq(ptt_hex_get(key, &key_len, 64, cases[_i].key, strlen(cases[_i].key)), 0);
	ck_assert_int_eq(ptt_hex_get(data, &len, 64, cases[_i].data, strlen(cases[_i].data)), 0);
	ck_assert_int_eq(ptt_hex_get(mac, &n, 20, cases[_i].mac, 40), 0);
	ck_assert_int_eq(ptt_hmac_sha1_init(&state, (struct ptt_bytes){key, key_len}), PTT_OK);
	parts[0] = (struct ptt_bytes){data, 3};
	parts[1] = (struct ptt_bytes){data + 3, len - 3};
	ck_assert_int_eq(ptt_hmac_sha1(got, &state, parts, 2), PTT_OK);
	ck_assert_mem_eq(got, mac, sizeof(got));
	ck_assert_int_eq(
		ptt_hmac_sha1_init(&state, (struct ptt_bytes){key, 65}), PTT_ERR_UNSUPPORTED);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("all");

	tcase_add_test(tc, file_vectors);
	tcase_add_loop_test(tc, equals_tls1_prf, 1, 257);
	tcase_add_test(tc, refusals);
	tcase_add_test(tc, aes_cm_keystream);
	tcase_add_loop_test(tc, hmac_sha1_rfc2202, 0, 3);
	return check_run_case("mikey_prf", tc);
}
