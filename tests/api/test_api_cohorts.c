/* SPDX-License-Identifier: MIT */
#include "company.h"

/*
 * Cohorts, engagement and funnels on the company of company.h: all three customers began on
 * 2025-06-15 and pay 99, 199 and 49; cold left on 2025-12-30. acme logged in on each of the last 60
 * days of 2025, blue paid on 1 December and logged in on the 2nd.
 */
#define JUNE (NEW_YEAR - 214 * DAY)
#define DECEMBER (NEW_YEAR - 31 * DAY)

static void assert_near(double value, double want, double within)
{
    if (!(value - want <= within && want - value <= within)) {
        fail_msg("%.17g is not %.17g", value, want);
    }
}

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
    churn_table_free(a->table);
    company_close(&a->c);
    free(a);
    return 0;
}

static void ask_cohorts(asked *a, const churn_cohort_options *options)
{
    churn_table_free(a->table);
    churn_status st =
        churn_engine_cohorts(a->c.engine, JUNE, NEW_YEAR, options, &a->table, &a->err);
    if (st != CHURN_OK) {
        print_message("# %s\n", a->err.message);
    }
    assert_int_equal(st, CHURN_OK);
}

static bool cell_bool(const churn_table *table, uint64_t row, const char *column)
{
    return churn_table_bool(table, row, churn_table_find(table, column, CHURN_NTS));
}

/* ---- cohorts ---- */

static void cohorts__customers_by_month__are_those_at_ends_of_months(void **state)
{
    asked *a = *state;
    ask_cohorts(a, NULL);
    assert_int_equal(churn_table_row_count(a->table), 14); /* seven months, and their averages */
    for (uint64_t age = 0; age < 7; age++) {
        assert_string_equal(cell_text(a->table, age, "cohort"), "2025-06");
        assert_int_equal(cell_int(a->table, age, "age"), age);
        assert_int_equal(cell_int(a->table, age, "members"), 3);
        assert_int_equal(cell_int(a->table, age, "observed"), 3);
        assert_true(cell_bool(a->table, age, "complete"));
        assert_near(cell_number(a->table, age, "numerator"), age < 6 ? 3 : 2, 0);
        assert_near(cell_number(a->table, age, "value"), age < 6 ? 1 : 2.0 / 3, 1e-15);
    }
    /* Wilson, 2 of 3. */
    assert_near(cell_number(a->table, 6, "low"), 0.20765960080204776, 1e-12);
    assert_near(cell_number(a->table, 6, "high"), 0.9385080552796037, 1e-12);
    assert_true(cell_null(a->table, 7, "cohort"));
    assert_true(cell_bool(a->table, 7, "average"));
    assert_near(cell_number(a->table, 13, "value"), 2.0 / 3, 1e-15);
}

static void cohorts__unit_that_runs__stands_apart(void **state)
{
    asked *a = *state;
    churn_cohort_options options = {.struct_size = sizeof options, .as_of = NEW_YEAR - DAY / 2};
    ask_cohorts(a, &options);
    assert_int_equal(churn_table_row_count(a->table), 13); /* no average of the month that runs */
    assert_near(cell_number(a->table, 6, "value"), 2.0 / 3, 1e-15);
    assert_int_equal(cell_int(a->table, 6, "observed"), 0);
    assert_false(cell_bool(a->table, 6, "complete"));
    assert_int_equal(cell_int(a->table, 12, "age"), 5);
}

static void cohorts__money__is_mrr_of_those_who_began(void **state)
{
    asked *a = *state;
    churn_cohort_options options = {.struct_size = sizeof options,
                                    .what = CHURN_COHORT_GROSS_REVENUE,
                                    .every = CHURN_EVERY_QUARTER};
    ask_cohorts(a, &options);
    assert_string_equal(cell_text(a->table, 0, "cohort"), "2025-Q2");
    assert_string_equal(cell_text(a->table, 0, "unit"), "USD");
    assert_near(cell_number(a->table, 0, "cohort_size"), 347, 0);
    assert_near(cell_number(a->table, 2, "numerator"), 347, 0); /* cold left by a record */
    assert_near(cell_number(a->table, 2, "value"), 1, 0);
    assert_true(cell_null(a->table, 2, "low"));
}

static void cohorts__activity__is_on_or_on_and_after(void **state)
{
    asked *a = *state;
    churn_cohort_options options = {.struct_size = sizeof options, .what = CHURN_COHORT_ACTIVITY};
    const double on[] = {0, 0, 0, 0, 0, 1, 2};
    ask_cohorts(a, &options);
    for (uint64_t age = 0; age < 7; age++) {
        assert_near(cell_number(a->table, age, "numerator"), on[age], 0);
    }
    options.mode = CHURN_RETAINED_ON_OR_AFTER;
    ask_cohorts(a, &options);
    for (uint64_t age = 0; age < 7; age++) {
        assert_near(cell_number(a->table, age, "numerator"), 2, 0);
    }
    churn_str payment = STR("payment"), login = STR("login");
    options = (churn_cohort_options){.struct_size = sizeof options,
                                     .what = CHURN_COHORT_ACTIVITY,
                                     .every = CHURN_EVERY_WEEK,
                                     .events = &payment,
                                     .event_count = 1,
                                     .start_events = &login,
                                     .start_event_count = 1};
    ask_cohorts(a, &options);
    assert_string_equal(cell_text(a->table, 0, "cohort"), "2025-W44"); /* acme, 2 November */
    assert_near(cell_number(a->table, 0, "numerator"), 0, 0);
    assert_int_equal(churn_table_row_count(a->table), 10 + 5 + 9);
    assert_string_equal(cell_text(a->table, 10, "cohort"), "2025-W49"); /* blue, 2 December: the
                                                     payment of the day before was too early */
    assert_near(cell_number(a->table, 10, "numerator"), 0, 0);
}

static void cohorts__by_groups__follow_attributes_and_the_start(void **state)
{
    asked *a = *state;
    churn_str by[] = {STR("owner"), STR("start")};
    churn_cohort_options options = {
        .struct_size = sizeof options, .every = CHURN_EVERY_YEAR, .by = by, .by_count = 1};
    ask_cohorts(a, &options);
    assert_int_equal(churn_table_row_count(a->table), 3);
    assert_string_equal(cell_text(a->table, 0, "owner"), "ana");
    assert_string_equal(cell_text(a->table, 0, "cohort"), "ana");
    assert_near(cell_number(a->table, 0, "value"), 0.5, 0);
    assert_string_equal(cell_text(a->table, 1, "cohort"), "bo");
    assert_true(cell_null(a->table, 2, "owner"));
    assert_near(cell_number(a->table, 2, "value"), 2.0 / 3, 1e-15);
    options.by_count = 2;
    ask_cohorts(a, &options);
    assert_int_equal(churn_table_row_count(a->table), 4); /* each owner has an average */
    assert_string_equal(cell_text(a->table, 0, "cohort"), "2025");
    assert_string_equal(cell_text(a->table, 1, "owner"), "ana");
    assert_true(cell_bool(a->table, 1, "average"));
}

static void cohorts__wrong_options__are_refused(void **state)
{
    asked *a = *state;
    churn_str none = STR("logn"), policy = STR("strip");
    const struct {
        churn_cohort_options options;
        churn_status st;
        const char *message;
    } cases[] = {
        {{.what = 4}, CHURN_E_ARG, "what is none of"},
        {{.mode = 2}, CHURN_E_ARG, "mode is none of"},
        {{.every = 6}, CHURN_E_ARG, "every is none of"},
        {{.what = 1, .mode = 1}, CHURN_E_ARG, "not of money"},
        {{.events = &none, .event_count = 1}, CHURN_E_ARG, "activity alone"},
        {{.what = 3, .event_count = 1}, CHURN_E_ARG, "NULL"},
        {{.what = 3, .events = &none, .event_count = 1}, CHURN_E_NOT_FOUND, "did you mean `login`"},
        {{.what = 3, .start_events = &none, .start_event_count = 1}, CHURN_E_NOT_FOUND, "login"},
        {{.by = &none, .by_count = 1}, CHURN_E_NOT_FOUND, "`logn`"},
        {{.policy = policy}, CHURN_E_NOT_FOUND, "did you mean `stripe`"},
        {{.level = 1}, CHURN_E_RANGE, "level"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        churn_cohort_options options = cases[i].options;
        options.struct_size = sizeof options;
        churn_table *table = NULL;
        assert_int_equal(
            churn_engine_cohorts(a->c.engine, JUNE, NEW_YEAR, &options, &table, &a->err),
            cases[i].st);
        assert_null(table);
        if (strstr(a->err.message, cases[i].message) == NULL) {
            fail_msg("case %zu: %s", i, a->err.message);
        }
    }
    churn_table *table = NULL;
    assert_int_equal(churn_engine_cohorts(a->c.engine, JUNE, JUNE, NULL, &table, NULL),
                     CHURN_E_RANGE);
    assert_int_equal(churn_engine_cohorts(a->c.engine, JUNE, NEW_YEAR, NULL, NULL, NULL),
                     CHURN_E_ARG);
}

/* ---- engagement ---- */

static void engagement__december__is_the_distribution_of_days(void **state)
{
    asked *a = *state;
    assert_int_equal(
        churn_engine_engagement(a->c.engine, DECEMBER, NEW_YEAR, NULL, &a->table, &a->err),
        CHURN_OK);
    assert_int_equal(churn_table_row_count(a->table), 32);
    const int64_t at_least[] = {3, 2, 2, 1};
    for (uint64_t day = 0; day < 32; day++) {
        assert_int_equal(cell_int(a->table, day, "days"), day);
        assert_int_equal(cell_int(a->table, day, "customers"), day == 0 || day == 2 || day == 31);
        assert_int_equal(cell_int(a->table, day, "at_least"), at_least[day < 3 ? day : 3]);
    }
    assert_near(cell_number(a->table, 31, "active_share"), 0.5, 0);
    assert_near(cell_number(a->table, 31, "at_least_share"), 1.0 / 3, 1e-15);
    assert_true(cell_null(a->table, 0, "active_share"));
}

static void engagement__users__are_counted_where_they_are_named(void **state)
{
    asked *a = *state;
    churn_str login = STR("login");
    churn_engagement_options options = {
        .struct_size = sizeof options, .of = CHURN_OF_USERS, .events = &login, .event_count = 1};
    assert_int_equal(
        churn_engine_engagement(a->c.engine, DECEMBER, NEW_YEAR, &options, &a->table, &a->err),
        CHURN_OK);
    assert_int_equal(churn_table_row_count(a->table), 31);
    assert_int_equal(cell_int(a->table, 0, "days"), 1);
    assert_int_equal(cell_int(a->table, 0, "users"), 1); /* blue's ann is not acme's */
    assert_int_equal(cell_int(a->table, 30, "users"), 1);
}

static void engagement__adoption__is_a_row_a_type(void **state)
{
    asked *a = *state;
    assert_int_equal(
        churn_engine_adoption(a->c.engine, DECEMBER, NEW_YEAR, NULL, &a->table, &a->err), CHURN_OK);
    assert_int_equal(churn_table_row_count(a->table), 2);
    assert_string_equal(cell_text(a->table, 0, "event"), "login");
    assert_int_equal(cell_int(a->table, 0, "used_by"), 2);
    assert_int_equal(cell_int(a->table, 0, "customers"), 3);
    assert_int_equal(cell_int(a->table, 0, "first_time"), 1);
    assert_int_equal(cell_int(a->table, 0, "events"), 32);
    assert_near(cell_number(a->table, 1, "share"), 1.0 / 3, 1e-15);
}

static void engagement__wrong_options__are_refused(void **state)
{
    asked *a = *state;
    churn_table *table = NULL;
    churn_engagement_options options = {.struct_size = sizeof options, .of = 2};
    assert_int_equal(
        churn_engine_engagement(a->c.engine, DECEMBER, NEW_YEAR, &options, &table, NULL),
        CHURN_E_ARG);
    options.of = CHURN_OF_USERS;
    assert_int_equal(churn_engine_adoption(a->c.engine, DECEMBER, NEW_YEAR, &options, &table, NULL),
                     CHURN_E_ARG);
    options = (churn_engagement_options){.struct_size = sizeof options, .by_at = 2};
    assert_int_equal(churn_engine_adoption(a->c.engine, DECEMBER, NEW_YEAR, &options, &table, NULL),
                     CHURN_E_ARG);
    options = (churn_engagement_options){.struct_size = sizeof options, .as_of = DECEMBER};
    assert_int_equal(
        churn_engine_engagement(a->c.engine, DECEMBER, NEW_YEAR, &options, &table, NULL),
        CHURN_E_RANGE);
    options = (churn_engagement_options){.struct_size = sizeof options, .event_count = 1};
    assert_int_equal(
        churn_engine_engagement(a->c.engine, DECEMBER, NEW_YEAR, &options, &table, NULL),
        CHURN_E_ARG);
}

/* ---- funnels ---- */

static void ask_funnel(asked *a, const churn_funnel_step *steps, uint32_t count,
                       const churn_funnel_options *options)
{
    churn_table_free(a->table);
    churn_status st =
        churn_engine_funnel(a->c.engine, steps, count, JUNE, NEW_YEAR, options, &a->table, &a->err);
    if (st != CHURN_OK) {
        print_message("# %s\n", a->err.message);
    }
    assert_int_equal(st, CHURN_OK);
}

static void funnel__steps__count_from_the_step_before(void **state)
{
    asked *a = *state;
    churn_funnel_step steps[] = {{.event = STR("payment")},
                                 {.event = STR("login"), .name = STR("back")},
                                 {.event = STR("login")}};
    ask_funnel(a, steps, 3, NULL);
    assert_int_equal(churn_table_row_count(a->table), 3);
    assert_int_equal(cell_int(a->table, 0, "reached"), 1);
    assert_true(cell_null(a->table, 0, "drop_off"));
    assert_string_equal(cell_text(a->table, 1, "name"), "back");
    assert_int_equal(cell_int(a->table, 1, "reached"), 1);
    assert_near(cell_number(a->table, 1, "median_days"), 1, 0);
    assert_int_equal(cell_int(a->table, 2, "reached"), 0); /* one login is one step */
    assert_int_equal(cell_int(a->table, 2, "drop_off"), 1);
    assert_true(cell_null(a->table, 2, "median_days"));
}

static void funnel__within__sets_those_apart_whose_time_is_not_over(void **state)
{
    asked *a = *state;
    churn_funnel_step steps[] = {{.event = STR("login")},
                                 {.event = STR("login"), .where = STR("value > 12.0")},
                                 {.event = STR("login"), .where = STR("value > 13.0")}};
    churn_funnel_options options = {
        .struct_size = sizeof options, .within = 2 * DAY, .as_of = NEW_YEAR - 30 * DAY + DAY};
    ask_funnel(a, steps, 3, &options);
    assert_int_equal(cell_int(a->table, 0, "reached"), 1); /* acme; blue entered a day ago */
    assert_int_equal(cell_int(a->table, 0, "open"), 1);
    assert_int_equal(cell_int(a->table, 1, "reached"), 1);
    assert_int_equal(cell_int(a->table, 1, "open"), 0);
    assert_int_equal(cell_int(a->table, 2, "reached"), 0);
}

static void funnel__wrong_steps__are_told_by_number(void **state)
{
    asked *a = *state;
    const struct {
        churn_funnel_step step;
        int32_t of;
        churn_status st;
        const char *message;
    } cases[] = {
        {{.event = {NULL, 0}}, 0, CHURN_E_ARG, "step 2: give an event or a milestone"},
        {{.event = STR("login"), .milestone = STR("live")}, 0, CHURN_E_ARG, "an event or"},
        {{.milestone = STR("live")}, 1, CHURN_E_ARG, "of customers"},
        {{.milestone = STR("live"), .where = STR("true")}, 0, CHURN_E_ARG, "of events"},
        {{.event = STR("logins")}, 0, CHURN_E_NOT_FOUND, "did you mean `login`"},
        {{.event = STR("login"), .where = STR("valu > 1.0")}, 0, CHURN_E_NOT_FOUND, "value"},
        {{.event = STR("login"), .where = STR("value")}, 0, CHURN_E_TYPE, "bool"},
        {{.event = STR("\xff")}, 0, CHURN_E_UTF8, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        churn_table *table = NULL;
        churn_funnel_step steps[] = {{.event = STR("login")}, cases[i].step};
        churn_funnel_options options = {.struct_size = sizeof options, .of = cases[i].of};
        churn_status st =
            churn_engine_funnel(a->c.engine, steps, 2, JUNE, NEW_YEAR, &options, &table, &a->err);
        assert_null(table);
        if (st != cases[i].st || strstr(a->err.message, cases[i].message) == NULL) {
            fail_msg("case %zu: %d %s", i, st, a->err.message);
        }
        assert_int_equal(a->err.row, 1);
    }
}

static void funnel__wrong_options__are_refused(void **state)
{
    asked *a = *state;
    churn_table *table = NULL;
    churn_funnel_step steps[CHURN_FUNNEL_STEPS + 1];
    for (uint32_t i = 0; i <= CHURN_FUNNEL_STEPS; i++) {
        steps[i] = (churn_funnel_step){.event = STR("login")};
    }
    const struct {
        churn_funnel_options options;
        uint32_t count;
        churn_status st;
    } cases[] = {
        {{.of = 0}, 0, CHURN_E_ARG},
        {{.of = 0}, CHURN_FUNNEL_STEPS + 1, CHURN_E_ARG},
        {{.of = 2}, 1, CHURN_E_ARG},
        {{.within = -1}, 1, CHURN_E_RANGE},
        {{.any_order = 2}, 1, CHURN_E_ARG},
        {{.by_at = -1}, 1, CHURN_E_ARG},
        {{.by_count = 1}, 1, CHURN_E_ARG},
        {{.level = -0.5}, 1, CHURN_E_RANGE},
        {{.of = 0}, CHURN_FUNNEL_STEPS, CHURN_OK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        churn_funnel_options options = cases[i].options;
        options.struct_size = sizeof options;
        churn_status st = churn_engine_funnel(a->c.engine, steps, cases[i].count, JUNE, NEW_YEAR,
                                              &options, &table, &a->err);
        if (st != cases[i].st) {
            fail_msg("case %zu: %d %s", i, st, a->err.message);
        }
        churn_table_free(table);
        table = NULL;
    }
}

int main(void)
{
#define ON_COMPANY(test) cmocka_unit_test_setup_teardown(test, open_company, close_company)
    const struct CMUnitTest group[] = {
        ON_COMPANY(cohorts__customers_by_month__are_those_at_ends_of_months),
        ON_COMPANY(cohorts__unit_that_runs__stands_apart),
        ON_COMPANY(cohorts__money__is_mrr_of_those_who_began),
        ON_COMPANY(cohorts__activity__is_on_or_on_and_after),
        ON_COMPANY(cohorts__by_groups__follow_attributes_and_the_start),
        ON_COMPANY(cohorts__wrong_options__are_refused),
        ON_COMPANY(engagement__december__is_the_distribution_of_days),
        ON_COMPANY(engagement__users__are_counted_where_they_are_named),
        ON_COMPANY(engagement__adoption__is_a_row_a_type),
        ON_COMPANY(engagement__wrong_options__are_refused),
        ON_COMPANY(funnel__steps__count_from_the_step_before),
        ON_COMPANY(funnel__within__sets_those_apart_whose_time_is_not_over),
        ON_COMPANY(funnel__wrong_steps__are_told_by_number),
        ON_COMPANY(funnel__wrong_options__are_refused),
    };
    return RUN_TESTS(group);
}
