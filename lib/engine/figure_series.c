/* SPDX-License-Identifier: MIT */
#include "engine/figure_series.h"

#include <math.h>

/* ---- one figure ---- */

static uint32_t column(const churn__figure_series *s, const char *name)
{
    return churn_table_find(s->table, name, CHURN_NTS);
}

/* Rows of the first period are as many as there are groups. */
static void measure(churn__figure_series *s, uint64_t rows)
{
    while (s->groups < rows && churn_table_time(s->table, s->base + s->groups, s->end) ==
                                   churn_table_time(s->table, s->base, s->end)) {
        s->groups++;
    }
    s->periods = s->groups == 0 ? 0 : rows / s->groups;
}

static bool any_there(const churn__figure_series *s, uint32_t of)
{
    for (uint64_t row = 0; row < s->periods * s->groups; row++) {
        if (!churn_table_is_null(s->table, s->base + row, of)) {
            return true;
        }
    }
    return false;
}

static uint8_t measure_sort(const churn_playbook *playbook, churn_str kpi)
{
    for (uint32_t i = 0; i < playbook->own.measure_count; i++) {
        const churn__measure_def *def = &playbook->own.measures[i];
        if (churn__str_eq(def->name, kpi)) {
            return def->take == CHURN__MEASURE_SUM    ? CHURN__FIGURE_FLOW
                   : def->take == CHURN__MEASURE_LAST ? CHURN__FIGURE_LEVEL
                                                      : CHURN__FIGURE_RATE;
        }
    }
    return CHURN__FIGURE_LEVEL; /* of the store alone: its last value */
}

static void find_sort(churn__figure_series *s, const churn_playbook *playbook, churn_str kpi)
{
    const churn__figure *of = churn__playbook_figure(kpi);
    const bool terms = any_there(s, s->denominator);
    const bool adds =
        of != NULL && !terms && (of->unit == CHURN__UNIT_COUNT || of->unit == CHURN__UNIT_MONEY);
    if (of != NULL) {
        s->sort = of->at_end && adds ? CHURN__FIGURE_LEVEL
                  : adds             ? CHURN__FIGURE_FLOW
                                     : CHURN__FIGURE_RATE;
        s->counts = adds && of->unit == CHURN__UNIT_COUNT;
        s->shares = terms && of->unit == CHURN__UNIT_RATIO && any_there(s, s->low);
        return;
    }
    s->shares = terms; /* those of `define:` count customers, as they stand at the end */
    s->sort = terms ? CHURN__FIGURE_LEVEL : measure_sort(playbook, kpi);
}

static void find_columns(churn__figure_series *s)
{
    s->start = column(s, "period_start");
    s->end = column(s, "period_end");
    s->by = s->end + 1;
    s->value = column(s, "value");
    s->low = column(s, "low");
    s->high = column(s, "high");
    s->numerator = column(s, "numerator");
    s->denominator = column(s, "denominator");
    s->n = column(s, "n");
    s->unit = column(s, "unit");
    s->complete = column(s, "complete");
    s->marks = column(s, "marks");
}

/* ---- several in one run ---- */

static bool same_groups(const churn_kpi_options *a, const churn_kpi_options *b)
{
    if (a->by_count != b->by_count || a->by_at != b->by_at) {
        return false;
    }
    for (uint32_t i = 0; i < a->by_count; i++) {
        if (!churn__str_eq(a->by[i], b->by[i])) {
            return false;
        }
    }
    return true;
}

/* Wishes of one caller: what else there is among the options is the same in all. */
static bool one_run(const churn__figure_wish *a, const churn__figure_wish *b)
{
    return a->from == b->from && a->to == b->to && a->options.every == b->options.every &&
           same_groups(&a->options, &b->options);
}

static uint32_t place_of(const churn_str *kpis, uint32_t count, churn_str kpi)
{
    uint32_t i = 0;
    while (i < count && !churn__str_eq(kpis[i], kpi)) {
        i++;
    }
    return i;
}

/* The wishes of one run: its figures, the place of each wish's among them, and where the rows of
 * each figure begin (one more: where they end). */
typedef struct shared_run {
    const churn__figure_wish *wishes;
    uint32_t count;
    churn_str *kpis;
    uint32_t kpi_count;
    uint32_t *places;
    uint64_t *begins;
} shared_run;

/* Rows are by figure as asked for; one that has no group has no rows. */
static void find_rows(shared_run *run, const churn_table *table)
{
    uint32_t place = 0;
    run->begins[0] = 0;
    for (uint64_t row = 0; row < churn_table_row_count(table); row++) {
        while (!churn__str_eq(churn_table_string(table, row, 0), run->kpis[place])) {
            run->begins[++place] = row;
        }
    }
    while (place < run->kpi_count) {
        run->begins[++place] = churn_table_row_count(table);
    }
}

static void take_rows(const shared_run *run, const churn_playbook *playbook, uint32_t wish,
                      churn_table *table, churn__figure_series *out)
{
    const churn__figure_wish *of = &run->wishes[wish];
    uint32_t place = run->places[wish];
    out->table = table;
    out->base = run->begins[place];
    out->by_count = of->options.by_count;
    find_columns(out);
    measure(out, run->begins[place + 1] - out->base);
    find_sort(out, playbook, of->kpi);
}

/* All wishes of the run of the first of them. */
static churn_status ask_run(churn_engine *engine, shared_run *run, uint32_t first,
                            churn__figure_series *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__figure_wish *lead = &run->wishes[first];
    run->kpi_count = 0;
    for (uint32_t i = first; i < run->count; i++) {
        if (one_run(lead, &run->wishes[i])) {
            run->places[i] = place_of(run->kpis, run->kpi_count, run->wishes[i].kpi);
            run->kpis[run->places[i]] = run->wishes[i].kpi;
            run->kpi_count += run->places[i] == run->kpi_count;
        }
    }
    churn__kpi_asked asked = {.kpis = run->kpis,
                              .kpi_count = run->kpi_count,
                              .cut = {.from = lead->from, .to = lead->to}};
    CHURN_TRY(churn__engine_figures(engine, &lead->options, &asked, &out[first].table, err));
    out[first].owns = true;
    find_rows(run, out[first].table);
    for (uint32_t i = first; i < run->count; i++) {
        if (one_run(lead, &run->wishes[i])) {
            take_rows(run, engine->playbook, i, out[first].table, &out[i]);
        }
    }
done:
    return st;
}

churn_status churn__figure_series_ask(churn_engine *engine, const churn__figure_wish *wishes,
                                      uint32_t count, churn__figure_series *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__heap *heap = engine->heap;
    shared_run run = {.wishes = wishes, .count = count};
    run.kpis = churn__alloc_array(heap, count, sizeof *run.kpis);
    run.places = churn__alloc_array(heap, count, sizeof *run.places);
    run.begins = churn__alloc_array(heap, (size_t)count + 1, sizeof *run.begins);
    for (uint32_t i = 0; i < count; i++) {
        out[i] = (churn__figure_series){.table = NULL};
    }
    if (run.kpis == NULL || run.places == NULL || run.begins == NULL) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    for (uint32_t i = 0; i < count; i++) {
        if (out[i].table == NULL) {
            CHURN_TRY(ask_run(engine, &run, i, out, err));
        }
    }
done:
    churn__free_array(heap, run.kpis, count, sizeof *run.kpis);
    churn__free_array(heap, run.places, count, sizeof *run.places);
    churn__free_array(heap, run.begins, (size_t)count + 1, sizeof *run.begins);
    return st;
}

void churn__figure_series_close(churn__figure_series *series, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (series[i].owns) {
            churn_table_free(series[i].table);
        }
        series[i] = (churn__figure_series){.table = NULL};
    }
}

bool churn__figure_complete(const churn__figure_series *s, uint64_t period)
{
    return churn_table_bool(s->table, churn__figure_row(s, 0, period), s->complete);
}

double churn__figure_cell(const churn__figure_series *s, uint32_t of, uint64_t group,
                          uint64_t period, bool whole)
{
    uint64_t row = churn__figure_row(s, group, period);
    bool there =
        !churn_table_is_null(s->table, row, of) && (!whole || churn__figure_complete(s, period));
    return there ? churn_table_double(s->table, row, of) : (double)NAN;
}

/* ---- periods ---- */

churn__unit churn__every_unit(int32_t every)
{
    static const churn__unit units[] = {
        [CHURN_EVERY_DAY] = CHURN__UNIT_CD,    [CHURN_EVERY_WEEK] = CHURN__UNIT_CW,
        [CHURN_EVERY_MONTH] = CHURN__UNIT_CMO, [CHURN_EVERY_QUARTER] = CHURN__UNIT_CQ,
        [CHURN_EVERY_YEAR] = CHURN__UNIT_CY,
    };
    return units[every];
}

const char *churn__every_name(int32_t every)
{
    static const char *const names[] = {
        [CHURN_EVERY_DAY] = "day",     [CHURN_EVERY_WEEK] = "week",
        [CHURN_EVERY_MONTH] = "month", [CHURN_EVERY_QUARTER] = "quarter",
        [CHURN_EVERY_YEAR] = "year",
    };
    return names[every];
}

uint32_t churn__every_season(int32_t every)
{
    static const uint32_t seasons[] = {
        [CHURN_EVERY_DAY] = 7,     [CHURN_EVERY_WEEK] = 52, [CHURN_EVERY_MONTH] = 12,
        [CHURN_EVERY_QUARTER] = 4, [CHURN_EVERY_YEAR] = 0,
    };
    return seasons[every];
}

churn_time churn__periods_before(churn_time start, int32_t every, uint32_t count,
                                 const churn__zone *zone)
{
    churn__unit unit = churn__every_unit(every);
    for (uint32_t i = 0; i < count && start > CHURN_TIME_MIN + CHURN__DAY * 800; i++) {
        start = churn__period_start(start - 1, unit, zone);
    }
    return start;
}
