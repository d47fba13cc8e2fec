/* SPDX-License-Identifier: MIT */
#include "failing.h"
#include "store_rows.h"

/*
 * Loads that are stopped half way. Nobody can time that, but every step of a load asks for memory:
 * the flag is set at the nth request, for every n until the load comes to its end first.
 */

typedef struct trip {
    failing memory;
    uint64_t set_at; /* request; 0: never */
    churn_cancel *cancel;
} trip;

static void *trip_resize(void *user_data, void *ptr, size_t old_size, size_t new_size)
{
    trip *t = user_data;
    void *got = failing_resize(&t->memory, ptr, old_size, new_size);
    if (t->set_at != 0 && t->memory.requests >= t->set_at) {
        churn_cancel_set(t->cancel);
    }
    return got;
}

typedef struct load_case {
    uint32_t kind;
    bool replace;
    bool ids; /* of events */
} load_case;

#define ROWS 60

static void fill_rows(const load_case *c, any_record *rows)
{
    uint64_t state = 77 + c->kind;
    for (size_t i = 0; i < ROWS; i++) {
        random_record(&state, c->kind, &rows[i]);
        if (c->kind == KIND_EVENT && !c->ids) {
            rows[i].event.id = (churn_str){NULL, 0};
        }
    }
}

/* Where the load was stopped, how often; the last time it was not. */
static void check_stops(const load_case *c)
{
    static any_record rows[ROWS];
    const churn_slice slice = {
        .struct_size = sizeof slice, .from = CHURN_TIME_NONE, .to = CHURN_TIME_NONE};
    trip t = {.set_at = 0};
    churn_allocator allocator = {&t, trip_resize};
    churn_store_options made = {.struct_size = sizeof made, .allocator = &allocator};
    churn_store *store = NULL;
    uint64_t stopped = 0;
    fill_rows(c, rows);
    assert_ok(churn_store_create(&made, &store, NULL));
    assert_ok(add_batch(store, c->kind, rows, 30, NULL, NULL, NULL));
    uint64_t hash = hash_of(store), version = churn_store_version(store);
    for (uint64_t n = 1;; n++) {
        churn_load_report report = {.struct_size = sizeof report};
        assert_ok(churn_cancel_create(&t.cancel, NULL));
        churn_load_options options = {.struct_size = sizeof options,
                                      .cancel = t.cancel,
                                      .replace = c->replace ? &slice : NULL};
        t.set_at = t.memory.requests + n;
        churn_status st = add_batch(store, c->kind, rows + 20, 40, &options, &report, NULL);
        t.set_at = 0;
        churn_cancel_free(t.cancel);
        churn_table_free(report.rejections);
        if (st == CHURN_OK) {
            break;
        }
        assert_int_equal(st, CHURN_E_CANCELLED);
        assert_true(hash_of(store) == hash);
        assert_true(churn_store_version(store) == version);
        stopped++;
    }
    assert_true(stopped > 10);
    assert_true(hash_of(store) != hash);
    assert_false(t.memory.mismatch);
    churn_store_free(store);
    assert_int_equal(t.memory.blocks, 0);
}

static void load__stopped_anywhere__nothing_changed(void **arg)
{
    (void)arg;
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        check_stops(&(load_case){.kind = kind, .ids = true});
    }
    check_stops(&(load_case){.kind = KIND_EVENT});
    check_stops(&(load_case){.kind = KIND_EVENT, .replace = true});
    check_stops(&(load_case){.kind = KIND_EVENT, .ids = true, .replace = true});
    check_stops(&(load_case){.kind = KIND_TICKET, .replace = true});
}

static void load__done__all_rows_told(void **arg)
{
    any_record rows[ROWS];
    churn_store *store = store_new();
    churn_cancel *cancel = NULL;
    uint64_t done = 0, total = 0;
    (void)arg;
    fill_rows(&(load_case){.kind = KIND_TICKET}, rows);
    assert_ok(churn_cancel_create(&cancel, NULL));
    churn_load_options options = {.struct_size = sizeof options, .cancel = cancel};
    assert_ok(add_batch(store, KIND_TICKET, rows, ROWS, &options, NULL, NULL));
    churn_cancel_progress(cancel, &done, &total);
    assert_int_equal(done, ROWS);
    assert_int_equal(total, ROWS);
    churn_cancel_free(cancel);
    churn_store_free(store);
}

int main(void)
{
    const struct CMUnitTest cancel[] = {
        cmocka_unit_test(load__stopped_anywhere__nothing_changed),
        cmocka_unit_test(load__done__all_rows_told),
    };
    return RUN_TESTS(cancel);
}
