/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/gba/utc.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* Spec: XML Schema dateTime; TS 24.109 asks for "Z"; an offset is accepted too. */
static enum ptt_err zone_get(int64_t *offset_s, const char *text)
{
	int hours = 0, minutes = 0, used = 0;

	*offset_s = 0;
	if (*text == '.') {
		size_t digits = strspn(text + 1, "0123456789");

		if (digits == 0)
			return PTT_ERR_MALFORMED;
		text += 1 + digits;
	}
	if (strcmp(text, "Z") == 0 || *text == '\0')
		return PTT_OK;
	if ((*text != '+' && *text != '-') || strlen(text) != 6 ||
		strspn(text + 1, "0123456789") != 2 || text[3] != ':' ||
		sscanf(text + 1, "%2d:%2d%n", &hours, &minutes, &used) != 2 || used != 5 ||
		hours > 14 || minutes > 59)
		return PTT_ERR_MALFORMED;
	*offset_s = ((int64_t)hours * 60 + minutes) * 60;
	if (*text == '-')
		*offset_s = -*offset_s;
	return PTT_OK;
}

enum ptt_err ptt_utc_get(int64_t *out, const char *text)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd";
	struct tm tm = {0}, again;
	int64_t offset_s;
	time_t when;

	for (size_t i = 0; i < sizeof(form) - 1; i++)
		if (form[i] == 'd' ? !(text[i] >= '0' && text[i] <= '9') : text[i] != form[i])
			return PTT_ERR_MALFORMED;
	if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
		    &tm.tm_hour, &tm.tm_min, &tm.tm_sec) != 6)
		return PTT_ERR_MALFORMED;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	again = tm;
	when = timegm(&again);
	/* timegm() turns the 32nd into a day of the next month: refuse a date that it changed. */
	if (again.tm_mon != tm.tm_mon || again.tm_mday != tm.tm_mday ||
		again.tm_hour != tm.tm_hour || again.tm_min != tm.tm_min ||
		again.tm_sec != tm.tm_sec)
		return PTT_ERR_MALFORMED;
	PTT_TRY(zone_get(&offset_s, text + sizeof(form) - 1));
	*out = (int64_t)when - offset_s;
	return PTT_OK;
}

enum ptt_err ptt_utc_put(char out[PTT_UTC_SIZE], int64_t utc_s)
{
	time_t when = (time_t)utc_s;
	struct tm tm;

	if (!gmtime_r(&when, &tm) || tm.tm_year < 0 || tm.tm_year > 9999 - 1900 ||
		strftime(out, PTT_UTC_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return PTT_ERR_MALFORMED;
	return PTT_OK;
}
