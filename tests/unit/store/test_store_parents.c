/* SPDX-License-Identifier: MIT */
#include "store_rows.h"

/* Nobody is among its own parents, at any instant; rows that would make it so are rejected. */

static any_record parent_of(const char *customer, const char *parent, churn_time from)
{
    any_record r = {.attribute = attribute_of(customer, "parent", parent, from)};
    return r;
}

static void check_rejected(churn_store *store, const any_record *rows, size_t n, uint64_t row)
{
    churn_load_report report = {.struct_size = sizeof report};
    assert_ok(add_batch(store, KIND_ATTRIBUTE, rows, n, NULL, &report, NULL));
    assert_int_equal(report.rejected, 1);
    assert_int_equal(report.added, n - 1);
    assert_int_equal(cell_int(report.rejections, 0, "row"), row);
    assert_string_equal(cell_text(report.rejections, 0, "field"), "parent");
    assert_string_equal(cell_text(report.rejections, 0, "code"), "cyclic_parent");
    churn_table_free(report.rejections);
}

static void parent__of_itself__rejected(void **arg)
{
    churn_store *store = store_new();
    any_record row = parent_of("acme", "acme", T(1));
    churn_error err = {.struct_size = sizeof err};
    (void)arg;
    assert_int_equal(churn_store_add_attribute(store, &row.attribute, &err), CHURN_E_STATE);
    assert_int_equal(err.detail, 24);
    assert_non_null(strstr(err.message, "parent"));
    assert_int_equal(churn_store_customer_count(store), 0); /* not even the customer was made */
    check_rejected(store, &row, 1, 0);
    churn_store_free(store);
}

static void parent__unknown__allowed_until_it_closes_a_circle(void **arg)
{
    churn_store *store = store_new();
    any_record up = parent_of("acme", "holding", T(1)), back = parent_of("holding", "acme", T(5));
    any_record before = parent_of("holding", "acme", T(0));
    (void)arg;
    assert_ok(churn_store_add_attribute(store, &up.attribute, NULL));
    assert_int_equal(churn_store_add_attribute(store, &back.attribute, NULL), CHURN_E_STATE);
    /* Until day 1 acme had no parent, but what begins on day 0 goes on. */
    assert_int_equal(churn_store_add_attribute(store, &before.attribute, NULL), CHURN_E_STATE);
    before.attribute.valid_from = T(-3);
    any_record end = parent_of("holding", NULL, T(1));
    assert_ok(churn_store_add_attribute(store, &end.attribute, NULL));
    assert_ok(churn_store_add_attribute(store, &before.attribute, NULL)); /* over before day 1 */
    view v = view_open(store);
    uint32_t name = churn__dict_view_find(churn__version_texts(v.version), text("parent"));
    uint32_t holding = churn__version_find_customer(v.version, text("holding"));
    assert_true(
        churn__str_eq(churn__reader_attribute(v.reader, holding, name, T(0)).as.s, text("acme")));
    view_close(&v);
    churn_store_free(store);
}

static void parents__in_any_order__all_in(void **arg)
{
    any_record rows[4] = {parent_of("a", "b", T(1)), parent_of("b", "c", T(1)),
                          parent_of("c", "d", T(1)), parent_of("d", "e", T(1))};
    uint64_t state = 3;
    (void)arg;
    for (int i = 0; i < 8; i++) {
        churn_store *store = store_new();
        churn_load_report report = {.struct_size = sizeof report};
        shuffle(&state, rows, 4);
        assert_ok(add_batch(store, KIND_ATTRIBUTE, rows, 4, NULL, &report, NULL));
        assert_int_equal(report.added, 4);
        churn_store_free(store);
    }
}

static void parents__circle_in_one_call__the_last_row_is_rejected(void **arg)
{
    any_record rows[4] = {parent_of("a", "b", T(3)), parent_of("c", "a", T(1)),
                          parent_of("b", "c", T(2)), parent_of("x", "a", T(1))};
    churn_store *store = store_new();
    churn_load_options strict = {.struct_size = sizeof strict, .flags = CHURN_LOAD_STRICT};
    churn_error err = {.struct_size = sizeof err};
    (void)arg;
    assert_int_equal(add_batch(store, KIND_ATTRIBUTE, rows, 4, &strict, NULL, &err), CHURN_E_STATE);
    assert_int_equal(err.row, 2);
    assert_int_equal(churn_store_version(store), 0);
    check_rejected(store, rows, 4, 2);
    churn_store_free(store);
}

/* What a later row of the call takes back closes no circle. */
static void parents__turned_round_in_one_call__all_in(void **arg)
{
    churn_store *store = store_new();
    any_record first = parent_of("a", "b", T(1));
    any_record rows[2] = {parent_of("b", "a", T(5)), parent_of("a", NULL, T(5))};
    churn_load_report report = {.struct_size = sizeof report};
    (void)arg;
    assert_ok(churn_store_add_attribute(store, &first.attribute, NULL));
    assert_ok(add_batch(store, KIND_ATTRIBUTE, rows, 2, NULL, &report, NULL));
    assert_int_equal(report.added, 2);
    churn_store_free(store);
}

static void parents__retracting_an_end__may_close_a_circle(void **arg)
{
    churn_store *store = store_new();
    any_record rows[3] = {parent_of("a", "b", T(1)), parent_of("a", NULL, T(5)),
                          parent_of("b", "a", T(6))};
    churn_error err = {.struct_size = sizeof err};
    (void)arg;
    assert_ok(add_batch(store, KIND_ATTRIBUTE, rows, 3, NULL, NULL, NULL));
    uint64_t hash = hash_of(store);
    assert_int_equal(churn_store_retract(store, CHURN_RECORD_ATTRIBUTE, &rows[1].attribute, &err),
                     CHURN_E_STATE);
    assert_int_equal(err.detail, 24);
    assert_true(hash_of(store) == hash);
    churn_store_free(store);
}

static void customers__with_a_circle__the_whole_row_is_rejected(void **arg)
{
    churn_string_column parents, plans;
    columns c = {.owned_count = 0};
    any_record ids[3], values[3], words[3];
    static const char *const names[] = {"a", "b", "c"}, *const above[] = {"b", "a", "a"};
    churn_store *store = store_new();
    churn_load_report report = {.struct_size = sizeof report};
    (void)arg;
    for (size_t i = 0; i < 3; i++) {
        churn_record_init(CHURN_RECORD_CUSTOMER, &ids[i], sizeof ids[i].customer);
        values[i] = words[i] = ids[i];
        ids[i].customer.id = text(names[i]);
        values[i].customer.id = text(above[i]);
        words[i].customer.id = text("team");
    }
    size_t at = offsetof(churn_customer, id);
    parents = strings_of(&c, values, 3, at);
    plans = strings_of(&c, words, 3, at);
    churn_any_column attributes[2] = {
        {.name = text("parent"), .type = CHURN_TYPE_STRING, .strings = parents},
        {.name = text("plan"), .type = CHURN_TYPE_STRING, .strings = plans}};
    churn_customer_batch batch = {.struct_size = sizeof batch,
                                  .row_count = 3,
                                  .attribute_count = 2,
                                  .attributes = attributes,
                                  .id = strings_of(&c, ids, 3, at)};
    assert_ok(churn_store_add_customers(store, &batch, NULL, &report, NULL));
    assert_int_equal(report.seen, 3);
    assert_int_equal(report.added, 2);
    assert_int_equal(report.rejected, 1);
    assert_int_equal(report.customers, 2);
    assert_int_equal(cell_int(report.rejections, 0, "row"), 1);
    assert_int_equal(churn_store_record_count(store, CHURN_RECORD_ATTRIBUTE), 4);
    assert_int_equal(churn_store_customer_count(store), 2);
    view v = view_open(store);
    assert_int_equal(churn__version_find_customer(v.version, text("b")), CHURN__NO_CODE);
    assert_int_not_equal(churn__version_find_customer(v.version, text("c")), CHURN__NO_CODE);
    view_close(&v);
    churn_table_free(report.rejections);
    columns_free(&c);
    churn_store_free(store);
}

static void parent__number__is_an_id_where_it_is_whole(void **arg)
{
    churn_store *store = store_new();
    churn_attribute row = attribute_of("7", "parent", NULL, T(1));
    (void)arg;
    row.value = (churn_value){.type = CHURN_TYPE_INT, .integer = 7};
    assert_int_equal(churn_store_add_attribute(store, &row, NULL), CHURN_E_STATE);
    row.value.integer = 8;
    assert_ok(churn_store_add_attribute(store, &row, NULL));
    row.value = (churn_value){.type = CHURN_TYPE_DOUBLE, .number = 8.5};
    assert_int_equal(churn_store_add_attribute(store, &row, NULL), CHURN_E_TYPE);
    row.value = (churn_value){.type = CHURN_TYPE_BOOL, .truth = 1};
    assert_int_equal(churn_store_add_attribute(store, &row, NULL), CHURN_E_TYPE);
    churn_store_free(store);
}

/* ---- the obvious twin ---- */

#define PEOPLE 7

static const char *const people[PEOPLE] = {"p0", "p1", "p2", "p3", "p4", "p5", "p6"};

/* Does anybody come back to where they began, at an instant. */
static bool has_circle(const view *v, churn_time at)
{
    uint32_t name = churn__dict_view_find(churn__version_texts(v->version), text("parent"));
    for (uint32_t start = 0; start < churn__version_customers(v->version); start++) {
        uint32_t here = start;
        for (int steps = 0; steps <= PEOPLE; steps++) {
            churn__value up = churn__reader_attribute(v->reader, here, name, at);
            here = up.missing != 0 ? CHURN__NO_CODE
                                   : churn__version_find_customer(v->version, up.as.s);
            if (here == CHURN__NO_CODE) {
                break;
            }
            if (here == start) {
                return true;
            }
        }
    }
    return false;
}

static bool circle_at_any_time(churn_store *store)
{
    view v = view_open(store);
    bool any = false;
    for (int64_t day = -1; day < 14; day++) {
        any = any || has_circle(&v, T(day)) || has_circle(&v, T(day) + 1);
    }
    view_close(&v);
    return any;
}

static any_record random_parent(uint64_t *state)
{
    uint32_t up = chance(state, PEOPLE + 2);
    any_record r = parent_of(people[chance(state, PEOPLE)], up < PEOPLE ? people[up] : NULL,
                             chance(state, 5) == 0 ? CHURN_TIME_NONE : T(chance(state, 12)));
    if (chance(state, 3) == 0) {
        r.attribute.known_at = T(chance(state, 12));
    }
    return r;
}

static void parents__random_batches__never_a_circle(void **arg)
{
    uint64_t state = 20, rejected = 0, added = 0;
    (void)arg;
    for (int round = 0; round < 300; round++) {
        churn_store *store = store_new();
        for (int call = 0; call < 4; call++) {
            any_record rows[8];
            size_t n = 1 + chance(&state, 8);
            churn_load_report report = {.struct_size = sizeof report};
            for (size_t i = 0; i < n; i++) {
                rows[i] = random_parent(&state);
            }
            assert_ok(add_batch(store, KIND_ATTRIBUTE, rows, n, NULL, &report, NULL));
            assert_int_equal(report.seen, report.added + report.updated + report.unchanged +
                                              report.conflicting + report.rejected);
            rejected += report.rejected;
            added += report.added;
            churn_table_free(report.rejections);
            assert_false(circle_at_any_time(store));
        }
        churn_store_free(store);
    }
    assert_true(rejected > 200 && added > 2000);
}

/* One by one: refused exactly where the store would have a circle with it. */
static void parents__random_records__refused_where_there_is_a_circle(void **arg)
{
    uint64_t state = 21;
    int refused = 0;
    (void)arg;
    for (int round = 0; round < 150; round++) {
        churn_store *store = store_new();
        for (int i = 0; i < 12; i++) {
            any_record r = random_parent(&state);
            churn_error err = {.struct_size = sizeof err};
            churn_status st = churn_store_add_attribute(store, &r.attribute, &err);
            refused += st != CHURN_OK && err.detail == 24;
            assert_true(st == CHURN_OK || err.detail == 24 || err.detail == 11);
            if (chance(&state, 3) == 0) {
                assert_false(circle_at_any_time(store));
            }
        }
        assert_false(circle_at_any_time(store));
        churn_store_free(store);
    }
    assert_true(refused > 50);
}

/* A long chain, from the bottom to the top: about one step a row. */
static void parents__long_chain__in_time(void **arg)
{
    enum { N = 60000 };
    any_record *rows = calloc(N, sizeof *rows);
    char(*names)[12] = calloc(N + 1, sizeof *names);
    churn_store *store = store_new();
    churn_load_report report = {.struct_size = sizeof report};
    (void)arg;
    for (size_t i = 0; i <= N; i++) {
        snprintf(names[i], sizeof names[i], "n%zu", i);
    }
    for (size_t i = 0; i < N; i++) {
        rows[i] = parent_of(names[i], names[i + 1], T(1));
    }
    assert_ok(add_batch(store, KIND_ATTRIBUTE, rows, N, NULL, &report, NULL));
    assert_int_equal(report.added, N);
    any_record last = parent_of(names[N], names[0], T(2));
    check_rejected(store, &last, 1, 0);
    churn_store_free(store);
    free(rows);
    free(names);
}

int main(void)
{
    const struct CMUnitTest store_parents[] = {
        cmocka_unit_test(parent__of_itself__rejected),
        cmocka_unit_test(parent__unknown__allowed_until_it_closes_a_circle),
        cmocka_unit_test(parents__in_any_order__all_in),
        cmocka_unit_test(parents__circle_in_one_call__the_last_row_is_rejected),
        cmocka_unit_test(parents__turned_round_in_one_call__all_in),
        cmocka_unit_test(parents__retracting_an_end__may_close_a_circle),
        cmocka_unit_test(customers__with_a_circle__the_whole_row_is_rejected),
        cmocka_unit_test(parent__number__is_an_id_where_it_is_whole),
        cmocka_unit_test(parents__random_batches__never_a_circle),
        cmocka_unit_test(parents__random_records__refused_where_there_is_a_circle),
        cmocka_unit_test(parents__long_chain__in_time),
    };
    return RUN_TESTS(store_parents);
}
