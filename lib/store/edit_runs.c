/* SPDX-License-Identifier: MIT */
#include "base/bits.h"
#include "store/edit.h"

/* Runs, block by block and list by list: what would go, and taking it out. */

static bool is_gone(const edit *e, uint32_t customer)
{
    return customer < e->gone_limit && churn__bit_get(e->gone, customer);
}

/* ---- which customers of an index are worth a look ---- */

typedef void (*visit)(edit *e, uint32_t kind, uint32_t run, uint32_t slot);

/* Where no rule is there for the others, those who go are looked up. */
static void visit_slots(edit *e, const customer_index *index, uint32_t kind, uint32_t run, bool all,
                        visit look)
{
    uint32_t slot = 0;
    for (uint32_t i = 0; all && i < index->slots; i++) {
        if (index->begin[i] < index->begin[i + 1]) {
            look(e, kind, run, i);
        }
    }
    for (size_t i = 0; !all && i < e->gone_count; i++) {
        if (index_find(index, e->gone_list[i], &slot)) {
            look(e, kind, run, slot);
        }
    }
}

/* ---- rows ---- */

/* No newer run has a block of the customer. */
static bool row_counts(const churn__version *v, uint32_t kind, uint32_t run, uint32_t customer)
{
    uint32_t slot = 0;
    for (uint32_t i = run + 1; i < v->row_runs[kind]; i++) {
        if (index_find(&v->rows[kind][i]->index, customer, &slot)) {
            return false;
        }
    }
    return true;
}

static void hit_older(edit *e, uint32_t kind, uint32_t run, uint32_t customer)
{
    uint32_t slot = 0;
    for (uint32_t i = 0; i < run; i++) {
        bool here = index_find(&e->from->rows[kind][i]->index, customer, &slot);
        e->hit_rows[kind][i] = e->hit_rows[kind][i] || here;
    }
}

static void look_rows(edit *e, uint32_t kind, uint32_t at, uint32_t slot)
{
    const row_run *run = e->from->rows[kind][at];
    uint32_t customer = index_customer(&run->index, slot), begin = run->index.begin[slot];
    size_t size = run->kind->row_size, n = run->index.begin[slot + 1] - begin, kept = 0;
    char *rows = run->rows + begin * size;
    bool hit = false;
    e->counts = row_counts(e->from, kind, at, customer);
    if (is_gone(e, customer)) {
        hit = true;
        for (size_t i = 0; i < n; i++) {
            churn__edit_note_row(e, kind, rows + i * size);
        }
    } else {
        kept = e->rows(e, kind, rows, n, &hit);
    }
    e->hit_rows[kind][at] = e->hit_rows[kind][at] || hit;
    e->removed[kind] += e->counts ? n - kept : 0;
    if (e->counts && kept == 0) {
        hit_older(e, kind, at, customer);
    }
}

/* How much of a block stays, where it lies. */
static size_t strip_block(edit *e, uint32_t kind, uint32_t at, uint32_t customer, char *rows,
                          size_t n)
{
    bool hit = false;
    const kind_info *info = &churn__store_kinds[kind];
    size_t kept = e->rows == NULL ? n : 0;
    e->counts = row_counts(e->from, kind, at, customer);
    if (!e->counts) {
        return 0;
    }
    e->removed[kind] += churn__store_records(info, rows, n);
    if (is_gone(e, customer)) {
        return 0;
    }
    if (e->rows != NULL) {
        kept = e->rows(e, kind, rows, n, &hit);
    }
    e->removed[kind] -= churn__store_records(info, rows, kept);
    return kept;
}

static void strip_rows(edit *e, uint32_t kind, uint32_t at, row_run *run)
{
    size_t size = run->kind->row_size;
    uint32_t *begins = run->index.begin;
    uint32_t to = 0, next = begins[0];
    for (uint32_t slot = 0; slot < run->index.slots; slot++) {
        uint32_t begin = next, customer = index_customer(&run->index, slot);
        next = begins[slot + 1];
        char *rows = run->rows + begin * size;
        size_t n = next - begin;
        size_t kept = n == 0 ? 0 : strip_block(e, kind, at, customer, rows, n);
        begins[slot] = to;
        memmove(run->rows + to * size, rows, kept * size);
        to += (uint32_t)kept;
    }
    begins[run->index.slots] = to;
    churn__wipe(run->rows + to * size, (run->count - to) * size);
    run->count = to;
    churn__store_row_run_measure(run);
}

/* ---- events ---- */

static bool event_counts(const churn__version *v, uint32_t run, uint32_t customer)
{
    for (uint32_t i = run + 1; i < v->event_runs; i++) {
        if (churn__store_event_run_overrides(v->events[i], customer)) {
            return false;
        }
    }
    return true;
}

static void look_events(edit *e, uint32_t kind, uint32_t at, uint32_t slot)
{
    event_run *run = e->from->events[at];
    uint32_t customer = index_customer(&run->index, slot);
    bool gone = is_gone(e, customer), hit = gone;
    e->counts = event_counts(e->from, at, customer);
    for (uint32_t l = run->index.begin[slot]; l < run->index.begin[slot + 1]; l++) {
        size_t begin = run->lists[l].begin, end = run->lists[l + 1].begin, kept = 0;
        for (size_t i = begin; gone && i < end; i++) {
            churn__edit_note_event(e, run, i);
        }
        if (!gone) {
            kept = e->events(e, run, begin, end, &hit);
        }
        if (kept == 0) {
            churn__edit_note_code(&e->types, run->lists[l].type);
        }
        e->removed[kind] += e->counts ? end - begin - kept : 0;
    }
    e->hit_events[at] = e->hit_events[at] || hit;
}

static size_t strip_list(edit *e, event_run *run, bool drop, size_t begin, size_t end)
{
    bool hit = false;
    size_t kept = 0;
    e->removed[KIND_EVENT] += e->counts ? churn__store_event_records(&run->cells, begin, end) : 0;
    if (!drop) {
        kept = e->events == NULL ? end - begin : e->events(e, run, begin, end, &hit);
        e->removed[KIND_EVENT] -= churn__store_event_records(&run->cells, begin, begin + kept);
    }
    return kept;
}

static void strip_lists(edit *e, uint32_t at, event_run *run)
{
    uint32_t *begins = run->index.begin;
    uint32_t next = begins[0], lists = 0, to = 0;
    for (uint32_t slot = 0; slot < run->index.slots; slot++) {
        uint32_t first = next, customer = index_customer(&run->index, slot);
        next = begins[slot + 1];
        begins[slot] = lists;
        e->counts = first < next && event_counts(e->from, at, customer);
        bool drop = is_gone(e, customer) || !e->counts;
        for (uint32_t l = first; l < next; l++) {
            uint32_t begin = run->lists[l].begin, type = run->lists[l].type;
            size_t kept = strip_list(e, run, drop, begin, run->lists[l + 1].begin);
            churn__store_columns_move(&run->cells, to, begin, kept);
            if (kept > 0) {
                run->lists[lists++] = (event_list){type, to};
            }
            to += (uint32_t)kept;
        }
    }
    begins[run->index.slots] = lists;
    run->lists[lists] = (event_list){CHURN__NO_CODE, to};
    run->list_count = lists;
    churn__store_columns_wipe(&run->cells, to, run->count - to);
    run->count = to;
}

/* Properties lie by position: while events move, each remembers where it was. False: no memory. */
static bool strip_with_props(edit *e, uint32_t at, event_run *run, const event_run *source)
{
    size_t n = source->count;
    event_slice whole = {&source->cells, 0, source->count, 0};
    uint32_t *from = churn__alloc_array(e->heap, n, sizeof *from);
    for (size_t i = 0; from != NULL && i < n; i++) {
        from[i] = (uint32_t)i;
    }
    if (from == NULL) {
        return false;
    }
    run->cells.from = from;
    run->cells.slices = &whole;
    strip_lists(e, at, run);
    run->cells.from = NULL;
    run->cells.slices = NULL;
    bool ok = churn__props_reorder(&run->props, &source->props, from, run->count, n);
    churn__free_array(e->heap, from, n, sizeof *from);
    return ok;
}

/* `source` is the run that `run` is a copy of, or itself. */
static bool strip_events(edit *e, uint32_t at, event_run *run, const event_run *source)
{
    bool ok = true;
    if (source->props.count > 0) {
        ok = strip_with_props(e, at, run, source);
    } else {
        strip_lists(e, at, run);
    }
    churn__store_event_run_measure(run);
    return ok;
}

/* ---- all of them ---- */

bool churn__edit_look(edit *e)
{
    const churn__version *v = e->from;
    e->dry = true;
    for (uint32_t i = 0; i < v->event_runs; i++) {
        visit_slots(e, &v->events[i]->index, KIND_EVENT, i, e->events != NULL, look_events);
    }
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        for (uint32_t i = 0; i < v->row_runs[kind]; i++) {
            visit_slots(e, &v->rows[kind][i]->index, kind, i, e->rows != NULL, look_rows);
        }
    }
    e->dry = false;
    return true;
}

/* Runs that readers of other versions may see are copied. False: no memory. */
static bool copy_hit(edit *e, churn__version *to)
{
    for (uint32_t i = 0; i < to->event_runs; i++) {
        event_run *copy = e->hit_events[i] ? churn__store_event_run_copy(to->events[i]) : NULL;
        if (e->hit_events[i] && copy == NULL) {
            return false;
        }
        if (copy != NULL) {
            churn__store_event_run_release(to->events[i]);
            to->events[i] = copy;
        }
    }
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        for (uint32_t i = 0; i < to->row_runs[kind]; i++) {
            bool hit = e->hit_rows[kind][i];
            row_run *copy = hit ? churn__store_row_run_copy(to->rows[kind][i]) : NULL;
            if (hit && copy == NULL) {
                return false;
            }
            if (copy != NULL) {
                churn__store_row_run_release(to->rows[kind][i]);
                to->rows[kind][i] = copy;
            }
        }
    }
    return true;
}

/* A run that holds nothing is none, unless it says so of customers of whom older runs have
 * something. */
static void drop_empty(churn__version *v)
{
    uint32_t events = 0;
    for (uint32_t i = 0; i < v->event_runs; i++) {
        event_run *run = v->events[i];
        bool stays = run->count > 0 || (run->override_count > 0 && events > 0);
        if (!stays) {
            churn__store_event_run_release(run);
        } else {
            v->events[events++] = run;
        }
    }
    v->event_runs = events;
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        uint32_t rows = 0;
        for (uint32_t i = 0; i < v->row_runs[kind]; i++) {
            row_run *run = v->rows[kind][i];
            if (run->count == 0 && rows == 0) {
                churn__store_row_run_release(run);
            } else {
                v->rows[kind][rows++] = run;
            }
        }
        v->row_runs[kind] = rows;
    }
}

bool churn__edit_is_simple(const edit *e)
{
    for (uint32_t i = 0; i < e->from->event_runs; i++) {
        if (e->hit_events[i] && e->from->events[i]->props.count > 0) {
            return false;
        }
    }
    return true;
}

bool churn__edit_strip(edit *e, churn__version *to, bool in_place)
{
    if (!in_place && !copy_hit(e, to)) {
        return false;
    }
    memset(e->removed, 0, sizeof e->removed); /* now what is said again only is known */
    for (uint32_t i = 0; i < to->event_runs; i++) {
        if (e->hit_events[i] && !strip_events(e, i, to->events[i], e->from->events[i])) {
            return false;
        }
    }
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        for (uint32_t i = 0; i < to->row_runs[kind]; i++) {
            if (e->hit_rows[kind][i]) {
                strip_rows(e, kind, i, to->rows[kind][i]);
            }
        }
        to->records[kind] -= e->removed[kind];
    }
    drop_empty(to);
    return true;
}
