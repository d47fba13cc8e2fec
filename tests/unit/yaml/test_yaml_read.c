/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "failing.h"
#include "yaml/yaml.h"

/* ---- one reading, and what it found ---- */

typedef struct reading {
    churn__heap *heap;
    churn__arena arena;
    churn__yaml_node *root;
    churn__yaml_finding *findings;
    uint32_t count;
} reading;

static churn_status read_limited(reading *r, const char *text, size_t len,
                                 const churn_limits *given, const churn_allocator *allocator)
{
    churn_limits limits;
    assert_ok(churn__limits_resolve(given, &limits, NULL));
    memset(r, 0, sizeof *r);
    r->heap = churn__heap_create(allocator, 0);
    if (r->heap == NULL) {
        return CHURN_E_NOMEM;
    }
    churn__arena_init(&r->arena, r->heap);
    return churn__yaml_read(&r->arena, &limits, churn__str_arg(text, len), &r->root, &r->findings,
                            &r->count, NULL);
}

static void read_text(reading *r, const char *text)
{
    assert_ok(read_limited(r, text, CHURN_NTS, NULL, NULL));
}

static void done(reading *r)
{
    if (r->heap != NULL) {
        churn__arena_clear(&r->arena);
        churn__heap_release(r->heap);
    }
}

static const churn__yaml_node *at(const reading *r, const char *key)
{
    return churn__yaml_get(r->root, churn__str_nts(key));
}

static void assert_text(const churn__yaml_node *node, const char *text)
{
    assert_non_null(node);
    assert_int_equal(node->kind, CHURN__YAML_SCALAR);
    assert_string_equal(node->text.ptr, text);
    assert_int_equal(node->text.len, strlen(text));
}

/* ---- trees ---- */

static void yaml_read__block_and_flow__same_tree(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "a: 1\nb:\n  - x\n  - {c: 'two'}\n",
        "{a: 1, b: [x, {c: 'two'}]}",
        "\xEF\xBB\xBF# with a byte order mark\r\na: 1\r\nb: [x, {c: \"two\"}]\r\n",
        "---\n{\"a\": 1, \"b\": [\"x\", {\"c\": \"two\"}]}\n...\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        reading r;
        read_text(&r, texts[i]);
        assert_int_equal(r.count, 0);
        assert_int_equal(r.root->kind, CHURN__YAML_MAP);
        assert_int_equal(r.root->count, 2);
        assert_text(at(&r, "a"), "1");
        assert_true(at(&r, "a")->plain);
        const churn__yaml_node *b = at(&r, "b");
        assert_int_equal(b->kind, CHURN__YAML_SEQUENCE);
        assert_int_equal(b->count, 2);
        assert_text(b->items[0], "x");
        assert_text(churn__yaml_get(b->items[1], CHURN__STR("c")), "two");
        assert_false(churn__yaml_get(b->items[1], CHURN__STR("c"))->plain);
        assert_null(at(&r, "c"));
        done(&r);
    }
}

static void yaml_read__positions__count_code_points_from_one(void **state)
{
    (void)state;
    reading r;
    read_text(&r, "# é\n\"n\xC3\xA9\": {k: \xC3\xA9\xC3\xA9, next: v}\nlist:\n  - one\n");
    assert_int_equal(r.count, 0);
    const churn__yaml_node *map = at(&r, "n\xC3\xA9");
    assert_int_equal(map->line, 2);
    assert_int_equal(map->column, 7);
    assert_int_equal(map->keys[1]->column, 15);
    assert_int_equal(map->items[1]->column, 21);
    assert_int_equal(at(&r, "list")->items[0]->line, 4);
    assert_int_equal(at(&r, "list")->items[0]->column, 5);
    done(&r);
}

static void yaml_read__one_line__only_text_as_it_stands(void **state)
{
    (void)state;
    reading r;
    read_text(&r,
              "a: plain text\nb: 'quoted'\nc: 'it''s'\nd: \"\\n\"\ne: |\n  block\nf: two\n  lines\n"
              "g: \"quoted\"\n");
    static const struct {
        const char *key;
        bool one_line;
    } cases[] = {{"a", true},  {"b", true},  {"c", false}, {"d", false},
                 {"e", false}, {"f", false}, {"g", true}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(at(&r, cases[i].key)->one_line, cases[i].one_line);
    }
    assert_text(at(&r, "f"), "two lines");
    done(&r);
}

/* What JSON writes for U+1F600, in every style of scalar, without moving what follows. */
static void yaml_read__surrogate_pairs__as_json_means_them(void **state)
{
    (void)state;
    reading r;
    read_text(&r, "a: [\"x\\ud83d\\uDE00y\", after]\nb: \"\\\\uD83D\\\\uDE00\"\n"
                  "c: '\\uD83d\\ude00'\nd: \\uD83D\\uDE00 # \\uD83D\\uDE00\ne: \"\\uD83D\\uDE01\"\n"
                  "f: |\n  \\uD83D\\uDE02\n");
    assert_int_equal(r.count, 0);
    assert_text(at(&r, "a")->items[0], "x\xF0\x9F\x98\x80y");
    assert_int_equal(at(&r, "a")->items[1]->column, 23);
    assert_text(at(&r, "b"), "\\uD83D\\uDE00");
    assert_text(at(&r, "c"), "\\uD83d\\ude00");
    assert_text(at(&r, "d"), "\\uD83D\\uDE00");
    assert_text(at(&r, "e"), "\xF0\x9F\x98\x81");
    assert_text(at(&r, "f"), "\\uD83D\\uDE02\n");
    done(&r);
}

/* ---- faults ---- */

typedef struct fault {
    const char *text;
    int32_t code;
    uint32_t line, column;
} fault;

static const fault faults[] = {
    {"", CHURN__YAML_EMPTY, 1, 1},
    {"# nothing\n", CHURN__YAML_EMPTY, 1, 1},
    {"---\n", CHURN__YAML_EMPTY, 1, 1},
    {"a: [1, 2\nb: 3\n", CHURN__YAML_SYNTAX, 2, 2},
    {"a: 'open\n", CHURN__YAML_SYNTAX, 2, 1},
    {"a:\n\tb: 1\n", CHURN__YAML_SYNTAX, 2, 1},
    {"a: \"\\uD83D\"\n", CHURN__YAML_SYNTAX, 1, 7},
    {"a: \"\\uDE00\\uD83D\"\n", CHURN__YAML_SYNTAX, 1, 7},
    {"a: \xC3\xA9\x01\n", CHURN__YAML_SYNTAX, 1, 5},
    {"ok: 1\nb: \xC3\xA9\xFF\n", CHURN__YAML_NOT_UTF8, 2, 5},
    {"a: \xED\xA0\x80\n", CHURN__YAML_NOT_UTF8, 1, 4},
    {"%YAML 1.1\n---\na: 1\n", CHURN__YAML_DIRECTIVE, 1, 1},
    {"a: 1\n...\n%TAG ! tag:x,2000:\n---\nb: 1\n", CHURN__YAML_DIRECTIVE, 3, 1},
    {"a: &x 1\n", CHURN__YAML_ANCHOR, 1, 4},
    {"a: &x [1]\n", CHURN__YAML_ANCHOR, 1, 4},
    {"a: &x {b: 1}\n", CHURN__YAML_ANCHOR, 1, 4},
    {"a: *x\n", CHURN__YAML_ALIAS, 1, 4},
    {"a: !!str 1\n", CHURN__YAML_TAG, 1, 4},
    {"a: !x [1]\n", CHURN__YAML_TAG, 1, 4},
    {"a: ! {b: 1}\n", CHURN__YAML_TAG, 1, 4},
    {"a: 1\n---\nb: 2\n", CHURN__YAML_DOCUMENTS, 2, 1},
    {"a: 1\nb: 2\na: 3\n", CHURN__YAML_DUPLICATE, 3, 1},
    {"{a: 1, \"a\": 2}\n", CHURN__YAML_DUPLICATE, 1, 8},
    {"? [a, b]\n: 1\n", CHURN__YAML_KEY, 1, 3},
    {"a: 1\n<<: {b: 1}\n", CHURN__YAML_MERGE, 2, 1},
    {"a: \"x\\0y\"\n", CHURN__YAML_NUL, 1, 4},
};

static void yaml_read__faults__code_and_position(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        reading r;
        read_text(&r, faults[i].text);
        if (r.count != 1 || r.findings[0].code != faults[i].code ||
            r.findings[0].line != faults[i].line || r.findings[0].column != faults[i].column) {
            fail_msg("%s: %u findings, the first %d at %u:%u: %s", faults[i].text, r.count,
                     r.count > 0 ? r.findings[0].code : 0, r.count > 0 ? r.findings[0].line : 0,
                     r.count > 0 ? r.findings[0].column : 0,
                     r.count > 0 ? r.findings[0].message.ptr : "");
        }
        assert_true(r.root == NULL || faults[i].code == CHURN__YAML_DUPLICATE);
        done(&r);
    }
}

static void yaml_read__nul_in_the_text__found(void **state)
{
    (void)state;
    static const char text[] = "a: 1\nb: x\0y\n";
    reading r;
    assert_ok(read_limited(&r, text, sizeof text - 1, NULL, NULL));
    assert_int_equal(r.count, 1);
    assert_int_equal(r.findings[0].code, CHURN__YAML_NUL);
    assert_int_equal(r.findings[0].line, 2);
    assert_int_equal(r.findings[0].column, 5);
    done(&r);
}

static void yaml_read__duplicates__every_one_and_both_positions(void **state)
{
    (void)state;
    reading r;
    read_text(&r, "b: 1\na: 1\nb: 2\nc: {x: 1, y: 2, x: 3}\nb: 3\n");
    assert_int_equal(r.count, 3);
    assert_string_equal(r.findings[0].message.ptr, "duplicate key `x`: it stands at 4:5 already");
    assert_string_equal(r.findings[1].message.ptr, "duplicate key `b`: it stands at 1:1 already");
    assert_string_equal(r.findings[2].message.ptr, "duplicate key `b`: it stands at 3:1 already");
    assert_non_null(r.root);
    done(&r);
}

/* ---- limits ---- */

static void repeated(const char *unit, size_t bytes, int32_t code)
{
    size_t size = strlen(unit);
    char *text = malloc(bytes);
    assert_non_null(text);
    for (size_t i = 0; i < bytes; i++) {
        text[i] = unit[i % size];
    }
    reading r;
    assert_ok(read_limited(&r, text, bytes, NULL, NULL));
    assert_int_equal(r.count, 1);
    assert_int_equal(r.findings[0].code, code);
    assert_true(churn__heap_used(r.heap) < 64u * 1024 * 1024);
    done(&r);
    free(text);
}

static void yaml_read__hostile_megabytes__refused(void **state)
{
    (void)state;
    size_t mib = 1024 * 1024;
    repeated("[", mib, CHURN__YAML_TOO_DEEP);
    repeated("{", mib, CHURN__YAML_KEY);
    repeated("{a: ", mib, CHURN__YAML_TOO_DEEP);
    repeated("- ", mib, CHURN__YAML_TOO_DEEP);
    repeated("? ", mib, CHURN__YAML_KEY);
    repeated("- x\n", mib, CHURN__YAML_TOO_MANY);
    repeated("%TAG ! tag:example.com,2000:\n", mib, CHURN__YAML_DIRECTIVE);
    repeated("- &a x\n", mib, CHURN__YAML_ANCHOR);
    repeated("'", mib, CHURN__YAML_SCALAR_TOO_LONG);
    repeated("x", mib, CHURN__YAML_SCALAR_TOO_LONG);
    repeated("# x\n", mib, CHURN__YAML_EMPTY);
    repeated(" ", mib + 1, CHURN__YAML_TOO_LARGE);
    /* pairs in many scalars that do not know escapes: still one walk */
    repeated("- '\\uD83D\\uDE00'\n", mib - 4, CHURN__YAML_SYNTAX);
}

static void yaml_read__limits__as_given(void **state)
{
    (void)state;
    static const struct {
        churn_limits limits;
        const char *good, *bad;
        int32_t code;
    } cases[] = {
        {{.playbook_depth = 2}, "a: [1]", "a: [[1]]", CHURN__YAML_TOO_DEEP},
        {{.playbook_bytes = 4}, "a: 1", "a: 12", CHURN__YAML_TOO_LARGE},
        {{.playbook_events = 8}, "a: b", "a: [b]", CHURN__YAML_TOO_MANY},
        {{.playbook_scalar_bytes = 3}, "a: bcd", "a: bcde", CHURN__YAML_SCALAR_TOO_LONG},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        churn_limits limits = cases[i].limits;
        limits.struct_size = sizeof limits;
        reading r;
        assert_ok(read_limited(&r, cases[i].good, CHURN_NTS, &limits, NULL));
        assert_int_equal(r.count, 0);
        done(&r);
        assert_ok(read_limited(&r, cases[i].bad, CHURN_NTS, &limits, NULL));
        assert_int_equal(r.count, 1);
        assert_int_equal(r.findings[0].code, cases[i].code);
        done(&r);
    }
}

static void yaml_read__long_key__refused(void **state)
{
    (void)state;
    char text[300];
    memset(text, 'k', sizeof text);
    memcpy(text + 256, ": 1", 4);
    reading r;
    read_text(&r, text);
    assert_int_equal(r.count, 0);
    done(&r);
    memset(text, 'k', sizeof text);
    memcpy(text + 257, ": 1", 4);
    read_text(&r, text);
    assert_int_equal(r.findings[0].code, CHURN__YAML_KEY);
    done(&r);
}

static void yaml_read__no_memory__says_so_and_leaks_nothing(void **state)
{
    (void)state;
    bool finished = false;
    for (uint64_t n = 1; !finished; n++) {
        failing f = {.fail_at = n, .for_ever = n % 2 == 0};
        churn_allocator allocator = failing_allocator(&f);
        reading r;
        churn_status st = read_limited(&r, "a: [1, {b: \"\\uD83D\\uDE00\", b: 2}]\na: 3\n",
                                       CHURN_NTS, NULL, &allocator);
        finished = f.requests < n;
        assert_true(finished ? st == CHURN_OK : st == CHURN_E_NOMEM);
        done(&r);
        assert_int_equal(f.blocks, 0);
        assert_false(f.mismatch);
    }
}

int main(void)
{
    const struct CMUnitTest group[] = {
        cmocka_unit_test(yaml_read__block_and_flow__same_tree),
        cmocka_unit_test(yaml_read__positions__count_code_points_from_one),
        cmocka_unit_test(yaml_read__one_line__only_text_as_it_stands),
        cmocka_unit_test(yaml_read__surrogate_pairs__as_json_means_them),
        cmocka_unit_test(yaml_read__faults__code_and_position),
        cmocka_unit_test(yaml_read__nul_in_the_text__found),
        cmocka_unit_test(yaml_read__duplicates__every_one_and_both_positions),
        cmocka_unit_test(yaml_read__hostile_megabytes__refused),
        cmocka_unit_test(yaml_read__limits__as_given),
        cmocka_unit_test(yaml_read__long_key__refused),
        cmocka_unit_test(yaml_read__no_memory__says_so_and_leaks_nothing),
    };
    return RUN_TESTS(group);
}
