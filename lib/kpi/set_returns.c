/* SPDX-License-Identifier: MIT */
#include "kpi/customers.h"
#include "kpi/sets.h"

/*
 * Who comes back. A loss of the period is won back where the customer lives again before 30, 60 or
 * 90 days have passed; it counts once these days are over. Who spoke to them last between loss and
 * return (or the end of the days) gives offer and channel.
 */

enum {
    FIGURE_RATE,
    FIGURE_30,
    FIGURE_60,
    FIGURE_90,
    FIGURE_WINBACKS,
    FIGURE_VALUE,
    FIGURE_VALUE_RATE,
    FIGURES
};

#define SOURCE "lives as `loss:` defines them; a share of counts, Wilson (1927)"

static const churn__figure figures[FIGURES] = {
    {"reactivation_rate", CHURN__UNIT_RATIO, false, "Reactivation rate",
     "former customers at the start who came back in the period / former customers at the start",
     "Recurly, reactivation; a share of counts, Wilson (1927)",
     "200 had been lost by the start, 5 of them came back: 5 / 200 = 2.5 %",
     "vendors differ in the gap after which a return counts (policy: reactivation_after, _within, "
     "for the ledger)"},
    {"winback_rate_30", CHURN__UNIT_RATIO, false, "Win-back within 30 days",
     "losses in the period of which the customer came back before 30 days had passed / losses in "
     "the period of which 30 days are over",
     SOURCE, "20 lost in March, 2 of them came back within 30 days: 10 %", NULL},
    {"winback_rate_60", CHURN__UNIT_RATIO, false, "Win-back within 60 days",
     "losses in the period of which the customer came back before 60 days had passed / losses in "
     "the period of which 60 days are over",
     SOURCE, "20 lost in March, 3 of them came back within 60 days: 15 %", NULL},
    {"winback_rate_90", CHURN__UNIT_RATIO, false, "Win-back within 90 days",
     "losses in the period of which the customer came back before 90 days had passed / losses in "
     "the period of which 90 days are over",
     SOURCE, "20 lost in March, 4 of them came back within 90 days: 20 %", NULL},
    {"winbacks", CHURN__UNIT_COUNT, false, "Returns", "returns of lost customers in the period",
     "lives as `loss:` defines them", "5 who had been lost come back in May: 5",
     "counts lives of `loss:`; the ledger's reactivations follow the policy"},
    {"winback_value", CHURN__UNIT_MONEY, false, "MRR won back",
     "MRR with which customers lost in the period came back before 90 days had passed, of the "
     "losses whose 90 days are over",
     "lives as `loss:` defines them", "two come back with 30 and 50 USD a month: 80 USD", NULL},
    {"winback_value_rate", CHURN__UNIT_RATIO, false, "Share of lost MRR won back",
     "winback_value / MRR of the same losses just before", "lives as `loss:` defines them",
     "400 USD a month lost, 80 USD won back: 20 %", NULL},
};

#define WINDOWS 3
static const int days_of[WINDOWS] = {30, 60, 90};

enum {
    SUM_FORMER,
    SUM_FORMER_BACK,
    SUM_RETURNS,
    SUM_LOST,                      /* a window each */
    SUM_BACK = SUM_LOST + WINDOWS, /* a window each */
    SUM_OPEN = SUM_BACK + WINDOWS, /* a window each */
    SUM_LOST_MRR = SUM_OPEN + WINDOWS,
    SUM_BACK_MRR,
    SUM_MRR_UNKNOWN,
    SUM_BLAME,
    SUMS = SUM_BLAME + CHURN__BLAME_COLUMNS
};

typedef struct returns_state {
    churn__kpi_sums sums;
} returns_state;

static churn_status returns_open(churn__kpi_run *run, void *state, churn_error *err)
{
    (void)err;
    churn__sums_init(&((returns_state *)state)->sums, run, SUMS);
    return CHURN_OK;
}

static void returns_close(churn__kpi_run *run, void *state)
{
    (void)run;
    churn__sums_free(&((returns_state *)state)->sums);
}

/* ---- one loss ---- */

/* A loss and what came after it. */
typedef struct loss_story {
    const churn__life_span *span;
    churn_time back; /* CHURN_TIME_NONE: not yet */
    const churn__touchpoint *touches;
    size_t touch_count;
} loss_story;

static churn__kpi_keys story_keys(const churn__kpi_run *run, const loss_story *story,
                                  churn_time until)
{
    churn__kpi_keys keys = churn__loss_keys(run, story->span);
    for (size_t i = story->touch_count; i > 0; i--) {
        const churn__touchpoint *touch = &story->touches[i - 1];
        if (touch->at < until) {
            if (touch->at >= story->span->to) {
                keys.code[CHURN__KEY_OFFER] = churn__key_code(touch->offer);
                keys.code[CHURN__KEY_TOUCHPOINT_CHANNEL] = churn__key_code(touch->channel);
            }
            break;
        }
    }
    return keys;
}

/* MRR with which somebody came back at an instant; what is grouped is dated at its first change. */
static int64_t mrr_after(const churn__ledger_of *ledger, churn_time at)
{
    churn__level level = {0};
    return churn__level_before(&level, ledger, at + 1);
}

static churn_status add_value(churn__kpi_run *run, returns_state *s, uint32_t period,
                              uint32_t group, const loss_story *story, bool back, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__ledger_of *ledger = NULL;
    const churn__unknown_money *unknown = NULL;
    CHURN_TRY(churn__run_ledger(run, &ledger, err));
    unknown = back ? churn__unknown_before(ledger, story->back + 1) : NULL;
    if (unknown != NULL) {
        CHURN_TRY(churn__kpi_blame(run, &s->sums, group, period, SUM_BLAME, unknown, err));
    } else if (back) {
        CHURN_TRY(churn__kpi_put(run, &s->sums, group, period, SUM_BACK_MRR,
                                 mrr_after(ledger, story->back), err));
    }
    if (story->span->mrr == CHURN_INT_NONE) {
        CHURN_TRY(churn__kpi_put(run, &s->sums, group, period, SUM_MRR_UNKNOWN, 1, err));
    } else {
        CHURN_TRY(
            churn__kpi_put(run, &s->sums, group, period, SUM_LOST_MRR, story->span->mrr, err));
    }
done:
    return st;
}

static churn_status add_window(churn__kpi_run *run, returns_state *s, uint32_t period,
                               uint32_t window, const loss_story *story, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_time over = story->span->to + days_of[window] * CHURN__DAY;
    const bool open = over > run->as_of;
    const bool back = story->back != CHURN_TIME_NONE && story->back < over;
    const churn_time until = back ? story->back : (open ? run->as_of : over);
    const churn__kpi_keys keys = story_keys(run, story, until);
    const uint32_t group = churn__run_group(run, period, &keys);
    if (open) {
        return churn__kpi_put(run, &s->sums, group, period, SUM_OPEN + window, 1, err);
    }
    CHURN_TRY(churn__kpi_put(run, &s->sums, group, period, SUM_LOST + window, 1, err));
    CHURN_TRY(churn__kpi_put(run, &s->sums, group, period, SUM_BACK + window, back, err));
    if (window == WINDOWS - 1) {
        CHURN_TRY(add_value(run, s, period, group, story, back, err));
    }
done:
    return st;
}

static churn_status add_loss(churn__kpi_run *run, returns_state *s, const loss_story *story,
                             churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_time lost = story->span->to;
    for (uint32_t p = churn__kpi_first_period(run, lost);
         p < run->begun_count && churn__kpi_in_period(run, p, lost); p++) {
        for (uint32_t w = 0; w < WINDOWS; w++) {
            CHURN_TRY(add_window(run, s, p, w, story, err));
        }
    }
    if (story->back == CHURN_TIME_NONE) {
        goto done;
    }
    for (uint32_t p = churn__kpi_first_period(run, story->back);
         p < run->begun_count && churn__kpi_in_period(run, p, story->back); p++) {
        const churn__kpi_keys keys = story_keys(run, story, story->back);
        CHURN_TRY(
            churn__kpi_put(run, &s->sums, churn__run_group(run, p, &keys), p, SUM_RETURNS, 1, err));
    }
done:
    return st;
}

/* ---- former customers ---- */

static bool came_back(const churn__life_span *spans, size_t count, const churn__kpi_period *p)
{
    for (size_t i = 1; i < count; i++) {
        if (spans[i].from >= p->start && spans[i].from < p->until) {
            return true;
        }
    }
    return false;
}

static churn_status add_former(churn__kpi_run *run, returns_state *s, const churn__life_span *spans,
                               size_t count, churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint32_t i = 0; i < run->begun_count; i++) {
        const churn__kpi_period *p = &run->periods[i];
        if (spans[0].to == CHURN_TIME_NONE || spans[0].to >= p->start ||
            churn__life_before(spans, count, p->start) < count) {
            continue;
        }
        const churn__kpi_keys keys =
            churn__loss_keys(run, &spans[churn__life_lost(spans, count, CHURN_TIME_MIN, p->start)]);
        const uint32_t group = churn__run_group(run, i, &keys);
        CHURN_TRY(churn__kpi_put(run, &s->sums, group, i, SUM_FORMER, 1, err));
        CHURN_TRY(churn__kpi_put(run, &s->sums, group, i, SUM_FORMER_BACK,
                                 came_back(spans, count, p), err));
    }
done:
    return st;
}

static churn_status returns_customer(churn__kpi_run *run, void *state, churn_error *err)
{
    churn_status st = CHURN_OK;
    returns_state *s = state;
    const churn__life_span *spans = NULL;
    loss_story story = {0};
    size_t count = 0;
    CHURN_TRY(churn__run_lives(run, &spans, &count, err));
    if (count == 0 || spans[0].to == CHURN_TIME_NONE) {
        goto done;
    }
    CHURN_TRY(add_former(run, s, spans, count, err));
    if ((run->key_bits & (1u << CHURN__KEY_OFFER | 1u << CHURN__KEY_TOUCHPOINT_CHANNEL)) != 0) {
        story.touch_count =
            churn__reader_touchpoints(run->reader, run->customer, run->as_of, &story.touches);
    }
    for (size_t i = 0; i < count && spans[i].to != CHURN_TIME_NONE; i++) {
        story.span = &spans[i];
        story.back = i + 1 < count ? spans[i + 1].from : CHURN_TIME_NONE;
        CHURN_TRY(add_loss(run, s, &story, err));
    }
done:
    return st;
}

/* ---- cells ---- */

static void value_cell(const churn__kpi_run *run, uint32_t figure, const int64_t *sum,
                       churn__kpi_cell *out)
{
    if (figure == FIGURE_VALUE) {
        churn__cell_money(run, out, sum[SUM_BACK_MRR], sum[SUM_BACK + WINDOWS - 1]);
    } else {
        churn__cell_money_ratio(run, out, sum[SUM_BACK_MRR], sum[SUM_LOST_MRR],
                                sum[SUM_LOST + WINDOWS - 1]);
        out->excluded += sum[SUM_MRR_UNKNOWN];
        if (sum[SUM_MRR_UNKNOWN] > 0) {
            churn__cell_undefine(run, out, CHURN__NOT_PROVIDED,
                                 "not_provided: the MRR of some who were lost is not known");
        }
    }
    churn__cell_blame(run, out, sum + SUM_BLAME, "losses");
}

static churn_status returns_cell(churn__kpi_run *run, void *state, uint32_t figure, uint32_t period,
                                 uint32_t group, churn__kpi_cell *out, churn_error *err)
{
    const int64_t *sum = churn__sums_get(&((returns_state *)state)->sums, group, period);
    uint32_t window = WINDOWS - 1;
    (void)err;
    switch (figure) {
    case FIGURE_RATE:
        churn__cell_share(run, out, sum[SUM_FORMER_BACK], sum[SUM_FORMER]);
        return CHURN_OK;
    case FIGURE_WINBACKS:
        churn__cell_count(out, sum[SUM_RETURNS]);
        return CHURN_OK;
    case FIGURE_30:
    case FIGURE_60:
    case FIGURE_90:
        window = figure - FIGURE_30;
        churn__cell_share(run, out, sum[SUM_BACK + window], sum[SUM_LOST + window]);
        break;
    default:
        value_cell(run, figure, sum, out);
        break;
    }
    churn__cell_wait(run, out, sum[SUM_OPEN + window], run->periods[period].end,
                     days_of[window] * CHURN__DAY);
    return CHURN_OK;
}

const churn__kpi_set churn__set_returns = {
    "returns",        figures, FIGURES,      sizeof(returns_state), returns_open,
    returns_customer, NULL,    returns_cell, returns_close};
