/* SPDX-License-Identifier: MIT */
#include "company.h"

#include "base/hash.h"
#include "engine/engine_internal.h"

/* States of engines by their bytes: those of before there were held bands, and damaged ones. */

#define HEADER CHURN__STATE_HEADER

/* With the checksum that belongs to them. Freed by the caller. */
static uint8_t *with_header(uint8_t version, const uint8_t *body, size_t size)
{
    uint8_t *bytes = malloc(size + HEADER);
    assert_non_null(bytes);
    memset(bytes, 0, HEADER);
    memcpy(bytes, CHURN__STATE_MAGIC, 8);
    bytes[8] = version;
    uint64_t sum = churn__hash64(body, size, 0);
    for (int i = 0; i < 8; i++) {
        bytes[12 + i] = (uint8_t)((uint64_t)size >> (8 * i));
        bytes[20 + i] = (uint8_t)(sum >> (8 * i));
    }
    memcpy(bytes + HEADER, body, size);
    return bytes;
}

static churn_status load(const company *c, uint8_t version, const uint8_t *body, size_t size,
                         churn_engine **out)
{
    uint8_t *bytes = with_header(version, body, size);
    churn_status st = churn_engine_load(bytes, size + HEADER, c->playbook, c->store, out, NULL);
    free(bytes);
    return st;
}

static uint64_t hash_of(churn_engine *engine)
{
    uint64_t hash = 0;
    assert_ok(churn_engine_hash(engine, &hash, NULL));
    return hash;
}

static void load__state_of_version_1__nobody_in_any_band(void **state)
{
    company c = {.playbook = NULL};
    churn_buffer *saved = NULL;
    churn_engine *old = NULL;
    churn_table *table = NULL;
    (void)state;
    company_open(&c);
    assert_ok(churn_engine_save(c.engine, &saved, NULL));
    /* hash of a playbook; no change, no evaluation, no score, no customer */
    const size_t behind = 8 + 8 + 8 + 4 + 8;
    const uint8_t *body = (const uint8_t *)churn_buffer_data(saved) + HEADER;
    assert_ok(load(&c, 1, body, churn_buffer_size(saved) - HEADER - behind, &old));
    assert_true(hash_of(old) == hash_of(c.engine));
    assert_ok(churn_engine_advance(old, NEW_YEAR, NULL, NULL, NULL));
    assert_ok(churn_engine_advance(c.engine, NEW_YEAR, NULL, NULL, NULL));
    assert_true(hash_of(old) == hash_of(c.engine));
    assert_ok(churn_engine_band_changes(old, NULL, &table, NULL));
    assert_true(churn_table_row_count(table) > 0);
    churn_table_free(table);
    churn_engine_free(old);
    churn_buffer_free(saved);
    company_close(&c);
}

/* Whatever a byte becomes, the state is refused, or is one that can be saved and goes on. */
static void load__each_byte_changed__refused_or_sound(void **state)
{
    company c = {.playbook = NULL};
    churn_buffer *saved = NULL;
    int refused = 0, taken = 0;
    (void)state;
    company_open(&c);
    assert_ok(
        churn_engine_replay(c.engine, NEW_YEAR, NEW_YEAR + 40 * DAY, 5 * DAY, NULL, NULL, NULL));
    assert_true(c.engine->bands.change_count > 0);
    assert_ok(churn_engine_save(c.engine, &saved, NULL));
    size_t size = churn_buffer_size(saved) - HEADER;
    uint8_t *body = malloc(size);
    assert_non_null(body);
    memcpy(body, (const uint8_t *)churn_buffer_data(saved) + HEADER, size);
    for (size_t i = 0; i < size; i++) {
        for (int bit = 0; bit < 8; bit += 3) {
            churn_engine *engine = NULL;
            body[i] ^= (uint8_t)(1u << bit);
            churn_status st = load(&c, 2, body, size, &engine);
            body[i] ^= (uint8_t)(1u << bit);
            refused += st != CHURN_OK;
            taken += st == CHURN_OK;
            if (st == CHURN_OK) {
                churn_status next =
                    churn_engine_advance(engine, NEW_YEAR + 60 * DAY, NULL, NULL, NULL);
                assert_true(next == CHURN_OK || next == CHURN_E_RANGE);
                (void)hash_of(engine);
            }
            churn_engine_free(engine);
        }
    }
    assert_true(refused > 100 && taken > 10);
    free(body);
    churn_buffer_free(saved);
    company_close(&c);
}

/* A cell is what the first evaluation of a million customers writes a million times. */
static void cell__of_a_customer_and_a_score__is_one_word(void **state)
{
    (void)state;
    assert_int_equal(sizeof(churn__band_cell), 8);
}

int main(void)
{
    const struct CMUnitTest engine_bands[] = {
        cmocka_unit_test(load__state_of_version_1__nobody_in_any_band),
        cmocka_unit_test(load__each_byte_changed__refused_or_sound),
        cmocka_unit_test(cell__of_a_customer_and_a_score__is_one_word),
    };
    return RUN_TESTS(engine_bands);
}
