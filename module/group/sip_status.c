/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which status an error of ours is. */
#include "module/group/group_int.h"

uint16_t ptt_group_sip_status(enum ptt_err err)
{
	switch (err) {
	case PTT_OK:
		return 200;
	case PTT_ERR_MALFORMED:
		return 400;
	case PTT_ERR_AUTH:
		return 403;
	case PTT_ERR_NO_KEY:
		return 404;
	case PTT_ERR_UNSUPPORTED:
		return 488;
	case PTT_ERR_MISMATCH:
		return 488;
	case PTT_ERR_NO_SPACE:
		return 486;
	case PTT_ERR_REPLAY:
		return 403;
	case PTT_ERR_EXHAUSTED:
	case PTT_ERR_BUSY:
		return 503;
	case PTT_ERR_SYSTEM:
		return 500;
	}
	return 500;
}
