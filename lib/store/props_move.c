/* SPDX-License-Identifier: MIT */
#include "base/sort.h"
#include "store/props.h"

/* Columns of properties whose events change their places. */

/* ---- into another order ---- */

typedef struct moving {
    prop_set *to;
    const uint32_t *place; /* of each event of the old order; CHURN__NO_CODE: left out */
    uint64_t *keys;
    uint64_t *bits;
    uint32_t *order;
    size_t room;
} moving;

static size_t collect(moving *m, const prop_column *column, size_t n)
{
    uint32_t position = 0;
    if (column == NULL) {
        return n;
    }
    prop_cursor cursor = churn__props_from(column, 0);
    while (churn__props_next(&cursor, &position)) {
        if (m->place[position] != CHURN__NO_CODE) {
            m->keys[n] = m->place[position];
            m->bits[n++] = churn__props_bits(column, cursor.index - 1);
        }
    }
    return n;
}

static void moving_free(moving *m, churn__heap *heap)
{
    churn__free_array(heap, m->keys, m->room, sizeof *m->keys);
    churn__free_array(heap, m->bits, m->room, sizeof *m->bits);
    churn__free_array(heap, m->order, m->room, sizeof *m->order);
}

static bool moving_room(moving *m, churn__heap *heap, size_t n)
{
    if (n <= m->room) {
        return true;
    }
    moving_free(m, heap);
    m->keys = churn__alloc_array(heap, n, sizeof *m->keys);
    m->bits = churn__alloc_array(heap, n, sizeof *m->bits);
    m->order = churn__alloc_array(heap, n, sizeof *m->order);
    m->room = n;
    return m->keys != NULL && m->bits != NULL && m->order != NULL;
}

/* One property, of which events came and were written anew: either may be NULL. */
static bool move_column(moving *m, const prop_column *a, const prop_column *b)
{
    churn__heap *heap = m->to->heap;
    const prop_column *any = a != NULL ? a : b;
    if (!moving_room(m, heap, (a == NULL ? 0 : a->count) + (b == NULL ? 0 : (size_t)b->count))) {
        return false;
    }
    size_t n = collect(m, b, collect(m, a, 0));
    if (!churn__radix_order_u64(heap, m->keys, m->order, n)) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        prop_value value = {any->prop, any->type, m->bits[m->order[i]]};
        if (!churn__props_append(m->to, (uint32_t)m->keys[m->order[i]], &value)) {
            return false;
        }
    }
    return true;
}

static bool move_columns(moving *m, const prop_set *from)
{
    const prop_set *more = from->more;
    for (uint32_t i = 0; i < from->count; i++) {
        const prop_column *a = &from->columns[i];
        if (!move_column(m, a, more == NULL ? NULL : churn__props_column(more, a->prop))) {
            return false;
        }
    }
    for (uint32_t i = 0; more != NULL && i < more->count; i++) {
        const prop_column *b = &more->columns[i];
        if (churn__props_column(from, b->prop) == NULL && !move_column(m, NULL, b)) {
            return false;
        }
    }
    return true;
}

bool churn__props_reorder(prop_set *to, const prop_set *from, const uint32_t *order, size_t n,
                          size_t total)
{
    if (from->count == 0 && from->more == NULL) {
        return true;
    }
    uint32_t *place = churn__alloc_array(to->heap, total, sizeof *place);
    moving m = {.to = to, .place = place};
    if (place == NULL) {
        return false;
    }
    memset(place, 0xFF, total * sizeof *place); /* CHURN__NO_CODE */
    for (size_t i = 0; i < n; i++) {
        place[order[i]] = (uint32_t)i;
    }
    bool ok = move_columns(&m, from);
    moving_free(&m, to->heap);
    churn__free_array(to->heap, place, total, sizeof *place);
    return ok;
}

/* ---- several sets into one ---- */

/* One property of one set on its way. */
typedef struct stream {
    prop_cursor cursor;
    const uint32_t *map;
    uint32_t place; /* of its next event; CHURN__NO_CODE: none is left */
} stream;

static void step(stream *s)
{
    uint32_t position = 0;
    s->place = CHURN__NO_CODE;
    while (s->place == CHURN__NO_CODE && churn__props_next(&s->cursor, &position)) {
        s->place = s->map[position];
    }
}

static stream *first_of(stream *streams, uint32_t count)
{
    stream *first = &streams[0];
    for (uint32_t i = 1; i < count; i++) {
        first = streams[i].place < first->place ? &streams[i] : first;
    }
    return first;
}

static bool merge_column(prop_set *to, stream *streams, uint32_t count)
{
    for (;;) {
        stream *s = first_of(streams, count);
        if (s->place == CHURN__NO_CODE) {
            return true;
        }
        const prop_column *c = s->cursor.column;
        prop_value value = {c->prop, c->type, churn__props_bits(c, s->cursor.index - 1)};
        if (!churn__props_append(to, s->place, &value)) {
            return false;
        }
        step(s);
    }
}

/* The least property from `from` on that any set has; CHURN__NO_CODE: none. */
static uint32_t next_prop(const prop_set *const *sets, uint32_t count, uint32_t from)
{
    uint32_t next = CHURN__NO_CODE;
    for (uint32_t s = 0; s < count; s++) {
        for (uint32_t i = 0; i < sets[s]->count; i++) {
            uint32_t prop = sets[s]->columns[i].prop;
            next = prop >= from && prop < next ? prop : next;
        }
    }
    return next;
}

bool churn__props_merge(prop_set *to, const prop_set *const *sets, uint32_t count,
                        uint32_t *const *maps)
{
    stream streams[PROP_SETS_MAX];
    for (uint32_t prop = next_prop(sets, count, 0); prop != CHURN__NO_CODE;
         prop = next_prop(sets, count, prop + 1)) {
        uint32_t n = 0;
        for (uint32_t s = 0; s < count; s++) {
            const prop_column *column = churn__props_column(sets[s], prop);
            if (column != NULL) {
                streams[n] = (stream){.cursor = churn__props_from(column, 0), .map = maps[s]};
                step(&streams[n++]);
            }
        }
        if (!merge_column(to, streams, n)) {
            return false;
        }
    }
    return true;
}
