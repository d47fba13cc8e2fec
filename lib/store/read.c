/* SPDX-License-Identifier: MIT */
#include "base/sort.h"
#include "store/reading.h"

/* The records of a kind as a table, a column a field. */

#define CANCEL_EVERY 256u /* customers between two looks */

typedef struct output {
    reading *r;
    churn__table_builder *table;
    uint32_t columns[FIELDS_MAX];              /* of each field; NO_COLUMN */
    uint32_t until;                            /* column; NO_COLUMN */
    uint32_t type, value, truth, number, time; /* of attributes */
    uint32_t *props;                           /* of events, by the bytes of their names */
    uint32_t prop_count, prop_room;
    uint32_t first_prop; /* column */
    churn__buf text;
} output;

#define NO_COLUMN UINT32_MAX

/* ---- properties of events ---- */

static int cmp_props(const void *a, const void *b, const void *context)
{
    const churn__version *v = context;
    return churn__str_cmp(churn__version_prop_name(v, *(const uint32_t *)a),
                          churn__version_prop_name(v, *(const uint32_t *)b));
}

static bool list_props(output *o)
{
    const reading *r = o->r;
    o->prop_room = r->number == KIND_EVENT ? churn__version_prop_count(r->version) : 0;
    o->props = churn__alloc_array(r->heap, o->prop_room, sizeof *o->props);
    for (uint32_t i = 0; o->props != NULL && i < o->prop_room; i++) {
        if (churn__version_prop_name(r->version, i).ptr != NULL) { /* not erased */
            o->props[o->prop_count++] = i;
        }
    }
    return o->props != NULL &&
           churn__sort(r->heap, o->props, o->prop_count, sizeof *o->props, cmp_props, r->version);
}

static void declare_props(output *o)
{
    const churn__version *v = o->r->version;
    for (uint32_t i = 0; i < o->prop_count; i++) {
        churn__buf_reset(&o->text);
        churn__buf_text(&o->text, "props.");
        churn__buf_str(&o->text, churn__version_prop_name(v, o->props[i]));
        const char *name = o->text.failed ? "" : o->text.data;
        uint32_t column = churn__table_column(
            o->table, name, churn__table_type(churn__props_type(v->props, o->props[i])));
        o->first_prop = i == 0 ? column : o->first_prop;
    }
}

static void add_bits(output *o, uint32_t column, churn__type type, uint64_t bits)
{
    double number;
    switch (type) {
    case CHURN__TYPE_BOOL:
        churn__table_add_bool(o->table, column, bits != 0);
        break;
    case CHURN__TYPE_DOUBLE:
        memcpy(&number, &bits, sizeof number);
        churn__table_add_double(o->table, column, number);
        break;
    case CHURN__TYPE_TIME:
        churn__table_add_time(o->table, column, (churn_time)bits);
        break;
    default:
        churn__table_add_string(o->table, column,
                                churn__dict_view_get(o->r->version->texts, (uint32_t)bits));
        break;
    }
}

/* One property of n events of the block that began at `from`. */
static void add_prop(output *o, uint32_t prop, uint32_t column, size_t from, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const event_place *place = churn__reading_place(o->r, from, i);
        const prop_column *cells =
            place->set == NULL ? NULL : churn__props_column(place->set, prop);
        uint32_t entry = 0;
        if (cells != NULL && churn__props_find(cells, place->position, &entry)) {
            add_bits(o, column, cells->type, churn__props_bits(cells, entry));
        } else {
            churn__table_add_null(o->table, column);
        }
    }
}

/* ---- columns ---- */

static void declare(output *o)
{
    const kind_info *kind = o->r->kind;
    for (uint32_t i = 0; i < kind->field_count; i++) {
        const field *f = &kind->fields[i];
        /* A customer's valid_from is that of the attributes that came with it. */
        bool passing =
            o->r->number == KIND_CUSTOMER && f->row == offsetof(customer_row, valid_from);
        churn_column_type type = passing ? 0 : churn__field_column(f);
        o->columns[i] = type == 0 ? NO_COLUMN : churn__table_column(o->table, f->name, type);
        if (f->type == FIELD_VALUE) {
            o->type = churn__table_column(o->table, "type", CHURN_COLUMN_STRING);
            o->value = churn__table_column(o->table, "value", CHURN_COLUMN_STRING);
            o->truth = churn__table_column(o->table, "truth", CHURN_COLUMN_BOOL);
            o->number = churn__table_column(o->table, "number", CHURN_COLUMN_DOUBLE);
            o->time = churn__table_column(o->table, "time", CHURN_COLUMN_TIME);
        }
    }
    declare_props(o);
    o->until = NO_COLUMN;
    if (o->r->all) {
        o->until = churn__table_column(o->table, "known_until", CHURN_COLUMN_TIME);
    }
}

static void add_truth(output *o, const attribute_row *row)
{
    if (row->type == CHURN__TYPE_BOOL) {
        churn__table_add_bool(o->table, o->truth, row->bits != 0);
    } else {
        churn__table_add_null(o->table, o->truth);
    }
}

static void add_number(output *o, const attribute_row *row)
{
    double number;
    memcpy(&number, &row->bits, sizeof number);
    if (row->type == CHURN__TYPE_DOUBLE) {
        churn__table_add_double(o->table, o->number, number);
    } else {
        churn__table_add_null(o->table, o->number);
    }
}

static void add_value(output *o, const attribute_row *row)
{
    bool set = row->type != 0, is_time = row->type == CHURN__TYPE_TIME;
    churn_str type = {NULL, 0}, value = {NULL, 0};
    if (set) {
        type = churn__str_nts(churn__type_name((churn__type)row->type));
        churn__buf_reset(&o->text);
        churn__value_text_of(o->r->version, row, &o->text);
        value = churn__buf_view(&o->text);
    }
    churn__table_add_string(o->table, o->type, type);
    churn__table_add_string(o->table, o->value, value);
    add_truth(o, row);
    add_number(o, row);
    churn__table_add_time(o->table, o->time, is_time ? (churn_time)row->bits : CHURN_TIME_NONE);
}

static void add_until(output *o, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const row_head *head = o->r->rows[i];
        churn__table_add_time(o->table, o->until,
                              head->until == FOREVER ? CHURN_TIME_NONE : head->until);
    }
}

/* The rows of the reading, as far as the limit goes. */
static void add_rows(output *o)
{
    reading *r = o->r;
    size_t n = r->row_count < r->left ? r->row_count : (size_t)r->left;
    for (uint32_t i = 0; i < r->kind->field_count; i++) {
        if (o->columns[i] != NO_COLUMN) {
            churn__field_cells(r, o->table, o->columns[i], &r->kind->fields[i], r->rows, n);
        }
    }
    for (size_t i = 0; r->number == KIND_ATTRIBUTE && i < n; i++) {
        add_value(o, r->rows[i]);
    }
    if (o->until != NO_COLUMN) {
        add_until(o, n);
    }
    r->left -= n;
}

static churn_status add_events(output *o, uint32_t customer, churn_error *err)
{
    churn_status st = CHURN_OK;
    reading *r = o->r;
    size_t count = 0;
    if (!churn__reading_events(r, customer, &count)) {
        CHURN_TRY(churn__fail_memory(err, r->heap));
    }
    for (size_t from = 0; from < count && r->left > 0; from += EVENT_BLOCK) {
        size_t n = count - from < EVENT_BLOCK ? count - from : EVENT_BLOCK;
        CHURN_TRY(churn__cancel_check(r->options.cancel, err));
        churn__reading_block(r, customer, from, n);
        size_t allowed = n < r->left ? n : (size_t)r->left;
        for (uint32_t i = 0; i < o->prop_count; i++) {
            add_prop(o, o->props[i], o->first_prop + i, from, allowed);
        }
        add_rows(o);
    }
done:
    return st;
}

static churn_status add_customer(output *o, uint32_t customer, churn_error *err)
{
    reading *r = o->r;
    if (r->number == KIND_EVENT) {
        return add_events(o, customer, err);
    }
    if (!churn__reading_rows(r, customer)) {
        return churn__fail_memory(err, r->heap);
    }
    add_rows(o);
    return CHURN_OK;
}

static churn_status read_rows(reading *r, churn_table **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    output o = {.r = r, .table = churn__table_begin(r->heap, 0)};
    churn__buf_init(&o.text, r->heap);
    if (o.table == NULL || !list_props(&o)) {
        CHURN_TRY(churn__fail_memory(err, r->heap));
    }
    declare(&o);
    churn__cancel_total(r->options.cancel, r->count);
    for (uint32_t i = 0; i < r->count && r->left > 0; i++) {
        if (i % CANCEL_EVERY == 0) {
            CHURN_TRY(churn__cancel_check(r->options.cancel, err));
            churn__cancel_step(r->options.cancel, i);
        }
        CHURN_TRY(add_customer(&o, r->order[i], err));
    }
    churn__cancel_step(r->options.cancel, r->count);
    if (o.text.failed) {
        CHURN_TRY(churn__fail_memory(err, r->heap));
    }
    st = churn__table_finish(o.table, out, err);
    o.table = NULL;
done:
    churn__table_abandon(o.table);
    churn__free_array(r->heap, o.props, o.prop_room, sizeof *o.props);
    churn__buf_clear(&o.text);
    return st;
}

churn_status churn_store_records(churn_store *store, churn_record_kind kind,
                                 const churn_read_options *options, churn_table **out,
                                 churn_error *err)
{
    reading r;
    if (store == NULL || out == NULL) {
        return churn__fail_null(err, "churn_store_records", store == NULL ? "store" : "out");
    }
    *out = NULL;
    churn_status st = churn__reading_open(&r, store, kind, options, err);
    if (st != CHURN_OK) {
        return st;
    }
    bool wide = r.number == KIND_CUSTOMER && !r.all;
    st = wide ? churn__read_customers(&r, out, err) : read_rows(&r, out, err);
    churn__reading_close(&r);
    return st;
}
