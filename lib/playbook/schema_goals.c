/* SPDX-License-Identifier: MIT */
#include "playbook/schema_keys.h"

#include <churn/kpi.h>

#include "playbook/playbook.h"

/* Figures of the author's own, what figures should reach, and what others published: parts of
 * `kpi`.
 */

/* ---- define ---- */

static const schema_key define_keys[] = {
    {"id", &schema_name, .required = true, .doc = "The name of the figure.",
     .example = "referral_rate"},
    {"num", &schema_expression, .required = true, .doc = "Who counts.",
     .example = "'metric.referrals_1y > 0'"},
    {"den", &schema_expression, .standard = "'true'", .doc = "Among whom.",
     .example = "'customer.age_days >= 90'"},
    {"title", &schema_text, .doc = "What it is called.", .example = "Customers who refer others"},
};
static const schema define = {SCHEMA_KEYS_OF(define_keys)};
const schema schema_define = {.type = SCHEMA_LIST, .of = &define};

/* ---- measures ---- */

static const schema_word takes[] = {
    {"last", CHURN__MEASURE_LAST, false, "The newest value in the period."},
    {"sum", CHURN__MEASURE_SUM, false, "All of them together."},
    {"mean", CHURN__MEASURE_MEAN, false, "Their mean."},
};
const schema schema_measure_take = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(takes)};

static const schema_key measure_keys[] = {
    {"name", &schema_text, .required = true,
     .doc = "The name of the measure, as its records have it.", .example = "site_visits"},
    {"take", &schema_measure_take, .standard = "last",
     .doc = "What becomes of the values of one period.", .example = "sum"},
    {"unit", &schema_text, .standard = "as the records have it", .doc = "What it is counted in.",
     .example = "visits"},
};
static const schema measure = {SCHEMA_KEYS_OF(measure_keys)};
const schema schema_measures = {.type = SCHEMA_LIST, .of = &measure};

/* ---- goals ---- */

static const schema_word spans[] = {
    {"day", CHURN_EVERY_DAY, false, "A day."},
    {"week", CHURN_EVERY_WEEK, false, "An ISO week."},
    {"month", CHURN_EVERY_MONTH, false, "A calendar month."},
    {"quarter", CHURN_EVERY_QUARTER, false, "A calendar quarter."},
    {"year", CHURN_EVERY_YEAR, false, "A calendar year."},
};
const schema schema_every = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(spans)};

static const schema group_name = {.type = SCHEMA_TEXT,
                                  .what = "what figures can be grouped by, as `customer.plan`"};
static const schema group_names = {.type = SCHEMA_ONE_OR_LIST, .of = &group_name};
static const schema figure = {.type = SCHEMA_TEXT, .what = "the id of a figure"};

static const schema_key goal_keys[] = {
    {"id", &schema_name, .required = true, .doc = "Its name.", .example = "churn"},
    {"kpi", &figure, .required = true, .doc = "Of which figure.", .example = "logo_churn"},
    {"per", &schema_every, .standard = "as `every`",
     .doc = "For a period of what length the numbers below are meant. Shorter than `every`: the "
            "mean of the complete ones is judged.",
     .example = "month"},
    {"every", &schema_every, .standard = "as `per`, else month",
     .doc = "By periods of what length the goal is judged.", .example = "quarter"},
    {"at_most", &schema_number, .doc = "What the figure must not exceed.", .example = "0.03"},
    {"at_least", &schema_number, .doc = "What the figure must reach.", .example = "50000"},
    {"by", &group_names, .doc = "For each group by itself.", .example = "segment.enterprise"},
};
static const schema goal = {SCHEMA_KEYS_OF(goal_keys)};
const schema schema_goals = {.type = SCHEMA_LIST, .of = &goal};

/* ---- benchmarks ---- */

static const schema year = {
    .type = SCHEMA_INT, .what = "a year", .ranged = true, .low = 1900, .high = 2200};
static const schema_key size_keys[] = {
    {"attribute", &schema_name, .required = true, .doc = "Which attribute says the size: a number.",
     .example = "employees"},
    {"at_least", &schema_number, .doc = "The smallest size.", .example = "11"},
    {"at_most", &schema_number, .doc = "The largest size.", .example = "50"},
};
static const schema size = {SCHEMA_KEYS_OF(size_keys)};

static const schema_key benchmark_keys[] = {
    {"kpi", &figure, .required = true, .doc = "Of which figure.", .example = "logo_churn"},
    {"per", &schema_every, .standard = "month", .doc = "For a period of what length.",
     .example = "year"},
    {"segment", &schema_name, .doc = "Of customers of this segment.", .example = "smb"},
    {"size", &size, .doc = "Of customers of this size.",
     .example = "{attribute: employees, at_least: 11, at_most: 50}"},
    {"low", &schema_number, .doc = "The lower end of what is usual.", .example = "0.03"},
    {"median", &schema_number, .doc = "The middle of it.", .example = "0.05"},
    {"high", &schema_number, .doc = "The upper end of it.", .example = "0.07"},
    {"source", &schema_text, .required = true, .doc = "Who says so, and where.",
     .example = "The survey of an association, table 3"},
    {"year", &year, .doc = "Of when it is.", .example = "2024"},
};
static const schema benchmark = {SCHEMA_KEYS_OF(benchmark_keys)};
const schema schema_benchmarks = {.type = SCHEMA_LIST, .of = &benchmark};
