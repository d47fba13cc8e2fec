/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "metric/event_inside.h"

/* How many different things: exactly, or by HyperLogLog with 2^12 registers, whose standard error
 * is 1.04 / sqrt(4096) = 1.63 % (Flajolet, Fusy, Gandouet, Meunier 2007). */

uint64_t churn__metric_row_key(const churn__metric_view *view, const churn__metric_row *row)
{
    switch (view->bound->def->of) {
    case CHURN__OF_USER:
        return row->user;
    case CHURN__OF_TYPE:
        return row->type;
    default:
        break;
    }
    if (view->stream->item_type == CHURN__TYPE_STRING) {
        return row->item.code;
    }
    if (view->stream->item_type != CHURN__TYPE_DOUBLE) {
        return (uint64_t)row->item.whole;
    }
    uint64_t bits = 0;
    double number = row->item.number + 0.0; /* -0 is 0 */
    memcpy(&bits, &number, sizeof bits);
    return bits;
}

static churn__value distinct_exact(const churn__metric_view *view)
{
    churn__metric_keys *keys = &view->plan->general->keys;
    churn__metric_keys_reset(keys);
    for (uint32_t i = 0; i < view->count; i++) {
        const churn__metric_row *row = &view->rows[i];
        if (churn__metric_row_given(view, row) &&
            churn__metric_key(view->plan->heap, keys, churn__metric_row_key(view, row)) ==
                CHURN__METRIC_NONE) {
            view->plan->failed = true;
            break;
        }
    }
    return churn__metric_double(keys->count);
}

/* ---- HyperLogLog ---- */

/* Of the content, never of codes, which depend on the order of loading. */
static uint64_t row_hash(const churn__metric_view *view, const churn__metric_row *row)
{
    churn__value value = churn__metric_row_value(view, row);
    if (value.type == CHURN__TYPE_STRING) {
        return churn__hash64(value.as.s.ptr, value.as.s.len, 0);
    }
    uint64_t key = churn__metric_row_key(view, row);
    uint8_t bytes[8];
    for (uint32_t i = 0; i < 8; i++) {
        bytes[i] = (uint8_t)(key >> (8 * i));
    }
    return churn__hash64(bytes, sizeof bytes, 0);
}

static void hll_add(uint8_t *registers, uint64_t hash)
{
    uint32_t at = (uint32_t)(hash >> (64 - CHURN__HLL_BITS));
    uint64_t rest = (hash << CHURN__HLL_BITS) | (UINT64_C(1) << (CHURN__HLL_BITS - 1));
    uint8_t rank = (uint8_t)(__builtin_clzll(rest) + 1);
    registers[at] = rank > registers[at] ? rank : registers[at];
}

/* Ertl: New cardinality estimation algorithms for HyperLogLog sketches (2017), algorithm 6: no
 * bias at any size and no case to tell apart. */
static double hll_sigma(double x)
{
    double y = 1, z = x, before = 0;
    if (x == 1) {
        return (double)INFINITY;
    }
    do {
        x *= x;
        before = z;
        z += x * y;
        y += y;
    } while (z != before);
    return z;
}

static double hll_tau(double x)
{
    double y = 1, z = 1 - x, before = 0;
    if (x == 0 || x == 1) {
        return 0;
    }
    do {
        x = sqrt(x);
        before = z;
        y *= 0.5;
        z -= (1 - x) * (1 - x) * y;
    } while (z != before);
    return z / 3;
}

#define HLL_RANKS (64 - CHURN__HLL_BITS)
#define HLL_ALPHA 0.7213475204444817 /* 1 / (2 ln 2) */

static double hll_estimate(const uint8_t *registers)
{
    uint32_t counts[HLL_RANKS + 2] = {0};
    double m = CHURN__HLL_SIZE;
    for (uint32_t i = 0; i < CHURN__HLL_SIZE; i++) {
        counts[registers[i]]++;
    }
    double z = m * hll_tau(1 - counts[HLL_RANKS + 1] / m);
    for (uint32_t k = HLL_RANKS; k >= 1; k--) {
        z = 0.5 * (z + counts[k]);
    }
    z += m * hll_sigma(counts[0] / m);
    return HLL_ALPHA * m * m / z;
}

static churn__value distinct_approx(const churn__metric_view *view)
{
    uint8_t *registers = view->plan->general->registers;
    memset(registers, 0, CHURN__HLL_SIZE);
    for (uint32_t i = 0; i < view->count; i++) {
        if (churn__metric_row_given(view, &view->rows[i])) {
            hll_add(registers, row_hash(view, &view->rows[i]));
        }
    }
    return churn__metric_double(floor(hll_estimate(registers) + 0.5));
}

churn__value churn__metric_distinct_value(const churn__metric_view *view)
{
    return view->bound->def->approx ? distinct_approx(view) : distinct_exact(view);
}
