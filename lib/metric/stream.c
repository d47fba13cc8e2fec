/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "base/sort.h"
#include "metric/event_inside.h"

/* Streams: the events of a set of types that pass a condition, for one customer at a time. */

/* A customer's zone moves the ends of calendar windows from those of the playbook's by less than
 * this: a year to date may be another year's. */
#define ZONE_SLACK (370 * CHURN__DAY)

/* ---- making ---- */

static int compare_types(const void *a, const void *b, const void *context)
{
    const churn__dict_view *names = context;
    return churn__str_cmp(churn__dict_view_get(names, *(const uint32_t *)a),
                          churn__dict_view_get(names, *(const uint32_t *)b));
}

/* Types by their names, so that ties between them need no names later on. */
static bool rank_types(churn__metric_plan *plan)
{
    uint32_t n = plan->type_count;
    struct churn__metric_general *g = plan->general;
    g->type_rank = churn__arena_array(&plan->arena, n, sizeof *g->type_rank);
    g->types = churn__arena_array(&plan->arena, n, sizeof *g->types);
    if (g->type_rank == NULL || g->types == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < n; i++) {
        g->types[i] = i;
    }
    if (!churn__sort(plan->heap, g->types, n, sizeof *g->types, compare_types,
                     churn__version_types(plan->version))) {
        return false;
    }
    for (uint32_t i = 0; i < n; i++) {
        g->type_rank[g->types[i]] = i;
    }
    return true;
}

/* A few types at most, or those of one customer: by insertion. */
static void sort_types(const uint32_t *rank, uint32_t *types, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        uint32_t moving = types[i], at = i;
        for (; at > 0 && rank[types[at - 1]] > rank[moving]; at--) {
            types[at] = types[at - 1];
        }
        types[at] = moving;
    }
}

static bool stream_types(churn__metric_plan *plan, const churn__metric_def *def,
                         churn__metric_stream *stream)
{
    const churn__dict_view *names = churn__version_types(plan->version);
    uint32_t *types = churn__arena_array(&plan->arena, def->event_count, sizeof *types);
    stream->types = types;
    for (uint32_t i = 0; types != NULL && i < def->event_count; i++) {
        uint32_t code = churn__dict_view_find(names, def->events[i]);
        bool twice = code == CHURN__NO_CODE;
        for (uint32_t k = 0; k < stream->type_count; k++) {
            twice = twice || types[k] == code;
        }
        if (!twice) {
            types[stream->type_count++] = code;
        }
    }
    if (types != NULL) {
        sort_types(plan->general->type_rank, types, stream->type_count);
    }
    return types != NULL;
}

static bool same_where(const churn__metric_def *a, const churn__metric_def *b)
{
    if (a->expr == NULL || b->expr == NULL) {
        return a->expr == b->expr;
    }
    return churn__str_eq(churn__expr_text(a->expr), churn__expr_text(b->expr));
}

/* Same events, same condition, same item. */
static bool stream_fits(const churn__metric_plan *plan, const churn__metric_stream *stream,
                        const churn__metric_def *def)
{
    const churn__metric_def *first = plan->bounds[stream->first].def;
    bool same = first->event_count == def->event_count && same_where(first, def) &&
                stream->is_prop == (def->of == CHURN__OF_PROP) &&
                (!stream->is_prop || first->prop == def->prop);
    for (uint32_t i = 0; same && i < def->event_count; i++) {
        same = churn__str_eq(first->events[i], def->events[i]);
    }
    return same;
}

static churn__metric_stream *stream_make(churn__metric_plan *plan, uint32_t metric)
{
    struct churn__metric_general *g = plan->general;
    const churn__metric_def *def = plan->bounds[metric].def;
    churn__metric_stream *stream = &g->streams[g->stream_count++];
    *stream = (churn__metric_stream){.first = metric,
                                     .low = CHURN_TIME_MAX,
                                     .item_type = CHURN__TYPE_DOUBLE,
                                     .prop = CHURN__NO_CODE,
                                     .is_prop = def->of == CHURN__OF_PROP};
    if (stream->is_prop) {
        stream->item_type = plan->config.props[def->prop].type;
        stream->prop = g->props[def->prop];
    }
    stream->metrics.items =
        churn__arena_array(&plan->arena, g->metrics.count, sizeof *stream->metrics.items);
    return stream->metrics.items != NULL && stream_types(plan, def, stream) ? stream : NULL;
}

static churn__metric_stream *stream_of(churn__metric_plan *plan, uint32_t metric)
{
    struct churn__metric_general *g = plan->general;
    for (uint32_t s = 0; s < g->stream_count; s++) {
        if (stream_fits(plan, &g->streams[s], plan->bounds[metric].def)) {
            return &g->streams[s];
        }
    }
    return stream_make(plan, metric);
}

/* The oldest instant that a metric looks at. */
static churn_time metric_low(const churn__metric_plan *plan, const churn__metric_def *def)
{
    churn_time low = CHURN_TIME_MAX;
    for (uint32_t date = 0; date < plan->date_count; date++) {
        churn_time end = churn__metric_view_end(def, plan->dates[date], plan->config.zone);
        churn_time start = churn__metric_view_start(def, end, plan->config.zone);
        low = start < low ? start : low;
    }
    return def->customer_zone ? churn__metric_back(low, ZONE_SLACK) : low;
}

static bool find_props(churn__metric_plan *plan)
{
    struct churn__metric_general *g = plan->general;
    g->props = churn__arena_array(&plan->arena, plan->config.prop_count, sizeof *g->props);
    for (uint32_t i = 0; g->props != NULL && i < plan->config.prop_count; i++) {
        g->props[i] = churn__metric_find_prop(plan->version, &plan->config.props[i]);
    }
    return g->props != NULL;
}

churn_status churn__metric_streams_create(churn__metric_plan *plan, churn_error *err)
{
    struct churn__metric_general *g = plan->general;
    g->streams = churn__arena_array(&plan->arena, g->metrics.count, sizeof *g->streams);
    if (g->streams == NULL || !rank_types(plan) || !find_props(plan)) {
        return churn__fail_memory(err, plan->heap);
    }
    for (uint32_t i = 0; i < g->metrics.count; i++) {
        uint32_t metric = g->metrics.items[i];
        churn__metric_stream *stream = stream_of(plan, metric);
        if (stream == NULL) {
            return churn__fail_memory(err, plan->heap);
        }
        churn_time low = metric_low(plan, plan->bounds[metric].def);
        stream->low = low < stream->low ? low : stream->low;
        stream->metrics.items[stream->metrics.count++] = metric;
    }
    return CHURN_OK;
}

static void rows_free(churn__metric_plan *plan, churn__metric_rows *rows)
{
    churn__free_array(plan->heap, rows->data, rows->capacity, sizeof *rows->data);
}

void churn__metric_streams_free(churn__metric_plan *plan)
{
    struct churn__metric_general *g = plan->general;
    for (uint32_t s = 0; s < g->stream_count; s++) {
        rows_free(plan, &g->streams[s].rows);
        rows_free(plan, &g->streams[s].unknown);
    }
    rows_free(plan, &g->seen);
    rows_free(plan, &g->unknown_seen);
    rows_free(plan, &g->parted);
}

/* ---- rows ---- */

churn__metric_row *churn__metric_rows_add(churn__metric_plan *plan, churn__metric_rows *rows)
{
    void *data = rows->data;
    if (rows->count == rows->capacity &&
        !churn__grow(plan->heap, &data, &rows->capacity, rows->count + 1, sizeof *rows->data)) {
        plan->failed = true;
        return NULL;
    }
    rows->data = data;
    return &rows->data[rows->count++];
}

uint32_t churn__metric_rows_before(const churn__metric_rows *rows, churn_time at)
{
    size_t low = 0, n = rows->count;
    while (n > 0) {
        size_t half = n / 2;
        bool before = rows->data[low + half].at < at;
        low = before ? low + half + 1 : low;
        n = before ? n - half - 1 : half;
    }
    return (uint32_t)low;
}

/* What a stream's metrics take of an event. */
typedef struct item_source {
    const double *value;
    churn__event_prop prop;
} item_source;

static bool item_get(const churn__metric_stream *stream, const item_source *from, size_t i,
                     churn__metric_item *out)
{
    if (!stream->is_prop) {
        out->number = from->value == NULL ? (double)NAN : from->value[i];
        return !isnan(out->number);
    }
    if (from->prop.values == NULL || from->prop.type != stream->item_type) {
        return false;
    }
    switch (stream->item_type) {
    case CHURN__TYPE_DOUBLE:
        out->number = ((const double *)from->prop.values)[i];
        return !isnan(out->number);
    case CHURN__TYPE_STRING:
        out->code = ((const uint32_t *)from->prop.values)[i];
        return out->code != CHURN__NO_CODE;
    case CHURN__TYPE_TIME:
        out->whole = ((const churn_time *)from->prop.values)[i];
        return out->whole != CHURN_TIME_NONE;
    default:
        out->whole = ((const int8_t *)from->prop.values)[i];
        return out->whole != CHURN_TRUTH_NONE;
    }
}

static void add_row(churn__metric_plan *plan, churn__metric_stream *stream,
                    const churn__events *events, const item_source *source, uint32_t type, size_t i,
                    churn__metric_rows *to)
{
    churn__metric_row *row = churn__metric_rows_add(plan, to);
    if (row == NULL) {
        return;
    }
    *row =
        (churn__metric_row){.at = events->at[i],
                            .known = events->known == NULL ? events->at[i] : events->known[i],
                            .until = events->until == NULL ? CHURN_TIME_MAX + 1 : events->until[i],
                            .user = events->user == NULL ? CHURN__NO_CODE : events->user[i],
                            .type = type,
                            .id = events->id == NULL ? CHURN__NO_CODE : events->id[i]};
    row->given = item_get(stream, source, i, &row->item);
}

/* A stretch of one type's events: the condition sorts them. */
static void fill_stretch(churn__metric_plan *plan, churn__metric_stream *stream,
                         churn__reader *reader, uint32_t customer, const churn__events *events,
                         const item_source *source, uint32_t type, size_t base, uint32_t n)
{
    const churn__metric_def *def = plan->bounds[stream->first].def;
    const churn__truth *truth = plan->general->truth;
    if (def->expr != NULL) {
        churn__metric_where(plan, def, reader, customer, type, events, base, n);
    }
    for (uint32_t i = 0; i < n && !plan->failed; i++) {
        churn__truth t = def->expr == NULL ? CHURN__TRUE : truth[i];
        if (t != CHURN__FALSE) {
            add_row(plan, stream, events, source, type, base + i,
                    t == CHURN__TRUE ? &stream->rows : &stream->unknown);
        }
    }
}

static void fill_type(churn__metric_plan *plan, churn__metric_stream *stream, churn__reader *reader,
                      uint32_t customer, uint32_t type)
{
    churn__events events = churn__reader_events(reader, customer, type);
    if (events.count >= UINT32_MAX) {
        plan->failed = true;
        return;
    }
    uint32_t all = (uint32_t)events.count;
    churn_time last = plan->dates[plan->date_count - 1];
    size_t at = churn__metric_first_from(events.at, all, stream->low);
    size_t end = churn__metric_first_from(events.at, all, last);
    item_source source = {.value = events.value};
    if (stream->is_prop && at < end) {
        source.prop = churn__metric_prop(reader, customer, type, stream->prop);
    }
    stream->versions = stream->versions || events.known != NULL || events.until != NULL;
    while (at < end && !plan->failed) {
        uint32_t n = end - at < CHURN__WHERE_ROWS ? (uint32_t)(end - at) : CHURN__WHERE_ROWS;
        fill_stretch(plan, stream, reader, customer, &events, &source, type, at, n);
        at += n;
    }
}

static int compare_rows(const void *a, const void *b, const void *context)
{
    const churn__metric_row *x = a, *y = b;
    (void)context;
    return (x->at > y->at) - (x->at < y->at);
}

/* Types came by name, each in the store's order: a stable sort by time leaves ties as they are. */
static void order_rows(churn__metric_plan *plan, churn__metric_rows *rows)
{
    bool sorted = true;
    for (size_t i = 1; i < rows->count && sorted; i++) {
        sorted = rows->data[i - 1].at <= rows->data[i].at;
    }
    if (!sorted &&
        !churn__sort(plan->heap, rows->data, rows->count, sizeof *rows->data, compare_rows, NULL)) {
        plan->failed = true;
    }
}

void churn__metric_stream_fill(churn__metric_plan *plan, churn__metric_stream *stream,
                               churn__reader *reader, uint32_t customer)
{
    const uint32_t *types = stream->types;
    uint32_t count = stream->type_count;
    stream->rows.count = stream->unknown.count = 0;
    stream->versions = false;
    if (plan->bounds[stream->first].def->event_count == 0) {
        count = churn__reader_event_types(reader, customer, &types);
        if (count > 0) {
            memcpy(plan->general->types, types, count * sizeof *types);
        }
        types = plan->general->types;
        sort_types(plan->general->type_rank, plan->general->types, count);
    }
    for (uint32_t i = 0; i < count && !plan->failed; i++) {
        fill_type(plan, stream, reader, customer, types[i]);
    }
    if (count > 1) {
        order_rows(plan, &stream->rows);
        order_rows(plan, &stream->unknown);
    }
}

const churn__metric_rows *churn__metric_rows_seen(churn__metric_plan *plan,
                                                  const churn__metric_stream *stream,
                                                  const churn__metric_rows *from, churn_time as_of,
                                                  churn__metric_rows *room)
{
    if (!stream->versions) {
        return from;
    }
    room->count = 0;
    for (size_t i = 0; i < from->count; i++) {
        const churn__metric_row *row = &from->data[i];
        if (row->known > as_of || row->until <= as_of) {
            continue;
        }
        churn__metric_row *to = churn__metric_rows_add(plan, room);
        if (to == NULL) {
            break;
        }
        *to = *row;
    }
    return room;
}
