/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/store/schema.h"

#include "module/store/rows.h"

/*
 * "wrapped" columns are nonce || AES-256-GCM || tag, with table and primary key as associated data.
 * "reserved" columns: every value below may have been used.
 * msk.mtk_reserved and intent.expelled are used no more: new rows have 0 and '' there.
 */
static const char version_1[] =
	"BEGIN IMMEDIATE;"
	/* a known text, wrapped: tells another KEK from a damaged row */
	"CREATE TABLE kek_check (one INTEGER PRIMARY KEY CHECK (one = 1), wrapped BLOB NOT NULL);"
	"CREATE TABLE subscriber (impi TEXT PRIMARY KEY, wrapped BLOB NOT NULL, sqn INTEGER NOT NULL,"
	" amf INTEGER NOT NULL, gba_u INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE impu (impu TEXT PRIMARY KEY, impi TEXT NOT NULL, place INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX impu_impi ON impu (impi, place);"
	"CREATE TABLE bootstrap (seq INTEGER PRIMARY KEY AUTOINCREMENT, btid TEXT NOT NULL UNIQUE,"
	" impi TEXT NOT NULL, wrapped BLOB NOT NULL, expires_utc_s INTEGER NOT NULL,"
	" reserved INTEGER NOT NULL, gba_u INTEGER NOT NULL);"
	"CREATE INDEX bootstrap_impi ON bootstrap (impi, seq);"
	"CREATE INDEX bootstrap_expires ON bootstrap (expires_utc_s);"
	/* a key group stays with its group for ever, also when the group has moved on to another */
	"CREATE TABLE key_group (key_group INTEGER PRIMARY KEY, uri TEXT NOT NULL);"
	"CREATE TABLE grp (uri TEXT PRIMARY KEY, key_group INTEGER NOT NULL, csb_id INTEGER NOT NULL,"
	" next_key_number INTEGER NOT NULL, generation INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE msk (msk_id INTEGER PRIMARY KEY, uri TEXT NOT NULL, generation INTEGER NOT NULL,"
	" state INTEGER NOT NULL, wrapped BLOB NOT NULL, mtk_id_reserved INTEGER NOT NULL,"
	" mtk_reserved INTEGER NOT NULL);"
	"CREATE TABLE sent (seq INTEGER PRIMARY KEY, uri TEXT NOT NULL, generation INTEGER NOT NULL,"
	" impis TEXT NOT NULL);"
	"CREATE INDEX sent_uri ON sent (uri, generation);"
	"CREATE TABLE ban (uri TEXT NOT NULL, impi TEXT NOT NULL, since_utc_s INTEGER NOT NULL,"
	" PRIMARY KEY (uri, impi)) WITHOUT ROWID;"
	"CREATE TABLE intent (uri TEXT PRIMARY KEY, generation INTEGER NOT NULL, reason INTEGER NOT NULL,"
	" deadline_ms INTEGER NOT NULL, boot_id TEXT NOT NULL, expelled TEXT NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE dialog (call_id TEXT NOT NULL, local_tag TEXT NOT NULL, remote_tag TEXT NOT NULL,"
	" local_uri TEXT NOT NULL, remote_uri TEXT NOT NULL, remote_target TEXT NOT NULL,"
	" route_set TEXT NOT NULL, transport TEXT NOT NULL, uri TEXT NOT NULL, impi TEXT NOT NULL,"
	" impu TEXT NOT NULL, btid TEXT NOT NULL, cseq_reserved INTEGER NOT NULL,"
	" o_version_reserved INTEGER NOT NULL, remote_cseq INTEGER NOT NULL, joined_utc_s INTEGER NOT NULL,"
	" flags INTEGER NOT NULL, media BLOB NOT NULL, PRIMARY KEY (call_id, local_tag, remote_tag))"
	" WITHOUT ROWID;"
	"PRAGMA user_version = 1;"
	"COMMIT;";

static const char version_2[] =
	"BEGIN IMMEDIATE;"
	"ALTER TABLE dialog ADD COLUMN allows_update INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE dialog ADD COLUMN session_s INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE dialog ADD COLUMN refresher INTEGER NOT NULL DEFAULT 0;"
	"PRAGMA user_version = 2;"
	"COMMIT;";

/* Version 2 kept the suite in the state, above its low four bits. */
static const char version_3[] = "BEGIN IMMEDIATE;"
				"ALTER TABLE msk ADD COLUMN suite INTEGER NOT NULL DEFAULT 0;"
				"UPDATE msk SET suite = state >> 4, state = state & 15;"
				"PRAGMA user_version = 3;"
				"COMMIT;";

/* Before version 4 a row of "sent" had a list of subscribers, a line each. */
static const char version_4[] =
	"BEGIN IMMEDIATE;"
	"CREATE TABLE sent_to (uri TEXT NOT NULL, generation INTEGER NOT NULL, impi TEXT NOT NULL,"
	" PRIMARY KEY (uri, generation, impi)) WITHOUT ROWID;"
	"WITH RECURSIVE list (uri, generation, impi, rest) AS (SELECT uri, generation, '', impis FROM sent"
	" UNION ALL SELECT uri, generation, substr(rest, 1, instr(rest, char(10)) - 1),"
	" substr(rest, instr(rest, char(10)) + 1) FROM list WHERE instr(rest, char(10)) > 0)"
	" INSERT OR IGNORE INTO sent_to SELECT uri, generation, impi FROM list WHERE impi <> '';"
	"DROP TABLE sent;"
	"PRAGMA user_version = 4;"
	"COMMIT;";

/*
 * Each start gives every dialog another block of numbers by one row: what a dialog's row says counts from there.
 * A former process that goes on beside the new one expects less than it finds, and gets no number any more.
 */
static const char version_5[] =
	"BEGIN IMMEDIATE;"
	"CREATE TABLE start (one INTEGER PRIMARY KEY CHECK (one = 1), count INTEGER NOT NULL);"
	"INSERT INTO start VALUES (1, 0);"
	"PRAGMA user_version = 5;"
	"COMMIT;";

/*
 * Before version 6 the counters of each MUK were reserved in its row. Now one row of numbers is behind them all, and a
 * MUK that was there counts from 0: above whatever it may have used.
 */
static const char version_6[] =
	"BEGIN IMMEDIATE;"
	"CREATE TABLE numbers (one INTEGER PRIMARY KEY CHECK (one = 1), reserved INTEGER NOT NULL);"
	"INSERT INTO numbers SELECT 1, coalesce(max(reserved), 0) FROM bootstrap;"
	"ALTER TABLE bootstrap RENAME COLUMN reserved TO born;"
	"UPDATE bootstrap SET born = 0;"
	"ALTER TABLE msk ADD COLUMN boot_id TEXT NOT NULL DEFAULT '';"
	"PRAGMA user_version = 6;"
	"COMMIT;";

const char *const ptt_schema_steps[PTT_SCHEMA_VERSION] = {
	version_1, version_2, version_3, version_4, version_5, version_6};

#define TEXT_OF(number) #number
#define TEXT(number)    TEXT_OF(number)
/* by so much more than its row says are a dialog's numbers reserved */
#define OF_STARTS "(SELECT count FROM start) * " TEXT(PTT_STORE_BLOCK)

#define ON_DIALOG          " WHERE call_id = ?1 AND local_tag = ?2 AND remote_tag = ?3"
#define SUBSCRIBER_COLUMNS "SELECT impi, wrapped, sqn, amf, gba_u FROM subscriber"
#define BOOTSTRAP_COLUMNS  "SELECT btid, impi, wrapped, expires_utc_s, born, gba_u FROM bootstrap"

/* clang-format off */
const struct ptt_stmt_text ptt_stmt_texts[PTT_STMT_COUNT] = {
	[PTT_STMT_PUT_SUBSCRIBER] = {"INSERT INTO subscriber VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (impi) DO UPDATE"
		" SET wrapped = ?2, sqn = max(sqn, ?3), amf = ?4, gba_u = ?5", true},
	[PTT_STMT_CLEAR_IMPUS] = {"DELETE FROM impu WHERE impi = ?1", false},
	[PTT_STMT_PUT_IMPU] = {"INSERT INTO impu VALUES (?1, ?2, ?3)", true},
	[PTT_STMT_DEL_SUBSCRIBER] = {"DELETE FROM subscriber WHERE impi = ?1", true},
	[PTT_STMT_PUT_BOOTSTRAP] = {"INSERT INTO bootstrap (btid, impi, wrapped, expires_utc_s, born, gba_u)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6)", true},
	[PTT_STMT_PRUNE_BOOTSTRAPS] = {"DELETE FROM bootstrap WHERE impi = ?1 AND seq NOT IN"
		" (SELECT seq FROM bootstrap WHERE impi = ?1 ORDER BY seq DESC LIMIT 4)", false},
	[PTT_STMT_DEL_BOOTSTRAP] = {"DELETE FROM bootstrap WHERE btid = ?1", false},
	[PTT_STMT_DEL_BOOTSTRAPS_OF] = {"DELETE FROM bootstrap WHERE impi = ?1", false},
	[PTT_STMT_PURGE_BOOTSTRAPS] = {"DELETE FROM bootstrap WHERE expires_utc_s < ?1", false},
	[PTT_STMT_CLAIM_KEY_GROUP] = {"INSERT INTO key_group VALUES (?1, ?2) ON CONFLICT (key_group) DO UPDATE"
		" SET uri = ?2 WHERE uri = ?2", true},
	[PTT_STMT_PUT_GROUP] = {"INSERT INTO grp VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (uri) DO UPDATE SET"
		" next_key_number = CASE WHEN key_group = ?2 THEN max(next_key_number, ?4) ELSE ?4 END,"
		" key_group = ?2, csb_id = ?3, generation = max(generation, ?5)", true},
	[PTT_STMT_PUT_MSK] = {"INSERT INTO msk VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7, ?8)", true},
	[PTT_STMT_PROMOTE_MSK] = {"UPDATE msk SET state = 1 WHERE uri = ?1 AND msk_id = ?2", true},
	[PTT_STMT_RETIRE_SENT] = {"DELETE FROM sent_to WHERE uri = ?1 AND generation ="
		" (SELECT generation FROM msk WHERE uri = ?1 AND msk_id = ?2)", false},
	[PTT_STMT_RETIRE_MSK] = {"DELETE FROM msk WHERE uri = ?1 AND msk_id = ?2", false},
	[PTT_STMT_RETIRE_SENT_BEFORE] = {"DELETE FROM sent_to WHERE uri = ?1 AND generation <"
		" (SELECT generation FROM msk WHERE uri = ?1 AND msk_id = ?2)", false},
	[PTT_STMT_RETIRE_MSKS_BEFORE] = {"DELETE FROM msk WHERE uri = ?1 AND generation <"
		" (SELECT generation FROM msk WHERE uri = ?1 AND msk_id = ?2)", false},
	[PTT_STMT_ADD_SENT] = {"INSERT OR IGNORE INTO sent_to VALUES (?1, ?2, ?3)", false},
	[PTT_STMT_PUT_BAN] = {"INSERT INTO ban VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING", false},
	[PTT_STMT_DEL_BAN] = {"DELETE FROM ban WHERE uri = ?1 AND impi = ?2", false},
	[PTT_STMT_PUT_INTENT] = {"INSERT OR REPLACE INTO intent VALUES (?1, ?2, ?3, ?4, ?5, '')", true},
	[PTT_STMT_DEL_INTENT] = {"DELETE FROM intent WHERE uri = ?1", false},
	[PTT_STMT_PUT_DIALOG] = {"INSERT INTO dialog VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,"
		" ?13 - " OF_STARTS ", ?14 - " OF_STARTS ", ?15, ?16, ?17, ?18, ?19, ?20, ?21)"
		" ON CONFLICT (call_id, local_tag, remote_tag) DO UPDATE SET"
		" local_uri = ?4, remote_uri = ?5, remote_target = ?6, route_set = ?7, transport = ?8, uri = ?9,"
		" impi = ?10, impu = ?11, btid = ?12, cseq_reserved = max(cseq_reserved, ?13 - " OF_STARTS "),"
		" o_version_reserved = max(o_version_reserved, ?14 - " OF_STARTS "), remote_cseq = max(remote_cseq, ?15),"
		" joined_utc_s = ?16, flags = ?17, media = ?18, allows_update = ?19, session_s = ?20, refresher = ?21",
		true},
	[PTT_STMT_DEL_DIALOG] = {"DELETE FROM dialog" ON_DIALOG, false},
	/* compare-and-swap: the last parameter but one is expected, the last is set */
	[PTT_STMT_RESERVE_SQN] = {"UPDATE subscriber SET sqn = ?3 WHERE impi = ?1 AND sqn = ?2", true},
	[PTT_STMT_RESERVE_NUMBERS] = {"UPDATE numbers SET reserved = ?2 WHERE reserved = ?1", true},
	[PTT_STMT_RESERVE_MTK_ID] = {"UPDATE msk SET mtk_id_reserved = ?4"
		" WHERE uri = ?1 AND msk_id = ?2 AND mtk_id_reserved = ?3", true},
	[PTT_STMT_RESERVE_CSEQ] = {"UPDATE dialog SET cseq_reserved = ?5 - " OF_STARTS ON_DIALOG
		" AND cseq_reserved = ?4 - " OF_STARTS, true},
	[PTT_STMT_RESERVE_O_VERSION] = {"UPDATE dialog SET o_version_reserved = ?5 - " OF_STARTS ON_DIALOG
		" AND o_version_reserved = ?4 - " OF_STARTS, true},
	[PTT_STMT_RESERVE_DIALOGS] = {"UPDATE start SET count = count + 1", true},
	[PTT_STMT_PUT_KEK_CHECK] = {"INSERT INTO kek_check VALUES (1, ?1) ON CONFLICT DO NOTHING", false},
	[PTT_STMT_GET_KEK_CHECK] = {"SELECT wrapped FROM kek_check", false},
	[PTT_STMT_GET_NUMBERS] = {"SELECT reserved FROM numbers", false},
	[PTT_STMT_GET_SUBSCRIBER] = {SUBSCRIBER_COLUMNS " WHERE impi = ?1", false},
	[PTT_STMT_FIND_SUBSCRIBER] = {"SELECT impi FROM impu WHERE impu = ?1", false},
	[PTT_STMT_GET_IMPUS] = {"SELECT impu FROM impu WHERE impi = ?1 ORDER BY place", false},
	[PTT_STMT_GET_BOOTSTRAP] = {BOOTSTRAP_COLUMNS " WHERE btid = ?1", false},
	[PTT_STMT_FIND_BOOTSTRAP] = {BOOTSTRAP_COLUMNS " WHERE impi = ?1 ORDER BY seq DESC LIMIT 1", false},
	[PTT_STMT_GET_GROUP] = {"SELECT uri, key_group, csb_id, next_key_number, generation FROM grp"
		" WHERE uri = ?1", false},
	[PTT_STMT_FREE_KEY_GROUP] = {"SELECT min(n) FROM (SELECT 1 AS n UNION ALL SELECT key_group + 1 FROM key_group)"
		" WHERE n NOT IN (SELECT key_group FROM key_group)", false},
	[PTT_STMT_GET_BAN] = {"SELECT since_utc_s FROM ban WHERE uri = ?1 AND impi = ?2", false},
	[PTT_STMT_EACH_SUBSCRIBER] = {SUBSCRIBER_COLUMNS " ORDER BY impi", false},
	[PTT_STMT_EACH_MSK] = {"SELECT uri, msk_id, generation, state, wrapped, mtk_id_reserved, suite,"
		" boot_id"
		" FROM msk WHERE uri = ?1 ORDER BY generation", false},
	[PTT_STMT_EACH_SENT] = {"SELECT generation, impi FROM sent_to WHERE uri = ?1", false},
	[PTT_STMT_EACH_BAN] = {"SELECT uri, impi, since_utc_s FROM ban WHERE ?1 IS NULL OR uri = ?1", false},
	[PTT_STMT_EACH_INTENT] = {"SELECT uri, generation, reason, deadline_ms, boot_id FROM intent", false},
	[PTT_STMT_EACH_DIALOG] = {"SELECT call_id, local_tag, remote_tag, local_uri, remote_uri, remote_target,"
		" route_set, transport, uri, impi, impu, btid, cseq_reserved + " OF_STARTS ","
		" o_version_reserved + " OF_STARTS ", remote_cseq,"
		" joined_utc_s, flags, media, allows_update, session_s, refresher FROM dialog", false},
};
/* clang-format on */
