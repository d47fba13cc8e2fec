/* SPDX-License-Identifier: MIT */
#include "kpi/statement.h"

#include "base/sort.h"

/* The movements of all customers as a table. */

typedef struct entry {
    uint32_t rank; /* of the customer's id */
    churn__move move;
} entry;

typedef struct gathering {
    churn__heap *heap;
    const churn__version *version;
    const churn__ledger_asked *asked;
    churn_time until; /* the end, or as_of where that is earlier */
    entry *data;
    size_t count, capacity;
} gathering;

static bool push(gathering *g, uint32_t rank, const churn__move *move)
{
    if (!churn__grow(g->heap, (void **)&g->data, &g->capacity, g->count + 1, sizeof *g->data)) {
        return false;
    }
    g->data[g->count++] = (entry){rank, *move};
    return true;
}

/* Of who has unknown money in the span nothing is told. */
static churn_status gather(void *context, const churn__ledger_turn *turn, churn_error *err)
{
    gathering *g = context;
    const churn__ledger_of *of = &turn->of;
    if (churn__ledger_unknown(of, g->asked->from, g->until) != NULL) {
        return CHURN_OK;
    }
    for (size_t i = 0; i < of->move_count && of->moves[i].at < g->until; i++) {
        if (of->moves[i].at >= g->asked->from && !push(g, turn->rank, &of->moves[i])) {
            return churn__fail_memory(err, g->heap);
        }
    }
    return CHURN_OK;
}

/* Rows of one customer and instant stay as they are. */
static int compare_entries(const void *a, const void *b, const void *context)
{
    const entry *x = a, *y = b;
    (void)context;
    if (x->move.at != y->move.at) {
        return x->move.at < y->move.at ? -1 : 1;
    }
    return (x->rank > y->rank) - (x->rank < y->rank);
}

/* ---- the table ---- */

enum {
    COL_AT,
    COL_CUSTOMER,
    COL_SUBSCRIPTION,
    COL_PLAN,
    COL_PRODUCT,
    COL_OWN_CURRENCY,
    COL_KIND,
    COL_CAUSE,
    COL_AMOUNT,
    COL_BEFORE,
    COL_AFTER,
    COL_CURRENCY,
    COL_POLICY,
    COL_COUNT
};

static void declare_columns(churn__table_builder *table)
{
    static const churn__table_head columns[COL_COUNT] = {
        {"at", CHURN_COLUMN_TIME},
        {"customer", CHURN_COLUMN_STRING},
        {"subscription", CHURN_COLUMN_STRING},
        {"plan", CHURN_COLUMN_STRING},
        {"product", CHURN_COLUMN_STRING},
        {"own_currency", CHURN_COLUMN_STRING},
        {"kind", CHURN_COLUMN_STRING},
        {"cause", CHURN_COLUMN_STRING},
        {"amount", CHURN_COLUMN_INT},
        {"before", CHURN_COLUMN_INT},
        {"after", CHURN_COLUMN_INT},
        {"currency", CHURN_COLUMN_STRING},
        {"policy", CHURN_COLUMN_STRING},
    };
    churn__table_expect(table, COL_COUNT);
    churn__table_columns(table, columns, COL_COUNT);
}

static void add_row(const gathering *g, churn__table_builder *table, const entry *row)
{
    const churn__move *move = &row->move;
    const uint32_t *order = churn__version_order(g->version);
    churn__table_add_time(table, COL_AT, move->at);
    churn__table_add_string(table, COL_CUSTOMER,
                            churn__version_customer_id(g->version, order[row->rank]));
    churn__table_add_string(
        table, COL_SUBSCRIPTION,
        churn__version_key(g->version, CHURN_RECORD_SUBSCRIPTION, move->subscription));
    churn__table_add_string(table, COL_PLAN, churn__statement_text(g->version, move->plan));
    churn__table_add_string(table, COL_PRODUCT, churn__statement_text(g->version, move->product));
    churn__table_add_string(table, COL_OWN_CURRENCY,
                            churn__statement_text(g->version, move->currency));
    churn__table_add_string(table, COL_KIND, churn__str_nts(churn__movement_name(move->kind)));
    churn__table_add_string(table, COL_CAUSE, churn__str_nts(churn__cause_name(move->cause)));
    churn__table_add_int(table, COL_AMOUNT, move->amount);
    churn__table_add_int(table, COL_BEFORE, move->before);
    churn__table_add_int(table, COL_AFTER, move->after);
    churn__table_add_string(table, COL_CURRENCY, g->asked->currency);
    churn__table_add_string(table, COL_POLICY,
                            churn__str_nts(churn__policy_name(g->asked->policy)));
}

static churn_status make_table(const gathering *g, churn_table **out, churn_error *err)
{
    churn__table_builder *table = churn__table_begin(g->heap, g->count);
    if (table == NULL) {
        return churn__fail_memory(err, g->heap);
    }
    declare_columns(table);
    for (size_t i = 0; i < g->count; i++) {
        add_row(g, table, &g->data[i]);
    }
    return churn__table_finish(table, out, err);
}

churn_status churn__kpi_movements(churn__heap *heap, churn__version *version,
                                  const churn__ledger_asked *asked, churn_table **out,
                                  churn_error *err)
{
    churn_status st = CHURN_OK;
    gathering g = {.heap = heap, .version = version, .asked = asked};
    g.until = asked->to < asked->as_of ? asked->to : asked->as_of;
    CHURN_TRY(churn__statement_walk(heap, version, asked, asked->split, gather, &g, err));
    if (!churn__sort(heap, g.data, g.count, sizeof *g.data, compare_entries, NULL)) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    CHURN_TRY(make_table(&g, out, err));
done:
    churn__free_array(heap, g.data, g.capacity, sizeof *g.data);
    return st;
}
