/* SPDX-License-Identifier: MIT */
#include "playbook/schema_keys.h"

#include "kpi/kpi.h"

/* How the figures of the business are counted: `kpi`. */

/* ---- the policy ---- */

static const schema_word presets[] = {
    {"chartmogul", CHURN__POLICY_CHARTMOGUL, false,
     "As ChartMogul counts: changes of one hour are one movement, discounts are subtracted while "
     "they last, any return is a reactivation."},
    {"stripe", CHURN__POLICY_STRIPE, false,
     "As Stripe counts: only discounts without end are subtracted, churn is divided by who was "
     "there and who came."},
    {"profitwell", CHURN__POLICY_PROFITWELL, false,
     "As ProfitWell (Paddle) counts: who comes and goes within a calendar month is left out, who "
     "pays nothing is no customer."},
    {"smsb", CHURN__POLICY_SMSB, false,
     "As the SaaS Metrics Standards Board counts: retention is of the customers at the start."},
    {"fightchurn", CHURN__POLICY_FIGHTCHURN, false,
     "As the book Fighting Churn with Data counts: every subscription that has not ended, and no "
     "reactivations."},
};
const schema schema_preset = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(presets)};

static const schema_word recognitions[] = {
    {"end", CHURN__RECOGNITION_END, false, "When the subscription ends."},
    {"request", CHURN__RECOGNITION_REQUEST, false,
     "When the end is asked for (`cancel_requested_at`), if that is earlier."},
};
const schema schema_recognition = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(recognitions)};

static const schema_word within_words[] = {
    {"any", 1, false, "However late."},
    {"never", 2, false, "Every return is new."},
};
const schema schema_within_word = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(within_words)};
static const schema *const within_sorts[] = {&schema_within_word, &schema_duration_positive};
static const schema within = {.type = SCHEMA_EITHER, SCHEMA_ANY_OF(within_sorts)};

static const schema_word same_periods[] = {
    {"include", CHURN__SAME_PERIOD_INCLUDE, false, "Counted as everybody else."},
    {"ignore", CHURN__SAME_PERIOD_IGNORE, false, "As if they had never been there."},
};
const schema schema_same_period = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(same_periods)};

static const schema_word discounts_words[] = {
    {"subtract", CHURN__DISCOUNTS_SUBTRACT, false, "Subtracted while they last."},
    {"forever", CHURN__DISCOUNTS_FOREVER, false, "Only those without end are subtracted."},
    {"ignore", CHURN__DISCOUNTS_IGNORE, false, "Never subtracted."},
};
const schema schema_discounts = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(discounts_words)};

static const schema_word inclusions[] = {
    {"exclude", 0, false, "They count nothing."},
    {"include", 1, false, "They count what they cost."},
};
const schema schema_inclusion = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(inclusions)};

static const schema_word refunds_words[] = {
    {"ignore", CHURN__REFUNDS_IGNORE, false, "They count nothing."},
    {"subtract", CHURN__REFUNDS_SUBTRACT, false, "They are subtracted."},
};
const schema schema_refunds = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(refunds_words)};

static const schema_word fx_words[] = {
    {"constant", CHURN__FX_CONSTANT, false,
     "All money by the newest rate at as_of: rates move nothing."},
    {"historic", CHURN__FX_HISTORIC, false,
     "At each instant by its own rate: a change of rates is a movement of its own (currency)."},
};
const schema schema_fx = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(fx_words)};

static const schema_word groups[] = {
    {"instant", CHURN__GROUP_INSTANT, false, "Changes of one instant are one movement."},
    {"hour", CHURN__GROUP_HOUR, false, "Changes within an hour of the first are one movement."},
    {"day", CHURN__GROUP_DAY, false, "Changes of one local day are one movement."},
};
const schema schema_group_changes = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(groups)};

static const schema_word churn_rates[] = {
    {"start", CHURN__CHURN_RATE_START, false, "What was there at the start."},
    {"start_and_new", CHURN__CHURN_RATE_START_AND_NEW, false,
     "What was there at the start and what came in the period."},
    {"daily", CHURN__CHURN_RATE_DAILY, false, "The sum of the rates of each day."},
};
const schema schema_churn_rate = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(churn_rates)};

static const schema_word returners_words[] = {
    {"retained", CHURN__RETURNERS_RETAINED, false, "Kept: they are there at the end."},
    {"lost", CHURN__RETURNERS_LOST, false, "Lost: they had gone in between."},
};
const schema schema_returners = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(returners_words)};

static const schema tax = {.type = SCHEMA_NUMBER,
                           .what = "a tax rate from 0 to 0.999999, as 0.2",
                           .ranged = true,
                           .low = 0,
                           .high = 0.999999};

/* ---- what customers say ---- */

static const schema_key promise_keys[] = {
    {"first_response", &schema_duration_positive,
     .doc = "Within which time a ticket is answered; closing it is an answer, too.",
     .example = "1h"},
    {"resolution", &schema_duration_positive, .doc = "Within which time a ticket is closed.",
     .example = "2d"},
};
static const schema promise = {SCHEMA_KEYS_OF(promise_keys)};
static const schema promises = {.type = SCHEMA_MAP, .of = &promise, .free_keys = true, .least = 1};
static const schema channel = {.type = SCHEMA_TEXT, .what = "a channel of touchpoints"};
static const schema channels = {.type = SCHEMA_ONE_OR_LIST, .of = &channel, .least = 1};

/* ---- customers ---- */

static const schema quarters = {.type = SCHEMA_INT,
                                .what = "a number of quarters from 1 to 40",
                                .ranged = true,
                                .low = 1,
                                .high = 40};
static const schema value_classes = {
    .type = SCHEMA_LIST, .of = &schema_positive, .least = 1, .data = true};

/* ---- all ---- */

#define AS_PRESET "as the preset has it"

static const schema_key kpi_keys[] = {
    {"preset", &schema_preset, .standard = "chartmogul",
     .doc = "Whose way of counting is followed; each key below changes one switch of it.",
     .example = "chartmogul"},
    {"recognition", &schema_recognition, .standard = AS_PRESET, .doc = "When churn counts.",
     .example = "request"},
    {"reactivation_within", &within, .standard = AS_PRESET,
     .doc = "How late a return is still a reactivation; a later one is new.", .example = "90d"},
    {"reactivation_after", &schema_duration, .standard = AS_PRESET,
     .doc = "A return sooner than this is no reactivation: what went was contraction, what comes "
            "back is expansion.",
     .example = "30d"},
    {"same_period", &schema_same_period, .standard = AS_PRESET,
     .doc = "Who comes and goes within one calendar month of the playbook's zone.",
     .example = "ignore"},
    {"discounts", &schema_discounts, .standard = AS_PRESET, .doc = "Which discounts lower MRR.",
     .example = "forever"},
    {"trials", &schema_inclusion, .standard = AS_PRESET,
     .doc = "Subscriptions on trial: as money, and as making a customer.", .example = "include"},
    {"past_due", &schema_inclusion, .standard = AS_PRESET,
     .doc = "Subscriptions whose payment is late. Left out, they count no money but still make a "
            "customer.",
     .example = "exclude"},
    {"unpaid", &schema_inclusion, .standard = AS_PRESET,
     .doc = "Subscriptions that dunning could not save: as money, and as making a customer.",
     .example = "include"},
    {"paused", &schema_inclusion, .standard = AS_PRESET,
     .doc = "Paused subscriptions. Left out, they count no money but still make a customer.",
     .example = "include"},
    {"usage_based", &schema_inclusion, .standard = AS_PRESET,
     .doc = "Metered subscriptions. Left out, they count no money but still make a customer.",
     .example = "include"},
    {"free", &schema_inclusion, .standard = AS_PRESET,
     .doc = "Whether a live subscription that counts 0 makes a customer.", .example = "exclude"},
    {"refunds", &schema_refunds, .standard = AS_PRESET, .doc = "Negative recurring amounts.",
     .example = "ignore"},
    {"tax", &tax, .standard = "0",
     .doc = "The rate of the tax that amounts contain, taken out of them: at 0.2, 120 counts 100.",
     .example = "0.27"},
    {"fx", &schema_fx, .standard = AS_PRESET,
     .doc = "By which rates money of other currencies is converted.", .example = "historic"},
    {"group_changes", &schema_group_changes, .standard = AS_PRESET,
     .doc = "Which changes of one customer are one movement.", .example = "day"},
    {"churn_rate", &schema_churn_rate, .standard = AS_PRESET,
     .doc = "What churned customers and money are divided by.", .example = "daily"},
    {"returners", &schema_returners, .standard = AS_PRESET,
     .doc = "Who left and came back inside a period, in retention of closed cohorts.",
     .example = "lost"},
    {"sla", &promises,
     .doc =
         "What is promised to tickets, by priority; `else` is for all others. Figures: sla_share, "
         "sla_first_response, sla_resolution.",
     .example = "{urgent: {first_response: 1h, resolution: 8h}, else: {first_response: 1d}}"},
    {"invitations", &channels, .standard = "survey",
     .doc = "The channels of touchpoints that invite to a survey; figure: response_rate.",
     .example = "[survey, nps_mail]"},
    {"answer_within", &schema_duration_positive, .standard = "30d",
     .doc = "How long after its invitation an answer counts, in response_rate.", .example = "14d"},
    {"active_events", &schema_active_events, .standard = "every type",
     .doc = "The types of events that count as activity, in figures of engagement and in cohorts.",
     .example = "[login, export]"},
    {"activation", &schema_activation,
     .doc = "What a customer has to reach soon after beginning; figures: activation_rate, "
            "activation_lift.",
     .example = "{event: import, within: 14d, retention: 90d}"},
    {"value", &schema_reach, .standard = "what `activation` reaches",
     .doc = "When the product is of use to a customer; figure: time_to_value.",
     .example = "{milestone: go_live}"},
    {"trial_within", &schema_duration_positive, .standard = "without end",
     .doc = "How long after its start a trial can convert; figure: trial_conversion.",
     .example = "30d"},
    {"gross_margin", &schema_fraction,
     .doc = "The share of revenue left after direct costs, for `ltv` and `payback`.",
     .example = "0.8"},
    {"early_life", &schema_duration_positive, .standard = "90d",
     .doc =
         "Who is lost before they have been a customer for so long, is lost early (`early_churn`).",
     .example = "60d"},
    {"silent_quarters", &quarters, .standard = "2",
     .doc = "How many whole calendar quarters without a movement make a customer silent.",
     .example = "4"},
    {"value_classes", &value_classes, .standard = "no classes",
     .doc =
         "Ascending bounds, in money of the playbook's currency, of the size classes of lost MRR that "
         "`churn.value` groups by.",
     .example = "[100, 1000]"},
    {"goals", &schema_goals, .doc = "What figures should reach.",
     .example = "[{id: churn, kpi: logo_churn, per: month, at_most: 0.03, every: quarter}]"},
    {"define", &schema_define,
     .doc = "Figures of your own: customers of whom one condition holds among those of whom "
            "another does.",
     .example = "[{id: referral_rate, num: 'metric.referrals_1y > 0'}]"},
    {"measures", &schema_measures,
     .doc = "Figures that you measure yourself and give as records of kind measure.",
     .example = "[{name: site_visits, take: sum, unit: visits}]"},
    {"benchmarks", &schema_benchmarks,
     .doc = "What others published, to stand beside your own figures."},
};
const schema schema_kpi = {SCHEMA_KEYS_OF(kpi_keys)};
