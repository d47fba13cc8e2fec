/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "metric_world.h"

#define NO_VALUE ((double)NAN)
#define LOGIN world_login, 1
#define PAYMENT world_payment, 1
#define ANY NULL, 0

/* [as_of - W, as_of): the lower end is in, the upper end is not, and windows side by side tile. */
static void count__events_at_the_ends__half_open(void **state)
{
    (void)state;
    world *w = world_create();
    const churn_time at[] = {D(3) - 1, D(3), D(3) + 1, D(10) - 1, D(10), D(10) + 1};
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        add_event(w, "a", "login", at[i], NULL, NO_VALUE);
    }
    world_dates(w, (churn_time[]){D(10)}, 1);
    churn__metric_def defs[3] = {event_def(CHURN__AGG_COUNT, LOGIN, DAYS(7)),
                                 event_def(CHURN__AGG_COUNT, LOGIN, DAYS(7)),
                                 event_def(CHURN__AGG_COUNT, LOGIN, 0)};
    defs[1].offset = (churn__span){.amount = DAYS(7)};
    world_eval(w, defs, 3);
    assert_cell(w, 0, 0, 3);
    assert_cell(w, 1, 0, 1);
    assert_cell(w, 2, 0, 4);
    world_free(w);
}

static void aggregates__payments__as_the_table_says(void **state)
{
    (void)state;
    world *w = world_create();
    add_event(w, "a", "payment", D(1), "u1", 10);
    add_event(w, "a", "payment", D(2), "u2", 2.5);
    add_event(w, "a", "payment", D(3), "u1", NO_VALUE);
    add_event(w, "a", "payment", D(3) + 1, NULL, 10);
    add_event(w, "a", "login", D(4), "u3", NO_VALUE);
    add_event(w, "b", "login", D(4), "u3", NO_VALUE);
    world_dates(w, (churn_time[]){D(10)}, 1);
    churn__metric_def defs[] = {
        event_def(CHURN__AGG_SUM, PAYMENT, DAYS(30)),
        event_def(CHURN__AGG_MEAN, PAYMENT, DAYS(30)),
        event_def(CHURN__AGG_MIN, PAYMENT, DAYS(30)),
        event_def(CHURN__AGG_MAX, PAYMENT, DAYS(30)),
        event_def(CHURN__AGG_DISTINCT, PAYMENT, DAYS(30)),
        event_def(CHURN__AGG_DISTINCT, PAYMENT, DAYS(30)),
        event_def(CHURN__AGG_DISTINCT, ANY, DAYS(30)),
        event_def(CHURN__AGG_DISTINCT, ANY, DAYS(30)),
        event_def(CHURN__AGG_ACTIVE_DAYS, ANY, DAYS(30)),
        event_def(CHURN__AGG_SUM, ANY, DAYS(30)),
        event_def(CHURN__AGG_MEAN, LOGIN, DAYS(30)),
    };
    defs[4].of = CHURN__OF_VALUE;
    defs[5].of = CHURN__OF_USER;
    defs[6].of = CHURN__OF_USER;
    defs[7].of = CHURN__OF_TYPE;
    world_eval(w, defs, 11);
    const double a[] = {22.5, 7.5, 2.5, 10, 2, 2, 3, 2, 4, 22.5};
    for (uint32_t m = 0; m < 10; m++) {
        assert_cell(w, m, 0, a[m]);
    }
    assert_cell(w, 0, 1, 0); /* the sum of nothing is 0, the mean of nothing is none */
    for (uint32_t m = 1; m < 4; m++) {
        assert_none(w, m, 1, CHURN__EMPTY);
    }
    assert_none(w, 10, 1, CHURN__EMPTY); /* logins, but no values */
    assert_cell(w, 4, 1, 0);
    assert_cell(w, 6, 1, 1);
    world_free(w);
}

/* 9 days and 23 hours are 9 days. */
static void days_since__whole_days__floor(void **state)
{
    (void)state;
    world *w = world_create();
    add_event(w, "a", "login", D(0) + HOURS(1), NULL, NO_VALUE);
    add_event(w, "a", "export", D(2), NULL, NO_VALUE);
    world_dates(w, (churn_time[]){D(0), D(1), D(10), D(10) + HOURS(1), D(400)}, 5);
    churn__metric_def defs[] = {event_def(CHURN__AGG_DAYS_SINCE, LOGIN, 0),
                                event_def(CHURN__AGG_DAYS_SINCE, ANY, 0),
                                event_def(CHURN__AGG_DAYS_SINCE, LOGIN, DAYS(5)),
                                event_def(CHURN__AGG_DAYS_SINCE, LOGIN, 0)};
    defs[2].if_never = CHURN__NEVER_NUMBER;
    defs[2].if_never_value = 99;
    defs[3].offset = (churn__span){.amount = DAYS(2)};
    world_eval(w, defs, 4);
    assert_none(w, 0, 0, CHURN__NEVER); /* nothing yet, and no beginning to count from */
    const double login[] = {0, 0, 9, 10, 399}, any[] = {0, 0, 8, 8, 398};
    for (uint32_t date = 1; date < 5; date++) {
        assert_cell(w, 0, date, login[date]);
        assert_cell(w, 1, date, any[date]);
    }
    assert_cell(w, 2, 1, 0);
    assert_cell(w, 2, 2, 99);
    assert_none(w, 3, 1, CHURN__NEVER);
    assert_cell(w, 3, 2, 7);
    world_free(w);
}

static void days_since__never__each_policy(void **state)
{
    (void)state;
    world *w = world_create();
    add_customer(w, "a", D(-45));
    add_customer(w, "b", CHURN_TIME_NONE);
    add_event(w, "c", "login", D(-1), NULL, NO_VALUE);
    world_dates(w, (churn_time[]){D(0) + HOURS(23)}, 1);
    churn__metric_def defs[] = {
        event_def(CHURN__AGG_DAYS_SINCE, LOGIN, 0), event_def(CHURN__AGG_DAYS_SINCE, LOGIN, 0),
        event_def(CHURN__AGG_DAYS_SINCE, LOGIN, 0), event_def(CHURN__AGG_DAYS_SINCE, LOGIN, 0)};
    defs[1].if_never = CHURN__NEVER_MISSING;
    defs[2].if_never = CHURN__NEVER_NUMBER;
    defs[2].if_never_value = 1000;
    defs[3].has_default = true;
    defs[3].default_value = -1;
    world_eval(w, defs, 4);
    assert_cell(w, 0, 0, 45);
    assert_none(w, 1, 0, CHURN__NEVER);
    assert_cell(w, 2, 0, 1000);
    assert_none(w, 0, 1, CHURN__NEVER);
    assert_cell(w, 3, 1, -1);
    assert_cell(w, 0, 2, 1);
    world_free(w);
}

/* "Since start" counts from the later of since and from. */
static void days_since__never_and_tracked_later__from_the_tracking(void **state)
{
    (void)state;
    world *w = world_create();
    add_customer(w, "a", D(-45));
    add_customer(w, "b", D(-5));
    add_event(w, "c", "export", D(-1), NULL, NO_VALUE);
    world_dates(w, (churn_time[]){D(-30), D(0)}, 2);
    const churn__source_def source = {
        .id = CHURN__STR("product"), .events = world_login, .event_count = 1, .from = D(-20)};
    w->config.sources = &source;
    w->config.source_count = 1;
    churn__metric_def def = event_def(CHURN__AGG_DAYS_SINCE, LOGIN, 0);
    world_eval(w, &def, 1);
    assert_none(w, 0, 0, CHURN__SHORT_HISTORY_FROM);
    assert_cell(w, 0, 1, 20);
    assert_cell(w, 0, 3, 5);
    world_free(w);
}

/* Least squares worked by hand: 0 1 2 3 -> 1; 4 4 4 4 -> 0; 1 0 0 1 -> 0; 0 0 0 5 -> 1.5. */
static void trend__weekly_counts__slope_a_bucket(void **state)
{
    (void)state;
    static const struct {
        int counts[4];
        double slope, relative;
    } cases[] = {{{0, 1, 2, 3}, 1, 1 / 1.5},
                 {{4, 4, 4, 4}, 0, 0},
                 {{1, 0, 0, 1}, 0, 0},
                 {{0, 0, 0, 5}, 1.5, 1.2},
                 {{3, 2, 1, 0}, -1, -1 / 1.5}};
    world *w = world_create();
    const uint32_t n = sizeof cases / sizeof *cases;
    for (uint32_t i = 0; i < n; i++) {
        char id[2] = {(char)('a' + i), 0};
        add_customer(w, id, CHURN_TIME_NONE);
        for (int bucket = 0; bucket < 4; bucket++) {
            for (int k = 0; k < cases[i].counts[bucket]; k++) {
                add_event(w, id, k % 2 ? "login" : "payment", D(7 * bucket) + k, NULL, NO_VALUE);
            }
        }
        add_event(w, id, "login", D(-1), NULL, NO_VALUE); /* before the first bucket */
        add_event(w, id, "login", D(28), NULL, NO_VALUE); /* after the last */
    }
    add_event(w, "z", "export", D(3), NULL, NO_VALUE);
    world_dates(w, (churn_time[]){D(28), D(35)}, 2);
    const churn_str both[] = {CHURN__STR("payment"), CHURN__STR("login")};
    churn__metric_def defs[3] = {event_def(CHURN__AGG_TREND, both, 2, 0)};
    defs[0].buckets = 4;
    defs[0].every = DAYS(7);
    defs[1] = defs[0];
    defs[1].relative = true;
    defs[2] = defs[0];
    defs[2].offset = (churn__span){.amount = DAYS(7)};
    world_eval(w, defs, 3);
    for (uint32_t i = 0; i < n; i++) {
        assert_cell(w, 0, 2 * i, cases[i].slope);
        assert_cell(w, 1, 2 * i, cases[i].relative);
        assert_cell(w, 2, 2 * i + 1, cases[i].slope);
    }
    assert_cell(w, 0, 2 * n, 0); /* nothing at all: flat */
    assert_none(w, 1, 2 * n, CHURN__EMPTY);
    world_free(w);
}

static void trend__short_history__fewer_buckets_where_allowed(void **state)
{
    (void)state;
    world *w = world_create();
    add_customer(w, "a", D(3)); /* cuts one of four buckets */
    add_event(w, "a", "login", D(14), NULL, NO_VALUE);
    add_event(w, "a", "login", D(21), NULL, NO_VALUE);
    add_event(w, "a", "login", D(22), NULL, NO_VALUE);
    world_dates(w, (churn_time[]){D(28)}, 1);
    churn__metric_def defs[3] = {event_def(CHURN__AGG_TREND, LOGIN, 0)};
    defs[0].buckets = 4;
    defs[0].every = DAYS(7);
    defs[1] = defs[0];
    defs[1].min_buckets = 3;
    defs[2] = defs[0];
    defs[2].clip = true;
    world_eval(w, defs, 3);
    assert_none(w, 0, 0, CHURN__SHORT_HISTORY_SINCE);
    assert_cell(w, 1, 0, 1); /* 0 1 2 */
    assert_cell(w, 2, 0, 1);
    world_free(w);
}

static void active_days__local_dates__of_the_zone(void **state)
{
    (void)state;
    world *w = world_create();
    churn__zone *zone = NULL;
    assert_int_equal(churn__zone_open(w->heap, NULL, CHURN__STR("Europe/Budapest"), &zone),
                     CHURN__ZONE_OK);
    /* 2026-03-29: clocks go from 02:00 to 03:00, so that midnight is at 23:00 UTC, then at 22:00.
     */
    const churn_time spring = D(87);
    add_event(w, "a", "login", spring - HOURS(1) - 1, NULL, NO_VALUE);
    add_event(w, "a", "login", spring - HOURS(1), NULL, NO_VALUE);
    add_event(w, "a", "login", spring + HOURS(22) - 1, NULL, NO_VALUE);
    add_event(w, "a", "login", spring + HOURS(22), NULL, NO_VALUE);
    add_event(w, "a", "export", spring + HOURS(23), NULL, NO_VALUE);
    world_dates(w, (churn_time[]){spring + DAYS(3)}, 1);
    churn__metric_def defs[] = {event_def(CHURN__AGG_ACTIVE_DAYS, LOGIN, DAYS(28)),
                                event_def(CHURN__AGG_ACTIVE_DAYS, ANY, DAYS(28))};
    world_eval(w, defs, 2);
    assert_cell(w, 0, 0, 2); /* without a zone: dates of UTC */
    w->config.zone = zone;
    world_eval(w, defs, 2);
    assert_cell(w, 0, 0, 3);
    assert_cell(w, 1, 0, 3);
    churn__zone_release(zone);
    world_free(w);
}

/* Ties are summed in the order of types' names, whatever the order of loading. */
static void sum__several_types__one_order_of_time(void **state)
{
    (void)state;
    const double big = 1e16, one = 1;
    const churn_str both[] = {CHURN__STR("b"), CHURN__STR("a")};
    for (int turn = 0; turn < 2; turn++) {
        world *w = world_create();
        add_event(w, "x", turn ? "a" : "b", D(1), NULL, turn ? big : -big);
        add_event(w, "x", turn ? "b" : "a", D(1), NULL, turn ? -big : big);
        add_event(w, "x", "b", D(1) - 1, NULL, one);
        add_event(w, "x", "a", D(2), NULL, one);
        world_dates(w, (churn_time[]){D(5)}, 1);
        churn__metric_def defs[] = {event_def(CHURN__AGG_SUM, both, 2, DAYS(30)),
                                    event_def(CHURN__AGG_SUM, ANY, DAYS(30))};
        world_eval(w, defs, 2);
        assert_cell(w, 0, 0, (one + big) - big + one);
        assert_cell(w, 1, 0, (one + big) - big + one);
        world_free(w);
    }
}

/* More types than are brought together by a short way: each gives one at its own instant, and at
 * the end all at once. Added to 1e16, a 1 is lost, but not two of them together. */
static void sum__many_types__one_order_of_time(void **state)
{
    (void)state;
    enum { TYPES_MANY = 60 };
    double expected = 0;
    world *w = world_create();
    for (int i = 0; i < TYPES_MANY; i++) {
        const int n = i * 37 % TYPES_MANY; /* neither in order of name nor of time */
        char type[8];
        snprintf(type, sizeof type, "t%02d", n);
        add_event(w, "x", type, D(1) + n * 7 % TYPES_MANY, NULL, 1);
        add_event(w, "x", type, D(2), NULL, n == TYPES_MANY / 2 ? 1e16 : 1);
    }
    world_dates(w, (churn_time[]){D(5)}, 1);
    for (int i = 0; i < TYPES_MANY; i++) {
        expected += 1;
    }
    for (int n = 0; n < TYPES_MANY; n++) {
        expected += n == TYPES_MANY / 2 ? 1e16 : 1;
    }
    churn__metric_def defs[] = {event_def(CHURN__AGG_SUM, ANY, DAYS(30)),
                                event_def(CHURN__AGG_COUNT, ANY, DAYS(30))};
    world_eval(w, defs, 2);
    assert_cell(w, 0, 0, expected);
    assert_cell(w, 1, 0, 2 * TYPES_MANY);
    world_free(w);
}

static void sum__too_large__non_finite(void **state)
{
    (void)state;
    world *w = world_create();
    add_event(w, "a", "payment", D(1), NULL, 1.5e308);
    add_event(w, "a", "payment", D(2), NULL, 1.5e308);
    world_dates(w, (churn_time[]){D(2), D(5)}, 2);
    churn__metric_def defs[] = {
        event_def(CHURN__AGG_SUM, PAYMENT, DAYS(30)), event_def(CHURN__AGG_MEAN, PAYMENT, DAYS(30)),
        event_def(CHURN__AGG_MAX, PAYMENT, DAYS(30)), event_def(CHURN__AGG_SUM, PAYMENT, DAYS(30))};
    defs[3].has_default = true;
    world_eval(w, defs, 4);
    assert_cell(w, 0, 0, 1.5e308);
    assert_none(w, 0, 1, CHURN__NON_FINITE);
    assert_none(w, 1, 1, CHURN__NON_FINITE);
    assert_cell(w, 2, 1, 1.5e308);
    assert_cell(w, 3, 1, 0);
    world_free(w);
}

static void ratio__bases__missing_where_there_is_none(void **state)
{
    (void)state;
    world *w = world_create();
    for (int i = 0; i < 6; i++) {
        add_event(w, "a", "login", D(20 + i), NULL, NO_VALUE);
        add_event(w, "a", "payment", D(20), NULL, i);
    }
    add_event(w, "a", "login", D(3), NULL, NO_VALUE);
    add_event(w, "a", "login", D(4), NULL, NO_VALUE);
    add_event(w, "b", "login", D(21), NULL, NO_VALUE);
    world_dates(w, (churn_time[]){D(28)}, 1);
    churn__metric_def defs[8] = {
        [1] = event_def(CHURN__AGG_COUNT, LOGIN, DAYS(14)),
        [2] = event_def(CHURN__AGG_COUNT, LOGIN, DAYS(14)),
        [3] = event_def(CHURN__AGG_MEAN, PAYMENT, DAYS(14)),
    };
    defs[2].offset = (churn__span){.amount = DAYS(14)};
    defs[0] = (churn__metric_def){.id = CHURN__STR("r"),
                                  .kind = CHURN__METRIC_RATIO,
                                  .a = {.metric = 1},
                                  .b = {.metric = 2},
                                  .type = CHURN__TYPE_DOUBLE};
    defs[4] = defs[0];
    defs[4].kind = CHURN__METRIC_PCT_CHANGE;
    defs[4].min_base = 1;
    defs[5] = defs[4];
    defs[5].min_base = 3;
    defs[6] = defs[0];
    defs[6].a.metric = 3;
    defs[7] = defs[0]; /* a ratio of a ratio that stands after it in the list */
    defs[7].a.metric = 0;
    defs[7].b.metric = 4;
    world_eval(w, defs, 8);
    assert_cell(w, 0, 0, 3);
    assert_cell(w, 4, 0, 2);
    assert_none(w, 5, 0, CHURN__EMPTY);
    assert_cell(w, 6, 0, 1.25);
    assert_cell(w, 7, 0, 1.5);
    assert_none(w, 0, 1, CHURN__EMPTY); /* divided by nothing */
    assert_none(w, 4, 1, CHURN__EMPTY);
    assert_none(w, 6, 1, CHURN__EMPTY);
    world_free(w);
}

static void plan_create__ratio_of_itself__config_with_position(void **state)
{
    (void)state;
    world *w = world_create();
    churn__metric_plan *plan = NULL;
    churn_error err;
    churn_error_init(&err, sizeof err);
    churn__metric_def defs[3];
    for (uint32_t i = 0; i < 3; i++) {
        defs[i] = (churn__metric_def){.id = CHURN__STR("round"),
                                      .line = 7 + i,
                                      .column = 5,
                                      .kind = CHURN__METRIC_RATIO,
                                      .a = {.metric = (i + 1) % 3},
                                      .b = {.metric = (i + 1) % 3}};
    }
    w->config.metrics = defs;
    w->config.metric_count = 3;
    world_dates(w, (churn_time[]){D(0)}, 1);
    world_pin(w);
    assert_int_equal(
        churn__metric_plan_create(w->heap, &w->config, w->version, w->dates, 1, &plan, &err),
        CHURN_E_CONFIG);
    assert_null(plan);
    assert_true(err.line >= 7 && err.line <= 9 && err.column == 5);
    assert_non_null(strstr(err.message, "round"));
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest events[] = {
        cmocka_unit_test(count__events_at_the_ends__half_open),
        cmocka_unit_test(aggregates__payments__as_the_table_says),
        cmocka_unit_test(days_since__whole_days__floor),
        cmocka_unit_test(days_since__never__each_policy),
        cmocka_unit_test(days_since__never_and_tracked_later__from_the_tracking),
        cmocka_unit_test(trend__weekly_counts__slope_a_bucket),
        cmocka_unit_test(trend__short_history__fewer_buckets_where_allowed),
        cmocka_unit_test(active_days__local_dates__of_the_zone),
        cmocka_unit_test(sum__several_types__one_order_of_time),
        cmocka_unit_test(sum__many_types__one_order_of_time),
        cmocka_unit_test(sum__too_large__non_finite),
        cmocka_unit_test(ratio__bases__missing_where_there_is_none),
        cmocka_unit_test(plan_create__ratio_of_itself__config_with_position),
    };
    return RUN_TESTS(events);
}
