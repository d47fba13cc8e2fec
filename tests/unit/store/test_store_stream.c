/* SPDX-License-Identifier: MIT */
#include "store_support.h"

#include <math.h>

#include "arrow_made.h"

/* Arrow streams: which column is which field, what types may hold it, units of money, zones. */

/* ---- columns of text and of numbers ---- */

#define ROWS_MOST 8

typedef struct frame {
    struct ArrowSchema fields[16];
    struct ArrowArray columns[16];
    size_t count;
    int64_t rows;
    int32_t offsets[16][ROWS_MOST + 1];
    char bytes[16][256];
    uint8_t valid[16];
} frame;

static void put_texts(frame *f, const char *name, const char *const *values)
{
    size_t c = f->count++;
    int32_t at = 0;
    for (int64_t i = 0; i < f->rows; i++) {
        f->offsets[c][i] = at;
        if (values[i] != NULL) {
            f->valid[c] = (uint8_t)(f->valid[c] | 1u << i);
            memcpy(f->bytes[c] + at, values[i], strlen(values[i]));
            at += (int32_t)strlen(values[i]);
        }
    }
    f->offsets[c][f->rows] = at;
    f->fields[c] = made_schema("u", name);
    f->columns[c] = made_array(f->rows, 3, &f->valid[c], f->offsets[c], f->bytes[c]);
}

static void put_values(frame *f, const char *format, const char *name, const void *values)
{
    size_t c = f->count++;
    f->fields[c] = made_schema(format, name);
    f->columns[c] = made_array(f->rows, 2, NULL, values, NULL);
}

static churn_status load(churn_store *store, churn_record_kind kind, frame *f,
                         const churn_load_options *options, churn_load_report *report,
                         churn_error *err)
{
    struct ArrowArray batch = made_records(f->rows, NULL, f->count, f->columns);
    struct ArrowArrayStream stream =
        made_stream(made_records_schema(f->count, f->fields), 1, &batch);
    churn_status st = churn_store_add_stream(store, kind, &stream, options, report, err);
    if (st == CHURN_OK) {
        assert_null(stream.release);
    } else if (stream.release != NULL) {
        stream.release(&stream);
    }
    assert_int_equal(made_live, 0);
    return st;
}

static churn_field_text pair(const char *field, const char *column)
{
    return (churn_field_text){text(field), text(column)};
}

/* ---- mapping ---- */

static void add_stream__mapping_constants_and_value_maps__applied(void **state)
{
    (void)state;
    const char *const ids[] = {"s1", "s2", "s3"};
    const char *const accounts[] = {"acme", "bolt", "acme"};
    const char *const statuses[] = {"canceled", "active", "live"};
    const char *const days[] = {"2025-01-01", "2025-01-02 3:00", "2025-01-03T00:00:00Z"};
    const double amounts[] = {49.0, 10.25, 0.1};
    churn_field_text columns[] = {pair("customer", "account_id"), pair("valid_from", "start"),
                                  pair("amount", "mrr")};
    churn_field_text constants[] = {pair("currency", "USD"), pair("period", "month")};
    churn_field_value values[] = {{text("status"), text("canceled"), text("cancelled")},
                                  {text("status"), text("live"), text("active")}};
    churn_load_options options = {.struct_size = sizeof options,
                                  .columns = columns,
                                  .column_count = 3,
                                  .constants = constants,
                                  .constant_count = 2,
                                  .values = values,
                                  .value_count = 2};
    churn_load_report report = {.struct_size = sizeof report};
    const churn__subscription *rows = NULL;
    frame f = {.rows = 3};
    put_texts(&f, "id", ids);
    put_texts(&f, "account_id", accounts);
    put_texts(&f, "status", statuses);
    put_texts(&f, "start", days);
    put_values(&f, "g", "mrr", amounts);
    put_values(&f, "g", "of no interest", amounts);
    churn_store *store = store_new();
    assert_ok(load(store, CHURN_RECORD_SUBSCRIPTION, &f, &options, &report, NULL));
    assert_int_equal(report.added, 3);
    assert_true(churn__store_localised_by_default(store));
    view v = view_open(store);
    size_t n = churn__reader_subscriptions(v.reader, customer_of(&v, "acme"), T(9), &rows);
    assert_int_equal(n, 2);
    assert_int_equal(rows[0].status, CHURN__SUB_CANCELLED);
    assert_int_equal(rows[0].amount, 4900);
    assert_true(rows[0].valid_from == T(0));
    assert_int_equal(rows[1].status, CHURN__SUB_ACTIVE);
    assert_int_equal(rows[1].amount, 10);
    n = churn__reader_subscriptions(v.reader, customer_of(&v, "bolt"), T(9), &rows);
    assert_int_equal(n, 1);
    assert_int_equal(rows[0].amount, 1025);
    assert_true(rows[0].valid_from == T(1) + 3 * CHURN__HOUR);
    view_close(&v);
    churn_store_free(store);
}

/* Thousands of values, the same one twice, and maps of two fields. */
static void add_stream__large_value_maps__the_first_that_says_so(void **state)
{
    (void)state;
    enum { VALUES = 5000 };
    static char words[VALUES][8];
    static churn_field_value values[VALUES + 3];
    const char *const ids[] = {"s1", "s2", "s3"};
    const char *const customers[] = {"acme", "acme", "acme"};
    const char *const statuses[] = {"live", "live", "p0001"};
    const char *const plans[] = {"p0001", "p4999", "p5000"};
    const char *const days[] = {"2025-01-01", "2025-01-02", "2025-01-03"};
    churn_load_options options = {
        .struct_size = sizeof options, .values = values, .value_count = VALUES + 3};
    churn_load_report report = {.struct_size = sizeof report};
    const churn__subscription *rows = NULL;
    frame f = {.rows = 3};
    for (int i = 0; i < VALUES; i++) {
        snprintf(words[i], sizeof words[i], "p%04d", VALUES - 1 - i);
    }
    for (int i = 0; i < VALUES; i++) {
        values[i] = (churn_field_value){text("plan"), text(words[i]), text(words[VALUES - 1 - i])};
    }
    values[VALUES] = (churn_field_value){text("plan"), text("p0001"), text("too late")};
    values[VALUES + 1] = (churn_field_value){text("status"), text("live"), text("active")};
    values[VALUES + 2] = (churn_field_value){text("status"), text("p0001"), text("paused")};
    put_texts(&f, "id", ids);
    put_texts(&f, "customer", customers);
    put_texts(&f, "status", statuses);
    put_texts(&f, "plan", plans);
    put_texts(&f, "valid_from", days);
    churn_store *store = store_new();
    assert_ok(load(store, CHURN_RECORD_SUBSCRIPTION, &f, &options, &report, NULL));
    assert_int_equal(report.added, 3);
    view v = view_open(store);
    const churn__dict_view *texts = churn__version_texts(v.version);
    const char *const expected[] = {"p4998", "p0000", "p5000"};
    assert_int_equal(churn__reader_subscriptions(v.reader, customer_of(&v, "acme"), T(9), &rows),
                     3);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(churn__dict_view_get(texts, rows[i].plan).ptr, expected[i]);
    }
    assert_int_equal(rows[0].status, CHURN__SUB_ACTIVE);
    assert_int_equal(rows[2].status, CHURN__SUB_PAUSED);
    view_close(&v);
    churn_store_free(store);
}

/* ---- what is refused, naming the column ---- */

static void expect_refusal(const churn_load_options *options, const char *format,
                           churn_status status, const char *named)
{
    const char *const ids[] = {"i1"};
    const char *const customers[] = {"acme"};
    const char *const days[] = {"2025-01-01"};
    const char *const currencies[] = {"USD"};
    const int64_t amounts[] = {12};
    churn_error err = {.struct_size = sizeof err};
    frame f = {.rows = 1};
    put_texts(&f, "id", ids);
    put_texts(&f, "customer", customers);
    put_texts(&f, "issued_at", days);
    put_texts(&f, "due_at", days);
    put_texts(&f, "currency", currencies);
    put_values(&f, format, "amount", amounts);
    churn_store *store = store_new();
    assert_int_equal(load(store, CHURN_RECORD_INVOICE, &f, options, NULL, &err), status);
    assert_non_null(strstr(err.message, named));
    assert_int_equal(churn_store_customer_count(store), 0);
    churn_store_free(store);
}

static void add_stream__wrong_columns__errors_that_name_them(void **state)
{
    (void)state;
    churn_field_text no_column = pair("failure", "reason");
    churn_field_text near_column = pair("failure", "currenci");
    churn_field_text no_field = pair("amonut", "amount");
    churn_field_text moved = pair("customer", "id");
    churn_load_options options = {.struct_size = sizeof options};
    expect_refusal(&options, "l", CHURN_E_TYPE, "amount"); /* major or minor? */
    expect_refusal(&options, "tsu:UTC", CHURN_E_TYPE, "amount");
    expect_refusal(&options, "tDn", CHURN_E_TYPE, "holds durations");
    options.columns = &no_column;
    options.column_count = 1;
    expect_refusal(&options, "g", CHURN_E_NOT_FOUND, "reason");
    options.columns = &near_column;
    expect_refusal(&options, "g", CHURN_E_NOT_FOUND, "did you mean `currency`");
    options.columns = &no_field;
    expect_refusal(&options, "g", CHURN_E_NOT_FOUND, "did you mean `amount`");
    options.columns = &moved;
    options.money = CHURN_MONEY_MINOR;
    options.constants = &moved;
    options.constant_count = 1;
    expect_refusal(&options, "l", CHURN_E_ARG, "customer"); /* given twice */
    options = (churn_load_options){.struct_size = sizeof options, .time_zone = text("Mars/Base")};
    expect_refusal(&options, "g", CHURN_E_NOT_FOUND, "Mars/Base");
}

static void add_stream__required_field_missing__not_found(void **state)
{
    (void)state;
    const char *const customers[] = {"acme"};
    churn_error err = {.struct_size = sizeof err};
    churn_store *store = store_new();
    frame f = {.rows = 1};
    put_texts(&f, "customer", customers);
    put_texts(&f, "type", customers);
    assert_int_equal(load(store, CHURN_RECORD_EVENT, &f, NULL, NULL, &err), CHURN_E_NOT_FOUND);
    assert_non_null(strstr(err.message, "`at`"));
    f = (frame){.rows = 1};
    put_texts(&f, "customer", customers);
    put_texts(&f, "customer", customers);
    assert_int_equal(load(store, CHURN_RECORD_EVENT, &f, NULL, NULL, &err), CHURN_E_ARG);
    churn_store_free(store);
}

/* ---- money ---- */

static int64_t money_of(const char *format, const void *value, int32_t money, const char *currency,
                        const char **code)
{
    const char *const ids[] = {"i1"};
    const char *const customers[] = {"acme"};
    const char *const days[] = {"2025-01-01"};
    churn_load_options options = {.struct_size = sizeof options, .money = money};
    churn_load_report report = {.struct_size = sizeof report};
    const churn__invoice *rows = NULL;
    int64_t amount = 0;
    frame f = {.rows = 1};
    put_texts(&f, "id", ids);
    put_texts(&f, "customer", customers);
    put_texts(&f, "issued_at", days);
    put_texts(&f, "due_at", days);
    put_texts(&f, "currency", &currency);
    if (format[0] == 'u') {
        put_texts(&f, "amount", value);
    } else {
        put_values(&f, format, "amount", value);
    }
    churn_store *store = store_new();
    *code = NULL;
    assert_ok(load(store, CHURN_RECORD_INVOICE, &f, &options, &report, NULL));
    if (report.rejected == 1) {
        static char kept[32];
        strncpy(kept, churn_table_string(report.rejections, 0, 2).ptr, sizeof kept - 1);
        *code = kept;
        churn_table_free(report.rejections);
    } else {
        view v = view_open(store);
        assert_int_equal(churn__reader_invoices(v.reader, 0, T(9), &rows), 1);
        amount = rows[0].amount;
        view_close(&v);
    }
    churn_store_free(store);
    return amount;
}

static void add_stream__money__units_and_fractions(void **state)
{
    (void)state;
    const struct {
        const char *format;
        int32_t money;
        double number;
        int64_t integer[2]; /* also the two words of a decimal */
        const char *text, *currency;
        int64_t expected;
        const char *code;
    } cases[] = {
        {"g", 0, 19.99, {0}, NULL, "USD", 1999, NULL},
        {"g", 0, 0.1, {0}, NULL, "USD", 10, NULL},
        {"g", 0, 19.999, {0}, NULL, "USD", 0, "money_fraction"},
        {"g", 0, 100, {0}, NULL, "JPY", 100, NULL},
        {"g", 0, 100.5, {0}, NULL, "JPY", 0, "money_fraction"},
        {"g", 0, 1.234, {0}, NULL, "KWD", 1234, NULL},
        {"g", CHURN_MONEY_MINOR, 1999, {0}, NULL, "USD", 1999, NULL},
        {"g", CHURN_MONEY_MINOR, 19.5, {0}, NULL, "USD", 0, "money_fraction"},
        {"g", 0, 1e300, {0}, NULL, "USD", 0, "out_of_range"},
        {"l", CHURN_MONEY_MAJOR, 0, {19}, NULL, "USD", 1900, NULL},
        {"l", CHURN_MONEY_MINOR, 0, {1999}, NULL, "USD", 1999, NULL},
        {"l", CHURN_MONEY_MAJOR, 0, {INT64_MAX}, NULL, "USD", 0, "out_of_range"},
        {"d:12,3", 0, 0, {19990}, NULL, "USD", 1999, NULL},
        {"d:12,3", 0, 0, {19995}, NULL, "USD", 0, "money_fraction"},
        {"d:12,0", 0, 0, {20}, NULL, "USD", 2000, NULL},
        {"d:38,18", 0, 0, {(int64_t)UINT64_C(12500000000000000000), 0}, NULL, "USD", 1250, NULL},
        {"d:38,18",
         0,
         0,
         {(int64_t)UINT64_C(12333333333333333333), 0},
         NULL,
         "USD",
         0,
         "out_of_range"},
        {"d:12,2", 0, 0, {-1999, -1}, NULL, "USD", -1999, NULL},
        {"u", 0, 0, {0}, "12.30", "USD", 1230, NULL},
        {"u", 0, 0, {0}, "12.305", "USD", 0, "money_fraction"},
        {"u", 0, 0, {0}, "twelve", "USD", 0, "bad_value"},
        {"u", 0, 0, {0}, "12", "usd", 0, "unknown_currency"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *code = NULL;
        const void *value = cases[i].format[0] == 'g'   ? (const void *)&cases[i].number
                            : cases[i].format[0] == 'u' ? (const void *)&cases[i].text
                                                        : (const void *)cases[i].integer;
        int64_t amount = money_of(cases[i].format, value, cases[i].money, cases[i].currency, &code);
        if (cases[i].code != NULL) {
            assert_non_null(code);
            assert_string_equal(code, cases[i].code);
        } else {
            assert_null(code);
            assert_int_equal(amount, cases[i].expected);
        }
    }
}

/* ---- time ---- */

static churn_time at_of(const char *format, const void *value, const char *zone, bool *by_default)
{
    const char *const customers[] = {"acme"};
    const char *const types[] = {"login"};
    churn_load_options options = {.struct_size = sizeof options};
    if (zone != NULL) {
        options.time_zone = text(zone);
    }
    frame f = {.rows = 1};
    put_texts(&f, "customer", customers);
    put_texts(&f, "type", types);
    if (format[0] == 'u') {
        put_texts(&f, "at", value);
    } else {
        put_values(&f, format, "at", value);
    }
    churn_store *store = store_new();
    churn_load_report report = {.struct_size = sizeof report};
    assert_ok(load(store, CHURN_RECORD_EVENT, &f, &options, &report, NULL));
    *by_default = churn__store_localised_by_default(store);
    churn_time at = CHURN_TIME_NONE;
    if (report.added == 1) {
        view v = view_open(store);
        at = events_of(&v, "acme", "login").at[0];
        view_close(&v);
    }
    churn_table_free(report.rejections);
    churn_store_free(store);
    return at;
}

static void add_stream__dates_and_naive_times__in_the_zone_of_the_load(void **state)
{
    (void)state;
    bool by_default = false;
    int64_t micros = T(100), day = T(100) / CHURN__DAY;
    int32_t day32 = (int32_t)day;
    const char *naive = "2025-04-11 00:00", *zoned = "2025-04-11T00:00:00Z", *bad = "yesterday";
    assert_true(at_of("tsu:UTC", &micros, "+02:00", &by_default) == T(100));
    assert_false(by_default);
    assert_true(at_of("tsu:America/New_York", &micros, NULL, &by_default) == T(100));
    assert_false(by_default);
    assert_true(at_of("tsu:", &micros, "+02:00", &by_default) == T(100) - 2 * CHURN__HOUR);
    assert_false(by_default);
    assert_true(at_of("tsu:", &micros, NULL, &by_default) == T(100));
    assert_true(by_default);
    assert_true(at_of("tdD", &day32, "-05:00", &by_default) == T(100) + 5 * CHURN__HOUR);
    assert_true(at_of("u", &naive, "+02:00", &by_default) == T(100) - 2 * CHURN__HOUR);
    assert_true(at_of("u", &zoned, NULL, &by_default) == T(100));
    assert_false(by_default);
    assert_true(at_of("u", &bad, NULL, &by_default) == CHURN_TIME_NONE);
    micros = INT64_MAX;
    assert_true(at_of("tsu:", &micros, "+02:00", &by_default) == CHURN_TIME_NONE);
    assert_true(at_of("tss:UTC", &micros, NULL, &by_default) == CHURN_TIME_NONE);
}

/* ---- customers ---- */

static void add_stream__customers__other_columns_are_attributes(void **state)
{
    (void)state;
    const char *const ids[] = {"acme", "bolt"};
    const char *const plans[] = {"free", NULL};
    const int32_t seats[] = {5, 7};
    const double score[] = {(double)NAN, 2.5};
    const int64_t renewal[] = {T(5), T(6)};
    const uint8_t big[] = {2}; /* false, true */
    churn_field_text constants[] = {pair("region", "emea")};
    churn_field_value values[] = {{text("plan"), text("free"), text("starter")}};
    churn_load_options options = {.struct_size = sizeof options,
                                  .constants = constants,
                                  .constant_count = 1,
                                  .values = values,
                                  .value_count = 1};
    churn_load_report report = {.struct_size = sizeof report};
    frame f = {.rows = 2};
    put_texts(&f, "id", ids);
    put_texts(&f, "plan", plans);
    put_values(&f, "i", "seats", seats);
    put_values(&f, "g", "score", score);
    put_values(&f, "tsu:UTC", "renewal", renewal);
    put_values(&f, "b", "big", big);
    churn_store *store = store_new();
    assert_ok(load(store, CHURN_RECORD_CUSTOMER, &f, &options, &report, NULL));
    assert_int_equal(report.added, 2);
    assert_int_equal(report.customers, 2);
    view v = view_open(store);
    uint32_t acme = customer_of(&v, "acme"), bolt = customer_of(&v, "bolt");
    const churn__dict_view *texts = churn__version_texts(v.version);
    assert_string_equal(attribute_at(&v, "acme", "plan", T(0)), "starter");
    assert_null(attribute_at(&v, "bolt", "plan", T(0)));
    assert_string_equal(attribute_at(&v, "bolt", "region", T(0)), "emea");
    churn__value value =
        churn__reader_attribute(v.reader, bolt, churn__dict_view_find(texts, text("seats")), T(0));
    assert_true(value.type == CHURN__TYPE_DOUBLE && value.as.d == 7);
    value =
        churn__reader_attribute(v.reader, acme, churn__dict_view_find(texts, text("score")), T(0));
    assert_int_equal(value.missing, CHURN__NOT_PROVIDED);
    value = churn__reader_attribute(v.reader, bolt, churn__dict_view_find(texts, text("renewal")),
                                    T(0));
    assert_true(value.type == CHURN__TYPE_TIME && value.as.t == T(6));
    value =
        churn__reader_attribute(v.reader, bolt, churn__dict_view_find(texts, text("big")), T(0));
    assert_true(value.type == CHURN__TYPE_BOOL && value.as.b == 1);
    view_close(&v);
    churn_store_free(store);
}

static void add_stream__whole_numbers_as_ids__texts(void **state)
{
    (void)state;
    const int64_t ids[] = {42, -7};
    const uint64_t huge[] = {1, UINT64_MAX};
    const char *const types[] = {"login", "login"};
    const int64_t at[] = {T(0), T(1)};
    churn_load_report report = {.struct_size = sizeof report};
    frame f = {.rows = 2};
    put_values(&f, "l", "customer", ids);
    put_texts(&f, "type", types);
    put_values(&f, "tsu:UTC", "at", at);
    churn_store *store = store_new();
    assert_ok(load(store, CHURN_RECORD_EVENT, &f, NULL, &report, NULL));
    assert_int_equal(report.added, 2);
    f = (frame){.rows = 2};
    put_values(&f, "L", "customer", huge);
    put_texts(&f, "type", types);
    put_values(&f, "tsu:UTC", "at", at);
    assert_ok(load(store, CHURN_RECORD_EVENT, &f, NULL, &report, NULL));
    assert_int_equal(report.added, 1);
    assert_int_equal(report.rejected, 1);
    churn_table_free(report.rejections);
    view v = view_open(store);
    assert_true(customer_of(&v, "42") != CHURN__NO_CODE);
    assert_true(customer_of(&v, "-7") != CHURN__NO_CODE);
    view_close(&v);
    churn_store_free(store);
}

static void add_stream__null_rows__missing_fields(void **state)
{
    (void)state;
    const char *const customers[] = {"acme", "bolt", "core"};
    const char *const types[] = {"login", "login", "login"};
    const int64_t at[] = {T(0), T(1), T(2)};
    static const uint8_t rows[] = {5}; /* the second row of the struct is null */
    churn_load_report report = {.struct_size = sizeof report};
    frame f = {.rows = 3};
    put_texts(&f, "customer", customers);
    put_texts(&f, "type", types);
    put_values(&f, "tsu:UTC", "at", at);
    struct ArrowArray batch = made_records(3, rows, f.count, f.columns);
    struct ArrowArrayStream stream = made_stream(made_records_schema(f.count, f.fields), 1, &batch);
    churn_store *store = store_new();
    assert_ok(churn_store_add_stream(store, CHURN_RECORD_EVENT, &stream, NULL, &report, NULL));
    assert_int_equal(report.added, 2);
    assert_int_equal(report.rejected, 1);
    assert_int_equal(churn_table_int(report.rejections, 0, 0), 1);
    assert_string_equal(churn_table_string(report.rejections, 0, 2).ptr, "missing_field");
    churn_table_free(report.rejections);
    churn_store_free(store);
    assert_int_equal(made_live, 0);
}

static void add_stream__failing_stream__nothing_in(void **state)
{
    (void)state;
    const char *const customers[] = {"acme"};
    const int64_t at[] = {T(0)};
    frame f = {.rows = 1};
    churn_error err = {.struct_size = sizeof err};
    put_texts(&f, "customer", customers);
    put_texts(&f, "type", customers);
    put_values(&f, "tsu:UTC", "at", at);
    struct ArrowArray batch = made_records(1, NULL, f.count, f.columns);
    struct ArrowArrayStream stream = made_stream(made_records_schema(f.count, f.fields), 1, &batch);
    ((made_source *)stream.private_data)->batch_code = 5;
    ((made_source *)stream.private_data)->message = "the disk is gone";
    churn_store *store = store_new();
    assert_int_equal(churn_store_add_stream(store, CHURN_RECORD_EVENT, &stream, NULL, NULL, &err),
                     CHURN_E_IO);
    assert_non_null(strstr(err.message, "the disk is gone"));
    assert_null(stream.release);
    assert_int_equal(churn_store_customer_count(store), 0);
    assert_int_equal(churn_store_add_stream(store, CHURN_RECORD_EVENT, &stream, NULL, NULL, &err),
                     CHURN_E_ARG);
    assert_int_equal(churn_store_add_stream(store, CHURN_RECORD_EVENT, NULL, NULL, NULL, &err),
                     CHURN_E_ARG);
    churn_store_free(store);
    assert_int_equal(made_live, 0);
}

int main(void)
{
    const struct CMUnitTest store_stream[] = {
        cmocka_unit_test(add_stream__mapping_constants_and_value_maps__applied),
        cmocka_unit_test(add_stream__large_value_maps__the_first_that_says_so),
        cmocka_unit_test(add_stream__wrong_columns__errors_that_name_them),
        cmocka_unit_test(add_stream__required_field_missing__not_found),
        cmocka_unit_test(add_stream__money__units_and_fractions),
        cmocka_unit_test(add_stream__dates_and_naive_times__in_the_zone_of_the_load),
        cmocka_unit_test(add_stream__customers__other_columns_are_attributes),
        cmocka_unit_test(add_stream__whole_numbers_as_ids__texts),
        cmocka_unit_test(add_stream__null_rows__missing_fields),
        cmocka_unit_test(add_stream__failing_stream__nothing_in),
    };
    return RUN_TESTS(store_stream);
}
