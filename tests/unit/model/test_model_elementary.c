/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>

#include "model/model.h"

#define INF ((double)INFINITY)
#define NOT ((double)NAN)

struct unary {
    double x, y;
};
struct binary {
    double x, y, z;
};
struct tails_truth {
    double x, a, b, lower, upper;
};
struct quantile_truth {
    double p, a, x;
};
#include "model_truth.inc"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static int64_t order_of(double x)
{
    int64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits < 0 ? INT64_MIN - bits : bits;
}

/* How many doubles lie between. */
static void within_ulps(double got, double expected, int64_t most, const char *what, double x)
{
    if (isinf(expected) || isinf(got) ? got != expected
                                      : llabs(order_of(got) - order_of(expected)) > most) {
        fail_msg("%s(%a): %a, expected %a", what, x, got, expected);
    }
}

static void near_to(double got, double expected, double relative, const char *what, double x)
{
    if (!(fabs(got - expected) <= relative * fabs(expected))) {
        fail_msg("%s(%.17g): %.17g, expected %.17g", what, x, got, expected);
    }
}

static void check_unary(const struct unary *truth, size_t n, double (*f)(double), int64_t most,
                        const char *what)
{
    for (size_t i = 0; i < n; i++) {
        within_ulps(f(truth[i].x), truth[i].y, most, what, truth[i].x);
    }
}

static void elementary__truth_of_mpmath__within_two_ulps(void **state)
{
    (void)state;
    check_unary(exp_truth, COUNT(exp_truth), churn__exp, 1, "exp");
    check_unary(expm1_truth, COUNT(expm1_truth), churn__expm1, 1, "expm1");
    check_unary(log_truth, COUNT(log_truth), churn__log, 1, "log");
    check_unary(log1p_truth, COUNT(log1p_truth), churn__log1p, 1, "log1p");
    check_unary(lgamma_truth, COUNT(lgamma_truth), churn__lgamma, 2, "lgamma");
    check_unary(stirling_truth, COUNT(stirling_truth), churn__stirling_error, 2, "stirling");
    for (size_t i = 0; i < COUNT(pow_truth); i++) {
        within_ulps(churn__pow(pow_truth[i].x, pow_truth[i].y), pow_truth[i].z, 1, "pow",
                    pow_truth[i].x);
    }
}

static void elementary__edges__as_c11_annex_f(void **state)
{
    (void)state;
    assert_true(churn__exp(710.0) == INF && churn__exp(INF) == INF);
    assert_true(churn__exp(-746.0) == 0.0 && churn__exp(-INF) == 0.0);
    assert_true(isnan(churn__exp(NOT)) && isnan(churn__expm1(NOT)) && isnan(churn__log(NOT)));
    assert_true(churn__expm1(INF) == INF && churn__expm1(-INF) == -1.0);
    assert_true(churn__log(0.0) == -INF && churn__log(-0.0) == -INF);
    assert_true(isnan(churn__log(-1.0)) && churn__log(INF) == INF);
    assert_true(churn__log(1.0) == 0.0 && churn__log1p(0.0) == 0.0);
    assert_true(churn__log1p(-1.0) == -INF && isnan(churn__log1p(-1.5)));
    assert_true(isnan(churn__log1p(NOT)) && churn__log1p(INF) == INF);
    assert_true(churn__pow(0.0, 0.0) == 1.0 && churn__pow(NOT, 0.0) == 1.0);
    assert_true(churn__pow(1.0, NOT) == 1.0 && isnan(churn__pow(2.0, NOT)));
    assert_true(churn__pow(0.0, 2.0) == 0.0 && churn__pow(0.0, -2.0) == INF);
    assert_true(churn__pow(-0.0, -3.0) == -INF && signbit(churn__pow(-0.0, 3.0)));
    assert_true(churn__pow(2.0, INF) == INF && churn__pow(0.5, INF) == 0.0);
    assert_true(churn__pow(2.0, -INF) == 0.0 && churn__pow(0.5, -INF) == INF);
    assert_true(churn__pow(INF, 0.1) == INF && churn__pow(INF, -0.1) == 0.0);
    assert_true(churn__pow(-INF, 3.0) == -INF && churn__pow(-INF, 2.0) == INF);
    assert_true(isnan(churn__pow(-2.0, 0.5)) && churn__pow(-1.0, 1e300) == 1.0);
    assert_true(churn__pow(2.0, 1e300) == INF && churn__pow(2.0, -1e300) == 0.0);
    assert_true(churn__pow(2.0, 1024.0) == INF && churn__pow(-2.0, 1025.0) == -INF);
    assert_true(churn__lgamma(0.0) == INF && isnan(churn__lgamma(-1.5)));
    assert_true(churn__lgamma(1.0) == 0.0 && churn__lgamma(2.0) == 0.0);
    assert_true(isnan(churn__lgamma(NOT)) && churn__lgamma(INF) == INF);
}

/* A plain generator, the same everywhere. */
static double uniform(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(*seed >> 11) * 0x1p-53;
}

static uint64_t mix(uint64_t sum, double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return (sum ^ bits) * UINT64_C(0x100000001b3);
}

static void elementary__many_values__the_same_bits_on_every_platform(void **state)
{
    uint64_t seed = 1, sum = UINT64_C(0xcbf29ce484222325);
    (void)state;
    for (int i = 0; i < 20000; i++) {
        double u = uniform(&seed), v = uniform(&seed);
        double pair[2] = {u * 1400.0 - 700.0, v * 20.0 + 1e-6};
        sum = mix(sum, churn__exp(pair[0]));
        sum = mix(sum, churn__expm1(pair[0] * 0.01));
        sum = mix(sum, churn__log(pair[1]));
        sum = mix(sum, churn__log1p(u));
        sum = mix(sum, churn__pow(pair[1], u * 40.0));
        if (i % 20 == 0) {
            sum = mix(sum, churn__lgamma(pair[1]));
            sum = mix(sum, churn__normal_quantile(u));
            sum = mix(sum, churn__beta_quantile(u, pair[1], v + 0.5));
            sum = mix(sum, churn__gamma_quantile(u, pair[1]));
        }
    }
    assert_int_equal(sum, UINT64_C(0x20236cf74921d75c));
}

static void distributions__truth_of_mpmath__within_1e_13(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(normal_truth); i++) {
        near_to(churn__normal_cdf(normal_truth[i].x), normal_truth[i].y, 1e-14, "normal",
                normal_truth[i].x);
    }
    for (size_t i = 0; i < COUNT(beta_truth); i++) {
        const struct tails_truth *t = beta_truth + i;
        near_to(churn__beta_cdf(t->x, t->a, t->b), t->lower, 1e-13, "beta", t->x);
        if (t->x != 1e-6 && t->x != 1e-10) { /* 1 - x as a double is another number there */
            near_to(churn__beta_upper(t->x, t->a, t->b), t->upper, 1e-13, "beta upper", t->x);
        }
    }
    for (size_t i = 0; i < COUNT(gamma_truth); i++) {
        const struct tails_truth *t = gamma_truth + i;
        near_to(churn__gamma_cdf(t->x, t->a), t->lower, 1e-13, "gamma", t->x);
        near_to(churn__gamma_upper(t->x, t->a), t->upper, 1e-13, "gamma upper", t->x);
        near_to(churn__chi2_upper(2.0 * t->x, 2.0 * t->a), t->upper, 1e-13, "chi2", t->x);
    }
    for (size_t i = 0; i < COUNT(t_truth); i++) {
        const struct quantile_truth *t = t_truth + i;
        near_to(churn__t_quantile(t->p, t->a), t->x, 1e-13, "t quantile", t->p);
        near_to(churn__t_cdf(t->x, t->a), t->p, 1e-13, "t", t->x);
    }
}

static void quantiles__random_parameters__the_distribution_gives_the_share_back(void **state)
{
    uint64_t seed = 5;
    (void)state;
    for (int i = 0; i < 3000; i++) {
        double p = uniform(&seed), a = churn__exp(uniform(&seed) * 9.0 - 2.0);
        double b = churn__exp(uniform(&seed) * 9.0 - 2.0);
        near_to(churn__normal_cdf(churn__normal_quantile(p)), p, 1e-13, "normal", p);
        near_to(churn__gamma_cdf(churn__gamma_quantile(p, a), a), p, 1e-11, "gamma", p);
        near_to(churn__t_cdf(churn__t_quantile(p, a), a), p, 1e-11, "t", p);
        if (a > 0.3 && b > 0.3) { /* else it may lie within a double of 1 */
            near_to(churn__beta_cdf(churn__beta_quantile(p, a, b), a, b), p, 1e-9, "beta", p);
        }
    }
}

static void quantiles__edges__are_the_ends_of_the_range(void **state)
{
    (void)state;
    assert_true(churn__normal_quantile(0.975) == 1.9599639845400538 ||
                churn__normal_quantile(0.975) == 1.9599639845400540);
    assert_true(churn__normal_quantile(0.5) == 0.0 && churn__normal_quantile(0.0) == -INF);
    assert_true(churn__normal_quantile(1.0) == INF && isnan(churn__normal_quantile(1.1)));
    assert_true(churn__normal_quantile(1e-300) < -37.0 && churn__normal_cdf(-50.0) == 0.0);
    assert_true(churn__normal_cdf(50.0) == 1.0 && isnan(churn__normal_cdf(NOT)));
    assert_true(churn__beta_quantile(0.0, 2.0, 3.0) == 0.0 &&
                churn__beta_quantile(1.0, 2.0, 3.0) == 1.0);
    assert_true(churn__beta_cdf(0.0, 2.0, 3.0) == 0.0 && churn__beta_cdf(1.0, 2.0, 3.0) == 1.0);
    assert_true(churn__beta_upper(0.0, 2.0, 3.0) == 1.0 && churn__beta_upper(1.0, 2.0, 3.0) == 0.0);
    assert_true(churn__gamma_quantile(0.0, 2.0) == 0.0 && churn__gamma_quantile(1.0, 2.0) == INF);
    assert_true(churn__gamma_cdf(-1.0, 2.0) == 0.0 && churn__gamma_cdf(INF, 2.0) == 1.0);
    assert_true(churn__gamma_upper(0.0, 2.0) == 1.0 && churn__gamma_upper(INF, 2.0) == 0.0);
    assert_true(churn__t_quantile(0.5, 3.0) == 0.0 && churn__t_quantile(0.0, 3.0) == -INF);
    assert_true(churn__t_cdf(0.0, 3.0) == 0.5 && churn__t_cdf(1e300, 3.0) == 1.0);
    assert_true(churn__t_cdf(-1e300, 3.0) == 0.0 && churn__t_cdf(1e-200, 3.0) == 0.5);
}

int main(void)
{
    const struct CMUnitTest group[] = {
        cmocka_unit_test(elementary__truth_of_mpmath__within_two_ulps),
        cmocka_unit_test(elementary__edges__as_c11_annex_f),
        cmocka_unit_test(elementary__many_values__the_same_bits_on_every_platform),
        cmocka_unit_test(distributions__truth_of_mpmath__within_1e_13),
        cmocka_unit_test(quantiles__random_parameters__the_distribution_gives_the_share_back),
        cmocka_unit_test(quantiles__edges__are_the_ends_of_the_range),
    };
    return RUN_TESTS(group);
}
