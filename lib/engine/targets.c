/* SPDX-License-Identifier: MIT */
#include "engine/targets.h"

#include <math.h>
#include <string.h>

#include "base/sort.h"

/* What it takes to reach a score: the question and its table. */

enum column {
    RANK,
    KIND,
    FIRST, /* eight of the first factor */
    SECOND = FIRST + 9,
    COST = SECOND + 9,
    FEASIBLE,
    REASON,
    REACHES,
    TARGET,
    COLUMNS
};

static const churn__table_head columns[COLUMNS] = {
    {"rank", CHURN_COLUMN_INT},
    {"kind", CHURN_COLUMN_STRING},
    {"factor", CHURN_COLUMN_STRING},
    {"metric", CHURN_COLUMN_STRING},
    {"value", CHURN_COLUMN_DOUBLE},
    {"value_needed", CHURN_COLUMN_DOUBLE},
    {"word", CHURN_COLUMN_STRING},
    {"word_needed", CHURN_COLUMN_STRING},
    {"unit", CHURN_COLUMN_STRING},
    {"points", CHURN_COLUMN_DOUBLE},
    {"points_needed", CHURN_COLUMN_DOUBLE},
    {"factor_2", CHURN_COLUMN_STRING},
    {"metric_2", CHURN_COLUMN_STRING},
    {"value_2", CHURN_COLUMN_DOUBLE},
    {"value_needed_2", CHURN_COLUMN_DOUBLE},
    {"word_2", CHURN_COLUMN_STRING},
    {"word_needed_2", CHURN_COLUMN_STRING},
    {"unit_2", CHURN_COLUMN_STRING},
    {"points_2", CHURN_COLUMN_DOUBLE},
    {"points_needed_2", CHURN_COLUMN_DOUBLE},
    {"cost", CHURN_COLUMN_DOUBLE},
    {"feasible", CHURN_COLUMN_BOOL},
    {"reason", CHURN_COLUMN_STRING},
    {"reaches", CHURN_COLUMN_DOUBLE},
    {"target", CHURN_COLUMN_DOUBLE},
};

/* ---- what is to be reached ---- */

static churn_status named_band(churn__hunt *h, churn_error *err)
{
    for (uint32_t b = 0; b < h->def->band_count; b++) {
        if (churn__str_eq(h->card->bands[b].id, h->options.band)) {
            h->target = h->card->bands[b].low;
            return CHURN_OK;
        }
    }
    return churn__fail(err, CHURN_E_NOT_FOUND, 0, "score %q has no band %q", &h->def->id,
                       &h->options.band);
}

/* The lower bound of the band above the present one; without a score of the lowest that has one.
 * Nothing is above the best band. */
static double next_band(const churn__hunt *h)
{
    double target = h->present;
    for (uint32_t b = h->def->band_count; b > 0; b--) {
        double low = h->card->bands[b - 1].low;
        if (low > (isnan(h->present) ? 0 : h->present)) {
            return low;
        }
    }
    return isnan(target) ? 0 : target;
}

static churn_status find_target(churn__hunt *h, churn_error *err)
{
    churn_status st = CHURN_OK;
    double given = h->options.target;
    bool by_number = given != 0 && !isnan(given), by_band = h->options.band.len > 0;
    if (by_number && by_band) {
        CHURN_FAIL(CHURN_E_ARG, 0, "band and target: give one of them");
    }
    if (by_number && !(given > 0 && given <= 100)) {
        CHURN_FAIL(CHURN_E_RANGE, 0, "target: a score is over 0 and at most 100");
    }
    h->target = by_number ? churn__round6(given) : next_band(h);
    if (by_band) {
        CHURN_TRY(named_band(h, err));
    }
done:
    return st;
}

/* ---- the present ---- */

static churn_status look(churn__hunt *h, churn_error *err)
{
    churn_status st = CHURN_OK;
    uint32_t n = h->def->factor_count;
    const churn__target_move none = {.lever = NULL};
    CHURN_TRY(churn__frame_survey(h->frame, h->asking.engine, &h->want, h->cancel, err));
    CHURN_TRY(churn__hunt_try(h, &none, 0, false, &h->present, err));
    if (!h->frame->exists[0]) {
        CHURN_FAIL(CHURN_E_NOT_FOUND, 0, "the customer does not exist at as_of");
    }
    h->card = churn__frame_card(h->frame, h->score, 0);
    h->now = churn__arena_array(&h->arena, n, sizeof *h->now);
    h->room = churn__arena_array(&h->arena, n, sizeof *h->room);
    h->more = churn__arena_array(&h->arena, n, sizeof *h->more);
    if (h->now == NULL || h->room == NULL || h->more == NULL) {
        CHURN_TRY(churn__fail_memory(err, h->heap));
    }
    const churn__score_in in = churn__frame_score_in(h->frame, h->score);
    CHURN_TRY(
        churn__score_states(h->def, h->card, &in, 0, h->frame->scratch, h->now, &h->raw, err));
    CHURN_TRY(find_target(h, err));
done:
    return st;
}

/* The frame computes what the score stands on, and what authors named behind it. */
static churn_status open_frame(churn__hunt *h, churn_error *err)
{
    churn_status st = CHURN_OK;
    uint32_t n = h->def->factor_count, count = 0;
    uint32_t *slots = churn__arena_array(&h->arena, n, sizeof *slots);
    if (slots == NULL) {
        CHURN_TRY(churn__fail_memory(err, h->heap));
    }
    for (uint32_t f = 0; f < n; f++) {
        uint32_t shown = h->def->cards[0].factors[f].shown_slot;
        if (shown != CHURN__NO_SLOT) {
            slots[count++] = shown;
        }
    }
    h->given = (churn__given){.customer = h->asking.one,
                              .values = h->values,
                              .scores = h->scores,
                              .score_values = h->score_values};
    h->want = (churn__frame_options){.only_score = h->score,
                                     .one_customer = true,
                                     .slots = slots,
                                     .slot_count = count,
                                     .given = &h->given};
    CHURN_TRY(churn__frame_open(h->asking.engine, h->asking.version, &h->as_of, 1, &h->want,
                                &h->frame, err));
done:
    return st;
}

/* ---- rows ---- */

static churn_str metric_name(const churn__hunt *h, const churn__lever *lever)
{
    const churn_playbook *pb = h->frame->playbook;
    if (lever->shown == CHURN__NO_SLOT) {
        return (churn_str){NULL, 0};
    }
    const churn__slot *what = &pb->slots[lever->shown];
    if (what->kind == CHURN__SLOT_METRIC) {
        return pb->metrics[what->index].id;
    }
    return what->kind == CHURN__SLOT_SCORE ? pb->scores[what->index].id : what->name;
}

static churn_str unit_of(const churn__hunt *h, const churn__lever *lever)
{
    const churn__factor_def *factor = &h->card->factors[lever->factor];
    if (factor->unit.ptr != NULL) {
        return factor->unit;
    }
    if (lever->metric != CHURN__NONE) {
        return churn__str_nts(churn__playbook_unit(h->frame->playbook, lever->metric));
    }
    return CHURN__STR("points");
}

/* Text of a choice that is one of a few; {NULL, 0} of a number. */
static churn_str word_of(const churn__hunt *h, const churn__lever *lever, churn__choice choice)
{
    bool truth = lever->words && choice.word.ptr == NULL && !isnan(choice.value) &&
                 h->frame->playbook->slots[lever->shown].type == CHURN__TYPE_BOOL;
    return !truth ? choice.word : choice.value != 0 ? CHURN__STR("true") : CHURN__STR("false");
}

static void add_move(const churn__hunt *h, churn__table_builder *to, uint32_t at,
                     const churn__target_move *move)
{
    const churn__lever *lever = move->lever;
    const churn__choice now = {lever->value, lever->word};
    double points = h->now[lever->factor].points;
    churn__table_add_string(to, at++, h->card->factors[lever->factor].id);
    churn__table_add_string(to, at++, metric_name(h, lever));
    churn__table_add_double(to, at++, lever->words ? (double)NAN : lever->value);
    churn__table_add_double(to, at++, lever->words ? (double)NAN : move->shown.value);
    churn__table_add_string(to, at++, word_of(h, lever, now));
    churn__table_add_string(to, at++, word_of(h, lever, move->shown));
    churn__table_add_string(to, at++, unit_of(h, lever));
    churn__table_add_double(to, at++, isnan(points) ? points : churn__round6(points));
    churn__table_add_double(to, at,
                            isnan(move->points) ? move->points : churn__round6(move->points));
}

static void add_way(const churn__hunt *h, churn__table_builder *to, const churn__way *way,
                    uint32_t rank)
{
    const churn_str none = {NULL, 0};
    if (way->feasible) {
        churn__table_add_int(to, RANK, rank);
    } else {
        churn__table_add_null(to, RANK);
    }
    churn__table_add_string(to, KIND, way->count == 1 ? CHURN__STR("single") : CHURN__STR("pair"));
    add_move(h, to, FIRST, &way->moves[0]);
    if (way->count == 2) {
        add_move(h, to, SECOND, &way->moves[1]);
    }
    for (uint32_t c = SECOND; way->count == 1 && c < COST; c++) {
        churn__table_add_null(to, c);
    }
    churn__table_add_double(to, COST, way->feasible ? churn__round6(way->cost) : (double)NAN);
    churn__table_add_bool(to, FEASIBLE, way->feasible);
    churn__table_add_string(to, REASON, way->reason[0] ? churn__str_nts(way->reason) : none);
    churn__table_add_double(to, REACHES, way->reaches);
    churn__table_add_double(to, TARGET, h->target);
}

/* By cost, then fewer factors, then as they come; those that cannot do it last. Stable. */
static int compare_ways(const void *a, const void *b, const void *context)
{
    const churn__way *x = a, *y = b;
    (void)context;
    if (x->feasible != y->feasible) {
        return x->feasible ? -1 : 1;
    }
    if (!x->feasible) {
        return 0;
    }
    double left = churn__round6(x->cost), right = churn__round6(y->cost);
    if (left != right) {
        return left < right ? -1 : 1;
    }
    return (x->count > y->count) - (x->count < y->count);
}

static churn_status fill_table(const churn__hunt *h, const churn__way *ways, uint32_t count,
                               churn_table **out, churn_error *err)
{
    churn__heap *heap = churn__store_heap(h->asking.engine->store);
    churn__table_builder *builder = churn__table_begin(heap, count);
    if (builder == NULL) {
        return churn__fail_memory(err, heap);
    }
    churn__table_columns(builder, columns, COLUMNS);
    for (uint32_t i = 0; i < count; i++) {
        add_way(h, builder, &ways[i], i + 1);
    }
    return churn__table_finish(builder, out, err);
}

#define MOST_PAIRS 100u

static churn_status hunt(churn__hunt *h, churn_table **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    uint32_t count = 0, pairs = 0;
    size_t most = (size_t)h->def->factor_count + MOST_PAIRS;
    churn__way *ways = churn__alloc_array_zero(h->heap, most, sizeof *ways);
    if (ways == NULL) {
        CHURN_TRY(churn__fail_memory(err, h->heap));
    }
    if (!(h->present >= h->target)) {
        CHURN_TRY(churn__levers_find(h, err));
        for (uint32_t i = 0; i < h->lever_count; i++) {
            CHURN_TRY(churn__hunt_single(h, &h->levers[i], &ways[count++], err));
        }
        CHURN_TRY(churn__hunt_pairs(h, ways, ways + count, &pairs, err));
        count += pairs;
    }
    if (!churn__sort(h->heap, ways, count, sizeof *ways, compare_ways, NULL)) {
        CHURN_TRY(churn__fail_memory(err, h->heap));
    }
    st = fill_table(h, ways, count, out, err);
done:
    churn__free_array(h->heap, ways, most, sizeof *ways);
    return st;
}

/* ---- the question ---- */

static churn_status take_options(churn__hunt *h, const churn_target_options *given,
                                 churn_error *err)
{
    churn_status st = CHURN_OK;
    CHURN_TRY(
        churn__copy_struct(&h->options, sizeof h->options, given, "churn_target_options", err));
    if (h->options.flags != 0 || h->options.reserved != 0) {
        CHURN_FAIL(CHURN_E_ARG, 0, "churn_target_options: flags and reserved must be zero");
    }
    h->options.pairs = h->options.pairs > MOST_PAIRS ? MOST_PAIRS : h->options.pairs;
    h->cancel = h->options.cancel;
done:
    return st;
}

churn_status churn_engine_targets(churn_engine *engine, const char *customer, size_t len,
                                  churn_time as_of, const churn_target_options *options,
                                  churn_table **out, churn_error *err)
{
    if (out == NULL) {
        return churn__fail_null(err, "churn_engine_targets", "out");
    }
    *out = NULL;
    churn__hunt h = {.as_of = as_of};
    churn_query_options whom = {.struct_size = sizeof whom};
    churn_status st = CHURN_OK;
    CHURN_TRY(take_options(&h, options, err));
    CHURN_TRY(churn__take_str(customer, len, false, 1024, "customer", &whom.customer, err));
    CHURN_TRY(churn__asking_begin(engine, &whom, 0, &as_of, 1, &h.asking, err));
    h.heap = engine->heap;
    churn__arena_init(&h.arena, h.heap);
    CHURN_TRY(churn__find_score(engine->playbook, h.options.score, &h.score, err));
    h.def = &engine->playbook->scores[h.score];
    CHURN_TRY(open_frame(&h, err));
    CHURN_TRY(look(&h, err));
    CHURN_TRY(hunt(&h, out, err));
done:
    churn__frame_close(h.frame);
    if (h.heap != NULL) {
        churn__arena_clear(&h.arena);
    }
    churn__asking_end(&h.asking);
    return st;
}
