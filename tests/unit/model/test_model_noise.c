/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>
#include <stdlib.h>

#include "model/model.h"

/* What is said of false alarms, tried on noise of several sorts: shares must lie where a binomial
 * of the stated rate has them (four standard deviations). */

#define NOT ((double)NAN)
#define LONGEST 140

typedef struct noise {
    uint64_t state;
    double values[LONGEST], trials[LONGEST];
} noise;

static double uniform(noise *n)
{
    n->state = n->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return ((double)(n->state >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(noise *n)
{
    return churn__normal_quantile(uniform(n));
}

static double poisson(noise *n, double mean)
{
    double limit = exp(-mean), product = uniform(n), count = 0;
    for (; product > limit; count++) {
        product *= uniform(n);
    }
    return count;
}

static double binomial(noise *n, int trials, double share)
{
    double count = 0;
    for (int i = 0; i < trials; i++) {
        count += uniform(n) < share;
    }
    return count;
}

/* How many series of so many that are usual: fewer by default, CHURN_NOISE times as many to look
 * closer. What is accepted follows from the number. */
static int rounds(int usual)
{
    const char *times = getenv("CHURN_NOISE");
    int factor = times == NULL ? 1 : (int)strtol(times, NULL, 10);
    return usual * (factor < 1 ? 1 : factor);
}

typedef struct outcome {
    uint64_t judged, alarms, changed, series;
} outcome;

static void look(const churn_anomaly_data *data, const churn_anomaly_options *options, outcome *to)
{
    churn_anomaly_options all = *options;
    churn_table *table = NULL;
    bool changed = false;
    all.flags = CHURN_ANOMALIES_ALL;
    assert_ok(churn_anomalies(data, &all, &table, NULL));
    uint32_t kind = churn_table_find(table, "kind", CHURN_NTS),
             p = churn_table_find(table, "p", CHURN_NTS);
    for (uint64_t i = 0; i < churn_table_row_count(table); i++) {
        bool alarm = !churn_table_is_null(table, i, kind),
             point = !churn_table_is_null(table, i, p);
        to->judged += point;
        to->alarms += alarm && point;
        changed = changed || (alarm && !point);
    }
    to->series++;
    to->changed += changed;
    churn_table_free(table);
}

/* Four standard deviations, and `slack` times the rate for what is stated roughly. */
static void share_lies(uint64_t hits, uint64_t of, double rate, double slack, bool at_most)
{
    double sd = sqrt(rate * (1 - rate) / (double)of), share = (double)hits / (double)of;
    double most = 4 * sd + slack * rate;
    if (share > rate + most || (!at_most && share < rate - most)) {
        fail_msg("%.5f of %.0f, stated %.5f", share, (double)of, rate);
    }
}

static void share_is(uint64_t hits, uint64_t of, double rate, bool at_most)
{
    share_lies(hits, of, rate, 0, at_most);
}

#define POINTS_ONLY .false_changes = 1

static void noise__normal__as_stated_for_any_history(void **arg)
{
    static const double rates[] = {0.05, 0.01, 0.002};
    static const uint32_t windows[] = {6, 15, 36};
    noise n = {.state = 1};
    (void)arg;
    for (size_t r = 0; r < 3; r++) {
        for (size_t w = 0; w < 3; w++) {
            churn_anomaly_options o = {.struct_size = sizeof o,
                                       .false_alarms = rates[r],
                                       .window = windows[w],
                                       .history = windows[w],
                                       POINTS_ONLY};
            outcome got = {0};
            for (int s = 0; s < rounds(15); s++) {
                for (size_t i = 0; i < LONGEST; i++) {
                    n.values[i] = 1000 + 25 * normal(&n);
                }
                churn_anomaly_data d = {
                    .struct_size = sizeof d, .values = n.values, .count = LONGEST};
                look(&d, &o, &got);
            }
            share_is(got.alarms, got.judged, rates[r], false);
        }
    }
}

static void noise__per_series__so_many_each(void **arg)
{
    churn_anomaly_options o = {.struct_size = sizeof o, .per_series = 0.5, POINTS_ONLY};
    noise n = {.state = 3};
    outcome got = {0};
    (void)arg;
    for (int s = 0; s < rounds(40); s++) {
        for (size_t i = 0; i < 48; i++) {
            n.values[i] = normal(&n);
        }
        churn_anomaly_data d = {.struct_size = sizeof d, .values = n.values, .count = 48};
        look(&d, &o, &got);
    }
    share_is(got.alarms, got.series, 0.5, false);
}

static void noise__weekdays_and_months__as_stated(void **arg)
{
    static const double week[] = {5, 9, 9, 8, 6, -20, -17};
    churn_anomaly_options o = {.struct_size = sizeof o, POINTS_ONLY};
    noise n = {.state = 5};
    (void)arg;
    for (uint32_t season = 7; season <= 12; season += 5) {
        outcome got = {0};
        for (int s = 0; s < rounds(40); s++) {
            for (size_t i = 0; i < LONGEST; i++) {
                n.values[i] = 100 + 4 * week[i % season % 7] + 0.2 * (double)i + 3 * normal(&n);
            }
            churn_anomaly_data d = {
                .struct_size = sizeof d, .values = n.values, .count = LONGEST, .season = season};
            look(&d, &o, &got);
        }
        assert_true(got.judged > got.series * 90);
        /* values of one place share their reference: a tenth more or less */
        share_lies(got.alarms, got.judged, 0.01, 0.1, false);
    }
}

static void noise__random_walk_of_a_level__as_stated(void **arg)
{
    churn_anomaly_options o = {.struct_size = sizeof o};
    noise n = {.state = 9};
    outcome got = {0};
    (void)arg;
    for (int s = 0; s < rounds(40); s++) {
        double level = 5000;
        for (size_t i = 0; i < LONGEST; i++) {
            n.values[i] = level += 20 + 10 * normal(&n);
        }
        churn_anomaly_data d = {.struct_size = sizeof d,
                                .kind = CHURN_SERIES_LEVEL,
                                .values = n.values,
                                .count = LONGEST};
        look(&d, &o, &got);
    }
    share_is(got.alarms, got.judged, 0.01, false);
    assert_int_equal(got.changed, 0);
}

static void noise__small_counts_and_shares__at_most_as_stated(void **arg)
{
    static const double means[] = {0.05, 0.7, 4, 60};
    static const int sizes[] = {3, 25, 400};
    churn_anomaly_options o = {.struct_size = sizeof o, POINTS_ONLY};
    noise n = {.state = 13};
    (void)arg;
    for (size_t m = 0; m < 4; m++) {
        outcome got = {0};
        for (int s = 0; s < rounds(15); s++) {
            for (size_t i = 0; i < LONGEST; i++) {
                n.values[i] = poisson(&n, means[m]);
            }
            churn_anomaly_data d = {.struct_size = sizeof d,
                                    .kind = CHURN_SERIES_COUNT,
                                    .values = n.values,
                                    .count = LONGEST};
            look(&d, &o, &got);
        }
        share_is(got.alarms, got.judged, 0.01, true);
    }
    for (size_t m = 0; m < 3; m++) {
        outcome got = {0};
        for (int s = 0; s < rounds(15); s++) {
            for (size_t i = 0; i < LONGEST; i++) {
                n.trials[i] = sizes[m];
                n.values[i] = binomial(&n, sizes[m], 0.03);
            }
            churn_anomaly_data d = {.struct_size = sizeof d,
                                    .kind = CHURN_SERIES_SHARE,
                                    .values = n.values,
                                    .trials = n.trials,
                                    .count = LONGEST};
            look(&d, &o, &got);
        }
        share_is(got.alarms, got.judged, 0.01, true);
    }
}

/* Groups of few customers that grow and shrink, a year of months behind them, with changes of level
 * sought: no more alarms than are stated, in any sort of group. */
static void noise__shares_of_few_that_change_in_number__at_most_as_stated(void **arg)
{
    static const double chances[] = {0.005, 0.03, 0.3};
    static const int sizes[] = {1, 3, 8, 20, 80};
    churn_anomaly_options o = {.struct_size = sizeof o, .window = 56, .history = 6, .min_size = 4};
    noise n = {.state = 29};
    (void)arg;
    for (size_t m = 0; m < 15; m++) {
        outcome got = {0};
        for (int s = 0; s < rounds(30); s++) {
            double size = sizes[m / 3];
            for (size_t i = 0; i < 48; i++) {
                size += (uniform(&n) < 0.3) - (size > 1 && uniform(&n) < 0.3);
                n.trials[i] = size;
                n.values[i] = binomial(&n, (int)size, chances[m % 3]);
            }
            churn_anomaly_data d = {.struct_size = sizeof d,
                                    .kind = CHURN_SERIES_SHARE,
                                    .values = n.values,
                                    .trials = n.trials,
                                    .count = 48,
                                    .season = s % 2 == 0 ? 12 : 0};
            look(&d, &o, &got);
        }
        print_message("# %d customers at %.3f: %.4f of values, %.3f of series\n", sizes[m / 3],
                      chances[m % 3], (double)got.alarms / (double)got.judged,
                      (double)got.changed / (double)got.series);
        share_is(got.alarms, got.judged, 0.01, true);
        share_is(got.changed, got.series, 0.05, true);
    }
}

static void noise__changes_of_level__in_so_many_series(void **arg)
{
    static const size_t lengths[] = {16, 24, 36, 60, 140};
    churn_anomaly_options o = {.struct_size = sizeof o};
    noise n = {.state = 17};
    (void)arg;
    for (size_t k = 0; k < 5; k++) {
        outcome got = {0};
        for (int s = 0; s < rounds(100); s++) {
            for (size_t i = 0; i < lengths[k]; i++) {
                n.values[i] = 50 + normal(&n);
            }
            churn_anomaly_data d = {
                .struct_size = sizeof d, .values = n.values, .count = lengths[k]};
            look(&d, &o, &got);
        }
        share_is(got.changed, got.series, 0.05, true);
        print_message("# %zu values: %.3f\n", lengths[k], (double)got.changed / (double)got.series);
    }
    outcome seasonal = {0};
    for (int s = 0; s < rounds(100); s++) {
        for (size_t i = 0; i < 84; i++) {
            n.values[i] = 500 + 30 * (double)(i % 7) + 5 * normal(&n);
        }
        churn_anomaly_data d = {
            .struct_size = sizeof d, .values = n.values, .count = 84, .season = 7};
        look(&d, &o, &seasonal);
    }
    print_message("# seasonal: %.3f\n", (double)seasonal.changed / (double)seasonal.series);
    share_is(seasonal.changed, seasonal.series, 0.05, true);
}

/* ---- what is to be found ---- */

static uint64_t first_alarm(const churn_anomaly_data *d, const char *kind, double *expected)
{
    churn_table *table = NULL;
    uint64_t index = UINT64_MAX;
    assert_ok(churn_anomalies(d, NULL, &table, NULL));
    uint32_t at = churn_table_find(table, "kind", CHURN_NTS);
    for (uint64_t i = churn_table_row_count(table); i-- > 0;) {
        if (strcmp(churn_table_string(table, i, at).ptr, kind) == 0) {
            index = (uint64_t)churn_table_int(table, i, 0);
            *expected =
                churn_table_double(table, i, churn_table_find(table, "expected", CHURN_NTS));
        }
    }
    churn_table_free(table);
    return index;
}

static void anomalies__outlier_drop_and_shift__told_apart(void **arg)
{
    noise n = {.state = 21};
    double expected = 0;
    (void)arg;
    for (size_t i = 0; i < 100; i++) {
        n.values[i] = (i < 70 ? 200 : 150) + 30 * (i % 7 > 4) + 3 * normal(&n);
    }
    n.values[40] += 60;
    n.values[50] -= 60;
    churn_anomaly_data d = {.struct_size = sizeof d, .values = n.values, .count = 100, .season = 7};
    assert_int_equal(first_alarm(&d, "spike", &expected), 40);
    assert_true(fabs(expected - 230) < 6); /* a Saturday's 40 % 7 = 5 */
    assert_int_equal(first_alarm(&d, "drop", &expected), 50);
    assert_int_equal(first_alarm(&d, "level_down", &expected), 70);
    assert_int_equal(first_alarm(&d, "level_up", &expected), UINT64_MAX);
}

static void anomalies__three_customers__alarm_nobody(void **arg)
{
    double lost[] = {0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 3}, all[14];
    double expected = 0;
    (void)arg;
    for (size_t i = 0; i < 14; i++) {
        all[i] = 3;
    }
    churn_anomaly_data d = {.struct_size = sizeof d,
                            .kind = CHURN_SERIES_SHARE,
                            .values = lost,
                            .trials = all,
                            .count = 13};
    assert_int_equal(first_alarm(&d, "spike", &expected), UINT64_MAX);
    d.count = 14; /* but all of them at once do */
    assert_int_equal(first_alarm(&d, "spike", &expected), 13);
}

static void anomalies__constant_until_now__as_likely_as_the_last_of_so_many(void **arg)
{
    double values[120];
    double expected = 0;
    (void)arg;
    for (size_t i = 0; i < 120; i++) {
        values[i] = i + 1 < 120 ? 7 : 8;
    }
    churn_anomaly_options o = {.struct_size = sizeof o, .window = 110, POINTS_ONLY};
    churn_anomaly_data d = {.struct_size = sizeof d, .values = values, .count = 120};
    churn_table *table = NULL;
    assert_int_equal(first_alarm(&d, "spike", &expected), UINT64_MAX); /* 36 are too few for 1 % */
    assert_ok(churn_anomalies(&d, &o, &table, NULL));
    assert_int_equal(churn_table_row_count(table), 1);
    assert_true(churn_table_double(table, 0, churn_table_find(table, "p", CHURN_NTS)) == 1.0 / 111);
    assert_true(churn_table_is_null(table, 0, churn_table_find(table, "score", CHURN_NTS)));
    churn_table_free(table);
}

static void anomalies__holes__left_out(void **arg)
{
    noise n = {.state = 23};
    double expected = 0;
    (void)arg;
    for (size_t i = 0; i < 60; i++) {
        n.values[i] = i % 5 == 2 ? NOT : 10 + normal(&n);
    }
    n.values[55] = 30;
    churn_anomaly_data d = {.struct_size = sizeof d, .values = n.values, .count = 60};
    assert_int_equal(first_alarm(&d, "spike", &expected), 55);
    d.count = 7; /* nothing to compare with */
    assert_int_equal(first_alarm(&d, "spike", &expected), UINT64_MAX);
    d.count = 0;
    assert_int_equal(first_alarm(&d, "spike", &expected), UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest group[] = {
        cmocka_unit_test(noise__normal__as_stated_for_any_history),
        cmocka_unit_test(noise__per_series__so_many_each),
        cmocka_unit_test(noise__weekdays_and_months__as_stated),
        cmocka_unit_test(noise__random_walk_of_a_level__as_stated),
        cmocka_unit_test(noise__small_counts_and_shares__at_most_as_stated),
        cmocka_unit_test(noise__shares_of_few_that_change_in_number__at_most_as_stated),
        cmocka_unit_test(noise__changes_of_level__in_so_many_series),
        cmocka_unit_test(anomalies__outlier_drop_and_shift__told_apart),
        cmocka_unit_test(anomalies__three_customers__alarm_nobody),
        cmocka_unit_test(anomalies__constant_until_now__as_likely_as_the_last_of_so_many),
        cmocka_unit_test(anomalies__holes__left_out),
    };
    return RUN_TESTS(group);
}
