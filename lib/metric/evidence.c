/* SPDX-License-Identifier: MIT */
#include "metric/evidence_inside.h"

#include <math.h>

#include "base/sort.h"
#include "metric/event_inside.h"

/*
 * Which records stand behind a metric's value: the same windows, conditions and filters as when it
 * is computed, but what passes is counted and, if asked for, listed. It is asked of one customer
 * after the value is known, so that only what is shown is looked for.
 */
#define DERIVED_DEEPEST 64 /* metrics of metrics of ...; deeper ones show nothing */

/* ---- taking notes ---- */

churn__evidence_row *churn__evidence_add(churn__evidence_search *s, churn_record_kind kind,
                                         churn_time at)
{
    churn__evidence *out = s->out;
    out->last = at > out->last ? at : out->last;
    if (!s->listed) {
        out->count++;
        return NULL;
    }
    void *rows = out->rows;
    if (!churn__grow(s->plan->heap, &rows, &out->capacity, (size_t)out->count + 1,
                     sizeof *out->rows)) {
        s->plan->failed = true;
        return NULL;
    }
    out->rows = rows;
    churn__evidence_row *row = &out->rows[out->count++];
    *row = (churn__evidence_row){.kind = kind, .at = at};
    return row;
}

/* n records of which nobody asks more than when the newest was. */
static void add_many(churn__evidence_search *s, uint64_t n, churn_time last)
{
    s->out->count += n;
    s->out->last = n > 0 && last > s->out->last ? last : s->out->last;
}

/* ---- events ---- */

/* Metrics that stand on the newest event of a window alone, or on the oldest. */
static bool takes_newest(const churn__metric_def *def)
{
    return def->what == CHURN__AGG_DAYS_SINCE || def->what == CHURN__AGG_LAST;
}

static bool takes_oldest(const churn__metric_def *def)
{
    return def->what == CHURN__AGG_DAYS_SINCE_FIRST || def->what == CHURN__AGG_FIRST;
}

/* Of the rows from `first` on, in order. */
static void keep_one(const churn__evidence_search *s, uint64_t first, churn_time last, bool newest)
{
    churn__evidence *out = s->out;
    if (out->count <= first) {
        return;
    }
    churn_time at = out->last;
    if (!newest) {
        at = out->rows[first].at;
    } else if (s->listed) {
        out->rows[first] = out->rows[out->count - 1];
    }
    out->count = first + 1;
    out->last = at > last ? at : last;
}

/* Where a window is clipped to what is known, or that nothing is. False: there is no value. */
static bool event_window(churn__evidence_search *s, const churn__zone *zone, churn_time *from)
{
    const churn__metric_bound *bound = s->bound;
    const churn__metric_def *def = bound->def;
    churn_time clip = CHURN_TIME_NONE, since = s->plan->since[s->date];
    s->out->end = churn__metric_view_end(def, s->as_of, zone);
    *from = churn__metric_view_start(def, s->out->end, zone);
    s->out->start = *from == CHURN_TIME_MIN ? CHURN_TIME_NONE : *from;
    if (bound->block[s->date] != CHURN__PRESENT) {
        return false;
    }
    bool whole = def->what == CHURN__AGG_TREND || *from == CHURN_TIME_MIN;
    if (!whole && churn__metric_history(bound, since, *from, &clip) != CHURN__PRESENT) {
        return false;
    }
    *from = clip > *from ? clip : *from;
    return true;
}

static churn_str text_of(const churn__evidence_search *s, uint32_t code)
{
    return code == CHURN__NO_CODE
               ? (churn_str){NULL, 0}
               : churn__dict_view_get(churn__version_texts(s->plan->version), code);
}

static void add_event(churn__evidence_search *s, const churn__events *events, size_t i,
                      uint32_t type)
{
    churn__evidence_row *row = churn__evidence_add(s, CHURN_RECORD_EVENT, events->at[i]);
    if (row == NULL) {
        return;
    }
    double value = events->value == NULL ? (double)NAN : events->value[i];
    row->what = churn__dict_view_get(churn__version_types(s->plan->version), type);
    row->user = text_of(s, events->user == NULL ? CHURN__NO_CODE : events->user[i]);
    row->id = churn__version_event_id(s->plan->version,
                                      events->id == NULL ? CHURN__NO_CODE : events->id[i]);
    if (!isnan(value)) {
        row->value = churn__metric_double(value);
    }
}

/* Is an event seen, and does it give what the metric takes? */
static bool event_counts(const churn__evidence_search *s, const churn__events *events, size_t i)
{
    const churn__metric_def *def = s->bound->def;
    churn_time known = events->known == NULL ? events->at[i] : events->known[i];
    if (known > s->as_of || (events->until != NULL && events->until[i] <= s->as_of)) {
        return false;
    }
    if (!churn__metric_takes_items(def) || def->of == CHURN__OF_TYPE) {
        return true;
    }
    return def->of == CHURN__OF_USER ? events->user != NULL && events->user[i] != CHURN__NO_CODE
                                     : events->value != NULL && !isnan(events->value[i]);
}

/* Events of which all is seen, where nobody wants to see which they are. */
static void count_events(churn__evidence_search *s, const churn__events *events, uint32_t begin,
                         uint32_t end)
{
    const churn__metric_def *def = s->bound->def;
    uint64_t n = 0;
    churn_time last = CHURN_TIME_NONE;
    if (!churn__metric_takes_items(def) || def->of == CHURN__OF_TYPE) {
        add_many(s, end - begin, events->at[end - 1]);
        return;
    }
    for (uint32_t i = begin; def->of != CHURN__OF_USER && events->value != NULL && i < end; i++) {
        bool given = !isnan(events->value[i]);
        n += given;
        last = given ? events->at[i] : last;
    }
    for (uint32_t i = begin; def->of == CHURN__OF_USER && events->user != NULL && i < end; i++) {
        bool given = events->user[i] != CHURN__NO_CODE;
        n += given;
        last = given ? events->at[i] : last;
    }
    add_many(s, n, last);
}

static void events_of_type(churn__evidence_search *s, uint32_t type, churn_time from)
{
    churn__events events = churn__reader_events(s->reader, s->customer, type);
    uint32_t all = events.count < UINT32_MAX ? (uint32_t)events.count : UINT32_MAX;
    uint32_t begin = churn__metric_first_from(events.at, all, from);
    uint32_t end = churn__metric_first_from(events.at, all, s->out->end);
    if (begin < end && events.known == NULL && events.until == NULL && !s->listed) {
        count_events(s, &events, begin, end);
        return;
    }
    for (uint32_t i = begin; i < end && !s->plan->failed; i++) {
        if (event_counts(s, &events, i)) {
            add_event(s, &events, i, type);
        }
    }
}

/* What gather.c and aggregate.c compute. */
static void plain_events(churn__evidence_search *s)
{
    const churn__metric_set *set = &s->plan->sets[s->bound->set];
    const uint32_t *types = set->types;
    uint32_t count = set->type_count;
    churn_time from = CHURN_TIME_MIN;
    if (!event_window(s, s->plan->config.zone, &from)) {
        return;
    }
    if (set->any) {
        count = churn__reader_event_types(s->reader, s->customer, &types);
    }
    for (uint32_t i = 0; i < count; i++) {
        events_of_type(s, types[i], from);
    }
}

/* ---- events the general way ---- */

static churn__metric_stream *stream_of(const churn__metric_plan *plan, uint32_t metric)
{
    struct churn__metric_general *g = plan->general;
    for (uint32_t k = 0; k < g->stream_count; k++) {
        for (uint32_t i = 0; i < g->streams[k].metrics.count; i++) {
            if (g->streams[k].metrics.items[i] == metric) {
                return &g->streams[k];
            }
        }
    }
    return NULL;
}

static void add_row(churn__evidence_search *s, const churn__metric_view *view,
                    const churn__metric_row *event)
{
    churn__evidence_row *row = churn__evidence_add(s, CHURN_RECORD_EVENT, event->at);
    if (row == NULL) {
        return;
    }
    row->what = churn__dict_view_get(churn__version_types(s->plan->version), event->type);
    row->user = text_of(s, event->user);
    row->id = churn__version_event_id(s->plan->version, event->id);
    if (event->given && view->bound->def->of != CHURN__OF_USER &&
        view->bound->def->of != CHURN__OF_TYPE) {
        row->value = churn__metric_row_value(view, event);
    }
}

static void general_events(churn__evidence_search *s, uint32_t metric)
{
    churn__metric_plan *plan = s->plan;
    const churn__metric_def *def = s->bound->def;
    churn__metric_stream *stream = stream_of(plan, metric);
    const churn__zone *zone = plan->config.zone;
    churn_time from = CHURN_TIME_MIN;
    bool unknown = false, takes = churn__metric_takes_items(def);
    if (def->customer_zone) {
        zone = churn__metric_customer_zone(plan, s->reader, s->customer, s->as_of, &unknown);
    }
    if (stream == NULL || !event_window(s, zone, &from)) {
        return;
    }
    churn__metric_view view = {.plan = plan, .bound = s->bound, .stream = stream};
    churn__metric_stream_fill(plan, stream, s->reader, s->customer);
    const churn__metric_rows *rows =
        churn__metric_rows_seen(plan, stream, &stream->rows, s->as_of, &plan->general->seen);
    uint32_t end = churn__metric_rows_before(rows, s->out->end);
    for (uint32_t i = churn__metric_rows_before(rows, from); i < end && !plan->failed; i++) {
        if (!takes || churn__metric_row_given(&view, &rows->data[i])) {
            add_row(s, &view, &rows->data[i]);
        }
    }
}

static int compare_rows(const void *a, const void *b, const void *context)
{
    const churn__evidence_row *x = a, *y = b;
    (void)context;
    return (x->at > y->at) - (x->at < y->at);
}

/* Rows from `first` on, oldest first; those of one instant as they came. */
static void order_rows(churn__evidence_search *s, uint64_t first)
{
    const churn__evidence *out = s->out;
    bool sorted = true;
    for (uint64_t i = first + 1; s->listed && i < out->count && sorted; i++) {
        sorted = out->rows[i - 1].at <= out->rows[i].at;
    }
    if (!sorted && !churn__sort(s->plan->heap, out->rows + first, (size_t)(out->count - first),
                                sizeof *out->rows, compare_rows, NULL)) {
        s->plan->failed = true;
    }
}

static void search_events(churn__evidence_search *s, uint32_t metric)
{
    const churn__metric_def *def = s->bound->def;
    bool one = takes_newest(def) || takes_oldest(def), listed = s->listed;
    uint64_t first = s->out->count;
    churn_time last = s->out->last;
    s->listed = listed || takes_oldest(def); /* which is the oldest must be known */
    if (churn__metric_is_general(s->plan, def)) {
        general_events(s, metric);
    } else {
        plain_events(s);
    }
    order_rows(s, first);
    if (one && !s->plan->failed) {
        keep_one(s, first, last, takes_newest(def));
    }
    s->listed = listed;
}

/* ---- metrics that are made of others ---- */

/* The attributes that one names beside metrics, as values that hold. */
static void search_names(churn__evidence_search *s, const churn__metric_bound *bound)
{
    const churn__metric_def *def = bound->def;
    uint32_t count = 0, names = s->plan->config.attribute_count;
    if (def->kind == CHURN__METRIC_EXPR) {
        const uint32_t *slots = churn__expr_slots(def->expr, &count);
        for (uint32_t i = 0; i < count; i++) {
            if (slots[i] < names) {
                churn__evidence_attribute(s, s->plan->config.attributes[slots[i]].name);
                s->leaves++;
            }
        }
        return;
    }
    uint32_t operands = churn__metric_input_count(def);
    for (uint32_t i = 0; i < operands; i++) {
        const churn__operand *o = i == 0 ? &def->a : &def->b;
        if (o->is_attribute) {
            churn__evidence_attribute(s, o->attribute);
            s->leaves++;
        }
    }
}

static void search_metric(churn__evidence_search *s, uint32_t metric, int depth);

static void search_parts(churn__evidence_search *s, uint32_t metric, int depth)
{
    const churn__metric_bound *bound = &s->plan->bounds[metric];
    churn__evidence all = *s->out;
    uint32_t count = churn__metric_input_count(bound->def);
    for (uint32_t i = 0; i < count && depth < DERIVED_DEEPEST; i++) {
        uint32_t input = churn__metric_input(bound->def, s->plan->config.attribute_count, i);
        if (input == CHURN__METRIC_NONE || s->seen[input]) {
            continue; /* each once: parts of parts may be the same over and over */
        }
        s->seen[input] = 1;
        uint64_t leaves = s->leaves;
        search_metric(s, input, depth + 1);
        if (s->leaves == leaves) {
            continue; /* all that it is made of was seen */
        }
        /* Of several windows the one that spans them all. */
        bool first = all.end == CHURN_TIME_NONE;
        bool open = s->out->start == CHURN_TIME_NONE || (!first && all.start == CHURN_TIME_NONE);
        all.start = open ? CHURN_TIME_NONE
                         : (first || s->out->start < all.start ? s->out->start : all.start);
        all.end = s->out->end > all.end ? s->out->end : all.end;
    }
    s->out->start = all.start;
    s->out->end = all.end;
    s->bound = bound;
    search_names(s, bound);
}

static void search_metric(churn__evidence_search *s, uint32_t metric, int depth)
{
    s->bound = &s->plan->bounds[metric];
    s->out->start = CHURN_TIME_NONE;
    s->out->end = CHURN_TIME_NONE;
    s->leaves += !churn__metric_is_derived(s->bound->def);
    if (churn__metric_is_derived(s->bound->def)) {
        search_parts(s, metric, depth);
    } else if (s->bound->def->kind == CHURN__METRIC_EVENT) {
        search_events(s, metric);
    } else {
        churn__evidence_records(s, metric);
    }
}

/* ---- all ---- */

churn_status churn__metric_evidence(churn__metric_plan *plan, churn__reader *reader,
                                    uint32_t customer, uint32_t metric, uint32_t date, bool listed,
                                    churn__evidence *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__evidence_search s = {.plan = plan,
                                .reader = reader,
                                .customer = customer,
                                .date = date,
                                .as_of = plan->dates[date],
                                .listed = listed,
                                .out = out};
    out->count = 0;
    out->last = CHURN_TIME_NONE;
    if (plan->needs_since) {
        churn__reader_since_dates(reader, customer, plan->dates, plan->date_count, plan->since);
    }
    bool parts = churn__metric_is_derived(plan->bounds[metric].def);
    if (parts) {
        s.seen = churn__alloc_zero(plan->heap, plan->config.metric_count);
        plan->failed = s.seen == NULL;
    }
    if (!plan->failed) {
        search_metric(&s, metric, 0);
        order_rows(&s, 0);
    }
    churn__free(plan->heap, s.seen, plan->config.metric_count);
    if (plan->failed || churn__reader_failed(reader)) {
        st = churn__metric_trouble(plan, customer, err);
    }
    plan->failed = false;
    return st;
}

void churn__evidence_free(churn__heap *heap, churn__evidence *evidence)
{
    churn__free_array(heap, evidence->rows, evidence->capacity, sizeof *evidence->rows);
    *evidence = (churn__evidence){.start = 0};
}
