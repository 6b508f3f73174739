/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file rekey_client.h
 * The UE's keys: an MSK from a MIKEY message in SDP, and an MTK from an MTK message on the channel.
 *
 * No SIP, no sockets, no files. The counterpart of the server's module/group/group_keys.h and
 * muk.h:
 *
 *   re-INVITE: MSK message --MUK--> ring.next     MTK message --MSK--> MTK, ring promotes --> SRTP
 *
 * At most two MUKs are held. The former one stays after a new bootstrapping until the first valid
 * MSK message under the new one. A hostile client (tests) also keeps the last 256 MSKs it accepted.
 * Spec: docs/wire.md sections 3.7 and 3.8; TS 33.246 6.5.
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
/** Refuses MSK messages of a lesser suite from now on. Before the first call every suite is
 *  accepted. */
void ptt_rekey_client_set_min_suite(struct ptt_rekey_client *rc, enum ptt_suite suite);
/** A new dialog begins: a message of the former dialog is not a repeat any more. */
void ptt_rekey_client_new_dialog(struct ptt_rekey_client *rc);

/**
 * Sets the MUK of a new bootstrapping; no message has been received under it yet.
 * Setting the same B-TID and NAF again changes nothing. Errors: NO_SPACE (names too long).
 */
enum ptt_err ptt_rekey_client_set_muk(struct ptt_rekey_client *rc, const char *btid,
	const char *naf_fqdn, const struct ptt_muk *muk) PTT_MUST_CHECK;

/** The result of an MSK message. */
struct ptt_rekey_msk {
	enum ptt_keyring_change change;
	bool repeated; /**< the same bytes as the last accepted one: nothing has changed */
	uint8_t key_domain[PTT_MBMS_KEY_DOMAIN_LEN];
	uint32_t msk_id, counter;
	enum ptt_suite suite;
	char btid[PTT_REKEY_BTID_SIZE];       /**< names the MUK: IDr */
	uint8_t verify[PTT_MIKEY_SEALED_MAX]; /**< verification message, if V = 1 asked for it */
	size_t verify_len;                    /**< 0: V = 0 */
};

/**
 * Processes a MIKEY message from SDP.
 * Errors (after each one keys are as before; refuse the offer): NO_KEY (IDr names no MUK held),
 * REPLAY, AUTH, MALFORMED, UNSUPPORTED (also a suite below the minimum), NO_SPACE (longer than
 * PTT_REKEY_MIKEY_MAX), MISMATCH (no MSK message, IDi is not the NAF, another key under a held id).
 */
enum ptt_err ptt_rekey_client_on_msk(struct ptt_rekey_client *rc, struct ptt_rekey_msk *out,
	struct ptt_bytes mikey) PTT_MUST_CHECK;

/** The result of an MTK message. Holds a key: the caller wipes it. */
struct ptt_rekey_mtk {
	enum ptt_keyring_change change; /**< NEW_MTK, PROMOTED or REPEATED */
	uint32_t msk_id;
	uint16_t mtk_id;
	uint8_t mki[PTT_MBMS_MKI_LEN];
	struct ptt_mtk mtk;
};

/**
 * Processes an MTK message from the channel.
 * Errors: NO_KEY (its MSK is not held: the UE should pull), REPLAY, AUTH, MALFORMED, UNSUPPORTED,
 * MISMATCH.
 */
enum ptt_err ptt_rekey_client_on_mtk(struct ptt_rekey_client *rc, struct ptt_rekey_mtk *out,
	struct ptt_bytes message) PTT_MUST_CHECK;

/** An SRTP packet under that MKI was valid: retires the former MTK one second later. */
void ptt_rekey_client_packet_good(
	struct ptt_rekey_client *rc, const uint8_t mki[PTT_MBMS_MKI_LEN], uint64_t now_ms);
/** Wipes keys that are due. @return when to call again (ms), 0 = nothing waits */
uint64_t ptt_rekey_client_tick(struct ptt_rekey_client *rc, uint64_t now_ms);

/** True if any MSK is held. */
bool ptt_rekey_client_has_msk(const struct ptt_rekey_client *rc);
/** The id of the MSK of the last accepted MTK message; 0: none yet. */
uint32_t ptt_rekey_client_current_msk_id(const struct ptt_rekey_client *rc);

#endif
