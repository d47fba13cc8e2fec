/* SPDX-License-Identifier: MIT */
#include "expr/kernels.h"

#include <stdatomic.h>
#include <stddef.h>

/*
 * Which kernels to use: asked of the processor once a process. Two threads that ask at the same
 * time come to the same answer.
 */

#ifdef CHURN_KERNELS_V3
#include <cpuid.h>

/* What the system saves of the registers when it switches threads. */
static uint64_t saved_state(void)
{
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

/* AVX2, BMI1 and BMI2, and a system that saves the wide registers: Intel's manual, volume 1, 14.3.
 */
static bool has_v3(void)
{
    const unsigned need = (1u << 5) | (1u << 3) | (1u << 8);
    unsigned a, b, c, d;
    if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & (1u << 27)) == 0 || (c & (1u << 28)) == 0 ||
        (saved_state() & 6) != 6) {
        return false;
    }
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & need) == need;
}
#endif

static const expr_kernels *best(void)
{
#ifdef CHURN_KERNELS_V3
    if (has_v3()) {
        return &churn__expr_kernels_v3;
    }
#endif
    return &churn__expr_kernels_plain;
}

static _Atomic(const expr_kernels *) chosen;

const expr_kernels *churn__expr_kernels(void)
{
    const expr_kernels *now = atomic_load_explicit(&chosen, memory_order_relaxed);
    if (now == NULL) {
        now = best();
        atomic_store_explicit(&chosen, now, memory_order_relaxed);
    }
    return now;
}

const expr_kernels *churn__expr_kernels_at(uint32_t i)
{
    const expr_kernels *wide = best();
    if (i == 0) {
        return &churn__expr_kernels_plain;
    }
    return i == 1 && wide != &churn__expr_kernels_plain ? wide : NULL;
}

void churn__expr_kernels_force(const expr_kernels *kernels)
{
    atomic_store_explicit(&chosen, kernels, memory_order_relaxed);
}
