/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file policy.h
 * The policy of one group: every value of the configuration's `policy = { ... }`, its default, its
 * range.
 *
 * The configuration reader starts from ptt_policy_default(), hands every setting to
 * ptt_policy_set_int() or ptt_policy_set_str() and ends with ptt_policy_check(). Each error comes
 * with a static text that names the accepted values; the reader puts file and line before it.
 * Nothing here allocates.
 */
#ifndef PTT_POLICY_H
#define PTT_POLICY_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/err.h"

/** Whether a leave re-keys (an expulsion always does). Spec: OMA PoC SD V2.1 4.53.2, the MAY. */
enum ptt_on_leave { PTT_ON_LEAVE_NEVER, PTT_ON_LEAVE_BATCH, PTT_ON_LEAVE_ALWAYS };

/**
 * What a join changes. A joiner that recorded the channel can read the past with `never` and `mtk`;
 * only `msk` hides it.
 */
enum ptt_on_join { PTT_ON_JOIN_NEVER, PTT_ON_JOIN_MTK, PTT_ON_JOIN_MSK };

enum ptt_rekey_method { PTT_REKEY_INVITE, PTT_REKEY_UPDATE /**< if the peer allows it */ };

struct ptt_policy {
	enum ptt_on_leave on_leave;
	enum ptt_on_join on_join;
	enum ptt_rekey_method rekey_method;
	uint32_t leave_batch_ms; /**< leaves within this time share one re-key */
	uint32_t period_s;       /**< time between two MSKs; 0 = off */
	uint32_t cutover_ms;     /**< longest time from an expulsion's acceptance to the cut-over */
	uint32_t retries;        /**< offers repeated after a 488, 500 or 503, then BYE */
	uint32_t mtk_period_s;   /**< time between two MTKs; 0 = off */
	uint32_t mtk_repeat_ms;  /**< time between two MTK messages on the channel */
	uint32_t mtk_lead_ms;    /**< time from the MTK message to the MKI switch, in cutover_ms */
	uint32_t mtk_packets;    /**< packets under one MTK; 0 = no limit */
};

struct ptt_policy ptt_policy_default(void);

/**
 * Sets one number by its name in the configuration ("cutover_ms").
 * @param[out] why  on an error a static text naming the accepted range, or NULL; may not be NULL
 * itself Errors: NO_KEY no numeric setting of that name; MISMATCH out of range.
 */
enum ptt_err ptt_policy_set_int(const char **why, struct ptt_policy *policy, const char *name,
	long long value) PTT_MUST_CHECK;
/** The same for the settings that are words: on_leave, on_join, rekey_method. */
enum ptt_err ptt_policy_set_str(const char **why, struct ptt_policy *policy, const char *name,
	const char *value) PTT_MUST_CHECK;
/** Every range once more, and the one rule about two values (mtk_lead_ms < cutover_ms). Errors:
 * MISMATCH. */
enum ptt_err ptt_policy_check(const char **why, const struct ptt_policy *policy) PTT_MUST_CHECK;

/** @return the setting's name by position for an error listing them all; NULL beyond the last. */
const char *ptt_policy_name(size_t index);

/** The words of the configuration, for logs and `pttkey status`. */
const char *ptt_on_leave_str(enum ptt_on_leave on_leave);
const char *ptt_on_join_str(enum ptt_on_join on_join);
const char *ptt_rekey_method_str(enum ptt_rekey_method method);

#endif
