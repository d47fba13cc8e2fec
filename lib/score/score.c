/* SPDX-License-Identifier: MIT */
#include "score/score.h"

#include <math.h>
#include <string.h>

#include "base/num.h"
#include "score/score_inside.h"

/*
 * Sums are kept with the weights as given and divided once by their total, which is the product of
 * w / sum w along the path from the score to the factor, with fewer roundings.
 */

static void score_add_factor(const churn__factor_def *def, const churn__column *columns,
                             uint32_t first, uint32_t n, churn__score_group *out)
{
    double value[CHURN__SCORE_BLOCK];
    double least = 0, greatest = 0, weight = def->weight;
    double substitute = churn__factor_substitute(def);
    churn__factor_range(def, &least, &greatest);
    churn__score_fetch(&columns[def->slot], first, n, value);
    for (uint32_t i = 0; i < n; i++) {
        bool there = !isnan(value[i]);
        double points = there ? churn__factor_points(def, value[i]) : substitute;
        bool scores = !isnan(points);
        out->sum[i] += scores ? weight * points : 0;
        out->weight[i] += scores ? weight : 0;
        out->covered[i] += there ? weight : 0;
        out->low[i] += weight * (there ? points : least);
        out->high[i] += weight * (there ? points : greatest);
    }
    out->all += weight;
}

void churn__score_group_block(const churn__group_def *def, const churn__column *columns,
                              uint32_t first, uint32_t n, churn__score_group *out)
{
    memset(out, 0, sizeof *out);
    for (uint32_t f = 0; f < def->factor_count; f++) {
        score_add_factor(&def->factors[f], columns, first, n, out);
    }
}

static void score_add_group(double weight, const churn__score_group *group, uint32_t n,
                            churn__score_raw *out)
{
    for (uint32_t i = 0; i < n; i++) {
        if (group->weight[i] > 0) {
            out->score[i] += weight * (group->sum[i] / group->weight[i]);
            out->weight[i] += weight;
        }
        out->coverage[i] += weight * (group->covered[i] / group->all);
        out->low[i] += weight * (group->low[i] / group->all);
        out->high[i] += weight * (group->high[i] / group->all);
    }
}

static void score_give_group(const churn__score_group *group, uint32_t n, double *out)
{
    for (uint32_t i = 0; i < n; i++) {
        bool there = group->weight[i] > 0;
        out[i] = there ? churn__round6(group->sum[i] / group->weight[i]) : (double)NAN;
    }
}

void churn__score_raw_block(const churn__score_def *def, const churn__column *columns,
                            uint32_t first, uint32_t n, churn__score_raw *out, double *groups,
                            uint32_t stride)
{
    churn__score_group group;
    double all = 0; /* a group in which nothing has weight is none */
    memset(out, 0, sizeof *out);
    for (uint32_t g = 0; g < def->group_count; g++) {
        churn__score_group_block(&def->groups[g], columns, first, n, &group);
        if (group.all > 0) {
            score_add_group(def->groups[g].weight, &group, n, out);
            all += def->groups[g].weight;
        }
        if (groups != NULL) {
            score_give_group(&group, n, groups + (size_t)g * stride + first);
        }
    }
    for (uint32_t i = 0; i < n; i++) {
        out->score[i] = out->weight[i] > 0 ? out->score[i] / out->weight[i] : (double)NAN;
        out->coverage[i] = all > 0 ? out->coverage[i] / all : 0;
        out->low[i] = all > 0 ? out->low[i] / all : 0;
        out->high[i] = all > 0 ? out->high[i] / all : 100;
    }
}

static void score_raw(const churn__score_def *def, const churn__column *columns, uint32_t n,
                      const churn__score_out *out)
{
    churn__score_raw raw;
    for (uint32_t first = 0; first < n; first += CHURN__SCORE_BLOCK) {
        uint32_t rows = n - first < CHURN__SCORE_BLOCK ? n - first : CHURN__SCORE_BLOCK;
        churn__score_raw_block(def, columns, first, rows, &raw, out->groups, n);
        memcpy(out->score + first, raw.score, rows * sizeof *raw.score);
        memcpy(out->coverage + first, raw.coverage, rows * sizeof *raw.coverage);
        memcpy(out->low + first, raw.low, rows * sizeof *raw.low);
        memcpy(out->high + first, raw.high, rows * sizeof *raw.high);
    }
}

/* Caps and floors never make a greater number of a lesser one, so that the extremes over all
 * outcomes of unknown ones come from taking the worse, or the better, each time. A NaN stays. */
static void score_bound(const churn__cap_def *cap, bool applies, double *value)
{
    bool acts = cap->is_floor ? *value < cap->bound : *value > cap->bound;
    if (applies && acts) {
        *value = cap->bound;
    }
}

static void score_cap(const churn__cap_def *cap, const churn__truth *truth, uint32_t n,
                      const churn__score_out *out)
{
    for (uint32_t i = 0; i < n; i++) {
        bool unknown = truth[i] == CHURN__UNKNOWN || truth[i] == CHURN__ERROR;
        score_bound(cap, truth[i] == CHURN__TRUE, &out->score[i]);
        score_bound(cap, truth[i] == CHURN__TRUE || (unknown && !cap->is_floor), &out->low[i]);
        score_bound(cap, truth[i] == CHURN__TRUE || (unknown && cap->is_floor), &out->high[i]);
    }
}

static uint32_t score_band(const churn__score_def *def, double score)
{
    uint32_t b = 0;
    while (b < def->band_count && !(score >= def->bands[b].low)) {
        b++;
    }
    return b;
}

churn_str churn__score_band_name(const churn__score_def *def, uint32_t code)
{
    return code < def->band_count ? def->bands[code].id : CHURN__STR("unknown");
}

/* A part of 1 to 1e-12: the sum of parts of weights is what it is on paper, so that half of the
 * weight is 0.5 and not a little less. */
static double without_noise(double part)
{
    return floor(part * 1e12 + 0.5) / 1e12;
}

static void score_finish(const churn__score_def *def, uint32_t n, const churn__score_out *out)
{
    for (uint32_t i = 0; i < n; i++) {
        bool none = isnan(out->score[i]);
        out->score[i] = none ? (double)NAN : churn__round6(out->score[i]);
        out->coverage[i] = without_noise(out->coverage[i]);
        out->low[i] = churn__round6(out->low[i]);
        out->high[i] = churn__round6(out->high[i]);
        bool low = none || out->coverage[i] < def->min_coverage;
        out->missing[i] = low ? CHURN__LOW_COVERAGE : CHURN__PRESENT;
        uint32_t band = low ? def->band_count : score_band(def, out->score[i]);
        out->band[i] = churn__score_band_name(def, band);
        if (out->band_codes != NULL) {
            out->band_codes[i] = band;
        }
    }
}

churn_status churn__score_eval(const churn__score_def *def, const churn__column *columns,
                               uint32_t n, churn__expr_scratch *scratch,
                               const churn__score_out *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__truth *own = out->missing; /* as wide, and written last */
    score_raw(def, columns, n, out);
    if (out->caps != NULL) {
        CHURN_TRY(churn__expr_group_truth(out->caps, columns, n, scratch, out->outcomes, err));
    }
    for (uint32_t c = 0; c < def->cap_count; c++) {
        const churn__truth *truth = out->caps != NULL ? out->outcomes[c] : own;
        if (out->caps == NULL) {
            CHURN_TRY(churn__expr_truth(def->caps[c].when, columns, n, scratch, own, err));
        }
        score_cap(&def->caps[c], truth, n, out);
    }
    score_finish(def, n, out);
done:
    return st;
}
