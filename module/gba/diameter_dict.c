/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/gba/diameter_dict.h"

static struct dict_object *app, *vendor, *bir;
static struct dict_object *models[PTT_AVP_COUNT];

struct dict_object *ptt_diameter_app(void)
{
	return app;
}

struct dict_object *ptt_diameter_vendor(void)
{
	return vendor;
}

struct dict_object *ptt_diameter_command(void)
{
	return bir;
}

struct dict_object *ptt_diameter_avp(enum ptt_diameter_avp_id id)
{
	return models[id];
}

/* TS 29.109 table 6.1: all with V and M. */
static const struct {
	avp_code_t code;
	const char *name;
	enum dict_avp_basetype type;
} ours[] = {
	[PTT_AVP_USER_SEC_SETTINGS] = {400, "GBA-UserSecSettings", AVP_TYPE_OCTETSTRING},
	[PTT_AVP_TRANSACTION_ID] = {401, "Transaction-Identifier", AVP_TYPE_OCTETSTRING},
	[PTT_AVP_NAF_ID] = {402, "NAF-Id", AVP_TYPE_OCTETSTRING},
	[PTT_AVP_GAA_SERVICE] = {403, "GAA-Service-Identifier", AVP_TYPE_OCTETSTRING},
	[PTT_AVP_KEY_EXPIRY] = {404, "Key-ExpiryTime", AVP_TYPE_OCTETSTRING},
	[PTT_AVP_ME_KEY] = {405, "ME-Key-Material", AVP_TYPE_OCTETSTRING},
	[PTT_AVP_UICC_KEY] = {406, "UICC-Key-Material", AVP_TYPE_OCTETSTRING},
	[PTT_AVP_GBA_U_AWARE] = {407, "GBA_U-Awareness-Indicator", AVP_TYPE_INTEGER32},
	[PTT_AVP_CREATED] = {408, "BootstrapInfoCreationTime", AVP_TYPE_OCTETSTRING},
	[PTT_AVP_GBA_TYPE] = {410, "GBA-Type", AVP_TYPE_INTEGER32},
};

static const struct {
	enum ptt_diameter_avp_id id;
	const char *name;
} base[] = {
	{PTT_AVP_USER_NAME, "User-Name"},
	{PTT_AVP_RESULT, "Result-Code"},
	{PTT_AVP_EXPERIMENTAL, "Experimental-Result"},
	{PTT_AVP_EXPERIMENTAL_CODE, "Experimental-Result-Code"},
	{PTT_AVP_VENDOR_ID, "Vendor-Id"},
	{PTT_AVP_AUTH_APP, "Auth-Application-Id"},
	{PTT_AVP_VENDOR_APP, "Vendor-Specific-Application-Id"},
	{PTT_AVP_AUTH_STATE, "Auth-Session-State"},
	{PTT_AVP_TO_REALM, "Destination-Realm"},
	{PTT_AVP_TO_HOST, "Destination-Host"},
};
_Static_assert(sizeof(ours) / sizeof(ours[0]) + sizeof(base) / sizeof(base[0]) == PTT_AVP_COUNT,
	"each AVP is made here or is of the base protocol");

static int add_commands(struct dictionary *dict)
{
	struct dict_cmd_data data = {PTT_DIAMETER_BIR, (char *)"Bootstrapping-Info-Request",
		CMD_FLAG_REQUEST | CMD_FLAG_PROXIABLE, CMD_FLAG_REQUEST | CMD_FLAG_PROXIABLE};
	int bad = fd_dict_new(dict, DICT_COMMAND, &data, app, &bir);

	data.cmd_name = (char *)"Bootstrapping-Info-Answer";
	data.cmd_flag_val = CMD_FLAG_PROXIABLE;
	return bad | fd_dict_new(dict, DICT_COMMAND, &data, app, NULL);
}

enum ptt_err ptt_diameter_dict(void)
{
	struct dictionary *dict = fd_g_config->cnf_dict;
	struct dict_vendor_data vendor_data = {PTT_DIAMETER_3GPP, (char *)"3GPP"};
	struct dict_application_data app_data = {PTT_DIAMETER_ZN, (char *)"3GPP Zn"};
	int bad = fd_dict_new(dict, DICT_VENDOR, &vendor_data, NULL, &vendor);

	bad |= fd_dict_new(dict, DICT_APPLICATION, &app_data, vendor, &app);
	if (!bad)
		bad = add_commands(dict);
	for (size_t i = 0; !bad && i < sizeof(ours) / sizeof(ours[0]); i++) {
		struct dict_avp_data data = {ours[i].code, PTT_DIAMETER_3GPP,
			(char *)(uintptr_t)ours[i].name, AVP_FLAG_VENDOR, AVP_FLAG_VENDOR,
			ours[i].type};

		bad = fd_dict_new(dict, DICT_AVP, &data, NULL, &models[i]);
	}
	for (size_t i = 0; !bad && i < sizeof(base) / sizeof(base[0]); i++)
		bad = fd_dict_search(
			dict, DICT_AVP, AVP_BY_NAME, base[i].name, &models[base[i].id], ENOENT);
	return bad ? PTT_ERR_SYSTEM : PTT_OK;
}
