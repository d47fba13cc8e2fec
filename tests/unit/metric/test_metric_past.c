/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "metric_world.h"

/*
 * Metrics against their own past, and the last values of what is missing. The twin asks for the
 * metric itself at each date of the past, one by one, and computes from the definitions.
 */

#define BACK 8
#define DAYS_ASKED 60

static churn__metric_def past_def(const char *id, churn__baseline_form form, uint32_t base,
                                  uint32_t back, uint32_t fewest, int64_t every)
{
    return (churn__metric_def){.id = churn__str_nts(id),
                               .kind = CHURN__METRIC_BASELINE,
                               .baseline = CHURN__BASELINE_SELF,
                               .form = form,
                               .a = {.metric = base},
                               .back = back,
                               .fewest = fewest,
                               .every = every,
                               .type = CHURN__TYPE_DOUBLE};
}

static churn__metric_def carry_def(churn__metric_what what, uint32_t base, uint32_t back,
                                   int64_t every)
{
    return (churn__metric_def){.id = CHURN__STR("carried"),
                               .kind = CHURN__METRIC_CARRY,
                               .what = what,
                               .a = {.metric = base},
                               .back = back,
                               .every = every,
                               .type = CHURN__TYPE_DOUBLE};
}

/* A login of this value on each day: what is new at the metric's date. */
static world *daily(const double *values, uint32_t n)
{
    world *w = world_create();
    add_customer(w, "a", D(0));
    for (uint32_t i = 0; i < n; i++) {
        add_event(w, "a", "login", D(i) + HOURS(1), NULL, values[i]);
    }
    return w;
}

/* ---- by hand ---- */

/* scipy 1.17: stats.theilslopes(y, range(8)) is 0.9166666666666667, numpy's median of |y| 4.5. */
static void baseline__trend__as_scipy(void **state)
{
    (void)state;
    const double y[] = {2, 2, 3, 5, 4, 6, 9, 7};
    world *w = daily(y, 8);
    world_dates(w, (churn_time[]){D(8)}, 1);
    const churn__metric_def defs[] = {event_def(CHURN__AGG_SUM, world_login, 1, DAYS(1)),
                                      past_def("way", CHURN__FORM_TREND, 0, 8, 3, DAYS(1)),
                                      past_def("more", CHURN__FORM_TREND, 0, 20, 8, DAYS(1)),
                                      past_def("most", CHURN__FORM_TREND, 0, 20, 9, DAYS(1))};
    world_eval(w, defs, 4);
    assert_true(fabs(w->values[1][0] - 0.20370370370370372) < 1e-16);
    assert_cell(w, 2, 0, w->values[1][0]); /* as old as the customer is */
    assert_none(w, 3, 0, CHURN__SHORT_HISTORY_SINCE);
    world_free(w);
}

/* Without days 2 and 5: scipy's slope is 0.8333333333333334. */
static void baseline__trend_with_gaps__as_scipy(void **state)
{
    (void)state;
    const double y[] = {2, 2, 3, 5, 4, 6, 9, 7};
    world *w = world_create();
    add_customer(w, "a", D(0));
    for (uint32_t i = 0; i < 8; i++) {
        if (i != 2 && i != 5) {
            add_event(w, "a", "login", D(i) + HOURS(1), NULL, y[i]);
        }
    }
    world_dates(w, (churn_time[]){D(8)}, 1);
    const churn__metric_def defs[] = {event_def(CHURN__AGG_MEAN, world_login, 1, DAYS(1)),
                                      past_def("way", CHURN__FORM_TREND, 0, 8, 6, DAYS(1)),
                                      past_def("more", CHURN__FORM_TREND, 0, 8, 7, DAYS(1))};
    world_eval(w, defs, 3);
    assert_true(fabs(w->values[1][0] - 0.1851851851851852) < 1e-16);
    assert_none(w, 2, 0, CHURN__SHORT_HISTORY_SINCE);
    world_free(w);
}

static void baseline__trend_of_nothing__empty(void **state)
{
    (void)state;
    const double y[] = {0, 0, 5, 0};
    world *w = daily(y, 4);
    world_dates(w, (churn_time[]){D(4)}, 1);
    const churn__metric_def defs[] = {event_def(CHURN__AGG_SUM, world_login, 1, DAYS(1)),
                                      past_def("way", CHURN__FORM_TREND, 0, 4, 3, DAYS(1))};
    world_eval(w, defs, 2);
    assert_none(w, 1, 0, CHURN__EMPTY);
    world_free(w);
}

/* Yesterday's 4 and 8 and 4 before it. */
static void baseline__rank_and_z_of_the_own_past__by_hand(void **state)
{
    (void)state;
    const double y[] = {4, 8, 4, 6};
    world *w = daily(y, 4);
    world_dates(w, (churn_time[]){D(1), D(4)}, 2);
    const churn__metric_def defs[] = {event_def(CHURN__AGG_SUM, world_login, 1, DAYS(1)),
                                      past_def("rank", CHURN__FORM_PERCENTILE, 0, 3, 2, DAYS(1)),
                                      past_def("z", CHURN__FORM_ROBUST_Z, 0, 3, 2, DAYS(1)),
                                      past_def("ratio", CHURN__FORM_RATIO, 0, 3, 2, DAYS(1))};
    world_eval(w, defs, 4);
    assert_none(w, 1, 0, CHURN__SHORT_HISTORY_SINCE);
    assert_none(w, 2, 0, CHURN__SHORT_HISTORY_SINCE);
    assert_cell(w, 1, 1, 2.0 / 3);
    /* the median is 4, distances 0, 0, 4: their mean stands in */
    assert_cell(w, 2, 1, 2 / (1.253314 * (4.0 / 3)));
    assert_cell(w, 3, 1, 1.5);
    world_free(w);
}

/* ---- the last value ---- */

static void carry__what_is_missing__the_last_there_was(void **state)
{
    (void)state;
    world *w = world_create();
    add_customer(w, "a", D(0));
    add_customer(w, "b", D(0));
    add_event(w, "a", "login", D(5) + HOURS(2), NULL, 6);
    /* known two days later: at day 11 of it nobody knew */
    add_event_spec(w, &(event_spec){.customer = "a",
                                    .type = "login",
                                    .at = D(10) + HOURS(2),
                                    .known_at = D(12) + HOURS(2),
                                    .value = 9});
    add_event(w, "b", "login", D(30), NULL, 1);
    world_dates(w, (churn_time[]){D(6), D(9), D(11), D(20)}, 4);
    const churn__metric_def defs[] = {event_def(CHURN__AGG_MEAN, world_login, 1, DAYS(1)),
                                      carry_def(CHURN__CARRY_VALUE, 0, 12, DAYS(1)),
                                      carry_def(CHURN__CARRY_AGE_DAYS, 0, 12, DAYS(1)),
                                      carry_def(CHURN__CARRY_VALUE, 0, 16, DAYS(1)),
                                      carry_def(CHURN__CARRY_AGE_DAYS, 0, 24, HOURS(7))};
    world_eval(w, defs, 5);
    assert_cell(w, 0, 0, 6);
    assert_cell(w, 1, 0, 6); /* it is there */
    assert_cell(w, 2, 0, 0);
    assert_none(w, 0, 1, CHURN__EMPTY);
    assert_cell(w, 1, 1, 6);
    assert_cell(w, 2, 1, 3);
    assert_cell(w, 2, 2, 5);            /* not the one of day 10 */
    assert_cell(w, 4, 2, 119 / 24.0);   /* 17 times 7 hours before: at one o'clock of day 6 */
    assert_none(w, 1, 3, CHURN__EMPTY); /* day 11 saw nothing then, day 6 is too long ago */
    assert_none(w, 2, 3, CHURN__EMPTY);
    assert_cell(w, 3, 3, 6);
    for (uint32_t row = 4; row < 8; row++) {
        assert_none(w, 1, row, CHURN__EMPTY);
        assert_none(w, 2, row, CHURN__EMPTY);
    }
    world_free(w);
}

static churn_status made_of(uint32_t n, const churn__metric_def *defs, churn_error *err)
{
    world *w = daily((const double[]){1, 2, 3}, 3);
    churn__metric_plan *plan = NULL;
    w->config.metrics = defs;
    w->config.metric_count = n;
    world_dates(w, (churn_time[]){D(3)}, 1);
    world_pin(w);
    churn_status st =
        churn__metric_plan_create(w->heap, &w->config, w->version, w->dates, 1, &plan, err);
    churn__metric_plan_free(plan);
    world_free(w);
    return st;
}

static void carry__of_baselines_and_others__what_may_be(void **state)
{
    (void)state;
    churn_error err;
    churn_error_init(&err, sizeof err);
    churn__metric_def defs[] = {event_def(CHURN__AGG_MEAN, world_login, 1, DAYS(1)),
                                past_def("rank", CHURN__FORM_PERCENTILE, 0, 3, 2, DAYS(1)),
                                carry_def(CHURN__CARRY_VALUE, 1, 3, DAYS(1)),
                                carry_def(CHURN__CARRY_VALUE, 2, 3, DAYS(1))};
    assert_int_equal(made_of(3, defs, &err), CHURN_OK);
    assert_int_equal(made_of(4, defs, &err), CHURN_E_CONFIG);
    assert_non_null(strstr(err.message, "carried"));
    defs[3] = past_def("again", CHURN__FORM_RATIO, 2, 3, 2, DAYS(1));
    assert_int_equal(made_of(4, defs, &err), CHURN_E_CONFIG);
    defs[2].round = 1;
    assert_int_equal(made_of(3, defs, &err), CHURN_E_CONFIG);
    assert_non_null(strstr(err.message, "other customers"));
}

/* A rank that lacks today as there was no login: that of the day before. */
static void carry__of_a_rank__the_past_of_the_past(void **state)
{
    (void)state;
    world *w = daily((const double[]){4, 8, 4, 6}, 4);
    world_dates(w, (churn_time[]){D(5)}, 1);
    const churn__metric_def defs[] = {event_def(CHURN__AGG_MEAN, world_login, 1, DAYS(1)),
                                      past_def("rank", CHURN__FORM_PERCENTILE, 0, 3, 2, DAYS(1)),
                                      carry_def(CHURN__CARRY_VALUE, 1, 3, DAYS(1)),
                                      carry_def(CHURN__CARRY_AGE_DAYS, 1, 3, DAYS(1))};
    world_eval(w, defs, 4);
    assert_none(w, 1, 0, CHURN__EMPTY);
    assert_cell(w, 2, 0, 2.0 / 3);
    assert_cell(w, 3, 0, 1);
    world_free(w);
}

/* The same twice, with another one in front that looks back as far and stands on no past: it does
 * not bring along what is not known yet. */
static void carry__beside_one_of_a_lower_level__waits_for_what_it_is_made_of(void **state)
{
    (void)state;
    world *w = daily((const double[]){4, 8, 4, 6}, 4);
    world_dates(w, (churn_time[]){D(5)}, 1);
    const churn__metric_def defs[] = {event_def(CHURN__AGG_MEAN, world_login, 1, DAYS(1)),
                                      carry_def(CHURN__CARRY_VALUE, 0, 3, DAYS(1)),
                                      past_def("rank", CHURN__FORM_PERCENTILE, 0, 3, 2, DAYS(1)),
                                      carry_def(CHURN__CARRY_VALUE, 2, 3, DAYS(1))};
    for (uint32_t row = 0; row < WORLD_CELLS; row++) {
        w->values[2][row] = 77; /* of a batch before */
    }
    world_eval(w, defs, 4);
    assert_cell(w, 1, 0, 6);
    assert_none(w, 2, 0, CHURN__EMPTY);
    assert_cell(w, 3, 0, 2.0 / 3);
    world_free(w);
}

/* ---- frozen ---- */

static void baseline__frozen__as_it_was(void **state)
{
    (void)state;
    const double values[] = {1, 2, 6}, none[] = {3};
    const uint64_t counts[] = {2, 1, 1};
    uint64_t upto[3];
    churn__metric_reference kept = {.id = CHURN__STR("kept")}, alone = {.id = CHURN__STR("alone")};
    churn__distribution_make(values, counts, 3, upto, &kept.found);
    churn__distribution_make(none, NULL, 1, NULL, &alone.found);
    world *w = daily((const double[]){6, 2}, 2);
    world_dates(w, (churn_time[]){D(1), D(2), D(3)}, 3);
    churn__metric_def defs[] = {event_def(CHURN__AGG_MEAN, world_login, 1, DAYS(1)),
                                past_def("rank", CHURN__FORM_PERCENTILE, 0, 0, 2, 0),
                                past_def("z", CHURN__FORM_ROBUST_Z, 0, 0, 2, 0),
                                past_def("few", CHURN__FORM_PERCENTILE, 0, 0, 2, 0),
                                past_def("ratio", CHURN__FORM_RATIO, 0, 0, 1, 0)};
    for (uint32_t i = 1; i < 5; i++) {
        defs[i].baseline = CHURN__BASELINE_FROZEN;
        defs[i].reference = i == 3 ? &alone : &kept;
    }
    world_eval(w, defs, 5);
    assert_cell(w, 1, 0, 0.875);
    assert_cell(w, 1, 1, 0.625);
    assert_none(w, 1, 2, CHURN__EMPTY); /* as the metric itself */
    assert_cell(w, 2, 0, (6 - 1.5) / (1.4826 * 0.5));
    assert_none(w, 3, 0, CHURN__EMPTY); /* fewer than fewest */
    assert_cell(w, 4, 1, 2 / 1.5);
    world_free(w);
}

/* ---- a twin ---- */

static uint64_t next(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *seed >> 33;
}

static world *crowd(uint64_t seed)
{
    world *w = world_create();
    const char *const ids[] = {"a", "b", "c"};
    for (uint32_t i = 0; i < 3; i++) {
        add_customer(w, ids[i], D(i * 17));
        for (uint32_t e = 0; e < 70; e++) {
            churn_time at = D(0) + (churn_time)(next(&seed) % (DAYS_ASKED * 24)) * HOURS(1);
            add_event_spec(w,
                           &(event_spec){.customer = ids[i],
                                         .type = "login",
                                         .at = at,
                                         .known_at = at + (churn_time)(next(&seed) % 3) * DAYS(1),
                                         .value = (double)(next(&seed) % 7) - 2});
        }
    }
    return w;
}

typedef struct answer {
    double value;
    churn__missing missing;
} answer;

/* The metric at every day, by itself. */
static answer daily_answers[3][DAYS_ASKED];

static void ask_daily(world *w, const churn__metric_def *base)
{
    for (uint32_t day = 0; day < DAYS_ASKED; day++) {
        w->dates[day] = D(day);
    }
    w->date_count = DAYS_ASKED;
    world_eval(w, base, 1);
    for (uint32_t i = 0; i < 3 * DAYS_ASKED; i++) {
        daily_answers[i / DAYS_ASKED][i % DAYS_ASKED] = (answer){w->values[0][i], w->missing[0][i]};
    }
}

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static double median(double *x, size_t n)
{
    qsort(x, n, sizeof *x, compare);
    return x[(n - 1) / 2] + (x[n / 2] - x[(n - 1) / 2]) / 2;
}

static double naive_rank(const double *x, size_t n, double now)
{
    double below = 0;
    for (size_t i = 0; i < n; i++) {
        below += x[i] < now ? 1 : x[i] == now ? 0.5 : 0;
    }
    return below / (double)n;
}

static bool naive_z(double *x, size_t n, double now, double *out)
{
    double mid = median(x, n), far[BACK], sum = 0;
    for (size_t i = 0; i < n; i++) {
        far[i] = fabs(x[i] - mid);
        sum += far[i];
    }
    double mad = median(far, n);
    double spread = mad > 0 ? 1.4826 * mad : 1.253314 * (sum / (double)n);
    *out = now == mid ? 0 : (now - mid) / spread;
    return spread > 0 || now == mid;
}

static bool naive_trend(const double *x, const uint32_t *ago, size_t n, double *out)
{
    double slopes[BACK * BACK], sizes[BACK];
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        sizes[i] = fabs(x[i]);
        for (size_t k = 0; k < n; k++) {
            if (ago[i] > ago[k]) {
                slopes[count++] = (x[k] - x[i]) / (double)(ago[i] - ago[k]);
            }
        }
    }
    double size = median(sizes, n);
    *out = median(slopes, count) / size;
    return size > 0;
}

/* NaN: missing. */
static double expected(churn__baseline_form form, uint32_t customer, uint32_t day, uint32_t every,
                       uint32_t fewest)
{
    double x[BACK + 1], out = 0, now = daily_answers[customer][day].value;
    uint32_t ago[BACK + 1], n = 0, first = form == CHURN__FORM_TREND ? 0 : 1;
    if (daily_answers[customer][day].missing != CHURN__PRESENT) {
        return (double)NAN;
    }
    for (uint32_t k = first; k < BACK + first && k * every <= day; k++) {
        const answer *then = &daily_answers[customer][day - k * every];
        if (day - k * every >= customer * 17 && then->missing == CHURN__PRESENT) {
            ago[n] = k;
            x[n++] = then->value;
        }
    }
    if (n < fewest) {
        return (double)NAN;
    }
    bool there = true;
    if (form == CHURN__FORM_PERCENTILE) {
        out = naive_rank(x, n, now);
    } else {
        there = form == CHURN__FORM_TREND ? naive_trend(x, ago, n, &out) : naive_z(x, n, now, &out);
    }
    return there ? out : (double)NAN;
}

static void check_twin(const world *w, uint32_t metric, const churn__metric_def *def,
                       uint32_t every)
{
    for (uint32_t row = 0; row < 3 * w->date_count; row++) {
        uint32_t day = (uint32_t)((w->dates[row % w->date_count] - D(0)) / DAYS(1));
        double want = expected(def->form, row / w->date_count, day, every, def->fewest);
        bool there = w->missing[metric][row] == CHURN__PRESENT;
        if (there == isnan(want) || (there && fabs(w->values[metric][row] - want) > 1e-12)) {
            fail_msg("form %d, row %u: %.17g (%u), want %.17g", (int)def->form, row,
                     w->values[metric][row], w->missing[metric][row], want);
        }
    }
}

static void baseline__random__as_the_twin(void **state)
{
    (void)state;
    static const uint32_t days[] = {3, 9, 10, 22, 31, 44, 59};
    for (uint32_t round = 0; round < 12; round++) {
        uint32_t every = 1 + round % 4, fewest = 2 + round % 3;
        world *w = crowd(round + 1);
        churn__metric_def base =
            event_def(round % 2 ? CHURN__AGG_MEAN : CHURN__AGG_SUM, world_login, 1, DAYS(2));
        base.clip = round % 3 == 0;
        ask_daily(w, &base);
        w->date_count = sizeof days / sizeof *days;
        for (uint32_t i = 0; i < w->date_count; i++) {
            w->dates[i] = D(days[i]);
        }
        const churn__metric_def defs[] = {
            base, past_def("rank", CHURN__FORM_PERCENTILE, 0, BACK, fewest, DAYS(every)),
            past_def("z", CHURN__FORM_ROBUST_Z, 0, BACK, fewest, DAYS(every)),
            past_def("way", CHURN__FORM_TREND, 0, BACK, fewest, DAYS(every)),
            past_def("ratio", CHURN__FORM_RATIO, 0, BACK, fewest, DAYS(every))};
        world_eval(w, defs, 5);
        for (uint32_t metric = 1; metric < 4; metric++) {
            check_twin(w, metric, &defs[metric], every);
        }
        world_free(w);
    }
}

int main(void)
{
    const struct CMUnitTest group[] = {
        cmocka_unit_test(baseline__trend__as_scipy),
        cmocka_unit_test(baseline__trend_with_gaps__as_scipy),
        cmocka_unit_test(baseline__trend_of_nothing__empty),
        cmocka_unit_test(baseline__rank_and_z_of_the_own_past__by_hand),
        cmocka_unit_test(carry__what_is_missing__the_last_there_was),
        cmocka_unit_test(carry__of_baselines_and_others__what_may_be),
        cmocka_unit_test(carry__of_a_rank__the_past_of_the_past),
        cmocka_unit_test(carry__beside_one_of_a_lower_level__waits_for_what_it_is_made_of),
        cmocka_unit_test(baseline__frozen__as_it_was),
        cmocka_unit_test(baseline__random__as_the_twin),
    };
    return RUN_TESTS(group);
}
