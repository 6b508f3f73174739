/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/config/config_read.h"

#define FILE_MAX (64 << 20) /* bytes; a file of this size is a mistake */

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum ptt_err ptt_config_fail(
	struct ptt_config_reader *reader, const config_setting_t *at, const char *format, ...)
{
	const char *file = config_setting_source_file(at);
	va_list args;
	int len;

	if (!file)
		file = reader->loaded->config.file;
	len = snprintf(
		reader->text, reader->text_size, "%s:%u: ", file, config_setting_source_line(at));
	if (len < 0 || (size_t)len >= reader->text_size)
		return PTT_ERR_MALFORMED;
	va_start(args, format);
	vsnprintf(reader->text + len, reader->text_size - (size_t)len, format, args);
	va_end(args);
	return PTT_ERR_MALFORMED;
}

void *ptt_config_alloc(struct ptt_config_reader *reader, size_t len)
{
	struct ptt_config_alloc *alloc = calloc(1, sizeof(*alloc) + len);

	if (!alloc)
		return NULL;
	alloc->next = reader->loaded->allocs;
	reader->loaded->allocs = alloc;
	return alloc->bytes;
}

bool ptt_config_is_sequence(const config_setting_t *setting)
{
	return config_setting_is_array(setting) || config_setting_is_list(setting);
}

enum ptt_err ptt_config_read_int(struct ptt_config_reader *reader, int64_t *out, int64_t min,
	int64_t max, const config_setting_t *setting)
{
	const char *name = config_setting_name(setting);
	int type = config_setting_type(setting);

	if (!name)
		name = config_setting_name(config_setting_parent(setting));
	*out = type == CONFIG_TYPE_INT     ? config_setting_get_int(setting)
	       : type == CONFIG_TYPE_INT64 ? config_setting_get_int64(setting)
					   : 0;
	if ((type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64) || *out < min || *out > max)
		return ptt_config_fail(reader, setting,
			"bad value for \"%s\"; accepted: a number, %" PRId64 " to %" PRId64, name,
			min, max);
	return PTT_OK;
}

static enum ptt_err read_text(
	struct ptt_config_reader *reader, const char **out, const config_setting_t *setting)
{
	const char *name = config_setting_name(setting);

	*out = config_setting_get_string(setting);
	if (!*out || **out == '\0')
		return ptt_config_fail(reader, setting,
			"bad value for \"%s\"; accepted: a text in quotes%s",
			name ? name : config_setting_name(config_setting_parent(setting)),
			*out ? ", not empty" : "");
	return PTT_OK;
}

enum ptt_err ptt_config_read_texts(
	struct ptt_config_reader *reader, const char **out, const config_setting_t *setting)
{
	int count = config_setting_length(setting);

	for (int i = 0; i < count; i++)
		PTT_TRY(read_text(reader, &out[i], config_setting_get_elem(setting, (unsigned)i)));
	return PTT_OK;
}

/** A relative path is one from the configuration file's folder. */
static enum ptt_err read_path(
	struct ptt_config_reader *reader, const char **out, const config_setting_t *setting)
{
	const char *file = reader->loaded->config.file;
	const char *slash = strrchr(file, '/');
	size_t folder = !slash ? 0 : (size_t)(slash - file) + 1;
	const char *path;
	size_t len;
	char *full;

	PTT_TRY(read_text(reader, &path, setting));
	if (path[0] == '/')
		folder = 0;
	len = folder + strlen(path) + 1;
	full = ptt_config_alloc(reader, len);
	if (!full)
		return PTT_ERR_SYSTEM;
	snprintf(full, len, "%.*s%s", (int)folder, file, path);
	*out = full;
	return PTT_OK;
}

static enum ptt_err read_choice(struct ptt_config_reader *reader, unsigned *out, const char *words,
	const config_setting_t *setting)
{
	const char *text = config_setting_get_string(setting);
	const char *word = words;

	for (unsigned i = 0; text; i++) {
		size_t len = strcspn(word, "|");

		if (strlen(text) == len && memcmp(text, word, len) == 0) {
			*out = i;
			return PTT_OK;
		}
		if (word[len] == '\0')
			break;
		word += len + 1;
	}
	return ptt_config_fail(reader, setting, "bad value for \"%s\"; accepted: %s",
		config_setting_name(setting), words);
}

static enum ptt_err read_number(struct ptt_config_reader *reader, void *out,
	const struct ptt_config_field *field, const config_setting_t *setting)
{
	int64_t number;

	PTT_TRY(ptt_config_read_int(reader, &number, field->min, field->max, setting));
	if (field->type == PTT_FIELD_U8)
		*(uint8_t *)out = (uint8_t)number;
	else if (field->type == PTT_FIELD_U16)
		*(uint16_t *)out = (uint16_t)number;
	else
		*(uint32_t *)out = (uint32_t)number;
	return PTT_OK;
}

static enum ptt_err read_value(struct ptt_config_reader *reader, void *out,
	const struct ptt_config_field *field, const config_setting_t *setting)
{
	switch (field->type) {
	case PTT_FIELD_TEXT:
		return read_text(reader, out, setting);
	case PTT_FIELD_PATH:
		return read_path(reader, out, setting);
	case PTT_FIELD_BOOL:
		if (config_setting_type(setting) != CONFIG_TYPE_BOOL)
			return ptt_config_fail(reader, setting,
				"bad value for \"%s\"; accepted: true, false", field->name);
		*(bool *)out = config_setting_get_bool(setting) != 0;
		return PTT_OK;
	case PTT_FIELD_CHOICE:
		return read_choice(reader, out, field->words, setting);
	case PTT_FIELD_OTHER:
		return PTT_OK;
	default:
		return read_number(reader, out, field, setting);
	}
}

/** "a, b, c": the names a group of settings may hold. */
static void list_names(char *out, size_t size, const struct ptt_config_field *fields)
{
	size_t len = 0;

	out[0] = '\0';
	for (; fields->name && len < size; fields++)
		len += (size_t)snprintf(
			out + len, size - len, "%s%s", len > 0 ? ", " : "", fields->name);
}

static enum ptt_err read_one(struct ptt_config_reader *reader, void *base,
	const struct ptt_config_field *fields, const config_setting_t *setting)
{
	const char *name = config_setting_name(setting);
	char names[400];

	for (const struct ptt_config_field *field = fields; field->name; field++) {
		if (strcmp(field->name, name) != 0)
			continue;
		PTT_TRY(read_value(reader, (char *)base + field->offset, field, setting));
		return !field->fn ? PTT_OK : field->fn(reader, base, setting);
	}
	list_names(names, sizeof(names), fields);
	return ptt_config_fail(
		reader, setting, "unknown setting \"%s\"; accepted: %s", name, names);
}

enum ptt_err ptt_config_read_fields(struct ptt_config_reader *reader, void *base,
	const struct ptt_config_field *fields, const config_setting_t *group)
{
	const char *name = config_setting_name(group);
	int count = config_setting_length(group);

	if (!config_setting_is_group(group))
		return ptt_config_fail(reader, group,
			"bad value for \"%s\"; accepted: settings in braces",
			name ? name : "groups");
	for (int i = 0; i < count; i++)
		PTT_TRY(read_one(
			reader, base, fields, config_setting_get_elem(group, (unsigned)i)));
	for (const struct ptt_config_field *field = fields; field->name; field++) {
		if (field->required && !config_setting_get_member(group, field->name))
			return ptt_config_fail(reader, group, "\"%s\" is missing%s%s", field->name,
				name ? " in " : "", name ? name : "");
	}
	return PTT_OK;
}

enum ptt_err ptt_config_parse(struct ptt_config_reader *reader, const char *path)
{
	config_t *raw = &reader->loaded->raw;
	const char *slash = strrchr(path, '/');
	char folder[4096];
	struct stat st;

	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > FILE_MAX) {
		snprintf(reader->text, reader->text_size, "%s: %s", path,
			stat(path, &st) != 0 ? strerror(errno) : "no regular file of up to 64 MiB");
		return PTT_ERR_SYSTEM;
	}
	snprintf(folder, sizeof(folder), "%.*s", !slash ? 1 : (int)(slash - path + 1),
		!slash ? "." : path);
	config_set_include_dir(raw, folder);
	if (config_read_file(raw, path) == CONFIG_TRUE)
		return PTT_OK;
	if (config_error_type(raw) == CONFIG_ERR_FILE_IO)
		snprintf(reader->text, reader->text_size, "%s: cannot be read: %s", path,
			strerror(errno));
	else
		snprintf(reader->text, reader->text_size,
			"%s:%d: %s; accepted: libconfig syntax, name = value;",
			config_error_file(raw) ? config_error_file(raw) : path,
			config_error_line(raw), config_error_text(raw));
	return config_error_type(raw) == CONFIG_ERR_FILE_IO ? PTT_ERR_SYSTEM : PTT_ERR_MALFORMED;
}
