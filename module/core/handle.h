/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file handle.h
 * Handles of members and subjects: a slot index, and a number that tells a re-used slot from its
 * former tenant.
 *
 *   31       20 19                0
 *  | tenancy   | slot index        |     0 is never a handle: a tenancy is 1..4095
 *
 * The roster gives handles out; the tracker keeps its own arrays by the same slot index. Freed
 * slots are re-used oldest first, so a stale handle looks alive only after 4095 more tenants.
 */
#ifndef PTT_HANDLE_H
#define PTT_HANDLE_H

#include <stdint.h>

#define PTT_HANDLE_NONE        0u
#define PTT_HANDLE_INDEX_BITS  20
#define PTT_HANDLE_MAX_SLOTS   (1u << PTT_HANDLE_INDEX_BITS)
#define PTT_HANDLE_MAX_TENANCY 4095u

static inline uint32_t ptt_handle_index(uint32_t handle)
{
	return handle & (PTT_HANDLE_MAX_SLOTS - 1);
}

static inline uint32_t ptt_handle_of(uint32_t tenancy, uint32_t index)
{
	return tenancy << PTT_HANDLE_INDEX_BITS | index;
}

static inline uint32_t ptt_handle_tenancy(uint32_t handle)
{
	return handle >> PTT_HANDLE_INDEX_BITS;
}

#endif
