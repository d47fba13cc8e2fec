/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/sort.h"
#include "metric/metric_inside.h"

/* Events of several types as one run of a set. */

#define MEMBERS_FEW 24 /* types of a set that are sorted without memory for it */

/* ---- which runs ---- */

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

/* ---- in order of time ---- */

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
    if (need & CHURN__NEED_PLACE) {
        to->place[i] = from->place[at];
    }
}

static void merge_by_time(churn__metric_plan *plan, churn__metric_set *set, churn__metric_run *to)
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

/* ---- in order of place ---- */

static void spread(const uint32_t *from, const uint32_t *goes_to, uint32_t n, uint32_t *to)
{
    for (uint32_t i = 0; i < n; i++) {
        to[goes_to[i]] = from[i];
    }
}

static void spread_run(const churn__metric_run *from, const uint32_t *goes_to, uint8_t need,
                       churn__metric_run *to)
{
    for (uint32_t i = 0; (need & CHURN__NEED_VALUE) && i < from->count; i++) {
        to->value[goes_to[i]] = from->value[i];
    }
    if (need & CHURN__NEED_USER) {
        spread(from->user, goes_to, from->count, to->user);
    }
    if (need & CHURN__NEED_DAY) {
        spread(from->day, goes_to, from->count, to->day);
    }
    if (need & CHURN__NEED_KEY) {
        spread(from->key, goes_to, from->count, to->key);
    }
    spread(from->place, goes_to, from->count, to->place);
}

static bool spread_room(churn__metric_plan *plan, uint32_t n)
{
    void *goes_to = plan->goes_to;
    if (!churn__grow(plan->heap, &goes_to, &plan->goes_to_capacity, n, sizeof *plan->goes_to)) {
        plan->failed = true;
        return false;
    }
    plan->goes_to = goes_to;
    return true;
}

/* A counting sort: positions say where the events of each place begin. */
static void merge_by_place(churn__metric_plan *plan, const churn__metric_set *set,
                           const churn__metric_range *range, churn__metric_run *to)
{
    uint32_t *next_at = plan->next_at;
    if (!spread_room(plan, to->count)) {
        return;
    }
    next_at[range->low_cut] = 0;
    memcpy(next_at + range->low_cut + 1, to->pos + range->low_cut,
           (range->high_cut - range->low_cut) * sizeof *next_at);
    for (uint32_t m = 0; m < set->member_count; m++) {
        const churn__metric_run *from = &plan->runs[set->members[m]];
        for (uint32_t i = 0; i < from->count; i++) {
            plan->goes_to[i] = next_at[from->place[i]]++;
        }
        spread_run(from, plan->goes_to, set->need, to);
    }
}

/* ---- all ---- */

/* All events of a set as one run: where only positions count, only they are added up. */
static void merge_runs(churn__metric_plan *plan, churn__metric_set *set,
                       const churn__metric_range *range)
{
    churn__metric_run *merged = churn__metric_run_next(plan);
    if (merged == NULL) {
        return;
    }
    memset(merged->pos, 0, plan->cut_count * sizeof *merged->pos);
    for (uint32_t i = 0; i < set->member_count; i++) {
        const churn__metric_run *run = &plan->runs[set->members[i]];
        merged->count += run->count;
        for (uint32_t k = range->low_cut; k <= range->high_cut; k++) {
            merged->pos[k] += run->pos[k];
        }
    }
    set->run = plan->run_count++;
    if (set->need == 0 || !churn__metric_run_fit(plan, merged, merged->count)) {
        return;
    }
    if (set->need & CHURN__NEED_ORDER) {
        merge_by_time(plan, set, merged);
    } else {
        merge_by_place(plan, set, range, merged);
    }
}

void churn__metric_merge(churn__metric_plan *plan, churn__metric_set *set, uint32_t runs,
                         const churn__metric_range *range)
{
    set_members(plan, set, runs);
    set->run = set->member_count == 1 ? set->members[0] : CHURN__METRIC_NONE;
    if (set->member_count > 1 && !plan->failed) {
        merge_runs(plan, set, range);
    }
}
