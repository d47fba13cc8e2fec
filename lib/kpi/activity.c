/* SPDX-License-Identifier: MIT */
#include "kpi/activity.h"

#include "base/num.h"
#include "base/sort.h"

/* ---- which events ---- */

static churn_status no_such_type(const churn__dict_view *types, churn_str name, const char *what,
                                 churn__heap *heap, churn_error *err)
{
    const uint32_t count = churn__dict_view_count(types);
    churn_str *names = churn__alloc_array(heap, count, sizeof *names);
    if (names == NULL) {
        return churn__fail_memory(err, heap);
    }
    for (uint32_t i = 0; i < count; i++) {
        names[i] = churn__dict_view_get(types, i);
        names[i] = names[i].ptr == NULL ? CHURN__STR("") : names[i];
    }
    const churn_str near = churn__nearest(name, names, count);
    churn__free_array(heap, names, count, sizeof *names);
    if (near.ptr == NULL) {
        return churn__fail(err, CHURN_E_NOT_FOUND, 0, "%s: no event has the type %q", what, &name);
    }
    return churn__fail(err, CHURN_E_NOT_FOUND, 0, "%s: no event has the type %q; did you mean %q?",
                       what, &name, &near);
}

churn_status churn__event_pick_open(churn__event_pick *pick, churn__heap *heap,
                                    churn__version *version, const churn__event_names *names,
                                    const char *what, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__dict_view *types = churn__version_types(version);
    *pick = (churn__event_pick){.heap = heap, .type_count = churn__dict_view_count(types)};
    if (names->count == 0) {
        goto done;
    }
    pick->wanted = churn__alloc_array_zero(heap, pick->type_count, sizeof *pick->wanted);
    if (pick->wanted == NULL) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    for (uint32_t i = 0; i < names->count; i++) {
        const uint32_t code = churn__dict_view_find(types, names->names[i]);
        if (code < pick->type_count) {
            pick->wanted[code] = 1;
        } else if (names->strict) {
            CHURN_TRY(no_such_type(types, names->names[i], what, heap, err));
        }
    }
done:
    return st;
}

void churn__event_pick_close(churn__event_pick *pick)
{
    if (pick->heap != NULL) {
        churn__free_array(pick->heap, pick->wanted, pick->type_count, sizeof *pick->wanted);
    }
    *pick = (churn__event_pick){0};
}

static int compare_types(const void *a, const void *b, const void *context)
{
    const churn__dict_view *types = context;
    return churn__str_cmp(churn__dict_view_get(types, *(const uint32_t *)a),
                          churn__dict_view_get(types, *(const uint32_t *)b));
}

churn_status churn__types_by_name(churn__heap *heap, churn__version *version,
                                  const churn__event_pick *pick, uint32_t **out, uint32_t *count,
                                  churn_error *err)
{
    const churn__dict_view *types = churn__version_types(version);
    const uint32_t all = churn__dict_view_count(types);
    *count = 0;
    *out = churn__alloc_array(heap, all, sizeof **out);
    for (uint32_t type = 0; *out != NULL && type < all; type++) {
        if (churn__event_picked(pick, type) && churn__dict_view_get(types, type).ptr != NULL) {
            (*out)[(*count)++] = type;
        }
    }
    if (*out == NULL || !churn__sort(heap, *out, *count, sizeof **out, compare_types, types)) {
        return churn__fail_memory(err, heap);
    }
    return CHURN_OK;
}

/* ---- rows ---- */

/* The first row at or after an instant. */
static size_t first_from(const churn_time *at, size_t count, churn_time from)
{
    size_t low = 0;
    while (low < count) {
        const size_t middle = low + (count - low) / 2;
        if (at[middle] < from) {
            low = middle + 1;
        } else {
            count = middle;
        }
    }
    return low;
}

churn__event_rows churn__event_rows_of(churn__reader *reader, uint32_t customer, uint32_t type,
                                       churn_time from, churn_time to, churn_time as_of)
{
    churn__event_rows rows = {.all = churn__reader_events(reader, customer, type), .as_of = as_of};
    const churn_time end = to < as_of ? to : as_of;
    rows.begin = first_from(rows.all.at, rows.all.count, from);
    rows.end = end <= from ? rows.begin : first_from(rows.all.at, rows.all.count, end);
    rows.plain = rows.all.known == NULL && rows.all.until == NULL;
    return rows;
}

/* ---- units ---- */

/* Once a unit is known to be one of activity, the rest of its events says nothing more. */
static void mark_rows(const churn__event_rows *rows, const churn__units *units, uint64_t *bits)
{
    const churn_time *at = rows->all.at;
    for (size_t i = rows->begin; i < rows->end; i++) {
        if (!churn__event_row_seen(rows, i)) {
            continue;
        }
        const uint32_t unit = churn__units_at(units, at[i]);
        const churn_time next = units->starts[unit + 1];
        bits[unit / 64] |= UINT64_C(1) << (unit % 64);
        while (i + 1 < rows->end && at[i + 1] < next) {
            i++;
        }
    }
}

void churn__activity_mark(churn__reader *reader, uint32_t customer, const churn__event_pick *pick,
                          const churn__units *units, churn_time from, churn_time as_of,
                          uint64_t *bits)
{
    const uint32_t *types = NULL;
    const uint32_t count = churn__reader_event_types(reader, customer, &types);
    from = from < units->starts[0] ? units->starts[0] : from;
    for (uint32_t i = 0; i < count; i++) {
        if (churn__event_picked(pick, types[i])) {
            const churn__event_rows rows = churn__event_rows_of(reader, customer, types[i], from,
                                                                units->starts[units->count], as_of);
            mark_rows(&rows, units, bits);
        }
    }
}

churn_time churn__activity_first(churn__reader *reader, uint32_t customer,
                                 const churn__event_pick *pick, churn_time as_of)
{
    const uint32_t *types = NULL;
    const uint32_t count = churn__reader_event_types(reader, customer, &types);
    churn_time first = CHURN_TIME_NONE;
    for (uint32_t i = 0; i < count; i++) {
        if (!churn__event_picked(pick, types[i])) {
            continue;
        }
        const churn_time to = first == CHURN_TIME_NONE ? as_of : first;
        const churn__event_rows rows =
            churn__event_rows_of(reader, customer, types[i], CHURN_TIME_MIN, to, as_of);
        size_t k = rows.begin;
        while (k < rows.end && !churn__event_row_seen(&rows, k)) {
            k++;
        }
        first = k < rows.end ? rows.all.at[k] : first;
    }
    return first;
}

static bool names_users(const churn__event_rows *rows)
{
    for (size_t i = rows->begin; rows->all.user != NULL && i < rows->end; i++) {
        if (rows->all.user[i] != CHURN__NO_CODE && churn__event_row_seen(rows, i)) {
            return true;
        }
    }
    return false;
}

bool churn__activity_names_users(churn__reader *reader, uint32_t customer,
                                 const churn__event_pick *pick, churn_time as_of)
{
    const uint32_t *types = NULL;
    const uint32_t count = churn__reader_event_types(reader, customer, &types);
    for (uint32_t i = 0; i < count; i++) {
        if (churn__event_picked(pick, types[i])) {
            const churn__event_rows rows =
                churn__event_rows_of(reader, customer, types[i], CHURN_TIME_MIN, as_of, as_of);
            if (names_users(&rows)) {
                return true;
            }
        }
    }
    return false;
}

/* ---- who did what ---- */

static bool put_deed(churn__deeds *deeds, uint32_t user, uint32_t unit)
{
    const uint64_t key = (uint64_t)user << 32 | unit;
    churn__deed *last = deeds->count > 0 ? &deeds->rows[deeds->count - 1] : NULL;
    if (last != NULL && last->key == key && last->count < UINT32_MAX) {
        last->count++;
        return true;
    }
    if (!churn__grow(deeds->heap, (void **)&deeds->rows, &deeds->capacity, deeds->count + 1,
                     sizeof *deeds->rows)) {
        return false;
    }
    deeds->sorted = deeds->sorted && (last == NULL || deeds->rows[deeds->count - 1].key <= key);
    deeds->rows[deeds->count++] = (churn__deed){key, 1};
    return true;
}

bool churn__deeds_add(churn__deeds *deeds, churn__reader *reader, uint32_t customer, uint32_t type,
                      const churn__units *units, churn_time as_of)
{
    const churn__event_rows rows = churn__event_rows_of(reader, customer, type, units->starts[0],
                                                        units->starts[units->count], as_of);
    uint32_t unit = 0;
    churn_time next = CHURN_TIME_MIN;
    bool fits = true;
    deeds->sorted = deeds->sorted || deeds->count == 0;
    for (size_t i = rows.begin; fits && i < rows.end; i++) {
        if (!churn__event_row_seen(&rows, i)) {
            continue;
        }
        if (rows.all.at[i] >= next) {
            unit = churn__units_at(units, rows.all.at[i]);
            next = units->starts[unit + 1];
        }
        fits = put_deed(deeds, rows.all.user != NULL ? rows.all.user[i] : CHURN__NO_CODE, unit);
    }
    return fits;
}

/* In ascending keys, those that are equal become one. */
static void join_deeds(churn__deeds *deeds)
{
    size_t kept = 0;
    for (size_t i = 0; i < deeds->count; i++) {
        if (kept > 0 && deeds->rows[kept - 1].key == deeds->rows[i].key) {
            const uint64_t both = (uint64_t)deeds->rows[kept - 1].count + deeds->rows[i].count;
            deeds->rows[kept - 1].count = both > UINT32_MAX ? UINT32_MAX : (uint32_t)both;
        } else {
            deeds->rows[kept++] = deeds->rows[i];
        }
    }
    deeds->count = kept;
}

static int compare_deeds(const void *a, const void *b, const void *context)
{
    const churn__deed *x = a, *y = b;
    (void)context;
    return (x->key > y->key) - (x->key < y->key);
}

bool churn__deeds_settle(churn__deeds *deeds)
{
    if (!deeds->sorted && !churn__sort(deeds->heap, deeds->rows, deeds->count, sizeof *deeds->rows,
                                       compare_deeds, NULL)) {
        return false;
    }
    deeds->sorted = true;
    join_deeds(deeds);
    return true;
}

bool churn__deeds_forget_users(churn__deeds *deeds)
{
    for (size_t i = 0; i < deeds->count; i++) {
        deeds->rows[i].key = (uint64_t)CHURN__NO_CODE << 32 | churn__deed_unit(&deeds->rows[i]);
        deeds->sorted = deeds->sorted && (i == 0 || deeds->rows[i - 1].key <= deeds->rows[i].key);
    }
    return churn__deeds_settle(deeds);
}

void churn__deeds_named(churn__deeds *deeds)
{
    size_t named = 0;
    while (named < deeds->count && churn__deed_user(&deeds->rows[named]) != CHURN__NO_CODE) {
        named++;
    }
    deeds->count = named;
}

void churn__deeds_close(churn__deeds *deeds)
{
    if (deeds->heap != NULL) {
        churn__free_array(deeds->heap, deeds->rows, deeds->capacity, sizeof *deeds->rows);
    }
    *deeds = (churn__deeds){0};
}
