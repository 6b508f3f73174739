/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file rows.h
 * What the store holds, as C structs: one struct a table.
 *
 * Pointers inside a row are borrowed: in a put and in a callback of an each-function they live during
 * the call. Rows got by key hold arrays; who gets a row with a key in it wipes it.
 */
#ifndef PTT_ROWS_H
#define PTT_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/bytes.h"
#include "crypto/mbms_profile.h"
#include "crypto/secret.h"

#define PTT_STORE_ID_MAX      256 /**< bytes with NUL: IMPI, IMPU, group URI, B-TID */
#define PTT_STORE_IMPUS_MAX   8
#define PTT_STORE_RAND_LEN    16
#define PTT_STORE_BOOT_ID_MAX 40 /**< with NUL, of /proc/sys/kernel/random/boot_id */

/** A subscriber of the embedded BSF. K and OPc are wrapped at rest. */
struct ptt_subscriber_row {
	char impi[PTT_STORE_ID_MAX];
	char impu[PTT_STORE_IMPUS_MAX][PTT_STORE_ID_MAX];
	size_t impu_count; /**< 1..PTT_STORE_IMPUS_MAX */
	struct ptt_k k;
	struct ptt_opc opc;
	uint64_t sqn; /**< 48 bits; PTT_COUNTER_SQN: all below may have been used */
	uint8_t amf[2];
	bool gba_u; /**< the UICC is GBA aware */
};

/** A bootstrapping (TS 33.220 4.5.2). Ks is wrapped at rest. */
struct ptt_bootstrap_row {
	char btid[PTT_STORE_ID_MAX];
	char impi[PTT_STORE_ID_MAX];
	struct ptt_ks ks;
	uint8_t rand[PTT_STORE_RAND_LEN];
	int64_t expires_utc_s;
	uint64_t counter_base; /**< ptt_store_get_numbers() when it was made; see ptt_counter_t() */
	bool gba_u;
};

struct ptt_group_row {
	char uri[PTT_STORE_ID_MAX];
	uint16_t key_group;
	uint32_t csb_id;
	uint32_t next_key_number; /**< 1..65536; all below may have been used */
	uint32_t generation;      /**< of the newest MSK; never goes back */
};

enum ptt_msk_state { PTT_MSK_CURRENT = 1, PTT_MSK_NEXT = 2 };

/** An MSK that lives; retiring deletes it. MSK and RAND are wrapped at rest. */
struct ptt_msk_row {
	char group[PTT_STORE_ID_MAX];
	uint32_t msk_id; /**< Key Group << 16 | Key Number */
	uint32_t generation;
	enum ptt_msk_state state;
	enum ptt_suite suite; /**< of the MTKs under it, as its MSK messages say */
	struct ptt_msk msk;
	uint8_t rand[PTT_STORE_RAND_LEN];
	uint32_t mtk_id_reserved; /**< every MTK ID below it may have been used under this MSK */
	char boot_id[PTT_STORE_BOOT_ID_MAX]; /**< under which it was made; "" not known */
};

/** A re-key decided on: written before anything is acknowledged, deleted when it has ended. */
struct ptt_intent_row {
	const char *group;
	uint32_t generation; /**< of the MSK that the re-key brings */
	uint8_t reason;      /**< the tracker's reason, opaque here */
	int64_t deadline_ms; /**< CLOCK_MONOTONIC of the boot in @ref boot_id; 0 = none */
	const char *boot_id; /**< /proc/sys/kernel/random/boot_id */
};

/**
 * A SIP dialog as needed to go on with it after a restart. Texts may be NULL, which reads as "".
 */
struct ptt_dialog_row {
	const char *call_id, *local_tag, *remote_tag; /**< these three are its identity */
	const char *local_uri, *remote_uri, *remote_target;
	const char *route_set; /**< as in Route, comma separated */
	const char *transport; /**< "udp", "tcp", "tls" */
	const char *group, *impi, *impu, *btid;
	uint32_t cseq_reserved; /**< every local CSeq below it may have been used */
	uint32_t o_version_reserved;
	uint32_t
		start_reserved; /**< the last so many of both are unused; not in the store, 0 as read */
	uint32_t remote_cseq;
	int64_t joined_utc_s;
	uint32_t flags;         /**< opaque here */
	struct ptt_bytes media; /**< media plan, opaque here */
	bool allows_update;     /**< the peer does UPDATE */
	uint32_t session_s;     /**< session timer (RFC 4028); 0: none */
	bool refresher;         /**< we refresh it */
};

/** Counters are reserved by so many, ahead of their use. A part of the schema: stored dialogs count by it. */
#define PTT_STORE_BLOCK 1000

enum ptt_store_counter {
	PTT_COUNTER_SQN,       /**< key: IMPI */
	PTT_COUNTER_NUMBERS,   /**< of MSK messages; no key */
	PTT_COUNTER_MTK_ID,    /**< key: group, msk_id */
	PTT_COUNTER_CSEQ,      /**< key: Call-ID, local_tag, remote_tag */
	PTT_COUNTER_O_VERSION, /**< key: Call-ID, local_tag, remote_tag */
};

/**
 * One compare-and-swap: moves the counter from @ref expected to @ref reserved, or the batch fails.
 */
struct ptt_reservation {
	enum ptt_store_counter counter;
	const char *key;
	const char *local_tag, *remote_tag; /**< dialog counters only */
	uint32_t msk_id;                    /**< MSK counters only */
	uint64_t expected;                  /**< what the row holds now */
	uint64_t reserved;                  /**< what it holds after; above expected */
};

#endif
