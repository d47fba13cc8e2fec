/* SPDX-License-Identifier: MIT */
#include <math.h>

#include <churn/signals.h>

#include "model/model.h"
#include "table/table.h"

/* The methods of this module on arrays of the caller, each answer a table. */

/* ---- what all have in common ---- */

static churn_status check_values(const char *function, const double *values, uint64_t count,
                                 churn_error *err)
{
    if (values == NULL && count > 0) {
        return churn__fail_null(err, function, "values");
    }
    if (count > UINT32_MAX) {
        return churn__fail(err, CHURN_E_RANGE, 0, "%s: too many values", function);
    }
    for (uint64_t i = 0; i < count; i++) {
        if (isinf(values[i])) {
            return churn__fail_at(err, CHURN_E_RANGE, 0, 0, 0, i, "%s: a value is infinite",
                                  function);
        }
    }
    return CHURN_OK;
}

static churn_status refuse(bool bad, const char *function, const char *what, churn_error *err)
{
    return bad ? churn__fail(err, CHURN_E_RANGE, 0, "%s: %s", function, what) : CHURN_OK;
}

static bool is_rate(double rate)
{
    return rate >= 0 && rate <= 0.5;
}

static void add_count(churn__table_builder *b, uint32_t column, uint64_t value)
{
    churn__table_add_int(b, column, (int64_t)value);
}

/* ---- change points ---- */

typedef struct changes {
    churn__heap *heap;
    double *values; /* those that are there */
    uint64_t *where, *starts;
    size_t given, n, count;
    double penalty;
} changes;

static churn_status changes_open(changes *c, const double *values, churn_error *err)
{
    c->values = churn__alloc_array(c->heap, c->given, sizeof *c->values);
    c->where = churn__alloc_array(c->heap, c->given, sizeof *c->where);
    c->starts = churn__alloc_array(c->heap, c->given + 1, sizeof *c->starts);
    if (c->values == NULL || c->where == NULL || c->starts == NULL) {
        return churn__fail_memory(err, c->heap);
    }
    for (size_t i = 0; i < c->given; i++) {
        if (!isnan(values[i])) {
            c->where[c->n] = i;
            c->values[c->n++] = values[i];
        }
    }
    return CHURN_OK;
}

static void changes_close(changes *c)
{
    churn__free_array(c->heap, c->values, c->given, sizeof *c->values);
    churn__free_array(c->heap, c->where, c->given, sizeof *c->where);
    churn__free_array(c->heap, c->starts, c->given + 1, sizeof *c->starts);
}

/* The penalty of Schwarz's criterion for a mean and the place of its change. */
static churn_status set_penalty(changes *c, const churn_change_options *o, churn_error *err)
{
    churn_status st = CHURN_OK;
    double sigma = o->sigma;
    if (o->penalty > 0) {
        c->penalty = o->penalty;
        return CHURN_OK;
    }
    if (!(sigma > 0)) {
        CHURN_TRY(churn__difference_sigma(c->heap, c->values, c->n, 1, &sigma, err));
    }
    c->penalty = c->n < 2 || isnan(sigma) ? 0 : 2 * sigma * sigma * churn__log((double)c->n);
done:
    return st;
}

static churn_status changes_table(const changes *c, churn_table **out, churn_error *err)
{
    churn__table_builder *b = churn__table_begin(c->heap, c->count);
    double before = 0, mean = 0;
    if (b == NULL) {
        return churn__fail_memory(err, c->heap);
    }
    uint32_t start = churn__table_column(b, "start", CHURN_COLUMN_INT);
    uint32_t end = churn__table_column(b, "end", CHURN_COLUMN_INT);
    uint32_t n = churn__table_column(b, "n", CHURN_COLUMN_INT);
    uint32_t level = churn__table_column(b, "mean", CHURN_COLUMN_DOUBLE);
    uint32_t rss = churn__table_column(b, "rss", CHURN_COLUMN_DOUBLE);
    uint32_t change = churn__table_column(b, "change", CHURN_COLUMN_DOUBLE);
    uint32_t penalty = churn__table_column(b, "penalty", CHURN_COLUMN_DOUBLE);
    for (size_t i = 0; i < c->count; i++) {
        bool last = i + 1 == c->count;
        size_t from = c->starts[i], to = last ? c->n : c->starts[i + 1];
        before = mean;
        churn__table_add_double(b, rss, churn__square_sum(c->values + from, to - from, &mean));
        add_count(b, start, c->where[from]);
        add_count(b, end, last ? c->given : c->where[to]);
        add_count(b, n, to - from);
        churn__table_add_double(b, level, mean);
        churn__table_add_double(b, change, i == 0 ? (double)NAN : mean - before);
        churn__table_add_double(b, penalty, c->penalty);
    }
    return churn__table_finish(b, out, err);
}

churn_status churn_change_points(const double *values, uint64_t count,
                                 const churn_change_options *options, churn_table **out,
                                 churn_error *err)
{
    static const char name[] = "churn_change_points";
    churn_status st = CHURN_OK;
    churn_change_options o;
    changes c = {.given = (size_t)count};
    if (out == NULL) {
        return churn__fail_null(err, name, "out");
    }
    *out = NULL;
    CHURN_TRY(churn__copy_struct(&o, sizeof o, options, "churn_change_options", err));
    CHURN_TRY(check_values(name, values, count, err));
    CHURN_TRY(refuse(!(o.penalty >= 0) || !(o.sigma >= 0) || isinf(o.penalty) || isinf(o.sigma),
                     name, "penalty and sigma must be finite and not negative", err));
    c.heap = churn__heap_create(o.allocator, 0);
    if (c.heap == NULL) {
        CHURN_TRY(churn__fail_memory(err, NULL));
    }
    CHURN_TRY(changes_open(&c, values, err));
    CHURN_TRY(set_penalty(&c, &o, err));
    CHURN_TRY(churn__pelt(c.heap, c.values, c.n, o.min_size == 0 ? 2 : o.min_size, c.penalty,
                          o.cancel, c.starts, &c.count, err));
    CHURN_TRY(changes_table(&c, out, err));
done:
    if (c.heap != NULL) {
        changes_close(&c);
        churn__heap_release(c.heap);
    }
    return st;
}

/* ---- anomalies ---- */

/* "spike", "up"; NULL of CHURN__ANOMALY_NONE. */
static const char *anomaly_name(uint8_t kind)
{
    static const char *const names[] = {NULL, "spike", "drop", "level_up", "level_down"};
    return names[kind];
}

static const char *anomaly_direction(uint8_t kind)
{
    bool up = kind == CHURN__ANOMALY_SPIKE || kind == CHURN__ANOMALY_LEVEL_UP;
    return kind == CHURN__ANOMALY_NONE ? NULL : up ? "up" : "down";
}

double churn__anomaly_rate(double rate, double per_series, size_t judged)
{
    double each = judged == 0 ? 0.5 : per_series / (double)judged;
    return per_series > 0 ? (each < 0.5 ? each : 0.5) : rate > 0 ? rate : 0.01;
}

static churn_status check_data(const churn_anomaly_data *d, churn_error *err)
{
    static const char name[] = "churn_anomalies";
    churn_status st = CHURN_OK;
    bool share = d->kind == CHURN_SERIES_SHARE;
    CHURN_TRY(check_values(name, d->values, d->count, err));
    if (d->kind < CHURN_SERIES_NUMBER || d->kind > CHURN_SERIES_LEVEL) {
        CHURN_FAIL(CHURN_E_ARG, 0, "%s: kind: unknown", name);
    }
    if (share && d->trials == NULL && d->count > 0) {
        CHURN_TRY(churn__fail_null(err, name, "trials"));
    }
    for (uint64_t i = 0; (share || d->kind == CHURN_SERIES_COUNT) && i < d->count; i++) {
        bool bad = d->values[i] < 0 || d->values[i] > 9007199254740992.0 ||
                   (share && (d->trials[i] < d->values[i] || d->trials[i] > 9007199254740992.0));
        if (bad) {
            st = churn__fail_at(err, CHURN_E_RANGE, 0, 0, 0, i,
                                "%s: counts must be 0 to 2^53, and not more than their trials",
                                name);
            goto done;
        }
    }
done:
    return st;
}

static churn_status take_rules(const churn_anomaly_options *o, size_t count,
                               churn__anomaly_rules *out, churn_error *err)
{
    static const char name[] = "churn_anomalies";
    churn_status st = CHURN_OK;
    uint32_t history = o->history == 0 ? 8 : o->history;
    size_t judged = count > history ? count - history : 0;
    bool rates = is_rate(o->false_alarms) && (is_rate(o->false_changes) || o->false_changes == 1);
    *out =
        (churn__anomaly_rules){.rate = churn__anomaly_rate(o->false_alarms, o->per_series, judged),
                               .change_rate = o->false_changes == 0   ? 0.05
                                              : o->false_changes == 1 ? 0
                                                                      : o->false_changes,
                               .window = o->window == 0 ? 36 : o->window,
                               .history = history,
                               .cycles = o->cycles == 0 ? 4 : o->cycles,
                               .min_size = o->min_size == 0 ? 5 : o->min_size,
                               .all = (o->flags & CHURN_ANOMALIES_ALL) != 0,
                               .cancel = o->cancel};
    if ((o->flags & ~CHURN_ANOMALIES_ALL) != 0) {
        CHURN_FAIL(CHURN_E_ARG, 0, "%s: flags: unknown", name);
    }
    CHURN_TRY(refuse(!rates || !(o->per_series >= 0) || isinf(o->per_series), name,
                     "false_alarms and false_changes are shares of 0 to 0.5", err));
    CHURN_TRY(refuse(history < CHURN__HISTORY_LEAST, name, "history: at least 6", err));
    CHURN_TRY(refuse(out->window < history || out->window > 100000, name,
                     "window: from history to 100000", err));
done:
    return st;
}

static churn_status anomalies_table(churn__heap *heap, const churn__series *s,
                                    const churn__anomaly *found, bool all, double rate,
                                    churn_table **out, churn_error *err)
{
    churn__table_builder *b = churn__table_begin(heap, all ? s->count : 0);
    if (b == NULL) {
        return churn__fail_memory(err, heap);
    }
    uint32_t index = churn__table_column(b, "index", CHURN_COLUMN_INT);
    uint32_t value = churn__table_column(b, "value", CHURN_COLUMN_DOUBLE);
    uint32_t first = churn__anomaly_columns(b);
    for (size_t i = 0; i < s->count; i++) {
        if (all || found[i].kind != CHURN__ANOMALY_NONE) {
            add_count(b, index, i);
            churn__table_add_double(b, value, s->values[i]);
            churn__anomaly_add(b, first, &found[i], rate);
        }
    }
    return churn__table_finish(b, out, err);
}

uint32_t churn__anomaly_columns(churn__table_builder *b)
{
    uint32_t first = churn__table_column(b, "expected", CHURN_COLUMN_DOUBLE);
    (void)churn__table_column(b, "low", CHURN_COLUMN_DOUBLE);
    (void)churn__table_column(b, "high", CHURN_COLUMN_DOUBLE);
    (void)churn__table_column(b, "score", CHURN_COLUMN_DOUBLE);
    (void)churn__table_column(b, "p", CHURN_COLUMN_DOUBLE);
    (void)churn__table_column(b, "n", CHURN_COLUMN_INT);
    (void)churn__table_column(b, "kind", CHURN_COLUMN_STRING);
    (void)churn__table_column(b, "direction", CHURN_COLUMN_STRING);
    (void)churn__table_column(b, "threshold", CHURN_COLUMN_DOUBLE);
    return first;
}

static churn_str name_or_none(const char *name)
{
    return name == NULL ? (churn_str){NULL, 0} : churn__str_nts(name);
}

void churn__anomaly_add(churn__table_builder *b, uint32_t first, const churn__anomaly *a,
                        double rate)
{
    churn__table_add_double(b, first, a->expected);
    churn__table_add_double(b, first + 1, a->low);
    churn__table_add_double(b, first + 2, a->high);
    churn__table_add_double(b, first + 3, a->score);
    churn__table_add_double(b, first + 4, a->p);
    add_count(b, first + 5, a->n);
    churn__table_add_string(b, first + 6, name_or_none(anomaly_name(a->kind)));
    churn__table_add_string(b, first + 7, name_or_none(anomaly_direction(a->kind)));
    churn__table_add_double(b, first + 8, isnan(a->p) ? (double)NAN : rate);
}

/* Shares are made of their counts. */
static churn_status set_series(churn__heap *heap, const churn_anomaly_data *d, churn__series *s,
                               double **shares, churn_error *err)
{
    bool share = d->kind == CHURN_SERIES_SHARE;
    *s = (churn__series){.values = d->values,
                         .events = d->values,
                         .trials = d->trials,
                         .count = (size_t)d->count,
                         .kind = d->kind == CHURN_SERIES_LEVEL ? CHURN__SERIES_NUMBER : d->kind,
                         .season = d->season,
                         .changes = d->kind == CHURN_SERIES_LEVEL};
    if (!share) {
        return CHURN_OK;
    }
    *shares = churn__alloc_array(heap, s->count, sizeof **shares);
    if (*shares == NULL) {
        return churn__fail_memory(err, heap);
    }
    for (size_t i = 0; i < s->count; i++) {
        (*shares)[i] = d->trials[i] > 0 ? d->values[i] / d->trials[i] : (double)NAN;
    }
    s->values = *shares;
    return CHURN_OK;
}

static churn_status find(churn__heap *heap, const churn_anomaly_data *d,
                         const churn__anomaly_rules *rules, bool all, churn_table **out,
                         churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__series s;
    double *shares = NULL;
    churn__anomaly *found = churn__alloc_array(heap, (size_t)d->count, sizeof *found);
    if (found == NULL) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    CHURN_TRY(set_series(heap, d, &s, &shares, err));
    CHURN_TRY(churn__anomalies_find(heap, &s, rules, found, err));
    CHURN_TRY(anomalies_table(heap, &s, found, all, rules->rate, out, err));
done:
    churn__free_array(heap, found, (size_t)d->count, sizeof *found);
    churn__free_array(heap, shares, (size_t)d->count, sizeof *shares);
    return st;
}

churn_status churn_anomalies(const churn_anomaly_data *data, const churn_anomaly_options *options,
                             churn_table **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_anomaly_data d;
    churn_anomaly_options o;
    churn__anomaly_rules rules;
    churn__heap *heap = NULL;
    if (out == NULL || data == NULL) {
        return churn__fail_null(err, "churn_anomalies", out == NULL ? "out" : "data");
    }
    *out = NULL;
    CHURN_TRY(churn__copy_struct(&d, sizeof d, data, "churn_anomaly_data", err));
    CHURN_TRY(churn__copy_struct(&o, sizeof o, options, "churn_anomaly_options", err));
    CHURN_TRY(check_data(&d, err));
    CHURN_TRY(take_rules(&o, (size_t)d.count, &rules, err));
    heap = churn__heap_create(o.allocator, 0);
    if (heap == NULL) {
        CHURN_TRY(churn__fail_memory(err, NULL));
    }
    CHURN_TRY(find(heap, &d, &rules, (o.flags & CHURN_ANOMALIES_ALL) != 0, out, err));
done:
    churn__heap_release(heap);
    return st;
}

/* ---- CUSUM ---- */

typedef struct cusum {
    double target, slack, limit;
    double sum, above, below;
    uint64_t above_from, below_from; /* since when the sums are above 0 */
} cusum;

static churn_status settle_cusum(churn__heap *heap, const double *values, size_t count,
                                 const churn_cusum_options *o, cusum *c, churn_error *err)
{
    churn_status st = CHURN_OK;
    double sigma = o->sigma;
    size_t n = 0;
    double *room = churn__alloc_array(heap, count, sizeof *room);
    if (room == NULL) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    for (size_t i = 0; i < count; i++) {
        if (!isnan(values[i])) {
            room[n++] = values[i];
        }
    }
    if (!(sigma > 0)) {
        CHURN_TRY(churn__difference_sigma(heap, room, n, 1, &sigma, err));
    }
    c->target = (o->flags & CHURN_CUSUM_TARGET) != 0 ? o->target
                : n == 0                             ? 0
                                                     : churn__median(room, n);
    c->slack = o->slack > 0 ? o->slack : sigma / 2;
    c->limit = o->limit > 0 ? o->limit : 5 * sigma;
done:
    churn__free_array(heap, room, count, sizeof *room);
    return st;
}

static double over_zero(double x)
{
    return x > 0 ? x : 0;
}

static void cusum_step(cusum *c, uint64_t i, double x)
{
    c->sum += x - c->target;
    c->above = over_zero(c->above + x - (c->target + c->slack));
    c->below = over_zero(c->below + c->target - c->slack - x);
    c->above_from = c->above > 0 ? c->above_from : i + 1;
    c->below_from = c->below > 0 ? c->below_from : i + 1;
}

static churn_status cusum_table(churn__heap *heap, const double *values, size_t count, cusum *c,
                                churn_table **out, churn_error *err)
{
    churn__table_builder *b = churn__table_begin(heap, count);
    if (b == NULL) {
        return churn__fail_memory(err, heap);
    }
    uint32_t index = churn__table_column(b, "index", CHURN_COLUMN_INT);
    uint32_t value = churn__table_column(b, "value", CHURN_COLUMN_DOUBLE);
    uint32_t sum = churn__table_column(b, "sum", CHURN_COLUMN_DOUBLE);
    uint32_t above = churn__table_column(b, "above", CHURN_COLUMN_DOUBLE);
    uint32_t below = churn__table_column(b, "below", CHURN_COLUMN_DOUBLE);
    uint32_t alarm = churn__table_column(b, "alarm", CHURN_COLUMN_STRING);
    uint32_t since = churn__table_column(b, "since", CHURN_COLUMN_INT);
    for (size_t i = 0; i < count; i++) {
        if (!isnan(values[i])) {
            cusum_step(c, i, values[i]);
        }
        bool up = c->above > c->limit && c->above >= c->below, down = c->below > c->limit && !up;
        add_count(b, index, i);
        churn__table_add_double(b, value, values[i]);
        churn__table_add_double(b, sum, c->sum);
        churn__table_add_double(b, above, c->above);
        churn__table_add_double(b, below, c->below);
        churn__table_add_string(b, alarm, name_or_none(up ? "up" : down ? "down" : NULL));
        if (up || down) {
            add_count(b, since, up ? c->above_from : c->below_from);
        } else {
            churn__table_add_null(b, since);
        }
    }
    return churn__table_finish(b, out, err);
}

churn_status churn_cusum(const double *values, uint64_t count, const churn_cusum_options *options,
                         churn_table **out, churn_error *err)
{
    static const char name[] = "churn_cusum";
    churn_status st = CHURN_OK;
    churn_cusum_options o;
    churn__heap *heap = NULL;
    cusum c = {.sum = 0};
    if (out == NULL) {
        return churn__fail_null(err, name, "out");
    }
    *out = NULL;
    CHURN_TRY(churn__copy_struct(&o, sizeof o, options, "churn_cusum_options", err));
    CHURN_TRY(check_values(name, values, count, err));
    if ((o.flags & ~CHURN_CUSUM_TARGET) != 0) {
        CHURN_FAIL(CHURN_E_ARG, 0, "%s: flags: unknown", name);
    }
    bool fine = o.slack >= 0 && o.limit >= 0 && o.sigma >= 0 && isfinite(o.target) &&
                isfinite(o.slack) && isfinite(o.limit) && isfinite(o.sigma);
    CHURN_TRY(refuse(!fine, name, "options must be finite and not negative", err));
    heap = churn__heap_create(o.allocator, 0);
    if (heap == NULL) {
        CHURN_TRY(churn__fail_memory(err, NULL));
    }
    CHURN_TRY(settle_cusum(heap, values, (size_t)count, &o, &c, err));
    CHURN_TRY(cusum_table(heap, values, (size_t)count, &c, out, err));
done:
    churn__heap_release(heap);
    return st;
}
