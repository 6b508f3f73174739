/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file pttkey_capture.h
 * `pttkey lab capture --config FILE --out FILE [--interface IF] [--for SECONDS]`
 *    runs dumpcap on all that belongs to that server, until SIGINT, SIGTERM or the time has passed;
 *    then the key log stands beside the capture, as FILE.keys (0600).
 * `pttkey lab decrypt --in FILE --keys FILE --out FILE [--json]`
 *    copies a pcapng capture with the channel's SRTP and SRTCP opened.
 */
#ifndef PTTKEY_CAPTURE_H
#define PTTKEY_CAPTURE_H

/** @p argv[0] is "capture". @return the exit status: 0; 1 dumpcap or a
 * file failed; 2 usage, or no lab.key_log. */
int ptt_cmd_lab_capture(int argc, char **argv);
/** @p argv[0] is "decrypt". @return the exit status: 0; 1 a file cannot
 * be read or written; 2 usage. */
int ptt_cmd_lab_decrypt(int argc, char **argv);

#endif
