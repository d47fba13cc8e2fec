/* SPDX-License-Identifier: MIT */
#ifndef CHURN_TESTS_EXPR_RANDOM_H
#define CHURN_TESTS_EXPR_RANDOM_H

/*
 * Random well-typed expressions as text, from a grammar with a line a form, and random columns for
 * them to run over, each in the forms that columns come in. To cover a new function add its line.
 */
#include "expr_kit.h"

#include <math.h>

/* One type a letter: bool, int, double, string, time, duration, list of strings. */
enum { RANDOM_NAMES = 13, RANDOM_ROWS = 2100 };

static const kit_name random_names[RANDOM_NAMES] = {
    {.name = "b0", .type = CHURN__TYPE_BOOL},     {.name = "b1", .type = CHURN__TYPE_BOOL},
    {.name = "i0", .type = CHURN__TYPE_INT},      {.name = "i1", .type = CHURN__TYPE_INT},
    {.name = "d0", .type = CHURN__TYPE_DOUBLE},   {.name = "d1", .type = CHURN__TYPE_DOUBLE},
    {.name = "s0", .type = CHURN__TYPE_STRING},   {.name = "s1", .type = CHURN__TYPE_STRING},
    {.name = "t0", .type = CHURN__TYPE_TIME},     {.name = "t1", .type = CHURN__TYPE_TIME},
    {.name = "u0", .type = CHURN__TYPE_DURATION}, {.name = "u1", .type = CHURN__TYPE_DURATION},
    {.name = "l0", .type = CHURN__TYPE_STRINGS}};

static inline size_t random_width(churn__type type)
{
    return type == CHURN__TYPE_BOOL      ? 1
           : type == CHURN__TYPE_STRING  ? sizeof(churn_str)
           : type == CHURN__TYPE_STRINGS ? sizeof(churn__strs)
                                         : 8;
}

/* ---- the grammar ---- */

#define RANDOM_LENIENT 1u /* not in strict CEL */
#define RANDOM_HAS 2u     /* asks whether something is missing: not monotone */

/* `$x`: any expression of type x; `@x`: a literal; `#x`: a name. */
typedef struct random_form {
    char type;
    const char *text;
    unsigned flags;
} random_form;

static const random_form random_forms[] = {
    {'b', "($b && $b)", 0},
    {'b', "($b && $b)", 0},
    {'b', "($b || $b)", 0},
    {'b', "($b || $b)", 0},
    {'b', "($b && $b && $b && $b)", 0},
    {'b', "($b || $b || $b)", 0},
    {'b', "(!$b)", 0},
    {'b', "!!$b", 0},
    {'b', "($b ? $b : $b)", 0},
    {'b', "($b == $b)", 0},
    {'b', "($b != $b)", 0},
    {'b', "($b < $b)", 0},
    {'b', "($b >= $b)", 0},
    {'b', "has(#b)", RANDOM_HAS},
    {'b', "has(#d)", RANDOM_HAS},
    {'b', "has(#s)", RANDOM_HAS},
    {'b', "has(#t)", RANDOM_HAS},
    {'b', "(has(#i) && $b)", RANDOM_HAS},
    {'b', "($i == $i)", 0},
    {'b', "($i != $i)", 0},
    {'b', "($i < $i)", 0},
    {'b', "($i <= @i)", 0},
    {'b', "($i > $i)", 0},
    {'b', "($i >= @i)", 0},
    {'b', "($d == $d)", 0},
    {'b', "($d != $d)", 0},
    {'b', "($d < $d)", 0},
    {'b', "($d <= $d)", 0},
    {'b', "($d > @d)", 0},
    {'b', "(#d >= @d)", 0},
    {'b', "(@d < #d)", 0},
    {'b', "(#i > @i)", 0},
    {'b', "($i < $d)", RANDOM_LENIENT},
    {'b', "($d == $i)", RANDOM_LENIENT},
    {'b', "($d >= @i)", RANDOM_LENIENT},
    {'b', "(@d != $i)", RANDOM_LENIENT},
    {'b', "($s == $s)", 0},
    {'b', "(#s == @s)", 0},
    {'b', "(#s != @s)", 0},
    {'b', "($s < $s)", 0},
    {'b', "($s >= @s)", 0},
    {'b', "($t == $t)", 0},
    {'b', "($t < $t)", 0},
    {'b', "($t >= @t)", 0},
    {'b', "($t != $t)", 0},
    {'b', "($u == $u)", 0},
    {'b', "($u <= $u)", 0},
    {'b', "($u > @u)", 0},
    {'b', "($i in [@i, $i, @i])", 0},
    {'b', "($i in [@i, @i, @i])", 0},
    {'b', "($d in [$d, @d])", 0},
    {'b', "(#s in [@s, @s, @s])", 0},
    {'b', "($s in [$s, @s])", 0},
    {'b', "(#s in [@s,@s,@s,'c','d','e','f','g','h','i','j','k'])", 0},
    {'b', "($b in [$b])", 0},
    {'b', "($t in [$t, @t])", 0},
    {'b', "($u in [$u, @u])", 0},
    {'b', "($s in #l)", 0},
    {'b', "(@s in #l)", 0},
    {'b', "($i in [])", 0},
    {'b', "$s.contains($s)", 0},
    {'b', "#s.contains(@s)", 0},
    {'b', "$s.startsWith($s)", 0},
    {'b', "$s.endsWith(@s)", 0},
    {'b', "$s.matches(r'^[a-f]*\\z')", 0},
    {'b', "matches(#s, r'(?i)E+|\\d\\b')", 0},
    {'b', "#s.matches('(e|r)*r(e|r){12}')", 0},
    {'b', "bool($s)", 0},
    {'b', "math.isNaN($d)", 0},
    {'b', "math.isInf($d)", 0},
    {'b', "math.isFinite($d)", 0},
    {'b', "(dyn($i) == $i)", 0},
    {'i', "($i + $i)", 0},
    {'i', "($i - @i)", 0},
    {'i', "($i * $i)", 0},
    {'i', "($i / $i)", 0},
    {'i', "($i % $i)", 0},
    {'i', "(#i + @i)", 0},
    {'i', "(-$i)", 0},
    {'i', "($b ? $i : $i)", 0},
    {'i', "(has(#i) ? #i : @i)", RANDOM_HAS},
    {'i', "int($d)", 0},
    {'i', "int($s)", 0},
    {'i', "int($i)", 0},
    {'i', "int($t)", 0},
    {'i', "size($s)", 0},
    {'i', "$s.size()", 0},
    {'i', "size(#l)", 0},
    {'i', "size([$i, $i])", 0},
    {'i', "math.least($i, $i, @i)", 0},
    {'i', "math.greatest($i, $i)", 0},
    {'i', "math.abs($i)", 0},
    {'i', "math.sign($i)", 0},
    {'i', "$t.getFullYear()", 0},
    {'i', "$t.getMonth()", 0},
    {'i', "$t.getDate()", 0},
    {'i', "$t.getDayOfMonth()", 0},
    {'i', "$t.getDayOfWeek()", 0},
    {'i', "$t.getDayOfYear()", 0},
    {'i', "$t.getHours()", 0},
    {'i', "$t.getMinutes('+05:45')", 0},
    {'i', "$t.getHours('-02:00')", 0},
    {'i', "$t.getDate('-14:00')", 0},
    {'i', "$t.getSeconds()", 0},
    {'i', "$t.getMilliseconds()", 0},
    {'i', "$u.getHours()", 0},
    {'i', "$u.getMinutes()", 0},
    {'i', "$u.getSeconds()", 0},
    {'i', "$u.getMilliseconds()", 0},
    {'d', "($d + $d)", 0},
    {'d', "($d - $d)", 0},
    {'d', "($d * @d)", 0},
    {'d', "($d / $d)", 0},
    {'d', "(#d / #d)", 0},
    {'d', "(-$d)", 0},
    {'d', "($b ? $d : $d)", 0},
    {'d', "(has(#d) ? #d : @d)", RANDOM_HAS},
    {'d', "($d + @i)", RANDOM_LENIENT},
    {'d', "(@i - $d)", RANDOM_LENIENT},
    {'d', "double($i)", 0},
    {'d', "double($s)", 0},
    {'d', "math.least($d, $d)", 0},
    {'d', "math.greatest($d, @d, $d)", 0},
    {'d', "math.abs($d)", 0},
    {'d', "math.sign($d)", 0},
    {'d', "math.ceil($d)", 0},
    {'d', "math.floor($d)", 0},
    {'d', "math.round($d)", 0},
    {'d', "math.trunc($d)", 0},
    {'d', "math.sqrt($d)", 0},
    {'s', "($s + $s)", 0},
    {'s', "(#s + @s)", 0},
    {'s', "($b ? $s : $s)", 0},
    {'s', "(has(#s) ? #s : @s)", RANDOM_HAS},
    {'s', "string($i)", 0},
    {'s', "string($d)", 0},
    {'s', "string($b)", 0},
    {'s', "string($t)", 0},
    {'s', "string($u)", 0},
    {'t', "timestamp($i)", 0},
    {'t', "timestamp($s + '')", 0},
    {'t', "timestamp($t)", 0},
    {'t', "($b ? $t : $t)", 0},
    {'t', "($t + $u)", 0},
    {'t', "($u + $t)", 0},
    {'t', "($t - $u)", 0},
    {'u', "($t - $t)", 0},
    {'u', "($u + $u)", 0},
    {'u', "($u - $u)", 0},
    {'u', "($b ? $u : $u)", 0},
    {'u', "duration($s + '')", 0},
    {'u', "duration($u)", 0},
};

enum { RANDOM_FORMS = sizeof random_forms / sizeof *random_forms };

/* Literals by type, as one writes them; numbers are meant to meet those in the columns. */
static const char *const random_literals[][12] = {
    ['b' - 'a'] = {"true", "false", NULL},
    ['i' - 'a'] = {"0", "1", "-1", "2", "7", "100", "9223372036854775807", "-9223372036854775808",
                   "9007199254740993", "0x10", "3600", NULL},
    ['d' - 'a'] = {"0.0", "1.0", "-1.5", "7.25", "1e300", "1e-300", "9007199254740992.0",
                   "9223372036854775808.0", ".5", "2.0", "100.0", NULL},
    ['s' - 'a'] = {"''", "'a'", "\"ab\"", "'free'", "'\\u00e9t\\u00e9'", "r'a\\b'", "'12'",
                   "'true'", "'1.5'", "'2026-01-01T00:00:00Z'", "'90m'", NULL},
    ['t' - 'a'] = {"timestamp('2026-01-01T00:00:00Z')", "timestamp('1969-12-31T23:59:59.5Z')",
                   "timestamp('2024-02-29T12:30:00+05:30')", "timestamp(1767225600)",
                   "timestamp('0001-01-01T00:00:00Z')", "timestamp('9999-12-31T23:59:59Z')", NULL},
    ['u' - 'a'] = {"duration('0s')", "duration('1h')", "duration('-90m')", "duration('1.5s')",
                   "duration('24h')", "duration('2000000h')", "duration('1ms')", NULL}};

typedef struct random_maker {
    uint64_t seed;
    unsigned without; /* RANDOM_* that may not come */
    bool *usable;     /* by form; NULL: all are */
    churn__buf text;
} random_maker;

static inline unsigned random_pick(random_maker *m, unsigned n)
{
    return (unsigned)(kit_random(&m->seed) % n);
}

static inline void random_literal(random_maker *m, char type)
{
    const char *const *all = random_literals[type - 'a'];
    unsigned count = 0;
    while (all[count] != NULL) {
        count++;
    }
    churn__buf_text(&m->text, all[random_pick(m, count)]);
}

static inline void random_name(random_maker *m, char type)
{
    churn__buf_char(&m->text, type);
    churn__buf_char(&m->text, type != 'l' && random_pick(m, 2) ? '1' : '0');
}

static inline void random_write(random_maker *m, char type, unsigned depth);

static inline void random_fill(random_maker *m, const char *form, unsigned depth)
{
    for (const char *p = form; *p != '\0'; p++) {
        if (*p == '$') {
            random_write(m, *++p, depth);
        } else if (*p == '@') {
            random_literal(m, *++p);
        } else if (*p == '#') {
            random_name(m, *++p);
        } else {
            churn__buf_char(&m->text, *p);
        }
    }
}

/* Append an expression of a type, at most `depth` forms deep. */
static inline void random_write(random_maker *m, char type, unsigned depth)
{
    const random_form *fitting[RANDOM_FORMS];
    unsigned count = 0;
    for (unsigned i = 0; i < RANDOM_FORMS; i++) {
        bool usable = m->usable == NULL || m->usable[i];
        if (usable && random_forms[i].type == type && (random_forms[i].flags & m->without) == 0) {
            fitting[count++] = &random_forms[i];
        }
    }
    if (depth == 0 || random_pick(m, 6) == 0) {
        random_fill(m, (char[]){random_pick(m, 3) == 0 ? '@' : '#', type, '\0'}, 0);
    } else {
        random_fill(m, fitting[random_pick(m, count)]->text, depth - 1);
    }
}

/* A new text in m->text. */
static inline const char *random_text(random_maker *m, char type, unsigned depth)
{
    churn__buf_reset(&m->text);
    random_write(m, type, depth);
    churn__buf_char(&m->text, '\0');
    return m->text.data;
}

/* ---- columns ---- */

/* The forms in which the same column comes. */
enum { RANDOM_REASONS, RANDOM_BITS, RANDOM_CODED, RANDOM_SHAPES };

typedef struct random_rows {
    uint8_t b[2][RANDOM_ROWS];
    int64_t i[2][RANDOM_ROWS];
    double d[2][RANDOM_ROWS];
    churn_str s[2][RANDOM_ROWS];
    int64_t t[2][RANDOM_ROWS];
    int64_t u[2][RANDOM_ROWS];
    churn__strs l[1][RANDOM_ROWS];
    uint32_t codes[2][RANDOM_ROWS];
    churn__missing missing[RANDOM_NAMES][RANDOM_ROWS];
    uint8_t valid[RANDOM_NAMES][RANDOM_ROWS / 8 + 1];
    churn__column columns[RANDOM_SHAPES][RANDOM_NAMES];
} random_rows;

static const int64_t random_ints[] = {0,   1,  -1,   2,   3,         7,         16,
                                      100, 12, 3600, -42, INT64_MAX, INT64_MIN, 9007199254740993};
static const double random_doubles[] = {
    0.0, 1.0, -1.5, 2.0, 7.25, 100.0, 1e300, 9007199254740992.0, 0.5, -1e-300, 9.5, -2.5};
static const double random_odd[] = {(double)NAN, (double)INFINITY, -(double)INFINITY, -0.0};
/* The last is a code of the dictionary that no row has. */
static const churn_str random_texts[] = {
    {"", 0},     {"a", 1},          {"ab", 2},   {"free", 4}, {"\xC3\xA9t\xC3\xA9", 5},
    {"a\\b", 3}, {"12", 2},         {"true", 4}, {"1.5", 3},  {"2026-01-01T00:00:00Z", 20},
    {"90m", 3},  {"never seen", 10}};
enum { RANDOM_TEXTS = sizeof random_texts / sizeof *random_texts };
static const int64_t random_times[] = {0,
                                       1,
                                       -1,
                                       INT64_C(1767225600000000),
                                       INT64_C(1767225599999999),
                                       INT64_C(1709209800000000),
                                       INT64_C(-62135596800000000),
                                       INT64_C(253402300799999999),
                                       INT64_C(1774749600123456)};
static const int64_t random_spans[] = {0,
                                       1,
                                       -1,
                                       1000,
                                       INT64_C(3600000000000),
                                       INT64_C(-5400000000000),
                                       INT64_C(1500000000),
                                       INT64_C(86400000000000),
                                       INT64_MAX,
                                       INT64_MIN};
static const churn_str random_tags[] = {{"a", 1}, {"free", 4}, {"", 0}};
static const churn__strs random_lists[] = {
    {random_tags, 0}, {random_tags, 1}, {random_tags, 3}, {random_tags + 1, 2}};

#define RANDOM_OF(m, array) ((array)[random_pick((m), sizeof(array) / sizeof *(array))])

static inline void random_row(random_maker *m, random_rows *to, unsigned row, bool odd)
{
    for (unsigned c = 0; c < 2; c++) {
        to->b[c][row] = (uint8_t)random_pick(m, 2);
        to->i[c][row] = RANDOM_OF(m, random_ints);
        to->d[c][row] = odd && random_pick(m, 20) == 0 ? RANDOM_OF(m, random_odd)
                                                       : RANDOM_OF(m, random_doubles);
        to->codes[c][row] = random_pick(m, RANDOM_TEXTS - 1);
        to->s[c][row] = random_texts[to->codes[c][row]];
        to->t[c][row] = RANDOM_OF(m, random_times);
        to->u[c][row] = RANDOM_OF(m, random_spans);
    }
    to->l[0][row] = RANDOM_OF(m, random_lists);
}

/* Take a share of a column's values away; what stands there then may be anything. */
static inline void random_take(random_maker *m, random_rows *to, unsigned c, unsigned percent)
{
    for (unsigned row = 0; row < RANDOM_ROWS; row++) {
        bool gone = random_pick(m, 100) < percent;
        to->missing[c][row] = gone ? CHURN__NEVER : CHURN__PRESENT;
        to->valid[c][row / 8] |= (uint8_t)(!gone << (row % 8));
        if (gone && random_names[c].type == CHURN__TYPE_STRING) {
            to->s[c % 2][row] = (churn_str){(const char *)(uintptr_t)1, 99};
            to->codes[c % 2][row] = 0;
        } else if (gone && random_names[c].type == CHURN__TYPE_STRINGS) {
            to->l[0][row] = (churn__strs){(const churn_str *)(uintptr_t)8, 3};
        }
    }
}

/* New columns: about two in five complete, the others with 9, 50 or 100 % missing. */
static inline void random_columns(random_maker *m, random_rows *to, bool with_odd,
                                  bool with_missing)
{
    static const unsigned percents[] = {0, 0, 9, 50, 100};
    void *const values[] = {to->b, to->i, to->d, to->s, to->t, to->u, to->l};
    memset(to->valid, 0, sizeof to->valid);
    for (unsigned row = 0; row < RANDOM_ROWS; row++) {
        random_row(m, to, row, with_odd);
    }
    for (unsigned c = 0; c < RANDOM_NAMES; c++) {
        churn__type type = random_names[c].type;
        const char *at = values[c / 2];
        at += c % 2 * RANDOM_ROWS * random_width(type);
        unsigned percent = with_missing ? RANDOM_OF(m, percents) : 0;
        random_take(m, to, c, percent);
        churn__column plain = {.type = type, .values = at};
        to->columns[RANDOM_REASONS][c] = to->columns[RANDOM_BITS][c] = plain;
        if (percent > 0 || random_pick(m, 2)) { /* "all are present" is also said in both ways */
            to->columns[RANDOM_REASONS][c].missing = to->missing[c];
            to->columns[RANDOM_BITS][c].valid = to->valid[c];
        }
        churn__column *coded = &to->columns[RANDOM_CODED][c];
        *coded = to->columns[RANDOM_BITS][c];
        if (type == CHURN__TYPE_STRING) {
            coded->values = NULL;
            coded->codes = to->codes[c % 2];
            coded->dict = random_texts;
            coded->dict_count = percent == 100 ? 0 : RANDOM_TEXTS;
        }
    }
}

/* ---- seeds ---- */

/* How many rounds: those of the normal run, or as many times more as CHURN_RANDOM_ROUNDS says. */
static inline unsigned random_rounds(unsigned normal)
{
    const char *more = getenv("CHURN_RANDOM_ROUNDS");
    return normal * (more != NULL && atoi(more) > 0 ? (unsigned)atoi(more) : 1u);
}

static inline uint64_t random_seed(uint64_t normal)
{
    const char *given = getenv("CHURN_RANDOM_SEED");
    return given != NULL ? strtoull(given, NULL, 10) : normal;
}

#endif
