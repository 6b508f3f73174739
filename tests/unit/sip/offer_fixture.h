/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file offer_fixture.h
 * A member in session, and offers to him.
 */
#ifndef PTT_TEST_REKEY_FIXTURE_H
#define PTT_TEST_REKEY_FIXTURE_H

#include <arpa/inet.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "module/base/metrics.h"
#include "module/sip/offer_text.h"
#include "tests/unit/sip/sip_fixture.h"

extern struct fixture offers_fx;
extern char tag[64];

/** By what offers leave: of set_up(), and of open_with(). */
extern enum ptt_udp_io udp_io;

void open_with(const struct ptt_sip_options *options);
void offers_set_up(void);
/** The same, with Sofia's transport alone. */
void set_up_tport(void);
/** The same, with answers read in front of Sofia. */
void set_up_peek(void);
void offers_tear_down(void);
void offer(const char *body, uint32_t cookie);
void expect_method(const char *method);
/** Offers, and keeps the INVITE that came. */
void offer_seen(char request[sizeof(offers_fx.in)]);
/** The same, and the UE says 100: no more copies. */
void offer_taken(char request[sizeof(offers_fx.in)]);
/** Until an offer that nobody answers is given up: how many copies came, each like @p copy if
 * that is not NULL. */
int offer_given_up(const char *copy);
/** Runs these tests over and over, by each way that offers can leave; what main() returns. */
int run_each_way(const char *name, void (*add)(TCase *tc));

#endif
