/* SPDX-License-Identifier: MIT */
#include "history.h"

/* Retention, and two customers who become one. */

static uint64_t store_hash(churn_store *store)
{
    uint64_t hash = 0;
    assert_ok(churn_store_hash(store, &hash, NULL));
    return hash;
}

static churn_store *all_of(const history *h)
{
    return history_store(h, true);
}

/* ---- forgetting ---- */

#define QUIET 2 /* column of the metric */

static text answers(churn_playbook *playbook, churn_store *store, churn_time as_of)
{
    text out = {0};
    churn_engine *engine = NULL;
    churn_table *metrics = NULL, *scores = NULL;
    assert_ok(churn_engine_create(playbook, store, NULL, &engine, NULL));
    assert_ok(churn_engine_metrics(engine, &as_of, 1, NULL, &metrics, NULL));
    assert_ok(churn_engine_scores(engine, &as_of, 1, NULL, &scores, NULL));
    for (uint64_t row = 0; row < churn_table_row_count(metrics); row++) {
        for (uint32_t column = 0; column < churn_table_column_count(metrics); column++) {
            if (column != QUIET) { /* of who was silent for longer it can only say "since then" */
                text_add_cell(&out, metrics, row, column);
            }
        }
    }
    churn_table_free(metrics);
    text_add_table(&out, scores);
    churn_engine_free(engine);
    return out;
}

static void forget__long_ago__answers_stay(void **state)
{
    (void)state;
    churn_playbook *playbook = playbook_of(history_playbook);
    for (uint64_t seed = 1; seed <= 4; seed++) {
        history *h = history_make(seed);
        churn_store *store = all_of(h), *whole = all_of(h);
        churn_time before = NEW_YEAR - 70 * DAY;
        churn_forget_report report = {.struct_size = sizeof report};
        uint64_t count = churn_store_record_count(store, CHURN_RECORD_EVENT);
        assert_ok(churn_store_forget(store, before, &report, NULL));
        assert_true(report.removed[CHURN_RECORD_EVENT] > 100 && report.texts > 100);
        assert_int_equal(report.since, before);
        assert_int_equal(churn_store_record_count(store, CHURN_RECORD_EVENT),
                         count - report.removed[CHURN_RECORD_EVENT]);
        text now = answers(playbook, store, NEW_YEAR), then = answers(playbook, whole, NEW_YEAR);
        assert_string_equal(now.data, then.data); /* no window is longer than 60 days */
        free(now.data);
        free(then.data);
        uint64_t hash = store_hash(store), version = churn_store_version(store);
        assert_ok(churn_store_forget(store, before - DAY, &report, NULL));
        assert_int_equal(report.records, 0);
        assert_int_equal(report.since, before);
        assert_true(store_hash(store) == hash && churn_store_version(store) == version);
        churn_store_free(store);
        churn_store_free(whole);
        history_free(h);
    }
    churn_playbook_free(playbook);
}

static void forget__recent__windows_are_short(void **state)
{
    (void)state;
    static const char yaml[] = "churn: 1\nname: short\nevaluate: 1d\nmetrics:\n"
                               "  - {id: logins, agg: count, event: login, window: 28d}\n"
                               "  - {id: near, agg: count, event: login, window: 5d}\n"
                               "  - {id: clipped, agg: count, event: login, window: 28d, history: "
                               "clip}\n";
    churn_playbook *playbook = playbook_of(yaml);
    churn_store *store = NULL;
    churn_engine *engine = NULL;
    churn_table *t = NULL;
    churn_time as_of = NEW_YEAR;
    assert_ok(churn_store_create(NULL, &store, NULL));
    for (int day = 1; day <= 40; day++) {
        churn_event e;
        churn_record_init(CHURN_RECORD_EVENT, &e, sizeof e);
        e.customer = STR("a");
        e.type = STR("login");
        e.at = NEW_YEAR - day * DAY;
        assert_ok(churn_store_add_event(store, &e, NULL));
    }
    assert_ok(churn_engine_create(playbook, store, NULL, &engine, NULL));
    assert_ok(churn_engine_metrics(engine, &as_of, 1, NULL, &t, NULL));
    assert_int_equal((int)churn_table_double(t, 0, 1), 28);
    churn_table_free(t);
    churn_forget_report report = {.struct_size = sizeof report};
    assert_ok(churn_store_forget(store, NEW_YEAR - 10 * DAY, &report, NULL));
    assert_int_equal(report.removed[CHURN_RECORD_EVENT], 30);
    assert_int_equal(report.records, 30);
    assert_ok(churn_engine_metrics(engine, &as_of, 1, NULL, &t, NULL));
    assert_true(churn_table_is_null(t, 0, 1));
    assert_int_equal((int)churn_table_double(t, 0, 2), 5);
    assert_int_equal((int)churn_table_double(t, 0, 3), 10);
    churn_table_free(t);
    assert_int_equal(churn_store_forget(store, CHURN_TIME_MAX, NULL, NULL), CHURN_OK);
    assert_int_equal(churn_store_forget(store, CHURN_TIME_NONE, NULL, NULL), CHURN_E_RANGE);
    assert_int_equal(churn_store_forget(NULL, NEW_YEAR, NULL, NULL), CHURN_E_ARG);
    assert_int_equal(churn_store_record_count(store, CHURN_RECORD_EVENT), 0);
    assert_int_equal(churn_store_customer_count(store), 1);
    churn_engine_free(engine);
    churn_store_free(store);
    churn_playbook_free(playbook);
}

static void add_ticket(churn_store *store, const char *id, int opened, int closed, int reopened)
{
    churn_ticket t;
    churn_record_init(CHURN_RECORD_TICKET, &t, sizeof t);
    t.id = history_str(id);
    t.customer = STR("a");
    t.opened_at = NEW_YEAR + opened * DAY;
    t.closed_at = closed ? NEW_YEAR + closed * DAY : CHURN_TIME_NONE;
    t.reopened_at = reopened ? NEW_YEAR + reopened * DAY : CHURN_TIME_NONE;
    assert_ok(churn_store_add_ticket(store, &t, NULL));
}

static void add_state(churn_store *store, const char *id, int from, churn_time known)
{
    churn_subscription s;
    churn_record_init(CHURN_RECORD_SUBSCRIPTION, &s, sizeof s);
    s.id = history_str(id);
    s.customer = STR("a");
    s.valid_from = NEW_YEAR + from * DAY;
    s.known_at = known;
    s.status = STR("active");
    s.amount = 100;
    s.currency = STR("USD");
    s.period = STR("month");
    assert_ok(churn_store_add_subscription(store, &s, NULL));
}

static void forget__what_still_holds__stays(void **state)
{
    (void)state;
    churn_store *store = NULL;
    churn_forget_report report = {.struct_size = sizeof report};
    assert_ok(churn_store_create(NULL, &store, NULL));
    add_ticket(store, "open", -90, 0, 0);
    add_ticket(store, "over", -90, -80, 0);
    add_ticket(store, "again", -90, -80, -70);
    add_ticket(store, "late", -90, -5, 0);
    add_ticket(store, "new", -5, -4, 0);
    add_state(store, "s", -90, CHURN_TIME_NONE);
    add_state(store, "s", -60, CHURN_TIME_NONE); /* holds at -30 */
    add_state(store, "s", -20, CHURN_TIME_NONE);
    add_state(store, "u", -90, CHURN_TIME_NONE); /* holds at -30 as far as one knows */
    add_state(store, "u", -60, NEW_YEAR - 10 * DAY);
    assert_ok(churn_store_forget(store, NEW_YEAR - 30 * DAY, &report, NULL));
    assert_int_equal(report.removed[CHURN_RECORD_TICKET], 1);
    assert_int_equal(report.removed[CHURN_RECORD_SUBSCRIPTION], 1);
    assert_int_equal(report.records, 2);
    assert_int_equal(churn_store_record_count(store, CHURN_RECORD_TICKET), 4);
    assert_int_equal(churn_store_record_count(store, CHURN_RECORD_SUBSCRIPTION), 4);
    churn_store_free(store);
}

/* ---- merging ---- */

/* The records of one customer under the id of another, to be loaded into a second store. */
static void rename_customer(made *row, churn_str from, churn_str into)
{
    churn_str *at[] = {&row->as.customer.id,           &row->as.event.customer,
                       &row->as.subscription.customer, &row->as.invoice.customer,
                       &row->as.ticket.customer,       &row->as.survey.customer,
                       &row->as.churn.customer};
    int which = row->kind == CHURN_RECORD_CUSTOMER       ? 0
                : row->kind == CHURN_RECORD_EVENT        ? 1
                : row->kind == CHURN_RECORD_SUBSCRIPTION ? 2
                : row->kind == CHURN_RECORD_INVOICE      ? 3
                : row->kind == CHURN_RECORD_TICKET       ? 4
                : row->kind == CHURN_RECORD_SURVEY       ? 5
                                                         : 6;
    if (at[which]->len == from.len && memcmp(at[which]->ptr, from.ptr, from.len) == 0) {
        *at[which] = into;
    }
}

static bool is_customer_row(const made *row, churn_str id)
{
    return row->kind == CHURN_RECORD_CUSTOMER && row->as.customer.id.len == id.len &&
           memcmp(row->as.customer.id.ptr, id.ptr, id.len) == 0;
}

static void merge__two_of_many__as_if_loaded_so(void **state)
{
    (void)state;
    const churn_str from = STR("c05"), into = STR("c11");
    for (uint64_t seed = 1; seed <= 4; seed++) {
        history *h = history_make(seed);
        churn_store *merged = all_of(h);
        churn_merge_report report = {.struct_size = sizeof report};
        assert_ok(churn_store_merge(merged, from.ptr, from.len, into.ptr, into.len, &report, NULL));
        assert_true(report.moved[CHURN_RECORD_EVENT] > 0);
        churn_time since = CHURN_TIME_NONE;
        for (uint32_t i = 0; i < h->count; i++) {
            made *row = &h->rows[i];
            if (is_customer_row(row, from)) { /* only its beginning counts */
                since = row->as.customer.since;
                *row = h->rows[--h->count];
                i--;
            }
        }
        for (uint32_t i = 0; i < h->count; i++) {
            made *row = &h->rows[i];
            bool earlier =
                is_customer_row(row, into) && since != CHURN_TIME_NONE &&
                (row->as.customer.since == CHURN_TIME_NONE || since < row->as.customer.since);
            if (earlier) {
                row->as.customer.since = since;
            }
            rename_customer(row, from, into);
        }
        churn_store *loaded = all_of(h);
        assert_int_equal(churn_store_customer_count(merged), PEOPLE - 1);
        for (churn_record_kind kind = 1; kind < CHURN_RECORD_KINDS; kind++) {
            assert_int_equal(churn_store_record_count(merged, kind),
                             churn_store_record_count(loaded, kind));
        }
        assert_true(store_hash(merged) == store_hash(loaded));
        churn_store_free(merged);
        churn_store_free(loaded);
        history_free(h);
    }
}

static void merge__aliases__find_the_other(void **state)
{
    (void)state;
    churn_store *store = NULL;
    churn_event e;
    churn_alias alias;
    churn_record_init(CHURN_RECORD_EVENT, &e, sizeof e);
    churn_record_init(CHURN_RECORD_ALIAS, &alias, sizeof alias);
    assert_ok(churn_store_create(NULL, &store, NULL));
    e.type = STR("login");
    e.id = STR("e1");
    e.customer = STR("old");
    e.at = NEW_YEAR;
    assert_ok(churn_store_add_event(store, &e, NULL));
    e.customer = STR("new");
    e.id = STR("e2");
    assert_ok(churn_store_add_event(store, &e, NULL));
    alias.source = STR("crm");
    alias.alias = STR("old");
    alias.customer = STR("old");
    assert_ok(churn_store_add_alias(store, &alias, NULL));
    assert_ok(churn_store_merge(store, "old", CHURN_NTS, "new", CHURN_NTS, NULL, NULL));
    alias.customer = STR("new"); /* which it is already */
    uint64_t hash = store_hash(store);
    assert_ok(churn_store_add_alias(store, &alias, NULL));
    assert_true(store_hash(store) == hash);
    e.id = STR("e1"); /* belongs to the other now */
    assert_ok(churn_store_add_event(store, &e, NULL));
    assert_int_equal(churn_store_record_count(store, CHURN_RECORD_EVENT), 2);
    e.customer = STR("third");
    assert_int_equal(churn_store_add_event(store, &e, NULL), CHURN_E_EXISTS);
    churn_store_free(store);
}

static void merge__engine__episodes_of_the_gone_resolve(void **state)
{
    (void)state;
    history *h = history_make(2);
    churn_playbook *playbook = playbook_of(history_playbook);
    churn_store *store = all_of(h);
    churn_engine *engine = NULL;
    churn_run run = {.struct_size = sizeof run};
    assert_ok(churn_engine_create(playbook, store, NULL, &engine, NULL));
    for (int day = -40; day < 0; day++) {
        assert_ok(churn_engine_advance(engine, NEW_YEAR + day * DAY, NULL, &run, NULL));
    }
    assert_ok(churn_store_merge(store, "c05", CHURN_NTS, "c11", CHURN_NTS, NULL, NULL));
    assert_ok(churn_engine_advance(engine, NEW_YEAR, NULL, &run, NULL));
    churn_table *t = NULL;
    assert_ok(churn_engine_episodes(engine, &t, NULL));
    for (uint64_t row = 0; row < churn_table_row_count(t); row++) {
        if (strcmp(cell_text(t, row, "customer"), "c05") == 0) {
            assert_false(cell_null(t, row, "resolved_at"));
        }
    }
    churn_table_free(t);
    churn_engine_free(engine);
    churn_store_free(store);
    churn_playbook_free(playbook);
    history_free(h);
}

static void merge__impossible__refused(void **state)
{
    (void)state;
    history *h = history_make(1);
    churn_store *store = all_of(h);
    uint64_t hash = store_hash(store);
    assert_int_equal(churn_store_merge(NULL, "a", 1, "b", 1, NULL, NULL), CHURN_E_ARG);
    assert_int_equal(churn_store_merge(store, "c01", 3, "no", 2, NULL, NULL), CHURN_E_NOT_FOUND);
    assert_int_equal(churn_store_merge(store, "no", 2, "c01", 3, NULL, NULL), CHURN_E_NOT_FOUND);
    assert_int_equal(churn_store_merge(store, "c01", 3, "c01", 3, NULL, NULL), CHURN_E_ARG);
    assert_int_equal(churn_store_merge(store, NULL, 0, "c01", 3, NULL, NULL), CHURN_E_ARG);
    assert_true(store_hash(store) == hash);
    churn_store_free(store);
    history_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forget__long_ago__answers_stay),
        cmocka_unit_test(forget__recent__windows_are_short),
        cmocka_unit_test(forget__what_still_holds__stays),
        cmocka_unit_test(merge__two_of_many__as_if_loaded_so),
        cmocka_unit_test(merge__aliases__find_the_other),
        cmocka_unit_test(merge__engine__episodes_of_the_gone_resolve),
        cmocka_unit_test(merge__impossible__refused),
    };
    return RUN_TESTS(tests);
}
