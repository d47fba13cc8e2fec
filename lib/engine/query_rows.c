/* SPDX-License-Identifier: MIT */
#include "base/buf.h"
#include "base/checked.h"
#include "base/sort.h"
#include "engine/query.h"

/*
 * Rows of a question: written at once where customers come in order of their ids anyway; kept until
 * all are there, and then sorted, where an order was asked for. Of an order with a limit, only
 * about twice as many rows as will be shown are ever kept.
 */
#define FEWEST_KEPT 4096u

/* ---- cells ---- */

static churn__value nothing(churn__type type)
{
    return (churn__value){.type = type, .missing = CHURN__EMPTY, .as = {.i = 0}};
}

/* "a, b" in the arena. False: no memory. */
static bool join(const churn__strs *list, churn__arena *arena, churn__value *out)
{
    size_t size = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        size += list->items[i].len + 2;
    }
    char *text = churn__arena_alloc(arena, size + 1);
    size_t at = 0;
    for (uint32_t i = 0; text != NULL && i < list->count; i++) {
        if (i > 0) {
            memcpy(text + at, ", ", 2);
            at += 2;
        }
        memcpy(text + at, list->items[i].ptr, list->items[i].len);
        at += list->items[i].len;
    }
    *out = (churn__value){.type = CHURN__TYPE_STRING, .as = {.s = {text, at}}};
    return text != NULL;
}

static churn__value slot_value(const churn__column *column, uint32_t row)
{
    churn__value value = {.type = column->type};
    if (!churn__column_has(column, row)) {
        return nothing(column->type);
    }
    switch (column->type) {
    case CHURN__TYPE_BOOL:
        value.as.b = ((const uint8_t *)column->values)[row];
        break;
    case CHURN__TYPE_DOUBLE:
        value.as.d = ((const double *)column->values)[row];
        break;
    case CHURN__TYPE_STRING:
        value.as.s = churn__column_string(column, row);
        break;
    default:
        value.as.i = ((const int64_t *)column->values)[row];
        break;
    }
    return value;
}

/* The value of a part for a row; texts are views of the frame, or of its scratch until it is used
 * again, or of the arena. */
static churn_status part_value(churn__query *q, const churn__query_part *part, churn__frame *frame,
                               uint32_t row, churn__arena *arena, churn__value *out,
                               churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__truth truth = CHURN__UNKNOWN;
    churn_error fault = {.struct_size = sizeof fault};
    if (part->type == CHURN__TYPE_STRINGS) {
        const churn__strs *lists = frame->columns[part->slot].values;
        return join(&lists[row], arena, out) ? CHURN_OK : churn__fail_memory(err, q->heap);
    }
    if (part->slot != CHURN__NONE) {
        *out = slot_value(&frame->columns[part->slot], row);
        return CHURN_OK;
    }
    CHURN_TRY(
        churn__expr_value(part->expr, frame->columns, row, frame->scratch, out, &truth, &fault));
    if (truth == CHURN__ERROR) {
        q->summary.cell_errors++;
        churn__query_count_fault(q, part->part, fault.message);
    }
    if (truth != CHURN__TRUE) {
        *out = nothing(part->type);
    }
done:
    if (st != CHURN_OK) {
        st = churn__fail_memory(err, q->heap);
    }
    return st;
}

static void write_cell(churn__table_builder *builder, uint32_t to, const churn__value *value)
{
    if (value->missing != CHURN__PRESENT) {
        churn__table_add_null(builder, to);
        return;
    }
    switch (value->type) {
    case CHURN__TYPE_BOOL:
        churn__table_add_bool(builder, to, value->as.b != 0);
        return;
    case CHURN__TYPE_INT:
        churn__table_add_int(builder, to, value->as.i);
        return;
    case CHURN__TYPE_STRING:
        churn__table_add_string(builder, to, value->as.s);
        return;
    case CHURN__TYPE_TIME:
        churn__table_add_time(builder, to, value->as.t);
        return;
    case CHURN__TYPE_DURATION:
        churn__table_add_duration(builder, to, value->as.i);
        return;
    default:
        churn__table_add_double(builder, to, value->as.d);
        return;
    }
}

/* ---- rows at once ---- */

static churn_status write_row(churn__query *q, churn__frame *frame, uint32_t row, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__table_add_string(q->builder, 0, churn__frame_id(frame, row));
    for (uint32_t i = 0; i < q->column_count; i++) {
        churn__value value;
        CHURN_TRY(part_value(q, &q->columns[i], frame, row, &frame->strings, &value, err));
        write_cell(q->builder, i + 1, &value);
    }
done:
    return st;
}

/* ---- rows that wait ---- */

static bool keep_text(churn__arena *arena, churn_str *s)
{
    *s = churn__arena_str(arena, s->len > 0 ? s->ptr : "", s->len);
    return s->ptr != NULL;
}

static bool keep_value(churn__arena *arena, churn__value *value)
{
    bool text = value->type == CHURN__TYPE_STRING && value->missing == CHURN__PRESENT;
    return !text || keep_text(arena, &value->as.s);
}

static uint32_t values_a_row(const churn__query *q)
{
    return q->key_count + q->column_count;
}

static churn_status keep_row(churn__query *q, churn__frame *frame, uint32_t row, churn_error *err)
{
    churn_status st = CHURN_OK;
    uint32_t n = values_a_row(q);
    churn__query_row kept = {.customer = churn__frame_id(frame, row)};
    kept.values = churn__arena_array(&q->kept, n, sizeof *kept.values);
    if (kept.values == NULL || !keep_text(&q->kept, &kept.customer) ||
        !churn__grow(q->heap, (void **)&q->rows, &q->row_capacity, q->row_count + 1,
                     sizeof *q->rows)) {
        CHURN_TRY(churn__fail_memory(err, q->heap));
    }
    for (uint32_t i = 0; i < n; i++) {
        const churn__query_part *part =
            i < q->key_count ? &q->keys[i] : &q->columns[i - q->key_count];
        CHURN_TRY(part_value(q, part, frame, row, &q->kept, &kept.values[i], err));
        if (!keep_value(&q->kept, &kept.values[i])) {
            CHURN_TRY(churn__fail_memory(err, q->heap));
        }
    }
    q->rows[q->row_count++] = kept;
done:
    return st;
}

static int compare_values(const churn__value *a, const churn__value *b)
{
    switch (a->type) {
    case CHURN__TYPE_BOOL:
        return (a->as.b > b->as.b) - (a->as.b < b->as.b);
    case CHURN__TYPE_DOUBLE:
        return (a->as.d > b->as.d) - (a->as.d < b->as.d);
    case CHURN__TYPE_STRING:
        return churn__str_cmp(a->as.s, b->as.s);
    default:
        return (a->as.i > b->as.i) - (a->as.i < b->as.i);
    }
}

static int compare_rows(const void *left, const void *right, const void *context)
{
    const churn__query *q = context;
    const churn__value *a = ((const churn__query_row *)left)->values;
    const churn__value *b = ((const churn__query_row *)right)->values;
    for (uint32_t i = 0; i < q->key_count; i++) {
        bool no_a = a[i].missing != CHURN__PRESENT, no_b = b[i].missing != CHURN__PRESENT;
        int order = no_a || no_b ? no_a - no_b : compare_values(&a[i], &b[i]);
        if (order != 0) {
            return q->keys[i].descending && !no_a && !no_b ? -order : order;
        }
    }
    return 0; /* the sort is stable, and rows come by customer */
}

static churn_status sort_rows(churn__query *q, churn_error *err)
{
    if (!churn__sort(q->heap, q->rows, q->row_count, sizeof *q->rows, compare_rows, q)) {
        return churn__fail_memory(err, q->heap);
    }
    if (q->options.limit != 0 && q->row_count > q->options.limit) {
        q->row_count = (size_t)q->options.limit;
    }
    return CHURN_OK;
}

static bool move_row(churn__arena *to, churn__query_row *row, uint32_t n)
{
    churn__value *values = churn__arena_array(to, n, sizeof *values);
    if (values == NULL || !keep_text(to, &row->customer)) {
        return false;
    }
    memcpy(values, row->values, n * sizeof *values);
    row->values = values;
    for (uint32_t i = 0; i < n; i++) {
        if (!keep_value(to, &values[i])) {
            return false;
        }
    }
    return true;
}

/* Of the rows that wait, only those that may still be shown. */
static churn_status drop_rows(churn__query *q, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__arena fresh;
    churn__arena_init(&fresh, q->heap);
    CHURN_TRY(sort_rows(q, err));
    for (size_t i = 0; i < q->row_count; i++) {
        if (!move_row(&fresh, &q->rows[i], values_a_row(q))) {
            CHURN_TRY(churn__fail_memory(err, q->heap));
        }
    }
    churn__arena_clear(&q->kept);
    q->kept = fresh;
    return CHURN_OK;
done:
    churn__arena_clear(&fresh);
    return st;
}

static churn_status take_row(churn__query *q, churn__frame *frame, uint32_t row, churn_error *err)
{
    churn_status st = CHURN_OK;
    uint64_t limit = q->options.limit;
    q->summary.matched++;
    if (q->key_count == 0) {
        return limit != 0 && q->summary.matched > limit ? CHURN_OK : write_row(q, frame, row, err);
    }
    CHURN_TRY(keep_row(q, frame, row, err));
    if (limit != 0 && q->row_count >= FEWEST_KEPT && q->row_count / 2 >= limit) {
        CHURN_TRY(drop_rows(q, err));
    }
done:
    return st;
}

churn_status churn__query_finish(churn__query *q, churn_error *err)
{
    churn_status st = CHURN_OK;
    if (q->key_count == 0) {
        return CHURN_OK;
    }
    CHURN_TRY(sort_rows(q, err));
    for (size_t i = 0; i < q->row_count; i++) {
        churn__table_add_string(q->builder, 0, q->rows[i].customer);
        for (uint32_t c = 0; c < q->column_count; c++) {
            write_cell(q->builder, c + 1, &q->rows[i].values[q->key_count + c]);
        }
    }
done:
    return st;
}

/* ---- a batch ---- */

static void note_error(churn__query *q, churn__frame *frame, uint32_t row)
{
    churn__value value;
    churn__truth truth = CHURN__ERROR;
    churn_error fault = {.struct_size = sizeof fault};
    (void)churn__expr_value(q->where, frame->columns, row, frame->scratch, &value, &truth, &fault);
    churn__query_count_fault(q, CHURN__STR("where"), fault.message);
}

static churn_status judge(churn__query *q, churn__frame *frame, uint32_t row, churn_error *err)
{
    q->summary.asked++;
    switch (q->where == NULL ? CHURN__TRUE : frame->truth[row]) {
    case CHURN__TRUE:
        return take_row(q, frame, row, err);
    case CHURN__FALSE:
        q->summary.not_matched++;
        return CHURN_OK;
    case CHURN__UNKNOWN:
        q->summary.unknown++;
        churn__query_count_unknown(q, frame, row);
        return CHURN_OK;
    default:
        q->summary.errors++;
        note_error(q, frame, row);
        return CHURN_OK;
    }
}

churn_status churn__query_use(churn__frame *frame, void *context, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__query *q = context;
    if (q->where != NULL) {
        CHURN_TRY(churn__expr_truth(q->where, frame->columns, frame->rows, frame->scratch,
                                    frame->truth, err));
    }
    for (uint32_t row = 0; row < frame->rows; row++) {
        if (frame->exists[row]) {
            CHURN_TRY(judge(q, frame, row, err));
        }
    }
done:
    return st;
}
