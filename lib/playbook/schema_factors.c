/* SPDX-License-Identifier: MIT */
#include "playbook/playbook.h"
#include "playbook/schema_keys.h"

/* What scores are made of: factors, and groups of them. */

static const schema metric_name = {.type = SCHEMA_NAME, .what = "the id of a metric"};
static const schema score_name = {.type = SCHEMA_NAME, .what = "the id of a score"};
static const schema band_name = {.type = SCHEMA_NAME, .what = "the id of a band"};

/* ---- points ---- */

static const schema point = {.type = SCHEMA_POINT};
const schema schema_curve = {.type = SCHEMA_LIST, .of = &point, .least = 2};
const schema schema_steps = {.type = SCHEMA_LIST, .of = &point, .least = 1};
const schema schema_category_points = {
    .type = SCHEMA_MAP, .of = &schema_points_bound, .free_keys = true, .least = 1};

static const schema_word ends_words[] = {
    {"left", CHURN__POINTS_STEPS, false, "The points hold from the value on."},
    {"right", CHURN__POINTS_STEPS_RIGHT, false, "The points hold up to the value and with it."},
};
const schema schema_ends = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(ends_words)};

static const schema_word direction_words[] = {
    {"higher", CHURN__DIRECTION_HIGHER, false, "More is better."},
    {"lower", CHURN__DIRECTION_LOWER, false, "Less is better."},
};
const schema schema_direction = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(direction_words)};

/* ---- what is missing or old ---- */

static const schema_word missing_words[] = {
    {"exclude", CHURN__FACTOR_EXCLUDE, false, "The others of its group share its weight."},
    {"value", CHURN__FACTOR_VALUE, false, "As if it were `value`; not covered."},
    {"worst", CHURN__FACTOR_WORST, false, "The least points that it can have; not covered."},
    {"best", CHURN__FACTOR_BEST, false, "The most points that it can have; not covered."},
    {"error", CHURN__FACTOR_ERROR, false, "There is no score at all."},
};
const schema schema_factor_missing = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(missing_words)};

static const schema_key carry_keys[] = {
    {"max_age", &schema_duration_positive, .required = true,
     .doc = "How old the last value may be.", .example = "30d"},
    {"half_life", &schema_duration_positive, .standard = "its weight does not fade",
     .doc = "After this time the weight of the value is half, after twice this time a quarter.",
     .example = "10d"},
    {"every", &schema_duration_positive, .standard = "1d",
     .doc = "How far the dates are apart at which a value is looked for; at most 1000 dates.",
     .example = "1d"},
};
static const schema carry = {SCHEMA_KEYS_OF(carry_keys)};
static const schema_key carried_keys[] = {
    {"carry", &carry, .required = true,
     .doc = "The last value that was known; it scores but is not covered. Of metrics that are "
            "numbers."},
};
static const schema carried = {SCHEMA_KEYS_OF(carried_keys)};
static const schema *const missing_sorts[] = {&schema_factor_missing, &carried};
const schema schema_missing = {.type = SCHEMA_EITHER, SCHEMA_ANY_OF(missing_sorts)};

static const schema days = {.type = SCHEMA_NUMBER, .ranged = true, .low = 0, .high = 1e6};
static const schema days_positive = {
    .type = SCHEMA_NUMBER, .ranged = true, .open_low = true, .low = 0, .high = 1e6};
static const schema_key decay_keys[] = {
    {"by", &metric_name, .required = true, .doc = "The metric that says how old it is, in days.",
     .example = "days_since_nps"},
    {"after", &days, .standard = "0", .doc = "Up to this age, in days, it has its whole weight.",
     .example = "30"},
    {"half_life", &days_positive, .required = true,
     .doc = "Days beyond `after` in which the weight falls to half.", .example = "60"},
};
const schema schema_decay = {SCHEMA_KEYS_OF(decay_keys)};

/* ---- normalisations ---- */

static const schema among = {
    .type = SCHEMA_TEXT,
    .what = "`book`, `segment`, `segment.<id>`, `self` or the name of a reference"};
static const schema past_count = {.type = SCHEMA_INT, .ranged = true, .low = 1, .high = 1000};
static const schema trend_count = {.type = SCHEMA_INT, .ranged = true, .low = 3, .high = 1000};
static const schema member_count = {.type = SCHEMA_INT, .ranged = true, .low = 2, .high = 1e9};

static const schema_key among_keys[] = {
    {"among", &among, .required = true,
     .doc = "With whom it is compared: all customers (`book`), those of the customer's own segment "
            "(`segment`: the first that holds) or of a named one (`segment.<id>`), the customer's "
            "own past (`self`), or a distribution under `references`, by its name.",
     .example = "segment.smb"},
    {"periods", &past_count, .doc = "Of `self`: how many earlier values.", .example = "12"},
    {"every", &schema_window_plain, .doc = "Of `self`: how far these are apart.", .example = "7d"},
    {"fewest", &member_count, .standard = "2",
     .doc = "How many values there must be to compare with, else it is missing.", .example = "5"},
};
static const schema compared = {SCHEMA_KEYS_OF(among_keys)};
static const schema_key trend_keys[] = {
    {"periods", &trend_count, .required = true,
     .doc = "How many values, that of today among them; fewer of a younger customer.",
     .example = "8"},
    {"every", &schema_window_plain, .required = true, .doc = "How far these are apart.",
     .example = "7d"},
    {"fewest", &trend_count, .standard = "3", .doc = "How many of them must be there.",
     .example = "4"},
};
static const schema trend = {SCHEMA_KEYS_OF(trend_keys)};

/* ---- roll-ups ---- */

static const schema_word take_words[] = {
    {"mean", CHURN__ROLL_UP_MEAN, false, "Their mean."},
    {"min", CHURN__ROLL_UP_MIN, false, "The lowest."},
    {"max", CHURN__ROLL_UP_MAX, false, "The highest."},
    {"median", CHURN__ROLL_UP_MEDIAN, false, "Their median."},
    {"quantile", CHURN__ROLL_UP_QUANTILE, false, "Their quantile `q`, linear between neighbours."},
    {"worst", CHURN__ROLL_UP_WORST, false, "The mean of the `k` lowest."},
    {"mrr", CHURN__ROLL_UP_MRR, false, "Their mean weighted by MRR."},
    {"any", CHURN__ROLL_UP_ANY, false, "0 if one is in `band` or below it, else 100."},
};
const schema schema_roll_up_take = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(take_words)};
static const schema_word roll_up_of_words[] = {
    {"children", 0, false, "Customers whose `parent` is this one."},
    {"descendants", 1, false, "Children, their children, and so on."},
};
const schema schema_roll_up_of = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(roll_up_of_words)};
static const schema_key roll_up_keys[] = {
    {"score", &score_name, .required = true, .doc = "The score of the children.",
     .example = "health_own"},
    {"take", &schema_roll_up_take, .standard = "mean", .doc = "What is made of them.",
     .example = "worst"},
    {"q", &schema_fraction, .doc = "With `take: quantile`: which one.", .example = "0.1"},
    {"k", &schema_count, .doc = "With `take: worst`: how many.", .example = "3"},
    {"band", &band_name, .doc = "With `take: any`: a band of that score.", .example = "red"},
    {"of", &schema_roll_up_of, .standard = "children", .doc = "Which customers.",
     .example = "descendants"},
};
const schema schema_roll_up = {SCHEMA_KEYS_OF(roll_up_keys)};

/* ---- factors ---- */

#define FACTOR_ID(otherwise)                                                                       \
    {"id", &schema_name, .standard = (otherwise),                                                  \
     .doc = "Its name in explanations, unlike others of the score.", .example = "depth"},          \
    {                                                                                              \
        "weight", &schema_weight, .standard = "1",                                                 \
                                  .doc = "Its weight in its group, beside others.", .example = "2" \
    }
#define FACTOR_POINTS(none)                                                                     \
    {"curve", &schema_curve, .standard = (none),                                                \
     .doc = "Points [value, points]: linear between them, flat beyond the first and the last.", \
     .example = "[[0, 0], [4, 40], [20, 100]]"},                                                \
        {"steps", &schema_steps,                                                                \
         .doc = "Points [value, points]: the points hold from the value on.",                   \
         .example = "[[0, 100], [3, 20]]"},                                                     \
        {"ends", &schema_ends, .standard = "left",                                              \
         .doc = "With `steps`: to which side a value itself belongs.", .example = "right"},     \
    {                                                                                           \
        "direction", &schema_direction, .standard = "inferred from the points",                 \
                                        .doc = "What is better; points that say otherwise are " \
                                               "found by a lint.",                              \
                                        .example = "higher"                                     \
    }
#define FACTOR_MISSING                                                                           \
    {"missing", &schema_missing, .standard = "exclude",                                          \
     .doc = "What happens where it is missing.", .example = "worst"},                            \
        {"value", &schema_value, .doc = "What is taken with `missing: value`.", .example = "0"}, \
    {                                                                                            \
        "decay", &schema_decay, .doc = "Its weight fades with the age of what it stands on."     \
    }

static const schema_key by_metric_keys[] = {
    {"metric", &metric_name, .required = true, .doc = "The metric that it stands on.",
     .example = "logins_28d"},
    FACTOR_ID("the metric's id"),
    FACTOR_POINTS("of a percentile, a robust z and a trend: a curve of their own"),
    {"unit", &schema_text, .standard = "the metric's unit",
     .doc = "The unit of its values, for people.", .example = "logins"},
    {"points", &schema_category_points, .doc = "Of a text or a truth: points by value.",
     .example = "{free: 20, pro: 80}"},
    {"otherwise", &schema_points_bound, .standard = "missing",
     .doc = "With `points`: those of values that are not listed.", .example = "50"},
    {"percentile", &compared,
     .doc = "Not the value but its rank from 0 to 1: the share of those that are less, and of "
            "those that are equal by half."},
    {"robust_z", &compared,
     .doc = "Not the value but its distance from the median, in spreads about it (1.4826 times "
            "the median absolute deviation)."},
    {"trend", &trend,
     .doc = "Not the value but its slope a period (Theil-Sen), as a part of its usual size."},
    FACTOR_MISSING,
};
static const schema_key by_score_keys[] = {
    {"score", &score_name, .required = true, .doc = "Another score.", .example = "usage_score"},
    FACTOR_ID("the score's id"),
    FACTOR_POINTS("the score itself"),
    FACTOR_MISSING,
};
static const schema_key by_roll_up_keys[] = {
    {"roll_up", &schema_roll_up, .required = true, .doc = "A score of child customers."},
    FACTOR_ID("the id of the score that is rolled up"),
    FACTOR_POINTS("the number itself"),
    FACTOR_MISSING,
};
static const schema_key by_expression_keys[] = {
    {"expression", &schema_expression, .required = true,
     .doc = "The points themselves, a number; below 0 it is 0, above 100 it is 100.",
     .example = "'math.least(100.0, metric.logins_28d * 5.0)'"},
    {"id", &schema_name, .required = true,
     .doc = "Its name in explanations, unlike others of the score.", .example = "depth"},
    {"weight", &schema_weight, .standard = "1", .doc = "Its weight in its group, beside others.",
     .example = "2"},
    FACTOR_MISSING,
};
static const schema by_metric = {SCHEMA_KEYS_OF(by_metric_keys)};
static const schema by_score = {SCHEMA_KEYS_OF(by_score_keys)};
static const schema by_roll_up = {SCHEMA_KEYS_OF(by_roll_up_keys)};
static const schema by_expression = {SCHEMA_KEYS_OF(by_expression_keys)};
static const schema *const factor_sorts[] = {&by_metric, &by_score, &by_roll_up, &by_expression};
static const schema factor = {.type = SCHEMA_VARIANTS, SCHEMA_ANY_OF(factor_sorts)};
static const schema factors = {.type = SCHEMA_LIST, .of = &factor, .least = 1};

/* ---- groups ---- */

static const schema inner_groups;
static const schema_key group_keys[] = {
    {"id", &schema_name, .required = true,
     .doc = "Its name: `<score>.<group>` in conditions, at whatever depth it stands.",
     .example = "adoption"},
    {"weight", &schema_weight, .standard = "1",
     .doc = "Its weight beside the others, and beside the factors of the group that it is in.",
     .example = "50"},
    {"factors", &factors, .doc = "What it is made of; `factors`, `groups` or both."},
    {"groups", &inner_groups, .doc = "Groups in it, which have the same keys."},
};
static const schema group = {SCHEMA_KEYS_OF(group_keys)};
const schema schema_groups = {.type = SCHEMA_LIST, .of = &group, .least = 1};
static const schema inner_groups = {.type = SCHEMA_LIST,
                                    .of = &group,
                                    .least = 1,
                                    .pointer = "#/properties/scores/items/properties/groups"};
