/* SPDX-License-Identifier: MIT */
#include "metric/metric.h"

#include "playbook/schema_keys.h"

/*
 * Metrics of records that are no events: tickets, surveys, subscriptions, invoices and what else
 * is known of a customer. Which keys go with which word is in build_record_metrics.c.
 */

/* ---- words ---- */

static const schema_word tickets[] = {
    {"open_count", CHURN__TICKET_OPEN_COUNT, false, "Tickets open now."},
    {"oldest_open_days", CHURN__TICKET_OLDEST_OPEN_DAYS, false,
     "Days (with a fraction) since the oldest open ticket was opened; 0 where none is open."},
    {"unanswered_count", CHURN__TICKET_UNANSWERED_COUNT, false,
     "Tickets open now that nobody has answered."},
    {"opened_count", CHURN__TICKET_OPENED_COUNT, false, "Tickets opened in the window."},
    {"closed_count", CHURN__TICKET_CLOSED_COUNT, false, "Tickets closed in the window."},
    {"reopened_count", CHURN__TICKET_REOPENED_COUNT, false, "Tickets opened again in the window."},
    {"first_response_hours", CHURN__TICKET_FIRST_RESPONSE_HOURS, false,
     "Hours from opening to the first answer, of tickets first answered in the window."},
    {"resolution_hours", CHURN__TICKET_RESOLUTION_HOURS, false,
     "Hours from opening to closing, of tickets closed in the window and not open again."},
    {"csat", CHURN__TICKET_CSAT, false,
     "Customers' ratings of the answers, of tickets closed in the window."},
    {"sla_breach_share", CHURN__TICKET_SLA_BREACH_SHARE, false,
     "Of tickets opened in the window, the part that took longer than `sla`."},
};
const schema schema_ticket = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(tickets)};

static const schema_word sla_parts[] = {
    {"first_response", 0, false, "The time to the first answer, or to closing without one."},
    {"resolution", 1, false, "The time to closing."},
};
const schema schema_sla_part = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(sla_parts)};

static const schema_word record_takes[] = {
    {"mean", CHURN__TAKE_MEAN, false, "Their mean."},
    {"median", CHURN__TAKE_MEDIAN, false,
     "Their median: half are less, half are more. Not of users."},
    {"max", CHURN__TAKE_MAX, false, "The greatest."},
    {"min", CHURN__TAKE_MIN, false, "The least."},
};
const schema schema_record_take = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(record_takes)};

static const schema_word record_pers[] = {
    {"user", 1, false, "Each user's are counted alone; those of nobody count for nobody."},
};
static const schema record_per = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(record_pers)};

static const schema_word surveys[] = {
    {"last", CHURN__SURVEY_LAST, false, "Score of the last answer."},
    {"previous", CHURN__SURVEY_PREVIOUS, false, "Score of the answer before the last."},
    {"change", CHURN__SURVEY_CHANGE, false, "The last score less the one before."},
    {"days_since", CHURN__SURVEY_DAYS_SINCE, false, "Whole days since the last answer."},
    {"count", CHURN__SURVEY_COUNT, false, "Answers in the window."},
    {"mean", CHURN__SURVEY_MEAN, false,
     "Mean of the scores in the window, or what `take` makes of them."},
};
const schema schema_survey = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(surveys)};
static const schema_word survey_kinds[] = {
    {"nps", CHURN__SURVEY_NPS, false, "Would you recommend us: 0 to 10."},
    {"csat", CHURN__SURVEY_CSAT, false, "How content are you."},
    {"ces", CHURN__SURVEY_CES, false, "How easy was it."},
    {"custom", CHURN__SURVEY_CUSTOM, false, "A question of your own."},
};
const schema schema_survey_kind = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(survey_kinds)};

static const schema_word subscriptions[] = {
    {"mrr", CHURN__SUBSCRIPTION_MRR, false,
     "Monthly value in the playbook's currency; missing (never) before the first subscription."},
    {"arr", CHURN__SUBSCRIPTION_ARR, false, "12 times the monthly value."},
    {"seats", CHURN__SUBSCRIPTION_SEATS, false,
     "Seats of all subscriptions that are not cancelled, unpaid or ended."},
    {"plan", CHURN__SUBSCRIPTION_PLAN, false,
     "Plan of the live subscription with the largest monthly value: a text."},
    {"active", CHURN__SUBSCRIPTION_ACTIVE, false,
     "Whether some live subscription is no trial: a truth."},
    {"discount_share", CHURN__SUBSCRIPTION_DISCOUNT_SHARE, false,
     "The part of the monthly value that discounts take away."},
    {"days_to_renewal", CHURN__SUBSCRIPTION_DAYS_TO_RENEWAL, false,
     "Days (with a fraction) to the next renewal of a live subscription that is no trial."},
    {"renews_at", CHURN__SUBSCRIPTION_RENEWS_AT, false, "The instant of that renewal: a time."},
    {"tenure_days", CHURN__SUBSCRIPTION_TENURE_DAYS, false,
     "Whole days since the first subscription that was no trial, of who has one now."},
    {"trial_days_left", CHURN__SUBSCRIPTION_TRIAL_DAYS_LEFT, false,
     "Days (with a fraction) until the first trial ends; 0 once it is over."},
    {"cancel_requested", CHURN__SUBSCRIPTION_CANCEL_REQUESTED, false,
     "Whether the end of a live subscription was asked for: a truth."},
    {"days_since_cancel_request", CHURN__SUBSCRIPTION_DAYS_SINCE_CANCEL_REQUEST, false,
     "Whole days since it was last asked for."},
    {"downgrades", CHURN__SUBSCRIPTION_DOWNGRADES, false,
     "How often the monthly value fell in the window, without all of it going."},
    {"expansion_amount", CHURN__SUBSCRIPTION_EXPANSION_AMOUNT, false,
     "By how much the monthly value rose in the window: all movements of expansion."},
    {"contraction_amount", CHURN__SUBSCRIPTION_CONTRACTION_AMOUNT, false,
     "By how much it fell in the window, without all of it going: never negative."},
};
const schema schema_subscription = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(subscriptions)};

static const schema_word invoices[] = {
    {"failed_count", CHURN__INVOICE_FAILED_COUNT, false, "Payments that failed in the window."},
    {"days_since_failure", CHURN__INVOICE_DAYS_SINCE_FAILURE, false,
     "Whole days since a payment last failed."},
    {"overdue_days", CHURN__INVOICE_OVERDUE_DAYS, false,
     "Days since the due date of the invoice that is overdue longest; 0 where none is."},
    {"overdue_amount", CHURN__INVOICE_OVERDUE_AMOUNT, false, "Sum of what is overdue."},
    {"open_amount", CHURN__INVOICE_OPEN_AMOUNT, false, "Sum of what is not paid, due or not."},
    {"paid_on_time_share", CHURN__INVOICE_PAID_ON_TIME_SHARE, false,
     "Of invoices due in the window, the part that was paid by then."},
    {"refunded_amount", CHURN__INVOICE_REFUNDED_AMOUNT, false, "Money given back in the window."},
    {"billed_amount", CHURN__INVOICE_BILLED_AMOUNT, false,
     "Sum of what was invoiced in the window."},
};
const schema schema_invoice = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(invoices)};

static const schema_word customer_facts[] = {
    {"age_days", CHURN__CUSTOMER_AGE_DAYS, false, "Whole days since the customer began."},
};
static const schema customer_fact = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(customer_facts)};

static const schema_word milestones[] = {
    {"reached", CHURN__MILESTONE_REACHED, false, "Whether it is reached: a truth."},
    {"reached_at", CHURN__MILESTONE_REACHED_AT, false, "When it was reached: a time."},
    {"days_to", CHURN__MILESTONE_DAYS_TO, false,
     "Days (with a fraction) from the customer's `since` to it."},
    {"days_since", CHURN__MILESTONE_DAYS_SINCE, false, "Whole days since it was reached."},
    {"overdue_days", CHURN__MILESTONE_OVERDUE_DAYS, false,
     "Days (with a fraction) past `due` for who has not reached it; else 0."},
};
const schema schema_milestone = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(milestones)};

static const schema_word touchpoints[] = {
    {"count", CHURN__TOUCHPOINT_COUNT, false, "Touchpoints in the window."},
    {"reply_rate", CHURN__TOUCHPOINT_REPLY_RATE, false,
     "Of touchpoints in the window, the part that was replied to."},
    {"days_since", CHURN__TOUCHPOINT_DAYS_SINCE, false, "Whole days since the last one."},
    {"unanswered_in_a_row", CHURN__TOUCHPOINT_UNANSWERED_IN_A_ROW, false,
     "How many of the last ones, up to now, were not replied to."},
};
const schema schema_touchpoint = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(touchpoints)};

static const schema_word contacts[] = {
    {"active_count", CHURN__CONTACT_ACTIVE_COUNT, false, "Contacts that are active."},
    {"days_since_left", CHURN__CONTACT_DAYS_SINCE_LEFT, false,
     "Whole days since one was last active no more, or no more in the role."},
};
const schema schema_contact = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(contacts)};

static const schema_word announcements[] = {
    {"days_since", CHURN__ANNOUNCEMENT_DAYS_SINCE, false, "Whole days since the last one."},
};
const schema schema_announcement = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(announcements)};

static const schema_word attribute_takes[] = {
    {"value", CHURN__ATTRIBUTE_VALUE, false, "Its value, with its own type."},
    {"changed", CHURN__ATTRIBUTE_CHANGED, false, "Whether it changed in the window: a truth."},
    {"changes", CHURN__ATTRIBUTE_CHANGES, false, "How often it changed in the window."},
    {"days_since_change", CHURN__ATTRIBUTE_DAYS_SINCE_CHANGE, false,
     "Whole days since it last changed."},
};
const schema schema_attribute_take = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(attribute_takes)};

static const schema_word record_histories[] = {
    {"require", 0, false, "A window that reaches before the customer's start is missing."},
    {"clip", 1, false,
     "It counts what there is since the customer's start, or since tracking began."},
};
static const schema record_history = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(record_histories)};

/* ---- keys ---- */

static const schema attribute_name = {.type = SCHEMA_NAME, .what = "the name of an attribute"};
static const schema word = {.type = SCHEMA_TEXT, .what = "a text as the records have it"};
static const schema words = {.type = SCHEMA_ONE_OR_LIST, .of = &word};

#define RECORD_HISTORY                                                                              \
    {                                                                                               \
        "history", &record_history,                                                                 \
            .standard = "require",                                                                  \
            .doc =                                                                                  \
                "What a window means that reaches before the customer's start, or before tracking " \
                "began.",                                                                           \
            .example = "clip"                                                                       \
    }
#define RECORD_WORDS(key, sentence, sample)                                                 \
    {                                                                                       \
        key, &words, .standard = "any", .doc = "Only " sentence ": one or a list of them.", \
                     .example = sample                                                      \
    }

#define RECORD_WHERE(sample)                                                                       \
    {                                                                                              \
        "where", &schema_expression,                                                               \
            .doc = "A condition on each record, over `it.<field>`: its fields, and `it.age_days` " \
                   "and `it.open`. Records for which it is unknown do not count.",                 \
            .example = "'" sample "'"                                                              \
    }

static const schema_key ticket_keys[] = {
    {"ticket", &schema_ticket, .required = true, .doc = "Something of the customer's tickets.",
     .example = "oldest_open_days"},
    METRIC_ID,
    METRIC_WINDOW(false),
    METRIC_OFFSET,
    RECORD_HISTORY,
    METRIC_DEFAULT,
    RECORD_WORDS("priority", "tickets of such a priority", "[high, urgent]"),
    RECORD_WORDS("category", "tickets of such a category", "billing"),
    {"sla", &schema_duration_positive, .doc = "Of sla_breach_share: what was promised.",
     .example = "4h"},
    {"of", &schema_sla_part, .standard = "first_response",
     .doc = "Of sla_breach_share: what was promised within that time.", .example = "resolution"},
    {"per", &record_per, .doc = "Of a count: counted apart, for each user.", .example = "user"},
    {"take", &schema_record_take, .standard = "mean; `max` with `per`",
     .doc = "What is made of the numbers of all tickets, or of all users.", .example = "median"},
    RECORD_WHERE("it.category == \"bug\" && it.open"),
};
static const schema_key survey_keys[] = {
    {"survey", &schema_survey, .required = true, .doc = "Something of the customer's answers.",
     .example = "last"},
    METRIC_ID,
    {"kind", &schema_survey_kind, .standard = "any", .doc = "Of which survey.", .example = "nps"},
    RECORD_WORDS("moment", "answers given at such a moment", "after_onboarding"),
    {"max_age", &schema_duration_positive, .standard = "any age",
     .doc = "Where the last answer is older, it is missing (expired).", .example = "180d"},
    METRIC_WINDOW(false),
    METRIC_OFFSET,
    RECORD_HISTORY,
    METRIC_DEFAULT,
    {"take", &schema_record_take, .standard = "mean",
     .doc = "Of mean: what is made of the scores instead.", .example = "min"},
    RECORD_WHERE("it.score <= 6"),
};
static const schema_key subscription_keys[] = {
    {"subscription", &schema_subscription, .required = true,
     .doc = "Something of the customer's subscriptions.", .example = "mrr"},
    METRIC_ID,
    METRIC_WINDOW(false),
    METRIC_OFFSET,
    RECORD_HISTORY,
    METRIC_DEFAULT,
    {"min_period", &schema_duration_positive, .standard = "any period",
     .doc = "Of a renewal: subscriptions that are charged more often are left out.",
     .example = "90d"},
    RECORD_WHERE("it.product == \"suite\""),
};
static const schema_key invoice_keys[] = {
    {"invoice", &schema_invoice, .required = true, .doc = "Something of the customer's invoices.",
     .example = "failed_count"},
    METRIC_ID,
    METRIC_WINDOW(false),
    METRIC_OFFSET,
    RECORD_HISTORY,
    METRIC_DEFAULT,
    RECORD_WHERE("it.amount >= 1000"),
};
static const schema_key milestone_keys[] = {
    {"milestone", &schema_milestone, .required = true,
     .doc = "Something of a milestone that is loaded as a record.", .example = "reached"},
    METRIC_ID,
    {"name", &word, .required = true, .doc = "Which milestone.", .example = "activated"},
    {"due", &schema_span, .doc = "Of overdue_days: how long after the customer's `since`.",
     .example = "30d"},
    METRIC_OFFSET,
    METRIC_DEFAULT,
    RECORD_WHERE("it.age_days < 90"),
};
static const schema_key touchpoint_keys[] = {
    {"touchpoint", &schema_touchpoint, .required = true,
     .doc = "Something of how the customer was contacted.", .example = "days_since"},
    METRIC_ID,
    RECORD_WORDS("channel", "touchpoints by such a channel", "[email, call]"),
    METRIC_WINDOW(false),
    METRIC_OFFSET,
    RECORD_HISTORY,
    METRIC_DEFAULT,
    RECORD_WHERE("it.outcome != \"no_answer\""),
};
static const schema_key contact_keys[] = {
    {"contact", &schema_contact, .required = true, .doc = "Something of the customer's people.",
     .example = "active_count"},
    METRIC_ID,
    RECORD_WORDS("role", "contacts in such a role", "champion"),
    METRIC_OFFSET,
    METRIC_DEFAULT,
    RECORD_WHERE("it.name != \"\""),
};
static const schema_key announcement_keys[] = {
    {"announcement", &schema_announcement, .required = true,
     .doc = "Something of what was announced to all.", .example = "days_since"},
    METRIC_ID,
    RECORD_WORDS("name", "announcements of that name", "release_4"),
    RECORD_WORDS("kind", "announcements of that kind", "price_change"),
    METRIC_OFFSET,
    METRIC_DEFAULT,
    RECORD_WHERE("it.kind != \"release\""),
};
static const schema_key attribute_keys[] = {
    {"attribute", &attribute_name, .required = true,
     .doc = "An attribute as a metric, with its own type.", .example = "seats"},
    METRIC_ID,
    {"take", &schema_attribute_take, .standard = "value", .doc = "What is taken of it.",
     .example = "changed"},
    METRIC_WINDOW(false),
    METRIC_OFFSET,
    RECORD_HISTORY,
    METRIC_DEFAULT,
};
static const schema_key customer_keys[] = {
    {"customer", &customer_fact, .required = true, .doc = "Something of the customer itself.",
     .example = "age_days"},
    METRIC_ID,
    METRIC_DEFAULT,
};

const schema schema_by_ticket = {SCHEMA_KEYS_OF(ticket_keys)};
const schema schema_by_survey = {SCHEMA_KEYS_OF(survey_keys)};
const schema schema_by_subscription = {SCHEMA_KEYS_OF(subscription_keys)};
const schema schema_by_invoice = {SCHEMA_KEYS_OF(invoice_keys)};
const schema schema_by_milestone = {SCHEMA_KEYS_OF(milestone_keys)};
const schema schema_by_touchpoint = {SCHEMA_KEYS_OF(touchpoint_keys)};
const schema schema_by_contact = {SCHEMA_KEYS_OF(contact_keys)};
const schema schema_by_announcement = {SCHEMA_KEYS_OF(announcement_keys)};
const schema schema_by_attribute = {SCHEMA_KEYS_OF(attribute_keys)};
const schema schema_by_customer = {SCHEMA_KEYS_OF(customer_keys)};
