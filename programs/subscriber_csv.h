/* SPDX-License-Identifier: LGPL-2.1-or-later */
/** @file subscriber_csv.h  Subscribers as texts: the values of options, and CSV files. */
#ifndef PTT_SUBSCRIBER_CSV_H
#define PTT_SUBSCRIBER_CSV_H

#include <stdbool.h>
#include <stdio.h>

#include "module/store/store.h"

/** SEQ 1, IND 0: above what a new USIM holds (TS 33.102 C.1). */
#define PTT_SUBSCRIBER_FIRST_SQN 32

/** Who speaks in the messages on stderr. */
extern const char *ptt_subscriber_who;

/** A hex value of exactly @p len bytes; the text itself is never shown, it may be a key. */
bool ptt_subscriber_get_hex(uint8_t *out, size_t len, const char *what, const char *hex);
bool ptt_subscriber_get_sqn(uint64_t *out, const char *what, const char *hex);
bool ptt_subscriber_copy_id(char out[PTT_STORE_ID_MAX], const char *what, const char *text);
bool ptt_subscriber_add_impu(struct ptt_subscriber_row *row, const char *what, const char *impu);
/**
 * Lines of impi,impu,k,opc[,sqn[,amf]] as puts into @p batch. False after the first bad one, with a
 * message FILE:LINE on stderr.
 */
bool ptt_subscriber_csv(struct ptt_store_batch *batch, size_t *count, FILE *file, const char *name);

#endif
