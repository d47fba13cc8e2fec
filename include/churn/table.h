/* SPDX-License-Identifier: MIT */
#ifndef CHURN_TABLE_H
#define CHURN_TABLE_H

#include <churn/error.h>

CHURN_BEGIN_DECLS

/*
 * Every tabular answer of the library is a churn_table: named, typed columns of equal length with
 * nulls. It is immutable, belongs to whoever asked for it, outlives the handle that made it, and
 * may be read from any number of threads. Rows come in byte order of the customer's id unless the
 * function that made the table says otherwise.
 *
 *     for (uint64_t row = 0; row < churn_table_row_count(scores); row++) {
 *         churn_str id = churn_table_string(scores, row, 0);
 *         if (!churn_table_is_null(scores, row, 1)) { ... churn_table_double(scores, row, 1) ... }
 *     }
 *
 * Whole columns go to other programs through churn_table_export() in arrow.h.
 */

/** The type of a column. Numbers are never changed; new ones may be added. */
typedef int32_t churn_column_type;

#define CHURN_COLUMN_BOOL 1     /* true or false */
#define CHURN_COLUMN_INT 2      /* int64_t */
#define CHURN_COLUMN_DOUBLE 3   /* double, always finite */
#define CHURN_COLUMN_STRING 4   /* UTF-8 */
#define CHURN_COLUMN_TIME 5     /* churn_time */
#define CHURN_COLUMN_DURATION 7 /* int64_t: nanoseconds */

/** The answer of churn_table_find(): no column has that name. */
#define CHURN_COLUMN_NONE UINT32_MAX

/**
 * Return how many rows a table has.
 *
 * @return 0 for NULL
 * @threads any
 * @since 0.1
 */
CHURN_API uint64_t churn_table_row_count(const churn_table *table);

/**
 * Return how many columns a table has.
 *
 * @return 0 for NULL
 * @threads any
 * @since 0.1
 */
CHURN_API uint32_t churn_table_column_count(const churn_table *table);

/**
 * Return the name of a column.
 *
 * @return view of the table, valid until churn_table_free(); "" where there is no such column
 * @threads any
 * @since 0.1
 */
CHURN_API const char *churn_table_column_name(const churn_table *table, uint32_t column);

/**
 * Return the type of a column.
 *
 * @return CHURN_COLUMN_*; 0 where there is no such column
 * @threads any
 * @since 0.1
 */
CHURN_API churn_column_type churn_table_column_type(const churn_table *table, uint32_t column);

/**
 * Find a column by its name.
 *
 * @param name UTF-8, borrowed
 * @param len its length, or CHURN_NTS
 * @return the column's number, or CHURN_COLUMN_NONE
 * @threads any
 * @since 0.1
 */
CHURN_API uint32_t churn_table_find(const churn_table *table, const char *name, size_t len);

/**
 * Tell whether a cell holds nothing.
 *
 * @return true also where there is no such cell
 * @threads any
 * @since 0.1
 */
CHURN_API bool churn_table_is_null(const churn_table *table, uint64_t row, uint32_t column);

/**
 * Return the number in a cell of a double, int or bool column.
 *
 * @return 0 where the cell is null, not there, or of another type
 * @threads any
 * @since 0.1
 */
CHURN_API double churn_table_double(const churn_table *table, uint64_t row, uint32_t column);

/**
 * Return the integer in a cell of an int, time, duration or bool column.
 *
 * @return 0 where the cell is null, not there, or of another type
 * @threads any
 * @since 0.1
 */
CHURN_API int64_t churn_table_int(const churn_table *table, uint64_t row, uint32_t column);

/**
 * Return the truth in a cell of a bool column.
 *
 * @return false where the cell is null, not there, or of another type
 * @threads any
 * @since 0.1
 */
CHURN_API bool churn_table_bool(const churn_table *table, uint64_t row, uint32_t column);

/**
 * Return the instant in a cell of a time column.
 *
 * @return CHURN_TIME_NONE where the cell is null, not there, or of another type
 * @threads any
 * @since 0.1
 */
CHURN_API churn_time churn_table_time(const churn_table *table, uint64_t row, uint32_t column);

/**
 * Return the text in a cell of a string column.
 *
 * @return view of the table, valid until churn_table_free(); {"", 0} where the cell is null, not
 *         there, or of another type
 * @threads any
 * @since 0.1
 */
CHURN_API churn_str churn_table_string(const churn_table *table, uint64_t row, uint32_t column);

/**
 * Return the values of a whole column as one array.
 *
 * @return view of the table, valid until churn_table_free(): int64_t[] for int, time and duration,
 *         double[] for double, uint8_t[] with one bit a row (least significant first) for bool; for
 *         string int64_t[row_count + 1], where row i is bytes [a[i], a[i + 1]) of
 *         churn_table_column_bytes(); NULL where there is no such column, or no memory to lay text
 *         out. Cells that are null hold zero or "".
 * @threads any
 * @since 0.1
 */
CHURN_API const void *churn_table_column_data(const churn_table *table, uint32_t column);

/**
 * Return the text of all rows of a string column, one after the other.
 *
 * @return view of the table, valid until churn_table_free(); NULL for other columns, or where there
 *         is no memory to lay it out
 * @threads any
 * @since 0.1
 */
CHURN_API const char *churn_table_column_bytes(const churn_table *table, uint32_t column);

/**
 * Return which rows of a column hold a value: one bit a row, least significant first, 1 for
 * present.
 *
 * @return view of the table, valid until churn_table_free(); NULL where every row is present
 * @threads any
 * @since 0.1
 */
CHURN_API const uint8_t *churn_table_column_valid(const churn_table *table, uint32_t column);

/**
 * Return how many bytes a table takes.
 *
 * @return 0 for NULL
 * @threads any
 * @since 0.1
 */
CHURN_API uint64_t churn_table_memory(const churn_table *table);

/**
 * Free a table.
 *
 * @param table may be NULL
 * @threads one at a time per table
 * @since 0.1
 */
CHURN_API void churn_table_free(churn_table *table);

CHURN_END_DECLS

#endif
