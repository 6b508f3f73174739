/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/sip/sip_internal.h"

void ptt_sip_refuse(
	nta_incoming_t *irq, int status, const char *phrase, tag_type_t tag, tag_value_t value, ...)
{
	ta_list ta;

	ta_start(ta, tag, value);
	nta_incoming_treply(irq, status, phrase, ta_tags(ta));
	ta_end(ta);
	nta_incoming_destroy(irq);
}
