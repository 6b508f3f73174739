/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* pttkey-ue: a PoC client with group keys; see docs/man/pttkey-ue.1. */
#include <stdio.h>
#include <stdlib.h>

#include <sofia-sip/su.h>

#include "module/ue/ue.h"
#include "module/base/log.h"
#include "module/base/steady.h"

int main(int argc, char **argv)
{
	static struct ptt_ue_config config;
	enum ptt_log_level level = PTT_LOG_WARN;
	char text[512] = "";
	enum ptt_err err = ptt_ue_config_get(&config, text, sizeof(text), argc, argv);
	int status;

	if (err == PTT_ERR_NO_KEY)
		return EXIT_SUCCESS;
	if (err != PTT_OK ||
		(config.log_level[0] && ptt_log_level_of(&level, config.log_level) != PTT_OK)) {
		fprintf(stderr, "pttkey-ue: %s\n",
			text[0] ? text : "--log-level takes debug, info, warn or error");
		return PTT_UE_EXIT_USAGE;
	}
	ptt_log_set(PTT_LOG_TEXT, level);
	ptt_steady_time();
	if (su_init() < 0)
		return PTT_UE_EXIT_ERROR;
	status = (int)ptt_ue_run(&config, stdout);
	su_deinit();
	ptt_ue_config_wipe(&config);
	return status;
}
