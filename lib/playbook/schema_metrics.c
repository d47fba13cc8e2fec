/* SPDX-License-Identifier: MIT */
#include "metric/metric.h"

#include "playbook/schema_keys.h"

/* ---- sources ---- */

static const schema_word record_kinds[] = {
    {"customer", CHURN_RECORD_CUSTOMER, false, "Customers."},
    {"attribute", CHURN_RECORD_ATTRIBUTE, false, "Attributes of customers."},
    {"subscription", CHURN_RECORD_SUBSCRIPTION, false, "Subscriptions."},
    {"invoice", CHURN_RECORD_INVOICE, false, "Invoices."},
    {"ticket", CHURN_RECORD_TICKET, false, "Tickets of support."},
    {"survey", CHURN_RECORD_SURVEY, false, "Answers to surveys."},
    {"churn", CHURN_RECORD_CHURN, false, "Losses."},
    {"contact", CHURN_RECORD_CONTACT, false, "People at a customer."},
    {"milestone", CHURN_RECORD_MILESTONE, false, "Milestones reached."},
    {"touchpoint", CHURN_RECORD_TOUCHPOINT, false, "Contacts with a customer."},
    {"spend", CHURN_RECORD_SPEND, false, "Costs of acquisition."},
    {"rate", CHURN_RECORD_RATE, false, "Exchange rates."},
    {"override", 0, true, "Scores set by hand."},
    {"announcement", CHURN_RECORD_ANNOUNCEMENT, false, "Announcements."},
};
const schema schema_record_kind = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(record_kinds)};
static const schema record_list = {.type = SCHEMA_LIST, .of = &schema_record_kind, .least = 1};
static const schema event_name = {.type = SCHEMA_TEXT, .what = "the type of an event"};
static const schema event_list = {.type = SCHEMA_LIST, .of = &event_name, .least = 1};
static const schema event_from = {.type = SCHEMA_MAP, .of = &schema_instant, .free_keys = true};

static const schema_key source_keys[] = {
    {"events", &event_list, .doc = "Types of events that come from here.",
     .example = "[login, export]"},
    {"records", &record_list, .doc = "Kinds of records that come from here.",
     .example = "[ticket]"},
    {"max_lag", &schema_duration, .standard = "never late",
     .doc = "How late it may be. Once it is later, all that stands on it is missing "
            "(stale_source).",
     .example = "36h"},
    {"from", &schema_instant, .standard = "always",
     .doc = "When tracking began: windows that reach before it are missing (short_history).",
     .example = "2024-06-01"},
    {"event_from", &event_from,
     .doc = "The same for single types of events that were tracked later.",
     .example = "{export: 2025-11-01}"},
};
static const schema source = {SCHEMA_KEYS_OF(source_keys)};
const schema schema_sources = {.type = SCHEMA_MAP, .of = &source};

/* ---- words ---- */

static const schema_word aggs[] = {
    {"count", CHURN__AGG_COUNT, false, "Events in the window; 0 where there are none."},
    {"distinct", CHURN__AGG_DISTINCT, false, "Different users or types (`of`) in the window."},
    {"sum", CHURN__AGG_SUM, false, "Sum of the events' values."},
    {"mean", CHURN__AGG_MEAN, false, "Mean of the events' values; missing where there are none."},
    {"min", CHURN__AGG_MIN, false, "Least value; missing where there are none."},
    {"max", CHURN__AGG_MAX, false, "Greatest value; missing where there are none."},
    {"active_days", CHURN__AGG_ACTIVE_DAYS, false, "Local days with at least one event."},
    {"days_since", CHURN__AGG_DAYS_SINCE, false, "Whole days of 24 hours since the last event."},
    {"trend", CHURN__AGG_TREND, false,
     "Slope of the line through the counts of equal stretches of time, per stretch."},
    {"median", 0, true, "Median of the values."},
    {"stddev", 0, true, "Standard deviation of the values."},
    {"first", 0, true, "First value."},
    {"last", 0, true, "Last value."},
    {"days_since_first", 0, true, "Days since the first event."},
    {"gap_mean", 0, true, "Mean of the gaps between events."},
    {"gap_max", 0, true, "Longest gap between events."},
    {"rate", 0, true, "Events a day."},
    {"streak", 0, true, "Days in a row with an event."},
    {"exists", 0, true, "Whether there is an event."},
    {"ewma", 0, true, "Exponentially weighted count."},
    {"active_periods", 0, true, "Stretches with at least one event."},
};
const schema schema_agg = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(aggs)};

static const schema_word ofs[] = {
    {"value", CHURN__OF_VALUE, false, "The event's value."},
    {"user", CHURN__OF_USER, false, "Who did it."},
    {"type", CHURN__OF_TYPE, false, "Its type."},
    {"props.", 0, true, "A property of the event."},
};
const schema schema_of = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(ofs)};

static const schema_word histories[] = {
    {"require", 0, false, "A window that reaches before the customer's start is missing."},
    {"clip", 1, false,
     "It counts what there is since the customer's start, or since tracking began."},
    {"scale", 0, true, "It counts what there is, scaled to the whole window."},
};
const schema schema_history = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(histories)};

static const schema_word if_never_words[] = {
    {"since_start", CHURN__NEVER_SINCE_START, false,
     "Days since the customer or the tracking began, whichever is later."},
    {"missing", CHURN__NEVER_MISSING, false, "Missing (never)."},
};
const schema schema_if_never_word = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(if_never_words)};
static const schema *const if_never_sorts[] = {&schema_if_never_word, &schema_number};
static const schema if_never = {.type = SCHEMA_EITHER, SCHEMA_ANY_OF(if_never_sorts)};

/* ---- keys ---- */

static const schema events = {.type = SCHEMA_ONE_OR_LIST, .of = &event_name};
static const schema operand = {
    .type = SCHEMA_TEXT, .what = "the id of a metric, or an attribute such as `customer.seats`"};
static const schema buckets = {.type = SCHEMA_INT, .ranged = true, .low = 2, .high = 1000};
static const schema min_den = {.type = SCHEMA_NUMBER, .ranged = true, .low = 0, .high = 1e15};

static const schema_key agg_keys[] = {
    {"agg", &schema_agg, .required = true, .doc = "What is made of the events.",
     .example = "count"},
    METRIC_ID,
    {"event", &events, .required = true, .doc = "Which events: a type, a list of types, or `any`.",
     .example = "[login, export]"},
    {"of", &schema_of, .standard = "value; `user` of distinct",
     .doc = "What of the events is taken.", .example = "user"},
    METRIC_WINDOW(false),
    METRIC_OFFSET,
    METRIC_HISTORY,
    METRIC_DEFAULT,
    {"if_never", &if_never, .standard = "since_start",
     .doc = "What days_since is for a customer who never had such an event.", .example = "missing"},
    {"buckets", &buckets, .doc = "Of a trend: how many stretches of time.", .example = "8"},
    {"every", &schema_duration_positive, .doc = "Of a trend: how long one stretch is.",
     .example = "7d"},
    {"relative", &schema_bool, .standard = "false",
     .doc = "Of a trend: whether the slope is divided by the mean.", .example = "true"},
    {"min_buckets", &buckets, .standard = "all",
     .doc = "Of a trend: how many stretches a young customer must have.", .example = "4"},
    SCHEMA_LATER_KEY("where", "A condition on each event."),
    SCHEMA_LATER_KEY("per", "Counted apart, for each user."),
    SCHEMA_LATER_KEY("take", "Which of the parts counts."),
    SCHEMA_LATER_KEY("align", "Whole days, weeks or months."),
    SCHEMA_LATER_KEY("scale", "Decimals of an exact sum."),
    SCHEMA_LATER_KEY("approx", "Approximate counting."),
    SCHEMA_LATER_KEY("half_life", "Of a weighted count."),
};
static const schema_key ratio_part_keys[] = {
    {"num", &operand, .required = true, .doc = "What is divided.", .example = "active_users"},
    {"den", &operand, .required = true, .doc = "What it is divided by.",
     .example = "customer.seats"},
    {"min_den", &min_den, .standard = "0",
     .doc = "A divisor smaller than this gives no ratio; 0 never divides.", .example = "5"},
};
static const schema ratio_part = {SCHEMA_KEYS_OF(ratio_part_keys)};
static const schema_key ratio_keys[] = {
    {"ratio", &ratio_part, .required = true, .doc = "One metric divided by another.",
     .example = "{num: active_users, den: customer.seats}"},
    METRIC_ID,
    METRIC_DEFAULT,
};
static const schema_key change_part_keys[] = {
    {"cur", &operand, .required = true, .doc = "What is now.", .example = "logins_28d"},
    {"base", &operand, .required = true, .doc = "What was before.", .example = "logins_before"},
    {"min_base", &schema_positive, .standard = "1",
     .doc = "From a base smaller than this no change is computed.", .example = "10"},
};
static const schema change_part = {SCHEMA_KEYS_OF(change_part_keys)};
static const schema_key change_keys[] = {
    {"pct_change", &change_part, .required = true,
     .doc = "The change from one metric to another, as a part of the first: -0.5 is half lost.",
     .example = "{cur: logins_28d, base: logins_before}"},
    METRIC_ID,
    METRIC_DEFAULT,
};
static const schema by_agg = {SCHEMA_KEYS_OF(agg_keys)};
static const schema by_ratio = {SCHEMA_KEYS_OF(ratio_keys)};
static const schema by_change = {SCHEMA_KEYS_OF(change_keys)};
static const schema *const sorts[] = {&by_agg,
                                      &by_ratio,
                                      &by_change,
                                      &schema_by_ticket,
                                      &schema_by_survey,
                                      &schema_by_subscription,
                                      &schema_by_invoice,
                                      &schema_by_milestone,
                                      &schema_by_touchpoint,
                                      &schema_by_contact,
                                      &schema_by_announcement,
                                      &schema_by_attribute,
                                      &schema_by_customer};
static const schema_word later_sorts[] = {
    {"delta", 0, true, "Difference of two metrics."},
    {"share", 0, true, "Different users as a part of an attribute."},
    {"expression", 0, true, "A metric computed from others."},
};
static const schema metric = {
    .type = SCHEMA_VARIANTS, SCHEMA_ANY_OF(sorts), SCHEMA_WORDS_OF(later_sorts)};
const schema schema_metrics = {.type = SCHEMA_LIST, .of = &metric};
