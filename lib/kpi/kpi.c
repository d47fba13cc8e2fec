/* SPDX-License-Identifier: MIT */
#include "kpi/inside.h"

#include "base/num.h"

#define CHECK_EVERY 1024

/* ---- which figures ---- */

static churn_status fail_unknown(churn_str name, churn_error *err)
{
    churn_str names[64];
    churn_str near = {NULL, 0};
    uint32_t count = 0;
    for (; count < 64 && churn__kpi_name(count) != NULL; count++) {
        names[count] = churn__str_nts(churn__kpi_name(count));
    }
    near = churn__nearest(name, names, count);
    if (near.ptr == NULL) {
        return churn__fail(err, CHURN_E_NOT_FOUND, 0, "kpi: unknown figure %q", &name);
    }
    return churn__fail(err, CHURN_E_NOT_FOUND, 0, "kpi: unknown figure %q; did you mean %q?", &name,
                       &near);
}

static uint32_t asked_count(const churn__kpi_request *request)
{
    uint32_t count = request->kpi_count;
    while (request->kpi_count == 0 && churn__kpi_name(count) != NULL) {
        count++;
    }
    return count;
}

static uint32_t asked_figure(const churn__kpi_request *request, uint32_t i)
{
    return request->kpi_count == 0 ? i : churn__kpi_find(request->kpis[i]);
}

static churn_status check_names(const churn__kpi_request *request, churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint32_t i = 0; i < request->kpi_count; i++) {
        if (churn__kpi_find(request->kpis[i]) == CHURN__KPI_NONE) {
            CHURN_TRY(fail_unknown(request->kpis[i], err));
        }
    }
done:
    return st;
}

/* ---- all customers ---- */

churn_status churn__walk_customers(churn__heap *heap, churn__version *version,
                                   const churn__kpi_request *request, churn__customer_visit visit,
                                   void *context, churn_error *err)
{
    churn_status st = CHURN_OK;
    const uint32_t count = churn__version_listed(version);
    const uint32_t *order = churn__version_order(version);
    const churn_time as_of = request->as_of == CHURN_TIME_NONE ? request->to : request->as_of;
    churn__exchange_book *book = NULL;
    const churn__exchange *exchange = NULL;
    churn__mrr_step *steps = NULL;
    size_t step_count = 0, capacity = 0;
    churn__reader *reader = churn__reader_create(heap, version);
    if (reader == NULL) {
        return churn__fail_memory(err, heap);
    }
    CHURN_TRY(churn__exchange_book_create(heap, version, request->currency, &book, err));
    exchange = churn__exchange_at(book, as_of);
    if (exchange == NULL) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    churn__cancel_total(request->cancel, count);
    for (uint32_t i = 0; i < count; i++) {
        const churn__subscription *rows = NULL;
        const size_t n = churn__reader_subscriptions(reader, order[i], as_of, &rows);
        step_count = 0;
        CHURN_TRY(churn__mrr_steps(heap, &request->policy, rows, n, exchange, &steps, &step_count,
                                   &capacity, err));
        CHURN_TRY(visit(context, i, order[i], steps, step_count, err));
        if (i % CHECK_EVERY == CHECK_EVERY - 1) {
            churn__cancel_step(request->cancel, i + 1);
            CHURN_TRY(churn__cancel_check(request->cancel, err));
        }
    }
    if (churn__reader_failed(reader)) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    churn__cancel_step(request->cancel, count);
done:
    churn__free_array(heap, steps, capacity, sizeof *steps);
    churn__exchange_book_free(book);
    churn__reader_free(reader);
    return st;
}

typedef struct summing {
    const churn__version *version;
    const churn__kpi_request *request;
    churn__kpi_period *periods;
    size_t count;
} summing;

static churn_status sum_customer(void *context, uint32_t rank, uint32_t customer,
                                 const churn__mrr_step *steps, size_t step_count, churn_error *err)
{
    churn_status st = CHURN_OK;
    const summing *s = context;
    churn__kpi_customer one = {.id = churn__version_customer_id(s->version, customer),
                               .steps = steps,
                               .step_count = step_count};
    (void)rank;
    CHURN_TRY(
        s->request->lives(s->request->lives_context, customer, &one.spans, &one.span_count, err));
    CHURN_TRY(churn__kpi_add(s->periods, s->count, &one, err));
done:
    return st;
}

/* ---- the table ---- */

enum {
    COL_KPI,
    COL_START,
    COL_END,
    COL_VALUE,
    COL_LOW,
    COL_HIGH,
    COL_NUMERATOR,
    COL_DENOMINATOR,
    COL_EXCLUDED,
    COL_UNIT,
    COL_CURRENCY,
    COL_POLICY,
    COL_COMPLETE,
    COL_COUNT
};

static void declare_columns(churn__table_builder *table)
{
    static const struct {
        const char *name;
        churn_column_type type;
    } columns[COL_COUNT] = {
        {"kpi", CHURN_COLUMN_STRING},       {"period_start", CHURN_COLUMN_TIME},
        {"period_end", CHURN_COLUMN_TIME},  {"value", CHURN_COLUMN_DOUBLE},
        {"low", CHURN_COLUMN_DOUBLE},       {"high", CHURN_COLUMN_DOUBLE},
        {"numerator", CHURN_COLUMN_DOUBLE}, {"denominator", CHURN_COLUMN_DOUBLE},
        {"excluded", CHURN_COLUMN_INT},     {"unit", CHURN_COLUMN_STRING},
        {"currency", CHURN_COLUMN_STRING},  {"policy", CHURN_COLUMN_STRING},
        {"complete", CHURN_COLUMN_BOOL},
    };
    for (int i = 0; i < COL_COUNT; i++) {
        churn__table_column(table, columns[i].name, columns[i].type);
    }
}

static void add_optional(churn__table_builder *table, uint32_t column, bool there, double value)
{
    if (there) {
        churn__table_add_double(table, column, value);
    } else {
        churn__table_add_null(table, column);
    }
}

static void add_row(churn__table_builder *table, const churn__kpi_request *request,
                    const churn__kpi_period *period, uint32_t figure, const churn__kpi_value *value)
{
    const churn_str unit = churn__str_nts(value->unit), none = {NULL, 0};
    const bool money = churn__str_eq(unit, CHURN__STR("currency"));
    churn__table_add_string(table, COL_KPI, churn__str_nts(churn__kpi_name(figure)));
    churn__table_add_time(table, COL_START, period->start);
    churn__table_add_time(table, COL_END, period->end);
    add_optional(table, COL_VALUE, value->defined, value->value);
    add_optional(table, COL_LOW, value->has_interval, value->low);
    add_optional(table, COL_HIGH, value->has_interval, value->high);
    add_optional(table, COL_NUMERATOR, value->has_terms, value->numerator);
    add_optional(table, COL_DENOMINATOR, value->has_terms, value->denominator);
    churn__table_add_int(table, COL_EXCLUDED, value->excluded);
    churn__table_add_string(table, COL_UNIT, unit);
    churn__table_add_string(table, COL_CURRENCY, money ? request->currency : none);
    churn__table_add_string(table, COL_POLICY,
                            churn__str_nts(churn__policy_name(&request->policy)));
    churn__table_add_bool(table, COL_COMPLETE, period->complete);
}

static churn_status add_figures(churn__table_builder *table, const churn__kpi_request *request,
                                const churn__kpi_period *periods, size_t count, churn_error *err)
{
    churn_status st = CHURN_OK;
    const int known = churn__currency_scale(request->currency.ptr, request->currency.len);
    const int scale = known < 0 ? 2 : known;
    const uint32_t asked = asked_count(request);
    for (uint32_t i = 0; i < asked; i++) {
        const uint32_t figure = asked_figure(request, i);
        for (size_t p = 0; p < count; p++) {
            churn__kpi_value value;
            CHURN_TRY(churn__kpi_compute(&periods[p], figure, scale, &value, err));
            add_row(table, request, &periods[p], figure, &value);
        }
    }
done:
    return st;
}

churn_status churn__kpi_table(churn__heap *heap, churn__version *version,
                              const churn__kpi_request *request, churn_table **out,
                              churn_error *err)
{
    churn_status st = CHURN_OK;
    summing s = {version, request, NULL, 0};
    churn__table_builder *table = NULL;
    CHURN_TRY(check_names(request, err));
    CHURN_TRY(churn__kpi_periods(heap, request, &s.periods, &s.count, err));
    CHURN_TRY(churn__walk_customers(heap, version, request, sum_customer, &s, err));
    CHURN_TRY(churn__kpi_reconcile(s.periods, s.count, err));
    table = churn__table_begin(heap, s.count * asked_count(request));
    if (table == NULL) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    declare_columns(table);
    CHURN_TRY(add_figures(table, request, s.periods, s.count, err));
    st = churn__table_finish(table, out, err);
    table = NULL;
done:
    churn__table_abandon(table);
    churn__free_array(heap, s.periods, s.count, sizeof *s.periods);
    return st;
}
