/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "model/model.h"

/*
 * Optimal partitioning, pruned by function. best[t] is the least cost of the first t values,
 * from[t] where its last stretch begins. Which beginning s is the best one for a last stretch of
 * the level mu does not change any more once all have min_size values: sums of squares around mu
 * grow by the same. So the levels are kept in pieces with one beginning each, and a beginning
 * without a piece is out for good (Maidstone, Hocking, Rigaill and Fearnhead, On optimal multiple
 * changepoint algorithms for large data, Statistics and Computing 27, 2017). A new one u is better
 * than s but where best[s] + C(s, u) + (u - s) (mu - mean(s, u))^2 <= best[u]; that there is no
 * such mu is the pruning of PELT. Pieces are few, also where nothing changes: noise of n values has
 * about ln n.
 */
typedef struct piece {
    double low, high; /* levels less the median */
    size_t start;
} piece;

typedef struct pieces {
    piece *data;
    size_t count, capacity;
} pieces;

typedef struct pelt {
    churn__heap *heap;
    const double *values;
    double *sum, *squares; /* of the first t values, less the median: smaller numbers lose less */
    double *best;
    uint64_t *from;
    pieces now, next; /* ascending, from -inf to inf */
    size_t n;
} pelt;

static double cost(const pelt *p, size_t s, size_t t)
{
    double sum = p->sum[t] - p->sum[s], squares = p->squares[t] - p->squares[s];
    double around = squares - sum * sum / (double)(t - s);
    return around > 0 ? around : 0;
}

static void accumulate(pelt *p, double middle)
{
    p->sum[0] = 0;
    p->squares[0] = 0;
    for (size_t i = 0; i < p->n; i++) {
        double x = p->values[i] - middle;
        p->sum[i + 1] = p->sum[i] + x;
        p->squares[i + 1] = p->squares[i] + x * x;
    }
}

/* Neighbours of one beginning are one piece. */
static bool put(pelt *p, double low, double high, size_t start)
{
    pieces *to = &p->next;
    if (!(low < high)) {
        return true;
    }
    if (to->count > 0 && to->data[to->count - 1].start == start) {
        to->data[to->count - 1].high = high;
        return true;
    }
    if (!churn__grow(p->heap, (void **)&to->data, &to->capacity, to->count + 1, sizeof *to->data)) {
        return false;
    }
    to->data[to->count++] = (piece){low, high, start};
    return true;
}

/* What is left of a piece beside a new beginning. */
static bool divide(pelt *p, const piece *of, size_t u)
{
    size_t s = of->start;
    double gain = p->best[u] - p->best[s] - cost(p, s, u), width = (double)(u - s);
    if (!(gain >= 0)) {
        return put(p, of->low, of->high, u);
    }
    double middle = (p->sum[u] - p->sum[s]) / width, half = sqrt(gain / width);
    double low = middle - half > of->low ? middle - half : of->low;
    double high = middle + half < of->high ? middle + half : of->high;
    if (!(low < high)) {
        return put(p, of->low, of->high, u);
    }
    return put(p, of->low, low, u) && put(p, low, high, s) && put(p, high, of->high, u);
}

static bool begin_at(pelt *p, size_t u)
{
    p->next.count = 0;
    for (size_t i = 0; i < p->now.count; i++) {
        if (!divide(p, &p->now.data[i], u)) {
            return false;
        }
    }
    pieces kept = p->now;
    p->now = p->next;
    p->next = kept;
    return true;
}

/* Stretches that end at t: of equally good ones the longest. */
static void end_at(pelt *p, size_t t, double penalty)
{
    double best = (double)INFINITY;
    for (size_t i = 0; i < p->now.count; i++) {
        size_t s = p->now.data[i].start;
        double total = p->best[s] + cost(p, s, t) + penalty;
        if (total < best || (total <= best && s < p->from[t])) {
            best = total;
            p->from[t] = s;
        }
    }
    p->best[t] = best;
}

static size_t trace(const pelt *p, uint64_t *starts)
{
    size_t count = 0, i = 0;
    for (size_t t = p->n; t > 0; t = p->from[t]) {
        count++;
    }
    for (size_t t = p->n; t > 0; t = p->from[t]) {
        starts[count - 1 - i++] = p->from[t];
    }
    return count;
}

static bool pelt_open(pelt *p)
{
    churn__heap *heap = p->heap;
    p->sum = churn__alloc_array(heap, p->n + 1, sizeof *p->sum);
    p->squares = churn__alloc_array(heap, p->n + 1, sizeof *p->squares);
    p->best = churn__alloc_array(heap, p->n + 1, sizeof *p->best);
    p->from = churn__alloc_array_zero(heap, p->n + 1, sizeof *p->from);
    p->now = p->next = (pieces){NULL, 0, 0};
    return p->sum && p->squares && p->best && p->from;
}

static void pelt_close(pelt *p)
{
    churn__heap *heap = p->heap;
    churn__free_array(heap, p->sum, p->n + 1, sizeof *p->sum);
    churn__free_array(heap, p->squares, p->n + 1, sizeof *p->squares);
    churn__free_array(heap, p->best, p->n + 1, sizeof *p->best);
    churn__free_array(heap, p->from, p->n + 1, sizeof *p->from);
    churn__free_array(heap, p->now.data, p->now.capacity, sizeof *p->now.data);
    churn__free_array(heap, p->next.data, p->next.capacity, sizeof *p->next.data);
}

churn_status churn__pelt(churn__heap *heap, const double *values, size_t n, size_t min_size,
                         double penalty, churn_cancel *cancel, uint64_t *starts, size_t *count,
                         churn_error *err)
{
    churn_status st = CHURN_OK;
    pelt p = {.heap = heap, .values = values, .n = n};
    *count = 0;
    if (n < min_size) {
        return CHURN_OK;
    }
    if (!pelt_open(&p)) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    for (size_t i = 0; i < n; i++) {
        p.best[i] = values[i];
    }
    accumulate(&p, churn__median(p.best, n));
    p.best[0] = -penalty; /* a change is paid for, the first stretch is none */
    if (!put(&p, -(double)INFINITY, (double)INFINITY, 0)) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    p.now = p.next;
    p.next = (pieces){NULL, 0, 0};
    for (size_t t = min_size; t <= n; t++) {
        size_t u = t - min_size;
        if (u % 256 == 0) {
            CHURN_TRY(churn__cancel_check(cancel, err));
        }
        if (u >= min_size && !begin_at(&p, u)) {
            CHURN_TRY(churn__fail_memory(err, heap));
        }
        end_at(&p, t, penalty);
    }
    *count = trace(&p, starts);
done:
    pelt_close(&p);
    return st;
}

double churn__square_sum(const double *values, size_t n, double *mean)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        sum += values[i];
    }
    *mean = sum / (double)n;
    for (size_t i = 0; i < n; i++) {
        squares += (values[i] - *mean) * (values[i] - *mean);
    }
    return squares;
}

/* ---- how large a penalty keeps noise in one piece ---- */

/* P(max over t of the standardised difference > b), for splits that leave `edge` of all to each
 * side: Csoergo and Horvath, Limit Theorems in Change-Point Analysis, 1997, section 1.3. */
static double exceeds(double b, double edge)
{
    double span = 2 * churn__log((1 - edge) / edge), square = b * b;
    return b * churn__exp(-square / 2) / 2.5066282746310002 * (span - span / square + 4 / square);
}

double churn__change_penalty(size_t n, size_t min_size, double rate)
{
    double edge = (double)min_size / (double)n;
    double low = 1, high = 12;
    if (edge >= 0.5) {
        edge = 0.5 - 0.5 / (double)n; /* one place only: an ordinary test */
    }
    for (int i = 0; i < 60; i++) {
        double middle = (low + high) / 2;
        bool often = exceeds(middle, edge) > rate;
        low = often ? middle : low;
        high = often ? high : middle;
    }
    /* sigma comes from a median of n - 1 distances: a t of so many degrees of freedom */
    double tail = churn__normal_cdf(-high);
    double limit = -churn__t_quantile(tail, 0.3 * (double)n + 2);
    return limit * limit;
}
