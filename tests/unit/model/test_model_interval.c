/* SPDX-License-Identifier: MIT */
#include "shared.h"

#include <math.h>

#include "model/model.h"

#define INF ((double)INFINITY)
#define NOT ((double)NAN)

static void near_to(double got, double expected, int line)
{
    if (!(fabs(got - expected) <= 1e-9 * (fabs(expected) > 1.0 ? fabs(expected) : 1.0))) {
        fail_msg("line %d: %.17g, expected %.17g", line, got, expected);
    }
}
#define assert_near(got, expected) near_to(got, expected, __LINE__)

/* A number, or the first two of an array, behind a key of an object written on one line; `at` moves
 * on. */
static bool number_after(const char **at, const char *key, double out[2])
{
    char *end;
    const char *found = strstr(*at, key);
    if (found == NULL) {
        return false;
    }
    found += strlen(key) + 2; /* quote and colon */
    found += *found == '[';
    out[0] = strtod(found, &end);
    out[1] = *end == ',' ? strtod(end + 1, NULL) : out[0];
    *at = end;
    return true;
}

static double take(const char **at, const char *key)
{
    double v[2] = {NOT, NOT};
    assert_true(number_after(at, key, v));
    return v[0];
}

static void check_pair(const char **at, const char *key, churn__interval got)
{
    double v[2] = {NOT, NOT};
    assert_true(number_after(at, key, v));
    assert_near(got.low, v[0]);
    assert_near(got.high, v[1]);
}

static void proportions__golden_numbers_of_r__within_1e_9(void **state)
{
    char *text = shared_file("golden/proportions.json");
    const char *at = text, *stop;
    int cases = 0;
    (void)state;
    if (text == NULL) {
        skip();
    }
    stop = strstr(text, "\"difference\"");
    while (strstr(at, "\"x\"") != NULL && strstr(at, "\"x\"") < stop) {
        int64_t x = (int64_t)take(&at, "\"x"), n = (int64_t)take(&at, "\"n");
        double level = take(&at, "\"level");
        check_pair(&at, "\"wilson", churn__wilson(x, n, churn__level_z(level)));
        check_pair(&at, "\"clopper_pearson", churn__clopper_pearson(x, n, level));
        check_pair(&at, "\"jeffreys", churn__jeffreys(x, n, level));
        cases++;
    }
    assert_int_equal(cases, 30);
    for (cases = 0, at = stop; strstr(at, "\"x1\"") != NULL; cases++) {
        int64_t x1 = (int64_t)take(&at, "\"x1"), n1 = (int64_t)take(&at, "\"n1");
        int64_t x2 = (int64_t)take(&at, "\"x2"), n2 = (int64_t)take(&at, "\"n2");
        double chi2 = churn__difference_chi2(x1, n1, x2, n2);
        assert_near(chi2, take(&at, "\"chisq"));
        assert_near(churn__chi2_upper(chi2, 1.0), take(&at, "\"p"));
        check_pair(&at, "\"wald_difference",
                   churn__wald_difference(x1, n1, x2, n2, churn__level_z(0.95)));
        assert_near(churn__fisher_p(x1, n1, x2, n2), take(&at, "\"fisher_p"));
    }
    assert_int_equal(cases, 3);
    for (cases = 0; strstr(at, "\"events\"") != NULL; cases++) {
        int64_t events = (int64_t)take(&at, "\"events");
        check_pair(&at, "\"exact", churn__poisson_exact(events, 1.0, 0.95));
    }
    assert_int_equal(cases, 4);
    free(text);
}

/* Newcombe, Statistics in Medicine 17 (1998), Table II, method 10. */
static void newcombe__published_table__is_reproduced(void **state)
{
    static const struct {
        int64_t x1, n1, x2, n2;
        double low, high;
    } rows[] = {{56, 70, 48, 80, 0.0524, 0.3339}, {9, 10, 3, 10, 0.1705, 0.8090},
                {6, 7, 2, 7, 0.0582, 0.8062},     {5, 56, 0, 29, -0.0381, 0.1926},
                {0, 10, 0, 20, -0.1611, 0.2775},  {0, 10, 0, 10, -0.2775, 0.2775},
                {10, 10, 0, 20, 0.6791, 1.0000},  {10, 10, 0, 10, 0.6075, 1.0000}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        churn__interval got =
            churn__newcombe(rows[i].x1, rows[i].n1, rows[i].x2, rows[i].n2, churn__level_z(0.95));
        assert_true(fabs(got.low - rows[i].low) < 5e-5);
        assert_true(fabs(got.high - rows[i].high) < 5e-5);
    }
}

static void intervals__edges__stay_within_0_and_1(void **state)
{
    static const int64_t sizes[] = {1, 2, 7, 1000, INT64_C(1000000007)};
    double z = churn__level_z(0.95);
    (void)state;
    for (size_t i = 0; i < 5; i++) {
        int64_t n = sizes[i];
        for (int k = 0; k < 3; k++) {
            int64_t x = k == 0 ? 0 : k == 1 ? n : n / 2;
            const churn__interval all[] = {churn__wilson(x, n, z), churn__jeffreys(x, n, 0.95),
                                           churn__clopper_pearson(x, n, 0.95)};
            for (int j = 0; j < 3; j++) {
                double p = (double)x / (double)n;
                assert_true(all[j].low >= 0.0 && all[j].low <= p);
                assert_true(all[j].high <= 1.0 && all[j].high >= p);
                assert_true(x > 0 || all[j].low == 0.0);
                assert_true(x < n || all[j].high == 1.0);
            }
        }
    }
    for (int64_t n = 1; n < 40; n++) { /* hardly any level: the share itself is left */
        for (int64_t x = 0; x <= n; x++) {
            churn__interval least = churn__wilson(x, n, churn__level_z(1e-12));
            churn__interval exact = churn__clopper_pearson(x, n, 1e-12);
            churn__interval middle = churn__jeffreys(x, n, 1e-12);
            double p = (double)x / (double)n;
            assert_true(least.low <= p && p <= least.high);
            assert_true(exact.low <= p && p <= exact.high);
            assert_true(middle.low <= middle.high);
        }
    }
    assert_true(isnan(churn__mean_t(1.0, 2.0, 1, 0.95).low));
    assert_near(churn__mean_t(10.0, 4.0, 5, 0.95).high, 10.0 + 2.7764451051977987 * 2 / sqrt(5.0));
    assert_true(churn__poisson_exact(0, 10.0, 0.95).low == 0.0);
    assert_near(churn__poisson_exact(0, 10.0, 0.95).high, 0.36888794541139363); /* log 40 / 10 */
}

/* Every table of the same margins, one by one. */
static double fisher_slowly(int64_t x1, int64_t n1, int64_t x2, int64_t n2)
{
    int64_t m = x1 + x2, least = m > n2 ? m - n2 : 0, most = m < n1 ? m : n1;
    double here = 0.0, sum = 0.0, all = 0.0;
    for (int pass = 0; pass < 2; pass++) {
        for (int64_t x = least; x <= most; x++) {
            double log = lgamma((double)n1 + 1) - lgamma((double)x + 1) -
                         lgamma((double)(n1 - x) + 1) + lgamma((double)n2 + 1) -
                         lgamma((double)(m - x) + 1) - lgamma((double)(n2 - m + x) + 1);
            double p = exp(log - lgamma((double)(n1 + n2) + 1) + lgamma((double)m + 1) +
                           lgamma((double)(n1 + n2 - m) + 1));
            if (pass == 0 && x == x1) {
                here = p;
            }
            if (pass == 1) {
                sum += p <= here * (1 + 1e-7) ? p : 0.0;
                all += p;
            }
        }
    }
    return sum / all;
}

static void fisher__all_small_tables__as_summed_one_by_one(void **state)
{
    (void)state;
    for (int64_t n1 = 1; n1 < 9; n1++) {
        for (int64_t n2 = 1; n2 < 9; n2++) {
            for (int64_t x1 = 0; x1 <= n1; x1++) {
                for (int64_t x2 = 0; x2 <= n2; x2++) {
                    assert_near(churn__fisher_p(x1, n1, x2, n2), fisher_slowly(x1, n1, x2, n2));
                }
            }
        }
    }
    assert_near(churn__fisher_p(8, 10, 1, 6), 0.034965034965034975); /* scipy's documentation */
    assert_near(churn__fisher_p(400, 5000, 470, 4800), fisher_slowly(400, 5000, 470, 4800));
    assert_near(churn__fisher_p(470, 4800, 400, 5000), fisher_slowly(470, 4800, 400, 5000));
    assert_true(churn__fisher_p(500000000, 1000000000, 500000000, 1000000000) == 1.0);
}

int main(void)
{
    const struct CMUnitTest group[] = {
        cmocka_unit_test(proportions__golden_numbers_of_r__within_1e_9),
        cmocka_unit_test(newcombe__published_table__is_reproduced),
        cmocka_unit_test(intervals__edges__stay_within_0_and_1),
        cmocka_unit_test(fisher__all_small_tables__as_summed_one_by_one),
    };
    return RUN_TESTS(group);
}
