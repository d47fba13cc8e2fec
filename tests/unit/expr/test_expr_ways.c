/* SPDX-License-Identifier: MIT */
#include "expr_random.h"

#include <math.h>

#include "arrow_made.h"
#include "failing.h"

#include "expr/kernels.h"

/*
 * Every way to evaluate gives the same: one record, columns, arrays of the caller, many at once, a
 * stream, and what an explanation says first. Columns are blocks of exactly their size, so that
 * AddressSanitizer sees what is read past them; what stands where a value is missing may be
 * anything.
 */

enum { PUBLIC = RANDOM_NAMES - 1 }; /* lists are not among the public types */

static random_rows data;

typedef struct given {
    churn_variable variables[PUBLIC];
    churn_value_column columns[PUBLIC];
    unsigned rows;
} given;

/* ---- columns of exactly their size ---- */

static void *exactly(const void *from, size_t size)
{
    void *to = malloc(size > 0 ? size : 1);
    assert_non_null(to);
    memcpy(to, from, size);
    return to;
}

static void open_columns(random_maker *m, given *g, unsigned rows, bool coded)
{
    g->rows = rows;
    for (unsigned c = 0; c < PUBLIC; c++) {
        const churn__column *from = &data.columns[RANDOM_BITS][c];
        churn_value_column *to = &g->columns[c];
        *to = (churn_value_column){0};
        if (from->valid != NULL) {
            to->valid = exactly(from->valid, (rows + 7) / 8);
        }
        if (coded && from->type == CHURN__TYPE_STRING) {
            uint32_t *codes = exactly(data.codes[c % 2], rows * sizeof *codes);
            for (unsigned row = 0; row < rows; row++) {
                codes[row] = churn__column_has(from, row) ? codes[row] : random_pick(m, 3) - 1u;
            }
            to->codes = codes;
            to->dictionary = exactly(random_texts, sizeof random_texts);
            to->dictionary_count = RANDOM_TEXTS;
        } else {
            to->values = exactly(from->values, rows * random_width(from->type));
        }
    }
}

static void close_columns(given *g)
{
    for (unsigned c = 0; c < PUBLIC; c++) {
        free((void *)(uintptr_t)g->columns[c].values);
        free((void *)(uintptr_t)g->columns[c].valid);
        free((void *)(uintptr_t)g->columns[c].codes);
        free((void *)(uintptr_t)g->columns[c].dictionary);
    }
}

static void open_record(unsigned row, churn_value *out)
{
    for (unsigned c = 0; c < PUBLIC; c++) {
        const churn__column *column = &data.columns[RANDOM_BITS][c];
        out[c] = (churn_value){.type = column->type};
        if (!churn__column_has(column, row)) {
            out[c].type = 0;
        } else if (column->type == CHURN__TYPE_BOOL) {
            out[c].truth = ((const uint8_t *)column->values)[row];
        } else if (column->type == CHURN__TYPE_DOUBLE) {
            out[c].number = ((const double *)column->values)[row];
        } else if (column->type == CHURN__TYPE_STRING) {
            out[c].string = ((const churn_str *)column->values)[row];
        } else {
            out[c].integer = ((const int64_t *)column->values)[row];
        }
    }
}

/* ---- one way each ---- */

/* A result of one row: the text of an error, if it is one. */
typedef struct result {
    churn_outcome outcome;
    churn_value value;
    char text[5000];
    char why[700];
} result;

static bool run_record(const churn_expression *e, unsigned row, result *out)
{
    churn_value values[PUBLIC];
    churn_error err = {.struct_size = sizeof err};
    memset(&out->value, 0, sizeof out->value);
    out->why[0] = '\0';
    open_record(row, values);
    churn_status st = churn_expression_evaluate_into(e, values, PUBLIC, out->text, sizeof out->text,
                                                     NULL, &out->outcome, &out->value, &err);
    if (st == CHURN_E_RANGE) { /* longer than the room */
        return false;
    }
    assert_ok(st);
    if (out->outcome == CHURN_OUTCOME_ERROR) {
        snprintf(out->why, sizeof out->why, "%u:%u: %s", err.line, err.column, err.message);
    }
    return true;
}

static bool same_number(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0 || (a != a && b != b);
}

/* A table shows no number that is not finite. */
static bool is_shown(const result *want)
{
    return want->outcome == CHURN_OUTCOME_VALUE &&
           (want->value.type != CHURN_TYPE_DOUBLE || isfinite(want->value.number));
}

static bool same_cell(const churn_table *table, unsigned row, uint32_t column, const result *want)
{
    if (!is_shown(want) || churn_table_is_null(table, row, column)) {
        return !is_shown(want) && churn_table_is_null(table, row, column);
    }
    switch (want->value.type) {
    case CHURN_TYPE_BOOL:
        return churn_table_bool(table, row, column) == (want->value.truth != 0);
    case CHURN_TYPE_DOUBLE: /* nor one that is -0.0 */
        return same_number(churn_table_double(table, row, column), want->value.number + 0.0);
    case CHURN_TYPE_STRING:
        return churn__str_eq(churn_table_string(table, row, column), want->value.string);
    default:
        return churn_table_int(table, row, column) == want->value.integer;
    }
}

static const char *differs_in_table(const churn_table *table, unsigned row, const result *want)
{
    static const char *const names[] = {"value", "unknown", "error"};
    churn_str why = churn_table_string(table, row, 2);
    if (strcmp(churn_table_string(table, row, 1).ptr, names[want->outcome]) != 0) {
        return "outcome";
    }
    if (want->outcome == CHURN_OUTCOME_ERROR && strcmp(why.ptr, want->why) != 0) {
        return "error";
    }
    return same_cell(table, row, 0, want) ? NULL : "value";
}

static bool same_filled(const void *values, const uint8_t *valid, unsigned row, const result *want)
{
    bool there = (valid[row / 8] >> row % 8 & 1) != 0;
    if (want->outcome != CHURN_OUTCOME_VALUE || !there) {
        return !there && want->outcome != CHURN_OUTCOME_VALUE;
    }
    switch (want->value.type) {
    case CHURN_TYPE_BOOL:
        return ((const uint8_t *)values)[row] == (want->value.truth != 0);
    case CHURN_TYPE_DOUBLE:
        return same_number(((const double *)values)[row], want->value.number);
    default:
        return ((const int64_t *)values)[row] == want->value.integer;
    }
}

static void check_explained(const char *text, const churn_expression *e, unsigned row,
                            const result *want)
{
    static const char *const names[] = {"value", "unknown", "error"};
    churn_value values[PUBLIC];
    churn_table *table = NULL;
    open_record(row, values);
    assert_ok(churn_expression_explain(e, values, PUBLIC, &table, NULL));
    if (churn_table_row_count(table) > 0 &&
        strcmp(churn_table_string(table, 0, 4).ptr, names[want->outcome]) != 0) {
        fail_msg("row %u of `%s`: %s, explained as %s", row, text, names[want->outcome],
                 churn_table_string(table, 0, 4).ptr);
    }
    churn_table_free(table);
}

/* ---- a stream of the same rows ---- */

static void open_stream(const given *g, struct ArrowArrayStream *out)
{
    churn_variable plain[PUBLIC];
    churn_expression *each[PUBLIC];
    churn_str names[PUBLIC];
    churn_table *table = NULL;
    for (unsigned c = 0; c < PUBLIC; c++) {
        plain[c] = g->variables[c];
        plain[c].flags = 0;
        names[c] = plain[c].name;
    }
    for (unsigned c = 0; c < PUBLIC; c++) {
        assert_ok(churn_expression_compile(names[c].ptr, names[c].len, plain, PUBLIC, NULL,
                                           &each[c], NULL));
    }
    assert_ok(churn_expressions_evaluate_columns((const churn_expression *const *)each, PUBLIC,
                                                 names, g->columns, PUBLIC, g->rows, NULL, &table,
                                                 NULL));
    for (unsigned c = 0; c < PUBLIC; c++) {
        churn_expression_free(each[c]); /* the table lives on */
    }
    assert_ok(churn_table_export(table, out, NULL));
    churn_table_free(table);
}

/* ---- all ways ---- */

typedef struct ways {
    churn_table *columns, *many, *stream;
    void *values;
    uint8_t *valid;
    bool filled;
} ways;

static void run_ways(const given *g, const churn_expression *e, const churn_expression *beside,
                     ways *w)
{
    const churn_expression *const together[] = {beside, e, beside, e};
    struct ArrowArrayStream stream = {.release = NULL};
    churn_error err = {.struct_size = sizeof err};
    churn_expression_counts counts = {.struct_size = sizeof counts};
    size_t width = churn_expression_type(e) == CHURN_TYPE_BOOL ? 1 : 8;
    w->values = malloc(g->rows * width);
    w->valid = malloc((g->rows + 7) / 8);
    assert_ok(
        churn_expression_evaluate_columns(e, g->columns, PUBLIC, g->rows, NULL, &w->columns, &err));
    assert_ok(churn_expressions_evaluate_columns(together, 4, NULL, g->columns, PUBLIC, g->rows,
                                                 NULL, &w->many, &err));
    open_stream(g, &stream);
    assert_ok(churn_expression_evaluate_stream(e, &stream, NULL, &w->stream, &err));
    w->filled = churn_expression_type(e) != CHURN_TYPE_STRING;
    if (w->filled) {
        assert_ok(churn_expression_fill(e, g->columns, PUBLIC, g->rows, NULL, w->values, w->valid,
                                        &counts, &err));
        assert_int_equal(counts.value_rows + counts.unknown_rows + counts.error_rows, g->rows);
    }
}

/* Whether a stream that was made of a table holds what the row holds. */
static bool survives_table(unsigned row)
{
    churn_value values[PUBLIC];
    open_record(row, values);
    for (unsigned c = 0; c < PUBLIC; c++) {
        bool number = values[c].type == CHURN_TYPE_DOUBLE;
        if (number && (!isfinite(values[c].number) ||
                       (values[c].number == 0.0 && signbit(values[c].number)))) {
            return false;
        }
    }
    return true;
}

static void check_row(const char *text, const churn_expression *e, const ways *w, unsigned row)
{
    static result want;
    const char *differs = NULL;
    if (!run_record(e, row, &want)) {
        return;
    }
    if ((differs = differs_in_table(w->columns, row, &want)) != NULL) {
        fail_msg("row %u of `%s` in columns: its %s differs: %d (%s), %s (%s)", row, text, differs,
                 want.outcome, want.why, churn_table_string(w->columns, row, 1).ptr,
                 churn_table_string(w->columns, row, 2).ptr);
    }
    if (survives_table(row) && (differs = differs_in_table(w->stream, row, &want)) != NULL) {
        fail_msg("row %u of `%s` in a stream: its %s differs: %d (%s), %s (%s)", row, text, differs,
                 want.outcome, want.why, churn_table_string(w->stream, row, 1).ptr,
                 churn_table_string(w->stream, row, 2).ptr);
    }
    if (!same_cell(w->many, row, 1, &want) || !same_cell(w->many, row, 3, &want)) {
        fail_msg("row %u of `%s` among many differs: %d (%s)", row, text, want.outcome, want.why);
    }
    if (w->filled && !same_filled(w->values, w->valid, row, &want)) {
        fail_msg("row %u of `%s` in arrays differs: %d (%s)", row, text, want.outcome, want.why);
    }
    if (row % 16 == 0) {
        check_explained(text, e, row, &want);
    }
}

static bool check_ways(const given *g, const char *text, const char *other, uint32_t flags)
{
    const churn_expression_options options = {.struct_size = sizeof options, .flags = flags};
    churn_expression *e = NULL, *beside = NULL;
    churn_error err = {.struct_size = sizeof err};
    ways w = {0};
    churn_status st =
        churn_expression_compile(text, CHURN_NTS, g->variables, PUBLIC, &options, &e, &err);
    if (st != CHURN_OK) {
        bool no_time = err.detail == CHURN__EXPR_BAD_TIME || err.detail == CHURN__EXPR_BAD_DURATION;
        if (st != CHURN_E_LIMIT && !no_time) {
            fail_msg("`%s` at %u: %s", text, err.column, err.message);
        }
        return false;
    }
    if (churn_expression_compile(other, CHURN_NTS, g->variables, PUBLIC, &options, &beside, NULL) !=
        CHURN_OK) {
        assert_ok(churn_expression_compile("b0 || d0 > 1.5", CHURN_NTS, g->variables, PUBLIC,
                                           &options, &beside, &err));
    }
    run_ways(g, e, beside, &w);
    for (unsigned row = 0; row<g->rows; row += g->rows> 300 ? 1 + row % 7 : 1) {
        check_row(text, e, &w, row);
    }
    churn_expression_free(e); /* before the tables */
    churn_expression_free(beside);
    assert_int_equal(churn_table_row_count(w.columns), g->rows);
    churn_table_free(w.columns);
    churn_table_free(w.many);
    churn_table_free(w.stream);
    free(w.values);
    free(w.valid);
    return true;
}

/* ---- what is checked ---- */

static void name_variables(random_maker *m, given *g, bool nullable)
{
    for (unsigned c = 0; c < PUBLIC; c++) {
        g->variables[c] =
            (churn_variable){churn__str_nts(random_names[c].name), random_names[c].type,
                             nullable && random_pick(m, 2) ? 1u : 0u};
    }
}

static const unsigned sizes[] = {1,  2,   3,   7,   8,    9,    15,   31,   63,   64,
                                 65, 127, 128, 129, 1023, 1024, 1025, 2047, 2049, 2099};

static void check_random(uint64_t seed, unsigned rounds, bool nullable)
{
    kit k;
    random_maker m = {.seed = random_seed(seed)};
    static given g;
    char text[4096], other[4096];
    unsigned checked = 0;
    kit_open(&k, random_names, RANDOM_NAMES);
    print_message("# seed %llu\n", (unsigned long long)m.seed);
    churn__buf_init(&m.text, k.heap);
    for (unsigned round = 0; round < rounds; round++) {
        if (round % 20 == 0) {
            random_columns(&m, &data, round % 40 == 0, true);
        }
        name_variables(&m, &g, nullable);
        open_columns(&m, &g, RANDOM_OF(&m, sizes), round % 2 != 0);
        for (unsigned i = 0; i < 2; i++) {
            do {
                random_text(&m, "bbidstu"[random_pick(&m, 7)], 1 + random_pick(&m, 4));
            } while (strstr(m.text.data, "l0") != NULL || m.text.size >= sizeof text - 64);
            memcpy(i == 0 ? text : other, m.text.data, m.text.size);
        }
        if (round % 3 == 0) { /* parts of one in the other */
            snprintf(other, sizeof other, "(b0 && b1) || d0 > 1.0");
        }
        checked += check_ways(&g, text, other, 0);
        close_columns(&g);
    }
    assert_true(checked > rounds / 2);
    churn__buf_clear(&m.text);
    kit_close(&k);
}

static void ways__of_random_expressions__agree(void **state)
{
    (void)state;
    check_random(4041, random_rounds(700), false);
}

static void ways__of_random_expressions_with_null__agree(void **state)
{
    (void)state;
    check_random(4042, random_rounds(700), true);
}

static const char *const tricky[] = {
    "b0 && 1 / i0 > 0",
    "1 / i0 > 0 && b0",
    "1 / i0 > 0 && d0 > 1.0 && s0.contains('a') && b0",
    "s0.contains('a') && 1 / i0 > 0 && i1 % i0 == 0 && b0",
    "i0 + i1 > 0 || 1 / i0 == 1 || b0",
    "int(s0) > 3 || int(s1) > 3 || b1",
    "int(s0) > 3 && int(s1) > 3 && b1 && i0 * i1 > 5",
    "(b0 && int(s0) > 3) || (b1 && int(s0) > 3) || int(s0) > 4",
    "(i0 + 1 > i1 ? 1 / i0 : 1 / i1) > 0 && (i0 + 1 > i1 || b0)",
    "!(i0 * 2 > 0) || !(i0 * 2 <= 0)",
    "i0 * 4611686018427387904 == 0 && i0 * 4611686018427387904 != 1",
    "d0 / d1 > 1.0 || d0 / d1 <= 1.0",
    "d0 * 1e300 * 1e300 > 0.0 && b0",
    "-i0 == i1 || b0",
    "i0 - i1 > 0 && i1 - i0 > 0",
    "i0 in [1, 2, 3] && s0 in ['a', 'free', ''] && b0",
    "i0 == d0 || i1 < d1 || i0 >= 9007199254740992.5",
    "i0 < 9007199254740993 && d0 < 9007199254740993",
    "has(i0) ? 1 / i0 == 1 : has(s0)",
    "has(d0) && d0 > 1.0 || !has(d0) && b0",
    "b0 ? s0 == 'a' : s1 == 'a'",
    "b0 == b1 && b0 != (i0 > 3)",
    "s0 < s1 && s0 != '' && size(s0) > 1",
    "s0 + s1 == 'ab' || (s0 + s1).contains('free')",
    "string(i0) + s0",
    "(b0 ? s0 : s1) + 'x'",
    "b0 ? s0 : string(i0)",
    "t0 < t1 && t0 + duration('1h') > t1",
    "t0 - t1 > u0 || u0 + u1 > duration('1s')",
    "t0 + u0 > t1",
    "math.least(i0, i1) / math.greatest(i0, 1)",
    "math.greatest(d0, d1, 1.0) < 7.0 && math.least(d0, 0.0) >= 0.0",
    "s0.matches('^a.*') && s1.matches('(free|a)$') || int(s0) == 12",
    "s0.startsWith(s1) || s0.endsWith(s1) || s1.contains(s0)",
    "double(s0) > 1.0 || bool(s1)",
    "timestamp(s0) > t0 || duration(s1) > u0",
    "i0 % 7 == 2 && i1 / i0 == 0 || i0 % i1 == 1",
    "b0 || b0 || b0 && b1 && b0",
    "(1 / 0 == 1 || b0) && (b1 || 1 / 0 == 1)",
    "b0 ? 1 / 0 : i0",
    "size(s0 + s1 + string(d0)) > 4 && d0 > 0.0",
    "false ? i0 : i1",
    "true || i0 > 1",
    "b0 ? i0 == 1 : i0 == 1",
};

static void ways__of_tricky_expressions__agree_on_all_kernels(void **state)
{
    (void)state;
    kit k;
    random_maker m = {.seed = random_seed(4043)};
    static given g;
    const expr_kernels *kernels;
    kit_open(&k, random_names, RANDOM_NAMES);
    for (uint32_t i = 0; (kernels = churn__expr_kernels_at(i)) != NULL; i++) {
        churn__expr_kernels_force(kernels);
        for (unsigned form = 0; form < 8; form++) {
            random_columns(&m, &data, (form & 4) != 0, (form & 1) != 0);
            name_variables(&m, &g, form > 4);
            for (size_t t = 0; t < sizeof tricky / sizeof *tricky; t++) {
                open_columns(&m, &g, RANDOM_OF(&m, sizes) % 140 + 1, (form & 2) != 0);
                assert_true(check_ways(&g, tricky[t], tricky[(t * 7 + form) % 40], 0));
                close_columns(&g);
            }
        }
    }
    churn__expr_kernels_force(NULL);
    kit_close(&k);
}

/* ---- the ends of what may be given ---- */

static void columns__without_rows__need_nothing(void **state)
{
    (void)state;
    const churn_variable variables[] = {{{"a", 1}, CHURN_TYPE_INT, 0},
                                        {{"s", 1}, CHURN_TYPE_STRING, 0}};
    const churn_value_column none[2] = {{0}};
    churn_expression *e = NULL;
    churn_table *table = NULL;
    churn_error err = {.struct_size = sizeof err};
    assert_ok(churn_expression_compile("a > 1 && s == 'x' && s + 'y' != 'z'", CHURN_NTS, variables,
                                       2, NULL, &e, &err));
    assert_ok(churn_expression_evaluate_columns(e, none, 2, 0, NULL, &table, &err));
    assert_int_equal(churn_table_row_count(table), 0);
    assert_ok(churn_expression_fill(e, none, 2, 0, NULL, NULL, NULL, NULL, &err));
    churn_table_free(table);
    assert_int_equal(churn_expression_fill(e, none, 2, 1, NULL, NULL, NULL, NULL, &err),
                     CHURN_E_ARG);
    assert_int_equal(churn_expression_evaluate_columns(e, none, 2, UINT64_MAX, NULL, &table, &err),
                     CHURN_E_ARG);
    assert_null(table);
    churn_expression_free(e);
}

/* An empty dictionary, and rows that are all missing; one that holds nothing but NULL. */
static void columns__of_codes_without_entries__are_unknown(void **state)
{
    (void)state;
    const churn_variable variable = {{"s", 1}, CHURN_TYPE_STRING, 0};
    const char *const texts[] = {"s == 'x'",        "s",           "s + 'y'", "s in ['a', 'b']",
                                 "s.contains('a')", "size(s) > 1", "size(s)", "has(s) ? s : 'none'",
                                 "s.matches('a+')", "int(s)",      "s < 'b'", "s == s"};
    const churn_str nothing = {NULL, 0};
    for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++) {
        for (unsigned rows = 1; rows < 200; rows += 21) {
            uint32_t *codes = malloc(rows * sizeof *codes);
            uint8_t *valid = calloc(1, (rows + 7) / 8);
            memset(codes, 0xff, rows * sizeof *codes);
            churn_value_column column = {.codes = codes, .valid = valid};
            churn_expression *e = NULL;
            churn_table *table = NULL;
            churn_error err = {.struct_size = sizeof err};
            assert_ok(churn_expression_compile(texts[i], CHURN_NTS, &variable, 1, NULL, &e, &err));
            assert_ok(churn_expression_evaluate_columns(e, &column, 1, rows, NULL, &table, &err));
            bool has = texts[i][0] == 'h';
            assert_string_equal(churn_table_string(table, rows - 1, 1).ptr,
                                has ? "value" : "unknown");
            churn_table_free(table);
            memset(codes, 0, rows * sizeof *codes);
            column.valid = NULL;
            assert_int_equal(
                churn_expression_evaluate_columns(e, &column, 1, rows, NULL, &table, &err),
                CHURN_E_ARG);
            column.dictionary = &nothing;
            column.dictionary_count = 1;
            assert_ok(churn_expression_evaluate_columns(e, &column, 1, rows, NULL, &table, &err));
            assert_int_not_equal(churn_table_row_count(table), 0);
            churn_table_free(table);
            churn_expression_free(e);
            free(codes);
            free(valid);
        }
    }
}

static void arguments__that_are_null__are_refused(void **state)
{
    (void)state;
    const churn_variable variable = {{"s", 1}, CHURN_TYPE_STRING, 0};
    const churn_variable unnamed = {{NULL, 4}, CHURN_TYPE_STRING, 0};
    churn_value value = {.type = CHURN_TYPE_STRING, .string = {NULL, 3}};
    churn_value_column column = {0};
    churn_expression_counts counts = {.struct_size = sizeof counts};
    churn_expression *e = NULL, *bad = NULL;
    churn_outcome outcome = 77;
    churn_table *table = NULL;
    churn_buffer *buffer = NULL;
    struct ArrowArrayStream released = {.release = NULL};
    size_t needed = 5;
    assert_int_equal(churn_expression_compile(NULL, 0, NULL, 0, NULL, &e, NULL), CHURN_E_ARG);
    assert_int_equal(churn_expression_compile("1", 1, NULL, 1, NULL, &e, NULL), CHURN_E_ARG);
    assert_int_equal(churn_expression_compile("1", 1, NULL, 0, NULL, NULL, NULL), CHURN_E_ARG);
    assert_int_not_equal(churn_expression_compile("1", 1, &unnamed, 1, NULL, &bad, NULL), CHURN_OK);
    assert_null(bad);
    assert_ok(churn_expression_compile("s + 'x'", CHURN_NTS, &variable, 1, NULL, &e, NULL));
    assert_int_equal(churn_expression_evaluate(NULL, &value, 1, &outcome, NULL, NULL), CHURN_E_ARG);
    assert_int_equal(churn_expression_evaluate(e, NULL, 1, &outcome, NULL, NULL), CHURN_E_ARG);
    assert_int_equal(churn_expression_evaluate(e, &value, 1, NULL, NULL, NULL), CHURN_E_ARG);
    assert_int_equal(churn_expression_evaluate(e, &value, UINT32_MAX, &outcome, NULL, NULL),
                     CHURN_E_ARG);
    assert_int_equal(
        churn_expression_evaluate_into(e, &value, 1, NULL, 0, NULL, &outcome, NULL, NULL),
        CHURN_E_ARG); /* a length and no text */
    assert_int_equal(churn_expression_explain(e, &value, 1, NULL, NULL), CHURN_E_ARG);
    assert_int_equal(churn_expression_explain(e, &value, 1, &table, NULL), CHURN_E_ARG);
    assert_null(table);
    value.string = (churn_str){NULL, 0};
    assert_ok(churn_expression_evaluate_into(e, &value, 1, NULL, 0, &needed, &outcome, NULL, NULL));
    assert_int_equal(outcome, CHURN_OUTCOME_VALUE);
    assert_int_equal(needed, 0);
    assert_ok(churn_expression_explain(e, &value, 1, &table, NULL));
    churn_table_free(table);
    assert_int_equal(churn_expression_evaluate_columns(e, NULL, 1, 9, NULL, &table, NULL),
                     CHURN_E_ARG);
    assert_int_equal(churn_expression_evaluate_columns(e, &column, 1, 9, NULL, &table, NULL),
                     CHURN_E_ARG);
    assert_int_equal(churn_expression_evaluate_columns(e, &column, 1, 9, NULL, NULL, NULL),
                     CHURN_E_ARG);
    assert_int_equal(churn_expression_evaluate_stream(e, &released, NULL, &table, NULL),
                     CHURN_E_ARG);
    assert_int_equal(churn_expression_evaluate_stream(e, NULL, NULL, &table, NULL), CHURN_E_ARG);
    assert_int_equal(churn_expressions_evaluate_columns(NULL, UINT32_MAX, NULL, &column, 1, 9, NULL,
                                                        &table, NULL),
                     CHURN_E_ARG);
    assert_int_equal(churn_expression_fill(e, &column, 1, 9, NULL, NULL, NULL, &counts, NULL),
                     CHURN_E_UNSUPPORTED);
    assert_int_equal(churn_expression_format(NULL, 3, NULL, &buffer, NULL), CHURN_E_ARG);
    assert_int_equal(churn_expression_format("1", 1, NULL, NULL, NULL), CHURN_E_ARG);
    assert_int_equal(churn_expression_check(NULL, 3, NULL, 0, NULL, &table, NULL), CHURN_E_ARG);
    assert_int_equal(churn_expression_check("1", 1, NULL, 1, NULL, &table, NULL), CHURN_E_ARG);
    assert_int_equal(churn_expression_check("1", 1, NULL, 0, NULL, NULL, NULL), CHURN_E_ARG);
    assert_int_equal(churn_expression_functions(NULL, NULL), CHURN_E_ARG);
    assert_int_equal(churn_template_filters(NULL, NULL), CHURN_E_ARG);
    assert_false(churn_expression_uses(e, UINT32_MAX) || churn_expression_uses(NULL, 0));
    assert_null(table);
    churn_expression_free(e);
    churn_expression_free(NULL);
}

/* Room that begins anywhere and is one byte short, or exactly right. */
static void room__of_any_size_and_place__is_kept_to(void **state)
{
    (void)state;
    const churn_variable variable = {{"s", 1}, CHURN_TYPE_STRING, 0};
    churn_value given_value = {.type = CHURN_TYPE_STRING, .string = {"abcdefghijkl", 12}}, value;
    churn_expression *e = NULL;
    churn_error err = {.struct_size = sizeof err};
    churn_outcome outcome = 9;
    size_t needed = 0;
    assert_ok(churn_expression_compile("s + '\xC3\xA9'", CHURN_NTS, &variable, 1, NULL, &e, &err));
    for (size_t room = 0; room < 18; room++) {
        char *block = malloc(room + 1);
        value = (churn_value){.type = 99};
        outcome = 9;
        churn_status st = churn_expression_evaluate_into(e, &given_value, 1, block + 1, room,
                                                         &needed, &outcome, &value, &err);
        assert_int_equal(needed, 15);
        assert_int_equal(st, room < 15 ? CHURN_E_RANGE : CHURN_OK);
        assert_int_equal(outcome, room < 15 ? 9 : CHURN_OUTCOME_VALUE);
        assert_int_equal(value.type, room < 15 ? 99 : CHURN_TYPE_STRING);
        free(block);
    }
    churn_expression_free(e);
}

/* ---- memory and cancelling ---- */

static const churn_variable pair[] = {{{"a", 1}, CHURN_TYPE_INT, 0},
                                      {{"s", 1}, CHURN_TYPE_STRING, 0}};

/* Two batches of dictionaries of their own, the second with an entry that is null. */
static struct ArrowArrayStream coded_stream(void)
{
    static const int64_t numbers[] = {0, 1, 2, 0};
    static const int8_t first[] = {0, 1, 1, 0}, second[] = {1, 2, 0, 1};
    static const int32_t offsets[] = {0, 1, 3, 6};
    static const uint8_t entries = 0x5; /* of three, the middle one is null */
    const struct ArrowSchema fields[] = {made_schema("l", "a"),
                                         made_schema_encoded("c", "s", made_schema("u", ""))};
    struct ArrowArray batches[2];
    for (unsigned i = 0; i < 2; i++) {
        struct ArrowArray coded = made_array(4, 2, NULL, i == 0 ? first : second, NULL);
        struct ArrowArray words =
            made_array(i == 0 ? 2 : 3, 3, i == 0 ? NULL : &entries, offsets, "xyzabc");
        made_set_dictionary(&coded, words);
        const struct ArrowArray both[] = {made_array(4, 2, NULL, numbers, NULL), coded};
        batches[i] = made_records(4, NULL, 2, both);
    }
    return made_stream(made_records_schema(2, fields), 2, batches);
}

static void note(churn_status st, churn_status *all)
{
    assert_true(st == CHURN_OK || st == CHURN_E_NOMEM);
    *all = st != CHURN_OK ? st : *all;
}

/* All that two expressions can do; what was made before a failure is freed by the caller. */
static churn_status use_all(churn_expression *const *e)
{
    static const char *const words[] = {"x", "y", "free"};
    const churn_str dictionary[] = {{words[0], 1}, {words[1], 1}, {words[2], 4}};
    const uint32_t codes[] = {0, 1, 2, 2, 1};
    const int64_t numbers[] = {0, 1, 2, 3, 4};
    const churn_value_column columns[] = {
        {.values = numbers}, {.codes = codes, .dictionary = dictionary, .dictionary_count = 3}};
    const churn_value values[] = {{.type = CHURN_TYPE_INT, .integer = 3},
                                  {.type = CHURN_TYPE_STRING, .string = {"free", 4}}};
    const churn_expression *const both[] = {e[0], e[1]};
    churn_table *table = NULL;
    struct ArrowArrayStream stream = coded_stream();
    uint8_t truth[5];
    churn_status st = CHURN_OK;
    note(churn_expression_explain(e[0], values, 2, &table, NULL), &st);
    churn_table_free(table);
    table = NULL;
    note(churn_expressions_evaluate_columns(both, 2, NULL, columns, 2, 5, NULL, &table, NULL), &st);
    churn_table_free(table);
    table = NULL;
    note(churn_expressions_evaluate_stream(both, 2, NULL, &stream, NULL, &table, NULL), &st);
    if (stream.release != NULL) { /* left alone where no batch was asked for */
        stream.release(&stream);
    }
    assert_true(table == NULL || churn_table_row_count(table) == 8);
    churn_table_free(table);
    note(churn_expression_fill(e[0], columns, 2, 5, NULL, truth, NULL, NULL, NULL), &st);
    return st;
}

static void memory__failing_anywhere__leaks_nothing(void **state)
{
    (void)state;
    churn_status st = CHURN_E_NOMEM;
    int64_t live = churn_live_handles();
    for (uint64_t n = 1; st != CHURN_OK; n++) {
        failing f = {.fail_at = n};
        const churn_allocator allocator = failing_allocator(&f);
        const churn_expression_options options = {.struct_size = sizeof options,
                                                  .allocator = &allocator};
        churn_expression *e[2] = {NULL, NULL};
        st = churn_expression_compile("1 / a > 0 && (s == 'x' || s + 'y' != 'freey')", CHURN_NTS,
                                      pair, 2, &options, &e[0], NULL);
        if (st == CHURN_OK) {
            st = churn_expression_compile("s.matches('^f') ? s + 'x' : string(a)", CHURN_NTS, pair,
                                          2, &options, &e[1], NULL);
        }
        if (st == CHURN_OK) {
            st = use_all(e);
        }
        churn_expression_free(e[0]);
        churn_expression_free(e[1]);
        assert_false(f.mismatch);
        assert_int_equal(f.blocks, 0);
        assert_int_equal(made_live, 0);
        assert_int_equal(churn_live_handles(), live);
        assert_true(n < 5000);
    }
}

static churn_cancel *to_set;

/* The second batch comes, and with it the end. */
static int cancelling_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    if (((made_source *)stream->private_data)->next == 1) {
        churn_cancel_set(to_set);
    }
    return made_get_next(stream, out);
}

static void cancelled__in_the_middle__gives_nothing(void **state)
{
    (void)state;
    enum { MANY = 9000 };
    churn_expression *e = NULL;
    churn_cancel *cancel = NULL;
    churn_table *table = NULL;
    int64_t *numbers = calloc(MANY, sizeof *numbers);
    const churn_value_column columns[] = {{.values = numbers}, {0}};
    struct ArrowArrayStream stream = coded_stream();
    int64_t live = churn_live_handles();
    assert_ok(churn_cancel_create(&cancel, NULL));
    assert_ok(churn_expression_compile("a > 1", CHURN_NTS, pair, 2, NULL, &e, NULL));
    uint64_t done = 0, total = 0;
    assert_ok(churn_expression_evaluate_columns(e, columns, 2, MANY, cancel, &table, NULL));
    churn_cancel_progress(cancel, &done, &total);
    assert_true(done == MANY && total == MANY);
    churn_table_free(table);
    to_set = cancel;
    stream.get_next = cancelling_next;
    assert_int_equal(churn_expression_evaluate_stream(e, &stream, cancel, &table, NULL),
                     CHURN_E_CANCELLED);
    assert_null(table);
    assert_null(stream.release);
    assert_int_equal(made_live, 0);
    assert_int_equal(churn_expression_evaluate_columns(e, columns, 2, MANY, cancel, &table, NULL),
                     CHURN_E_CANCELLED);
    assert_null(table);
    assert_int_equal(churn_expression_fill(e, columns, 2, MANY, cancel, NULL, NULL, NULL, NULL),
                     CHURN_E_CANCELLED);
    assert_null(table);
    churn_expression_free(e);
    churn_cancel_free(cancel);
    free(numbers);
    assert_int_equal(churn_live_handles(), live);
}

/* ---- what would take for ever ---- */

static void repeat(churn__buf *to, const char *text, unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        churn__buf_text(to, text);
    }
}

/* Each level makes twice as many steps as the one below: an error, and soon. */
static void compile__what_doubles_with_every_level__is_over_the_limit(void **state)
{
    (void)state;
    static const struct {
        const char *before, *middle, *after;
        unsigned few, many;
    } cases[] = {{"(", "b", " ? b : b)", 4, 60},
                 {"", "1 in (b ? [i] : [2])", " + (b ? [1] : [i])", 4, 60},
                 {"(", "t", " == t ? t : t + u)", 3, 60}};
    const churn_variable names[] = {{{"b", 1}, CHURN_TYPE_BOOL, CHURN_VARIABLE_NULLABLE},
                                    {{"i", 1}, CHURN_TYPE_INT, CHURN_VARIABLE_NULLABLE},
                                    {{"t", 1}, CHURN_TYPE_TIME, CHURN_VARIABLE_NULLABLE},
                                    {{"u", 1}, CHURN_TYPE_DURATION, CHURN_VARIABLE_NULLABLE}};
    churn__heap *heap = churn__heap_create(NULL, 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int much = 0; much < 2; much++) {
            churn_error err = {.struct_size = sizeof err};
            churn_expression *e = NULL;
            churn__buf text;
            unsigned times = much != 0 ? cases[i].many : cases[i].few;
            churn__buf_init(&text, heap);
            repeat(&text, cases[i].before, times);
            churn__buf_text(&text, cases[i].middle);
            repeat(&text, cases[i].after, times);
            churn_status st =
                churn_expression_compile(text.data, text.size, names, 4, NULL, &e, &err);
            assert_int_equal(st, much != 0 ? CHURN_E_LIMIT : CHURN_OK);
            churn_expression_free(e);
            churn__buf_clear(&text);
        }
    }
    churn__heap_release(heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ways__of_tricky_expressions__agree_on_all_kernels),
        cmocka_unit_test(ways__of_random_expressions__agree),
        cmocka_unit_test(ways__of_random_expressions_with_null__agree),
        cmocka_unit_test(columns__without_rows__need_nothing),
        cmocka_unit_test(columns__of_codes_without_entries__are_unknown),
        cmocka_unit_test(arguments__that_are_null__are_refused),
        cmocka_unit_test(memory__failing_anywhere__leaks_nothing),
        cmocka_unit_test(cancelled__in_the_middle__gives_nothing),
        cmocka_unit_test(compile__what_doubles_with_every_level__is_over_the_limit),
        cmocka_unit_test(room__of_any_size_and_place__is_kept_to),
    };
    return RUN_TESTS(tests);
}
