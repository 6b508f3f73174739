/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file sip_text.h
 * Reads only the SIP that a well-behaved peer of the benchmark sends; checks nothing.
 */
#ifndef PTT_BENCH_SIP_TEXT_H
#define PTT_BENCH_SIP_TEXT_H

#include <stddef.h>
#include <stdint.h>

/** A piece of the datagram, borrowed. */
struct ptt_bench_text {
	const char *at;
	int len;
};

#define PTT_BENCH_VIAS 4

struct ptt_bench_sip {
	int status;                        /**< 0 in a request */
	struct ptt_bench_text method, uri; /**< of a request */
	struct ptt_bench_text via[PTT_BENCH_VIAS], from, to, call_id, contact, challenge, body;
	int via_count;
	uint32_t cseq, retry_after_s;
	struct ptt_bench_text cseq_method;
};

void ptt_bench_sip_read(struct ptt_bench_sip *out, const char *data, size_t len);
/** @return the value of NAME=VALUE or NAME="VALUE" inside @p in; empty if it is missing */
struct ptt_bench_text ptt_bench_param(struct ptt_bench_text in, const char *name);
/** @return the text between < and >, or all of it */
struct ptt_bench_text ptt_bench_uri(struct ptt_bench_text in);
/** @return the first number after @p what; -1 without @p what */
long ptt_bench_number_after(struct ptt_bench_text in, const char *what);
int ptt_bench_text_is(struct ptt_bench_text text, const char *other);
/** @return the next line of @p rest without its end; empty at the end. Advances @p rest. */
struct ptt_bench_text ptt_bench_line(struct ptt_bench_text *rest);

#endif
