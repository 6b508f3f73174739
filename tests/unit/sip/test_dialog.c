/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The dialog and its table: texts, look-up, reservations (docs/wire.md section 6), save. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "module/sip/dialog.h"
#include "module/store/store.h"
#include "tests/unit/check_main.h"

static struct ptt_dialog *make(const char *call_id, const char *local_tag)
{
	const struct ptt_dialog_texts texts = {.call_id = call_id,
		.local_tag = local_tag,
		.remote_tag = "r",
		.remote_target = "sip:u@192.0.2.1"};
	struct ptt_dialog *dialog;

	ck_assert_int_eq(ptt_dialog_new(&dialog, &texts), PTT_OK);
	return dialog;
}

/* RFC 3261 12.2.1.1: the URI of a strict first router is the Request-URI. */
START_TEST(route)
{
	static const struct {
		const char *route_set, *uri, *routes;
	} cases[] = {
		{"", "sip:u@192.0.2.1", ""},
		{"<sip:p.example;lr>,<sip:q.example>", "sip:u@192.0.2.1",
			"<sip:p.example;lr>,<sip:q.example>"},
		{"<sip:p.example;LR=on>", "sip:u@192.0.2.1", "<sip:p.example;LR=on>"},
		{"<sip:p.example;transport=tcp;lr>", "sip:u@192.0.2.1",
			"<sip:p.example;transport=tcp;lr>"},
		{"<sip:p.example;lrx>,<sip:q.example;lr>", "sip:p.example;lrx",
			"<sip:q.example;lr>"},
		{"<sip:p.example>;lr", "sip:p.example", ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct ptt_dialog_texts texts = {.call_id = "c",
			.local_tag = "l",
			.remote_tag = "r",
			.remote_target = "sip:u@192.0.2.1",
			.route_set = cases[i].route_set};
		struct ptt_dialog *dialog;
		struct ptt_route got;

		ck_assert_int_eq(ptt_dialog_new(&dialog, &texts), PTT_OK);
		got = ptt_dialog_route(dialog);
		ck_assert(ptt_bytes_equal(got.uri, ptt_bytes_of_str(cases[i].uri)));
		ck_assert_str_eq(got.routes, cases[i].routes);
		ck_assert_int_eq(got.strict, strcmp(cases[i].uri, texts.remote_target) != 0);
		ptt_dialog_free(dialog);
	}
}
END_TEST

START_TEST(table)
{
	enum { COUNT = 5000 };
	static struct ptt_dialog *dialog[COUNT];
	struct ptt_table all = {0};
	char call_id[32];

	ck_assert_ptr_null(ptt_dialog_find(&all, "c", "l", "r"));
	for (int i = 0; i < COUNT; i++) {
		snprintf(call_id, sizeof(call_id), "c%d", i / 2);
		dialog[i] = make(call_id, i % 2 ? "odd" : "even");
		ck_assert_int_eq(ptt_table_add(&all, &dialog[i]->node,
					 ptt_dialog_hash(call_id, dialog[i]->local_tag)),
			PTT_OK);
	}
	ck_assert_uint_eq(all.count, COUNT);
	for (int i = 0; i < COUNT; i++) {
		ck_assert_ptr_eq(
			ptt_dialog_find(&all, dialog[i]->call_id, dialog[i]->local_tag, "r"),
			dialog[i]);
		ck_assert_ptr_null(
			ptt_dialog_find(&all, dialog[i]->call_id, dialog[i]->local_tag, "x"));
	}
	for (int i = 0; i < COUNT; i += 2) {
		ptt_table_remove(&all, &dialog[i]->node);
		ptt_table_remove(&all, &dialog[i]->node);
		ck_assert_ptr_null(ptt_dialog_find(&all, dialog[i]->call_id, "even", NULL));
		ptt_dialog_free(dialog[i]);
	}
	ck_assert_uint_eq(all.count, COUNT / 2);
	while (ptt_table_any(&all)) {
		struct ptt_dialog *one = (struct ptt_dialog *)ptt_table_any(&all);

		ptt_table_remove(&all, &one->node);
		ptt_dialog_free(one);
	}
	ptt_table_wipe(&all);
}
END_TEST

START_TEST(reservations)
{
	struct ptt_dialog *dialog = make("c", "l");
	uint32_t version;

	for (uint32_t i = 1; i <= PTT_STORE_BLOCK; i++) {
		ck_assert_int_eq(
			ptt_dialog_needs_reserve(dialog), i - 1 > PTT_STORE_BLOCK * 9 / 10);
		ck_assert_int_eq(ptt_dialog_next_version(dialog, &version), PTT_OK);
		ck_assert_uint_eq(version, i);
	}
	ck_assert_int_eq(ptt_dialog_next_version(dialog, &version), PTT_ERR_EXHAUSTED);
	ptt_dialog_set_reserved(dialog, 1, 1);
	ck_assert_int_eq(ptt_dialog_next_version(dialog, &version), PTT_ERR_EXHAUSTED);
	ptt_dialog_set_reserved(dialog, 5000, 5000);
	ck_assert(!ptt_dialog_needs_reserve(dialog));
	ck_assert_int_eq(ptt_dialog_next_version(dialog, &version), PTT_OK);
	ck_assert_uint_eq(version, PTT_STORE_BLOCK + 1);
	ptt_dialog_free(dialog);
}
END_TEST

START_TEST(saved)
{
	static const struct ptt_listener listener = {
		.contact = "sip:127.0.0.1:5060;transport=tcp", .transport = "tcp"};
	struct ptt_dialog *dialog = make("c", "l");
	struct ptt_dialog_row row;
	char transport[128];

	dialog->listener = &listener;
	strcpy(dialog->peer, "192.0.2.1:5062");
	dialog->remote_cseq = 9;
	ck_assert_int_eq(ptt_dialog_set_target(dialog, "sip:other@192.0.2.2"), PTT_OK);
	ck_assert_int_eq(ptt_dialog_set_btid(dialog, "second@bsf"), PTT_OK);
	ptt_dialog_save(dialog, &row, transport);
	ck_assert_str_eq(row.transport, "tcp sip:127.0.0.1:5060;transport=tcp 192.0.2.1:5062");
	ck_assert_str_eq(row.remote_target, "sip:other@192.0.2.2");
	ck_assert_str_eq(row.btid, "second@bsf");
	ck_assert_str_eq(row.call_id, "c");
	ck_assert_str_eq(row.route_set, "");
	ck_assert_uint_eq(row.remote_cseq, 9);
	ck_assert_uint_eq(row.cseq_reserved, 1 + PTT_STORE_BLOCK);
	ptt_dialog_free(dialog);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("dialog");

	tcase_add_test(tc, route);
	tcase_add_test(tc, table);
	tcase_add_test(tc, reservations);
	tcase_add_test(tc, saved);
	return check_run_case("dialog", tc);
}
