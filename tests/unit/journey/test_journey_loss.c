/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <churn/records.h>

#include "failing.h"
#include "journey/inside.h"

/* Instants are days, counted from a day on which nothing happens. */
#define D(n) (CHURN__DAY * (10000 + (n)))
#define USD 1
#define EUR 2
#define SUBS true, false
#define RECORDS false, true
#define BOTH true, true

static churn__subscription sub(uint32_t id, uint8_t status, int from)
{
    churn__subscription s = {0};
    s.id = id;
    s.status = status;
    s.period_unit = 'm';
    s.period_count = 1;
    s.auto_renew = s.usage_based = CHURN_TRUTH_NONE;
    s.currency = USD;
    s.amount = 5000;
    s.discount = s.seats = CHURN_INT_NONE;
    s.valid_from = D(from);
    s.discount_until = s.ended_at = CHURN_TIME_NONE;
    return s;
}

static churn__subscription sub_until(uint32_t id, int from, int to)
{
    churn__subscription s = sub(id, CHURN__SUB_ACTIVE, from);
    s.ended_at = D(to);
    return s;
}

static churn__churn record(uint8_t kind, int at, uint32_t reason)
{
    churn__churn c = {0};
    c.kind = kind;
    c.at = D(at);
    c.reason = reason;
    c.competitor = c.currency = CHURN__NO_CODE;
    c.amount = CHURN_INT_NONE;
    return c;
}

#define VOLUNTARY CHURN__CHURN_VOLUNTARY
#define INVOLUNTARY CHURN__CHURN_INVOLUNTARY

static churn__loss_judge make_judge(churn__heap *heap, bool by_subscription, bool by_record)
{
    static const churn__exchange usd = {.currency = USD};
    churn__loss_judge judge = {.heap = heap, .exchange = &usd};
    judge.def.by_subscription = by_subscription;
    judge.def.by_record = by_record;
    judge.def.policy = churn__kpi_policy_preset(CHURN__POLICY_CHARTMOGUL);
    return judge;
}

static void drop_judge(churn__loss_judge *judge)
{
    churn__free_array(judge->heap, judge->steps, judge->step_capacity, sizeof *judge->steps);
    churn__free_array(judge->heap, judge->turns, judge->turn_capacity, sizeof *judge->turns);
    churn__free_array(judge->heap, judge->spans, judge->span_capacity, sizeof *judge->spans);
    churn__free_array(judge->heap, judge->causes, judge->cause_capacity, sizeof *judge->causes);
}

/* Spans as text: "10-20 35-" in days. */
static void print_spans(const churn__loss_judge *judge, char *out)
{
    out[0] = '\0';
    for (size_t i = 0; i < judge->span_count; i++) {
        const churn__life_span *s = &judge->spans[i];
        out += sprintf(out, "%s%d-", i > 0 ? " " : "", (int)(s->from / CHURN__DAY - 10000));
        if (s->to != CHURN_TIME_NONE) {
            out += sprintf(out, "%d", (int)(s->to / CHURN__DAY - 10000));
        }
    }
}

typedef struct story {
    churn__subscription rows[6];
    size_t row_count;
    churn__churn records[4];
    size_t record_count;
    int begins; /* 0: not known */
} story;

static churn__loss judge_story(const story *s, bool by_subscription, bool by_record, int as_of,
                               const char *spans)
{
    churn__heap *heap = churn__heap_create(NULL, 0);
    churn__loss_judge judge = make_judge(heap, by_subscription, by_record);
    churn__loss_facts facts = {s->rows,
                               s->row_count,
                               s->records,
                               s->record_count,
                               s->begins == 0 ? CHURN_TIME_NONE : D(s->begins),
                               D(as_of),
                               0};
    churn__loss loss;
    char text[256];
    assert_ok(churn__loss_judge_facts(&judge, &facts, &loss, NULL));
    print_spans(&judge, text);
    assert_string_equal(text, spans);
    drop_judge(&judge);
    churn__heap_release(heap);
    return loss;
}

static void assert_lost(const churn__loss *loss, int at, uint8_t kind)
{
    assert_true(loss->churned && loss->ever);
    assert_true(loss->at == D(at));
    assert_int_equal(loss->kind, kind);
}

static void assert_never_lost(const churn__loss *loss)
{
    assert_false(loss->churned || loss->ever);
    assert_true(loss->at == CHURN_TIME_NONE);
    assert_int_equal(loss->reason, CHURN__NO_CODE);
    assert_true(loss->mrr == CHURN_INT_NONE);
}

/* ---- by subscription ---- */

static void loss_by_subscription__last_one_ends__is_lost(void **state)
{
    const story s = {.rows = {sub_until(1, 10, 30), sub_until(2, 12, 40)}, .row_count = 2};
    churn__loss loss = judge_story(&s, SUBS, 50, "10-40");
    (void)state;
    assert_lost(&loss, 40, VOLUNTARY);
    assert_int_equal(loss.mrr, 5000);
    assert_int_equal(loss.reason, CHURN__NO_CODE);
    assert_int_equal(loss.by_subscription, 1);
    assert_int_equal(loss.by_record, CHURN_TRUTH_NONE);
    loss = judge_story(&s, SUBS, 40, "10-40"); /* seen at the instant itself */
    assert_true(loss.churned);
}

static void loss_by_subscription__still_live__is_not_lost(void **state)
{
    static const uint8_t live[] = {CHURN__SUB_ACTIVE, CHURN__SUB_PAUSED, CHURN__SUB_PAST_DUE};
    (void)state;
    for (size_t i = 0; i < sizeof live; i++) {
        const story s = {.rows = {sub(1, CHURN__SUB_ACTIVE, 10), sub(1, live[i], 20)},
                         .row_count = 2};
        const churn__loss loss = judge_story(&s, SUBS, 50, "10-");
        assert_never_lost(&loss);
        assert_int_equal(loss.by_subscription, 0);
    }
}

static void loss_by_subscription__only_trials__is_no_customer(void **state)
{
    const story s = {.rows = {sub(1, CHURN__SUB_TRIAL, 10), sub(1, CHURN__SUB_CANCELLED, 24)},
                     .row_count = 2,
                     .begins = 5};
    const churn__loss loss = judge_story(&s, SUBS, 50, "");
    (void)state;
    assert_never_lost(&loss);
    assert_int_equal(loss.by_subscription, CHURN_TRUTH_NONE);
}

static void loss_by_subscription__trial_then_paid__begins_with_pay(void **state)
{
    const story s = {.rows = {sub(1, CHURN__SUB_TRIAL, 10), sub(1, CHURN__SUB_ACTIVE, 24),
                              sub(1, CHURN__SUB_CANCELLED, 60), sub(2, CHURN__SUB_TRIAL, 61)},
                     .row_count = 4};
    const churn__loss loss = judge_story(&s, SUBS, 90, "24-60");
    (void)state;
    assert_lost(&loss, 60, VOLUNTARY); /* a trial does not bring them back */
}

static void loss_by_subscription__return__ends_it(void **state)
{
    const story s = {.rows = {sub_until(1, 10, 30), sub(2, CHURN__SUB_ACTIVE, 45)}, .row_count = 2};
    churn__loss loss = judge_story(&s, SUBS, 50, "10-30 45-");
    (void)state;
    assert_false(loss.churned);
    assert_true(loss.ever);
    assert_true(loss.at == D(30));
    assert_int_equal(loss.by_subscription, 0);
}

static void loss_by_subscription__switch_at_one_instant__is_none(void **state)
{
    const story s = {
        .rows = {sub_until(1, 10, 30), sub(2, CHURN__SUB_ACTIVE, 30), sub_until(3, 40, 40)},
        .row_count = 3};
    const churn__loss loss = judge_story(&s, SUBS, 50, "10-");
    (void)state;
    assert_never_lost(&loss);
}

static void loss_by_subscription__not_paid__is_involuntary(void **state)
{
    const story dunning = {.rows = {sub(1, CHURN__SUB_ACTIVE, 10), sub(1, CHURN__SUB_PAST_DUE, 30),
                                    sub(1, CHURN__SUB_CANCELLED, 45)},
                           .row_count = 3};
    const story unpaid = {.rows = {sub(1, CHURN__SUB_ACTIVE, 10), sub(1, CHURN__SUB_UNPAID, 30),
                                   sub(1, CHURN__SUB_CANCELLED, 45)},
                          .row_count = 3};
    story ended = {.rows = {sub(1, CHURN__SUB_PAST_DUE, 10)}, .row_count = 1};
    const story recovered = {.rows = {sub(1, CHURN__SUB_PAST_DUE, 10),
                                      sub(1, CHURN__SUB_ACTIVE, 20),
                                      sub(1, CHURN__SUB_CANCELLED, 45)},
                             .row_count = 3};
    churn__loss loss = judge_story(&dunning, SUBS, 50, "10-45");
    (void)state;
    assert_lost(&loss, 45, INVOLUNTARY);
    loss = judge_story(&unpaid, SUBS, 50, "10-30");
    assert_lost(&loss, 30, INVOLUNTARY);
    ended.rows[0].ended_at = D(40);
    loss = judge_story(&ended, SUBS, 50, "10-40");
    assert_lost(&loss, 40, INVOLUNTARY);
    loss = judge_story(&recovered, SUBS, 50, "10-45");
    assert_lost(&loss, 45, VOLUNTARY);
}

static void loss_by_subscription__record_nearby__gives_reason_and_kind(void **state)
{
    story s = {.rows = {sub_until(1, 10, 100)},
               .row_count = 1,
               .records = {record(VOLUNTARY, 60, 7), record(VOLUNTARY, 80, 8),
                           record(INVOLUNTARY, 110, 9), record(CHURN__CHURN_DOWNGRADE, 100, 6)},
               .record_count = 2};
    churn__loss loss = judge_story(&s, SUBS, 200, "10-100");
    (void)state;
    assert_lost(&loss, 100, VOLUNTARY);
    assert_int_equal(loss.reason, 8);
    s.record_count = 4; /* the third is nearer; a downgrade is no loss */
    loss = judge_story(&s, SUBS, 200, "10-100");
    assert_lost(&loss, 100, INVOLUNTARY);
    assert_int_equal(loss.reason, 9);
    s.record_count = 1; /* 40 days away */
    loss = judge_story(&s, SUBS, 200, "10-100");
    assert_int_equal(loss.reason, CHURN__NO_CODE);
}

static void loss_by_subscription__other_currency__has_no_mrr(void **state)
{
    story s = {.rows = {sub_until(1, 10, 100)}, .row_count = 1};
    churn__loss loss;
    (void)state;
    s.rows[0].currency = EUR;
    loss = judge_story(&s, SUBS, 200, "10-100");
    assert_lost(&loss, 100, VOLUNTARY);
    assert_true(loss.mrr == CHURN_INT_NONE);
}

/* ---- by record ---- */

static void loss_by_record__not_declared__only_disagrees(void **state)
{
    const story s = {.rows = {sub(1, CHURN__SUB_ACTIVE, 10)},
                     .row_count = 1,
                     .records = {record(VOLUNTARY, 40, 7)},
                     .record_count = 1};
    const churn__loss loss = judge_story(&s, SUBS, 50, "10-");
    (void)state;
    assert_never_lost(&loss);
    assert_int_equal(loss.by_subscription, 0);
    assert_int_equal(loss.by_record, 1);
}

static void loss_by_record__declared__lasts_until_a_later_start(void **state)
{
    story s = {.rows = {sub(1, CHURN__SUB_ACTIVE, 10), sub(2, CHURN__SUB_ACTIVE, 40),
                        sub(3, CHURN__SUB_ACTIVE, 41)},
               .row_count = 2,
               .records = {record(VOLUNTARY, 40, 7)},
               .record_count = 1};
    churn__loss loss = judge_story(&s, RECORDS, 50, "10-40");
    (void)state;
    assert_lost(&loss, 40, VOLUNTARY); /* what starts at the same instant is not later */
    assert_int_equal(loss.reason, 7);
    assert_int_equal(loss.mrr, 5000);
    s.row_count = 3;
    loss = judge_story(&s, RECORDS, 50, "10-40 41-");
    assert_false(loss.churned);
    assert_true(loss.ever);
    assert_int_equal(loss.by_record, 0);
}

static void loss_by_record__kinds__only_two_are_losses(void **state)
{
    const story s = {
        .rows = {sub(1, CHURN__SUB_ACTIVE, 10)},
        .row_count = 1,
        .records = {record(CHURN__CHURN_DOWNGRADE, 30, 1), record(CHURN__CHURN_PAUSE, 35, 2)},
        .record_count = 2};
    const churn__loss loss = judge_story(&s, BOTH, 50, "10-");
    (void)state;
    assert_never_lost(&loss);
    assert_int_equal(loss.by_record, CHURN_TRUTH_NONE);
}

static void loss_by_record__without_subscriptions__is_for_ever(void **state)
{
    story s = {.records = {record(INVOLUNTARY, 40, 7)}, .record_count = 1, .begins = 3};
    churn__loss loss = judge_story(&s, BOTH, 5000, "3-40");
    (void)state;
    assert_lost(&loss, 40, INVOLUNTARY);
    assert_true(loss.mrr == CHURN_INT_NONE);
    assert_int_equal(loss.by_subscription, CHURN_TRUTH_NONE);
    s.records[0].amount = 900;
    s.records[0].currency = USD;
    loss = judge_story(&s, BOTH, 5000, "3-40");
    assert_int_equal(loss.mrr, 900);
    s.records[0].currency = EUR;
    loss = judge_story(&s, BOTH, 5000, "3-40");
    assert_true(loss.mrr == CHURN_INT_NONE);
    s.begins = 60; /* a beginning is no return */
    loss = judge_story(&s, BOTH, 5000, "");
    assert_lost(&loss, 40, INVOLUNTARY);
    s.begins = 40;
    loss = judge_story(&s, BOTH, 5000, "");
    assert_true(loss.churned);
}

static void loss_by_record__subscriptions_end__is_no_loss_alone(void **state)
{
    const story s = {.rows = {sub_until(1, 10, 30)}, .row_count = 1};
    const churn__loss loss = judge_story(&s, RECORDS, 50, "10-");
    (void)state;
    assert_never_lost(&loss);
    assert_int_equal(loss.by_subscription, 1);
}

/* ---- both ---- */

static void loss_by_both__the_first__dates_it(void **state)
{
    story s = {.rows = {sub_until(1, 10, 60)},
               .row_count = 1,
               .records = {record(VOLUNTARY, 40, 7)},
               .record_count = 1};
    churn__loss loss = judge_story(&s, BOTH, 100, "10-40");
    (void)state;
    assert_lost(&loss, 40, VOLUNTARY);
    s.records[0].at = D(70);
    loss = judge_story(&s, BOTH, 100, "10-60");
    assert_lost(&loss, 60, VOLUNTARY);
    assert_int_equal(loss.reason, 7); /* ten days later somebody wrote it down */
}

static void loss_by_both__several_lives__each_has_its_span(void **state)
{
    const story s = {
        .rows = {sub_until(1, 10, 30), sub_until(2, 40, 90), sub(3, CHURN__SUB_ACTIVE, 70)},
        .row_count = 3,
        .records = {record(VOLUNTARY, 50, 7)},
        .record_count = 1};
    churn__loss loss = judge_story(&s, BOTH, 100, "10-30 40-50 70-");
    (void)state;
    assert_false(loss.churned);
    assert_true(loss.at == D(50));
    loss = judge_story(&s, SUBS, 100, "10-30 40-");
    assert_true(loss.at == D(30));
}

static void loss__before_the_end__knows_nothing_of_it(void **state)
{
    story s = {.rows = {sub(1, CHURN__SUB_ACTIVE, 10), sub(1, CHURN__SUB_CANCELLED, 60)},
               .row_count = 2};
    const churn__loss loss = judge_story(&s, SUBS, 59, "10-");
    (void)state;
    assert_never_lost(&loss);
}

/* ---- twin ---- */

static uint64_t next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed >> 11;
}

static story random_story(uint64_t *seed)
{
    story s = {.begins = (int)(next(seed) % 20)};
    uint32_t id = 0;
    int at = (int)(next(seed) % 20);
    for (uint64_t n = next(seed) % 7; s.row_count < n; s.row_count++) {
        churn__subscription *row = &s.rows[s.row_count];
        if (next(seed) % 2) {
            id++;
            at = (int)(next(seed) % 40);
        }
        at += 1 + (int)(next(seed) % 15);
        *row = sub(id, (uint8_t)(1 + next(seed) % 6), at);
        row->ended_at = next(seed) % 3 ? CHURN_TIME_NONE : D(at + (int)(next(seed) % 15));
    }
    at = 0;
    for (uint64_t n = next(seed) % 5; s.record_count < n; s.record_count++) {
        at += 1 + (int)(next(seed) % 25);
        s.records[s.record_count] = record((uint8_t)(1 + next(seed) % 4), at, 1);
    }
    return s;
}

/* Live and paying on a day, subscription by subscription. */
static bool live_on(const story *s, size_t i, int d)
{
    const churn__subscription *row = &s->rows[i];
    const bool over =
        i + 1 < s->row_count && s->rows[i + 1].id == row->id && s->rows[i + 1].valid_from <= D(d);
    return !over && row->status != CHURN__SUB_TRIAL && churn__subscription_live(row, D(d));
}

static bool id_live_on(const story *s, uint32_t id, int d)
{
    for (size_t i = 0; i < s->row_count; i++) {
        if (s->rows[i].id == id && live_on(s, i, d)) {
            return true;
        }
    }
    return false;
}

/* Day by day: who is a customer on it. */
static void walk_days(const story *s, bool by_subscription, bool by_record, int days, bool *alive,
                      bool *lost)
{
    bool lives = false, gone = false;
    for (int d = 0; d <= days; d++) {
        bool any = false, any_before = false;
        for (uint32_t id = 0; id < 8; id++) {
            const bool now = id_live_on(s, id, d), before = d > 0 && id_live_on(s, id, d - 1);
            any = any || now;
            any_before = any_before || before;
            if (now && !before) {
                lives = true;
                gone = false;
            }
        }
        if (s->row_count == 0 && s->begins == d && d > 0 && !gone) {
            lives = true;
        }
        if (by_subscription && any_before && !any) {
            lives = false;
            gone = true;
        }
        for (size_t i = 0; i < s->record_count; i++) {
            if (by_record && s->records[i].at == D(d) && s->records[i].kind <= INVOLUNTARY) {
                lives = false;
                gone = true;
            }
        }
        alive[d] = lives;
        lost[d] = gone;
    }
}

#define DAYS 150

static bool in_spans(const churn__loss_judge *judge, int d)
{
    for (size_t i = 0; i < judge->span_count; i++) {
        const churn__life_span *span = &judge->spans[i];
        if (span->from <= D(d) && (span->to == CHURN_TIME_NONE || D(d) < span->to)) {
            return true;
        }
    }
    return false;
}

static void loss_judge__random_stories__agree_day_by_day(void **state)
{
    churn__heap *heap = churn__heap_create(NULL, 0);
    uint64_t seed = 4711;
    (void)state;
    for (int round = 0; round < 20000; round++) {
        const story s = random_story(&seed);
        const bool by_subscription = next(&seed) % 3 > 0, by_record = next(&seed) % 2;
        churn__loss_judge judge = make_judge(heap, by_subscription, by_record);
        const churn__loss_facts facts = {s.rows,
                                         s.row_count,
                                         s.records,
                                         s.record_count,
                                         s.begins == 0 ? CHURN_TIME_NONE : D(s.begins),
                                         D(DAYS),
                                         0};
        bool alive[DAYS + 1], lost[DAYS + 1];
        churn__loss loss;
        assert_ok(churn__loss_judge_facts(&judge, &facts, &loss, NULL));
        walk_days(&s, by_subscription, by_record, DAYS, alive, lost);
        for (int d = 0; d <= DAYS; d++) {
            assert_int_equal(in_spans(&judge, d), alive[d]);
        }
        assert_int_equal(loss.churned, lost[DAYS]);
        for (size_t i = 1; i < judge.span_count; i++) {
            assert_true(judge.spans[i - 1].to != CHURN_TIME_NONE &&
                        judge.spans[i - 1].to <= judge.spans[i].from);
        }
        drop_judge(&judge);
    }
    churn__heap_release(heap);
}

static void loss_judge__no_memory__fails_clean(void **state)
{
    const story s = {.rows = {sub_until(1, 10, 30), sub(2, CHURN__SUB_ACTIVE, 45)}, .row_count = 2};
    const churn__loss_facts facts = {s.rows, 2, NULL, 0, CHURN_TIME_NONE, D(90), 0};
    bool done = false;
    (void)state;
    for (uint64_t at = 2; !done; at++) {
        failing f = {.fail_at = at, .for_ever = true};
        const churn_allocator allocator = failing_allocator(&f);
        churn__heap *heap = churn__heap_create(&allocator, 0);
        churn__loss_judge judge = make_judge(heap, true, false);
        churn__loss loss;
        const churn_status st = churn__loss_judge_facts(&judge, &facts, &loss, NULL);
        done = st == CHURN_OK;
        assert_true(done || st == CHURN_E_NOMEM);
        drop_judge(&judge);
        churn__heap_release(heap);
        assert_int_equal(f.blocks, 0);
        assert_false(f.mismatch);
    }
}

int main(void)
{
    const struct CMUnitTest journey_loss[] = {
        cmocka_unit_test(loss_by_subscription__last_one_ends__is_lost),
        cmocka_unit_test(loss_by_subscription__still_live__is_not_lost),
        cmocka_unit_test(loss_by_subscription__only_trials__is_no_customer),
        cmocka_unit_test(loss_by_subscription__trial_then_paid__begins_with_pay),
        cmocka_unit_test(loss_by_subscription__return__ends_it),
        cmocka_unit_test(loss_by_subscription__switch_at_one_instant__is_none),
        cmocka_unit_test(loss_by_subscription__not_paid__is_involuntary),
        cmocka_unit_test(loss_by_subscription__record_nearby__gives_reason_and_kind),
        cmocka_unit_test(loss_by_subscription__other_currency__has_no_mrr),
        cmocka_unit_test(loss_by_record__not_declared__only_disagrees),
        cmocka_unit_test(loss_by_record__declared__lasts_until_a_later_start),
        cmocka_unit_test(loss_by_record__kinds__only_two_are_losses),
        cmocka_unit_test(loss_by_record__without_subscriptions__is_for_ever),
        cmocka_unit_test(loss_by_record__subscriptions_end__is_no_loss_alone),
        cmocka_unit_test(loss_by_both__the_first__dates_it),
        cmocka_unit_test(loss_by_both__several_lives__each_has_its_span),
        cmocka_unit_test(loss__before_the_end__knows_nothing_of_it),
        cmocka_unit_test(loss_judge__random_stories__agree_day_by_day),
        cmocka_unit_test(loss_judge__no_memory__fails_clean),
    };
    return RUN_TESTS(journey_loss);
}
