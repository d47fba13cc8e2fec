/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "metric/metric_inside.h"

/* ---- room ---- */

#define RUN_EVENT_BYTES (sizeof(churn_time) + sizeof(double) + 4 * sizeof(uint32_t))

static void run_free(churn__metric_plan *plan, churn__metric_run *run)
{
    churn__free_array(plan->heap, run->room, run->capacity, RUN_EVENT_BYTES);
    run->room = NULL;
    run->capacity = 0;
}

bool churn__metric_run_fit(churn__metric_plan *plan, churn__metric_run *run, size_t n)
{
    size_t capacity = run->capacity == 0 ? 64 : run->capacity;
    while (capacity < n) {
        capacity *= 2;
    }
    if (capacity == run->capacity) {
        return true;
    }
    run_free(plan, run);
    run->room = churn__alloc_array(plan->heap, capacity, RUN_EVENT_BYTES);
    if (run->room == NULL) {
        plan->failed = true;
        return false;
    }
    run->capacity = capacity;
    run->at = run->room;
    run->value = (double *)(void *)(run->at + capacity);
    run->user = (uint32_t *)(void *)(run->value + capacity);
    run->day = run->user + capacity;
    run->key = run->day + capacity;
    run->place = run->key + capacity;
    return true;
}

churn__metric_run *churn__metric_run_next(churn__metric_plan *plan)
{
    size_t old = plan->run_capacity;
    void *runs = plan->runs;
    if (!churn__grow(plan->heap, &runs, &plan->run_capacity, plan->run_count + 1,
                     sizeof *plan->runs)) {
        plan->failed = true;
        return NULL;
    }
    plan->runs = runs;
    if (plan->run_capacity > old) {
        memset(plan->runs + old, 0, (plan->run_capacity - old) * sizeof *plan->runs);
    }
    churn__metric_run *run = &plan->runs[plan->run_count];
    if (run->pos == NULL) {
        run->pos = churn__alloc_array(plan->heap, plan->cut_count, sizeof *run->pos);
        plan->failed = plan->failed || run->pos == NULL;
    }
    run->type = CHURN__METRIC_NONE;
    run->count = 0;
    return run->pos == NULL ? NULL : run;
}

void churn__metric_gather_free(churn__metric_plan *plan)
{
    for (size_t i = 0; i < plan->run_capacity; i++) {
        run_free(plan, &plan->runs[i]);
        churn__free_array(plan->heap, plan->runs[i].pos, plan->cut_count,
                          sizeof *plan->runs[i].pos);
    }
    churn__free_array(plan->heap, plan->runs, plan->run_capacity, sizeof *plan->runs);
    for (uint32_t s = 0; s < plan->set_count; s++) {
        churn__free_array(plan->heap, plan->sets[s].members, plan->sets[s].member_capacity,
                          sizeof *plan->sets[s].members);
        churn__free_array(plan->heap, plan->sets[s].heads, plan->sets[s].head_capacity,
                          sizeof *plan->sets[s].heads);
    }
    run_free(plan, &plan->picked);
    churn__free_array(plan->heap, plan->picks, plan->pick_capacity, sizeof *plan->picks);
    churn__free_array(plan->heap, plan->goes_to, plan->goes_to_capacity, sizeof *plan->goes_to);
}

/* ---- events of which there are versions ---- */

typedef enum seen { SEEN_NEVER, SEEN_SOMETIMES, SEEN_ALWAYS } seen;

/* At which of the dates next .. end - 1, those after it happened, is an event seen? */
static seen pick_judge(const churn__metric_plan *plan, const churn__events *events, size_t i,
                       uint32_t next, uint32_t end)
{
    if (next == end) {
        return SEEN_NEVER;
    }
    churn_time first = plan->dates[next], last = plan->dates[end - 1];
    churn_time known = events->known == NULL ? events->at[i] : events->known[i];
    churn_time until = events->until == NULL ? CHURN_TIME_MAX + 1 : events->until[i];
    if (until <= first || known > last) {
        return SEEN_NEVER;
    }
    return known <= first && until > last ? SEEN_ALWAYS : SEEN_SOMETIMES;
}

/* The numbers of the events to use, filled in from the end; returns how many. */
static size_t pick_backwards(churn__metric_plan *plan, const churn__events *events,
                             const churn__metric_range *range)
{
    size_t kept = 0;
    uint32_t next = range->end;
    for (size_t i = events->count; i-- > 0;) {
        while (next > range->first && plan->dates[next - 1] > events->at[i]) {
            next--;
        }
        seen s = pick_judge(plan, events, i, next, range->end);
        if (s == SEEN_SOMETIMES) {
            plan->mixed = true;
            return 0;
        }
        if (s == SEEN_ALWAYS) {
            plan->picks[events->count - ++kept] = (uint32_t)i;
            if (events->at[i] < plan->cuts[range->low_cut]) {
                break;
            }
        }
    }
    return kept;
}

/* The same events without those that the dates do not see. False: mixed, or no memory. */
static bool pick_seen(churn__metric_plan *plan, churn__events *events,
                      const churn__metric_range *range)
{
    void *picks = plan->picks;
    churn__metric_run *room = &plan->picked;
    if (!churn__grow(plan->heap, &picks, &plan->pick_capacity, events->count,
                     sizeof *plan->picks)) {
        plan->failed = true;
        return false;
    }
    plan->picks = picks;
    size_t kept = pick_backwards(plan, events, range);
    if (plan->mixed || !churn__metric_run_fit(plan, room, kept)) {
        return false;
    }
    const uint32_t *pick = plan->picks + (events->count - kept);
    for (size_t i = 0; i < kept; i++) {
        room->at[i] = events->at[pick[i]];
        room->user[i] = events->user == NULL ? CHURN__NO_CODE : events->user[pick[i]];
        room->value[i] = events->value == NULL ? (double)NAN : events->value[pick[i]];
    }
    *events =
        (churn__events){.at = room->at, .user = room->user, .value = room->value, .count = kept};
    return true;
}

/* ---- one type ---- */

/* Counts the events of every place, and adds up. */
static void gather_places(const churn__metric_plan *plan, const churn__metric_range *range,
                          const churn_time *at, uint32_t before, churn__metric_run *run, bool keep)
{
    uint32_t *pos = run->pos;
    memset(pos + range->low_cut, 0, (range->high_cut - range->low_cut + 1) * sizeof *pos);
    for (uint32_t i = before; i < run->count; i++) {
        uint32_t place = churn__metric_place(plan, at[i]);
        pos[place]++;
        if (keep) {
            run->place[i] = place;
        }
    }
    if (keep && before > 0) {
        run->place[0] = range->low_cut;
    }
    pos[range->low_cut] = before;
    for (uint32_t k = range->low_cut; k < range->high_cut; k++) {
        pos[k + 1] += pos[k];
    }
}

/* A search for each cut, where there are few of them and many events. */
static void gather_cuts(const churn__metric_plan *plan, const churn__metric_range *range,
                        const churn_time *at, uint32_t before, churn__metric_run *run)
{
    uint32_t from = before;
    for (uint32_t k = range->low_cut; k <= range->high_cut; k++) {
        from += churn__metric_first_from(at + from, run->count - from, plan->cuts[k]);
        run->pos[k] = from;
    }
}

#define SEARCH_PAYS 16u /* events a cut */

/* Positions of the run's events, `before` of which lie before the oldest window. */
static void gather_positions(const churn__metric_plan *plan, const churn__metric_range *range,
                             const churn_time *at, uint32_t before, churn__metric_run *run,
                             bool keep)
{
    uint32_t cuts = range->high_cut - range->low_cut + 1;
    if (!keep && run->count / SEARCH_PAYS > cuts) {
        gather_cuts(plan, range, at, before, run);
    } else {
        gather_places(plan, range, at, before, run, keep);
    }
}

static void gather_users(churn__metric_plan *plan, churn__metric_run *run, const uint32_t *users)
{
    if (users == NULL) {
        memset(run->user, 0xff, run->count * sizeof *run->user); /* CHURN__METRIC_NONE */
        return;
    }
    for (uint32_t i = 0; i < run->count; i++) {
        run->user[i] = CHURN__METRIC_NONE;
        if (users[i] != CHURN__NO_CODE) {
            run->user[i] = churn__metric_key(plan->heap, &plan->users, users[i]);
            plan->failed = plan->failed || run->user[i] == CHURN__METRIC_NONE;
        }
    }
}

static void gather_keys(churn__metric_plan *plan, churn__metric_run *run, const double *values)
{
    for (uint32_t i = 0; i < run->count; i++) {
        run->key[i] = CHURN__METRIC_NONE;
        if (values != NULL && !isnan(values[i])) {
            double value = values[i] + 0.0; /* -0 is 0 */
            uint64_t bits = 0;
            memcpy(&bits, &value, sizeof bits);
            run->key[i] = churn__metric_key(plan->heap, &plan->values, bits);
            plan->failed = plan->failed || run->key[i] == CHURN__METRIC_NONE;
        }
    }
}

static void gather_values(churn__metric_run *run, const double *values)
{
    if (values != NULL) {
        memcpy(run->value, values, run->count * sizeof *values);
        return;
    }
    for (uint32_t i = 0; i < run->count; i++) {
        run->value[i] = (double)NAN;
    }
}

/* The columns that somebody needs, of the run->count events from `base` on. */
static void gather_columns(churn__metric_plan *plan, churn__metric_run *run, uint8_t need,
                           const churn__events *events, size_t base)
{
    const double *values = events->value == NULL ? NULL : events->value + base;
    const uint32_t *users = events->user == NULL ? NULL : events->user + base;
    if (need & CHURN__NEED_AT) {
        memcpy(run->at, events->at + base, run->count * sizeof *run->at);
    }
    if (need & CHURN__NEED_VALUE) {
        gather_values(run, values);
    }
    if (need & CHURN__NEED_USER) {
        gather_users(plan, run, users);
    }
    if (need & CHURN__NEED_KEY) {
        gather_keys(plan, run, values);
    }
    for (uint32_t i = 0; (need & CHURN__NEED_DAY) && i < run->count; i++) {
        run->day[i] = churn__metric_day(plan, events->at[base + i]);
    }
}

static void gather_type(churn__metric_plan *plan, churn__reader *reader, uint32_t customer,
                        uint32_t type, const churn__metric_range *range)
{
    churn__events events = churn__reader_events(reader, customer, type);
    if (events.count >= UINT32_MAX) {
        plan->failed = true; /* positions are 32 bits wide, and so many events fit no memory */
        return;
    }
    if (events.count == 0 ||
        ((events.known != NULL || events.until != NULL) && !pick_seen(plan, &events, range))) {
        return;
    }
    uint32_t n = (uint32_t)events.count;
    uint32_t end = churn__metric_first_from(events.at, n, plan->cuts[range->high_cut]);
    uint32_t first = churn__metric_first_from(events.at, end, plan->cuts[range->low_cut]);
    uint32_t before = first > 0 ? 1 : 0, base = first - before;
    uint8_t need = plan->need[type] | plan->need_any;
    churn__metric_run *run = churn__metric_run_next(plan);
    if (run == NULL || end == base ||
        (need != 0 && !churn__metric_run_fit(plan, run, end - base))) {
        return;
    }
    run->type = type;
    run->count = end - base;
    gather_positions(plan, range, events.at + base, before, run, need & CHURN__NEED_PLACE);
    gather_columns(plan, run, need, &events, base);
    plan->run_of[type] = plan->run_count++;
}

void churn__metric_gather(churn__metric_plan *plan, churn__reader *reader, uint32_t customer,
                          const churn__metric_range *range)
{
    const uint32_t *types = plan->named;
    uint32_t type_count = plan->named_count;
    plan->run_count = 0;
    plan->mixed = false;
    churn__metric_keys_reset(&plan->users);
    churn__metric_keys_reset(&plan->values);
    if (plan->any) {
        type_count = churn__reader_event_types(reader, customer, &types);
    }
    for (uint32_t i = 0; i < type_count && !plan->mixed && !plan->failed; i++) {
        gather_type(plan, reader, customer, types[i], range);
    }
    uint32_t runs = plan->run_count;
    for (uint32_t s = 0; s < plan->set_count && !plan->mixed && !plan->failed; s++) {
        churn__metric_merge(plan, &plan->sets[s], runs, range);
    }
}
