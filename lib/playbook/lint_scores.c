/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "playbook/score_parts.h"

/* What is probably not meant in scores: bands, caps and coverage that can never be, cards that
 * nobody gets. */

/* ---- weights ---- */

bool b_shares(builder *b, const score_parts *parts, uint32_t c, double *shares)
{
    const churn__score_def *def = parts->def;
    double *room = b_scratch_array(b, 2 * (size_t)def->group_count + 1, sizeof *room);
    if (room != NULL) {
        churn__playbook_shares(def, &parts->cards[c], room, shares);
    }
    return room != NULL;
}

/* ---- what a score can be ---- */

typedef struct span {
    double low, high;
} span;

/* Any of the factors may be the only one that is there. */
static span reach_of(const churn__score_def *def, const churn__card_def *card)
{
    span reach = {100, 0};
    for (uint32_t f = 0; f < def->factor_count; f++) {
        double low = 0, high = 0;
        churn__factor_range(&card->factors[f], &low, &high);
        if (card->factors[f].weight > 0) {
            reach.low = low < reach.low ? low : reach.low;
            reach.high = high > reach.high ? high : reach.high;
        }
    }
    return reach;
}

/* What may have become of it behind a cap. */
static span behind(span reach, const churn__score_def *def, const churn__cap_def *cap)
{
    if (cap->off) {
        return reach;
    }
    if (cap->kind == CHURN__CAP_OVERRIDE) {
        return def->overrides_ignored ? reach : (span){0, 100};
    }
    if (cap->is_floor) {
        reach.high = cap->bound > reach.high ? cap->bound : reach.high;
    } else {
        reach.low = cap->bound < reach.low ? cap->bound : reach.low;
    }
    return reach;
}

/* ---- caps ---- */

static report_place at_cap(const score_parts *parts, uint32_t c, uint32_t cap, const char *key)
{
    const churn__yaml_node *node = parts->cap_nodes[cap];
    const churn__yaml_node *caps = c == 0 ? NULL : b_get(parts->card_nodes[c], "caps");
    const churn__yaml_node *own =
        caps == NULL ? NULL : b_get(caps, parts->cards[0].caps[cap].id.ptr);
    if (own != NULL) {
        node = own;
    } else if (c > 0) {
        const churn__card_def *card = &parts->cards[c];
        return (report_place){.line = card->line, .column = card->column};
    }
    const churn__yaml_node *said = b_get(node, key);
    return b_at(said == NULL ? node : said);
}

/* Whether enough critical factors can, or must, have too few points. */
static bool critical_can(const churn__card_def *card, const churn__cap_def *cap, bool always)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < cap->factor_count; i++) {
        double low = 0, high = 0;
        churn__factor_range(&card->factors[cap->factors[i]], &low, &high);
        found += (always ? high : low) < cap->below;
    }
    return found >= cap->fewest;
}

typedef enum cap_fault { FINE, NEVER, DECIDES, TOO_FEW, ALWAYS } cap_fault;

static cap_fault fault_of(const churn__card_def *card, const churn__cap_def *cap, span reach)
{
    if (cap->kind == CHURN__CAP_OVERRIDE || cap->off) {
        return FINE;
    }
    if (cap->is_floor ? cap->bound <= reach.low : cap->bound >= reach.high) {
        return NEVER;
    }
    if (cap->is_floor ? cap->bound > reach.high : cap->bound < reach.low) {
        return DECIDES;
    }
    bool critical = cap->kind == CHURN__CAP_CRITICAL;
    return !critical                         ? FINE
           : !critical_can(card, cap, false) ? TOO_FEW
           : critical_can(card, cap, true)   ? ALWAYS
                                             : FINE;
}

static void report_cap(builder *b, const score_parts *parts, uint32_t c, uint32_t i, span reach,
                       cap_fault fault)
{
    const churn__cap_def *cap = &parts->cards[c].caps[i];
    const char *what = cap->is_floor ? "floor" : "cap";
    report_place place = at_cap(parts, c, i, cap->is_floor ? "at_least" : "at_most");
    switch (fault) {
    case NEVER:
        report_add(&b->report, DIAGNOSTIC_cap_never_acts, place,
                   "%s %q changes nothing: the score is never %s %g", what, &cap->id,
                   cap->is_floor ? "below" : "above", cap->is_floor ? reach.low : reach.high);
        return;
    case DECIDES:
        report_add(&b->report, DIAGNOSTIC_cap_always_acts, place,
                   "%s %q: where it holds the score is always %g", what, &cap->id, cap->bound);
        return;
    case TOO_FEW:
        report_add(&b->report, DIAGNOSTIC_cap_never_acts, at_cap(parts, c, i, "below"),
                   "%s %q never holds: too few of its factors can have less than %g points", what,
                   &cap->id, cap->below);
        return;
    default:
        report_add(&b->report, DIAGNOSTIC_cap_always_acts, at_cap(parts, c, i, "below"),
                   "%s %q always holds: its factors never have %g points", what, &cap->id,
                   cap->below);
    }
}

/* What is so of the score itself is not said again of its cards. */
static span lint_caps(builder *b, const score_parts *parts, uint32_t c, cap_fault *own)
{
    const churn__card_def *card = &parts->cards[c];
    span reach = reach_of(parts->def, card);
    for (uint32_t i = 0; i < parts->def->cap_count; i++) {
        cap_fault fault = fault_of(card, &card->caps[i], reach);
        if (fault != FINE && (c == 0 || own[i] != fault)) {
            report_cap(b, parts, c, i, reach, fault);
        }
        own[i] = c == 0 ? fault : own[i];
        bool by_hand = card->caps[i].kind == CHURN__CAP_OVERRIDE && i + 1 == parts->def->cap_count;
        reach = by_hand ? reach : behind(reach, parts->def, &card->caps[i]);
    }
    return reach;
}

/* ---- bands ---- */

static bool is_out(const churn__card_def *card, const churn__score_def *def, uint32_t i, span reach)
{
    bool lowest = i + 1 == def->band_count;
    return (!lowest && card->bands[i].low > reach.high) ||
           (i > 0 && card->bands[i - 1].low <= reach.low);
}

static void lint_bands(builder *b, const score_parts *parts, uint32_t c, span reach, bool *own)
{
    const churn__card_def *card = &parts->cards[c];
    for (uint32_t i = 0; i < parts->def->band_count; i++) {
        bool out = is_out(card, parts->def, i, reach);
        const churn__band_def *band = &card->bands[i];
        bool moved = band->line != parts->bands[i].line;
        report_place place = {.line = c > 0 && !moved ? card->line : band->line,
                              .column = c > 0 && !moved ? card->column : band->column};
        if (out && (c == 0 || !own[i])) {
            report_add(&b->report, DIAGNOSTIC_unreachable_band, place,
                       "band %q: no score reaches it unless it is set by hand; they are from %g to "
                       "%g",
                       &band->id, reach.low, reach.high);
        }
        own[i] = c == 0 ? out : own[i];
    }
}

static double narrowest(const churn__score_def *def, const churn__card_def *card)
{
    double upper = 100, least = 100;
    for (uint32_t i = 0; i < def->band_count; i++) {
        double width = upper - (i + 1 == def->band_count ? 0 : card->bands[i].low);
        least = width < least ? width : least;
        upper = card->bands[i].low;
    }
    return least;
}

static void lint_hysteresis(builder *b, const score_parts *parts, uint32_t c)
{
    const churn__score_def *def = parts->def;
    double width = narrowest(def, &parts->cards[c]);
    const churn__yaml_node *node = b_get(parts->node, "hysteresis");
    if (node == NULL || def->band_count < 2 || def->hysteresis <= width / 2) {
        return;
    }
    report_place place = b_at(node);
    if (c > 0) {
        place = (report_place){.line = parts->cards[c].line, .column = parts->cards[c].column};
    }
    report_add(&b->report, DIAGNOSTIC_wide_hysteresis, place,
               "a hysteresis of %g is more than half of the narrowest band, which is %g wide",
               def->hysteresis, width);
}

static void lint_stay(builder *b, const score_parts *parts)
{
    const churn__yaml_node *node = b_get(parts->node, "min_stay");
    int64_t stay = parts->def->min_stay;
    if (node != NULL && stay > 0 && stay < b->pb->evaluate.amount) {
        report_add(&b->report, DIAGNOSTIC_short_stay, b_at(node),
                   "a band is looked at only every `evaluate`, which is longer: it has no effect");
    }
}

/* ---- coverage ---- */

/* A distribution of one value apart from how often it occurs compares with nothing else. */
static bool never_known(const builder *b, const churn__factor_def *factor)
{
    uint32_t metric = factor->slot == CHURN__NO_SLOT ? UINT32_MAX : b_slot_metric(b, factor->slot);
    if (metric == UINT32_MAX || factor->kind != CHURN__OF_ROBUST_Z) {
        return false;
    }
    const churn__metric_reference *reference = b_metric_of(b, metric)->reference;
    return reference != NULL && reference->found.mad == 0 && reference->found.mean_dev == 0;
}

static void lint_coverage(builder *b, const score_parts *parts, uint32_t c, double *shares)
{
    const churn__score_def *def = parts->def;
    double most = 0;
    if (!b_shares(b, parts, c, shares)) {
        return;
    }
    for (uint32_t f = 0; f < def->factor_count; f++) {
        most += never_known(b, &parts->cards[c].factors[f]) ? 0 : shares[f];
    }
    bool own = c == 0 || b_given(parts->card_nodes[c], "min_coverage");
    if (most < parts->cards[c].min_coverage - 1e-9 && own) {
        const churn__yaml_node *node = c == 0 ? parts->node : parts->card_nodes[c];
        const churn__yaml_node *said = b_get(node, "min_coverage");
        report_add(&b->report, DIAGNOSTIC_never_covered, b_at(said == NULL ? node : said),
                   "at most %g of the weight can be known: there is never a score", most);
    }
}

/* ---- cards ---- */

static churn_str condition_of(const builder *b, uint32_t segment)
{
    const churn__yaml_node *list = b_get(b->root, "segments");
    const churn__yaml_node *when = list == NULL ? NULL : b_get(list->items[segment], "when");
    return when == NULL ? (churn_str){NULL, 0} : when->meaning;
}

/* Among the cards before it one holds whenever this one does. */
static void lint_hidden(builder *b, const score_parts *parts, uint32_t c)
{
    const churn__card_def *card = &parts->cards[c];
    churn_str own = condition_of(b, card->segment);
    for (uint32_t i = 1; i < c; i++) {
        churn_str earlier = condition_of(b, parts->cards[i].segment);
        bool always = churn__str_eq(earlier, CHURN__STR("true"));
        if (earlier.ptr != NULL && own.ptr != NULL && (always || churn__str_eq(own, earlier))) {
            report_place place = {.line = card->line, .column = card->column};
            report_add(&b->report, DIAGNOSTIC_hidden_card, place,
                       "the numbers of %q are never used: %q holds wherever it does, and comes "
                       "first",
                       &b->pb->segments[card->segment].id,
                       &b->pb->segments[parts->cards[i].segment].id);
            return;
        }
    }
}

static bool same_points(const churn__factor_def *a, const churn__factor_def *b)
{
    if (a->points_kind != b->points_kind || a->point_count != b->point_count ||
        a->category_count != b->category_count) {
        return false;
    }
    for (uint32_t i = 0; i < a->point_count; i++) {
        if (a->points[i].x != b->points[i].x || a->points[i].y != b->points[i].y) {
            return false;
        }
    }
    for (uint32_t i = 0; i < a->category_count; i++) {
        if (!churn__str_eq(a->categories[i].word, b->categories[i].word) ||
            a->categories[i].y != b->categories[i].y) {
            return false;
        }
    }
    return true;
}

static bool same_factor(const churn__factor_def *a, const churn__factor_def *b)
{
    return a->weight == b->weight && a->missing == b->missing &&
           a->missing_value == b->missing_value &&
           churn__str_eq(a->missing_word, b->missing_word) && a->carried_slot == b->carried_slot &&
           a->carry_half_life == b->carry_half_life && a->decay_slot == b->decay_slot &&
           a->decay_after == b->decay_after && a->decay_half_life == b->decay_half_life &&
           same_points(a, b);
}

static bool same_cap(const churn__cap_def *a, const churn__cap_def *b)
{
    return a->bound == b->bound && a->below == b->below && a->fewest == b->fewest &&
           a->off == b->off;
}

static bool is_idle(const churn__score_def *def, const churn__card_def *card)
{
    const churn__card_def *own = &def->cards[0];
    bool same = card->min_coverage == own->min_coverage;
    for (uint32_t f = 0; same && f < def->factor_count; f++) {
        same = same_factor(&card->factors[f], &own->factors[f]);
    }
    for (uint32_t g = 0; same && g < def->group_count; g++) {
        same = card->groups[g].weight == own->groups[g].weight;
    }
    for (uint32_t i = 0; same && i < def->cap_count; i++) {
        same = same_cap(&card->caps[i], &own->caps[i]);
    }
    for (uint32_t i = 0; same && i < def->band_count; i++) {
        same = card->bands[i].low == own->bands[i].low;
    }
    return same;
}

/* One before others keeps its segment out of them, which may be meant. */
static void lint_idle(builder *b, const score_parts *parts)
{
    for (uint32_t c = parts->def->card_count; c-- > 1 && is_idle(parts->def, &parts->cards[c]);) {
        const churn__card_def *card = &parts->cards[c];
        report_place place = {.line = card->line, .column = card->column};
        report_add(&b->report, DIAGNOSTIC_idle_card, place,
                   "the numbers of %q are those of the score itself",
                   &b->pb->segments[card->segment].id);
    }
}

/* ---- all ---- */

static void lint_score(builder *b, const score_parts *parts)
{
    const churn__score_def *def = parts->def;
    cap_fault *faults = b_scratch_array(b, def->cap_count, sizeof *faults);
    bool *out = b_scratch_array(b, def->band_count, sizeof *out);
    double *shares = b_scratch_array(b, def->factor_count, sizeof *shares);
    b_lint_factors(b, parts);
    lint_stay(b, parts);
    lint_idle(b, parts);
    for (uint32_t c = 0; b->st == CHURN_OK && c < def->card_count; c++) {
        lint_bands(b, parts, c, lint_caps(b, parts, c, faults), out);
        lint_coverage(b, parts, c, shares);
        if (c == 0 || b_given(parts->card_nodes[c], "bands")) {
            lint_hysteresis(b, parts, c);
        }
        if (c > 0) {
            lint_hidden(b, parts, c);
        }
    }
}

/* What has faults is not as it is meant: then there is nothing to be said of it. */
void b_score_lints(builder *b)
{
    bool wanted = !b->no_lints && b->report.errors == 0;
    for (uint32_t i = 0; wanted && i < b->pb->score_count && b->st == CHURN_OK; i++) {
        lint_score(b, &b->score_parts[i]);
    }
}
