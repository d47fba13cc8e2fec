/* SPDX-License-Identifier: MIT */
#ifndef CHURN_TABLE_TABLE_H
#define CHURN_TABLE_TABLE_H

#include <churn/table.h>

#include "base/heap.h"
#include "core/column.h"
#include "core/fail.h"

/*
 * Building tables. Columns are declared first, then filled row by row or column by column; every
 * column must hold the same number of cells when the builder is finished. A failed append marks the
 * builder, so that a chain of appends is checked once, by _finish.
 */
typedef struct churn__table_builder churn__table_builder;

/* The column that holds values of a type; text for a type that is none. */
churn_column_type churn__table_type(churn__type type);
/* `rows` is a hint. NULL: no memory. */
churn__table_builder *churn__table_begin(churn__heap *heap, uint64_t rows);
/* How many columns there will be, and about how many bytes the strings of one: what is known before
 * need not grow. */
void churn__table_expect(churn__table_builder *builder, uint32_t columns);
void churn__table_expect_bytes(churn__table_builder *builder, uint32_t column, size_t bytes);
/* Returns the column's number. `name` is copied. */
uint32_t churn__table_column(churn__table_builder *builder, const char *name,
                             churn_column_type type);
/* Several, one after the other. */
typedef struct churn__table_head {
    const char *name;
    churn_column_type type;
} churn__table_head;
void churn__table_columns(churn__table_builder *builder, const churn__table_head *heads,
                          size_t count);
void churn__table_add_null(churn__table_builder *builder, uint32_t column);
void churn__table_add_bool(churn__table_builder *builder, uint32_t column, bool value);
void churn__table_add_int(churn__table_builder *builder, uint32_t column, int64_t value);
/* Not finite becomes null; -0.0 becomes 0.0. */
void churn__table_add_double(churn__table_builder *builder, uint32_t column, double value);
/* {NULL, 0} becomes null. */
void churn__table_add_string(churn__table_builder *builder, uint32_t column, churn_str value);
/* CHURN_TIME_NONE becomes null. */
void churn__table_add_time(churn__table_builder *builder, uint32_t column, churn_time value);
void churn__table_add_duration(churn__table_builder *builder, uint32_t column, int64_t nanos);
/* Many cells of one column at once: doubles, null where `missing` is not 0 or they are not finite;
 * instants, none of which is CHURN_TIME_NONE; one string n times; strings that are null; bools that
 * are 0 or 1, null where `there` is 0; strings that are choices[codes[i]], of at most
 * CHURN__TABLE_CHOICES. */
void churn__table_add_doubles(churn__table_builder *builder, uint32_t column, const double *values,
                              const uint8_t *missing, size_t n);
void churn__table_add_times(churn__table_builder *builder, uint32_t column,
                            const churn_time *values, size_t n);
void churn__table_add_repeated(churn__table_builder *builder, uint32_t column, churn_str value,
                               size_t n);
void churn__table_add_null_strings(churn__table_builder *builder, uint32_t column, size_t n);
void churn__table_add_bools(churn__table_builder *builder, uint32_t column, const uint8_t *values,
                            const uint8_t *there, size_t n);
#define CHURN__TABLE_CHOICES 16u
void churn__table_add_choices(churn__table_builder *builder, uint32_t column,
                              const churn_str *choices, uint32_t choice_count, const uint8_t *codes,
                              size_t n);
/* A column of strings that are all among a few: one byte a row. */
uint32_t churn__table_choice_column(churn__table_builder *builder, const char *name,
                                    const churn_str *choices, uint32_t choice_count);
/* Such strings by number. */
void churn__table_add_codes(churn__table_builder *builder, uint32_t column, const uint8_t *codes,
                            size_t n);
/* From bitmaps in words, least significant bits first: bools; and words of 64 bits (ints, instants,
 * durations, doubles, of which those that are not finite become null), from an array where `step`
 * is 1, all the same where it is 0. */
void churn__table_add_bits(churn__table_builder *builder, uint32_t column, const uint64_t *values,
                           const uint64_t *there, size_t n);
void churn__table_add_words(churn__table_builder *builder, uint32_t column, const void *values,
                            uint32_t step, const uint64_t *there, size_t n);
/* How many cells a column has so far. */
uint64_t churn__table_filled(const churn__table_builder *builder, uint32_t column);
/* The table, and the end of the builder whether or not it succeeds. */
churn_status churn__table_finish(churn__table_builder *builder, churn_table **out,
                                 churn_error *err);
/* The end of a builder that is not wanted; may be NULL. */
void churn__table_abandon(churn__table_builder *builder);

/* A table's data are reference counted, so that what was exported outlives it. */
churn_table *churn__table_retain(const churn_table *table);
churn__heap *churn__table_heap(const churn_table *table);

#endif
