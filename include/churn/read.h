/* SPDX-License-Identifier: MIT */
#ifndef CHURN_READ_H
#define CHURN_READ_H

#include <churn/cancel.h>
#include <churn/records.h>
#include <churn/table.h>

CHURN_BEGIN_DECLS

/*
 * Reading back what a store holds: the records of a kind as a table, how many there are and from
 * when to when, how far each source reaches, and one customer's whole story in the order of time.
 *
 *     churn_read_options options = {.struct_size = sizeof options, .as_of = as_of};
 *     churn_store_records(store, CHURN_RECORD_TICKET, &options, &tickets, &err);
 *
 *     churn_store_story(store, "acme", CHURN_NTS, NULL, &story, &err);
 *
 * A call sees one version of the store: whole batches or none of them. What was erased is gone.
 */

/** Flag: every version of every record instead of one, with a column `known_until`. */
#define CHURN_READ_ALL_VERSIONS 1u

/** Which records are meant. Zero is "all of them". */
typedef struct churn_read_options {
    uint32_t struct_size;
    uint32_t flags;         /* CHURN_READ_* */
    churn_str customer;     /* of one customer; default all */
    churn_time from;        /* the record's instant is at or after it; 0: from the beginning */
    churn_time to;          /* and before it; 0: to the end */
    churn_time as_of;       /* as an evaluation at as_of sees them; 0: all that is known now */
    const churn_str *types; /* events of these types, attributes of these names; default all */
    uint32_t type_count;
    uint32_t reserved;    /* zero */
    uint64_t limit;       /* records: at most so many rows; 0: all */
    churn_cancel *cancel; /* may be NULL */
} churn_read_options;

/**
 * Give the records of a kind as a table, a column a field.
 *
 * The columns are the fields of the kind's struct in records.h under their own names, in its order:
 * ids, names, codes, words ("active"), periods ("3 months") and durations ("30d") as text, instants
 * as instants, money as integers in minor units of the column `currency`, truths, numbers and
 * counts as what they are; null is "not given". `known_at` is always there: of a record that came
 * without it, it is when it happened. Then:
 *
 *   event      a column `props.<name>` for each property that an event of the store has
 *   attribute  `type` ("bool", "double", "string", "timestamp"; null: unset), `value` as text, and
 *              beside it `truth`, `number`, `time`, of which the one of the type is given, so that
 *              no value loses anything
 *   customer   without `valid_from`, but with a column an attribute, by the bytes of their names:
 *              its newest value, of the type that all values have, or as text where they differ; a
 *              name that is a field's is written `attribute.<name>`. Every customer is there, also
 *              those whom only other records name
 *
 * The record's instant is at, opened_at, issued_at, valid_from, since, ...: the one by which it is
 * seen. What has none (an attribute or a customer without date) comes before all others.
 *
 * With `as_of` the rows are those that an evaluation at as_of sees, in the version known then, and
 * what was not yet dated is null (`closed_at` and `csat` of a ticket that was open). Without, they
 * are the newest version of every record with all that it says.
 *
 * With CHURN_READ_ALL_VERSIONS and no `as_of` all versions of every record are there, and
 * `known_until` is when the next one, or a retraction, became known (null: it stands). Customers
 * then come without attributes, and only where there is a record of them. Loaded into a new store
 * with money in minor units, all kinds of these tables give the same churn_store_hash(), as far as
 * nothing was retracted or marked: `known_at` must be loaded, `known_until` is not; attributes are
 * loaded type by type with `value` from the column of the type. A version that says the same as the
 * one before it is left out by the load.
 *
 * @param store borrowed
 * @param kind CHURN_RECORD_*
 * @param options NULL for defaults
 * @param[out] out rows in byte order of the customer's id, then by the record's instant, then by
 *        its key, then by known_at; returned: free with churn_table_free()
 * @param err optional
 * @return CHURN_OK; CHURN_E_NOT_FOUND for an unknown customer; CHURN_E_RANGE for instants outside
 *         the years 1 to 9999; CHURN_E_CANCELLED; CHURN_E_LIMIT; CHURN_E_NOMEM; CHURN_E_ARG for an
 *         unknown kind, for as_of with all versions, for types of a kind that has none, for a
 *         customer of records that belong to none; CHURN_E_ABI
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_store_records(churn_store *store, churn_record_kind kind,
                                           const churn_read_options *options, churn_table **out,
                                           churn_error *err);

/** How many records there are, and between which instants. */
typedef struct churn_span {
    uint32_t struct_size;
    uint32_t reserved;
    uint64_t records;   /* rows that churn_store_records() would give without a limit */
    uint64_t customers; /* who have any */
    churn_time first;   /* the first and the last instant; CHURN_TIME_NONE: none has one */
    churn_time last;
} churn_span;

/**
 * Count the records of a kind and say from when to when they are.
 *
 * @param store borrowed
 * @param kind CHURN_RECORD_*
 * @param options NULL for defaults; `limit` is not used
 * @param[out] out filled in; struct_size set
 * @param err optional
 * @return as churn_store_records()
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_store_span(churn_store *store, churn_record_kind kind,
                                        const churn_read_options *options, churn_span *out,
                                        churn_error *err);

/**
 * Say of every source how far it reaches.
 *
 * @param store borrowed
 * @param as_of what is seen then; CHURN_TIME_NONE: all that is known now
 * @param[out] out `source`: a kind of record, or the name under which a mark was given; `type`:
 *        null, or one of the types of events; `provided`: was ever loaded or marked; `records`,
 *        `customers`, `first`, `last`; `mark`: up to where the host said that it is complete;
 *        `watermark`: the later of `mark` and `last`, at most as_of. The kinds first, events
 *        followed by each of their types in byte order, then other marks in byte order; returned:
 *        free with churn_table_free()
 * @param err optional
 * @return CHURN_OK; CHURN_E_RANGE; CHURN_E_LIMIT; CHURN_E_NOMEM; CHURN_E_ARG
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_store_sources(churn_store *store, churn_time as_of, churn_table **out,
                                           churn_error *err);

/** Which part of a story is told. Zero is "all of it". */
typedef struct churn_story_options {
    uint32_t struct_size;
    uint32_t flags;         /* zero */
    churn_time from;        /* lines at or after it; 0: from the beginning */
    churn_time to;          /* and before it; 0: to the end */
    churn_time as_of;       /* churn_store_story() only: as seen then; 0: all that is known now */
    const churn_str *kinds; /* lines of these kinds, by the names in column `kind`; default all */
    uint32_t kind_count;
    uint32_t reserved;    /* zero */
    uint64_t limit;       /* the last so many lines; 0: all */
    churn_cancel *cancel; /* may be NULL */
} churn_story_options;

/**
 * Tell one customer's whole story in the order of time.
 *
 * Every dated fact is a line of its own: a ticket that was opened, answered, closed and opened
 * again is four. Of states (subscriptions, attributes, contacts) each line says what changed.
 *
 *     at, kind, id        when; kind of record ("ticket"); its id, name or type
 *     what                in a few words: "opened ticket", "subscription active -> paused"
 *     user                who did it
 *     value               its number: an event's value, a survey's score, the rating of an answer
 *     amount, currency    its money, in minor units
 *     text                its words: of a ticket or an answer, the reason, the new value
 *     details             everything else that it says, "plan: basic -> pro, seats: 5 -> 10", with
 *                         money in major units
 *
 * Announcements are everybody's. What has no date comes first, with `at` null.
 *
 * @param store borrowed
 * @param customer UTF-8, borrowed
 * @param len its length, or CHURN_NTS
 * @param options NULL for defaults
 * @param[out] out lines by (at, kind, id), kinds in the order of their numbers; returned: free with
 *        churn_table_free()
 * @param err optional
 * @return CHURN_OK; CHURN_E_NOT_FOUND for an unknown customer or kind; CHURN_E_RANGE;
 *         CHURN_E_CANCELLED; CHURN_E_LIMIT; CHURN_E_NOMEM; CHURN_E_ARG; CHURN_E_ABI
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_store_story(churn_store *store, const char *customer, size_t len,
                                         const churn_story_options *options, churn_table **out,
                                         churn_error *err);

/**
 * Tell one customer's whole story with what the engine did: episodes of triggers, actions of plays
 * and what became of them, changes of status and tags.
 *
 * To the kinds of records come `episode` ("trigger fired", "trigger resolved"; id: the trigger),
 * `action` (id: the action's), `status` and `tag`. What the engine did at an instant comes after
 * the records of that instant.
 *
 * @param engine borrowed
 * @param customer UTF-8, borrowed
 * @param len its length, or CHURN_NTS
 * @param as_of what is seen then; CHURN_TIME_NONE: all that is known now
 * @param options NULL for defaults; its `as_of` must be 0
 * @param[out] out as churn_store_story()
 * @param err optional
 * @return as churn_store_story(), and CHURN_E_STATE while another call runs; CHURN_E_CONFIG as
 *         churn_engine_create()
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_story(churn_engine *engine, const char *customer, size_t len,
                                          churn_time as_of, const churn_story_options *options,
                                          churn_table **out, churn_error *err);

CHURN_END_DECLS

#endif
