/* SPDX-License-Identifier: MIT */
#include "kpi/event_where.h"

#include <math.h>

#define ROWS 512u /* judged at once */

/* Room for one chunk of a column: the widest value is a view of a text. */
typedef struct slot_room {
    churn_str values[ROWS];
    churn__missing missing[ROWS];
} slot_room;

struct churn__event_where {
    churn__heap *heap;
    churn__version *version;
    const churn__expr *expr;
    churn__where_slot *slots;
    churn__column *columns; /* by slot */
    slot_room **rooms;      /* by slot; NULL: the condition does not read it */
    uint32_t *props;        /* by slot: the store's number */
    uint32_t slot_count;
    churn__expr_scratch *scratch;
    churn__truth truth[ROWS];
};

/* ---- life ---- */

static bool open_slot(churn__event_where *where, uint32_t slot)
{
    slot_room *room = churn__alloc(where->heap, sizeof *room);
    churn__type type = 0;
    if (room == NULL) {
        return false;
    }
    where->rooms[slot] = room;
    where->columns[slot] = (churn__column){
        .type = where->slots[slot].type, .values = room->values, .missing = room->missing};
    if (where->slots[slot].field == CHURN__FIELD_PROP) {
        where->props[slot] =
            churn__version_find_prop(where->version, where->slots[slot].prop, &type);
        if (type != where->slots[slot].type) {
            where->props[slot] = CHURN__NO_CODE; /* not as it is declared */
        }
    }
    return true;
}

static bool make_room(churn__event_where *where, const churn__where_slot *slots)
{
    uint32_t count = 0;
    const uint32_t *read = churn__expr_slots(where->expr, &count);
    const size_t n = where->slot_count;
    where->slots = churn__alloc_array(where->heap, n, sizeof *where->slots);
    where->columns = churn__alloc_array_zero(where->heap, n, sizeof *where->columns);
    where->rooms = churn__alloc_array_zero(where->heap, n, sizeof *where->rooms);
    where->props = churn__alloc_array_zero(where->heap, n, sizeof *where->props);
    where->scratch = churn__expr_scratch_create(where->heap, ROWS);
    bool fits = where->slots != NULL && where->columns != NULL && where->rooms != NULL &&
                where->props != NULL && where->scratch != NULL;
    if (fits && n > 0) {
        memcpy(where->slots, slots, n * sizeof *slots);
    }
    for (uint32_t i = 0; fits && i < count; i++) {
        fits = open_slot(where, read[i]);
    }
    return fits;
}

churn_status churn__event_where_create(churn__heap *heap, churn__version *version,
                                       const churn__expr *expr, const churn__where_slot *slots,
                                       uint32_t slot_count, churn__event_where **out,
                                       churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__event_where *where = churn__alloc_zero(heap, sizeof *where);
    *out = NULL;
    if (where == NULL) {
        return churn__fail_memory(err, heap);
    }
    where->heap = heap;
    where->version = version;
    where->expr = expr;
    where->slot_count = slot_count;
    if (!make_room(where, slots)) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    CHURN_TRY(churn__expr_scratch_fit(where->scratch, expr, err));
    *out = where;
    where = NULL;
done:
    churn__event_where_free(where);
    return st;
}

void churn__event_where_free(churn__event_where *where)
{
    if (where == NULL) {
        return;
    }
    const size_t n = where->slot_count;
    for (size_t i = 0; where->rooms != NULL && i < n; i++) {
        if (where->rooms[i] != NULL) {
            churn__free(where->heap, where->rooms[i], sizeof **where->rooms);
        }
    }
    churn__free_array(where->heap, where->slots, n, sizeof *where->slots);
    churn__free_array(where->heap, where->columns, n, sizeof *where->columns);
    churn__free_array(where->heap, where->rooms, n, sizeof *where->rooms);
    churn__free_array(where->heap, where->props, n, sizeof *where->props);
    churn__expr_scratch_free(where->scratch);
    churn__free(where->heap, where, sizeof *where);
}

/* ---- columns ---- */

static void put_number(slot_room *room, uint32_t i, double value)
{
    const bool there = !isnan(value);
    ((double *)(void *)room->values)[i] = there ? value : 0;
    room->missing[i] = there ? CHURN__PRESENT : CHURN__NOT_PROVIDED;
}

static void put_code(slot_room *room, uint32_t i, const churn__dict_view *names, uint32_t code)
{
    const bool there = code != CHURN__NO_CODE;
    room->values[i] = there ? churn__dict_view_get(names, code) : CHURN__STR("");
    room->missing[i] = there ? CHURN__PRESENT : CHURN__NOT_PROVIDED;
}

static void put_prop(slot_room *room, uint32_t i, const churn__dict_view *texts,
                     const churn__event_prop *prop, size_t row)
{
    if (prop->values == NULL) {
        room->missing[i] = CHURN__NOT_PROVIDED;
        return;
    }
    if (prop->type == CHURN__TYPE_DOUBLE) {
        put_number(room, i, ((const double *)prop->values)[row]);
    } else if (prop->type == CHURN__TYPE_STRING) {
        put_code(room, i, texts, ((const uint32_t *)prop->values)[row]);
    } else if (prop->type == CHURN__TYPE_TIME) {
        const churn_time at = ((const churn_time *)prop->values)[row];
        ((churn_time *)(void *)room->values)[i] = at;
        room->missing[i] = at != CHURN_TIME_NONE ? CHURN__PRESENT : CHURN__NOT_PROVIDED;
    } else {
        const int8_t truth = ((const int8_t *)prop->values)[row];
        ((uint8_t *)(void *)room->values)[i] = truth == 1;
        room->missing[i] = truth != CHURN_TRUTH_NONE ? CHURN__PRESENT : CHURN__NOT_PROVIDED;
    }
}

/* The rows of a chunk, by index. */
typedef struct chunk {
    const churn__events *all;
    churn__reader *reader;
    uint32_t customer, type;
    uint32_t rows[ROWS];
    uint32_t count;
} chunk;

static void fill_slot(churn__event_where *where, const chunk *c, uint32_t slot)
{
    slot_room *room = where->rooms[slot];
    const churn__dict_view *texts = churn__version_texts(where->version);
    churn__event_prop prop = {0};
    if (where->slots[slot].field == CHURN__FIELD_PROP && where->props[slot] != CHURN__NO_CODE) {
        prop = churn__reader_event_prop(c->reader, c->customer, c->type, where->props[slot]);
    }
    for (uint32_t i = 0; i < c->count; i++) {
        const uint32_t row = c->rows[i];
        switch (where->slots[slot].field) {
        case CHURN__FIELD_VALUE:
            put_number(room, i, c->all->value == NULL ? (double)NAN : c->all->value[row]);
            break;
        case CHURN__FIELD_USER:
            put_code(room, i, texts, c->all->user == NULL ? CHURN__NO_CODE : c->all->user[row]);
            break;
        case CHURN__FIELD_TYPE:
            put_code(room, i, churn__version_types(where->version), c->type);
            break;
        default:
            put_prop(room, i, texts, &prop, row);
            break;
        }
    }
}

/* ---- judging ---- */

static bool judge(churn__event_where *where, const chunk *c, uint32_t **out, size_t *count,
                  size_t *capacity)
{
    for (uint32_t slot = 0; slot < where->slot_count; slot++) {
        if (where->rooms[slot] != NULL) {
            fill_slot(where, c, slot);
        }
    }
    if (churn__expr_truth(where->expr, where->columns, c->count, where->scratch, where->truth,
                          NULL) != CHURN_OK ||
        !churn__grow(where->heap, (void **)out, capacity, *count + c->count, sizeof **out)) {
        return false;
    }
    for (uint32_t i = 0; i < c->count; i++) {
        if (where->truth[i] == CHURN__TRUE) {
            (*out)[(*count)++] = c->rows[i];
        }
    }
    return true;
}

bool churn__event_where_pick(churn__event_where *where, churn__reader *reader, uint32_t customer,
                             uint32_t type, const churn__event_rows *rows, uint32_t **out,
                             size_t *count, size_t *capacity)
{
    chunk c = {.all = &rows->all, .reader = reader, .customer = customer, .type = type};
    bool fits = true;
    for (size_t i = rows->begin; fits && i < rows->end; i++) {
        if (churn__event_row_seen(rows, i)) {
            c.rows[c.count++] = (uint32_t)i;
        }
        if (c.count == ROWS) {
            fits = judge(where, &c, out, count, capacity);
            c.count = 0;
        }
    }
    return fits && (c.count == 0 || judge(where, &c, out, count, capacity));
}
