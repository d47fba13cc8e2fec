/* SPDX-License-Identifier: MIT */
#include <churn/churn.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Score on each request: a backend that answers one customer at a time, and counts what has just
 * happened. The requests are made up here; a web server would hand them over. Each comes a minute
 * after the one before.
 */
#define MINUTE INT64_C(60000000)
/* 2026-02-01T00:00:00Z */
#define MIDNIGHT INT64_C(1769904000000000)

static const char playbook_text[] =
    "churn: 1\n"
    "name: requests\n"
    "time_zone: UTC\n"
    "currency: USD\n"
    "metrics:\n"
    "  - {id: logins_28d, agg: count, event: login, window: 28d, history: clip}\n"
    "  - {id: days_quiet, agg: days_since, event: login, if_never: missing}\n"
    "segments:\n"
    "  - {id: busy, when: 'metric.logins_28d >= 3'}\n"
    "scores:\n"
    "  - id: health\n"
    "    groups:\n"
    "      - id: use\n"
    "        weight: 1\n"
    "        factors:\n"
    "          - {metric: logins_28d, weight: 1, curve: [[0, 0], [4, 100]]}\n"
    "          - {metric: days_quiet, weight: 1, curve: [[0, 100], [30, 0]]}\n"
    "    bands: {green: 70, yellow: 40, red: 0}\n"
    "    min_coverage: 0.6\n";

typedef struct backend {
    churn_playbook *playbook;
    churn_store *store;
    churn_engine *engine;
} backend;

static churn_status open_backend(backend *b, churn_error *err)
{
    static const char *const customers[] = {"acme", "blue", "cold"};
    churn_status st = churn_playbook_parse(playbook_text, CHURN_NTS, NULL, &b->playbook, NULL, err);
    if (st == CHURN_OK) {
        st = churn_store_create(NULL, &b->store, err);
    }
    for (int i = 0; st == CHURN_OK && i < 3; i++) {
        churn_customer customer;
        churn_record_init(CHURN_RECORD_CUSTOMER, &customer, sizeof customer);
        customer.id.ptr = customers[i];
        customer.id.len = strlen(customers[i]);
        customer.since = MIDNIGHT - 90 * 24 * 60 * MINUTE;
        st = churn_store_add_customer(b->store, &customer, err);
    }
    return st == CHURN_OK ? churn_engine_create(b->playbook, b->store, NULL, &b->engine, err) : st;
}

static void close_backend(backend *b)
{
    churn_engine_free(b->engine);
    churn_store_free(b->store);
    churn_playbook_free(b->playbook);
}

static churn_status login(backend *b, const char *customer, churn_time now, churn_error *err)
{
    churn_event event;
    churn_record_init(CHURN_RECORD_EVENT, &event, sizeof event);
    event.customer.ptr = customer;
    event.customer.len = strlen(customer);
    event.type.ptr = "login";
    event.type.len = 5;
    event.at = now;
    return churn_store_add_event(b->store, &event, err);
}

static void print_answer(const char *customer, const churn_customer_answer *one)
{
    printf("%s:", customer);
    for (uint32_t i = 0; i < one->score_count; i++) {
        if (isnan(one->scores[i])) {
            printf(" %s unknown (%.0f to %.0f)", one->score_ids[i].ptr, one->lows[i],
                   one->highs[i]);
        } else {
            printf(" %s %.1f, %s", one->score_ids[i].ptr, one->scores[i], one->bands[i].ptr);
        }
    }
    for (uint32_t i = 0; i < one->metric_count; i++) {
        const char *why = one->reasons[i].ptr;
        if (why != NULL) {
            printf("; %s missing: %s", one->metric_ids[i].ptr, why);
        } else {
            printf("; %s %g", one->metric_ids[i].ptr, one->numbers[i]);
        }
    }
    for (uint32_t i = 0; i < one->segment_count; i++) {
        printf("%s%s", one->segments[i] == 1 ? "; " : "",
               one->segments[i] == 1 ? one->segment_ids[i].ptr : "");
    }
    printf("\n");
}

/* The answer's arrays are the engine's own, until its next call. */
static churn_status show(backend *b, const char *customer, churn_time now, churn_error *err)
{
    churn_customer_answer one = {.struct_size = sizeof one};
    churn_status st = churn_engine_customer(b->engine, customer, CHURN_NTS, now, &one, err);
    if (st == CHURN_OK) {
        print_answer(customer, &one);
    }
    return st;
}

typedef struct request {
    churn_status (*answer)(backend *b, const char *customer, churn_time now, churn_error *err);
    const char *customer;
} request;

static churn_status serve(backend *b, churn_error *err)
{
    static const request requests[] = {
        {show, "acme"}, {login, "acme"},  {show, "acme"},  {login, "acme"}, {login, "acme"},
        {show, "acme"}, {show, "nobody"}, {login, "blue"}, {show, "blue"},  {show, "cold"},
    };
    churn_status st = CHURN_OK;
    for (size_t i = 0; st == CHURN_OK && i < sizeof requests / sizeof *requests; i++) {
        churn_time now = MIDNIGHT + (churn_time)i * MINUTE;
        st = requests[i].answer(b, requests[i].customer, now, err);
        if (st == CHURN_E_NOT_FOUND) {
            printf("%s: not found\n", requests[i].customer);
            st = CHURN_OK;
        }
    }
    return st;
}

int main(void)
{
    backend b = {NULL, NULL, NULL};
    churn_error err = {.struct_size = sizeof err};
    churn_status st = open_backend(&b, &err);
    if (st == CHURN_OK) {
        st = serve(&b, &err);
    }
    if (st != CHURN_OK) {
        fprintf(stderr, "%s\n", err.message);
    }
    close_backend(&b);
    return st == CHURN_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
