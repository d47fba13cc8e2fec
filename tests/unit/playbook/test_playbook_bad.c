/* SPDX-License-Identifier: MIT */
#include "playbook_support.h"

#include <time.h>

/* Files that are no playbooks, each for a reason of its own: bad/expected.csv says what must be
 * said of them, and where. */

#define BAD "tests/unit/playbook/bad/"
#define MEMORY_MOST (UINT64_C(64) * 1024 * 1024)
#define SECONDS_MOST 20.0 /* for one text, under sanitizers and on a busy machine */

static churn_limits memory_limits(void)
{
    return (churn_limits){.struct_size = sizeof(churn_limits), .memory_bytes = MEMORY_MOST};
}

static compiled compile_bounded(const char *text, size_t len)
{
    churn_limits limits = memory_limits();
    churn_playbook_options options = {.struct_size = sizeof options, .limits = &limits};
    clock_t start = clock();
    compiled c = compile_with(text, len, &options);
    assert_true((double)(clock() - start) / CLOCKS_PER_SEC < SECONDS_MOST);
    return c;
}

/* ---- the files ---- */

typedef struct expected {
    char file[64], code[8];
    int line, column;
} expected;

static uint64_t errors_in(const churn_table *diagnostics, uint64_t *first)
{
    uint64_t errors = 0;
    for (uint64_t row = churn_table_row_count(diagnostics); row-- > 0;) {
        if (strcmp(cell_text(diagnostics, row, "severity"), "error") == 0) {
            errors++;
            *first = row;
        }
    }
    return errors;
}

static void check_file(const expected *want)
{
    char name[128];
    size_t size = 0;
    uint64_t row = 0;
    snprintf(name, sizeof name, BAD "%s", want->file);
    char *text = source_file(name, &size);
    assert_non_null(text);
    compiled c = compile_bounded(text, size);
    assert_int_not_equal(c.status, CHURN_OK);
    uint64_t errors = errors_in(c.diagnostics, &row);
    if (errors != 1 || strcmp(cell_text(c.diagnostics, row, "code"), want->code) != 0 ||
        cell_int(c.diagnostics, row, "line") != want->line ||
        cell_int(c.diagnostics, row, "column") != want->column) {
        fail_msg("%s: expected %s at %d:%d alone; %d errors: %s", want->file, want->code,
                 want->line, want->column, (int)errors, c.err.message);
    }
    assert_int_equal(c.err.status, c.status);
    assert_int_equal(c.err.line, want->line);
    assert_int_equal(c.err.column, want->column);
    assert_int_equal(c.err.detail, atoi(want->code + 2));
    assert_true(strlen(cell_text(c.diagnostics, row, "message")) > 5);
    compiled_free(&c);
    free(text);
}

static void playbook_parse__bad_file__own_code_and_position(void **state)
{
    (void)state;
    size_t size = 0, files = 0;
    char *list = source_file(BAD "expected.csv", &size);
    assert_non_null(list);
    char *line = strchr(list, '\n');
    while (line != NULL && line[1] != '\0') {
        expected want;
        assert_int_equal(sscanf(line + 1, "%63[^,],%7[^,],%d,%d", want.file, want.code, &want.line,
                                &want.column),
                         4);
        check_file(&want);
        files++;
        line = strchr(line + 1, '\n');
    }
    assert_true(files >= 80);
    free(list);
}

/* ---- texts too large or too odd for files ---- */

static void hostile(const char *unit, size_t bytes, const char *code)
{
    size_t size = strlen(unit);
    char *text = malloc(bytes);
    assert_non_null(text);
    for (size_t i = 0; i < bytes; i++) {
        text[i] = unit[i % size];
    }
    compiled c = compile_bounded(text, bytes);
    assert_int_not_equal(c.status, CHURN_OK);
    assert_string_equal(cell_text(c.diagnostics, 0, "code"), code);
    compiled_free(&c);
    free(text);
}

static void playbook_parse__hostile_text__refused_in_bounds(void **state)
{
    (void)state;
    size_t mib = 1024 * 1024;
    hostile("[", mib, "CH0103");
    hostile("%TAG ! tag:example.com,2000:\n", 29 * 40000 > mib ? mib : 29 * 40000, "CH0108");
    hostile("a: *a\n", mib, "CH0110");
    hostile("k: v\n", mib, "CH0104");
    hostile("- - - - ", mib, "CH0103");
    hostile("x", mib + 1, "CH0102");
    hostile("\"\\uD83D\\uDE00\"\n", mib, "CH0101");
}

static void playbook_parse__nul__found_where_it_is(void **state)
{
    (void)state;
    static const char text[] = "churn: 1\nname: a\0b\n";
    compiled c = compile_bounded(text, sizeof text - 1);
    assert_int_equal(c.status, CHURN_E_PARSE);
    assert_string_equal(cell_text(c.diagnostics, 0, "code"), "CH0107");
    assert_int_equal(c.err.line, 2);
    assert_int_equal(c.err.column, 8);
    compiled_free(&c);
}

/* Text of many definitions: `count` times the line, with its number for every #. */
static char *many(const char *head, const char *line, unsigned count)
{
    size_t cap = strlen(head) + (size_t)count * (strlen(line) + 32) + 1, at = 0;
    char *text = malloc(cap);
    assert_non_null(text);
    at += (size_t)snprintf(text, cap, "%s", head);
    for (unsigned i = 0; i < count; i++) {
        for (const char *p = line; *p != '\0'; p++) {
            if (*p == '#') {
                at += (size_t)snprintf(text + at, cap - at, "%u", i);
            } else {
                text[at++] = *p;
            }
        }
    }
    text[at] = '\0';
    return text;
}

/* Ten thousand conditions that name what is not there beside ten thousand names: what is spent on
 * suggestions is bounded. */
static void playbook_parse__many_unknown_names__bounded(void **state)
{
    (void)state;
    static const char head[] = "churn: 1\nname: many\nsegments:\n";
    char *text = many(head, "- {id: segment_#, when: segment.sagment_#}\n", 10000);
    compiled c = compile_bounded(text, CHURN_NTS);
    assert_int_equal(c.status, CHURN_E_CONFIG);
    assert_int_equal(churn_table_row_count(c.diagnostics), 1001);
    assert_string_equal(cell_text(c.diagnostics, 1000, "code"), "CH0120");
    assert_string_equal(cell_text(c.diagnostics, 1000, "message"),
                        "9000 more findings are not listed");
    assert_non_null(strstr(c.err.message, "(the first of 10000 errors)"));
    compiled_free(&c);
    free(text);
}

static void playbook_parse__too_many_rules__limit(void **state)
{
    (void)state;
    char *text = many("churn: 1\nname: many\nsegments:\n", "- {id: s#, when: 'true'}\n", 10001);
    compiled c = compile_bounded(text, CHURN_NTS);
    assert_int_equal(c.status, CHURN_E_LIMIT);
    assert_string_equal(cell_text(c.diagnostics, 0, "code"), "CH0212");
    compiled_free(&c);
    free(text);
}

#define CHAIN 10000

/* Each segment stands on the one after it; the last on the first, or on nothing. */
static char *chain(bool closed)
{
    size_t cap = (size_t)CHAIN * 48 + 64, at = 0;
    char *text = malloc(cap);
    assert_non_null(text);
    at += (size_t)snprintf(text, cap, "churn: 1\nname: chain\nsegments:\n");
    for (unsigned i = 0; i < CHAIN; i++) {
        bool end = i + 1 == CHAIN && !closed;
        at += (size_t)snprintf(text + at, cap - at, "- {id: s%u, when: ", i);
        at += end ? (size_t)snprintf(text + at, cap - at, "'true'}\n")
                  : (size_t)snprintf(text + at, cap - at, "segment.s%u}\n", (i + 1) % CHAIN);
    }
    return text;
}

static void playbook_parse__long_chain__ordered(void **state)
{
    (void)state;
    char *text = chain(false);
    compiled c = compile_bounded(text, CHURN_NTS);
    assert_int_equal(c.status, CHURN_OK);
    assert_int_equal(c.playbook->order_count, CHAIN);
    for (uint32_t i = 0; i < CHAIN; i++) {
        assert_int_equal(c.playbook->order[i].index, CHAIN - 1 - i);
    }
    compiled_free(&c);
    free(text);
}

static void playbook_parse__long_circle__one_finding(void **state)
{
    (void)state;
    char *text = chain(true);
    compiled c = compile_bounded(text, CHURN_NTS);
    assert_int_equal(c.status, CHURN_E_CONFIG);
    assert_int_equal(churn_table_row_count(c.diagnostics), 1);
    assert_string_equal(cell_text(c.diagnostics, 0, "code"), "CH0420");
    compiled_free(&c);
    free(text);
}

/* ---- all at once ---- */

static void playbook_open__ten_mistakes__ten_findings(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        int line, column;
        const char *suggestion;
    } want[] = {
        {"CH0501", 4, 12, ""},       {"CH0205", 5, 35, "number"},        {"CH0204", 7, 39, ""},
        {"CH0201", 9, 48, "window"}, {"CH0401", 10, 33, "logins_28d"},   {"CH0503", 16, 67, ""},
        {"CH0204", 18, 17, ""},      {"CH1201", 20, 29, "health.score"}, {"CH0403", 22, 57, ""},
        {"CH0206", 24, 24, ""},
    };
    char path[1024];
    compiled c = {.err = {.struct_size = sizeof c.err}};
    source_path(path, sizeof path, "tests/unit/playbook/ten_mistakes.yaml");
    assert_int_equal(churn_playbook_open(path, NULL, &c.playbook, &c.diagnostics, &c.err),
                     CHURN_E_CONFIG);
    assert_int_equal(churn_table_row_count(c.diagnostics), 10);
    for (uint64_t i = 0; i < 10; i++) {
        assert_string_equal(cell_text(c.diagnostics, i, "code"), want[i].code);
        assert_string_equal(cell_text(c.diagnostics, i, "file"), path);
        assert_int_equal(cell_int(c.diagnostics, i, "line"), want[i].line);
        assert_int_equal(cell_int(c.diagnostics, i, "column"), want[i].column);
        assert_string_equal(cell_text(c.diagnostics, i, "suggestion"), want[i].suggestion);
    }
    assert_string_equal(cell_text(c.diagnostics, 4, "message"),
                        "unknown metric `login_28d`; did you mean `logins_28d`?");
    compiled_free(&c);
}

/* All that is wrong with the texts of a play, each where it stands. */
static void playbook_parse__faults_of_texts__all_told(void **state)
{
    static const char yaml[] =
        "churn: 1\nname: x\ntime_zone: UTC\ncurrency: USD\nevaluate: 1d\n"
        "triggers: [{id: t, when: customer.churned, play: p}]\nplays:\n  - id: p\n    steps:\n"
        "      - task:\n"
        "          title: 'Call {{customer.nme}} {{customer.id | uper}}'\n"
        "          text: 'Since {{as_of | money}} {{as_of | date(\"x\")}} {{'\n";
    static const struct {
        const char *code;
        int line, column;
        const char *suggestion;
    } want[] = {
        {"CH1202", 11, 57, "upper"},
        {"CH1301", 12, 34, ""},
        {"CH1302", 12, 57, ""},
        {"CH1101", 12, 64, ""},
    };
    (void)state;
    compiled c = compile_bounded(yaml, sizeof yaml - 1);
    assert_int_equal(c.status, CHURN_E_CONFIG);
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        const uint64_t row = i + 1; /* the name comes first */
        assert_string_equal(cell_text(c.diagnostics, row, "code"), want[i].code);
        assert_int_equal(cell_int(c.diagnostics, row, "line"), want[i].line);
        assert_int_equal(cell_int(c.diagnostics, row, "column"), want[i].column);
        assert_string_equal(cell_text(c.diagnostics, row, "suggestion"), want[i].suggestion);
    }
    assert_string_equal(cell_text(c.diagnostics, 0, "code"), "CH1201");
    compiled_free(&c);
}

/* What a message says beyond the place: how to put it right. */
static void playbook_parse__slips__messages_help(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"churn: \"1\"\nname: x", "found the text `1`; write it without quotes"},
        {"churn: 1\nname: x\nmetrics: [{id: nps, survey: last, kind: NPS}]",
         "found `NPS`; did you mean `nps`?"},
        {"churn: 1\nname: x\nmetrics: [{id: r, ratio: {num: customer.seats, den: customer.seats}}]",
         "unknown attribute `seats`; `attributes` declares them"},
        {"churn: 1\nname: x\nsegments: [{id: s, when: customer.plan == 'a'}]",
         "unknown name `customer.plan`; `attributes` declares them"},
        {"churn: 1\nname: x\nsegments: [{id: s, when: customer.since > as_of}]",
         "`customer.age_days` says how old"},
        {"churn: 1\nname: x\nsegments: [{id: s, when: age_days > 3.0}]",
         "did you mean `customer.age_days`?"},
        {"churn: 1\nname: x\nsegments: [{id: s, when: !has(customer.owner)}]",
         "quote a text that begins with `!`"},
        {"churn: 1\nname: x\nsegments:\n- {id: s, when: !customer.churned }",
         "quote a text that begins so"},
        {"churn: 1\nname: x\nmetrics:\n\t- {id: a}", "indent with spaces"},
        {"churn: 1\nname: x\nplays: [{id: p, steps: [{sms: a}]}]", "found one with `sms`"},
        {"churn: 1\nname: x\nplays: [{id: p, steps: [{sms: a, to: b}]}]",
         "found one that begins with `sms`"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        compiled c = compile_with(cases[i].text, CHURN_NTS, NULL);
        assert_int_not_equal(c.status, CHURN_OK);
        if (strstr(c.err.message, cases[i].message) == NULL) {
            fail_msg("%s\nsays: %s", cases[i].text, c.err.message);
        }
        compiled_free(&c);
    }
}

/* Which play a misspelt name means nobody knows: then none is called unused. */
static void playbook_parse__unknown_play__one_finding(void **state)
{
    (void)state;
    static const char text[] = "churn: 1\nname: x\n"
                               "triggers: [{id: t, when: customer.churned, play: reach_out}]\n"
                               "plays: [{id: reachout, steps: [{tag: a}]}]\n";
    compiled c = compile_with(text, CHURN_NTS, NULL);
    assert_int_equal(churn_table_row_count(c.diagnostics), 1);
    assert_string_equal(cell_text(c.diagnostics, 0, "suggestion"), "reachout");
    compiled_free(&c);
}

/* The status says what sort of fault it is. */
static void playbook_parse__faults_of_one_sort__status(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        churn_status status;
    } cases[] = {
        {"churn: 1\nname: [", CHURN_E_PARSE},
        {"churn: 1\nname: \xFF", CHURN_E_UTF8},
        {"churn: 1\nname: x\nmetric: []", CHURN_E_CONFIG},
        {"churn: 1\nname: x\njourney: {}", CHURN_E_UNSUPPORTED},
        {"churn: 1\nname: x\njourney: {}\ncontact_policy: {}", CHURN_E_UNSUPPORTED},
        {"churn: 1\nname: x\njourney: {}\nmetric: []", CHURN_E_CONFIG},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        compiled c = compile_with(cases[i].text, CHURN_NTS, NULL);
        assert_int_equal(c.status, cases[i].status);
        assert_int_equal(c.err.status, cases[i].status);
        compiled_free(&c);
    }
}

int main(void)
{
    const struct CMUnitTest group[] = {
        cmocka_unit_test(playbook_parse__bad_file__own_code_and_position),
        cmocka_unit_test(playbook_parse__hostile_text__refused_in_bounds),
        cmocka_unit_test(playbook_parse__nul__found_where_it_is),
        cmocka_unit_test(playbook_parse__many_unknown_names__bounded),
        cmocka_unit_test(playbook_parse__too_many_rules__limit),
        cmocka_unit_test(playbook_parse__long_chain__ordered),
        cmocka_unit_test(playbook_parse__long_circle__one_finding),
        cmocka_unit_test(playbook_open__ten_mistakes__ten_findings),
        cmocka_unit_test(playbook_parse__faults_of_texts__all_told),
        cmocka_unit_test(playbook_parse__slips__messages_help),
        cmocka_unit_test(playbook_parse__unknown_play__one_finding),
        cmocka_unit_test(playbook_parse__faults_of_one_sort__status),
    };
    return RUN_TESTS(group);
}
