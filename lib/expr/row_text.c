/* SPDX-License-Identifier: MIT */
#include "expr/row.h"

#include <math.h>

#include "base/checked.h"
#include "base/date.h"
#include "base/num.h"

/* ---- text ---- */

/* Room for a string that is made; NULL after an error. */
static char *room(const expr_code *code, size_t len, expr_cell *out, expr_run *run)
{
    if (len > run->text_limit) {
        expr_fault(code, EXPR_RUN_LONG, out);
        return NULL;
    }
    char *text = run->text != NULL ? churn__arena_alloc(run->text, len + 1) : NULL;
    if (text == NULL) {
        run->no_memory = true;
        expr_fault(code, EXPR_RUN_LONG, out);
    }
    return text;
}

void churn__expr_give_text(const expr_code *code, churn_str s, expr_cell *out, expr_run *run)
{
    char *text = room(code, s.len, out, run);
    if (text != NULL) {
        memcpy(text, s.ptr, s.len);
        out->state = EXPR_OK;
        out->as.s = (churn_str){text, s.len};
    }
}

static void concat(const expr_code *code, churn_str a, churn_str b, expr_cell *out, expr_run *run)
{
    char *text = room(code, a.len + b.len, out, run);
    if (text == NULL) {
        return;
    }
    if (a.len > 0) {
        memcpy(text, a.ptr, a.len);
    }
    if (b.len > 0) {
        memcpy(text + a.len, b.ptr, b.len);
    }
    out->state = EXPR_OK;
    out->as.s = (churn_str){text, a.len + b.len};
}

static void print(const expr_code *code, const expr_cell *a, expr_cell *out, expr_run *run)
{
    char text[64];
    size_t len;
    if (code->op == OP_D2S) {
        len = churn__double_print_short(a->as.d, text);
    } else {
        len = churn__int_print(a->as.i, text);
    }
    churn__expr_give_text(code, (churn_str){text, len}, out, run);
}

void churn__expr_step_text(const expr_code *code, const expr_cell *a, const expr_cell *b,
                           expr_cell *out, expr_run *run)
{
    switch (code->op) {
    case OP_CONCAT:
        concat(code, a->as.s, b->as.s, out, run);
        break;
    case OP_SIZE_S:
        expr_give_int((int64_t)churn__utf8_count(a->as.s.ptr, a->as.s.len), out);
        break;
    case OP_SIZE_L:
        expr_give_int(a->as.l.count, out);
        break;
    case OP_CONTAINS:
        expr_give_bool(churn__str_contains(a->as.s, b->as.s), out);
        break;
    case OP_STARTS:
        expr_give_bool(churn__str_starts(a->as.s, b->as.s), out);
        break;
    case OP_ENDS:
        expr_give_bool(churn__str_ends(a->as.s, b->as.s), out);
        break;
    case OP_MATCHES:
        expr_give_bool(churn__expr_matches(code->regex, a->as.s), out);
        break;
    default:
        print(code, a, out, run);
        break;
    }
}

/* ---- conversions ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void string_to_bool(const expr_code *code, churn_str s, expr_cell *out)
{
    static const char *const words[] = {"true", "false", "True", "False", "TRUE", "FALSE",
                                        "t",    "f",     "T",    "F",     "1",    "0"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (churn__str_eq(s, churn__str_nts(words[i]))) {
            expr_give_bool(i % 2 == 0, out);
            return;
        }
    }
    expr_fault(code, EXPR_RUN_TEXT, out);
}

static bool same_letters(churn_str s, const char *lower)
{
    size_t len = strlen(lower);
    for (size_t i = 0; i < len && i < s.len; i++) {
        char c = s.ptr[i] >= 'A' && s.ptr[i] <= 'Z' ? (char)(s.ptr[i] | 32) : s.ptr[i];
        if (c != lower[i]) {
            return false;
        }
    }
    return s.len == len;
}

/* "inf", "-Infinity", "NaN": in any case, a sign but for the last. */
static bool word_to_double(churn_str s, double *out)
{
    bool sign = *s.ptr == '-' || *s.ptr == '+';
    churn_str word = {s.ptr + sign, s.len - sign};
    if (same_letters(s, "nan")) {
        *out = (double)NAN;
        return true;
    }
    *out = sign && *s.ptr == '-' ? -(double)INFINITY : (double)INFINITY;
    return same_letters(word, "inf") || same_letters(word, "infinity");
}

/* Decimals as CEL's implementations read them: what the parser of numbers reads, and a point with
 * digits on one side alone, to which a zero is added. */
static bool text_to_double(churn_str s, double *out)
{
    char text[512];
    if (s.len == 0) {
        return false;
    }
    if (churn__double_parse(s.ptr, s.len, out)) {
        return true;
    }
    const char *point = memchr(s.ptr, '.', s.len);
    if (point == NULL) {
        return word_to_double(s, out);
    }
    size_t before = (size_t)(point - s.ptr), after = s.len - before - 1;
    bool left = before > 0 && is_digit(point[-1]), right = after > 0 && is_digit(point[1]);
    if (left == right || s.len + 1 > sizeof text) {
        return false;
    }
    size_t at = left ? before + 1 : before;
    memcpy(text, s.ptr, at);
    text[at] = '0';
    memcpy(text + at + 1, s.ptr + at, s.len - at);
    return churn__double_parse(text, s.len + 1, out);
}

/* Towards zero; the ends of the range themselves are out, as in CEL. */
static void double_to_int(const expr_code *code, double a, expr_cell *out)
{
    if (a > -9223372036854775808.0 && a < 9223372036854775808.0) {
        expr_give_int((int64_t)a, out);
    } else {
        expr_fault(code, EXPR_RUN_RANGE, out);
    }
}

void churn__expr_step_convert(const expr_code *code, const expr_cell *a, expr_cell *out)
{
    int64_t i = 0;
    double d = 0;
    switch (code->op) {
    case OP_I2D:
        expr_give_double((double)a->as.i, out);
        break;
    case OP_D2I:
        double_to_int(code, a->as.d, out);
        break;
    case OP_S2I:
        if (churn__int_parse(a->as.s.ptr, a->as.s.len, &i)) {
            expr_give_int(i, out);
        } else {
            expr_fault(code, EXPR_RUN_TEXT, out);
        }
        break;
    case OP_S2D:
        if (text_to_double(a->as.s, &d)) {
            expr_give_double(d, out);
        } else {
            expr_fault(code, EXPR_RUN_TEXT, out);
        }
        break;
    default:
        string_to_bool(code, a->as.s, out);
        break;
    }
}
