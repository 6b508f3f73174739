/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A peer's Diameter message: freeDiameter's parser, then the readers of both messages of Zn. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "module/gba/diameter_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_log(int level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
}

static void start(void)
{
	fd_log_handler_register(on_log);
	if (fd_core_initialize() != 0 || ptt_diameter_dict() != PTT_OK)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool started;
	struct ptt_zn_answer answer;
	struct ptt_zn_query query;
	struct msg *msg = NULL;
	uint8_t *copy;

	if (!started)
		start();
	started = true;
	/*
	 * freeDiameter's connection passes on only messages as long as their header says, and not
	 * shorter than a header.
	 */
	if (size < 20 || ((size_t)data[1] << 16 | (size_t)data[2] << 8 | data[3]) != size)
		return 0;
	copy = malloc(size);
	if (!copy)
		return 0;
	memcpy(copy, data, size);
	if (fd_msg_parse_buffer(&copy, size, &msg) != 0) {
		free(copy);
		return 0;
	}
	/* The readers must survive a message that freeDiameter finds faulty, too. */
	(void)fd_msg_parse_dict(msg, fd_g_config->cnf_dict, NULL);
	(void)!ptt_diameter_request_get(&query, msg);
	(void)ptt_diameter_answer_get(&answer, msg);
	fd_msg_free(msg);
	return 0;
}
