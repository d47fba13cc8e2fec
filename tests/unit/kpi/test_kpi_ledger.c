/* SPDX-License-Identifier: MIT */
#include "sub.h"

#include "base/num.h"
#include "kpi/spells.h"

#define GBP 3

static const churn__exchange usd = {.currency = USD};

/* ---- saying what a ledger should be ---- */

typedef struct world {
    churn__heap *heap;
    churn__kpi_policy policy;
    churn__ledger *ledger;
    churn__ledger_of of;
} world;

static void begin(world *w, int32_t preset, uint32_t split)
{
    memset(w, 0, sizeof *w);
    w->heap = churn__heap_create(NULL, 0);
    w->policy = churn__kpi_policy_preset(preset);
    w->ledger = churn__ledger_create_plain(w->heap, &w->policy, NULL, split);
    assert_non_null(w->ledger);
}

static void end(world *w)
{
    churn__ledger_free(w->ledger);
    churn__heap_release(w->heap);
}

static void run(world *w, const churn__subscription *rows, size_t count, churn_time as_of)
{
    assert_ok(churn__ledger_rows(w->ledger, rows, count, &usd, as_of, &w->of, NULL));
}

/* "new start 1 +100, churn end 1 -100" */
static void assert_story(const world *w, const char *expected, int line)
{
    char text[2000];
    size_t len = 0;
    text[0] = '\0';
    for (size_t i = 0; i < w->of.move_count; i++) {
        const churn__move *m = &w->of.moves[i];
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%s %s %u %+lld",
                                i == 0 ? "" : ", ", churn__movement_name(m->kind),
                                churn__cause_name(m->cause), m->subscription, (long long)m->amount);
        assert_true(len < sizeof text);
    }
    if (strcmp(text, expected) != 0) {
        fail_msg("line %d:\n  %s\n  expected\n  %s", line, text, expected);
    }
}

#define story(w, expected) assert_story(w, expected, __LINE__)

static churn__subscription plan(churn__subscription s, uint32_t name)
{
    s.plan = name;
    return s;
}

#define D(n) ((n)*CHURN__DAY)
#define ACTIVE(id, amount, from) sub(id, CHURN__SUB_ACTIVE, amount, from)

/* ---- kinds ---- */

/* ChartMogul: +60 is an expansion, -60 a contraction; churn at the end; later a reactivation. */
static void ledger__chartmogul_story__as_published(void **state)
{
    const churn__subscription rows[] = {
        ACTIVE(1, 4000, D(0)),
        ACTIVE(1, 10000, D(31)),
        sub_until(1, 4000, D(59), D(90)),
        ACTIVE(2, 4000, D(200)),
    };
    world w;
    (void)state;
    begin(&w, CHURN__POLICY_CHARTMOGUL, 0);
    run(&w, rows, 4, D(1000));
    story(&w, "new start 1 +4000, expansion price 1 +6000, contraction price 1 -6000, "
              "churn end 1 -4000, reactivation return 2 +4000");
    assert_true(w.of.moves[3].at == D(90));
    assert_int_equal(w.of.moves[2].before, 10000);
    assert_int_equal(w.of.moves[2].after, 4000);
    run(&w, rows, 3, D(90)); /* what happens at as_of is not yet there */
    story(&w, "new start 1 +4000, expansion price 1 +6000, contraction price 1 -6000");
    end(&w);
}

static void ledger__return__as_the_windows_say(void **state)
{
    static const struct {
        int64_t after, within;
        const char *story;
    } cases[] = {
        {0, CHURN__REACTIVATION_ANY, "churn end 1 -100, reactivation return 2 +100"},
        {0, CHURN__REACTIVATION_NEVER, "churn end 1 -100, new return 2 +100"},
        {0, D(20), "churn end 1 -100, reactivation return 2 +100"},
        {0, D(20) - 1, "churn end 1 -100, new return 2 +100"},
        {D(20), D(90), "churn end 1 -100, reactivation return 2 +100"},
        {D(20) + 1, D(90), "contraction end 1 -100, expansion return 2 +100"},
        {D(31), CHURN__REACTIVATION_NEVER, "contraction end 1 -100, expansion return 2 +100"},
    };
    const churn__subscription rows[] = {sub_until(1, 100, D(0), D(30)), ACTIVE(2, 100, D(50))};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char expected[200];
        world w;
        begin(&w, CHURN__POLICY_CHARTMOGUL, 0);
        w.policy.reactivation_after = cases[i].after;
        w.policy.reactivation_within = cases[i].within;
        run(&w, rows, 2, D(1000));
        snprintf(expected, sizeof expected, "new start 1 +100, %s", cases[i].story);
        story(&w, expected);
        run(&w, rows, 1, D(40)); /* nobody knows yet of a return */
        story(&w, "new start 1 +100, churn end 1 -100");
        end(&w);
    }
}

static void ledger__comes_and_goes_in_a_month__is_ignored(void **state)
{
    const churn__subscription rows[] = {
        sub_until(1, 100, day(2026, 1, 5), day(2026, 1, 20)),
        sub_until(2, 200, day(2026, 2, 5), day(2026, 3, 1)),
        sub_until(3, 300, day(2026, 5, 2), day(2026, 5, 3)),
        ACTIVE(4, 400, day(2026, 6, 1)),
    };
    world w;
    (void)state;
    begin(&w, CHURN__POLICY_PROFITWELL, 0);
    run(&w, rows, 4, day(2027, 1, 1));
    story(&w, "new start 2 +200, churn end 2 -200, reactivation return 4 +400");
    assert_int_equal(w.of.moves[0].before, 0);
    run(&w, rows, 1, day(2026, 1, 20)); /* still there, as far as is known */
    story(&w, "new start 1 +100");
    w.policy.same_period = CHURN__SAME_PERIOD_INCLUDE;
    run(&w, rows, 4, day(2027, 1, 1));
    assert_int_equal(w.of.move_count, 7);
    /* a gap too short to be one is no end of a life */
    w.policy.same_period = CHURN__SAME_PERIOD_IGNORE;
    w.policy.reactivation_after = D(60);
    run(&w, rows + 1, 3, day(2027, 1, 1));
    story(&w, "new start 2 +200, churn end 2 -200, reactivation return 4 +400");
    end(&w);
}

/* ---- groups ---- */

static void ledger__changes_of_a_group__are_one_movement(void **state)
{
    static const struct {
        uint8_t group;
        const char *story;
    } cases[] = {
        {CHURN__GROUP_INSTANT, "new start 1 +100, expansion added 2 +50, contraction removed 1 "
                               "-100, expansion added 3 +70"},
        {CHURN__GROUP_HOUR, "new start 1 +100, expansion added 2 +50, contraction removed 1 -30"},
        /* -100 + 50 + 70: the rises win, in proportion */
        {CHURN__GROUP_DAY, "new start 1 +100, expansion added 2 +8, expansion added 3 +12"},
    };
    const churn_time noon = D(10) + 12 * CHURN__HOUR;
    const churn__subscription rows[] = {
        sub_until(1, 100, D(0), noon + CHURN__HOUR),
        ACTIVE(2, 50, noon),
        ACTIVE(3, 70, noon + CHURN__HOUR + 30 * CHURN__MINUTE),
    };
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        world w;
        begin(&w, CHURN__POLICY_CHARTMOGUL, 0);
        w.policy.group = cases[i].group;
        run(&w, rows, 3, D(1000));
        story(&w, cases[i].story);
        end(&w);
    }
}

/* A local day ends at local midnight. */
static void ledger__day__is_local(void **state)
{
    churn__zone *zone = NULL;
    const churn__subscription rows[] = {ACTIVE(1, 100, D(10) - CHURN__HOUR),
                                        ACTIVE(2, 50, D(10) + CHURN__HOUR),
                                        ACTIVE(3, 1, D(11) - CHURN__HOUR)};
    world w;
    (void)state;
    begin(&w, CHURN__POLICY_PROFITWELL, 0);
    run(&w, rows, 3, D(1000));
    story(&w, "new start 1 +100, expansion added 2 +50, expansion added 3 +1");
    assert_int_equal(w.of.moves[2].at, D(10) + CHURN__HOUR);
    churn__ledger_free(w.ledger);
    assert_int_equal(churn__zone_open(w.heap, NULL, CHURN__STR("+02:00"), &zone), CHURN__ZONE_OK);
    w.ledger = churn__ledger_create_plain(w.heap, &w.policy, zone, 0);
    run(&w, rows, 3, D(1000));
    story(&w, "new start 1 +100, new start 2 +50, expansion added 3 +1");
    churn__zone_release(zone);
    end(&w);
}

/* ---- causes ---- */

typedef struct cause_case {
    const char *name;
    churn__subscription before, after;
    const char *story; /* of the change alone, beside a subscription 9 of 1000 */
} cause_case;

static void ledger__each_change__has_its_cause(void **state)
{
    const churn__subscription base = plan(ACTIVE(1, 100, D(0)), 5);
    churn__subscription s[12];
    for (size_t i = 0; i < 12; i++) {
        s[i] = base;
        s[i].valid_from = D(40);
        s[i].amount = 150;
    }
    s[0].plan = 6;
    s[1].period_count = 3;
    s[1].amount = 600;
    s[2].seats = 5;
    s[3].currency = USD;
    s[4].amount = 100;
    s[4].discount = 30;
    s[5].status = CHURN__SUB_PAUSED;
    s[6].status = CHURN__SUB_UNPAID;
    s[7].status = CHURN__SUB_CANCELLED;
    s[8].ended_at = D(40);
    s[9].usage_based = 1;
    churn__subscription discounted = base, paused = base, unpaid = base, free_plan = base;
    discounted.discount = 30;
    paused.status = CHURN__SUB_PAUSED;
    unpaid.status = CHURN__SUB_UNPAID;
    free_plan.amount = 0;
    s[10].amount = 100;
    s[11].amount = 100;
    const cause_case cases[] = {
        {"plan", base, s[0], "expansion plan 1 +50"},
        {"period", base, s[1], "expansion period 1 +100"},
        {"seats", base, s[2], "expansion seats 1 +50"},
        {"price", base, s[3], "expansion price 1 +50"},
        {"discount", base, s[4], "contraction discount 1 -30"},
        {"pause", base, s[5], "contraction pause 1 -100"},
        {"unpaid", base, s[6], "contraction unpaid 1 -100"},
        {"cancelled", base, s[7], "contraction removed 1 -100"},
        {"ended", base, s[8], "contraction removed 1 -100"},
        {"metered", base, s[9], "contraction price 1 -100"},
        {"discount ends", discounted, s[10], "expansion discount_end 1 +30"},
        {"resumed", paused, s[11], "expansion resume 1 +100"},
        {"paid", unpaid, s[11], "expansion paid 1 +100"},
        {"upgraded from free", free_plan, s[0], "expansion plan 1 +150"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const churn__subscription rows[] = {cases[i].before, cases[i].after, ACTIVE(9, 1000, D(0))};
        char expected[100];
        world w;
        begin(&w, CHURN__POLICY_CHARTMOGUL, 0);
        run(&w, rows, 3, D(1000));
        snprintf(expected, sizeof expected, "new start 9 +1000, %s", cases[i].story);
        if (w.of.move_count == 3) {
            assert_int_equal(w.of.moves[0].subscription, 1); /* both are new at once */
            w.of.moves++;
            w.of.move_count--;
        }
        assert_story(&w, expected, (int)i);
        end(&w);
    }
}

static void ledger__end_of_all__is_cancelled_or_ended(void **state)
{
    churn__subscription rows[] = {sub_until(1, 100, D(0), D(30)), ACTIVE(1, 100, D(40))};
    world w;
    (void)state;
    begin(&w, CHURN__POLICY_STRIPE, 0);
    run(&w, rows, 1, D(1000));
    story(&w, "new start 1 +100, churn end 1 -100");
    rows[0].cancel_requested_at = D(10);
    run(&w, rows, 1, D(1000));
    story(&w, "new start 1 +100, churn cancel 1 -100");
    assert_true(w.of.moves[1].at == D(30));
    w.policy.recognition = CHURN__RECOGNITION_REQUEST;
    run(&w, rows, 1, D(1000));
    assert_true(w.of.moves[1].at == D(10));
    rows[0] = ACTIVE(1, 100, D(0));
    rows[1].status = CHURN__SUB_UNPAID; /* Stripe: canceled or unpaid is churn */
    run(&w, rows, 2, D(1000));
    story(&w, "new start 1 +100, churn unpaid 1 -100");
    rows[1].status = CHURN__SUB_PAST_DUE;
    run(&w, rows, 2, D(1000));
    story(&w, "new start 1 +100");
    end(&w);
}

/* Discounts that run out: growth at ChartMogul, nothing at Stripe. */
static void ledger__discount_runs_out__as_the_policy_says(void **state)
{
    churn__subscription row = ACTIVE(1, 100, D(0));
    world w;
    (void)state;
    row.discount = 40;
    row.discount_until = D(90);
    begin(&w, CHURN__POLICY_CHARTMOGUL, 0);
    run(&w, &row, 1, D(1000));
    story(&w, "new start 1 +60, expansion discount_end 1 +40");
    w.policy.discounts = CHURN__DISCOUNTS_FOREVER;
    run(&w, &row, 1, D(1000));
    story(&w, "new start 1 +100");
    row.discount_until = CHURN_TIME_NONE;
    run(&w, &row, 1, D(1000));
    story(&w, "new start 1 +60");
    end(&w);
}

/* ---- splitting ---- */

/* From a plan of 50 to one of 80 and back: the lesser of both moves. */
static void ledger__switch_of_plan__leaves_and_enters(void **state)
{
    const churn__subscription rows[] = {
        plan(ACTIVE(1, 50, D(0)), 5),
        plan(ACTIVE(1, 80, D(10)), 6),
        plan(ACTIVE(1, 50, D(20)), 5),
        plan(ACTIVE(1, 50, D(30)), 6),
    };
    world w;
    (void)state;
    begin(&w, CHURN__POLICY_CHARTMOGUL, CHURN__SPLIT_PLAN);
    run(&w, rows, 4, D(1000));
    story(&w, "new start 1 +50, segment_out switch 1 -50, segment_in switch 1 +50, "
              "expansion plan 1 +30, segment_out switch 1 -50, segment_in switch 1 +50, "
              "contraction plan 1 -30, segment_out switch 1 -50, segment_in switch 1 +50");
    assert_int_equal(w.of.moves[1].plan, 5);
    assert_int_equal(w.of.moves[2].plan, 6);
    assert_int_equal(w.of.moves[3].plan, 6);
    assert_int_equal(w.of.moves[6].plan, 6); /* what is lost is lost where it was */
    churn__ledger_free(w.ledger);
    w.ledger = churn__ledger_create_plain(w.heap, &w.policy, NULL, 0);
    run(&w, rows, 4, D(1000));
    story(&w, "new start 1 +50, expansion plan 1 +30, contraction plan 1 -30");
    end(&w);
}

/* Falls of 30 in one plan, rises of 100 over two others at 60 : 40, so 18 and 12 are moved. */
static void ledger__several_plans__share_what_moves(void **state)
{
    const churn__subscription rows[] = {plan(ACTIVE(1, 100, D(0)), 5), plan(ACTIVE(1, 70, D(9)), 5),
                                        plan(ACTIVE(2, 60, D(9)), 6), plan(ACTIVE(3, 40, D(9)), 7)};
    world w;
    (void)state;
    begin(&w, CHURN__POLICY_CHARTMOGUL, CHURN__SPLIT_PLAN);
    run(&w, rows, 4, D(1000));
    story(&w, "new start 1 +100, segment_out switch 1 -30, segment_in switch 2 +18, "
              "segment_in switch 3 +12, expansion added 2 +42, expansion added 3 +28");
    end(&w);
}

/* ---- rates ---- */

static void ledger__historic_rates__are_movements_of_currency(void **state)
{
    static const churn__exchange_rate rates[] = {{EUR, 1.5}};
    static const churn__exchange_turn turns[] = {{EUR, D(10), 1.25}, {EUR, D(20), 1.5}};
    static const churn__exchange both = {USD, rates, 1, turns, 2};
    churn__subscription rows[] = {ACTIVE(1, 100, D(15)), sub_until(1, 200, D(20), D(30))};
    world w;
    (void)state;
    rows[0].currency = rows[1].currency = EUR;
    begin(&w, CHURN__POLICY_CHARTMOGUL, CHURN__SPLIT_CURRENCY);
    assert_ok(churn__ledger_rows(w.ledger, rows, 2, &both, D(1000), &w.of, NULL));
    story(&w, "new start 1 +150, expansion price 1 +150, churn end 1 -300");
    w.policy.fx = CHURN__FX_HISTORIC;
    assert_ok(churn__ledger_rows(w.ledger, rows, 2, &both, D(1000), &w.of, NULL));
    story(&w, "new start 1 +125, currency rate 1 +25, expansion price 1 +150, churn end 1 -300");
    assert_int_equal(w.of.moves[2].before, 150);
    /* before the first rate it is unknown; then the rate brings it */
    rows[0].valid_from = D(5);
    assert_ok(churn__ledger_rows(w.ledger, rows, 2, &both, D(1000), &w.of, NULL));
    story(&w, "currency rate 1 +125, currency rate 1 +25, expansion price 1 +150, "
              "churn end 1 -300");
    assert_int_equal(w.of.unknown_count, 1);
    assert_true(w.of.unknown[0].from == D(5) && w.of.unknown[0].to == D(10));
    assert_int_equal(w.of.unknown[0].missing, CHURN__NO_RATE);
    assert_int_equal(w.of.unknown[0].currency, EUR);
    end(&w);
}

static void ledger__unknown_money__is_told(void **state)
{
    churn__subscription rows[] = {ACTIVE(1, 100, D(0)), sub_until(2, 100, D(10), D(20)),
                                  ACTIVE(3, INT64_MAX, D(50))};
    churn__mrr_moves moves;
    world w;
    (void)state;
    rows[1].currency = GBP;
    begin(&w, CHURN__POLICY_CHARTMOGUL, 0);
    run(&w, rows, 3, D(1000));
    story(&w, "new start 1 +100");
    assert_int_equal(w.of.unknown_count, 2);
    assert_true(w.of.unknown[0].from == D(10) && w.of.unknown[0].to == D(20));
    assert_int_equal(w.of.unknown[0].currency, GBP);
    assert_true(w.of.unknown[1].from == D(50) && w.of.unknown[1].to == CHURN_TIME_NONE);
    assert_int_equal(w.of.unknown[1].missing, CHURN__NON_FINITE);
    assert_int_equal(churn__mrr_moves_between(&w.of, D(0), D(10), &moves), CHURN__PRESENT);
    assert_int_equal(moves.amount[CHURN__MOVE_NEW], 100);
    assert_int_equal(moves.count[CHURN__MOVE_NEW], 1);
    assert_int_equal(churn__mrr_moves_between(&w.of, D(0), D(11), &moves), CHURN__NO_RATE);
    /* What goes at D(20) is not known. */
    assert_int_equal(churn__mrr_moves_between(&w.of, D(20), D(50), &moves), CHURN__NO_RATE);
    assert_int_equal(churn__mrr_moves_between(&w.of, D(20) + 1, D(50), &moves), CHURN__PRESENT);
    assert_int_equal(churn__mrr_moves_between(&w.of, D(20) + 1, D(51), &moves), CHURN__NON_FINITE);
    end(&w);
}

/* 2,000 subscriptions of 2^53: no sum of them fits. */
static void ledger__sums_beyond_int64__nothing_is_told(void **state)
{
    enum { MANY = 2000 };
    churn__subscription rows[MANY];
    world w;
    (void)state;
    for (uint32_t i = 0; i < MANY; i++) {
        rows[i] = ACTIVE(i, INT64_C(1) << 53, D((int64_t)i % 700));
    }
    begin(&w, CHURN__POLICY_CHARTMOGUL, CHURN__SPLIT_ALL);
    run(&w, rows, MANY, D(1000));
    assert_int_equal(w.of.move_count, 0);
    assert_int_equal(w.of.unknown_count, 1);
    assert_true(w.of.unknown[0].from == D(0) && w.of.unknown[0].to == CHURN_TIME_NONE);
    run(&w, rows, 100, D(1000)); /* these do, but no table can show them */
    assert_true(w.of.move_count > 0);
    assert_int_equal(w.of.unknown_count, 1);
    end(&w);
}

static void ledger__odd_rows__have_a_stated_result(void **state)
{
    churn__subscription rows[] = {sub_until(1, 100, D(10), D(5)), sub_until(2, 100, D(10), D(10)),
                                  ACTIVE(3, 0, D(10)), ACTIVE(4, 100, D(20)),
                                  ACTIVE(5, 100, D(20))};
    world w;
    (void)state;
    begin(&w, CHURN__POLICY_CHARTMOGUL, 0);
    run(&w, rows, 3, D(1000)); /* over before they begin; nothing to pay */
    story(&w, "");
    run(&w, rows, 5, D(1000)); /* two at once */
    story(&w, "new start 4 +100, new start 5 +100");
    run(&w, rows, 0, D(1000));
    story(&w, "");
    run(&w, rows, 5, D(10));
    story(&w, "");
    end(&w);
}

/* ---- random books ---- */

typedef struct dice {
    uint64_t state;
} dice;

static uint32_t roll(dice *d, uint32_t sides)
{
    d->state = d->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((d->state >> 33) % sides);
}

#define MOST_ROWS 24

static size_t random_rows(dice *d, churn__subscription *rows)
{
    size_t n = 0;
    const uint32_t subs = 1 + roll(d, 4);
    for (uint32_t id = 1; id <= subs; id++) {
        churn_time at = D(roll(d, 40)) + (roll(d, 2) ? roll(d, 20) * 10 * CHURN__MINUTE : 0);
        const uint32_t states = 1 + roll(d, 6);
        for (uint32_t k = 0; k < states; k++) {
            churn__subscription s = sub(id, (uint8_t)(1 + roll(d, 6)), 0, at);
            s.status = roll(d, 2) ? CHURN__SUB_ACTIVE : s.status;
            s.amount = roll(d, 8) == 0 ? -(int64_t)roll(d, 50) : (int64_t)roll(d, 1000);
            s.period_unit = (uint8_t) "mmyw"[roll(d, 4)];
            s.plan = 5 + roll(d, 3);
            s.product = 8 + roll(d, 2);
            s.currency = 1 + (roll(d, 3) == 0 ? roll(d, 3) : 0);
            s.usage_based = roll(d, 6) == 0;
            s.seats = roll(d, 3);
            if (roll(d, 4) == 0) {
                s.discount = roll(d, 300);
                s.discount_until = roll(d, 2) ? at + D(roll(d, 20)) : CHURN_TIME_NONE;
            }
            if (roll(d, 4) == 0) {
                s.ended_at = at + D(roll(d, 30)) - D(2);
            }
            if (roll(d, 4) == 0) {
                s.cancel_requested_at = at + D(roll(d, 20));
            }
            rows[n++] = s;
            at += roll(d, 3) == 0 ? (1 + roll(d, 90)) * CHURN__MINUTE : D(1 + roll(d, 20));
        }
    }
    return n;
}

static churn__kpi_policy random_policy(dice *d)
{
    churn__kpi_policy p = churn__kpi_policy_preset((int32_t)(1 + roll(d, 5)));
    if (roll(d, 2)) {
        return p;
    }
    p.recognition = (uint8_t)roll(d, 2);
    p.same_period = (uint8_t)roll(d, 2);
    p.discounts = (uint8_t)roll(d, 3);
    p.trials = (uint8_t)roll(d, 2);
    p.past_due = (uint8_t)roll(d, 2);
    p.unpaid = (uint8_t)roll(d, 2);
    p.paused = (uint8_t)roll(d, 2);
    p.usage_based = (uint8_t)roll(d, 2);
    p.free = (uint8_t)roll(d, 2);
    p.refunds = (uint8_t)roll(d, 2);
    p.fx = (uint8_t)roll(d, 2);
    p.group = (uint8_t)roll(d, 3);
    p.tax = roll(d, 2) * 270000;
    p.reactivation_after = roll(d, 2) ? D(roll(d, 10)) : 0;
    p.reactivation_within = roll(d, 2) ? D(10 + roll(d, 30)) : CHURN__REACTIVATION_ANY;
    return p;
}

static const churn__exchange_rate some_rates[] = {{EUR, 1.1}, {GBP, 1.3}};
static const churn__exchange_turn some_turns[] = {{EUR, D(-100), 1.2},
                                                  {EUR, D(12), 1.15},
                                                  {EUR, D(31) + CHURN__HOUR, 1.1},
                                                  {GBP, D(-50), 1.25},
                                                  {GBP, D(25), 1.3}};
static const churn__exchange some = {USD, some_rates, 2, some_turns, 5};

/* MRR at an instant of the subscriptions with a value of a key (0: all of them). */
static int64_t level(const churn__kpi_policy *policy, const churn__subscription *rows, size_t n,
                     churn_time at, size_t key, uint32_t value)
{
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        const bool last = i + 1 == n || rows[i + 1].id != rows[i].id || rows[i + 1].valid_from > at;
        const uint32_t codes[] = {0, rows[i].plan, rows[i].product, rows[i].currency};
        int64_t mrr = 0;
        if (!last || rows[i].valid_from > at || codes[key] != value) {
            continue;
        }
        assert_int_equal(churn__mrr_at(policy, &rows[i], 1, &some, at, &mrr), CHURN__PRESENT);
        sum += mrr;
    }
    return sum;
}

static int64_t moved(const churn__ledger_of *of, size_t key, uint32_t value, churn_time before)
{
    int64_t sum = 0;
    for (size_t i = 0; i < of->move_count && of->moves[i].at < before; i++) {
        const churn__move *m = &of->moves[i];
        const uint32_t codes[] = {0, m->plan, m->product, m->currency};
        sum += codes[key] == value ? m->amount : 0;
    }
    return sum;
}

static size_t known(const churn__subscription *rows, size_t n, churn_time as_of,
                    churn__subscription *out)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        if (rows[i].valid_from <= as_of) {
            out[count] = rows[i];
            out[count].ended_at = rows[i].ended_at <= as_of ? rows[i].ended_at : CHURN_TIME_NONE;
            out[count].cancel_requested_at = rows[i].cancel_requested_at <= as_of
                                                 ? rows[i].cancel_requested_at
                                                 : CHURN_TIME_NONE;
            count++;
        }
    }
    return count;
}

static void check_rows(const churn__ledger_of *of)
{
    int64_t running = 0;
    for (size_t i = 0; i < of->move_count; i++) {
        const churn__move *m = &of->moves[i];
        assert_true(i == 0 || m[-1].at <= m->at);
        assert_true(m->amount != 0);
        assert_true(m->kind > CHURN__MOVE_NONE && m->kind < CHURN__MOVES);
        assert_true(m->cause > CHURN__CAUSE_NONE && m->cause < CHURN__CAUSES);
        assert_true(m->before == running);
        running += m->amount;
        assert_true(m->after == running);
        assert_true(m->kind != CHURN__MOVE_EXPANSION || m->amount > 0);
        assert_true(m->kind != CHURN__MOVE_NEW || m->amount > 0);
        assert_true(m->kind != CHURN__MOVE_REACTIVATION || m->amount > 0);
        assert_true(m->kind != CHURN__MOVE_CONTRACTION || m->amount < 0);
        assert_true(m->kind != CHURN__MOVE_SEGMENT_OUT || m->amount < 0);
        assert_true(m->kind != CHURN__MOVE_SEGMENT_IN || m->amount > 0);
    }
}

/* The moves known at any instant are the MRR just before it: of the customer, and of each plan,
 * product and currency where the ledger is split by it. */
static void ledger__random_books__add_up_under_every_policy(void **state)
{
    dice d = {11};
    (void)state;
    for (int round = 0; round < 6000; round++) {
        churn__subscription rows[MOST_ROWS], seen[MOST_ROWS];
        const size_t n = random_rows(&d, rows);
        world w;
        begin(&w, 1, 0);
        w.policy = random_policy(&d);
        churn__ledger_free(w.ledger);
        const uint32_t split = roll(&d, 8);
        w.ledger = churn__ledger_create_plain(w.heap, &w.policy, NULL, split);
        for (int k = 0; k < 4; k++) {
            const churn_time as_of = D(roll(&d, 120)) + roll(&d, 3) * CHURN__HOUR / 2;
            const size_t count = known(rows, n, as_of, seen);
            assert_ok(churn__ledger_rows(w.ledger, seen, count, &some, as_of, &w.of, NULL));
            check_rows(&w.of);
            assert_int_equal(w.of.unknown_count, 0);
            assert_int_equal(moved(&w.of, 0, 0, as_of),
                             level(&w.policy, seen, count, as_of - 1, 0, 0));
            for (size_t key = 1; key <= 3; key++) {
                for (uint32_t v = 0; (split & (1u << (key - 1))) != 0 && v < 12; v++) {
                    assert_int_equal(moved(&w.of, key, v, as_of),
                                     level(&w.policy, seen, count, as_of - 1, key, v));
                }
            }
        }
        end(&w);
    }
}

/* Without groups and forgetting, the same holds of every instant of the past. */
static void ledger__random_books__follow_the_level(void **state)
{
    dice d = {5};
    (void)state;
    for (int round = 0; round < 3000; round++) {
        churn__subscription rows[MOST_ROWS];
        const size_t n = random_rows(&d, rows);
        world w;
        begin(&w, 1, 0);
        w.policy = random_policy(&d);
        w.policy.group = CHURN__GROUP_INSTANT;
        w.policy.same_period = CHURN__SAME_PERIOD_INCLUDE;
        assert_ok(churn__ledger_rows(w.ledger, rows, n, &some, D(1000), &w.of, NULL));
        for (int k = 0; k < 20; k++) {
            const churn_time at = D(roll(&d, 120)) + roll(&d, 48) * CHURN__HOUR / 2;
            int64_t mrr = -1;
            assert_int_equal(churn__mrr_at(&w.policy, rows, n, &some, at - 1, &mrr),
                             CHURN__PRESENT);
            assert_int_equal(moved(&w.of, 0, 0, at), mrr);
        }
        end(&w);
    }
}

/* Steps are the level, too. */
static void mrr_steps__random_books__are_the_level(void **state)
{
    dice d = {17};
    (void)state;
    for (int round = 0; round < 2000; round++) {
        churn__subscription rows[MOST_ROWS];
        const size_t n = random_rows(&d, rows);
        churn__heap *heap = churn__heap_create(NULL, 0);
        const churn__kpi_policy policy = random_policy(&d);
        churn__mrr_step *steps = NULL;
        size_t count = 0, capacity = 0;
        assert_ok(churn__mrr_steps(heap, &policy, rows, n, &some, &steps, &count, &capacity, NULL));
        for (size_t i = 0; i < count; i++) {
            int64_t mrr = -1;
            assert_true(i == 0 || steps[i - 1].at < steps[i].at);
            assert_int_equal(churn__mrr_at(&policy, rows, n, &some, steps[i].at, &mrr),
                             CHURN__PRESENT);
            assert_int_equal(mrr, steps[i].mrr);
        }
        churn__free_array(heap, steps, capacity, sizeof *steps);
        churn__heap_release(heap);
    }
}

/* A warm ledger takes no memory. */
static void ledger__warm__takes_no_memory(void **state)
{
    dice d = {3};
    churn__subscription rows[MOST_ROWS];
    world w;
    (void)state;
    begin(&w, CHURN__POLICY_CHARTMOGUL, CHURN__SPLIT_ALL);
    const size_t n = random_rows(&d, rows);
    assert_ok(churn__ledger_rows(w.ledger, rows, n, &some, D(1000), &w.of, NULL));
    const uint64_t used = churn__heap_used(w.heap);
    for (int i = 0; i < 100; i++) {
        assert_ok(churn__ledger_rows(w.ledger, rows, n, &some, D(1000), &w.of, NULL));
    }
    assert_int_equal(churn__heap_used(w.heap), used);
    end(&w);
}

int main(void)
{
    const struct CMUnitTest kpi_ledger[] = {
        cmocka_unit_test(ledger__chartmogul_story__as_published),
        cmocka_unit_test(ledger__return__as_the_windows_say),
        cmocka_unit_test(ledger__comes_and_goes_in_a_month__is_ignored),
        cmocka_unit_test(ledger__changes_of_a_group__are_one_movement),
        cmocka_unit_test(ledger__day__is_local),
        cmocka_unit_test(ledger__each_change__has_its_cause),
        cmocka_unit_test(ledger__end_of_all__is_cancelled_or_ended),
        cmocka_unit_test(ledger__discount_runs_out__as_the_policy_says),
        cmocka_unit_test(ledger__switch_of_plan__leaves_and_enters),
        cmocka_unit_test(ledger__several_plans__share_what_moves),
        cmocka_unit_test(ledger__historic_rates__are_movements_of_currency),
        cmocka_unit_test(ledger__unknown_money__is_told),
        cmocka_unit_test(ledger__sums_beyond_int64__nothing_is_told),
        cmocka_unit_test(ledger__odd_rows__have_a_stated_result),
        cmocka_unit_test(ledger__random_books__add_up_under_every_policy),
        cmocka_unit_test(ledger__random_books__follow_the_level),
        cmocka_unit_test(mrr_steps__random_books__are_the_level),
        cmocka_unit_test(ledger__warm__takes_no_memory),
    };
    return RUN_TESTS(kpi_ledger);
}
