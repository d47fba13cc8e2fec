/* SPDX-License-Identifier: MIT */
/*
 * Ask the whole book: who has gone silent, what do they pay, and of whom is it not known? Then take
 * a trigger's condition apart for one of them.
 */
#include <stdio.h>
#include <string.h>

#include <churn/churn.h>

#define DAY INT64_C(86400000000)
/* 2026-02-01T00:00:00Z */
#define MIDNIGHT INT64_C(1769904000000000)

static const char playbook_text[] =
    "churn: 1\n"
    "name: questions\n"
    "time_zone: UTC\n"
    "currency: USD\n"
    "attributes: {plan: string, seats: number}\n"
    "triggers:\n"
    "  - {id: silent, when: 'customer.seats >= 5 && days_since(\"login\") >= 14'}\n";

static churn_str text(const char *s)
{
    return (churn_str){s, strlen(s)};
}

static churn_status add_customer(churn_store *store, const char *id, const char *plan, double seats,
                                 churn_error *err)
{
    const churn_named_value attributes[] = {
        {text("plan"), {.type = CHURN_TYPE_STRING, .string = text(plan)}},
        {text("seats"), {.type = CHURN_TYPE_DOUBLE, .number = seats}},
    };
    churn_customer customer;
    churn_record_init(CHURN_RECORD_CUSTOMER, &customer, sizeof customer);
    customer.id = text(id);
    customer.since = MIDNIGHT - 90 * DAY;
    customer.attributes = attributes;
    customer.attribute_count = seats > 0 ? 2 : 1; /* of some the seats are not known */
    return churn_store_add_customer(store, &customer, err);
}

static churn_status add_login(churn_store *store, const char *customer, int days, churn_error *err)
{
    churn_event event;
    churn_record_init(CHURN_RECORD_EVENT, &event, sizeof event);
    event.customer = text(customer);
    event.type = text("login");
    event.at = MIDNIGHT - days * DAY;
    return churn_store_add_event(store, &event, err);
}

static churn_status fill(churn_store *store, churn_error *err)
{
    static const struct {
        const char *id, *plan;
        double seats;
        int login; /* days ago */
    } customers[] = {{"acme", "team", 20, 2},
                     {"blue", "team", 8, 30},
                     {"cold", "free", 0, 40},
                     {"dune", "pro", 12, 21},
                     {"echo", "pro", 2, 50}};
    churn_status st = CHURN_OK;
    for (size_t i = 0; st == CHURN_OK && i < sizeof customers / sizeof customers[0]; i++) {
        st = add_customer(store, customers[i].id, customers[i].plan, customers[i].seats, err);
        if (st == CHURN_OK) {
            st = add_login(store, customers[i].id, customers[i].login, err);
        }
    }
    return st;
}

static void print_cell(const churn_table *table, uint64_t row, uint32_t column)
{
    if (churn_table_is_null(table, row, column)) {
        printf("-");
    } else if (churn_table_column_type(table, column) == CHURN_COLUMN_STRING) {
        printf("%s", churn_table_string(table, row, column).ptr);
    } else {
        printf("%g", churn_table_double(table, row, column));
    }
}

static void print_table(const churn_table *table)
{
    uint32_t columns = churn_table_column_count(table);
    for (uint32_t i = 0; i < columns; i++) {
        printf("%s%s", churn_table_column_name(table, i), i + 1 < columns ? " | " : "\n");
    }
    for (uint64_t row = 0; row < churn_table_row_count(table); row++) {
        for (uint32_t i = 0; i < columns; i++) {
            print_cell(table, row, i);
            printf("%s", i + 1 < columns ? " | " : "\n");
        }
    }
    printf("\n");
}

/* The most seats first; the least is a constant of the call. */
static churn_status ask(churn_engine *engine, churn_error *err)
{
    const churn_str select[] = {text("plan: customer.plan"), text("seats: customer.seats"),
                                text("silent_for: days_since(\"login\")")};
    const churn_str order[] = {text("-seats")};
    const churn_parameter params[] = {{text("least"), {.type = CHURN_TYPE_DOUBLE, .number = 5}}};
    const churn_select_options options = {.struct_size = sizeof options,
                                          .select = select,
                                          .select_count = 3,
                                          .order = order,
                                          .order_count = 1,
                                          .params = params,
                                          .param_count = 1};
    churn_query_summary summary = {.struct_size = sizeof summary};
    churn_table *table = NULL, *reasons = NULL;
    churn_status st = churn_engine_query(
        engine, "count(\"login\", \"14d\") == 0 && customer.seats >= params.least", CHURN_NTS,
        MIDNIGHT, &options, &table, &summary, &reasons, NULL, err);
    if (st == CHURN_OK) {
        print_table(table);
        printf("asked %u, matched %u, not matched %u, unknown %u, because of:\n",
               (unsigned)summary.asked, (unsigned)summary.matched, (unsigned)summary.not_matched,
               (unsigned)summary.unknown);
        print_table(reasons);
    }
    churn_table_free(table);
    churn_table_free(reasons);
    return st;
}

/* All that is wrong with a question, each with its place. */
static void ask_wrongly(churn_engine *engine)
{
    const churn_str order[] = {text("customer.seets")};
    const churn_select_options options = {
        .struct_size = sizeof options, .order = order, .order_count = 1};
    churn_table *table = NULL, *found = NULL;
    (void)churn_engine_query(engine, "customer.plann == 'pro'", CHURN_NTS, MIDNIGHT, &options,
                             &table, NULL, NULL, &found, NULL);
    for (uint64_t row = 0; row < churn_table_row_count(found); row++) {
        printf("%s:%d: %s\n", churn_table_string(found, row, 2).ptr,
               (int)churn_table_int(found, row, 4), churn_table_string(found, row, 5).ptr);
    }
    printf("\n");
    churn_table_free(table);
    churn_table_free(found);
}

static churn_status ask_why(churn_engine *engine, churn_error *err)
{
    churn_table *parts = NULL;
    churn_status st =
        churn_engine_why(engine, "dune", CHURN_NTS, "silent", CHURN_NTS, MIDNIGHT, &parts, err);
    uint32_t value = churn_table_find(parts, "value", CHURN_NTS);
    for (uint64_t row = 0; row < churn_table_row_count(parts); row++) {
        printf("%*s%s = %s\n", (int)churn_table_int(parts, row, 1) * 2, "",
               churn_table_string(parts, row, 0).ptr, churn_table_string(parts, row, value).ptr);
    }
    churn_table_free(parts);
    return st;
}

int main(void)
{
    churn_error err = {.struct_size = sizeof err};
    churn_playbook *playbook = NULL;
    churn_store *store = NULL;
    churn_engine *engine = NULL;
    churn_status st = churn_playbook_parse(playbook_text, CHURN_NTS, NULL, &playbook, NULL, &err);
    if (st == CHURN_OK) {
        st = churn_store_create(NULL, &store, &err);
    }
    if (st == CHURN_OK) {
        st = fill(store, &err);
    }
    if (st == CHURN_OK) {
        st = churn_engine_create(playbook, store, NULL, &engine, &err);
    }
    if (st == CHURN_OK) {
        st = ask(engine, &err);
    }
    if (st == CHURN_OK) {
        ask_wrongly(engine);
        st = ask_why(engine, &err);
    }
    if (st != CHURN_OK) {
        fprintf(stderr, "%s\n", err.message);
    }
    churn_engine_free(engine);
    churn_store_free(store);
    churn_playbook_free(playbook);
    return st != CHURN_OK;
}
