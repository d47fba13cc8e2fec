/* SPDX-License-Identifier: MIT */
#include "playbook_support.h"

#include "expr/expr.h"

/* Lints of playbooks, the comments that switch them off, and what tells playbooks apart. */

#define HEAD                                                                                          \
    "churn: 1\nname: good\nattributes: {plan: string, seats: number}\n"                               \
    "metrics:\n- {id: logins, agg: count, event: login, window: 7d}\n"                                \
    "- {id: use, ratio: {num: logins, den: customer.seats}}\n"                                        \
    "- {id: odd, agg: count, event: x, window: 7d, default: -1}\n"                                    \
    "scores:\n- id: health\n  groups: [{id: usage, weight: 1, factors: [{metric: logins, weight: 1, " \
    "curve: [[0, 0], [9, 100]]}]}]\n  bands: {green: 70, red: 0}\n"
#define HEAD_LINES 11

static void show(const compiled *c, const char *text)
{
    for (uint64_t i = 0; c->diagnostics != NULL && i < churn_table_row_count(c->diagnostics); i++) {
        print_message("%s:%d: %s\n", cell_text(c->diagnostics, i, "code"),
                      (int)cell_int(c->diagnostics, i, "line"),
                      cell_text(c->diagnostics, i, "message"));
    }
    fail_msg("%s\n%s", text, c->err.message);
}

/* `wanted`: "CH1701@12 CH1706@13", or "". */
static void expect_with(const char *text, const char *wanted, uint32_t flags)
{
    char got[400] = "";
    size_t len = 0;
    churn_playbook_options options = {.struct_size = sizeof options, .flags = flags};
    compiled c = compile_with(text, CHURN_NTS, &options);
    for (uint64_t i = 0; c.diagnostics != NULL && i < churn_table_row_count(c.diagnostics); i++) {
        len += (size_t)snprintf(got + len, sizeof got - len, "%s%s@%d", len > 0 ? " " : "",
                                cell_text(c.diagnostics, i, "code"),
                                (int)cell_int(c.diagnostics, i, "line") - HEAD_LINES);
    }
    if (strcmp(got, wanted) != 0) {
        print_message("got %s, wanted %s\n", got, wanted);
        show(&c, text);
    }
    compiled_free(&c);
}

static void expect(const char *text, const char *wanted)
{
    expect_with(text, wanted, 0);
}

static void lints__of_conditions__have_codes(void **state)
{
    (void)state;
    expect(HEAD "segments:\n- {id: a, when: 'metric.logins == 0'}\n", "");
    expect(HEAD "segments:\n- {id: a, when: 'metric.use == 0.5'}\n", "CH1701@2");
    expect(HEAD "segments:\n- {id: a, when: 'metric.use == 0 || metric.use == 1'}\n", "");
    expect(HEAD "segments:\n- {id: a, when: 'true'}\n", "CH1702@2");
    expect(HEAD "segments:\n- {id: a, when: '!has(metric.use) || metric.use < 0.5'}\n", "CH1703@2");
    expect(HEAD "segments:\n- {id: a, when: 'has(metric.use) || metric.use < 0.5'}\n", "CH1704@2");
    expect(HEAD "segments:\n- {id: a, when: 'has(as_of)'}\n", "CH1705@2");
    expect(HEAD "segments:\n- {id: a, when: 'metric.use / metric.logins > 1'}\n", "CH1706@2");
    expect(HEAD "segments:\n- {id: a, when: 'metric.logins < 0'}\n", "CH1707@2");
    expect(HEAD "segments:\n- {id: a, when: 'metric.odd < 0'}\n", "");
    expect(HEAD "segments:\n- {id: a, when: 'health.score > 100'}\n", "CH1707@2");
    expect(HEAD "segments:\n- {id: a, when: 'health.score >= 100'}\n", "");
    expect(HEAD "segments:\n- {id: a, when: 'health.score < 70 || health.score < 70.0'}\n",
           "CH1708@2");
    expect(HEAD "segments:\n- {id: a, when: 'metric.use < 1 && metric.use > 2'}\n", "CH1709@2");
    expect(HEAD "segments:\n- {id: a, when: 'customer.plan != \"a\" || customer.plan != \"b\"'}\n",
           "CH1710@2");
    expect(HEAD "segments:\n- {id: a, when: 'metric.use < metric.use'}\n", "CH1711@2");
    expect(HEAD
           "segments:\n- {id: a, when: 'customer.churned ? metric.use > 1 : metric.use > 1'}\n",
           "CH1712@2");
    expect(HEAD "segments:\n- {id: a, when: 'customer.plan in [\"a\", \"a\"]'}\n", "CH1713@2");
}

/* What ranks lies between 0 and 1. */
static void lints__of_ranks__know_what_these_can_be(void **state)
{
    static const char head[] =
        "churn: 1\nname: good\nreferences: {r: {metric: n, values: [1, 2]}}\n"
        "metrics:\n- {id: n, agg: sum, event: login, window: 7d}\n";
    static const struct {
        const char *baseline, *when, *wanted;
    } cases[] = {
        {"of: all, as: percentile}", "metric.x > 1", "CH1707@-3"},
        {"of: all, as: percentile}", "metric.x > 0.9", ""},
        {"of: all, as: percentile}, default: 2", "metric.x > 1", ""},
        {"of: all, as: robust_z}", "metric.x < -1", ""},
        {"of: frozen, reference: r, as: percentile}", "metric.x < 0", "CH1707@-3"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[600];
        snprintf(text, sizeof text,
                 "%s- {id: x, baseline: {metric: n, %s}\nsegments:\n- {id: a, when: '%s'}\n", head,
                 cases[i].baseline, cases[i].when);
        expect(text, cases[i].wanted);
    }
}

static void lints__of_definitions__have_codes(void **state)
{
    (void)state;
    expect("churn: 1\nname: x\nmetrics:\n- {id: a, agg: days_since, event: e}\n", "CH1720@-7");
    expect("churn: 1\nname: x\nmetrics:\n- {id: a, agg: days_since_first, event: e}\n",
           "CH1720@-7");
    expect("churn: 1\nname: x\nmetrics:\n- {id: a, agg: days_since, event: e, if_never: missing}\n",
           "");
    expect(HEAD "triggers:\n- {id: t, when: 'metric.use<1', clear_when: '(metric.use < 1)'}\n",
           "CH1721@2");
    expect(HEAD "triggers:\n- {id: t, when: 'metric.use < 1', clear_when: 'metric.use >= 1'}\n",
           "");
}

/* 3 for 3 %. */
static void goal__of_a_share_in_percent__is_told(void **state)
{
    (void)state;
    expect(HEAD "kpi:\n  goals:\n  - {id: a, kpi: logo_churn, at_most: 5}\n", "CH1860@3");
    expect(HEAD "kpi:\n  goals:\n  - {id: a, kpi: logo_churn, at_most: 0.05}\n", "");
    expect(HEAD "kpi:\n  goals:\n  - {id: a, kpi: customers, at_least: 5}\n", "");
}

/* Signs of a loss that are probably not meant so. */
static void loss__hasty_or_twice__is_told(void **state)
{
    (void)state;
    expect(HEAD "loss:\n  any:\n  - {when: metric.use < 1}\n", "CH1855@3");
    expect(HEAD "loss:\n  any:\n  - {when: metric.use < 1, for: 6h}\n", "CH1857@3");
    expect(HEAD "loss:\n  any:\n  - {when: metric.use < 1, for: 1d}\n", "");
    expect(HEAD "loss:\n  any: [record, record]\n", "CH1856@2");
    expect(HEAD "loss:\n  any:\n  - {when: metric.use < 1, for: 1d}\n"
                "  - {when: '(metric.use<1)', for: 2d}\n",
           "CH1856@4");
    expect(HEAD "loss:\n  any:\n  - {when: metric.use < 1, for: 1d}\n"
                "  - {when: metric.use < 2, for: 1d}\n  - record\n  - subscription\n",
           "");
}

static void comments__switch_lints_off(void **state)
{
    (void)state;
    expect(HEAD "segments:\n- {id: a, when: 'metric.use == 0.5'}  # churn: allow CH1701\n", "");
    expect(HEAD "segments:\n- {id: a, when: 'metric.use == 0.5'} # churn: allow inexact_equality\n",
           "");
    expect(HEAD "segments:\n# churn: allow CH1701\n- {id: a, when: 'metric.use == 0.5'}\n", "");
    expect(HEAD "segments:\n  # churn: allow CH1701\n  # for a reason\n\n"
                "- {id: a, when: 'metric.use == 0.5'}\n",
           "");
    expect(HEAD "segments:\n# churn: allow CH1701, CH1706\n"
                "- {id: a, when: 'metric.use == 0.5 && metric.use / metric.logins > 1'}\n",
           "");
    expect(HEAD "segments:\n# churn: allow CH1701\n# churn: allow CH1706\n"
                "- {id: a, when: 'metric.use == 0.5 && metric.use / metric.logins > 1'}\n",
           "");
    expect(HEAD
           "segments:\n- id: a\n  when: >  # churn: allow CH1701\n    metric.use\n    == 0.5\n",
           "");
    expect(HEAD "segments:\n- id: a\n  # churn: allow CH1701\n  when: |\n    metric.use == 0.5\n",
           "");
    expect(HEAD "segments:\n- id: a\n  when: |\n    metric.use == 0.5 // churn: allow CH1701\n",
           "");
    expect(HEAD "plays:\n- {id: p, steps: [{tag: x}]} # churn: allow unused_play\n", "");
}

static void comments__elsewhere__switch_nothing_off(void **state)
{
    (void)state;
    /* on the wrong line */
    expect(HEAD "segments: # churn: allow CH1701\n- {id: a, when: 'metric.use == 0.5'}\n",
           "CH1790@1 CH1701@2");
    /* inside of scalars */
    expect(HEAD
           "segments:\n- {id: a, when: 'metric.use == 0.5 && customer.plan == \" # churn: allow "
           "CH1701\"'}\n",
           "CH1701@2");
    expect(HEAD
           "segments:\n- id: a\n  when: |\n    metric.use == 0.5\n    // # churn: allow CH1701\n",
           "CH1701@3");
    expect(HEAD
           "segments:\n- {id: a, when: \"metric.use == 0.5 &&\n  customer.plan == '\n  # churn: "
           "allow CH1701\n  '\"}\n",
           "CH1701@2");
    expect(HEAD "segments:\n- {id: a, when: 'metric.use < 0.5'} # churn: allow CH1701\n",
           "CH1790@2");
    expect(HEAD "segments:\n- {id: a, when: 'metric.use < 0.5'} # churn: allow CH9999\n",
           "CH1791@2");
    expect(HEAD "segments:\n- {id: a, when: 'metric.use < 0.5'} # churn: allow\n", "CH1791@2");
    expect(HEAD "segments:\n- {id: a, when: 'metric.use < 0.5'} # churn: deny CH1701\n",
           "CH1791@2");
    expect(HEAD "segments:\n- {id: a, when: 'metric.use < 0.5'} # churn: allow CH1201\n",
           "CH1791@2");
    expect(HEAD "segments:\n- {id: a, when: 'metric.use < 0.5'} # churn:) is bad\n", "CH1791@2");
    expect(HEAD "segments:\n- {id: a, when: 'metric.use < 0.5'} # about churn: allow it\n", "");
    /* errors are not allowed away, and lints that were not looked for are not called unused */
    expect(HEAD "segments:\n- {id: a, when: 'metric.usage < 0.5'} # churn: allow CH1701\n",
           "CH1201@2");
}

static void flags__make_errors_or_silence(void **state)
{
    const char *text = HEAD "segments:\n- {id: a, when: 'metric.use == 0.5'}\n";
    churn_playbook_options options = {.struct_size = sizeof options,
                                      .flags = CHURN_PLAYBOOK_STRICT};
    compiled c = compile_with(text, CHURN_NTS, &options);
    (void)state;
    assert_int_equal(c.status, CHURN_E_CONFIG);
    assert_int_equal(c.err.detail, 1701);
    assert_string_equal(cell_text(c.diagnostics, 0, "severity"), "error");
    compiled_free(&c);
    expect_with(text, "", CHURN_PLAYBOOK_NO_LINTS);
    expect_with(HEAD "segments:\n- {id: a, when: 'metric.use == 0.5'} # churn: allow CH1701\n", "",
                CHURN_PLAYBOOK_NO_LINTS);
    expect_with(HEAD "segments:\n- {id: a, when: 'metric.use == 0.5'} # churn: allow CH1701\n", "",
                CHURN_PLAYBOOK_STRICT);
    options.flags = 4;
    c = compile_with(text, CHURN_NTS, &options);
    assert_int_equal(c.status, CHURN_E_ARG);
    compiled_free(&c);
}

/* The names that expressions take in their comments are those of the registry. */
static void names__of_lints__are_the_registry_s(void **state)
{
    static const struct {
        int32_t code;
        const char *name;
    } codes[] = {
#define DIAGNOSTIC(number, name, severity, status) {number, #name},
#include "playbook/diagnostics.inc"
#undef DIAGNOSTIC
    };
    (void)state;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        bool of_playbooks = codes[i].code == 1720 || codes[i].code == 1721;
        if (codes[i].code > 1700 && codes[i].code < 1800 && !of_playbooks) {
            const char *name = churn__expr_lint_name(codes[i].code - 1000);
            assert_non_null(name);
            assert_string_equal(name, codes[i].name);
        }
    }
    assert_null(churn__expr_lint_name(700));
}

/* ---- what tells playbooks apart ---- */

static void hash__spelling_of_expressions__is_nothing(void **state)
{
    (void)state;
    churn_playbook *a =
        compile_good(HEAD "segments:\n- {id: a, when: 'metric.use>1&&(true==customer.churned)'}\n");
    churn_playbook *b = compile_good(
        HEAD
        "segments:\n- id: a\n  when: |\n    metric.use > 1 && // much\n    true == customer.churned\n");
    churn_playbook *c = compile_good(
        HEAD "segments:\n- {id: a, when: 'metric.use > 1.0 && true == customer.churned'}\n");
    assert_true(churn_playbook_hash(a) == churn_playbook_hash(b));
    assert_true(churn_playbook_hash(a) != churn_playbook_hash(c));
    churn_playbook_free(a);
    churn_playbook_free(b);
    churn_playbook_free(c);
}

static void expect_diff(const char *before, const char *after, const char *wanted)
{
    char got[1000] = "";
    size_t len = 0;
    churn_table *table = NULL;
    churn_playbook *a = compile_good(before), *b = compile_good(after);
    assert_ok(churn_playbook_diff(a, b, &table, NULL));
    for (uint64_t i = 0; i < churn_table_row_count(table); i++) {
        const char *columns[] = {"sort", "id", "change", "key", "before", "after"};
        for (size_t j = 0; j < 6; j++) {
            const char *text = cell_text(table, i, columns[j]);
            len += (size_t)snprintf(got + len, sizeof got - len, "%s%s",
                                    text[0] != '\0' ? text : "-", j < 5 ? "|" : "\n");
        }
    }
    if (strcmp(got, wanted) != 0) {
        fail_msg("got\n%swanted\n%s", got, wanted);
    }
    assert_true((churn_table_row_count(table) == 0) ==
                (churn_playbook_hash(a) == churn_playbook_hash(b)));
    churn_table_free(table);
    churn_playbook_free(a);
    churn_playbook_free(b);
}

static void diff__of_meaning__is_listed(void **state)
{
    (void)state;
    const char *base =
        HEAD "segments:\n- {id: a, when: 'metric.use > 1'}\n- {id: b, when: 'metric.use > 2'}\n";
    expect_diff(base, base, "");
    expect_diff(
        base,
        HEAD
        "segments:\n- {when: '(metric.use)>1', id: a} # same\n- {id: b, when: 'metric.use > 2'}\n",
        "");
    expect_diff(base,
                HEAD
                "segments:\n- {id: a, when: 'metric.use > 1'}\n- {id: b, when: 'metric.use>3'}\n",
                "segment|b|changed|when|metric.use > 2|metric.use > 3\n");
    expect_diff(base,
                HEAD
                "segments:\n- {id: b, when: 'metric.use > 2'}\n- {id: c, when: 'metric.use > 1'}\n",
                "segment|a|removed|-|-|-\nsegment|c|added|-|-|-\n");
    expect_diff(base,
                HEAD
                "segments:\n- {id: b, when: 'metric.use > 2'}\n- {id: a, when: 'metric.use > 1'}\n",
                "segment|-|moved|-|-|-\n");
    expect_diff(
        base,
        HEAD
        "evaluate: 1d\nsegments:\n- {id: a, when: 'metric.use > 1'}\n- {id: b, when: 'metric.use > 2'}\n",
        "playbook|-|changed|evaluate|-|1d\n");
    expect_diff(
        "churn: 1\nname: x\nattributes: {a: string}\n",
        "churn: 1\nname: y\nattributes: {a: number, b: bool}\n",
        "playbook|-|changed|name|x|y\nattribute|a|changed|-|string|number\nattribute|b|added|-|-|-\n");
}

static void diff__inside_of_definitions__has_paths(void **state)
{
    (void)state;
    expect_diff(
        "churn: 1\nname: x\nplays:\n- {id: p, steps: [{id: a, tag: t}, {id: b, tag: u}]} # churn: allow CH0903\n",
        "churn: 1\nname: x\nplays:\n- {id: p, steps: [{id: b, tag: v}]} # churn: allow CH0903\n",
        "play|p|changed|steps|[a, b]|[b]\nplay|p|changed|steps.a.id|a|-\nplay|p|changed|steps.a.tag|t|-\n"
        "play|p|changed|steps.b.tag|u|v\n");
    expect_diff("churn: 1\nname: x\nplays:\n- {id: p, steps: [{tag: t}]}\n",
                "churn: 1\nname: x\nplays:\n- {id: p, steps: [{tag: 'true'}]}\n",
                "play|p|changed|steps.1.tag|t|'true'\n");
    expect_diff("churn: 1\nname: x\nsources: {s: {events: [a, b]}}\n",
                "churn: 1\nname: x\nsources: {s: {events: ['a, b']}}\n",
                "source|s|changed|events|[a, b]|[\"a, b\"]\n");
}

int main(void)
{
    const struct CMUnitTest lints[] = {
        cmocka_unit_test(lints__of_conditions__have_codes),
        cmocka_unit_test(lints__of_definitions__have_codes),
        cmocka_unit_test(lints__of_ranks__know_what_these_can_be),
        cmocka_unit_test(goal__of_a_share_in_percent__is_told),
        cmocka_unit_test(loss__hasty_or_twice__is_told),
        cmocka_unit_test(comments__switch_lints_off),
        cmocka_unit_test(comments__elsewhere__switch_nothing_off),
        cmocka_unit_test(flags__make_errors_or_silence),
        cmocka_unit_test(names__of_lints__are_the_registry_s),
        cmocka_unit_test(hash__spelling_of_expressions__is_nothing),
        cmocka_unit_test(diff__of_meaning__is_listed),
        cmocka_unit_test(diff__inside_of_definitions__has_paths),
    };
    return RUN_TESTS(lints);
}
