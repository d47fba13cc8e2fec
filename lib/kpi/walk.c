/* SPDX-License-Identifier: MIT */
#include "kpi/inside.h"

#define CHECK_EVERY 1024

/* ---- all customers ---- */

churn_status churn__walk_customers(churn__heap *heap, churn__version *version,
                                   const churn__kpi_request *request, churn__customer_visit visit,
                                   void *context, churn_error *err)
{
    churn_status st = CHURN_OK;
    const uint32_t count = churn__version_listed(version);
    const uint32_t *order = churn__version_order(version);
    const churn_time as_of = request->as_of == CHURN_TIME_NONE ? request->to : request->as_of;
    churn__exchange_book *book = NULL;
    const churn__exchange *exchange = NULL;
    churn__mrr_step *steps = NULL;
    size_t step_count = 0, capacity = 0;
    churn__reader *reader = churn__reader_create(heap, version);
    if (reader == NULL) {
        return churn__fail_memory(err, heap);
    }
    CHURN_TRY(churn__exchange_book_create(heap, version, request->currency, &book, err));
    exchange = churn__exchange_at(book, as_of);
    if (exchange == NULL) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    churn__cancel_total(request->cancel, count);
    for (uint32_t i = 0; i < count; i++) {
        const churn__subscription *rows = NULL;
        const size_t n = churn__reader_subscriptions(reader, order[i], as_of, &rows);
        step_count = 0;
        CHURN_TRY(churn__mrr_steps(heap, &request->policy, rows, n, exchange, &steps, &step_count,
                                   &capacity, err));
        CHURN_TRY(visit(context, i, order[i], steps, step_count, err));
        if (i % CHECK_EVERY == CHECK_EVERY - 1) {
            churn__cancel_step(request->cancel, i + 1);
            CHURN_TRY(churn__cancel_check(request->cancel, err));
        }
    }
    if (churn__reader_failed(reader)) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    churn__cancel_step(request->cancel, count);
done:
    churn__free_array(heap, steps, capacity, sizeof *steps);
    churn__exchange_book_free(book);
    churn__reader_free(reader);
    return st;
}
