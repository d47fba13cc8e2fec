/* SPDX-License-Identifier: MIT */
#include "model/risk.h"

#include "base/bits.h"

/* ---- arrays of numbers ---- */

#define READ_AS(type)                                          \
    do {                                                       \
        const type *values = (const type *)from->values + row; \
        for (size_t i = 0; i < n; i++) {                       \
            out[i] = (double)values[i];                        \
        }                                                      \
    } while (0)

static void read_bits(const churn_numbers *from, size_t row, size_t n, double *out)
{
    for (size_t i = 0; i < n; i++) {
        out[i] = churn__bit_get(from->values, from->offset + row + i) ? 1.0 : 0.0;
    }
}

static void read_numbers(const churn_numbers *from, size_t row, size_t n, double *out)
{
    switch (from->type) {
    case CHURN_NUMBERS_DOUBLE:
        memcpy(out, (const double *)from->values + row, n * sizeof *out);
        break;
    case CHURN_NUMBERS_FLOAT:
        READ_AS(float);
        break;
    case CHURN_NUMBERS_INT64:
        READ_AS(int64_t);
        break;
    case CHURN_NUMBERS_INT32:
        READ_AS(int32_t);
        break;
    case CHURN_NUMBERS_INT16:
        READ_AS(int16_t);
        break;
    case CHURN_NUMBERS_INT8:
        READ_AS(int8_t);
        break;
    case CHURN_NUMBERS_UINT8:
        READ_AS(uint8_t);
        break;
    case CHURN_NUMBERS_UINT16:
        READ_AS(uint16_t);
        break;
    case CHURN_NUMBERS_UINT32:
        READ_AS(uint32_t);
        break;
    case CHURN_NUMBERS_UINT64:
        READ_AS(uint64_t);
        break;
    default:
        read_bits(from, row, n, out);
        break;
    }
    for (size_t i = 0; from->valid != NULL && i < n; i++) {
        if (!churn__bit_get(from->valid, from->offset + row + i)) {
            out[i] = MODEL_NAN;
        }
    }
}

static void read_codes(const churn_groups *groups, size_t from, size_t n, uint32_t *out)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t code = groups->codes[from + i];
        out[i] = code == UINT32_MAX ? groups->count : code < groups->count ? code : UINT32_MAX;
    }
}

/* What is no kind is none of 0 to 255. */
static void read_kinds(const churn_numbers *event, size_t from, size_t n, uint32_t *out)
{
    double kinds[RISK_ROWS];

    if (event->type == CHURN_NUMBERS_UINT8 && event->valid == NULL) {
        const uint8_t *bytes = (const uint8_t *)event->values + from;
        for (size_t i = 0; i < n; i++) {
            out[i] = bytes[i];
        }
        return;
    }
    read_numbers(event, from, n, kinds);
    for (size_t i = 0; i < n; i++) {
        out[i] = kinds[i] >= 0.0 && kinds[i] <= 255.0 ? (uint32_t)(int32_t)kinds[i] : 256;
        out[i] = kinds[i] == (double)out[i] ? out[i] : 256;
    }
}

void churn__risk_rows_init(risk_rows *rows)
{
    for (size_t i = 0; i < RISK_ROWS; i++) {
        rows->entry[i] = MODEL_NAN;
        rows->weight[i] = 1.0;
        rows->kind[i] = 1;
        rows->group[i] = rows->stratum[i] = 0;
    }
}

void churn__risk_read(const risk_data *data, size_t from, risk_rows *rows)
{
    const churn_survival_data *given = &data->given;
    size_t n = data->n - from < RISK_ROWS ? data->n - from : RISK_ROWS;

    rows->n = n;
    read_numbers(&given->time, from, n, rows->time);
    if (given->event.values != NULL) {
        read_kinds(&given->event, from, n, rows->kind);
    }
    if (given->group.codes != NULL) {
        read_codes(&given->group, from, n, rows->group);
    }
    if (given->stratum.codes != NULL) {
        read_codes(&given->stratum, from, n, rows->stratum);
    }
    if (given->entry.values != NULL) {
        read_numbers(&given->entry, from, n, rows->entry);
    }
    if (given->weight.values != NULL) {
        read_numbers(&given->weight, from, n, rows->weight);
    }
}

/* ---- checks ---- */

#define MOST 1e300 /* so that sums stay finite */

/* What is wrong with a row; NULL: nothing. */
static const char *wrong_with(const risk_rows *rows, size_t i)
{
    if (!(rows->time[i] >= 0.0 && rows->time[i] <= MOST)) {
        return "time must be a number from 0 on";
    }
    if (rows->kind[i] > 255) {
        return "event must be 0 for none or a kind from 1 to 255";
    }
    if (rows->entry[i] < 0.0 || rows->entry[i] >= rows->time[i]) {
        return "entry must be a number from 0 on and before time";
    }
    if (!(rows->weight[i] > 0.0 && rows->weight[i] <= MOST)) {
        return "weight must be a number above 0";
    }
    if (rows->group[i] == UINT32_MAX || rows->stratum[i] == UINT32_MAX) {
        return "group or stratum is a code without a name";
    }
    return NULL;
}

/* Of numbers from 0 on and below 2^52: adding 2^52 rounds to whole ones. */
static bool is_whole(double x)
{
    return x + 0x1p52 - 0x1p52 == x;
}

/* Times and kinds are in every question; all else is looked at row by row where it is given. */
static bool note_times(risk_data *data, const risk_rows *rows)
{
    double last = data->last;
    bool good = true, whole = true;

    for (size_t i = 0; i < rows->n; i++) {
        double t = rows->time[i];
        last = t > last ? t : last;
        good &= (t >= 0.0) & (t <= MOST);
        whole &= is_whole(t);
    }
    data->last = last;
    data->whole = data->whole && whole && last < 0x1p52;
    return good;
}

static bool note_kinds(risk_data *data, const risk_rows *rows)
{
    uint32_t most = data->kinds;

    for (size_t i = 0; i < rows->n; i++) {
        most = rows->kind[i] > most ? rows->kind[i] : most;
    }
    data->kinds = most;
    return most <= 255;
}

static void note_entries(risk_data *data, const risk_rows *rows)
{
    for (size_t i = 0; i < rows->n; i++) {
        double e = rows->entry[i];
        if (e == e) {
            data->entered = true;
            data->whole = data->whole && e < 0x1p52 && is_whole(e);
        }
    }
}

static const char *find_wrong(const risk_rows *rows, size_t *row)
{
    const char *wrong = NULL;

    for (*row = 0; *row < rows->n; ++*row) {
        wrong = wrong_with(rows, *row);
        if (wrong != NULL) {
            break;
        }
    }
    return wrong;
}

static churn_status check_rows(risk_data *data, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_survival_data *given = &data->given;
    const bool plain = given->entry.values == NULL && given->weight.values == NULL &&
                       given->group.codes == NULL && given->stratum.codes == NULL;
    risk_rows rows;
    size_t row = 0;

    churn__risk_rows_init(&rows);
    for (size_t from = 0; from < data->n; from += RISK_ROWS) {
        churn__risk_read(data, from, &rows);
        if (from % (RISK_ROWS * 64) == 0) {
            CHURN_TRY(churn__cancel_check(data->options.cancel, err));
        }
        bool good = note_times(data, &rows);
        good = note_kinds(data, &rows) && good;
        const char *wrong = plain && good ? NULL : find_wrong(&rows, &row);
        if (wrong != NULL) {
            st = churn__fail_at(err, CHURN_E_RANGE, 0, 0, 0, from + row, "survival: %s", wrong);
            goto done;
        }
        if (given->entry.values != NULL) {
            note_entries(data, &rows);
        }
    }
done:
    return st;
}

static bool numbers_known(const churn_numbers *numbers)
{
    return numbers->values == NULL ||
           (numbers->type >= CHURN_NUMBERS_DOUBLE && numbers->type <= CHURN_NUMBERS_BITS);
}

static bool groups_known(const churn_groups *groups)
{
    return groups->count < UINT32_MAX - 1 &&
           (groups->names != NULL || groups->count == 0 || groups->codes == NULL);
}

static churn_status check_options(churn_survival_options *o, churn_error *err)
{
    if (o->level == 0.0) {
        o->level = 0.95;
    }
    if (!(o->level > 0.0 && o->level < 1.0)) {
        return churn__fail(err, CHURN_E_RANGE, 0, "survival: level must lie between 0 and 1");
    }
    if (o->interval < 0 || o->interval > CHURN_INTERVAL_PLAIN || o->estimator < 0 ||
        o->estimator > CHURN_ESTIMATOR_FLEMING_HARRINGTON || o->hazard < 0 ||
        o->hazard > CHURN_HAZARD_FLEMING_HARRINGTON || o->test < 0 ||
        o->test > CHURN_TEST_FLEMING_HARRINGTON) {
        return churn__fail(err, CHURN_E_RANGE, 0,
                           "survival: interval, estimator, hazard or test is none that there is");
    }
    if (!(o->horizon >= 0.0 && o->horizon <= MOST) || !(o->rho >= 0.0 && o->rho <= 100.0) ||
        !(o->gamma >= 0.0 && o->gamma <= 100.0)) {
        return churn__fail(err, CHURN_E_RANGE, 0,
                           "survival: horizon, rho and gamma must be numbers from 0 on");
    }
    for (uint32_t i = 0; o->times != NULL && i < o->time_count; i++) {
        if (!(o->times[i] >= (i > 0 ? o->times[i - 1] : 0.0) && o->times[i] <= MOST)) {
            return churn__fail(err, CHURN_E_RANGE, 0,
                               "survival: times must be numbers from 0 on, ascending");
        }
    }
    return CHURN_OK;
}

churn_status churn__risk_open(churn__heap *heap, const churn_survival_data *data,
                              const churn_survival_options *options, risk_data *out,
                              churn_error *err)
{
    churn_status st = CHURN_OK;

    *out = (risk_data){.heap = heap, .kinds = 1, .whole = true};
    CHURN_TRY(churn__copy_struct(&out->given, sizeof out->given, data, "churn_survival_data", err));
    CHURN_TRY(churn__copy_struct(&out->options, sizeof out->options, options,
                                 "churn_survival_options", err));
    CHURN_TRY(check_options(&out->options, err));
    if (out->given.time.values == NULL && out->given.row_count > 0) {
        CHURN_TRY(churn__fail_null(err, "survival", "time"));
    }
    if (!numbers_known(&out->given.time) || !numbers_known(&out->given.event) ||
        !numbers_known(&out->given.entry) || !numbers_known(&out->given.weight)) {
        CHURN_FAIL(CHURN_E_ARG, 0, "survival: an array is of no type of CHURN_NUMBERS_*");
    }
    if (!groups_known(&out->given.group) || !groups_known(&out->given.stratum)) {
        CHURN_FAIL(CHURN_E_ARG, 0, "survival: groups need names for their codes");
    }
    if (out->given.row_count >= UINT32_MAX) {
        CHURN_FAIL(CHURN_E_LIMIT, 0, "survival: more than 2^32 rows");
    }
    out->n = (size_t)out->given.row_count;
    out->groups = out->given.group.codes != NULL ? out->given.group.count + 1 : 1;
    out->strata = out->given.stratum.codes != NULL ? out->given.stratum.count + 1 : 1;
    st = check_rows(out, err);
done:
    return st;
}
