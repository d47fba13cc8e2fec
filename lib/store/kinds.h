/* SPDX-License-Identifier: MIT */
#ifndef CHURN_STORE_KINDS_H
#define CHURN_STORE_KINDS_H

#include "store/store.h"

/*
 * What every kind of record is made of: one table of fields drives reading rows, checking them,
 * keeping them and taking out what was not yet known.
 */
#define KIND_CUSTOMER 0
#define KIND_ATTRIBUTE 1
#define KIND_EVENT 2
#define KIND_SUBSCRIPTION 3
#define KIND_INVOICE 4
#define KIND_TICKET 5
#define KIND_SURVEY 6
#define KIND_CHURN 7
#define KIND_CONTACT 8
#define KIND_ALIAS 9
#define KIND_MILESTONE 10
#define KIND_TOUCHPOINT 11
#define KIND_SPEND 12
#define KIND_RATE 13
#define KIND_ANNOUNCEMENT 14
#define KIND_OVERRIDE 15
#define KIND_MEASURE 16
#define KINDS 17
#define KIND_NONE UINT32_MAX

#define FIELDS_MAX 24 /* of one kind */
#define ROW_MAX 256   /* bytes of one kept row */
#define ID_BYTES 1024 /* the longest id */
#define FOREVER (CHURN_TIME_MAX + 1)

typedef uint8_t field_type;

#define FIELD_CUSTOMER 1 /* id of a customer */
#define FIELD_ID 2       /* id of the record itself */
#define FIELD_EVENT_TYPE 3
#define FIELD_NAME 4 /* short, as an id is: of an attribute, milestone, measure, source */
#define FIELD_TEXT 5
#define FIELD_WORD 6 /* one of a few words, kept as its number */
#define FIELD_CURRENCY 7
#define FIELD_PERIOD 8
#define FIELD_DURATION 9
#define FIELD_TIME 10
#define FIELD_COUNT 11 /* a whole number, not negative */
#define FIELD_MONEY 12
#define FIELD_NUMBER 13
#define FIELD_TRUTH 14
#define FIELD_VALUE 15 /* of an attribute: its type comes with it */

typedef struct field {
    const char *name;
    field_type type;
    bool required;
    bool key;                 /* the record is known by it, beside its customer and id */
    bool positive;            /* money that cannot be negative, a number that must be above 0 */
    bool points;              /* a number of 0 to 100 */
    uint16_t single, batch;   /* where in the public structs */
    uint16_t row;             /* where in the kept row */
    const char *const *words; /* of FIELD_WORD: numbered from 1, ended by NULL */
} field;

/* What every kept row begins with. */
typedef struct row_head {
    uint32_t customer;
    uint32_t id;      /* code of the record's id, or of the text that is its key; CHURN__NO_CODE */
    churn_time when;  /* at, valid_from, opened_at, issued_at, since; CHURN_TIME_NONE: none */
    churn_time known; /* effective known_at */
    churn_time until; /* known_at of the next version; FOREVER */
    uint32_t flags;   /* ROW_* */
    uint32_t origin;  /* while loading: which row of the call; kept: a tag */
} row_head;

/* The tag of a kept row: an epoch (see beats.h), and which system it came from: the code in
 * `sources` of the store and one; 0: not said. */
#define TAG_EPOCH 0xFFFFu
#define TAG_SOURCE_SHIFT 16
#define SOURCES_MAX 65535u

#define ROW_DATELESS 1u /* came without known_at; only while loading */
#define ROW_UNDATED 2u  /* an attribute without valid_from: holds from the customer's beginning */
#define ROW_NEW 4u      /* only while loading */
#define ROW_GONE 8u     /* only while loading */
#define ROW_END 16u     /* says that the record is no more; only while loading */

typedef struct customer_row {
    row_head head;
    churn_time since;
    churn_time valid_from; /* of the attributes that came with it; only while loading */
} customer_row;

/* Attribute values by their bits: a double's, a text's code, an instant, a truth; type 0: unset. */
typedef struct attribute_row {
    row_head head;
    uint64_t bits;
    uint64_t type; /* CHURN__TYPE_* */
} attribute_row;

/* `props` stands for all properties while versions are compared: equal numbers, equal properties;
 * CHURN__NO_CODE: none. */
typedef struct event_row {
    row_head head;
    uint32_t type, user;
    double value;
    uint32_t props, reserved;
} event_row;

/* In the rows below, id, when and known of the inner struct are written only as they are read. */
typedef struct subscription_row {
    row_head head;
    churn__subscription data;
} subscription_row;

typedef struct invoice_row {
    row_head head;
    churn__invoice data;
} invoice_row;

typedef struct ticket_row {
    row_head head;
    churn__ticket data;
} ticket_row;

typedef struct survey_row {
    row_head head;
    churn__survey data;
} survey_row;

typedef struct churn_row {
    row_head head;
    churn__churn data;
} churn_row;

typedef struct contact_row {
    row_head head;
    churn__contact data;
} contact_row;

/* Its id is the code of "source NUL alias". */
typedef struct alias_row {
    row_head head;
    churn__alias data;
} alias_row;

typedef struct milestone_row {
    row_head head;
    churn__milestone data;
} milestone_row;

typedef struct touchpoint_row {
    row_head head;
    churn__touchpoint data;
} touchpoint_row;

typedef struct spend_row {
    row_head head;
    churn__spend data;
} spend_row;

typedef struct rate_row {
    row_head head;
    churn__rate data;
} rate_row;

typedef struct announcement_row {
    row_head head;
    churn__announcement data;
} announcement_row;

typedef struct measure_row {
    row_head head;
    churn__measure data;
} measure_row;

typedef struct override_row {
    row_head head;
    churn__override data;
} override_row;

/* `target` is not seen before the instant in `time`, nor without one. */
typedef struct mask {
    uint16_t time, target;
    field_type type; /* of target */
} mask;

typedef struct kind_info {
    const char *name;
    churn_record_kind record;
    uint32_t single_size, batch_size;
    uint16_t row_size;
    bool states;     /* `when` begins a state: seen when <= as_of, else when < as_of */
    bool key_id;     /* a record is its id */
    bool key_when;   /* and its instant */
    bool id_is_text; /* the id is a code of texts: a name, a currency */
    bool business;   /* rows are of no customer: they lie under CHURN__BUSINESS */
    bool earliest;   /* of a key the earliest instant stands: what is later is no news */
    bool no_fact;    /* does not make a customer exist */
    uint16_t when_to, known_to, id_to; /* copies for readers; 0: none */
    uint8_t field_count, mask_count;
    const field *fields;
    const mask *masks;
} kind_info;

extern const kind_info churn__store_kinds[KINDS];

/* KIND_NONE: no such kind. */
uint32_t churn__store_kind(churn_record_kind record);
/* The field of a name, or NULL. */
const field *churn__store_field(const kind_info *kind, churn_str name);
/* A row in which nothing is given. */
void churn__store_empty_row(const kind_info *kind, void *row);
/* Write "not given" into one field of a row. */
void churn__store_clear_field(field_type type, void *at);
/* Everything that a row says apart from who, when known and until when. */
bool churn__store_same_content(const kind_info *kind, const void *a, const void *b);
/* Order by the record's key, 0 for the same record of one customer. */
int churn__store_key_cmp(const kind_info *kind, const void *a, const void *b);
/* Clear what a reader must not see at as_of. */
void churn__store_hide(const kind_info *kind, void *row, churn_time as_of);
/* Fields that a reader must not see at as_of are cleared, the copies in the data are filled. */
void churn__store_show_row(const kind_info *kind, const void *row, churn_time as_of, void *out);

/* A row that only says that the one before it was said again: known and over at one instant, so
 * that no reader ever sees it. */
static inline bool row_is_echo(const row_head *row)
{
    return row->until == row->known;
}

static inline bool row_known(const row_head *row, churn_time as_of)
{
    return row->known <= as_of && as_of < row->until;
}

static inline bool row_seen(const kind_info *kind, const row_head *row, churn_time as_of)
{
    return row_known(row, as_of) && (row->when < as_of || (kind->states && row->when == as_of));
}

#endif
