/* SPDX-License-Identifier: MIT */
#include "metric/metric_inside.h"

/*
 * What is known: which sources a metric stands on, whether they are late, since when they are
 * tracked (docs/reference/semantics.md, "Missing, and why"). All of it is the same for every
 * customer.
 */

/* ---- what stands on what ---- */

static bool source_has_record(const churn__source_def *source, churn_record_kind kind)
{
    for (uint32_t i = 0; i < source->record_count; i++) {
        if (source->records[i] == kind) {
            return true;
        }
    }
    return false;
}

static bool source_has_event(const churn__source_def *source, churn_str event)
{
    for (uint32_t i = 0; i < source->event_count; i++) {
        if (churn__str_eq(source->events[i], event)) {
            return true;
        }
    }
    return source_has_record(source, CHURN_RECORD_EVENT);
}

static bool source_has_events(const churn__source_def *source)
{
    return source->event_count > 0 || source_has_record(source, CHURN_RECORD_EVENT);
}

/* The kind of record that a metric reads, 0: other metrics. */
static churn_record_kind metric_record(churn__metric_kind kind)
{
    switch (kind) {
    case CHURN__METRIC_EVENT:
        return CHURN_RECORD_EVENT;
    case CHURN__METRIC_TICKET:
        return CHURN_RECORD_TICKET;
    case CHURN__METRIC_SURVEY:
        return CHURN_RECORD_SURVEY;
    case CHURN__METRIC_SUBSCRIPTION:
        return CHURN_RECORD_SUBSCRIPTION;
    case CHURN__METRIC_INVOICE:
        return CHURN_RECORD_INVOICE;
    case CHURN__METRIC_ATTRIBUTE:
        return CHURN_RECORD_ATTRIBUTE;
    case CHURN__METRIC_CUSTOMER:
        return CHURN_RECORD_CUSTOMER;
    case CHURN__METRIC_MILESTONE:
        return CHURN_RECORD_MILESTONE;
    case CHURN__METRIC_TOUCHPOINT:
        return CHURN_RECORD_TOUCHPOINT;
    case CHURN__METRIC_CONTACT:
        return CHURN_RECORD_CONTACT;
    case CHURN__METRIC_ANNOUNCEMENT:
        return CHURN_RECORD_ANNOUNCEMENT;
    case CHURN__METRIC_RATIO:
    case CHURN__METRIC_PCT_CHANGE:
    default:
        return 0;
    }
}

static bool event_stands_on(const churn__metric_def *def, const churn__source_def *source)
{
    for (uint32_t i = 0; i < def->event_count; i++) {
        if (source_has_event(source, def->events[i])) {
            return true;
        }
    }
    return def->event_count == 0 && source_has_events(source);
}

/* Attributes come with the records of customers, too. */
static bool record_stands_on(churn_record_kind kind, const churn__source_def *source)
{
    return source_has_record(source, kind) ||
           (kind == CHURN_RECORD_ATTRIBUTE && source_has_record(source, CHURN_RECORD_CUSTOMER));
}

bool churn__metric_stands_on(const churn__metric_def *def, const churn__source_def *source)
{
    churn_record_kind kind = metric_record(def->kind);
    if (kind == CHURN_RECORD_EVENT) {
        return event_stands_on(def, source);
    }
    return kind != 0 && record_stands_on(kind, source);
}

/* ---- since when ---- */

static churn_time later(churn_time a, churn_time b)
{
    return a > b ? a : b; /* CHURN_TIME_NONE is the least of all */
}

static churn_time source_event_from(const churn__source_def *source, churn_str event)
{
    for (uint32_t i = 0; i < source->event_from_count; i++) {
        if (churn__str_eq(source->event_from[i].event, event)) {
            return source->event_from[i].from;
        }
    }
    return source->from;
}

/* The latest beginning of the types that a metric reads from one source. */
static churn_time event_from(const churn__metric_def *def, const churn__source_def *source)
{
    churn_time from = CHURN_TIME_NONE;
    const churn_str *names = def->event_count > 0 ? def->events : source->events;
    uint32_t count = def->event_count > 0 ? def->event_count : source->event_count;
    for (uint32_t i = 0; i < count; i++) {
        if (source_has_event(source, names[i])) {
            from = later(from, source_event_from(source, names[i]));
        }
    }
    bool every = def->event_count == 0 && source_has_record(source, CHURN_RECORD_EVENT);
    return every ? later(from, source->from) : from;
}

static churn_time metric_from(const churn__metric_plan *plan, const churn__metric_def *def)
{
    churn_time from = CHURN_TIME_NONE;
    for (uint32_t s = 0; s < plan->config.source_count; s++) {
        const churn__source_def *source = &plan->config.sources[s];
        if (!churn__metric_stands_on(def, source)) {
            continue;
        }
        bool events = def->kind == CHURN__METRIC_EVENT;
        from = later(from, events ? event_from(def, source) : source->from);
    }
    return from;
}

/* A store that forgets knows no more of what happened before than if tracking had begun there.
 * Milestones and attributes it keeps. */
static churn_time forgotten_of(const churn__metric_plan *plan, const churn__metric_def *def)
{
    churn_record_kind kind = metric_record(def->kind);
    bool kept = kind == 0 || kind == CHURN_RECORD_MILESTONE || kind == CHURN_RECORD_ATTRIBUTE;
    return kept ? CHURN_TIME_NONE : churn__version_forgotten(plan->version);
}

churn__missing churn__metric_short(const churn__metric_bound *bound, churn_time since)
{
    /* Before a customer began there is nothing to know, tracked or not. */
    return bound->from > since ? CHURN__SHORT_HISTORY_FROM : CHURN__SHORT_HISTORY_SINCE;
}

churn__missing churn__metric_history(const churn__metric_bound *bound, churn_time since,
                                     churn_time start, churn_time *clip)
{
    churn_time lower = later(bound->from, since);
    *clip = CHURN_TIME_NONE;
    if (start >= lower) {
        return CHURN__PRESENT;
    }
    if (!bound->def->clip) {
        return churn__metric_short(bound, since);
    }
    *clip = lower;
    return CHURN__PRESENT;
}

/* ---- how late ---- */

static churn_time kind_mark(const churn__metric_plan *plan, churn_record_kind kind,
                            churn_time as_of)
{
    churn_str name = churn__str_nts(churn__record_kind_name(kind));
    return churn__version_mark(plan->version, name, as_of);
}

static churn_time source_mark(const churn__metric_plan *plan, const churn__source_def *source,
                              churn_time as_of)
{
    churn_time mark = churn__version_mark(plan->version, source->id, as_of);
    for (uint32_t i = 0; i < source->record_count; i++) {
        mark = later(mark, kind_mark(plan, source->records[i], as_of));
    }
    return source->event_count == 0 ? mark
                                    : later(mark, kind_mark(plan, CHURN_RECORD_EVENT, as_of));
}

/* The newest record that a source gave, or any that is new enough. */
static churn_time source_newest(const churn__metric_plan *plan, const churn__source_def *source,
                                const uint32_t *types, uint32_t type_count, churn_time as_of,
                                churn_time enough)
{
    churn_time newest = CHURN_TIME_NONE;
    if (type_count > 0) {
        newest = churn__version_newest(plan->version, CHURN_RECORD_EVENT, types, type_count, as_of,
                                       enough);
    }
    for (uint32_t i = 0; i < source->record_count && newest < enough; i++) {
        newest = later(newest, churn__version_newest(plan->version, source->records[i], NULL, 0,
                                                     as_of, enough));
    }
    return newest;
}

static void measure_date(churn__metric_plan *plan, uint32_t s, uint32_t date, const uint32_t *types,
                         uint32_t type_count)
{
    const churn__source_def *source = &plan->config.sources[s];
    churn_time as_of = plan->dates[date];
    size_t cell = (size_t)s * plan->date_count + date;
    plan->marked[cell] = churn__version_mark(plan->version, source->id, as_of) != CHURN_TIME_NONE;
    if (!source->has_max_lag) {
        return;
    }
    churn_time enough = churn__metric_back(as_of, source->max_lag);
    plan->measured_stale[cell] =
        source_mark(plan, source, as_of) < enough &&
        source_newest(plan, source, types, type_count, as_of, enough) < enough;
}

static churn_status measure_source(churn__metric_plan *plan, uint32_t s, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__source_def *source = &plan->config.sources[s];
    const churn__dict_view *names = churn__version_types(plan->version);
    uint32_t *types = churn__arena_array(&plan->arena, source->event_count, sizeof *types);
    uint32_t type_count = 0;
    if (types == NULL) {
        st = churn__fail_memory(err, plan->heap);
        goto done;
    }
    for (uint32_t i = 0; i < source->event_count; i++) {
        uint32_t code = churn__dict_view_find(names, source->events[i]);
        if (code != CHURN__NO_CODE) {
            types[type_count++] = code;
        }
    }
    for (uint32_t date = 0; date < plan->date_count; date++) {
        measure_date(plan, s, date, types, type_count);
    }
done:
    return st;
}

/* ---- what follows for metrics ---- */

static bool is_stale(const churn__metric_plan *plan, uint32_t s, uint32_t date)
{
    switch (plan->assumed[s]) {
    case CHURN__ASSUME_FRESH:
        return false;
    case CHURN__ASSUME_STALE:
        return true;
    default:
        return plan->measured_stale[(size_t)s * plan->date_count + date] != 0;
    }
}

/* Somebody said how far a source is complete: what it has not given did not happen. */
static bool is_vouched_for(const churn__metric_plan *plan, uint32_t s, uint32_t date)
{
    return plan->assumed[s] != CHURN__ASSUME_NOTHING ||
           plan->marked[(size_t)s * plan->date_count + date] != 0;
}

static churn__missing metric_block(const churn__metric_plan *plan, const churn__metric_def *def,
                                   bool provided, uint32_t date)
{
    bool stale = false;
    for (uint32_t s = 0; s < plan->config.source_count; s++) {
        if (churn__metric_stands_on(def, &plan->config.sources[s])) {
            provided = provided || is_vouched_for(plan, s, date);
            stale = stale || is_stale(plan, s, date);
        }
    }
    if (!provided) {
        return CHURN__NOT_PROVIDED;
    }
    return stale ? CHURN__STALE_SOURCE : CHURN__PRESENT;
}

static void block_metric(const churn__metric_plan *plan, const churn__metric_def *def,
                         churn__missing *block, bool *blocked)
{
    churn_record_kind kind = metric_record(def->kind);
    /* Attributes and ages say for themselves whether they were given. */
    bool always = kind == 0 || kind == CHURN_RECORD_ATTRIBUTE || kind == CHURN_RECORD_CUSTOMER;
    for (uint32_t date = 0; date < plan->date_count; date++) {
        bool provided = always || churn__version_provided(plan->version, kind, plan->dates[date]);
        block[date] = metric_block(plan, def, provided, date);
        *blocked = *blocked || block[date] != CHURN__PRESENT;
    }
}

static void name_stale(churn__metric_plan *plan)
{
    for (uint32_t date = 0; date < plan->date_count; date++) {
        churn_str *names = plan->stale_names + (size_t)date * plan->config.source_count;
        uint32_t count = 0;
        for (uint32_t s = 0; s < plan->config.source_count; s++) {
            if (is_stale(plan, s, date)) {
                names[count++] = plan->config.sources[s].id;
            }
        }
        plan->stale_counts[date] = count;
    }
}

void churn__metric_cover(churn__metric_plan *plan)
{
    churn__metric_def attribute = {.kind = CHURN__METRIC_ATTRIBUTE};
    churn__metric_def customer = {.kind = CHURN__METRIC_CUSTOMER};
    bool ignored = false;
    for (uint32_t m = 0; m < plan->config.metric_count; m++) {
        churn__metric_bound *bound = &plan->bounds[m];
        bound->blocked = false;
        block_metric(plan, bound->def, bound->block, &bound->blocked);
    }
    block_metric(plan, &attribute, plan->attribute_block, &ignored);
    block_metric(plan, &customer, plan->customer_block, &ignored);
    name_stale(plan);
}

static bool cover_room(churn__metric_plan *plan)
{
    uint32_t sources = plan->config.source_count, dates = plan->date_count;
    churn__arena *arena = &plan->arena;
    size_t cells = (size_t)sources * dates;
    plan->measured_stale = churn__arena_array(arena, cells, 1);
    plan->marked = churn__arena_array(arena, cells, 1);
    plan->assumed = churn__arena_array(arena, sources, 1);
    plan->stale_names = churn__arena_array(arena, cells, sizeof *plan->stale_names);
    plan->stale_counts = churn__arena_array(arena, dates, sizeof *plan->stale_counts);
    plan->attribute_block = churn__arena_array(arena, dates, sizeof *plan->attribute_block);
    plan->customer_block = churn__arena_array(arena, dates, sizeof *plan->customer_block);
    return plan->measured_stale != NULL && plan->marked != NULL && plan->assumed != NULL &&
           plan->stale_names != NULL && plan->stale_counts != NULL &&
           plan->attribute_block != NULL && plan->customer_block != NULL;
}

churn_status churn__metric_cover_create(churn__metric_plan *plan, churn_error *err)
{
    churn_status st = CHURN_OK;
    if (!cover_room(plan)) {
        st = churn__fail_memory(err, plan->heap);
        goto done;
    }
    for (uint32_t s = 0; s < plan->config.source_count; s++) {
        CHURN_TRY(measure_source(plan, s, err));
    }
    for (uint32_t m = 0; m < plan->config.metric_count; m++) {
        churn__metric_bound *bound = &plan->bounds[m];
        bound->from = later(metric_from(plan, bound->def), forgotten_of(plan, bound->def));
        plan->needs_since = plan->needs_since || bound->from != CHURN_TIME_NONE;
        bound->block = churn__arena_array(&plan->arena, plan->date_count, sizeof *bound->block);
        if (bound->block == NULL) {
            st = churn__fail_memory(err, plan->heap);
            goto done;
        }
    }
    churn__metric_cover(plan);
done:
    return st;
}

uint32_t churn__metric_stale_sources(const churn__metric_plan *plan, uint32_t date,
                                     const churn_str **names)
{
    *names = plan->stale_names + (size_t)date * plan->config.source_count;
    return plan->stale_counts[date];
}

void churn__metric_plan_set_stale(churn__metric_plan *plan, const uint8_t *stale)
{
    for (uint32_t s = 0; s < plan->config.source_count; s++) {
        plan->assumed[s] = stale[s] ? CHURN__ASSUME_STALE : CHURN__ASSUME_FRESH;
    }
    churn__metric_cover(plan);
    churn__metric_pasts_fresh(plan);
}
