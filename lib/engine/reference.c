/* SPDX-License-Identifier: MIT */
#include <churn/time.h>

#include "base/buf.h"
#include "engine/engine_internal.h"

/*
 * The distribution of a metric among all customers or those of a segment, to be kept in a playbook:
 * scores that stand on it come back bit for bit, whatever becomes of the book.
 */

#define VALUES_MOST 1000u /* different ones, unless the caller says otherwise */
#define VALUES_LIMIT 100000u
#define LINE_BYTES 100u

typedef struct drawing {
    churn__heap *heap;
    uint32_t metric, segment;
    double *data;
    size_t count, capacity; /* of data */
    size_t different;
} drawing;

/* ---- what is asked for ---- */

static churn_status find_metric(const churn_playbook *playbook, churn_str name, uint32_t *out,
                                churn_error *err)
{
    uint32_t i = 0;
    while (i < playbook->declared_count && !churn__str_eq(playbook->metrics[i].id, name)) {
        i++;
    }
    *out = i;
    if (i == playbook->declared_count) {
        return churn__fail(err, CHURN_E_NOT_FOUND, 0, "the playbook has no metric %q", &name);
    }
    return playbook->metrics[i].type == CHURN__TYPE_DOUBLE
               ? CHURN_OK
               : churn__fail(err, CHURN_E_TYPE, 0, "metric %q: only numbers have a distribution",
                             &name);
}

static churn_status find_among(const churn_playbook *playbook, churn_str among, uint32_t *out,
                               churn_error *err)
{
    const churn_str prefix = CHURN__STR("segment.");
    *out = CHURN__NONE;
    if (among.len == 0 || churn__str_eq(among, CHURN__STR("book"))) {
        return CHURN_OK;
    }
    if (!churn__str_starts(among, prefix)) {
        return churn__fail(err, CHURN_E_ARG, 0,
                           "among: `book` or `segment.<id>` is expected, not %q", &among);
    }
    churn_str id = {among.ptr + prefix.len, among.len - prefix.len};
    for (uint32_t i = 0; i < playbook->segment_count; i++) {
        if (churn__str_eq(playbook->segments[i].id, id)) {
            *out = i;
            return CHURN_OK;
        }
    }
    return churn__fail(err, CHURN_E_NOT_FOUND, 0, "among: the playbook has no segment %q", &id);
}

/* ---- values ---- */

static churn_status take_batch(churn__frame *frame, void *context, churn_error *err)
{
    drawing *d = context;
    const churn__column *column = &frame->metric_out[d->metric];
    for (uint32_t row = 0; row < frame->rows; row++) {
        if (column->missing[row] != CHURN__PRESENT ||
            !churn__usual_member(frame, d->segment, row)) {
            continue;
        }
        if (!churn__grow(d->heap, (void **)&d->data, &d->capacity, d->count + 1, sizeof *d->data)) {
            return churn__fail_memory(err, d->heap);
        }
        d->data[d->count++] = ((const double *)column->values)[row];
    }
    return CHURN_OK;
}

static churn_status draw(churn__asking *asking, churn_time as_of, drawing *d, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_playbook *playbook = asking->engine->playbook;
    uint32_t slots[] = {churn__playbook_slot(playbook, CHURN__SLOT_METRIC, d->metric, 0), 0};
    churn__frame_options want = {.only_score = CHURN__NONE, .slots = slots, .slot_count = 1};
    if (d->segment != CHURN__NONE) {
        slots[want.slot_count++] =
            churn__playbook_slot(playbook, CHURN__SLOT_SEGMENT, d->segment, 0);
    }
    churn__walk walk = {.engine = asking->engine,
                        .version = asking->version,
                        .order = asking->order,
                        .count = asking->count,
                        .dates = &as_of,
                        .date_count = 1,
                        .want = &want,
                        .use = take_batch,
                        .context = d,
                        .cancel = asking->options.cancel,
                        .counter = asking->options.cancel};
    CHURN_TRY(churn__walk_all(&walk, err));
    if (d->count == 0) {
        CHURN_FAIL(CHURN_E_NOT_FOUND, 0, "metric %q: nobody has a value",
                   &playbook->metrics[d->metric].id);
    }
    if (!churn__distribution_sort(d->heap, d->data, d->count)) {
        CHURN_TRY(churn__fail_memory(err, d->heap));
    }
    for (size_t i = 0; i < d->count; i++) {
        d->different += i == 0 || d->data[i] != d->data[i - 1];
    }
done:
    return st;
}

/* Values with their counts, one after the other: all that differ; or, where these are too many, the
 * middle ones of `most` parts of the same size, so that no rank is off by more than half a part. */
typedef struct points {
    const drawing *of;
    size_t most, part, at; /* the next part, and where the next run begins */
    bool exact;
} points;

static bool next_exact(points *p, double *value, size_t *count)
{
    const drawing *d = p->of;
    size_t end = p->at;
    if (p->at == d->count) {
        return false;
    }
    while (end < d->count && d->data[end] == d->data[p->at]) {
        end++;
    }
    *value = d->data[p->at] + 0.0;
    *count = end - p->at;
    p->at = end;
    return true;
}

static size_t part_begin(const points *p, size_t part)
{
    size_t n = p->of->count;
    return n / p->most * part + n % p->most * part / p->most;
}

static double part_middle(const points *p, size_t part)
{
    size_t begin = part_begin(p, part), end = part_begin(p, part + 1);
    return p->of->data[begin + (end - begin - 1) / 2] + 0.0;
}

/* Neighbours with the same value are one. */
static bool next_part(points *p, double *value, size_t *count)
{
    if (p->part == p->most) {
        return false;
    }
    *value = part_middle(p, p->part);
    *count = 0;
    while (p->part < p->most && part_middle(p, p->part) == *value) {
        *count += part_begin(p, p->part + 1) - part_begin(p, p->part);
        p->part++;
    }
    return true;
}

static bool next_point(points *p, double *value, size_t *count)
{
    return p->exact ? next_exact(p, value, count) : next_part(p, value, count);
}

static points points_of(const drawing *d, uint32_t most)
{
    return (points){.of = d, .most = most, .exact = d->different <= most};
}

/* ---- table ---- */

static churn_status make_table(const churn__asking *asking, points from, churn_table **out,
                               churn_error *err)
{
    churn__table_builder *builder = churn__table_begin(churn__store_heap(asking->engine->store),
                                                       from.exact ? from.of->different : from.most);
    double value = 0;
    size_t count = 0;
    if (builder == NULL) {
        return churn__fail_memory(err, asking->engine->heap);
    }
    churn__table_column(builder, "value", CHURN_COLUMN_DOUBLE);
    churn__table_column(builder, "count", CHURN_COLUMN_INT);
    while (next_point(&from, &value, &count)) {
        churn__table_add_double(builder, 0, value);
        churn__table_add_int(builder, 1, (int64_t)count);
    }
    return churn__table_finish(builder, out, err);
}

/* ---- text ---- */

static void put_item(churn__buf *out, size_t *line, churn_str item, bool first)
{
    bool wrap = out->size + item.len > *line + LINE_BYTES;
    churn__buf_text(out, first ? "" : ",");
    if (wrap) {
        churn__buf_text(out, "\n      ");
        *line = out->size;
    } else if (!first) {
        churn__buf_char(out, ' ');
    }
    churn__buf_str(out, item);
}

/* Whole numbers as people write them. */
static void put_value(churn__buf *out, double value)
{
    bool small = value > -1e15 && value < 1e15;
    if (small && (double)(int64_t)value == value) {
        churn__buf_int(out, (int64_t)value);
    } else {
        churn__buf_double(out, value);
    }
}

static void put_list(churn__buf *out, churn__buf *item, points from, bool counts)
{
    double value = 0;
    size_t count = 0, line = out->size;
    churn__buf_text(out, counts ? "    counts: [" : "    values: [");
    for (bool first = true; next_point(&from, &value, &count); first = false) {
        churn__buf_reset(item);
        if (counts) {
            churn__buf_int(item, (int64_t)count);
        } else {
            put_value(item, value);
        }
        put_item(out, &line, churn__buf_view(item), first);
    }
    churn__buf_text(out, "]\n");
}

static void put_among(churn__buf *out, const churn_playbook *playbook, const drawing *d)
{
    if (d->segment == CHURN__NONE) {
        churn__buf_text(out, "all customers");
    } else {
        churn__buf_text(out, "segment ");
        churn__buf_str(out, playbook->segments[d->segment].id);
    }
}

static void put_comment(churn__buf *out, const churn_playbook *playbook, const points *from)
{
    const drawing *d = from->of;
    churn__buf_text(out, "  # Of ");
    put_among(out, playbook, d);
    churn__buf_text(out, ": ");
    churn__buf_int(out, (int64_t)d->count);
    churn__buf_text(out, d->count == 1 ? " value" : " values");
    if (from->exact) {
        churn__buf_text(out, ", exact.\n");
        return;
    }
    churn__buf_text(out, ", of which ");
    churn__buf_int(out, (int64_t)d->different);
    churn__buf_text(out, " differ.\n  # Quantiles: the middle ones of ");
    churn__buf_int(out, (int64_t)from->most);
    churn__buf_text(out, " parts of equal size.\n");
}

static void put_instant(churn__buf *out, churn_time at)
{
    char text[40] = "";
    (void)churn_time_format(at, text, sizeof text, NULL, NULL); /* as_of is in range */
    churn__buf_text(out, text);
}

/* `name`, or the metric's with the date. */
static void put_name(churn__buf *out, const churn_playbook *playbook, const drawing *d,
                     churn_time as_of, churn_str name)
{
    if (name.len > 0) {
        churn__buf_str(out, name);
        return;
    }
    char date[CHURN_TIME_CHARS] = ""; /* in the playbook's zone, as the author gave it */
    (void)churn_playbook_time_text(playbook, as_of, date, sizeof date, NULL, NULL);
    churn__buf_str(out, playbook->metrics[d->metric].id);
    churn__buf_char(out, '_');
    for (size_t i = 0; i < 10 && date[i] != '\0'; i++) {
        if (date[i] != '-') {
            churn__buf_char(out, date[i]);
        }
    }
}

static churn_status make_text(const churn__asking *asking, const points *from, churn_time as_of,
                              churn_str name, churn_buffer **out, churn_error *err)
{
    const churn_playbook *playbook = asking->engine->playbook;
    const drawing *d = from->of;
    churn__buf text, item;
    churn__buf_init(&text, d->heap);
    churn__buf_init(&item, d->heap);
    put_comment(&text, playbook, from);
    churn__buf_text(&text, "  ");
    put_name(&text, playbook, d, as_of, name);
    churn__buf_text(&text, ":\n    metric: ");
    churn__buf_str(&text, playbook->metrics[d->metric].id);
    churn__buf_text(&text, "\n    made_at: ");
    put_instant(&text, as_of);
    churn__buf_char(&text, '\n');
    put_list(&text, &item, *from, false);
    if (!from->exact || d->different < d->count) {
        put_list(&text, &item, *from, true);
    }
    bool failed = text.failed || item.failed;
    *out = failed
               ? NULL
               : churn__buffer_make(churn__store_heap(asking->engine->store), text.data, text.size);
    churn__buf_clear(&text);
    churn__buf_clear(&item);
    return *out != NULL ? CHURN_OK : churn__fail_memory(err, d->heap);
}

/* ---- the question ---- */

static churn_status check_options(const churn_reference_options *options, churn_error *err)
{
    if (options->max_values > VALUES_LIMIT || options->max_values == 1) {
        return churn__fail(err, CHURN_E_RANGE, 0, "max_values: 2 to 100000 is expected");
    }
    if (options->name.len > 0 && !churn__is_name(options->name)) {
        return churn__fail(
            err, CHURN_E_ARG, 0,
            "name: %q: a letter from a to z, then letters, digits and _ are expected",
            &options->name);
    }
    return CHURN_OK;
}

static churn_status answer(churn__asking *asking, churn_str metric, churn_time as_of,
                           const churn_reference_options *options, churn_table **table,
                           churn_buffer **text, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_playbook *playbook = asking->engine->playbook;
    drawing d = {.heap = asking->engine->heap};
    churn_buffer *made = NULL;
    CHURN_TRY(find_metric(playbook, metric, &d.metric, err));
    CHURN_TRY(find_among(playbook, options->among, &d.segment, err));
    CHURN_TRY(draw(asking, as_of, &d, err));
    points from = points_of(&d, options->max_values > 0 ? options->max_values : VALUES_MOST);
    if (text != NULL) {
        CHURN_TRY(make_text(asking, &from, as_of, options->name, &made, err));
    }
    if (table != NULL) {
        CHURN_TRY(make_table(asking, from, table, err));
    }
    if (text != NULL) {
        *text = made;
        made = NULL;
    }
done:
    churn_buffer_free(made);
    churn__free_array(d.heap, d.data, d.capacity, sizeof *d.data);
    return st;
}

churn_status churn_engine_reference(churn_engine *engine, const char *metric, size_t len,
                                    churn_time as_of, const churn_reference_options *options,
                                    churn_table **table, churn_buffer **text, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_reference_options own;
    churn_query_options query = {.struct_size = sizeof query};
    churn_str name = {NULL, 0};
    churn__asking asking = {.engine = NULL};
    if (table != NULL) {
        *table = NULL;
    }
    if (text != NULL) {
        *text = NULL;
    }
    CHURN_TRY(churn__copy_struct(&own, sizeof own, options, "churn_reference_options", err));
    CHURN_TRY(churn__take_str(metric, len, false, 1024, "metric", &name, err));
    CHURN_TRY(check_options(&own, err));
    query.cancel = own.cancel;
    CHURN_TRY(churn__asking_begin(engine, &query, 0, &as_of, 1, &asking, err));
    CHURN_TRY(answer(&asking, name, as_of, &own, table, text, err));
done:
    churn__asking_end(&asking);
    return st;
}
