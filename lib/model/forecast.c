/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "model/model.h"

/* Mean and standard deviation of few values, median and robust scale of more. */
static void settle(double *last, uint32_t n, churn__outlook *out)
{
    out->n = n;
    out->known = n >= CHURN__OUTLOOK_LEAST;
    if (!out->known) {
        return;
    }
    if (n < CHURN__HISTORY_LEAST) {
        double squares = churn__square_sum(last, n, &out->level);
        out->sigma = sqrt(squares / (n - 1));
        out->around = 1.0 / n;
        out->df = n - 1;
        return;
    }
    churn__noise noise = churn__noise_of(n);
    churn__robust of = churn__robust_of(last, n);
    out->level = of.median;
    out->sigma = of.scale;
    out->around = noise.spread * noise.spread - 1;
    out->df = noise.df;
}

/* What the place in the season does to the level: the last value of that place shows it. */
static void season_on(const double *values, const double *adjusted, size_t n, uint32_t season,
                      uint32_t ahead, churn__outlook *out)
{
    bool ratio = true;
    size_t at = n - 1 + ahead;
    for (size_t i = 0; i < n; i++) {
        ratio = ratio && !(values[i] <= 0);
    }
    while (at >= n || isnan(values[at])) {
        if (at < season) {
            return;
        }
        at -= season;
    }
    double by = ratio ? values[at] / adjusted[at] : values[at] - adjusted[at];
    out->level = ratio ? out->level * by : out->level + by;
    out->sigma = ratio ? out->sigma * by : out->sigma;
}

churn_status churn__outlook_of(churn__heap *heap, const double *values, size_t n, uint32_t season,
                               uint32_t ahead, churn__outlook *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    double last[CHURN__OUTLOOK_MOST];
    double *adjusted = churn__alloc_array(heap, n, sizeof *adjusted);
    bool seasonal = false;
    uint32_t count = 0;
    *out = (churn__outlook){.known = false};
    if (adjusted == NULL) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    CHURN_TRY(churn__season_adjust(heap, values, n, season, adjusted, &seasonal, err));
    const double *plain = seasonal ? adjusted : values;
    for (size_t i = n; i-- > 0 && count < CHURN__OUTLOOK_MOST;) {
        if (!isnan(plain[i])) {
            last[count++] = plain[i];
        }
    }
    settle(last, count, out);
    if (out->known && seasonal) {
        season_on(values, adjusted, n, season, ahead, out);
    }
done:
    churn__free_array(heap, adjusted, n, sizeof *adjusted);
    return st;
}
