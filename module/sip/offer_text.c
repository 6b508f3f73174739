/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/sip/offer_text.h"

#include <arpa/inet.h>
#include <sofia-sip/hostdomain.h>
#include <sofia-sip/url.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/bytes.h"

static void put(struct ptt_writer *wr, const char *label, const char *text)
{
	ptt_write_str(wr, label);
	ptt_write_str(wr, text);
}

/* Request line, and the headers that offer and ACK share. */
static void head_put(struct ptt_writer *wr, const char *method, const struct ptt_offer_head *head)
{
	const struct ptt_dialog *dialog = head->dialog;
	struct ptt_route route = ptt_dialog_route(dialog);

	put(wr, method, " ");
	ptt_write_bytes(wr, route.uri);
	ptt_write_str(wr, " SIP/2.0\r\nv: ");
	put(wr, head->via->via, ";branch=");
	put(wr, head->branch, ";rport\r\nMax-Forwards: 70\r\n");
	if (route.routes[0] || route.strict)
		put(wr, "Route: ", route.routes);
	if (route.strict) {
		put(wr, route.routes[0] ? ",<" : "<", dialog->remote_target);
		ptt_write_str(wr, ">");
	}
	if (route.routes[0] || route.strict)
		ptt_write_str(wr, "\r\n");
	put(wr, "f: <", dialog->local_uri);
	put(wr, ">;tag=", dialog->local_tag);
	put(wr, "\r\nt: <", dialog->remote_uri);
	put(wr, ">;tag=", dialog->remote_tag);
	put(wr, "\r\ni: ", dialog->call_id);
	ptt_write_str(wr, "\r\nCSeq: ");
	ptt_write_decimal(wr, head->cseq);
	put(wr, " ", method);
	ptt_write_str(wr, "\r\n");
}

enum ptt_err ptt_offer_invite_put(char out[PTT_OFFER_TEXT_MAX], size_t *len,
	const struct ptt_offer_head *head, struct ptt_bytes body)
{
	struct ptt_writer wr = ptt_writer_of((uint8_t *)out, PTT_OFFER_TEXT_MAX);

	head_put(&wr, head->update ? "UPDATE" : "INVITE", head);
	put(&wr, "m: <", head->dialog->listener->contact);
	ptt_write_str(&wr, ">\r\n");
	if (head->dialog->session
			.interval_s) { /* RFC 4028 7.4: an offer without it ends the timer */
		ptt_write_str(&wr, "k: timer\r\nx: ");
		ptt_write_decimal(&wr, head->dialog->session.interval_s);
		put(&wr, ";refresher=", head->dialog->session.refresher ? "uac\r\n" : "uas\r\n");
	}
	if (head->dialog->session.interval_s && head->dialog->session.min_s) {
		ptt_write_str(&wr, "Min-SE: ");
		ptt_write_decimal(&wr, head->dialog->session.min_s);
		ptt_write_str(&wr, "\r\n");
	}
	ptt_write_str(&wr, "c: application/sdp\r\nl: ");
	ptt_write_decimal(&wr, body.len);
	ptt_write_str(&wr, "\r\n\r\n");
	ptt_write_bytes(&wr, body);
	return ptt_writer_end(&wr, len);
}

enum ptt_err ptt_offer_ack_put(
	char out[PTT_OFFER_TEXT_MAX], size_t *len, const struct ptt_offer_head *head)
{
	struct ptt_writer wr = ptt_writer_of((uint8_t *)out, PTT_OFFER_TEXT_MAX);

	head_put(&wr, "ACK", head);
	ptt_write_str(&wr, "l: 0\r\n\r\n");
	return ptt_writer_end(&wr, len);
}

static enum ptt_err peer_get(struct ptt_hop *out, const char *peer)
{
	const char *colon = strrchr(peer, ':');
	size_t len = colon ? (size_t)(colon - peer) : 0;

	if (len == 0 || len >= sizeof(out->host) || strlen(colon + 1) >= sizeof(out->port))
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
				       sizeof(out->transport)) > (isize_t)sizeof(out->transport))
		return PTT_ERR_MALFORMED;
	if (url->url_type == url_sips)
		strcpy(out->transport, "tls");
	for (char *c = out->transport; *c; c++)
		*c = (char)(*c | 0x20);
	return PTT_OK;
}

static const char *port_of(const struct ptt_hop *hop, const url_t *url)
{
	if (url->url_port && url->url_port[0])
		return url->url_port;
	return strcmp(hop->transport, "tls") == 0 ? "5061" : "5060";
}

/* Family 0 stays if the host is no IP address: Sofia's transport can still send there. */
static void address_get(struct ptt_hop *hop)
{
	char host[sizeof(hop->host)], *end;
	bool brackets = hop->host[0] == '[';
	struct sockaddr_in *to4 = (void *)&hop->to;
	unsigned long port = strtoul(hop->port, &end, 10);

	if (*end || port == 0 || port > UINT16_MAX)
		return;
	strcpy(host, hop->host + brackets);
	if (brackets)
		host[strcspn(host, "]")] = '\0';
	if (inet_pton(AF_INET, host, &to4->sin_addr) == 1)
		to4->sin_family = AF_INET;
	else if (inet_pton(AF_INET6, host, &hop->to.sin6_addr) == 1)
		hop->to.sin6_family = AF_INET6;
	hop->to.sin6_port = htons((uint16_t)port); /* sockaddr_in has its port at the same offset */
}

enum ptt_err ptt_hop_get(struct ptt_hop *out, const struct ptt_dialog *dialog)
{
	char text[1024];
	const char *port;
	url_t url;

	memset(out, 0, sizeof(*out));
	PTT_TRY(first_uri(text, sizeof(text),
		dialog->route_set[0] ? dialog->route_set : dialog->remote_target));
	if (url_d(&url, text) < 0 || (url.url_type != url_sip && url.url_type != url_sips) ||
		!url.url_host)
		return PTT_ERR_MALFORMED;
	PTT_TRY(transport_get(out, &url));
	if (!host_is_ip_address(url.url_host)) {
		PTT_TRY(peer_get(out, dialog->peer));
		address_get(out);
		return PTT_OK;
	}
	port = port_of(out, &url);
	if (strlen(url.url_host) >= sizeof(out->host))
		return PTT_ERR_MALFORMED;
	if (strlen(port) >= sizeof(out->port))
		return PTT_ERR_NO_SPACE;
	strcpy(out->host, url.url_host);
	strcpy(out->port, port);
	address_get(out);
	return PTT_OK;
}
