/* SPDX-License-Identifier: MIT */
#include "store_rows.h"

/* Events that come as columns go a quick way, block by block; what comes of it is what comes of the
 * same events one by one. */

#define ROWS 3000 /* several blocks, the last one short */

static const char *const names[] = {
    "acme",     "b",          "a customer with a name that is too long for short texts", "c", "",
    "\xff\xfe", "caf\xc3\xa9"};

static churn_event some_event(uint64_t *state, uint32_t row)
{
    static char made[ROWS][16];
    churn_event e = event_of(names[chance(state, 4)], "login", some_time(state, 90));
    if (chance(state, 9) == 0) { /* a customer who comes for the first time in the middle */
        (void)snprintf(made[row], sizeof made[row], "new%u", chance(state, ROWS));
        e.customer = text(made[row]);
    }
    e.type = text(chance(state, 3) == 0 ? "export" : "login");
    e.user = some_text(state);
    e.value = chance(state, 3) == 0 ? (double)NAN : chance(state, 100) / 4.0;
    switch (chance(state, 150)) {
    case 0:
        e.customer = text(names[4 + chance(state, 2)]);
        break;
    case 1:
        e.at = chance(state, 2) == 0 ? CHURN_TIME_NONE : CHURN_TIME_MAX + 5;
        break;
    case 2:
        e.value = (double)INFINITY;
        break;
    case 3:
        e.type = text("");
        break;
    case 4:
        e.user = text(names[5 + chance(state, 2)]);
        break;
    default:
        break;
    }
    return e;
}

static void only_plain(columns *c)
{
    churn_event_batch *batch = (void *)c->bytes;
    memset(&batch->id, 0, sizeof batch->id);
    memset(&batch->known_at, 0, sizeof batch->known_at);
}

static void add_events__random_rows__as_one_by_one(void **arg)
{
    static any_record rows[ROWS];
    uint64_t state = 4;
    (void)arg;
    for (int round = 0; round < 8; round++) {
        churn_store *one = store_new(), *many = store_new();
        uint64_t bad[ROWS], bad_count = 0;
        churn_load_report report = {.struct_size = sizeof report};
        columns c = {.owned_count = 0};
        for (uint32_t i = 0; i < ROWS; i++) {
            rows[i].event = some_event(&state, i);
            if (churn_store_add_event(one, &rows[i].event, NULL) != CHURN_OK) {
                bad[bad_count++] = i;
            }
        }
        columns_make(&c, KIND_EVENT, rows, ROWS);
        only_plain(&c);
        assert_ok(churn_store_add_events(many, (const void *)c.bytes, NULL, &report, NULL));
        assert_true(bad_count > 10);
        assert_int_equal(report.seen, ROWS);
        assert_int_equal(report.rejected, bad_count);
        assert_int_equal(report.added, ROWS - bad_count);
        for (uint64_t i = 0; i < bad_count; i++) {
            assert_int_equal(churn_table_int(report.rejections, i, 0), (int64_t)bad[i]);
        }
        assert_true(hash_of(one) == hash_of(many));
        assert_int_equal(churn_store_customer_count(one), churn_store_customer_count(many));
        churn_table_free(report.rejections);
        columns_free(&c);
        churn_store_free(one);
        churn_store_free(many);
    }
}

static void add_events__first_bad_row_of_strict__named(void **arg)
{
    static any_record rows[ROWS];
    columns c = {.owned_count = 0};
    churn_error err = {.struct_size = sizeof err};
    churn_load_options strict = {.struct_size = sizeof strict, .flags = CHURN_LOAD_STRICT};
    churn_store *store = store_new();
    (void)arg;
    for (uint32_t i = 0; i < ROWS; i++) {
        rows[i].event = event_of("acme", "login", T(i % 50));
    }
    rows[1700].event.value = (double)INFINITY;
    columns_make(&c, KIND_EVENT, rows, ROWS);
    only_plain(&c);
    assert_int_equal(churn_store_add_events(store, (const void *)c.bytes, &strict, NULL, &err),
                     CHURN_E_RANGE);
    assert_int_equal(err.row, 1700);
    assert_int_equal(churn_store_record_count(store, CHURN_RECORD_EVENT), 0);
    assert_int_equal(churn_store_customer_count(store), 0);
    columns_free(&c);
    churn_store_free(store);
}

int main(void)
{
    const struct CMUnitTest store_quick[] = {
        cmocka_unit_test(add_events__random_rows__as_one_by_one),
        cmocka_unit_test(add_events__first_bad_row_of_strict__named),
    };
    return RUN_TESTS(store_quick);
}
