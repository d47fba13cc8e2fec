/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "base/sort.h"
#include "engine/engine_internal.h"

/*
 * The table of changes of held bands. A first band is no entry of the history: it is what the first
 * change left, or what is held still.
 */
typedef struct change_row {
    churn_str customer, score;
    churn_time at;
    uint32_t change; /* CHURN__NONE: of a first band that is held still */
    uint32_t to;     /* of a first band: text */
    bool first;
} change_row;

typedef struct change_list {
    churn_engine *engine;
    churn__version *version;
    churn_band_change_options options;
    change_row *rows;
    size_t count, capacity;
} change_list;

/* ---- collecting ---- */

static bool wanted(const change_list *list, const change_row *row)
{
    const churn_band_change_options *o = &list->options;
    return (!o->score.ptr || churn__str_eq(o->score, row->score)) &&
           (!o->customer.ptr || churn__str_eq(o->customer, row->customer)) &&
           (o->since == 0 || row->at >= o->since) && (o->until == 0 || row->at < o->until) &&
           !(row->first && (o->flags & CHURN_BANDS_NO_FIRST));
}

static churn_status add_row(change_list *list, change_row row, churn_error *err)
{
    if (!wanted(list, &row)) {
        return CHURN_OK;
    }
    if (!churn__grow(list->engine->heap, (void **)&list->rows, &list->capacity, list->count + 1,
                     sizeof *list->rows)) {
        return churn__fail_memory(err, list->engine->heap);
    }
    list->rows[list->count++] = row;
    return CHURN_OK;
}

static churn_status add_changes(change_list *list, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_engine *engine = list->engine;
    for (size_t i = 0; i < engine->bands.change_count; i++) {
        const churn__band_change *c = &engine->bands.changes[i];
        change_row row = {.customer = churn__dict_get(engine->ids, c->person),
                          .score = churn__engine_text(engine, c->score),
                          .at = c->at,
                          .change = (uint32_t)i,
                          .to = c->to};
        CHURN_TRY(add_row(list, row, err));
        if (c->first) {
            row.first = true;
            row.at = c->since;
            row.to = c->from;
            row.change = CHURN__NONE;
            CHURN_TRY(add_row(list, row, err));
        }
    }
done:
    return st;
}

static churn_status add_cell(change_list *list, churn_str customer,
                             const churn__band_memory *memory, churn__band_cell cell,
                             churn_error *err)
{
    const churn_engine *engine = list->engine;
    if (!cell.band || !cell.first) {
        return CHURN_OK;
    }
    change_row row = {.customer = customer,
                      .score = churn__engine_text(engine, memory->id),
                      .at = engine->bands.ticks[cell.since],
                      .change = CHURN__NONE,
                      .to = memory->names[cell.band - 1],
                      .first = true};
    return add_row(list, row, err);
}

static churn_status add_cells(change_list *list, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__bands *bands = &list->engine->bands;
    uint32_t listed = churn__version_listed(list->version);
    for (uint32_t i = 0; i < listed; i++) {
        uint32_t customer = churn__version_order(list->version)[i];
        for (size_t m = 0; m < bands->count; m++) {
            CHURN_TRY(add_cell(list, churn__version_customer_id(list->version, customer),
                               &bands->each[m], churn__bands_cell(&bands->each[m], customer), err));
        }
        if (i % 65536 == 0) {
            CHURN_TRY(churn__cancel_check(list->options.cancel, err));
        }
    }
    for (size_t i = 0; i < bands->waiting_count; i++) {
        const churn__band_waiting *one = &bands->waiting[i];
        CHURN_TRY(add_cell(list, churn__dict_get(list->engine->ids, one->person),
                           &bands->each[one->memory], one->cell, err));
    }
done:
    return st;
}

static int compare_rows(const void *left, const void *right, const void *context)
{
    (void)context;
    const change_row *a = left, *b = right;
    if (a->at != b->at) {
        return a->at < b->at ? -1 : 1;
    }
    int customer = churn__str_cmp(a->customer, b->customer);
    return customer ? customer : churn__str_cmp(a->score, b->score);
}

/* ---- the table ---- */

static const churn__table_head change_columns[] = {
    {"customer", CHURN_COLUMN_STRING},
    {"score", CHURN_COLUMN_STRING},
    {"at", CHURN_COLUMN_TIME},
    {"band_before", CHURN_COLUMN_STRING},
    {"band_after", CHURN_COLUMN_STRING},
    {"days_in", CHURN_COLUMN_DOUBLE},
    {"value_before", CHURN_COLUMN_DOUBLE},
    {"value_after", CHURN_COLUMN_DOUBLE},
    {"kind", CHURN_COLUMN_STRING},
    {"name", CHURN_COLUMN_STRING},
    {"contribution", CHURN_COLUMN_DOUBLE},
    {"cause", CHURN_COLUMN_STRING},
};

static void write_input(const churn_engine *engine, double number, uint32_t word, churn__buf *out)
{
    if (word != CHURN__NO_CODE) {
        churn__buf_str(out, churn__engine_text(engine, word));
    } else if (isnan(number)) {
        churn__buf_text(out, "missing");
    } else if (fabs(number) < 1e15 && number == trunc(number)) {
        churn__buf_int(out, (int64_t)number);
    } else {
        churn__buf_double(out, number);
    }
}

static bool has_input(const churn__band_change *c)
{
    return !isnan(c->input_before) || !isnan(c->input) || c->word_before != CHURN__NO_CODE ||
           c->word != CHURN__NO_CODE;
}

/* "logins_28d: 20 -> 3, -14.2" */
static void write_cause(const churn_engine *engine, const churn__band_change *c, churn__buf *out)
{
    if (c->name == CHURN__NO_CODE) {
        return;
    }
    churn__buf_str(out, churn__engine_text(engine, c->name));
    if (has_input(c)) {
        churn__buf_text(out, ": ");
        write_input(engine, c->input_before, c->word_before, out);
        churn__buf_text(out, " -> ");
        write_input(engine, c->input, c->word, out);
    }
    if (!isnan(c->moved)) {
        churn__buf_text(out, has_input(c) ? ", " : ": ");
        churn__buf_text(out, c->moved > 0 ? "+" : "");
        churn__buf_fixed(out, c->moved, 1);
    }
}

static churn_str band_name(const churn_engine *engine, uint32_t text)
{
    return text == CHURN__NO_CODE ? CHURN__STR("unknown") : churn__engine_text(engine, text);
}

static void add_first(churn__table_builder *builder, const churn_engine *engine,
                      const change_row *row)
{
    churn__table_add_null(builder, 3);
    churn__table_add_string(builder, 4, band_name(engine, row->to));
    for (uint32_t i = 5; i < 8; i++) {
        churn__table_add_null(builder, i);
    }
    churn__table_add_string(builder, 8,
                            churn__str_nts(churn__band_cause_name(CHURN__BECAUSE_FIRST)));
    for (uint32_t i = 9; i < 12; i++) {
        churn__table_add_null(builder, i);
    }
}

static void add_change(churn__table_builder *builder, const churn_engine *engine,
                       const churn__band_change *c, churn__buf *text)
{
    const char *kind = churn__band_cause_name(c->cause);
    churn_str none = {NULL, 0};
    churn__buf_reset(text);
    write_cause(engine, c, text);
    churn__table_add_string(builder, 3, band_name(engine, c->from));
    churn__table_add_string(builder, 4, band_name(engine, c->to));
    churn__table_add_double(builder, 5,
                            churn__round6((double)(c->at - c->since) / (double)CHURN__DAY));
    churn__table_add_double(builder, 6, c->value_before);
    churn__table_add_double(builder, 7, c->value);
    churn__table_add_string(builder, 8, kind ? churn__str_nts(kind) : none);
    churn__table_add_string(builder, 9, churn__engine_text(engine, c->name));
    churn__table_add_double(builder, 10, c->moved);
    churn__table_add_string(builder, 11, text->size ? churn__buf_view(text) : none);
}

static churn_status make_table(const change_list *list, churn_table **out, churn_error *err)
{
    const churn_engine *engine = list->engine;
    churn__table_builder *builder =
        churn__table_begin(churn__store_heap(engine->store), list->count);
    churn__buf text;
    if (!builder) {
        return churn__fail_memory(err, engine->heap);
    }
    churn__buf_init(&text, engine->heap);
    churn__table_columns(builder, change_columns, sizeof change_columns / sizeof *change_columns);
    for (size_t i = 0; i < list->count; i++) {
        const change_row *row = &list->rows[i];
        churn__table_add_string(builder, 0, row->customer);
        churn__table_add_string(builder, 1, row->score);
        churn__table_add_time(builder, 2, row->at);
        if (row->first) {
            add_first(builder, engine, row);
        } else {
            add_change(builder, engine, &engine->bands.changes[row->change], &text);
        }
    }
    bool failed = text.failed;
    churn__buf_clear(&text);
    if (failed) {
        churn__table_abandon(builder);
        return churn__fail_memory(err, engine->heap);
    }
    return churn__table_finish(builder, out, err);
}

/* A score that the playbook had once may be asked for, too. */
static churn_status check_score(const change_list *list, churn_error *err)
{
    const churn_engine *engine = list->engine;
    churn_str name = list->options.score;
    uint32_t text = name.ptr ? churn__dict_find(engine->texts, name) : CHURN__NO_CODE;
    for (size_t i = 0; i < engine->bands.count; i++) {
        if (!name.ptr || engine->bands.each[i].id == text) {
            return CHURN_OK;
        }
    }
    uint32_t index = 0;
    return name.ptr ? churn__find_score(engine->playbook, name, &index, err) : CHURN_OK;
}

static churn_status ask(change_list *list, const churn_band_change_options *options,
                        churn_table **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    CHURN_TRY(churn__copy_struct(&list->options, sizeof list->options, options,
                                 "churn_band_change_options", err));
    if (list->options.flags & ~CHURN_BANDS_NO_FIRST) {
        CHURN_FAIL(CHURN_E_ARG, 0,
                   "churn_band_change_options: flags has bits that are none of CHURN_BANDS_%s",
                   "*");
    }
    CHURN_TRY(check_score(list, err));
    CHURN_TRY(churn__store_pin(list->engine->store, &list->version, err));
    CHURN_TRY(add_changes(list, err));
    if (!(list->options.flags & CHURN_BANDS_NO_FIRST)) {
        CHURN_TRY(add_cells(list, err));
    }
    if (!churn__sort(list->engine->heap, list->rows, list->count, sizeof *list->rows, compare_rows,
                     NULL)) {
        CHURN_TRY(churn__fail_memory(err, list->engine->heap));
    }
    CHURN_TRY(make_table(list, out, err));
done:
    churn__free_array(list->engine->heap, list->rows, list->capacity, sizeof *list->rows);
    churn__version_release(list->version);
    return st;
}

churn_status churn_engine_band_changes(churn_engine *engine,
                                       const churn_band_change_options *options, churn_table **out,
                                       churn_error *err)
{
    if (!out) {
        return churn__fail_null(err, "churn_engine_band_changes", "out");
    }
    *out = NULL;
    churn_status st = churn__engine_enter(engine, "churn_engine_band_changes", err);
    if (st == CHURN_OK) {
        change_list list = {.engine = engine};
        st = ask(&list, options, out, err);
        churn__engine_leave(engine);
    }
    return st;
}
