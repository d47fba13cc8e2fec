/* SPDX-License-Identifier: MIT */
#ifndef CHURN_TESTS_FEW_H
#define CHURN_TESTS_FEW_H

#include "support.h"

#include "base/date.h"
#include "base/str.h"

/* Records of a company in few words: dates are ISO texts, "" is not given, money is in cents. */

static inline churn_time few_date(const char *iso)
{
    churn_time at = CHURN_TIME_NONE;
    if (*iso != '\0') {
        assert_true(churn__instant_parse(iso, strlen(iso), NULL, &at));
    }
    return at;
}

static inline churn_str few_str(const char *s)
{
    return *s == '\0' ? (churn_str){NULL, 0} : churn__str_nts(s);
}

static inline void few_customer(churn_store *store, const char *id, const char *since)
{
    churn_customer row;
    churn_record_init(CHURN_RECORD_CUSTOMER, &row, sizeof row);
    row.id = few_str(id);
    row.since = few_date(since);
    assert_ok(churn_store_add_customer(store, &row, NULL));
}

/* A monthly subscription in USD, from one date to another. */
static inline void few_sub(churn_store *store, const char *customer, const char *id, int64_t cents,
                           const char *from, const char *to)
{
    churn_subscription row;
    churn_record_init(CHURN_RECORD_SUBSCRIPTION, &row, sizeof row);
    row.id = few_str(id);
    row.customer = few_str(customer);
    row.status = CHURN__STR("active");
    row.amount = cents;
    row.currency = CHURN__STR("USD");
    row.period = CHURN__STR("month");
    row.valid_from = few_date(from);
    row.ended_at = few_date(to);
    assert_ok(churn_store_add_subscription(store, &row, NULL));
}

static inline void few_churn(churn_store *store, const char *customer, const char *kind,
                             const char *at, const char *reason)
{
    churn_churn row;
    churn_record_init(CHURN_RECORD_CHURN, &row, sizeof row);
    row.customer = few_str(customer);
    row.kind = few_str(kind);
    row.at = few_date(at);
    row.reason = few_str(reason);
    assert_ok(churn_store_add_churn(store, &row, NULL));
}

static inline void few_event(churn_store *store, const char *customer, const char *type,
                             const char *at, const char *known_at)
{
    churn_event row;
    churn_record_init(CHURN_RECORD_EVENT, &row, sizeof row);
    row.customer = few_str(customer);
    row.type = few_str(type);
    row.at = few_date(at);
    row.known_at = few_date(known_at);
    assert_ok(churn_store_add_event(store, &row, NULL));
}

static inline void few_ticket(churn_store *store, const char *customer, const char *id,
                              const char *opened_at)
{
    churn_ticket row;
    churn_record_init(CHURN_RECORD_TICKET, &row, sizeof row);
    row.customer = few_str(customer);
    row.id = few_str(id);
    row.opened_at = few_date(opened_at);
    assert_ok(churn_store_add_ticket(store, &row, NULL));
}

#endif
