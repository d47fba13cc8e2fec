/* SPDX-License-Identifier: MIT */
#include "engine/lint.h"

#include <math.h>

/* ---- counting ---- */

static bool has_points(const churn__factor_def *factor)
{
    return factor->points_kind <= CHURN__POINTS_STEPS_RIGHT && factor->point_count > 0;
}

static void count_points(churn__lint_factor *to, double points)
{
    to->present++;
    to->low = points < to->low || to->present == 1 ? points : to->low;
    to->high = points > to->high || to->present == 1 ? points : to->high;
    to->at_least += points <= to->least;
    to->at_most += points >= to->most;
    double step = points - to->mean;
    to->mean += step / (double)to->present;
    to->m2 += step * (points - to->mean);
}

static void count_factor(churn__lint_factor *to, const churn__factor_def *factor,
                         const churn__factor_state *state, int64_t place)
{
    bool there = state->missing == CHURN__PRESENT && !isnan(state->points);
    if (place >= 0) {
        to->sample[place] = there ? state->points : (double)NAN;
    }
    to->whole = state->whole;
    if (!there) {
        return;
    }
    churn__factor_range(factor, &to->least, &to->most);
    count_points(to, state->points);
    to->outside += has_points(factor) && !isnan(state->value) &&
                   (state->value < factor->points[0].x ||
                    state->value > factor->points[factor->point_count - 1].x);
}

/* For whom the segments of several cards hold. */
static bool has_conflict(const churn__frame *frame, const churn__score_def *def, uint32_t row)
{
    uint32_t holding = 0;
    for (uint32_t c = 1; c < def->card_count; c++) {
        const churn__column *column = &frame->columns[def->cards[c].segment_slot];
        holding += churn__column_has(column, row) && ((const uint8_t *)column->values)[row] != 0;
    }
    return holding > 1;
}

static churn_status count_score(churn__lint *lint, churn__frame *frame, uint32_t index,
                                uint32_t row, int64_t place, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__score_def *def = &frame->playbook->scores[index];
    const churn__score_out *out = &frame->scores[index];
    const churn__card_def *card = churn__frame_card(frame, index, row);
    const churn__score_in in = churn__frame_score_in(frame, index);
    churn__lint_score *to = &lint->scores[index];
    double raw = 0;
    CHURN_TRY(churn__score_states(def, card, &in, row, frame->scratch, to->states, &raw, err));
    CHURN_TRY(
        churn__score_cap_truths(def, card, &in, row, to->states, frame->scratch, to->truths, err));
    for (uint32_t f = 0; f < def->factor_count; f++) {
        count_factor(&to->factors[f], &card->factors[f], &to->states[f], place);
    }
    for (uint32_t c = 0; c < def->cap_count; c++) {
        to->caps[c] += to->truths[c] == CHURN__TRUE;
    }
    to->scored += out->missing[row] == CHURN__PRESENT;
    to->covered += out->coverage[row] >= card->min_coverage;
    to->bands[out->band_codes[row]]++;
    to->cards[out->cards[row]]++;
    to->conflicts += has_conflict(frame, def, row);
done:
    return st;
}

static churn_status count_unknown(churn__lint *lint, uint32_t code, churn_error *err)
{
    for (size_t i = 0; i < lint->unknown_count; i++) {
        if (lint->unknown[i].code == code) {
            lint->unknown[i].count++;
            return CHURN_OK;
        }
    }
    if (!churn__grow(lint->heap, (void **)&lint->unknown, &lint->unknown_capacity,
                     lint->unknown_count + 1, sizeof *lint->unknown)) {
        return churn__fail_memory(err, lint->heap);
    }
    lint->unknown[lint->unknown_count++] = (churn__lint_name){code, 1};
    return CHURN_OK;
}

static uint32_t score_named(const churn_playbook *pb, churn_str id)
{
    for (uint32_t i = 0; i < pb->score_count; i++) {
        if (churn__str_eq(pb->scores[i].id, id)) {
            return i;
        }
    }
    return CHURN__NONE;
}

static bool is_over(const churn__score_def *def, const churn__override *one, churn_time as_of)
{
    return !isnan(one->value) && churn__override_is_over(def, one, as_of);
}

/* Of each score the newest judgement counts, and it is told once. */
static churn_status count_overrides(churn__lint *lint, churn__frame *frame, uint32_t row,
                                    churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_playbook *pb = frame->playbook;
    const churn__override *list = NULL;
    uint32_t customer = frame->customers[churn__frame_place(frame, row)];
    churn_time as_of = churn__frame_date(frame, row);
    size_t count = churn__reader_overrides(frame->reader, customer, as_of, &list);
    for (size_t i = 0; i < count; i++) {
        churn__override newest;
        churn_str id = churn__dict_view_get(churn__version_texts(frame->version), list[i].score);
        uint32_t score = score_named(pb, id);
        if (score == CHURN__NONE) {
            CHURN_TRY(count_unknown(lint, list[i].score, err));
        } else if (churn__reader_override(frame->reader, customer, list[i].score, as_of, &newest) &&
                   newest.at == list[i].at && newest.known_at == list[i].known_at) {
            lint->expired[score] += is_over(&pb->scores[score], &newest, as_of);
        }
    }
done:
    return st;
}

static churn_status count_triggers(churn__lint *lint, churn__frame *frame, churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint32_t t = 0; t < frame->playbook->trigger_count; t++) {
        const churn__trigger_def *def = &frame->playbook->triggers[t];
        CHURN_TRY(churn__expr_truth(def->when, frame->columns, frame->rows, frame->scratch,
                                    frame->truth, err));
        for (uint32_t row = 0; row < frame->rows; row++) {
            bool inside = frame->exists[row] &&
                          churn__population_has(def->population, frame->losses[row].churned);
            lint->triggers[t].judged += inside && frame->truth[row] <= CHURN__TRUE;
            lint->triggers[t].holds += inside && frame->truth[row] == CHURN__TRUE;
        }
    }
done:
    return st;
}

static churn_status use_batch(churn__frame *frame, void *context, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__lint *lint = context;
    for (uint32_t row = 0; row < frame->rows; row++) {
        bool chosen = lint->seen++ % lint->stride == 0;
        if (!frame->exists[row] || frame->losses[row].churned) {
            continue;
        }
        int64_t place = -1;
        if (chosen && lint->sampled < CHURN__LINT_SAMPLE) {
            place = lint->sampled++;
        }
        lint->customers++;
        for (uint32_t i = 0; i < frame->playbook->score_count; i++) {
            CHURN_TRY(count_score(lint, frame, i, row, place, err));
        }
        CHURN_TRY(count_overrides(lint, frame, row, err));
    }
    CHURN_TRY(count_triggers(lint, frame, err));
done:
    return st;
}

/* ---- room ---- */

static bool room_for(churn__lint *lint, const churn__score_def *def, churn__lint_score *to)
{
    churn__arena *arena = &lint->arena;
    to->factors = churn__arena_array(arena, def->factor_count, sizeof *to->factors);
    to->states = churn__arena_array(arena, def->factor_count, sizeof *to->states);
    to->caps = churn__arena_array(arena, def->cap_count, sizeof *to->caps);
    to->truths = churn__arena_array(arena, def->cap_count, sizeof *to->truths);
    to->bands = churn__arena_array(arena, (size_t)def->band_count + 1, sizeof *to->bands);
    to->cards = churn__arena_array(arena, def->card_count, sizeof *to->cards);
    bool good = to->factors && to->states && to->caps && to->truths && to->bands && to->cards;
    for (uint32_t f = 0; good && f < def->factor_count; f++) {
        to->factors[f].sample = churn__arena_array(arena, CHURN__LINT_SAMPLE, sizeof(double));
        good = to->factors[f].sample != NULL;
    }
    return good;
}

static churn_status make_room(churn__lint *lint, churn_error *err)
{
    const churn_playbook *pb = lint->asking.engine->playbook;
    lint->scores = churn__arena_array(&lint->arena, pb->score_count, sizeof *lint->scores);
    lint->triggers = churn__arena_array(&lint->arena, pb->trigger_count, sizeof *lint->triggers);
    lint->expired = churn__arena_array(&lint->arena, pb->score_count, sizeof *lint->expired);
    bool good = lint->scores != NULL && lint->triggers != NULL && lint->expired != NULL;
    for (uint32_t i = 0; good && i < pb->score_count; i++) {
        good = room_for(lint, &pb->scores[i], &lint->scores[i]);
    }
    lint->stride = (lint->asking.count + (CHURN__LINT_SAMPLE - 1)) / CHURN__LINT_SAMPLE;
    lint->stride = lint->stride > 0 ? lint->stride : 1;
    return good ? CHURN_OK : churn__fail_memory(err, lint->heap);
}

/* ---- the question ---- */

static const churn__table_head columns[] = {
    {"severity", CHURN_COLUMN_STRING},   {"code", CHURN_COLUMN_STRING},
    {"line", CHURN_COLUMN_INT},          {"column", CHURN_COLUMN_INT},
    {"what", CHURN_COLUMN_STRING},       {"message", CHURN_COLUMN_STRING},
    {"suggestion", CHURN_COLUMN_STRING}, {"customers", CHURN_COLUMN_INT},
    {"share", CHURN_COLUMN_DOUBLE},
};

static churn_status go_through(churn__lint *lint, churn_time as_of, churn_error *err)
{
    const churn__frame_options want = {
        .all_scores = true, .losses = true, .triggers = true, .only_score = CHURN__NONE};
    const churn__walk walk = {.engine = lint->asking.engine,
                              .version = lint->asking.version,
                              .order = lint->asking.order,
                              .count = lint->asking.count,
                              .dates = &as_of,
                              .date_count = 1,
                              .want = &want,
                              .use = use_batch,
                              .context = lint,
                              .cancel = lint->asking.options.cancel,
                              .counter = lint->asking.options.cancel};
    return churn__walk_all(&walk, err);
}

static churn_status answer(churn__lint *lint, churn_time as_of, churn_table **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__heap *heap = churn__store_heap(lint->asking.engine->store);
    CHURN_TRY(make_room(lint, err));
    CHURN_TRY(go_through(lint, as_of, err));
    lint->table = churn__table_begin(heap, 16);
    if (lint->table == NULL) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    churn__table_columns(lint->table, columns, sizeof columns / sizeof *columns);
    CHURN_TRY(churn__lint_find(lint, err));
    st = churn__table_finish(lint->table, out, err);
    lint->table = NULL;
done:
    churn__table_abandon(lint->table);
    return st;
}

churn_status churn_engine_lint(churn_engine *engine, churn_time as_of,
                               const churn_query_options *options, churn_table **out,
                               churn_error *err)
{
    if (out == NULL) {
        return churn__fail_null(err, "churn_engine_lint", "out");
    }
    *out = NULL;
    churn__lint lint = {.heap = NULL};
    churn_status st = churn__asking_begin(engine, options, 0, &as_of, 1, &lint.asking, err);
    if (st == CHURN_OK) {
        lint.heap = engine->heap;
        churn__arena_init(&lint.arena, lint.heap);
        churn__buf_init(&lint.text, lint.heap);
        churn__buf_init(&lint.name, lint.heap);
        st = answer(&lint, as_of, out, err);
        churn__free_array(lint.heap, lint.unknown, lint.unknown_capacity, sizeof *lint.unknown);
        churn__buf_clear(&lint.text);
        churn__buf_clear(&lint.name);
        churn__arena_clear(&lint.arena);
    }
    churn__asking_end(&lint.asking);
    return st;
}
