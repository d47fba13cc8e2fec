/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "support.h"

#include "model/model.h"

#define Z95 1.959963984540054

static void near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance)) {
        fail_msg("got %.17g, want %.17g", got, want);
    }
}

/* Rocks' adjusted Wald: counts and digits as his R functions print them. */
static void nps_of__worked__as_published(void **state)
{
    churn__nps a = churn__nps_of(36, 5, 52, Z95), b = churn__nps_of(50, 20, 100, Z95);
    (void)state;
    near(a.value, .5961538, 5e-8);
    near(sqrt(a.variance), .0912585, 5e-8);
    near(a.low, .38536, 6e-6);
    near(a.high, .74191, 6e-6);
    near(b.value, .30, 1e-15);
    near(sqrt(b.variance), .0781025, 5e-8);
    near(b.low, .14051, 6e-6);
    near(b.high, .44201, 6e-6);
    near((a.low + a.high) / 2, .5636364, 5e-8);
}

static void nps_of__one_sort__has_an_interval(void **state)
{
    churn__nps all = churn__nps_of(10, 0, 10, Z95), none = churn__nps_of(0, 10, 10, Z95);
    (void)state;
    near(all.value, 1, 0);
    assert_true(all.low < all.high && all.high > .9);
    churn__change same = churn__nps_change(&all, &all, Z95);
    near(same.p, 1, 0);
    churn__change far = churn__nps_change(&all, &none, Z95);
    assert_true(far.z > 5 && far.p < 1e-6);
}

static void nps_change__two_samples__z(void **state)
{
    churn__nps a = churn__nps_of(36, 5, 52, Z95), b = churn__nps_of(50, 20, 100, Z95);
    churn__change c = churn__nps_change(&a, &b, Z95);
    (void)state;
    near(c.value, 31.0 / 52 - .3, 1e-15);
    near(c.z, 2.4655427441342908, 1e-12);
    near(c.p, 0.01368058513278785, 1e-12);
    near(c.low, c.value - Z95 * c.value / c.z, 1e-12);
}

static void share_change__large_and_small__chi2_or_fisher(void **state)
{
    churn__change c = churn__share_change(80, 100, 60, 90, Z95);
    (void)state;
    near(c.z, 2.0839522890069118, 1e-12);
    near(c.p, 0.03716450734204255, 1e-12);
    assert_true(c.low < c.value && c.value < c.high);
    near(churn__share_change(3, 3, 0, 3, Z95).p, 0.1, 1e-12); /* 2 of 20 tables */
    near(churn__share_change(3, 3, 9, 9, Z95).p, 1, 0);
}

/* Welch's t of sleep (Student 1908), as R's t.test prints it: t = -1.8608, df = 17.776,
 * p = 0.07939, interval -3.3654832 to 0.2054832. */
static void mean_change__sleep__as_in_r(void **state)
{
    churn__change c = churn__mean_change(.75, 3.2005555555555553, 10, 2.33, 4.009, 10, .95);
    (void)state;
    near(c.z, -1.8608, 5e-5);
    near(c.p, .07939, 5e-6);
    near(c.low, -3.3654832, 5e-8);
    near(c.high, .2054832, 5e-8);
    assert_true(isnan(churn__mean_change(1, 0, 1, 2, 1, 5, .95).p));
    assert_true(isnan(churn__mean_change(1, 0, 4, 2, 0, 5, .95).p));
}

static void log_odds__counts__by_the_formula(void **state)
{
    static const double all[][7] = {
        {20, 1000, 0, 1000, 0.1, 2.414730687262233, 3.264526481998568},
        {30, 400, 60, 900, 0.1, 0.10098542270815924, 0.4858043724386303},
        {5, 10, 5, 20, 0.5, 0.5108256237659905, 0.9224426774270842}};
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        churn__log_odds o =
            churn__log_odds_of(all[i][0], all[i][1], all[i][2], all[i][3], all[i][4]);
        near(o.delta, all[i][5], 1e-13);
        near(o.z, all[i][6], 1e-13);
        churn__log_odds back =
            churn__log_odds_of(all[i][2], all[i][3], all[i][0], all[i][1], all[i][4]);
        near(back.z, -o.z, 1e-14);
    }
    near(churn__log_odds_of(0, 10, 0, 10, .1).z, 0, 0);
    near(churn__log_odds_of(10, 10, 20, 20, .1).z, 0, 0);
    assert_true(churn__log_odds_of(10, 10, 19, 20, .1).z > 0);
}

/* The first worked example of Benjamini and Hochberg (1995), p. 295: at 0.05 the first four are
 * rejected, by R's p.adjust with these values. */
static void benjamini_hochberg__paper__four_rejected(void **state)
{
    static const double p[] = {.0001, .0004, .0019, .0095, .0201, .0278, .0298, .0344,
                               .0459, .3240, .4262, .5719, .6528, .7590, 1.000};
    double adjusted[15], shuffled[15], again[15];
    churn__heap *heap = churn__heap_create(NULL, 0);
    int rejected = 0;
    (void)state;
    assert_true(churn__benjamini_hochberg(heap, p, 15, adjusted));
    for (size_t i = 0; i < 15; i++) {
        rejected += adjusted[i] <= .05;
        shuffled[i] = p[(i * 7) % 15];
    }
    assert_int_equal(rejected, 4);
    near(adjusted[0], .0015, 1e-15);
    near(adjusted[3], .035625, 1e-15);
    near(adjusted[4], .0603, 1e-15);
    near(adjusted[5], .0298 * 15 / 7, 1e-15); /* made no larger than the next */
    near(adjusted[14], 1, 0);
    assert_true(churn__benjamini_hochberg(heap, shuffled, 15, again));
    for (size_t i = 0; i < 15; i++) {
        near(again[i], adjusted[(i * 7) % 15], 0);
    }
    assert_true(churn__benjamini_hochberg(heap, p, 0, adjusted));
    churn__heap_release(heap);
}

/* quantile(c(1, 2, 4, 8), type = 7) of R: 1.00 1.75 3.00 5.00 8.00. */
static void quantile__small__as_in_r(void **state)
{
    static const double x[] = {1, 2, 4, 8}, want[] = {1, 1.75, 3, 5, 8};
    (void)state;
    for (int i = 0; i < 5; i++) {
        near(churn__quantile_sorted(x, 4, i / 4.0), want[i], 0);
    }
    near(churn__quantile_sorted(x, 1, .9), 1, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nps_of__worked__as_published),
        cmocka_unit_test(nps_of__one_sort__has_an_interval),
        cmocka_unit_test(nps_change__two_samples__z),
        cmocka_unit_test(share_change__large_and_small__chi2_or_fisher),
        cmocka_unit_test(mean_change__sleep__as_in_r),
        cmocka_unit_test(log_odds__counts__by_the_formula),
        cmocka_unit_test(benjamini_hochberg__paper__four_rejected),
        cmocka_unit_test(quantile__small__as_in_r),
    };
    return RUN_TESTS(tests);
}
