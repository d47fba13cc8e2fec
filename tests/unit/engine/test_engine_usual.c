/* SPDX-License-Identifier: MIT */
#include "company.h"

#include <math.h>

/*
 * Metrics against all customers and segments: by their median, by rank and by robust z. A twin
 * computes them from the metrics that they stand on, as the definition says. More customers than a
 * batch holds.
 */
#define CUSTOMERS 1400
#define EACH 8
#define DATES 3

static const char metrics[] =
    "churn: 1\nname: usual\ntime_zone: UTC\ncurrency: EUR\n"
    "metrics:\n"
    "  - {id: late, expr: 'metric.odd - metric.own'}\n"
    "  - {id: odd, baseline: {metric: n, of: segment, segment: unusual}}\n"
    "  - {id: own, baseline: {metric: n, of: segment}}\n"
    "  - {id: n, agg: count, event: any, window: 90d, history: clip}\n"
    "  - {id: v, agg: mean, event: login, window: 30d, history: clip}\n"
    "  - {id: all, baseline: {metric: v, of: all}}\n"
    "  - {id: apart, baseline: {metric: v, of: all, as: difference}}\n"
    "  - {id: many, baseline: {metric: n, of: segment, segment: big, fewest: 2}}\n"
    "  - {id: few, baseline: {metric: n, of: segment, segment: big, fewest: 100000}}\n"
    "  - {id: filled, baseline: {metric: v, of: all}, default: -1}\n"
    "  - {id: rank_v, baseline: {metric: v, of: all, as: percentile}}\n"
    "  - {id: rank_n, baseline: {metric: n, of: segment, as: percentile}}\n"
    "  - {id: z_v, baseline: {metric: v, of: all, as: robust_z}}\n"
    "  - {id: z_n, baseline: {metric: n, of: segment, segment: middle, as: robust_z}}\n"
    "  - {id: rare, baseline: {metric: n, of: all, as: percentile, fewest: 100000}}\n";
static const char rest[] =
    "segments:\n"
    "  - {id: unusual, when: 'metric.all > 1.5'}\n"
    "  - {id: big, when: 'metric.n >= 6'}\n"
    "  - {id: middle, when: 'metric.n >= 3'}\n"
    "scores:\n"
    "  - id: health\n"
    "    groups:\n"
    "      - {id: use, weight: 1, factors: [{metric: late, weight: 1, curve: [[-3, 0], [3, 100]]}]}\n"
    "    bands: {green: 70, yellow: 40, red: 0}\n"
    "triggers:\n"
    "  - {id: odd, when: 'metric.odd > 1.0 && metric.all < 1.0'}\n"
    "tests:\n"
    "  - given: {customer: {since: 2025-01-01}, events: [{type: login, at: 2026-01-01, value: 4}]}\n"
    "    as_of: 2026-01-10\n"
    "    expect: {metric.all: 1, metric.apart: 0, metric.many: null}\n";

static const churn_time dates[DATES] = {NEW_YEAR - 60 * DAY, NEW_YEAR - 20 * DAY, NEW_YEAR};

static uint64_t next(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

static churn_store *crowd(void)
{
    churn_store_options options = {.struct_size = sizeof options, .time_zone = STR("UTC")};
    churn_store *store = NULL;
    uint64_t seed = 11;
    assert_ok(churn_store_create(&options, &store, NULL));
    for (uint32_t i = 0; i < CUSTOMERS * EACH; i++) {
        char id[8] = "c000000";
        uint32_t number = (uint32_t)(next(&seed) % CUSTOMERS);
        for (int digit = 6; digit > 0; digit--, number /= 10) {
            id[digit] = (char)('0' + number % 10);
        }
        churn_event event;
        churn_record_init(CHURN_RECORD_EVENT, &event, sizeof event);
        event.customer = (churn_str){id, 7};
        event.type = next(&seed) % 2 ? STR("login") : STR("export");
        event.at = NEW_YEAR - (churn_time)(next(&seed) % 300) * DAY / 2;
        event.value = (double)(next(&seed) % 1000) / 7.0;
        assert_ok(churn_store_add_event(store, &event, NULL));
    }
    return store;
}

static churn_playbook *playbook_of(const char *second)
{
    static char text[8192];
    churn_playbook *playbook = NULL;
    churn_error err = {.struct_size = sizeof err};
    snprintf(text, sizeof text, "%s%s", metrics, second);
    if (churn_playbook_parse(text, CHURN_NTS, NULL, &playbook, NULL, &err) != CHURN_OK) {
        fail_msg("%s", err.message);
    }
    return playbook;
}

static churn_engine *engine_of(churn_store *store, uint32_t threads)
{
    churn_engine_options options = {.struct_size = sizeof options, .threads = threads};
    churn_engine *engine = NULL;
    churn_playbook *playbook = playbook_of(rest);
    assert_ok(churn_engine_create(playbook, store, &options, &engine, NULL));
    churn_playbook_free(playbook);
    return engine;
}

/* ---- the twin ---- */

typedef struct maybe {
    bool there;
    double value;
} maybe;

static uint32_t column_of(const churn_table *table, const char *name)
{
    uint32_t column = churn_table_find(table, name, CHURN_NTS);
    assert_true(column < churn_table_column_count(table));
    return column;
}

static maybe cell(const churn_table *table, const char *name, uint64_t row)
{
    uint32_t column = column_of(table, name);
    maybe m = {!churn_table_is_null(table, row, column), 0};
    m.value = m.there ? churn_table_double(table, row, column) : 0;
    return m;
}

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

typedef bool (*in_group)(const churn_table *table, uint64_t row, const maybe *usual);

/* The values of a group at a date, in ascending order. */
static size_t members(const churn_table *table, const char *name, churn_time at, in_group in,
                      const maybe *usual, double *numbers)
{
    size_t n = 0;
    for (uint64_t row = 0; row < churn_table_row_count(table); row++) {
        maybe m = cell(table, name, row);
        if (m.there && churn_table_time(table, row, column_of(table, "as_of")) == at &&
            in(table, row, usual)) {
            numbers[n++] = m.value;
        }
    }
    qsort(numbers, n, sizeof *numbers, compare);
    return n;
}

static double middle_of(const double *numbers, size_t n)
{
    double low = numbers[(n - 1) / 2], high = numbers[n / 2];
    return low + (high - low) / 2;
}

static maybe median(const churn_table *table, const char *name, churn_time at, in_group in,
                    const maybe *usual, size_t fewest)
{
    static double numbers[CUSTOMERS];
    size_t n = members(table, name, at, in, usual, numbers);
    return n == 0 || n < fewest ? (maybe){false, 0} : (maybe){true, middle_of(numbers, n)};
}

static maybe rank_in(maybe value, const double *numbers, size_t n)
{
    double below = 0;
    for (size_t i = 0; i < n; i++) {
        below += numbers[i] < value.value ? 1 : numbers[i] == value.value ? 0.5 : 0;
    }
    bool there = value.there && n >= 2;
    return (maybe){there, there ? below / (double)n : 0};
}

static maybe z_in(maybe value, const double *numbers, size_t n)
{
    static double far[CUSTOMERS];
    double median = middle_of(numbers, n), sum = 0;
    for (size_t i = 0; i < n; i++) {
        far[i] = fabs(numbers[i] - median);
        sum += far[i];
    }
    qsort(far, n, sizeof *far, compare);
    double mad = middle_of(far, n);
    double spread = mad > 0 ? 1.4826 * mad : 1.253314 * (sum / (double)n);
    assert_true(n >= 2 && spread > 0);
    return (maybe){value.there, value.there ? (value.value - median) / spread : 0};
}

static bool anybody(const churn_table *table, uint64_t row, const maybe *usual)
{
    (void)table;
    (void)row;
    (void)usual;
    return true;
}

/* `usual` is the median of v among all. */
static bool unusual(const churn_table *table, uint64_t row, const maybe *usual)
{
    maybe v = cell(table, "v", row);
    return v.there && usual->there && usual->value != 0 && v.value / usual->value > 1.5;
}

static bool big(const churn_table *table, uint64_t row, const maybe *usual)
{
    (void)usual;
    return cell(table, "n", row).value >= 6;
}

static bool middle(const churn_table *table, uint64_t row, const maybe *usual)
{
    (void)usual;
    return cell(table, "n", row).value >= 3;
}

static maybe over(maybe value, maybe by)
{
    bool there = value.there && by.there && by.value != 0;
    return (maybe){there, there ? value.value / by.value : 0};
}

static void same(const churn_table *table, uint64_t row, const char *name, maybe want)
{
    maybe got = cell(table, name, row);
    if (got.there != want.there || memcmp(&got.value, &want.value, sizeof got.value) != 0) {
        fail_msg("row %llu %s: got %d %.17g, want %d %.17g", (unsigned long long)row, name,
                 got.there, got.value, want.there, want.value);
    }
}

static void near(const churn_table *table, uint64_t row, const char *name, maybe want)
{
    maybe got = cell(table, name, row);
    if (got.there != want.there || fabs(got.value - want.value) > 1e-12 * fabs(want.value)) {
        fail_msg("row %llu %s: got %d %.17g, want %d %.17g", (unsigned long long)row, name,
                 got.there, got.value, want.there, want.value);
    }
}

/* Ranks and robust z. */
static void check_spreads(const churn_table *table, churn_time at)
{
    static double numbers[4][CUSTOMERS]; /* by n: unusual, big, middle; by v: all */
    const maybe all = median(table, "v", at, anybody, NULL, 1);
    const in_group groups[] = {unusual, big, middle};
    size_t n[4];
    for (size_t g = 0; g < 3; g++) {
        n[g] = members(table, "n", at, groups[g], &all, numbers[g]);
    }
    n[3] = members(table, "v", at, anybody, NULL, numbers[3]);
    for (uint64_t row = 0; row < churn_table_row_count(table); row++) {
        if (churn_table_time(table, row, column_of(table, "as_of")) != at) {
            continue;
        }
        maybe v = cell(table, "v", row), mine = cell(table, "n", row);
        size_t g = 0;
        while (g < 3 && !groups[g](table, row, &all)) {
            g++;
        }
        same(table, row, "rank_v", rank_in(v, numbers[3], n[3]));
        same(table, row, "rank_n", g < 3 ? rank_in(mine, numbers[g], n[g]) : (maybe){false, 0});
        near(table, row, "z_v", z_in(v, numbers[3], n[3]));
        near(table, row, "z_n", z_in(mine, numbers[2], n[2]));
        same(table, row, "rare", (maybe){false, 0});
    }
}

static void check_date(const churn_table *table, churn_time at, uint64_t *kinds)
{
    maybe all = median(table, "v", at, anybody, NULL, 1);
    const in_group groups[] = {unusual, big, middle};
    maybe of[3];
    for (size_t g = 0; g < 3; g++) {
        of[g] = median(table, "n", at, groups[g], &all, 1);
    }
    for (uint64_t row = 0; row < churn_table_row_count(table); row++) {
        if (churn_table_time(table, row, column_of(table, "as_of")) != at) {
            continue;
        }
        maybe v = cell(table, "v", row), n = cell(table, "n", row), own = {false, 0};
        size_t g = 0;
        while (g < 3 && !groups[g](table, row, &all)) {
            g++;
        }
        kinds[g]++;
        own = g < 3 ? over(n, of[g]) : own;
        maybe odd = over(n, of[0]), filled = over(v, all), late = {odd.there && own.there, 0};
        late.value = late.there ? odd.value - own.value : 0;
        same(table, row, "all", filled);
        same(table, row, "apart", (maybe){v.there, v.there ? v.value - all.value : 0});
        same(table, row, "own", own);
        same(table, row, "odd", odd);
        same(table, row, "late", late);
        same(table, row, "many", over(n, of[1]));
        same(table, row, "few", (maybe){false, 0});
        same(table, row, "filled", filled.there ? filled : (maybe){true, -1});
    }
}

static void baseline__of_groups__as_the_twin_says(void **state)
{
    churn_store *store = crowd();
    churn_engine *engine = engine_of(store, 0);
    churn_table *table = NULL;
    uint64_t kinds[4] = {0};
    (void)state;
    assert_ok(churn_engine_metrics(engine, dates, DATES, NULL, &table, NULL));
    for (size_t i = 0; i < DATES; i++) {
        check_date(table, dates[i], kinds);
        check_spreads(table, dates[i]);
    }
    for (size_t g = 0; g < 4; g++) {
        assert_true(kinds[g] > 50);
    }
    churn_table_free(table);
    churn_engine_free(engine);
    churn_store_free(store);
}

/* ---- questions ---- */

static void same_answer(const churn_table *table, uint64_t row, const churn_customer_answer *answer)
{
    assert_true(answer->metric_count > 0);
    for (uint32_t m = 0; m < answer->metric_count; m++) {
        maybe want = cell(table, answer->metric_ids[m].ptr, row);
        assert_int_equal(want.there, answer->reasons[m].ptr == NULL);
        assert_true(!want.there || memcmp(&want.value, &answer->numbers[m], sizeof(double)) == 0);
    }
}

/* The engine keeps what it found while version and date stay, and finds it anew when they do not.
 */
static void baseline__of_groups__one_customer_on_request(void **state)
{
    churn_store *store = crowd();
    churn_engine *engine = engine_of(store, 0);
    churn_event event;
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        const churn_time at = dates[i % DATES];
        churn_customer_answer answer = {.struct_size = sizeof answer};
        churn_table *table = NULL;
        assert_ok(churn_engine_metrics(engine, &at, 1, NULL, &table, NULL));
        for (uint64_t row = 5; row < churn_table_row_count(table); row += 301) {
            churn_str id = churn_table_string(table, row, 0);
            assert_ok(churn_engine_customer(engine, id.ptr, id.len, at, &answer, NULL));
            same_answer(table, row, &answer);
        }
        churn_table_free(table);
        churn_record_init(CHURN_RECORD_EVENT, &event, sizeof event);
        event.customer = STR("c000700");
        event.type = STR("login");
        event.at = NEW_YEAR - 70 * DAY;
        event.value = 1e6;
        assert_ok(churn_store_add_event(store, &event, NULL));
    }
    churn_engine_free(engine);
    churn_store_free(store);
}

static void same_rows(const churn_table *a, uint64_t from, const churn_table *b, uint64_t rows)
{
    assert_int_equal(churn_table_row_count(b), rows);
    for (uint32_t col = 0; col < churn_table_column_count(a); col++) {
        for (uint64_t row = 0; row < rows; row++) {
            assert_int_equal(churn_table_is_null(a, from + row, col),
                             churn_table_is_null(b, row, col));
            if (churn_table_column_type(a, col) == CHURN_COLUMN_DOUBLE) {
                double x = churn_table_double(a, from + row, col);
                double y = churn_table_double(b, row, col);
                assert_memory_equal(&x, &y, sizeof x);
            }
        }
    }
}

static void baseline__of_groups__same_bits_with_any_number_of_threads(void **state)
{
    static const uint32_t counts[] = {1, 2, 4, 7};
    churn_store *store = crowd();
    churn_table *first = NULL;
    uint64_t first_hash = 0;
    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        churn_engine *engine = engine_of(store, counts[i]);
        churn_run run = {.struct_size = sizeof run};
        churn_table *table = NULL;
        uint64_t hash = 0;
        assert_ok(churn_engine_metrics(engine, dates, DATES, NULL, &table, NULL));
        assert_ok(churn_engine_advance(engine, NEW_YEAR, NULL, &run, NULL));
        assert_true(run.fired > 10);
        assert_ok(churn_engine_hash(engine, &hash, NULL));
        if (i == 0) {
            first = table;
            first_hash = hash;
        } else {
            same_rows(first, 0, table, churn_table_row_count(first));
            assert_true(hash == first_hash);
            churn_table_free(table);
        }
        churn_engine_free(engine);
    }
    churn_table_free(first);
    churn_store_free(store);
}

/* Whoever is asked about, everybody says what is usual. */
static void baseline__of_groups__one_customer_as_among_all(void **state)
{
    churn_store *store = crowd();
    churn_engine *engine = engine_of(store, 2);
    churn_table *all = NULL, *one = NULL, *lines = NULL, *risk = NULL;
    churn_query_options options = {.struct_size = sizeof options};
    churn_str some[] = {STR("c000003"), STR("c000700")};
    (void)state;
    assert_ok(churn_engine_metrics(engine, &dates[2], 1, NULL, &all, NULL));
    for (uint64_t row = 0; row < churn_table_row_count(all); row += 97) {
        options.customer = churn_table_string(all, row, 0);
        assert_ok(churn_engine_metrics(engine, &dates[2], 1, &options, &one, NULL));
        same_rows(all, row, one, 1);
        churn_table_free(one);
    }
    options.customer = (churn_str){NULL, 0};
    options.customers = some;
    options.customer_count = 2;
    assert_ok(churn_engine_scores(engine, &dates[2], 1, &options, &one, NULL));
    assert_int_equal(churn_table_row_count(one), 2);
    churn_table_free(one);
    assert_ok(churn_engine_explain(engine, "c000700", CHURN_NTS, dates[2], NULL, &lines, NULL));
    assert_true(churn_table_row_count(lines) > 0);
    churn_table_free(lines);
    assert_ok(churn_engine_at_risk(engine, dates[2], NULL, &risk, NULL));
    assert_true(churn_table_row_count(risk) > 0);
    churn_table_free(risk);
    churn_table_free(all);
    churn_engine_free(engine);
    churn_store_free(store);
}

static void baseline__of_groups__cancelled_while_everybody_is_asked(void **state)
{
    churn_store *store = crowd();
    churn_engine *engine = engine_of(store, 0);
    churn_cancel *cancel = NULL;
    churn_table *table = NULL;
    (void)state;
    assert_ok(churn_cancel_create(&cancel, NULL));
    churn_cancel_set(cancel);
    churn_query_options options = {
        .struct_size = sizeof options, .customer = STR("c000003"), .cancel = cancel};
    churn_explain_options explain = {.struct_size = sizeof explain, .cancel = cancel};
    assert_int_equal(churn_engine_metrics(engine, dates, 1, &options, &table, NULL),
                     CHURN_E_CANCELLED);
    assert_int_equal(
        churn_engine_explain(engine, "c000003", CHURN_NTS, dates[2], &explain, &table, NULL),
        CHURN_E_CANCELLED);
    churn_cancel_free(cancel);
    churn_engine_free(engine);
    churn_store_free(store);
}

/* In a playbook's own test the one customer is everybody. */
static void baseline__of_groups__tested_by_the_playbook(void **state)
{
    churn_playbook *playbook = playbook_of(rest);
    churn_table *table = NULL;
    uint64_t passed = 0, failed = 0;
    (void)state;
    assert_ok(churn_playbook_test(playbook, &passed, &failed, &table, NULL));
    assert_int_equal(failed, 0);
    assert_int_equal(passed, 3);
    churn_table_free(table);
    churn_playbook_free(playbook);
}

static void baseline__of_a_segment_that_needs_it__the_cycle_is_printed(void **state)
{
    static const char text[] = "churn: 1\nname: bad\n"
                               "metrics:\n"
                               "  - {id: n, agg: count, event: any, window: 90d}\n"
                               "  - {id: own, baseline: {metric: n, of: segment}}\n"
                               "  - {id: twice, expr: 'metric.own * 2.0'}\n"
                               "segments:\n"
                               "  - {id: low, when: 'health.score < 50'}\n"
                               "scores:\n"
                               "  - id: health\n"
                               "    groups: [{id: g, weight: 1, factors: [{metric: twice,\n"
                               "      weight: 1, curve: [[0, 0], [1, 100]]}]}]\n"
                               "    bands: {red: 0}\n";
    churn_playbook *playbook = NULL;
    churn_error err = {.struct_size = sizeof err};
    (void)state;
    assert_int_equal(churn_playbook_parse(text, CHURN_NTS, NULL, &playbook, NULL, &err),
                     CHURN_E_CONFIG);
    assert_non_null(strstr(err.message, "a cycle: metric.own needs segment.low needs health needs "
                                        "metric.twice needs metric.own"));
}

int main(void)
{
    const struct CMUnitTest group[] = {
        cmocka_unit_test(baseline__of_groups__as_the_twin_says),
        cmocka_unit_test(baseline__of_groups__same_bits_with_any_number_of_threads),
        cmocka_unit_test(baseline__of_groups__one_customer_as_among_all),
        cmocka_unit_test(baseline__of_groups__one_customer_on_request),
        cmocka_unit_test(baseline__of_groups__cancelled_while_everybody_is_asked),
        cmocka_unit_test(baseline__of_groups__tested_by_the_playbook),
        cmocka_unit_test(baseline__of_a_segment_that_needs_it__the_cycle_is_printed),
    };
    return RUN_TESTS(group);
}
