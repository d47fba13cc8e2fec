/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "company.h"

/* Scores of child customers, through the public functions. */

static const char family_playbook[] =
    "churn: 1\n"
    "name: family\n"
    "time_zone: UTC\n"
    "currency: USD\n"
    "evaluate: 1d\n"
    "attributes: {points: number, parent: string}\n"
    "loss: {any: [record]}\n"
    "metrics:\n"
    "  - {id: points, expr: 'customer.points'}\n"
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
    "  - {id: alarm, roll_up: {score: own, take: any, band: red}, bands: {good: 0}}\n"
    "  - {id: below, roll_up: {score: own, take: mean, of: descendants}, bands: {good: 0}}\n"
    "  - {id: twice, roll_up: {score: mean, take: max}, bands: {good: 0}}\n";

typedef struct family {
    churn_playbook *playbook;
    churn_store *store;
    churn_engine *engine;
} family;

static void add_one(family *f, const char *id, const char *parent, double points)
{
    churn_named_value given[] = {
        {STR("points"), {.type = CHURN_TYPE_DOUBLE, .number = points}},
        {STR("parent"),
         {.type = CHURN_TYPE_STRING, .string = {parent, parent == NULL ? 0 : strlen(parent)}}}};
    bool has_points = !isnan(points);
    churn_customer row;
    churn_record_init(CHURN_RECORD_CUSTOMER, &row, sizeof row);
    row.id = (churn_str){id, strlen(id)};
    row.since = NEW_YEAR - 30 * DAY;
    row.attributes = has_points ? given : given + 1;
    row.attribute_count = (has_points ? 1u : 0u) + (parent == NULL ? 0u : 1u);
    assert_ok(churn_store_add_customer(f->store, &row, NULL));
}

static void add_mrr(family *f, const char *id, int64_t amount)
{
    churn_subscription row;
    churn_record_init(CHURN_RECORD_SUBSCRIPTION, &row, sizeof row);
    row.id = row.customer = (churn_str){id, strlen(id)};
    row.valid_from = NEW_YEAR - 20 * DAY;
    row.status = STR("active");
    row.amount = amount;
    row.currency = STR("USD");
    row.period = STR("month");
    assert_ok(churn_store_add_subscription(f->store, &row, NULL));
}

static void set_parent(family *f, const char *id, const char *parent, int day)
{
    churn_attribute row;
    churn_record_init(CHURN_RECORD_ATTRIBUTE, &row, sizeof row);
    row.customer = (churn_str){id, strlen(id)};
    row.name = STR("parent");
    row.valid_from = NEW_YEAR + day * DAY;
    if (parent != NULL) {
        row.value = (churn_value){.type = CHURN_TYPE_STRING, .string = {parent, strlen(parent)}};
    }
    assert_ok(churn_store_add_attribute(f->store, &row, NULL));
}

/* A group of five sites, of which one has a site of its own, and one a score that nobody knows. */
static family family_open(void)
{
    family f = {.engine = NULL};
    churn_error err = {.struct_size = sizeof err};
    if (churn_playbook_parse(family_playbook, CHURN_NTS, NULL, &f.playbook, NULL, &err) !=
        CHURN_OK) {
        fail_msg("%s", err.message);
    }
    assert_ok(churn_store_create(NULL, &f.store, NULL));
    add_one(&f, "group", NULL, 5);
    add_one(&f, "north", "group", 80);
    add_one(&f, "south", "group", 20);
    add_one(&f, "east", "group", 50);
    add_one(&f, "west", "group", 40);
    add_one(&f, "dark", "group", (double)NAN);
    add_one(&f, "west-1", "west", 90);
    add_one(&f, "lost", "nobody", 1);
    add_mrr(&f, "north", 10000);
    add_mrr(&f, "south", 30000);
    add_mrr(&f, "dark", 90000);
    assert_ok(churn_engine_create(f.playbook, f.store, NULL, &f.engine, NULL));
    return f;
}

static void family_close(family *f)
{
    churn_engine_free(f->engine);
    churn_store_free(f->store);
    churn_playbook_free(f->playbook);
}

/* NaN: it has none. In the table of all, and asked for alone. */
static void assert_score(family *f, const char *customer, const char *score, int day,
                         double expected)
{
    churn_table *table = NULL;
    churn_time as_of = NEW_YEAR + day * DAY;
    churn_customer_answer answer = {.struct_size = sizeof answer};
    assert_ok(churn_engine_scores(f->engine, &as_of, 1, NULL, &table, NULL));
    uint64_t row = 0;
    while (strcmp(cell_text(table, row, "customer"), customer) != 0 ||
           strcmp(cell_text(table, row, "score"), score) != 0) {
        assert_true(++row < churn_table_row_count(table));
    }
    uint32_t column = churn_table_find(table, "value", CHURN_NTS);
    double is = churn_table_is_null(table, row, column) ? (double)NAN
                                                        : churn_table_double(table, row, column);
    churn_table_free(table);
    if (is != expected && !(isnan(is) && isnan(expected))) {
        fail_msg("%s of %s: %.9g, not %.9g", score, customer, is, expected);
    }
    assert_ok(churn_engine_customer(f->engine, customer, CHURN_NTS, as_of, &answer, NULL));
    uint32_t i = 0;
    while (!(answer.score_ids[i].len == strlen(score) &&
             memcmp(answer.score_ids[i].ptr, score, strlen(score)) == 0)) {
        assert_true(++i < answer.score_count);
    }
    assert_true(answer.scores[i] == expected || (isnan(answer.scores[i]) && isnan(expected)));
}

static void roll_up__every_take__hand_computed(void **state)
{
    (void)state;
    family f = family_open();
    assert_score(&f, "group", "mean", 0, 47.5);
    assert_score(&f, "group", "least", 0, 20);
    assert_score(&f, "group", "most", 0, 80);
    assert_score(&f, "group", "middle", 0, 45);
    assert_score(&f, "group", "low", 0, 35); /* 20 40 50 80 at 0.75 */
    assert_score(&f, "group", "worst", 0, 30);
    assert_score(&f, "group", "money", 0, 35); /* (100 * 80 + 300 * 20) / 400 */
    assert_score(&f, "group", "alarm", 0, 0);
    assert_score(&f, "group", "below", 0, 56);
    assert_score(&f, "group", "twice", 0, 90);
    assert_score(&f, "west", "mean", 0, 90);
    assert_score(&f, "west", "alarm", 0, 100);
    assert_score(&f, "west", "money", 0, (double)NAN);
    assert_score(&f, "north", "mean", 0, (double)NAN);
    assert_score(&f, "lost", "mean", 0, (double)NAN);
    family_close(&f);
}

static void roll_up__moved_lost_and_judged__as_seen_at_the_date(void **state)
{
    (void)state;
    family f = family_open();
    set_parent(&f, "south", "west", 10);
    set_parent(&f, "east", NULL, 12);
    churn_churn lost;
    churn_record_init(CHURN_RECORD_CHURN, &lost, sizeof lost);
    lost.customer = STR("north");
    lost.kind = STR("voluntary");
    lost.at = NEW_YEAR + 14 * DAY;
    assert_ok(churn_store_add_churn(f.store, &lost, NULL));
    churn_override judged;
    churn_record_init(CHURN_RECORD_OVERRIDE, &judged, sizeof judged);
    judged.customer = STR("west");
    judged.score = STR("own");
    judged.at = NEW_YEAR + 16 * DAY;
    judged.value = 10;
    assert_ok(churn_store_add_override(f.store, &judged, NULL));
    static const struct {
        int day;
        double group, west, below;
    } cases[] = {
        {9, 47.5, 90, 56},  {10, 56.666667, 55, 56}, /* south is below west */
        {12, 60, 55, 57.5},                          /* east is nobody's */
        {15, 40, 55, 50},                            /* north is lost */
        {16, 10, 55, 40},                            /* west was judged */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_score(&f, "group", "mean", cases[i].day, cases[i].group);
        assert_score(&f, "west", "mean", cases[i].day, cases[i].west);
        assert_score(&f, "group", "below", cases[i].day, cases[i].below);
    }
    family_close(&f);
}

/* Several dates in one call are what each of them is alone, whatever the number of threads. */
static void roll_up__many_dates_and_threads__the_same(void **state)
{
    (void)state;
    family f = family_open();
    char ids[1200][8], above[8];
    for (int i = 0; i < 1200; i++) {
        snprintf(ids[i], sizeof ids[i], "c%04d", (i * 7) % 1200);
        snprintf(above, sizeof above, "c%04d", ((i * 7) % 1200) / 5);
        add_one(&f, ids[i], (i * 7) % 1200 == 0 ? NULL : above, (double)(i % 101));
        if (i % 3 == 0) {
            set_parent(&f, ids[i], "group", 2);
        }
    }
    churn_time dates[4] = {NEW_YEAR, NEW_YEAR + DAY, NEW_YEAR + 2 * DAY, NEW_YEAR + 3 * DAY};
    churn_engine_options options = {.struct_size = sizeof options, .threads = 3};
    churn_engine *many = NULL;
    churn_table *all = NULL, *one = NULL;
    assert_ok(churn_engine_create(f.playbook, f.store, &options, &many, NULL));
    assert_ok(churn_engine_scores(many, dates, 4, NULL, &all, NULL));
    uint32_t of_all = churn_table_find(all, "value", CHURN_NTS), of_one = 0;
    for (uint64_t d = 0; d < 4; d++) {
        assert_ok(churn_engine_scores(f.engine, &dates[d], 1, NULL, &one, NULL));
        of_one = churn_table_find(one, "value", CHURN_NTS);
        uint64_t scores = 11, count = churn_table_row_count(one);
        assert_int_equal(churn_table_row_count(all), 4 * count);
        for (uint64_t row = 0; row < count; row++) {
            uint64_t there = (row / scores * 4 + d) * scores + row % scores;
            assert_int_equal(churn_table_is_null(one, row, of_one),
                             churn_table_is_null(all, there, of_all));
            assert_true(churn_table_double(one, row, of_one) ==
                        churn_table_double(all, there, of_all));
        }
        churn_table_free(one);
    }
    churn_table_free(all);
    churn_engine_free(many);
    family_close(&f);
}

/* No call a level: a company of ten thousand levels is asked in a loop. */
static void roll_up__ten_thousand_levels__all_below(void **state)
{
    (void)state;
    family f = family_open();
    char id[12], above[12];
    const int levels = 10000;
    for (int i = 0; i < levels; i++) {
        snprintf(id, sizeof id, "k%05d", i);
        snprintf(above, sizeof above, "k%05d", i - 1);
        add_one(&f, id, i == 0 ? NULL : above, i % 2 == 0 ? 40 : 60);
    }
    churn_customer_answer answer = {.struct_size = sizeof answer};
    assert_ok(churn_engine_customer(f.engine, "k00000", CHURN_NTS, NEW_YEAR, &answer, NULL));
    /* 5,000 of 60 and 4,999 of 40 */
    assert_true(fabs(answer.scores[9] - (5000 * 60.0 + 4999 * 40.0) / 9999) < 1e-6);
    family_close(&f);
}

int main(void)
{
    const struct CMUnitTest family_tests[] = {
        cmocka_unit_test(roll_up__every_take__hand_computed),
        cmocka_unit_test(roll_up__moved_lost_and_judged__as_seen_at_the_date),
        cmocka_unit_test(roll_up__many_dates_and_threads__the_same),
        cmocka_unit_test(roll_up__ten_thousand_levels__all_below),
    };
    return RUN_TESTS(family_tests);
}
