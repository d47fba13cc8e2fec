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
    {"override", CHURN_RECORD_OVERRIDE, false, "Scores set by hand."},
    {"announcement", CHURN_RECORD_ANNOUNCEMENT, false, "Announcements."},
    {"measure", CHURN_RECORD_MEASURE, false, "Figures that the host measures."},
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

static const schema_word histories[] = {
    {"require", 0, false, "A window that reaches before the customer's start is missing."},
    {"clip", 1, false,
     "It counts what there is since the customer's start, or since tracking began."},
    {"scale", 2, false, "Counts, sums and rates: what there is, scaled up to the whole window."},
};
const schema schema_history = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(histories)};

/* ---- keys ---- */

static const schema operand = {
    .type = SCHEMA_TEXT, .what = "the id of a metric, or an attribute such as `customer.seats`"};
static const schema metric_name = {.type = SCHEMA_NAME, .what = "the id of a metric"};
static const schema attribute_name = {.type = SCHEMA_NAME, .what = "the name of an attribute"};
static const schema min_den = {.type = SCHEMA_NUMBER, .ranged = true, .low = 0, .high = 1e15};

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
static const schema_key delta_part_keys[] = {
    {"a", &operand, .required = true, .doc = "What is subtracted from.", .example = "logins_28d"},
    {"b", &operand, .required = true, .doc = "What is subtracted.", .example = "logins_before"},
};
static const schema delta_part = {SCHEMA_KEYS_OF(delta_part_keys)};
static const schema_key delta_keys[] = {
    {"delta", &delta_part, .required = true, .doc = "The difference of two metrics.",
     .example = "{a: logins_28d, b: logins_before}"},
    METRIC_ID,
    METRIC_DEFAULT,
};
static const schema_key share_part_keys[] = {
    {"distinct", &metric_name, .required = true,
     .doc = "A metric that counts: who is active, what is used.", .example = "active_users"},
    {"attribute", &attribute_name, .required = true, .doc = "How many there could be.",
     .example = "seats"},
};
static const schema share_part = {SCHEMA_KEYS_OF(share_part_keys)};
static const schema_key share_keys[] = {
    {"share", &share_part, .required = true,
     .doc = "What a metric counts as a part of an attribute; missing where that is 0.",
     .example = "{distinct: active_users, attribute: seats}"},
    METRIC_ID,
    METRIC_DEFAULT,
};
static const schema_word expr_types[] = {
    {"number", CHURN__TYPE_DOUBLE, false, "A number."},
    {"bool", CHURN__TYPE_BOOL, false, "True or false."},
};
const schema schema_expr_type = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(expr_types)};
static const schema_key expr_keys[] = {
    {"expr", &schema_expression, .required = true,
     .doc = "An expression over other metrics and attributes of the customer.",
     .example = "'metric.logins_28d / customer.seats'"},
    METRIC_ID,
    {"type", &schema_expr_type, .standard = "number", .doc = "What comes of it.",
     .example = "bool"},
    METRIC_DEFAULT,
};
static const schema_word baseline_words[] = {
    {"self", CHURN__BASELINE_SELF, false, "The customer's own values at earlier dates."},
    {"segment", CHURN__BASELINE_SEGMENT, false,
     "Customers in `segment`, or, without it, in the customer's own: the first declared one that "
     "holds."},
    {"all", CHURN__BASELINE_ALL, false, "All customers."},
    {"frozen", CHURN__BASELINE_FROZEN, false,
     "What `references` of the playbook says, under the name in `reference`."},
};
const schema schema_baseline_of = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(baseline_words)};
static const schema_word baseline_forms[] = {
    {"ratio", CHURN__FORM_RATIO, false,
     "The value divided by the median: 0.5 is half of what is usual."},
    {"difference", CHURN__FORM_DIFFERENCE, false, "The value less the median."},
    {"percentile", CHURN__FORM_PERCENTILE, false,
     "The share of values that are less, with half of those that are equal: 0 to 1."},
    {"robust_z", CHURN__FORM_ROBUST_Z, false,
     "How far it is from the median, in standard deviations estimated by the median of distances."},
    {"trend", CHURN__FORM_TREND, false,
     "Of `self`: the change from value to value, as a part of the usual size: 0.1 is a tenth up."},
};
const schema schema_baseline_as = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(baseline_forms)};
static const schema back = {.type = SCHEMA_INT, .ranged = true, .low = 1, .high = 1000};
static const schema fewest = {.type = SCHEMA_INT, .ranged = true, .low = 1, .high = 1e9};
static const schema reference_name = {.type = SCHEMA_NAME, .what = "the name of a reference"};
static const schema segment_name = {.type = SCHEMA_NAME, .what = "the id of a segment"};
static const schema_key baseline_part_keys[] = {
    {"metric", &metric_name, .required = true, .doc = "What is compared with what is usual.",
     .example = "logins_28d"},
    {"of", &schema_baseline_of, .standard = "self", .doc = "Whose values are usual.",
     .example = "self"},
    {"back", &back,
     .doc = "Of `self`: at how many earlier dates; of a trend how many values, the present one "
            "among them.",
     .example = "12"},
    {"every", &schema_window_plain, .doc = "Of `self`: how far these dates are apart.",
     .example = "7d"},
    {"as", &schema_baseline_as, .standard = "ratio", .doc = "How the two are compared.",
     .example = "difference"},
    {"segment", &segment_name, .doc = "Of `segment`: the one that everybody is compared with.",
     .example = "enterprise"},
    {"reference", &reference_name, .doc = "Of `frozen`: the name under `references`.",
     .example = "logins_2026q1"},
    {"fewest", &fewest,
     .standard = "of medians of `self` half of `back`, else 1; `percentile` and `robust_z` 2, "
                 "`trend` 3",
     .doc = "How many values there must be to say what is usual.", .example = "6"},
};
static const schema baseline_part = {SCHEMA_KEYS_OF(baseline_part_keys)};
static const schema_key baseline_keys[] = {
    {"baseline", &baseline_part, .required = true, .doc = "A metric against what it usually is.",
     .example = "{metric: logins_28d, back: 12, every: 7d}"},
    METRIC_ID,
    METRIC_DEFAULT,
};
static const schema by_delta = {SCHEMA_KEYS_OF(delta_keys)};
static const schema by_share = {SCHEMA_KEYS_OF(share_keys)};
static const schema by_expr = {SCHEMA_KEYS_OF(expr_keys)};
static const schema by_baseline = {SCHEMA_KEYS_OF(baseline_keys)};
static const schema by_ratio = {SCHEMA_KEYS_OF(ratio_keys)};
static const schema by_change = {SCHEMA_KEYS_OF(change_keys)};
static const schema *const sorts[] = {&schema_by_agg,
                                      &by_ratio,
                                      &by_change,
                                      &by_delta,
                                      &by_share,
                                      &by_expr,
                                      &by_baseline,
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
static const schema metric = {.type = SCHEMA_VARIANTS, SCHEMA_ANY_OF(sorts)};
const schema schema_metrics = {.type = SCHEMA_LIST, .of = &metric};
