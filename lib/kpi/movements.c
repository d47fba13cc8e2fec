/* SPDX-License-Identifier: MIT */
#include "kpi/inside.h"

#include <churn/kpi.h>

#include "base/sort.h"

typedef struct movement {
    churn_time at;
    uint32_t rank; /* of the customer's id */
    uint8_t kind;
    int64_t before, after;
} movement;

typedef struct gathering {
    const churn__version *version;
    churn__heap *heap;
    churn__mrr_period *span; /* the whole span, for the proof that it adds up */
    movement *data;
    size_t count, capacity;
} gathering;

/* Whether the money of a customer is known all through the span. */
static bool money_known(const churn__mrr_period *span, const churn__mrr_step *steps, size_t count)
{
    bool known = true;
    for (size_t i = 0; i < count && steps[i].at < span->until; i++) {
        known = (known || steps[i].at < span->start) && !steps[i].no_rate;
    }
    return known;
}

static bool push(gathering *g, movement row)
{
    if (!churn__grow(g->heap, (void **)&g->data, &g->capacity, g->count + 1, sizeof row)) {
        return false;
    }
    g->data[g->count++] = row;
    return true;
}

static churn_status gather(void *context, uint32_t rank, uint32_t customer,
                           const churn__mrr_step *steps, size_t step_count, churn_error *err)
{
    churn_status st = CHURN_OK;
    gathering *g = context;
    churn__tally ledger = {0};
    if (!g->span->begun || !money_known(g->span, steps, step_count)) {
        return CHURN_OK;
    }
    const churn__kpi_customer one = {.id = churn__version_customer_id(g->version, customer),
                                     .steps = steps,
                                     .step_count = step_count};
    CHURN_TRY(churn__kpi_add(g->span, 1, &one, err));
    for (size_t i = 0; i < step_count && steps[i].at < g->span->until; i++) {
        const int64_t before = ledger.mrr;
        const uint8_t kind = churn__tally_step(&ledger, &steps[i]);
        const movement row = {steps[i].at, rank, kind, before, ledger.mrr};
        if (kind == CHURN__MOVE_NONE || row.at < g->span->start) {
            continue;
        }
        if (!push(g, row)) {
            CHURN_TRY(churn__fail_memory(err, g->heap));
        }
    }
done:
    return st;
}

static int compare_movements(const void *a, const void *b, const void *context)
{
    const movement *x = a, *y = b;
    (void)context;
    if (x->at != y->at) {
        return x->at < y->at ? -1 : 1;
    }
    return (x->rank > y->rank) - (x->rank < y->rank);
}

/* The rows, read as a stranger would, lead from the MRR at the start to the MRR at the end. */
static churn_status prove(const gathering *g, churn_error *err)
{
    uint64_t mrr = (uint64_t)g->span->sum[CHURN__SUM_START];
    for (size_t i = 0; i < g->count; i++) {
        mrr += (uint64_t)g->data[i].after - (uint64_t)g->data[i].before;
    }
    if (mrr != (uint64_t)g->span->sum[CHURN__SUM_END]) {
        return churn__fail(err, CHURN_E_INTERNAL, 0, "movements: they do not add up");
    }
    return churn__kpi_reconcile(g->span, 1, err);
}

static churn_status make_table(const gathering *g, const churn__kpi_request *request,
                               churn_table **out, churn_error *err)
{
    const uint32_t *order = churn__version_order(g->version);
    churn__table_builder *table = churn__table_begin(g->heap, g->count);
    if (table == NULL) {
        return churn__fail_memory(err, g->heap);
    }
    churn__table_column(table, "at", CHURN_COLUMN_TIME);
    churn__table_column(table, "customer", CHURN_COLUMN_STRING);
    churn__table_column(table, "kind", CHURN_COLUMN_STRING);
    churn__table_column(table, "amount", CHURN_COLUMN_INT);
    churn__table_column(table, "before", CHURN_COLUMN_INT);
    churn__table_column(table, "after", CHURN_COLUMN_INT);
    churn__table_column(table, "currency", CHURN_COLUMN_STRING);
    for (size_t i = 0; i < g->count; i++) {
        const movement *row = &g->data[i];
        churn__table_add_time(table, 0, row->at);
        churn__table_add_string(table, 1, churn__version_customer_id(g->version, order[row->rank]));
        churn__table_add_string(table, 2, churn__str_nts(churn__movement_name(row->kind)));
        churn__table_add_int(table, 3, row->after - row->before);
        churn__table_add_int(table, 4, row->before);
        churn__table_add_int(table, 5, row->after);
        churn__table_add_string(table, 6, request->currency);
    }
    return churn__table_finish(table, out, err);
}

churn_status churn__kpi_movements(churn__heap *heap, churn__version *version,
                                  const churn__kpi_request *request, churn_table **out,
                                  churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__kpi_request whole = *request;
    gathering g = {.version = version, .heap = heap};
    size_t count = 0;
    whole.every = CHURN_EVERY_SPAN;
    CHURN_TRY(churn__kpi_periods(heap, &whole, &g.span, &count, err));
    CHURN_TRY(churn__walk_customers(heap, version, &whole, gather, &g, err));
    CHURN_TRY(prove(&g, err));
    if (!churn__sort(heap, g.data, g.count, sizeof *g.data, compare_movements, NULL)) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    CHURN_TRY(make_table(&g, request, out, err));
done:
    churn__free_array(heap, g.data, g.capacity, sizeof *g.data);
    churn__free_array(heap, g.span, count, sizeof *g.span);
    return st;
}
