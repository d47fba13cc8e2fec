/* SPDX-License-Identifier: MIT */
#include "store/source.h"

#include <math.h>

#include "base/checked.h"
#include "base/num.h"

/* What a cell of any type means for a field. Reasons say what is wrong, never what was there. */

static const reject_info rejects[REJECTS] = {
    [REJECT_MISSING_FIELD] = {"missing_field", "must be given", CHURN_E_ARG},
    [REJECT_NOT_FINITE] = {"not_finite", "is not a finite number", CHURN_E_RANGE},
    [REJECT_OUT_OF_RANGE] = {"out_of_range", "lies outside what is allowed", CHURN_E_RANGE},
    [REJECT_NOT_UTF8] = {"not_utf8", "is not UTF-8", CHURN_E_UTF8},
    [REJECT_CONTAINS_NUL] = {"contains_nul", "contains a NUL", CHURN_E_ARG},
    [REJECT_TOO_LONG] = {"too_long", "has more bytes than are allowed", CHURN_E_LIMIT},
    [REJECT_BAD_VALUE] = {"bad_value", "cannot be read as what the field holds", CHURN_E_TYPE},
    [REJECT_BAD_TIME] = {"bad_time", "is no date or time", CHURN_E_TYPE},
    [REJECT_UNKNOWN_CUSTOMER] = {"unknown_customer", "is not in the store", CHURN_E_NOT_FOUND},
    [REJECT_ID_OF_OTHER_CUSTOMER] = {"id_of_other_customer",
                                     "belongs to a record of another customer", CHURN_E_EXISTS},
    [REJECT_UNDATED_CHANGE] = {"undated_change",
                               "has another value already, and without valid_from or known_at the "
                               "change would rewrite the past",
                               CHURN_E_STATE},
    [REJECT_UNKNOWN_STATUS] = {"unknown_status",
                               "is none of trial, active, paused, past_due, unpaid, cancelled",
                               CHURN_E_ARG},
    [REJECT_UNKNOWN_KIND] = {"unknown_kind", "is none of the words of this field", CHURN_E_ARG},
    [REJECT_UNKNOWN_PERIOD] = {"unknown_period",
                               "is no period such as month, quarter, year, 3 months", CHURN_E_ARG},
    [REJECT_UNKNOWN_CURRENCY] = {"unknown_currency", "is no ISO 4217 code", CHURN_E_ARG},
    [REJECT_MONEY_FRACTION] = {"money_fraction", "has more decimals than the currency's minor unit",
                               CHURN_E_RANGE},
    [REJECT_NOT_FOUND] = {"not_found", "is of no record that the store has", CHURN_E_NOT_FOUND},
    [REJECT_NO_KEY] = {"no_key", "must be given to find the record: without ids, replace a slice",
                       CHURN_E_ARG},
    [REJECT_OUTSIDE_SLICE] = {"outside_slice", "lies outside the slice that is replaced",
                              CHURN_E_RANGE},
    [REJECT_PROPERTY_TYPE] = {"property_type",
                              "has another type in this store: that of its first value",
                              CHURN_E_TYPE},
    [REJECT_PROPERTY_LIMIT] = {"property_limit",
                               "is new, and the store has as many properties as it can hold",
                               CHURN_E_LIMIT},
    [REJECT_UNMAPPED] = {"unmapped", "is no alias of the source", CHURN_E_NOT_FOUND},
    [REJECT_CYCLIC_PARENT] = {"cyclic_parent", "would make a customer its own parent",
                              CHURN_E_STATE},
    [REJECT_BAD_DURATION] = {"bad_duration", "is no duration such as 30d", CHURN_E_ARG},
};

const reject_info *churn__store_reject(int32_t code)
{
    return &rejects[code];
}

int32_t churn__value_text(churn_str text, uint64_t most)
{
    if (text.len > most) {
        return REJECT_TOO_LONG;
    }
    if (memchr(text.ptr, '\0', text.len) != NULL) {
        return REJECT_CONTAINS_NUL;
    }
    return churn__utf8_fault(text.ptr, text.len) == SIZE_MAX ? 0 : REJECT_NOT_UTF8;
}

/* ---- time ---- */

static int32_t check_time(churn_time at, churn_time *out)
{
    if (at < CHURN_TIME_MIN || at > CHURN_TIME_MAX) {
        return REJECT_OUT_OF_RANGE;
    }
    *out = at;
    return 0;
}

static int32_t place_local(value_context *c, int64_t local, churn_time *out)
{
    churn_time ignored;
    c->localised = true;
    /* A day more on either side, so that the zone sees nothing that it cannot place. */
    if (local < CHURN_TIME_MIN - CHURN__DAY || local > CHURN_TIME_MAX + CHURN__DAY) {
        return check_time(local, &ignored);
    }
    return check_time(churn__zone_to_instant(c->zone, local), out);
}

static int32_t place_date(value_context *c, int64_t day, churn_time *out)
{
    int64_t local = 0;
    return churn__mul_i64(day, CHURN__DAY, &local) ? place_local(c, local, out)
                                                   : REJECT_OUT_OF_RANGE;
}

static int32_t time_of_text(value_context *c, churn_str text, churn_time *out)
{
    int64_t value = 0;
    switch (churn__when_parse(text.ptr, text.len, &value)) {
    case CHURN__WHEN_DATE:
        return place_date(c, value, out);
    case CHURN__WHEN_LOCAL:
        return place_local(c, value, out);
    case CHURN__WHEN_INSTANT:
        return check_time(value, out);
    case CHURN__WHEN_RANGE:
        return REJECT_OUT_OF_RANGE;
    default:
        return REJECT_BAD_TIME;
    }
}

int32_t churn__value_time(value_context *c, const cell *in, churn_time *out)
{
    switch (in->kind) {
    case CELL_TIME:
        return check_time(in->integer, out);
    case CELL_LOCAL:
        return place_local(c, in->integer, out);
    case CELL_DATE:
        return place_date(c, in->integer, out);
    case CELL_TEXT:
        return time_of_text(c, in->text, out);
    case CELL_RANGE:
        return REJECT_OUT_OF_RANGE;
    default:
        return REJECT_BAD_VALUE;
    }
}

/* ---- numbers ---- */

static double power_of_ten(int32_t n)
{
    double power = 1;
    for (int32_t i = 0; i < n; i++) {
        power *= 10;
    }
    return power;
}

/* The nearest double of a decimal: both parts are exact up to 2^53 and 10^22; beyond, by text. */
static bool decimal_to_double(int64_t unscaled, int32_t scale, double *out)
{
    char text[48];
    if (scale >= 0 && scale <= 22 && unscaled > -(INT64_C(1) << 53) &&
        unscaled < INT64_C(1) << 53) {
        *out = (double)unscaled / power_of_ten(scale);
        return true;
    }
    size_t len = churn__format(text, sizeof text, "%de%d", unscaled, -(int64_t)scale);
    return churn__double_parse(text, len, out);
}

int32_t churn__value_number(const cell *in, double *out)
{
    double value = 0;
    switch (in->kind) {
    case CELL_NUMBER:
        value = in->number;
        break;
    case CELL_INT:
        value = (double)in->integer;
        break;
    case CELL_DECIMAL:
        if (!decimal_to_double(in->integer, in->scale, &value)) {
            return REJECT_OUT_OF_RANGE;
        }
        break;
    case CELL_TEXT:
        if (!churn__double_parse(in->text.ptr, in->text.len, &value)) {
            return REJECT_BAD_VALUE;
        }
        break;
    case CELL_RANGE:
        return REJECT_OUT_OF_RANGE;
    default:
        return REJECT_BAD_VALUE;
    }
    if (!isfinite(value)) {
        return REJECT_NOT_FINITE;
    }
    *out = value == 0 ? 0 : value; /* no -0.0: rows compare as bytes */
    return 0;
}

/* A double that is a whole number. */
static int32_t whole_of_double(double value, int64_t *out)
{
    if (!isfinite(value)) {
        return REJECT_NOT_FINITE;
    }
    if (fabs(value) >= 9007199254740992.0) {
        return REJECT_OUT_OF_RANGE;
    }
    *out = (int64_t)value;
    return (double)*out == value ? 0 : REJECT_BAD_VALUE;
}

/* unscaled / 10^scale times 10^to, where that is whole. */
static int32_t rescale(int64_t unscaled, int32_t scale, int32_t to, int64_t *out)
{
    for (; scale > to; scale--) {
        if (unscaled % 10 != 0) {
            return REJECT_MONEY_FRACTION;
        }
        unscaled /= 10;
    }
    for (; scale < to; scale++) {
        if (unscaled != 0 && !churn__mul_i64(unscaled, 10, &unscaled)) {
            return REJECT_OUT_OF_RANGE;
        }
    }
    *out = unscaled;
    return 0;
}

int32_t churn__value_count(const cell *in, int64_t *out)
{
    int32_t fault = 0;
    switch (in->kind) {
    case CELL_INT:
        *out = in->integer;
        break;
    case CELL_NUMBER:
        fault = whole_of_double(in->number, out);
        break;
    case CELL_DECIMAL:
        fault = rescale(in->integer, in->scale, 0, out);
        fault = fault == REJECT_MONEY_FRACTION ? REJECT_BAD_VALUE : fault;
        break;
    case CELL_TEXT:
        fault = churn__int_parse(in->text.ptr, in->text.len, out) ? 0 : REJECT_BAD_VALUE;
        break;
    case CELL_RANGE:
        return REJECT_OUT_OF_RANGE;
    default:
        return REJECT_BAD_VALUE;
    }
    return fault == 0 && *out < 0 ? REJECT_OUT_OF_RANGE : fault;
}

static bool is_word(churn_str text, const char *word)
{
    size_t i = 0;
    for (; i < text.len && word[i] != '\0'; i++) {
        char c = text.ptr[i];
        char lower = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
        if (lower != word[i]) {
            return false;
        }
    }
    return i == text.len && word[i] == '\0';
}

int32_t churn__value_truth(const cell *in, int8_t *out)
{
    static const char *const words[] = {"false", "true", "0", "1", "no", "yes"};
    if (in->kind == CELL_TRUTH || in->kind == CELL_INT) {
        *out = (int8_t)in->integer;
        return in->integer == 0 || in->integer == 1 ? 0 : REJECT_BAD_VALUE;
    }
    for (size_t i = 0; in->kind == CELL_TEXT && i < sizeof words / sizeof words[0]; i++) {
        if (is_word(in->text, words[i])) {
            *out = (int8_t)(i % 2);
            return 0;
        }
    }
    return REJECT_BAD_VALUE;
}

/* ---- money ---- */

static int32_t money_of_double(double value, int scale, int64_t *out)
{
    if (!isfinite(value)) {
        return REJECT_NOT_FINITE;
    }
    if (fabs(value) * power_of_ten(scale) >= 9.2e18) {
        return REJECT_OUT_OF_RANGE;
    }
    return churn__decimal_from_double(value, scale, out) ? 0 : REJECT_MONEY_FRACTION;
}

/* A text that is a number but has too many decimals is another fault than one that is none. */
static int32_t money_of_text(churn_str text, int scale, int64_t *out)
{
    double value = 0;
    if (churn__decimal_parse(text.ptr, text.len, scale, out)) {
        return 0;
    }
    if (!churn__double_parse(text.ptr, text.len, &value)) {
        return REJECT_BAD_VALUE;
    }
    return fabs(value) * power_of_ten(scale) >= 9.2e18 ? REJECT_OUT_OF_RANGE
                                                       : REJECT_MONEY_FRACTION;
}

int32_t churn__value_money(const value_context *c, const field *f, const cell *in, int64_t *out)
{
    int scale = c->currency_scale;
    int32_t fault = 0;
    /* In minor units every number must be whole. */
    int to = c->money == CHURN_MONEY_MINOR ? 0 : scale;
    switch (in->kind) {
    case CELL_INT:
        fault = rescale(in->integer, 0, to, out);
        break;
    case CELL_DECIMAL:
        fault = rescale(in->integer, in->scale, to, out);
        break;
    case CELL_NUMBER:
        fault = money_of_double(in->number, to, out);
        break;
    case CELL_TEXT:
        fault = money_of_text(in->text, to, out);
        break;
    case CELL_RANGE:
        return REJECT_OUT_OF_RANGE;
    default:
        return REJECT_BAD_VALUE;
    }
    if (fault == 0 && (*out == CHURN_INT_NONE || (f->positive && *out < 0))) {
        return REJECT_OUT_OF_RANGE;
    }
    return fault;
}

/* ---- words ---- */

int32_t churn__value_word(const field *f, churn_str text, uint8_t *out)
{
    for (uint8_t i = 0; f->words[i] != NULL; i++) {
        if (churn__str_eq(text, churn__str_nts(f->words[i]))) {
            *out = (uint8_t)(i + 1);
            return 0;
        }
    }
    return strcmp(f->name, "status") == 0 ? REJECT_UNKNOWN_STATUS : REJECT_UNKNOWN_KIND;
}

/* "month", "months", "3 months", "quarter". */
int32_t churn__value_period(churn_str text, uint8_t *unit, int32_t *count)
{
    static const struct {
        const char *one, *many;
        char unit;
        int32_t count;
    } units[] = {{"day", "days", 'd', 1},
                 {"week", "weeks", 'w', 1},
                 {"month", "months", 'm', 1},
                 {"quarter", "quarters", 'm', 3},
                 {"year", "years", 'y', 1}};
    int64_t n = 1;
    size_t digits = 0;
    while (digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9') {
        digits++;
    }
    if (digits > 0 && (!churn__int_parse(text.ptr, digits, &n) || n < 1 || n > 1000)) {
        return REJECT_UNKNOWN_PERIOD;
    }
    size_t at = digits;
    at += digits > 0 && at < text.len && text.ptr[at] == ' ';
    churn_str word = {text.ptr + at, text.len - at};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (is_word(word, units[i].one) || is_word(word, units[i].many)) {
            *unit = (uint8_t)units[i].unit;
            *count = (int32_t)n * units[i].count;
            return 0;
        }
    }
    return REJECT_UNKNOWN_PERIOD;
}
