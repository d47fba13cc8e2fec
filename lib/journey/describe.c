/* SPDX-License-Identifier: MIT */
#include "journey/inside.h"

/* What a loss was: its kind, and what the churn record nearest to it says. */

/* How far from a loss its record may lie. */
#define NEAR (31 * CHURN__DAY)

/* The record nearest to an instant, of two as near the earlier; NULL: none within 31 days. */
static const churn__churn *nearest_record(const churn__loss_facts *facts, churn_time at)
{
    const churn__churn *best = NULL;
    int64_t best_distance = NEAR + 1;
    for (size_t i = 0; i < facts->record_count; i++) {
        const churn__churn *record = &facts->records[i];
        const int64_t distance = record->at < at ? at - record->at : record->at - at;
        if (churn__loss_record_counts(record) && distance < best_distance) {
            best = record;
            best_distance = distance;
        }
    }
    return best;
}

/* A subscription that ended at an instant had not been paid. */
static bool ended_unpaid(const churn__loss_judge *judge, const churn__loss_facts *facts,
                         churn_time at)
{
    for (size_t i = 0; i < facts->row_count; i++) {
        const churn__subscription *row = &facts->rows[i];
        const bool more = i + 1 < facts->row_count && row[1].id == row->id;
        if (row->valid_from >= at || churn__loss_state_end(judge, facts, i) != at ||
            !churn__loss_lives(judge, row)) {
            continue;
        }
        if (row->status == CHURN__SUB_PAST_DUE ||
            (more && row[1].valid_from == at && row[1].status == CHURN__SUB_UNPAID)) {
            return true;
        }
    }
    return false;
}

/* Nobody wanted it, by `involuntary_when` where the playbook has one. */
static bool is_involuntary(const churn__loss_judge *judge, const churn__loss_facts *facts,
                           churn_time at)
{
    uint8_t truth = CHURN__FALSE;
    if (judge->def.involuntary_when == NULL) {
        return ended_unpaid(judge, facts, at);
    }
    return judge->book != NULL && churn__loss_book_kind(judge->book, facts->customer, at, &truth) &&
           truth == CHURN__TRUE;
}

static int64_t mrr_before(const churn__loss_judge *judge, churn_time at)
{
    int64_t mrr = judge->step_count > 0 ? 0 : CHURN_INT_NONE;
    for (size_t i = 0; i < judge->step_count && judge->steps[i].at < at; i++) {
        mrr = judge->steps[i].no_rate ? CHURN_INT_NONE : judge->steps[i].mrr;
    }
    return mrr;
}

/* The record that nearest stands for what somebody wrote down. */
static void describe_other(const churn__loss_judge *judge, const churn__loss_facts *facts,
                           churn_time at, churn__loss *out)
{
    const churn__churn *record = nearest_record(facts, at);
    const bool told = record != NULL && record->kind == CHURN__CHURN_INVOLUNTARY;
    out->kind = told || is_involuntary(judge, facts, at) ? CHURN__CHURN_INVOLUNTARY
                                                         : CHURN__CHURN_VOLUNTARY;
    out->reason = record != NULL ? record->reason : CHURN__NO_CODE;
    out->competitor = record != NULL ? record->competitor : CHURN__NO_CODE;
    out->mrr = mrr_before(judge, at);
}

static void describe_record(const churn__loss_judge *judge, const churn__churn *record,
                            churn__loss *out)
{
    int64_t amount = 0;
    const bool told = record->amount != CHURN_INT_NONE &&
                      churn__exchange_minor(judge->exchange, record->currency, record->amount,
                                            &amount) == CHURN__PRESENT;
    out->kind = record->kind;
    out->reason = record->reason;
    out->competitor = record->competitor;
    out->mrr = told ? amount : mrr_before(judge, record->at);
}

void churn__loss_describe(const churn__loss_judge *judge, const churn__loss_facts *facts,
                          const churn__loss_cause *cause, churn__loss *out)
{
    out->at = cause->at;
    if (cause->what == CHURN__TURN_RECORD) {
        describe_record(judge, &facts->records[cause->index], out);
    } else {
        describe_other(judge, facts, cause->at, out);
    }
}

void churn__loss_describe_spans(churn__loss_judge *judge, const churn__loss_facts *facts)
{
    for (size_t i = 0; i < judge->span_count; i++) {
        churn__life_span *span = &judge->spans[i];
        churn__loss loss = {0};
        if (span->to == CHURN_TIME_NONE) {
            continue;
        }
        churn__loss_describe(judge, facts, &judge->causes[i], &loss);
        span->kind = loss.kind;
        span->reason = loss.reason;
        span->competitor = loss.competitor;
        span->mrr = loss.mrr;
    }
}
