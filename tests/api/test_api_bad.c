/* SPDX-License-Identifier: MIT */
#include "company.h"

/* What a hostile or careless host gives: a clear error each, nothing changed, and never a wrap. */

#define MONEY_MOST INT64_MAX

static churn_store *store_new(void)
{
    churn_store *store = NULL;
    assert_ok(churn_store_create(NULL, &store, NULL));
    return store;
}

static uint64_t hash_of(churn_store *store)
{
    uint64_t hash = 0;
    assert_ok(churn_store_hash(store, &hash, NULL));
    return hash;
}

static void assert_says(const churn_error *err, const char *part)
{
    if (strstr(err->message, part) == NULL) {
        fail_msg("\"%s\" does not say \"%s`", err->message, part);
    }
}

/* ---- batches without columns ---- */

/* kind, its function, the first column that it needs. */
#define KINDS_OF(X)                        \
    X(customer, customers, "id")           \
    X(contact, contacts, "id")             \
    X(alias, aliases, "source")            \
    X(event, events, "customer")           \
    X(subscription, subscriptions, "id")   \
    X(invoice, invoices, "id")             \
    X(ticket, tickets, "id")               \
    X(survey, surveys, "customer")         \
    X(milestone, milestones, "customer")   \
    X(touchpoint, touchpoints, "id")       \
    X(churn, churns, "customer")           \
    X(override, overrides, "customer")     \
    X(spend, spends, "at")                 \
    X(rate, rates, "currency")             \
    X(announcement, announcements, "name") \
    X(measure, measures, "name")

/* A store that is told of very many rows and given none of their columns. */
static void expect_one_error(churn_status st, const churn_error *err, const char *kind,
                             const char *column)
{
    char part[64];
    assert_int_equal(st, CHURN_E_ARG);
    snprintf(part, sizeof part, "%s: 1000000000 rows", kind);
    assert_says(err, part);
    snprintf(part, sizeof part, "column `%s`", column);
    assert_says(err, part);
}

#define BILLION_ROWS(kind, many, column)                                                       \
    static void add_##many##__a_billion_rows_of_nothing__one_error(void **state)               \
    {                                                                                          \
        churn_store *store = store_new();                                                      \
        churn_error err = {.struct_size = sizeof err};                                         \
        churn_##kind##_batch batch = {.struct_size = sizeof batch};                            \
        (void)state;                                                                           \
        assert_ok(churn_store_add_##many(store, &batch, NULL, NULL, &err));                    \
        uint64_t before = hash_of(store);                                                      \
        batch.row_count = UINT64_C(1000000000);                                                \
        expect_one_error(churn_store_add_##many(store, &batch, NULL, NULL, &err), &err, #kind, \
                         column);                                                              \
        assert_true(hash_of(store) == before);                                                 \
        churn_store_free(store);                                                               \
    }
KINDS_OF(BILLION_ROWS)

/* An attribute's column of values says its type first. */
static void add_attributes__a_billion_rows_of_nothing__one_error(void **state)
{
    (void)state;
    churn_store *store = store_new();
    churn_error err = {.struct_size = sizeof err};
    churn_attribute_batch batch = {.struct_size = sizeof batch, .row_count = 1000000000};
    assert_int_equal(churn_store_add_attributes(store, &batch, NULL, NULL, &err), CHURN_E_ARG);
    batch.value.type = CHURN_TYPE_DOUBLE;
    expect_one_error(churn_store_add_attributes(store, &batch, NULL, NULL, &err), &err, "attribute",
                     "customer");
    churn_store_free(store);
}

static void add_events__a_needed_column_lacks__named(void **state)
{
    (void)state;
    static const int64_t offsets[] = {0, 1};
    churn_store *store = store_new();
    churn_error err = {.struct_size = sizeof err};
    churn_load_options strict = {.struct_size = sizeof strict, .flags = CHURN_LOAD_STRICT};
    churn_event_batch batch = {.struct_size = sizeof batch,
                               .row_count = 1,
                               .customer = {.bytes = "a", .offsets = offsets},
                               .type = {.bytes = "t", .offsets = offsets}};
    assert_int_equal(churn_store_add_events(store, &batch, NULL, NULL, &err), CHURN_E_ARG);
    assert_says(&err, "column `at`");
    assert_int_equal(churn_store_add_events(store, &batch, &strict, NULL, &err), CHURN_E_ARG);
    batch.at.values = (churn_time[]){NEW_YEAR};
    assert_ok(churn_store_add_events(store, &batch, &strict, NULL, &err));
    churn_store_free(store);
}

static void options__unknown_flags_and_tails__refused(void **state)
{
    (void)state;
    churn_store *store = store_new();
    churn_error err = {.struct_size = sizeof err};
    churn_event_batch batch = {.struct_size = sizeof batch};
    churn_load_options options = {.struct_size = sizeof options, .flags = 1u << 31};
    assert_int_equal(churn_store_add_events(store, &batch, &options, NULL, &err), CHURN_E_ARG);
    churn_table *table = NULL;
    churn_read_options read = {.struct_size = sizeof read, .flags = 1u << 31};
    assert_int_equal(churn_store_records(store, CHURN_RECORD_EVENT, &read, &table, &err),
                     CHURN_E_ARG);
    assert_null(table);

    struct {
        churn_contact known;
        uint64_t tail;
    } longer;
    memset(&longer, 0, sizeof longer);
    churn_record_init(CHURN_RECORD_CONTACT, &longer.known, sizeof longer.known);
    longer.known.id = longer.known.customer = STR("c");
    longer.known.valid_from = NEW_YEAR;
    longer.known.struct_size = sizeof longer;
    assert_ok(churn_store_add_contact(store, &longer.known, &err));
    longer.tail = 1;
    assert_int_equal(churn_store_add_contact(store, &longer.known, &err), CHURN_E_ABI);
    longer.known.struct_size = 0;
    assert_int_equal(churn_store_add_contact(store, &longer.known, &err), CHURN_E_ABI);
    churn_store_free(store);
}

/* ---- texts ---- */

static void add__texts_that_are_none__refused_with_their_field(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        churn_status status;
    } bad[] = {{"\xff", 1, CHURN_E_UTF8},
               {"a\0b", 3, CHURN_E_ARG},
               {"\xc0\x80", 2, CHURN_E_UTF8},
               {"\xed\xa0\x80", 3, CHURN_E_UTF8},
               {"\xf4\x90\x80\x80", 4, CHURN_E_UTF8}};
    churn_store *store = store_new();
    churn_error err = {.struct_size = sizeof err};
    uint64_t before = hash_of(store);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        churn_str text = {bad[i].bytes, bad[i].len};
        churn_touchpoint touch;
        churn_record_init(CHURN_RECORD_TOUCHPOINT, &touch, sizeof touch);
        touch.id = touch.customer = touch.channel = STR("t");
        touch.at = NEW_YEAR;
        touch.offer = text;
        assert_int_equal(churn_store_add_touchpoint(store, &touch, &err), bad[i].status);
        assert_says(&err, "offer");
        churn_alias alias;
        churn_record_init(CHURN_RECORD_ALIAS, &alias, sizeof alias);
        alias.source = alias.customer = STR("s");
        alias.alias = text;
        assert_int_equal(churn_store_add_alias(store, &alias, &err), bad[i].status);
        assert_says(&err, "alias");
        churn_named_value prop = {text, {.type = CHURN_TYPE_DOUBLE, .number = 1}};
        churn_event event;
        churn_record_init(CHURN_RECORD_EVENT, &event, sizeof event);
        event.customer = event.type = STR("e");
        event.at = NEW_YEAR;
        event.props = &prop;
        event.prop_count = 1;
        assert_int_equal(churn_store_add_event(store, &event, &err), bad[i].status);
        prop = (churn_named_value){STR("p"), {.type = CHURN_TYPE_STRING, .string = text}};
        assert_int_equal(churn_store_add_event(store, &event, &err), bad[i].status);
        assert_says(&err, "props.p");
        churn_load_options options = {.struct_size = sizeof options, .source = text};
        churn_event_batch batch = {.struct_size = sizeof batch};
        assert_int_equal(churn_store_add_events(store, &batch, &options, NULL, &err),
                         bad[i].status);
    }
    assert_true(hash_of(store) == before);
    churn_store_free(store);
}

/* ---- money ---- */

static const char money_playbook[] =
    "churn: 1\nname: money\ntime_zone: UTC\ncurrency: USD\nevaluate: 1d\n"
    "metrics:\n"
    "- {id: mrr, subscription: mrr}\n"
    "- {id: off, subscription: discount_share}\n"
    "- {id: more, subscription: expansion_amount, window: 30d, history: clip}\n";

static churn_engine *engine_with(churn_store *store, const char *metric)
{
    char text[1024];
    churn_playbook *playbook = NULL;
    churn_engine *engine = NULL;
    snprintf(text, sizeof text, "%s%s", money_playbook, metric);
    assert_ok(churn_playbook_parse(text, CHURN_NTS, NULL, &playbook, NULL, NULL));
    assert_ok(churn_engine_create(playbook, store, NULL, &engine, NULL));
    churn_playbook_free(playbook);
    return engine;
}

static void add_invoice(churn_store *store, const char *id)
{
    churn_invoice row;
    churn_record_init(CHURN_RECORD_INVOICE, &row, sizeof row);
    row.id = (churn_str){id, strlen(id)};
    row.customer = STR("acme");
    row.issued_at = row.due_at = row.refunded_at = NEW_YEAR;
    row.currency = STR("USD");
    row.amount = row.refunded = MONEY_MOST;
    assert_ok(churn_store_add_invoice(store, &row, NULL));
}

static void add_subscription(churn_store *store, const char *id, const char *customer,
                             int64_t amount)
{
    churn_subscription row;
    churn_record_init(CHURN_RECORD_SUBSCRIPTION, &row, sizeof row);
    row.id = (churn_str){id, strlen(id)};
    row.customer = (churn_str){customer, strlen(customer)};
    row.valid_from = NEW_YEAR;
    row.status = STR("active");
    row.currency = STR("USD");
    row.period = STR("month");
    row.amount = amount;
    assert_ok(churn_store_add_subscription(store, &row, NULL));
}

static void metrics__sums_of_money_that_overflow__name_the_customer(void **state)
{
    (void)state;
    static const char *const sums[] = {
        "- {id: sum, invoice: overdue_amount}\n", "- {id: sum, invoice: open_amount}\n",
        "- {id: sum, invoice: refunded_amount, window: 30d, history: clip}\n"};
    churn_store *store = store_new();
    churn_time at = NEW_YEAR + 2 * DAY;
    add_invoice(store, "i1");
    for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++) {
        churn_table *table = NULL;
        churn_engine *engine = engine_with(store, sums[i]);
        assert_ok(churn_engine_metrics(engine, &at, 1, NULL, &table, NULL)); /* one still fits */
        churn_table_free(table);
        churn_engine_free(engine);
    }
    add_invoice(store, "i2");
    for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++) {
        churn_table *table = NULL;
        churn_error err = {.struct_size = sizeof err};
        churn_engine *engine = engine_with(store, sums[i]);
        for (int again = 0; again < 2; again++) { /* the engine is as it was */
            assert_int_equal(churn_engine_metrics(engine, &at, 1, NULL, &table, &err),
                             CHURN_E_RANGE);
            assert_says(&err, "`sum`");
            assert_says(&err, "`acme`");
            assert_null(table);
        }
        churn_engine_free(engine);
    }
    churn_store_free(store);
}

static void metrics__money_beyond_what_is_known__missing(void **state)
{
    (void)state;
    churn_store *store = store_new();
    churn_table *table = NULL;
    churn_time at = NEW_YEAR + 2 * DAY;
    add_subscription(store, "s1", "acme", MONEY_MOST);
    add_subscription(store, "s2", "acme", MONEY_MOST);
    churn_engine *engine = engine_with(store, "");
    assert_ok(churn_engine_metrics(engine, &at, 1, NULL, &table, NULL));
    for (uint32_t column = 1; column < 4; column++) {
        assert_true(churn_table_is_null(table, 0, column));
    }
    churn_table_free(table);
    churn_engine_free(engine);
    churn_store_free(store);
}

static void kpi__sum_over_customers_too_large__names_the_last(void **state)
{
    (void)state;
    churn_store *store = store_new();
    churn_error err = {.struct_size = sizeof err};
    churn_kpi_options options = {.struct_size = sizeof options};
    churn_table *table = NULL;
    for (int i = 0; i < 1024; i++) { /* 1024 times 2^53 is 2^63 */
        char id[16];
        snprintf(id, sizeof id, "k%04d", i);
        add_subscription(store, id, id, INT64_C(1) << 53);
    }
    churn_engine *engine = engine_with(store, "");
    assert_int_equal(
        churn_engine_kpi(engine, NULL, 0, NEW_YEAR, NEW_YEAR + 31 * DAY, &options, &table, &err),
        CHURN_E_RANGE);
    assert_says(&err, "`k1023`");
    churn_engine_free(engine);
    churn_store_free(store);
}

/* ---- parents ---- */

static void say_parent(churn_store *store, const char *customer, const char *parent)
{
    churn_attribute row;
    churn_record_init(CHURN_RECORD_ATTRIBUTE, &row, sizeof row);
    row.customer = (churn_str){customer, strlen(customer)};
    row.name = STR("parent");
    row.valid_from = NEW_YEAR;
    row.value = (churn_value){.type = CHURN_TYPE_STRING, .string = {parent, strlen(parent)}};
    assert_ok(churn_store_add_attribute(store, &row, NULL));
}

static void add_named(churn_store *store, const char *customer)
{
    churn_customer row;
    churn_record_init(CHURN_RECORD_CUSTOMER, &row, sizeof row);
    row.id = (churn_str){customer, strlen(customer)};
    assert_ok(churn_store_add_customer(store, &row, NULL));
}

static void merge__that_closes_a_circle_of_parents__refused(void **state)
{
    (void)state;
    static const char *const names[] = {"top", "middle", "low", "other"};
    churn_store *store = store_new();
    churn_error err = {.struct_size = sizeof err};
    for (size_t i = 0; i < 4; i++) {
        add_named(store, names[i]);
    }
    say_parent(store, "low", "middle");
    say_parent(store, "middle", "top");
    uint64_t before = hash_of(store);
    assert_int_equal(churn_store_merge(store, "low", CHURN_NTS, "top", CHURN_NTS, NULL, &err),
                     CHURN_E_STATE); /* top -> middle -> top */
    assert_int_equal(err.detail, 24);
    assert_says(&err, "own parent");
    assert_int_equal(churn_store_merge(store, "middle", CHURN_NTS, "top", CHURN_NTS, NULL, &err),
                     CHURN_E_STATE); /* top -> top */
    assert_true(hash_of(store) == before);
    assert_ok(churn_store_merge(store, "middle", CHURN_NTS, "other", CHURN_NTS, NULL, &err));
    assert_ok(churn_store_merge(store, "low", CHURN_NTS, "other", CHURN_NTS, NULL, &err));
    assert_int_equal(churn_store_customer_count(store), 2);
    churn_store_free(store);
}

#define BILLION_TEST(kind, many, column) \
    cmocka_unit_test(add_##many##__a_billion_rows_of_nothing__one_error),

int main(void)
{
    const struct CMUnitTest api_bad[] = {
        KINDS_OF(BILLION_TEST) /* each ends with a comma */
        cmocka_unit_test(add_attributes__a_billion_rows_of_nothing__one_error),
        cmocka_unit_test(add_events__a_needed_column_lacks__named),
        cmocka_unit_test(options__unknown_flags_and_tails__refused),
        cmocka_unit_test(add__texts_that_are_none__refused_with_their_field),
        cmocka_unit_test(metrics__sums_of_money_that_overflow__name_the_customer),
        cmocka_unit_test(metrics__money_beyond_what_is_known__missing),
        cmocka_unit_test(kpi__sum_over_customers_too_large__names_the_last),
        cmocka_unit_test(merge__that_closes_a_circle_of_parents__refused),
    };
    return RUN_TESTS(api_bad);
}
