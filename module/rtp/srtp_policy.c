/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/rtp/srtp_policy.h"

#include <pthread.h>
#include <string.h>

struct suite {
	uint8_t key_len, salt_len;
	size_t tag_len, after_mki_len;
	void (*set)(srtp_crypto_policy_t *p);
};

static const struct suite suites[] = {
	{.key_len = 16,
		.salt_len = 14,
		.tag_len = 10,
		.after_mki_len = 10,
		.set = srtp_crypto_policy_set_rtp_default},
	{.key_len = 16,
		.salt_len = 12,
		.tag_len = 16,
		.after_mki_len = 0,
		.set = srtp_crypto_policy_set_aes_gcm_128_16_auth},
	{.key_len = 32,
		.salt_len = 12,
		.tag_len = 16,
		.after_mki_len = 0,
		.set = srtp_crypto_policy_set_aes_gcm_256_16_auth},
};

_Static_assert(sizeof(suites) / sizeof(suites[0]) == PTT_SUITE_COUNT, "a row for each suite");

static pthread_once_t once = PTHREAD_ONCE_INIT;
static srtp_err_status_t init_status = srtp_err_status_init_fail;

/*
 * libsrtp loads and tests NSS with its first cipher (20 ms and more) and unloads it with the last.
 * This session never gets a packet; it only keeps NSS loaded.
 */
static srtp_t keeper;

static void init_once(void)
{
	uint8_t unused[PTT_MTK_MAX_LEN + PTT_MTK_SALT_MAX_LEN] = {0};
	srtp_policy_t policy = {.key = unused, .ssrc = {.type = ssrc_any_inbound}};

	srtp_crypto_policy_set_rtp_default(&policy.rtp);
	srtp_crypto_policy_set_rtp_default(&policy.rtcp);
	init_status = srtp_init();
	if (init_status == srtp_err_status_ok)
		init_status = srtp_create(&keeper, &policy);
}

enum ptt_err ptt_srtp_prepare(void)
{
	if (pthread_once(&once, init_once) != 0 || init_status != srtp_err_status_ok)
		return PTT_ERR_SYSTEM;
	return PTT_OK;
}

static const struct suite *suite_of(const struct ptt_mtk *mtk)
{
	for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
		if (suites[i].key_len == mtk->key_len && suites[i].salt_len == mtk->salt_len)
			return &suites[i];
	}
	return NULL;
}

enum ptt_err ptt_srtp_suite_ready(enum ptt_suite suite)
{
	const struct ptt_suite_def *def = ptt_suite_def(suite);
	struct ptt_mtk mtk = {
		.key_len = def ? def->key_len : 0, .salt_len = def ? def->salt_len : 0};
	static const uint8_t mki[PTT_MKI_LEN];
	struct ptt_srtp_policy policy; /* not secret: the key is zeros */
	srtp_t session;

	PTT_TRY(ptt_srtp_policy_fill(&policy, &mtk, mki, false));
	if (srtp_create(&session, &policy.policy) != srtp_err_status_ok)
		return PTT_ERR_UNSUPPORTED;
	(void)srtp_dealloc(session);
	return PTT_OK;
}

bool ptt_srtp_suite_known(const struct ptt_mtk *mtk)
{
	return suite_of(mtk) != NULL;
}

size_t ptt_srtp_after_mki_len(const struct ptt_mtk *mtk)
{
	const struct suite *suite = suite_of(mtk);

	return suite ? suite->after_mki_len : 0;
}

size_t ptt_srtp_tag_len(const struct ptt_mtk *mtk)
{
	const struct suite *suite = suite_of(mtk);

	return suite ? suite->tag_len : 0;
}

enum ptt_err ptt_srtp_policy_fill(struct ptt_srtp_policy *out, const struct ptt_mtk *mtk,
	const uint8_t mki[PTT_MKI_LEN], bool inbound)
{
	const struct suite *suite = suite_of(mtk);

	if (!suite)
		return PTT_ERR_UNSUPPORTED;
	PTT_TRY(ptt_srtp_prepare());
	memset(out, 0, sizeof(*out));
	suite->set(&out->policy.rtp);
	suite->set(&out->policy.rtcp);
	memcpy(out->key, mtk->key, suite->key_len);
	memcpy(out->key + suite->key_len, mtk->salt, suite->salt_len);
	memcpy(out->mki, mki, PTT_MKI_LEN);
	out->master = (srtp_master_key_t){out->key, out->mki, PTT_MKI_LEN};
	out->masters[0] = &out->master;
	out->policy.keys = out->masters;
	out->policy.num_master_keys = 1;
	out->policy.ssrc.type = inbound ? ssrc_any_inbound : ssrc_any_outbound;
	out->policy.window_size = PTT_SRTP_REPLAY_WINDOW;
	return PTT_OK;
}
