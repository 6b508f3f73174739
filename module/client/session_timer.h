/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file session_timer.h
 * The UE's end of a session timer: which end refreshes, when, and when the session is over.
 *
 * Sends nothing and reads no clock: the owner calls ptt_session_timer_step() and acts on its
 * result.
 * Spec: RFC 4028; docs/wire.md section 4.6.
 */
#ifndef PTT_SESSION_TIMER_H
#define PTT_SESSION_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include <sofia-sip/sip.h>

#define PTT_SESSION_TIMER_SIZE 32 /**< text of a Session-Expires header, with NUL */

struct ptt_session_timer {
	uint32_t wanted_s; /**< what the first INVITE asks for; 0: no timer */
	uint32_t agreed_s; /**< 0: none */
	uint32_t min_s;    /**< Min-SE of the last 422; 0: none */
	bool we_refresh;
	int64_t refresh_ms, end_ms; /**< INT64_MAX: never */
};

/** What the owner must do now. */
enum ptt_session_due {
	PTT_SESSION_NOTHING,
	PTT_SESSION_REFRESH, /**< reported once; ptt_session_timer_retry() asks for another */
	PTT_SESSION_EXPIRED, /**< reported once; end the dialog with a BYE */
};

/** No refresh and no end until the next message that carries a timer. */
void ptt_session_timer_stop(struct ptt_session_timer *timer);
/** Reads the timer from a 2xx to our INVITE or UPDATE. */
void ptt_session_timer_on_response(
	struct ptt_session_timer *timer, const sip_t *response, int64_t now_ms);
/** Reads the timer from an INVITE or UPDATE of the PF that we accept. */
void ptt_session_timer_on_request(
	struct ptt_session_timer *timer, const sip_t *request, int64_t now_ms);
/**
 * Takes the Min-SE of a 422 for the next request.
 * @param first the refused request was the first INVITE
 * @return false: not a 422, or not one that asks for more than we did
 */
bool ptt_session_timer_too_short(
	struct ptt_session_timer *timer, bool first, int status, const sip_t *response);
/** Session-Expires of the first INVITE; "": none. */
void ptt_session_timer_put_first(
	char out[PTT_SESSION_TIMER_SIZE], const struct ptt_session_timer *timer);
/** Session-Expires within the dialog; "": none. @p uac: in a request of ours */
void ptt_session_timer_put(
	char out[PTT_SESSION_TIMER_SIZE], const struct ptt_session_timer *timer, bool uac);
/** Refreshes again in 2 s: the last refresh was refused for now, or crossed another request. */
void ptt_session_timer_retry(struct ptt_session_timer *timer, int64_t now_ms);
enum ptt_session_due ptt_session_timer_step(struct ptt_session_timer *timer, int64_t now_ms);
/** When to step next; INT64_MAX = nothing waits. */
int64_t ptt_session_timer_due_ms(const struct ptt_session_timer *timer) __attribute__((pure));

#endif
