/* SPDX-License-Identifier: MIT */
#include <math.h>

#include <churn/signals.h>

#include "engine/figure_series.h"
#include "model/model.h"

/* Figures that are not what they usually are: each group's series of a figure is judged by itself,
 * over the span that is asked for and enough before it to compare with. */

typedef struct search {
    churn_engine *engine;
    churn_kpi_anomaly_options options;
    churn_str kpi;
    churn_time from, to;
    churn__anomaly_rules rules;
    churn__table_builder *table;
    uint32_t first_by, first_found, value, unit, marks;
    const churn__figure_series *s;
    uint64_t periods; /* those that are over */
    double *values, *trials, *events;
    churn__anomaly *found;
} search;

/* ---- what is asked for ---- */

static uint32_t usual_lookback(int32_t every)
{
    static const uint32_t periods[] = {
        [CHURN_EVERY_DAY] = 56,     [CHURN_EVERY_WEEK] = 26, [CHURN_EVERY_MONTH] = 36,
        [CHURN_EVERY_QUARTER] = 12, [CHURN_EVERY_YEAR] = 8,
    };
    return periods[every];
}

static bool is_rate(double rate)
{
    return rate >= 0 && rate <= 0.5;
}

static churn_status check_options(churn_kpi_anomaly_options *o, churn_error *err)
{
    churn_status st = CHURN_OK;
    o->every = o->every == 0 ? CHURN_EVERY_MONTH : o->every;
    if (o->every < CHURN_EVERY_DAY || o->every > CHURN_EVERY_YEAR) {
        CHURN_FAIL(CHURN_E_ARG, 0, "anomalies: every: a day, week, month, quarter or year");
    }
    if ((o->flags & ~CHURN_ANOMALIES_ALL) != 0) {
        CHURN_FAIL(CHURN_E_ARG, 0, "anomalies: flags: unknown");
    }
    bool rates = is_rate(o->false_alarms) && (is_rate(o->false_changes) || o->false_changes == 1);
    if (!rates || !(o->per_series >= 0) || isinf(o->per_series)) {
        CHURN_FAIL(CHURN_E_RANGE, 0,
                   "anomalies: false_alarms and false_changes are shares of 0 to 0.5");
    }
    if (o->lookback > 10000) {
        CHURN_FAIL(CHURN_E_RANGE, 0, "anomalies: lookback: at most 10000 periods");
    }
    o->lookback = o->lookback == 0 ? usual_lookback(o->every) : o->lookback;
done:
    return st;
}

/* ---- columns ---- */

static void declare(search *f)
{
    churn__table_builder *b = f->table;
    (void)churn__table_column(b, "kpi", CHURN_COLUMN_STRING);
    f->first_by = 1;
    for (uint32_t d = 0; d < f->options.by_count; d++) {
        (void)churn__table_column(b, churn_table_column_name(f->s->table, f->s->by + d),
                                  CHURN_COLUMN_STRING);
    }
    (void)churn__table_column(b, "period_start", CHURN_COLUMN_TIME);
    (void)churn__table_column(b, "period_end", CHURN_COLUMN_TIME);
    f->value = churn__table_column(b, "value", CHURN_COLUMN_DOUBLE);
    f->first_found = churn__anomaly_columns(b);
    f->unit = churn__table_column(b, "unit", CHURN_COLUMN_STRING);
    f->marks = churn__table_column(b, "marks", CHURN_COLUMN_STRING);
}

/* What was announced in a period, else in the one before. */
static churn_str marks_near(const search *f, uint64_t period)
{
    const churn__figure_series *s = f->s;
    uint64_t row = churn__figure_row(s, 0, period);
    if (churn_table_is_null(s->table, row, s->marks) && period > 0) {
        row = churn__figure_row(s, 0, period - 1);
    }
    return churn_table_is_null(s->table, row, s->marks)
               ? (churn_str){NULL, 0}
               : churn_table_string(s->table, row, s->marks);
}

static void add_row(const search *f, uint64_t group, uint64_t period)
{
    churn__table_builder *b = f->table;
    const churn__figure_series *s = f->s;
    uint64_t row = churn__figure_row(s, group, period);
    churn__table_add_string(b, 0, f->kpi);
    for (uint32_t d = 0; d < s->by_count; d++) {
        bool none = churn_table_is_null(s->table, row, s->by + d);
        churn__table_add_string(b, f->first_by + d,
                                none ? (churn_str){NULL, 0}
                                     : churn_table_string(s->table, row, s->by + d));
    }
    churn__table_add_time(b, f->first_by + s->by_count, churn_table_time(s->table, row, s->start));
    churn__table_add_time(b, f->first_by + s->by_count + 1,
                          churn_table_time(s->table, row, s->end));
    churn__table_add_double(b, f->value, f->values[period]);
    churn__anomaly_add(b, f->first_found, &f->found[period], f->rules.rate);
    churn__table_add_string(b, f->unit, churn_table_string(s->table, row, s->unit));
    churn__table_add_string(b, f->marks, marks_near(f, period));
}

/* ---- a series ---- */

static void take_series(search *f, uint64_t group, churn__series *out)
{
    const churn__figure_series *s = f->s;
    for (uint64_t p = 0; p < f->periods; p++) {
        f->values[p] = churn__figure_cell(s, s->value, group, p, true);
        f->events[p] = churn__figure_cell(s, s->numerator, group, p, true);
        f->trials[p] = churn__figure_cell(s, s->denominator, group, p, true);
    }
    bool level = s->sort == CHURN__FIGURE_LEVEL && !s->shares;
    *out = (churn__series){.values = f->values,
                           .events = f->events,
                           .trials = f->trials,
                           .count = (size_t)f->periods,
                           .kind = s->shares             ? CHURN__SERIES_SHARE
                                   : s->counts && !level ? CHURN__SERIES_COUNT
                                                         : CHURN__SERIES_NUMBER,
                           .season = churn__every_season(f->options.every),
                           .changes = level};
}

/* A season that is not known twice is none: its place in it tells nothing of a value. */
static void drop_season(churn__series *s)
{
    if (s->season >= 2 && s->count < 2 * (size_t)s->season + CHURN__HISTORY_LEAST) {
        s->season = 0;
    }
}

static churn_status judge_series(search *f, uint64_t group, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__figure_series *s = f->s;
    churn__series series;
    bool all = (f->options.flags & CHURN_ANOMALIES_ALL) != 0;
    take_series(f, group, &series);
    drop_season(&series);
    CHURN_TRY(churn__anomalies_find(f->engine->heap, &series, &f->rules, f->found, err));
    for (uint64_t p = 0; p < f->periods; p++) {
        bool asked =
            churn_table_time(s->table, churn__figure_row(s, group, p), s->start) >= f->from;
        if (asked && (all || f->found[p].kind != CHURN__ANOMALY_NONE)) {
            add_row(f, group, p);
        }
    }
done:
    return st;
}

static void set_rules(search *f)
{
    const churn_kpi_anomaly_options *o = &f->options;
    uint64_t asked = 0;
    for (uint64_t p = 0; p < f->periods; p++) {
        uint64_t row = churn__figure_row(f->s, 0, p);
        asked += churn_table_time(f->s->table, row, f->s->start) >= f->from;
    }
    f->rules = (churn__anomaly_rules){
        .rate = churn__anomaly_rate(o->false_alarms, o->per_series, (size_t)asked),
        .change_rate = o->false_changes == 0   ? 0.05
                       : o->false_changes == 1 ? 0
                                               : o->false_changes,
        .window = 56,
        .history = CHURN__HISTORY_LEAST,
        .cycles = 4,
        .min_size = 4,
        .all = (o->flags & CHURN_ANOMALIES_ALL) != 0,
        .cancel = o->cancel};
}

static void free_room(search *f)
{
    churn__heap *heap = f->engine->heap;
    churn__free_array(heap, f->values, (size_t)f->periods, sizeof *f->values);
    churn__free_array(heap, f->events, (size_t)f->periods, sizeof *f->events);
    churn__free_array(heap, f->trials, (size_t)f->periods, sizeof *f->trials);
    churn__free_array(heap, f->found, (size_t)f->periods, sizeof *f->found);
    f->values = f->events = f->trials = NULL;
    f->found = NULL;
}

static churn_status make_room(search *f, churn_error *err)
{
    churn__heap *heap = f->engine->heap;
    f->values = churn__alloc_array(heap, (size_t)f->periods, sizeof *f->values);
    f->events = churn__alloc_array(heap, (size_t)f->periods, sizeof *f->events);
    f->trials = churn__alloc_array(heap, (size_t)f->periods, sizeof *f->trials);
    f->found = churn__alloc_array(heap, (size_t)f->periods, sizeof *f->found);
    return f->values && f->events && f->trials && f->found ? CHURN_OK
                                                           : churn__fail_memory(err, heap);
}

static churn__figure_wish wish_of(const search *f, churn_str kpi)
{
    const churn_kpi_anomaly_options *o = &f->options;
    const churn__zone *zone = f->engine->playbook->zone;
    churn__unit unit = churn__every_unit(o->every);
    churn_time start = churn__period_start(f->from, unit, zone);
    /* What `to` cuts short is not compared with whole periods. */
    churn_time end = churn__period_start(f->to, unit, zone);
    return (churn__figure_wish){.kpi = kpi,
                                .from = churn__periods_before(start, o->every, o->lookback, zone),
                                .to = end,
                                .options = {.struct_size = sizeof(churn_kpi_options),
                                            .every = o->every,
                                            .as_of = o->as_of != 0 ? o->as_of : f->to,
                                            .cancel = o->cancel,
                                            .by = o->by,
                                            .by_count = o->by_count,
                                            .by_at = o->by_at}};
}

static churn_status search_figure(search *f, churn_str kpi, const churn__figure_series *s,
                                  churn_error *err)
{
    churn_status st = CHURN_OK;
    f->kpi = kpi;
    f->s = s;
    for (f->periods = 0; f->periods < s->periods && churn__figure_complete(s, f->periods);) {
        f->periods++;
    }
    set_rules(f);
    CHURN_TRY(make_room(f, err));
    for (uint64_t group = 0; group < s->groups; group++) {
        CHURN_TRY(judge_series(f, group, err));
    }
done:
    free_room(f);
    return st;
}

static churn_status search_all(search *f, const churn_str *kpis, uint32_t count, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__heap *heap = f->engine->heap;
    churn__figure_wish *wishes = churn__alloc_array(heap, count, sizeof *wishes);
    churn__figure_series *series = churn__alloc_array_zero(heap, count, sizeof *series);
    if (wishes == NULL || series == NULL) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    for (uint32_t i = 0; i < count; i++) {
        wishes[i] = wish_of(f, kpis[i]);
    }
    CHURN_TRY(churn__figure_series_ask(f->engine, wishes, count, series, err));
    f->s = &series[0];
    declare(f);
    for (uint32_t i = 0; i < count; i++) {
        CHURN_TRY(search_figure(f, kpis[i], &series[i], err));
    }
done:
    if (series != NULL) {
        churn__figure_series_close(series, count);
    }
    churn__free_array(heap, series, count, sizeof *series);
    churn__free_array(heap, wishes, count, sizeof *wishes);
    return st;
}

static churn_status check_asked(const churn_str *kpis, uint32_t count, churn_time from,
                                churn_time to, churn_error *err)
{
    churn_status st = CHURN_OK;
    if (count == 0 || kpis == NULL) {
        CHURN_FAIL(CHURN_E_ARG, 0, "anomalies: kpis: name one figure at least");
    }
    if (from < CHURN_TIME_MIN || to > CHURN_TIME_MAX || from >= to) {
        CHURN_FAIL(CHURN_E_RANGE, 0,
                   "anomalies: the span is empty: `to` must be later than `from`");
    }
    for (uint32_t i = 0; i < count; i++) {
        churn_str text;
        CHURN_TRY(churn__take_str(kpis[i].ptr, kpis[i].len, false, 65536, "kpis", &text, err));
    }
done:
    return st;
}

churn_status churn_engine_anomalies(churn_engine *engine, const churn_str *kpis, uint32_t count,
                                    churn_time from, churn_time to,
                                    const churn_kpi_anomaly_options *options, churn_table **out,
                                    churn_error *err)
{
    if (out == NULL) {
        return churn__fail_null(err, "churn_engine_anomalies", "out");
    }
    *out = NULL;
    churn_status st = churn__engine_enter(engine, "churn_engine_anomalies", err);
    if (st != CHURN_OK) {
        return st;
    }
    search f = {.engine = engine, .from = from, .to = to};
    CHURN_TRY(churn__copy_struct(&f.options, sizeof f.options, options, "churn_kpi_anomaly_options",
                                 err));
    CHURN_TRY(check_asked(kpis, count, from, to, err));
    CHURN_TRY(check_options(&f.options, err));
    f.table = churn__table_begin(churn__store_heap(engine->store), 0);
    if (f.table == NULL) {
        CHURN_TRY(churn__fail_memory(err, engine->heap));
    }
    CHURN_TRY(search_all(&f, kpis, count, err));
    st = churn__table_finish(f.table, out, err);
    f.table = NULL;
done:
    churn__table_abandon(f.table);
    churn__engine_leave(engine);
    return st;
}
