/* SPDX-License-Identifier: MIT */
#include "playbook/schema_keys.h"
#include "score/score.h"

/* Scores but for what they are made of (schema_factors.c), and distributions to compare with. */

static const schema factor_name = {.type = SCHEMA_NAME,
                                   .what = "`any`, or the id of a factor of the score"};
static const schema factor_names = {.type = SCHEMA_ONE_OR_LIST, .of = &factor_name};

/* ---- caps ---- */

static const schema_key cap_keys[] = {
    {"id", &schema_name, .required = true,
     .doc = "Its name in explanations. `{id: override}`, without other keys, marks where a score "
            "set by hand acts; else it acts after all others.",
     .example = "unpaid"},
    {"when", &schema_expression, .doc = "For whom it holds; `when` or `critical` is needed.",
     .example = "'metric.failed_payments >= 2'"},
    {"unless", &schema_expression, .doc = "For whom it does not hold, even so.",
     .example = "'segment.enterprise'"},
    {"critical", &factor_names,
     .doc = "Factors that must not be poor: it holds where as many of them as `fewest` have less "
            "points than `below`. `any` means all factors.",
     .example = "[logins_28d, nps]"},
    {"below", &schema_points_bound, .doc = "With `critical`: the points.", .example = "30"},
    {"fewest", &schema_count, .standard = "1", .doc = "With `critical`: how many of them.",
     .example = "2"},
    {"at_most", &schema_points_bound, .doc = "A cap: the score is at most this.", .example = "40"},
    {"at_least", &schema_points_bound, .doc = "A floor: the score is at least this.",
     .example = "60"},
};
static const schema cap = {SCHEMA_KEYS_OF(cap_keys)};
static const schema caps = {.type = SCHEMA_LIST, .of = &cap};

/* ---- bands ---- */

static const schema color = {.type = SCHEMA_TEXT,
                             .what = "a colour such as '#f9a825' (in quotes), or a name: green, "
                                     "lime, yellow, amber, orange, red, blue, teal, purple, grey"};
static const schema_key band_keys[] = {
    {"from", &schema_points_bound, .required = true, .doc = "Its lower bound, inclusive.",
     .example = "40"},
    {"color", &color, .standard = "by its name, else by its place",
     .doc = "Its colour: '#rrggbb' in quotes, or a name.", .example = "'#f9a825'"},
    {"title", &schema_text, .standard = "its id", .doc = "Its name for people.",
     .example = "Watch"},
};
static const schema band_in_full = {SCHEMA_KEYS_OF(band_keys)};
static const schema *const band_sorts[] = {&schema_points_bound, &band_in_full};
static const schema band = {.type = SCHEMA_EITHER, SCHEMA_ANY_OF(band_sorts)};
static const schema bands = {.type = SCHEMA_MAP, .of = &band, .least = 1};

/* ---- by hand, and over time ---- */

static const schema_key override_keys[] = {
    {"max_age", &schema_duration_positive, .standard = "any age",
     .doc = "How long a score set by hand holds, if it does not expire before.", .example = "90d"},
    {"ignore", &schema_bool, .standard = "false", .doc = "Scores set by hand do not count.",
     .example = "true"},
};
static const schema overrides = {SCHEMA_KEYS_OF(override_keys)};

static const schema_word auto_words[] = {
    {"auto", 1, false,
     "As much as it changes anyway: 1.4826 times the median absolute deviation of its changes "
     "over the last six such periods, at least 1."},
};
static const schema noise_auto = {.type = SCHEMA_WORD, SCHEMA_WORDS_OF(auto_words)};
static const schema *const noise_sorts[] = {&schema_points_bound, &noise_auto};
static const schema noise = {.type = SCHEMA_EITHER, SCHEMA_ANY_OF(noise_sorts)};
static const schema_key trend_keys[] = {
    {"over", &schema_duration_positive, .standard = "30d",
     .doc = "With how long ago the score is compared.", .example = "30d"},
    {"noise", &noise, .standard = "3", .doc = "Up to this change, in points, it is steady.",
     .example = "auto"},
};
static const schema trend = {SCHEMA_KEYS_OF(trend_keys)};

/* ---- cards ---- */

static const schema_key card_factor_keys[] = {
    {"weight", &schema_weight, .doc = "Its weight there.", .example = "3"},
    {"curve", &schema_curve, .doc = "Its curve there.", .example = "[[0, 0], [8, 100]]"},
    {"steps", &schema_steps, .doc = "Its steps there.", .example = "[[0, 100], [3, 20]]"},
    {"points", &schema_category_points, .doc = "Its points by value there.",
     .example = "{free: 10, pro: 90}"},
    {"missing", &schema_missing, .doc = "What happens there where it is missing.",
     .example = "worst"},
    {"value", &schema_value, .doc = "What is taken with `missing: value`.", .example = "0"},
    {"decay", &schema_decay, .doc = "How its weight fades there."},
};
static const schema card_factor = {SCHEMA_KEYS_OF(card_factor_keys)};
static const schema card_factors = {.type = SCHEMA_MAP, .of = &card_factor, .least = 1};
static const schema_key card_group_keys[] = {
    {"weight", &schema_weight, .doc = "Its weight there.", .example = "40"},
    {"factors", &card_factors, .doc = "Other numbers of its factors, by id."},
};
static const schema card_group = {SCHEMA_KEYS_OF(card_group_keys)};
static const schema card_groups = {.type = SCHEMA_MAP, .of = &card_group, .least = 1};
static const schema_key card_cap_keys[] = {
    {"at_most", &schema_points_bound, .doc = "Of a cap: its bound there.", .example = "30"},
    {"at_least", &schema_points_bound, .doc = "Of a floor: its bound there.", .example = "70"},
    {"below", &schema_points_bound, .doc = "Of a critical one: the points there.", .example = "20"},
    {"fewest", &schema_count, .doc = "Of a critical one: how many factors there.", .example = "2"},
    {"off", &schema_bool, .standard = "false", .doc = "It does not act there.", .example = "true"},
};
static const schema card_cap = {SCHEMA_KEYS_OF(card_cap_keys)};
static const schema card_caps = {.type = SCHEMA_MAP, .of = &card_cap, .least = 1};
static const schema card_bands = {.type = SCHEMA_MAP, .of = &schema_points_bound, .least = 1};
static const schema segment_name = {.type = SCHEMA_NAME, .what = "a segment that has numbers here"};

static const schema_key card_keys[] = {
    {"from", &segment_name, .standard = "the score's own numbers",
     .doc = "Whose numbers hold where nothing else is said: of another segment with numbers here.",
     .example = "smb"},
    {"min_coverage", &schema_fraction, .doc = "`min_coverage` there.", .example = "0.6"},
    {"bands", &card_bands, .doc = "Other lower bounds of bands; their order stays.",
     .example = "{green: 75}"},
    {"groups", &card_groups, .doc = "Other numbers of groups, by id, at whatever depth they stand.",
     .example = "{support: {weight: 40}}"},
    {"caps", &card_caps, .doc = "Other bounds of caps and floors, by id.",
     .example = "{unpaid: {at_most: 30}}"},
};
static const schema card = {SCHEMA_KEYS_OF(card_keys)};
static const schema cards = {.type = SCHEMA_MAP, .of = &card, .least = 1};

/* ---- scores ---- */

static const schema_key score_keys[] = {
    {"id", &schema_name, .required = true,
     .doc = "Its name: `<id>.score`, `.band`, `.coverage`, `.low`, `.high`, `.certain`, "
            "`.overridden`, `.card` in conditions.",
     .example = "health"},
    {"title", &schema_text, .standard = "its id", .doc = "Its name for people.",
     .example = "Customer health"},
    {"baseline", &schema_points_bound, .standard = "50",
     .doc = "Where explanations begin: what a factor adds or takes away is counted from here.",
     .example = "50"},
    {"groups", &schema_groups, .doc = "What it is made of; `groups` or `roll_up` is needed."},
    {"roll_up", &schema_roll_up,
     .doc = "A score made of those of child customers alone: short for one group `own` with this "
            "as its factor."},
    {"caps", &caps, .doc = "Caps and floors, which act in this order."},
    {"overrides", &overrides, .doc = "How scores set by hand (records of kind override) count."},
    {"bands", &bands, .required = true,
     .doc = "Names for stretches of the score, with their lower bounds (inclusive). What is below "
            "the lowest bound has the lowest band.",
     .example = "{green: 70, yellow: {from: 40, color: '#f9a825', title: Watch}, red: 0}"},
    {"hysteresis", &schema_points_bound, .standard = "0",
     .doc = "How many points beyond its bound a band is left, by `advance`.", .example = "3"},
    {"min_stay", &schema_duration, .standard = "0d",
     .doc = "How long a band is kept at least, by `advance`.", .example = "3d"},
    {"trend", &trend, .doc = "What counts as going up or down."},
    {"min_coverage", &schema_fraction, .standard = "0.5",
     .doc = "The part of all weight that must be known. Below it score and band are missing "
            "(low_coverage).",
     .example = "0.6"},
    {"segments", &cards,
     .doc = "Other numbers for segments. The first of them that holds is taken, in the order of "
            "`segments` of the playbook; one of which it is unknown is passed over.",
     .example = "{enterprise: {groups: {support: {weight: 40}}}}"},
};
static const schema score = {SCHEMA_KEYS_OF(score_keys)};
const schema schema_scores = {.type = SCHEMA_LIST, .of = &score};

/* ---- references ---- */

static const schema number_list = {
    .type = SCHEMA_LIST, .of = &schema_number, .least = 1, .data = true};
static const schema count_list = {
    .type = SCHEMA_LIST, .of = &schema_count, .least = 1, .data = true};
static const schema metric_name = {.type = SCHEMA_NAME, .what = "the id of a metric"};

static const schema_key reference_keys[] = {
    {"metric", &metric_name, .required = true, .doc = "The metric that it was made of.",
     .example = "logins_28d"},
    {"made_at", &schema_instant, .doc = "As of when it was made.", .example = "2026-04-01"},
    {"values", &number_list, .required = true, .doc = "The values that occur, ascending.",
     .example = "[0, 1, 2, 5]"},
    {"counts", &count_list, .standard = "1 each", .doc = "How often each of them occurs.",
     .example = "[10, 4, 3, 1]"},
};
static const schema reference = {SCHEMA_KEYS_OF(reference_keys)};
const schema schema_references = {.type = SCHEMA_MAP, .of = &reference};
