/* SPDX-License-Identifier: MIT */
#include "engine/tick.h"

#include <math.h>

/*
 * What moved those who changed their band: their scores at the last evaluation's date and now are
 * taken apart side by side. Both sides are seen by the present playbook and the present version of
 * the store, so that an engine that was loaded finds the same as one that was not.
 */
#define CUSTOMERS_MOST 65536u /* in one evaluation */

typedef struct side {
    uint32_t row;
    bool there; /* a score */
    double score;
    const churn__card_def *card;
    churn__score_level *level;
} side;

/* A score of one customer taken apart: as it was, on the card of now, and as it is. */
typedef struct levels {
    bool made;
    churn__score_level was, carded, is;
} levels;

typedef struct causing {
    churn__ticking *t;
    const churn__frame *frame;
    size_t at; /* the change to look into next */
    side sides[2];
    levels *levels;     /* by score */
    churn__arena arena; /* theirs */
    churn__arena lines; /* of the change in hand */
} causing;

/* The line that is to blame, so far. */
typedef struct blame {
    churn__band_cause cause;
    churn_str name;
    uint32_t factor; /* CHURN__NONE: none */
    double moved;
} blame;

/* ---- both sides ---- */

static churn_status make_levels(causing *c, uint32_t score, churn_error *err)
{
    const churn__score_def *def = &c->frame->playbook->scores[score];
    levels *of = &c->levels[score];
    if (!of->made) {
        of->made = churn__score_level_make(def, &c->arena, &of->was) &&
                   churn__score_level_make(def, &c->arena, &of->carded) &&
                   churn__score_level_make(def, &c->arena, &of->is);
    }
    return of->made ? CHURN_OK : churn__fail_memory(err, c->arena.heap);
}

static churn_status see_side(const causing *c, uint32_t score, uint32_t row,
                             churn__score_level *level, side *out, churn_error *err)
{
    const churn__frame *frame = c->frame;
    const churn__score_out *of = &frame->scores[score];
    churn__score_in in = churn__frame_score_in(frame, score);
    out->row = row;
    out->there = frame->exists[row] && !of->missing[row];
    out->score = out->there ? of->score[row] : (double)NAN;
    out->card = churn__frame_card(frame, score, row);
    out->level = level;
    return churn__score_level_take(level, &in, row, of->cards[row], frame->scratch, err);
}

static churn_status see_both(causing *c, uint32_t score, uint32_t place, churn_error *err)
{
    churn_status st = CHURN_OK;
    CHURN_TRY(make_levels(c, score, err));
    levels *of = &c->levels[score];
    CHURN_TRY(see_side(c, score, place * 2, &of->was, &c->sides[0], err));
    CHURN_TRY(see_side(c, score, place * 2 + 1, &of->is, &c->sides[1], err));
done:
    return st;
}

/* ---- lines ---- */

static churn__band_cause cause_of(churn__line_kind kind)
{
    switch (kind) {
    case CHURN__LINE_CARD:
        return CHURN__BECAUSE_CARD;
    case CHURN__LINE_CAP:
        return CHURN__BECAUSE_CAP;
    case CHURN__LINE_FLOOR:
        return CHURN__BECAUSE_FLOOR;
    case CHURN__LINE_OVERRIDE:
        return CHURN__BECAUSE_OVERRIDE;
    case CHURN__LINE_MISSINGNESS:
        return CHURN__BECAUSE_MISSING;
    default:
        return CHURN__BECAUSE_BEHAVIOUR;
    }
}

/* The greatest of the lines between the first and the last; of equals the one that comes first. */
static void blame_line(const churn__score_level *is, const churn__score_line *lines, uint32_t count,
                       blame *worst)
{
    int64_t most = 0;
    for (uint32_t i = 1; i + 1 < count; i++) {
        const churn__score_line *line = &lines[i];
        int64_t size = line->contribution < 0 ? -line->contribution : line->contribution;
        if (size <= most) {
            continue;
        }
        uint32_t index = line->after != CHURN__NO_SLOT ? line->after : line->before;
        churn__band_cause cause = cause_of(line->kind);
        bool cap = cause == CHURN__BECAUSE_CAP || cause == CHURN__BECAUSE_FLOOR ||
                   cause == CHURN__BECAUSE_OVERRIDE;
        most = size;
        worst->cause = cause;
        worst->factor = cap ? CHURN__NONE : index;
        worst->name = cap ? is->card->caps[index].id : is->card->factors[index].id;
        worst->moved = (double)line->contribution / 1e6;
    }
}

static churn_status blame_change(causing *c, uint32_t score, blame *worst, churn_error *err)
{
    churn_status st = CHURN_OK;
    levels *of = &c->levels[score];
    churn__score_change change = {&of->was, &of->was, &of->was, &of->is};
    churn__score_line *lines = NULL;
    uint32_t count = 0;
    if (c->sides[0].card != c->sides[1].card) {
        churn__score_in in = churn__frame_score_in(c->frame, score);
        CHURN_TRY(churn__score_level_take(&of->carded, &in, c->sides[0].row,
                                          c->frame->scores[score].cards[c->sides[1].row],
                                          c->frame->scratch, err));
        change.carded = &of->carded;
    }
    CHURN_TRY(churn__score_explain_change(&change, &c->lines, &lines, &count, err));
    blame_line(&of->is, lines, count, worst);
done:
    churn__arena_clear(&c->lines);
    return st;
}

/* Where one side has no score: the factor of the greatest weight that only one of them has. */
static void blame_absence(const side *a, const side *b, const churn__score_def *def, blame *worst)
{
    double most = 0;
    worst->cause = CHURN__BECAUSE_MISSING;
    worst->moved = (double)NAN;
    for (uint32_t i = 0; i < def->factor_count; i++) {
        const churn__factor_state *p = &a->level->states[i], *q = &b->level->states[i];
        if ((p->missing == CHURN__PRESENT) != (q->missing == CHURN__PRESENT) && p->whole > most) {
            most = p->whole;
            worst->factor = i;
            worst->name = def->cards[0].factors[i].id;
        }
    }
}

static churn_status find_blame(causing *c, uint32_t score, blame *worst, churn_error *err)
{
    const side *a = &c->sides[0], *b = &c->sides[1];
    *worst = (blame){.cause = CHURN__BECAUSE_NOT_SOUGHT, .factor = CHURN__NONE};
    if (!a->there || !b->there) {
        blame_absence(a, b, &c->frame->playbook->scores[score], worst);
        return CHURN_OK;
    }
    return blame_change(c, score, worst, err);
}

/* ---- what is not the customer's doing ---- */

/* The band that would have come of the score before, at an instant. */
static uint32_t band_of_before(const causing *c, uint32_t score, churn__band_cell cell,
                               churn_time at)
{
    const churn_engine *engine = c->t->staging.engine;
    const churn__score_def *def = &c->frame->playbook->scores[score];
    const churn__band_memory *memory = &engine->bands.each[score];
    const side *a = &c->sides[0];
    if (!a->there) {
        return def->band_count;
    }
    churn__held_band held = {.code = memory->codes[cell.band - 1],
                             .since = engine->bands.ticks[cell.since]};
    return churn__score_hold(def, a->card, a->score, at, &held);
}

static churn__band_cause find_circumstance(const causing *c, uint32_t score, uint32_t customer)
{
    const churn_engine *engine = c->t->staging.engine;
    churn__band_cell cell = churn__bands_cell(&engine->bands.each[score], customer);
    uint32_t now = c->frame->scores[score].band_codes[c->sides[1].row];
    if (band_of_before(c, score, cell, engine->as_of) == now) {
        bool same = engine->bands.playbook == churn_playbook_hash(engine->playbook);
        return same ? CHURN__BECAUSE_CORRECTION : CHURN__BECAUSE_CONFIGURATION;
    }
    return band_of_before(c, score, cell, c->t->staging.at) == now ? CHURN__BECAUSE_STAY
                                                                   : CHURN__BECAUSE_NOT_SOUGHT;
}

/* ---- one change ---- */

static double shown_input(const side *s, uint32_t factor)
{
    const churn__factor_state *state = &s->level->states[factor];
    return state->missing == CHURN__PRESENT ? state->value : (double)NAN;
}

static churn_status note_inputs(causing *c, churn__band_change *change, uint32_t factor,
                                churn_error *err)
{
    churn_status st = CHURN_OK;
    const side *a = &c->sides[0], *b = &c->sides[1];
    change->input_before = shown_input(a, factor);
    change->input = shown_input(b, factor);
    CHURN_TRY(churn__stage_text(&c->t->staging, a->level->states[factor].word, &change->word_before,
                                err));
    CHURN_TRY(churn__stage_text(&c->t->staging, b->level->states[factor].word, &change->word, err));
done:
    return st;
}

static churn_status find_cause(causing *c, churn__band_change *change, uint32_t customer,
                               uint32_t place, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_engine *engine = c->t->staging.engine;
    uint32_t score = 0;
    while (engine->bands.each[score].id != change->score) {
        score++;
    }
    CHURN_TRY(see_both(c, score, place, err));
    change->value_before = c->sides[0].score;
    change->cause = (uint8_t)find_circumstance(c, score, customer);
    if (change->cause != CHURN__BECAUSE_NOT_SOUGHT) {
        goto done;
    }
    blame worst;
    CHURN_TRY(find_blame(c, score, &worst, err));
    change->cause = (uint8_t)worst.cause;
    change->moved = worst.moved;
    CHURN_TRY(churn__stage_text(&c->t->staging, worst.name, &change->name, err));
    if (worst.factor != CHURN__NONE) {
        CHURN_TRY(note_inputs(c, change, worst.factor, err));
    }
done:
    return st;
}

/* Changes lie in the order of customers, those of one together. */
static churn_status use_causes(churn__frame *frame, void *context, churn_error *err)
{
    churn_status st = CHURN_OK;
    causing *c = context;
    churn__staging *staging = &c->t->staging;
    churn__bands *bands = &staging->engine->bands;
    size_t count = staging->band_changes - bands->change_count;
    c->frame = frame;
    for (uint32_t place = 0; place < frame->customer_count; place++) {
        uint32_t customer = frame->customers[place];
        for (; c->at < count && staging->band_customers[c->at] == customer; c->at++) {
            churn__band_change *change = &bands->changes[bands->change_count + c->at];
            CHURN_TRY(find_cause(c, change, customer, place, err));
        }
    }
done:
    return st;
}

/* ---- all of an evaluation ---- */

/* Each customer once; returns how many. What is beyond the limit goes without a cause. */
static uint32_t list_customers(churn__staging *staging, uint32_t *out)
{
    size_t changes = staging->band_changes - staging->engine->bands.change_count;
    uint32_t count = 0;
    for (size_t i = 0; i < changes; i++) {
        bool known = i > 0 && staging->band_customers[i - 1] == staging->band_customers[i];
        if (!known && count == CUSTOMERS_MOST) {
            staging->run.unexplained = changes - i;
            break;
        }
        if (!known) {
            out[count++] = staging->band_customers[i];
        }
    }
    return count;
}

static churn_status ask_both(causing *c, const uint32_t *customers, uint32_t count,
                             churn_cancel *cancel, churn_error *err)
{
    churn_engine *engine = c->t->staging.engine;
    const churn_time dates[] = {engine->as_of, c->t->staging.at};
    churn__frame_options want = {.all_scores = true,
                                 .held = true,
                                 .only_score = CHURN__NONE,
                                 .stale_sources = engine->stale_sources};
    churn__walk walk = {.engine = engine,
                        .version = c->t->version,
                        .order = customers,
                        .count = count,
                        .dates = dates,
                        .date_count = 2,
                        .want = &want,
                        .use = use_causes,
                        .context = c,
                        .cancel = cancel};
    return churn__walk_all(&walk, err);
}

churn_status churn__tick_causes(churn__ticking *t, churn_cancel *cancel, churn_error *err)
{
    churn_status st = CHURN_OK;
    causing c = {.t = t};
    churn_engine *engine = t->staging.engine;
    size_t changes = t->staging.band_changes - engine->bands.change_count;
    if (changes == 0) {
        return CHURN_OK;
    }
    uint32_t scores = engine->playbook->score_count;
    uint32_t *customers = churn__alloc_array(engine->heap, changes, sizeof *customers);
    churn__arena_init(&c.arena, engine->heap);
    churn__arena_init(&c.lines, engine->heap);
    c.levels = churn__alloc_array_zero(engine->heap, scores, sizeof *c.levels);
    if (!customers || !c.levels) {
        CHURN_TRY(churn__fail_memory(err, engine->heap));
    }
    uint32_t count = list_customers(&t->staging, customers);
    CHURN_TRY(ask_both(&c, customers, count, cancel, err));
done:
    churn__free_array(engine->heap, customers, changes, sizeof *customers);
    churn__free_array(engine->heap, c.levels, scores, sizeof *c.levels);
    churn__arena_clear(&c.lines);
    churn__arena_clear(&c.arena);
    return st;
}
