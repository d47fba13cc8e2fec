/* SPDX-License-Identifier: MIT */
#include <churn/what_if.h>

#include <math.h>

#include "base/checked.h"
#include "engine/engine_internal.h"

/*
 * A changed playbook against the present one, over the whole book and without changing anything.
 * Both are asked about the same customers at the same dates, one after the other; what the first
 * says is kept in a few bytes a customer and date, and compared when the second says the same.
 */
#define OUTSIDE ((churn__truth)(CHURN__ERROR + 1)) /* not in a trigger's population */
#define NOBODY UINT32_MAX                          /* instead of a band: no such customer */

/* A score or a trigger that one of the playbooks has, or both. */
typedef struct impact_thing {
    churn_str id;
    uint32_t before, after; /* index there; CHURN__NONE: it has none */
    uint64_t count_before, count_after, both, only_before, only_after;
    uint64_t unknown_before, unknown_after;
    double mrr_before, mrr_after, mrr_only_before, mrr_only_after;
    double *values;  /* of a score before, by row */
    uint32_t *bands; /* the same */
    churn__truth *truths;
} impact_thing;

typedef struct impact {
    churn__heap *heap;
    churn__asking asking;
    churn_playbook *old, *new;
    uint32_t date_count;
    size_t rows, at; /* rows of all; those behind us in the present walk */
    impact_thing *scores, *triggers;
    uint32_t score_count, trigger_count, score_room, trigger_room;
    uint8_t *counted; /* by row: exists, and is not lost */
    double *mrr;      /* major units; NaN: not known */
    churn__table_builder *moves;
    churn_impact summary;
} impact;

/* ---- what there is to compare ---- */

static uint32_t find_thing(const impact_thing *things, uint32_t count, churn_str id)
{
    for (uint32_t i = 0; i < count; i++) {
        if (churn__str_eq(things[i].id, id)) {
            return i;
        }
    }
    return CHURN__NONE;
}

static void add_thing(impact_thing *things, uint32_t *count, churn_str id, uint32_t index,
                      bool is_after)
{
    uint32_t at = find_thing(things, *count, id);
    if (at == CHURN__NONE) {
        at = (*count)++;
        things[at] = (impact_thing){.id = id, .before = CHURN__NONE, .after = CHURN__NONE};
    }
    *(is_after ? &things[at].after : &things[at].before) = index;
}

static bool wants_score(const impact *im, churn_str id)
{
    churn_str only = im->asking.options.score;
    return only.ptr == NULL || only.len == 0 || churn__str_eq(only, id);
}

static void list_things(impact *im, const churn_playbook *pb, bool is_after)
{
    for (uint32_t i = 0; i < pb->score_count; i++) {
        if (wants_score(im, pb->scores[i].id)) {
            add_thing(im->scores, &im->score_count, pb->scores[i].id, i, is_after);
        }
    }
    for (uint32_t i = 0; i < pb->trigger_count; i++) {
        add_thing(im->triggers, &im->trigger_count, pb->triggers[i].id, i, is_after);
    }
}

static bool room_for_rows(impact *im)
{
    im->counted = churn__alloc_array_zero(im->heap, im->rows, 1);
    im->mrr = churn__alloc_array(im->heap, im->rows, sizeof *im->mrr);
    bool good = im->counted != NULL && im->mrr != NULL;
    for (uint32_t i = 0; good && i < im->score_count; i++) {
        im->scores[i].values = churn__alloc_array(im->heap, im->rows, sizeof(double));
        im->scores[i].bands = churn__alloc_array(im->heap, im->rows, sizeof(uint32_t));
        good = im->scores[i].values != NULL && im->scores[i].bands != NULL;
    }
    for (uint32_t i = 0; good && i < im->trigger_count; i++) {
        im->triggers[i].truths = churn__alloc_array(im->heap, im->rows, sizeof(churn__truth));
        good = im->triggers[i].truths != NULL;
    }
    return good;
}

static churn_status make_room(impact *im, churn_error *err)
{
    churn_status st = CHURN_OK;
    im->score_room = im->old->score_count + im->new->score_count;
    im->trigger_room = im->old->trigger_count + im->new->trigger_count;
    im->scores = churn__alloc_array_zero(im->heap, im->score_room, sizeof *im->scores);
    im->triggers = churn__alloc_array_zero(im->heap, im->trigger_room, sizeof *im->triggers);
    if (im->scores == NULL || im->triggers == NULL ||
        !churn__mul_size(im->asking.count, im->date_count, &im->rows)) {
        im->rows = 0;
        CHURN_TRY(churn__fail_memory(err, im->heap));
    }
    list_things(im, im->old, false);
    list_things(im, im->new, true);
    if (im->asking.options.score.len > 0 && im->score_count == 0) {
        CHURN_FAIL(CHURN_E_NOT_FOUND, 0, "unknown score %q: neither playbook has it",
                   &im->asking.options.score);
    }
    if (!room_for_rows(im)) {
        CHURN_TRY(churn__fail_memory(err, im->heap));
    }
done:
    return st;
}

static void free_room(impact *im)
{
    for (uint32_t i = 0; im->scores != NULL && i < im->score_count; i++) {
        churn__free_array(im->heap, im->scores[i].values, im->rows, sizeof(double));
        churn__free_array(im->heap, im->scores[i].bands, im->rows, sizeof(uint32_t));
    }
    for (uint32_t i = 0; im->triggers != NULL && i < im->trigger_count; i++) {
        churn__free_array(im->heap, im->triggers[i].truths, im->rows, sizeof(churn__truth));
    }
    churn__free_array(im->heap, im->scores, im->score_room, sizeof *im->scores);
    churn__free_array(im->heap, im->triggers, im->trigger_room, sizeof *im->triggers);
    churn__free_array(im->heap, im->counted, im->rows, 1);
    churn__free_array(im->heap, im->mrr, im->rows, sizeof *im->mrr);
}

/* ---- what a batch says ---- */

static bool in_population(const churn__frame *frame, uint8_t population, uint32_t row)
{
    return frame->exists[row] && churn__population_has(population, frame->losses[row].churned);
}

/* The outcomes of a trigger for the rows of a batch, in the frame's own room. */
static churn_status judge(churn__frame *frame, uint32_t trigger, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__trigger_def *def = &frame->playbook->triggers[trigger];
    CHURN_TRY(churn__expr_truth(def->when, frame->columns, frame->rows, frame->scratch,
                                frame->truth, err));
    for (uint32_t row = 0; row < frame->rows; row++) {
        if (!in_population(frame, def->population, row)) {
            frame->truth[row] = OUTSIDE;
        }
    }
done:
    return st;
}

static double mrr_of(churn__frame *frame, uint32_t row)
{
    int64_t minor = 0;
    uint32_t customer = frame->customers[churn__frame_place(frame, row)];
    churn__missing why = churn__frame_mrr(frame, customer, churn__frame_date(frame, row), &minor);
    return why == CHURN__PRESENT ? churn__major(frame->playbook, minor) : (double)NAN;
}

static void take_scores(impact *im, const churn__frame *frame)
{
    for (uint32_t i = 0; i < im->score_count; i++) {
        impact_thing *thing = &im->scores[i];
        for (uint32_t row = 0; thing->before != CHURN__NONE && row < frame->rows; row++) {
            const churn__score_out *out = &frame->scores[thing->before];
            bool there = out->missing[row] == CHURN__PRESENT;
            thing->values[im->at + row] = there ? out->score[row] : (double)NAN;
            thing->bands[im->at + row] = out->band_codes[row];
        }
    }
}

static churn_status use_before(churn__frame *frame, void *context, churn_error *err)
{
    churn_status st = CHURN_OK;
    impact *im = context;
    for (uint32_t row = 0; row < frame->rows; row++) {
        im->counted[im->at + row] = frame->exists[row] && !frame->losses[row].churned;
        im->mrr[im->at + row] = frame->exists[row] ? mrr_of(frame, row) : (double)NAN;
        im->summary.customers += im->counted[im->at + row];
    }
    take_scores(im, frame);
    for (uint32_t i = 0; i < im->trigger_count; i++) {
        impact_thing *thing = &im->triggers[i];
        if (thing->before != CHURN__NONE) {
            CHURN_TRY(judge(frame, thing->before, err));
            for (uint32_t row = 0; row < frame->rows; row++) {
                thing->truths[im->at + row] = frame->truth[row];
            }
        }
    }
    im->at += frame->rows;
done:
    return st;
}

/* ---- comparing ---- */

static void count_side(bool is, double mrr, uint64_t *count, double *sum)
{
    if (is) {
        *count += 1;
        *sum += isnan(mrr) ? 0 : mrr;
    }
}

static void count_thing(impact_thing *thing, bool before, bool after, double mrr)
{
    count_side(before, mrr, &thing->count_before, &thing->mrr_before);
    count_side(after, mrr, &thing->count_after, &thing->mrr_after);
    count_side(before && !after, mrr, &thing->only_before, &thing->mrr_only_before);
    count_side(after && !before, mrr, &thing->only_after, &thing->mrr_only_after);
    thing->both += before && after;
}

/* By the order of the bands that the present playbook has; where it lacks the new one, by value.
 * Less than 0: worse. Bands stand highest first, and behind the last is `unknown`. */
static int compare_bands(const churn__score_def *old, uint32_t before, double value_before,
                         churn_str band_after, double value_after)
{
    for (uint32_t b = 0; b < old->band_count; b++) {
        if (before < old->band_count && churn__str_eq(churn__score_band_name(old, b), band_after)) {
            return b > before ? -1 : b < before;
        }
    }
    return value_after < value_before ? -1 : value_after > value_before;
}

static void add_move(impact *im, const churn__frame *frame, uint32_t row, const impact_thing *thing,
                     const churn_str bands[2], double value, int way)
{
    double before = thing->values[im->at + row];
    uint32_t to = 0;
    churn__table_add_string(im->moves, to++, churn__frame_id(frame, row));
    churn__table_add_time(im->moves, to++, churn__frame_date(frame, row));
    churn__table_add_string(im->moves, to++, thing->id);
    churn__table_add_double(im->moves, to++, before);
    churn__table_add_double(im->moves, to++, value);
    churn__table_add_double(im->moves, to++, churn__round6(value - before));
    churn__table_add_string(im->moves, to++, bands[0]);
    churn__table_add_string(im->moves, to++, bands[1]);
    churn__table_add_string(im->moves, to++,
                            way < 0   ? CHURN__STR("worse")
                            : way > 0 ? CHURN__STR("better")
                                      : (churn_str){NULL, 0});
    churn__table_add_double(im->moves, to, im->mrr[im->at + row]);
}

static void count_move(churn_impact *summary, int way, double mrr)
{
    summary->changed_band++;
    count_side(way < 0, mrr, &summary->worse, &summary->mrr_worse);
    count_side(way > 0, mrr, &summary->better, &summary->mrr_better);
}

static void compare_score(impact *im, const churn__frame *frame, uint32_t i, uint32_t row)
{
    impact_thing *thing = &im->scores[i];
    size_t at = im->at + row;
    const churn__score_def *old = &im->old->scores[thing->before];
    const churn__score_out *out = &frame->scores[thing->after];
    bool there = out->missing[row] == CHURN__PRESENT;
    double value = there ? out->score[row] : (double)NAN;
    const churn_str bands[2] = {
        churn__score_band_name(old, thing->bands[at]),
        churn__score_band_name(&frame->playbook->scores[thing->after], out->band_codes[row])};
    count_thing(thing, !isnan(thing->values[at]), there, im->mrr[at]);
    if (churn__str_eq(bands[0], bands[1])) {
        return;
    }
    bool known = there && !isnan(thing->values[at]);
    int way = known ? compare_bands(old, thing->bands[at], thing->values[at], bands[1], value) : 0;
    add_move(im, frame, row, thing, bands, value, way);
    if (i == 0) {
        count_move(&im->summary, way, im->mrr[at]);
    }
}

static void compare_scores(impact *im, const churn__frame *frame, uint32_t row)
{
    for (uint32_t i = 0; i < im->score_count; i++) {
        impact_thing *thing = &im->scores[i];
        if (thing->before != CHURN__NONE && thing->after != CHURN__NONE) {
            compare_score(im, frame, i, row);
        } else if (thing->before != CHURN__NONE) {
            count_thing(thing, !isnan(thing->values[im->at + row]), false, im->mrr[im->at + row]);
        } else {
            count_thing(thing, false, frame->scores[thing->after].missing[row] == CHURN__PRESENT,
                        im->mrr[im->at + row]);
        }
    }
}

static churn_status compare_trigger(impact *im, churn__frame *frame, impact_thing *thing,
                                    churn_error *err)
{
    churn_status st = CHURN_OK;
    if (thing->after != CHURN__NONE) {
        CHURN_TRY(judge(frame, thing->after, err));
    }
    for (uint32_t row = 0; row < frame->rows; row++) {
        size_t at = im->at + row;
        churn__truth before = thing->before == CHURN__NONE ? OUTSIDE : thing->truths[at];
        churn__truth after = thing->after == CHURN__NONE ? OUTSIDE : frame->truth[row];
        thing->unknown_before += before == CHURN__UNKNOWN || before == CHURN__ERROR;
        thing->unknown_after += after == CHURN__UNKNOWN || after == CHURN__ERROR;
        count_thing(thing, before == CHURN__TRUE, after == CHURN__TRUE, im->mrr[at]);
    }
done:
    return st;
}

static churn_status use_after(churn__frame *frame, void *context, churn_error *err)
{
    churn_status st = CHURN_OK;
    impact *im = context;
    for (uint32_t row = 0; row < frame->rows; row++) {
        if (im->counted[im->at + row]) {
            compare_scores(im, frame, row);
        }
    }
    for (uint32_t i = 0; i < im->trigger_count; i++) {
        CHURN_TRY(compare_trigger(im, frame, &im->triggers[i], err));
    }
    im->at += frame->rows;
done:
    return st;
}

/* ---- tables ---- */

static const churn__table_head move_columns[] = {
    {"customer", CHURN_COLUMN_STRING},    {"as_of", CHURN_COLUMN_TIME},
    {"score", CHURN_COLUMN_STRING},       {"value_before", CHURN_COLUMN_DOUBLE},
    {"value_after", CHURN_COLUMN_DOUBLE}, {"change", CHURN_COLUMN_DOUBLE},
    {"band_before", CHURN_COLUMN_STRING}, {"band_after", CHURN_COLUMN_STRING},
    {"direction", CHURN_COLUMN_STRING},   {"mrr", CHURN_COLUMN_DOUBLE},
};

static const churn__table_head count_columns[] = {
    {"sort", CHURN_COLUMN_STRING},
    {"id", CHURN_COLUMN_STRING},
    {"side", CHURN_COLUMN_STRING},
    {"before", CHURN_COLUMN_INT},
    {"after", CHURN_COLUMN_INT},
    {"change", CHURN_COLUMN_INT},
    {"both", CHURN_COLUMN_INT},
    {"only_before", CHURN_COLUMN_INT},
    {"only_after", CHURN_COLUMN_INT},
    {"unknown_before", CHURN_COLUMN_INT},
    {"unknown_after", CHURN_COLUMN_INT},
    {"mrr_before", CHURN_COLUMN_DOUBLE},
    {"mrr_after", CHURN_COLUMN_DOUBLE},
    {"mrr_only_before", CHURN_COLUMN_DOUBLE},
    {"mrr_only_after", CHURN_COLUMN_DOUBLE},
};

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static churn__table_builder *begin_table(churn__heap *heap, const churn__table_head *columns,
                                         size_t n)
{
    churn__table_builder *builder = churn__table_begin(heap, 0);
    churn__table_columns(builder, columns, n);
    return builder;
}

static const char *who_has(const impact_thing *thing)
{
    if (thing->before == CHURN__NONE) {
        return "after";
    }
    return thing->after == CHURN__NONE ? "before" : "both";
}

static void add_counts(churn__table_builder *builder, const char *sort, const impact_thing *thing,
                       bool judged)
{
    uint32_t to = 0;
    churn__table_add_string(builder, to++, churn__str_nts(sort));
    churn__table_add_string(builder, to++, thing->id);
    churn__table_add_string(builder, to++, churn__str_nts(who_has(thing)));
    churn__table_add_int(builder, to++, (int64_t)thing->count_before);
    churn__table_add_int(builder, to++, (int64_t)thing->count_after);
    churn__table_add_int(builder, to++, (int64_t)thing->count_after - (int64_t)thing->count_before);
    churn__table_add_int(builder, to++, (int64_t)thing->both);
    churn__table_add_int(builder, to++, (int64_t)thing->only_before);
    churn__table_add_int(builder, to++, (int64_t)thing->only_after);
    if (judged) {
        churn__table_add_int(builder, to++, (int64_t)thing->unknown_before);
        churn__table_add_int(builder, to++, (int64_t)thing->unknown_after);
    } else {
        churn__table_add_null(builder, to++);
        churn__table_add_null(builder, to++);
    }
    churn__table_add_double(builder, to++, churn__round6(thing->mrr_before));
    churn__table_add_double(builder, to++, churn__round6(thing->mrr_after));
    churn__table_add_double(builder, to++, churn__round6(thing->mrr_only_before));
    churn__table_add_double(builder, to, churn__round6(thing->mrr_only_after));
}

static churn_status make_counts(const impact *im, churn__heap *heap, churn_table **out,
                                churn_error *err)
{
    churn__table_builder *builder = begin_table(heap, count_columns, COUNT_OF(count_columns));
    if (builder == NULL) {
        return churn__fail_memory(err, heap);
    }
    for (uint32_t i = 0; i < im->score_count; i++) {
        add_counts(builder, "score", &im->scores[i], false);
    }
    for (uint32_t i = 0; i < im->trigger_count; i++) {
        add_counts(builder, "trigger", &im->triggers[i], true);
    }
    return churn__table_finish(builder, out, err);
}

static void sum_up(impact *im)
{
    churn_impact *s = &im->summary;
    if (im->score_count > 0) {
        s->scored_before = im->scores[0].count_before;
        s->scored_after = im->scores[0].count_after;
    }
    for (uint32_t i = 0; i < im->trigger_count; i++) {
        s->alerts_before += im->triggers[i].count_before;
        s->alerts_after += im->triggers[i].count_after;
        s->alerts_gained += im->triggers[i].only_after;
        s->alerts_lost += im->triggers[i].only_before;
    }
    s->mrr_worse = churn__round6(s->mrr_worse);
    s->mrr_better = churn__round6(s->mrr_better);
}

/* ---- the question ---- */

static churn_status go_through(impact *im, const churn_time *dates, churn_playbook *playbook,
                               churn__frame_use use, churn_error *err)
{
    churn__frame_options want = {.all_scores = true,
                                 .losses = true,
                                 .triggers = true,
                                 .playbook = playbook,
                                 .only_score = CHURN__NONE};
    churn__walk walk = {.engine = im->asking.engine,
                        .version = im->asking.version,
                        .order = im->asking.order,
                        .count = im->asking.count,
                        .dates = dates,
                        .date_count = im->date_count,
                        .want = &want,
                        .named = true,
                        .use = use,
                        .context = im,
                        .cancel = im->asking.options.cancel,
                        .counter = im->asking.options.cancel};
    im->at = 0;
    return churn__walk_all(&walk, err);
}

static churn_status answer(impact *im, const churn_time *dates, churn_table **changes,
                           churn_table **counts, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__heap *heap = churn__store_heap(im->asking.engine->store);
    CHURN_TRY(make_room(im, err));
    im->moves = begin_table(heap, move_columns, COUNT_OF(move_columns));
    if (im->moves == NULL) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    CHURN_TRY(go_through(im, dates, im->old, use_before, err));
    CHURN_TRY(go_through(im, dates, im->new, use_after, err));
    sum_up(im);
    CHURN_TRY(make_counts(im, heap, counts, err));
    st = churn__table_finish(im->moves, changes, err);
    im->moves = NULL;
done:
    churn__table_abandon(im->moves);
    free_room(im);
    return st;
}

churn_status churn_engine_impact(churn_engine *engine, churn_playbook *after,
                                 const churn_time *as_of, uint32_t count,
                                 const churn_query_options *options, churn_impact *summary,
                                 churn_table **moved, churn_table **counts, churn_error *err)
{
    if (after == NULL) {
        return churn__fail_null(err, "churn_engine_impact", "after");
    }
    churn_status st = CHURN_OK;
    churn_table *who = NULL, *counted = NULL;
    impact im = {.new = after, .date_count = count};
    if (moved != NULL) {
        *moved = NULL;
    }
    if (counts != NULL) {
        *counts = NULL;
    }
    if (summary != NULL) {
        CHURN_TRY(churn__check_struct(summary, "churn_impact", err));
    }
    CHURN_TRY(churn__asking_begin(engine, options, 0, as_of, count, &im.asking, err));
    im.heap = engine->heap;
    im.old = engine->playbook;
    CHURN_TRY(churn__engine_check_store(after, engine->store, err));
    CHURN_TRY(answer(&im, as_of, &who, &counted, err));
    if (summary != NULL) {
        im.summary.struct_size = sizeof im.summary;
        CHURN_TRY(churn__give_struct(summary, &im.summary, sizeof im.summary, "churn_impact", err));
    }
    if (moved != NULL) {
        *moved = who;
        who = NULL;
    }
    if (counts != NULL) {
        *counts = counted;
        counted = NULL;
    }
done:
    churn_table_free(who);
    churn_table_free(counted);
    churn__asking_end(&im.asking);
    return st;
}
