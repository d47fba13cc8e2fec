/* SPDX-License-Identifier: MIT */
#ifndef CHURN_STORE_SOURCE_STREAM_H
#define CHURN_STORE_SOURCE_STREAM_H

#include "arrow/arrow.h"
#include "store/source.h"

#define NO_COLUMN UINT32_MAX

/* Where a field or an attribute comes from. */
typedef struct column {
    churn_str name;     /* of the field or attribute */
    uint32_t field;     /* of the stream; NO_COLUMN */
    churn_str constant; /* NULL: none */
    churn__arrow_kind kind;
    bool may_round;                  /* decimals longer than 63 bits are as good as doubles */
    const churn_field_value *values; /* its value map, by `from` */
    uint32_t value_count;
    bool is_dictionary;
    bool null_unsets; /* an attribute row without value */
    bool nan_counts;  /* and one whose value is NaN */
} column;

typedef struct stream_source {
    source base;
    churn__heap *heap;
    const churn_load_options *options;
    churn__arrow_reader *reader;
    churn_field_value *values; /* options->values by field and `from` */
    uint32_t value_room;
    column columns[FIELDS_MAX];
    column *attributes; /* base.attribute_count */
    churn_str *names;
    size_t attribute_room;
} stream_source;

void churn__source_stream(stream_source *s, const kind_info *kind,
                          const churn_load_options *options, churn__heap *heap);
/* Find out which column is which field (stream_map.c). */
churn_status churn__source_stream_map(stream_source *s, int32_t money, churn_error *err);
void churn__source_stream_clear(stream_source *s);

#endif
