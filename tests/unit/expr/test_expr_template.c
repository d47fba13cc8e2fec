/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>

#include "core/fail.h"
#include "expr/expr.h"
#include "failing.h"

/* The names that texts below may use, each a column of one row; those of the filters' examples. */
enum { NAME, NOTE, SCORE, SHARE, MRR, CHANGE, SEATS, SINCE, GAP, VIP, TAGS, NONE, SLOTS };

static const struct {
    const char *name;
    churn__type type;
} slots[SLOTS] = {
    {"name", CHURN__TYPE_STRING},  {"note", CHURN__TYPE_STRING},
    {"score", CHURN__TYPE_DOUBLE}, {"share", CHURN__TYPE_DOUBLE},
    {"mrr", CHURN__TYPE_DOUBLE},   {"change", CHURN__TYPE_DOUBLE},
    {"seats", CHURN__TYPE_INT},    {"since", CHURN__TYPE_TIME},
    {"gap", CHURN__TYPE_DURATION}, {"customer.vip", CHURN__TYPE_BOOL},
    {"tags", CHURN__TYPE_STRINGS}, {"none", CHURN__TYPE_DOUBLE},
};

static churn__expr_found resolve(void *context, churn_str name, churn__expr_name *out)
{
    (void)context;
    if (churn__str_eq(name, CHURN__STR("vip"))) {
        name = CHURN__STR("customer.vip");
    }
    for (uint32_t i = 0; i < SLOTS; i++) {
        if (churn__str_eq(name, churn__str_nts(slots[i].name))) {
            *out = (churn__expr_name){.type = slots[i].type, .slot = i};
            return CHURN__EXPR_KNOWN;
        }
    }
    return CHURN__EXPR_UNKNOWN;
}

static const churn__expr_scope scope = {.resolve = resolve};

#define SINCE_AT INT64_C(1769938200000000) /* 2026-02-01T09:30:00Z, by Python's datetime */
#define NOW_AT INT64_C(1770206400000000)   /* 2026-02-04T12:00:00Z */

typedef struct world {
    churn__heap *heap;
    churn__expr_scratch *scratch;
    churn__zone *zone;
    churn_str texts[2];
    double numbers[4];
    int64_t count, gap;
    churn_time since, now;
    uint8_t flag;
    churn_str words[2];
    churn__strs tags;
    churn__missing missing[SLOTS];
    churn__column columns[SLOTS];
} world;

static void fill(world *w)
{
    w->texts[0] = CHURN__STR("Acme");
    w->texts[1] = CHURN__STR(" late again ");
    w->numbers[0] = 61.256;
    w->numbers[1] = 0.031;
    w->numbers[2] = 1234.5;
    w->numbers[3] = 12340;
    w->count = 7;
    w->gap = INT64_C(7500000000000);
    w->since = SINCE_AT;
    w->now = NOW_AT;
    w->flag = 1;
    w->words[0] = CHURN__STR("at_risk");
    w->words[1] = CHURN__STR("vip");
    w->tags = (churn__strs){w->words, 2};
    w->missing[NONE] = CHURN__NEVER;
}

static void begin(world *w, const churn_allocator *allocator)
{
    const void *values[SLOTS] = {&w->texts[0],   &w->texts[1],   &w->numbers[0], &w->numbers[1],
                                 &w->numbers[2], &w->numbers[3], &w->count,      &w->since,
                                 &w->gap,        &w->flag,       &w->tags,       &w->numbers[0]};
    memset(w, 0, sizeof *w);
    fill(w);
    w->heap = churn__heap_create(allocator, 0);
    w->scratch = churn__expr_scratch_create(w->heap, 1);
    for (int i = 0; i < SLOTS; i++) {
        w->columns[i] =
            (churn__column){.type = slots[i].type, .values = values[i], .missing = &w->missing[i]};
    }
}

static void end(world *w)
{
    churn__zone_release(w->zone);
    churn__expr_scratch_free(w->scratch);
    churn__heap_release(w->heap);
}

/* ---- findings ---- */

typedef struct seen {
    uint32_t count;
    struct {
        int32_t detail;
        uint32_t line, column;
        char message[400], suggestion[64];
    } at[16];
} seen;

static void keep(char *to, size_t cap, churn_str from)
{
    assert_true(from.len < cap);
    memcpy(to, from.len > 0 ? from.ptr : "", from.len);
    to[from.len] = '\0';
}

static void report(void *context, const churn__expr_finding *finding)
{
    seen *all = context;
    assert_true(all->count < 16);
    all->at[all->count].detail = finding->detail;
    all->at[all->count].line = finding->line;
    all->at[all->count].column = finding->column;
    keep(all->at[all->count].message, 400, finding->message);
    keep(all->at[all->count].suggestion, 64, finding->suggestion);
    all->count++;
}

static churn_status compile_with(world *w, const char *text, bool has_now, const char *currency,
                                 seen *all, churn__template **out, churn_error *err)
{
    const churn__expr_source source = {.text = churn__str_nts(text),
                                       .place = {12, 20},
                                       .scope = &scope,
                                       .report = all != NULL ? report : NULL,
                                       .report_context = all};
    const churn__template_options options = {.currency = currency != NULL ? churn__str_nts(currency)
                                                                          : (churn_str){NULL, 0},
                                             .has_now = has_now};
    return churn__template_compile(w->heap, NULL, &source, &options, out, err);
}

static churn_status compile(world *w, const char *text, churn__template **out, churn_error *err)
{
    return compile_with(w, text, true, "USD", NULL, out, err);
}

static void assert_shows(world *w, const char *text, const char *expected)
{
    churn_error err = {.struct_size = sizeof err};
    churn__template *tmpl = NULL;
    churn__buf out;
    const churn__template_view view = {
        .columns = w->columns, .scratch = w->scratch, .zone = w->zone, .now = w->now};
    churn__buf_init(&out, w->heap);
    churn__buf_text(&out, "> ");
    if (compile(w, text, &tmpl, &err) != CHURN_OK) {
        print_error("%s: %s\n", text, err.message);
        fail();
    }
    assert_ok(churn__template_fit(w->scratch, tmpl, NULL));
    assert_ok(churn__template_render(tmpl, &view, &out, NULL));
    if (strcmp(out.data + 2, expected) != 0) {
        print_error("%s\n  gives  %s\n  wanted %s\n", text, out.data + 2, expected);
        fail();
    }
    churn__buf_clear(&out);
    churn__template_free(tmpl);
}

typedef struct shown {
    const char *text, *expected;
} shown;

static void assert_all(world *w, const shown *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_shows(w, cases[i].text, cases[i].expected);
    }
}
#define ASSERT_ALL(w, cases) assert_all(w, cases, sizeof(cases) / sizeof *(cases))

/* ---- without filters ---- */

static void template_render__text_and_expressions__are_joined(void **state)
{
    static const shown cases[] = {
        {"", ""},
        {"Unblock setup", "Unblock setup"},
        {"Call {{name}}: health {{score}}", "Call Acme: health 61.26"},
        {"{{ name }}{{seats}}", "Acme7"},
        {" \n{{name}}  ", " \nAcme  "},
        {"a } b }} c { d", "a } b }} c { d"},
        {"{{\"}}\" + name}}!", "}}Acme!"},
        {"{{\"{{\"}}name}}", "{{name}}"},
        {"{{customer.vip || score > 60.0}}", "true"},
        {"{{customer.vip ? \"a|b\" : '|'}}", "|"},
        {"{{gap}}; {{since}}; {{tags}}; {{vip}}", "2 h 5 min; 2026-02-01; at_risk, vip; true"},
        {"{{\"a\\\"}}\"}}", "a\"}}"},
    };
    world w;
    (void)state;
    begin(&w, NULL);
    w.flag = 0;
    assert_shows(&w, cases[9].text, cases[9].expected);
    w.flag = 1;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_shows(&w, cases[i].text, i == 9 ? "a|b" : cases[i].expected);
    }
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
        w.numbers[0] = cases[i].value;
        assert_shows(&w, "{{score}}", cases[i].text);
    }
    end(&w);
}

static void template_render__instants__are_local_dates(void **state)
{
    world w;
    (void)state;
    begin(&w, NULL);
    w.since = INT64_C(1769900400000000); /* 2026-01-31T23:00:00Z */
    assert_shows(&w, "{{since}}", "2026-01-31");
    assert_int_equal(churn__zone_open(w.heap, NULL, CHURN__STR("+02:00"), &w.zone), CHURN__ZONE_OK);
    assert_shows(&w, "{{since}} {{since | datetime}}", "2026-02-01 2026-02-01 01:00");
    assert_shows(&w, "{{since | date(\"%d %z\", \"UTC\")}}", "31 +0000");
    end(&w);
}

static void template_render__nothing_there__is_a_dash(void **state)
{
    world w;
    (void)state;
    begin(&w, NULL);
    assert_shows(&w, "health {{none}}", "health \xE2\x80\x93");
    assert_shows(&w, "{{seats / 0}}.", "\xE2\x80\x93.");
    assert_shows(&w, "{{none | money}} {{none | number(1) | quote}}", "\xE2\x80\x93 \xE2\x80\x93");
    end(&w);
}

/* ---- filters ---- */

static void template_filters__examples_of_the_reference__hold(void **state)
{
    world w;
    uint32_t count = 0;
    (void)state;
    begin(&w, NULL);
    for (;; count++) {
        const churn__template_filter_doc doc = churn__template_filter(count);
        if (doc.name == NULL) {
            break;
        }
        assert_non_null(strstr(doc.example, doc.name));
        assert_shows(&w, doc.example, doc.shows);
    }
    assert_true(count >= 26);
    end(&w);
}

static void template_filters__numbers__are_written_as_asked(void **state)
{
    static const shown cases[] = {
        {"{{score | number(2)}} {{seats | number(2)}} {{score | number}}", "61.26 7.00 61.26"},
        {"{{score | number(0)}} {{2.5 | round}} {{-2.5 | round}}", "61 3 -3"},
        {"{{0.125 | percent}} {{1.0 | percent(0)}} {{seats | percent}}", "12.5% 100% 700%"},
        {"{{1234567 | thousands}} {{999 | thousands}} {{-1234.5 | thousands(2)}}",
         "1,234,567 999 -1,234.50"},
        {"{{seats | signed}} {{-seats | signed}} {{0 | signed}} {{0.4 | signed(0)}}", "+7 -7 0 0"},
        {"{{mrr | money}} {{mrr | money(\"KWD\")}} {{seats | money('EUR')}}",
         "1,234.50 USD 1,234.500 KWD 7.00 EUR"},
        {"{{-0.001 | money}} {{mrr | signed | money}}", "0.00 USD +1,234.50 USD"},
        {"{{mrr | money | number(0)}}", "1,234 USD"},
        {"{{9007199254740993 | thousands}}", "9,007,199,254,740,993"},
        {"{{-9223372036854775807 | number(1)}}", "-9223372036854775807.0"},
        {"{{1e300 | money}} {{1e21 | thousands}}", "1e+300 USD 1e+21"},
        {"{{1 | plural(\"day\", \"days\")}} {{-1 | plural(\"day\", \"days\")}} "
         "{{0 | plural(\"day\", \"days\")}} {{1.5 | plural(\"day\", \"days\")}}",
         "day day days days"},
        {"{{2.675 | number(2)}} {{0.5 | number(0)}} {{1.5 | number(0)}}", "2.67 0 2"},
    };
    world w;
    (void)state;
    begin(&w, NULL);
    ASSERT_ALL(&w, cases);
    end(&w);
}

/* Against Python's strftime; %e is its %-d. */
static void template_filters__dates__are_as_in_their_zone(void **state)
{
    static const shown cases[] = {
        {"{{since | date}} {{since | date('iso')}}", "2026-02-01 2026-02-01"},
        {"{{since | date('medium')}}; {{since | date('full')}}; {{since | date('month')}}",
         "1 Feb 2026; Sunday, 1 February 2026; February 2026"},
        {"{{since | date('%Y %y %m %d %e %b %B %a %A %j %H %I %M %S %p %z %%')}}",
         "2026 26 02 01 1 Feb February Sun Sunday 032 09 09 30 00 AM +0000 %"},
        {"{{since | date('%I %p', 'Asia/Tokyo')}}", "06 PM"},
        {"{{since | date('%H%M %z', 'America/St_Johns')}}", "0600 -0330"},
        {"{{since | datetime('Asia/Tokyo')}}", "2026-02-01 18:30"},
    };
    world w;
    (void)state;
    begin(&w, NULL);
    ASSERT_ALL(&w, cases);
    w.since = CHURN_TIME_MIN;
    assert_shows(&w, "{{since | date('%Y %j')}}", "0001 001");
    w.since = CHURN_TIME_MAX;
    assert_shows(&w, "{{since | date('full', '+14:00')}}", "Saturday, 1 January 10000");
    end(&w);
}

static void template_filters__distances__in_words(void **state)
{
    static const struct {
        int64_t apart; /* seconds */
        const char *ago, *in_days;
    } cases[] = {
        {0, "just now", "today"},
        {59, "just now", "today"},
        {-59, "just now", "today"},
        {60, "in 1 minute", "today"},
        {-3600, "1 hour ago", "today"},
        {-7199, "1 hour ago", "today"},
        {12 * 3600, "in 12 hours", "tomorrow"},
        {-13 * 3600, "13 hours ago", "yesterday"},
        {-86400, "1 day ago", "yesterday"},
        {12 * 86400, "in 12 days", "in 12 days"},
        {-400 * 86400, "400 days ago", "400 days ago"},
    };
    world w;
    (void)state;
    begin(&w, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        w.since = NOW_AT + cases[i].apart * CHURN__SECOND;
        assert_shows(&w, "{{since | ago}}", cases[i].ago);
        assert_shows(&w, "{{since | in_days}}", cases[i].in_days);
    }
    w.since = NOW_AT - 10 * CHURN__HOUR;
    assert_shows(&w, "{{since | in_days}} {{since | in_days('Asia/Tokyo')}}", "today today");
    w.since = NOW_AT + 4 * CHURN__HOUR;
    assert_shows(&w, "{{since | in_days}} {{since | in_days('Asia/Tokyo')}}", "today tomorrow");
    w.since = CHURN_TIME_MIN;
    w.now = CHURN_TIME_MAX;
    assert_shows(&w, "{{since | ago}}", "3652058 days ago");
    end(&w);
}

static void template_filters__durations__in_words(void **state)
{
    static const struct {
        int64_t ns;
        const char *text;
    } cases[] = {
        {0, "0 s"},
        {999999, "0 s"},
        {-999999, "0 s"},
        {250000000, "0.25 s"},
        {INT64_C(1000000000), "1 s"},
        {INT64_C(61999999999), "1 min 1 s"},
        {INT64_C(-7500000000000), "-2 h 5 min"},
        {INT64_C(86400000000000), "1 day"},
        {INT64_C(86405000000000), "1 day"},
        {INT64_C(259200000000000), "3 days"},
        {INT64_MIN, "-106751 days 23 h"},
    };
    static const shown days[] = {
        {"{{3 | days}} {{1 | days}} {{0.1 | days}} {{1.0 / 3.0 | days}}",
         "3 days 1 day 2 h 24 min 8 h"},
        {"{{45.9 | days | duration(1)}} {{1.99999 | days | duration(4)}}",
         "45 days 1 day 23 h 59 min 59 s"},
        {"{{1e9 | days}} {{1e9 | days | default('long')}}", "\xE2\x80\x93 long"},
    };
    world w;
    (void)state;
    begin(&w, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        w.gap = cases[i].ns;
        assert_shows(&w, "{{gap}}", cases[i].text);
        assert_shows(&w, "{{gap | duration(2)}}", cases[i].text);
    }
    ASSERT_ALL(&w, days);
    end(&w);
}

static void template_filters__texts__are_rewritten(void **state)
{
    static const shown cases[] = {
        {"[{{note | trim | upper}}]", "[LATE AGAIN]"},
        {"{{'\u00E9tat na\u00EFve' | upper}} {{'\u00C9A' | lower}}",
         "\u00E9TAT NA\u00EFVE \u00C9a"},
        {"{{'one two-three (four) \u00E9cole' | title}}", "One Two-Three (Four) \u00E9cole"},
        {"{{'abc' | short(3)}} {{'abcd' | short(3)}} {{'abcd' | short(1)}}", "abc ab\u2026 \u2026"},
        {"{{'\u00E9\u00E9\u00E9\u00E9' | short(3)}} {{'ab  cd' | short(4)}}",
         "\u00E9\u00E9\u2026 ab\u2026"},
        {"{{'' | short(1)}}{{'' | trim}}{{'  ' | trim}}{{'' | quote}}{{'' | html}}", "\"\""},
        {"{{'a\"b\\\\' | quote}}", "\"a\\\"b\\\\\""},
        {"{{'<a href=\"x\">\\'&' | html}}", "&lt;a href=&quot;x&quot;&gt;&#39;&amp;"},
        {"{{'\u00E9 -._~/' | urlencode}}", "%C3%A9%20-._~%2F"},
        {"{{'a\\n\\t\"\\\\\\u0001\u00E9' | json}}", "\"a\\n\\t\\\"\\\\\\u0001\u00E9\""},
        {"{{none | json}} {{seats | json}} {{share | json}} {{vip | json}}", "null 7 0.031 true"},
        {"{{since | json}} {{gap | json}} {{mrr | money | json}}",
         "\"2026-02-01T09:30:00Z\" \"7500s\" \"1,234.50 USD\""},
        {"{{vip | html}} {{score | urlencode}} {{tags | quote}}", "true 61.26 \"at_risk, vip\""},
        {"{{mrr | money | upper | lower | quote | html}}", "&quot;1,234.50 usd&quot;"},
        {"{{tags | join}} {{tags | join('')}}", "at_risk, vip at_riskvip"},
        {"{{vip | yes_no('on')}} {{!vip | yes_no('on')}}", "on no"},
    };
    world w;
    (void)state;
    begin(&w, NULL);
    ASSERT_ALL(&w, cases);
    w.gap = -250000000;
    assert_shows(&w, "{{gap | json}}", "\"-0.25s\"");
    w.tags.count = 0;
    assert_shows(&w, "[{{tags}}] {{tags | json}}", "[] []");
    end(&w);
}

static void template_filters__default__stands_for_the_value(void **state)
{
    static const shown cases[] = {
        {"{{none | default('-')}} {{none | default('')}}.", "- ."},
        {"{{score | default('-')}}", "61.26"},
        {"{{none | default(0) | money}} {{none | default(1.5) | number(1)}}", "0.00 USD 1.5"},
        {"{{none | default('none') | money}} {{none | money | default('none')}}", "none none"},
        {"{{none | money | default('none') | upper | quote}}", "\"NONE\""},
        {"{{none | default('a') | default('b')}}", "a"},
        {"{{seats / 0 | default(\"error\")}}", "error"},
        {"{{none > 1.0 | default(false) | yes_no}}", "no"},
        {"{{none | default('x') | json}} {{none | json | default('x')}}", "\"x\" null"},
    };
    world w;
    (void)state;
    begin(&w, NULL);
    ASSERT_ALL(&w, cases);
    w.missing[NAME] = w.missing[TAGS] = w.missing[SINCE] = CHURN__STALE_SOURCE;
    assert_shows(&w, "{{name | default('friend') | title}}", "Friend");
    assert_shows(&w, "{{tags | default('no tags') | join(';')}}", "no tags");
    assert_shows(&w, "{{since | date('long') | default('some day')}}", "some day");
    end(&w);
}

/* ---- faults ---- */

static void template_compile__faults__have_their_place(void **state)
{
    static const struct {
        const char *text;
        churn_status status;
        int32_t detail;
        uint32_t line, column;
    } cases[] = {
        {"Call {{name", CHURN_E_PARSE, CHURN__EXPR_SYNTAX, 12, 25},
        {"\xC3\xA9\xC3\xA9 {{ \"x }}", CHURN_E_PARSE, CHURN__EXPR_SYNTAX, 12, 23},
        {"a\nb {{name", CHURN_E_PARSE, CHURN__EXPR_SYNTAX, 13, 3},
        {"{{name | shout}}", CHURN_E_NOT_FOUND, CHURN__EXPR_UNKNOWN_FUNCTION, 12, 29},
        {"{{name | }}", CHURN_E_PARSE, CHURN__EXPR_SYNTAX, 12, 29},
        {"{{name | upper lower}}", CHURN_E_PARSE, CHURN__EXPR_SYNTAX, 12, 35},
        {"{{name | upper(1)}}", CHURN_E_PARSE, CHURN__EXPR_ARGUMENTS, 12, 35},
        {"{{name | short}}", CHURN_E_PARSE, CHURN__EXPR_ARGUMENTS, 12, 29},
        {"{{name | short(0)}}", CHURN_E_PARSE, CHURN__EXPR_ARGUMENTS, 12, 35},
        {"{{name | short('a')}}", CHURN_E_TYPE, CHURN__EXPR_ARGUMENTS, 12, 35},
        {"{{name | short(1, 2)}}", CHURN_E_PARSE, CHURN__EXPR_ARGUMENTS, 12, 38},
        {"{{name | short(1}}", CHURN_E_PARSE, CHURN__EXPR_SYNTAX, 12, 35},
        {"{{name | short(seats)}}", CHURN_E_NOT_FOUND, CHURN__EXPR_UNKNOWN_NAME, 12, 35},
        {"{{score | number(10)}}", CHURN_E_PARSE, CHURN__EXPR_ARGUMENTS, 12, 37},
        {"{{score | upper}}", CHURN_E_TYPE, CHURN__EXPR_TYPES, 12, 30},
        {"{{name | number}}", CHURN_E_TYPE, CHURN__EXPR_TYPES, 12, 29},
        {"{{seats | duration}}", CHURN_E_TYPE, CHURN__EXPR_TYPES, 12, 30},
        {"{{mrr | money | date}}", CHURN_E_TYPE, CHURN__EXPR_TYPES, 12, 36},
        {"{{mrr | money('XYZ')}}", CHURN_E_PARSE, CHURN__EXPR_ARGUMENTS, 12, 34},
        {"{{since | date('sometime')}}", CHURN_E_PARSE, CHURN__EXPR_ARGUMENTS, 12, 35},
        {"{{since | date('%Q')}}", CHURN_E_PARSE, CHURN__EXPR_ARGUMENTS, 12, 35},
        {"{{since | date('%')}}", CHURN_E_PARSE, CHURN__EXPR_ARGUMENTS, 12, 35},
        {"{{since | time('Mars/Base')}}", CHURN_E_PARSE, CHURN__EXPR_ARGUMENTS, 12, 35},
        {"{{name | default(1)}}", CHURN_E_TYPE, CHURN__EXPR_ARGUMENTS, 12, 37},
        {"{{ custmer.name }}", CHURN_E_NOT_FOUND, CHURN__EXPR_UNKNOWN_NAME, 12, 23},
        {"{{}}", CHURN_E_PARSE, CHURN__EXPR_SYNTAX, 12, 22},
        {"{{ | upper}}", CHURN_E_PARSE, CHURN__EXPR_SYNTAX, 12, 23},
        {"{{[name]}}", CHURN_E_UNSUPPORTED, CHURN__EXPR_EXCLUDED, 12, 22},
    };
    world w;
    (void)state;
    begin(&w, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        churn_error err = {.struct_size = sizeof err};
        churn__template *tmpl = NULL;
        if (compile(&w, cases[i].text, &tmpl, &err) != cases[i].status ||
            err.detail != cases[i].detail || err.line != cases[i].line ||
            err.column != cases[i].column) {
            print_error("%s: %d %d %u:%u %s\n", cases[i].text, err.status, err.detail, err.line,
                        err.column, err.message);
            fail();
        }
        assert_null(tmpl);
    }
    end(&w);
}

static void template_compile__many_faults__are_all_reported(void **state)
{
    static const struct {
        int32_t detail;
        uint32_t line, column;
        const char *suggestion;
    } wanted[] = {
        {CHURN__EXPR_UNKNOWN_NAME, 12, 22, ""}, {CHURN__EXPR_UNKNOWN_FUNCTION, 12, 36, "money"},
        {CHURN__EXPR_TYPES, 13, 11, ""},        {CHURN__EXPR_ARGUMENTS, 13, 17, ""},
        {CHURN__EXPR_SYNTAX, 13, 21, ""},
    };
    seen all = {0};
    churn_error err = {.struct_size = sizeof err};
    churn__template *tmpl = NULL;
    world w;
    (void)state;
    begin(&w, NULL);
    assert_int_equal(compile_with(&w, "{{nme}} {{mrr | mony('USD')}}\n{{score | short(0)}}{{name",
                                  true, "USD", &all, &tmpl, &err),
                     CHURN_E_NOT_FOUND);
    assert_int_equal(err.column, 22);
    for (uint32_t i = 0; i < all.count; i++) {
        assert_true(i < sizeof wanted / sizeof *wanted);
        assert_int_equal(all.at[i].detail, wanted[i].detail);
        assert_int_equal(all.at[i].line, wanted[i].line);
        assert_int_equal(all.at[i].column, wanted[i].column);
        assert_string_equal(all.at[i].suggestion, wanted[i].suggestion);
    }
    assert_int_equal(all.count, sizeof wanted / sizeof *wanted);
    end(&w);
}

static void template_compile__what_nobody_gives__is_asked_for(void **state)
{
    churn_error err = {.struct_size = sizeof err};
    churn__template *tmpl = NULL;
    world w;
    (void)state;
    begin(&w, NULL);
    assert_int_equal(compile_with(&w, "{{mrr | money}}", true, NULL, NULL, &tmpl, &err),
                     CHURN_E_PARSE);
    assert_non_null(strstr(err.message, "money(\"EUR\")"));
    assert_ok(compile_with(&w, "{{mrr | money('EUR')}}", true, NULL, NULL, &tmpl, &err));
    churn__template_free(tmpl);
    assert_int_equal(compile_with(&w, "{{since | ago}}", false, NULL, NULL, &tmpl, &err),
                     CHURN_E_PARSE);
    assert_non_null(strstr(err.message, "what time it is"));
    end(&w);
}

static void template_compile__too_much__is_a_limit(void **state)
{
    static char text[70000];
    churn_error err = {.struct_size = sizeof err};
    churn__template *tmpl = NULL;
    world w;
    (void)state;
    begin(&w, NULL);
    memset(text, 'x', sizeof text - 1);
    assert_int_equal(compile(&w, text, &tmpl, &err), CHURN_E_LIMIT);
    assert_int_equal(err.detail, CHURN__EXPR_TOO_LONG);
    strcpy(text, "{{name");
    for (int i = 0; i < 17; i++) {
        strcat(text, "|upper");
    }
    strcat(text, "}}");
    assert_int_equal(compile(&w, text, &tmpl, &err), CHURN_E_LIMIT);
    assert_int_equal(err.detail, CHURN__EXPR_TOO_MANY);
    assert_int_equal(compile(&w, "\xFF{{name}}", &tmpl, &err), CHURN_E_UTF8);
    end(&w);
}

static void template_slots__of_all_parts__once_in_order(void **state)
{
    churn__template *tmpl = NULL;
    uint32_t count = 0;
    world w;
    (void)state;
    begin(&w, NULL);
    assert_ok(compile(&w, "{{seats}} {{score > 1.0 ? name : note}} {{seats + 1}}", &tmpl, NULL));
    const uint32_t *all = churn__template_slots(tmpl, &count);
    const uint32_t wanted[] = {NAME, NOTE, SCORE, SEATS};
    assert_int_equal(count, 4);
    assert_memory_equal(all, wanted, sizeof wanted);
    churn__template_free(tmpl);
    churn__template_free(NULL);
    end(&w);
}

/* Each filter may make six bytes of one: the limit holds between them. */
static void template_render__too_long__is_cut_and_reported(void **state)
{
    static const char *const texts[] = {
        "{{name}}{{name}}",
        "{{name|urlencode|html|json|html|json|html|json|html|json|html|json|html|json|html}}",
    };
    static char big[60001];
    world w;
    (void)state;
    begin(&w, NULL);
    for (size_t i = 0; i + 1 < sizeof big; i += 2) {
        memcpy(big + i, "\xC3\xA9", 2);
    }
    for (size_t i = 0; i < 2; i++) {
        churn_error err = {.struct_size = sizeof err};
        churn__template *tmpl = NULL;
        churn__buf out;
        churn__buf_init(&out, w.heap);
        w.texts[0] = churn__str_nts(big);
        const churn__template_view view = {.columns = w.columns, .scratch = w.scratch};
        assert_ok(compile(&w, texts[i], &tmpl, NULL));
        assert_int_equal(churn__template_render(tmpl, &view, &out, &err), CHURN_E_LIMIT);
        assert_int_equal(err.detail, CHURN__EXPR_RUN_LONG);
        assert_true(out.size <= 65536 && out.size > 65500);
        assert_true(churn__utf8_fault(out.data, out.size) == SIZE_MAX);
        churn__buf_clear(&out);
        churn__template_free(tmpl);
    }
    end(&w);
}

/* ---- memory ---- */

static const char whole[] =
    "Call {{name | default('x')}}: {{score + 1.0 | number(1)}} {{mrr | money('EUR') | quote}} "
    "{{since | date('long', 'Asia/Tokyo')}} {{tags | join('/') | html}} {{name + note | json}}";

static void template__no_memory__leaves_nothing(void **state)
{
    bool done = false;
    (void)state;
    for (uint64_t n = 1; !done; n++) {
        failing f = {0};
        const churn_allocator allocator = failing_allocator(&f);
        churn__template *tmpl = NULL;
        churn__buf out;
        world w;
        begin(&w, &allocator);
        churn__buf_init(&out, w.heap);
        const churn__template_view view = {.columns = w.columns, .scratch = w.scratch};
        f.fail_at = f.requests + n;
        f.for_ever = true;
        churn_status st = compile(&w, whole, &tmpl, NULL);
        if (st == CHURN_OK) {
            st = churn__template_render(tmpl, &view, &out, NULL);
        }
        assert_true(st == CHURN_OK || st == CHURN_E_NOMEM);
        done = st == CHURN_OK;
        churn__buf_clear(&out);
        churn__template_free(tmpl);
        end(&w);
        assert_int_equal(f.blocks, 0);
        assert_false(f.mismatch);
    }
}

static void template_render__fitted__takes_memory_for_its_text_alone(void **state)
{
    failing f = {0};
    const churn_allocator allocator = failing_allocator(&f);
    churn__template *tmpl = NULL;
    churn__buf out;
    world w;
    (void)state;
    begin(&w, &allocator);
    churn__buf_init(&out, w.heap);
    const churn__template_view view = {.columns = w.columns, .scratch = w.scratch};
    assert_ok(compile(&w, "{{name | quote | html}} {{mrr | money}} {{since}} {{tags | json}}",
                      &tmpl, NULL));
    assert_ok(churn__template_fit(w.scratch, tmpl, NULL));
    assert_ok(churn__template_render(tmpl, &view, &out, NULL));
    churn__buf_reset(&out);
    const uint64_t before = f.requests;
    assert_ok(churn__template_render(tmpl, &view, &out, NULL));
    assert_int_equal(f.requests, before);
    churn__buf_clear(&out);
    churn__template_free(tmpl);
    end(&w);
}

int main(void)
{
    const struct CMUnitTest expr_template[] = {
        cmocka_unit_test(template_render__text_and_expressions__are_joined),
        cmocka_unit_test(template_render__numbers__as_people_write_them),
        cmocka_unit_test(template_render__instants__are_local_dates),
        cmocka_unit_test(template_render__nothing_there__is_a_dash),
        cmocka_unit_test(template_filters__examples_of_the_reference__hold),
        cmocka_unit_test(template_filters__numbers__are_written_as_asked),
        cmocka_unit_test(template_filters__dates__are_as_in_their_zone),
        cmocka_unit_test(template_filters__distances__in_words),
        cmocka_unit_test(template_filters__durations__in_words),
        cmocka_unit_test(template_filters__texts__are_rewritten),
        cmocka_unit_test(template_filters__default__stands_for_the_value),
        cmocka_unit_test(template_compile__faults__have_their_place),
        cmocka_unit_test(template_compile__many_faults__are_all_reported),
        cmocka_unit_test(template_compile__what_nobody_gives__is_asked_for),
        cmocka_unit_test(template_compile__too_much__is_a_limit),
        cmocka_unit_test(template_slots__of_all_parts__once_in_order),
        cmocka_unit_test(template_render__too_long__is_cut_and_reported),
        cmocka_unit_test(template__no_memory__leaves_nothing),
        cmocka_unit_test(template_render__fitted__takes_memory_for_its_text_alone),
    };
    return RUN_TESTS(expr_template);
}
