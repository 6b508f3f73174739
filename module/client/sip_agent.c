/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The UE's agent: one, on a free port, for the transport that reaches the server. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sofia-sip/su_log.h>
#include <sofia-sip/tport_tag.h>

#include "module/client/ue_dialog.h"
#include "module/base/log.h"
#include "module/base/via_class.h"

extern su_log_t tport_log[]; /* no header of Sofia declares it */

#define SYSTEM_CA "/etc/ssl/certs/ca-certificates.crt"

static sip_contact_t *contact_make(struct ptt_sip_client *sc)
{
	sip_contact_t *contact = sip_contact_dup(sc->home, nta_agent_contact(sc->agent));
	url_t *impu = url_hdup(sc->home, (const url_t *)sc->param.impu);

	if (!contact || !impu)
		return NULL;
	contact->m_url->url_user = impu->url_user;
	contact->m_display = NULL;
	return contact;
}

static enum ptt_err transport_get(char out[16], struct ptt_sip_client *sc)
{
	url_t *server = url_hdup(sc->home, (const url_t *)sc->param.server);

	strcpy(out, "udp");
	if (!server || (server->url_type != url_sip && server->url_type != url_sips) ||
		!server->url_host)
		return PTT_ERR_MALFORMED;
	if (url_param(server->url_params, "transport", out, 16) >= 16)
		return PTT_ERR_MALFORMED;
	if (server->url_type == url_sips)
		strcpy(out, "tls");
	sc->tls.used = strcasecmp(out, "tls") == 0;
	return sc->tls.used || strcasecmp(out, "udp") == 0 || strcasecmp(out, "tcp") == 0
		       ? PTT_OK
		       : PTT_ERR_MALFORMED;
}

static void on_tls_failed(su_root_magic_t *magic, su_timer_t *timer, su_timer_arg_t *arg)
{
	struct ptt_sip_client *sc = (struct ptt_sip_client *)arg;

	(void)magic, (void)timer;
	if (sc->state != PTT_SIP_JOINING || !sc->invite)
		return;
	nta_outgoing_destroy(sc->invite);
	sc->invite = NULL;
	ptt_ue_dialog_end(sc, PTT_SIP_END_ERROR, 503, sc->tls.error);
}

/* Sofia writes the reason of a failed handshake only to its log. Reading the log here ends the
 * INVITE at once instead of at its timeout. */
static void on_tport_log(void *stream, const char *format, va_list ap)
{
	static const char error[] = "  err ", name[] = "Peer Subject Mismatch";
	struct ptt_sip_client *sc = stream;
	char line[256];
	const char *why;

	vsnprintf(line, sizeof(line), format, ap);
	line[strcspn(line, "\n")] = '\0';
	if (strncmp(line, error, strlen(error)) == 0)
		why = line + strlen(error);
	else if (strstr(line, name))
		why = "it is for another name";
	else {
		ptt_log(PTT_LOG_DEBUG, "sofia", "text=%s", line);
		return;
	}
	ptt_log(PTT_LOG_WARN, "certificate-refused", "server=%s text=%s", sc->param.server, why);
	snprintf(sc->tls.error, sizeof(sc->tls.error),
		"certificate of the server not trusted: %.180s (see --ca)", why);
	su_timer_set_interval(sc->tls.timer, on_tls_failed, (su_timer_arg_t *)sc, 1);
}

static enum ptt_err watch_tls(struct ptt_sip_client *sc)
{
	sc->tls.timer = su_timer_create(su_root_task(sc->param.root), 0);
	if (!sc->tls.timer)
		return PTT_ERR_SYSTEM;
	su_log_set_level(tport_log, 3);
	su_log_redirect(tport_log, on_tport_log, sc);
	return PTT_OK;
}

void ptt_ue_dialog_agent_free(struct ptt_sip_client *sc)
{
	if (sc->tls.timer) {
		su_log_redirect(tport_log, NULL, NULL);
		su_timer_destroy(sc->tls.timer);
	}
	if (sc->agent)
		nta_agent_destroy(sc->agent);
}

enum ptt_err ptt_ue_dialog_agent(struct ptt_sip_client *sc)
{
	const char *v6 = strchr(sc->param.address, ':');
	struct ptt_tls_files files = sc->param.tls;
	struct ptt_tls_folder folder = {""};
	char transport[16], url[128];
	const msg_mclass_t *messages = ptt_via_class();

	if (!messages)
		return PTT_ERR_SYSTEM;
	PTT_TRY(transport_get(transport, sc));
	if (!files.ca || !files.ca[0])
		files.ca = access(SYSTEM_CA, R_OK) == 0 ? SYSTEM_CA : NULL;
	if (sc->tls.used)
		PTT_TRY(watch_tls(sc));
	if (sc->tls.used && ptt_tls_folder_make(&folder, &files) != 0)
		return PTT_ERR_SYSTEM;
	if (sc->tls.used) /* Sofia selects TLS by the scheme only */
		snprintf(url, sizeof(url), v6 ? "sips:[%s]:*" : "sips:%s:*", sc->param.address);
	else
		snprintf(url, sizeof(url), v6 ? "sip:[%s]:*;transport=%s" : "sip:%s:*;transport=%s",
			sc->param.address, transport);
	/* Without a limit on UDP, requests stay on the transport that --server names. */
	sc->agent = nta_agent_create(sc->param.root, URL_STRING_MAKE(url), NULL, NULL, NTATAG_UA(1),
		NTATAG_UDP_MTU(65535), NTATAG_MCLASS(messages),
		TAG_IF(sc->tls.used, TPTAG_CERTIFICATE(folder.path)),
		TAG_IF(sc->tls.used, TPTAG_TLS_VERIFY_POLICY(TPTLS_VERIFY_SUBJECTS_OUT)),
		TAG_END());
	ptt_tls_folder_remove(&folder);
	if (!sc->agent)
		return PTT_ERR_SYSTEM;
	sc->contact = contact_make(sc);
	return sc->contact ? PTT_OK : PTT_ERR_SYSTEM;
}
