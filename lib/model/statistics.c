/* SPDX-License-Identifier: MIT */
#include <churn/statistics.h>

#include "model/risk.h"
#include "model/survival.h"
#include "table/table.h"

/* The public functions: memory for the time of a call, which tables hold on to. */

static churn_status begin(const churn_survival_data *data, const churn_survival_options *options,
                          churn_table **out, const char *function, churn__heap **heap,
                          churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_survival_options known;

    if (out == NULL) {
        CHURN_TRY(churn__fail_null(err, function, "out"));
    }
    *out = NULL;
    if (data == NULL) {
        CHURN_TRY(churn__fail_null(err, function, "data"));
    }
    CHURN_TRY(churn__copy_struct(&known, sizeof known, options, "churn_survival_options", err));
    *heap = churn__heap_create(known.allocator, 0);
    if (*heap == NULL) {
        CHURN_TRY(churn__fail_memory(err, NULL));
    }
done:
    return st;
}

typedef churn_status (*answer)(churn__heap *heap, const churn_survival_data *data,
                               const churn_survival_options *options, const churn__labels *labels,
                               churn_table **out, churn_error *err);

static churn_status find(answer by, const char *function, const churn_survival_data *data,
                         const churn_survival_options *options, churn_table **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__heap *heap = NULL;

    CHURN_TRY(begin(data, options, out, function, &heap, err));
    st = by(heap, data, options, NULL, out, err);
done:
    churn__heap_release(heap);
    return st;
}

churn_status churn_survival(const churn_survival_data *data, const churn_survival_options *options,
                            churn_table **out, churn_error *err)
{
    return find(churn__survival, "churn_survival", data, options, out, err);
}

churn_status churn_survival_summary(const churn_survival_data *data,
                                    const churn_survival_options *options, churn_table **out,
                                    churn_error *err)
{
    return find(churn__survival_summary, "churn_survival_summary", data, options, out, err);
}

churn_status churn_survival_quantiles(const churn_survival_data *data, const double *shares,
                                      uint32_t share_count, const churn_survival_options *options,
                                      churn_table **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__heap *heap = NULL;

    CHURN_TRY(begin(data, options, out, "churn_survival_quantiles", &heap, err));
    st = churn__survival_quantiles(heap, data, shares, share_count, options, NULL, out, err);
done:
    churn__heap_release(heap);
    return st;
}

churn_status churn_survival_test(const churn_survival_data *data,
                                 const churn_survival_options *options, churn_table **out,
                                 churn_error *err)
{
    return find(churn__survival_test, "churn_survival_test", data, options, out, err);
}

churn_status churn_competing_risks(const churn_survival_data *data,
                                   const churn_survival_options *options, churn_table **out,
                                   churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__heap *heap = NULL;

    CHURN_TRY(begin(data, options, out, "churn_competing_risks", &heap, err));
    st = churn__competing_risks(heap, data, options, NULL, NULL, 0, out, err);
done:
    churn__heap_release(heap);
    return st;
}

/* ---- proportions and rates ---- */

static churn_status take_level(double *level, churn_error *err)
{
    if (*level == 0.0) {
        *level = 0.95;
    }
    return *level > 0.0 && *level < 1.0
               ? CHURN_OK
               : churn__fail(err, CHURN_E_RANGE, 0, "statistics: level must lie between 0 and 1");
}

static churn_status begin_rates(uint64_t count, const char *const names[5], churn_table **out,
                                double *level, churn__heap **heap, churn__table_builder **builder,
                                churn_error *err)
{
    churn_status st = CHURN_OK;

    if (out == NULL) {
        CHURN_TRY(churn__fail_null(err, "statistics", "out"));
    }
    *out = NULL;
    CHURN_TRY(take_level(level, err));
    *heap = churn__heap_create(NULL, 0);
    *builder = *heap != NULL ? churn__table_begin(*heap, count) : NULL;
    if (*builder == NULL) {
        CHURN_TRY(churn__fail_memory(err, *heap));
    }
    for (size_t i = 0; i < 5; i++) {
        bool whole = i == 0 || (i == 1 && names[2][0] == 'p'); /* counts; exposures are not */
        churn__table_column(*builder, names[i], whole ? CHURN_COLUMN_INT : CHURN_COLUMN_DOUBLE);
    }
done:
    return st;
}

static void add_rate(churn__table_builder *builder, double value, churn__interval interval)
{
    churn__table_add_double(builder, 2, value);
    churn__table_add_double(builder, 3, interval.low);
    churn__table_add_double(builder, 4, interval.high);
}

static const churn__interval unknown = {(double)NAN, (double)NAN};

static churn__interval proportion_interval(int64_t x, int64_t n, int32_t method, double level)
{
    if (n == 0) {
        return unknown;
    }
    if (method == CHURN_PROPORTION_CLOPPER_PEARSON) {
        return churn__clopper_pearson(x, n, level);
    }
    return method == CHURN_PROPORTION_JEFFREYS ? churn__jeffreys(x, n, level)
                                               : churn__wilson(x, n, churn__level_z(level));
}

churn_status churn_proportion(const int64_t *successes, const int64_t *trials, uint64_t count,
                              int32_t method, double level, churn_table **out, churn_error *err)
{
    static const char *const names[] = {"successes", "trials", "proportion", "low", "high"};
    churn_status st = CHURN_OK;
    churn__heap *heap = NULL;
    churn__table_builder *builder = NULL;

    CHURN_TRY(begin_rates(count, names, out, &level, &heap, &builder, err));
    if (count > 0 && (successes == NULL || trials == NULL)) {
        CHURN_TRY(churn__fail_null(err, "churn_proportion", "successes and trials"));
    }
    if (method < 0 || method > CHURN_PROPORTION_JEFFREYS) {
        CHURN_FAIL(CHURN_E_ARG, 0, "churn_proportion: method is none of CHURN_PROPORTION_*");
    }
    for (uint64_t i = 0; i < count; i++) {
        int64_t x = successes[i], n = trials[i];
        if (x < 0 || n < x) {
            st = churn__fail_at(err, CHURN_E_RANGE, 0, 0, 0, i,
                                "proportion: successes must lie between 0 and trials");
            goto done;
        }
        churn__table_add_int(builder, 0, x);
        churn__table_add_int(builder, 1, n);
        add_rate(builder, n > 0 ? (double)x / (double)n : (double)NAN,
                 proportion_interval(x, n, method, level));
    }
    st = churn__table_finish(builder, out, err);
    builder = NULL;
done:
    churn__table_abandon(builder);
    churn__heap_release(heap);
    return st;
}

churn_status churn_poisson_rate(const int64_t *events, const double *exposures, uint64_t count,
                                double level, churn_table **out, churn_error *err)
{
    static const char *const names[] = {"events", "exposure", "rate", "low", "high"};
    churn_status st = CHURN_OK;
    churn__heap *heap = NULL;
    churn__table_builder *builder = NULL;

    CHURN_TRY(begin_rates(count, names, out, &level, &heap, &builder, err));
    if (count > 0 && (events == NULL || exposures == NULL)) {
        CHURN_TRY(churn__fail_null(err, "churn_poisson_rate", "events and exposures"));
    }
    for (uint64_t i = 0; i < count; i++) {
        int64_t x = events[i];
        double e = exposures[i];
        if (x < 0 || !(e >= 0.0 && e <= 1e300)) {
            st = churn__fail_at(err, CHURN_E_RANGE, 0, 0, 0, i,
                                "rate: events and exposure must be numbers from 0 on");
            goto done;
        }
        churn__table_add_int(builder, 0, x);
        churn__table_add_double(builder, 1, e);
        add_rate(builder, e > 0.0 ? (double)x / e : (double)NAN,
                 e > 0.0 ? churn__poisson_exact(x, e, level) : unknown);
    }
    st = churn__table_finish(builder, out, err);
    builder = NULL;
done:
    churn__table_abandon(builder);
    churn__heap_release(heap);
    return st;
}

static void add_difference(churn__table_builder *builder, const int64_t x[2], const int64_t n[2],
                           double level)
{
    double z = churn__level_z(level), chi2 = churn__difference_chi2(x[0], n[0], x[1], n[1]);
    churn__interval newcombe = churn__newcombe(x[0], n[0], x[1], n[1], z);
    churn__interval wald = churn__wald_difference(x[0], n[0], x[1], n[1], z);
    const double cells[] = {(double)x[0] / (double)n[0] - (double)x[1] / (double)n[1],
                            newcombe.low,
                            newcombe.high,
                            wald.low,
                            wald.high,
                            chi2,
                            chi2 == chi2 ? churn__chi2_upper(chi2, 1.0) : (double)NAN,
                            churn__fisher_p(x[0], n[0], x[1], n[1])};

    for (uint32_t i = 0; i < 8; i++) {
        churn__table_add_double(builder, i, n[0] > 0 && n[1] > 0 ? cells[i] : (double)NAN);
    }
}

churn_status churn_proportion_difference(int64_t successes_1, int64_t trials_1, int64_t successes_2,
                                         int64_t trials_2, double level, churn_table **out,
                                         churn_error *err)
{
    static const char *const names[] = {"difference", "low",  "high", "wald_low",
                                        "wald_high",  "chi2", "p",    "fisher_p"};
    const int64_t x[] = {successes_1, successes_2}, n[] = {trials_1, trials_2};
    churn_status st = CHURN_OK;
    churn__heap *heap = NULL;
    churn__table_builder *builder = NULL;

    if (out == NULL) {
        CHURN_TRY(churn__fail_null(err, "churn_proportion_difference", "out"));
    }
    *out = NULL;
    CHURN_TRY(take_level(&level, err));
    for (size_t i = 0; i < 2; i++) {
        if (x[i] < 0 || n[i] < x[i]) {
            CHURN_FAIL(CHURN_E_RANGE, 0, "proportion: successes must lie between 0 and trials");
        }
    }
    heap = churn__heap_create(NULL, 0);
    builder = heap != NULL ? churn__table_begin(heap, 1) : NULL;
    if (builder == NULL) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    for (size_t i = 0; i < 8; i++) {
        churn__table_column(builder, names[i], CHURN_COLUMN_DOUBLE);
    }
    add_difference(builder, x, n, level);
    st = churn__table_finish(builder, out, err);
    builder = NULL;
done:
    churn__table_abandon(builder);
    churn__heap_release(heap);
    return st;
}
