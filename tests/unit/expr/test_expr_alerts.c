/* SPDX-License-Identifier: MIT */
#include "expr_kit.h"

#include <math.h>

/*
 * False alerts that other rule engines really gave, as conditions and rows: none may be true here.
 * Each case names what went wrong and where it was reported.
 */

enum { N_TEMP, N_PLAN, N_SCORE, N_DAYS, N_L7, N_L30, N_DEN, N_CHURNED, N_COUNT };

static const kit_name names[N_COUNT] = {
    [N_TEMP] = {.name = "metric.temperature", .type = CHURN__TYPE_DOUBLE},
    [N_PLAN] = {.name = "customer.plan", .type = CHURN__TYPE_STRING},
    [N_SCORE] = {.name = "health.score", .type = CHURN__TYPE_DOUBLE},
    [N_DAYS] = {.name = "metric.days_since_login", .type = CHURN__TYPE_DOUBLE},
    [N_L7] = {.name = "metric.logins_7d", .type = CHURN__TYPE_DOUBLE},
    [N_L30] = {.name = "metric.logins_30d", .type = CHURN__TYPE_DOUBLE},
    [N_DEN] = {.name = "metric.share", .type = CHURN__TYPE_DOUBLE},
    [N_CHURNED] = {.name = "customer.churned", .type = CHURN__TYPE_BOOL, .never_missing = true},
};

typedef struct row {
    double number[N_COUNT];
    churn_str plan;
    uint8_t churned;
    churn__missing missing[N_COUNT];
} row;

static churn__truth judge(const char *text, const row *r)
{
    churn__column columns[N_COUNT];
    kit k;
    kit_open(&k, names, N_COUNT);
    for (unsigned i = 0; i < N_COUNT; i++) {
        columns[i] = (churn__column){
            .type = names[i].type, .values = &r->number[i], .missing = &r->missing[i]};
    }
    columns[N_PLAN].values = &r->plan;
    columns[N_CHURNED].values = &r->churned;
    churn__truth truth = kit_truth(&k, text, columns);
    kit_close(&k);
    return truth;
}

/* JSONLogic issue 44: a thermostat without a reading is colder than any limit (null < 15 is true).
 */
static void missing_number__below_a_limit__is_unknown(void **state)
{
    (void)state;
    const row r = {.missing[N_TEMP] = CHURN__NOT_PROVIDED};
    assert_int_equal(judge("metric.temperature < 15", &r), CHURN__UNKNOWN);
    assert_int_equal(judge("!(metric.temperature >= 15)", &r), CHURN__UNKNOWN);
    assert_int_equal(judge("metric.temperature == 0", &r), CHURN__UNKNOWN);
}

/* json-rules-engine issue 135 (notEqual on an absent fact), HubSpot "is not": negation of nothing.
 */
static void missing_text__is_not_something__is_unknown(void **state)
{
    (void)state;
    const row r = {.missing[N_PLAN] = CHURN__NOT_PROVIDED};
    assert_int_equal(judge("customer.plan != 'enterprise'", &r), CHURN__UNKNOWN);
    assert_int_equal(judge("!(customer.plan == 'enterprise')", &r), CHURN__UNKNOWN);
    assert_int_equal(judge("!(customer.plan in ['enterprise', 'team'])", &r), CHURN__UNKNOWN);
    assert_int_equal(judge("!customer.plan.startsWith('ent')", &r), CHURN__UNKNOWN);
    assert_int_equal(judge("has(customer.plan) && customer.plan != 'enterprise'", &r),
                     CHURN__FALSE);
}

/* FEEL issue 679: a comparison with nothing in a chain of conditions ends as false or true by
 * place. */
static void missing_value__order_of_operands__does_not_matter(void **state)
{
    (void)state;
    const row r = {.number[N_SCORE] = 90, .missing[N_TEMP] = CHURN__STALE_SOURCE};
    assert_int_equal(judge("metric.temperature < 1 && health.score < 70", &r), CHURN__FALSE);
    assert_int_equal(judge("health.score < 70 && metric.temperature < 1", &r), CHURN__FALSE);
    assert_int_equal(judge("metric.temperature < 1 || health.score >= 70", &r), CHURN__TRUE);
    assert_int_equal(judge("health.score >= 70 || metric.temperature < 1", &r), CHURN__TRUE);
    assert_int_equal(judge("metric.temperature < 1 || health.score < 70", &r), CHURN__UNKNOWN);
}

/* Prometheus issue 17482, and every outage of a feed: no logins are seen for three days by anyone.
 */
static void stale_source__gone_quiet__is_unknown(void **state)
{
    (void)state;
    const row r = {
        .number[N_DAYS] = 13, .number[N_SCORE] = 60, .missing[N_DAYS] = CHURN__STALE_SOURCE};
    assert_int_equal(judge("metric.days_since_login >= 10 && health.score < 70", &r),
                     CHURN__UNKNOWN);
    assert_int_equal(judge("!(metric.days_since_login < 10)", &r), CHURN__UNKNOWN);
}

/* CEL, Go, C: 3 / 5 of two ints is 0, so every customer with fewer logins drops by half. */
static void ratio_of_counts__is_no_int_division(void **state)
{
    (void)state;
    const row r = {.number[N_L7] = 3, .number[N_L30] = 5};
    assert_int_equal(judge("metric.logins_7d / metric.logins_30d < 0.5", &r), CHURN__FALSE);
    assert_int_equal(judge("metric.logins_7d / 4 < 1", &r), CHURN__TRUE);
}

/* IEEE: x / 0.0 is infinite, and an infinity is above every limit. */
static void ratio_over_zero__is_an_error(void **state)
{
    (void)state;
    const row r = {.number[N_L7] = 3, .number[N_DEN] = 0};
    assert_int_equal(judge("metric.logins_7d / metric.share > 0.2", &r), CHURN__ERROR);
    assert_int_equal(judge("metric.share / metric.share != 1", &r), CHURN__ERROR);
    assert_int_equal(judge("metric.share != 0 && metric.logins_7d / metric.share > 0.2", &r),
                     CHURN__FALSE);
    const row nan = {.number[N_SCORE] = (double)NAN};
    assert_int_equal(judge("!(health.score >= 70)", &nan), CHURN__ERROR);
}

/* A customer of four days has no 30-day window; one who never logged in has no last login. */
static void new_customer__short_history_and_never__are_unknown(void **state)
{
    (void)state;
    const row r = {.missing[N_L30] = CHURN__SHORT_HISTORY_SINCE, .missing[N_DAYS] = CHURN__NEVER};
    assert_int_equal(judge("metric.logins_30d < 5", &r), CHURN__UNKNOWN);
    assert_int_equal(judge("metric.days_since_login > 14", &r), CHURN__UNKNOWN);
    assert_int_equal(judge("!has(metric.days_since_login) || metric.days_since_login > 14", &r),
                     CHURN__TRUE); /* whoever wants the never-logged-in says so */
    assert_int_equal(judge("(has(metric.logins_30d) ? metric.logins_30d : 100) < 5", &r),
                     CHURN__FALSE);
}

static void customer_churned__is_always_known(void **state)
{
    (void)state;
    const row r = {.churned = 1};
    assert_int_equal(judge("customer.churned", &r), CHURN__TRUE);
    assert_int_equal(judge("!customer.churned && metric.temperature < 1", &r), CHURN__FALSE);
    assert_int_equal(judge("has(customer.churned)", &r), CHURN__TRUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(missing_number__below_a_limit__is_unknown),
        cmocka_unit_test(missing_text__is_not_something__is_unknown),
        cmocka_unit_test(missing_value__order_of_operands__does_not_matter),
        cmocka_unit_test(stale_source__gone_quiet__is_unknown),
        cmocka_unit_test(ratio_of_counts__is_no_int_division),
        cmocka_unit_test(ratio_over_zero__is_an_error),
        cmocka_unit_test(new_customer__short_history_and_never__are_unknown),
        cmocka_unit_test(customer_churned__is_always_known),
    };
    return RUN_TESTS(tests);
}
