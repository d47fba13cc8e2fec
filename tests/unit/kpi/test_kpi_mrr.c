/* SPDX-License-Identifier: MIT */
#include "sub.h"

#include "failing.h"

/* ---- one state ---- */

static const churn__exchange usd = {.currency = USD};

static void mrr_of_state__each_period__is_a_month(void **state)
{
    static const struct {
        char unit;
        int32_t count;
        int64_t amount, mrr;
    } cases[] = {
        {'y', 1, 200000, 16667}, /* ChartMogul: 2,000 a year is 166.67 */
        {'y', 1, 60000, 5000},   /* Stripe: 600 a year is 50 */
        {'m', 1, 10000, 10000},   {'m', 2, 10000, 5000},
        {'m', 3, 10000, 3333},                            /* a quarter */
        {'m', 3, 20000, 6667},    {'m', 6, 60003, 10001}, /* 10000.5: half away from zero */
        {'m', 6, -60003, -10001}, {'y', 2, 240000, 10000},
        {'w', 1, 1200, 5200},                            /* 52 weeks a year */
        {'w', 2, 2400, 5200},     {'d', 1, 1200, 36500}, /* 365 days a year */
        {'d', 30, 1000, 1014},                           /* 1013.9 */
        {'m', 1, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        churn__subscription s = sub(1, CHURN__SUB_ACTIVE, cases[i].amount, 0);
        int64_t mrr = -1;
        s.period_unit = (uint8_t)cases[i].unit;
        s.period_count = cases[i].count;
        assert_true(churn__mrr_of_state(&chartmogul, &s, 0, &mrr));
        assert_int_equal(mrr, cases[i].mrr);
    }
}

static void mrr_of_state__each_status__counts_or_not(void **state)
{
    static const struct {
        uint8_t status;
        int64_t mrr;
        bool live;
    } cases[] = {
        {CHURN__SUB_TRIAL, 0, true},   {CHURN__SUB_ACTIVE, 5000, true},
        {CHURN__SUB_PAUSED, 0, true},  {CHURN__SUB_PAST_DUE, 5000, true},
        {CHURN__SUB_UNPAID, 0, false}, {CHURN__SUB_CANCELLED, 0, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const churn__subscription s = sub(1, cases[i].status, 5000, 0);
        int64_t mrr = -1;
        assert_true(churn__mrr_of_state(&chartmogul, &s, 0, &mrr));
        assert_int_equal(mrr, cases[i].mrr);
        assert_int_equal(churn__subscription_live(&s, 0), cases[i].live);
    }
}

static void mrr_of_state__metered_or_free_or_ended__is_zero(void **state)
{
    churn__subscription metered = sub(1, CHURN__SUB_ACTIVE, 5000, 0);
    churn__subscription unpriced = sub(1, CHURN__SUB_ACTIVE, CHURN_INT_NONE, 0);
    churn__subscription ended = sub_until(1, 5000, 0, 100);
    int64_t mrr = -1;
    (void)state;
    metered.usage_based = 1;
    unpriced.period_unit = 0;
    assert_true(churn__mrr_of_state(&chartmogul, &metered, 0, &mrr));
    assert_int_equal(mrr, 0);
    assert_true(churn__mrr_of_state(&chartmogul, &unpriced, 0, &mrr));
    assert_int_equal(mrr, 0);
    assert_true(churn__mrr_of_state(&chartmogul, &ended, 99, &mrr));
    assert_int_equal(mrr, 5000);
    assert_true(churn__mrr_of_state(&chartmogul, &ended, 100, &mrr));
    assert_int_equal(mrr, 0);
    assert_true(churn__subscription_live(&ended, 99));
    assert_false(churn__subscription_live(&ended, 100));
    assert_false(churn__subscription_live(&ended, -1));
}

static void mrr_of_state__discount__is_subtracted_until_its_end(void **state)
{
    churn__subscription s = sub(1, CHURN__SUB_ACTIVE, 12000, 0);
    int64_t mrr = -1;
    (void)state;
    s.period_unit = 'y';
    s.discount = 1200; /* ProfitWell: 120 a year with 10 % off is 9 */
    assert_true(churn__mrr_of_state(&chartmogul, &s, 5000, &mrr));
    assert_int_equal(mrr, 900);
    s.discount_until = 5000;
    assert_true(churn__mrr_of_state(&chartmogul, &s, 4999, &mrr));
    assert_int_equal(mrr, 900);
    assert_true(churn__mrr_of_state(&chartmogul, &s, 5000, &mrr));
    assert_int_equal(mrr, 1000);
    s.discount = 99999; /* more than the charge */
    assert_true(churn__mrr_of_state(&chartmogul, &s, 0, &mrr));
    assert_int_equal(mrr, 0);
}

static void mrr_of_state__too_large__does_not_fit(void **state)
{
    churn__subscription s = sub(1, CHURN__SUB_ACTIVE, INT64_MAX, 0);
    int64_t mrr = 0;
    (void)state;
    assert_true(churn__mrr_of_state(&chartmogul, &s, 0, &mrr));
    assert_true(mrr == INT64_MAX);
    s.period_unit = 'd';
    assert_false(churn__mrr_of_state(&chartmogul, &s, 0, &mrr));
    s.period_unit = 'm';
    s.period_count = 0;
    assert_false(churn__mrr_of_state(&chartmogul, &s, 0, &mrr));
}

/* ---- one customer ---- */

static void mrr_at__several_subscriptions__are_summed(void **state)
{
    churn__subscription rows[] = {
        sub(1, CHURN__SUB_TRIAL, 5000, 10),
        sub(1, CHURN__SUB_ACTIVE, 5000, 20),
        sub(1, CHURN__SUB_ACTIVE, 7000, 30),
        sub_until(2, 1000, 15, 35),
    };
    static const struct {
        churn_time at;
        int64_t mrr;
    } cases[] = {{9, 0}, {10, 0}, {15, 1000}, {20, 6000}, {30, 8000}, {34, 8000}, {35, 7000}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t mrr = -1;
        assert_int_equal(churn__mrr_at(&chartmogul, rows, 4, &usd, cases[i].at, &mrr),
                         CHURN__PRESENT);
        assert_int_equal(mrr, cases[i].mrr);
    }
}

static void exchange_minor__table__as_the_header_says(void **state)
{
    (void)state;
    static const churn__exchange_rate rates[] = {{2, 1.5}, {3, 0.65}, {4, 1e300}};
    static const churn__exchange exchange = {.currency = USD, .rates = rates, .count = 3};
    static const struct {
        uint32_t currency;
        int64_t amount;
        churn__missing missing;
        int64_t minor;
    } rows[] = {
        {USD, 123, CHURN__PRESENT, 123},
        {2, 3, CHURN__PRESENT, 5}, /* 4.5, away from zero */
        {2, -3, CHURN__PRESENT, -5},
        {3, 1001, CHURN__PRESENT, 651},
        {9, 1, CHURN__NO_RATE, 0},
        {9, 0, CHURN__PRESENT, 0},
        {CHURN__NO_CODE, 1, CHURN__NO_RATE, 0},
        {4, 1, CHURN__NON_FINITE, 0},
        {2, INT64_MAX, CHURN__NON_FINITE, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t minor = 0;
        assert_int_equal(churn__exchange_minor(&exchange, rows[i].currency, rows[i].amount, &minor),
                         rows[i].missing);
        assert_true(rows[i].missing != CHURN__PRESENT || minor == rows[i].minor);
    }
}

static void mrr_at__other_currency__is_no_rate(void **state)
{
    churn__subscription rows[] = {sub(1, CHURN__SUB_ACTIVE, 5000, 10), sub_until(2, 1, 10, 20)};
    int64_t mrr = -1;
    (void)state;
    rows[1].currency = EUR;
    assert_int_equal(churn__mrr_at(&chartmogul, rows, 2, &usd, 15, &mrr), CHURN__NO_RATE);
    assert_int_equal(churn__mrr_at(&chartmogul, rows, 2, &usd, 20, &mrr), CHURN__PRESENT);
    assert_int_equal(mrr, 5000);
    assert_int_equal(churn__mrr_at(&chartmogul, rows, 2,
                                   &(churn__exchange){.currency = CHURN__NO_CODE}, 20, &mrr),
                     CHURN__NO_RATE);
    rows[1].amount = 0; /* nothing is nothing in any currency */
    assert_int_equal(churn__mrr_at(&chartmogul, rows, 2, &usd, 15, &mrr), CHURN__PRESENT);
    assert_int_equal(churn__mrr_at(&chartmogul, rows, 0, &usd, 15, &mrr), CHURN__PRESENT);
    assert_int_equal(mrr, 0);
}

/* ---- steps ---- */

typedef struct steps {
    churn__heap *heap;
    churn__mrr_step *data;
    size_t count, capacity;
} steps;

static churn_status make_steps(steps *s, const churn__subscription *rows, size_t count)
{
    s->count = 0;
    return churn__mrr_steps(s->heap, &chartmogul, rows, count, &usd, &s->data, &s->count,
                            &s->capacity, NULL);
}

static void assert_step(const churn__mrr_step *s, churn_time at, int64_t mrr, uint32_t live)
{
    assert_true(s->at == at);
    assert_int_equal(s->mrr, mrr);
    assert_int_equal(s->live, live);
    assert_int_equal(s->no_rate, 0);
}

static void mrr_steps__life_of_a_subscription__is_a_step_function(void **state)
{
    churn__subscription rows[] = {
        sub(1, CHURN__SUB_TRIAL, 5000, 10),  sub(1, CHURN__SUB_ACTIVE, 5000, 20),
        sub(1, CHURN__SUB_PAUSED, 5000, 40), sub(1, CHURN__SUB_CANCELLED, 5000, 50),
        sub(2, CHURN__SUB_ACTIVE, 100, 20),
    };
    steps s = {churn__heap_create(NULL, 0), NULL, 0, 0};
    (void)state;
    rows[1].discount = 1000;
    rows[1].discount_until = 30;
    assert_ok(make_steps(&s, rows, 5));
    assert_int_equal(s.count, 4);
    assert_step(&s.data[0], 20, 4100, 2); /* both at one instant are one step, a trial is none */
    assert_step(&s.data[1], 30, 5100, 2);
    assert_step(&s.data[2], 40, 100, 2);
    assert_step(&s.data[3], 50, 100, 1);
    churn__free_array(s.heap, s.data, s.capacity, sizeof *s.data);
    churn__heap_release(s.heap);
}

static void mrr_steps__never_lived__is_no_step(void **state)
{
    const churn__subscription rows[] = {sub_until(1, 5000, 10, 10),
                                        sub(2, CHURN__SUB_TRIAL, 5000, 10)};
    steps s = {churn__heap_create(NULL, 0), NULL, 0, 0};
    (void)state;
    assert_ok(make_steps(&s, rows, 2));
    assert_int_equal(s.count, 0);
    churn__heap_release(s.heap);
}

/* A slip of the data is unknown money while it lasts, and no fault of all the others. */
static void mrr_steps__too_large__money_unknown(void **state)
{
    const int64_t most = INT64_C(1) << 53;
    const struct {
        int64_t first, second;
        uint8_t unit;
        bool known;
    } cases[] = {
        {most, 0, 'm', true},       {most + 1, 0, 'm', false},    {most, 1, 'm', false},
        {-most, 0, 'm', true},      {-most, -1, 'm', false},      {INT64_MAX, 0, 'm', false},
        {INT64_MAX, 0, 'd', false}, {INT64_MAX, 100, 'm', false}, {most / 30, 0, 'd', false},
        {most / 31, 0, 'd', true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        churn__subscription rows[] = {sub(1, CHURN__SUB_ACTIVE, cases[i].first, 10),
                                      sub(2, CHURN__SUB_ACTIVE, cases[i].second, 10)};
        steps s = {churn__heap_create(NULL, 0), NULL, 0, 0};
        int64_t mrr = 0;
        rows[0].period_unit = cases[i].unit;
        rows[0].ended_at = 20;
        assert_ok(make_steps(&s, rows, 2));
        assert_int_equal(s.count, 2);
        assert_int_equal(s.data[0].no_rate, !cases[i].known);
        assert_int_equal(s.data[0].live, 2);
        assert_int_equal(s.data[1].no_rate, false);
        assert_int_equal(s.data[1].mrr, cases[i].second);
        assert_int_equal(churn__mrr_at(&chartmogul, rows, 2, &usd, 15, &mrr),
                         cases[i].known ? CHURN__PRESENT : CHURN__NON_FINITE);
        churn__free_array(s.heap, s.data, s.capacity, sizeof *s.data);
        churn__heap_release(s.heap);
    }
}

static uint64_t next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed >> 11;
}

/* Subscriptions of one to three states each, with everything that can happen to them. */
static size_t random_rows(uint64_t *seed, churn__subscription *rows, size_t subs)
{
    size_t n = 0;
    for (uint32_t id = 0; id < subs; id++) {
        churn_time at = (churn_time)(next(seed) % 40);
        for (uint64_t k = next(seed) % 3; k < 3; k++) {
            churn__subscription s =
                sub(id, (uint8_t)(1 + next(seed) % 6), (int64_t)(next(seed) % 3) * 1000, at);
            s.currency = next(seed) % 8 == 0 ? EUR : USD;
            s.discount = next(seed) % 2 ? (int64_t)(next(seed) % 1500) : CHURN_INT_NONE;
            s.discount_until =
                next(seed) % 2 ? at + (churn_time)(next(seed) % 12) : CHURN_TIME_NONE;
            s.ended_at = next(seed) % 3 == 0 ? at + (churn_time)(next(seed) % 12) : CHURN_TIME_NONE;
            rows[n++] = s;
            at += 1 + (churn_time)(next(seed) % 10);
        }
    }
    return n;
}

static uint32_t live_at(const churn__subscription *rows, size_t n, churn_time at)
{
    uint32_t live = 0;
    for (size_t i = 0; i < n; i++) {
        const bool over = i + 1 < n && rows[i + 1].id == rows[i].id && rows[i + 1].valid_from <= at;
        live +=
            !over && rows[i].status != CHURN__SUB_TRIAL && churn__subscription_live(&rows[i], at);
    }
    return live;
}

static void mrr_steps__random_rows__agree_with_each_instant(void **state)
{
    churn__subscription rows[64 * 3];
    uint64_t seed = 12345;
    steps s = {churn__heap_create(NULL, 0), NULL, 0, 0};
    (void)state;
    for (int round = 0; round < 400; round++) {
        const size_t n = random_rows(&seed, rows, 1 + (size_t)next(&seed) % 60);
        churn__mrr_step now = {0};
        size_t k = 0;
        assert_ok(make_steps(&s, rows, n));
        for (churn_time at = 0; at < 90; at++) {
            int64_t mrr = 0;
            const churn__missing missing = churn__mrr_at(&chartmogul, rows, n, &usd, at, &mrr);
            const churn__mrr_step before = now;
            if (k < s.count && s.data[k].at == at) {
                now = s.data[k++];
                assert_true(before.mrr != now.mrr || before.live != now.live ||
                            before.no_rate != now.no_rate);
            }
            assert_int_equal(now.no_rate, missing == CHURN__NO_RATE);
            assert_true(now.no_rate || now.mrr == mrr);
            assert_int_equal(now.live, live_at(rows, n, at));
        }
        assert_int_equal(k, s.count);
    }
    churn__free_array(s.heap, s.data, s.capacity, sizeof *s.data);
    churn__heap_release(s.heap);
}

static void mrr_steps__no_memory__fails_clean(void **state)
{
    churn__subscription rows[64 * 3];
    uint64_t seed = 7;
    const size_t n = random_rows(&seed, rows, 30);
    bool done = false;
    (void)state;
    for (uint64_t at = 2; !done; at++) {
        failing f = {.fail_at = at, .for_ever = true};
        const churn_allocator allocator = failing_allocator(&f);
        steps s = {churn__heap_create(&allocator, 0), NULL, 0, 0};
        const churn_status st = make_steps(&s, rows, n);
        done = st == CHURN_OK;
        assert_true(done || st == CHURN_E_NOMEM);
        churn__free_array(s.heap, s.data, s.capacity, sizeof *s.data);
        churn__heap_release(s.heap);
        assert_int_equal(f.blocks, 0);
        assert_false(f.mismatch);
    }
}

int main(void)
{
    const struct CMUnitTest kpi_mrr[] = {
        cmocka_unit_test(mrr_of_state__each_period__is_a_month),
        cmocka_unit_test(mrr_of_state__each_status__counts_or_not),
        cmocka_unit_test(mrr_of_state__metered_or_free_or_ended__is_zero),
        cmocka_unit_test(mrr_of_state__discount__is_subtracted_until_its_end),
        cmocka_unit_test(mrr_of_state__too_large__does_not_fit),
        cmocka_unit_test(mrr_at__several_subscriptions__are_summed),
        cmocka_unit_test(exchange_minor__table__as_the_header_says),
        cmocka_unit_test(mrr_at__other_currency__is_no_rate),
        cmocka_unit_test(mrr_steps__life_of_a_subscription__is_a_step_function),
        cmocka_unit_test(mrr_steps__never_lived__is_no_step),
        cmocka_unit_test(mrr_steps__too_large__money_unknown),
        cmocka_unit_test(mrr_steps__random_rows__agree_with_each_instant),
        cmocka_unit_test(mrr_steps__no_memory__fails_clean),
    };
    return RUN_TESTS(kpi_mrr);
}
