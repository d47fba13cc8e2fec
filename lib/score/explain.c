/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "base/num.h"
#include "base/sort.h"
#include "score/score_inside.h"

/*
 * Why a score is what it is: each factor moves the score away from the
 * baseline by its effective weight times (sub-score - baseline). In units of 1e-6 these are rounded
 * by largest remainder, so that the lines add up to the rounded score; then each cap adds its exact
 * effect.
 */
typedef struct explain {
    const churn__score_def *def;
    const churn__column *columns;
    uint32_t row;
    churn__score_line *lines;
    uint32_t count;
    uint32_t factors;   /* lines 1 .. factors are factors that score */
    double *share;      /* of those: the contribution before rounding, in units */
    double weight, all; /* of the groups that score; of all groups */
} explain;

/* ---- factors ---- */

static churn__missing explain_missing(const churn__column *column, uint32_t row)
{
    churn__missing m = column->missing == NULL ? CHURN__PRESENT : column->missing[row];
    return m == CHURN__PRESENT ? CHURN__NON_FINITE : m;
}

static churn__score_line explain_line(const explain *e, const churn__group_def *group,
                                      const churn__factor_def *factor)
{
    churn__score_line line = {
        .name = factor->id, .group = group->id, .slot = factor->slot, .points = (double)NAN};
    churn__score_fetch(&e->columns[factor->slot], e->row, 1, &line.value);
    if (isnan(line.value)) {
        line.missing = explain_missing(&e->columns[factor->slot], e->row);
        line.points = churn__factor_substitute(factor);
    } else {
        line.points = churn__factor_points(factor, line.value);
    }
    line.kind = isnan(line.points) ? CHURN__LINE_MISSING : CHURN__LINE_FACTOR;
    return line;
}

static void explain_add_factor(explain *e, const churn__group_def *group,
                               const churn__score_group *sums, churn__score_line line,
                               double weight)
{
    if (sums->weight[0] > 0 && e->weight > 0) {
        line.weight = group->weight / e->weight * (weight / sums->weight[0]);
    }
    e->share[e->factors++] = line.weight * (line.points - e->def->baseline) * 1e6;
    line.points = churn__round6(line.points);
    e->lines[e->count++] = line;
}

static void explain_add_missing(explain *e, const churn__group_def *group,
                                const churn__score_group *sums, churn__score_line line,
                                double weight)
{
    if (sums->all > 0 && e->all > 0) {
        line.weight = group->weight / e->all * (weight / sums->all);
    }
    e->lines[e->count++] = line;
}

/* All factors of one kind of line, in the order of declaration. */
static void explain_factors(explain *e, churn__line_kind kind)
{
    churn__score_group sums;
    for (uint32_t g = 0; g < e->def->group_count; g++) {
        const churn__group_def *group = &e->def->groups[g];
        churn__score_group_block(group, e->columns, e->row, 1, &sums);
        for (uint32_t f = 0; f < group->factor_count; f++) {
            const churn__factor_def *factor = &group->factors[f];
            churn__score_line line = explain_line(e, group, factor);
            if (line.kind != kind) {
                continue;
            }
            if (kind == CHURN__LINE_FACTOR) {
                explain_add_factor(e, group, &sums, line, factor->weight);
            } else {
                explain_add_missing(e, group, &sums, line, factor->weight);
            }
        }
    }
}

static double explain_all_weight(const explain *e)
{
    churn__score_group sums;
    double all = 0;
    for (uint32_t g = 0; g < e->def->group_count; g++) {
        churn__score_group_block(&e->def->groups[g], e->columns, e->row, 1, &sums);
        all += sums.all > 0 ? e->def->groups[g].weight : 0;
    }
    return all;
}

/* ---- rounding ---- */

/* The line whose rounded share is furthest below (step 1) or above (step -1) the true one. */
static uint32_t explain_furthest(const explain *e, int64_t step)
{
    uint32_t best = 0;
    double gap = -(double)INFINITY;
    for (uint32_t i = 0; i < e->factors; i++) {
        double off = (e->share[i] - (double)e->lines[1 + i].contribution) * (double)step;
        if (off > gap) {
            gap = off;
            best = i;
        }
    }
    return best;
}

/* Largest remainder: floors first, then what is left to those that lost most. */
static void explain_round(const explain *e, int64_t target)
{
    int64_t left = target;
    for (uint32_t i = 0; i < e->factors; i++) {
        e->lines[1 + i].contribution = (int64_t)floor(e->share[i]);
        left -= e->lines[1 + i].contribution;
    }
    int64_t step = left < 0 ? -1 : 1;
    for (; e->factors > 0 && left != 0; left -= step) {
        e->lines[1 + explain_furthest(e, step)].contribution += step;
    }
}

static int64_t explain_size(const churn__score_line *line)
{
    return line->contribution < 0 ? -line->contribution : line->contribution;
}

static int explain_compare(const void *a, const void *b, const void *context)
{
    int64_t x = explain_size(a), y = explain_size(b);
    (void)context;
    return (x < y) - (x > y);
}

/* ---- caps ---- */

/* Failures that are not the row's own are passed on; an ERROR of the condition is an outcome. */
static churn_status explain_truth(const explain *e, const churn__cap_def *cap,
                                  churn__expr_scratch *scratch, bool *applies, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_error inner;
    churn__value value = {0};
    churn__truth truth = CHURN__UNKNOWN;
    churn_error_init(&inner, sizeof inner);
    st = churn__expr_value(cap->when, e->columns, e->row, scratch, &value, &truth, &inner);
    *applies = truth == CHURN__TRUE && value.as.b != 0;
    return st == CHURN_OK ? CHURN_OK : churn__fail(err, st, inner.detail, "%s", inner.message);
}

static void explain_add_cap(explain *e, const churn__cap_def *cap, double *score)
{
    bool acts = cap->is_floor ? *score < cap->bound : *score > cap->bound;
    int64_t effect = churn__micro(cap->bound) - churn__micro(*score);
    if (!acts) {
        return;
    }
    *score = cap->bound;
    if (effect != 0) {
        e->lines[e->count++] = (churn__score_line){
            .kind = cap->is_floor ? CHURN__LINE_FLOOR : CHURN__LINE_CAP,
            .name = cap->id,
            .slot = UINT32_MAX,
            .value = (double)NAN,
            .points = cap->bound,
            .weight = (double)NAN,
            .contribution = effect,
        };
    }
}

static churn_status explain_caps(explain *e, double score, churn__expr_scratch *scratch,
                                 churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint32_t c = 0; c < e->def->cap_count; c++) {
        bool applies = false;
        CHURN_TRY(explain_truth(e, &e->def->caps[c], scratch, &applies, err));
        if (applies) {
            explain_add_cap(e, &e->def->caps[c], &score);
        }
    }
done:
    return st;
}

/* ---- all of it ---- */

static churn_status explain_room(explain *e, churn__arena *arena, churn_error *err)
{
    size_t factors = 0;
    for (uint32_t g = 0; g < e->def->group_count; g++) {
        factors += e->def->groups[g].factor_count;
    }
    e->lines = churn__arena_array(arena, factors + e->def->cap_count + 1, sizeof *e->lines);
    e->share = churn__arena_array(arena, factors + 1, sizeof *e->share);
    return e->lines == NULL || e->share == NULL ? churn__fail_memory(err, arena->heap) : CHURN_OK;
}

static void explain_baseline(explain *e)
{
    e->lines[e->count++] = (churn__score_line){
        .kind = CHURN__LINE_BASELINE,
        .name = CHURN__STR("baseline"),
        .slot = UINT32_MAX,
        .value = (double)NAN,
        .points = e->def->baseline,
        .weight = (double)NAN,
        .contribution = churn__micro(e->def->baseline),
    };
}

churn_status churn__score_explain(const churn__score_def *def, const churn__column *columns,
                                  uint32_t row, churn__expr_scratch *scratch, churn__arena *arena,
                                  churn__score_line **lines, uint32_t *count, churn_error *err)
{
    churn_status st = CHURN_OK;
    explain e = {.def = def, .columns = columns, .row = row};
    churn__score_raw raw;
    CHURN_TRY(explain_room(&e, arena, err));
    churn__score_raw_block(def, columns, row, 1, &raw, NULL, 0);
    e.weight = raw.weight[0];
    e.all = explain_all_weight(&e);
    explain_baseline(&e);
    explain_factors(&e, CHURN__LINE_FACTOR);
    if (!isnan(raw.score[0])) {
        explain_round(&e, churn__micro(raw.score[0]) - e.lines[0].contribution);
        CHURN_TRY(explain_caps(&e, raw.score[0], scratch, err));
    }
    if (!churn__sort(arena->heap, e.lines + 1, e.factors, sizeof *e.lines, explain_compare, NULL)) {
        st = churn__fail_memory(err, arena->heap);
        goto done;
    }
    explain_factors(&e, CHURN__LINE_MISSING);
    *lines = e.lines;
    *count = e.count;
done:
    return st;
}
