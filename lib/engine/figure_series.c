/* SPDX-License-Identifier: MIT */
#include "engine/figure_series.h"

#include <math.h>

/* ---- one figure ---- */

static uint32_t column(const churn__figure_series *s, const char *name)
{
    return churn_table_find(s->table, name, CHURN_NTS);
}

/* Rows of the first period are as many as there are groups. */
static void measure(churn__figure_series *s)
{
    uint64_t rows = churn_table_row_count(s->table);
    while (s->groups < rows &&
           churn_table_time(s->table, s->groups, s->end) == churn_table_time(s->table, 0, s->end)) {
        s->groups++;
    }
    s->periods = s->groups == 0 ? 0 : rows / s->groups;
}

static bool any_there(const churn__figure_series *s, uint32_t of)
{
    for (uint64_t row = 0; row < churn_table_row_count(s->table); row++) {
        if (!churn_table_is_null(s->table, row, of)) {
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

churn_status churn__figure_series_ask(churn_engine *engine, churn_str kpi, churn_time from,
                                      churn_time to, const churn_kpi_options *options,
                                      churn__figure_series *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__kpi_asked asked = {.kpis = &kpi, .kpi_count = 1, .cut = {.from = from, .to = to}};
    *out = (churn__figure_series){.by_count = options->by_count};
    CHURN_TRY(churn__engine_figures(engine, options, &asked, &out->table, err));
    out->start = column(out, "period_start");
    out->end = column(out, "period_end");
    out->by = out->end + 1;
    out->value = column(out, "value");
    out->low = column(out, "low");
    out->high = column(out, "high");
    out->numerator = column(out, "numerator");
    out->denominator = column(out, "denominator");
    out->n = column(out, "n");
    out->unit = column(out, "unit");
    out->complete = column(out, "complete");
    out->marks = column(out, "marks");
    measure(out);
    find_sort(out, engine->playbook, kpi);
done:
    return st;
}

void churn__figure_series_close(churn__figure_series *series)
{
    churn_table_free(series->table);
    series->table = NULL;
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
