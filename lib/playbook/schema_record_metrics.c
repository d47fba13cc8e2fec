/* SPDX-License-Identifier: MIT */
#include "metric/metric.h"

#include "playbook/schema_keys.h"

/*
 * Metrics of records that are no events: tickets, surveys, subscriptions, invoices and what else
 * is known of a customer.
 */

/* ---- words ---- */

static const schema_word tickets[] = {
    {"open_count", CHURN__TICKET_OPEN_COUNT, false, "Tickets open now."},
    {"oldest_open_days", CHURN__TICKET_OLDEST_OPEN_DAYS, false,
     "Days (with a fraction) since the oldest open ticket was opened; 0 where none is open."},
    {"opened_count", CHURN__TICKET_OPENED_COUNT, false, "Tickets opened in the window."},
    {"first_response_hours", 0, true, "Hours until somebody answered."},
    {"resolution_hours", 0, true, "Hours until a ticket was closed."},
    {"csat", 0, true, "Rating of answers."},
};
const schema schema_ticket = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(tickets)};

static const schema_word surveys[] = {
    {"last", CHURN__SURVEY_LAST, false, "Score of the last answer."},
    {"mean", 0, true, "Mean of the answers."},
    {"count", 0, true, "Number of answers."},
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
    {"seats", CHURN__SUBSCRIPTION_SEATS, false,
     "Seats of all subscriptions that are not cancelled, unpaid or ended."},
    {"days_to_renewal", 0, true, "Days until the next renewal."},
    {"plan", 0, true, "Plan of the largest subscription."},
};
const schema schema_subscription = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(subscriptions)};

static const schema_word invoices[] = {
    {"failed_count", CHURN__INVOICE_FAILED_COUNT, false, "Payments that failed in the window."},
    {"overdue_days", CHURN__INVOICE_OVERDUE_DAYS, false,
     "Days since the due date of the invoice that is overdue longest; 0 where none is."},
};
const schema schema_invoice = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(invoices)};

static const schema_word customer_facts[] = {
    {"age_days", CHURN__CUSTOMER_AGE_DAYS, false, "Whole days since the customer began."},
};
static const schema customer_fact = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(customer_facts)};

/* ---- keys ---- */

static const schema attribute_name = {.type = SCHEMA_NAME, .what = "the name of an attribute"};

static const schema_key ticket_keys[] = {
    {"ticket", &schema_ticket, .required = true, .doc = "Something of the customer's tickets.",
     .example = "oldest_open_days"},
    METRIC_ID,
    METRIC_WINDOW(false),
    METRIC_OFFSET,
    METRIC_HISTORY,
    METRIC_DEFAULT,
    SCHEMA_LATER_KEY("where", "A condition on each ticket."),
    SCHEMA_LATER_KEY("per", "Counted apart, for each user."),
    SCHEMA_LATER_KEY("take", "Which of the parts counts."),
};
static const schema_key survey_keys[] = {
    {"survey", &schema_survey, .required = true, .doc = "Something of the customer's answers.",
     .example = "last"},
    METRIC_ID,
    {"kind", &schema_survey_kind, .standard = "any", .doc = "Of which survey.", .example = "nps"},
    {"max_age", &schema_duration_positive, .standard = "any age",
     .doc = "An older answer is missing (expired).", .example = "180d"},
    METRIC_OFFSET,
    METRIC_DEFAULT,
};
static const schema_key subscription_keys[] = {
    {"subscription", &schema_subscription, .required = true,
     .doc = "Something of the customer's subscriptions.", .example = "mrr"},
    METRIC_ID,
    METRIC_OFFSET,
    METRIC_DEFAULT,
    SCHEMA_LATER_KEY("min_period", "Shorter subscriptions are not counted."),
};
static const schema_key invoice_keys[] = {
    {"invoice", &schema_invoice, .required = true, .doc = "Something of the customer's invoices.",
     .example = "failed_count"},
    METRIC_ID,
    METRIC_WINDOW(false),
    METRIC_OFFSET,
    METRIC_HISTORY,
    METRIC_DEFAULT,
};
static const schema_key attribute_keys[] = {
    {"attribute", &attribute_name, .required = true,
     .doc = "An attribute as a metric, with its own type.", .example = "seats"},
    METRIC_ID,
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
const schema schema_by_attribute = {SCHEMA_KEYS_OF(attribute_keys)};
const schema schema_by_customer = {SCHEMA_KEYS_OF(customer_keys)};
