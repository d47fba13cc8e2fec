/* SPDX-License-Identifier: MIT */
#include "engine/engine_internal.h"

#include <math.h>
#include <string.h>

/*
 * A frame computes what conditions read, column by column, for a batch of customers and dates:
 * metrics first, then the record of the customer, losses, the engine's own history, and last
 * segments and scores in the order in which they need each other.
 */
#define FRAME_ROWS 2048u
#define FRAME_CUSTOMERS 512u /* whose records stay in the cache from the first look to the last */

static size_t type_size(churn__type type)
{
    switch (type) {
    case CHURN__TYPE_BOOL:
        return sizeof(uint8_t);
    case CHURN__TYPE_STRING:
        return sizeof(churn_str);
    case CHURN__TYPE_STRINGS:
        return sizeof(churn__strs);
    default:
        return sizeof(int64_t);
    }
}

/* ---- opening ---- */

static bool owns_values(const churn__slot *slot)
{
    return slot->kind != CHURN__SLOT_SCORE || slot->part >= CHURN__PART_GROUP;
}

/* Texts of the record of a customer and of the engine's history: few, as a rule. */
static bool has_words(const churn__frame *frame, uint32_t slot)
{
    const churn__slot *what = &frame->playbook->slots[slot];
    bool few = what->kind == CHURN__SLOT_ATTRIBUTE || what->kind == CHURN__SLOT_CHURN_REASON ||
               what->kind == CHURN__SLOT_CHURN_KIND || what->kind == CHURN__SLOT_STATUS;
    return few && what->type == CHURN__TYPE_STRING && churn__frame_is_batch(frame);
}

static const void *make_values(churn__frame *frame, uint32_t slot)
{
    if (!has_words(frame, slot)) {
        return churn__alloc_array_zero(frame->heap, frame->max_rows,
                                       type_size(frame->playbook->slots[slot].type));
    }
    frame->words[slot] = churn__frame_words_open(frame->heap, frame->max_rows);
    return frame->words[slot];
}

static bool make_column(churn__frame *frame, uint32_t slot)
{
    const churn__slot *what = &frame->playbook->slots[slot];
    churn__column *column = &frame->columns[slot];
    column->type = what->type;
    if (!owns_values(what)) {
        return churn__frame_point_at_score(frame, slot);
    }
    const void *values = make_values(frame, slot);
    column->missing = churn__alloc_array_zero(frame->heap, frame->max_rows, sizeof(churn__missing));
    if (!frame->words[slot]) {
        column->values = values;
    }
    return values && column->missing;
}

static void free_column(churn__frame *frame, uint32_t slot)
{
    const churn__slot *what = &frame->playbook->slots[slot];
    churn__column *column = &frame->columns[slot];
    if (owns_values(what) && column->type) {
        if (frame->words[slot]) {
            churn__frame_words_close(frame->heap, frame->words[slot]);
        } else {
            churn__free_array(frame->heap, (void *)column->values, frame->max_rows,
                              type_size(what->type));
        }
        churn__free_array(frame->heap, (void *)column->missing, frame->max_rows,
                          sizeof(churn__missing));
    }
}

static bool make_columns(churn__frame *frame)
{
    const churn_playbook *playbook = frame->playbook;
    if (!churn__frame_scores_make(frame)) {
        return false;
    }
    for (uint32_t i = 0; i < playbook->slot_count; i++) {
        if (frame->needed[i] && !make_column(frame, i)) {
            return false;
        }
    }
    return true;
}

static churn_status fit_scratch(churn__frame *frame, const churn__frame_options *options,
                                churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_playbook *playbook = frame->playbook;
    for (uint32_t i = 0; i < options->read_count; i++) {
        CHURN_TRY(churn__expr_scratch_fit(frame->scratch, options->reads[i], err));
    }
    for (uint32_t i = 0; i < playbook->segment_count; i++) {
        CHURN_TRY(churn__expr_scratch_fit(frame->scratch, playbook->segments[i].when, err));
    }
    for (uint32_t i = 0; i < playbook->trigger_count; i++) {
        CHURN_TRY(churn__expr_scratch_fit(frame->scratch, playbook->triggers[i].when, err));
        if (playbook->triggers[i].clear_when) {
            CHURN_TRY(
                churn__expr_scratch_fit(frame->scratch, playbook->triggers[i].clear_when, err));
        }
    }
done:
    return st;
}

/* Bind metrics to the version, and say of sources what the options say. */
static churn_status open_plan(churn__frame *frame, const churn__frame_options *options,
                              churn_error *err)
{
    const churn_playbook *playbook = frame->playbook;
    churn__metric_config config = {.metrics = playbook->metrics,
                                   .metric_count = playbook->metric_count,
                                   .sources = playbook->sources,
                                   .source_count = playbook->source_count,
                                   .currency = playbook->currency,
                                   .policy = &playbook->kpi,
                                   .zone = playbook->zone,
                                   .zoneinfo = playbook->zoneinfo,
                                   .props = playbook->metric_props,
                                   .prop_count = playbook->property_count,
                                   .attributes = playbook->metric_names,
                                   .attribute_count = playbook->metric_name_count,
                                   .wanted = frame->metric_wanted,
                                   .measure = options->measure};
    churn_status st = churn__metric_plan_create(frame->heap, &config, frame->version, frame->dates,
                                                frame->date_count, &frame->plan, err);
    const uint8_t *stale = options->stale_sources != NULL ? options->stale_sources
                           : frame->engine != NULL        ? frame->engine->stale_sources
                                                          : NULL;
    if (st == CHURN_OK && stale != NULL) {
        churn__metric_plan_set_stale(frame->plan, stale);
    }
    churn__frame_give(frame);
    return st;
}

/* Every metric has a column, as others may be made of it; those that stand on other customers, too,
 * only where they are needed. */
static bool point_at_metrics(churn__frame *frame)
{
    const churn_playbook *playbook = frame->playbook;
    for (uint32_t m = 0; m < playbook->metric_count; m++) {
        uint32_t slot = churn__playbook_slot(playbook, CHURN__SLOT_METRIC, m, 0);
        if (slot == CHURN__NONE) {
            return false;
        }
        if (!frame->needed[slot] && playbook->metrics[m].round == 0) {
            frame->needed[slot] = 1;
            if (!make_column(frame, slot)) {
                return false;
            }
        }
        frame->metric_out[m] = frame->columns[slot];
    }
    return true;
}

/* Names to codes, once: rows look them up by number. */
static void name_codes(churn__frame *frame)
{
    const churn_playbook *playbook = frame->playbook;
    const churn__dict_view *texts = churn__version_texts(frame->version);
    for (uint32_t i = 0; i < playbook->attribute_count; i++) {
        frame->attribute_codes[i] = churn__dict_view_find(texts, playbook->attributes[i].name);
    }
    for (uint32_t i = 0; i < playbook->trigger_count; i++) {
        frame->trigger_codes[i] = churn__dict_find(frame->engine->texts, playbook->triggers[i].id);
    }
    for (uint32_t i = 0; i < playbook->play_count; i++) {
        frame->play_codes[i] = churn__dict_find(frame->engine->texts, playbook->plays[i].id);
    }
}

static bool make_room(churn__frame *frame)
{
    const churn_playbook *playbook = frame->playbook;
    churn__heap *heap = frame->heap;
    size_t rows = frame->max_rows;
    frame->columns = churn__alloc_array_zero(heap, playbook->slot_count, sizeof *frame->columns);
    frame->words = churn__alloc_array_zero(heap, playbook->slot_count, sizeof *frame->words);
    frame->needed = churn__alloc_array_zero(heap, playbook->slot_count, 1);
    frame->metric_out =
        churn__alloc_array_zero(heap, playbook->metric_count, sizeof *frame->metric_out);
    frame->metric_wanted = churn__alloc_array_zero(heap, playbook->metric_count, 1);
    frame->members = churn__alloc_array_zero(heap, playbook->segment_count, sizeof *frame->members);
    frame->scores = churn__alloc_array_zero(heap, playbook->score_count, sizeof *frame->scores);
    frame->rooms = churn__alloc_array_zero(heap, playbook->score_count, sizeof *frame->rooms);
    frame->overrides =
        churn__alloc_array_zero(heap, playbook->score_count, sizeof *frame->overrides);
    frame->score_needed = churn__alloc_array_zero(heap, playbook->score_count, 1);
    frame->attribute_codes =
        churn__alloc_array_zero(heap, playbook->attribute_count, sizeof(uint32_t));
    frame->trigger_codes = churn__alloc_array_zero(heap, playbook->trigger_count, sizeof(uint32_t));
    frame->play_codes = churn__alloc_array_zero(heap, playbook->play_count, sizeof(uint32_t));
    frame->blamed = churn__alloc_array_zero(heap, playbook->slot_count, sizeof(uint32_t));
    frame->ids = churn__alloc_array_zero(heap, frame->max_customers, sizeof *frame->ids);
    frame->exists = churn__alloc_array_zero(heap, rows, 1);
    frame->losses = churn__alloc_array_zero(heap, rows, sizeof *frame->losses);
    frame->truth = churn__alloc_array_zero(heap, rows, sizeof *frame->truth);
    return frame->columns && frame->words && frame->needed && frame->metric_out &&
           frame->metric_wanted && frame->members && frame->scores && frame->rooms &&
           frame->overrides && frame->score_needed && frame->attribute_codes &&
           frame->trigger_codes && frame->play_codes && frame->blamed && frame->ids &&
           frame->exists && frame->losses && frame->truth;
}

/* All that is asked for later is read now. */
static bool open_rates(churn__frame *frame)
{
    bool good = churn__exchange_book_create(frame->heap, frame->version, frame->playbook->currency,
                                            &frame->exchange, NULL) == CHURN_OK;
    if (good) {
        churn__exchange_book_keep(frame->exchange, &frame->playbook->kpi);
    }
    for (uint32_t i = 0; good && i < frame->date_count; i++) {
        good = churn__exchange_at(frame->exchange, frame->dates[i]) != NULL;
    }
    return good;
}

static bool open_readers(churn__frame *frame)
{
    churn_playbook *playbook = (churn_playbook *)frame->playbook;
    frame->reader = churn__reader_create(frame->heap, frame->version);
    frame->judge = churn__loss_judge_create(frame->heap, &playbook->loss, frame->version);
    frame->scratch = churn__expr_scratch_create(frame->heap, frame->max_rows);
    return frame->reader && frame->judge && frame->scratch && open_rates(frame);
}

uint32_t churn__frame_customers(uint32_t date_count)
{
    uint32_t fit = date_count >= FRAME_ROWS ? 1 : FRAME_ROWS / date_count;
    return fit < FRAME_CUSTOMERS ? fit : FRAME_CUSTOMERS;
}

churn_status churn__frame_open(churn_engine *engine, churn__version *version,
                               const churn_time *dates, uint32_t date_count,
                               const churn__frame_options *options, churn__frame **out,
                               churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__frame *frame = churn__alloc_zero(engine->heap, sizeof *frame);
    *out = NULL;
    if (!frame) {
        return churn__fail_memory(err, engine->heap);
    }
    frame->heap = engine->heap;
    frame->playbook = options->playbook != NULL ? options->playbook : engine->playbook;
    frame->engine = engine;
    frame->asker = engine;
    frame->now = options->now;
    frame->given = options->given;
    frame->version = churn__version_retain(version);
    frame->dates = dates;
    frame->date_count = date_count;
    frame->max_customers = options->one_customer ? 1 : churn__frame_customers(date_count);
    frame->max_rows = frame->max_customers * date_count;
    churn__arena_init(&frame->strings, engine->heap);
    churn__arena_init(&frame->names, engine->heap);
    if (!make_room(frame) || !open_readers(frame)) {
        CHURN_TRY(churn__fail_memory(err, frame->heap));
    }
    bool metrics = churn__frame_need(frame, options);
    name_codes(frame);
    if (!make_columns(frame)) {
        CHURN_TRY(churn__fail_memory(err, frame->heap));
    }
    CHURN_TRY(fit_scratch(frame, options, err));
    CHURN_TRY(churn__frame_groups_open(frame, err));
    CHURN_TRY(churn__frame_scores_open(frame, err));
    if (options->held && !churn__frame_hold_open(frame)) {
        CHURN_TRY(churn__fail_memory(err, frame->heap));
    }
    if (metrics) {
        if (!point_at_metrics(frame)) {
            CHURN_TRY(churn__fail_memory(err, frame->heap));
        }
        CHURN_TRY(open_plan(frame, options, err));
    }
    *out = frame;
    frame = NULL;
done:
    churn__frame_close(frame);
    return st;
}

churn_status churn__frame_survey(churn__frame *frame, churn_engine *engine,
                                 const churn__frame_options *options, churn_cancel *cancel,
                                 churn_error *err)
{
    const churn__walk walk = {.engine = engine,
                              .version = frame->version,
                              .dates = frame->dates,
                              .date_count = frame->date_count,
                              .want = options,
                              .cancel = cancel};
    churn_status st = churn__usual_find(&walk, frame, &frame->own_usual, err);
    frame->usual = frame->own_usual;
    return st;
}

churn_status churn__frame_move(churn__frame *frame, churn_error *err)
{
    const churn__frame_options want = {.only_score = CHURN__NONE};
    churn__metric_plan_free(frame->plan);
    bool any = frame->plan != NULL;
    frame->plan = NULL;
    churn__usual_free(frame->own_usual);
    frame->usual = frame->own_usual = NULL;
    return any ? open_plan(frame, &want, err) : CHURN_OK;
}

static void free_columns(churn__frame *frame)
{
    for (uint32_t i = 0; frame->columns && frame->words && i < frame->playbook->slot_count; i++) {
        free_column(frame, i);
    }
    churn__frame_scores_free(frame);
}

void churn__frame_close(churn__frame *frame)
{
    if (!frame) {
        return;
    }
    const churn_playbook *playbook = frame->playbook;
    churn__heap *heap = frame->heap;
    size_t rows = frame->max_rows;
    free_columns(frame);
    churn__frame_groups_close(frame);
    churn__frame_hold_close(frame);
    churn__free_array(heap, frame->words, playbook->slot_count, sizeof *frame->words);
    churn__free_array(heap, frame->columns, playbook->slot_count, sizeof *frame->columns);
    churn__free_array(heap, frame->needed, playbook->slot_count, 1);
    churn__free_array(heap, frame->metric_out, playbook->metric_count, sizeof *frame->metric_out);
    churn__free_array(heap, frame->metric_wanted, playbook->metric_count, 1);
    churn__free_array(heap, frame->members, playbook->segment_count, sizeof *frame->members);
    churn__free_array(heap, frame->scores, playbook->score_count, sizeof *frame->scores);
    churn__free_array(heap, frame->rooms, playbook->score_count, sizeof *frame->rooms);
    churn__free_array(heap, frame->overrides, playbook->score_count, sizeof *frame->overrides);
    churn__free_array(heap, frame->score_needed, playbook->score_count, 1);
    churn__free_array(heap, frame->attribute_codes, playbook->attribute_count, sizeof(uint32_t));
    churn__free_array(heap, frame->trigger_codes, playbook->trigger_count, sizeof(uint32_t));
    churn__free_array(heap, frame->play_codes, playbook->play_count, sizeof(uint32_t));
    churn__free_array(heap, frame->blamed, playbook->slot_count, sizeof(uint32_t));
    churn__free_array(heap, frame->ids, frame->max_customers, sizeof *frame->ids);
    churn__free_array(heap, frame->exists, rows, 1);
    churn__free_array(heap, frame->losses, rows, sizeof *frame->losses);
    churn__free_array(heap, frame->truth, rows, sizeof *frame->truth);
    churn__usual_free(frame->own_usual);
    churn__family_room_clear(&frame->family);
    churn__metric_plan_free(frame->plan);
    churn__loss_judge_free(frame->judge);
    churn__exchange_book_free(frame->exchange);
    churn__expr_scratch_free(frame->scratch);
    churn__reader_free(frame->reader);
    churn__version_release(frame->version);
    churn__arena_clear(&frame->strings);
    churn__arena_clear(&frame->names);
    churn__free(heap, frame, sizeof *frame);
}
