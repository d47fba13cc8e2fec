/* SPDX-License-Identifier: MIT */
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
    assert_true(cell_number(table, (uint64_t)row, "before") == 16);
    double after = cell_number(table, (uint64_t)row, "after");
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
    assert_true(row >= 0 && cell_number(table, (uint64_t)row, "after") == 10);
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
    assert_true(row >= 0 && cell_number(table, (uint64_t)row, "before") == 0);
    assert_true(cell_number(table, (uint64_t)row, "after") == 1);
    churn_table_free(table);
    /* No seats to divide by: the factor is missing, and use stands on logins alone. */
    table = what_if(&c, "blue", &seats, 1);
    row = find_row(table, "sort", "metric", "id", "seat_use");
    assert_true(row >= 0 && cell_null(table, (uint64_t)row, "after"));
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
    assert_true(cell_null(table, (uint64_t)row, "after"));
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
    assert_true(cell_number(table, (uint64_t)row, "after") == 71);
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
    assert_string_equal(cell_text(got.counts, (uint64_t)quiet, "in"), "before");
    assert_int_equal(cell_int(got.counts, (uint64_t)quiet, "only_before"), 1);
    assert_true(cell_number(got.counts, (uint64_t)quiet, "mrr_only_before") == 199);
    assert_string_equal(cell_text(got.counts, (uint64_t)silent, "in"), "after");
    assert_int_equal(cell_int(got.counts, (uint64_t)silent, "after"), 2);
    assert_true(cell_number(got.counts, (uint64_t)silent, "mrr_after") == 298);
    assert_string_equal(cell_text(got.counts, (uint64_t)low, "in"), "both");
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
    assert_string_equal(cell_text(got.counts, (uint64_t)row, "in"), "after");
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
        cmocka_unit_test(impact__same_playbook__nothing_moves),
        cmocka_unit_test(impact__other_bands__who_moves_and_what_it_is_worth),
        cmocka_unit_test(impact__other_triggers__alerts_by_trigger),
        cmocka_unit_test(impact__score_that_one_lacks__is_listed),
    };
    return RUN_TESTS(what_ifs);
}
