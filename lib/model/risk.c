/* SPDX-License-Identifier: MIT */
#include "model/risk.h"

#include "base/checked.h"
#include "base/sort.h"

/* How rows are parted and counted. */
typedef struct risk_plan {
    const risk_data *data;
    bool entries; /* this side */
    bool tests;
    uint32_t outers, codes;
} risk_plan;

/* Outer key, code and time of one of some rows; false: not on this side. */
static bool place(const risk_plan *plan, const risk_rows *rows, size_t i, uint32_t *outer,
                  uint32_t *code, double *time)
{
    uint32_t kind = rows->kind[i];

    *outer = plan->tests ? rows->stratum[i] : rows->group[i];
    if (plan->entries) {
        *code = plan->tests ? rows->group[i] : 0;
        *time = rows->entry[i];
        return *time == *time;
    }
    *code = plan->tests ? 2 * rows->group[i] + (kind > 0) : kind;
    *time = rows->time[i];
    return true;
}

/* ---- building a side in order ---- */

static bool add_moment(churn__heap *heap, risk_side *side, double time)
{
    if (!churn__grow(heap, (void **)&side->moments, &side->capacity, side->count + 1,
                     sizeof *side->moments)) {
        return false;
    }
    side->moments[side->count++] = (risk_moment){time, side->cell_count};
    return true;
}

static bool add_cell(churn__heap *heap, risk_side *side, uint32_t code, int64_t count,
                     double weight)
{
    if (!churn__grow(heap, (void **)&side->cells, &side->cell_capacity, side->cell_count + 1,
                     sizeof *side->cells)) {
        return false;
    }
    side->cells[side->cell_count++] = (risk_cell){code, 0, count, weight};
    return true;
}

/* The end of the last moment. */
static bool close_side(churn__heap *heap, risk_side *side)
{
    bool good = add_moment(heap, side, MODEL_INF);
    side->count -= good;
    return good;
}

/* ---- whole numbers: counting ---- */

typedef struct dense {
    size_t range, cells;
    uint32_t *count;
    double *weight; /* NULL: every row weighs 1 */
} dense;

/* How many cells there would be; 0: too many to be worth it. */
static size_t dense_cells(const risk_plan *plan, size_t *range)
{
    const risk_data *data = plan->data;
    size_t cells;

    if (!data->whole || data->last > 1e9) {
        return 0;
    }
    *range = (size_t)data->last + 1;
    if (!churn__mul_size(*range, plan->outers, &cells) ||
        !churn__mul_size(cells, plan->codes, &cells) || cells > 2 * data->n + 65536) {
        return 0;
    }
    return cells;
}

/* Who leaves, where everybody weighs 1 and curves are made: most of all work is here. */
static void dense_count(const risk_plan *plan, const risk_rows *rows, dense *table)
{
    uint32_t *count = table->count;
    const size_t range = table->range, codes = plan->codes;

    for (size_t i = 0; i < rows->n; i++) {
        count[(rows->group[i] * range + (size_t)(int64_t)rows->time[i]) * codes + rows->kind[i]]++;
    }
}

static void dense_rows(const risk_plan *plan, const risk_rows *rows, dense *table)
{
    for (size_t i = 0; i < rows->n; i++) {
        uint32_t outer, code;
        double time;
        if (place(plan, rows, i, &outer, &code, &time)) {
            size_t at = (outer * table->range + (size_t)time) * plan->codes + code;
            table->count[at]++;
            if (table->weight != NULL) {
                table->weight[at] += rows->weight[i];
            }
        }
    }
}

static void dense_fill(const risk_plan *plan, dense *table)
{
    const bool plain = !plan->entries && !plan->tests && table->weight == NULL;
    const risk_data *data = plan->data;
    risk_rows rows;

    churn__risk_rows_init(&rows);
    for (size_t from = 0; from < data->n; from += RISK_ROWS) {
        churn__risk_read(data, from, &rows);
        if (plain) {
            dense_count(plan, &rows, table);
        } else {
            dense_rows(plan, &rows, table);
        }
    }
}

static bool dense_moment(const risk_plan *plan, const dense *table, size_t at, size_t time,
                         risk_side *side)
{
    churn__heap *heap = plan->data->heap;
    bool begun = false;

    for (uint32_t code = 0; code < plan->codes; code++) {
        uint32_t count = table->count[at + code];
        if (count == 0) {
            continue;
        }
        if (!begun && !add_moment(heap, side, (double)time)) {
            return false;
        }
        begun = true;
        if (!add_cell(heap, side, code, count,
                      table->weight != NULL ? table->weight[at + code] : count)) {
            return false;
        }
    }
    return true;
}

static bool dense_gather(const risk_plan *plan, dense *table, risk_side *side)
{
    size_t at = 0;

    dense_fill(plan, table);
    for (uint32_t outer = 0; outer < plan->outers; outer++) {
        side->outer[outer] = side->count;
        for (size_t time = 0; time < table->range; time++, at += plan->codes) {
            if (!dense_moment(plan, table, at, time, side)) {
                return false;
            }
        }
    }
    side->outer[plan->outers] = side->count;
    return close_side(plan->data->heap, side);
}

static bool gather_dense(const risk_plan *plan, size_t range, size_t cells, risk_side *side)
{
    churn__heap *heap = plan->data->heap;
    dense table = {.range = range, .cells = cells};
    bool weighted = plan->data->given.weight.values != NULL, good = false;

    table.count = churn__alloc_array_zero(heap, cells, sizeof *table.count);
    if (weighted) {
        table.weight = churn__alloc_array_zero(heap, cells, sizeof *table.weight);
    }
    if (table.count != NULL && (!weighted || table.weight != NULL)) {
        good = dense_gather(plan, &table, side);
    }
    churn__free_array(heap, table.count, cells, sizeof *table.count);
    churn__free_array(heap, table.weight, cells, sizeof *table.weight);
    return good;
}

/* ---- any numbers: sorting their bits ---- */

typedef struct sorted {
    size_t n;
    uint64_t *time; /* bits of doubles from 0 on: in order as they are */
    uint64_t *key;  /* outer key, then code */
    double *weight; /* NULL: every row weighs 1 */
    uint32_t *order;
} sorted;

static void sorted_fill(const risk_plan *plan, sorted *all)
{
    const risk_data *data = plan->data;
    risk_rows rows;
    size_t n = 0;

    churn__risk_rows_init(&rows);
    for (size_t from = 0; from < data->n; from += RISK_ROWS) {
        churn__risk_read(data, from, &rows);
        for (size_t i = 0; i < rows.n; i++) {
            uint32_t outer, code;
            double time;
            if (!place(plan, &rows, i, &outer, &code, &time)) {
                continue;
            }
            all->time[n] = bits_of(time + 0.0); /* -0.0 is 0.0 */
            all->key[n] = (uint64_t)outer << 32 | code;
            if (all->weight != NULL) {
                all->weight[n] = rows.weight[i];
            }
            n++;
        }
    }
    all->n = n;
}

/* The cell of a code in the last moment. */
static risk_cell *find_cell(risk_side *side, uint32_t code)
{
    for (size_t i = side->cell_count; i > side->moments[side->count - 1].cells; i--) {
        if (side->cells[i - 1].code == code) {
            return &side->cells[i - 1];
        }
    }
    return NULL;
}

static bool sorted_row(const risk_plan *plan, const sorted *all, uint32_t row, bool first,
                       risk_side *side)
{
    churn__heap *heap = plan->data->heap;
    double time = double_of(all->time[row]);
    double weight = all->weight != NULL ? all->weight[row] : 1.0;
    uint32_t code = (uint32_t)all->key[row];
    risk_cell *cell;

    if ((first || side->moments[side->count - 1].time != time) && !add_moment(heap, side, time)) {
        return false;
    }
    cell = find_cell(side, code);
    if (cell == NULL) {
        return add_cell(heap, side, code, 1, weight);
    }
    cell->count++;
    cell->weight += weight;
    return true;
}

static bool sort_outers(const risk_plan *plan, sorted *all)
{
    churn__heap *heap = plan->data->heap;
    uint64_t *outers = churn__alloc_array(heap, all->n, sizeof *outers);
    bool good = outers != NULL;

    for (size_t i = 0; good && i < all->n; i++) {
        outers[i] = all->key[i] >> 32;
    }
    good = good && churn__radix_reorder_u64(heap, outers, all->order, all->n);
    churn__free_array(heap, outers, all->n, sizeof *outers);
    return good;
}

/* By outer key, then time; where there are many codes, then by code, so that those of a moment that
 * are alike lie next to each other. Of equals the earlier row comes first. */
static bool sorted_order(const risk_plan *plan, sorted *all)
{
    churn__heap *heap = plan->data->heap;
    bool good;

    if (plan->outers == 1 && plan->codes <= 8) {
        return churn__radix_order_u64(heap, all->time, all->order, all->n);
    }
    good = churn__radix_order_u64(heap, all->key, all->order, all->n) &&
           churn__radix_reorder_u64(heap, all->time, all->order, all->n);
    return good && (plan->outers == 1 || sort_outers(plan, all));
}

static bool sorted_gather(const risk_plan *plan, sorted *all, risk_side *side)
{
    uint32_t outer = 0;

    sorted_fill(plan, all);
    if (!sorted_order(plan, all)) {
        return false;
    }
    for (size_t i = 0; i < all->n; i++) {
        uint32_t row = all->order[i];
        bool first = i == 0;
        while (outer < (uint32_t)(all->key[row] >> 32)) {
            side->outer[++outer] = side->count;
            first = true;
        }
        if (!sorted_row(plan, all, row, first, side)) {
            return false;
        }
    }
    while (outer < plan->outers) {
        side->outer[++outer] = side->count;
    }
    return close_side(plan->data->heap, side);
}

static bool gather_sorted(const risk_plan *plan, risk_side *side)
{
    churn__heap *heap = plan->data->heap;
    size_t n = plan->data->n;
    bool weighted = plan->data->given.weight.values != NULL, good = false;
    sorted all = {.time = churn__alloc_array(heap, n, sizeof *all.time),
                  .key = churn__alloc_array(heap, n, sizeof *all.key),
                  .order = churn__alloc_array(heap, n, sizeof *all.order)};

    if (weighted) {
        all.weight = churn__alloc_array(heap, n, sizeof *all.weight);
    }
    if (all.time != NULL && all.key != NULL && all.order != NULL &&
        (!weighted || all.weight != NULL)) {
        good = sorted_gather(plan, &all, side);
    }
    churn__free_array(heap, all.time, n, sizeof *all.time);
    churn__free_array(heap, all.key, n, sizeof *all.key);
    churn__free_array(heap, all.order, n, sizeof *all.order);
    churn__free_array(heap, all.weight, n, sizeof *all.weight);
    return good;
}

/* ---- both sides ---- */

static bool gather(const risk_plan *plan, risk_side *side)
{
    size_t range = 0, cells = dense_cells(plan, &range);

    side->outer =
        churn__alloc_array_zero(plan->data->heap, (size_t)plan->outers + 1, sizeof *side->outer);
    if (side->outer == NULL) {
        return false;
    }
    if (plan->entries && !plan->data->entered) {
        return close_side(plan->data->heap, side);
    }
    return cells > 0 ? gather_dense(plan, range, cells, side) : gather_sorted(plan, side);
}

/* Who was there from the beginning: all who leave, less all who come. */
static void count_present(risk_sums *sums, bool tests)
{
    for (uint32_t o = 0; o < sums->outers; o++) {
        int64_t *count = sums->count + (size_t)o * sums->inners;
        for (size_t i = sums->exits.moments[sums->exits.outer[o]].cells;
             i < sums->exits.moments[sums->exits.outer[o + 1]].cells; i++) {
            const risk_cell *cell = &sums->exits.cells[i];
            count[tests ? cell->code / 2 : 0] += cell->count;
        }
        for (size_t i = sums->entries.moments[sums->entries.outer[o]].cells;
             i < sums->entries.moments[sums->entries.outer[o + 1]].cells; i++) {
            const risk_cell *cell = &sums->entries.cells[i];
            count[tests ? cell->code : 0] -= cell->count;
        }
    }
}

/* Their weights, which do not come of differences. */
static void weigh_present(const risk_data *data, risk_sums *sums, bool tests)
{
    risk_rows rows;

    churn__risk_rows_init(&rows);
    for (size_t from = 0; from < data->n; from += RISK_ROWS) {
        churn__risk_read(data, from, &rows);
        for (size_t i = 0; i < rows.n; i++) {
            size_t at =
                tests ? (size_t)rows.stratum[i] * sums->inners + rows.group[i] : rows.group[i];
            if (!(rows.entry[i] == rows.entry[i])) {
                sums->weight[at] += rows.weight[i];
            }
        }
    }
}

static churn_status sum_up(const risk_data *data, bool tests, risk_sums *out, churn_error *err)
{
    risk_plan plan = {.data = data, .tests = tests};
    size_t present;
    bool good;

    *out = (risk_sums){.heap = data->heap};
    plan.outers = out->outers = tests ? data->strata : data->groups;
    out->inners = tests ? data->groups : 1;
    out->codes = plan.codes = tests ? 2 * data->groups : data->kinds + 1;
    good = gather(&plan, &out->exits);
    plan.entries = true;
    plan.codes = out->inners;
    good = good && gather(&plan, &out->entries);
    present = (size_t)out->outers * out->inners;
    if (good) {
        out->count = churn__alloc_array_zero(data->heap, present, sizeof *out->count);
        out->weight = churn__alloc_array_zero(data->heap, present, sizeof *out->weight);
    }
    if (out->count == NULL || out->weight == NULL) {
        churn__risk_sums_free(out);
        return churn__fail_memory(err, data->heap);
    }
    count_present(out, tests);
    if (data->given.weight.values != NULL) {
        weigh_present(data, out, tests);
    } else {
        for (size_t i = 0; i < present; i++) {
            out->weight[i] = (double)out->count[i];
        }
    }
    return CHURN_OK;
}

churn_status churn__risk_sum_curves(const risk_data *data, risk_sums *out, churn_error *err)
{
    return sum_up(data, false, out, err);
}

churn_status churn__risk_sum_tests(const risk_data *data, risk_sums *out, churn_error *err)
{
    return sum_up(data, true, out, err);
}

static void free_side(churn__heap *heap, risk_side *side, uint32_t outers)
{
    churn__free_array(heap, side->moments, side->capacity, sizeof *side->moments);
    churn__free_array(heap, side->cells, side->cell_capacity, sizeof *side->cells);
    churn__free_array(heap, side->outer, (size_t)outers + 1, sizeof *side->outer);
}

void churn__risk_sums_free(risk_sums *sums)
{
    size_t present = (size_t)sums->outers * sums->inners;

    if (sums->heap != NULL) {
        free_side(sums->heap, &sums->exits, sums->outers);
        free_side(sums->heap, &sums->entries, sums->outers);
        churn__free_array(sums->heap, sums->count, present, sizeof *sums->count);
        churn__free_array(sums->heap, sums->weight, present, sizeof *sums->weight);
    }
    *sums = (risk_sums){0};
}
