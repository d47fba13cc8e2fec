/* SPDX-License-Identifier: MIT */
#include "store/stage.h"

#include <math.h>

#define MANY_ROWS 65536 /* from so many on copies cost more than room that is never touched */
#define KEPT_ROWS 4096  /* memory of so many rows stays after a reset */

void churn__store_stage_init(stage *s, churn__heap *heap)
{
    *s = (stage){.heap = heap, .events = {.heap = heap, .props = {.heap = heap}}};
}

static void events_clear(event_stage *s)
{
    churn__heap *heap = s->heap;
    churn__free_array(heap, s->customer, s->capacity, sizeof *s->customer);
    churn__free_array(heap, s->type, s->capacity, sizeof *s->type);
    churn__free_array(heap, s->flags, s->capacity, sizeof *s->flags);
    churn__store_columns_free(heap, &s->cells, s->capacity);
    churn__props_clear(&s->props);
    *s = (event_stage){.heap = heap, .props = {.heap = heap}};
}

static void rows_clear(stage *s, uint32_t kind)
{
    churn__free_array(s->heap, s->rows[kind].rows, s->rows[kind].capacity,
                      churn__store_kinds[kind].row_size);
    s->rows[kind] = (row_stage){0};
}

void churn__store_stage_clear(stage *s)
{
    events_clear(&s->events);
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        rows_clear(s, kind);
    }
    s->provided = 0;
}

void churn__store_stage_reset(stage *s)
{
    s->events.count = 0;
    if (s->events.capacity > KEPT_ROWS || s->events.props.count > 0 ||
        churn__store_columns_mask(&s->events.cells) != 0) {
        events_clear(&s->events);
    }
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        s->rows[kind].count = 0;
        if (s->rows[kind].capacity > KEPT_ROWS) {
            rows_clear(s, kind);
        }
    }
    s->provided = 0;
}

bool churn__store_stage_is_empty(const stage *s)
{
    bool empty = s->events.count == 0 && s->provided == 0;
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        empty = empty && s->rows[kind].count == 0;
    }
    return empty;
}

/* ---- events ---- */

/* All columns move to their new size at once, so that one capacity tells of all of them. */
static bool events_resize(event_stage *s, size_t capacity)
{
    churn__heap *heap = s->heap;
    event_stage more = {
        .heap = heap, .count = s->count, .capacity = capacity, .props = {.heap = heap}};
    more.customer = churn__alloc_array(heap, capacity, sizeof *more.customer);
    more.type = churn__alloc_array(heap, capacity, sizeof *more.type);
    if (s->flags != NULL) {
        more.flags = churn__alloc_array(heap, capacity, sizeof *more.flags);
    }
    if (more.customer == NULL || more.type == NULL || (s->flags != NULL && more.flags == NULL) ||
        !churn__store_columns_alloc(heap, &more.cells, churn__store_columns_mask(&s->cells),
                                    capacity)) {
        events_clear(&more);
        return false;
    }
    if (s->count > 0) {
        memcpy(more.customer, s->customer, s->count * sizeof *s->customer);
        memcpy(more.type, s->type, s->count * sizeof *s->type);
        churn__store_columns_copy(&more.cells, 0, &s->cells, 0, s->count);
    }
    if (s->flags != NULL) {
        memcpy(more.flags, s->flags, s->count);
    }
    more.props = s->props;
    more.cells.props = s->cells.props;
    s->props = (prop_set){.heap = heap};
    events_clear(s);
    *s = more;
    return true;
}

bool churn__store_stage_reserve(event_stage *s, size_t more)
{
    size_t need = s->count + more;
    if (need <= s->capacity) {
        return true;
    }
    size_t grown = s->capacity * (s->capacity < MANY_ROWS ? 2 : 4);
    return events_resize(s, need > grown ? need : grown) ||
           (need < grown && events_resize(s, need));
}

static bool need_codes(event_stage *s, uint32_t **column)
{
    if (*column != NULL) {
        return true;
    }
    *column = churn__alloc_array(s->heap, s->capacity, sizeof **column);
    for (size_t i = 0; *column != NULL && i < s->count; i++) {
        (*column)[i] = CHURN__NO_CODE;
    }
    return *column != NULL;
}

static bool need_ids(event_stage *s)
{
    if (s->flags == NULL) {
        s->flags = churn__alloc_array_zero(s->heap, s->capacity, sizeof *s->flags);
    }
    return s->flags != NULL && need_codes(s, &s->cells.id);
}

static bool need_known(event_stage *s)
{
    if (s->cells.known == NULL) {
        s->cells.known = churn__alloc_array(s->heap, s->capacity, sizeof *s->cells.known);
        if (s->cells.known != NULL) {
            memcpy(s->cells.known, s->cells.at, s->count * sizeof *s->cells.at);
        }
    }
    return s->cells.known != NULL;
}

static bool need_until(event_stage *s)
{
    if (s->cells.until == NULL) {
        s->cells.until = churn__alloc_array(s->heap, s->capacity, sizeof *s->cells.until);
        for (size_t i = 0; s->cells.until != NULL && i < s->count; i++) {
            s->cells.until[i] = FOREVER;
        }
    }
    return s->cells.until != NULL;
}

static bool need_tags(event_stage *s)
{
    if (s->cells.tag == NULL) {
        s->cells.tag = churn__alloc_array_zero(s->heap, s->capacity, sizeof *s->cells.tag);
    }
    return s->cells.tag != NULL;
}

static bool need_value(event_stage *s)
{
    if (s->cells.value == NULL) {
        s->cells.value = churn__alloc_array(s->heap, s->capacity, sizeof *s->cells.value);
        for (size_t i = 0; s->cells.value != NULL && i < s->count; i++) {
            s->cells.value[i] = (double)NAN;
        }
    }
    return s->cells.value != NULL;
}

bool churn__store_stage_event(event_stage *s, const event_row *row)
{
    const row_head *head = &row->head;
    if ((s->count == s->capacity && !churn__store_stage_reserve(s, s->count < 64 ? 64 : 1)) ||
        (row->user != CHURN__NO_CODE && !need_codes(s, &s->cells.user)) ||
        (!isnan(row->value) && !need_value(s)) || (head->known != head->when && !need_known(s)) ||
        (head->until != FOREVER && !need_until(s)) || (head->origin != 0 && !need_tags(s)) ||
        ((head->id != CHURN__NO_CODE || (head->flags & ROW_END) != 0) && !need_ids(s))) {
        return false;
    }
    size_t i = s->count++;
    s->customer[i] = head->customer;
    s->type[i] = row->type;
    s->cells.at[i] = head->when;
    if (s->cells.user != NULL) {
        s->cells.user[i] = row->user;
    }
    if (s->cells.value != NULL) {
        s->cells.value[i] = row->value;
    }
    if (s->cells.known != NULL) {
        s->cells.known[i] = head->known;
    }
    if (s->cells.until != NULL) {
        s->cells.until[i] = head->until;
    }
    if (s->cells.tag != NULL) {
        s->cells.tag[i] = head->origin;
    }
    if (s->cells.id != NULL) {
        s->cells.id[i] = head->id;
        s->flags[i] = (uint8_t)(head->flags & (ROW_DATELESS | ROW_END));
    }
    return true;
}

bool churn__store_stage_event_props(event_stage *s, const event_row *row, const prop_value *props,
                                    size_t n)
{
    if (!churn__store_stage_event(s, row)) {
        return false;
    }
    if (n > 0 && !churn__props_append_all(&s->props, (uint32_t)(s->count - 1), props, n)) {
        s->count--;
        return false;
    }
    s->cells.props = s->props.count > 0 ? &s->props : NULL;
    return true;
}

static bool any_user(const uint32_t *users, size_t n)
{
    uint32_t all = CHURN__NO_CODE;
    for (size_t i = 0; i < n; i++) {
        all &= users[i];
    }
    return all != CHURN__NO_CODE;
}

static bool any_value(const double *values, size_t n)
{
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        any |= !isnan(values[i]);
    }
    return any;
}

bool churn__store_stage_events(event_stage *s, const event_rows *rows, size_t n)
{
    event_columns from = {.at = (churn_time *)(uintptr_t)rows->at};
    if (!churn__store_stage_reserve(s, n) ||
        (s->cells.user == NULL && any_user(rows->user, n) && !need_codes(s, &s->cells.user)) ||
        (s->cells.value == NULL && any_value(rows->value, n) && !need_value(s))) {
        return false;
    }
    from.user = (uint32_t *)(uintptr_t)rows->user; /* only read */
    from.value = (double *)(uintptr_t)rows->value;
    memcpy(s->customer + s->count, rows->customer, n * sizeof *s->customer);
    memcpy(s->type + s->count, rows->type, n * sizeof *s->type);
    churn__store_columns_copy(&s->cells, s->count, &from, 0, n);
    if (s->flags != NULL) {
        memset(s->flags + s->count, ROW_DATELESS, n);
    }
    s->count += n;
    return true;
}

void churn__store_event_at(const event_columns *cells, size_t i, event_row *row)
{
    churn__store_empty_row(&churn__store_kinds[KIND_EVENT], row);
    row->head.when = cells->at[i];
    row->head.known = cells->known == NULL ? cells->at[i] : cells->known[i];
    row->head.until = cells->until == NULL ? FOREVER : cells->until[i];
    row->head.id = cells->id == NULL ? CHURN__NO_CODE : cells->id[i];
    row->head.origin = cells->tag == NULL ? 0 : cells->tag[i];
    row->user = cells->user == NULL ? CHURN__NO_CODE : cells->user[i];
    row->value = cells->value == NULL ? (double)NAN : cells->value[i];
}

/* ---- other rows ---- */

bool churn__store_stage_row(stage *s, uint32_t kind, const void *row)
{
    size_t size = churn__store_kinds[kind].row_size;
    row_stage *rows = &s->rows[kind];
    if (!churn__grow(s->heap, (void **)&rows->rows, &rows->capacity, rows->count + 1, size)) {
        return false;
    }
    memcpy(rows->rows + rows->count * size, row, size);
    rows->count++;
    return true;
}

/* ---- what became of rows ---- */

static bool happened(const tally *t, const row_head *row, uint32_t outcome)
{
    (void)t;
    uint32_t news = OUTCOME_ADDED | OUTCOME_UPDATED | OUTCOME_RETRACTED;
    return (outcome & news) != 0 && row->when > CHURN_TIME_MIN;
}

static void count_outcome(tally *t, uint32_t outcome)
{
    t->conflicting += (outcome & OUTCOME_CONFLICTING) != 0;
    t->added += (outcome & OUTCOME_ADDED) != 0;
    t->updated += (outcome & OUTCOME_UPDATED) != 0;
    t->unchanged += (outcome & OUTCOME_UNCHANGED) != 0;
    t->retracted += (outcome & OUTCOME_RETRACTED) != 0;
    t->rewrote += (outcome & OUTCOME_REWROTE) != 0;
    t->late += (outcome & OUTCOME_LATE) != 0;
}

void churn__store_note(tally *t, const row_head *row, uint32_t outcome, bool part)
{
    bool new_moment = happened(t, row, outcome);
    if (new_moment && row->when < t->mark) {
        outcome |= OUTCOME_LATE;
    }
    if (t->by_origin != NULL) {
        uint8_t *so_far = &t->by_origin[row->origin];
        new_moment = new_moment && (*so_far & (OUTCOME_ADDED | OUTCOME_UPDATED)) == 0;
        if (part && (outcome & OUTCOME_ADDED) != 0) {
            outcome = (outcome & ~OUTCOME_ADDED) | OUTCOME_UPDATED;
        }
        *so_far = (uint8_t)(*so_far | outcome);
    } else {
        count_outcome(t, outcome);
    }
    if (new_moment) {
        churn__store_moments_note(t->moments, row->when, 1);
    }
}

/* One outcome a row: what weighs most. */
void churn__store_tally_up(tally *t)
{
    for (size_t i = 0; t->by_origin != NULL && i < t->origins; i++) {
        uint32_t all = t->by_origin[i], one = OUTCOME_UNCHANGED;
        if ((all & OUTCOME_REJECTED) != 0) { /* counted where it was found */
            continue;
        }
        if ((all & OUTCOME_CONFLICTING) != 0) {
            count_outcome(t, OUTCOME_CONFLICTING);
            continue;
        }
        if ((all & OUTCOME_RETRACTED) != 0) {
            one = OUTCOME_RETRACTED | (all & (OUTCOME_LATE | OUTCOME_REWROTE));
        } else if ((all & OUTCOME_ADDED) != 0) {
            one = OUTCOME_ADDED | (all & OUTCOME_LATE);
        } else if ((all & OUTCOME_UPDATED) != 0) {
            one = OUTCOME_UPDATED | (all & (OUTCOME_LATE | OUTCOME_REWROTE));
        }
        count_outcome(t, one);
    }
}
