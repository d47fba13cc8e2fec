/* SPDX-License-Identifier: MIT */
#include "failing.h"
#include "playbook_support.h"

/* The tests that playbooks carry: cases, several customers, what may be expected, and faults. */

#define HEAD                                                                                          \
    "churn: 1\nname: t\ntime_zone: UTC\nattributes: {plan: string, seats: number}\n"                  \
    "sources: {app: {events: [login], max_lag: 36h}}\n"                                               \
    "metrics:\n- {id: logins, agg: count, event: login, window: 28d, history: clip}\n"                \
    "- {id: users, agg: distinct, event: login, of: user, window: 28d, history: clip}\n"              \
    "- {id: nps, survey: last, kind: nps, max_age: 90d}\n"                                            \
    "segments:\n- {id: paying, when: 'customer.plan == \"pro\"'}\n"                                   \
    "scores:\n- id: health\n  groups:\n  - id: use\n    weight: 1\n    factors:\n"                    \
    "    - {metric: logins, weight: 3, curve: [[0, 0], [10, 100]]}\n"                                 \
    "    - {metric: nps, weight: 1, curve: [[0, 0], [10, 100]]}\n"                                    \
    "  caps: [{id: free, when: 'customer.plan == \"free\"', at_most: 60}]\n"                          \
    "  bands: {good: 60, bad: 0}\n"                                                                   \
    "triggers:\n- {id: quiet, when: 'metric.logins == 0 && customer.plan != \"free\"', play: call}\n" \
    "plays:\n- {id: call, steps: [{tag: quiet}]}\n"

typedef struct ran {
    churn_playbook *playbook;
    churn_table *table;
    uint64_t passed, failed;
} ran;

static ran run_named(const char *text, const char *name)
{
    ran r = {0};
    churn_error err = {.struct_size = sizeof err};
    churn_playbook_test_options options = {.struct_size = sizeof options};
    if (name != NULL) {
        options.name = (churn_str){name, strlen(name)};
    }
    r.playbook = compile_good(text);
    if (churn_playbook_test_some(r.playbook, &options, &r.passed, &r.failed, &r.table, &err) !=
        CHURN_OK) {
        fail_msg("%s", err.message);
    }
    return r;
}

static ran run(const char *text)
{
    return run_named(text, NULL);
}

static void ran_free(ran *r)
{
    churn_table_free(r->table);
    churn_playbook_free(r->playbook);
}

static void assert_all_pass(const char *text, uint64_t count)
{
    ran r = run(text);
    for (uint64_t row = 0; r.failed > 0 && row < churn_table_row_count(r.table); row++) {
        print_message("%s, line %d: %s: expected %s, got %s\n%s\n", cell_text(r.table, row, "test"),
                      (int)cell_int(r.table, row, "line"), cell_text(r.table, row, "what"),
                      cell_text(r.table, row, "expected"), cell_text(r.table, row, "got"),
                      cell_text(r.table, row, "message"));
    }
    assert_int_equal(r.failed, 0);
    assert_int_equal(r.passed, count);
    ran_free(&r);
}

/* ---- what may be expected ---- */

static void playbook_test__comparisons__met(void **state)
{
    (void)state;
    assert_all_pass(
        HEAD
        "tests:\n- given:\n    customer: {since: 2026-01-01, plan: pro}\n"
        "    events: [{type: login, at: 2026-01-10, times: 4, every: 1d, users: 3}]\n"
        "    surveys: [{kind: nps, at: 2026-01-11, score: 10}]\n"
        "  as_of: 2026-01-20\n  tolerance: 0.5\n"
        "  expect:\n    metric.logins: 4.4\n    metric.users: {value: 3.05, within: 0.1}\n"
        "    health.score: {at_least: 55, below: 55.5}\n    health.band: {one_of: [bad, red]}\n"
        "    health.coverage: {above: 0.99, at_most: 1}\n    metric.nps: {between: [9, 10]}\n"
        "    customer.plan: {not: free}\n    customer.seats: {missing: true}\n"
        "    health.low: {missing: false}\n    segment.paying: true\n"
        "    as_of: {at_least: 2026-01-20, below: 2026-01-21}\n    tags: []\n"
        "    trigger.quiet: {not: true}\n    customer.churned: {one_of: [false]}\n",
        14);
}

static void playbook_test__bounds__exact(void **state)
{
    (void)state;
    ran r =
        run(HEAD "tests:\n- given: {customer: {plan: pro}, events: [{type: login, at: 2026-01-10, "
                 "times: 5, every: 1h}]}\n  as_of: 2026-01-20\n  tolerance: 1\n  expect:\n"
                 "    metric.logins: {above: 5}\n    health.score: {below: 50}\n"
                 "    customer.plan: {not: pro}\n    metric.users: {at_least: 0.5}\n"
                 "    metric.nps: {at_most: 10}\n    health.high: {between: [63, 64]}\n"
                 "    health.band: {one_of: [good, none]}\n    customer.seats: {missing: false}\n"
                 "    customer.churned: {not: false}\n");
    assert_int_equal(r.passed, 0);
    ran_free(&r);
}

static void playbook_test__lists__as_sets(void **state)
{
    (void)state;
    static const char *const text =
        HEAD "tests:\n- given: {customer: {since: 2026-01-01, plan: pro}}\n"
             "  advance: {from: 2026-02-01, to: 2026-02-02}\n"
             "  expect: {tags: %s, trigger.quiet: true}\n";
    static const struct {
        const char *tags;
        uint64_t passed;
    } cases[] = {{"[quiet]", 2},        {"[]", 1},
                 {"[quiet, loud]", 1},  {"{has: quiet}", 2},
                 {"{has: [loud]}", 1},  {"{lacks: [loud, shy]}", 2},
                 {"{lacks: quiet}", 1}, {"{missing: false}", 2}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char filled[4096];
        snprintf(filled, sizeof filled, text, cases[i].tags);
        ran r = run(filled);
        assert_int_equal(r.passed, cases[i].passed);
        ran_free(&r);
    }
}

static void playbook_test__reasons__told_apart(void **state)
{
    (void)state;
    static const char *const given =
        HEAD "tests:\n- given: {customer: {since: 2026-01-01}, stale: [app]}\n"
             "  as_of: 2026-01-20\n  expect: {metric.logins: {missing: stale_source}, "
             "metric.nps: {missing: never}, health.score: {missing: low_coverage}, "
             "customer.plan: null}\n";
    assert_all_pass(given, 4);
    ran r = run(HEAD "tests:\n- given: {stale: [app]}\n  as_of: 2026-01-20\n"
                     "  expect: {metric.logins: {missing: never}}\n");
    assert_int_equal(r.failed, 1);
    assert_string_equal(cell_text(r.table, 0, "expected"), "missing (never)");
    assert_string_equal(cell_text(r.table, 0, "got"), "missing (stale_source)");
    ran_free(&r);
}

static void playbook_test__parts_of_scores__as_explained(void **state)
{
    (void)state;
    /* 4 of 10 logins: 40 points of weight 3, nps 10: 100 points of weight 1; 55 in all. */
    assert_all_pass(
        HEAD
        "tests:\n- given:\n    customer: {plan: free}\n"
        "    events: [{type: login, at: 2026-01-10, times: 9, every: 1d}]\n"
        "    surveys: [{kind: nps, at: 2026-01-11, score: 10}]\n  as_of: 2026-01-20\n"
        "  expect: {health.points.logins: 90, health.points.nps: 100,\n"
        "    health.weight.logins: 0.75, health.contribution.logins: 30,\n"
        "    health.contribution.nps: 12.5, health.contribution.free: -32.5, health.score: 60}\n"
        "- given: {}\n  as_of: 2026-01-20\n"
        "  expect: {health.points.nps: null, health.contribution.nps: null,\n"
        "    health.contribution.free: null, health.points.logins: 0}\n",
        11);
}

/* ---- cases ---- */

static void playbook_test__cases__a_test_each(void **state)
{
    (void)state;
    static const char *const text =
        HEAD "tests:\n- name: logins make points\n  given:\n    customer: {plan: $plan}\n"
             "    events: [{type: login, at: 2026-01-10, times: $logins, every: 1h}]\n"
             "  as_of: $at\n  expect: {health.points.logins: $points, metric.logins: $logins}\n"
             "  cases:\n"
             "  - {logins: 0, points: 0, plan: pro, at: 2026-01-20}\n"
             "  - {case: half, logins: 5, points: 50, plan: null, at: 2026-01-20}\n"
             "  - {logins: 20, points: 99, plan: free, at: 2026-01-20}\n"
             "- {given: {}, as_of: 2026-01-20, expect: {metric.logins: 0}}\n";
    ran r = run(text);
    assert_int_equal(churn_table_row_count(r.table), 7);
    assert_int_equal(r.failed, 1);
    static const char *const names[] = {"logins make points [row 1]", "logins make points [half]",
                                        "logins make points [row 3]"};
    for (uint64_t row = 0; row < 6; row++) {
        assert_string_equal(cell_text(r.table, row, "test"), names[row / 2]);
        assert_int_equal(cell_int(r.table, row, "line"), cell_int(r.table, 0, "line"));
    }
    assert_string_equal(cell_text(r.table, 6, "test"), "test 2");
    assert_string_equal(cell_text(r.table, 4, "expected"), "99");
    assert_string_equal(cell_text(r.table, 4, "got"), "100");
    const churn__test_def *tests = r.playbook->tests;
    assert_int_equal(r.playbook->test_count, 4);
    assert_int_equal(tests[1].line, tests[0].line + 1);
    assert_int_equal(tests[3].line, tests[0].line + 3);
    ran_free(&r);
    r = run_named(text, "logins make points");
    assert_int_equal(churn_table_row_count(r.table), 6);
    ran_free(&r);
    r = run_named(text, "logins make points [half]");
    assert_int_equal(churn_table_row_count(r.table), 2);
    ran_free(&r);
}

static void playbook_test__cases_of_lists_and_maps__put_in(void **state)
{
    (void)state;
    assert_all_pass(HEAD "tests:\n- given: {customer: $who, events: $events}\n  as_of: 2026-01-20\n"
                         "  expect: $expect\n  cases:\n"
                         "  - {who: {plan: pro}, events: [], expect: {customer.plan: pro}}\n"
                         "  - {who: {plan: $$pro}, events: [{type: login, at: 2026-01-19}], "
                         "expect: {metric.logins: 1}}\n"
                         "- given: {customer: {plan: $$x}}\n  as_of: 2026-01-20\n"
                         "  expect: {customer.plan: {one_of: [$plan]}}\n  cases: [{plan: $x}]\n",
                    3);
}

static void playbook_test__null_of_a_customer__not_given(void **state)
{
    (void)state;
    assert_all_pass(HEAD
                    "tests:\n- given:\n    customer: {since: $since, plan: $plan, seats: null}\n"
                    "    attributes: [{name: plan, value: $then, valid_from: 2026-01-10}]\n"
                    "  as_of: 2026-01-20\n"
                    "  expect: {customer.plan: $is, customer.seats: null}\n  cases:\n"
                    "  - {since: null, plan: null, then: pro, is: pro}\n"
                    "  - {since: 2026-01-01, plan: free, then: null, is: null}\n"
                    "- given: {customer: {plan: null}}\n  as_of: 2026-01-20\n"
                    "  expect: {customer.plan: null}\n",
                    5);
}

/* JSON has no values without quotes. */
static void playbook_test__cases_in_json__put_in(void **state)
{
    (void)state;
    assert_all_pass(
        "{\"churn\": 1, \"name\": \"t\", \"time_zone\": \"UTC\", \"metrics\": [{\"id\": "
        "\"a\", \"agg\": \"count\", \"event\": \"e\", \"window\": \"7d\", \"history\": "
        "\"clip\"}], \"tests\": [{\"given\": {\"events\": [{\"type\": \"e\", \"at\": "
        "\"2026-01-01\", \"times\": \"$n\", \"every\": \"1h\"}]}, \"as_of\": "
        "\"2026-01-03\", \"expect\": {\"metric.a\": \"$n\"}, \"cases\": [{\"n\": 3}, "
        "{\"n\": 0}]}]}",
        2);
}

/* After evaluations the band is the one that is held. */
static void playbook_test__advance__held_bands(void **state)
{
    (void)state;
    assert_all_pass(
        "churn: 1\nname: t\ntime_zone: UTC\n"
        "metrics: [{id: n, agg: count, event: x, window: 7d, history: clip}]\n"
        "scores:\n- id: health\n  groups: [{id: g, factors: [{metric: n, curve: [[0, 0], [10, 100]]}]}]\n"
        "  bands: {good: 50, bad: 0}\n  hysteresis: 15\ntests:\n"
        "- given: {events: [{type: x, at: 2026-01-01, times: 5, every: 1h},\n"
        "    {type: x, at: 2026-01-03, times: 4, every: 1h}]}\n"
        "  advance: {from: $from, to: $to}\n  expect: {health.band: $band, health.score: $score}\n"
        "  cases:\n  - {from: 2026-01-02, to: 2026-01-05, band: good, score: 90}\n"
        "  - {from: 2026-01-02, to: 2026-01-09, band: good, score: 40}\n"
        "  - {from: 2026-01-09, to: 2026-01-09, band: bad, score: 40}\n"
        "  - {from: 2026-01-02, to: 2026-01-12, band: bad, score: 0}\n",
        8);
}

/* ---- several customers ---- */

static void playbook_test__several_customers__each_apart(void **state)
{
    (void)state;
    static const char *const text = HEAD
        "tests:\n- name: two\n  given:\n    customers:\n"
        "      acme: {customer: {plan: pro}, events: [{type: login, at: 2026-01-10, times: 3, "
        "every: 1h}], contacts: [{valid_from: 2026-01-01, name: a}]}\n"
        "      \"Blue Co\": {customer: {parent: acme}, contacts: [{valid_from: 2026-01-01}]}\n"
        "    announcements: [{name: new, at: 2026-01-01}]\n    stale: []\n"
        "  as_of: 2026-01-20\n  expect:\n"
        "    acme: {metric.logins: 3, customer.id: acme, segment.paying: true}\n"
        "    \"Blue Co\": {metric.logins: 1, customer.parent: acme, health.points.logins: 0}\n";
    ran r = run(text);
    assert_int_equal(r.passed, 5);
    assert_int_equal(r.failed, 1);
    assert_string_equal(cell_text(r.table, 0, "customer"), "acme");
    assert_string_equal(cell_text(r.table, 3, "customer"), "Blue Co");
    assert_string_equal(cell_text(r.table, 3, "got"), "0");
    ran_free(&r);
    r = run(HEAD "tests: [{given: {}, as_of: 2026-01-20, expect: {metric.logins: 0}}]\n");
    assert_true(churn_table_is_null(r.table, 0, churn_table_find(r.table, "customer", CHURN_NTS)));
    ran_free(&r);
}

/* ---- what failed, and why ---- */

static void playbook_test__failures__explained(void **state)
{
    (void)state;
    ran r =
        run(HEAD "tests:\n- given: {customer: {plan: pro}, events: [{type: login, at: 2026-01-10, "
                 "times: 4, every: 1h}]}\n  as_of: 2026-01-20\n  expect:\n"
                 "    health.score: {at_least: 60, at_most: 70}\n    trigger.quiet: true\n"
                 "    metric.logins: 5\n    health.band: bad\n");
    assert_int_equal(r.failed, 3);
    const char *score = cell_text(r.table, 0, "message");
    assert_string_equal(cell_text(r.table, 0, "expected"), "at least 60, at most 70");
    assert_string_equal(cell_text(r.table, 0, "got"), "40");
    assert_int_equal(strncmp(score, "health is made of\n   +50.000000  ", 31), 0);
    assert_non_null(strstr(score, "\n   -10.000000  logins"));
    assert_non_null(strstr(score, "\n               nps"));
    const char *trigger = cell_text(r.table, 1, "message");
    assert_non_null(strstr(trigger, "metric.logins == 0"));
    assert_non_null(strstr(trigger, ": false"));
    assert_true(churn_table_is_null(r.table, 2, churn_table_find(r.table, "message", CHURN_NTS)));
    assert_true(churn_table_is_null(r.table, 3, churn_table_find(r.table, "message", CHURN_NTS)));
    ran_free(&r);
}

static void playbook_test__score_of_nothing__said_so(void **state)
{
    (void)state;
    ran r = run(HEAD "tests:\n- given: {stale: [app]}\n  as_of: 2026-01-20\n"
                     "  expect: {health.score: 3}\n");
    assert_int_equal(r.failed, 1);
    assert_true(strlen(cell_text(r.table, 0, "message")) > 0);
    ran_free(&r);
}

static void playbook_test__record_that_is_wrong__a_failure(void **state)
{
    (void)state;
    ran r = run(HEAD
                "tests:\n- given:\n    surveys:\n    - {kind: nonsense, at: 2026-01-11, score: 1}\n"
                "  as_of: 2026-01-20\n  expect: {metric.logins: 0}\n");
    assert_int_equal(r.failed, 1);
    assert_int_equal(r.passed, 0);
    assert_non_null(strstr(cell_text(r.table, 0, "message"), "kind"));
    ran_free(&r);
}

/* ---- faults of the file ---- */

static const struct {
    const char *test;
    const char *code, *message;
    uint32_t line; /* in the list of tests, from 0 */
} faults[] = {
    {"- given: {}\n  as_of: $wen\n  expect: {status: null}\n  cases: [{when: 2026-01-01}]\n",
     "CH0540", "no case says what `$wen` is; did you mean `$when`?", 1},
    {"- given: {customer: {plan: $plan}}\n  as_of: $when\n  expect: {status: null}\n  cases:\n"
     "  - {when: 2026-01-01, plan: a}\n  - {when: 2026-01-01}\n",
     "CH0202", "this case does not say what `plan` is", 5},
    {"- given: {}\n  as_of: 2026-01-01\n  expect: {metric.logins: $n}\n  cases:\n"
     "  - {n: 1, plan: a}\n",
     "CH0541", "the test does not use `$plan`", 4},
    {"- given: {}\n  as_of: 2026-01-01\n  expect: {metric.logins: $n}\n  cases:\n  - n: few\n",
     "CH0506", "`metric.logins`: expected a number, found `few`", 4},
    {"- given: {customer: {plan: free}}\n  as_of: $at\n  expect: {metric.logins: 0}\n  cases:\n"
     "  - at: soon\n",
     "CH0204", "`as_of`: expected a date or a time such as", 4},
    {"- {given: {}, as_of: 2026-01-01, expect: {metric.logins: 0}, cases: []}\n", "CH0211",
     "`cases` must not be empty", 0},
    {"- {given: {}, as_of: 2026-01-01, expect: {metric.logins: 0}, cases: [3]}\n", "CH0203",
     "`cases`: expected a map", 0},
    {"- {given: {customers: {acme: {}}}, as_of: 2026-01-01, expect: {amce: {status: null}}}\n",
     "CH0542", "`amce` is none of the customers that are given; did you mean `acme`?", 0},
    {"- {given: {customers: {acme: {}}}, as_of: 2026-01-01, expect: {acme: 3}}\n", "CH0203",
     "`acme`: expected a map of names and values", 0},
    {"- {given: {customers: {a: {}}, events: []}, as_of: 2026-01-01, expect: {a: {status: null}}}\n",
     "CH0209", "`events` does not go with `customers`", 0},
    {"- {given: {}, as_of: 2026-01-01, expect: {health.points.logns: 3}}\n", "CH0543",
     "score `health` has no part `logns`; did you mean `logins`?", 0},
    {"- {given: {}, as_of: 2026-01-01, expect: {health.points.free: 3}}\n", "CH0543",
     "score `health` has no part `free`", 0},
    {"- {given: {}, as_of: 2026-01-01, expect: {health.score: {at_lest: 3}}}\n", "CH0201",
     "unknown key `at_lest`; did you mean `at_least`?", 0},
    {"- {given: {}, as_of: 2026-01-01, expect: {health.score: {at_least: 3, blow: 4}}}\n", "CH0201",
     "unknown key `blow`; did you mean `below`?", 0},
    {"- {given: {}, as_of: 2026-01-01, expect: {health.band: {at_least: 3}}}\n", "CH0506",
     "`health.band` is a string: `at_least` has no meaning for it", 0},
    {"- {given: {}, as_of: 2026-01-01, expect: {health.score: {has: 3}}}\n", "CH0506",
     "`health.score` is a double: `has` has no meaning for it", 0},
    {"- {given: {}, as_of: 2026-01-01, expect: {health.score: {between: [4, 3]}}}\n", "CH0507",
     "`between`: the first bound is above the second", 0},
    {"- {given: {}, as_of: 2026-01-01, expect: {health.score: {between: [4]}}}\n", "CH0204",
     "`between`: expected the lowest and the highest value", 0},
    {"- {given: {}, as_of: 2026-01-01, expect: {health.score: {within: 4}}}\n", "CH0202",
     "`within` needs the key `value`", 0},
    {"- {given: {}, as_of: 2026-01-01, expect: {health.score: {}}}\n", "CH0211",
     "`health.score` must not be empty", 0},
    {"- {given: {}, as_of: 2026-01-01, expect: {health.score: {missing: stale_sorce}}}\n", "CH0205",
     "nothing is missing for a reason `stale_sorce`; did you mean `stale_source`?", 0},
    {"- {given: {}, as_of: 2026-01-01, expect: {health.score: [3]}}\n", "CH0506",
     "`health.score`: expected a single value", 0},
    {"- {given: {}, as_of: 2026-01-01, expect: {tags: quiet}}\n", "CH0506",
     "`tags`: expected a list of texts", 0},
    {"- {given: {events: [{type: a, at: 2026-01-01, times: 3}]}, as_of: 2026-01-01, "
     "expect: {status: null}}\n",
     "CH0202", "`times` needs the key `every`", 0},
    {"- {given: {events: [{type: a, at: 2026-01-01, users: 3}]}, as_of: 2026-01-01, "
     "expect: {status: null}}\n",
     "CH0202", "`users` needs the key `times`", 0},
    {"- {given: {events: [{type: a, at: 2026-01-01, users: 3, user: x, times: 2, every: 1d}]}, "
     "as_of: 2026-01-01, expect: {status: null}}\n",
     "CH0209", "`user` does not go with `users`", 0},
    {"- {given: {events: [{type: a, at: 2026-01-01, times: 100000, every: 1s}, {type: a, at: "
     "2026-01-01, times: 2, every: 1d}]}, as_of: 2026-01-01, expect: {status: null}}\n",
     "CH0544", "the test gives 100003 records: at most 100000 are allowed", 0},
    {"- {name: a, given: {}, as_of: 2026-01-01, expect: {status: null}}\n"
     "- {name: a, given: {}, as_of: 2026-01-01, expect: {status: null}}\n",
     "CH0410", "test `a` is defined twice, first at line", 1},
    {"- {given: {customer: {id: acme}}, as_of: 2026-01-01, expect: {status: null}}\n", "CH0208",
     "ids of customers are the keys of `customers`", 0},
};

static void playbook_parse__tests_with_faults__told_once(void **state)
{
    (void)state;
    int64_t first = 1;
    for (const char *c = HEAD "tests:\n"; *c != '\0'; c++) {
        first += *c == '\n';
    }
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        char text[8192];
        snprintf(text, sizeof text, "%stests:\n%s", HEAD, faults[i].test);
        compiled c = compile_with(text, CHURN_NTS, NULL);
        if (c.diagnostics == NULL || churn_table_row_count(c.diagnostics) != 1 ||
            strcmp(cell_text(c.diagnostics, 0, "code"), faults[i].code) != 0 ||
            strstr(cell_text(c.diagnostics, 0, "message"), faults[i].message) == NULL ||
            cell_int(c.diagnostics, 0, "line") != first + (int64_t)faults[i].line) {
            fail_msg("%s: %d findings: %s", faults[i].test,
                     c.diagnostics ? (int)churn_table_row_count(c.diagnostics) : 0, c.err.message);
        }
        compiled_free(&c);
    }
}

/* What is wrong outside of the rows is one finding, however many rows there are. */
static void playbook_parse__fault_shared_by_cases__told_once(void **state)
{
    (void)state;
    compiled c =
        compile_with(HEAD "tests:\n- given: {evnts: []}\n  as_of: 2026-01-01\n"
                          "  expect: {metric.logns: $n}\n  cases: [{n: 1}, {n: 2}, {n: 3}]\n",
                     CHURN_NTS, NULL);
    assert_int_equal(c.status, CHURN_E_CONFIG);
    assert_int_equal(churn_table_row_count(c.diagnostics), 2);
    assert_non_null(strstr(c.err.message, "evnts"));
    compiled_free(&c);
}

static void playbook_parse__cases_past_the_limit__an_error(void **state)
{
    (void)state;
    churn_limits limits = {.struct_size = sizeof limits, .playbook_events = 1000};
    churn_playbook_options options = {.struct_size = sizeof options, .limits = &limits};
    char text[16384];
    int at = snprintf(text, sizeof text, "%stests:\n- given: {events: [", HEAD);
    for (int i = 0; i < 20; i++) {
        at += snprintf(text + at, sizeof text - (size_t)at, "{type: a, at: $n},");
    }
    at += snprintf(text + at, sizeof text - (size_t)at,
                   "]}\n  as_of: 2026-01-01\n  expect: {status: null}\n  cases: [");
    for (int i = 0; i < 50; i++) {
        at += snprintf(text + at, sizeof text - (size_t)at, "{n: 2026-01-01},");
    }
    snprintf(text + at, sizeof text - (size_t)at, "]\n");
    compiled c = compile_with(text, CHURN_NTS, &options);
    assert_int_equal(c.status, CHURN_E_LIMIT);
    assert_string_equal(cell_text(c.diagnostics, 0, "code"), "CH0104");
    compiled_free(&c);
    c = compile_with(text, CHURN_NTS, NULL);
    assert_int_equal(c.status, CHURN_OK);
    assert_int_equal(c.playbook->test_count, 50);
    compiled_free(&c);
}

/* ---- the call ---- */

static void playbook_test_some__name_of_none__not_found(void **state)
{
    (void)state;
    churn_playbook *playbook =
        compile_good(HEAD "tests: [{name: first, given: {}, as_of: 2026-01-01, "
                          "expect: {status: null}}]\n");
    churn_error err = {.struct_size = sizeof err};
    churn_table *table = (churn_table *)&err;
    churn_playbook_test_options options = {.struct_size = sizeof options,
                                           .name = CHURN__STR("frist")};
    assert_int_equal(churn_playbook_test_some(playbook, &options, NULL, NULL, &table, &err),
                     CHURN_E_NOT_FOUND);
    assert_null(table);
    assert_string_equal(err.message, "unknown test `frist`; did you mean `first`?");
    options.flags = 1;
    assert_int_equal(churn_playbook_test_some(playbook, &options, NULL, NULL, NULL, NULL),
                     CHURN_E_ARG);
    options = (churn_playbook_test_options){.struct_size = 8};
    assert_int_equal(churn_playbook_test_some(playbook, &options, NULL, NULL, NULL, NULL),
                     CHURN_OK);
    options.struct_size = 2;
    assert_int_equal(churn_playbook_test_some(playbook, &options, NULL, NULL, NULL, NULL),
                     CHURN_E_ABI);
    churn_playbook_free(playbook);
    playbook = compile_good("{churn: 1, name: t, time_zone: UTC}");
    uint64_t passed = 1, failed = 1;
    assert_int_equal(churn_playbook_test(playbook, &passed, &failed, &table, NULL), CHURN_OK);
    assert_int_equal(passed + failed + churn_table_row_count(table), 0);
    churn_table_free(table);
    churn_playbook_free(playbook);
}

/* Cases, several customers and failures that are explained, with every allocation failing. */
static void playbook_test__no_memory__nothing_left(void **state)
{
    (void)state;
    static const char *const text =
        HEAD "tests:\n- given: {customers: {a: {}, b: {customer: {parent: a, plan: $plan}}}}\n"
             "  as_of: 2026-01-20\n"
             "  expect: {b: {health.score: 3, health.points.logins: 9, trigger.quiet: $quiet, "
             "tags: [x]}}\n"
             "  cases: [{plan: pro, quiet: false}, {plan: $$free, quiet: true}]\n";
    bool finished = false;
    int64_t live = churn_live_handles();
    for (uint64_t n = 1; !finished; n++) {
        for (int for_ever = 0; for_ever < 2; for_ever++) {
            failing f = {.fail_at = n, .for_ever = for_ever == 1};
            churn_allocator allocator = failing_allocator(&f);
            churn_playbook_options options = {.struct_size = sizeof options,
                                              .allocator = &allocator};
            churn_table *table = NULL;
            uint64_t failed = 0;
            compiled c = compile_with(text, CHURN_NTS, &options);
            if (c.status == CHURN_OK) {
                c.status = churn_playbook_test(c.playbook, NULL, &failed, &table, &c.err);
            }
            finished = f.requests < n;
            /* Trimming an array may fail, which costs nothing but room. */
            assert_true(c.status == CHURN_OK || (!finished && c.status == CHURN_E_NOMEM));
            assert_int_equal(failed, c.status == CHURN_OK ? 7 : 0);
            churn_table_free(table);
            compiled_free(&c);
            assert_int_equal(f.blocks, 0);
            assert_false(f.mismatch);
            assert_int_equal(churn_live_handles(), live);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(playbook_test__comparisons__met),
        cmocka_unit_test(playbook_test__bounds__exact),
        cmocka_unit_test(playbook_test__lists__as_sets),
        cmocka_unit_test(playbook_test__reasons__told_apart),
        cmocka_unit_test(playbook_test__parts_of_scores__as_explained),
        cmocka_unit_test(playbook_test__cases__a_test_each),
        cmocka_unit_test(playbook_test__cases_of_lists_and_maps__put_in),
        cmocka_unit_test(playbook_test__null_of_a_customer__not_given),
        cmocka_unit_test(playbook_test__cases_in_json__put_in),
        cmocka_unit_test(playbook_test__advance__held_bands),
        cmocka_unit_test(playbook_test__several_customers__each_apart),
        cmocka_unit_test(playbook_test__failures__explained),
        cmocka_unit_test(playbook_test__score_of_nothing__said_so),
        cmocka_unit_test(playbook_test__record_that_is_wrong__a_failure),
        cmocka_unit_test(playbook_parse__tests_with_faults__told_once),
        cmocka_unit_test(playbook_parse__fault_shared_by_cases__told_once),
        cmocka_unit_test(playbook_parse__cases_past_the_limit__an_error),
        cmocka_unit_test(playbook_test_some__name_of_none__not_found),
        cmocka_unit_test(playbook_test__no_memory__nothing_left),
    };
    return RUN_TESTS(tests);
}
