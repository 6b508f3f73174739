# SPDX-License-Identifier: LGPL-2.1-or-later
noinst_LTLIBRARIES += module/group/libptt-group.la
module_group_libptt_group_la_SOURCES = \
	module/group/answers.c module/group/conference.c module/group/conference.h \
	module/group/conference_control.c module/group/conference_start.c \
	module/group/event_package.c module/group/event_package.h module/group/event_text.c \
	module/group/event_text.h module/group/group_keys.c module/group/group_keys.h \
	module/group/join.c module/group/join_answer.c module/group/key_life.c \
	module/group/member.c module/group/member.h module/group/msk_numbers.c \
	module/group/msk_numbers.h module/group/rekey_offer.c module/group/rekey_server.c \
	module/group/user_key.c module/group/user_key.h
