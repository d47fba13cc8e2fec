/* SPDX-License-Identifier: MIT */
#include "base/bits.h"
#include "store/edit.h"

/*
 * Which strings go with the records that go: those that no other record has. Codes of the records
 * are collected first; then every record that stays strikes its own off.
 */

static bool set_open(code_set *set, churn__heap *heap, const churn__dict *dict)
{
    *set = (code_set){.count = dict == NULL ? 0 : churn__dict_count(dict)};
    if (dict == NULL) {
        return true;
    }
    set->bits = churn__alloc_zero(heap, churn__bits_bytes(set->count));
    return set->bits != NULL;
}

static void set_close(code_set *set, churn__heap *heap)
{
    churn__free(heap, set->bits, churn__bits_bytes(set->count));
    *set = (code_set){0};
}

bool churn__edit_codes_open(edit *e)
{
    const churn_store *store = e->store;
    bool ok = set_open(&e->customers, e->heap, store->customers) &&
              set_open(&e->types, e->heap, store->types) &&
              set_open(&e->texts, e->heap, store->texts) &&
              set_open(&e->props, e->heap, store->props);
    for (uint32_t kind = 0; ok && kind < KINDS; kind++) {
        ok = set_open(&e->ids[kind], e->heap, store->ids[kind]);
    }
    return ok;
}

void churn__edit_codes_close(edit *e)
{
    set_close(&e->customers, e->heap);
    set_close(&e->types, e->heap);
    set_close(&e->texts, e->heap);
    set_close(&e->props, e->heap);
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        set_close(&e->ids[kind], e->heap);
    }
}

void churn__edit_note_code(code_set *set, uint32_t code)
{
    if (code < set->count) {
        churn__bit_set(set->bits, code);
        set->any = true;
    }
}

static void strike_code(code_set *set, uint32_t code)
{
    if (code < set->count) {
        churn__bit_clear(set->bits, code);
    }
}

typedef void (*code_visit)(code_set *set, uint32_t code);

/* ---- the codes of a row ---- */

static void visit_field(edit *e, const field *f, const void *row, code_visit visit)
{
    uint32_t code = 0;
    if (f->row < sizeof(row_head)) { /* customer and id: see visit_row() */
        return;
    }
    switch (f->type) {
    case FIELD_NAME:
    case FIELD_TEXT:
    case FIELD_CURRENCY:
    case FIELD_DURATION:
        memcpy(&code, (const char *)row + f->row, sizeof code);
        visit(&e->texts, code);
        break;
    case FIELD_VALUE: {
        const attribute_row *a = row;
        if (a->type == CHURN__TYPE_STRING) {
            visit(&e->texts, (uint32_t)a->bits);
        }
        break;
    }
    default: /* numbers, instants, words */
        break;
    }
}

static void visit_row(edit *e, uint32_t kind, const void *row, code_visit visit)
{
    const kind_info *info = &churn__store_kinds[kind];
    const row_head *head = row;
    visit(info->id_is_text ? &e->texts : &e->ids[kind], head->id);
    for (uint32_t i = 0; i < info->field_count; i++) {
        visit_field(e, &info->fields[i], row, visit);
    }
}

void churn__edit_note_row(edit *e, uint32_t kind, const void *row)
{
    visit_row(e, kind, row, churn__edit_note_code);
}

void churn__edit_note_event(edit *e, const event_run *run, size_t i)
{
    uint32_t entry = 0;
    if (run->cells.user != NULL) {
        churn__edit_note_code(&e->texts, run->cells.user[i]);
    }
    if (run->cells.id != NULL) {
        churn__edit_note_code(&e->ids[KIND_EVENT], run->cells.id[i]);
    }
    for (uint32_t p = 0; p < run->props.count; p++) {
        const prop_column *column = &run->props.columns[p];
        if (!churn__props_find(column, (uint32_t)i, &entry)) {
            continue;
        }
        churn__edit_note_code(&e->props, column->prop);
        if (column->type == CHURN__TYPE_STRING) {
            churn__edit_note_code(&e->texts, (uint32_t)churn__props_bits(column, entry));
        }
    }
}

/* ---- what stays ---- */

static void keep_column(code_set *set, const uint32_t *codes, size_t n)
{
    for (size_t i = 0; set->any && codes != NULL && i < n; i++) {
        strike_code(set, codes[i]);
    }
}

static void keep_props(edit *e, const prop_set *set)
{
    for (uint32_t i = 0; i < set->count; i++) {
        const prop_column *column = &set->columns[i];
        strike_code(&e->props, column->prop);
        if (column->type == CHURN__TYPE_STRING) {
            keep_column(&e->texts, column->values, column->count);
        }
    }
}

static void keep_events(edit *e, const event_run *run)
{
    keep_props(e, &run->props);
    keep_column(&e->texts, run->cells.user, run->count);
    keep_column(&e->ids[KIND_EVENT], run->cells.id, run->count);
    for (size_t i = 0; e->types.any && i < run->list_count; i++) {
        strike_code(&e->types, run->lists[i].type);
    }
}

static void keep_rows(edit *e, uint32_t kind, const row_run *run)
{
    if (!e->texts.any && !e->ids[kind].any) {
        return;
    }
    for (uint32_t i = 0; i < run->count; i++) {
        visit_row(e, kind, run->rows + (size_t)i * run->kind->row_size, strike_code);
    }
}

void churn__edit_codes_keep(edit *e, const churn__version *v)
{
    for (uint32_t i = 0; i < v->event_runs; i++) {
        keep_events(e, v->events[i]);
    }
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        for (uint32_t i = 0; i < v->row_runs[kind]; i++) {
            keep_rows(e, kind, v->rows[kind][i]);
        }
    }
    strike_code(&e->texts, e->store->parent_name);
    for (size_t i = 0; v->marks != NULL && i < v->marks->count; i++) {
        strike_code(&e->texts, v->marks->data[i].source);
    }
}

uint64_t churn__edit_codes_count(const code_set *set)
{
    uint64_t count = 0;
    for (size_t i = 0; set->any && i < churn__bits_bytes(set->count); i++) {
        count += (uint64_t)__builtin_popcount(set->bits[i]);
    }
    return count;
}

bool churn__edit_codes_any(const code_set *set)
{
    for (size_t i = 0; set->any && i < churn__bits_bytes(set->count); i++) {
        if (set->bits[i] != 0) {
            return true;
        }
    }
    return false;
}
