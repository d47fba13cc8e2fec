/* SPDX-License-Identifier: MIT */
#ifndef CHURN_STORE_STORE_H
#define CHURN_STORE_STORE_H

#include <churn/read.h>
#include <churn/store.h>

#include "base/date.h"
#include "base/dict.h"
#include "core/column.h"
#include "core/fail.h"
#include "core/observer.h"

/*
 * Reading a store. A version is what the store was at one moment: immutable, reference counted. A
 * reader walks one version for one thread: it owns the scratch memory in which the versions of a
 * record and the runs of the store come together, so its answers are valid until its next call of
 * the same function.
 *
 * Customers are numbers 0 .. churn__version_customers() - 1, in no order that means anything;
 * churn__version_order() lists churn__version_listed() of them by their ids' bytes: all but those
 * who were erased, whose numbers stay empty. Strings inside records are codes of one of two
 * dictionaries: event types, and all other texts. Records of the business lie under a number of
 * their own, which is no customer's.
 */
#define CHURN__BUSINESS (CHURN__NO_CODE - 1)

typedef struct churn__version churn__version;
typedef struct churn__reader churn__reader;

churn_status churn__store_pin(churn_store *store, churn__version **out, churn_error *err);
/* A store in a heap that is there already: for a playbook's own tests. */
churn_status churn__store_create_in(churn__heap *heap, const churn_store_options *options,
                                    churn_store **out, churn_error *err);
churn__version *churn__version_retain(churn__version *version);
void churn__version_release(churn__version *version);
/* The store's heap, for what lives as long as the store's children. */
churn__heap *churn__store_heap(churn_store *store);
/* One more reference; churn_store_free() gives one back. */
churn_store *churn__store_retain(churn_store *store);
/* Who is told what the store forgets: see core/observer.h. Until it is taken out. */
void churn__store_observe(churn_store *store, churn__observer *observer);
void churn__store_unobserve(churn_store *store, churn__observer *observer);
/* "UTC" was used for dates or naive times without anybody having said so. */
bool churn__store_localised_by_default(const churn_store *store);

/* Add one record whose fields are texts (numbers, instants in the store's zone and money in major
 * units are read from them), as a playbook's own tests give them. Attributes whose `is_text` is
 * true stay texts; others, and all where it is NULL, are what they look like. */
churn_status churn__store_add_texts(churn_store *store, churn_record_kind kind,
                                    const churn_field_text *fields, const bool *is_text,
                                    uint32_t count, churn_error *err);
/* "customer", "event" ...; NULL for an unknown kind. */
const char *churn__record_kind_name(churn_record_kind kind);
/* Is this a field of a kind; for customers any other name is an attribute. The i-th field's name,
 * NULL past the last. */
const char *churn__record_field(churn_record_kind kind, uint32_t i);

/* How a field lies in the struct that readers give of a kind (churn__ticket, ...). */
typedef enum churn__field_form {
    CHURN__FORM_NONE,  /* not there, or not as one value */
    CHURN__FORM_TEXT,  /* uint32_t: a code of the version's texts */
    CHURN__FORM_KEY,   /* uint32_t: churn__version_key() */
    CHURN__FORM_WORD,  /* uint8_t: one of `words`, from 1 on */
    CHURN__FORM_TRUTH, /* int8_t: 0, 1, CHURN_TRUTH_NONE */
    CHURN__FORM_TIME,
    CHURN__FORM_COUNT,  /* int64_t, CHURN_INT_NONE */
    CHURN__FORM_MONEY,  /* int64_t minor units, CHURN_INT_NONE; its currency is at `other` */
    CHURN__FORM_NUMBER, /* double, NaN */
} churn__field_form;

#define CHURN__NOT_DATED UINT16_MAX

typedef struct churn__record_place {
    churn__field_form form;
    uint16_t at, other;
    uint16_t dated; /* what it is known from on: where that instant lies; CHURN__NOT_DATED */
    bool begins;    /* the instant at which the record happens, or its state begins */
    const char *const *words;
} churn__record_place;

/* Of the field that churn__record_field() names. */
churn__record_place churn__record_field_place(churn_record_kind kind, uint32_t i);

uint64_t churn__version_number(const churn__version *version);
/* Of what happened before it the store keeps only what still held then: to whoever looks back it is
 * as if tracking had begun there. CHURN_TIME_NONE: it keeps everything. */
churn_time churn__version_forgotten(const churn__version *version);
uint32_t churn__version_customers(const churn__version *version);
uint32_t churn__version_listed(const churn__version *version);
const uint32_t *churn__version_order(const churn__version *version);
churn_str churn__version_customer_id(const churn__version *version, uint32_t customer);
/* Say that it is going to be asked for. */
void churn__version_customer_ahead(const churn__version *version, uint32_t customer);
/* CHURN__NO_CODE: not there. */
uint32_t churn__version_find_customer(const churn__version *version, churn_str id);
const churn__dict_view *churn__version_types(const churn__version *version);
const churn__dict_view *churn__version_texts(const churn__version *version);
/* A kind was ever loaded (even zero rows of it), or marked by its name so that it counts at
 * `as_of`. */
bool churn__version_provided(const churn__version *version, churn_record_kind kind,
                             churn_time as_of);
/* The newest mark of a source that counts at `as_of`, at most as_of; CHURN_TIME_NONE: none. */
churn_time churn__version_mark(const churn__version *version, churn_str source, churn_time as_of);
/* Rows that came in after version `since` and happened before `before`: what was learned late.
 * Exact where `before` is a whole quarter of an hour. */
uint64_t churn__version_late(const churn__version *version, uint64_t since, churn_time before);
/* The newest instant of any record of a kind that is seen at as_of (events: of the types
 * given, count 0 means all); may return early with any instant >= enough. CHURN_TIME_NONE: none. */
churn_time churn__version_newest(const churn__version *version, churn_record_kind kind,
                                 const uint32_t *types, uint32_t type_count, churn_time as_of,
                                 churn_time enough);
/* First and last instants of all records, CHURN_TIME_NONE for an empty store. */
void churn__version_span(const churn__version *version, churn_time *first, churn_time *last);

/* NULL: no memory. Holds the version. */
churn__reader *churn__reader_create(churn__heap *heap, churn__version *version);
void churn__reader_free(churn__reader *reader);
/* Every function below that gathers rows can run out of memory: it then returns no rows and the
 * reader says so here until it is freed. Checked once a batch of customers. */
bool churn__reader_failed(const churn__reader *reader);

/* ---- events ---- */

/* One customer's events of one type, ordered by (at, user, value, properties, id) as strings and
 * numbers.
 * Arrays that no row needs are NULL. All versions of an event are here; it is seen at as_of if
 * known[i] <= as_of < until[i] (NULL: known when it happened; never replaced). */
typedef struct churn__events {
    const churn_time *at;
    const uint32_t *user; /* texts; CHURN__NO_CODE: not given */
    const double *value;  /* NaN: not given */
    const churn_time *known;
    const churn_time *until; /* CHURN_TIME_MAX + 1: never */
    const uint32_t *id;      /* churn__version_event_id(); CHURN__NO_CODE: not given */
    size_t count;
} churn__events;

churn__events churn__reader_events(churn__reader *reader, uint32_t customer, uint32_t type);
/* The host's id of an event; {NULL, 0}: none. */
churn_str churn__version_event_id(const churn__version *version, uint32_t id);
/* Say whose events are going to be read: those of the first of the list now, of the others soon.
 * Changes nothing but the time it takes where they lie far apart. */
void churn__reader_ahead(const churn__reader *reader, const uint32_t *customers, uint32_t n);
/* One property of a customer's events of one type: a cell for each event of churn__reader_events()
 * with the same arguments, in the same order, valid as long. `values` is NULL where none of them
 * has it, else of `type`: double (NaN: not given), uint32_t a code of texts for strings
 * (CHURN__NO_CODE), churn_time (CHURN_TIME_NONE), int8_t for truths (CHURN_TRUTH_NONE). */
typedef struct churn__event_prop {
    churn__type type;
    const void *values;
} churn__event_prop;

/* `prop` is a property's number: see churn__version_find_prop(). */
churn__event_prop churn__reader_event_prop(churn__reader *reader, uint32_t customer, uint32_t type,
                                           uint32_t prop);
/* The number of a property by its name, and its type, which is one for all events of a store.
 * CHURN__NO_CODE: no event ever had it. */
uint32_t churn__version_find_prop(const churn__version *version, churn_str name, churn__type *type);
/* Properties are numbers 0 .. count - 1, in order of first use. */
uint32_t churn__version_prop_count(const churn__version *version);
churn_str churn__version_prop_name(const churn__version *version, uint32_t prop);

/* The types of which a customer has events, ascending by code; valid until the next call. */
uint32_t churn__reader_event_types(churn__reader *reader, uint32_t customer,
                                   const uint32_t **types);

/* ---- everything else: rows as they are seen at as_of, later fields already taken out ---- */

/* When the customer began, as known at as_of; CHURN_TIME_NONE: not given. */
churn_time churn__reader_since(churn__reader *reader, uint32_t customer, churn_time as_of);
/* No later than the first instant at which a customer exists, whatever is known when: their
 * `since`, or where some version of their record has none, their oldest record. CHURN_TIME_NONE:
 * nothing of them is dated. */
churn_time churn__reader_first(churn__reader *reader, uint32_t customer);
/* since <= as_of, or, without since, any record of theirs is seen. */
bool churn__reader_exists(churn__reader *reader, uint32_t customer, churn_time as_of);
/* The same at n dates, which ascend, for less. */
void churn__reader_since_dates(churn__reader *reader, uint32_t customer, const churn_time *dates,
                               uint32_t n, churn_time *out);
void churn__reader_exists_dates(churn__reader *reader, uint32_t customer, const churn_time *dates,
                                uint32_t n, uint8_t *out);

/* An attribute's value; its missing is CHURN__NOT_PROVIDED where there is none or it is unset.
 * `name` is a code of texts. Strings are views of the version. */
churn__value churn__reader_attribute(churn__reader *reader, uint32_t customer, uint32_t name,
                                     churn_time as_of);

typedef struct churn__attribute_state {
    churn_time valid_from; /* CHURN_TIME_MIN: from the customer's beginning */
    churn__value value;
} churn__attribute_state;

/* The values that an attribute had with valid_from <= as_of, as known at as_of, oldest first. */
size_t churn__reader_attribute_states(churn__reader *reader, uint32_t customer, uint32_t name,
                                      churn_time as_of, const churn__attribute_state **out);

#define CHURN__SUB_TRIAL 1
#define CHURN__SUB_ACTIVE 2
#define CHURN__SUB_PAUSED 3
#define CHURN__SUB_PAST_DUE 4
#define CHURN__SUB_UNPAID 5
#define CHURN__SUB_CANCELLED 6

typedef struct churn__subscription {
    uint32_t id;         /* a number that is the same for the same subscription of this store */
    uint8_t status;      /* CHURN__SUB_* */
    uint8_t period_unit; /* 'd' 'w' 'm' 'y', 0: not given; a quarter is 3 'm' */
    int8_t auto_renew, usage_based; /* 0, 1, CHURN_TRUTH_NONE */
    int32_t period_count;
    uint32_t plan, currency, product; /* texts; CHURN__NO_CODE */
    uint32_t notice;                  /* texts */
    int64_t amount, discount;         /* minor units; CHURN_INT_NONE */
    int64_t seats;                    /* CHURN_INT_NONE */
    churn_time valid_from, known_at;
    churn_time discount_until, renews_at, ends_at, ended_at, cancel_requested_at, trial_ends_at;
} churn__subscription;

/* Every state of every subscription with valid_from <= as_of, ordered by (id as string,
 * valid_from). */
size_t churn__reader_subscriptions(churn__reader *reader, uint32_t customer, churn_time as_of,
                                   const churn__subscription **out);
/* The host's id of a subscription, invoice or ticket row: for lines that show evidence. */
churn_str churn__version_key(const churn__version *version, churn_record_kind kind, uint32_t id);

typedef struct churn__invoice {
    uint32_t id, currency, failure;
    churn_time issued_at, known_at, due_at, paid_at, failed_at, refunded_at;
    int64_t amount, refunded;
} churn__invoice;

/* Invoices with issued_at < as_of, ordered by (issued_at, id as string). */
size_t churn__reader_invoices(churn__reader *reader, uint32_t customer, churn_time as_of,
                              const churn__invoice **out);

typedef struct churn__ticket {
    uint32_t id, user, priority, category, text;
    churn_time opened_at, known_at, first_response_at, closed_at, reopened_at;
    double csat; /* NaN: not given or not yet */
} churn__ticket;

/* Tickets with opened_at < as_of, ordered by (opened_at, id as string). A ticket is open where
 * closed_at is none, or reopened_at is later than it. */
size_t churn__reader_tickets(churn__reader *reader, uint32_t customer, churn_time as_of,
                             const churn__ticket **out);

#define CHURN__SURVEY_NPS 1
#define CHURN__SURVEY_CSAT 2
#define CHURN__SURVEY_CES 3
#define CHURN__SURVEY_CUSTOM 4

typedef struct churn__survey {
    uint32_t id; /* CHURN__NO_CODE: none */
    uint32_t user, text, category, moment;
    uint8_t kind; /* CHURN__SURVEY_* */
    churn_time at, known_at;
    double score;
} churn__survey;

/* Answers with at < as_of, ordered by (at, kind, user, id). */
size_t churn__reader_surveys(churn__reader *reader, uint32_t customer, churn_time as_of,
                             const churn__survey **out);

#define CHURN__CHURN_VOLUNTARY 1
#define CHURN__CHURN_INVOLUNTARY 2
#define CHURN__CHURN_DOWNGRADE 3
#define CHURN__CHURN_PAUSE 4

typedef struct churn__churn {
    uint8_t kind; /* CHURN__CHURN_* */
    uint32_t reason, competitor, currency;
    churn_time at, known_at;
    int64_t amount; /* CHURN_INT_NONE */
} churn__churn;

/* Churn records with at < as_of, ordered by (at, kind). */
size_t churn__reader_churns(churn__reader *reader, uint32_t customer, churn_time as_of,
                            const churn__churn **out);

typedef struct churn__contact {
    uint32_t id;
    uint32_t role, name; /* texts; CHURN__NO_CODE */
    int8_t active;       /* 0, 1 */
    churn_time valid_from, known_at;
} churn__contact;

/* Every state of every contact with valid_from <= as_of, ordered by (id as string, valid_from): the
 * last of an id is how it stands. */
size_t churn__reader_contacts(churn__reader *reader, uint32_t customer, churn_time as_of,
                              const churn__contact **out);

/* The id of a customer in another system: how loading finds customers, and nothing that a metric
 * reads. */
typedef struct churn__alias {
    uint32_t source, alias; /* texts */
    churn_time known_at;
} churn__alias;

typedef struct churn__milestone {
    uint32_t name; /* texts */
    churn_time reached_at, known_at;
} churn__milestone;

/* Milestones with reached_at < as_of, the earliest of each name, ordered by (reached_at, name). */
size_t churn__reader_milestones(churn__reader *reader, uint32_t customer, churn_time as_of,
                                const churn__milestone **out);

typedef struct churn__touchpoint {
    uint32_t id;
    uint32_t channel, user, play, action, offer, outcome; /* texts; CHURN__NO_CODE */
    churn_time at, known_at, opened_at, clicked_at, replied_at, outcome_at;
} churn__touchpoint;

/* Touchpoints with at < as_of, ordered by (at, id as string). */
size_t churn__reader_touchpoints(churn__reader *reader, uint32_t customer, churn_time as_of,
                                 const churn__touchpoint **out);

typedef struct churn__override {
    uint32_t score; /* texts */
    uint32_t reason, author;
    churn_time at, known_at, expires_at;
    double value; /* NaN: taken back */
} churn__override;

/* Judgements with at <= as_of, ordered by (score as string, at). */
size_t churn__reader_overrides(churn__reader *reader, uint32_t customer, churn_time as_of,
                               const churn__override **out);
/* The newest of a score (a code of texts) with at <= as_of, also where it takes back what was said
 * or has expired. False: none. */
bool churn__reader_override(const churn__reader *reader, uint32_t customer, uint32_t score,
                            churn_time as_of, churn__override *out);

/* ---- records of the business, of no customer ---- */

typedef struct churn__spend {
    uint32_t id; /* CHURN__NO_CODE: none */
    uint32_t currency, channel;
    churn_time at, known_at;
    int64_t amount;
} churn__spend;

/* Spends with at < as_of, ordered by (at, id, channel, currency as strings). */
size_t churn__reader_spends(churn__reader *reader, churn_time as_of, const churn__spend **out);

typedef struct churn__rate {
    uint32_t currency; /* texts */
    churn_time at, known_at;
    double rate; /* units of the reporting currency for one of this */
} churn__rate;

/* Rates with at <= as_of, ordered by (currency as string, at): the last of a currency holds. */
size_t churn__reader_rates(churn__reader *reader, churn_time as_of, const churn__rate **out);

typedef struct churn__announcement {
    uint32_t name, kind; /* texts; CHURN__NO_CODE */
    churn_time at, known_at;
} churn__announcement;

/* Announcements with at < as_of, ordered by (at, name). */
size_t churn__reader_announcements(churn__reader *reader, churn_time as_of,
                                   const churn__announcement **out);

typedef struct churn__measure {
    uint32_t name, unit; /* texts */
    churn_time at, known_at;
    double value;
} churn__measure;

/* Measures with at < as_of, ordered by (name as string, at). */
size_t churn__reader_measures(churn__reader *reader, churn_time as_of, const churn__measure **out);

/* ---- one customer's story ---- */

/* Lines of a story while it is put together; other modules add what they know. */
typedef struct churn__story churn__story;

typedef struct churn__story_line {
    churn_time at;    /* CHURN_TIME_NONE: not dated */
    const char *kind; /* "ticket"; kinds that are not of records come after those */
    uint32_t order;   /* of kinds at one instant: filled in by churn__story_add() */
    churn_str id, what, user, currency, text, details; /* {NULL, 0}: none */
    double value;                                      /* NaN: none */
    int64_t amount;                                    /* CHURN_INT_NONE: none */
} churn__story_line;

/* `others` ended by NULL: more kinds of lines, in their order. `as_of` CHURN_TIME_NONE: now. */
churn_status churn__story_open(churn__heap *heap, const churn_story_options *options,
                               const char *const *others, churn_time as_of, churn__story **out,
                               churn_error *err);
/* Everything that the records of a customer say; the version is held. */
churn_status churn__story_records(churn__story *story, churn__version *version, uint32_t customer,
                                  churn_error *err);
void churn__story_line_init(churn__story_line *line, const char *kind, churn_time at);
/* Dropped where the options leave it out. Its texts must live until the table is made. */
void churn__story_add(churn__story *story, const churn__story_line *line);
/* A text that lives as long as the story, as churn__format() makes it, of at most 255 bytes. */
churn_str churn__story_text(churn__story *story, const char *format, ...);
churn_status churn__story_table(churn__story *story, churn_table **out, churn_error *err);
void churn__story_close(churn__story *story);

#endif
