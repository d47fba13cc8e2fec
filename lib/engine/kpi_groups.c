/* SPDX-License-Identifier: MIT */
#include "engine/kpi.h"

#include "base/sort.h"

/*
 * Groups of customers by segment and band: everybody is evaluated at the beginnings of periods, or
 * an instant before their ends, and what that comes to is a code a customer and period. Who does
 * not exist yet at the beginning is in no group.
 */

#define DATES_AT_ONCE 64u

#define IS_TRUE 0
#define IS_FALSE 1

typedef struct judged {
    uint32_t segment, score; /* CHURN__NONE: it is not of that kind */
    uint16_t *codes;
} judged;

struct churn__kpi_groups {
    churn_engine *engine;
    churn__kpi_period *periods;
    size_t period_count;
    uint32_t customers;
    churn__kpi_given *given;
    judged *judged; /* by name of `by` */
    churn_str **words;
    uint32_t count;
    churn_time *dates; /* distinct, ascending */
    uint32_t date_count;
    uint32_t *date_of;  /* by period */
    uint32_t rank;      /* of the first customer of the present batch */
    uint32_t first;     /* of the dates that are asked at once */
    uint32_t now_count; /* how many they are */
};

/* ---- names ---- */

static churn_status find_segment(const churn_playbook *playbook, churn_str id, judged *out,
                                 churn_error *err)
{
    churn_str near = {NULL, 0};
    for (uint32_t i = 0; i < playbook->segment_count && near.ptr == NULL; i++) {
        if (churn__str_eq(playbook->segments[i].id, id)) {
            out->segment = i;
            return CHURN_OK;
        }
        near = churn__nearest(id, &playbook->segments[i].id, 1);
    }
    if (near.ptr == NULL) {
        return churn__fail(err, CHURN_E_NOT_FOUND, 0, "kpi: by: unknown segment %q", &id);
    }
    return churn__fail(err, CHURN_E_NOT_FOUND, 0, "kpi: by: unknown segment %q; did you mean %q?",
                       &id, &near);
}

/* `<score>.band` of a score that there is; others may be attributes. */
static void find_band(const churn_playbook *playbook, churn_str name, judged *out)
{
    const churn_str end = CHURN__STR(".band");
    if (!churn__str_ends(name, end)) {
        return;
    }
    name.len -= end.len;
    for (uint32_t i = 0; i < playbook->score_count; i++) {
        if (churn__str_eq(playbook->scores[i].id, name)) {
            out->score = i;
        }
    }
}

static churn_status find_name(churn__kpi_groups *g, churn_str name, judged *out, churn_error *err)
{
    const churn_str start = CHURN__STR("segment.");
    *out = (judged){CHURN__NONE, CHURN__NONE, NULL};
    if (!churn__str_starts(name, start)) {
        find_band(g->engine->playbook, name, out);
        return CHURN_OK;
    }
    name.ptr += start.len;
    name.len -= start.len;
    return find_segment(g->engine->playbook, name, out, err);
}

static bool is_judged(const judged *one)
{
    return one->segment != CHURN__NONE || one->score != CHURN__NONE;
}

/* ---- words ---- */

static bool make_words(churn__kpi_groups *g, uint32_t i)
{
    const judged *one = &g->judged[i];
    const churn__score_def *score =
        one->score == CHURN__NONE ? NULL : &g->engine->playbook->scores[one->score];
    const uint32_t count = score == NULL ? 2 : score->band_count;
    g->words[i] = churn__alloc_array(g->engine->heap, count, sizeof(churn_str));
    if (g->words[i] == NULL) {
        return false;
    }
    for (uint32_t k = 0; k < count; k++) {
        g->words[i][k] = score != NULL  ? churn__score_band_name(score, k)
                         : k == IS_TRUE ? CHURN__STR("true")
                                        : CHURN__STR("false");
    }
    g->given[i] = (churn__kpi_given){g->judged[i].codes, g->words[i], count};
    return true;
}

static bool make_codes(churn__kpi_groups *g, uint32_t i)
{
    const size_t row = g->period_count * sizeof(uint16_t);
    g->judged[i].codes = churn__alloc_array(g->engine->heap, g->customers, row);
    if (g->judged[i].codes == NULL) {
        return false;
    }
    memset(g->judged[i].codes, 0xff, g->customers * row);
    return make_words(g, i);
}

/* ---- dates ---- */

static int compare_times(const void *a, const void *b, const void *context)
{
    const churn_time x = *(const churn_time *)a, y = *(const churn_time *)b;
    (void)context;
    return (x > y) - (x < y);
}

/* Of a period that has not begun: as_of. */
static churn_time date_of(const churn__kpi_period *period, bool by_end)
{
    const churn_time start = period->begun ? period->start : period->until;
    return by_end ? period->until - 1 : start;
}

static churn_status make_dates(churn__kpi_groups *g, bool by_end, churn_error *err)
{
    churn__heap *heap = g->engine->heap;
    uint32_t n = 0;
    g->dates = churn__alloc_array(heap, g->period_count, sizeof *g->dates);
    g->date_of = churn__alloc_array_zero(heap, g->period_count, sizeof *g->date_of);
    if (g->dates == NULL || g->date_of == NULL) {
        return churn__fail_memory(err, heap);
    }
    for (size_t p = 0; p < g->period_count; p++) {
        g->dates[n++] = date_of(&g->periods[p], by_end);
    }
    if (!churn__sort(heap, g->dates, n, sizeof *g->dates, compare_times, NULL)) {
        return churn__fail_memory(err, heap);
    }
    for (uint32_t i = 0; i < n; i++) {
        if (g->date_count == 0 || g->dates[g->date_count - 1] != g->dates[i]) {
            g->dates[g->date_count++] = g->dates[i];
        }
    }
    for (size_t p = 0; p < g->period_count; p++) {
        while (g->date_of[p] < g->date_count &&
               g->dates[g->date_of[p]] != date_of(&g->periods[p], by_end)) {
            g->date_of[p]++;
        }
    }
    return CHURN_OK;
}

/* ---- evaluating ---- */

static uint16_t code_of(const churn__frame *frame, const judged *one, uint32_t row)
{
    if (!frame->exists[row]) {
        return CHURN__GIVEN_NULL;
    }
    if (one->segment != CHURN__NONE) {
        const churn__column *column = &frame->columns[churn__playbook_slot(
            frame->playbook, CHURN__SLOT_SEGMENT, one->segment, 0)];
        return !churn__column_has(column, row)               ? CHURN__GIVEN_NULL
               : ((const uint8_t *)column->values)[row] != 0 ? IS_TRUE
                                                             : IS_FALSE;
    }
    const churn__score_out *score = &frame->scores[one->score];
    const uint32_t band = score->band_codes[row];
    return score->missing[row] || band >= frame->playbook->scores[one->score].band_count
               ? CHURN__GIVEN_NULL
               : (uint16_t)band;
}

static void put_codes(churn__kpi_groups *g, const churn__frame *frame, uint32_t i,
                      uint32_t customer)
{
    const judged *one = &g->judged[i];
    uint16_t *to = one->codes + (size_t)(g->rank + customer) * g->period_count;
    for (size_t p = 0; p < g->period_count; p++) {
        const uint32_t date = g->date_of[p] - g->first;
        if (g->date_of[p] >= g->first && date < g->now_count) {
            to[p] = code_of(frame, one, customer * g->now_count + date);
        }
    }
}

static churn_status use_frame(churn__frame *frame, void *context, churn_error *err)
{
    churn__kpi_groups *g = context;
    (void)err;
    for (uint32_t i = 0; i < g->count; i++) {
        for (uint32_t c = 0; is_judged(&g->judged[i]) && c < frame->customer_count; c++) {
            put_codes(g, frame, i, c);
        }
    }
    g->rank += frame->customer_count;
    return CHURN_OK;
}

static churn_status evaluate(churn__kpi_groups *g, churn__version *version,
                             const churn__frame_options *want, churn_cancel *cancel,
                             churn_error *err)
{
    churn_status st = CHURN_OK;
    for (g->first = 0; g->first < g->date_count; g->first += g->now_count) {
        const uint32_t left = g->date_count - g->first;
        g->now_count = left < DATES_AT_ONCE ? left : DATES_AT_ONCE;
        g->rank = 0;
        const churn__walk walk = {.engine = g->engine,
                                  .version = version,
                                  .order = churn__version_order(version),
                                  .count = g->customers,
                                  .dates = g->dates + g->first,
                                  .date_count = g->now_count,
                                  .want = want,
                                  .use = use_frame,
                                  .context = g,
                                  .cancel = cancel};
        CHURN_TRY(churn__walk_all(&walk, err));
    }
done:
    return st;
}

/* ---- the question ---- */

static churn_status judge_all(churn__kpi_groups *g, churn__version *version, bool by_end,
                              churn_cancel *cancel, churn_error *err)
{
    churn_status st = CHURN_OK;
    uint32_t slots[CHURN__KPI_MOST_DIMENSIONS], slot_count = 0, scores = 0;
    churn__frame_options want = {.only_score = CHURN__NONE, .slots = slots};
    for (uint32_t i = 0; i < g->count; i++) {
        const judged *one = &g->judged[i];
        if (is_judged(one) && !make_codes(g, i)) {
            CHURN_TRY(churn__fail_memory(err, g->engine->heap));
        }
        if (one->segment != CHURN__NONE) {
            slots[slot_count++] =
                churn__playbook_slot(g->engine->playbook, CHURN__SLOT_SEGMENT, one->segment, 0);
        }
        if (one->score != CHURN__NONE) {
            want.only_score = one->score;
            scores++;
        }
    }
    want.slot_count = slot_count;
    want.all_scores = scores > 1;
    CHURN_TRY(churn__engine_check_store(g->engine->playbook, g->engine->store, err));
    CHURN_TRY(churn__engine_meet(g->engine, version, err));
    CHURN_TRY(make_dates(g, by_end, err));
    CHURN_TRY(evaluate(g, version, &want, cancel, err));
done:
    return st;
}

churn_status churn__kpi_groups_open(churn_engine *engine, churn__version *version,
                                    const churn__kpi_asked *asked, churn__kpi_groups **out,
                                    churn_error *err)
{
    churn_status st = CHURN_OK;
    bool any = false;
    churn__kpi_groups *g = churn__alloc_zero(engine->heap, sizeof *g);
    if (g == NULL) {
        return churn__fail_memory(err, engine->heap);
    }
    *out = g;
    g->engine = engine;
    g->count = asked->by_count;
    g->customers = churn__version_listed(version);
    g->given = churn__alloc_array_zero(engine->heap, g->count, sizeof *g->given);
    g->judged = churn__alloc_array_zero(engine->heap, g->count, sizeof *g->judged);
    g->words = churn__alloc_array_zero(engine->heap, g->count, sizeof *g->words);
    if (g->given == NULL || g->judged == NULL || g->words == NULL) {
        CHURN_TRY(churn__fail_memory(err, engine->heap));
    }
    for (uint32_t i = 0; i < g->count; i++) {
        CHURN_TRY(find_name(g, asked->by[i], &g->judged[i], err));
        any = any || is_judged(&g->judged[i]);
    }
    if (any) {
        CHURN_TRY(
            churn__kpi_cut_periods(engine->heap, &asked->cut, &g->periods, &g->period_count, err));
        CHURN_TRY(judge_all(g, version, asked->by_end, asked->cancel, err));
    }
done:
    return st;
}

const churn__kpi_given *churn__kpi_groups_given(const churn__kpi_groups *groups)
{
    return groups->given;
}

void churn__kpi_groups_close(churn__kpi_groups *g)
{
    if (g == NULL) {
        return;
    }
    churn__heap *heap = g->engine->heap;
    for (uint32_t i = 0; i < g->count && g->given != NULL && g->judged != NULL && g->words != NULL;
         i++) {
        churn__free_array(heap, g->judged[i].codes, g->customers,
                          g->period_count * sizeof(uint16_t));
        churn__free_array(heap, g->words[i], g->given[i].word_count, sizeof(churn_str));
    }
    churn__free_array(heap, g->given, g->count, sizeof *g->given);
    churn__free_array(heap, g->judged, g->count, sizeof *g->judged);
    churn__free_array(heap, g->words, g->count, sizeof *g->words);
    churn__free_array(heap, g->periods, g->period_count, sizeof *g->periods);
    churn__free_array(heap, g->dates, g->period_count, sizeof *g->dates);
    churn__free_array(heap, g->date_of, g->period_count, sizeof *g->date_of);
    churn__free(heap, g, sizeof *g);
}
