/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file mikey_payload.h
 * Private to crypto: reader and writer of each payload, behind its next-payload octet.
 */
#ifndef PTT_MIKEY_PAYLOAD_H
#define PTT_MIKEY_PAYLOAD_H

#include "crypto/mikey.h"

struct ptt_mikey_payload_def {
	uint8_t type;
	const char *name;
	/**
	 * Reads the payload into @p out and sets @p index to its place in its array. Errors: the
	 * reader's.
	 */
	void (*get)(struct ptt_mikey_msg *out, uint8_t *index, struct ptt_reader *rd);
	void (*put)(struct ptt_writer *out, const struct ptt_mikey_msg *in, uint8_t index);
};

/** @return NULL for an unknown type */
const struct ptt_mikey_payload_def *ptt_mikey_payload_def(uint8_t type);

/** Reads the KV data behind the KV nibble; out->kv is set. Errors: the reader's. */
void ptt_mikey_kv_get(struct ptt_mikey_key_data *out, struct ptt_reader *rd);

#endif
