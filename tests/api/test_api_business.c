/* SPDX-License-Identifier: MIT */
#include "company.h"

/*
 * Questions about the business asked wrongly: options of another library's size, names and arrays
 * that are counted and not there, words that are none, spans that are empty. Each is an error that
 * says so; none leaves a table.
 */
#define YEAR_AGO (NEW_YEAR - 365 * DAY)

typedef struct asked {
    company c;
    churn_table *table;
    churn_error err;
} asked;

static int open_company(void **state)
{
    asked *a = calloc(1, sizeof *a);
    assert_non_null(a);
    a->err.struct_size = sizeof a->err;
    company_open(&a->c);
    *state = a;
    return 0;
}

static int close_company(void **state)
{
    asked *a = *state;
    assert_null(a->table);
    company_close(&a->c);
    free(a);
    return 0;
}

/* An error of that kind, with a message, and no table. */
static void assert_refused_at(asked *a, churn_status want, churn_status st, int line)
{
    if (st != want) {
        fail_msg("line %d: %d instead of %d", line, st, want);
    }
    assert_null(a->table);
    assert_true(a->err.message[0] != '\0');
    a->err = (churn_error){.struct_size = sizeof a->err};
}

#define assert_refused(a, want, call) assert_refused_at(a, want, call, __LINE__)
#define SPAN YEAR_AGO, NEW_YEAR
#define OUT &a->table, &a->err

static void options__of_another_size__abi(void **state)
{
    static const uint32_t sizes[] = {0, 1, 3, UINT32_MAX};
    asked *a = *state;
    churn_engine *e = a->c.engine;
    const churn_str policy = STR("stripe"), mrr = STR("mrr");
    const churn_funnel_step step = {.event = STR("login")};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const churn_kpi_options kpi = {.struct_size = sizes[i]};
        const churn_ledger_options ledger = {.struct_size = sizes[i]};
        const churn_cohort_options cohorts = {.struct_size = sizes[i]};
        const churn_engine_survival_options stay = {.struct_size = sizes[i]};
        const churn_engagement_options use = {.struct_size = sizes[i]};
        const churn_funnel_options funnel = {.struct_size = sizes[i]};
        const churn_voice_options voice = {.struct_size = sizes[i]};
        const churn_theme_options themes = {.struct_size = sizes[i]};
        assert_refused(a, CHURN_E_ABI, churn_engine_kpi(e, &mrr, 1, SPAN, &kpi, OUT));
        assert_refused(a, CHURN_E_ABI,
                       churn_engine_compare_policies(e, &policy, 1, &mrr, 1, SPAN, &kpi, OUT));
        assert_refused(a, CHURN_E_ABI, churn_engine_movements(e, SPAN, &ledger, OUT));
        assert_refused(a, CHURN_E_ABI, churn_engine_reconciliation(e, SPAN, &ledger, OUT));
        assert_refused(a, CHURN_E_ABI, churn_engine_cohorts(e, SPAN, &cohorts, OUT));
        assert_refused(a, CHURN_E_ABI, churn_engine_survival(e, NEW_YEAR, &stay, OUT));
        assert_refused(a, CHURN_E_ABI, churn_engine_survival_summary(e, NEW_YEAR, &stay, OUT));
        assert_refused(a, CHURN_E_ABI, churn_engine_survival_test(e, NEW_YEAR, &stay, OUT));
        assert_refused(a, CHURN_E_ABI, churn_engine_competing_risks(e, NEW_YEAR, &stay, OUT));
        assert_refused(a, CHURN_E_ABI, churn_engine_engagement(e, SPAN, &use, OUT));
        assert_refused(a, CHURN_E_ABI, churn_engine_adoption(e, SPAN, &use, OUT));
        assert_refused(a, CHURN_E_ABI, churn_engine_funnel(e, &step, 1, SPAN, &funnel, OUT));
        assert_refused(a, CHURN_E_ABI,
                       churn_engine_surveys(e, CHURN_SURVEY_NPS, SPAN, &voice, OUT));
        assert_refused(a, CHURN_E_ABI, churn_engine_nps_retention(e, SPAN, &voice, OUT));
        assert_refused(a, CHURN_E_ABI, churn_engine_themes(e, SPAN, &themes, OUT));
    }
}

static void by__counted_and_not_there__arg(void **state)
{
    asked *a = *state;
    churn_engine *e = a->c.engine;
    const churn_str nothing = {NULL, 5}, mrr = STR("mrr");
    const churn_funnel_step step = {.event = STR("login")};
    for (int i = 0; i < 2; i++) {
        const churn_str *by = i == 0 ? NULL : &nothing;
        const churn_kpi_options kpi = {.struct_size = sizeof kpi, .by = by, .by_count = 1};
        const churn_cohort_options cohorts = {
            .struct_size = sizeof cohorts, .by = by, .by_count = 1};
        const churn_engine_survival_options stay = {
            .struct_size = sizeof stay, .by = by, .by_count = 1};
        const churn_engagement_options use = {.struct_size = sizeof use, .by = by, .by_count = 1};
        const churn_funnel_options funnel = {.struct_size = sizeof funnel, .by = by, .by_count = 1};
        const churn_voice_options voice = {.struct_size = sizeof voice, .by = by, .by_count = 1};
        const churn_theme_options themes = {.struct_size = sizeof themes, .by = by, .by_count = 1};
        assert_refused(a, CHURN_E_ARG, churn_engine_kpi(e, &mrr, 1, SPAN, &kpi, OUT));
        assert_refused(a, CHURN_E_ARG, churn_engine_cohorts(e, SPAN, &cohorts, OUT));
        assert_refused(a, CHURN_E_ARG, churn_engine_survival(e, NEW_YEAR, &stay, OUT));
        assert_refused(a, CHURN_E_ARG, churn_engine_survival_test(e, NEW_YEAR, &stay, OUT));
        assert_refused(a, CHURN_E_ARG, churn_engine_engagement(e, SPAN, &use, OUT));
        assert_refused(a, CHURN_E_ARG, churn_engine_adoption(e, SPAN, &use, OUT));
        assert_refused(a, CHURN_E_ARG, churn_engine_funnel(e, &step, 1, SPAN, &funnel, OUT));
        assert_refused(a, CHURN_E_ARG,
                       churn_engine_surveys(e, CHURN_SURVEY_NPS, SPAN, &voice, OUT));
        assert_refused(a, CHURN_E_ARG, churn_engine_themes(e, SPAN, &themes, OUT));
    }
    assert_refused(a, CHURN_E_ARG, churn_engine_kpi(e, &nothing, 1, SPAN, NULL, OUT));
}

static void arrays__counted_and_not_there__arg(void **state)
{
    asked *a = *state;
    churn_engine *e = a->c.engine;
    const churn_engine_survival_options times = {.struct_size = sizeof times, .time_count = 3};
    const churn_cohort_options events = {
        .struct_size = sizeof events, .what = CHURN_COHORT_ACTIVITY, .event_count = 2};
    const churn_engagement_options use = {.struct_size = sizeof use, .event_count = 2};
    const churn_theme_options words = {.struct_size = sizeof words, .stop_word_count = 2};
    const churn_theme_options tags = {.struct_size = sizeof tags, .tag_count = 2};
    const churn_theme_options weights = {.struct_size = sizeof weights, .lexicon_count = 2};
    assert_refused(a, CHURN_E_ARG, churn_engine_survival(e, NEW_YEAR, &times, OUT));
    assert_refused(a, CHURN_E_ARG, churn_engine_cohorts(e, SPAN, &events, OUT));
    assert_refused(a, CHURN_E_ARG, churn_engine_engagement(e, SPAN, &use, OUT));
    assert_refused(a, CHURN_E_ARG, churn_engine_themes(e, SPAN, &words, OUT));
    assert_refused(a, CHURN_E_ARG, churn_engine_themes(e, SPAN, &tags, OUT));
    assert_refused(a, CHURN_E_ARG, churn_engine_themes(e, SPAN, &weights, OUT));
}

static void words__that_are_none__arg(void **state)
{
    asked *a = *state;
    churn_engine *e = a->c.engine;
    static const int32_t wrong[] = {-1, 99, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const churn_kpi_options every = {.struct_size = sizeof every, .every = wrong[i]};
        const churn_kpi_options at = {.struct_size = sizeof at, .by_at = wrong[i]};
        const churn_ledger_options split = {.struct_size = sizeof split, .split = wrong[i] | 64};
        const churn_cohort_options what = {.struct_size = sizeof what, .what = wrong[i]};
        const churn_cohort_options mode = {.struct_size = sizeof mode, .mode = wrong[i]};
        const churn_engine_survival_options of = {.struct_size = sizeof of, .of = wrong[i]};
        const churn_engagement_options use = {.struct_size = sizeof use, .of = wrong[i]};
        assert_refused(a, CHURN_E_ARG, churn_engine_kpi(e, NULL, 0, SPAN, &every, OUT));
        assert_refused(a, CHURN_E_ARG, churn_engine_kpi(e, NULL, 0, SPAN, &at, OUT));
        assert_refused(a, CHURN_E_ARG, churn_engine_movements(e, SPAN, &split, OUT));
        assert_refused(a, CHURN_E_ARG, churn_engine_cohorts(e, SPAN, &what, OUT));
        assert_refused(a, CHURN_E_ARG, churn_engine_cohorts(e, SPAN, &mode, OUT));
        assert_refused(a, CHURN_E_ARG, churn_engine_survival(e, NEW_YEAR, &of, OUT));
        assert_refused(a, CHURN_E_ARG, churn_engine_engagement(e, SPAN, &use, OUT));
        assert_refused(a, CHURN_E_ARG, churn_engine_surveys(e, wrong[i], SPAN, NULL, OUT));
    }
}

static void spans__that_are_empty_or_beyond_time__range(void **state)
{
    static const churn_time spans[][2] = {
        {NEW_YEAR, NEW_YEAR}, {NEW_YEAR, YEAR_AGO}, {INT64_MIN, INT64_MAX}, {NEW_YEAR, INT64_MAX}};
    asked *a = *state;
    churn_engine *e = a->c.engine;
    const churn_funnel_step step = {.event = STR("login")};
    for (size_t i = 0; i < sizeof spans / sizeof *spans; i++) {
        const churn_time from = spans[i][0], to = spans[i][1];
        assert_refused(a, CHURN_E_RANGE, churn_engine_kpi(e, NULL, 0, from, to, NULL, OUT));
        assert_refused(a, CHURN_E_RANGE, churn_engine_movements(e, from, to, NULL, OUT));
        assert_refused(a, CHURN_E_RANGE, churn_engine_reconciliation(e, from, to, NULL, OUT));
        assert_refused(a, CHURN_E_RANGE, churn_engine_cohorts(e, from, to, NULL, OUT));
        assert_refused(a, CHURN_E_RANGE, churn_engine_engagement(e, from, to, NULL, OUT));
        assert_refused(a, CHURN_E_RANGE, churn_engine_adoption(e, from, to, NULL, OUT));
        assert_refused(a, CHURN_E_RANGE, churn_engine_funnel(e, &step, 1, from, to, NULL, OUT));
        assert_refused(a, CHURN_E_RANGE,
                       churn_engine_surveys(e, CHURN_SURVEY_NPS, from, to, NULL, OUT));
        assert_refused(a, CHURN_E_RANGE, churn_engine_nps_retention(e, from, to, NULL, OUT));
        assert_refused(a, CHURN_E_RANGE, churn_engine_themes(e, from, to, NULL, OUT));
    }
    assert_refused(a, CHURN_E_RANGE, churn_engine_survival(e, INT64_MIN, NULL, OUT));
    assert_refused(a, CHURN_E_RANGE, churn_engine_goals(e, INT64_MAX, NULL, OUT));
}

static void kpi__more_periods_than_there_may_be__range(void **state)
{
    asked *a = *state;
    const churn_kpi_options days = {.struct_size = sizeof days, .every = CHURN_EVERY_DAY};
    const churn_time from = NEW_YEAR - 100001 * DAY;
    assert_refused(a, CHURN_E_RANGE,
                   churn_engine_kpi(a->c.engine, NULL, 0, from, NEW_YEAR, &days, OUT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(options__of_another_size__abi, open_company, close_company),
        cmocka_unit_test_setup_teardown(by__counted_and_not_there__arg, open_company,
                                        close_company),
        cmocka_unit_test_setup_teardown(arrays__counted_and_not_there__arg, open_company,
                                        close_company),
        cmocka_unit_test_setup_teardown(words__that_are_none__arg, open_company, close_company),
        cmocka_unit_test_setup_teardown(spans__that_are_empty_or_beyond_time__range, open_company,
                                        close_company),
        cmocka_unit_test_setup_teardown(kpi__more_periods_than_there_may_be__range, open_company,
                                        close_company),
    };
    return RUN_TESTS(tests);
}
