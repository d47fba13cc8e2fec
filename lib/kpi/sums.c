/* SPDX-License-Identifier: MIT */
#include "base/checked.h"
#include "kpi/run_inside.h"

/* Sums by group and period, which grow with the groups. */

void churn__sums_init_cells(churn__kpi_sums *sums, churn__heap *heap, uint32_t cells,
                            uint32_t width)
{
    *sums = (churn__kpi_sums){.heap = heap, .periods = cells, .width = width};
}

void churn__sums_init(churn__kpi_sums *sums, churn__kpi_run *run, uint32_t width)
{
    churn__sums_init_cells(sums, run->heap, run->begun_count, width);
}

static size_t group_size(const churn__kpi_sums *sums)
{
    return (size_t)sums->periods * sums->width;
}

void churn__sums_free(churn__kpi_sums *sums)
{
    if (sums->heap != NULL) {
        churn__free_array(sums->heap, sums->data, sums->capacity,
                          group_size(sums) * sizeof(int64_t));
        *sums = (churn__kpi_sums){.heap = NULL};
    }
}

/* Room for a group, zeroed. */
static bool reach(churn__kpi_sums *sums, uint32_t group)
{
    const size_t size = group_size(sums) * sizeof(int64_t);
    size_t capacity = sums->capacity;
    if (!churn__grow(sums->heap, (void **)&sums->data, &capacity, (size_t)group + 1, size)) {
        return false;
    }
    sums->capacity = (uint32_t)capacity;
    memset((unsigned char *)sums->data + sums->groups * size, 0, (group + 1 - sums->groups) * size);
    sums->groups = group + 1;
    return true;
}

int64_t *churn__sums_at(churn__kpi_sums *sums, uint32_t group, uint32_t period)
{
    if (group >= sums->groups && (group == CHURN__KPI_NONE || !reach(sums, group))) {
        sums->starved = true;
        return NULL;
    }
    return sums->data + ((size_t)group * sums->periods + period) * sums->width;
}

const int64_t *churn__sums_get(const churn__kpi_sums *sums, uint32_t group, uint32_t period)
{
    static const int64_t zeros[64] = {0};
    if (group >= sums->groups || period >= sums->periods) {
        return zeros;
    }
    return sums->data + ((size_t)group * sums->periods + period) * sums->width;
}

bool churn__sums_add(churn__kpi_sums *sums, uint32_t group, uint32_t period, uint32_t sum,
                     int64_t amount)
{
    int64_t *at = churn__sums_at(sums, group, period);
    return at != NULL && churn__add_i64(at[sum], amount, &at[sum]);
}

bool churn__sums_level(churn__kpi_sums *sums, uint32_t group, uint32_t from, uint32_t until,
                       uint32_t sum, int64_t amount)
{
    int64_t *at = NULL;
    if (from >= until) {
        return true;
    }
    at = churn__sums_at(sums, group, from);
    if (at == NULL || !churn__add_i64(at[sum], amount, &at[sum])) {
        return false;
    }
    at += (size_t)(until - from) * sums->width;
    return until >= sums->periods || churn__sub_i64(at[sum], amount, &at[sum]);
}

churn_status churn__sums_failed(const churn__kpi_sums *sums, const churn__kpi_run *run,
                                churn_error *err)
{
    if (sums->starved) {
        return churn__fail_memory(err, run->heap);
    }
    return churn__fail(err, CHURN_E_RANGE, 0,
                       "kpi: with customer %q the sum over all customers becomes too large",
                       &run->customer_id);
}

bool churn__sums_accumulate(churn__kpi_sums *sums, uint32_t first, uint32_t last)
{
    bool fits = true;
    for (uint32_t g = 0; g < sums->groups; g++) {
        for (uint32_t p = 1; p < sums->periods; p++) {
            int64_t *at = churn__sums_at(sums, g, p);
            for (uint32_t i = first; i < last; i++) {
                fits = churn__add_i64(at[i], (at - sums->width)[i], &at[i]) && fits;
            }
        }
    }
    return fits;
}
