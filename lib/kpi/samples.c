/* SPDX-License-Identifier: MIT */
#include "kpi/samples.h"

#include <math.h>

#include "base/checked.h"
#include "model/model.h"

void churn__samples_init(churn__samples *samples, churn__heap *heap)
{
    *samples = (churn__samples){.heap = heap};
}

void churn__samples_free(churn__samples *s)
{
    if (s->heap != NULL) {
        churn__free_array(s->heap, s->all, s->capacity, sizeof *s->all);
        churn__free_array(s->heap, s->values, s->count, sizeof *s->values);
        churn__free_array(s->heap, s->ends, s->cells, sizeof *s->ends);
        *s = (churn__samples){.heap = s->heap};
    }
}

bool churn__samples_add(churn__samples *s, uint32_t group, uint32_t period, double value)
{
    if (!churn__grow(s->heap, (void **)&s->all, &s->capacity, s->count + 1, sizeof *s->all)) {
        return false;
    }
    s->all[s->count++] = (churn__sample){group, period, value};
    return true;
}

static size_t cell_of(const churn__samples *s, uint32_t group, uint32_t period)
{
    return (size_t)group * s->periods + period;
}

/* Counting sort: ends[c] is first how many, then where the next of a cell goes, at last its end. */
static void lay_by_cell(churn__samples *s)
{
    size_t at = 0;
    for (size_t i = 0; i < s->count; i++) {
        s->ends[cell_of(s, s->all[i].group, s->all[i].period)]++;
    }
    for (size_t c = 0; c < s->cells; c++) {
        size_t n = s->ends[c];
        s->ends[c] = at;
        at += n;
    }
    for (size_t i = 0; i < s->count; i++) {
        s->values[s->ends[cell_of(s, s->all[i].group, s->all[i].period)]++] = s->all[i].value;
    }
}

churn_status churn__samples_lay(churn__samples *s, const churn__kpi_run *run, bool ascending,
                                churn_error *err)
{
    churn_status st = CHURN_OK;
    s->periods = run->period_count;
    s->cells = (size_t)churn__run_group_count(run) * s->periods;
    s->ends = churn__alloc_array_zero(s->heap, s->cells, sizeof *s->ends);
    s->values = churn__alloc_array(s->heap, s->count, sizeof *s->values);
    if (s->ends == NULL || s->values == NULL) {
        CHURN_TRY(churn__fail_memory(err, s->heap));
    }
    lay_by_cell(s);
    for (size_t c = 0, begin = 0; ascending && c < s->cells; begin = s->ends[c++]) {
        if (!churn__quantile_sort(s->heap, s->values + begin, s->ends[c] - begin)) {
            CHURN_TRY(churn__fail_memory(err, s->heap));
        }
    }
done:
    return st;
}

const double *churn__samples_get(const churn__samples *s, uint32_t group, uint32_t period,
                                 size_t *count)
{
    size_t cell = cell_of(s, group, period);
    *count = 0;
    if (s->ends == NULL || period >= s->periods || cell >= s->cells) {
        return NULL;
    }
    size_t begin = cell == 0 ? 0 : s->ends[cell - 1];
    *count = s->ends[cell] - begin;
    return s->values + begin;
}

/* ---- cells ---- */

void churn__cell_mean(const churn__kpi_run *run, churn__kpi_cell *cell, const double *values,
                      size_t count)
{
    double sum = 0, squares = 0;
    cell->n = (int64_t)count;
    if (count == 0) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        sum += values[i];
    }
    double mean = sum / (double)count;
    for (size_t i = 0; i < count; i++) {
        squares += (values[i] - mean) * (values[i] - mean);
    }
    cell->defined = cell->has_terms = true;
    cell->value = mean;
    cell->numerator = sum;
    cell->denominator = (double)count;
    if (count > 1) {
        churn__interval i = churn__mean_t(mean, squares / ((double)count - 1), cell->n, run->level);
        cell->has_interval = true;
        cell->low = i.low;
        cell->high = i.high;
    }
}

void churn__cell_quantile(churn__kpi_cell *cell, const double *values, size_t count, double q)
{
    cell->n = (int64_t)count;
    if (count > 0) {
        cell->defined = true;
        cell->value = churn__quantile_sorted(values, count, q);
    }
}

churn_status churn__cell_without(churn__kpi_run *run, churn__kpi_cell *cell, int64_t excluded,
                                 const char *reason, churn_error *err)
{
    char text[200];
    if (excluded == 0) {
        return CHURN_OK;
    }
    size_t size = churn__format(text, sizeof text, reason, (uint64_t)excluded);
    cell->excluded = excluded;
    cell->note = churn__arena_str(run->arena, text, size);
    return cell->note.ptr == NULL ? churn__fail_memory(err, run->heap) : CHURN_OK;
}
