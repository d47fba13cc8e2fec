/* SPDX-License-Identifier: MIT */
#include "store/load.h"

/*
 * A good row goes in: its new strings into the dictionaries, then the row into the stage. Where
 * memory ends on the way, both are as they were before the row.
 */

/* ---- into the dictionaries and the stage ---- */

static bool own_id(load *l, uint32_t id)
{
    owners *o = &l->store->owners[l->number];
    if (!churn__grow(l->store->heap, (void **)&o->data, &o->capacity, (size_t)id + 1,
                     sizeof *o->data)) {
        return false;
    }
    o->data[id] = l->row.head.customer;
    return true;
}

static bool add_one(load *l, news *one)
{
    text_cache *cache = one->number == NO_FIELD ? NULL : &l->caches[one->number];
    uint32_t before = churn__dict_count(one->dict);
    uint32_t code = churn__dict_add(one->dict, one->text);
    if (code == CHURN__NO_CODE) {
        return false;
    }
    one->added = code == before;
    one->code = code;
    if (one->target != NULL) {
        *one->target = code;
    }
    if (one->wide != NULL) {
        *one->wide = code;
    }
    if (cache != NULL) {
        cache->last = churn__dict_get(one->dict, code);
        cache->code = code;
        short_note(&cache->shorts, cache->last, code);
        if (one->entry < cache->entry_count) {
            cache->entries[one->entry] = code;
        }
    }
    return true;
}

/* Take back what add_one did for the first `count` of them; caches must not remember it. */
static void undo_news(load *l, size_t count)
{
    while (count-- > 0) {
        const news *one = &l->news[count];
        if (one->added) {
            churn__dict_truncate(one->dict, one->code);
        }
        if (one->number != NO_FIELD) {
            text_cache *cache = &l->caches[one->number];
            cache->last = (churn_str){NULL, 0};
            if (one->entry < cache->entry_count) {
                cache->entries[one->entry] = CHURN__NO_CODE;
            }
        }
    }
    l->news_count = 0;
}

/* The customer is first among the news, because ids are owned by customers. */
static void customer_first(load *l)
{
    for (size_t i = 1; i < l->news_count; i++) {
        if (l->news[i].dict == l->store->customers) {
            news moved = l->news[i];
            l->news[i] = l->news[0];
            l->news[0] = moved;
        }
    }
}

/* Numbers of customers who were erased are not used again, and do not count. */
static uint64_t customers_now(const churn_store *store)
{
    const customer_order *order = store->current->order;
    return churn__dict_count(store->customers) - (order->covered - order->count);
}

static churn_status add_news_to_dicts(load *l, churn_error *err)
{
    customer_first(l);
    for (size_t i = 0; i < l->news_count; i++) {
        news *one = &l->news[i];
        bool customer = one->dict == l->store->customers;
        if (customer && customers_now(l->store) >= l->store->limits.customers) {
            undo_news(l, i);
            return churn__fail(err, CHURN_E_LIMIT, 0, "customers: the limit of %u is reached",
                               l->store->limits.customers);
        }
        bool ok = add_one(l, one);
        if (ok && one->dict == l->store->ids[l->number]) {
            ok = own_id(l, one->code);
            i += !ok; /* the id itself is taken back too */
        }
        if (!ok) {
            undo_news(l, i);
            return churn__fail_memory(err, l->store->heap);
        }
    }
    return CHURN_OK;
}

static bool stage_attribute(load *l, attribute_row *a)
{
    churn_store *store = l->store;
    uint32_t customer = l->row.head.customer;
    a->head.customer = customer;
    a->head.origin = (uint32_t)l->accepted;
    if (!l->in_sequence) {
        bool noted = a->head.id != store->parent_name || churn__load_note_parent(l, a);
        return noted && churn__store_stage_row(l->stage, KIND_ATTRIBUTE, a);
    }
    size_t old = store->last_capacity;
    if (!churn__grow(store->heap, (void **)&store->last_attribute, &store->last_capacity,
                     (size_t)customer + 1, sizeof *store->last_attribute)) {
        return false;
    }
    memset(store->last_attribute + old, 0,
           (store->last_capacity - old) * sizeof *store->last_attribute);
    a->head.origin = store->last_attribute[customer];
    if (!churn__store_stage_row(l->stage, KIND_ATTRIBUTE, a)) {
        return false;
    }
    store->last_attribute[customer] = (uint32_t)l->stage->rows[KIND_ATTRIBUTE].count;
    return true;
}

static bool stage_customer(load *l)
{
    l->row.head.origin = (uint32_t)l->accepted;
    if (l->in_sequence) {
        l->row.customer.valid_from = CHURN_TIME_NONE;
    }
    bool ok = churn__store_stage_row(l->stage, KIND_CUSTOMER, l->row.bytes);
    for (size_t i = 0; ok && i < l->attribute_count; i++) {
        ok = stage_attribute(l, &l->attributes[i]);
    }
    return ok;
}

static bool stage_row(load *l)
{
    switch (l->number) {
    case KIND_EVENT:
        l->row.head.origin = l->stage->source << TAG_SOURCE_SHIFT;
        return l->source->attribute_count == 0
                   ? churn__store_stage_event(&l->stage->events, &l->row.event)
                   : churn__store_stage_event_props(&l->stage->events, &l->row.event, l->props,
                                                    churn__load_prop_values(l));
    case KIND_CUSTOMER:
        return stage_customer(l);
    case KIND_ATTRIBUTE:
        return stage_attribute(l, &l->row.attribute);
    default:
        return churn__store_stage_row(l->stage, l->number, l->row.bytes);
    }
}

/* Attributes staged one by one and linked: unlink those from `count` on. */
static void unstage_attributes(load *l, size_t count)
{
    row_stage *rows = &l->stage->rows[KIND_ATTRIBUTE];
    const attribute_row *all = (const void *)rows->rows;
    while (rows->count > count) {
        const row_head *head = &all[--rows->count].head;
        if (l->in_sequence) {
            l->store->last_attribute[head->customer] = head->origin;
        }
    }
}

/* One by one: is the record about a parent. */
static bool names_parent(const load *l)
{
    bool parent = l->number == KIND_ATTRIBUTE && l->row.head.id == l->store->parent_name;
    for (size_t i = 0; l->number == KIND_CUSTOMER && i < l->attribute_count; i++) {
        parent = parent || l->attributes[i].head.id == l->store->parent_name;
    }
    return l->in_sequence && parent;
}

churn_status churn__load_accept(load *l, int32_t *fault, churn_error *err)
{
    size_t customers = l->stage->rows[KIND_CUSTOMER].count;
    size_t attributes = l->stage->rows[KIND_ATTRIBUTE].count;
    churn_status st = add_news_to_dicts(l, err);
    if (st != CHURN_OK) {
        return st;
    }
    if (!stage_row(l)) {
        st = churn__fail_memory(err, l->store->heap);
    } else if (names_parent(l)) {
        st = churn__load_check_parent(l, fault, err);
    }
    if (st != CHURN_OK || *fault != 0) {
        unstage_attributes(l, attributes);
        l->stage->rows[KIND_CUSTOMER].count = customers;
        undo_news(l, l->news_count);
        return st;
    }
    l->accepted++;
    return CHURN_OK;
}
