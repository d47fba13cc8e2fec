/* SPDX-License-Identifier: MIT */
#include "store/load.h"

/*
 * Rows that say that a record is no more. Only what the record is known by is read of them; a row
 * that names a record of the store goes into the stage as an end, for its chain to take.
 */

static bool has_id(const kind_info *kind)
{
    for (uint32_t i = 0; i < kind->field_count; i++) {
        if (kind->fields[i].type == FIELD_ID) {
            return true;
        }
    }
    return false;
}

static bool is_known_at(const field *f)
{
    return f->row == offsetof(row_head, known) && f->type == FIELD_TIME;
}

static bool is_key(const field *f)
{
    return f->key || f->type == FIELD_CUSTOMER || f->type == FIELD_ID || f->type == FIELD_NAME;
}

uint32_t churn__load_wanted(const kind_info *kind, uint32_t flags)
{
    uint32_t wanted = 0;
    if ((flags & CHURN_LOAD_RETRACT) == 0) {
        return UINT32_MAX;
    }
    for (uint32_t i = 0; i < kind->field_count; i++) {
        wanted |= is_key(&kind->fields[i]) || is_known_at(&kind->fields[i]) ? 1u << i : 0;
    }
    return wanted;
}

/* By an id that every record has, the customer is known; where only some have one, what must be
 * given shows row by row. */
uint32_t churn__load_required(const kind_info *kind, uint32_t flags)
{
    uint32_t required = 0;
    bool retracts = (flags & CHURN_LOAD_RETRACT) != 0, with_id = has_id(kind);
    for (uint32_t i = 0; i < kind->field_count; i++) {
        const field *f = &kind->fields[i];
        bool needed = !with_id || f->type == FIELD_ID || (f->key && kind->key_when);
        bool skipped = retracts && (!is_key(f) || !needed);
        required |= f->required && !skipped ? 1u << i : 0;
    }
    return required;
}

/* ---- one row ---- */

static bool is_given(const load *l, const field *f)
{
    char row[ROW_MAX];
    churn__store_clear_field(f->type, row + f->row);
    size_t size = f->type == FIELD_TIME ? sizeof(churn_time) : f->type == FIELD_WORD ? 1 : 4;
    return memcmp(row + f->row, l->row.bytes + f->row, size) != 0;
}

/* The key of a record without id, where records may have one. */
static int32_t check_key(load *l)
{
    bool any = false;
    if (l->row.head.id != CHURN__NO_CODE || !has_id(l->kind)) {
        return 0;
    }
    for (uint32_t i = 0; i < l->kind->field_count; i++) {
        any = any || l->kind->fields[i].key;
    }
    if (!any) {
        l->fault = CHURN__STR("id");
        return REJECT_NO_KEY;
    }
    for (uint32_t i = 0; i < l->kind->field_count; i++) {
        const field *f = &l->kind->fields[i];
        if (is_key(f) && f->required && !is_given(l, f)) {
            l->fault_field = f;
            return REJECT_MISSING_FIELD;
        }
    }
    return 0;
}

static int32_t find_owner(load *l)
{
    row_head *head = &l->row.head;
    if (l->store->ids[l->number] == NULL || head->id == CHURN__NO_CODE) {
        return head->customer == CHURN__NO_CODE ? REJECT_NOT_FOUND : 0;
    }
    uint32_t owner = l->store->owners[l->number].data[head->id];
    bool other = head->customer != CHURN__NO_CODE && head->customer != owner;
    head->customer = owner;
    return other ? REJECT_ID_OF_OTHER_CUSTOMER : 0;
}

static void set_end(load *l)
{
    row_head *head = &l->row.head;
    if (l->number == KIND_ATTRIBUTE && head->when == CHURN_TIME_NONE) {
        churn_time from = l->settings->valid_from;
        head->when = from != CHURN_TIME_NONE ? from : CHURN_TIME_MIN;
    }
    if (head->known == CHURN_TIME_NONE) {
        head->known = l->settings->known_at;
    }
    if (head->known == CHURN_TIME_NONE) {
        head->known = CHURN_TIME_MIN;
        head->when = head->when == CHURN_TIME_NONE ? CHURN_TIME_MIN : head->when;
        head->flags |= ROW_DATELESS;
    }
    head->flags |= ROW_END;
}

/* ---- is there such a record ---- */

/* Known at the instant of the end, or at any where the end has none. */
static bool was_known(const row_head *end, churn_time known)
{
    return (end->flags & ROW_DATELESS) != 0 || known <= end->known;
}

static bool find_in_list(const event_run *run, const event_list *list, const row_head *end)
{
    const event_columns *cells = &run->cells;
    for (uint32_t i = list->begin; i < list[1].begin; i++) {
        churn_time known = cells->known == NULL ? cells->at[i] : cells->known[i];
        if (cells->id[i] == end->id && was_known(end, known)) {
            return true;
        }
    }
    return false;
}

static bool find_event(const churn__version *v, const row_head *end)
{
    uint32_t slot = 0;
    for (uint32_t i = churn__store_event_base(v->events, v->event_runs, end->customer);
         i < v->event_runs; i++) {
        const event_run *run = v->events[i];
        bool here = run->cells.id != NULL && index_find(&run->index, end->customer, &slot);
        uint32_t last = here ? run->index.begin[slot + 1] : 0;
        for (uint32_t list = here ? run->index.begin[slot] : 0; list < last; list++) {
            if (find_in_list(run, &run->lists[list], end)) {
                return true;
            }
        }
    }
    return false;
}

static bool find_row(const churn__version *v, uint32_t kind, const row_head *end)
{
    const kind_info *info = &churn__store_kinds[kind];
    const void *rows = NULL;
    uint32_t n = churn__store_row_block(v->rows[kind], v->row_runs[kind], end->customer, &rows);
    for (uint32_t i = 0; i < n; i++) {
        const row_head *row = (const void *)((const char *)rows + (size_t)i * info->row_size);
        if (churn__store_key_cmp(info, row, end) == 0 && was_known(end, row->known)) {
            return true;
        }
        const row_head *before = (const void *)((const char *)row - (i > 0 ? info->row_size : 0));
        bool state = kind == KIND_ATTRIBUTE && row->id == end->id && before->when < end->when;
        if (state && churn__store_left_out(v->dated, before, row, end->when - 1) == end->when &&
            was_known(end, end->when)) {
            return true;
        }
    }
    return false;
}

int32_t churn__load_retraction(load *l)
{
    const churn__version *v = l->store->current;
    const row_head *head = &l->row.head;
    set_end(l);
    l->attribute_count = 0;
    l->fault_field = NULL;
    l->fault = churn__str_nts(l->kind->fields[0].name);
    if (l->news_count > 0) { /* a text that no record of the store has */
        l->news_count = 0;
        return REJECT_NOT_FOUND;
    }
    int32_t fault = l->number == KIND_ALIAS ? churn__load_alias_id(l) : check_key(l);
    if (l->news_count > 0) { /* an alias of known words that is none */
        l->news_count = 0;
        return REJECT_NOT_FOUND;
    }
    fault = fault != 0 ? fault : find_owner(l);
    if (fault != 0) {
        return fault;
    }
    bool found = l->number == KIND_EVENT ? find_event(v, head) : find_row(v, l->number, head);
    return found ? 0 : REJECT_NOT_FOUND;
}
