/* SPDX-License-Identifier: MIT */
#include "company.h"

/*
 * The engine through its public functions, on a company small enough to be worked out by hand:
 * acme logs in every day, blue last did 30 days before the new year, cold has left.
 */

static churn_table *ask_episodes(company *c)
{
    churn_table *table = NULL;
    assert_ok(churn_engine_episodes(c->engine, &table, NULL));
    return table;
}

static churn_table *ask_actions(company *c, int32_t which)
{
    churn_table *table = NULL;
    churn_action_options options = {.struct_size = sizeof options, .which = which};
    assert_ok(churn_engine_actions(c->engine, &options, &table, NULL));
    return table;
}

static void metrics__by_hand__as_worked_out(void **state)
{
    company c = {.playbook = NULL};
    churn_table *t = NULL;
    const churn_time date = NEW_YEAR;
    (void)state;
    company_open(&c);
    assert_ok(churn_engine_metrics(c.engine, &date, 1, NULL, &t, NULL));
    assert_int_equal(churn_table_row_count(t), 3);
    assert_string_equal(cell_text(t, 0, "customer"), "acme");
    /* Logins of acme at 08:00 of each of the 60 days before: 28 in the window. */
    assert_true(cell_number(t, 0, "logins_28d") == 28.0);
    assert_true(cell_number(t, 0, "quiet") == 0.0);
    assert_true(cell_number(t, 0, "users") == 1.0);
    assert_true(cell_number(t, 0, "seat_use") == 1.0);
    assert_true(cell_number(t, 0, "mrr") == 99.0);
    assert_true(cell_null(t, 0, "nps"));
    assert_string_equal(cell_text(t, 1, "customer"), "blue");
    assert_true(cell_number(t, 1, "logins_28d") == 0.0);
    assert_true(cell_number(t, 1, "quiet") == 30.0);
    assert_true(cell_number(t, 1, "paid") == 12.5);
    assert_true(cell_number(t, 1, "tickets") == 1.0);
    assert_true(cell_number(t, 1, "nps") == 4.0);
    assert_true(cell_number(t, 1, "failed") == 1.0);
    churn_table_free(t);
    company_close(&c);
}

static void metrics__several_dates__equal_each_alone(void **state)
{
    company c = {.playbook = NULL};
    churn_table *all = NULL, *one = NULL;
    const churn_time dates[] = {NEW_YEAR - 31 * DAY, NEW_YEAR - 9 * DAY, NEW_YEAR + 5 * DAY};
    (void)state;
    company_open(&c);
    assert_ok(churn_engine_metrics(c.engine, dates, 3, NULL, &all, NULL));
    assert_int_equal(churn_table_row_count(all), 9);
    for (uint32_t d = 0; d < 3; d++) {
        assert_ok(churn_engine_metrics(c.engine, &dates[d], 1, NULL, &one, NULL));
        for (uint64_t row = 0; row < 3; row++) {
            assert_true(cell_int(all, row * 3 + d, "as_of") == dates[d]);
            for (uint32_t col = 1; col < churn_table_column_count(one); col++) {
                assert_int_equal(churn_table_is_null(all, row * 3 + d, col + 1),
                                 churn_table_is_null(one, row, col));
                assert_true(churn_table_double(all, row * 3 + d, col + 1) ==
                            churn_table_double(one, row, col));
            }
        }
        churn_table_free(one);
    }
    churn_table_free(all);
    company_close(&c);
}

static void missing__by_hand__names_reasons(void **state)
{
    company c = {.playbook = NULL};
    churn_table *t = NULL;
    (void)state;
    company_open(&c);
    assert_ok(churn_engine_missing(c.engine, NEW_YEAR, NULL, &t, NULL));
    int64_t row = find_row(t, "customer", "acme", "metric", "nps");
    assert_true(row >= 0);
    assert_string_equal(cell_text(t, (uint64_t)row, "reason"), "never");
    churn_table_free(t);
    company_close(&c);
}

/*
 * blue: use = (2 * 0 + 1 * 0) / 3 = 0, opinion = 40; health = (60 * 0 + 40 * 40) / 100 = 16.
 * acme: nps is missing; use = (2 * 100 + 1 * 100) / 3 = 100 of weight 60 alone: 100, coverage 0.6,
 * bounds 0.6 * 100 + 0.4 * [0, 100] = [60, 100].
 */
static void scores__by_hand__as_worked_out(void **state)
{
    company c = {.playbook = NULL};
    churn_table *t = NULL;
    const churn_time date = NEW_YEAR;
    (void)state;
    company_open(&c);
    assert_ok(churn_engine_scores(c.engine, &date, 1, NULL, &t, NULL));
    assert_true(cell_number(t, 0, "value") == 100.0);
    assert_true(cell_number(t, 0, "coverage") == 0.6);
    assert_true(cell_number(t, 0, "low") == 60.0);
    assert_true(cell_number(t, 0, "high") == 100.0);
    assert_string_equal(cell_text(t, 0, "band"), "green");
    assert_false(churn_table_bool(t, 0, churn_table_find(t, "certain", CHURN_NTS)));
    assert_true(churn_table_bool(t, 1, churn_table_find(t, "certain", CHURN_NTS)));
    assert_string_equal(cell_text(t, 0, "card"), "default");
    assert_false(churn_table_bool(t, 0, churn_table_find(t, "overridden", CHURN_NTS)));
    assert_true(cell_null(t, 0, "opinion"));
    assert_true(cell_number(t, 1, "value") == 16.0);
    assert_string_equal(cell_text(t, 1, "band"), "red");
    assert_true(cell_number(t, 1, "use") == 0.0);
    churn_table_free(t);
    company_close(&c);
}

static void explain__any_customer__adds_up(void **state)
{
    company c = {.playbook = NULL};
    static const char *const customers[] = {"acme", "blue", "cold"};
    (void)state;
    company_open(&c);
    for (size_t i = 0; i < 3; i++) {
        churn_table *lines = NULL, *score = NULL;
        const churn_time date = NEW_YEAR - 5 * DAY;
        churn_query_options options = {.struct_size = sizeof options,
                                       .customer = {customers[i], 4}};
        assert_ok(
            churn_engine_explain(c.engine, customers[i], CHURN_NTS, date, NULL, &lines, NULL));
        assert_ok(churn_engine_scores(c.engine, &date, 1, &options, &score, NULL));
        int64_t sum = 0;
        for (uint64_t row = 0; row < churn_table_row_count(lines); row++) {
            double part = cell_number(lines, row, "contribution") * 1e6;
            sum += (int64_t)(part < 0 ? part - 0.5 : part + 0.5);
        }
        assert_string_equal(cell_text(lines, 0, "kind"), "baseline");
        if (strcmp(cell_text(lines, 1, "kind"), "factor") == 0) {
            assert_non_null(strstr(cell_text(lines, 1, "text"), " % of the score"));
        }
        if (!cell_null(score, 0, "value")) {
            assert_int_equal(sum, (int64_t)(cell_number(score, 0, "value") * 1e6 + 0.5));
        }
        churn_table_free(lines);
        churn_table_free(score);
    }
    company_close(&c);
}

/* `for: 1d` is not fulfilled by one evaluation, and is by two a day apart. */
static void advance__for_one_day__fires_at_the_second(void **state)
{
    company c = {.playbook = NULL};
    churn_run run = {.struct_size = sizeof run};
    (void)state;
    company_open(&c);
    assert_ok(churn_engine_advance(c.engine, NEW_YEAR, NULL, &run, NULL));
    assert_int_equal(run.customers, 3);
    assert_int_equal(run.fired, 1); /* quiet, of blue, at once */
    assert_ok(churn_engine_advance(c.engine, NEW_YEAR + DAY, NULL, &run, NULL));
    assert_int_equal(run.fired, 1); /* low, of blue */
    churn_table *episodes = ask_episodes(&c);
    assert_int_equal(churn_table_row_count(episodes), 2);
    int64_t low = find_row(episodes, "trigger", "low", "customer", "blue");
    assert_true(low >= 0 && cell_int(episodes, (uint64_t)low, "fired_at") == NEW_YEAR + DAY);
    /* MRR 199 * (100 - 16) / 100 */
    assert_true(cell_number(episodes, (uint64_t)low, "value_at_risk") == 167.16);
    churn_table_free(episodes);
    company_close(&c);
}

static void advance__same_instant__changes_nothing(void **state)
{
    company c = {.playbook = NULL};
    uint64_t before = 0, after = 0;
    churn_run run = {.struct_size = sizeof run};
    (void)state;
    company_open(&c);
    assert_ok(churn_engine_advance(c.engine, NEW_YEAR, NULL, NULL, NULL));
    assert_ok(churn_engine_hash(c.engine, &before, NULL));
    assert_ok(churn_engine_advance(c.engine, NEW_YEAR, NULL, &run, NULL));
    assert_ok(churn_engine_hash(c.engine, &after, NULL));
    assert_int_equal(before, after);
    assert_int_equal(run.evaluated, 0);
    assert_int_equal(churn_engine_advance(c.engine, NEW_YEAR - 1, NULL, NULL, NULL), CHURN_E_RANGE);
    company_close(&c);
}

static void actions__after_firing__owned_and_due(void **state)
{
    company c = {.playbook = NULL};
    (void)state;
    company_open(&c);
    assert_ok(churn_engine_replay(c.engine, NEW_YEAR, NEW_YEAR + DAY, 0, NULL, NULL, NULL));
    churn_table *t = ask_actions(&c, CHURN_ACTIONS_WAITING);
    /* mark: status, tag, task; follow_up: task, notice */
    assert_int_equal(churn_table_row_count(t), 5);
    int64_t call = find_row(t, "title", "Call blue: 16", NULL, NULL);
    assert_true(call >= 0);
    assert_string_equal(cell_text(t, (uint64_t)call, "owner"), "bo");
    /* Friday 2026-01-02 and two working days: Tuesday 2026-01-06 */
    assert_true(cell_int(t, (uint64_t)call, "due") == NEW_YEAR + 5 * DAY);
    assert_string_equal(cell_text(t, (uint64_t)call, "severity"), "high");
    assert_int_equal(churn_table_string(t, (uint64_t)call, 0).len, 32);

    churn_str id = churn_table_string(t, (uint64_t)call, 0);
    const churn_str unknown[] = {id, STR("00000000000000000000000000000000")};
    churn_error err = {.struct_size = sizeof err};
    assert_int_equal(churn_engine_acknowledge(c.engine, unknown, 2, &err), CHURN_E_NOT_FOUND);
    assert_int_equal(err.row, 1);
    churn_table *still = ask_actions(&c, CHURN_ACTIONS_WAITING);
    assert_int_equal(churn_table_row_count(still), 5);
    churn_table_free(still);
    assert_ok(churn_engine_acknowledge(c.engine, &id, 1, NULL));
    assert_ok(churn_engine_acknowledge(c.engine, &id, 1, NULL));
    still = ask_actions(&c, CHURN_ACTIONS_WAITING);
    assert_int_equal(churn_table_row_count(still), 4);
    churn_table_free(still);
    assert_int_equal(churn_engine_complete(c.engine, id.ptr, id.len, "maybe", CHURN_NTS,
                                           NEW_YEAR + 2 * DAY, NULL),
                     CHURN_E_RANGE);
    assert_int_equal(
        churn_engine_complete(c.engine, id.ptr, id.len, "done", CHURN_NTS, NEW_YEAR, NULL),
        CHURN_E_RANGE);
    assert_ok(churn_engine_complete(c.engine, id.ptr, id.len, "done", CHURN_NTS, NEW_YEAR + 2 * DAY,
                                    NULL));
    assert_int_equal(churn_engine_complete(c.engine, id.ptr, id.len, "failed", CHURN_NTS,
                                           NEW_YEAR + 2 * DAY, NULL),
                     CHURN_E_EXISTS);
    churn_table_free(t);
    company_close(&c);
}

/* blue logs in again: quiet resolves, and its tag and status are taken back. */
static void resolve__undo__takes_tag_and_status_back(void **state)
{
    company c = {.playbook = NULL};
    (void)state;
    company_open(&c);
    assert_ok(churn_engine_advance(c.engine, NEW_YEAR, NULL, NULL, NULL));
    company_add_event(&c, STR("blue"), STR("login"), NEW_YEAR + DAY / 2);
    assert_ok(churn_engine_advance(c.engine, NEW_YEAR + DAY, NULL, NULL, NULL));
    churn_table *t = ask_actions(&c, CHURN_ACTIONS_ALL);
    assert_true(find_row(t, "kind", "untag", "value", "quiet") >= 0);
    assert_true(find_row(t, "kind", "unset_status", "value", "at_risk") >= 0);
    churn_table_free(t);
    t = ask_episodes(&c);
    int64_t row = find_row(t, "trigger", "quiet", "customer", "blue");
    assert_string_equal(cell_text(t, (uint64_t)row, "reason"), "cleared");
    churn_table_free(t);
    company_close(&c);
}

/* A customer who has left is not of the active population. */
static void population__lost_customer__not_evaluated(void **state)
{
    company c = {.playbook = NULL};
    (void)state;
    company_open(&c);
    assert_ok(churn_engine_replay(c.engine, NEW_YEAR, NEW_YEAR + 5 * DAY, 0, NULL, NULL, NULL));
    churn_table *t = ask_episodes(&c);
    assert_true(find_row(t, "customer", "cold", NULL, NULL) < 0);
    churn_table_free(t);
    company_close(&c);
}

static uint64_t state_hash(churn_engine *engine)
{
    uint64_t hash = 0;
    assert_ok(churn_engine_hash(engine, &hash, NULL));
    return hash;
}

/* Saved and loaded every day, the state is what it is without. */
static void save__every_day__same_state(void **state)
{
    company c = {.playbook = NULL}, d = {.playbook = NULL};
    (void)state;
    company_open(&c);
    company_open(&d);
    for (int day = 0; day < 25; day++) {
        churn_buffer *bytes = NULL;
        churn_engine *loaded = NULL;
        assert_ok(churn_engine_advance(c.engine, NEW_YEAR + day * DAY, NULL, NULL, NULL));
        assert_ok(churn_engine_advance(d.engine, NEW_YEAR + day * DAY, NULL, NULL, NULL));
        assert_ok(churn_engine_save(d.engine, &bytes, NULL));
        assert_ok(churn_engine_load(churn_buffer_data(bytes), churn_buffer_size(bytes), d.playbook,
                                    d.store, &loaded, NULL));
        churn_buffer_free(bytes);
        churn_engine_free(d.engine);
        d.engine = loaded;
        assert_int_equal(state_hash(c.engine), state_hash(d.engine));
    }
    company_close(&d);
    company_close(&c);
    assert_int_equal(churn_live_handles(), 0);
}

/* Cut short anywhere, or with any byte changed, saved state is refused and never half taken. */
static void load__damaged__refused(void **state)
{
    company c = {.playbook = NULL};
    churn_buffer *bytes = NULL;
    churn_engine *loaded = NULL;
    (void)state;
    company_open(&c);
    assert_ok(churn_engine_replay(c.engine, NEW_YEAR, NEW_YEAR + 3 * DAY, 0, NULL, NULL, NULL));
    assert_ok(churn_engine_save(c.engine, &bytes, NULL));
    size_t size = churn_buffer_size(bytes);
    unsigned char *copy = malloc(size);
    assert_non_null(copy);
    memcpy(copy, churn_buffer_data(bytes), size);
    for (size_t cut = 0; cut < size; cut += 1 + size / 97) {
        assert_int_equal(churn_engine_load(copy, cut, c.playbook, c.store, &loaded, NULL),
                         CHURN_E_CORRUPT);
    }
    for (size_t at = 0; at < size; at++) {
        copy[at] ^= 0x41;
        churn_status st = churn_engine_load(copy, size, c.playbook, c.store, &loaded, NULL);
        assert_true(st == CHURN_E_CORRUPT || (st == CHURN_E_VERSION && at >= 8 && at < 12));
        assert_null(loaded);
        copy[at] ^= 0x41;
    }
    free(copy);
    churn_buffer_free(bytes);
    company_close(&c);
}

static void free__any_order__legal(void **state)
{
    (void)state;
    for (int order = 0; order < 6; order++) {
        static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                         {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
        company c = {.playbook = NULL};
        churn_table *table = NULL;
        struct ArrowArrayStream stream = {.release = NULL};
        company_open(&c);
        assert_ok(churn_engine_missing(c.engine, NEW_YEAR, NULL, &table, NULL));
        assert_ok(churn_table_export(table, &stream, NULL));
        for (int i = 0; i < 3; i++) {
            switch (orders[order][i]) {
            case 0:
                churn_playbook_free(c.playbook);
                break;
            case 1:
                churn_store_free(c.store);
                break;
            default:
                churn_engine_free(c.engine);
                break;
            }
        }
        assert_true(churn_table_row_count(table) > 0);
        churn_table_free(table);
        stream.release(&stream);
        assert_int_equal(churn_live_handles(), 0);
    }
}

static void engine__outlives_the_callers_handles(void **state)
{
    company c = {.playbook = NULL};
    churn_table *t = NULL;
    (void)state;
    company_open(&c);
    churn_store_free(c.store);
    churn_playbook_free(c.playbook);
    assert_ok(churn_engine_missing(c.engine, NEW_YEAR, NULL, &t, NULL));
    churn_table_free(t);
    churn_engine_free(c.engine);
    assert_int_equal(churn_live_handles(), 0);
}

static void create__property_of_another_type__names_it(void **state)
{
    (void)state;
    static const char text[] = "churn: 1\nname: x\nproperties: {rows: number, platform: string}\n"
                               "metrics: [{id: n, agg: count, event: login, window: 7d}]\n";
    churn_playbook *playbook = NULL;
    churn_store *store = NULL;
    churn_engine *engine = NULL;
    churn_table *table = NULL;
    churn_error err = {.struct_size = sizeof err};
    churn_named_value props[] = {
        {STR("platform"), {.type = CHURN_TYPE_STRING, .string = STR("web")}},
        {STR("rows"), {.type = CHURN_TYPE_STRING, .string = STR("many")}}};
    churn_event e;
    churn_record_init(CHURN_RECORD_EVENT, &e, sizeof e);
    e.customer = (churn_str)STR("acme");
    e.type = (churn_str)STR("login");
    e.at = NEW_YEAR;
    e.props = props;
    e.prop_count = 1;
    assert_ok(churn_store_create(NULL, &store, NULL));
    assert_ok(churn_playbook_parse(text, sizeof text - 1, NULL, &playbook, NULL, NULL));
    assert_ok(churn_store_add_event(store, &e, NULL));
    assert_ok(churn_engine_create(playbook, store, NULL, &engine, NULL));
    e.prop_count = 2;
    assert_ok(churn_store_add_event(store, &e, NULL));
    assert_int_equal(churn_engine_missing(engine, NEW_YEAR, NULL, &table, &err), CHURN_E_CONFIG);
    assert_non_null(strstr(err.message, "rows"));
    churn_engine_free(engine);
    assert_int_equal(churn_engine_create(playbook, store, NULL, &engine, &err), CHURN_E_CONFIG);
    assert_non_null(strstr(err.message, "number in the playbook"));
    churn_playbook_free(playbook);
    churn_store_free(store);
    assert_int_equal(churn_live_handles(), 0);
}

static void create__store_of_undeclared_zone__refused(void **state)
{
    (void)state;
    static const char text[] = "churn: 1\nname: x\ntime_zone: Europe/Budapest\ncurrency: USD\n"
                               "metrics: [{id: n, agg: count, event: login, window: 7d}]\n";
    churn_playbook *playbook = NULL;
    churn_store *store = NULL;
    churn_engine *engine = NULL;
    company c = {.playbook = NULL};
    churn_table *words = NULL;
    struct ArrowArrayStream stream = {.release = NULL};
    company_open(&c);
    /* Text dates from a stream, into a store that was told no zone. */
    churn_field_text constants[] = {{STR("at"), STR("2026-01-05")}};
    churn_field_text columns[] = {{STR("type"), STR("metric")}};
    churn_load_options options = {.struct_size = sizeof options,
                                  .columns = columns,
                                  .column_count = 1,
                                  .constants = constants,
                                  .constant_count = 1};
    assert_ok(churn_engine_missing(c.engine, NEW_YEAR, NULL, &words, NULL));
    assert_ok(churn_table_export(words, &stream, NULL));
    assert_ok(churn_store_create(NULL, &store, NULL));
    assert_ok(churn_playbook_parse(text, CHURN_NTS, NULL, &playbook, NULL, NULL));
    assert_ok(churn_engine_create(playbook, store, NULL, &engine, NULL));
    assert_ok(churn_engine_advance(engine, NEW_YEAR, NULL, NULL, NULL));
    assert_ok(churn_store_add_stream(store, CHURN_RECORD_EVENT, &stream, &options, NULL, NULL));
    assert_int_equal(churn_engine_advance(engine, NEW_YEAR + DAY, NULL, NULL, NULL),
                     CHURN_E_CONFIG);
    assert_true(churn_engine_as_of(engine) == NEW_YEAR);
    churn_engine_free(engine);
    assert_int_equal(churn_engine_create(playbook, store, NULL, &engine, NULL), CHURN_E_CONFIG);
    churn_store_free(store);
    churn_playbook_free(playbook);
    churn_table_free(words);
    company_close(&c);
}

static void at_risk__by_value__reasons_and_tasks(void **state)
{
    company c = {.playbook = NULL};
    churn_table *t = NULL;
    (void)state;
    company_open(&c);
    assert_ok(churn_engine_replay(c.engine, NEW_YEAR, NEW_YEAR + DAY, 0, NULL, NULL, NULL));
    assert_ok(churn_engine_at_risk(c.engine, NEW_YEAR + DAY, NULL, &t, NULL));
    assert_int_equal(churn_table_row_count(t), 1);
    assert_string_equal(cell_text(t, 0, "customer"), "blue");
    assert_string_equal(cell_text(t, 0, "triggers"), "low, quiet");
    assert_string_equal(cell_text(t, 0, "owner"), "bo");
    assert_true(cell_number(t, 0, "mrr") == 199.0);
    assert_true(cell_number(t, 0, "value_at_risk") == 167.16);
    assert_true(cell_int(t, 0, "renews_at") == NEW_YEAR + 40 * DAY);
    assert_string_equal(cell_text(t, 0, "next_task"), "Ask"); /* due first */
    churn_table_free(t);
    churn_query_options ana = {.struct_size = sizeof ana, .owner = STR("ana")};
    assert_ok(churn_engine_at_risk(c.engine, NEW_YEAR + DAY, &ana, &t, NULL));
    assert_int_equal(churn_table_row_count(t), 0);
    churn_table_free(t);
    company_close(&c);
}

/* What was asked yesterday is answered the same today, whatever has happened since. */
static void at_risk__earlier_date__history_as_it_was(void **state)
{
    company c = {.playbook = NULL};
    churn_table *then = NULL, *later = NULL;
    (void)state;
    company_open(&c);
    assert_ok(churn_engine_replay(c.engine, NEW_YEAR, NEW_YEAR + DAY, 0, NULL, NULL, NULL));
    assert_ok(churn_engine_at_risk(c.engine, NEW_YEAR + DAY, NULL, &then, NULL));
    company_add_event(&c, STR("blue"), STR("login"), NEW_YEAR + DAY + DAY / 2);
    assert_ok(
        churn_engine_replay(c.engine, NEW_YEAR + 2 * DAY, NEW_YEAR + 9 * DAY, 0, NULL, NULL, NULL));
    assert_ok(churn_engine_at_risk(c.engine, NEW_YEAR + DAY, NULL, &later, NULL));
    assert_int_equal(churn_table_row_count(then), churn_table_row_count(later));
    for (uint32_t col = 0; col < churn_table_column_count(then); col++) {
        assert_int_equal(churn_table_is_null(then, 0, col), churn_table_is_null(later, 0, col));
        assert_string_equal(churn_table_string(then, 0, col).ptr,
                            churn_table_string(later, 0, col).ptr);
    }
    churn_table_free(then);
    churn_table_free(later);
    company_close(&c);
}

static void set_playbook__trigger_gone__episode_ends(void **state)
{
    static const char fewer[] = "churn: 1\nname: company\ntime_zone: UTC\ncurrency: USD\n"
                                "metrics: [{id: quiet, agg: days_since, event: login}]\n"
                                "triggers: [{id: other, when: 'metric.quiet >= 10'}]\n";
    company c = {.playbook = NULL};
    churn_playbook *next = NULL;
    (void)state;
    company_open(&c);
    assert_ok(churn_engine_advance(c.engine, NEW_YEAR, NULL, NULL, NULL));
    assert_ok(churn_playbook_parse(fewer, CHURN_NTS, NULL, &next, NULL, NULL));
    uint64_t hash = state_hash(c.engine);
    assert_ok(churn_engine_set_playbook(c.engine, next, NULL));
    assert_int_equal(state_hash(c.engine), hash);
    assert_ok(churn_engine_advance(c.engine, NEW_YEAR + DAY, NULL, NULL, NULL));
    churn_table *t = ask_episodes(&c);
    assert_string_equal(cell_text(t, 0, "reason"), "rule_removed");
    assert_true(cell_int(t, 0, "resolved_at") == NEW_YEAR + DAY);
    assert_true(find_row(t, "trigger", "other", "customer", "blue") >= 0);
    churn_table_free(t);
    t = ask_actions(&c, CHURN_ACTIONS_ALL); /* its play takes back what it set */
    assert_true(find_row(t, "kind", "untag", "value", "quiet") >= 0);
    churn_table_free(t);
    churn_playbook_free(next);
    company_close(&c);
}

static void warm_up__then_advance__no_old_actions(void **state)
{
    company c = {.playbook = NULL};
    churn_table *runs = NULL;
    (void)state;
    company_open(&c);
    assert_ok(churn_engine_warm_up(c.engine, NEW_YEAR - 10 * DAY, NEW_YEAR, NULL, &runs, NULL));
    assert_int_equal(churn_table_row_count(runs), 11);
    churn_table_free(runs);
    churn_table *t = ask_actions(&c, CHURN_ACTIONS_ALL);
    assert_int_equal(churn_table_row_count(t), 0);
    churn_table_free(t);
    t = ask_episodes(&c);
    /* low and quiet, of blue, and of cold until the day on which it left. */
    assert_int_equal(churn_table_row_count(t), 4);
    churn_table_free(t);
    assert_true(churn_engine_as_of(c.engine) == NEW_YEAR);
    company_close(&c);
}

static void replay__cancelled__keeps_what_was_done(void **state)
{
    company c = {.playbook = NULL};
    churn_cancel *cancel = NULL;
    uint64_t before = 0;
    (void)state;
    company_open(&c);
    assert_ok(churn_engine_hash(c.engine, &before, NULL));
    assert_ok(churn_cancel_create(&cancel, NULL));
    churn_cancel_set(cancel);
    assert_true(churn_cancel_is_set(cancel));
    churn_advance_options options = {.struct_size = sizeof options, .cancel = cancel};
    assert_int_equal(
        churn_engine_replay(c.engine, NEW_YEAR, NEW_YEAR + DAY, 0, &options, NULL, NULL),
        CHURN_E_CANCELLED);
    assert_int_equal(state_hash(c.engine), before);
    churn_cancel_free(cancel);
    company_close(&c);
}

static void kpi__unknown__suggests(void **state)
{
    company c = {.playbook = NULL};
    churn_error err = {.struct_size = sizeof err};
    churn_table *t = NULL;
    const churn_str figure = STR("logo_chrun");
    (void)state;
    company_open(&c);
    assert_int_equal(
        churn_engine_kpi(c.engine, &figure, 1, NEW_YEAR - DAY, NEW_YEAR, NULL, &t, &err),
        CHURN_E_NOT_FOUND);
    assert_non_null(strstr(err.message, "logo_churn"));
    assert_ok(churn_engine_movements(c.engine, NEW_YEAR - 300 * DAY, NEW_YEAR, NULL, &t, NULL));
    assert_int_equal(churn_table_row_count(t), 3);
    churn_table_free(t);
    assert_ok(churn_engine_disagreements(c.engine, NEW_YEAR, NULL, &t, NULL));
    assert_int_equal(churn_table_row_count(t), 1);
    assert_string_equal(cell_text(t, 0, "customer"), "cold");
    churn_table_free(t);
    company_close(&c);
}

/* Customers by band and segment at the end are those of the scores an instant before. */
static void kpi__by_band_and_segment__as_evaluated(void **state)
{
    const churn_str by[] = {STR("health.band"), STR("segment.large")}, figure = STR("customers");
    const churn_time date = NEW_YEAR - 1;
    churn_kpi_options options = {
        .struct_size = sizeof options, .by = by, .by_count = 2, .by_at = CHURN_BY_END};
    company c = {.playbook = NULL};
    churn_table *t = NULL, *scores = NULL;
    double total = 0, all = 0;
    (void)state;
    company_open(&c);
    assert_ok(
        churn_engine_kpi(c.engine, &figure, 1, NEW_YEAR - 30 * DAY, NEW_YEAR, &options, &t, NULL));
    assert_ok(churn_engine_scores(c.engine, &date, 1, NULL, &scores, NULL));
    for (uint64_t i = 0; i < churn_table_row_count(t); i++) {
        const char *band = cell_text(t, i, "health.band");
        double found = 0, told = 0;
        for (uint64_t k = 0; k < churn_table_row_count(scores); k++) {
            const uint32_t churned = churn_table_find(scores, "churned", CHURN_NTS);
            found += strcmp(cell_text(scores, k, "band"), band) == 0 &&
                     !churn_table_bool(scores, k, churned);
        }
        for (uint64_t k = 0; k < churn_table_row_count(t); k++) {
            const uint32_t value = churn_table_find(t, "value", CHURN_NTS);
            told += strcmp(cell_text(t, k, "health.band"), band) == 0
                        ? churn_table_double(t, k, value)
                        : 0;
        }
        assert_true(told <= found && told > 0);
        total += churn_table_double(t, i, churn_table_find(t, "value", CHURN_NTS));
    }
    churn_table_free(scores);
    churn_table_free(t);
    assert_ok(
        churn_engine_kpi(c.engine, &figure, 1, NEW_YEAR - 30 * DAY, NEW_YEAR, NULL, &t, NULL));
    all = churn_table_double(t, 0, churn_table_find(t, "value", CHURN_NTS));
    assert_true(all > 0 && total == all);
    churn_table_free(t);
    company_close(&c);
}

static void kpi__bad_options__are_refused(void **state)
{
    const churn_str segment = STR("segment.lareg"), owner = STR("owner");
    churn_kpi_options options = {.struct_size = sizeof options, .by = &segment, .by_count = 1};
    company c = {.playbook = NULL};
    churn_error err = {.struct_size = sizeof err};
    churn_table *t = NULL;
    (void)state;
    company_open(&c);
#define ASK(status)                                                                            \
    assert_int_equal(                                                                          \
        churn_engine_kpi(c.engine, NULL, 0, NEW_YEAR - 9 * DAY, NEW_YEAR, &options, &t, &err), \
        status)
    ASK(CHURN_E_NOT_FOUND);
    assert_non_null(strstr(err.message, "large"));
    options.by = &owner;
    options.policy = STR("strype");
    ASK(CHURN_E_NOT_FOUND);
    assert_non_null(strstr(err.message, "stripe"));
    options.policy = STR("stripe");
    options.by_at = 2;
    ASK(CHURN_E_ARG);
    options.by_at = CHURN_BY_END;
    options.every = CHURN_EVERY_ROLLING;
    ASK(CHURN_E_RANGE);
    options.every = 7;
    ASK(CHURN_E_ARG);
    options.every = CHURN_EVERY_MONTH;
    options.level = 1.5;
    ASK(CHURN_E_RANGE);
    options.level = 0.9;
    options.changes = 2;
    ASK(CHURN_E_ARG);
#undef ASK
    assert_ok(churn_figures(&t, NULL));
    assert_true(churn_table_row_count(t) > 30);
    churn_table_free(t);
    company_close(&c);
}

static void reconciliation__company__adds_up(void **state)
{
    company c = {.playbook = NULL};
    churn_error err = {.struct_size = sizeof err};
    churn_ledger_options options = {.struct_size = sizeof options, .split = CHURN_SPLIT_CUSTOMER};
    churn_table *t = NULL;
    (void)state;
    company_open(&c);
    assert_ok(
        churn_engine_reconciliation(c.engine, NEW_YEAR - 300 * DAY, NEW_YEAR, &options, &t, NULL));
    const uint32_t difference = churn_table_find(t, "difference", CHURN_NTS);
    const uint32_t end = churn_table_find(t, "end", CHURN_NTS);
    int64_t sum = 0;
    assert_true(churn_table_row_count(t) > 1);
    for (uint64_t row = 0; row < churn_table_row_count(t); row++) {
        assert_int_equal(churn_table_int(t, row, difference), 0);
        sum += row == 0 ? -churn_table_int(t, row, end) : churn_table_int(t, row, end);
    }
    assert_int_equal(sum, 0); /* the total is the sum over customers */
    churn_table_free(t);
    assert_int_equal(churn_engine_movements(c.engine, NEW_YEAR - DAY, NEW_YEAR, &options, &t, NULL),
                     CHURN_E_ARG); /* movements have no rows of customers */
    assert_null(t);
    options = (churn_ledger_options){.struct_size = sizeof options, .policy = STR("strip")};
    assert_int_equal(
        churn_engine_reconciliation(c.engine, NEW_YEAR - DAY, NEW_YEAR, &options, &t, &err),
        CHURN_E_NOT_FOUND);
    assert_non_null(strstr(err.message, "stripe"));
    assert_int_equal(churn_engine_reconciliation(c.engine, NEW_YEAR, NEW_YEAR, NULL, &t, NULL),
                     CHURN_E_RANGE);
    company_close(&c);
}

static void compare_policies__two__side_by_side(void **state)
{
    company c = {.playbook = NULL};
    const churn_str policies[] = {{NULL, 0}, STR("stripe"), STR("profitwell")};
    const churn_str kpis[] = {STR("mrr"), STR("customers")};
    churn_kpi_options options = {.struct_size = sizeof options, .every = CHURN_EVERY_MONTH};
    churn_table *t = NULL;
    (void)state;
    company_open(&c);
    assert_ok(churn_engine_compare_policies(c.engine, policies, 3, kpis, 2, NEW_YEAR - 92 * DAY,
                                            NEW_YEAR, &options, &t, NULL));
    assert_int_equal(churn_table_row_count(t) % 3, 0);
    for (uint64_t row = 0; row < churn_table_row_count(t); row++) {
        static const char *const names[] = {"chartmogul", "stripe", "profitwell"};
        assert_string_equal(cell_text(t, row, "policy"), names[row % 3]);
        const uint32_t difference = churn_table_find(t, "difference", CHURN_NTS);
        assert_true(row % 3 != 0 || churn_table_double(t, row, difference) == 0);
    }
    assert_string_equal(cell_text(t, 0, "reason"), "");
    assert_non_null(strstr(cell_text(t, 1, "reason"), "discounts: forever, not subtract"));
    churn_table_free(t);
    options.policy = STR("stripe");
    assert_int_equal(churn_engine_compare_policies(c.engine, policies, 3, kpis, 2,
                                                   NEW_YEAR - 92 * DAY, NEW_YEAR, &options, &t,
                                                   NULL),
                     CHURN_E_ARG);
    assert_int_equal(churn_engine_compare_policies(c.engine, policies, 0, kpis, 2, NEW_YEAR - DAY,
                                                   NEW_YEAR, NULL, &t, NULL),
                     CHURN_E_RANGE);
    company_close(&c);
}

static void playbook_test__its_own_tests__pass(void **state)
{
    company c = {.playbook = NULL};
    churn_table *t = NULL;
    uint64_t passed = 0, failed = 0;
    (void)state;
    company_open_playbook(&c);
    assert_ok(churn_playbook_test(c.playbook, &passed, &failed, &t, NULL));
    for (uint64_t i = 0; i < churn_table_row_count(t); i++) {
        if (!churn_table_bool(t, i, 2)) {
            print_error("%s: expected %s, got %s %s\n", cell_text(t, i, "what"),
                        cell_text(t, i, "expected"), cell_text(t, i, "got"),
                        cell_text(t, i, "message"));
        }
    }
    assert_int_equal(passed, 2);
    assert_int_equal(failed, 0);
    churn_table_free(t);
    company_close(&c);
}

/* What is declared a text stays one, whatever it looks like. */
static void playbook_test__texts_that_look_otherwise__stay_texts(void **state)
{
    static const char text[] =
        "churn: 1\nname: x\nattributes: {zip: string, plan: string, seats: number}\n"
        "segments:\n- {id: s, when: 'customer.zip == \"007\" && customer.seats == 7.0'}\n"
        "tests:\n"
        "- given: {customer: {since: 2026-01-01, zip: 007, plan: true, seats: 7}}\n"
        "  as_of: 2026-01-10\n"
        "  expect: {segment.s: true, customer.plan: 'true'}\n"
        "- given:\n"
        "    customer: {since: 2026-01-01, zip: 2026-01-01, plan: x}\n"
        "    attributes: [{value: 1e3, name: plan, valid_from: 2026-01-05}]\n"
        "  as_of: 2026-01-10\n"
        "  expect: {customer.zip: '2026-01-01', customer.plan: 1e3, customer.seats: null}\n";
    churn_playbook *playbook = NULL;
    uint64_t passed = 0, failed = 0;
    (void)state;
    assert_ok(churn_playbook_parse(text, CHURN_NTS, NULL, &playbook, NULL, NULL));
    assert_ok(churn_playbook_test(playbook, &passed, &failed, NULL, NULL));
    assert_int_equal(passed, 5);
    assert_int_equal(failed, 0);
    churn_playbook_free(playbook);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(metrics__by_hand__as_worked_out),
        cmocka_unit_test(metrics__several_dates__equal_each_alone),
        cmocka_unit_test(missing__by_hand__names_reasons),
        cmocka_unit_test(scores__by_hand__as_worked_out),
        cmocka_unit_test(explain__any_customer__adds_up),
        cmocka_unit_test(advance__for_one_day__fires_at_the_second),
        cmocka_unit_test(advance__same_instant__changes_nothing),
        cmocka_unit_test(actions__after_firing__owned_and_due),
        cmocka_unit_test(resolve__undo__takes_tag_and_status_back),
        cmocka_unit_test(population__lost_customer__not_evaluated),
        cmocka_unit_test(save__every_day__same_state),
        cmocka_unit_test(load__damaged__refused),
        cmocka_unit_test(free__any_order__legal),
        cmocka_unit_test(engine__outlives_the_callers_handles),
        cmocka_unit_test(create__property_of_another_type__names_it),
        cmocka_unit_test(create__store_of_undeclared_zone__refused),
        cmocka_unit_test(at_risk__by_value__reasons_and_tasks),
        cmocka_unit_test(at_risk__earlier_date__history_as_it_was),
        cmocka_unit_test(set_playbook__trigger_gone__episode_ends),
        cmocka_unit_test(warm_up__then_advance__no_old_actions),
        cmocka_unit_test(replay__cancelled__keeps_what_was_done),
        cmocka_unit_test(kpi__unknown__suggests),
        cmocka_unit_test(kpi__by_band_and_segment__as_evaluated),
        cmocka_unit_test(kpi__bad_options__are_refused),
        cmocka_unit_test(reconciliation__company__adds_up),
        cmocka_unit_test(compare_policies__two__side_by_side),
        cmocka_unit_test(playbook_test__its_own_tests__pass),
        cmocka_unit_test(playbook_test__texts_that_look_otherwise__stay_texts),
    };
    return RUN_TESTS(tests);
}
