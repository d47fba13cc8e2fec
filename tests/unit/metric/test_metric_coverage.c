/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "metric_world.h"

#define NO_VALUE ((double)NAN)
#define LOGIN world_login, 1

static const churn_str product_events[] = {{"login", 5}, {"export", 6}};
static const churn_str export_event[] = {{"export", 6}};
static const churn_record_kind ticket_kind[] = {CHURN_RECORD_TICKET};

static churn__source_def product_source(void)
{
    return (churn__source_def){.id = CHURN__STR("product"),
                               .events = product_events,
                               .event_count = 2,
                               .from = CHURN_TIME_NONE,
                               .has_max_lag = true,
                               .max_lag = HOURS(36)};
}

static void use_sources(world *w, const churn__source_def *sources, uint32_t n)
{
    w->config.sources = sources;
    w->config.source_count = n;
}

/* What a window before the beginning of a customer is: absence; before that of tracking: ignorance.
 */
static void history__window_before_the_beginning__missing_or_clipped(void **state)
{
    (void)state;
    world *w = world_create();
    add_customer(w, "old", D(-100));
    add_customer(w, "unsaid", CHURN_TIME_NONE);
    add_customer(w, "young", D(-5));
    for (int i = -10; i < 0; i++) {
        add_event(w, "old", "login", D(i), NULL, NO_VALUE);
        add_event(w, "unsaid", "login", D(i), NULL, NO_VALUE);
        add_event(w, "young", "login", D(i), NULL, NO_VALUE);
    }
    churn__source_def source = product_source();
    source.from = D(-8);
    use_sources(w, &source, 1);
    world_dates(w, (churn_time[]){D(0)}, 1);
    churn__metric_def defs[] = {
        event_def(CHURN__AGG_COUNT, LOGIN, DAYS(9)), event_def(CHURN__AGG_COUNT, LOGIN, DAYS(9)),
        event_def(CHURN__AGG_COUNT, LOGIN, DAYS(8)), event_def(CHURN__AGG_COUNT, LOGIN, DAYS(9)),
        event_def(CHURN__AGG_ACTIVE_DAYS, LOGIN, DAYS(9))};
    defs[1].clip = true;
    defs[3].has_default = true;
    defs[3].default_value = 7;
    defs[4].clip = true;
    world_eval(w, defs, 5);
    const churn__missing why[] = {CHURN__SHORT_HISTORY_FROM, CHURN__SHORT_HISTORY_FROM,
                                  CHURN__SHORT_HISTORY_SINCE};
    const double clipped[] = {8, 8, 5};
    for (uint32_t row = 0; row < 3; row++) {
        assert_none(w, 0, row, why[row]);
        assert_cell(w, 1, row, clipped[row]);
        assert_cell(w, 3, row, 7);
        assert_cell(w, 4, row, clipped[row]);
    }
    assert_cell(w, 2, 0, 8); /* begins with the tracking: that is enough */
    assert_cell(w, 2, 1, 8);
    assert_none(w, 2, 2, CHURN__SHORT_HISTORY_SINCE);
    world_free(w);
}

static void history__event_tracked_later__latest_of_the_types(void **state)
{
    (void)state;
    world *w = world_create();
    add_event(w, "a", "login", D(-3), NULL, NO_VALUE);
    const churn__source_event_from later[] = {{CHURN__STR("export"), D(-10)}};
    churn__source_def source = product_source();
    source.from = D(-100);
    source.event_from = later;
    source.event_from_count = 1;
    source.has_max_lag = false;
    use_sources(w, &source, 1);
    world_dates(w, (churn_time[]){D(0)}, 1);
    const churn_str other[] = {CHURN__STR("other")};
    churn__metric_def defs[] = {event_def(CHURN__AGG_COUNT, LOGIN, DAYS(11)),
                                event_def(CHURN__AGG_COUNT, export_event, 1, DAYS(11)),
                                event_def(CHURN__AGG_COUNT, product_events, 2, DAYS(11)),
                                event_def(CHURN__AGG_COUNT, NULL, 0, DAYS(11)),
                                event_def(CHURN__AGG_COUNT, product_events, 2, DAYS(10)),
                                event_def(CHURN__AGG_COUNT, other, 1, DAYS(4000))};
    world_eval(w, defs, 6);
    assert_cell(w, 0, 0, 1);
    for (uint32_t m = 1; m < 4; m++) {
        assert_none(w, m, 0, CHURN__SHORT_HISTORY_FROM);
    }
    assert_cell(w, 4, 0, 1);
    assert_cell(w, 5, 0, 0); /* in no source: nothing said about it */
    world_free(w);
}

/* A watermark is the newest of marks and records; older than max_lag: nothing is known. */
static void stale__late_source__all_that_stands_on_it(void **state)
{
    (void)state;
    world *w = world_create();
    add_event(w, "a", "login", D(0), NULL, NO_VALUE);
    add_event(w, "b", "other", D(9), NULL, NO_VALUE);
    churn__source_def source = product_source();
    use_sources(w, &source, 1);
    world_dates(w,
                (churn_time[]){D(1) + HOURS(12), D(1) + HOURS(12) + 1, D(5), D(6) + HOURS(12),
                               D(6) + HOURS(12) + 1},
                5);
    const churn_str other[] = {CHURN__STR("other")};
    churn__metric_def defs[] = {event_def(CHURN__AGG_COUNT, LOGIN, DAYS(1)),
                                event_def(CHURN__AGG_COUNT, export_event, 1, DAYS(1)),
                                event_def(CHURN__AGG_COUNT, NULL, 0, DAYS(1)),
                                event_def(CHURN__AGG_COUNT, other, 1, DAYS(1)),
                                event_def(CHURN__AGG_DAYS_SINCE, LOGIN, 0)};
    add_mark(w, "product", D(5), CHURN_TIME_NONE);
    world_eval(w, defs, 5);
    const bool stale[] = {false, false, false, false, true}; /* the mark counts at every date */
    for (uint32_t date = 0; date < 5; date++) {
        for (uint32_t m = 0; m < 5; m++) {
            churn__missing want = stale[date] && m != 3 ? CHURN__STALE_SOURCE : CHURN__PRESENT;
            assert_none(w, m, date, want);
        }
    }
    world_free(w);
}

static void stale__mark_known_later__counts_from_then_on(void **state)
{
    (void)state;
    world *w = world_create();
    add_event(w, "a", "login", D(0), NULL, NO_VALUE);
    churn__source_def source = product_source();
    use_sources(w, &source, 1);
    world_dates(w, (churn_time[]){D(1) + HOURS(12), D(1) + HOURS(12) + 1, D(4), D(4) + 1, D(6)}, 5);
    churn__metric_def def = event_def(CHURN__AGG_COUNT, LOGIN, DAYS(1));
    add_mark(w, "product", D(3), D(4) + 1);
    world_eval(w, &def, 1);
    const bool stale[] = {false, true, true, false, true};
    for (uint32_t date = 0; date < 5; date++) {
        assert_none(w, 0, date, stale[date] ? CHURN__STALE_SOURCE : CHURN__PRESENT);
    }
    world_free(w);
}

static void stale_sources__at_each_date__by_name(void **state)
{
    (void)state;
    world *w = world_create();
    add_event(w, "a", "login", D(0), NULL, NO_VALUE);
    churn__source_def sources[] = {product_source(),
                                   {.id = CHURN__STR("zendesk"),
                                    .records = ticket_kind,
                                    .record_count = 1,
                                    .has_max_lag = true,
                                    .max_lag = HOURS(6),
                                    .from = CHURN_TIME_NONE},
                                   {.id = CHURN__STR("crm"), .from = CHURN_TIME_NONE}};
    use_sources(w, sources, 3);
    add_mark(w, "ticket", D(1), CHURN_TIME_NONE); /* by the name of the kind */
    world_dates(w, (churn_time[]){D(1), D(3)}, 2);
    churn__metric_def defs[] = {event_def(CHURN__AGG_COUNT, LOGIN, DAYS(1)),
                                record_def(CHURN__METRIC_TICKET, CHURN__TICKET_OPEN_COUNT)};
    w->config.metrics = defs;
    w->config.metric_count = 2;
    world_pin(w);
    churn__metric_plan *plan = world_plan(w);
    const churn_str *names = NULL;
    assert_int_equal(churn__metric_stale_sources(plan, 0, &names), 0);
    assert_int_equal(churn__metric_stale_sources(plan, 1, &names), 2);
    assert_string_equal(names[0].ptr, "product");
    assert_string_equal(names[1].ptr, "zendesk");
    world_eval_plan(w, plan);
    assert_cell(w, 1, 0, 0); /* marked: no ticket is no ticket */
    assert_none(w, 1, 1, CHURN__STALE_SOURCE);
    churn__metric_plan_set_stale(plan, (const uint8_t[]){0, 0, 1});
    world_eval_plan(w, plan);
    assert_cell(w, 0, 1, 0);
    assert_cell(w, 1, 1, 0);
    assert_int_equal(churn__metric_stale_sources(plan, 0, &names), 1);
    assert_string_equal(names[0].ptr, "crm");
    churn__metric_plan_set_stale(plan, (const uint8_t[]){1, 0, 0});
    world_eval_plan(w, plan);
    assert_none(w, 0, 0, CHURN__STALE_SOURCE);
    churn__metric_plan_free(plan);
    world_free(w);
}

/* Nothing was ever said of a kind: no number about it, whatever the order of the other reasons. */
static void not_provided__kind_never_loaded__all_its_metrics(void **state)
{
    (void)state;
    world *w = world_create();
    add_customer(w, "a", D(-100));
    churn__source_def source = {.id = CHURN__STR("zendesk"),
                                .records = ticket_kind,
                                .record_count = 1,
                                .has_max_lag = true,
                                .max_lag = HOURS(6),
                                .from = D(-1)};
    use_sources(w, &source, 1);
    world_dates(w, (churn_time[]){D(0)}, 1);
    churn__metric_def defs[] = {
        event_def(CHURN__AGG_COUNT, LOGIN, DAYS(1)),
        record_def(CHURN__METRIC_TICKET, CHURN__TICKET_OPEN_COUNT),
        record_def(CHURN__METRIC_SURVEY, CHURN__SURVEY_LAST),
        record_def(CHURN__METRIC_SUBSCRIPTION, CHURN__SUBSCRIPTION_MRR),
        record_def(CHURN__METRIC_INVOICE, CHURN__INVOICE_OVERDUE_DAYS),
        record_def(CHURN__METRIC_TICKET, CHURN__TICKET_OPENED_COUNT),
    };
    defs[5].has_window = true;
    defs[5].window = (churn__span){.amount = DAYS(7)};
    world_eval(w, defs, 6);
    for (uint32_t m = 0; m < 6; m++) {
        assert_none(w, m, 0, CHURN__NOT_PROVIDED);
    }
    add_mark(w, "zendesk", D(-10), CHURN_TIME_NONE); /* then late, then too short */
    world_eval(w, defs, 6);
    assert_none(w, 5, 0, CHURN__STALE_SOURCE);
    add_mark(w, "zendesk", D(0), CHURN_TIME_NONE);
    world_eval(w, defs, 6);
    assert_none(w, 5, 0, CHURN__SHORT_HISTORY_FROM);
    assert_cell(w, 1, 0, 0);
    assert_none(w, 0, 0, CHURN__NOT_PROVIDED);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest coverage[] = {
        cmocka_unit_test(history__window_before_the_beginning__missing_or_clipped),
        cmocka_unit_test(history__event_tracked_later__latest_of_the_types),
        cmocka_unit_test(stale__late_source__all_that_stands_on_it),
        cmocka_unit_test(stale__mark_known_later__counts_from_then_on),
        cmocka_unit_test(stale_sources__at_each_date__by_name),
        cmocka_unit_test(not_provided__kind_never_loaded__all_its_metrics),
    };
    return RUN_TESTS(coverage);
}
