/* SPDX-License-Identifier: MIT */
#include "book.h"

#include "base/num.h"
#include "base/str.h"
#include "shared.h"

/* ---- periods ---- */

static void kpi_periods__months__are_local(void **state)
{
    churn__heap *heap = churn__heap_create(NULL, 0);
    churn__zone *zone = NULL;
    churn__kpi_cut cut = {.every = CHURN_EVERY_MONTH};
    churn__kpi_period *periods = NULL;
    size_t count = 0;
    (void)state;
    assert_int_equal(churn__zone_open(heap, NULL, CHURN__STR("+02:00"), &zone), CHURN__ZONE_OK);
    cut.zone = zone;
    cut.from = day(2026, 1, 1) - 2 * CHURN__HOUR;
    cut.to = day(2026, 3, 16) - 2 * CHURN__HOUR;
    cut.as_of = day(2026, 2, 10);
    assert_ok(churn__kpi_cut_periods(heap, &cut, &periods, &count, NULL));
    assert_int_equal(count, 3);
    assert_true(periods[0].end == day(2026, 2, 1) - 2 * CHURN__HOUR);
    assert_true(periods[1].start == periods[0].end);
    assert_true(periods[1].until == cut.as_of);
    assert_true(periods[2].end == cut.to); /* cut off by the span */
    assert_true(periods[0].complete && periods[0].begun);
    assert_true(!periods[1].complete && periods[1].begun);
    assert_true(!periods[2].complete && !periods[2].begun);
    churn__free_array(heap, periods, count, sizeof *periods);
    churn__zone_release(zone);
    churn__heap_release(heap);
}

static void kpi_periods__each_unit__has_its_number(void **state)
{
    static const struct {
        int32_t every;
        size_t count;
    } cases[] = {{CHURN_EVERY_SPAN, 1},   {CHURN_EVERY_DAY, 365},   {CHURN_EVERY_WEEK, 53},
                 {CHURN_EVERY_MONTH, 12}, {CHURN_EVERY_QUARTER, 4}, {CHURN_EVERY_YEAR, 1}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const churn__kpi_cut cut = {.from = day(2025, 1, 1),
                                    .to = day(2026, 1, 1),
                                    .every = cases[i].every,
                                    .as_of = day(2026, 1, 1)};
        churn__heap *heap = churn__heap_create(NULL, 0);
        churn__kpi_period *periods = NULL;
        size_t count = 0;
        assert_ok(churn__kpi_cut_periods(heap, &cut, &periods, &count, NULL));
        assert_int_equal(count, cases[i].count);
        assert_true(periods[count - 1].end == day(2026, 1, 1));
        assert_true(periods[count - 1].complete);
        churn__free_array(heap, periods, count, sizeof *periods);
        churn__heap_release(heap);
    }
}

static void kpi_periods__bad_span__is_refused(void **state)
{
    static const struct {
        churn_time from, to;
        int32_t every;
        churn_status status;
    } cases[] = {
        {100, 100, CHURN_EVERY_SPAN, CHURN_E_RANGE},
        {100, 99, CHURN_EVERY_SPAN, CHURN_E_RANGE},
        {CHURN_TIME_NONE, 99, CHURN_EVERY_SPAN, CHURN_E_RANGE},
        {0, INT64_MAX, CHURN_EVERY_SPAN, CHURN_E_RANGE},
        {CHURN_TIME_MIN, CHURN_TIME_MAX, CHURN_EVERY_DAY, CHURN_E_RANGE},
        {0, 100, 7, CHURN_E_ARG},
        {0, 100, CHURN_EVERY_ROLLING, CHURN_E_RANGE},
    };
    churn__heap *heap = churn__heap_create(NULL, 0);
    const uint64_t used = churn__heap_used(heap);
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const churn__kpi_cut request = {
            .from = cases[i].from, .to = cases[i].to, .every = cases[i].every};
        churn__kpi_period *periods = NULL;
        size_t count = 0;
        assert_int_equal(churn__kpi_cut_periods(heap, &request, &periods, &count, NULL),
                         cases[i].status);
        assert_null(periods);
    }
    assert_int_equal(churn__heap_used(heap), used);
    churn__heap_release(heap);
}

/* ---- worked examples ---- */

/* ChartMogul: 100 at the start, 10 churned, 10 contracted, 5 expanded, 5 reactivated, 20 new:
 * gross 20 %, net 10 %. */
static void kpi_figures__chartmogul_example__gross_20_net_10(void **state)
{
    const churn_time jan = day(2026, 1, 1), feb = day(2026, 2, 1), mar = day(2026, 3, 1);
    const churn_time mid = day(2026, 2, 14);
    const churn__subscription leaves[] = {sub_until(1, 1000, jan, mid)};
    const churn__subscription shrinks[] = {sub(1, CHURN__SUB_ACTIVE, 5000, jan),
                                           sub(1, CHURN__SUB_ACTIVE, 4000, mid)};
    const churn__subscription grows[] = {sub(1, CHURN__SUB_ACTIVE, 4000, jan),
                                         sub(1, CHURN__SUB_ACTIVE, 4500, mid)};
    const churn__subscription returns[] = {sub_until(1, 500, day(2025, 1, 1), day(2025, 6, 1)),
                                           sub(2, CHURN__SUB_ACTIVE, 500, mid)};
    const churn__subscription comes[] = {sub(1, CHURN__SUB_ACTIVE, 2000, mid)};
    book b;
    (void)state;
    open_book(&b, feb, mar, CHURN_EVERY_MONTH, CHURN_TIME_NONE);
    add(&b, leaves, 1);
    add(&b, shrinks, 2);
    add(&b, grows, 2);
    add(&b, returns, 2);
    add(&b, comes, 1);
    assert_figure(&b, "gross_mrr_churn", 0, 0.2);
    assert_figure(&b, "net_mrr_churn", 0, 0.1);
    assert_figure(&b, "mrr", 0, 110);
    assert_figure(&b, "arr", 0, 1320);
    assert_figure(&b, "arpa", 0, 27.5);
    assert_figure(&b, "new_mrr", 0, 20);
    assert_figure(&b, "expansion_mrr", 0, 5);
    assert_figure(&b, "contraction_mrr", 0, 10);
    assert_figure(&b, "churned_mrr", 0, 10);
    assert_figure(&b, "reactivation_mrr", 0, 5);
    assert_figure(&b, "grr", 0, 0.80);
    assert_figure(&b, "nrr", 0, 0.85); /* who comes back is not of the cohort */
    assert_figure(&b, "customers", 0, 4);
    assert_figure(&b, "new_customers", 0, 1);
    assert_figure(&b, "lost_customers", 0, 1);
    assert_figure(&b, "reactivated_customers", 0, 1);
    assert_figure(&b, "logo_churn", 0, 1.0 / 3);
    assert_figure(&b, "crr", 0, 2.0 / 3);
    close_book(&b);
}

/* Stripe: 100 customers of 100 a month and 50 of 600 a year have an MRR of 12,500. */
static void kpi_figures__stripe_example__is_12500(void **state)
{
    const churn_time jan = day(2026, 1, 1);
    churn__subscription yearly = sub(1, CHURN__SUB_ACTIVE, 60000, jan);
    const churn__subscription monthly = sub(1, CHURN__SUB_ACTIVE, 10000, jan);
    book b;
    (void)state;
    yearly.period_unit = 'y';
    open_book(&b, jan, day(2026, 2, 1), CHURN_EVERY_SPAN, CHURN_TIME_NONE);
    for (int i = 0; i < 150; i++) {
        add(&b, i < 100 ? &monthly : &yearly, 1);
    }
    assert_figure(&b, "mrr", 0, 12500);
    close_book(&b);
}

/* 10 at the start, 5 new, 14 at the end: 90 %. */
static void kpi_figures__retention_rate__is_90_percent(void **state)
{
    const churn_time jan = day(2026, 1, 1), feb = day(2026, 2, 1), mid = day(2026, 2, 9);
    const churn__subscription stays = sub(1, CHURN__SUB_ACTIVE, 100, jan);
    const churn__subscription leaves = sub_until(1, 100, jan, mid);
    const churn__subscription comes = sub(1, CHURN__SUB_ACTIVE, 100, mid);
    book b;
    (void)state;
    open_book(&b, feb, day(2026, 3, 1), CHURN_EVERY_MONTH, CHURN_TIME_NONE);
    for (int i = 0; i < 15; i++) {
        add(&b, i < 9 ? &stays : i == 9 ? &leaves : &comes, 1);
    }
    assert_figure(&b, "crr", 0, 0.9);
    assert_near(cell(&b, "crr", 0, "numerator"), 9, 0);
    assert_near(cell(&b, "crr", 0, "denominator"), 10, 0);
    assert_figure(&b, "customers", 0, 14);
    assert_figure(&b, "new_customers", 0, 5);
    assert_figure(&b, "logo_churn", 0, 0.1);
    close_book(&b);
}

/* Neither who returns nor who is lost and back at once makes more than all. */
static void kpi_figures__returning_customers__are_not_retained(void **state)
{
    const churn_time jan = day(2026, 1, 1), feb = day(2026, 2, 1);
    const churn__subscription returns[] = {sub_until(1, 100, day(2025, 1, 1), day(2025, 2, 1)),
                                           sub(2, CHURN__SUB_ACTIVE, 100, day(2026, 2, 5))};
    const churn__subscription leaves_and_returns[] = {
        sub_until(1, 100, jan, day(2026, 2, 3)), sub(2, CHURN__SUB_ACTIVE, 100, day(2026, 2, 20))};
    const churn__subscription visits = sub_until(1, 100, day(2026, 2, 3), day(2026, 2, 20));
    const churn__subscription stays = sub(1, CHURN__SUB_ACTIVE, 100, jan);
    book b;
    (void)state;
    open_book(&b, feb, day(2026, 3, 1), CHURN_EVERY_MONTH, CHURN_TIME_NONE);
    add(&b, returns, 2);
    add(&b, leaves_and_returns, 2);
    add(&b, &stays, 1);
    assert_figure(&b, "crr", 0, 1);
    assert_figure(&b, "logo_churn", 0, 0); /* lost, but there again at the end */
    assert_figure(&b, "lost_customers", 0, 1);
    assert_figure(&b, "reactivated_customers", 0, 2);
    assert_figure(&b, "reactivation_mrr", 0, 2);
    add(&b, &visits, 1);
    assert_figure(&b, "crr", 0, 0.5); /* (3 - 2 new) / 2 */
    assert_figure(&b, "lost_customers", 0, 2);
    assert_figure(&b, "logo_churn", 0, 0); /* was not there at the start */
    close_book(&b);
}

static void kpi_figures__nobody_at_the_start__is_undefined(void **state)
{
    static const char *const ratios[] = {"logo_churn",      "crr",          "grr", "nrr",
                                         "gross_mrr_churn", "net_mrr_churn"};
    const churn__subscription comes = sub(1, CHURN__SUB_ACTIVE, 100, day(2026, 1, 5));
    book b;
    (void)state;
    open_book(&b, day(2026, 1, 1), day(2026, 2, 1), CHURN_EVERY_MONTH, CHURN_TIME_NONE);
    assert_false(has(&b, "arpa", 0, "value"));
    add(&b, &comes, 1);
    for (size_t i = 0; i < sizeof ratios / sizeof *ratios; i++) {
        assert_false(has(&b, ratios[i], 0, "value"));
        assert_false(has(&b, ratios[i], 0, "low"));
        assert_near(cell(&b, ratios[i], 0, "denominator"), 0, 0);
        assert_true(has(&b, ratios[i], 0, "missing"));
    }
    assert_figure(&b, "arpa", 0, 1);
    close_book(&b);
}

static void kpi_figures__as_of_inside__is_seen_so_far(void **state)
{
    const churn__subscription rows[] = {sub(1, CHURN__SUB_ACTIVE, 100, day(2026, 1, 5)),
                                        sub(1, CHURN__SUB_ACTIVE, 300, day(2026, 2, 5)),
                                        sub(1, CHURN__SUB_ACTIVE, 900, day(2026, 2, 20))};
    book b;
    (void)state;
    open_book(&b, day(2026, 1, 1), day(2026, 4, 1), CHURN_EVERY_MONTH, day(2026, 2, 20));
    add(&b, rows, 3);
    assert_figure(&b, "mrr", 0, 1);
    assert_figure(&b, "mrr", 1, 3);
    assert_figure(&b, "expansion_mrr", 1, 2);
    assert_false(has(&b, "mrr", 2, "value"));
    assert_false(has(&b, "customers", 2, "value"));
    const uint32_t complete = book_column(&b, "complete");
    assert_true(churn_table_bool(b.table, row_of(&b, "mrr", 0, NULL), complete));
    assert_false(churn_table_bool(b.table, row_of(&b, "mrr", 1, NULL), complete));
    close_book(&b);
}

static void kpi_figures__unknown_money__is_counted_and_undefined(void **state)
{
    const churn_time jan = day(2026, 1, 1), mid = day(2026, 2, 9);
    const churn__subscription known = sub(1, CHURN__SUB_ACTIVE, 100, jan);
    churn__subscription switches[] = {sub(1, CHURN__SUB_ACTIVE, 100, jan),
                                      sub(1, CHURN__SUB_ACTIVE, 100, mid)};
    book b;
    (void)state;
    switches[0].currency = EUR;
    open_book(&b, day(2026, 2, 1), day(2026, 4, 1), CHURN_EVERY_MONTH, CHURN_TIME_NONE);
    add(&b, &known, 1);
    add(&b, switches, 2);
    assert_figure(&b, "mrr", 0, 2); /* known at the end */
    assert_near(cell(&b, "mrr", 0, "excluded"), 0, 0);
    assert_false(has(&b, "nrr", 0, "value")); /* not known all through */
    assert_near(cell(&b, "nrr", 0, "excluded"), 1, 0);
    assert_near(cell(&b, "nrr", 0, "denominator"), 1, 0);
    assert_false(has(&b, "new_mrr", 0, "value"));
    assert_near(cell(&b, "nrr", 1, "excluded"), 0, 0);
    assert_near(cell(&b, "nrr", 1, "denominator"), 2, 0);
    assert_figure(&b, "customers", 0, 2);
    assert_near(cell(&b, "customers", 0, "excluded"), 0, 0);
    close_book(&b);
}

/* ---- random books ---- */

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
    for (uint32_t id = 0; id < 1 + next(seed) % 4; id++) {
        churn_time at = day(2025, 10, 1) + (churn_time)(next(seed) % 300) * CHURN__DAY;
        for (uint64_t k = next(seed) % 4; k < 4; k++) {
            rows[n] = sub(id, (uint8_t)(1 + next(seed) % 6), (int64_t)(next(seed) % 5) * 1000, at);
            rows[n].period_unit = (uint8_t) "mywd"[next(seed) % 4];
            if (next(seed) % 3 == 0) {
                rows[n].ended_at = at + (churn_time)(next(seed) % 90) * CHURN__DAY;
            }
            n++;
            at += (churn_time)(1 + next(seed) % 60) * CHURN__DAY;
        }
    }
    return n;
}

/* Level of a customer just before an instant, asked of the rows themselves. */
static int64_t level(const churn__subscription *rows, size_t n, churn_time before)
{
    int64_t mrr = 0;
    assert_int_equal(
        churn__mrr_at(&chartmogul, rows, n, &(churn__exchange){.currency = USD}, before - 1, &mrr),
        CHURN__PRESENT);
    return mrr;
}

static void kpi_figures__random_books__agree_with_levels(void **state)
{
    uint64_t seed = 99;
    (void)state;
    for (int round = 0; round < 60; round++) {
        int64_t start[12] = {0}, mrr[12] = {0}, kept[12] = {0}, end_of_cohort[12] = {0};
        book b;
        open_book(&b, day(2026, 1, 1), day(2027, 1, 1), CHURN_EVERY_MONTH, CHURN_TIME_NONE);
        for (int c = 0; c < 30; c++) {
            churn__subscription rows[16];
            const size_t n = random_customer(&seed, rows);
            add(&b, rows, n);
            for (unsigned p = 0; p < 12; p++) {
                const int64_t from = level(rows, n, day(2026, p + 1, 1));
                const int64_t to = level(rows, n, p == 11 ? day(2027, 1, 1) : day(2026, p + 2, 1));
                start[p] += from;
                mrr[p] += to;
                kept[p] += to < from ? to : from;
                end_of_cohort[p] += from > 0 ? to : 0;
            }
        }
        for (size_t p = 0; p < 12; p++) {
            assert_near(cell(&b, "gross_mrr_churn", p, "denominator"), (double)start[p] / 100, 0);
            assert_near(figure(&b, "mrr", p), (double)mrr[p] / 100, 0);
            assert_near(cell(&b, "grr", p, "denominator"), (double)start[p] / 100, 0);
            assert_near(cell(&b, "grr", p, "numerator"), (double)kept[p] / 100, 0);
            assert_near(cell(&b, "nrr", p, "numerator"), (double)end_of_cohort[p] / 100, 0);
            assert_true(figure(&b, "new_mrr", p) >= 0 && figure(&b, "expansion_mrr", p) >= 0);
            assert_true(figure(&b, "churned_mrr", p) >= 0 && figure(&b, "contraction_mrr", p) >= 0);
        }
        close_book(&b);
    }
}

/* ---- data from outside ---- */

/* dbt Labs' MRR playbook: 121 periods of 55 customers. A month counts where
 * start <= first of month < end, which is what stands just before the next month begins. */
static bool load_dbt(book *b)
{
    char *text = shared_file("data/mrr_playbook/subscription_periods.csv"), *at = text;
    char *cells[MOST_CELLS], customers[121][64];
    churn__subscription rows[121], one[121];
    size_t count = 0;
    if (text == NULL) {
        return false;
    }
    csv_row(&at, cells);
    for (; csv_row(&at, cells) == 5; count++) {
        int64_t amount = 0;
        assert_true(count < 121);
        assert_true(churn__decimal_parse(cells[4], strlen(cells[4]), 2, &amount));
        snprintf(customers[count], sizeof customers[count], "%s", cells[1]);
        rows[count] = sub_until((uint32_t)count, amount, date_of(cells[2]), date_of(cells[3]));
    }
    assert_int_equal(count, 121);
    for (size_t i = 0; i < count; i++) {
        size_t n = 0;
        bool seen = false;
        for (size_t k = 0; k < count; k++) {
            const bool same = strcmp(customers[k], customers[i]) == 0;
            seen = seen || (same && k < i);
            if (same) {
                one[n++] = rows[k];
            }
        }
        if (!seen) {
            add(b, one, n);
        }
    }
    free(text);
    return true;
}

static double sum_of(book *b, const char *name)
{
    double sum = 0;
    for (size_t p = 0; p < 30; p++) {
        sum += figure(b, name, p);
    }
    return sum;
}

/* The number of the period of a month, counted from 2017-09. */
static size_t month(int year, int m)
{
    return (size_t)((year - 2017) * 12 + m - 9);
}

static void kpi_figures__dbt_playbook__is_what_others_computed(void **state)
{
    book b;
    (void)state;
    open_book(&b, day(2017, 9, 1), day(2020, 3, 1), CHURN_EVERY_MONTH, CHURN_TIME_NONE);
    if (!load_dbt(&b)) {
        close_book(&b);
        skip();
    }
    assert_near(sum_of(&b, "new_mrr"), 2295, 0);
    assert_near(sum_of(&b, "expansion_mrr"), 660, 0);
    assert_near(sum_of(&b, "reactivation_mrr"), 150, 0);
    assert_near(sum_of(&b, "contraction_mrr"), 555, 0);
    assert_near(sum_of(&b, "churned_mrr"), 2550, 0);
    assert_figure(&b, "mrr", month(2018, 12), 585);
    assert_figure(&b, "customers", month(2018, 12), 12);
    assert_figure(&b, "mrr", month(2019, 6), 1135);
    assert_figure(&b, "mrr", month(2019, 11), 1840);
    assert_figure(&b, "customers", month(2019, 11), 42);
    assert_near(figure(&b, "grr", month(2019, 8)), 0.8407, 5e-5);
    assert_near(figure(&b, "nrr", month(2019, 8)), 0.8407, 5e-5);
    assert_near(figure(&b, "grr", month(2019, 6)), 0.9689, 5e-5);
    assert_near(figure(&b, "nrr", month(2019, 6)), 1.1244, 5e-5);
    assert_near(cell(&b, "logo_churn", month(2019, 8), "numerator"), 3, 0);
    assert_near(cell(&b, "logo_churn", month(2019, 8), "denominator"), 26, 0);
    assert_near(figure(&b, "logo_churn", month(2019, 8)), 3.0 / 26, 1e-15);
    assert_figure(&b, "mrr", month(2020, 2), 0);
    close_book(&b);
}

/* RavenStack: 5,000 subscriptions of 500 accounts, several at once; end dates are facts. */
static bool load_ravenstack(book *books, size_t count)
{
    char *text = shared_file("data/ravenstack/ravenstack_subscriptions.csv"), *at = text;
    char *cells[MOST_CELLS];
    static churn__subscription rows[5000], one[5000];
    static char accounts[5000][16];
    static bool done[5000];
    size_t n = 0;
    if (text == NULL) {
        return false;
    }
    for (csv_row(&at, cells); n < 5000 && csv_row(&at, cells) == 14; n++) {
        int64_t amount = 0;
        assert_true(churn__decimal_parse(cells[6], strlen(cells[6]), 2, &amount));
        snprintf(accounts[n], sizeof accounts[n], "%s", cells[1]);
        rows[n] = sub_until((uint32_t)n, amount, date_of(cells[2]), date_of(cells[3]));
        rows[n].status = strcmp(cells[8], "TRUE") == 0 ? CHURN__SUB_TRIAL : CHURN__SUB_ACTIVE;
        done[n] = false;
    }
    assert_int_equal(n, 5000);
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;
        for (size_t j = i; j < n && !done[i]; j++) {
            if (j != i && strcmp(accounts[j], accounts[i]) != 0) {
                continue;
            }
            one[k++] = rows[j];
            done[j] = j != i;
        }
        for (size_t c = 0; c < count && k > 0; c++) {
            add(&books[c], one, k);
        }
    }
    free(text);
    return true;
}

static void kpi_figures__ravenstack__is_what_others_computed(void **state)
{
    book b[2];
    (void)state;
    open_book(&b[0], day(2023, 1, 1), day(2025, 1, 1), CHURN_EVERY_MONTH, CHURN_TIME_NONE);
    open_book(&b[1], day(2024, 1, 1), day(2025, 1, 1), CHURN_EVERY_YEAR, CHURN_TIME_NONE);
    if (!load_ravenstack(b, 2)) {
        close_book(&b[0]);
        close_book(&b[1]);
        skip();
    }
    assert_figure(&b[0], "mrr", 5, 242921);
    assert_figure(&b[0], "mrr", 11, 1262113);
    assert_figure(&b[0], "mrr", 17, 3833405);
    assert_figure(&b[0], "mrr", 23, 10159608);
    assert_near(figure(&b[1], "nrr", 0), 2.9227, 5e-5);
    assert_near(figure(&b[1], "grr", 0), 0.9959, 5e-5);
    assert_figure(&b[1], "logo_churn", 0, 0);
    close_book(&b[0]);
    close_book(&b[1]);
}

static void movement_name__every_kind__has_one(void **state)
{
    (void)state;
    assert_string_equal(churn__movement_name(CHURN__MOVE_REACTIVATION), "reactivation");
    assert_string_equal(churn__movement_name(77), "");
}

int main(void)
{
    const struct CMUnitTest kpi_figure[] = {
        cmocka_unit_test(kpi_periods__months__are_local),
        cmocka_unit_test(kpi_periods__each_unit__has_its_number),
        cmocka_unit_test(kpi_periods__bad_span__is_refused),
        cmocka_unit_test(kpi_figures__chartmogul_example__gross_20_net_10),
        cmocka_unit_test(kpi_figures__stripe_example__is_12500),
        cmocka_unit_test(kpi_figures__retention_rate__is_90_percent),
        cmocka_unit_test(kpi_figures__returning_customers__are_not_retained),
        cmocka_unit_test(kpi_figures__nobody_at_the_start__is_undefined),
        cmocka_unit_test(kpi_figures__as_of_inside__is_seen_so_far),
        cmocka_unit_test(kpi_figures__unknown_money__is_counted_and_undefined),
        cmocka_unit_test(kpi_figures__random_books__agree_with_levels),
        cmocka_unit_test(movement_name__every_kind__has_one),
        cmocka_unit_test(kpi_figures__dbt_playbook__is_what_others_computed),
        cmocka_unit_test(kpi_figures__ravenstack__is_what_others_computed),
    };
    return RUN_TESTS(kpi_figure);
}
