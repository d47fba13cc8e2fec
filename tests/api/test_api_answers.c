/* SPDX-License-Identifier: MIT */
#include "history.h"

/*
 * What is said about metrics beside their values: why they are missing, how good they are; and one
 * customer at a time, which must be the same bits as all at once.
 */
static const char many_rules[] =
    "churn: 1\nname: many\ntime_zone: Europe/Berlin\ncurrency: USD\n"
    "attributes: {plan: string, seats: number}\n"
    "sources:\n"
    "  product: {events: [login, export], max_lag: 2d}\n"
    "loss: {any: [subscription, record]}\n"
    "metrics:\n"
    "  - {id: logins, agg: count, event: login, window: 14d, history: clip}\n"
    "  - {id: quiet, agg: days_since, event: login}\n"
    "  - {id: exports, agg: count, event: export, window: 28d}\n"
    "  - {id: days, agg: active_days, event: any, window: 56d, history: clip}\n"
    "  - {id: users, agg: distinct, event: any, of: user, window: 28d, history: clip}\n"
    "  - {id: paid, agg: sum, event: payment, window: 60d, history: clip}\n"
    "  - {id: worth, agg: mean, event: any, window: 1cmo, history: clip}\n"
    "  - {id: dear, agg: count, event: any, window: 30d, history: clip, where: 'value > 50.0'}\n"
    "  - {id: slope, agg: trend, event: login, buckets: 4, every: 7d}\n"
    "  - {id: usual, baseline: {metric: logins, back: 4, every: 7d}}\n"
    "  - {id: of_all, baseline: {metric: days, of: all}}\n"
    "  - {id: of_like, baseline: {metric: logins, of: segment, as: difference}}\n"
    "  - {id: open, ticket: open_count}\n"
    "  - {id: nps, survey: last, kind: nps, max_age: 60d}\n"
    "  - {id: failed, invoice: failed_count, window: 40d, history: clip}\n"
    "  - {id: mrr, subscription: mrr}\n"
    "  - {id: plan, subscription: plan}\n"
    "  - {id: renews, subscription: renews_at}\n"
    "  - {id: active, subscription: active}\n"
    "  - {id: use, ratio: {num: users, den: customer.seats}}\n"
    "  - {id: busy, expr: 'metric.logins > 3.0 && metric.open < 2.0', type: bool}\n"
    "segments:\n"
    "  - {id: large, when: 'metric.mrr >= 200'}\n"
    "  - {id: pleased, when: 'metric.nps >= 7'}\n"
    "scores:\n"
    "  - id: health\n"
    "    groups:\n"
    "      - id: use\n"
    "        weight: 60\n"
    "        factors:\n"
    "          - {metric: logins, weight: 2, curve: [[0, 0], [10, 100]]}\n"
    "          - {metric: exports, weight: 1, curve: [[0, 0], [4, 100]]}\n"
    "      - id: opinion\n"
    "        weight: 40\n"
    "        factors:\n"
    "          - {metric: nps, weight: 1, curve: [[0, 0], [10, 100]]}\n"
    "    caps: [{id: unpaid, when: 'metric.failed >= 1', at_most: 40}]\n"
    "    bands: {green: 70, yellow: 40, red: 0}\n"
    "    min_coverage: 0.5\n"
    "  - id: money\n"
    "    groups:\n"
    "      - id: all\n"
    "        weight: 1\n"
    "        factors: [{metric: mrr, weight: 1, curve: [[0, 0], [500, 100]]}]\n"
    "    bands: {good: 50, poor: 0}\n";

typedef struct scene {
    history *made;
    churn_store *store;
    churn_engine *engine;
} scene;

static scene scene_open(const char *rules, uint64_t seed)
{
    scene s = {.made = history_make(seed)};
    churn_playbook *playbook = playbook_of(rules);
    churn_store_options options = {.struct_size = sizeof options,
                                   .time_zone = STR("Europe/Berlin")};
    assert_ok(churn_store_create(&options, &s.store, NULL));
    for (uint32_t i = 0; i < s.made->count; i++) {
        assert_ok(history_add(s.store, &s.made->rows[i], NULL));
    }
    assert_ok(churn_engine_create(playbook, s.store, NULL, &s.engine, NULL));
    churn_playbook_free(playbook);
    return s;
}

static void scene_close(scene *s)
{
    churn_engine_free(s->engine);
    churn_store_free(s->store);
    history_free(s->made);
}

/* ---- reasons ---- */

static const churn_query_options with_reasons = {.struct_size = sizeof with_reasons,
                                                 .flags = CHURN_QUERY_REASONS};

static void metrics__with_reasons__by_hand(void **state)
{
    company c = {.playbook = NULL};
    churn_table *t = NULL;
    const churn_time date = NEW_YEAR;
    (void)state;
    company_open(&c);
    assert_ok(churn_engine_metrics(c.engine, &date, 1, &with_reasons, &t, NULL));
    assert_int_equal(churn_table_column_count(t), 1 + 2 * 9);
    assert_int_equal(churn_table_find(t, "quiet.reason", CHURN_NTS),
                     churn_table_find(t, "quiet", CHURN_NTS) + 1);
    assert_true(cell_null(t, 0, "quiet.reason"));
    assert_true(cell_null(t, 0, "nps"));
    assert_string_equal(cell_text(t, 0, "nps.reason"), "never");
    assert_true(cell_number(t, 1, "nps") == 4.0);
    assert_true(cell_null(t, 1, "nps.reason"));
    churn_table_free(t);
    company_close(&c);
}

/* What `missing` says of one date, looked up in the table of all. */
static void same_as_missing(const scene *s, const churn_table *all, churn_time date)
{
    churn_table *missing = NULL;
    uint64_t said = 0;
    assert_ok(churn_engine_missing(s->engine, date, NULL, &missing, NULL));
    for (uint64_t row = 0; row < churn_table_row_count(all); row++) {
        if (cell_int(all, row, "as_of") != date) {
            continue;
        }
        for (uint32_t col = 2; col < churn_table_column_count(all); col += 2) {
            bool absent = churn_table_is_null(all, row, col);
            assert_int_equal(churn_table_is_null(all, row, col + 1), !absent);
            if (!absent) {
                continue;
            }
            assert_string_equal(churn_table_string(all, row, 0).ptr,
                                churn_table_string(missing, said, 0).ptr);
            assert_string_equal(churn_table_column_name(all, col),
                                churn_table_string(missing, said, 1).ptr);
            assert_string_equal(churn_table_string(all, row, col + 1).ptr,
                                churn_table_string(missing, said, 2).ptr);
            said++;
        }
    }
    assert_int_equal(said, churn_table_row_count(missing));
    churn_table_free(missing);
}

static void metrics__with_reasons__as_missing_says(void **state)
{
    const churn_time dates[] = {NEW_YEAR - 110 * DAY, NEW_YEAR - 50 * DAY, NEW_YEAR - DAY,
                                NEW_YEAR + 9 * DAY};
    scene s = scene_open(many_rules, 5);
    churn_table *all = NULL;
    (void)state;
    assert_ok(churn_engine_metrics(s.engine, dates, 4, &with_reasons, &all, NULL));
    for (uint32_t d = 0; d < 4; d++) {
        same_as_missing(&s, all, dates[d]);
    }
    churn_table_free(all);
    scene_close(&s);
}

static void flags__of_others__refused(void **state)
{
    company c = {.playbook = NULL};
    churn_table *t = NULL;
    const churn_time date = NEW_YEAR;
    churn_query_options unknown = {.struct_size = sizeof unknown, .flags = 1u << 30};
    (void)state;
    company_open(&c);
    assert_int_equal(churn_engine_metrics(c.engine, &date, 1, &unknown, &t, NULL), CHURN_E_ARG);
    assert_int_equal(churn_engine_scores(c.engine, &date, 1, &with_reasons, &t, NULL), CHURN_E_ARG);
    assert_int_equal(churn_engine_missing(c.engine, date, &with_reasons, &t, NULL), CHURN_E_ARG);
    assert_int_equal(churn_engine_quality(c.engine, date, &with_reasons, &t, NULL), CHURN_E_ARG);
    assert_int_equal(churn_engine_at_risk(c.engine, date, &with_reasons, &t, NULL), CHURN_E_ARG);
    assert_null(t);
    company_close(&c);
}

/* ---- quality ---- */

static const char *const reason_names[] = {"stale_source", "not_provided", "non_finite",
                                           "low_coverage", "no_rate",      "short_history",
                                           "never",        "empty",        "expired"};
#define REASONS (sizeof reason_names / sizeof *reason_names)

static uint64_t count_missing(const churn_table *missing, const char *metric, const char *reason)
{
    uint64_t count = 0;
    for (uint64_t row = 0; row < churn_table_row_count(missing); row++) {
        count += strcmp(cell_text(missing, row, "metric"), metric) == 0 &&
                 strcmp(cell_text(missing, row, "reason"), reason) == 0;
    }
    return count;
}

static void quality__random_history__adds_up_to_what_others_say(void **state)
{
    scene s = scene_open(many_rules, 11);
    (void)state;
    for (int day = -112; day < 14; day += 9) {
        const churn_time date = NEW_YEAR + day * DAY;
        churn_table *quality = NULL, *metrics = NULL, *missing = NULL;
        assert_ok(churn_engine_quality(s.engine, date, NULL, &quality, NULL));
        assert_ok(churn_engine_metrics(s.engine, &date, 1, NULL, &metrics, NULL));
        assert_ok(churn_engine_missing(s.engine, date, NULL, &missing, NULL));
        assert_int_equal(churn_table_row_count(quality), churn_table_column_count(metrics) - 1);
        for (uint64_t row = 0; row < churn_table_row_count(quality); row++) {
            const char *metric = cell_text(quality, row, "metric");
            int64_t customers = cell_int(quality, row, "valid");
            assert_string_equal(metric, churn_table_column_name(metrics, (uint32_t)row + 1));
            for (size_t i = 0; i < REASONS; i++) {
                int64_t count = cell_int(quality, row, reason_names[i]);
                assert_int_equal(count, count_missing(missing, metric, reason_names[i]));
                customers += count;
            }
            assert_int_equal(customers, cell_int(quality, row, "customers"));
            assert_int_equal(customers, churn_table_row_count(metrics));
        }
        churn_table_free(quality);
        churn_table_free(metrics);
        churn_table_free(missing);
    }
    scene_close(&s);
}

/* Three payments in the window: one without value, one of a customer of whom it is not known. */
static void quality__values_that_lack__counted(void **state)
{
    static const char rules[] =
        "churn: 1\nname: lack\ntime_zone: UTC\ncurrency: USD\n"
        "metrics:\n"
        "  - {id: paid, agg: sum, event: payment, window: 30d, history: clip}\n"
        "  - {id: dear, agg: count, event: payment, window: 30d, history: clip,\n"
        "     where: 'value > 10.0'}\n"
        "  - {id: all, agg: count, event: payment, window: 30d, history: clip}\n"
        "  - {id: local, agg: active_days, event: payment, window: 30d, history: clip,\n"
        "     zone: customer}\n";
    company c = {.playbook = NULL};
    churn_engine *engine = NULL;
    churn_table *t = NULL;
    churn_playbook *playbook = playbook_of(rules);
    (void)state;
    company_open(&c);
    for (int i = 0; i < 3; i++) {
        churn_event event;
        churn_record_init(CHURN_RECORD_EVENT, &event, sizeof event);
        event.customer = i < 2 ? STR("acme") : STR("blue");
        event.type = STR("payment");
        event.at = NEW_YEAR - (i + 1) * DAY;
        event.value = i == 0 ? event.value : 20.0;
        assert_ok(churn_store_add_event(c.store, &event, NULL));
    }
    assert_ok(churn_engine_create(playbook, c.store, NULL, &engine, NULL));
    assert_ok(churn_engine_quality(engine, NEW_YEAR, NULL, &t, NULL));
    assert_int_equal(cell_int(t, 0, "valid"), 3);
    assert_int_equal(cell_int(t, 0, "skipped"), 1);
    assert_int_equal(cell_int(t, 0, "excluded"), 0);
    assert_int_equal(cell_int(t, 1, "skipped"), 0);
    assert_int_equal(cell_int(t, 1, "excluded"), 1);
    assert_int_equal(cell_int(t, 2, "skipped"), 0);
    assert_int_equal(cell_int(t, 2, "unknown_zones"), 0);
    assert_int_equal(cell_int(t, 3, "unknown_zones"), 0); /* nobody gave a zone: none is unknown */
    churn_table_free(t);
    churn_query_options one = {.struct_size = sizeof one, .customer = STR("blue")};
    assert_ok(churn_engine_quality(engine, NEW_YEAR, &one, &t, NULL));
    assert_int_equal(cell_int(t, 0, "customers"), 1);
    assert_int_equal(cell_int(t, 0, "skipped"), 0);
    churn_table_free(t);
    churn_engine_free(engine);
    churn_playbook_free(playbook);
    company_close(&c);
}

/* ---- one customer ---- */

static void same_double(double one, bool null, double cell)
{
    assert_int_equal(one != one, null);
    assert_true(null || memcmp(&one, &cell, sizeof one) == 0);
}

static void same_text(churn_str one, const churn_table *t, uint64_t row, uint32_t col)
{
    churn_str cell = churn_table_string(t, row, col);
    assert_int_equal(one.ptr == NULL, churn_table_is_null(t, row, col));
    assert_true(one.ptr == NULL ||
                (one.len == cell.len && memcmp(one.ptr, cell.ptr, cell.len) == 0));
}

static void same_metrics(const churn_customer_answer *one, const churn_table *t, uint64_t row)
{
    assert_int_equal(churn_table_column_count(t), 1 + 2 * one->metric_count);
    for (uint32_t m = 0; m < one->metric_count; m++) {
        uint32_t col = 1 + 2 * m;
        bool null = churn_table_is_null(t, row, col);
        assert_string_equal(one->metric_ids[m].ptr, churn_table_column_name(t, col));
        assert_int_equal(one->metric_types[m], churn_table_column_type(t, col));
        same_text(one->reasons[m], t, row, col + 1);
        switch (one->metric_types[m]) {
        case CHURN_COLUMN_STRING:
            same_text(one->texts[m], t, row, col);
            break;
        case CHURN_COLUMN_TIME:
            assert_int_equal(one->times[m] == CHURN_TIME_NONE, null);
            assert_true(null || one->times[m] == churn_table_time(t, row, col));
            break;
        case CHURN_COLUMN_BOOL:
            same_double(one->numbers[m], null, null ? 0 : churn_table_bool(t, row, col));
            break;
        default:
            same_double(one->numbers[m], null, null ? 0 : churn_table_double(t, row, col));
            break;
        }
    }
}

static void same_scores(const churn_customer_answer *one, const churn_table *t, churn_str id)
{
    for (uint32_t i = 0; i < one->score_count; i++) {
        int64_t row = find_row(t, "customer", id.ptr, "score", one->score_ids[i].ptr);
        assert_true(row >= 0);
        same_double(one->scores[i], cell_null(t, (uint64_t)row, "value"),
                    cell_number(t, (uint64_t)row, "value"));
        assert_string_equal(one->bands[i].ptr, cell_text(t, (uint64_t)row, "band"));
        same_double(one->coverages[i], false, cell_number(t, (uint64_t)row, "coverage"));
        same_double(one->lows[i], false, cell_number(t, (uint64_t)row, "low"));
        same_double(one->highs[i], false, cell_number(t, (uint64_t)row, "high"));
        assert_int_equal(
            one->certains[i],
            churn_table_bool(t, (uint64_t)row, churn_table_find(t, "certain", CHURN_NTS)));
        assert_int_equal(
            one->overridden[i],
            churn_table_bool(t, (uint64_t)row, churn_table_find(t, "overridden", CHURN_NTS)));
        assert_string_equal(one->cards[i].ptr, cell_text(t, (uint64_t)row, "card"));
        assert_int_equal(one->churned, churn_table_bool(t, (uint64_t)row,
                                                        churn_table_find(t, "churned", CHURN_NTS)));
    }
}

/* Everybody of the history at one date, each alone. */
static uint64_t compare_all(const scene *s, churn_time date)
{
    churn_table *metrics = NULL, *scores = NULL;
    uint64_t there = 0;
    assert_ok(churn_engine_metrics(s->engine, &date, 1, &with_reasons, &metrics, NULL));
    assert_ok(churn_engine_scores(s->engine, &date, 1, NULL, &scores, NULL));
    for (uint32_t i = 0; i < PEOPLE; i++) {
        churn_str id = history_str(s->made->customers[i]);
        churn_customer_answer one = {.struct_size = sizeof one};
        assert_ok(churn_engine_customer(s->engine, id.ptr, id.len, date, &one, NULL));
        int64_t row = find_row(metrics, "customer", id.ptr, NULL, NULL);
        assert_int_equal(one.exists, row >= 0);
        assert_true(one.as_of == date);
        assert_true(one.exists || (one.metric_count == 0 && one.metric_ids == NULL));
        if (one.exists) {
            assert_int_equal(one.score_count, 2);
            assert_int_equal(one.segment_count, 2);
            assert_string_equal(one.segment_ids[0].ptr, "large");
            same_metrics(&one, metrics, (uint64_t)row);
            same_scores(&one, scores, id);
            there++;
        }
    }
    assert_int_equal(there, churn_table_row_count(metrics));
    churn_table_free(metrics);
    churn_table_free(scores);
    return there;
}

static void customer__random_histories__bits_of_all_at_once(void **state)
{
    uint64_t there = 0;
    (void)state;
    for (uint64_t seed = 1; seed < 4; seed++) {
        scene s = scene_open(many_rules, seed);
        uint64_t random = seed;
        for (int i = 0; i < 40; i++) { /* backwards, forwards, and the same again */
            random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
            churn_time back = (churn_time)((random >> 20) % (uint64_t)((HISTORY_DAYS + 10) * DAY));
            there += compare_all(&s, i % 4 == 0 ? NEW_YEAR : NEW_YEAR + 10 * DAY - back);
        }
        scene_close(&s);
    }
    assert_true(there > 500);
}

/* Rates of every date are kept, for some hundred dates: more of them than that. */
static void customer__many_dates__no_growth(void **state)
{
    scene s = scene_open(many_rules, 8);
    churn_customer_answer one = {.struct_size = sizeof one};
    churn_rate rate;
    uint64_t memory = 0;
    (void)state;
    churn_record_init(CHURN_RECORD_RATE, &rate, sizeof rate);
    rate.currency = STR("EUR");
    rate.at = NEW_YEAR - 200 * DAY;
    rate.rate = 1.1;
    assert_ok(churn_store_add_rate(s.store, &rate, NULL));
    for (int i = 0; i < 1500; i++) {
        churn_str id = history_str(s.made->customers[i % PEOPLE]);
        assert_ok(churn_engine_customer(s.engine, id.ptr, id.len, NEW_YEAR + i * 977, &one, NULL));
        uint64_t now = churn_engine_memory(s.engine);
        memory = i < 700 && now > memory ? now : memory;
        assert_true(now <= memory + memory / 8);
    }
    scene_close(&s);
}

/* What was moved into memory of the caller says the same, also when the engine is gone. */
static void customer__with_room__outlives_the_engine(void **state)
{
    scene s = scene_open(many_rules, 2);
    const churn_time date = NEW_YEAR - 3 * DAY;
    churn_table *metrics = NULL, *scores = NULL;
    churn_customer_answer one = {.struct_size = sizeof one}, moved = one;
    double room[512];
    churn_error err = {.struct_size = sizeof err};
    (void)state;
    assert_ok(churn_engine_metrics(s.engine, &date, 1, &with_reasons, &metrics, NULL));
    assert_ok(churn_engine_scores(s.engine, &date, 1, NULL, &scores, NULL));
    churn_str id = churn_table_string(metrics, 0, 0);
    assert_ok(churn_engine_customer(s.engine, id.ptr, id.len, date, &one, NULL));
    assert_true(one.room_needed > 19 * 80 && one.room_needed < sizeof room);
    moved.room = room;
    moved.room_size = one.room_needed - 1;
    assert_int_equal(churn_engine_customer(s.engine, id.ptr, id.len, date, &moved, &err),
                     CHURN_E_RANGE);
    assert_int_equal(moved.room_needed, one.room_needed);
    assert_int_equal(moved.exists, 0);
    moved.room = (char *)room + 1;
    moved.room_size = sizeof room - 1;
    assert_int_equal(churn_engine_customer(s.engine, id.ptr, id.len, date, &moved, NULL),
                     CHURN_E_ARG);
    moved.room = room;
    moved.room_size = one.room_needed;
    room[one.room_needed / sizeof *room + 1] = 4711.0;
    assert_ok(churn_engine_customer(s.engine, id.ptr, id.len, date, &moved, NULL));
    assert_true(room[one.room_needed / sizeof *room + 1] == 4711.0);
    scene_close(&s);
    same_metrics(&moved, metrics, 0);
    same_scores(&moved, scores, id);
    assert_string_equal(moved.segment_ids[1].ptr, "pleased");
    churn_table_free(metrics);
    churn_table_free(scores);
}

static double ask_number(const company *c, const char *id, churn_time as_of, uint32_t metric)
{
    churn_customer_answer one = {.struct_size = sizeof one};
    assert_ok(churn_engine_customer(c->engine, id, CHURN_NTS, as_of, &one, NULL));
    assert_int_equal(one.exists, 1);
    return one.numbers[metric];
}

static void customer__by_hand__as_worked_out(void **state)
{
    company c = {.playbook = NULL};
    churn_customer_answer one = {.struct_size = sizeof one};
    (void)state;
    company_open(&c);
    assert_ok(churn_engine_customer(c.engine, "blue", CHURN_NTS, NEW_YEAR, &one, NULL));
    assert_int_equal(one.metric_count, 9);
    assert_true(one.numbers[0] == 0.0 && one.numbers[1] == 30.0 && one.numbers[6] == 4.0);
    assert_true(one.numbers[8] == 199.0);
    assert_true(one.scores[0] == 16.0 && one.coverages[0] == 1.0); /* see test_api_engine.c */
    assert_string_equal(one.bands[0].ptr, "red");
    assert_int_equal(one.segments[0], 1);
    assert_int_equal(one.churned, 0);
    assert_ok(churn_engine_customer(c.engine, "acme", 4, NEW_YEAR, &one, NULL));
    assert_string_equal(one.reasons[6].ptr, "never");
    assert_int_equal(one.segments[0], 0);
    assert_ok(churn_engine_customer(c.engine, "cold", 4, NEW_YEAR, &one, NULL));
    assert_int_equal(one.churned, 1);
    assert_ok(churn_engine_customer(c.engine, "cold", 4, NEW_YEAR - 300 * DAY, &one, NULL));
    assert_int_equal(one.exists, 0);
    assert_null(one.scores);
    company_close(&c);
}

static void customer__store_changes__seen_at_once(void **state)
{
    company c = {.playbook = NULL};
    churn_playbook *playbook = NULL;
    churn_customer_answer one = {.struct_size = sizeof one};
    churn_erase_report report = {.struct_size = sizeof report};
    (void)state;
    company_open(&c);
    assert_true(ask_number(&c, "acme", NEW_YEAR, 0) == 28.0);
    company_add_event(&c, STR("acme"), STR("login"), NEW_YEAR - 7);
    assert_true(ask_number(&c, "acme", NEW_YEAR, 0) == 29.0);
    company_add_customer(&c, STR("dora"), STR("ana"), 2);
    assert_true(ask_number(&c, "dora", NEW_YEAR, 0) == 0.0);
    /* A view of what is to be forgotten does not hold it. */
    assert_ok(churn_store_erase(c.store, &STR("dora"), 1, &report, NULL));
    assert_int_equal(report.pinned, 0);
    assert_int_equal(churn_engine_customer(c.engine, "dora", 4, NEW_YEAR, &one, NULL),
                     CHURN_E_NOT_FOUND);
    playbook = playbook_of("churn: 1\nname: company\ntime_zone: UTC\ncurrency: USD\n"
                           "metrics: [{id: only, agg: count, event: any, window: 5d}]\n");
    assert_true(ask_number(&c, "acme", NEW_YEAR, 0) == 29.0);
    assert_ok(churn_engine_set_playbook(c.engine, playbook, NULL));
    churn_playbook_free(playbook);
    assert_true(ask_number(&c, "acme", NEW_YEAR, 0) == 6.0);
    company_close(&c);
}

static void customer__wrong__refused(void **state)
{
    company c = {.playbook = NULL};
    churn_customer_answer one = {.struct_size = sizeof one, .exists = 7};
    churn_error err = {.struct_size = sizeof err};
    char endless[1100];
    (void)state;
    company_open(&c);
    memset(endless, 'x', sizeof endless);
    for (int i = 0; i < 2; i++) { /* before the first answer, and after it */
        assert_int_equal(churn_engine_customer(c.engine, "nobody", 6, NEW_YEAR, &one, &err),
                         CHURN_E_NOT_FOUND);
        assert_int_equal(
            churn_engine_customer(c.engine, endless, sizeof endless, NEW_YEAR, &one, &err),
            CHURN_E_LIMIT);
        assert_int_equal(churn_engine_customer(c.engine, "acme", 4, CHURN_TIME_NONE, &one, &err),
                         CHURN_E_RANGE);
        assert_int_equal(churn_engine_customer(c.engine, NULL, 0, NEW_YEAR, &one, &err),
                         CHURN_E_ARG);
        assert_int_equal(churn_engine_customer(NULL, "acme", 4, NEW_YEAR, &one, &err), CHURN_E_ARG);
        assert_int_equal(churn_engine_customer(c.engine, "acme", 4, NEW_YEAR, NULL, &err),
                         CHURN_E_ARG);
        one.struct_size = 2;
        assert_int_equal(churn_engine_customer(c.engine, "acme", 4, NEW_YEAR, &one, &err),
                         CHURN_E_ABI);
        one.struct_size = sizeof one;
        assert_int_equal(one.exists, 7);
        assert_true(ask_number(&c, "acme", NEW_YEAR, 0) == 28.0);
    }
    company_close(&c);
}

/* Asks from inside a call, by way of the allocator. */
typedef struct meddler {
    churn_engine *engine;
    churn_status found;
} meddler;

static void *meddler_resize(void *user_data, void *ptr, size_t old_size, size_t new_size)
{
    meddler *m = user_data;
    churn_engine *engine = m->engine;
    (void)old_size;
    m->engine = NULL;
    if (engine != NULL) {
        churn_customer_answer one = {.struct_size = sizeof one};
        m->found = churn_engine_customer(engine, "c01", 3, NEW_YEAR, &one, NULL);
    }
    if (new_size == 0) {
        free(ptr);
        return NULL;
    }
    return realloc(ptr, new_size);
}

static void customer__engine_is_busy__refused(void **state)
{
    (void)state;
    meddler m = {.engine = NULL};
    churn_allocator allocator = {&m, meddler_resize};
    churn_store_options options = {.struct_size = sizeof options, .allocator = &allocator};
    churn_store *store = NULL;
    churn_engine *engine = NULL;
    churn_table *table = NULL;
    churn_playbook *playbook = playbook_of(history_playbook);
    const churn_time date = NEW_YEAR;
    assert_ok(churn_store_create(&options, &store, NULL));
    assert_ok(churn_engine_create(playbook, store, NULL, &engine, NULL));
    m.engine = engine;
    assert_ok(churn_engine_metrics(engine, &date, 1, NULL, &table, NULL));
    assert_null(m.engine);
    assert_int_equal(m.found, CHURN_E_STATE);
    churn_table_free(table);
    churn_engine_free(engine);
    churn_store_free(store);
    churn_playbook_free(playbook);
}

/* ---- the catalogue ---- */

static void catalogue__by_hand__in_words(void **state)
{
    static const char rules[] =
        "churn: 1\nname: words\ntime_zone: UTC\ncurrency: EUR\n"
        "attributes: {seats: number}\n"
        "sources:\n"
        "  product: {events: [login], max_lag: 2d}\n"
        "  desk: {records: [ticket]}\n"
        "metrics:\n"
        "  - {id: logins, agg: count, event: [login, export], window: 28d, offset: 7d}\n"
        "  - {id: paid, agg: sum, event: payment, window: 1cmo, where: 'value > 1.0'}\n"
        "  - {id: open, ticket: open_count, description: What waits}\n"
        "  - {id: mrr, subscription: mrr}\n"
        "  - {id: plan, subscription: plan}\n"
        "  - {id: use, ratio: {num: logins, den: customer.seats}}\n"
        "  - {id: more, delta: {a: mrr, b: open}}\n"
        "  - {id: busy, expr: 'metric.use > 1.0 && customer.age_days > 3.0 && metric.open > 0.0',\n"
        "     type: bool}\n"
        "  - {id: usual, baseline: {metric: logins, back: 4, every: 7d}}\n";
    static const char *const expected[][7] = {
        {"logins", "number", "count", NULL,
         "Number of events of type login or export in the last 28 days, 7 days earlier.", NULL,
         "product"},
        {"paid", "number", "value", NULL,
         "Sum of values of events of type payment where value > 1.0 in the last 1 month.", NULL,
         NULL},
        {"open", "number", "count", NULL, "What waits", NULL, "desk"},
        {"mrr", "number", "money", "EUR", "Monthly recurring revenue.", NULL, NULL},
        {"plan", "string", "text", NULL, "Plan of the largest subscription.", NULL, NULL},
        {"use", "number", "ratio", NULL, "Ratio of logins to customer.seats.",
         "logins, customer.seats", "product"},
        {"more", "number", "money", "EUR", "Difference: mrr less open.", "mrr, open", "desk"},
        {"busy", "bool", "bool", NULL,
         "Computed: metric.use > 1.0 && customer.age_days > 3.0 && metric.open > 0.0.",
         "open, use, customer.age_days", "product, desk"},
        {"usual", "number", "ratio", NULL, "logins against the median of the customer's own past.",
         "logins", "product"},
    };
    churn_playbook *playbook = playbook_of(rules);
    churn_table *t = NULL;
    (void)state;
    assert_ok(churn_playbook_metrics(playbook, &t, NULL));
    assert_int_equal(churn_table_row_count(t), sizeof expected / sizeof *expected);
    for (uint64_t row = 0; row < churn_table_row_count(t); row++) {
        for (uint32_t col = 0; col < 7; col++) {
            assert_int_equal(churn_table_is_null(t, row, col), expected[row][col] == NULL);
            if (expected[row][col] != NULL) {
                assert_string_equal(churn_table_string(t, row, col).ptr, expected[row][col]);
            }
        }
    }
    assert_int_equal(cell_int(t, 0, "line"), 10);
    churn_table_free(t);
    churn_playbook_free(playbook);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(metrics__with_reasons__by_hand),
        cmocka_unit_test(metrics__with_reasons__as_missing_says),
        cmocka_unit_test(flags__of_others__refused),
        cmocka_unit_test(quality__random_history__adds_up_to_what_others_say),
        cmocka_unit_test(quality__values_that_lack__counted),
        cmocka_unit_test(customer__random_histories__bits_of_all_at_once),
        cmocka_unit_test(customer__many_dates__no_growth),
        cmocka_unit_test(customer__with_room__outlives_the_engine),
        cmocka_unit_test(customer__by_hand__as_worked_out),
        cmocka_unit_test(customer__store_changes__seen_at_once),
        cmocka_unit_test(customer__wrong__refused),
        cmocka_unit_test(customer__engine_is_busy__refused),
        cmocka_unit_test(catalogue__by_hand__in_words),
    };
    return RUN_TESTS(tests);
}
