# SPDX-License-Identifier: LGPL-2.1-or-later
noinst_LTLIBRARIES += module/group/libptt-group.la
module_group_libptt_group_la_SOURCES = \
	module/group/departures.c module/group/env.h module/group/event_package.c \
	module/group/event_package.h module/group/event_text.c module/group/event_text.h \
	module/group/group.c module/group/group.h module/group/group_control.c \
	module/group/group_int.h module/group/group_keys.c module/group/group_keys.h \
	module/group/group_start.c module/group/groups.c module/group/join.c \
	module/group/join_response.c module/group/media_row.c module/group/media_row.h module/group/member.c module/group/member.h \
	module/group/member_body.c module/group/member_muk.c module/group/member_row.c \
	module/group/msk_numbers.c module/group/msk_numbers.h module/group/muk.c \
	module/group/muk.h module/group/muk_expiry.c module/group/offer.c module/group/offer_results.c \
	module/group/offer_window.c module/group/refer.c module/group/refuse.c \
	module/group/rekey_actions.c module/group/sip_binding.c module/group/sip_status.c \
	module/group/tick.c
