/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* module/gba/ub_digest.c, module/gba/boot_info.c */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "module/gba/boot_info.h"
#include "module/gba/ub_digest.h"
#include "tests/unit/check_main.h"

/* RFC 3310 3.3, RFC 2617 3.2.2 and 3.2.3, computed by a separate script (hashlib). */
#define IMPI          "001014446366263@ims.mnc001.mcc001.3gppnetwork.org"
#define NONCE         "ccWAElfnahzjzwLmhxxbwHtv7Z1VLirXnji2wjHy2Vc="
#define RESPONSE      "5c9701b530497d125f38328d2649c039"
#define RESPONSE_AUTS "021939fd2ac81567c9005b35c77ed5f3"
#define RSPAUTH       "6fe14382fb37dd7448086dd91c94ba91"
#define BODY \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" \
	"<BootstrappingInfo xmlns=\"uri:3gpp-gba\">" \
	"<btid>ccWAElfnahzjzwLmhxxbwA==@bsf.poc.example.org</btid>" \
	"<lifetime>2026-11-22T12:00:00Z</lifetime></BootstrappingInfo>\n"
#define BODY_EXPIRES_UTC_S 1795348800

static const uint8_t res[] = {0x1c, 0xbf, 0x66, 0x1c, 0x92, 0x17, 0xf2, 0x52};
static const struct ptt_bytes none = {NULL, 0};

#define AUTHORIZATION \
	"Digest username=\"" IMPI "\", realm=\"bsf.poc.example.org\", nonce=\"" NONCE \
	"\", algorithm=AKAv1-MD5, uri=\"/\", response=\"" RESPONSE \
	"\", qop=auth-int, nc=00000001, cnonce=\"0a4f113b\""

static enum ptt_err get(struct ptt_ub_digest *out, enum ptt_ub_header header, const char *text)
{
	char *copy = strdup(text); /* of the exact size, so that ASan finds a read behind it */
	enum ptt_err err;

	ck_assert_ptr_nonnull(copy);
	err = ptt_ub_digest_get(out, header, copy, strlen(text));
	free(copy);
	return err;
}

START_TEST(authorization_is_read_and_written)
{
	struct ptt_ub_digest digest;
	char text[PTT_UB_HEADER_MAX];

	ck_assert_int_eq(get(&digest, PTT_UB_AUTHORIZATION, AUTHORIZATION), PTT_OK);
	ck_assert_str_eq(digest.username, IMPI);
	ck_assert_str_eq(digest.nonce, NONCE);
	ck_assert_str_eq(digest.qop, "auth-int");
	ck_assert_str_eq(digest.nc, "00000001");
	ck_assert_int_eq(
		ptt_ub_digest_put(text, sizeof(text), PTT_UB_AUTHORIZATION, &digest), PTT_OK);
	ck_assert_str_eq(text, AUTHORIZATION);
	for (size_t size = 0; size <= strlen(AUTHORIZATION); size++)
		ck_assert_int_eq(ptt_ub_digest_put(text, size, PTT_UB_AUTHORIZATION, &digest),
			PTT_ERR_NO_SPACE);
}
END_TEST

START_TEST(response_and_rspauth_known_answers)
{
	struct ptt_ub_digest digest;
	char out[36];

	ck_assert_int_eq(get(&digest, PTT_UB_AUTHORIZATION, AUTHORIZATION), PTT_OK);
	ck_assert_int_eq(ptt_ub_digest_make(out, &digest, "GET", PTT_BYTES_OF(res), none), PTT_OK);
	ck_assert_str_eq(out, RESPONSE);
	ck_assert_int_eq(ptt_ub_digest_check(&digest, "GET", PTT_BYTES_OF(res), none), PTT_OK);
	ck_assert_int_eq(ptt_ub_digest_check(&digest, "GET", none, none), PTT_ERR_AUTH);
	ck_assert_int_eq(
		ptt_ub_digest_check(&digest, "POST", PTT_BYTES_OF(res), none), PTT_ERR_AUTH);
	ck_assert_int_eq(ptt_ub_digest_make(out, &digest, "GET", none, none), PTT_OK);
	ck_assert_str_eq(out, RESPONSE_AUTS);
	ck_assert_int_eq(
		ptt_ub_digest_make(out, &digest, "", PTT_BYTES_OF(res), ptt_bytes_of_str(BODY)),
		PTT_OK);
	ck_assert_str_eq(out, RSPAUTH);
}
END_TEST

struct bad {
	enum ptt_ub_header header;
	enum ptt_err err;
	const char *text;
};

#define REST ", realm=\"r\", nonce=\"\", uri=\"/\", response=\"\""
static const struct bad table[] = {
	{PTT_UB_AUTHORIZATION, PTT_OK, "Digest username=\"u\"" REST},
	{PTT_UB_AUTHORIZATION, PTT_OK, " digest\tusername = u" REST ",, "},
	{PTT_UB_AUTHORIZATION, PTT_OK, "Digest username=\"a\\\"b\"" REST ", x=y, z=\"\""},
	{PTT_UB_AUTHORIZATION, PTT_ERR_MALFORMED, ""},
	{PTT_UB_AUTHORIZATION, PTT_ERR_MALFORMED, "Digest"},
	{PTT_UB_AUTHORIZATION, PTT_ERR_MALFORMED, "Digest "},
	{PTT_UB_AUTHORIZATION, PTT_ERR_MALFORMED, "Digest,"},
	{PTT_UB_AUTHORIZATION, PTT_ERR_UNSUPPORTED, "Basic dTpw"},
	{PTT_UB_AUTHORIZATION, PTT_ERR_UNSUPPORTED, "Bearer x"},
	{PTT_UB_AUTHORIZATION, PTT_ERR_MALFORMED, "Digest realm=\"r\", nonce=\"\""},
	{PTT_UB_AUTHORIZATION, PTT_ERR_MALFORMED, "Digest username=\"u" REST "x=\""},
	{PTT_UB_AUTHORIZATION, PTT_ERR_MALFORMED, "Digest username=" REST},
	{PTT_UB_AUTHORIZATION, PTT_ERR_MALFORMED, "Digest username" REST},
	{PTT_UB_AUTHORIZATION, PTT_ERR_MALFORMED, "Digest =\"u\"" REST},
	{PTT_UB_AUTHORIZATION, PTT_ERR_MALFORMED, "Digest username=\"u\" x" REST},
	{PTT_UB_AUTHORIZATION, PTT_ERR_MALFORMED, "Digest username=\"u\", username=\"u\"" REST},
	{PTT_UB_AUTHORIZATION, PTT_ERR_MALFORMED, "Digest username=\"u\", USERNAME=\"v\"" REST},
	{PTT_UB_AUTHORIZATION, PTT_ERR_MALFORMED, "Digest username=\"u\x01\"" REST},
	{PTT_UB_AUTHORIZATION, PTT_ERR_MALFORMED, "Digest username=\"u\x7f\"" REST},
	{PTT_UB_AUTHORIZATION, PTT_ERR_MALFORMED, "Digest username=\"u\"" REST ", nc=123456789012"},
	{PTT_UB_AUTHORIZATION, PTT_ERR_MALFORMED, "Digest username=\"u\"" REST ", x=\"\\"},
	{PTT_UB_WWW_AUTHENTICATE, PTT_OK,
		"Digest realm=\"r\", nonce=\"n\", algorithm=AKAv1-MD5, qop=\"auth,auth-int\""},
	{PTT_UB_WWW_AUTHENTICATE, PTT_ERR_MALFORMED, "Digest realm=\"r\", nonce=\"n\""},
	{PTT_UB_WWW_AUTHENTICATE, PTT_ERR_MALFORMED, "Digest nonce=\"n\", algorithm=AKAv1-MD5"},
	{PTT_UB_AUTHENTICATION_INFO, PTT_OK,
		"rspauth=\"" RSPAUTH "\", qop=auth-int, nextnonce=\"x\""},
	{PTT_UB_AUTHENTICATION_INFO, PTT_ERR_MALFORMED, "qop=auth-int"},
	{PTT_UB_AUTHENTICATION_INFO, PTT_ERR_MALFORMED, "Digest rspauth=\"" RSPAUTH "\""},
};

START_TEST(header_table)
{
	struct ptt_ub_digest digest;

	ck_assert_int_eq(get(&digest, table[_i].header, table[_i].text), table[_i].err);
}
END_TEST

START_TEST(too_long_is_malformed)
{
	char text[PTT_UB_HEADER_MAX + 64], name[PTT_UB_NAME_MAX + 1];
	struct ptt_ub_digest digest;

	memset(name, 'u', sizeof(name));
	name[PTT_UB_NAME_MAX] = '\0';
	snprintf(text, sizeof(text), "Digest username=\"%s\"" REST, name);
	ck_assert_int_eq(get(&digest, PTT_UB_AUTHORIZATION, text), PTT_ERR_MALFORMED);
	snprintf(text, sizeof(text), "Digest username=\"%s\"" REST, name + 1);
	ck_assert_int_eq(get(&digest, PTT_UB_AUTHORIZATION, text), PTT_OK);
	memset(text, ' ', sizeof(text));
	ck_assert_int_eq(ptt_ub_digest_get(&digest, PTT_UB_AUTHORIZATION, text, PTT_UB_HEADER_MAX),
		PTT_ERR_MALFORMED);
}
END_TEST

START_TEST(every_cut_is_refused_or_whole)
{
	static const char text[] = AUTHORIZATION;
	struct ptt_ub_digest digest;
	char *copy;

	for (size_t len = 0; len < strlen(text); len++) {
		copy = strndup(text, len);
		ck_assert_ptr_nonnull(copy);
		if (ptt_ub_digest_get(&digest, PTT_UB_AUTHORIZATION, copy, len) == PTT_OK)
			ck_assert_ptr_nonnull(strstr(copy, RESPONSE "\""));
		free(copy);
	}
}
END_TEST

START_TEST(nothing_breaks_out_of_a_header)
{
	struct ptt_ub_digest digest = {.username = "u\r\nX: y", .uri = "/"};
	char text[PTT_UB_HEADER_MAX];

	ck_assert_int_eq(ptt_ub_digest_put(text, sizeof(text), PTT_UB_AUTHORIZATION, &digest),
		PTT_ERR_MALFORMED);
	strcpy(digest.username, "a\"b\\c");
	strcpy(digest.realm, "r");
	ck_assert_int_eq(
		ptt_ub_digest_put(text, sizeof(text), PTT_UB_AUTHORIZATION, &digest), PTT_OK);
	ck_assert_int_eq(get(&digest, PTT_UB_AUTHORIZATION, text), PTT_OK);
	ck_assert_str_eq(digest.username, "a\"b\\c");
	strcpy(digest.nc, "1, x=\"");
	ck_assert_int_eq(ptt_ub_digest_put(text, sizeof(text), PTT_UB_AUTHORIZATION, &digest),
		PTT_ERR_MALFORMED);
}
END_TEST

START_TEST(nonce_holds_rand_and_autn)
{
	uint8_t rand[PTT_UB_RAND_LEN], autn[PTT_UB_AUTN_LEN];
	char text[PTT_UB_NONCE_MAX];

	ck_assert_int_eq(ptt_ub_nonce_get(rand, autn, NONCE), PTT_OK);
	ck_assert_uint_eq(rand[0], 0x71);
	ck_assert_uint_eq(autn[15], 0x57);
	ck_assert_int_eq(ptt_ub_nonce_put(text, sizeof(text), rand, autn), PTT_OK);
	ck_assert_str_eq(text, NONCE);
	/* RFC 3310 3.2: server data may follow */
	ck_assert_int_eq(
		ptt_ub_nonce_get(rand, autn, "ccWAElfnahzjzwLmhxxbwHtv7Z1VLirXnji2wjHy2VcAAAAA"),
		PTT_OK);
	ck_assert_int_eq(ptt_ub_nonce_get(rand, autn, "ccWAElfnahzjzwLmhxxbwHtv7Z1VLirXnji2wjHy"),
		PTT_ERR_MALFORMED);
	ck_assert_int_eq(ptt_ub_nonce_get(rand, autn, "no base64!"), PTT_ERR_MALFORMED);
	ck_assert_int_eq(ptt_ub_nonce_get(rand, autn, ""), PTT_ERR_MALFORMED);
}
END_TEST

START_TEST(list_and_hash)
{
	ck_assert(ptt_ub_list_has("auth,auth-int", "auth-int"));
	ck_assert(ptt_ub_list_has("Auth-Int", "auth-int"));
	ck_assert(ptt_ub_list_has("auth, auth-int ", "auth"));
	ck_assert(!ptt_ub_list_has("auth-interim", "auth-int"));
	ck_assert(!ptt_ub_list_has("", "auth-int"));
	ck_assert(ptt_ub_is_hash(RSPAUTH));
	ck_assert(!ptt_ub_is_hash("6fe14382fb37dd7448086dd91c94ba9"));
	ck_assert(!ptt_ub_is_hash(RSPAUTH "1"));
}
END_TEST

/* TS 24.109 annex C */
START_TEST(boot_info_is_read_and_written)
{
	struct ptt_boot_info info;
	char text[sizeof(BODY)];

	ck_assert_int_eq(ptt_boot_info_get(&info, ptt_bytes_of_str(BODY)), PTT_OK);
	ck_assert_str_eq(info.btid, "ccWAElfnahzjzwLmhxxbwA==@bsf.poc.example.org");
	ck_assert_int_eq(info.expires_utc_s, BODY_EXPIRES_UTC_S);
	ck_assert_int_eq(ptt_boot_info_put(text, sizeof(text), &info), PTT_OK);
	ck_assert_str_eq(text, BODY);
	ck_assert_int_eq(ptt_boot_info_put(text, sizeof(text) - 1, &info), PTT_ERR_NO_SPACE);
	for (size_t len = 0; len < sizeof(BODY) - 2; len++)
		ck_assert_int_eq(
			ptt_boot_info_get(&info, (struct ptt_bytes){(const uint8_t *)BODY, len}),
			PTT_ERR_MALFORMED);
}
END_TEST

#define NS "xmlns=\"uri:3gpp-gba\""
#define WITH(btid, life) \
	"<BootstrappingInfo " NS "><btid>" btid "</btid><lifetime>" life \
	"</lifetime></BootstrappingInfo>"

static const struct {
	enum ptt_err err;
	int64_t expires_utc_s;
	const char *xml;
} bodies[] = {
	{PTT_OK, 1795348800, WITH("a@b", "2026-11-22T12:00:00.5Z")},
	{PTT_OK, 1795348800, WITH(" a@b\n", " 2026-11-22T14:00:00+02:00 ")},
	{PTT_OK, 1795348800, WITH("a@b", "2026-11-22T10:30:00-01:30")},
	{PTT_OK, 1795348800,
		"<g:BootstrappingInfo xmlns:g=\"uri:3gpp-gba\" xmlns=\"x\"><o><p/></o><g:lifetime>"
		"2026-11-22T12:00:00Z</g:lifetime>"
		"<g:btid>a&amp;b</g:btid><btid/></g:BootstrappingInfo>"},
	{PTT_ERR_MALFORMED, 0, ""},
	{PTT_ERR_MALFORMED, 0, "btid"},
	{PTT_ERR_MALFORMED, 0, "<BootstrappingInfo/>"},
	{PTT_ERR_MALFORMED, 0, "<BootstrappingInfo " NS "/>"},
	{PTT_ERR_MALFORMED, 0, "<BootstrappingInfo " NS "><btid>a</btid></BootstrappingInfo>"},
	{PTT_ERR_MALFORMED, 0, WITH("", "2026-11-22T12:00:00Z")},
	{PTT_ERR_MALFORMED, 0, WITH("a", "2026-02-29T12:00:00Z")},
	{PTT_ERR_MALFORMED, 0, WITH("a", "2026-13-22T12:00:00Z")},
	{PTT_ERR_MALFORMED, 0, WITH("a", "2026-11-22T25:00:00Z")},
	{PTT_ERR_MALFORMED, 0, WITH("a", "2026-11-22 12:00:00Z")},
	{PTT_ERR_MALFORMED, 0, WITH("a", "2026-11-22T12:00:00X")},
	{PTT_ERR_MALFORMED, 0, WITH("a", "2026-11-22T12:00:00+99:00")},
	{PTT_ERR_MALFORMED, 0, WITH("a", "tomorrow")},
	{PTT_ERR_MALFORMED, 0, WITH("a</btid><btid>b", "2026-11-22T12:00:00Z")},
	{PTT_ERR_MALFORMED, 0, WITH("<btid>a</btid>", "2026-11-22T12:00:00Z")},
	{PTT_ERR_MALFORMED, 0, WITH("a", "2026-11-22T12:00:00Z") "<x/>"},
	{PTT_ERR_MALFORMED, 0,
		"<!DOCTYPE x [<!ENTITY a \"b\">]>" WITH("&a;", "2026-11-22T12:00:00Z")},
	{PTT_ERR_MALFORMED, 0,
		"<!DOCTYPE x SYSTEM \"file:///etc/passwd\">" WITH("a", "2026-11-22T12:00:00Z")},
};

START_TEST(boot_info_table)
{
	struct ptt_boot_info info;

	ck_assert_int_eq(
		ptt_boot_info_get(&info, ptt_bytes_of_str(bodies[_i].xml)), bodies[_i].err);
	if (bodies[_i].err == PTT_OK)
		ck_assert_int_eq(info.expires_utc_s, bodies[_i].expires_utc_s);
}
END_TEST

START_TEST(boot_info_is_bounded)
{
	static uint8_t big[PTT_BOOT_INFO_MAX + 1];
	char deep[PTT_BOOT_INFO_MAX];
	struct ptt_boot_info info;
	size_t len = 0;

	memset(big, ' ', sizeof(big));
	ck_assert_int_eq(ptt_boot_info_get(&info, PTT_BYTES_OF(big)), PTT_ERR_NO_SPACE);
	len = (size_t)snprintf(deep, sizeof(deep), "<BootstrappingInfo " NS ">");
	while (len + 4 < sizeof(deep))
		len += (size_t)snprintf(deep + len, sizeof(deep) - len, "<a>");
	ck_assert_int_eq(ptt_boot_info_get(&info, ptt_bytes_of_str(deep)), PTT_ERR_MALFORMED);
	strcpy(info.btid, "a b");
	ck_assert_int_eq(ptt_boot_info_put(deep, sizeof(deep), &info), PTT_ERR_MALFORMED);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("all");

	tcase_add_test(tc, authorization_is_read_and_written);
	tcase_add_test(tc, response_and_rspauth_known_answers);
	tcase_add_loop_test(tc, header_table, 0, (int)(sizeof(table) / sizeof(table[0])));
	tcase_add_test(tc, too_long_is_malformed);
	tcase_add_test(tc, every_cut_is_refused_or_whole);
	tcase_add_test(tc, nothing_breaks_out_of_a_header);
	tcase_add_test(tc, nonce_holds_rand_and_autn);
	tcase_add_test(tc, list_and_hash);
	tcase_add_test(tc, boot_info_is_read_and_written);
	tcase_add_loop_test(tc, boot_info_table, 0, (int)(sizeof(bodies) / sizeof(bodies[0])));
	tcase_add_test(tc, boot_info_is_bounded);
	return check_run_case("ub_digest", tc);
}
