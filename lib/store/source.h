/* SPDX-License-Identifier: MIT */
#ifndef CHURN_STORE_SOURCE_H
#define CHURN_STORE_SOURCE_H

#include "store/inside.h"

/*
 * Where rows come from: one struct, columns, or an Arrow stream. A source answers for one cell at a
 * time, in whatever type the data have; what becomes of it is decided in one place (value.c).
 */
typedef uint8_t cell_kind;

#define CELL_NONE 0  /* not given */
#define CELL_UNSET 1 /* an attribute's value: none from now on */
#define CELL_TEXT 2
#define CELL_INT 3
#define CELL_NUMBER 4
#define CELL_TRUTH 5
#define CELL_TIME 6    /* an instant */
#define CELL_LOCAL 7   /* wall time */
#define CELL_DATE 8    /* days since 1970 */
#define CELL_DECIMAL 9 /* integer / 10^scale */
#define CELL_RANGE 10  /* a number or instant that does not fit */
#define CELL_BROKEN 11 /* the column contradicts itself: the call fails */
#define CELL_CODE 12   /* a text whose code is known from its column's dictionary: in `integer` */

#define NO_ENTRY UINT64_MAX

typedef struct cell {
    cell_kind kind;
    int32_t scale;
    int64_t integer;
    double number;
    churn_str text;
    uint64_t entry; /* of the column's dictionary; NO_ENTRY */
} cell;

struct source;

/* n cells of a field from `row` on at once, where a column's memory allows it; false: ask for each.
 * Not given is {NULL, 0} or an empty text, UINT32_MAX, CHURN_TIME_NONE (instants only), NaN.
 * Entries are of the column's dictionary. */
typedef struct source_many {
    bool (*texts)(const struct source *source, uint32_t number, uint64_t row, uint32_t n,
                  churn_str *out);
    bool (*entries)(const struct source *source, uint32_t number, uint64_t row, uint32_t n,
                    uint32_t *out);
    bool (*times)(const struct source *source, uint32_t number, uint64_t row, uint32_t n,
                  churn_time *out);
    bool (*numbers)(const struct source *source, uint32_t number, uint64_t row, uint32_t n,
                    double *out);
} source_many;

/* Fields are numbered as in the kind's table; a customer's attributes, or an event's properties
 * without "props.", follow behind. */
typedef struct source {
    uint64_t rows;  /* of the current batch */
    uint32_t given; /* bit a field: it may have values */
    uint32_t attribute_count;
    const churn_str *attribute_names;
    /* What a column of them holds, 0: nothing known. NULL where types come with each value. */
    churn__type (*attribute_type)(const struct source *source, uint32_t i);
    uint64_t entries[FIELDS_MAX];      /* of dictionaries; 0: none */
    const uint32_t *codes[FIELDS_MAX]; /* by entry, as far as the load knows them; NULL: none */
    void (*get)(const struct source *source, uint32_t number, uint64_t row, cell *out);
    const source_many *many; /* NULL: cells only one by one */
    /* The next batch; NULL: there is only one. `end`: there was none. */
    churn_status (*next)(struct source *source, bool *end, churn_error *err);
    const kind_info *kind;
} source;

typedef struct struct_source {
    source base;
    const void *record;
    const churn_named_value *named; /* attributes, properties */
} struct_source;

typedef struct batch_source {
    source base;
    const void *batch;
    const churn_any_column *attributes;
} batch_source;

/* A record as copied by churn__copy_struct. */
void churn__source_struct(struct_source *s, const kind_info *kind, const void *record);
/* Attributes of a customer, properties of an event. */
typedef struct named_values {
    const churn_named_value *data;
    uint32_t count;
    bool unique;      /* each name once, and not more than PROPS_MAX */
    const char *what; /* "attributes" */
    const char *name; /* "name of an attribute" */
} named_values;

/* Their checked names, `count` of them for the caller to free. */
churn_status churn__source_names(churn__heap *heap, const named_values *values, churn_str **out,
                                 churn_error *err);
/* Properties: not more than PROPS_MAX; each name once. */
churn_status churn__source_few(uint32_t count, churn_error *err);
churn_status churn__source_unique(const churn_str *names, uint32_t count, churn_error *err);
/* A batch as copied by churn__copy_struct. CHURN_E_ARG for columns that contradict themselves. */
churn_status churn__source_batch(batch_source *s, const kind_info *kind, const void *batch,
                                 churn__heap *heap, churn_error *err);
void churn__source_batch_clear(batch_source *s, churn__heap *heap);

/* Bit a field: it must be given by a load with these flags; and: it is read (retract.c). */
uint32_t churn__load_required(const kind_info *kind, uint32_t flags);
uint32_t churn__load_wanted(const kind_info *kind, uint32_t flags);

/* ---- what a cell means (value.c) ---- */

/* Why a row was rejected: stable names, and the numbers in `detail` of errors. */
typedef struct reject_info {
    const char *code, *reason;
    churn_status status;
} reject_info;

#define REJECT_MISSING_FIELD 1
#define REJECT_NOT_FINITE 2
#define REJECT_OUT_OF_RANGE 3
#define REJECT_NOT_UTF8 4
#define REJECT_CONTAINS_NUL 5
#define REJECT_TOO_LONG 6
#define REJECT_BAD_VALUE 7
#define REJECT_BAD_TIME 8
#define REJECT_UNKNOWN_CUSTOMER 9
#define REJECT_ID_OF_OTHER_CUSTOMER 10
#define REJECT_UNDATED_CHANGE 11
#define REJECT_UNKNOWN_STATUS 12
#define REJECT_UNKNOWN_KIND 13
#define REJECT_UNKNOWN_PERIOD 14
#define REJECT_UNKNOWN_CURRENCY 15
#define REJECT_MONEY_FRACTION 16
#define REJECT_BAD_DURATION 17
#define REJECT_NOT_FOUND 18
#define REJECT_NO_KEY 19
#define REJECT_OUTSIDE_SLICE 20
#define REJECT_PROPERTY_TYPE 21
#define REJECT_PROPERTY_LIMIT 22
#define REJECT_UNMAPPED 23
#define REJECT_CYCLIC_PARENT 24
#define REJECTS 25

const reject_info *churn__store_reject(int32_t code);

/* How values of a load are read. */
typedef struct value_context {
    const churn__zone *zone;
    int32_t money;
    int currency_scale;  /* of the row so far; -1: none given */
    bool localised;      /* out: a date or wall time was placed by the zone */
    uint64_t text_bytes; /* the longest text */
} value_context;

/* Each returns 0 or a REJECT_*. */
int32_t churn__value_time(value_context *c, const cell *in, churn_time *out);
int32_t churn__value_count(const cell *in, int64_t *out);
int32_t churn__value_number(const cell *in, double *out);
int32_t churn__value_truth(const cell *in, int8_t *out);
int32_t churn__value_money(const value_context *c, const field *f, const cell *in, int64_t *out);
int32_t churn__value_word(const field *f, churn_str text, uint8_t *out);
int32_t churn__value_period(churn_str text, uint8_t *unit, int32_t *count);
/* Of a text that is not known yet: UTF-8, no NUL, length. */
int32_t churn__value_text(churn_str text, uint64_t most);

#endif
