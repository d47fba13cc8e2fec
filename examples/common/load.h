/* SPDX-License-Identifier: MIT */
#ifndef EXAMPLES_LOAD_H
#define EXAMPLES_LOAD_H

#include <stdbool.h>

#include <churn/playbook.h>
#include <churn/store.h>

/*
 * Load a folder of CSV files into a store. Files that are not there are left out: customers.csv,
 * attributes.csv, events.csv, subscriptions.csv, invoices.csv, tickets.csv, surveys.csv,
 * churns.csv, with the fields of the records as names of columns and money in major units; and
 * marks.csv with `source`, `through` and, if wanted, `known_at`. Dates and times without a zone are
 * in the zone of the store. Rows that are rejected are listed on standard error. A folder without
 * any of the files is an error.
 */

/* Compile a playbook; what there is to say about the file goes to standard error. NULL: it failed.
 */
churn_playbook *load_playbook(const char *path);

/* False: something failed, and was printed. */
bool load_folder(churn_store *store, churn_playbook *playbook, const char *folder);

/* Print "what: why" to standard error and return false. */
bool load_failed(const char *what, const churn_error *err);

/* The cell of a column that is found by its name; empty where it is null. */
churn_str cell_text(const churn_table *table, uint64_t row, const char *column);
double cell_number(const churn_table *table, uint64_t row, const char *column);
bool cell_is_null(const churn_table *table, uint64_t row, const char *column);
bool str_is(churn_str text, const char *other);

#endif
