/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>

/* Survival and proportions through the public header alone. */

#define MOST 64

typedef struct sample {
    double time[MOST], entry[MOST], weight[MOST];
    int32_t event[MOST];
    uint32_t group[MOST];
    churn_survival_data data;
} sample;

static const churn_str names[] = {{"a", 1}, {"b", 1}, {"nobody", 6}};

static sample *fresh(sample *s, size_t n)
{
    memset(s, 0, sizeof *s);
    for (size_t i = 0; i < n; i++) {
        s->time[i] = (double)(i * 5 % 11 + 1);
        s->entry[i] = 0.5;
        s->weight[i] = 1.0;
        s->event[i] = (int32_t)(i % 3);
        s->group[i] = i % 2;
    }
    s->data = (churn_survival_data){.struct_size = sizeof s->data,
                                    .row_count = n,
                                    .time = {s->time, NULL, CHURN_NUMBERS_DOUBLE, 0},
                                    .event = {s->event, NULL, CHURN_NUMBERS_INT32, 0},
                                    .entry = {s->entry, NULL, CHURN_NUMBERS_DOUBLE, 0},
                                    .weight = {s->weight, NULL, CHURN_NUMBERS_DOUBLE, 0},
                                    .group = {s->group, names, 3, 0}};
    return s;
}

static double cell(const churn_table *table, uint64_t row, const char *name)
{
    uint32_t column = churn_table_find(table, name, CHURN_NTS);
    assert_true(column != CHURN_COLUMN_NONE);
    return churn_table_is_null(table, row, column) ? (double)NAN
                                                   : churn_table_double(table, row, column);
}

static bool null(const churn_table *table, uint64_t row, const char *name)
{
    return churn_table_is_null(table, row, churn_table_find(table, name, CHURN_NTS));
}

static void refused(const churn_survival_data *data, const churn_survival_options *options,
                    churn_status status, uint64_t row)
{
    churn_error err = {.struct_size = sizeof err};
    churn_table *table = NULL;
    assert_int_equal(churn_survival(data, options, &table, &err), status);
    assert_null(table);
    assert_int_equal(err.row, row);
    assert_int_equal(churn_survival_test(data, options, &table, NULL), status);
    assert_int_equal(churn_competing_risks(data, options, &table, NULL), status);
    assert_int_equal(churn_survival_summary(data, options, &table, NULL), status);
}

static void survival__wrong_rows__range_with_the_row(void **state)
{
    const double nan = (double)NAN, inf = (double)INFINITY, wrong_times[] = {nan, inf, -1.0, 2e300};
    const double wrong_weights[] = {0.0, -1.0, nan, inf};
    const uint8_t valid = 0xfb;
    sample s;
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        fresh(&s, 8)->time[5] = wrong_times[i];
        refused(&s.data, NULL, CHURN_E_RANGE, 5);
        fresh(&s, 8)->weight[3] = wrong_weights[i];
        refused(&s.data, NULL, CHURN_E_RANGE, 3);
    }
    fresh(&s, 8)->entry[6] = s.time[6];
    refused(&s.data, NULL, CHURN_E_RANGE, 6);
    fresh(&s, 8)->entry[6] = -0.5;
    refused(&s.data, NULL, CHURN_E_RANGE, 6);
    fresh(&s, 8)->event[0] = -1;
    refused(&s.data, NULL, CHURN_E_RANGE, 0);
    fresh(&s, 8)->event[0] = 256;
    refused(&s.data, NULL, CHURN_E_RANGE, 0);
    fresh(&s, 8)->group[7] = 3;
    refused(&s.data, NULL, CHURN_E_RANGE, 7);
    fresh(&s, 8)->data.time.valid = &valid;
    refused(&s.data, NULL, CHURN_E_RANGE, 2);
}

static void survival__wrong_options__refused(void **state)
{
    const double descending[] = {3.0, 2.0};
    sample s;
    churn_survival_options wrong[10];
    (void)state;
    fresh(&s, 8);
    for (size_t i = 0; i < 10; i++) {
        wrong[i] = (churn_survival_options){.struct_size = sizeof *wrong};
    }
    wrong[0].level = 1.0;
    wrong[1].level = -0.5;
    wrong[2].interval = 3;
    wrong[3].estimator = -1;
    wrong[4].hazard = 2;
    wrong[5].test = 5;
    wrong[6].rho = -1.0;
    wrong[7].gamma = (double)NAN;
    wrong[8].horizon = -1.0;
    wrong[9].times = descending;
    wrong[9].time_count = 2;
    for (size_t i = 0; i < 10; i++) {
        refused(&s.data, &wrong[i], CHURN_E_RANGE, CHURN_ROW_NONE);
    }
    s.data.time.type = 12;
    refused(&s.data, NULL, CHURN_E_ARG, CHURN_ROW_NONE);
    fresh(&s, 8)->data.group.names = NULL;
    refused(&s.data, NULL, CHURN_E_ARG, CHURN_ROW_NONE);
    fresh(&s, 8)->data.struct_size = 4;
    refused(&s.data, NULL, CHURN_E_ABI, CHURN_ROW_NONE);
}

static void survival__no_rows_and_one_row__stated(void **state)
{
    churn_table *table = NULL;
    sample s;
    (void)state;
    fresh(&s, 0);
    assert_ok(churn_survival(&s.data, NULL, &table, NULL));
    assert_int_equal(churn_table_row_count(table), 0);
    churn_table_free(table);
    assert_ok(churn_survival_summary(&s.data, NULL, &table, NULL));
    assert_int_equal(churn_table_row_count(table), 3); /* groups that have names are told */
    assert_true(cell(table, 0, "n") == 0.0 && null(table, 0, "median"));
    churn_table_free(table);
    assert_ok(churn_survival_test(&s.data, NULL, &table, NULL));
    assert_true(null(table, 0, "chi2") && null(table, 0, "p"));
    churn_table_free(table);
    fresh(&s, 1)->event[0] = 1;
    assert_ok(churn_survival(&s.data, NULL, &table, NULL));
    assert_int_equal(churn_table_row_count(table), 1);
    assert_true(cell(table, 0, "survival") == 0.0 && null(table, 0, "low") && null(table, 0, "se"));
    churn_table_free(table);
    assert_ok(churn_survival_test(&s.data, NULL, &table, NULL));
    assert_true(null(table, 0, "chi2"));
    churn_table_free(table);
    assert_int_equal(churn_live_handles(), 0);
}

static void survival__all_censored__nothing_lost(void **state)
{
    churn_table *table = NULL;
    sample s;
    (void)state;
    fresh(&s, 20);
    memset(s.event, 0, sizeof s.event);
    assert_ok(churn_survival(&s.data, NULL, &table, NULL));
    for (uint64_t row = 0; row < churn_table_row_count(table); row++) {
        assert_true(cell(table, row, "survival") == 1.0 && cell(table, row, "low") == 1.0);
        assert_true(cell(table, row, "cumulative_hazard") == 0.0 && cell(table, row, "se") == 0.0);
    }
    churn_table_free(table);
    assert_ok(churn_survival_summary(&s.data, NULL, &table, NULL));
    assert_true(null(table, 0, "median") && cell(table, 0, "restricted_mean") > 0.0);
    assert_true(cell(table, 0, "rm_se") == 0.0);
    churn_table_free(table);
    assert_ok(churn_survival_test(&s.data, NULL, &table, NULL));
    assert_true(null(table, 0, "chi2") && churn_table_int(table, 0, 6) == 0);
    churn_table_free(table);
    assert_ok(churn_competing_risks(&s.data, NULL, &table, NULL));
    assert_int_equal(churn_table_row_count(table), 0);
    churn_table_free(table);
}

/* Who is at risk is always who was, less who went, plus who came. */
static void survival__late_entries__the_count_at_risk_adds_up(void **state)
{
    churn_table *table = NULL;
    sample s;
    (void)state;
    fresh(&s, 40);
    for (size_t i = 0; i < 40; i++) {
        s.entry[i] = i % 4 == 0 ? (double)NAN : s.time[i] - (double)(i % 4) * 0.75;
        s.entry[i] = s.entry[i] < 0.0 ? 0.0 : s.entry[i];
    }
    s.data.group = (churn_groups){NULL, NULL, 0, 0};
    assert_ok(churn_survival(&s.data, NULL, &table, NULL));
    double there = 0.0;
    for (uint64_t row = 0; row < churn_table_row_count(table); row++) {
        assert_true(null(table, row, "group"));
        there += cell(table, row, "n_entered");
        assert_true(cell(table, row, "n_risk") == there);
        there -= cell(table, row, "n_event") + cell(table, row, "n_censored");
    }
    assert_true(there == 0.0);
    churn_table_free(table);
}

static void survival__at_times__the_curve_as_it_stands_then(void **state)
{
    const double times[] = {0.0, 1.0, 2.5, 2.5, 4.0, 9.0};
    const double time[] = {1, 2, 3, 4}, event[] = {1, 0, 1, 0};
    const churn_survival_data data = {.struct_size = sizeof data,
                                      .row_count = 4,
                                      .time = {time, NULL, CHURN_NUMBERS_DOUBLE, 0},
                                      .event = {event, NULL, CHURN_NUMBERS_DOUBLE, 0}};
    const churn_survival_options options = {
        .struct_size = sizeof options, .times = times, .time_count = 6};
    const double risk[] = {4, 4, 2, 2, 1, 0}, events[] = {0, 1, 0, 0, 1, 0};
    const double survival[] = {1, 0.75, 0.75, 0.75, 0.375, -1};
    churn_table *table = NULL;
    (void)state;
    assert_ok(churn_survival(&data, &options, &table, NULL));
    for (uint64_t row = 0; row < 6; row++) {
        assert_true(cell(table, row, "n_risk") == risk[row]);
        assert_true(cell(table, row, "n_event") == events[row]);
        assert_true(survival[row] < 0 ? null(table, row, "survival")
                                      : cell(table, row, "survival") == survival[row]);
    }
    churn_table_free(table);
    assert_ok(churn_competing_risks(&data, &options, &table, NULL));
    assert_true(cell(table, 4, "incidence") == 0.625 && null(table, 5, "incidence"));
    churn_table_free(table);
}

static void numbers__every_layout__the_same_answer(void **state)
{
    static double d[16];
    static float f[16];
    static int64_t i64[16];
    static int32_t i32[16];
    static int16_t i16[16];
    static int8_t i8[16];
    static uint8_t u8[16], bits[3];
    static uint16_t u16[16];
    static uint32_t u32[16];
    static uint64_t u64[16];
    const void *all[] = {d, f, i64, i32, i16, i8, u8, u16, u32, u64};
    churn_table *expected = NULL, *table = NULL;
    (void)state;
    for (int i = 0; i < 16; i++) {
        int v = i * 7 % 13;
        d[i] = v, f[i] = (float)v, i64[i] = v, i32[i] = v, i16[i] = (int16_t)v, i8[i] = (int8_t)v;
        u8[i] = (uint8_t)v, u16[i] = (uint16_t)v, u32[i] = (uint32_t)v, u64[i] = (uint64_t)v;
    }
    bits[0] = 0x50; /* from bit 3 on: 0 1 0 1 0 ... */
    bits[1] = 0x55;
    bits[2] = 0x05;
    churn_survival_data data = {
        .struct_size = sizeof data, .row_count = 16, .event = {bits, NULL, CHURN_NUMBERS_BITS, 3}};
    for (int32_t type = CHURN_NUMBERS_DOUBLE; type <= CHURN_NUMBERS_UINT64; type++) {
        data.time = (churn_numbers){all[type - 1], NULL, type, 0};
        assert_ok(churn_survival_summary(&data, NULL, type == 1 ? &expected : &table, NULL));
        for (uint32_t c = 1; c < churn_table_column_count(expected); c++) {
            const churn_table *other = type == 1 ? expected : table;
            assert_true(churn_table_double(other, 0, c) == churn_table_double(expected, 0, c));
        }
        churn_table_free(table);
        table = NULL;
    }
    assert_true(cell(expected, 0, "events") == 8.0 && cell(expected, 0, "n") == 16.0);
    churn_table_free(expected);
}

static void proportion__wrong_and_empty__stated(void **state)
{
    const int64_t x[] = {1, 0, 5, -1}, n[] = {2, 0, 4, 3};
    const double exposure[] = {1.0, 0.0, -1.0};
    churn_error err = {.struct_size = sizeof err};
    churn_table *table = NULL;
    (void)state;
    assert_ok(churn_proportion(x, n, 2, CHURN_PROPORTION_JEFFREYS, 0.9, &table, NULL));
    assert_true(cell(table, 0, "proportion") == 0.5 && null(table, 1, "low"));
    churn_table_free(table);
    table = NULL;
    assert_int_equal(churn_proportion(x, n, 3, 0, 0.0, &table, &err), CHURN_E_RANGE);
    assert_int_equal(err.row, 2);
    assert_int_equal(churn_proportion(x + 3, n + 3, 1, 0, 0.0, &table, NULL), CHURN_E_RANGE);
    assert_int_equal(churn_proportion(x, n, 1, 0, 1.5, &table, NULL), CHURN_E_RANGE);
    assert_ok(churn_proportion_difference(0, 0, 1, 2, 0.0, &table, NULL));
    assert_true(null(table, 0, "difference") && null(table, 0, "fisher_p"));
    churn_table_free(table);
    table = NULL;
    assert_ok(churn_proportion_difference(0, 3, 0, 2, 0.0, &table, NULL));
    assert_true(cell(table, 0, "difference") == 0.0 && null(table, 0, "chi2"));
    assert_true(cell(table, 0, "fisher_p") == 1.0);
    churn_table_free(table);
    table = NULL;
    assert_int_equal(churn_proportion_difference(3, 2, 1, 2, 0.0, &table, NULL), CHURN_E_RANGE);
    assert_ok(churn_poisson_rate(n, exposure, 2, 0.0, &table, NULL));
    assert_true(cell(table, 0, "rate") == 2.0 && null(table, 1, "rate"));
    churn_table_free(table);
    table = NULL;
    assert_int_equal(churn_poisson_rate(n, exposure, 3, 0.0, &table, &err), CHURN_E_RANGE);
    assert_int_equal(err.row, 2);
    assert_int_equal(churn_live_handles(), 0);
}

static void test__too_many_groups__limit(void **state)
{
    static churn_str many[300];
    const double time = 1.0;
    const uint32_t group = 0;
    churn_table *table = NULL;
    const churn_survival_data data = {.struct_size = sizeof data,
                                      .row_count = 1,
                                      .time = {&time, NULL, CHURN_NUMBERS_DOUBLE, 0},
                                      .group = {&group, many, 300, 0}};
    (void)state;
    for (int i = 0; i < 300; i++) {
        many[i] = (churn_str){"x", 1};
    }
    assert_int_equal(churn_survival_test(&data, NULL, &table, NULL), CHURN_E_LIMIT);
    assert_ok(churn_survival(&data, NULL, &table, NULL));
    churn_table_free(table);
}

int main(void)
{
    const struct CMUnitTest group[] = {
        cmocka_unit_test(survival__wrong_rows__range_with_the_row),
        cmocka_unit_test(survival__wrong_options__refused),
        cmocka_unit_test(survival__no_rows_and_one_row__stated),
        cmocka_unit_test(survival__all_censored__nothing_lost),
        cmocka_unit_test(survival__late_entries__the_count_at_risk_adds_up),
        cmocka_unit_test(survival__at_times__the_curve_as_it_stands_then),
        cmocka_unit_test(numbers__every_layout__the_same_answer),
        cmocka_unit_test(proportion__wrong_and_empty__stated),
        cmocka_unit_test(test__too_many_groups__limit),
    };
    return RUN_TESTS(group);
}
