/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file xml.h
 * Text as XML carries it, in an element and in a quoted attribute alike.
 * Spec: XML 1.0 section 2.4.
 */
#ifndef PTT_XML_H
#define PTT_XML_H

#include "crypto/bytes.h"

/** The entity for a markup character (& < > " '), NULL for any other. */
const char *ptt_xml_entity(char c);
/** Writes @p text, each markup character as its entity. Control characters are the caller's to refuse. */
void ptt_xml_write(struct ptt_writer *wr, const char *text);

#endif
