/* SPDX-License-Identifier: MIT */
#include "engine/one.h"

#include <math.h>
#include <stddef.h>

/*
 * One customer at a time, for a backend that scores on each request. All that does not depend on
 * the customer is kept between calls: a frame with room for one row, bound to a version of the
 * store, and the arrays of the answer. A new version makes it anew; a new date binds the metrics'
 * windows anew, nothing else.
 */
struct churn__one {
    churn__frame *frame;
    churn_time as_of;    /* of the frame: its one date */
    uint32_t moves;      /* how often the date changed */
    uint32_t filled;     /* the customer in the frame; CHURN__NO_CODE: none that can be reused */
    bool history;        /* the frame reads what an evaluation changes */
    uint32_t customer;   /* of the frame, which looks here */
    churn__arena arrays; /* of the answer, and of explanations */
    /* Of explanations: by score, made when first asked for. */
    churn__score_level *levels;
    churn__buf text;
    churn__evidence evidence;
    churn__one_lines lines;
    churn_customer_answer answer;
    /* what it views: by metric, by score, by segment */
    double *numbers;
    churn_time *times;
    churn_str *texts, *reasons;
    double *scores, *coverages, *lows, *highs;
    churn_str *bands, *cards;
    int8_t *certains, *overridden, *segments;
};

/* Rates of every date that was asked for are kept, for as many dates. */
#define MOVES_MOST 256u

/* ---- life ---- */

void churn__one_drop(churn_engine *engine)
{
    churn__one *one = engine->one;
    engine->one = NULL;
    if (one) {
        churn__frame_close(one->frame);
        churn__buf_clear(&one->text);
        churn__evidence_free(engine->heap, &one->evidence);
        churn__arena_clear(&one->arrays);
        churn__free(engine->heap, one, sizeof *one);
    }
}

void churn__one_outdate(churn_engine *engine, const churn__version *version)
{
    if (engine->one && engine->one->frame->version != version) {
        churn__one_drop(engine);
    }
}

static bool make_metrics(churn__one *one, const churn_playbook *playbook)
{
    uint32_t n = playbook->declared_count;
    churn_str *ids = churn__arena_array(&one->arrays, n, sizeof *ids);
    int32_t *types = churn__arena_array(&one->arrays, n, sizeof *types);
    one->numbers = churn__arena_array(&one->arrays, n, sizeof *one->numbers);
    one->times = churn__arena_array(&one->arrays, n, sizeof *one->times);
    one->texts = churn__arena_array(&one->arrays, n, sizeof *one->texts);
    one->reasons = churn__arena_array(&one->arrays, n, sizeof *one->reasons);
    if (!ids || !types || !one->numbers || !one->times || !one->texts || !one->reasons) {
        return false;
    }
    for (uint32_t m = 0; m < n; m++) {
        ids[m] = playbook->metrics[m].id;
        types[m] = churn__table_type(playbook->metrics[m].type);
    }
    one->answer.metric_count = n;
    one->answer.metric_ids = ids;
    one->answer.metric_types = types;
    one->answer.numbers = one->numbers;
    one->answer.times = one->times;
    one->answer.texts = one->texts;
    one->answer.reasons = one->reasons;
    return true;
}

static bool make_scores(churn__one *one, const churn_playbook *playbook)
{
    uint32_t n = playbook->score_count;
    churn_str *ids = churn__arena_array(&one->arrays, n, sizeof *ids);
    one->scores = churn__arena_array(&one->arrays, n, sizeof *one->scores);
    one->coverages = churn__arena_array(&one->arrays, n, sizeof *one->coverages);
    one->lows = churn__arena_array(&one->arrays, n, sizeof *one->lows);
    one->highs = churn__arena_array(&one->arrays, n, sizeof *one->highs);
    one->bands = churn__arena_array(&one->arrays, n, sizeof *one->bands);
    one->cards = churn__arena_array(&one->arrays, n, sizeof *one->cards);
    one->certains = churn__arena_array(&one->arrays, n, sizeof *one->certains);
    one->overridden = churn__arena_array(&one->arrays, n, sizeof *one->overridden);
    if (!ids || !one->scores || !one->coverages || !one->lows || !one->highs || !one->bands ||
        !one->cards || !one->certains || !one->overridden) {
        return false;
    }
    for (uint32_t i = 0; i < n; i++) {
        ids[i] = playbook->scores[i].id;
    }
    one->answer.score_count = n;
    one->answer.score_ids = ids;
    one->answer.scores = one->scores;
    one->answer.coverages = one->coverages;
    one->answer.lows = one->lows;
    one->answer.highs = one->highs;
    one->answer.bands = one->bands;
    one->answer.cards = one->cards;
    one->answer.certains = one->certains;
    one->answer.overridden = one->overridden;
    return true;
}

static bool make_segments(churn__one *one, const churn_playbook *playbook)
{
    uint32_t n = playbook->segment_count;
    churn_str *ids = churn__arena_array(&one->arrays, n, sizeof *ids);
    one->segments = churn__arena_array(&one->arrays, n, sizeof *one->segments);
    if (!ids || !one->segments) {
        return false;
    }
    for (uint32_t i = 0; i < n; i++) {
        ids[i] = playbook->segments[i].id;
    }
    one->answer.segment_count = n;
    one->answer.segment_ids = ids;
    one->answer.segments = one->segments;
    return true;
}

static const churn__frame_options want = {.all_metrics = true,
                                          .all_scores = true,
                                          .losses = true,
                                          .segments = true,
                                          .one_customer = true,
                                          .only_score = CHURN__NONE};

/* Conditions may name what an evaluation changes. */
static bool reads_history(const churn__frame *frame)
{
    for (uint32_t slot = 0; slot < frame->playbook->slot_count; slot++) {
        churn__slot_kind kind = frame->playbook->slots[slot].kind;
        bool history = kind == CHURN__SLOT_TRIGGER || kind == CHURN__SLOT_PLAY_RUNNING ||
                       kind == CHURN__SLOT_STATUS || kind == CHURN__SLOT_TAGS;
        if (history && frame->needed[slot]) {
            return true;
        }
    }
    return false;
}

static churn_status make_one(churn_engine *engine, churn__version *version, churn_time as_of,
                             churn_cancel *cancel, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__one *one = churn__alloc_zero(engine->heap, sizeof *one);
    if (!one) {
        return churn__fail_memory(err, engine->heap);
    }
    churn__arena_init(&one->arrays, engine->heap);
    churn__buf_init(&one->text, engine->heap);
    one->as_of = as_of;
    one->filled = CHURN__NO_CODE;
    engine->one = one;
    if (!make_metrics(one, engine->playbook) || !make_scores(one, engine->playbook) ||
        !make_segments(one, engine->playbook)) {
        CHURN_TRY(churn__fail_memory(err, engine->heap));
    }
    CHURN_TRY(churn__frame_open(engine, version, &one->as_of, 1, &want, &one->frame, err));
    CHURN_TRY(churn__frame_survey(one->frame, engine, &want, cancel, err));
    one->history = reads_history(one->frame);
done:
    if (st != CHURN_OK) {
        churn__one_drop(engine);
    }
    return st;
}

/* ---- the version and the date of a call ---- */

static churn_status meet_version(churn_engine *engine, churn__version *version, churn_error *err)
{
    churn_status st = CHURN_OK;
    CHURN_TRY(churn__engine_check_store(engine->playbook, engine->store, err));
    CHURN_TRY(churn__engine_meet(engine, version, err));
done:
    return st;
}

/* A frame of the newest version at this date. */
static churn_status take_one(churn_engine *engine, churn_time as_of, churn_cancel *cancel,
                             churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__version *version = NULL;
    CHURN_TRY(churn__store_pin(engine->store, &version, err));
    churn__one_outdate(engine, version);
    if (engine->one && engine->one->moves >= MOVES_MOST && engine->one->as_of != as_of) {
        churn__one_drop(engine);
    }
    if (!engine->one) {
        CHURN_TRY(meet_version(engine, version, err));
        CHURN_TRY(make_one(engine, version, as_of, cancel, err));
    } else if (engine->one->as_of != as_of) {
        engine->one->as_of = as_of;
        engine->one->moves++;
        engine->one->filled = CHURN__NO_CODE;
        CHURN_TRY(churn__frame_move(engine->one->frame, err));
        CHURN_TRY(churn__frame_survey(engine->one->frame, engine, &want, cancel, err));
    }
done:
    churn__version_release(version);
    return st;
}

churn_status churn__one_fill(churn_engine *engine, churn_str id, churn_time as_of,
                             churn_cancel *cancel, churn__frame **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    CHURN_TRY(take_one(engine, as_of, cancel, err));
    churn__one *one = engine->one;
    uint32_t customer = churn__version_find_customer(one->frame->version, id);
    *out = one->frame;
    if (customer == CHURN__NO_CODE) {
        CHURN_FAIL(CHURN_E_NOT_FOUND, 0, "the store has no such customer");
    }
    if (one->filled == customer) {
        goto done;
    }
    one->filled = CHURN__NO_CODE;
    one->customer = customer;
    CHURN_TRY(churn__frame_fill(one->frame, &one->customer, 1, err));
    one->filled = one->history ? CHURN__NO_CODE : customer;
done:
    return st;
}

void churn__one_room(churn_engine *engine, churn__buf **text, churn__evidence **evidence)
{
    *text = &engine->one->text;
    *evidence = &engine->one->evidence;
}

churn__one_lines *churn__one_lines_room(churn_engine *engine, churn__arena **arena)
{
    *arena = &engine->one->arrays;
    return &engine->one->lines;
}

churn__score_level *churn__one_level(churn_engine *engine, uint32_t score)
{
    churn__one *one = engine->one;
    uint32_t count = engine->playbook->score_count;
    if (one->levels == NULL) {
        one->levels = churn__arena_array(&one->arrays, count, sizeof *one->levels);
    }
    churn__score_level *level = one->levels == NULL ? NULL : &one->levels[score];
    if (level == NULL || level->def != NULL) {
        return level;
    }
    const churn__score_def *def = &engine->playbook->scores[score];
    return churn__score_level_make(def, &one->arrays, level) ? level : NULL;
}

/* ---- the answer ---- */

static void put_metric(churn__one *one, uint32_t m)
{
    const churn__column *column = &one->frame->metric_out[m];
    churn__missing missing = column->missing[0];
    one->numbers[m] = (double)NAN;
    one->times[m] = CHURN_TIME_NONE;
    one->texts[m] = one->reasons[m] = (churn_str){NULL, 0};
    if (missing) {
        one->reasons[m] = churn__str_nts(churn__missing_name(missing));
        return;
    }
    switch (column->type) {
    case CHURN__TYPE_BOOL:
        one->numbers[m] = *(const uint8_t *)column->values;
        break;
    case CHURN__TYPE_INT:
        one->numbers[m] = (double)*(const int64_t *)column->values;
        break;
    case CHURN__TYPE_STRING:
        one->texts[m] = churn__column_string(column, 0);
        break;
    case CHURN__TYPE_TIME:
        one->times[m] = *(const churn_time *)column->values;
        break;
    default:
        one->numbers[m] = *(const double *)column->values + 0.0; /* as tables: no -0 */
        break;
    }
}

static void put_score(churn__one *one, uint32_t i)
{
    const churn__score_out *from = &one->frame->scores[i];
    one->scores[i] = from->missing[0] ? (double)NAN : from->score[0] + 0.0;
    one->coverages[i] = from->coverage[0];
    one->lows[i] = from->low[0] + 0.0;
    one->highs[i] = from->high[0] + 0.0;
    one->bands[i] = churn__frame_band(one->frame, i, 0);
    one->cards[i] =
        churn__card_name(one->frame->playbook, &one->frame->playbook->scores[i], from->cards[0]);
    one->certains[i] = (int8_t)from->certain[0];
    one->overridden[i] = (int8_t)from->overridden[0];
}

static void put_segment(churn__one *one, uint32_t i)
{
    const churn__frame *frame = one->frame;
    const churn__column *column =
        &frame->columns[churn__playbook_slot(frame->playbook, CHURN__SLOT_SEGMENT, i, 0)];
    bool there = column->missing[0] == CHURN__PRESENT;
    one->segments[i] = there ? (int8_t) * (const uint8_t *)column->values : CHURN_TRUTH_NONE;
}

/* Nobody yet: an answer without content. */
static churn_customer_answer answer_of(churn__one *one)
{
    churn_customer_answer nobody = {.struct_size = sizeof nobody, .as_of = one->as_of};
    if (!one->frame->exists[0]) {
        return nobody;
    }
    for (uint32_t m = 0; m < one->answer.metric_count; m++) {
        put_metric(one, m);
    }
    for (uint32_t i = 0; i < one->answer.score_count; i++) {
        put_score(one, i);
    }
    for (uint32_t i = 0; i < one->answer.segment_count; i++) {
        put_segment(one, i);
    }
    one->answer.as_of = one->as_of;
    one->answer.exists = 1;
    one->answer.churned = one->frame->losses[0].churned;
    return one->answer;
}

static churn_status answer_one(churn_engine *engine, churn_str id, churn_time as_of,
                               churn_customer_answer *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__frame *frame = NULL;
    CHURN_TRY(churn__one_fill(engine, id, as_of, NULL, &frame, err));
    void *room = out->room;
    size_t room_size = out->room_size;
    *out = answer_of(engine->one);
    out->room = room;
    out->room_size = room_size;
done:
    if (st != CHURN_OK) {
        churn__one_drop(engine); /* it may be half moved, or have lacked memory */
    }
    return st == CHURN_OK ? churn__one_pack(out, err) : st;
}

/* Said also where the room was too small. */
static void tell_needed(churn_customer_answer *out, size_t needed)
{
    if (out->struct_size >= offsetof(churn_customer_answer, room_needed) + sizeof needed) {
        out->room_needed = needed;
    }
}

churn_status churn_engine_customer(churn_engine *engine, const char *customer, size_t len,
                                   churn_time as_of, churn_customer_answer *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_str id = {NULL, 0};
    churn_customer_answer answer;
    if (!out) {
        return churn__fail_null(err, "churn_engine_customer", "out");
    }
    CHURN_TRY(churn__copy_struct(&answer, sizeof answer, out, "churn_customer_answer", err));
    CHURN_TRY(churn__take_str(customer, len, false, 1024, "customer", &id, err));
    if (answer.reserved) {
        CHURN_FAIL(CHURN_E_ARG, 0, "churn_customer_answer: reserved must be zero");
    }
    if (as_of < CHURN_TIME_MIN || as_of > CHURN_TIME_MAX) {
        CHURN_FAIL(CHURN_E_RANGE, 0, "as_of: outside the years 1 to 9999");
    }
    CHURN_TRY(churn__engine_enter(engine, "churn_engine_customer", err));
    answer.room_needed = 0;
    st = answer_one(engine, id, as_of, &answer, err);
    if (st == CHURN_OK) {
        st = churn__give_struct(out, &answer, sizeof answer, "churn_customer_answer", err);
    } else if (answer.room_needed > 0) {
        tell_needed(out, answer.room_needed);
    }
    churn__engine_leave(engine);
done:
    return st;
}
