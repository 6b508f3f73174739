/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file slot_names.h
 * Media and transport names of rejected lines as small numbers, so that a plan can write such a
 * line again. A name that is not in the tables is written as "application" or "udp": in a rejected
 * line only the port matters (RFC 3264 8.2). The numbers stand in stored plans: names are only
 * appended.
 */
#ifndef PTT_SLOT_NAMES_H
#define PTT_SLOT_NAMES_H

#include <stdint.h>

uint8_t ptt_slot_media_index(const char *media);
uint8_t ptt_slot_proto_index(const char *proto);
const char *ptt_slot_media_name(uint8_t index);
const char *ptt_slot_proto_name(uint8_t index);

#endif
