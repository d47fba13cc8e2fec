/* SPDX-License-Identifier: MIT */
#include "expr_random.h"

#include "expr/kernels.h"

/*
 * One meaning, whatever runs it: random expressions over random columns. Row by row, many rows at
 * once, alone or among others, whatever form the columns have, folded when they are compiled or
 * computed when they run: values agree to the bit, outcomes, and where and why something is an
 * error. CHURN_RANDOM_SEED and CHURN_RANDOM_ROUNDS (a factor) change and lengthen the run.
 */

enum { MAX_GROUP = 24, SHAPES = RANDOM_SHAPES };

static random_rows data;

/* The plain kernels and the best that run here, in turn. */
static void take_kernels(unsigned round)
{
    churn__expr_kernels_force(round / 2 % 2 == 0 ? churn__expr_kernels_at(0) : NULL);
}

static bool usable[RANDOM_FORMS];

/* Around the edges of words, blocks and chunks. */
static const unsigned edges[] = {1,   2,   7,    8,    9,    63,   64,   65,   127,
                                 128, 129, 1023, 1024, 1025, 1088, 2047, 2048, 2049};

typedef struct answer {
    churn__truth truth; /* CHURN__TRUE: `value` holds it */
    churn__value value;
    int32_t detail;
    uint32_t line, column;
} answer;

static bool same_value(const churn__value *a, const churn__value *b)
{
    if (a->type != b->type) {
        return false;
    }
    switch (a->type) {
    case CHURN__TYPE_BOOL:
        return a->as.b == b->as.b;
    case CHURN__TYPE_STRING:
        return churn__str_eq(a->as.s, b->as.s);
    case CHURN__TYPE_DOUBLE: /* which NaN it is has no meaning */
        return a->as.i == b->as.i || (a->as.d != a->as.d && b->as.d != b->as.d);
    default:
        return a->as.i == b->as.i;
    }
}

static bool same_answer(const answer *a, const answer *b)
{
    return a->truth == b->truth && a->detail == b->detail && a->line == b->line &&
           a->column == b->column && (a->truth != CHURN__TRUE || same_value(&a->value, &b->value));
}

static answer run_row(kit *k, const churn__expr *expr, const churn__column *columns, unsigned row)
{
    answer out = {.truth = CHURN__ERROR};
    churn_error err = {.struct_size = sizeof err};
    assert_ok(churn__expr_value(expr, columns, row, k->scratch, &out.value, &out.truth, &err));
    if (out.truth == CHURN__ERROR) {
        out.detail = err.detail;
        out.line = err.line;
        out.column = err.column;
        assert_true(out.detail >= CHURN__EXPR_RUN_OVERFLOW && out.line == 1 && out.column > 0);
    }
    return out;
}

static churn__truth as_truth(const answer *o)
{
    return o->truth == CHURN__TRUE && !o->value.as.b ? CHURN__FALSE : o->truth;
}

static churn__expr *compile_text(kit *k, const char *text, uint32_t flags)
{
    churn_error err = {.struct_size = sizeof err};
    churn__expr *expr = NULL;
    churn_status st = kit_compile(k, churn__str_nts(text), 0, flags, &expr, &err);
    bool no_time = err.detail == CHURN__EXPR_BAD_TIME || err.detail == CHURN__EXPR_BAD_DURATION;
    if (st != CHURN_OK && st != CHURN_E_LIMIT && !no_time) {
        fail_msg("`%s` at %u:%u: %s", text, err.line, err.column, err.message);
    }
    return expr;
}

static bool compiles(kit *k, const char *text)
{
    churn__expr *expr = NULL;
    bool is = kit_compile(k, churn__str_nts(text), 0, 0, &expr, NULL) == CHURN_OK;
    churn__expr_free(expr);
    return is;
}

static void open_maker(kit *k, random_maker *m, uint64_t seed)
{
    *m = (random_maker){.seed = random_seed(seed), .usable = usable};
    print_message("# seed %llu\n", (unsigned long long)m->seed);
    churn__buf_init(&m->text, k->heap);
}

static void close_maker(kit *k, random_maker *m)
{
    churn__buf_clear(&m->text);
    kit_close(k);
}

static char pick_type(random_maker *m)
{
    return "bidstu"[random_pick(m, 6)];
}

/* ---- what is there ---- */

static void grammar__every_form__compiles(void **state)
{
    (void)state;
    kit k;
    random_maker m;
    kit_open(&k, random_names, RANDOM_NAMES);
    open_maker(&k, &m, 1);
    unsigned absent = 0;
    for (unsigned i = 0; i < RANDOM_FORMS; i++) {
        churn__buf_reset(&m.text);
        random_fill(&m, random_forms[i].text, 0);
        churn__buf_char(&m.text, '\0');
        usable[i] = compiles(&k, m.text.data);
        if (!usable[i]) {
            print_message("# does not compile: %s\n", m.text.data);
            absent++;
        }
    }

    assert_int_equal(absent, 0);
    close_maker(&k, &m);
}

/* ---- rows and columns ---- */

static void check_row(kit *k, const churn__expr *expr, unsigned row, churn__truth together)
{
    answer first = run_row(k, expr, data.columns[0], row);
    churn__value kept = first.value;
    char copy[4096];
    if (first.truth == CHURN__TRUE && kept.type == CHURN__TYPE_STRING) {
        if (kept.as.s.len > sizeof copy) {
            return;
        }
        memcpy(copy, kept.as.s.ptr != NULL ? kept.as.s.ptr : "", kept.as.s.len);
        first.value.as.s.ptr = copy;
    }
    for (unsigned shape = 1; shape < SHAPES; shape++) {
        answer other = run_row(k, expr, data.columns[shape], row);
        if (!same_answer(&first, &other)) {
            fail_msg("row %u of `%s`: %d, in shape %u %d", row, churn__expr_text(expr).ptr,
                     first.truth, shape, other.truth);
        }
    }
    if (churn__expr_type(expr) == CHURN__TYPE_BOOL && as_truth(&first) != together) {
        fail_msg("row %u of `%s`: alone %d, together %d", row, churn__expr_text(expr).ptr,
                 as_truth(&first), together);
    }
}

/* All rows where they are few; else some, and those beside edges. */
static void check_rows(kit *k, random_maker *m, const churn__expr *expr, unsigned rows,
                       const churn__truth *together)
{
    for (unsigned row = 0; row < rows && row < 130; row++) {
        check_row(k, expr, row, together[row]);
    }
    for (unsigned i = 0; i < 30 && rows > 130; i++) {
        unsigned row = i < 4 ? rows - 1 - i : i < 10 ? 1020 + i : random_pick(m, rows);
        check_row(k, expr, row < rows ? row : rows - 1, together[row < rows ? row : rows - 1]);
    }
}

static void check_shapes(kit *k, const churn__expr *expr, unsigned rows, churn__truth *out)
{
    static churn__truth other[RANDOM_ROWS];
    if (churn__expr_type(expr) != CHURN__TYPE_BOOL) {
        return;
    }
    assert_ok(churn__expr_truth(expr, data.columns[0], rows, k->scratch, out, NULL));
    for (unsigned shape = 1; shape < SHAPES; shape++) {
        memset(other, 9, sizeof other);
        assert_ok(churn__expr_truth(expr, data.columns[shape], rows, k->scratch, other, NULL));
        for (unsigned row = 0; row < rows; row++) {
            if (other[row] != out[row]) {
                fail_msg("row %u of %u of `%s`: %d, in shape %u %d", row, rows,
                         churn__expr_text(expr).ptr, out[row], shape, other[row]);
            }
        }
        assert_int_equal(other[rows], 9); /* nothing past the last row */
    }
}

static void check_agreement(uint64_t seed, uint32_t flags, unsigned without, unsigned rounds)
{
    static churn__truth together[RANDOM_ROWS + 1];
    kit k;
    random_maker m;
    unsigned compiled = 0;
    kit_open(&k, random_names, RANDOM_NAMES);
    open_maker(&k, &m, seed);
    m.without = without;
    for (unsigned round = 0; round < rounds; round++) {
        if (round % 25 == 0) {
            random_columns(&m, &data, round % 50 == 0, round % 100 != 0);
        }
        char type = round % 2 ? 'b' : pick_type(&m);
        take_kernels(round);
        churn__expr *expr = compile_text(&k, random_text(&m, type, 1 + random_pick(&m, 5)), flags);
        unsigned rows = round % 3 ? 1 + random_pick(&m, 130) : RANDOM_OF(&m, edges);
        if (expr != NULL) {
            compiled++;
            check_shapes(&k, expr, rows, together);
            check_rows(&k, &m, expr, rows, together);
        }
        churn__expr_free(expr);
    }
    assert_true(compiled > rounds * 9 / 10);
    close_maker(&k, &m);
}

static void agreement__of_rows_and_columns__lenient(void **state)
{
    (void)state;
    check_agreement(2026, 0, 0, random_rounds(9000));
}

static void agreement__of_rows_and_columns__strict(void **state)
{
    (void)state;
    check_agreement(2027, CHURN__EXPR_STRICT_CEL, RANDOM_LENIENT, random_rounds(4000));
}

/* ---- one and many ---- */

static void check_group(kit *k, const churn__expr *const *exprs, unsigned count, unsigned rows,
                        unsigned shape)
{
    static churn__truth alone[RANDOM_ROWS], among[MAX_GROUP][RANDOM_ROWS];
    churn__truth *out[MAX_GROUP];
    churn__expr_group *group = NULL;
    for (unsigned i = 0; i < count; i++) {
        out[i] = i % 7 == 6 ? NULL : among[i];
    }
    assert_ok(churn__expr_group_create(k->heap, exprs, count, &group, NULL));
    assert_ok(churn__expr_group_truth(group, data.columns[shape], rows, k->scratch, out, NULL));
    for (unsigned i = 0; i < count; i++) {
        assert_ok(churn__expr_truth(exprs[i], data.columns[shape], rows, k->scratch, alone, NULL));
        for (unsigned row = 0; row < rows && out[i] != NULL; row++) {
            if (alone[row] != among[i][row]) {
                fail_msg("row %u of `%s`: alone %d, among %u %d", row,
                         churn__expr_text(exprs[i]).ptr, alone[row], count, among[i][row]);
            }
        }
    }
    churn__expr_group_free(group);
}

/* Of a playbook's conditions, some share parts with others and some are the same. */
static unsigned fill_group(kit *k, random_maker *m, churn__expr **exprs)
{
    unsigned wanted = 1 + random_pick(m, MAX_GROUP), count = 0;
    char shared[600] = "b0", text[2048];
    random_text(m, 'b', 2);
    if (m->text.size < sizeof shared) {
        memcpy(shared, m->text.data, m->text.size);
    }
    while (count < wanted) {
        const char *own = random_text(m, 'b', 1 + random_pick(m, 4));
        if (m->text.size > 1024) {
            continue;
        }
        switch (random_pick(m, 6)) {
        case 0:
            snprintf(text, sizeof text, "%s", shared);
            break;
        case 1:
            snprintf(text, sizeof text, "%s && %s", shared, own);
            break;
        case 2:
            snprintf(text, sizeof text, "%s || !%s", own, shared);
            break;
        case 3:
            snprintf(text, sizeof text, "!(%s ? b1 : %s)", shared, own);
            break;
        default:
            snprintf(text, sizeof text, "%s", own);
            break;
        }
        churn__expr *expr = compile_text(k, text, 0);
        if (expr != NULL) {
            exprs[count++] = expr;
        }
    }
    return count;
}

static void groups__each_of_them__as_alone(void **state)
{
    (void)state;
    kit k;
    random_maker m;
    kit_open(&k, random_names, RANDOM_NAMES);
    open_maker(&k, &m, 2028);
    for (unsigned round = 0, rounds = random_rounds(400); round < rounds; round++) {
        churn__expr *exprs[MAX_GROUP];
        if (round % 5 == 0) {
            random_columns(&m, &data, round % 10 == 0, true);
        }
        take_kernels(round);
        unsigned count = fill_group(&k, &m, exprs);
        check_group(&k, (const churn__expr *const *)exprs, count, RANDOM_OF(&m, edges),
                    round % SHAPES);
        for (unsigned i = 0; i < count; i++) {
            churn__expr_free(exprs[i]);
        }
    }
    close_maker(&k, &m);
}

/* ---- folded or computed ---- */

/* The names as constants that hold what a row holds. */
static void as_constants(const churn__column *columns, unsigned row, churn__value *values,
                         kit_name *names)
{
    for (unsigned c = 0; c < RANDOM_NAMES; c++) {
        const churn__column *from = &columns[c];
        churn__value *to = &values[c];
        names[c] = random_names[c];
        *to = (churn__value){.type = from->type};
        if (from->type == CHURN__TYPE_STRINGS) {
            continue;
        }
        names[c].constant = to;
        if (!churn__column_has(from, row)) {
            to->missing = CHURN__NOT_PROVIDED;
        } else if (from->type == CHURN__TYPE_STRING) {
            to->as.s = churn__column_string(from, row);
        } else {
            size_t width = random_width(from->type);
            memcpy(&to->as, (const char *)from->values + row * width, width);
        }
    }
}

static void check_folded(kit *k, const churn__expr *expr, unsigned row)
{
    churn__value values[RANDOM_NAMES];
    kit_name names[RANDOM_NAMES];
    as_constants(data.columns[0], row, values, names);
    kit folding = *k;
    folding.names = names;
    churn__expr *folded = compile_text(&folding, churn__expr_text(expr).ptr, 0);
    assert_non_null(folded);
    answer want = run_row(k, expr, data.columns[0], row);
    char copy[4096] = "";
    if (want.truth == CHURN__TRUE && want.value.type == CHURN__TYPE_STRING) {
        memcpy(copy, want.value.as.s.ptr, want.value.as.s.len < 4096 ? want.value.as.s.len : 4096);
        want.value.as.s.ptr = copy;
    }
    answer got = run_row(k, folded, data.columns[0], row);
    bool too_long = want.value.type == CHURN__TYPE_STRING && want.value.as.s.len > 4096;
    if (!too_long && !same_answer(&want, &got)) {
        fail_msg("row %u of `%s`: computed %d (%d at %u), folded %d (%d at %u)", row,
                 churn__expr_text(expr).ptr, want.truth, want.detail, want.column, got.truth,
                 got.detail, got.column);
    }
    churn__expr_free(folded);
}

static void constants__instead_of_columns__give_the_same(void **state)
{
    (void)state;
    kit k;
    random_maker m;
    kit_open(&k, random_names, RANDOM_NAMES);
    open_maker(&k, &m, 2029);
    for (unsigned round = 0, rounds = random_rounds(8000); round < rounds; round++) {
        if (round % 25 == 0) {
            random_columns(&m, &data, round % 50 == 0, true);
        }
        char type = round % 2 ? 'b' : pick_type(&m);
        churn__expr *expr = compile_text(&k, random_text(&m, type, 1 + random_pick(&m, 5)), 0);
        for (unsigned i = 0; expr != NULL && i < 4; i++) {
            check_folded(&k, expr, random_pick(&m, RANDOM_ROWS));
        }
        churn__expr_free(expr);
    }
    close_maker(&k, &m);
}

/* ---- Kleene's logic is monotone ---- */

/* Fill what is missing with any value: what was decided stays, and nothing is unknown any more.
 * Expressions with has() are left out: they ask for it. */
static void missing__replaced_by_anything__never_turns_an_outcome(void **state)
{
    (void)state;
    static random_rows whole, holes;
    static churn__truth before[RANDOM_ROWS], after[RANDOM_ROWS];
    kit k;
    random_maker m;
    unsigned decided = 0, unknown = 0;
    kit_open(&k, random_names, RANDOM_NAMES);
    open_maker(&k, &m, 2030);
    m.without = RANDOM_HAS;
    for (unsigned round = 0, rounds = random_rounds(5000); round < rounds; round++) {
        if (round % 25 == 0) {
            random_columns(&m, &whole, round % 50 == 0, false);
            random_columns(&m, &holes, false, true);
        }
        churn__column full[RANDOM_NAMES], with_holes[RANDOM_NAMES];
        for (unsigned c = 0; c < RANDOM_NAMES; c++) { /* the values of one, what lacks of another */
            full[c] = with_holes[c] = whole.columns[RANDOM_REASONS][c];
            full[c].missing = NULL;
            with_holes[c].missing = holes.columns[RANDOM_REASONS][c].missing;
        }
        churn__expr *expr = compile_text(&k, random_text(&m, 'b', 1 + random_pick(&m, 5)), 0);
        if (expr == NULL) {
            continue;
        }
        unsigned rows = round % 10 ? 200 : RANDOM_ROWS;
        assert_ok(churn__expr_truth(expr, with_holes, rows, k.scratch, before, NULL));
        assert_ok(churn__expr_truth(expr, full, rows, k.scratch, after, NULL));
        for (unsigned row = 0; row < rows; row++) {
            bool is_decided = before[row] == CHURN__TRUE || before[row] == CHURN__FALSE;
            bool is_unknown = before[row] == CHURN__UNKNOWN;
            decided += is_decided ? 1 : 0;
            unknown += is_unknown ? 1 : 0;
            if ((is_decided && after[row] != before[row]) || after[row] == CHURN__UNKNOWN ||
                (is_unknown && !churn__expr_can_be_unknown(expr))) {
                fail_msg("row %u of `%s`: %d, then %d", row, churn__expr_text(expr).ptr,
                         before[row], after[row]);
            }
        }
        churn__expr_free(expr);
    }
    assert_true(decided > 20000 && unknown > 20000);
    close_maker(&k, &m);
}

/* ---- the public functions ---- */

static const char *public_cell(const churn_table *table, unsigned row, const churn_value *value,
                               churn_outcome outcome, const churn_error *err)
{
    static const char *const names[] = {"value", "unknown", "error"};
    char why[700];
    if (strcmp(churn_table_string(table, row, 1).ptr, names[outcome]) != 0) {
        return "outcome";
    }
    snprintf(why, sizeof why, "%u:%u: %s", err->line, err->column, err->message);
    if (outcome == CHURN_OUTCOME_ERROR) {
        return strcmp(churn_table_string(table, row, 2).ptr, why) == 0 ? NULL : "error";
    }
    if (outcome == CHURN_OUTCOME_UNKNOWN) {
        return churn_table_is_null(table, row, 0) ? NULL : "unknown value";
    }
    if (churn_table_is_null(table, row, 0)) {
        return "null";
    }
    double number = churn_table_double(table, row, 0);
    churn_str text = churn_table_string(table, row, 0);
    bool same =
        value->type == CHURN_TYPE_BOOL     ? churn_table_bool(table, row, 0) == (value->truth != 0)
        : value->type == CHURN_TYPE_DOUBLE ? number == value->number
        : value->type == CHURN_TYPE_STRING ? churn__str_eq(text, value->string)
                                           : churn_table_int(table, row, 0) == value->integer;
    return same ? NULL : "value";
}

enum { PUBLIC = RANDOM_NAMES - 1 }; /* lists are not among the public types */

static void public_row(const random_rows *from, unsigned row, churn_value *out)
{
    for (unsigned c = 0; c < PUBLIC; c++) {
        const churn__column *column = &from->columns[RANDOM_BITS][c];
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

static void check_public(const char *text, const churn_variable *variables, unsigned rows)
{
    churn_value_column columns[PUBLIC];
    churn_expression *e = NULL;
    churn_table *table = NULL;
    churn_error err = {.struct_size = sizeof err};
    churn_status st = churn_expression_compile(text, CHURN_NTS, variables, PUBLIC, NULL, &e, &err);
    if (st == CHURN_E_LIMIT || err.detail == CHURN__EXPR_BAD_TIME ||
        err.detail == CHURN__EXPR_BAD_DURATION) {
        return;
    }
    if (st != CHURN_OK) {
        fail_msg("`%s`: %s", text, err.message);
    }
    for (unsigned c = 0; c < PUBLIC; c++) {
        columns[c] = (churn_value_column){.values = data.columns[RANDOM_BITS][c].values,
                                          .valid = data.columns[RANDOM_BITS][c].valid};
    }
    assert_ok(churn_expression_evaluate_columns(e, columns, PUBLIC, rows, NULL, &table, &err));
    assert_int_equal(churn_table_row_count(table), rows);
    for (unsigned row = 0; row<rows; row += rows> 130 ? 37 : 1) {
        churn_value values[PUBLIC], value = {0};
        churn_outcome outcome = CHURN_OUTCOME_ERROR;
        err = (churn_error){.struct_size = sizeof err};
        public_row(&data, row, values);
        st = churn_expression_evaluate(e, values, PUBLIC, &outcome, &value, &err);
        if (st == CHURN_E_UNSUPPORTED) { /* text that was made */
            continue;
        }
        assert_ok(st);
        const char *differs = public_cell(table, row, &value, outcome, &err);
        if (differs != NULL) {
            fail_msg("row %u of `%s`: its %s differs: %d alone (%s), %s together (%s)", row, text,
                     differs, outcome, err.message, churn_table_string(table, row, 1).ptr,
                     churn_table_string(table, row, 2).ptr);
        }
    }
    churn_table_free(table);
    churn_expression_free(e);
}

static void public__one_record_and_columns__agree(void **state)
{
    (void)state;
    churn_variable variables[PUBLIC];
    kit k;
    random_maker m;
    kit_open(&k, random_names, RANDOM_NAMES);
    open_maker(&k, &m, 2031);
    for (unsigned c = 0; c < PUBLIC; c++) {
        variables[c] =
            (churn_variable){churn__str_nts(random_names[c].name), random_names[c].type, 0};
    }
    for (unsigned round = 0, rounds = random_rounds(4000); round < rounds; round++) {
        if (round % 25 == 0) {
            random_columns(&m, &data, round % 50 == 0, true);
        }
        const char *text = NULL;
        do {
            text = random_text(&m, pick_type(&m), 1 + random_pick(&m, 4));
        } while (strstr(text, "l0") != NULL);
        take_kernels(round);
        check_public(text, variables, round % 3 ? 1 + random_pick(&m, 130) : RANDOM_OF(&m, edges));
    }
    close_maker(&k, &m);
}

/* ---- written in the canonical way ---- */

static void format_text(const char *text, char *to, size_t room)
{
    churn_error err = {.struct_size = sizeof err};
    churn_buffer *buffer = NULL;
    if (churn_expression_format(text, CHURN_NTS, NULL, &buffer, &err) != CHURN_OK) {
        fail_msg("`%s` at %u:%u: %s", text, err.line, err.column, err.message);
    }
    assert_true(churn_buffer_size(buffer) < room);
    memcpy(to, churn_buffer_data(buffer), churn_buffer_size(buffer));
    to[churn_buffer_size(buffer)] = '\0';
    churn_buffer_free(buffer);
}

/* What is written back is no longer written otherwise, and means the same on every row; only where
 * an error stands may differ. */
static void check_written(kit *k, const churn__expr *expr)
{
    static char once[16384], twice[16384];
    const char *text = churn__expr_text(expr).ptr;
    format_text(text, once, sizeof once);
    format_text(once, twice, sizeof twice);
    if (strcmp(once, twice) != 0) {
        fail_msg("`%s` is written `%s`, then `%s`", text, once, twice);
    }
    churn__expr *again = compile_text(k, once, 0);
    for (unsigned row = 0; again != NULL && row < 40; row++) {
        answer want = run_row(k, expr, data.columns[0], row), got;
        char copy[4096] = "";
        bool made = want.truth == CHURN__TRUE && want.value.type == CHURN__TYPE_STRING;
        if (made && want.value.as.s.len > sizeof copy) {
            continue;
        }
        if (made && want.value.as.s.len > 0) {
            memcpy(copy, want.value.as.s.ptr, want.value.as.s.len);
        }
        want.value.as.s.ptr = made ? copy : want.value.as.s.ptr;
        got = run_row(k, again, data.columns[0], row);
        got.line = want.line;
        got.column = want.column;
        if (!same_answer(&want, &got)) {
            fail_msg("row %u of `%s`: %d; written `%s`: %d", row, text, want.truth, once,
                     got.truth);
        }
    }
    churn__expr_free(again);
}

static void written__and_read_again__means_the_same(void **state)
{
    (void)state;
    kit k;
    random_maker m;
    kit_open(&k, random_names, RANDOM_NAMES);
    open_maker(&k, &m, 2032);
    for (unsigned round = 0, rounds = random_rounds(4000); round < rounds; round++) {
        if (round % 50 == 0) {
            random_columns(&m, &data, round % 100 == 0, true);
        }
        char type = round % 2 ? 'b' : pick_type(&m);
        churn__expr *expr = compile_text(&k, random_text(&m, type, 1 + random_pick(&m, 5)), 0);
        if (expr != NULL) {
            check_written(&k, expr);
        }
        churn__expr_free(expr);
    }
    close_maker(&k, &m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grammar__every_form__compiles),
        cmocka_unit_test(agreement__of_rows_and_columns__lenient),
        cmocka_unit_test(agreement__of_rows_and_columns__strict),
        cmocka_unit_test(groups__each_of_them__as_alone),
        cmocka_unit_test(constants__instead_of_columns__give_the_same),
        cmocka_unit_test(missing__replaced_by_anything__never_turns_an_outcome),
        cmocka_unit_test(public__one_record_and_columns__agree),
        cmocka_unit_test(written__and_read_again__means_the_same),
    };
    return RUN_TESTS(tests);
}
