/* SPDX-License-Identifier: MIT */
#include "base/checked.h"
#include "engine/engine_internal.h"

/*
 * What a metric usually is among the customers of a group: its median, at each date, over those
 * who exist and of whom it is known. A baseline may stand on segments, and these on other
 * baselines, so this is done in rounds through all customers, each with the medians of those
 * before it. A round happens in the customers' order, and medians do not depend on it anyway.
 */

typedef struct sample {
    double *data;
    size_t count, capacity;
} sample;

typedef struct usual_metric {
    churn__metric_usual found;
    double *values;
    churn__missing *missing;
    sample *samples; /* by group, then date; while its round lasts */
    size_t count;    /* of each of these */
} usual_metric;

struct churn__usual {
    churn__heap *heap;
    const churn_playbook *playbook;
    uint32_t date_count;
    usual_metric *metrics;
    uint8_t *wanted; /* by metric: baselines of groups that the asker needs */
    uint8_t *now;    /* those of the present round */
};

const churn__metric_usual *churn__usual_of(const churn__usual *usual, uint32_t metric)
{
    return &usual->metrics[metric].found;
}

/* ---- life ---- */

static void free_samples(churn__usual *usual, usual_metric *m)
{
    for (size_t i = 0; m->samples != NULL && i < m->count; i++) {
        churn__free_array(usual->heap, m->samples[i].data, m->samples[i].capacity, sizeof(double));
    }
    churn__free_array(usual->heap, m->samples, m->count, sizeof *m->samples);
    m->samples = NULL;
}

void churn__usual_free(churn__usual *usual)
{
    if (usual == NULL) {
        return;
    }
    churn__heap *heap = usual->heap;
    uint32_t count = usual->playbook->metric_count;
    for (uint32_t i = 0; usual->metrics != NULL && i < count; i++) {
        usual_metric *m = &usual->metrics[i];
        free_samples(usual, m);
        churn__free_array(heap, m->values, m->count, sizeof *m->values);
        churn__free_array(heap, m->missing, m->count, sizeof *m->missing);
    }
    churn__free_array(heap, usual->metrics, count, sizeof *usual->metrics);
    churn__free_array(heap, usual->wanted, count, 1);
    churn__free_array(heap, usual->now, count, 1);
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
    usual->metrics = churn__alloc_array_zero(usual->heap, count, sizeof *usual->metrics);
    usual->wanted = churn__alloc_array_zero(usual->heap, count, 1);
    usual->now = churn__alloc_array_zero(usual->heap, count, 1);
    if (usual->metrics == NULL || usual->wanted == NULL || usual->now == NULL) {
        churn__usual_free(usual);
        return NULL;
    }
    return usual;
}

/* ---- a round ---- */

static bool of_own_segment(const churn__metric_def *def)
{
    return def->baseline == CHURN__BASELINE_SEGMENT && def->segment == CHURN__NONE;
}

static bool round_room(churn__usual *usual, uint32_t metric)
{
    usual_metric *m = &usual->metrics[metric];
    m->found.group_count =
        of_own_segment(&usual->playbook->metrics[metric]) ? usual->playbook->segment_count : 1;
    if (!churn__mul_size(m->found.group_count, usual->date_count, &m->count)) {
        m->count = 0;
        return false;
    }
    m->values = churn__alloc_array_zero(usual->heap, m->count, sizeof *m->values);
    m->missing = churn__alloc_array_zero(usual->heap, m->count, sizeof *m->missing);
    m->samples = churn__alloc_array_zero(usual->heap, m->count, sizeof *m->samples);
    m->found.values = m->values;
    m->found.missing = m->missing;
    return m->values != NULL && m->missing != NULL && m->samples != NULL;
}

/* The segment that makes a group; CHURN__NONE: all customers do. */
static uint32_t group_segment(const churn__metric_def *def, uint32_t group)
{
    if (def->baseline == CHURN__BASELINE_ALL) {
        return CHURN__NONE;
    }
    return def->segment == CHURN__NONE ? group : def->segment;
}

static bool in_group(const churn__frame *frame, uint32_t segment, uint32_t row)
{
    if (segment == CHURN__NONE) {
        return true;
    }
    uint32_t slot = churn__playbook_slot(frame->playbook, CHURN__SLOT_SEGMENT, segment, 0);
    return churn__frame_missing(frame, slot, row) == CHURN__PRESENT &&
           ((const uint8_t *)frame->columns[slot].values)[row] != 0;
}

static bool take_group(churn__usual *usual, const churn__frame *frame, uint32_t metric,
                       uint32_t group)
{
    const churn__metric_def *def = &usual->playbook->metrics[metric];
    const churn__column *base = &frame->metric_out[def->a.metric];
    sample *samples = usual->metrics[metric].samples + (size_t)group * usual->date_count;
    uint32_t segment = group_segment(def, group);
    for (uint32_t row = 0; row < frame->rows; row++) {
        if (!frame->exists[row] || base->missing[row] != CHURN__PRESENT ||
            !in_group(frame, segment, row)) {
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

static churn_status take_batch(churn__frame *frame, void *context, churn_error *err)
{
    churn__usual *usual = context;
    for (uint32_t metric = 0; metric < usual->playbook->metric_count; metric++) {
        for (uint32_t g = 0; usual->now[metric] && g < usual->metrics[metric].found.group_count;
             g++) {
            if (!take_group(usual, frame, metric, g)) {
                return churn__fail_memory(err, usual->heap);
            }
        }
    }
    return CHURN_OK;
}

static void find_medians(churn__usual *usual, uint32_t metric)
{
    usual_metric *m = &usual->metrics[metric];
    uint32_t fewest = usual->playbook->metrics[metric].fewest;
    for (size_t i = 0; i < m->count; i++) {
        sample *s = &m->samples[i];
        m->missing[i] = churn__metric_median(s->data, s->count, fewest, &m->values[i]);
    }
    free_samples(usual, m);
}

static churn_status go_round(churn__usual *usual, const churn__walk *asked, uint32_t round,
                             churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_playbook *playbook = usual->playbook;
    churn__frame_options want = {.now = asked->want->now,
                                 .playbook = asked->want->playbook,
                                 .stale_sources = asked->want->stale_sources,
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
        if (usual->now[i] && !round_room(usual, i)) {
            CHURN_TRY(churn__fail_memory(err, usual->heap));
        }
    }
    CHURN_TRY(churn__walk_all(&walk, err));
    for (uint32_t i = 0; i < playbook->metric_count; i++) {
        if (usual->now[i]) {
            find_medians(usual, i);
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
    uint32_t rounds = 0;
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
    }
    for (uint32_t round = 1; round <= rounds; round++) {
        CHURN_TRY(go_round(usual, walk, round, err));
    }
    *out = usual;
    usual = NULL;
done:
    churn__usual_free(usual);
    return st;
}
