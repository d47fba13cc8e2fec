/* SPDX-License-Identifier: MIT */
#include "kpi/run_inside.h"
#include "kpi/sets.h"

/* All sets of figures of this library; each has its table in its own file. */
static const churn__kpi_set *const sets[] = {
    &churn__set_revenue,    &churn__set_customers,  &churn__set_surveys,       &churn__set_support,
    &churn__set_engagement, &churn__set_activation, &churn__set_trials,        &churn__set_losses,
    &churn__set_changes,    &churn__set_early,      &churn__set_silent,        &churn__set_returns,
    &churn__set_renewals,   &churn__set_value,      &churn__set_concentration,
};

#define SETS ((uint32_t)(sizeof sets / sizeof *sets))

const churn__kpi_set *churn__kpi_set_at(uint32_t i)
{
    return i < SETS ? sets[i] : NULL;
}

bool churn__set_looks_ahead(const churn__kpi_set *set)
{
    return set == &churn__set_renewals;
}

const char *churn__unit_name(uint8_t unit)
{
    static const char *const units[CHURN__UNITS] = {"count", "currency", "ratio",  "months",
                                                    "days",  "hours",    "points", "number"};
    return unit < CHURN__UNITS ? units[unit] : "";
}

/* ---- which figures ---- */

static uint32_t set_total(const churn__kpi_asked *asked)
{
    return SETS + asked->own_count;
}

static const churn__kpi_set *any_set(const churn__kpi_asked *asked, uint32_t i)
{
    return i < SETS ? sets[i] : asked->own[i - SETS].set;
}

static uint32_t figure_total(const churn__kpi_asked *asked)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < set_total(asked); i++) {
        count += any_set(asked, i)->count;
    }
    return count;
}

static churn_status fail_unknown(churn__kpi_run *run, churn_str name, churn_error *err)
{
    const churn__kpi_asked *asked = run->inside->asked;
    const uint32_t count = figure_total(asked);
    churn_str *known = churn__alloc_array(run->heap, count, sizeof *known), near;
    uint32_t n = 0;
    if (known == NULL) {
        return churn__fail_memory(err, run->heap);
    }
    for (uint32_t i = 0; i < set_total(asked); i++) {
        for (uint32_t f = 0; f < any_set(asked, i)->count; f++) {
            known[n++] = churn__str_nts(any_set(asked, i)->figures[f].id);
        }
    }
    near = churn__nearest(name, known, n);
    churn__free_array(run->heap, known, count, sizeof *known);
    if (near.ptr == NULL) {
        return churn__fail(err, CHURN_E_NOT_FOUND, 0, "kpi: unknown figure %q", &name);
    }
    return churn__fail(err, CHURN_E_NOT_FOUND, 0, "kpi: unknown figure %q; did you mean %q?", &name,
                       &near);
}

/* The set of a number among those of the run, added if it is new; CHURN__KPI_NONE: no memory. */
static uint32_t join_set(churn__kpi_run *run, uint32_t number)
{
    churn__run_inside *inside = run->inside;
    const churn__kpi_set *set = any_set(inside->asked, number);
    uint32_t i = 0;
    while (i < inside->set_count && inside->sets[i].number != number) {
        i++;
    }
    if (i < inside->set_count) {
        return i;
    }
    inside->sets[i] = (churn__run_set){
        .set = set,
        .number = number,
        .options = number < SETS ? NULL : inside->asked->own[number - SETS].options};
    inside->sets[i].asked = churn__alloc_array_zero(run->heap, set->count, sizeof(bool));
    if (inside->sets[i].asked == NULL) {
        return CHURN__KPI_NONE;
    }
    inside->set_count++;
    return i;
}

static churn_status choose(churn__kpi_run *run, uint32_t number, uint32_t figure, churn_error *err)
{
    churn__run_inside *inside = run->inside;
    const uint32_t set = join_set(run, number);
    if (set == CHURN__KPI_NONE) {
        return churn__fail_memory(err, run->heap);
    }
    inside->sets[set].asked[figure] = true;
    inside->figures[inside->figure_count++] = (churn__run_figure){set, figure};
    return CHURN_OK;
}

static churn_status choose_all(churn__kpi_run *run, churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint32_t i = 0; i < set_total(run->inside->asked); i++) {
        for (uint32_t f = 0; f < any_set(run->inside->asked, i)->count; f++) {
            CHURN_TRY(choose(run, i, f, err));
        }
    }
done:
    return st;
}

static churn_status choose_named(churn__kpi_run *run, churn_str name, churn_error *err)
{
    for (uint32_t i = 0; i < set_total(run->inside->asked); i++) {
        const churn__kpi_set *set = any_set(run->inside->asked, i);
        for (uint32_t f = 0; f < set->count; f++) {
            if (churn__str_eq(name, churn__str_nts(set->figures[f].id))) {
                return choose(run, i, f, err);
            }
        }
    }
    return fail_unknown(run, name, err);
}

churn_status churn__run_choose(churn__kpi_run *run, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__run_inside *inside = run->inside;
    const churn__kpi_asked *asked = inside->asked;
    inside->figure_room = asked->kpi_count > 0 ? asked->kpi_count : figure_total(asked);
    inside->set_room = set_total(asked);
    inside->figures = churn__alloc_array(run->heap, inside->figure_room, sizeof *inside->figures);
    inside->sets = churn__alloc_array_zero(run->heap, inside->set_room, sizeof *inside->sets);
    if (inside->figures == NULL || inside->sets == NULL) {
        CHURN_TRY(churn__fail_memory(err, run->heap));
    }
    for (uint32_t i = 0; asked->alone && i < asked->own_count; i++) {
        if (join_set(run, SETS + i) == CHURN__KPI_NONE) {
            CHURN_TRY(churn__fail_memory(err, run->heap));
        }
    }
    if (asked->kpi_count == 0 && !asked->alone) {
        CHURN_TRY(choose_all(run, err));
    }
    for (uint32_t i = 0; i < asked->kpi_count; i++) {
        CHURN_TRY(choose_named(run, asked->kpis[i], err));
    }
done:
    return st;
}

/* ---- the table of figures ---- */

churn_status churn__figures_table(churn__heap *heap, churn_table **out, churn_error *err)
{
    static const char *const columns[] = {"id",      "unit",   "at_end",  "set",    "title",
                                          "formula", "source", "example", "vendors"};
    churn__table_builder *table = churn__table_begin(heap, 0);
    if (table == NULL) {
        return churn__fail_memory(err, heap);
    }
    for (uint32_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        churn__table_column(table, columns[i], i == 2 ? CHURN_COLUMN_BOOL : CHURN_COLUMN_STRING);
    }
    for (uint32_t i = 0; i < SETS; i++) {
        for (uint32_t f = 0; f < sets[i]->count; f++) {
            const churn__figure *figure = &sets[i]->figures[f];
            const char *texts[] = {figure->id,     churn__unit_name(figure->unit),
                                   NULL,           sets[i]->name,
                                   figure->title,  figure->formula,
                                   figure->source, figure->example,
                                   figure->vendors};
            for (uint32_t c = 0; c < sizeof texts / sizeof *texts; c++) {
                if (c == 2) {
                    churn__table_add_bool(table, c, figure->at_end);
                } else {
                    churn__table_add_string(table, c,
                                            texts[c] == NULL ? (churn_str){NULL, 0}
                                                             : churn__str_nts(texts[c]));
                }
            }
        }
    }
    return churn__table_finish(table, out, err);
}
