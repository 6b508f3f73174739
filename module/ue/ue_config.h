/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file ue_config.h
 * What pttkey-ue is told: options of the command line, and the same names in a configuration file.
 *
 * "--sqn-file X" is `sqn_file = "X";` in the file. The command line wins.
 * Paths in a file are relative to it.
 */
#ifndef PTT_UE_CONFIG_H
#define PTT_UE_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "crypto/err.h"
#include "crypto/secret.h"
#include "module/client/ue_session.h"

#define PTT_UE_TEXT_SIZE 512

struct ptt_ue_config {
	char impi[PTT_UE_TEXT_SIZE], impu[PTT_UE_TEXT_SIZE];
	char k_hex[64], opc_hex[64]; /**< as given; k and opc below are what counts */
	char sqn_file[PTT_UE_TEXT_SIZE];
	char bsf[PTT_UE_TEXT_SIZE];      /**< URL */
	char bsf_host[PTT_UE_TEXT_SIZE]; /**< realm of the first request; "": from the URL */
	char naf[PTT_UE_TEXT_SIZE];      /**< the only NAF we answer to; "": any */
	char server[PTT_UE_TEXT_SIZE], group[PTT_UE_TEXT_SIZE];
	char address[PTT_UE_TEXT_SIZE];      /**< ours; "": by route to the server */
	char interface[PTT_UE_TEXT_SIZE];    /**< for the channel; "": by route */
	char talk[PTT_UE_TEXT_SIZE];         /**< WAV or "tone"; "": silent */
	char record[PTT_UE_TEXT_SIZE];       /**< WAV; "": none */
	char channel[PTT_UE_TEXT_SIZE];      /**< ADDR:AUDIO/FLOOR/KEY; "": the PF's offer */
	char audio_device[PTT_UE_TEXT_SIZE]; /**< of ALSA; "": none */
	char key_log[PTT_UE_TEXT_SIZE];      /**< laboratories only; "": none */
	char codec[PTT_UE_TEXT_SIZE];        /**< "AMR/8000/1" */
	/** PEM files for SIP over TLS; ca "": the system's authorities; cert and key "": none */
	char ca[PTT_UE_TEXT_SIZE], cert[PTT_UE_TEXT_SIZE], key[PTT_UE_TEXT_SIZE];
	char log_level[PTT_UE_TEXT_SIZE];
	char min_suite[64];    /**< "": any that we know */
	double for_s;          /**< 0: until a signal */
	double session_s;      /**< session timer; 0: none */
	char priority_text[8]; /**< as given */
	uint8_t priority;      /**< of requests for the floor, 1 .. 3; 0: none given, which is 1 */
	bool queue;            /**< may wait in the floor's queue */
	bool tone, loop, hostile, offerless, refuse_channel;
	bool commands; /**< lines on standard input */
	struct ptt_k k;
	struct ptt_opc opc;
	enum ptt_ue_join join;
	enum ptt_suite least_suite;
	struct ptt_channel_sdp own_channel; /**< with PTT_UE_JOIN_CHANNEL */
};

/**
 * Reads options, and the file that --config names.
 * @param text gets what is wrong, one line, "FILE:LINE: ..." where a file is to blame
 * Errors: MALFORMED with @p text; NO_KEY: --help or --version was asked for and answered on stdout.
 */
enum ptt_err ptt_ue_config_get(struct ptt_ue_config *out, char *text, size_t text_size, int argc,
	char **argv) PTT_MUST_CHECK;
void ptt_ue_config_wipe(struct ptt_ue_config *config);
/** "233.252.0.17:40000/40002/2269", "[ff3e::8000:17]:40000/40002/2269". Errors: MALFORMED. */
enum ptt_err ptt_ue_config_channel_get(
	struct ptt_channel_sdp *out, const char *text, const char *codec) PTT_MUST_CHECK;

#endif
