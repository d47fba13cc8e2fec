/* SPDX-License-Identifier: MIT */
#include "company.h"

#include <math.h>

/*
 * Texts of many customers, few words and many, and segments and caps that stand on each other: what
 * a batch comes to is what each customer comes to alone, and what is counted by hand.
 */
#define CUSTOMERS 1300

static const char rules[] =
    "churn: 1\nname: words\ntime_zone: UTC\ncurrency: USD\n"
    "attributes: {plan: string, city: string, note: string, seats: number}\n"
    "metrics:\n"
    "  - {id: seats, attribute: seats}\n"
    "  - {id: plan, attribute: plan}\n"
    "  - {id: against, baseline: {metric: seats, of: segment}}\n"
    "segments:\n"
    "  - {id: happy, when: 'health.band in [\"green\", \"yellow\"] && segment.paid'}\n"
    "  - {id: paid, when: 'customer.plan in [\"pro\", \"team\"]'}\n"
    "  - {id: big, when: 'customer.seats >= 50'}\n"
    "  - {id: both, when: 'segment.paid && segment.big'}\n"
    "  - {id: either, when: 'segment.paid || segment.big || customer.city == \"city 7\"'}\n"
    "  - {id: odd, when: 'customer.note.endsWith(\"1\") || customer.plan.contains(\"ee\")'}\n"
    "  - {id: last, when: 'segment.happy && !segment.both'}\n"
    "scores:\n"
    "  - id: health\n"
    "    groups:\n"
    "      - {id: use, weight: 1, factors: [{metric: seats, weight: 1, curve: [[0, 0], [100, "
    "100]]}]}\n"
    "    caps:\n"
    "      - {id: free, when: 'customer.plan == \"free\"', at_most: 35}\n"
    "      - {id: team, when: 'customer.plan == \"team\" && segment.big', at_least: 90}\n"
    "      - {id: late, when: 'segment.paid && customer.seats > 95', at_most: 60}\n"
    "    bands: {green: 70, yellow: 40, red: 0}\n"
    "triggers:\n"
    "  - {id: free_red, when: 'customer.plan == \"free\" && health.band == \"red\"'}\n";

/* NULL: not given. */
static const char *plan_of(int i)
{
    static const char *const plans[] = {"free", "pro", "team", "free", NULL};
    return plans[i % 5];
}

static double seats_of(int i)
{
    return (i * 37) % 101;
}

static void id_of(int i, char *out)
{
    (void)snprintf(out, 16, "c%04d", i);
}

static churn_named_value text_of(const char *name, const char *text)
{
    return (churn_named_value){{name, strlen(name)},
                               {.type = CHURN_TYPE_STRING, .string = {text, strlen(text)}}};
}

static void add_customer(churn_store *store, int i)
{
    char id[16], city[16], note[24];
    churn_named_value attributes[4];
    uint32_t count = 0;
    churn_customer row;
    id_of(i, id);
    (void)snprintf(city, sizeof city, "city %d", i % 80);
    (void)snprintf(note, sizeof note, "note %d", i);
    attributes[count++] =
        (churn_named_value){STR("seats"), {.type = CHURN_TYPE_DOUBLE, .number = seats_of(i)}};
    attributes[count++] = text_of("city", city);
    attributes[count++] = text_of("note", note);
    if (plan_of(i) != NULL) {
        attributes[count++] = text_of("plan", plan_of(i));
    }
    churn_record_init(CHURN_RECORD_CUSTOMER, &row, sizeof row);
    row.id = (churn_str){id, strlen(id)};
    row.since = NEW_YEAR - 100 * DAY;
    row.attributes = attributes;
    row.attribute_count = count;
    assert_ok(churn_store_add_customer(store, &row, NULL));
}

typedef struct fixture {
    churn_playbook *playbook;
    churn_store *store;
    churn_engine *engine;
} fixture;

static void open_fixture(fixture *f)
{
    churn_table *found = NULL;
    churn_store_options options = {.struct_size = sizeof options, .time_zone = STR("UTC")};
    churn_status st = churn_playbook_parse(rules, CHURN_NTS, NULL, &f->playbook, &found, NULL);
    for (uint64_t i = 0; i < churn_table_row_count(found); i++) {
        print_message("# %s\n", cell_text(found, i, "message"));
    }
    churn_table_free(found);
    assert_ok(st);
    assert_ok(churn_store_create(&options, &f->store, NULL));
    for (int i = 0; i < CUSTOMERS; i++) {
        add_customer(f->store, i);
    }
    assert_ok(churn_engine_create(f->playbook, f->store, NULL, &f->engine, NULL));
}

static void close_fixture(fixture *f)
{
    churn_engine_free(f->engine);
    churn_store_free(f->store);
    churn_playbook_free(f->playbook);
}

static void same_truth(const churn_table *t, uint64_t row, const char *column, int8_t want)
{
    assert_true(cell_null(t, row, column) == (want == CHURN_TRUTH_NONE));
    if (want != CHURN_TRUTH_NONE) {
        assert_int_equal(churn_table_bool(t, row, churn_table_find(t, column, CHURN_NTS)), want);
    }
}

static void words__a_batch__is_what_each_is_alone(void **state)
{
    static const churn_str select[] = {
        STR("paid: segment.paid"),     STR("big: segment.big"),    STR("both: segment.both"),
        STR("either: segment.either"), STR("odd: segment.odd"),    STR("happy: segment.happy"),
        STR("last: segment.last"),     STR("band: health.band"),   STR("score: health.score"),
        STR("plan: customer.plan"),    STR("city: customer.city"), STR("note: customer.note"),
        STR("against: metric.against")};
    churn_select_options options = {.struct_size = sizeof options,
                                    .select = select,
                                    .select_count = sizeof select / sizeof select[0]};
    fixture f = {.playbook = NULL};
    churn_table *t = NULL;
    (void)state;
    open_fixture(&f);
    assert_ok(churn_engine_query(f.engine, "", CHURN_NTS, NEW_YEAR, &options, &t, NULL, NULL, NULL,
                                 NULL));
    assert_int_equal(churn_table_row_count(t), CUSTOMERS);
    for (int i = 0; i < CUSTOMERS; i++) {
        char id[16], city[16];
        uint64_t row = (uint64_t)i;
        churn_customer_answer alone = {.struct_size = sizeof alone};
        id_of(i, id);
        (void)snprintf(city, sizeof city, "city %d", i % 80);
        assert_ok(churn_engine_customer(f.engine, id, CHURN_NTS, NEW_YEAR, &alone, NULL));
        assert_string_equal(cell_text(t, row, "customer"), id);
        for (uint32_t s = 0; s < alone.segment_count; s++) {
            same_truth(t, row, alone.segment_ids[s].ptr, alone.segments[s]);
        }
        assert_string_equal(cell_text(t, row, "band"), alone.bands[0].ptr);
        assert_true(cell_number(t, row, "score") == alone.scores[0]);
        assert_true(cell_null(t, row, "against")
                        ? isnan(alone.numbers[2])
                        : cell_number(t, row, "against") == alone.numbers[2]);
        assert_string_equal(cell_text(t, row, "city"), city);
        assert_int_equal(atoi(cell_text(t, row, "note") + 5), i);
        assert_true(cell_null(t, row, "plan") == (plan_of(i) == NULL));
        if (plan_of(i) != NULL) {
            assert_string_equal(cell_text(t, row, "plan"), plan_of(i));
            assert_string_equal(alone.texts[1].ptr, plan_of(i));
        }
    }
    churn_table_free(t);
    close_fixture(&f);
}

static uint64_t asked(const fixture *f, const char *where)
{
    churn_table *t = NULL;
    assert_ok(churn_engine_query(f->engine, where, CHURN_NTS, NEW_YEAR, NULL, &t, NULL, NULL, NULL,
                                 NULL));
    uint64_t rows = churn_table_row_count(t);
    churn_table_free(t);
    return rows;
}

static void words__conditions__count_as_by_hand(void **state)
{
    uint64_t free_plans = 0, paid = 0, cities = 0, given = 0, notes = 0, red = 0, both = 0;
    fixture f = {.playbook = NULL};
    churn_run run = {.struct_size = sizeof run};
    (void)state;
    for (int i = 0; i < CUSTOMERS; i++) {
        const char *plan = plan_of(i);
        bool is_free = plan != NULL && strcmp(plan, "free") == 0;
        bool is_paid = plan != NULL && !is_free;
        free_plans += is_free;
        paid += is_paid;
        given += plan != NULL;
        cities += i % 80 == 7 || i % 80 == 70;
        notes += i % 10 == 1;
        both += is_paid && seats_of(i) >= 50;
        red += is_free && seats_of(i) < 40; /* with the cap at 35 all of them are red */
    }
    open_fixture(&f);
    assert_int_equal(asked(&f, "customer.plan == 'free'"), free_plans);
    assert_int_equal(asked(&f, "customer.plan in ['pro', 'team', 'gold']"), paid);
    assert_int_equal(asked(&f, "customer.plan.matches('^(free|pro|team)$')"), given);
    assert_int_equal(asked(&f, "has(customer.plan) && customer.plan.size() >= 3"), given);
    assert_int_equal(asked(&f, "customer.city in ['city 7', 'city 70']"), cities);
    assert_int_equal(asked(&f, "customer.note.endsWith('1')"), notes);
    assert_int_equal(asked(&f, "segment.both"), both);
    assert_int_equal(asked(&f, "customer.plan == 'free' && health.band == 'red'"), free_plans);
    assert_true(red < free_plans);
    assert_int_equal(asked(&f, "customer.plan == 'gone'"), 0);
    assert_ok(churn_engine_advance(f.engine, NEW_YEAR, NULL, &run, NULL));
    assert_int_equal(run.fired, free_plans);
    close_fixture(&f);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(words__a_batch__is_what_each_is_alone),
    cmocka_unit_test(words__conditions__count_as_by_hand),
};

int main(void)
{
    return RUN_TESTS(tests);
}
