/* SPDX-License-Identifier: MIT */
#include "expr/row.h"

#include "base/checked.h"
#include "base/num.h"
#include "expr/time.h"

/*
 * Instants and durations of one row. An instant is whole microseconds; where it can be finer, its
 * nanoseconds, 0 to 999, are a value of their own, an int that is computed beside it (lower.c). A
 * duration is nanoseconds in 64 bits.
 */

static bool in_calendar(int64_t at)
{
    return at >= CHURN_TIME_MIN && at <= CHURN_TIME_MAX;
}

/* An instant moved by microseconds; a column's may be out of the calendar to begin with. */
static void move(const expr_code *code, int64_t at, int64_t by, bool far, expr_cell *out)
{
    int64_t r = 0;
    if (churn__add_i64(at, by, &r) && (far || in_calendar(r))) {
        expr_give_int(r, out);
    } else {
        expr_fault(code, EXPR_RUN_RANGE, out);
    }
}

static void give_checked(const expr_code *code, bool fits, int64_t value, expr_cell *out)
{
    if (fits) {
        expr_give_int(value, out);
    } else {
        expr_fault(code, EXPR_RUN_OVERFLOW, out);
    }
}

/* ---- arithmetic ---- */

/* What is left of a duration behind its whole microseconds. */
static int64_t rest_of(int64_t duration)
{
    return churn__floor_mod(duration, 1000);
}

/* Whole microseconds of -duration, rounded down. */
static int64_t micros_back(int64_t duration)
{
    return -churn__floor_div(duration, 1000) - (rest_of(duration) > 0);
}

static void join(const expr_code *code, int64_t micros, int64_t nanos, expr_cell *out)
{
    int64_t r = 0;
    /* A step towards zero first, so that only what does not fit overflows. */
    int64_t step = (micros > 0) - (micros < 0);
    bool fits =
        churn__mul_i64(micros - step, 1000, &r) && churn__add_i64(r, step * 1000 + nanos, &r);
    give_checked(code, fits, r, out);
}

static void step_arithmetic(const expr_code *code, int64_t a, int64_t b, expr_cell *out)
{
    int64_t apart = 0;
    switch (code->op) {
    case OP_T_ADD:
    case OP_T_FAR_ADD:
        move(code, a, churn__floor_div(b, 1000), code->op == OP_T_FAR_ADD, out);
        break;
    case OP_T_SUB:
    case OP_T_FAR_SUB:
        move(code, a, micros_back(b), code->op == OP_T_FAR_SUB, out);
        break;
    case OP_NS_ADD:
        expr_give_int(a + rest_of(b), out);
        break;
    case OP_NS_SUB:
        expr_give_int(a + (rest_of(b) > 0 ? 1000 - rest_of(b) : 0), out);
        break;
    case OP_T_CARRY:
        move(code, a, b / 1000, false, out);
        break;
    case OP_T_DIFF:
        if (churn__sub_i64(a, b, &apart)) {
            join(code, apart, 0, out);
        } else {
            expr_fault(code, EXPR_RUN_OVERFLOW, out);
        }
        break;
    default:
        join(code, a, b, out);
        break;
    }
}

/* ---- parts ---- */

static int64_t day_of_year(int64_t day)
{
    int32_t year;
    unsigned month, dom;
    churn__civil_from_days(day, &year, &month, &dom);
    return day - churn__days_from_civil(year, 1, 1);
}

static int64_t date_part(uint8_t op, int64_t day)
{
    int32_t year;
    unsigned month, dom;
    churn__civil_from_days(day, &year, &month, &dom);
    switch (op) {
    case OP_T_YEAR:
        return year;
    case OP_T_MONTH:
        return (int64_t)month - 1;
    case OP_T_DATE:
        return dom;
    case OP_T_DAY_OF_MONTH:
        return (int64_t)dom - 1;
    case OP_T_DAY_OF_WEEK: /* from Sunday, in CEL */
        return (churn__weekday(day) + 1) % 7;
    default:
        return day_of_year(day);
    }
}

static int64_t clock_part(uint8_t op, int64_t clock)
{
    switch (op) {
    case OP_T_HOURS:
        return clock / CHURN__HOUR;
    case OP_T_MINUTES:
        return clock / CHURN__MINUTE % 60;
    case OP_T_SECONDS:
        return clock / CHURN__SECOND % 60;
    default:
        return clock / 1000 % 1000;
    }
}

static void step_part(const expr_code *code, const expr_cell *a, const expr_cell *b, expr_cell *out)
{
    if (!in_calendar(a->as.i)) {
        expr_fault(code, EXPR_RUN_RANGE, out);
        return;
    }
    int64_t local = churn__zone_to_local(b->as.zone, a->as.i);
    int64_t day = churn__floor_div(local, CHURN__DAY);
    bool of_date = code->op <= OP_T_DAY_OF_YEAR;
    expr_give_int(
        of_date ? date_part(code->op, day) : clock_part(code->op, local - day * CHURN__DAY), out);
}

/* Hours, minutes and seconds of a duration are all of it; milliseconds are those of its second. */
static int64_t duration_part(uint8_t op, int64_t duration)
{
    switch (op) {
    case OP_U_HOURS:
        return duration / EXPR_HOUR_NS;
    case OP_U_MINUTES:
        return duration / EXPR_MINUTE_NS;
    case OP_U_SECONDS:
        return duration / EXPR_SECOND_NS;
    default:
        return duration / 1000000 % 1000;
    }
}

/* ---- text ---- */

static void string_to_time(const expr_code *code, churn_str s, expr_cell *out)
{
    int64_t at = 0, nanos = 0;
    switch (churn__expr_time_parse(s, code->strict, &at, &nanos)) {
    case EXPR_TEXT_OK:
        expr_give_int(code->op == OP_S2T ? at : nanos, out);
        break;
    case EXPR_TEXT_RANGE:
        expr_fault(code, EXPR_RUN_RANGE, out);
        break;
    default:
        expr_fault(code, EXPR_RUN_TEXT, out);
        break;
    }
}

static void string_to_duration(const expr_code *code, churn_str s, expr_cell *out)
{
    int64_t duration = 0;
    switch (churn__expr_duration_parse(s, &duration)) {
    case EXPR_TEXT_OK:
        expr_give_int(duration, out);
        break;
    case EXPR_TEXT_RANGE:
        expr_fault(code, EXPR_RUN_RANGE, out);
        break;
    default:
        expr_fault(code, EXPR_RUN_TEXT, out);
        break;
    }
}

static void int_to_time(const expr_code *code, int64_t seconds, expr_cell *out)
{
    if (seconds < CHURN_TIME_MIN / CHURN__SECOND || seconds > CHURN_TIME_MAX / CHURN__SECOND) {
        expr_fault(code, EXPR_RUN_RANGE, out);
    } else {
        expr_give_int(seconds * CHURN__SECOND, out);
    }
}

static void step_print(const expr_code *code, int64_t a, int64_t b, expr_cell *out, expr_run *run)
{
    char text[EXPR_TIME_CHARS];
    size_t len = code->op == OP_U2S ? churn__expr_duration_print(a, text)
                                    : churn__expr_time_print(a, code->op == OP_T2S ? 0 : b, text);
    churn__expr_give_text(code, (churn_str){text, len}, out, run);
}

void churn__expr_step_time(const expr_code *code, const expr_cell *a, const expr_cell *b,
                           expr_cell *out, expr_run *run)
{
    switch (code->op) {
    case OP_S2T:
    case OP_S2NS:
        string_to_time(code, a->as.s, out);
        break;
    case OP_S2U:
        string_to_duration(code, a->as.s, out);
        break;
    case OP_I2T:
        int_to_time(code, a->as.i, out);
        break;
    case OP_T2I:
        expr_give_int(churn__floor_div(a->as.i, CHURN__SECOND), out);
        break;
    case OP_T2S:
    case OP_TN2S:
    case OP_U2S:
        step_print(code, a->as.i, b->as.i, out, run);
        break;
    case OP_RAISE_NULL:
        expr_fault(code, EXPR_RUN_NULL, out);
        break;
    case OP_RAISE_TYPES:
        expr_fault(code, EXPR_RUN_TYPES, out);
        break;
    default:
        if (code->op >= OP_U_HOURS && code->op <= OP_U_MILLISECONDS) {
            expr_give_int(duration_part(code->op, a->as.i), out);
        } else if (code->op >= OP_T_YEAR && code->op <= OP_T_MILLISECONDS) {
            step_part(code, a, b, out);
        } else {
            step_arithmetic(code, a->as.i, b->as.i, out);
        }
        break;
    }
}
