/* SPDX-License-Identifier: MIT */
#include "core/fail.h"
#include "playbook/metric_words.h"
#include "playbook/schema.h"
#include "table/table.h"

/* The metrics of a playbook as a table, for user interfaces and documents. */

typedef struct catalogue {
    const churn_playbook *playbook;
    churn__table_builder *table;
    churn__buf text;
    uint8_t *reached; /* by metric: the one in hand stands on it, or is it */
    uint32_t *stack;
} catalogue;

static const churn__table_head columns[] = {
    {"id", CHURN_COLUMN_STRING},          {"type", CHURN_COLUMN_STRING},
    {"unit", CHURN_COLUMN_STRING},        {"currency", CHURN_COLUMN_STRING},
    {"description", CHURN_COLUMN_STRING}, {"dependencies", CHURN_COLUMN_STRING},
    {"sources", CHURN_COLUMN_STRING},     {"line", CHURN_COLUMN_INT},
};

/* The text that was collected becomes a cell; none is null. */
static void give_text(catalogue *c, uint32_t column)
{
    churn_str text = churn__buf_view(&c->text);
    churn__table_add_string(c->table, column, text.len > 0 ? text : (churn_str){NULL, 0});
    churn__buf_reset(&c->text);
}

static void next_item(catalogue *c)
{
    churn__buf_text(&c->text, c->text.size > 0 ? ", " : "");
}

static const char *type_word(churn__type type)
{
    switch (type) {
    case CHURN__TYPE_BOOL:
        return "bool";
    case CHURN__TYPE_STRING:
        return "string";
    case CHURN__TYPE_TIME:
        return "timestamp";
    default:
        return "number";
    }
}

static void add_dependencies(catalogue *c, uint32_t metric)
{
    uint32_t count = churn__metric_input_count(&c->playbook->metrics[metric]);
    for (uint32_t i = 0; i < count; i++) {
        churn_str attribute;
        uint32_t input = churn__words_input(c->playbook, metric, i, &attribute);
        next_item(c);
        if (input != UINT32_MAX) {
            churn__buf_str(&c->text, c->playbook->metrics[input].id);
            continue;
        }
        churn__buf_text(&c->text, "customer.");
        churn__buf_str(&c->text, attribute.len > 0 ? attribute : CHURN__STR("age_days"));
    }
    give_text(c, 5);
}

/* All that a metric stands on: each is reached once, so the stack has room. */
static void reach(catalogue *c, uint32_t metric)
{
    uint32_t depth = 0;
    c->stack[depth++] = metric;
    c->reached[metric] = 1;
    while (depth > 0) {
        uint32_t top = c->stack[--depth];
        uint32_t count = churn__metric_input_count(&c->playbook->metrics[top]);
        for (uint32_t i = 0; i < count; i++) {
            churn_str attribute;
            uint32_t input = churn__words_input(c->playbook, top, i, &attribute);
            if (input != UINT32_MAX && !c->reached[input]) {
                c->reached[input] = 1;
                c->stack[depth++] = input;
            }
        }
    }
}

static void add_sources(catalogue *c, uint32_t metric)
{
    const churn_playbook *pb = c->playbook;
    for (uint32_t m = 0; m < pb->metric_count; m++) {
        c->reached[m] = 0;
    }
    reach(c, metric);
    for (uint32_t s = 0; s < pb->source_count; s++) {
        bool stands = false;
        for (uint32_t m = 0; m < pb->metric_count && !stands; m++) {
            stands = c->reached[m] && churn__metric_stands_on(&pb->metrics[m], &pb->sources[s]);
        }
        if (stands) {
            next_item(c);
            churn__buf_str(&c->text, pb->sources[s].id);
        }
    }
    give_text(c, 6);
}

static void add_row(catalogue *c, uint32_t metric)
{
    const churn_playbook *pb = c->playbook;
    const churn__metric_def *def = &pb->metrics[metric];
    churn_str unit = churn__str_nts(churn__words_unit(pb, metric));
    bool money = churn__str_eq(unit, CHURN__STR("money"));
    churn__table_add_string(c->table, 0, def->id);
    churn__table_add_string(c->table, 1, churn__str_nts(type_word(def->type)));
    churn__table_add_string(c->table, 2, unit);
    churn__table_add_string(c->table, 3, money ? pb->currency : (churn_str){NULL, 0});
    if (def->description.ptr != NULL) {
        churn__buf_str(&c->text, def->description);
    } else {
        churn__words_sentence(pb, metric, &c->text);
    }
    give_text(c, 4);
    add_dependencies(c, metric);
    add_sources(c, metric);
    churn__table_add_int(c->table, 7, def->line);
}

churn_status churn_playbook_metrics(const churn_playbook *playbook, churn_table **out,
                                    churn_error *err)
{
    churn_status st = CHURN_OK;
    if (playbook == NULL || out == NULL) {
        return churn__fail_null(err, "churn_playbook_metrics",
                                playbook == NULL ? "playbook" : "out");
    }
    *out = NULL;
    uint32_t n = playbook->metric_count;
    churn__heap *heap = playbook->heap;
    catalogue c = {.playbook = playbook, .table = churn__table_begin(heap, n)};
    churn__buf_init(&c.text, heap);
    c.reached = churn__alloc_array(heap, n, sizeof *c.reached);
    c.stack = churn__alloc_array(heap, n, sizeof *c.stack);
    if (c.table == NULL || c.reached == NULL || c.stack == NULL) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    churn__table_columns(c.table, columns, sizeof columns / sizeof *columns);
    for (uint32_t m = 0; m < playbook->declared_count && !c.text.failed; m++) {
        add_row(&c, m);
    }
    if (c.text.failed) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    st = churn__table_finish(c.table, out, err);
    c.table = NULL;
done:
    churn__table_abandon(c.table);
    churn__free_array(heap, c.reached, n, sizeof *c.reached);
    churn__free_array(heap, c.stack, n, sizeof *c.stack);
    churn__buf_clear(&c.text);
    return st;
}
