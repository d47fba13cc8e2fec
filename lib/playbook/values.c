/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "playbook/build.h"

/* What the numbers of a playbook can be, for the lints of conditions. Only what is certain: a
 * metric with a default or a value for "never" below 0 is not bounded. */

static bool is_rank(const churn__metric_def *def)
{
    return def->kind == CHURN__METRIC_BASELINE && def->form == CHURN__FORM_PERCENTILE;
}

/* Answers beyond 0 and 10 are not taken in. */
static bool is_nps(const churn__metric_def *def)
{
    bool answer = def->what == CHURN__SURVEY_LAST || def->what == CHURN__SURVEY_PREVIOUS ||
                  def->what == CHURN__SURVEY_MEAN;
    return answer && def->kind == CHURN__METRIC_SURVEY && def->survey_kind == CHURN__SURVEY_NPS;
}

/* Counts, and days or money that are never negative. */
static bool is_never_negative(const churn__metric_def *def)
{
    switch (def->what) {
    case CHURN__AGG_COUNT:
    case CHURN__AGG_DISTINCT:
    case CHURN__AGG_ACTIVE_DAYS:
    case CHURN__AGG_ACTIVE_PERIODS:
    case CHURN__AGG_STREAK:
    case CHURN__AGG_DAYS_SINCE:
    case CHURN__AGG_DAYS_SINCE_FIRST:
    case CHURN__AGG_STDDEV:
    case CHURN__TICKET_OPEN_COUNT:
    case CHURN__TICKET_OLDEST_OPEN_DAYS:
    case CHURN__TICKET_OPENED_COUNT:
    case CHURN__TICKET_CLOSED_COUNT:
    case CHURN__TICKET_REOPENED_COUNT:
    case CHURN__TICKET_UNANSWERED_COUNT:
    case CHURN__TICKET_SLA_BREACH_SHARE:
    case CHURN__SURVEY_COUNT:
    case CHURN__INVOICE_FAILED_COUNT:
    case CHURN__INVOICE_OVERDUE_DAYS:
    case CHURN__INVOICE_PAID_ON_TIME_SHARE:
    case CHURN__CARRY_AGE_DAYS:
    case CHURN__SURVEY_DAYS_SINCE:
    case CHURN__SUBSCRIPTION_DOWNGRADES:
    case CHURN__TOUCHPOINT_COUNT:
    case CHURN__TOUCHPOINT_REPLY_RATE:
    case CHURN__TOUCHPOINT_DAYS_SINCE:
    case CHURN__TOUCHPOINT_UNANSWERED_IN_A_ROW:
    case CHURN__CONTACT_ACTIVE_COUNT:
    case CHURN__ANNOUNCEMENT_DAYS_SINCE:
    case CHURN__ATTRIBUTE_CHANGES:
    case CHURN__ATTRIBUTE_DAYS_SINCE_CHANGE:
        return true;
    default:
        return is_rank(def) || is_nps(def);
    }
}

static bool is_share(const churn__metric_def *def)
{
    return def->what == CHURN__TICKET_SLA_BREACH_SHARE ||
           def->what == CHURN__INVOICE_PAID_ON_TIME_SHARE ||
           def->what == CHURN__TOUCHPOINT_REPLY_RATE || is_rank(def);
}

/* Means, quotients and times to the microsecond. */
static bool is_fractional(const churn__metric_def *def)
{
    switch (def->kind) {
    case CHURN__METRIC_RATIO:
    case CHURN__METRIC_PCT_CHANGE:
    case CHURN__METRIC_BASELINE:
        return true;
    default:
        break;
    }
    switch (def->what) {
    case CHURN__AGG_MEAN:
    case CHURN__AGG_TREND:
    case CHURN__AGG_QUANTILE:
    case CHURN__AGG_STDDEV:
    case CHURN__AGG_GAP_MEAN:
    case CHURN__AGG_GAP_MAX:
    case CHURN__AGG_RATE:
    case CHURN__AGG_EWMA:
    case CHURN__CARRY_AGE_DAYS:
    case CHURN__TICKET_OLDEST_OPEN_DAYS:
    case CHURN__TICKET_FIRST_RESPONSE_HOURS:
    case CHURN__TICKET_RESOLUTION_HOURS:
    case CHURN__TICKET_SLA_BREACH_SHARE:
    case CHURN__SURVEY_MEAN:
    case CHURN__SUBSCRIPTION_DISCOUNT_SHARE:
    case CHURN__INVOICE_PAID_ON_TIME_SHARE:
        return true;
    default:
        return def->take == CHURN__TAKE_MEAN;
    }
}

static bool has_negative_stand_in(const churn__metric_def *def)
{
    return (def->has_default && !(def->default_value >= 0)) ||
           (def->if_never == CHURN__NEVER_NUMBER && !(def->if_never_value >= 0));
}

static bool has_large_stand_in(const churn__metric_def *def, double most)
{
    return def->has_default && !(def->default_value <= most);
}

static double most_of(const churn__metric_def *def)
{
    double most = is_share(def) ? 1 : is_nps(def) ? 10 : (double)INFINITY;
    return has_large_stand_in(def, most) ? (double)INFINITY : most;
}

/* What is carried is a value of what it is carried from. */
static const churn__metric_def *carried_from(const builder *b, const churn__metric_def *def)
{
    bool carried = def->what == CHURN__CARRY_VALUE && def->a.metric < b->pb->metric_count;
    return carried ? &b->pb->metrics[def->a.metric] : def;
}

static void metric_values(const churn__metric_def *def, churn__expr_name *out)
{
    out->fractional = is_fractional(def);
    out->bounded = is_never_negative(def) && !has_negative_stand_in(def);
    out->low = 0;
    out->high = most_of(def);
}

void b_slot_values(const builder *b, const churn__slot *slot, churn__expr_name *out)
{
    if (slot->type != CHURN__TYPE_DOUBLE) {
        return;
    }
    if (slot->kind == CHURN__SLOT_METRIC) {
        metric_values(carried_from(b, &b->pb->metrics[slot->index]), out);
    } else if (slot->kind == CHURN__SLOT_SCORE || slot->kind == CHURN__SLOT_ROLL_UP) {
        out->fractional = true;
        out->bounded = true;
        out->low = 0;
        out->high = slot->part == CHURN__PART_COVERAGE ? 1 : 100;
    }
}

void churn__playbook_values(const churn_playbook *playbook, uint32_t metric, churn__expr_name *out)
{
    if (out->type == CHURN__TYPE_DOUBLE) {
        metric_values(&playbook->metrics[metric], out);
    }
}
