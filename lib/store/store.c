/* SPDX-License-Identifier: MIT */
#include "store/inside.h"

/* The life of a store, and what can be asked of it. */

/* ---- create ---- */

static bool has_ids(uint32_t kind)
{
    const kind_info *info = &churn__store_kinds[kind];
    if (kind == KIND_ALIAS) { /* of two fields: see alias.c */
        return true;
    }
    for (uint32_t i = 0; i < info->field_count; i++) {
        if (info->fields[i].type == FIELD_ID) {
            return true;
        }
    }
    return false;
}

static bool create_dicts(churn_store *store)
{
    store->customers = churn__dict_create(store->heap);
    store->types = churn__dict_create(store->heap);
    store->texts = churn__dict_create(store->heap);
    store->props = churn__dict_create(store->heap);
    store->sources = churn__dict_create(store->heap);
    bool ok = store->customers != NULL && store->types != NULL && store->texts != NULL &&
              store->props != NULL && store->sources != NULL;
    if (ok) {
        store->parent_name = churn__dict_add(store->texts, CHURN__STR("parent"));
        ok = store->parent_name != CHURN__NO_CODE;
    }
    for (uint32_t kind = 0; ok && kind < KINDS; kind++) {
        if (has_ids(kind)) {
            store->ids[kind] = churn__dict_create(store->heap);
            ok = store->ids[kind] != NULL;
        }
    }
    return ok;
}

static void free_dicts(churn_store *store)
{
    churn__dict_free(store->customers);
    churn__dict_free(store->types);
    churn__dict_free(store->texts);
    churn__dict_free(store->props);
    churn__dict_free(store->sources);
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        churn__dict_free(store->ids[kind]);
        churn__free_array(store->heap, store->owners[kind].data, store->owners[kind].capacity,
                          sizeof *store->owners[kind].data);
    }
}

static void destroy(churn_store *store)
{
    churn__heap *heap = store->heap;
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        churn__store_merges_clear(&store->merges[kind]);
    }
    churn__version_release(store->current);
    churn__store_count_release(store->alive);
    churn__store_stage_clear(&store->pending);
    churn__free_array(heap, store->last_attribute, store->last_capacity,
                      sizeof *store->last_attribute);
    free_dicts(store);
    churn__zone_release(store->zone);
    churn__free(heap, store->zoneinfo, store->zoneinfo_size);
    churn__free(heap, store, sizeof *store);
    churn__heap_release(heap);
    churn__live_add(-1);
}

static churn_status keep_zoneinfo(churn_store *store, churn_str directory, churn_error *err)
{
    churn_status st = CHURN_OK;
    CHURN_TRY(
        churn__take_str(directory.ptr, directory.len, true, 4096, "zoneinfo", &directory, err));
    if (directory.ptr == NULL || directory.len == 0) {
        goto done;
    }
    store->zoneinfo = churn__alloc(store->heap, directory.len + 1);
    if (store->zoneinfo == NULL) {
        CHURN_TRY(churn__fail_memory(err, store->heap));
    }
    store->zoneinfo_size = directory.len + 1;
    memcpy(store->zoneinfo, directory.ptr, directory.len);
    store->zoneinfo[directory.len] = '\0';
done:
    return st;
}

static churn_status take_zone(churn_store *store, const churn_store_options *options,
                              churn_error *err)
{
    churn_str name = churn__str_arg(options->time_zone.ptr, options->time_zone.len);
    store->zone_declared = name.ptr != NULL;
    churn_status st = keep_zoneinfo(store, options->zoneinfo, err);
    return st != CHURN_OK
               ? st
               : churn__store_open_zone(store, name.ptr != NULL ? name : CHURN__STR("UTC"),
                                        &store->zone, err);
}

static churn_status fill(churn_store *store, const churn_store_options *options, churn_error *err)
{
    churn_status st = CHURN_OK;
    store->create_customers = options->unknown_customer != CHURN_UNKNOWN_CUSTOMER_REJECT;
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        churn__store_empty_row(&churn__store_kinds[kind], store->empty[kind]);
    }
    churn__store_stage_init(&store->pending, store->heap);
    CHURN_TRY(take_zone(store, options, err));
    if (!create_dicts(store)) {
        CHURN_TRY(churn__fail_memory(err, store->heap));
    }
    store->alive = churn__store_count_create(store->heap);
    store->current = store->alive == NULL ? NULL : churn__version_draft(store, NULL);
    if (store->current == NULL || !churn__version_extend_order(store->current)) {
        CHURN_TRY(churn__fail_memory(err, store->heap));
    }
done:
    return st;
}

/* Takes over the reference on the heap. */
static churn_status make(churn__heap *heap, const churn_store_options *options,
                         const churn_limits *limits, churn_store **out, churn_error *err)
{
    churn_store *store = heap == NULL ? NULL : churn__alloc_zero(heap, sizeof *store);
    if (store == NULL) {
        churn_status st = churn__fail_memory(err, heap);
        churn__heap_release(heap);
        return st;
    }
    store->heap = heap;
    store->limits = *limits;
    atomic_init(&store->refs, 1);
    atomic_init(&store->writer, WRITER_IDLE);
    atomic_init(&store->waiting, false);
    atomic_init(&store->localised, false);
    atomic_flag_clear(&store->latch);
    churn__observers_init(&store->observers);
    churn__live_add(1);
    churn_status st = fill(store, options, err);
    if (st != CHURN_OK) {
        destroy(store);
        return st;
    }
    *out = store;
    return CHURN_OK;
}

/* `heap` NULL: one of its own. */
static churn_status create(churn__heap *heap, const churn_store_options *options, churn_store **out,
                           churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_store_options own;
    churn_limits limits;
    CHURN_TRY(churn__copy_struct(&own, sizeof own, options, "churn_store_options", err));
    CHURN_TRY(churn__limits_resolve(own.limits, &limits, err));
    if (own.unknown_customer < 0 || own.unknown_customer > CHURN_UNKNOWN_CUSTOMER_REJECT) {
        CHURN_FAIL(CHURN_E_ARG, 0, "churn_store_options: unknown_customer is %d",
                   (int64_t)own.unknown_customer);
    }
    heap = heap != NULL ? churn__heap_retain(heap)
                        : churn__heap_create(own.allocator, limits.memory_bytes);
    CHURN_TRY(make(heap, &own, &limits, out, err));
done:
    return st;
}

churn_status churn_store_create(const churn_store_options *options, churn_store **out,
                                churn_error *err)
{
    if (out == NULL) {
        return churn__fail_null(err, "churn_store_create", "out");
    }
    *out = NULL;
    return create(NULL, options, out, err);
}

churn_status churn__store_create_in(churn__heap *heap, const churn_store_options *options,
                                    churn_store **out, churn_error *err)
{
    *out = NULL;
    return create(heap, options, out, err);
}

churn_store *churn__store_retain(churn_store *store)
{
    atomic_fetch_add_explicit(&store->refs, 1, memory_order_relaxed);
    return store;
}

/* Engines hold their store: it goes with the last of them. */
void churn_store_free(churn_store *store)
{
    if (store != NULL && atomic_fetch_sub_explicit(&store->refs, 1, memory_order_acq_rel) == 1) {
        destroy(store);
    }
}

/* ---- what others ask ---- */

churn__heap *churn__store_heap(churn_store *store)
{
    return store->heap;
}

void churn__store_observe(churn_store *store, churn__observer *observer)
{
    churn__observers_add(&store->observers, observer);
}

void churn__store_unobserve(churn_store *store, churn__observer *observer)
{
    churn__observers_remove(&store->observers, observer);
}

bool churn__store_localised_by_default(const churn_store *store)
{
    return atomic_load_explicit(&store->localised, memory_order_relaxed);
}

/* The newest version; without memory for what waits, the one before it. */
static churn__version *newest(const churn_store *store)
{
    churn_store *own = (churn_store *)(uintptr_t)store;
    churn__version *version = NULL;
    return churn__store_pin(own, &version, NULL) == CHURN_OK ? version : churn__store_current(own);
}

uint64_t churn_store_customer_count(const churn_store *store)
{
    if (store == NULL) {
        return 0;
    }
    churn__version *version = newest(store);
    uint64_t count = churn__version_listed(version);
    churn__version_release(version);
    return count;
}

uint64_t churn_store_record_count(const churn_store *store, churn_record_kind record)
{
    uint32_t kind = churn__store_kind(record);
    if (store == NULL || kind == KIND_NONE) {
        return 0;
    }
    churn__version *version = newest(store);
    uint64_t count =
        kind == KIND_CUSTOMER ? churn__version_listed(version) : version->records[kind];
    churn__version_release(version);
    return count;
}

uint64_t churn_store_version(const churn_store *store)
{
    if (store == NULL) {
        return 0;
    }
    churn__version *version = newest(store);
    uint64_t number = version->number;
    churn__version_release(version);
    return number;
}

uint64_t churn_store_memory(const churn_store *store)
{
    return store == NULL ? 0 : churn__heap_used(store->heap);
}
