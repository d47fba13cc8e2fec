/* SPDX-License-Identifier: MIT */
#include <churn/what_if.h>

#include <math.h>

#include "engine/engine_internal.h"

/*
 * What a customer would be if some values were other ones: two frames of one row are filled side by
 * side, the second with what is given, and compared.
 */
#define OUTSIDE ((churn__truth)(CHURN__ERROR + 1)) /* not in a trigger's population */

typedef struct what_if {
    churn__asking asking;
    churn__heap *heap;
    churn__arena arena;
    churn__metric_given *values;
    uint32_t *scores;
    double *score_values;
    churn__given given;
    churn__frame *before, *after;
    churn__table_builder *table;
} what_if;

enum column {
    SORT,
    ID,
    BEFORE,
    AFTER,
    CHANGE,
    BAND_BEFORE,
    BAND_AFTER,
    COVERAGE_BEFORE,
    COVERAGE_AFTER,
    TEXT_BEFORE,
    TEXT_AFTER,
    HOLDS_BEFORE,
    HOLDS_AFTER,
    COLUMNS
};

static const churn__table_head columns[COLUMNS] = {
    {"sort", CHURN_COLUMN_STRING},           {"id", CHURN_COLUMN_STRING},
    {"value_before", CHURN_COLUMN_DOUBLE},   {"value_after", CHURN_COLUMN_DOUBLE},
    {"change", CHURN_COLUMN_DOUBLE},         {"band_before", CHURN_COLUMN_STRING},
    {"band_after", CHURN_COLUMN_STRING},     {"coverage_before", CHURN_COLUMN_DOUBLE},
    {"coverage_after", CHURN_COLUMN_DOUBLE}, {"word_before", CHURN_COLUMN_STRING},
    {"word_after", CHURN_COLUMN_STRING},     {"holds_before", CHURN_COLUMN_BOOL},
    {"holds_after", CHURN_COLUMN_BOOL},
};

/* ---- what is given ---- */

/* What stands behind a word and a dot; {NULL, 0}: it begins otherwise. */
static churn_str behind(churn_str name, churn_str word)
{
    bool begins = name.len > word.len && churn__str_eq((churn_str){name.ptr, word.len}, word);
    return begins ? (churn_str){name.ptr + word.len, name.len - word.len} : (churn_str){NULL, 0};
}

static uint32_t find_metric(const churn_playbook *pb, churn_str name)
{
    churn_str bare = behind(name, CHURN__STR("metric."));
    for (uint32_t m = 0; m < pb->declared_count; m++) {
        if (churn__str_eq(pb->metrics[m].id, bare.ptr != NULL ? bare : name)) {
            return m;
        }
    }
    return CHURN__NONE;
}

static const churn__attribute_def *find_attribute(const churn_playbook *pb, churn_str name)
{
    static const churn__attribute_def age = {.name = {"age_days", 8}, .type = CHURN__TYPE_DOUBLE};
    churn_str bare = behind(name, CHURN__STR("customer."));
    if (churn__str_eq(bare, age.name)) {
        return &age;
    }
    for (uint32_t i = 0; bare.ptr != NULL && i < pb->attribute_count; i++) {
        if (churn__str_eq(pb->attributes[i].name, bare)) {
            return &pb->attributes[i];
        }
    }
    return NULL;
}

static uint32_t find_score(const churn_playbook *pb, churn_str name)
{
    for (uint32_t i = 0; i < pb->score_count; i++) {
        if (churn__str_eq(pb->scores[i].id, name)) {
            return i;
        }
    }
    return CHURN__NONE;
}

static churn_status unknown_name(what_if *w, churn_str name, uint64_t row, churn_error *err)
{
    const churn_playbook *pb = w->asking.engine->playbook;
    size_t count = 0, all = (size_t)pb->declared_count + pb->score_count + pb->attribute_count;
    churn_str *names = churn__arena_array(&w->arena, all, sizeof *names);
    if (names == NULL) {
        return churn__fail_memory(err, w->heap);
    }
    for (uint32_t m = 0; m < pb->declared_count; m++) {
        names[count++] = pb->metrics[m].id;
    }
    for (uint32_t i = 0; i < pb->score_count; i++) {
        names[count++] = pb->scores[i].id;
    }
    churn_str near = churn__nearest(name, names, (uint32_t)count);
    if (near.ptr == NULL) {
        return churn__fail_at(err, CHURN_E_NOT_FOUND, 0, 0, 0, row,
                              "change: there is no metric, attribute or score %q", &name);
    }
    return churn__fail_at(err, CHURN_E_NOT_FOUND, 0, 0, 0, row,
                          "change: there is no metric, attribute or score %q; did you mean %q?",
                          &name, &near);
}

static churn_status wrong_type(const churn_change *change, churn__type type, uint64_t row,
                               churn_error *err)
{
    return churn__fail_at(err, CHURN_E_TYPE, 0, 0, 0, row, "change: %q is a %s", &change->name,
                          churn__type_name(type));
}

static churn_status take_text(const what_if *w, churn_str text, uint64_t row, churn__value *out,
                              churn_error *err)
{
    size_t most = w->asking.engine->playbook->limits.string_bytes;
    churn_status st =
        churn__take_str(text.ptr, text.len, false, most, "change: a text", &out->as.s, err);
    if (st != CHURN_OK && err != NULL) {
        err->row = row;
    }
    return st;
}

/* A value of the type that is wanted, or missing. */
static churn_status take_value(const what_if *w, const churn_change *change, churn__type type,
                               uint64_t row, churn__value *out, churn_error *err)
{
    const churn_value *from = &change->value;
    *out = (churn__value){.type = type, .missing = CHURN__PRESENT};
    if (from->type == 0) {
        out->missing = CHURN__EMPTY;
        return CHURN_OK;
    }
    bool whole = from->type == CHURN_TYPE_INT && type == CHURN__TYPE_DOUBLE;
    if (from->type != type && !whole) {
        return wrong_type(change, type, row, err);
    }
    switch (type) {
    case CHURN__TYPE_BOOL:
        out->as.b = from->truth != 0;
        return CHURN_OK;
    case CHURN__TYPE_STRING:
        return take_text(w, from->string, row, out, err);
    case CHURN__TYPE_DOUBLE:
        out->as.d = whole ? (double)from->integer : from->number;
        return isfinite(out->as.d)
                   ? CHURN_OK
                   : churn__fail_at(err, CHURN_E_RANGE, 0, 0, 0, row,
                                    "change: %q: the number is not finite", &change->name);
    default:
        out->as.i = from->integer;
        return CHURN_OK;
    }
}

static bool is_said(const what_if *w, uint32_t metric, churn_str attribute)
{
    for (uint32_t i = 0; i < w->given.value_count; i++) {
        const churn__metric_given *given = &w->values[i];
        if (given->metric == metric &&
            (metric != CHURN__NONE || churn__str_eq(given->attribute, attribute))) {
            return true;
        }
    }
    return false;
}

static churn_status said_twice(const churn_change *change, uint64_t row, churn_error *err)
{
    return churn__fail_at(err, CHURN_E_EXISTS, 0, 0, 0, row, "change: %q is given twice",
                          &change->name);
}

static churn_status give_value(what_if *w, const churn_change *change, uint32_t metric,
                               churn_str attribute, churn__type type, uint64_t row,
                               churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__metric_given given = {.metric = metric, .attribute = attribute};
    if (is_said(w, metric, attribute)) {
        CHURN_TRY(said_twice(change, row, err));
    }
    CHURN_TRY(take_value(w, change, type, row, &given.value, err));
    w->values[w->given.value_count++] = given;
done:
    return st;
}

static churn_status give_score(what_if *w, const churn_change *change, uint32_t score, uint64_t row,
                               churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__value value;
    for (uint32_t i = 0; i < w->given.score_count; i++) {
        if (w->scores[i] == score) {
            CHURN_TRY(said_twice(change, row, err));
        }
    }
    CHURN_TRY(take_value(w, change, CHURN__TYPE_DOUBLE, row, &value, err));
    if (value.missing == CHURN__PRESENT && !(value.as.d >= 0 && value.as.d <= 100)) {
        st = churn__fail_at(err, CHURN_E_RANGE, 0, 0, 0, row,
                            "change: score %q: a score is from 0 to 100", &change->name);
        goto done;
    }
    w->scores[w->given.score_count] = score;
    w->score_values[w->given.score_count++] =
        value.missing == CHURN__PRESENT ? value.as.d : (double)NAN;
done:
    return st;
}

static churn_status take_change(what_if *w, const churn_change *change, uint64_t row,
                                churn_error *err)
{
    const churn_playbook *pb = w->asking.engine->playbook;
    const churn_str none = {NULL, 0};
    churn_str name = none;
    churn_status st = churn__take_str(change->name.ptr, change->name.len, false, 1024,
                                      "change: a name", &name, err);
    if (st != CHURN_OK) {
        return st;
    }
    uint32_t metric = find_metric(pb, name), score = find_score(pb, name);
    const churn__attribute_def *attribute = find_attribute(pb, name);
    if (metric != CHURN__NONE) {
        return give_value(w, change, metric, none, pb->metrics[metric].type, row, err);
    }
    if (attribute != NULL) {
        return give_value(w, change, CHURN__NONE, attribute->name, attribute->type, row, err);
    }
    return score != CHURN__NONE ? give_score(w, change, score, row, err)
                                : unknown_name(w, name, row, err);
}

static churn_status take_changes(what_if *w, const churn_change *changes, uint32_t count,
                                 churn_error *err)
{
    churn_status st = CHURN_OK;
    w->values = churn__arena_array(&w->arena, count, sizeof *w->values);
    w->scores = churn__arena_array(&w->arena, count, sizeof *w->scores);
    w->score_values = churn__arena_array(&w->arena, count, sizeof *w->score_values);
    if (w->values == NULL || w->scores == NULL || w->score_values == NULL) {
        CHURN_TRY(churn__fail_memory(err, w->heap));
    }
    for (uint32_t i = 0; i < count; i++) {
        CHURN_TRY(take_change(w, &changes[i], i, err));
    }
    w->given.customer = w->asking.one;
    w->given.values = w->values;
    w->given.scores = w->scores;
    w->given.score_values = w->score_values;
done:
    return st;
}

/* ---- rows ---- */

static void begin_row(const what_if *w, const char *sort, churn_str id)
{
    churn__table_add_string(w->table, SORT, churn__str_nts(sort));
    churn__table_add_string(w->table, ID, id);
}

/* Columns that this sort of row has nothing for. */
static void end_row(const what_if *w)
{
    uint64_t rows = churn__table_filled(w->table, SORT);
    for (uint32_t c = BEFORE; c < COLUMNS; c++) {
        if (churn__table_filled(w->table, c) < rows) {
            churn__table_add_null(w->table, c);
        }
    }
}

static void add_numbers(const what_if *w, double before, double after)
{
    churn__table_add_double(w->table, BEFORE, before);
    churn__table_add_double(w->table, AFTER, after);
    churn__table_add_double(w->table, CHANGE, churn__round6(after - before));
}

static double number_of(const churn__column *column)
{
    if (column->missing[0] != CHURN__PRESENT) {
        return (double)NAN;
    }
    return column->type == CHURN__TYPE_BOOL ? *(const uint8_t *)column->values
                                            : *(const double *)column->values;
}

static void add_text(const what_if *w, enum column to, const churn__column *column)
{
    char text[40];
    if (column->missing[0] != CHURN__PRESENT) {
        churn__table_add_null(w->table, to);
    } else if (column->type == CHURN__TYPE_STRING) {
        churn__table_add_string(w->table, to, churn__column_string(column, 0));
    } else {
        churn__instant_print(*(const churn_time *)column->values, text);
        churn__table_add_string(w->table, to, churn__str_nts(text));
    }
}

static bool is_number(const churn__column *column)
{
    return column->type == CHURN__TYPE_DOUBLE || column->type == CHURN__TYPE_BOOL;
}

static bool same_cell(const churn__column *a, const churn__column *b)
{
    bool there = a->missing[0] == CHURN__PRESENT;
    if (there != (b->missing[0] == CHURN__PRESENT)) {
        return false;
    }
    if (!there) {
        return true;
    }
    if (is_number(a)) {
        return number_of(a) == number_of(b);
    }
    return a->type == CHURN__TYPE_STRING
               ? churn__str_eq(churn__column_string(a, 0), churn__column_string(b, 0))
               : *(const churn_time *)a->values == *(const churn_time *)b->values;
}

static void add_metric(const what_if *w, uint32_t metric)
{
    const churn__column *before = &w->before->metric_out[metric];
    const churn__column *after = &w->after->metric_out[metric];
    if (same_cell(before, after)) {
        return;
    }
    begin_row(w, "metric", w->before->playbook->metrics[metric].id);
    if (is_number(before)) {
        add_numbers(w, number_of(before), number_of(after));
    } else {
        add_text(w, TEXT_BEFORE, before);
        add_text(w, TEXT_AFTER, after);
    }
    end_row(w);
}

static const churn__column *segment_column(const churn__frame *frame, uint32_t segment)
{
    return &frame->columns[churn__playbook_slot(frame->playbook, CHURN__SLOT_SEGMENT, segment, 0)];
}

static void add_truth(const what_if *w, enum column to, const churn__column *column)
{
    if (column->missing[0] != CHURN__PRESENT) {
        churn__table_add_null(w->table, to);
    } else {
        churn__table_add_bool(w->table, to, *(const uint8_t *)column->values != 0);
    }
}

static void add_segment(const what_if *w, uint32_t segment)
{
    const churn__column *before = segment_column(w->before, segment);
    const churn__column *after = segment_column(w->after, segment);
    if (same_cell(before, after)) {
        return;
    }
    begin_row(w, "segment", w->before->playbook->segments[segment].id);
    add_truth(w, HOLDS_BEFORE, before);
    add_truth(w, HOLDS_AFTER, after);
    end_row(w);
}

static double score_of(const churn__frame *frame, uint32_t score)
{
    return frame->scores[score].missing[0] ? (double)NAN : frame->scores[score].score[0];
}

static void add_score(const what_if *w, uint32_t score)
{
    const churn__score_def *def = &w->before->playbook->scores[score];
    const churn__score_out *before = &w->before->scores[score], *after = &w->after->scores[score];
    begin_row(w, "score", def->id);
    add_numbers(w, score_of(w->before, score), score_of(w->after, score));
    churn__table_add_string(w->table, BAND_BEFORE,
                            churn__score_band_name(def, before->band_codes[0]));
    churn__table_add_string(w->table, BAND_AFTER,
                            churn__score_band_name(def, after->band_codes[0]));
    churn__table_add_double(w->table, COVERAGE_BEFORE, before->coverage[0]);
    churn__table_add_double(w->table, COVERAGE_AFTER, after->coverage[0]);
    end_row(w);
}

static churn_status judge(churn__frame *frame, uint32_t trigger, churn__truth *out,
                          churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__trigger_def *def = &frame->playbook->triggers[trigger];
    CHURN_TRY(churn__expr_truth(def->when, frame->columns, 1, frame->scratch, out, err));
    if (!churn__population_has(def->population, frame->losses[0].churned)) {
        *out = OUTSIDE;
    }
done:
    return st;
}

static void add_outcome(const what_if *w, enum column to, churn__truth truth)
{
    if (truth == CHURN__UNKNOWN || truth == CHURN__ERROR) {
        churn__table_add_null(w->table, to);
    } else {
        churn__table_add_bool(w->table, to, truth == CHURN__TRUE);
    }
}

static churn_status add_trigger(const what_if *w, uint32_t trigger, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__truth before = OUTSIDE, after = OUTSIDE;
    CHURN_TRY(judge(w->before, trigger, &before, err));
    CHURN_TRY(judge(w->after, trigger, &after, err));
    begin_row(w, "trigger", w->before->playbook->triggers[trigger].id);
    add_outcome(w, HOLDS_BEFORE, before);
    add_outcome(w, HOLDS_AFTER, after);
    end_row(w);
done:
    return st;
}

static churn_status add_rows(what_if *w, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_playbook *pb = w->before->playbook;
    w->table = churn__table_begin(churn__store_heap(w->asking.engine->store), 16);
    if (w->table == NULL) {
        CHURN_TRY(churn__fail_memory(err, w->heap));
    }
    churn__table_columns(w->table, columns, COLUMNS);
    for (uint32_t i = 0; i < pb->declared_count; i++) {
        add_metric(w, i);
    }
    for (uint32_t i = 0; i < pb->segment_count; i++) {
        add_segment(w, i);
    }
    for (uint32_t i = 0; i < pb->score_count; i++) {
        add_score(w, i);
    }
    for (uint32_t i = 0; i < pb->trigger_count; i++) {
        CHURN_TRY(add_trigger(w, i, err));
    }
done:
    return st;
}

/* ---- the question ---- */

static churn_status fill(what_if *w, const churn_time *as_of, const churn__given *given,
                         churn__frame **frame, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__frame_options want = {.all_metrics = true,
                                       .all_scores = true,
                                       .losses = true,
                                       .segments = true,
                                       .triggers = true,
                                       .one_customer = true,
                                       .given = given,
                                       .only_score = CHURN__NONE};
    churn_engine *engine = w->asking.engine;
    CHURN_TRY(churn__frame_open(engine, w->asking.version, as_of, 1, &want, frame, err));
    CHURN_TRY(churn__frame_survey(*frame, engine, &want, w->asking.options.cancel, err));
    CHURN_TRY(churn__frame_fill(*frame, w->asking.order, 1, err));
    if (!(*frame)->exists[0]) {
        CHURN_FAIL(CHURN_E_NOT_FOUND, 0, "the customer does not exist at as_of");
    }
done:
    return st;
}

churn_status churn_engine_what_if(churn_engine *engine, const char *customer, size_t len,
                                  churn_time as_of, const churn_change *changes, uint32_t count,
                                  const churn_query_options *options, churn_table **out,
                                  churn_error *err)
{
    if (out == NULL || (count > 0 && changes == NULL)) {
        return churn__fail_null(err, "churn_engine_what_if", out == NULL ? "out" : "changes");
    }
    *out = NULL;
    what_if w = {.heap = NULL};
    churn_query_options mine;
    churn_status st = CHURN_OK;
    CHURN_TRY(churn__copy_struct(&mine, sizeof mine, options, "churn_query_options", err));
    mine.struct_size = sizeof mine;
    CHURN_TRY(churn__take_str(customer, len, false, 1024, "customer", &mine.customer, err));
    CHURN_TRY(churn__asking_begin(engine, &mine, 0, &as_of, 1, &w.asking, err));
    w.heap = engine->heap;
    churn__arena_init(&w.arena, w.heap);
    CHURN_TRY(take_changes(&w, changes, count, err));
    CHURN_TRY(fill(&w, &as_of, NULL, &w.before, err));
    CHURN_TRY(fill(&w, &as_of, &w.given, &w.after, err));
    CHURN_TRY(add_rows(&w, err));
    st = churn__table_finish(w.table, out, err);
    w.table = NULL;
done:
    churn__table_abandon(w.table);
    churn__frame_close(w.before);
    churn__frame_close(w.after);
    if (w.heap != NULL) {
        churn__arena_clear(&w.arena);
    }
    churn__asking_end(&w.asking);
    return st;
}
