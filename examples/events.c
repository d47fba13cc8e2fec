/* SPDX-License-Identifier: MIT */
/*
 * Events into a store, one at a time as a backend sees them and many at once as columns; then the
 * metrics that a playbook makes of them, at two dates.
 */
#include <stdio.h>
#include <string.h>

#include <churn/churn.h>

#define HOUR INT64_C(3600000000) /* a churn_time counts microseconds */
#define DAY (24 * HOUR)

static const char playbook_text[] =
    "churn: 1\n"
    "name: events\n"
    "metrics:\n"
    "  - {id: logins_7d, agg: count, event: login, window: 7d}\n"
    "  - {id: people_7d, agg: distinct, event: login, of: user, window: 7d}\n"
    "  - {id: paid_28d, agg: sum, of: value, event: payment, window: 28d}\n"
    "  - {id: quiet_days, agg: days_since, event: login, if_never: missing}\n";

static churn_str text(const char *s)
{
    return (churn_str){s, strlen(s)};
}

/* One event, as it happens. */
static churn_status add_one(churn_store *store, churn_time at, churn_error *err)
{
    churn_event event;
    churn_record_init(CHURN_RECORD_EVENT, &event, sizeof event);
    event.customer = text("acme");
    event.type = text("login");
    event.user = text("ann");
    event.at = at;
    return churn_store_add_event(store, &event, err);
}

/* Many events in one call. Texts of a column stand one after the other in `bytes`; where few of
 * them come often, rows hold codes of entries instead. */
static churn_status add_many(churn_store *store, churn_time start, churn_error *err)
{
    enum { ROWS = 5 };
    const int64_t customer_ends[] = {0, 4, 9}, type_ends[] = {0, 5, 12};
    const uint32_t customers[ROWS] = {0, 0, 1, 1, 1}, types[ROWS] = {0, 1, 0, 0, 1};
    const churn_time at[ROWS] = {start + HOUR, start + 2 * HOUR, start + DAY, start + 3 * DAY,
                                 start + 3 * DAY};
    const double values[ROWS] = {0, 250.5, 0, 0, 99};
    const uint8_t has_value = 0x12; /* rows 1 and 4 */
    churn_event_batch batch = {.struct_size = sizeof batch, .row_count = ROWS};
    batch.customer = (churn_string_column){"acmebolts", customer_ends, customers, 2, NULL};
    batch.type = (churn_string_column){"loginpayment", type_ends, types, 2, NULL};
    batch.at.values = at;
    batch.value = (churn_double_column){values, &has_value};
    churn_load_report report = {.struct_size = sizeof report};
    churn_status status = churn_store_add_events(store, &batch, NULL, &report, err);
    if (status == CHURN_OK)
        printf("%d rows seen, %d added, %d rejected\n", (int)report.seen, (int)report.added,
               (int)report.rejected);
    churn_table_free(report.rejections);
    return status;
}

static void print_table(const churn_table *table)
{
    for (uint64_t row = 0; row < churn_table_row_count(table); row++) {
        char at[CHURN_TIME_CHARS];
        churn_time_format(churn_table_time(table, row, 1), at, sizeof at, NULL, NULL);
        printf("%-6s %.10s", churn_table_string(table, row, 0).ptr, at);
        for (uint32_t column = 2; column < churn_table_column_count(table); column++) {
            printf("  %s ", churn_table_column_name(table, column));
            if (churn_table_is_null(table, row, column))
                printf("-");
            else
                printf("%g", churn_table_double(table, row, column));
        }
        printf("\n");
    }
}

int main(void)
{
    churn_error err = {.struct_size = sizeof err};
    churn_playbook *playbook = NULL;
    churn_store *store = NULL;
    churn_engine *engine = NULL;
    churn_table *metrics = NULL;
    churn_time start = 0;
    churn_status status = churn_time_parse("2026-01-05", CHURN_NTS, &start, &err);
    churn_time dates[] = {start + 4 * DAY, start + 30 * DAY};

    if (status == CHURN_OK)
        status = churn_playbook_parse(playbook_text, CHURN_NTS, NULL, &playbook, NULL, &err);
    if (status == CHURN_OK)
        status = churn_store_create(NULL, &store, &err);
    if (status == CHURN_OK)
        status = add_one(store, start, &err);
    if (status == CHURN_OK)
        status = add_many(store, start, &err);
    if (status == CHURN_OK)
        status = churn_engine_create(playbook, store, NULL, &engine, &err);
    if (status == CHURN_OK)
        status = churn_engine_metrics(engine, dates, 2, NULL, &metrics, &err);
    if (status == CHURN_OK)
        print_table(metrics);
    else
        fprintf(stderr, "%s: %s\n", churn_status_name(status), err.message);

    churn_table_free(metrics);
    churn_engine_free(engine);
    churn_store_free(store);
    churn_playbook_free(playbook);
    return status == CHURN_OK ? 0 : 1;
}
