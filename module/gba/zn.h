/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file zn.h
 * Query and answer of Zn (Diameter's word), for both carriers: Diameter (TS 29.109) and REST (TS
 * 29.309).
 */
#ifndef PTT_ZN_H
#define PTT_ZN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/err.h"
#include "crypto/gba_kdf.h"
#include "crypto/secret.h"

#define PTT_ZN_ID_MAX    256 /**< B-TID, IMPI, IMPU; with NUL */
#define PTT_ZN_IMPUS_MAX 8
/** GAA Service Type Code and GSID of MBMS (TS 29.109 annex B). */
#define PTT_ZN_MBMS_GSID 4

struct ptt_zn_query {
	char btid[PTT_ZN_ID_MAX];
	char naf_fqdn[PTT_GBA_NAF_FQDN_MAX + 1];
	uint8_t ua_id[PTT_GBA_UA_ID_LEN];
	bool gba_u_aware; /**< the NAF supports keys of the UICC (GBA_U) */
};

/** The owner wipes it. */
struct ptt_zn_answer {
	/**
	 * PTT_OK, NO_KEY (B-TID or subscriber unknown or expired: 5403, 5401), AUTH (the NAF is not
	 * allowed: 5402), MALFORMED (query or answer), BUSY (try later), SYSTEM. The other members
	 * are set with PTT_OK only.
	 */
	enum ptt_err err;
	char impi[PTT_ZN_ID_MAX];
	char impus[PTT_ZN_IMPUS_MAX][PTT_ZN_ID_MAX];
	size_t impu_count;
	struct ptt_naf_key me;   /**< Ks_NAF, or Ks_ext_NAF */
	struct ptt_naf_key uicc; /**< Ks_int_NAF */
	bool has_uicc;           /**< GBA_U */
	int64_t expires_utc_s;   /**< 0: the BSF did not say */
};

struct ptt_store;
struct ptt_bsf;

/** The BSF's side of Zn, for both carriers. Its owner embeds it. All pointers are borrowed. */
struct ptt_zn_server {
	struct ptt_store *store;
	struct ptt_bsf *bsf; /**< its table is searched before the store; NULL: the store only */
	const char *const *nafs; /**< FQDNs of the NAFs that are served; NULL: all */
	size_t naf_count;
	uint64_t answered, refused; /**< counters */
};

/** Answers a query from the BSF's memory or the store before it returns. Spec: TS 33.220 4.5.3. */
void ptt_zn_serve(
	struct ptt_zn_server *server, struct ptt_zn_answer *out, const struct ptt_zn_query *query);

#endif
