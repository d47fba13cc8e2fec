/* SPDX-License-Identifier: MIT */
#include "company.h"

/* Misuse is CHURN_E_ARG and never a crash: NULL in every place that must not be NULL. */

#define assert_arg(call) assert_int_equal((call), CHURN_E_ARG)

static void playbook__null__arg(void **state)
{
    (void)state;
    churn_playbook *playbook = NULL;
    churn_table *table = NULL;
    churn_buffer *buffer = NULL;
    churn_time at = 0;
    churn_str name = churn_playbook_name(NULL);
    assert_arg(churn_playbook_open(NULL, NULL, &playbook, NULL, NULL));
    assert_arg(churn_playbook_open("x.yaml", NULL, NULL, NULL, NULL));
    assert_arg(churn_playbook_parse(NULL, 0, NULL, &playbook, NULL, NULL));
    assert_arg(churn_playbook_parse("a: b", CHURN_NTS, NULL, NULL, NULL, NULL));
    assert_arg(churn_playbook_contents(NULL, &table, NULL));
    assert_arg(churn_playbook_diff(NULL, NULL, &table, NULL));
    assert_arg(churn_playbook_metrics(NULL, &table, NULL));
    assert_arg(churn_playbook_factors(NULL, &table, NULL));
    assert_arg(churn_playbook_time(NULL, "2026-01-01", CHURN_NTS, &at, NULL));
    assert_arg(churn_playbook_time_text(NULL, 0, NULL, 0, NULL, NULL));
    assert_arg(churn_playbook_schema(NULL, NULL));
    assert_arg(churn_playbook_diff_text(NULL, NULL, &buffer, NULL));
    assert_null(buffer);
    assert_arg(churn_playbook_test_some(NULL, NULL, NULL, NULL, &table, NULL));
    assert_arg(churn_playbook_test(NULL, NULL, NULL, &table, NULL));
    assert_int_equal(name.len, 0);
    assert_int_equal(churn_playbook_hash(NULL), 0);
    assert_int_equal(churn_playbook_interval(NULL), 0);
    assert_int_equal(churn_playbook_memory(NULL), 0);
    churn_playbook_free(NULL);
    assert_ok(churn_playbook_schema(&buffer, NULL));
    assert_true(churn_buffer_size(buffer) > 1000);
    assert_non_null(churn_buffer_data(buffer));
    churn_buffer_free(buffer);
    assert_null(churn_buffer_data(NULL));
    assert_int_equal(churn_buffer_size(NULL), 0);
    churn_buffer_free(NULL);
}

static void store__null__arg(void **state)
{
    (void)state;
    churn_store *store = NULL;
    uint64_t hash = 0;
    struct ArrowArrayStream stream = {.release = NULL};
    assert_arg(churn_store_create(NULL, NULL, NULL));
    assert_ok(churn_store_create(NULL, &store, NULL));
    churn_store *stores[] = {NULL, store};
    for (size_t i = 0; i < 2; i++) {
        assert_arg(churn_store_add_customer(stores[i], NULL, NULL));
        assert_arg(churn_store_add_attribute(stores[i], NULL, NULL));
        assert_arg(churn_store_add_event(stores[i], NULL, NULL));
        assert_arg(churn_store_add_subscription(stores[i], NULL, NULL));
        assert_arg(churn_store_add_invoice(stores[i], NULL, NULL));
        assert_arg(churn_store_add_ticket(stores[i], NULL, NULL));
        assert_arg(churn_store_add_survey(stores[i], NULL, NULL));
        assert_arg(churn_store_add_churn(stores[i], NULL, NULL));
        assert_arg(churn_store_add_override(stores[i], NULL, NULL));
        assert_arg(churn_store_add_measure(stores[i], NULL, NULL));
        assert_arg(churn_store_add_customers(stores[i], NULL, NULL, NULL, NULL));
        assert_arg(churn_store_add_attributes(stores[i], NULL, NULL, NULL, NULL));
        assert_arg(churn_store_add_events(stores[i], NULL, NULL, NULL, NULL));
        assert_arg(churn_store_add_subscriptions(stores[i], NULL, NULL, NULL, NULL));
        assert_arg(churn_store_add_invoices(stores[i], NULL, NULL, NULL, NULL));
        assert_arg(churn_store_add_tickets(stores[i], NULL, NULL, NULL, NULL));
        assert_arg(churn_store_add_surveys(stores[i], NULL, NULL, NULL, NULL));
        assert_arg(churn_store_add_churns(stores[i], NULL, NULL, NULL, NULL));
        assert_arg(churn_store_add_overrides(stores[i], NULL, NULL, NULL, NULL));
        assert_arg(churn_store_add_measures(stores[i], NULL, NULL, NULL, NULL));
        assert_arg(churn_store_add_stream(stores[i], CHURN_RECORD_EVENT, NULL, NULL, NULL, NULL));
        assert_arg(
            churn_store_add_stream(stores[i], CHURN_RECORD_EVENT, &stream, NULL, NULL, NULL));
        assert_arg(churn_store_add_stream(stores[i], 99, &stream, NULL, NULL, NULL));
        assert_arg(churn_store_retract(stores[i], CHURN_RECORD_TICKET, NULL, NULL));
        assert_arg(churn_store_mark(stores[i], NULL, 0, 0, 0, NULL));
    }
    assert_arg(churn_store_hash(NULL, &hash, NULL));
    assert_arg(churn_store_hash(store, NULL, NULL));
    churn_table *table = NULL;
    churn_span span = {.struct_size = sizeof span};
    for (size_t i = 0; i < 2; i++) {
        churn_table **out = stores[i] ? NULL : &table;
        assert_arg(churn_store_records(stores[i], CHURN_RECORD_EVENT, NULL, out, NULL));
        assert_arg(churn_store_sources(stores[i], CHURN_TIME_NONE, out, NULL));
        assert_arg(churn_store_story(stores[i], "acme", CHURN_NTS, NULL, out, NULL));
    }
    assert_arg(churn_store_span(NULL, CHURN_RECORD_EVENT, NULL, &span, NULL));
    assert_arg(churn_store_span(store, CHURN_RECORD_EVENT, NULL, NULL, NULL));
    assert_arg(churn_store_story(store, NULL, 0, NULL, &table, NULL));
    assert_int_equal(churn_store_customer_count(NULL), 0);
    assert_int_equal(churn_store_record_count(NULL, CHURN_RECORD_EVENT), 0);
    assert_int_equal(churn_store_record_count(store, 99), 0);
    assert_int_equal(churn_store_version(NULL), 0);
    assert_int_equal(churn_store_memory(NULL), 0);
    churn_store_free(store);
    churn_store_free(NULL);
    churn_record_init(CHURN_RECORD_EVENT, NULL, 0);
}

static void engine__null__arg(void **state)
{
    company c = {.playbook = NULL};
    churn_engine *none = NULL, *made = NULL;
    churn_table *table = NULL;
    churn_buffer *buffer = NULL;
    uint64_t hash = 0;
    const churn_str preset = STR("stripe");
    const churn_time date = NEW_YEAR;
    (void)state;
    company_open(&c);
    assert_arg(churn_engine_create(NULL, c.store, NULL, &made, NULL));
    assert_arg(churn_engine_create(c.playbook, NULL, NULL, &made, NULL));
    assert_arg(churn_engine_create(c.playbook, c.store, NULL, NULL, NULL));
    churn_engine *engines[] = {none, c.engine};
    for (size_t i = 0; i < 2; i++) {
        churn_engine *e = engines[i];
        churn_table **out = e ? NULL : &table; /* a NULL engine, then a NULL out-parameter */
        assert_arg(churn_engine_metrics(e, &date, 1, NULL, out, NULL));
        assert_arg(churn_engine_missing(e, date, NULL, out, NULL));
        assert_arg(churn_engine_quality(e, date, NULL, out, NULL));
        assert_arg(churn_engine_scores(e, &date, 1, NULL, out, NULL));
        assert_arg(churn_engine_explain(e, "acme", CHURN_NTS, date, NULL, out, NULL));
        assert_arg(churn_engine_explain_change(e, "acme", CHURN_NTS, date, date, NULL, out, NULL));
        assert_arg(churn_engine_evidence(e, "acme", CHURN_NTS, "mrr", CHURN_NTS, CHURN_TIME_NONE,
                                         date, NULL, out, NULL));
        assert_arg(churn_engine_query(e, "", 0, date, NULL, out, NULL, NULL, NULL, NULL));
        assert_arg(churn_engine_why(e, "acme", CHURN_NTS, "low", CHURN_NTS, date, out, NULL));
        assert_arg(churn_engine_targets(e, "acme", CHURN_NTS, date, NULL, out, NULL));
        assert_arg(churn_engine_lint(e, date, NULL, out, NULL));
        assert_arg(churn_engine_what_if(e, "acme", CHURN_NTS, date, NULL, 0, NULL, out, NULL));
        assert_arg(churn_engine_at_risk(e, date, NULL, out, NULL));
        assert_arg(churn_engine_trends(e, date, NULL, out, NULL));
        assert_arg(churn_engine_band_changes(e, NULL, out, NULL));
        assert_arg(churn_engine_kpi(e, NULL, 0, date, date + DAY, NULL, out, NULL));
        assert_arg(churn_engine_movements(e, date, date + DAY, NULL, out, NULL));
        assert_arg(churn_engine_survival(e, date, NULL, out, NULL));
        assert_arg(churn_engine_survival_summary(e, date, NULL, out, NULL));
        assert_arg(churn_engine_survival_test(e, date, NULL, out, NULL));
        assert_arg(churn_engine_competing_risks(e, date, NULL, out, NULL));
        assert_arg(churn_engine_surveys(e, CHURN_SURVEY_NPS, date, date + DAY, NULL, out, NULL));
        assert_arg(churn_engine_nps_retention(e, date, date + DAY, NULL, out, NULL));
        assert_arg(churn_engine_themes(e, date, date + DAY, NULL, out, NULL));
        assert_arg(churn_engine_cohorts(e, date, date + DAY, NULL, out, NULL));
        assert_arg(churn_engine_engagement(e, date, date + DAY, NULL, out, NULL));
        assert_arg(churn_engine_adoption(e, date, date + DAY, NULL, out, NULL));
        assert_arg(churn_engine_funnel(e, NULL, 0, date, date + DAY, NULL, out, NULL));
        assert_arg(churn_engine_reconciliation(e, date, date + DAY, NULL, out, NULL));
        assert_arg(churn_engine_compare_policies(e, &preset, 1, NULL, 0, date, date + DAY, NULL,
                                                 out, NULL));
        assert_arg(churn_engine_disagreements(e, date, NULL, out, NULL));
        assert_arg(churn_engine_reference(e, e ? NULL : "logins", CHURN_NTS, date, NULL, &table,
                                          NULL, NULL));
        assert_arg(churn_engine_story(e, "acme", CHURN_NTS, date, NULL, out, NULL));
        assert_arg(churn_engine_run_summary(e, out, NULL));
        assert_arg(churn_engine_episodes(e, out, NULL));
        assert_arg(churn_engine_actions(e, NULL, out, NULL));
        assert_arg(churn_engine_save(e, e ? NULL : &buffer, NULL));
        assert_arg(churn_engine_hash(e, e ? NULL : &hash, NULL));
        assert_arg(churn_engine_acknowledge(e, NULL, 1, NULL));
        assert_arg(churn_engine_complete(e, NULL, 0, "done", CHURN_NTS, date, NULL));
        assert_arg(churn_engine_set_playbook(e, NULL, NULL));
    }
    assert_arg(churn_engine_metrics(c.engine, NULL, 1, NULL, &table, NULL));
    assert_arg(churn_engine_metrics(c.engine, &date, 0, NULL, &table, NULL));
    assert_arg(churn_engine_compare_policies(c.engine, NULL, 1, NULL, 0, date, date + DAY, NULL,
                                             &table, NULL));
    assert_arg(churn_engine_kpi(c.engine, NULL, 1, date, date + DAY, NULL, &table, NULL));
    assert_arg(churn_figures(NULL, NULL));
    assert_arg(churn_engine_funnel(c.engine, NULL, 1, date, date + DAY, NULL, &table, NULL));
    assert_arg(churn_engine_explain(c.engine, NULL, 0, date, NULL, &table, NULL));
    assert_arg(churn_engine_impact(NULL, c.playbook, &date, 1, NULL, NULL, NULL, NULL, NULL));
    assert_arg(churn_engine_impact(c.engine, NULL, &date, 1, NULL, NULL, NULL, NULL, NULL));
    assert_arg(churn_engine_impact(c.engine, c.playbook, NULL, 1, NULL, NULL, NULL, NULL, NULL));
    assert_arg(churn_engine_advance(NULL, date, NULL, NULL, NULL));
    assert_arg(churn_engine_replay(NULL, date, date, 0, NULL, NULL, NULL));
    assert_arg(churn_engine_warm_up(NULL, date, date, NULL, NULL, NULL));
    assert_arg(churn_engine_load(NULL, 0, c.playbook, c.store, &made, NULL));
    assert_arg(churn_engine_load("x", 1, c.playbook, c.store, NULL, NULL));
    assert_true(churn_engine_as_of(NULL) == CHURN_TIME_NONE);
    assert_int_equal(churn_engine_memory(NULL), 0);
    churn_engine_free(NULL);
    company_close(&c);
    assert_int_equal(churn_live_handles(), 0);
}

static void statistics__null__arg(void **state)
{
    churn_table *table = NULL;
    const churn_survival_data data = {.struct_size = sizeof data, .row_count = 1};
    const churn_survival_data none = {.struct_size = sizeof none};
    const int64_t count = 1;
    const double share = 0.5;
    (void)state;
    assert_arg(churn_survival(NULL, NULL, &table, NULL));
    assert_arg(churn_survival(&data, NULL, &table, NULL)); /* rows without times */
    assert_arg(churn_survival(&none, NULL, NULL, NULL));
    assert_arg(churn_survival_summary(NULL, NULL, &table, NULL));
    assert_arg(churn_survival_summary(&none, NULL, NULL, NULL));
    assert_arg(churn_survival_quantiles(NULL, &share, 1, NULL, &table, NULL));
    assert_arg(churn_survival_quantiles(&none, NULL, 1, NULL, &table, NULL));
    assert_arg(churn_survival_quantiles(&none, &share, 1, NULL, NULL, NULL));
    assert_arg(churn_survival_test(NULL, NULL, &table, NULL));
    assert_arg(churn_survival_test(&none, NULL, NULL, NULL));
    assert_arg(churn_competing_risks(NULL, NULL, &table, NULL));
    assert_arg(churn_competing_risks(&none, NULL, NULL, NULL));
    assert_arg(churn_proportion(NULL, &count, 1, 0, 0.0, &table, NULL));
    assert_arg(churn_proportion(&count, NULL, 1, 0, 0.0, &table, NULL));
    assert_arg(churn_proportion(&count, &count, 1, 3, 0.0, &table, NULL));
    assert_arg(churn_proportion(&count, &count, 1, 0, 0.0, NULL, NULL));
    assert_arg(churn_proportion_difference(1, 2, 1, 2, 0.0, NULL, NULL));
    assert_arg(churn_poisson_rate(NULL, &share, 1, 0.0, &table, NULL));
    assert_arg(churn_poisson_rate(&count, NULL, 1, 0.0, &table, NULL));
    assert_arg(churn_poisson_rate(&count, &share, 1, 0.0, NULL, NULL));
    assert_int_equal(churn_live_handles(), 0);
}

static void expression__null__arg(void **state)
{
    (void)state;
    churn_buffer *buffer = NULL;
    churn_expression *made = NULL;
    churn_table *table = NULL;
    churn_outcome outcome = 0;
    struct ArrowArrayStream stream = {.release = NULL};
    const churn_variable x = {STR("x"), CHURN_TYPE_DOUBLE, 0};
    assert_arg(churn_expression_compile(NULL, 0, &x, 1, NULL, &made, NULL));
    assert_arg(churn_expression_compile("x > 1.0", CHURN_NTS, NULL, 1, NULL, &made, NULL));
    assert_arg(churn_expression_compile("x > 1.0", CHURN_NTS, &x, 1, NULL, NULL, NULL));
    assert_arg(churn_expression_evaluate(NULL, NULL, 0, &outcome, NULL, NULL));
    assert_arg(churn_expression_evaluate_columns(NULL, NULL, 0, 0, NULL, &table, NULL));
    assert_arg(churn_expression_evaluate_stream(NULL, &stream, NULL, &table, NULL));
    assert_ok(churn_expression_compile("x > 1.0", CHURN_NTS, &x, 1, NULL, &made, NULL));
    assert_arg(churn_expression_evaluate(made, NULL, 1, &outcome, NULL, NULL));
    assert_arg(churn_expression_evaluate_columns(made, NULL, 1, 1, NULL, &table, NULL));
    assert_arg(churn_expression_evaluate_stream(made, NULL, NULL, &table, NULL));
    assert_arg(churn_expression_functions(NULL, NULL));
    assert_arg(churn_expression_format(NULL, 0, NULL, &buffer, NULL));
    assert_arg(churn_expression_format("x", 1, NULL, NULL, NULL));
    assert_arg(churn_expression_check(NULL, 0, &x, 1, NULL, &table, NULL));
    assert_arg(churn_expression_check("x", 1, NULL, 1, NULL, &table, NULL));
    assert_arg(churn_expression_check("x", 1, &x, 1, NULL, NULL, NULL));
    assert_int_equal(churn_expression_type(NULL), 0);
    assert_int_equal(churn_expression_text(NULL).len, 0);
    assert_false(churn_expression_uses(NULL, 0));
    assert_true(churn_expression_uses(made, 0));
    assert_false(churn_expression_uses(made, 1));
    assert_true(churn_expression_can_be_unknown(made));
    assert_false(churn_expression_can_be_unknown(NULL));
    churn_expression_free(made);
    churn_expression_free(NULL);
}

static void table__null__empty(void **state)
{
    (void)state;
    struct ArrowArrayStream stream = {.release = NULL};
    churn_table *table = NULL;
    assert_int_equal(churn_table_row_count(NULL), 0);
    assert_int_equal(churn_table_column_count(NULL), 0);
    assert_string_equal(churn_table_column_name(NULL, 0), "");
    assert_int_equal(churn_table_column_type(NULL, 0), 0);
    assert_true(churn_table_find(NULL, "x", CHURN_NTS) == CHURN_COLUMN_NONE);
    assert_true(churn_table_is_null(NULL, 0, 0));
    assert_true(churn_table_double(NULL, 0, 0) == 0.0);
    assert_int_equal(churn_table_int(NULL, 0, 0), 0);
    assert_false(churn_table_bool(NULL, 0, 0));
    assert_true(churn_table_time(NULL, 0, 0) == CHURN_TIME_NONE);
    assert_int_equal(churn_table_string(NULL, 0, 0).len, 0);
    assert_null(churn_table_column_data(NULL, 0));
    assert_null(churn_table_column_bytes(NULL, 0));
    assert_null(churn_table_column_valid(NULL, 0));
    assert_int_equal(churn_table_memory(NULL), 0);
    assert_arg(churn_table_export(NULL, &stream, NULL));
    assert_arg(churn_table_import(NULL, &table, NULL));
    churn_table_free(NULL);
}

static void rest__null__harmless(void **state)
{
    (void)state;
    churn_time at = 0;
    uint64_t done = 1, total = 1;
    assert_arg(churn_cancel_create(NULL, NULL));
    churn_cancel_set(NULL);
    assert_false(churn_cancel_is_set(NULL));
    churn_cancel_progress(NULL, &done, &total);
    assert_int_equal(done + total, 0);
    churn_cancel_free(NULL);
    assert_arg(churn_time_parse(NULL, 0, &at, NULL));
    assert_arg(churn_time_parse("2026-01-01", CHURN_NTS, NULL, NULL));
    churn_table *table = NULL;
    churn_anomaly_data nothing = {.struct_size = sizeof nothing, .count = 3};
    assert_arg(churn_change_points(NULL, 3, NULL, &table, NULL));
    assert_arg(churn_change_points(NULL, 0, NULL, NULL, NULL));
    assert_arg(churn_cusum(NULL, 3, NULL, &table, NULL));
    assert_arg(churn_cusum(NULL, 0, NULL, NULL, NULL));
    assert_arg(churn_engine_goals(NULL, 0, NULL, &table, NULL));
    assert_arg(churn_engine_goals(NULL, 0, NULL, NULL, NULL));
    assert_arg(churn_engine_benchmarks(NULL, 0, 1, NULL, &table, NULL));
    assert_arg(churn_engine_benchmarks(NULL, 0, 1, NULL, NULL, NULL));
    assert_arg(churn_engine_anomalies(NULL, NULL, 0, 0, 1, NULL, &table, NULL));
    assert_arg(churn_engine_anomalies(NULL, NULL, 0, 0, 1, NULL, NULL, NULL));
    assert_arg(churn_anomalies(NULL, NULL, &table, NULL));
    assert_arg(churn_anomalies(&nothing, NULL, NULL, NULL));
    assert_arg(churn_anomalies(&nothing, NULL, &table, NULL));
    churn_error_init(NULL, 0);
    churn_limits_init(NULL, 0);
    assert_string_equal(churn_status_name(-7), "CHURN_E_FAILED");
    assert_non_null(churn_status_text(12345));
    assert_int_equal(churn_version_number(), CHURN_VERSION_MAJOR * 1000000 +
                                                 CHURN_VERSION_MINOR * 1000 + CHURN_VERSION_PATCH);
    assert_string_equal(churn_version(), "0.1.0");
    assert_int_equal(churn_abi_version(), CHURN_ABI_VERSION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(playbook__null__arg),   cmocka_unit_test(store__null__arg),
        cmocka_unit_test(engine__null__arg),     cmocka_unit_test(statistics__null__arg),
        cmocka_unit_test(expression__null__arg), cmocka_unit_test(table__null__empty),
        cmocka_unit_test(rest__null__harmless),
    };
    return RUN_TESTS(tests);
}
