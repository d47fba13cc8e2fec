/* SPDX-License-Identifier: MIT */
#include "book.h"

/*
 * Figures by group, and of periods of every kind. The slow and obvious twin of a group is a store
 * that holds only its customers; of a rolling window it is a span of its own.
 */

static uint64_t next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed >> 11;
}

static size_t random_customer(uint64_t *seed, churn__subscription *rows)
{
    size_t n = 0;
    for (uint32_t id = 0; id < 1 + next(seed) % 3; id++) {
        churn_time at = day(2025, 10, 1) + (churn_time)(next(seed) % 300) * CHURN__DAY;
        for (uint64_t k = next(seed) % 3; k < 3; k++) {
            rows[n] = sub(id, (uint8_t)(1 + next(seed) % 6), (int64_t)(next(seed) % 5) * 1000, at);
            if (next(seed) % 3 == 0) {
                rows[n].ended_at = at + (churn_time)(next(seed) % 90) * CHURN__DAY;
            }
            n++;
            at += (churn_time)(1 + next(seed) % 60) * CHURN__DAY;
        }
    }
    return n;
}

static void attribute(book *b, const char *customer, const char *name, const char *value,
                      churn_time from)
{
    churn_attribute row;
    churn_record_init(CHURN_RECORD_ATTRIBUTE, &row, sizeof row);
    row.customer = churn__str_nts(customer);
    row.name = churn__str_nts(name);
    row.valid_from = from;
    row.value.type = CHURN_TYPE_STRING;
    row.value.string = churn__str_nts(value);
    assert_ok(churn_store_add_attribute(b->store, &row, NULL));
}

/* A customer by name, whose rows have plans. */
static void put(book *b, const char *customer, const char *tier, const churn__subscription *rows,
                size_t count, uint64_t *seed)
{
    static const char *const plans[] = {"basic", "pro", "team"};
    book_turn(b);
    for (size_t i = 0; i < count; i++) {
        book_row(b, customer, &rows[i], seed == NULL ? "basic" : plans[next(seed) % 3]);
    }
    if (tier != NULL) {
        attribute(b, customer, "tier", tier, CHURN_TIME_NONE);
    }
}

static bool same_cell(const churn_table *a, uint64_t row, uint32_t column, const churn_table *b,
                      uint64_t other, uint32_t other_column)
{
    const bool null = churn_table_is_null(a, row, column);
    return null == churn_table_is_null(b, other, other_column) &&
           (null ||
            churn_table_double(a, row, column) == churn_table_double(b, other, other_column));
}

/* Rows of a group, where it has any, are those of a store of its customers alone. */
static void compare_group(book *all, book *alone, const char *group, size_t periods)
{
    static const char *const columns[] = {"value", "low", "high", "numerator", "denominator"};
    for (uint32_t s = 0; s < 2; s++) {
        const churn__kpi_set *set = churn__kpi_set_at(s);
        for (uint32_t f = 0; f < set->count; f++) {
            for (size_t p = 0; p < periods; p++) {
                const uint64_t row = row_of(all, set->figures[f].id, p, group);
                const uint64_t other = row_of(alone, set->figures[f].id, p, NULL);
                assert_true(other < churn_table_row_count(alone->table));
                if (row == churn_table_row_count(all->table)) {
                    const uint32_t value = book_column(alone, "value");
                    assert_true(churn_table_is_null(alone->table, other, value) ||
                                churn_table_double(alone->table, other, value) == 0);
                    continue;
                }
                for (size_t c = 0; c < sizeof columns / sizeof *columns; c++) {
                    if (!same_cell(all->table, row, book_column(all, columns[c]), alone->table,
                                   other, book_column(alone, columns[c]))) {
                        fail_msg("%s %s of period %zu of %s", set->figures[f].id, columns[c], p,
                                 group);
                    }
                }
            }
        }
    }
}

#define TIERS 3

static void by__attribute_that_never_changes__is_a_store_of_its_customers(void **state)
{
    static const char *const tiers[TIERS] = {"gold", "silver", "tin"};
    static const churn_str by[] = {{"tier", 4}};
    uint64_t seed = 11;
    (void)state;
    for (int round = 0; round < 20; round++) {
        const churn_time from = day(2026, 1, 1), to = day(2026, 7, 1);
        book all, alone[TIERS];
        open_book(&all, from, to, CHURN_EVERY_MONTH, day(2026, 6, 10));
        all.policy = churn__kpi_policy_preset(1 + round % 5);
        all.policy.churn_rate = (uint8_t)(round % 3);
        all.policy.returners = (uint8_t)(round % 2);
        all.asked.by = by;
        all.asked.by_count = 1;
        all.asked.by_end = round % 2 == 1;
        for (int t = 0; t < TIERS; t++) {
            open_book(&alone[t], from, to, CHURN_EVERY_MONTH, day(2026, 6, 10));
            alone[t].policy = all.policy;
        }
        for (int c = 0; c < 24; c++) {
            churn__subscription rows[16];
            char id[16];
            const size_t n = random_customer(&seed, rows);
            const int tier = (int)(next(&seed) % TIERS);
            snprintf(id, sizeof id, "c%02d", c);
            put(&all, id, tiers[tier], rows, n, NULL);
            put(&alone[tier], id, tiers[tier], rows, n, NULL);
        }
        for (int t = 0; t < TIERS; t++) {
            assert_ok(ask_book(&alone[t], NULL));
            assert_ok(ask_book(&all, NULL));
            compare_group(&all, &alone[t], tiers[t], 6);
            close_book(&alone[t]);
        }
        close_book(&all);
    }
}

static double sum_of_groups(book *b, const char *figure, size_t period)
{
    return figure_by(b, figure, period, "basic") + figure_by(b, figure, period, "pro") +
           figure_by(b, figure, period, "team") + figure_by(b, figure, period, NULL);
}

/* Whatever changes plans: groups make the total, and each goes on where it ended. */
static void by__plan__adds_up_to_the_total(void **state)
{
    static const char *const sums[] = {"mrr",
                                       "new_mrr",
                                       "churned_mrr",
                                       "reactivation_mrr",
                                       "customers",
                                       "new_customers",
                                       "lost_customers",
                                       "reactivated_customers",
                                       "paying_customers",
                                       "net_new_mrr"};
    static const churn_str by[] = {{"plan", 4}};
    uint64_t seed = 5;
    (void)state;
    for (int round = 0; round < 20; round++) {
        book b;
        open_book(&b, day(2026, 1, 1), day(2026, 7, 1), CHURN_EVERY_MONTH, CHURN_TIME_NONE);
        b.asked.by_end = round % 2 == 1;
        for (int c = 0; c < 20; c++) {
            churn__subscription rows[16];
            char id[16];
            const size_t n = random_customer(&seed, rows);
            snprintf(id, sizeof id, "c%02d", c);
            put(&b, id, NULL, rows, n, &seed);
        }
        double total[10][6];
        for (size_t i = 0; i < 10; i++) {
            for (size_t p = 0; p < 6; p++) {
                total[i][p] = figure(&b, sums[i], p);
            }
        }
        b.asked.by = by;
        b.asked.by_count = 1;
        book_turn(&b);
        for (size_t p = 0; p < 6; p++) {
            for (size_t i = 0; i < 10; i++) {
                assert_near(sum_of_groups(&b, sums[i], p), total[i][p], 1e-9);
            }
            assert_near(sum_of_groups(&b, "segment_in_mrr", p),
                        sum_of_groups(&b, "segment_out_mrr", p), 1e-9);
            for (int g = 0; g < 3 && p > 0; g++) {
                const char *group = ((const char *[]){"basic", "pro", "team"})[g];
                const double moves = figure_by(&b, "net_new_mrr", p, group) +
                                     figure_by(&b, "segment_in_mrr", p, group) -
                                     figure_by(&b, "segment_out_mrr", p, group);
                assert_near(figure_by(&b, "mrr", p - 1, group) + moves,
                            figure_by(&b, "mrr", p, group), 1e-9);
            }
        }
        close_book(&b);
    }
}

/* One moves from basic to pro in February, another has basic and team all along and a third nothing
 * but what is free: MRR of a plan is shared by those who have some in it at the end, whatever their
 * main plan is. */
static void by__plan__arpa_is_of_who_pays_in_it(void **state)
{
    static const churn_str by[] = {{"plan", 4}};
    const churn__subscription basic = sub(1, CHURN__SUB_ACTIVE, 10000, day(2025, 12, 1));
    const churn__subscription pro = sub(1, CHURN__SUB_ACTIVE, 30000, day(2026, 2, 14));
    const churn__subscription team = sub(2, CHURN__SUB_ACTIVE, 5000, day(2025, 12, 1));
    const churn__subscription free_of_charge = sub(1, CHURN__SUB_ACTIVE, 0, day(2025, 12, 1));
    book b;
    (void)state;
    open_book(&b, day(2026, 1, 1), day(2026, 4, 1), CHURN_EVERY_MONTH, CHURN_TIME_NONE);
    book_turn(&b);
    book_row(&b, "one", &basic, "basic");
    book_row(&b, "one", &pro, "pro");
    book_row(&b, "two", &basic, "basic");
    book_row(&b, "two", &team, "team");
    book_row(&b, "three", &free_of_charge, "pro");
    assert_near(figure(&b, "arpa", 1), 450.0 / 3, 1e-12);
    b.asked.by = by;
    b.asked.by_count = 1;
    for (int end = 0; end < 2; end++) {
        b.asked.by_end = end == 1;
        book_turn(&b);
        assert_near(figure_by(&b, "arpa", 0, "basic"), 100, 0);
        assert_near(figure_by(&b, "arpa", 1, "basic"), 100, 0);
        assert_near(figure_by(&b, "arpa", 1, "pro"), 300, 0);
        assert_near(figure_by(&b, "arpa", 2, "pro"), 300, 0);
        assert_near(figure_by(&b, "arpa", 2, "team"), 50, 0);
    }
    close_book(&b);
}

/* One customer moves from north to south in the middle of February, with 100, and grows by 20 in
 * March. */
static void by__owner_changes__at_the_start_or_the_end(void **state)
{
    static const churn_str by[] = {{"region", 6}};
    const churn__subscription rows[] = {sub(1, CHURN__SUB_ACTIVE, 10000, day(2025, 12, 1)),
                                        sub(1, CHURN__SUB_ACTIVE, 12000, day(2026, 3, 10))};
    book b;
    (void)state;
    open_book(&b, day(2026, 1, 1), day(2026, 4, 1), CHURN_EVERY_MONTH, CHURN_TIME_NONE);
    put(&b, "one", NULL, rows, 2, NULL);
    attribute(&b, "one", "region", "north", day(2025, 12, 1));
    attribute(&b, "one", "region", "south", day(2026, 2, 14));
    b.asked.by = by;
    b.asked.by_count = 1;
    assert_near(figure_by(&b, "mrr", 1, "north"), 100, 0);
    assert_near(figure_by(&b, "mrr", 1, "south"), 0, 0);
    assert_near(figure_by(&b, "mrr", 2, "south"), 120, 0);
    assert_near(figure_by(&b, "segment_in_mrr", 2, "south"), 100, 0);
    assert_near(figure_by(&b, "segment_out_mrr", 2, "north"), 100, 0);
    assert_near(figure_by(&b, "expansion_mrr", 2, "south"), 20, 0);
    assert_near(figure_by(&b, "nrr", 2, "south"), 1.2, 1e-12);
    b.asked.by_end = true;
    book_turn(&b);
    assert_near(figure_by(&b, "mrr", 0, "north"), 100, 0);
    assert_near(figure_by(&b, "mrr", 1, "south"), 100, 0);
    assert_near(figure_by(&b, "segment_in_mrr", 1, "south"), 100, 0);
    assert_near(figure_by(&b, "customers", 1, "south"), 1, 0);
    close_book(&b);
}

static void by__unknown__suggests(void **state)
{
    static const churn_str wrong[] = {{"chrun.reason", 12}}, twice[] = {{"plan", 4}, {"plan", 4}};
    static const churn_str stage[] = {{"stage", 5}};
    churn_error err = {.struct_size = sizeof err};
    book b;
    (void)state;
    open_book(&b, day(2026, 1, 1), day(2026, 4, 1), CHURN_EVERY_MONTH, CHURN_TIME_NONE);
    b.asked.by = wrong;
    b.asked.by_count = 1;
    assert_int_equal(ask_book(&b, &err), CHURN_E_NOT_FOUND);
    assert_non_null(strstr(err.message, "did you mean `churn.reason`?"));
    b.asked.by = stage;
    assert_int_equal(ask_book(&b, &err), CHURN_E_UNSUPPORTED);
    b.asked.by = twice;
    b.asked.by_count = 2;
    assert_int_equal(ask_book(&b, &err), CHURN_E_ARG);
    close_book(&b);
}

/* Windows of 30 days that overlap, each beside a span of its own. */
static void rolling__each_window__is_a_span(void **state)
{
    uint64_t seed = 21;
    book b, span;
    (void)state;
    open_book(&b, day(2026, 1, 1), day(2026, 3, 1), CHURN_EVERY_ROLLING, CHURN_TIME_NONE);
    b.asked.cut.rolling_days = 30;
    b.asked.cut.step_days = 7;
    open_book(&span, day(2026, 1, 1), day(2026, 3, 1), CHURN_EVERY_SPAN, CHURN_TIME_NONE);
    for (int c = 0; c < 30; c++) {
        churn__subscription rows[16];
        char id[16];
        const size_t n = random_customer(&seed, rows);
        snprintf(id, sizeof id, "c%02d", c);
        put(&b, id, NULL, rows, n, NULL);
        put(&span, id, NULL, rows, n, NULL);
    }
    for (size_t p = 0; p < 8; p++) {
        const churn_time end = day(2026, 1, 1) + (churn_time)(p + 1) * 7 * CHURN__DAY;
        span.asked.cut.from = end - 30 * CHURN__DAY;
        span.asked.cut.to = end;
        book_turn(&span);
        for (uint32_t s = 0; s < 2; s++) {
            const churn__kpi_set *set = churn__kpi_set_at(s);
            for (uint32_t f = 0; f < set->count; f++) {
                const uint64_t row = row_of(&b, set->figures[f].id, p, NULL);
                const uint64_t other = row_of(&span, set->figures[f].id, 0, NULL);
                assert_true(churn_table_time(b.table, row, 2) == end);
                assert_true(same_cell(b.table, row, book_column(&b, "value"), span.table, other,
                                      book_column(&span, "value")));
            }
        }
    }
    close_book(&b);
    close_book(&span);
}

/* 100 at the start; 2 leave on the 10th, 1 on the 20th; 20 come on the 5th, of whom 1 leaves on the
 * 25th. */
static void logo_churn__each_form__by_hand(void **state)
{
    const churn_time jan = day(2026, 1, 1), feb = day(2026, 2, 1), mar = day(2026, 3, 1);
    book b;
    (void)state;
    open_book(&b, feb, mar, CHURN_EVERY_MONTH, CHURN_TIME_NONE);
    for (int i = 0; i < 120; i++) {
        churn__subscription row = sub(1, CHURN__SUB_ACTIVE, 100, i < 100 ? jan : day(2026, 2, 5));
        row.ended_at = i < 2      ? day(2026, 2, 10)
                       : i < 3    ? day(2026, 2, 20)
                       : i == 100 ? day(2026, 2, 25)
                                  : CHURN_TIME_NONE;
        add(&b, &row, 1);
    }
    assert_figure(&b, "logo_churn", 0, 0.03);
    assert_near(cell(&b, "logo_retention", 0, "value"), 0.97, 1e-15);
    assert_figure(&b, "logo_churn_annual", 0, 1 - pow(0.97, 12));
    b.policy.churn_rate = CHURN__CHURN_RATE_START_AND_NEW;
    book_turn(&b);
    assert_figure(&b, "logo_churn", 0, 4.0 / 120); /* Stripe: who came and went is in both */
    assert_figure(&b, "gross_mrr_churn", 0, 4.0 / 120);
    b.policy.churn_rate = CHURN__CHURN_RATE_DAILY;
    book_turn(&b);
    assert_figure(&b, "logo_churn", 0, 2.0 / 120 + 1.0 / 118 + 1.0 / 117);
    assert_figure(&b, "gross_mrr_churn", 0, 2.0 / 120 + 1.0 / 118 + 1.0 / 117);
    close_book(&b);
}

/* ChartMogul's B2C form of a day: 1 - (120 - 10) / 100 = -10 %. */
static void net_mrr_churn__daily__chartmogul_example(void **state)
{
    const churn_time at = day(2026, 2, 10);
    const churn__subscription grows[] = {sub(1, CHURN__SUB_ACTIVE, 10000, day(2026, 1, 1)),
                                         sub(1, CHURN__SUB_ACTIVE, 11000, at)};
    const churn__subscription comes = sub(1, CHURN__SUB_ACTIVE, 1000, at);
    book b;
    (void)state;
    open_book(&b, day(2026, 2, 1), day(2026, 3, 1), CHURN_EVERY_MONTH, CHURN_TIME_NONE);
    b.policy.churn_rate = CHURN__CHURN_RATE_DAILY;
    add(&b, grows, 2);
    add(&b, &comes, 1);
    assert_figure(&b, "net_mrr_churn", 0, -0.10);
    assert_figure(&b, "gross_mrr_churn", 0, 0);
    close_book(&b);
}

static void annual__five_percent_a_month__is_45_96(void **state)
{
    book b;
    (void)state;
    open_book(&b, day(2026, 2, 1), day(2026, 3, 1), CHURN_EVERY_MONTH, CHURN_TIME_NONE);
    for (int i = 0; i < 20; i++) {
        const churn__subscription row =
            sub_until(1, 100, day(2026, 1, 1), i == 0 ? day(2026, 2, 14) : CHURN_TIME_NONE);
        add(&b, &row, 1);
    }
    assert_near(figure(&b, "logo_churn_annual", 0), 0.45964, 5e-6);
    b.asked.cut.every = CHURN_EVERY_ROLLING;
    b.asked.cut.from = day(2026, 1, 15);
    b.asked.cut.to = day(2026, 2, 14) + 2 * CHURN__DAY;
    b.asked.cut.rolling_days = 30;
    b.asked.cut.step_days = 32;
    b.asked.cut.as_of = b.asked.cut.to;
    book_turn(&b);
    assert_near(figure(&b, "logo_churn_annual", 0), 0.46424, 5e-6);
    close_book(&b);
}

/* Lost on the 3rd, back on the 20th: kept, or not. */
static void returners__kept_or_lost(void **state)
{
    const churn__subscription rows[] = {sub_until(1, 100, day(2026, 1, 1), day(2026, 2, 3)),
                                        sub(2, CHURN__SUB_ACTIVE, 100, day(2026, 2, 20))};
    book b;
    (void)state;
    open_book(&b, day(2026, 2, 1), day(2026, 3, 1), CHURN_EVERY_MONTH, CHURN_TIME_NONE);
    add(&b, rows, 2);
    assert_figure(&b, "logo_retention", 0, 1);
    assert_figure(&b, "grr", 0, 1);
    assert_figure(&b, "nrr", 0, 1);
    b.policy.returners = CHURN__RETURNERS_LOST;
    book_turn(&b);
    assert_figure(&b, "logo_retention", 0, 0);
    assert_figure(&b, "grr", 0, 0);
    assert_figure(&b, "nrr", 0, 0);
    assert_figure(&b, "logo_churn", 0, 0);
    close_book(&b);
}

static void same_period__ignored__was_never_there(void **state)
{
    const churn__subscription visits = sub_until(1, 100, day(2026, 2, 3), day(2026, 2, 20));
    const churn__subscription stays = sub_until(1, 100, day(2026, 2, 3), day(2026, 3, 3));
    book b;
    (void)state;
    open_book(&b, day(2026, 1, 1), day(2026, 4, 1), CHURN_EVERY_QUARTER, CHURN_TIME_NONE);
    add(&b, &visits, 1);
    add(&b, &stays, 1);
    assert_figure(&b, "new_customers", 0, 2);
    b.policy.same_period = CHURN__SAME_PERIOD_IGNORE;
    book_turn(&b);
    assert_figure(&b, "new_customers", 0, 1);
    assert_figure(&b, "lost_customers", 0, 1);
    assert_figure(&b, "new_mrr", 0, 1);
    close_book(&b);
}

static void periods__nobody_and_not_begun__are_said(void **state)
{
    const churn__subscription row = sub_until(1, 100, day(2026, 2, 3), day(2026, 2, 20));
    book b;
    (void)state;
    open_book(&b, day(2026, 1, 1), day(2026, 5, 1), CHURN_EVERY_MONTH, day(2026, 3, 15));
    add(&b, &row, 1);
    assert_figure(&b, "customers", 0, 0);
    assert_false(has(&b, "logo_churn", 0, "value"));
    assert_figure(&b, "new_customers", 1, 1);
    assert_figure(&b, "lost_customers", 1, 1);
    assert_false(has(&b, "crr", 1, "value"));
    assert_figure(&b, "mrr", 2, 0);
    assert_false(has(&b, "mrr", 3, "value"));
    assert_true(has(&b, "mrr", 3, "note"));
    close_book(&b);
}

static void changes__complete_periods__beside_the_one_before(void **state)
{
    const churn__subscription rows[] = {sub(1, CHURN__SUB_ACTIVE, 10000, day(2025, 12, 1)),
                                        sub(1, CHURN__SUB_ACTIVE, 12500, day(2026, 2, 10))};
    book b;
    (void)state;
    open_book(&b, day(2026, 1, 1), day(2026, 4, 1), CHURN_EVERY_MONTH, day(2026, 3, 15));
    b.asked.changes = true;
    add(&b, rows, 2);
    assert_false(has(&b, "mrr", 0, "change"));
    assert_near(cell(&b, "mrr", 1, "change"), 25, 0);
    assert_near(cell(&b, "mrr", 1, "change_ratio"), 0.25, 0);
    assert_false(has(&b, "mrr", 2, "change")); /* not over yet */
    assert_false(has(&b, "mrr", 1, "adjusted"));
    close_book(&b);
}

static void level__wider__is_wider(void **state)
{
    const churn__subscription leaves = sub_until(1, 100, day(2026, 1, 1), day(2026, 2, 10));
    const churn__subscription stays = sub(1, CHURN__SUB_ACTIVE, 100, day(2026, 1, 1));
    book b;
    (void)state;
    open_book(&b, day(2026, 2, 1), day(2026, 3, 1), CHURN_EVERY_MONTH, CHURN_TIME_NONE);
    add(&b, &leaves, 1);
    add(&b, &stays, 1);
    const double low = cell(&b, "logo_churn", 0, "low");
    b.asked.level = 0.99;
    book_turn(&b);
    assert_true(cell(&b, "logo_churn", 0, "low") < low);
    b.asked.level = 1;
    assert_int_equal(ask_book(&b, NULL), CHURN_E_RANGE);
    close_book(&b);
}

int main(void)
{
    const struct CMUnitTest kpi_group[] = {
        cmocka_unit_test(by__attribute_that_never_changes__is_a_store_of_its_customers),
        cmocka_unit_test(by__plan__adds_up_to_the_total),
        cmocka_unit_test(by__plan__arpa_is_of_who_pays_in_it),
        cmocka_unit_test(by__owner_changes__at_the_start_or_the_end),
        cmocka_unit_test(by__unknown__suggests),
        cmocka_unit_test(rolling__each_window__is_a_span),
        cmocka_unit_test(logo_churn__each_form__by_hand),
        cmocka_unit_test(net_mrr_churn__daily__chartmogul_example),
        cmocka_unit_test(annual__five_percent_a_month__is_45_96),
        cmocka_unit_test(returners__kept_or_lost),
        cmocka_unit_test(same_period__ignored__was_never_there),
        cmocka_unit_test(periods__nobody_and_not_begun__are_said),
        cmocka_unit_test(changes__complete_periods__beside_the_one_before),
        cmocka_unit_test(level__wider__is_wider),
    };
    return RUN_TESTS(kpi_group);
}
