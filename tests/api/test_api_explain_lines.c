/* SPDX-License-Identifier: MIT */
#include "company.h"

#include <math.h>
#include <stdlib.h>

/*
 * Explanations as plain arrays are the tables of explanations, to the bit: lines of every kind, of
 * the company and of a playbook that has them all.
 */

static const char playbook_text[] =
    "churn: 1\n"
    "name: lines\n"
    "time_zone: UTC\n"
    "currency: USD\n"
    "attributes: {points: number, tier: string, large: bool}\n"
    "metrics:\n"
    "  - {id: points, expr: 'customer.points'}\n"
    "  - {id: tier, attribute: tier}\n"
    "  - {id: large, attribute: large}\n"
    "  - {id: nps, survey: last, kind: nps, max_age: 10d}\n"
    "segments: [{id: big, when: 'metric.large'}]\n"
    "scores:\n"
    "  - id: short\n"
    "    groups: [{id: all, weight: 1, factors: [{metric: nps, weight: 1, curve: [[0, 0], [10, "
    "100]]}]}]\n"
    "    bands: {good: 50, poor: 0}\n"
    "  - id: health\n"
    "    groups:\n"
    "      - id: use\n"
    "        weight: 2\n"
    "        groups:\n"
    "          - id: depth\n"
    "            weight: 1\n"
    "            factors:\n"
    "              - {metric: points, weight: 3, curve: [[0, 0], [70, 100]]}\n"
    "              - {metric: tier, weight: 1, points: {free: 20, pro: 80}}\n"
    "          - id: reach\n"
    "            weight: 1\n"
    "            factors:\n"
    "              - {metric: large, weight: 1, points: {true: 90, false: 30}}\n"
    "              - {id: half, weight: 1, expression: 'metric.points * 0.5'}\n"
    "      - id: opinion\n"
    "        weight: 1\n"
    "        factors: [{metric: nps, weight: 1, curve: [[0, 0], [10, 100]]}]\n"
    "    caps:\n"
    "      - {id: weak, when: 'metric.points < 50', at_most: 20}\n"
    "      - {id: kept, when: 'metric.tier == \"pro\"', at_least: 60}\n"
    "    bands: {green: 70, yellow: 40, red: 0}\n"
    "    min_coverage: 0.5\n"
    "    segments: {big: {groups: {opinion: {weight: 3}}}}\n";

typedef struct lines {
    churn_playbook *playbook;
    churn_store *store;
    churn_engine *engine;
} lines;

static void add_one(const lines *l, const char *id, double points, const char *tier, int large)
{
    churn_named_value given[] = {
        {STR("points"), {.type = CHURN_TYPE_DOUBLE, .number = points}},
        {STR("tier"), {.type = CHURN_TYPE_STRING, .string = {tier, strlen(tier)}}},
        {STR("large"), {.type = CHURN_TYPE_BOOL, .truth = large}}};
    churn_customer row;
    churn_record_init(CHURN_RECORD_CUSTOMER, &row, sizeof row);
    row.id = (churn_str){id, strlen(id)};
    row.since = NEW_YEAR - 100 * DAY;
    row.attributes = given;
    row.attribute_count = isnan(points) ? 0 : 3;
    assert_ok(churn_store_add_customer(l->store, &row, NULL));
}

static void open_lines(lines *l)
{
    churn_error err = {.struct_size = sizeof err};
    churn_status st =
        churn_playbook_parse(playbook_text, CHURN_NTS, NULL, &l->playbook, NULL, &err);
    if (st != CHURN_OK) {
        fail_msg("%s", err.message);
    }
    assert_ok(churn_store_create(NULL, &l->store, NULL));
    add_one(l, "weak", 33, "free", 0);
    add_one(l, "kept", 41.7, "pro", 1);
    add_one(l, "fine", 61.3, "free", 1);
    add_one(l, "set", 12.1, "pro", 0);
    add_one(l, "none", (double)NAN, "", 0);
    churn_survey answer;
    churn_record_init(CHURN_RECORD_SURVEY, &answer, sizeof answer);
    answer.customer = STR("fine");
    answer.kind = STR("nps");
    answer.at = NEW_YEAR - 3 * DAY;
    answer.score = 7;
    assert_ok(churn_store_add_survey(l->store, &answer, NULL));
    churn_override row;
    churn_record_init(CHURN_RECORD_OVERRIDE, &row, sizeof row);
    row.customer = STR("set");
    row.score = STR("health");
    row.at = NEW_YEAR - 2 * DAY;
    row.value = 35.5;
    row.author = STR("ana");
    row.reason = STR("they told us");
    assert_ok(churn_store_add_override(l->store, &row, NULL));
    assert_ok(churn_engine_create(l->playbook, l->store, NULL, &l->engine, NULL));
}

static void close_lines(lines *l)
{
    churn_engine_free(l->engine);
    churn_store_free(l->store);
    churn_playbook_free(l->playbook);
}

/* ---- the same ---- */

static void same_double(double one, const churn_table *t, uint64_t row, const char *column)
{
    bool null = cell_null(t, row, column);
    double cell = null ? (double)NAN : cell_number(t, row, column);
    assert_int_equal(isnan(one) != 0, null);
    assert_true(null || memcmp(&one, &cell, sizeof one) == 0);
}

static void same_text(churn_str one, const churn_table *t, uint64_t row, const char *column)
{
    churn_str cell = churn_table_string(t, row, churn_table_find(t, column, CHURN_NTS));
    assert_int_equal(one.ptr == NULL, cell_null(t, row, column));
    assert_int_equal(one.len, one.ptr == NULL ? 0 : cell.len);
    assert_true(one.ptr == NULL || memcmp(one.ptr, cell.ptr, cell.len + 1) == 0);
}

/* Lines are those of the table, and add up to it; kinds that were met are counted. */
static void same_lines(const churn_explanation *got, const churn_table *t, uint64_t *met)
{
    static const char *const kinds[] = {"baseline", "factor",   "cap",
                                        "floor",    "override", "missing"};
    int64_t sum = 0;
    assert_int_equal(got->line_count, churn_table_row_count(t));
    for (uint32_t i = 0; i < got->line_count; i++) {
        assert_in_range(got->kinds[i], CHURN_LINE_BASELINE, CHURN_LINE_MISSING);
        assert_string_equal(kinds[got->kinds[i]], cell_text(t, i, "kind"));
        same_text(got->names[i], t, i, "name");
        same_text(got->groups[i], t, i, "group");
        same_text(got->metrics[i], t, i, "metric");
        same_text(got->words[i], t, i, "word");
        same_double(got->values[i], t, i, "value");
        same_double(got->points[i], t, i, "points");
        same_double(got->weights[i], t, i, "weight");
        same_double(got->contributions[i], t, i, "contribution");
        assert_true(isnan(got->contributions[i])
                        ? got->micros[i] == 0
                        : (double)got->micros[i] / 1e6 == got->contributions[i]);
        assert_string_equal(got->card.ptr, cell_text(t, i, "card"));
        sum += got->micros[i];
        met[got->kinds[i]]++;
    }
    assert_true(isnan(got->score) || (double)sum / 1e6 == got->score);
}

static void same_score(const churn_explanation *got, const churn_customer_answer *one, uint32_t i)
{
    assert_memory_equal(&got->coverage, &one->coverages[i], sizeof got->coverage);
    assert_memory_equal(&got->low, &one->lows[i], sizeof got->low);
    assert_memory_equal(&got->high, &one->highs[i], sizeof got->high);
    assert_int_equal(isnan(got->score) != 0, isnan(one->scores[i]) != 0);
    assert_true(isnan(got->score) || got->score == one->scores[i]);
    assert_int_equal(got->certain, one->certains[i]);
    assert_string_equal(got->band.ptr, one->bands[i].ptr);
    assert_string_equal(got->card.ptr, one->cards[i].ptr);
    assert_true(got->as_of == one->as_of);
}

/* All scores of one customer; false: who is not there yet. */
static bool compare(churn_engine *engine, const char *id, churn_time at,
                    churn_explain_options options, uint64_t *met)
{
    churn_customer_answer one = {.struct_size = sizeof one};
    uint32_t count = 1;
    for (uint32_t i = 0; i < count; i++) {
        churn_explanation got = {.struct_size = sizeof got};
        churn_table *t = NULL;
        double room[600];
        assert_ok(churn_engine_customer(engine, id, CHURN_NTS, at, &one, NULL));
        if (!one.exists) {
            return false;
        }
        count = one.score_count;
        options.score = one.score_ids[i];
        got.room = i % 2 == 0 ? room : NULL;
        got.room_size = sizeof room;
        churn_status st = churn_engine_explain(engine, id, CHURN_NTS, at, &options, &t, NULL);
        assert_int_equal(
            churn_engine_explain_lines(engine, id, CHURN_NTS, at, &options, &got, NULL), st);
        if (st == CHURN_OK) {
            same_lines(&got, t, met);
            assert_ok(churn_engine_customer(engine, id, CHURN_NTS, at, &one, NULL));
            assert_ok(churn_engine_explain_lines(engine, id, CHURN_NTS, at, &options, &got, NULL));
            same_score(&got, &one, i);
        }
        churn_table_free(t);
    }
    return true;
}

static void explain_lines__every_kind__the_table_to_the_bit(void **state)
{
    static const char *const customers[] = {"weak", "kept", "fine", "set", "none"};
    lines l = {.playbook = NULL};
    uint64_t met[CHURN_LINE_MISSING + 1] = {0};
    (void)state;
    open_lines(&l);
    for (size_t i = 0; i < 10; i++) {
        for (int32_t baseline = CHURN_BASELINE_SCORE; baseline <= CHURN_BASELINE_BOOK; baseline++) {
            const churn_explain_options options = {.struct_size = sizeof options,
                                                   .baseline = baseline,
                                                   .baseline_value = 61.234567,
                                                   .over = DAY};
            assert_true(compare(l.engine, customers[i % 5], NEW_YEAR, options, met));
        }
    }
    for (int kind = CHURN_LINE_BASELINE; kind <= CHURN_LINE_MISSING; kind++) {
        assert_true(met[kind] > 0);
    }
    close_lines(&l);
}

static void explain_lines__company__the_table_to_the_bit(void **state)
{
    static const char *const customers[] = {"acme", "blue", "cold"};
    company c = {.playbook = NULL};
    uint64_t met[CHURN_LINE_MISSING + 1] = {0}, there = 0;
    (void)state;
    company_open(&c);
    for (int day = -400; day <= 50; day += 9) {
        for (size_t i = 0; i < 3; i++) {
            const churn_explain_options options = {.struct_size = sizeof options};
            there += compare(c.engine, customers[i], NEW_YEAR + day * DAY, options, met);
        }
    }
    assert_true(there > 60 && met[CHURN_LINE_FACTOR] > there && met[CHURN_LINE_MISSING] > 0);
    company_close(&c);
}

/* ---- by hand ---- */

/* 33 points: 3/4 of 47.142857 and 1/4 of 20, half of that and of the mean of 30 and 16.5. */
static void explain_lines__by_hand__as_worked_out(void **state)
{
    const churn_explain_options health = {.struct_size = sizeof health, .score = STR("health")};
    lines l = {.playbook = NULL};
    churn_explanation got = {.struct_size = sizeof got};
    (void)state;
    open_lines(&l);
    assert_ok(churn_engine_explain_lines(l.engine, "weak", 4, NEW_YEAR, &health, &got, NULL));
    assert_int_equal(got.line_count, 7);
    assert_true(got.score == 20);
    assert_string_equal(got.band.ptr, "red");
    assert_string_equal(got.card.ptr, "default");
    assert_true(fabs(got.coverage - 2.0 / 3) < 1e-9);
    assert_int_equal(got.kinds[0], CHURN_LINE_BASELINE);
    assert_int_equal(got.micros[0], 50000000);
    assert_string_equal(got.names[1].ptr, "half"); /* 1/4 of 16.5 - 50 */
    assert_int_equal(got.micros[1], -8375000);
    assert_null(got.metrics[1].ptr);
    assert_string_equal(got.groups[1].ptr, "use.reach");
    assert_int_equal(got.kinds[5], CHURN_LINE_CAP);
    assert_string_equal(got.names[5].ptr, "weak");
    assert_true(got.points[5] == 20 && isnan(got.weights[5]) && isnan(got.values[5]));
    assert_null(got.groups[5].ptr);
    assert_int_equal(got.kinds[6], CHURN_LINE_MISSING);
    assert_true(isnan(got.contributions[6]) && isnan(got.points[6]));
    assert_ok(churn_engine_explain_lines(l.engine, "none", 4, NEW_YEAR, NULL, &got, NULL));
    assert_true(isnan(got.score) && isnan(got.contributions[0]) && got.micros[0] == 0);
    assert_string_equal(got.band.ptr, "unknown");
    assert_int_equal(got.line_count, 2);
    close_lines(&l);
}

/* ---- room ---- */

static void explain_lines__with_room__outlives_the_engine(void **state)
{
    const churn_explain_options health = {.struct_size = sizeof health, .score = STR("health")};
    lines l = {.playbook = NULL};
    churn_explanation one = {.struct_size = sizeof one}, moved = one;
    churn_table *t = NULL;
    double room[300];
    uint64_t met[CHURN_LINE_MISSING + 1] = {0};
    (void)state;
    open_lines(&l);
    assert_ok(churn_engine_explain(l.engine, "set", 3, NEW_YEAR, &health, &t, NULL));
    assert_ok(churn_engine_explain_lines(l.engine, "set", 3, NEW_YEAR, &health, &one, NULL));
    assert_true(one.room_needed > 7 * 112 && one.room_needed < sizeof room);
    moved.room = room;
    moved.room_size = one.room_needed - 1;
    assert_int_equal(
        churn_engine_explain_lines(l.engine, "set", 3, NEW_YEAR, &health, &moved, NULL),
        CHURN_E_RANGE);
    assert_int_equal(moved.room_needed, one.room_needed);
    assert_int_equal(moved.line_count, 0);
    moved.room = (char *)room + 1;
    moved.room_size = sizeof room - 1;
    assert_int_equal(
        churn_engine_explain_lines(l.engine, "set", 3, NEW_YEAR, &health, &moved, NULL),
        CHURN_E_ARG);
    moved.room = room;
    moved.room_size = one.room_needed;
    room[one.room_needed / sizeof *room + 1] = 4711.0;
    assert_ok(churn_engine_explain_lines(l.engine, "set", 3, NEW_YEAR, &health, &moved, NULL));
    assert_true(room[one.room_needed / sizeof *room + 1] == 4711.0);
    close_lines(&l);
    same_lines(&moved, t, met);
    assert_int_equal(met[CHURN_LINE_OVERRIDE], 1);
    assert_string_equal(moved.band.ptr, "red");
    churn_table_free(t);
}

/* ---- memory ---- */

static void *counted(void *user_data, void *ptr, size_t old_size, size_t new_size)
{
    (void)old_size;
    ++*(uint64_t *)user_data;
    if (new_size == 0) {
        free(ptr);
        return NULL;
    }
    return realloc(ptr, new_size);
}

static void explain_lines__asked_again__takes_no_memory(void **state)
{
    company c = {.playbook = NULL};
    churn_explanation got = {.struct_size = sizeof got};
    uint64_t calls = 0;
    double room[600];
    (void)state;
    c.allocator = (churn_allocator){&calls, counted};
    company_open(&c);
    assert_ok(churn_engine_explain_lines(c.engine, "blue", 4, NEW_YEAR, NULL, &got, NULL));
    uint64_t before = calls;
    assert_true(before > 0);
    for (int i = 0; i < 3; i++) {
        assert_ok(churn_engine_explain_lines(c.engine, "blue", 4, NEW_YEAR, NULL, &got, NULL));
        got.room = room;
        got.room_size = sizeof room;
    }
    assert_int_equal(calls, before);
    assert_true(got.score == 16);
    company_close(&c);
}

/* ---- what goes wrong ---- */

static void explain_lines__wrong_questions__are_refused(void **state)
{
    company c = {.playbook = NULL};
    churn_explanation got = {.struct_size = sizeof got};
    churn_explanation reserved = {.struct_size = sizeof reserved, .reserved = 1}, small = got;
    const churn_time at = NEW_YEAR;
    const churn_explain_options unknown = {.struct_size = sizeof unknown, .score = STR("wealth")};
    const churn_explain_options number = {
        .struct_size = sizeof number, .baseline = CHURN_BASELINE_NUMBER, .baseline_value = 101};
    (void)state;
    company_open(&c);
    small.struct_size = 3;
    const struct {
        churn_status got, wanted;
    } cases[] = {
        {churn_engine_explain_lines(c.engine, "nobody", 6, at, NULL, &got, NULL),
         CHURN_E_NOT_FOUND},
        {churn_engine_explain_lines(c.engine, "acme", 4, at - 300 * DAY, NULL, &got, NULL),
         CHURN_E_NOT_FOUND},
        {churn_engine_explain_lines(c.engine, "acme", 4, CHURN_TIME_MAX + 1, NULL, &got, NULL),
         CHURN_E_RANGE},
        {churn_engine_explain_lines(c.engine, "acme", 4, at, &unknown, &got, NULL),
         CHURN_E_NOT_FOUND},
        {churn_engine_explain_lines(c.engine, "acme", 4, at, &number, &got, NULL), CHURN_E_RANGE},
        {churn_engine_explain_lines(c.engine, NULL, 0, at, NULL, &got, NULL), CHURN_E_ARG},
        {churn_engine_explain_lines(c.engine, "acme", 4, at, NULL, NULL, NULL), CHURN_E_ARG},
        {churn_engine_explain_lines(NULL, "acme", 4, at, NULL, &got, NULL), CHURN_E_ARG},
        {churn_engine_explain_lines(c.engine, "acme", 4, at, NULL, &reserved, NULL), CHURN_E_ARG},
        {churn_engine_explain_lines(c.engine, "acme", 4, at, NULL, &small, NULL), CHURN_E_ABI},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(cases[i].got, cases[i].wanted);
    }
    assert_true(got.line_count == 0 && got.kinds == NULL);
    company_close(&c);
}

int main(void)
{
    const struct CMUnitTest explanations[] = {
        cmocka_unit_test(explain_lines__every_kind__the_table_to_the_bit),
        cmocka_unit_test(explain_lines__company__the_table_to_the_bit),
        cmocka_unit_test(explain_lines__by_hand__as_worked_out),
        cmocka_unit_test(explain_lines__with_room__outlives_the_engine),
        cmocka_unit_test(explain_lines__asked_again__takes_no_memory),
        cmocka_unit_test(explain_lines__wrong_questions__are_refused),
    };
    return RUN_TESTS(explanations);
}
