/* SPDX-License-Identifier: MIT */
#include "journey/inside.h"

churn__loss_judge *churn__loss_judge_create(churn__heap *heap, const churn__loss_def *def,
                                            churn__version *version)
{
    churn__loss_judge *judge = churn__alloc_zero(heap, sizeof *judge);
    if (judge == NULL) {
        return NULL;
    }
    judge->heap = heap;
    judge->def = *def;
    judge->paying = def->by_subscription &&
                    churn__version_provided(version, CHURN_RECORD_SUBSCRIPTION, CHURN_TIME_MAX);
    if (churn__exchange_book_create(heap, version, def->currency, &judge->exchanges, NULL) !=
        CHURN_OK) {
        churn__loss_judge_free(judge);
        return NULL;
    }
    churn__exchange_book_keep(judge->exchanges, &judge->def.policy);
    return judge;
}

void churn__loss_judge_free(churn__loss_judge *judge)
{
    if (judge == NULL) {
        return;
    }
    churn__free_array(judge->heap, judge->steps, judge->step_capacity, sizeof *judge->steps);
    churn__free_array(judge->heap, judge->turns, judge->turn_capacity, sizeof *judge->turns);
    churn__free_array(judge->heap, judge->spans, judge->span_capacity, sizeof *judge->spans);
    churn__free_array(judge->heap, judge->causes, judge->cause_capacity, sizeof *judge->causes);
    churn__exchange_book_free(judge->exchanges);
    churn__free(judge->heap, judge, sizeof *judge);
}

void churn__loss_judge_read(churn__loss_judge *judge, const churn__loss_book *book)
{
    judge->book = book;
}

static churn__loss_facts read_facts(churn__reader *reader, uint32_t customer, churn_time as_of)
{
    churn__loss_facts facts = {.begins = CHURN_TIME_NONE, .as_of = as_of, .customer = customer};
    facts.row_count = churn__reader_subscriptions(reader, customer, as_of, &facts.rows);
    facts.record_count = churn__reader_churns(reader, customer, as_of, &facts.records);
    return facts;
}

static churn_status take_rates(churn__loss_judge *judge, churn_time as_of, churn_error *err)
{
    judge->exchange = churn__exchange_at(judge->exchanges, as_of);
    return judge->exchange == NULL ? churn__fail_memory(err, judge->heap) : CHURN_OK;
}

churn_status churn__loss_judge_at(churn__loss_judge *judge, churn__reader *reader,
                                  uint32_t customer, churn_time as_of, churn__loss *out,
                                  churn_error *err)
{
    const churn__loss_facts facts = read_facts(reader, customer, as_of);
    if (facts.row_count == 0 && facts.record_count == 0 && judge->def.condition_count == 0) {
        *out = (churn__loss){.at = CHURN_TIME_NONE,
                             .reason = CHURN__NO_CODE,
                             .competitor = CHURN__NO_CODE,
                             .mrr = CHURN_INT_NONE,
                             .by_subscription = CHURN_TRUTH_NONE,
                             .by_record = CHURN_TRUTH_NONE,
                             .by_condition = CHURN_TRUTH_NONE};
        return CHURN_OK; /* nothing is said of them */
    }
    const churn_status st = take_rates(judge, as_of, err);
    return st == CHURN_OK ? churn__loss_judge_facts(judge, &facts, out, err) : st;
}

/* ---- the first sign of somebody without subscriptions ---- */

static churn_time earlier(churn_time a, churn_time b)
{
    if (a == CHURN_TIME_NONE || b == CHURN_TIME_NONE) {
        return a == CHURN_TIME_NONE ? b : a;
    }
    return a < b ? a : b;
}

static churn_time first_event(const churn__events *events, churn_time as_of)
{
    for (size_t i = 0; i < events->count && events->at[i] < as_of; i++) {
        const bool known = events->known == NULL || events->known[i] <= as_of;
        if (known && (events->until == NULL || as_of < events->until[i])) {
            return events->at[i];
        }
    }
    return CHURN_TIME_NONE;
}

static churn_time first_of_events(churn__reader *reader, uint32_t customer, churn_time as_of)
{
    const uint32_t *types = NULL;
    const uint32_t count = churn__reader_event_types(reader, customer, &types);
    churn_time first = CHURN_TIME_NONE;
    for (uint32_t i = 0; i < count; i++) {
        const churn__events events = churn__reader_events(reader, customer, types[i]);
        first = earlier(first, first_event(&events, as_of));
    }
    return first;
}

static churn_time first_record(churn__reader *reader, const churn__loss_facts *facts,
                               uint32_t customer, churn_time as_of)
{
    const churn__invoice *invoices = NULL;
    const churn__ticket *tickets = NULL;
    const churn__survey *surveys = NULL;
    churn_time first = first_of_events(reader, customer, as_of);
    if (churn__reader_invoices(reader, customer, as_of, &invoices) > 0) {
        first = earlier(first, invoices[0].issued_at);
    }
    if (churn__reader_tickets(reader, customer, as_of, &tickets) > 0) {
        first = earlier(first, tickets[0].opened_at);
    }
    if (churn__reader_surveys(reader, customer, as_of, &surveys) > 0) {
        first = earlier(first, surveys[0].at);
    }
    return facts->record_count > 0 ? earlier(first, facts->records[0].at) : first;
}

/* Who is there without any dated record always was. */
static churn_time beginning(churn__reader *reader, const churn__loss_facts *facts,
                            uint32_t customer, churn_time as_of)
{
    churn_time begins = churn__reader_since(reader, customer, as_of);
    if (begins == CHURN_TIME_NONE) {
        begins = first_record(reader, facts, customer, as_of);
    }
    if (begins == CHURN_TIME_NONE && churn__reader_exists(reader, customer, as_of)) {
        begins = CHURN_TIME_MIN;
    }
    return begins;
}

churn_status churn__loss_judge_spans(churn__loss_judge *judge, churn__reader *reader,
                                     uint32_t customer, churn_time as_of,
                                     const churn__life_span **spans, size_t *count,
                                     churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__loss loss;
    churn__loss_facts facts = read_facts(reader, customer, as_of);
    if (facts.row_count == 0 && !judge->paying) {
        facts.begins = beginning(reader, &facts, customer, as_of);
    }
    CHURN_TRY(take_rates(judge, as_of, err));
    CHURN_TRY(churn__loss_judge_facts(judge, &facts, &loss, err));
    churn__loss_describe_spans(judge, &facts);
    *spans = judge->spans;
    *count = judge->span_count;
done:
    return st;
}

/* ---- each source by itself ---- */

static int64_t days_between(const churn__zone *zone, churn_time from, churn_time end)
{
    return churn__zone_day(zone, end) - churn__zone_day(zone, from);
}

/* Midnights up to as_of at which a condition was not known. */
static int64_t count_unknown(const churn__loss_judge *judge, const churn__loss_facts *facts)
{
    const churn__zone *zone = judge->def.zone;
    int64_t count = 0;
    for (uint32_t i = 0; judge->book != NULL && i < judge->def.condition_count; i++) {
        const churn__loss_run *run = churn__loss_book_first(judge->book, facts->customer, i);
        while (run != NULL && run->at <= facts->as_of) {
            const churn__loss_run *next = churn__loss_book_next(judge->book, run);
            const bool over = next != NULL && next->at <= facts->as_of;
            if (run->truth == CHURN__UNKNOWN) {
                count += over ? days_between(zone, run->at, next->at)
                              : days_between(zone, run->at, facts->as_of) + 1;
            }
            run = next;
        }
    }
    return count;
}

static churn__loss_source source_of(const churn__loss_judge *judge, const churn__loss_facts *facts,
                                    const churn__loss_voice *voice)
{
    churn__loss loss = {.at = CHURN_TIME_NONE};
    if (voice->since.at != CHURN_TIME_NONE) {
        churn__loss_describe(judge, facts, &voice->since, &loss);
    }
    const bool lost = loss.at != CHURN_TIME_NONE;
    return (churn__loss_source){voice->heard ? lost : CHURN_TRUTH_NONE, loss.kind, loss.at};
}

churn_status churn__loss_judge_sources(churn__loss_judge *judge, churn__reader *reader,
                                       uint32_t customer, churn_time as_of, churn__loss *out,
                                       churn__loss_sources *sources, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__loss_facts facts = read_facts(reader, customer, as_of);
    uint8_t truth = CHURN__FALSE;
    CHURN_TRY(take_rates(judge, as_of, err));
    CHURN_TRY(churn__loss_judge_facts(judge, &facts, out, err));
    sources->subscription = source_of(judge, &facts, &judge->subscription);
    sources->record = source_of(judge, &facts, &judge->record);
    sources->condition = source_of(judge, &facts, &judge->condition);
    sources->unknown = count_unknown(judge, &facts);
    const bool asked = out->churned && judge->book != NULL &&
                       churn__loss_book_kind(judge->book, customer, out->at, &truth);
    sources->kind_unknown = asked ? truth == CHURN__UNKNOWN : CHURN_TRUTH_NONE;
done:
    return st;
}
