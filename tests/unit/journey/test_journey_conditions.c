/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "failing.h"
#include "journey/inside.h"

/* Conditions of losses, from answers written as a string: one letter a midnight, T F U. Instants
 * are days from a midnight of UTC on; nothing is paid. */
#define D(n) (CHURN__DAY * (10000 + (n)))
#define H (CHURN__DAY / 24)

typedef struct desk {
    churn__heap *heap;
    churn__loss_book *book;
    churn__loss_condition conditions[2];
    churn__loss_judge judge;
    churn__loss_facts facts;
    churn__subscription rows[2];
    churn__churn record;
    churn__loss loss;
} desk;

static churn__exchange dollars = {.currency = 1};

static void answer(desk *d, uint32_t condition, const char *answers)
{
    for (int day = 0; answers[day] != '\0'; day++) {
        uint8_t truth = answers[day] == 'T'   ? CHURN__TRUE
                        : answers[day] == 'F' ? CHURN__FALSE
                                              : CHURN__UNKNOWN;
        assert_true(churn__loss_book_put(d->book, 3, condition, D(day), truth));
    }
}

/* A condition must have held for so many hours. Somebody who began on the first day. */
static void sit_down(desk *d, int hours, const char *answers)
{
    memset(d, 0, sizeof *d);
    d->heap = churn__heap_create(NULL, 0);
    d->book = churn__loss_book_create(d->heap, 5, 2);
    assert_non_null(d->book);
    d->conditions[0].hold = d->conditions[1].hold = (churn__span){.amount = hours * H};
    d->judge = (churn__loss_judge){.heap = d->heap, .exchange = &dollars, .book = d->book};
    d->judge.def.policy = churn__kpi_policy_preset(CHURN__POLICY_CHARTMOGUL);
    d->judge.def.by_subscription = d->judge.def.by_record = true;
    d->judge.def.conditions = d->conditions;
    d->judge.def.condition_count = 2;
    d->facts = (churn__loss_facts){.begins = D(0), .customer = 3};
    answer(d, 0, answers);
}

static void stand_up(desk *d)
{
    churn__loss_judge *judge = &d->judge;
    churn__free_array(d->heap, judge->steps, judge->step_capacity, sizeof *judge->steps);
    churn__free_array(d->heap, judge->turns, judge->turn_capacity, sizeof *judge->turns);
    churn__free_array(d->heap, judge->spans, judge->span_capacity, sizeof *judge->spans);
    churn__free_array(d->heap, judge->causes, judge->cause_capacity, sizeof *judge->causes);
    churn__loss_book_free(d->book);
    churn__loss_book_free(NULL);
    churn__heap_release(d->heap);
}

static void add_subscription(desk *d, int from)
{
    churn__subscription *row = &d->rows[d->facts.row_count];
    *row = (churn__subscription){.id = (uint32_t)d->facts.row_count,
                                 .status = CHURN__SUB_ACTIVE,
                                 .period_unit = 'm',
                                 .period_count = 1,
                                 .currency = 1,
                                 .amount = 100,
                                 .discount = CHURN_INT_NONE,
                                 .seats = CHURN_INT_NONE,
                                 .valid_from = D(from) + 12 * H,
                                 .discount_until = CHURN_TIME_NONE,
                                 .ended_at = CHURN_TIME_NONE,
                                 .cancel_requested_at = CHURN_TIME_NONE};
    d->facts.rows = d->rows;
    d->facts.row_count++;
}

/* Who is lost by noon of each day, one letter a day: x is lost. */
static void assert_days(desk *d, const char *expected)
{
    char days[128] = "";
    size_t count = strlen(expected);
    for (size_t day = 0; day < count; day++) {
        d->facts.as_of = D((int)day) + 13 * H;
        assert_ok(churn__loss_judge_facts(&d->judge, &d->facts, &d->loss, NULL));
        days[day] = d->loss.churned ? 'x' : '.';
    }
    assert_string_equal(days, expected);
}

static void assert_span(const desk *d, size_t i, int from, int to)
{
    assert_true(i < d->judge.span_count);
    assert_true(d->judge.spans[i].from == D(from));
    assert_true(d->judge.spans[i].to == (to < 0 ? CHURN_TIME_NONE : D(to)));
}

static void condition__held_long_enough__dates_the_loss(void **state)
{
    static const struct {
        int hours;
        const char *answers, *lost;
    } cases[] = {
        {0, "FTFFTT", ".x..xx"},  {24, "FTFTTTF", "....xx."},
        {72, "TTTTTF", "...xx."}, {36, "TTTTFF", "..xx.."},
        {1, "FTTFF", "..x.."},    {72, "TTTFTTTT", ".......x"},
        {72, "FFFF", "...."},     {0, "", "...."},
        {48, "TUUUTF", "....x."}, {48, "TTTUUUF", "..xxxx."},
        {48, "UUTTT", "....x"},   {48, "TUFTUT", ".....x"},
        {48, "TTTUFU", "..xx.."}, {24, "UUUU", "...."},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        desk d;
        sit_down(&d, cases[i].hours, cases[i].answers);
        assert_days(&d, cases[i].lost);
        stand_up(&d);
    }
}

static void condition__subscription_starts__clock_begins_anew(void **state)
{
    desk d;
    (void)state;
    sit_down(&d, 48, "TTTTTTTTTF"); /* noon of the fourth day: the next midnight is the first */
    add_subscription(&d, 3);
    assert_days(&d, "..x...");
    assert_days(&d, "..x...xxx.");
    stand_up(&d);
    sit_down(&d, 48, "TTTUUTTTTF"); /* what is not known then begins with the next TRUE */
    add_subscription(&d, 3);
    assert_days(&d, "..x....xx.");
    stand_up(&d);
    sit_down(&d, 48, "TTTTTTTTTF"); /* at a midnight it comes before what is judged there */
    add_subscription(&d, 3);
    d.rows[0].valid_from = D(3);
    assert_days(&d, "..x..xxxx.");
    stand_up(&d);
}

static void conditions__two__either_is_enough(void **state)
{
    desk d;
    (void)state;
    sit_down(&d, 24, "FTTTFFFFFF");
    answer(&d, 1, "FFFTTTTFFF");
    assert_days(&d, "..xxxxx...");
    assert_int_equal(d.judge.span_count, 2);
    assert_span(&d, 0, 0, 2);
    assert_span(&d, 1, 7, -1);
    assert_int_equal(d.loss.by_condition, 0);
    assert_true(d.loss.ever && d.loss.at == D(2));
    assert_false(d.loss.unknown);
    stand_up(&d);
    sit_down(&d, 24, "FTUUFF");
    d.facts.as_of = D(3) + H;
    assert_ok(churn__loss_judge_facts(&d.judge, &d.facts, &d.loss, NULL));
    assert_true(d.loss.unknown);
    d.facts.as_of = D(4);
    assert_ok(churn__loss_judge_facts(&d.judge, &d.facts, &d.loss, NULL));
    assert_false(d.loss.unknown);
    stand_up(&d);
}

static void gaps__back_within__lives_are_one(void **state)
{
    desk d;
    (void)state;
    sit_down(&d, 24, "FTTFFFTTTTFF");
    d.judge.def.ignore_gaps = (churn__span){.amount = 2 * CHURN__DAY};
    assert_days(&d, "..x....xxx"); /* nobody knows yet */
    d.facts.as_of = D(9);
    assert_ok(churn__loss_judge_facts(&d.judge, &d.facts, &d.loss, NULL));
    assert_int_equal(d.judge.span_count, 1); /* the first was back within a day */
    assert_span(&d, 0, 0, 7);
    d.facts.as_of = D(11); /* three days were too long */
    assert_ok(churn__loss_judge_facts(&d.judge, &d.facts, &d.loss, NULL));
    assert_int_equal(d.judge.span_count, 2);
    assert_span(&d, 1, 10, -1);
    d.judge.def.ignore_gaps.amount = 3 * CHURN__DAY;
    assert_ok(churn__loss_judge_facts(&d.judge, &d.facts, &d.loss, NULL));
    assert_int_equal(d.judge.span_count, 1);
    assert_span(&d, 0, 0, -1);
    assert_false(d.loss.ever);
    stand_up(&d);
}

/* What a loss was is told of every life. */
static void spans__losses__are_described(void **state)
{
    static const churn__expr *const anything = (const churn__expr *)&dollars;
    desk d;
    (void)state;
    sit_down(&d, 24, "FTTTFFFFFFFF");
    d.record = (churn__churn){.kind = CHURN__CHURN_INVOLUNTARY,
                              .reason = 8,
                              .competitor = 9,
                              .currency = 1,
                              .at = D(8),
                              .amount = 700};
    d.facts.records = &d.record;
    d.facts.record_count = 1;
    d.facts.as_of = D(10);
    d.judge.def.involuntary_when = (churn__expr *)(uintptr_t)anything; /* not looked into here */
    d.record.kind = CHURN__CHURN_VOLUNTARY;
    assert_true(churn__loss_book_put_kind(d.book, 3, D(2), CHURN__TRUE));
    assert_true(churn__loss_book_put_kind(d.book, 3, D(5), CHURN__FALSE));
    assert_ok(churn__loss_judge_facts(&d.judge, &d.facts, &d.loss, NULL));
    churn__loss_describe_spans(&d.judge, &d.facts);
    assert_int_equal(d.judge.span_count, 2);
    assert_int_equal(d.judge.spans[0].kind, CHURN__CHURN_INVOLUNTARY);
    assert_int_equal(d.judge.spans[0].reason, 8); /* six days later somebody wrote it down */
    assert_int_equal(d.judge.spans[0].competitor, 9);
    assert_true(d.judge.spans[0].mrr == CHURN_INT_NONE);
    assert_int_equal(d.judge.spans[1].kind, CHURN__CHURN_VOLUNTARY); /* of a record: the record's */
    assert_int_equal(d.judge.spans[1].mrr, 700);
    stand_up(&d);
}

static void book__answers__are_runs(void **state)
{
    desk d;
    uint8_t truth = 9;
    (void)state;
    sit_down(&d, 0, "FFTTU");
    const churn__loss_run *run = churn__loss_book_first(d.book, 3, 0);
    assert_true(run != NULL && run->truth == CHURN__FALSE && run->at == D(0));
    run = churn__loss_book_next(d.book, run);
    assert_true(run != NULL && run->truth == CHURN__TRUE && run->at == D(2));
    run = churn__loss_book_next(d.book, run);
    assert_true(run != NULL && run->truth == CHURN__UNKNOWN && run->at == D(4));
    assert_null(churn__loss_book_next(d.book, run));
    assert_null(churn__loss_book_first(d.book, 3, 1));
    assert_null(churn__loss_book_first(d.book, 4, 0));
    assert_false(churn__loss_book_kind(d.book, 3, D(1), &truth));
    assert_true(churn__loss_book_put_kind(d.book, 3, D(1), CHURN__UNKNOWN));
    assert_true(churn__loss_book_kind(d.book, 3, D(1), &truth));
    assert_int_equal(truth, CHURN__UNKNOWN);
    assert_false(churn__loss_book_kind(d.book, 4, D(1), &truth));
    stand_up(&d);
}

static void midnight__is_the_first_that_is_not_before(void **state)
{
    (void)state;
    assert_true(churn__loss_midnight(NULL, D(0)) == D(0));
    assert_true(churn__loss_midnight(NULL, D(0) + 1) == D(1));
    assert_true(churn__loss_midnight(NULL, D(0) - 1) == D(0));
}

static void book__no_memory__is_told(void **state)
{
    bool done = false;
    (void)state;
    for (uint64_t at = 2; !done; at++) {
        failing f = {.fail_at = at, .for_ever = true};
        const churn_allocator allocator = failing_allocator(&f);
        churn__heap *heap = churn__heap_create(&allocator, 0);
        churn__loss_book *book = churn__loss_book_create(heap, 4, 1);
        done = book != NULL && churn__loss_book_put(book, 1, 0, D(0), CHURN__TRUE) &&
               churn__loss_book_put_kind(book, 1, D(0), CHURN__TRUE);
        churn__loss_book_free(book);
        churn__heap_release(heap);
        assert_int_equal(f.blocks, 0);
        assert_false(f.mismatch);
    }
}

int main(void)
{
    const struct CMUnitTest journey_conditions[] = {
        cmocka_unit_test(condition__held_long_enough__dates_the_loss),
        cmocka_unit_test(condition__subscription_starts__clock_begins_anew),
        cmocka_unit_test(conditions__two__either_is_enough),
        cmocka_unit_test(gaps__back_within__lives_are_one),
        cmocka_unit_test(spans__losses__are_described),
        cmocka_unit_test(book__answers__are_runs),
        cmocka_unit_test(midnight__is_the_first_that_is_not_before),
        cmocka_unit_test(book__no_memory__is_told),
    };
    return RUN_TESTS(journey_conditions);
}
