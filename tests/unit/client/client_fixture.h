/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The PF's half of the key exchange, for tests of the client: seals messages, writes offers. */
#ifndef PTT_CLIENT_FIXTURE_H
#define PTT_CLIENT_FIXTURE_H

#include "module/client/ue_session.h"

#define FIX_BTID "ccWAElfnahzjzwLmhxxbwA==@bsf.poc.example.org"
#define FIX_NAF  "pf1.poc.example.org"

struct fix_pf {
	struct ptt_mikey_ctx ctx;
	struct ptt_muk muk;
	const char *btid, *naf;
	uint32_t counter, mtk_counter; /* the next ones */
	bool verify;
	enum ptt_suite suite;
	uint8_t out[PTT_MIKEY_SEALED_MAX];
};

void fix_pf_init(struct fix_pf *pf);
void fix_pf_wipe(struct fix_pf *pf);
/* Key group 7; the MSK's bytes are all `number`, its RAND too. Points into pf->out. */
struct ptt_bytes fix_msk(struct fix_pf *pf, uint16_t number, uint16_t seql, uint16_t sequ);
struct ptt_bytes fix_mtk(struct fix_pf *pf, uint16_t number, uint16_t mtk_id);
/* A body of the PF with unicast lines and, if mikey is not NULL, the channel. */
size_t fix_offer(char *out, size_t size, const struct ptt_bytes *mikey, unsigned version);
void fix_channel(struct ptt_channel_sdp *out);

/* A UE that has its MUK and has made its offer, and the PF it is to hear from. */
struct fix_client {
	struct fix_pf pf;
	struct ptt_rekey_client *keys;
	struct ptt_ue_session *session;
	char body[PTT_SDP_BODY_SIZE]; /* the offer written last, of either side */
	struct ptt_ue_result res;
};

void fix_client_init(struct fix_client *ue, enum ptt_ue_join join, bool refuse_channel);
void fix_client_wipe(struct fix_client *ue);
/* The PF's offer of MSK `number`, not yet given to the UE. Points into ue->body. */
struct ptt_bytes fix_client_write_offer(struct fix_client *ue, uint16_t number, unsigned version);

#endif
