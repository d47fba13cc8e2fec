/* SPDX-License-Identifier: MIT */
#include "score/score.h"

#include "playbook/schema.h"

static const schema metric_name = {.type = SCHEMA_NAME, .what = "the id of a metric"};
static const schema point = {.type = SCHEMA_POINT};
static const schema points = {.type = SCHEMA_LIST, .of = &point, .least = 1};

static const schema_word missing_words[] = {
    {"exclude", CHURN__FACTOR_EXCLUDE, false, "The other factors share its weight."},
    {"value", CHURN__FACTOR_VALUE, false, "As if the metric were `value`; not covered."},
    {"worst", CHURN__FACTOR_WORST, false, "The least points of its curve; not covered."},
    {"best", CHURN__FACTOR_BEST, false, "The most points of its curve; not covered."},
    {"carry", 0, true, "The last value known."},
    {"error", 0, true, "No score at all."},
};
const schema schema_factor_missing = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(missing_words)};

static const schema_key factor_keys[] = {
    {"metric", &metric_name, .required = true, .doc = "The metric that it stands on.",
     .example = "logins_28d"},
    {"id", &schema_name, .standard = "the metric's id", .doc = "Its name in explanations."},
    {"weight", &schema_weight, .standard = "1", .doc = "Its weight in its group.", .example = "2"},
    {"curve", &points,
     .doc = "Points [value, points]: linear between them, flat beyond the first and the last.",
     .example = "[[0, 0], [4, 40], [20, 100]]"},
    {"steps", &points, .doc = "Points [value, points]: the points hold from the value on.",
     .example = "[[0, 100], [3, 20]]"},
    {"missing", &schema_factor_missing, .standard = "exclude",
     .doc = "What happens where the metric is missing.", .example = "worst"},
    {"value", &schema_number, .doc = "The value taken with `missing: value`.", .example = "0"},
    SCHEMA_LATER_KEY("percentile", "Points by rank among the segment or the own past."),
    SCHEMA_LATER_KEY("expression", "Points by an expression."),
};
static const schema factor = {SCHEMA_KEYS_OF(factor_keys)};
static const schema factors = {.type = SCHEMA_LIST, .of = &factor, .least = 1};

static const schema_key group_keys[] = {
    {"id", &schema_name, .required = true, .doc = "Its name: `<score>.<group>` in conditions.",
     .example = "adoption"},
    {"weight", &schema_weight, .standard = "1", .doc = "Its weight in the score.", .example = "50"},
    {"factors", &factors, .required = true, .doc = "What it is made of."},
};
static const schema group = {SCHEMA_KEYS_OF(group_keys)};
static const schema groups = {.type = SCHEMA_LIST, .of = &group, .least = 1};

static const schema_key cap_keys[] = {
    {"id", &schema_name, .required = true, .doc = "Its name in explanations.", .example = "unpaid"},
    {"when", &schema_expression, .required = true, .doc = "For whom it holds.",
     .example = "'metric.failed_payments >= 2'"},
    {"at_most", &schema_points_bound, .doc = "A cap: the score is at most this.", .example = "40"},
    {"at_least", &schema_points_bound, .doc = "A floor: the score is at least this.",
     .example = "60"},
};
static const schema cap = {SCHEMA_KEYS_OF(cap_keys)};
static const schema caps = {.type = SCHEMA_LIST, .of = &cap};
static const schema bands = {.type = SCHEMA_MAP, .of = &schema_points_bound, .least = 1};

static const schema_key score_keys[] = {
    {"id", &schema_name, .required = true,
     .doc = "Its name: `<id>.score`, `.band`, `.coverage`, `.low`, `.high` in conditions.",
     .example = "health"},
    {"baseline", &schema_points_bound, .standard = "50",
     .doc = "Where explanations begin: what a factor adds or takes away is counted from here.",
     .example = "50"},
    {"groups", &groups, .required = true, .doc = "What it is made of."},
    {"caps", &caps, .doc = "Caps and floors, which act in this order."},
    {"bands", &bands, .required = true,
     .doc = "Names for stretches of the score, with their lower bounds (inclusive).",
     .example = "{green: 70, yellow: 40, red: 0}"},
    {"min_coverage", &schema_fraction, .standard = "0.5",
     .doc = "The part of all weight that must be known. Below it score and band are missing "
            "(low_coverage).",
     .example = "0.6"},
    SCHEMA_LATER_KEY("hysteresis", "How far beyond its bound a band is left."),
    SCHEMA_LATER_KEY("segments", "Other weights and bounds for segments."),
    SCHEMA_LATER_KEY("overrides", "How scores set by hand count."),
    SCHEMA_LATER_KEY("roll_up", "A score from those of child customers."),
};
static const schema score = {SCHEMA_KEYS_OF(score_keys)};
const schema schema_scores = {.type = SCHEMA_LIST, .of = &score};
