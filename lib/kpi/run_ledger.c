/* SPDX-License-Identifier: MIT */
#include "kpi/run_inside.h"

/* The ledger of the customer whose turn it is, split by what groups are made of. */

#define SPLITS                                                                \
    ((UINT32_C(1) << CHURN__KEY_PLAN) | (UINT32_C(1) << CHURN__KEY_PRODUCT) | \
     (UINT32_C(1) << CHURN__KEY_CURRENCY))

_Static_assert(CHURN__SPLIT_PLAN == 1u << CHURN__KEY_PLAN &&
                   CHURN__SPLIT_PRODUCT == 1u << CHURN__KEY_PRODUCT &&
                   CHURN__SPLIT_CURRENCY == 1u << CHURN__KEY_CURRENCY,
               "keys are the bits of a split");

churn_status churn__run_read_ledger(churn__kpi_run *run, churn_error *err)
{
    churn__run_inside *inside = run->inside;
    if (inside->movements == NULL) {
        inside->movements =
            churn__ledger_create(run->heap, run->version, run->policy, run->currency, run->zone,
                                 run->key_bits & SPLITS, run->as_of);
        if (inside->movements == NULL) {
            return churn__fail_memory(err, run->heap);
        }
    }
    return churn__ledger_customer(inside->movements, run->reader, run->customer, &inside->ledger,
                                  err);
}
