/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "failing.h"
#include "metric_scene.h"

/* Metrics of events against a twin that goes through all records for every number. */

/* ---- the twin ---- */

static churn_time known_of(const row *r)
{
    return r->known == CHURN_TIME_NONE ? r->at : r->known;
}

/* The newest version known at as_of, and it has happened. */
static bool twin_sees(const scene *s, uint32_t i, churn_time as_of)
{
    const row *r = &s->rows[i];
    if (r->at >= as_of || known_of(r) > as_of) {
        return false;
    }
    for (uint32_t k = 0; k < s->count; k++) {
        const row *other = &s->rows[k];
        if (k != i && r->id != UINT32_MAX && other->id == r->id && known_of(other) <= as_of &&
            known_of(other) > known_of(r)) {
            return false;
        }
    }
    return true;
}

static int text_cmp(const char *a, const char *b)
{
    return (a == NULL || b == NULL) ? (a != NULL) - (b != NULL) : strcmp(a, b);
}

/* By at, then name of type: all that the answers depend on, as values are summed in runs of one
 * type as the store orders them. */
static bool twin_before(const row *a, const row *b)
{
    if (a->at != b->at) {
        return a->at < b->at;
    }
    if (a->type != b->type) {
        return strcmp(type_names[a->type], type_names[b->type]) < 0;
    }
    if (text_cmp(a->user, b->user) != 0) {
        return text_cmp(a->user, b->user) < 0;
    }
    if (isnan(a->value) != isnan(b->value)) {
        return isnan(b->value); /* equal sums either way */
    }
    return a->value < b->value;
}

typedef struct seen_list {
    const row *rows[EVENTS];
    uint32_t count;
} seen_list;

static void twin_list(const scene *s, uint8_t types, uint32_t customer, churn_time as_of,
                      churn_time start, churn_time end, seen_list *out)
{
    out->count = 0;
    for (uint32_t i = 0; i < s->count; i++) {
        const row *r = &s->rows[i];
        bool wanted = types == 0 || (types >> r->type & 1);
        if (r->customer != customer || !wanted || r->at < start || r->at >= end ||
            !twin_sees(s, i, as_of)) {
            continue;
        }
        uint32_t at = out->count++;
        for (; at > 0 && twin_before(r, out->rows[at - 1]); at--) {
            out->rows[at] = out->rows[at - 1];
        }
        out->rows[at] = r;
    }
}

static churn_time twin_from(const scene *s, uint8_t types)
{
    churn_time from = CHURN_TIME_NONE;
    for (uint32_t i = 0; i < s->w->config.source_count; i++) {
        for (uint32_t t = 0; t < TYPES; t++) {
            bool wanted = (types == 0 || (types >> t & 1)) && (s->source_types[i] >> t & 1);
            churn_time begin = s->sources[i].from;
            if (i == 0 && s->sources[0].event_from_count == 1 &&
                strcmp(s->from[0].event.ptr, type_names[t]) == 0) {
                begin = s->from[0].from;
            }
            from = wanted && begin > from ? begin : from;
        }
    }
    return from;
}

static bool twin_stale(const scene *s, uint8_t types, churn_time as_of)
{
    for (uint32_t i = 0; i < s->w->config.source_count; i++) {
        uint8_t mine = s->source_types[i];
        churn_time newest = CHURN_TIME_NONE;
        if (mine == 0 || (types != 0 && (types & mine) == 0) || !s->sources[i].has_max_lag) {
            continue;
        }
        for (uint32_t k = 0; k < s->count; k++) {
            if ((mine >> s->rows[k].type & 1) && twin_sees(s, k, as_of) && s->rows[k].at > newest) {
                newest = s->rows[k].at;
            }
        }
        if (newest < as_of - s->sources[i].max_lag) {
            return true;
        }
    }
    return false;
}

typedef struct cell {
    double value;
    churn__missing missing;
} cell;

static cell value(double x)
{
    return (cell){x, CHURN__PRESENT};
}

static cell none(churn__missing why)
{
    return (cell){0, why};
}

static bool same_key(const scene *s, const churn__metric_def *def, const row *a, const row *b)
{
    if (def->what == CHURN__AGG_ACTIVE_DAYS) {
        return churn__zone_day(s->zone, a->at) == churn__zone_day(s->zone, b->at);
    }
    switch (def->of) {
    case CHURN__OF_USER:
        return text_cmp(a->user, b->user) == 0;
    case CHURN__OF_TYPE:
        return a->type == b->type;
    default:
        return a->value == b->value;
    }
}

static bool has_key(const churn__metric_def *def, const row *r)
{
    bool days = def->what == CHURN__AGG_ACTIVE_DAYS;
    return days || (def->of == CHURN__OF_USER ? r->user != NULL
                                              : def->of == CHURN__OF_TYPE || !isnan(r->value));
}

static double twin_distinct(const scene *s, const churn__metric_def *def, const seen_list *list)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        bool first = has_key(def, list->rows[i]);
        for (uint32_t k = 0; k < i && first; k++) {
            first = !has_key(def, list->rows[k]) || !same_key(s, def, list->rows[i], list->rows[k]);
        }
        n += first;
    }
    return n;
}

static cell twin_values(const churn__metric_def *def, const seen_list *list)
{
    double sum = 0, least = 0, greatest = 0;
    uint32_t n = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        double x = list->rows[i]->value;
        if (!isnan(x)) {
            sum += x;
            least = n == 0 || x < least ? x : least;
            greatest = n == 0 || x > greatest ? x : greatest;
            n++;
        }
    }
    if (def->what == CHURN__AGG_SUM) {
        return value(sum);
    }
    if (n == 0) {
        return none(CHURN__EMPTY);
    }
    return value(def->what == CHURN__AGG_MEAN  ? sum / n
                 : def->what == CHURN__AGG_MIN ? least
                                               : greatest);
}

static cell twin_days_since(const churn__metric_def *def, const seen_list *list, churn_time end,
                            churn_time since, churn_time from)
{
    if (list->count > 0) {
        return value(floor((double)(end - list->rows[list->count - 1]->at) / 86400e6));
    }
    if (def->if_never != CHURN__NEVER_SINCE_START) {
        return def->if_never == CHURN__NEVER_MISSING ? none(CHURN__NEVER)
                                                     : value(def->if_never_value);
    }
    churn_time start = since > from ? since : from;
    if (since == CHURN_TIME_NONE || (start > end && from <= end)) {
        return none(CHURN__NEVER);
    }
    if (start > end) {
        return none(from > since ? CHURN__SHORT_HISTORY_FROM : CHURN__SHORT_HISTORY_SINCE);
    }
    return value(floor((double)(end - start) / 86400e6));
}

/* The textbook's two passes. */
static double twin_slope(const double *y, uint32_t n)
{
    double mean_x = (n - 1) / 2.0, mean_y = 0, above = 0, below = 0;
    for (uint32_t i = 0; i < n; i++) {
        mean_y += y[i] / n;
    }
    for (uint32_t i = 0; i < n; i++) {
        above += (i - mean_x) * (y[i] - mean_y);
        below += (i - mean_x) * (i - mean_x);
    }
    return above / below;
}

static cell twin_trend(const scene *s, const churn__metric_def *def, uint8_t types,
                       uint32_t customer, churn_time as_of, churn_time end, churn_time since,
                       churn_time from)
{
    churn_time lower = since > from ? since : from;
    uint32_t used = 0, fewest = def->min_buckets ? def->min_buckets : def->clip ? 2 : def->buckets;
    double y[16], sum = 0;
    while (used < def->buckets && end - (used + 1) * def->every >= lower) {
        used++;
    }
    if (used < fewest) {
        return none(from > since ? CHURN__SHORT_HISTORY_FROM : CHURN__SHORT_HISTORY_SINCE);
    }
    if (used < 2) {
        return none(CHURN__EMPTY);
    }
    for (uint32_t i = 0; i < used; i++) {
        seen_list list;
        churn_time start = end - (used - i) * def->every;
        twin_list(s, types, customer, as_of, start, start + def->every, &list);
        y[i] = list.count;
        sum += y[i];
    }
    if (def->relative) {
        return sum == 0 ? none(CHURN__EMPTY) : value(twin_slope(y, used) / (sum / used));
    }
    return value(twin_slope(y, used));
}

static cell twin_event(const scene *s, uint32_t m, uint32_t customer, churn_time as_of)
{
    const churn__metric_def *def = &s->defs[m];
    bool corrected = as_of >= s->corrected_at[customer];
    churn_time since = corrected ? s->corrected[customer] : s->since[customer];
    churn_time from = twin_from(s, s->types[m]);
    churn_time lower = since > from ? since : from, end = as_of - def->offset.amount;
    churn_time start = def->has_window ? end - def->window.amount : CHURN_TIME_MIN;
    seen_list list;
    if (s->count == 0) {
        return none(CHURN__NOT_PROVIDED);
    }
    if (twin_stale(s, s->types[m], as_of)) {
        return none(CHURN__STALE_SOURCE);
    }
    if (def->what == CHURN__AGG_TREND) {
        return twin_trend(s, def, s->types[m], customer, as_of, end, since, from);
    }
    if (def->has_window && start < lower) {
        if (!def->clip) {
            return none(from > since ? CHURN__SHORT_HISTORY_FROM : CHURN__SHORT_HISTORY_SINCE);
        }
        start = lower;
    }
    twin_list(s, s->types[m], customer, as_of, start, end, &list);
    switch (def->what) {
    case CHURN__AGG_COUNT:
        return value(list.count);
    case CHURN__AGG_DISTINCT:
    case CHURN__AGG_ACTIVE_DAYS:
        return value(twin_distinct(s, def, &list));
    case CHURN__AGG_DAYS_SINCE:
        return twin_days_since(def, &list, end, since, from);
    default:
        return twin_values(def, &list);
    }
}

static cell twin_cell(const scene *s, uint32_t m, uint32_t customer, churn_time as_of)
{
    const churn__metric_def *def = &s->defs[m];
    if (def->kind == CHURN__METRIC_EVENT) {
        cell c = twin_event(s, m, customer, as_of);
        return c.missing != CHURN__PRESENT && def->has_default ? value(def->default_value) : c;
    }
    cell a = twin_cell(s, def->a.metric, customer, as_of);
    cell b = twin_cell(s, def->b.metric, customer, as_of);
    if (b.missing == CHURN__PRESENT &&
        (b.value == 0 || (def->min_base > 0 && b.value < def->min_base))) {
        b = none(CHURN__EMPTY);
    }
    if (a.missing != CHURN__PRESENT || b.missing != CHURN__PRESENT) {
        return none(churn__missing_worse(a.missing, b.missing));
    }
    return value(def->kind == CHURN__METRIC_RATIO ? a.value / b.value
                                                  : (a.value - b.value) / b.value);
}

/* ---- comparing ---- */

static bool rests_on_trend(const scene *s, uint32_t m)
{
    const churn__metric_def *def = &s->defs[m];
    if (def->kind == CHURN__METRIC_EVENT) {
        return def->what == CHURN__AGG_TREND;
    }
    return rests_on_trend(s, def->a.metric) || rests_on_trend(s, def->b.metric);
}

static void compare_cell(const scene *s, uint32_t m, uint32_t customer, uint32_t date)
{
    const world *w = s->w;
    uint32_t at = customer * w->date_count + date;
    cell want = twin_cell(s, m, customer, w->dates[date]);
    double got = w->values[m][at];
    bool same = w->missing[m][at] == want.missing;
    if (same && want.missing == CHURN__PRESENT) {
        double slack = rests_on_trend(s, m) ? 1e-9 * fmax(1, fabs(want.value)) : 0;
        same = fabs(got - want.value) <= slack;
    }
    if (!same && rests_on_trend(s, m) && s->defs[m].kind != CHURN__METRIC_EVENT) {
        return; /* divided by a slope that is nearly nothing */
    }
    if (!same) {
        fail_msg("metric %u (kind %d what %d of %d) customer %u date %u: %.17g missing %u, want "
                 "%.17g missing %u",
                 m, (int)s->defs[m].kind, (int)s->defs[m].what, (int)s->defs[m].of, customer, date,
                 got, w->missing[m][at], want.value, want.missing);
    }
}

static void compare_all(const scene *s)
{
    for (uint32_t m = 0; m < METRICS; m++) {
        for (uint32_t c = 0; c < CUSTOMERS; c++) {
            for (uint32_t date = 0; date < s->w->date_count; date++) {
                compare_cell(s, m, c, date);
            }
        }
    }
}

static void plan_eval__random_stores__as_the_twin(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < 240; round++) {
        scene *s = make_scene(round % 2);
        world_eval(s->w, s->defs, METRICS);
        compare_all(s);
        free_scene(s);
    }
}

/* The same definitions the general way, which conditions and zones of customers need: no customer
 * has a zone of their own here, so that nothing else changes. Quality counts every cell once. */
static void plan_eval__general_way__as_the_twin(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < 120; round++) {
        scene *s = make_scene(round % 2);
        for (uint32_t m = 0; m < METRICS; m++) {
            s->defs[m].customer_zone = s->defs[m].kind == CHURN__METRIC_EVENT;
        }
        world_eval(s->w, s->defs, METRICS);
        compare_all(s);
        free_scene(s);
    }
}

static void plan_quality__random_stores__cells_add_up(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < 20; round++) {
        scene *s = make_scene(round % 2);
        world *w = s->w;
        w->config.metrics = s->defs;
        w->config.metric_count = METRICS;
        w->config.measure = true;
        world_pin(w);
        churn__metric_plan *plan = world_plan(w);
        world_eval_plan(w, plan);
        compare_all(s);
        uint64_t rows = 0;
        for (uint32_t c = 0; c < CUSTOMERS; c++) {
            uint32_t customer = churn__version_order(w->version)[c];
            for (uint32_t date = 0; date < w->date_count; date++) {
                rows += churn__reader_exists(w->reader, customer, w->dates[date]);
            }
        }
        for (uint32_t m = 0; m < METRICS; m++) {
            const churn__metric_quality *q = churn__metric_plan_quality(plan, m);
            uint64_t cells = q->valid;
            for (uint32_t r = 0; r < CHURN__METRIC_REASONS; r++) {
                cells += q->missing[r];
            }
            assert_int_equal(cells, rows);
        }
        churn__metric_plan_free(plan);
        free_scene(s);
    }
}

/* All dates at once and each by itself: the same bits. */
static void plan_eval__one_date_or_many__same_bits(void **state)
{
    (void)state;
    static double values[METRICS][WORLD_CELLS];
    static churn__missing missing[METRICS][WORLD_CELLS];
    for (uint32_t round = 0; round < 60; round++) {
        scene *s = make_scene(round % 2);
        world *w = s->w;
        churn_time dates[WORLD_DATES];
        uint32_t n = w->date_count;
        memcpy(dates, w->dates, sizeof dates);
        world_eval(w, s->defs, METRICS);
        memcpy(values, w->values, sizeof values);
        memcpy(missing, w->missing, sizeof missing);
        for (uint32_t date = 0; date < n; date++) {
            world_dates(w, &dates[date], 1);
            world_eval(w, s->defs, METRICS);
            for (uint32_t m = 0; m < METRICS; m++) {
                for (uint32_t c = 0; c < CUSTOMERS; c++) {
                    double many = values[m][c * n + date];
                    assert_memory_equal(&w->values[m][c], &many, sizeof many);
                    assert_int_equal(w->missing[m][c], missing[m][c * n + date]);
                }
            }
        }
        free_scene(s);
    }
}

/* Customers in any order and batch, one plan used again: the same bits. */
static void plan_eval__customers_by_themselves__same_bits(void **state)
{
    (void)state;
    static double values[METRICS][WORLD_CELLS];
    for (uint32_t round = 0; round < 20; round++) {
        scene *s = make_scene(round % 2);
        world *w = s->w;
        uint32_t n = w->date_count;
        world_eval(w, s->defs, METRICS);
        memcpy(values, w->values, sizeof values);
        churn__metric_plan *plan = world_plan(w);
        for (uint32_t turn = 0; turn < 2 * CUSTOMERS; turn++) {
            uint32_t c = roll(CUSTOMERS);
            uint32_t customer = churn__version_order(w->version)[c];
            assert_ok(churn__metric_plan_eval(plan, w->reader, &customer, 1, w->columns, NULL));
            for (uint32_t m = 0; m < METRICS; m++) {
                assert_memory_equal(w->values[m], values[m] + c * n, n * sizeof(double));
            }
        }
        churn__metric_plan_free(plan);
        free_scene(s);
    }
}

/* The nth allocation fails, once or from then on: a status, nothing lost, and a plan that survives
 * works as before. */
static void no_memory(scene *s, uint64_t nth, bool for_ever, bool *came_through)
{
    world *w = s->w;
    failing f = {0};
    churn_allocator host = failing_allocator(&f);
    churn__heap *heap = churn__heap_create(&host, 0);
    churn__metric_plan *plan = NULL;
    uint32_t n = churn__version_customers(w->version);
    f = (failing){.fail_at = f.requests + nth,
                  .for_ever = for_ever,
                  .requests = f.requests,
                  .blocks = f.blocks,
                  .bytes = f.bytes};
    churn_status st = churn__metric_plan_create(heap, &w->config, w->version, w->dates,
                                                w->date_count, &plan, NULL);
    if (st == CHURN_OK) {
        const uint32_t *order = churn__version_order(w->version);
        st = churn__metric_plan_eval(plan, w->reader, order, n, w->columns, NULL);
        *came_through = st == CHURN_OK;
        f.fail_at = 0;
        assert_ok(churn__metric_plan_eval(plan, w->reader, order, n, w->columns, NULL));
        compare_all(s);
    }
    assert_true(st == CHURN_OK || st == CHURN_E_NOMEM);
    churn__metric_plan_free(plan);
    churn__heap_release(heap);
    assert_int_equal(f.blocks, 0);
    assert_false(f.mismatch);
}

static void plan_eval__no_memory__says_so_and_recovers(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < 2; round++) {
        scene *s = make_scene(round % 2);
        while (s->count < 100) { /* few events need little memory */
            free_scene(s);
            s = make_scene(round % 2);
        }
        world_eval(s->w, s->defs, METRICS);
        for (uint32_t for_ever = 0; for_ever < 2; for_ever++) {
            bool came_through = false;
            for (uint64_t nth = 1; !came_through; nth++) {
                no_memory(s, nth, for_ever, &came_through);
            }
        }
        free_scene(s);
    }
}

int main(void)
{
    const struct CMUnitTest twins[] = {
        cmocka_unit_test(plan_eval__random_stores__as_the_twin),
        cmocka_unit_test(plan_eval__general_way__as_the_twin),
        cmocka_unit_test(plan_quality__random_stores__cells_add_up),
        cmocka_unit_test(plan_eval__one_date_or_many__same_bits),
        cmocka_unit_test(plan_eval__customers_by_themselves__same_bits),
        cmocka_unit_test(plan_eval__no_memory__says_so_and_recovers),
    };
    return RUN_TESTS(twins);
}
