/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "store/runs.h"

/* ---- columns ---- */

uint32_t churn__store_columns_mask(const event_columns *cells)
{
    return (cells->user != NULL ? COLUMN_USER : 0) | (cells->value != NULL ? COLUMN_VALUE : 0) |
           (cells->known != NULL ? COLUMN_KNOWN : 0) | (cells->until != NULL ? COLUMN_UNTIL : 0) |
           (cells->id != NULL ? COLUMN_ID : 0) | (cells->tag != NULL ? COLUMN_TAG : 0);
}

static void *column_alloc(churn__heap *heap, bool wanted, size_t capacity, size_t size, bool *ok)
{
    void *data = wanted ? churn__alloc_array(heap, capacity, size) : NULL;
    *ok = *ok && (!wanted || data != NULL);
    return data;
}

bool churn__store_columns_alloc(churn__heap *heap, event_columns *cells, uint32_t columns,
                                size_t capacity)
{
    bool ok = true;
    *cells = (event_columns){
        .at = column_alloc(heap, true, capacity, sizeof *cells->at, &ok),
        .user = column_alloc(heap, columns & COLUMN_USER, capacity, sizeof *cells->user, &ok),
        .value = column_alloc(heap, columns & COLUMN_VALUE, capacity, sizeof *cells->value, &ok),
        .known = column_alloc(heap, columns & COLUMN_KNOWN, capacity, sizeof *cells->known, &ok),
        .until = column_alloc(heap, columns & COLUMN_UNTIL, capacity, sizeof *cells->until, &ok),
        .id = column_alloc(heap, columns & COLUMN_ID, capacity, sizeof *cells->id, &ok),
        .tag = column_alloc(heap, columns & COLUMN_TAG, capacity, sizeof *cells->tag, &ok),
        .from = column_alloc(heap, columns & COLUMN_FROM, capacity, sizeof *cells->from, &ok),
    };
    if (!ok) {
        churn__store_columns_free(heap, cells, capacity);
    }
    return ok;
}

bool churn__store_columns_room(churn__heap *heap, event_columns *cells, uint32_t *have,
                               size_t *capacity, uint32_t columns, size_t n)
{
    if (n <= *capacity && (columns & ~*have) == 0) {
        return true;
    }
    churn__store_columns_free(heap, cells, *capacity);
    *capacity = n * 2;
    *have |= columns;
    if (churn__store_columns_alloc(heap, cells, *have, *capacity)) {
        return true;
    }
    *capacity = 0;
    return false;
}

void churn__store_columns_free(churn__heap *heap, event_columns *cells, size_t capacity)
{
    churn__free_array(heap, cells->at, capacity, sizeof *cells->at);
    churn__free_array(heap, cells->user, capacity, sizeof *cells->user);
    churn__free_array(heap, cells->value, capacity, sizeof *cells->value);
    churn__free_array(heap, cells->known, capacity, sizeof *cells->known);
    churn__free_array(heap, cells->until, capacity, sizeof *cells->until);
    churn__free_array(heap, cells->id, capacity, sizeof *cells->id);
    churn__free_array(heap, cells->tag, capacity, sizeof *cells->tag);
    churn__free_array(heap, cells->from, capacity, sizeof *cells->from);
    *cells = (event_columns){0};
}

static void copy_codes(uint32_t *to, const uint32_t *from, size_t n)
{
    if (from != NULL) {
        memcpy(to, from, n * sizeof *to);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        to[i] = CHURN__NO_CODE;
    }
}

static void fill_times(churn_time *to, churn_time value, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        to[i] = value;
    }
}

static void copy_values(double *to, const double *from, size_t n)
{
    if (from != NULL) {
        memcpy(to, from, n * sizeof *to);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        to[i] = (double)NAN;
    }
}

void churn__store_columns_copy(event_columns *to, size_t at, const event_columns *from,
                               size_t from_at, size_t n)
{
    memcpy(to->at + at, from->at + from_at, n * sizeof *to->at);
    if (to->user != NULL) {
        copy_codes(to->user + at, from->user == NULL ? NULL : from->user + from_at, n);
    }
    if (to->id != NULL) {
        copy_codes(to->id + at, from->id == NULL ? NULL : from->id + from_at, n);
    }
    if (to->value != NULL) {
        copy_values(to->value + at, from->value == NULL ? NULL : from->value + from_at, n);
    }
    if (to->known != NULL) { /* learned when it happened */
        const churn_time *known = from->known == NULL ? from->at : from->known;
        memcpy(to->known + at, known + from_at, n * sizeof *known);
    }
    if (to->until != NULL && from->until != NULL) {
        memcpy(to->until + at, from->until + from_at, n * sizeof *to->until);
    } else if (to->until != NULL) {
        fill_times(to->until + at, FOREVER, n);
    }
    if (to->tag != NULL && from->tag != NULL) {
        memcpy(to->tag + at, from->tag + from_at, n * sizeof *to->tag);
    } else if (to->tag != NULL) {
        memset(to->tag + at, 0, n * sizeof *to->tag);
    }
    if (to->from != NULL && from->from != NULL) {
        memcpy(to->from + at, from->from + from_at, n * sizeof *to->from);
    }
}

static void column_move(void *column, size_t to, size_t from, size_t n, size_t size)
{
    char *data = column;
    if (data != NULL && to != from) {
        memmove(data + to * size, data + from * size, n * size);
    }
}

void churn__store_columns_move(event_columns *cells, size_t to, size_t from, size_t n)
{
    column_move(cells->at, to, from, n, sizeof *cells->at);
    column_move(cells->user, to, from, n, sizeof *cells->user);
    column_move(cells->value, to, from, n, sizeof *cells->value);
    column_move(cells->known, to, from, n, sizeof *cells->known);
    column_move(cells->until, to, from, n, sizeof *cells->until);
    column_move(cells->id, to, from, n, sizeof *cells->id);
    column_move(cells->tag, to, from, n, sizeof *cells->tag);
    column_move(cells->from, to, from, n, sizeof *cells->from);
}

static void column_wipe(void *column, size_t at, size_t n, size_t size)
{
    churn__wipe(column == NULL ? NULL : (char *)column + at * size, n * size);
}

void churn__store_columns_wipe(event_columns *cells, size_t at, size_t n)
{
    column_wipe(cells->at, at, n, sizeof *cells->at);
    column_wipe(cells->user, at, n, sizeof *cells->user);
    column_wipe(cells->value, at, n, sizeof *cells->value);
    column_wipe(cells->known, at, n, sizeof *cells->known);
    column_wipe(cells->until, at, n, sizeof *cells->until);
    column_wipe(cells->id, at, n, sizeof *cells->id);
    column_wipe(cells->tag, at, n, sizeof *cells->tag);
}

static void swap_bytes(void *column, size_t i, size_t j, size_t size)
{
    char *data = column, kept[8];
    if (data != NULL) {
        memcpy(kept, data + i * size, size);
        memcpy(data + i * size, data + j * size, size);
        memcpy(data + j * size, kept, size);
    }
}

void churn__store_columns_swap(event_columns *cells, size_t i, size_t j)
{
    swap_bytes(cells->at, i, j, sizeof *cells->at);
    swap_bytes(cells->user, i, j, sizeof *cells->user);
    swap_bytes(cells->value, i, j, sizeof *cells->value);
    swap_bytes(cells->known, i, j, sizeof *cells->known);
    swap_bytes(cells->until, i, j, sizeof *cells->until);
    swap_bytes(cells->id, i, j, sizeof *cells->id);
    swap_bytes(cells->tag, i, j, sizeof *cells->tag);
    swap_bytes(cells->from, i, j, sizeof *cells->from);
}

/* ---- order ---- */

static int cmp_code(const churn__dict_view *texts, uint32_t a, uint32_t b)
{
    if (a == b) {
        return 0;
    }
    if (a == CHURN__NO_CODE || b == CHURN__NO_CODE) {
        return a == CHURN__NO_CODE ? -1 : 1;
    }
    return churn__str_cmp(churn__dict_view_get(texts, a), churn__dict_view_get(texts, b));
}

/* Not given comes first. */
static int cmp_value(double a, double b)
{
    if (isnan(a) || isnan(b)) {
        return (isnan(a) == 0) - (isnan(b) == 0);
    }
    return (a > b) - (a < b);
}

static int cmp_time(churn_time a, churn_time b)
{
    return (a > b) - (a < b);
}

static churn_time known_of(const event_columns *cells, size_t i)
{
    return cells->known == NULL ? cells->at[i] : cells->known[i];
}

#define CELL(cells, column, i, none) ((cells)->column == NULL ? (none) : (cells)->column[i])

/* What two events say beside their instant. */
static int cmp_said(const event_order *order, const event_columns *a, size_t i,
                    const event_columns *b, size_t j)
{
    const double nan = (double)NAN;
    int by =
        cmp_code(order->texts, CELL(a, user, i, CHURN__NO_CODE), CELL(b, user, j, CHURN__NO_CODE));
    by = by != 0 ? by : cmp_value(CELL(a, value, i, nan), CELL(b, value, j, nan));
    by = by != 0 ? by : churn__store_props_cmp(order, a, i, b, j);
    by = by != 0
             ? by
             : cmp_code(order->ids, CELL(a, id, i, CHURN__NO_CODE), CELL(b, id, j, CHURN__NO_CODE));
    return by;
}

static int cmp_tie(const event_order *order, const event_columns *a, size_t i,
                   const event_columns *b, size_t j)
{
    int by = cmp_said(order, a, i, b, j);
    return by != 0 ? by : cmp_time(known_of(a, i), known_of(b, j));
}

int churn__store_event_cmp_said(const event_order *order, const event_columns *a, size_t i,
                                const event_columns *b, size_t j)
{
    int by_time = cmp_time(a->at[i], b->at[j]);
    return by_time != 0 ? by_time : cmp_said(order, a, i, b, j);
}

int churn__store_event_cmp(const event_order *order, const event_columns *a, size_t i,
                           const event_columns *b, size_t j)
{
    int by_time = cmp_time(a->at[i], b->at[j]);
    return by_time != 0 ? by_time : cmp_tie(order, a, i, b, j);
}

/* ---- a run ---- */

event_run *churn__store_event_run_create(churn__heap *heap, uint32_t columns, size_t capacity)
{
    event_run *run = churn__alloc_zero(heap, sizeof *run);
    if (run == NULL) {
        return NULL;
    }
    if (!churn__store_columns_alloc(heap, &run->cells, columns, capacity)) {
        churn__free(heap, run, sizeof *run);
        return NULL;
    }
    atomic_init(&run->refs, 1);
    run->heap = churn__heap_retain(heap);
    run->columns = columns;
    run->props.heap = heap;
    run->capacity = capacity;
    run->first = run->last = CHURN_TIME_NONE;
    return run;
}

void churn__store_event_run_release(event_run *run)
{
    if (run == NULL || atomic_fetch_sub_explicit(&run->refs, 1, memory_order_acq_rel) != 1) {
        return;
    }
    churn__heap *heap = run->heap;
    churn__store_index_clear(heap, &run->index);
    churn__store_columns_wipe(&run->cells, 0, run->count);
    churn__store_columns_free(heap, &run->cells, run->capacity);
    churn__props_clear(&run->props);
    churn__free_array(heap, run->lists, run->list_capacity, sizeof *run->lists);
    churn__free_array(heap, run->overrides, run->override_capacity, sizeof *run->overrides);
    churn__free(heap, run, sizeof *run);
    churn__heap_release(heap);
}

bool churn__store_event_run_overrides(const event_run *run, uint32_t customer)
{
    uint32_t low = 0, high = run->override_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (run->overrides[middle] < customer) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < run->override_count && run->overrides[low] == customer;
}

bool churn__store_event_run_list(event_run *run, uint32_t type)
{
    if (!churn__grow(run->heap, (void **)&run->lists, &run->list_capacity, run->list_count + 1,
                     sizeof *run->lists)) {
        return false;
    }
    run->lists[run->list_count++] = (event_list){type, run->count};
    return true;
}

static void shrink(event_run *run)
{
    event_columns less = {0};
    if (run->capacity - run->count < 16 + run->count / 8 ||
        !churn__store_columns_alloc(run->heap, &less, run->columns, run->count)) {
        return;
    }
    churn__store_columns_copy(&less, 0, &run->cells, 0, run->count);
    churn__store_columns_wipe(&run->cells, 0, run->count);
    churn__store_columns_free(run->heap, &run->cells, run->capacity);
    run->cells = less;
    run->capacity = run->count;
}

/* Lists are sorted: their ends are enough. */
static void note_span(event_run *run)
{
    if (run->first != CHURN_TIME_NONE) { /* known from what was merged */
        return;
    }
    for (size_t i = 0; i < run->list_count; i++) {
        churn_time first = run->cells.at[run->lists[i].begin];
        churn_time last = run->cells.at[run->lists[i + 1].begin - 1];
        run->first = run->first == CHURN_TIME_NONE || first < run->first ? first : run->first;
        run->last = last > run->last ? last : run->last;
    }
}

void churn__store_event_run_measure(event_run *run)
{
    run->first = run->last = CHURN_TIME_NONE;
    shrink(run);
    churn__props_close(&run->props);
    run->cells.props = run->props.count > 0 ? &run->props : NULL;
    note_span(run);
}

static bool copy_lists(event_run *to, const event_run *from)
{
    size_t n = from->list_count + 1, over = from->override_count;
    to->lists = churn__alloc_array(to->heap, n, sizeof *to->lists);
    to->list_capacity = to->lists == NULL ? 0 : n;
    if (over > 0) {
        to->overrides = churn__alloc_array(to->heap, over, sizeof *to->overrides);
        to->override_capacity = to->overrides == NULL ? 0 : (uint32_t)over;
    }
    if (to->lists == NULL || to->override_capacity != over) {
        return false;
    }
    memcpy(to->lists, from->lists, n * sizeof *to->lists);
    if (over > 0) {
        memcpy(to->overrides, from->overrides, over * sizeof *to->overrides);
    }
    to->list_count = from->list_count;
    to->override_count = from->override_count;
    return true;
}

event_run *churn__store_event_run_copy(const event_run *run)
{
    event_run *copy = churn__store_event_run_create(run->heap, run->columns, run->count);
    if (copy == NULL) {
        return NULL;
    }
    if (!copy_lists(copy, run) || !churn__store_index_copy(run->heap, &run->index, &copy->index)) {
        churn__store_event_run_release(copy);
        return NULL;
    }
    churn__store_columns_copy(&copy->cells, 0, &run->cells, 0, run->count);
    copy->count = run->count;
    return copy;
}

bool churn__store_event_run_finish(event_run *run, const index_builder *index)
{
    size_t old = run->list_capacity, need = run->list_count + 1;
    event_list *lists = churn__realloc_array(run->heap, run->lists, old, need, sizeof *lists);
    if (lists == NULL) {
        return false;
    }
    run->lists = lists;
    run->list_capacity = need;
    run->lists[run->list_count] = (event_list){CHURN__NO_CODE, run->count};
    shrink(run);
    churn__props_close(&run->props);
    run->cells.props = run->props.count > 0 ? &run->props : NULL;
    note_span(run);
    return churn__store_index_finish(index, (uint32_t)run->list_count, &run->index);
}

/* ---- several runs ---- */

uint32_t churn__store_event_base(event_run *const *runs, uint32_t run_count, uint32_t customer)
{
    uint32_t base = run_count;
    while (base > 0) {
        base--;
        if (runs[base]->override_count > 0 &&
            churn__store_event_run_overrides(runs[base], customer)) {
            break;
        }
    }
    return base;
}

static const event_list *find_list(const event_run *run, uint32_t customer, uint32_t type)
{
    uint32_t slot = 0;
    if (!index_find(&run->index, customer, &slot)) {
        return NULL;
    }
    uint32_t low = run->index.begin[slot], end = run->index.begin[slot + 1], high = end;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        bool below = run->lists[middle].type < type;
        low = below ? middle + 1 : low;
        high = below ? high : middle;
    }
    return low < end && run->lists[low].type == type ? &run->lists[low] : NULL;
}

uint32_t churn__store_event_slices(event_run *const *runs, uint32_t run_count, uint32_t customer,
                                   uint32_t type, event_slice *out)
{
    uint32_t count = 0;
    for (uint32_t i = churn__store_event_base(runs, run_count, customer); i < run_count; i++) {
        const event_list *list = find_list(runs[i], customer, type);
        if (list != NULL) {
            out[count++] =
                (event_slice){&runs[i]->cells, list->begin, list[1].begin - list->begin, i};
        }
    }
    return count;
}

/* `i` counts from the slice's begin. */
static void copy_in(event_columns *to, size_t at, const event_slice *slice, size_t i, size_t n,
                    size_t id)
{
    churn__store_columns_copy(to, at, slice->cells, slice->begin + i, n);
    for (size_t k = 0; to->from != NULL && k < n; k++) {
        to->from[at + k] = (uint32_t)(id + i + k);
    }
}

/* Two sorted parts into one, from the back: [at, at + have) and the slice, which comes later where
 * they are equal. Mostly the slice is later altogether. */
static void merge_in(const event_order *order, event_columns *to, size_t at, size_t have,
                     const event_slice *slice)
{
    size_t i = have, j = slice->count;
    if (have == 0 ||
        churn__store_event_cmp(order, to, at + have - 1, slice->cells, slice->begin) <= 0) {
        copy_in(to, at + have, slice, 0, slice->count, have);
        return;
    }
    while (j > 0) {
        bool older_last = i > 0 && churn__store_event_cmp(order, to, at + i - 1, slice->cells,
                                                          slice->begin + j - 1) > 0;
        if (older_last) {
            i--;
            churn__store_columns_copy(to, at + i + j, to, at + i, 1);
        } else {
            j--;
            copy_in(to, at + i + j, slice, j, 1, have);
        }
    }
}

size_t churn__store_event_gather(const event_order *order, const event_slice *slices,
                                 uint32_t count, event_columns *to, size_t at)
{
    size_t have = 0;
    to->slices = slices;
    for (uint32_t i = 0; i < count; i++) {
        merge_in(order, to, at, have, &slices[i]);
        have += slices[i].count;
    }
    return have;
}

uint32_t churn__store_event_lists(event_run *const *runs, uint32_t run_count, uint32_t customer)
{
    uint32_t count = 0, slot = 0;
    for (uint32_t i = 0; i < run_count; i++) {
        if (index_find(&runs[i]->index, customer, &slot)) {
            count += runs[i]->index.begin[slot + 1] - runs[i]->index.begin[slot];
        }
    }
    return count;
}

/* What is left of a customer's lists in one run. */
typedef struct list_walk {
    const event_list *next, *end;
} list_walk;

/* The least type that stands next anywhere; every run that has it moves on. */
static uint32_t next_type(list_walk *walks, uint32_t count)
{
    uint32_t type = CHURN__NO_CODE;
    for (uint32_t i = 0; i < count; i++) {
        bool less = walks[i].next < walks[i].end && walks[i].next->type < type;
        type = less ? walks[i].next->type : type;
    }
    for (uint32_t i = 0; i < count; i++) {
        walks[i].next += walks[i].next < walks[i].end && walks[i].next->type == type;
    }
    return type;
}

uint32_t churn__store_event_types(event_run *const *runs, uint32_t run_count, uint32_t customer,
                                  uint32_t *out)
{
    list_walk walks[RUNS_MAX];
    uint32_t count = 0, walk_count = 0, slot = 0;
    for (uint32_t i = churn__store_event_base(runs, run_count, customer); i < run_count; i++) {
        const event_run *run = runs[i];
        if (index_find(&run->index, customer, &slot)) {
            walks[walk_count++] = (list_walk){&run->lists[run->index.begin[slot]],
                                              &run->lists[run->index.begin[slot + 1]]};
        }
    }
    for (; walk_count == 1 && walks[0].next < walks[0].end; walks[0].next++) {
        out[count++] = walks[0].next->type; /* all in one run, mostly */
    }
    for (;;) {
        uint32_t type = next_type(walks, walk_count);
        if (type == CHURN__NO_CODE) {
            return count;
        }
        out[count++] = type;
    }
}
