/* SPDX-License-Identifier: MIT */
#include <math.h>

#include <churn/erase.h>
#include <churn/read.h>

#include "company.h"

/* Scores that people set by hand: what a store does with them, and what scores become. */

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
    churn_override rows[] = {
        judgement("a", "health", 0, 10), judgement("a", "health", 5, 20),
        judgement("a", "usage", 1, 30),  judgement("a", "usage", 2, (double)NAN),
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

/* ---- scores ---- */

static const char judged_playbook[] =
    "churn: 1\n"
    "name: judged\n"
    "time_zone: UTC\n"
    "currency: USD\n"
    "evaluate: 1d\n"
    "attributes: {seats: number, stuck: bool}\n"
    "metrics:\n"
    "  - {id: logins, agg: count, event: login, window: 28d, history: clip}\n"
    "  - {id: nps, survey: last, kind: nps}\n"
    "scores:\n"
    "  - id: health\n"
    "    groups:\n"
    "      - {id: use, weight: 1, factors: [{metric: logins, weight: 1, curve: [[0, 0], [10, 100]]}]}\n"
    "    bands: {green: 70, yellow: 40, red: 0}\n"
    "  - id: opinion\n"
    "    groups:\n"
    "      - {id: said, weight: 1, factors: [{metric: nps, weight: 1, curve: [[0, 0], [10, 100]]}]}\n"
    "    bands: {green: 70, red: 0}\n"
    "    min_coverage: 0.5\n";

typedef struct judged {
    churn_playbook *playbook;
    churn_store *store;
    churn_engine *engine;
} judged;

static judged judged_open(const char *text, const churn_override *rows, size_t count)
{
    judged j = {.store = store_of(rows, count)};
    churn_error err = {.struct_size = sizeof err};
    churn_customer a;
    churn_event login;
    if (churn_playbook_parse(text, strlen(text), NULL, &j.playbook, NULL, &err) != CHURN_OK) {
        fail_msg("%s", err.message);
    }
    churn_record_init(CHURN_RECORD_CUSTOMER, &a, sizeof a);
    a.id = STR("a");
    a.since = NEW_YEAR - 30 * DAY;
    assert_ok(churn_store_add_customer(j.store, &a, NULL));
    churn_record_init(CHURN_RECORD_EVENT, &login, sizeof login);
    login.customer = STR("a");
    login.type = STR("login");
    for (int day = -2; day < 30; day++) { /* 10 a window, and more: 100 points */
        login.at = NEW_YEAR + day * DAY;
        assert_ok(churn_store_add_event(j.store, &login, NULL));
    }
    assert_ok(churn_engine_create(j.playbook, j.store, NULL, &j.engine, NULL));
    return j;
}

static void judged_close(judged *j)
{
    churn_engine_free(j->engine);
    churn_store_free(j->store);
    churn_playbook_free(j->playbook);
}

/* The score of `a` at the end of a day: its value, -1 for none, and what is beside it. */
static void assert_judged(judged *j, const char *score, int day, double value, const char *band,
                          bool overridden)
{
    churn_table *table = NULL;
    churn_time as_of = NEW_YEAR + day * DAY;
    assert_ok(churn_engine_scores(j->engine, &as_of, 1, NULL, &table, NULL));
    uint64_t row = 0;
    while (strcmp(cell_text(table, row, "score"), score) != 0) {
        row++;
    }
    uint32_t column = churn_table_find(table, "value", CHURN_NTS);
    double is =
        churn_table_is_null(table, row, column) ? -1 : churn_table_double(table, row, column);
    if (is != value || strcmp(cell_text(table, row, "band"), band) != 0) {
        fail_msg("day %d: %g %s", day, is, cell_text(table, row, "band"));
    }
    column = churn_table_find(table, "overridden", CHURN_NTS);
    assert_int_equal(churn_table_bool(table, row, column), overridden);
    churn_table_free(table);
}

static void score__set_by_hand__until_it_expires_or_is_taken_back(void **state)
{
    (void)state;
    churn_override rows[] = {
        judgement("a", "health", 12, 20),          judgement("a", "health", 15, 50),
        judgement("a", "health", 20, (double)NAN), judgement("a", "health", 22, 0),
        judgement("a", "nobody", 12, 1),           judgement("b", "health", 12, 2)};
    rows[1].expires_at = NEW_YEAR + 18 * DAY;
    rows[3].known_at = NEW_YEAR + 24 * DAY;
    judged j = judged_open(judged_playbook, rows, 6);
    static const double expected[] = {100, 20,  20,  20,  50,  50, 50, 100,
                                      100, 100, 100, 100, 100, 0,  0,  0};
    for (int day = 11; day < 27; day++) {
        double value = expected[day - 11];
        assert_judged(&j, "health", day, value,
                      value >= 70   ? "green"
                      : value >= 40 ? "yellow"
                                    : "red",
                      value < 100);
    }
    assert_judged(&j, "opinion", 12, -1, "unknown", false);
    judged_close(&j);
}

/* What is not known needs no coverage where somebody says it. */
static void score__set_by_hand__is_there_whatever_is_known(void **state)
{
    (void)state;
    churn_override row = judgement("a", "opinion", 12, 80);
    judged j = judged_open(judged_playbook, &row, 1);
    assert_judged(&j, "opinion", 11, -1, "unknown", false);
    assert_judged(&j, "opinion", 12, 80, "green", true);
    judged_close(&j);
}

/* The one-customer answer and the table agree. */
static void score__set_by_hand__one_customer_alone(void **state)
{
    (void)state;
    churn_override row = judgement("a", "health", 12, 20.5);
    judged j = judged_open(judged_playbook, &row, 1);
    churn_customer_answer answer = {.struct_size = sizeof answer};
    assert_ok(churn_engine_customer(j.engine, "a", CHURN_NTS, NEW_YEAR + 13 * DAY, &answer, NULL));
    assert_true(answer.scores[0] == 20.5 && answer.lows[0] == 20.5 && answer.highs[0] == 20.5);
    judged_close(&j);
}

/* A playbook says how old judgements may be, that they do not count, and where they act. */
static const char strict_playbook[] =
    "churn: 1\n"
    "name: strict\n"
    "time_zone: UTC\n"
    "currency: USD\n"
    "evaluate: 1d\n"
    "attributes: {seats: number}\n"
    "metrics:\n"
    "  - {id: logins, agg: count, event: login, window: 28d, history: clip}\n"
    "scores:\n"
    "  - id: health\n"
    "    groups:\n"
    "      - {id: use, weight: 1, factors: [{metric: logins, weight: 1, curve: [[0, 0], [10, 100]]}]}\n"
    "    caps:\n"
    "      - {id: before, when: 'metric.logins >= 1', at_most: 30}\n"
    "      - {id: override}\n"
    "      - {id: behind, when: 'metric.logins >= 1', at_most: 60}\n"
    "    overrides: {max_age: 3d}\n"
    "    bands: {green: 70, yellow: 40, red: 0}\n"
    "  - id: opinion\n"
    "    groups:\n"
    "      - {id: use, weight: 1, factors: [{metric: logins, weight: 1, curve: [[0, 0], [10, 100]]}]}\n"
    "    overrides: {ignore: true}\n"
    "    bands: {green: 70, red: 0}\n"
    "tests:\n"
    "  - name: set by hand\n"
    "    as_of: 2026-01-10\n"
    "    given:\n"
    "      customer: {since: 2025-06-01}\n"
    "      overrides:\n"
    "        - {score: health, at: 2026-01-08, value: 45, reason: a call, author: eve}\n"
    "        - {score: health, at: 2026-01-09, value: 80, expires_at: 2026-01-10}\n"
    "    expect: {health.score: 0, health.overridden: false}\n"
    "  - name: taken back\n"
    "    as_of: 2026-01-10\n"
    "    given:\n"
    "      customer: {since: 2025-06-01}\n"
    "      events: [{type: login, at: 2026-01-09}]\n"
    "      overrides: [{score: health, at: 2026-01-08, value: 45}, {score: health, at: 2026-01-09, "
    "value: null}]\n"
    "    expect: {health.score: 10, health.overridden: false}\n"
    "  - name: counts\n"
    "    as_of: 2026-01-10\n"
    "    given:\n"
    "      customer: {since: 2025-06-01}\n"
    "      overrides: [{score: health, at: 2026-01-08, value: 45}]\n"
    "    expect: {health.score: 45, health.band: yellow, health.overridden: true}\n";

static void playbook_tests__overrides_given__count(void **state)
{
    (void)state;
    judged j = judged_open(strict_playbook, NULL, 0);
    churn_table *table = NULL;
    assert_ok(churn_playbook_test(j.playbook, NULL, NULL, &table, NULL));
    uint32_t passed = churn_table_find(table, "passed", CHURN_NTS);
    assert_true(churn_table_row_count(table) > 0);
    for (uint64_t row = 0; row < churn_table_row_count(table); row++) {
        assert_true(churn_table_bool(table, row, passed));
    }
    churn_table_free(table);
    judged_close(&j);
}

static void score__set_by_hand__as_the_playbook_lets_it(void **state)
{
    (void)state;
    churn_override rows[] = {judgement("a", "health", 12, 90), judgement("a", "opinion", 12, 5)};
    judged j = judged_open(strict_playbook, rows, 2);
    assert_judged(&j, "health", 11, 30, "red", false);
    assert_judged(&j, "health", 12, 60, "yellow", true); /* what stands behind it acts on it */
    assert_judged(&j, "health", 14, 60, "yellow", true);
    assert_judged(&j, "health", 15, 30, "red", false); /* three days later */
    assert_judged(&j, "opinion", 12, 100, "green", false);
    judged_close(&j);
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
        cmocka_unit_test(score__set_by_hand__until_it_expires_or_is_taken_back),
        cmocka_unit_test(score__set_by_hand__is_there_whatever_is_known),
        cmocka_unit_test(score__set_by_hand__one_customer_alone),
        cmocka_unit_test(score__set_by_hand__as_the_playbook_lets_it),
        cmocka_unit_test(playbook_tests__overrides_given__count),
    };
    return RUN_TESTS(overrides);
}
