/* SPDX-License-Identifier: MIT */
#include "score/score_inside.h"

/* Room to work in: made once for a score, taken by one batch after the other. */

#define ROWS_WORTH 64u /* of which a program of all conditions is worth making */

static churn_status room_fail(const churn__score_room *room, churn_error *err)
{
    return churn__fail_memory(err, room->heap);
}

/* How many groups each group is within. False: more than there is room for. */
static bool room_depths(churn__score_room *room, const churn__score_def *def, uint32_t *deepest)
{
    const churn__group_def *groups = def->cards[0].groups;
    *deepest = 0;
    for (uint32_t g = 0; g < def->group_count; g++) {
        uint32_t parent = groups[g].parent;
        room->depth[g] = parent == CHURN__NO_SLOT ? 0 : room->depth[parent] + 1;
        *deepest = room->depth[g] > *deepest ? room->depth[g] : *deepest;
    }
    return *deepest < CHURN__SCORE_DEPTH;
}

/* A card may have words where the score has a curve. */
static bool room_has_map(const churn__score_def *def)
{
    bool any = false;
    for (uint32_t c = 0; c < def->card_count; c++) {
        for (uint32_t f = 0; f < def->factor_count; f++) {
            any = any || def->cards[c].factors[f].points_kind == CHURN__POINTS_MAP;
        }
    }
    return any;
}

static bool room_has_critical(const churn__score_def *def)
{
    for (uint32_t c = 0; c < def->cap_count; c++) {
        if (def->cards[0].caps[c].kind == CHURN__CAP_CRITICAL) {
            return true;
        }
    }
    return false;
}

static double *room_doubles(churn__score_room *room, size_t blocks)
{
    return churn__arena_array(&room->arena, blocks * CHURN__SCORE_BLOCK, sizeof(double));
}

static bool room_blocks(churn__score_room *room, const churn__score_def *def)
{
    room->input = room_doubles(room, 8);
    room->at = churn__arena_array(&room->arena, CHURN__SCORE_BLOCK, sizeof *room->at);
    room->taken = churn__arena_array(&room->arena, CHURN__SCORE_BLOCK, sizeof *room->taken);
    room->overridden =
        churn__arena_array(&room->arena, CHURN__SCORE_BLOCK, sizeof *room->overridden);
    room->error = churn__arena_array(&room->arena, CHURN__SCORE_BLOCK, sizeof *room->error);
    if (room_has_critical(def)) {
        room->factor_points = room_doubles(room, def->factor_count);
        room->factor_least = room_doubles(room, def->factor_count);
        if (room->factor_points == NULL || room->factor_least == NULL) {
            return false;
        }
    }
    if (room_has_map(def)) {
        room->memos = churn__arena_array(&room->arena, def->factor_count, sizeof *room->memos);
        if (room->memos == NULL) {
            return false;
        }
    }
    if (room->input == NULL) {
        return false;
    }
    room->points = room->input + CHURN__SCORE_BLOCK;
    room->scored = room->points + CHURN__SCORE_BLOCK;
    room->share = room->scored + CHURN__SCORE_BLOCK;
    room->low = room->share + CHURN__SCORE_BLOCK;
    room->high = room->low + CHURN__SCORE_BLOCK;
    room->score = room->high + CHURN__SCORE_BLOCK;
    room->coverage = room->score + CHURN__SCORE_BLOCK;
    return room->at != NULL && room->taken != NULL && room->error != NULL &&
           room->overridden != NULL;
}

static bool room_truths(churn__score_room *room, const churn__score_def *def)
{
    churn__truth *all =
        churn__arena_array(&room->arena, (size_t)def->cap_count * room->rows, sizeof *all);
    room->truths = churn__arena_array(&room->arena, def->cap_count, sizeof *room->truths);
    room->outcomes = churn__arena_array(&room->arena, def->cap_count, sizeof *room->outcomes);
    for (uint32_t c = 0; all != NULL && room->truths != NULL && c < def->cap_count; c++) {
        room->truths[c] = all + (size_t)c * room->rows;
    }
    return all != NULL && room->truths != NULL && room->outcomes != NULL;
}

/* The conditions of caps, which are the same on all cards. */
static churn_status room_conditions(churn__score_room *room, const churn__score_def *def,
                                    churn__expr_scratch *scratch, churn_error *err)
{
    churn_status st = CHURN_OK;
    uint32_t count = 0;
    const churn__expr **exprs = churn__arena_array(&room->arena, def->cap_count, sizeof *exprs);
    if (exprs == NULL) {
        return room_fail(room, err);
    }
    for (uint32_t c = 0; c < def->cap_count; c++) {
        if (def->cards[0].caps[c].kind == CHURN__CAP_WHEN) {
            CHURN_TRY(churn__expr_scratch_fit(scratch, def->cards[0].caps[c].when, err));
            room->outcomes[count] = room->truths[c];
            exprs[count++] = def->cards[0].caps[c].when;
        }
    }
    if (count >= 2 && room->rows >= ROWS_WORTH) {
        CHURN_TRY(churn__expr_group_create(room->heap, exprs, count, &room->whens, err));
        CHURN_TRY(churn__expr_group_fit(scratch, room->whens, err));
    }
    for (uint32_t f = 0; f < def->factor_count; f++) {
        if (def->cards[0].factors[f].expr != NULL) {
            CHURN_TRY(churn__expr_scratch_fit(scratch, def->cards[0].factors[f].expr, err));
        }
    }
done:
    return st;
}

static churn_status room_fill(churn__score_room *room, const churn__score_def *def,
                              churn__expr_scratch *scratch, churn_error *err)
{
    churn_status st = CHURN_OK;
    uint32_t deepest = 0;
    room->depth = churn__arena_array(&room->arena, def->group_count, sizeof *room->depth);
    if (room->depth == NULL || !room_blocks(room, def) || !room_truths(room, def)) {
        CHURN_TRY(room_fail(room, err));
    }
    if (!room_depths(room, def, &deepest)) {
        CHURN_FAIL(CHURN_E_LIMIT, 0, "the score %q: its groups are more than %u deep", &def->id,
                   (uint64_t)CHURN__SCORE_DEPTH);
    }
    room->sums = churn__arena_array(&room->arena, (size_t)deepest + 2, sizeof *room->sums);
    if (room->sums == NULL) {
        CHURN_TRY(room_fail(room, err));
    }
    CHURN_TRY(room_conditions(room, def, scratch, err));
done:
    return st;
}

churn_status churn__score_room_create(churn__heap *heap, const churn__score_def *def, uint32_t rows,
                                      churn__expr_scratch *scratch, churn__score_room **out,
                                      churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__score_room *room = churn__alloc_zero(heap, sizeof *room);
    *out = NULL;
    if (room == NULL) {
        return churn__fail_memory(err, heap);
    }
    room->heap = heap;
    room->rows = rows;
    churn__arena_init(&room->arena, heap);
    CHURN_TRY(room_fill(room, def, scratch, err));
    *out = room;
    room = NULL;
done:
    churn__score_room_free(room);
    return st;
}

void churn__score_room_free(churn__score_room *room)
{
    if (room != NULL) {
        churn__expr_group_free(room->whens);
        churn__arena_clear(&room->arena);
        churn__free(room->heap, room, sizeof *room);
    }
}
