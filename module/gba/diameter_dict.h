/* SPDX-License-Identifier: LGPL-2.1-or-later */
/** @file diameter_dict.h  The AVPs of Zn in freeDiameter's dictionary. Inside gba only. */
#ifndef PTT_DIAMETER_DICT_H
#define PTT_DIAMETER_DICT_H

#include "module/gba/diameter_msg.h"

/** AVPs of TS 29.109 table 6.1, and of RFC 6733. */
enum ptt_diameter_avp_id {
	PTT_AVP_USER_SEC_SETTINGS,
	PTT_AVP_TRANSACTION_ID,
	PTT_AVP_NAF_ID,
	PTT_AVP_GAA_SERVICE,
	PTT_AVP_KEY_EXPIRY,
	PTT_AVP_ME_KEY,
	PTT_AVP_UICC_KEY,
	PTT_AVP_GBA_U_AWARE,
	PTT_AVP_CREATED,
	PTT_AVP_GBA_TYPE,
	PTT_AVP_USER_NAME,
	PTT_AVP_RESULT,
	PTT_AVP_EXPERIMENTAL,
	PTT_AVP_EXPERIMENTAL_CODE,
	PTT_AVP_VENDOR_ID,
	PTT_AVP_AUTH_APP,
	PTT_AVP_VENDOR_APP,
	PTT_AVP_AUTH_STATE,
	PTT_AVP_TO_REALM,
	PTT_AVP_TO_HOST,
	PTT_AVP_COUNT
};

/** Valid after ptt_diameter_dict(). */
struct dict_object *ptt_diameter_avp(enum ptt_diameter_avp_id id);

#endif
