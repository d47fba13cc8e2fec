/* SPDX-License-Identifier: MIT */
#include <churn/cancel.h>

#include <stdatomic.h>

#include "core/fail.h"

struct churn_cancel {
    churn__heap *heap;
    atomic_bool set;
    atomic_uint_fast64_t done, total;
};

churn_status churn_cancel_create(churn_cancel **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__heap *heap = NULL;
    if (out == NULL) {
        return churn__fail_null(err, "churn_cancel_create", "out");
    }
    *out = NULL;
    heap = churn__heap_create(NULL, 0);
    churn_cancel *cancel = heap == NULL ? NULL : churn__alloc_zero(heap, sizeof *cancel);
    if (cancel == NULL) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    cancel->heap = heap;
    heap = NULL;
    churn__live_add(1);
    *out = cancel;
done:
    churn__heap_release(heap);
    return st;
}

void churn_cancel_set(churn_cancel *cancel)
{
    if (cancel != NULL) {
        atomic_store_explicit(&cancel->set, true, memory_order_relaxed);
    }
}

bool churn_cancel_is_set(const churn_cancel *cancel)
{
    return cancel != NULL && atomic_load_explicit(&cancel->set, memory_order_relaxed);
}

void churn_cancel_progress(const churn_cancel *cancel, uint64_t *done, uint64_t *total)
{
    uint64_t so_far = 0, in_all = 0;
    if (cancel != NULL) {
        so_far = atomic_load_explicit(&cancel->done, memory_order_relaxed);
        in_all = atomic_load_explicit(&cancel->total, memory_order_relaxed);
    }
    if (done != NULL) {
        *done = so_far;
    }
    if (total != NULL) {
        *total = in_all;
    }
}

void churn_cancel_free(churn_cancel *cancel)
{
    if (cancel == NULL) {
        return;
    }
    churn__heap *heap = cancel->heap;
    churn__free(heap, cancel, sizeof *cancel);
    churn__heap_release(heap);
    churn__live_add(-1);
}

churn_status churn__cancel_check(churn_cancel *cancel, churn_error *err)
{
    if (!churn_cancel_is_set(cancel)) {
        return CHURN_OK;
    }
    return churn__fail(err, CHURN_E_CANCELLED, 0, "call: cancelled");
}

void churn__cancel_total(churn_cancel *cancel, uint64_t total)
{
    if (cancel != NULL) {
        atomic_store_explicit(&cancel->total, total, memory_order_relaxed);
    }
}

void churn__cancel_step(churn_cancel *cancel, uint64_t done)
{
    if (cancel != NULL) {
        atomic_store_explicit(&cancel->done, done, memory_order_relaxed);
    }
}
