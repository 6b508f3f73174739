/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/base/via_class.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <sofia-sip/msg_mclass.h>
#include <sofia-sip/msg_parser.h>
#include <sofia-sip/sip_parser.h>
#include <sofia-sip/sip_header.h>

static struct msg_hclass_s via_class[1];
static msg_mclass_t *message_class;

static void remove_param(sip_via_t *via, const char *name)
{
	msg_param_t *to = (msg_param_t *)via->v_params;
	size_t len = strlen(name);

	for (const msg_param_t *from = to; from && *from; from++)
		if (strncasecmp(*from, name, len) != 0 || ((*from)[len] && (*from)[len] != '='))
			*to++ = *from;
	if (to)
		*to = NULL;
}

/* Sofia calls this for each Via of a header line; sip_via_d() comes back here for the next one of the line. */
static issize_t parse(su_home_t *home, msg_header_t *header, char *text, isize_t len)
{
	static unsigned int depth; /* the agent's thread alone */
	const sip_t *message = (const sip_t *)msg_object((msg_t *)home);
	bool topmost = depth == 0 && message && !message->sip_via;
	issize_t result;

	depth++;
	result = sip_via_class->hc_parse(home, header, text, len);
	depth--;
	if (topmost) {
		remove_param((sip_via_t *)header, "maddr");
		((sip_via_t *)header)->v_maddr = NULL;
	}
	return result;
}

/* Headers that Sofia makes itself keep its own class, which must stay in the table behind ours: Sofia looks a class
 * up by its address, and a name by the first class that has it. */
static bool put_before(msg_mclass_t *mc)
{
	unsigned int at = 0, size = (unsigned int)mc->mc_hash_size;

	while (at < size && mc->mc_hash[at].hr_class != sip_via_class)
		at++;
	if (at == size)
		return false;
	for (unsigned int i = 1; i < size; i++) {
		msg_href_t *free_slot = &mc->mc_hash[(at + i) % size];

		if (free_slot->hr_class)
			continue;
		*free_slot = mc->mc_hash[at];
		mc->mc_hash[at].hr_class = via_class;
		mc->mc_hash_used++;
		if (mc->mc_short)
			((msg_href_t *)mc->mc_short)['v' - 'a'].hr_class = via_class;
		return true;
	}
	return false;
}

const msg_mclass_t *ptt_via_class(void)
{
	const msg_mclass_t *plain = sip_default_mclass();
	msg_mclass_t *mc;

	if (message_class)
		return message_class;
	mc = msg_mclass_clone(plain, plain->mc_hash_size * 2, 0);
	if (!mc)
		return NULL;
	via_class[0] = sip_via_class[0];
	via_class->hc_parse = parse;
	if (!put_before(mc)) {
		free(mc);
		return NULL;
	}
	return message_class = mc;
}
