/* SPDX-License-Identifier: MIT */
#include "expr_kit.h"

#include <math.h>

#include "base/file.h"
#include "base/num.h"

/*
 * The cases of CEL's own conformance suite (google/cel-spec, tests/simple), as JSON lines, judged
 * in strict mode, and without the checker where they say so. Level core must pass as a whole; of
 * level extra, what the profile leaves out is not run, with the reason.
 */

/* ---- JSON, as much of it as the cases use ---- */

typedef struct json {
    const char *at, *end;
    churn__arena *arena;
} json;

static void json_space(json *in)
{
    while (in->at < in->end && (*in->at == ' ' || *in->at == '\t')) {
        in->at++;
    }
}

static bool json_take(json *in, char c)
{
    json_space(in);
    if (in->at < in->end && *in->at == c) {
        in->at++;
        return true;
    }
    return false;
}

static uint32_t json_hex(json *in)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        char c = *in->at++;
        value = value * 16 + (uint32_t)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
    }
    return value;
}

static size_t json_utf8(uint32_t c, char *out)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 63));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 63));
        out[2] = (char)(0x80 | (c & 63));
        return 3;
    }
    out[0] = (char)(0xF0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 63));
    out[2] = (char)(0x80 | (c >> 6 & 63));
    out[3] = (char)(0x80 | (c & 63));
    return 4;
}

static churn_str json_string(json *in)
{
    static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";
    assert_true(json_take(in, '"'));
    char *out = churn__arena_alloc(in->arena, (size_t)(in->end - in->at) + 1);
    size_t len = 0;
    while (*in->at != '"') {
        if (*in->at != '\\') {
            out[len++] = *in->at++;
            continue;
        }
        char c = in->at[1];
        in->at += 2;
        const char *known = strchr(from, c);
        if (c != 'u') {
            out[len++] = known != NULL ? to[known - from] : c;
            continue;
        }
        uint32_t code = json_hex(in);
        if (code >= 0xD800 && code < 0xDC00) {
            in->at += 2;
            code = 0x10000 + ((code - 0xD800) << 10) + (json_hex(in) - 0xDC00);
        }
        len += json_utf8(code, out + len);
    }
    in->at++;
    return (churn_str){out, len};
}

/* The text of any value, unread. */
static churn_str json_skip(json *in)
{
    json_space(in);
    const char *start = in->at;
    int depth = 0;
    do {
        char c = *in->at;
        if (c == '"') {
            json_string(in);
            continue;
        }
        depth += (c == '{' || c == '[') - (c == '}' || c == ']');
        in->at++;
    } while (in->at < in->end && (depth > 0 || (*in->at != ',' && *in->at != '}')));
    return (churn_str){start, (size_t)(in->at - start)};
}

/* ---- cases ---- */

typedef struct one_case {
    churn_str file, section, name, expr, level, bindings, expect;
    bool unchecked;
} one_case;

static one_case read_case(json *in)
{
    one_case c = {0};
    const struct {
        const char *key;
        churn_str *to;
    } texts[] = {{"file", &c.file},
                 {"section", &c.section},
                 {"name", &c.name},
                 {"expr", &c.expr},
                 {"level", &c.level}};
    assert_true(json_take(in, '{'));
    do {
        churn_str key = json_string(in), *to = NULL;
        assert_true(json_take(in, ':'));
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
            to = churn__str_eq(key, churn__str_nts(texts[i].key)) ? texts[i].to : to;
        }
        if (to != NULL) {
            *to = json_string(in);
            continue;
        }
        churn_str raw = json_skip(in);
        if (churn__str_eq(key, CHURN__STR("bindings"))) {
            c.bindings = raw;
        } else if (churn__str_eq(key, CHURN__STR("expect"))) {
            c.expect = raw;
        } else {
            c.unchecked = c.unchecked || churn__str_eq(key, CHURN__STR("disable_check"));
        }
    } while (json_take(in, ','));
    return c;
}

/* ---- values: as text of the language ---- */

typedef struct writer {
    char *at;
} writer;

static void put(writer *to, const char *text)
{
    size_t len = strlen(text);
    memcpy(to->at, text, len);
    to->at += len;
}

static void put_string(writer *to, churn_str s)
{
    static const char hex[] = "0123456789abcdef";
    *to->at++ = '"';
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c < 32 || c == '"' || c == '\\') {
            const char escape[] = {'\\', 'x', hex[c >> 4], hex[c & 15], 0};
            put(to, escape);
        } else {
            *to->at++ = (char)c;
        }
    }
    *to->at++ = '"';
}

static int64_t json_int(json *in)
{
    json_space(in);
    char digits[32];
    size_t len = 0;
    while (*in->at == '-' || (*in->at >= '0' && *in->at <= '9')) {
        digits[len++] = *in->at++;
    }
    int64_t value = 0;
    assert_true(churn__int_parse(digits, len, &value));
    return value;
}

/* [seconds, nanoseconds] as duration("...") or timestamp(0) + duration("..."). */
static void put_instant(json *in, writer *to, bool timestamp)
{
    char text[96];
    assert_true(json_take(in, '['));
    int64_t seconds = json_int(in);
    assert_true(json_take(in, ','));
    int64_t nanos = json_int(in);
    assert_true(json_take(in, ']'));
    snprintf(text, sizeof text, "(%s%lld%s duration(\"%lldns\"))",
             timestamp ? "timestamp(" : "duration(\"", (long long)seconds,
             timestamp ? ") +" : "s\") +", (long long)nanos);
    put(to, text);
}

static void put_double(writer *to, churn_str s)
{
    bool minus = s.ptr[0] == '-';
    if (churn__str_eq(s, CHURN__STR("nan"))) {
        put(to, "(0.0/0.0)");
    } else if (s.ptr[s.len - 1] == 'f') {
        put(to, minus ? "(-1.0/0.0)" : "(1.0/0.0)");
    } else {
        memcpy(to->at, s.ptr, s.len);
        to->at += s.len;
    }
}

/* False: a value of a kind that the language does not have. */
static bool put_value(json *in, writer *to)
{
    bool known = true;
    assert_true(json_take(in, '{'));
    churn_str key = json_string(in);
    assert_true(json_take(in, ':'));
    json_space(in);
    if (churn__str_eq(key, CHURN__STR("bool"))) {
        put(to, *in->at == 't' ? "true" : "false");
        json_skip(in);
    } else if (churn__str_eq(key, CHURN__STR("null"))) {
        put(to, "null");
        json_skip(in);
    } else if (churn__str_eq(key, CHURN__STR("int"))) {
        churn_str s = json_string(in);
        memcpy(to->at, s.ptr, s.len);
        to->at += s.len;
    } else if (churn__str_eq(key, CHURN__STR("double"))) {
        put_double(to, json_string(in));
    } else if (churn__str_eq(key, CHURN__STR("string"))) {
        put_string(to, json_string(in));
    } else if (churn__str_eq(key, CHURN__STR("timestamp")) ||
               churn__str_eq(key, CHURN__STR("duration"))) {
        put_instant(in, to, key.ptr[0] == 't');
    } else if (churn__str_eq(key, CHURN__STR("list"))) {
        assert_true(json_take(in, '['));
        put(to, "[");
        while (!json_take(in, ']')) {
            known = put_value(in, to) && known;
            put(to, ",");
            json_take(in, ',');
        }
        put(to, "]");
    } else {
        known = false;
        json_skip(in);
    }
    json_take(in, '}');
    return known;
}

/* ---- values: as values ---- */

static bool read_instant(json *in, churn__value *out, bool timestamp)
{
    assert_true(json_take(in, '['));
    int64_t seconds = json_int(in);
    assert_true(json_take(in, ','));
    int64_t nanos = json_int(in);
    out->type = timestamp ? CHURN__TYPE_TIME : CHURN__TYPE_DURATION;
    out->as.i = timestamp ? seconds * 1000000 + nanos / 1000 : seconds * 1000000000 + nanos;
    json_take(in, ']');
    return !timestamp || nanos % 1000 == 0;
}

/* {"int": "5"} and its like. False: a type whose values do not leave an expression. */
static bool read_value(json *in, churn__value *out)
{
    assert_true(json_take(in, '{'));
    churn_str key = json_string(in);
    assert_true(json_take(in, ':'));
    *out = (churn__value){0};
    if (churn__str_eq(key, CHURN__STR("bool"))) {
        out->type = CHURN__TYPE_BOOL;
        json_space(in);
        out->as.b = *in->at == 't';
    } else if (churn__str_eq(key, CHURN__STR("int"))) {
        churn_str s = json_string(in);
        out->type = CHURN__TYPE_INT;
        assert_true(churn__int_parse(s.ptr, s.len, &out->as.i));
    } else if (churn__str_eq(key, CHURN__STR("double"))) {
        churn_str s = json_string(in);
        out->type = CHURN__TYPE_DOUBLE;
        if (churn__str_eq(s, CHURN__STR("nan"))) {
            out->as.d = (double)NAN;
        } else if (s.ptr[s.len - 1] == 'f') {
            out->as.d = s.ptr[0] == '-' ? -(double)INFINITY : (double)INFINITY;
        } else {
            assert_true(churn__double_parse(s.ptr, s.len, &out->as.d));
        }
    } else if (churn__str_eq(key, CHURN__STR("string"))) {
        out->type = CHURN__TYPE_STRING;
        out->as.s = json_string(in);
    } else if (churn__str_eq(key, CHURN__STR("timestamp")) ||
               churn__str_eq(key, CHURN__STR("duration"))) {
        return read_instant(in, out, key.ptr[0] == 't');
    } else {
        return false;
    }
    return true;
}

/* Features that the profile leaves out, by what a case looks like; core has none of them. */
static const char *skip_reason(const one_case *c)
{
    static const struct {
        const char *needle, *why;
    } features[] = {
        {"{", "maps and messages"},  {".exists", "comprehensions"},  {".all(", "comprehensions"},
        {".map(", "comprehensions"}, {".filter(", "comprehensions"}, {"'][", "indexing"},
        {"](", "indexing"}};
    if (churn__str_contains(c->bindings, CHURN__STR("\"map\""))) {
        return "maps and messages";
    }
    if (churn__str_contains(c->expr, CHURN__STR(".matches("))) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof features / sizeof *features; i++) {
        if (churn__str_contains(c->expr, churn__str_nts(features[i].needle))) {
            return features[i].why;
        }
    }
    for (size_t i = 1; i < c->expr.len; i++) {
        char before = c->expr.ptr[i - 1];
        bool value = before == ']' || before == ')' || (before >= 'a' && before <= 'z');
        if (c->expr.ptr[i] == '[' && value) {
            return "indexing";
        }
    }
    return NULL;
}

typedef struct bound {
    char text[8][32];
    kit_name names[8];
    churn__value values[8];
    churn__column columns[8];
    uint32_t count;
} bound;

static bool is_word(char ch)
{
    return (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') || ch == '_';
}

/* A value instead of a name. */
static void put_in_place(one_case *c, churn_str name, json *value, churn__arena *arena)
{
    char *text = churn__arena_alloc(arena, 65536);
    writer to = {text};
    for (size_t i = 0; i < c->expr.len;) {
        bool starts = i == 0 || !is_word(c->expr.ptr[i - 1]);
        bool ends = i + name.len == c->expr.len ||
                    (i + name.len < c->expr.len && !is_word(c->expr.ptr[i + name.len]));
        if (starts && ends && memcmp(c->expr.ptr + i, name.ptr, name.len) == 0) {
            json copy = *value;
            assert_true(put_value(&copy, &to));
            i += name.len;
        } else {
            *to.at++ = c->expr.ptr[i++];
        }
    }
    c->expr = (churn_str){text, (size_t)(to.at - text)};
}

/* Variables of the types that columns have are columns; of null, a name that is nullable and
 * missing; lists, which columns have of strings only, take the place of their names in the text. */
static void read_bindings(one_case *c, churn__arena *arena, bound *out)
{
    static const churn__missing gone = CHURN__NOT_PROVIDED;
    json in = {c->bindings.ptr, c->bindings.ptr + c->bindings.len, arena};
    out->count = 0;
    if (c->bindings.len == 0) {
        return;
    }
    assert_true(json_take(&in, '['));
    while (json_take(&in, '[')) {
        uint32_t i = out->count++;
        churn_str name = json_string(&in);
        assert_true(name.len < 32 && json_take(&in, ','));
        memcpy(out->text[i], name.ptr, name.len);
        out->text[i][name.len] = '\0';
        json value = in;
        json_skip(&in);
        json_take(&in, '}');
        json_take(&in, ']');
        json_take(&in, ',');
        json copy = value;
        bool scalar = read_value(&copy, &out->values[i]);
        bool null = !scalar && churn__str_contains((churn_str){value.at, 7}, CHURN__STR("null"));
        churn__type type = scalar ? out->values[i].type : CHURN__TYPE_INT;
        out->names[i] = (kit_name){.name = out->text[i], .type = type, .nullable = null};
        out->columns[i] = (churn__column){
            .type = type, .values = &out->values[i].as, .missing = null ? &gone : NULL};
        if (!scalar && !null) {
            put_in_place(c, name, &value, arena);
            out->count--;
        }
    }
}

static bool same_value(const churn__value *a, const churn__value *b)
{
    if (a->type != b->type) {
        return false;
    }
    switch (a->type) {
    case CHURN__TYPE_BOOL:
        return a->as.b == b->as.b;
    case CHURN__TYPE_DOUBLE:
        return a->as.d == b->as.d ? signbit(a->as.d) == signbit(b->as.d)
                                  : a->as.d != a->as.d && b->as.d != b->as.d;
    case CHURN__TYPE_STRING:
        return churn__str_eq(a->as.s, b->as.s);
    default:
        return a->as.i == b->as.i;
    }
}

/* What does not leave an expression is compared inside: null, lists, instants with nanoseconds. */
static void compare_inside(one_case *c, churn__value *want, churn__arena *arena)
{
    char *text = churn__arena_alloc(arena, 65536);
    writer to = {text};
    json expect = {c->expect.ptr, c->expect.ptr + c->expect.len, arena};
    put(&to, "(");
    memcpy(to.at, c->expr.ptr, c->expr.len);
    to.at += c->expr.len;
    put(&to, "\n) == ");
    assert_true(put_value(&expect, &to));
    c->expr = (churn_str){text, (size_t)(to.at - text)};
    *want = (churn__value){.type = CHURN__TYPE_BOOL, .as.b = 1};
}

/* NULL: passed. */
static const char *judge(one_case *c, kit *k, bound *b, churn__arena *arena)
{
    churn__expr *expr = NULL;
    churn__value want = {0}, got = {0};
    churn__truth truth = CHURN__ERROR, column = CHURN__UNKNOWN;
    json expect = {c->expect.ptr, c->expect.ptr + c->expect.len, arena};
    bool want_error = churn__str_contains(c->expect, CHURN__STR("\"error\""));
    churn_error err = {.struct_size = sizeof err};
    if (!want_error && !read_value(&expect, &want)) {
        compare_inside(c, &want, arena);
    }
    k->names = b->names;
    k->count = b->count;
    uint32_t flags = CHURN__EXPR_STRICT_CEL | (c->unchecked ? CHURN__EXPR_UNCHECKED : 0);
    churn_status st = kit_compile(k, c->expr, 0, flags, &expr, &err);
    if (st != CHURN_OK) {
        churn__expr_free(expr);
        if (!want_error) {
            print_message("# %s\n", err.message);
        }
        return want_error ? NULL : "does not compile";
    }
    st = churn__expr_value(expr, b->columns, 0, k->scratch, &got, &truth, &err);
    const char *verdict = NULL;
    if (st != CHURN_OK || truth == CHURN__UNKNOWN) {
        verdict = "does not run";
    } else if (want_error != (truth == CHURN__ERROR)) {
        verdict = want_error ? "gives a value instead of an error" : "gives an error";
    } else if (!want_error && !same_value(&want, &got)) {
        verdict = "gives another value";
    }
    if (verdict == NULL && churn__expr_type(expr) == CHURN__TYPE_BOOL) {
        assert_ok(churn__expr_truth(expr, b->columns, 1, k->scratch, &column, NULL));
        churn__truth wanted = want_error ? CHURN__ERROR : want.as.b ? CHURN__TRUE : CHURN__FALSE;
        verdict = column == wanted ? NULL : "is something else by columns";
    }
    churn__expr_free(expr);
    return verdict;
}

enum { PASSED, NOT_RUN, FAILED };

/* Counts by level: core, then extra. */
static void run_line(churn_str line, kit *k, int counts[2][3])
{
    churn__arena arena;
    churn__arena_init(&arena, k->heap);
    json in = {line.ptr, line.ptr + line.len, &arena};
    one_case c = read_case(&in);
    bound b = {.count = 0};
    bool core = churn__str_eq(c.level, CHURN__STR("core"));
    const char *skip = core ? NULL : skip_reason(&c), *verdict = NULL;
    if (skip == NULL) {
        read_bindings(&c, &arena, &b);
        verdict = judge(&c, k, &b, &arena);
    }
    counts[core ? 0 : 1][skip != NULL ? NOT_RUN : verdict != NULL ? FAILED : PASSED]++;
    if (skip != NULL || verdict != NULL) {
        print_message("# %.*s/%.*s/%.*s: %s%s\n", (int)c.file.len, c.file.ptr, (int)c.section.len,
                      c.section.ptr, (int)c.name.len, c.name.ptr,
                      skip != NULL ? "not run: " : "FAILS: ", skip != NULL ? skip : verdict);
    }
    churn__arena_clear(&arena);
}

static void conformance__cases__pass(void **state)
{
    (void)state;
    char path[1024];
    const char *shared = getenv("CHURN_SHARED"), *root = getenv("CHURN_SOURCE_ROOT");
    snprintf(path, sizeof path, "%s%s/cel/conformance.jsonl", shared != NULL ? shared : root,
             shared != NULL ? "" : "/../shared");
    kit k;
    kit_open(&k, NULL, 0);
    char *data = NULL;
    size_t size = 0;
    if (churn__file_read(k.heap, path, 16u << 20, &data, &size) != CHURN__FILE_OK) {
        kit_close(&k);
        print_message("# no conformance cases: set CHURN_SHARED\n");
        skip();
    }
    int counts[2][3] = {{0}};
    for (const char *at = data, *end = data + size; at < end;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop != NULL ? stop : end;
        run_line((churn_str){at, (size_t)(stop - at)}, &k, counts);
        at = stop + 1;
    }
    for (int level = 0; level < 2; level++) {
        const int *of = counts[level];
        print_message("# %s: %d of %d pass, %d not run\n", level == 0 ? "core" : "extra",
                      of[PASSED], of[PASSED] + of[NOT_RUN] + of[FAILED], of[NOT_RUN]);
    }
    churn__free(k.heap, data, size + 1);
    kit_close(&k);
    assert_int_equal(counts[0][FAILED] + counts[0][NOT_RUN], 0);
    assert_true(counts[0][PASSED] >= 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(conformance__cases__pass)};
    return RUN_TESTS(tests);
}
