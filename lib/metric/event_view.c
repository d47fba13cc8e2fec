/* SPDX-License-Identifier: MIT */
#include "metric/event_inside.h"

/* From a stream's rows to the cells of its metrics: windows, history, and what is written. */

/* ---- which metrics ---- */

/* gather.c and aggregate.c do the plain ones; quality needs to see every event. */
bool churn__metric_is_general(const churn__metric_plan *plan, const churn__metric_def *def)
{
    bool plain = def->what <= CHURN__AGG_TREND && def->expr == NULL &&
                 def->take == CHURN__TAKE_ALL && def->align == CHURN__UNIT_MICRO &&
                 def->every_unit == CHURN__UNIT_MICRO && def->of != CHURN__OF_PROP;
    bool special = def->customer_zone || def->scaled || def->has_scale || def->approx ||
                   def->calendar || def->robust || (def->what == CHURN__AGG_TREND && def->of_given);
    return !plain || special || (plan->config.measure && churn__metric_takes_items(def));
}

/* ---- life ---- */

static bool general_room(churn__metric_plan *plan)
{
    struct churn__metric_general *g = plan->general;
    g->metrics = plan->general_list;
    churn__metric_keys_reset(&g->zones.codes); /* once: zones are kept for all customers */
    uint32_t buckets = 0;
    bool approx = false;
    for (uint32_t i = 0; i < g->metrics.count; i++) {
        const churn__metric_def *def = plan->bounds[g->metrics.items[i]].def;
        buckets = churn__metric_has_buckets(def) && def->buckets > buckets ? def->buckets : buckets;
        approx = approx || def->approx;
    }
    g->bounds = churn__arena_array(&plan->arena, (size_t)buckets + 1, sizeof *g->bounds);
    g->registers = churn__arena_array(&plan->arena, approx ? CHURN__HLL_SIZE : 1, 1);
    return g->bounds != NULL && g->registers != NULL;
}

churn_status churn__metric_general_create(churn__metric_plan *plan, churn_error *err)
{
    churn_status st = CHURN_OK;
    if (plan->general_list.count == 0) {
        return CHURN_OK;
    }
    plan->general = churn__arena_alloc(&plan->arena, sizeof *plan->general);
    plan->needs_since = true;
    if (plan->general == NULL || !general_room(plan)) {
        st = churn__fail_memory(err, plan->heap);
        goto done;
    }
    CHURN_TRY(churn__metric_streams_create(plan, err));
    CHURN_TRY(churn__metric_where_create(plan, err));
done:
    return st;
}

void churn__metric_general_free(churn__metric_plan *plan)
{
    struct churn__metric_general *g = plan->general;
    if (g == NULL || g->streams == NULL) {
        return;
    }
    churn__metric_streams_free(plan);
    churn__metric_where_free(plan);
    churn__metric_customer_zones_free(plan);
    churn__metric_keys_free(plan->heap, &g->keys);
    churn__free_array(plan->heap, g->numbers, g->number_capacity, sizeof *g->numbers);
    churn__free_array(plan->heap, g->places, g->place_capacity, sizeof *g->places);
}

/* ---- what events give ---- */

bool churn__metric_row_given(const churn__metric_view *view, const churn__metric_row *row)
{
    switch (view->bound->def->of) {
    case CHURN__OF_USER:
        return row->user != CHURN__NO_CODE;
    case CHURN__OF_TYPE:
        return true;
    default:
        return row->given;
    }
}

static churn__value row_text(const churn__dict_view *names, uint32_t code)
{
    return (churn__value){
        CHURN__TYPE_STRING, CHURN__PRESENT, {.s = churn__dict_view_get(names, code)}};
}

/* What is taken of an event that gives it. */
churn__value churn__metric_row_value(const churn__metric_view *view, const churn__metric_row *row)
{
    const churn__version *version = view->plan->version;
    if (view->bound->def->of == CHURN__OF_USER) {
        return row_text(churn__version_texts(version), row->user);
    }
    if (view->bound->def->of == CHURN__OF_TYPE) {
        return row_text(churn__version_types(version), row->type);
    }
    switch (view->stream->item_type) {
    case CHURN__TYPE_STRING:
        return row_text(churn__version_texts(version), row->item.code);
    case CHURN__TYPE_TIME:
        return (churn__value){CHURN__TYPE_TIME, CHURN__PRESENT, {.t = row->item.whole}};
    case CHURN__TYPE_BOOL:
        return (churn__value){CHURN__TYPE_BOOL, CHURN__PRESENT, {.b = row->item.whole != 0}};
    default:
        return churn__metric_double(row->item.number + 0.0);
    }
}

/* Does it leave out events that do not give what it takes? */
bool churn__metric_takes_items(const churn__metric_def *def)
{
    switch (def->what) {
    case CHURN__AGG_DISTINCT:
    case CHURN__AGG_SUM:
    case CHURN__AGG_MEAN:
    case CHURN__AGG_MIN:
    case CHURN__AGG_MAX:
    case CHURN__AGG_MEDIAN:
    case CHURN__AGG_QUANTILE:
    case CHURN__AGG_STDDEV:
    case CHURN__AGG_FIRST:
    case CHURN__AGG_LAST:
        return true;
    case CHURN__AGG_TREND:
        return def->of_given;
    default:
        return false;
    }
}

/* ---- one value ---- */

churn__value churn__metric_view_value(const churn__metric_view *view)
{
    switch (view->bound->def->what) {
    case CHURN__AGG_COUNT:
        return churn__metric_double(view->count);
    case CHURN__AGG_DISTINCT:
        return churn__metric_distinct_value(view);
    case CHURN__AGG_SUM:
    case CHURN__AGG_MEAN:
    case CHURN__AGG_MIN:
    case CHURN__AGG_MAX:
    case CHURN__AGG_MEDIAN:
    case CHURN__AGG_QUANTILE:
    case CHURN__AGG_STDDEV:
    case CHURN__AGG_FIRST:
    case CHURN__AGG_LAST:
        return churn__metric_order_value(view);
    default:
        return churn__metric_time_value(view);
    }
}

/* history: scale. What was counted in the part that is known, for the whole window. */
static churn__value view_scaled(const churn__metric_view *view, churn__value value)
{
    bool counts =
        view->bound->def->what == CHURN__AGG_COUNT || view->bound->def->what == CHURN__AGG_SUM;
    if (!view->bound->def->scaled || view->clip == CHURN_TIME_NONE || !counts ||
        value.missing != CHURN__PRESENT) {
        return value;
    }
    double whole = (double)(view->end - view->start), seen = (double)(view->end - view->clip);
    return churn__metric_double(value.as.d * whole / seen);
}

/* Windows that begin before anything is known. */
static churn__missing view_history(churn__metric_view *view)
{
    const churn__metric_def *def = view->bound->def;
    view->clip = CHURN_TIME_NONE;
    if (view->bound->block[view->date] != CHURN__PRESENT) {
        return view->bound->block[view->date];
    }
    if (def->what == CHURN__AGG_TREND || view->start == CHURN_TIME_MIN) {
        return CHURN__PRESENT;
    }
    churn__missing reason =
        churn__metric_history(view->bound, view->since, view->start, &view->clip);
    if (reason == CHURN__PRESENT && def->scaled && view->clip >= view->end) {
        return churn__metric_short(view->bound, view->since); /* nothing to scale from */
    }
    return reason;
}

/* The rows of a window among those that are seen. */
static uint32_t view_rows(const churn__metric_view *view, const churn__metric_rows *rows,
                          const churn__metric_row **out)
{
    churn_time start = view->clip != CHURN_TIME_NONE ? view->clip : view->start;
    uint32_t end = churn__metric_rows_before(rows, view->end);
    uint32_t begin = start == CHURN_TIME_MIN ? 0 : churn__metric_rows_before(rows, start);
    *out = rows->data + (begin < end ? begin : 0);
    return begin < end ? end - begin : 0;
}

static void view_times(churn__metric_view *view)
{
    view->end = churn__metric_view_end(view->bound->def, view->as_of, view->zone);
    view->start = churn__metric_view_start(view->bound->def, view->end, view->zone);
    view->lower = view->since > view->bound->from ? view->since : view->bound->from;
}

/* ---- quality ---- */

static void view_measure(const churn__metric_view *view, const churn__metric_rows *unknown,
                         bool zone_unknown)
{
    churn__metric_plan *plan = view->plan;
    const churn__metric_row *rows = NULL;
    churn__metric_quality *quality = &plan->quality[view->metric];
    quality->excluded += view_rows(view, unknown, &rows);
    quality->zones += zone_unknown;
    for (uint32_t i = 0; churn__metric_takes_items(view->bound->def) && i < view->count; i++) {
        quality->skipped += !churn__metric_row_given(view, &view->rows[i]);
    }
}

/* ---- cells ---- */

static churn__value view_eval(churn__metric_view *view, const churn__metric_rows *rows,
                              const churn__metric_rows *unknown, bool zone_unknown)
{
    churn__missing reason = view_history(view);
    if (reason != CHURN__PRESENT) {
        return churn__metric_absent(reason);
    }
    view->count = view_rows(view, rows, &view->rows);
    if (view->plan->quality != NULL && view->plan->general->exists) {
        view_measure(view, unknown, zone_unknown);
    }
    churn__value value = view->bound->def->take == CHURN__TAKE_ALL ? churn__metric_view_value(view)
                                                                   : churn__metric_per_user(view);
    return view_scaled(view, value);
}

static void eval_date(churn__metric_plan *plan, churn__metric_stream *stream, churn__reader *reader,
                      uint32_t customer, uint32_t date, size_t row, churn__column *out)
{
    struct churn__metric_general *g = plan->general;
    churn_time as_of = plan->dates[date];
    const churn__metric_rows *rows =
        churn__metric_rows_seen(plan, stream, &stream->rows, as_of, &g->seen);
    const churn__metric_rows *unknown =
        churn__metric_rows_seen(plan, stream, &stream->unknown, as_of, &g->unknown_seen);
    g->exists = plan->quality != NULL && churn__reader_exists(reader, customer, as_of);
    for (uint32_t i = 0; i < stream->metrics.count && !plan->failed; i++) {
        uint32_t metric = stream->metrics.items[i];
        bool lost = false;
        churn__metric_view view = {.plan = plan,
                                   .bound = &plan->bounds[metric],
                                   .stream = stream,
                                   .date = date,
                                   .as_of = as_of,
                                   .since = plan->since[date],
                                   .zone = plan->config.zone,
                                   .metric = metric};
        if (view.bound->def->customer_zone) {
            view.zone = churn__metric_customer_zone(plan, reader, customer, as_of, &lost);
        }
        view_times(&view);
        churn__metric_put_value(plan, metric, row, view_eval(&view, rows, unknown, lost), out);
    }
}

void churn__metric_general_eval(churn__metric_plan *plan, churn__reader *reader, uint32_t customer,
                                size_t first, churn__column *out)
{
    struct churn__metric_general *g = plan->general;
    for (uint32_t s = 0; s < g->stream_count && !plan->failed; s++) {
        churn__metric_stream_fill(plan, &g->streams[s], reader, customer);
        for (uint32_t date = 0; date < plan->date_count && !plan->failed; date++) {
            eval_date(plan, &g->streams[s], reader, customer, date, first + date, out);
        }
    }
}

churn_status churn__metric_trouble(churn__metric_plan *plan, uint32_t customer, churn_error *err)
{
    const churn__metric_bound *bound = plan->overflow;
    if (bound == NULL) {
        return churn__fail_memory(err, plan->heap);
    }
    churn_str id = churn__version_customer_id(plan->version, customer);
    plan->overflow = NULL;
    return churn__fail(err, CHURN_E_RANGE, 0,
                       "metric %q: the sum of customer %q does not fit 64 bits", &bound->def->id,
                       &id);
}
