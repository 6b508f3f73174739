/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file err.h
 * The error type of PTTKey, and its only macro that changes control flow.
 *
 * A code exists only if some caller acts differently on it. AUTH, REPLAY and MALFORMED look the
 * same to a peer; only the log distinguishes them.
 *
 * Argument order in every function of the project: object, outputs, in/outs, inputs.
 */
#ifndef PTT_ERR_H
#define PTT_ERR_H

enum ptt_err {
	PTT_OK = 0,
	PTT_ERR_MALFORMED,   /**< the bytes are not of the form the specification asks for */
	PTT_ERR_AUTH,        /**< a MAC, digest or RES does not verify */
	PTT_ERR_REPLAY,      /**< a counter, SQN or key id is not above the last accepted one */
	PTT_ERR_UNSUPPORTED, /**< well formed, but an algorithm, version or type that is refused */
	PTT_ERR_NO_KEY,      /**< the key, B-TID, subscriber or row is not found */
	PTT_ERR_MISMATCH,    /**< well formed, but not as agreed (address, id, direction) */
	PTT_ERR_NO_SPACE,    /**< the caller's buffer or table is too small */
	PTT_ERR_EXHAUSTED,   /**< a counter or an id space is used up; it never wraps */
	PTT_ERR_BUSY,        /**< not now: try again later */
	PTT_ERR_SYSTEM,      /**< random source, memory, disk, socket or library failed */
};

/** @return a short static text, lower case, without a full stop ("bad MAC or digest"). */
const char *ptt_err_str(enum ptt_err err);

#define PTT_MUST_CHECK __attribute__((warn_unused_result))

/** Returns from the calling function if @p expr is an error. */
#define PTT_TRY(expr) \
	do { \
		enum ptt_err ptt_try_err_ = (expr); \
		if (ptt_try_err_ != PTT_OK) \
			return ptt_try_err_; \
	} while (0)

#endif
