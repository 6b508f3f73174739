/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file offer_fixture.h
 * A member in session, and offers to it.
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

/** How offers leave: in set_up(), and in open_with(). */
extern enum ptt_udp_io udp_io;

void open_with(const struct ptt_sip_options *options);
void offers_set_up(void);
/** As above, with Sofia's transport alone. */
void set_up_tport(void);
/** As above, with responses read before Sofia does. */
void set_up_peek(void);
void offers_tear_down(void);
void offer(const char *body, uint32_t cookie);
void expect_method(const char *method);
/** Sends an offer, and keeps the INVITE that arrives. */
void offer_seen(char request[sizeof(offers_fx.in)]);
/** As above, and the UE responds with 100, which stops the copies. */
void offer_taken(char request[sizeof(offers_fx.in)]);
/** Counts the copies of an offer without a response, until the server gives up. Each must equal @p
 *  copy if that is not NULL. */
int offer_given_up(const char *copy);
/** Runs the tests once for each way that offers can leave. @return the value for main() */
int run_each_way(const char *name, void (*add)(TCase *tc));

#endif
