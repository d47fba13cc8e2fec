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
    churn__factor_state *states;
    churn__truth *truths;
} side;

typedef struct causing {
    churn__ticking *t;
    const churn__frame *frame;
    size_t at; /* the change to look into next */
    side sides[2];
    uint32_t factors, caps; /* room of each side */
} causing;

/* The line that is to blame, so far. */
typedef struct blame {
    churn__band_cause cause;
    churn_str name;
    uint32_t factor; /* CHURN__NONE: none */
    double moved;
} blame;

/* ---- both sides ---- */

static churn_status see_side(const causing *c, uint32_t score, uint32_t row, side *out,
                             churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__frame *frame = c->frame;
    const churn__score_def *def = &frame->playbook->scores[score];
    const churn__score_out *of = &frame->scores[score];
    churn__score_in in = churn__frame_score_in(frame, score);
    double raw = 0;
    out->row = row;
    out->there = frame->exists[row] && !of->missing[row];
    out->score = out->there ? of->score[row] : (double)NAN;
    out->card = &def->cards[of->cards[row]];
    CHURN_TRY(
        churn__score_states(def, out->card, &in, row, frame->scratch, out->states, &raw, err));
    CHURN_TRY(churn__score_cap_truths(def, out->card, &in, row, out->states, frame->scratch,
                                      out->truths, err));
done:
    return st;
}

/* ---- lines ---- */

static void blame_line(blame *worst, churn__band_cause cause, churn_str name, uint32_t factor,
                       double moved)
{
    if (fabs(moved) > fabs(worst->moved)) {
        *worst = (blame){cause, name, factor, moved};
    }
}

/* The points before caps: what is left of them does not count in a middle of two. */
static double raw_of(const side *s, uint32_t factors)
{
    double sum = 0;
    for (uint32_t i = 0; i < factors; i++) {
        sum += s->states[i].effective > 0 ? s->states[i].effective * s->states[i].points : 0;
    }
    return sum;
}

/* docs/reference/semantics.md, "Explanation of a change": half of each side's weight and points. */
static void blame_factor(const side *a, const side *b, const churn__score_def *def, uint32_t i,
                         double middle, blame *worst)
{
    const churn__factor_state *p = &a->states[i], *q = &b->states[i];
    bool before = p->effective > 0, after = q->effective > 0;
    churn_str name = def->cards[0].factors[i].id;
    double from = before ? p->points : after ? q->points : 0;
    double to = after ? q->points : from;
    double weighting = 0.5 * ((from - middle) + (to - middle)) *
                       ((after ? q->effective : 0) - (before ? p->effective : 0));
    if (before && after) {
        blame_line(worst, CHURN__BECAUSE_BEHAVIOUR, name, i,
                   0.5 * (p->effective + q->effective) * (to - from));
    }
    blame_line(worst, a->card == b->card ? CHURN__BECAUSE_MISSING : CHURN__BECAUSE_CARD, name, i,
               weighting);
}

/* What each cap of one side does to what came before it. */
static double cap_effect(const side *s, uint32_t index, double given, double *value)
{
    const churn__cap_def *cap = &s->card->caps[index];
    double before = *value;
    if (cap->kind == CHURN__CAP_OVERRIDE) {
        *value = isnan(given) ? before : given;
    } else if (!cap->off && s->truths[index] == CHURN__TRUE) {
        bool acts = cap->is_floor ? before < cap->bound : before > cap->bound;
        *value = acts ? cap->bound : before;
    }
    return *value - before;
}

static double given_value(const causing *c, uint32_t score, uint32_t row)
{
    churn__score_in in = churn__frame_score_in(c->frame, score);
    return in.overrides ? in.overrides[row] : (double)NAN;
}

static void blame_caps(const causing *c, uint32_t score, blame *worst)
{
    const churn__score_def *def = &c->frame->playbook->scores[score];
    const side *a = &c->sides[0], *b = &c->sides[1];
    double x = raw_of(a, def->factor_count), y = raw_of(b, def->factor_count);
    for (uint32_t i = 0; i < def->cap_count; i++) {
        const churn__cap_def *cap = &def->cards[0].caps[i];
        churn__band_cause cause = cap->kind == CHURN__CAP_OVERRIDE ? CHURN__BECAUSE_OVERRIDE
                                  : cap->is_floor                  ? CHURN__BECAUSE_FLOOR
                                                                   : CHURN__BECAUSE_CAP;
        double before = cap_effect(a, i, given_value(c, score, a->row), &x);
        double after = cap_effect(b, i, given_value(c, score, b->row), &y);
        blame_line(worst, cause, cap->id, CHURN__NONE, after - before);
    }
}

/* Where one side has no score: the factor of the greatest weight that only one of them has. */
static void blame_absence(const side *a, const side *b, const churn__score_def *def, blame *worst)
{
    double most = 0;
    worst->cause = CHURN__BECAUSE_MISSING;
    for (uint32_t i = 0; i < def->factor_count; i++) {
        bool before = a->states[i].missing == CHURN__PRESENT;
        bool after = b->states[i].missing == CHURN__PRESENT;
        if (before != after && a->states[i].whole > most) {
            most = a->states[i].whole;
            worst->factor = i;
            worst->name = def->cards[0].factors[i].id;
        }
    }
    worst->moved = (double)NAN;
}

static blame find_blame(const causing *c, uint32_t score)
{
    const churn__score_def *def = &c->frame->playbook->scores[score];
    const side *a = &c->sides[0], *b = &c->sides[1];
    blame worst = {.cause = CHURN__BECAUSE_NOT_SOUGHT, .factor = CHURN__NONE};
    if (!a->there || !b->there) {
        blame_absence(a, b, def, &worst);
        return worst;
    }
    double middle = 0.5 * (raw_of(a, def->factor_count) + raw_of(b, def->factor_count));
    for (uint32_t i = 0; i < def->factor_count; i++) {
        blame_factor(a, b, def, i, middle, &worst);
    }
    blame_caps(c, score, &worst);
    return worst;
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
    return s->states[factor].missing == CHURN__PRESENT ? s->states[factor].value : (double)NAN;
}

static churn_status note_inputs(causing *c, churn__band_change *change, uint32_t factor,
                                churn_error *err)
{
    churn_status st = CHURN_OK;
    const side *a = &c->sides[0], *b = &c->sides[1];
    change->input_before = shown_input(a, factor);
    change->input = shown_input(b, factor);
    CHURN_TRY(churn__stage_text(&c->t->staging, a->states[factor].word, &change->word_before, err));
    CHURN_TRY(churn__stage_text(&c->t->staging, b->states[factor].word, &change->word, err));
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
    CHURN_TRY(see_side(c, score, place * 2, &c->sides[0], err));
    CHURN_TRY(see_side(c, score, place * 2 + 1, &c->sides[1], err));
    change->value_before = c->sides[0].score;
    change->cause = (uint8_t)find_circumstance(c, score, customer);
    if (change->cause != CHURN__BECAUSE_NOT_SOUGHT) {
        goto done;
    }
    blame worst = find_blame(c, score);
    change->cause = (uint8_t)worst.cause;
    change->moved = isnan(worst.moved) ? worst.moved : churn__round6(worst.moved);
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

static bool open_sides(causing *c)
{
    const churn_engine *engine = c->t->staging.engine;
    const churn_playbook *playbook = engine->playbook;
    for (uint32_t i = 0; i < playbook->score_count; i++) {
        const churn__score_def *def = &playbook->scores[i];
        c->factors = def->factor_count > c->factors ? def->factor_count : c->factors;
        c->caps = def->cap_count > c->caps ? def->cap_count : c->caps;
    }
    for (uint32_t i = 0; i < 2; i++) {
        side *s = &c->sides[i];
        s->states = churn__alloc_array_zero(engine->heap, c->factors, sizeof *s->states);
        s->truths = churn__alloc_array_zero(engine->heap, c->caps, sizeof *s->truths);
        if (!s->states || !s->truths) {
            return false;
        }
    }
    return true;
}

static void close_sides(causing *c)
{
    const churn_engine *engine = c->t->staging.engine;
    for (uint32_t i = 0; i < 2; i++) {
        side *s = &c->sides[i];
        churn__free_array(engine->heap, s->states, c->factors, sizeof *s->states);
        churn__free_array(engine->heap, s->truths, c->caps, sizeof *s->truths);
    }
}

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
    uint32_t *customers = churn__alloc_array(engine->heap, changes, sizeof *customers);
    if (!customers || !open_sides(&c)) {
        CHURN_TRY(churn__fail_memory(err, engine->heap));
    }
    uint32_t count = list_customers(&t->staging, customers);
    CHURN_TRY(ask_both(&c, customers, count, cancel, err));
done:
    churn__free_array(engine->heap, customers, changes, sizeof *customers);
    close_sides(&c);
    return st;
}
