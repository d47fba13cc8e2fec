/* SPDX-License-Identifier: MIT */
#include <math.h>

#include <churn/erase.h>
#include <churn/read.h>

#include "company.h"

/* Scores that people set by hand: what a store does with them. */

static churn_override judgement(const char *customer, const char *score, int day, double value)
{
    churn_override row;
    churn_record_init(CHURN_RECORD_OVERRIDE, &row, sizeof row);
    row.customer = (churn_str){customer, strlen(customer)};
    row.score = (churn_str){score, strlen(score)};
    row.at = NEW_YEAR + day * DAY;
    row.value = value;
    row.reason = STR("the buyer left");
    row.author = STR("eve");
    return row;
}

static churn_store *store_of(const churn_override *rows, size_t count)
{
    churn_store *store = NULL;
    assert_ok(churn_store_create(NULL, &store, NULL));
    for (size_t i = 0; i < count; i++) {
        assert_ok(churn_store_add_override(store, &rows[i], NULL));
    }
    return store;
}

/* The values that are left, in order of time: "30 40". */
static void assert_left(churn_store *store, const char *expected)
{
    churn_table *table = NULL;
    char text[200] = "";
    assert_ok(churn_store_records(store, CHURN_RECORD_OVERRIDE, NULL, &table, NULL));
    uint32_t value = churn_table_find(table, "value", CHURN_NTS);
    for (uint64_t row = 0; row < churn_table_row_count(table); row++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, used > 0 ? " %g" : "%g",
                 churn_table_is_null(table, row, value) ? -1.0
                                                        : churn_table_double(table, row, value));
    }
    assert_string_equal(text, expected);
    churn_table_free(table);
}

static void override__init__nothing_given(void **state)
{
    (void)state;
    churn_override row;
    churn_record_init(CHURN_RECORD_OVERRIDE, &row, sizeof row);
    assert_true(isnan(row.value) && row.expires_at == CHURN_TIME_NONE && row.score.ptr == NULL);
    churn_store *store = store_of(NULL, 0);
    churn_error err = {.struct_size = sizeof err};
    assert_int_equal(churn_store_add_override(store, &row, &err), CHURN_E_ARG);
    row = judgement("a", "health", 0, 101);
    assert_int_equal(churn_store_add_override(store, &row, &err), CHURN_E_RANGE);
    assert_non_null(strstr(err.message, "value"));
    row = judgement("a", "health", 0, 10);
    row.expires_at = row.at;
    assert_int_equal(churn_store_add_override(store, &row, &err), CHURN_E_RANGE);
    assert_non_null(strstr(err.message, "expires_at"));
    assert_int_equal(churn_store_customer_count(store), 0);
    churn_store_free(store);
}

static void forget__overrides__what_may_still_hold_stays(void **state)
{
    (void)state;
    churn_override rows[] = {judgement("a", "health", 0, 10), judgement("a", "health", 5, 20),
                             judgement("a", "usage", 1, 30),  judgement("a", "usage", 2, NAN),
                             judgement("a", "money", 1, 40),  judgement("a", "money", 20, 50)};
    churn_store *store = store_of(rows, 6);
    assert_ok(churn_store_forget(store, NEW_YEAR + 10 * DAY, NULL, NULL));
    assert_left(store, "40 20 50");
    assert_ok(churn_store_forget(store, NEW_YEAR + 30 * DAY, NULL, NULL));
    assert_left(store, "20 50");
    churn_store_free(store);
}

static void forget__expired_override__goes(void **state)
{
    (void)state;
    churn_override rows[] = {judgement("a", "health", 0, 10), judgement("a", "health", 5, 20),
                             judgement("a", "usage", 5, 30)};
    rows[1].expires_at = NEW_YEAR + 8 * DAY;
    rows[2].expires_at = NEW_YEAR + 11 * DAY;
    churn_store *store = store_of(rows, 3);
    assert_ok(churn_store_forget(store, NEW_YEAR + 10 * DAY, NULL, NULL));
    assert_left(store, "30");
    churn_store_free(store);
}

/* What is older goes with it, also where it was learned later: it never held. */
static void forget__expired_override_over_one_learned_later__both_go(void **state)
{
    (void)state;
    churn_override rows[] = {judgement("a", "health", 0, 10), judgement("a", "health", 5, 20)};
    rows[0].known_at = NEW_YEAR + 12 * DAY;
    rows[1].expires_at = NEW_YEAR + 8 * DAY;
    churn_store *store = store_of(rows, 2);
    assert_ok(churn_store_forget(store, NEW_YEAR + 10 * DAY, NULL, NULL));
    assert_left(store, "");
    churn_store_free(store);
}

static void merge__overrides__those_of_who_stays_stand(void **state)
{
    (void)state;
    churn_override rows[] = {judgement("a", "health", 0, 10), judgement("b", "health", 0, 20),
                             judgement("b", "health", 3, 30)};
    churn_store *store = store_of(rows, 3);
    assert_ok(churn_store_merge(store, "b", CHURN_NTS, "a", CHURN_NTS, NULL, NULL));
    assert_left(store, "10 30");
    churn_store_free(store);
}

static void erase_user__the_author__value_and_reason_stay(void **state)
{
    (void)state;
    churn_override row = judgement("a", "health", 0, 10);
    churn_store *store = store_of(&row, 1);
    churn_erase_report report = {.struct_size = sizeof report};
    churn_table *table = NULL;
    assert_ok(churn_store_erase_user(store, "eve", CHURN_NTS, &report, NULL));
    assert_true(report.changed == 1 && report.mentions == 0 && report.records == 0);
    assert_ok(churn_store_records(store, CHURN_RECORD_OVERRIDE, NULL, &table, NULL));
    assert_int_equal(churn_table_row_count(table), 1);
    assert_string_equal(cell_text(table, 0, "reason"), "the buyer left");
    assert_true(churn_table_is_null(table, 0, churn_table_find(table, "author", CHURN_NTS)));
    churn_table_free(table);
    churn_store_free(store);
}

int main(void)
{
    const struct CMUnitTest overrides[] = {
        cmocka_unit_test(override__init__nothing_given),
        cmocka_unit_test(forget__overrides__what_may_still_hold_stays),
        cmocka_unit_test(forget__expired_override__goes),
        cmocka_unit_test(forget__expired_override_over_one_learned_later__both_go),
        cmocka_unit_test(merge__overrides__those_of_who_stays_stand),
        cmocka_unit_test(erase_user__the_author__value_and_reason_stay),
    };
    return RUN_TESTS(overrides);
}
