/* SPDX-License-Identifier: MIT */
#include "expr_kit.h"

static const churn__value days = {.type = CHURN__TYPE_INT, .as.i = 10};
static const kit_name names[] = {
    {.name = "a", .type = CHURN__TYPE_BOOL},
    {.name = "i", .type = CHURN__TYPE_INT},
    {.name = "metric.x", .type = CHURN__TYPE_DOUBLE},
    {.name = "metric.logins_28d", .type = CHURN__TYPE_DOUBLE},
    {.name = "customer.plan", .type = CHURN__TYPE_STRING},
    {.name = "as_of", .type = CHURN__TYPE_TIME, .never_missing = true},
    {.name = "tags", .type = CHURN__TYPE_STRINGS},
    {.name = "params.days", .constant = &days, .type = CHURN__TYPE_INT},
    {.name = "play.x.running", .later = true}};

static int open(void **state)
{
    static kit k;
    kit_open(&k, names, sizeof names / sizeof *names);
    *state = &k;
    return 0;
}

static int close(void **state)
{
    kit_close(*state);
    return 0;
}

typedef struct bad {
    const char *text;
    churn_status status;
    int32_t detail;
    uint32_t line, column;
    const char *message; /* a part of it */
} bad;

static void check_bad(kit *k, const bad *b)
{
    churn_error err = {.struct_size = sizeof err};
    churn__expr *expr = NULL;
    churn_status st = kit_compile(k, churn__str_nts(b->text), 0, 0, &expr, &err);
    assert_null(expr);
    if (st != b->status || err.detail != b->detail || err.line != b->line ||
        err.column != b->column || strstr(err.message, b->message) == NULL) {
        fail_msg("`%s`: got %s %d at %u:%u: %s", b->text, churn_status_name(st), err.detail,
                 err.line, err.column, err.message);
    }
}

static void compile__bad_syntax__says_where(void **state)
{
    static const bad cases[] = {
        {"1 +", CHURN_E_PARSE, 101, 1, 4, "ends where a value should follow"},
        {"(a", CHURN_E_PARSE, 101, 1, 3, "ends where `)` should follow"},
        {"a)", CHURN_E_PARSE, 101, 1, 2, "`)` stands where"},
        {"a &&\n  && a", CHURN_E_PARSE, 101, 2, 3, "`&&` stands where a value"},
        {"'\xC3\xA9' = 'x'", CHURN_E_PARSE, 101, 1, 5, "equality is `==`"},
        {"a & a", CHURN_E_PARSE, 101, 1, 3, "and is `&&`"},
        {"a | a", CHURN_E_PARSE, 101, 1, 3, "or is `||`"},
        {"a and a", CHURN_E_PARSE, 101, 1, 3, "and is `&&`"},
        {"a or a", CHURN_E_PARSE, 101, 1, 3, "or is `||`"},
        {"a ? 1", CHURN_E_PARSE, 101, 1, 6, "ends where `:`"},
        {"i in [1, 2", CHURN_E_PARSE, 101, 1, 11, "ends where `,` or `]`"},
        {"i in [1,,2]", CHURN_E_PARSE, 101, 1, 9, "`,` stands where a value"},
        {"a.", CHURN_E_PARSE, 101, 1, 3, "ends where a name"},
        {"a @ 1", CHURN_E_PARSE, 101, 1, 3, "`@` means nothing"},
        {"a \xE2\x82\xAC 1", CHURN_E_PARSE, 101, 1, 3, "means nothing here"},
        {"9223372036854775808", CHURN_E_PARSE, 107, 1, 1, "does not fit 64 bits"},
        {"99999999999999999999", CHURN_E_PARSE, 107, 1, 1, "does not fit 64 bits"},
        {"1 + 12abc", CHURN_E_PARSE, 102, 1, 5, "`12abc` is not a number"},
        {"0x", CHURN_E_PARSE, 102, 1, 1, "digits must follow"},
        {"0X1F", CHURN_E_PARSE, 102, 1, 1, "`0X1F` is not a number: write 0x"},
        {"1.", CHURN_E_PARSE, 101, 1, 3, "ends where a name"},
        {"0x8000000000000000", CHURN_E_PARSE, 107, 1, 1, "does not fit 64 bits"},
        {"-0x8000000000000001", CHURN_E_PARSE, 107, 1, 2, "does not fit 64 bits"},
        {"a.in", CHURN_E_PARSE, 101, 1, 3, "`in` stands where a name should"},
        {"1e999", CHURN_E_PARSE, 102, 1, 1, "out of range"},
        {"'abc", CHURN_E_PARSE, 103, 1, 1, "no closing quote"},
        {"'a\nb'", CHURN_E_PARSE, 103, 1, 1, "no closing quote"},
        {"'''abc'", CHURN_E_PARSE, 103, 1, 1, "no closing quote"},
        {"'ab\\q'", CHURN_E_PARSE, 110, 1, 4, "escape that does not exist"},
        {"'\\ud800'", CHURN_E_PARSE, 110, 1, 2, "escape"},
        {"'\\U00110000'", CHURN_E_PARSE, 110, 1, 2, "escape"},
        {"'\\x4'", CHURN_E_PARSE, 110, 1, 2, "escape"},
        {"'\\400'", CHURN_E_PARSE, 110, 1, 2, "escape"},
        {"while > 1", CHURN_E_PARSE, 104, 1, 1, "`while` is a reserved word"},
        {"if a then 1", CHURN_E_PARSE, 104, 1, 1, "cannot be a name; write `condition ? a : b`"},
        {"", CHURN_E_PARSE, 101, 1, 1, "the expression is empty"},
        {"i desc", CHURN_E_PARSE, 101, 1, 3, "write a `-` before what is ordered by"},
        {"not a", CHURN_E_PARSE, 101, 1, 5, "not is `!`"},
        {"i <> 1", CHURN_E_PARSE, 101, 1, 4, "unequal is `!=`"},
        {"customer.plan like 'a'", CHURN_E_PARSE, 101, 1, 15, "write x.contains(\"...\")"},
        {"customer.plan is null", CHURN_E_PARSE, 101, 1, 15, "has(x) asks whether x is there"},
        {"customer.plan == \xE2\x80\x9C"
         "a",
         CHURN_E_PARSE, 101, 1, 18, "text stands in"},
        {"package", CHURN_E_PARSE, 104, 1, 1, "reserved"},
        {"'\xFF'", CHURN_E_UTF8, 106, 1, 2, "a byte is 0xFF"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_bad(*state, &cases[i]);
    }
}

static void compile__unknown_names__are_errors_with_a_suggestion(void **state)
{
    static const bad cases[] = {
        {"metric.login_28d > 1", CHURN_E_NOT_FOUND, 201, 1, 1, "did you mean `metric.logins_28d`?"},
        {"a && nothing_like_it", CHURN_E_NOT_FOUND, 201, 1, 6, "unknown name `nothing_like_it`"},
        {"has(customer.plann)", CHURN_E_NOT_FOUND, 201, 1, 5, "did you mean `customer.plan`?"},
        {"customer . plann == 'x'", CHURN_E_NOT_FOUND, 201, 1, 1, "`customer.plann`"},
        {"siz('x') == 1", CHURN_E_NOT_FOUND, 202, 1, 1, "did you mean `size`?"},
        {"'x'.startswith('x')", CHURN_E_NOT_FOUND, 202, 1, 5, "did you mean `startsWith`?"},
        {"math.flor(1.5)", CHURN_E_NOT_FOUND, 202, 1, 1, "did you mean `math.floor`?"},
        {"play.x.running", CHURN_E_UNSUPPORTED, 501, 1, 1, "this version does not do"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_bad(*state, &cases[i]);
    }
}

static void keep_suggestion(void *context, const churn__expr_finding *finding)
{
    snprintf(context, 32, "%.*s", (int)finding->suggestion.len,
             finding->suggestion.len > 0 ? finding->suggestion.ptr : "");
}

static void compile__suggestion__is_also_given_alone(void **state)
{
    kit *k = *state;
    churn__expr_scope scope = {.context = k, .resolve = kit_resolve, .list = kit_list};
    char suggestion[32] = "";
    churn__expr_source source = {.text = CHURN__STR("metric.y > 1"),
                                 .place = {41, 20},
                                 .scope = &scope,
                                 .report = keep_suggestion,
                                 .report_context = suggestion};
    churn__expr *expr = NULL;
    churn_error err = {.struct_size = sizeof err};
    assert_int_equal(churn__expr_compile(k->heap, NULL, &source, &expr, &err), CHURN_E_NOT_FOUND);
    assert_string_equal(suggestion, "metric.x");
    assert_int_equal(err.line, 41);
    assert_int_equal(err.column, 20);
    source.text = CHURN__STR("a\n && b");
    assert_int_equal(churn__expr_compile(k->heap, NULL, &source, &expr, &err), CHURN_E_NOT_FOUND);
    assert_int_equal(err.line, 42);
    assert_int_equal(err.column, 5);
}

static void compile__types__do_not_mix(void **state)
{
    static const bad cases[] = {
        {"customer.plan == 1", CHURN_E_TYPE, 301, 1, 15, "`==` does not take string and int"},
        {"customer.plan == 1", CHURN_E_TYPE, 301, 1, 15, "write the text in quotes"},
        {"1 < i < 3", CHURN_E_TYPE, 301, 1, 7, "write `a < b && b < c`"},
        {"as_of > '2026-01-01'", CHURN_E_TYPE, 301, 1, 7, "write timestamp(\"...\") around"},
        {"tags == 'a'", CHURN_E_TYPE, 301, 1, 6, "`in` asks whether a list holds a value"},
        {"'a' in customer.plan", CHURN_E_TYPE, 301, 1, 5, "write x.contains(\"...\")"},
        {"i && a", CHURN_E_TYPE, 301, 1, 1, "compare it: `x > 0`"},
        {"'foo' < 1024", CHURN_E_TYPE, 301, 1, 7, "`<` does not take string and int"},
        {"a + a", CHURN_E_TYPE, 301, 1, 3, "`+` does not take bool and bool"},
        {"i + metric.x", CHURN_E_TYPE, 301, 1, 3, "write double(...)"},
        {"metric.x % 2", CHURN_E_TYPE, 301, 1, 10, "`%` does not take double and double"},
        {"a && i", CHURN_E_TYPE, 301, 1, 6, "`&&` needs bool, got int"},
        {"!i", CHURN_E_TYPE, 301, 1, 2, "`!` needs bool, got int"},
        {"-a", CHURN_E_TYPE, 301, 1, 1, "`-` needs a number, got bool"},
        {"i ? 1 : 2", CHURN_E_TYPE, 301, 1, 1, "`?:` needs bool, got int"},
        {"a ? 1 : 'x'", CHURN_E_TYPE, 301, 1, 3, "need one type, got int and string"},
        {"i in 'abc'", CHURN_E_TYPE, 301, 1, 3, "`in` does not take int and string"},
        {"i in ['abc']", CHURN_E_TYPE, 301, 1, 3, "`in` does not take int and string"},
        {"i in tags", CHURN_E_TYPE, 301, 1, 3, "`in` does not take int and list of string"},
        {"as_of > 5", CHURN_E_TYPE, 301, 1, 7, "`>` does not take timestamp and int"},
        {"customer.plan == null", CHURN_E_TYPE, 301, 1, 15, "write has(x)"},
        {"null < 1", CHURN_E_TYPE, 301, 1, 6, "`<` does not take null and int"},
        {"[1] < [2]", CHURN_E_TYPE, 301, 1, 5, "`<` does not take list and list"},
        {"[1] == ['a']", CHURN_E_TYPE, 301, 1, 5, "`==` does not take list and list"},
        {"[1] + 2 == [1, 2]", CHURN_E_TYPE, 301, 1, 5, "`+` does not take list and int"},
        {"as_of + as_of > as_of", CHURN_E_TYPE, 301, 1, 7, "does not take timestamp and"},
        {"duration('1h') * 2 > duration('1m')", CHURN_E_TYPE, 301, 1, 16, "`*` does not take dur"},
        {"duration('1h') - as_of > 1", CHURN_E_TYPE, 301, 1, 16, "duration and timestamp"},
        {"-duration('1h') == duration('1m')", CHURN_E_TYPE, 301, 1, 1, "got duration"},
        {"as_of.getHours(customer.plan) == 1", CHURN_E_TYPE, 302, 1, 16, "a zone in quotes"},
        {"as_of.getHours('UTC', 'UTC') == 1", CHURN_E_TYPE, 302, 1, 7, "argument"},
        {"tags == tags", CHURN_E_TYPE, 301, 1, 6, "does not take list of string"},
        {"size(1)", CHURN_E_TYPE, 301, 1, 1, "`size` does not take int; it takes string, or list"},
        {"len('a') > 1", CHURN_E_NOT_FOUND, 202, 1, 1, "unknown function `len`; write size(x)"},
        {"size('a', 'b')", CHURN_E_TYPE, 302, 1, 1, "takes 1 argument, got 2"},
        {"contains('a', 'b')", CHURN_E_TYPE, 302, 1, 1, "written behind a value: x.contains(...)"},
        {"i.int()", CHURN_E_TYPE, 302, 1, 3, "written before its value: int(x)"},
        {"has(1)", CHURN_E_TYPE, 302, 1, 1, "takes the name of a value"},
        {"has()", CHURN_E_TYPE, 302, 1, 1, "takes 1 argument, got 0"},
        {"math.least(i, a)", CHURN_E_TYPE, 301, 1, 15, "needs numbers, got bool"},
        {"math.least([i, metric.x, 'a'])", CHURN_E_TYPE, 301, 1, 26, "numbers, got string"},
        {"math.least([])", CHURN_E_TYPE, 301, 1, 1, "does not take list"},
        {"math.bitAnd(1, 2.5) == 0", CHURN_E_TYPE, 301, 1, 1, "does not take int and double"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_bad(*state, &cases[i]);
    }
}

static void compile__constants_that_are_none__say_what_is_wrong(void **state)
{
    static const bad cases[] = {
        {"as_of.getHours('Mars/Olympus') == 1", CHURN_E_NOT_FOUND, 204, 1, 16, "`Mars/Olympus`"},
        {"as_of.getDate('') == 1", CHURN_E_NOT_FOUND, 204, 1, 15, "no time zone"},
        {"as_of > timestamp('2026-02-30T00:00:00Z')", CHURN_E_PARSE, 108, 1, 19, "no such day"},
        {"as_of > timestamp('2026-02-03')", CHURN_E_PARSE, 108, 1, 19, "write it as"},
        {"as_of - as_of > duration('3d')", CHURN_E_PARSE, 109, 1, 26, "`3d` is no duration"},
        {"duration('') > duration('1h')", CHURN_E_PARSE, 109, 1, 10, "write it as \"36h\""},
        {"duration('3000000h') > duration('1h')", CHURN_E_PARSE, 109, 1, 10, "does not fit"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_bad(*state, &cases[i]);
    }
}

typedef struct told {
    uint32_t count;
    struct {
        int32_t detail;
        uint32_t column;
    } each[16];
} told;

static void tell(void *context, const churn__expr_finding *finding)
{
    told *to = context;
    if (finding->status != CHURN_OK && to->count < 16) {
        to->each[to->count].detail = finding->detail;
        to->each[to->count++].column = finding->column;
    }
}

static void compile__several_mistakes__are_each_told_once(void **state)
{
    static const struct {
        const char *text;
        uint32_t count;
        int32_t details[6];
        uint32_t columns[6];
    } cases[] = {
        {"x1 > 1 && x2 > 2 || a", 2, {201, 201}, {1, 11}},
        {"(i + 'a') * 2 > 3 && a && !i", 2, {301, 301}, {4, 28}},
        {"i + x1 + x2 == 3", 2, {201, 201}, {5, 10}},
        {"'\\q\\w' == 1x && a", 3, {110, 110, 102}, {2, 4, 11}},
        {"i = 1 & a", 2, {101, 101}, {3, 7}},
        {"99999999999999999999 > i && x1", 2, {107, 201}, {1, 29}},
        {"type(i) == i && [1][x1 && 2] && x2", 3, {501, 501, 201}, {1, 20, 33}},
        {"{'a': x1} == 1u || b'x' == i || siz(i) > 1", 4, {501, 501, 501, 202}, {14, 20, 1, 33}},
        {"tags.exists(t, t == 'x') && x1", 2, {501, 201}, {6, 29}},
        {"while > 1 && for(1) == 2 && x1", 3, {104, 104, 201}, {1, 14, 29}},
        {"i in [x1, x2, 'a'] ? a : nope", 3, {201, 201, 201}, {7, 11, 26}},
        {"x1 ? x2 : x3", 3, {201, 201, 201}, {1, 6, 11}},
        {"a && 1 && customer.plan", 2, {301, 301}, {6, 11}},
        {"x1 ==", 1, {101}, {6}},
        {"1x + 'abc", 2, {102, 103}, {1, 6}}};
    kit *k = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        told all = {0};
        churn__expr_scope scope = {.context = k, .resolve = kit_resolve, .list = kit_list};
        const churn__expr_source source = {.text = churn__str_nts(cases[i].text),
                                           .scope = &scope,
                                           .report = tell,
                                           .report_context = &all};
        churn__expr *expr = NULL;
        churn_error err = {.struct_size = sizeof err};
        assert_int_not_equal(churn__expr_compile(k->heap, NULL, &source, &expr, &err), CHURN_OK);
        assert_null(expr);
        bool same = all.count == cases[i].count && err.detail == cases[i].details[0] &&
                    err.column == cases[i].columns[0];
        for (uint32_t n = 0; same && n < all.count; n++) {
            same = all.each[n].detail == cases[i].details[n] &&
                   all.each[n].column == cases[i].columns[n];
        }
        if (!same) {
            for (uint32_t n = 0; n < all.count; n++) {
                print_message("# %d at %u\n", all.each[n].detail, all.each[n].column);
            }
            fail_msg("`%s`: %u told; the first is %d at %u: %s", cases[i].text, all.count,
                     err.detail, err.column, err.message);
        }
    }
}

static void compile__forms_left_out__say_what_to_write(void **state)
{
    static const bad cases[] = {
        {"null", CHURN_E_UNSUPPORTED, 501, 1, 1, "`null` as a result"},
        {"b'abc' == b'abc'", CHURN_E_UNSUPPORTED, 501, 1, 1, "bytes are left out"},
        {"1u == 1u", CHURN_E_UNSUPPORTED, 501, 1, 1, "without `u`"},
        {"{'a': 1}", CHURN_E_UNSUPPORTED, 501, 1, 1, "maps are left out"},
        {"tags[0] == 'x'", CHURN_E_UNSUPPORTED, 501, 1, 5, "indexing is left out"},
        {"Msg{a: 1}", CHURN_E_UNSUPPORTED, 501, 1, 1, "messages are left out"},
        {"(1).a", CHURN_E_UNSUPPORTED, 501, 1, 5, "a field of a value"},
        {"tags.exists(t, t == 'x')", CHURN_E_UNSUPPORTED, 501, 1, 6, "`exists` is left out"},
        {"[1].map(t, t)", CHURN_E_UNSUPPORTED, 501, 1, 5, "`map` is left out"},
        {"type(1) == type(2)", CHURN_E_UNSUPPORTED, 501, 1, 1, "`type` is left out"},
        {"a.?b", CHURN_E_UNSUPPORTED, 501, 1, 4, "`.?` is left out: write has(x) ? x : y"},
        {"tags[?0] == 'x'", CHURN_E_UNSUPPORTED, 501, 1, 5, "indexing is left out"},
        {"i in [?i]", CHURN_E_UNSUPPORTED, 501, 1, 7, "optional elements are left out"},
        {"a.b.Msg{}", CHURN_E_UNSUPPORTED, 501, 1, 1, "messages are left out"},
        {"rb'x' == 'x'", CHURN_E_UNSUPPORTED, 501, 1, 1, "bytes are left out"},
        {"BR\"\"\"x\"\"\" == 'x'", CHURN_E_UNSUPPORTED, 501, 1, 1, "bytes are left out"},
        {"0xFFu == i", CHURN_E_UNSUPPORTED, 501, 1, 1, "without `u`"},
        {"18446744073709551615U == i", CHURN_E_UNSUPPORTED, 501, 1, 1, "without `u`"},
        {"'x' in {'x': 1}", CHURN_E_UNSUPPORTED, 501, 1, 8, "maps are left out"},
        {"a.`b-c`", CHURN_E_PARSE, 101, 1, 3, "names are written without quotes"},
        {"a?.b", CHURN_E_UNSUPPORTED, 501, 1, 2, "`?.` is left out: write has(x) ? x : y"},
        {"'x'.lowerAscii() == 'x'", CHURN_E_UNSUPPORTED, 501, 1, 5, "`lowerAscii` is left out"},
        {"'%d'.format([1]) == '1'", CHURN_E_UNSUPPORTED, 501, 1, 6, "join strings with `+`"},
        {"days_since('login') > 10", CHURN_E_UNSUPPORTED, 501, 1, 1, "write metric.<id>"},
        {"tags", CHURN_E_UNSUPPORTED, 501, 1, 1, "a list as a result"},
        {"[1]", CHURN_E_UNSUPPORTED, 501, 1, 1, "a list as a result"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_bad(*state, &cases[i]);
    }
}

static void compile__functions_left_out__say_what_to_write(void **state)
{
    static const struct {
        const char *call, *instead;
    } cases[] = {{"tags.all(t, t == 'x')", "count with a metric and a filter"},
                 {"tags.all(i, t, t == 'x')", "count with a metric and a filter"},
                 {"tags.exists(t, t == 'x')", "count with a metric and a filter"},
                 {"tags.exists_one(t, t == 'x')", "count with a metric and a filter"},
                 {"tags.existsOne(i, t, t == 'x')", "count with a metric and a filter"},
                 {"tags.map(t, t)", "count with a metric and a filter"},
                 {"tags.filter(t, t == 'x')", "count with a metric and a filter"},
                 {"tags.transformList(i, t, t)", "count with a metric and a filter"},
                 {"tags.transformMap(k, v, v)", "count with a metric and a filter"},
                 {"tags.transformMapEntry(k, v, {k: v})", "count with a metric and a filter"},
                 {"cel.bind(x, 1, x + x)", "write the value where it is used"},
                 {"cel.block([1], 2)", "write the value where it is used"},
                 {"type(1)", "types are known when an expression is compiled"},
                 {"uint(1)", "use int()"},
                 {"bytes('a')", "use strings"},
                 {"base64.encode('a')", "use strings as they are"},
                 {"base64.decode('a')", "use strings as they are"},
                 {"'%s'.format(['a'])", "join strings with `+` and string()"},
                 {"tags.join('-')", "join strings with `+`"},
                 {"'a'.split(',')", "contains() or startsWith()"},
                 {"'a'.lowerAscii()", "contains() or startsWith()"},
                 {"'a'.upperAscii()", "contains() or startsWith()"},
                 {"'a'.trim()", "contains() or startsWith()"},
                 {"'a'.replace('a', 'b')", "contains() or startsWith()"},
                 {"'a'.substring(1)", "contains() or startsWith()"},
                 {"'a'.charAt(0)", "contains() or startsWith()"},
                 {"'a'.indexOf('b')", "contains() or startsWith()"},
                 {"'a'.lastIndexOf('b')", "contains() or startsWith()"},
                 {"'a'.reverse()", "contains() or startsWith()"},
                 {"strings.quote('a')", "contains() or startsWith()"},
                 {"regex.replace('a', 'b', 'c')", "contains() or startsWith()"},
                 {"regex.extract('a', 'b')", "contains() or startsWith()"},
                 {"regex.extractAll('a', 'b')", "contains() or startsWith()"},
                 {"ip('::1')", "contains() or startsWith()"},
                 {"isIP('::1')", "contains() or startsWith()"},
                 {"cidr('::1/8')", "contains() or startsWith()"},
                 {"isCIDR('::1/8')", "contains() or startsWith()"},
                 {"tags.slice(0, 1)", "use `in` to ask what a list has"},
                 {"[[1]].flatten()", "use `in` to ask what a list has"},
                 {"tags.sort()", "use `in` to ask what a list has"},
                 {"tags.sortBy(t, t)", "use `in` to ask what a list has"},
                 {"lists.range(3)", "use `in` to ask what a list has"},
                 {"sets.contains(tags, ['a'])", "use `in` to ask what a list has"},
                 {"sets.equivalent(tags, ['a'])", "use `in` to ask what a list has"},
                 {"sets.intersects(tags, ['a'])", "use `in` to ask what a list has"},
                 {"i.or(1)", "or is `||`"},
                 {"i.orValue(1)", "write has(x) ? x : y"},
                 {"i.hasValue()", "write has(x)"},
                 {"i.value()", "guarded by has()"},
                 {"i.optMap(x, x + 1)", "write has(x) ? x : y"},
                 {"i.optFlatMap(x, x)", "write has(x) ? x : y"},
                 {"optional.of(i)", "write has(x) ? x : y"},
                 {"optional.ofNonZeroValue(i)", "write has(x) ? x : y"},
                 {"optional.none()", "write has(x) ? x : y"},
                 {"proto.hasExt(i, a.b)", "use has()"},
                 {"proto.getExt(i, a.b)", "name the values one by one"}};
    kit *k = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        churn__expr *expr = NULL;
        churn_error err = {.struct_size = sizeof err};
        churn_status st = kit_compile(k, churn__str_nts(cases[i].call), 0, 0, &expr, &err);
        if (st != CHURN_E_UNSUPPORTED || err.detail != CHURN__EXPR_EXCLUDED ||
            strstr(err.message, " is left out: ") == NULL ||
            strstr(err.message, cases[i].instead) == NULL) {
            fail_msg("`%s`: got %s %d: %s", cases[i].call, churn_status_name(st), err.detail,
                     err.message);
        }
    }
}

static void compile__wanted_type__is_enforced(void **state)
{
    kit *k = *state;
    churn__expr *expr = NULL;
    churn_error err = {.struct_size = sizeof err};
    assert_int_equal(kit_compile(k, CHURN__STR("metric.x"), CHURN__TYPE_BOOL, 0, &expr, &err),
                     CHURN_E_TYPE);
    assert_int_equal(err.detail, CHURN__EXPR_NOT_BOOL);
    assert_string_equal(err.message, "a condition must be bool, this is double");
    assert_int_equal(kit_compile(k, CHURN__STR("'x'"), CHURN__TYPE_DOUBLE, 0, &expr, &err),
                     CHURN_E_TYPE);
    assert_ok(kit_compile(k, CHURN__STR("i"), CHURN__TYPE_DOUBLE, 0, &expr, &err));
    assert_int_equal(churn__expr_type(expr), CHURN__TYPE_DOUBLE);
    churn__expr_free(expr);
}

static void compile__strict__switches_coercion_off(void **state)
{
    static const char *const only_lenient[] = {"metric.x > 5",     "metric.x + 1",
                                               "1 == 1.0",         "metric.x in [1, 2]",
                                               "a ? metric.x : 0", "params.days * 1.5"};
    for (size_t i = 0; i < sizeof only_lenient / sizeof *only_lenient; i++) {
        kit *k = *state;
        churn__expr *expr = NULL;
        churn_str text = churn__str_nts(only_lenient[i]);
        assert_int_equal(kit_compile(k, text, 0, CHURN__EXPR_STRICT_CEL, &expr, NULL),
                         CHURN_E_TYPE);
        assert_null(expr);
        assert_ok(kit_compile(k, text, 0, 0, &expr, NULL));
        churn__expr_free(expr);
    }
}

/* ---- limits ---- */

static char *repeat(kit *k, const char *head, const char *unit, uint32_t n, const char *tail)
{
    churn__buf buf;
    churn__buf_init(&buf, k->heap);
    churn__buf_text(&buf, head);
    for (uint32_t i = 0; i < n; i++) {
        churn__buf_text(&buf, unit);
    }
    churn__buf_text(&buf, tail);
    assert_false(buf.failed);
    char *out = strdup(buf.data);
    churn__buf_clear(&buf);
    return out;
}

static churn_status try_text(kit *k, char *text, churn_error *err)
{
    churn__expr *expr = NULL;
    churn_status st = kit_compile(k, churn__str_nts(text), 0, 0, &expr, err);
    churn__expr_free(expr);
    free(text);
    return st;
}

static void compile__what_cel_demands_at_least__fits(void **state)
{
    kit *k = *state;
    assert_ok(try_text(k, repeat(k, "a", " || a", 32, ""), NULL));
    assert_ok(try_text(k, repeat(k, "a", " && a", 32, ""), NULL));
    assert_ok(try_text(k, repeat(k, "", "a ? i : ", 24, "i"), NULL));
    assert_ok(try_text(k, repeat(k, "i", " + i - i", 24, ""), NULL));
    assert_ok(try_text(k, repeat(k, "i", " * i / i", 24, ""), NULL));
    assert_ok(try_text(k, repeat(k, "i < 1", " == a", 24, ""), NULL));
    assert_ok(try_text(k, repeat(k, "math.least(i", ", i", 31, ")"), NULL));
    assert_ok(try_text(k, repeat(k, "i in [i", ", 1", 31, "]"), NULL));
    assert_ok(try_text(k, repeat(k, "", "!", 32, "a"), NULL));
    char *closed = repeat(k, "i", ")", 12, "");
    assert_ok(try_text(k, repeat(k, "", "int(", 12, closed), NULL));
    free(closed);
}

static void compile__limits__are_exact(void **state)
{
    kit *k = *state;
    churn_error err = {.struct_size = sizeof err};
    assert_ok(try_text(k, repeat(k, "i in [", "1,", 256, "]"), &err));
    assert_int_equal(try_text(k, repeat(k, "i in [", "1,", 257, "]"), &err), CHURN_E_LIMIT);
    assert_int_equal(err.detail, CHURN__EXPR_TOO_MANY);
    assert_int_equal(err.column, 7 + 2 * 256);

    assert_ok(try_text(k, repeat(k, "a", "||a", 255, ""), &err)); /* 511 nodes */
    assert_int_equal(try_text(k, repeat(k, "a", "||a", 256, ""), &err), CHURN_E_LIMIT);
    assert_int_equal(err.detail, CHURN__EXPR_TOO_MANY);

    char *closed = repeat(k, "1", ")", 63, "");
    assert_ok(try_text(k, repeat(k, "", "(", 63, closed), &err));
    free(closed);
    assert_int_equal(try_text(k, repeat(k, "", "(", 64, "1"), &err), CHURN_E_LIMIT);
    assert_int_equal(err.detail, CHURN__EXPR_TOO_DEEP);
    assert_int_equal(try_text(k, repeat(k, "", "[", 8000, ""), &err), CHURN_E_LIMIT);
    assert_int_equal(err.detail, CHURN__EXPR_TOO_DEEP);

    assert_ok(try_text(k, repeat(k, "a", " ", 8191, ""), &err));
    assert_int_equal(try_text(k, repeat(k, "a", " ", 8192, ""), &err), CHURN_E_LIMIT);
    assert_int_equal(err.detail, CHURN__EXPR_TOO_LONG);
}

static void compile__random_bytes__never_crash(void **state)
{
    static const char *const parts[] = {
        "a",    "i",    "metric.x", "(",  ")",   "[",   "]",        ",",    "&&",
        "||",   "!",    "?",        ":",  "<",   "==",  "+",        "-",    "*",
        "/",    "%",    " ",        "1",  "2.5", "'s'", "true",     ".",    "in",
        "has(", "int(", ".size()",  "\n", "\"",  "\\",  "\xC3\xA9", "tags", "dyn("};
    kit *k = *state;
    uint64_t seed = 7;
    for (int round = 0; round < 20000; round++) {
        char text[128];
        size_t len = 0;
        uint64_t n = kit_random(&seed) % 14;
        for (uint64_t i = 0; i < n; i++) {
            const char *part = parts[kit_random(&seed) % (sizeof parts / sizeof *parts)];
            memcpy(text + len, part, strlen(part));
            len += strlen(part);
        }
        for (uint64_t i = kit_random(&seed) % 8; len > 0 && i == 0; i++) {
            text[kit_random(&seed) % len] = (char)kit_random(&seed);
        }
        churn__expr *expr = NULL;
        churn_error err = {.struct_size = sizeof err};
        churn_status st = kit_compile(k, (churn_str){text, len}, 0, 0, &expr, &err);
        assert_true(st == CHURN_OK || (err.line >= 1 && err.column >= 1 && err.message[0] != '\0'));
        churn__expr_free(expr);
    }
}

/* ---- what is asked of a compiled expression ---- */

static void expr__slots__are_distinct_and_ascending(void **state)
{
    uint32_t count = 0;
    churn__expr *expr =
        kit_expr(*state, "metric.x > 1 || has(customer.plan) && a && metric.x < params.days");
    const uint32_t *slots = churn__expr_slots(expr, &count);
    const uint32_t want[] = {0, 2, 4};
    assert_int_equal(count, 3);
    assert_memory_equal(slots, want, sizeof want);
    churn__expr_free(expr);
}

static void expr__can_be_unknown__is_proved(void **state)
{
    static const struct {
        const char *text;
        bool unknown;
    } cases[] = {{"metric.x > 5", true},
                 {"true", false},
                 {"a", true},
                 {"has(a)", false},
                 {"as_of == as_of", false},
                 {"has(metric.x) && metric.x > 5", false},
                 {"metric.x > 5 && has(metric.x)", false},
                 {"!has(metric.x) || metric.x > 5", false},
                 {"has(metric.x) || metric.x > 5", true},
                 {"has(metric.x) ? metric.x > 5 : false", false},
                 {"has(metric.x) ? a : false", true},
                 {"(has(metric.x) ? metric.x : 0) > 5", false},
                 {"metric.x > 5 && false", false},
                 {"a || !a", true},
                 {"params.days > 5", false},
                 {"has(a) && has(metric.x) && a && metric.x > i", true},
                 {"has(a) && has(i) && has(metric.x) && a && metric.x > i", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        churn__expr *expr = kit_expr(*state, cases[i].text);
        if (churn__expr_can_be_unknown(expr) != cases[i].unknown) {
            fail_msg("`%s`", cases[i].text);
        }
        churn__expr_free(expr);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(compile__bad_syntax__says_where, open, close),
        cmocka_unit_test_setup_teardown(compile__unknown_names__are_errors_with_a_suggestion, open,
                                        close),
        cmocka_unit_test_setup_teardown(compile__suggestion__is_also_given_alone, open, close),
        cmocka_unit_test_setup_teardown(compile__types__do_not_mix, open, close),
        cmocka_unit_test_setup_teardown(compile__constants_that_are_none__say_what_is_wrong, open,
                                        close),
        cmocka_unit_test_setup_teardown(compile__several_mistakes__are_each_told_once, open, close),
        cmocka_unit_test_setup_teardown(compile__forms_left_out__say_what_to_write, open, close),
        cmocka_unit_test_setup_teardown(compile__functions_left_out__say_what_to_write, open,
                                        close),
        cmocka_unit_test_setup_teardown(compile__wanted_type__is_enforced, open, close),
        cmocka_unit_test_setup_teardown(compile__strict__switches_coercion_off, open, close),
        cmocka_unit_test_setup_teardown(compile__what_cel_demands_at_least__fits, open, close),
        cmocka_unit_test_setup_teardown(compile__limits__are_exact, open, close),
        cmocka_unit_test_setup_teardown(compile__random_bytes__never_crash, open, close),
        cmocka_unit_test_setup_teardown(expr__slots__are_distinct_and_ascending, open, close),
        cmocka_unit_test_setup_teardown(expr__can_be_unknown__is_proved, open, close),
    };
    return RUN_TESTS(tests);
}
