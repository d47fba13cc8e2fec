/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "history.h"

/*
 * Held bands: left only when the score is beyond a bound by the hysteresis, and not before min_stay
 * has passed; remembered while there is no score, saved and loaded, forgotten with the customer.
 * The scores of these playbooks are an attribute, so that a test says what they are.
 */
#define HEALTH(keys)                                                           \
    "churn: 1\nname: held\ntime_zone: UTC\nevaluate: 1d\n"                     \
    "attributes: {level: number, other: number, plan: string, unpaid: bool}\n" \
    "metrics:\n"                                                               \
    "  - {id: level, attribute: level}\n  - {id: other, attribute: other}\n"   \
    "scores:\n"                                                                \
    "  - id: health\n"                                                         \
    "    groups:\n"                                                            \
    "      - {id: use, weight: 1, factors: [{metric: level, weight: 1,\n"      \
    "         curve: [[0, 0], [100, 100]]}]}\n"                                \
    "    caps: [{id: unpaid, when: 'customer.unpaid', at_most: 30}]\n" keys
#define SECOND                                                                  \
    "  - id: alike\n"                                                           \
    "    groups: [{id: only, weight: 1, factors: [{metric: other, weight: 1,\n" \
    "      curve: [[0, 0], [100, 100]]}]}]\n"                                   \
    "    bands: {high: 50, low: 0}\n    hysteresis: 10\n"
#define TRIGGERS                                                                      \
    "triggers:\n"                                                                     \
    "  - {id: red, when: 'health.band == \"red\"', population: all}\n"                \
    "  - {id: seen, when: 'health.band == \"yellow\" || health.band == \"green\"',\n" \
    "     population: all}\n"
#define BANDS "    bands: {green: 70, yellow: 40, red: 0}\n"

typedef struct bench {
    churn_playbook *playbook;
    churn_store *store;
    churn_engine *engine;
} bench;

static void add_customer(churn_store *store, const char *id)
{
    churn_customer row;
    churn_record_init(CHURN_RECORD_CUSTOMER, &row, sizeof row);
    row.id = history_str(id);
    row.since = NEW_YEAR - 100 * DAY;
    assert_ok(churn_store_add_customer(store, &row, NULL));
}

static bench open_bench(const char *playbook)
{
    bench b = {.playbook = playbook_of(playbook)};
    assert_ok(churn_store_create(NULL, &b.store, NULL));
    add_customer(b.store, "a");
    add_customer(b.store, "b");
    assert_ok(churn_engine_create(b.playbook, b.store, NULL, &b.engine, NULL));
    return b;
}

static void close_bench(bench *b)
{
    churn_engine_free(b->engine);
    churn_store_free(b->store);
    churn_playbook_free(b->playbook);
    assert_int_equal(churn_live_handles(), 0);
}

static void set_value(churn_store *store, const char *id, const char *name, churn_time at,
                      churn_value value)
{
    churn_attribute row;
    churn_record_init(CHURN_RECORD_ATTRIBUTE, &row, sizeof row);
    row.customer = history_str(id);
    row.name = history_str(name);
    row.valid_from = at;
    row.value = value;
    assert_ok(churn_store_add_attribute(store, &row, NULL));
}

/* From half a day before on, so that the evaluation of the day is the first to see it; NaN: unset.
 */
static void set_level(churn_store *store, const char *id, const char *name, int day, double level)
{
    churn_value value = {.type = isnan(level) ? 0 : CHURN_TYPE_DOUBLE, .number = level};
    set_value(store, id, name, NEW_YEAR + day * DAY - DAY / 2, value);
}

static void advance(bench *b, int day, churn_run *run)
{
    churn_run mine = {.struct_size = sizeof mine};
    assert_ok(churn_engine_advance(b->engine, NEW_YEAR + day * DAY, NULL, run ? run : &mine, NULL));
}

static churn_table *changes_of(const bench *b, const char *customer, uint32_t flags)
{
    churn_table *table = NULL;
    churn_band_change_options options = {.struct_size = sizeof options,
                                         .flags = flags,
                                         .customer = customer ? history_str(customer)
                                                              : (churn_str){NULL, 0}};
    assert_ok(churn_engine_band_changes(b->engine, &options, &table, NULL));
    return table;
}

static void reload_bench(bench *b)
{
    churn_buffer *bytes = NULL;
    churn_engine *loaded = NULL;
    uint64_t before = 0, after = 1;
    assert_ok(churn_engine_hash(b->engine, &before, NULL));
    assert_ok(churn_engine_save(b->engine, &bytes, NULL));
    assert_ok(churn_engine_load(churn_buffer_data(bytes), churn_buffer_size(bytes), b->playbook,
                                b->store, &loaded, NULL));
    churn_buffer_free(bytes);
    churn_engine_free(b->engine);
    b->engine = loaded;
    assert_ok(churn_engine_hash(b->engine, &after, NULL));
    assert_true(before == after);
}

/* "at from>to" in days and letters, a space between two: "1 ->green 5 green>red". */
static void assert_moves(const bench *b, const char *customer, const char *expected)
{
    char got[2048] = "";
    churn_table *table = changes_of(b, customer, 0);
    for (uint64_t row = 0; row < churn_table_row_count(table); row++) {
        uint32_t from = churn_table_find(table, "band_before", CHURN_NTS);
        uint32_t at = churn_table_find(table, "at", CHURN_NTS);
        size_t len = strlen(got);
        snprintf(got + len, sizeof got - len, "%s%d %s>%s", row ? " " : "",
                 (int)((churn_table_time(table, row, at) - NEW_YEAR) / DAY),
                 churn_table_is_null(table, row, from) ? "" : cell_text(table, row, "band_before"),
                 cell_text(table, row, "band_after"));
    }
    churn_table_free(table);
    assert_string_equal(got, expected);
}

/* Day by day, from 1 on; a negative level is none. */
static void run_levels(bench *b, const double *levels, int count)
{
    for (int i = 0; i < count; i++) {
        set_level(b->store, "a", "level", i + 1, levels[i] < 0 ? (double)NAN : levels[i]);
        advance(b, i + 1, NULL);
    }
}

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

static void hold__at_the_bound_exactly__as_declared(void **state)
{
    (void)state;
    bench b = open_bench(HEALTH(BANDS "    hysteresis: 3\n"));
    /* Down only below 70 - 3, up from 70 + 3 on, and nothing in between. */
    const double levels[] = {70, 69, 67, 66.999999, 70, 72.999999, 73, 67, 36.999999, 43, 42, 37};
    run_levels(&b, levels, COUNT(levels));
    assert_moves(&b, "a", "1 >green 4 green>yellow 7 yellow>green 9 green>red 10 red>yellow");
    assert_moves(&b, "b", "");
    close_bench(&b);
}

static void hold__flapping_around_a_bound__one_change(void **state)
{
    (void)state;
    const double levels[] = {71, 69, 71, 69, 71, 68, 72, 67.5, 71, 69};
    bench plain = open_bench(HEALTH(BANDS)), held = open_bench(HEALTH(BANDS "    hysteresis: 3\n"));
    run_levels(&plain, levels, COUNT(levels));
    run_levels(&held, levels, COUNT(levels));
    assert_moves(&held, "a", "1 >green");
    churn_table *table = changes_of(&plain, "a", CHURN_BANDS_NO_FIRST);
    assert_int_equal(churn_table_row_count(table), COUNT(levels) - 1);
    churn_table_free(table);
    churn_engine_free(held.engine);
    churn_store_free(held.store);
    churn_playbook_free(held.playbook);
    close_bench(&plain);
}

static void hold__min_stay__not_before(void **state)
{
    (void)state;
    bench b = open_bench(HEALTH(BANDS "    min_stay: 3d\n"));
    const double levels[] = {80, 50, 50, 50, 20, 80, 80, 80};
    run_levels(&b, levels, COUNT(levels));
    assert_moves(&b, "a", "1 >green 4 green>yellow 7 yellow>green");
    churn_table *table = changes_of(&b, "a", CHURN_BANDS_NO_FIRST);
    assert_string_equal(cell_text(table, 0, "kind"), "stay");
    assert_true(cell_number(table, 0, "days_in") == 3);
    assert_true(cell_number(table, 0, "value_before") == 50 &&
                cell_number(table, 0, "value_after") == 50);
    churn_table_free(table);
    close_bench(&b);
}

static void hold__unknown_in_between__band_is_remembered(void **state)
{
    (void)state;
    bench b = open_bench(HEALTH(BANDS "    hysteresis: 3\n" TRIGGERS));
    const double levels[] = {-1, 80, -1, -1, 68, -1, 50, 50};
    run_levels(&b, levels, COUNT(levels));
    /* 68 is plainly yellow, but within the hysteresis of the green that was remembered. */
    assert_moves(&b, "a",
                 "2 >green 3 green>unknown 5 unknown>green 6 green>unknown "
                 "7 unknown>yellow");
    churn_table *table = changes_of(&b, "a", CHURN_BANDS_NO_FIRST);
    assert_string_equal(cell_text(table, 0, "kind"), "missing");
    assert_string_equal(cell_text(table, 0, "cause"), "level: 80 -> missing");
    assert_string_equal(cell_text(table, 1, "cause"), "level: missing -> 68");
    assert_true(cell_number(table, 1, "days_in") == 2);
    assert_true(cell_number(table, 2, "days_in") == 4); /* a stay goes on through unknown */
    assert_true(churn_table_is_null(table, 0, churn_table_find(table, "value_after", CHURN_NTS)));
    churn_table_free(table);
    close_bench(&b);
}

static void hold__two_scores__each_its_own(void **state)
{
    (void)state;
    bench b = open_bench(HEALTH(BANDS SECOND));
    for (int day = 1; day <= 4; day++) {
        set_level(b.store, "a", "level", day, day < 3 ? 80 : 20);
        set_level(b.store, "a", "other", day, day < 4 ? 45 : 60);
        advance(&b, day, NULL);
    }
    churn_table *table = changes_of(&b, "a", 0);
    assert_int_equal(churn_table_row_count(table), 4);
    assert_string_equal(cell_text(table, 0, "score"), "alike"); /* by id, at the same time */
    assert_string_equal(cell_text(table, 1, "score"), "health");
    assert_string_equal(cell_text(table, 2, "band_after"), "red");
    assert_string_equal(cell_text(table, 3, "band_after"), "high");
    churn_table_free(table);
    churn_band_change_options options = {.struct_size = sizeof options,
                                         .score = STR("alike"),
                                         .since = NEW_YEAR + 2 * DAY,
                                         .until = NEW_YEAR + 4 * DAY};
    assert_ok(churn_engine_band_changes(b.engine, &options, &table, NULL));
    assert_int_equal(churn_table_row_count(table), 0); /* until is not in it */
    churn_table_free(table);
    options.until++;
    assert_ok(churn_engine_band_changes(b.engine, &options, &table, NULL));
    assert_int_equal(churn_table_row_count(table), 1);
    churn_table_free(table);
    options.score = STR("nothing");
    assert_int_equal(churn_engine_band_changes(b.engine, &options, &table, NULL),
                     CHURN_E_NOT_FOUND);
    options.score = STR("alike");
    options.flags = 64;
    assert_int_equal(churn_engine_band_changes(b.engine, &options, &table, NULL), CHURN_E_ARG);
    close_bench(&b);
}

/* ---- causes ---- */

static void assert_last(const bench *b, const char *kind, const char *cause)
{
    churn_table *table = changes_of(b, "a", CHURN_BANDS_NO_FIRST);
    uint64_t last = churn_table_row_count(table) - 1;
    assert_string_equal(cell_text(table, last, "kind"), kind);
    if (cause) {
        assert_string_equal(cell_text(table, last, "cause"), cause);
    } else {
        assert_true(churn_table_is_null(table, last, churn_table_find(table, "cause", CHURN_NTS)));
    }
    churn_table_free(table);
}

static void cause__each_kind__told(void **state)
{
    (void)state;
    bench b = open_bench(HEALTH(BANDS));
    churn_run run = {.struct_size = sizeof run};
    set_level(b.store, "a", "level", 1, 80);
    set_value(b.store, "a", "unpaid", NEW_YEAR, (churn_value){.type = CHURN_TYPE_BOOL});
    advance(&b, 1, &run);
    assert_int_equal(run.band_changes, 0);
    set_level(b.store, "a", "level", 2, 45.5);
    advance(&b, 2, &run);
    assert_int_equal(run.band_changes, 1);
    assert_int_equal(run.unexplained, 0);
    assert_last(&b, "behaviour", "level: 80 -> 45.5, -34.5");
    set_value(b.store, "a", "unpaid", NEW_YEAR + 2 * DAY + DAY / 2,
              (churn_value){.type = CHURN_TYPE_BOOL, .truth = 1});
    advance(&b, 3, NULL);
    assert_last(&b, "cap", "unpaid: -15.5");
    churn_override by_hand;
    churn_record_init(CHURN_RECORD_OVERRIDE, &by_hand, sizeof by_hand);
    by_hand.customer = STR("a");
    by_hand.score = STR("health");
    by_hand.at = NEW_YEAR + 3 * DAY + DAY / 2;
    by_hand.value = 90;
    assert_ok(churn_store_add_override(b.store, &by_hand, NULL));
    advance(&b, 4, NULL);
    assert_last(&b, "override", "override: +60.0");
    close_bench(&b);
}

static void cause__late_record__correction(void **state)
{
    (void)state;
    bench b = open_bench(HEALTH(BANDS));
    set_level(b.store, "a", "level", 1, 80);
    advance(&b, 1, NULL);
    set_level(b.store, "a", "level", 1, 10); /* what was so all the time */
    advance(&b, 2, NULL);
    assert_last(&b, "correction", NULL);
    close_bench(&b);
}

static void set_playbook__other_bands__counts_as_never_held(void **state)
{
    (void)state;
    bench b = open_bench(HEALTH(BANDS "    hysteresis: 20\n"));
    const double levels[] = {80, 60};
    run_levels(&b, levels, 2);
    assert_moves(&b, "a", "1 >green");
    reload_bench(&b);
    churn_playbook_free(b.playbook);
    b.playbook =
        playbook_of(HEALTH("    bands: {fine: 70, yellow: 40, red: 0}\n    hysteresis: 20\n"));
    assert_ok(churn_engine_set_playbook(b.engine, b.playbook, NULL));
    advance(&b, 3, NULL);
    assert_moves(&b, "a", "1 >green 3 green>yellow");
    assert_last(&b, "configuration", NULL);
    reload_bench(&b);
    /* The score goes, and comes back: what was held is still. */
    churn_playbook *none = playbook_of("churn: 1\nname: held\ntime_zone: UTC\nevaluate: 1d\n"
                                       "attributes: {level: number}\n"
                                       "metrics: [{id: level, attribute: level}]\n");
    assert_ok(churn_engine_set_playbook(b.engine, none, NULL));
    advance(&b, 4, NULL);
    assert_ok(churn_engine_set_playbook(b.engine, b.playbook, NULL));
    churn_playbook_free(none);
    set_level(b.store, "a", "level", 5, 80);
    advance(&b, 5, NULL);
    assert_moves(&b, "a", "1 >green 3 green>yellow"); /* 80 < 70 + 20 */
    reload_bench(&b);
    close_bench(&b);
}

/* ---- memory ---- */

static void erase__customer__nothing_is_left(void **state)
{
    (void)state;
    bench b = open_bench(HEALTH(BANDS));
    bench other = open_bench(HEALTH(BANDS));
    const double levels[] = {80, 50, 20};
    run_levels(&b, levels, 3);
    set_level(b.store, "b", "level", 4, 80);
    advance(&b, 4, NULL);
    churn_str gone = STR("a");
    churn_erase_report report = {.struct_size = sizeof report};
    assert_ok(churn_store_erase(b.store, &gone, 1, &report, NULL));
    assert_int_equal(report.engines, 1);
    assert_moves(&b, NULL, "4 >green");
    reload_bench(&b);
    add_customer(b.store, "a");
    set_level(b.store, "a", "level", 5, 50);
    advance(&b, 5, NULL);
    assert_moves(&b, "a", "5 >yellow");
    reload_bench(&b);
    churn_engine_free(other.engine);
    churn_store_free(other.store);
    churn_playbook_free(other.playbook);
    close_bench(&b);
}

static void merge__customer__history_stays_and_band_goes(void **state)
{
    (void)state;
    bench b = open_bench(HEALTH(BANDS));
    const double levels[] = {80, 50};
    run_levels(&b, levels, 2);
    set_level(b.store, "b", "level", 3, 20);
    advance(&b, 3, NULL);
    assert_ok(churn_store_merge(b.store, "a", CHURN_NTS, "b", CHURN_NTS, NULL, NULL));
    reload_bench(&b);
    assert_moves(&b, "a", "1 >green 2 green>yellow");
    assert_moves(&b, "b", "3 >red");
    advance(&b, 4, NULL);
    assert_moves(&b, "a", "1 >green 2 green>yellow");
    reload_bench(&b);
    close_bench(&b);
}

static void load__store_without_the_customer__band_waits(void **state)
{
    (void)state;
    bench b = open_bench(HEALTH(BANDS "    hysteresis: 20\n"));
    const double levels[] = {80, 80};
    run_levels(&b, levels, 2);
    churn_buffer *bytes = NULL;
    uint64_t before = 0, after = 0;
    assert_ok(churn_engine_hash(b.engine, &before, NULL));
    assert_ok(churn_engine_save(b.engine, &bytes, NULL));
    churn_engine_free(b.engine);
    churn_store_free(b.store);
    assert_ok(churn_store_create(NULL, &b.store, NULL));
    assert_ok(churn_engine_load(churn_buffer_data(bytes), churn_buffer_size(bytes), b.playbook,
                                b.store, &b.engine, NULL));
    churn_buffer_free(bytes);
    assert_ok(churn_engine_hash(b.engine, &after, NULL));
    assert_true(before == after);
    assert_moves(&b, NULL, "1 >green");
    add_customer(b.store, "b");
    advance(&b, 3, NULL);
    reload_bench(&b);
    add_customer(b.store, "a");
    set_level(b.store, "a", "level", 1, 55);
    advance(&b, 4, NULL);
    assert_moves(&b, "a", "1 >green"); /* 55 is plainly yellow */
    reload_bench(&b);
    close_bench(&b);
}

/* ---- a twin ---- */

/* What is held of a customer and a score, as the definition has it. */
typedef struct twin_band {
    int band; /* -1: none */
    int since;
    bool unknown;
    int unknown_since;
    bool any;
} twin_band;

typedef struct twin_rule {
    const char *id;
    const char *attribute;
    const char *names[3];
    double low[3];
    int bands;
    double hysteresis;
    int min_stay;
} twin_rule;

static const twin_rule rules[] = {
    {"alike", "other", {"high", "low", NULL}, {50, 0, 0}, 2, 10, 0},
    {"health", "level", {"green", "yellow", "red"}, {70, 40, 0}, 3, 3, 4},
};
#define RULES COUNT(rules)

static int plain_band(const twin_rule *rule, double score)
{
    int band = 0;
    while (score < rule->low[band]) {
        band++;
    }
    return band;
}

static int twin_hold(const twin_rule *rule, twin_band *held, double score, int day)
{
    int plain = plain_band(rule, score);
    double low = held->any ? rule->low[held->band] : 0;
    double up = held->any && held->band > 0 ? rule->low[held->band - 1] : 1e9;
    bool beyond = score < low - rule->hysteresis || score >= up + rule->hysteresis;
    if (!held->any || (plain != held->band && beyond && day - held->since >= rule->min_stay)) {
        held->any = true;
        held->band = plain;
        held->since = day;
    }
    return held->band;
}

typedef struct twin_line {
    int at, rule, days;
    const char *customer, *from, *to;
} twin_line;

static const char *twin_customers[] = {"a", "b", "c", "d", "e", "f", "g"};
#define TWINS COUNT(twin_customers)
#define TWIN_DAYS 60

static void twin_step(const twin_rule *rule, twin_band *held, double score, int day, twin_line *out,
                      int *count)
{
    bool there = !isnan(score), was_unknown = held->unknown, any = held->any;
    int before = held->band, since = held->since;
    if (!there && (!any || was_unknown)) {
        return;
    }
    held->unknown = !there;
    if (!there) {
        held->unknown_since = day;
        *out = (twin_line){
            .at = day, .days = day - since, .from = rule->names[before], .to = "unknown"};
        ++*count;
        return;
    }
    int band = twin_hold(rule, held, score, day);
    if (any && !was_unknown && band == before) {
        return;
    }
    *out = (twin_line){.at = day, .to = rule->names[band]};
    if (any) {
        out->from = was_unknown ? "unknown" : rule->names[before];
        out->days = day - (was_unknown ? held->unknown_since : since);
    }
    ++*count;
}

static double walk_level(history *h, double level)
{
    if (history_random(h, 8) == 0) {
        return (double)NAN;
    }
    double from = isnan(level) ? 50 : level;
    double to = from + (double)history_random(h, 2401) / 100 - 12;
    return to < 0 ? 0 : to > 100 ? 100 : to;
}

static void assert_lines(const bench *b, const twin_line *lines, int count)
{
    churn_table *table = changes_of(b, NULL, 0);
    assert_int_equal(churn_table_row_count(table), count);
    uint32_t from = churn_table_find(table, "band_before", CHURN_NTS);
    uint32_t at = churn_table_find(table, "at", CHURN_NTS);
    for (int i = 0; i < count; i++) {
        uint64_t row = (uint64_t)i;
        assert_int_equal((churn_table_time(table, row, at) - NEW_YEAR) / DAY, lines[i].at);
        assert_string_equal(cell_text(table, row, "customer"), lines[i].customer);
        assert_string_equal(cell_text(table, row, "score"), rules[lines[i].rule].id);
        assert_string_equal(cell_text(table, row, "band_after"), lines[i].to);
        assert_int_equal(churn_table_is_null(table, row, from), lines[i].from == NULL);
        if (lines[i].from) {
            assert_string_equal(cell_text(table, row, "band_before"), lines[i].from);
            assert_true(cell_number(table, row, "days_in") == lines[i].days);
        }
    }
    churn_table_free(table);
}

/* For how many customers a trigger's condition came out so in the last evaluation. */
static int count_of(const bench *b, const char *trigger, const char *outcome)
{
    churn_table *table = NULL;
    assert_ok(churn_engine_run_summary(b->engine, &table, NULL));
    int64_t row = find_row(table, "trigger", trigger, NULL, NULL);
    int count = (int)cell_int(table, (uint64_t)row, outcome);
    churn_table_free(table);
    return count;
}

static void hold__random_scores__as_the_twin(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        history h = {.seed = seed * UINT64_C(0x9e3779b97f4a7c15)};
        twin_band held[TWINS][RULES];
        twin_line *lines = calloc(TWIN_DAYS * TWINS * RULES, sizeof *lines);
        double levels[TWINS][RULES];
        int count = 0;
        memset(held, 0, sizeof held);
        bench b = open_bench(HEALTH(BANDS "    hysteresis: 3\n    min_stay: 4d\n" SECOND TRIGGERS));
        for (int i = 2; i < TWINS; i++) {
            add_customer(b.store, twin_customers[i]);
        }
        for (int day = 1; day <= TWIN_DAYS; day++) {
            int red = 0, known = 0;
            for (int c = 0; c < TWINS; c++) {
                for (int r = 0; r < RULES; r++) {
                    double *level = &levels[c][r];
                    *level = walk_level(&h, day == 1 ? (double)NAN : *level);
                    set_level(b.store, twin_customers[c], rules[r].attribute, day, *level);
                    int before = count;
                    twin_step(&rules[r], &held[c][r], *level, day, &lines[count], &count);
                    lines[before].rule = r;
                    lines[before].customer = twin_customers[c];
                }
                bool there = held[c][1].any && !held[c][1].unknown;
                red += there && held[c][1].band == 2;
                known += there;
            }
            advance(&b, day, NULL);
            assert_int_equal(count_of(&b, "red", "true"), red);
            assert_int_equal(count_of(&b, "seen", "true"), known - red);
            assert_int_equal(count_of(&b, "seen", "unknown"), TWINS - known);
            if (history_random(&h, 5) == 0) {
                reload_bench(&b);
            }
        }
        assert_true(count > 100);
        assert_lines(&b, lines, count);
        free(lines);
        close_bench(&b);
    }
}

/* ---- trends ---- */

static void assert_trend(const bench *b, int day, double change, double noise, const char *arrow)
{
    churn_table *table = NULL;
    churn_query_options options = {.struct_size = sizeof options, .customer = STR("a")};
    assert_ok(churn_engine_trends(b->engine, NEW_YEAR + day * DAY, &options, &table, NULL));
    assert_int_equal(churn_table_row_count(table), 1);
    assert_string_equal(cell_text(table, 0, "customer"), "a");
    assert_string_equal(cell_text(table, 0, "score"), "health");
    uint32_t column = churn_table_find(table, "arrow", CHURN_NTS);
    assert_int_equal(churn_table_is_null(table, 0, column), arrow == NULL);
    if (arrow) {
        assert_string_equal(cell_text(table, 0, "arrow"), arrow);
        assert_true(cell_number(table, 0, "change") == change);
        assert_true(cell_number(table, 0, "value") - cell_number(table, 0, "value_before") ==
                    change);
    }
    assert_true(cell_number(table, 0, "noise") == noise);
    churn_table_free(table);
}

static void trends__declared_noise__beyond_it_only(void **state)
{
    (void)state;
    bench b = open_bench(HEALTH(BANDS "    trend: {over: 10d, noise: 4}\n"));
    set_level(b.store, "a", "level", 1, 50);
    set_level(b.store, "a", "level", 11, 54);
    set_level(b.store, "a", "level", 21, 58.5);
    set_level(b.store, "a", "level", 31, 20);
    assert_trend(&b, 1, 0, 4, NULL);
    assert_trend(&b, 10, 0, 4, NULL); /* nothing ten days before */
    assert_trend(&b, 11, 4, 4, "steady");
    assert_trend(&b, 21, 4.5, 4, "up");
    assert_trend(&b, 31, -38.5, 4, "down");
    assert_trend(&b, 45, 0, 4, "steady");
    close_bench(&b);
}

static void trends__auto__own_median_absolute_deviation(void **state)
{
    (void)state;
    bench b = open_bench(HEALTH(BANDS "    trend: {over: 1d, noise: auto}\n"));
    /* changes 2, -3, 5, -4, 1, 6: median 1.5, deviations 0.5 0.5 3.5 4.5 4.5 5.5, median 4 */
    const double levels[] = {50, 52, 49, 54, 50, 51, 57};
    for (int i = 0; i < COUNT(levels); i++) {
        set_level(b.store, "a", "level", i + 1, levels[i]);
    }
    assert_trend(&b, 7, 6, 5.9304, "up");
    assert_trend(&b, 1, 0, 1, NULL);
    assert_trend(&b, 30, 0, 1, "steady"); /* at least a point */
    churn_table *table = NULL;
    assert_ok(churn_engine_at_risk(b.engine, NEW_YEAR + 7 * DAY, NULL, &table, NULL));
    assert_int_equal(churn_table_row_count(table), 1);
    assert_string_equal(cell_text(table, 0, "arrow"), "up");
    assert_true(cell_number(table, 0, "change") == 6);
    churn_table_free(table);
    close_bench(&b);
}

/* ---- pure questions ---- */

static void scores__after_advance__plain_bands_and_playbook(void **state)
{
    (void)state;
    bench b = open_bench(HEALTH(BANDS "    hysteresis: 20\n"));
    const double levels[] = {80, 60};
    char hash[17];
    churn_table *table = NULL;
    churn_time at = NEW_YEAR + 2 * DAY;
    run_levels(&b, levels, 2);
    assert_ok(churn_engine_scores(b.engine, &at, 1, NULL, &table, NULL));
    assert_string_equal(cell_text(table, 0, "band"), "yellow");
    snprintf(hash, sizeof hash, "%016llx", (unsigned long long)churn_playbook_hash(b.playbook));
    assert_string_equal(cell_text(table, 0, "playbook"), hash);
    churn_table_free(table);
    assert_ok(churn_engine_query(b.engine, "health.band == 'green'", CHURN_NTS, at, NULL, &table,
                                 NULL, NULL, NULL, NULL));
    assert_int_equal(churn_table_row_count(table), 0);
    churn_table_free(table);
    close_bench(&b);
}

int main(void)
{
    const struct CMUnitTest held_bands[] = {
        cmocka_unit_test(hold__at_the_bound_exactly__as_declared),
        cmocka_unit_test(hold__flapping_around_a_bound__one_change),
        cmocka_unit_test(hold__min_stay__not_before),
        cmocka_unit_test(hold__unknown_in_between__band_is_remembered),
        cmocka_unit_test(hold__two_scores__each_its_own),
        cmocka_unit_test(cause__each_kind__told),
        cmocka_unit_test(cause__late_record__correction),
        cmocka_unit_test(set_playbook__other_bands__counts_as_never_held),
        cmocka_unit_test(erase__customer__nothing_is_left),
        cmocka_unit_test(merge__customer__history_stays_and_band_goes),
        cmocka_unit_test(load__store_without_the_customer__band_waits),
        cmocka_unit_test(hold__random_scores__as_the_twin),
        cmocka_unit_test(trends__declared_noise__beyond_it_only),
        cmocka_unit_test(trends__auto__own_median_absolute_deviation),
        cmocka_unit_test(scores__after_advance__plain_bands_and_playbook),
    };
    return RUN_TESTS(held_bands);
}
