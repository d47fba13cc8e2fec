/* SPDX-License-Identifier: MIT */
#include <churn/erase.h>

#include "base/bits.h"
#include "store/edit.h"

/* Customers and users who are to leave no trace. */

/* ---- what a report says ---- */

static churn_erase_report report_of(const edit *e, const churn__forgotten *lost)
{
    churn_erase_report r = {.struct_size = sizeof r,
                            .changed = e->changed,
                            .mentions = e->mentions,
                            .texts = e->died + lost->texts,
                            .engines = lost->observers,
                            .episodes = lost->episodes,
                            .actions = lost->actions,
                            .waiting = lost->waiting,
                            .tasks = lost->tasks};
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        r.removed[churn__store_kinds[kind].record] += e->removed[kind];
        r.records += e->removed[kind];
    }
    r.pinned = churn__store_versions(e->store) - 1;
    return r;
}

/* The writer's place, the edit, and the place again. */
static churn_status run(edit *e, const churn__forgetting *what, churn_erase_report *own,
                        churn_error *err)
{
    churn__forgotten lost = {0};
    churn_status st = churn__edit_run(e, what, &lost, err);
    if (st == CHURN_OK) {
        uint64_t unknown = own->unknown;
        *own = report_of(e, &lost);
        own->unknown = unknown;
        own->customers = e->gone_count;
    }
    return st;
}

/* ---- customers ---- */

static churn_status take_ids(churn__heap *heap, const churn_str *given, size_t count,
                             churn_str **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    *out = churn__alloc_array(heap, count, sizeof **out);
    if (*out == NULL) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    for (size_t i = 0; i < count; i++) {
        CHURN_TRY(churn__take_str(given[i].ptr, given[i].len, false, ID_BYTES, "customers",
                                  &(*out)[i], err));
    }
done:
    return st;
}

/* False: no memory. */
static bool list_gone(edit *e, const churn_str *ids, size_t count, uint64_t *unknown)
{
    const churn_store *store = e->store;
    uint32_t customers = churn__dict_count(store->customers);
    size_t found = 0;
    e->gone = churn__alloc_zero(e->heap, churn__bits_bytes(customers));
    e->gone_limit = e->gone == NULL ? 0 : customers;
    for (size_t i = 0; e->gone != NULL && i < count; i++) {
        uint32_t customer = churn__dict_find(store->customers, ids[i]);
        if (customer == CHURN__NO_CODE) {
            ++*unknown;
        } else if (!churn__bit_get(e->gone, customer)) {
            churn__bit_set(e->gone, customer);
            found++;
        }
    }
    e->gone_list = churn__alloc_array(e->heap, found, sizeof *e->gone_list);
    e->gone_count = e->gone_list == NULL ? 0 : found;
    for (size_t at = 0, customer = 0; at < e->gone_count; customer++) {
        if (churn__bit_get(e->gone, customer)) {
            e->gone_list[at++] = (uint32_t)customer;
        }
    }
    return e->gone != NULL && e->gone_list != NULL;
}

static churn_status erase(churn_store *store, const churn_str *ids, size_t count,
                          churn_erase_report *own, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__forgetting what = {.customers = ids, .customer_count = count};
    edit e;
    churn__edit_init(&e, store);
    if (!list_gone(&e, ids, count, &own->unknown)) {
        CHURN_TRY(churn__fail_memory(err, store->heap));
    }
    CHURN_TRY(run(&e, &what, own, err));
done:
    churn__edit_clear(&e);
    return st;
}

churn_status churn_store_erase(churn_store *store, const churn_str *customers, size_t count,
                               churn_erase_report *report, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_str *ids = NULL;
    churn_erase_report own = {.struct_size = sizeof own};
    if (store == NULL || (customers == NULL && count > 0)) {
        return churn__fail_null(err, "churn_store_erase", store == NULL ? "store" : "customers");
    }
    CHURN_TRY(churn__check_struct(report, "churn_erase_report", err));
    CHURN_TRY(take_ids(store->heap, customers, count, &ids, err));
    CHURN_TRY(churn__store_begin_batch(store, err));
    st = erase(store, ids, count, &own, err);
    churn__store_end(store);
    CHURN_TRY(st);
    (void)churn__give_struct(report, &own, sizeof own, "churn_erase_report", err);
done:
    churn__free_array(store->heap, ids, ids == NULL ? 0 : count, sizeof *ids);
    return st;
}

/* ---- users ---- */

static bool is_named(const field *f, const char *name)
{
    return f->type == FIELD_TEXT && churn__str_eq(churn__str_nts(f->name), churn__str_nts(name));
}

static uint32_t code_at(const field *f, const char *row)
{
    uint32_t code = 0;
    memcpy(&code, row + f->row, sizeof code);
    return code;
}

static void unset(edit *e, const field *f, char *row)
{
    churn__edit_note_code(&e->texts, code_at(f, row));
    if (!e->dry) {
        churn__store_clear_field(f->type, row + f->row);
    }
}

/* Fields that say who did it: a customer's user, or the host's who judged. */
static bool is_person(const field *f)
{
    return is_named(f, "user") || is_named(f, "author");
}

static bool is_by_user(const edit *e, const kind_info *info, const char *row)
{
    for (uint32_t i = 0; i < info->field_count; i++) {
        if (is_person(&info->fields[i]) && code_at(&info->fields[i], row) == e->user) {
            return true;
        }
    }
    return false;
}

/* Of a record by the user: the name, and what they wrote. */
static void unname(edit *e, const kind_info *info, char *row)
{
    for (uint32_t i = 0; i < info->field_count; i++) {
        const field *f = &info->fields[i];
        if (is_person(f) || is_named(f, "text")) {
            unset(e, f, row);
        }
    }
}

/* Another field says the same. */
static bool mentions(const edit *e, const kind_info *info, const char *row)
{
    const attribute_row *a = (const void *)row;
    for (uint32_t i = 0; i < info->field_count; i++) {
        const field *f = &info->fields[i];
        if (f->type == FIELD_TEXT && !is_person(f) && code_at(f, row) == e->user) {
            return true;
        }
    }
    return info->record == CHURN_RECORD_ATTRIBUTE && a->type == CHURN__TYPE_STRING &&
           a->bits == e->user;
}

static bool is_contacts(uint32_t kind)
{
    return churn__str_eq(churn__str_nts(churn__store_kinds[kind].name), CHURN__STR("contact"));
}

static bool is_contact(const edit *e, uint32_t kind, const row_head *row)
{
    return e->contact != CHURN__NO_CODE && row->id == e->contact && is_contacts(kind);
}

static size_t user_rows(edit *e, uint32_t kind, char *rows, size_t count, bool *hit)
{
    const kind_info *info = &churn__store_kinds[kind];
    size_t size = info->row_size, kept = 0;
    for (size_t i = 0; i < count; i++) {
        char *row = rows + i * size;
        bool contact = is_contact(e, kind, (const void *)row);
        bool by_user = !contact && e->user != CHURN__NO_CODE && is_by_user(e, info, row);
        *hit = *hit || contact || by_user;
        e->changed += e->dry && e->counts && by_user;
        e->mentions +=
            e->dry && e->counts && !contact && e->user != CHURN__NO_CODE && mentions(e, info, row);
        if (contact) {
            churn__edit_note_row(e, kind, row);
            continue;
        }
        if (by_user) {
            unname(e, info, row);
        }
        if (!e->dry && kept != i) {
            memcpy(rows + kept * size, row, size);
        }
        kept++;
    }
    if (!e->dry && *hit) {
        churn__store_rows_reorder(kind, churn__version_row_order(e->from, kind), rows, kept);
    }
    return kept;
}

/* The user is part of the order among events of one instant. */
static void settle(edit *e, event_columns *cells, size_t begin, size_t i)
{
    event_order order = churn__version_event_order(e->from);
    while (i > begin && churn__store_event_cmp(&order, cells, i - 1, cells, i) > 0) {
        churn__store_columns_swap(cells, i - 1, i);
        i--;
    }
}

/* Properties that say just the name. */
static void count_mentions(edit *e, const event_run *run, size_t begin, size_t end)
{
    uint32_t position = 0;
    for (uint32_t p = 0; p < run->props.count; p++) {
        const prop_column *column = &run->props.columns[p];
        prop_cursor cursor = churn__props_from(column, (uint32_t)begin);
        while (column->type == CHURN__TYPE_STRING && churn__props_next(&cursor, &position) &&
               position < end) {
            e->mentions += churn__props_bits(column, cursor.index - 1) == e->user;
        }
    }
}

static size_t user_events(edit *e, event_run *run, size_t begin, size_t end, bool *hit)
{
    event_columns *cells = &run->cells;
    if (e->dry && e->counts && e->user != CHURN__NO_CODE) {
        count_mentions(e, run, begin, end);
    }
    if (cells->user == NULL || e->user == CHURN__NO_CODE) {
        return end - begin;
    }
    for (size_t i = begin; i < end; i++) {
        if (cells->user[i] != e->user) {
            continue;
        }
        *hit = true;
        e->changed += e->dry && e->counts;
        churn__edit_note_code(&e->texts, e->user);
        if (!e->dry) {
            cells->user[i] = CHURN__NO_CODE;
            settle(e, cells, begin, i);
        }
    }
    return end - begin;
}

static uint32_t find_contact(const churn_store *store, churn_str user)
{
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        if (is_contacts(kind)) {
            return churn__dict_find(store->ids[kind], user);
        }
    }
    return CHURN__NO_CODE;
}

static churn_status erase_user(churn_store *store, churn_str user, churn_erase_report *own,
                               churn_error *err)
{
    churn__forgetting what = {.user = user};
    edit e;
    churn__edit_init(&e, store);
    e.rows = user_rows;
    e.events = user_events;
    e.user = churn__dict_find(store->texts, user);
    e.contact = find_contact(store, user);
    churn_status st = run(&e, &what, own, err);
    churn__edit_clear(&e);
    return st;
}

churn_status churn_store_erase_user(churn_store *store, const char *user, size_t len,
                                    churn_erase_report *report, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_str name;
    churn_erase_report own = {.struct_size = sizeof own};
    if (store == NULL) {
        return churn__fail_null(err, "churn_store_erase_user", "store");
    }
    CHURN_TRY(churn__check_struct(report, "churn_erase_report", err));
    CHURN_TRY(
        churn__take_str(user, len, false, (size_t)store->limits.string_bytes, "user", &name, err));
    if (name.len == 0) {
        CHURN_FAIL(CHURN_E_ARG, 0, "user: must not be empty");
    }
    CHURN_TRY(churn__store_begin_batch(store, err));
    st = erase_user(store, name, &own, err);
    churn__store_end(store);
    CHURN_TRY(st);
    (void)churn__give_struct(report, &own, sizeof own, "churn_erase_report", err);
done:
    return st;
}
