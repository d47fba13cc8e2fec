/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/num.h"
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

typedef struct block_factor {
    const churn__factor_def *def;
    uint32_t index;
    double least, greatest;
    bool lacks; /* some inputs are missing */
    bool fades; /* some have lost weight */
    bool wide;  /* bounds are those of another score */
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

static churn_status block_expression(const block *b, const block_factor *f, churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint32_t i = 0; i < b->rows->n; i++) {
        churn__missing why = CHURN__PRESENT;
        CHURN_TRY(churn__score_expression(f->def, b->in, churn__score_row(b->rows, i), b->scratch,
                                          &b->room->points[i], &why, err));
        if (why != CHURN__PRESENT && f->def->missing == CHURN__FACTOR_ERROR &&
            b->room->error[i] == CHURN__PRESENT) {
            b->room->error[i] = why;
        }
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
    churn__score_room *room = b->room;
    uint32_t n = b->rows->n;
    f->lacks = churn__score_fetch(&b->in->columns[f->def->slot], b->rows, room->input);
    churn__factor_points_of(f->def, room->input, n, room->points);
    for (uint32_t i = 0; f->lacks && i < n; i++) {
        room->points[i] = isnan(room->input[i]) ? (double)NAN : room->points[i];
    }
}

/* By age, of what is there. */
static void block_decay(const block *b, block_factor *f)
{
    churn__score_room *room = b->room;
    uint32_t n = b->rows->n;
    for (uint32_t i = 0; i < n; i++) {
        room->share[i] = 1;
    }
    if (f->def->decay_slot == CHURN__NO_SLOT) {
        return;
    }
    (void)churn__score_fetch(&b->in->columns[f->def->decay_slot], b->rows, room->input);
    for (uint32_t i = 0; i < n; i++) {
        double age = isnan(room->points[i]) ? 0 : room->input[i];
        room->share[i] = churn__factor_fade(age, f->def->decay_after, f->def->decay_half_life);
        f->fades = f->fades || room->share[i] < 1;
    }
}

/* The last value known in place of one that is missing. */
static void block_carry(const block *b, block_factor *f, uint32_t i)
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
        f->fades = f->fades || room->share[i] < 1;
    }
}

/* What scores in place of what is missing. */
static void block_substitute(const block *b, block_factor *f)
{
    churn__score_room *room = b->room;
    double substitute = churn__factor_substitute(f->def);
    for (uint32_t i = 0; i < b->rows->n; i++) {
        if (!isnan(room->points[i])) {
            room->scored[i] = room->points[i];
            continue;
        }
        room->scored[i] = substitute;
        if (f->def->missing == CHURN__FACTOR_CARRY) {
            block_carry(b, f, i);
        } else if (f->def->missing == CHURN__FACTOR_ERROR && room->error[i] == CHURN__PRESENT) {
            room->error[i] =
                churn__score_why(&b->in->columns[f->def->slot], churn__score_row(b->rows, i));
        }
    }
}

/* Whatever another score may be, this factor makes of it; and its coverage is ours. */
static void block_bounds(const block *b, block_factor *f)
{
    f->wide = f->def->kind == CHURN__OF_SCORE;
    if (!f->wide) {
        return;
    }
    for (uint32_t i = 0; i < b->rows->n; i++) {
        uint32_t row = churn__score_row(b->rows, i);
        churn__factor_reach(f->def, b->in, row, &b->room->low[i], &b->room->high[i]);
        b->room->input[i] = churn__score_number(&b->in->columns[f->def->coverage_slot], row);
    }
}

/* ---- sums ---- */

/* Everything is there and weighs what it should. */
static void block_add_whole(const double *restrict points, double weight, uint32_t n,
                            churn__score_sums *restrict to)
{
    for (uint32_t i = 0; i < n; i++) {
        double part = weight * points[i];
        to->sum[i] += part;
        to->low[i] += part;
        to->high[i] += part;
        to->weight[i] += weight;
        to->covered[i] += weight;
    }
}

static void block_add(const block *b, const block_factor *f, churn__score_sums *to)
{
    const churn__score_room *room = b->room;
    double weight = f->def->weight;
    for (uint32_t i = 0; i < b->rows->n; i++) {
        bool there = !isnan(room->points[i]), scores = !isnan(room->scored[i]);
        double share = room->share[i], least = f->wide ? room->low[i] : f->least;
        double greatest = f->wide ? room->high[i] : f->greatest;
        double low = there && !f->wide ? share * room->points[i] + (1 - share) * least : least;
        double high =
            there && !f->wide ? share * room->points[i] + (1 - share) * greatest : greatest;
        double known = f->wide ? (isnan(room->input[i]) ? 1 : room->input[i]) : 1;
        to->sum[i] += scores ? weight * share * room->scored[i] : 0;
        to->weight[i] += scores ? weight * share : 0;
        to->covered[i] += there ? weight * share * known : 0;
        to->low[i] += weight * low;
        to->high[i] += weight * high;
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
        least[i] = f->wide ? room->low[i] : f->least;
    }
}

static churn_status block_factor_add(const block *b, uint32_t index, churn__score_sums *to,
                                     churn_error *err)
{
    churn_status st = CHURN_OK;
    block_factor f = {.def = &b->card->factors[index], .index = index};
    if (f.def->points_kind == CHURN__POINTS_EXPRESSION) {
        CHURN_TRY(block_expression(b, &f, err));
        f.lacks = block_has_nan(b->room->points, b->rows->n);
    } else if (f.def->points_kind == CHURN__POINTS_MAP) {
        block_map(b, &f);
        f.lacks = block_has_nan(b->room->points, b->rows->n);
    } else {
        block_points(b, &f);
    }
    churn__factor_range(f.def, &f.least, &f.greatest);
    to->all += f.def->weight;
    if (f.def->decay_slot == CHURN__NO_SLOT && !f.lacks && f.def->kind != CHURN__OF_SCORE) {
        block_add_whole(b->room->points, f.def->weight, b->rows->n, to);
    } else {
        block_decay(b, &f);
        block_substitute(b, &f);
        block_bounds(b, &f);
        block_add(b, &f, to);
    }
    block_keep(b, &f);
done:
    return st;
}

/* ---- groups ---- */

static void block_open(churn__score_sums *sums, uint32_t n)
{
    size_t size = n * sizeof(double);
    memset(sums->sum, 0, size);
    memset(sums->weight, 0, size);
    memset(sums->covered, 0, size);
    memset(sums->low, 0, size);
    memset(sums->high, 0, size);
    sums->all = 0;
}

/* A group in which nothing has weight is none. */
static void block_close(const churn__score_sums *restrict from, double weight, uint32_t n,
                        churn__score_sums *restrict to)
{
    double all = from->all;
    if (!(all > 0)) {
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        bool there = from->weight[i] > 0;
        double mean = from->sum[i] / (there ? from->weight[i] : 1);
        to->sum[i] += there ? weight * mean : 0;
        to->weight[i] += there ? weight : 0;
        to->covered[i] += weight * (from->covered[i] / all);
        to->low[i] += weight * (from->low[i] / all);
        to->high[i] += weight * (from->high[i] / all);
    }
    to->all += weight;
}

static void block_give(const block *b, const churn__score_sums *from, uint32_t group)
{
    double *to = b->groups + (size_t)group * b->in->n;
    for (uint32_t i = 0; i < b->rows->n; i++) {
        bool there = from->weight[i] > 0;
        to[churn__score_row(b->rows, i)] =
            there ? churn__round6(from->sum[i] / from->weight[i]) : (double)NAN;
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
