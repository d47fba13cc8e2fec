/* SPDX-License-Identifier: MIT */
#include "company.h"

/*
 * Metrics that are written where they are used: each equals the metric that has the same keys, to
 * the bit and with the same reason where it is missing, and all that is wrong with one is told.
 */

static const char head[] = "churn: 1\nname: sugar\ntime_zone: UTC\ncurrency: USD\n"
                           "properties: {plan: string, price: number}\n";

/* What is called, and the keys of the metric that it is. */
static const struct {
    const char *call, *keys;
} pairs[] = {
    {"count(\"login\", \"30d\")", "agg: count, event: login, window: 30d"},
    {"count(\"login\", \"30d\", \"clip\")", "agg: count, event: login, window: 30d, history: clip"},
    {"count('login', '400d')", "agg: count, event: login, window: 400d"},
    {"count(\"any\", \"2cmo\")", "agg: count, event: any, window: 2cmo"},
    {"count(\"nothing\", \"7d\")", "agg: count, event: nothing, window: 7d"},
    {"active_days(\"login\", \"7d\")", "agg: active_days, event: login, window: 7d"},
    {"distinct(\"login.user\", \"30d\")", "agg: distinct, event: login, of: user, window: 30d"},
    {"distinct(\"login\", \"30d\")", "agg: distinct, event: login, window: 30d"},
    {"distinct(\"any.type\", \"30d\")", "agg: distinct, event: any, of: type, window: 30d"},
    {"sum(\"payment.value\", \"90d\")", "agg: sum, event: payment, window: 90d"},
    {"sum(\"payment\", \"90d\")", "agg: sum, event: payment, window: 90d"},
    {"sum(\"payment.price\", \"90d\")", "agg: sum, event: payment, of: props.price, window: 90d"},
    {"mean(\"payment.value\", \"90d\")", "agg: mean, event: payment, window: 90d"},
    {"min(\"payment.props.price\", \"90d\")",
     "agg: min, event: payment, of: props.price, window: 90d"},
    {"max(\"payment.value\", \"90d\")", "agg: max, event: payment, window: 90d"},
    {"first(\"login.user\")", "agg: first, event: login, of: user"},
    {"last(\"payment.value\", \"90d\")", "agg: last, event: payment, window: 90d"},
    {"last(\"payment.props.plan\")", "agg: last, event: payment, of: props.plan"},
    {"exists(\"payment\", \"90d\")", "agg: exists, event: payment, window: 90d"},
    {"days_since(\"login\")", "agg: days_since, event: login"},
    {"days_since(\"payment\")", "agg: days_since, event: payment"},
    {"days_since(\"payment\", \"60d\")", "agg: days_since, event: payment, window: 60d"},
    {"days_since_first(\"login\")", "agg: days_since_first, event: login"},
    {"sum(\"invoice.amount\", \"90d\")", "invoice: billed_amount, window: 90d"},
    {"sum(\"invoice.refunded\", \"90d\")", "invoice: refunded_amount, window: 90d"},
    {"count(\"invoice.failed\", \"90d\")", "invoice: failed_count, window: 90d"},
    {"days_since(\"invoice.failed\")", "invoice: days_since_failure"},
    {"count(\"ticket.opened\", \"90d\")", "ticket: opened_count, window: 90d"},
    {"count(\"ticket.closed\", \"90d\")", "ticket: closed_count, window: 90d"},
    {"mean(\"survey.score\", \"90d\")", "survey: mean, window: 90d"},
    {"max(\"survey.score\", \"90d\")", "survey: mean, window: 90d, take: max"},
    {"last(\"survey.score\")", "survey: last"},
};
#define PAIRS (sizeof pairs / sizeof pairs[0])

static churn_playbook *read_playbook(const char *text, churn_table **found, churn_status *st)
{
    churn_playbook *playbook = NULL;
    churn_error err = {.struct_size = sizeof err};
    *st = churn_playbook_parse(text, CHURN_NTS, NULL, &playbook, found, &err);
    return playbook;
}

static churn_engine *engine_of(const company *c, const char *text, churn_playbook **playbook)
{
    churn_engine *engine = NULL;
    churn_status st = CHURN_OK;
    churn_table *found = NULL;
    *playbook = read_playbook(text, &found, &st);
    for (uint64_t i = 0; st != CHURN_OK && i < churn_table_row_count(found); i++) {
        print_message("# %s\n", cell_text(found, i, "message"));
    }
    churn_table_free(found);
    assert_ok(st);
    assert_ok(churn_engine_create(*playbook, c->store, NULL, &engine, NULL));
    return engine;
}

static void assert_same_column(const churn_table *a, uint32_t i, const churn_table *b, uint32_t j)
{
    assert_int_equal(churn_table_row_count(a), churn_table_row_count(b));
    assert_int_equal(churn_table_column_type(a, i), churn_table_column_type(b, j));
    for (uint64_t row = 0; row < churn_table_row_count(a); row++) {
        assert_int_equal(churn_table_is_null(a, row, i), churn_table_is_null(b, row, j));
        assert_true(churn_table_double(a, row, i) == churn_table_double(b, row, j));
        assert_string_equal(churn_table_string(a, row, i).ptr, churn_table_string(b, row, j).ptr);
    }
}

/* A playbook that declares all of them, and one that declares none. */
static void call__in_a_question__equals_the_metric(void **state)
{
    static char text[8192];
    size_t at = (size_t)snprintf(text, sizeof text, "%smetrics:\n", head);
    for (size_t i = 0; i < PAIRS; i++) {
        at +=
            (size_t)snprintf(text + at, sizeof text - at, "  - {id: m%zu, %s}\n", i, pairs[i].keys);
    }
    company c = {.playbook = NULL};
    churn_playbook *declared = NULL, *bare = NULL;
    const churn_time date = NEW_YEAR;
    churn_table *metrics = NULL;
    (void)state;
    company_open(&c);
    churn_engine *all = engine_of(&c, text, &declared), *none = engine_of(&c, head, &bare);
    assert_ok(churn_engine_metrics(all, &date, 1, NULL, &metrics, NULL));
    for (size_t i = 0; i < PAIRS; i++) {
        const churn_str select[] = {{pairs[i].call, strlen(pairs[i].call)}};
        const churn_select_options options = {
            .struct_size = sizeof options, .select = select, .select_count = 1};
        churn_engine *engines[] = {all, none};
        for (size_t e = 0; e < 2; e++) {
            churn_table *asked = NULL;
            churn_error err = {.struct_size = sizeof err};
            churn_status st = churn_engine_query(engines[e], "", 0, date, &options, &asked, NULL,
                                                 NULL, NULL, &err);
            if (st != CHURN_OK) {
                print_message("# %s: %s\n", pairs[i].call, err.message);
            }
            assert_ok(st);
            assert_same_column(asked, 1, metrics, (uint32_t)i + 1);
            churn_table_free(asked);
        }
    }
    churn_table_free(metrics);
    churn_engine_free(all);
    churn_engine_free(none);
    churn_playbook_free(declared);
    churn_playbook_free(bare);
    company_close(&c);
}

static void call__blamed__by_how_it_is_written(void **state)
{
    company c = {.playbook = NULL};
    churn_playbook *playbook = NULL;
    churn_table *asked = NULL, *reasons = NULL;
    churn_query_summary summary = {.struct_size = sizeof summary};
    (void)state;
    company_open(&c);
    churn_engine *engine = engine_of(&c, head, &playbook);
    assert_ok(
        churn_engine_query(engine, "count('login','400d') > 3 || count('login', '28d') == 28.0",
                           CHURN_NTS, NEW_YEAR, NULL, &asked, &summary, &reasons, NULL, NULL));
    assert_int_equal(summary.matched, 1);
    assert_int_equal(summary.unknown, 2);
    assert_string_equal(churn_table_column_name(asked, 1), "count(\"login\", \"400d\")");
    assert_string_equal(churn_table_column_name(asked, 2), "count(\"login\", \"28d\")");
    assert_true(churn_table_double(asked, 0, 2) == 28.0);
    assert_string_equal(cell_text(reasons, 0, "name"), "count(\"login\", \"400d\")");
    assert_string_equal(cell_text(reasons, 0, "reason"), "short_history");
    churn_table_free(asked);
    churn_table_free(reasons);
    churn_engine_free(engine);
    churn_playbook_free(playbook);
    company_close(&c);
}

static const char everywhere[] =
    "churn: 1\nname: everywhere\ntime_zone: UTC\ncurrency: USD\n"
    "metrics:\n"
    "  - {id: busy, expr: 'count(\"login\", \"28d\") + metric.logins + customer.age_days'}\n"
    "  - {id: logins, agg: count, event: login, window: 7d}\n"
    "  - {id: tripled, expr: 'count(\"login\", \"7d\") * 3.0'}\n"
    "segments:\n"
    "  - {id: users, when: 'count(\"login\", \"28d\") > 0'}\n"
    "scores:\n"
    "  - id: health\n"
    "    groups:\n"
    "      - {id: use, weight: 1, factors: [{metric: busy, weight: 1, curve: [[0, 0], [100, 100]]}]}\n"
    "    caps: [{id: quiet, when: 'days_since(\"login\") > 20', at_most: 40}]\n"
    "    bands: {green: 70, red: 0}\n"
    "triggers:\n"
    "  - {id: quiet, when: 'days_since(\"login\") >= params.days', params: {days: 10},\n"
    "     clear_when: 'days_since(\"login\") < 5', play: call}\n"
    "plays:\n"
    "  - id: call\n"
    "    steps:\n"
    "      - {task: {title: 'Silent for {{days_since(\"login\")}} days', owner: csm, due: 1d}}\n"
    "roles: {csm: {people: [eva]}}\n"
    "tests:\n"
    "  - given: {customer: {since: 2026-01-01}, events: [{type: login, at: 2026-02-01}]}\n"
    "    as_of: 2026-02-20\n"
    "    expect: {trigger.quiet: true, 'days_since(\"login\")': 19, 'count(\"login\", \"28d\")': 1,\n"
    "             segment.users: true, metric.busy: 51}\n";

static void call__everywhere_in_a_playbook__works(void **state)
{
    company c = {.playbook = NULL};
    churn_playbook *playbook = NULL;
    churn_table *t = NULL, *runs = NULL;
    const churn_time date = NEW_YEAR;
    (void)state;
    company_open(&c);
    churn_engine *engine = engine_of(&c, everywhere, &playbook);
    assert_ok(churn_playbook_test(playbook, NULL, NULL, &t, NULL));
    for (uint64_t row = 0; row < churn_table_row_count(t); row++) {
        assert_true(churn_table_bool(t, row, churn_table_find(t, "passed", CHURN_NTS)));
    }
    churn_table_free(t);
    /* Only what is declared is shown. */
    assert_ok(churn_engine_metrics(engine, &date, 1, NULL, &t, NULL));
    assert_int_equal(churn_table_column_count(t), 4);
    assert_true(cell_number(t, 0, "busy") == 28 + 7 + 200);
    assert_true(cell_number(t, 0, "tripled") == 21);
    assert_true(cell_number(t, 1, "busy") == 200);
    churn_table_free(t);
    assert_ok(churn_engine_missing(engine, date, NULL, &t, NULL));
    assert_int_equal(churn_table_row_count(t), 0);
    churn_table_free(t);
    assert_ok(churn_engine_quality(engine, date, NULL, &t, NULL));
    assert_int_equal(churn_table_row_count(t), 3);
    churn_table_free(t);
    assert_ok(churn_playbook_metrics(playbook, &t, NULL));
    assert_int_equal(churn_table_row_count(t), 3);
    assert_string_equal(cell_text(t, 2, "dependencies"), "logins"); /* the same metric */
    churn_table_free(t);
    churn_customer_answer one = {.struct_size = sizeof one};
    assert_ok(churn_engine_customer(engine, "acme", CHURN_NTS, date, &one, NULL));
    assert_int_equal(one.metric_count, 3);
    assert_ok(churn_engine_replay(engine, date - 2 * DAY, date, 0, NULL, &runs, NULL));
    churn_table_free(runs);
    assert_ok(churn_engine_actions(engine, NULL, &t, NULL));
    assert_int_equal(churn_table_row_count(t), 2); /* blue and cold */
    assert_string_equal(cell_text(t, 0, "title"), "Silent for 28 days");
    churn_table_free(t);
    churn_engine_free(engine);
    churn_playbook_free(playbook);
    company_close(&c);
}

static void call__wrong__told_why_at_its_place(void **state)
{
    static const struct {
        const char *text, *says;
        int64_t column;
    } cases[] = {
        {"1.0 < count(\"login\", \"30\")", "`30` is no window", 7},
        {"count(\"login\", \"\") > 0", "no window", 1},
        {"count(\"login\", \"2bd\") > 0", "no window", 1},
        {"count(\"login\") > 0", "it looks back over a window: write count(..., \"30d\")", 1},
        {"count() > 0", "the type of an event is expected", 1},
        {"count(\"\", \"7d\") > 0", "the type of an event is expected", 1},
        {"count(\"login\", \"7d\", \"clop\") > 0", "`clip` or `require`", 1},
        {"count(\"login\", \"7d\", \"clip\", \"x\") > 0", "more arguments", 1},
        {"sum(\"payment.amount\", \"7d\") > 0", "not `amount`", 1},
        {"sum(\"payment.props.cost\", \"7d\") > 0", "not `props.cost`", 1},
        {"sum(\"payment.plan\", \"7d\") > 0", "`sum` takes numbers, and `plan` is none", 1},
        {"mean(\"payment.user\", \"7d\") > 0", "`mean` takes numbers, and `user` is none", 1},
        {"days_since(\"invoice.failed\", \"7d\") > 0", "it takes no window", 1},
        {"count(customer.id, \"7d\") > 0", "text in quotes", 7},
    };
    company c = {.playbook = NULL};
    churn_playbook *playbook = NULL;
    (void)state;
    company_open(&c);
    churn_engine *engine = engine_of(&c, head, &playbook);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        churn_table *asked = NULL, *found = NULL;
        churn_error err = {.struct_size = sizeof err};
        assert_int_not_equal(churn_engine_query(engine, cases[i].text, CHURN_NTS, NEW_YEAR, NULL,
                                                &asked, NULL, NULL, &found, &err),
                             CHURN_OK);
        print_message("# %s\n", err.message);
        assert_int_equal(churn_table_row_count(found), 1);
        assert_non_null(strstr(cell_text(found, 0, "message"), cases[i].says));
        assert_int_equal(cell_int(found, 0, "column"), cases[i].column);
        churn_table_free(found);
    }
    churn_engine_free(engine);
    churn_playbook_free(playbook);
    company_close(&c);
}

static void call__wrong_in_a_playbook__found_at_its_line(void **state)
{
    static const char text[] = "churn: 1\nname: x\ntime_zone: UTC\ncurrency: USD\n"
                               "sources: {app: {events: [logout]}}\n"
                               "segments:\n"
                               "  - {id: a, when: 'count(\"login\", \"7 days\") > 0'}\n"
                               "  - {id: b, when: 'count(\"login\", \"7d\") > 0'}\n"
                               "  - {id: c, when: 'count(\"logout\", \"7d\") > 0'}\n";
    churn_status st = CHURN_OK;
    churn_table *found = NULL;
    (void)state;
    assert_null(read_playbook(text, &found, &st));
    assert_int_equal(st, CHURN_E_CONFIG);
    assert_int_equal(churn_table_row_count(found), 2);
    assert_int_equal(cell_int(found, 0, "line"), 7);
    assert_int_equal(cell_int(found, 0, "column"), 20);
    assert_string_equal(cell_text(found, 1, "severity"), "warning");
    assert_int_equal(cell_int(found, 1, "line"), 8);
    assert_non_null(strstr(cell_text(found, 1, "message"), "no source"));
    churn_table_free(found);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(call__in_a_question__equals_the_metric),
    cmocka_unit_test(call__blamed__by_how_it_is_written),
    cmocka_unit_test(call__everywhere_in_a_playbook__works),
    cmocka_unit_test(call__wrong__told_why_at_its_place),
    cmocka_unit_test(call__wrong_in_a_playbook__found_at_its_line),
};

int main(void)
{
    return RUN_TESTS(tests);
}
