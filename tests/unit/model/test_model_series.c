/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>

#include "model/model.h"

#define NOT ((double)NAN)
#define COUNT(a) (sizeof(a) / sizeof *(a))

static uint64_t draw(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

static churn__heap *heap_new(void)
{
    churn__heap *heap = churn__heap_create(NULL, 0);
    assert_non_null(heap);
    return heap;
}

static void near_to(double got, double expected, double tolerance)
{
    if (!(fabs(got - expected) <= tolerance)) {
        fail_msg("%.15g, expected %.15g", got, expected);
    }
}

/* ---- order ---- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void select__any_order_and_ties__what_sorting_says(void **arg)
{
    uint64_t state = 7;
    double values[64], sorted[64];
    (void)arg;
    for (int round = 0; round < 4000; round++) {
        size_t n = 1 + draw(&state) % 64, k = draw(&state) % n;
        uint64_t kinds = 1 + draw(&state) % 40;
        for (size_t i = 0; i < n; i++) {
            values[i] = sorted[i] = (double)(draw(&state) % kinds) - 9;
        }
        qsort(sorted, n, sizeof *sorted, by_value);
        assert_true(churn__select(values, n, k) == sorted[k]);
        double median = n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
        assert_true(churn__median(values, n) == median);
    }
}

static void robust__outlier__does_not_move_it(void **arg)
{
    double values[] = {4, 100, 2, 9, 4, 7, 5}, same[] = {3, 3, 3, 3, 5}, one[] = {3, 3, 3};
    churn__robust r = churn__robust_of(values, COUNT(values));
    (void)arg;
    assert_true(r.median == 5);
    near_to(r.scale, 2 * 1.482602218505602, 1e-15);
    near_to(churn__modified_z(100, &r), 0.6744897501960817 * 95 / 2, 1e-12);
    r = churn__robust_of(same, COUNT(same)); /* MAD 0: the mean distance, 2/5 */
    assert_true(r.median == 3);
    near_to(r.scale, 1.2533141373155001 * 0.4, 1e-15);
    r = churn__robust_of(one, COUNT(one));
    assert_true(r.scale == 0 && isnan(churn__modified_z(9, &r)));
}

static void noise__many_values__a_normal(void **arg)
{
    churn__noise few = churn__noise_of(8), many = churn__noise_of(100000);
    (void)arg;
    near_to(churn__noise_limit(&many, 0.05), 1.959963984540054, 1e-3);
    near_to(churn__noise_p(&many, 2.5758293035489), 0.01, 1e-4);
    near_to(churn__noise_limit(&few, 0.01), 5.918, 0.06); /* by simulation */
    near_to(churn__noise_p(&few, churn__noise_limit(&few, 0.02)), 0.02, 1e-9);
    assert_true(churn__noise_p(&few, 0) == 1);
}

static void difference_sigma__level_and_season__do_not_count(void **arg)
{
    static const double values[] = {1, 11, 1.5, 11.5, NOT, 12, 2.5, 12.5, 102, 112, 102.5, 112.5};
    static const double single[] = {1, NOT, 3};
    churn__heap *heap = heap_new();
    double sigma = 0;
    (void)arg;
    assert_ok(churn__difference_sigma(heap, values, COUNT(values), 2, &sigma, NULL));
    near_to(sigma, 1.482602218505602 * 0.5 / sqrt(2), 1e-12);
    assert_ok(churn__difference_sigma(heap, single, COUNT(single), 1, &sigma, NULL));
    assert_true(isnan(sigma));
    churn__heap_release(heap);
}

/* ---- change points ---- */

/* Annual flow of the Nile at Aswan, 1871 to 1970 (Cobb, Biometrika 65, 1978; R's `Nile`). */
static const double nile[] = {
    1120, 1160, 963, 1210, 1160, 1160, 813,  1230, 1370, 1140, 995,  935,  1110, 994,  1020,
    960,  1180, 799, 958,  1140, 1100, 1210, 1150, 1250, 1260, 1220, 1030, 1100, 774,  840,
    874,  694,  940, 833,  701,  916,  692,  1020, 1050, 969,  831,  726,  456,  824,  702,
    1120, 1100, 832, 764,  821,  768,  845,  864,  862,  698,  845,  744,  796,  1040, 759,
    781,  865,  845, 944,  984,  897,  822,  1010, 771,  676,  649,  846,  812,  742,  801,
    1040, 860,  874, 848,  890,  744,  749,  838,  1050, 918,  986,  797,  923,  975,  815,
    1020, 906,  901, 1170, 912,  746,  919,  718,  714,  740};

static void change_points__the_nile__1898(void **arg)
{
    churn_table *table = NULL;
    (void)arg;
    assert_int_equal(COUNT(nile), 100);
    assert_ok(churn_change_points(nile, 100, NULL, &table, NULL));
    assert_int_equal(churn_table_row_count(table), 2);
    uint32_t mean = churn_table_find(table, "mean", CHURN_NTS),
             rss = churn_table_find(table, "rss", CHURN_NTS);
    assert_int_equal(churn_table_int(table, 1, churn_table_find(table, "start", CHURN_NTS)), 28);
    assert_int_equal(churn_table_int(table, 1, churn_table_find(table, "end", CHURN_NTS)), 100);
    assert_true(churn_table_double(table, 0, mean) == 1097.75);
    near_to(churn_table_double(table, 1, mean), 849.9722, 5e-5);
    near_to(churn_table_double(table, 0, rss) + churn_table_double(table, 1, rss), 1597457.1944,
            5e-5);
    uint32_t change = churn_table_find(table, "change", CHURN_NTS);
    assert_true(churn_table_is_null(table, 0, change));
    near_to(churn_table_double(table, 1, change), 849.9722 - 1097.75, 5e-5);
    churn_table_free(table);
    churn_change_options dear = {.struct_size = sizeof dear, .penalty = 2e6};
    assert_ok(churn_change_points(nile, 100, &dear, &table, NULL));
    assert_int_equal(churn_table_row_count(table), 1);
    near_to(churn_table_double(table, 0, rss), 2835156.75, 1e-6);
    churn_table_free(table);
}

/* A beginning that is dropped before the one that beats it may begin a stretch: github.com/
 * deepcharles/ruptures, pull request 383. */
static void change_points__pruned_too_early_elsewhere__in_one_piece(void **arg)
{
    static const double values[] = {0, 1, 0, 0, 1};
    churn_change_options options = {.struct_size = sizeof options, .min_size = 2, .penalty = 0.1};
    churn_table *table = NULL;
    (void)arg;
    assert_ok(churn_change_points(values, 5, &options, &table, NULL));
    assert_int_equal(churn_table_row_count(table), 1);
    near_to(churn_table_double(table, 0, churn_table_find(table, "rss", CHURN_NTS)), 1.2, 1e-15);
    churn_table_free(table);
}

/* The least cost of all ways to cut, one bit a place. */
static double best_by_force(const double *values, size_t n, size_t min_size, double penalty)
{
    double best = (double)INFINITY, mean;
    for (uint32_t cuts = 0; cuts < 1u << (n - 1); cuts++) {
        double total = 0;
        size_t from = 0;
        bool fits = true;
        for (size_t i = 1; i <= n; i++) {
            if (i == n || (cuts >> (i - 1) & 1) != 0) {
                fits = fits && i - from >= min_size;
                total +=
                    churn__square_sum(values + from, i - from, &mean) + (from > 0 ? penalty : 0);
                from = i;
            }
        }
        best = fits && total < best ? total : best;
    }
    return best;
}

static void pelt__random_series__as_good_as_all_ways_to_cut(void **arg)
{
    churn__heap *heap = heap_new();
    uint64_t state = 11, starts[16];
    double values[14], mean;
    size_t count = 0;
    (void)arg;
    for (int round = 0; round < 400; round++) {
        size_t n = 1 + draw(&state) % 14, least = 1 + draw(&state) % 5;
        double penalty = (double)(draw(&state) % 200) / 40;
        uint64_t kinds = 2 + draw(&state) % 6;
        for (size_t i = 0; i < n; i++) {
            values[i] = (double)(draw(&state) % kinds);
        }
        assert_ok(churn__pelt(heap, values, n, least, penalty, NULL, starts, &count, NULL));
        if (n < least) {
            assert_int_equal(count, 0);
            continue;
        }
        double total = penalty * (double)(count - 1);
        assert_int_equal(starts[0], 0);
        for (size_t i = 0; i < count; i++) {
            size_t end = i + 1 < count ? starts[i + 1] : n;
            assert_true(end - starts[i] >= least);
            total += churn__square_sum(values + starts[i], end - starts[i], &mean);
        }
        near_to(total, best_by_force(values, n, least, penalty), 1e-9);
    }
    churn__heap_release(heap);
}

static void change_points__holes_and_few_values__what_is_there(void **arg)
{
    static const double values[] = {NOT, 1, 1, NOT, 1, 1.5, 9, 9, NOT, 9.5, 9, NOT};
    churn_change_options options = {.struct_size = sizeof options, .penalty = 1};
    churn_table *table = NULL;
    (void)arg;
    assert_ok(churn_change_points(values, COUNT(values), &options, &table, NULL));
    uint32_t start = churn_table_find(table, "start", CHURN_NTS),
             end = churn_table_find(table, "end", CHURN_NTS);
    assert_int_equal(churn_table_row_count(table), 2);
    assert_int_equal(churn_table_int(table, 0, start), 1);
    assert_int_equal(churn_table_int(table, 0, end), 6);
    assert_int_equal(churn_table_int(table, 1, start), 6);
    assert_int_equal(churn_table_int(table, 1, end), COUNT(values));
    churn_table_free(table);
    assert_ok(churn_change_points(values, 1, NULL, &table, NULL));
    assert_int_equal(churn_table_row_count(table), 0);
    churn_table_free(table);
    assert_ok(churn_change_points(NULL, 0, NULL, &table, NULL));
    assert_int_equal(churn_table_row_count(table), 0);
    churn_table_free(table);
}

/* ---- CUSUM ---- */

/* Concentrations of table 16-7 in Montgomery and Runger, Applied Statistics and Probability for
 * Engineers, whose cumulative sums are printed there to one place. */
static const double batches[] = {102.0, 94.8, 98.3,  98.4, 102.0, 98.5, 99.0,  97.7,  100.0, 98.1,
                                 101.3, 98.7, 101.1, 98.4, 97.0,  96.7, 100.3, 101.4, 97.2,  101.0};

static void cusum__montgomery__the_printed_sums(void **arg)
{
    static const double sums[] = {3.0, -1.2, -1.9, -2.5, 0.5, 0.0,  0.0,  -1.3, -0.3, -1.2,
                                  1.1, 0.8,  2.9,  2.3,  0.3, -2.0, -0.7, 1.7,  -0.1, 1.9};
    churn_cusum_options options = {.struct_size = sizeof options,
                                   .flags = CHURN_CUSUM_TARGET,
                                   .target = 99,
                                   .slack = 1,
                                   .limit = 10};
    churn_table *table = NULL;
    double above = 0, below = 0;
    (void)arg;
    assert_ok(churn_cusum(batches, COUNT(batches), &options, &table, NULL));
    assert_int_equal(churn_table_row_count(table), COUNT(batches));
    for (uint64_t i = 0; i < COUNT(batches); i++) {
        near_to(churn_table_double(table, i, churn_table_find(table, "sum", CHURN_NTS)), sums[i],
                1e-9);
        above =
            fmax(above, churn_table_double(table, i, churn_table_find(table, "above", CHURN_NTS)));
        below =
            fmax(below, churn_table_double(table, i, churn_table_find(table, "below", CHURN_NTS)));
        assert_true(churn_table_is_null(table, i, churn_table_find(table, "alarm", CHURN_NTS)));
    }
    near_to(above, 2.0, 1e-9);
    near_to(below, 3.2, 1e-9);
    churn_table_free(table);
}

static void cusum__shift__alarm_and_where_it_began(void **arg)
{
    static const double values[] = {0, 1, -1, 0, NOT, 1, -1, -3, -3, -3, -3, 0};
    churn_cusum_options options = {
        .struct_size = sizeof options, .flags = CHURN_CUSUM_TARGET, .slack = 1, .limit = 5};
    churn_table *table = NULL;
    (void)arg;
    assert_ok(churn_cusum(values, COUNT(values), &options, &table, NULL));
    uint32_t alarm = churn_table_find(table, "alarm", CHURN_NTS),
             since = churn_table_find(table, "since", CHURN_NTS);
    assert_true(churn_table_is_null(table, 8, alarm));
    assert_string_equal(churn_table_string(table, 9, alarm).ptr, "down");
    assert_int_equal(churn_table_int(table, 9, since), 7);
    assert_string_equal(churn_table_string(table, 11, alarm).ptr, "down"); /* 8 - 1: still */
    assert_true(churn_table_is_null(table, 4, churn_table_find(table, "value", CHURN_NTS)));
    churn_table_free(table);
}

/* ---- seasons ---- */

static void season__pure_pattern__leaves_the_level(void **arg)
{
    static const double factor[] = {0.5, 1.5, 1.25, 0.75}, offset[] = {-3, 1, 4, -2};
    churn__heap *heap = heap_new();
    double values[13], adjusted[13];
    bool done = false;
    (void)arg;
    for (size_t i = 0; i < 13; i++) {
        values[i] = 200 * factor[i % 4];
    }
    assert_ok(churn__season_adjust(heap, values, 13, 4, adjusted, &done, NULL));
    assert_true(done);
    for (size_t i = 0; i < 13; i++) {
        near_to(adjusted[i], 200, 1e-10);
        values[i] = (double)i + offset[i % 4]; /* with a trend, and below 0: differences */
    }
    assert_ok(churn__season_adjust(heap, values, 13, 4, adjusted, &done, NULL));
    assert_true(done);
    for (size_t i = 0; i < 13; i++) {
        near_to(adjusted[i], (double)i, 1e-10);
    }
    assert_ok(churn__season_adjust(heap, values, 7, 4, adjusted, &done, NULL));
    assert_false(done); /* not two whole cycles */
    assert_ok(churn__season_adjust(heap, values, 13, 1, adjusted, &done, NULL));
    assert_false(done);
    values[2] = values[6] = values[10] = NOT; /* a place that is never known */
    assert_ok(churn__season_adjust(heap, values, 13, 4, adjusted, &done, NULL));
    assert_false(done);
    churn__heap_release(heap);
}

static void season__odd_cycle_with_an_outlier__median_of_the_place(void **arg)
{
    churn__heap *heap = heap_new();
    double values[42], adjusted[42];
    bool done = false;
    (void)arg;
    for (size_t i = 0; i < 42; i++) {
        values[i] = i % 7 < 5 ? 120 : 50; /* weeks of 700 */
    }
    values[20] = 500; /* one odd Sunday: index medians do not see it */
    assert_ok(churn__season_adjust(heap, values, 42, 7, adjusted, &done, NULL));
    assert_true(done);
    near_to(adjusted[0], 100, 1e-9);
    near_to(adjusted[41], 100, 1e-9);
    near_to(adjusted[20], 1000, 1e-8);
    churn__heap_release(heap);
}

/* ---- outlooks ---- */

static void outlook__few_values__mean_and_t(void **arg)
{
    static const double values[] = {4, NOT, 6, 8};
    churn__heap *heap = heap_new();
    churn__outlook of;
    (void)arg;
    assert_ok(churn__outlook_of(heap, values, 4, 12, 1, &of, NULL));
    assert_true(of.known && of.n == 3 && of.level == 6 && of.sigma == 2 && of.df == 2);
    near_to(of.around, 1.0 / 3, 1e-15);
    assert_ok(churn__outlook_of(heap, values, 3, 12, 1, &of, NULL));
    assert_false(of.known);
    assert_ok(churn__outlook_of(heap, values, 0, 12, 1, &of, NULL));
    assert_false(of.known);
    churn__heap_release(heap);
}

static void outlook__two_years__the_place_in_the_season(void **arg)
{
    static const double factor[] = {0.5, 1.5, 1.25, 0.75};
    churn__heap *heap = heap_new();
    double values[9];
    churn__outlook of;
    (void)arg;
    for (size_t i = 0; i < 9; i++) {
        values[i] = 200 * factor[i % 4];
    }
    assert_ok(churn__outlook_of(heap, values, 9, 4, 1, &of, NULL)); /* the tenth: place 1 */
    near_to(of.level, 300, 1e-9);
    assert_ok(churn__outlook_of(heap, values, 9, 4, 3, &of, NULL));
    near_to(of.level, 150, 1e-9);
    assert_ok(churn__outlook_of(heap, values, 7, 4, 1, &of, NULL)); /* no season: the median */
    assert_true(of.level == 250);
    churn__heap_release(heap);
}

int main(void)
{
    const struct CMUnitTest group[] = {
        cmocka_unit_test(select__any_order_and_ties__what_sorting_says),
        cmocka_unit_test(robust__outlier__does_not_move_it),
        cmocka_unit_test(noise__many_values__a_normal),
        cmocka_unit_test(difference_sigma__level_and_season__do_not_count),
        cmocka_unit_test(change_points__the_nile__1898),
        cmocka_unit_test(change_points__pruned_too_early_elsewhere__in_one_piece),
        cmocka_unit_test(pelt__random_series__as_good_as_all_ways_to_cut),
        cmocka_unit_test(change_points__holes_and_few_values__what_is_there),
        cmocka_unit_test(cusum__montgomery__the_printed_sums),
        cmocka_unit_test(cusum__shift__alarm_and_where_it_began),
        cmocka_unit_test(season__pure_pattern__leaves_the_level),
        cmocka_unit_test(season__odd_cycle_with_an_outlier__median_of_the_place),
        cmocka_unit_test(outlook__few_values__mean_and_t),
        cmocka_unit_test(outlook__two_years__the_place_in_the_season),
    };
    return RUN_TESTS(group);
}
