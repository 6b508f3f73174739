/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file rekey_client.h
 * The UE's keys: from a MIKEY message in SDP to an MSK, from an MTK
 * message on the channel to an MTK.
 *
 * No SIP, no sockets, no files. The mirror of the server's rekey_server.h:
 *
 *   re-INVITE: MSK message --MUK--> ring.next     MTK message --MSK--> MTK, ring promotes --> SRTP
 *
 * Up to two MUKs are held: the present one, and after a new bootstrapping the former one until the
 * first MSK message under the new one is good. A hostile client (tests) also hoards every MSK it
 * ever took.
 * Spec: profile section 3 "UE rules", section 4 "Replay exception"; TS 33.246 6.5.
 */
#ifndef PTT_REKEY_CLIENT_H
#define PTT_REKEY_CLIENT_H

#include "crypto/keyring.h"

#define PTT_REKEY_BTID_SIZE 320
#define PTT_REKEY_NAF_SIZE  256
#define PTT_REKEY_MIKEY_MAX 1024

struct ptt_rekey_client;

/** Errors: SYSTEM. */
enum ptt_err ptt_rekey_client_new(struct ptt_rekey_client **out, bool hostile) PTT_MUST_CHECK;
/** Wipes and frees; NULL is fine. */
void ptt_rekey_client_free(struct ptt_rekey_client *rc);
/** Wipes every MSK and MTK (left, expelled); MUKs stay. A hostile client ignores it. */
void ptt_rekey_client_drop_keys(struct ptt_rekey_client *rc);
/** MSK messages of a lesser suite are refused; from the start the default suite is enough. */
void ptt_rekey_client_set_min_suite(struct ptt_rekey_client *rc, enum ptt_suite suite);
/** A new dialog begins: no message of the former one counts as a repeat any more. */
void ptt_rekey_client_new_dialog(struct ptt_rekey_client *rc);

/**
 * A bootstrapping has given this MUK; the counter under it starts at nothing.
 * The same B-TID and NAF again change nothing. Errors: NO_SPACE (names too long).
 */
enum ptt_err ptt_rekey_client_set_muk(struct ptt_rekey_client *rc, const char *btid,
	const char *naf_fqdn, const struct ptt_muk *muk) PTT_MUST_CHECK;

/** What an MSK message did. */
struct ptt_rekey_msk {
	enum ptt_keyring_change change;
	bool repeated; /**< the very bytes accepted last: nothing was changed */
	uint8_t key_domain[PTT_MBMS_KEY_DOMAIN_LEN];
	uint32_t msk_id, counter;
	enum ptt_suite suite;
	char btid[PTT_REKEY_BTID_SIZE];       /**< whose MUK: IDr */
	uint8_t verify[PTT_MIKEY_SEALED_MAX]; /**< the answer to V = 1 */
	size_t verify_len;                    /**< 0: none asked for */
};

/**
 * A MIKEY message out of an SDP description.
 * Errors (each means: refuse the offer, keys are as before): NO_KEY (IDr names no MUK of ours),
 * REPLAY, AUTH, MALFORMED, UNSUPPORTED (a suite below the least too), MISMATCH (no MSK message, IDi
 * is not the NAF, another key under a held id).
 */
enum ptt_err ptt_rekey_client_on_msk(struct ptt_rekey_client *rc, struct ptt_rekey_msk *out,
	struct ptt_bytes mikey) PTT_MUST_CHECK;

/** What an MTK message gave. Holds a key: the caller wipes it. */
struct ptt_rekey_mtk {
	enum ptt_keyring_change change; /**< NEW_MTK, PROMOTED or REPEATED */
	uint32_t msk_id;
	uint16_t mtk_id;
	uint8_t mki[PTT_MBMS_MKI_LEN];
	struct ptt_mtk mtk;
};

/**
 * An MTK message from the channel.
 * Errors: NO_KEY (its MSK is not held: pull), REPLAY, AUTH, MALFORMED, UNSUPPORTED, MISMATCH.
 */
enum ptt_err ptt_rekey_client_on_mtk(struct ptt_rekey_client *rc, struct ptt_rekey_mtk *out,
	struct ptt_bytes message) PTT_MUST_CHECK;

/** An SRTP packet under that MKI was good: retires the former MTK in a second. */
void ptt_rekey_client_packet_good(
	struct ptt_rekey_client *rc, const uint8_t mki[PTT_MBMS_MKI_LEN], uint64_t now_ms);
/** Wipes what is due. @return when to call again (ms), 0 = nothing is due */
uint64_t ptt_rekey_client_tick(struct ptt_rekey_client *rc, uint64_t now_ms);

/** Is any MSK held? */
bool ptt_rekey_client_has_msk(const struct ptt_rekey_client *rc);
/** The MSK of the last accepted MTK message; 0: none yet. */
uint32_t ptt_rekey_client_current_msk_id(const struct ptt_rekey_client *rc);

#endif
