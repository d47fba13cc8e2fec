/* SPDX-License-Identifier: MIT */
#include "sub.h"

#include <math.h>

#include "base/num.h"
#include "base/str.h"
#include "shared.h"

static void near_to(double got, double expected, double tolerance, int line)
{
    if (!(fabs(got - expected) <= tolerance)) {
        fail_msg("line %d: %.17g, expected %.17g", line, got, expected);
    }
}

#define assert_near(got, expected, tolerance) near_to(got, expected, tolerance, __LINE__)

/* Customers as hand-made rows; their lives are the times with something live. */
typedef struct book {
    churn__heap *heap;
    churn__kpi_period *periods;
    size_t count;
    churn__mrr_step *steps;
    size_t step_count, step_capacity;
} book;

static void open_book(book *b, churn_time from, churn_time to, int32_t every, churn_time as_of)
{
    const churn__kpi_request request = {.from = from, .to = to, .every = every, .as_of = as_of};
    memset(b, 0, sizeof *b);
    b->heap = churn__heap_create(NULL, 0);
    assert_ok(churn__kpi_periods(b->heap, &request, &b->periods, &b->count, NULL));
}

static void close_book(book *b)
{
    churn__free_array(b->heap, b->periods, b->count, sizeof *b->periods);
    churn__free_array(b->heap, b->steps, b->step_capacity, sizeof *b->steps);
    churn__heap_release(b->heap);
}

#define MOST_SPANS 64

static size_t lives_of(const churn__mrr_step *steps, size_t count, churn__life_span *spans)
{
    size_t n = 0;
    bool alive = false;
    for (size_t i = 0; i < count; i++) {
        if (!alive && steps[i].live > 0) {
            assert_true(n < MOST_SPANS);
            spans[n++] = (churn__life_span){.from = steps[i].at, .to = CHURN_TIME_NONE};
        } else if (alive && steps[i].live == 0) {
            spans[n - 1].to = steps[i].at;
        }
        alive = steps[i].live > 0;
    }
    return n;
}

static void add(book *b, const churn__subscription *rows, size_t count)
{
    churn__life_span spans[MOST_SPANS];
    size_t n = 0;
    b->step_count = 0;
    assert_ok(churn__mrr_steps(b->heap, &chartmogul, rows, count,
                               &(churn__exchange){.currency = USD}, &b->steps, &b->step_count,
                               &b->step_capacity, NULL));
    n = lives_of(b->steps, b->step_count, spans);
    const churn__kpi_customer one = {CHURN__STR("one"), b->steps, b->step_count, spans, n};
    assert_ok(churn__kpi_add(b->periods, b->count, &one, NULL));
}

static churn__kpi_value value_of(const book *b, const char *figure, size_t period)
{
    churn__kpi_value value;
    const uint32_t i = churn__kpi_find(churn__str_nts(figure));
    assert_int_not_equal(i, CHURN__KPI_NONE);
    assert_true(period < b->count);
    assert_ok(churn__kpi_compute(&b->periods[period], i, 2, &value, NULL));
    return value;
}

static double figure(const book *b, const char *name, size_t period)
{
    const churn__kpi_value value = value_of(b, name, period);
    assert_true(value.defined);
    return value.value;
}

#define assert_figure(b, name, period, expected) \
    assert_near(figure(b, name, period), expected, 1e-12)

/* ---- periods ---- */

static void kpi_periods__months__are_local(void **state)
{
    churn__heap *heap = churn__heap_create(NULL, 0);
    churn__zone *zone = NULL;
    churn__kpi_request request = {.every = CHURN_EVERY_MONTH};
    churn__kpi_period *periods = NULL;
    size_t count = 0;
    (void)state;
    assert_int_equal(churn__zone_open(heap, NULL, CHURN__STR("+02:00"), &zone), CHURN__ZONE_OK);
    request.zone = zone;
    request.from = day(2026, 1, 1) - 2 * CHURN__HOUR;
    request.to = day(2026, 3, 16) - 2 * CHURN__HOUR;
    request.as_of = day(2026, 2, 10);
    assert_ok(churn__kpi_periods(heap, &request, &periods, &count, NULL));
    assert_int_equal(count, 3);
    assert_true(periods[0].end == day(2026, 2, 1) - 2 * CHURN__HOUR);
    assert_true(periods[1].start == periods[0].end);
    assert_true(periods[1].until == request.as_of);
    assert_true(periods[2].end == request.to); /* cut off by the span */
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
        book b;
        open_book(&b, day(2025, 1, 1), day(2026, 1, 1), cases[i].every, CHURN_TIME_NONE);
        assert_int_equal(b.count, cases[i].count);
        assert_true(b.periods[b.count - 1].end == day(2026, 1, 1));
        assert_true(b.periods[b.count - 1].complete);
        close_book(&b);
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
        {0, 100, 6, CHURN_E_ARG},
    };
    churn__heap *heap = churn__heap_create(NULL, 0);
    const uint64_t used = churn__heap_used(heap);
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const churn__kpi_request request = {
            .from = cases[i].from, .to = cases[i].to, .every = cases[i].every};
        churn__kpi_period *periods = NULL;
        size_t count = 0;
        assert_int_equal(churn__kpi_periods(heap, &request, &periods, &count, NULL),
                         cases[i].status);
        assert_null(periods);
    }
    assert_int_equal(churn__heap_used(heap), used);
    churn__heap_release(heap);
}

/* ---- the ledger ---- */

static void ledger_step__story_of_a_customer__is_told_right(void **state)
{
    static const struct {
        int64_t mrr;
        uint32_t live;
        uint8_t kind;
    } story[] = {
        {0, 1, CHURN__MOVE_NONE},          /* a free plan */
        {100, 1, CHURN__MOVE_NEW},         /* first money */
        {160, 2, CHURN__MOVE_EXPANSION},   /* a second subscription */
        {100, 1, CHURN__MOVE_CONTRACTION}, /* one of two ends */
        {0, 1, CHURN__MOVE_CONTRACTION},   /* paused */
        {100, 1, CHURN__MOVE_EXPANSION},   /* goes on */
        {0, 0, CHURN__MOVE_CHURN},         /* the last one ends */
        {90, 1, CHURN__MOVE_REACTIVATION}, /* back, for less */
        {0, 1, CHURN__MOVE_CONTRACTION},   /* paused */
        {0, 0, CHURN__MOVE_NONE},          /* ended while paused */
        {0, 1, CHURN__MOVE_NONE},          /* back on a free plan */
        {50, 1, CHURN__MOVE_REACTIVATION}, /* pays again */
        {50, 2, CHURN__MOVE_NONE},
    };
    churn__tally ledger = {0};
    (void)state;
    for (size_t i = 0; i < sizeof story / sizeof *story; i++) {
        const churn__mrr_step step = {(churn_time)i, story[i].mrr, story[i].live, 0};
        assert_int_equal(churn__tally_step(&ledger, &step), story[i].kind);
    }
}

/* ---- worked examples ---- */

/* ChartMogul: 100 at the start, 10 churned, 10 contracted, 5 expanded, 5 reactivated, 20 new:
 * gross 20 %, net 10 %. */
static void kpi_compute__chartmogul_example__gross_20_net_10(void **state)
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
    assert_ok(churn__kpi_reconcile(b.periods, b.count, NULL));
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
static void kpi_compute__stripe_example__is_12500(void **state)
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
static void kpi_compute__retention_rate__is_90_percent(void **state)
{
    const churn_time jan = day(2026, 1, 1), feb = day(2026, 2, 1), mid = day(2026, 2, 9);
    const churn__subscription stays = sub(1, CHURN__SUB_ACTIVE, 100, jan);
    const churn__subscription leaves = sub_until(1, 100, jan, mid);
    const churn__subscription comes = sub(1, CHURN__SUB_ACTIVE, 100, mid);
    churn__kpi_value crr;
    book b;
    (void)state;
    open_book(&b, feb, day(2026, 3, 1), CHURN_EVERY_MONTH, CHURN_TIME_NONE);
    for (int i = 0; i < 15; i++) {
        add(&b, i < 9 ? &stays : i == 9 ? &leaves : &comes, 1);
    }
    crr = value_of(&b, "crr", 0);
    assert_near(crr.value, 0.9, 1e-15);
    assert_near(crr.numerator, 9, 0);
    assert_near(crr.denominator, 10, 0);
    assert_figure(&b, "customers", 0, 14);
    assert_figure(&b, "new_customers", 0, 5);
    assert_figure(&b, "logo_churn", 0, 0.1);
    close_book(&b);
}

/* Neither who returns nor who is lost and back at once makes more than all. */
static void kpi_compute__returning_customers__are_not_retained(void **state)
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
    assert_ok(churn__kpi_reconcile(b.periods, b.count, NULL));
    close_book(&b);
}

static void kpi_compute__nobody_at_the_start__is_undefined(void **state)
{
    static const char *const ratios[] = {"logo_churn",      "crr",          "grr", "nrr",
                                         "gross_mrr_churn", "net_mrr_churn"};
    const churn__subscription comes = sub(1, CHURN__SUB_ACTIVE, 100, day(2026, 1, 5));
    book b;
    (void)state;
    open_book(&b, day(2026, 1, 1), day(2026, 2, 1), CHURN_EVERY_MONTH, CHURN_TIME_NONE);
    assert_false(value_of(&b, "arpa", 0).defined);
    add(&b, &comes, 1);
    for (size_t i = 0; i < sizeof ratios / sizeof *ratios; i++) {
        const churn__kpi_value value = value_of(&b, ratios[i], 0);
        assert_false(value.defined);
        assert_false(value.has_interval);
        assert_true(value.has_terms);
        assert_near(value.denominator, 0, 0);
    }
    assert_figure(&b, "arpa", 0, 1);
    close_book(&b);
}

static void kpi_compute__as_of_inside__is_seen_so_far(void **state)
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
    assert_false(value_of(&b, "mrr", 2).defined);
    assert_false(value_of(&b, "customers", 2).defined);
    assert_true(b.periods[0].complete);
    assert_false(b.periods[1].complete);
    close_book(&b);
}

static void kpi_compute__unknown_money__is_counted_and_undefined(void **state)
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
    assert_int_equal(value_of(&b, "mrr", 0).excluded, 0);
    assert_false(value_of(&b, "nrr", 0).defined); /* not known all through */
    assert_int_equal(value_of(&b, "nrr", 0).excluded, 1);
    assert_near(value_of(&b, "nrr", 0).denominator, 1, 0);
    assert_false(value_of(&b, "new_mrr", 0).defined);
    assert_int_equal(value_of(&b, "nrr", 1).excluded, 0);
    assert_near(value_of(&b, "nrr", 1).denominator, 2, 0);
    assert_figure(&b, "customers", 0, 2);
    assert_int_equal(value_of(&b, "customers", 0).excluded, 0);
    close_book(&b);
}

/* ---- what does not add up ---- */

static void kpi_reconcile__broken_sums__are_internal(void **state)
{
    const churn__subscription rows = sub(1, CHURN__SUB_ACTIVE, 100, day(2026, 1, 5));
    book b;
    (void)state;
    open_book(&b, day(2026, 1, 1), day(2026, 2, 1), CHURN_EVERY_MONTH, CHURN_TIME_NONE);
    add(&b, &rows, 1);
    assert_ok(churn__kpi_reconcile(b.periods, b.count, NULL));
    b.periods[0].sum[CHURN__SUM_NEW]++;
    assert_int_equal(churn__kpi_reconcile(b.periods, b.count, NULL), CHURN_E_INTERNAL);
    b.periods[0].sum[CHURN__SUM_NEW]--;
    b.periods[0].sum[CHURN__SUM_CUSTOMERS_LOST]++;
    assert_int_equal(churn__kpi_reconcile(b.periods, b.count, NULL), CHURN_E_INTERNAL);
    close_book(&b);
}

static void kpi_add__too_large__is_an_error_that_names_the_customer(void **state)
{
    const churn__mrr_step step = {day(2026, 1, 5), INT64_MAX, 1, 0};
    const churn__mrr_step swing[] = {{day(2026, 1, 5), INT64_MIN, 1, 0},
                                     {day(2026, 1, 6), INT64_MAX, 1, 0}};
    const churn__kpi_customer one = {.id = CHURN__STR("one"), .steps = &step, .step_count = 1};
    const churn__kpi_customer other = {.id = CHURN__STR("other"), .steps = swing, .step_count = 2};
    churn_error err = {.struct_size = sizeof err};
    churn__kpi_value value;
    book b;
    (void)state;
    open_book(&b, day(2026, 1, 1), day(2026, 2, 1), CHURN_EVERY_MONTH, CHURN_TIME_NONE);
    assert_int_equal(churn__kpi_add(b.periods, b.count, &other, &err), CHURN_E_RANGE);
    assert_non_null(strstr(err.message, "`other`"));
    assert_ok(churn__kpi_add(b.periods, b.count, &one, NULL));
    assert_int_equal(
        churn__kpi_compute(b.periods, churn__kpi_find(CHURN__STR("arr")), 2, &value, NULL),
        CHURN_E_RANGE);
    assert_int_equal(churn__kpi_add(b.periods, b.count, &one, &err), CHURN_E_RANGE);
    assert_non_null(strstr(err.message, "`one`"));
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

static void kpi_add__random_books__agree_with_levels(void **state)
{
    uint64_t seed = 99;
    (void)state;
    for (int round = 0; round < 60; round++) {
        int64_t start[12] = {0}, mrr[12] = {0}, kept[12] = {0}, end_of_cohort[12] = {0};
        int64_t cohort[12] = {0};
        book b;
        open_book(&b, day(2026, 1, 1), day(2027, 1, 1), CHURN_EVERY_MONTH, CHURN_TIME_NONE);
        for (int c = 0; c < 30; c++) {
            churn__subscription rows[16];
            const size_t n = random_customer(&seed, rows);
            add(&b, rows, n);
            for (size_t p = 0; p < 12; p++) {
                const int64_t from = level(rows, n, b.periods[p].start);
                const int64_t to = level(rows, n, b.periods[p].end);
                start[p] += from;
                mrr[p] += to;
                cohort[p] += from;
                kept[p] += to < from ? to : from;
                end_of_cohort[p] += from > 0 ? to : 0;
            }
        }
        assert_ok(churn__kpi_reconcile(b.periods, b.count, NULL));
        for (size_t p = 0; p < 12; p++) {
            const int64_t *sum = b.periods[p].sum;
            assert_int_equal(sum[CHURN__SUM_START], start[p]);
            assert_int_equal(sum[CHURN__SUM_MRR], mrr[p]);
            assert_int_equal(sum[CHURN__SUM_COHORT_START], cohort[p]);
            assert_int_equal(sum[CHURN__SUM_COHORT_KEPT], kept[p]);
            assert_int_equal(sum[CHURN__SUM_COHORT_END], end_of_cohort[p]);
            assert_true(sum[CHURN__SUM_NEW] >= 0 && sum[CHURN__SUM_EXPANSION] >= 0);
            assert_true(sum[CHURN__SUM_CHURN] <= 0 && sum[CHURN__SUM_CONTRACTION] <= 0);
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

static double sum_of(const book *b, const char *name)
{
    double sum = 0;
    for (size_t p = 0; p < b->count; p++) {
        sum += figure(b, name, p);
    }
    return sum;
}

/* The number of the period of a month, counted from 2017-09. */
static size_t month(int year, int m)
{
    return (size_t)((year - 2017) * 12 + m - 9);
}

static void kpi_compute__dbt_playbook__is_what_others_computed(void **state)
{
    book b;
    churn__kpi_value churned;
    (void)state;
    open_book(&b, day(2017, 9, 1), day(2020, 3, 1), CHURN_EVERY_MONTH, CHURN_TIME_NONE);
    if (!load_dbt(&b)) {
        close_book(&b);
        skip();
    }
    assert_ok(churn__kpi_reconcile(b.periods, b.count, NULL));
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
    churned = value_of(&b, "logo_churn", month(2019, 8));
    assert_near(churned.numerator, 3, 0);
    assert_near(churned.denominator, 26, 0);
    assert_near(churned.value, 3.0 / 26, 1e-15);
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

static void kpi_compute__ravenstack__is_what_others_computed(void **state)
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
    assert_ok(churn__kpi_reconcile(b[0].periods, b[0].count, NULL));
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

/* ---- intervals ---- */

static double number_after(const char *text, const char *word)
{
    const char *at = strstr(text, word);
    assert_non_null(at);
    return strtod(at + strlen(word), NULL);
}

/* Against R: tests/golden of the shared data hold Wilson's interval for many (x, n). */
static void wilson95__r__agrees(void **state)
{
    char *text = shared_file("golden/proportions.json"), *at = text;
    int compared = 0;
    (void)state;
    if (text == NULL) {
        skip();
    }
    while ((at = strstr(at, "{\"x\":")) != NULL && strstr(at, "\"wilson\":[") != NULL) {
        const char *pair = strstr(at, "\"wilson\":[") + strlen("\"wilson\":[");
        double low = -1, high = -1;
        char *rest = NULL;
        if (number_after(at, "\"level\":") == 0.95) {
            churn__wilson95((int64_t)number_after(at, "\"x\":"),
                            (int64_t)number_after(at, "\"n\":"), &low, &high);
            assert_near(low, strtod(pair, &rest), 1e-12);
            assert_near(high, strtod(rest + 1, NULL), 1e-12);
            compared++;
        }
        at++;
    }
    assert_true(compared >= 8);
    free(text);
}

static void wilson95__edges__stay_in_range(void **state)
{
    double low = -1, high = -1;
    (void)state;
    churn__wilson95(0, 10, &low, &high);
    assert_true(low == 0 && high > 0.2 && high < 0.3);
    churn__wilson95(10, 10, &low, &high);
    assert_true(high == 1 && low > 0.7 && low < 0.8);
}

static void kpi_name__every_figure__is_found(void **state)
{
    uint32_t n = 0;
    (void)state;
    for (; churn__kpi_name(n) != NULL; n++) {
        assert_int_equal(churn__kpi_find(churn__str_nts(churn__kpi_name(n))), n);
    }
    assert_int_equal(n, 18);
    assert_int_equal(churn__kpi_find(CHURN__STR("mmr")), CHURN__KPI_NONE);
    assert_string_equal(churn__movement_name(CHURN__MOVE_REACTIVATION), "reactivation");
    assert_string_equal(churn__movement_name(77), "");
}

int main(void)
{
    const struct CMUnitTest kpi_figure[] = {
        cmocka_unit_test(kpi_periods__months__are_local),
        cmocka_unit_test(kpi_periods__each_unit__has_its_number),
        cmocka_unit_test(kpi_periods__bad_span__is_refused),
        cmocka_unit_test(ledger_step__story_of_a_customer__is_told_right),
        cmocka_unit_test(kpi_compute__chartmogul_example__gross_20_net_10),
        cmocka_unit_test(kpi_compute__stripe_example__is_12500),
        cmocka_unit_test(kpi_compute__retention_rate__is_90_percent),
        cmocka_unit_test(kpi_compute__returning_customers__are_not_retained),
        cmocka_unit_test(kpi_compute__nobody_at_the_start__is_undefined),
        cmocka_unit_test(kpi_compute__as_of_inside__is_seen_so_far),
        cmocka_unit_test(kpi_compute__unknown_money__is_counted_and_undefined),
        cmocka_unit_test(kpi_reconcile__broken_sums__are_internal),
        cmocka_unit_test(kpi_add__too_large__is_an_error_that_names_the_customer),
        cmocka_unit_test(kpi_add__random_books__agree_with_levels),
        cmocka_unit_test(kpi_compute__dbt_playbook__is_what_others_computed),
        cmocka_unit_test(kpi_compute__ravenstack__is_what_others_computed),
        cmocka_unit_test(wilson95__r__agrees),
        cmocka_unit_test(wilson95__edges__stay_in_range),
        cmocka_unit_test(kpi_name__every_figure__is_found),
    };
    return RUN_TESTS(kpi_figure);
}
