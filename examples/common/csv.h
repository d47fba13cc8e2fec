/* SPDX-License-Identifier: MIT */
#ifndef EXAMPLES_CSV_H
#define EXAMPLES_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include <churn/arrow.h>

/*
 * CSV files as Arrow streams, for churn_store_add_stream(). The first row names the columns.
 * Quoting is that of RFC 4180: "a field with , or ""quotes"" or a line end". Lines end with LF or
 * CRLF, empty lines are skipped, an empty field is null. Columns are text, from which the library
 * reads numbers and instants where a field is one; attributes of customers have no such type of
 * their own, so that the caller says which columns are numbers.
 */

/* Is the column of this name to be read as numbers? */
typedef bool (*csv_is_number)(void *context, const char *name);

/* Open a file as a stream of one batch. `is_number` may be NULL: all columns are text. Returns
 * NULL, or what is wrong, which it has put into `message`; `out` is then left alone. */
const char *csv_open_stream(const char *path, csv_is_number is_number, void *context,
                            struct ArrowArrayStream *out, char *message, size_t size);

#endif
