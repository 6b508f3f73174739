/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/base/uri.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

struct text {
	char *at, *end; /* of the output; at beyond end: no space */
};

static void put(struct text *out, char c)
{
	if (out->at < out->end)
		*out->at = c;
	out->at++;
}

static int hex_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_unreserved(int c)
{
	return c < 0x80 && c != 0 && (isalnum(c) || strchr("-_.!~*'()", c));
}

/* One character of a user part: as it is, or an escape in its one form. NULL: not a character of a URI. */
static const char *put_user_char(struct text *out, const char *in)
{
	int high, low;

	if (*in != '%') {
		if ((unsigned char)*in <= ' ' || (unsigned char)*in >= 0x7f || strchr("<>\"@", *in))
			return NULL;
		put(out, *in);
		return in + 1;
	}
	high = hex_of(in[1]);
	low = high < 0 ? -1 : hex_of(in[2]);
	if (low < 0)
		return NULL;
	if (is_unreserved(high * 16 + low)) {
		put(out, (char)(high * 16 + low));
	} else {
		put(out, '%');
		put(out, (char)toupper((unsigned char)in[1]));
		put(out, (char)toupper((unsigned char)in[2]));
	}
	return in + 3;
}

/* The end of the host: what is behind it is a port, parameters or headers. NULL: it is no host. */
static const char *host_end(const char *host)
{
	size_t len;

	if (*host == '[') {
		len = 1 + strspn(host + 1, "0123456789abcdefABCDEF:.");
		return len > 2 && host[len] == ']' ? host + len + 1 : NULL;
	}
	len = strspn(host, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-_");
	return len > 0 && host[0] != '.' ? host + len : NULL;
}

static enum ptt_err put_host(struct text *out, const char *host, unsigned int default_port)
{
	const char *end = host_end(host), *last = end;
	unsigned int port = 0;

	if (!end)
		return PTT_ERR_MALFORMED;
	if (last[-1] == '.')
		last--;
	for (const char *c = host; c < last; c++)
		put(out, (char)tolower((unsigned char)*c));
	if (*end == ':') {
		for (end++; isdigit((unsigned char)*end) && port <= 65535; end++)
			port = port * 10 + (unsigned int)(*end - '0');
		if (port == 0 || port > 65535)
			return PTT_ERR_MALFORMED;
	}
	if (*end && *end != ';' && *end != '?')
		return PTT_ERR_MALFORMED;
	if (port != 0 && port != default_port) {
		char digits[5];
		int n = 0;

		put(out, ':');
		for (; port != 0; port /= 10)
			digits[n++] = (char)('0' + port % 10);
		while (n > 0)
			put(out, digits[--n]);
	}
	return PTT_OK;
}

static enum ptt_err put_sip(struct text *out, const char *in, unsigned int default_port)
{
	const char *at = strchr(in, '@');

	for (const char *c = "sip:"; *c; c++)
		put(out, *c);
	if (at) {
		const char *user = in;

		while (user < at)
			if (!(user = put_user_char(out, user)))
				return PTT_ERR_MALFORMED;
		if (user != at || at == in)
			return PTT_ERR_MALFORMED;
		put(out, '@');
		in = at + 1;
	}
	return put_host(out, in, default_port);
}

static enum ptt_err put_tel(struct text *out, const char *in)
{
	bool digits = false;

	for (const char *c = "tel:"; *c; c++)
		put(out, *c);
	for (; *in && *in != ';'; in++) {
		if (strchr("-.()", *in))
			continue;
		if (hex_of(*in) < 0 && !strchr("*#", *in) && !(*in == '+' && !digits))
			return PTT_ERR_MALFORMED;
		digits = true;
		put(out, (char)tolower((unsigned char)*in));
	}
	for (; *in; in++) {
		if ((unsigned char)*in <= ' ' || (unsigned char)*in >= 0x7f || strchr("<>\"@", *in))
			return PTT_ERR_MALFORMED;
		put(out, (char)tolower((unsigned char)*in));
	}
	return digits ? PTT_OK : PTT_ERR_MALFORMED;
}

enum ptt_err ptt_uri_canonical(char *out, size_t size, const char *text)
{
	char form[PTT_URI_SIZE];
	struct text to = {form, form + sizeof(form)};
	enum ptt_err err;

	if (strncasecmp(text, "sip:", 4) == 0)
		err = put_sip(&to, text + 4, 5060);
	else if (strncasecmp(text, "sips:", 5) == 0)
		err = put_sip(&to, text + 5, 5061);
	else if (strncasecmp(text, "tel:", 4) == 0)
		err = put_tel(&to, text + 4);
	else
		err = PTT_ERR_MALFORMED;
	if (err != PTT_OK)
		return err;
	put(&to, '\0');
	if (to.at > to.end || (size_t)(to.at - form) > size)
		return PTT_ERR_NO_SPACE;
	memcpy(out, form, (size_t)(to.at - form));
	return PTT_OK;
}

bool ptt_uri_same(const char *a, const char *b)
{
	char x[PTT_URI_SIZE], y[PTT_URI_SIZE];

	return ptt_uri_canonical(x, sizeof(x), a) == PTT_OK &&
	       ptt_uri_canonical(y, sizeof(y), b) == PTT_OK && strcmp(x, y) == 0;
}
