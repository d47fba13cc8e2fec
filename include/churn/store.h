/* SPDX-License-Identifier: MIT */
#ifndef CHURN_STORE_H
#define CHURN_STORE_H

#include <churn/arrow.h>
#include <churn/cancel.h>
#include <churn/options.h>
#include <churn/records.h>
#include <churn/table.h>

CHURN_BEGIN_DECLS

/*
 * A store keeps customer records and their history, in memory. One thread writes while any number
 * of threads ask: an evaluation pins the version that is current when it begins and sees whole
 * batches or none of them. A second writer at the same time gets CHURN_E_STATE.
 *
 *     churn_store *store = NULL;
 *     churn_store_create(NULL, &store, &err);
 *     churn_event_batch events = {.struct_size = sizeof events, .row_count = n, ...};
 *     churn_load_report report = {.struct_size = sizeof report};
 *     churn_store_add_events(store, &events, NULL, &report, &err);
 *     ... report.rejected rows are listed in report.rejections, everything else is in ...
 *     churn_table_free(report.rejections);
 *
 * Rows may come late, in any order, and again: the same row changes nothing, a changed row replaces
 * what it said before, a row with a later `known_at` is a new version that earlier evaluations do
 * not see. A row with a later `known_at` that says what is known by then is `unchanged`, and no
 * version; that it was said again is remembered, so that versions may come in any order: one which
 * comes late holds until the record was next said again. (Not by rows of a load that replaces a
 * slice: what they repeat stays as it is.) A bad row is rejected with its reason and never takes
 * good ones with it. A call that fails leaves the store as it was.
 */

/** What becomes of rows whose customer the store does not have. */
#define CHURN_UNKNOWN_CUSTOMER_CREATE 1 /* the default: the customer is made, without `since` */
#define CHURN_UNKNOWN_CUSTOMER_REJECT 2

typedef struct churn_store_options {
    uint32_t struct_size;
    int32_t unknown_customer;         /* CHURN_UNKNOWN_CUSTOMER_*; 0: create */
    const churn_allocator *allocator; /* kept until everything made from the store is freed */
    const churn_limits *limits;       /* borrowed */
    churn_str time_zone;              /* of dates and naive times that are loaded; default UTC */
    churn_str zoneinfo;               /* directory of TZif files; default the system's */
} churn_store_options;

/* ---- loading ---- */

#define CHURN_LOAD_STRICT 1u /* flag: the first bad row is an error, and nothing is loaded */
#define CHURN_LOAD_RETRACT \
    2u /* flag: the rows name records that are no more: churn_store_retract() */

/** How the integers and decimals of money columns of a stream are meant. Decimal, float and text
 * columns are major units unless told otherwise; integer columns must be told. */
#define CHURN_MONEY_MAJOR 1
#define CHURN_MONEY_MINOR 2

/** "This field of the record is in that column", or "has that constant text". */
typedef struct churn_field_text {
    churn_str field;
    churn_str text;
} churn_field_text;

/** "Where this field says `from`, read `to`": canceled -> cancelled. */
typedef struct churn_field_value {
    churn_str field;
    churn_str from;
    churn_str to;
} churn_field_value;

/**
 * What a load replaces: all records of its kind whose own instant (`at`, `opened_at`, `valid_from`
 * ...) lies in [from, to), of events only those of `types`.
 *
 * The rows of the load take their place in one step. A row that repeats what is there is
 * `unchanged`, and nothing is written where nothing changed. A record that no row names is
 * retracted at the load's `known_at`, so that earlier evaluations still see it; without one it
 * never was, which is counted as `rewrote_history`. What was retracted before stays so. Records
 * learned after the load's `known_at` stay. Events without id are known by all that they say, each
 * as often as it is said. A row outside the slice is rejected as `outside_slice`. The report's
 * `retracted` are the records that went, beside the rows that it has `seen`.
 *
 * With a `source` in the options the slice is what came from that source; without one it is what
 * came from anywhere. So the tables of two systems lie side by side in one store, each loaded again
 * by itself. Events without id of two sources are two events, even where they say the same. What is
 * known by an id or a key is one record whoever names it: a row that repeats it leaves it as it is,
 * with the source that it has, and one that says otherwise makes it its own.
 *
 * This is the way to load a table again every night where its rows have no ids. Customers and
 * aliases, which have no instant, have no slices.
 */
typedef struct churn_slice {
    uint32_t struct_size;
    uint32_t type_count;
    churn_time from;        /* CHURN_TIME_NONE: from the beginning */
    churn_time to;          /* not in the slice itself; CHURN_TIME_NONE: without end */
    const churn_str *types; /* of events; count 0: all */
} churn_slice;

typedef struct churn_load_options {
    uint32_t struct_size;
    uint32_t flags;           /* CHURN_LOAD_* */
    int32_t unknown_customer; /* CHURN_UNKNOWN_CUSTOMER_*; 0: as the store says */
    int32_t money;            /* CHURN_MONEY_*; streams only */
    churn_time valid_from;    /* snapshot: since when customer attributes hold; 0: not said */
    churn_time known_at;      /* when all these rows were learned, unless a row says; 0: not said */
    churn_str time_zone;      /* of this load's dates and naive times; default the store's */
    const churn_field_text *columns; /* streams only: field -> column; others match by name */
    uint32_t column_count;
    uint32_t constant_count;
    const churn_field_text *constants; /* streams only: fields that the stream lacks, as text */
    const churn_field_value *values;   /* streams only: value maps of text fields */
    uint32_t value_count;
    uint32_t reserved;          /* zero */
    churn_cancel *cancel;       /* may be NULL */
    churn_str source;           /* the system that the rows come from. If the store has aliases of
                                   it, rows name customers by those: see churn_alias; otherwise, and
                                   by default, by the host's own ids */
    const churn_slice *replace; /* the rows replace a slice; NULL: they are added */
} churn_load_options;

/** What a load did with each row; seen = added + updated + unchanged + conflicting + retracted +
 * rejected. */
typedef struct churn_load_report {
    uint32_t struct_size;
    uint32_t reserved;
    uint64_t seen;
    uint64_t added;           /* new records, and new versions by known_at */
    uint64_t updated;         /* records replaced by what the row says */
    uint64_t unchanged;       /* rows that said what was known */
    uint64_t conflicting;     /* rows overruled by a later row of the same key in the same call */
    uint64_t retracted;       /* records that are no more */
    uint64_t rejected;        /* bad rows: see rejections */
    uint64_t undated;         /* of those rejected: attribute changes without a date */
    uint64_t unmapped;        /* of those rejected: an id that is no alias of options->source,
                                 which has some */
    uint64_t rewrote_history; /* of those updated or retracted: without known_at, so that past
                                 answers change */
    uint64_t late;            /* of those added or updated: older than a mark of the store */
    uint64_t customers;       /* customers that were made */
    churn_table *rejections;  /* row, field, code, reason; NULL if none; free with
                                 churn_table_free();  the first limits.rejections of them */
} churn_load_report;

/**
 * Create an empty store.
 *
 * @param options NULL for defaults
 * @param[out] out returned: free with churn_store_free()
 * @param err optional
 * @return CHURN_OK; CHURN_E_NOT_FOUND for an unknown time zone; CHURN_E_CORRUPT for a damaged zone
 *         file; CHURN_E_RANGE; CHURN_E_NOMEM; CHURN_E_ARG; CHURN_E_ABI
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_store_create(const churn_store_options *options, churn_store **out,
                                          churn_error *err);

/**
 * Free a store. Engines and tables made from it keep what they need and may be freed later.
 *
 * @param store may be NULL
 * @threads one at a time per store
 * @since 0.1
 */
CHURN_API void churn_store_free(churn_store *store);

/*
 * Why a row is rejected, by the code in `rejections` and its number in the `detail` of an error:
 *
 *     1 missing_field         2 not_finite           3 out_of_range        4 not_utf8
 *     5 contains_nul          6 too_long             7 bad_value           8 bad_time
 *     9 unknown_customer     10 id_of_other_customer 11 undated_change    12 unknown_status
 *    13 unknown_kind         14 unknown_period      15 unknown_currency   16 money_fraction
 *    17 bad_duration        18 not_found            19 no_key             20 outside_slice
 *    21 property_type       22 property_limit       23 unmapped           24 cyclic_parent
 *
 * An empty text is "not given", except as the value of an attribute.
 *
 * With a `source` in the options of which the store has aliases, a customer is found by the alias
 * of that source which the store has when the load begins, whatever its known_at: mapping is a
 * matter of loading, and what was loaded stays where it is. An alias that was retracted maps no
 * more, and neither do the host's own ids, also when all aliases of the source were retracted. A
 * source that has none uses the host's ids.
 *
 * The source is remembered with the rows: see churn_slice. A record has the source of the row that
 * brought what it says; one that only repeats it changes nothing. Records that came without one, or
 * one at a time, have none. It is no part of what they say: churn_store_hash() leaves it out, and
 * records that are read back and loaded elsewhere come without it. A store knows at most 65,535
 * sources.
 *
 * The attribute `parent` is the id of another customer (a text, or a whole number that is read as
 * one), which may be unknown. A row after which a customer would be among its own parents, as seen
 * at any `as_of`, is rejected as cyclic_parent; of several rows that close a circle together the
 * last. What counts is what holds after the whole call, so rows may come in any order.
 *
 * One record at a time: what a row would be rejected for is the status, with the field in the
 * message.
 */

/**
 * Add or replace one customer.
 *
 * It is seen by whatever asks next; a version of the store is made when somebody does. A field that
 * is not given changes nothing about a customer who is known.
 *
 * @param store borrowed
 * @param customer borrowed; begun with churn_record_init()
 * @param err optional; `detail` is the number of the rejection's code
 * @return CHURN_OK; CHURN_E_ARG for a field that must be given; CHURN_E_UTF8; CHURN_E_RANGE;
 *         CHURN_E_TYPE; CHURN_E_EXISTS for an id of another customer's record; CHURN_E_NOT_FOUND
 *         for an unknown customer where those are rejected; CHURN_E_STATE for a second writer or an
 *         undated change; CHURN_E_LIMIT; CHURN_E_NOMEM; CHURN_E_ABI
 * @threads one writer per store
 * @since 0.1
 */
CHURN_API churn_status churn_store_add_customer(churn_store *store, const churn_customer *customer,
                                                churn_error *err);

/**
 * Add or replace one attribute value.
 *
 * @param attribute borrowed
 * @param err optional
 * @return as churn_store_add_customer()
 * @threads one writer per store
 * @since 0.1
 */
CHURN_API churn_status churn_store_add_attribute(churn_store *store,
                                                 const churn_attribute *attribute,
                                                 churn_error *err);

/**
 * Add or replace one event.
 *
 * @param event borrowed
 * @param err optional
 * @return as churn_store_add_customer()
 * @threads one writer per store
 * @since 0.1
 */
CHURN_API churn_status churn_store_add_event(churn_store *store, const churn_event *event,
                                             churn_error *err);

/**
 * Add or replace one subscription state.
 *
 * @param subscription borrowed
 * @param err optional
 * @return as churn_store_add_customer()
 * @threads one writer per store
 * @since 0.1
 */
CHURN_API churn_status churn_store_add_subscription(churn_store *store,
                                                    const churn_subscription *subscription,
                                                    churn_error *err);

/**
 * Add or replace one invoice.
 *
 * @param invoice borrowed
 * @param err optional
 * @return as churn_store_add_customer()
 * @threads one writer per store
 * @since 0.1
 */
CHURN_API churn_status churn_store_add_invoice(churn_store *store, const churn_invoice *invoice,
                                               churn_error *err);

/**
 * Add or replace one ticket.
 *
 * @param ticket borrowed
 * @param err optional
 * @return as churn_store_add_customer()
 * @threads one writer per store
 * @since 0.1
 */
CHURN_API churn_status churn_store_add_ticket(churn_store *store, const churn_ticket *ticket,
                                              churn_error *err);

/**
 * Add or replace one survey answer.
 *
 * @param survey borrowed
 * @param err optional
 * @return as churn_store_add_customer()
 * @threads one writer per store
 * @since 0.1
 */
CHURN_API churn_status churn_store_add_survey(churn_store *store, const churn_survey *survey,
                                              churn_error *err);

/**
 * Add or replace one churn record.
 *
 * @param churn borrowed
 * @param err optional
 * @return as churn_store_add_customer()
 * @threads one writer per store
 * @since 0.1
 */
CHURN_API churn_status churn_store_add_churn(churn_store *store, const churn_churn *churn,
                                             churn_error *err);

/**
 * Add or replace one state of a contact.
 *
 * @param contact borrowed
 * @param err optional
 * @return as churn_store_add_customer()
 * @threads one writer per store
 * @since 0.1
 */
CHURN_API churn_status churn_store_add_contact(churn_store *store, const churn_contact *contact,
                                               churn_error *err);

/**
 * Add or replace one alias.
 *
 * @param alias borrowed
 * @param err optional
 * @return as churn_store_add_customer()
 * @threads one writer per store
 * @since 0.1
 */
CHURN_API churn_status churn_store_add_alias(churn_store *store, const churn_alias *alias,
                                             churn_error *err);

/**
 * Add or replace one milestone.
 *
 * @param milestone borrowed
 * @param err optional
 * @return as churn_store_add_customer()
 * @threads one writer per store
 * @since 0.1
 */
CHURN_API churn_status churn_store_add_milestone(churn_store *store,
                                                 const churn_milestone *milestone,
                                                 churn_error *err);

/**
 * Add or replace one touchpoint.
 *
 * @param touchpoint borrowed
 * @param err optional
 * @return as churn_store_add_customer()
 * @threads one writer per store
 * @since 0.1
 */
CHURN_API churn_status churn_store_add_touchpoint(churn_store *store,
                                                  const churn_touchpoint *touchpoint,
                                                  churn_error *err);

/**
 * Add or replace what was spent once.
 *
 * @param spend borrowed
 * @param err optional
 * @return as churn_store_add_customer()
 * @threads one writer per store
 * @since 0.1
 */
CHURN_API churn_status churn_store_add_spend(churn_store *store, const churn_spend *spend,
                                             churn_error *err);

/**
 * Add or replace one exchange rate.
 *
 * @param rate borrowed
 * @param err optional
 * @return as churn_store_add_customer()
 * @threads one writer per store
 * @since 0.1
 */
CHURN_API churn_status churn_store_add_rate(churn_store *store, const churn_rate *rate,
                                            churn_error *err);

/**
 * Add or replace one announcement.
 *
 * @param announcement borrowed
 * @param err optional
 * @return as churn_store_add_customer()
 * @threads one writer per store
 * @since 0.1
 */
CHURN_API churn_status churn_store_add_announcement(churn_store *store,
                                                    const churn_announcement *announcement,
                                                    churn_error *err);

/**
 * Add or replace one figure that the host measured.
 *
 * @param measure borrowed
 * @param err optional
 * @return as churn_store_add_customer(); CHURN_E_RANGE for a value that is not finite
 * @threads one writer per store
 * @since 0.1
 */
CHURN_API churn_status churn_store_add_measure(churn_store *store, const churn_measure *measure,
                                               churn_error *err);

/**
 * Add or replace one judgement of a score.
 *
 * @param override borrowed
 * @param err optional
 * @return as churn_store_add_customer(); CHURN_E_RANGE for a value outside 0 to 100 and for an
 *         `expires_at` that is not after `at`
 * @threads one writer per store
 * @since 0.1
 */
CHURN_API churn_status churn_store_add_override(churn_store *store, const churn_override *override,
                                                churn_error *err);

/*
 * Batches of columns: one call, one version of the store.
 */

/**
 * Add a batch of customers.
 *
 * A customer's row counts as one row of the report, however many attributes it has: added where no
 * customer record was there, updated where anything it says is new, else unchanged.
 *
 * @param store borrowed
 * @param batch borrowed
 * @param options NULL for defaults
 * @param[out] report filled in; may be NULL
 * @param err optional; with CHURN_LOAD_STRICT `row` is the first bad row
 * @return CHURN_OK, also when rows were rejected; CHURN_E_STATE for a second writer; CHURN_E_LIMIT;
 *         CHURN_E_CANCELLED; CHURN_E_NOMEM; CHURN_E_ARG for columns that contradict themselves;
 *         CHURN_E_ABI; with CHURN_LOAD_STRICT the statuses of churn_store_add_customer(). After any
 *         failure nothing of the batch is in
 * @threads one writer per store
 * @since 0.1
 */
CHURN_API churn_status churn_store_add_customers(churn_store *store,
                                                 const churn_customer_batch *batch,
                                                 const churn_load_options *options,
                                                 churn_load_report *report, churn_error *err);

/**
 * Add a batch of attribute values.
 *
 * @param batch borrowed
 * @param options NULL for defaults
 * @param[out] report filled in; may be NULL
 * @param err optional
 * @return as churn_store_add_customers()
 * @threads one writer per store
 * @since 0.1
 */
CHURN_API churn_status churn_store_add_attributes(churn_store *store,
                                                  const churn_attribute_batch *batch,
                                                  const churn_load_options *options,
                                                  churn_load_report *report, churn_error *err);

/**
 * Add a batch of events.
 *
 * @param batch borrowed
 * @param options NULL for defaults
 * @param[out] report filled in; may be NULL
 * @param err optional
 * @return as churn_store_add_customers()
 * @threads one writer per store
 * @since 0.1
 */
CHURN_API churn_status churn_store_add_events(churn_store *store, const churn_event_batch *batch,
                                              const churn_load_options *options,
                                              churn_load_report *report, churn_error *err);

/**
 * Add a batch of subscription states.
 *
 * @param batch borrowed
 * @param options NULL for defaults
 * @param[out] report filled in; may be NULL
 * @param err optional
 * @return as churn_store_add_customers()
 * @threads one writer per store
 * @since 0.1
 */
CHURN_API churn_status churn_store_add_subscriptions(churn_store *store,
                                                     const churn_subscription_batch *batch,
                                                     const churn_load_options *options,
                                                     churn_load_report *report, churn_error *err);

/**
 * Add a batch of invoices.
 *
 * @param batch borrowed
 * @param options NULL for defaults
 * @param[out] report filled in; may be NULL
 * @param err optional
 * @return as churn_store_add_customers()
 * @threads one writer per store
 * @since 0.1
 */
CHURN_API churn_status churn_store_add_invoices(churn_store *store,
                                                const churn_invoice_batch *batch,
                                                const churn_load_options *options,
                                                churn_load_report *report, churn_error *err);

/**
 * Add a batch of tickets.
 *
 * @param batch borrowed
 * @param options NULL for defaults
 * @param[out] report filled in; may be NULL
 * @param err optional
 * @return as churn_store_add_customers()
 * @threads one writer per store
 * @since 0.1
 */
CHURN_API churn_status churn_store_add_tickets(churn_store *store, const churn_ticket_batch *batch,
                                               const churn_load_options *options,
                                               churn_load_report *report, churn_error *err);

/**
 * Add a batch of survey answers.
 *
 * @param batch borrowed
 * @param options NULL for defaults
 * @param[out] report filled in; may be NULL
 * @param err optional
 * @return as churn_store_add_customers()
 * @threads one writer per store
 * @since 0.1
 */
CHURN_API churn_status churn_store_add_surveys(churn_store *store, const churn_survey_batch *batch,
                                               const churn_load_options *options,
                                               churn_load_report *report, churn_error *err);

/**
 * Add a batch of churn records.
 *
 * @param batch borrowed
 * @param options NULL for defaults
 * @param[out] report filled in; may be NULL
 * @param err optional
 * @return as churn_store_add_customers()
 * @threads one writer per store
 * @since 0.1
 */
CHURN_API churn_status churn_store_add_churns(churn_store *store, const churn_churn_batch *batch,
                                              const churn_load_options *options,
                                              churn_load_report *report, churn_error *err);

/**
 * Add a batch of states of contacts.
 *
 * @param batch borrowed
 * @param options NULL for defaults
 * @param[out] report filled in; may be NULL
 * @param err optional
 * @return as churn_store_add_customers()
 * @threads one writer per store
 * @since 0.1
 */
CHURN_API churn_status churn_store_add_contacts(churn_store *store,
                                                const churn_contact_batch *batch,
                                                const churn_load_options *options,
                                                churn_load_report *report, churn_error *err);

/**
 * Add a batch of aliases.
 *
 * @param batch borrowed
 * @param options NULL for defaults
 * @param[out] report filled in; may be NULL
 * @param err optional
 * @return as churn_store_add_customers()
 * @threads one writer per store
 * @since 0.1
 */
CHURN_API churn_status churn_store_add_aliases(churn_store *store, const churn_alias_batch *batch,
                                               const churn_load_options *options,
                                               churn_load_report *report, churn_error *err);

/**
 * Add a batch of milestones.
 *
 * @param batch borrowed
 * @param options NULL for defaults
 * @param[out] report filled in; may be NULL
 * @param err optional
 * @return as churn_store_add_customers()
 * @threads one writer per store
 * @since 0.1
 */
CHURN_API churn_status churn_store_add_milestones(churn_store *store,
                                                  const churn_milestone_batch *batch,
                                                  const churn_load_options *options,
                                                  churn_load_report *report, churn_error *err);

/**
 * Add a batch of touchpoints.
 *
 * @param batch borrowed
 * @param options NULL for defaults
 * @param[out] report filled in; may be NULL
 * @param err optional
 * @return as churn_store_add_customers()
 * @threads one writer per store
 * @since 0.1
 */
CHURN_API churn_status churn_store_add_touchpoints(churn_store *store,
                                                   const churn_touchpoint_batch *batch,
                                                   const churn_load_options *options,
                                                   churn_load_report *report, churn_error *err);

/**
 * Add a batch of what was spent.
 *
 * @param batch borrowed
 * @param options NULL for defaults
 * @param[out] report filled in; may be NULL
 * @param err optional
 * @return as churn_store_add_customers()
 * @threads one writer per store
 * @since 0.1
 */
CHURN_API churn_status churn_store_add_spends(churn_store *store, const churn_spend_batch *batch,
                                              const churn_load_options *options,
                                              churn_load_report *report, churn_error *err);

/**
 * Add a batch of exchange rates.
 *
 * @param batch borrowed
 * @param options NULL for defaults
 * @param[out] report filled in; may be NULL
 * @param err optional
 * @return as churn_store_add_customers()
 * @threads one writer per store
 * @since 0.1
 */
CHURN_API churn_status churn_store_add_rates(churn_store *store, const churn_rate_batch *batch,
                                             const churn_load_options *options,
                                             churn_load_report *report, churn_error *err);

/**
 * Add a batch of announcements.
 *
 * @param batch borrowed
 * @param options NULL for defaults
 * @param[out] report filled in; may be NULL
 * @param err optional
 * @return as churn_store_add_customers()
 * @threads one writer per store
 * @since 0.1
 */
CHURN_API churn_status churn_store_add_announcements(churn_store *store,
                                                     const churn_announcement_batch *batch,
                                                     const churn_load_options *options,
                                                     churn_load_report *report, churn_error *err);

/**
 * Add a batch of figures that the host measured.
 *
 * @param batch borrowed
 * @param options NULL for defaults
 * @param[out] report filled in; may be NULL
 * @param err optional
 * @return as churn_store_add_customers()
 * @threads one writer per store
 * @since 0.1
 */
CHURN_API churn_status churn_store_add_measures(churn_store *store,
                                                const churn_measure_batch *batch,
                                                const churn_load_options *options,
                                                churn_load_report *report, churn_error *err);

/**
 * Add a batch of judgements of scores.
 *
 * @param batch borrowed
 * @param options NULL for defaults
 * @param[out] report filled in; may be NULL
 * @param err optional
 * @return as churn_store_add_customers()
 * @threads one writer per store
 * @since 0.1
 */
CHURN_API churn_status churn_store_add_overrides(churn_store *store,
                                                 const churn_override_batch *batch,
                                                 const churn_load_options *options,
                                                 churn_load_report *report, churn_error *err);

/**
 * Add the rows of an Arrow stream: one version of the store, whatever the number of its batches.
 *
 * Columns are matched to the fields of the record's struct by name, after `options->columns` were
 * applied. For customers every column that is no field is an attribute; for other kinds columns
 * that are no field are ignored. Integers of any width, float, double, decimal128, bool, utf8,
 * large_utf8, utf8_view, dictionaries of these, timestamps of every unit with and without zone,
 * date32 and null are taken; a type that a field cannot hold is an error that names the column.
 * Text is read as a number, truth or instant where the field is one. Dates and naive times are wall
 * times of the load's zone. NaN is "not given".
 *
 * @param store borrowed
 * @param kind CHURN_RECORD_*
 * @param stream moved: `stream->release` is NULL after CHURN_OK; on failure before its first read
 *        left alone, after it released
 * @param options NULL for defaults
 * @param[out] report filled in; may be NULL; rows are numbered across batches
 * @param err optional
 * @return as churn_store_add_customers(), and CHURN_E_TYPE for a column of a wrong type;
 *         CHURN_E_NOT_FOUND for a mapped column or field that does not exist, or a field that must
 *         be given and has neither column nor constant; CHURN_E_CORRUPT; CHURN_E_IO
 * @threads one writer per store
 * @since 0.1
 */
CHURN_API churn_status churn_store_add_stream(churn_store *store, churn_record_kind kind,
                                              struct ArrowArrayStream *stream,
                                              const churn_load_options *options,
                                              churn_load_report *report, churn_error *err);

/**
 * Retract one record: it is no more, from its `known_at` on.
 *
 * The record is found by its key: its `id`; an attribute by customer, name and valid_from; a
 * subscription by id and valid_from; a survey answer without id by customer, kind, user and at; a
 * churn record by customer, kind and at; other fields are not looked at. Where there is an id,
 * `customer` may be left out. Evaluations with `as_of` before `known_at` still see the record.
 * Without `known_at` it never was, at any date, which is counted as `rewrote_history`. A version
 * with a later known_at begins the record again. To retract what is retracted already changes
 * nothing; a record that was not known by then is not found. Events without id cannot be retracted
 * one by one. Of a customer it is the record with `since`: attributes and the records of others
 * stay.
 *
 * Many at once: the rows of a batch or a stream with the flag CHURN_LOAD_RETRACT, with the same
 * fields; those that are not found are rejected as `not_found`, and `retracted` counts the rest.
 *
 * @param store borrowed
 * @param kind CHURN_RECORD_*: which struct `record` is
 * @param record borrowed; begun with churn_record_init()
 * @param err optional; `detail` is the number of the rejection's code
 * @return CHURN_OK; CHURN_E_NOT_FOUND where there is no such record; otherwise as
 *         churn_store_add_customer()
 * @threads one writer per store
 * @since 0.1
 */
CHURN_API churn_status churn_store_retract(churn_store *store, churn_record_kind kind,
                                           const void *record, churn_error *err);

/**
 * Say that a source is complete up to an instant: silence until then is silence.
 *
 * A kind of record that was never loaded (not even zero rows of it) nor marked is not_provided.
 *
 * @param store borrowed
 * @param source the name of a source of playbooks, or of a kind of record ("ticket")
 * @param len its length, or CHURN_NTS
 * @param through the instant up to which everything that happened is loaded
 * @param known_at when that was known: the mark counts for evaluations from then on;
 *        CHURN_TIME_NONE: at every `as_of`
 * @param err optional
 * @return CHURN_OK; CHURN_E_RANGE for an instant outside years 1 to 9999; CHURN_E_LIMIT for a name
 *         of more than 1,024 bytes; CHURN_E_UTF8; CHURN_E_STATE; CHURN_E_NOMEM; CHURN_E_ARG
 * @threads one writer per store
 * @since 0.1
 */
CHURN_API churn_status churn_store_mark(churn_store *store, const char *source, size_t len,
                                        churn_time through, churn_time known_at, churn_error *err);

/* ---- what a store holds ---- */

/**
 * Return how many customers a store has.
 *
 * @param store may be NULL
 * @return 0 for NULL
 * @threads any
 * @since 0.1
 */
CHURN_API uint64_t churn_store_customer_count(const churn_store *store);

/**
 * Return how many records of a kind a store has, all versions of each counted.
 *
 * @param store may be NULL
 * @param kind CHURN_RECORD_*; customers are counted however they came
 * @return 0 for NULL or an unknown kind
 * @threads any
 * @since 0.1
 */
CHURN_API uint64_t churn_store_record_count(const churn_store *store, churn_record_kind kind);

/**
 * Return a number that grows with every change of a store.
 *
 * @param store may be NULL
 * @return 0 for NULL and for a store never written
 * @threads any
 * @since 0.1
 */
CHURN_API uint64_t churn_store_version(const churn_store *store);

/**
 * Return a hash of everything that a store holds: equal for equal records, whatever the order in
 * which they came (as far as their keys differ). It reads the whole store.
 *
 * @param store borrowed
 * @param[out] hash the same on every machine
 * @param err optional
 * @return CHURN_OK; CHURN_E_NOMEM; CHURN_E_ARG
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_store_hash(churn_store *store, uint64_t *hash, churn_error *err);

/**
 * Return how many bytes a store, and what was made from it and is alive, take from the allocator.
 *
 * @param store may be NULL
 * @return 0 for NULL
 * @threads any
 * @since 0.1
 */
CHURN_API uint64_t churn_store_memory(const churn_store *store);

CHURN_END_DECLS

#endif
