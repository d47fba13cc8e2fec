/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "metric_world.h"

/* What is said beside values: errors, counts of what was left out, and of what is not known. */

/* ---- exact sums ---- */

static churn__metric_def exact_sum(uint8_t scale)
{
    churn__metric_def def = event_def(CHURN__AGG_SUM, world_payment, 1, DAYS(30));
    def.id = CHURN__STR("paid");
    def.has_scale = true;
    def.scale = scale;
    return def;
}

static churn_status eval_one(world *w, const churn__metric_def *def, churn_error *err)
{
    w->config.metrics = def;
    w->config.metric_count = 1;
    world_pin(w);
    churn__metric_plan *plan = world_plan(w);
    uint32_t n = churn__version_customers(w->version);
    churn_status st = churn__metric_plan_eval(plan, w->reader, churn__version_order(w->version), n,
                                              w->columns, err);
    churn__metric_plan_free(plan);
    return st;
}

static void sum__exact__to_the_last_of_64_bits(void **state)
{
    (void)state;
    world *w = world_create();
    churn_error err;
    churn_error_init(&err, sizeof err);
    /* 2^63 - 1 is 9223372036854775807; a sum of 2^62 and 2^62 - 512 is still inside. */
    add_event(w, "a", "payment", D(0), NULL, 4611686018427387904.0);
    add_event(w, "a", "payment", D(1), NULL, 4611686018427387904.0 - 512);
    world_dates(w, (churn_time[]){D(2)}, 1);
    const churn__metric_def def = exact_sum(0);
    assert_ok(eval_one(w, &def, &err));
    assert_cell(w, 0, 0, 9223372036854775296.0);
    world_free(w);
}

static void sum__exact_and_too_large__an_error_that_names_the_customer(void **state)
{
    /* The values of two events, and the scale: the sum is too large, or already one value. */
    static const struct {
        double first, second;
        uint8_t scale;
    } cases[] = {
        {4611686018427387904.0, 4611686018427387904.0, 0},
        {-4611686018427387904.0, -4611686018427387904.0 - 2048, 0},
        {9223372037.0, 0, 9},
        {1e300, 1, 2},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        world *w = world_create();
        churn_error err;
        churn_error_init(&err, sizeof err);
        add_event(w, "anna", "payment", D(0), NULL, 1);
        add_event(w, "bert", "payment", D(0), NULL, cases[i].first);
        add_event(w, "bert", "payment", D(1), NULL, cases[i].second);
        world_dates(w, (churn_time[]){D(2)}, 1);
        const churn__metric_def def = exact_sum(cases[i].scale);
        assert_int_equal(eval_one(w, &def, &err), CHURN_E_RANGE);
        assert_non_null(strstr(err.message, "`paid`"));
        assert_non_null(strstr(err.message, "`bert`"));
        world_free(w);
    }
}

/* After the error the plan goes on with others as if nothing had been. */
static void sum__exact_and_too_large__the_next_customer_is_fine(void **state)
{
    (void)state;
    world *w = world_create();
    churn_error err;
    churn_error_init(&err, sizeof err);
    add_event(w, "a", "payment", D(0), NULL, 1e30);
    add_event(w, "b", "payment", D(0), NULL, 2.5);
    world_dates(w, (churn_time[]){D(2)}, 1);
    const churn__metric_def def = exact_sum(2);
    w->config.metrics = &def;
    w->config.metric_count = 1;
    world_pin(w);
    churn__metric_plan *plan = world_plan(w);
    const uint32_t *order = churn__version_order(w->version);
    assert_int_equal(churn__metric_plan_eval(plan, w->reader, order, 1, w->columns, &err),
                     CHURN_E_RANGE);
    assert_ok(churn__metric_plan_eval(plan, w->reader, order + 1, 1, w->columns, &err));
    assert_cell(w, 0, 0, 2.5);
    churn__metric_plan_free(plan);
    world_free(w);
}

/* ---- quality ---- */

static void add_text(world *w, const char *customer, const char *name, const char *text)
{
    churn_attribute row;
    churn_record_init(CHURN_RECORD_ATTRIBUTE, &row, sizeof row);
    row.customer = churn__str_nts(customer);
    row.name = churn__str_nts(name);
    row.valid_from = D(0);
    row.value = (churn_value){.type = CHURN_TYPE_STRING, .string = churn__str_nts(text)};
    WORLD_OK(churn_store_add_attribute(w->store, &row, &world_err));
}

static churn__metric_plan *measured(world *w, const churn__metric_def *defs, uint32_t n)
{
    w->config.metrics = defs;
    w->config.metric_count = n;
    w->config.measure = true;
    world_pin(w);
    churn__metric_plan *plan = world_plan(w);
    world_eval_plan(w, plan);
    return plan;
}

static void plan_quality__zones_that_are_none__counted_by_row(void **state)
{
    (void)state;
    world *w = world_create();
    churn__zone *utc = NULL;
    assert_int_equal(churn__zone_open(w->heap, NULL, CHURN__STR("UTC"), &utc), CHURN__ZONE_OK);
    w->config.zone = utc;
    const char *const ids[] = {"a", "b", "c", "d"};
    for (size_t i = 0; i < 4; i++) {
        add_customer(w, ids[i], D(0));
        add_event(w, ids[i], "login", D(1), NULL, 1);
    }
    add_text(w, "a", "time_zone", "Mars/Olympus");
    add_text(w, "b", "time_zone", "Europe/Berlin");
    add_text(w, "d", "time_zone", "nowhere");
    world_dates(w, (churn_time[]){D(2), D(3)}, 2);
    churn__metric_def def = event_def(CHURN__AGG_ACTIVE_DAYS, world_login, 1, DAYS(1));
    def.customer_zone = true;
    def.clip = true;
    churn__metric_plan *plan = measured(w, &def, 1);
    const churn__metric_quality *q = churn__metric_plan_quality(plan, 0);
    assert_int_equal(q->zones, 4); /* a and d, at two dates each */
    assert_int_equal(q->valid, 8);
    churn__metric_plan_free(plan);
    churn__zone_release(utc);
    world_free(w);
}

static void add_answer(world *w, const char *customer, churn_time at, double score)
{
    churn_survey s;
    churn_record_init(CHURN_RECORD_SURVEY, &s, sizeof s);
    s.customer = churn__str_nts(customer);
    s.kind = CHURN__STR("nps");
    s.at = at;
    s.score = score;
    WORLD_OK(churn_store_add_survey(w->store, &s, &world_err));
}

static void plan_quality__records__valid_and_missing_by_reason(void **state)
{
    (void)state;
    world *w = world_create();
    add_customer(w, "a", D(0));
    add_customer(w, "b", D(0));
    add_customer(w, "c", D(5)); /* exists at the last date only */
    add_answer(w, "a", D(1), 9);
    add_answer(w, "b", D(4), 3);
    world_dates(w, (churn_time[]){D(2), D(4) + 1, D(9)}, 3);
    churn__metric_def defs[] = {record_def(CHURN__METRIC_SURVEY, CHURN__SURVEY_LAST),
                                record_def(CHURN__METRIC_TICKET, CHURN__TICKET_OPEN_COUNT),
                                record_def(CHURN__METRIC_SURVEY, CHURN__SURVEY_LAST),
                                record_def(CHURN__METRIC_SURVEY, CHURN__SURVEY_MEAN)};
    defs[0].max_age = DAYS(6);
    defs[2].has_default = true;
    defs[2].default_value = 5;
    defs[3].has_window = true;
    defs[3].window.amount = DAYS(3);
    churn__metric_plan *plan = measured(w, defs, 4);
    const churn__metric_quality *last = churn__metric_plan_quality(plan, 0);
    assert_int_equal(last->valid, 4); /* a twice, b twice */
    assert_int_equal(last->missing[CHURN__NEVER], 2);
    assert_int_equal(last->missing[CHURN__EXPIRED], 1); /* a at the last date */
    const churn__metric_quality *open = churn__metric_plan_quality(plan, 1);
    assert_int_equal(open->valid, 0);
    assert_int_equal(open->missing[CHURN__NOT_PROVIDED], 7);
    assert_int_equal(churn__metric_plan_quality(plan, 2)->valid, 7);
    const churn__metric_quality *mean = churn__metric_plan_quality(plan, 3);
    assert_int_equal(mean->missing[CHURN__SHORT_HISTORY_SINCE], 2); /* a and b at the first date */
    assert_int_equal(mean->valid, 1);                               /* b at the second */
    assert_int_equal(mean->missing[CHURN__EMPTY], 4);
    churn__metric_plan_free(plan);
    world_free(w);
}

/* ---- groups ---- */

static void plan_eval_late__groups__the_first_that_holds(void **state)
{
    (void)state;
    world *w = world_create();
    for (uint32_t i = 0; i < 5; i++) {
        const char id[] = {(char)('a' + i), '\0'};
        add_customer(w, id, D(0));
        for (uint32_t e = 0; e < 6 && i < 4; e++) {
            add_event(w, id, "login", D(1), NULL, 1);
        }
    }
    world_dates(w, (churn_time[]){D(2)}, 1);
    churn__metric_def defs[] = {event_def(CHURN__AGG_MEAN, world_login, 1, DAYS(1)),
                                {.id = CHURN__STR("against"),
                                 .kind = CHURN__METRIC_BASELINE,
                                 .baseline = CHURN__BASELINE_SEGMENT,
                                 .segment = UINT32_MAX,
                                 .form = CHURN__FORM_DIFFERENCE,
                                 .round = 1,
                                 .type = CHURN__TYPE_DOUBLE}};
    churn__metric_plan *plan = measured(w, defs, 2);
    const uint8_t first[] = {1, 0, 0, 0, 1}, second[] = {1, 1, 0, 0, 1};
    const churn__missing known[5] = {0}, partly[] = {0, 0, 0, CHURN__STALE_SOURCE, 0};
    const churn__column members[] = {
        {.type = CHURN__TYPE_BOOL, .values = first, .missing = partly},
        {.type = CHURN__TYPE_BOOL, .values = second, .missing = known}};
    const churn__distribution found[] = {{.total = 1, .median = 0.25}, {.total = 9, .median = 3}};
    const churn__metric_usual usual = {2, found};
    WORLD_OK(churn__metric_plan_eval_late(plan, 1, &usual, members, w->reader,
                                          churn__version_order(w->version), 5, w->columns,
                                          &world_err));
    assert_cell(w, 1, 0, 0.75);                /* in both: the first */
    assert_cell(w, 1, 1, -2);                  /* in the second */
    assert_none(w, 1, 2, CHURN__EMPTY);        /* in none */
    assert_none(w, 1, 3, CHURN__STALE_SOURCE); /* in none that is known */
    assert_none(w, 1, 4, CHURN__EMPTY);        /* there is nothing to compare */
    const churn__metric_quality *q = churn__metric_plan_quality(plan, 1);
    assert_int_equal(q->valid, 2);
    assert_int_equal(q->missing[CHURN__EMPTY], 2);
    assert_int_equal(q->missing[CHURN__STALE_SOURCE], 1);
    churn__metric_plan_free(plan);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest group[] = {
        cmocka_unit_test(sum__exact__to_the_last_of_64_bits),
        cmocka_unit_test(sum__exact_and_too_large__an_error_that_names_the_customer),
        cmocka_unit_test(sum__exact_and_too_large__the_next_customer_is_fine),
        cmocka_unit_test(plan_quality__zones_that_are_none__counted_by_row),
        cmocka_unit_test(plan_quality__records__valid_and_missing_by_reason),
        cmocka_unit_test(plan_eval_late__groups__the_first_that_holds),
    };
    return RUN_TESTS(group);
}
