/* SPDX-License-Identifier: MIT */
#include "kpi/cohorts.h"

#include "base/buf.h"
#include "base/checked.h"
#include "base/sort.h"
#include "kpi/pass.h"
#include "model/model.h"

typedef struct cohort_state {
    churn__cohorts cohorts;
    churn__table_builder *builder;
    churn__buf label;
    uint32_t *rank;            /* of groups by their texts */
    uint32_t groups;           /* how many */
    churn__cohort_cell *means; /* by age */
    uint32_t ages;
} cohort_state;

enum {
    COL_AVERAGE,
    COL_COHORT,
    COL_START,
    COL_MEMBERS,
    COL_SIZE,
    COL_AGE,
    COL_PERIOD,
    COL_VALUE,
    COL_LOW,
    COL_HIGH,
    COL_NUMERATOR,
    COL_DENOMINATOR,
    COL_OBSERVED,
    COL_COMPLETE,
    COL_EXCLUDED,
    COL_UNIT
};

/* ---- what a cohort is called ---- */

static void put_number(churn__buf *buf, int64_t value, int digits)
{
    char text[8];
    for (int i = digits - 1; i >= 0; i--, value /= 10) {
        text[i] = (char)('0' + value % 10);
    }
    churn__buf_bytes(buf, text, (size_t)digits);
}

/* The ISO week of a Monday is that of its Thursday, in the Thursday's year. */
static void put_week(churn__buf *buf, int64_t monday)
{
    int32_t year = 0;
    unsigned month = 0, day = 0;
    churn__civil_from_days(monday + 3, &year, &month, &day);
    put_number(buf, year, 4);
    churn__buf_text(buf, "-W");
    put_number(buf, (monday + 3 - churn__days_from_civil(year, 1, 1)) / 7 + 1, 2);
}

static void put_start(churn__buf *buf, churn__unit unit, const churn__zone *zone, churn_time start)
{
    int32_t year = 0;
    unsigned month = 0, day = 0;
    const int64_t days = churn__zone_day(zone, start);
    if (unit == CHURN__UNIT_CW) {
        put_week(buf, days);
        return;
    }
    churn__civil_from_days(days, &year, &month, &day);
    put_number(buf, year, 4);
    if (unit == CHURN__UNIT_CQ) {
        churn__buf_text(buf, "-Q");
        put_number(buf, (month - 1) / 3 + 1, 1);
    } else if (unit != CHURN__UNIT_CY) {
        churn__buf_text(buf, "-");
        put_number(buf, month, 2);
    }
    if (unit == CHURN__UNIT_CD) {
        churn__buf_text(buf, "-");
        put_number(buf, day, 2);
    }
}

/* The values of the groups, or the unit in which they began; a missing value leaves a gap. */
static churn_str label_of(const churn__kpi_run *run, cohort_state *s, const churn__cohort_row *row)
{
    const churn_str none = {NULL, 0};
    churn__buf_reset(&s->label);
    if (s->cohorts.request.by_start) {
        put_start(&s->label, s->cohorts.request.unit, run->zone,
                  s->cohorts.units.starts[row->start]);
        return churn__buf_view(&s->label);
    }
    bool any = false;
    for (uint32_t d = 0; d < churn__run_dimensions(run); d++) {
        const churn_str text = churn__run_group_text(run, row->group, d);
        churn__buf_text(&s->label, d > 0 ? " / " : "");
        churn__buf_bytes(&s->label, text.ptr == NULL ? "" : text.ptr, text.len);
        any = any || text.ptr != NULL;
    }
    return any || churn__run_dimensions(run) == 0 ? churn__buf_view(&s->label) : none;
}

/* ---- rows ---- */

static uint32_t add_columns(const churn__kpi_run *run, churn__table_builder *builder)
{
    const uint32_t base = churn__run_group_columns(run, builder);
    churn__table_column(builder, "average", CHURN_COLUMN_BOOL);
    churn__table_column(builder, "cohort", CHURN_COLUMN_STRING);
    churn__table_column(builder, "cohort_start", CHURN_COLUMN_TIME);
    churn__table_column(builder, "members", CHURN_COLUMN_INT);
    churn__table_column(builder, "cohort_size", CHURN_COLUMN_DOUBLE);
    churn__table_column(builder, "age", CHURN_COLUMN_INT);
    churn__table_column(builder, "period_start", CHURN_COLUMN_TIME);
    churn__table_column(builder, "value", CHURN_COLUMN_DOUBLE);
    churn__table_column(builder, "low", CHURN_COLUMN_DOUBLE);
    churn__table_column(builder, "high", CHURN_COLUMN_DOUBLE);
    churn__table_column(builder, "numerator", CHURN_COLUMN_DOUBLE);
    churn__table_column(builder, "denominator", CHURN_COLUMN_DOUBLE);
    churn__table_column(builder, "observed", CHURN_COLUMN_INT);
    churn__table_column(builder, "complete", CHURN_COLUMN_BOOL);
    churn__table_column(builder, "excluded", CHURN_COLUMN_INT);
    churn__table_column(builder, "unit", CHURN_COLUMN_STRING);
    return base;
}

static bool of_money(const cohort_state *s)
{
    return s->cohorts.request.what == CHURN__COHORT_GROSS ||
           s->cohorts.request.what == CHURN__COHORT_NET;
}

/* Money of some is not the money of all: with somebody left out there is no share. */
static void add_share(const churn__kpi_run *run, const cohort_state *s,
                      const churn__cohort_cell *cell, int64_t excluded, uint32_t base)
{
    churn__table_builder *builder = s->builder;
    const double minor = of_money(s) ? run->minor : 1;
    churn__table_add_double(builder, base + COL_NUMERATOR, (double)cell->numerator / minor);
    churn__table_add_double(builder, base + COL_DENOMINATOR, (double)cell->denominator / minor);
    if (excluded > 0 || cell->denominator <= 0) {
        churn__table_add_null(builder, base + COL_VALUE);
    } else {
        churn__table_add_double(builder, base + COL_VALUE,
                                (double)cell->numerator / (double)cell->denominator);
    }
    if (of_money(s) || cell->denominator <= 0) {
        churn__table_add_null(builder, base + COL_LOW);
        churn__table_add_null(builder, base + COL_HIGH);
    } else {
        const churn__interval interval = churn__wilson(cell->numerator, cell->denominator, run->z);
        churn__table_add_double(builder, base + COL_LOW, interval.low);
        churn__table_add_double(builder, base + COL_HIGH, interval.high);
    }
    churn__table_add_int(builder, base + COL_OBSERVED, cell->observed);
    churn__table_add_bool(builder, base + COL_COMPLETE, cell->complete);
    churn__table_add_int(builder, base + COL_EXCLUDED, excluded);
    churn__table_add_string(builder, base + COL_UNIT,
                            of_money(s) ? run->currency : CHURN__STR("customers"));
}

static void add_cell(const churn__kpi_run *run, const cohort_state *s, const churn__cohort_row *row,
                     churn_str label, uint32_t age, uint32_t base)
{
    const churn__cohort_cell cell = churn__cohorts_cell(row, age);
    const bool dated = row->start != CHURN__KPI_NONE;
    const churn_time *starts = s->cohorts.units.starts;
    churn__table_builder *builder = s->builder;
    if (!cell.there && row->excluded == 0) {
        return;
    }
    churn__run_group_cells(run, builder, 0, row->group);
    churn__table_add_bool(builder, base + COL_AVERAGE, false);
    churn__table_add_string(builder, base + COL_COHORT, label);
    churn__table_add_time(builder, base + COL_START, dated ? starts[row->start] : CHURN_TIME_NONE);
    churn__table_add_int(builder, base + COL_MEMBERS, row->members);
    churn__table_add_double(builder, base + COL_SIZE,
                            (double)row->size / (of_money(s) ? run->minor : 1));
    churn__table_add_int(builder, base + COL_AGE, age);
    churn__table_add_time(builder, base + COL_PERIOD,
                          dated ? starts[row->start + age] : CHURN_TIME_NONE);
    add_share(run, s, &cell, row->excluded, base);
}

/* ---- averages ---- */

/* By age, weighted by what cohorts began with: of cells that are complete alone, as the others
 * lack the bad news of the rest of their unit. */
static void add_means(const churn__kpi_run *run, const cohort_state *s, uint32_t group,
                      uint32_t base)
{
    churn__table_builder *builder = s->builder;
    const bool grouped = s->cohorts.request.by_start;
    for (uint32_t age = 0; age < s->ages; age++) {
        const churn__cohort_cell *mean = &s->means[age];
        if (!mean->there) {
            continue;
        }
        if (grouped) {
            churn__run_group_cells(run, builder, 0, group);
        } else {
            for (uint32_t d = 0; d < base; d++) {
                churn__table_add_null(builder, d);
            }
        }
        churn__table_add_bool(builder, base + COL_AVERAGE, true);
        churn__table_add_null(builder, base + COL_COHORT);
        churn__table_add_null(builder, base + COL_START);
        churn__table_add_int(builder, base + COL_MEMBERS, mean->observed);
        churn__table_add_double(builder, base + COL_SIZE,
                                (double)mean->denominator / (of_money(s) ? run->minor : 1));
        churn__table_add_int(builder, base + COL_AGE, age);
        churn__table_add_null(builder, base + COL_PERIOD);
        add_share(run, s, mean, 0, base);
    }
}

static bool take_means(cohort_state *s, const churn__cohort_row *row)
{
    bool fits = true;
    for (uint32_t age = 0; row->excluded == 0 && age < row->ages; age++) {
        const churn__cohort_cell cell = churn__cohorts_cell(row, age);
        churn__cohort_cell *mean = &s->means[age];
        if (!cell.complete) {
            continue;
        }
        fits = fits && churn__add_i64(mean->numerator, cell.numerator, &mean->numerator) &&
               churn__add_i64(mean->denominator, cell.denominator, &mean->denominator);
        mean->observed += cell.observed;
        mean->there = mean->complete = true;
    }
    return fits;
}

/* ---- all of it ---- */

static int compare_rows(const void *a, const void *b, const void *context)
{
    const churn__cohort_row *x = a, *y = b;
    const uint32_t *rank = context;
    if (x->group != y->group) {
        return rank[x->group] < rank[y->group] ? -1 : 1;
    }
    return (x->start > y->start) - (x->start < y->start);
}

static churn_status sort_rows(churn__kpi_run *run, cohort_state *s, churn_error *err)
{
    churn_status st = CHURN_OK;
    const uint32_t *order = NULL;
    CHURN_TRY(churn__run_group_order(run, &order, &s->groups, err));
    s->rank = churn__alloc_array(run->heap, s->groups, sizeof *s->rank);
    if (s->rank == NULL) {
        CHURN_TRY(churn__fail_memory(err, run->heap));
    }
    for (uint32_t i = 0; i < s->groups; i++) {
        s->rank[order[i]] = i;
    }
    if (!churn__sort(run->heap, s->cohorts.rows, s->cohorts.row_count, sizeof *s->cohorts.rows,
                     compare_rows, s->rank)) {
        CHURN_TRY(churn__fail_memory(err, run->heap));
    }
done:
    return st;
}

static churn_status add_rows(churn__kpi_run *run, cohort_state *s, uint32_t base, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__cohorts *c = &s->cohorts;
    for (size_t i = 0; i < c->row_count; i++) {
        const churn__cohort_row *row = &c->rows[i];
        const bool last =
            i + 1 == c->row_count || (c->request.by_start && c->rows[i + 1].group != row->group);
        const churn_str label = label_of(run, s, row);
        for (uint32_t age = 0; age < row->ages; age++) {
            add_cell(run, s, row, label, age, base);
        }
        if (!take_means(s, row)) {
            CHURN_FAIL(CHURN_E_RANGE, 0, "cohorts: an average is too large to add up");
        }
        if (last) {
            add_means(run, s, row->group, base);
            memset(s->means, 0, s->ages * sizeof *s->means);
        }
    }
done:
    return st;
}

static churn_status cohorts_finish(churn__kpi_run *run, void *state, churn_error *err)
{
    churn_status st = CHURN_OK;
    cohort_state *s = state;
    const churn__cohort_request *request = run->set_options;
    churn__cohorts_finish(&s->cohorts);
    CHURN_TRY(sort_rows(run, s, err));
    s->ages = s->cohorts.units.count;
    s->means = churn__alloc_array_zero(run->heap, s->ages, sizeof *s->means);
    s->builder = churn__table_begin(run->heap, s->cohorts.cell_count);
    if (s->means == NULL || s->builder == NULL) {
        CHURN_TRY(churn__fail_memory(err, run->heap));
    }
    CHURN_TRY(add_rows(run, s, add_columns(run, s->builder), err));
    if (s->label.failed) {
        CHURN_TRY(churn__fail_memory(err, run->heap));
    }
    st = churn__table_finish(s->builder, request->out, err);
    s->builder = NULL;
done:
    return st;
}

static churn_status cohorts_open(churn__kpi_run *run, void *state, churn_error *err)
{
    cohort_state *s = state;
    churn__buf_init(&s->label, run->heap);
    return churn__cohorts_open(&s->cohorts, run, run->set_options, err);
}

static churn_status cohorts_customer(churn__kpi_run *run, void *state, churn_error *err)
{
    return churn__cohorts_customer(&((cohort_state *)state)->cohorts, run, err);
}

static void cohorts_close(churn__kpi_run *run, void *state)
{
    cohort_state *s = state;
    churn__cohorts_close(&s->cohorts);
    churn__table_abandon(s->builder);
    churn__buf_clear(&s->label);
    churn__free_array(run->heap, s->rank, s->groups, sizeof *s->rank);
    churn__free_array(run->heap, s->means, s->ages, sizeof *s->means);
}

const churn__kpi_set churn__cohorts_set = {
    .name = "cohorts",
    .state_size = sizeof(cohort_state),
    .open = cohorts_open,
    .customer = cohorts_customer,
    .finish = cohorts_finish,
    .close = cohorts_close,
};
