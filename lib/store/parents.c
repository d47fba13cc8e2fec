/* SPDX-License-Identifier: MIT */
#include "base/sort.h"
#include "store/load.h"

/*
 * Parents: the attribute `parent` names another customer, and at no instant may anybody be among
 * its own parents.
 *
 * At one instant everybody has one parent at most, so a circle is found by walking upwards. Over
 * time each customer's parent is a step function: a walk holds until the first step of anybody on
 * the way, where it is taken again. What a walk found to be free of circles is remembered for its
 * stretch of time, so a batch without circles costs about one step a row. What is looked at is what
 * will hold once all rows of the call are in.
 */

/* One stretch of a customer's parents; `when`, `known` and `until` as of rows. */
typedef struct parent_state {
    churn_time when, known, until;
    uint32_t parent; /* a customer; CHURN__NO_CODE: none, or one that is not known */
} parent_state;

typedef struct node {
    uint32_t customer;
    uint32_t walk;  /* the last walk that came by */
    uint32_t epoch; /* free of circles in [safe_from, safe_until) as long as this is the present */
    size_t begin, count; /* its states */
    churn_time safe_from, safe_until;
} node;

typedef struct family {
    load *load;
    churn__heap *heap;
    resolver resolver;
    tally tally;
    moments moments;
    node *nodes;
    size_t node_count, node_capacity;
    uint32_t *slots; /* by customer: node + 1, open addressing */
    size_t slot_count;
    parent_state *states;
    size_t state_count, state_capacity;
    attribute_row *rows; /* new rows of one customer */
    size_t row_capacity;
    uint32_t walk, epoch;
    bool failed; /* no memory */
} family;

#define NO_NODE SIZE_MAX

uint32_t churn__load_attribute_rows(const churn__version *v, uint32_t customer, uint32_t name,
                                    const attribute_row **rows)
{
    const void *block = NULL;
    uint32_t low = 0, end = 0;
    uint32_t n = churn__store_row_block(v->rows[KIND_ATTRIBUTE], v->row_runs[KIND_ATTRIBUTE],
                                        customer, &block);
    const attribute_row *all = block;
    for (uint32_t high = n; low < high;) {
        uint32_t middle = low + (high - low) / 2;
        bool below = all[middle].head.id < name;
        low = below ? middle + 1 : low;
        high = below ? high : middle;
    }
    for (end = low; end < n && all[end].head.id == name;) {
        end++;
    }
    *rows = n == 0 ? NULL : all + low;
    return end - low;
}

bool churn__load_note_parent(load *l, const attribute_row *row)
{
    if (!churn__grow(l->store->heap, (void **)&l->parents, &l->parent_capacity, l->parent_count + 1,
                     sizeof *l->parents)) {
        return false;
    }
    l->parents[l->parent_count++] =
        (parent_ref){.customer = row->head.customer,
                     .staged = (uint32_t)l->stage->rows[KIND_ATTRIBUTE].count,
                     .row = l->row_number};
    return true;
}

static attribute_row *staged_row(const load *l, const parent_ref *ref)
{
    return (attribute_row *)(void *)l->stage->rows[KIND_ATTRIBUTE].rows + ref->staged;
}

/* ---- who is there ---- */

static size_t slot_of(const family *f, uint32_t customer)
{
    size_t last = f->slot_count - 1;
    size_t at = (size_t)(customer * UINT64_C(0x9E3779B97F4A7C15) >> 32) & last;
    while (f->slots[at] != 0 && f->nodes[f->slots[at] - 1].customer != customer) {
        at = (at + 1) & last;
    }
    return at;
}

static bool grow_slots(family *f)
{
    size_t old = f->slot_count, count = old == 0 ? 64 : old * 2;
    if (f->node_count * 2 < old) {
        return true;
    }
    uint32_t *slots = churn__alloc_array_zero(f->heap, count, sizeof *slots);
    if (slots == NULL) {
        return false;
    }
    churn__free_array(f->heap, f->slots, old, sizeof *slots);
    f->slots = slots;
    f->slot_count = count;
    for (size_t i = 0; i < f->node_count; i++) {
        slots[slot_of(f, f->nodes[i].customer)] = (uint32_t)i + 1;
    }
    return true;
}

/* ---- a customer's parents over time ---- */

static bool take_row(family *f, size_t *count, const attribute_row *row)
{
    if (!churn__grow(f->heap, (void **)&f->rows, &f->row_capacity, *count + 1, sizeof *f->rows)) {
        return false;
    }
    f->rows[(*count)++] = *row;
    return true;
}

/* The first note of a customer. Notes are sorted by customer and arrival. */
static size_t first_note(const load *l, uint32_t customer)
{
    size_t low = 0, high = l->parent_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        bool below = l->parents[middle].customer < customer;
        low = below ? middle + 1 : low;
        high = below ? high : middle;
    }
    return low;
}

static bool still_there(const load *l, const parent_ref *ref)
{
    return !ref->rejected && staged_row(l, ref)->head.customer != CHURN__NO_CODE;
}

static bool take_batch_rows(family *f, uint32_t customer, size_t *count)
{
    const load *l = f->load;
    bool ok = true;
    for (size_t i = first_note(l, customer);
         ok && i < l->parent_count && l->parents[i].customer == customer; i++) {
        const parent_ref *ref = &l->parents[i];
        ok = !still_there(l, ref) || take_row(f, count, staged_row(l, ref));
    }
    return ok;
}

/* Rows that came one by one are linked from the newest to the oldest. */
static bool take_waiting_rows(family *f, uint32_t customer, size_t *count)
{
    const churn_store *store = f->load->store;
    const attribute_row *all = (const void *)store->pending.rows[KIND_ATTRIBUTE].rows;
    uint32_t at = customer < store->last_capacity ? store->last_attribute[customer] : 0;
    bool ok = true;
    for (; ok && at != 0; at = all[at - 1].head.origin) {
        bool parent = all[at - 1].head.id == store->parent_name;
        ok = !parent || take_row(f, count, &all[at - 1]);
    }
    for (size_t i = 0, j = *count; ok && i + 1 < j; i++) {
        attribute_row swap = f->rows[i];
        f->rows[i] = f->rows[--j];
        f->rows[j] = swap;
    }
    return ok;
}

static uint32_t parent_of(const churn_store *store, const attribute_row *row)
{
    if (row->type != CHURN__TYPE_STRING) {
        return CHURN__NO_CODE;
    }
    return churn__dict_find(store->customers, churn__dict_get(store->texts, (uint32_t)row->bits));
}

static bool add_states(family *f, node *n, const attribute_row *rows, size_t count)
{
    n->begin = f->state_count;
    n->count = count;
    if (!churn__grow(f->heap, (void **)&f->states, &f->state_capacity, f->state_count + count,
                     sizeof *f->states)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const row_head *head = &rows[i].head;
        f->states[f->state_count++] = (parent_state){head->when, head->known, head->until,
                                                     parent_of(f->load->store, &rows[i])};
    }
    return true;
}

/* What will hold once all rows are in. */
static bool read_states(family *f, node *n)
{
    const load *l = f->load;
    const attribute_row *old = NULL;
    uint32_t old_count =
        churn__load_attribute_rows(l->store->current, n->customer, l->store->parent_name, &old);
    size_t count = 0;
    bool ok = l->in_sequence ? take_waiting_rows(f, n->customer, &count)
                             : take_batch_rows(f, n->customer, &count);
    if (!ok || count == 0) {
        return ok && add_states(f, n, old, old_count);
    }
    return churn__store_resolve(&f->resolver, old, old_count, f->rows, count) &&
           add_states(f, n, (const void *)f->resolver.rows, f->resolver.count);
}

/* NO_NODE: no memory. */
static size_t node_of(family *f, uint32_t customer)
{
    if (!grow_slots(f)) {
        f->failed = true;
        return NO_NODE;
    }
    size_t slot = slot_of(f, customer);
    if (f->slots[slot] != 0) {
        return f->slots[slot] - 1;
    }
    node fresh = {.customer = customer};
    if (!read_states(f, &fresh) || !churn__grow(f->heap, (void **)&f->nodes, &f->node_capacity,
                                                f->node_count + 1, sizeof *f->nodes)) {
        f->failed = true;
        return NO_NODE;
    }
    f->nodes[f->node_count++] = fresh;
    f->slots[slot] = (uint32_t)f->node_count;
    return f->node_count - 1;
}

/* ---- walks ---- */

static churn_time earlier_step(churn_time step, churn_time at, churn_time so_far)
{
    return step > at && step < so_far ? step : so_far;
}

/* The parent seen at an instant, and `next` no later than when that changes. */
static uint32_t parent_at(const family *f, const node *n, churn_time at, churn_time *next)
{
    uint32_t parent = CHURN__NO_CODE;
    for (size_t i = n->begin; i < n->begin + n->count; i++) {
        const parent_state *s = &f->states[i];
        bool seen = s->when <= at && s->known <= at && at < s->until;
        parent = seen ? s->parent : parent; /* the last that is seen holds */
        *next = earlier_step(s->when, at, *next);
        *next = earlier_step(s->known, at, *next);
        *next = earlier_step(s->until, at, *next);
    }
    return parent;
}

static bool is_safe(const family *f, const node *n, churn_time at)
{
    return n->epoch == f->epoch && n->safe_from <= at && at < n->safe_until;
}

/* Walk upwards from a node. Gives a node of the circle that it ends in, or NO_NODE; what it found
 * holds until `next`. */
static size_t walk_up(family *f, size_t from, churn_time at, churn_time *next)
{
    f->walk++;
    for (size_t i = from;;) {
        node *n = &f->nodes[i];
        if (n->walk == f->walk) {
            return i;
        }
        n->walk = f->walk;
        if (is_safe(f, n, at)) {
            *next = n->safe_until < *next ? n->safe_until : *next;
            return NO_NODE;
        }
        uint32_t parent = parent_at(f, n, at, next);
        if (parent == CHURN__NO_CODE) {
            return NO_NODE;
        }
        i = node_of(f, parent);
        if (i == NO_NODE) {
            return NO_NODE;
        }
    }
}

/* The node above; all of the way were made by walk_up(). */
static size_t above(const family *f, size_t i, churn_time at)
{
    churn_time ignored = FOREVER;
    uint32_t parent = parent_at(f, &f->nodes[i], at, &ignored);
    return parent == CHURN__NO_CODE ? NO_NODE : f->slots[slot_of(f, parent)] - 1;
}

static void remember_safe(family *f, size_t from, churn_time at, churn_time next)
{
    for (size_t i = from; i != NO_NODE && !is_safe(f, &f->nodes[i], at); i = above(f, i, at)) {
        f->nodes[i].epoch = f->epoch;
        f->nodes[i].safe_from = at;
        f->nodes[i].safe_until = next;
    }
}

/* The first instant from `at` on at which a walk from a node ends in a circle, which it gives. */
static size_t find_circle(family *f, size_t from, churn_time *at)
{
    while (*at < FOREVER && !f->failed) {
        churn_time next = FOREVER;
        size_t circle = walk_up(f, from, *at, &next);
        if (circle != NO_NODE) {
            return circle;
        }
        if (!f->failed) {
            remember_safe(f, from, *at, next);
        }
        *at = next;
    }
    return NO_NODE;
}

/* ---- begin and end ---- */

static int cmp_notes(const void *a, const void *b, const void *context)
{
    const parent_ref *x = a, *y = b;
    (void)context;
    if (x->customer != y->customer) {
        return x->customer < y->customer ? -1 : 1;
    }
    return (x->staged > y->staged) - (x->staged < y->staged);
}

static void family_begin(family *f, load *l)
{
    churn__heap *heap = l->store->heap;
    *f = (family){.load = l, .heap = heap, .epoch = 1};
    f->moments.heap = heap;
    f->tally =
        (tally){.mark = CHURN_TIME_NONE, .in_sequence = l->in_sequence, .moments = &f->moments};
    f->resolver =
        (resolver){.heap = heap, .kind = &churn__store_kinds[KIND_ATTRIBUTE], .tally = &f->tally};
}

static void family_end(family *f)
{
    churn__free_array(f->heap, f->nodes, f->node_capacity, sizeof *f->nodes);
    churn__free_array(f->heap, f->slots, f->slot_count, sizeof *f->slots);
    churn__free_array(f->heap, f->states, f->state_capacity, sizeof *f->states);
    churn__free_array(f->heap, f->rows, f->row_capacity, sizeof *f->rows);
    churn__store_resolver_clear(&f->resolver);
    churn__store_moments_clear(&f->moments);
}

/* ---- one record ---- */

churn_status churn__load_check_parent(load *l, int32_t *fault, churn_error *err)
{
    churn_time at = CHURN_TIME_MIN;
    family f;
    family_begin(&f, l);
    size_t from = node_of(&f, l->row.head.customer);
    size_t circle = from == NO_NODE ? NO_NODE : find_circle(&f, from, &at);
    bool failed = f.failed;
    family_end(&f);
    if (failed) {
        return churn__fail_memory(err, l->store->heap);
    }
    if (circle != NO_NODE) {
        l->fault_field = NULL;
        l->fault = CHURN__STR("parent");
        *fault = REJECT_CYCLIC_PARENT;
    }
    return CHURN_OK;
}

/* ---- a batch ---- */

/* Does a staged row say what is seen of its customer at an instant. */
static bool holds_at(const family *f, const node *n, const attribute_row *row, churn_time at)
{
    const parent_state *seen = NULL;
    for (size_t i = n->begin; i < n->begin + n->count; i++) {
        const parent_state *s = &f->states[i];
        seen = s->when <= at && s->known <= at && at < s->until ? s : seen;
    }
    return seen != NULL && (row->head.flags & ROW_END) == 0 && seen->when == row->head.when &&
           seen->known == row->head.known && seen->parent == parent_of(f->load->store, row);
}

/* Of the rows of the batch that make a circle, the last that came; else the last that has to do
 * with it, as one that took another row away. NULL: the batch is not to blame. */
static parent_ref *last_to_blame(const family *f, size_t circle, churn_time at)
{
    load *l = f->load;
    parent_ref *last = NULL;
    bool last_holds = false;
    size_t i = circle;
    do {
        const node *n = &f->nodes[i];
        for (size_t k = first_note(l, n->customer);
             k < l->parent_count && l->parents[k].customer == n->customer; k++) {
            parent_ref *ref = &l->parents[k];
            bool holds = still_there(l, ref) && holds_at(f, n, staged_row(l, ref), at);
            bool better = last == NULL || holds > last_holds ||
                          (holds == last_holds && ref->staged > last->staged);
            if (still_there(l, ref) && better) {
                last = ref;
                last_holds = holds;
            }
        }
        i = above(f, i, at);
    } while (i != circle);
    return last;
}

/* Without the rejected row its customer has other parents, and walks are to be taken anew. */
static void reject_note(family *f, parent_ref *ref)
{
    node *n = &f->nodes[f->slots[slot_of(f, ref->customer)] - 1];
    ref->rejected = true;
    f->epoch++;
    f->failed = !read_states(f, n) || f->failed;
}

/* Reject rows until walks from a customer end in no circle; true where any was. */
static bool clear_customer(family *f, uint32_t customer)
{
    churn_time at = CHURN_TIME_MIN;
    bool any = false;
    size_t from = node_of(f, customer);
    while (from != NO_NODE && !f->failed) {
        size_t circle = find_circle(f, from, &at);
        parent_ref *ref = circle == NO_NODE ? NULL : last_to_blame(f, circle, at);
        if (ref == NULL) {
            break;
        }
        reject_note(f, ref);
        any = true;
        at = CHURN_TIME_MIN;
    }
    return any;
}

/* A rejected row may bring another to light that closes a circle through customers that were
 * looked at before. */
static void clear_all(family *f)
{
    load *l = f->load;
    for (bool again = true; again && !f->failed;) {
        again = false;
        for (size_t i = 0; i < l->parent_count && !f->failed; i++) {
            again = clear_customer(f, l->parents[i].customer) || again;
        }
    }
}

static int cmp_arrival(const void *a, const void *b, const void *context)
{
    const parent_ref *x = a, *y = b;
    (void)context;
    return (x->staged > y->staged) - (x->staged < y->staged);
}

/* All that came with a rejected row of a customer goes with it. */
static void drop_origins(load *l, const tally *t)
{
    customer_row *customers = (void *)l->stage->rows[KIND_CUSTOMER].rows;
    attribute_row *attributes = (void *)l->stage->rows[KIND_ATTRIBUTE].rows;
    for (size_t i = 0; i < l->stage->rows[KIND_CUSTOMER].count; i++) {
        bool rejected = (t->by_origin[customers[i].head.origin] & OUTCOME_REJECTED) != 0;
        customers[i].head.customer = rejected ? CHURN__NO_CODE : customers[i].head.customer;
    }
    for (size_t i = 0; i < l->stage->rows[KIND_ATTRIBUTE].count; i++) {
        bool rejected = (t->by_origin[attributes[i].head.origin] & OUTCOME_REJECTED) != 0;
        attributes[i].head.customer = rejected ? CHURN__NO_CODE : attributes[i].head.customer;
    }
}

static churn_status reject_rows(load *l, tally *t, churn_error *err)
{
    churn_status st = CHURN_OK;
    bool any = false;
    l->fault_field = NULL;
    l->fault = CHURN__STR("parent");
    for (size_t i = 0; i < l->parent_count; i++) {
        const parent_ref *ref = &l->parents[i];
        if (!ref->rejected) {
            continue;
        }
        attribute_row *row = staged_row(l, ref);
        CHURN_TRY(churn__load_reject(l, REJECT_CYCLIC_PARENT, ref->row, err));
        row->head.customer = CHURN__NO_CODE;
        any = true;
        if (t->by_origin != NULL) {
            t->by_origin[row->head.origin] = OUTCOME_REJECTED;
        }
    }
    if (any && t->by_origin != NULL) {
        drop_origins(l, t);
    }
    if (any && !churn__load_drop_orphans(l)) {
        CHURN_TRY(churn__fail_memory(err, l->store->heap));
    }
done:
    return st;
}

churn_status churn__load_check_parents(load *l, tally *t, churn_error *err)
{
    churn_status st = CHURN_OK;
    size_t n = l->parent_count;
    family f;
    family_begin(&f, l);
    if (n == 0) {
        goto done;
    }
    f.failed = !churn__sort(f.heap, l->parents, n, sizeof *l->parents, cmp_notes, NULL);
    clear_all(&f);
    f.failed =
        f.failed || !churn__sort(f.heap, l->parents, n, sizeof *l->parents, cmp_arrival, NULL);
    if (f.failed) {
        CHURN_TRY(churn__fail_memory(err, f.heap));
    }
    CHURN_TRY(reject_rows(l, t, err));
done:
    family_end(&f);
    return st;
}

/* ---- two customers who become one ---- */

churn_status churn__load_check_merge(churn_store *store, uint32_t from, uint32_t into,
                                     churn_error *err)
{
    churn_status st = CHURN_OK;
    load none = {.store = store};
    const attribute_row *own = NULL, *rows = NULL;
    uint32_t count = churn__load_attribute_rows(store->current, from, store->parent_name, &rows);
    churn_time at = CHURN_TIME_MIN;
    family f;
    if (churn__load_attribute_rows(store->current, into, store->parent_name, &own) > 0) {
        return CHURN_OK; /* their own parents stand */
    }
    family_begin(&f, &none);
    size_t i = node_of(&f, into);
    if (i == NO_NODE || !add_states(&f, &f.nodes[i], rows, count)) {
        CHURN_TRY(churn__fail_memory(err, f.heap));
    }
    bool circle = find_circle(&f, i, &at) != NO_NODE;
    if (f.failed) {
        CHURN_TRY(churn__fail_memory(err, f.heap));
    }
    if (circle) {
        CHURN_FAIL(CHURN_E_STATE, REJECT_CYCLIC_PARENT,
                   "merge: with the parent of `from`, `into` would be its own parent: retract the "
                   "parent first");
    }
done:
    family_end(&f);
    return st;
}
