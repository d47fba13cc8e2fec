/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "base/sort.h"
#include "metric/metric_inside.h"

#define MEMBERS_FEW 24 /* types of a set that are sorted without memory for it */

/* ---- room ---- */

#define RUN_EVENT_BYTES (sizeof(churn_time) + sizeof(double) + 3 * sizeof(uint32_t))

static void run_free(churn__metric_plan *plan, churn__metric_run *run)
{
    churn__free_array(plan->heap, run->room, run->capacity, RUN_EVENT_BYTES);
    run->room = NULL;
    run->capacity = 0;
}

/* Room for n events; what was in it is lost when it grows. */
static bool run_fit(churn__metric_plan *plan, churn__metric_run *run, size_t n)
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
    return true;
}

/* The next run of the customer in hand; NULL: no memory. */
static churn__metric_run *run_next(churn__metric_plan *plan)
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
    if (plan->mixed || !run_fit(plan, room, kept)) {
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

/* One walk from the newest event back to the oldest window. */
static void gather_positions(const churn__metric_plan *plan, const churn__metric_range *range,
                             const churn_time *at, uint32_t n, uint32_t *pos)
{
    const churn_time *cuts = plan->cuts;
    uint32_t i = n;
    if (n > 0 && at[n - 1] >= cuts[range->high_cut]) {
        i = churn__metric_first_from(at, n, cuts[range->high_cut]);
    }
    for (uint32_t k = range->high_cut + 1; k-- > range->low_cut;) {
        while (i > 0 && at[i - 1] >= cuts[k]) {
            i--;
        }
        pos[k] = i;
    }
}

static void gather_users(churn__metric_plan *plan, churn__metric_run *run, const uint32_t *users)
{
    for (uint32_t i = 0; i < run->count; i++) {
        bool given = users != NULL && users[i] != CHURN__NO_CODE;
        run->user[i] = CHURN__METRIC_NONE;
        if (given && i > 0 && users[i] == users[i - 1]) {
            run->user[i] = run->user[i - 1];
        } else if (given) {
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
    churn__metric_run *run = NULL;
    if (events.count >= UINT32_MAX) {
        plan->failed = true; /* positions are 32 bits wide, and so many events fit no memory */
        return;
    }
    if (events.count == 0 ||
        ((events.known != NULL || events.until != NULL) && !pick_seen(plan, &events, range))) {
        return;
    }
    run = run_next(plan);
    if (run == NULL) {
        return;
    }
    gather_positions(plan, range, events.at, (uint32_t)events.count, run->pos);
    uint32_t base = run->pos[range->low_cut] > 0 ? run->pos[range->low_cut] - 1 : 0;
    uint8_t need = plan->need[type] | plan->need_any;
    run->type = type;
    run->count = run->pos[range->high_cut] - base;
    if (run->count == 0 || (need != 0 && !run_fit(plan, run, run->count))) {
        return;
    }
    for (uint32_t k = range->low_cut; base > 0 && k <= range->high_cut; k++) {
        run->pos[k] -= base;
    }
    gather_columns(plan, run, need, &events, base);
    plan->run_of[type] = plan->run_count++;
}

/* ---- several types ---- */

static bool set_fit(churn__metric_plan *plan, churn__metric_set *set, size_t n)
{
    void *members = set->members, *heads = set->heads;
    set->member_count = 0;
    if (!churn__grow(plan->heap, &members, &set->member_capacity, n + 1, sizeof *set->members)) {
        plan->failed = true;
        return false;
    }
    set->members = members;
    if (!churn__grow(plan->heap, &heads, &set->head_capacity, n + 1, sizeof *set->heads)) {
        plan->failed = true;
        return false;
    }
    set->heads = heads;
    return true;
}

/* By name of type. */
static int compare_members(const void *a, const void *b, const void *context)
{
    const churn__metric_plan *plan = context;
    uint32_t x = plan->rank[plan->runs[*(const uint32_t *)a].type];
    uint32_t y = plan->rank[plan->runs[*(const uint32_t *)b].type];
    return (x > y) - (x < y);
}

static void set_order(churn__metric_plan *plan, churn__metric_set *set)
{
    uint32_t *members = set->members;
    if (set->member_count > MEMBERS_FEW) {
        plan->failed = !churn__sort(plan->heap, members, set->member_count, sizeof *members,
                                    compare_members, plan) ||
                       plan->failed;
        return;
    }
    for (uint32_t i = 1; i < set->member_count; i++) {
        uint32_t moving = members[i], at = i;
        for (; at > 0 && compare_members(&members[at - 1], &moving, plan) > 0; at--) {
            members[at] = members[at - 1];
        }
        members[at] = moving;
    }
}

static void set_members(churn__metric_plan *plan, churn__metric_set *set, uint32_t runs)
{
    if (!set_fit(plan, set, set->any ? runs : set->type_count)) {
        return;
    }
    for (uint32_t i = 0; set->any && i < runs; i++) {
        set->members[set->member_count++] = i;
    }
    for (uint32_t i = 0; i < set->type_count; i++) {
        /* run_of is not cleared between customers: the run itself says whether it is meant. */
        uint32_t run = plan->run_of[set->types[i]];
        if (run < runs && plan->runs[run].type == set->types[i]) {
            set->members[set->member_count++] = run;
        }
    }
    if (set->ordered) {
        set_order(plan, set);
    }
}

/* At one instant the first by name of type. */
static bool head_before(const churn__metric_head *a, const churn__metric_head *b)
{
    return a->at < b->at || (a->at == b->at && a->member < b->member);
}

/* Put a head where it belongs in the heap of n, from the free place `at` downwards. */
static void heads_sink(churn__metric_head *heads, uint32_t n, uint32_t at, churn__metric_head head)
{
    for (uint32_t child = 2 * at + 1; child < n; child = 2 * at + 1) {
        child += child + 1 < n && head_before(&heads[child + 1], &heads[child]);
        if (head_before(&head, &heads[child])) {
            break;
        }
        heads[at] = heads[child];
        at = child;
    }
    heads[at] = head;
}

static void merge_event(const churn__metric_run *from, uint32_t at, uint8_t need,
                        churn__metric_run *to, uint32_t i)
{
    to->at[i] = from->at[at];
    if (need & CHURN__NEED_VALUE) {
        to->value[i] = from->value[at];
    }
    if (need & CHURN__NEED_USER) {
        to->user[i] = from->user[at];
    }
    if (need & CHURN__NEED_DAY) {
        to->day[i] = from->day[at];
    }
    if (need & CHURN__NEED_KEY) {
        to->key[i] = from->key[at];
    }
}

static void merge_events(churn__metric_plan *plan, churn__metric_set *set, churn__metric_run *to)
{
    uint32_t n = set->member_count;
    for (uint32_t i = n; i-- > 0;) {
        churn__metric_run *run = &plan->runs[set->members[i]];
        run->cursor = 0;
        heads_sink(set->heads, n, i, (churn__metric_head){run->at[0], i});
    }
    for (uint32_t i = 0; i < to->count; i++) {
        churn__metric_head head = set->heads[0];
        churn__metric_run *run = &plan->runs[set->members[head.member]];
        merge_event(run, run->cursor++, set->need, to, i);
        head.at = run->cursor < run->count ? run->at[run->cursor] : INT64_MAX;
        heads_sink(set->heads, n, 0, head);
    }
}

/* All events of a set as one run: where only positions count, only they are added up. */
static void merge_runs(churn__metric_plan *plan, churn__metric_set *set,
                       const churn__metric_range *range)
{
    churn__metric_run *merged = run_next(plan);
    if (merged == NULL) {
        return;
    }
    merged->type = CHURN__METRIC_NONE;
    merged->count = 0;
    memset(merged->pos, 0, plan->cut_count * sizeof *merged->pos);
    for (uint32_t i = 0; i < set->member_count; i++) {
        const churn__metric_run *run = &plan->runs[set->members[i]];
        merged->count += run->count;
        for (uint32_t k = range->low_cut; k <= range->high_cut; k++) {
            merged->pos[k] += run->pos[k];
        }
    }
    if (set->need != 0 && run_fit(plan, merged, merged->count)) {
        merge_events(plan, set, merged);
    }
    set->run = plan->run_count++;
}

static void set_merge(churn__metric_plan *plan, churn__metric_set *set,
                      const churn__metric_range *range)
{
    set->run = set->member_count == 1 ? set->members[0] : CHURN__METRIC_NONE;
    if (set->member_count > 1) {
        merge_runs(plan, set, range);
    }
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
        set_members(plan, &plan->sets[s], runs);
        set_merge(plan, &plan->sets[s], range);
    }
}
