/* SPDX-License-Identifier: MIT */
#include "expr_kit.h"

#include <math.h>

#include "base/file.h"
#include "base/num.h"

/*
 * The cases of CEL's own conformance suite (google/cel-spec, tests/simple), as JSON lines, judged
 * in strict mode. What the profile leaves out is skipped with the reason; everything else must
 * pass.
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

/* {"int": "5"} and its like. False: a type that expressions do not have. */
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
    } else {
        return false;
    }
    return true;
}

/* Features of the whole language that a case uses and the profile does not do. */
static const char *skip_reason(const one_case *c)
{
    static const struct {
        const char *needle, *why;
    } features[] = {{"null", "null is left out"},
                    {"duration", "durations are not values yet"},
                    {".get", "parts of timestamps are not taken yet"}};
    static const struct {
        const char *name, *why;
    } cases[] = {
        {"unbound_is_runtime_error", "unknown names are errors when compiled"},
        {"not_eq_list_length", "lists are not compared"},
        {"eq_list_elem_mixed_types", "lists are not compared"},
        {"eq_mixed_types", "needs the type checker off"},
        {"short_circuit_type_right", "needs the type checker off"},
        {"short_circuit_type_left", "needs the type checker off"},
        {"not_eq_list_string_case", "lists are not compared"},
        {"not_eq_list_false_vs_types", "lists are not compared"},
        {"ne_list_empty", "lists are not compared"},
        {"not_ne_list_empty", "lists are not compared"},
        {"not_ne_list_of_list", "lists are not compared"},
        {"list_eq_right_false", "lists are not compared"},
        {"self_eval_list_singleitem", "a list is no result"},
        {"skip_check", "a list is no result"},
    };
    for (size_t i = 0; i < sizeof features / sizeof *features; i++) {
        if (churn__str_contains(c->expr, churn__str_nts(features[i].needle)) ||
            churn__str_contains(c->bindings, churn__str_nts(features[i].needle))) {
            return features[i].why;
        }
    }
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (churn__str_eq(c->name, churn__str_nts(cases[i].name))) {
            return cases[i].why;
        }
    }
    if (churn__str_eq(c->section, CHURN__STR("concatenation")) &&
        churn__str_eq(c->file, CHURN__STR("lists"))) {
        return "lists are not joined";
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

static bool read_bindings(churn_str raw, churn__arena *arena, bound *out)
{
    json in = {raw.ptr, raw.ptr + raw.len, arena};
    out->count = 0;
    if (raw.len == 0) {
        return true;
    }
    assert_true(json_take(&in, '['));
    while (json_take(&in, '[')) {
        uint32_t i = out->count++;
        churn_str name = json_string(&in);
        assert_true(name.len < 32 && json_take(&in, ','));
        memcpy(out->text[i], name.ptr, name.len);
        out->text[i][name.len] = '\0';
        if (!read_value(&in, &out->values[i])) {
            return false;
        }
        out->names[i] = (kit_name){.name = out->text[i], .type = out->values[i].type};
        out->columns[i] =
            (churn__column){.type = out->values[i].type, .values = &out->values[i].as};
        json_skip(&in);
        json_take(&in, '}');
        json_take(&in, ']');
        json_take(&in, ',');
    }
    return true;
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

/* NULL: passed. */
static const char *judge(const one_case *c, kit *k, bound *b, churn__arena *arena)
{
    churn__expr *expr = NULL;
    churn__value want = {0}, got = {0};
    churn__truth truth = CHURN__ERROR;
    json expect = {c->expect.ptr, c->expect.ptr + c->expect.len, arena};
    bool has_value = read_value(&expect, &want);
    bool want_error = churn__str_contains(c->expect, CHURN__STR("\"error\""));
    churn_error err = {.struct_size = sizeof err};
    k->names = b->names;
    k->count = b->count;
    churn_status st = kit_compile(k, c->expr, 0, CHURN__EXPR_STRICT_CEL, &expr, &err);
    if (st != CHURN_OK) {
        churn__expr_free(expr);
        return want_error ? NULL : "does not compile";
    }
    st = churn__expr_value(expr, b->columns, 0, k->scratch, &got, &truth, &err);
    const char *verdict = NULL;
    if (st != CHURN_OK || truth == CHURN__UNKNOWN) {
        verdict = "does not run";
    } else if (want_error != (truth == CHURN__ERROR)) {
        verdict = want_error ? "gives a value instead of an error" : "gives an error";
    } else if (!want_error && (!has_value || !same_value(&want, &got))) {
        verdict = "gives another value";
    }
    churn__expr_free(expr);
    return verdict;
}

static void run_line(churn_str line, kit *k, int counts[3])
{
    churn__arena arena;
    churn__arena_init(&arena, k->heap);
    json in = {line.ptr, line.ptr + line.len, &arena};
    one_case c = read_case(&in);
    bound b;
    if (churn__str_eq(c.level, CHURN__STR("core")) ||
        churn__str_eq(c.section, CHURN__STR("matches"))) {
        const char *skip = skip_reason(&c), *verdict = NULL;
        if (skip == NULL && !read_bindings(c.bindings, &arena, &b)) {
            skip = "a variable of a type that is left out";
        }
        if (skip == NULL) {
            verdict = judge(&c, k, &b, &arena);
        }
        counts[skip != NULL ? 1 : verdict != NULL ? 2 : 0]++;
        if (skip != NULL || verdict != NULL) {
            print_message("# %.*s/%.*s/%.*s: %s%s\n", (int)c.file.len, c.file.ptr,
                          (int)c.section.len, c.section.ptr, (int)c.name.len, c.name.ptr,
                          skip != NULL ? "not run: " : "FAILS: ", skip != NULL ? skip : verdict);
        }
    }
    churn__arena_clear(&arena);
}

static void conformance__core_cases__pass(void **state)
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
    int counts[3] = {0};
    for (const char *at = data, *end = data + size; at < end;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop != NULL ? stop : end;
        run_line((churn_str){at, (size_t)(stop - at)}, &k, counts);
        at = stop + 1;
    }
    print_message("# %d of %d pass, %d not run\n", counts[0], counts[0] + counts[1] + counts[2],
                  counts[1]);
    churn__free(k.heap, data, size + 1);
    kit_close(&k);
    assert_int_equal(counts[2], 0);
    assert_true(counts[0] >= 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(conformance__core_cases__pass)};
    return RUN_TESTS(tests);
}
