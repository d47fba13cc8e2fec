/* SPDX-License-Identifier: MIT */
#ifndef CHURN_ARROW_H
#define CHURN_ARROW_H

#include <churn/table.h>

CHURN_BEGIN_DECLS

/*
 * The Arrow C data and C stream interfaces, through which data frames come in and tables go out
 * without a copy of code from any other library. The structs are those of the Arrow specification
 * (https://arrow.apache.org/docs/format/CDataInterface.html), with its guards, so that any header
 * that declares them too may be included beside this one.
 */

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

#endif

#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE

struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *out);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *out);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};

#endif

/**
 * Export a table as an Arrow stream of record batches.
 *
 * Columns become `b`, `l`, `g`, `u` and `tsu:UTC`; a text column of 2 GiB or more is cut into
 * several batches. The stream shares the table's memory: the table may be freed first, and what is
 * read from the stream outlives both. It may be exported any number of times.
 *
 * @param table borrowed; what is exported keeps its data alive
 * @param[out] out an empty struct of the caller's, filled in: call its `release` when done
 * @param err optional
 * @return CHURN_OK; CHURN_E_NOMEM; CHURN_E_ARG
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_table_export(const churn_table *table, struct ArrowArrayStream *out,
                                          churn_error *err);

/**
 * Read an Arrow stream into a table, so that one can be looked at or handed on.
 *
 * Takes every type that records may come in (see churn_store_add_stream()), turned into the nearest
 * column type; decimals become doubles, dates and naive timestamps instants in UTC, NaN and
 * infinities nulls, and a column of Arrow's null type a text column without values.
 *
 * @param stream moved: `stream->release` is NULL after CHURN_OK; left alone on failure before its
 *        first read, released on failure after it
 * @param[out] out returned: free with churn_table_free()
 * @param err optional
 * @return CHURN_OK; CHURN_E_TYPE with the column's name; CHURN_E_RANGE (an unsigned number over
 *         INT64_MAX, an instant outside years 1 to 9999) and CHURN_E_UTF8 with column and row;
 *         CHURN_E_CORRUPT for a stream that contradicts itself; CHURN_E_IO with the stream's own
 *         message; CHURN_E_NOMEM; CHURN_E_ARG
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_table_import(struct ArrowArrayStream *stream, churn_table **out,
                                          churn_error *err);

CHURN_END_DECLS

#endif
