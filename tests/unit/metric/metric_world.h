/* SPDX-License-Identifier: MIT */
#ifndef CHURN_TESTS_METRIC_WORLD_H
#define CHURN_TESTS_METRIC_WORLD_H

#include <math.h>

#include "base/date.h"
#include "metric/metric.h"

/* A store, filled through the public functions, and metrics evaluated over it. */

#define DAYS(n) ((n)*CHURN__DAY)
#define HOURS(n) ((n)*CHURN__HOUR)

/* 2026-01-01T00:00:00Z and days after it. */
#define DAY0 INT64_C(1767225600000000)
#define D(n) (DAY0 + DAYS(n))

#define WORLD_DATES 64
#define WORLD_METRICS 48
#define WORLD_CELLS (WORLD_DATES * 16)

typedef struct world {
    churn__heap *heap;
    churn_store *store;
    churn__version *version;
    churn__reader *reader;
    churn__metric_config config;
    churn_time dates[WORLD_DATES];
    uint32_t date_count;
    double values[WORLD_METRICS][WORLD_CELLS];
    churn__missing missing[WORLD_METRICS][WORLD_CELLS];
    churn__column columns[WORLD_METRICS];
} world;

static inline world *world_create(void)
{
    world *w = calloc(1, sizeof *w);
    churn_error err;
    churn_error_init(&err, sizeof err);
    assert_non_null(w);
    w->heap = churn__heap_create(NULL, 0);
    if (churn_store_create(NULL, &w->store, &err) != CHURN_OK) {
        fail_msg("%s", err.message);
    }
    w->config.currency = CHURN__STR("USD");
    for (size_t m = 0; m < WORLD_METRICS; m++) {
        w->columns[m] = (churn__column){
            .type = CHURN__TYPE_DOUBLE, .values = w->values[m], .missing = w->missing[m]};
    }
    return w;
}

static inline void world_unpin(world *w)
{
    churn__reader_free(w->reader);
    churn__version_release(w->version);
    w->reader = NULL;
    w->version = NULL;
}

static inline void world_free(world *w)
{
    world_unpin(w);
    churn_store_free(w->store);
    churn__heap_release(w->heap);
    free(w);
}

/* ---- records ---- */

#define WORLD_OK(call)                                  \
    do {                                                \
        churn_error world_err;                          \
        churn_error_init(&world_err, sizeof world_err); \
        if ((call) != CHURN_OK) {                       \
            fail_msg("%s", world_err.message);          \
        }                                               \
    } while (0)

static inline void add_customer(world *w, const char *id, churn_time since)
{
    churn_customer c;
    churn_record_init(CHURN_RECORD_CUSTOMER, &c, sizeof c);
    c.id = churn__str_nts(id);
    c.since = since;
    WORLD_OK(churn_store_add_customer(w->store, &c, &world_err));
}

typedef struct event_spec {
    const char *customer, *type, *user, *id;
    churn_time at, known_at;
    double value;
} event_spec;

static inline void add_event_spec(world *w, const event_spec *spec)
{
    churn_event e;
    churn_record_init(CHURN_RECORD_EVENT, &e, sizeof e);
    e.customer = churn__str_nts(spec->customer);
    e.type = churn__str_nts(spec->type);
    e.at = spec->at;
    if (spec->user != NULL) {
        e.user = churn__str_nts(spec->user);
    }
    if (spec->id != NULL) {
        e.id = churn__str_nts(spec->id);
    }
    e.known_at = spec->known_at;
    e.value = spec->value;
    WORLD_OK(churn_store_add_event(w->store, &e, &world_err));
}

static inline void add_event(world *w, const char *customer, const char *type, churn_time at,
                             const char *user, double value)
{
    add_event_spec(w, &(event_spec){.customer = customer,
                                    .type = type,
                                    .user = user,
                                    .at = at,
                                    .known_at = CHURN_TIME_NONE,
                                    .value = value});
}

static inline void add_mark(world *w, const char *source, churn_time through, churn_time known_at)
{
    WORLD_OK(churn_store_mark(w->store, source, CHURN_NTS, through, known_at, &world_err));
}

/* ---- evaluation ---- */

static inline void world_dates(world *w, const churn_time *dates, uint32_t n)
{
    memcpy(w->dates, dates, n * sizeof *dates);
    w->date_count = n;
}

static inline void world_pin(world *w)
{
    world_unpin(w);
    WORLD_OK(churn__store_pin(w->store, &w->version, &world_err));
    w->reader = churn__reader_create(w->heap, w->version);
    assert_non_null(w->reader);
}

static inline churn__metric_plan *world_plan(world *w)
{
    churn__metric_plan *plan = NULL;
    WORLD_OK(churn__metric_plan_create(w->heap, &w->config, w->version, w->dates, w->date_count,
                                       &plan, &world_err));
    return plan;
}

/* Customers in the order of their ids. */
static inline void world_eval_plan(world *w, churn__metric_plan *plan)
{
    uint32_t n = churn__version_customers(w->version);
    assert_true((size_t)n * w->date_count <= WORLD_CELLS);
    memset(w->missing, 0xee, sizeof w->missing);
    WORLD_OK(churn__metric_plan_eval(plan, w->reader, churn__version_order(w->version), n,
                                     w->columns, &world_err));
}

static inline void world_eval(world *w, const churn__metric_def *defs, uint32_t n)
{
    w->config.metrics = defs;
    w->config.metric_count = n;
    world_pin(w);
    churn__metric_plan *plan = world_plan(w);
    world_eval_plan(w, plan);
    churn__metric_plan_free(plan);
}

static inline void assert_cell(const world *w, uint32_t metric, uint32_t row, double value)
{
    if (w->missing[metric][row] != CHURN__PRESENT || w->values[metric][row] != value) {
        fail_msg("metric %u row %u: %.17g missing %u, want %.17g", metric, row,
                 w->values[metric][row], w->missing[metric][row], value);
    }
}

static inline void assert_none(const world *w, uint32_t metric, uint32_t row, churn__missing why)
{
    if (w->missing[metric][row] != why) {
        fail_msg("metric %u row %u: %.17g missing %u, want missing %u", metric, row,
                 w->values[metric][row], w->missing[metric][row], why);
    }
}

/* ---- definitions ---- */

static const churn_str world_login[] = {{"login", 5}};
static const churn_str world_payment[] = {{"payment", 7}};

static inline churn__metric_def event_def(churn__metric_what what, const churn_str *events,
                                          uint32_t event_count, int64_t window)
{
    return (churn__metric_def){.id = CHURN__STR("m"),
                               .kind = CHURN__METRIC_EVENT,
                               .what = what,
                               .events = events,
                               .event_count = event_count,
                               .has_window = window > 0,
                               .window = {.amount = window},
                               .type = CHURN__TYPE_DOUBLE};
}

static inline churn__metric_def record_def(churn__metric_kind kind, churn__metric_what what)
{
    return (churn__metric_def){
        .id = CHURN__STR("m"), .kind = kind, .what = what, .type = CHURN__TYPE_DOUBLE};
}

#endif
