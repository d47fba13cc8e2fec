/* SPDX-License-Identifier: MIT */
#ifndef CHURN_TESTS_STORE_SUPPORT_H
#define CHURN_TESTS_STORE_SUPPORT_H

/* Short ways to fill and read a store. */
#include "support.h"

#include <churn/records.h>
#include <churn/store.h>

#include "base/date.h"
#include "base/str.h"
#include "store/store.h"

#define T(day) (INT64_C(1735689600000000) + (day)*CHURN__DAY) /* days since 2025-01-01 */

static inline churn_str text(const char *s)
{
    return churn__str_nts(s);
}

static inline churn_store *store_new(void)
{
    churn_store *store = NULL;
    churn_error err = {.struct_size = sizeof err};
    assert_ok(churn_store_create(NULL, &store, &err));
    return store;
}

static inline churn_event event_of(const char *customer, const char *type, churn_time at)
{
    churn_event e;
    churn_record_init(CHURN_RECORD_EVENT, &e, sizeof e);
    e.customer = text(customer);
    e.type = text(type);
    e.at = at;
    return e;
}

static inline churn_ticket ticket_of(const char *id, const char *customer, churn_time at)
{
    churn_ticket t;
    churn_record_init(CHURN_RECORD_TICKET, &t, sizeof t);
    t.id = text(id);
    t.customer = text(customer);
    t.opened_at = at;
    return t;
}

static inline churn_subscription subscription_of(const char *id, const char *customer,
                                                 churn_time from, const char *status,
                                                 int64_t amount)
{
    churn_subscription s;
    churn_record_init(CHURN_RECORD_SUBSCRIPTION, &s, sizeof s);
    s.id = text(id);
    s.customer = text(customer);
    s.valid_from = from;
    s.status = text(status);
    s.amount = amount;
    s.currency = text("USD");
    s.period = text("month");
    return s;
}

static inline churn_attribute attribute_of(const char *customer, const char *name,
                                           const char *value, churn_time from)
{
    churn_attribute a;
    churn_record_init(CHURN_RECORD_ATTRIBUTE, &a, sizeof a);
    a.customer = text(customer);
    a.name = text(name);
    a.valid_from = from;
    if (value != NULL) {
        a.value = (churn_value){.type = CHURN_TYPE_STRING, .string = text(value)};
    }
    return a;
}

/* A pinned version and its reader. */
typedef struct view {
    churn__version *version;
    churn__reader *reader;
} view;

static inline view view_open(churn_store *store)
{
    view v = {NULL, NULL};
    assert_ok(churn__store_pin(store, &v.version, NULL));
    v.reader = churn__reader_create(churn__store_heap(store), v.version);
    assert_non_null(v.reader);
    return v;
}

static inline void view_close(view *v)
{
    assert_false(churn__reader_failed(v->reader));
    churn__reader_free(v->reader);
    churn__version_release(v->version);
}

static inline uint32_t customer_of(const view *v, const char *id)
{
    return churn__version_find_customer(v->version, text(id));
}

static inline churn__events events_of(const view *v, const char *customer, const char *type)
{
    uint32_t code = churn__dict_view_find(churn__version_types(v->version), text(type));
    return churn__reader_events(v->reader, customer_of(v, customer), code);
}

/* How many of them are seen at as_of. */
static inline size_t events_seen(const view *v, const char *customer, const char *type,
                                 churn_time as_of)
{
    churn__events e = events_of(v, customer, type);
    size_t seen = 0;
    for (size_t i = 0; i < e.count; i++) {
        seen += e.at[i] < as_of && (e.known == NULL || e.known[i] <= as_of) &&
                (e.until == NULL || as_of < e.until[i]);
    }
    return seen;
}

/* The text of an attribute; NULL: none. */
static inline const char *attribute_at(const view *v, const char *customer, const char *name,
                                       churn_time as_of)
{
    uint32_t code = churn__dict_view_find(churn__version_texts(v->version), text(name));
    churn__value value = churn__reader_attribute(v->reader, customer_of(v, customer), code, as_of);
    return value.missing == CHURN__PRESENT ? value.as.s.ptr : NULL;
}

static inline uint64_t hash_of(churn_store *store)
{
    uint64_t hash = 0;
    assert_ok(churn_store_hash(store, &hash, NULL));
    return hash;
}

#endif
