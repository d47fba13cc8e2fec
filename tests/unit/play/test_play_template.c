/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "core/fail.h"
#include "failing.h"
#include "play/play.h"

/* The names that texts below may use, each a column of one row. */
enum { NAME, SCORE, COUNT, SINCE, FLAG, TAGS, SLOTS };

static const struct {
    const char *name;
    churn__type type;
} slots[SLOTS] = {
    {"customer.name", CHURN__TYPE_STRING}, {"health.score", CHURN__TYPE_DOUBLE},
    {"metric.count", CHURN__TYPE_INT},     {"customer.since", CHURN__TYPE_TIME},
    {"customer.vip", CHURN__TYPE_BOOL},    {"tags", CHURN__TYPE_STRINGS},
};

static churn__expr_found resolve(void *context, churn_str name, churn__expr_name *out)
{
    (void)context;
    for (uint32_t i = 0; i < SLOTS; i++) {
        if (churn__str_eq(name, churn__str_nts(slots[i].name))) {
            *out = (churn__expr_name){.type = slots[i].type, .slot = i};
            return CHURN__EXPR_KNOWN;
        }
    }
    return CHURN__EXPR_UNKNOWN;
}

static const churn__expr_scope scope = {.resolve = resolve};

typedef struct world {
    churn__heap *heap;
    churn__arena arena;
    churn_limits limits;
    churn__expr_scratch *scratch;
    churn_str name;
    double score;
    int64_t count;
    churn_time since;
    uint8_t flag;
    churn__strs tags;
    churn__missing missing[SLOTS];
    churn__column columns[SLOTS];
} world;

static void begin(world *w, const churn_allocator *allocator)
{
    const void *values[SLOTS] = {&w->name, &w->score, &w->count, &w->since, &w->flag, &w->tags};
    memset(w, 0, sizeof *w);
    w->heap = churn__heap_create(allocator, 0);
    churn__arena_init(&w->arena, w->heap);
    assert_ok(churn__limits_resolve(NULL, &w->limits, NULL));
    w->scratch = churn__expr_scratch_create(w->heap, 1);
    w->name = CHURN__STR("Acme");
    w->score = 61.5;
    w->count = 7;
    for (int i = 0; i < SLOTS; i++) {
        w->columns[i] =
            (churn__column){.type = slots[i].type, .values = values[i], .missing = &w->missing[i]};
    }
}

static void end(world *w)
{
    churn__expr_scratch_free(w->scratch);
    churn__arena_clear(&w->arena);
    churn__heap_release(w->heap);
}

static churn_status compile(world *w, const char *text, churn__template *out, churn_error *err)
{
    const churn__expr_place place = {12, 20};
    return churn__template_compile(w->heap, &w->arena, &w->limits, churn__str_nts(text), place,
                                   &scope, out, err);
}

static void assert_shows(world *w, const char *text, const char *expected)
{
    churn__template tmpl = {NULL, 0};
    churn__buf out;
    churn__buf_init(&out, w->heap);
    assert_ok(compile(w, text, &tmpl, NULL));
    assert_ok(churn__template_render(&tmpl, w->columns, 0, w->scratch, NULL, &out, NULL));
    assert_string_equal(out.data == NULL ? "" : out.data, expected);
    churn__buf_clear(&out);
    churn__template_clear(&tmpl);
}

static void template_render__text_and_expressions__are_joined(void **state)
{
    world w;
    (void)state;
    begin(&w, NULL);
    assert_shows(&w, "", "");
    assert_shows(&w, "Unblock setup", "Unblock setup");
    assert_shows(&w, "Call {{customer.name}}: health {{health.score}}", "Call Acme: health 61.5");
    assert_shows(&w, "{{ customer.name }}{{metric.count}}", "Acme7");
    assert_shows(&w, "a } b }} c { d", "a } b }} c { d");
    assert_shows(&w, "{{\"}}\" + customer.name}}!", "}}Acme!");
    assert_shows(&w, "{{customer.vip || health.score > 60.0}}", "true");
    assert_shows(&w, "{{customer.vip ? \"a|b\" : '|'}}", "|");
    end(&w);
}

static void template_render__numbers__as_people_write_them(void **state)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0, "0"},          {-0.0, "0"},
        {61, "61"},        {61.5, "61.5"},
        {61.256, "61.26"}, {61.999, "62"},
        {-0.001, "0"},     {-12.5, "-12.5"},
        {100, "100"},      {1234567.891, "1234567.89"},
        {1e21, "1e+21"},   {0.1 + 0.2, "0.3"},
    };
    world w;
    (void)state;
    begin(&w, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        w.score = cases[i].value;
        assert_shows(&w, "{{health.score}}", cases[i].text);
    }
    end(&w);
}

static void template_render__instants__are_local_dates(void **state)
{
    world w;
    churn__zone *zone = NULL;
    churn__template tmpl = {NULL, 0};
    churn__buf out;
    (void)state;
    begin(&w, NULL);
    churn__buf_init(&out, w.heap);
    w.since = INT64_C(1769900400000000); /* 2026-01-31T23:00:00Z */
    assert_shows(&w, "{{customer.since}}", "2026-01-31");
    assert_int_equal(churn__zone_open(w.heap, NULL, CHURN__STR("+02:00"), &zone), CHURN__ZONE_OK);
    assert_ok(compile(&w, "{{customer.since}}", &tmpl, NULL));
    assert_ok(churn__template_render(&tmpl, w.columns, 0, w.scratch, zone, &out, NULL));
    assert_string_equal(out.data, "2026-02-01");
    churn__buf_clear(&out);
    churn__template_clear(&tmpl);
    churn__zone_release(zone);
    end(&w);
}

static void template_render__nothing_there__is_a_dash(void **state)
{
    world w;
    (void)state;
    begin(&w, NULL);
    w.missing[SCORE] = CHURN__LOW_COVERAGE;
    assert_shows(&w, "health {{health.score}}", "health \xE2\x80\x93");
    assert_shows(&w, "{{metric.count / 0}}.", "\xE2\x80\x93.");
    end(&w);
}

static void template_compile__faults__have_their_place(void **state)
{
    static const struct {
        const char *text;
        churn_status status;
        int32_t detail;
        uint32_t line, column;
    } cases[] = {
        {"Call {{customer.name", CHURN_E_PARSE, CHURN__EXPR_SYNTAX, 12, 25},
        {"{{customer.name | upper}}", CHURN_E_PARSE, CHURN__EXPR_EXCLUDED, 12, 36},
        {"\xC3\xA9\xC3\xA9 {{ \"x }}", CHURN_E_PARSE, CHURN__EXPR_SYNTAX, 12, 23},
        {"a\nb {{customer.name", CHURN_E_PARSE, CHURN__EXPR_SYNTAX, 13, 3},
        {"see {{tags}}", CHURN_E_UNSUPPORTED, CHURN__EXPR_EXCLUDED, 12, 26},
    };
    world w;
    (void)state;
    begin(&w, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        churn_error err = {.struct_size = sizeof err};
        churn__template tmpl = {NULL, 0};
        assert_int_equal(compile(&w, cases[i].text, &tmpl, &err), cases[i].status);
        assert_int_equal(err.detail, cases[i].detail);
        assert_int_equal(err.line, cases[i].line);
        assert_int_equal(err.column, cases[i].column);
        assert_int_equal(tmpl.count, 0);
    }
    end(&w);
}

static void template_compile__faults_inside__come_from_the_expression(void **state)
{
    churn_error err = {.struct_size = sizeof err};
    churn__template tmpl = {NULL, 0};
    world w;
    (void)state;
    begin(&w, NULL);
    /* what came before is freed */
    assert_int_not_equal(compile(&w, "{{customer.name}} {{ custmer.name }}", &tmpl, &err),
                         CHURN_OK);
    assert_int_equal(err.detail, CHURN__EXPR_UNKNOWN_NAME);
    assert_int_equal(err.line, 12);
    assert_int_equal(err.column, 20 + 21);
    assert_int_not_equal(compile(&w, "{{}}", &tmpl, &err), CHURN_OK);
    assert_int_equal(err.column, 22);
    end(&w);
}

static void template_compile__no_memory__leaves_nothing(void **state)
{
    bool done = false;
    (void)state;
    for (uint64_t n = 1; !done; n++) {
        failing f = {0};
        const churn_allocator allocator = failing_allocator(&f);
        churn__template tmpl = {NULL, 0};
        world w;
        begin(&w, &allocator);
        f.fail_at = f.requests + n;
        f.for_ever = true;
        done = compile(&w, "Call {{customer.name}}: {{health.score}}", &tmpl, NULL) == CHURN_OK;
        churn__template_clear(&tmpl);
        end(&w);
        assert_int_equal(f.blocks, 0);
        assert_false(f.mismatch);
    }
}

int main(void)
{
    const struct CMUnitTest play_template[] = {
        cmocka_unit_test(template_render__text_and_expressions__are_joined),
        cmocka_unit_test(template_render__numbers__as_people_write_them),
        cmocka_unit_test(template_render__instants__are_local_dates),
        cmocka_unit_test(template_render__nothing_there__is_a_dash),
        cmocka_unit_test(template_compile__faults__have_their_place),
        cmocka_unit_test(template_compile__faults_inside__come_from_the_expression),
        cmocka_unit_test(template_compile__no_memory__leaves_nothing),
    };
    return RUN_TESTS(play_template);
}
