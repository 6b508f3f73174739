/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>

#include "module/sip/sip_internal.h"

static enum ptt_err url_put(char *out, size_t size, const url_t *url)
{
	issize_t len;

	if ((url->url_type != url_sip && url->url_type != url_sips) || !url->url_host)
		return PTT_ERR_MALFORMED;
	len = url_e(out, (isize_t)size, url);
	return len > 0 && (size_t)len < size ? PTT_OK : PTT_ERR_NO_SPACE;
}

enum ptt_err ptt_sip_uri_put(char out[PTT_SIP_URI_SIZE], const url_t *url)
{
	url_t bare = *url;

	bare.url_params = bare.url_headers = bare.url_fragment = bare.url_path = NULL;
	bare.url_password = NULL;
	return url_put(out, PTT_SIP_URI_SIZE, &bare);
}

enum ptt_err ptt_sip_target_put(char *out, size_t size, const url_t *url)
{
	url_t target = *url;

	target.url_headers = target.url_fragment = NULL;
	return url_put(out, size, &target);
}

enum ptt_err ptt_sip_route_put(char *out, size_t size, const sip_record_route_t *list)
{
	char uri[512];
	size_t used = 0;

	out[0] = '\0';
	for (; list; list = list->r_next) {
		int len;

		PTT_TRY(ptt_sip_target_put(uri, sizeof(uri), list->r_url));
		len = snprintf(out + used, size - used, "%s<%s>", used ? "," : "", uri);
		if (len < 0 || (size_t)len >= size - used)
			return PTT_ERR_NO_SPACE;
		used += (size_t)len;
	}
	return PTT_OK;
}

void ptt_sip_peer_put(char *out, size_t size, msg_t *msg)
{
	const su_sockaddr_t *from = msg_addr(msg);
	char host[64] = "";

	su_inet_ntop(from->su_family, SU_ADDR(from), host, sizeof(host));
	snprintf(out, size, from->su_family == AF_INET6 ? "[%s]:%u" : "%s:%u", host,
		(unsigned)ntohs(from->su_port));
}

void ptt_sip_body_get(struct ptt_sip_info *info, const sip_t *in)
{
	info->content_type = "";
	if (in->sip_payload && in->sip_payload->pl_len)
		info->body = (struct ptt_bytes){
			(const uint8_t *)in->sip_payload->pl_data, in->sip_payload->pl_len};
	if (info->body.len && in->sip_content_type && in->sip_content_type->c_type)
		info->content_type = in->sip_content_type->c_type;
}
