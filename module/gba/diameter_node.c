/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/gba/diameter_node.h"

#include <stdarg.h>
#include <stdio.h>

#include "module/base/log.h"

/* Writes freeDiameter's messages into our log. Called in any thread. */
__attribute__((format(printf, 2, 0))) static void on_log(
	int level, const char *format, va_list args)
{
	char text[512];

	vsnprintf(text, sizeof(text), format, args);
	if (level >= FD_LOG_ERROR)
		ptt_log_limited(PTT_LOG_WARN, "diameter", "text=%s", text);
	else
		ptt_log_limited(PTT_LOG_DEBUG, "diameter", "text=%s", text);
}

enum ptt_err ptt_diameter_node_open(const char *file)
{
	static bool used;

	if (used)
		return PTT_ERR_BUSY;
	used = true;
	fd_log_handler_register(on_log);
	if (fd_core_initialize() != 0)
		return PTT_ERR_SYSTEM;
	if (fd_core_parseconf(file) != 0) {
		ptt_diameter_node_close();
		return PTT_ERR_MALFORMED;
	}
	if (ptt_diameter_dict() == PTT_OK &&
		fd_disp_app_support(ptt_diameter_app(), ptt_diameter_vendor(), 1, 0) == 0)
		return PTT_OK;
	ptt_diameter_node_close();
	return PTT_ERR_SYSTEM;
}

enum ptt_err ptt_diameter_node_run(void)
{
	return fd_core_start() == 0 && fd_core_waitstartcomplete() == 0 ? PTT_OK : PTT_ERR_SYSTEM;
}

void ptt_diameter_node_close(void)
{
	(void)fd_core_shutdown();
	(void)fd_core_wait_shutdown_complete();
	fd_log_handler_unregister();
}
