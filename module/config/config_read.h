/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file config_read.h
 * Inside the configuration: settings as tables of fields. A field's name is what the file says; a
 * group of settings that holds another name is refused with the list of the table's names.
 */
#ifndef PTT_CONFIG_READ_H
#define PTT_CONFIG_READ_H

#include <libconfig.h>

#include "module/config/config.h"

struct ptt_config_alloc {
	struct ptt_config_alloc *next;
	char bytes[];
};

/** What is behind a struct ptt_config. */
struct ptt_config_loaded {
	struct ptt_config config; /* first: the one is got from the other */
	config_t raw;             /**< owns the texts */
	struct ptt_config_alloc *allocs;
	uint32_t max_members; /**< the default of the groups */
};

struct ptt_config_reader {
	struct ptt_config_loaded *loaded;
	char *text; /**< the first error */
	size_t text_size;
};

enum ptt_config_type {
	PTT_FIELD_TEXT, /**< const char *, not empty */
	PTT_FIELD_PATH, /**< const char *, resolved */
	PTT_FIELD_U8,
	PTT_FIELD_U16,
	PTT_FIELD_U32,
	PTT_FIELD_BOOL,
	PTT_FIELD_CHOICE, /**< an enum's int: the place of the text in the accepted words */
	PTT_FIELD_OTHER,  /**< fn reads it */
};

typedef enum ptt_err ptt_config_fn(
	struct ptt_config_reader *reader, void *base, const config_setting_t *setting);

struct ptt_config_field {
	const char *name;
	enum ptt_config_type type;
	bool required;
	size_t offset;     /**< in base */
	int64_t min, max;  /**< numbers */
	const char *words; /**< CHOICE: "a|b|c" */
	ptt_config_fn *fn; /**< OTHER: reads; others: checks more, may be NULL */
};

/** Reads a group of settings into @p base; @p fields ends with a NULL name. */
enum ptt_err ptt_config_read_fields(struct ptt_config_reader *reader, void *base,
	const struct ptt_config_field *fields, const config_setting_t *group) PTT_MUST_CHECK;
/** Sets the error text "FILE:LINE: ..." and gives MALFORMED. */
enum ptt_err ptt_config_fail(struct ptt_config_reader *reader, const config_setting_t *at,
	const char *format, ...) __attribute__((format(printf, 3, 4))) PTT_MUST_CHECK;
/** Zeroed memory that lives with the configuration; NULL if there is none. */
void *ptt_config_alloc(struct ptt_config_reader *reader, size_t len);
/** An array or list of texts; @p out holds as many as the setting has. */
enum ptt_err ptt_config_read_texts(struct ptt_config_reader *reader, const char **out,
	const config_setting_t *setting) PTT_MUST_CHECK;
bool ptt_config_is_sequence(const config_setting_t *setting);
/** A number in its range, or an error that names the range. */
enum ptt_err ptt_config_read_int(struct ptt_config_reader *reader, int64_t *out, int64_t min,
	int64_t max, const config_setting_t *setting) PTT_MUST_CHECK;

/** Reads the file into the raw settings. Errors: SYSTEM cannot be read; MALFORMED syntax. */
enum ptt_err ptt_config_parse(struct ptt_config_reader *reader, const char *path) PTT_MUST_CHECK;
/** config_gba.c: the settings naf, bsf and zn; what must hold for a server, for a BSF. */
extern const struct ptt_config_field ptt_config_naf_fields[], ptt_config_bsf_fields[],
	ptt_config_zn_fields[];
enum ptt_err ptt_config_check_gba(
	struct ptt_config_reader *reader, struct ptt_config *config) PTT_MUST_CHECK;
enum ptt_err ptt_config_check_bsf(
	struct ptt_config_reader *reader, struct ptt_config *config) PTT_MUST_CHECK;
/** ADDRESS:PORT, or an error. */
enum ptt_err ptt_config_check_address(struct ptt_config_reader *reader, const char *text,
	const config_setting_t *setting) PTT_MUST_CHECK;
/** config_channel.c: the setting `channel` of a group, and what it is where nothing is said. */
extern const struct ptt_config_channel ptt_config_channel_default;
enum ptt_err ptt_config_read_channel(struct ptt_config_reader *reader, void *base,
	const config_setting_t *setting) PTT_MUST_CHECK;
/** One address and a port in common. */
bool ptt_config_channel_shares(
	const struct ptt_config_channel *a, const struct ptt_config_channel *b);
/** The setting `groups` (config_groups.c). */
enum ptt_err ptt_config_read_groups(struct ptt_config_reader *reader, void *base,
	const config_setting_t *setting) PTT_MUST_CHECK;
/** Orders URIs as those compare: scheme and host in any case, parameters apart. */
int ptt_config_uri_compare(const char *a, const char *b);

#endif
