/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file ue_config.h
 * The configuration of pttkey-ue: options, or the same names in a configuration file.
 *
 * "--sqn-file X" is `sqn_file = "X";` in the file. An option overrides the file.
 * Paths in a file are relative to that file.
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
	/* the subscriber */
	char impi[PTT_UE_TEXT_SIZE], impu[PTT_UE_TEXT_SIZE];
	char k_hex[64], opc_hex[64]; /**< as given */
	struct ptt_k k;              /**< from k_hex */
	struct ptt_opc opc;          /**< from opc_hex */
	char sqn_file[PTT_UE_TEXT_SIZE];
	char bsf[PTT_UE_TEXT_SIZE];      /**< URL */
	char bsf_host[PTT_UE_TEXT_SIZE]; /**< realm of the first request; "": from the URL */
	char naf[PTT_UE_TEXT_SIZE];      /**< refuse challenges of any other NAF; "": accept all */

	/* SIP */
	char server[PTT_UE_TEXT_SIZE], group[PTT_UE_TEXT_SIZE];
	char address[PTT_UE_TEXT_SIZE]; /**< local; "": by route to the server */
	/** PEM files for SIP over TLS; ca "": the system's authorities; cert and key "": none */
	char ca[PTT_UE_TEXT_SIZE], cert[PTT_UE_TEXT_SIZE], key[PTT_UE_TEXT_SIZE];
	double session_s; /**< session timer; 0: none */

	/* the session */
	enum ptt_ue_join join;
	bool offerless, refuse_channel;
	char channel[PTT_UE_TEXT_SIZE];     /**< ADDR:AUDIO/FLOOR/KEY; "": the PF offers it */
	struct ptt_channel_sdp own_channel; /**< from channel, with PTT_UE_JOIN_CHANNEL */
	char interface[PTT_UE_TEXT_SIZE];   /**< of the channel; "": by route */
	char codec[PTT_UE_TEXT_SIZE];       /**< "AMR/8000/1" */
	char min_suite[64];                 /**< "": accept all */
	enum ptt_suite least_suite;         /**< from min_suite */

	/* audio and the floor */
	char talk[PTT_UE_TEXT_SIZE]; /**< WAV or "tone"; "": do not talk */
	bool tone, loop;
	bool queue;                          /**< offer to wait in the floor's queue */
	char priority_text[8];               /**< as given */
	uint8_t priority;                    /**< of floor requests, 1 .. 3; 0: none given, as 1 */
	char record[PTT_UE_TEXT_SIZE];       /**< WAV; "": none */
	char audio_device[PTT_UE_TEXT_SIZE]; /**< of ALSA; "": none */

	/* the run */
	double for_s;  /**< 0: until a signal */
	bool commands; /**< read commands from standard input */
	bool hostile;
	char key_log[PTT_UE_TEXT_SIZE]; /**< laboratories only; "": none */
	char log_level[PTT_UE_TEXT_SIZE];
};

/**
 * Reads options, and the file that --config names.
 * @param text gets the error, one line; "FILE:LINE: ..." for an error in a file
 * Errors: MALFORMED with @p text; NO_KEY: --help or --version was printed on stdout.
 */
enum ptt_err ptt_ue_config_get(struct ptt_ue_config *out, char *text, size_t text_size, int argc,
	char **argv) PTT_MUST_CHECK;
void ptt_ue_config_wipe(struct ptt_ue_config *config);
/** Reads "233.252.0.17:40000/40002/2269", "[ff3e::8000:17]:40000/40002/2269". Errors: MALFORMED. */
enum ptt_err ptt_ue_config_channel_get(
	struct ptt_channel_sdp *out, const char *text, const char *codec) PTT_MUST_CHECK;

#endif
