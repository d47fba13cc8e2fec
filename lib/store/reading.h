/* SPDX-License-Identifier: MIT */
#ifndef CHURN_STORE_READING_H
#define CHURN_STORE_READING_H

#include <churn/read.h>

#include "base/buf.h"
#include "store/inside.h"
#include "store/props.h"
#include "table/table.h"

/* Reading records back: which of them are meant, and their fields as cells and as text. */

/* Where the properties of an event stand; set NULL: it has none. */
typedef struct event_place {
    const prop_set *set;
    uint32_t position;
} event_place;

typedef struct event_ref {
    churn_time at;
    uint32_t type, cell;
} event_ref;

/* The events of one customer, whatever their type, in order. */
typedef struct event_gathering {
    event_columns cells, scratch; /* scratch: of one type, while runs come together */
    size_t capacity, scratch_capacity;
    event_place *places; /* of each cell; NULL while no event of the store has properties */
    size_t place_capacity;
    uint32_t *types;
    size_t type_capacity;
    uint32_t *rank;  /* of each type by the bytes of its name */
    event_ref *refs; /* twice as many: merging goes to and fro */
    size_t *ends;    /* of the parts that are in order */
    size_t ref_capacity, end_capacity, end_count;
} event_gathering;

typedef struct reading {
    churn__heap *heap;
    churn__version *version;
    churn__reader *reader;
    uint32_t number;
    const kind_info *kind;
    churn_read_options options;
    churn_time from, to, as_of;
    bool now;        /* no as_of: the newest version, with all that it says */
    bool all;        /* versions */
    uint8_t *wanted; /* bit a code of event types, or of texts for names; NULL: all */
    size_t wanted_bits;
    const uint32_t *order; /* customers */
    uint32_t count, one;
    uint64_t left; /* rows that the limit allows */

    /* of the customer at hand */
    const void **rows;
    size_t row_count, row_capacity;
    char *shown; /* rows without what is not yet seen */
    size_t shown_capacity;
    event_gathering events;
    event_row *block; /* EVENT_BLOCK of them */
} reading;

#define EVENT_BLOCK 512u

/* Options checked, a version pinned. On failure there is nothing to close. */
churn_status churn__reading_open(reading *r, churn_store *store, churn_record_kind kind,
                                 const churn_read_options *options, churn_error *err);
/* The same for a version that is pinned already, one customer, and an instant; CHURN_TIME_NONE:
 * now. */
churn_status churn__reading_of(reading *r, churn__version *version, uint32_t number,
                               uint32_t customer, churn_time as_of, churn_error *err);
void churn__reading_close(reading *r);
/* A customer's rows that are meant, by (when, key, known): r->rows. False: no memory. */
bool churn__reading_rows(reading *r, uint32_t customer);
/* A customer's events that are meant: refs in order, how many in `count`. False: no memory. */
bool churn__reading_events(reading *r, uint32_t customer, size_t *count);
/* Up to EVENT_BLOCK of them as rows: r->rows. */
void churn__reading_block(reading *r, uint32_t customer, size_t from, size_t count);
/* The places of the events of the block that began at `from`. */
const event_place *churn__reading_place(const reading *r, size_t from, size_t i);
/* Everybody's records; those of the business, where they are of nobody. */
void churn__reading_everybody(reading *r);
bool churn__reading_wants(const reading *r, uint32_t code);
/* Is this version of a record meant? */
bool churn__reading_takes(const reading *r, const row_head *head);

/* ---- fields ---- */

/* The column of a field; 0: it has none of its own. */
churn_column_type churn__field_column(const field *f);
/* One field of many rows as cells of a column. */
void churn__field_cells(const reading *r, churn__table_builder *to, uint32_t column, const field *f,
                        const void *const *rows, size_t n);
/* The text behind a field that holds one; {NULL, 0}: not given, or it holds none. */
churn_str churn__field_str(const reading *r, const field *f, const void *row);
/* Any field as text for people, money in major units; nothing where it is not given. */
void churn__field_text(const reading *r, const field *f, const void *row, churn__buf *out);
/* The bits of an attribute or a property as text; nothing where its type is 0. */
void churn__bits_text(const churn__version *version, churn__type type, uint64_t bits,
                      churn__buf *out);
/* An attribute's value as text; nothing where it is unset. */
void churn__value_text_of(const churn__version *version, const attribute_row *row, churn__buf *out);
/* The record's own instant among the fields; NULL: it has none. */
const field *churn__field_when(const kind_info *kind);

/* Customers with their attributes beside them (read_customers.c). */
churn_status churn__read_customers(reading *r, churn_table **out, churn_error *err);
/* The version of a customer's record that is meant; NULL: only other records name them. */
const customer_row *churn__read_customer_row(const reading *r, uint32_t customer);
/* Is the customer there, and does the record's instant fit? */
bool churn__read_customer_in(const reading *r, uint32_t customer, const customer_row *row);

#endif
