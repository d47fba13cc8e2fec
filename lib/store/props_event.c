/* SPDX-License-Identifier: MIT */
#include "store/runs.h"

/* Properties of events as they stand in columns of events: looked up, compared. */

const prop_set *churn__store_props_place(const event_columns *cells, size_t i, uint32_t *position)
{
    if (cells->from == NULL) {
        const prop_set *set = cells->props;
        *position = (uint32_t)i;
        return set != NULL && set->more != NULL && i >= set->more_from ? set->more : set;
    }
    uint32_t id = cells->from[i], s = 0;
    for (; id >= cells->slices[s].count; s++) {
        id -= cells->slices[s].count;
    }
    *position = cells->slices[s].begin + id;
    return cells->slices[s].cells->props;
}

uint32_t churn__store_props_need(const event_slice *slices, uint32_t count)
{
    bool any = false;
    for (uint32_t i = 0; i < count; i++) {
        any = any || slices[i].cells->props != NULL;
    }
    return any ? COLUMN_FROM : 0;
}

/* ---- order ---- */

static int cmp_bits(const event_order *order, churn__type type, uint64_t a, uint64_t b)
{
    double x = 0, y = 0;
    switch (type) {
    case CHURN__TYPE_STRING:
        return a == b ? 0
                      : churn__str_cmp(churn__dict_view_get(order->texts, (uint32_t)a),
                                       churn__dict_view_get(order->texts, (uint32_t)b));
    case CHURN__TYPE_DOUBLE:
        memcpy(&x, &a, sizeof x);
        memcpy(&y, &b, sizeof y);
        return (x > y) - (x < y);
    default:
        return ((int64_t)a > (int64_t)b) - ((int64_t)a < (int64_t)b);
    }
}

/* The properties of two events side by side. */
typedef struct both {
    const prop_set *set[2];
    uint32_t position[2];
    uint32_t at[2]; /* next column */
} both;

static uint32_t prop_at(const both *b, int side)
{
    const prop_set *set = b->set[side];
    return set != NULL && b->at[side] < set->count ? set->columns[b->at[side]].prop
                                                   : CHURN__NO_CODE;
}

/* Compare the next property of either; false: there is none. */
static bool cmp_next(const event_order *order, both *b, uint32_t *prop, int *by)
{
    uint32_t next[2] = {prop_at(b, 0), prop_at(b, 1)}, entry[2] = {0, 0};
    bool given[2] = {false, false};
    const prop_column *column[2] = {NULL, NULL};
    *prop = next[0] < next[1] ? next[0] : next[1];
    if (*prop == CHURN__NO_CODE) {
        return false;
    }
    for (int side = 0; side < 2; side++) {
        if (next[side] == *prop) {
            column[side] = &b->set[side]->columns[b->at[side]++];
            given[side] = churn__props_find(column[side], b->position[side], &entry[side]);
        }
    }
    *by = (int)given[0] - (int)given[1];
    if (given[0] && given[1]) {
        *by = cmp_bits(order, column[0]->type, churn__props_bits(column[0], entry[0]),
                       churn__props_bits(column[1], entry[1]));
    }
    return true;
}

/* Columns lie by the numbers of the properties, which come from the order of loading: of those that
 * differ, the one whose name is the least decides. */
int churn__store_props_cmp(const event_order *order, const event_columns *a, size_t i,
                           const event_columns *b, size_t j)
{
    bool none = a->props == NULL && a->from == NULL && b->props == NULL && b->from == NULL;
    uint32_t prop = 0, decides = CHURN__NO_CODE;
    int by = 0, result = 0;
    if (none) {
        return 0;
    }
    both sides = {.position = {0, 0}};
    sides.set[0] = churn__store_props_place(a, i, &sides.position[0]);
    sides.set[1] = churn__store_props_place(b, j, &sides.position[1]);
    while (cmp_next(order, &sides, &prop, &by)) {
        bool first = by != 0 && (decides == CHURN__NO_CODE ||
                                 churn__str_cmp(churn__props_name(order->props, prop),
                                                churn__props_name(order->props, decides)) < 0);
        decides = first ? prop : decides;
        result = first ? by : result;
    }
    return result;
}
