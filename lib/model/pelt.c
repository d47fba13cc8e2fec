/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "model/model.h"

/*
 * Optimal partitioning with pruning. best[t] is the least cost of the first t values, `from[t]`
 * where its last stretch begins. A beginning s that costs best[s] + C(s, t) >= best[t] is never
 * better than t as a beginning, since C(s, u) >= C(s, t) + C(t, u); but t may begin a stretch that
 * ends at u only from u = t + min_size on, so until then s is kept.
 */
typedef struct pelt {
    const double *values;
    double *sum, *squares; /* of the first t values, less the median: smaller numbers lose less */
    double *best;
    uint64_t *from;
    uint64_t *starts, *dead_from; /* candidates, ascending, and the end from which each is out */
    size_t n, candidates;
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

static void step(pelt *p, size_t t, size_t min_size, double penalty)
{
    double best = (double)INFINITY;
    size_t kept = 0;
    for (size_t i = 0; i < p->candidates; i++) {
        if (p->dead_from[i] > t) {
            p->starts[kept] = p->starts[i];
            p->dead_from[kept++] = p->dead_from[i];
        }
    }
    p->candidates = kept;
    for (size_t i = 0; i < kept && p->starts[i] + min_size <= t; i++) {
        double total = p->best[p->starts[i]] + cost(p, p->starts[i], t) + penalty;
        if (total < best) {
            best = total;
            p->from[t] = p->starts[i];
        }
    }
    p->best[t] = best;
    if (isinf(best)) {
        return; /* no stretch ends here, so none begins */
    }
    for (size_t i = 0; i < kept && p->starts[i] + min_size <= t; i++) {
        size_t s = p->starts[i];
        if (p->best[s] + cost(p, s, t) >= best && p->dead_from[i] > t + min_size) {
            p->dead_from[i] = t + min_size;
        }
    }
    p->starts[kept] = t;
    p->dead_from[kept] = UINT64_MAX;
    p->candidates = kept + 1;
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

static bool pelt_open(pelt *p, churn__heap *heap)
{
    p->sum = churn__alloc_array(heap, p->n + 1, sizeof *p->sum);
    p->squares = churn__alloc_array(heap, p->n + 1, sizeof *p->squares);
    p->best = churn__alloc_array(heap, p->n + 1, sizeof *p->best);
    p->from = churn__alloc_array_zero(heap, p->n + 1, sizeof *p->from);
    p->starts = churn__alloc_array(heap, p->n + 1, sizeof *p->starts);
    p->dead_from = churn__alloc_array(heap, p->n + 1, sizeof *p->dead_from);
    return p->sum && p->squares && p->best && p->from && p->starts && p->dead_from;
}

static void pelt_close(pelt *p, churn__heap *heap)
{
    churn__free_array(heap, p->sum, p->n + 1, sizeof *p->sum);
    churn__free_array(heap, p->squares, p->n + 1, sizeof *p->squares);
    churn__free_array(heap, p->best, p->n + 1, sizeof *p->best);
    churn__free_array(heap, p->from, p->n + 1, sizeof *p->from);
    churn__free_array(heap, p->starts, p->n + 1, sizeof *p->starts);
    churn__free_array(heap, p->dead_from, p->n + 1, sizeof *p->dead_from);
}

churn_status churn__pelt(churn__heap *heap, const double *values, size_t n, size_t min_size,
                         double penalty, churn_cancel *cancel, uint64_t *starts, size_t *count,
                         churn_error *err)
{
    churn_status st = CHURN_OK;
    pelt p = {.values = values, .n = n};
    *count = 0;
    if (n < min_size) {
        return CHURN_OK;
    }
    if (!pelt_open(&p, heap)) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    for (size_t i = 0; i < n; i++) {
        p.best[i] = values[i];
    }
    accumulate(&p, churn__median(p.best, n));
    p.best[0] = -penalty; /* a change is paid for, the first stretch is none */
    p.starts[0] = 0;
    p.dead_from[0] = UINT64_MAX;
    p.candidates = 1;
    for (size_t t = 1; t <= n; t++) {
        if (t % 256 == 0) {
            CHURN_TRY(churn__cancel_check(cancel, err));
        }
        step(&p, t, min_size, penalty);
    }
    *count = trace(&p, starts);
done:
    pelt_close(&p, heap);
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
