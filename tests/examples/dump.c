/* SPDX-License-Identifier: MIT */
/*
 * Everything that the library says of a company, as CSV, for check_twin.py:
 *
 *     dump FOLDER PLAYBOOK FROM TO
 *
 * The playbook is replayed day by day from FROM to TO. Each table begins with a line "# name"; null
 * is an empty field, instants are microseconds.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <churn/churn.h>

#include "common/load.h"

static void print_text(churn_str text)
{
    putchar('"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"')
            putchar('"');
        putchar(text.ptr[i]);
    }
    putchar('"');
}

static void print_cell(const churn_table *table, uint64_t row, uint32_t column)
{
    churn_column_type type = churn_table_column_type(table, column);
    if (churn_table_is_null(table, row, column))
        return;
    if (type == CHURN_COLUMN_STRING)
        print_text(churn_table_string(table, row, column));
    else if (type == CHURN_COLUMN_DOUBLE)
        printf("%.17g", churn_table_double(table, row, column));
    else
        printf("%" PRId64, churn_table_int(table, row, column));
}

static void print_table(const char *name, churn_table *table)
{
    uint32_t columns = churn_table_column_count(table);
    printf("# %s\n", name);
    for (uint32_t i = 0; i < columns; i++)
        printf("%s%s", i ? "," : "", churn_table_column_name(table, i));
    printf("\n");
    for (uint64_t row = 0; row < churn_table_row_count(table); row++) {
        for (uint32_t i = 0; i < columns; i++) {
            if (i)
                putchar(',');
            print_cell(table, row, i);
        }
        printf("\n");
    }
    churn_table_free(table);
}

/* The first of each month up to `to`, of which there are at most `limit`. */
static uint32_t months(churn_playbook *playbook, churn_time from, churn_time to, churn_time *out,
                       uint32_t limit, churn_error *err)
{
    char text[64];
    uint32_t count = 0;
    int year = 0, month = 0;
    if (churn_playbook_time_text(playbook, from, text, sizeof text, NULL, err) != CHURN_OK ||
        sscanf(text, "%d-%d", &year, &month) != 2)
        return 0;
    while (count < limit) {
        snprintf(text, sizeof text, "%04d-%02d-01", year % 10000, month % 100);
        if (churn_playbook_time(playbook, text, CHURN_NTS, &out[count], err) != CHURN_OK ||
            out[count] > to)
            break;
        count++;
        year += month / 12;
        month = month % 12 + 1;
    }
    return count;
}

static churn_status dump(churn_engine *engine, churn_playbook *playbook, churn_time from,
                         churn_time to, churn_error *err)
{
    churn_time dates[120];
    churn_table *table = NULL;
    churn_action_options all = {.struct_size = sizeof all, .which = CHURN_ACTIONS_ALL};
    churn_kpi_options monthly = {.struct_size = sizeof monthly, .every = CHURN_EVERY_MONTH};
    uint32_t count = months(playbook, from, to, dates, 120, err);
    churn_status status = churn_engine_metrics(engine, dates, count, NULL, &table, err);
    if (status == CHURN_OK) {
        print_table("metrics", table);
        status = churn_engine_missing(engine, to, NULL, &table, err);
    }
    if (status == CHURN_OK) {
        print_table("missing", table);
        status = churn_engine_scores(engine, dates, count, NULL, &table, err);
    }
    if (status == CHURN_OK) {
        print_table("scores", table);
        status = churn_engine_kpi(engine, NULL, 0, from, to, &monthly, &table, err);
    }
    if (status == CHURN_OK) {
        print_table("kpi", table);
        status = churn_engine_movements(engine, from, to, NULL, &table, err);
    }
    if (status == CHURN_OK) {
        print_table("movements", table);
        status = churn_engine_replay(engine, from, to, 0, NULL, &table, err);
    }
    if (status == CHURN_OK) {
        print_table("runs", table);
        status = churn_engine_episodes(engine, &table, err);
    }
    if (status == CHURN_OK) {
        print_table("episodes", table);
        status = churn_engine_actions(engine, &all, &table, err);
    }
    if (status == CHURN_OK) {
        print_table("actions", table);
        status = churn_engine_at_risk(engine, to, NULL, &table, err);
    }
    if (status == CHURN_OK)
        print_table("at_risk", table);
    return status;
}

int main(int argc, char **argv)
{
    churn_error err = {.struct_size = sizeof err};
    churn_store *store = NULL;
    churn_engine *engine = NULL;
    churn_time from = 0, to = 0;
    if (argc != 5) {
        fprintf(stderr, "usage: dump FOLDER PLAYBOOK FROM TO\n");
        return 2;
    }
    churn_playbook *playbook = load_playbook(argv[2]);
    churn_store_options options = {.struct_size = sizeof options,
                                   .time_zone = churn_playbook_time_zone(playbook)};
    bool ok =
        playbook &&
        (churn_store_create(&options, &store, &err) == CHURN_OK || load_failed("store", &err)) &&
        load_folder(store, playbook, argv[1]);
    if (ok && (churn_playbook_time(playbook, argv[3], CHURN_NTS, &from, &err) ||
               churn_playbook_time(playbook, argv[4], CHURN_NTS, &to, &err) ||
               churn_engine_create(playbook, store, NULL, &engine, &err) ||
               dump(engine, playbook, from, to, &err)))
        ok = load_failed("dump", &err);
    churn_engine_free(engine);
    churn_store_free(store);
    churn_playbook_free(playbook);
    return ok ? 0 : 1;
}
