/* SPDX-License-Identifier: MIT */
#ifndef CHURN_ERASE_H
#define CHURN_ERASE_H

#include <churn/records.h>
#include <churn/store.h>

CHURN_BEGIN_DECLS

/*
 * Taking out of a store what it must not keep: a customer, a person, everything older than a date;
 * and making one customer of two.
 *
 *     churn_str ids[] = {{"acme", 4}};
 *     churn_erase_report report = {.struct_size = sizeof report};
 *     churn_store_erase(store, ids, 1, &report, &err);
 *
 * All of it happens at once: the next question sees a store in which nothing of it is left, and a
 * call that fails leaves the store and its engines as they were. An evaluation that is running in
 * another thread ends with the version that it began with; the bytes of that version are wiped when
 * it lets go of it (`report.pinned`). What is freed is overwritten with zeros first: rows, events,
 * texts, ids, and what engines remember.
 *
 * Engines of the store take part: while a call runs on one of them, the answer is CHURN_E_STATE and
 * nothing has changed.
 *
 * It needs memory for a copy of the parts of the store that change. Where limits.memory_bytes or
 * the host has none, nobody else reads the store and the events that change have no properties,
 * erasing and forgetting work in place and need a few bits a string; questions that begin in the
 * meantime wait for it.
 *
 * What the library has handed out is the host's: tables, saved states of engines, error messages.
 * See docs/privacy.md.
 */

/** Room for a count of each kind of record, by CHURN_RECORD_*. */
#define CHURN_RECORD_KINDS 32

/** What was taken out. */
typedef struct churn_erase_report {
    uint32_t struct_size;
    uint32_t reserved;
    uint64_t customers;                   /* who were there and are gone */
    uint64_t unknown;                     /* ids that no customer had */
    uint64_t records;                     /* taken out, of all kinds */
    uint64_t removed[CHURN_RECORD_KINDS]; /* the same by kind; all versions of each counted */
    uint64_t changed;                     /* records that stay and lost what they said */
    uint64_t mentions; /* of a user: records in which another field has the same text, left alone */
    uint64_t texts;    /* ids and texts that nobody else used */
    uint64_t pinned;   /* older versions of the store that are still being read */
    uint64_t engines;  /* that had anything of it */
    uint64_t episodes; /* of engines: all of the customers' */
    uint64_t actions;  /* of engines: all, whatever became of them */
    uint64_t waiting;  /* of those actions: not yet acknowledged; they will not come out */
    uint64_t tasks;    /* of those actions: tasks that were open */
} churn_erase_report;

/**
 * Erase customers: every record of theirs, every trace in the store's indexes and dictionaries, and
 * what engines of the store remember of them: episodes, tasks, tags, statuses, and actions in the
 * outbox, acknowledged or not.
 *
 * An id that no customer has is counted and no error, so that a call can be repeated. Engines are
 * asked in any case: after an old state was loaded, the same call cleans it. Should the customer
 * come again, it is as one who was never there. A text that other customers' records have too stays
 * theirs, such as a `parent` that names the customer.
 *
 * @param store borrowed
 * @param customers ids, borrowed
 * @param count how many
 * @param[out] report filled in; may be NULL
 * @param err optional
 * @return CHURN_OK; CHURN_E_STATE for a second writer or a busy engine; CHURN_E_UTF8;
 *         CHURN_E_LIMIT; CHURN_E_NOMEM; CHURN_E_ARG; CHURN_E_ABI
 * @threads one writer per store
 * @since 0.1
 */
CHURN_API churn_status churn_store_erase(churn_store *store, const churn_str *customers,
                                         size_t count, churn_erase_report *report,
                                         churn_error *err);

/**
 * Erase a user: a person, whichever customers they worked for.
 *
 * What they did stays as a number, without them: events, tickets, surveys and touchpoints lose the
 * user; tickets and surveys by them lose their text too. Overrides by them lose their author, and
 * keep value and reason: these speak of the customer. Contacts with this id are taken out.
 * Counts stay what they were, except those of distinct users. In engines an owner of that name is
 * unset, and so is a title in which the name is a word. A record in which another field has just
 * this text (an attribute `owner`, a property of an event) keeps it and is counted in
 * `report.mentions`.
 *
 * @param store borrowed
 * @param user as records have it in `user`, and contacts in `id`
 * @param len its length, or CHURN_NTS
 * @param[out] report filled in; may be NULL
 * @param err optional
 * @return as churn_store_erase()
 * @threads one writer per store
 * @since 0.1
 */
CHURN_API churn_status churn_store_erase_user(churn_store *store, const char *user, size_t len,
                                              churn_erase_report *report, churn_error *err);

/** What was forgotten. */
typedef struct churn_forget_report {
    uint32_t struct_size;
    uint32_t reserved;
    churn_time since; /* coverage of every kind of record and event begins here, or at a later
                         `from` of the playbook; CHURN_TIME_NONE: nothing was ever forgotten */
    uint64_t records; /* taken out, of all kinds */
    uint64_t removed[CHURN_RECORD_KINDS]; /* the same by kind; all versions of each counted */
    uint64_t texts;                       /* ids and texts that nobody else used */
    uint64_t pinned;                      /* older versions that are still being read */
} churn_forget_report;

/**
 * Forget what happened before an instant and is over: retention.
 *
 * Out go events, surveys, touchpoints, spends, announcements and measures before it; tickets that
 * were closed and invoices that were paid before it; states (subscriptions, attributes, contacts,
 * rates, churn records, overrides) that a later one had taken over by then; overrides that were
 * taken back or had expired; and versions of any record that were no longer held to be true by
 * then. What held at that instant stays, so that questions from then on are answered as before,
 * except where they look back further: for windows it is as if every source had been tracked `from`
 * then, and they are missing with short_history unless the playbook says otherwise. The tenure of a
 * subscription counts from the oldest state that is kept. Customers, aliases and milestones stay;
 * who is known by nothing but what is forgotten is in no table any more, and what is forgotten
 * keeps no source fresh: mark those that are silent for long.
 *
 * Rows that are loaded later and are older are taken; a further call takes them out only with a
 * later instant. Engines keep their history.
 *
 * @param store borrowed
 * @param before the instant
 * @param[out] report filled in; may be NULL
 * @param err optional
 * @return CHURN_OK, also where nothing was so old; CHURN_E_RANGE outside the years 1 to 9999;
 *         CHURN_E_STATE for a second writer; CHURN_E_LIMIT; CHURN_E_NOMEM; CHURN_E_ARG; CHURN_E_ABI
 * @threads one writer per store
 * @since 0.1
 */
CHURN_API churn_status churn_store_forget(churn_store *store, churn_time before,
                                          churn_forget_report *report, churn_error *err);

/** What became of the records of a customer who became another. */
typedef struct churn_merge_report {
    uint32_t struct_size;
    uint32_t reserved;
    uint64_t records;                   /* that are the other's now, of all kinds */
    uint64_t moved[CHURN_RECORD_KINDS]; /* the same by kind; all versions of each counted */
    uint64_t conflicts; /* records that gave way to one of the other's, and are gone */
    uint64_t texts;     /* ids and texts that nobody else used */
    uint64_t pinned;    /* older versions that are still being read */
} churn_merge_report;

/**
 * Make one customer of two: every record of `from` becomes one of `into`, and `from` is gone.
 *
 * Where both have a record that a customer can have only one of, that of `into` stands: attributes
 * of the same name (with their whole history), milestones of the same name, surveys and churn
 * records of the same key. `since` becomes the earlier of the two. Events stay as many as they
 * were. A `parent` of others that names `from` names nobody then, and merging that would make
 * `into` one of its own parents is refused. Aliases of `from` find `into` from now on; rows that
 * still come under the id `from` make a new customer, unless they come with a `source` in which it
 * is an alias. In engines open episodes of `from` resolve as those of a customer who is gone, at
 * the next evaluation, and its history stays under the old id until that is erased.
 *
 * @param store borrowed
 * @param from the customer who goes
 * @param from_len its length, or CHURN_NTS
 * @param into the customer who stays
 * @param into_len its length, or CHURN_NTS
 * @param[out] report filled in; may be NULL
 * @param err optional
 * @return CHURN_OK; CHURN_E_NOT_FOUND for a customer whom the store does not have; CHURN_E_ARG for
 *         one with itself; CHURN_E_STATE for a second writer, a busy engine or a
 *         circle of parents (detail 24); CHURN_E_UTF8; CHURN_E_LIMIT; CHURN_E_NOMEM; CHURN_E_ABI
 * @threads one writer per store
 * @since 0.1
 */
CHURN_API churn_status churn_store_merge(churn_store *store, const char *from, size_t from_len,
                                         const char *into, size_t into_len,
                                         churn_merge_report *report, churn_error *err);

CHURN_END_DECLS

#endif
