/* SPDX-License-Identifier: MIT */
#include <math.h>

#include <churn/kpi.h>

#include "base/buf.h"
#include "kpi/run_inside.h"
#include "model/model.h"

/*
 * Rows by figure as asked for, then period, then groups in order of their texts. A group is there
 * for all periods of a figure if it has anything in one of them; if none has, a row without group
 * says so of each period.
 */
enum {
    COL_KPI,
    COL_START,
    COL_END,
    COL_BY /* as many as dimensions */
};

enum {
    REST_VALUE,
    REST_LOW,
    REST_HIGH,
    REST_NUMERATOR,
    REST_DENOMINATOR,
    REST_N,
    REST_EXCLUDED,
    REST_MISSING,
    REST_NOTE,
    REST_UNIT,
    REST_CURRENCY,
    REST_POLICY,
    REST_COMPLETE,
    REST_MARKS,
    REST_COUNT,
    REST_CHANGE = REST_COUNT,
    REST_CHANGE_RATIO,
    REST_ADJUSTED,
    REST_ALL
};

static const churn__table_head rest[REST_ALL] = {
    [REST_VALUE] = {"value", CHURN_COLUMN_DOUBLE},
    [REST_LOW] = {"low", CHURN_COLUMN_DOUBLE},
    [REST_HIGH] = {"high", CHURN_COLUMN_DOUBLE},
    [REST_NUMERATOR] = {"numerator", CHURN_COLUMN_DOUBLE},
    [REST_DENOMINATOR] = {"denominator", CHURN_COLUMN_DOUBLE},
    [REST_N] = {"n", CHURN_COLUMN_INT},
    [REST_EXCLUDED] = {"excluded", CHURN_COLUMN_INT},
    [REST_MISSING] = {"missing", CHURN_COLUMN_STRING},
    [REST_NOTE] = {"note", CHURN_COLUMN_STRING},
    [REST_UNIT] = {"unit", CHURN_COLUMN_STRING},
    [REST_CURRENCY] = {"currency", CHURN_COLUMN_STRING},
    [REST_POLICY] = {"policy", CHURN_COLUMN_STRING},
    [REST_COMPLETE] = {"complete", CHURN_COLUMN_BOOL},
    [REST_MARKS] = {"marks", CHURN_COLUMN_STRING},
    [REST_CHANGE] = {"change", CHURN_COLUMN_DOUBLE},
    [REST_CHANGE_RATIO] = {"change_ratio", CHURN_COLUMN_DOUBLE},
    [REST_ADJUSTED] = {"adjusted", CHURN_COLUMN_DOUBLE},
};

/* What is made once and read for each figure. */
typedef struct writing {
    churn__kpi_run *run;
    churn__table_builder *table;
    churn_str *marks; /* by period */
    uint32_t *order;  /* of groups; the one past the last has nothing */
    uint32_t group_count;
    churn__kpi_cell *cells; /* of one figure: by group, then period */
    double *adjusted;       /* the same, seasonally adjusted; NULL: not asked for */
    double *values;         /* by period: room */
    uint32_t period_count;
} writing;

static const churn__figure *figure_of(const writing *w, const churn__run_figure *which)
{
    return &w->run->inside->sets[which->set].set->figures[which->figure];
}

static churn__kpi_cell *cell_at(const writing *w, uint32_t group, uint32_t period)
{
    return &w->cells[(size_t)group * w->period_count + period];
}

/* ---- announcements ---- */

static churn_status mark_period(writing *w, uint32_t p, const churn__announcement *rows,
                                size_t count, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__kpi_period *period = &w->run->inside->periods[p];
    const churn__dict_view *texts = churn__version_texts(w->run->version);
    churn__buf names;
    churn__buf_init(&names, w->run->heap);
    for (size_t i = 0; i < count && rows[i].at < period->end; i++) {
        if (rows[i].at >= period->start && rows[i].name != CHURN__NO_CODE) {
            churn__buf_text(&names, names.size > 0 ? ", " : "");
            churn__buf_str(&names, churn__dict_view_get(texts, rows[i].name));
        }
    }
    w->marks[p] = (churn_str){NULL, 0};
    if (names.size > 0) {
        w->marks[p] = churn__arena_str(w->run->arena, churn__buf_view(&names).ptr, names.size);
    }
    if (names.failed || (names.size > 0 && w->marks[p].ptr == NULL)) {
        CHURN_TRY(churn__fail_memory(err, w->run->heap));
    }
done:
    churn__buf_clear(&names);
    return st;
}

static churn_status make_marks(writing *w, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__announcement *rows = NULL;
    const size_t count = churn__reader_announcements(w->run->reader, w->run->as_of, &rows);
    for (uint32_t p = 0; p < w->period_count; p++) {
        CHURN_TRY(mark_period(w, p, rows, count, err));
    }
    if (churn__reader_failed(w->run->reader)) {
        CHURN_TRY(churn__fail_memory(err, w->run->heap));
    }
done:
    return st;
}

/* ---- cells ---- */

static churn_status fill_cell(const writing *w, const churn__run_figure *which, uint32_t p,
                              uint32_t group, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__run_inside *inside = w->run->inside;
    churn__kpi_cell *cell = cell_at(w, group, p);
    *cell = (churn__kpi_cell){0};
    if (!inside->periods[p].begun && !churn__set_looks_ahead(inside->sets[which->set].set)) {
        cell->n = -1;
        cell->note = CHURN__STR("the period has not begun");
        return CHURN_OK;
    }
    void *state = churn__run_enter(w->run, which->set, p % inside->pass_count);
    CHURN_TRY(inside->sets[which->set].set->cell(w->run, state, which->figure,
                                                 p / inside->pass_count, group, cell, err));
    cell->has_interval = cell->has_interval && (cell->defined || cell->bounded);
    if (!cell->defined && cell->missing == CHURN__PRESENT) {
        cell->missing = CHURN__EMPTY;
    }
done:
    return st;
}

static churn_status fill_cells(const writing *w, const churn__run_figure *which, churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint32_t g = 0; g <= w->group_count; g++) {
        CHURN_TRY(churn__cancel_check(w->run->cancel, err));
        for (uint32_t p = 0; p < w->period_count; p++) {
            CHURN_TRY(fill_cell(w, which, p, g, err));
        }
    }
done:
    return st;
}

static bool has_anything(const writing *w, uint32_t group)
{
    for (uint32_t p = 0; p < w->period_count; p++) {
        const churn__kpi_cell *cell = cell_at(w, group, p);
        if ((cell->defined && cell->value != 0) || cell->excluded > 0 || cell->n > 0 ||
            (cell->has_terms && (cell->numerator != 0 || cell->denominator != 0))) {
            return true;
        }
    }
    return false;
}

/* ---- rows ---- */

static void add_optional(churn__table_builder *table, uint32_t column, bool there, double value)
{
    if (there) {
        churn__table_add_double(table, column, value);
    } else {
        churn__table_add_null(table, column);
    }
}

/* How many periods a year has; 0: they do not come round. */
static uint32_t season_of(int32_t every)
{
    switch (every) {
    case CHURN_EVERY_DAY:
        return 7; /* days of a week */
    case CHURN_EVERY_WEEK:
        return 52;
    case CHURN_EVERY_MONTH:
        return 12;
    case CHURN_EVERY_QUARTER:
        return 4;
    default:
        return 0;
    }
}

/* Without what comes round every year; of complete periods. */
static churn_status adjust(const writing *w, uint32_t group, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__run_inside *inside = w->run->inside;
    const uint32_t season = season_of(inside->asked->cut.every);
    double *adjusted = &w->adjusted[(size_t)group * w->period_count];
    uint32_t count = 0;
    bool done = false;
    for (uint32_t p = 0; p < w->period_count; p++) {
        const churn__kpi_cell *cell = cell_at(w, group, p);
        const bool there = cell->defined && inside->periods[p].complete;
        w->values[p] = there ? cell->value : (double)NAN;
        adjusted[p] = (double)NAN;
        count = inside->periods[p].complete ? p + 1 : count;
    }
    if (season > 0) {
        CHURN_TRY(
            churn__season_adjust(w->run->heap, w->values, count, season, adjusted, &done, err));
    }
    for (uint32_t p = 0; p < w->period_count && !done; p++) {
        adjusted[p] = (double)NAN;
    }
done:
    return st;
}

/* Of whole periods only: half a month is less than one. */
static void add_change(const writing *w, uint32_t at, uint32_t group, uint32_t p)
{
    const churn__kpi_period *periods = w->run->inside->periods;
    const churn__kpi_cell *cell = cell_at(w, group, p);
    const churn__kpi_cell *last = p > 0 ? cell_at(w, group, p - 1) : NULL;
    const bool there = last != NULL && last->defined && cell->defined && periods[p].complete;
    const double change = there ? cell->value - last->value : 0;
    add_optional(w->table, at + REST_CHANGE, there, change);
    add_optional(w->table, at + REST_CHANGE_RATIO, there && last->value > 0,
                 there && last->value > 0 ? change / last->value : 0);
    churn__table_add_double(w->table, at + REST_ADJUSTED,
                            w->adjusted[(size_t)group * w->period_count + p]);
}

static void add_cell(const writing *w, uint32_t at, const churn__kpi_cell *cell)
{
    churn__table_builder *table = w->table;
    add_optional(table, at + REST_VALUE, cell->defined, cell->value);
    add_optional(table, at + REST_LOW, cell->has_interval && !isnan(cell->low), cell->low);
    add_optional(table, at + REST_HIGH, cell->has_interval && !isnan(cell->high), cell->high);
    add_optional(table, at + REST_NUMERATOR, cell->has_terms, cell->numerator);
    add_optional(table, at + REST_DENOMINATOR, cell->has_terms, cell->denominator);
    if (cell->n < 0) {
        churn__table_add_null(table, at + REST_N);
    } else {
        churn__table_add_int(table, at + REST_N, cell->n);
    }
    churn__table_add_int(table, at + REST_EXCLUDED, cell->excluded);
    churn__table_add_string(table, at + REST_MISSING,
                            cell->defined ? (churn_str){NULL, 0}
                                          : churn__str_nts(churn__missing_name(cell->missing)));
    churn__table_add_string(table, at + REST_NOTE, cell->note);
}

static void add_row(const writing *w, const churn__figure *figure, uint32_t group, uint32_t p)
{
    const churn__kpi_run *run = w->run;
    const churn__run_inside *inside = run->inside;
    const churn__kpi_period *period = &inside->periods[p];
    const uint32_t dims = inside->groups.dim_count, at = COL_BY + dims;
    churn__table_builder *table = w->table;
    churn__table_add_string(table, COL_KPI, churn__str_nts(figure->id));
    churn__table_add_time(table, COL_START, period->start);
    churn__table_add_time(table, COL_END, period->end);
    for (uint32_t d = 0; d < dims; d++) {
        churn__table_add_string(table, COL_BY + d,
                                group < w->group_count ? churn__groups_text(run, group, d)
                                                       : (churn_str){NULL, 0});
    }
    add_cell(w, at, cell_at(w, group, p));
    churn__table_add_string(table, at + REST_UNIT, churn__str_nts(churn__unit_name(figure->unit)));
    churn__table_add_string(table, at + REST_CURRENCY,
                            figure->unit == CHURN__UNIT_MONEY ? run->currency
                                                              : (churn_str){NULL, 0});
    churn__table_add_string(table, at + REST_POLICY,
                            churn__str_nts(churn__policy_name(run->policy)));
    churn__table_add_bool(table, at + REST_COMPLETE,
                          period->complete && !cell_at(w, group, p)->incomplete);
    churn__table_add_string(table, at + REST_MARKS, w->marks[p]);
    if (inside->asked->changes) {
        add_change(w, at, group, p);
    }
}

static churn_status add_figure(const writing *w, const churn__run_figure *which, churn_error *err)
{
    churn_status st = CHURN_OK;
    uint32_t shown = 0;
    CHURN_TRY(fill_cells(w, which, err));
    for (uint32_t i = 0; i < w->group_count; i++) {
        if (w->run->inside->groups.dim_count == 0 || has_anything(w, w->order[i])) {
            w->order[w->group_count + shown++] = w->order[i];
        }
    }
    if (shown == 0) {
        w->order[w->group_count + shown++] = w->group_count;
    }
    for (uint32_t i = 0; i < shown && w->adjusted != NULL; i++) {
        CHURN_TRY(adjust(w, w->order[w->group_count + i], err));
    }
    for (uint32_t p = 0; p < w->period_count; p++) {
        CHURN_TRY(churn__cancel_check(w->run->cancel, err));
        for (uint32_t i = 0; i < shown; i++) {
            add_row(w, figure_of(w, which), w->order[w->group_count + i], p);
        }
    }
done:
    return st;
}

static churn_status declare_columns(const writing *w, churn_error *err)
{
    const churn__kpi_asked *asked = w->run->inside->asked;
    churn__table_builder *table = w->table;
    churn__table_column(table, "kpi", CHURN_COLUMN_STRING);
    churn__table_column(table, "period_start", CHURN_COLUMN_TIME);
    churn__table_column(table, "period_end", CHURN_COLUMN_TIME);
    for (uint32_t d = 0; d < asked->by_count; d++) {
        const churn_str name = churn__arena_str(w->run->arena, asked->by[d].ptr, asked->by[d].len);
        if (name.ptr == NULL) {
            return churn__fail_memory(err, w->run->heap);
        }
        churn__table_column(table, name.ptr, CHURN_COLUMN_STRING);
    }
    churn__table_columns(table, rest, asked->changes ? REST_ALL : REST_COUNT);
    return CHURN_OK;
}

/* Room for everything; how much of it there is. */
static churn_status make_room(writing *w, churn_error *err)
{
    churn__heap *heap = w->run->heap;
    w->order = churn__alloc_array(heap, 2 * (size_t)w->group_count + 1, sizeof *w->order);
    w->marks = churn__alloc_array_zero(heap, w->period_count, sizeof *w->marks);
    w->values = churn__alloc_array(heap, w->period_count, sizeof *w->values);
    w->cells =
        churn__alloc_array(heap, (size_t)w->group_count + 1, w->period_count * sizeof *w->cells);
    w->table = churn__table_begin(heap, 0);
    if (w->order == NULL || w->marks == NULL || w->values == NULL || w->cells == NULL ||
        w->table == NULL || !churn__groups_order(w->run, w->order)) {
        return churn__fail_memory(err, heap);
    }
    if (w->run->inside->asked->changes) {
        w->adjusted = churn__alloc_array(heap, (size_t)w->group_count + 1,
                                         w->period_count * sizeof *w->adjusted);
    }
    if (w->run->inside->asked->changes && w->adjusted == NULL) {
        return churn__fail_memory(err, heap);
    }
    return CHURN_OK;
}

churn_status churn__run_table(churn__kpi_run *run, churn_table **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__run_inside *inside = run->inside;
    writing w = {.run = run,
                 .group_count = churn__run_group_count(run),
                 .period_count = (uint32_t)inside->period_count};
    CHURN_TRY(make_room(&w, err));
    CHURN_TRY(make_marks(&w, err));
    CHURN_TRY(declare_columns(&w, err));
    for (uint32_t i = 0; i < inside->figure_count; i++) {
        CHURN_TRY(add_figure(&w, &inside->figures[i], err));
    }
    st = churn__table_finish(w.table, out, err);
    w.table = NULL;
done:
    churn__table_abandon(w.table);
    churn__free_array(run->heap, w.order, 2 * (size_t)w.group_count + 1, sizeof *w.order);
    churn__free_array(run->heap, w.marks, w.period_count, sizeof *w.marks);
    churn__free_array(run->heap, w.values, w.period_count, sizeof *w.values);
    churn__free_array(run->heap, w.adjusted, (size_t)w.group_count + 1,
                      w.period_count * sizeof *w.adjusted);
    churn__free_array(run->heap, w.cells, (size_t)w.group_count + 1,
                      w.period_count * sizeof *w.cells);
    return st;
}
