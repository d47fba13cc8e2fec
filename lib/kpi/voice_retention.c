/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "kpi/run_inside.h"
#include "kpi/voice.h"
#include "model/model.h"

/* Whether who recommends stays: retention by the answer to NPS. */

enum { PROMOTERS, PASSIVES, DETRACTORS, ANSWERS };

enum {
    SUM_N,
    SUM_RETAINED = SUM_N + ANSWERS,
    SUM_RUNNING = SUM_RETAINED + ANSWERS, /* their days are not over */
    SUM_NO_CUSTOMER = SUM_RUNNING + ANSWERS,
    SUMS = SUM_NO_CUSTOMER + ANSWERS
};

typedef struct leading {
    churn__kpi_sums sums;
} leading;

static const churn__nps_retention_want *retention_want(const churn__kpi_run *run)
{
    return run->set_options;
}

static churn_status leading_open(churn__kpi_run *run, void *state, churn_error *err)
{
    leading *l = state;
    (void)err;
    churn__sums_init(&l->sums, run, SUMS);
    return CHURN_OK;
}

static void leading_close(churn__kpi_run *run, void *state)
{
    leading *l = state;
    (void)run;
    churn__sums_free(&l->sums);
}

/* ---- one customer ---- */

/* A level just before an instant. */
static bool alive_before(const churn__life_span *spans, size_t count, churn_time at)
{
    for (size_t i = 0; i < count; i++) {
        if (spans[i].from < at && (spans[i].to == CHURN_TIME_NONE || spans[i].to >= at)) {
            return true;
        }
    }
    return false;
}

/* At the instant itself: what happens at it counts. */
static bool alive_at(const churn__life_span *spans, size_t count, churn_time at)
{
    for (size_t i = 0; i < count; i++) {
        if (spans[i].from <= at && (spans[i].to == CHURN_TIME_NONE || spans[i].to > at)) {
            return true;
        }
    }
    return false;
}

static churn_status follow(churn__kpi_run *run, leading *l, const churn__survey *row,
                           uint32_t period, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__kpi_keys keys = churn__kpi_no_keys;
    const churn__life_span *spans = NULL;
    size_t count = 0;
    const uint32_t answer = row->score >= 9 ? PROMOTERS : row->score >= 7 ? PASSIVES : DETRACTORS;
    const churn_time over = row->at + (int64_t)retention_want(run)->days * CHURN__DAY;
    uint32_t sum = SUM_N;
    keys.code[CHURN__KEY_SURVEY_MOMENT] = churn__key_code(row->moment);
    keys.code[CHURN__KEY_SURVEY_CATEGORY] = churn__key_code(row->category);
    keys.code[CHURN__KEY_SURVEY_USER] = churn__key_code(row->user);
    uint32_t group = churn__run_group(run, period, &keys);
    if (group == CHURN__KPI_NONE) {
        CHURN_TRY(churn__fail_memory(err, run->heap));
    }
    CHURN_TRY(churn__run_lives(run, &spans, &count, err));
    if (!alive_at(spans, count, row->at)) {
        sum = SUM_NO_CUSTOMER;
    } else if (over > run->as_of) {
        sum = SUM_RUNNING;
    }
    bool retained = sum == SUM_N && alive_before(spans, count, over);
    if (!churn__sums_add(&l->sums, group, period, sum + answer, 1) ||
        (retained && !churn__sums_add(&l->sums, group, period, SUM_RETAINED + answer, 1))) {
        CHURN_TRY(churn__sums_failed(&l->sums, run, err));
    }
done:
    return st;
}

/* The last answer of each period: rows ascend. */
static churn_status leading_customer(churn__kpi_run *run, void *state, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__survey *rows = NULL, *last = NULL;
    uint32_t of = CHURN__KPI_NONE;
    size_t n = churn__reader_surveys(run->reader, run->customer, run->as_of, &rows);
    for (size_t i = 0; i < n; i++) {
        uint32_t period = churn__run_period(run, rows[i].at);
        if (rows[i].kind != CHURN__SURVEY_NPS || period == CHURN__KPI_NONE ||
            !(rows[i].score >= 0 && rows[i].score <= 10)) {
            continue;
        }
        if (last != NULL && period != of) {
            CHURN_TRY(follow(run, state, last, of, err));
        }
        last = &rows[i];
        of = period;
    }
    if (last != NULL) {
        CHURN_TRY(follow(run, state, last, of, err));
    }
done:
    return st;
}

/* ---- the table ---- */

enum {
    COL_DAYS,
    COL_ANSWERED,
    COL_N,
    COL_RETAINED,
    COL_VALUE,
    COL_LOW,
    COL_HIGH,
    COL_P,
    COL_EXCLUDED,
    COL_COMPLETE,
    COLUMNS
};

static const churn__table_head columns[COLUMNS] = {
    [COL_DAYS] = {"days", CHURN_COLUMN_INT},
    [COL_ANSWERED] = {"answered", CHURN_COLUMN_STRING},
    [COL_N] = {"n", CHURN_COLUMN_INT},
    [COL_RETAINED] = {"retained", CHURN_COLUMN_INT},
    [COL_VALUE] = {"value", CHURN_COLUMN_DOUBLE},
    [COL_LOW] = {"low", CHURN_COLUMN_DOUBLE},
    [COL_HIGH] = {"high", CHURN_COLUMN_DOUBLE},
    [COL_P] = {"p", CHURN_COLUMN_DOUBLE},
    [COL_EXCLUDED] = {"excluded", CHURN_COLUMN_INT},
    [COL_COMPLETE] = {"complete", CHURN_COLUMN_BOOL},
};

typedef struct writing {
    churn__kpi_run *run;
    churn__table_builder *table;
    uint32_t base;
} writing;

static void write_place(const writing *w, uint32_t period, uint32_t group, const char *answered)
{
    churn__voice_place(w->run, w->table, 0, period, group);
    churn__table_add_int(w->table, w->base + COL_DAYS, retention_want(w->run)->days);
    churn__table_add_string(w->table, w->base + COL_ANSWERED, churn__str_nts(answered));
}

static void write_share(const writing *w, const int64_t *sum, uint32_t answer, bool complete)
{
    const int64_t n = sum[SUM_N + answer], retained = sum[SUM_RETAINED + answer];
    const uint32_t base = w->base;
    churn__interval i = {(double)NAN, (double)NAN};
    if (n > 0) {
        i = churn__wilson(retained, n, w->run->z);
    }
    churn__table_add_int(w->table, base + COL_N, n);
    churn__table_add_int(w->table, base + COL_RETAINED, retained);
    churn__table_add_double(w->table, base + COL_VALUE,
                            n > 0 ? (double)retained / (double)n : (double)NAN);
    churn__table_add_double(w->table, base + COL_LOW, i.low);
    churn__table_add_double(w->table, base + COL_HIGH, i.high);
    churn__table_add_null(w->table, base + COL_P);
    churn__table_add_int(w->table, base + COL_EXCLUDED,
                         sum[SUM_RUNNING + answer] + sum[SUM_NO_CUSTOMER + answer]);
    churn__table_add_bool(w->table, base + COL_COMPLETE,
                          complete && sum[SUM_RUNNING + answer] == 0);
}

static void write_difference(const writing *w, const int64_t *sum, bool complete)
{
    const int64_t up = sum[SUM_N + PROMOTERS], down = sum[SUM_N + DETRACTORS];
    const double none = (double)NAN;
    const uint32_t base = w->base;
    churn__change change = {none, none, none, none, none};
    if (up > 0 && down > 0) {
        change = churn__share_change(sum[SUM_RETAINED + PROMOTERS], up,
                                     sum[SUM_RETAINED + DETRACTORS], down, w->run->z);
    }
    churn__table_add_null(w->table, base + COL_N);
    churn__table_add_null(w->table, base + COL_RETAINED);
    churn__table_add_double(w->table, base + COL_VALUE, change.value);
    churn__table_add_double(w->table, base + COL_LOW, change.low);
    churn__table_add_double(w->table, base + COL_HIGH, change.high);
    churn__table_add_double(w->table, base + COL_P, change.p);
    churn__table_add_null(w->table, base + COL_EXCLUDED);
    churn__table_add_bool(w->table, base + COL_COMPLETE,
                          complete && sum[SUM_RUNNING + PROMOTERS] == 0 &&
                              sum[SUM_RUNNING + DETRACTORS] == 0);
}

static void write_cell(const writing *w, const leading *l, uint32_t period, uint32_t group)
{
    static const char *const names[ANSWERS] = {"promoters", "passives", "detractors"};
    const int64_t *sum = churn__sums_get(&l->sums, group, period);
    const bool complete = w->run->periods[period].complete;
    for (uint32_t answer = 0; answer < ANSWERS; answer++) {
        write_place(w, period, group, names[answer]);
        write_share(w, sum, answer, complete);
    }
    write_place(w, period, group, "difference");
    write_difference(w, sum, complete);
}

static churn_status leading_finish(churn__kpi_run *run, void *state, churn_error *err)
{
    churn_status st = CHURN_OK;
    const uint32_t groups = churn__run_group_count(run);
    uint32_t *order = churn__alloc_array(run->heap, groups, sizeof *order);
    writing w = {.run = run, .table = churn__table_begin(run->heap, 0)};
    if (order == NULL || w.table == NULL || !churn__groups_order(run, order)) {
        CHURN_TRY(churn__fail_memory(err, run->heap));
    }
    CHURN_TRY(churn__voice_columns(run, w.table, &w.base, err));
    churn__table_columns(w.table, columns, COLUMNS);
    for (uint32_t p = 0; p < run->period_count; p++) {
        for (uint32_t i = 0; i < groups; i++) {
            write_cell(&w, state, p, order[i]);
        }
    }
    st = churn__table_finish(w.table, retention_want(run)->out, err);
    w.table = NULL;
done:
    churn__table_abandon(w.table);
    churn__free_array(run->heap, order, groups, sizeof *order);
    return st;
}

const churn__kpi_set churn__nps_retention_table = {.name = "nps_retention",
                                                   .state_size = sizeof(leading),
                                                   .open = leading_open,
                                                   .customer = leading_customer,
                                                   .finish = leading_finish,
                                                   .close = leading_close};
