/* SPDX-License-Identifier: MIT */
#include "company.h"

#include <math.h>

/*
 * What explanations say in words: factors of every kind, caps, and overrides, of a group with four
 * sites; and the children and records behind a factor.
 */

static const char playbook_text[] =
    "churn: 1\n"
    "name: texts\n"
    "time_zone: UTC\n"
    "currency: USD\n"
    "evaluate: 1d\n"
    "attributes: {points: number, parent: string, tier: string}\n"
    "metrics:\n"
    "  - {id: points, expr: 'customer.points'}\n"
    "  - {id: tier, attribute: tier}\n"
    "  - {id: logins_28d, agg: count, event: login, window: 28d, history: clip}\n"
    "  - {id: logins_7d, agg: count, event: login, window: 7d, history: clip}\n"
    "  - {id: quiet, agg: days_since, event: login, if_never: missing}\n"
    "  - {id: paid, agg: days_since, event: payment, if_never: missing}\n"
    "  - {id: nps, survey: last, kind: nps, max_age: 10d}\n"
    "  - {id: mrr, subscription: mrr}\n"
    "scores:\n"
    "  - id: own\n"
    "    groups: [{id: all, weight: 1, factors: [{metric: points, weight: 1, curve: [[0, 0], [100, 100]]}]}]\n"
    "    bands: {green: 70, yellow: 40, red: 0}\n"
    "  - {id: mean, roll_up: {score: own, take: mean}, bands: {good: 0}}\n"
    "  - {id: least, roll_up: {score: own, take: min}, bands: {good: 0}}\n"
    "  - {id: most, roll_up: {score: own, take: max}, bands: {good: 0}}\n"
    "  - {id: middle, roll_up: {score: own, take: median}, bands: {good: 0}}\n"
    "  - {id: low, roll_up: {score: own, take: quantile, q: 0.25}, bands: {good: 0}}\n"
    "  - {id: worst, roll_up: {score: own, take: worst, k: 2}, bands: {good: 0}}\n"
    "  - {id: money, roll_up: {score: own, take: mrr}, bands: {good: 0}}\n"
    "  - {id: alarm, roll_up: {score: own, take: any, band: yellow}, bands: {good: 0}}\n"
    "  - id: health\n"
    "    groups:\n"
    "      - id: all\n"
    "        weight: 1\n"
    "        factors:\n"
    "          - {metric: points, id: rank, weight: 1, percentile: {among: book}}\n"
    "          - {metric: points, id: odd, weight: 1, robust_z: {among: book}}\n"
    "          - {metric: logins_7d, id: way, weight: 1, trend: {periods: 4, every: 7d, fewest: 3}}\n"
    "          - {metric: nps, weight: 1, curve: [[0, 0], [10, 100]], missing: {carry: {max_age: 90d, half_life: 20d}}}\n"
    "          - {metric: quiet, weight: 1, curve: [[0, 100], [20, 0]], decay: {by: quiet, after: 5, half_life: 10}}\n"
    "          - {id: depth, weight: 1, expression: 'metric.points * 0.5'}\n"
    "          - {metric: tier, weight: 1, points: {free: 20, pro: 80}}\n"
    "          - {metric: paid, weight: 1, curve: [[0, 100], [90, 10]], missing: worst}\n"
    "          - {score: own, id: same, weight: 1}\n"
    "          - {roll_up: {score: own, take: worst, k: 2}, id: sites, weight: 1}\n"
    "    caps:\n"
    "      - {id: silent, when: 'metric.quiet >= 10', at_most: 30}\n"
    "      - {id: poor, critical: [tier], below: 50, at_most: 25}\n"
    "      - {id: least_of_all, when: 'metric.quiet >= 10', at_least: 27}\n"
    "    bands: {green: 70, yellow: 40, red: 0}\n";

typedef struct group {
    churn_playbook *playbook;
    churn_store *store;
    churn_engine *engine;
} group;

static void add_one(group *g, const char *id, const char *parent, double points)
{
    churn_named_value given[] = {
        {STR("points"), {.type = CHURN_TYPE_DOUBLE, .number = points}},
        {STR("tier"), {.type = CHURN_TYPE_STRING, .string = STR("free")}},
        {STR("parent"),
         {.type = CHURN_TYPE_STRING, .string = {parent, parent == NULL ? 0 : strlen(parent)}}}};
    churn_customer row;
    churn_record_init(CHURN_RECORD_CUSTOMER, &row, sizeof row);
    row.id = (churn_str){id, strlen(id)};
    row.since = NEW_YEAR - 100 * DAY;
    row.attributes = given;
    row.attribute_count = parent == NULL ? 2 : 3;
    assert_ok(churn_store_add_customer(g->store, &row, NULL));
}

static void add_event(group *g, const char *type, int day)
{
    churn_event row;
    churn_record_init(CHURN_RECORD_EVENT, &row, sizeof row);
    row.customer = STR("group");
    row.type = (churn_str){type, strlen(type)};
    row.at = NEW_YEAR + day * DAY;
    assert_ok(churn_store_add_event(g->store, &row, NULL));
}

static void add_mrr(group *g, const char *id, int64_t amount)
{
    churn_subscription row;
    churn_record_init(CHURN_RECORD_SUBSCRIPTION, &row, sizeof row);
    row.id = row.customer = (churn_str){id, strlen(id)};
    row.valid_from = NEW_YEAR - 90 * DAY;
    row.status = STR("active");
    row.amount = amount;
    row.currency = STR("USD");
    row.period = STR("month");
    assert_ok(churn_store_add_subscription(g->store, &row, NULL));
}

static void set_points(group *g, const char *id, int day, double points)
{
    churn_attribute row;
    churn_record_init(CHURN_RECORD_ATTRIBUTE, &row, sizeof row);
    row.customer = (churn_str){id, strlen(id)};
    row.name = STR("points");
    row.valid_from = NEW_YEAR + day * DAY;
    row.value = (churn_value){.type = CHURN_TYPE_DOUBLE, .number = points};
    assert_ok(churn_store_add_attribute(g->store, &row, NULL));
}

static void set_by_hand(group *g, int day, double value, const char *author, const char *reason)
{
    churn_override row;
    churn_record_init(CHURN_RECORD_OVERRIDE, &row, sizeof row);
    row.customer = STR("group");
    row.score = STR("health");
    row.at = NEW_YEAR + day * DAY;
    row.value = value; /* NaN takes it back */
    row.author = (churn_str){author, strlen(author)};
    row.reason = (churn_str){reason, strlen(reason)};
    assert_ok(churn_store_add_override(g->store, &row, NULL));
}

static group group_open(void)
{
    static const int logins[] = {-40, -33, -32, -26, -25, -19, -18, -15};
    group g = {.engine = NULL};
    churn_error err = {.struct_size = sizeof err};
    churn_survey nps;
    if (churn_playbook_parse(playbook_text, CHURN_NTS, NULL, &g.playbook, NULL, &err) != CHURN_OK) {
        fail_msg("%s", err.message);
    }
    assert_ok(churn_store_create(NULL, &g.store, NULL));
    add_one(&g, "group", NULL, 60);
    add_one(&g, "north", "group", 80);
    add_one(&g, "south", "group", 20);
    add_one(&g, "east", "group", 50);
    add_one(&g, "west", "group", 40);
    add_one(&g, "alone", NULL, 40);
    add_mrr(&g, "north", 10000);
    add_mrr(&g, "south", 30000);
    for (size_t i = 0; i < sizeof logins / sizeof *logins; i++) {
        add_event(&g, "login", logins[i]);
    }
    churn_record_init(CHURN_RECORD_SURVEY, &nps, sizeof nps);
    nps.customer = STR("group");
    nps.kind = STR("nps");
    nps.at = NEW_YEAR - 30 * DAY;
    nps.score = 9;
    assert_ok(churn_store_add_survey(g.store, &nps, NULL));
    assert_ok(churn_engine_create(g.playbook, g.store, NULL, &g.engine, NULL));
    return g;
}

static void group_close(group *g)
{
    churn_engine_free(g->engine);
    churn_store_free(g->store);
    churn_playbook_free(g->playbook);
}

/* ---- the level ---- */

static void assert_line(const churn_table *lines, const char *name, const char *text)
{
    int64_t row = find_row(lines, "name", name, NULL, NULL);
    assert_true(row >= 0);
    assert_string_equal(cell_text(lines, (uint64_t)row, "text"), text);
}

static churn_table *explain(group *g, const char *score)
{
    churn_table *lines = NULL;
    const churn_explain_options options = {.struct_size = sizeof options,
                                           .score = {score, strlen(score)}};
    assert_ok(
        churn_engine_explain(g->engine, "group", CHURN_NTS, NEW_YEAR, &options, &lines, NULL));
    return lines;
}

static void explain__factors_of_every_kind__what_they_read(void **state)
{
    (void)state;
    static const char *const wanted[][2] = {
        {"rank", "rank: points is 60, above 75 % of what it is compared with: 75 of 100 points, "
                 "11.1 % of the score"},
        {"odd", "odd: points is 60, 1.01 spreads above what is usual: 66.9 of 100 points, 11.1 % "
                "of the score"},
        {"way", "way: logins_7d is 0, falling by 83.3 % a period (7 days up to 1 Jan; none): 0 of "
                "100 points, 11.1 % of the score"},
        {"nps", "nps is 9, known 20 days ago: 90 of 100 points, 5.6 % of the score, faded to 50 % "
                "of its weight after 20 days"},
        {"quiet", "quiet is 15 days (last on 17 Dec 2025): 25 of 100 points, 5.6 % of the score, "
                  "faded to 50 % of its weight after 15 days"},
        {"depth", "depth: 30 of 100 points, 11.1 % of the score"},
        {"tier", "tier is \"free\": 20 of 100 points, 11.1 % of the score"},
        {"paid",
         "paid is missing (never), taken at its worst: 10 of 100 points, 11.1 % of the score"},
        {"same", "same: own is 60 (its largest line: points +10): 60 of 100 points, 11.1 % of the "
                 "score"},
        {"sites", "sites: roll_up(own, worst) is 30 (the worst 2 of 4: south 20, west 40): 30 of "
                  "100 points, 11.1 % of the score"},
        {"silent", "silent holds the score at most at 30"},
        {"poor", "poor holds the score at most at 25, as tier has less than 50 points"},
        {"least_of_all", "least_of_all holds the score at least at 27"},
    };
    group g = group_open();
    churn_table *lines = explain(&g, "health");
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        assert_line(lines, wanted[i][0], wanted[i][1]);
    }
    assert_int_equal(churn_table_row_count(lines), 1 + sizeof wanted / sizeof *wanted);
    churn_table_free(lines);
    group_close(&g);
}

/* The same numbers as in test_api_family.c. */
static void explain__roll_ups__which_children_made_them(void **state)
{
    (void)state;
    static const char *const wanted[][2] = {
        {"mean", "mean) is 47.5 (the mean of 4: south 20, west 40, east 50 and 1 more): 47.5"},
        {"least", "min) is 20 (the lowest of 4: south 20): 20"},
        {"most", "max) is 80 (the highest of 4: north 80): 80"},
        {"middle", "median) is 45 (the median of 4: west 40, east 50): 45"},
        {"low", "quantile) is 35 (the quantile 0.25 of 4: south 20, west 40): 35"},
        {"worst", "worst) is 30 (the worst 2 of 4: south 20, west 40): 30"},
        {"money", "mrr) is 35 (the mean by MRR of 2: south 20 for 75 %, north 80 for 25 %): 35"},
        {"alarm", "any) is 0 (3 of 4 in yellow or below: south 20, west 40, east 50): 0"},
    };
    group g = group_open();
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        char text[256];
        churn_table *lines = explain(&g, wanted[i][0]);
        (void)snprintf(text, sizeof text, "own: roll_up(own, %s of 100 points, 100 %% of the score",
                       wanted[i][1]);
        assert_line(lines, "own", text);
        churn_table_free(lines);
    }
    static const char *const sites[] = {"south", "west", "east"};
    for (size_t i = 0; i < 3; i++) {
        set_points(&g, sites[i], -1, 75);
    }
    churn_table *lines = explain(&g, "alarm");
    assert_line(lines, "own",
                "own: roll_up(own, any) is 100 (none of 4 in yellow or below): 100 of 100 points, "
                "100 % of the score");
    churn_table_free(lines);
    lines = explain(&g, "least"); /* of three equal ones the first by id */
    assert_line(lines, "own",
                "own: roll_up(own, min) is 75 (the lowest of 4: east 75): 75 of 100 points, 100 % "
                "of the score");
    churn_table_free(lines);
    group_close(&g);
}

/* ---- the change ---- */

static churn_table *change(group *g, int from, int to)
{
    churn_table *lines = NULL;
    const churn_explain_change_options options = {.struct_size = sizeof options,
                                                  .score = STR("health")};
    assert_ok(churn_engine_explain_change(g->engine, "group", CHURN_NTS, NEW_YEAR + from * DAY,
                                          NEW_YEAR + to * DAY, &options, &lines, NULL));
    return lines;
}

static void assert_change(group *g, int from, int to, const char *name, const char *text)
{
    churn_table *lines = change(g, from, to);
    assert_line(lines, name, text);
    churn_table_free(lines);
}

static void explain_change__overrides__who_and_why_on_both_sides(void **state)
{
    (void)state;
    group g = group_open();
    set_by_hand(&g, -20, 70, "ana", "they told us");
    set_by_hand(&g, -4, 35, "bo", "a new owner");
    set_by_hand(&g, -1, (double)NAN, "bo", "");
    assert_change(&g, -30, -10, "override",
                  "the score was set to 70 by ana on 12 Dec: they told us");
    assert_change(&g, -10, -2, "override",
                  "the score was set to 35 by bo on 28 Dec: a new owner; before, to 70 by ana on "
                  "12 Dec: they told us");
    assert_change(&g, -2, 0, "override",
                  "the score is not set by hand any more; it was set to 35 by bo on 28 Dec 2025: a "
                  "new owner");
    assert_change(&g, -9, -5, "override",
                  "the score is still set to 70 by ana on 12 Dec: they told us, which has another "
                  "effect");
    group_close(&g);
}

static void explain_change__inputs_and_children__what_moved(void **state)
{
    (void)state;
    group g = group_open();
    set_points(&g, "south", -3, 10);
    set_points(&g, "alone", -3, 70);
    churn_table *lines = change(&g, -10, 0);
    assert_line(lines, "rank",
                "rank: points is still 60, its rank from 75 % to 58.3 %: 75 to 58.3 points, 10.3 % "
                "to 11.1 % of the score");
    assert_line(
        lines, "way",
        "way: logins_7d went from 1 to 0, its trend from -8.3 % to -83.3 % a period: 10 to 0 "
        "points, 10.3 % to 11.1 % of the score");
    int64_t sites = find_row(lines, "name", "sites", NULL, NULL);
    assert_true(sites >= 0);
    assert_string_equal(cell_text(lines, (uint64_t)sites, "records"), "+south 10, -south 20");
    churn_table_free(lines);
    group_close(&g);
}

/* ---- what stands behind a factor ---- */

static churn_table *behind(group *g, const char *what)
{
    churn_table *rows = NULL;
    assert_ok(churn_engine_evidence(g->engine, "group", CHURN_NTS, what, CHURN_NTS,
                                    NEW_YEAR - 10 * DAY, NEW_YEAR, NULL, &rows, NULL));
    return rows;
}

static void evidence__of_a_roll_up__children_with_scores_and_shares(void **state)
{
    (void)state;
    static const struct {
        const char *id, *change;
        double score, share;
    } wanted[] = {{"east", "in", 50, 0},
                  {"north", "in", 80, 0},
                  {"south", "entered", 10, 0.5},
                  {"south", "left", 20, 0.5},
                  {"west", "in", 40, 0.5}};
    group g = group_open();
    set_points(&g, "south", -3, 10);
    churn_table *rows = behind(&g, "health.sites");
    assert_int_equal(churn_table_row_count(rows), 5);
    for (uint64_t i = 0; i < 5; i++) {
        assert_string_equal(cell_text(rows, i, "kind"), "customer");
        assert_string_equal(cell_text(rows, i, "id"), wanted[i].id);
        assert_string_equal(cell_text(rows, i, "what"), "own");
        assert_string_equal(cell_text(rows, i, "change"), wanted[i].change);
        assert_true(cell_number(rows, i, "value") == wanted[i].score);
        assert_true(cell_number(rows, i, "share") == wanted[i].share);
        assert_true(cell_null(rows, i, "at"));
    }
    churn_table_free(rows);
    group_close(&g);
}

static void evidence__of_factors_and_scores__records_of_what_they_read(void **state)
{
    (void)state;
    static const char *const points[] = {"own",          "own.points",  "health.same",
                                         "health.depth", "health.rank", "health.odd"};
    group g = group_open();
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        churn_table *rows = behind(&g, points[i]);
        assert_int_equal(churn_table_row_count(rows), 1);
        assert_string_equal(cell_text(rows, 0, "kind"), "attribute");
        assert_string_equal(cell_text(rows, 0, "what"), "points");
        assert_true(cell_null(rows, 0, "share"));
        churn_table_free(rows);
    }
    churn_table *rows = behind(&g, "health"); /* 4 children, 2 attributes, the newest login */
    assert_int_equal(churn_table_row_count(rows), 7);
    churn_table_free(rows);
    group_close(&g);
}

static void evidence__unknown_names__are_refused(void **state)
{
    (void)state;
    static const char *const wrong[][2] = {
        {"pints", "unknown metric `pints`; did you mean `points`?"},
        {"health.pints", "the score `health` has no factor `pints`"},
        {"wealth.sites", "unknown metric `wealth.sites`"},
        {"health.", "the score `health` has no factor ``"},
    };
    group g = group_open();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        churn_table *rows = NULL;
        churn_error err = {.struct_size = sizeof err};
        assert_int_equal(churn_engine_evidence(g.engine, "group", CHURN_NTS, wrong[i][0], CHURN_NTS,
                                               CHURN_TIME_NONE, NEW_YEAR, NULL, &rows, &err),
                         CHURN_E_NOT_FOUND);
        assert_string_equal(err.message, wrong[i][1]);
        assert_null(rows);
    }
    group_close(&g);
}

int main(void)
{
    const struct CMUnitTest texts[] = {
        cmocka_unit_test(explain__factors_of_every_kind__what_they_read),
        cmocka_unit_test(explain__roll_ups__which_children_made_them),
        cmocka_unit_test(explain_change__overrides__who_and_why_on_both_sides),
        cmocka_unit_test(explain_change__inputs_and_children__what_moved),
        cmocka_unit_test(evidence__of_a_roll_up__children_with_scores_and_shares),
        cmocka_unit_test(evidence__of_factors_and_scores__records_of_what_they_read),
        cmocka_unit_test(evidence__unknown_names__are_refused),
    };
    return RUN_TESTS(texts);
}
