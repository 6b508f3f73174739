/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file err.h
 * The one error type of PTTKey, and the one control-flow macro.
 *
 * A code exists only where some caller acts differently on it. What a peer sees of AUTH, REPLAY and
 * MALFORMED is the same answer; only our log tells them apart.
 *
 * Argument order in every function of the project: object, outputs, in/outs, inputs.
 */
#ifndef PTT_ERR_H
#define PTT_ERR_H

enum ptt_err {
	PTT_OK = 0,
	PTT_ERR_MALFORMED,   /**< the bytes are not of the form the specification asks for */
	PTT_ERR_AUTH,        /**< a MAC, digest or RES does not verify */
	PTT_ERR_REPLAY,      /**< counter, SQN or key id not newer than what was accepted before */
	PTT_ERR_UNSUPPORTED, /**< well formed, but an algorithm, version or type we refuse */
	PTT_ERR_NO_KEY, /**< the key, B-TID, subscriber or row asked for is not held (not found) */
	PTT_ERR_MISMATCH,  /**< well formed, but not what was agreed (address, id, direction) */
	PTT_ERR_NO_SPACE,  /**< the caller's buffer or table is too small */
	PTT_ERR_EXHAUSTED, /**< a counter or an id space is used up; never wraps */
	PTT_ERR_BUSY,      /**< not now: something of the same kind is outstanding */
	PTT_ERR_SYSTEM,    /**< random source, memory, disk, socket or library failed */
};

/** @return a short static text, lower case, without a full stop ("bad MAC or digest"). */
const char *ptt_err_str(enum ptt_err err);

#define PTT_MUST_CHECK __attribute__((warn_unused_result))

/** Returns from the present function with the error of @p expr, if it has one. */
#define PTT_TRY(expr) \
	do { \
		enum ptt_err ptt_try_err_ = (expr); \
		if (ptt_try_err_ != PTT_OK) \
			return ptt_try_err_; \
	} while (0)

#endif
