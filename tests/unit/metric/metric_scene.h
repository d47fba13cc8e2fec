/* SPDX-License-Identifier: MIT */
#ifndef CHURN_TESTS_METRIC_SCENE_H
#define CHURN_TESTS_METRIC_SCENE_H

#include "metric_world.h"

/* Random stores, definitions and dates. Instants lie on a coarse grid, so that ties and the ends of
 * windows are hit often. */

#define TYPES 5
#define CUSTOMERS 5
#define EVENTS 400
#define METRICS 24

static const char *const type_names[TYPES] = {"m_login", "b_export", "z_error", "a_pay", "k_other"};
static const char *const customer_names[CUSTOMERS] = {"c0", "c1", "c2", "c3", "c4"};
static const char *const user_names[] = {"u3", "u1", "u2", "u0", "u4", "u5"};

typedef struct row {
    uint32_t customer, type, id; /* id: rows of one id are versions of one event */
    const char *user;
    churn_time at, known; /* known: CHURN_TIME_NONE: when it happened */
    double value;
} row;

typedef struct scene {
    world *w;
    row rows[EVENTS];
    uint32_t count;
    churn_time since[CUSTOMERS], corrected[CUSTOMERS], corrected_at[CUSTOMERS];
    churn_str names[METRICS][TYPES];
    uint8_t types[METRICS]; /* bit a type; 0: any */
    churn__metric_def defs[METRICS];
    churn__source_def sources[2];
    uint8_t source_types[2];
    churn_str source_names[2][TYPES];
    churn__source_event_from from[1];
    churn__zone *zone;
    bool bounded; /* no metric looks at all of the past */
} scene;

static uint64_t seed = 41;

static uint32_t roll(uint32_t n)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % n;
}

/* ---- making ---- */

static churn_time some_instant(void)
{
    return D(0) + HOURS(6) * roll(400) + (roll(8) == 0 ? (int64_t)roll(3) - 1 : 0);
}

static churn_time some_date(const scene *s)
{
    return s->w->dates[roll(s->w->date_count)];
}

static void make_row(scene *s, row *r, bool versions)
{
    *r = (row){.customer = roll(CUSTOMERS), .type = roll(TYPES), .id = UINT32_MAX};
    r->at = some_instant();
    r->known = CHURN_TIME_NONE;
    r->user = roll(4) == 0 ? NULL : user_names[roll(6)];
    r->value = roll(3) == 0 ? (double)NAN : (roll(2000) - 1000.0) / 7;
    if (versions && roll(3) == 0) {
        r->id = s->count;
        r->known = roll(3) ? r->at + HOURS(roll(60)) : some_date(s);
    }
}

/* A later version of an event that has an id: it may have moved. */
static void make_version(scene *s, row *r)
{
    const row *old = &s->rows[roll(s->count)];
    if (old->id == UINT32_MAX) {
        make_row(s, r, true);
        return;
    }
    *r = *old;
    r->known = old->known + HOURS(1 + roll(300));
    if (roll(3) == 0 && some_date(s) > old->known) {
        r->known = s->w->dates[s->w->date_count - 1]; /* at a date of the plan, as it may be */
    }
    r->at = roll(2) ? r->at : r->at - HOURS(roll(40));
    r->value = roll(100);
    for (uint32_t i = 0; i < s->count; i++) { /* at one moment only one thing is learned of it */
        if (s->rows[i].id == r->id && s->rows[i].known == r->known) {
            make_row(s, r, true);
            return;
        }
    }
}

static void correct_since(world *w, const char *id, churn_time since, churn_time known_at)
{
    churn_customer c;
    churn_record_init(CHURN_RECORD_CUSTOMER, &c, sizeof c);
    c.id = churn__str_nts(id);
    c.since = since;
    c.known_at = known_at;
    WORLD_OK(churn_store_add_customer(w->store, &c, &world_err));
}

static void make_store(scene *s, bool versions)
{
    char id[16];
    for (uint32_t c = 0; c < CUSTOMERS; c++) {
        s->since[c] = roll(2) ? CHURN_TIME_NONE : D(roll(60));
        add_customer(s->w, customer_names[c], s->since[c]);
        s->corrected[c] = s->since[c];
        if (s->since[c] != CHURN_TIME_NONE && roll(2)) {
            s->corrected[c] = D(roll(60));
            s->corrected_at[c] = D(61) + HOURS(6) * roll(100);
            correct_since(s->w, customer_names[c], s->corrected[c], s->corrected_at[c]);
        }
    }
    uint32_t wanted = roll(8) == 0 ? roll(4) : EVENTS / (1 + roll(3));
    while (s->count < wanted) {
        row *r = &s->rows[s->count];
        if (versions && s->count > 0 && roll(5) == 0) {
            make_version(s, r);
        } else {
            make_row(s, r, versions);
        }
        snprintf(id, sizeof id, "e%u", r->id);
        add_event_spec(s->w, &(event_spec){.customer = customer_names[r->customer],
                                           .type = type_names[r->type],
                                           .user = r->user,
                                           .id = r->id == UINT32_MAX ? NULL : id,
                                           .at = r->at,
                                           .known_at = r->known,
                                           .value = r->value});
        s->count++;
    }
}

static uint32_t list_types(uint8_t types, churn_str *names)
{
    uint32_t n = 0;
    for (uint32_t t = 0; t < TYPES; t++) {
        if (types >> t & 1) {
            names[n++] = churn__str_nts(type_names[t]);
        }
    }
    return n;
}

static void make_metric(scene *s, uint32_t m)
{
    static const int64_t windows[] = {HOURS(6), HOURS(36), DAYS(1), DAYS(7), DAYS(28), DAYS(90)};
    churn__metric_def *def = &s->defs[m];
    s->types[m] = roll(3) == 0 ? 0 : (uint8_t)(1 + roll((1 << TYPES) - 1));
    uint32_t n = list_types(s->types[m], s->names[m]);
    *def = event_def((churn__metric_what)(CHURN__AGG_COUNT + roll(9)), s->names[m], n,
                     s->bounded || roll(5) ? windows[roll(s->bounded ? 4 : 6)] : 0);
    def->of = (churn__metric_of)roll(3);
    def->offset.amount = roll(2) ? 0 : DAYS(7) * (1 + roll(4)) + (roll(4) == 0 ? HOURS(1) : 0);
    def->clip = roll(2);
    def->if_never = (churn__if_never)roll(3);
    def->if_never_value = 777;
    def->has_default = roll(8) == 0;
    def->default_value = -5;
    if (def->what == CHURN__AGG_DAYS_SINCE) {
        def->has_window = roll(2);
    }
    if (def->what == CHURN__AGG_TREND) {
        def->has_window = false;
        def->buckets = 2 + roll(5);
        def->min_buckets = roll(2) ? 0 : 2 + roll(def->buckets - 1);
        def->every = windows[2 + roll(3)];
        def->relative = roll(2);
    }
    if (m > 2 && roll(8) == 0) {
        *def = (churn__metric_def){.id = CHURN__STR("r"),
                                   .kind = roll(2) ? CHURN__METRIC_RATIO : CHURN__METRIC_PCT_CHANGE,
                                   .a = {.metric = roll(m)},
                                   .b = {.metric = roll(m)},
                                   .min_base = roll(3),
                                   .type = CHURN__TYPE_DOUBLE};
    }
}

static void make_sources(scene *s)
{
    for (uint32_t i = 0; i < 2; i++) {
        s->source_types[i] = (uint8_t)roll(1 << TYPES);
        s->sources[i] =
            (churn__source_def){.id = i == 0 ? CHURN__STR("one") : CHURN__STR("two"),
                                .events = s->source_names[i],
                                .event_count = list_types(s->source_types[i], s->source_names[i]),
                                .from = roll(2) ? CHURN_TIME_NONE : D(roll(40)),
                                .has_max_lag = roll(2),
                                .max_lag = HOURS(12) * (1 + roll(10))};
    }
    s->from[0] = (churn__source_event_from){churn__str_nts(type_names[roll(TYPES)]), D(roll(50))};
    s->sources[0].event_from = s->from;
    s->sources[0].event_from_count = roll(2);
    s->w->config.sources = s->sources;
    s->w->config.source_count = roll(3);
}

static void make_dates(scene *s)
{
    churn_time dates[16], at = D(0) + HOURS(6) * roll(400);
    uint32_t n = 1 + roll(15);
    int64_t step = roll(3) == 0 ? HOURS(6) * (1 + roll(12)) : DAYS(7);
    for (uint32_t i = 0; i < n; i++) {
        dates[i] = at;
        at += roll(6) == 0 ? step + HOURS(roll(50)) : step;
    }
    world_dates(s->w, dates, n);
}

static scene *make_scene(bool versions)
{
    scene *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->w = world_create();
    make_dates(s);
    make_store(s, versions);
    s->bounded = roll(2);
    for (uint32_t m = 0; m < METRICS; m++) {
        make_metric(s, m);
    }
    make_sources(s);
    if (roll(2)) {
        assert_int_equal(
            churn__zone_open(s->w->heap, NULL, CHURN__STR("Europe/Budapest"), &s->zone),
            CHURN__ZONE_OK);
        s->w->config.zone = s->zone;
    }
    return s;
}

static void free_scene(scene *s)
{
    churn__zone_release(s->zone);
    world_free(s->w);
    free(s);
}

#endif
