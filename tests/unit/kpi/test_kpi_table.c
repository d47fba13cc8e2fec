/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "few.h"
#include "failing.h"
#include "kpi/kpi.h"

/* A store of a few customers, asked for its tables. Lives are the times with something live. */
typedef struct company {
    churn__heap *heap;
    churn_store *store;
    churn__version *version;
    churn__reader *reader;
    churn_time as_of;
    churn__life_span spans[16];
    uint32_t last; /* customer that was asked for last */
    bool ordered;  /* customers came in order of their ids */
} company;

static churn_status lives_of(void *context, churn__reader *reader, uint32_t customer,
                             const churn__life_span **spans, size_t *count, churn_error *err)
{
    static const churn__kpi_policy policy = CHURN__POLICY_OF_CHARTMOGUL;
    static const churn__exchange exchange = {.currency = 0};
    company *c = context;
    const churn__subscription *rows = NULL;
    churn__mrr_step *steps = NULL;
    size_t n = 0, capacity = 0, found = 0;
    const size_t row_count = churn__reader_subscriptions(reader, customer, c->as_of, &rows);
    const churn_status st =
        churn__mrr_steps(c->heap, &policy, rows, row_count, &exchange, &steps, &n, &capacity, err);
    for (size_t i = 0; i < n; i++) {
        if (steps[i].live > 0 && (i == 0 || steps[i - 1].live == 0)) {
            c->spans[found++] = (churn__life_span){.from = steps[i].at, .to = CHURN_TIME_NONE};
        } else if (steps[i].live == 0 && found > 0) {
            c->spans[found - 1].to = steps[i].at;
        }
    }
    c->ordered =
        c->ordered && (c->last == UINT32_MAX ||
                       churn__str_cmp(churn__version_customer_id(c->version, c->last),
                                      churn__version_customer_id(c->version, customer)) < 0);
    c->last = customer;
    churn__free_array(c->heap, steps, capacity, sizeof *steps);
    *spans = c->spans;
    *count = found;
    return st;
}

static void begin(company *c)
{
    memset(c, 0, sizeof *c);
    c->heap = churn__heap_create(NULL, 0);
    c->last = UINT32_MAX;
    c->ordered = true;
    assert_ok(churn_store_create(NULL, &c->store, NULL));
    few_sub(c->store, "zeta", "z1", 10000, "2026-01-05", "");
    few_sub(c->store, "alfa", "a1", 5000, "2026-01-05", "2026-02-10");
    few_sub(c->store, "alfa", "a2", 7000, "2026-03-03", "");
    few_sub(c->store, "mike", "m1", 2000, "2026-02-10", "");
    few_sub(c->store, "mike", "m1", 3000, "2026-03-15", "");
    few_customer(c->store, "nobody", "2026-01-01");
}

/* What the tables are asked for with. */
typedef struct question {
    const churn_str *kpis; /* count 0: all */
    uint32_t kpi_count;
    churn_time from, to;
    int32_t every;
    churn_time as_of;
    churn_str currency;
    churn__kpi_policy policy;
    churn__kpi_lives lives;
    void *lives_context;
    churn_cancel *cancel;
} question;

static question request_for(company *c, const char *from, const char *to, int32_t every,
                            const char *as_of)
{
    question request = {.from = few_date(from),
                        .to = few_date(to),
                        .every = every,
                        .currency = CHURN__STR("USD"),
                        .policy = CHURN__POLICY_OF_CHARTMOGUL,
                        .lives = lives_of,
                        .lives_context = c};
    request.as_of = *as_of == '\0' ? request.to : few_date(as_of);
    c->as_of = request.as_of;
    if (c->version == NULL) {
        assert_ok(churn__store_pin(c->store, &c->version, NULL));
        c->reader = churn__reader_create(c->heap, c->version);
        assert_non_null(c->reader);
    }
    return request;
}

static churn_status figures_of_version(churn__heap *heap, churn__version *version,
                                       const question *request, churn_table **out, churn_error *err)
{
    const churn__kpi_settings settings = {.gross_margin = 0.8};
    const churn__kpi_asked asked = {.kpis = request->kpis,
                                    .kpi_count = request->kpi_count,
                                    .cut = {.from = request->from,
                                            .to = request->to,
                                            .as_of = request->as_of,
                                            .every = request->every},
                                    .currency = request->currency,
                                    .policy = &request->policy,
                                    .settings = &settings,
                                    .lives = request->lives,
                                    .lives_context = request->lives_context,
                                    .cancel = request->cancel};
    return churn__kpi_figures(heap, version, &asked, out, err);
}

static churn_status figures_of(company *c, const question *request, churn_table **out,
                               churn_error *err)
{
    return figures_of_version(c->heap, c->version, request, out, err);
}

static churn__ledger_asked ledger_question(const question *request)
{
    return (churn__ledger_asked){.from = request->from,
                                 .to = request->to,
                                 .as_of = request->as_of,
                                 .currency = request->currency,
                                 .policy = &request->policy,
                                 .split = CHURN__SPLIT_ALL | CHURN__SPLIT_CUSTOMER,
                                 .cancel = request->cancel};
}

static churn_status movements_of_version(churn__heap *heap, churn__version *version,
                                         const question *request, churn_table **out,
                                         churn_error *err)
{
    const churn__ledger_asked asked = ledger_question(request);
    return churn__kpi_movements(heap, version, &asked, out, err);
}

static churn_status reconciliation_of_version(churn__heap *heap, churn__version *version,
                                              const question *request, churn_table **out,
                                              churn_error *err)
{
    const churn__ledger_asked asked = ledger_question(request);
    return churn__kpi_reconciliation(heap, version, &asked, out, err);
}

static void end(company *c)
{
    churn__reader_free(c->reader);
    churn__version_release(c->version);
    churn_store_free(c->store);
    churn__heap_release(c->heap);
}

static void assert_text(const churn_table *table, uint64_t row, const char *column,
                        const char *expected)
{
    const churn_str got =
        churn_table_string(table, row, churn_table_find(table, column, CHURN_NTS));
    assert_string_equal(got.ptr, expected);
}

static double number(const churn_table *table, uint64_t row, const char *column)
{
    const uint32_t i = churn_table_find(table, column, CHURN_NTS);
    assert_int_not_equal(i, CHURN_COLUMN_NONE);
    assert_false(churn_table_is_null(table, row, i));
    return churn_table_double(table, row, i);
}

static bool is_null(const churn_table *table, uint64_t row, const char *column)
{
    return churn_table_is_null(table, row, churn_table_find(table, column, CHURN_NTS));
}

#define EVERY_MONTH 3

static void kpi_table__figures_by_month__as_asked_for(void **state)
{
    const churn_str kpis[] = {CHURN__STR("logo_churn"), CHURN__STR("mrr")};
    static const double mrr[] = {150, 120, 200};
    company c;
    question request;
    churn_table *table = NULL;
    (void)state;
    begin(&c);
    request = request_for(&c, "2026-01-01", "2026-04-01", EVERY_MONTH, "2026-03-20");
    request.kpis = kpis;
    request.kpi_count = 2;
    assert_ok(figures_of(&c, &request, &table, NULL));
    assert_true(c.ordered);
    assert_int_equal(churn_table_row_count(table), 6);
    for (uint64_t row = 0; row < 6; row++) {
        assert_text(table, row, "kpi", row < 3 ? "logo_churn" : "mrr");
        assert_text(table, row, "unit", row < 3 ? "ratio" : "currency");
        assert_text(table, row, "policy", "chartmogul");
        assert_true(number(table, row, "complete") == (row % 3 < 2 ? 1 : 0));
        assert_true(number(table, row, "excluded") == 0);
    }
    assert_true(is_null(table, 0, "value")); /* nobody was there */
    assert_true(number(table, 0, "denominator") == 0);
    assert_true(is_null(table, 0, "low") && is_null(table, 0, "currency"));
    assert_true(number(table, 1, "value") == 0.5);
    assert_true(number(table, 1, "numerator") == 1 && number(table, 1, "denominator") == 2);
    assert_true(number(table, 1, "low") > 0.09 && number(table, 1, "low") < 0.1);
    assert_true(number(table, 2, "value") == 0);
    for (uint64_t row = 3; row < 6; row++) {
        assert_true(number(table, row, "value") == mrr[row - 3]);
        assert_text(table, row, "currency", "USD");
        assert_true(is_null(table, row, "numerator") && is_null(table, row, "low"));
    }
    assert_true(churn_table_int(table, 4, churn_table_find(table, "period_start", CHURN_NTS)) ==
                few_date("2026-02-01"));
    churn_table_free(table);
    end(&c);
}

static void add_rate(churn_store *store, const char *at, double rate)
{
    churn_rate r;
    churn_record_init(CHURN_RECORD_RATE, &r, sizeof r);
    r.currency = CHURN__STR("EUR");
    r.at = few_date(at);
    r.rate = rate;
    assert_ok(churn_store_add_rate(store, &r, NULL));
}

static void add_euros(churn_store *store)
{
    churn_subscription r;
    churn_record_init(CHURN_RECORD_SUBSCRIPTION, &r, sizeof r);
    r.customer = r.id = CHURN__STR("paris");
    r.valid_from = few_date("2026-01-05");
    r.status = CHURN__STR("active");
    r.amount = 10000;
    r.currency = CHURN__STR("EUR");
    r.period = CHURN__STR("month");
    assert_ok(churn_store_add_subscription(store, &r, NULL));
}

/* One rate for all of an answer: it moves in February, and nothing expands. */
static void kpi_table__other_currency__at_the_newest_rate(void **state)
{
    const churn_str kpis[] = {CHURN__STR("mrr"), CHURN__STR("expansion_mrr")};
    static const double seen[] = {270, 240, 320, 0, 0, 10}, early[] = {260, 230, 0, 0, 0, 0};
    company c;
    question request;
    churn_table *table = NULL;
    (void)state;
    begin(&c);
    add_euros(c.store);
    add_rate(c.store, "2026-01-01", 1.1);
    add_rate(c.store, "2026-02-20", 1.2);
    request = request_for(&c, "2026-01-01", "2026-04-01", EVERY_MONTH, "");
    request.kpis = kpis;
    request.kpi_count = 2;
    assert_ok(figures_of(&c, &request, &table, NULL));
    for (uint64_t row = 0; row < 6; row++) {
        assert_true(number(table, row, "value") == seen[row]);
        assert_true(number(table, row, "excluded") == 0);
    }
    churn_table_free(table);
    request.as_of = few_date("2026-02-15"); /* the newer rate is not there yet */
    assert_ok(figures_of(&c, &request, &table, NULL));
    assert_true(number(table, 0, "value") == early[0] && number(table, 1, "value") == early[1]);
    churn_table_free(table);
    end(&c);
}

static void kpi_table__nothing_asked_for__is_everything(void **state)
{
    company c;
    question request;
    churn_table *table = NULL;
    (void)state;
    begin(&c);
    request = request_for(&c, "2026-01-01", "2026-04-01", 0, "");
    assert_ok(figures_of(&c, &request, &table, NULL));
    uint64_t row = 0;
    for (uint32_t i = 0; churn__kpi_set_at(i) != NULL; i++) {
        for (uint32_t f = 0; f < churn__kpi_set_at(i)->count; f++) {
            assert_text(table, row++, "kpi", churn__kpi_set_at(i)->figures[f].id);
        }
    }
    assert_int_equal(churn_table_row_count(table), row);
    churn_table_free(table);
    end(&c);
}

static void kpi_table__unknown_figure__suggests(void **state)
{
    const churn_str kpis[] = {CHURN__STR("mrr"), CHURN__STR("logo_chrun")};
    churn_error err = {.struct_size = sizeof err};
    company c;
    question request;
    churn_table *table = NULL;
    (void)state;
    begin(&c);
    request = request_for(&c, "2026-01-01", "2026-04-01", 0, "");
    request.kpis = kpis;
    request.kpi_count = 2;
    assert_int_equal(figures_of(&c, &request, &table, &err), CHURN_E_NOT_FOUND);
    assert_null(table);
    assert_non_null(strstr(err.message, "did you mean `logo_churn`?"));
    end(&c);
}

static void kpi_movements__story__in_order_and_adds_up(void **state)
{
    static const struct {
        const char *at, *customer, *kind;
        int64_t amount;
    } expected[] = {
        {"2026-02-10", "alfa", "churn", -5000},
        {"2026-02-10", "mike", "new", 2000},
        {"2026-03-03", "alfa", "reactivation", 7000},
        {"2026-03-15", "mike", "expansion", 1000},
    };
    int64_t mrr = 15000;
    company c;
    question request;
    churn_table *table = NULL;
    (void)state;
    begin(&c);
    request = request_for(&c, "2026-02-01", "2026-04-01", EVERY_MONTH, "");
    assert_ok(movements_of_version(c.heap, c.version, &request, &table, NULL));
    assert_int_equal(churn_table_row_count(table), 4);
    for (uint64_t row = 0; row < 4; row++) {
        assert_true(churn_table_int(table, row, 0) == few_date(expected[row].at));
        assert_text(table, row, "customer", expected[row].customer);
        assert_text(table, row, "kind", expected[row].kind);
        assert_true(number(table, row, "amount") == (double)expected[row].amount);
        assert_true(number(table, row, "after") - number(table, row, "before") ==
                    (double)expected[row].amount);
        mrr += expected[row].amount;
    }
    assert_int_equal(mrr, 20000);
    churn_table_free(table);
    end(&c);
}

static void euro_sub(churn_store *store, const char *customer, const char *from)
{
    churn_subscription row;
    churn_record_init(CHURN_RECORD_SUBSCRIPTION, &row, sizeof row);
    row.id = CHURN__STR("e1");
    row.customer = few_str(customer);
    row.status = CHURN__STR("active");
    row.amount = 100;
    row.currency = CHURN__STR("EUR");
    row.period = CHURN__STR("month");
    row.valid_from = few_date(from);
    assert_ok(churn_store_add_subscription(store, &row, NULL));
}

static void kpi_reconciliation__each_scope__adds_up(void **state)
{
    static const struct {
        const char *scope, *value;
        int64_t start, fresh, expansion, churn, reactivation, end, unknown;
    } expected[] = {
        {"total", NULL, 15000, 2000, 1000, -5000, 7000, 20000, 1},
        {"plan", NULL, 15000, 2000, 1000, -5000, 7000, 20000, 1},
        {"product", NULL, 15000, 2000, 1000, -5000, 7000, 20000, 1},
        {"currency", "EUR", 0, 0, 0, 0, 0, 0, 1},
        {"currency", "USD", 15000, 2000, 1000, -5000, 7000, 20000, 0},
        {"customer", "alfa", 5000, 0, 0, -5000, 7000, 7000, 0},
        {"customer", "euro", 0, 0, 0, 0, 0, 0, 1},
        {"customer", "mike", 0, 2000, 1000, 0, 0, 3000, 0},
        {"customer", "zeta", 10000, 0, 0, 0, 0, 10000, 0},
    };
    company c;
    question request;
    churn_table *table = NULL;
    (void)state;
    begin(&c);
    euro_sub(c.store, "euro", "2026-02-20");
    request = request_for(&c, "2026-02-01", "2026-04-01", 0, "");
    assert_ok(reconciliation_of_version(c.heap, c.version, &request, &table, NULL));
    assert_int_equal(churn_table_row_count(table), sizeof expected / sizeof *expected);
    for (uint64_t row = 0; row < sizeof expected / sizeof *expected; row++) {
        assert_text(table, row, "scope", expected[row].scope);
        assert_int_equal(is_null(table, row, "value"), expected[row].value == NULL);
        if (expected[row].value != NULL) {
            assert_text(table, row, "value", expected[row].value);
        }
        assert_true(number(table, row, "unknown") == (double)expected[row].unknown);
        if (row == 6) {
            assert_true(is_null(table, row, "end"));
            continue;
        }
        assert_true(number(table, row, "start") == (double)expected[row].start);
        assert_true(number(table, row, "new") == (double)expected[row].fresh);
        assert_true(number(table, row, "expansion") == (double)expected[row].expansion);
        assert_true(number(table, row, "churn") == (double)expected[row].churn);
        assert_true(number(table, row, "reactivation") == (double)expected[row].reactivation);
        assert_true(number(table, row, "end") == (double)expected[row].end);
        assert_true(number(table, row, "difference") == 0);
    }
    assert_text(table, 0, "note", "no_rate: EUR to USD at 2026-02-20 (1 customer)");
    churn_table_free(table);
    assert_ok(movements_of_version(c.heap, c.version, &request, &table, NULL));
    assert_int_equal(churn_table_row_count(table), 4); /* nothing of who is unknown */
    assert_text(table, 0, "subscription", "a1");
    assert_text(table, 0, "cause", "end");
    assert_text(table, 0, "policy", "chartmogul");
    churn_table_free(table);
    end(&c);
}

static void kpi_movements__before_anything__is_empty(void **state)
{
    company c;
    question request;
    churn_table *table = NULL;
    (void)state;
    begin(&c);
    request = request_for(&c, "2026-02-01", "2026-04-01", 0, "2026-01-01");
    assert_ok(movements_of_version(c.heap, c.version, &request, &table, NULL));
    assert_int_equal(churn_table_row_count(table), 0);
    churn_table_free(table);
    end(&c);
}

static void kpi_table__cancelled__stops(void **state)
{
    company c;
    question request;
    churn_cancel *cancel = NULL;
    churn_table *table = NULL;
    char id[16];
    (void)state;
    begin(&c);
    for (int i = 0; i < 1100; i++) {
        snprintf(id, sizeof id, "c%d", i);
        few_customer(c.store, id, "2026-01-01");
    }
    assert_ok(churn_cancel_create(&cancel, NULL));
    churn_cancel_set(cancel);
    request = request_for(&c, "2026-02-01", "2026-04-01", 0, "");
    request.cancel = cancel;
    assert_int_equal(figures_of(&c, &request, &table, NULL), CHURN_E_CANCELLED);
    assert_null(table);
    churn_cancel_free(cancel);
    end(&c);
}

typedef churn_status (*make)(churn__heap *heap, churn__version *version, const question *request,
                             churn_table **out, churn_error *err);

static void fail_each(company *c, const question *request, make call)
{
    bool done = false;
    for (uint64_t at = 2; !done; at++) {
        failing f = {.fail_at = at, .for_ever = true};
        const churn_allocator allocator = failing_allocator(&f);
        churn__heap *heap = churn__heap_create(&allocator, 0);
        churn_table *table = NULL;
        const churn_status st = call(heap, c->version, request, &table, NULL);
        done = st == CHURN_OK;
        assert_true(done || (st == CHURN_E_NOMEM && table == NULL));
        churn_table_free(table);
        churn__heap_release(heap);
        assert_int_equal(f.blocks, 0);
        assert_false(f.mismatch);
    }
}

static void kpi_tables__no_memory__fail_clean(void **state)
{
    company c;
    question request;
    (void)state;
    begin(&c);
    request = request_for(&c, "2026-01-01", "2026-04-01", EVERY_MONTH, "");
    fail_each(&c, &request, figures_of_version);
    fail_each(&c, &request, movements_of_version);
    fail_each(&c, &request, reconciliation_of_version);
    end(&c);
}

int main(void)
{
    const struct CMUnitTest kpi_table[] = {
        cmocka_unit_test(kpi_table__figures_by_month__as_asked_for),
        cmocka_unit_test(kpi_table__other_currency__at_the_newest_rate),
        cmocka_unit_test(kpi_table__nothing_asked_for__is_everything),
        cmocka_unit_test(kpi_table__unknown_figure__suggests),
        cmocka_unit_test(kpi_movements__story__in_order_and_adds_up),
        cmocka_unit_test(kpi_reconciliation__each_scope__adds_up),
        cmocka_unit_test(kpi_movements__before_anything__is_empty),
        cmocka_unit_test(kpi_table__cancelled__stops),
        cmocka_unit_test(kpi_tables__no_memory__fail_clean),
    };
    return RUN_TESTS(kpi_table);
}
