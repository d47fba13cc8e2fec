/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>

#include "metric/metric.h"

/*
 * Distributions against numbers of scipy 1.17 (stats.percentileofscore with kind="mean", divided by
 * 100; stats.median_abs_deviation) and numpy's median, and against a twin that does it naively.
 */

static const double sample[] = {-1, 0, 0, 0, 2, 3.5, 4, 7.25, 7.25, 11};
#define SAMPLE 10

static churn__distribution plain(const double *values, uint32_t n)
{
    churn__distribution d;
    churn__distribution_make(values, NULL, n, NULL, &d);
    return d;
}

static void distribution_rank__a_sample__as_scipy(void **state)
{
    (void)state;
    static const double want[][2] = {{-2, 0},     {-1, 0.05}, {0, 0.25},  {1, 0.4}, {3.5, 0.55},
                                     {7.25, 0.8}, {7.3, 0.9}, {11, 0.95}, {12, 1}};
    churn__distribution d = plain(sample, SAMPLE);
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        assert_true(churn__distribution_rank(&d, want[i][0]) == want[i][1]);
    }
}

static void assert_z(const churn__distribution *d, double x, double want)
{
    double z = (double)NAN;
    assert_true(churn__distribution_z(d, x, &z));
    if (!(fabs(z - want) <= 1e-15 * fabs(want))) {
        fail_msg("z of %.17g: %.17g, want %.17g", x, z, want);
    }
}

static void distribution_z__a_sample__as_scipy(void **state)
{
    (void)state;
    churn__distribution d = plain(sample, SAMPLE);
    assert_true(d.total == 10 && d.median == 2.75 && d.mad == 2.75 && d.mean_dev == 3.2);
    assert_z(&d, -1, -0.9197601265589935);
    assert_z(&d, 2.75, 0);
    assert_z(&d, 11, 2.023472278429786);
}

/* More than half are equal: the median distance is 0, and the mean one stands in. */
static void distribution_z__no_median_distance__by_the_mean(void **state)
{
    (void)state;
    static const double values[] = {1, 5, 5, 5, 5, 5, 9};
    churn__distribution d = plain(values, 7);
    assert_true(d.median == 5 && d.mad == 0);
    assert_z(&d, 9, 2.792596268772231);
    assert_z(&d, 5, 0);
}

static void distribution_z__all_equal__only_the_median_itself(void **state)
{
    (void)state;
    static const double values[] = {4, 4, 4};
    double z = 7;
    for (uint32_t n = 1; n <= 3; n++) {
        churn__distribution d = plain(values, n);
        assert_true(churn__distribution_rank(&d, 4) == 0.5);
        assert_z(&d, 4, 0);
        assert_false(churn__distribution_z(&d, 4.5, &z));
        assert_true(z == 0);
    }
}

static void distribution__empty__nothing_counted(void **state)
{
    (void)state;
    churn__distribution d = plain(NULL, 0);
    assert_true(d.total == 0 && d.value_count == 0);
}

/* ---- a twin ---- */

static uint64_t next(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *seed >> 33;
}

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static double naive_median(const double *sorted, size_t n)
{
    double low = sorted[(n - 1) / 2], high = sorted[n / 2];
    return low + (high - low) / 2;
}

static double naive_rank(const double *values, size_t n, double x)
{
    double places = 0;
    for (size_t i = 0; i < n; i++) {
        places += values[i] < x ? 1 : values[i] == x ? 0.5 : 0;
    }
    return places / (double)n;
}

#define MOST 4000

typedef struct numbers {
    double values[MOST], sorted[MOST], distances[MOST], once[MOST];
    uint64_t counts[MOST], upto[MOST];
    uint32_t n, different;
} numbers;

/* Some have many equal ones, some none, some are far apart. */
static void draw(numbers *r, uint64_t *seed)
{
    static const double scales[] = {1, 0.001, 1e9, 1e-200};
    double scale = scales[next(seed) % 4];
    uint64_t range = next(seed) % 3 == 0 ? 5 : next(seed) % 2 ? 60 : UINT64_C(1) << 30;
    r->n = (uint32_t)(1 + next(seed) % (next(seed) % 4 == 0 ? MOST : 40));
    r->different = 0;
    for (uint32_t i = 0; i < r->n; i++) {
        r->values[i] = ((double)(next(seed) % range) - (double)range / 3) * scale;
    }
    memcpy(r->sorted, r->values, r->n * sizeof *r->values);
    qsort(r->sorted, r->n, sizeof *r->sorted, compare);
    for (uint32_t i = 0; i < r->n; i++) {
        if (i == 0 || r->sorted[i] != r->sorted[i - 1]) {
            r->once[r->different] = r->sorted[i];
            r->counts[r->different++] = 0;
        }
        r->counts[r->different - 1]++;
    }
}

static void check_sort(churn__heap *heap, const numbers *r)
{
    static double own[MOST];
    memcpy(own, r->values, r->n * sizeof *own);
    assert_true(churn__distribution_sort(heap, own, r->n));
    for (uint32_t i = 0; i < r->n; i++) {
        assert_true(own[i] == r->sorted[i]);
    }
}

static void check_spread(numbers *r, const churn__distribution *d)
{
    double sum = 0, median = naive_median(r->sorted, r->n);
    assert_true(d->median == median);
    for (uint32_t i = 0; i < r->n; i++) {
        r->distances[i] = fabs(r->sorted[i] - median);
        sum += r->distances[i];
    }
    qsort(r->distances, r->n, sizeof *r->distances, compare);
    assert_true(d->mad == naive_median(r->distances, r->n));
    assert_true(fabs(d->mean_dev - sum / r->n) <= 1e-12 * fabs(d->mean_dev));
}

static void check_both_ways(const numbers *r, const churn__distribution *each,
                            const churn__distribution *once, uint64_t *seed)
{
    assert_true(each->total == once->total);
    assert_memory_equal(&each->median, &once->median, sizeof(double));
    assert_memory_equal(&each->mad, &once->mad, sizeof(double));
    assert_memory_equal(&each->mean_dev, &once->mean_dev, sizeof(double));
    for (int i = 0; i < 20; i++) {
        double x = r->values[next(seed) % r->n] + (i % 3 == 0 ? 1e-7 : 0), z[2] = {0, 0};
        assert_true(churn__distribution_rank(each, x) == naive_rank(r->values, r->n, x));
        assert_true(churn__distribution_rank(once, x) == churn__distribution_rank(each, x));
        bool there = churn__distribution_z(each, x, &z[0]);
        assert_int_equal(churn__distribution_z(once, x, &z[1]), there);
        assert_memory_equal(&z[0], &z[1], sizeof(double));
    }
}

static void distribution__random__as_the_twin_both_ways(void **state)
{
    (void)state;
    static numbers r;
    churn__heap *heap = churn__heap_create(NULL, 0);
    uint64_t seed = 5;
    for (int round = 0; round < 400; round++) {
        churn__distribution each, once;
        draw(&r, &seed);
        check_sort(heap, &r);
        churn__distribution_make(r.sorted, NULL, r.n, NULL, &each);
        churn__distribution_make(r.once, r.counts, r.different, r.upto, &once);
        check_spread(&r, &each);
        check_both_ways(&r, &each, &once, &seed);
    }
    churn__heap_release(heap);
}

/* The radix sort must know signs, zeros and the smallest numbers there are. */
static void distribution_sort__all_sorts_of_doubles__ascending(void **state)
{
    (void)state;
    static double values[1000];
    static const double odd[] = {0.0,    -0.0,     5e-324, -5e-324, 1.7e308,
                                 -1e308, 2.5e-308, -1,     1,       1e300};
    churn__heap *heap = churn__heap_create(NULL, 0);
    for (size_t i = 0; i < 1000; i++) {
        values[i] = odd[(i * 7 + i / 10) % 10];
    }
    assert_true(churn__distribution_sort(heap, values, 1000));
    for (size_t i = 1; i < 1000; i++) {
        assert_true(values[i - 1] <= values[i]);
    }
    assert_true(values[0] == -1e308 && values[999] == 1.7e308);
    churn__heap_release(heap);
}

int main(void)
{
    const struct CMUnitTest group[] = {
        cmocka_unit_test(distribution_rank__a_sample__as_scipy),
        cmocka_unit_test(distribution_z__a_sample__as_scipy),
        cmocka_unit_test(distribution_z__no_median_distance__by_the_mean),
        cmocka_unit_test(distribution_z__all_equal__only_the_median_itself),
        cmocka_unit_test(distribution__empty__nothing_counted),
        cmocka_unit_test(distribution__random__as_the_twin_both_ways),
        cmocka_unit_test(distribution_sort__all_sorts_of_doubles__ascending),
    };
    return RUN_TESTS(group);
}
