/* SPDX-License-Identifier: MIT */
#ifndef CHURN_GO_CSHIM_H
#define CHURN_GO_CSHIM_H

#include <churn/churn.h>

/*
 * What cgo does badly by itself: fill a struct whose pointers go to strings on Go's stack, read all
 * columns of a table in one crossing, and offer slices as an Arrow stream, whose functions are
 * pointers.
 */

/* One event from plain arguments; a string of length 0 is not given. */
churn_status churn_go_add_event(churn_store *store, const char *id, size_t id_len,
                                const char *customer, size_t customer_len, const char *type,
                                size_t type_len, churn_time at, churn_time known_at,
                                const char *user, size_t user_len, double value, churn_error *err);

/* Evaluate for one record. The strings of `values` have lengths alone: their bytes stand one after
 * the other at `bytes`. A string in `*value` that is one of them has a NULL `ptr` and its place
 * among the bytes in `integer`. */
churn_status churn_go_evaluate(const churn_expression *expression, const churn_value *values,
                               uint32_t count, const char *bytes, size_t size,
                               churn_outcome *outcome, churn_value *value, churn_error *err);

/* As it, for text that evaluation makes: at most `size` bytes of it, NUL included, go to `room`. */
churn_status churn_go_evaluate_text(const churn_expression *expression, const churn_value *values,
                                    uint32_t count, const char *bytes, char *room, size_t size,
                                    size_t *needed, churn_outcome *outcome, churn_error *err);

churn_status churn_go_explain(const churn_expression *expression, const churn_value *values,
                              uint32_t count, const char *bytes, churn_table **out,
                              churn_error *err);

/* The same without a pointer in it, for which cgo needs to look at nothing: `bits` holds an
 * integer, a truth, a double's bits or the length of a string. */
typedef struct churn_go_value {
    int64_t bits;
    churn_type type;
    int32_t reserved;
} churn_go_value;

/* Evaluate for one record of at most CHURN_GO_FEW values where that is all there is to it: 0 where
 * something else remains to be said or done, for which churn_go_evaluate() is there. A string in
 * `*value` has its place among the bytes in `bits` and its length in `reserved`. */
enum { CHURN_GO_FEW = 16 };
int churn_go_try(const churn_expression *expression, const churn_go_value *values, uint32_t count,
                 const char *bytes, size_t size, churn_go_value *value);

/* Where the parts of one column of a table are. */
typedef struct churn_go_view {
    const char *name;
    const void *data;
    const char *bytes;
    const uint8_t *valid;
    int32_t type;
} churn_go_view;

/* Fill `views`, one a column of the table. */
void churn_go_views(const churn_table *table, churn_go_view *views);

/* One column of slices. `format` is Arrow's; `offsets` is of text alone. All is borrowed. */
typedef struct churn_go_column {
    const char *name;
    const char *format;
    const void *values;
    const int64_t *offsets;
    const uint8_t *valid;
} churn_go_column;

/* Add columns as a stream of one batch. */
churn_status churn_go_add_columns(churn_store *store, churn_record_kind kind,
                                  const churn_go_column *columns, size_t count, int64_t rows,
                                  const churn_load_options *options, churn_load_report *report,
                                  churn_error *err);

#endif
