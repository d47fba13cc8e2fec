/* SPDX-License-Identifier: MIT */
#include "playbook/build_tests.h"

/* Fields of records are those of records.h; the store reads their texts. */
#define FIELD(name, type, sentence)       \
    {                                     \
        (name), (type), .doc = (sentence) \
    }
#define NEEDED(name, type, sentence)                        \
    {                                                       \
        (name), (type), .required = true, .doc = (sentence) \
    }
#define KNOWN_AT FIELD("known_at", &schema_instant, "When it was learned; else when it happened.")

static const schema whole = {.type = SCHEMA_INT, .ranged = true, .low = 0, .high = 1e9};
static const schema times = {.type = SCHEMA_INT, .ranged = true, .low = 0, .high = 100000};
static const schema source_name = {.type = SCHEMA_NAME, .what = "the name of a source"};
static const schema sources = {.type = SCHEMA_LIST, .of = &source_name};

static const schema nothing = {.type = SCHEMA_NOTHING};
static const schema *const value_sorts[] = {&nothing, &schema_value};
static const schema value_or_null = {.type = SCHEMA_EITHER, SCHEMA_ANY_OF(value_sorts)};

static const schema points = {.type = SCHEMA_NUMBER, .ranged = true, .low = 0, .high = 100};
static const schema *const points_sorts[] = {&nothing, &points};
static const schema points_or_null = {.type = SCHEMA_EITHER, SCHEMA_ANY_OF(points_sorts)};

/* The customer's other keys are attributes: read by the builder, any name that is declared. */
static const schema customer = {.type = SCHEMA_MAP, .of = &value_or_null};

static const schema props = {.type = SCHEMA_MAP, .of = &value_or_null, .free_keys = true};

static const schema_key event_keys[] = {
    NEEDED("type", &schema_text, "Its type."),
    NEEDED("at", &schema_instant, "When it happened."),
    FIELD("id", &schema_text, "Its id."),
    FIELD("user", &schema_text, "Who did it."),
    FIELD("value", &schema_number, "A number."),
    FIELD("props", &props, "Its properties: names and values."),
    FIELD("times", &times, "How often it comes, from `at` on; 0: not at all."),
    FIELD("every", &schema_duration, "How far its `times` are apart."),
    FIELD("users", &schema_count, "Its `times` are done by so many users in turn, user-1 first."),
    KNOWN_AT,
};
static const schema_key subscription_keys[] = {
    NEEDED("valid_from", &schema_instant, "Since when this state holds."),
    NEEDED("status", &schema_text, "trial, active, paused, past_due, unpaid or cancelled."),
    FIELD("id", &schema_text, "Which subscription; several rows with one id are its states."),
    FIELD("plan", &schema_text, "Its plan."),
    FIELD("amount", &schema_number, "The whole charge of a period, in major units."),
    FIELD("currency", &schema_text, "Of the amount; else the playbook's."),
    FIELD("period", &schema_text, "day, week, month, quarter, year, or as `3 months`."),
    FIELD("seats", &whole, "How many seats."),
    FIELD("discount", &schema_number, "Money off a period."),
    FIELD("discount_until", &schema_instant, "How long the discount holds."),
    FIELD("renews_at", &schema_instant, "When it renews."),
    FIELD("ends_at", &schema_instant, "When it is planned to end."),
    FIELD("ended_at", &schema_instant, "When it ended."),
    FIELD("cancel_requested_at", &schema_instant, "When the customer asked to end it."),
    FIELD("trial_ends_at", &schema_instant, "When the trial ends."),
    FIELD("auto_renew", &schema_bool, "Whether it renews by itself."),
    FIELD("usage_based", &schema_bool, "Whether the amount is what was used."),
    FIELD("notice", &schema_text, "A duration: 30d."),
    FIELD("product", &schema_text, "Which product."),
    KNOWN_AT,
};
static const schema_key invoice_keys[] = {
    NEEDED("issued_at", &schema_instant, "When it was issued."),
    NEEDED("due_at", &schema_instant, "When it is due."),
    NEEDED("amount", &schema_number, "How much, in major units."),
    FIELD("id", &schema_text, "Its id."),
    FIELD("currency", &schema_text, "Of the amount; else the playbook's."),
    FIELD("paid_at", &schema_instant, "When it was paid."),
    FIELD("failed_at", &schema_instant, "When the payment failed."),
    FIELD("failure", &schema_text, "Why it failed."),
    FIELD("refunded", &schema_number, "How much was given back."),
    FIELD("refunded_at", &schema_instant, "When."),
    KNOWN_AT,
};
static const schema_key ticket_keys[] = {
    NEEDED("opened_at", &schema_instant, "When it was opened."),
    FIELD("id", &schema_text, "Its id."),
    FIELD("user", &schema_text, "Who opened it."),
    FIELD("first_response_at", &schema_instant, "When somebody answered."),
    FIELD("closed_at", &schema_instant, "When it was closed."),
    FIELD("reopened_at", &schema_instant, "When it was opened again."),
    FIELD("priority", &schema_text, "Its priority."),
    FIELD("category", &schema_text, "Its category."),
    FIELD("csat", &schema_number, "How the customer rated the answer."),
    FIELD("text", &schema_text, "What it says."),
    KNOWN_AT,
};
static const schema_key survey_keys[] = {
    NEEDED("kind", &schema_text, "nps, csat, ces or custom."),
    NEEDED("at", &schema_instant, "When it was answered."),
    NEEDED("score", &schema_number, "The answer."),
    FIELD("id", &schema_text, "Its id."),
    FIELD("user", &schema_text, "Who answered."),
    FIELD("text", &schema_text, "What was said."),
    FIELD("category", &schema_text, "What it is about."),
    FIELD("moment", &schema_text, "At which moment of the journey."),
    KNOWN_AT,
};
static const schema_key churn_keys[] = {
    NEEDED("at", &schema_instant, "When the customer was lost."),
    NEEDED("kind", &schema_text, "voluntary, involuntary, downgrade or pause."),
    FIELD("reason", &schema_text, "Why."),
    FIELD("competitor", &schema_text, "To whom."),
    FIELD("amount", &schema_number, "Monthly money lost, in major units."),
    FIELD("currency", &schema_text, "Of the amount; else the playbook's."),
    KNOWN_AT,
};
static const schema_key contact_keys[] = {
    NEEDED("valid_from", &schema_instant, "Since when this state holds."),
    FIELD("id", &schema_text, "Which person; several rows with one id are their states."),
    FIELD("role", &schema_text, "champion, admin, buyer ..."),
    FIELD("name", &schema_text, "Their name."),
    FIELD("active", &schema_bool, "false once they left."),
    KNOWN_AT,
};
static const schema_key milestone_keys[] = {
    NEEDED("name", &schema_text, "Which milestone."),
    NEEDED("reached_at", &schema_instant, "When it was reached."),
    KNOWN_AT,
};
static const schema_key touchpoint_keys[] = {
    NEEDED("at", &schema_instant, "When it was."),
    NEEDED("channel", &schema_text, "email, call, meeting, in_app ..."),
    FIELD("id", &schema_text, "Its id."),
    FIELD("user", &schema_text, "Who was addressed."),
    FIELD("play", &schema_text, "The play that it came from."),
    FIELD("action", &schema_text, "The action that it came from."),
    FIELD("offer", &schema_text, "What was offered."),
    FIELD("opened_at", &schema_instant, "When it was opened."),
    FIELD("clicked_at", &schema_instant, "When something in it was clicked."),
    FIELD("replied_at", &schema_instant, "When it was replied to."),
    FIELD("outcome", &schema_text, "What came of it."),
    FIELD("outcome_at", &schema_instant, "When."),
    KNOWN_AT,
};
static const schema_key rate_keys[] = {
    NEEDED("currency", &schema_text, "Which currency."),
    NEEDED("at", &schema_instant, "Since when."),
    NEEDED("rate", &schema_number, "What one of it is in the playbook's currency."),
    KNOWN_AT,
};
static const schema_key announcement_keys[] = {
    NEEDED("name", &schema_text, "Which announcement."),
    NEEDED("at", &schema_instant, "When it was made."),
    FIELD("kind", &schema_text, "release, price_change, outage ..."),
    KNOWN_AT,
};
static const schema_key override_keys[] = {
    NEEDED("score", &schema_name, "Which score."),
    NEEDED("at", &schema_instant, "Since when."),
    FIELD("value", &points_or_null, "What it is set to, 0 to 100; null takes a judgement back."),
    FIELD("reason", &schema_text, "Why."),
    FIELD("author", &schema_text, "Who says so."),
    FIELD("expires_at", &schema_instant, "When it no longer holds."),
    KNOWN_AT,
};
static const schema_key attribute_keys[] = {
    NEEDED("name", &schema_name, "Which attribute."),
    NEEDED("value", &value_or_null, "Its value; null unsets it."),
    FIELD("valid_from", &schema_instant, "Since when it holds."),
    KNOWN_AT,
};

static const schema event = {SCHEMA_KEYS_OF(event_keys)};
static const schema subscription = {SCHEMA_KEYS_OF(subscription_keys)};
static const schema invoice = {SCHEMA_KEYS_OF(invoice_keys)};
static const schema ticket = {SCHEMA_KEYS_OF(ticket_keys)};
static const schema survey = {SCHEMA_KEYS_OF(survey_keys)};
static const schema churn = {SCHEMA_KEYS_OF(churn_keys)};
static const schema attribute = {SCHEMA_KEYS_OF(attribute_keys)};
static const schema contact = {SCHEMA_KEYS_OF(contact_keys)};
static const schema milestone = {SCHEMA_KEYS_OF(milestone_keys)};
static const schema touchpoint = {SCHEMA_KEYS_OF(touchpoint_keys)};
static const schema rate = {SCHEMA_KEYS_OF(rate_keys)};
static const schema announcement = {SCHEMA_KEYS_OF(announcement_keys)};
static const schema override = {SCHEMA_KEYS_OF(override_keys)};
static const schema events = {.type = SCHEMA_LIST, .of = &event};
static const schema subscriptions = {.type = SCHEMA_LIST, .of = &subscription};
static const schema invoices = {.type = SCHEMA_LIST, .of = &invoice};
static const schema tickets = {.type = SCHEMA_LIST, .of = &ticket};
static const schema surveys = {.type = SCHEMA_LIST, .of = &survey};
static const schema churns = {.type = SCHEMA_LIST, .of = &churn};
static const schema attributes = {.type = SCHEMA_LIST, .of = &attribute};
static const schema contacts = {.type = SCHEMA_LIST, .of = &contact};
static const schema milestones = {.type = SCHEMA_LIST, .of = &milestone};
static const schema touchpoints = {.type = SCHEMA_LIST, .of = &touchpoint};
static const schema rates = {.type = SCHEMA_LIST, .of = &rate};
static const schema announcements = {.type = SCHEMA_LIST, .of = &announcement};
static const schema overrides = {.type = SCHEMA_LIST, .of = &override};

/* What is known of one customer. */
#define GIVEN_OF_CUSTOMER                                                                      \
    {"customer", &customer,                                                                    \
     .doc = "The customer: `since`, `known_at`, `valid_from` and attributes.",                 \
     .example = "{since: 2026-01-01, plan: team}"},                                            \
        {"events", &events, .doc = "Events.",                                                  \
         .example = "[{type: login, at: 2026-02-01, times: 12, every: 1d, users: 3}]"},        \
        {"subscriptions", &subscriptions, .doc = "States of subscriptions."},                  \
        {"invoices", &invoices, .doc = "Invoices."}, {"tickets", &tickets, .doc = "Tickets."}, \
        {"surveys", &surveys, .doc = "Answers to surveys."},                                   \
        {"churns", &churns, .doc = "Losses."},                                                 \
        {"attributes", &attributes, .doc = "Attributes that change in the course of time."},   \
        {"contacts", &contacts, .doc = "People at the customer."},                             \
        {"milestones", &milestones, .doc = "Milestones reached."},                             \
        {"touchpoints", &touchpoints, .doc = "How the customer was contacted."},               \
    {                                                                                          \
        "overrides", &overrides, .doc = "Scores set by hand."                                  \
    }

static const schema_key given_customer_keys[] = {GIVEN_OF_CUSTOMER};
static const schema given_customer = {SCHEMA_KEYS_OF(given_customer_keys)};
static const schema customers = {
    .type = SCHEMA_MAP, .of = &given_customer, .free_keys = true, .least = 1};

static const schema_key given_keys[] = {
    GIVEN_OF_CUSTOMER,
    {"customers", &customers, .doc = "Several customers by id instead of one: what each is given.",
     .example = "{acme: {customer: {since: 2026-01-01}}, blue: {customer: {parent: acme}}}"},
    {"rates", &rates, .doc = "Exchange rates."},
    {"announcements", &announcements, .doc = "What was announced to all."},
    {"stale", &sources, .doc = "Sources that do not count as fresh.", .example = "[product]"},
};
static const schema given = {SCHEMA_KEYS_OF(given_keys)};

static const schema_key advance_keys[] = {
    {"from", &schema_instant, .required = true, .doc = "The first evaluation.",
     .example = "2026-03-01"},
    {"to", &schema_instant, .required = true, .doc = "The last one.", .example = "2026-03-05"},
    {"every", &schema_duration_positive, .standard = "evaluate of the playbook",
     .doc = "How far apart they are.", .example = "1d"},
};
static const schema advance = {SCHEMA_KEYS_OF(advance_keys)};

static const schema some_values = {.type = SCHEMA_LIST, .of = &schema_value, .least = 1};
static const schema one_or_some = {.type = SCHEMA_ONE_OR_LIST, .of = &schema_value};
static const schema list_of_values = {.type = SCHEMA_LIST, .of = &schema_value};

static const schema_key claim_keys[] = {
    {"value", &value_or_null, .doc = "The value expected.", .example = "6"},
    {"within", &schema_weight, .standard = "`tolerance` of the test",
     .doc = "How far off a number may be.", .example = "0.01"},
    {"at_least", &schema_value, .doc = "Not less than that.", .example = "60"},
    {"above", &schema_value, .doc = "More than that.", .example = "40"},
    {"at_most", &schema_value, .doc = "Not more than that.", .example = "60"},
    {"below", &schema_value, .doc = "Less than that.", .example = "40"},
    {"between", &some_values, .doc = "From the first to the second, both of them included.",
     .example = "[40, 60]"},
    {"one_of", &some_values, .doc = "One of these.", .example = "[green, yellow]"},
    {"not", &value_or_null, .doc = "There, and not that.", .example = "red"},
    {"has", &one_or_some, .doc = "Of a list: these are in it.", .example = "quiet"},
    {"lacks", &one_or_some, .doc = "Of a list: none of these is in it.", .example = "[quiet]"},
    {"missing", &schema_value,
     .doc = "true, false, or the reason for which it is missing: never, empty, expired, "
            "short_history, stale_source, not_provided, low_coverage ...",
     .example = "stale_source"},
};
static const schema claims = {SCHEMA_KEYS_OF(claim_keys)};
static const schema *const of_one_sorts[] = {&nothing, &schema_value, &list_of_values, &claims};
static const schema expect_of_one = {.type = SCHEMA_EITHER, SCHEMA_ANY_OF(of_one_sorts)};
static const schema of_customer = {
    .type = SCHEMA_MAP, .of = &expect_of_one, .free_keys = true, .least = 1};
static const schema *const expect_sorts[] = {&nothing, &schema_value, &list_of_values, &claims,
                                             &of_customer};
static const schema expect_value = {.type = SCHEMA_EITHER, SCHEMA_ANY_OF(expect_sorts)};
static const schema expect = {
    .type = SCHEMA_MAP, .of = &expect_value, .free_keys = true, .least = 1};

/* What a case puts in may be anything: it is checked where it is put. */
static const schema anything_in_map = {.type = SCHEMA_ANYTHING};
static const schema row = {.type = SCHEMA_MAP, .of = &anything_in_map};
const schema schema_cases = {.type = SCHEMA_LIST, .of = &row, .least = 1};

static const schema_key test_keys[] = {
    {"name", &schema_text, .standard = "test and its number", .doc = "What it shows."},
    {"given", &given, .required = true,
     .doc = "The records of one customer, or of several under `customers`."},
    {"as_of", &schema_instant, .doc = "One evaluation, at this instant.", .example = "2026-02-20"},
    {"advance", &advance, .doc = "Or evaluations one after the other.",
     .example = "{from: 2026-03-01, to: 2026-03-05}"},
    {"tolerance", &schema_weight, .standard = "0.000001",
     .doc = "How far off the numbers expected may be.", .example = "0.01"},
    {"expect", &expect, .required = true,
     .doc = "Names as in conditions and their values, null for missing, or what the value is like; "
            "also `<score>.contribution.<factor or cap>`, `<score>.points.<factor>` and "
            "`<score>.weight.<factor>`. With several customers, these of each by id.",
     .example = "{trigger.gone_quiet: true, metric.nps: null, health.score: {at_least: 60}}"},
    {"cases", &schema_cases,
     .doc = "A test for each of these: `$name` anywhere in the test is what the case says of "
            "`name`; `case` is how it is called.",
     .example = "[{logins: 0, points: 0}, {case: daily, logins: 28, points: 100}]"},
};
static const schema test = {SCHEMA_KEYS_OF(test_keys), .cases = true};
const schema schema_tests = {.type = SCHEMA_LIST, .of = &test};
