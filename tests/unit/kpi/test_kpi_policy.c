/* SPDX-License-Identifier: MIT */
#include "sub.h"

#include "base/str.h"

/* What a state of 100.00 a month counts under each preset. Worked from what the vendors publish:
 * docs/reference/semantics.md, Policies. */

typedef struct expectation {
    uint8_t status;
    int8_t usage_based;
    int64_t amount, discount;
    bool discount_ends;
    int64_t mrr[5]; /* chartmogul stripe profitwell smsb fightchurn */
    bool live[5];
} expectation;

static churn__subscription state_of(const expectation *e)
{
    churn__subscription s = sub(1, e->status, e->amount, 0);
    s.usage_based = e->usage_based;
    s.discount = e->discount;
    s.discount_until = e->discount_ends ? 1000 : CHURN_TIME_NONE;
    return s;
}

static void policy__each_preset__counts_as_published(void **state)
{
#define NONE CHURN_INT_NONE
    static const expectation cases[] = {
        {CHURN__SUB_ACTIVE, 0, 100, NONE, false, {100, 100, 100, 100, 100}, {1, 1, 1, 1, 1}},
        {CHURN__SUB_TRIAL, 0, 100, NONE, false, {0, 0, 0, 0, 0}, {0, 0, 0, 0, 0}},
        {CHURN__SUB_PAST_DUE, 0, 100, NONE, false, {100, 100, 100, 100, 100}, {1, 1, 1, 1, 1}},
        {CHURN__SUB_UNPAID, 0, 100, NONE, false, {0, 0, 0, 0, 100}, {0, 0, 0, 0, 1}},
        {CHURN__SUB_PAUSED, 0, 100, NONE, false, {0, 0, 0, 0, 100}, {1, 1, 0, 1, 1}},
        {CHURN__SUB_CANCELLED, 0, 100, NONE, false, {0, 0, 0, 0, 0}, {0, 0, 0, 0, 0}},
        {CHURN__SUB_ACTIVE, 1, 100, NONE, false, {0, 0, 0, 0, 100}, {1, 1, 0, 1, 1}},
        {CHURN__SUB_ACTIVE, 0, 100, 30, true, {70, 100, 70, 70, 70}, {1, 1, 1, 1, 1}},
        {CHURN__SUB_ACTIVE, 0, 100, 30, false, {70, 70, 70, 70, 70}, {1, 1, 1, 1, 1}},
        {CHURN__SUB_ACTIVE, 0, 100, 100, false, {0, 0, 0, 0, 0}, {1, 1, 0, 1, 1}},
        {CHURN__SUB_ACTIVE, 0, 0, NONE, false, {0, 0, 0, 0, 0}, {1, 1, 0, 1, 1}},
        {CHURN__SUB_ACTIVE, 0, -100, NONE, false, {-100, 0, 0, 0, -100}, {1, 1, 0, 1, 1}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const churn__subscription s = state_of(&cases[i]);
        for (int32_t p = 0; p < 5; p++) {
            const churn__kpi_policy policy = churn__kpi_policy_preset(p + 1);
            int64_t mrr = -1;
            assert_true(churn__mrr_of_state(&policy, &s, 10, &mrr));
            assert_int_equal(mrr, cases[i].mrr[p]);
            assert_int_equal(churn__policy_live(&policy, &s, 10), cases[i].live[p]);
        }
    }
#undef NONE
}

/* A rate of 20 % contained in 120.00 leaves 100.00; with the period it is rounded once. */
static void policy_tax__amounts_contain_it__is_taken_out(void **state)
{
    static const struct {
        uint32_t tax;
        char unit;
        int64_t amount, mrr;
    } cases[] = {{200000, 'm', 12000, 10000}, {200000, 'y', 144000, 10000},
                 {270000, 'm', 12700, 10000}, {88750, 'm', 10888, 10000},
                 {200000, 'm', 3, 3},         {200000, 'm', -12000, -10000},
                 {999999, 'm', 10000, 5000}};
    churn__kpi_policy policy = CHURN__POLICY_OF_CHARTMOGUL;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        churn__subscription s = sub(1, CHURN__SUB_ACTIVE, cases[i].amount, 0);
        int64_t mrr = -1;
        s.period_unit = (uint8_t)cases[i].unit;
        policy.tax = cases[i].tax;
        assert_true(churn__mrr_of_state(&policy, &s, 0, &mrr));
        assert_int_equal(mrr, cases[i].mrr);
    }
}

static void policy_recognition__request__ends_a_state_earlier(void **state)
{
    churn__kpi_policy policy = CHURN__POLICY_OF_CHARTMOGUL;
    churn__subscription s = sub_until(1, 100, 0, 1000);
    (void)state;
    s.cancel_requested_at = 400;
    assert_true(churn__policy_end(&policy, &s) == 1000);
    policy.recognition = CHURN__RECOGNITION_REQUEST;
    assert_true(churn__policy_end(&policy, &s) == 400);
    assert_true(churn__policy_live(&policy, &s, 399));
    assert_false(churn__policy_live(&policy, &s, 400));
    s.cancel_requested_at = 2000; /* after the end */
    assert_true(churn__policy_end(&policy, &s) == 1000);
}

static void policy_name__a_switch_differs__has_a_star(void **state)
{
    static const char *const names[] = {"chartmogul", "stripe", "profitwell", "smsb", "fightchurn"};
    (void)state;
    for (int32_t p = 1; p <= 5; p++) {
        churn__kpi_policy policy = churn__kpi_policy_preset(p);
        assert_int_equal(policy.preset, p);
        assert_string_equal(churn__policy_name(&policy), names[p - 1]);
        assert_string_equal(churn__policy_preset_name(p), names[p - 1]);
        assert_int_equal(churn__policy_find(churn__str_nts(names[p - 1])), p);
        policy.tax = 1;
        assert_string_not_equal(churn__policy_name(&policy), names[p - 1]);
        assert_memory_equal(churn__policy_name(&policy), names[p - 1], strlen(names[p - 1]));
    }
    assert_null(churn__policy_preset_name(0));
    assert_null(churn__policy_preset_name(6));
    assert_int_equal(churn__policy_find(CHURN__STR("strip")), 0);
}

static void policy_differences__two_presets__are_said_in_words(void **state)
{
    churn__heap *heap = churn__heap_create(NULL, 0);
    churn__kpi_policy a = churn__kpi_policy_preset(CHURN__POLICY_CHARTMOGUL);
    churn__kpi_policy b = churn__kpi_policy_preset(CHURN__POLICY_STRIPE);
    churn__buf text;
    (void)state;
    churn__buf_init(&text, heap);
    assert_true(churn__policy_differences(&a, &b, &text));
    assert_string_equal(text.data, "discounts: forever, not subtract; refunds: ignore, not "
                                   "subtract; group_changes: instant, not hour; churn_rate: "
                                   "start_and_new, not start");
    churn__buf_reset(&text);
    b = a;
    assert_true(churn__policy_differences(&a, &b, &text));
    assert_int_equal(text.size, 0);
    b.reactivation_within = 90 * CHURN__DAY;
    b.reactivation_after = 36 * CHURN__HOUR;
    b.tax = 270000;
    assert_true(churn__policy_differences(&a, &b, &text));
    assert_string_equal(text.data, "tax: 0.27, not 0; reactivation_after: 36h, not 0d; "
                                   "reactivation_within: 90d, not any");
    churn__buf_clear(&text);
    churn__heap_release(heap);
}

int main(void)
{
    const struct CMUnitTest kpi_policy[] = {
        cmocka_unit_test(policy__each_preset__counts_as_published),
        cmocka_unit_test(policy_tax__amounts_contain_it__is_taken_out),
        cmocka_unit_test(policy_recognition__request__ends_a_state_earlier),
        cmocka_unit_test(policy_name__a_switch_differs__has_a_star),
        cmocka_unit_test(policy_differences__two_presets__are_said_in_words),
    };
    return RUN_TESTS(kpi_policy);
}
