/* SPDX-License-Identifier: MIT */
#ifndef CHURN_RECORDS_H
#define CHURN_RECORDS_H

#include <churn/types.h>

CHURN_BEGIN_DECLS

/*
 * What is known of customers, one kind of record after another: first as one record, then as a
 * batch of columns. How they come into a store is in store.h.
 *
 * One record: fill a struct with churn_record_init(), which sets every field to "not given", then
 * set what you have. Not given is {NULL, 0} for a string, CHURN_TIME_NONE for an instant,
 * CHURN_INT_NONE for an integer, CHURN_TRUTH_NONE for a truth, NaN for a number.
 *
 * A batch: structs of arrays with `row_count` entries each. A column whose pointer is NULL is not
 * given for any row; a validity bitmap has one bit a row, least significant first, 1 for given;
 * NULL means that every row is given. Rows without a column that each of them needs are one
 * CHURN_E_ARG, which names it. Everything is borrowed for the call.
 *
 * Everywhere:
 *   customer   the host's own id of a customer: 1 to 1,024 bytes of UTF-8, no NUL
 *   known_at   when the host learned the record; not given: when it happened. An evaluation at
 *              `as_of` sees the newest version of a record with known_at <= as_of. Of rows with
 *              distinct (key, known_at) the order in which they come plays no part: a row that
 *              says what was known is `unchanged`, but it is remembered that it was said again,
 *              so that one which comes late and says otherwise holds until then. Whole tables
 *              that are loaded night after night take no more memory for it than twice; where
 *              single records are said again at odd times, their last 16 are remembered. A
 *              retraction ends what there is when it comes
 *   money      int64 in minor units of `currency` (cents), an ISO 4217 code
 *   seen       what an evaluation at `as_of` sees: facts with `at` < as_of; states with valid_from
 *              <= as_of; every other instant marked [dates itself] from that instant on, with what
 *              it dates; instants marked [schedule] from the start of their record. What an instant
 *              dates (csat by closed_at, failure by failed_at, refunded by refunded_at) is not seen
 *              without it
 */

/** The kind of a record. Numbers are never changed; more are to come. */
typedef int32_t churn_record_kind;

#define CHURN_RECORD_CUSTOMER 1
#define CHURN_RECORD_ATTRIBUTE 2
#define CHURN_RECORD_CONTACT 3
#define CHURN_RECORD_ALIAS 4
#define CHURN_RECORD_EVENT 5
#define CHURN_RECORD_SUBSCRIPTION 6
#define CHURN_RECORD_INVOICE 7
#define CHURN_RECORD_TICKET 8
#define CHURN_RECORD_SURVEY 9
#define CHURN_RECORD_MILESTONE 10
#define CHURN_RECORD_TOUCHPOINT 11
#define CHURN_RECORD_CHURN 12
#define CHURN_RECORD_SPEND 13 /* spend, rate, announcement, measure: of the business */
#define CHURN_RECORD_RATE 14
#define CHURN_RECORD_OVERRIDE 15
#define CHURN_RECORD_ANNOUNCEMENT 16
#define CHURN_RECORD_MEASURE 17

/** A truth: 0, 1, or CHURN_TRUTH_NONE for not given. */
typedef int32_t churn_truth;
#define CHURN_TRUTH_NONE (-1)

/**
 * Fill a record struct with "not given".
 *
 * @param kind CHURN_RECORD_*: which of the structs below `record` is
 * @param record the struct; for an unknown kind only struct_size is written
 * @param size sizeof the struct as the caller knows it
 * @threads any
 * @since 0.1
 */
CHURN_API void churn_record_init(churn_record_kind kind, void *record, uint32_t size);

/* ---- columns of a batch ---- */

/** Texts. Plain: row i is bytes [offsets[i], offsets[i + 1]), offsets has row_count + 1 entries.
 * With codes: row i is entry codes[i], and offsets has value_count + 1 entries. */
typedef struct churn_string_column {
    const char *bytes;
    const int64_t *offsets;
    const uint32_t *codes;
    uint64_t value_count; /* entries, where there are codes */
    const uint8_t *valid;
} churn_string_column;

typedef struct churn_time_column {
    const churn_time *values; /* CHURN_TIME_NONE is not given as well */
    const uint8_t *valid;
} churn_time_column;

typedef struct churn_int_column {
    const int64_t *values; /* CHURN_INT_NONE is not given as well */
    const uint8_t *valid;
} churn_int_column;

typedef struct churn_double_column {
    const double *values; /* NaN is not given as well */
    const uint8_t *valid;
} churn_double_column;

typedef struct churn_bool_column {
    const uint8_t *values; /* one byte a row: 0 or 1 */
    const uint8_t *valid;
} churn_bool_column;

/** A column of a type that the data decide: one attribute of many customers, or one property of
 * many events. `type` says which of the members is used: strings, times, numbers
 * (CHURN_TYPE_DOUBLE), integers, truths. */
typedef struct churn_any_column {
    churn_str name;
    churn_type type;
    uint32_t reserved; /* zero */
    churn_string_column strings;
    churn_time_column times;
    churn_double_column numbers;
    churn_int_column integers;
    churn_bool_column truths;
} churn_any_column;

/* ---- customer: key id ---- */

/** A name and a value, for the attributes of one customer or the properties of one event.
 * `value.type` 0 is null: unset. */
typedef struct churn_named_value {
    churn_str name;
    churn_value value;
} churn_named_value;

/** A customer. Attributes given here are states from `valid_from` on; without it a first value
 * holds from the customer's beginning, before every dated one, and a later change is rejected as
 * `undated_change`. A customer exists from `since` on; without it, always when the record came
 * without known_at, and from their first record on where only other records name them. */
typedef struct churn_customer {
    uint32_t struct_size;
    uint32_t attribute_count;
    churn_str id;
    churn_time since; /* [optional] when the customer began */
    churn_time known_at;
    churn_time valid_from;               /* [optional] since when the attributes hold */
    const churn_named_value *attributes; /* name, owner, time_zone, plan ... any names */
} churn_customer;

typedef struct churn_customer_batch {
    uint32_t struct_size;
    uint32_t attribute_count;
    uint64_t row_count;
    churn_string_column id;
    churn_time_column since;
    churn_time_column known_at;
    churn_time_column valid_from;
    const churn_any_column *attributes;
} churn_customer_batch;

/* ---- attribute: key customer, name, valid_from ---- */

/** One attribute of one customer from an instant on, until the next one of its name. */
typedef struct churn_attribute {
    uint32_t struct_size;
    uint32_t reserved; /* zero */
    churn_str customer;
    churn_str name;
    churn_time valid_from; /* not given: as for churn_customer */
    churn_time known_at;
    churn_value value; /* type 0: unset from then on */
} churn_attribute;

typedef struct churn_attribute_batch {
    uint32_t struct_size;
    uint32_t reserved; /* zero */
    uint64_t row_count;
    churn_string_column customer;
    churn_string_column name;
    churn_time_column valid_from;
    churn_time_column known_at;
    churn_any_column value; /* its own name is not used */
} churn_attribute_batch;

/* ---- contact: key id, valid_from ---- */

/** A person at a customer, as they stand from an instant on, until the next row of their id. */
typedef struct churn_contact {
    uint32_t struct_size;
    uint32_t reserved; /* zero */
    churn_str id;
    churn_str customer;
    churn_time valid_from;
    churn_time known_at;
    churn_str role;     /* [optional] champion, admin, buyer ... */
    churn_str name;     /* [optional] */
    churn_truth active; /* not given: true. 0 when they left */
    uint32_t reserved2; /* zero */
} churn_contact;

typedef struct churn_contact_batch {
    uint32_t struct_size;
    uint32_t reserved; /* zero */
    uint64_t row_count;
    churn_string_column id;
    churn_string_column customer;
    churn_time_column valid_from;
    churn_time_column known_at;
    churn_string_column role;
    churn_string_column name;
    churn_bool_column active;
} churn_contact_batch;

/* ---- alias: key source, alias ---- */

/** The id under which another system (billing, help desk, product) knows a customer: rows of that
 * system find their customer by it, see `source` of churn_load_options. An alias is a name and no
 * fact: by itself it does not make a customer exist at an `as_of`. It names one customer for good:
 * a row that gives it to another one is rejected as `id_of_other_customer`. */
typedef struct churn_alias {
    uint32_t struct_size;
    uint32_t reserved; /* zero */
    churn_str source;  /* the other system: 1 to 1,024 bytes */
    churn_str alias;   /* its id of the customer: 1 to 1,024 bytes */
    churn_str customer;
    churn_time known_at; /* rows are mapped by every alias that the store has, whatever this says */
} churn_alias;

typedef struct churn_alias_batch {
    uint32_t struct_size;
    uint32_t reserved; /* zero */
    uint64_t row_count;
    churn_string_column source;
    churn_string_column alias;
    churn_string_column customer;
    churn_time_column known_at;
} churn_alias_batch;

/* ---- event: key id, if there is one ---- */

/** The most properties that the events of one store have. */
#define CHURN_EVENT_PROPS_MAX 1024

/** Something that happened: a login, an export, a payment. Without an id every row is a new event.
 *
 * Properties are named values beside it: a platform, the rows of an export. Names are UTF-8 of 1 to
 * 1,024 bytes, each at most once; only those of letters, digits and _ can be named in conditions. A
 * property has one type in a whole store, that of its first value: bool, number (integers become
 * numbers), string or time; an event that gives it another is rejected as `property_type`. Null and
 * NaN are not given; an empty text is. Properties cost memory only where they are given. */
typedef struct churn_event {
    uint32_t struct_size;
    uint32_t prop_count;
    churn_str id; /* [optional] */
    churn_str customer;
    churn_str type;
    churn_time at;
    churn_time known_at;
    churn_str user; /* [optional] who did it */
    double value;   /* [optional] finite */
    const churn_named_value *props;
} churn_event;

/** A column of `props` whose type clashes with what its property is in the store is an error that
 * names it: CHURN_E_TYPE, and no row is added. */
typedef struct churn_event_batch {
    uint32_t struct_size;
    uint32_t prop_count;
    uint64_t row_count;
    churn_string_column id;
    churn_string_column customer;
    churn_string_column type;
    churn_time_column at;
    churn_time_column known_at;
    churn_string_column user;
    churn_double_column value;
    const churn_any_column *props;
} churn_event_batch;

/* ---- subscription: key id, valid_from ---- */

/** A state of a subscription, which lasts until the next row of its id or its own `ended_at`. A
 * later row of the same id begins a new state, so states of one id never overlap. Rows of the same
 * id and valid_from are one record: in one call the last of them wins and the others are counted as
 * conflicting; in another call it is updated, or by a later known_at gets a new version. */
typedef struct churn_subscription {
    uint32_t struct_size;
    uint32_t reserved; /* zero */
    churn_str id;
    churn_str customer;
    churn_time valid_from;
    churn_time known_at;
    churn_str status;   /* trial active paused past_due unpaid cancelled */
    churn_str plan;     /* [optional] */
    int64_t amount;     /* [optional] the whole charge of a period, before discount */
    churn_str currency; /* needed with amount */
    churn_str period;   /* needed with amount: day week month quarter year, "3 months", "2 years" */
    int64_t seats;      /* [optional] */
    int64_t discount;   /* [optional] money a period */
    churn_time discount_until;      /* [optional] [schedule] */
    churn_time renews_at;           /* [optional] [schedule] */
    churn_time ends_at;             /* [optional] [schedule] */
    churn_time ended_at;            /* [optional] [dates itself] */
    churn_time cancel_requested_at; /* [optional] [dates itself] */
    churn_time trial_ends_at;       /* [optional] [schedule] */
    churn_truth auto_renew;         /* [optional] */
    churn_truth usage_based;        /* [optional] amount is what was used, not a fixed charge */
    churn_str notice;               /* [optional] a duration: 30d */
    churn_str product;              /* [optional] */
} churn_subscription;

typedef struct churn_subscription_batch {
    uint32_t struct_size;
    uint32_t reserved; /* zero */
    uint64_t row_count;
    churn_string_column id;
    churn_string_column customer;
    churn_time_column valid_from;
    churn_time_column known_at;
    churn_string_column status;
    churn_string_column plan;
    churn_int_column amount;
    churn_string_column currency;
    churn_string_column period;
    churn_int_column seats;
    churn_int_column discount;
    churn_time_column discount_until;
    churn_time_column renews_at;
    churn_time_column ends_at;
    churn_time_column ended_at;
    churn_time_column cancel_requested_at;
    churn_time_column trial_ends_at;
    churn_bool_column auto_renew;
    churn_bool_column usage_based;
    churn_string_column notice;
    churn_string_column product;
} churn_subscription_batch;

/* ---- invoice: key id ---- */

typedef struct churn_invoice {
    uint32_t struct_size;
    uint32_t reserved; /* zero */
    churn_str id;
    churn_str customer;
    churn_time issued_at;
    churn_time known_at;
    churn_time due_at; /* [schedule] */
    int64_t amount;
    churn_str currency;
    churn_time paid_at;     /* [optional] [dates itself] */
    churn_time failed_at;   /* [optional] [dates itself, with failure] */
    churn_str failure;      /* [optional] why the payment failed */
    int64_t refunded;       /* [optional] money */
    churn_time refunded_at; /* [optional] [dates itself, with refunded] */
} churn_invoice;

typedef struct churn_invoice_batch {
    uint32_t struct_size;
    uint32_t reserved; /* zero */
    uint64_t row_count;
    churn_string_column id;
    churn_string_column customer;
    churn_time_column issued_at;
    churn_time_column known_at;
    churn_time_column due_at;
    churn_int_column amount;
    churn_string_column currency;
    churn_time_column paid_at;
    churn_time_column failed_at;
    churn_string_column failure;
    churn_int_column refunded;
    churn_time_column refunded_at;
} churn_invoice_batch;

/* ---- ticket: key id ---- */

typedef struct churn_ticket {
    uint32_t struct_size;
    uint32_t reserved; /* zero */
    churn_str id;
    churn_str customer;
    churn_time opened_at;
    churn_time known_at;
    churn_str user;               /* [optional] */
    churn_time first_response_at; /* [optional] [dates itself] */
    churn_time closed_at;         /* [optional] [dates itself, with csat] */
    churn_time reopened_at;       /* [optional] [dates itself] open again from then on */
    churn_str priority;           /* [optional] */
    churn_str category;           /* [optional] */
    double csat;                  /* [optional] the customer's rating of the answer */
    churn_str text;               /* [optional] */
} churn_ticket;

typedef struct churn_ticket_batch {
    uint32_t struct_size;
    uint32_t reserved; /* zero */
    uint64_t row_count;
    churn_string_column id;
    churn_string_column customer;
    churn_time_column opened_at;
    churn_time_column known_at;
    churn_string_column user;
    churn_time_column first_response_at;
    churn_time_column closed_at;
    churn_time_column reopened_at;
    churn_string_column priority;
    churn_string_column category;
    churn_double_column csat;
    churn_string_column text;
} churn_ticket_batch;

/* ---- survey: key id, else customer, kind, user, at ---- */

typedef struct churn_survey {
    uint32_t struct_size;
    uint32_t reserved; /* zero */
    churn_str id;      /* [optional] */
    churn_str customer;
    churn_str kind; /* nps csat ces custom */
    churn_time at;
    churn_time known_at;
    churn_str user;     /* [optional] */
    double score;       /* nps: 0 to 10 */
    churn_str text;     /* [optional] */
    churn_str category; /* [optional] */
    churn_str moment;   /* [optional] */
} churn_survey;

typedef struct churn_survey_batch {
    uint32_t struct_size;
    uint32_t reserved; /* zero */
    uint64_t row_count;
    churn_string_column id;
    churn_string_column customer;
    churn_string_column kind;
    churn_time_column at;
    churn_time_column known_at;
    churn_string_column user;
    churn_double_column score;
    churn_string_column text;
    churn_string_column category;
    churn_string_column moment;
} churn_survey_batch;

/* ---- milestone: key customer, name ---- */

/** A step that a customer reached: onboarded, first export, went live. The earliest stands: a later
 * `reached_at` of the same name says nothing new. */
typedef struct churn_milestone {
    uint32_t struct_size;
    uint32_t reserved; /* zero */
    churn_str customer;
    churn_str name;
    churn_time reached_at;
    churn_time known_at;
} churn_milestone;

typedef struct churn_milestone_batch {
    uint32_t struct_size;
    uint32_t reserved; /* zero */
    uint64_t row_count;
    churn_string_column customer;
    churn_string_column name;
    churn_time_column reached_at;
    churn_time_column known_at;
} churn_milestone_batch;

/* ---- touchpoint: key id ---- */

/** Somebody of the business turned to a customer: a call, a mail, an offer. */
typedef struct churn_touchpoint {
    uint32_t struct_size;
    uint32_t reserved; /* zero */
    churn_str id;
    churn_str customer;
    churn_time at;
    churn_time known_at;
    churn_str channel;     /* email, call, meeting, in_app ... */
    churn_str user;        /* [optional] who was addressed */
    churn_str play;        /* [optional] the play that it came from */
    churn_str action;      /* [optional] the id of the action that it came from */
    churn_str offer;       /* [optional] what was offered */
    churn_time opened_at;  /* [optional] [dates itself] */
    churn_time clicked_at; /* [optional] [dates itself] */
    churn_time replied_at; /* [optional] [dates itself] */
    churn_str outcome;     /* [optional] what came of it; seen from outcome_at on */
    churn_time outcome_at; /* [optional] [dates itself, with outcome] */
} churn_touchpoint;

typedef struct churn_touchpoint_batch {
    uint32_t struct_size;
    uint32_t reserved; /* zero */
    uint64_t row_count;
    churn_string_column id;
    churn_string_column customer;
    churn_time_column at;
    churn_time_column known_at;
    churn_string_column channel;
    churn_string_column user;
    churn_string_column play;
    churn_string_column action;
    churn_string_column offer;
    churn_time_column opened_at;
    churn_time_column clicked_at;
    churn_time_column replied_at;
    churn_string_column outcome;
    churn_time_column outcome_at;
} churn_touchpoint_batch;

/* ---- churn: key customer, at, kind ---- */

/** The business says that a customer was lost, or part of one. */
typedef struct churn_churn {
    uint32_t struct_size;
    uint32_t reserved; /* zero */
    churn_str customer;
    churn_str kind; /* voluntary involuntary downgrade pause */
    churn_time at;
    churn_time known_at;
    churn_str reason;     /* [optional] */
    churn_str competitor; /* [optional] */
    int64_t amount;       /* [optional] monthly money lost */
    churn_str currency;   /* needed with amount */
} churn_churn;

typedef struct churn_churn_batch {
    uint32_t struct_size;
    uint32_t reserved; /* zero */
    uint64_t row_count;
    churn_string_column customer;
    churn_string_column kind;
    churn_time_column at;
    churn_time_column known_at;
    churn_string_column reason;
    churn_string_column competitor;
    churn_int_column amount;
    churn_string_column currency;
} churn_churn_batch;

/* ---- override: key customer, score, at ---- */

/** A person's judgement of a customer: a health score set by hand. From `at` on the newest of a
 * customer and a score holds, until it expires or a playbook's `max_age` has passed; a row without
 * a value takes back what was judged before it. Scores are names: a store knows no playbooks, and
 * keeps judgements of scores that no playbook has. */
typedef struct churn_override {
    uint32_t struct_size;
    uint32_t reserved; /* zero */
    churn_str customer;
    churn_str score; /* the id of a score: 1 to 1,024 bytes */
    churn_time at;
    churn_time known_at;
    double value;     /* [optional] 0 to 100; not given: the judgement is taken back */
    churn_str reason; /* [optional] */
    churn_str author; /* [optional] who says so: a person of the host, no user of the customer */
    churn_time expires_at; /* [optional] [schedule] after `at`; from then on it no longer holds */
} churn_override;

typedef struct churn_override_batch {
    uint32_t struct_size;
    uint32_t reserved; /* zero */
    uint64_t row_count;
    churn_string_column customer;
    churn_string_column score;
    churn_time_column at;
    churn_time_column known_at;
    churn_double_column value;
    churn_string_column reason;
    churn_string_column author;
    churn_time_column expires_at;
} churn_override_batch;

/* ---- of the business: spend, rate, announcement, measure ----
 *
 * These belong to no customer: they make none, and no list or count of customers has them. */

/** Money spent to win customers. Key: id, else at, currency, channel. */
typedef struct churn_spend {
    uint32_t struct_size;
    uint32_t reserved; /* zero */
    churn_str id;      /* [optional] */
    churn_time at;
    churn_time known_at;
    int64_t amount; /* not negative */
    churn_str currency;
    churn_str channel; /* [optional] */
} churn_spend;

typedef struct churn_spend_batch {
    uint32_t struct_size;
    uint32_t reserved; /* zero */
    uint64_t row_count;
    churn_string_column id;
    churn_time_column at;
    churn_time_column known_at;
    churn_int_column amount;
    churn_string_column currency;
    churn_string_column channel;
} churn_spend_batch;

/** What a unit of a currency is worth in the reporting currency, from an instant on until the next
 * rate of that currency. Key: currency, at. */
typedef struct churn_rate {
    uint32_t struct_size;
    uint32_t reserved; /* zero */
    churn_str currency;
    churn_time at;
    churn_time known_at;
    double rate; /* finite, above 0 */
} churn_rate;

typedef struct churn_rate_batch {
    uint32_t struct_size;
    uint32_t reserved; /* zero */
    uint64_t row_count;
    churn_string_column currency;
    churn_time_column at;
    churn_time_column known_at;
    churn_double_column rate;
} churn_rate_batch;

/** A release, a change of prices, an outage. Key: name, at. */
typedef struct churn_announcement {
    uint32_t struct_size;
    uint32_t reserved; /* zero */
    churn_str name;
    churn_time at;
    churn_time known_at;
    churn_str kind; /* [optional] release, price_change, outage ... */
} churn_announcement;

typedef struct churn_announcement_batch {
    uint32_t struct_size;
    uint32_t reserved; /* zero */
    uint64_t row_count;
    churn_string_column name;
    churn_time_column at;
    churn_time_column known_at;
    churn_string_column kind;
} churn_announcement_batch;

/** A figure that the host measures itself: visits of a site, what a team cost, an index. By its
 * name it is a figure of churn_engine_kpi(), as a playbook's `kpi: measures:` adds it up. Key:
 * name, at. */
typedef struct churn_measure {
    uint32_t struct_size;
    uint32_t reserved; /* zero */
    churn_str name;    /* 1 to 1,024 bytes */
    churn_time at;
    churn_time known_at;
    double value;   /* finite */
    churn_str unit; /* [optional] */
} churn_measure;

typedef struct churn_measure_batch {
    uint32_t struct_size;
    uint32_t reserved; /* zero */
    uint64_t row_count;
    churn_string_column name;
    churn_time_column at;
    churn_time_column known_at;
    churn_double_column value;
    churn_string_column unit;
} churn_measure_batch;

CHURN_END_DECLS

#endif
