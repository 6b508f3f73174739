/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/ue/ue_watch.h"

enum ptt_err ptt_ue_watch_add(
	struct ptt_ue_watch *watch, su_root_t *root, int fd, su_wakeup_f on_readable)
{
	su_wait_t wait[1] = {SU_WAIT_INIT};

	watch->root = root;
	watch->fd = fd;
	watch->index = -1;
	if (su_wait_create(wait, fd, SU_WAIT_IN) < 0)
		return PTT_ERR_SYSTEM;
	watch->index =
		su_root_register(root, wait, on_readable, (su_wakeup_arg_t *)(void *)watch, 0);
	if (watch->index < 0)
		su_wait_destroy(wait);
	return watch->index < 0 ? PTT_ERR_SYSTEM : PTT_OK;
}

void ptt_ue_watch_drop(struct ptt_ue_watch *watch)
{
	if (watch->index >= 0)
		su_root_deregister(watch->root, watch->index);
	watch->index = -1;
}
