/* SPDX-License-Identifier: MIT */
#include <math.h>

#include <churn/signals.h>

#include "base/num.h"
#include "engine/figure_series.h"
#include "model/model.h"

/* Own figures beside published ones: whom they are of is a segment, or a range of an attribute. */

typedef struct side {
    const churn__benchmark_def *def;
    const churn__figure_series *s;
    uint64_t period;
    double value, low, high, numerator, denominator;
    bool defined;
} side;

typedef struct answer {
    churn_engine *engine;
    churn_benchmark_options options;
    churn__table_builder *table;
} answer;

/* ---- the own figure ---- */

static bool in_range(const churn__benchmark_def *def, churn_str text)
{
    double size = 0;
    return churn__double_parse(text.ptr, text.len, &size) && !(size < def->at_least) &&
           !(size > def->at_most);
}

/* Whether a group is of the customers that a benchmark is about. */
static bool is_about(const side *of, uint64_t group)
{
    const churn__figure_series *s = of->s;
    uint64_t row = churn__figure_row(s, group, of->period);
    if (s->by_count == 0) {
        return true;
    }
    if (churn_table_is_null(s->table, row, s->by)) {
        return false;
    }
    churn_str text = churn_table_string(s->table, row, s->by);
    return of->def->segment.ptr != NULL ? churn__str_eq(text, CHURN__STR("true"))
                                        : in_range(of->def, text);
}

static void take_cells(side *of, uint64_t group)
{
    const churn__figure_series *s = of->s;
    of->value = churn__figure_cell(s, s->value, group, of->period, false);
    of->low = churn__figure_cell(s, s->low, group, of->period, false);
    of->high = churn__figure_cell(s, s->high, group, of->period, false);
    of->numerator = churn__figure_cell(s, s->numerator, group, of->period, false);
    of->denominator = churn__figure_cell(s, s->denominator, group, of->period, false);
    of->defined = !isnan(of->value);
}

/* Of many groups terms add up, and what has none does so itself; a share of customers gets the
 * interval of the sum. */
static void sum_groups(side *of)
{
    const churn__figure_series *s = of->s;
    double numerator = 0, denominator = 0, value = 0;
    bool terms = false, any = false;
    for (uint64_t group = 0; group < s->groups; group++) {
        if (!is_about(of, group)) {
            continue;
        }
        take_cells(of, group);
        terms = terms || !isnan(of->denominator);
        any = any || of->defined;
        numerator += isnan(of->numerator) ? 0 : of->numerator;
        denominator += isnan(of->denominator) ? 0 : of->denominator;
        value += of->defined ? of->value : 0;
    }
    of->numerator = terms ? numerator : (double)NAN;
    of->denominator = terms ? denominator : (double)NAN;
    of->defined = terms ? denominator > 0 : any && s->sort != CHURN__FIGURE_RATE;
    of->value = terms ? numerator / denominator : value;
    of->low = of->high = (double)NAN;
    if (s->shares && of->defined && numerator >= 0 && numerator <= denominator) {
        churn__interval i =
            churn__wilson((int64_t)numerator, (int64_t)denominator, churn__level_z(0.95));
        of->low = i.low;
        of->high = i.high;
    }
}

static void settle(side *of)
{
    uint64_t only = UINT64_MAX, count = 0;
    for (uint64_t group = 0; group < of->s->groups; group++) {
        if (is_about(of, group)) {
            only = group;
            count++;
        }
    }
    *of = (side){of->def,     of->s,       of->period,  (double)NAN, (double)NAN,
                 (double)NAN, (double)NAN, (double)NAN, false};
    if (count == 1) {
        take_cells(of, only);
    } else if (count > 1) {
        sum_groups(of);
    }
}

/* ---- rows ---- */

enum {
    KPI,
    SIZE,
    START,
    END,
    VALUE,
    LOW,
    HIGH,
    NUMERATOR,
    DENOMINATOR,
    THEIR_LOW,
    THEIR_MEDIAN,
    THEIR_HIGH,
    POSITION,
    DIFFERENCE,
    UNIT,
    COMPLETE,
    SOURCE,
    YEAR,
    COLUMNS
};

static void declare(churn__table_builder *b)
{
    static const churn__table_head columns[COLUMNS] = {
        {"kpi", CHURN_COLUMN_STRING},
        {"size", CHURN_COLUMN_STRING},
        {"period_start", CHURN_COLUMN_TIME},
        {"period_end", CHURN_COLUMN_TIME},
        {"value", CHURN_COLUMN_DOUBLE},
        {"low", CHURN_COLUMN_DOUBLE},
        {"high", CHURN_COLUMN_DOUBLE},
        {"numerator", CHURN_COLUMN_DOUBLE},
        {"denominator", CHURN_COLUMN_DOUBLE},
        {"benchmark_low", CHURN_COLUMN_DOUBLE},
        {"benchmark_median", CHURN_COLUMN_DOUBLE},
        {"benchmark_high", CHURN_COLUMN_DOUBLE},
        {"position", CHURN_COLUMN_STRING},
        {"difference", CHURN_COLUMN_DOUBLE},
        {"unit", CHURN_COLUMN_STRING},
        {"complete", CHURN_COLUMN_BOOL},
        {"source", CHURN_COLUMN_STRING},
        {"year", CHURN_COLUMN_INT},
    };
    churn__table_columns(b, columns, COLUMNS);
}

static const char *position_of(const side *of)
{
    const churn__benchmark_def *def = of->def;
    double low = isnan(def->low) ? def->median : def->low;
    double high = isnan(def->high) ? def->median : def->high;
    if (!of->defined) {
        return NULL;
    }
    if (of->value < low) {
        return "below";
    }
    if (of->value > high) {
        return "above";
    }
    return isnan(low) || isnan(high) ? NULL : "within";
}

static void add_row(churn__table_builder *b, const side *of)
{
    const churn__benchmark_def *def = of->def;
    const churn__figure_series *s = of->s;
    const uint64_t row = churn__figure_row(s, 0, of->period);
    const char *position = position_of(of);
    churn__table_add_string(b, KPI, def->kpi);
    churn__table_add_string(b, SIZE, def->size);
    churn__table_add_time(b, START, churn_table_time(s->table, row, s->start));
    churn__table_add_time(b, END, churn_table_time(s->table, row, s->end));
    churn__table_add_double(b, VALUE, of->defined ? of->value : (double)NAN);
    churn__table_add_double(b, LOW, of->low);
    churn__table_add_double(b, HIGH, of->high);
    churn__table_add_double(b, NUMERATOR, of->numerator);
    churn__table_add_double(b, DENOMINATOR, of->denominator);
    churn__table_add_double(b, THEIR_LOW, def->low);
    churn__table_add_double(b, THEIR_MEDIAN, def->median);
    churn__table_add_double(b, THEIR_HIGH, def->high);
    churn__table_add_string(b, POSITION,
                            position == NULL ? (churn_str){NULL, 0} : churn__str_nts(position));
    churn__table_add_double(b, DIFFERENCE, of->defined ? of->value - def->median : (double)NAN);
    churn__table_add_string(b, UNIT, churn_table_string(s->table, row, s->unit));
    churn__table_add_bool(b, COMPLETE, churn__figure_complete(s, of->period));
    churn__table_add_string(b, SOURCE, def->source);
    if (def->year == 0) {
        churn__table_add_null(b, YEAR);
    } else {
        churn__table_add_int(b, YEAR, def->year);
    }
}

/* ---- all ---- */

/* By what a benchmark's customers are told apart; NULL: no memory. */
static const churn_str *by_of(const churn__benchmark_def *def, churn__arena *arena)
{
    bool segment = def->segment.ptr != NULL;
    churn_str *out = churn__arena_alloc(arena, sizeof *out);
    churn__buf text;
    churn__buf_init(&text, arena->heap);
    churn__buf_str(&text, segment ? CHURN__STR("segment.") : CHURN__STR("customer."));
    churn__buf_str(&text, segment ? def->segment : def->attribute);
    churn_str view = churn__buf_view(&text);
    if (out != NULL) {
        *out = churn__arena_str(arena, view.ptr, view.len);
    }
    bool failed = text.failed || out == NULL || out->ptr == NULL;
    churn__buf_clear(&text);
    return failed ? NULL : out;
}

static churn_status wish_of(const answer *a, const churn__benchmark_def *def, churn__arena *arena,
                            churn__figure_wish *out, churn_error *err)
{
    out->kpi = def->kpi;
    out->options = (churn_kpi_options){.struct_size = sizeof out->options,
                                       .every = def->per,
                                       .as_of = a->options.as_of,
                                       .cancel = a->options.cancel};
    if (def->segment.ptr != NULL || def->attribute.ptr != NULL) {
        out->options.by = by_of(def, arena);
        out->options.by_count = 1;
        if (out->options.by == NULL) {
            return churn__fail_memory(err, a->engine->heap);
        }
    }
    return CHURN_OK;
}

static void compare(const answer *a, const churn__benchmark_def *def, const churn__figure_series *s)
{
    for (uint64_t p = 0; p < s->periods; p++) {
        side of = {.def = def, .s = s, .period = p};
        settle(&of);
        add_row(a->table, &of);
    }
}

static churn_status compare_all(const answer *a, churn_time from, churn_time to, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__heap *heap = a->engine->heap;
    const churn__own_figures *own = &a->engine->playbook->own;
    uint32_t count = own->benchmark_count;
    churn__arena arena;
    churn__arena_init(&arena, heap);
    churn__figure_wish *wishes = churn__alloc_array(heap, count, sizeof *wishes);
    churn__figure_series *series = churn__alloc_array_zero(heap, count, sizeof *series);
    if (wishes == NULL || series == NULL) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    for (uint32_t i = 0; i < count; i++) {
        wishes[i] = (churn__figure_wish){.from = from, .to = to};
        CHURN_TRY(wish_of(a, &own->benchmarks[i], &arena, &wishes[i], err));
    }
    CHURN_TRY(churn__figure_series_ask(a->engine, wishes, count, series, err));
    for (uint32_t i = 0; i < count; i++) {
        compare(a, &own->benchmarks[i], &series[i]);
    }
done:
    if (series != NULL) {
        churn__figure_series_close(series, count);
    }
    churn__free_array(heap, series, count, sizeof *series);
    churn__free_array(heap, wishes, count, sizeof *wishes);
    churn__arena_clear(&arena);
    return st;
}

churn_status churn_engine_benchmarks(churn_engine *engine, churn_time from, churn_time to,
                                     const churn_benchmark_options *options, churn_table **out,
                                     churn_error *err)
{
    if (out == NULL) {
        return churn__fail_null(err, "churn_engine_benchmarks", "out");
    }
    *out = NULL;
    churn_status st = churn__engine_enter(engine, "churn_engine_benchmarks", err);
    if (st != CHURN_OK) {
        return st;
    }
    answer a = {.engine = engine};
    CHURN_TRY(
        churn__copy_struct(&a.options, sizeof a.options, options, "churn_benchmark_options", err));
    a.table = churn__table_begin(churn__store_heap(engine->store), 0);
    if (a.table == NULL) {
        CHURN_TRY(churn__fail_memory(err, engine->heap));
    }
    declare(a.table);
    if (from >= to) {
        CHURN_FAIL(CHURN_E_RANGE, 0,
                   "benchmarks: the span is empty: `to` must be later than `from`");
    }
    CHURN_TRY(compare_all(&a, from, to, err));
    st = churn__table_finish(a.table, out, err);
    a.table = NULL;
done:
    churn__table_abandon(a.table);
    churn__engine_leave(engine);
    return st;
}
