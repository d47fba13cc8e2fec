/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "company.h"

/*
 * What if, on the company of company.h. Of blue: no login in 28 days (0 points, weight 2), no user
 * of 8 seats (0, weight 1): use is 0, weight 60; NPS 4 (40 points), weight 40. That is 16, and a
 * failed invoice holds it at most at 40.
 */

static churn_change number(const char *name, double value)
{
    return (churn_change){{name, strlen(name)}, {.type = CHURN_TYPE_DOUBLE, .number = value}};
}

static churn_change nothing(const char *name)
{
    return (churn_change){{name, strlen(name)}, {.type = 0}};
}

static churn_table *what_if(const company *c, const char *customer, const churn_change *changes,
                            uint32_t count)
{
    churn_table *table = NULL;
    churn_error err = {.struct_size = sizeof err};
    churn_status st = churn_engine_what_if(c->engine, customer, CHURN_NTS, NEW_YEAR, changes, count,
                                           NULL, &table, &err);
    if (st != CHURN_OK) {
        print_message("# %s\n", err.message);
    }
    assert_int_equal(st, CHURN_OK);
    return table;
}

static double score_after(const company *c, const churn_change *changes, uint32_t count)
{
    churn_table *table = what_if(c, "blue", changes, count);
    int64_t row = find_row(table, "sort", "score", "id", "health");
    assert_true(row >= 0);
    assert_true(cell_number(table, (uint64_t)row, "value_before") == 16);
    double after = cell_number(table, (uint64_t)row, "value_after");
    churn_table_free(table);
    return after;
}

static void what_if__nothing_given__nothing_changes(void **state)
{
    company c = {.playbook = NULL};
    (void)state;
    company_open(&c);
    churn_table *table = what_if(&c, "blue", NULL, 0);
    assert_int_equal(churn_table_row_count(table), 3); /* a score and two triggers */
    assert_true(cell_number(table, 0, "change") == 0);
    assert_string_equal(cell_text(table, 0, "band_before"), "red");
    assert_string_equal(cell_text(table, 0, "band_after"), "red");
    churn_table_free(table);
    company_close(&c);
}

static void what_if__metric__score_cap_and_triggers_follow(void **state)
{
    company c = {.playbook = NULL};
    (void)state;
    company_open(&c);
    churn_change changes[] = {number("logins_28d", 10), number("metric.failed", 0),
                              number("quiet", 1)};
    assert_true(score_after(&c, changes, 1) == 40); /* 0.6 * 200 / 3 + 16 = 56, but unpaid */
    assert_true(score_after(&c, changes, 2) == 56);
    churn_table *table = what_if(&c, "blue", changes, 3);
    int64_t row = find_row(table, "sort", "metric", "id", "logins_28d");
    assert_true(row >= 0 && cell_number(table, (uint64_t)row, "value_after") == 10);
    row = find_row(table, "sort", "trigger", "id", "quiet");
    uint32_t before = (uint32_t)churn_table_find(table, "holds_before", CHURN_NTS);
    assert_true(churn_table_bool(table, (uint64_t)row, before));
    assert_false(churn_table_bool(table, (uint64_t)row, before + 1));
    row = find_row(table, "sort", "trigger", "id", "low");
    assert_true(churn_table_bool(table, (uint64_t)row, before + 1));
    churn_table_free(table);
    company_close(&c);
}

static void what_if__metric_of_a_metric__follows(void **state)
{
    company c = {.playbook = NULL};
    (void)state;
    company_open(&c);
    churn_change users = number("users", 8), seats = number("customer.seats", 0);
    assert_true(score_after(&c, &users, 1) == 36); /* seat_use 1: 0.6 * 100 / 3 + 16 */
    churn_table *table = what_if(&c, "blue", &users, 1);
    int64_t row = find_row(table, "sort", "metric", "id", "seat_use");
    assert_true(row >= 0 && cell_number(table, (uint64_t)row, "value_before") == 0);
    assert_true(cell_number(table, (uint64_t)row, "value_after") == 1);
    churn_table_free(table);
    /* No seats to divide by: the factor is missing, and use stands on logins alone. */
    table = what_if(&c, "blue", &seats, 1);
    row = find_row(table, "sort", "metric", "id", "seat_use");
    assert_true(row >= 0 && cell_null(table, (uint64_t)row, "value_after"));
    row = find_row(table, "sort", "score", "id", "health");
    assert_true(cell_number(table, (uint64_t)row, "coverage_before") == 1);
    assert_true(cell_number(table, (uint64_t)row, "coverage_after") == 0.8);
    churn_table_free(table);
    company_close(&c);
}

static void what_if__missing__weights_change(void **state)
{
    company c = {.playbook = NULL};
    (void)state;
    company_open(&c);
    churn_change gone[] = {nothing("nps"), nothing("logins_28d"), nothing("seat_use")};
    assert_true(score_after(&c, gone, 1) == 0);
    churn_table *table = what_if(&c, "blue", gone, 3);
    int64_t row = find_row(table, "sort", "score", "id", "health");
    assert_true(cell_null(table, (uint64_t)row, "value_after"));
    assert_true(cell_null(table, (uint64_t)row, "change"));
    assert_string_equal(cell_text(table, (uint64_t)row, "band_after"), "unknown");
    row = find_row(table, "sort", "trigger", "id", "low");
    assert_true(cell_null(table, (uint64_t)row, "holds_after"));
    churn_table_free(table);
    company_close(&c);
}

static void what_if__score_and_segment__are_read_as_given(void **state)
{
    company c = {.playbook = NULL};
    (void)state;
    company_open(&c);
    churn_change changes[] = {number("health", 71), number("mrr", 50)};
    churn_table *table = what_if(&c, "blue", changes, 2);
    int64_t row = find_row(table, "sort", "score", "id", "health");
    assert_true(cell_number(table, (uint64_t)row, "value_after") == 71);
    assert_string_equal(cell_text(table, (uint64_t)row, "band_after"), "green");
    row = find_row(table, "sort", "trigger", "id", "low");
    uint32_t after = (uint32_t)churn_table_find(table, "holds_after", CHURN_NTS);
    assert_false(churn_table_bool(table, (uint64_t)row, after));
    row = find_row(table, "sort", "segment", "id", "large");
    assert_true(row >= 0);
    assert_false(churn_table_bool(table, (uint64_t)row, after));
    churn_table_free(table);
    company_close(&c);
}

static void what_if__faults__each_is_told(void **state)
{
    company c = {.playbook = NULL};
    churn_table *table = NULL;
    (void)state;
    company_open(&c);
    const struct {
        churn_change change;
        churn_status status;
    } cases[] = {
        {number("logins_28", 1), CHURN_E_NOT_FOUND},
        {number("customer.seat", 1), CHURN_E_NOT_FOUND},
        {number("", 1), CHURN_E_NOT_FOUND},
        {number("health", 101), CHURN_E_RANGE},
        {number("nps", strtod("nan", NULL)), CHURN_E_RANGE},
        {{STR("nps"), {.type = CHURN_TYPE_STRING, .string = STR("4")}}, CHURN_E_TYPE},
        {{{NULL, 0}, {.type = 0}}, CHURN_E_ARG},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        churn_error err = {.struct_size = sizeof err};
        assert_int_equal(churn_engine_what_if(c.engine, "blue", CHURN_NTS, NEW_YEAR,
                                              &cases[i].change, 1, NULL, &table, &err),
                         cases[i].status);
        assert_null(table);
    }
    churn_change twice[] = {number("nps", 1), number("metric.nps", 2)};
    assert_int_equal(
        churn_engine_what_if(c.engine, "blue", CHURN_NTS, NEW_YEAR, twice, 2, NULL, &table, NULL),
        CHURN_E_EXISTS);
    assert_int_equal(churn_engine_what_if(c.engine, "blue", CHURN_NTS, NEW_YEAR - 400 * DAY, NULL,
                                          0, NULL, &table, NULL),
                     CHURN_E_NOT_FOUND);
    assert_int_equal(
        churn_engine_what_if(c.engine, "nobody", CHURN_NTS, NEW_YEAR, NULL, 0, NULL, &table, NULL),
        CHURN_E_NOT_FOUND);
    assert_int_equal(
        churn_engine_what_if(c.engine, "blue", CHURN_NTS, NEW_YEAR, NULL, 1, NULL, &table, NULL),
        CHURN_E_ARG);
    assert_int_equal(
        churn_engine_what_if(c.engine, "blue", CHURN_NTS, NEW_YEAR, NULL, 0, NULL, NULL, NULL),
        CHURN_E_ARG);
    company_close(&c);
}

/* ---- targets ---- */

static churn_table *targets(const company *c, const char *customer, double target, const char *band,
                            uint32_t pairs)
{
    churn_table *table = NULL;
    churn_error err = {.struct_size = sizeof err};
    churn_target_options options = {
        .struct_size = sizeof options, .target = target, .pairs = pairs};
    if (band != NULL) {
        options.band = (churn_str){band, strlen(band)};
    }
    churn_status st =
        churn_engine_targets(c->engine, customer, CHURN_NTS, NEW_YEAR, &options, &table, &err);
    if (st != CHURN_OK) {
        print_message("# %s\n", err.message);
    }
    assert_int_equal(st, CHURN_OK);
    return table;
}

static churn_change needed_change(const churn_table *table, uint64_t row, bool second)
{
    const char *metric = cell_text(table, row, second ? "metric_2" : "metric");
    const char *text = second ? "word_needed_2" : "word_needed";
    if (cell_null(table, row, text)) {
        return number(metric, cell_number(table, row, second ? "value_needed_2" : "value_needed"));
    }
    const char *word = cell_text(table, row, text);
    return (churn_change){{metric, strlen(metric)},
                          {.type = CHURN_TYPE_STRING, .string = {word, strlen(word)}}};
}

/* What is said to be feasible, taken at its word; returns how many rows are. */
static uint64_t apply_all(const company *c, const char *customer, const char *score,
                          const churn_table *table)
{
    uint64_t feasible = 0;
    double last = 0;
    for (uint64_t row = 0; row < churn_table_row_count(table); row++) {
        if (cell_null(table, row, "rank")) {
            assert_false(cell_null(table, row, "reason"));
            continue;
        }
        churn_change changes[2] = {needed_change(table, row, false)};
        bool pair = strcmp(cell_text(table, row, "kind"), "pair") == 0;
        if (pair) {
            changes[1] = needed_change(table, row, true);
        }
        churn_table *got = what_if(c, customer, changes, pair ? 2 : 1);
        int64_t at = find_row(got, "sort", "score", "id", score);
        double after = cell_number(got, (uint64_t)at, "value_after");
        assert_true(after >= cell_number(table, row, "target"));
        assert_true(after == cell_number(table, row, "reaches"));
        assert_true(cell_number(table, row, "cost") >= last);
        last = cell_number(table, row, "cost");
        assert_int_equal(cell_int(table, row, "rank"), ++feasible);
        churn_table_free(got);
    }
    return feasible;
}

/* use stands for 0.6 of the score and logins for two thirds of that: 24 points of score are 60 of
 * logins, 6 of 10; or 60 of NPS, up to 10; seat use at its best gives 20. */
static void targets__next_band__closed_form(void **state)
{
    company c = {.playbook = NULL};
    (void)state;
    company_open(&c);
    churn_table *table = targets(&c, "blue", 0, NULL, 0);
    assert_int_equal(churn_table_row_count(table), 3);
    assert_true(cell_number(table, 0, "target") == 40);
    assert_string_equal(cell_text(table, 0, "factor"), "logins_28d");
    assert_string_equal(cell_text(table, 0, "unit"), "count");
    assert_true(cell_number(table, 0, "value") == 0 && cell_number(table, 0, "value_needed") == 6);
    assert_true(cell_number(table, 0, "points_needed") == 60);
    assert_true(cell_number(table, 0, "cost") == 60);
    assert_true(cell_number(table, 0, "reaches") == 40);
    assert_string_equal(cell_text(table, 1, "factor"), "nps");
    assert_true(cell_number(table, 1, "value_needed") == 10);
    assert_string_equal(cell_text(table, 2, "factor"), "seat_use");
    assert_string_equal(cell_text(table, 2, "reason"), "100 points of it would give 36");
    assert_true(cell_null(table, 2, "rank"));
    assert_int_equal(apply_all(&c, "blue", "health", table), 2);
    churn_table_free(table);
    company_close(&c);
}

static void targets__count__rounded_up_to_what_reaches(void **state)
{
    company c = {.playbook = NULL};
    (void)state;
    company_open(&c);
    churn_table *table = targets(&c, "blue", 30, NULL, 0);
    int64_t row = find_row(table, "factor", "logins_28d", NULL, NULL);
    assert_true(cell_number(table, (uint64_t)row, "value_needed") == 4); /* 35 points: 3.5 */
    assert_true(cell_number(table, (uint64_t)row, "reaches") == 32);
    row = find_row(table, "factor", "nps", NULL, NULL);
    assert_true(cell_number(table, (uint64_t)row, "value_needed") == 7.5);
    assert_int_equal(apply_all(&c, "blue", "health", table), 3);
    churn_table_free(table);
    company_close(&c);
}

static void targets__cap__says_who_holds_it(void **state)
{
    company c = {.playbook = NULL};
    (void)state;
    company_open(&c);
    churn_table *table = targets(&c, "blue", 0, "green", 5);
    assert_int_equal(churn_table_row_count(table), 3);
    assert_string_equal(cell_text(table, 0, "reason"), "held at 40 by cap `unpaid`");
    assert_int_equal(apply_all(&c, "blue", "health", table), 0);
    churn_table_free(table);
    company_close(&c);
}

static void targets__reached__no_rows(void **state)
{
    company c = {.playbook = NULL};
    (void)state;
    company_open(&c);
    churn_table *table = targets(&c, "acme", 0, NULL, 0);
    assert_int_equal(churn_table_row_count(table), 0);
    churn_table_free(table);
    table = targets(&c, "blue", 16, NULL, 0);
    assert_int_equal(churn_table_row_count(table), 0);
    churn_table_free(table);
    company_close(&c);
}

/* Whatever is said of any target holds. */
static void targets__every_target__applied_it_is_reached(void **state)
{
    company c = {.playbook = NULL};
    (void)state;
    company_open(&c);
    uint64_t feasible = 0;
    for (double target = 0.5; target <= 100; target += 0.5) {
        churn_table *table = targets(&c, "blue", target, NULL, 3);
        feasible += apply_all(&c, "blue", "health", table);
        churn_table_free(table);
    }
    assert_true(feasible > 100);
    company_close(&c);
}

static const char moving_playbook[] =
    "churn: 1\n"
    "name: moving\n"
    "currency: USD\n"
    "attributes: {seats: number, plan: string}\n"
    "metrics:\n"
    "  - {id: logins, agg: count, event: login, window: 28d, history: clip}\n"
    "  - {id: users, agg: distinct, event: login, of: user, window: 28d, history: clip}\n"
    "  - {id: seat_use, ratio: {num: users, den: customer.seats}}\n"
    "  - {id: open, ticket: open_count}\n"
    "  - {id: nps, survey: last, kind: nps, max_age: 180d}\n"
    "segments:\n"
    "  - {id: busy, when: 'metric.logins >= 4'}\n"
    "scores:\n"
    "  - id: health\n"
    "    groups:\n"
    "      - id: use\n"
    "        weight: 1\n"
    "        factors:\n"
    "          - {metric: logins, weight: 1, curve: [[0, 0], [2, 10], [8, 100]]}\n"
    "          - {metric: users, weight: 1, steps: [[0, 0], [2, 50], [5, 100]]}\n"
    "      - id: voice\n"
    "        weight: 1\n"
    "        factors:\n"
    "          - {metric: open, weight: 1, curve: [[0, 100], [4, 0]]}\n"
    "          - {metric: nps, weight: 2, curve: [[0, 0], [10, 100]]}\n"
    "    caps:\n"
    "      - {id: silent, when: 'metric.logins < 3', at_most: 45}\n"
    "    bands: {good: 60, fair: 30, bad: 0}\n"
    "    min_coverage: 0.2\n";

static void open_moving(company *c)
{
    churn_error err = {.struct_size = sizeof err};
    company_open(c);
    churn_engine_free(c->engine);
    churn_playbook_free(c->playbook);
    assert_ok(churn_playbook_parse(moving_playbook, CHURN_NTS, NULL, &c->playbook, NULL, &err));
    assert_ok(churn_engine_create(c->playbook, c->store, NULL, &c->engine, &err));
}

/* A value and its rank stand on one metric: what moves the one moves the other, and both cost. */
static void targets__value_and_rank_of_one_metric__both_cost(void **state)
{
    company c = {.playbook = NULL};
    churn_error err = {.struct_size = sizeof err};
    (void)state;
    company_open(&c);
    churn_engine_free(c.engine);
    churn_playbook_free(c.playbook);
    assert_ok(churn_playbook_parse(
        "churn: 1\n"
        "name: twice\n"
        "metrics: [{id: logins, agg: count, event: login, window: 28d, history: clip}]\n"
        "scores:\n"
        "  - id: health\n"
        "    groups:\n"
        "      - id: use\n"
        "        factors:\n"
        "          - {metric: logins, curve: [[0, 0], [10, 100]]}\n"
        "          - {metric: logins, id: rank, percentile: {among: book}}\n"
        "    bands: {good: 40, bad: 0}\n",
        CHURN_NTS, NULL, &c.playbook, NULL, &err));
    assert_ok(churn_engine_create(c.playbook, c.store, NULL, &c.engine, &err));
    churn_table *table = targets(&c, "blue", 0, "good", 0);
    int64_t value = find_row(table, "factor", "logins", "kind", "single");
    int64_t rank = find_row(table, "factor", "rank", "kind", "single");
    assert_true(value >= 0 && rank >= 0);
    double moved = cell_number(table, (uint64_t)rank, "points_needed") -
                   cell_number(table, (uint64_t)rank, "points");
    assert_true(fabs(cell_number(table, (uint64_t)rank, "cost") -
                     10 * cell_number(table, (uint64_t)rank, "value_needed") - moved) < 1e-6);
    assert_true(cell_number(table, (uint64_t)value, "cost") >
                cell_number(table, (uint64_t)value, "points_needed"));
    churn_table_free(table);
    company_close(&c);
}

/* blue: no logins (0), no users (0), one open ticket (75, a third of voice), NPS 4 (40, two
 * thirds): use 0, voice (75 + 80) / 3 = 51.666667, score 25.833333. With NPS 10 voice is 91.666667,
 * the score 45.833333, but the silent are held at 45. */
static void targets__condition_on_the_metric__is_taken_into_account(void **state)
{
    company c = {.playbook = NULL};
    (void)state;
    open_moving(&c);
    churn_table *table = targets(&c, "blue", 46, NULL, 10);
    int64_t nps = find_row(table, "factor", "nps", "kind", "single");
    int64_t logins = find_row(table, "factor", "logins", "kind", "single");
    assert_true(cell_null(table, (uint64_t)nps, "rank"));
    /* 46 * 4 - 103.333333 = 80.666667 points of logins: 2 + 70.666667 / 15 = 6.71, so 7. */
    assert_true(cell_number(table, (uint64_t)logins, "value_needed") == 7);
    assert_int_equal(apply_all(&c, "blue", "health", table), 1);
    churn_table_free(table);
    /* 45.5 asks 78.666667 points of logins, and users at 2 gives 50 of them. */
    table = targets(&c, "blue", 45.5, NULL, 10);
    nps = find_row(table, "factor", "nps", "kind", "single");
    assert_string_equal(cell_text(table, (uint64_t)nps, "reason"), "held at 45 by cap `silent`");
    (void)apply_all(&c, "blue", "health", table);
    churn_table_free(table);
    company_close(&c);
}

/* acme: 28 logins (100), one user (0): use 50, and no voice: 50, which nothing caps. NPS is absent
 * and would bring voice: ((100 + 0) / 2 + nps * 10) / 2 with the ticket count at 0 open (100). */
static void targets__absent_factor__is_brought(void **state)
{
    company c = {.playbook = NULL};
    (void)state;
    open_moving(&c);
    churn_table *table = targets(&c, "acme", 0, "good", 10);
    assert_true(churn_table_row_count(table) == 0 || !cell_null(table, 0, "factor"));
    (void)apply_all(&c, "acme", "health", table);
    churn_table_free(table);
    for (double target = 1; target <= 100; target += 1) {
        table = targets(&c, "acme", target, NULL, 4);
        (void)apply_all(&c, "acme", "health", table);
        churn_table_free(table);
        table = targets(&c, "blue", target, NULL, 4);
        (void)apply_all(&c, "blue", "health", table);
        churn_table_free(table);
    }
    company_close(&c);
}

/* To 60 no factor of blue alone will do: use at its best is 100 with both, so two must move. */
static void targets__pair__cheapest_of_two(void **state)
{
    company c = {.playbook = NULL};
    (void)state;
    open_moving(&c);
    churn_table *table = targets(&c, "blue", 60, NULL, 1);
    assert_string_equal(cell_text(table, 0, "kind"), "pair");
    assert_int_equal(cell_int(table, 0, "rank"), 1);
    assert_false(cell_null(table, 0, "factor_2"));
    assert_true(cell_null(table, 1, "rank") && cell_null(table, 1, "factor_2"));
    assert_int_equal(apply_all(&c, "blue", "health", table), 1);
    /* A point of NPS moves the score by a third, one of logins by a quarter: NPS to 10 (60 points)
     * brings 45.833333, the rest are 56.666667 points of logins: 5.11, so 6, which are 70. */
    assert_string_equal(cell_text(table, 0, "factor"), "logins");
    assert_string_equal(cell_text(table, 0, "factor_2"), "nps");
    assert_true(cell_number(table, 0, "value_needed") == 6);
    /* 70 of logins leave 16.666667 of score to NPS: 50 points more, 9. */
    assert_true(cell_number(table, 0, "value_needed_2") == 9);
    assert_true(cell_number(table, 0, "cost") == 120);
    churn_table_free(table);
    company_close(&c);
}

static void targets__faults__each_is_told(void **state)
{
    company c = {.playbook = NULL};
    churn_table *table = NULL;
    (void)state;
    company_open(&c);
    const struct {
        churn_target_options options;
        churn_status status;
    } cases[] = {
        {{.target = 101}, CHURN_E_RANGE},
        {{.target = -1}, CHURN_E_RANGE},
        {{.band = STR("blue")}, CHURN_E_NOT_FOUND},
        {{.band = STR("green"), .target = 50}, CHURN_E_ARG},
        {{.score = STR("helth")}, CHURN_E_NOT_FOUND},
        {{.flags = 1}, CHURN_E_ARG},
        {{.reserved = 1}, CHURN_E_ARG},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        churn_target_options options = cases[i].options;
        options.struct_size = sizeof options;
        assert_int_equal(
            churn_engine_targets(c.engine, "blue", CHURN_NTS, NEW_YEAR, &options, &table, NULL),
            cases[i].status);
        assert_null(table);
    }
    assert_int_equal(
        churn_engine_targets(c.engine, "nobody", CHURN_NTS, NEW_YEAR, NULL, &table, NULL),
        CHURN_E_NOT_FOUND);
    assert_int_equal(
        churn_engine_targets(c.engine, "blue", CHURN_NTS, NEW_YEAR - 400 * DAY, NULL, &table, NULL),
        CHURN_E_NOT_FOUND);
    company_close(&c);
}

/* ---- lint on data ---- */

static const char twins_playbook[] =
    "churn: 1\n"
    "name: twins\n"
    "currency: USD\n"
    "attributes: {a: number, b: number, c: number, d: number, plan: string}\n"
    "metrics:\n"
    "  - {id: a, attribute: a}\n"
    "  - {id: b, attribute: b}\n"
    "  - {id: c, attribute: c}\n"
    "  - {id: d, attribute: d}\n"
    "  - {id: never, survey: last, kind: nps}\n"
    "segments:\n"
    "  - {id: low, when: 'customer.a < 12'}\n"
    "  - {id: even, when: 'customer.a < 6'}\n"
    "  - {id: none, when: 'customer.a < 0'}\n"
    "scores:\n"
    "  - id: health\n"
    "    groups:\n"
    "      - id: all\n"
    "        weight: 1\n"
    "        factors:\n"
    "          - {metric: a, weight: 1, curve: [[0, 0], [24, 100]]}\n"
    "          - {metric: b, weight: 1, curve: [[0, 0], [600, 100]]}\n"
    "          - {metric: c, weight: 1, curve: [[0, 0], [1, 100]]}\n"
    "          - {metric: d, weight: 10, curve: [[100, 0], [200, 100]]}\n"
    "          - {metric: never, weight: 1, curve: [[0, 0], [10, 100]]}\n"
    "    caps:\n"
    "      - {id: often, when: 'metric.a >= 0', at_most: 90}\n"
    "      - {id: rarely, when: 'metric.a > 100', at_most: 50}\n"
    "    bands: {best: 99, good: 20, bad: 0}\n"
    "    min_coverage: 0.99\n"
    "    segments:\n"
    "      low: {min_coverage: 0.98}\n"
    "      even: {min_coverage: 0.97}\n"
    "      none: {min_coverage: 0.96}\n"
    "triggers:\n"
    "  - {id: all, when: 'metric.a >= 0'}\n"
    "  - {id: nobody, when: 'metric.a > 100'}\n";

/* 24 customers: a is i, b is i squared (the same ranks), c is 0.5 for all, d is 0 but for the last
 * one, who has 150. */
static void open_twins(company *c)
{
    churn_error err = {.struct_size = sizeof err};
    churn_store_options options = {.struct_size = sizeof options, .time_zone = STR("UTC")};
    assert_ok(churn_playbook_parse(twins_playbook, CHURN_NTS, NULL, &c->playbook, NULL, &err));
    assert_ok(churn_store_create(&options, &c->store, &err));
    for (int i = 0; i < 24; i++) {
        char id[8];
        double values[] = {i, i * i, 0.5, i == 23 ? 150 : 0};
        static const char *const names[] = {"a", "b", "c", "d"};
        churn_named_value attributes[4];
        churn_customer customer;
        churn_record_init(CHURN_RECORD_CUSTOMER, &customer, sizeof customer);
        snprintf(id, sizeof id, "c%02d", i);
        for (size_t k = 0; k < 4; k++) {
            attributes[k] = (churn_named_value){{names[k], 1},
                                                {.type = CHURN_TYPE_DOUBLE, .number = values[k]}};
        }
        customer.id = (churn_str){id, strlen(id)};
        customer.since = NEW_YEAR - 200 * DAY;
        customer.attributes = attributes;
        customer.attribute_count = 4;
        assert_ok(churn_store_add_customer(c->store, &customer, &err));
    }
    assert_ok(churn_engine_create(c->playbook, c->store, NULL, &c->engine, &err));
}

static void lint__what_is_strange__each_is_told(void **state)
{
    static const struct {
        const char *code, *what;
        int customers;
    } want[] = {
        {"CH1831", "health.c", 24},     /* one value */
        {"CH1832", "health.d", 23},     /* 23 of 24 at 0 points */
        {"CH1844", "health.d", 23},     /* below 100 */
        {"CH1830", "health.never", 24}, /* nobody was asked */
        {"CH1833", "health.a", 24},     /* the ranks of b */
        {"CH1836", "health.often", 24}, /* of all */
        {"CH1835", "health.rarely", 0}, /* of nobody */
        {"CH1837", "health", 0},        /* 13 / 14 of the weight */
        {"CH1839", "health", 6},        /* a < 6 is a < 12, too */
        {"CH1840", "health.even", 0},   /* low comes first */
        {"CH1840", "health.none", 0},   /* nobody is in it */
        {"CH1841", "health.low", 12},   {"CH1841", "health.default", 12},
        {"CH1845", "nobody", 0},        {"CH1846", "all", 24},
    };
    company c = {.playbook = NULL};
    churn_table *table = NULL;
    (void)state;
    open_twins(&c);
    assert_ok(churn_engine_lint(c.engine, NEW_YEAR, NULL, &table, NULL));
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        int64_t row = find_row(table, "code", want[i].code, "what", want[i].what);
        print_message("# %s %s\n", want[i].code, want[i].what);
        assert_true(row >= 0);
        assert_int_equal(cell_int(table, (uint64_t)row, "customers"), want[i].customers);
        assert_false(cell_null(table, (uint64_t)row, "message"));
    }
    /* a and b rank alike; d has one customer who differs, so it tells little apart but by its
     * weight: 10 / 14 of it, variance 50 * 50 * 23 / 24 / 24 ... */
    int64_t row = find_row(table, "code", "CH1834", NULL, NULL);
    assert_true(row >= 0);
    assert_string_equal(cell_text(table, (uint64_t)row, "what"), "health.d");
    churn_table_free(table);
    company_close(&c);
}

static void lint__nobody__is_a_stated_result(void **state)
{
    company c = {.playbook = NULL};
    churn_table *table = NULL;
    (void)state;
    open_twins(&c);
    assert_ok(churn_engine_lint(c.engine, NEW_YEAR - 300 * DAY, NULL, &table, NULL));
    assert_int_equal(churn_table_row_count(table), 1);
    assert_string_equal(cell_text(table, 0, "code"), "CH1847");
    assert_string_equal(cell_text(table, 0, "severity"), "note");
    assert_true(cell_null(table, 0, "share") && cell_null(table, 0, "line"));
    churn_table_free(table);
    company_close(&c);
}

/* ---- impact ---- */

/* The company's playbook with one text in the place of another. */
static churn_playbook *changed(const company *c, const char *from, const char *to)
{
    char text[sizeof company_playbook + 256];
    const char *at = strstr(company_playbook, from);
    churn_playbook *made = NULL;
    churn_error err = {.struct_size = sizeof err};
    churn_playbook_options options = {.struct_size = sizeof options, .allocator = &c->allocator};
    assert_non_null(at);
    const char *tests = strstr(company_playbook, "tests:\n"); /* which may name what is changed */
    snprintf(text, sizeof text, "%.*s%s%.*s", (int)(at - company_playbook), company_playbook, to,
             (int)(tests - at - (ptrdiff_t)strlen(from)), at + strlen(from));
    churn_status st = churn_playbook_parse(text, CHURN_NTS, &options, &made, NULL, &err);
    if (st != CHURN_OK) {
        print_message("# %s\n", err.message);
    }
    assert_int_equal(st, CHURN_OK);
    return made;
}

typedef struct compared {
    churn_impact summary;
    churn_table *moved, *counts;
} compared;

static compared impact(const company *c, churn_playbook *after, const churn_time *dates,
                       uint32_t count)
{
    compared out = {.summary = {.struct_size = sizeof out.summary}};
    churn_error err = {.struct_size = sizeof err};
    churn_status st = churn_engine_impact(c->engine, after, dates, count, NULL, &out.summary,
                                          &out.moved, &out.counts, &err);
    if (st != CHURN_OK) {
        print_message("# %s\n", err.message);
    }
    assert_int_equal(st, CHURN_OK);
    return out;
}

static void compared_free(compared *out)
{
    churn_table_free(out->moved);
    churn_table_free(out->counts);
}

static void impact__same_playbook__nothing_moves(void **state)
{
    company c = {.playbook = NULL};
    (void)state;
    company_open(&c);
    const churn_time dates[] = {NEW_YEAR - DAY, NEW_YEAR};
    compared got = impact(&c, c.playbook, dates, 2);
    assert_int_equal(churn_table_row_count(got.moved), 0);
    assert_int_equal(got.summary.customers, 4); /* acme and blue, twice */
    assert_int_equal(got.summary.scored_before, 4);
    assert_int_equal(got.summary.scored_after, 4);
    assert_int_equal(got.summary.changed_band, 0);
    assert_int_equal(got.summary.alerts_before, got.summary.alerts_after);
    assert_int_equal(got.summary.alerts_gained + got.summary.alerts_lost, 0);
    assert_int_equal(churn_table_row_count(got.counts), 3);
    compared_free(&got);
    company_close(&c);
}

/* acme scores 100; blue 16 with 199 of MRR, which is red either way until red ends at 10. */
static void impact__other_bands__who_moves_and_what_it_is_worth(void **state)
{
    company c = {.playbook = NULL};
    (void)state;
    company_open(&c);
    const churn_time date = NEW_YEAR;
    churn_playbook *after = changed(&c, "green: 70, yellow: 40", "green: 70, yellow: 10");
    compared got = impact(&c, after, &date, 1);
    assert_int_equal(got.summary.customers, 2);
    assert_int_equal(got.summary.changed_band, 1);
    assert_int_equal(got.summary.better, 1);
    assert_int_equal(got.summary.worse, 0);
    assert_true(got.summary.mrr_better == 199 && got.summary.mrr_worse == 0);
    assert_int_equal(churn_table_row_count(got.moved), 1);
    assert_string_equal(cell_text(got.moved, 0, "customer"), "blue");
    assert_string_equal(cell_text(got.moved, 0, "band_before"), "red");
    assert_string_equal(cell_text(got.moved, 0, "band_after"), "yellow");
    assert_string_equal(cell_text(got.moved, 0, "direction"), "better");
    assert_true(cell_number(got.moved, 0, "value_before") == 16);
    assert_true(cell_number(got.moved, 0, "change") == 0);
    assert_true(cell_number(got.moved, 0, "mrr") == 199);
    compared_free(&got);
    churn_playbook_free(after);
    company_close(&c);
}

static void impact__other_triggers__alerts_by_trigger(void **state)
{
    company c = {.playbook = NULL};
    (void)state;
    company_open(&c);
    const churn_time date = NEW_YEAR;
    churn_playbook *after = changed(&c, "{id: quiet, when: 'metric.quiet >= 10'",
                                    "{id: silent, when: 'metric.quiet >= 0'");
    compared got = impact(&c, after, &date, 1);
    int64_t quiet = find_row(got.counts, "sort", "trigger", "id", "quiet");
    int64_t silent = find_row(got.counts, "sort", "trigger", "id", "silent");
    int64_t low = find_row(got.counts, "sort", "trigger", "id", "low");
    assert_true(quiet >= 0 && silent >= 0 && low >= 0);
    assert_string_equal(cell_text(got.counts, (uint64_t)quiet, "side"), "before");
    assert_int_equal(cell_int(got.counts, (uint64_t)quiet, "only_before"), 1);
    assert_true(cell_number(got.counts, (uint64_t)quiet, "mrr_only_before") == 199);
    assert_string_equal(cell_text(got.counts, (uint64_t)silent, "side"), "after");
    assert_int_equal(cell_int(got.counts, (uint64_t)silent, "after"), 2);
    assert_true(cell_number(got.counts, (uint64_t)silent, "mrr_after") == 298);
    assert_string_equal(cell_text(got.counts, (uint64_t)low, "side"), "both");
    assert_int_equal(cell_int(got.counts, (uint64_t)low, "both"), 1);
    assert_int_equal(got.summary.alerts_before, 2);
    assert_int_equal(got.summary.alerts_after, 3);
    assert_int_equal(got.summary.alerts_gained, 2);
    assert_int_equal(got.summary.alerts_lost, 1);
    compared_free(&got);
    churn_playbook_free(after);
    company_close(&c);
}

static void impact__score_that_one_lacks__is_listed(void **state)
{
    company c = {.playbook = NULL};
    (void)state;
    company_open(&c);
    const churn_time date = NEW_YEAR;
    churn_playbook *after =
        changed(&c, "triggers:\n",
                "  - {id: voice, groups: [{id: all, weight: 1, factors: [{metric: nps, "
                "curve: [[0, 0], [10, 100]]}]}], bands: {good: 50, bad: 0}}\ntriggers:\n");
    compared got = impact(&c, after, &date, 1);
    int64_t row = find_row(got.counts, "sort", "score", "id", "voice");
    assert_true(row >= 0);
    assert_string_equal(cell_text(got.counts, (uint64_t)row, "side"), "after");
    assert_int_equal(cell_int(got.counts, (uint64_t)row, "before"), 0);
    assert_int_equal(cell_int(got.counts, (uint64_t)row, "after"), 1);
    assert_true(cell_null(got.counts, (uint64_t)row, "unknown_after"));
    assert_int_equal(churn_table_row_count(got.moved), 0);
    compared_free(&got);
    churn_query_options only = {.struct_size = sizeof only, .score = STR("voic")};
    assert_int_equal(churn_engine_impact(c.engine, after, &date, 1, &only, NULL, NULL, NULL, NULL),
                     CHURN_E_NOT_FOUND);
    only.score = STR("voice");
    assert_ok(churn_engine_impact(c.engine, after, &date, 1, &only, NULL, NULL, NULL, NULL));
    assert_int_equal(churn_engine_impact(c.engine, NULL, &date, 1, NULL, NULL, NULL, NULL, NULL),
                     CHURN_E_ARG);
    assert_int_equal(churn_engine_impact(NULL, after, &date, 1, NULL, NULL, NULL, NULL, NULL),
                     CHURN_E_ARG);
    churn_playbook_free(after);
    company_close(&c);
}

int main(void)
{
    const struct CMUnitTest what_ifs[] = {
        cmocka_unit_test(what_if__nothing_given__nothing_changes),
        cmocka_unit_test(what_if__metric__score_cap_and_triggers_follow),
        cmocka_unit_test(what_if__metric_of_a_metric__follows),
        cmocka_unit_test(what_if__missing__weights_change),
        cmocka_unit_test(what_if__score_and_segment__are_read_as_given),
        cmocka_unit_test(what_if__faults__each_is_told),
        cmocka_unit_test(targets__next_band__closed_form),
        cmocka_unit_test(targets__count__rounded_up_to_what_reaches),
        cmocka_unit_test(targets__cap__says_who_holds_it),
        cmocka_unit_test(targets__reached__no_rows),
        cmocka_unit_test(targets__every_target__applied_it_is_reached),
        cmocka_unit_test(targets__value_and_rank_of_one_metric__both_cost),
        cmocka_unit_test(targets__condition_on_the_metric__is_taken_into_account),
        cmocka_unit_test(targets__absent_factor__is_brought),
        cmocka_unit_test(targets__pair__cheapest_of_two),
        cmocka_unit_test(targets__faults__each_is_told),
        cmocka_unit_test(lint__what_is_strange__each_is_told),
        cmocka_unit_test(lint__nobody__is_a_stated_result),
        cmocka_unit_test(impact__same_playbook__nothing_moves),
        cmocka_unit_test(impact__other_bands__who_moves_and_what_it_is_worth),
        cmocka_unit_test(impact__other_triggers__alerts_by_trigger),
        cmocka_unit_test(impact__score_that_one_lacks__is_listed),
    };
    return RUN_TESTS(what_ifs);
}
