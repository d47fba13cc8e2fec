/* SPDX-License-Identifier: MIT */
#include "arrow/arrow.h"

churn_status churn_table_export(const churn_table *table, struct ArrowArrayStream *out,
                                churn_error *err)
{
    if (out == NULL) {
        return churn__fail_null(err, "churn_table_export", "out");
    }
    memset(out, 0, sizeof *out);
    if (table == NULL) {
        return churn__fail_null(err, "churn_table_export", "table");
    }
    return churn__arrow_export(table, INT32_MAX, out, err);
}

churn_status churn_table_import(struct ArrowArrayStream *stream, churn_table **out,
                                churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__heap *heap = NULL;

    if (out == NULL) {
        return churn__fail_null(err, "churn_table_import", "out");
    }
    *out = NULL;
    if (stream == NULL) {
        return churn__fail_null(err, "churn_table_import", "stream");
    }
    heap = churn__heap_create(NULL, 0);
    if (heap == NULL) {
        return churn__fail_memory(err, NULL);
    }
    st = churn__arrow_import(heap, stream, out, err);
    churn__heap_release(heap);
    return st;
}
