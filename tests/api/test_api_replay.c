/* SPDX-License-Identifier: MIT */
#include "history.h"

/*
 * The same history gives the same states, actions and answers: on every run, saved and loaded in
 * between, on a store that was loaded in another order or another way; and what is learned later
 * changes no earlier answer.
 */
#define FIRST (NEW_YEAR - 70 * DAY)
#define DAYS 70

static void add_state(text *out, churn_engine *engine)
{
    churn_table *table = NULL;
    churn_action_options all = {.struct_size = sizeof all, .which = CHURN_ACTIONS_ALL};
    uint64_t hash = 0;
    char number[32];
    assert_ok(churn_engine_hash(engine, &hash, NULL));
    text_add(out, number,
             (size_t)snprintf(number, sizeof number, "%llx\n", (unsigned long long)hash));
    assert_ok(churn_engine_episodes(engine, &table, NULL));
    text_add_table(out, table);
    assert_ok(churn_engine_actions(engine, &all, &table, NULL));
    text_add_table(out, table);
    assert_ok(churn_engine_run_summary(engine, &table, NULL));
    text_add_table(out, table);
}

static void reload(churn_engine **engine, churn_playbook *playbook, churn_store *store)
{
    churn_buffer *bytes = NULL;
    churn_engine *loaded = NULL;
    assert_ok(churn_engine_save(*engine, &bytes, NULL));
    assert_ok(churn_engine_load(churn_buffer_data(bytes), churn_buffer_size(bytes), playbook, store,
                                &loaded, NULL));
    churn_buffer_free(bytes);
    churn_engine_free(*engine);
    *engine = loaded;
}

/* Some of what waits is taken over and done, always the same by the ids of actions. */
static void work(churn_engine *engine, churn_time now)
{
    churn_table *table = NULL;
    churn_action_options waiting = {.struct_size = sizeof waiting};
    assert_ok(churn_engine_actions(engine, &waiting, &table, NULL));
    for (uint64_t row = 0; row < churn_table_row_count(table); row++) {
        churn_str id = churn_table_string(table, row, 0);
        if (id.ptr[0] < '8') {
            assert_ok(churn_engine_acknowledge(engine, &id, 1, NULL));
        } else if (id.ptr[0] == 'e' && strcmp(cell_text(table, row, "kind"), "task") == 0) {
            assert_ok(churn_engine_complete(engine, id.ptr, id.len, "done", CHURN_NTS, now, NULL));
        }
    }
    churn_table_free(table);
}

/* The text of every day's state; `reloads` (0: none) decides on which days it goes through bytes.
 */
static text live(const history *h, bool columns, uint64_t reloads)
{
    text out = {NULL, 0, 0};
    churn_playbook *playbook = playbook_of(history_playbook);
    churn_store *store = history_store(h, columns);
    churn_engine *engine = NULL;
    assert_ok(churn_engine_create(playbook, store, NULL, &engine, NULL));
    for (int day = 0; day < DAYS; day++) {
        churn_time now = FIRST + day * DAY;
        churn_run run = {.struct_size = sizeof run};
        if (day % 11 == 7) {
            continue; /* somebody forgot */
        }
        assert_ok(churn_engine_advance(engine, now, NULL, &run, NULL));
        add_state(&out, engine);
        work(engine, now);
        if (reloads && (reloads >> day % 61 & 1)) {
            reload(&engine, playbook, store);
        }
    }
    churn_engine_free(engine);
    churn_store_free(store);
    churn_playbook_free(playbook);
    return out;
}

/* What must have happened somewhere, for the comparison to say anything. */
static const char *const words[] = {
    "|task|",     "|notify|",    "|tag|",       "|set_status|", "|untag|",   "|unset_status|",
    "|reminder|", "|cancel|",    "|cleared|",   "|left|",       "|refired|", "|absent|",
    "|firing|",   "|resolving|", "|cancelled|", "|done|",       "never ",    "stale_source ",
    "back|",      "both|",       "marked|",     "idle|",
};
#define WORDS (sizeof words / sizeof *words)

static void note_words(const char *data, bool *seen)
{
    for (size_t i = 0; i < WORDS; i++) {
        seen[i] |= strstr(data, words[i]) != NULL;
    }
}

static void advance__same_history__same_states_however_loaded(void **state)
{
    (void)state;
    bool seen[WORDS] = {false};
    for (uint64_t seed = 1; seed <= 6; seed++) {
        history *h = history_make(seed);
        text once = live(h, false, 0), again = live(h, true, 0);
        assert_string_equal(once.data, again.data);
        free(again.data);
        again = live(h, true, 0x5a5a5a5a5a5a5a5au * seed | 1);
        assert_string_equal(once.data, again.data);
        free(again.data);
        for (uint64_t order = 1; order <= 2; order++) {
            history_shuffle(h, seed * 10 + order);
            again = live(h, order == 2, order == 2 ? UINT64_MAX : 0);
            assert_string_equal(once.data, again.data);
            free(again.data);
        }
        note_words(once.data, seen);
        free(once.data);
        history_free(h);
    }
    for (size_t i = 0; i < WORDS; i++) {
        if (!seen[i]) {
            fail_msg("the histories never come to %s", words[i]);
        }
    }
    assert_int_equal(churn_live_handles(), 0);
}

/* replay() is advance() over and over. */
static void replay__whole_span__as_day_by_day(void **state)
{
    (void)state;
    history *h = history_make(9);
    churn_playbook *playbook = playbook_of(history_playbook);
    churn_store *store = history_store(h, true);
    churn_engine *steps = NULL, *whole = NULL;
    churn_table *runs = NULL;
    uint64_t fired = 0, told = 0;
    assert_ok(churn_engine_create(playbook, store, NULL, &steps, NULL));
    assert_ok(churn_engine_create(playbook, store, NULL, &whole, NULL));
    for (int day = 0; day < DAYS; day++) {
        churn_run run = {.struct_size = sizeof run};
        assert_ok(churn_engine_advance(steps, FIRST + day * DAY, NULL, &run, NULL));
        assert_int_equal(run.evaluated, run.is_true + run.is_false + run.is_unknown + run.is_error);
        fired += run.fired;
    }
    assert_ok(churn_engine_replay(whole, FIRST, FIRST + (DAYS - 1) * DAY, 0, NULL, &runs, NULL));
    assert_int_equal(churn_table_row_count(runs), DAYS);
    for (uint64_t row = 0; row < DAYS; row++) {
        told += (uint64_t)cell_int(runs, row, "fired");
    }
    assert_int_equal(told, fired);
    assert_true(fired > 50);
    churn_table_free(runs);
    text a = {NULL, 0, 0}, b = {NULL, 0, 0};
    add_state(&a, steps);
    add_state(&b, whole);
    assert_string_equal(a.data, b.data);
    free(a.data);
    free(b.data);
    churn_engine_free(steps);
    churn_engine_free(whole);
    churn_store_free(store);
    churn_playbook_free(playbook);
    history_free(h);
}

/* ---- nothing leaks from the future ---- */

static text answers(churn_engine *engine, churn_time as_of)
{
    text out = {NULL, 0, 0};
    churn_table *table = NULL;
    const churn_time dates[] = {as_of - 9 * DAY, as_of};
    assert_ok(churn_engine_metrics(engine, dates, 2, NULL, &table, NULL));
    text_add_table(&out, table);
    assert_ok(churn_engine_missing(engine, as_of, NULL, &table, NULL));
    text_add_table(&out, table);
    assert_ok(churn_engine_scores(engine, dates, 2, NULL, &table, NULL));
    for (uint64_t row = 0; row < churn_table_row_count(table); row++) {
        churn_str who = churn_table_string(table, row, 0);
        churn_table *lines = NULL;
        if (churn_table_time(table, row, 1) == as_of) {
            assert_ok(churn_engine_explain(engine, who.ptr, who.len, as_of, NULL, &lines, NULL));
            text_add_table(&out, lines);
        }
    }
    text_add_table(&out, table);
    assert_ok(churn_engine_at_risk(engine, as_of, NULL, &table, NULL));
    text_add_table(&out, table);
    assert_ok(churn_engine_disagreements(engine, as_of, NULL, &table, NULL));
    text_add_table(&out, table);
    return out;
}

/* What an earlier record becomes known for only later counts as later. */
static bool is_later(const made *row, churn_time as_of)
{
    return row->at >= as_of && !(row->kind == CHURN_RECORD_CUSTOMER && row->at == as_of);
}

static void questions__records_of_later__change_nothing(void **state)
{
    (void)state;
    for (uint64_t seed = 20; seed < 24; seed++) {
        churn_time as_of = NEW_YEAR - (churn_time)(5 + 9 * (seed - 20)) * DAY;
        history *h = history_make(seed);
        churn_playbook *playbook = playbook_of(history_playbook);
        churn_store_options options = {.struct_size = sizeof options, .time_zone = STR("UTC")};
        churn_store *store = NULL;
        churn_engine *engine = NULL;
        uint32_t later = 0;
        assert_ok(churn_store_create(&options, &store, NULL));
        assert_ok(churn_engine_create(playbook, store, NULL, &engine, NULL));
        for (uint32_t i = 0; i < h->count; i++) {
            if (!is_later(&h->rows[i], as_of)) {
                assert_ok(history_add(store, &h->rows[i], NULL));
            }
        }
        assert_ok(churn_engine_replay(engine, as_of - 20 * DAY, as_of, 0, NULL, NULL, NULL));
        text before = answers(engine, as_of);
        for (uint32_t i = 0; i < h->count; i++) {
            if (is_later(&h->rows[i], as_of)) {
                assert_ok(history_add(store, &h->rows[i], NULL));
                later++;
            }
        }
        assert_true(later > 20);
        text after = answers(engine, as_of);
        assert_string_equal(before.data, after.data);
        free(after.data);
        assert_ok(churn_engine_replay(engine, as_of + DAY, as_of + 9 * DAY, 0, NULL, NULL, NULL));
        after = answers(engine, as_of);
        assert_string_equal(before.data, after.data);
        free(after.data);
        free(before.data);
        churn_engine_free(engine);
        churn_store_free(store);
        churn_playbook_free(playbook);
        history_free(h);
    }
}

/* An evaluation of the past is counted as late, not undone. */
static void advance__late_records__counted_and_nothing_rewritten(void **state)
{
    company c = {.playbook = NULL};
    churn_run run = {.struct_size = sizeof run};
    (void)state;
    company_open(&c);
    assert_ok(churn_engine_advance(c.engine, NEW_YEAR, NULL, &run, NULL));
    assert_int_equal(run.late, 0);
    company_add_event(&c, STR("blue"), STR("login"), NEW_YEAR - 3 * DAY);
    company_add_event(&c, STR("blue"), STR("login"), NEW_YEAR + DAY / 2);
    assert_ok(churn_engine_advance(c.engine, NEW_YEAR + DAY, NULL, &run, NULL));
    assert_int_equal(run.late, 1);
    churn_table *t = NULL;
    assert_ok(churn_engine_episodes(c.engine, &t, NULL));
    int64_t row = find_row(t, "trigger", "quiet", "customer", "blue");
    assert_true(row >= 0 && cell_int(t, (uint64_t)row, "fired_at") == NEW_YEAR);
    assert_true(cell_int(t, (uint64_t)row, "resolved_at") == NEW_YEAR + DAY);
    churn_table_free(t);
    company_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(advance__same_history__same_states_however_loaded),
        cmocka_unit_test(replay__whole_span__as_day_by_day),
        cmocka_unit_test(questions__records_of_later__change_nothing),
        cmocka_unit_test(advance__late_records__counted_and_nothing_rewritten),
    };
    return RUN_TESTS(tests);
}
