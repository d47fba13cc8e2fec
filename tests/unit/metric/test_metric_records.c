/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "metric_world.h"

/* ---- tickets ---- */

static void add_ticket(world *w, const char *customer, const char *id, churn_time opened,
                       churn_time closed, churn_time reopened)
{
    churn_ticket t;
    churn_record_init(CHURN_RECORD_TICKET, &t, sizeof t);
    t.customer = churn__str_nts(customer);
    t.id = churn__str_nts(id);
    t.opened_at = opened;
    t.closed_at = closed;
    t.reopened_at = reopened;
    WORLD_OK(churn_store_add_ticket(w->store, &t, &world_err));
}

static churn__metric_def ticket_def(churn__metric_what what)
{
    return record_def(CHURN__METRIC_TICKET, what);
}

static void tickets__open_closed_reopened__as_seen_at_each_date(void **state)
{
    (void)state;
    world *w = world_create();
    add_customer(w, "none", CHURN_TIME_NONE);
    add_ticket(w, "a", "t1", D(0), D(4), CHURN_TIME_NONE);
    add_ticket(w, "a", "t2", D(1) + HOURS(12), D(3), D(6));
    add_ticket(w, "a", "t3", D(5), CHURN_TIME_NONE, CHURN_TIME_NONE);
    world_dates(w, (churn_time[]){D(0), D(2), D(4), D(5) + 1, D(6), D(8)}, 6);
    churn__metric_def defs[] = {
        ticket_def(CHURN__TICKET_OPEN_COUNT), ticket_def(CHURN__TICKET_OLDEST_OPEN_DAYS),
        ticket_def(CHURN__TICKET_OPENED_COUNT), ticket_def(CHURN__TICKET_OPEN_COUNT)};
    defs[2].has_window = true;
    defs[2].window = (churn__span){.amount = DAYS(4)};
    defs[3].offset = (churn__span){.amount = DAYS(4)};
    world_eval(w, defs, 4);
    const double open[] = {0, 2, 0, 1, 2, 2}, opened[] = {0, 2, 2, 2, 1, 1};
    const double age[] = {0, 2, 0, 1.0 / 86400e6, 4.5, 6.5}, before[] = {0, 0, 0, 1, 2, 0};
    for (uint32_t date = 0; date < 6; date++) {
        assert_cell(w, 0, date, open[date]);
        assert_cell(w, 1, date, age[date]);
        assert_cell(w, 2, date, opened[date]);
        assert_cell(w, 3, date, before[date]);
        for (uint32_t m = 0; m < 4; m++) { /* a covered source with nothing open */
            assert_cell(w, m, 6 + date, 0);
        }
    }
    world_free(w);
}

static void tickets__tracked_later__nothing_known_before(void **state)
{
    (void)state;
    world *w = world_create();
    const churn_record_kind kind[] = {CHURN_RECORD_TICKET};
    const churn__source_def source = {
        .id = CHURN__STR("zendesk"), .records = kind, .record_count = 1, .from = D(2)};
    w->config.sources = &source;
    w->config.source_count = 1;
    add_ticket(w, "a", "t1", D(1), CHURN_TIME_NONE, CHURN_TIME_NONE);
    world_dates(w, (churn_time[]){D(2) - 1, D(3)}, 2);
    churn__metric_def defs[] = {ticket_def(CHURN__TICKET_OPEN_COUNT),
                                ticket_def(CHURN__TICKET_OPENED_COUNT),
                                ticket_def(CHURN__TICKET_OPENED_COUNT)};
    defs[1].has_window = defs[2].has_window = true;
    defs[1].window.amount = defs[2].window.amount = DAYS(2);
    defs[2].clip = true;
    world_eval(w, defs, 3);
    assert_none(w, 0, 0, CHURN__SHORT_HISTORY_FROM);
    assert_cell(w, 0, 1, 1);
    assert_none(w, 1, 1, CHURN__SHORT_HISTORY_FROM);
    assert_cell(w, 2, 1, 0);
    world_free(w);
}

/* ---- surveys ---- */

static void add_survey(world *w, const char *customer, const char *kind, churn_time at,
                       double score)
{
    churn_survey s;
    churn_record_init(CHURN_RECORD_SURVEY, &s, sizeof s);
    s.customer = churn__str_nts(customer);
    s.kind = churn__str_nts(kind);
    s.at = at;
    s.score = score;
    WORLD_OK(churn_store_add_survey(w->store, &s, &world_err));
}

static void survey_last__kinds_and_ages__newest_that_fits(void **state)
{
    (void)state;
    world *w = world_create();
    add_customer(w, "b", CHURN_TIME_NONE);
    add_survey(w, "a", "nps", D(1), 9);
    add_survey(w, "a", "csat", D(2), 4);
    add_survey(w, "a", "nps", D(5), 3);
    world_dates(w, (churn_time[]){D(1), D(5), D(15), D(15) + 1}, 4);
    churn__metric_def defs[3] = {record_def(CHURN__METRIC_SURVEY, CHURN__SURVEY_LAST)};
    defs[0].survey_kind = CHURN__SURVEY_NPS;
    defs[0].max_age = DAYS(10);
    defs[1] = defs[0];
    defs[1].survey_kind = 0;
    defs[1].max_age = 0;
    defs[2] = defs[1];
    defs[2].offset = (churn__span){.amount = DAYS(11)};
    world_eval(w, defs, 3);
    assert_none(w, 0, 0, CHURN__NEVER); /* an answer at as_of is not seen */
    assert_cell(w, 0, 1, 9);
    assert_cell(w, 0, 2, 3);
    assert_none(w, 0, 3, CHURN__EXPIRED);
    assert_cell(w, 1, 1, 4);
    assert_cell(w, 1, 3, 3);
    assert_cell(w, 2, 2, 4);
    for (uint32_t date = 0; date < 4; date++) {
        assert_none(w, 0, 4 + date, CHURN__NEVER);
    }
    world_free(w);
}

/* ---- subscriptions ---- */

static void add_subscription(world *w, const char *customer, const char *id, churn_time from,
                             const char *status, int64_t amount, const char *period, int64_t seats,
                             churn_time ended, const char *currency)
{
    churn_subscription s;
    churn_record_init(CHURN_RECORD_SUBSCRIPTION, &s, sizeof s);
    s.customer = churn__str_nts(customer);
    s.id = churn__str_nts(id);
    s.valid_from = from;
    s.status = churn__str_nts(status);
    s.amount = amount;
    s.currency = churn__str_nts(currency);
    s.period = churn__str_nts(period);
    s.seats = seats;
    s.ended_at = ended;
    WORLD_OK(churn_store_add_subscription(w->store, &s, &world_err));
}

static void subscriptions__mrr_and_seats__of_live_ones(void **state)
{
    (void)state;
    world *w = world_create();
    const int64_t unsaid = CHURN_INT_NONE;
    add_customer(w, "none", CHURN_TIME_NONE);
    add_subscription(w, "a", "s1", D(0), "active", 200000, "year", 10, D(30), "USD");
    add_subscription(w, "a", "s2", D(10), "active", 5000, "month", 3, CHURN_TIME_NONE, "USD");
    add_subscription(w, "a", "s2", D(20), "active", 8000, "month", 5, D(40), "USD");
    add_subscription(w, "e", "s3", D(0), "active", 5000, "month", unsaid, CHURN_TIME_NONE, "EUR");
    world_dates(w, (churn_time[]){D(-1), D(0), D(15), D(25), D(35), D(50)}, 6);
    churn__metric_def defs[] = {record_def(CHURN__METRIC_SUBSCRIPTION, CHURN__SUBSCRIPTION_MRR),
                                record_def(CHURN__METRIC_SUBSCRIPTION, CHURN__SUBSCRIPTION_SEATS),
                                record_def(CHURN__METRIC_SUBSCRIPTION, CHURN__SUBSCRIPTION_SEATS)};
    defs[2].offset = (churn__span){.amount = DAYS(10)};
    world_eval(w, defs, 3);
    assert_none(w, 0, 0, CHURN__NEVER);
    const double mrr[] = {0, 166.67, 216.67, 246.67, 80, 0}, seats[] = {0, 10, 13, 15, 5, 0};
    for (uint32_t date = 1; date < 6; date++) {
        assert_cell(w, 0, date, mrr[date]);
        assert_cell(w, 1, date, seats[date]);
    }
    assert_none(w, 2, 1, CHURN__NEVER);
    assert_cell(w, 2, 2, 10);
    assert_cell(w, 2, 3, 13);
    assert_cell(w, 2, 4, 15);
    assert_none(w, 0, 6 + 1, CHURN__NO_RATE);
    assert_none(w, 1, 6 + 1, CHURN__NOT_PROVIDED); /* live, but nobody said how many */
    assert_none(w, 0, 12 + 5, CHURN__NEVER);
    assert_none(w, 1, 12 + 5, CHURN__NEVER);
    world_free(w);
}

/* ---- invoices ---- */

static void add_invoice(world *w, const char *customer, const char *id, churn_time issued,
                        churn_time due, churn_time paid, churn_time failed)
{
    churn_invoice i;
    churn_record_init(CHURN_RECORD_INVOICE, &i, sizeof i);
    i.customer = churn__str_nts(customer);
    i.id = churn__str_nts(id);
    i.issued_at = issued;
    i.due_at = due;
    i.amount = 1000;
    i.currency = CHURN__STR("USD");
    i.paid_at = paid;
    i.failed_at = failed;
    WORLD_OK(churn_store_add_invoice(w->store, &i, &world_err));
}

static void invoices__failed_and_overdue__as_seen_at_each_date(void **state)
{
    (void)state;
    world *w = world_create();
    add_customer(w, "none", CHURN_TIME_NONE);
    add_invoice(w, "a", "i1", D(0), D(10), D(13), D(11));
    add_invoice(w, "a", "i2", D(5), D(12), CHURN_TIME_NONE, D(12) + HOURS(6));
    add_invoice(w, "a", "i3", D(6), D(60), CHURN_TIME_NONE, CHURN_TIME_NONE);
    world_dates(w, (churn_time[]){D(10), D(11), D(11) + HOURS(12), D(13), D(18)}, 5);
    churn__metric_def defs[3] = {record_def(CHURN__METRIC_INVOICE, CHURN__INVOICE_FAILED_COUNT),
                                 record_def(CHURN__METRIC_INVOICE, CHURN__INVOICE_OVERDUE_DAYS)};
    defs[0].has_window = true;
    defs[0].window = (churn__span){.amount = DAYS(6)};
    defs[2] = defs[0];
    defs[2].offset = (churn__span){.amount = DAYS(6)};
    world_eval(w, defs, 3);
    const double failed[] = {0, 0, 1, 2, 1}, overdue[] = {0, 1, 1.5, 1, 6},
                 before[] = {0, 0, 0, 0, 1};
    for (uint32_t date = 0; date < 5; date++) {
        assert_cell(w, 0, date, failed[date]);
        assert_cell(w, 1, date, overdue[date]);
        assert_cell(w, 2, date, before[date]);
        assert_cell(w, 1, 5 + date, 0);
    }
    world_free(w);
}

/* ---- attributes and ages ---- */

static void set_attribute(world *w, const char *customer, const char *name, churn_time from,
                          churn_value value)
{
    churn_attribute a;
    churn_record_init(CHURN_RECORD_ATTRIBUTE, &a, sizeof a);
    a.customer = churn__str_nts(customer);
    a.name = churn__str_nts(name);
    a.valid_from = from;
    a.value = value;
    WORLD_OK(churn_store_add_attribute(w->store, &a, &world_err));
}

static void attributes_and_ages__types_and_dates__as_declared(void **state)
{
    (void)state;
    static churn_str strings[6];
    static churn__missing missing[6];
    world *w = world_create();
    add_customer(w, "a", D(0));
    add_customer(w, "b", CHURN_TIME_NONE);
    set_attribute(w, "a", "seats", D(0), (churn_value){.type = CHURN_TYPE_INT, .integer = 40});
    set_attribute(w, "a", "seats", D(10), (churn_value){.type = CHURN_TYPE_DOUBLE, .number = 50});
    set_attribute(w, "a", "plan", D(5),
                  (churn_value){.type = CHURN_TYPE_STRING, .string = CHURN__STR("pro")});
    add_event(w, "a", "login", D(8), "u", 1);
    world_dates(w, (churn_time[]){D(0), D(9) + HOURS(23), D(11)}, 3);
    const churn_str seats = CHURN__STR("seats"), plan = CHURN__STR("plan");
    churn__metric_def defs[] = {
        {.kind = CHURN__METRIC_ATTRIBUTE, .attribute = seats, .type = CHURN__TYPE_DOUBLE},
        {.kind = CHURN__METRIC_ATTRIBUTE, .attribute = plan, .type = CHURN__TYPE_STRING},
        record_def(CHURN__METRIC_CUSTOMER, CHURN__CUSTOMER_AGE_DAYS),
        {.kind = CHURN__METRIC_RATIO,
         .a = {.metric = 4},
         .b = {.is_attribute = true, .attribute = seats},
         .type = CHURN__TYPE_DOUBLE},
        event_def(CHURN__AGG_COUNT, NULL, 0, 0),
        {.kind = CHURN__METRIC_RATIO,
         .a = {.metric = 4},
         .b = {.is_attribute = true, .attribute = CHURN__STR("age_days")},
         .type = CHURN__TYPE_DOUBLE},
        {.kind = CHURN__METRIC_ATTRIBUTE, .attribute = plan, .type = CHURN__TYPE_DOUBLE},
        {.kind = CHURN__METRIC_ATTRIBUTE,
         .attribute = CHURN__STR("unheard_of"),
         .type = CHURN__TYPE_DOUBLE},
    };
    w->columns[1] =
        (churn__column){.type = CHURN__TYPE_STRING, .values = strings, .missing = missing};
    world_eval(w, defs, 8);
    assert_cell(w, 0, 0, 40);
    assert_cell(w, 0, 1, 40);
    assert_cell(w, 0, 2, 50);
    assert_none(w, 0, 3, CHURN__NOT_PROVIDED);
    assert_int_equal(missing[0], CHURN__NOT_PROVIDED);
    assert_int_equal(missing[1], CHURN__PRESENT);
    assert_string_equal(strings[1].ptr, "pro");
    assert_int_equal(missing[4], CHURN__NOT_PROVIDED);
    assert_cell(w, 2, 0, 0);
    assert_cell(w, 2, 1, 9);
    assert_cell(w, 2, 2, 11);
    assert_none(w, 2, 3, CHURN__NOT_PROVIDED);
    assert_cell(w, 3, 1, 1.0 / 40);
    assert_cell(w, 3, 2, 1.0 / 50);
    assert_none(w, 3, 4, CHURN__NOT_PROVIDED);
    assert_none(w, 5, 0, CHURN__EMPTY); /* age 0 */
    assert_cell(w, 5, 1, 1.0 / 9);
    assert_none(w, 6, 1, CHURN__NOT_PROVIDED); /* a text is no number */
    assert_none(w, 7, 1, CHURN__NOT_PROVIDED);
    world_free(w);
}

/* Every type that an attribute may have, and a value of another type than was declared. */
static void attributes__each_type__kept_or_not_provided(void **state)
{
    (void)state;
    static uint8_t truths[1];
    static int64_t integers[1];
    static churn_time times[1];
    static churn__missing missing[4][1];
    world *w = world_create();
    add_customer(w, "a", D(5));
    set_attribute(w, "a", "sso", D(0), (churn_value){.type = CHURN_TYPE_BOOL, .truth = 1});
    set_attribute(w, "a", "began", D(0), (churn_value){.type = CHURN_TYPE_TIME, .integer = D(-3)});
    world_dates(w, (churn_time[]){D(2)}, 1);
    const churn_str sso = CHURN__STR("sso"), began = CHURN__STR("began");
    churn__metric_def defs[] = {
        {.kind = CHURN__METRIC_ATTRIBUTE, .attribute = sso, .type = CHURN__TYPE_BOOL},
        {.kind = CHURN__METRIC_ATTRIBUTE, .attribute = began, .type = CHURN__TYPE_TIME},
        {.kind = CHURN__METRIC_ATTRIBUTE, .attribute = sso, .type = CHURN__TYPE_INT},
        {.kind = CHURN__METRIC_ATTRIBUTE, .attribute = began, .type = CHURN__TYPE_BOOL},
        {.kind = CHURN__METRIC_ATTRIBUTE, .attribute = sso, .type = CHURN__TYPE_DOUBLE},
        {.kind = CHURN__METRIC_RATIO,
         .a = {.metric = 4},
         .b = {.metric = 0},
         .type = CHURN__TYPE_DOUBLE},
        {.kind = CHURN__METRIC_RATIO,
         .a = {.metric = 4},
         .b = {.metric = 1},
         .type = CHURN__TYPE_DOUBLE},
        record_def(CHURN__METRIC_CUSTOMER, CHURN__CUSTOMER_AGE_DAYS),
    };
    w->columns[0] =
        (churn__column){.type = CHURN__TYPE_BOOL, .values = truths, .missing = missing[0]};
    w->columns[1] =
        (churn__column){.type = CHURN__TYPE_TIME, .values = times, .missing = missing[1]};
    w->columns[2] =
        (churn__column){.type = CHURN__TYPE_INT, .values = integers, .missing = missing[2]};
    w->columns[3] =
        (churn__column){.type = CHURN__TYPE_BOOL, .values = truths, .missing = missing[3]};
    world_eval(w, defs, 3);
    assert_true(missing[0][0] == CHURN__PRESENT && truths[0] == 1);
    assert_true(missing[1][0] == CHURN__PRESENT && times[0] == D(-3));
    assert_int_equal(missing[2][0], CHURN__NOT_PROVIDED);
    w->columns[3].values = integers;
    world_eval(w, defs, 8);
    assert_int_equal(missing[3][0], CHURN__NOT_PROVIDED);
    assert_cell(w, 4, 0, 1);
    assert_cell(w, 5, 0, 1);
    assert_none(w, 6, 0, CHURN__NOT_PROVIDED); /* an instant is no number */
    assert_none(w, 7, 0, CHURN__NEVER);        /* not begun yet */
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest records[] = {
        cmocka_unit_test(tickets__open_closed_reopened__as_seen_at_each_date),
        cmocka_unit_test(tickets__tracked_later__nothing_known_before),
        cmocka_unit_test(survey_last__kinds_and_ages__newest_that_fits),
        cmocka_unit_test(subscriptions__mrr_and_seats__of_live_ones),
        cmocka_unit_test(invoices__failed_and_overdue__as_seen_at_each_date),
        cmocka_unit_test(attributes_and_ages__types_and_dates__as_declared),
        cmocka_unit_test(attributes__each_type__kept_or_not_provided),
    };
    return RUN_TESTS(records);
}
