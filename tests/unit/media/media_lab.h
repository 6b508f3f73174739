/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file media_lab.h
 * A private network for tests of the user plane: a namespace of its own with lo up, where it may be
 * had.
 */
#ifndef PTT_MEDIA_LAB_H
#define PTT_MEDIA_LAB_H

#include "crypto/secret.h"
#include "module/media/media.h"

#define LAB_GROUP  "233.252.0.17"
#define LAB_SOURCE "127.0.0.1"

/**
 * Enters a network namespace (as root or by a user namespace); without one lo of the host must do.
 */
void lab_enter(void);
/** An AES-CM MTK made of one byte. */
struct ptt_mtk lab_mtk(uint8_t fill);
/** Three free consecutive UDP ports for a channel. */
uint16_t lab_ports(void);
/** A plain UDP socket on @p address, any port; the port comes back. */
int lab_socket(const char *address, uint16_t *port);
/** Sends to 127.0.0.1. */
void lab_send(int fd, const void *data, size_t len, uint16_t port);
/** Waits for a datagram, 2 s at most; 0 = none came. */
size_t lab_recv(int fd, uint8_t *buf, size_t size);

#endif
