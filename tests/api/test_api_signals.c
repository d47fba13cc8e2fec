/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "company.h"

/* Goals, benchmarks, own figures, measures and anomalies, through the public functions alone, of
 * companies whose numbers are counted by hand. */

#define HEAD                                                   \
    "churn: 1\nname: signals\ntime_zone: UTC\ncurrency: USD\n" \
    "attributes: {employees: number, region: string}\nloss: {any: [subscription]}\n"

static void near(double got, double want)
{
    if (!(fabs(got - want) <= 1e-12 * (1 + fabs(want)))) {
        fail_msg("got %.17g, want %.17g", got, want);
    }
}

/* Days from civil: the proleptic Gregorian calendar. */
static churn_time at(int year, int month, int day)
{
    int64_t y = year - (month <= 2), m = (month + 9) % 12;
    return (365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468) * DAY;
}

typedef struct signals {
    churn_playbook *playbook;
    churn_store *store;
    churn_engine *engine;
    churn_table *table;
} signals;

static void open_signals(signals *s, const char *text)
{
    churn_error err = {.struct_size = sizeof err};
    churn_store_options options = {.struct_size = sizeof options, .time_zone = STR("UTC")};
    memset(s, 0, sizeof *s);
    if (churn_playbook_parse(text, CHURN_NTS, NULL, &s->playbook, NULL, &err) != CHURN_OK) {
        fail_msg("%s", err.message);
    }
    assert_ok(churn_store_create(&options, &s->store, &err));
    assert_ok(churn_engine_create(s->playbook, s->store, NULL, &s->engine, &err));
}

static void close_signals(signals *s)
{
    churn_table_free(s->table);
    churn_engine_free(s->engine);
    churn_store_free(s->store);
    churn_playbook_free(s->playbook);
}

static void fresh(signals *s)
{
    churn_table_free(s->table);
    s->table = NULL;
}

static churn_str numbered(const char *prefix, int i, char room[16])
{
    return (churn_str){room, (size_t)snprintf(room, 16, "%s%03d", prefix, i)};
}

static void add_customer(signals *s, int i, churn_time since, const char *region, double employees)
{
    char room[16];
    churn_error err = {.struct_size = sizeof err};
    churn_named_value attributes[] = {
        {STR("region"), {.type = CHURN_TYPE_STRING, .string = {region, strlen(region)}}},
        {STR("employees"), {.type = CHURN_TYPE_DOUBLE, .number = employees}}};
    churn_customer customer;
    churn_record_init(CHURN_RECORD_CUSTOMER, &customer, sizeof customer);
    customer.id = numbered("c", i, room);
    customer.since = since;
    customer.attributes = attributes;
    customer.attribute_count = employees > 0 ? 2 : 1;
    assert_ok(churn_store_add_customer(s->store, &customer, &err));
}

static void subscribe(signals *s, int i, churn_time from, churn_time end)
{
    char room[16], name[16];
    churn_error err = {.struct_size = sizeof err};
    churn_subscription row;
    churn_record_init(CHURN_RECORD_SUBSCRIPTION, &row, sizeof row);
    row.id = numbered("s", i, room);
    row.customer = numbered("c", i, name);
    row.valid_from = from;
    row.status = end == 0 ? STR("active") : STR("cancelled");
    row.amount = end == 0 ? 1000 : CHURN_INT_NONE;
    row.currency = end == 0 ? STR("USD") : (churn_str){NULL, 0};
    row.period = end == 0 ? STR("month") : (churn_str){NULL, 0};
    row.ended_at = end == 0 ? CHURN_TIME_NONE : end;
    assert_ok(churn_store_add_subscription(s->store, &row, &err));
}

/* A hundred customers of the first half of 2025, 10 USD a month each, employees as their number (of
 * every tenth not known), regions EU and US in turn. Two go in January 2026, three in February, one
 * in March. */
static void add_company(signals *s)
{
    const churn_time ends[] = {at(2026, 1, 9), at(2026, 1, 20), at(2026, 2, 2),
                               at(2026, 2, 3), at(2026, 2, 27), at(2026, 3, 4)};
    for (int i = 0; i < 100; i++) {
        churn_time from = at(2025, 1 + i % 6, 2);
        add_customer(s, i, from, i % 2 == 0 ? "EU" : "US", i % 10 == 0 ? 0 : i);
        subscribe(s, i, from, 0);
        if (i < 6) {
            subscribe(s, i, ends[i], ends[i]);
        }
    }
}

/* ---- goals ---- */

static void ask_goals(signals *s, churn_time as_of, churn_time from)
{
    churn_error err = {.struct_size = sizeof err};
    churn_goal_options options = {.struct_size = sizeof options, .from = from};
    fresh(s);
    if (churn_engine_goals(s->engine, as_of, &options, &s->table, &err) != CHURN_OK) {
        fail_msg("%s", err.message);
    }
}

#define GOALS                                                                              \
    HEAD "segments: [{id: small, when: 'customer.employees < 50'}]\n"                      \
         "kpi:\n  goals:\n"                                                                \
         "    - {id: churn, kpi: logo_churn, per: month, at_most: 0.03, every: quarter}\n" \
         "    - {id: book, kpi: mrr, at_least: 970}\n"                                     \
         "    - {id: lost, kpi: lost_customers, at_most: 2, by: segment.small}\n"          \
         "    - {id: again, kpi: logo_churn, per: month, at_most: 0.02, every: quarter}\n"

static void goals__quarter_of_months__mean_of_those_that_are_over(void **state)
{
    signals s;
    const double january = 2.0 / 100, february = 3.0 / 98;
    (void)state;
    open_signals(&s, GOALS);
    add_company(&s);
    ask_goals(&s, at(2026, 3, 11), 0);
    assert_string_equal(cell_text(s.table, 0, "goal"), "churn");
    assert_string_equal(cell_text(s.table, 0, "per"), "month");
    near(cell_number(s.table, 0, "value"), (january + february) / 2);
    near(cell_number(s.table, 0, "needed"), 0.09 - january - february);
    near(cell_number(s.table, 0, "pace"), (january + february) / 2 / 0.03);
    near(cell_number(s.table, 0, "forecast"), (january + february) / 3); /* usually nobody goes */
    assert_int_equal(cell_int(s.table, 0, "periods"), 2);
    assert_true(churn_table_bool(s.table, 0, churn_table_find(s.table, "on_track", CHURN_NTS)));
    /* the same figure of the same periods under another bound: one run, two answers */
    int64_t again = find_row(s.table, "goal", "again", NULL, NULL);
    assert_int_equal(again, (int64_t)churn_table_row_count(s.table) - 1);
    near(cell_number(s.table, (uint64_t)again, "value"), (january + february) / 2);
    near(cell_number(s.table, (uint64_t)again, "needed"), 0.06 - january - february);
    close_signals(&s);
}

static void goals__quarter_that_is_over__its_three_months(void **state)
{
    signals s;
    (void)state;
    open_signals(&s, GOALS);
    add_company(&s);
    ask_goals(&s, at(2026, 4, 1), at(2026, 1, 1));
    near(cell_number(s.table, 0, "value"), (2.0 / 100 + 3.0 / 98 + 1.0 / 95) / 3);
    near(cell_number(s.table, 0, "forecast"), cell_number(s.table, 0, "value"));
    assert_string_equal(cell_text(s.table, 0, "method"), "complete");
    assert_true(churn_table_bool(s.table, 0, churn_table_find(s.table, "complete", CHURN_NTS)));
    assert_int_equal(
        churn_table_time(s.table, 0, churn_table_find(s.table, "period_end", CHURN_NTS)),
        at(2026, 4, 1));
    close_signals(&s);
}

static void goals__levels_and_groups__each_by_itself(void **state)
{
    signals s;
    (void)state;
    open_signals(&s, GOALS);
    add_company(&s);
    ask_goals(&s, at(2026, 2, 15), at(2026, 2, 1));
    uint32_t on_track = churn_table_find(s.table, "on_track", CHURN_NTS);
    int64_t book = find_row(s.table, "goal", "book", NULL, NULL);
    near(cell_number(s.table, (uint64_t)book, "value"), 960);
    near(cell_number(s.table, (uint64_t)book, "needed"), 10);
    assert_false(churn_table_bool(s.table, (uint64_t)book, on_track));
    /* 2 and 3 are small and go, 4 goes later; of nobody without employees anybody goes */
    int64_t small = find_row(s.table, "group", "segment.small: true", NULL, NULL);
    assert_true(small > book);
    assert_string_equal(cell_text(s.table, (uint64_t)small, "goal"), "lost");
    near(cell_number(s.table, (uint64_t)small, "value"), 2);
    near(cell_number(s.table, (uint64_t)small, "needed"), 0);
    ask_goals(&s, at(2026, 2, 28), 0);
    small = find_row(s.table, "group", "segment.small: true", NULL, NULL);
    near(cell_number(s.table, (uint64_t)small, "value"), 3);
    assert_false(churn_table_bool(s.table, (uint64_t)small, on_track)); /* whatever comes */
    close_signals(&s);
}

static void goals__nothing_known__null(void **state)
{
    signals s;
    (void)state;
    open_signals(&s, GOALS);
    ask_goals(&s, at(2026, 2, 15), 0);
    assert_true(cell_null(s.table, 0, "value") && cell_null(s.table, 0, "on_track"));
    assert_non_null(strstr(cell_text(s.table, 0, "note"), "fewer than three"));
    close_signals(&s);
}

/* ---- benchmarks ---- */

#define BENCHMARKS                                                                             \
    HEAD "segments: [{id: small, when: 'customer.employees < 10'}]\nkpi:\n  benchmarks:\n"     \
         "    - {kpi: logo_churn, size: {attribute: employees, at_most: 9}, low: 0.01,\n"      \
         "       median: 0.02, high: 0.04, source: A, year: 2024}\n"                           \
         "    - {kpi: logo_churn, size: {attribute: employees, at_least: 10}, median: 0.01,\n" \
         "       source: B}\n"                                                                 \
         "    - {kpi: logo_churn, segment: small, high: 0.5, source: C}\n"                     \
         "    - {kpi: mrr, low: 950, high: 990, source: D}\n"

static void benchmark_is(const signals *s, uint64_t row, const char *size, double numerator,
                         double denominator, const char *position)
{
    assert_string_equal(cell_text(s->table, row, "size"), size);
    near(cell_number(s->table, row, "numerator"), numerator);
    near(cell_number(s->table, row, "denominator"), denominator);
    near(cell_number(s->table, row, "value"), numerator / denominator);
    if (position == NULL) {
        assert_true(cell_null(s->table, row, "position"));
    } else {
        assert_string_equal(cell_text(s->table, row, "position"), position);
    }
}

/* Of employees 1 to 9 one goes in January, 2, 3 and 4 in February; 0 has no size. */
static void benchmarks__ranges_and_segments__their_customers(void **state)
{
    signals s;
    churn_benchmark_options options = {.struct_size = sizeof options};
    churn_error err = {.struct_size = sizeof err};
    (void)state;
    open_signals(&s, BENCHMARKS);
    add_company(&s);
    assert_ok(churn_engine_benchmarks(s.engine, at(2026, 1, 1), at(2026, 3, 1), &options, &s.table,
                                      &err));
    assert_int_equal(churn_table_row_count(s.table), 8);
    benchmark_is(&s, 0, "employees at most 9", 1, 9, "above");
    benchmark_is(&s, 1, "employees at most 9", 3, 8, "above");
    assert_true(cell_number(s.table, 0, "low") < 1.0 / 9);
    assert_true(cell_number(s.table, 0, "high") > 1.0 / 9);
    near(cell_number(s.table, 0, "difference"), 1.0 / 9 - 0.02);
    assert_int_equal(cell_int(s.table, 0, "year"), 2024);
    benchmark_is(&s, 2, "employees at least 10", 0, 81, "below");
    benchmark_is(&s, 4, "segment.small", 1, 9, NULL); /* its lower end is not given */
    benchmark_is(&s, 5, "segment.small", 3, 8, NULL);
    assert_true(cell_null(s.table, 6, "size"));
    near(cell_number(s.table, 6, "value"), 980);
    assert_string_equal(cell_text(s.table, 6, "position"), "within");
    assert_string_equal(cell_text(s.table, 7, "source"), "D");
    close_signals(&s);
}

/* ---- own figures and measures ---- */

static void add_measure(signals *s, const char *name, churn_time when, double value,
                        churn_time known)
{
    churn_error err = {.struct_size = sizeof err};
    churn_measure row;
    churn_record_init(CHURN_RECORD_MEASURE, &row, sizeof row);
    row.name = (churn_str){name, strlen(name)};
    row.at = when;
    row.value = value;
    row.known_at = known != 0 ? known : row.known_at;
    assert_ok(churn_store_add_measure(s->store, &row, &err));
}

static void ask_figures(signals *s, const churn_str *kpis, uint32_t count, churn_time from,
                        churn_time to, churn_time as_of, const churn_str *by)
{
    churn_error err = {.struct_size = sizeof err};
    churn_kpi_options options = {.struct_size = sizeof options,
                                 .every = CHURN_EVERY_MONTH,
                                 .as_of = as_of,
                                 .by = by,
                                 .by_count = by != NULL};
    fresh(s);
    if (churn_engine_kpi(s->engine, kpis, count, from, to, &options, &s->table, &err) != CHURN_OK) {
        fail_msg("%s", err.message);
    }
}

static void measures__last_sum_and_mean__as_known_then(void **state)
{
    signals s;
    const churn_str names[] = {STR("sold"), STR("load"), STR("index")};
    static const double first[] = {33, 11, 3}, later[] = {38, 11, 3};
    (void)state;
    open_signals(&s, HEAD "kpi: {measures: [{name: sold, take: sum}, {name: load, take: mean}]}\n");
    for (size_t i = 0; i < 3; i++) {
        add_measure(&s, names[i].ptr, at(2026, 1, 1), 10, 0);
        add_measure(&s, names[i].ptr, at(2026, 1, 2), 20, 0);
        add_measure(&s, names[i].ptr, at(2026, 1, 28), 3, 0);
    }
    add_measure(&s, "sold", at(2026, 1, 2), 25, at(2026, 2, 10));
    ask_figures(&s, names, 3, at(2026, 1, 1), at(2026, 2, 1), at(2026, 2, 5), NULL);
    for (uint64_t i = 0; i < 3; i++) {
        near(cell_number(s.table, i, "value"), first[i]);
    }
    ask_figures(&s, names, 3, at(2026, 1, 1), at(2026, 3, 1), at(2026, 3, 1), NULL);
    for (uint64_t i = 0; i < 3; i++) {
        near(cell_number(s.table, 2 * i, "value"), later[i]);
        assert_true(cell_null(s.table, 2 * i + 1, "value"));
    }
    close_signals(&s);
}

/* Of regions EU and US 25 each have 50 employees or more, less 50 of EU; of those in tens nothing
 * is known: 0, 10 ... 90 are all in EU. */
static void define__condition_over_condition__who_is_not_known_is_left_out(void **state)
{
    signals s;
    const churn_str large = STR("large"), by = STR("customer.region");
    (void)state;
    open_signals(&s, HEAD "kpi: {define: [{id: large, num: 'customer.employees >= 50'}]}\n");
    add_company(&s);
    ask_figures(&s, &large, 1, at(2026, 1, 1), at(2026, 2, 1), 0, &by);
    assert_int_equal(churn_table_row_count(s.table), 2);
    assert_string_equal(cell_text(s.table, 0, "customer.region"), "EU");
    near(cell_number(s.table, 0, "numerator"), 20);
    near(cell_number(s.table, 0, "denominator"), 40);
    assert_int_equal(cell_int(s.table, 0, "excluded"), 10);
    assert_non_null(strstr(cell_text(s.table, 0, "note"), "not known"));
    near(cell_number(s.table, 1, "value"), 25.0 / 50);
    assert_int_equal(cell_int(s.table, 1, "excluded"), 0);
    close_signals(&s);
}

/* ---- anomalies ---- */

typedef struct dice {
    uint64_t state;
} dice;

static double uniform(dice *d)
{
    d->state = d->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return ((double)(d->state >> 11) + 0.5) / 9007199254740992.0;
}

/* Tickets of n customers from the first on, each with the same chance. */
static int binomial(dice *d, int n, double chance)
{
    int count = 0;
    for (int i = 0; i < n; i++) {
        count += uniform(d) < chance;
    }
    return count;
}

static void open_tickets(signals *s, int first, int customers, int count, int day, int *number)
{
    char id[16], name[16];
    churn_error err = {.struct_size = sizeof err};
    for (int i = 0; i < count; i++) {
        churn_ticket row;
        churn_record_init(CHURN_RECORD_TICKET, &row, sizeof row);
        row.id = numbered("t", (*number)++, id);
        row.customer = numbered("c", first + i % customers, name);
        row.opened_at = at(2025, 1, 1) + day * DAY + (churn_time)i * 1000000;
        assert_ok(churn_store_add_ticket(s->store, &row, &err));
    }
}

enum { SPIKE = 60, DROP = 80, SHIFT = 100, DAYS = 140 };

/* Fifty customers of the EU, fifty of noise alone, three of the US, who all call on one day. */
static void add_calls(signals *s)
{
    dice d = {7};
    int number = 0;
    for (int i = 0; i < 103; i++) {
        add_customer(s, i, at(2024, 1, 1), i < 50 ? "EU" : i < 100 ? "noise" : "US", 5);
    }
    for (int day = 0; day < DAYS; day++) {
        int calls = binomial(&d, 200, day < SHIFT ? 0.2 : 0.4);
        calls = day == SPIKE ? 90 : day == DROP ? 0 : calls;
        open_tickets(s, 0, 50, calls, day, &number);
        open_tickets(s, 50, 50, binomial(&d, 100, 0.2), day, &number);
        open_tickets(s, 100, 3, day == SPIKE ? 3 : binomial(&d, 3, 0.15), day, &number);
    }
}

static void ask_anomalies(signals *s, const churn_str *by, double rate, uint32_t flags)
{
    const churn_str kpi = STR("tickets_opened");
    churn_error err = {.struct_size = sizeof err};
    churn_kpi_anomaly_options options = {.struct_size = sizeof options,
                                         .every = CHURN_EVERY_DAY,
                                         .by = by,
                                         .by_count = by != NULL,
                                         .false_alarms = rate,
                                         .flags = flags};
    fresh(s);
    if (churn_engine_anomalies(s->engine, &kpi, 1, at(2025, 2, 10), at(2025, 1, 1) + DAYS * DAY,
                               &options, &s->table, &err) != CHURN_OK) {
        fail_msg("%s", err.message);
    }
}

static void has_anomaly(const signals *s, const char *region, const char *kind, int from, int to)
{
    int64_t row = find_row(s->table, "customer.region", region, "kind", kind);
    if (row < 0) {
        fail_msg("no %s of %s", kind, region);
    }
    churn_time start = churn_table_time(s->table, (uint64_t)row,
                                        churn_table_find(s->table, "period_start", CHURN_NTS));
    assert_in_range((start - at(2025, 1, 1)) / DAY, from, to);
}

static uint64_t count_of(const signals *s, const char *region)
{
    uint64_t count = 0;
    for (uint64_t row = 0; row < churn_table_row_count(s->table); row++) {
        count += strcmp(cell_text(s->table, row, "customer.region"), region) == 0;
    }
    return count;
}

static void anomalies__spike_drop_and_level_of_one_group__and_no_others(void **state)
{
    signals s;
    const churn_str by = STR("customer.region");
    (void)state;
    open_signals(&s, HEAD);
    add_calls(&s);
    ask_anomalies(&s, &by, 0.004, 0);
    has_anomaly(&s, "EU", "spike", SPIKE, SPIKE);
    has_anomaly(&s, "EU", "drop", DROP, DROP);
    has_anomaly(&s, "EU", "level_up", SHIFT - 1, SHIFT + 1);
    assert_true(find_row(s.table, "customer.region", "US", NULL, NULL) < 0); /* three customers */
    assert_true(count_of(&s, "noise") <= 3); /* binomial of 100 at 0.4 %: with 99.9 % */
    assert_true(count_of(&s, "EU") <= 3 + 3);
    uint64_t spike = (uint64_t)find_row(s.table, "kind", "spike", "customer.region", "EU");
    assert_string_equal(cell_text(s.table, spike, "direction"), "up");
    near(cell_number(s.table, spike, "value"), 90);
    assert_true(cell_number(s.table, spike, "high") < 90);
    assert_true(cell_number(s.table, spike, "p") < cell_number(s.table, spike, "threshold"));
    near(cell_number(s.table, spike, "threshold"), 0.004);
    close_signals(&s);
}

static void anomalies__all_values__each_day_of_each_group(void **state)
{
    signals s;
    const churn_str by = STR("customer.region");
    uint64_t alarms = 0, judged = 0;
    (void)state;
    open_signals(&s, HEAD);
    add_calls(&s);
    ask_anomalies(&s, &by, 0.05, CHURN_ANOMALIES_ALL);
    assert_int_equal(churn_table_row_count(s.table), 3 * (DAYS - 40));
    for (uint64_t row = 0; row < churn_table_row_count(s.table); row++) {
        bool noise = strcmp(cell_text(s.table, row, "customer.region"), "noise") == 0;
        judged += noise;
        alarms += noise && !cell_null(s.table, row, "kind");
    }
    assert_int_equal(judged, DAYS - 40);
    assert_true(alarms <= 12); /* binomial of 100 at 5 %: 12 and fewer with 99.85 % */
    close_signals(&s);
}

/* ---- parts of a playbook ---- */

#define PARTS(bound, source, rest)                                                                 \
    HEAD "kpi:\n  preset: stripe\n"                                                                \
         "  define: [{id: large, num: 'customer.employees >= 50'}]\n"                              \
         "  measures: [{name: visits, take: sum}" rest "]\n"                                       \
         "  goals: [{id: churn, kpi: logo_churn, at_most: " bound "}]\n"                           \
         "  benchmarks:\n"                                                                         \
         "    - {kpi: logo_churn, size: {attribute: employees, at_most: 9}, high: 1, source: A}\n" \
         "    - {kpi: logo_churn, high: 1, source: " source "}\n"

static void contents_has(const churn_table *table, const char *sort, const char *id,
                         const char *detail)
{
    int64_t row = find_row(table, "sort", sort, "id", id);
    if (row < 0) {
        fail_msg("no %s %s", sort, id);
    }
    assert_string_equal(cell_text(table, (uint64_t)row, "detail"), detail);
    assert_true(cell_int(table, (uint64_t)row, "line") > 7);
}

static void contents__own_figures_and_goals__listed(void **state)
{
    signals s;
    (void)state;
    open_signals(&s, PARTS("0.03", "B", ""));
    assert_ok(churn_playbook_contents(s.playbook, &s.table, NULL));
    contents_has(s.table, "figure", "large", "customer.employees >= 50");
    contents_has(s.table, "measure", "visits", "sum");
    contents_has(s.table, "goal", "churn", "logo_churn <= 0.03, month");
    contents_has(s.table, "benchmark", "logo_churn", "employees at most 9, A");
    close_signals(&s);
}

static void diff_is(const churn_table *table, uint64_t row, const char *const want[4])
{
    static const char *const columns[] = {"sort", "id", "change", "key"};
    for (int i = 0; i < 4; i++) {
        if (want[i] == NULL) {
            assert_true(cell_null(table, row, columns[i]));
        } else {
            assert_string_equal(cell_text(table, row, columns[i]), want[i]);
        }
    }
}

static void diff__goals_and_benchmarks__by_name(void **state)
{
    static const char *const want[][4] = {{"measure", "sales", "added", NULL},
                                          {"goal", "churn", "changed", "at_most"},
                                          {"benchmark", "logo_churn", "changed", "source"}};
    signals before, after;
    (void)state;
    open_signals(&before, PARTS("0.03", "B", ""));
    open_signals(&after, PARTS("0.02", "C", ", {name: sales}"));
    assert_ok(churn_playbook_diff(before.playbook, after.playbook, &after.table, NULL));
    assert_int_equal(churn_table_row_count(after.table), 3);
    for (uint64_t row = 0; row < 3; row++) {
        diff_is(after.table, row, want[row]);
    }
    assert_string_equal(cell_text(after.table, 1, "before"), "0.03");
    assert_string_equal(cell_text(after.table, 1, "after"), "0.02");
    fresh(&after);
    assert_ok(churn_playbook_diff(before.playbook, before.playbook, &after.table, NULL));
    assert_int_equal(churn_table_row_count(after.table), 0);
    close_signals(&before);
    close_signals(&after);
}

/* ---- what is refused ---- */

static void status_is(churn_status got, churn_status want, const churn_error *err, const char *says)
{
    if (got != want || strstr(err->message, says) == NULL) {
        fail_msg("status %d, wanted %d: %s", got, want, err->message);
    }
}

static void signals__bad_arguments__stated_errors(void **state)
{
    signals s;
    churn_error err = {.struct_size = sizeof err};
    const churn_str mrr = STR("mrr"), wrong = STR("mrrr"), by = STR("regoin");
    const churn_time from = at(2026, 1, 1), to = at(2026, 2, 1);
    churn_goal_options goal = {.struct_size = sizeof goal, .level = 1.5};
    churn_benchmark_options benchmark = {.struct_size = sizeof benchmark};
    churn_kpi_anomaly_options o = {.struct_size = sizeof o};
    (void)state;
    open_signals(&s, GOALS);
    status_is(churn_engine_goals(s.engine, from, &goal, &s.table, &err), CHURN_E_RANGE, &err,
              "level");
    goal = (churn_goal_options){.struct_size = sizeof goal, .from = to};
    status_is(churn_engine_goals(s.engine, from, &goal, &s.table, &err), CHURN_E_RANGE, &err,
              "as_of");
    status_is(churn_engine_goals(s.engine, INT64_MAX, NULL, &s.table, &err), CHURN_E_RANGE, &err,
              "as_of");
    status_is(churn_engine_benchmarks(s.engine, to, from, &benchmark, &s.table, &err),
              CHURN_E_RANGE, &err, "span");
    benchmark.struct_size = 0;
    assert_int_equal(churn_engine_benchmarks(s.engine, from, to, &benchmark, &s.table, &err),
                     CHURN_E_ABI);
    status_is(churn_engine_anomalies(s.engine, &wrong, 1, from, to, &o, &s.table, &err),
              CHURN_E_NOT_FOUND, &err, "did you mean");
    status_is(churn_engine_anomalies(s.engine, NULL, 0, from, to, &o, &s.table, &err), CHURN_E_ARG,
              &err, "kpis");
    status_is(churn_engine_anomalies(s.engine, &mrr, 1, to, from, &o, &s.table, &err),
              CHURN_E_RANGE, &err, "span");
    o.every = CHURN_EVERY_ROLLING;
    status_is(churn_engine_anomalies(s.engine, &mrr, 1, from, to, &o, &s.table, &err), CHURN_E_ARG,
              &err, "every");
    o = (churn_kpi_anomaly_options){.struct_size = sizeof o, .by = &by, .by_count = 1};
    status_is(churn_engine_anomalies(s.engine, &mrr, 1, from, to, &o, &s.table, &err),
              CHURN_E_NOT_FOUND, &err, "regoin");
    o = (churn_kpi_anomaly_options){.struct_size = sizeof o, .false_alarms = (double)NAN};
    status_is(churn_engine_anomalies(s.engine, &mrr, 1, from, to, &o, &s.table, &err),
              CHURN_E_RANGE, &err, "false_alarms");
    o = (churn_kpi_anomaly_options){.struct_size = sizeof o, .flags = 4};
    status_is(churn_engine_anomalies(s.engine, &mrr, 1, from, to, &o, &s.table, &err), CHURN_E_ARG,
              &err, "flags");
    assert_null(s.table);
    close_signals(&s);
}

static void signals__cancelled__said(void **state)
{
    signals s;
    const churn_str mrr = STR("mrr");
    churn_error err = {.struct_size = sizeof err};
    churn_cancel *cancel = NULL;
    (void)state;
    open_signals(&s, GOALS);
    add_company(&s);
    assert_ok(churn_cancel_create(&cancel, &err));
    churn_cancel_set(cancel);
    churn_goal_options goal = {.struct_size = sizeof goal, .cancel = cancel};
    churn_kpi_anomaly_options o = {.struct_size = sizeof o, .cancel = cancel};
    assert_int_equal(churn_engine_goals(s.engine, at(2026, 3, 1), &goal, &s.table, &err),
                     CHURN_E_CANCELLED);
    assert_int_equal(churn_engine_anomalies(s.engine, &mrr, 1, at(2026, 1, 1), at(2026, 3, 1), &o,
                                            &s.table, &err),
                     CHURN_E_CANCELLED);
    churn_cancel_free(cancel);
    close_signals(&s);
}

int main(void)
{
    const struct CMUnitTest group[] = {
        cmocka_unit_test(goals__quarter_of_months__mean_of_those_that_are_over),
        cmocka_unit_test(goals__quarter_that_is_over__its_three_months),
        cmocka_unit_test(goals__levels_and_groups__each_by_itself),
        cmocka_unit_test(goals__nothing_known__null),
        cmocka_unit_test(benchmarks__ranges_and_segments__their_customers),
        cmocka_unit_test(measures__last_sum_and_mean__as_known_then),
        cmocka_unit_test(define__condition_over_condition__who_is_not_known_is_left_out),
        cmocka_unit_test(anomalies__spike_drop_and_level_of_one_group__and_no_others),
        cmocka_unit_test(anomalies__all_values__each_day_of_each_group),
        cmocka_unit_test(contents__own_figures_and_goals__listed),
        cmocka_unit_test(diff__goals_and_benchmarks__by_name),
        cmocka_unit_test(signals__bad_arguments__stated_errors),
        cmocka_unit_test(signals__cancelled__said),
    };
    return RUN_TESTS(group);
}
