/* SPDX-License-Identifier: MIT */
#include "base/sort.h"
#include "store/reading.h"

/*
 * Customers with their attributes beside them. The first of two passes over the same customers
 * finds out which attributes there are and of which types, the second one writes the cells.
 */
#define NO_PLACE UINT32_MAX
#define MIXED 255 /* values of several types: all are written as text */
#define CANCEL_EVERY 256u

typedef struct wide {
    reading *r;
    reading attributes;
    uint32_t *place; /* by code of texts: the attribute's number from 0; NO_PLACE */
    size_t texts;
    uint32_t *names; /* codes */
    churn__type *types;
    size_t name_count, name_capacity, type_capacity;
    const attribute_row **current; /* of the customer at hand; NULL: none */
    size_t current_count;
    churn__table_builder *table;
    uint32_t id, since, known, first; /* columns; of the first attribute */
    churn__buf text;
    churn_error *err;
} wide;

/* One customer who is in the answer; `row` may be NULL: only other records name them. */
typedef churn_status (*wide_use)(wide *w, uint32_t customer, const customer_row *row);

/* ---- who is in the answer ---- */

/* One that nobody dated is known all the time, as for churn__reader_exists(). */
const customer_row *churn__read_customer_row(const reading *r, uint32_t customer)
{
    const void *data = NULL;
    uint32_t n = churn__store_row_block(r->version->rows[KIND_CUSTOMER],
                                        r->version->row_runs[KIND_CUSTOMER], customer, &data);
    const customer_row *rows = data;
    for (uint32_t i = 0; i < n; i++) {
        const row_head *head = &rows[i].head;
        bool known = r->now ? head->until == FOREVER : row_known(head, r->as_of);
        if (known || (i == 0 && head->known == head->when && r->as_of < head->known && !r->now)) {
            return &rows[i];
        }
    }
    return NULL;
}

bool churn__read_customer_in(const reading *r, uint32_t customer, const customer_row *row)
{
    churn_time since = row == NULL ? CHURN_TIME_NONE : row->since;
    return since >= r->from && since < r->to &&
           (r->now || churn__reader_exists(r->reader, customer, r->as_of));
}

static churn_status go_through(wide *w, wide_use use)
{
    churn_status st = CHURN_OK;
    reading *r = w->r;
    churn_error *err = w->err;
    uint64_t left = r->left;
    for (uint32_t i = 0; i < r->count && left > 0; i++) {
        const customer_row *row = churn__read_customer_row(r, r->order[i]);
        if (i % CANCEL_EVERY == 0) {
            CHURN_TRY(churn__cancel_check(r->options.cancel, err));
        }
        if (churn__read_customer_in(r, r->order[i], row)) {
            CHURN_TRY(use(w, r->order[i], row));
            left--;
        }
    }
done:
    return st;
}

/* ---- which attributes there are ---- */

static churn_status add_name(wide *w, uint32_t code)
{
    churn__heap *heap = w->r->heap;
    size_t n = w->name_count;
    if (!churn__grow(heap, (void **)&w->names, &w->name_capacity, n + 1, sizeof *w->names) ||
        !churn__grow(heap, (void **)&w->types, &w->type_capacity, n + 1, sizeof *w->types)) {
        return churn__fail_memory(w->err, heap);
    }
    w->names[n] = code;
    w->types[n] = 0;
    w->place[code] = (uint32_t)n;
    w->name_count++;
    return CHURN_OK;
}

static churn_status find_attributes(wide *w, uint32_t customer, const customer_row *row)
{
    churn_status st = CHURN_OK;
    churn_error *err = w->err;
    (void)row;
    if (!churn__reading_rows(&w->attributes, customer)) {
        CHURN_TRY(churn__fail_memory(err, w->r->heap));
    }
    for (size_t i = 0; i < w->attributes.row_count; i++) {
        const attribute_row *a = w->attributes.rows[i];
        if (w->place[a->head.id] == NO_PLACE) {
            CHURN_TRY(add_name(w, a->head.id));
        }
        churn__type *type = &w->types[w->place[a->head.id]];
        bool other = a->type != 0 && *type != 0 && *type != a->type;
        *type = other ? MIXED : a->type != 0 ? (churn__type)a->type : *type;
    }
done:
    return st;
}

static int cmp_names(const void *a, const void *b, const void *context)
{
    const churn__dict_view *texts = context;
    return churn__str_cmp(churn__dict_view_get(texts, *(const uint32_t *)a),
                          churn__dict_view_get(texts, *(const uint32_t *)b));
}

/* Attributes by the bytes of their names; types and places follow. */
static bool sort_names(wide *w)
{
    churn__heap *heap = w->r->heap;
    churn__type *types = churn__alloc_array(heap, w->name_count, sizeof *types);
    bool ok = types != NULL && churn__sort(heap, w->names, w->name_count, sizeof *w->names,
                                           cmp_names, w->r->version->texts);
    for (size_t i = 0; ok && i < w->name_count; i++) {
        types[i] = w->types[w->place[w->names[i]]];
        w->place[w->names[i]] = (uint32_t)i;
    }
    if (ok && w->name_count > 0) {
        memcpy(w->types, types, w->name_count * sizeof *types);
    }
    churn__free_array(heap, types, w->name_count, sizeof *types);
    return ok;
}

/* ---- columns ---- */

static bool declare_attribute(wide *w, size_t i)
{
    churn_str name = churn__dict_view_get(w->r->version->texts, w->names[i]);
    const field *same = churn__store_field(w->r->kind, name);
    churn__buf_reset(&w->text);
    churn__buf_text(&w->text, same != NULL ? "attribute." : "");
    churn__buf_str(&w->text, name);
    if (w->text.failed) {
        return false;
    }
    uint32_t column = churn__table_column(w->table, w->text.data, churn__table_type(w->types[i]));
    w->first = i == 0 ? column : w->first;
    return true;
}

static bool declare(wide *w)
{
    w->table = churn__table_begin(w->r->heap, w->r->count);
    w->current_count = w->name_count;
    w->current = churn__alloc_array_zero(w->r->heap, w->current_count, sizeof *w->current);
    bool ok = w->table != NULL && w->current != NULL;
    if (ok) {
        w->id = churn__table_column(w->table, "id", CHURN_COLUMN_STRING);
        w->since = churn__table_column(w->table, "since", CHURN_COLUMN_TIME);
        w->known = churn__table_column(w->table, "known_at", CHURN_COLUMN_TIME);
    }
    for (size_t i = 0; ok && i < w->name_count; i++) {
        ok = declare_attribute(w, i);
    }
    return ok;
}

/* ---- cells ---- */

static void add_text(wide *w, uint32_t column, const attribute_row *a)
{
    churn__buf_reset(&w->text);
    churn__value_text_of(w->r->version, a, &w->text);
    churn__table_add_string(w->table, column, churn__buf_view(&w->text));
}

static void add_attribute(wide *w, uint32_t column, churn__type type, const attribute_row *a)
{
    double number;
    if (a == NULL || a->type == 0) {
        churn__table_add_null(w->table, column);
        return;
    }
    switch (type) {
    case CHURN__TYPE_BOOL:
        churn__table_add_bool(w->table, column, a->bits != 0);
        break;
    case CHURN__TYPE_DOUBLE:
        memcpy(&number, &a->bits, sizeof number);
        churn__table_add_double(w->table, column, number);
        break;
    case CHURN__TYPE_TIME:
        churn__table_add_time(w->table, column, (churn_time)a->bits);
        break;
    default:
        add_text(w, column, a);
        break;
    }
}

static churn_status add_customer(wide *w, uint32_t customer, const customer_row *row)
{
    const reading *a = &w->attributes;
    if (!churn__reading_rows(&w->attributes, customer)) {
        return churn__fail_memory(w->err, w->r->heap);
    }
    memset(w->current, 0, w->name_count * sizeof *w->current);
    for (size_t i = 0; i < a->row_count; i++) { /* the newest of each comes last */
        const attribute_row *one = a->rows[i];
        w->current[w->place[one->head.id]] = one;
    }
    churn__table_add_string(w->table, w->id, churn__version_customer_id(w->r->version, customer));
    churn__table_add_time(w->table, w->since, row == NULL ? CHURN_TIME_NONE : row->since);
    churn__table_add_time(w->table, w->known, row == NULL ? CHURN_TIME_NONE : row->head.known);
    for (size_t i = 0; i < w->name_count; i++) {
        add_attribute(w, w->first + (uint32_t)i, w->types[i], w->current[i]);
    }
    return CHURN_OK;
}

/* ---- the whole ---- */

static churn_status prepare(wide *w)
{
    reading *r = w->r;
    w->texts = churn__dict_view_count(r->version->texts);
    w->place = churn__alloc_array(r->heap, w->texts, sizeof *w->place);
    if (w->place == NULL) {
        return churn__fail_memory(w->err, r->heap);
    }
    for (size_t i = 0; i < w->texts; i++) {
        w->place[i] = NO_PLACE;
    }
    return churn__reading_of(&w->attributes, r->version, KIND_ATTRIBUTE, 0, r->as_of, w->err);
}

static void clear(wide *w)
{
    churn__heap *heap = w->r->heap;
    if (w->attributes.heap != NULL) {
        churn__reading_close(&w->attributes);
    }
    churn__free_array(heap, w->place, w->texts, sizeof *w->place);
    churn__free_array(heap, w->names, w->name_capacity, sizeof *w->names);
    churn__free_array(heap, w->types, w->type_capacity, sizeof *w->types);
    churn__free_array(heap, w->current, w->current_count, sizeof *w->current);
    churn__table_abandon(w->table);
    churn__buf_clear(&w->text);
}

churn_status churn__read_customers(reading *r, churn_table **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    wide w = {.r = r, .err = err};
    churn__buf_init(&w.text, r->heap);
    CHURN_TRY(prepare(&w));
    CHURN_TRY(go_through(&w, find_attributes));
    if (!sort_names(&w) || !declare(&w)) {
        CHURN_TRY(churn__fail_memory(err, r->heap));
    }
    CHURN_TRY(go_through(&w, add_customer));
    if (w.text.failed) {
        CHURN_TRY(churn__fail_memory(err, r->heap));
    }
    st = churn__table_finish(w.table, out, err);
    w.table = NULL;
done:
    clear(&w);
    return st;
}
