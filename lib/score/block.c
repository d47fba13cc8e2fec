/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "score/score_inside.h"

/*
 * The tree of a score for a block of rows of one card. Groups stand in preorder, so that a group is
 * done when the next one is not within it; its mean is then a member of the group around it. Sums
 * are kept with the weights as given and divided once by their total.
 */
typedef struct block {
    const churn__score_def *def;
    const churn__card_def *card;
    uint32_t card_number;
    const churn__score_in *in;
    const churn__score_rows *rows;
    churn__expr_scratch *scratch;
    churn__score_room *room;
    double *groups; /* NULL: nobody asks */
} block;

/* ---- one factor ---- */

#define FEW 16u

typedef struct block_factor {
    const churn__factor_def *def;
    uint32_t index;
    double least, greatest;
    bool lacks; /* some inputs are missing */
} block_factor;

static double block_word(const block *b, uint32_t factor, const churn__column *column, uint32_t row)
{
    const churn__factor_def *def = &b->card->factors[factor];
    uint32_t code = column->codes[row];
    churn__score_memo *memo = &b->room->memos[factor];
    if (code >= CHURN__SCORE_WORDS) {
        return churn__factor_map(def, column, row);
    }
    if (!(memo->known >> code & 1)) {
        memo->points[code] = churn__factor_category(def, column->dict[code]);
        memo->known |= UINT64_C(1) << code;
    }
    return memo->points[code];
}

static void block_map(const block *b, const block_factor *f)
{
    const churn__column *column = &b->in->columns[f->def->slot];
    churn__score_memo *memo = &b->room->memos[f->index];
    if (memo->card != b->card_number) {
        *memo = (churn__score_memo){.card = b->card_number};
    }
    for (uint32_t i = 0; i < b->rows->n; i++) {
        uint32_t row = churn__score_row(b->rows, i);
        bool coded = column->codes != NULL && churn__column_has(column, row);
        b->room->points[i] =
            coded ? block_word(b, f->index, column, row) : churn__factor_map(f->def, column, row);
    }
}

/* Why there is none, of a factor that must not be missing. */
static churn_status block_expression_error(const block *b, const block_factor *f, churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint32_t i = 0; i < b->rows->n; i++) {
        churn__missing why = CHURN__PRESENT;
        if (!isnan(b->room->points[i]) || b->room->error[i] != CHURN__PRESENT) {
            continue;
        }
        CHURN_TRY(churn__score_expression(f->def, b->in, churn__score_row(b->rows, i), b->scratch,
                                          &b->room->points[i], &why, err));
        b->room->error[i] = why;
    }
done:
    return st;
}

/* For all rows from the first to the last of the block, of other cards, too: that is less work than
 * one by one. Few are not worth opening the machine for. */
static churn_status block_expression(const block *b, const block_factor *f, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__score_rows *rows = b->rows;
    double *points = b->room->points;
    churn__missing why = CHURN__PRESENT;
    for (uint32_t i = 0; rows->n < FEW && i < rows->n; i++) {
        CHURN_TRY(churn__score_expression(f->def, b->in, churn__score_row(rows, i), b->scratch,
                                          &points[i], &why, err));
    }
    if (rows->n >= FEW) {
        uint32_t first = churn__score_row(rows, 0) / CHURN__SCORE_BLOCK * CHURN__SCORE_BLOCK;
        uint32_t n = churn__score_row(rows, rows->n - 1) - first + 1;
        CHURN_TRY(
            churn__score_expressions(f->def, b->in, first, n, b->scratch, b->room->input, err));
        for (uint32_t i = 0; i < rows->n; i++) {
            points[i] = b->room->input[churn__score_row(rows, i) - first];
        }
    }
    if (f->def->missing == CHURN__FACTOR_ERROR) {
        CHURN_TRY(block_expression_error(b, f, err));
    }
done:
    return st;
}

static bool block_has_nan(const double *points, uint32_t n)
{
    bool any = false;
    for (uint32_t i = 0; i < n; i++) {
        any |= isnan(points[i]);
    }
    return any;
}

/* Curves and steps: NaN where the input is missing. */
static void block_points(const block *b, block_factor *f)
{
    double *points = b->room->points;
    uint32_t n = b->rows->n;
    const double *input =
        churn__score_fetch(&b->in->columns[f->def->slot], b->rows, b->room->input, &f->lacks);
    churn__factor_points_of(f->def, input, n, points);
    for (uint32_t i = 0; f->lacks && i < n; i++) {
        points[i] = isnan(input[i]) ? (double)NAN : points[i];
    }
}

/* By age, of what is there. */
static void block_decay(const block *b, const block_factor *f)
{
    churn__score_room *room = b->room;
    bool lacks = false;
    uint32_t n = b->rows->n;
    for (uint32_t i = 0; i < n; i++) {
        room->share[i] = 1;
    }
    if (f->def->decay_slot == CHURN__NO_SLOT) {
        return;
    }
    const double *age =
        churn__score_fetch(&b->in->columns[f->def->decay_slot], b->rows, room->input, &lacks);
    for (uint32_t i = 0; i < n; i++) {
        bool counts = !isnan(room->points[i]) && age[i] > f->def->decay_after;
        if (counts) {
            room->share[i] =
                churn__factor_fade(age[i], f->def->decay_after, f->def->decay_half_life);
        }
    }
}

/* The last value known in place of one that is missing. */
static void block_carry(const block *b, const block_factor *f, uint32_t i)
{
    const churn__factor_def *def = f->def;
    churn__score_room *room = b->room;
    uint32_t row = churn__score_row(b->rows, i);
    const churn__column *carried = &b->in->columns[def->carried_slot];
    double value = churn__score_number(carried, row);
    room->scored[i] = def->points_kind == CHURN__POINTS_MAP ? churn__factor_map(def, carried, row)
                      : isnan(value)                        ? value
                                                            : churn__factor_points(def, value);
    if (!isnan(room->scored[i]) && def->carried_age_slot != CHURN__NO_SLOT) {
        double age = churn__score_number(&b->in->columns[def->carried_age_slot], row);
        room->share[i] = churn__factor_fade(age, 0, def->carry_half_life);
    }
}

/* Why there is no score at all, in rows where that is not yet known. */
static void block_fail(const block *b, const block_factor *f, uint32_t i)
{
    if (b->room->error[i] == CHURN__PRESENT) {
        b->room->error[i] =
            churn__score_why(&b->in->columns[f->def->slot], churn__score_row(b->rows, i));
    }
}

/* What scores in place of what is missing. */
static void block_substitute(const block *b, const block_factor *f)
{
    churn__score_room *room = b->room;
    double substitute = churn__factor_substitute(f->def, f->least, f->greatest);
    uint32_t n = b->rows->n;
    for (uint32_t i = 0; i < n; i++) {
        room->scored[i] = isnan(room->points[i]) ? substitute : room->points[i];
    }
    if (f->def->missing < CHURN__FACTOR_CARRY) {
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (!isnan(room->points[i])) {
            continue;
        }
        if (f->def->missing == CHURN__FACTOR_CARRY) {
            block_carry(b, f, i);
        } else {
            block_fail(b, f, i);
        }
    }
}

/* Whatever another score may be, this factor makes of it; and its coverage is ours. */
static void block_bounds(const block *b, const block_factor *f)
{
    for (uint32_t i = 0; i < b->rows->n; i++) {
        uint32_t row = churn__score_row(b->rows, i);
        churn__factor_reach(f->def, b->in, row, &b->room->low[i], &b->room->high[i]);
        b->room->input[i] = churn__score_number(&b->in->columns[f->def->coverage_slot], row);
    }
}

/* The worst and the best that another score can be is known row by row. */
static void block_substitute_score(const block_factor *f, churn__score_room *room, uint32_t n)
{
    bool moves = f->def->missing == CHURN__FACTOR_WORST || f->def->missing == CHURN__FACTOR_BEST;
    for (uint32_t i = 0; moves && i < n; i++) {
        if (isnan(room->points[i])) {
            room->scored[i] = churn__factor_substitute(f->def, room->low[i], room->high[i]);
        }
    }
}

/* ---- sums ---- */

/* What held for all rows at once is written down for each. */
static void block_spread(churn__score_sums *to, uint32_t n)
{
    if (!to->whole) {
        return;
    }
    to->whole = false;
    for (uint32_t i = 0; i < n; i++) {
        to->weight[i] = to->covered[i] = to->all;
        to->low[i] = to->high[i] = to->sum[i];
    }
}

/* Everything is there and weighs what it should. */
static void block_add_whole(const double *restrict points, double weight, uint32_t n,
                            churn__score_sums *restrict to)
{
    if (to->whole) {
        for (uint32_t i = 0; i < n; i++) {
            to->sum[i] += weight * points[i];
        }
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        double part = weight * points[i];
        to->sum[i] += part;
        to->low[i] += part;
        to->high[i] += part;
        to->weight[i] += weight;
        to->covered[i] += weight;
    }
}

/* Some are missing; what is there weighs what it should. */
static void block_add_some(const block_factor *f, const double *restrict points,
                           const double *restrict scored, uint32_t n,
                           churn__score_sums *restrict to)
{
    double weight = f->def->weight, least = f->least, greatest = f->greatest;
    for (uint32_t i = 0; i < n; i++) {
        double p = points[i], s = scored[i];
        double low = p == p ? p : least, high = p == p ? p : greatest, known = p == p ? weight : 0;
        double part = s == s ? s : 0, share = s == s ? weight : 0;
        to->sum[i] += weight * part;
        to->weight[i] += share;
        to->covered[i] += known;
        to->low[i] += weight * low;
        to->high[i] += weight * high;
    }
}

/* Weights have faded. */
static void block_add_faded(const block_factor *f, const churn__score_room *room, uint32_t n,
                            churn__score_sums *to)
{
    double weight = f->def->weight;
    for (uint32_t i = 0; i < n; i++) {
        double share = room->share[i], points = room->points[i], scored = room->scored[i];
        bool there = !isnan(points), scores = !isnan(scored);
        to->sum[i] += scores ? weight * share * scored : 0;
        to->weight[i] += scores ? weight * share : 0;
        to->covered[i] += there ? weight * share : 0;
        to->low[i] += weight * (there ? share * points + (1 - share) * f->least : f->least);
        to->high[i] += weight * (there ? share * points + (1 - share) * f->greatest : f->greatest);
    }
}

/* Another score: its bounds and its coverage are in the room. */
static void block_add_score(const block_factor *f, const churn__score_room *room, uint32_t n,
                            churn__score_sums *to)
{
    double weight = f->def->weight;
    for (uint32_t i = 0; i < n; i++) {
        double share = room->share[i], known = isnan(room->input[i]) ? 1 : room->input[i];
        bool there = !isnan(room->points[i]), scores = !isnan(room->scored[i]);
        to->sum[i] += scores ? weight * share * room->scored[i] : 0;
        to->weight[i] += scores ? weight * share : 0;
        to->covered[i] += there ? weight * share * known : 0;
        to->low[i] += weight * room->low[i];
        to->high[i] += weight * room->high[i];
    }
}

/* Critical caps ask for the points of factors, whatever their weights. */
static void block_keep(const block *b, const block_factor *f)
{
    churn__score_room *room = b->room;
    if (room->factor_points == NULL) {
        return;
    }
    double *points = room->factor_points + (size_t)f->index * CHURN__SCORE_BLOCK;
    double *least = room->factor_least + (size_t)f->index * CHURN__SCORE_BLOCK;
    memcpy(points, room->points, b->rows->n * sizeof *points);
    for (uint32_t i = 0; i < b->rows->n; i++) {
        least[i] = f->def->kind == CHURN__OF_SCORE ? room->low[i] : f->least;
    }
}

static churn_status block_find_points(const block *b, block_factor *f, churn_error *err)
{
    churn_status st = CHURN_OK;
    switch (f->def->points_kind) {
    case CHURN__POINTS_EXPRESSION:
        CHURN_TRY(block_expression(b, f, err));
        f->lacks = block_has_nan(b->room->points, b->rows->n);
        break;
    case CHURN__POINTS_MAP:
        block_map(b, f);
        f->lacks = block_has_nan(b->room->points, b->rows->n);
        break;
    default:
        block_points(b, f);
        break;
    }
done:
    return st;
}

static void block_add(const block *b, const block_factor *f, churn__score_sums *to)
{
    churn__score_room *room = b->room;
    uint32_t n = b->rows->n;
    bool fades = f->def->decay_slot != CHURN__NO_SLOT || f->def->missing == CHURN__FACTOR_CARRY;
    if (f->def->kind != CHURN__OF_SCORE && !f->lacks && f->def->decay_slot == CHURN__NO_SLOT) {
        block_add_whole(room->points, f->def->weight, n, to);
        return;
    }
    block_spread(to, n);
    if (f->def->kind != CHURN__OF_SCORE && !fades) {
        block_substitute(b, f);
        block_add_some(f, room->points, room->scored, n, to);
        return;
    }
    block_decay(b, f);
    block_substitute(b, f);
    if (f->def->kind == CHURN__OF_SCORE) {
        block_bounds(b, f);
        block_substitute_score(f, room, n);
        block_add_score(f, room, n, to);
    } else {
        block_add_faded(f, room, n, to);
    }
}

static churn_status block_factor_add(const block *b, uint32_t index, churn__score_sums *to,
                                     churn_error *err)
{
    churn_status st = CHURN_OK;
    block_factor f = {.def = &b->card->factors[index], .index = index};
    CHURN_TRY(block_find_points(b, &f, err));
    churn__factor_range(f.def, &f.least, &f.greatest);
    block_add(b, &f, to);
    to->all += f.def->weight;
    block_keep(b, &f);
done:
    return st;
}

/* ---- groups ---- */

static void block_open(churn__score_sums *sums, uint32_t n)
{
    memset(sums->sum, 0, n * sizeof *sums->sum);
    sums->all = 0;
    sums->whole = true;
}

static void block_close_whole(const churn__score_sums *restrict from, double weight, uint32_t n,
                              churn__score_sums *restrict to)
{
    double all = from->all;
    for (uint32_t i = 0; i < n; i++) {
        to->sum[i] += weight * (from->sum[i] / all);
    }
}

static void block_close_some(const churn__score_sums *restrict from, double weight, uint32_t n,
                             churn__score_sums *restrict to)
{
    double all = from->all;
    for (uint32_t i = 0; i < n; i++) {
        double present = from->weight[i];
        double mean = from->sum[i] / (present > 0 ? present : 1);
        double part = present > 0 ? mean : 0, share = present > 0 ? weight : 0;
        to->sum[i] += weight * part;
        to->weight[i] += share;
        to->covered[i] += weight * (from->covered[i] / all);
        to->low[i] += weight * (from->low[i] / all);
        to->high[i] += weight * (from->high[i] / all);
    }
}

/* A group in which nothing has weight is none. */
static void block_close(churn__score_sums *from, double weight, uint32_t n, churn__score_sums *to)
{
    if (!(from->all > 0)) {
        return;
    }
    if (from->whole && to->whole) {
        block_close_whole(from, weight, n, to);
    } else {
        block_spread(from, n);
        block_spread(to, n);
        block_close_some(from, weight, n, to);
    }
    to->all += weight;
}

void churn__score_mean(const churn__score_sums *restrict of, uint32_t n, double *restrict mean)
{
    if (of->whole) {
        double weight = of->all > 0 ? of->all : (double)NAN;
        for (uint32_t i = 0; i < n; i++) {
            mean[i] = of->sum[i] / weight;
        }
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        double weight = of->weight[i] > 0 ? of->weight[i] : (double)NAN;
        mean[i] = of->sum[i] / weight;
    }
}

static void block_give(const block *b, const churn__score_sums *from, uint32_t group)
{
    double *to = b->groups + (size_t)group * b->in->n, *mean = b->room->points;
    uint32_t n = b->rows->n;
    churn__score_mean(from, n, mean);
    churn__score_round(mean, n);
    for (uint32_t i = 0; i < n; i++) {
        to[churn__score_row(b->rows, i)] = mean[i];
    }
}

/* The groups that are open, innermost first, down to one of a depth. */
static void block_close_to(const block *b, uint32_t *open, uint32_t *count, uint32_t depth)
{
    churn__score_sums *sums = b->room->sums;
    for (; *count > depth; --*count) {
        uint32_t group = open[*count - 1];
        if (b->groups != NULL) {
            block_give(b, &sums[*count], group);
        }
        block_close(&sums[*count], b->card->groups[group].weight, b->rows->n, &sums[*count - 1]);
    }
}

churn_status churn__score_block(const churn__score_def *def, uint32_t card,
                                const churn__score_in *in, const churn__score_rows *rows,
                                churn__expr_scratch *scratch, churn__score_room *room,
                                double *groups, churn_error *err)
{
    churn_status st = CHURN_OK;
    block b = {def, &def->cards[card], card, in, rows, scratch, room, groups};
    uint32_t open[CHURN__SCORE_DEPTH], count = 0, f = 0;
    memset(room->error, CHURN__PRESENT, rows->n * sizeof *room->error);
    block_open(&room->sums[0], rows->n);
    for (uint32_t g = 0; g < def->group_count; g++) {
        block_close_to(&b, open, &count, room->depth[g]);
        open[count++] = g;
        block_open(&room->sums[count], rows->n);
        for (; f < def->factor_count && b.card->factors[f].group == g; f++) {
            CHURN_TRY(block_factor_add(&b, f, &room->sums[count], err));
        }
    }
    block_close_to(&b, open, &count, 0);
done:
    return st;
}
