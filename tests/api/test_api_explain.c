/* SPDX-License-Identifier: MIT */
#include "company.h"

#include <math.h>

/*
 * Explanations of scores: their lines, which add up to the digit; what changed between dates and
 * playbooks; and the records behind a metric. Numbers are worked out by hand from the definitions
 * in company.h.
 */

#define NEAR(a, b) assert_true(fabs((a) - (b)) < 2e-6)

static int64_t micro(double x)
{
    return (int64_t)(x * 1e6 + (x < 0 ? -0.5 : 0.5));
}

/* Contributions of all lines but the last `left`, in units of 1e-6. */
static int64_t sum_of(const churn_table *lines, uint64_t left)
{
    int64_t sum = 0;
    for (uint64_t row = 0; row + left < churn_table_row_count(lines); row++) {
        if (!cell_null(lines, row, "contribution")) {
            sum += micro(cell_number(lines, row, "contribution"));
        }
    }
    return sum;
}

static int64_t time_of(const churn_table *table, uint64_t row, const char *column)
{
    return churn_table_time(table, row, churn_table_find(table, column, CHURN_NTS));
}

/* blue: 0 logins, 0 of 8 seats, an nps of 4: 0.4 * -50, 0.2 * -50, 0.4 * -10. */
static void explain__a_customer__lines_with_evidence(void **state)
{
    (void)state;
    company c = {.playbook = NULL};
    churn_table *lines = NULL;
    company_open(&c);
    assert_int_equal(
        churn_engine_explain(c.engine, "blue", CHURN_NTS, NEW_YEAR, NULL, &lines, NULL), CHURN_OK);
    assert_int_equal(churn_table_row_count(lines), 4);
    assert_string_equal(cell_text(lines, 0, "kind"), "baseline");
    assert_true(cell_number(lines, 0, "contribution") == 50);
    assert_string_equal(cell_text(lines, 1, "name"), "logins_28d");
    assert_true(cell_number(lines, 1, "contribution") == -20);
    assert_true(cell_number(lines, 1, "value") == 0 && cell_number(lines, 1, "points") == 0);
    NEAR(cell_number(lines, 1, "weight"), 0.4);
    assert_int_equal(cell_int(lines, 1, "events"), 0);
    assert_true(cell_null(lines, 1, "last_event"));
    assert_int_equal(time_of(lines, 1, "window_start"), NEW_YEAR - 28 * DAY);
    assert_int_equal(time_of(lines, 1, "window_end"), NEW_YEAR);
    assert_string_equal(cell_text(lines, 1, "text"),
                        "logins_28d is 0 (28 days up to 1 Jan; none): 0 of 100 points, 40 % of the "
                        "score");
    assert_string_equal(cell_text(lines, 2, "name"), "seat_use");
    assert_true(cell_number(lines, 2, "contribution") == -10);
    assert_string_equal(cell_text(lines, 3, "name"), "nps");
    assert_string_equal(cell_text(lines, 3, "group"), "opinion");
    assert_true(cell_number(lines, 3, "contribution") == -4);
    assert_int_equal(cell_int(lines, 3, "events"), 1);
    assert_int_equal(time_of(lines, 3, "last_event"), NEW_YEAR - 20 * DAY);
    assert_string_equal(cell_text(lines, 3, "card"), "default");
    assert_int_equal(strlen(cell_text(lines, 3, "playbook")), 16);
    assert_int_equal(sum_of(lines, 0), 16000000);
    churn_table_free(lines);
    company_close(&c);
}

static void explain__baselines__each_from_where_it_says(void **state)
{
    (void)state;
    company c = {.playbook = NULL};
    company_open(&c);
    const struct {
        int32_t baseline;
        double value, wanted;
    } cases[] = {
        {CHURN_BASELINE_SCORE, 0, 50},          {CHURN_BASELINE_NUMBER, 12.25, 12.25},
        {CHURN_BASELINE_OWN, 0, 10.833333},  /* 25 days before: 2/3 of 10 and 1/3 of 12.5 */
        {CHURN_BASELINE_BOOK, 0, 38.666667}, /* 100, 16, and cold's 0 */
        {CHURN_BASELINE_SEGMENT, 0, 38.666667},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        churn_table *lines = NULL;
        const churn_explain_options options = {.struct_size = sizeof options,
                                               .baseline = cases[i].baseline,
                                               .baseline_value = cases[i].value,
                                               .over = 25 * DAY};
        assert_int_equal(
            churn_engine_explain(c.engine, "blue", CHURN_NTS, NEW_YEAR, &options, &lines, NULL),
            CHURN_OK);
        NEAR(cell_number(lines, 0, "contribution"), cases[i].wanted);
        assert_int_equal(sum_of(lines, 0), 16000000);
        churn_table_free(lines);
    }
    company_close(&c);
}

/* Below its place in the order an override makes the score whatever its factors say. */
static void explain__override__who_and_why(void **state)
{
    (void)state;
    company c = {.playbook = NULL};
    churn_table *lines = NULL;
    churn_override row;
    company_open(&c);
    churn_record_init(CHURN_RECORD_OVERRIDE, &row, sizeof row);
    row.customer = STR("acme");
    row.score = STR("health");
    row.at = NEW_YEAR - 2 * DAY;
    row.value = 35;
    row.author = STR("ana");
    row.reason = STR("they told us");
    assert_int_equal(churn_store_add_override(c.store, &row, NULL), CHURN_OK);
    assert_int_equal(
        churn_engine_explain(c.engine, "acme", CHURN_NTS, NEW_YEAR, NULL, &lines, NULL), CHURN_OK);
    int64_t at = find_row(lines, "kind", "override", NULL, NULL);
    assert_true(at > 0);
    assert_true(cell_number(lines, (uint64_t)at, "contribution") == -65);
    assert_string_equal(cell_text(lines, (uint64_t)at, "text"),
                        "the score was set to 35 by ana on 30 Dec 2025: they told us");
    assert_int_equal(sum_of(lines, 0), 35000000);
    churn_table_free(lines);
    assert_int_equal(churn_engine_explain_change(c.engine, "acme", CHURN_NTS, NEW_YEAR - 5 * DAY,
                                                 NEW_YEAR, NULL, &lines, NULL),
                     CHURN_OK);
    at = find_row(lines, "kind", "override", NULL, NULL);
    assert_true(cell_number(lines, (uint64_t)at, "contribution") == -65);
    churn_table_free(lines);
    company_close(&c);
}

/* blue in 25 days: a login leaves the windows, an answer comes. Two-player Shapley values by hand,
 * m = (10.833333 + 16) / 2. */
static void explain_change__two_dates__behaviour_and_missingness_apart(void **state)
{
    (void)state;
    static const struct {
        const char *kind, *name;
        double contribution;
    } wanted[] = {{"before", "before", 10.833333},
                  {"behaviour", "logins_28d", -5.333333},
                  {"behaviour", "seat_use", -3.333333},
                  {"missing", "nps", 10.633333},
                  {"missing", "logins_28d", 2.244444},
                  {"missing", "seat_use", 0.955556},
                  {"after", "after", 16}};
    company c = {.playbook = NULL};
    churn_table *lines = NULL;
    company_open(&c);
    assert_int_equal(churn_engine_explain_change(c.engine, "blue", CHURN_NTS, NEW_YEAR - 25 * DAY,
                                                 NEW_YEAR, NULL, &lines, NULL),
                     CHURN_OK);
    assert_int_equal(churn_table_row_count(lines), 7);
    for (uint64_t row = 0; row < 7; row++) {
        assert_string_equal(cell_text(lines, row, "kind"), wanted[row].kind);
        assert_string_equal(cell_text(lines, row, "name"), wanted[row].name);
        NEAR(cell_number(lines, row, "contribution"), wanted[row].contribution);
    }
    assert_int_equal(sum_of(lines, 1), 16000000);
    assert_string_equal(cell_text(lines, 1, "records"), "-login 2025-12-02T00:00:00Z");
    assert_string_equal(cell_text(lines, 3, "records"), "+nps 2025-12-12T00:00:00Z");
    assert_true(cell_null(lines, 4, "records"));
    assert_true(cell_number(lines, 1, "value_before") == 1);
    assert_true(cell_number(lines, 1, "value_after") == 0);
    assert_string_equal(cell_text(lines, 0, "text"), "the score on 7 Dec 2025");
    churn_table_free(lines);
    company_close(&c);
}

/* The playbook with another curve of logins: 28 of them were worth 50 points. */
static churn_playbook *older_playbook(void)
{
    static const char curve[] = "[10, 100]]}\n          - {metric: seat_use";
    static char text[sizeof company_playbook + 8];
    churn_playbook *playbook = NULL;
    const char *at = strstr(company_playbook, curve);
    assert_non_null(at);
    size_t head = (size_t)(at - company_playbook);
    memcpy(text, company_playbook, head);
    memcpy(text + head, "[56", 3);
    memcpy(text + head + 3, at + 3, sizeof company_playbook - head - 3);
    assert_int_equal(churn_playbook_parse(text, CHURN_NTS, NULL, &playbook, NULL, NULL), CHURN_OK);
    return playbook;
}

static void explain_change__two_playbooks__configuration(void **state)
{
    (void)state;
    company c = {.playbook = NULL};
    churn_table *lines = NULL;
    company_open(&c);
    churn_playbook *older = older_playbook();
    const churn_explain_change_options options = {.struct_size = sizeof options, .before = older};
    assert_int_equal(churn_engine_explain_change(c.engine, "acme", CHURN_NTS, NEW_YEAR, NEW_YEAR,
                                                 &options, &lines, NULL),
                     CHURN_OK);
    assert_int_equal(churn_table_row_count(lines), 3);
    NEAR(cell_number(lines, 0, "contribution"), 66.666667);
    assert_string_equal(cell_text(lines, 1, "kind"), "configuration");
    assert_string_equal(cell_text(lines, 1, "name"), "logins_28d");
    NEAR(cell_number(lines, 1, "contribution"), 33.333333);
    assert_true(cell_number(lines, 1, "points_before") == 50);
    assert_int_equal(micro(cell_number(lines, 2, "contribution")), 100000000);
    assert_string_not_equal(cell_text(lines, 0, "playbook_before"),
                            cell_text(lines, 0, "playbook_after"));
    churn_table_free(lines);
    /* The same playbook at the same date: nothing changed. */
    assert_int_equal(churn_engine_explain_change(c.engine, "acme", CHURN_NTS, NEW_YEAR, NEW_YEAR,
                                                 NULL, &lines, NULL),
                     CHURN_OK);
    assert_int_equal(churn_table_row_count(lines), 2);
    churn_table_free(lines);
    churn_playbook_free(older);
    company_close(&c);
}

/* Every customer at every date and between any two of them, by either playbook. */
static void explain__everybody__lines_add_up(void **state)
{
    (void)state;
    static const char *const customers[] = {"acme", "blue", "cold"};
    company c = {.playbook = NULL};
    company_open(&c);
    churn_playbook *older = older_playbook();
    const churn_explain_change_options options = {.struct_size = sizeof options, .before = older};
    for (size_t i = 0; i < 3; i++) {
        for (int day = -50; day <= 50; day += 7) {
            churn_time date = NEW_YEAR + day * DAY, before = NEW_YEAR - 60 * DAY;
            churn_table *lines = NULL, *scores = NULL;
            const churn_query_options one = {.struct_size = sizeof one,
                                             .customer = {customers[i], strlen(customers[i])}};
            assert_int_equal(churn_engine_scores(c.engine, &date, 1, &one, &scores, NULL),
                             CHURN_OK);
            assert_int_equal(
                churn_engine_explain(c.engine, customers[i], CHURN_NTS, date, NULL, &lines, NULL),
                CHURN_OK);
            if (!cell_null(scores, 0, "value")) {
                assert_int_equal(sum_of(lines, 0), micro(cell_number(scores, 0, "value")));
            }
            churn_table_free(lines);
            assert_int_equal(churn_engine_explain_change(c.engine, customers[i], CHURN_NTS, before,
                                                         date, &options, &lines, NULL),
                             CHURN_OK);
            uint64_t last = churn_table_row_count(lines) - 1;
            assert_int_equal(sum_of(lines, 1), micro(cell_number(lines, last, "contribution")));
            churn_table_free(lines);
            churn_table_free(scores);
        }
    }
    churn_playbook_free(older);
    company_close(&c);
}

/* ---- evidence ---- */

static churn_table *evidence(const company *c, const char *metric, churn_time from)
{
    churn_table *rows = NULL;
    assert_int_equal(churn_engine_evidence(c->engine, "blue", CHURN_NTS, metric, CHURN_NTS, from,
                                           NEW_YEAR, NULL, &rows, NULL),
                     CHURN_OK);
    return rows;
}

static void evidence__every_kind__its_records(void **state)
{
    (void)state;
    static const struct {
        const char *metric, *kind, *id, *what;
        int days;
        double value;
    } cases[] = {
        {"tickets", "ticket", "t1", "", -3, (double)NAN},
        {"nps", "survey", "", "nps", -20, 4},
        {"failed", "invoice", "i1", "USD", -10, 99},
        {"mrr", "subscription", "s2", "active", -200, 199},
        {"quiet", "event", "", "login", -30, 12.5},
        {"paid", "event", "", "payment", -31, 12.5},
        {"seat_use", "attribute", "", "seats", 0, 8},
    };
    company c = {.playbook = NULL};
    company_open(&c);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        churn_table *rows = evidence(&c, cases[i].metric, CHURN_TIME_NONE);
        assert_int_equal(churn_table_row_count(rows), 1);
        assert_string_equal(cell_text(rows, 0, "kind"), cases[i].kind);
        assert_string_equal(cell_text(rows, 0, "id"), cases[i].id);
        assert_string_equal(cell_text(rows, 0, "what"), cases[i].what);
        assert_string_equal(cell_text(rows, 0, "change"), "in");
        assert_true(cell_null(rows, 0, "at") == (cases[i].days == 0));
        if (cases[i].days != 0) {
            assert_int_equal(time_of(rows, 0, "at"), NEW_YEAR + cases[i].days * DAY);
        }
        assert_true(isnan(cases[i].value) ? cell_null(rows, 0, "value")
                                          : cell_number(rows, 0, "value") == cases[i].value);
        churn_table_free(rows);
    }
    churn_table *rows = evidence(&c, "logins_28d", NEW_YEAR - 25 * DAY);
    assert_int_equal(churn_table_row_count(rows), 1);
    assert_string_equal(cell_text(rows, 0, "change"), "left");
    churn_table_free(rows);
    company_close(&c);
}

static void evidence__windows__count_as_metrics_do(void **state)
{
    (void)state;
    company c = {.playbook = NULL};
    churn_table *rows = NULL;
    company_open(&c);
    for (int day = -40; day <= 40; day += 5) {
        churn_time at = NEW_YEAR + day * DAY;
        churn_table *metrics = NULL;
        const churn_query_options one = {.struct_size = sizeof one, .customer = STR("acme")};
        assert_int_equal(churn_engine_metrics(c.engine, &at, 1, &one, &metrics, NULL), CHURN_OK);
        assert_int_equal(churn_engine_evidence(c.engine, "acme", CHURN_NTS, "logins_28d", CHURN_NTS,
                                               CHURN_TIME_NONE, at, NULL, &rows, NULL),
                         CHURN_OK);
        assert_true((double)churn_table_row_count(rows) == cell_number(metrics, 0, "logins_28d"));
        churn_table_free(rows);
        churn_table_free(metrics);
    }
    company_close(&c);
}

/* ---- what goes wrong ---- */

/* Each is made of the two before it: there are some 10^13 ways down from the last one. */
static void evidence__parts_that_share_theirs__each_once(void **state)
{
    (void)state;
    char text[8192] = "churn: 1\nname: deep\ncurrency: EUR\nmetrics:\n"
                      "  - {id: m0, agg: count, event: login, window: 28d}\n"
                      "  - {id: m1, agg: count, event: payment, window: 56d}\n";
    size_t used = strlen(text);
    for (int i = 2; i < 64; i++) {
        int wrote = snprintf(text + used, sizeof text - used,
                             "  - {id: m%d, expr: 'metric.m%d - metric.m%d'}\n", i, i - 1, i - 2);
        used += (size_t)wrote;
    }
    company c = {.playbook = NULL};
    company_open(&c);
    churn_playbook *deep = NULL;
    churn_engine *engine = NULL;
    churn_table *rows = NULL;
    assert_ok(churn_playbook_parse(text, CHURN_NTS, NULL, &deep, NULL, NULL));
    assert_ok(churn_engine_create(deep, c.store, NULL, &engine, NULL));
    assert_ok(churn_engine_evidence(engine, "acme", CHURN_NTS, "m63", CHURN_NTS, CHURN_TIME_NONE,
                                    NEW_YEAR, NULL, &rows, NULL));
    uint64_t all = churn_table_row_count(rows);
    churn_table_free(rows);
    assert_ok(churn_engine_evidence(engine, "acme", CHURN_NTS, "m2", CHURN_NTS, CHURN_TIME_NONE,
                                    NEW_YEAR, NULL, &rows, NULL));
    assert_int_equal(churn_table_row_count(rows), all);
    assert_true(all > 0);
    churn_table_free(rows);
    churn_engine_free(engine);
    churn_playbook_free(deep);
    company_close(&c);
}

static void explain__wrong_questions__are_refused(void **state)
{
    (void)state;
    company c = {.playbook = NULL};
    churn_table *t = NULL;
    const churn_time at = NEW_YEAR;
    company_open(&c);
    const churn_explain_options unknown = {.struct_size = sizeof unknown, .score = STR("wealth")};
    const churn_explain_options number = {
        .struct_size = sizeof number, .baseline = CHURN_BASELINE_NUMBER, .baseline_value = 101};
    const churn_explain_options kind = {.struct_size = sizeof kind, .baseline = 9};
    const churn_explain_options own = {
        .struct_size = sizeof own, .baseline = CHURN_BASELINE_OWN, .over = 300 * DAY};
    const churn_explain_change_options no_score = {.struct_size = sizeof no_score,
                                                   .score = STR("wealth")};
    const struct {
        churn_status got, wanted;
    } cases[] = {
        {churn_engine_explain(c.engine, "nobody", 6, at, NULL, &t, NULL), CHURN_E_NOT_FOUND},
        {churn_engine_explain(c.engine, "acme", 4, at - 300 * DAY, NULL, &t, NULL),
         CHURN_E_NOT_FOUND},
        {churn_engine_explain(c.engine, "acme", 4, CHURN_TIME_MAX + 1, NULL, &t, NULL),
         CHURN_E_RANGE},
        {churn_engine_explain(c.engine, "acme", 4, at, &unknown, &t, NULL), CHURN_E_NOT_FOUND},
        {churn_engine_explain(c.engine, "acme", 4, at, &number, &t, NULL), CHURN_E_RANGE},
        {churn_engine_explain(c.engine, "acme", 4, at, &kind, &t, NULL), CHURN_E_ARG},
        {churn_engine_explain(c.engine, "acme", 4, at, &own, &t, NULL), CHURN_E_NOT_FOUND},
        {churn_engine_explain_change(c.engine, "acme", 4, at, at - DAY, NULL, &t, NULL),
         CHURN_E_RANGE},
        {churn_engine_explain_change(c.engine, "acme", 4, at - 300 * DAY, at, NULL, &t, NULL),
         CHURN_E_NOT_FOUND},
        {churn_engine_explain_change(c.engine, "acme", 4, at - DAY, at, &no_score, &t, NULL),
         CHURN_E_NOT_FOUND},
        {churn_engine_evidence(c.engine, "acme", 4, "mmr", 3, CHURN_TIME_NONE, at, NULL, &t, NULL),
         CHURN_E_NOT_FOUND},
        {churn_engine_evidence(c.engine, "acme", 4, "mrr", 3, at, at, NULL, &t, NULL),
         CHURN_E_RANGE},
        {churn_engine_evidence(c.engine, "nobody", 6, "mrr", 3, CHURN_TIME_NONE, at, NULL, &t,
                               NULL),
         CHURN_E_NOT_FOUND},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(cases[i].got, cases[i].wanted);
    }
    assert_null(t);
    company_close(&c);
}

int main(void)
{
    const struct CMUnitTest explanations[] = {
        cmocka_unit_test(explain__a_customer__lines_with_evidence),
        cmocka_unit_test(explain__baselines__each_from_where_it_says),
        cmocka_unit_test(explain__override__who_and_why),
        cmocka_unit_test(explain_change__two_dates__behaviour_and_missingness_apart),
        cmocka_unit_test(explain_change__two_playbooks__configuration),
        cmocka_unit_test(explain__everybody__lines_add_up),
        cmocka_unit_test(evidence__every_kind__its_records),
        cmocka_unit_test(evidence__windows__count_as_metrics_do),
        cmocka_unit_test(evidence__parts_that_share_theirs__each_once),
        cmocka_unit_test(explain__wrong_questions__are_refused),
    };
    return RUN_TESTS(explanations);
}
