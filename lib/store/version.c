/* SPDX-License-Identifier: MIT */
#include "store/inside.h"

#include "base/sort.h"

/* ---- life ---- */

customer_order *churn__store_order_create(churn__heap *heap, uint32_t capacity)
{
    customer_order *order = churn__alloc(heap, sizeof *order + capacity * sizeof *order->data);
    if (order != NULL) {
        atomic_init(&order->refs, 1);
        order->heap = churn__heap_retain(heap);
        order->count = order->covered = order->capacity = capacity;
    }
    return order;
}

void churn__store_order_release(customer_order *order)
{
    if (order == NULL || atomic_fetch_sub_explicit(&order->refs, 1, memory_order_acq_rel) != 1) {
        return;
    }
    churn__heap *heap = order->heap;
    churn__free(heap, order, sizeof *order + order->capacity * sizeof *order->data);
    churn__heap_release(heap);
}

version_count *churn__store_count_create(churn__heap *heap)
{
    version_count *count = churn__alloc(heap, sizeof *count);
    if (count != NULL) {
        atomic_init(&count->refs, 1);
        count->heap = churn__heap_retain(heap);
    }
    return count;
}

void churn__store_count_release(version_count *count)
{
    if (count == NULL || atomic_fetch_sub_explicit(&count->refs, 1, memory_order_acq_rel) != 1) {
        return;
    }
    churn__heap *heap = count->heap;
    churn__free(heap, count, sizeof *count);
    churn__heap_release(heap);
}

uint32_t churn__store_versions(const churn_store *store)
{
    return atomic_load_explicit(&store->alive->refs, memory_order_acquire) - 1;
}

static void marks_release(mark_list *marks)
{
    if (marks == NULL || atomic_fetch_sub_explicit(&marks->refs, 1, memory_order_acq_rel) != 1) {
        return;
    }
    churn__heap *heap = marks->heap;
    churn__free(heap, marks, sizeof *marks + marks->count * sizeof *marks->data);
    churn__heap_release(heap);
}

static void retain(atomic_uint *refs)
{
    atomic_fetch_add_explicit(refs, 1, memory_order_relaxed);
}

static void retain_runs(churn__version *v)
{
    for (uint32_t i = 0; i < v->event_runs; i++) {
        retain(&v->events[i]->refs);
    }
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        for (uint32_t i = 0; i < v->row_runs[kind]; i++) {
            retain(&v->rows[kind][i]->refs);
        }
    }
}

static void release_runs(churn__version *v)
{
    for (uint32_t i = 0; i < v->event_runs; i++) {
        churn__store_event_run_release(v->events[i]);
    }
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        for (uint32_t i = 0; i < v->row_runs[kind]; i++) {
            churn__store_row_run_release(v->rows[kind][i]);
        }
    }
}

churn__version *churn__version_retain(churn__version *version)
{
    retain(&version->refs);
    return version;
}

void churn__version_release(churn__version *v)
{
    if (v == NULL || atomic_fetch_sub_explicit(&v->refs, 1, memory_order_acq_rel) != 1) {
        return;
    }
    churn__heap *heap = v->heap;
    release_runs(v);
    churn__dict_view_release(v->customer_ids);
    churn__dict_view_release(v->types);
    churn__dict_view_release(v->texts);
    churn__dict_view_release(v->props);
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        churn__dict_view_release(v->ids[kind]);
    }
    churn__store_order_release(v->order);
    churn__store_count_release(v->alive);
    marks_release(v->marks);
    churn__store_late_release(v->late);
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        churn__beats_release(v->said[kind]);
    }
    churn__beats_release(v->dated);
    churn__free(heap, v, sizeof *v);
    churn__heap_release(heap);
}

void churn__version_set_marks(churn__version *draft, mark_list *marks)
{
    marks_release(draft->marks);
    draft->marks = marks;
}

/* The view that there is, or a new one where strings came. */
static bool take_view(churn__dict_view **slot, churn__dict_view *before, churn__dict *dict)
{
    if (dict == NULL) {
        return true;
    }
    bool same = before != NULL && churn__dict_view_count(before) == churn__dict_count(dict);
    *slot = same ? churn__dict_view_retain(before) : churn__dict_view_take(dict);
    return *slot != NULL;
}

static bool take_views(churn__version *v, const churn_store *store, const churn__version *from)
{
    bool ok =
        take_view(&v->customer_ids, from == NULL ? NULL : from->customer_ids, store->customers) &&
        take_view(&v->types, from == NULL ? NULL : from->types, store->types) &&
        take_view(&v->texts, from == NULL ? NULL : from->texts, store->texts) &&
        take_view(&v->props, from == NULL ? NULL : from->props, store->props);
    for (uint32_t kind = 0; ok && kind < KINDS; kind++) {
        ok = take_view(&v->ids[kind], from == NULL ? NULL : from->ids[kind], store->ids[kind]);
    }
    return ok;
}

static void inherit(churn__version *v, const churn__version *from)
{
    /* All but the references, which other threads are counting. */
    size_t at = offsetof(churn__version, heap);
    memcpy((char *)v + at, (const char *)from + at, sizeof *v - at);
    v->number++;
    v->customer_ids = v->types = v->texts = v->props = NULL;
    memset(v->ids, 0, sizeof v->ids);
    retain_runs(v);
    if (v->order != NULL) {
        retain(&v->order->refs);
    }
    if (v->marks != NULL) {
        retain(&v->marks->refs);
    }
    if (v->late != NULL) {
        retain(&v->late->refs);
    }
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        (void)churn__beats_retain(v->said[kind]);
    }
    (void)churn__beats_retain(v->dated);
}

churn__version *churn__version_draft(churn_store *store, const churn__version *from)
{
    churn__version *v = churn__alloc_zero(store->heap, sizeof *v);
    if (v == NULL) {
        return NULL;
    }
    v->forgotten = CHURN_TIME_NONE;
    if (from != NULL) {
        inherit(v, from);
    }
    atomic_init(&v->refs, 1);
    v->heap = churn__heap_retain(store->heap);
    v->alive = store->alive;
    retain(&v->alive->refs);
    if (!take_views(v, store, from)) {
        churn__version_release(v);
        return NULL;
    }
    v->customers = churn__dict_view_count(v->customer_ids);
    return v;
}

/* ---- the order of customers ---- */

typedef struct sorting {
    churn__heap *heap;
    const churn__dict_view *ids;
    uint32_t *codes;
    size_t count;
} sorting;

static churn_str id_of(const sorting *s, uint32_t code)
{
    return churn__dict_view_get(s->ids, code);
}

static int cmp_ids(const void *a, const void *b, const void *context)
{
    const sorting *s = context;
    return churn__str_cmp(id_of(s, *(const uint32_t *)a), id_of(s, *(const uint32_t *)b));
}

static size_t common_prefix(const sorting *s)
{
    churn_str first = id_of(s, s->codes[0]);
    size_t prefix = first.len;
    for (size_t i = 1; i < s->count && prefix > 0; i++) {
        churn_str id = id_of(s, s->codes[i]);
        prefix = id.len < prefix ? id.len : prefix;
        while (prefix > 0 && memcmp(id.ptr, first.ptr, prefix) != 0) {
            prefix--;
        }
    }
    return prefix;
}

/* The eight bytes after the prefix as a number that sorts as they do; ids hold no NUL. */
static uint64_t id_key(churn_str id, size_t prefix)
{
    uint64_t key = 0;
    for (size_t i = 0; i < 8; i++) {
        size_t at = prefix + i;
        key = key << 8 | (at < id.len ? (unsigned char)id.ptr[at] : 0);
    }
    return key;
}

static bool sort_equal_keys(const sorting *s, const uint64_t *keys, const uint32_t *order,
                            uint32_t *out)
{
    for (size_t begin = 0, end = 0; begin < s->count; begin = end) {
        while (end < s->count && keys[order[end]] == keys[order[begin]]) {
            out[end] = s->codes[order[end]];
            end++;
        }
        if (end - begin > 1 &&
            !churn__sort(s->heap, out + begin, end - begin, sizeof *out, cmp_ids, s)) {
            return false;
        }
    }
    return true;
}

static bool is_sorted(const sorting *s)
{
    for (size_t i = 1; i < s->count; i++) {
        if (cmp_ids(&s->codes[i - 1], &s->codes[i], s) > 0) {
            return false;
        }
    }
    return true;
}

static bool sort_ids(const sorting *s)
{
    if (s->count < 2 || is_sorted(s)) {
        return true;
    }
    uint64_t *keys = churn__alloc_array(s->heap, s->count, sizeof *keys);
    uint32_t *order = churn__alloc_array(s->heap, s->count, 2 * sizeof *order);
    bool ok = keys != NULL && order != NULL;
    if (ok) {
        size_t prefix = common_prefix(s);
        uint32_t *sorted = order + s->count;
        for (size_t i = 0; i < s->count; i++) {
            keys[i] = id_key(id_of(s, s->codes[i]), prefix);
        }
        ok = churn__radix_order_u64(s->heap, keys, order, s->count) &&
             sort_equal_keys(s, keys, order, sorted);
        if (ok) {
            memcpy(s->codes, sorted, s->count * sizeof *sorted);
        }
    }
    churn__free_array(s->heap, keys, s->count, sizeof *keys);
    churn__free_array(s->heap, order, s->count, 2 * sizeof *order);
    return ok;
}

/* New customers stand sorted at the end of `order`; bring the old ones in from the back. */
static void merge_order(customer_order *order, const customer_order *old, const sorting *s,
                        const uint32_t *fresh)
{
    size_t i = old == NULL ? 0 : old->count, j = s->count, at = order->count;
    while (at > 0) {
        bool take_old = i > 0 && (j == 0 || cmp_ids(&old->data[i - 1], &fresh[j - 1], s) > 0);
        order->data[--at] = take_old ? old->data[--i] : fresh[--j];
    }
}

bool churn__version_extend_order(churn__version *draft)
{
    const customer_order *old = draft->order;
    uint32_t before = old == NULL ? 0 : old->covered, listed = old == NULL ? 0 : old->count;
    if (old != NULL && before == draft->customers) {
        return true;
    }
    uint32_t fresh = draft->customers - before;
    sorting s = {.heap = draft->heap, .ids = draft->customer_ids, .count = fresh};
    customer_order *order = churn__store_order_create(draft->heap, listed + fresh);
    s.codes = churn__alloc_array(draft->heap, fresh, sizeof *s.codes);
    bool ok = order != NULL && s.codes != NULL;
    for (uint32_t i = 0; ok && i < fresh; i++) {
        s.codes[i] = before + i;
    }
    ok = ok && sort_ids(&s);
    if (ok) {
        order->covered = draft->customers;
        merge_order(order, old, &s, s.codes);
        churn__store_order_release(draft->order);
        draft->order = order;
    } else {
        churn__store_order_release(order);
    }
    churn__free_array(draft->heap, s.codes, fresh, sizeof *s.codes);
    return ok;
}

/* ---- words for others ---- */

event_order churn__version_event_order(const churn__version *v)
{
    return (event_order){v->texts, v->ids[KIND_EVENT], v->props};
}

event_order churn__version_row_order(const churn__version *v, uint32_t kind)
{
    bool named = churn__store_kinds[kind].id_is_text;
    return (event_order){v->texts, named ? v->texts : v->ids[kind], NULL};
}

uint64_t churn__version_number(const churn__version *v)
{
    return v->number;
}

uint32_t churn__version_customers(const churn__version *v)
{
    return v->customers;
}

uint32_t churn__version_listed(const churn__version *v)
{
    return v->order->count;
}

const uint32_t *churn__version_order(const churn__version *v)
{
    return v->order->data;
}

churn_str churn__version_customer_id(const churn__version *v, uint32_t customer)
{
    return churn__dict_view_get(v->customer_ids, customer);
}

void churn__version_customer_ahead(const churn__version *v, uint32_t customer)
{
    churn__dict_view_ahead(v->customer_ids, customer);
}

uint32_t churn__version_find_customer(const churn__version *v, churn_str id)
{
    return churn__dict_view_find(v->customer_ids, id);
}

const churn__dict_view *churn__version_types(const churn__version *v)
{
    return v->types;
}

const churn__dict_view *churn__version_texts(const churn__version *v)
{
    return v->texts;
}

churn_str churn__version_key(const churn__version *v, churn_record_kind record, uint32_t id)
{
    uint32_t kind = churn__store_kind(record);
    const churn__dict_view *ids = kind == KIND_NONE ? NULL : churn__version_row_order(v, kind).ids;
    if (ids == NULL || id == CHURN__NO_CODE) {
        return (churn_str){NULL, 0};
    }
    return churn__dict_view_get(ids, id);
}

churn_str churn__version_event_id(const churn__version *v, uint32_t id)
{
    return id == CHURN__NO_CODE ? (churn_str){NULL, 0}
                                : churn__dict_view_get(churn__version_event_order(v).ids, id);
}

bool churn__version_provided(const churn__version *v, churn_record_kind record, churn_time as_of)
{
    uint32_t kind = churn__store_kind(record);
    if (kind == KIND_NONE || (v->provided >> kind & 1) != 0) {
        return kind != KIND_NONE;
    }
    churn_str name = churn__str_nts(churn__store_kinds[kind].name);
    return churn__version_mark(v, name, as_of) != CHURN_TIME_NONE;
}
