/* SPDX-License-Identifier: MIT */
#include "engine/engine_internal.h"

/*
 * Segments that do not stand on each other are judged together: what their conditions have in
 * common is computed once for a batch. A program is made of the conditions that the frame needs
 * when it is opened, where it has rows enough to be worth that.
 */
#define ROWS_WORTH 64u

bool churn__frame_is_batch(const churn__frame *frame)
{
    return frame->max_rows >= ROWS_WORTH;
}

bool churn__frame_needs_segment(const churn__frame *frame, uint32_t index)
{
    uint32_t slot = churn__playbook_slot(frame->playbook, CHURN__SLOT_SEGMENT, index, 0);
    return slot != CHURN__NONE && frame->needed[slot];
}

uint32_t churn__frame_level(const churn__frame *frame, uint32_t from)
{
    const churn_playbook *playbook = frame->playbook;
    uint32_t to = from;
    while (to < playbook->order_count && playbook->order[to].kind == CHURN__NODE_SEGMENT &&
           playbook->order[to].level == playbook->order[from].level) {
        to++;
    }
    return to;
}

static churn_status make_group(churn__frame *frame, const churn__expr *const *exprs, uint32_t count,
                               churn__frame_group *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    if (count < 2) {
        return CHURN_OK;
    }
    CHURN_TRY(churn__expr_group_create(frame->heap, exprs, count, &out->program, err));
    CHURN_TRY(churn__expr_group_fit(frame->scratch, out->program, err));
    out->count = count;
    frame->truth_count = count > frame->truth_count ? count : frame->truth_count;
done:
    return st;
}

static churn_status group_level(churn__frame *frame, uint32_t from, uint32_t to,
                                const churn__expr **exprs, churn_error *err)
{
    const churn_playbook *playbook = frame->playbook;
    uint32_t count = 0;
    for (uint32_t i = from; i < to; i++) {
        uint32_t segment = playbook->order[i].index;
        if (churn__frame_needs_segment(frame, segment)) {
            exprs[count++] = playbook->segments[segment].when;
        }
    }
    return make_group(frame, exprs, count, &frame->levels[from], err);
}

static churn_status group_levels(churn__frame *frame, const churn__expr **exprs, churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint32_t i = 0; i < frame->playbook->order_count;) {
        uint32_t end = churn__frame_level(frame, i);
        if (end > i) {
            CHURN_TRY(group_level(frame, i, end, exprs, err));
        }
        i = end > i ? end : i + 1;
    }
done:
    return st;
}

/* Room for the outcomes of the largest group, which all take in turn. */
static bool make_room(churn__frame *frame)
{
    uint32_t count = frame->truth_count;
    frame->truths =
        churn__alloc_array_zero(frame->heap, (size_t)count * frame->max_rows, sizeof(churn__truth));
    frame->outcomes = churn__alloc_array_zero(frame->heap, count, sizeof *frame->outcomes);
    for (uint32_t i = 0; frame->truths && frame->outcomes && i < count; i++) {
        frame->outcomes[i] = frame->truths + (size_t)i * frame->max_rows;
    }
    return frame->truths && frame->outcomes;
}

churn_status churn__frame_groups_open(churn__frame *frame, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_playbook *playbook = frame->playbook;
    size_t most = playbook->segment_count;
    if (!churn__frame_is_batch(frame) || most < 2) {
        return CHURN_OK;
    }
    const churn__expr **exprs = churn__alloc_array_zero(frame->heap, most, sizeof *exprs);
    frame->levels =
        churn__alloc_array_zero(frame->heap, playbook->order_count, sizeof *frame->levels);
    if (!exprs || !frame->levels) {
        CHURN_TRY(churn__fail_memory(err, frame->heap));
    }
    CHURN_TRY(group_levels(frame, exprs, err));
    if (!make_room(frame)) {
        CHURN_TRY(churn__fail_memory(err, frame->heap));
    }
done:
    churn__free_array(frame->heap, exprs, most, sizeof *exprs);
    return st;
}

void churn__frame_groups_close(churn__frame *frame)
{
    churn__heap *heap = frame->heap;
    const churn_playbook *playbook = frame->playbook;
    for (uint32_t i = 0; frame->levels && i < playbook->order_count; i++) {
        churn__expr_group_free(frame->levels[i].program);
    }
    churn__free_array(heap, frame->levels, playbook->order_count, sizeof *frame->levels);
    churn__free_array(heap, frame->truths, (size_t)frame->truth_count * frame->max_rows,
                      sizeof *frame->truths);
    churn__free_array(heap, frame->outcomes, frame->truth_count, sizeof *frame->outcomes);
}
