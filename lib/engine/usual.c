/* SPDX-License-Identifier: MIT */
#include "base/checked.h"
#include "engine/engine_internal.h"

/*
 * How a metric is distributed among the customers of a group, at each date: over those who exist
 * and of whom it is known. A baseline may stand on segments, and these on other baselines, so this
 * is done in rounds through all customers, each with what those before it found. A round happens in
 * the customers' order, and distributions do not depend on it anyway. Baselines of the same metric
 * in the same groups share one.
 */

/* Values of one group at one date: in the order of customers, then ascending; where many are equal
 * each once, and how many are at most as large. */
typedef struct sample {
    double *data;
    uint64_t *upto;
    size_t count, capacity;
} sample;

typedef struct pool {
    uint32_t metric; /* the first baseline that asks for it */
    bool ranks;      /* some form asks for more than medians and spreads */
    churn__metric_usual found;
    churn__distribution *distributions; /* by group, then date */
    sample *samples;                    /* the same */
    size_t count;                       /* of each of these */
} pool;

struct churn__usual {
    churn__heap *heap;
    const churn_playbook *playbook;
    uint32_t date_count;
    pool *pools;
    uint32_t pool_count;
    uint32_t *pool_of;     /* by metric */
    uint8_t *wanted;       /* by metric: baselines of groups that the asker needs */
    uint8_t *now;          /* those of the present round */
    churn__family *family; /* scores of child customers; NULL: none are needed */
};

const churn__family *churn__usual_family(const churn__usual *usual)
{
    return usual->family;
}

const churn__metric_usual *churn__usual_of(const churn__usual *usual, uint32_t metric)
{
    return &usual->pools[usual->pool_of[metric]].found;
}

/* ---- life ---- */

static void free_sample(churn__heap *heap, sample *s)
{
    churn__free_array(heap, s->data, s->capacity, sizeof *s->data);
    churn__free_array(heap, s->upto, s->upto == NULL ? 0 : s->capacity, sizeof *s->upto);
    *s = (sample){0};
}

void churn__usual_free(churn__usual *usual)
{
    if (usual == NULL) {
        return;
    }
    churn__heap *heap = usual->heap;
    uint32_t count = usual->playbook->metric_count;
    for (uint32_t i = 0; usual->pools != NULL && i < usual->pool_count; i++) {
        pool *p = &usual->pools[i];
        for (size_t k = 0; p->samples != NULL && k < p->count; k++) {
            free_sample(heap, &p->samples[k]);
        }
        churn__free_array(heap, p->samples, p->count, sizeof *p->samples);
        churn__free_array(heap, p->distributions, p->count, sizeof *p->distributions);
    }
    churn__free_array(heap, usual->pools, count, sizeof *usual->pools);
    churn__free_array(heap, usual->pool_of, count, sizeof *usual->pool_of);
    churn__free_array(heap, usual->wanted, count, 1);
    churn__free_array(heap, usual->now, count, 1);
    churn__family_free(usual->family);
    churn__free(heap, usual, sizeof *usual);
}

static churn__usual *usual_create(const churn__frame *asker)
{
    churn__usual *usual = churn__alloc_zero(asker->heap, sizeof *usual);
    if (usual == NULL) {
        return NULL;
    }
    uint32_t count = asker->playbook->metric_count;
    usual->heap = asker->heap;
    usual->playbook = asker->playbook;
    usual->date_count = asker->date_count;
    usual->pools = churn__alloc_array_zero(usual->heap, count, sizeof *usual->pools);
    usual->pool_of = churn__alloc_array_zero(usual->heap, count, sizeof *usual->pool_of);
    usual->wanted = churn__alloc_array_zero(usual->heap, count, 1);
    usual->now = churn__alloc_array_zero(usual->heap, count, 1);
    if (usual->pools == NULL || usual->pool_of == NULL || usual->wanted == NULL ||
        usual->now == NULL) {
        churn__usual_free(usual);
        return NULL;
    }
    return usual;
}

static bool is_shared(const churn__metric_def *a, const churn__metric_def *b)
{
    return a->a.metric == b->a.metric && a->baseline == b->baseline && a->segment == b->segment;
}

static void join_pool(churn__usual *usual, uint32_t metric)
{
    const churn__metric_def *defs = usual->playbook->metrics;
    uint32_t i = 0;
    while (i < usual->pool_count && !is_shared(&defs[usual->pools[i].metric], &defs[metric])) {
        i++;
    }
    if (i == usual->pool_count) {
        usual->pools[usual->pool_count++].metric = metric;
    }
    usual->pool_of[metric] = i;
    usual->pools[i].ranks |= defs[metric].form == CHURN__FORM_PERCENTILE;
}

/* ---- a round ---- */

static bool of_own_segment(const churn__metric_def *def)
{
    return def->baseline == CHURN__BASELINE_SEGMENT && def->segment == CHURN__NONE;
}

static bool round_room(churn__usual *usual, pool *p)
{
    bool own = of_own_segment(&usual->playbook->metrics[p->metric]);
    p->found.group_count = own ? usual->playbook->segment_count : 1;
    if (!churn__mul_size(p->found.group_count, usual->date_count, &p->count)) {
        p->count = 0;
        return false;
    }
    p->distributions = churn__alloc_array_zero(usual->heap, p->count, sizeof *p->distributions);
    p->samples = churn__alloc_array_zero(usual->heap, p->count, sizeof *p->samples);
    p->found.found = p->distributions;
    return p->distributions != NULL && p->samples != NULL;
}

/* The segment that makes a group; CHURN__NONE: all customers do. */
static uint32_t group_segment(const churn__metric_def *def, uint32_t group)
{
    if (def->baseline == CHURN__BASELINE_ALL) {
        return CHURN__NONE;
    }
    return def->segment == CHURN__NONE ? group : def->segment;
}

bool churn__usual_member(const churn__frame *frame, uint32_t segment, uint32_t row)
{
    if (!frame->exists[row]) {
        return false;
    }
    if (segment == CHURN__NONE) {
        return true;
    }
    uint32_t slot = churn__playbook_slot(frame->playbook, CHURN__SLOT_SEGMENT, segment, 0);
    return churn__frame_missing(frame, slot, row) == CHURN__PRESENT &&
           ((const uint8_t *)frame->columns[slot].values)[row] != 0;
}

static bool take_group(churn__usual *usual, const churn__frame *frame, const pool *p,
                       uint32_t group)
{
    const churn__metric_def *def = &usual->playbook->metrics[p->metric];
    const churn__column *base = &frame->metric_out[def->a.metric];
    sample *samples = p->samples + (size_t)group * usual->date_count;
    uint32_t segment = group_segment(def, group);
    for (uint32_t row = 0; row < frame->rows; row++) {
        if (base->missing[row] != CHURN__PRESENT || !churn__usual_member(frame, segment, row)) {
            continue;
        }
        sample *s = &samples[row % frame->date_count];
        if (!churn__grow(usual->heap, (void **)&s->data, &s->capacity, s->count + 1,
                         sizeof *s->data)) {
            return false;
        }
        s->data[s->count++] = ((const double *)base->values)[row];
    }
    return true;
}

/* The round of a pool is that of its baselines: all stand on the same. */
static bool is_now(const churn__usual *usual, const pool *p)
{
    return usual->now[p->metric] != 0;
}

static churn_status take_batch(churn__frame *frame, void *context, churn_error *err)
{
    churn__usual *usual = context;
    for (uint32_t i = 0; i < usual->pool_count; i++) {
        const pool *p = &usual->pools[i];
        for (uint32_t g = 0; is_now(usual, p) && g < p->found.group_count; g++) {
            if (!take_group(usual, frame, p, g)) {
                return churn__fail_memory(err, usual->heap);
            }
        }
    }
    return CHURN_OK;
}

/* Values of which most occur more than once take less room, and fewer steps to be found, once each
 * with their counts. */
static bool pack_sample(churn__heap *heap, sample *s)
{
    size_t once = 0;
    for (size_t i = 0; i < s->count; i++) {
        once += i == 0 || s->data[i] != s->data[i - 1];
    }
    if (once > s->count / 2) {
        return true;
    }
    sample packed = {.capacity = once};
    packed.data = churn__alloc_array(heap, once, sizeof *packed.data);
    packed.upto = churn__alloc_array(heap, once, sizeof *packed.upto);
    if (packed.data == NULL || packed.upto == NULL) {
        free_sample(heap, &packed);
        return false;
    }
    for (size_t i = 0; i < s->count; i++) {
        if (i == 0 || s->data[i] != s->data[i - 1]) {
            packed.data[packed.count++] = s->data[i];
        }
        packed.upto[packed.count - 1] = i + 1;
    }
    free_sample(heap, s);
    *s = packed;
    return true;
}

static bool settle_pool(churn__usual *usual, pool *p)
{
    for (size_t i = 0; i < p->count; i++) {
        sample *s = &p->samples[i];
        churn__distribution *d = &p->distributions[i];
        if (s->count > UINT32_MAX || !churn__distribution_sort(usual->heap, s->data, s->count) ||
            !pack_sample(usual->heap, s)) {
            return false;
        }
        churn__distribution_over(s->data, s->upto, (uint32_t)s->count, d);
        if (!p->ranks) {
            free_sample(usual->heap, s);
            d->values = NULL;
            d->upto = NULL;
            d->value_count = 0;
        }
    }
    return true;
}

static churn_status go_round(churn__usual *usual, const churn__walk *asked, uint32_t round,
                             churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_playbook *playbook = usual->playbook;
    bool any = false;
    churn__frame_options want = {.now = asked->want->now,
                                 .playbook = asked->want->playbook,
                                 .stale_sources = asked->want->stale_sources,
                                 .given = asked->want->given,
                                 .only_score = CHURN__NONE,
                                 .makings_of = usual->now};
    churn__walk walk = {.engine = asked->engine,
                        .version = asked->version,
                        .order = churn__version_order(asked->version),
                        .count = churn__version_listed(asked->version),
                        .dates = asked->dates,
                        .date_count = asked->date_count,
                        .want = &want,
                        .use = take_batch,
                        .context = usual,
                        .cancel = asked->cancel,
                        .usual = usual};
    for (uint32_t i = 0; i < playbook->metric_count; i++) {
        usual->now[i] = usual->wanted[i] && playbook->metrics[i].round == round;
        any = any || usual->now[i];
    }
    for (uint32_t i = 0; i < usual->pool_count; i++) {
        if (is_now(usual, &usual->pools[i]) && !round_room(usual, &usual->pools[i])) {
            CHURN_TRY(churn__fail_memory(err, usual->heap));
        }
    }
    if (any) { /* else it is a round of roll-ups alone */
        CHURN_TRY(churn__walk_all(&walk, err));
    }
    for (uint32_t i = 0; i < usual->pool_count; i++) {
        if (is_now(usual, &usual->pools[i]) && !settle_pool(usual, &usual->pools[i])) {
            CHURN_TRY(churn__fail_memory(err, usual->heap));
        }
    }
done:
    return st;
}

static bool is_wanted(const churn__frame *asker, uint32_t metric)
{
    uint32_t slot = churn__playbook_slot(asker->playbook, CHURN__SLOT_METRIC, metric, 0);
    return churn__metric_is_grouped(&asker->playbook->metrics[metric]) && asker->needed[slot];
}

churn_status churn__usual_find(const churn__walk *walk, const churn__frame *asker,
                               churn__usual **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_playbook *playbook = asker->playbook;
    churn__usual *usual = NULL;
    uint32_t rounds = churn__family_rounds(asker);
    bool family = rounds > 0;
    for (uint32_t i = 0; i < playbook->metric_count; i++) {
        uint32_t round = is_wanted(asker, i) ? playbook->metrics[i].round : 0;
        rounds = round > rounds ? round : rounds;
    }
    if (rounds == 0) {
        return CHURN_OK;
    }
    usual = usual_create(asker);
    if (usual == NULL) {
        CHURN_TRY(churn__fail_memory(err, asker->heap));
    }
    for (uint32_t i = 0; i < playbook->metric_count; i++) {
        usual->wanted[i] = is_wanted(asker, i);
        if (usual->wanted[i]) {
            join_pool(usual, i);
        }
    }
    if (family) {
        CHURN_TRY(churn__family_open(walk, asker, &usual->family, err));
    }
    for (uint32_t round = 1; round <= rounds; round++) {
        CHURN_TRY(go_round(usual, walk, round, err));
        if (family) {
            CHURN_TRY(churn__family_round(usual->family, walk, usual, round, err));
        }
    }
    *out = usual;
    usual = NULL;
done:
    churn__usual_free(usual);
    return st;
}
