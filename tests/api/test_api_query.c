/* SPDX-License-Identifier: MIT */
#include "company.h"

/*
 * Questions in the language of conditions, on the company of company.h: acme pays 99, blue 199 and
 * answered 4, cold paid 49 and has left.
 */

typedef struct asked {
    company c;
    churn_table *table, *reasons, *found;
    churn_query_summary summary;
    churn_error err;
    churn_status st;
} asked;

static void asked_open(asked *a)
{
    *a = (asked){.table = NULL};
    company_open(&a->c);
}

static void asked_drop(asked *a)
{
    churn_table_free(a->table);
    churn_table_free(a->reasons);
    churn_table_free(a->found);
    a->table = a->reasons = a->found = NULL;
}

static void asked_close(asked *a)
{
    asked_drop(a);
    company_close(&a->c);
}

static void ask(asked *a, const char *text, const churn_select_options *options)
{
    asked_drop(a);
    a->summary = (churn_query_summary){.struct_size = sizeof a->summary};
    a->err = (churn_error){.struct_size = sizeof a->err};
    a->st = churn_engine_query(a->c.engine, text, CHURN_NTS, NEW_YEAR, options, &a->table,
                               &a->summary, &a->reasons, &a->found, &a->err);
    if (a->st != CHURN_OK) {
        print_message("# %s\n", a->err.message);
    }
}

/* The customers of an answer: "acme blue". */
static const char *who(const asked *a)
{
    static char text[256];
    text[0] = '\0';
    size_t at = 0;
    for (uint64_t row = 0; row < churn_table_row_count(a->table); row++) {
        churn_str id = churn_table_string(a->table, row, 0);
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%s", row > 0 ? " " : "", id.ptr);
    }
    return text;
}

static void query__each_sort_of_name__finds_by_it(void **state)
{
    static const struct {
        const char *text, *who;
    } cases[] = {
        {"", "acme blue cold"},
        {"  ", "acme blue cold"},
        {"metric.mrr >= 99", "acme blue"},
        {"metric.quiet == 30", "blue"},
        {"customer.seats > 2 && !customer.churned", "blue"},
        {"customer.id == 'acme'", "acme"},
        {"customer.age_days == 200", "acme blue cold"},
        {"customer.owner in ['ana']", "acme cold"},
        {"segment.large", "blue"},
        {"health.score == 16", "blue"},
        {"health.band == 'green'", "acme"},
        {"health.coverage < 1.0 && health.low == 60 && health.high == 100", "acme"},
        {"health.use == 100", "acme"},
        {"customer.churned && churn.reason == 'price' && churn.days == 2", "cold"},
        {"churn.kind == 'voluntary'", "cold"},
        {"as_of == as_of", "acme blue cold"},
        {"trigger.low || play.mark.running || 'quiet' in tags", ""},
        {"!has(status)", "acme blue cold"},
        {"true", "acme blue cold"},
        {"false", ""},
    };
    asked a;
    (void)state;
    asked_open(&a);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ask(&a, cases[i].text, NULL);
        assert_int_equal(a.st, CHURN_OK);
        assert_string_equal(who(&a), cases[i].who);
        assert_int_equal(a.summary.asked, 3);
        assert_int_equal(a.summary.matched, churn_table_row_count(a.table));
        assert_int_equal(a.summary.asked, a.summary.matched + a.summary.not_matched +
                                              a.summary.unknown + a.summary.errors);
    }
    asked_close(&a);
}

static void query__no_columns_asked__shows_what_the_condition_reads(void **state)
{
    asked a;
    (void)state;
    asked_open(&a);
    ask(&a, "metric.mrr > 50 && customer.plan_x == 1 || true", NULL);
    assert_int_equal(a.st, CHURN_E_NOT_FOUND);
    ask(&a, "metric.mrr > 50 && segment.large", NULL);
    assert_string_equal(who(&a), "blue");
    assert_int_equal(churn_table_column_count(a.table), 3);
    assert_true(cell_number(a.table, 0, "metric.mrr") == 199.0);
    assert_true(
        cell_number(a.table, 0, "segment.large") == 0.0 ||
        churn_table_bool(a.table, 0, churn_table_find(a.table, "segment.large", CHURN_NTS)));
    asked_close(&a);
}

static void query__columns__names_types_and_missing(void **state)
{
    static const churn_str select[] = {STR("mrr: metric.mrr"),
                                       STR(" metric.nps "),
                                       STR("twice : metric.mrr * 2.0"),
                                       STR("tags"),
                                       STR("large: segment.large"),
                                       STR("at: as_of"),
                                       STR("who: customer.owner + '!'"),
                                       STR("sort: segment.large ? 'large' : 'small'"),
                                       STR("one: 1"),
                                       STR("lead: duration('36h') - duration('1ns')")};
    const churn_select_options options = {
        .struct_size = sizeof options, .select = select, .select_count = 10};
    asked a;
    (void)state;
    asked_open(&a);
    ask(&a, "", &options);
    assert_int_equal(a.st, CHURN_OK);
    assert_int_equal(churn_table_column_count(a.table), 11);
    assert_string_equal(churn_table_column_name(a.table, 2), "metric.nps");
    assert_true(cell_number(a.table, 1, "mrr") == 199.0);
    assert_true(cell_number(a.table, 1, "twice") == 398.0);
    assert_true(cell_number(a.table, 1, "metric.nps") == 4.0);
    assert_true(cell_null(a.table, 0, "metric.nps"));
    assert_string_equal(cell_text(a.table, 0, "tags"), "");
    assert_false(cell_null(a.table, 0, "tags"));
    assert_int_equal(churn_table_column_type(a.table, 5), CHURN_COLUMN_BOOL);
    assert_int_equal(cell_int(a.table, 2, "at"), NEW_YEAR);
    assert_string_equal(cell_text(a.table, 0, "who"), "ana!");
    assert_string_equal(cell_text(a.table, 1, "sort"), "large");
    assert_string_equal(cell_text(a.table, 2, "sort"), "small");
    assert_int_equal(cell_int(a.table, 2, "one"), 1);
    assert_int_equal(churn_table_column_type(a.table, 10), CHURN_COLUMN_DURATION);
    assert_int_equal(cell_int(a.table, 2, "lead"), INT64_C(129599999999999));
    asked_close(&a);
}

static void query__order_and_limit__missing_last_ties_by_customer(void **state)
{
    static const struct {
        churn_str order[2];
        uint32_t count;
        uint64_t limit;
        const char *who;
    } cases[] = {
        {{STR("metric.mrr")}, 1, 0, "cold acme blue"},
        {{STR("-metric.mrr")}, 1, 0, "blue acme cold"},
        {{STR(" - metric.mrr")}, 1, 2, "blue acme"},
        {{STR("-money")}, 1, 1, "blue"},
        {{STR("metric.nps")}, 1, 0, "blue acme cold"},
        {{STR("-metric.nps")}, 1, 0, "blue acme cold"},
        {{STR("customer.owner"), STR("-metric.mrr")}, 2, 0, "acme cold blue"},
        {{STR("-customer.owner")}, 1, 0, "blue acme cold"},
        {{STR("customer.churned")}, 1, 0, "acme blue cold"},
        {{STR("-customer.churned")}, 1, 0, "cold acme blue"},
        {{STR("as_of")}, 1, 0, "acme blue cold"},
        {{STR("size(customer.id)")}, 1, 2, "acme blue"},
        {{STR("")}, 0, 2, "acme blue"},
    };
    static const churn_str select[] = {STR("money: metric.mrr")};
    asked a;
    (void)state;
    asked_open(&a);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const churn_select_options options = {.struct_size = sizeof options,
                                              .select = select,
                                              .select_count = 1,
                                              .order = cases[i].order,
                                              .order_count = cases[i].count,
                                              .limit = cases[i].limit};
        ask(&a, "", &options);
        assert_int_equal(a.st, CHURN_OK);
        assert_string_equal(who(&a), cases[i].who);
        assert_int_equal(a.summary.matched, 3);
    }
    asked_close(&a);
}

static void query__unknown__counted_with_its_reasons(void **state)
{
    asked a;
    (void)state;
    asked_open(&a);
    ask(&a, "metric.nps < 7 && churn.days >= 1", NULL);
    assert_int_equal(a.st, CHURN_OK);
    assert_int_equal(a.summary.matched, 0);
    /* acme has neither, blue never left, cold never answered. */
    assert_int_equal(a.summary.unknown, 3);
    assert_int_equal(churn_table_row_count(a.reasons), 2);
    for (uint64_t row = 0; row < 2; row++) {
        assert_string_equal(cell_text(a.reasons, row, "part"), "where");
        assert_string_equal(cell_text(a.reasons, row, "outcome"), "unknown");
        assert_string_equal(cell_text(a.reasons, row, "reason"), "never");
        assert_int_equal(cell_int(a.reasons, row, "customers"), 2);
    }
    assert_true(find_row(a.reasons, "name", "metric.nps", NULL, NULL) >= 0);
    assert_true(find_row(a.reasons, "name", "churn.days", NULL, NULL) >= 0);
    asked_close(&a);
}

static void query__errors__counted_and_null(void **state)
{
    static const churn_str select[] = {STR("part: 10 / int(metric.quiet)")};
    const churn_select_options options = {
        .struct_size = sizeof options, .select = select, .select_count = 1};
    asked a;
    (void)state;
    asked_open(&a);
    ask(&a, "10 / int(metric.quiet) == 0", &options);
    assert_int_equal(a.st, CHURN_OK);
    assert_int_equal(a.summary.errors, 1); /* acme was there today */
    assert_int_equal(a.summary.cell_errors, 0);
    assert_string_equal(who(&a), "blue cold");
    assert_string_equal(cell_text(a.reasons, 0, "outcome"), "error");
    assert_non_null(strstr(cell_text(a.reasons, 0, "reason"), "zero"));
    ask(&a, "", &options);
    assert_int_equal(a.summary.errors, 0);
    assert_int_equal(a.summary.cell_errors, 1);
    assert_true(cell_null(a.table, 0, "part"));
    assert_false(cell_null(a.table, 1, "part"));
    assert_string_equal(cell_text(a.reasons, 0, "part"), "select[0]");
    assert_true(cell_null(a.reasons, 0, "name"));
    asked_close(&a);
}

static void query__parameters__are_constants(void **state)
{
    const churn_parameter params[] = {
        {STR("least"), {.type = CHURN_TYPE_DOUBLE, .number = 99.0}},
        {STR("who"), {.type = CHURN_TYPE_STRING, .string = STR("bo")}},
        {STR("on"), {.type = CHURN_TYPE_BOOL, .truth = 1}},
        {STR("at"), {.type = CHURN_TYPE_TIME, .integer = NEW_YEAR}},
        {STR("days"), {.type = CHURN_TYPE_INT, .integer = 10}}};
    churn_select_options options = {
        .struct_size = sizeof options, .params = params, .param_count = 5};
    asked a;
    (void)state;
    asked_open(&a);
    ask(&a,
        "metric.mrr > params.least && customer.owner == params.who && params.on && "
        "as_of <= params.at && metric.quiet >= params.days",
        &options);
    assert_int_equal(a.st, CHURN_OK);
    assert_string_equal(who(&a), "blue");
    ask(&a, "metric.quiet >= params.day", &options);
    assert_int_equal(a.st, CHURN_E_NOT_FOUND);
    assert_string_equal(cell_text(a.found, 0, "suggestion"), "params.days");
    const churn_parameter bad[] = {{STR("x"), {.type = 0}}, {STR("No Name"), {.type = 1}}};
    for (size_t i = 0; i < 2; i++) {
        options.params = &bad[i];
        options.param_count = 1;
        ask(&a, "", &options);
        assert_int_equal(a.st, CHURN_E_ARG);
    }
    asked_close(&a);
}

static void query__wrong_texts__all_found_with_their_places(void **state)
{
    static const churn_str select[] = {STR("a: metric.mmr"), STR("metric.mrr +"),
                                       STR("a: metric.mrr"), STR("x: ['a']")};
    static const churn_str order[] = {STR("- nothing"), STR("tags")};
    const churn_select_options options = {.struct_size = sizeof options,
                                          .select = select,
                                          .select_count = 4,
                                          .order = order,
                                          .order_count = 2};
    static const struct {
        const char *file;
        int64_t column;
    } places[] = {{"where", 4},     {"select[0]", 4}, {"select[1]", 13},
                  {"select[2]", 1}, {"order[0]", 3},  {"order[1]", 1}};
    asked a;
    (void)state;
    asked_open(&a);
    ask(&a, "1 +metric.quit > 3", &options);
    assert_int_equal(a.st, CHURN_E_CONFIG);
    assert_null(a.table);
    assert_null(a.reasons);
    assert_int_equal(a.err.line, 1);
    assert_int_equal(a.err.column, 4);
    assert_non_null(strstr(a.err.message, "where:1:4"));
    assert_string_equal(cell_text(a.found, 0, "suggestion"), "metric.quiet");
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        int64_t row = find_row(a.found, "file", places[i].file, NULL, NULL);
        assert_true(row >= 0);
        assert_int_equal(cell_int(a.found, (uint64_t)row, "column"), places[i].column);
    }
    ask(&a, "metric.mrr", NULL);
    assert_int_equal(a.st, CHURN_E_TYPE);
    ask(&a, "metric.mrr >", NULL);
    assert_int_equal(a.st, CHURN_E_PARSE);
    ask(&a, "stage.id == 'x'", NULL);
    assert_int_equal(a.st, CHURN_E_UNSUPPORTED);
    ask(&a, "\xff", NULL);
    assert_int_equal(a.st, CHURN_E_UTF8);
    ask(&a, "health.band == 'gren'", NULL);
    assert_int_not_equal(a.st, CHURN_OK);
    assert_string_equal(cell_text(a.found, 0, "suggestion"), "green");
    asked_close(&a);
}

static void query__some_customers__only_they_are_asked(void **state)
{
    static const churn_str some[] = {STR("cold"), STR("acme"), STR("cold")};
    static const churn_str none[] = {STR("nobody")};
    churn_select_options options = {
        .struct_size = sizeof options, .customers = some, .customer_count = 3};
    asked a;
    (void)state;
    asked_open(&a);
    ask(&a, "metric.mrr > 60", &options);
    assert_string_equal(who(&a), "acme");
    assert_int_equal(a.summary.asked, 2);
    options.customers = none;
    options.customer_count = 1;
    ask(&a, "", &options);
    assert_int_equal(a.st, CHURN_E_NOT_FOUND);
    options = (churn_select_options){.struct_size = sizeof options, .customer = STR("blue")};
    ask(&a, "", &options);
    assert_string_equal(who(&a), "blue");
    asked_close(&a);
}

static void query__engines_history__is_read_at_as_of(void **state)
{
    asked a;
    churn_table *runs = NULL;
    (void)state;
    asked_open(&a);
    assert_ok(churn_engine_replay(a.c.engine, NEW_YEAR - 5 * DAY, NEW_YEAR, 0, NULL, &runs, NULL));
    churn_table_free(runs);
    uint64_t before = 0, after = 0;
    assert_ok(churn_engine_hash(a.c.engine, &before, NULL));
    ask(&a, "trigger.quiet && status == 'at_risk' && 'quiet' in tags && play.mark.running", NULL);
    assert_string_equal(who(&a), "blue");
    assert_string_equal(cell_text(a.table, 0, "tags"), "quiet");
    assert_string_equal(cell_text(a.table, 0, "status"), "at_risk");
    assert_ok(churn_engine_hash(a.c.engine, &after, NULL));
    assert_true(before == after);
    churn_table *early = NULL;
    assert_ok(churn_engine_query(a.c.engine, "trigger.quiet", CHURN_NTS, NEW_YEAR - 6 * DAY, NULL,
                                 &early, NULL, NULL, NULL, NULL));
    assert_int_equal(churn_table_row_count(early), 0);
    churn_table_free(early);
    asked_close(&a);
}

static void why__trigger__part_by_part(void **state)
{
    asked a;
    churn_error err = {.struct_size = sizeof err};
    (void)state;
    asked_open(&a);
    assert_ok(churn_engine_why(a.c.engine, "blue", CHURN_NTS, "low", 3, NEW_YEAR, &a.table, NULL));
    assert_int_equal(churn_table_row_count(a.table), 2);
    assert_string_equal(cell_text(a.table, 0, "part"), "health.score < 70");
    assert_string_equal(cell_text(a.table, 0, "value"), "true");
    assert_string_equal(cell_text(a.table, 1, "part"), "health.score");
    assert_int_equal(cell_int(a.table, 1, "depth"), 1);
    assert_true(strncmp(cell_text(a.table, 1, "value"), "16", 2) == 0);
    asked_drop(&a);
    assert_int_equal(churn_engine_why(a.c.engine, "blue", CHURN_NTS, "loww", CHURN_NTS, NEW_YEAR,
                                      &a.table, &err),
                     CHURN_E_NOT_FOUND);
    assert_non_null(strstr(err.message, "did you mean `low`?"));
    assert_int_equal(churn_engine_why(a.c.engine, "blue", CHURN_NTS, "something", CHURN_NTS,
                                      NEW_YEAR, &a.table, &err),
                     CHURN_E_NOT_FOUND);
    assert_int_equal(churn_engine_why(a.c.engine, "nobody", CHURN_NTS, "low", CHURN_NTS, NEW_YEAR,
                                      &a.table, &err),
                     CHURN_E_NOT_FOUND);
    assert_int_equal(churn_engine_why(a.c.engine, "blue", CHURN_NTS, "low", CHURN_NTS,
                                      NEW_YEAR - 300 * DAY, &a.table, &err),
                     CHURN_E_NOT_FOUND);
    assert_null(a.table);
    asked_close(&a);
}

static void query__bad_arguments__refused(void **state)
{
    asked a;
    churn_select_options options = {.struct_size = sizeof options, .flags = 1};
    (void)state;
    asked_open(&a);
    ask(&a, "", &options);
    assert_int_equal(a.st, CHURN_E_ARG);
    options = (churn_select_options){.struct_size = sizeof options, .select_count = 1};
    ask(&a, "", &options);
    assert_int_equal(a.st, CHURN_E_ARG);
    options = (churn_select_options){.struct_size = sizeof options, .order_count = 1};
    ask(&a, "", &options);
    assert_int_equal(a.st, CHURN_E_ARG);
    options = (churn_select_options){.struct_size = sizeof options, .param_count = 1};
    ask(&a, "", &options);
    assert_int_equal(a.st, CHURN_E_ARG);
    assert_int_equal(
        churn_engine_query(a.c.engine, NULL, 0, NEW_YEAR, NULL, &a.table, NULL, NULL, NULL, NULL),
        CHURN_E_ARG);
    assert_int_equal(
        churn_engine_query(a.c.engine, "", 0, NEW_YEAR, NULL, NULL, NULL, NULL, NULL, NULL),
        CHURN_E_ARG);
    assert_int_equal(
        churn_engine_query(NULL, "", 0, NEW_YEAR, NULL, &a.table, NULL, NULL, NULL, NULL),
        CHURN_E_ARG);
    churn_query_summary none = {.struct_size = 0};
    assert_int_equal(
        churn_engine_query(a.c.engine, "", 0, NEW_YEAR, NULL, &a.table, &none, NULL, NULL, NULL),
        CHURN_E_ABI);
    asked_close(&a);
}

/* Many customers and threads: the same table as with one thread, and, with an order and a limit,
 * the same rows as the head of the whole. */
#define MANY 6000

static void add_many(company *c)
{
    for (int i = 0; i < MANY; i++) {
        char id[16];
        int len = snprintf(id, sizeof id, "m%05d", i);
        company_add_customer(c, (churn_str){id, (size_t)len}, STR("ana"), (i * 37) % 101);
    }
}

static void assert_same_tables(const churn_table *a, const churn_table *b, uint64_t rows)
{
    for (uint64_t row = 0; row < rows; row++) {
        assert_string_equal(churn_table_string(a, row, 0).ptr, churn_table_string(b, row, 0).ptr);
        assert_true(churn_table_double(a, row, 1) == churn_table_double(b, row, 1));
    }
}

static void query__many_customers__same_for_any_threads_and_limits(void **state)
{
    static const churn_str select[] = {STR("seats: customer.seats")};
    static const churn_str order[] = {STR("-seats"), STR("customer.id")};
    churn_select_options options = {.struct_size = sizeof options,
                                    .select = select,
                                    .select_count = 1,
                                    .order = order,
                                    .order_count = 1};
    asked a;
    churn_engine *wide = NULL;
    churn_engine_options engine_options = {.struct_size = sizeof engine_options, .threads = 4};
    churn_table *whole = NULL, *head = NULL;
    (void)state;
    asked_open(&a);
    add_many(&a.c);
    assert_ok(churn_engine_create(a.c.playbook, a.c.store, &engine_options, &wide, NULL));
    ask(&a, "customer.seats < 90", &options);
    assert_ok(churn_engine_query(wide, "customer.seats < 90", CHURN_NTS, NEW_YEAR, &options, &whole,
                                 NULL, NULL, NULL, NULL));
    assert_true(churn_table_row_count(whole) > 5000);
    assert_int_equal(churn_table_row_count(whole), churn_table_row_count(a.table));
    assert_same_tables(whole, a.table, churn_table_row_count(whole));
    for (uint64_t row = 1; row < churn_table_row_count(whole); row++) {
        double before = churn_table_double(whole, row - 1, 1),
               now = churn_table_double(whole, row, 1);
        assert_true(before > now ||
                    (before == now && strcmp(churn_table_string(whole, row - 1, 0).ptr,
                                             churn_table_string(whole, row, 0).ptr) < 0));
    }
    options.limit = 70;
    assert_ok(churn_engine_query(wide, "customer.seats < 90", CHURN_NTS, NEW_YEAR, &options, &head,
                                 NULL, NULL, NULL, NULL));
    assert_int_equal(churn_table_row_count(head), 70);
    assert_same_tables(head, whole, 70);
    churn_table_free(head);
    churn_table_free(whole);
    churn_engine_free(wide);
    asked_close(&a);
}

/* ---- conditions and columns ---- */

/* The condition is run over many customers at once, the column for each by itself. */
static void query__condition_and_column__agree(void **state)
{
    static const char *const texts[] = {
        "customer.seats < 50",
        "metric.mrr > 50 && 100 / (int(customer.seats) - 4) > 3",
        "100 / (int(customer.seats) - 4) > 3 && metric.mrr > 50",
        "customer.seats > 20 && 100 / (int(customer.seats) - 37) > 0 && metric.nps > 3",
        "metric.nps > 3 || 1 / int(customer.seats) == 0",
        "1 / int(customer.seats) == 0 || metric.nps > 3",
        "metric.nps > 3 && 1 / int(customer.seats) == 0 && customer.owner == 'ana'",
        "customer.owner in ['ana', 'ben'] && !(customer.seats >= 30)",
        "customer.name.startsWith('m0') && customer.seats > 10",
        "customer.name.matches('^m.*7$') || customer.name == 'acme'",
        "has(metric.quiet) ? metric.quiet > 3 : customer.seats > 90",
        "customer.name + customer.owner == 'acmeana'",
        "(customer.seats > 5 || metric.nps > 1) && (customer.seats > 5 || metric.quiet > 1)",
        "health.score < 50 || health.coverage < 0.5",
        "segment.large != (customer.seats > 40)",
        "int(customer.name) > 3 || customer.seats < 3",
        "days_since('login') > 3 && count('login', '30d') == 0 || customer.seats == 3",
        "customer.seats * 1e308 * 10.0 > 0 && customer.seats < 50",
    };
    asked a;
    (void)state;
    asked_open(&a);
    for (int i = 0; i < 300; i++) {
        char id[16];
        int len = snprintf(id, sizeof id, "m%03d", i);
        company_add_customer(&a.c, (churn_str){id, (size_t)len}, STR("ana"), (i * 37) % 101);
    }
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char text[256];
        churn_table *where = NULL;
        snprintf(text, sizeof text, "it_is: %s", texts[i]);
        const churn_str select[] = {{text, strlen(text)}};
        const churn_select_options options = {
            .struct_size = sizeof options, .select = select, .select_count = 1};
        ask(&a, texts[i], NULL);
        assert_int_equal(a.st, CHURN_OK);
        churn_query_summary summary = a.summary;
        where = a.table;
        a.table = NULL;
        ask(&a, "", &options);
        assert_int_equal(a.st, CHURN_OK);
        uint64_t at = 0, falses = 0;
        for (uint64_t row = 0; row < churn_table_row_count(a.table); row++) {
            bool is_null = churn_table_is_null(a.table, row, 1);
            falses += !is_null && !churn_table_bool(a.table, row, 1);
            if (!is_null && churn_table_bool(a.table, row, 1)) {
                assert_string_equal(churn_table_string(a.table, row, 0).ptr,
                                    churn_table_string(where, at++, 0).ptr);
            }
        }
        assert_int_equal(at, summary.matched);
        assert_int_equal(falses, summary.not_matched);
        assert_int_equal(a.summary.cell_errors, summary.errors);
        churn_table_free(where);
    }
    asked_close(&a);
}

/* With one name to lack, the reasons are as many as the customers that are unknown. */
static void query__reasons__add_up(void **state)
{
    asked a;
    (void)state;
    asked_open(&a);
    add_many(&a.c);
    ask(&a, "metric.nps > 3 && 50 / (int(customer.seats) - 3) > -100", NULL);
    assert_int_equal(a.st, CHURN_OK);
    int64_t unknown = 0, errors = 0;
    for (uint64_t row = 0; row < churn_table_row_count(a.reasons); row++) {
        bool error = strcmp(churn_table_string(a.reasons, row, 1).ptr, "error") == 0;
        *(error ? &errors : &unknown) += churn_table_int(a.reasons, row, 4);
    }
    assert_true(a.summary.unknown > 1000);
    assert_int_equal(unknown, a.summary.unknown);
    assert_int_equal(errors, a.summary.errors);
    asked_close(&a);
}
static const struct CMUnitTest tests[] = {
    cmocka_unit_test(query__each_sort_of_name__finds_by_it),
    cmocka_unit_test(query__no_columns_asked__shows_what_the_condition_reads),
    cmocka_unit_test(query__columns__names_types_and_missing),
    cmocka_unit_test(query__order_and_limit__missing_last_ties_by_customer),
    cmocka_unit_test(query__unknown__counted_with_its_reasons),
    cmocka_unit_test(query__errors__counted_and_null),
    cmocka_unit_test(query__parameters__are_constants),
    cmocka_unit_test(query__wrong_texts__all_found_with_their_places),
    cmocka_unit_test(query__some_customers__only_they_are_asked),
    cmocka_unit_test(query__engines_history__is_read_at_as_of),
    cmocka_unit_test(why__trigger__part_by_part),
    cmocka_unit_test(query__bad_arguments__refused),
    cmocka_unit_test(query__many_customers__same_for_any_threads_and_limits),
    cmocka_unit_test(query__condition_and_column__agree),
    cmocka_unit_test(query__reasons__add_up),
};

int main(void)
{
    return RUN_TESTS(tests);
}
