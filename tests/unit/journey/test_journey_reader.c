/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "few.h"
#include "journey/journey.h"

/* Losses and lives as they come out of a store. */
typedef struct office {
    churn__heap *heap;
    churn_store *store;
    churn__version *version;
    churn__reader *reader;
    churn__loss_judge *judge;
} office;

static void begin(office *o)
{
    memset(o, 0, sizeof *o);
    o->heap = churn__heap_create(NULL, 0);
    assert_ok(churn_store_create(NULL, &o->store, NULL));
}

static void read_on(office *o, bool by_subscription, bool by_record)
{
    churn__loss_def def = {.by_subscription = by_subscription,
                           .by_record = by_record,
                           .policy = CHURN__POLICY_OF_CHARTMOGUL,
                           .currency = CHURN__STR("USD")};
    assert_ok(churn__store_pin(o->store, &o->version, NULL));
    o->reader = churn__reader_create(o->heap, o->version);
    o->judge = churn__loss_judge_create(o->heap, &def, o->version);
    assert_true(o->reader != NULL && o->judge != NULL);
}

static void end(office *o)
{
    churn__loss_judge_free(o->judge);
    churn__loss_judge_free(NULL);
    churn__reader_free(o->reader);
    churn__version_release(o->version);
    churn_store_free(o->store);
    churn__heap_release(o->heap);
}

static churn__loss loss_of(office *o, const char *id, const char *as_of)
{
    churn__loss loss;
    const uint32_t customer = churn__version_find_customer(o->version, churn__str_nts(id));
    assert_int_not_equal(customer, CHURN__NO_CODE);
    assert_ok(churn__loss_judge_at(o->judge, o->reader, customer, few_date(as_of), &loss, NULL));
    return loss;
}

/* The only span of somebody's life. */
static void assert_life(office *o, const char *id, const char *as_of, const char *from,
                        const char *to)
{
    const churn__life_span *spans = NULL;
    size_t count = 0;
    const uint32_t customer = churn__version_find_customer(o->version, churn__str_nts(id));
    assert_int_not_equal(customer, CHURN__NO_CODE);
    assert_ok(churn__loss_judge_spans(o->judge, o->reader, customer, few_date(as_of), &spans,
                                      &count, NULL));
    assert_int_equal(count, 1);
    assert_true(spans[0].from == few_date(from));
    assert_true(spans[0].to == few_date(to));
}

static void loss_judge__store__is_read_at_as_of(void **state)
{
    office o;
    churn__loss loss;
    (void)state;
    begin(&o);
    few_sub(o.store, "acme", "s1", 5000, "2026-01-05", "2026-03-10");
    few_churn(o.store, "acme", "involuntary", "2026-03-20", "card");
    read_on(&o, true, false);
    loss = loss_of(&o, "acme", "2026-03-09"); /* the end is not known before it comes */
    assert_false(loss.ever);
    assert_life(&o, "acme", "2026-03-09", "2026-01-05", "");
    loss = loss_of(&o, "acme", "2026-03-10");
    assert_true(loss.churned && loss.at == few_date("2026-03-10"));
    assert_int_equal(loss.kind, CHURN__CHURN_VOLUNTARY);
    assert_int_equal(loss.reason, CHURN__NO_CODE);
    assert_int_equal(loss.mrr, 5000);
    assert_life(&o, "acme", "2026-03-10", "2026-01-05", "2026-03-10");
    loss = loss_of(&o, "acme", "2026-04-01"); /* now somebody has written down why */
    assert_int_equal(loss.kind, CHURN__CHURN_INVOLUNTARY);
    assert_string_equal(churn__dict_view_get(churn__version_texts(o.version), loss.reason).ptr,
                        "card");
    end(&o);
}

static void loss_judge__no_subscription__lives_since_the_first_sign(void **state)
{
    office o;
    (void)state;
    begin(&o);
    few_customer(o.store, "dated", "2026-01-07");
    few_event(o.store, "dated", "login", "2026-01-02", "");
    few_event(o.store, "user", "login", "2026-02-03", "");
    few_event(o.store, "user", "export", "2026-02-01", "2026-03-01");
    few_ticket(o.store, "asker", "t1", "2026-02-05");
    few_event(o.store, "asker", "login", "2026-02-06", "");
    few_churn(o.store, "asker", "voluntary", "2026-05-01", "");
    read_on(&o, true, true);
    assert_life(&o, "dated", "2026-06-01", "2026-01-07", "");
    assert_life(&o, "user", "2026-02-20", "2026-02-03", "");
    assert_life(&o, "user", "2026-06-01", "2026-02-01", ""); /* known by then */
    assert_life(&o, "asker", "2026-06-01", "2026-02-05", "2026-05-01");
    end(&o);
}

static void loss_judge__others_subscribe__no_subscription_no_customer(void **state)
{
    office o;
    const churn__life_span *spans = NULL;
    size_t count = 9;
    (void)state;
    begin(&o);
    few_customer(o.store, "looker", "2026-01-07");
    few_sub(o.store, "payer", "s1", 5000, "2026-01-05", "");
    read_on(&o, true, true);
    assert_life(&o, "payer", "2026-06-01", "2026-01-05", "");
    assert_ok(churn__loss_judge_spans(o.judge, o.reader,
                                      churn__version_find_customer(o.version, CHURN__STR("looker")),
                                      few_date("2026-06-01"), &spans, &count, NULL));
    assert_int_equal(count, 0);
    assert_false(loss_of(&o, "looker", "2026-06-01").churned);
    end(&o);
}

static void loss_judge__disagreement__is_told(void **state)
{
    office o;
    churn__loss loss;
    (void)state;
    begin(&o);
    few_sub(o.store, "acme", "s1", 5000, "2026-01-05", "");
    few_churn(o.store, "acme", "voluntary", "2026-03-20", "price");
    read_on(&o, true, false);
    loss = loss_of(&o, "acme", "2026-04-01");
    assert_false(loss.churned);
    assert_int_equal(loss.by_subscription, 0);
    assert_int_equal(loss.by_record, 1);
    end(&o);
}

int main(void)
{
    const struct CMUnitTest journey_reader[] = {
        cmocka_unit_test(loss_judge__store__is_read_at_as_of),
        cmocka_unit_test(loss_judge__no_subscription__lives_since_the_first_sign),
        cmocka_unit_test(loss_judge__others_subscribe__no_subscription_no_customer),
        cmocka_unit_test(loss_judge__disagreement__is_told),
    };
    return RUN_TESTS(journey_reader);
}
