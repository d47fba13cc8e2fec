/* SPDX-License-Identifier: MIT */
#ifndef CHURN_TABLE_INSIDE_H
#define CHURN_TABLE_INSIDE_H

/* What the files of this module share. */
#include "table/table.h"

#include <stdatomic.h>

/* Memory of one column; `capacity` counts elements whose size follows from the use. */
typedef struct churn__table_run {
    void *data;
    size_t capacity;
} churn__table_run;

/* The few strings of a column, each with a NUL after it. */
typedef struct churn__table_choices {
    uint32_t count;
    churn_str items[CHURN__TABLE_CHOICES];
    size_t bytes; /* of what they point into, which follows */
} churn__table_choices;

/* Offsets and text of a string column, as churn_table_column_data() and _bytes() give them. */
typedef struct churn__table_spread {
    int64_t *ends;
    char *bytes;
    size_t end_count, byte_count;
} churn__table_spread;

typedef struct churn__table_col {
    churn_str name;
    churn_column_type type;
    uint64_t count, nulls;
    churn__table_run values; /* as churn_table_column_data() gives them */
    churn__table_run valid;  /* NULL data while nothing is null */
    churn__table_run bytes;  /* of strings, end to end */
    size_t longest;          /* of them */
    churn__table_run text;   /* the same with a NUL after each: row i begins at values[i] + i */
    /* Strings may be kept short: none is there (`values` has no data), or `values` has a byte a
     * row, which of `choices` it is. The long form is made when somebody asks for it. */
    bool brief;
    uint64_t hint; /* rows to expect */
    churn__table_choices *choices;
    _Atomic(churn__table_spread *) spread;
} churn__table_col;

void churn__table_free_brief(churn__heap *heap, churn__table_col *col);
/* The long form of a brief column; NULL: no memory. */
const churn__table_spread *churn__table_spread_of(const churn_table *table, uint32_t column);

struct churn_table {
    churn__heap *heap;
    atomic_size_t refs;
    uint64_t rows;
    uint32_t column_count;
    churn__table_run columns;
};

static inline churn__table_col *churn__table_col_at(const churn_table *table, uint32_t column)
{
    return (churn__table_col *)table->columns.data + column;
}

/* The size of one element of `values`; a bool's is that of eight rows. */
static inline size_t churn__table_width(churn_column_type type)
{
    return type == CHURN_COLUMN_BOOL ? 1 : 8;
}

static inline size_t churn__table_value_size(const churn__table_col *col)
{
    return col->brief ? 1 : churn__table_width(col->type);
}

void churn__table_destroy(churn_table *table);

/* ---- building ---- */

typedef enum table_fault {
    BUILD_GOOD,
    BUILD_NO_MEMORY,
    BUILD_MISUSED /* no such column, or a cell of another type */
} table_fault;

struct churn__table_builder {
    churn_table *table;
    uint64_t rows; /* hint */
    table_fault fault;
};

/* Strings up to this length are copied as one word, and the next one over what is too much of it:
 * room for one word more than there are bytes is what makes that safe. */
#define TABLE_SHORT 8u

static inline bool churn__table_reserve(churn__heap *heap, churn__table_run *run, size_t need,
                                        size_t size)
{
    return need <= run->capacity || churn__grow(heap, &run->data, &run->capacity, need, size);
}

/* The column to append to, or NULL: nothing is to be done. `type` 0: any. */
churn__table_col *churn__table_appendable(churn__table_builder *builder, uint32_t column,
                                          churn_column_type type);
/* A brief column gets its first string: from now on it is a common one. */
bool churn__table_lengthen(churn__heap *heap, churn__table_col *col);
/* From the first null on every cell has a bit. */
bool churn__table_begin_validity(churn__heap *heap, churn__table_col *col);
/* There is no memory. */
void churn__table_spoil(churn__table_builder *builder);

#endif
