/* SPDX-License-Identifier: MIT */
#include "company.h"

/*
 * Distributions of metrics: as they are now, by table and by text, and as a playbook keeps them.
 * Ten customers with 0, 1, 1, 2, 2, 2, 3, 5, 8 and 13 logins; the last four are of segment busy.
 */
static const char rules[] =
    "churn: 1\nname: references\ntime_zone: UTC\ncurrency: USD\n"
    "metrics:\n"
    "  - {id: logins, agg: count, event: login, window: 28d, history: clip}\n"
    "  - {id: worth, agg: mean, event: login, window: 28d, history: clip}\n"
    "  - {id: plan, agg: exists, event: plan}\n"
    "  - {id: rank, baseline: {metric: logins, of: all, as: percentile}}\n"
    "  - {id: odd, baseline: {metric: logins, of: all, as: robust_z}}\n"
    "  - {id: own, baseline: {metric: logins, of: segment, segment: busy, as: percentile}}\n"
    "segments:\n"
    "  - {id: busy, when: 'metric.logins >= 3'}\n";

static const int logins[] = {0, 1, 1, 2, 2, 2, 3, 5, 8, 13};
#define PEOPLE (sizeof logins / sizeof *logins)

typedef struct place {
    churn_store *store;
    churn_engine *engine;
} place;

static void log_in(churn_store *store, uint32_t customer, churn_time at, double value)
{
    const char id[] = {'c', (char)('0' + customer), '\0'};
    churn_event event;
    churn_record_init(CHURN_RECORD_EVENT, &event, sizeof event);
    event.customer = (churn_str){id, 2};
    event.type = STR("login");
    event.at = at;
    event.value = value;
    assert_ok(churn_store_add_event(store, &event, NULL));
}

static churn_engine *engine_over(churn_store *store, const char *text)
{
    churn_error err = {.struct_size = sizeof err};
    churn_playbook *playbook = NULL;
    churn_engine *engine = NULL;
    if (churn_playbook_parse(text, CHURN_NTS, NULL, &playbook, NULL, &err) != CHURN_OK) {
        fail_msg("%s\n%s", err.message, text);
    }
    assert_ok(churn_engine_create(playbook, store, NULL, &engine, NULL));
    churn_playbook_free(playbook);
    return engine;
}

static place place_open(void)
{
    place p = {NULL, NULL};
    churn_store_options options = {.struct_size = sizeof options, .time_zone = STR("UTC")};
    assert_ok(churn_store_create(&options, &p.store, NULL));
    for (uint32_t i = 0; i < PEOPLE; i++) {
        const char id[] = {'c', (char)('0' + i), '\0'};
        churn_customer customer;
        churn_record_init(CHURN_RECORD_CUSTOMER, &customer, sizeof customer);
        customer.id = (churn_str){id, 2};
        customer.since = NEW_YEAR - 100 * DAY;
        assert_ok(churn_store_add_customer(p.store, &customer, NULL));
        for (int k = 0; k < logins[i]; k++) {
            log_in(p.store, i, NEW_YEAR - (k + 1) * DAY, 1.0 / (3 + (int)i + k));
        }
    }
    p.engine = engine_over(p.store, rules);
    return p;
}

static void place_close(place *p)
{
    churn_engine_free(p->engine);
    churn_store_free(p->store);
}

static void assert_rows(const churn_table *t, const double *values, const int64_t *counts,
                        uint64_t n)
{
    assert_int_equal(churn_table_row_count(t), n);
    for (uint64_t i = 0; i < n; i++) {
        assert_true(churn_table_double(t, i, 0) == values[i]);
        assert_int_equal(churn_table_int(t, i, 1), counts[i]);
    }
}

/* A buffer's bytes as a string; its own room. */
static const char *text_of(const churn_buffer *buffer)
{
    static char text[1 << 16];
    size_t size = churn_buffer_size(buffer);
    assert_true(size < sizeof text);
    memcpy(text, churn_buffer_data(buffer), size);
    text[size] = '\0';
    return text;
}

static void reference__everybody__table_and_text(void **state)
{
    place p = place_open();
    churn_table *t = NULL;
    churn_buffer *text = NULL;
    (void)state;
    assert_ok(
        churn_engine_reference(p.engine, "logins", CHURN_NTS, NEW_YEAR, NULL, &t, &text, NULL));
    assert_rows(t, (double[]){0, 1, 2, 3, 5, 8, 13}, (int64_t[]){1, 2, 3, 1, 1, 1, 1}, 7);
    assert_int_equal(churn_table_find(t, "value", CHURN_NTS), 0);
    assert_int_equal(churn_table_find(t, "count", CHURN_NTS), 1);
    assert_string_equal(text_of(text), "  # Of all customers: 10 values, exact.\n"
                                       "  logins_20260101:\n"
                                       "    metric: logins\n"
                                       "    made_at: 2026-01-01T00:00:00Z\n"
                                       "    values: [0, 1, 2, 3, 5, 8, 13]\n"
                                       "    counts: [1, 2, 3, 1, 1, 1, 1]\n");
    churn_table_free(t);
    churn_buffer_free(text);
    place_close(&p);
}

/* New Year in Budapest is an hour before that of UTC. */
static void reference__elsewhere__named_by_the_local_date(void **state)
{
    place p = place_open();
    churn_buffer *text = NULL;
    (void)state;
    churn_engine_free(p.engine);
    p.engine = engine_over(p.store, "{churn: 1, name: local, time_zone: Europe/Budapest, metrics: "
                                    "[{id: logins, event: login, agg: count, window: 90d}]}");
    assert_ok(churn_engine_reference(p.engine, "logins", CHURN_NTS, NEW_YEAR - DAY / 24, NULL, NULL,
                                     &text, NULL));
    assert_non_null(strstr(text_of(text), "\n  logins_20260101:\n"));
    assert_non_null(strstr(text_of(text), "    made_at: 2025-12-31T23:00:00Z\n"));
    churn_buffer_free(text);
    place_close(&p);
}

static void reference__a_segment__by_name_and_without_counts(void **state)
{
    place p = place_open();
    churn_buffer *text = NULL;
    const churn_reference_options options = {
        .struct_size = sizeof options, .among = STR("segment.busy"), .name = STR("mine")};
    (void)state;
    assert_ok(churn_engine_reference(p.engine, "logins", CHURN_NTS, NEW_YEAR, &options, NULL, &text,
                                     NULL));
    assert_string_equal(text_of(text), "  # Of segment busy: 4 values, exact.\n"
                                       "  mine:\n"
                                       "    metric: logins\n"
                                       "    made_at: 2026-01-01T00:00:00Z\n"
                                       "    values: [3, 5, 8, 13]\n");
    churn_buffer_free(text);
    place_close(&p);
}

/* Parts of ten in three: three, three and four of them. */
static void reference__too_many_values__quantiles(void **state)
{
    place p = place_open();
    churn_table *t = NULL;
    churn_buffer *text = NULL;
    const churn_reference_options options = {.struct_size = sizeof options, .max_values = 3};
    (void)state;
    assert_ok(
        churn_engine_reference(p.engine, "logins", CHURN_NTS, NEW_YEAR, &options, &t, &text, NULL));
    assert_rows(t, (double[]){1, 2, 5}, (int64_t[]){3, 3, 4}, 3);
    assert_non_null(strstr(text_of(text),
                           "10 values, of which 7 differ.\n"
                           "  # Quantiles: the middle ones of 3 parts of equal size.\n"));
    assert_non_null(strstr(text_of(text), "values: [1, 2, 5]\n    counts: [3, 3, 4]\n"));
    churn_table_free(t);
    churn_buffer_free(text);
    place_close(&p);
}

static void assert_refused(const place *p, const char *metric, churn_reference_options options,
                           churn_status status, const char *why)
{
    churn_error err = {.struct_size = sizeof err};
    churn_table *t = NULL;
    churn_buffer *text = NULL;
    options.struct_size = sizeof options;
    assert_int_equal(
        churn_engine_reference(p->engine, metric, CHURN_NTS, NEW_YEAR, &options, &t, &text, &err),
        status);
    assert_null(t);
    assert_null(text);
    if (strstr(err.message, why) == NULL) {
        fail_msg("%s", err.message);
    }
}

static void reference__what_there_is_not__errors(void **state)
{
    place p = place_open();
    churn_table *t = NULL;
    (void)state;
    assert_refused(&p, "logouts", (churn_reference_options){0}, CHURN_E_NOT_FOUND, "logouts");
    assert_refused(&p, "plan", (churn_reference_options){0}, CHURN_E_TYPE, "only numbers");
    assert_refused(&p, "logins", (churn_reference_options){.among = STR("segment.lazy")},
                   CHURN_E_NOT_FOUND, "lazy");
    assert_refused(&p, "logins", (churn_reference_options){.among = STR("self")}, CHURN_E_ARG,
                   "self");
    assert_refused(&p, "logins", (churn_reference_options){.name = STR("No name")}, CHURN_E_ARG,
                   "No name");
    assert_refused(&p, "logins", (churn_reference_options){.max_values = 1}, CHURN_E_RANGE,
                   "max_values");
    assert_refused(&p, "logins", (churn_reference_options){.max_values = 100001}, CHURN_E_RANGE,
                   "max_values");
    assert_int_equal(churn_engine_reference(p.engine, "logins", CHURN_NTS, NEW_YEAR - 200 * DAY,
                                            NULL, &t, NULL, NULL),
                     CHURN_E_NOT_FOUND); /* nobody is there yet */
    assert_int_equal(churn_engine_reference(p.engine, "logins", CHURN_NTS, CHURN_TIME_MAX + 1, NULL,
                                            &t, NULL, NULL),
                     CHURN_E_RANGE);
    place_close(&p);
}

/* ---- ranks and spreads ---- */

static double number_of(churn_engine *engine, const char *metric, uint64_t row, churn_time at)
{
    churn_table *t = NULL;
    assert_ok(churn_engine_metrics(engine, &at, 1, NULL, &t, NULL));
    double x = churn_table_is_null(t, row, churn_table_find(t, metric, CHURN_NTS))
                   ? -99
                   : cell_number(t, row, metric);
    churn_table_free(t);
    return x;
}

/* By hand: the median is 2, distances from it 0 0 0 1 1 1 2 3 6 11, of which the median is 1. */
static void metrics__rank_and_z_among_all__by_hand(void **state)
{
    place p = place_open();
    (void)state;
    const double ranks[] = {0.05, 0.2, 0.2, 0.45, 0.45, 0.45, 0.65, 0.75, 0.85, 0.95};
    for (uint32_t i = 0; i < PEOPLE; i++) {
        assert_true(number_of(p.engine, "rank", i, NEW_YEAR) == ranks[i]);
        assert_true(number_of(p.engine, "odd", i, NEW_YEAR) == (logins[i] - 2) / 1.4826);
    }
    assert_true(number_of(p.engine, "own", 5, NEW_YEAR) == 0); /* who is not of them is ranked */
    assert_true(number_of(p.engine, "own", 9, NEW_YEAR) == 0.875);
    churn_customer_answer one = {.struct_size = sizeof one};
    assert_ok(churn_engine_customer(p.engine, "c7", CHURN_NTS, NEW_YEAR, &one, NULL));
    assert_true(one.numbers[3] == 0.75);
    place_close(&p);
}

/* ---- kept in a playbook ---- */

static const char scored[] =
    "churn: 1\nname: kept\ntime_zone: UTC\ncurrency: USD\n"
    "metrics:\n"
    "  - {id: logins, agg: count, event: login, window: 28d, history: clip}\n"
    "  - {id: worth, agg: mean, event: login, window: 28d, history: clip}\n"
    "  - {id: rank, baseline: {metric: worth, %s, as: percentile}}\n"
    "  - {id: odd, baseline: {metric: worth, %s, as: robust_z}}\n"
    "scores:\n"
    "  - id: health\n"
    "    groups:\n"
    "      - id: all\n"
    "        weight: 1\n"
    "        factors:\n"
    "          - {id: a, metric: worth, weight: 3, percentile: {among: %s}}\n"
    "          - {id: b, metric: worth, weight: 2, robust_z: {among: %s}}\n"
    "          - {id: c, metric: logins, weight: 1, percentile: {among: %s}}\n"
    "    bands: {green: 50, red: 0}\n";

static churn_engine *scored_engine(churn_store *store, bool frozen, const char *references)
{
    static char text[1 << 16];
    const char *of = frozen ? "of: frozen, reference: kept_worth" : "of: all";
    int n = snprintf(text, sizeof text, scored, of, of, frozen ? "kept_worth" : "book",
                     frozen ? "kept_worth" : "book", frozen ? "kept_logins" : "book");
    snprintf(text + n, sizeof text - (size_t)n, "%s%s", frozen ? "references:\n" : "", references);
    return engine_over(store, text);
}

static void append_reference(char *text, size_t size, churn_engine *engine, const char *metric,
                             churn_str name)
{
    churn_buffer *made = NULL;
    const churn_reference_options options = {.struct_size = sizeof options, .name = name};
    assert_ok(
        churn_engine_reference(engine, metric, CHURN_NTS, NEW_YEAR, &options, NULL, &made, NULL));
    size_t len = strlen(text);
    snprintf(text + len, size - len, "%s", text_of(made));
    churn_buffer_free(made);
}

static void assert_same_bits(const churn_table *a, const churn_table *b, const char *column)
{
    uint32_t x = churn_table_find(a, column, CHURN_NTS), y = churn_table_find(b, column, CHURN_NTS);
    assert_int_equal(churn_table_row_count(a), PEOPLE);
    for (uint64_t row = 0; row < PEOPLE; row++) {
        double u = churn_table_double(a, row, x), v = churn_table_double(b, row, y);
        assert_int_equal(churn_table_is_null(a, row, x), churn_table_is_null(b, row, y));
        assert_memory_equal(&u, &v, sizeof u);
    }
}

/* The book grows by customers with larger values; who ranks against what was kept does not care. */
static void frozen__the_book_has_changed__the_same_bits(void **state)
{
    place p = place_open();
    char references[4096] = "";
    const churn_time date = NEW_YEAR;
    churn_table *before[2] = {NULL}, *after[2] = {NULL}, *moved = NULL;
    (void)state;
    churn_engine *book = scored_engine(p.store, false, "");
    assert_ok(churn_engine_metrics(book, &date, 1, NULL, &before[0], NULL));
    assert_ok(churn_engine_scores(book, &date, 1, NULL, &before[1], NULL));
    append_reference(references, sizeof references, book, "worth", STR("kept_worth"));
    append_reference(references, sizeof references, book, "logins", STR("kept_logins"));
    for (uint32_t i = 0; i < 30; i++) {
        const char id[] = {'n', (char)('A' + i % 26), (char)('0' + i / 26), '\0'};
        churn_event event;
        churn_record_init(CHURN_RECORD_EVENT, &event, sizeof event);
        event.customer = (churn_str){id, 3};
        event.type = STR("login");
        event.at = NEW_YEAR - DAY;
        event.value = 7 + i;
        assert_ok(churn_store_add_event(p.store, &event, NULL));
    }
    churn_query_options first = {.struct_size = sizeof first};
    churn_str ids[PEOPLE];
    char names[PEOPLE][3];
    for (uint32_t i = 0; i < PEOPLE; i++) {
        snprintf(names[i], sizeof names[i], "c%u", i);
        ids[i] = (churn_str){names[i], 2};
    }
    first.customers = ids;
    first.customer_count = PEOPLE;
    churn_engine *frozen = scored_engine(p.store, true, references);
    assert_ok(churn_engine_metrics(frozen, &date, 1, &first, &after[0], NULL));
    assert_ok(churn_engine_scores(frozen, &date, 1, &first, &after[1], NULL));
    assert_same_bits(before[0], after[0], "rank");
    assert_same_bits(before[0], after[0], "odd");
    assert_same_bits(before[1], after[1], "value");
    assert_ok(churn_engine_scores(book, &date, 1, &first, &moved, NULL));
    assert_true(cell_number(moved, 9, "value") < cell_number(after[1], 9, "value"));
    for (size_t i = 0; i < 2; i++) {
        churn_table_free(before[i]);
        churn_table_free(after[i]);
    }
    churn_table_free(moved);
    churn_engine_free(book);
    churn_engine_free(frozen);
    place_close(&p);
}

/* ---- what they are called ---- */

static void playbook_metrics__forms__units_and_sentences(void **state)
{
    static const struct {
        const char *definition, *unit, *sentence;
    } cases[] = {
        {"of: all, as: percentile", "ratio", "Rank of n in all customers."},
        {"of: segment, as: robust_z", "number", "Robust z of n in the customer's segment."},
        {"as: robust_z, back: 4, every: 7d", "number", "Robust z of n in the customer's own past."},
        {"as: trend, back: 8, every: 7d", "number", "Trend of n over 8 values, 7 days apart."},
        {"as: difference, of: all", "count", "n against the median of all customers."},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[400];
        churn_playbook *playbook = NULL;
        churn_table *t = NULL;
        snprintf(text, sizeof text,
                 "churn: 1\nname: words\nmetrics:\n"
                 "  - {id: n, agg: count, event: login, window: 28d}\n"
                 "  - {id: x, baseline: {metric: n, %s}}\n"
                 "segments: [{id: a, when: 'metric.n > 3'}]\n",
                 cases[i].definition);
        assert_ok(churn_playbook_parse(text, CHURN_NTS, NULL, &playbook, NULL, NULL));
        assert_ok(churn_playbook_metrics(playbook, &t, NULL));
        assert_string_equal(cell_text(t, 1, "unit"), cases[i].unit);
        assert_string_equal(cell_text(t, 1, "description"), cases[i].sentence);
        churn_table_free(t);
        churn_playbook_free(playbook);
    }
}

int main(void)
{
    const struct CMUnitTest group[] = {
        cmocka_unit_test(reference__everybody__table_and_text),
        cmocka_unit_test(reference__elsewhere__named_by_the_local_date),
        cmocka_unit_test(reference__a_segment__by_name_and_without_counts),
        cmocka_unit_test(reference__too_many_values__quantiles),
        cmocka_unit_test(reference__what_there_is_not__errors),
        cmocka_unit_test(metrics__rank_and_z_among_all__by_hand),
        cmocka_unit_test(frozen__the_book_has_changed__the_same_bits),
        cmocka_unit_test(playbook_metrics__forms__units_and_sentences),
    };
    return RUN_TESTS(group);
}
