/* SPDX-License-Identifier: MIT */
#ifndef CHURN_STORE_PROPS_H
#define CHURN_STORE_PROPS_H

#include "store/kinds.h"

#define PROPS_MAX CHURN_EVENT_PROPS_MAX /* of a store */
#define PROP_SETS_MAX 40                /* that are merged at once: RUNS_MAX */

/*
 * Properties of events, kept by column: of each property the positions of the events that have it,
 * ascending, and their values. A property costs nothing where it is not given, whatever other
 * events have.
 *
 * Positions lie in blocks of 65,536 events: as their low halves (2 bytes each) where few events
 * have the property, as a bitmap with counts where many have it (Chambi et al., "Better bitmap
 * performance with Roaring bitmaps", 2016). The block at the end is a list until the next begins.
 *
 * A property's number is the code of its type's letter and its name in a dictionary of its own, so
 * that one lookup finds both; its type is the same for all events of a store.
 */
typedef struct prop_value {
    uint32_t prop;
    uint32_t type; /* CHURN__TYPE_BOOL, _DOUBLE, _STRING or _TIME */
    uint64_t bits; /* a double's, a text's code, an instant, a truth */
} prop_value;

typedef struct prop_block {
    uint32_t entries; /* before it */
    uint32_t data;    /* where its positions begin */
} prop_block;

typedef struct prop_column {
    uint32_t prop;
    churn__type type;
    bool closed; /* nothing is appended any more */
    uint32_t count, block_count;
    size_t data_count;
    size_t value_capacity, data_capacity, block_capacity;
    prop_block *blocks;
    uint16_t *data;
    void *values; /* double, churn_time, uint32_t, int8_t */
} prop_column;

/* The properties of a run of events, or of a stage. */
typedef struct prop_set {
    churn__heap *heap;
    prop_column *columns; /* ascending by property */
    uint32_t count;
    size_t capacity;
    const struct prop_set *more; /* of the events from more_from on; NULL: none */
    size_t more_from;
} prop_set;

/* Walks the positions of a column. */
typedef struct prop_cursor {
    const prop_column *column;
    uint32_t index; /* entry of the next position */
    uint32_t block, at;
} prop_cursor;

/* ---- names ---- */

/* What stands before a property's name in the dictionary. */
char churn__props_letter(churn__type type);
churn_str churn__props_name(const churn__dict_view *props, uint32_t prop);
churn__type churn__props_type(const churn__dict_view *props, uint32_t prop);
/* CHURN__NO_CODE: no event ever had a property of that name. */
uint32_t churn__props_find_name(const churn__dict_view *props, churn_str name, churn__type *type);

/* ---- one column ---- */

/* How many positions are below `position`. */
uint32_t churn__props_rank(const prop_column *column, uint32_t position);
/* False: the event does not have the property. */
bool churn__props_find(const prop_column *column, uint32_t position, uint32_t *entry);
prop_cursor churn__props_from(const prop_column *column, uint32_t position);
/* The next position; its entry is cursor->index - 1. False: there is none. */
bool churn__props_next(prop_cursor *cursor, uint32_t *position);
uint64_t churn__props_bits(const prop_column *column, uint32_t entry);
size_t churn__props_size(churn__type type); /* of one value */

/* ---- a set ---- */

/* NULL: no event has it. */
prop_column *churn__props_column(const prop_set *set, uint32_t prop);
/* Positions of one property must ascend. False: no memory; nothing changed. */
bool churn__props_append(prop_set *set, uint32_t position, const prop_value *value);
/* All of one event's, or none. */
bool churn__props_append_all(prop_set *set, uint32_t position, const prop_value *values, size_t n);
/* No more is appended: gives back memory that was not needed. */
void churn__props_close(prop_set *set);
void churn__props_clear(prop_set *set);
/* Every property of the event at a position into `out`, which has room for PROPS_MAX. */
size_t churn__props_at(const prop_set *set, uint32_t position, prop_value *out);
/* Into `to`, which is empty: the events of `from` at positions order[0 .. n) of `total`. False: no
 * memory. */
bool churn__props_reorder(prop_set *to, const prop_set *from, const uint32_t *order, size_t n,
                          size_t total);
/* Into `to`, which is empty: sets whose event i goes to position maps[s][i], ascending for each of
 * them; CHURN__NO_CODE: it is left out. */
bool churn__props_merge(prop_set *to, const prop_set *const *sets, uint32_t count,
                        uint32_t *const *maps);

/* The cells of n events that begin at a position as the readers give them out: see
 * churn__event_prop. Cells of events without the property are left alone. */
void churn__props_fill(const prop_column *column, uint32_t position, size_t n, void *out);
/* "Not given" in n cells. */
void churn__props_fill_none(churn__type type, void *out, size_t n);

#endif
