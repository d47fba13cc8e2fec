/* SPDX-License-Identifier: MIT */
#include "metric/metric.h"

#include "playbook/schema_keys.h"

/* Metrics of events. */

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
    {"median", CHURN__AGG_MEDIAN, false, "Median of the values; missing where there are none."},
    {"quantile", CHURN__AGG_QUANTILE, false,
     "The value below which a part `q` of the values lies, by linear interpolation."},
    {"stddev", CHURN__AGG_STDDEV, false, "Standard deviation of a sample; it needs two values."},
    {"first", CHURN__AGG_FIRST, false, "What the first event gives."},
    {"last", CHURN__AGG_LAST, false, "What the last event gives."},
    {"days_since_first", CHURN__AGG_DAYS_SINCE_FIRST, false, "Whole days since the first event."},
    {"gap_mean", CHURN__AGG_GAP_MEAN, false, "Mean of the days from one event to the next."},
    {"gap_max", CHURN__AGG_GAP_MAX, false, "Most days from one event to the next."},
    {"rate", CHURN__AGG_RATE, false, "Events a day of the window."},
    {"streak", CHURN__AGG_STREAK, false,
     "Local days, or weeks, in a row with an event, up to now."},
    {"exists", CHURN__AGG_EXISTS, false, "Whether there is such an event: true or false."},
    {"ewma", CHURN__AGG_EWMA, false,
     "Count in which an event halves its weight every `half_life`."},
    {"active_periods", CHURN__AGG_ACTIVE_PERIODS, false,
     "How many of the last `buckets` stretches of time have an event."},
};
const schema schema_agg = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(aggs)};

static const schema_word ofs[] = {
    {"value", CHURN__OF_VALUE, false, "The event's value."},
    {"user", CHURN__OF_USER, false, "Who did it."},
    {"type", CHURN__OF_TYPE, false, "Its type."},
    {"props.", CHURN__OF_PROP, false, "A property of the event, declared under `properties`."},
};
const schema schema_of = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(ofs)};

static const schema_word pers[] = {{"user", 1, false, "Each user's events apart."}};
static const schema per = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(pers)};
static const schema_word takes[] = {
    {"max", CHURN__TAKE_MAX, false, "The greatest."},
    {"min", CHURN__TAKE_MIN, false, "The least, of users who have such an event."},
    {"mean", CHURN__TAKE_MEAN, false, "The mean, of users who have such an event."},
};
const schema schema_event_take = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(takes)};
static const schema_word aligns[] = {
    {"day", CHURN__UNIT_CD, false, "Whole days."},
    {"week", CHURN__UNIT_CW, false, "Whole weeks, from Monday on."},
    {"month", CHURN__UNIT_CMO, false, "Whole months."},
    {"quarter", CHURN__UNIT_CQ, false, "Whole quarters."},
};
const schema schema_align = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(aligns)};
static const schema_word zones[] = {
    {"playbook", 0, false, "`time_zone` of the playbook."},
    {"customer", 1, false,
     "The attribute `time_zone` of the customer; the playbook's where that names no zone."},
};
const schema schema_metric_zone = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(zones)};
static const schema_word approxes[] = {
    {"hll", 1, false, "HyperLogLog with 4096 registers: a standard error of 1.63 %."}};
static const schema approx = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(approxes)};
static const schema_word periods[] = {
    {"day", CHURN__UNIT_CD, false, "Local days."},
    {"week", CHURN__UNIT_CW, false, "Weeks, from Monday on."},
};
const schema schema_streak_unit = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(periods)};

static const schema_word if_never_words[] = {
    {"since_start", CHURN__NEVER_SINCE_START, false,
     "Days since the customer or the tracking began, whichever is later."},
    {"missing", CHURN__NEVER_MISSING, false, "Missing (never)."},
};
const schema schema_if_never_word = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(if_never_words)};
static const schema *const if_never_sorts[] = {&schema_if_never_word, &schema_number};
static const schema if_never = {.type = SCHEMA_EITHER, SCHEMA_ANY_OF(if_never_sorts)};

/* ---- keys ---- */

static const schema event_name = {.type = SCHEMA_TEXT, .what = "the type of an event"};
static const schema events = {.type = SCHEMA_ONE_OR_LIST, .of = &event_name};
static const schema buckets = {.type = SCHEMA_INT, .ranged = true, .low = 2, .high = 1000};
static const schema decimals = {.type = SCHEMA_INT, .ranged = true, .low = 0, .high = 9};
const schema schema_window_plain = {.type = SCHEMA_SPAN, .open_low = true};
static const schema *const every_sorts[] = {&schema_streak_unit, &schema_window_plain};
static const schema every = {.type = SCHEMA_EITHER, SCHEMA_ANY_OF(every_sorts)};

static const schema_key agg_keys[] = {
    {"agg", &schema_agg, .required = true, .doc = "What is made of the events.",
     .example = "count"},
    METRIC_ID,
    {"event", &events, .required = true, .doc = "Which events: a type, a list of types, or `any`.",
     .example = "[login, export]"},
    {"where", &schema_expression,
     .doc =
         "A condition on each event, over `value`, `user`, `type` and `props.<name>`. Events for "
         "which it is unknown do not count.",
     .example = "'props.platform == \"web\" && value > 0'"},
    {"of", &schema_of, .standard = "value; `user` of distinct",
     .doc = "What of the events is taken.", .example = "user"},
    METRIC_WINDOW(false),
    METRIC_OFFSET,
    {"align", &schema_align,
     .doc = "Takes `as_of` back to the start of its day, week, month or quarter: only whole ones "
            "count, and days of the window are calendar days.",
     .example = "month"},
    {"zone", &schema_metric_zone, .standard = "playbook",
     .doc = "Whose clock tells days, weeks and months.", .example = "customer"},
    METRIC_HISTORY,
    METRIC_DEFAULT,
    {"if_never", &if_never, .standard = "since_start",
     .doc = "What days_since and days_since_first are for a customer who never had such an event.",
     .example = "missing"},
    {"calendar", &schema_bool, .standard = "false",
     .doc = "Of days_since and days_since_first: whether local dates are subtracted.",
     .example = "true"},
    {"buckets", &buckets, .doc = "Of a trend and active_periods: how many stretches of time.",
     .example = "8"},
    {"every", &every,
     .doc = "Of a trend and active_periods: how long one stretch is. Of a streak: `day` or `week`.",
     .example = "7d"},
    {"relative", &schema_bool, .standard = "false",
     .doc = "Of a trend: whether the slope is divided by the mean.", .example = "true"},
    {"robust", &schema_bool, .standard = "false",
     .doc = "Of a trend: the median of the slopes of all pairs, which single peaks do not move.",
     .example = "true"},
    {"min_buckets", &buckets, .standard = "all",
     .doc = "Of a trend: how many stretches a young customer must have.", .example = "4"},
    {"q", &schema_fraction, .doc = "Of a quantile: which part lies below.", .example = "0.9"},
    {"half_life", &schema_duration_positive, .doc = "Of ewma: after how long an event counts half.",
     .example = "14d"},
    {"scale", &decimals,
     .doc = "Of a sum: each value is rounded to so many decimals, and the sum is exact.",
     .example = "2"},
    {"approx", &approx, .doc = "Of distinct: count approximately, in little memory.",
     .example = "hll"},
    {"per", &per, .doc = "The value of each user alone; `take` says which counts.",
     .example = "user"},
    {"take", &schema_event_take, .standard = "max", .doc = "Of `per`: which of the values counts.",
     .example = "mean"},
};
const schema schema_by_agg = {SCHEMA_KEYS_OF(agg_keys)};
