/* SPDX-License-Identifier: MIT */
#include "engine/explain.h"

#include <math.h>

/*
 * Every sentence of explanations. Numbers are short, units are named, and dates are those of the
 * playbook's zone. `%n`-like formats would be shorter to write and longer to read: parts are put
 * one after the other.
 */

/* ---- numbers and dates ---- */

#define DIGITS_MOST 20

/* `scaled` / 10^decimals without zeros at the end. */
static void put_scaled(churn__buf *text, uint64_t scaled, int decimals)
{
    char digits[DIGITS_MOST + 2];
    int at = DIGITS_MOST + 2;
    while (decimals > 0 && scaled % 10 == 0) {
        scaled /= 10;
        decimals--;
    }
    bool point = decimals > 0;
    while (scaled > 0 || decimals >= 0) {
        if (point && decimals == 0) {
            digits[--at] = '.';
            point = false;
        }
        digits[--at] = (char)('0' + scaled % 10);
        scaled /= 10;
        decimals--;
    }
    churn__buf_bytes(text, digits + at, (size_t)(DIGITS_MOST + 2 - at));
}

static int decimals_of(double size)
{
    int decimals = size >= 10000 ? 0 : size >= 1000 ? 1 : 2;
    for (double least = 1; size < least && size > 0 && decimals < 9; least /= 10) {
        decimals++;
    }
    return decimals;
}

static void put_fixed(churn__buf *text, double value, int decimals)
{
    static const double powers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
    double scaled = floor(fabs(value) * powers[decimals] + 0.5);
    if (!(scaled < 1e15)) {
        churn__buf_double(text, value);
        return;
    }
    churn__buf_text(text, value < 0 && scaled > 0 ? "-" : "");
    put_scaled(text, (uint64_t)scaled, decimals);
}

void churn__say_number(churn__buf *text, double value)
{
    put_fixed(text, value, decimals_of(fabs(value)));
}

static void put_points(churn__buf *text, double points)
{
    put_fixed(text, points, 1);
}

void churn__say_percent(churn__buf *text, double share)
{
    put_fixed(text, share * 100, 1);
    churn__buf_text(text, " %");
}

void churn__say_score(churn__buf *text, double score)
{
    put_fixed(text, score, 1);
}

static int32_t year_of(const churn__saying *s, churn_time at)
{
    int32_t year = 0;
    unsigned month = 0, day = 0;
    churn__civil_from_days(churn__zone_day(s->playbook->zone, at), &year, &month, &day);
    return year;
}

void churn__say_date(churn__buf *text, const churn__saying *s, churn_time at, churn_time now)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    int32_t year = 0;
    unsigned month = 0, day = 0;
    churn__civil_from_days(churn__zone_day(s->playbook->zone, at), &year, &month, &day);
    put_scaled(text, day, 0);
    churn__buf_char(text, ' ');
    churn__buf_bytes(text, months + 3 * (month - 1), 3);
    int64_t apart = now - at;
    bool same = apart >= 0 && apart < 27 * CHURN__DAY && month < 12; /* as it mostly is */
    if (!same && year != year_of(s, now)) {
        churn__buf_char(text, ' ');
        put_scaled(text, (uint64_t)year, 0);
    }
}

static void put_count(churn__buf *text, uint64_t n, const char *one)
{
    put_scaled(text, n, 0);
    churn__buf_char(text, ' ');
    churn__buf_text(text, one);
    churn__buf_text(text, n == 1 ? "" : "s");
}

/* ---- what a factor reads ---- */

static void put_name(churn__buf *text, const churn__factor_def *factor, const churn__shown *shown)
{
    churn__buf_str(text, factor->id);
    if (shown->metric.ptr != NULL && !churn__str_eq(shown->metric, factor->id)) {
        churn__buf_text(text, ": ");
        churn__buf_str(text, shown->metric);
    }
}

static void put_value(churn__buf *text, const churn__shown *shown)
{
    if (shown->word.ptr != NULL) {
        bool truth = !isnan(shown->value);
        churn__buf_text(text, truth ? "" : "\"");
        churn__buf_str(text, shown->word);
        churn__buf_text(text, truth ? "" : "\"");
        return;
    }
    churn__say_number(text, shown->value);
    if (shown->speaks && shown->unit.ptr != NULL) {
        churn__buf_char(text, ' ');
        churn__buf_str(text, shown->unit);
    }
}

/* What the input says of the metric where it is not the metric itself. */
static void put_input(churn__buf *text, const churn__factor_def *factor,
                      const churn__factor_state *state)
{
    if (isnan(state->value)) {
        return;
    }
    switch (factor->kind) {
    case CHURN__OF_PERCENTILE:
        churn__buf_text(text, ", above ");
        churn__say_percent(text, state->value);
        churn__buf_text(text, " of what it is compared with");
        break;
    case CHURN__OF_ROBUST_Z:
        churn__buf_text(text, ", ");
        churn__say_number(text, fabs(state->value));
        churn__buf_text(text, state->value < 0 ? " spreads below" : " spreads above");
        churn__buf_text(text, " what is usual");
        break;
    case CHURN__OF_TREND:
        churn__buf_text(text, state->value < 0 ? ", falling by " : ", rising by ");
        churn__say_percent(text, fabs(state->value));
        churn__buf_text(text, " a period");
        break;
    default:
        break;
    }
}

static void put_length(churn__buf *text, int64_t length)
{
    if (length % CHURN__DAY == 0 || length > 3 * CHURN__DAY) {
        put_count(text, (uint64_t)(length / CHURN__DAY), "day");
    } else {
        put_count(text, (uint64_t)(length / CHURN__HOUR), "hour");
    }
}

/* "(28 days up to 1 Feb; last on 28 Jan)" */
static void put_evidence(churn__buf *text, const churn__saying *s, const churn__evidence *evidence)
{
    bool window =
        evidence != NULL && evidence->start > CHURN_TIME_MIN && evidence->end > evidence->start;
    bool last = evidence != NULL && evidence->last > CHURN_TIME_MIN;
    if (!window && !last) {
        return;
    }
    churn__buf_text(text, " (");
    if (window) {
        put_length(text, evidence->end - evidence->start);
        churn__buf_text(text, " up to ");
        churn__say_date(text, s, evidence->end, s->as_of);
        churn__buf_text(text, last ? "; " : "; none");
    }
    if (last) {
        churn__buf_text(text, "last on ");
        churn__say_date(text, s, evidence->last, s->as_of);
    }
    churn__buf_char(text, ')');
}

/* Of a metric that is known, and of which nothing can be made. */
static const char *const lacks[] = {
    [CHURN__OF_METRIC] = ", for which no points are given (",
    [CHURN__OF_PERCENTILE] = ", with too few to compare it with (",
    [CHURN__OF_ROBUST_Z] = ", with too few to compare it with (",
    [CHURN__OF_TREND] = ", with too little of a past (",
};

static void put_reason(churn__buf *text, const churn__factor_def *factor, const churn__shown *shown)
{
    bool known = !isnan(shown->value) || shown->word.ptr != NULL;
    if (known && factor->kind <= CHURN__OF_TREND) {
        churn__buf_text(text, " is ");
        put_value(text, shown);
        churn__buf_text(text, lacks[factor->kind]);
    } else {
        churn__buf_text(text, " is missing (");
    }
    churn__buf_text(text, churn__missing_name(shown->missing));
    churn__buf_char(text, ')');
}

/* What stands in for a value that is missing. */
static void put_substitute(churn__buf *text, const churn__factor_def *factor,
                           const churn__factor_state *state)
{
    switch (factor->missing) {
    case CHURN__FACTOR_WORST:
        churn__buf_text(text, ", taken at its worst");
        break;
    case CHURN__FACTOR_BEST:
        churn__buf_text(text, ", taken at its best");
        break;
    default:
        churn__buf_text(text, ", taken as ");
        if (state->word.ptr != NULL) {
            churn__buf_str(text, state->word);
        } else {
            churn__say_number(text, state->value);
        }
        break;
    }
}

#define DAYS_MOST 1e15 /* told of an age: metrics of any size may be one */

static void put_age(churn__buf *text, const churn__factor_state *state)
{
    double days = state->age > 0 ? floor(state->age) : 0;
    put_count(text, days < DAYS_MOST ? (uint64_t)days : (uint64_t)DAYS_MOST, "day");
}

static void put_what(churn__buf *text, const churn__factor_def *factor,
                     const churn__factor_state *state, const churn__shown *shown)
{
    bool nothing = isnan(shown->value) && shown->word.ptr == NULL;
    put_name(text, factor, shown);
    if (state->substituted || (nothing && shown->metric.ptr != NULL)) {
        put_reason(text, factor, shown);
        put_substitute(text, factor, state);
        return;
    }
    if (nothing) {
        return;
    }
    churn__buf_text(text, " is ");
    put_value(text, shown);
    if (state->carried) {
        churn__buf_text(text, ", known ");
        put_age(text, state);
        churn__buf_text(text, " ago");
    } else {
        put_input(text, factor, state);
    }
}

/* ---- lines of the level ---- */

void churn__say_baseline(churn__buf *text, const churn__saying *s,
                         const churn__baseline_told *baseline, churn_str card)
{
    switch (baseline->from) {
    case CHURN__FROM_OWN:
        churn__buf_text(text, "its own score on ");
        churn__say_date(text, s, baseline->at, s->as_of);
        break;
    case CHURN__FROM_SEGMENT:
        churn__buf_text(text, "the mean score of ");
        put_count(text, baseline->customers, "customer");
        churn__buf_text(text, " on the card ");
        churn__buf_str(text, card);
        break;
    case CHURN__FROM_BOOK:
        churn__buf_text(text, "the mean score of ");
        put_count(text, baseline->customers, "customer");
        break;
    default:
        churn__buf_text(text, "where explanations start");
        break;
    }
}

void churn__say_weight(churn__buf *text, const churn__factor_state *state)
{
    churn__buf_text(text, ": ");
    put_points(text, state->points);
    churn__buf_text(text, " of 100 points, ");
    churn__say_percent(text, state->effective);
    churn__buf_text(text, " of the score");
    if (state->share < 1) {
        churn__buf_text(text, ", faded to ");
        churn__say_percent(text, state->share);
        churn__buf_text(text, " of its weight after ");
        put_age(text, state);
    }
}

void churn__say_input(churn__buf *text, const churn__saying *s, const churn__factor_def *factor,
                      const churn__factor_state *state, const churn__shown *shown,
                      const churn__evidence *evidence)
{
    put_what(text, factor, state, shown);
    if (!state->substituted) {
        put_evidence(text, s, evidence);
    }
}

void churn__say_missing(churn__buf *text, const churn__factor_def *factor,
                        const churn__factor_state *state, const churn__shown *shown)
{
    put_name(text, factor, shown);
    put_reason(text, factor, shown);
    churn__buf_text(text, " and does not count; it would be ");
    churn__say_percent(text, state->whole);
    churn__buf_text(text, " of the score");
}

/* "35 by ana on 30 Dec 2025: they told us" */
static void put_override(churn__buf *text, const churn__saying *s, double points,
                         const churn__override_told *told)
{
    churn__say_score(text, points);
    if (told->author.ptr != NULL) {
        churn__buf_text(text, " by ");
        churn__buf_str(text, told->author);
    }
    if (told->at > CHURN_TIME_MIN) {
        churn__buf_text(text, " on ");
        churn__say_date(text, s, told->at, s->as_of);
    }
    if (told->reason.ptr != NULL) {
        churn__buf_text(text, ": ");
        churn__buf_str(text, told->reason);
    }
}

static void put_hold(churn__buf *text, const churn__cap_def *cap, const char *verb, double points)
{
    churn__buf_str(text, cap->id);
    churn__buf_text(text, verb);
    churn__buf_text(text, cap->is_floor ? " the score at least at " : " the score at most at ");
    churn__say_score(text, points);
}

void churn__say_cap(churn__buf *text, const churn__saying *s, const churn__cap_def *cap,
                    double points, const churn__override_told *told)
{
    if (cap->kind == CHURN__CAP_OVERRIDE) {
        churn__buf_text(text, "the score was set to ");
        put_override(text, s, points, told);
    } else {
        put_hold(text, cap, " holds", points);
    }
}

void churn__say_critical(churn__buf *text, const churn__score_level *level,
                         const churn__cap_def *cap)
{
    uint32_t told = 0;
    for (uint32_t i = 0; i < cap->factor_count; i++) {
        const churn__factor_state *state = &level->states[cap->factors[i]];
        bool poor = !isnan(state->points) && churn__round6(state->points) < cap->below;
        if (poor && !state->substituted && !state->carried) {
            churn__buf_text(text, told++ == 0 ? ", as " : ", ");
            churn__buf_str(text, level->card->factors[cap->factors[i]].id);
        }
    }
    churn__buf_text(text, told == 1 ? " has less than " : " have less than ");
    churn__say_score(text, cap->below);
    churn__buf_text(text, " points");
}

/* ---- lines of a change ---- */

void churn__say_end(churn__buf *text, const churn__saying *s, bool after, bool other_playbook)
{
    churn__buf_text(text, "the score on ");
    churn__say_date(text, s, after ? s->as_of : s->before, s->as_of);
    if (other_playbook) {
        churn__buf_text(text, after ? " by this playbook" : " by the playbook before");
    }
}

static bool is_there(const churn__side_told *side)
{
    return side->factor != NULL && !isnan(side->points);
}

static void put_told(churn__buf *text, const churn__side_told *side)
{
    if (isnan(side->shown.value) && side->shown.word.ptr == NULL) {
        churn__buf_text(text, "missing (");
        churn__buf_text(text, churn__missing_name(side->shown.missing));
        churn__buf_char(text, ')');
    } else {
        put_value(text, &side->shown);
    }
}

/* "40 to 55 points", "20 % to 25 % of the score" */
static void put_moves(churn__buf *text, const churn__side_told *before,
                      const churn__side_told *after)
{
    put_points(text, before->points);
    if (before->points != after->points) {
        churn__buf_text(text, " to ");
        put_points(text, after->points);
    }
    churn__buf_text(text, " points, ");
    churn__say_percent(text, before->weight);
    if (before->weight != after->weight) {
        churn__buf_text(text, " to ");
        churn__say_percent(text, after->weight);
    }
    churn__buf_text(text, " of the score");
}

static void put_one_side(churn__buf *text, const churn__side_told *side)
{
    put_points(text, side->points);
    churn__buf_text(text, " points, ");
    churn__say_percent(text, side->weight);
    churn__buf_text(text, " of the score");
}

static void put_configuration(churn__buf *text, const churn__side_told *before,
                              const churn__side_told *after)
{
    const churn__side_told *there = after->factor != NULL ? after : before;
    put_name(text, there->factor, &there->shown);
    if (before->factor == NULL || after->factor == NULL) {
        churn__buf_text(text, before->factor == NULL ? " was added" : " was taken out");
    } else if (is_there(before) != is_there(after)) {
        churn__buf_text(text, is_there(after) ? " counts now" : " does not count any more");
    } else {
        churn__buf_text(text, " counts in another way");
    }
    churn__buf_text(text, ": ");
    if (is_there(before) && is_there(after)) {
        put_moves(text, before, after);
    } else {
        put_one_side(text, is_there(after) ? after : before);
    }
}

/* ", its rank from 75 % to 50 %": of inputs that say something of the metric. */
static void put_inputs(churn__buf *text, const churn__side_told *before,
                       const churn__side_told *after)
{
    double from = before->state->value, to = after->state->value;
    churn__factor_kind kind = after->factor->kind;
    bool z = kind == CHURN__OF_ROBUST_Z;
    if ((!z && kind != CHURN__OF_PERCENTILE && kind != CHURN__OF_TREND) || isnan(from) ||
        isnan(to)) {
        return;
    }
    churn__buf_text(text, z                         ? ", its robust z from "
                          : kind == CHURN__OF_TREND ? ", its trend from "
                                                    : ", its rank from ");
    (z ? churn__say_number : churn__say_percent)(text, from);
    churn__buf_text(text, " to ");
    (z ? churn__say_number : churn__say_percent)(text, to);
    churn__buf_text(text, kind == CHURN__OF_TREND ? " a period" : "");
}

static bool same_value(const churn__shown *a, const churn__shown *b)
{
    bool words = a->word.ptr != NULL && b->word.ptr != NULL && churn__str_eq(a->word, b->word);
    return words || a->value == b->value;
}

static void put_behaviour(churn__buf *text, const churn__side_told *before,
                          const churn__side_told *after)
{
    put_name(text, after->factor, &after->shown);
    if (after->shown.metric.ptr != NULL) {
        bool same = same_value(&before->shown, &after->shown);
        churn__buf_text(text, same ? " is still " : " went from ");
        put_told(text, before);
        if (!same) {
            churn__buf_text(text, " to ");
            put_told(text, after);
        }
        put_inputs(text, before, after);
    }
    churn__buf_text(text, ": ");
    put_moves(text, before, after);
}

static bool stands_in(const churn__side_told *side)
{
    return side->state != NULL && side->state->substituted;
}

static void put_other_weight(churn__buf *text, const churn__side_told *before,
                             const churn__side_told *after)
{
    churn__buf_text(text, " is ");
    churn__say_percent(text, after->weight);
    churn__buf_text(text, " of the score instead of ");
    churn__say_percent(text, before->weight);
    churn__buf_text(text, ", as something came, went or faded");
}

static void put_missingness(churn__buf *text, const churn__side_told *before,
                            const churn__side_told *after)
{
    const churn__side_told *there = is_there(after) ? after : before;
    put_name(text, there->factor, &there->shown);
    if (is_there(before) && is_there(after)) {
        if (stands_in(before) == stands_in(after)) {
            put_other_weight(text, before, after);
            return;
        }
        churn__buf_text(text, stands_in(before)
                                  ? " is known now: "
                                  : " is missing now, and something stands in for it: ");
        put_moves(text, before, after);
        return;
    }
    if (is_there(after)) {
        churn__buf_text(text, " is known now: ");
        put_told(text, after);
        churn__buf_text(text, ", ");
    } else {
        put_reason(text, there->factor, &after->shown);
        churn__buf_text(text, " now; it was ");
    }
    put_one_side(text, there);
}

void churn__say_change(churn__buf *text, churn__line_kind kind, churn_str card_before,
                       churn_str card, const churn__side_told *before,
                       const churn__side_told *after)
{
    switch (kind) {
    case CHURN__LINE_CARD:
        churn__buf_text(text, "card ");
        churn__buf_str(text, card);
        churn__buf_text(text, " instead of ");
        churn__buf_str(text, card_before);
        churn__buf_text(text, ": ");
        put_configuration(text, before, after);
        break;
    case CHURN__LINE_CONFIGURATION:
        put_configuration(text, before, after);
        break;
    case CHURN__LINE_BEHAVIOUR:
        put_behaviour(text, before, after);
        break;
    default:
        put_missingness(text, before, after);
        break;
    }
}

void churn__say_override_change(churn__buf *text, const churn__saying *s, double before,
                                double after, const churn__override_told *told_before,
                                const churn__override_told *told)
{
    if (before == after && told_before->at == told->at) {
        churn__buf_text(text, "the score is still set to ");
        put_override(text, s, after, told);
        churn__buf_text(text, ", which has another effect");
        return;
    }
    churn__buf_text(text, isnan(after) ? "the score is not set by hand any more; it was set to "
                                       : "the score was set to ");
    if (!isnan(after)) {
        put_override(text, s, after, told);
        churn__buf_text(text, isnan(before) ? "" : "; before, to ");
    }
    if (!isnan(before)) {
        put_override(text, s, before, told_before);
    }
}

void churn__say_cap_change(churn__buf *text, const churn__cap_def *cap, double before, double after)
{
    if (isnan(after)) {
        put_hold(text, cap, " does not hold", before);
        churn__buf_text(text, " any more");
    } else if (isnan(before)) {
        put_hold(text, cap, " holds", after);
    } else {
        put_hold(text, cap, " still holds", after);
        churn__buf_text(text, ", which has another effect");
    }
}
