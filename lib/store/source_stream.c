/* SPDX-License-Identifier: MIT */
#include "store/source_stream.h"

#include <math.h>

/* Cells of an Arrow stream, or of constant texts. Which column is which field: stream_map.c. */

/* "Where this field says `from`, read `to`": the first that says so. */
static churn_str mapped(const column *c, churn_str text)
{
    uint32_t low = 0, high = c->value_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        bool below = churn__str_cmp(c->values[middle].from, text) < 0;
        low = below ? middle + 1 : low;
        high = below ? high : middle;
    }
    bool found = low < c->value_count && churn__str_eq(c->values[low].from, text);
    return found ? c->values[low].to : text;
}

static void get_text(const stream_source *s, const column *c, uint64_t row, const uint32_t *known,
                     cell *out)
{
    if (c->is_dictionary) {
        out->entry = churn__arrow_dictionary_index(s->reader, c->field, row);
        if (known != NULL && known[out->entry] != CHURN__NO_CODE) {
            out->kind = CELL_CODE;
            out->integer = known[out->entry];
            return;
        }
    }
    churn_str text = churn__arrow_string(s->reader, c->field, row);
    out->kind = CELL_TEXT;
    out->text = text.ptr == NULL ? CHURN__STR("") : text;
    out->text = mapped(c, out->text);
}

static void get_time(const stream_source *s, const column *c, uint64_t row, cell_kind kind,
                     cell *out)
{
    out->kind = churn__arrow_time(s->reader, c->field, row, &out->integer) ? kind : CELL_RANGE;
}

static void get_number(const stream_source *s, const column *c, uint64_t row, cell *out)
{
    out->number = churn__arrow_double(s->reader, c->field, row);
    out->kind = isnan(out->number) && !c->nan_counts ? CELL_NONE : CELL_NUMBER;
}

/* What is measured may be rounded to the nearest double; what is counted or paid may not. */
static void get_decimal(const stream_source *s, const column *c, uint64_t row, cell *out)
{
    if (churn__arrow_decimal(s->reader, c->field, row, &out->integer, &out->scale)) {
        out->kind = CELL_DECIMAL;
    } else if (c->may_round) {
        get_number(s, c, row, out);
    } else {
        out->kind = CELL_RANGE;
    }
}

static void get_cell(const stream_source *s, const column *c, uint64_t row, const uint32_t *known,
                     cell *out)
{
    switch (c->kind) {
    case CHURN__ARROW_BOOL:
        out->kind = CELL_TRUTH;
        out->integer = churn__arrow_bool(s->reader, c->field, row);
        break;
    case CHURN__ARROW_INT:
        out->kind =
            churn__arrow_int(s->reader, c->field, row, &out->integer) ? CELL_INT : CELL_RANGE;
        break;
    case CHURN__ARROW_DOUBLE:
        get_number(s, c, row, out);
        break;
    case CHURN__ARROW_STRING:
        get_text(s, c, row, known, out);
        break;
    case CHURN__ARROW_TIME:
        get_time(s, c, row, CELL_TIME, out);
        break;
    case CHURN__ARROW_LOCAL:
        get_time(s, c, row, CELL_LOCAL, out);
        break;
    case CHURN__ARROW_DATE:
        get_time(s, c, row, CELL_DATE, out);
        break;
    case CHURN__ARROW_DECIMAL:
        get_decimal(s, c, row, out);
        break;
    default:
        break;
    }
}

static void get(const source *base, uint32_t number, uint64_t row, cell *out)
{
    const stream_source *s = (const void *)base;
    uint32_t fields = base->kind->field_count;
    const column *c = number < fields ? &s->columns[number] : &s->attributes[number - fields];
    out->kind = c->null_unsets ? CELL_UNSET : CELL_NONE;
    out->entry = NO_ENTRY;
    if (c->constant.ptr != NULL) {
        out->kind = CELL_TEXT;
        out->text = c->constant;
    } else if (c->field != NO_COLUMN && !churn__arrow_is_null(s->reader, c->field, row)) {
        get_cell(s, c, row, number < fields ? base->codes[number] : NULL, out);
    }
}

/* ---- many cells at once ---- */

static bool texts(const source *base, uint32_t number, uint64_t row, uint32_t n, churn_str *out)
{
    const stream_source *s = (const void *)base;
    const column *c = &s->columns[number];
    if (c->constant.ptr == NULL &&
        (c->kind != CHURN__ARROW_STRING || !churn__arrow_texts(s->reader, c->field, row, n, out))) {
        return false;
    }
    for (uint32_t i = 0; c->constant.ptr != NULL && i < n; i++) {
        out[i] = c->constant;
    }
    for (uint32_t i = 0; c->value_count > 0 && i < n; i++) {
        out[i] = out[i].ptr == NULL ? out[i] : mapped(c, out[i]);
    }
    return true;
}

static bool entries(const source *base, uint32_t number, uint64_t row, uint32_t n, uint32_t *out)
{
    const stream_source *s = (const void *)base;
    return churn__arrow_entries(s->reader, s->columns[number].field, row, n, out);
}

static bool times(const source *base, uint32_t number, uint64_t row, uint32_t n, churn_time *out)
{
    const stream_source *s = (const void *)base;
    const column *c = &s->columns[number];
    return c->constant.ptr == NULL && c->kind == CHURN__ARROW_TIME &&
           churn__arrow_times(s->reader, c->field, row, n, out);
}

static bool numbers(const source *base, uint32_t number, uint64_t row, uint32_t n, double *out)
{
    const stream_source *s = (const void *)base;
    const column *c = &s->columns[number];
    return c->constant.ptr == NULL && c->kind == CHURN__ARROW_DOUBLE &&
           churn__arrow_doubles(s->reader, c->field, row, n, out);
}

static const source_many many = {texts, entries, times, numbers};

/* Dictionaries are known once a batch is there; those of other fields than texts do not matter. */
static void note_dictionaries(stream_source *s)
{
    for (uint32_t i = 0; i < s->base.kind->field_count; i++) {
        column *c = &s->columns[i];
        uint64_t entries = 0;
        c->is_dictionary = c->field != NO_COLUMN && c->kind == CHURN__ARROW_STRING &&
                           churn__arrow_dictionary(s->reader, c->field, &entries);
        s->base.entries[i] = c->is_dictionary ? entries : 0;
    }
}

static churn_status next(source *base, bool *end, churn_error *err)
{
    stream_source *s = (void *)base;
    churn_status st = churn__arrow_next(s->reader, &base->rows, end, err);
    if (st == CHURN_OK && !*end) {
        note_dictionaries(s);
    }
    return st;
}

void churn__source_stream(stream_source *s, const kind_info *kind,
                          const churn_load_options *options, churn__heap *heap)
{
    *s = (stream_source){.heap = heap, .options = options};
    s->base.kind = kind;
    s->base.get = get;
    s->base.many = &many;
    s->base.next = next;
    for (uint32_t i = 0; i < FIELDS_MAX; i++) {
        s->columns[i].field = NO_COLUMN;
    }
}

void churn__source_stream_clear(stream_source *s)
{
    churn__free_array(s->heap, s->attributes, s->attribute_room, sizeof *s->attributes);
    churn__free_array(s->heap, s->names, s->attribute_room, sizeof *s->names);
    churn__free_array(s->heap, s->values, s->value_room, sizeof *s->values);
    churn__arrow_close(s->reader);
}

/* ---- the public function ---- */

static churn_status check_call(churn_store *store, uint32_t kind, struct ArrowArrayStream *stream,
                               churn_error *err)
{
    if (store == NULL || stream == NULL) {
        return churn__fail_null(err, "churn_store_add_stream", store == NULL ? "store" : "stream");
    }
    if (stream->release == NULL) {
        return churn__fail(err, CHURN_E_ARG, 0, "stream: it was released already");
    }
    return kind != KIND_NONE ? CHURN_OK
                             : churn__fail(err, CHURN_E_ARG, 0, "kind: there is no such record");
}

churn_status churn_store_add_stream(churn_store *store, churn_record_kind record,
                                    struct ArrowArrayStream *stream,
                                    const churn_load_options *options, churn_load_report *report,
                                    churn_error *err)
{
    churn_status st = CHURN_OK;
    uint32_t kind = churn__store_kind(record);
    churn_load_options copy;
    load_settings settings;
    churn__zone *zone = NULL;
    stream_source from;
    st = check_call(store, kind, stream, err);
    if (st != CHURN_OK) {
        return st;
    }
    churn__source_stream(&from, &churn__store_kinds[kind], &copy, store->heap);
    CHURN_TRY(churn__store_load_options(store, options, &copy, &settings, &zone, err));
    churn_str nested = record == CHURN_RECORD_EVENT ? CHURN__STR("props") : (churn_str){NULL, 0};
    CHURN_TRY(churn__arrow_open_record(store->heap, stream, nested, &from.reader, err));
    CHURN_TRY(churn__source_stream_map(&from, settings.money, err));
    CHURN_TRY(churn__store_load(store, kind, &from.base, &settings, report, err));
done:
    churn__source_stream_clear(&from);
    churn__zone_release(zone);
    return st;
}
