/* SPDX-License-Identifier: MIT */
#include "expr_kit.h"

#include "expr/fuse.h"

#include <math.h>

/*
 * Random well-typed expressions over random data: a tree that this file prints as text and also
 * evaluates itself, slowly and obviously. The row machine, the vector machine and the tree must
 * agree to the bit on every row, missing values, NaN and overflow included.
 */

#define ROWS 1100u /* more than one chunk, and no multiple of a block */
#define COLUMNS 8u

typedef enum kind {
    K_SLOT,
    K_LITERAL,
    K_AND,
    K_OR,
    K_NOT,
    K_CHOICE,
    K_HAS,
    K_COMPARE,
    K_IN,
    K_ADD,
    K_SUB,
    K_MUL,
    K_DIV,
    K_MOD,
    K_NEGATE,
    K_TO_INT,
    K_TO_DOUBLE,
    K_SIZE,
    K_CONTAINS,
    K_STARTS,
    K_LEAST,
    K_TO_STRING
} kind;

typedef struct tree {
    kind kind;
    churn__type type;
    unsigned which; /* slot, or comparison */
    churn__value value;
    uint32_t count;
    struct tree *kid[4];
} tree;

static const kit_name names[COLUMNS] = {
    {.name = "b0", .type = CHURN__TYPE_BOOL},   {.name = "b1", .type = CHURN__TYPE_BOOL},
    {.name = "i0", .type = CHURN__TYPE_INT},    {.name = "i1", .type = CHURN__TYPE_INT},
    {.name = "d0", .type = CHURN__TYPE_DOUBLE}, {.name = "d1", .type = CHURN__TYPE_DOUBLE},
    {.name = "s0", .type = CHURN__TYPE_STRING}, {.name = "s1", .type = CHURN__TYPE_STRING}};

typedef struct data {
    uint8_t b[2][ROWS];
    int64_t i[2][ROWS];
    double d[2][ROWS];
    churn_str s[2][ROWS];
    churn__missing missing[COLUMNS][ROWS];
    churn__column columns[COLUMNS];
} data;

/* ---- making things up ---- */

typedef struct maker {
    uint64_t seed;
    churn__arena *arena;
    bool with_has;
} maker;

static unsigned pick(maker *m, unsigned n)
{
    return (unsigned)(kit_random(&m->seed) % n);
}

static const int64_t ints[] = {0, 1, -1, 2, 3, 7, 100, INT64_MAX, INT64_MIN, 9007199254740993};
static const double doubles[] = {0.0, 1.0, -1.5, 2.0, 7.25, 100.0, 1e300, 9007199254740992.0};
static const churn_str texts[] = {
    {"", 0}, {"a", 1}, {"ab", 2}, {"free", 4}, {"\xC3\xA9t\xC3\xA9", 5}};

#define PICK(m, array) ((array)[pick((m), (unsigned)(sizeof(array) / sizeof *(array)))])

static void fill(maker *m, data *to)
{
    static const double odd[] = {(double)NAN, (double)INFINITY, -0.0};
    static const unsigned percents[] = {0, 0, 9, 50, 100};
    const void *values[COLUMNS] = {to->b[0], to->b[1], to->i[0], to->i[1],
                                   to->d[0], to->d[1], to->s[0], to->s[1]};
    for (unsigned row = 0; row < ROWS; row++) {
        for (unsigned c = 0; c < 2; c++) {
            to->b[c][row] = (uint8_t)pick(m, 2);
            to->i[c][row] = PICK(m, ints);
            to->d[c][row] = pick(m, 40) == 0 ? PICK(m, odd) : PICK(m, doubles);
            to->s[c][row] = PICK(m, texts);
        }
    }
    for (unsigned c = 0; c < COLUMNS; c++) {
        unsigned percent = PICK(m, percents);
        to->columns[c] = (churn__column){.type = names[c].type, .values = values[c]};
        if (percent == 0) {
            continue;
        }
        to->columns[c].missing = to->missing[c];
        for (unsigned row = 0; row < ROWS; row++) {
            bool gone = pick(m, 100) < percent;
            to->missing[c][row] = gone ? CHURN__NEVER : CHURN__PRESENT;
            if (gone && names[c].type == CHURN__TYPE_STRING) { /* anything, even no pointer */
                to->s[c - 6][row] = (churn_str){(const char *)(uintptr_t)1, 99};
            }
        }
    }
}

static tree *make(maker *m, churn__type type, unsigned depth);

static tree *new_tree(maker *m, kind k, churn__type type)
{
    tree *t = churn__arena_alloc(m->arena, sizeof *t);
    t->kind = k;
    t->type = type;
    return t;
}

static tree *leaf(maker *m, churn__type type)
{
    static const unsigned first[] = {0, 0, 2, 4, 6};
    tree *t = new_tree(m, pick(m, 3) == 0 ? K_LITERAL : K_SLOT, type);
    t->which = first[type] + pick(m, 2);
    t->value.type = type;
    switch (type) {
    case CHURN__TYPE_BOOL:
        t->value.as.b = (uint8_t)pick(m, 2);
        break;
    case CHURN__TYPE_INT:
        t->value.as.i = PICK(m, ints);
        break;
    case CHURN__TYPE_DOUBLE:
        t->value.as.d = PICK(m, doubles);
        break;
    default:
        t->value.as.s = PICK(m, texts);
        break;
    }
    return t;
}

static tree *node(maker *m, kind k, churn__type type, churn__type a, churn__type b, unsigned depth)
{
    tree *t = new_tree(m, k, type);
    t->kid[t->count++] = make(m, a, depth);
    if (b != 0) {
        t->kid[t->count++] = make(m, b, depth);
    }
    return t;
}

static tree *make_bool(maker *m, unsigned depth)
{
    static const churn__type sides[][2] = {
        {CHURN__TYPE_DOUBLE, CHURN__TYPE_DOUBLE}, {CHURN__TYPE_INT, CHURN__TYPE_INT},
        {CHURN__TYPE_INT, CHURN__TYPE_DOUBLE},    {CHURN__TYPE_DOUBLE, CHURN__TYPE_INT},
        {CHURN__TYPE_STRING, CHURN__TYPE_STRING}, {CHURN__TYPE_BOOL, CHURN__TYPE_BOOL}};
    const churn__type B = CHURN__TYPE_BOOL, S = CHURN__TYPE_STRING;
    unsigned what = pick(m, 12);
    if (what < 5) {
        return node(m, what < 2 ? K_AND : what < 4 ? K_OR : K_NOT, B, B, what < 4 ? B : 0, depth);
    }
    if (what == 5 && m->with_has) {
        tree *t = new_tree(m, K_HAS, B);
        t->which = pick(m, COLUMNS);
        return t;
    }
    if (what == 6) {
        churn__type type = (churn__type)(1 + pick(m, 4));
        tree *t = node(m, K_IN, B, type, type, depth);
        t->kid[t->count++] = leaf(m, type);
        t->kid[t->count++] = leaf(m, type);
        return t;
    }
    if (what == 7) {
        return node(m, pick(m, 2) ? K_CONTAINS : K_STARTS, B, S, S, depth);
    }
    const churn__type *side = PICK(m, sides);
    tree *t = node(m, K_COMPARE, B, side[0], side[1], depth);
    t->which = pick(m, 6);
    return t;
}

static tree *make(maker *m, churn__type type, unsigned depth)
{
    static const kind whole[] = {K_ADD,    K_SUB,    K_MUL,  K_DIV,  K_MOD,
                                 K_NEGATE, K_TO_INT, K_SIZE, K_LEAST};
    static const kind real[] = {K_ADD, K_SUB, K_MUL, K_DIV, K_NEGATE, K_TO_DOUBLE, K_LEAST};
    if (depth == 0 || pick(m, 5) == 0) {
        return leaf(m, type);
    }
    depth--;
    if (pick(m, 8) == 0) {
        tree *t = node(m, K_CHOICE, type, CHURN__TYPE_BOOL, type, depth);
        t->kid[t->count++] = make(m, type, depth);
        return t;
    }
    if (type == CHURN__TYPE_BOOL) {
        return make_bool(m, depth);
    }
    if (type == CHURN__TYPE_STRING) {
        return pick(m, 2) ? node(m, K_ADD, type, type, type, depth)
                          : node(m, K_TO_STRING, type, CHURN__TYPE_INT, 0, depth);
    }
    kind k = type == CHURN__TYPE_INT ? PICK(m, whole) : PICK(m, real);
    churn__type a = k == K_TO_INT      ? CHURN__TYPE_DOUBLE
                    : k == K_TO_DOUBLE ? CHURN__TYPE_INT
                    : k == K_SIZE      ? CHURN__TYPE_STRING
                                       : type;
    bool single = k == K_TO_INT || k == K_TO_DOUBLE || k == K_SIZE || k == K_NEGATE;
    return node(m, k, type, a, single ? 0 : type, depth);
}

/* ---- as text ---- */

static void print(const tree *t, churn__buf *to);

static void print_literal(const tree *t, churn__buf *to)
{
    switch (t->type) {
    case CHURN__TYPE_BOOL:
        churn__buf_text(to, t->value.as.b ? "true" : "false");
        break;
    case CHURN__TYPE_INT:
        churn__buf_int(to, t->value.as.i);
        break;
    case CHURN__TYPE_DOUBLE:
        churn__buf_double(to, t->value.as.d);
        break;
    default:
        churn__buf_char(to, '\'');
        churn__buf_str(to, t->value.as.s);
        churn__buf_char(to, '\'');
        break;
    }
}

static void print_list(const tree *t, const char *open, uint32_t from, const char *close,
                       churn__buf *to)
{
    churn__buf_text(to, open);
    for (uint32_t i = from; i < t->count; i++) {
        churn__buf_text(to, i > from ? ", " : "");
        print(t->kid[i], to);
    }
    churn__buf_text(to, close);
}

static void print_infix(const tree *t, const char *sign, churn__buf *to)
{
    churn__buf_char(to, '(');
    print(t->kid[0], to);
    churn__buf_text(to, sign);
    print(t->kid[1], to);
    churn__buf_char(to, ')');
}

static void print(const tree *t, churn__buf *to)
{
    static const char *const compares[] = {" == ", " != ", " < ", " <= ", " > ", " >= "};
    static const char *const infix[] = {
        [K_AND] = " && ", [K_OR] = " || ", [K_ADD] = " + ", [K_SUB] = " - ",
        [K_MUL] = " * ",  [K_DIV] = " / ", [K_MOD] = " % "};
    static const char *const call[] = {[K_NOT] = "!(",           [K_NEGATE] = "-(",
                                       [K_TO_INT] = "int(",      [K_TO_DOUBLE] = "double(",
                                       [K_SIZE] = "size(",       [K_LEAST] = "math.least(",
                                       [K_TO_STRING] = "string("};
    switch (t->kind) {
    case K_SLOT:
        churn__buf_text(to, names[t->which].name);
        break;
    case K_LITERAL:
        print_literal(t, to);
        break;
    case K_HAS:
        churn__buf_text(to, "has(");
        churn__buf_text(to, names[t->which].name);
        churn__buf_char(to, ')');
        break;
    case K_COMPARE:
        print_infix(t, compares[t->which], to);
        break;
    case K_CHOICE:
        churn__buf_char(to, '(');
        print(t->kid[0], to);
        churn__buf_text(to, " ? ");
        print(t->kid[1], to);
        churn__buf_text(to, " : ");
        print(t->kid[2], to);
        churn__buf_char(to, ')');
        break;
    case K_IN:
        churn__buf_char(to, '(');
        print(t->kid[0], to);
        print_list(t, " in [", 1, "])", to);
        break;
    case K_CONTAINS:
    case K_STARTS:
        print(t->kid[0], to);
        print_list(t, t->kind == K_CONTAINS ? ".contains(" : ".startsWith(", 1, ")", to);
        break;
    case K_AND:
    case K_OR:
    case K_ADD:
    case K_SUB:
    case K_MUL:
    case K_DIV:
    case K_MOD:
        print_infix(t, infix[t->kind], to);
        break;
    default:
        print_list(t, call[t->kind], 0, ")", to);
        break;
    }
}

/* ---- evaluated the slow way ---- */

typedef struct answer {
    enum { VALUE, UNKNOWN, ERROR } state;
    churn__value v;
} answer;

static answer slow(const tree *t, const data *from, unsigned row, churn__arena *arena);

static answer truth(bool b)
{
    return (answer){VALUE, {.type = CHURN__TYPE_BOOL, .as.b = b}};
}

static bool is(answer a, bool b)
{
    return a.state == VALUE && a.v.as.b == b;
}

static answer slow_logic(const tree *t, answer a, answer b)
{
    bool decides = t->kind == K_OR;
    if (is(a, decides) || is(b, decides)) {
        return truth(decides);
    }
    if (a.state == UNKNOWN || b.state == UNKNOWN) {
        return (answer){.state = UNKNOWN};
    }
    return a.state == ERROR || b.state == ERROR ? (answer){.state = ERROR} : truth(!decides);
}

static long double number(const churn__value *v)
{
    return v->type == CHURN__TYPE_INT ? (long double)v->as.i : (long double)v->as.d;
}

static answer slow_compare(unsigned how, const churn__value *a, const churn__value *b)
{
    int order;
    if (a->type == CHURN__TYPE_STRING) {
        size_t n = a->as.s.len < b->as.s.len ? a->as.s.len : b->as.s.len;
        order = n > 0 ? memcmp(a->as.s.ptr, b->as.s.ptr, n) : 0;
        order = order != 0 ? order : (a->as.s.len > b->as.s.len) - (a->as.s.len < b->as.s.len);
    } else if (a->type == CHURN__TYPE_BOOL) {
        order = a->as.b - b->as.b;
    } else {
        if (!isfinite((double)number(a)) || !isfinite((double)number(b))) {
            return (answer){.state = ERROR};
        }
        order = (number(a) > number(b)) - (number(a) < number(b));
    }
    return truth(how == 0   ? order == 0
                 : how == 1 ? order != 0
                 : how == 2 ? order < 0
                 : how == 3 ? order <= 0
                 : how == 4 ? order > 0
                            : order >= 0);
}

static answer slow_in(const tree *t, const answer *kids)
{
    bool found = false, broken = false;
    for (uint32_t i = 1; i < t->count; i++) {
        answer same = slow_compare(0, &kids[0].v, &kids[i].v);
        broken = broken || same.state == ERROR;
        found = found || is(same, true);
    }
    return broken ? (answer){.state = ERROR} : truth(found);
}

static answer slow_int(const tree *t, int64_t a, int64_t b)
{
    __int128 r = 0;
    switch (t->kind) {
    case K_ADD:
        r = (__int128)a + b;
        break;
    case K_SUB:
        r = (__int128)a - b;
        break;
    case K_MUL:
        r = (__int128)a * b;
        break;
    case K_NEGATE:
        r = -(__int128)a;
        break;
    case K_LEAST:
        r = a < b ? a : b;
        break;
    default:
        if (b == 0 || (b == -1 && a == INT64_MIN)) {
            return (answer){.state = ERROR};
        }
        r = t->kind == K_DIV ? a / b : a % b;
        break;
    }
    answer out = {VALUE, {.type = CHURN__TYPE_INT, .as.i = (int64_t)r}};
    out.state = r == (__int128)out.v.as.i ? VALUE : ERROR;
    return out;
}

static answer slow_double(const tree *t, double a, double b)
{
    double r = t->kind == K_ADD      ? a + b
               : t->kind == K_SUB    ? a - b
               : t->kind == K_MUL    ? a * b
               : t->kind == K_DIV    ? a / b
               : t->kind == K_NEGATE ? -a
               : b < a               ? b
                                     : a;
    return (answer){VALUE, {.type = CHURN__TYPE_DOUBLE, .as.d = r}};
}

static answer slow_text(const tree *t, const churn__value *a, const churn__value *b,
                        churn__arena *arena)
{
    answer out = {VALUE, {.type = CHURN__TYPE_STRING}};
    char digits[32];
    if (t->kind == K_TO_STRING) {
        int n = snprintf(digits, sizeof digits, "%lld", (long long)a->as.i);
        out.v.as.s = churn__arena_str(arena, digits, (size_t)n);
        return out;
    }
    char *both = churn__arena_alloc(arena, a->as.s.len + b->as.s.len + 1);
    memcpy(both, a->as.s.ptr, a->as.s.len);
    memcpy(both + a->as.s.len, b->as.s.ptr, b->as.s.len);
    out.v.as.s = (churn_str){both, a->as.s.len + b->as.s.len};
    return out;
}

static bool find(churn_str in, churn_str part, bool at_start)
{
    for (size_t i = 0; i + part.len <= in.len && (!at_start || i == 0); i++) {
        if (memcmp(in.ptr + i, part.ptr, part.len) == 0) {
            return true;
        }
    }
    return false;
}

static answer slow_strict(const tree *t, const answer *kids, churn__arena *arena)
{
    const churn__value *a = &kids[0].v, *b = &kids[1].v;
    answer out = {VALUE, {.type = t->type}};
    switch (t->kind) {
    case K_NOT:
        return truth(!a->as.b);
    case K_COMPARE:
        return slow_compare(t->which, a, b);
    case K_IN:
        return slow_in(t, kids);
    case K_CONTAINS:
    case K_STARTS:
        return truth(find(a->as.s, b->as.s, t->kind == K_STARTS));
    case K_TO_INT:
        if (!(a->as.d > -0x1p63 && a->as.d < 0x1p63)) {
            return (answer){.state = ERROR};
        }
        out.v.as.i = (int64_t)a->as.d;
        return out;
    case K_TO_DOUBLE:
        out.v.as.d = (double)a->as.i;
        return out;
    case K_SIZE:
        for (size_t i = 0; i < a->as.s.len; i++) {
            out.v.as.i += (a->as.s.ptr[i] & 0xC0) != 0x80;
        }
        return out;
    default:
        return t->type == CHURN__TYPE_INT      ? slow_int(t, a->as.i, b->as.i)
               : t->type == CHURN__TYPE_DOUBLE ? slow_double(t, a->as.d, b->as.d)
                                               : slow_text(t, a, b, arena);
    }
}

static answer slow_slot(const data *from, unsigned which, unsigned row)
{
    const churn__column *c = &from->columns[which];
    answer out = {VALUE, {.type = c->type}};
    if (c->missing != NULL && c->missing[row] != CHURN__PRESENT) {
        return (answer){.state = UNKNOWN};
    }
    switch (c->type) {
    case CHURN__TYPE_BOOL:
        out.v.as.b = from->b[which][row];
        break;
    case CHURN__TYPE_INT:
        out.v.as.i = from->i[which - 2][row];
        break;
    case CHURN__TYPE_DOUBLE:
        out.v.as.d = from->d[which - 4][row];
        break;
    default:
        out.v.as.s = from->s[which - 6][row];
        break;
    }
    return out;
}

static answer slow(const tree *t, const data *from, unsigned row, churn__arena *arena)
{
    answer kids[4] = {{.state = VALUE}};
    bool unknown = false, error = false;
    if (t->kind == K_LITERAL) {
        return (answer){VALUE, t->value};
    }
    if (t->kind == K_SLOT || t->kind == K_HAS) {
        answer slot = slow_slot(from, t->which, row);
        return t->kind == K_SLOT ? slot : truth(slot.state == VALUE);
    }
    for (uint32_t i = 0; i < t->count; i++) {
        kids[i] = slow(t->kid[i], from, row, arena);
        unknown = unknown || kids[i].state == UNKNOWN;
        error = error || kids[i].state == ERROR;
    }
    if (t->kind == K_AND || t->kind == K_OR) {
        return slow_logic(t, kids[0], kids[1]);
    }
    if (t->kind == K_CHOICE) {
        return kids[0].state != VALUE ? kids[0] : kids[0].v.as.b ? kids[1] : kids[2];
    }
    if (unknown || error) {
        return (answer){.state = unknown ? UNKNOWN : ERROR};
    }
    return slow_strict(t, kids, arena);
}

/* ---- agreement ---- */

static bool same_bits(const churn__value *a, const churn__value *b)
{
    if (a->type == CHURN__TYPE_DOUBLE && a->as.d != a->as.d) {
        return b->as.d != b->as.d;
    }
    return a->type == CHURN__TYPE_STRING ? churn__str_eq(a->as.s, b->as.s)
           : a->type == CHURN__TYPE_BOOL ? a->as.b == b->as.b
                                         : a->as.i == b->as.i;
}

static void check_row(kit *k, const churn__expr *expr, const tree *t, const data *d, unsigned row)
{
    churn__arena arena;
    churn__arena_init(&arena, k->heap);
    answer want = slow(t, d, row, &arena);
    churn__value got = {0};
    churn__truth truth_of = CHURN__ERROR;
    if (t->type == CHURN__TYPE_DOUBLE && want.state == VALUE && !isfinite(want.v.as.d)) {
        want.state = ERROR;
    }
    assert_ok(churn__expr_value(expr, d->columns, row, k->scratch, &got, &truth_of, NULL));
    int state = truth_of == CHURN__TRUE ? VALUE : truth_of == CHURN__UNKNOWN ? UNKNOWN : ERROR;
    if (state != (int)want.state || (state == VALUE && !same_bits(&want.v, &got))) {
        fail_msg("row %u of `%s`: %d, wanted %d", row, churn__expr_text(expr).ptr, state,
                 want.state);
    }
    churn__arena_clear(&arena);
}

static bool same_cells(churn__type type, const expr_cell *a, const expr_cell *b)
{
    churn__value x = {0}, y = {0};
    if (a->state != b->state || a->state == EXPR_UNKNOWN || a->state == EXPR_ERROR) {
        return a->state == b->state;
    }
    churn__expr_give(type, a, &x);
    churn__expr_give(type, b, &y);
    return same_bits(&x, &y);
}

static churn_value value_of(const data *d, unsigned c, unsigned row)
{
    unsigned i = c % 2;
    churn_value v = {.type = churn__column_has(&d->columns[c], row) ? names[c].type : 0};
    if (v.type != 0) {
        v.truth = d->b[i][row];
        v.integer = d->i[i][row];
        v.number = d->d[i][row];
        v.string = d->s[i][row];
    }
    return v;
}

/* The canonical code, the fused program over columns, and over a record. */
static void check_record(kit *k, const churn__expr *expr, const data *d, unsigned row)
{
    expr_cell slow_frame[512] = {{.state = 9}}, fast_frame[512] = {{.state = 9}};
    churn_value values[COLUMNS];
    churn__arena arena;
    churn__arena_init(&arena, k->heap);
    expr_run run = {.text = &arena, .text_limit = expr->text_limit};
    assert_true(expr->frame_count < 512 && expr->row_frame <= expr->frame_count);
    for (uint32_t i = 0; i < expr->slot_count; i++) {
        churn__expr_load(&d->columns[expr->slots[i]], expr->slot_types[i], row, &slow_frame[i]);
    }
    churn__expr_run_row(expr, slow_frame, &run);
    const expr_cell *want = &slow_frame[expr->result];
    const expr_cell *got = churn__expr_run_columns(expr, d->columns, row, fast_frame, &run);
    assert_true(same_cells(expr->type, want, got));
    for (unsigned c = 0; c < COLUMNS; c++) {
        values[c] = value_of(d, c, row);
    }
    memset(fast_frame, 0xA5, sizeof fast_frame);
    got = churn__expr_run_record(expr, values, fast_frame, &run);
    if (!same_cells(expr->type, want, got)) {
        fail_msg("row %u of `%s`: %d, wanted %d", row, churn__expr_text(expr).ptr, got->state,
                 want->state);
    }
    churn__arena_clear(&arena);
}

/* Rows by themselves and all rows at once. */
static void check_vector(kit *k, const churn__expr *expr, const data *d, unsigned rows)
{
    static churn__truth all[ROWS];
    assert_ok(churn__expr_truth(expr, d->columns, rows, k->scratch, all, NULL));
    for (unsigned row = 0; row < rows; row++) {
        churn__value got = {0};
        churn__truth one = CHURN__ERROR;
        assert_ok(churn__expr_value(expr, d->columns, row, k->scratch, &got, &one, NULL));
        one = one == CHURN__TRUE && !got.as.b ? CHURN__FALSE : one;
        if (one != all[row]) {
            fail_msg("row %u of `%s`: alone %d, together %d", row, churn__expr_text(expr).ptr, one,
                     all[row]);
        }
    }
}

static double number_of(churn__type type, const churn__value *v)
{
    return type == CHURN__TYPE_BOOL ? v->as.b : type == CHURN__TYPE_INT ? (double)v->as.i : v->as.d;
}

/* The same as numbers, from some row on. */
static void check_numbers(kit *k, const churn__expr *expr, const data *d, uint32_t first,
                          uint32_t rows)
{
    static double all[ROWS];
    assert_ok(churn__expr_numbers(expr, d->columns, first, rows, k->scratch, all, NULL));
    for (uint32_t i = 0; i < rows; i++) {
        churn__value got = {0};
        churn__truth one = CHURN__ERROR;
        assert_ok(churn__expr_value(expr, d->columns, first + i, k->scratch, &got, &one, NULL));
        double want = one == CHURN__TRUE ? number_of(expr->type, &got) : (double)NAN;
        if (isnan(want) ? !isnan(all[i]) : memcmp(&want, &all[i], sizeof want) != 0) {
            fail_msg("row %u of `%s`: alone %g, together %g", first + i, churn__expr_text(expr).ptr,
                     want, all[i]);
        }
    }
}

static churn__expr *compile_tree(kit *k, const tree *t)
{
    churn__buf text;
    churn__buf_init(&text, k->heap);
    print(t, &text);
    churn__expr *expr = NULL;
    churn_error err = {.struct_size = sizeof err};
    churn_status st = kit_compile(k, churn__buf_view(&text), t->type, 0, &expr, &err);
    if (st != CHURN_OK && st != CHURN_E_LIMIT) {
        fail_msg("`%s`: %s", text.data, err.message);
    }
    churn__buf_clear(&text);
    return expr;
}

static void machines__random_expressions__agree(void **state)
{
    (void)state;
    static data d;
    kit k;
    kit_open(&k, names, COLUMNS);
    churn__arena arena;
    churn__arena_init(&arena, k.heap);
    maker m = {.seed = 20260301, .arena = &arena, .with_has = true};
    unsigned compiled = 0;
    for (unsigned round = 0; round < 6000; round++) {
        if (round % 20 == 0) {
            fill(&m, &d);
        }
        churn__type type = (churn__type)(round % 2 == 0 ? 1 : 1 + pick(&m, 4));
        tree *t = make(&m, type, 1 + pick(&m, 5));
        churn__expr *expr = compile_tree(&k, t);
        if (expr != NULL) {
            compiled++;
            for (unsigned i = 0; i < 20; i++) {
                unsigned row = pick(&m, ROWS);
                check_row(&k, expr, t, &d, row);
                check_record(&k, expr, &d, row);
            }
            if (type == CHURN__TYPE_BOOL) {
                check_vector(&k, expr, &d, round % 10 == 0 ? ROWS : 1 + pick(&m, 200));
            }
            if (type <= CHURN__TYPE_DOUBLE) {
                uint32_t first = 8 * pick(&m, ROWS / 8);
                check_numbers(&k, expr, &d, first, 1 + pick(&m, ROWS - first));
            }
        }
        churn__expr_free(expr);
        churn__arena_clear(&arena);
    }
    assert_true(compiled > 5500);
    kit_close(&k);
}

/* Whatever a missing value turns out to be, a decided outcome stays what it is, and an expression
 * that is said never to be unknown is not. */
static void machines__a_missing_value_found__never_turns_an_outcome(void **state)
{
    (void)state;
    static data d, full;
    static churn__truth before[ROWS], after[ROWS];
    kit k;
    kit_open(&k, names, COLUMNS);
    churn__arena arena;
    churn__arena_init(&arena, k.heap);
    maker m = {.seed = 4, .arena = &arena};
    unsigned decided = 0;
    for (unsigned round = 0; round < 2000; round++) {
        m.with_has = false;
        if (round % 20 == 0) {
            fill(&m, &d);
            full = d;
            for (unsigned row = 0; row < ROWS; row++) {
                for (unsigned c = 0; c < 2; c++) {
                    full.s[c][row] = PICK(&m, texts);
                }
            }
            for (unsigned c = 0; c < COLUMNS; c++) {
                static const size_t widths[] = {0, sizeof(uint8_t), 8, 8, sizeof(churn_str)};
                size_t offset = (size_t)((const char *)d.columns[c].values - (const char *)&d);
                assert_true(widths[names[c].type] > 0);
                full.columns[c].values = (const char *)&full + offset;
                full.columns[c].missing = NULL;
            }
        }
        tree *t = make(&m, CHURN__TYPE_BOOL, 1 + pick(&m, 5));
        churn__expr *expr = compile_tree(&k, t);
        for (unsigned row = 0; row < ROWS; row++) { /* strings that are there stay the same */
            for (unsigned c = 0; c < 2; c++) {
                bool there = d.columns[6 + c].missing == NULL || d.missing[6 + c][row] == 0;
                full.s[c][row] = there ? d.s[c][row] : full.s[c][row];
            }
        }
        if (expr != NULL) {
            assert_ok(churn__expr_truth(expr, d.columns, ROWS, k.scratch, before, NULL));
            assert_ok(churn__expr_truth(expr, full.columns, ROWS, k.scratch, after, NULL));
            for (unsigned row = 0; row < ROWS; row++) {
                bool is_decided = before[row] == CHURN__TRUE || before[row] == CHURN__FALSE;
                decided += is_decided ? 1 : 0;
                if ((is_decided && after[row] != before[row]) || after[row] == CHURN__UNKNOWN ||
                    (before[row] == CHURN__UNKNOWN && !churn__expr_can_be_unknown(expr))) {
                    fail_msg("row %u of `%s`: %d, then %d", row, churn__expr_text(expr).ptr,
                             before[row], after[row]);
                }
            }
        }
        churn__expr_free(expr);
        churn__arena_clear(&arena);
    }
    assert_true(decided > 100000);
    kit_close(&k);
}

/* An unknown row has somebody to blame, and with those values there it is decided or blames others.
 */
static void machines__blame__is_never_empty_for_unknown(void **state)
{
    (void)state;
    static data d;
    kit k;
    kit_open(&k, names, COLUMNS);
    churn__arena arena;
    churn__arena_init(&arena, k.heap);
    maker m = {.seed = 99, .arena = &arena, .with_has = true};
    unsigned unknown = 0;
    fill(&m, &d);
    for (unsigned round = 0; round < 2000; round++) {
        static churn__truth all[64];
        tree *t = make(&m, CHURN__TYPE_BOOL, 4);
        churn__expr *expr = compile_tree(&k, t);
        for (unsigned row = 0; expr != NULL && row < 64; row++) {
            uint32_t slots[COLUMNS],
                n = churn__expr_blame(expr, d.columns, row, k.scratch, slots, COLUMNS);
            assert_ok(churn__expr_truth(expr, d.columns, 64, k.scratch, all, NULL));
            assert_int_equal(n > 0, all[row] == CHURN__UNKNOWN);
            unknown += n > 0 ? 1 : 0;
            for (uint32_t i = 0; i < n; i++) {
                assert_true(d.columns[slots[i]].missing[row] != CHURN__PRESENT);
                assert_true(i == 0 || slots[i] > slots[i - 1]);
            }
        }
        churn__expr_free(expr);
        churn__arena_clear(&arena);
    }
    assert_true(unknown > 1000);
    kit_close(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(machines__random_expressions__agree),
        cmocka_unit_test(machines__a_missing_value_found__never_turns_an_outcome),
        cmocka_unit_test(machines__blame__is_never_empty_for_unknown),
    };
    return RUN_TESTS(tests);
}
