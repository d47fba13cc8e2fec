/* SPDX-License-Identifier: MIT */
#ifndef CHURN_ARROW_ARROW_H
#define CHURN_ARROW_ARROW_H

#include <churn/arrow.h>

#include "base/date.h"
#include "core/fail.h"

/*
 * Reading Arrow streams, for whoever loads records or evaluates conditions over frames. A reader
 * takes a stream over, hands out one batch at a time, and each batch's columns as views that answer
 * for row 0 .. rows-1 whatever the offsets, chunks, dictionaries and encodings underneath.
 */
typedef struct churn__arrow_reader churn__arrow_reader;

/* What a column of a stream can be read as. */
typedef enum churn__arrow_kind {
    CHURN__ARROW_NULL, /* all null */
    CHURN__ARROW_BOOL,
    CHURN__ARROW_INT,     /* int8..int64, uint8..uint64 (values over INT64_MAX: see below) */
    CHURN__ARROW_DOUBLE,  /* float, double */
    CHURN__ARROW_STRING,  /* utf8, large_utf8, utf8_view */
    CHURN__ARROW_TIME,    /* timestamp with zone: an instant */
    CHURN__ARROW_LOCAL,   /* timestamp without zone: wall time */
    CHURN__ARROW_DATE,    /* date32, date64: days since 1970-01-01 */
    CHURN__ARROW_DECIMAL, /* decimal128(p, s) */
    CHURN__ARROW_DURATION
} churn__arrow_kind;

typedef struct churn__arrow_field {
    churn_str name;         /* view of the reader */
    churn__arrow_kind kind; /* of the values, also where they are dictionary encoded */
    int32_t scale;          /* of a decimal */
} churn__arrow_field;

/* Moves the stream in once its schema was read and understood. Types that are not known are an
 * error only when the column is asked for: `kind` of such a field is CHURN__ARROW_NULL with
 * `unsupported` = its format string in churn__arrow_unsupported(). */
churn_status churn__arrow_open(churn__heap *heap, struct ArrowArrayStream *stream,
                               churn__arrow_reader **out, churn_error *err);
/* The same, where a column of that name that is a struct is read as its children, each a column
 * "<record>.<child>" in the struct's place; a null of the struct is one of theirs. */
churn_status churn__arrow_open_record(churn__heap *heap, struct ArrowArrayStream *stream,
                                      churn_str record, churn__arrow_reader **out,
                                      churn_error *err);
void churn__arrow_close(churn__arrow_reader *reader);
uint32_t churn__arrow_field_count(const churn__arrow_reader *reader);
const churn__arrow_field *churn__arrow_get_field(const churn__arrow_reader *reader, uint32_t i);
/* NULL if the field's type is supported, else its Arrow format, for messages. */
const char *churn__arrow_unsupported(const churn__arrow_reader *reader, uint32_t i);
/* What to do about such a format, to end a message: "cast it to text". */
const char *churn__arrow_hint(const char *format);

/* The next batch; *rows = 0 and *end = true after the last. The arrays are checked against
 * themselves (lengths, offsets, buffer counts, dictionary indices) before any is handed out:
 * CHURN_E_CORRUPT. Invalidates what earlier calls handed out. */
churn_status churn__arrow_next(churn__arrow_reader *reader, uint64_t *rows, bool *end,
                               churn_error *err);

/* Cells of the current batch. A null cell, a null struct row and an unsupported type are null. The
 * other functions are asked only where a cell is not null, and only those of the field's kind;
 * asked otherwise they give something of no meaning, but never read outside the batch. */
bool churn__arrow_is_null(const churn__arrow_reader *reader, uint32_t field, uint64_t row);
bool churn__arrow_bool(const churn__arrow_reader *reader, uint32_t field, uint64_t row);
/* False: an unsigned value over INT64_MAX. */
bool churn__arrow_int(const churn__arrow_reader *reader, uint32_t field, uint64_t row,
                      int64_t *out);
/* Of a double; also the nearest double of an integer or a decimal. */
double churn__arrow_double(const churn__arrow_reader *reader, uint32_t field, uint64_t row);
churn_str churn__arrow_string(const churn__arrow_reader *reader, uint32_t field, uint64_t row);
/* Microseconds (instant or wall time); false: out of int64 or not a whole number of microseconds in
 * a range that we hold (nanoseconds are cut towards minus infinity). Dates: days. */
bool churn__arrow_time(const churn__arrow_reader *reader, uint32_t field, uint64_t row,
                       int64_t *out);
/* Nanoseconds; false: more than 64 bits of them. */
bool churn__arrow_duration(const churn__arrow_reader *reader, uint32_t field, uint64_t row,
                           int64_t *out);
/* unscaled / 10^scale, with as many zeros of the fraction left out as it takes to fit int64,
 * because warehouses write 12.5 as DECIMAL(38, 18); false: does not fit int64 even so. */
bool churn__arrow_decimal(const churn__arrow_reader *reader, uint32_t field, uint64_t row,
                          int64_t *unscaled, int32_t *scale);

/* For strings that repeat: where the current batch's column is dictionary encoded, the number of
 * its entries and each row's entry, so that a caller maps each entry once. False: not so encoded,
 * or the entries are no strings. */
bool churn__arrow_dictionary(const churn__arrow_reader *reader, uint32_t field, uint64_t *entries);
uint64_t churn__arrow_dictionary_index(const churn__arrow_reader *reader, uint32_t field,
                                       uint64_t row);
churn_str churn__arrow_dictionary_entry(const churn__arrow_reader *reader, uint32_t field,
                                        uint64_t entry, bool *null);

/* n cells from `row` on at once, for the quick way of loading. False: the column is of another
 * type, or encoded otherwise, or a cell needs to be looked at by itself; what `out` holds is then
 * of no meaning. Null cells are {NULL, 0}, UINT32_MAX, NaN, CHURN_TIME_NONE. */
bool churn__arrow_texts(const churn__arrow_reader *reader, uint32_t field, uint64_t row, uint32_t n,
                        churn_str *out);
bool churn__arrow_entries(const churn__arrow_reader *reader, uint32_t field, uint64_t row,
                          uint32_t n, uint32_t *out);
bool churn__arrow_doubles(const churn__arrow_reader *reader, uint32_t field, uint64_t row,
                          uint32_t n, double *out);
/* Instants and wall times. */
bool churn__arrow_times(const churn__arrow_reader *reader, uint32_t field, uint64_t row, uint32_t n,
                        churn_time *out);

/* The current batch's values as they lie in memory, where they are words of 64 bits that need no
 * conversion (int64, double, microseconds, nanoseconds of durations); NULL otherwise. */
const void *churn__arrow_words(const churn__arrow_reader *reader, uint32_t field);
/* Which of n cells from `row` on are not null: one bit a cell, least significant first. `out` has
 * room for (n + 7) / 8 bytes; null entries of a dictionary are left to the caller. */
void churn__arrow_validity(const churn__arrow_reader *reader, uint32_t field, uint64_t row,
                           uint32_t n, uint8_t *out);

/* False: no cell of the field is null in the current batch. */
bool churn__arrow_has_nulls(const churn__arrow_reader *reader, uint32_t field);

/* churn_table_import() with the heap of the caller, and churn_table_export() with batches that hold
 * at most `text_bytes` (1 to INT32_MAX) of each text column. */
churn_status churn__arrow_import(churn__heap *heap, struct ArrowArrayStream *stream,
                                 churn_table **out, churn_error *err);
churn_status churn__arrow_export(const churn_table *table, int64_t text_bytes,
                                 struct ArrowArrayStream *out, churn_error *err);

#endif
