/* SPDX-License-Identifier: MIT */
#include "company.h"

/* A customer's story with what the engine did, through the public functions. */

static churn_table *story_of(company *c, churn_time as_of, const churn_story_options *options)
{
    churn_table *table = NULL;
    churn_error err = {.struct_size = sizeof err};
    assert_int_equal(churn_engine_story(c->engine, "blue", CHURN_NTS, as_of, options, &table, &err),
                     CHURN_OK);
    return table;
}

/* The row of the first line that says this of that id ("": any); rows if there is none. */
static uint64_t find_line(const churn_table *table, const char *what, const char *id)
{
    uint64_t rows = churn_table_row_count(table), i = 0;
    while (i < rows && (strcmp(cell_text(table, i, "what"), what) != 0 ||
                        (*id != '\0' && strcmp(cell_text(table, i, "id"), id) != 0))) {
        i++;
    }
    return i;
}

static bool has_line(const churn_table *table, const char *what, const char *id)
{
    return find_line(table, what, id) < churn_table_row_count(table);
}

static uint64_t count_kind(const churn_table *table, const char *kind)
{
    uint64_t count = 0;
    for (uint64_t i = 0; i < churn_table_row_count(table); i++) {
        count += strcmp(cell_text(table, i, "kind"), kind) == 0;
    }
    return count;
}

static void advance(company *c, int days)
{
    churn_run run = {.struct_size = sizeof run};
    for (int day = 0; day < days; day++) {
        assert_int_equal(churn_engine_advance(c->engine, NEW_YEAR + day * DAY, NULL, &run, NULL),
                         CHURN_OK);
    }
}

static void story__after_evaluations__what_triggers_and_plays_did(void **state)
{
    company c = {.playbook = NULL};
    (void)state;
    company_open(&c);
    advance(&c, 1);
    churn_table *table = story_of(&c, CHURN_TIME_NONE, NULL);
    uint64_t fired = find_line(table, "trigger fired", "quiet");
    assert_true(fired < churn_table_row_count(table));
    assert_string_equal(cell_text(table, fired, "kind"), "episode");
    assert_true(churn_table_time(table, fired, 0) == NEW_YEAR);
    uint64_t status = find_line(table, "status set", "");
    assert_string_equal(cell_text(table, status, "text"), "at_risk");
    assert_true(has_line(table, "tag added", "quiet"));
    uint64_t task = find_line(table, "task", "");
    assert_string_equal(cell_text(table, task, "kind"), "action");
    assert_string_equal(cell_text(table, task, "text"), "Ask");
    assert_string_equal(cell_text(table, task, "user"), "bo");
    assert_true(fired < task && task < status); /* at one instant: episodes, actions, statuses */
    assert_true(has_line(table, "login", ""));  /* the records are there as well */
    churn_table_free(table);
    company_close(&c);
}

static void story__episode_ends__only_seen_from_then_on(void **state)
{
    company c = {.playbook = NULL};
    (void)state;
    company_open(&c);
    advance(&c, 1);
    company_add_event(&c, STR("blue"), STR("login"), NEW_YEAR + DAY / 2);
    advance(&c, 2);
    churn_table *table = story_of(&c, NEW_YEAR, NULL);
    assert_true(has_line(table, "trigger fired", "quiet"));
    assert_false(has_line(table, "trigger resolved", "quiet"));
    churn_table_free(table);
    table = story_of(&c, NEW_YEAR + DAY, NULL);
    uint64_t end = find_line(table, "trigger resolved", "quiet");
    assert_true(churn_table_time(table, end, 0) == NEW_YEAR + DAY);
    assert_true(has_line(table, "tag removed", "quiet"));
    assert_true(has_line(table, "status unset", ""));
    churn_table_free(table);
    table = story_of(&c, NEW_YEAR - DAY, NULL);
    assert_int_equal(count_kind(table, "episode"), 0);
    assert_int_equal(count_kind(table, "action"), 0);
    churn_table_free(table);
    company_close(&c);
}

static void story__task_completed__says_so(void **state)
{
    company c = {.playbook = NULL};
    (void)state;
    company_open(&c);
    advance(&c, 1);
    churn_table *table = story_of(&c, CHURN_TIME_NONE, NULL);
    churn_str id = churn_table_string(table, find_line(table, "task", ""), 2);
    assert_int_equal(churn_engine_complete(c.engine, id.ptr, id.len, "done", CHURN_NTS,
                                           NEW_YEAR + DAY / 4, NULL),
                     CHURN_OK);
    churn_table *after = story_of(&c, CHURN_TIME_NONE, NULL);
    uint64_t done = find_line(after, "task done", id.ptr);
    assert_true(churn_table_time(after, done, 0) == NEW_YEAR + DAY / 4);
    assert_int_equal(churn_table_row_count(after), churn_table_row_count(table) + 1);
    churn_table_free(after);
    churn_table_free(table);
    company_close(&c);
}

static void story__only_episodes__half_open_and_last(void **state)
{
    const churn_str kinds[] = {STR("episode")};
    company c = {.playbook = NULL};
    (void)state;
    company_open(&c);
    advance(&c, 3);
    churn_story_options o = {.struct_size = sizeof o, .kinds = kinds, .kind_count = 1};
    churn_table *table = story_of(&c, CHURN_TIME_NONE, &o);
    uint64_t all = churn_table_row_count(table);
    assert_true(all > 0);
    assert_int_equal(count_kind(table, "episode"), all);
    churn_table_free(table);
    o.to = NEW_YEAR;
    table = story_of(&c, CHURN_TIME_NONE, &o);
    assert_int_equal(churn_table_row_count(table), 0);
    churn_table_free(table);
    o.to = NEW_YEAR + 1;
    o.limit = 1;
    table = story_of(&c, CHURN_TIME_NONE, &o);
    assert_int_equal(churn_table_row_count(table), 1);
    churn_table_free(table);
    company_close(&c);
}

static void story__wrong_questions__refused(void **state)
{
    const churn_str kinds[] = {STR("episodes")};
    company c = {.playbook = NULL};
    churn_table *table = NULL;
    (void)state;
    company_open(&c);
    assert_int_equal(
        churn_engine_story(c.engine, "nobody", CHURN_NTS, NEW_YEAR, NULL, &table, NULL),
        CHURN_E_NOT_FOUND);
    churn_story_options o = {.struct_size = sizeof o, .kinds = kinds, .kind_count = 1};
    assert_int_equal(churn_engine_story(c.engine, "blue", CHURN_NTS, NEW_YEAR, &o, &table, NULL),
                     CHURN_E_NOT_FOUND);
    o = (churn_story_options){.struct_size = sizeof o, .as_of = NEW_YEAR};
    assert_int_equal(churn_engine_story(c.engine, "blue", CHURN_NTS, NEW_YEAR, &o, &table, NULL),
                     CHURN_E_ARG);
    assert_int_equal(churn_engine_story(c.engine, "blue", CHURN_NTS, INT64_MAX, NULL, &table, NULL),
                     CHURN_E_RANGE);
    assert_null(table);
    company_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(story__after_evaluations__what_triggers_and_plays_did),
        cmocka_unit_test(story__episode_ends__only_seen_from_then_on),
        cmocka_unit_test(story__task_completed__says_so),
        cmocka_unit_test(story__only_episodes__half_open_and_last),
        cmocka_unit_test(story__wrong_questions__refused),
    };
    return RUN_TESTS(tests);
}
