/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file config_change.h
 * What of a changed configuration waits for a restart.
 */
#ifndef PTT_CONFIG_CHANGE_H
#define PTT_CONFIG_CHANGE_H

#include "module/config/config.h"

#define PTT_CONFIG_CHANGES_MAX 64

/** Names of settings as docs/configuration.md has them: "listen", "tls.cert", "channel.codec". */
struct ptt_config_changes {
	const char *name[PTT_CONFIG_CHANGES_MAX]; /**< static */
	size_t count;
};

/**
 * The settings that a server reads at its start only, and that differ between @p running and @p
 * file; one of the groups' once, whatever the number of groups that have it changed. Both have the
 * same groups.
 */
void ptt_config_restart_needed(struct ptt_config_changes *out, const struct ptt_config *running,
	const struct ptt_config *file);

#endif
