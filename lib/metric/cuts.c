/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/sort.h"
#include "metric/metric_inside.h"

/* What is known of event metrics before the first customer is read: sets of types, what is needed
 * of each type, the ends of all windows. */

/* ---- sets ---- */

/* The distinct codes of a metric's events, ascending. Names that the store never saw have no
 * events. */
static uint32_t set_codes(const churn__metric_plan *plan, const churn__metric_def *def,
                          uint32_t *codes)
{
    const churn__dict_view *names = churn__version_types(plan->version);
    uint32_t count = 0;
    for (uint32_t i = 0; i < def->event_count; i++) {
        uint32_t code = churn__dict_view_find(names, def->events[i]);
        uint32_t at = count;
        while (at > 0 && code < codes[at - 1]) {
            at--;
        }
        if (code == CHURN__NO_CODE || (at > 0 && codes[at - 1] == code)) {
            continue;
        }
        memmove(codes + at + 1, codes + at, (count - at) * sizeof *codes);
        codes[at] = code;
        count++;
    }
    return count;
}

static bool set_equals(const churn__metric_set *set, bool any, const uint32_t *types,
                       uint32_t count)
{
    return set->any == any && set->type_count == count &&
           (count == 0 || memcmp(set->types, types, count * sizeof *types) == 0);
}

static uint32_t set_find(churn__metric_plan *plan, bool any, const uint32_t *types, uint32_t count)
{
    for (uint32_t s = 0; s < plan->set_count; s++) {
        if (set_equals(&plan->sets[s], any, types, count)) {
            return s;
        }
    }
    plan->sets[plan->set_count] =
        (churn__metric_set){.any = any, .types = types, .type_count = count};
    return plan->set_count++;
}

/* What a metric needs of all events of its set. Events of several types stand in order of time only
 * where that cannot be done without: to add them up, or to find where a window is clipped. */
static uint8_t metric_need(const churn__metric_def *def)
{
    uint8_t clip = def->clip ? CHURN__NEED_AT | CHURN__NEED_ORDER : 0;
    switch (def->what) {
    case CHURN__AGG_SUM:
    case CHURN__AGG_MEAN:
        return clip | CHURN__NEED_VALUE | CHURN__NEED_ORDER;
    case CHURN__AGG_MIN:
    case CHURN__AGG_MAX:
        return clip | CHURN__NEED_VALUE;
    case CHURN__AGG_ACTIVE_DAYS:
        return clip | CHURN__NEED_DAY | CHURN__NEED_PLACE;
    case CHURN__AGG_DISTINCT:
        if (def->of == CHURN__OF_TYPE) {
            return 0;
        }
        return clip | CHURN__NEED_PLACE |
               (def->of == CHURN__OF_USER ? CHURN__NEED_USER : CHURN__NEED_KEY);
    default:
        return 0;
    }
}

/* What a metric needs of the events of each type alone. */
static uint8_t metric_need_each(const churn__metric_def *def)
{
    bool last = def->what == CHURN__AGG_DAYS_SINCE;
    return last || def->clip ? CHURN__NEED_AT : 0;
}

static bool is_sum(const churn__metric_def *def)
{
    return def->what == CHURN__AGG_SUM || def->what == CHURN__AGG_MEAN;
}

static bool add_metric(churn__metric_plan *plan, churn__metric_bound *bound)
{
    const churn__metric_def *def = bound->def;
    uint32_t *codes = churn__arena_array(&plan->arena, def->event_count, sizeof *codes);
    if (codes == NULL) {
        return false;
    }
    uint32_t count = set_codes(plan, def, codes);
    bound->set = set_find(plan, def->event_count == 0, codes, count);
    plan->sets[bound->set].need |= metric_need(def);
    plan->sets[bound->set].need_each |= metric_need_each(def);
    plan->sets[bound->set].ordered |= is_sum(def);
    return true;
}

/* What sets need, their types need; and instants or places to be merged by, where a set has
 * several. */
static void add_need(churn__metric_plan *plan, churn__metric_set *set)
{
    bool several = set->any || set->type_count > 1;
    if (several && set->need != 0) {
        set->need |= set->need & CHURN__NEED_ORDER ? CHURN__NEED_AT : CHURN__NEED_PLACE;
    }
    uint8_t need = (uint8_t)(set->need | set->need_each) & (uint8_t)~CHURN__NEED_ORDER;
    set->ordered = set->ordered && several;
    plan->need_all |= need;
    plan->any = plan->any || set->any;
    plan->need_any |= set->any ? need : 0;
    for (uint32_t i = 0; i < set->type_count; i++) {
        plan->need[set->types[i]] |= need;
    }
}

/* The types that sets name, each once. */
static void list_named(churn__metric_plan *plan)
{
    for (uint32_t type = 0; type < plan->type_count; type++) {
        plan->run_of[type] = CHURN__METRIC_NONE;
    }
    for (uint32_t s = 0; s < plan->set_count; s++) {
        for (uint32_t i = 0; i < plan->sets[s].type_count; i++) {
            uint32_t type = plan->sets[s].types[i];
            if (plan->run_of[type] == CHURN__METRIC_NONE) {
                plan->run_of[type] = 0;
                plan->named[plan->named_count++] = type;
            }
        }
    }
}

static int compare_names(const void *a, const void *b, const void *context)
{
    const churn__dict_view *names = context;
    return churn__str_cmp(churn__dict_view_get(names, *(const uint32_t *)a),
                          churn__dict_view_get(names, *(const uint32_t *)b));
}

static bool rank_types(churn__metric_plan *plan)
{
    uint32_t n = plan->type_count;
    uint32_t *order = churn__alloc_array(plan->heap, n, sizeof *order);
    plan->rank = churn__arena_array(&plan->arena, n, sizeof *plan->rank);
    bool good = order != NULL && plan->rank != NULL;
    for (uint32_t i = 0; good && i < n; i++) {
        order[i] = i;
    }
    good = good && churn__sort(plan->heap, order, n, sizeof *order, compare_names,
                               churn__version_types(plan->version));
    for (uint32_t i = 0; good && i < n; i++) {
        plan->rank[order[i]] = i;
    }
    churn__free_array(plan->heap, order, n, sizeof *order);
    return good;
}

static bool sets_room(churn__metric_plan *plan)
{
    churn__arena *arena = &plan->arena;
    plan->type_count = churn__dict_view_count(churn__version_types(plan->version));
    plan->sets = churn__arena_array(arena, plan->events.count, sizeof *plan->sets);
    plan->need = churn__arena_array(arena, plan->type_count, sizeof *plan->need);
    plan->named = churn__arena_array(arena, plan->type_count, sizeof *plan->named);
    plan->run_of = churn__arena_array(arena, plan->type_count, sizeof *plan->run_of);
    return plan->sets != NULL && plan->need != NULL && plan->named != NULL && plan->run_of != NULL;
}

churn_status churn__metric_sets_create(churn__metric_plan *plan, churn_error *err)
{
    bool ordered = false;
    bool good = sets_room(plan);
    for (uint32_t i = 0; good && i < plan->events.count; i++) {
        good = add_metric(plan, &plan->bounds[plan->events.items[i]]);
    }
    if (good) {
        list_named(plan);
    }
    for (uint32_t s = 0; good && s < plan->set_count; s++) {
        add_need(plan, &plan->sets[s]);
        ordered = ordered || plan->sets[s].ordered;
    }
    good = good && (!ordered || rank_types(plan));
    return good ? CHURN_OK : churn__fail_memory(err, plan->heap);
}

/* ---- cuts ---- */

static bool is_trend(const churn__metric_def *def)
{
    return def->what == CHURN__AGG_TREND;
}

/* How many instants a metric's windows begin at, for each date. */
static size_t lows_a_date(const churn__metric_def *def)
{
    if (is_trend(def)) {
        return (size_t)def->buckets + 1;
    }
    /* The last event of all is found from the window's end alone. */
    return def->has_window || def->what != CHURN__AGG_DAYS_SINCE;
}

static churn_time low_instant(const churn__metric_plan *plan, const churn__metric_def *def,
                              churn_time end, size_t i)
{
    if (is_trend(def)) {
        int64_t reach = 0;
        int64_t buckets = (int64_t)def->buckets - (int64_t)i;
        return churn__mul_i64(buckets, def->every, &reach) ? churn__metric_back(end, reach)
                                                           : CHURN_TIME_MIN;
    }
    return def->has_window ? churn__metric_before(plan, end, def->window) : CHURN_TIME_MIN;
}

typedef struct cut_list {
    churn_time *data;
    size_t count, capacity;
} cut_list;

static bool cut_add(churn__heap *heap, cut_list *cuts, churn_time at)
{
    void *data = cuts->data;
    if (!churn__grow(heap, &data, &cuts->capacity, cuts->count + 1, sizeof at)) {
        return false;
    }
    cuts->data = data;
    cuts->data[cuts->count++] = at;
    return true;
}

static bool cut_collect(churn__metric_plan *plan, const churn__metric_def *def, cut_list *cuts)
{
    size_t lows = lows_a_date(def);
    bool good = true;
    for (uint32_t date = 0; good && date < plan->date_count; date++) {
        churn_time end = churn__metric_end(plan, def, date);
        good = cut_add(plan->heap, cuts, end);
        for (size_t i = 0; good && i < lows; i++) {
            good = cut_add(plan->heap, cuts, low_instant(plan, def, end, i));
        }
    }
    return good;
}

/* Sorted, each once, into the plan. */
static bool cut_settle(churn__metric_plan *plan, const cut_list *cuts)
{
    size_t n = cuts->count;
    uint64_t *keys = churn__alloc_array(plan->heap, n, sizeof *keys);
    uint32_t *order = churn__alloc_array(plan->heap, n, sizeof *order);
    plan->cuts = churn__arena_array(&plan->arena, n + 1, sizeof *plan->cuts);
    bool good = keys != NULL && order != NULL && plan->cuts != NULL && n < UINT32_MAX;
    for (size_t i = 0; good && i < n; i++) {
        keys[i] = churn__sort_key_i64(cuts->data[i]);
    }
    good = good && churn__radix_order_u64(plan->heap, keys, order, n);
    for (size_t i = 0; good && i < n; i++) {
        churn_time at = cuts->data[order[i]];
        if (plan->cut_count == 0 || plan->cuts[plan->cut_count - 1] != at) {
            plan->cuts[plan->cut_count++] = at;
        }
    }
    if (good) {
        plan->cuts[plan->cut_count] = INT64_MAX;
    }
    churn__free_array(plan->heap, keys, n, sizeof *keys);
    churn__free_array(plan->heap, order, n, sizeof *order);
    return good;
}

static uint32_t cut_of(const churn__metric_plan *plan, churn_time at)
{
    return churn__metric_first_from(plan->cuts, plan->cut_count, at);
}

static bool cut_bind(churn__metric_plan *plan, churn__metric_bound *bound)
{
    const churn__metric_def *def = bound->def;
    size_t lows = lows_a_date(def);
    uint32_t *high = churn__arena_array(&plan->arena, plan->date_count, sizeof *high);
    uint32_t *low = churn__arena_array(&plan->arena, plan->date_count, (lows + 1) * sizeof *low);
    if (high == NULL || low == NULL) {
        return false;
    }
    for (uint32_t date = 0; date < plan->date_count; date++) {
        churn__metric_range *range = &plan->by_date[date];
        churn_time end = churn__metric_end(plan, def, date);
        high[date] = cut_of(plan, end);
        uint32_t least = high[date];
        for (size_t i = 0; i < lows; i++) {
            low[date * lows + i] = cut_of(plan, low_instant(plan, def, end, i));
            least = low[date * lows + i] < least ? low[date * lows + i] : least;
        }
        range->low_cut = least < range->low_cut ? least : range->low_cut;
        range->high_cut = high[date] > range->high_cut ? high[date] : range->high_cut;
    }
    bound->high = high;
    bound->low = lows > 0 ? low : NULL;
    return true;
}

/* ---- windows that move forward with the dates ---- */

static bool ascends(const uint32_t *cuts, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        if (cuts[i] < cuts[i - 1]) {
            return false;
        }
    }
    return true;
}

/* By place, the first date whose cut is not below it. NULL: no memory. */
static uint32_t *first_dates(churn__metric_plan *plan, const uint32_t *cuts)
{
    uint32_t *first = churn__arena_array(&plan->arena, plan->cut_count + 1u, sizeof *first);
    uint32_t date = 0;
    for (uint32_t place = 0; first != NULL && place <= plan->cut_count; place++) {
        while (date < plan->date_count && cuts[date] < place) {
            date++;
        }
        first[place] = date;
    }
    return first;
}

/* What distinct counts by, and where the earliest window begins. */
static bool slide_bind(churn__metric_plan *plan, churn__metric_bound *bound)
{
    size_t lows = lows_a_date(bound->def);
    bound->reach = CHURN_TIME_MAX;
    for (size_t i = 0; i < lows * plan->date_count; i++) {
        churn_time start = plan->cuts[bound->low[i]];
        bound->reach = start < bound->reach ? start : bound->reach;
    }
    bool distinct = metric_need(bound->def) & CHURN__NEED_PLACE;
    if (!distinct || !ascends(bound->low, plan->date_count) ||
        !ascends(bound->high, plan->date_count)) {
        return true;
    }
    bound->first_low = first_dates(plan, bound->low);
    bound->first_high = first_dates(plan, bound->high);
    return bound->first_low != NULL && bound->first_high != NULL;
}

/* ---- the grid of places ---- */

#define GRID_CELLS 4096u /* at most, and one */

/* The greatest power of two that parts all cuts from one another and does with few cells. */
static unsigned grid_shift(const churn_time *cuts, uint32_t n)
{
    uint64_t span = (uint64_t)(cuts[n - 1] - cuts[0]), gap = span;
    unsigned shift = 0;
    for (uint32_t i = 1; i < n; i++) {
        uint64_t between = (uint64_t)(cuts[i] - cuts[i - 1]);
        gap = between < gap ? between : gap;
    }
    while ((UINT64_C(2) << shift) <= gap || span >> shift >= GRID_CELLS) {
        shift++;
    }
    return shift;
}

/* Over the cuts after the first record of all: what lies before the others is known. */
static bool grid_create(churn__metric_plan *plan)
{
    churn__metric_grid *grid = &plan->grid;
    churn_time first = 0, last = 0;
    churn__version_span(plan->version, &first, &last);
    grid->first = INT64_MAX;
    grid->before = churn__metric_first_from(plan->cuts, plan->cut_count, first + 1);
    if (grid->before == plan->cut_count) { /* no window begins or ends after it */
        return true;
    }
    const churn_time *cuts = plan->cuts + grid->before;
    uint32_t n = plan->cut_count - grid->before;
    grid->first = cuts[0];
    grid->shift = grid_shift(cuts, n);
    grid->cell_count = (uint32_t)((uint64_t)(cuts[n - 1] - cuts[0]) >> grid->shift) + 1;
    grid->cells = churn__arena_array(&plan->arena, grid->cell_count + 1u, sizeof *grid->cells);
    for (uint32_t i = 0; grid->cells != NULL && i <= grid->cell_count; i++) {
        churn_time begin = cuts[0] + (churn_time)((uint64_t)i << grid->shift);
        grid->cells[i] = churn__metric_first_from(plan->cuts, plan->cut_count, begin);
    }
    return grid->cells != NULL;
}

/* ---- all cuts ---- */

static bool ranges_room(churn__metric_plan *plan)
{
    plan->by_date = churn__arena_array(&plan->arena, plan->date_count, sizeof *plan->by_date);
    for (uint32_t date = 0; plan->by_date != NULL && date < plan->date_count; date++) {
        plan->by_date[date] = (churn__metric_range){
            .first = date, .end = date + 1, .low_cut = UINT32_MAX, .high_cut = 0};
    }
    return plan->by_date != NULL;
}

churn_status churn__metric_cuts_create(churn__metric_plan *plan, churn_error *err)
{
    cut_list cuts = {0};
    bool good = ranges_room(plan);
    for (uint32_t i = 0; good && i < plan->events.count; i++) {
        good = cut_collect(plan, plan->bounds[plan->events.items[i]].def, &cuts);
    }
    good = good && cut_settle(plan, &cuts);
    for (uint32_t i = 0; good && i < plan->events.count; i++) {
        good = cut_bind(plan, &plan->bounds[plan->events.items[i]]) &&
               slide_bind(plan, &plan->bounds[plan->events.items[i]]);
    }
    good = good && grid_create(plan);
    plan->steps = churn__arena_array(&plan->arena, plan->date_count + 1u, sizeof *plan->steps);
    plan->next_at = churn__arena_array(&plan->arena, plan->cut_count + 1u, sizeof *plan->next_at);
    plan->spans = churn__arena_array(&plan->arena, plan->date_count, sizeof *plan->spans);
    good = good && plan->steps != NULL && plan->next_at != NULL && plan->spans != NULL;
    plan->whole = (churn__metric_range){.end = plan->date_count,
                                        .high_cut = plan->cut_count > 0 ? plan->cut_count - 1 : 0};
    churn__free_array(plan->heap, cuts.data, cuts.capacity, sizeof *cuts.data);
    return good ? CHURN_OK : churn__fail_memory(err, plan->heap);
}

/* ---- local dates ---- */

static bool days_span(const churn__metric_plan *plan, churn_time *first, churn_time *last)
{
    churn__version_span(plan->version, first, last);
    if (plan->cut_count == 0 || *first == CHURN_TIME_NONE) {
        return false;
    }
    churn_time low = plan->cuts[0], high = plan->cuts[plan->cut_count - 1];
    *first = *first > low ? *first : low;
    *last = *last < high ? *last : high;
    return *first <= *last;
}

/* A zone changes its offset at most once within a day of UTC, so a day that begins and ends with
 * the same offset has no other; on the few other days each event asks the zone. */
churn_status churn__metric_days_create(churn__metric_plan *plan, churn_error *err)
{
    churn__metric_days *days = &plan->days;
    const churn__zone *zone = plan->config.zone;
    churn_time first = 0, last = 0;
    if (!(plan->need_all & CHURN__NEED_DAY) || !days_span(plan, &first, &last)) {
        return CHURN_OK;
    }
    days->first = churn__floor_div(first, CHURN__DAY);
    days->count = (uint32_t)(churn__floor_div(last, CHURN__DAY) - days->first + 1);
    days->offset = churn__arena_array(&plan->arena, days->count, sizeof *days->offset);
    if (days->offset == NULL) {
        return churn__fail_memory(err, plan->heap);
    }
    int32_t before = churn__zone_offset(zone, days->first * CHURN__DAY);
    for (uint32_t i = 0; i < days->count; i++) {
        int32_t after = churn__zone_offset(zone, (days->first + i + 1) * CHURN__DAY);
        days->offset[i] = before == after ? before : INT32_MIN;
        before = after;
    }
    return CHURN_OK;
}

/* The local date of an instant, counted from two days before the first one, so that no offset makes
 * it negative; CHURN__METRIC_NONE for an instant outside of all windows. */
uint32_t churn__metric_day(const churn__metric_plan *plan, churn_time at)
{
    const churn__metric_days *days = &plan->days;
    int64_t day = churn__floor_div(at, CHURN__DAY);
    int64_t i = day - days->first;
    if (i < 0 || i >= (int64_t)days->count) {
        return CHURN__METRIC_NONE;
    }
    int32_t offset = days->offset[i];
    if (offset == INT32_MIN) {
        offset = churn__zone_offset(plan->config.zone, at);
    }
    int64_t rest = at - day * CHURN__DAY + offset * CHURN__SECOND;
    for (; rest < 0; rest += CHURN__DAY) {
        i--;
    }
    for (; rest >= CHURN__DAY; rest -= CHURN__DAY) {
        i++;
    }
    return (uint32_t)(i + 2);
}
