/* SPDX-License-Identifier: MIT */
#include "store/inside.h"

/*
 * Keeping the number of runs small without any call paying for all of it. Runs whose sizes do not
 * fall by half are to become one, so that there are O(log n) of them and each row is copied
 * O(log n) times; a call spends on that what a load of its own rows would cost. What is not done
 * then goes on in the calls that follow: the newest, smallest merges first, a large one with what
 * they leave.
 */
#define BUDGET_ROWS \
    16 /* copied for each row that came; with the least of a call more than log2 of any store */
#define BUDGET_LEAST 4096
#define RUNS_MANY (RUNS_MAX - 4) /* from here on a merge is finished at whatever cost */

/* Runs of one kind in a draft. */
typedef struct tiers {
    churn__version *draft;
    uint32_t kind;
    merge_queue *queue;
    event_order order;
    uint64_t budget;
} tiers;

static uint32_t *run_count(const tiers *t)
{
    churn__version *v = t->draft;
    return t->kind == KIND_EVENT ? &v->event_runs : &v->row_runs[t->kind];
}

static const void *run_at(const tiers *t, uint32_t i)
{
    const churn__version *v = t->draft;
    return t->kind == KIND_EVENT ? (const void *)v->events[i] : v->rows[t->kind][i];
}

static uint64_t run_size(const tiers *t, uint32_t i)
{
    const churn__version *v = t->draft;
    if (t->kind == KIND_EVENT) {
        return (uint64_t)v->events[i]->count + v->events[i]->override_count;
    }
    const row_run *run = v->rows[t->kind][i];
    return (uint64_t)run->count + run->index.slots;
}

/* ---- merges under way ---- */

/* Where the runs of a merge begin among those of the draft. False: they are there no more. */
static bool find_merge(const tiers *t, const run_merge *m, uint32_t *begin)
{
    uint32_t n = *run_count(t), wanted = churn__run_merge_count(m), found = 0;
    for (uint32_t i = 0; i < n && found < wanted; i++) {
        bool next = churn__run_merge_reads(m, found, run_at(t, i));
        if (!next && found > 0) {
            return false;
        }
        *begin = next && found == 0 ? i : *begin;
        found += next;
    }
    return found == wanted;
}

static void remove_merge(merge_queue *q, uint32_t i)
{
    churn__run_merge_free(q->merges[i]);
    q->count--;
    memmove(q->merges + i, q->merges + i + 1, (q->count - i) * sizeof(run_merge *));
}

/* Their runs may have gone with a version that was never published, or with a customer. */
static void drop_stale(const tiers *t)
{
    uint32_t begin = 0;
    for (uint32_t i = t->queue->count; i-- > 0;) {
        if (!find_merge(t, t->queue->merges[i], &begin)) {
            remove_merge(t->queue, i);
        }
    }
}

static void install(const tiers *t, run_merge *m, uint32_t begin)
{
    churn__version *v = t->draft;
    uint32_t n = *run_count(t), end = begin + churn__run_merge_count(m);
    for (uint32_t i = begin; i < end; i++) {
        if (t->kind == KIND_EVENT) {
            churn__store_event_run_release(v->events[i]);
        } else {
            churn__store_row_run_release(v->rows[t->kind][i]);
        }
    }
    if (t->kind == KIND_EVENT) {
        v->events[begin] = churn__run_merge_take_events(m);
        memmove(v->events + begin + 1, v->events + end, (n - end) * sizeof(event_run *));
    } else {
        row_run **rows = v->rows[t->kind];
        rows[begin] = churn__run_merge_take_rows(m);
        memmove(rows + begin + 1, rows + end, (n - end) * sizeof(row_run *));
    }
    *run_count(t) = n - (end - begin) + 1;
}

/* The newest merge goes on. */
static bool go_on(tiers *t)
{
    merge_queue *q = t->queue;
    run_merge *m = q->merges[q->count - 1];
    uint32_t begin = 0;
    uint64_t all = UINT64_MAX;
    bool done = false, many = *run_count(t) >= RUNS_MANY;
    bool ok = churn__run_merge_step(m, &t->order, many ? &all : &t->budget, &done);
    if (ok && done) {
        (void)find_merge(t, m, &begin);
        install(t, m, begin);
    }
    if (!ok || done) {
        remove_merge(q, q->count - 1);
    }
    return ok;
}

/* ---- which runs are merged ---- */

/* The runs behind those that are being merged; of them the last that are not clearly smaller than
 * those before. */
static bool find_tier(const tiers *t, uint32_t *begin)
{
    uint32_t first = 0, n = *run_count(t);
    uint64_t total = 0;
    for (uint32_t i = 0; i < t->queue->count; i++) {
        uint32_t at = 0;
        (void)find_merge(t, t->queue->merges[i], &at);
        at += churn__run_merge_count(t->queue->merges[i]);
        first = at > first ? at : first;
    }
    if (first >= n) {
        return false;
    }
    *begin = n - 1;
    total = run_size(t, *begin);
    while (*begin > first && run_size(t, *begin - 1) < 2 * total) {
        (*begin)--;
        total += run_size(t, *begin);
    }
    if (t->queue->count == 0 && n >= RUNS_MANY) {
        *begin = 0;
    }
    return *begin + 1 < n;
}

static bool begin_merge(tiers *t, uint32_t begin)
{
    churn__version *v = t->draft;
    merge_queue *q = t->queue;
    uint32_t n = *run_count(t) - begin;
    run_merge *m = t->kind == KIND_EVENT
                       ? churn__run_merge_events(v->heap, v->events + begin, n, begin == 0)
                       : churn__run_merge_rows(v->heap, v->rows[t->kind] + begin, n, begin == 0);
    if (m != NULL) {
        q->merges[q->count++] = m;
    }
    return m != NULL;
}

static bool tend(tiers *t)
{
    uint32_t begin = 0;
    bool ok = true;
    drop_stale(t);
    while (ok && (t->budget > 0 || *run_count(t) >= RUNS_MANY)) {
        if (t->queue->count < MERGES_MAX && find_tier(t, &begin)) {
            ok = begin_merge(t, begin);
        } else if (t->queue->count > 0) {
            ok = go_on(t);
        } else {
            break;
        }
    }
    return ok;
}

static uint64_t budget_of(uint64_t rows)
{
    return BUDGET_LEAST + BUDGET_ROWS * rows;
}

bool churn__version_push_events(churn__version *draft, event_run *run, merge_queue *queue)
{
    draft->events[draft->event_runs++] = run;
    if (draft->event_runs == 1) {
        run->override_count = 0; /* nothing is below it */
    }
    tiers t = {.draft = draft,
               .kind = KIND_EVENT,
               .queue = queue,
               .order = churn__version_event_order(draft),
               .budget = budget_of(run->count)};
    return tend(&t);
}

bool churn__version_push_rows(churn__version *draft, uint32_t kind, row_run *run,
                              merge_queue *queue)
{
    draft->rows[kind][draft->row_runs[kind]++] = run;
    tiers t = {.draft = draft,
               .kind = kind,
               .queue = queue,
               .order = churn__version_row_order(draft, kind),
               .budget = budget_of(run->count)};
    return tend(&t);
}

void churn__store_merges_clear(merge_queue *queue)
{
    while (queue->count > 0) {
        remove_merge(queue, queue->count - 1);
    }
}
