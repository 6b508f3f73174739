/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "programs/daemon.h"

#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

static int on_signal(su_root_magic_t *magic, su_wait_t *wait, su_wakeup_arg_t *arg)
{
	struct ptt_daemon_signals *signals = (struct ptt_daemon_signals *)arg;
	struct signalfd_siginfo info;

	(void)magic;
	(void)wait;
	if (read(signals->fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		signals->take(signals->ctx, info.ssi_signo);
	return 0;
}

int ptt_daemon_watch(struct ptt_daemon_signals *signals)
{
	su_wait_t wait[1] = {SU_WAIT_INIT};
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signals->fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (signals->fd < 0 || su_wait_create(wait, signals->fd, SU_WAIT_IN) != 0)
		return -1;
	signals->wait =
		su_root_register(signals->root, wait, on_signal, (su_wakeup_arg_t *)signals, 0);
	return signals->wait > 0 ? 0 : -1;
}

void ptt_daemon_unwatch(struct ptt_daemon_signals *signals)
{
	if (signals->wait <= 0)
		return;
	su_root_deregister(signals->root, signals->wait);
	close(signals->fd);
	signals->wait = 0;
}

void ptt_daemon_keep_private(void)
{
	struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
#ifndef __SANITIZE_ADDRESS__ /* there the leak checker has to look into the process */
	prctl(PR_SET_DUMPABLE, 0);
#endif
}

json_t *ptt_daemon_ready(void)
{
	return json_pack(
		"{s:s, s:s, s:i}", "event", "ready", "version", PACKAGE_VERSION, "pid", getpid());
}

void ptt_daemon_print(json_t *event)
{
	if (json_dumpf(event, stdout, JSON_COMPACT) == 0)
		fputc('\n', stdout);
	fflush(stdout);
	json_decref(event);
}

int ptt_daemon_check(const struct ptt_config *config)
{
	PTT_SECRET(struct ptt_kek, kek);
	char text[512];

	if (ptt_config_load_kek(&kek, config, text, sizeof(text)) == PTT_OK)
		return 0;
	fprintf(stderr, "%s\n", text);
	return 1;
}
