/* SPDX-License-Identifier: MIT */
#include "playbook/metric_words.h"

#include "base/num.h"

/* ---- what metrics are made of ---- */

uint32_t churn__words_input(const churn_playbook *playbook, uint32_t metric, uint32_t i,
                            churn_str *attribute)
{
    const churn__metric_def *def = &playbook->metrics[metric];
    uint32_t count = 0;
    *attribute = CHURN__STR("");
    if (def->kind == CHURN__METRIC_EXPR) {
        const uint32_t *slots = churn__expr_slots(def->expr, &count);
        uint32_t names = 0;
        while (names < count && slots[names] < playbook->metric_name_count) {
            names++;
        }
        uint32_t slot = slots[(names + i) % count]; /* metrics first */
        if (slot >= playbook->metric_name_count) {
            return slot - playbook->metric_name_count;
        }
        *attribute = playbook->metric_names[slot].name;
        return UINT32_MAX;
    }
    const churn__operand *operand = i == 0 ? &def->a : &def->b;
    *attribute = operand->attribute;
    return operand->is_attribute ? UINT32_MAX : operand->metric;
}

/* ---- words by what is computed ---- */

/* $ stands for the records, with their filters. */
static const struct {
    const char *unit, *phrase;
} words[] = {
    [CHURN__AGG_COUNT] = {"count", "Number of $"},
    [CHURN__AGG_DISTINCT] = {"count", "How many are different in $"},
    [CHURN__AGG_SUM] = {"value", "Sum of $"},
    [CHURN__AGG_MEAN] = {"value", "Mean of $"},
    [CHURN__AGG_MIN] = {"value", "Least of $"},
    [CHURN__AGG_MAX] = {"value", "Greatest of $"},
    [CHURN__AGG_ACTIVE_DAYS] = {"count", "Days with $"},
    [CHURN__AGG_DAYS_SINCE] = {"days", "Days since the last of $"},
    [CHURN__AGG_TREND] = {"number", "Trend of $"},
    [CHURN__AGG_MEDIAN] = {"value", "Median of $"},
    [CHURN__AGG_QUANTILE] = {"value", "Quantile of $"},
    [CHURN__AGG_STDDEV] = {"value", "Standard deviation of $"},
    [CHURN__AGG_FIRST] = {"value", "The first of $"},
    [CHURN__AGG_LAST] = {"value", "The last of $"},
    [CHURN__AGG_DAYS_SINCE_FIRST] = {"days", "Days since the first of $"},
    [CHURN__AGG_GAP_MEAN] = {"days", "Mean of the days between $"},
    [CHURN__AGG_GAP_MAX] = {"days", "Most days between $"},
    [CHURN__AGG_RATE] = {"number", "Number a day of $"},
    [CHURN__AGG_STREAK] = {"count", "How many days or weeks in a row have $"},
    [CHURN__AGG_EXISTS] = {"bool", "Whether there are $"},
    [CHURN__AGG_EWMA] = {"number", "Number, which fades with time, of $"},
    [CHURN__AGG_ACTIVE_PERIODS] = {"count", "How many of the last stretches of time have $"},
    [CHURN__TICKET_OPEN_COUNT] = {"count", "Number of open tickets$"},
    [CHURN__TICKET_OLDEST_OPEN_DAYS] = {"days", "Days since the oldest open ticket was opened$"},
    [CHURN__TICKET_OPENED_COUNT] = {"count", "Number of tickets opened$"},
    [CHURN__TICKET_CLOSED_COUNT] = {"count", "Number of tickets closed$"},
    [CHURN__TICKET_REOPENED_COUNT] = {"count", "Number of tickets reopened$"},
    [CHURN__TICKET_UNANSWERED_COUNT] = {"count", "Number of open tickets without an answer$"},
    [CHURN__TICKET_FIRST_RESPONSE_HOURS] = {"hours", "Hours to the first response to tickets$"},
    [CHURN__TICKET_RESOLUTION_HOURS] = {"hours", "Hours to the resolution of tickets$"},
    [CHURN__TICKET_CSAT] = {"points", "Rating of tickets$"},
    [CHURN__TICKET_SLA_BREACH_SHARE] = {"ratio", "Share of tickets later than promised$"},
    [CHURN__SURVEY_LAST] = {"points", "The last answer to a survey$"},
    [CHURN__SURVEY_PREVIOUS] = {"points", "The answer to a survey before the last$"},
    [CHURN__SURVEY_CHANGE] = {"points", "Change from the answer to a survey before to the last$"},
    [CHURN__SURVEY_DAYS_SINCE] = {"days", "Days since the last answer to a survey$"},
    [CHURN__SURVEY_COUNT] = {"count", "Number of answers to surveys$"},
    [CHURN__SURVEY_MEAN] = {"points", "Mean answer to surveys$"},
    [CHURN__SUBSCRIPTION_MRR] = {"money", "Monthly recurring revenue$"},
    [CHURN__SUBSCRIPTION_ARR] = {"money", "Annual recurring revenue$"},
    [CHURN__SUBSCRIPTION_SEATS] = {"count", "Seats of live subscriptions$"},
    [CHURN__SUBSCRIPTION_PLAN] = {"text", "Plan of the largest subscription$"},
    [CHURN__SUBSCRIPTION_DISCOUNT_SHARE] = {"ratio", "Discount as a share of the full price$"},
    [CHURN__SUBSCRIPTION_DAYS_TO_RENEWAL] = {"days", "Days to the next renewal$"},
    [CHURN__SUBSCRIPTION_RENEWS_AT] = {"time", "When the next renewal is$"},
    [CHURN__SUBSCRIPTION_TENURE_DAYS] = {"days", "Days as a subscriber$"},
    [CHURN__SUBSCRIPTION_TRIAL_DAYS_LEFT] = {"days", "Days left of the trial$"},
    [CHURN__SUBSCRIPTION_ACTIVE] = {"bool", "Whether there is a live subscription$"},
    [CHURN__SUBSCRIPTION_CANCEL_REQUESTED] = {"bool", "Whether a cancellation was requested$"},
    [CHURN__SUBSCRIPTION_DAYS_SINCE_CANCEL_REQUEST] = {"days",
                                                       "Days since a cancellation was requested$"},
    [CHURN__SUBSCRIPTION_DOWNGRADES] = {"count", "Number of downgrades$"},
    [CHURN__SUBSCRIPTION_EXPANSION_AMOUNT] = {"money", "Monthly revenue gained by expansion$"},
    [CHURN__SUBSCRIPTION_CONTRACTION_AMOUNT] = {"money", "Monthly revenue lost by contraction$"},
    [CHURN__INVOICE_FAILED_COUNT] = {"count", "Number of failed payments$"},
    [CHURN__INVOICE_OVERDUE_DAYS] = {"days", "Days that the oldest open invoice is overdue$"},
    [CHURN__INVOICE_DAYS_SINCE_FAILURE] = {"days", "Days since the last failed payment$"},
    [CHURN__INVOICE_PAID_ON_TIME_SHARE] = {"ratio", "Share of invoices paid on time$"},
    [CHURN__INVOICE_OVERDUE_AMOUNT] = {"money", "Money overdue$"},
    [CHURN__INVOICE_OPEN_AMOUNT] = {"money", "Money of open invoices$"},
    [CHURN__INVOICE_REFUNDED_AMOUNT] = {"money", "Money refunded$"},
    [CHURN__INVOICE_BILLED_AMOUNT] = {"money", "Money invoiced$"},
    [CHURN__CUSTOMER_AGE_DAYS] = {"days", "Days since the customer began$"},
    [CHURN__MILESTONE_REACHED] = {"bool", "Whether a milestone is reached$"},
    [CHURN__MILESTONE_REACHED_AT] = {"time", "When a milestone was reached$"},
    [CHURN__MILESTONE_DAYS_TO] = {"days", "Days from the customer's beginning to a milestone$"},
    [CHURN__MILESTONE_DAYS_SINCE] = {"days", "Days since a milestone was reached$"},
    [CHURN__MILESTONE_OVERDUE_DAYS] = {"days", "Days that a milestone is overdue$"},
    [CHURN__TOUCHPOINT_COUNT] = {"count", "Number of touchpoints$"},
    [CHURN__TOUCHPOINT_REPLY_RATE] = {"ratio", "Share of touchpoints with a reply$"},
    [CHURN__TOUCHPOINT_DAYS_SINCE] = {"days", "Days since the last touchpoint$"},
    [CHURN__TOUCHPOINT_UNANSWERED_IN_A_ROW] = {"count", "Touchpoints without a reply in a row$"},
    [CHURN__CONTACT_ACTIVE_COUNT] = {"count", "Number of active contacts$"},
    [CHURN__CONTACT_DAYS_SINCE_LEFT] = {"days", "Days since a contact left$"},
    [CHURN__ANNOUNCEMENT_DAYS_SINCE] = {"days", "Days since an announcement$"},
    [CHURN__ATTRIBUTE_VALUE] = {"number", "The attribute$"},
    [CHURN__ATTRIBUTE_CHANGED] = {"bool", "Whether it changed: the attribute$"},
    [CHURN__ATTRIBUTE_CHANGES] = {"count", "How often it changed: the attribute$"},
    [CHURN__ATTRIBUTE_DAYS_SINCE_CHANGE] = {"days", "Days since it changed: the attribute$"},
    [CHURN__CARRY_VALUE] = {"number", "The last value of $"},
    [CHURN__CARRY_AGE_DAYS] = {"days", "Days since the last value of $"},
};
#define WORDS (sizeof words / sizeof *words)

static const char *unit_of_kind(const churn__metric_def *def)
{
    bool known = (size_t)def->what < WORDS && words[def->what].unit != NULL;
    switch (def->kind) {
    case CHURN__METRIC_RATIO:
    case CHURN__METRIC_PCT_CHANGE:
        return "ratio";
    case CHURN__METRIC_EXPR:
        return "number";
    case CHURN__METRIC_CUSTOMER:
        return "days";
    case CHURN__METRIC_ATTRIBUTE:
        return def->what != 0 && known ? words[def->what].unit : "number";
    case CHURN__METRIC_BASELINE: {
        bool number = def->form == CHURN__FORM_ROBUST_Z || def->form == CHURN__FORM_TREND;
        return number ? "number" : "ratio";
    }
    default:
        return known ? words[def->what].unit : "number";
    }
}

/* What is carried, and a difference, are in the unit of their first operand: along these, at most
 * one of each. */
const char *churn__words_unit(const churn_playbook *playbook, uint32_t metric)
{
    const churn__metric_def *def = &playbook->metrics[metric];
    for (uint32_t steps = 0; steps < playbook->metric_count; steps++) {
        bool differs = def->kind == CHURN__METRIC_DELTA || def->what == CHURN__CARRY_VALUE ||
                       (def->kind == CHURN__METRIC_BASELINE && def->form == CHURN__FORM_DIFFERENCE);
        if (!differs || def->a.is_attribute) {
            break;
        }
        def = &playbook->metrics[def->a.metric];
    }
    switch (def->type) {
    case CHURN__TYPE_BOOL:
        return "bool";
    case CHURN__TYPE_STRING:
        return "text";
    case CHURN__TYPE_TIME:
        return "time";
    default:
        return unit_of_kind(def);
    }
}

/* ---- parts of a sentence ---- */

static void put_list(churn__buf *out, const churn_str *items, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        churn__buf_text(out, i == 0 ? "" : i + 1 == count ? " or " : ", ");
        churn__buf_str(out, items[i]);
    }
}

static void put_count(churn__buf *out, int64_t count, const char *what)
{
    churn__buf_int(out, count);
    churn__buf_char(out, ' ');
    churn__buf_text(out, what);
    churn__buf_text(out, count == 1 ? "" : "s");
}

static void put_time(churn__buf *out, int64_t amount)
{
    static const struct {
        int64_t size;
        const char *name;
    } units[] = {{CHURN__DAY, "day"}, {CHURN__DAY / 24, "hour"}, {CHURN__DAY / 1440, "minute"}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (amount % units[i].size == 0) {
            put_count(out, amount / units[i].size, units[i].name);
            return;
        }
    }
    put_count(out, amount / CHURN__SECOND, "second");
}

static const char *unit_name(churn__unit unit)
{
    switch (unit) {
    case CHURN__UNIT_CD:
        return "calendar day";
    case CHURN__UNIT_CW:
        return "calendar week";
    case CHURN__UNIT_CMO:
        return "month";
    case CHURN__UNIT_CQ:
        return "quarter";
    default:
        return "year";
    }
}

static void put_span(churn__buf *out, churn__span span)
{
    if (span.unit == CHURN__UNIT_MICRO) {
        put_time(out, span.amount);
    } else {
        put_count(out, span.amount, unit_name(span.unit));
    }
}

static void put_window(churn__buf *out, const churn__metric_def *def)
{
    if (def->has_window && def->window.to_date) {
        churn__buf_text(out, " since the beginning of the ");
        churn__buf_text(out, unit_name(def->window.unit));
    } else if (def->has_window) {
        churn__buf_text(out, " in the last ");
        put_span(out, def->window);
    }
    if (def->offset.amount != 0) {
        churn__buf_text(out, ", ");
        put_span(out, def->offset);
        churn__buf_text(out, " earlier");
    }
}

static void put_taken(churn__buf *out, const churn_playbook *playbook, const churn__metric_def *def)
{
    switch (def->of) {
    case CHURN__OF_USER:
        churn__buf_text(out, "users of ");
        break;
    case CHURN__OF_TYPE:
        churn__buf_text(out, "types of ");
        break;
    case CHURN__OF_PROP:
        churn__buf_str(out, playbook->properties[def->prop].name);
        churn__buf_text(out, " of ");
        break;
    default:
        churn__buf_text(out, "values of ");
        break;
    }
}

static bool takes_values(churn__metric_what what)
{
    switch (what) {
    case CHURN__AGG_DISTINCT:
    case CHURN__AGG_SUM:
    case CHURN__AGG_MEAN:
    case CHURN__AGG_MIN:
    case CHURN__AGG_MAX:
    case CHURN__AGG_MEDIAN:
    case CHURN__AGG_QUANTILE:
    case CHURN__AGG_STDDEV:
    case CHURN__AGG_FIRST:
    case CHURN__AGG_LAST:
        return true;
    default:
        return false;
    }
}

static void put_events(churn__buf *out, const churn_playbook *playbook,
                       const churn__metric_def *def)
{
    if (takes_values(def->what)) {
        put_taken(out, playbook, def);
    }
    churn__buf_text(out, def->event_count > 0 ? "events of type " : "events");
    put_list(out, def->events, def->event_count);
    if (def->expr != NULL) {
        churn__buf_text(out, " where ");
        churn__buf_str(out, churn__expr_text(def->expr));
    }
}

/* "(high or urgent)": what records are read, and the attribute. */
static void put_filters(churn__buf *out, const churn__metric_def *def)
{
    if (def->attribute.ptr != NULL) {
        churn__buf_char(out, ' ');
        churn__buf_str(out, def->attribute);
    }
    if (def->expr != NULL) {
        churn__buf_text(out, " where ");
        churn__buf_str(out, churn__expr_text(def->expr));
    }
    for (uint32_t i = 0; i < CHURN__FILTERS; i++) {
        if (def->filters[i].count > 0) {
            churn__buf_text(out, " (");
            put_list(out, def->filters[i].words, def->filters[i].count);
            churn__buf_char(out, ')');
        }
    }
}

static void put_phrase(churn__buf *out, const churn_playbook *playbook,
                       const churn__metric_def *def)
{
    bool known = (size_t)def->what < WORDS && words[def->what].phrase != NULL;
    const char *phrase = known                                  ? words[def->what].phrase
                         : def->kind == CHURN__METRIC_ATTRIBUTE ? "The attribute$"
                                                                : "Days since the customer began$";
    for (; *phrase != '$'; phrase++) {
        churn__buf_char(out, *phrase);
    }
    if (def->kind == CHURN__METRIC_EVENT) {
        put_events(out, playbook, def);
    } else {
        put_filters(out, def);
    }
    put_window(out, def);
}

/* ---- metrics of metrics ---- */

static void put_input(churn__buf *out, const churn_playbook *playbook, uint32_t metric, uint32_t i)
{
    churn_str attribute;
    uint32_t input = churn__words_input(playbook, metric, i, &attribute);
    if (input == UINT32_MAX) {
        churn__buf_text(out, "customer.");
        churn__buf_str(out, attribute.len > 0 ? attribute : CHURN__STR("age_days"));
    } else {
        churn__buf_str(out, playbook->metrics[input].id);
    }
}

static void put_pair(churn__buf *out, const churn_playbook *playbook, uint32_t metric,
                     const char *before, const char *between)
{
    churn__buf_text(out, before);
    put_input(out, playbook, metric, 0);
    churn__buf_text(out, between);
    put_input(out, playbook, metric, 1);
}

static void put_usual(churn__buf *out, const churn__metric_def *def)
{
    static const char *const whose[] = {[CHURN__BASELINE_SELF] = "the customer's own past",
                                        [CHURN__BASELINE_SEGMENT] = "the customer's segment",
                                        [CHURN__BASELINE_ALL] = "all customers",
                                        [CHURN__BASELINE_FROZEN] = "the reference "};
    bool median = def->form == CHURN__FORM_RATIO || def->form == CHURN__FORM_DIFFERENCE;
    churn__buf_text(out, median ? " against the median of " : " in ");
    churn__buf_text(out, whose[def->baseline]);
    if (def->baseline == CHURN__BASELINE_FROZEN && def->reference != NULL) {
        churn__buf_str(out, def->reference->id);
    }
}

static void put_baseline(churn__buf *out, const churn_playbook *playbook, uint32_t metric)
{
    const churn__metric_def *def = &playbook->metrics[metric];
    static const char *const before[] = {
        [CHURN__FORM_PERCENTILE] = "Rank of ", [CHURN__FORM_ROBUST_Z] = "Robust z of "};
    if (def->form == CHURN__FORM_TREND) {
        churn__buf_text(out, "Trend of ");
        put_input(out, playbook, metric, 0);
        churn__buf_text(out, " over ");
        put_count(out, def->back, "value");
        churn__buf_text(out, ", ");
        put_span(out, (churn__span){.amount = def->every, .unit = def->every_unit});
        churn__buf_text(out, " apart");
        return;
    }
    bool ranked = def->form == CHURN__FORM_PERCENTILE || def->form == CHURN__FORM_ROBUST_Z;
    churn__buf_text(out, ranked ? before[def->form] : "");
    put_input(out, playbook, metric, 0);
    put_usual(out, def);
}

static void put_carry(churn__buf *out, const churn_playbook *playbook, uint32_t metric)
{
    const churn__metric_def *def = &playbook->metrics[metric];
    bool age = def->what == CHURN__CARRY_AGE_DAYS;
    churn__buf_text(out, age ? "Days since the last value of " : "The last value of ");
    put_input(out, playbook, metric, 0);
    churn__buf_text(out, ", looked for ");
    put_span(out, (churn__span){.amount = def->every, .unit = def->every_unit});
    churn__buf_text(out, " apart, ");
    put_count(out, def->back, "time");
}

void churn__words_sentence(const churn_playbook *playbook, uint32_t metric, churn__buf *out)
{
    const churn__metric_def *def = &playbook->metrics[metric];
    switch (def->kind) {
    case CHURN__METRIC_RATIO:
        put_pair(out, playbook, metric, "Ratio of ", " to ");
        break;
    case CHURN__METRIC_PCT_CHANGE:
        put_pair(out, playbook, metric, "Relative change to ", " from ");
        break;
    case CHURN__METRIC_DELTA:
        put_pair(out, playbook, metric, "Difference: ", " less ");
        break;
    case CHURN__METRIC_EXPR:
        churn__buf_text(out, "Computed: ");
        churn__buf_str(out, churn__expr_text(def->expr));
        break;
    case CHURN__METRIC_BASELINE:
        put_baseline(out, playbook, metric);
        break;
    case CHURN__METRIC_CARRY:
        put_carry(out, playbook, metric);
        break;
    default:
        put_phrase(out, playbook, def);
        break;
    }
    churn__buf_char(out, '.');
}

const char *churn__playbook_unit(const churn_playbook *playbook, uint32_t metric)
{
    return churn__words_unit(playbook, metric);
}
