/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/server/rekey_text.h"

#include <sofia-sip/hostdomain.h>
#include <sofia-sip/url.h>
#include <stdio.h>
#include <string.h>

static enum ptt_err fits(size_t *len, int written, size_t size)
{
	if (written < 0 || (size_t)written >= size)
		return PTT_ERR_NO_SPACE;
	*len = (size_t)written;
	return PTT_OK;
}

/* Request line and the headers both requests share. */
static enum ptt_err head_put(
	char *out, size_t *len, const char *method, const struct ptt_rekey_head *head)
{
	const struct ptt_dialog *dialog = head->dialog;
	bool routed = dialog->route_set[0] != '\0';
	int written = snprintf(out, PTT_REKEY_TEXT_MAX,
		"%s %s SIP/2.0\r\n"
		"v: %s;branch=%s;rport\r\n"
		"Max-Forwards: 70\r\n"
		"%s%s%s"
		"f: <%s>;tag=%s\r\n"
		"t: <%s>;tag=%s\r\n"
		"i: %s\r\n"
		"CSeq: %u %s\r\n",
		method, dialog->remote_target, head->via->via, head->branch,
		routed ? "Route: " : "", dialog->route_set, routed ? "\r\n" : "", dialog->local_uri,
		dialog->local_tag, dialog->remote_uri, dialog->remote_tag, dialog->call_id,
		(unsigned)head->cseq, method);

	return fits(len, written, PTT_REKEY_TEXT_MAX);
}

enum ptt_err ptt_rekey_invite_put(char out[PTT_REKEY_TEXT_MAX], size_t *len,
	const struct ptt_rekey_head *head, struct ptt_bytes body)
{
	size_t first, second, left;

	PTT_TRY(head_put(out, &first, "INVITE", head));
	left = PTT_REKEY_TEXT_MAX - first;
	PTT_TRY(fits(&second,
		snprintf(out + first, left, "m: <%s>\r\nc: application/sdp\r\nl: %zu\r\n\r\n",
			head->dialog->listener->contact, body.len),
		left));
	first += second;
	if (body.len > PTT_REKEY_TEXT_MAX - first)
		return PTT_ERR_NO_SPACE;
	memcpy(out + first, body.data, body.len);
	*len = first + body.len;
	return PTT_OK;
}

enum ptt_err ptt_rekey_ack_put(
	char out[PTT_REKEY_TEXT_MAX], size_t *len, const struct ptt_rekey_head *head)
{
	size_t first, second, left;

	PTT_TRY(head_put(out, &first, "ACK", head));
	left = PTT_REKEY_TEXT_MAX - first;
	PTT_TRY(fits(&second, snprintf(out + first, left, "l: 0\r\n\r\n"), left));
	*len = first + second;
	return PTT_OK;
}

static enum ptt_err peer_get(struct ptt_hop *out, const char *peer)
{
	const char *colon = strrchr(peer, ':');
	size_t len = colon ? (size_t)(colon - peer) : 0;

	if (len == 0 || len >= sizeof out->host || strlen(colon + 1) >= sizeof out->port)
		return PTT_ERR_MALFORMED;
	memcpy(out->host, peer, len);
	out->host[len] = '\0';
	strcpy(out->port, colon + 1);
	return PTT_OK;
}

/* The first URI of "<a>,<b>", or the whole text. */
static enum ptt_err first_uri(char *out, size_t size, const char *text)
{
	const char *end = text + strlen(text);

	if (*text == '<') {
		text++;
		end = strchr(text, '>');
	}
	if (!end || (size_t)(end - text) >= size)
		return PTT_ERR_MALFORMED;
	memcpy(out, text, (size_t)(end - text));
	out[end - text] = '\0';
	return PTT_OK;
}

static enum ptt_err transport_get(struct ptt_hop *out, const url_t *url)
{
	if (url->url_params && url_param(url->url_params, "transport", out->transport,
				       sizeof out->transport) > (isize_t)sizeof out->transport)
		return PTT_ERR_MALFORMED;
	if (url->url_type == url_sips)
		strcpy(out->transport, "tls");
	for (char *c = out->transport; *c; c++)
		*c = (char)(*c | 0x20);
	return PTT_OK;
}

enum ptt_err ptt_hop_get(struct ptt_hop *out, const struct ptt_dialog *dialog)
{
	char text[1024];
	url_t url;

	memset(out, 0, sizeof *out);
	PTT_TRY(first_uri(text, sizeof text,
		dialog->route_set[0] ? dialog->route_set : dialog->remote_target));
	if (url_d(&url, text) < 0 || (url.url_type != url_sip && url.url_type != url_sips) ||
		!url.url_host)
		return PTT_ERR_MALFORMED;
	PTT_TRY(transport_get(out, &url));
	if (!host_is_ip_address(url.url_host))
		return peer_get(out, dialog->peer);
	if (strlen(url.url_host) >= sizeof out->host)
		return PTT_ERR_MALFORMED;
	strcpy(out->host, url.url_host);
	return fits(&(size_t){0},
		snprintf(out->port, sizeof out->port, "%s",
			url.url_port && url.url_port[0]      ? url.url_port
			: strcmp(out->transport, "tls") == 0 ? "5061"
							     : "5060"),
		sizeof out->port);
}
