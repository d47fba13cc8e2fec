/* SPDX-License-Identifier: MIT */
#include "store_rows.h"

/* The same records make the same store on every way in, in any order, in any portions. */

#define ROWS 300

static churn_time *known_of(uint32_t kind, any_record *r)
{
    return (churn_time *)(void *)(r->bytes + field_of(kind, "known_at")->single);
}

/* Records whose keys differ. */
static size_t distinct_records(uint64_t *state, uint32_t kind, any_record *rows)
{
    size_t n = 0;
    for (size_t i = 0; i < ROWS; i++) {
        bool again = false;
        random_record(state, kind, &rows[n]);
        for (size_t j = 0; j < n && !again; j++) {
            again = same_key(kind, &rows[n], &rows[j]);
        }
        n += !again;
    }
    return n;
}

static void add_in_portions(churn_store *store, uint64_t *state, uint32_t kind,
                            const any_record *rows, size_t n)
{
    for (size_t i = 0; i < n;) {
        size_t left = n - i, count = 1 + chance(state, 40);
        churn_load_report report = {.struct_size = sizeof report};
        count = count > left ? left : count;
        if (chance(state, 3) == 0) {
            for (size_t j = 0; j < count; j++) {
                assert_ok(add_one(store, kind, &rows[i + j], NULL));
            }
        } else if (chance(state, 2) == 0) {
            assert_ok(add_batch(store, kind, rows + i, count, NULL, &report, NULL));
            assert_int_equal(report.seen, count);
            assert_int_equal(report.rejected, 0);
        } else {
            assert_ok(add_stream(store, kind, rows + i, count, &report, NULL));
            assert_int_equal(report.seen, count);
            assert_int_equal(report.rejected, 0);
        }
        if (chance(state, 4) == 0) {
            (void)churn_store_version(store);
        }
        i += count;
    }
}

static void add__any_order_and_portions__same_hash(void **arg)
{
    static any_record rows[ROWS];
    (void)arg;
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        uint64_t state = 77 + kind;
        for (int round = 0; round < 6; round++) {
            uint64_t expected = 0, records = 0;
            size_t n = distinct_records(&state, kind, rows);
            assert_true(n > 5);
            for (int way = 0; way < 4; way++) {
                churn_store *store = store_new();
                if (way == 0) {
                    assert_ok(add_batch(store, kind, rows, n, NULL, NULL, NULL));
                    expected = hash_of(store);
                    records = churn_store_record_count(store, churn__store_kinds[kind].record);
                    assert_true(records > 0);
                } else {
                    shuffle(&state, rows, n);
                    add_in_portions(store, &state, kind, rows, n);
                }
                assert_true(hash_of(store) == expected);
                assert_int_equal(churn_store_record_count(store, churn__store_kinds[kind].record),
                                 records);
                churn_store_free(store);
            }
        }
    }
}

static void add__the_same_again__changes_nothing(void **arg)
{
    static any_record rows[ROWS];
    (void)arg;
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        uint64_t state = 5 + kind;
        churn_store *store = store_new();
        churn_load_report report = {.struct_size = sizeof report};
        size_t n = distinct_records(&state, kind, rows);
        for (size_t i = 0; kind == KIND_EVENT && i < n; i++) {
            if (rows[i].event.id.ptr == NULL) { /* those are always new */
                rows[i--] = rows[--n];
            }
        }
        assert_ok(add_stream(store, kind, rows, n, &report, NULL));
        assert_int_equal(report.added + report.unchanged, n);
        uint64_t hash = hash_of(store), version = churn_store_version(store);
        shuffle(&state, rows, n);
        assert_ok(add_batch(store, kind, rows, n, NULL, &report, NULL));
        assert_int_equal(report.unchanged, n);
        assert_int_equal(report.added + report.updated + report.conflicting, 0);
        assert_null(report.rejections);
        for (size_t i = 0; i < n; i++) {
            assert_ok(add_one(store, kind, &rows[i], NULL));
        }
        assert_true(hash_of(store) == hash);
        assert_int_equal(churn_store_version(store), version);
        churn_store_free(store);
    }
}

static void add__versions_of_records__any_order_of_known_at(void **arg)
{
    static any_record rows[ROWS];
    (void)arg;
    for (uint32_t kind = KIND_EVENT; kind < KINDS; kind++) {
        uint64_t state = 900 + kind;
        uint64_t expected = 0;
        size_t n = distinct_records(&state, kind, rows), base = n;
        /* Later versions of some, each with its own known_at and content. */
        for (size_t i = 0; i < base && n < ROWS; i += 2) {
            any_record later = rows[i];
            for (uint32_t f = 0; f < churn__store_kinds[kind].field_count; f++) {
                const field *one = &churn__store_kinds[kind].fields[f];
                bool of_key = one->required || kind == KIND_SPEND;
                if ((one->type == FIELD_TEXT && !of_key) || one->type == FIELD_MONEY) {
                    random_optional(&state, one, &later);
                }
                if (one->type == FIELD_MONEY && one->required) {
                    int64_t amount = 12345;
                    memcpy(later.bytes + one->single, &amount, sizeof amount);
                }
            }
            *known_of(kind, &rows[i]) = T(200);
            *known_of(kind, &later) = T(201 + (int64_t)i);
            rows[n++] = later;
        }
        for (int way = 0; way < 4; way++) {
            churn_store *store = store_new();
            if (way == 0) {
                assert_ok(add_batch(store, kind, rows, n, NULL, NULL, NULL));
                expected = hash_of(store);
            } else if (way == 1) {
                add_in_portions(store, &state, kind, rows, n);
            } else {
                assert_ok(add_stream(store, kind, rows, n, NULL, NULL));
            }
            assert_true(hash_of(store) == expected);
            churn_store_free(store);
        }
    }
}

int main(void)
{
    const struct CMUnitTest store_ways[] = {
        cmocka_unit_test(add__any_order_and_portions__same_hash),
        cmocka_unit_test(add__the_same_again__changes_nothing),
        cmocka_unit_test(add__versions_of_records__any_order_of_known_at),
    };
    return RUN_TESTS(store_ways);
}
