/* SPDX-License-Identifier: MIT */
#include "base/sort.h"
#include "engine/query.h"

/* Why customers neither match nor do not, and which cells cannot be computed. */

void churn__query_count_unknown(churn__query *q, churn__frame *frame, uint32_t row)
{
    uint32_t all = 0;
    const uint32_t *inputs = churn__expr_slots(q->where, &all), *slots = NULL;
    uint32_t count = churn__frame_blame(frame, q->where, row, &slots);
    for (uint32_t i = 0, input = 0; i < count; i++) {
        while (inputs[input] != slots[i]) { /* both ascend, and what is blamed is read */
            input++;
        }
        churn__missing reason = churn__frame_missing(frame, slots[i], row);
        q->missing[input * CHURN__REASONS + reason]++;
    }
}

static bool same_fault(const churn__query_fault *fault, churn_str part, churn_str text)
{
    return churn__str_eq(fault->part, part) && churn__str_eq(churn__str_nts(fault->text), text);
}

/* The last place is for all that is not told apart. */
void churn__query_count_fault(churn__query *q, churn_str part, const char *message)
{
    uint32_t i = 0;
    char text[sizeof q->faults[0].text];
    churn_str cut = {text, churn__format(text, sizeof text, "%s", message)};
    while (i < q->fault_count && !same_fault(&q->faults[i], part, cut)) {
        i++;
    }
    if (i >= CHURN__QUERY_FAULTS - 1) {
        i = CHURN__QUERY_FAULTS - 1;
        part = (churn_str){NULL, 0};
        cut = CHURN__STR("other errors");
    }
    if (i == q->fault_count) {
        q->fault_count++;
        q->faults[i].part = part;
        memcpy(q->faults[i].text, cut.ptr, cut.len + 1);
    }
    q->faults[i].count++;
}

/* ---- as a table ---- */

typedef struct reason_row {
    churn_str part, name, reason;
    bool error;
    uint64_t count;
} reason_row;

static int compare_reasons(const void *left, const void *right, const void *context)
{
    (void)context;
    uint64_t a = ((const reason_row *)left)->count, b = ((const reason_row *)right)->count;
    return (a < b) - (a > b);
}

/* Two reasons may have one name. */
static uint64_t count_named(const churn__query *q, uint32_t input, uint32_t reason)
{
    uint64_t count = 0;
    const char *name = churn__missing_name((churn__missing)reason);
    const uint64_t *of = q->missing + (size_t)input * CHURN__REASONS;
    for (uint32_t i = 1; i < CHURN__REASONS; i++) {
        if (strcmp(churn__missing_name((churn__missing)i), name) == 0) {
            if (i < reason) {
                return 0; /* counted there */
            }
            count += of[i];
        }
    }
    return count;
}

static size_t list_unknown(const churn__query *q, reason_row *rows)
{
    uint32_t inputs = 0;
    size_t n = 0;
    const churn_playbook *view = churn__question_view(q->question);
    const uint32_t *slots = q->where == NULL ? NULL : churn__expr_slots(q->where, &inputs);
    for (uint32_t input = 0; input < inputs; input++) {
        for (uint32_t reason = 1; reason < CHURN__REASONS; reason++) {
            uint64_t count = count_named(q, input, reason);
            if (count > 0) {
                rows[n++] = (reason_row){
                    .part = CHURN__STR("where"),
                    .name = view->slots[slots[input]].name,
                    .reason = churn__str_nts(churn__missing_name((churn__missing)reason)),
                    .count = count};
            }
        }
    }
    return n;
}

static size_t list_faults(const churn__query *q, reason_row *rows)
{
    for (uint32_t i = 0; i < q->fault_count; i++) {
        rows[i] = (reason_row){.part = q->faults[i].part,
                               .name = {NULL, 0},
                               .reason = churn__str_nts(q->faults[i].text),
                               .error = true,
                               .count = q->faults[i].count};
    }
    return q->fault_count;
}

static churn_status reasons_table(const churn__query *q, const reason_row *rows, size_t count,
                                  churn_table **out, churn_error *err)
{
    churn__table_builder *builder =
        churn__table_begin(churn__store_heap(q->asking.engine->store), count);
    if (builder == NULL) {
        return churn__fail_memory(err, q->heap);
    }
    churn__table_column(builder, "part", CHURN_COLUMN_STRING);
    churn__table_column(builder, "outcome", CHURN_COLUMN_STRING);
    churn__table_column(builder, "name", CHURN_COLUMN_STRING);
    churn__table_column(builder, "reason", CHURN_COLUMN_STRING);
    churn__table_column(builder, "customers", CHURN_COLUMN_INT);
    for (size_t i = 0; i < count; i++) {
        churn__table_add_string(builder, 0, rows[i].part);
        churn__table_add_string(builder, 1,
                                rows[i].error ? CHURN__STR("error") : CHURN__STR("unknown"));
        churn__table_add_string(builder, 2, rows[i].name);
        churn__table_add_string(builder, 3, rows[i].reason);
        churn__table_add_int(builder, 4, (int64_t)rows[i].count);
    }
    return churn__table_finish(builder, out, err);
}

churn_status churn__query_reasons(const churn__query *q, churn_table **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    size_t most = (size_t)q->input_count * CHURN__REASONS + q->fault_count, count;
    reason_row *rows = churn__alloc_array(q->heap, most + 1, sizeof *rows);
    if (rows == NULL) {
        return churn__fail_memory(err, q->heap);
    }
    count = list_unknown(q, rows);
    count += list_faults(q, rows + count);
    if (!churn__sort(q->heap, rows, count, sizeof *rows, compare_reasons, NULL)) {
        CHURN_TRY(churn__fail_memory(err, q->heap));
    }
    st = reasons_table(q, rows, count, out, err);
done:
    churn__free_array(q->heap, rows, most + 1, sizeof *rows);
    return st;
}
