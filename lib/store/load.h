/* SPDX-License-Identifier: MIT */
#ifndef CHURN_STORE_LOAD_H
#define CHURN_STORE_LOAD_H

#include "store/shorts.h"
#include "store/source.h"
#include "table/table.h"

/* Rows on their way from a source into a stage. */

#define NO_FIELD UINT32_MAX

/* A text that no dictionary has yet, and where its code goes once the row is found good. */
typedef struct news {
    churn_str text;
    churn__dict *dict;
    uint32_t *target;
    uint64_t *wide;
    uint32_t number; /* of the field; NO_FIELD */
    uint64_t entry;
    uint32_t code;
    bool added;
} news;

/* What the last cells of a column were. */
typedef struct text_cache {
    churn_str last; /* the dictionary's own copy */
    uint32_t code;
    uint32_t *entries; /* code of each entry of the column's dictionary */
    uint64_t entry_count;
    short_cache shorts;
} text_cache;

typedef union any_row {
    row_head head;
    customer_row customer;
    attribute_row attribute;
    event_row event;
    subscription_row subscription;
    survey_row survey;
    contact_row contact;
    alias_row alias;
    override_row override;
    rate_row rate;
    char bytes[ROW_MAX];
} any_row;

/* A staged row about somebody's parent. */
typedef struct parent_ref {
    uint32_t customer;
    uint32_t staged; /* which attribute row of the stage */
    uint64_t row;    /* of the call */
    bool rejected;
} parent_ref;

typedef struct load {
    churn_store *store;
    stage *stage;
    const kind_info *kind;
    uint32_t number;
    bool in_sequence; /* one by one: what waits in the store counts */
    bool broken;
    bool mapped; /* customers are named by aliases of the load's source */
    source *source;
    const load_settings *settings;
    record_slice slice; /* that is replaced; see stage->replaced */
    value_context values;
    churn_time given_known;   /* of the row itself */
    const field *fault_field; /* that the last row was rejected for; NULL: see fault */
    churn_str fault;
    uint32_t required;        /* bit a field: it must be given */
    uint8_t used[FIELDS_MAX]; /* fields that are given or must be, and are read */
    uint32_t used_count;
    uint64_t accepted, rejected, undated, unmapped;
    uint64_t row_number; /* of the row at hand */
    parent_ref *parents; /* of a batch: in order of arrival */
    size_t parent_count, parent_capacity;
    churn__table_builder *rejections;
    attribute_row *attributes; /* of the row at hand; an event's properties too */
    churn_str *prop_names;     /* by column: props.<name>, as messages have it */
    prop_value *props;         /* of the row at hand */
    char *prop_bytes;          /* the names, then by column the key in the dictionary */
    size_t prop_byte_room;
    uint32_t new_props; /* in the row at hand */
    uint32_t *name_codes;
    size_t attribute_count, attribute_room;
    news *news;
    size_t news_count;
    any_row row;
    text_cache caches[FIELDS_MAX];
    char digits[FIELDS_MAX][24];
    char parent_digits[24];
    news own_news[FIELDS_MAX];
    char alias_key[2 * ID_BYTES + 1]; /* "source NUL alias" */
} load;

void churn__load_init(load *l, churn_store *store, uint32_t kind, source *from,
                      const load_settings *settings);
/* False: no memory. */
bool churn__load_prepare(load *l);
bool churn__load_entries(load *l);
/* Ask memory for what a later row will need. */
void churn__load_ahead(const load *l, uint64_t row);
churn_status churn__load_row(load *l, uint64_t row, uint64_t row_number, churn_error *err);
/* The row at hand as the end of a record: 0 or a REJECT_* (retract.c). */
int32_t churn__load_retraction(load *l);
/* Note that a text is not known yet. */
news *churn__load_news(load *l, churn_str text, churn__dict *dict);
/* Give the alias at hand its id; the customer that another system's id names (alias.c). */
int32_t churn__load_alias_id(load *l);
/* The source of the load has aliases, retracted ones too: customers are found by them. */
bool churn__load_maps(const load *l);
int32_t churn__load_mapped(load *l, uint32_t number, const cell *in, uint32_t *target);
/* Remember the code of a cell's text, whose own copy `kept` is. */
void churn__load_remember(load *l, uint32_t number, const cell *in, churn_str kept, uint32_t code);
/* A row is bad: counted and listed, or the call's failure where it is strict. */
churn_status churn__load_reject(load *l, int32_t fault, uint64_t row_number, churn_error *err);
/* The row at hand, once it was found good (accept.c). `fault`: it was not, seen as a whole. */
churn_status churn__load_accept(load *l, int32_t *fault, churn_error *err);
/* A column of a property that is something else in the store. */
churn_status churn__load_check_props(const load *l, churn_error *err);
/* The cells of an event's properties: 0 or a REJECT_*. */
int32_t churn__load_props(load *l, uint64_t row);
/* A value of any type: 0 or a REJECT_*. */
int32_t churn__load_value(load *l, const cell *in, attribute_row *a);
/* What the properties at hand come to, once their texts have codes. */
size_t churn__load_prop_values(load *l);
/* Room for the properties of a row (load_props.c). False: no memory. */
bool churn__load_prepare_props(load *l);
void churn__load_clear_props(load *l);
/* Events without ids, known_at and what else is rare (load_events.c): may the batch go the quick
 * way, and all of it. */
bool churn__load_is_quick(const load *l);
churn_status churn__load_quick(load *l, uint64_t *row_number, churn_error *err);

/* ---- parents (parents.c) ---- */

/* Note that a row to be staged is about a parent. False: no memory. */
bool churn__load_note_parent(load *l, const attribute_row *row);
/* Would the record that was just staged close a circle. */
churn_status churn__load_check_parent(load *l, int32_t *fault, churn_error *err);
/* Reject the rows of a batch that close circles. */
churn_status churn__load_check_parents(load *l, tally *t, churn_error *err);
/* Would the parents of one customer, given to another who has none, close a circle (merge.c). */
churn_status churn__load_check_merge(churn_store *store, uint32_t from, uint32_t into,
                                     churn_error *err);
/* Take customers out again that this load made and that nothing staged is about (orphans.c). False:
 * no memory. */
bool churn__load_drop_orphans(load *l);
/* A customer's rows of one attribute, in the order of readers. */
uint32_t churn__load_attribute_rows(const churn__version *v, uint32_t customer, uint32_t name,
                                    const attribute_row **rows);
void churn__load_clear(load *l);

#endif
