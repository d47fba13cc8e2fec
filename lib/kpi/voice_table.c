/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "kpi/run_inside.h"
#include "kpi/samples.h"
#include "kpi/voice.h"
#include "model/model.h"

/* ---- what all tables of customers' voices begin with ---- */

churn_status churn__voice_columns(churn__kpi_run *run, churn__table_builder *table, uint32_t *base,
                                  churn_error *err)
{
    const churn__kpi_asked *asked = run->inside->asked;
    churn__table_column(table, "period_start", CHURN_COLUMN_TIME);
    churn__table_column(table, "period_end", CHURN_COLUMN_TIME);
    for (uint32_t d = 0; d < asked->by_count; d++) {
        churn_str name = churn__arena_str(run->arena, asked->by[d].ptr, asked->by[d].len);
        if (name.ptr == NULL) {
            return churn__fail_memory(err, run->heap);
        }
        churn__table_column(table, name.ptr, CHURN_COLUMN_STRING);
    }
    *base += 2 + asked->by_count;
    return CHURN_OK;
}

void churn__voice_place(churn__kpi_run *run, churn__table_builder *table, uint32_t base,
                        uint32_t period, uint32_t group)
{
    churn__table_add_time(table, base, run->periods[period].start);
    churn__table_add_time(table, base + 1, run->periods[period].end);
    for (uint32_t d = 0; d < run->inside->asked->by_count; d++) {
        churn__table_add_string(table, base + 2 + d, churn__groups_text(run, group, d));
    }
}

/* ---- answers to a kind of survey ---- */

typedef struct answers {
    churn__samples scores, outside;
} answers;

typedef struct measured {
    int64_t n, excluded;
    int64_t up, down; /* NPS: promoters, detractors; CSAT: of the top, 0 */
    double mean, variance;
    churn__nps nps;
} measured;

typedef struct scale {
    const char *name;
    double low, high;
} scale;

static const scale scales[] = {
    [CHURN_SURVEY_NPS] = {"nps", 0, 10},
    [CHURN_SURVEY_CSAT] = {"csat", 1, 5},
    [CHURN_SURVEY_CES] = {"ces", 1, 7},
    [CHURN_SURVEY_CUSTOM] = {"custom", -(double)INFINITY, (double)INFINITY},
};

static const churn__surveys_want *survey_want(const churn__kpi_run *run)
{
    return run->set_options;
}

static churn_status answers_open(churn__kpi_run *run, void *state, churn_error *err)
{
    answers *a = state;
    (void)err;
    churn__samples_init(&a->scores, run->heap);
    churn__samples_init(&a->outside, run->heap);
    return CHURN_OK;
}

static void answers_close(churn__kpi_run *run, void *state)
{
    answers *a = state;
    (void)run;
    churn__samples_free(&a->scores);
    churn__samples_free(&a->outside);
}

static churn_status answers_customer(churn__kpi_run *run, void *state, churn_error *err)
{
    churn_status st = CHURN_OK;
    answers *a = state;
    const churn__survey *rows = NULL;
    const int32_t kind = survey_want(run)->kind;
    size_t n = churn__reader_surveys(run->reader, run->customer, run->as_of, &rows);
    for (size_t i = 0; i < n; i++) {
        churn__kpi_keys keys = churn__kpi_no_keys;
        uint32_t period = churn__run_period(run, rows[i].at);
        if (rows[i].kind != kind || period == CHURN__KPI_NONE || isnan(rows[i].score)) {
            continue;
        }
        keys.code[CHURN__KEY_SURVEY_MOMENT] = churn__key_code(rows[i].moment);
        keys.code[CHURN__KEY_SURVEY_CATEGORY] = churn__key_code(rows[i].category);
        keys.code[CHURN__KEY_SURVEY_USER] = churn__key_code(rows[i].user);
        uint32_t group = churn__run_group(run, period, &keys);
        bool inside = rows[i].score >= scales[kind].low && rows[i].score <= scales[kind].high;
        if (group == CHURN__KPI_NONE ||
            !churn__samples_add(inside ? &a->scores : &a->outside, group, period, rows[i].score)) {
            CHURN_TRY(churn__fail_memory(err, run->heap));
        }
    }
done:
    return st;
}

static void measure_mean(measured *m, const double *scores)
{
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < m->n; i++) {
        sum += scores[i];
    }
    m->mean = sum / (double)m->n;
    for (int64_t i = 0; i < m->n; i++) {
        squares += (scores[i] - m->mean) * (scores[i] - m->mean);
    }
    m->variance = m->n > 1 ? squares / ((double)m->n - 1) : (double)NAN;
}

static measured measure(const churn__kpi_run *run, const answers *a, uint32_t group,
                        uint32_t period)
{
    measured m = {0};
    size_t n = 0, outside = 0;
    const bool nps = survey_want(run)->kind == CHURN_SURVEY_NPS;
    const double *scores = churn__samples_get(&a->scores, group, period, &n);
    (void)churn__samples_get(&a->outside, group, period, &outside);
    m.n = (int64_t)n;
    m.excluded = (int64_t)outside;
    for (size_t i = 0; i < n; i++) {
        m.up += scores[i] >= (nps ? 9 : 4);
        m.down += nps && scores[i] < 7;
    }
    if (n > 0) {
        measure_mean(&m, scores);
        m.nps = churn__nps_of(m.up, m.down, m.n, run->z);
    }
    return m;
}

/* ---- the table ---- */

enum {
    COL_VALUE,
    COL_LOW,
    COL_HIGH,
    COL_N,
    COL_EXCLUDED,
    COL_PREVIOUS,
    COL_PREVIOUS_N,
    COL_CHANGE,
    COL_CHANGE_LOW,
    COL_CHANGE_HIGH,
    COL_TEST,
    COL_P,
    COL_P_ADJUSTED,
    COL_SIGNAL,
    COL_COMPLETE,
    COLUMNS
};

static const churn__table_head columns[COLUMNS] = {
    [COL_VALUE] = {"value", CHURN_COLUMN_DOUBLE},
    [COL_LOW] = {"low", CHURN_COLUMN_DOUBLE},
    [COL_HIGH] = {"high", CHURN_COLUMN_DOUBLE},
    [COL_N] = {"n", CHURN_COLUMN_INT},
    [COL_EXCLUDED] = {"excluded", CHURN_COLUMN_INT},
    [COL_PREVIOUS] = {"previous", CHURN_COLUMN_DOUBLE},
    [COL_PREVIOUS_N] = {"previous_n", CHURN_COLUMN_INT},
    [COL_CHANGE] = {"change", CHURN_COLUMN_DOUBLE},
    [COL_CHANGE_LOW] = {"change_low", CHURN_COLUMN_DOUBLE},
    [COL_CHANGE_HIGH] = {"change_high", CHURN_COLUMN_DOUBLE},
    [COL_TEST] = {"test", CHURN_COLUMN_STRING},
    [COL_P] = {"p", CHURN_COLUMN_DOUBLE},
    [COL_P_ADJUSTED] = {"p_adjusted", CHURN_COLUMN_DOUBLE},
    [COL_SIGNAL] = {"signal", CHURN_COLUMN_STRING},
    [COL_COMPLETE] = {"complete", CHURN_COLUMN_BOOL},
};

typedef struct survey_row {
    uint32_t group, period;
    measured now, before;
    churn__change change;
    bool compared;
    double adjusted;
} survey_row;

typedef struct survey_rows {
    churn__kpi_run *run;
    churn__table_builder *table;
    int32_t kind;
    survey_row *all;
    size_t count, capacity;
    uint32_t base;
} survey_rows;

static double value_of(int32_t kind, const measured *m)
{
    if (m->n == 0) {
        return (double)NAN;
    }
    if (kind == CHURN_SURVEY_NPS) {
        return 100 * m->nps.value;
    }
    return kind == CHURN_SURVEY_CSAT ? (double)m->up / (double)m->n : m->mean;
}

static churn__interval interval_of(const survey_rows *rows, const measured *m)
{
    churn__interval none = {(double)NAN, (double)NAN};
    if (m->n == 0) {
        return none;
    }
    if (rows->kind == CHURN_SURVEY_NPS) {
        return (churn__interval){fmax(-100, 100 * m->nps.low), fmin(100, 100 * m->nps.high)};
    }
    if (rows->kind == CHURN_SURVEY_CSAT) {
        return churn__wilson(m->up, m->n, rows->run->z);
    }
    return m->n > 1 ? churn__mean_t(m->mean, m->variance, m->n, rows->run->level) : none;
}

static void compare(const survey_rows *rows, survey_row *row)
{
    const measured *a = &row->now, *b = &row->before;
    if (a->n == 0 || b->n == 0) {
        return;
    }
    if (rows->kind == CHURN_SURVEY_NPS) {
        row->change = churn__nps_change(&a->nps, &b->nps, rows->run->z);
        row->change.value *= 100;
        row->change.low *= 100;
        row->change.high *= 100;
    } else if (rows->kind == CHURN_SURVEY_CSAT) {
        row->change = churn__share_change(a->up, a->n, b->up, b->n, rows->run->z);
    } else {
        row->change = churn__mean_change(a->mean, a->variance, a->n, b->mean, b->variance, b->n,
                                         rows->run->level);
    }
    row->compared = !isnan(row->change.p);
}

static const char *test_of(int32_t kind, const survey_row *row)
{
    if (kind == CHURN_SURVEY_NPS) {
        return "z";
    }
    if (kind != CHURN_SURVEY_CSAT) {
        return "welch";
    }
    return churn__share_is_small(row->now.up, row->now.n, row->before.up, row->before.n) ? "fisher"
                                                                                         : "chi2";
}

static churn_status collect(survey_rows *rows, const answers *a, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__kpi_run *run = rows->run;
    const uint32_t groups = churn__run_group_count(run);
    uint32_t *order = churn__alloc_array(run->heap, groups, sizeof *order);
    if (order == NULL || !churn__groups_order(run, order)) {
        CHURN_TRY(churn__fail_memory(err, run->heap));
    }
    for (uint32_t p = 1; p < run->period_count; p++) {
        for (uint32_t i = 0; i < groups; i++) {
            survey_row row = {.group = order[i],
                              .period = p,
                              .now = measure(run, a, order[i], p),
                              .before = measure(run, a, order[i], p - 1),
                              .adjusted = (double)NAN};
            if (!churn__grow(run->heap, (void **)&rows->all, &rows->capacity, rows->count + 1,
                             sizeof row)) {
                CHURN_TRY(churn__fail_memory(err, run->heap));
            }
            compare(rows, &row);
            rows->all[rows->count++] = row;
        }
    }
done:
    churn__free_array(run->heap, order, groups, sizeof *order);
    return st;
}

static churn_status adjust(survey_rows *rows, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__heap *heap = rows->run->heap;
    double *p = churn__alloc_array(heap, rows->count, sizeof *p);
    double *adjusted = churn__alloc_array(heap, rows->count, sizeof *adjusted);
    size_t n = 0;
    if (p == NULL || adjusted == NULL) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    for (size_t i = 0; i < rows->count; i++) {
        if (rows->all[i].compared) {
            p[n++] = rows->all[i].change.p;
        }
    }
    if (!churn__benjamini_hochberg(heap, p, n, adjusted)) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    n = 0;
    for (size_t i = 0; i < rows->count; i++) {
        if (rows->all[i].compared) {
            rows->all[i].adjusted = adjusted[n++];
        }
    }
done:
    churn__free_array(heap, p, rows->count, sizeof *p);
    churn__free_array(heap, adjusted, rows->count, sizeof *adjusted);
    return st;
}

static void write_change(const survey_rows *rows, const survey_row *row)
{
    churn__table_builder *table = rows->table;
    const uint32_t base = rows->base;
    const bool both = row->now.n > 0 && row->before.n > 0;
    const double none = (double)NAN;
    const char *signal = row->adjusted > 1 - rows->run->level ? "noise"
                         : row->change.value > 0              ? "up"
                                                              : "down";
    churn__table_add_double(table, base + COL_PREVIOUS, value_of(rows->kind, &row->before));
    churn__table_add_int(table, base + COL_PREVIOUS_N, row->before.n);
    churn__table_add_double(table, base + COL_CHANGE, both ? row->change.value : none);
    churn__table_add_double(table, base + COL_CHANGE_LOW, both ? row->change.low : none);
    churn__table_add_double(table, base + COL_CHANGE_HIGH, both ? row->change.high : none);
    churn__table_add_double(table, base + COL_P, row->compared ? row->change.p : none);
    churn__table_add_double(table, base + COL_P_ADJUSTED, row->adjusted);
    churn__table_add_string(table, base + COL_TEST,
                            row->compared ? churn__str_nts(test_of(rows->kind, row))
                                          : (churn_str){NULL, 0});
    churn__table_add_string(table, base + COL_SIGNAL,
                            row->compared ? churn__str_nts(signal) : (churn_str){NULL, 0});
}

static void write_row(const survey_rows *rows, const survey_row *row)
{
    churn__table_builder *table = rows->table;
    const uint32_t base = rows->base;
    const churn__interval i = interval_of(rows, &row->now);
    churn__table_add_string(table, 0, churn__str_nts(scales[rows->kind].name));
    churn__voice_place(rows->run, table, 1, row->period, row->group);
    churn__table_add_double(table, base + COL_VALUE, value_of(rows->kind, &row->now));
    churn__table_add_double(table, base + COL_LOW, i.low);
    churn__table_add_double(table, base + COL_HIGH, i.high);
    churn__table_add_int(table, base + COL_N, row->now.n);
    churn__table_add_int(table, base + COL_EXCLUDED, row->now.excluded);
    write_change(rows, row);
    churn__table_add_bool(table, base + COL_COMPLETE, rows->run->periods[row->period].complete);
}

static churn_status answers_finish(churn__kpi_run *run, void *state, churn_error *err)
{
    churn_status st = CHURN_OK;
    answers *a = state;
    survey_rows rows = {.run = run, .kind = survey_want(run)->kind, .base = 1};
    CHURN_TRY(churn__samples_lay(&a->scores, run, false, err));
    CHURN_TRY(churn__samples_lay(&a->outside, run, false, err));
    CHURN_TRY(collect(&rows, a, err));
    CHURN_TRY(adjust(&rows, err));
    rows.table = churn__table_begin(run->heap, rows.count);
    if (rows.table == NULL) {
        CHURN_TRY(churn__fail_memory(err, run->heap));
    }
    churn__table_column(rows.table, "survey", CHURN_COLUMN_STRING);
    CHURN_TRY(churn__voice_columns(run, rows.table, &rows.base, err));
    churn__table_columns(rows.table, columns, COLUMNS);
    for (size_t i = 0; i < rows.count; i++) {
        write_row(&rows, &rows.all[i]);
    }
    st = churn__table_finish(rows.table, survey_want(run)->out, err);
    rows.table = NULL;
done:
    churn__table_abandon(rows.table);
    churn__free_array(run->heap, rows.all, rows.capacity, sizeof *rows.all);
    return st;
}

const churn__kpi_set churn__surveys_table = {.name = "surveys",
                                             .state_size = sizeof(answers),
                                             .open = answers_open,
                                             .customer = answers_customer,
                                             .finish = answers_finish,
                                             .close = answers_close};
