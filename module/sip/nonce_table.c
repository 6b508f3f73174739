/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/sip/nonce_table.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/digest.h"
#include "crypto/random.h"
#include "crypto/secret.h"

enum { KEY_LEN = 32, BODY_LEN = 16, MAC_LEN = 16, BUCKETS = 4096, WAYS = 8 };

struct entry {
	uint64_t id;
	int64_t issued_ms; /* 0: free */
	uint32_t nc;
};

struct bucket {
	struct entry way[WAYS];
	int64_t floor_ms;
};

struct ptt_nonce_table {
	uint8_t key[KEY_LEN];
	int64_t life_ms;
	uint64_t made; /* numbers the nonces; only the MAC needs to be unpredictable */
	struct bucket bucket[BUCKETS];
};

enum ptt_err ptt_nonce_table_new(struct ptt_nonce_table **out, uint32_t life_ms)
{
	struct ptt_nonce_table *table = calloc(1, sizeof(*table));

	if (!table)
		return PTT_ERR_SYSTEM;
	table->life_ms = life_ms;
	if (ptt_random_key(table->key, sizeof(table->key)) != PTT_OK) {
		free(table);
		return PTT_ERR_SYSTEM;
	}
	*out = table;
	return PTT_OK;
}

void ptt_nonce_table_free(struct ptt_nonce_table *table)
{
	if (!table)
		return;
	ptt_wipe(table->key, sizeof(table->key));
	free(table);
}

static enum ptt_err sign(const struct ptt_nonce_table *table, uint8_t mac[PTT_HASH_SHA256_LEN],
	const uint8_t body[BODY_LEN])
{
	return ptt_hmac_sha256(mac, PTT_BYTES_OF(table->key), (struct ptt_bytes){body, BODY_LEN});
}

enum ptt_err ptt_nonce_make(struct ptt_nonce_table *table, char out[PTT_NONCE_SIZE], int64_t now_ms)
{
	uint8_t raw[BODY_LEN + PTT_HASH_SHA256_LEN];

	uint64_t id = ++table->made;

	for (int i = 0; i < 8; i++) {
		raw[i] = (uint8_t)((uint64_t)now_ms >> (56 - 8 * i));
		raw[8 + i] = (uint8_t)(id >> (56 - 8 * i));
	}
	PTT_TRY(sign(table, raw + BODY_LEN, raw));
	return ptt_hex_put(out, PTT_NONCE_SIZE, (struct ptt_bytes){raw, BODY_LEN + MAC_LEN});
}

/* The entry for a nonce not seen before: a free or expired one, or else the oldest, which raises
 * the floor. */
static struct entry *make_room(struct bucket *bucket, int64_t oldest_ms)
{
	struct entry *victim = &bucket->way[0];

	for (struct entry *way = bucket->way; way < bucket->way + WAYS; way++) {
		if (way->issued_ms < victim->issued_ms)
			victim = way;
	}
	if (victim->issued_ms >= oldest_ms && victim->issued_ms > bucket->floor_ms)
		bucket->floor_ms = victim->issued_ms;
	return victim;
}

static enum ptt_err count_up(
	struct bucket *bucket, uint64_t id, int64_t issued_ms, uint32_t nc, int64_t oldest_ms)
{
	struct entry *way;

	for (way = bucket->way; way < bucket->way + WAYS; way++) {
		if (way->issued_ms != issued_ms || way->id != id)
			continue;
		if (nc <= way->nc)
			return PTT_ERR_REPLAY;
		way->nc = nc;
		return PTT_OK;
	}
	if (issued_ms <= bucket->floor_ms || nc == 0)
		return PTT_ERR_REPLAY;
	way = make_room(bucket, oldest_ms);
	/* make_room() may have raised the floor above this nonce. Then its next use is stale, not
	 * this one. */
	*way = (struct entry){.id = id, .issued_ms = issued_ms, .nc = nc};
	return PTT_OK;
}

enum ptt_err ptt_nonce_use(
	struct ptt_nonce_table *table, struct ptt_bytes nonce, uint32_t nc, int64_t now_ms)
{
	uint8_t raw[BODY_LEN + MAC_LEN], mac[PTT_HASH_SHA256_LEN];
	uint64_t issued = 0, id = 0;
	size_t len;

	if (ptt_hex_get(raw, &len, sizeof(raw), (const char *)nonce.data, nonce.len) != PTT_OK ||
		len != sizeof(raw))
		return PTT_ERR_REPLAY;
	PTT_TRY(sign(table, mac, raw));
	if (!ptt_secret_equal(mac, raw + BODY_LEN, MAC_LEN))
		return PTT_ERR_REPLAY;
	for (int i = 0; i < 8; i++) {
		issued = issued << 8 | raw[i];
		id = id << 8 | raw[8 + i];
	}
	if ((int64_t)issued > now_ms || now_ms - (int64_t)issued > table->life_ms)
		return PTT_ERR_REPLAY;
	return count_up(
		&table->bucket[id % BUCKETS], id, (int64_t)issued, nc, now_ms - table->life_ms);
}

bool ptt_nonce_is_aging(const struct ptt_nonce_table *table, struct ptt_bytes nonce, int64_t now_ms)
{
	uint8_t raw[8];
	uint64_t issued = 0;
	size_t len;

	if (nonce.len < 16 ||
		ptt_hex_get(raw, &len, sizeof(raw), (const char *)nonce.data, 16) != PTT_OK)
		return false;
	for (size_t i = 0; i < sizeof(raw); i++)
		issued = issued << 8 | raw[i];
	return (int64_t)issued <= now_ms && now_ms - (int64_t)issued > table->life_ms / 2;
}
